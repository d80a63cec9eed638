/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What counting an exit costs.
 *
 * The counter of a processor that never runs is moved as instructions move it,
 * in turns with a loop that touches the processor alike but counts nothing;
 * the difference is the price, whatever else the host does meanwhile.
 */
#include <stdlib.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/soft.h"

#define ROUNDS 9

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a, right = *(const double *) b;

  return (left > right) - (left < right);
}

/* Not inlined, as instructions are not. */
static __attribute__ ((noinline)) void
step (MosSoftCpu *cpu)
{
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
}

static __attribute__ ((noinline)) void
counting_step (MosSoftCpu *cpu)
{
  mos_cpu_count (cpu, NULL, MOS_EXIT_PORT_OUT);
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
}

static double
time_steps (MosSoftCpu *cpu, guint n, void (*func) (MosSoftCpu *cpu))
{
  gint64 start_ns = now_ns ();

  for (guint i = 0; i < n; i++)
    func (cpu);
  return (double) (now_ns () - start_ns) / n;
}

gboolean
mos_soft_bench_count (guint n, double *ns, GError **error)
{
  MosBus     *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  MosCpusSpec spec = { .n_vcpus = 1,
                       .model = mos_cpu_model_find ("x86-64"),
                       .jit = "never",
                       .bus = bus };
  MosCpus    *cpus = mos_cpus_new (&mos_soft_backend, &spec, error);
  double      rounds[ROUNDS];

  if (cpus != NULL) {
    MosSoftCpu *cpu =
        (MosSoftCpu *) (gpointer) ((guint8 *) mos_cpus_vcpu (cpus, 0) -
                                   G_STRUCT_OFFSET (MosSoftCpu, vcpu));

    for (guint i = 0; i < ROUNDS; i++) {
      double without = time_steps (cpu, n, step);

      rounds[i] = time_steps (cpu, n, counting_step) - without;
    }
    qsort (rounds, ROUNDS, sizeof *rounds, compare);
    *ns = MAX (rounds[ROUNDS / 2], 0);
  }
  mos_cpus_free (cpus);
  mos_bus_free (bus);
  return cpus != NULL;
}
