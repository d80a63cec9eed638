/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * See svm-rig.h.
 */
#include "tests/cpu/svm-rig.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"

static const guint8 host_code[] = { 0x0f, 0x01, 0xd8, 0xf4 }; /* vmrun; hlt */
static const guint8 guest_end[] = { 0x0f, 0x01, 0xd9 };       /* vmmcall */

void
svm_rig_put (SvmRig *self, guint offset, guint64 value)
{
  mos_vmcb_put64 (self->vmcb, offset, value);
}

guint64
svm_rig_get (SvmRig *self, guint offset)
{
  return mos_vmcb_get64 (self->vmcb, offset);
}

void
svm_rig_or (SvmRig *self, guint offset, guint32 bits)
{
  bits |= mos_vmcb_get32 (self->vmcb, offset);
  memcpy (self->vmcb + offset, &bits, 4);
}

static void
put_segment (SvmRig *self, guint seg, guint16 selector, guint16 attributes)
{
  guint8 *at = self->vmcb + MOS_VMCB_SEG + 16 * seg;
  guint32 limit = 0xffffffff;

  memcpy (at, &selector, 2);
  memcpy (at + 2, &attributes, 2);
  memcpy (at + 4, &limit, 4);
}

static void
make_vmcb (SvmRig *self)
{
  guint32 limit;

  memset (self->vmcb, 0, MOS_VMCB_BYTES);
  svm_rig_or (self, MOS_VMCB_MISC1, MOS_SVM1_SHUTDOWN);
  svm_rig_or (self, MOS_VMCB_MISC2, MOS_SVM2_VMRUN | 2); /* and VMMCALL */
  svm_rig_put (self, MOS_VMCB_IOPM, RIG_IOPM);
  svm_rig_put (self, MOS_VMCB_MSRPM, RIG_MSRPM);
  svm_rig_put (self, MOS_VMCB_ASID, 1);
  svm_rig_put (self, MOS_VMCB_NESTED, 1);
  svm_rig_put (self, MOS_VMCB_NCR3, RIG_NPT);
  for (guint seg = MOS_SEG_ES; seg <= MOS_SEG_DS; seg++)
    put_segment (self, seg, seg == MOS_SEG_CS ? 8 : 16,
                 seg == MOS_SEG_CS ? 0xa9b : 0xc93);
  limit = 0xfff;
  memcpy (self->vmcb + MOS_VMCB_GDTR + 4, &limit, 4);
  memcpy (self->vmcb + MOS_VMCB_IDTR + 4, &limit, 4);
  svm_rig_put (self, MOS_VMCB_GDTR + 8, RIG_GDT);
  svm_rig_put (self, MOS_VMCB_IDTR + 8, RIG_IDT);
  svm_rig_put (self, MOS_VMCB_EFER,
               MOS_EFER_SVME | MOS_EFER_LME | MOS_EFER_LMA | MOS_EFER_NXE |
                   MOS_EFER_SCE);
  svm_rig_put (self, MOS_VMCB_CR0,
               MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_WP | MOS_CR0_NE | MOS_CR0_ET);
  svm_rig_put (self, MOS_VMCB_CR3, 0x1000);
  svm_rig_put (self, MOS_VMCB_CR4, MOS_CR4_PAE | MOS_CR4_OSFXSR);
  svm_rig_put (self, MOS_VMCB_DR6, MOS_DR6_RESET);
  svm_rig_put (self, MOS_VMCB_DR7, MOS_DR7_RESET);
  svm_rig_put (self, MOS_VMCB_RFLAGS, 2);
  svm_rig_put (self, MOS_VMCB_RIP, RIG_GUEST);
  svm_rig_put (self, MOS_VMCB_RSP, RIG_STACK);
  svm_rig_put (self, MOS_VMCB_GPAT, G_GUINT64_CONSTANT (0x7040600070406));
}

static void
make_tables (SvmRig *self)
{
  guint64 *npt = (guint64 *) (gpointer) (self->ram + RIG_NPT);
  guint64 *gdt = (guint64 *) (gpointer) (self->ram + RIG_GDT);

  npt[0] = (RIG_NPT + 0x1000) | 7;
  npt[512] = (RIG_NPT + 0x2000) | 7;
  npt[1024] = (RIG_NPT + 0x3000) | 7;
  for (guint i = 1; i < RIG_RAM >> 21; i++)
    npt[1024 + i] = ((guint64) i << 21) | 0x87;
  for (guint i = 0; i < 512; i++)
    npt[1536 + i] = ((guint64) i << 12) | 7;
  gdt[1] = G_GUINT64_CONSTANT (0x00af9b000000ffff);
  gdt[2] = G_GUINT64_CONSTANT (0x00cf93000000ffff);
  for (guint i = 0; i < 256; i++) {
    guint32 *gate = (guint32 *) (gpointer) (self->ram + RIG_IDT + 16 * i);
    guint32  handler = RIG_HANDLER + 4 * i;

    gate[0] = 8u << 16 | (handler & 0xffff);
    gate[1] = (handler & 0xffff0000) | 0xee00;
    memcpy (self->ram + handler, guest_end, sizeof guest_end);
  }
}

void
svm_rig_init (SvmRig *self, struct MosNestedObserver *observer)
{
  soft_machine_init_nested (&self->m, RIG_RAM, MOS_VENDOR_AMD, observer);
  self->ram = self->m.ram->hva;
  self->vmcb = self->ram + RIG_VMCB;
  soft_machine_long (&self->m, RIG_HOST, 0);
  mos_set_efer (self->m.cpu, self->m.cpu->efer | MOS_EFER_SVME);
  make_tables (self);
  make_vmcb (self);
  svm_rig_code (self, NULL, 0);
}

void
svm_rig_clear (SvmRig *self)
{
  soft_machine_clear (&self->m);
}

void
svm_rig_code (SvmRig *self, const void *code, gsize size)
{
  if (size > 0)
    memcpy (self->ram + RIG_GUEST, code, size);
  memcpy (self->ram + RIG_GUEST + size, guest_end, sizeof guest_end);
}

guint64
svm_rig_run_host (SvmRig *self, const void *code, gsize size)
{
  MosSoftCpu *cpu = self->m.cpu;

  memcpy (self->ram + RIG_HOST, code, size);
  cpu->gpr[MOS_SLOT_RIP] = RIG_HOST;
  cpu->gpr[MOS_RAX] = RIG_VMCB;
  cpu->halted = FALSE;
  svm_rig_put (self, MOS_VMCB_EXITCODE, 0x1234);
  /* Written from outside: translated code may be stale. */
  mos_cpu_notify (cpu, MOS_PENDING_ARENA);
  while (mos_cpu_execute (cpu, 100000) == MOS_STOP_LOOK && !cpu->halted)
    ;
  g_assert_true (cpu->halted);
  g_assert_false (cpu->guest.active);
  return svm_rig_get (self, MOS_VMCB_EXITCODE);
}

guint64
svm_rig_run (SvmRig *self)
{
  return svm_rig_run_host (self, host_code, sizeof host_code);
}

guint64 *
svm_rig_npte (SvmRig *self, guint64 gpa)
{
  guint64 *npt = (guint64 *) (gpointer) (self->ram + RIG_NPT);

  return gpa < 2u << 20 ? &npt[1536 + (gpa >> 12)] : &npt[1024 + (gpa >> 21)];
}
