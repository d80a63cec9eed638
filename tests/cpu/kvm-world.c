/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The machine behind the KVM tests; see the header.
 */

#include "tests/cpu/kvm-world.h"

#include <string.h>

#include "engine/cpu/kvm/private.h"

static guint64
read_port (gpointer opaque, guint64 offset, guint size)
{
  return 0x44332211;
}

static void
write_port (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  World  *world = opaque;
  guint32 word = value;

  g_mutex_lock (&world->lock);
  g_array_append_val (world->values, word);
  g_string_append_c (world->text, (char) word);
  g_cond_broadcast (&world->said);
  g_mutex_unlock (&world->lock);
  if (world->says_func != NULL)
    world->says_func (world, word);
}

static void
read_many (gpointer opaque, guint64 offset, guint size, guint count, void *data)
{
  for (guint i = 0; i < size * count; i++)
    ((guint8 *) data)[i] = 'a' + i % 26;
}

static void
write_many (gpointer    opaque,
            guint64     offset,
            guint       size,
            guint       count,
            const void *data)
{
  World *world = opaque;

  g_mutex_lock (&world->lock);
  g_string_append_len (world->text, data, size * count);
  g_mutex_unlock (&world->lock);
}

static const MosIoOps ops = {
  .read = read_port,
  .write = write_port,
  .read_many = read_many,
  .write_many = write_many,
};

World *
world_new_on (const MosBackendClass *klass, guint n_vcpus)
{
  World      *world;
  MosCpusSpec spec = {
    .n_vcpus = n_vcpus,
    .model = mos_cpu_model_find ("x86-64"),
    .vendor = MOS_VENDOR_AMD,
    .jit = "auto",
  };
  g_autoptr (GError) error = NULL;

  world = g_new0 (World, 1);
  g_mutex_init (&world->lock);
  g_cond_init (&world->said);
  world->values = g_array_new (FALSE, FALSE, sizeof (guint32));
  world->text = g_string_new (NULL);
  world->log = mos_log_new (100);
  world->bus = mos_bus_new (MOS_CLOCK_REAL, world->log, NULL);
  world->ram = mos_ram_new ("ram", WORLD_RAM_BYTES, &error);
  g_assert_no_error (error);
  world->region = (MosMemoryRegion){
    .name = "ram",
    .size = WORLD_RAM_BYTES,
    .enabled = TRUE,
    .kind = MOS_MEMORY_RAM,
    .ram = world->ram,
  };
  mos_memory_map_add (world->bus->memory, &world->region);
  world->window = (MosIoWindow){
    .name = "says",
    .ops = &ops,
    .opaque = world,
    .base = WORLD_PORT,
    .size = 4,
  };
  mos_bus_map_ports (world->bus, &world->window);
  spec.bus = world->bus;
  world->cpus = mos_cpus_new (klass, &spec, &error);
  g_assert_no_error (error);
  mos_clock_resume (world->bus->clock);
  return world;
}

World *
world_new (guint n_vcpus)
{
  MosBackendInfo info = { 0 };
  World         *world = NULL;

  mos_kvm_backend.probe (&info);
  if (info.usable)
    world = world_new_on (&mos_kvm_backend, n_vcpus);
  else
    g_test_skip (info.why_not);
  mos_backend_info_clear (&info);
  return world;
}

void
world_free (World *world)
{
  mos_cpus_free (world->cpus);
  mos_bus_free (world->bus);
  mos_ram_free (world->ram);
  mos_log_unref (world->log);
  g_array_unref (world->values);
  g_string_free (world->text, TRUE);
  g_cond_clear (&world->said);
  g_mutex_clear (&world->lock);
  g_free (world);
}

void
world_load (World *world, guint index, const guint8 *code, gsize size)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autoptr (GError) error = NULL;

  memcpy (world->ram->hva + WORLD_CODE, code, size);
  mos_cpu_state_reset (state, index, index == 0);
  state->seg[MOS_SEG_CS].base = 0;
  state->seg[MOS_SEG_CS].selector = 0;
  state->rip = WORLD_CODE;
  state->gpr[MOS_RSP] = WORLD_CODE;
  mos_vcpu_set_state (mos_cpus_vcpu (world->cpus, index), state, &error);
  g_assert_no_error (error);
}

MosRunResult
world_run (World *world, guint index)
{
  g_autoptr (GError) error = NULL;
  MosRunResult result =
      mos_vcpu_run (mos_cpus_vcpu (world->cpus, index), &error);

  g_assert_no_error (error);
  return result;
}

static gpointer
run_thread (gpointer data)
{
  WorldEnd *end = g_new0 (WorldEnd, 1);

  end->result = mos_vcpu_run (data, &end->error);
  return end;
}

void
world_start (World *world, guint index)
{
  world->threads[index] =
      g_thread_new ("vcpu", run_thread, mos_cpus_vcpu (world->cpus, index));
}

void
world_wait_inside (World *world, guint index)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) mos_cpus_vcpu (world->cpus, index);

  while (__atomic_load_n (&vcpu->in_guest, __ATOMIC_SEQ_CST) == 0)
    g_thread_yield ();
}

WorldEnd
world_join (World *world, guint index)
{
  g_autofree WorldEnd *end =
      g_thread_join (g_steal_pointer (&world->threads[index]));

  return *end;
}

void
world_kick (World *world, guint index)
{
  mos_vcpu_kick (mos_cpus_vcpu (world->cpus, index));
}

void
world_wait (World *world, guint n)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&world->lock);
  while (world->values->len < n)
    if (!g_cond_wait_until (&world->said, &world->lock, end))
      g_error ("the guest said %u values, not %u", world->values->len, n);
  g_mutex_unlock (&world->lock);
}

guint32
world_said (World *world, guint i)
{
  guint32 value;

  g_mutex_lock (&world->lock);
  g_assert_cmpuint (i, <, world->values->len);
  value = g_array_index (world->values, guint32, i);
  g_mutex_unlock (&world->lock);
  return value;
}
