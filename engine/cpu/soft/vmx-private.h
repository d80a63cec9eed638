/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of VT-x share.
 *
 *   vmx.c        the processor's VT-x: capabilities, reset, saving, the table
 *                of guest.h
 *   vmx-insns.c  VMXON to VMXOFF: the instructions in root operation
 *   vmx-entry.c  VM entries
 *   vmx-exit.c   VM exits, and what is saved and loaded by them
 *   vmx-gate.c   which instructions of a guest leave it
 *   vmx-events.c interrupts, exceptions, windows, timers in guest mode
 *   vmx-ept.c    nested page tables, the APIC-access page
 *
 * The current VMCS is kept here, decoded, and goes back to guest memory when
 * another becomes current or it is cleared.
 *
 * Threads: the vCPU's own, but for the preemption timer's callback.
 */
#pragma once

#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/vmx.h"
#include "engine/cpu/x86/vmx-check.h"

G_BEGIN_DECLS

/* Of GUEST_INTERRUPTIBILITY. */
enum {
  MOS_VMX_BLOCK_STI = 1 << 0,
  MOS_VMX_BLOCK_MOV_SS = 1 << 1,
  MOS_VMX_BLOCK_NMI = 1 << 3
};

/* Event types of the interruption-information formats. */
enum {
  MOS_VMX_EVENT_EXTERNAL,
  MOS_VMX_EVENT_NMI = 2,
  MOS_VMX_EVENT_HARDWARE,
  MOS_VMX_EVENT_SOFTWARE,
  MOS_VMX_EVENT_PRIVILEGED,
  MOS_VMX_EVENT_SOFTWARE_EXCEPTION,
  MOS_VMX_EVENT_OTHER
};

#define MOS_VMX_EVENT_ERROR (1u << 11)
#define MOS_VMX_EVENT_VALID (1u << 31)

/* The preemption timer counts ticks of a 1 GHz counter, shifted by this. */
#define MOS_VMX_TIMER_SHIFT 5u

/* Worlds of guests without a VPID; behind the 16-bit VPIDs. */
#define MOS_VMX_NO_VPID 0x10000u

/* Entries of an MSR area, as VMX_MISC says; more are not loaded. */
#define MOS_VMX_MAX_MSRS 512u

/* A check that is made at every entry, and what its failure is. */
typedef struct {
  const MosVmxCheck *check;
  MosVmxError        error; /* 0: the entry fails with an exit */
} MosVmxRecheck;

#define MOS_VMX_MAX_RECHECKS 8u

/* Encodings of whole fields with an index below 64, put together: what nearly
 * every VMREAD and VMWRITE names. */
#define MOS_VMX_QUICK_BITS G_GUINT64_CONSTANT (0x6c7e)
#define MOS_VMX_N_QUICK    1024u
#define MOS_VMX_NOT_QUICK  0xffu /* ask the slow way */
G_STATIC_ASSERT (MOS_VMCS_SLOTS < MOS_VMX_NOT_QUICK);

typedef struct {
  MosVmxCaps    caps;
  MosVmxRecheck rechecks[MOS_VMX_MAX_RECHECKS];
  guint         n_rechecks;
  gboolean      on;                  /* VMX operation */
  gboolean      aborted;             /* an exit could not be done: shut down */
  guint64       vmxon;               /* the VMXON region */
  guint64       current;             /* MOS_VMCS_NONE: none */
  MosVmcs       vmcs;                /* what @current holds */
  guint         written;             /* MOS_VMCS_CHECK_… of fields to check */
  gboolean      has[MOS_VMCS_SLOTS]; /* fields this processor has */
  guint8        quick[MOS_VMX_N_QUICK]; /* slots, by mos_vmx_quick() */
  guint         debugctl_row;           /* of mos_msrs */
  guint         pat_row;

  /* In guest mode. */
  guint64  operand;     /* of the instruction that leaves: VMPTRLD, VMCLEAR */
  gboolean tpr_fell;    /* below the threshold: leave at the next boundary */
  gint64   deadline_ns; /* of the preemption timer, machine clock */
  guint64  pause_last;  /* time-stamps for PAUSE-loop exiting */
  guint64  pause_first;
  MosTimer timer;
} MosVmx;

/* Where @encoding stands in MosVmx.quick; it has no bits but
 * MOS_VMX_QUICK_BITS. */
static inline guint
mos_vmx_quick (guint64 encoding)
{
  return (guint) ((encoding >> 1 & 0x3f) | (encoding >> 4 & 0xc0) |
                  (encoding >> 5 & 0x300));
}

static inline MosVmx *
mos_vmx (MosSoftCpu *cpu)
{
  return cpu->guest.vendor;
}

static inline guint64
mos_vmx_field (MosSoftCpu *cpu, MosVmcsField field)
{
  return mos_vmx (cpu)->vmcs.field[field];
}

static inline gboolean
mos_vmx_control (MosSoftCpu *cpu, MosVmxControl control)
{
  return mos_vmcs_on (&mos_vmx (cpu)->vmcs, control);
}

/* The interrupt shadow the instruction at hand was begun in, RIP back at it. */
static inline guint
mos_vmx_shadow (const MosSoftCpu *cpu)
{
  return cpu->shadow |
         (cpu->budget == cpu->guest.shadow_budget ? cpu->guest.shadow : 0u);
}

/* Machine-physical memory: host address of @size bytes within a page, or NULL
 * if it is not RAM. After writing call mos_vmx_wrote(). */
guint8 *mos_vmx_ram (MosSoftCpu *cpu, guint64 address, guint size);
void    mos_vmx_wrote (MosSoftCpu *cpu, guint64 address);
/* Ones where there is no memory. */
guint64 mos_vmx_read (MosSoftCpu *cpu, guint64 address, guint size);

/* Puts the current VMCS back into memory; it stays current. */
void mos_vmx_store_current (MosSoftCpu *cpu);

/* Whether an address may be that of a VMXON region or a VMCS. */
gboolean mos_vmx_region_valid (MosSoftCpu *cpu, guint64 address);

/* Finds the checks that look at more than the VMCS. */
void mos_vmx_collect_rechecks (MosVmx *vmx);

/* What follows from the controls: intercepts, masks, offsets; after an entry
 * and after a saved guest mode was loaded. */
void mos_vmx_arm (MosSoftCpu *cpu);

/* vmx-insns.c: the conventions of success and failure. */
void mos_vmx_succeed (MosSoftCpu *cpu);
void mos_vmx_fail (MosSoftCpu *cpu, MosVmxError error);
void mos_vmx_fail_invalid (MosSoftCpu *cpu);

/* vmx-entry.c: VMLAUNCH and VMRESUME after the checks for #UD and #GP. */
void mos_vmx_entry (MosSoftCpu *cpu, gboolean launch);
/* What the observer is told of an entry. */
void mos_vmx_describe (MosSoftCpu *cpu, MosNestedEntry *entry);
/* Where translations of the guest are kept. */
void mos_vmx_enter_world (MosSoftCpu *cpu);
/* The segment register from its access rights. */
void
mos_vmx_load_segment (MosSegment *seg, const MosVmcs *vmcs, MosSegIndex index);

/*
 * vmx-exit.c. RIP and the block's count stand where the guest is to go on:
 * mos_guest_stop_at() was called if an instruction is at hand. Whatever else
 * an exit tells (address, event, length, operands) is in the VMCS already.
 */
void mos_vmx_exit (MosSoftCpu *cpu, MosVmxExit reason, guint64 qualification);
/* With the length of @op, which is at RIP. */
void mos_vmx_exit_op (MosSoftCpu   *cpu,
                      const MosUop *op,
                      MosVmxExit    reason,
                      guint64       qualification);
/* An entry that failed behind its checks: the host's state is loaded. */
void mos_vmx_entry_failed (MosSoftCpu           *cpu,
                           MosVmxExit            reason,
                           guint64               qualification,
                           const MosNestedEntry *entry);

/* vmx-gate.c */
MosGateResult
mos_vmx_instruction (MosSoftCpu *cpu, const MosUop *op, MosIntercept what);
/* The intercepts that controls ask for. */
void mos_vmx_set_intercepts (MosSoftCpu *cpu);
/* VTPR changed. */
void   mos_vmx_tpr_changed (MosSoftCpu *cpu);
guint8 mos_vmx_get_vtpr (MosSoftCpu *cpu);
void   mos_vmx_set_vtpr (MosSoftCpu *cpu, guint8 value);

/* vmx-info.c: instruction information and displacements of operands. */
guint32 mos_vmx_info_memory (MosSoftCpu *cpu, const MosUop *op);
guint64 mos_vmx_displacement (MosSoftCpu *cpu, const MosUop *op);
/* Where VMREAD and VMWRITE go in a guest: the shadow VMCS's field, or NULL if
 * they leave. */
guint64 *mos_vmx_shadow_field (MosSoftCpu *cpu, int field);

/* vmx-events.c */
gboolean mos_vmx_exception (MosSoftCpu     *cpu,
                            const MosFault *fault,
                            MosDeliveryKind kind,
                            guint           len);
void     mos_vmx_events (MosSoftCpu *cpu, guint pending, guint held);
void     mos_vmx_start_timer (MosSoftCpu *cpu, guint64 value);
void     mos_vmx_stop_timer (MosSoftCpu *cpu);
/* What is left of it, in its units. */
guint64 mos_vmx_timer_left (MosSoftCpu *cpu);
/* An interruption-information field. */
guint32 mos_vmx_event_info (const MosDelivery *event);

/* vmx-ept.c */
gboolean mos_vmx_translate (MosSoftCpu    *cpu,
                            guint64        gpa,
                            guint64        linear,
                            guint          access,
                            MosNestedPage *page);
void     mos_vmx_nested_fault (MosSoftCpu *cpu);
void     mos_vmx_apic_access (MosSoftCpu   *cpu,
                              const MosUop *op,
                              guint64       address,
                              guint64      *value,
                              guint         size,
                              gboolean      write);

G_END_DECLS
