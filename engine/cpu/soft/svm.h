/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V on one processor: what the instructions of exec/svm.c do.
 *
 * AMD64 APM volume 2, "Secure Virtual Machine".
 */
#pragma once

#include "engine/cpu/soft/guest.h"

G_BEGIN_DECLS

extern const MosGuestOps mos_svm_ops;

/* VMRUN of the VMCB at physical @vmcb, a page of memory; RIP stands behind the
 * instruction already, which is accounted. May fault into the new guest. */
void mos_svm_run (MosSoftCpu *cpu, guint64 vmcb);

/* Host address of the page at physical @address for a VMCB, and its flags;
 * NULL: not aligned, too high, or no memory (#GP). */
guint8 *mos_svm_page (MosSoftCpu *cpu, guint64 address, guint8 **flags);

/* Where the running instruction's VMCB operand is, for VMLOAD and VMSAVE: the
 * same, but a guest's address if the guest may use its own. Faults. */
guint8 *mos_svm_operand (MosSoftCpu   *cpu,
                         const MosUop *op,
                         guint64       address,
                         gboolean      write,
                         guint8      **flags);
void    mos_svm_vmload (MosSoftCpu *cpu, const guint8 *vmcb);
void    mos_svm_vmsave (MosSoftCpu *cpu, guint8 *vmcb);

/* STGI, CLGI: of the guest, if it has a flag of its own. */
void mos_svm_set_gif (MosSoftCpu *cpu, gboolean on);

G_END_DECLS
