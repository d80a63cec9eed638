/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Which instructions the software CPU executes: the families' arrays.
 *
 * Where two have rows for one mnemonic, the earlier is asked first.
 */
#include "engine/cpu/soft/exec/families.h"
#include "engine/cpu/soft/exec/insns.h"

/* clang-format off */
const MosSoftInsn *const mos_soft_insns[] = {
  mos_insns_alu,
  mos_insns_atomic,
  mos_insns_bcd,
  mos_insns_bits,
  mos_insns_branch,
  mos_insns_far,
  mos_insns_io,
  mos_insns_muldiv,
  mos_insns_segment,
  mos_insns_shift,
  mos_insns_stack,
  mos_insns_string,
  mos_insns_svm,
  mos_insns_system,
  mos_insns_vmx,
  mos_soft_x87_arithmetic,
  mos_soft_x87_moves,
  mos_soft_x87_control,
  mos_soft_vector_moves,
  mos_soft_vector_masks,
  mos_soft_xsave,
  NULL,
};
/* clang-format on */
