/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Looking up the instruction and feature tables.
 *
 * Users keep indexes of their own where it is hot; these searches run once
 * for each instruction that is translated.
 */
#include "engine/cpu/x86/instructions.h"

static const char *const family_names[MOS_N_FAMILIES] = {
  [MOS_FAMILY_ALU] = "alu",       [MOS_FAMILY_SHIFT] = "shift",
  [MOS_FAMILY_MULDIV] = "muldiv", [MOS_FAMILY_BITS] = "bits",
  [MOS_FAMILY_BCD] = "bcd",       [MOS_FAMILY_ATOMIC] = "atomic",
  [MOS_FAMILY_STACK] = "stack",   [MOS_FAMILY_BRANCH] = "branch",
  [MOS_FAMILY_FAR] = "far",       [MOS_FAMILY_STRING] = "string",
  [MOS_FAMILY_IO] = "io",         [MOS_FAMILY_SEGMENT] = "segment",
  [MOS_FAMILY_SYSTEM] = "system", [MOS_FAMILY_X87] = "x87",
  [MOS_FAMILY_MMX] = "mmx",       [MOS_FAMILY_SSE] = "sse",
  [MOS_FAMILY_AVX] = "avx",       [MOS_FAMILY_CRYPTO] = "crypto",
  [MOS_FAMILY_XSAVE] = "xsave",   [MOS_FAMILY_SVM] = "svm",
  [MOS_FAMILY_VMX] = "vmx",
};

const MosInstruction *
mos_instruction_find (ZydisMnemonic mnemonic)
{
  const MosInstruction *row;

  for (row = mos_instructions; row->mnemonic != ZYDIS_MNEMONIC_INVALID; row++)
    if (row->mnemonic == mnemonic)
      return row;
  return NULL;
}

const MosFeature *
mos_feature_find (ZydisISASet isa_set)
{
  const MosFeature *row;

  for (row = mos_features; row->isa_set != ZYDIS_ISA_SET_INVALID; row++)
    if (row->isa_set == isa_set)
      return row;
  return NULL;
}

const char *
mos_family_name (MosFamily family)
{
  return family_names[family];
}
