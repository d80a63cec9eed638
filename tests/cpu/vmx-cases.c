/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The cases of VM-entry checks: see vmx-cases.h.
 */
#include "tests/cpu/vmx-cases.h"

#include <string.h>

#include "engine/cpu/x86/bits.h"

#define F(name) MOS_VMCS_##name
#define BIT(n)  (G_GUINT64_CONSTANT (1) << (n))
#define FAR     BIT (40) /* beyond the physical addresses of the model */
#define END         \
  {                 \
    VMX_NO_FIELD, 0 \
  }
#define ROUGH G_GUINT64_CONSTANT (0x8000000000000000) /* not canonical */

static void
set (MosVmcs *vmcs, guint field, guint64 value)
{
  vmcs->field[field] = value;
}

static void
set_segments (MosVmcs *w, guint64 code, guint64 data, guint64 limit)
{
  for (guint s = MOS_SEG_ES; s <= MOS_SEG_GS; s++) {
    set (w, F (GUEST_ES_ACCESS) + s, s == MOS_SEG_CS ? code : data);
    set (w, F (GUEST_ES_LIMIT) + s, limit);
  }
  set (w, F (GUEST_TR_ACCESS), 0x8b);
  set (w, F (GUEST_TR_LIMIT), 0x67);
  set (w, F (GUEST_LDTR_ACCESS), 0x82);
  set (w, F (GUEST_LDTR_LIMIT), 0xffff);
}

static void
set_host (MosVmcs *w)
{
  set (w, F (HOST_CR0), 0x80050033);
  set (w, F (HOST_CR3), 0x1000);
  set (w, F (HOST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE);
  for (guint i = F (HOST_ES_SELECTOR); i <= F (HOST_TR_SELECTOR); i++)
    set (w, i, 0x10);
  set (w, F (HOST_RIP), 0x100000);
  set (w, F (HOST_PAT), 0x7040600070406);
  set (w, F (HOST_EFER), MOS_EFER_LMA | MOS_EFER_LME);
}

static void
set_controls (MosVmcs *w, const MosVmxCaps *caps)
{
  set (w, F (PIN_CONTROLS), caps->must[MOS_VMX_SET_PIN]);
  set (w, F (PROC_CONTROLS),
       caps->must[MOS_VMX_SET_PROC] | mos_vmx_control_mask (MOS_VMX_SECONDARY));
  set (w, F (EXIT_CONTROLS),
       caps->must[MOS_VMX_SET_EXIT] | mos_vmx_control_mask (MOS_VMX_HOST_64) |
           mos_vmx_control_mask (MOS_VMX_EXIT_PAT) |
           mos_vmx_control_mask (MOS_VMX_EXIT_EFER));
  set (w, F (ENTRY_CONTROLS),
       caps->must[MOS_VMX_SET_ENTRY] |
           mos_vmx_control_mask (MOS_VMX_LOAD_DEBUG) |
           mos_vmx_control_mask (MOS_VMX_LOAD_PAT) |
           mos_vmx_control_mask (MOS_VMX_LOAD_EFER));
  set (w, F (LINK_POINTER), MOS_VMCS_NONE);
}

static void
set_guest (MosVmcs *w, VmxBase base)
{
  set (w, F (GUEST_CR0), 0x80000031);
  set (w, F (GUEST_CR3), 0x2000);
  set (w, F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE);
  set (w, F (GUEST_PAT), 0x7040600070406);
  set (w, F (GUEST_RFLAGS), MOS_RFLAGS_ONE);
  set (w, F (GUEST_RIP), 0x1000);
  set_segments (w, 0xc09b, 0xc093, 0xffffffff);
  switch (base) {
  case VMX_LONG:
    set_segments (w, 0xa09b, 0xc093, 0xffffffff);
    set (w, F (GUEST_EFER), MOS_EFER_LMA | MOS_EFER_LME);
    w->field[F (ENTRY_CONTROLS)] |= mos_vmx_control_mask (MOS_VMX_GUEST_64);
    break;
  case VMX_PAE:
    break;
  case VMX_V86:
    set_segments (w, 0xf3, 0xf3, 0xffff);
    set (w, F (GUEST_RFLAGS), MOS_RFLAGS_ONE | MOS_RFLAGS_VM);
    break;
  case VMX_REAL:
    set_segments (w, 0x93, 0x93, 0xffff);
    set (w, F (GUEST_CR0), 0x20);
    set (w, F (GUEST_CR4), MOS_CR4_VMXE);
    set (w, F (EPTP), 0x3000 | 6 | 3 << 3);
    set (w, F (PROC2_CONTROLS),
         mos_vmx_control_mask (MOS_VMX_EPT) |
             mos_vmx_control_mask (MOS_VMX_UNRESTRICTED));
    break;
  }
}

void
vmx_case_caps (MosVmxCaps *caps)
{
  static const MosVmxModel model = {
    .cr4 = 0x7726ff, .efer = 0xd01, .debugctl = 3, .phys_bits = 40
  };

  mos_vmx_caps_init (caps, &model);
}

void
vmx_case_base (MosVmcs *vmcs, const MosVmxCaps *caps, VmxBase base)
{
  memset (vmcs, 0, sizeof *vmcs);
  vmcs->revision = MOS_VMCS_REVISION;
  set_controls (vmcs, caps);
  set_host (vmcs);
  set_guest (vmcs, base);
}

#define MASK(c)    BIT ((c) &0xff)
#define EXIT_BASE  (0x36dfb | BIT (9) | BIT (19) | BIT (21))
#define ENTRY_LONG (0x11fb | BIT (2) | BIT (9) | BIT (14) | BIT (15))

/* clang-format off */
const VmxCase vmx_cases[] = {
  { "pin-based controls", VMX_LONG, { { F (PIN_CONTROLS), 0x14 }, END, END, END, END } },
  { "pin-based controls", VMX_LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_POSTED) }, END, END, END, END } },
  { "primary controls", VMX_LONG, { { F (PROC_CONTROLS), 0x80006172 }, END, END, END, END } },
  { "primary controls", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TERTIARY) }, END, END, END, END } },
  { "secondary controls", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_VMFUNC) }, END, END, END, END } },
  { "CR3-target count", VMX_LONG, { { F (CR3_TARGET_COUNT), 5 }, END, END, END, END } },
  { "I/O bitmap A", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_A), 0x6010 }, END, END, END } },
  { "I/O bitmap A", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_A), FAR }, END, END, END } },
  { "I/O bitmap B", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_B), 0x6010 }, END, END, END } },
  { "I/O bitmap B", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_B), FAR }, END, END, END } },
  { "MSR bitmaps", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_MSR_BITMAPS) }, { F (MSR_BITMAP), 0x6010 }, END, END, END } },
  { "MSR bitmaps", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_MSR_BITMAPS) }, { F (MSR_BITMAP), FAR }, END, END, END } },
  { "virtual-APIC address", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (VIRTUAL_APIC), 0x6010 }, END, END, END } },
  { "virtual-APIC address", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (VIRTUAL_APIC), FAR }, END, END, END } },
  { "TPR threshold reserved", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (TPR_THRESHOLD), 0x10 }, END, END, END } },
  { "TPR threshold above VTPR", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (TPR_THRESHOLD), 3 }, { VMX_VTPR, 0x2f }, END, END } },
  { "APIC virtualization without TPR shadow", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_X2APIC) }, END, END, END, END } },
  { "virtual NMIs without NMI exiting", VMX_LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_VIRTUAL_NMIS) }, END, END, END, END } },
  { "NMI window without virtual NMIs", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_NMI_WINDOW) }, END, END, END, END } },
  { "APIC-access address", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_APIC_ACCESSES) }, { F (APIC_ACCESS), 0x6010 }, END, END, END } },
  { "APIC-access address", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_APIC_ACCESSES) }, { F (APIC_ACCESS), FAR }, END, END, END } },
  { "x2APIC with APIC accesses", VMX_LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (PROC2_CONTROLS), MASK (MOS_VMX_X2APIC) | MASK (MOS_VMX_APIC_ACCESSES) }, END, END, END } },
  { "VPID zero", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_VPID) }, END, END, END, END } },
  { "EPT memory type", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 5 }, END, END, END } },
  { "EPT walk length", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 4 << 3 | 6 }, END, END, END } },
  { "EPT walk length", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 2 << 3 | 0 }, END, END, END } },
  { "EPT pointer reserved", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 6 | BIT (7) }, END, END, END } },
  { "EPT pointer reserved", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), FAR | 3 << 3 | 6 }, END, END, END } },
  { "unrestricted guest without EPT", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_UNRESTRICTED) }, END, END, END, END } },
  { "VMREAD bitmap", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMREAD_BITMAP), 0x6010 }, END, END, END } },
  { "VMREAD bitmap", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMREAD_BITMAP), FAR }, END, END, END } },
  { "VMWRITE bitmap", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMWRITE_BITMAP), 0x6010 }, END, END, END } },
  { "VMWRITE bitmap", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMWRITE_BITMAP), FAR }, END, END, END } },
  { "exit controls", VMX_LONG, { { F (EXIT_CONTROLS), EXIT_BASE & ~BIT (0) }, END, END, END, END } },
  { "exit controls", VMX_LONG, { { F (EXIT_CONTROLS), EXIT_BASE | MASK (MOS_VMX_EXIT_CET) }, END, END, END, END } },
  { "save timer without timer", VMX_LONG, { { F (EXIT_CONTROLS), EXIT_BASE | MASK (MOS_VMX_SAVE_TIMER) }, END, END, END, END } },
  { "exit MSR-store area", VMX_LONG, { { F (EXIT_MSR_STORE_COUNT), 1 }, { F (EXIT_MSR_STORE), 0x7008 }, END, END, END } },
  { "exit MSR-store area", VMX_LONG, { { F (EXIT_MSR_STORE_COUNT), 2 }, { F (EXIT_MSR_STORE), FAR - 16 }, END, END, END } },
  { "exit MSR-load area", VMX_LONG, { { F (EXIT_MSR_LOAD_COUNT), 1 }, { F (EXIT_MSR_LOAD), 0x7008 }, END, END, END } },
  { "exit MSR-load area", VMX_LONG, { { F (EXIT_MSR_LOAD_COUNT), 2 }, { F (EXIT_MSR_LOAD), FAR - 16 }, END, END, END } },
  { "entry MSR-load area", VMX_LONG, { { F (ENTRY_MSR_LOAD_COUNT), 1 }, { F (ENTRY_MSR_LOAD), 0x7008 }, END, END, END } },
  { "entry MSR-load area", VMX_LONG, { { F (ENTRY_MSR_LOAD_COUNT), 2 }, { F (ENTRY_MSR_LOAD), FAR - 16 }, END, END, END } },
  { "entry controls", VMX_LONG, { { F (ENTRY_CONTROLS), ENTRY_LONG & ~BIT (1) }, END, END, END, END } },
  { "entry controls", VMX_LONG, { { F (ENTRY_CONTROLS), ENTRY_LONG | MASK (MOS_VMX_ENTRY_SMM) }, END, END, END, END } },
  { "event type", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 1 << 8 | 3 }, END, END, END, END } },
  { "event vector", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 3 }, END, END, END, END } },
  { "event vector", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 32 }, END, END, END, END } },
  { "event vector", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 7 << 8 | 1 }, END, END, END, END } },
  { "event error code not allowed", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 2 << 8 | BIT (11) | 2 }, END, END, END, END } },
  { "event error code not allowed", VMX_REAL, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (11) | 13 }, END, END, END, END } },
  { "event reserved", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (12) | 13 }, END, END, END, END } },
  { "event reserved", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (30) | 13 }, END, END, END, END } },
  { "event error code reserved", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (11) | 14 }, { F (ENTRY_ERROR), 0x8000 }, END, END, END } },
  { "event instruction length", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 4 << 8 | 0x80 }, { F (ENTRY_LENGTH), 16 }, END, END, END } },
  { "event instruction length", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 6 << 8 | 3 }, { F (ENTRY_LENGTH), 16 }, END, END, END } },
  { "host CR0", VMX_LONG, { { F (HOST_CR0), 0x80050013 }, END, END, END, END } },
  { "host CR0", VMX_LONG, { { F (HOST_CR0), 0x180050033 }, END, END, END, END } },
  { "host CR4", VMX_LONG, { { F (HOST_CR4), MOS_CR4_PAE }, END, END, END, END } },
  { "host CR4", VMX_LONG, { { F (HOST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_CET }, END, END, END, END } },
  { "host CR3", VMX_LONG, { { F (HOST_CR3), FAR }, END, END, END, END } },
  { "host SYSENTER", VMX_LONG, { { F (HOST_SYSENTER_ESP), ROUGH }, END, END, END, END } },
  { "host SYSENTER", VMX_LONG, { { F (HOST_SYSENTER_EIP), ROUGH }, END, END, END, END } },
  { "host PAT", VMX_LONG, { { F (HOST_PAT), 0x7040600070402 }, END, END, END, END } },
  { "host PAT", VMX_LONG, { { F (HOST_PAT), BIT (59) }, END, END, END, END } },
  { "host EFER reserved", VMX_LONG, { { F (HOST_EFER), 0x502 }, END, END, END, END } },
  { "host EFER.LMA", VMX_LONG, { { F (HOST_EFER), 0x100 }, END, END, END, END } },
  { "host EFER.LMA", VMX_LONG, { { F (HOST_EFER), 0 }, END, END, END, END } },
  { "host selectors", VMX_LONG, { { F (HOST_DS_SELECTOR), 0x13 }, END, END, END, END } },
  { "host selectors", VMX_LONG, { { F (HOST_TR_SELECTOR), 0x14 }, END, END, END, END } },
  { "host CS null", VMX_LONG, { { F (HOST_CS_SELECTOR), 0 }, END, END, END, END } },
  { "host TR null", VMX_LONG, { { F (HOST_TR_SELECTOR), 0 }, END, END, END, END } },
  { "host SS null", VMX_PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { VMX_LONG_MODE, 0 }, { F (HOST_SS_SELECTOR), 0 }, END, END } },
  { "host bases", VMX_LONG, { { F (HOST_FS_BASE), ROUGH }, END, END, END, END } },
  { "host bases", VMX_LONG, { { F (HOST_GS_BASE), ROUGH }, END, END, END, END } },
  { "host bases", VMX_LONG, { { F (HOST_TR_BASE), ROUGH }, END, END, END, END } },
  { "host bases", VMX_LONG, { { F (HOST_GDTR_BASE), ROUGH }, END, END, END, END } },
  { "host bases", VMX_LONG, { { F (HOST_IDTR_BASE), ROUGH }, END, END, END, END } },
  { "host address space", VMX_LONG, { { VMX_LONG_MODE, 0 }, END, END, END, END } },
  { "guest address space", VMX_LONG, { { F (EXIT_CONTROLS), 0x36dfb }, { VMX_LONG_MODE, 0 }, END, END, END } },
  { "host CR4.PCIDE", VMX_PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { VMX_LONG_MODE, 0 }, { F (HOST_CR4), MOS_CR4_VMXE | MOS_CR4_PCIDE }, END, END } },
  { "host CR4.PAE", VMX_LONG, { { F (HOST_CR4), MOS_CR4_VMXE }, END, END, END, END } },
  { "host RIP", VMX_LONG, { { F (HOST_RIP), ROUGH }, END, END, END, END } },
  { "host RIP", VMX_PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { VMX_LONG_MODE, 0 }, { F (HOST_RIP), BIT (32) }, END, END } },
  { "CR0", VMX_PAE, { { F (GUEST_CR0), 0x80000011 }, END, END, END, END } },
  { "CR0", VMX_PAE, { { F (GUEST_CR0), 0x180000031 }, END, END, END, END } },
  { "CR0", VMX_REAL, { { F (GUEST_CR0), 0 }, END, END, END, END } },
  { "CR0.PG without PE", VMX_REAL, { { F (GUEST_CR0), 0x80000020 }, END, END, END, END } },
  { "CR4", VMX_LONG, { { F (GUEST_CR4), MOS_CR4_PAE }, END, END, END, END } },
  { "CR4", VMX_LONG, { { F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | BIT (30) }, END, END, END, END } },
  { "DEBUGCTL", VMX_LONG, { { F (GUEST_DEBUGCTL), 4 }, END, END, END, END } },
  { "DR7", VMX_LONG, { { F (GUEST_DR7), BIT (32) }, END, END, END, END } },
  { "long mode without paging", VMX_LONG, { { F (GUEST_CR4), MOS_CR4_VMXE }, END, END, END, END } },
  { "long mode without paging", VMX_LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) | MASK (MOS_VMX_UNRESTRICTED) }, { F (EPTP), 0x3000 | 6 | 3 << 3 }, { F (GUEST_CR0), 0x31 }, END, END } },
  { "CR4.PCIDE", VMX_PAE, { { F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_PCIDE }, END, END, END, END } },
  { "CR3", VMX_LONG, { { F (GUEST_CR3), FAR }, END, END, END, END } },
  { "SYSENTER", VMX_LONG, { { F (GUEST_SYSENTER_ESP), ROUGH }, END, END, END, END } },
  { "SYSENTER", VMX_LONG, { { F (GUEST_SYSENTER_EIP), ROUGH }, END, END, END, END } },
  { "PAT", VMX_LONG, { { F (GUEST_PAT), 3 }, END, END, END, END } },
  { "EFER reserved", VMX_LONG, { { F (GUEST_EFER), 0x502 }, END, END, END, END } },
  { "EFER.LMA", VMX_REAL, { { F (GUEST_EFER), 0x400 }, END, END, END, END } },
  { "EFER.LME", VMX_PAE, { { F (GUEST_EFER), 0x100 }, END, END, END, END } },
  { "TR selector", VMX_LONG, { { F (GUEST_TR_SELECTOR), 4 }, END, END, END, END } },
  { "LDTR selector", VMX_LONG, { { F (GUEST_LDTR_SELECTOR), 4 }, END, END, END, END } },
  { "SS selector", VMX_LONG, { { F (GUEST_CS_SELECTOR), 3 }, END, END, END, END } },
  { "v86 bases", VMX_V86, { { F (GUEST_FS_SELECTOR), 1 }, END, END, END, END } },
  { "canonical bases", VMX_LONG, { { F (GUEST_TR_BASE), ROUGH }, END, END, END, END } },
  { "canonical bases", VMX_LONG, { { F (GUEST_FS_BASE), ROUGH }, END, END, END, END } },
  { "canonical bases", VMX_LONG, { { F (GUEST_GS_BASE), ROUGH }, END, END, END, END } },
  { "canonical bases", VMX_LONG, { { F (GUEST_LDTR_BASE), ROUGH }, END, END, END, END } },
  { "32-bit bases", VMX_LONG, { { F (GUEST_ES_BASE), BIT (32) }, END, END, END, END } },
  { "32-bit bases", VMX_LONG, { { F (GUEST_CS_BASE), BIT (32) }, END, END, END, END } },
  { "32-bit bases", VMX_LONG, { { F (GUEST_SS_BASE), BIT (32) }, END, END, END, END } },
  { "32-bit bases", VMX_LONG, { { F (GUEST_DS_BASE), BIT (32) }, END, END, END, END } },
  { "v86 limits", VMX_V86, { { F (GUEST_GS_LIMIT), 0xfffff }, END, END, END, END } },
  { "v86 access rights", VMX_V86, { { F (GUEST_SS_ACCESS), 0x93 }, END, END, END, END } },
  { "CS type", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc093 }, END, END, END, END } },
  { "CS type", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09a }, END, END, END, END } },
  { "CS type", VMX_REAL, { { F (GUEST_CS_ACCESS), 0x91 }, END, END, END, END } },
  { "SS type", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc091 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc092 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc099 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc092 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc099 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc092 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc099 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc092 }, END, END, END, END } },
  { "data segment types", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc099 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc093 | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc093 | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_ES_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x8000 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09b | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09b | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_CS_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x8000 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc093 | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc093 | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_SS_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x8000 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc093 | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc093 | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_DS_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x8000 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc093 | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc093 | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_FS_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x8000 }, END, END, END, END } },
  { "segment S", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x10 }, END, END, END, END } },
  { "segment P", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x80 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc093 | 0x100 }, END, END, END, END } },
  { "segment reserved", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc093 | BIT (17) }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_GS_LIMIT), 0xfffffffe }, END, END, END, END } },
  { "segment G", VMX_PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x8000 }, END, END, END, END } },
  { "CS DPL", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc0fb }, END, END, END, END } },
  { "CS DPL", VMX_PAE, { { F (GUEST_CS_ACCESS), 0xc0ff }, END, END, END, END } },
  { "CS DPL", VMX_REAL, { { F (GUEST_CS_ACCESS), 0xf3 }, END, END, END, END } },
  { "SS DPL", VMX_LONG, { { F (GUEST_SS_SELECTOR), 3 }, { F (GUEST_CS_SELECTOR), 3 }, END, END, END } },
  { "SS DPL", VMX_REAL, { { F (GUEST_SS_ACCESS), 0xf3 }, END, END, END, END } },
  { "SS DPL", VMX_REAL, { { F (GUEST_SS_ACCESS), 0xf3 }, { F (GUEST_CS_ACCESS), 0xfb }, END, END, END } },
  { "SS DPL", VMX_REAL, { { F (GUEST_SS_ACCESS), 0xf3 }, { F (GUEST_CR0), 0x21 }, END, END, END } },
  { "data segment DPL", VMX_PAE, { { F (GUEST_ES_SELECTOR), 0x13 }, END, END, END, END } },
  { "data segment DPL", VMX_PAE, { { F (GUEST_DS_SELECTOR), 0x13 }, END, END, END, END } },
  { "data segment DPL", VMX_PAE, { { F (GUEST_FS_SELECTOR), 0x13 }, END, END, END, END } },
  { "data segment DPL", VMX_PAE, { { F (GUEST_GS_SELECTOR), 0x13 }, END, END, END, END } },
  { "CS D/B", VMX_LONG, { { F (GUEST_CS_ACCESS), 0xe09b }, END, END, END, END } },
  { "TR type", VMX_LONG, { { F (GUEST_TR_ACCESS), 0x83 }, END, END, END, END } },
  { "TR type", VMX_PAE, { { F (GUEST_TR_ACCESS), 0x89 }, END, END, END, END } },
  { "TR access rights", VMX_LONG, { { F (GUEST_TR_ACCESS), 0x9b }, END, END, END, END } },
  { "TR access rights", VMX_LONG, { { F (GUEST_TR_ACCESS), 0x0b }, END, END, END, END } },
  { "TR access rights", VMX_LONG, { { F (GUEST_TR_ACCESS), 0x18b }, END, END, END, END } },
  { "TR access rights", VMX_LONG, { { F (GUEST_TR_ACCESS), BIT (16) | 0x8b }, END, END, END, END } },
  { "TR access rights", VMX_LONG, { { F (GUEST_TR_LIMIT), 0x100000 }, END, END, END, END } },
  { "LDTR access rights", VMX_LONG, { { F (GUEST_LDTR_ACCESS), 0x83 }, END, END, END, END } },
  { "LDTR access rights", VMX_LONG, { { F (GUEST_LDTR_ACCESS), 0x92 }, END, END, END, END } },
  { "LDTR access rights", VMX_LONG, { { F (GUEST_LDTR_ACCESS), 0x02 }, END, END, END, END } },
  { "LDTR access rights", VMX_LONG, { { F (GUEST_LDTR_ACCESS), 0x182 }, END, END, END, END } },
  { "LDTR access rights", VMX_LONG, { { F (GUEST_LDTR_LIMIT), 0x100000 }, END, END, END, END } },
  { "descriptor table bases", VMX_LONG, { { F (GUEST_GDTR_BASE), ROUGH }, END, END, END, END } },
  { "descriptor table bases", VMX_LONG, { { F (GUEST_IDTR_BASE), ROUGH }, END, END, END, END } },
  { "descriptor table limits", VMX_LONG, { { F (GUEST_GDTR_LIMIT), 0x10000 }, END, END, END, END } },
  { "descriptor table limits", VMX_LONG, { { F (GUEST_IDTR_LIMIT), 0x10000 }, END, END, END, END } },
  { "RIP", VMX_LONG, { { F (GUEST_RIP), BIT (48) }, END, END, END, END } },
  { "RIP", VMX_PAE, { { F (GUEST_RIP), BIT (32) }, END, END, END, END } },
  { "RFLAGS reserved", VMX_LONG, { { F (GUEST_RFLAGS), 0 }, END, END, END, END } },
  { "RFLAGS reserved", VMX_LONG, { { F (GUEST_RFLAGS), 0xa }, END, END, END, END } },
  { "RFLAGS reserved", VMX_LONG, { { F (GUEST_RFLAGS), BIT (22) | 2 }, END, END, END, END } },
  { "RFLAGS.VM", VMX_V86, { { F (ENTRY_CONTROLS), ENTRY_LONG }, { F (GUEST_EFER), MOS_EFER_LMA | MOS_EFER_LME }, END, END, END } },
  { "RFLAGS.IF", VMX_LONG, { { F (ENTRY_EVENT), BIT (31) | 0x20 }, END, END, END, END } },
  { "activity state", VMX_LONG, { { F (GUEST_ACTIVITY), 4 }, END, END, END, END } },
  { "halted with SS.DPL", VMX_PAE, { { F (GUEST_ACTIVITY), 1 }, { F (GUEST_SS_ACCESS), 0xc0f3 }, { F (GUEST_CS_ACCESS), 0xc0fb }, { F (GUEST_SS_SELECTOR), 3 }, { F (GUEST_CS_SELECTOR), 3 } } },
  { "not active with blocking", VMX_LONG, { { F (GUEST_ACTIVITY), 1 }, { F (GUEST_INTERRUPTIBILITY), 2 }, END, END, END } },
  { "event in activity state", VMX_LONG, { { F (GUEST_ACTIVITY), 1 }, { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 13 }, END, END, END } },
  { "event in activity state", VMX_LONG, { { F (GUEST_ACTIVITY), 2 }, { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 1 }, END, END, END } },
  { "event in activity state", VMX_LONG, { { F (GUEST_ACTIVITY), 3 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, END, END, END } },
  { "blocking reserved", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 0x10 }, END, END, END, END } },
  { "blocking by STI and MOV SS", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 3 }, { F (GUEST_RFLAGS), 0x202 }, END, END, END } },
  { "blocking by STI without IF", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 1 }, END, END, END, END } },
  { "external interrupt blocked", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 1 }, { F (GUEST_RFLAGS), 0x202 }, { F (ENTRY_EVENT), BIT (31) | 0x20 }, END, END } },
  { "NMI blocked by MOV SS", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, END, END, END } },
  { "blocking by SMI", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 4 }, END, END, END, END } },
  { "virtual NMI blocked", VMX_LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_NMI) | MASK (MOS_VMX_VIRTUAL_NMIS) }, { F (GUEST_INTERRUPTIBILITY), 8 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, END, END } },
  { "pending debug reserved", VMX_LONG, { { F (GUEST_PENDING_DEBUG), 0x10 }, END, END, END, END } },
  { "pending debug BS", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (GUEST_RFLAGS), 0x102 }, END, END, END } },
  { "pending debug BS", VMX_LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (GUEST_PENDING_DEBUG), 0x4000 }, END, END, END } },
  { "link pointer address", VMX_LONG, { { F (LINK_POINTER), 0x6010 }, END, END, END, END } },
  { "link pointer address", VMX_LONG, { { F (LINK_POINTER), FAR }, END, END, END, END } },
  { "link pointer revision", VMX_LONG, { { F (LINK_POINTER), 0x6000 }, { VMX_LINK_WORD, 7 }, END, END, END } },
  { "link pointer shadow", VMX_LONG, { { F (LINK_POINTER), 0x6000 }, { VMX_LINK_WORD, MOS_VMCS_REVISION | MOS_VMCS_SHADOW }, END, END, END } },
  { "link pointer current", VMX_LONG, { { F (LINK_POINTER), 0x5000 }, END, END, END, END } },
  { "PDPTEs", VMX_PAE, { { VMX_PDPTE_3, 3 }, END, END, END, END } },
  { "PDPTEs", VMX_PAE, { { VMX_PDPTE_3, FAR | 1 }, END, END, END, END } },
  { "PDPTEs", VMX_PAE, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 6 }, { F (GUEST_PDPTE1), 0x21 }, END, END } },
};
/* clang-format on */

const guint vmx_n_cases = G_N_ELEMENTS (vmx_cases);
