/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The one canonical state of an x86-64 processor.
 *
 * Both backends can give and take all of it, so a machine saved on one goes on
 * with the other. Values are architectural: segment attributes decoded, flags
 * materialised, the FPU as an XSAVE image in standard format (Intel SDM
 * volume 1, "Managing State Using the XSAVE Feature Set").
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_RAX,
  MOS_RCX,
  MOS_RDX,
  MOS_RBX,
  MOS_RSP,
  MOS_RBP,
  MOS_RSI,
  MOS_RDI,
  MOS_R8,
  MOS_R9,
  MOS_R10,
  MOS_R11,
  MOS_R12,
  MOS_R13,
  MOS_R14,
  MOS_R15,
  MOS_N_GPRS
} MosGpr;

/* Instruction encoding order. */
typedef enum {
  MOS_SEG_ES,
  MOS_SEG_CS,
  MOS_SEG_SS,
  MOS_SEG_DS,
  MOS_SEG_FS,
  MOS_SEG_GS,
  MOS_SEG_LDTR,
  MOS_SEG_TR,
  MOS_N_SEGS
} MosSegIndex;

typedef struct {
  guint64 base;
  guint32 limit; /* in bytes, granularity applied */
  guint16 selector;
  guint8  type;    /* four bits of the descriptor */
  guint8  s;       /* 1: code or data */
  guint8  dpl;     /* 0 to 3 */
  guint8  present; /* P */
  guint8  avl;
  guint8  l;        /* 64-bit code */
  guint8  db;       /* default size */
  guint8  g;        /* granularity */
  guint8  unusable; /* loaded with a null selector */
} MosSegment;

typedef struct {
  guint64 base;
  guint16 limit;
} MosTableRegister;

/* Whether the processor executes; as INIT-SIPI sees it. */
typedef enum {
  MOS_MP_RUNNABLE,
  MOS_MP_WAIT_FOR_SIPI, /* after reset or INIT, not the boot processor */
  MOS_MP_HALTED,        /* HLT or MWAIT */
  MOS_MP_SHUTDOWN       /* triple fault */
} MosMpState;

typedef struct {
  guint32 index;
  guint64 value;
} MosMsrEntry;

#define MOS_STATE_MAX_MSRS 128
#define MOS_XSAVE_BYTES    4096
#define MOS_LAPIC_BYTES    1024

/* What was on its way into the guest when it stopped. */
typedef struct {
  gboolean exception_pending;
  guint8   exception_vector;
  gboolean exception_has_error;
  guint32  exception_error;
  gboolean interrupt_injected; /* acknowledged but not yet delivered */
  gboolean interrupt_soft;
  guint8   interrupt_vector;
  guint8   interrupt_shadow; /* bit 0: MOV SS, bit 1: STI */
  gboolean nmi_pending;
  gboolean nmi_injected;
  gboolean nmi_masked; /* until IRET */
  gboolean smi_pending;
  gboolean in_smm;
  guint8   sipi_vector; /* with MOS_MP_WAIT_FOR_SIPI and sipi_pending */
  gboolean sipi_pending;
} MosPendingEvents;

struct MosCpuState {
  guint64          gpr[MOS_N_GPRS];
  guint64          rip;
  guint64          rflags;
  MosSegment       seg[MOS_N_SEGS];
  MosTableRegister gdt;
  MosTableRegister idt;
  guint64          cr0, cr2, cr3, cr4, cr8;
  guint64          xcr0;
  guint64          efer;
  guint64          apic_base;
  guint64          dr[4];
  guint64          dr6, dr7;
  guint64          pdptr[4]; /* PAE: the loaded page-directory pointers */
  gboolean         pdptr_valid;

  /* Standard-format XSAVE area, the first xsave_bytes of it valid. */
  guint8  xsave[MOS_XSAVE_BYTES];
  guint32 xsave_bytes; /* 512: only an FXSAVE image; at least 576 else */

  /* The local APIC's registers as one page has them, 16 bytes apart
   * (Intel SDM volume 3, "Local APIC Registers"). */
  guint8 lapic[MOS_LAPIC_BYTES];
  gint64 lapic_timer_deadline_ns; /* machine clock; G_MAXINT64: not running */

  MosMsrEntry msrs[MOS_STATE_MAX_MSRS]; /* from the MSR table, incl. TSC */
  guint       n_msrs;

  MosMpState       mp_state;
  MosPendingEvents pending;

  /* KVM_GET_NESTED_STATE or the software CPU's equivalent; NULL if the guest
   * does not nest at the moment. Owned. */
  GBytes *nested;
};

typedef struct MosCpuState MosCpuState;

/* The state after RESET# of processor @apic_id: Intel SDM volume 3,
 * "Processor State After Reset". @boot: runs at 0xfffffff0 and takes external
 * interrupts at LINT0; others wait for INIT and SIPI. */
void mos_cpu_state_reset (MosCpuState *self, guint apic_id, gboolean boot);
void mos_cpu_state_clear (MosCpuState *self);

/* The MSR's entry, added with 0 if there is none and room; or NULL. */
MosMsrEntry *mos_cpu_state_msr (MosCpuState *self, guint32 index);

/* a{sv}, a full reference; and back: all or nothing, MOS_ERROR_SYNTAX if it
 * cannot be a processor's state. */
GVariant *mos_cpu_state_save (const MosCpuState *self);
gboolean
mos_cpu_state_load (MosCpuState *self, GVariant *state, GError **error);

/* Several lines for people: registers, segments, control registers. */
char *mos_cpu_state_describe (const MosCpuState *self);

G_END_DECLS
