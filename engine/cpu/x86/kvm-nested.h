/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What Linux KVM tells of a guest hypervisor and its guest.
 *
 * KVM_GET_NESTED_STATE gives a header of 128 bytes and behind it the control
 * block: the VMCB as AMD has it, or a VMCS in a layout of the kernel's own,
 * which is stable since machines are migrated with it. Both become what the
 * tables of vmcb.h and vmcs.h describe, as the software CPU has them. The bytes
 * may come from a file: nothing is believed that does not fit.
 *
 * Pure functions; any thread. Kernel documentation, "KVM_GET_NESTED_STATE".
 */
#pragma once

#include "engine/cpu/nested.h"
#include "engine/cpu/x86/vmcb.h"
#include "engine/cpu/x86/vmcs.h"

G_BEGIN_DECLS

#define MOS_KVM_NESTED_HEAD_BYTES 128u
/* Header and the most that may follow: a VMCS and its shadow. */
#define MOS_KVM_NESTED_MAX_BYTES (128u + 2u * 4096u)
#define MOS_KVM_NESTED_NO_BLOCK  G_MAXUINT64

typedef struct {
  MosCpuVendor vendor;
  gboolean     guest_mode;  /* the hypervisor's guest runs, or is about to */
  gboolean     run_pending; /* it has not executed its first instruction */
  gboolean     gif;         /* AMD: the global interrupt flag */
  guint64      vmxon;       /* Intel: the VMXON region; or …_NO_BLOCK */
  guint64      block; /* VMCB of the guest, current VMCS; or …_NO_BLOCK */
  gboolean     has_control; /* the next is filled in: */
  union {
    guint8  vmcb[MOS_VMCB_BYTES]; /* state-save area only if run_pending */
    MosVmcs vmcs;
  } control;
} MosKvmNested;

/* FALSE: this is no nested state, or one in a form we do not know. */
gboolean
mos_kvm_nested_parse (MosKvmNested *self, gconstpointer data, gsize size);

/* Fills in @data, of at least MOS_KVM_NESTED_HEAD_BYTES: no guest, GIF set, not
 * in VMX operation. Returns its size. */
gsize mos_kvm_nested_write_none (MosCpuVendor vendor, gpointer data);

/* What a discovery of guests wants to know, if one is in guest mode: FALSE if
 * not. @rip and @cr3 are the processor's own, which are the guest's then. */
gboolean mos_kvm_nested_entry (const MosKvmNested *self,
                               guint64             rip,
                               guint64             cr3,
                               MosNestedEntry     *entry);

/* Several lines for people, each field of the control block that is not 0. */
char *mos_kvm_nested_describe (const MosKvmNested *self);

/* A VMCS in the kernel's layout (4096 bytes); FALSE if its revision is not the
 * one we know. */
gboolean mos_kvm_vmcs_load (MosVmcs *self, gconstpointer vmcs12);

G_END_DECLS
