/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * See pmu.h. Everything goes the same way: settle what has been counted up to
 * now, change something, choose which counters run from here on.
 */
#include "engine/cpu/soft/pmu.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/x86/msr.h"

#define WIDTH          48u
#define OVERFLOW       ((guint64) 1 << WIDTH)
#define FIXED          MOS_PMU_N_PROGRAMMED /* index of the first fixed one */
#define FIXED_BITS     32u /* where the global registers have the fixed ones */
#define PLACE_USER     1u
#define PLACE_GUEST    2u
#define PROGRAMMED_ALL ((1u << MOS_PMU_N_PROGRAMMED) - 1)
#define GLOBAL_ALL     (PROGRAMMED_ALL | (guint64) 3 << FIXED_BITS)

/* Event select registers; both makers'. */
enum {
  SELECT_USER = 1 << 16,
  SELECT_OS = 1 << 17,
  SELECT_EDGE = 1 << 18,
  SELECT_INTERRUPT = 1 << 20,
  SELECT_ENABLE = 1 << 22,
  SELECT_INVERT = 1 << 23
};
#define SELECT_GUEST_ONLY ((guint64) 1 << 40)
#define SELECT_HOST_ONLY  ((guint64) 1 << 41)
#define INTEL_WRITABLE    G_GUINT64_CONSTANT (0xffdfffff)
#define AMD_WRITABLE      G_GUINT64_CONSTANT (0x0000030fffd7ffff)
#define FIXED_WRITABLE    0xbbu

/* What a register of the unit is; n: which counter. */
typedef enum {
  REGISTER_COUNT,
  REGISTER_SELECT,
  REGISTER_FIXED_CONTROL,
  REGISTER_STATUS,
  REGISTER_ENABLE,
  REGISTER_CLEAR
} RegisterKind;

static const struct {
  guint32      first;
  guint        n;
  RegisterKind kind;
  guint        counter;
  gboolean     amd;
} registers[] = {
  { 0x000000c1, 4, REGISTER_COUNT, 0, FALSE },
  { 0x00000186, 4, REGISTER_SELECT, 0, FALSE },
  { 0x00000309, 2, REGISTER_COUNT, FIXED, FALSE },
  { 0x0000038d, 1, REGISTER_FIXED_CONTROL, 0, FALSE },
  { 0x0000038e, 1, REGISTER_STATUS, 0, FALSE },
  { 0x0000038f, 1, REGISTER_ENABLE, 0, FALSE },
  { 0x00000390, 1, REGISTER_CLEAR, 0, FALSE },
  { 0xc0010000, 4, REGISTER_SELECT, 0, TRUE },
  { 0xc0010004, 4, REGISTER_COUNT, 0, TRUE },
};

static gboolean
is_amd (MosSoftCpu *cpu)
{
  return cpu->cpus->vendor == MOS_VENDOR_AMD;
}

/* -- which counters run -------------------------------------------------- */

/* With an instruction a cycle, instructions and cycles are one thing. A mask
 * of 1 counts cycles in which at least one happened, a higher one counts none,
 * and inverted the other way round; there are no edges. */
static gboolean
counts_event (MosSoftCpu *cpu, guint64 select)
{
  guint    event = select & 0xff, umask = select >> 8 & 0xff;
  guint    least = select >> 24 & 0xff;
  gboolean ours;

  if (is_amd (cpu))
    ours = (select >> 32 & 0xf) == 0 && (event == 0xc0 || event == 0x76);
  else
    ours = (event == 0xc0 || event == 0x3c) && umask == 0;
  if (!ours || (select & SELECT_EDGE) != 0)
    return FALSE;
  if (least == 0)
    return TRUE;
  return ((select & SELECT_INVERT) != 0) == (least > 1);
}

static gboolean
counts_here (MosSoftCpu *cpu, guint64 select, guint place)
{
  guint64 wanted = (place & PLACE_USER) != 0 ? SELECT_USER : SELECT_OS;
  guint64 only = select & (SELECT_GUEST_ONLY | SELECT_HOST_ONLY);

  if ((select & wanted) == 0)
    return FALSE;
  if (!is_amd (cpu) || only == 0 ||
      only == (SELECT_GUEST_ONLY | SELECT_HOST_ONLY))
    return TRUE;
  return ((place & PLACE_GUEST) != 0) == (only == SELECT_GUEST_ONLY);
}

/* A fixed counter's part of the control register, as an event select. */
static guint64
select_of (MosSoftCpu *cpu, guint n)
{
  const MosPmu *self = &cpu->pmu;
  guint64       select;
  guint         bits;

  if (n < FIXED) {
    select = self->select[n];
    if ((select & SELECT_ENABLE) == 0 ||
        (!is_amd (cpu) && (self->enabled >> n & 1) == 0) ||
        !counts_event (cpu, select))
      return 0;
    return select;
  }
  if ((self->enabled >> (FIXED_BITS + n - FIXED) & 1) == 0)
    return 0;
  bits = self->fixed_control >> (4 * (n - FIXED)) & 0xf;
  return ((bits & 1) != 0 ? SELECT_OS : 0u) |
         ((bits & 2) != 0 ? SELECT_USER : 0u) |
         ((bits & 8) != 0 ? SELECT_INTERRUPT : 0u);
}

/* Hands out as much of the budget as lies before the next interrupt. */
static void
ration (MosSoftCpu *cpu)
{
  MosPmu *self = &cpu->pmu;
  gint64  whole = cpu->budget + self->reserve;
  gint64  now = whole;
  gint64  change;

  for (guint n = 0; n < MOS_PMU_N_COUNTERS; n++) {
    guint64 left;

    if ((self->running >> n & 1) == 0 ||
        (select_of (cpu, n) & SELECT_INTERRUPT) == 0)
      continue;
    left = OVERFLOW - self->count[n] + (self->since[n] - mos_cpu_retired (cpu));
    now = MIN (now, (gint64) MAX (left, 1));
  }
  change = now - cpu->budget;
  cpu->budget += change;
  cpu->budget_start += change;
  self->reserve = whole - now;
}

static guint
place_of (MosSoftCpu *cpu)
{
  return (mos_cpl (cpu) != 0 ? PLACE_USER : 0) |
         (cpu->guest.active ? PLACE_GUEST : 0);
}

/* Counters that run from now on and did not before begin at @from. */
static void
choose (MosSoftCpu *cpu, guint64 from)
{
  MosPmu *self = &cpu->pmu;
  guint   running = 0;

  self->place = place_of (cpu);
  self->by_place = FALSE;
  for (guint n = 0; n < MOS_PMU_N_COUNTERS; n++) {
    guint64  select = select_of (cpu, n);
    gboolean here = counts_here (cpu, select, self->place);

    for (guint place = 0; place < 4; place++)
      self->by_place |= counts_here (cpu, select, place) != here;
    if (!here)
      continue;
    running |= 1u << n;
    if ((self->running >> n & 1) == 0)
      self->since[n] = from;
  }
  self->running = running;
  if (running != 0 || self->reserve != 0)
    ration (cpu);
}

/* -- counting ------------------------------------------------------------ */

static void
overflow (MosSoftCpu *cpu, guint n)
{
  MosPmu *self = &cpu->pmu;

  self->overflowed |= (guint64) 1 << (n < FIXED ? n : FIXED_BITS + n - FIXED);
  if ((select_of (cpu, n) & SELECT_INTERRUPT) == 0)
    return;
  if (self->freezes)
    self->enabled = 0;
  mos_lapic_performance (cpu);
}

/* Brings the counters up to @now, a number of instructions. */
static void
settle (MosSoftCpu *cpu, guint64 now)
{
  MosPmu *self = &cpu->pmu;

  for (guint n = 0; n < MOS_PMU_N_COUNTERS; n++) {
    if ((self->running >> n & 1) == 0 || now <= self->since[n])
      continue;
    self->count[n] += now - self->since[n];
    self->since[n] = now;
    if ((self->count[n] & OVERFLOW) == 0)
      continue;
    self->count[n] &= OVERFLOW - 1;
    overflow (cpu, n);
  }
}

static void
look_again (MosSoftCpu *cpu)
{
  settle (cpu, mos_cpu_retired (cpu));
  choose (cpu, mos_cpu_retired (cpu));
}

void
mos_pmu_begin (MosSoftCpu *cpu)
{
  cpu->pmu.reserve = 0;
  look_again (cpu);
}

gboolean
mos_pmu_expired (MosSoftCpu *cpu)
{
  look_again (cpu);
  return cpu->budget > 0;
}

void
mos_pmu_look_at_place (MosSoftCpu *cpu)
{
  if (place_of (cpu) != cpu->pmu.place)
    look_again (cpu);
}

/* -- registers ----------------------------------------------------------- */

static gboolean
find_register (MosSoftCpu   *cpu,
               guint32       index,
               RegisterKind *kind,
               guint        *counter)
{
  if (!cpu->pmu.present)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (registers); i++)
    if (index - registers[i].first < registers[i].n &&
        registers[i].amd == is_amd (cpu)) {
      *kind = registers[i].kind;
      *counter = registers[i].counter + index - registers[i].first;
      return TRUE;
    }
  return FALSE;
}

static guint64
get_register (MosSoftCpu *cpu, RegisterKind kind, guint counter)
{
  const MosPmu *self = &cpu->pmu;

  switch (kind) {
  case REGISTER_COUNT:
    return self->count[counter];
  case REGISTER_SELECT:
    return self->select[counter];
  case REGISTER_FIXED_CONTROL:
    return self->fixed_control;
  case REGISTER_STATUS:
    return self->overflowed;
  case REGISTER_ENABLE:
    return self->enabled;
  case REGISTER_CLEAR:
  default:
    return 0;
  }
}

gboolean
mos_pmu_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value, gboolean *ok)
{
  RegisterKind kind;
  guint        counter;

  if (!find_register (cpu, index, &kind, &counter))
    return FALSE;
  settle (cpu, mos_cpu_retired (cpu) + cpu->pmu.ahead);
  *value = get_register (cpu, kind, counter);
  *ok = TRUE;
  return TRUE;
}

/* Bits that the guest must not set, or that go nowhere on AMD's. A counter
 * that Intel's guests program takes 32 bits and extends their sign. */
static gboolean
check (MosSoftCpu *cpu, RegisterKind kind, guint counter, guint64 *value)
{
  switch (kind) {
  case REGISTER_COUNT:
    if (!is_amd (cpu) && counter < FIXED)
      *value = (guint64) (gint64) (gint32) *value;
    else if (!is_amd (cpu) && (*value & ~(OVERFLOW - 1)) != 0)
      return FALSE;
    *value &= OVERFLOW - 1;
    return TRUE;
  case REGISTER_SELECT:
    if (is_amd (cpu))
      *value &= AMD_WRITABLE;
    return is_amd (cpu) || (*value & ~INTEL_WRITABLE) == 0;
  case REGISTER_FIXED_CONTROL:
    return (*value & ~(guint64) FIXED_WRITABLE) == 0;
  case REGISTER_ENABLE:
    return (*value & ~GLOBAL_ALL) == 0;
  case REGISTER_CLEAR: /* besides: buffer overflow and condition changed */
    return (*value & ~(GLOBAL_ALL | (guint64) 3 << 62)) == 0;
  case REGISTER_STATUS:
  default:
    return FALSE;
  }
}

static void
set_register (MosSoftCpu *cpu, RegisterKind kind, guint counter, guint64 value)
{
  MosPmu *self = &cpu->pmu;

  switch (kind) {
  case REGISTER_COUNT:
    self->count[counter] = value & (OVERFLOW - 1);
    break;
  case REGISTER_SELECT:
    self->select[counter] =
        value & (is_amd (cpu) ? AMD_WRITABLE : INTEL_WRITABLE);
    break;
  case REGISTER_FIXED_CONTROL:
    self->fixed_control = value & FIXED_WRITABLE;
    break;
  case REGISTER_ENABLE:
    self->enabled = value & GLOBAL_ALL;
    break;
  case REGISTER_CLEAR:
    self->overflowed &= ~value;
    break;
  case REGISTER_STATUS: /* only when loaded */
  default:
    self->overflowed = value & GLOBAL_ALL;
    break;
  }
}

/* IA32_DEBUGCTL belongs to the MSRs, but for this bit. */
static void
note_freeze (MosSoftCpu *cpu, guint32 index, guint64 value)
{
  if (cpu->pmu.present && index == MOS_MSR_DEBUGCTL && !is_amd (cpu))
    cpu->pmu.freezes = (value & MOS_PMU_FREEZES) != 0;
}

gboolean
mos_pmu_write_msr (MosSoftCpu *cpu, guint32 index, guint64 value, gboolean *ok)
{
  guint64      now = mos_cpu_retired (cpu) + cpu->pmu.ahead;
  RegisterKind kind;
  guint        counter;

  note_freeze (cpu, index, value);
  if (!find_register (cpu, index, &kind, &counter))
    return FALSE;
  settle (cpu, now);
  *ok = check (cpu, kind, counter, &value);
  if (!*ok)
    return TRUE;
  set_register (cpu, kind, counter, value);
  if (kind == REGISTER_COUNT)
    cpu->pmu.since[counter] = now + 1;
  choose (cpu, now + 1); /* from the next instruction on */
  return TRUE;
}

gboolean
mos_pmu_read (MosSoftCpu *cpu, guint32 which, guint64 *value)
{
  guint n = which;

  if (!cpu->pmu.present)
    return FALSE;
  if (!is_amd (cpu) && (which >> 30) == 1)
    n = (which & 0x3fffffff) < MOS_PMU_N_FIXED ? FIXED + (which & 0x3fffffff)
                                               : G_MAXUINT;
  else if (which >= MOS_PMU_N_PROGRAMMED)
    n = G_MAXUINT;
  if (n == G_MAXUINT)
    return FALSE;
  settle (cpu, mos_cpu_retired (cpu) + cpu->pmu.ahead);
  *value = cpu->pmu.count[n];
  return TRUE;
}

/* -- life ---------------------------------------------------------------- */

/* RESET#; INIT leaves all as it is. */
void
mos_pmu_reset (MosSoftCpu *cpu)
{
  cpu->pmu = (MosPmu){ .present = cpu->pmu.present, .enabled = PROGRAMMED_ALL };
}

void
mos_pmu_save (MosSoftCpu *cpu, MosCpuState *state)
{
  for (guint i = 0; i < G_N_ELEMENTS (registers); i++)
    for (guint j = 0; j < registers[i].n; j++) {
      guint32      index = registers[i].first + j;
      MosMsrEntry *entry;
      guint64      value;
      gboolean     ok;

      if (registers[i].kind == REGISTER_CLEAR ||
          !mos_pmu_read_msr (cpu, index, &value, &ok))
        continue;
      entry = mos_cpu_state_msr (state, index);
      if (entry != NULL)
        entry->value = value;
    }
}

gboolean
mos_pmu_load (MosSoftCpu *cpu, guint32 index, guint64 value)
{
  RegisterKind kind;
  guint        counter;

  note_freeze (cpu, index, value);
  if (!find_register (cpu, index, &kind, &counter))
    return FALSE;
  cpu->pmu.running = 0; /* the run loop chooses anew */
  if (kind != REGISTER_CLEAR)
    set_register (cpu, kind, counter, value);
  return TRUE;
}
