/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The checks of a VM entry, one row each.
 *
 * Each row is a pure function of the VMCS, the capabilities and the little
 * that lies elsewhere in memory. The processor runs only rows that look at
 * fields written since the last entry; which those are, the field table says.
 *
 * Tables and pure functions; any thread. Intel SDM volume 3, "Checks on VMX
 * Controls and Host-State Area" and "Checking and Loading Guest State".
 */
#pragma once

#include "engine/cpu/x86/vmx.h"

G_BEGIN_DECLS

/* What the checks look at. */
typedef struct {
  const MosVmcs    *vmcs;
  const MosVmxCaps *caps;
  guint64           address;       /* of the VMCS, physical */
  gboolean          long_mode;     /* EFER.LMA of the hypervisor */
  guint8            vtpr;          /* of the virtual-APIC page, offset 0x80 */
  guint32           link_revision; /* first word where the link points */
  guint64           pdpte[4];      /* at the guest's CR3; for PAE without EPT */
} MosVmxCheckInput;

typedef struct MosVmxCheck MosVmxCheck;

struct MosVmxCheck {
  const char *name; /* stable, for tests and traces; NULL: end of the table */
  gboolean (*holds) (const MosVmxCheckInput *in);
  guint16 looks;         /* MOS_VMCS_CHECK_… of the fields it depends on */
  guint16 qualification; /* of the exit if it fails; guest checks only */
};

extern const MosVmxCheck mos_vmx_control_checks[]; /* fail with error 7 */
extern const MosVmxCheck mos_vmx_host_checks[];    /* fail with error 8 */
extern const MosVmxCheck mos_vmx_guest_checks[];   /* fail with exit 33 */

/* The first row of @table that looks at one of @groups and does not hold, or
 * NULL. */
const MosVmxCheck *mos_vmx_check (const MosVmxCheck      *table,
                                  const MosVmxCheckInput *in,
                                  guint                   groups);

/* Whether an entry would take @eptp: INVEPT asks, too. */
gboolean mos_vmx_eptp_valid (const MosVmxCaps *caps, guint64 eptp);

/* Whether an entry of the MSR-load area may name register @index with
 * @reserved in its second word; what the register says to the value comes on
 * top of it. */
gboolean mos_vmx_msr_loadable (guint32 index, guint32 reserved);
/* The same for the MSR-store area. */
gboolean mos_vmx_msr_storable (guint32 index, guint32 reserved);

/* Whether the guest will use PAE paging: page-directory pointers matter. */
gboolean mos_vmx_guest_uses_pae (const MosVmcs *vmcs);

/* What both files of checks use. */
static inline guint64
mos_vmx_get (const MosVmxCheckInput *in, MosVmcsField field)
{
  return in->vmcs->field[field];
}

static inline gboolean
mos_vmx_on (const MosVmxCheckInput *in, MosVmxControl control)
{
  return mos_vmcs_on (in->vmcs, control);
}

static inline gboolean
mos_vmx_canonical (guint64 address)
{
  return (guint64) ((gint64) (address << 16) >> 16) == address;
}

/* A physical address the processor has, aligned to @alignment bytes. */
static inline gboolean
mos_vmx_address (const MosVmxCheckInput *in, guint64 gpa, guint64 alignment)
{
  return (gpa & (alignment - 1)) == 0 && (gpa >> in->caps->phys_bits) == 0;
}

static inline gboolean
mos_vmx_pat_valid (guint64 pat)
{
  for (guint i = 0; i < 8; i++, pat >>= 8)
    if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
      return FALSE;
  return TRUE;
}

G_END_DECLS
