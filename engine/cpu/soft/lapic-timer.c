/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The local APIC's timer: one-shot, periodic, TSC deadline.
 *
 * A count is a nanosecond times the divider. The MosTimer fires on the
 * clock's thread; MosLapic.lock guards what both sides touch.
 *
 * Intel SDM volume 3, "APIC Timer" and "TSC-Deadline Mode".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/lapic-private.h"
#include "engine/cpu/soft/mmu.h"

#define LVT_MODE(lvt) (((lvt) >> 17) & 3)

enum {
  MODE_ONE_SHOT,
  MODE_PERIODIC,
  MODE_DEADLINE
};

/* A periodic timer does not fire more often than this. */
#define MIN_PERIOD_NS 2000

static gint64
divider (const MosLapic *self)
{
  guint code = (self->divide & 3) | ((self->divide >> 1) & 4);

  return code == 7 ? 1 : (gint64) 2 << code;
}

static gint64
now_ns (MosSoftCpu *cpu)
{
  return mos_clock_now (cpu->cpus->cpus.bus->clock);
}

static gint64
period (const MosLapic *self)
{
  return (gint64) self->initial_count * divider (self);
}

static void
timer_cb (gpointer user_data)
{
  MosSoftCpu *cpu = user_data;
  MosLapic   *self = &cpu->lapic;
  guint32     lvt;

  g_mutex_lock (&self->lock);
  lvt = self->lvt[MOS_LVT_TIMER];
  if (LVT_MODE (lvt) == MODE_PERIODIC && self->initial_count != 0) {
    gint64 now = now_ns (cpu);
    gint64 step = MAX (period (self), MIN_PERIOD_NS);

    self->timer_start_ns += step;
    /* After a long pause the missed ones are one. */
    if (self->timer_start_ns + step <= now)
      self->timer_start_ns = now - (now - self->timer_start_ns) % step;
    mos_timer_arm (&self->timer, self->timer_start_ns + step);
  } else if (LVT_MODE (lvt) == MODE_DEADLINE) {
    self->tsc_deadline = 0;
  }
  g_mutex_unlock (&self->lock);
  if ((lvt & MOS_LVT_MASKED) == 0)
    mos_lapic_accept (cpu, lvt & 0xff, FALSE);
}

void
mos_lapic_init (MosSoftCpu *cpu)
{
  g_mutex_init (&cpu->lapic.lock);
  mos_timer_init (&cpu->lapic.timer, cpu->cpus->cpus.bus->clock, timer_cb, cpu);
}

void
mos_lapic_clear (MosSoftCpu *cpu)
{
  if (cpu->lapic.timer.clock == NULL)
    return;
  mos_timer_clear (&cpu->lapic.timer);
  g_mutex_clear (&cpu->lapic.lock);
}

void
mos_lapic_base_changed (MosSoftCpu *cpu)
{
  mos_mmu_flush (cpu);
}

guint32
mos_lapic_timer_count (MosSoftCpu *cpu)
{
  MosLapic *self = &cpu->lapic;
  gint64    elapsed, total;
  guint32   count = 0;

  g_mutex_lock (&self->lock);
  total = period (self);
  elapsed = now_ns (cpu) - self->timer_start_ns;
  if (total > 0 && LVT_MODE (self->lvt[MOS_LVT_TIMER]) != MODE_DEADLINE) {
    if (LVT_MODE (self->lvt[MOS_LVT_TIMER]) == MODE_PERIODIC)
      elapsed %= total;
    if (elapsed < total)
      count = (guint32) ((total - elapsed) / divider (self));
  }
  g_mutex_unlock (&self->lock);
  return count;
}

static void
arm_locked (MosSoftCpu *cpu)
{
  MosLapic *self = &cpu->lapic;

  self->timer_start_ns = now_ns (cpu);
  if (self->initial_count == 0)
    mos_timer_disarm (&self->timer);
  else
    mos_timer_arm (&self->timer, self->timer_start_ns + period (self));
}

void
mos_lapic_timer_start (MosSoftCpu *cpu, guint32 count)
{
  MosLapic *self = &cpu->lapic;

  g_mutex_lock (&self->lock);
  if (LVT_MODE (self->lvt[MOS_LVT_TIMER]) != MODE_DEADLINE) {
    self->initial_count = count;
    arm_locked (cpu);
  }
  g_mutex_unlock (&self->lock);
}

/* What is left of the count goes on at the new rate. */
void
mos_lapic_timer_divide (MosSoftCpu *cpu, guint32 divide)
{
  MosLapic *self = &cpu->lapic;
  guint32   left = mos_lapic_timer_count (cpu);

  g_mutex_lock (&self->lock);
  self->divide = divide;
  if (left != 0) {
    gint64 rest = (gint64) left * divider (self);

    self->timer_start_ns = now_ns (cpu) + rest - period (self);
    mos_timer_arm (&self->timer, self->timer_start_ns + period (self));
  }
  g_mutex_unlock (&self->lock);
}

void
mos_lapic_timer_set_lvt (MosSoftCpu *cpu, guint32 lvt)
{
  MosLapic *self = &cpu->lapic;

  g_mutex_lock (&self->lock);
  if ((LVT_MODE (self->lvt[MOS_LVT_TIMER]) == MODE_DEADLINE) !=
      (LVT_MODE (lvt) == MODE_DEADLINE)) {
    mos_timer_disarm (&self->timer);
    self->initial_count = 0;
    self->tsc_deadline = 0;
  }
  self->lvt[MOS_LVT_TIMER] = lvt;
  g_mutex_unlock (&self->lock);
}

guint64
mos_lapic_get_deadline (MosSoftCpu *cpu)
{
  return __atomic_load_n (&cpu->lapic.tsc_deadline, __ATOMIC_RELAXED);
}

void
mos_lapic_set_deadline (MosSoftCpu *cpu, guint64 tsc)
{
  MosLapic *self = &cpu->lapic;

  g_mutex_lock (&self->lock);
  if (LVT_MODE (self->lvt[MOS_LVT_TIMER]) == MODE_DEADLINE) {
    guint64 left = tsc - mos_tsc_read (cpu);

    self->tsc_deadline = tsc;
    if (tsc == 0)
      mos_timer_disarm (&self->timer);
    else if (left > (guint64) G_MAXINT64 / 2)
      mos_timer_arm (&self->timer, now_ns (cpu)); /* passed already */
    else
      mos_timer_arm (&self->timer, now_ns (cpu) + (gint64) left);
  }
  g_mutex_unlock (&self->lock);
}

gint64
mos_lapic_timer_deadline (MosSoftCpu *cpu)
{
  return mos_timer_armed (&cpu->lapic.timer) ? cpu->lapic.timer.deadline_ns
                                             : MOS_CLOCK_NEVER;
}

void
mos_lapic_timer_load (MosSoftCpu *cpu,
                      guint32     initial,
                      guint32     current,
                      guint32     divide,
                      gint64      deadline_ns)
{
  MosLapic *self = &cpu->lapic;

  g_mutex_lock (&self->lock);
  self->initial_count = initial;
  self->divide = divide;
  self->tsc_deadline = 0;
  self->timer_start_ns = now_ns (cpu);
  if (deadline_ns == MOS_CLOCK_NEVER) {
    /* Ran out: the count must read zero. */
    self->timer_start_ns -= current == 0 ? period (self) : 0;
    mos_timer_disarm (&self->timer);
  } else {
    if (LVT_MODE (self->lvt[MOS_LVT_TIMER]) != MODE_DEADLINE)
      self->timer_start_ns = deadline_ns - period (self);
    mos_timer_arm (&self->timer, deadline_ns);
  }
  g_mutex_unlock (&self->lock);
}
