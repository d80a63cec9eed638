/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Deterministic mode: see turns.h.
 *
 * A kick of any processor ends the round at a turn's end, never inside, so
 * when the owner stops the machine has no influence on what it computes.
 */
#include "engine/cpu/soft/turns.h"

#include "engine/cpu/soft/run.h"

#define TURN 4000

/* How long a turn may be before the clock's next timer is due. */
static gint64
turn_length (MosClock *clock)
{
  gint64 left = mos_clock_next_deadline (clock);

  if (left == MOS_CLOCK_NEVER)
    return TURN;
  left -= mos_clock_now (clock);
  return CLAMP (left, 1, TURN);
}

/* All are halted: on to the next deadline, or wait for the owner. */
static void
idle (MosSoftCpu *first)
{
  MosClock *clock = first->cpus->cpus.bus->clock;
  gint64    next = mos_clock_next_deadline (clock);

  if (next != MOS_CLOCK_NEVER)
    mos_clock_advance (clock, next);
  else
    mos_cpu_sleep (first);
}

MosRunResult
mos_turns_run (MosSoftCpu *cpu)
{
  MosSoftCpus *cpus = cpu->cpus;
  MosClock    *clock = cpus->cpus.bus->clock;

  if (cpu->vcpu.index != 0) {
    do
      mos_cpu_sleep_until_kick (cpu);
    while (!mos_cpu_take_kick (cpu));
    return MOS_RUN_KICKED;
  }
  for (;;) {
    gint64   length = turn_length (clock);
    gint64   longest = 0;
    gboolean busy = FALSE;

    for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
      MosSoftCpu *each = cpus->vcpu[i];
      guint64     before = each->retired;
      MosStop     stop = mos_cpu_execute (each, length);

      if (stop == MOS_STOP_SHUTDOWN)
        return MOS_RUN_SHUTDOWN;
      busy |= stop == MOS_STOP_LOOK;
      longest = MAX (longest, (gint64) (each->retired - before));
    }
    if (mos_cpu_take_kick (cpu))
      return MOS_RUN_KICKED;
    if (longest > 0)
      mos_clock_advance (clock, mos_clock_now (clock) + longest);
    else if (!busy)
      idle (cpu);
  }
}
