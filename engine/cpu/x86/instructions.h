/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What is true of an instruction on every x86-64 processor.
 *
 * Zydis knows how an instruction is written, which flags it reads and writes
 * and which extension of the architecture it came with. The rows here add
 * what it does not know: the family (one file of handlers each), whether user
 * mode may execute it on the host to check our result against the silicon,
 * and what we leave out on purpose. An instruction without a row raises #UD.
 *
 * Features say where CPUID announces an extension; a processor executes an
 * instruction only if its model announces it.
 */
#pragma once

#include <Zydis/Zydis.h>
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_FAMILY_ALU,     /* ADD to TEST, MOV, LEA, extensions, conditions */
  MOS_FAMILY_SHIFT,   /* shifts and rotates */
  MOS_FAMILY_MULDIV,  /* MUL, IMUL, DIV, IDIV */
  MOS_FAMILY_BITS,    /* BT*, BSF, POPCNT, BSWAP, BMI */
  MOS_FAMILY_BCD,     /* decimal adjustment */
  MOS_FAMILY_ATOMIC,  /* XADD, CMPXCHG*, XCHG */
  MOS_FAMILY_STACK,   /* PUSH, POP, ENTER, LEAVE */
  MOS_FAMILY_BRANCH,  /* jumps, calls, returns within a segment */
  MOS_FAMILY_FAR,     /* far transfers, interrupts, IRET, SYSCALL */
  MOS_FAMILY_STRING,  /* MOVS, STOS, LODS, SCAS, CMPS */
  MOS_FAMILY_IO,      /* IN, OUT, INS, OUTS */
  MOS_FAMILY_SEGMENT, /* segment registers and descriptor checks */
  MOS_FAMILY_SYSTEM,  /* control registers, MSRs, tables, hints */
  MOS_FAMILY_X87,
  MOS_FAMILY_MMX,
  MOS_FAMILY_SSE,
  MOS_FAMILY_AVX,
  MOS_FAMILY_CRYPTO, /* AES, SHA, PCLMULQDQ, CRC32 */
  MOS_FAMILY_XSAVE,  /* FXSAVE, XSAVE and theirs */
  MOS_FAMILY_SVM,
  MOS_FAMILY_VMX,
  MOS_N_FAMILIES
} MosFamily;

/* Whether the host may execute it as the oracle, in 64-bit user mode. */
typedef enum {
  MOS_NATIVE_NO,   /* system instruction, or not deterministic */
  MOS_NATIVE_YES,  /* results are exactly the host's */
  MOS_NATIVE_JUMP, /* changes RIP; the test gives it a target of its own */
  MOS_NATIVE_32    /* exists outside 64-bit mode only: no native proof */
} MosNative;

typedef struct {
  ZydisMnemonic mnemonic;
  MosFamily     family;
  MosNative     native;
} MosInstruction;

typedef enum {
  MOS_CPUID_1_ECX,
  MOS_CPUID_1_EDX,
  MOS_CPUID_7_EBX,
  MOS_CPUID_7_ECX,
  MOS_CPUID_D1_EAX,
  MOS_CPUID_80000001_ECX,
  MOS_CPUID_80000001_EDX,
  MOS_N_CPUID_WORDS,
  MOS_CPUID_ALWAYS /* part of every processor */
} MosCpuidWord;

/* An extension as Zydis groups it, and its bit. */
typedef struct {
  ZydisISASet  isa_set;
  MosCpuidWord word;
  guint        bit;
} MosFeature;

/* Ascending by mnemonic; the last row's mnemonic is ZYDIS_MNEMONIC_INVALID. */
extern const MosInstruction mos_instructions[];

/* Ends with ZYDIS_ISA_SET_INVALID. */
extern const MosFeature mos_features[];

const MosInstruction *mos_instruction_find (ZydisMnemonic mnemonic);

/* NULL: no model of ours has it. */
const MosFeature *mos_feature_find (ZydisISASet isa_set);

/* "alu", "shift", …; for files and tests. */
const char *mos_family_name (MosFamily family);

G_END_DECLS
