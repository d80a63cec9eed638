/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a processor with AMD-V or VT-x tells of its guest mode.
 *
 * The processor is level 0 and sees one world switch at a time: level 1 enters
 * a control block (a VMCB or a VMCS), something makes it leave again. That is
 * enough to reconstruct the whole hierarchy below, which is the business of
 * engine/nested; the processor only reports. Both vendors report alike.
 *
 * Addresses are physical ones of the machine, as level 1 writes them.
 *
 * Threads: the functions are called on the vCPU's thread, for different vCPUs
 * at the same time. They are on the path of every world switch: they neither
 * block nor allocate (AMD64 manual volume 2, "Secure Virtual Machine"; Intel
 * SDM volume 3, "Introduction to Virtual Machine Extensions").
 */
#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

/* How a guest's processor works (AMD64 manual volume 2, "Operating Modes"). */
typedef enum {
  MOS_GUEST_MODE_UNKNOWN,
  MOS_GUEST_MODE_REAL,
  MOS_GUEST_MODE_VIRTUAL_8086,
  MOS_GUEST_MODE_PROTECTED,
  MOS_GUEST_MODE_COMPATIBILITY,
  MOS_GUEST_MODE_LONG, /* 64-bit code */
  MOS_N_GUEST_MODES
} MosGuestMode;

/* From CR0.PE, EFER.LMA, CS.L and RFLAGS.VM. */
static inline MosGuestMode
mos_guest_mode (gboolean pe, gboolean lma, gboolean l, gboolean vm)
{
  if (!pe)
    return MOS_GUEST_MODE_REAL;
  if (lma)
    return l ? MOS_GUEST_MODE_LONG : MOS_GUEST_MODE_COMPATIBILITY;
  return vm ? MOS_GUEST_MODE_VIRTUAL_8086 : MOS_GUEST_MODE_PROTECTED;
}

/* Guest mode begins: VMRUN, VMLAUNCH or VMRESUME succeeded. */
typedef struct {
  MosCpuVendor vendor;
  guint64      block; /* of the VMCB, or of the VMCS region */
  guint64      root;  /* nCR3 or the table in EPTP; with paging nested */
  gboolean     nested_paging;
  guint32      space;    /* ASID or VPID */
  guint64      rip;      /* first guest instruction */
  guint64      cr3;      /* the guest's own */
  guint64      host_cr3; /* of level 1, when it entered */
  MosGuestMode mode;
  guint64      instructions; /* retired by this vCPU so far */
} MosNestedEntry;

/* Guest mode ended, or (@failed) did not begin and level 1 learns why. */
typedef struct {
  MosExitReason reason;  /* what both vendors call alike */
  guint64       code;    /* EXITCODE, or the basic exit reason */
  guint64       info1;   /* EXITINFO1, or the exit qualification */
  guint64       info2;   /* EXITINFO2, or the guest-physical address */
  guint64       rip;     /* of the guest, where it left */
  guint64       operand; /* of an entry instruction that left (reason
                          * MOS_EXIT_ENTRY): RAX of VMRUN, the operand of
                          * VMPTRLD or VMCLEAR; else 0 */
  gboolean failed;       /* VMEXIT_INVALID, a failed VM entry */
  guint64  instructions;
} MosNestedExit;

/*
 * Whoever wants to know; embedded by the implementer. All functions but the
 * last are set. It outlives the processors it was given to
 * (MosCpusSpec.observer).
 */
struct MosNestedObserver {
  /* Returns MOS_N_EXITS counters, written on the vCPU's thread with relaxed
   * atomics, in which the processor counts what it handles itself (level 0)
   * until @left is called; they stay valid as long as the observer. Or NULL. */
  guint64 *(*entered) (MosNestedObserver    *self,
                       MosVcpu              *vcpu,
                       const MosNestedEntry *entry);
  void (*left) (MosNestedObserver   *self,
                MosVcpu             *vcpu,
                const MosNestedExit *exit);
  /* The vCPU lost its guest mode without an exit: reset, INIT, a loaded
   * state, VMXOFF, EFER.SVME cleared. */
  void (*forgot) (MosNestedObserver *self, MosVcpu *vcpu);
  /* For a processor that cannot tell of each world switch: it was looked at
   * for a moment, and was in the guest of @entry, or (NULL) in none. Such a
   * processor calls none of the others. */
  void (*sampled) (MosNestedObserver    *self,
                   MosVcpu              *vcpu,
                   const MosNestedEntry *entry);
  /* The level of the guest that is in guest mode, 2 or deeper; the vCPU's
   * thread, and only while somebody traces. Optional. */
  guint (*level) (MosNestedObserver *self, MosVcpu *vcpu);
};

G_END_DECLS
