/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Checks on the VMX controls and the host-state area.
 *
 * Intel SDM volume 3, "Checks on VMX Controls and Host-State Area", in its
 * order.
 */
#include "engine/cpu/x86/vmx-check.h"

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"

#define get mos_vmx_get
#define on  mos_vmx_on

/* Event types of the interruption-information formats. */
enum {
  TYPE_EXTERNAL,
  TYPE_RESERVED,
  TYPE_NMI,
  TYPE_HARDWARE,
  TYPE_SOFTWARE,
  TYPE_PRIVILEGED,
  TYPE_SOFTWARE_EXCEPTION,
  TYPE_OTHER
};

#define EVENT_VALID (G_GUINT64_CONSTANT (1) << 31)
#define EVENT_ERROR (G_GUINT64_CONSTANT (1) << 11)

static gboolean
allowed (const MosVmxCheckInput *in, MosVmxSet set)
{
  guint64 value = mos_vmcs_controls (in->vmcs, set);

  return (value & in->caps->must[set]) == in->caps->must[set] &&
         (value & ~in->caps->may[set]) == 0;
}

static gboolean
pin_allowed (const MosVmxCheckInput *in)
{
  return allowed (in, MOS_VMX_SET_PIN);
}

static gboolean
proc_allowed (const MosVmxCheckInput *in)
{
  return allowed (in, MOS_VMX_SET_PROC);
}

static gboolean
proc2_allowed (const MosVmxCheckInput *in)
{
  return allowed (in, MOS_VMX_SET_PROC2);
}

static gboolean
cr3_targets (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_CR3_TARGET_COUNT) <= 4;
}

static gboolean
io_bitmap_a (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_IO_BITMAPS) ||
         mos_vmx_address (in, get (in, MOS_VMCS_IO_BITMAP_A), 4096);
}

static gboolean
io_bitmap_b (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_IO_BITMAPS) ||
         mos_vmx_address (in, get (in, MOS_VMCS_IO_BITMAP_B), 4096);
}

static gboolean
msr_bitmap (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_MSR_BITMAPS) ||
         mos_vmx_address (in, get (in, MOS_VMCS_MSR_BITMAP), 4096);
}

static gboolean
virtual_apic (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_TPR_SHADOW) ||
         mos_vmx_address (in, get (in, MOS_VMCS_VIRTUAL_APIC), 4096);
}

static gboolean
threshold_reserved (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_TPR_SHADOW) || on (in, MOS_VMX_VID) ||
         get (in, MOS_VMCS_TPR_THRESHOLD) <= 15;
}

static gboolean
threshold_vtpr (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_TPR_SHADOW) || on (in, MOS_VMX_VID) ||
         on (in, MOS_VMX_APIC_ACCESSES) ||
         (get (in, MOS_VMCS_TPR_THRESHOLD) & 0xf) <= in->vtpr >> 4;
}

static gboolean
shadow_for_apic (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_TPR_SHADOW) ||
         (!on (in, MOS_VMX_X2APIC) && !on (in, MOS_VMX_APIC_REGISTERS) &&
          !on (in, MOS_VMX_VID));
}

static gboolean
virtual_nmis (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_NMI) || !on (in, MOS_VMX_VIRTUAL_NMIS);
}

static gboolean
nmi_window (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_VIRTUAL_NMIS) || !on (in, MOS_VMX_NMI_WINDOW);
}

static gboolean
apic_access (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_APIC_ACCESSES) ||
         mos_vmx_address (in, get (in, MOS_VMCS_APIC_ACCESS), 4096);
}

static gboolean
x2apic (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_X2APIC) || !on (in, MOS_VMX_APIC_ACCESSES);
}

static gboolean
vpid (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_VPID) || get (in, MOS_VMCS_VPID) != 0;
}

static gboolean
eptp_type (const MosVmxCheckInput *in)
{
  guint64 type = get (in, MOS_VMCS_EPTP) & 7;

  return !on (in, MOS_VMX_EPT) ||
         (type == 0 && mos_vmx_can (in->caps, MOS_VMX_EPT_UC)) ||
         (type == 6 && mos_vmx_can (in->caps, MOS_VMX_EPT_WB));
}

static gboolean
eptp_walk (const MosVmxCheckInput *in)
{
  guint64 length = (get (in, MOS_VMCS_EPTP) >> 3) & 7;

  return !on (in, MOS_VMX_EPT) ||
         (length == 3 && mos_vmx_can (in->caps, MOS_VMX_EPT_WALK_4)) ||
         (length == 4 && mos_vmx_can (in->caps, MOS_VMX_EPT_WALK_5));
}

static gboolean
eptp_reserved (const MosVmxCheckInput *in)
{
  guint64 eptp = get (in, MOS_VMCS_EPTP);

  if (!on (in, MOS_VMX_EPT))
    return TRUE;
  if ((eptp & 0x40) != 0 && !mos_vmx_can (in->caps, MOS_VMX_EPT_AD))
    return FALSE;
  return (eptp & 0xf80) == 0 && (eptp >> in->caps->phys_bits) == 0;
}

static gboolean
unrestricted (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_UNRESTRICTED) || on (in, MOS_VMX_EPT);
}

static gboolean
vmread_bitmap (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_SHADOWING) ||
         mos_vmx_address (in, get (in, MOS_VMCS_VMREAD_BITMAP), 4096);
}

static gboolean
vmwrite_bitmap (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_SHADOWING) ||
         mos_vmx_address (in, get (in, MOS_VMCS_VMWRITE_BITMAP), 4096);
}

static gboolean
exit_allowed (const MosVmxCheckInput *in)
{
  return allowed (in, MOS_VMX_SET_EXIT);
}

static gboolean
save_timer (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_PREEMPTION) || !on (in, MOS_VMX_SAVE_TIMER);
}

/* An area of @count entries of 16 bytes. */
static gboolean
msr_area (const MosVmxCheckInput *in, MosVmcsField where, MosVmcsField count)
{
  guint64 n = get (in, count);

  return n == 0 || (mos_vmx_address (in, get (in, where), 16) &&
                    mos_vmx_address (in, get (in, where) + 16 * n - 1, 1));
}

static gboolean
exit_store_area (const MosVmxCheckInput *in)
{
  return msr_area (in, MOS_VMCS_EXIT_MSR_STORE, MOS_VMCS_EXIT_MSR_STORE_COUNT);
}

static gboolean
exit_load_area (const MosVmxCheckInput *in)
{
  return msr_area (in, MOS_VMCS_EXIT_MSR_LOAD, MOS_VMCS_EXIT_MSR_LOAD_COUNT);
}

static gboolean
entry_allowed (const MosVmxCheckInput *in)
{
  return allowed (in, MOS_VMX_SET_ENTRY);
}

static gboolean
entry_load_area (const MosVmxCheckInput *in)
{
  return msr_area (in, MOS_VMCS_ENTRY_MSR_LOAD, MOS_VMCS_ENTRY_MSR_LOAD_COUNT);
}

static gboolean
injects (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_ENTRY_EVENT) & EVENT_VALID) != 0;
}

static guint
event_type (const MosVmxCheckInput *in)
{
  return (get (in, MOS_VMCS_ENTRY_EVENT) >> 8) & 7;
}

static gboolean
event_type_known (const MosVmxCheckInput *in)
{
  return !injects (in) || (event_type (in) != TYPE_RESERVED &&
                           (event_type (in) != TYPE_OTHER ||
                            mos_vmx_can (in->caps, MOS_VMX_MTF)));
}

static gboolean
event_vector (const MosVmxCheckInput *in)
{
  guint vector = get (in, MOS_VMCS_ENTRY_EVENT) & 0xff;

  if (!injects (in))
    return TRUE;
  switch (event_type (in)) {
  case TYPE_NMI:
    return vector == 2;
  case TYPE_HARDWARE:
    return vector <= 31;
  case TYPE_OTHER:
    return vector == 0;
  default:
    return TRUE;
  }
}

/* Errors may come with any hardware exception, but only in protected mode. */
static gboolean
event_error (const MosVmxCheckInput *in)
{
  if (!injects (in) || (get (in, MOS_VMCS_ENTRY_EVENT) & EVENT_ERROR) == 0)
    return TRUE;
  return event_type (in) == TYPE_HARDWARE &&
         (!on (in, MOS_VMX_UNRESTRICTED) ||
          (get (in, MOS_VMCS_GUEST_CR0) & MOS_CR0_PE) != 0);
}

static gboolean
event_reserved (const MosVmxCheckInput *in)
{
  return !injects (in) || (get (in, MOS_VMCS_ENTRY_EVENT) & 0x7ffff000) == 0;
}

static gboolean
event_error_code (const MosVmxCheckInput *in)
{
  return !injects (in) || (get (in, MOS_VMCS_ENTRY_EVENT) & EVENT_ERROR) == 0 ||
         get (in, MOS_VMCS_ENTRY_ERROR) <= 0x7fff;
}

static gboolean
event_length (const MosVmxCheckInput *in)
{
  guint64 length = get (in, MOS_VMCS_ENTRY_LENGTH);

  if (!injects (in) || event_type (in) < TYPE_SOFTWARE ||
      event_type (in) > TYPE_SOFTWARE_EXCEPTION)
    return TRUE;
  return length <= 15 &&
         (length > 0 || mos_vmx_can (in->caps, MOS_VMX_MISC_LENGTH_0));
}

/* clang-format off */
#define CONTROLS MOS_VMCS_CHECK_CONTROLS
#define AROUND   MOS_VMCS_CHECK_AROUND
#define EVENT    MOS_VMCS_CHECK_EVENT
#define STATE    MOS_VMCS_CHECK_STATE

const MosVmxCheck mos_vmx_control_checks[] = {
  { "pin-based controls", pin_allowed, CONTROLS, 0 },
  { "primary controls", proc_allowed, CONTROLS, 0 },
  { "secondary controls", proc2_allowed, CONTROLS, 0 },
  { "CR3-target count", cr3_targets, CONTROLS, 0 },
  { "I/O bitmap A", io_bitmap_a, CONTROLS, 0 },
  { "I/O bitmap B", io_bitmap_b, CONTROLS, 0 },
  { "MSR bitmaps", msr_bitmap, CONTROLS, 0 },
  { "virtual-APIC address", virtual_apic, CONTROLS, 0 },
  { "TPR threshold reserved", threshold_reserved, CONTROLS, 0 },
  { "TPR threshold above VTPR", threshold_vtpr, AROUND, 0 },
  { "APIC virtualization without TPR shadow", shadow_for_apic, CONTROLS, 0 },
  { "virtual NMIs without NMI exiting", virtual_nmis, CONTROLS, 0 },
  { "NMI window without virtual NMIs", nmi_window, CONTROLS, 0 },
  { "APIC-access address", apic_access, CONTROLS, 0 },
  { "x2APIC with APIC accesses", x2apic, CONTROLS, 0 },
  { "VPID zero", vpid, CONTROLS, 0 },
  { "EPT memory type", eptp_type, CONTROLS, 0 },
  { "EPT walk length", eptp_walk, CONTROLS, 0 },
  { "EPT pointer reserved", eptp_reserved, CONTROLS, 0 },
  { "unrestricted guest without EPT", unrestricted, CONTROLS, 0 },
  { "VMREAD bitmap", vmread_bitmap, CONTROLS, 0 },
  { "VMWRITE bitmap", vmwrite_bitmap, CONTROLS, 0 },
  { "exit controls", exit_allowed, CONTROLS, 0 },
  { "save timer without timer", save_timer, CONTROLS, 0 },
  { "exit MSR-store area", exit_store_area, CONTROLS, 0 },
  { "exit MSR-load area", exit_load_area, CONTROLS, 0 },
  { "entry controls", entry_allowed, CONTROLS, 0 },
  { "event type", event_type_known, EVENT, 0 },
  { "event vector", event_vector, EVENT, 0 },
  { "event error code not allowed", event_error, EVENT | STATE | CONTROLS, 0 },
  { "event reserved", event_reserved, EVENT, 0 },
  { "event error code reserved", event_error_code, EVENT, 0 },
  { "event instruction length", event_length, EVENT, 0 },
  { "entry MSR-load area", entry_load_area, CONTROLS, 0 },
  { NULL },
};
/* clang-format on */

static gboolean
host_64 (const MosVmxCheckInput *in)
{
  return on (in, MOS_VMX_HOST_64);
}

static gboolean
host_cr0 (const MosVmxCheckInput *in)
{
  guint64 cr0 = get (in, MOS_VMCS_HOST_CR0);
  guint64 must = in->caps->msr[MOS_VMX_MSR_CR0_FIXED0];

  return (cr0 & must) == must &&
         (cr0 & ~in->caps->msr[MOS_VMX_MSR_CR0_FIXED1]) == 0;
}

static gboolean
host_cr4 (const MosVmxCheckInput *in)
{
  guint64 cr4 = get (in, MOS_VMCS_HOST_CR4);
  guint64 must = in->caps->msr[MOS_VMX_MSR_CR4_FIXED0];

  return (cr4 & must) == must &&
         (cr4 & ~in->caps->msr[MOS_VMX_MSR_CR4_FIXED1]) == 0;
}

static gboolean
host_cr3 (const MosVmxCheckInput *in)
{
  return mos_vmx_address (in, get (in, MOS_VMCS_HOST_CR3), 1);
}

static gboolean
host_sysenter (const MosVmxCheckInput *in)
{
  return mos_vmx_canonical (get (in, MOS_VMCS_HOST_SYSENTER_ESP)) &&
         mos_vmx_canonical (get (in, MOS_VMCS_HOST_SYSENTER_EIP));
}

static gboolean
host_pat (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_EXIT_PAT) ||
         mos_vmx_pat_valid (get (in, MOS_VMCS_HOST_PAT));
}

static gboolean
host_efer (const MosVmxCheckInput *in)
{
  return !on (in, MOS_VMX_EXIT_EFER) ||
         (get (in, MOS_VMCS_HOST_EFER) & ~in->caps->efer_may) == 0;
}

static gboolean
host_efer_lma (const MosVmxCheckInput *in)
{
  guint64 efer = get (in, MOS_VMCS_HOST_EFER);
  guint64 want = host_64 (in) ? MOS_EFER_LMA | MOS_EFER_LME : 0;

  return !on (in, MOS_VMX_EXIT_EFER) ||
         (efer & (MOS_EFER_LMA | MOS_EFER_LME)) == want;
}

static gboolean
host_selectors (const MosVmxCheckInput *in)
{
  for (guint i = MOS_VMCS_HOST_ES_SELECTOR; i <= MOS_VMCS_HOST_TR_SELECTOR; i++)
    if ((get (in, (MosVmcsField) i) & 7) != 0)
      return FALSE;
  return TRUE;
}

static gboolean
host_cs (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_HOST_CS_SELECTOR) != 0;
}

static gboolean
host_tr (const MosVmxCheckInput *in)
{
  return get (in, MOS_VMCS_HOST_TR_SELECTOR) != 0;
}

static gboolean
host_ss (const MosVmxCheckInput *in)
{
  return host_64 (in) || get (in, MOS_VMCS_HOST_SS_SELECTOR) != 0;
}

static gboolean
host_bases (const MosVmxCheckInput *in)
{
  static const MosVmcsField bases[] = {
    MOS_VMCS_HOST_FS_BASE, MOS_VMCS_HOST_GS_BASE, MOS_VMCS_HOST_TR_BASE,
    MOS_VMCS_HOST_GDTR_BASE, MOS_VMCS_HOST_IDTR_BASE
  };

  for (guint i = 0; i < G_N_ELEMENTS (bases); i++)
    if (!mos_vmx_canonical (get (in, bases[i])))
      return FALSE;
  return TRUE;
}

/* A 64-bit hypervisor comes back to 64-bit mode, and only that can have a
 * 64-bit guest. */
static gboolean
address_space (const MosVmxCheckInput *in)
{
  return host_64 (in) == in->long_mode;
}

static gboolean
guest_space (const MosVmxCheckInput *in)
{
  return host_64 (in) || !on (in, MOS_VMX_GUEST_64);
}

static gboolean
host_pcide (const MosVmxCheckInput *in)
{
  return host_64 (in) || (get (in, MOS_VMCS_HOST_CR4) & MOS_CR4_PCIDE) == 0;
}

static gboolean
host_pae (const MosVmxCheckInput *in)
{
  return !host_64 (in) || (get (in, MOS_VMCS_HOST_CR4) & MOS_CR4_PAE) != 0;
}

static gboolean
host_rip (const MosVmxCheckInput *in)
{
  guint64 rip = get (in, MOS_VMCS_HOST_RIP);

  return host_64 (in) ? mos_vmx_canonical (rip) : (rip >> 32) == 0;
}

/* clang-format off */
#define HOST MOS_VMCS_CHECK_HOST

const MosVmxCheck mos_vmx_host_checks[] = {
  { "host CR0", host_cr0, HOST, 0 },
  { "host CR4", host_cr4, HOST, 0 },
  { "host CR3", host_cr3, HOST, 0 },
  { "host SYSENTER", host_sysenter, HOST, 0 },
  { "host PAT", host_pat, HOST | CONTROLS, 0 },
  { "host EFER reserved", host_efer, HOST | CONTROLS, 0 },
  { "host EFER.LMA", host_efer_lma, HOST | CONTROLS, 0 },
  { "host selectors", host_selectors, HOST, 0 },
  { "host CS null", host_cs, HOST, 0 },
  { "host TR null", host_tr, HOST, 0 },
  { "host SS null", host_ss, HOST | CONTROLS, 0 },
  { "host bases", host_bases, HOST, 0 },
  { "host address space", address_space, AROUND, 0 },
  { "guest address space", guest_space, CONTROLS, 0 },
  { "host CR4.PCIDE", host_pcide, HOST | CONTROLS, 0 },
  { "host CR4.PAE", host_pae, HOST | CONTROLS, 0 },
  { "host RIP", host_rip, HOST | CONTROLS, 0 },
  { NULL },
};
/* clang-format on */

const MosVmxCheck *
mos_vmx_check (const MosVmxCheck      *table,
               const MosVmxCheckInput *in,
               guint                   groups)
{
  for (; table->name != NULL; table++)
    if ((table->looks & groups) != 0 && !table->holds (in))
      return table;
  return NULL;
}

gboolean
mos_vmx_eptp_valid (const MosVmxCaps *caps, guint64 eptp)
{
  MosVmcs          vmcs = { .revision = MOS_VMCS_REVISION };
  MosVmxCheckInput in = { .vmcs = &vmcs, .caps = caps };

  vmcs.field[MOS_VMCS_PROC_CONTROLS] = mos_vmx_control_mask (MOS_VMX_SECONDARY);
  vmcs.field[MOS_VMCS_PROC2_CONTROLS] = mos_vmx_control_mask (MOS_VMX_EPT);
  vmcs.field[MOS_VMCS_EPTP] = eptp;
  return eptp_type (&in) && eptp_walk (&in) && eptp_reserved (&in);
}

gboolean
mos_vmx_msr_storable (guint32 index, guint32 reserved)
{
  return reserved == 0 && (index >> 8) != 8;
}

gboolean
mos_vmx_msr_loadable (guint32 index, guint32 reserved)
{
  return mos_vmx_msr_storable (index, reserved) && index != MOS_MSR_FS_BASE &&
         index != MOS_MSR_GS_BASE && index != MOS_MSR_BIOS_UPDT_TRIG &&
         index != MOS_MSR_BIOS_SIGN_ID;
}
