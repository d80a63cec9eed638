/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The local APIC: registers, priorities, acceptance, messages.
 *
 * Intel SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 * Its bus runs at 1 GHz, as CPUID says, so the timer counts nanoseconds; that
 * part is in lapic-timer.c.
 */
#include "engine/cpu/soft/lapic.h"

#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/lapic-private.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/x86/instructions.h"

#define VERSION              0x00050014u
#define SVR_ENABLED          (1u << 8)
#define SVR_NO_EOI_BROADCAST (1u << 12)
#define LVT_MASKED           MOS_LVT_MASKED
#define ESR_SEND_VECTOR      (1u << 5)
#define ESR_RECEIVE_VECTOR   (1u << 6)
#define ESR_REGISTER         (1u << 7)

/* Where the local vector table entries are, and the bits that may be set. */
static const struct {
  guint   offset;
  guint32 writable;
} lvts[MOS_N_LVTS] = {
  [MOS_LVT_CMCI] = { 0x2f0, 0x000107ff },
  [MOS_LVT_TIMER] = { 0x320, 0x000700ff },
  [MOS_LVT_THERMAL] = { 0x330, 0x000107ff },
  [MOS_LVT_PERFORMANCE] = { 0x340, 0x000107ff },
  [MOS_LVT_LINT0] = { 0x350, 0x0001a7ff },
  [MOS_LVT_LINT1] = { 0x360, 0x0001a7ff },
  [MOS_LVT_ERROR] = { 0x370, 0x000100ff },
};

static gboolean
is_x2apic (const MosLapic *self)
{
  return (self->base & MOS_APIC_BASE_X2APIC) != 0;
}

static gboolean
is_on (const MosLapic *self)
{
  return (self->base & MOS_APIC_BASE_ENABLE) != 0;
}

static guint
highest (const guint32 bits[8])
{
  for (guint i = 8; i-- > 0;) {
    guint32 word = __atomic_load_n (&bits[i], __ATOMIC_RELAXED);

    if (word != 0)
      return i * 32 + 31 - (guint) __builtin_clz (word);
  }
  return 0;
}

static guint
processor_priority (const MosLapic *self)
{
  guint isr = highest (self->isr);

  return (isr & 0xf0) > (self->tpr & 0xf0) ? isr & 0xf0 : self->tpr & 0xff;
}

static void
look_again (MosSoftCpu *cpu)
{
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
}

void
mos_lapic_accept (MosSoftCpu *cpu, guint vector, gboolean level)
{
  MosLapic *self = &cpu->lapic;
  guint32   bit = 1u << (vector & 31);

  if (vector < 16) {
    __atomic_or_fetch (&self->esr_next, ESR_RECEIVE_VECTOR, __ATOMIC_RELAXED);
    return;
  }
  if (level)
    __atomic_or_fetch (&self->tmr[vector / 32], bit, __ATOMIC_SEQ_CST);
  else
    __atomic_and_fetch (&self->tmr[vector / 32], ~bit, __ATOMIC_SEQ_CST);
  __atomic_or_fetch (&self->irr[vector / 32], bit, __ATOMIC_SEQ_CST);
  mos_cpu_notify (cpu, MOS_PENDING_INTERRUPT);
}

/* Delivery modes of messages and of the ICR. */
static void
deliver (MosSoftCpu *cpu, guint mode, guint vector, gboolean level)
{
  switch (mode) {
  case 0: /* fixed */
  case 1: /* lowest priority, chosen by the sender */
    if ((__atomic_load_n (&cpu->lapic.svr, __ATOMIC_RELAXED) & SVR_ENABLED) !=
        0)
      mos_lapic_accept (cpu, vector, level);
    break;
  case 4:
    __atomic_store_n (&cpu->nmi_latched, 1, __ATOMIC_SEQ_CST);
    mos_cpu_notify (cpu, MOS_PENDING_NMI);
    break;
  case 5:
    mos_cpu_notify (cpu, MOS_PENDING_INIT);
    break;
  case 6:
    __atomic_store_n (&cpu->sipi_vector, (guint8) vector, __ATOMIC_RELEASE);
    mos_cpu_notify (cpu, MOS_PENDING_SIPI);
    break;
  case 7: /* ExtINT as a message: the 8259 answers */
    mos_cpu_notify (cpu, MOS_PENDING_INTERRUPT);
    break;
  default: /* SMI: there is no system management mode */
    break;
  }
}

/* Fixed or NMI; the manual has nothing else for it. Intel's processors mask
 * the entry with each interrupt. */
void
mos_lapic_performance (MosSoftCpu *cpu)
{
  MosLapic *self = &cpu->lapic;
  guint32   lvt = self->lvt[MOS_LVT_PERFORMANCE];
  guint     mode = lvt >> 8 & 7;

  if (!is_on (self) || (self->svr & SVR_ENABLED) == 0 ||
      (lvt & LVT_MASKED) != 0 || (mode != 0 && mode != 4))
    return;
  if (cpu->cpus->vendor == MOS_VENDOR_INTEL)
    self->lvt[MOS_LVT_PERFORMANCE] |= LVT_MASKED;
  deliver (cpu, mode, lvt & 0xff, FALSE);
}

static gboolean
is_meant (MosSoftCpu *cpu, guint32 dest, gboolean logical, gboolean wide)
{
  MosLapic *self = &cpu->lapic;
  guint32   ldr = __atomic_load_n (&self->ldr, __ATOMIC_RELAXED);
  guint32   dfr = __atomic_load_n (&self->dfr, __ATOMIC_RELAXED);
  guint     id = cpu->vcpu.index;

  if (wide && dest == 0xffffffff)
    return TRUE;
  if (!wide && dest == 0xff)
    return TRUE;
  if (!logical)
    return dest == id;
  if (is_x2apic (self)) {
    guint32 mine = (id >> 4) << 16 | 1u << (id & 15);

    return (dest >> 16) == (mine >> 16) && (dest & mine & 0xffff) != 0;
  }
  ldr >>= 24;
  if ((dfr >> 28) == 0xf)
    return (dest & ldr & 0xff) != 0;
  return (dest >> 4 & 0xf) == (ldr >> 4) && (dest & ldr & 0xf) != 0;
}

static void
send (MosSoftCpus *cpus,
      guint32      dest,
      gboolean     logical,
      gboolean     wide,
      guint        mode,
      guint        vector,
      gboolean     level)
{
  for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
    MosSoftCpu *cpu = cpus->vcpu[i];

    if (!is_meant (cpu, dest, logical, wide))
      continue;
    if (mode == 1 && (__atomic_load_n (&cpu->lapic.svr, __ATOMIC_RELAXED) &
                      SVR_ENABLED) == 0)
      continue;
    deliver (cpu, mode, vector, level);
    if (mode == 1)
      return;
  }
}

void
mos_lapic_send_msi (MosSoftCpus *cpus, guint64 address, guint32 data)
{
  send (cpus, (address >> 12) & 0xff, (address & 4) != 0, FALSE,
        (data >> 8) & 7, data & 0xff, (data & 0x8000) != 0);
}

void
mos_lapic_set_intr (MosSoftCpus *cpus, gboolean level)
{
  __atomic_store_n (&cpus->intr, level != FALSE, __ATOMIC_SEQ_CST);
  if (level)
    mos_cpu_notify (cpus->vcpu[0], MOS_PENDING_INTERRUPT);
}

void
mos_lapic_send_nmi (MosSoftCpus *cpus)
{
  deliver (cpus->vcpu[0], 4, 0, FALSE);
}

static void
write_icr (MosSoftCpu *cpu, guint64 value)
{
  MosLapic *self = &cpu->lapic;
  gboolean  wide = is_x2apic (self);
  guint     mode = (value >> 8) & 7;
  guint     vector = value & 0xff;
  gboolean  logical = (value >> 11) & 1;
  gboolean  level = (value >> 15) & 1;
  guint     shorthand = (value >> 18) & 3;
  guint32   dest = wide ? (guint32) (value >> 32) : (guint32) (value >> 56);

  self->icr = value & ~(guint64) (1u << 12);
  if (mode == 5 && level && ((value >> 14) & 1) == 0)
    return; /* INIT level de-assert */
  if (mode <= 1 && vector < 16) {
    __atomic_or_fetch (&self->esr_next, ESR_SEND_VECTOR, __ATOMIC_RELAXED);
    return;
  }
  if (shorthand == 1) {
    if (mode <= 1)
      deliver (cpu, 0, vector, FALSE);
    return;
  }
  if (shorthand == 0) {
    send (cpu->cpus, dest, logical, wide, mode, vector, FALSE);
    return;
  }
  for (guint i = 0; i < cpu->cpus->cpus.n_vcpus; i++)
    if (cpu->cpus->vcpu[i] != cpu || shorthand == 2)
      deliver (cpu->cpus->vcpu[i], mode, vector, FALSE);
}

static void
end_of_interrupt (MosSoftCpu *cpu)
{
  MosLapic *self = &cpu->lapic;
  MosBus   *bus = cpu->cpus->cpus.bus;
  guint     vector = highest (self->isr);
  guint32   bit = 1u << (vector & 31);

  if (vector == 0)
    return;
  self->isr[vector / 32] &= ~bit;
  look_again (cpu);
  mos_cpu_count (cpu, NULL, MOS_EXIT_EOI);
  if ((__atomic_load_n (&self->tmr[vector / 32], __ATOMIC_RELAXED) & bit) !=
          0 &&
      (self->svr & SVR_NO_EOI_BROADCAST) == 0 && bus->board_outputs != NULL &&
      bus->board_outputs->end_of_interrupt != NULL)
    bus->board_outputs->end_of_interrupt (bus->board, (guint8) vector);
}

gboolean
mos_lapic_covers (MosSoftCpu *cpu, guint64 gpa)
{
  guint64 base = cpu->lapic.base;

  return ((gpa ^ base) & 0x000ffffffffff000) == 0 &&
         (base & (MOS_APIC_BASE_ENABLE | MOS_APIC_BASE_X2APIC)) ==
             MOS_APIC_BASE_ENABLE;
}

static int
find_lvt (guint offset)
{
  for (guint i = 0; i < MOS_N_LVTS; i++)
    if (lvts[i].offset == offset)
      return (int) i;
  return -1;
}

/* @offset is a multiple of 16; FALSE: no such register. */
static gboolean
read_register (MosSoftCpu *cpu, guint offset, guint32 *value)
{
  MosLapic *self = &cpu->lapic;
  int       lvt = find_lvt (offset);

  if (lvt >= 0) {
    *value = self->lvt[lvt];
    return TRUE;
  }
  if (offset >= 0x100 && offset < 0x280) {
    guint    bank = (offset - 0x100) / 0x80;
    guint32 *words = bank == 0 ? self->isr : bank == 1 ? self->tmr : self->irr;

    *value = __atomic_load_n (&words[(offset >> 4) & 7], __ATOMIC_RELAXED);
    return TRUE;
  }
  switch (offset) {
  case 0x20:
    *value = is_x2apic (self) ? cpu->vcpu.index : self->id;
    return TRUE;
  case 0x30:
    *value = VERSION;
    return TRUE;
  case 0x80:
    *value = self->tpr;
    return TRUE;
  case 0x90:
  case 0xa0:
    *value = processor_priority (self);
    return TRUE;
  case 0xd0:
    *value = is_x2apic (self)
                 ? (cpu->vcpu.index >> 4) << 16 | 1u << (cpu->vcpu.index & 15)
                 : self->ldr;
    return TRUE;
  case 0xe0:
    *value = self->dfr;
    return TRUE;
  case 0xf0:
    *value = self->svr;
    return TRUE;
  case 0x280:
    *value = self->esr;
    return TRUE;
  case 0x300:
    *value = (guint32) self->icr;
    return TRUE;
  case 0x310:
    *value = self->icr >> 32;
    return TRUE;
  case 0x380:
    *value = self->initial_count;
    return TRUE;
  case 0x390:
    *value = mos_lapic_timer_count (cpu);
    return TRUE;
  case 0x3e0:
    *value = self->divide;
    return TRUE;
  default:
    return FALSE;
  }
}

static void
write_lvt (MosSoftCpu *cpu, guint lvt, guint32 value)
{
  MosLapic *self = &cpu->lapic;

  value &= lvts[lvt].writable;
  if ((self->svr & SVR_ENABLED) == 0)
    value |= LVT_MASKED;
  if (lvt == MOS_LVT_TIMER) {
    mos_lapic_timer_set_lvt (cpu, value);
  } else {
    self->lvt[lvt] = value;
    look_again (cpu);
  }
}

static void
write_svr (MosSoftCpu *cpu, guint32 value)
{
  MosLapic *self = &cpu->lapic;

  __atomic_store_n (&self->svr, value & 0x13ff, __ATOMIC_RELAXED);
  if ((value & SVR_ENABLED) == 0)
    for (guint i = 0; i < MOS_N_LVTS; i++)
      self->lvt[i] |= LVT_MASKED;
  look_again (cpu);
}

static gboolean
write_register (MosSoftCpu *cpu, guint offset, guint32 value)
{
  MosLapic *self = &cpu->lapic;
  int       lvt = find_lvt (offset);

  if (lvt >= 0) {
    write_lvt (cpu, (guint) lvt, value);
    return TRUE;
  }
  switch (offset) {
  case 0x20:
    self->id = value & 0xff000000;
    return TRUE;
  case 0x80:
    self->tpr = value & 0xff;
    look_again (cpu);
    return TRUE;
  case 0xb0:
    end_of_interrupt (cpu);
    return TRUE;
  case 0xd0:
    __atomic_store_n (&self->ldr, value & 0xff000000, __ATOMIC_RELAXED);
    return TRUE;
  case 0xe0:
    __atomic_store_n (&self->dfr, value | 0x0fffffff, __ATOMIC_RELAXED);
    return TRUE;
  case 0xf0:
    write_svr (cpu, value);
    return TRUE;
  case 0x280:
    self->esr = __atomic_exchange_n (&self->esr_next, 0, __ATOMIC_RELAXED);
    return TRUE;
  case 0x300:
    write_icr (cpu,
               (self->icr & G_GUINT64_CONSTANT (0xffffffff00000000)) | value);
    return TRUE;
  case 0x310:
    self->icr = (self->icr & 0xffffffff) | (guint64) value << 32;
    return TRUE;
  case 0x380:
    mos_lapic_timer_start (cpu, value);
    return TRUE;
  case 0x3e0:
    mos_lapic_timer_divide (cpu, value & 0xb);
    return TRUE;
  default:
    return FALSE;
  }
}

guint32
mos_lapic_read (MosSoftCpu *cpu, guint offset)
{
  guint32 value = 0;

  if (!read_register (cpu, offset & 0xff0, &value))
    __atomic_or_fetch (&cpu->lapic.esr_next, ESR_REGISTER, __ATOMIC_RELAXED);
  return value >> (8 * (offset & 3));
}

void
mos_lapic_write (MosSoftCpu *cpu, guint offset, guint32 value)
{
  if ((offset & 0xf) != 0)
    return; /* only whole registers */
  if (!write_register (cpu, offset, value))
    __atomic_or_fetch (&cpu->lapic.esr_next, ESR_REGISTER, __ATOMIC_RELAXED);
}

gboolean
mos_lapic_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value)
{
  guint   offset = (index - 0x800) << 4;
  guint32 word;

  if (!is_x2apic (&cpu->lapic) || offset >= 0x400 || offset == 0xe0 ||
      offset == 0x310 || offset == 0x90)
    return FALSE;
  if (offset == 0x300) {
    *value = cpu->lapic.icr;
    return TRUE;
  }
  if (!read_register (cpu, offset, &word))
    return FALSE;
  *value = word;
  return TRUE;
}

gboolean
mos_lapic_write_msr (MosSoftCpu *cpu, guint32 index, guint64 value)
{
  guint offset = (index - 0x800) << 4;

  if (!is_x2apic (&cpu->lapic) || offset >= 0x400)
    return FALSE;
  if (offset == 0x300) {
    write_icr (cpu, value);
    return TRUE;
  }
  if ((value >> 32) != 0)
    return FALSE;
  if (offset == 0x3f0) { /* self IPI */
    deliver (cpu, 0, value & 0xff, FALSE);
    return TRUE;
  }
  if (offset == 0x20 || offset == 0xd0 || offset == 0xe0 || offset == 0x310 ||
      ((offset == 0xb0 || offset == 0x280) && value != 0))
    return FALSE;
  return write_register (cpu, offset, (guint32) value);
}

gboolean
mos_lapic_set_base (MosSoftCpu *cpu, guint64 value)
{
  MosLapic *self = &cpu->lapic;
  guint64   old = self->base;
  gboolean  was_on = (old & MOS_APIC_BASE_ENABLE) != 0;
  gboolean  on = (value & MOS_APIC_BASE_ENABLE) != 0;
  gboolean  was_x2 = (old & MOS_APIC_BASE_X2APIC) != 0;
  gboolean  x2 = (value & MOS_APIC_BASE_X2APIC) != 0;

  if ((x2 && !on) || (x2 && !was_on) || (was_x2 && on && !x2))
    return FALSE;
  if (x2 && !mos_cpu_has (cpu, MOS_CPUID_1_ECX, 21))
    return FALSE;
  if ((value & cpu->phys_reserved) != 0)
    return FALSE;
  self->base = (value & ~MOS_APIC_BASE_BSP) | (old & MOS_APIC_BASE_BSP);
  if (was_on && !on)
    mos_lapic_reset (cpu, TRUE);
  mos_lapic_base_changed (cpu);
  return TRUE;
}

guint64
mos_lapic_get_cr8 (MosSoftCpu *cpu)
{
  return cpu->lapic.tpr >> 4;
}

void
mos_lapic_set_cr8 (MosSoftCpu *cpu, guint64 value)
{
  cpu->lapic.tpr = (guint32) (value & 0xf) << 4;
  look_again (cpu);
}

/* The 8259 reaches this processor: the APIC is off, in its power-up state, or
 * LINT0 is an unmasked ExtINT. */
static gboolean
takes_intr (MosSoftCpu *cpu)
{
  const MosLapic *self = &cpu->lapic;
  guint32         lint0 = self->lvt[MOS_LVT_LINT0];

  if (cpu->vcpu.index != 0 ||
      __atomic_load_n (&cpu->cpus->intr, __ATOMIC_SEQ_CST) == 0)
    return FALSE;
  if (!is_on (self))
    return TRUE;
  if ((self->svr & SVR_ENABLED) == 0)
    return (lint0 & ~LVT_MASKED) == 0 || (lint0 & 0x10700) == 0x700;
  return (lint0 & 0x10700) == 0x700;
}

static guint
find_vector (MosSoftCpu *cpu)
{
  const MosLapic *self = &cpu->lapic;
  guint           vector;

  if (!is_on (self) || (self->svr & SVR_ENABLED) == 0)
    return 0;
  vector = highest (self->irr);
  return (vector & 0xf0) > (processor_priority (self) & 0xf0) ? vector : 0;
}

gboolean
mos_lapic_has_interrupt (MosSoftCpu *cpu)
{
  return find_vector (cpu) != 0 || takes_intr (cpu);
}

int
mos_lapic_take_interrupt (MosSoftCpu *cpu)
{
  MosLapic *self = &cpu->lapic;
  MosBus   *bus = cpu->cpus->cpus.bus;
  guint     vector = find_vector (cpu);

  if (vector != 0) {
    guint32 bit = 1u << (vector & 31);

    __atomic_and_fetch (&self->irr[vector / 32], ~bit, __ATOMIC_SEQ_CST);
    self->isr[vector / 32] |= bit;
    return (int) vector;
  }
  if (takes_intr (cpu) && bus->board_outputs != NULL &&
      bus->board_outputs->acknowledge != NULL)
    return bus->board_outputs->acknowledge (bus->board);
  return -1;
}

static void
put (guint8 *page, guint offset, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (page + offset, &value, 4);
}

static guint32
get (const guint8 *page, guint offset)
{
  guint32 value;

  memcpy (&value, page + offset, 4);
  return GUINT32_FROM_LE (value);
}

void
mos_lapic_save (MosSoftCpu *cpu, MosCpuState *state)
{
  memset (state->lapic, 0, sizeof state->lapic);
  for (guint offset = 0; offset < MOS_LAPIC_BYTES; offset += 16) {
    guint32 value;

    if (read_register (cpu, offset, &value))
      put (state->lapic, offset, value);
  }
  state->apic_base = cpu->lapic.base;
  state->cr8 = mos_lapic_get_cr8 (cpu);
  state->lapic_timer_deadline_ns = mos_lapic_timer_deadline (cpu);
}

void
mos_lapic_load (MosSoftCpu *cpu, const MosCpuState *state)
{
  MosLapic     *self = &cpu->lapic;
  const guint8 *page = state->lapic;

  self->base = state->apic_base;
  self->id = get (page, 0x20);
  if (is_x2apic (self))
    self->id = cpu->vcpu.index << 24;
  self->tpr = get (page, 0x80) & 0xff;
  self->ldr = get (page, 0xd0);
  self->dfr = get (page, 0xe0);
  self->svr = get (page, 0xf0) & 0x13ff;
  self->esr = get (page, 0x280);
  self->icr = get (page, 0x300) | (guint64) get (page, 0x310) << 32;
  for (guint i = 0; i < 8; i++) {
    self->isr[i] = get (page, 0x100 + 16 * i);
    self->tmr[i] = get (page, 0x180 + 16 * i);
    self->irr[i] = get (page, 0x200 + 16 * i);
  }
  for (guint i = 0; i < MOS_N_LVTS; i++)
    self->lvt[i] = get (page, lvts[i].offset) & (lvts[i].writable | LVT_MASKED);
  mos_lapic_timer_load (cpu, get (page, 0x380), get (page, 0x390),
                        get (page, 0x3e0) & 0xb,
                        state->lapic_timer_deadline_ns);
  look_again (cpu);
}

void
mos_lapic_reset (MosSoftCpu *cpu, gboolean keep_base)
{
  MosLapic *self = &cpu->lapic;

  if (!keep_base)
    self->base = MOS_APIC_BASE_RESET | MOS_APIC_BASE_ENABLE |
                 (cpu->vcpu.index == 0 ? MOS_APIC_BASE_BSP : 0);
  memset (self->irr, 0, sizeof self->irr);
  memset (self->isr, 0, sizeof self->isr);
  memset (self->tmr, 0, sizeof self->tmr);
  self->id = cpu->vcpu.index << 24;
  self->tpr = self->ldr = self->esr = self->esr_next = 0;
  self->dfr = 0xffffffff;
  self->svr = 0xff;
  self->icr = 0;
  for (guint i = 0; i < MOS_N_LVTS; i++)
    self->lvt[i] = LVT_MASKED;
  mos_lapic_timer_load (cpu, 0, 0, 0, MOS_CLOCK_NEVER);
}
