/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A host with AMD-V and one guest, both a few bytes.
 *
 * The host is 64-bit code at RIG_HOST that executes VMRUN and then HLT. The
 * guest is 64-bit code at RIG_GUEST with identity page tables of its own and
 * identity nested tables, in a VMCB at RIG_VMCB that is valid; tests change
 * one thing and look at the exit.
 */
#pragma once

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/vmcb.h"
#include "tests/cpu/soft-machine.h"

#define RIG_RAM     (8u << 20)
#define RIG_HOST    0x10000u
#define RIG_GUEST   0x20000u
#define RIG_IDT     0x22000u /* of the guest; handlers: HLT at RIG_HANDLER + n */
#define RIG_HANDLER 0x24000u
#define RIG_GDT     0x25000u
#define RIG_STACK   0x28000u
#define RIG_DATA    0x400000u /* in a 2 MiB page of its own */
#define RIG_VMCB    0x30000u
#define RIG_IOPM    0x34000u
#define RIG_MSRPM   0x38000u
#define RIG_NPT     0x40000u /* PML4, PDPT, PD; PTEs of the first 2 MiB */

typedef struct {
  SoftMachine m;
  guint8     *vmcb;
  guint8     *ram;
} SvmRig;

void svm_rig_init (SvmRig *self, struct MosNestedObserver *observer);
void svm_rig_clear (SvmRig *self);

/* Sets bits in a 32-bit word of the VMCB. */
void    svm_rig_or (SvmRig *self, guint offset, guint32 bits);
void    svm_rig_put (SvmRig *self, guint offset, guint64 value);
guint64 svm_rig_get (SvmRig *self, guint offset);

/* The guest's code; it ends with VMMCALL, which always leaves. */
void svm_rig_code (SvmRig *self, const void *code, gsize size);

/* The host executes VMRUN and what follows up to HLT. Returns EXITCODE. */
guint64 svm_rig_run (SvmRig *self);
/* The same with other host code, from RIG_HOST. */
guint64 svm_rig_run_host (SvmRig *self, const void *code, gsize size);

/* The nested entry of a 4 KiB page below 2 MiB, or of the 2 MiB page. */
guint64 *svm_rig_npte (SvmRig *self, guint64 gpa);
