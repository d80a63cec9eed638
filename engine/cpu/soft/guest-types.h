/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a processor carries for guest mode, whichever vendor's.
 *
 * A processor that does not nest has a zeroed MosGuest and pays for it with
 * nothing: guest mode is part of a block's key, so only blocks of nested
 * guests contain gates, and all else is looked at on slow paths. guest.h says
 * how the two vendors use this.
 *
 * Threads: the vCPU's own.
 */
#pragma once

#include <glib.h>

#include "engine/cpu/state.h"
#include "engine/cpu/x86/instructions.h"

G_BEGIN_DECLS

typedef struct MosSoftCpu  MosSoftCpu;
typedef struct MosUop      MosUop;
typedef struct MosGuestOps MosGuestOps;

/* How an event comes into the processor. */
typedef enum {
  MOS_DELIVERY_NONE,
  MOS_DELIVERY_INTERRUPT, /* external */
  MOS_DELIVERY_NMI,
  MOS_DELIVERY_EXCEPTION,
  MOS_DELIVERY_SOFTWARE,           /* INT n */
  MOS_DELIVERY_SOFTWARE_EXCEPTION, /* INT3, INTO */
  MOS_DELIVERY_INT1
} MosDeliveryKind;

/* The event in delivery: what was interrupted if delivering it fails. */
typedef struct {
  MosDeliveryKind kind;
  guint8          vector;
  gboolean        has_error;
  guint32         error;
  guint8          len; /* of the instruction, if software's */
} MosDelivery;

/* An access to guest-physical memory, for nested tables. */
enum {
  MOS_NESTED_READ = 1 << 0,
  MOS_NESTED_WRITE = 1 << 1,
  MOS_NESTED_FETCH = 1 << 2,
  MOS_NESTED_USER = 1 << 3,     /* the guest's access is from level 3 */
  MOS_NESTED_TABLE = 1 << 4,    /* of the guest's own page tables */
  MOS_NESTED_PEEK = 1 << 5,     /* a debugger's: no side effects at all */
  MOS_NESTED_NO_LINEAR = 1 << 6 /* no linear address belongs to it */
};

typedef struct {
  guint64  address;      /* physical of the machine */
  gboolean writable;     /* so, and dirty already where that is kept */
  gboolean virtual_apic; /* each access goes to ops->apic_access */
} MosNestedPage;

/* The access that nested tables did not allow. */
typedef struct {
  guint64  gpa;
  guint64  linear;
  guint    access;        /* MOS_NESTED_… */
  guint64  code;          /* the vendor's: EXITINFO1, exit qualification */
  gboolean misconfigured; /* VT-x: the tables themselves are wrong */
} MosNestedFault;

typedef struct {
  const MosGuestOps *ops;    /* NULL: this processor does not nest */
  gpointer           vendor; /* the ops' own, MosSvm or MosVmx */
  gboolean           active; /* runs under a control block: MOS_KEY_GUEST */

  /* While active. */
  guint64  intercepts[(MOS_N_INTERCEPTS + 63) / 64]; /* by MosIntercept */
  guint32  exceptions;  /* bit n: ops->exception wants to see vector n */
  gboolean paging;      /* guest-physical addresses are translated too */
  gboolean lazy_pdptes; /* PAE: no PDPTE registers, they are walked (AMD) */
  guint64  root;        /* of the nested tables, tells address spaces apart */
  guint64  tsc_offset;  /* added to what RDTSC reads; 0 outside */
  guint64  block;       /* the control block, for the trace */
  guint64 *counters;    /* MOS_N_EXITS of the observer, or NULL */
  gboolean step;        /* MOS_PENDING_GUEST after each instruction */
  gboolean stepped;     /* so it was */
  gboolean debug_first; /* leaving for MOV DR comes before its faults */
  gboolean iret_keeps_nmi; /* IRET lets NMIs stay blocked */

  /* Bits control registers cannot lose (#GP); VMX operation. */
  guint64 cr0_must;
  guint64 cr4_must;

  /* Events that are not taken for now, with or without a guest: SVM's global
   * interrupt flag, VMX operation's INIT. MOS_PENDING_… bits. */
  guint hold;
  guint held; /* those that came meanwhile */

  /* What interrupts were held off by when the block in hand began: still so
   * if the budget has not moved since. */
  guint8 shadow;
  gint64 shadow_budget;

  MosNestedFault fault;
  const MosUop  *op; /* the gated instruction at hand */
  void (*unwind) (MosSoftCpu *cpu);
} MosGuest;

G_END_DECLS
