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

/* clang-format off */
const MosInterceptInfo mos_intercepts[MOS_N_INTERCEPTS] = {
  [MOS_INTERCEPT_NONE] = { "none", 0 },
  [MOS_INTERCEPT_CPUID] = { "cpuid", 0 },
  [MOS_INTERCEPT_HLT] = { "hlt", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_PAUSE] = { "pause", 0 },
  [MOS_INTERCEPT_MONITOR] = { "monitor", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_MWAIT] = { "mwait", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_INVD] = { "invd", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_WBINVD] = { "wbinvd", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_INVLPG] = { "invlpg", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_INVPCID] = { "invpcid", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_RDMSR] = { "rdmsr", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_WRMSR] = { "wrmsr", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_RDTSC] = { "rdtsc", MOS_BEFORE_TSD },
  [MOS_INTERCEPT_RDTSCP] = { "rdtscp", MOS_BEFORE_TSD },
  [MOS_INTERCEPT_RDPMC] = { "rdpmc", MOS_BEFORE_PCE },
  [MOS_INTERCEPT_RDRAND] = { "rdrand", 0 },
  [MOS_INTERCEPT_RDSEED] = { "rdseed", 0 },
  [MOS_INTERCEPT_XSETBV] = { "xsetbv", MOS_BEFORE_OSXSAVE | MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_RSM] = { "rsm", 0 },
  [MOS_INTERCEPT_IN] = { "in", MOS_BEFORE_PORT },
  [MOS_INTERCEPT_OUT] = { "out", MOS_BEFORE_PORT },
  [MOS_INTERCEPT_INS] = { "ins", MOS_BEFORE_PORT },
  [MOS_INTERCEPT_OUTS] = { "outs", MOS_BEFORE_PORT },
  [MOS_INTERCEPT_CR_READ] = { "cr-read", MOS_BEFORE_CPL0 | MOS_BEFORE_CR },
  [MOS_INTERCEPT_CR_WRITE] = { "cr-write", MOS_BEFORE_CPL0 | MOS_BEFORE_CR },
  [MOS_INTERCEPT_CLTS] = { "clts", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_LMSW] = { "lmsw", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_SMSW] = { "smsw", MOS_BEFORE_UMIP },
  [MOS_INTERCEPT_DR_READ] = { "dr-read", MOS_BEFORE_CPL0 | MOS_BEFORE_DR },
  [MOS_INTERCEPT_DR_WRITE] = { "dr-write", MOS_BEFORE_CPL0 | MOS_BEFORE_DR },
  [MOS_INTERCEPT_SGDT] = { "sgdt", MOS_BEFORE_UMIP },
  [MOS_INTERCEPT_SIDT] = { "sidt", MOS_BEFORE_UMIP },
  [MOS_INTERCEPT_SLDT] = { "sldt", MOS_BEFORE_UMIP },
  [MOS_INTERCEPT_STR] = { "str", MOS_BEFORE_UMIP },
  [MOS_INTERCEPT_LGDT] = { "lgdt", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_LIDT] = { "lidt", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_LLDT] = { "lldt", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_LTR] = { "ltr", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_PUSHF] = { "pushf", 0 },
  [MOS_INTERCEPT_POPF] = { "popf", 0 },
  [MOS_INTERCEPT_IRET] = { "iret", 0 },
  [MOS_INTERCEPT_INT] = { "int", 0 },
  [MOS_INTERCEPT_INT1] = { "int1", 0 },
  [MOS_INTERCEPT_VMRUN] = { "vmrun", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_VMMCALL] = { "vmmcall", 0 },
  [MOS_INTERCEPT_VMLOAD] = { "vmload", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_VMSAVE] = { "vmsave", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_STGI] = { "stgi", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_CLGI] = { "clgi", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_SKINIT] = { "skinit", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_INVLPGA] = { "invlpga", MOS_BEFORE_CPL0 },
  [MOS_INTERCEPT_VMCALL] = { "vmcall", 0 },
  [MOS_INTERCEPT_VMCLEAR] = { "vmclear", 0 },
  [MOS_INTERCEPT_VMLAUNCH] = { "vmlaunch", 0 },
  [MOS_INTERCEPT_VMPTRLD] = { "vmptrld", 0 },
  [MOS_INTERCEPT_VMPTRST] = { "vmptrst", 0 },
  [MOS_INTERCEPT_VMREAD] = { "vmread", 0 },
  [MOS_INTERCEPT_VMRESUME] = { "vmresume", 0 },
  [MOS_INTERCEPT_VMWRITE] = { "vmwrite", 0 },
  [MOS_INTERCEPT_VMXOFF] = { "vmxoff", 0 },
  [MOS_INTERCEPT_VMXON] = { "vmxon", 0 },
  [MOS_INTERCEPT_INVEPT] = { "invept", 0 },
  [MOS_INTERCEPT_INVVPID] = { "invvpid", 0 },
  [MOS_INTERCEPT_VMFUNC] = { "vmfunc", 0 },
  [MOS_INTERCEPT_GETSEC] = { "getsec", 0 },
  [MOS_INTERCEPT_RDPID] = { "rdpid", 0 },
};
/* clang-format on */

static void
mend_base (const ZydisDecodedInstruction *insn, ZydisDecodedOperand *operands)
{
  for (guint i = 0; i < insn->operand_count; i++) {
    ZydisDecodedOperand *operand = &operands[i];

    if (operand->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM)
      continue;
    operand->mem.base = ZYDIS_REGISTER_NONE;
    operand->mem.disp.has_displacement = ZYAN_TRUE;
    operand->mem.disp.value = insn->raw.disp.value;
  }
}

ZyanStatus
mos_decode (const ZydisDecoder      *decoder,
            const guint8            *code,
            gsize                    size,
            ZydisDecodedInstruction *insn,
            ZydisDecodedOperand     *operands)
{
  ZyanStatus status =
      ZydisDecoderDecodeFull (decoder, code, size, insn, operands);

  if (ZYAN_SUCCESS (status) && insn->address_width == 32 &&
      (insn->attributes & ZYDIS_ATTRIB_HAS_SIB) != 0 &&
      insn->raw.modrm.mod == 0 && insn->raw.sib.base == 5)
    mend_base (insn, operands);
  return status;
}

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
