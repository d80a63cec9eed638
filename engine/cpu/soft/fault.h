/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Faults: how a handler gives up.
 *
 * A fault ends the instruction without its having happened: the caller must
 * not have changed registers or flags yet. The run loop restores RIP and the
 * instruction count from @op and delivers the exception. With @op NULL, RIP
 * is right already (between instructions).
 *
 * Intel SDM volume 3, "Interrupt and Exception Handling".
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

G_BEGIN_DECLS

enum {
  MOS_VECTOR_DE = 0,
  MOS_VECTOR_DB = 1,
  MOS_VECTOR_NMI = 2,
  MOS_VECTOR_BP = 3,
  MOS_VECTOR_OF = 4,
  MOS_VECTOR_BR = 5,
  MOS_VECTOR_UD = 6,
  MOS_VECTOR_NM = 7,
  MOS_VECTOR_DF = 8,
  MOS_VECTOR_TS = 10,
  MOS_VECTOR_NP = 11,
  MOS_VECTOR_SS = 12,
  MOS_VECTOR_GP = 13,
  MOS_VECTOR_PF = 14,
  MOS_VECTOR_MF = 16,
  MOS_VECTOR_AC = 17,
  MOS_VECTOR_MC = 18,
  MOS_VECTOR_XM = 19
};

G_GNUC_NORETURN void
mos_fault (MosSoftCpu *cpu, const MosUop *op, guint vector);
G_GNUC_NORETURN void mos_fault_error (MosSoftCpu   *cpu,
                                      const MosUop *op,
                                      guint         vector,
                                      guint32       error);
G_GNUC_NORETURN void mos_fault_page (MosSoftCpu   *cpu,
                                     const MosUop *op,
                                     guint64       address,
                                     guint32       error);

/* #GP(0), the commonest. */
G_GNUC_NORETURN void mos_fault_gp (MosSoftCpu *cpu, const MosUop *op);
/* #UD. */
G_GNUC_NORETURN void mos_fault_ud (MosSoftCpu *cpu, const MosUop *op);

G_END_DECLS
