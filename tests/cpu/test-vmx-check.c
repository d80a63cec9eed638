/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every check of a VM entry, violated alone.
 *
 * Four VMCSs pass: a 64-bit guest, a 32-bit one with PAE paging, one in
 * virtual-8086 mode and an unrestricted one in real mode. Each case changes a
 * few fields of one of them, and exactly the check it names must fail; each
 * check has a case.
 */
#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "engine/cpu/x86/vmx-check.h"

typedef enum {
  LONG,
  PAE,
  V86,
  REAL
} Base;

#define F(name) MOS_VMCS_##name
#define NONE    (MOS_VMCS_SLOTS + 4)
#define BIT(n)  (G_GUINT64_CONSTANT (1) << (n))
#define FAR     BIT (40) /* beyond the physical addresses of the model */
#define ROUGH   G_GUINT64_CONSTANT (0x8000000000000000) /* not canonical */

/* Behind the fields: what lies elsewhere. */
enum {
  VTPR = MOS_VMCS_SLOTS,
  LINK_WORD,
  PDPTE_3,
  LONG_MODE
};

typedef struct {
  guint   field; /* NONE: no more */
  guint64 value;
} Change;

typedef struct {
  const char *check;
  Base        base;
  Change      changes[5];
} Case;

typedef struct {
  MosVmxCaps       caps;
  MosVmcs          vmcs;
  MosVmxCheckInput in;
} World;

static void
set (World *w, guint field, guint64 value)
{
  if (field < MOS_VMCS_SLOTS)
    w->vmcs.field[field] = value;
  else if (field == VTPR)
    w->in.vtpr = (guint8) value;
  else if (field == LINK_WORD)
    w->in.link_revision = (guint32) value;
  else if (field == PDPTE_3)
    w->in.pdpte[3] = value;
  else if (field == LONG_MODE)
    w->in.long_mode = value != 0;
}

static void
set_segments (World *w, guint64 code, guint64 data, guint64 limit)
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
set_host (World *w)
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
set_controls (World *w)
{
  const MosVmxCaps *caps = &w->caps;

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
set_guest (World *w, Base base)
{
  set (w, F (GUEST_CR0), 0x80000031);
  set (w, F (GUEST_CR3), 0x2000);
  set (w, F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE);
  set (w, F (GUEST_PAT), 0x7040600070406);
  set (w, F (GUEST_RFLAGS), MOS_RFLAGS_ONE);
  set (w, F (GUEST_RIP), 0x1000);
  set_segments (w, 0xc09b, 0xc093, 0xffffffff);
  switch (base) {
  case LONG:
    set_segments (w, 0xa09b, 0xc093, 0xffffffff);
    set (w, F (GUEST_EFER), MOS_EFER_LMA | MOS_EFER_LME);
    w->vmcs.field[F (ENTRY_CONTROLS)] |=
        mos_vmx_control_mask (MOS_VMX_GUEST_64);
    break;
  case PAE:
    break;
  case V86:
    set_segments (w, 0xf3, 0xf3, 0xffff);
    set (w, F (GUEST_RFLAGS), MOS_RFLAGS_ONE | MOS_RFLAGS_VM);
    break;
  case REAL:
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

static void
world_init (World *w, Base base)
{
  static const MosVmxModel model = {
    .cr4 = 0x7726ff, .efer = 0xd01, .debugctl = 3, .phys_bits = 40
  };

  memset (w, 0, sizeof *w);
  mos_vmx_caps_init (&w->caps, &model);
  /* Checks of what we do not announce are ready all the same. */
  w->caps.may[MOS_VMX_SET_MISC] |=
      mos_vmx_control_mask (MOS_VMX_MISC_SHUTDOWN) |
      mos_vmx_control_mask (MOS_VMX_MISC_SIPI);
  w->vmcs.revision = MOS_VMCS_REVISION;
  set_controls (w);
  set_host (w);
  set_guest (w, base);
  w->in = (MosVmxCheckInput){ .vmcs = &w->vmcs,
                              .caps = &w->caps,
                              .address = 0x5000,
                              .long_mode = TRUE,
                              .link_revision = MOS_VMCS_REVISION };
}

#define MASK(c)    BIT ((c) &0xff)
#define EXIT_BASE  (0x36dfb | BIT (9) | BIT (19) | BIT (21))
#define ENTRY_LONG (0x11fb | BIT (2) | BIT (9) | BIT (14) | BIT (15))

/* clang-format off */
static const Case cases[] = {
  { "pin-based controls", LONG, { { F (PIN_CONTROLS), 0x14 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "pin-based controls", LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_POSTED) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "primary controls", LONG, { { F (PROC_CONTROLS), 0x80006172 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "primary controls", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TERTIARY) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "secondary controls", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_VMFUNC) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR3-target count", LONG, { { F (CR3_TARGET_COUNT), 5 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "I/O bitmap A", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_A), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "I/O bitmap A", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_A), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "I/O bitmap B", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_B), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "I/O bitmap B", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_IO_BITMAPS) }, { F (IO_BITMAP_B), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "MSR bitmaps", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_MSR_BITMAPS) }, { F (MSR_BITMAP), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "MSR bitmaps", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_MSR_BITMAPS) }, { F (MSR_BITMAP), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "virtual-APIC address", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (VIRTUAL_APIC), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "virtual-APIC address", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (VIRTUAL_APIC), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TPR threshold reserved", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (TPR_THRESHOLD), 0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TPR threshold above VTPR", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (TPR_THRESHOLD), 3 }, { VTPR, 0x2f }, { NONE, 0 }, { NONE, 0 } } },
  { "APIC virtualization without TPR shadow", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_X2APIC) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "virtual NMIs without NMI exiting", LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_VIRTUAL_NMIS) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "NMI window without virtual NMIs", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_NMI_WINDOW) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "APIC-access address", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_APIC_ACCESSES) }, { F (APIC_ACCESS), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "APIC-access address", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_APIC_ACCESSES) }, { F (APIC_ACCESS), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "x2APIC with APIC accesses", LONG, { { F (PROC_CONTROLS), 0x84006172 | MASK (MOS_VMX_TPR_SHADOW) }, { F (PROC2_CONTROLS), MASK (MOS_VMX_X2APIC) | MASK (MOS_VMX_APIC_ACCESSES) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "VPID zero", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_VPID) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EPT memory type", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 5 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EPT walk length", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 4 << 3 | 6 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EPT walk length", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 2 << 3 | 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EPT pointer reserved", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 6 | BIT (7) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EPT pointer reserved", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), FAR | 3 << 3 | 6 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "unrestricted guest without EPT", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_UNRESTRICTED) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "VMREAD bitmap", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMREAD_BITMAP), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "VMREAD bitmap", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMREAD_BITMAP), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "VMWRITE bitmap", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMWRITE_BITMAP), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "VMWRITE bitmap", LONG, { { F (PROC2_CONTROLS), MASK (MOS_VMX_SHADOWING) }, { F (VMWRITE_BITMAP), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit controls", LONG, { { F (EXIT_CONTROLS), EXIT_BASE & ~BIT (0) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit controls", LONG, { { F (EXIT_CONTROLS), EXIT_BASE | MASK (MOS_VMX_EXIT_CET) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "save timer without timer", LONG, { { F (EXIT_CONTROLS), EXIT_BASE | MASK (MOS_VMX_SAVE_TIMER) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit MSR-store area", LONG, { { F (EXIT_MSR_STORE_COUNT), 1 }, { F (EXIT_MSR_STORE), 0x7008 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit MSR-store area", LONG, { { F (EXIT_MSR_STORE_COUNT), 2 }, { F (EXIT_MSR_STORE), FAR - 16 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit MSR-load area", LONG, { { F (EXIT_MSR_LOAD_COUNT), 1 }, { F (EXIT_MSR_LOAD), 0x7008 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "exit MSR-load area", LONG, { { F (EXIT_MSR_LOAD_COUNT), 2 }, { F (EXIT_MSR_LOAD), FAR - 16 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "entry MSR-load area", LONG, { { F (ENTRY_MSR_LOAD_COUNT), 1 }, { F (ENTRY_MSR_LOAD), 0x7008 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "entry MSR-load area", LONG, { { F (ENTRY_MSR_LOAD_COUNT), 2 }, { F (ENTRY_MSR_LOAD), FAR - 16 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "entry controls", LONG, { { F (ENTRY_CONTROLS), ENTRY_LONG & ~BIT (1) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "entry controls", LONG, { { F (ENTRY_CONTROLS), ENTRY_LONG | MASK (MOS_VMX_ENTRY_SMM) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event type", LONG, { { F (ENTRY_EVENT), BIT (31) | 1 << 8 | 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event vector", LONG, { { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event vector", LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 32 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event vector", LONG, { { F (ENTRY_EVENT), BIT (31) | 7 << 8 | 1 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event error code not allowed", LONG, { { F (ENTRY_EVENT), BIT (31) | 2 << 8 | BIT (11) | 2 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event error code not allowed", REAL, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (11) | 13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event reserved", LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (12) | 13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event reserved", LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (30) | 13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event error code reserved", LONG, { { F (ENTRY_EVENT), BIT (31) | 3 << 8 | BIT (11) | 14 }, { F (ENTRY_ERROR), 0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event instruction length", LONG, { { F (ENTRY_EVENT), BIT (31) | 4 << 8 | 0x80 }, { F (ENTRY_LENGTH), 16 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event instruction length", LONG, { { F (ENTRY_EVENT), BIT (31) | 6 << 8 | 3 }, { F (ENTRY_LENGTH), 16 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR0", LONG, { { F (HOST_CR0), 0x80050013 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR0", LONG, { { F (HOST_CR0), 0x180050033 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR4", LONG, { { F (HOST_CR4), MOS_CR4_PAE }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR4", LONG, { { F (HOST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_CET }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR3", LONG, { { F (HOST_CR3), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host SYSENTER", LONG, { { F (HOST_SYSENTER_ESP), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host SYSENTER", LONG, { { F (HOST_SYSENTER_EIP), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host PAT", LONG, { { F (HOST_PAT), 0x7040600070402 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host PAT", LONG, { { F (HOST_PAT), BIT (59) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host EFER reserved", LONG, { { F (HOST_EFER), 0x502 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host EFER.LMA", LONG, { { F (HOST_EFER), 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host EFER.LMA", LONG, { { F (HOST_EFER), 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host selectors", LONG, { { F (HOST_DS_SELECTOR), 0x13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host selectors", LONG, { { F (HOST_TR_SELECTOR), 0x14 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CS null", LONG, { { F (HOST_CS_SELECTOR), 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host TR null", LONG, { { F (HOST_TR_SELECTOR), 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host SS null", PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { LONG_MODE, 0 }, { F (HOST_SS_SELECTOR), 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host bases", LONG, { { F (HOST_FS_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host bases", LONG, { { F (HOST_GS_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host bases", LONG, { { F (HOST_TR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host bases", LONG, { { F (HOST_GDTR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host bases", LONG, { { F (HOST_IDTR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host address space", LONG, { { LONG_MODE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "guest address space", LONG, { { F (EXIT_CONTROLS), 0x36dfb }, { LONG_MODE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR4.PCIDE", PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { LONG_MODE, 0 }, { F (HOST_CR4), MOS_CR4_VMXE | MOS_CR4_PCIDE }, { NONE, 0 }, { NONE, 0 } } },
  { "host CR4.PAE", LONG, { { F (HOST_CR4), MOS_CR4_VMXE }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host RIP", LONG, { { F (HOST_RIP), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "host RIP", PAE, { { F (EXIT_CONTROLS), 0x36dfb }, { LONG_MODE, 0 }, { F (HOST_RIP), BIT (32) }, { NONE, 0 }, { NONE, 0 } } },
  { "CR0", PAE, { { F (GUEST_CR0), 0x80000011 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR0", PAE, { { F (GUEST_CR0), 0x180000031 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR0", REAL, { { F (GUEST_CR0), 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR0.PG without PE", REAL, { { F (GUEST_CR0), 0x80000020 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR4", LONG, { { F (GUEST_CR4), MOS_CR4_PAE }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR4", LONG, { { F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | BIT (30) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "DEBUGCTL", LONG, { { F (GUEST_DEBUGCTL), 4 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "DR7", LONG, { { F (GUEST_DR7), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "long mode without paging", LONG, { { F (GUEST_CR4), MOS_CR4_VMXE }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR4.PCIDE", PAE, { { F (GUEST_CR4), MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_PCIDE }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CR3", LONG, { { F (GUEST_CR3), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SYSENTER", LONG, { { F (GUEST_SYSENTER_ESP), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SYSENTER", LONG, { { F (GUEST_SYSENTER_EIP), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "PAT", LONG, { { F (GUEST_PAT), 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EFER reserved", LONG, { { F (GUEST_EFER), 0x502 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EFER.LMA", REAL, { { F (GUEST_EFER), 0x400 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "EFER.LME", PAE, { { F (GUEST_EFER), 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR selector", LONG, { { F (GUEST_TR_SELECTOR), 4 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR selector", LONG, { { F (GUEST_LDTR_SELECTOR), 4 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SS selector", LONG, { { F (GUEST_CS_SELECTOR), 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "v86 bases", V86, { { F (GUEST_FS_SELECTOR), 1 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "canonical bases", LONG, { { F (GUEST_TR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "canonical bases", LONG, { { F (GUEST_FS_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "canonical bases", LONG, { { F (GUEST_GS_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "canonical bases", LONG, { { F (GUEST_LDTR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "32-bit bases", LONG, { { F (GUEST_ES_BASE), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "32-bit bases", LONG, { { F (GUEST_CS_BASE), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "32-bit bases", LONG, { { F (GUEST_SS_BASE), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "32-bit bases", LONG, { { F (GUEST_DS_BASE), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "v86 limits", V86, { { F (GUEST_GS_LIMIT), 0xfffff }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "v86 access rights", V86, { { F (GUEST_SS_ACCESS), 0x93 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS type", PAE, { { F (GUEST_CS_ACCESS), 0xc093 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS type", PAE, { { F (GUEST_CS_ACCESS), 0xc09a }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SS type", PAE, { { F (GUEST_SS_ACCESS), 0xc091 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_ES_ACCESS), 0xc092 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_ES_ACCESS), 0xc099 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_DS_ACCESS), 0xc092 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_DS_ACCESS), 0xc099 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_FS_ACCESS), 0xc092 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_FS_ACCESS), 0xc099 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_GS_ACCESS), 0xc092 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment types", PAE, { { F (GUEST_GS_ACCESS), 0xc099 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_ES_ACCESS), 0xc093 | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_ES_ACCESS), 0xc093 | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_ES_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_ES_ACCESS), 0xc093 & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_CS_ACCESS), 0xc09b | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_CS_ACCESS), 0xc09b | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_CS_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_CS_ACCESS), 0xc09b & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_SS_ACCESS), 0xc093 | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_SS_ACCESS), 0xc093 | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_SS_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_SS_ACCESS), 0xc093 & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_DS_ACCESS), 0xc093 | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_DS_ACCESS), 0xc093 | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_DS_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_DS_ACCESS), 0xc093 & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_FS_ACCESS), 0xc093 | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_FS_ACCESS), 0xc093 | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_FS_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_FS_ACCESS), 0xc093 & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment S", PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment P", PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x80 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_GS_ACCESS), 0xc093 | 0x100 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment reserved", PAE, { { F (GUEST_GS_ACCESS), 0xc093 | BIT (17) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_GS_LIMIT), 0xfffffffe }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "segment G", PAE, { { F (GUEST_GS_ACCESS), 0xc093 & ~0x8000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS DPL", PAE, { { F (GUEST_CS_ACCESS), 0xc0fb }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS DPL", PAE, { { F (GUEST_CS_ACCESS), 0xc0ff }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS DPL", REAL, { { F (GUEST_CS_ACCESS), 0xf3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SS DPL", LONG, { { F (GUEST_SS_SELECTOR), 3 }, { F (GUEST_CS_SELECTOR), 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "SS DPL", REAL, { { F (GUEST_SS_ACCESS), 0xf3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment DPL", PAE, { { F (GUEST_ES_SELECTOR), 0x13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment DPL", PAE, { { F (GUEST_DS_SELECTOR), 0x13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment DPL", PAE, { { F (GUEST_FS_SELECTOR), 0x13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "data segment DPL", PAE, { { F (GUEST_GS_SELECTOR), 0x13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "CS D/B", LONG, { { F (GUEST_CS_ACCESS), 0xe09b }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR type", LONG, { { F (GUEST_TR_ACCESS), 0x83 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR type", PAE, { { F (GUEST_TR_ACCESS), 0x89 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR access rights", LONG, { { F (GUEST_TR_ACCESS), 0x9b }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR access rights", LONG, { { F (GUEST_TR_ACCESS), 0x0b }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR access rights", LONG, { { F (GUEST_TR_ACCESS), 0x18b }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR access rights", LONG, { { F (GUEST_TR_ACCESS), BIT (16) | 0x8b }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "TR access rights", LONG, { { F (GUEST_TR_LIMIT), 0x100000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR access rights", LONG, { { F (GUEST_LDTR_ACCESS), 0x83 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR access rights", LONG, { { F (GUEST_LDTR_ACCESS), 0x92 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR access rights", LONG, { { F (GUEST_LDTR_ACCESS), 0x02 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR access rights", LONG, { { F (GUEST_LDTR_ACCESS), 0x182 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "LDTR access rights", LONG, { { F (GUEST_LDTR_LIMIT), 0x100000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "descriptor table bases", LONG, { { F (GUEST_GDTR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "descriptor table bases", LONG, { { F (GUEST_IDTR_BASE), ROUGH }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "descriptor table limits", LONG, { { F (GUEST_GDTR_LIMIT), 0x10000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "descriptor table limits", LONG, { { F (GUEST_IDTR_LIMIT), 0x10000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RIP", LONG, { { F (GUEST_RIP), BIT (48) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RIP", PAE, { { F (GUEST_RIP), BIT (32) }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RFLAGS reserved", LONG, { { F (GUEST_RFLAGS), 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RFLAGS reserved", LONG, { { F (GUEST_RFLAGS), 0xa }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RFLAGS reserved", LONG, { { F (GUEST_RFLAGS), BIT (22) | 2 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "RFLAGS.IF", LONG, { { F (ENTRY_EVENT), BIT (31) | 0x20 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "activity state", LONG, { { F (GUEST_ACTIVITY), 4 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "halted with SS.DPL", PAE, { { F (GUEST_ACTIVITY), 1 }, { F (GUEST_SS_ACCESS), 0xc0f3 }, { F (GUEST_CS_ACCESS), 0xc0fb }, { F (GUEST_SS_SELECTOR), 3 }, { F (GUEST_CS_SELECTOR), 3 } } },
  { "not active with blocking", LONG, { { F (GUEST_ACTIVITY), 1 }, { F (GUEST_INTERRUPTIBILITY), 2 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event in activity state", LONG, { { F (GUEST_ACTIVITY), 1 }, { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 13 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event in activity state", LONG, { { F (GUEST_ACTIVITY), 2 }, { F (ENTRY_EVENT), BIT (31) | 3 << 8 | 1 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "event in activity state", LONG, { { F (GUEST_ACTIVITY), 3 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "blocking reserved", LONG, { { F (GUEST_INTERRUPTIBILITY), 0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "blocking by STI and MOV SS", LONG, { { F (GUEST_INTERRUPTIBILITY), 3 }, { F (GUEST_RFLAGS), 0x202 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "blocking by STI without IF", LONG, { { F (GUEST_INTERRUPTIBILITY), 1 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "external interrupt blocked", LONG, { { F (GUEST_INTERRUPTIBILITY), 1 }, { F (GUEST_RFLAGS), 0x202 }, { F (ENTRY_EVENT), BIT (31) | 0x20 }, { NONE, 0 }, { NONE, 0 } } },
  { "NMI blocked by MOV SS", LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "blocking by SMI", LONG, { { F (GUEST_INTERRUPTIBILITY), 4 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "virtual NMI blocked", LONG, { { F (PIN_CONTROLS), 0x16 | MASK (MOS_VMX_NMI) | MASK (MOS_VMX_VIRTUAL_NMIS) }, { F (GUEST_INTERRUPTIBILITY), 8 }, { F (ENTRY_EVENT), BIT (31) | 2 << 8 | 2 }, { NONE, 0 }, { NONE, 0 } } },
  { "pending debug reserved", LONG, { { F (GUEST_PENDING_DEBUG), 0x10 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "pending debug BS", LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (GUEST_RFLAGS), 0x102 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "pending debug BS", LONG, { { F (GUEST_INTERRUPTIBILITY), 2 }, { F (GUEST_PENDING_DEBUG), 0x4000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "link pointer address", LONG, { { F (LINK_POINTER), 0x6010 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "link pointer address", LONG, { { F (LINK_POINTER), FAR }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "link pointer revision", LONG, { { F (LINK_POINTER), 0x6000 }, { LINK_WORD, 7 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "link pointer shadow", LONG, { { F (LINK_POINTER), 0x6000 }, { LINK_WORD, MOS_VMCS_REVISION | MOS_VMCS_SHADOW }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "link pointer current", LONG, { { F (LINK_POINTER), 0x5000 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "PDPTEs", PAE, { { PDPTE_3, 3 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "PDPTEs", PAE, { { PDPTE_3, FAR | 1 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 }, { NONE, 0 } } },
  { "PDPTEs", PAE, { { F (PROC2_CONTROLS), MASK (MOS_VMX_EPT) }, { F (EPTP), 0x3000 | 3 << 3 | 6 }, { F (GUEST_PDPTE1), 0x21 }, { NONE, 0 }, { NONE, 0 } } },
};
/* clang-format on */

static void
check_case (const Case *c)
{
  const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                  mos_vmx_guest_checks };
  g_autoptr (GString) failed = g_string_new (NULL);
  World w;

  world_init (&w, c->base);
  for (guint i = 0; i < G_N_ELEMENTS (c->changes); i++)
    set (&w, c->changes[i].field, c->changes[i].value);
  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const MosVmxCheck *row = tables[t]; row->name != NULL; row++)
      if (!row->holds (&w.in))
        g_string_append_printf (failed, "%s%s", failed->len > 0 ? "; " : "",
                                row->name);
  g_assert_cmpstr (failed->str, ==, c->check);
}

static void
test_valid (void)
{
  for (Base base = LONG; base <= REAL; base++) {
    Case c = { .check = "", .base = base };

    for (guint i = 0; i < G_N_ELEMENTS (c.changes); i++)
      c.changes[i].field = NONE;
    check_case (&c);
  }
}

static void
test_alone (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_case (&cases[i]);
}

/* A check with no case of its own, and why. */
static gboolean
is_excused (const char *check)
{
  /* VM with long mode or without PE breaks what CS must be, too; below. */
  return strcmp (check, "RFLAGS.VM") == 0;
}

static void
test_complete (void)
{
  const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                  mos_vmx_guest_checks };

  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const MosVmxCheck *row = tables[t]; row->name != NULL; row++) {
      gboolean found = is_excused (row->name);

      for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        found = found || strcmp (cases[i].check, row->name) == 0;
      if (!found)
        g_error ("no case violates \"%s\"", row->name);
    }
}

/* Rows are run only if a field they look at was written: each case's fields
 * must be among those its check looks at. */
static void
test_groups (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                    mos_vmx_guest_checks };
    guint              groups = MOS_VMCS_CHECK_AROUND;
    gboolean           found = FALSE;
    World              w;

    world_init (&w, cases[i].base);
    for (guint k = 0; k < G_N_ELEMENTS (cases[i].changes); k++) {
      guint field = cases[i].changes[k].field;

      set (&w, field, cases[i].changes[k].value);
      if (field < MOS_VMCS_SLOTS)
        groups |= mos_vmcs_fields[field].checks;
    }
    for (guint t = 0; t < G_N_ELEMENTS (tables); t++) {
      const MosVmxCheck *row = mos_vmx_check (tables[t], &w.in, groups);

      found = found || (row != NULL && strcmp (row->name, cases[i].check) == 0);
    }
    if (!found)
      g_error ("\"%s\" does not look at what case %u writes", cases[i].check,
               i);
  }
}

static void
test_vm_flag (void)
{
  World w;

  world_init (&w, REAL);
  set (&w, F (GUEST_RFLAGS), MOS_RFLAGS_ONE | MOS_RFLAGS_VM);
  set_segments (&w, 0xf3, 0xf3, 0xffff);
  g_assert_cmpstr (
      mos_vmx_check (mos_vmx_guest_checks, &w.in, MOS_VMCS_CHECK_POINT)->name,
      ==, "RFLAGS.VM");
}

static void
test_msrs (void)
{
  g_assert_true (mos_vmx_msr_loadable (MOS_MSR_EFER, 0));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_EFER, 1));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_FS_BASE, 0));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_GS_BASE, 0));
  g_assert_false (mos_vmx_msr_loadable (0x808, 0));
  g_assert_true (mos_vmx_msr_storable (MOS_MSR_GS_BASE, 0));
  g_assert_false (mos_vmx_msr_storable (0x808, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/check/valid", test_valid);
  g_test_add_func ("/vmx/check/alone", test_alone);
  g_test_add_func ("/vmx/check/complete", test_complete);
  g_test_add_func ("/vmx/check/groups", test_groups);
  g_test_add_func ("/vmx/check/vm-flag", test_vm_flag);
  g_test_add_func ("/vmx/check/msrs", test_msrs);
  return g_test_run ();
}
