/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every check of a VM entry and what violates it alone, for the pure functions
 * and for the processor.
 *
 * Four VMCSs pass: a 64-bit guest, a 32-bit one with PAE paging, one in
 * virtual-8086 mode and an unrestricted one in real mode. A case changes a few
 * fields of one of them, or what lies elsewhere.
 */
#pragma once

#include "engine/cpu/x86/vmx-check.h"

typedef enum {
  VMX_LONG,
  VMX_PAE,
  VMX_V86,
  VMX_REAL
} VmxBase;

/* Behind the fields: what lies elsewhere. */
enum {
  VMX_VTPR = MOS_VMCS_SLOTS,
  VMX_LINK_WORD,
  VMX_PDPTE_3,
  VMX_LONG_MODE,
  VMX_NO_FIELD
};

typedef struct {
  guint   field;
  guint64 value;
} VmxChange;

typedef struct {
  const char *check;
  VmxBase     base;
  VmxChange   changes[5];
} VmxCase;

extern const VmxCase vmx_cases[];
extern const guint   vmx_n_cases;

/* The capabilities that cases are written for. */
void vmx_case_caps (MosVmxCaps *caps);
/* A VMCS that passes. */
void vmx_case_base (MosVmcs *vmcs, const MosVmxCaps *caps, VmxBase base);
