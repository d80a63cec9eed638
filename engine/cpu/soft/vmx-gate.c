/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Which instructions of a guest leave it.
 *
 * mos_vmx_set_intercepts() turns the controls into the bits that gates look
 * at; a gate whose bit is set asks mos_vmx_instruction(), which knows the
 * finer rules: bitmaps, masks and shadows, targets.
 *
 * Intel SDM volume 3, "Instructions That Cause VM Exits" and "Changes to
 * Instruction Behavior in VMX Non-Root Operation".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/checks.h"
#include "engine/cpu/soft/exec/string.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/msr.h"

#define MSR_TPR 0x808u

/* How a control register was touched, for the qualification. */
enum {
  CR_MOV_TO,
  CR_MOV_FROM,
  CR_CLTS,
  CR_LMSW
};

/* -- the bits ------------------------------------------------------------ */

typedef struct {
  guint8  what;    /* MosIntercept */
  guint16 control; /* MosVmxControl that makes it leave */
} Rule;

static const Rule rules[] = {
  { MOS_INTERCEPT_CPUID, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_INVD, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_XSETBV, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_RDMSR, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_WRMSR, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMCALL, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMCLEAR, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMLAUNCH, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMPTRLD, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMPTRST, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMREAD, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMRESUME, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMWRITE, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMXOFF, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_VMXON, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_INVEPT, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_INVVPID, MOS_VMX_ALWAYS },
  { MOS_INTERCEPT_HLT, MOS_VMX_HLT },
  { MOS_INTERCEPT_INVLPG, MOS_VMX_INVLPG },
  { MOS_INTERCEPT_INVPCID, MOS_VMX_INVLPG },
  { MOS_INTERCEPT_MWAIT, MOS_VMX_MWAIT },
  { MOS_INTERCEPT_MONITOR, MOS_VMX_MONITOR },
  { MOS_INTERCEPT_PAUSE, MOS_VMX_PAUSE },
  { MOS_INTERCEPT_PAUSE, MOS_VMX_PLE },
  { MOS_INTERCEPT_RDPMC, MOS_VMX_RDPMC },
  { MOS_INTERCEPT_RDTSC, MOS_VMX_RDTSC },
  { MOS_INTERCEPT_RDTSCP, MOS_VMX_RDTSC },
  { MOS_INTERCEPT_CR_WRITE, MOS_VMX_CR3_LOAD },
  { MOS_INTERCEPT_CR_READ, MOS_VMX_CR3_STORE },
  { MOS_INTERCEPT_CR_WRITE, MOS_VMX_CR8_LOAD },
  { MOS_INTERCEPT_CR_READ, MOS_VMX_CR8_STORE },
  { MOS_INTERCEPT_CR_WRITE, MOS_VMX_TPR_SHADOW },
  { MOS_INTERCEPT_CR_READ, MOS_VMX_TPR_SHADOW },
  { MOS_INTERCEPT_DR_READ, MOS_VMX_MOV_DR },
  { MOS_INTERCEPT_DR_WRITE, MOS_VMX_MOV_DR },
  { MOS_INTERCEPT_IN, MOS_VMX_UNCONDITIONAL_IO },
  { MOS_INTERCEPT_OUT, MOS_VMX_UNCONDITIONAL_IO },
  { MOS_INTERCEPT_INS, MOS_VMX_UNCONDITIONAL_IO },
  { MOS_INTERCEPT_OUTS, MOS_VMX_UNCONDITIONAL_IO },
  { MOS_INTERCEPT_IN, MOS_VMX_IO_BITMAPS },
  { MOS_INTERCEPT_OUT, MOS_VMX_IO_BITMAPS },
  { MOS_INTERCEPT_INS, MOS_VMX_IO_BITMAPS },
  { MOS_INTERCEPT_OUTS, MOS_VMX_IO_BITMAPS },
  { MOS_INTERCEPT_SGDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_SIDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_SLDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_STR, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_LGDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_LIDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_LLDT, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_LTR, MOS_VMX_DESCRIPTOR },
  { MOS_INTERCEPT_WBINVD, MOS_VMX_WBINVD },
  { MOS_INTERCEPT_RDRAND, MOS_VMX_RDRAND },
  { MOS_INTERCEPT_RDSEED, MOS_VMX_RDSEED },
};

/* Instructions that do not exist unless a control brings them. */
static const Rule enables[] = {
  { MOS_INTERCEPT_RDTSCP, MOS_VMX_RDTSCP },
  { MOS_INTERCEPT_RDPID, MOS_VMX_RDTSCP },
  { MOS_INTERCEPT_INVPCID, MOS_VMX_INVPCID },
};

static void
set (MosSoftCpu *cpu, MosIntercept what)
{
  cpu->guest.intercepts[what >> 6] |= (guint64) 1 << (what & 63);
}

void
mos_vmx_set_intercepts (MosSoftCpu *cpu)
{
  const MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;
  guint64        cr0 = vmcs->field[MOS_VMCS_CR0_MASK];
  guint64        controls[MOS_VMX_N_FIELD_SETS];

  for (guint i = 0; i < MOS_VMX_N_FIELD_SETS; i++)
    controls[i] = mos_vmcs_controls (vmcs, (MosVmxSet) i);
  for (guint i = 0; i < G_N_ELEMENTS (cpu->guest.intercepts); i++)
    cpu->guest.intercepts[i] = 0;
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (rules[i].control == MOS_VMX_ALWAYS ||
        (controls[rules[i].control >> 8] &
         mos_vmx_control_mask ((MosVmxControl) rules[i].control)) != 0)
      set (cpu, (MosIntercept) rules[i].what);
  for (guint i = 0; i < G_N_ELEMENTS (enables); i++)
    if ((controls[enables[i].control >> 8] &
         mos_vmx_control_mask ((MosVmxControl) enables[i].control)) == 0)
      set (cpu, (MosIntercept) enables[i].what);
  if ((cr0 | vmcs->field[MOS_VMCS_CR4_MASK]) != 0) {
    set (cpu, MOS_INTERCEPT_CR_READ);
    set (cpu, MOS_INTERCEPT_CR_WRITE);
  }
  if (cr0 != 0)
    set (cpu, MOS_INTERCEPT_SMSW);
  if ((cr0 & 0xf) != 0) {
    set (cpu, MOS_INTERCEPT_CLTS);
    set (cpu, MOS_INTERCEPT_LMSW);
  }
}

/* -- leaving ------------------------------------------------------------- */

static MosGateResult
leave (MosSoftCpu   *cpu,
       const MosUop *op,
       MosVmxExit    reason,
       guint64       qualification)
{
  mos_guest_stop_at (cpu, op);
  mos_vmx_exit_op (cpu, op, reason, qualification);
  return MOS_GATE_LEFT;
}

static MosGateResult
leave_if (MosSoftCpu   *cpu,
          const MosUop *op,
          MosVmxControl control,
          MosVmxExit    reason)
{
  if (!mos_vmx_control (cpu, control))
    return MOS_GATE_PASS;
  return leave (cpu, op, reason, 0);
}

/* With the operand in memory described. */
static MosGateResult
leave_memory (MosSoftCpu   *cpu,
              const MosUop *op,
              MosVmxExit    reason,
              guint32       info)
{
  guint64 displacement = mos_vmx_displacement (cpu, op);

  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_INSTRUCTION] =
      mos_vmx_info_memory (cpu, op) | info;
  return leave (cpu, op, reason, displacement);
}

/* -- control registers --------------------------------------------------- */

static guint64
shadowed (guint64 real, guint64 mask, guint64 shadow)
{
  return (real & ~mask) | (shadow & mask);
}

static MosGateResult
read_cr (MosSoftCpu *cpu, const MosUop *op)
{
  const MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;
  guint64        value;

  switch (op->src) {
  case 0:
    value = shadowed (cpu->cr0, vmcs->field[MOS_VMCS_CR0_MASK],
                      vmcs->field[MOS_VMCS_CR0_SHADOW]);
    break;
  case 4:
    value = shadowed (cpu->cr4, vmcs->field[MOS_VMCS_CR4_MASK],
                      vmcs->field[MOS_VMCS_CR4_SHADOW]);
    break;
  case 3:
    if (!mos_vmcs_on (vmcs, MOS_VMX_CR3_STORE))
      return MOS_GATE_PASS;
    return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                  3 | CR_MOV_FROM << 4 | (guint64) (op->dst / 8) << 8);
  case 8:
    if (mos_vmcs_on (vmcs, MOS_VMX_CR8_STORE))
      return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                    8 | CR_MOV_FROM << 4 | (guint64) (op->dst / 8) << 8);
    if (!mos_vmcs_on (vmcs, MOS_VMX_TPR_SHADOW))
      return MOS_GATE_PASS;
    value = mos_vmx_get_vtpr (cpu) >> 4;
    break;
  default:
    return MOS_GATE_PASS;
  }
  mos_reg_set (cpu, op->dst, op->width, value);
  return MOS_GATE_DONE;
}

static gboolean
is_cr3_target (const MosVmcs *vmcs, guint64 value)
{
  for (guint i = 0; i < vmcs->field[MOS_VMCS_CR3_TARGET_COUNT] && i < 4; i++)
    if (vmcs->field[MOS_VMCS_CR3_TARGET0 + i] == value)
      return TRUE;
  return FALSE;
}

static MosGateResult
write_cr8 (MosSoftCpu *cpu, const MosUop *op, guint64 value)
{
  if (mos_vmx_control (cpu, MOS_VMX_CR8_LOAD))
    return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                  8 | (guint64) (op->src / 8) << 8);
  if (!mos_vmx_control (cpu, MOS_VMX_TPR_SHADOW))
    return MOS_GATE_PASS;
  if ((value >> 4) != 0)
    mos_fault_gp (cpu, op);
  mos_vmx_set_vtpr (cpu, (guint8) (value << 4));
  return MOS_GATE_DONE;
}

/* CR0 or CR4, of which the hypervisor has the bits in @mask. */
static MosGateResult
write_masked (MosSoftCpu   *cpu,
              const MosUop *op,
              guint64       value,
              guint64       mask,
              guint64       shadow)
{
  if (((value ^ shadow) & mask) != 0)
    return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                  op->dst | (guint64) (op->src / 8) << 8);
  if (!(op->dst == 0 ? mos_set_cr0 (cpu, shadowed (value, mask, cpu->cr0))
                     : mos_set_cr4 (cpu, shadowed (value, mask, cpu->cr4))))
    mos_fault_gp (cpu, op);
  return MOS_GATE_DONE;
}

static MosGateResult
write_cr (MosSoftCpu *cpu, const MosUop *op)
{
  const MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;
  guint64        value = mos_reg_get (cpu, op->src, op->width);

  switch (op->dst) {
  case 0:
    return write_masked (cpu, op, value, vmcs->field[MOS_VMCS_CR0_MASK],
                         vmcs->field[MOS_VMCS_CR0_SHADOW]);
  case 4:
    return write_masked (cpu, op, value, vmcs->field[MOS_VMCS_CR4_MASK],
                         vmcs->field[MOS_VMCS_CR4_SHADOW]);
  case 3:
    if (!mos_vmcs_on (vmcs, MOS_VMX_CR3_LOAD) || is_cr3_target (vmcs, value))
      return MOS_GATE_PASS;
    return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                  3 | (guint64) (op->src / 8) << 8);
  case 8:
    return write_cr8 (cpu, op, value);
  default:
    return MOS_GATE_PASS;
  }
}

static MosGateResult
clts (MosSoftCpu *cpu, const MosUop *op)
{
  if ((mos_vmx_field (cpu, MOS_VMCS_CR0_MASK) & MOS_CR0_TS) == 0)
    return MOS_GATE_PASS;
  if ((mos_vmx_field (cpu, MOS_VMCS_CR0_SHADOW) & MOS_CR0_TS) == 0)
    return MOS_GATE_DONE;
  return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS, CR_CLTS << 4);
}

static MosGateResult
lmsw (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 mask = mos_vmx_field (cpu, MOS_VMCS_CR0_MASK);
  guint64 shadow = mos_vmx_field (cpu, MOS_VMCS_CR0_SHADOW);
  guint64 linear = 0, value, old, changed;

  if (op->src2) {
    linear = mos_ea (cpu, op, 2, FALSE);
    value = mos_load (cpu, op, linear, 2);
  } else {
    value = mos_reg_get (cpu, op->dst, 2);
  }
  changed = (value ^ shadow) & mask & 0xe;
  /* It can set PE but not clear it. */
  if (changed != 0 || (value & mask & ~shadow & MOS_CR0_PE) != 0) {
    mos_vmx (cpu)->vmcs.field[MOS_VMCS_GUEST_LINEAR] = linear;
    return leave (cpu, op, MOS_VMX_EXIT_CR_ACCESS,
                  CR_LMSW << 4 | (op->src2 ? 0x40 : 0) |
                      (value & 0xffff) << 16);
  }
  old = cpu->cr0;
  value = (old & ~(guint64) 0xe) | (value & 0xf);
  if (!mos_set_cr0 (cpu, shadowed (value, mask, old)))
    mos_fault_gp (cpu, op);
  return MOS_GATE_DONE;
}

static MosGateResult
smsw (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 value = shadowed (cpu->cr0, mos_vmx_field (cpu, MOS_VMCS_CR0_MASK),
                            mos_vmx_field (cpu, MOS_VMCS_CR0_SHADOW));

  if (op->src2)
    mos_store (cpu, op, mos_ea (cpu, op, 2, TRUE), value, 2);
  else
    mos_reg_set (cpu, op->dst, op->width, value);
  return MOS_GATE_DONE;
}

static MosGateResult
debug_register (MosSoftCpu *cpu, const MosUop *op, gboolean read)
{
  guint64 code = read ? (guint64) op->src | 0x10 | (guint64) (op->dst / 8) << 8
                      : (guint64) op->dst | (guint64) (op->src / 8) << 8;

  return leave (cpu, op, MOS_VMX_EXIT_DR_ACCESS, code);
}

/* -- ports and registers ------------------------------------------------- */

static gboolean
bit_at (MosSoftCpu *cpu, guint64 bitmap, guint bit)
{
  return ((mos_vmx_read (cpu, bitmap + bit / 8, 1) >> (bit & 7)) & 1) != 0;
}

static gboolean
port_leaves (MosSoftCpu *cpu, guint port, guint size)
{
  if (!mos_vmx_control (cpu, MOS_VMX_IO_BITMAPS))
    return mos_vmx_control (cpu, MOS_VMX_UNCONDITIONAL_IO);
  if (port + size > 0x10000)
    return TRUE;
  for (guint i = port; i < port + size; i++)
    if (bit_at (cpu,
                mos_vmx_field (cpu, i < 0x8000 ? MOS_VMCS_IO_BITMAP_A
                                               : MOS_VMCS_IO_BITMAP_B),
                i & 0x7fff))
      return TRUE;
  return FALSE;
}

static guint
address_size (const MosUop *op)
{
  return op->addr == 8 ? 2 : op->addr == 4 ? 1 : 0;
}

static MosGateResult
port (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  MosVmcs *vmcs = &mos_vmx (cpu)->vmcs;
  guint    number = mos_port_of (cpu, op, what);
  gboolean in = what == MOS_INTERCEPT_IN || what == MOS_INTERCEPT_INS;
  guint64  code = (op->width - 1u) | (in ? 8 : 0) | (guint64) number << 16;

  if (!port_leaves (cpu, number, op->width))
    return MOS_GATE_PASS;
  if (what == MOS_INTERCEPT_INS || what == MOS_INTERCEPT_OUTS) {
    guint reg = in ? MOS_RDI : MOS_RSI;
    guint seg = in ? MOS_SEG_ES : op->seg;

    if (op->src3 != MOS_REP_NONE) {
      if (mos_string_count (cpu, op) == 0)
        return MOS_GATE_PASS;
      code |= 0x20;
    }
    code |= 0x10;
    vmcs->field[MOS_VMCS_GUEST_LINEAR] =
        (cpu->gpr[reg] & mos_string_mask (op)) + cpu->seg_base[seg];
    if ((cpu->key & MOS_KEY_CS64) == 0)
      vmcs->field[MOS_VMCS_GUEST_LINEAR] &= G_MAXUINT32;
    vmcs->field[MOS_VMCS_EXIT_INSTRUCTION] =
        address_size (op) << 7 | (guint64) seg << 15;
  } else if (!op->src2) {
    code |= 0x40;
  }
  return leave (cpu, op, MOS_VMX_EXIT_IO, code);
}

static gboolean
msr_leaves (MosSoftCpu *cpu, guint32 index, gboolean write)
{
  guint64 bitmap = mos_vmx_field (cpu, MOS_VMCS_MSR_BITMAP);

  if (!mos_vmx_control (cpu, MOS_VMX_MSR_BITMAPS))
    return TRUE;
  if (write)
    bitmap += 0x800;
  if (index <= 0x1fff)
    return bit_at (cpu, bitmap, index);
  if (index >= 0xc0000000 && index <= 0xc0001fff)
    return bit_at (cpu, bitmap + 0x400, index & 0x1fff);
  return TRUE;
}

static MosGateResult
msr (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  guint32 index = *mos_r32 (cpu, MOS_RCX * 8);

  if (msr_leaves (cpu, index, write))
    return leave (cpu, op, write ? MOS_VMX_EXIT_WRMSR : MOS_VMX_EXIT_RDMSR, 0);
  if (index != MSR_TPR || !mos_vmx_control (cpu, MOS_VMX_X2APIC))
    return MOS_GATE_PASS;
  if (write) {
    if (*mos_r32 (cpu, MOS_RDX * 8) != 0 ||
        (*mos_r32 (cpu, MOS_RAX * 8) >> 8) != 0)
      mos_fault_gp (cpu, op);
    mos_vmx_set_vtpr (cpu, *mos_r8 (cpu, MOS_RAX * 8));
  } else {
    cpu->gpr[MOS_RAX] = mos_vmx_get_vtpr (cpu);
    cpu->gpr[MOS_RDX] = 0;
  }
  return MOS_GATE_DONE;
}

/* -- the task priority --------------------------------------------------- */

guint8
mos_vmx_get_vtpr (MosSoftCpu *cpu)
{
  return (guint8) mos_vmx_read (
      cpu, mos_vmx_field (cpu, MOS_VMCS_VIRTUAL_APIC) + 0x80, 1);
}

void
mos_vmx_tpr_changed (MosSoftCpu *cpu)
{
  if (!mos_vmx_control (cpu, MOS_VMX_TPR_SHADOW) ||
      (mos_vmx_get_vtpr (cpu) >> 4) >=
          (mos_vmx_field (cpu, MOS_VMCS_TPR_THRESHOLD) & 0xf))
    return;
  mos_vmx (cpu)->tpr_fell = TRUE;
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_GUEST, __ATOMIC_RELAXED);
}

void
mos_vmx_set_vtpr (MosSoftCpu *cpu, guint8 value)
{
  guint64 at = mos_vmx_field (cpu, MOS_VMCS_VIRTUAL_APIC) + 0x80;
  guint8 *host = mos_vmx_ram (cpu, at, 4);

  if (host != NULL) {
    *(guint32 *) (gpointer) host = value;
    mos_vmx_wrote (cpu, at);
  }
  mos_vmx_tpr_changed (cpu);
}

/* -- the rest ------------------------------------------------------------ */

/* Outside privilege level 0 only PAUSE exiting counts. */
static MosGateResult
spin (MosSoftCpu *cpu, const MosUop *op)
{
  MosVmx *vmx = mos_vmx (cpu);
  guint64 now;

  if (mos_vmx_control (cpu, MOS_VMX_PAUSE))
    return leave (cpu, op, MOS_VMX_EXIT_PAUSE, 0);
  if (mos_cpl (cpu) != 0)
    return MOS_GATE_PASS;
  now = mos_tsc_read (cpu);
  if (vmx->pause_last == 0 ||
      now - vmx->pause_last > mos_vmx_field (cpu, MOS_VMCS_PLE_GAP))
    vmx->pause_first = now;
  vmx->pause_last = now;
  if (now - vmx->pause_first > mos_vmx_field (cpu, MOS_VMCS_PLE_WINDOW)) {
    vmx->pause_last = 0;
    return leave (cpu, op, MOS_VMX_EXIT_PAUSE, 0);
  }
  return MOS_GATE_PASS;
}

static MosGateResult
random_number (MosSoftCpu *cpu, const MosUop *op, MosVmxExit reason)
{
  guint size = op->width == 8 ? 2 : op->width == 4 ? 1 : 0;

  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_INSTRUCTION] =
      (guint64) (op->dst / 8) << 3 | size << 11;
  return leave (cpu, op, reason, 0);
}

static void
need_control (MosSoftCpu *cpu, const MosUop *op, MosVmxControl control)
{
  if (!mos_vmx_control (cpu, control))
    mos_fault_ud (cpu, op);
}

static MosGateResult
invalidate (MosSoftCpu *cpu, const MosUop *op, MosVmxExit reason)
{
  return leave_memory (cpu, op, reason, (guint32) (op->dst / 8) << 28);
}

static MosGateResult
descriptor_table (MosSoftCpu *cpu, const MosUop *op, guint which)
{
  guint32 info = which << 28;

  if (op->width != 2)
    info |= 1u << 11;
  return leave_memory (cpu, op, MOS_VMX_EXIT_GDTR_IDTR, info);
}

/* SLDT, STR, LLDT, LTR: src2 says that the operand is in memory. */
static MosGateResult
selector (MosSoftCpu *cpu, const MosUop *op, guint which)
{
  guint   reg = which < 2 ? op->dst : op->src;
  guint32 info = which << 28;

  if (!op->src2) {
    mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_INSTRUCTION] =
        info | 1u << 10 | (guint32) (reg / 8) << 3;
    return leave (cpu, op, MOS_VMX_EXIT_LDTR_TR, 0);
  }
  return leave_memory (cpu, op, MOS_VMX_EXIT_LDTR_TR, info);
}

/* VMREAD has the field's number in its second operand, VMWRITE in its first. */
static MosGateResult
access_field (MosSoftCpu *cpu, const MosUop *op, gboolean write)
{
  guint   number = write ? op->dst : op->src;
  guint   other = write ? op->src : op->dst;
  guint64 encoding = mos_reg_get (cpu, number, op->width);
  guint64 bitmap = mos_vmx_field (cpu, write ? MOS_VMCS_VMWRITE_BITMAP
                                             : MOS_VMCS_VMREAD_BITMAP);
  guint32 info = (guint32) (number / 8) << 28;

  if (mos_vmx_control (cpu, MOS_VMX_SHADOWING) && (encoding >> 15) == 0 &&
      !bit_at (cpu, bitmap, (guint) encoding))
    return MOS_GATE_PASS;
  if (op->src2)
    return leave_memory (
        cpu, op, write ? MOS_VMX_EXIT_VMWRITE : MOS_VMX_EXIT_VMREAD, info);
  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_INSTRUCTION] =
      info | 1u << 10 | (guint32) (other / 8) << 3;
  return leave (cpu, op, write ? MOS_VMX_EXIT_VMWRITE : MOS_VMX_EXIT_VMREAD, 0);
}

/* The machine's memory behind the operand, if it can be looked at without a
 * fault; for those who watch, not for the guest. */
static guint64
peek_operand (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 linear = mos_ea_offset (cpu, op) + cpu->seg_base[op->seg];
  guint64 address;

  if ((cpu->key & MOS_KEY_CS64) == 0)
    linear = (guint32) linear;
  return mos_mmu_peek (cpu, linear, &address) ? mos_vmx_read (cpu, address, 8)
                                              : 0;
}

static MosGateResult
vmx_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0 ||
      (mos_long_mode (cpu) && (cpu->key & MOS_KEY_CS64) == 0))
    mos_fault_ud (cpu, op);
  switch (what) {
  case MOS_INTERCEPT_VMCLEAR:
    mos_vmx (cpu)->operand = peek_operand (cpu, op);
    return leave_memory (cpu, op, MOS_VMX_EXIT_VMCLEAR, 0);
  case MOS_INTERCEPT_VMPTRLD:
    mos_vmx (cpu)->operand = peek_operand (cpu, op);
    return leave_memory (cpu, op, MOS_VMX_EXIT_VMPTRLD, 0);
  case MOS_INTERCEPT_VMPTRST:
    return leave_memory (cpu, op, MOS_VMX_EXIT_VMPTRST, 0);
  case MOS_INTERCEPT_VMXON:
    return leave_memory (cpu, op, MOS_VMX_EXIT_VMXON, 0);
  case MOS_INTERCEPT_INVEPT:
    return invalidate (cpu, op, MOS_VMX_EXIT_INVEPT);
  case MOS_INTERCEPT_INVVPID:
    return invalidate (cpu, op, MOS_VMX_EXIT_INVVPID);
  case MOS_INTERCEPT_VMREAD:
    return access_field (cpu, op, FALSE);
  case MOS_INTERCEPT_VMWRITE:
    return access_field (cpu, op, TRUE);
  case MOS_INTERCEPT_VMLAUNCH:
    return leave (cpu, op, MOS_VMX_EXIT_VMLAUNCH, 0);
  case MOS_INTERCEPT_VMRESUME:
    return leave (cpu, op, MOS_VMX_EXIT_VMRESUME, 0);
  default:
    return leave (cpu, op, MOS_VMX_EXIT_VMXOFF, 0);
  }
}

static MosGateResult
time_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  switch (what) {
  case MOS_INTERCEPT_RDTSCP:
    need_control (cpu, op, MOS_VMX_RDTSCP);
    return leave_if (cpu, op, MOS_VMX_RDTSC, MOS_VMX_EXIT_RDTSCP);
  case MOS_INTERCEPT_RDPID:
    need_control (cpu, op, MOS_VMX_RDTSCP);
    return MOS_GATE_PASS;
  case MOS_INTERCEPT_RDTSC:
    return leave_if (cpu, op, MOS_VMX_RDTSC, MOS_VMX_EXIT_RDTSC);
  default:
    return leave_if (cpu, op, MOS_VMX_RDPMC, MOS_VMX_EXIT_RDPMC);
  }
}

static MosGateResult
table_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  switch (what) {
  case MOS_INTERCEPT_SGDT:
    return descriptor_table (cpu, op, 0);
  case MOS_INTERCEPT_SIDT:
    return descriptor_table (cpu, op, 1);
  case MOS_INTERCEPT_LGDT:
    return descriptor_table (cpu, op, 2);
  case MOS_INTERCEPT_LIDT:
    return descriptor_table (cpu, op, 3);
  case MOS_INTERCEPT_SLDT:
    return selector (cpu, op, 0);
  case MOS_INTERCEPT_STR:
    return selector (cpu, op, 1);
  case MOS_INTERCEPT_LLDT:
    return selector (cpu, op, 2);
  default:
    return selector (cpu, op, 3);
  }
}

static MosGateResult
register_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  switch (what) {
  case MOS_INTERCEPT_CR_READ:
    return read_cr (cpu, op);
  case MOS_INTERCEPT_CR_WRITE:
    return write_cr (cpu, op);
  case MOS_INTERCEPT_CLTS:
    return clts (cpu, op);
  case MOS_INTERCEPT_LMSW:
    return lmsw (cpu, op);
  case MOS_INTERCEPT_SMSW:
    return smsw (cpu, op);
  case MOS_INTERCEPT_DR_READ:
    return debug_register (cpu, op, TRUE);
  default:
    return debug_register (cpu, op, FALSE);
  }
}

MosGateResult
mos_vmx_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  switch (what) {
  case MOS_INTERCEPT_CPUID:
    return leave (cpu, op, MOS_VMX_EXIT_CPUID, 0);
  case MOS_INTERCEPT_INVD:
    return leave (cpu, op, MOS_VMX_EXIT_INVD, 0);
  case MOS_INTERCEPT_XSETBV:
    return leave (cpu, op, MOS_VMX_EXIT_XSETBV, 0);
  case MOS_INTERCEPT_VMCALL:
    return leave (cpu, op, MOS_VMX_EXIT_VMCALL, 0);
  case MOS_INTERCEPT_HLT:
    return leave (cpu, op, MOS_VMX_EXIT_HLT, 0);
  case MOS_INTERCEPT_MWAIT:
    return leave (cpu, op, MOS_VMX_EXIT_MWAIT, 0);
  case MOS_INTERCEPT_MONITOR:
    return leave (cpu, op, MOS_VMX_EXIT_MONITOR, 0);
  case MOS_INTERCEPT_WBINVD:
    return leave (cpu, op, MOS_VMX_EXIT_WBINVD, 0);
  case MOS_INTERCEPT_PAUSE:
    return spin (cpu, op);
  case MOS_INTERCEPT_RDRAND:
    return random_number (cpu, op, MOS_VMX_EXIT_RDRAND);
  case MOS_INTERCEPT_RDSEED:
    return random_number (cpu, op, MOS_VMX_EXIT_RDSEED);
  case MOS_INTERCEPT_INVLPG:
    return leave (cpu, op, MOS_VMX_EXIT_INVLPG,
                  mos_ea_offset (cpu, op) + cpu->seg_base[op->seg]);
  case MOS_INTERCEPT_INVPCID:
    need_control (cpu, op, MOS_VMX_INVPCID);
    if (!mos_vmx_control (cpu, MOS_VMX_INVLPG))
      return MOS_GATE_PASS;
    return invalidate (cpu, op, MOS_VMX_EXIT_INVPCID);
  case MOS_INTERCEPT_RDMSR:
    return msr (cpu, op, FALSE);
  case MOS_INTERCEPT_WRMSR:
    return msr (cpu, op, TRUE);
  case MOS_INTERCEPT_IN:
  case MOS_INTERCEPT_OUT:
  case MOS_INTERCEPT_INS:
  case MOS_INTERCEPT_OUTS:
    return port (cpu, op, what);
  case MOS_INTERCEPT_RDTSC:
  case MOS_INTERCEPT_RDTSCP:
  case MOS_INTERCEPT_RDPID:
  case MOS_INTERCEPT_RDPMC:
    return time_instruction (cpu, op, what);
  default:
    if (what >= MOS_INTERCEPT_CR_READ && what <= MOS_INTERCEPT_DR_WRITE)
      return register_instruction (cpu, op, what);
    if (what >= MOS_INTERCEPT_SGDT && what <= MOS_INTERCEPT_LTR)
      return table_instruction (cpu, op, what);
    return vmx_instruction (cpu, op, what);
  }
}
