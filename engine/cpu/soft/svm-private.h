/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V between its own files: svm.c (world switch), svm-state.c (loading,
 * checking, saving), svm-exits.c (who leaves and why), svm-nested.c (nested
 * paging).
 */
#pragma once

#include "engine/cpu/soft/svm.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/vmcb.h"

G_BEGIN_DECLS

/* What VMRUN puts away and #VMEXIT brings back. Real processors keep it in
 * the page of VM_HSAVE_PA, in a form of their own. */
typedef struct {
  MosSegment       seg[4]; /* ES, CS, SS, DS */
  MosTableRegister gdt, idt;
  guint64          efer, cr0, cr3, cr4, pat;
  guint64          pdptr[4];
  guint64          rflags; /* whole */
  guint64          rip, rsp, rax;
} MosSvmHost;

/* A nested translation that was walked before. */
typedef struct {
  guint64  page;  /* guest-physical */
  guint64  stamp; /* of its world; 0: none */
  guint64  address;
  gboolean writable, executable;
} MosSvmPage;

#define MOS_SVM_PAGES 1024u

typedef struct {
  gboolean   gif;
  guint64   *pat; /* the register, in cpu->msr */
  guint64    cr4_known, efer_known;
  guint8     reasons[0x100];          /* MosExitReason by exit code */
  guint8     codes[MOS_N_INTERCEPTS]; /* exit codes of instructions */
  MosSvmHost host;

  /* While a guest runs. */
  guint64 vmcb;                          /* where it came from */
  guint8  control[MOS_VMCB_CONTROL_END]; /* as VMRUN read it */
  guint64 vintr;                         /* VINTR as it is now */
  guint32 misc1, misc2;
  guint64 nrip;        /* behind the instruction that leaves, or 0 */
  gint32  pauses_left; /* before PAUSE leaves */
  gint64  pause_at;    /* budget at the last PAUSE */

  MosSvmPage pages[MOS_SVM_PAGES];

  /* Intercept words that cpu->guest.intercepts was made from last. */
  guint32 made_from[6];
  guint64 made[2];
} MosSvm;

static inline MosSvm *
mos_svm (MosSoftCpu *cpu)
{
  return cpu->guest.vendor;
}

/* The bits that must not be in VMRUN's registers; svm-state.c. TRUE: all
 * consistency checks pass. */
gboolean mos_svm_check (MosSoftCpu *cpu, const guint8 *vmcb);
/* Loads the guest's registers, and stores them. */
void mos_svm_load_guest (MosSoftCpu *cpu, const guint8 *vmcb);
void mos_svm_store_guest (MosSoftCpu *cpu, guint8 *vmcb);
void mos_svm_save_host (MosSoftCpu *cpu);
void mos_svm_load_host (MosSoftCpu *cpu);

/* cpu->guest from the control area in self->control. */
void mos_svm_arm (MosSoftCpu *cpu);

/* #VMEXIT; RIP is at the place to report. */
void mos_svm_exit (MosSoftCpu *cpu, guint64 code, guint64 info1, guint64 info2);

/* An event in the form of EVENTINJ; and back. FALSE: not a valid one. */
guint64  mos_svm_event_pack (const MosDelivery *event);
gboolean mos_svm_event_unpack (guint64 info, MosDelivery *event);

/* svm-exits.c: entries of MosGuestOps. */
MosGateResult
mos_svm_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what);
gboolean mos_svm_exception (MosSoftCpu     *cpu,
                            const MosFault *fault,
                            MosDeliveryKind kind,
                            guint           len);
void     mos_svm_events (MosSoftCpu *cpu, guint pending, guint held);
void     mos_svm_task_switch (MosSoftCpu    *cpu,
                              const MosUop  *op,
                              guint          how,
                              guint16        selector,
                              const guint32 *error_code);

/* svm-nested.c */
gboolean mos_svm_translate (MosSoftCpu    *cpu,
                            guint64        gpa,
                            guint64        linear,
                            guint          access,
                            MosNestedPage *page);
void     mos_svm_nested_fault (MosSoftCpu *cpu);

/* svm-saved.c: MosCpuState.nested. */
GBytes  *mos_svm_save (MosSoftCpu *cpu);
gboolean mos_svm_load (MosSoftCpu *cpu, GBytes *saved);

G_END_DECLS
