/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What our run loop costs beside a bare one.
 *
 * The same vCPU of the same machine runs the same guest, an endless loop of
 * OUT, first with nothing but KVM_RUN around it, then through mos_vcpu_run()
 * and a registered port window, in turns, so that a host that changes its
 * speed changes it for both.
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"

#define PORT      0x510
#define RAM_BYTES 65536u

/* mov dx, 0x510; again: out dx, al; jmp again */
static const guint8 guest[] = { 0xba, 0x10, 0x05, 0xee, 0xeb, 0xfd };

typedef struct {
  MosRam         *ram;
  MosMemoryRegion region;
  MosIoWindow     window;
  MosBus         *bus;
  MosCpus        *cpus;
  guint           left; /* writes until the kick; the vCPU's thread */
} World;

static void
count_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  World *world = opaque;

  if (--world->left == 0)
    mos_vcpu_kick (mos_cpus_vcpu (world->cpus, 0));
}

static const MosIoOps ops = { .write = count_write };

static gboolean
world_init (World *world, GError **error)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  MosCpusSpec             spec = {
                .n_vcpus = 1,
                .model = mos_cpu_model_find ("x86-64"),
                .vendor = MOS_VENDOR_AMD,
  };

  world->ram = mos_ram_new ("bench", RAM_BYTES, error);
  if (world->ram == NULL)
    return FALSE;
  memcpy (world->ram->hva, guest, sizeof guest);
  world->bus = mos_bus_new (MOS_CLOCK_REAL, NULL, NULL);
  world->region = (MosMemoryRegion){
    .name = "ram",
    .size = RAM_BYTES,
    .enabled = TRUE,
    .kind = MOS_MEMORY_RAM,
    .ram = world->ram,
  };
  mos_memory_map_add (world->bus->memory, &world->region);
  world->window = (MosIoWindow){
    .name = "bench", .ops = &ops, .opaque = world, .base = PORT, .size = 1
  };
  mos_bus_map_ports (world->bus, &world->window);

  spec.bus = world->bus;
  world->cpus = mos_cpus_new (&mos_kvm_backend, &spec, error);
  if (world->cpus == NULL)
    return FALSE;
  mos_cpu_state_reset (state, 0, TRUE);
  state->seg[MOS_SEG_CS].base = 0;
  state->seg[MOS_SEG_CS].selector = 0;
  state->rip = 0;
  return mos_vcpu_set_state (mos_cpus_vcpu (world->cpus, 0), state, error);
}

static void
world_clear (World *world)
{
  mos_cpus_free (world->cpus);
  mos_bus_free (world->bus);
  mos_ram_free (world->ram);
}

static gboolean
run_bare (World *world, guint exits, GError **error)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) mos_cpus_vcpu (world->cpus, 0);

  for (guint i = 0; i < exits; i++) {
    if (ioctl (vcpu->fd, KVM_RUN, NULL) < 0 && errno != EINTR)
      return mos_kvm_fail (error, "KVM_RUN");
    if (vcpu->run->exit_reason != KVM_EXIT_IO) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                   _ ("The benchmark's guest left for reason %u instead of a "
                      "port access; this host's KVM does not run it"),
                   vcpu->run->exit_reason);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
run_ours (World *world, guint exits, GError **error)
{
  MosRunResult result;

  world->left = exits;
  result = mos_vcpu_run (mos_cpus_vcpu (world->cpus, 0), error);
  if (result == MOS_RUN_KICKED)
    return TRUE;
  if (result != MOS_RUN_FAILED)
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("The benchmark's guest stopped with result %u"), result);
  return FALSE;
}

typedef gboolean (*RunFunc) (World *world, guint exits, GError **error);

static gboolean
measure (RunFunc func, World *world, guint exits, double *ns, GError **error)
{
  gint64 start = g_get_monotonic_time ();

  if (!func (world, exits, error))
    return FALSE;
  *ns = (g_get_monotonic_time () - start) * 1000.0 / exits;
  return TRUE;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static double
median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

gboolean
mos_kvm_bench_exits (guint        exits,
                     guint        rounds,
                     MosKvmBench *result,
                     GError     **error)
{
  double   bare[MOS_KVM_BENCH_MAX_ROUNDS];
  double   ours[MOS_KVM_BENCH_MAX_ROUNDS];
  double   ratio[MOS_KVM_BENCH_MAX_ROUNDS];
  World    world = { 0 };
  gboolean ok;

  g_return_val_if_fail (exits > 0, FALSE);
  g_return_val_if_fail (rounds > 0 && rounds <= MOS_KVM_BENCH_MAX_ROUNDS,
                        FALSE);

  ok = world_init (&world, error);
  for (guint i = 0; ok && i < rounds; i++) {
    ok = measure (run_bare, &world, exits, &bare[i], error) &&
         measure (run_ours, &world, exits, &ours[i], error);
    ratio[i] = ok ? ours[i] / bare[i] : 0;
  }
  if (ok)
    *result = (MosKvmBench){
      .bare_ns = median (bare, rounds),
      .ours_ns = median (ours, rounds),
      .ratio = median (ratio, rounds),
    };
  world_clear (&world);
  return ok;
}
