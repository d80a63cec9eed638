/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Checks on the guest-state area.
 *
 * Intel SDM volume 3, "Checks on the Guest State Area", in its order.
 */
#include "engine/cpu/state.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/vmx-check.h"

#define get mos_vmx_get
#define on  mos_vmx_on

#define UNUSABLE (G_GUINT64_CONSTANT (1) << 16)

enum {
  BLOCK_STI = 1,
  BLOCK_MOV_SS = 2,
  BLOCK_SMI = 4,
  BLOCK_NMI = 8
};

enum {
  ACTIVE,
  HALTED,
  SHUT_DOWN,
  WAIT_FOR_SIPI
};

static MosVmcsField
nth (MosVmcsField first, guint seg)
{
  return (MosVmcsField) (first + seg);
}

static guint64
selector (const MosVmxCheckInput *in, guint seg)
{
  return get (in, nth (MOS_VMCS_GUEST_ES_SELECTOR, seg));
}

static guint64
base (const MosVmxCheckInput *in, guint seg)
{
  return get (in, nth (MOS_VMCS_GUEST_ES_BASE, seg));
}

static guint64
limit (const MosVmxCheckInput *in, guint seg)
{
  return get (in, nth (MOS_VMCS_GUEST_ES_LIMIT, seg));
}

static guint64
rights (const MosVmxCheckInput *in, guint seg)
{
  return get (in, nth (MOS_VMCS_GUEST_ES_ACCESS, seg));
}

static guint
type (const MosVmxCheckInput *in, guint seg)
{
  return rights (in, seg) & 0xf;
}

static guint
dpl (const MosVmxCheckInput *in, guint seg)
{
  return (rights (in, seg) >> 5) & 3;
}

static gboolean
usable (const MosVmxCheckInput *in, guint seg)
{
  return (rights (in, seg) & UNUSABLE) == 0;
}

/* CS and TR have no unusable bit that would spare them a check. */
static gboolean
counts (const MosVmxCheckInput *in, guint seg)
{
  return seg == MOS_SEG_CS || seg == MOS_SEG_TR || usable (in, seg);
}

static gboolean
v86 (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_RFLAGS) & MOS_RFLAGS_VM) != 0;
}

static gboolean
restricted (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_UNRESTRICTED);
}

static gboolean
protected_mode (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_CR0) & MOS_CR0_PE) != 0;
}

static gboolean
guest_64 (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_GUEST_64);
}

static gboolean
cr0_fixed (const MosVmxCheckInput *in)
{
  guint64 cr0 = get (in, MOS_VMCS_GUEST_CR0);
  guint64 must = in->caps->msr[MOS_VMX_MSR_CR0_FIXED0];

  if (!restricted (in))
    must &= ~(MOS_CR0_PE | MOS_CR0_PG);
  return (cr0 & must) == must &&
         (cr0 & ~in->caps->msr[MOS_VMX_MSR_CR0_FIXED1]) == 0;
}

static gboolean
cr0_paging (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_CR0) & MOS_CR0_PG) == 0 ||
         protected_mode (in);
}

static gboolean
cr4_fixed (const MosVmxCheckInput *in)
{
  guint64 cr4 = get (in, MOS_VMCS_GUEST_CR4);
  guint64 must = in->caps->msr[MOS_VMX_MSR_CR4_FIXED0];

  return (cr4 & must) == must &&
         (cr4 & ~in->caps->msr[MOS_VMX_MSR_CR4_FIXED1]) == 0;
}

static gboolean
debugctl (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_LOAD_DEBUG) ||
         (get (in, MOS_VMCS_GUEST_DEBUGCTL) & ~in->caps->debugctl_may) == 0;
}

static gboolean
dr7 (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_LOAD_DEBUG) ||
         (get (in, MOS_VMCS_GUEST_DR7) >> 32) == 0;
}

static gboolean
long_mode_paging (const MosVmxCheckInput *in)
{
  return !guest_64 (in) || ((get (in, MOS_VMCS_GUEST_CR0) & MOS_CR0_PG) != 0 &&
                            (get (in, MOS_VMCS_GUEST_CR4) & MOS_CR4_PAE) != 0);
}

static gboolean
cr4_pcide (const MosVmxCheckInput *in)
{
  return guest_64 (in) || (get (in, MOS_VMCS_GUEST_CR4) & MOS_CR4_PCIDE) == 0;
}

static gboolean
cr3 (const MosVmxCheckInput *in)
{
  return mos_vmx_address (in, get (in, MOS_VMCS_GUEST_CR3), 1);
}

static gboolean
sysenter (const MosVmxCheckInput *in)
{
  return mos_vmx_canonical (get (in, MOS_VMCS_GUEST_SYSENTER_ESP)) &&
         mos_vmx_canonical (get (in, MOS_VMCS_GUEST_SYSENTER_EIP));
}

static gboolean
pat (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_LOAD_PAT) ||
         mos_vmx_pat_valid (get (in, MOS_VMCS_GUEST_PAT));
}

static gboolean
efer_reserved (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_LOAD_EFER) ||
         (get (in, MOS_VMCS_GUEST_EFER) & ~in->caps->efer_may) == 0;
}

static gboolean
efer_lma (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_LOAD_EFER) ||
         ((get (in, MOS_VMCS_GUEST_EFER) & MOS_EFER_LMA) != 0) == guest_64 (in);
}

static gboolean
efer_lme (const MosVmxCheckInput *in)
{
  guint64 efer = get (in, MOS_VMCS_GUEST_EFER);

  return !on (in, MOS_VMX_LOAD_EFER) ||
         (get (in, MOS_VMCS_GUEST_CR0) & MOS_CR0_PG) == 0 ||
         ((efer & MOS_EFER_LMA) != 0) == ((efer & MOS_EFER_LME) != 0);
}

/* Segment registers. */

static gboolean
tr_selector (const MosVmxCheckInput *in)
{
  return (selector (in, MOS_SEG_TR) & 4) == 0;
}

static gboolean
ldtr_selector (const MosVmxCheckInput *in)
{
  return !usable (in, MOS_SEG_LDTR) || (selector (in, MOS_SEG_LDTR) & 4) == 0;
}

static gboolean
ss_selector (const MosVmxCheckInput *in)
{
  return v86 (in) || !restricted (in) ||
         (selector (in, MOS_SEG_SS) & 3) == (selector (in, MOS_SEG_CS) & 3);
}

static gboolean
v86_bases (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; v86 (in) && s <= MOS_SEG_GS; s++)
    if (base (in, s) != selector (in, s) << 4)
      return FALSE;
  return TRUE;
}

static gboolean
canonical_bases (const MosVmxCheckInput *in)
{
  return mos_vmx_canonical (base (in, MOS_SEG_TR)) &&
         mos_vmx_canonical (base (in, MOS_SEG_FS)) &&
         mos_vmx_canonical (base (in, MOS_SEG_GS)) &&
         (!usable (in, MOS_SEG_LDTR) ||
          mos_vmx_canonical (base (in, MOS_SEG_LDTR)));
}

static gboolean
low_bases (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; s <= MOS_SEG_DS; s++)
    if (counts (in, s) && (base (in, s) >> 32) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
v86_limits (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; v86 (in) && s <= MOS_SEG_GS; s++)
    if (limit (in, s) != 0xffff)
      return FALSE;
  return TRUE;
}

static gboolean
v86_rights (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; v86 (in) && s <= MOS_SEG_GS; s++)
    if (rights (in, s) != 0xf3)
      return FALSE;
  return TRUE;
}

static gboolean
cs_type (const MosVmxCheckInput *in)
{
  guint t = type (in, MOS_SEG_CS);

  return v86 (in) || (t & 9) == 9 || (t == 3 && !restricted (in));
}

static gboolean
ss_type (const MosVmxCheckInput *in)
{
  guint t = type (in, MOS_SEG_SS);

  return v86 (in) || !usable (in, MOS_SEG_SS) || t == 3 || t == 7;
}

static gboolean
is_data (guint seg)
{
  return seg == MOS_SEG_ES || seg >= MOS_SEG_DS;
}

static gboolean
data_types (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && s <= MOS_SEG_GS; s++)
    if (is_data (s) && usable (in, s) &&
        ((type (in, s) & MOS_DESC_ACCESSED) == 0 ||
         (type (in, s) & 0xa) == MOS_DESC_CODE))
      return FALSE;
  return TRUE;
}

static gboolean
code_or_data (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && s <= MOS_SEG_GS; s++)
    if (counts (in, s) && (rights (in, s) & 0x10) == 0)
      return FALSE;
  return TRUE;
}

static gboolean
cs_dpl (const MosVmxCheckInput *in)
{
  guint t = type (in, MOS_SEG_CS);

  if (v86 (in))
    return TRUE;
  if (t == 3)
    return dpl (in, MOS_SEG_CS) == 0;
  if (t == 9 || t == 11)
    return dpl (in, MOS_SEG_CS) == dpl (in, MOS_SEG_SS);
  return dpl (in, MOS_SEG_CS) <= dpl (in, MOS_SEG_SS);
}

static gboolean
ss_dpl (const MosVmxCheckInput *in)
{
  guint d = dpl (in, MOS_SEG_SS);

  if (v86 (in))
    return TRUE;
  if (restricted (in) && d != (selector (in, MOS_SEG_SS) & 3))
    return FALSE;
  return d == 0 || (type (in, MOS_SEG_CS) != 3 && protected_mode (in));
}

static gboolean
data_dpl (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && restricted (in) && s <= MOS_SEG_GS;
       s++)
    if (is_data (s) && usable (in, s) && type (in, s) <= 11 &&
        dpl (in, s) < (selector (in, s) & 3))
      return FALSE;
  return TRUE;
}

static gboolean
present (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && s <= MOS_SEG_GS; s++)
    if (counts (in, s) && (rights (in, s) & 0x80) == 0)
      return FALSE;
  return TRUE;
}

static gboolean
rights_reserved (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && s <= MOS_SEG_GS; s++)
    if (counts (in, s) && (rights (in, s) & 0xfffe0f00) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
cs_size (const MosVmxCheckInput *in)
{
  return v86 (in) || !guest_64 (in) ||
         (rights (in, MOS_SEG_CS) & 0x6000) != 0x6000;
}

/* A limit that pages can make, and one that bytes can. */
static gboolean
granularity_fits (const MosVmxCheckInput *in, guint seg)
{
  gboolean pages = (rights (in, seg) & 0x8000) != 0;

  return pages ? (limit (in, seg) & 0xfff) == 0xfff
               : (limit (in, seg) >> 20) == 0;
}

static gboolean
granularity (const MosVmxCheckInput *in)
{
  for (guint s = MOS_SEG_ES; !v86 (in) && s <= MOS_SEG_GS; s++)
    if (counts (in, s) && !granularity_fits (in, s))
      return FALSE;
  return TRUE;
}

static gboolean
tr_type (const MosVmxCheckInput *in)
{
  return type (in, MOS_SEG_TR) == MOS_DESC_TSS_BUSY ||
         (!guest_64 (in) && type (in, MOS_SEG_TR) == MOS_DESC_TSS16_BUSY);
}

static gboolean
tr_rights (const MosVmxCheckInput *in)
{
  return (rights (in, MOS_SEG_TR) & 0xffff0f90) == 0x80 &&
         granularity_fits (in, MOS_SEG_TR);
}

static gboolean
ldtr_rights (const MosVmxCheckInput *in)
{
  return !usable (in, MOS_SEG_LDTR) ||
         ((rights (in, MOS_SEG_LDTR) & 0xfffe0f9f) == (0x80 | MOS_DESC_LDT) &&
          granularity_fits (in, MOS_SEG_LDTR));
}

static gboolean
table_bases (const MosVmxCheckInput *in)
{
  return mos_vmx_canonical (get (in, MOS_VMCS_GUEST_GDTR_BASE)) &&
         mos_vmx_canonical (get (in, MOS_VMCS_GUEST_IDTR_BASE));
}

static gboolean
table_limits (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_GUEST_GDTR_LIMIT) <= 0xffff &&
         get (in, MOS_VMCS_GUEST_IDTR_LIMIT) <= 0xffff;
}

/* RIP and RFLAGS. */

/* In 64-bit mode the bits above the width are alike, and that is all. */
static gboolean
rip (const MosVmxCheckInput *in)
{
  guint64 value = get (in, MOS_VMCS_GUEST_RIP);

  if (!guest_64 (in) || (rights (in, MOS_SEG_CS) & 0x2000) == 0)
    return (value >> 32) == 0;
  return (value >> 48) == 0 || (value >> 48) == 0xffff;
}

static gboolean
rflags_reserved (const MosVmxCheckInput *in)
{
  guint64 flags = get (in, MOS_VMCS_GUEST_RFLAGS);

  return (flags & ~MOS_RFLAGS_DEFINED) == 0 && (flags & MOS_RFLAGS_ONE) != 0;
}

static gboolean
rflags_vm (const MosVmxCheckInput *in)
{
  return !v86 (in) || (!guest_64 (in) && protected_mode (in));
}

static guint
injected_type (const MosVmxCheckInput *in)
{
  guint64 event = get (in, MOS_VMCS_ENTRY_EVENT);

  return (event >> 31) != 0 ? (event >> 8) & 7 : 8;
}

static gboolean
rflags_if (const MosVmxCheckInput *in)
{
  return injected_type (in) != 0 ||
         (get (in, MOS_VMCS_GUEST_RFLAGS) & MOS_RFLAGS_IF) != 0;
}

/* Non-register state. */

static gboolean
activity (const MosVmxCheckInput *in)
{
  static const MosVmxControl needs[] = { MOS_VMX_ALWAYS, MOS_VMX_MISC_HLT,
                                         MOS_VMX_MISC_SHUTDOWN,
                                         MOS_VMX_MISC_SIPI };
  guint64                    state = get (in, MOS_VMCS_GUEST_ACTIVITY);

  return state < G_N_ELEMENTS (needs) && mos_vmx_can (in->caps, needs[state]);
}

static gboolean
halted_dpl (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_GUEST_ACTIVITY) != HALTED ||
         dpl (in, MOS_SEG_SS) == 0;
}

static gboolean
active_blocking (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_GUEST_ACTIVITY) == ACTIVE ||
         (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) &
          (BLOCK_STI | BLOCK_MOV_SS)) == 0;
}

/* What can wake the guest from its state. */
static gboolean
activity_event (const MosVmxCheckInput *in)
{
  guint vector = get (in, MOS_VMCS_ENTRY_EVENT) & 0xff;
  guint event = injected_type (in);

  if (event == 8)
    return TRUE;
  switch (get (in, MOS_VMCS_GUEST_ACTIVITY)) {
  case HALTED:
    return event == 0 || event == 2 || (event == 7 && vector == 0) ||
           (event == 3 && (vector == MOS_EXC_DB || vector == MOS_EXC_MC));
  case SHUT_DOWN:
    return event == 2 || (event == 3 && vector == MOS_EXC_MC);
  case WAIT_FOR_SIPI:
    return FALSE;
  default:
    return TRUE;
  }
}

static gboolean
blocking_reserved (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & ~(guint64) 0xf) == 0;
}

static gboolean
blocking_both (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & 3) != 3;
}

static gboolean
blocking_sti (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & BLOCK_STI) == 0 ||
         (get (in, MOS_VMCS_GUEST_RFLAGS) & MOS_RFLAGS_IF) != 0;
}

static gboolean
blocking_external (const MosVmxCheckInput *in)
{
  return injected_type (in) != 0 ||
         (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & 3) == 0;
}

static gboolean
blocking_nmi_shadow (const MosVmxCheckInput *in)
{
  return injected_type (in) != 2 ||
         (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & BLOCK_MOV_SS) == 0;
}

static gboolean
blocking_smi (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & BLOCK_SMI) == 0;
}

static gboolean
blocking_virtual_nmi (const MosVmxCheckInput *in)
{
  return injected_type (in) != 2 || !on (in, MOS_VMX_VIRTUAL_NMIS) ||
         (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & BLOCK_NMI) == 0;
}

static gboolean
pending_reserved (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_GUEST_PENDING_DEBUG) & ~(guint64) 0x500f) == 0;
}

/* A trap held off by blocking is a single step exactly if TF says so. */
static gboolean
pending_step (const MosVmxCheckInput *in)
{
  gboolean held = (get (in, MOS_VMCS_GUEST_INTERRUPTIBILITY) & 3) != 0 ||
                  get (in, MOS_VMCS_GUEST_ACTIVITY) == HALTED;
  gboolean step = (get (in, MOS_VMCS_GUEST_RFLAGS) & MOS_RFLAGS_TF) != 0 &&
                  (get (in, MOS_VMCS_GUEST_DEBUGCTL) & 2) == 0;

  return !held ||
         ((get (in, MOS_VMCS_GUEST_PENDING_DEBUG) & MOS_DR6_BS) != 0) == step;
}

static guint64
link_of (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_LINK_POINTER);
}

static gboolean
link_address (const MosVmxCheckInput *in)
{
  return link_of (in) == MOS_VMCS_NONE ||
         mos_vmx_address (in, link_of (in), 4096);
}

static gboolean
link_revision (const MosVmxCheckInput *in)
{
  return link_of (in) == MOS_VMCS_NONE ||
         (in->link_revision & ~MOS_VMCS_SHADOW) == MOS_VMCS_REVISION;
}

static gboolean
link_shadow (const MosVmxCheckInput *in)
{
  return link_of (in) == MOS_VMCS_NONE ||
         ((in->link_revision & MOS_VMCS_SHADOW) != 0) ==
             on (in, MOS_VMX_SHADOWING);
}

static gboolean
link_current (const MosVmxCheckInput *in)
{
  return link_of (in) == MOS_VMCS_NONE || link_of (in) != in->address;
}

gboolean
mos_vmx_guest_uses_pae (const MosVmcs *vmcs)
{
  return (vmcs->field[MOS_VMCS_GUEST_CR0] & MOS_CR0_PG) != 0 &&
         (vmcs->field[MOS_VMCS_GUEST_CR4] & MOS_CR4_PAE) != 0 &&
         !mos_vmcs_on (vmcs, MOS_VMX_GUEST_64);
}

static gboolean
pdptes (const MosVmxCheckInput *in)
{
  if (!mos_vmx_guest_uses_pae (in->vmcs))
    return TRUE;
  for (guint i = 0; i < 4; i++) {
    guint64 entry = on (in, MOS_VMX_EPT)
                        ? get (in, nth (MOS_VMCS_GUEST_PDPTE0, i))
                        : in->pdpte[i];

    if ((entry & MOS_PTE_P) != 0 &&
        ((entry & 0x1e6) != 0 || (entry >> in->caps->phys_bits) != 0))
      return FALSE;
  }
  return TRUE;
}

/* clang-format off */
#define CONTROLS MOS_VMCS_CHECK_CONTROLS
#define AROUND   MOS_VMCS_CHECK_AROUND
#define STATE    MOS_VMCS_CHECK_STATE
#define SEGMENTS MOS_VMCS_CHECK_SEGMENTS
#define POINT    MOS_VMCS_CHECK_POINT
#define EVENT    MOS_VMCS_CHECK_EVENT

const MosVmxCheck mos_vmx_guest_checks[] = {
  { "CR0", cr0_fixed, STATE | CONTROLS, 0 },
  { "CR0.PG without PE", cr0_paging, STATE | CONTROLS, 0 },
  { "CR4", cr4_fixed, STATE, 0 },
  { "DEBUGCTL", debugctl, STATE | CONTROLS, 0 },
  { "DR7", dr7, STATE | CONTROLS, 0 },
  { "long mode without paging", long_mode_paging, STATE | CONTROLS, 0 },
  { "CR4.PCIDE", cr4_pcide, STATE | CONTROLS, 0 },
  { "CR3", cr3, STATE, 0 },
  { "SYSENTER", sysenter, STATE, 0 },
  { "PAT", pat, STATE | CONTROLS, 0 },
  { "EFER reserved", efer_reserved, STATE | CONTROLS, 0 },
  { "EFER.LMA", efer_lma, STATE | CONTROLS, 0 },
  { "EFER.LME", efer_lme, STATE | CONTROLS, 0 },
  { "TR selector", tr_selector, SEGMENTS, 0 },
  { "LDTR selector", ldtr_selector, SEGMENTS, 0 },
  { "SS selector", ss_selector, SEGMENTS | CONTROLS, 0 },
  { "v86 bases", v86_bases, SEGMENTS, 0 },
  { "canonical bases", canonical_bases, SEGMENTS, 0 },
  { "32-bit bases", low_bases, SEGMENTS, 0 },
  { "v86 limits", v86_limits, SEGMENTS, 0 },
  { "v86 access rights", v86_rights, SEGMENTS, 0 },
  { "CS type", cs_type, SEGMENTS | CONTROLS, 0 },
  { "SS type", ss_type, SEGMENTS, 0 },
  { "data segment types", data_types, SEGMENTS, 0 },
  { "segment S", code_or_data, SEGMENTS, 0 },
  { "CS DPL", cs_dpl, SEGMENTS, 0 },
  { "SS DPL", ss_dpl, SEGMENTS | STATE | CONTROLS, 0 },
  { "data segment DPL", data_dpl, SEGMENTS | CONTROLS, 0 },
  { "segment P", present, SEGMENTS, 0 },
  { "segment reserved", rights_reserved, SEGMENTS, 0 },
  { "CS D/B", cs_size, SEGMENTS | CONTROLS, 0 },
  { "segment G", granularity, SEGMENTS, 0 },
  { "TR type", tr_type, SEGMENTS | CONTROLS, 0 },
  { "TR access rights", tr_rights, SEGMENTS, 0 },
  { "LDTR access rights", ldtr_rights, SEGMENTS, 0 },
  { "descriptor table bases", table_bases, SEGMENTS, 0 },
  { "descriptor table limits", table_limits, SEGMENTS, 0 },
  { "RIP", rip, POINT | SEGMENTS | CONTROLS, 0 },
  { "RFLAGS reserved", rflags_reserved, POINT, 0 },
  { "RFLAGS.VM", rflags_vm, POINT | STATE | CONTROLS, 0 },
  { "RFLAGS.IF", rflags_if, POINT | EVENT, 0 },
  { "activity state", activity, EVENT, 0 },
  { "halted with SS.DPL", halted_dpl, EVENT | SEGMENTS, 0 },
  { "not active with blocking", active_blocking, EVENT, 0 },
  { "event in activity state", activity_event, EVENT, 0 },
  { "blocking reserved", blocking_reserved, EVENT, 0 },
  { "blocking by STI and MOV SS", blocking_both, EVENT, 0 },
  { "blocking by STI without IF", blocking_sti, EVENT, 0 },
  { "external interrupt blocked", blocking_external, EVENT, 0 },
  { "NMI blocked by MOV SS", blocking_nmi_shadow, EVENT, 0 },
  { "blocking by SMI", blocking_smi, EVENT, 0 },
  { "virtual NMI blocked", blocking_virtual_nmi, EVENT | CONTROLS, 0 },
  { "pending debug reserved", pending_reserved, EVENT, 0 },
  { "pending debug BS", pending_step, EVENT | STATE, 0 },
  { "link pointer address", link_address, EVENT, 4 },
  { "link pointer revision", link_revision, AROUND, 4 },
  { "link pointer shadow", link_shadow, AROUND, 4 },
  { "link pointer current", link_current, EVENT, 4 },
  { "PDPTEs", pdptes, AROUND, 2 },
  { NULL },
};
/* clang-format on */
