/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Nested page tables, and the page that stands for a local APIC.
 *
 * An access that the tables do not allow is described in guest.fault while the
 * walk is under way and leaves when the instruction has been dropped.
 *
 * Intel SDM volume 3, "The Extended Page Table Mechanism (EPT)" and
 * "Virtualizing APIC Accesses".
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/soft/walk.h"

/* An entry. */
enum {
  EPT_READ = 1 << 0,
  EPT_WRITE = 1 << 1,
  EPT_EXECUTE = 1 << 2,
  EPT_RIGHTS = 7,
  EPT_LARGE = 1 << 7,
  EPT_ACCESSED = 1 << 8,
  EPT_DIRTY = 1 << 9
};

#define EPTP_AD 0x40u

/* The qualification of a violation. */
enum {
  VIOLATION_LINEAR = 1 << 7,
  VIOLATION_FINAL = 1 << 8 /* not of the guest's page tables */
};

/* Of an access to the APIC's page. */
enum {
  APIC_READ = 0,
  APIC_WRITE = 1,
  APIC_FETCH = 2,
  APIC_EVENT = 3 /* while an event was being delivered */
};

#define APIC_TPR 0x80u

/* The rights an access needs. */
static guint
needed (guint access, gboolean marks)
{
  guint need = 0;

  if ((access & MOS_NESTED_READ) != 0)
    need |= EPT_READ;
  if ((access & MOS_NESTED_WRITE) != 0)
    need |= EPT_WRITE;
  if ((access & MOS_NESTED_FETCH) != 0)
    need |= EPT_EXECUTE;
  /* With accessed flags, tables of the guest are written by reading them. */
  if (marks && (access & MOS_NESTED_TABLE) != 0)
    need |= EPT_READ | EPT_WRITE;
  return need;
}

static gboolean
violation (MosSoftCpu *cpu,
           guint64     gpa,
           guint64     linear,
           guint       access,
           guint       need,
           guint       rights)
{
  MosNestedFault *fault = &cpu->guest.fault;
  guint64         code = need | rights << 3;

  if ((access & MOS_NESTED_NO_LINEAR) == 0) {
    code |= VIOLATION_LINEAR;
    if ((access & MOS_NESTED_TABLE) == 0)
      code |= VIOLATION_FINAL;
  }
  *fault = (MosNestedFault){
    .gpa = gpa, .linear = linear, .access = access, .code = code
  };
  return FALSE;
}

static gboolean
misconfigured (MosSoftCpu *cpu, guint64 gpa, guint64 linear, guint access)
{
  cpu->guest.fault = (MosNestedFault){
    .gpa = gpa, .linear = linear, .access = access, .misconfigured = TRUE
  };
  return FALSE;
}

/* An entry that is present but makes no sense at @level (1 is the last). */
static gboolean
is_bad (const MosVmxCaps *caps, guint64 entry, guint level, gboolean leaf)
{
  guint64 reserved = ((((guint64) 1 << 52) - 1) >> caps->phys_bits)
                     << caps->phys_bits;
  guint type = (entry >> 3) & 7;

  if ((entry & (EPT_READ | EPT_WRITE)) == EPT_WRITE)
    return TRUE;
  if ((entry & EPT_RIGHTS) == EPT_EXECUTE &&
      !mos_vmx_can (caps, MOS_VMX_EPT_EXECUTE_ONLY))
    return TRUE;
  if (leaf) {
    if (type == 2 || type == 3 || type == 7)
      return TRUE;
    if (level > 1)
      reserved |= (((guint64) 1 << (12 + 9 * (level - 1))) - 1) & ~0xfffull;
  } else {
    reserved |= level == 4 ? 0xf8 : 0x78;
  }
  return (entry & reserved) != 0;
}

/* Sets accessed and dirty flags; somebody else may change the entry. */
static void
set_flags (MosSoftCpu *cpu, guint64 at, guint64 *host, guint64 bits)
{
  if (host == NULL)
    return;
  __atomic_or_fetch (host, bits, __ATOMIC_SEQ_CST);
  mos_vmx_wrote (cpu, at);
}

static gboolean
walk (MosSoftCpu    *cpu,
      guint64        gpa,
      guint64        linear,
      guint          access,
      MosNestedPage *page)
{
  const MosVmxCaps *caps = &mos_vmx (cpu)->caps;
  guint64           eptp = mos_vmx_field (cpu, MOS_VMCS_EPTP);
  gboolean          marks = (eptp & EPTP_AD) != 0;
  gboolean          peek = (access & MOS_NESTED_PEEK) != 0;
  guint             need = needed (access, marks);
  guint             rights = EPT_RIGHTS;
  guint64           table = eptp & MOS_PTE_FRAME_MASK;
  guint64           at[4], entry, offset;
  guint64          *host[4];
  guint             level;

  if ((gpa >> 48) != 0)
    return violation (cpu, gpa, linear, access, need, 0);
  for (level = 4;; level--) {
    gboolean leaf;

    at[level - 1] = table + 8 * ((gpa >> (12 + 9 * (level - 1))) & 0x1ff);
    host[level - 1] =
        (guint64 *) (gpointer) mos_vmx_ram (cpu, at[level - 1], 8);
    entry = host[level - 1] == NULL
                ? G_MAXUINT64
                : __atomic_load_n (host[level - 1], __ATOMIC_RELAXED);
    leaf = level == 1 ||
           (level < 4 && (entry & EPT_LARGE) != 0 &&
            mos_vmx_can (caps, level == 2 ? MOS_VMX_EPT_2M : MOS_VMX_EPT_1G));
    if ((entry & EPT_RIGHTS) == 0)
      return violation (cpu, gpa, linear, access, need, 0);
    if (is_bad (caps, entry, level, leaf))
      return misconfigured (cpu, gpa, linear, access);
    rights &= entry & EPT_RIGHTS;
    table = entry & MOS_PTE_FRAME_MASK;
    if (leaf)
      break;
  }
  if ((rights & need) != need)
    return violation (cpu, gpa, linear, access, need, rights);
  if (marks && !peek)
    for (guint i = 4; i >= level; i--) {
      guint64 bits = EPT_ACCESSED;

      if (i == level && (need & EPT_WRITE) != 0)
        bits |= EPT_DIRTY;
      if (host[i - 1] != NULL &&
          (__atomic_load_n (host[i - 1], __ATOMIC_RELAXED) & bits) != bits)
        set_flags (cpu, at[i - 1], host[i - 1], bits);
    }
  offset = ((guint64) 1 << (12 + 9 * (level - 1))) - 1;
  page->address = (table & ~offset) | (gpa & offset);
  page->writable =
      (rights & EPT_WRITE) != 0 &&
      (!marks || (need & EPT_WRITE) != 0 || (entry & EPT_DIRTY) != 0);
  return TRUE;
}

gboolean
mos_vmx_translate (MosSoftCpu    *cpu,
                   guint64        gpa,
                   guint64        linear,
                   guint          access,
                   MosNestedPage *page)
{
  page->virtual_apic = FALSE;
  page->address = gpa;
  page->writable = TRUE;
  if (mos_vmx_control (cpu, MOS_VMX_EPT) &&
      !walk (cpu, gpa, linear, access, page))
    return FALSE;
  if (G_UNLIKELY (mos_vmx_control (cpu, MOS_VMX_APIC_ACCESSES)) &&
      (page->address & MOS_PTE_FRAME_MASK) ==
          mos_vmx_field (cpu, MOS_VMCS_APIC_ACCESS) &&
      (access & (MOS_NESTED_TABLE | MOS_NESTED_PEEK)) == 0) {
    page->virtual_apic = TRUE;
    page->writable = FALSE;
  }
  return TRUE;
}

void
mos_vmx_nested_fault (MosSoftCpu *cpu)
{
  MosVmcs              *vmcs = &mos_vmx (cpu)->vmcs;
  const MosNestedFault *fault = &cpu->guest.fault;

  vmcs->field[MOS_VMCS_GUEST_PHYSICAL] = fault->gpa;
  vmcs->field[MOS_VMCS_GUEST_LINEAR] = fault->linear;
  if (fault->misconfigured)
    mos_vmx_exit (cpu, MOS_VMX_EXIT_EPT_MISCONFIGURATION, 0);
  else
    mos_vmx_exit (cpu, MOS_VMX_EXIT_EPT_VIOLATION, fault->code);
}

/* -- the APIC-access page ------------------------------------------------ */

static void
leave_for_apic (MosSoftCpu *cpu)
{
  mos_vmx_exit (cpu, MOS_VMX_EXIT_APIC_ACCESS, cpu->guest.fault.code);
}

void
mos_vmx_apic_access (MosSoftCpu   *cpu,
                     const MosUop *op,
                     guint64       address,
                     guint64      *value,
                     guint         size,
                     gboolean      write)
{
  guint64 offset = address & 0xfff;
  guint64 kind = value == NULL ? APIC_FETCH : write ? APIC_WRITE : APIC_READ;

  if (value != NULL && offset == APIC_TPR && size <= 4 &&
      mos_vmx_control (cpu, MOS_VMX_TPR_SHADOW)) {
    if (write)
      mos_vmx_set_vtpr (cpu, (guint8) *value);
    else
      *value = mos_vmx_get_vtpr (cpu);
    return;
  }
  if (cpu->delivery.kind != MOS_DELIVERY_NONE)
    kind = APIC_EVENT;
  cpu->guest.fault.code = offset | kind << 12;
  mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_LENGTH] = op != NULL ? op->len : 0;
  mos_guest_unwind (cpu, op, leave_for_apic);
}
