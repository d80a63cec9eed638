/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: who leaves a guest, and what the VMCB says about it.
 *
 * AMD64 APM volume 2, "Intercept Operation", "Instruction Intercepts",
 * "Exception Intercepts", "Interrupt Intercepts", "Interrupt and Local APIC
 * Support", "Decode Assists".
 */
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/checks.h"
#include "engine/cpu/soft/exec/string.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/segment.h"
#include "engine/cpu/soft/svm-private.h"
#include "engine/cpu/x86/msr.h"

#define DECODED \
  ((guint64) 1 << 63) /* it was a MOV; the GPR's number is there */

/* Leaves at @op, telling where the next instruction is. */
static MosGateResult
leave_at (MosSoftCpu   *cpu,
          const MosUop *op,
          guint64       code,
          guint64       info1,
          guint64       info2)
{
  guint64 next = cpu->gpr[MOS_SLOT_RIP] + op->next;

  mos_guest_stop_at (cpu, op);
  mos_svm (cpu)->nrip = (cpu->key & MOS_KEY_CS64) != 0 ? next : (guint32) next;
  mos_svm_exit (cpu, code, info1, info2);
  return MOS_GATE_LEFT;
}

/* A bit of a map in machine memory; what is not memory intercepts. */
static guint
map_bits (MosSoftCpu *cpu, guint64 base, guint byte)
{
  guint64       address = (base & MOS_PAGE_MASK) + byte;
  guint8       *flags;
  const guint8 *page = mos_svm_page (cpu, address & MOS_PAGE_MASK, &flags);

  return page != NULL ? page[address & 0xfff] : 0xff;
}

static MosGateResult
port (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  MosSvm  *self = mos_svm (cpu);
  guint64  map = mos_vmcb_get64 (self->control, MOS_VMCB_IOPM);
  guint    number = mos_port_of (cpu, op, what);
  gboolean string = what == MOS_INTERCEPT_INS || what == MOS_INTERCEPT_OUTS;
  guint    bits = map_bits (cpu, map, number / 8) |
               map_bits (cpu, map, number / 8 + 1) << 8;
  guint64 info = (guint64) number << 16;

  if (((bits >> (number & 7)) & ((1u << op->width) - 1)) == 0)
    return MOS_GATE_PASS;
  if (what == MOS_INTERCEPT_IN || what == MOS_INTERCEPT_INS)
    info |= 1;
  info |= (guint64) op->width << 4;
  if (string) {
    guint seg = what == MOS_INTERCEPT_INS ? MOS_SEG_ES : op->seg;

    info |= 4 | (guint64) op->addr << 6 | (guint64) seg << 10;
    if (op->src3 != MOS_REP_NONE)
      info |= 8;
  } else {
    info |= (guint64) op->addr << 6;
  }
  return leave_at (cpu, op, MOS_SVM_IOIO, info,
                   cpu->gpr[MOS_SLOT_RIP] + op->next);
}

static MosGateResult
msr (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  guint64 map = mos_vmcb_get64 (mos_svm (cpu)->control, MOS_VMCB_MSRPM);
  guint32 index = *mos_r32 (cpu, MOS_RCX * 8);
  guint   n = index & 0x1fff, base;

  switch (index >> 13) {
  case 0:
    base = 0;
    break;
  case 0xc0000000u >> 13:
    base = 0x800;
    break;
  case 0xc0010000u >> 13:
    base = 0x1000;
    break;
  default: /* outside the map */
    return leave_at (cpu, op, MOS_SVM_MSR, write, 0);
  }
  if (((map_bits (cpu, map, base + n / 4) >> (2 * (n % 4) + (write ? 1 : 0))) &
       1) == 0)
    return MOS_GATE_PASS;
  return leave_at (cpu, op, MOS_SVM_MSR, write, 0);
}

/* CR8 of a guest whose task priority is its own. */
static MosGateResult
own_tpr (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  MosSvm *self = mos_svm (cpu);
  guint64 value;

  if (!write) {
    mos_reg_set (cpu, op->dst, op->width, self->vintr & 0xf);
    return MOS_GATE_DONE;
  }
  value = mos_reg_get (cpu, op->src, op->width);
  if ((value >> 4) != 0)
    mos_fault_gp (cpu, op);
  self->vintr = (self->vintr & ~(guint64) 0xff) | value;
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
  return MOS_GATE_DONE;
}

static MosGateResult
control_register (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  MosSvm *self = mos_svm (cpu);
  guint32 cr = mos_vmcb_get32 (self->control, MOS_VMCB_CR);
  guint   n = write ? op->dst : op->src;
  guint   gpr = (write ? op->src : op->dst) / 8;

  if (((cr >> (n + (write ? 16 : 0))) & 1) != 0)
    return leave_at (cpu, op, (write ? MOS_SVM_CR_WRITE : MOS_SVM_CR_READ) + n,
                     DECODED | gpr, 0);
  if (n == 8 && (self->vintr & MOS_VINTR_MASKING) != 0)
    return own_tpr (cpu, op, write);
  if (write && n == 0 && (self->misc1 & MOS_SVM1_CR0_SEL) != 0) {
    guint64 value = mos_reg_get (cpu, op->src, op->width);

    if (((value ^ cpu->cr0) & ~(guint64) (MOS_CR0_TS | MOS_CR0_MP)) != 0)
      return leave_at (cpu, op, MOS_SVM_CR0_SEL_WRITE, DECODED | gpr, 0);
  }
  return MOS_GATE_PASS;
}

static MosGateResult
status_word (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  MosSvm *self = mos_svm (cpu);
  guint32 cr = mos_vmcb_get32 (self->control, MOS_VMCB_CR);

  if (what == MOS_INTERCEPT_SMSW)
    return leave_at (cpu, op, MOS_SVM_CR_READ, 0, 0);
  if ((cr & (1u << 16)) != 0)
    return leave_at (cpu, op, MOS_SVM_CR_WRITE, 0, 0);
  /* The selective intercept: LMSW always, CLTS changes TS only. */
  if (what == MOS_INTERCEPT_LMSW)
    return leave_at (cpu, op, MOS_SVM_CR0_SEL_WRITE, 0, 0);
  return MOS_GATE_PASS;
}

static MosGateResult
debug_register (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  guint32 dr = mos_vmcb_get32 (mos_svm (cpu)->control, MOS_VMCB_DR);
  guint   n = write ? op->dst : op->src;
  guint   gpr = (write ? op->src : op->dst) / 8;

  if (((dr >> (n + (write ? 16 : 0))) & 1) == 0)
    return MOS_GATE_PASS;
  return leave_at (cpu, op, (write ? MOS_SVM_DR_WRITE : MOS_SVM_DR_READ) + n,
                   gpr, 0);
}

/* The pause filter: so many are let through, or any that come far apart. */
static MosGateResult
filter_pause (MosSoftCpu *cpu, const MosUop *op)
{
  MosSvm *self = mos_svm (cpu);
  guint   count = mos_vmcb_get16 (self->control, MOS_VMCB_PAUSE_COUNT);
  guint   threshold = mos_vmcb_get16 (self->control, MOS_VMCB_PAUSE_THRESHOLD);

  if (count == 0)
    return leave_at (cpu, op, 0x77, 0, 0);
  if (threshold != 0 && self->pause_at - cpu->budget > (gint64) threshold)
    self->pauses_left = (gint32) count;
  self->pause_at = cpu->budget;
  if (self->pauses_left-- > 0)
    return MOS_GATE_PASS;
  self->pauses_left = (gint32) count;
  return leave_at (cpu, op, 0x77, 0, 0);
}

/* Instructions with a bit and a code of their own. */
static MosGateResult
plain (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  guint64 info1 = 0;

  if (what == MOS_INTERCEPT_INVLPG)
    info1 = mos_ea_offset (cpu, op) + cpu->seg_base[op->seg];
  else if (what == MOS_INTERCEPT_INT)
    info1 = op->imm & 0xff;
  return leave_at (cpu, op, mos_svm (cpu)->codes[what], info1, 0);
}

/* #UD of AMD-V's own instructions goes before. */
static void
check_svm (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  if (what < MOS_INTERCEPT_VMRUN || what > MOS_INTERCEPT_INVLPGA ||
      what == MOS_INTERCEPT_VMMCALL)
    return;
  if ((cpu->efer & MOS_EFER_SVME) == 0 ||
      (cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0)
    mos_fault_ud (cpu, op);
}

MosGateResult
mos_svm_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  switch (what) {
  case MOS_INTERCEPT_IN:
  case MOS_INTERCEPT_OUT:
  case MOS_INTERCEPT_INS:
  case MOS_INTERCEPT_OUTS:
    return port (cpu, op, what);
  case MOS_INTERCEPT_RDMSR:
    return msr (cpu, op, FALSE);
  case MOS_INTERCEPT_WRMSR:
    return msr (cpu, op, TRUE);
  case MOS_INTERCEPT_CR_READ:
    return control_register (cpu, op, FALSE);
  case MOS_INTERCEPT_CR_WRITE:
    return control_register (cpu, op, TRUE);
  case MOS_INTERCEPT_CLTS:
  case MOS_INTERCEPT_LMSW:
  case MOS_INTERCEPT_SMSW:
    return status_word (cpu, op, what);
  case MOS_INTERCEPT_DR_READ:
    return debug_register (cpu, op, FALSE);
  case MOS_INTERCEPT_DR_WRITE:
    return debug_register (cpu, op, TRUE);
  case MOS_INTERCEPT_PAUSE:
    return filter_pause (cpu, op);
  default:
    check_svm (cpu, op, what);
    return plain (cpu, op, what);
  }
}

/* Decode assists: the instruction's bytes, as far as they can be read. */
static void
fetch_bytes (MosSoftCpu *cpu)
{
  guint8 *flags;
  guint8 *vmcb = mos_svm_page (cpu, mos_svm (cpu)->vmcb, &flags);
  guint64 lin = cpu->gpr[MOS_SLOT_RIP] + cpu->seg_base[MOS_SEG_CS];
  guint   n = 0;

  if (vmcb == NULL)
    return;
  if ((cpu->key & MOS_KEY_CS64) == 0)
    lin = (guint32) lin;
  while (n < 15) {
    guint64       at = lin + n, gpa;
    const guint8 *page;

    if (!mos_mmu_peek (cpu, at, &gpa))
      break;
    page = mos_svm_page (cpu, gpa & MOS_PAGE_MASK, &flags);
    if (page == NULL)
      break;
    do {
      vmcb[MOS_VMCB_INSN_BYTES + n] = page[(lin + n) & 0xfff];
      n++;
    } while (n < 15 && ((lin + n) & 0xfff) != 0);
  }
  vmcb[MOS_VMCB_INSN_LENGTH] = (guint8) n;
}

gboolean
mos_svm_exception (MosSoftCpu     *cpu,
                   const MosFault *fault,
                   MosDeliveryKind kind,
                   guint           len)
{
  guint64 info1 = fault->has_error ? fault->error : 0;
  guint64 info2 = fault->vector == MOS_EXC_PF ? fault->address : 0;

  if (fault->vector == MOS_EXC_DB && kind == MOS_DELIVERY_EXCEPTION) {
    cpu->dr6 |= fault->address;
    cpu->dr7 &= ~MOS_DR7_GD;
  }
  if (kind != MOS_DELIVERY_EXCEPTION)
    mos_svm (cpu)->nrip = cpu->gpr[MOS_SLOT_RIP] + len;
  if (fault->vector == MOS_EXC_PF && (fault->error & MOS_PF_I) == 0)
    fetch_bytes (cpu);
  mos_svm_exit (cpu, MOS_SVM_EXCEPTION + fault->vector, info1, info2);
  return TRUE;
}

void
mos_svm_nested_fault (MosSoftCpu *cpu)
{
  MosNestedFault fault = cpu->guest.fault;

  if ((fault.access & MOS_NESTED_FETCH) == 0)
    fetch_bytes (cpu);
  mos_svm_exit (cpu, MOS_SVM_NPF, fault.code, fault.gpa);
}

static void
leave_task (MosSoftCpu *cpu)
{
  MosNestedFault *f = &cpu->guest.fault;

  mos_svm_exit (cpu, MOS_SVM_TASK_SWITCH, f->gpa, f->code);
}

void
mos_svm_task_switch (MosSoftCpu    *cpu,
                     const MosUop  *op,
                     guint          how,
                     guint16        selector,
                     const guint32 *error_code)
{
  guint64 info = 0;

  if ((mos_svm (cpu)->misc1 & MOS_SVM1_TASK) == 0)
    return;
  if (how == MOS_TASK_RETURN)
    info |= (guint64) 1 << 36;
  else if (how == MOS_TASK_JUMP)
    info |= (guint64) 1 << 38;
  if (error_code != NULL)
    info |= (guint64) 1 << 44 | *error_code;
  if ((cpu->rflags & MOS_RFLAGS_RF) != 0)
    info |= (guint64) 1 << 48;
  cpu->guest.fault.gpa = selector;
  cpu->guest.fault.code = info;
  mos_guest_unwind (cpu, op, leave_task);
}

/* There may be more interrupts than this one. */
static void
look_again (MosSoftCpu *cpu)
{
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
}

static gboolean
take_nmi (MosSoftCpu *cpu)
{
  if (cpu->nmi_masked ||
      __atomic_load_n (&cpu->nmi_latched, __ATOMIC_SEQ_CST) == 0)
    return FALSE;
  if ((mos_svm (cpu)->misc1 & MOS_SVM1_NMI) != 0) {
    mos_svm_exit (cpu, MOS_SVM_NMI, 0, 0);
    return TRUE;
  }
  __atomic_store_n (&cpu->nmi_latched, 0, __ATOMIC_SEQ_CST);
  mos_run_nmi (cpu);
  return TRUE;
}

/* The interrupts of the machine; a guest whose IF is its own does not hold
 * them off. */
static gboolean
take_physical (MosSoftCpu *cpu)
{
  MosSvm *self = mos_svm (cpu);
  guint64 flags =
      (self->vintr & MOS_VINTR_MASKING) != 0 ? self->host.rflags : cpu->rflags;
  int vector;

  if ((flags & MOS_RFLAGS_IF) == 0 || !mos_lapic_has_interrupt (cpu))
    return FALSE;
  if ((self->misc1 & MOS_SVM1_INTR) != 0) {
    mos_svm_exit (cpu, MOS_SVM_INTR, 0, 0);
    return TRUE;
  }
  vector = mos_lapic_take_interrupt (cpu);
  if (vector < 0)
    return FALSE;
  look_again (cpu);
  mos_run_interrupt (cpu, (guint) vector);
  return TRUE;
}

static gboolean
take_virtual (MosSoftCpu *cpu)
{
  MosSvm *self = mos_svm (cpu);
  guint   priority = (self->vintr >> 16) & 15;

  if ((self->vintr & MOS_VINTR_IRQ) == 0 || (cpu->rflags & MOS_RFLAGS_IF) == 0)
    return FALSE;
  if ((self->vintr & MOS_VINTR_IGN_TPR) == 0 && priority <= (self->vintr & 15))
    return FALSE;
  if ((self->vintr & MOS_VINTR_GIF_ENABLE) != 0 &&
      (self->vintr & MOS_VINTR_GIF) == 0)
    return FALSE;
  if ((self->misc1 & MOS_SVM1_VINTR) != 0) {
    mos_svm_exit (cpu, MOS_SVM_VINTR, 0, 0);
    return TRUE;
  }
  self->vintr &= ~MOS_VINTR_IRQ;
  look_again (cpu);
  mos_run_interrupt (cpu, (self->vintr >> 32) & 0xff);
  return TRUE;
}

void
mos_svm_events (MosSoftCpu *cpu, guint pending, guint held)
{
  if ((pending & MOS_PENDING_TRAP) != 0)
    mos_run_traps (cpu);
  if (held != 0 || !cpu->guest.active)
    return;
  if ((pending & MOS_PENDING_NMI) != 0) {
    __atomic_and_fetch (&cpu->pending, ~(guint) MOS_PENDING_NMI,
                        __ATOMIC_SEQ_CST);
    if (take_nmi (cpu))
      return;
  }
  if ((pending & MOS_PENDING_INTERRUPT) == 0)
    return;
  __atomic_and_fetch (&cpu->pending, ~(guint) MOS_PENDING_INTERRUPT,
                      __ATOMIC_SEQ_CST);
  if (!take_physical (cpu))
    take_virtual (cpu);
}
