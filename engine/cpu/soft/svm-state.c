/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: registers in and out of the VMCB, and the checks before.
 *
 * AMD64 APM volume 2, "Canonicalization and Consistency Checks", "VMRUN
 * Instruction", "#VMEXIT".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/svm-private.h"

#define IOPM_BYTES  (3u * 4096u)
#define MSRPM_BYTES (2u * 4096u)
#define HIGH        G_GUINT64_CONSTANT (0xffffffff00000000)

static guint64
canonical (guint64 address)
{
  return (guint64) ((gint64) (address << 16) >> 16);
}

static gboolean
map_fits (MosSoftCpu *cpu, guint64 base, guint bytes)
{
  guint64 last = (base & MOS_PAGE_MASK) + bytes - 1;

  return ((base | last) & (cpu->phys_reserved | ~(((guint64) 1 << 52) - 1))) ==
         0;
}

static gboolean
check_event (MosSoftCpu *cpu, const guint8 *control)
{
  guint64     info = mos_vmcb_get64 (control, MOS_VMCB_EVENTINJ);
  MosDelivery event;

  return (info & MOS_SVM_EVENT_VALID) == 0 ||
         mos_svm_event_unpack (info, &event);
}

static gboolean
check_pat (guint64 pat)
{
  for (guint i = 0; i < 8; i++) {
    guint type = (pat >> (8 * i)) & 0xff;

    if (type > 7 || type == 2 || type == 3)
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_control (MosSoftCpu *cpu, const guint8 *vmcb)
{
  const guint8 *control = mos_svm (cpu)->control;
  guint64       ncr3 = mos_vmcb_get64 (control, MOS_VMCB_NCR3);

  if ((mos_vmcb_get32 (control, MOS_VMCB_MISC2) & MOS_SVM2_VMRUN) == 0 ||
      mos_vmcb_get32 (control, MOS_VMCB_ASID) == 0)
    return FALSE;
  if (!map_fits (cpu, mos_vmcb_get64 (control, MOS_VMCB_IOPM), IOPM_BYTES) ||
      !map_fits (cpu, mos_vmcb_get64 (control, MOS_VMCB_MSRPM), MSRPM_BYTES))
    return FALSE;
  if (!check_event (cpu, control))
    return FALSE;
  if ((control[MOS_VMCB_NESTED] & 1) == 0)
    return TRUE;
  return (cpu->cr0 & MOS_CR0_PG) != 0 &&
         (ncr3 & (cpu->phys_reserved | ~(((guint64) 1 << 52) - 1))) == 0 &&
         check_pat (mos_vmcb_get64 (vmcb, MOS_VMCB_GPAT));
}

static gboolean
check_registers (MosSoftCpu *cpu, const guint8 *vmcb)
{
  guint64  efer = mos_vmcb_get64 (vmcb, MOS_VMCB_EFER);
  guint64  cr0 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR0);
  guint64  cr3 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR3);
  guint64  cr4 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR4);
  guint16  cs = mos_vmcb_get16 (vmcb, MOS_VMCB_SEG + 16 + 2);
  gboolean lme = (efer & MOS_EFER_LME) != 0;
  gboolean pg = (cr0 & MOS_CR0_PG) != 0;

  if ((efer & MOS_EFER_SVME) == 0 || (efer & ~mos_svm (cpu)->efer_known) != 0)
    return FALSE;
  if ((cr0 & HIGH) != 0 || ((cr0 & MOS_CR0_CD) == 0 && (cr0 & MOS_CR0_NW) != 0))
    return FALSE;
  if ((cr4 & ~mos_svm (cpu)->cr4_known) != 0)
    return FALSE;
  if (lme && pg &&
      (cr3 & (cpu->phys_reserved | G_GUINT64_CONSTANT (0xfff0000000000000))) !=
          0)
    return FALSE;
  if (((mos_vmcb_get64 (vmcb, MOS_VMCB_DR6) |
        mos_vmcb_get64 (vmcb, MOS_VMCB_DR7)) &
       HIGH) != 0)
    return FALSE;
  if (lme && pg &&
      ((cr4 & MOS_CR4_PAE) == 0 || (cr0 & MOS_CR0_PE) == 0 ||
       ((cs >> 9) & 3) == 3)) /* CS.L and CS.D */
    return FALSE;
  return TRUE;
}

gboolean
mos_svm_check (MosSoftCpu *cpu, const guint8 *vmcb)
{
  return check_control (cpu, vmcb) && check_registers (cpu, vmcb);
}

static void
load_segment (MosSegment *s, const guint8 *at)
{
  guint attributes = mos_vmcb_get16 (at, 2);

  *s = (MosSegment){ .selector = mos_vmcb_get16 (at, 0),
                     .limit = mos_vmcb_get32 (at, 4),
                     .base = canonical (mos_vmcb_get64 (at, 8)),
                     .type = attributes & 15,
                     .s = (attributes >> 4) & 1,
                     .dpl = (attributes >> 5) & 3,
                     .present = (attributes >> 7) & 1,
                     .avl = (attributes >> 8) & 1,
                     .l = (attributes >> 9) & 1,
                     .db = (attributes >> 10) & 1,
                     .g = (attributes >> 11) & 1,
                     .unusable = ((attributes >> 7) & 1) == 0 };
}

static void
store_segment (guint8 *at, const MosSegment *s)
{
  guint16 attributes =
      (guint16) (s->type | s->s << 4 | s->dpl << 5 | s->present << 7 |
                 s->avl << 8 | s->l << 9 | s->db << 10 | s->g << 11);

  if (s->unusable)
    attributes &= (guint16) ~0x80u;
  memcpy (at, &s->selector, 2);
  memcpy (at + 2, &attributes, 2);
  memcpy (at + 4, &s->limit, 4);
  memcpy (at + 8, &s->base, 8);
}

static void
load_table (MosTableRegister *table, const guint8 *at)
{
  table->limit = (guint16) mos_vmcb_get32 (at, 4);
  table->base = canonical (mos_vmcb_get64 (at, 8));
}

static void
store_table (guint8 *at, const MosTableRegister *table)
{
  guint32 limit = table->limit;

  memcpy (at + 4, &limit, 4);
  memcpy (at + 8, &table->base, 8);
}

static void
load_flags (MosSoftCpu *cpu, guint64 flags)
{
  mos_flags_set_status (cpu, flags);
  cpu->rflags = flags & MOS_RFLAGS_DEFINED &
                ~(guint64) (MOS_RFLAGS_ARITHMETIC | MOS_RFLAGS_ONE);
}

/* The level of a guest: ours is the stack segment's. */
static void
set_level (MosSoftCpu *cpu, guint cpl)
{
  if ((cpu->cr0 & MOS_CR0_PE) == 0)
    cpl = 0;
  else if ((cpu->rflags & MOS_RFLAGS_VM) != 0)
    cpl = 3;
  cpu->seg[MOS_SEG_SS].dpl = cpl & 3;
}

void
mos_svm_load_guest (MosSoftCpu *cpu, const guint8 *vmcb)
{
  guint64 efer = mos_vmcb_get64 (vmcb, MOS_VMCB_EFER) & ~MOS_EFER_LMA;

  for (guint i = MOS_SEG_ES; i <= MOS_SEG_DS; i++)
    load_segment (&cpu->seg[i], vmcb + MOS_VMCB_SEG + 16 * i);
  load_table (&cpu->gdt, vmcb + MOS_VMCB_GDTR);
  load_table (&cpu->idt, vmcb + MOS_VMCB_IDTR);
  cpu->cr0 =
      (mos_vmcb_get64 (vmcb, MOS_VMCB_CR0) & mos_cr0_known ()) | MOS_CR0_ET;
  cpu->cr2 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR2);
  cpu->cr3 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR3);
  cpu->cr4 = mos_vmcb_get64 (vmcb, MOS_VMCB_CR4);
  if ((efer & MOS_EFER_LME) != 0 && (cpu->cr0 & MOS_CR0_PG) != 0)
    efer |= MOS_EFER_LMA;
  else
    cpu->cr3 &= G_MAXUINT32;
  cpu->efer = efer;
  cpu->dr6 = (mos_vmcb_get64 (vmcb, MOS_VMCB_DR6) & 0xe00f) | MOS_DR6_RESET;
  cpu->dr7 = (mos_vmcb_get64 (vmcb, MOS_VMCB_DR7) & 0xffff2bff) | MOS_DR7_RESET;
  load_flags (cpu, mos_vmcb_get64 (vmcb, MOS_VMCB_RFLAGS));
  set_level (cpu, vmcb[MOS_VMCB_CPL]);
  cpu->gpr[MOS_SLOT_RIP] = mos_vmcb_get64 (vmcb, MOS_VMCB_RIP);
  cpu->gpr[MOS_RSP] = mos_vmcb_get64 (vmcb, MOS_VMCB_RSP);
  cpu->gpr[MOS_RAX] = mos_vmcb_get64 (vmcb, MOS_VMCB_RAX);
  if ((mos_svm (cpu)->control[MOS_VMCB_NESTED] & 1) != 0)
    *mos_svm (cpu)->pat = mos_vmcb_get64 (vmcb, MOS_VMCB_GPAT);
}

void
mos_svm_store_guest (MosSoftCpu *cpu, guint8 *vmcb)
{
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_DS; i++)
    store_segment (vmcb + MOS_VMCB_SEG + 16 * i, &cpu->seg[i]);
  store_table (vmcb + MOS_VMCB_GDTR, &cpu->gdt);
  store_table (vmcb + MOS_VMCB_IDTR, &cpu->idt);
  mos_vmcb_put64 (vmcb, MOS_VMCB_CR0, cpu->cr0);
  mos_vmcb_put64 (vmcb, MOS_VMCB_CR2, cpu->cr2);
  mos_vmcb_put64 (vmcb, MOS_VMCB_CR3, cpu->cr3);
  mos_vmcb_put64 (vmcb, MOS_VMCB_CR4, cpu->cr4);
  mos_vmcb_put64 (vmcb, MOS_VMCB_EFER, cpu->efer);
  mos_vmcb_put64 (vmcb, MOS_VMCB_DR6, cpu->dr6);
  mos_vmcb_put64 (vmcb, MOS_VMCB_DR7, cpu->dr7);
  mos_vmcb_put64 (vmcb, MOS_VMCB_RFLAGS, mos_flags_get (cpu));
  mos_vmcb_put64 (vmcb, MOS_VMCB_RIP, cpu->gpr[MOS_SLOT_RIP]);
  mos_vmcb_put64 (vmcb, MOS_VMCB_RSP, cpu->gpr[MOS_RSP]);
  mos_vmcb_put64 (vmcb, MOS_VMCB_RAX, cpu->gpr[MOS_RAX]);
  vmcb[MOS_VMCB_CPL] = (guint8) mos_cpl (cpu);
  if (cpu->guest.paging)
    mos_vmcb_put64 (vmcb, MOS_VMCB_GPAT, *mos_svm (cpu)->pat);
}

void
mos_svm_save_host (MosSoftCpu *cpu)
{
  MosSvm     *self = mos_svm (cpu);
  MosSvmHost *host = &self->host;

  memcpy (host->seg, cpu->seg, sizeof host->seg);
  host->gdt = cpu->gdt;
  host->idt = cpu->idt;
  host->efer = cpu->efer;
  host->cr0 = cpu->cr0;
  host->cr3 = cpu->cr3;
  host->cr4 = cpu->cr4;
  host->pat = *self->pat;
  memcpy (host->pdptr, cpu->pdptr, sizeof host->pdptr);
  host->rflags = mos_flags_get (cpu);
  host->rip = cpu->gpr[MOS_SLOT_RIP];
  host->rsp = cpu->gpr[MOS_RSP];
  host->rax = cpu->gpr[MOS_RAX];
}

void
mos_svm_load_host (MosSoftCpu *cpu)
{
  MosSvm           *self = mos_svm (cpu);
  const MosSvmHost *host = &self->host;

  memcpy (cpu->seg, host->seg, sizeof host->seg);
  cpu->gdt = host->gdt;
  cpu->idt = host->idt;
  cpu->efer = host->efer;
  cpu->cr0 = host->cr0 | MOS_CR0_PE;
  cpu->cr3 = host->cr3;
  cpu->cr4 = host->cr4;
  *self->pat = host->pat;
  memcpy (cpu->pdptr, host->pdptr, sizeof cpu->pdptr);
  load_flags (cpu, host->rflags & ~MOS_RFLAGS_VM);
  cpu->gpr[MOS_SLOT_RIP] = host->rip;
  cpu->gpr[MOS_RSP] = host->rsp;
  cpu->gpr[MOS_RAX] = host->rax;
  cpu->dr7 = MOS_DR7_RESET;
}

/* Gates for the instructions that the words ask for. */
static void
make_intercepts (MosSvm *self)
{
  memset (self->made, 0, sizeof self->made);
  for (const MosVmcbExit *row = mos_vmcb_exits; row->name != NULL; row++) {
    guint what = row->intercept;

    if (what != MOS_INTERCEPT_NONE && row->word >= 0 &&
        ((self->made_from[row->word / 4] >> row->bit) & 1) != 0)
      self->made[what / 64] |= (guint64) 1 << (what % 64);
  }
}

static void
add (MosGuest *guest, MosIntercept what)
{
  guest->intercepts[what / 64] |= (guint64) 1 << (what % 64);
}

/* Those that are more than one bit. */
static void
add_intercepts (MosSoftCpu *cpu)
{
  MosSvm   *self = mos_svm (cpu);
  MosGuest *guest = &cpu->guest;
  guint32   cr = mos_vmcb_get32 (self->control, MOS_VMCB_CR);
  guint32   dr = mos_vmcb_get32 (self->control, MOS_VMCB_DR);
  gboolean  masking = (self->vintr & MOS_VINTR_MASKING) != 0;
  gboolean  cr0_write =
      (cr & (1u << 16)) != 0 || (self->misc1 & MOS_SVM1_CR0_SEL) != 0;

  if ((cr & 0xffff) != 0 || masking)
    add (guest, MOS_INTERCEPT_CR_READ);
  if ((cr >> 16) != 0 || masking || cr0_write)
    add (guest, MOS_INTERCEPT_CR_WRITE);
  if (cr0_write) {
    add (guest, MOS_INTERCEPT_CLTS);
    add (guest, MOS_INTERCEPT_LMSW);
  }
  if ((cr & 1) != 0)
    add (guest, MOS_INTERCEPT_SMSW);
  if ((dr & 0xffff) != 0)
    add (guest, MOS_INTERCEPT_DR_READ);
  if ((dr >> 16) != 0)
    add (guest, MOS_INTERCEPT_DR_WRITE);
  if ((self->misc1 & MOS_SVM1_MSR) != 0) {
    add (guest, MOS_INTERCEPT_RDMSR);
    add (guest, MOS_INTERCEPT_WRMSR);
  }
  if ((self->misc1 & MOS_SVM1_IOIO) != 0) {
    add (guest, MOS_INTERCEPT_IN);
    add (guest, MOS_INTERCEPT_OUT);
    add (guest, MOS_INTERCEPT_INS);
    add (guest, MOS_INTERCEPT_OUTS);
  }
}

void
mos_svm_arm (MosSoftCpu *cpu)
{
  MosSvm       *self = mos_svm (cpu);
  MosGuest     *guest = &cpu->guest;
  const guint8 *control = self->control;

  self->misc1 = mos_vmcb_get32 (control, MOS_VMCB_MISC1);
  self->misc2 = mos_vmcb_get32 (control, MOS_VMCB_MISC2);
  self->vintr = mos_vmcb_get64 (control, MOS_VMCB_VINTR);
  self->nrip = 0;
  self->pauses_left = mos_vmcb_get16 (control, MOS_VMCB_PAUSE_COUNT);
  self->pause_at = cpu->budget;
  if (memcmp (self->made_from, control, sizeof self->made_from) != 0) {
    memcpy (self->made_from, control, sizeof self->made_from);
    make_intercepts (self);
  }
  memcpy (guest->intercepts, self->made, sizeof guest->intercepts);
  add_intercepts (cpu);
  guest->exceptions = mos_vmcb_get32 (control, MOS_VMCB_EXCEPTIONS);
  guest->paging = (control[MOS_VMCB_NESTED] & 1) != 0;
  guest->lazy_pdptes = guest->paging;
  guest->root = mos_vmcb_get64 (control, MOS_VMCB_NCR3);
  guest->tsc_offset = mos_vmcb_get64 (control, MOS_VMCB_TSC_OFFSET);
  guest->shadow = 0;
  cpu->shadow = control[MOS_VMCB_SHADOW] & 1 ? 2 : 0;
  if ((self->vintr & MOS_VINTR_IRQ) != 0 || (self->misc1 & MOS_SVM1_INTR) != 0)
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_RELAXED);
}

void
mos_svm_vmload (MosSoftCpu *cpu, const guint8 *vmcb)
{
  load_segment (&cpu->seg[MOS_SEG_FS], vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_FS);
  load_segment (&cpu->seg[MOS_SEG_GS], vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_GS);
  load_segment (&cpu->seg[MOS_SEG_TR], vmcb + MOS_VMCB_TR);
  load_segment (&cpu->seg[MOS_SEG_LDTR], vmcb + MOS_VMCB_LDTR);
  cpu->kernel_gs_base = canonical (mos_vmcb_get64 (vmcb, MOS_VMCB_KERNEL_GS));
  cpu->star = mos_vmcb_get64 (vmcb, MOS_VMCB_STAR);
  cpu->lstar = canonical (mos_vmcb_get64 (vmcb, MOS_VMCB_LSTAR));
  cpu->cstar = canonical (mos_vmcb_get64 (vmcb, MOS_VMCB_CSTAR));
  cpu->sfmask = mos_vmcb_get64 (vmcb, MOS_VMCB_SFMASK) & G_MAXUINT32;
  cpu->sysenter_cs = mos_vmcb_get64 (vmcb, MOS_VMCB_SYSENTER_CS) & G_MAXUINT32;
  cpu->sysenter_esp = canonical (mos_vmcb_get64 (vmcb, MOS_VMCB_SYSENTER_ESP));
  cpu->sysenter_eip = canonical (mos_vmcb_get64 (vmcb, MOS_VMCB_SYSENTER_EIP));
  mos_mode_update (cpu);
}

void
mos_svm_vmsave (MosSoftCpu *cpu, guint8 *vmcb)
{
  store_segment (vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_FS, &cpu->seg[MOS_SEG_FS]);
  store_segment (vmcb + MOS_VMCB_SEG + 16 * MOS_SEG_GS, &cpu->seg[MOS_SEG_GS]);
  store_segment (vmcb + MOS_VMCB_TR, &cpu->seg[MOS_SEG_TR]);
  store_segment (vmcb + MOS_VMCB_LDTR, &cpu->seg[MOS_SEG_LDTR]);
  mos_vmcb_put64 (vmcb, MOS_VMCB_KERNEL_GS, cpu->kernel_gs_base);
  mos_vmcb_put64 (vmcb, MOS_VMCB_STAR, cpu->star);
  mos_vmcb_put64 (vmcb, MOS_VMCB_LSTAR, cpu->lstar);
  mos_vmcb_put64 (vmcb, MOS_VMCB_CSTAR, cpu->cstar);
  mos_vmcb_put64 (vmcb, MOS_VMCB_SFMASK, cpu->sfmask);
  mos_vmcb_put64 (vmcb, MOS_VMCB_SYSENTER_CS, cpu->sysenter_cs);
  mos_vmcb_put64 (vmcb, MOS_VMCB_SYSENTER_ESP, cpu->sysenter_esp);
  mos_vmcb_put64 (vmcb, MOS_VMCB_SYSENTER_EIP, cpu->sysenter_eip);
}
