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

/* What a control block calls an instruction that a hypervisor may intercept:
 * several mnemonics can belong to one. Moves to and from control and debug
 * registers share their mnemonic with others; their class is found with their
 * operands. */
typedef enum {
  MOS_INTERCEPT_NONE,
  MOS_INTERCEPT_CPUID,
  MOS_INTERCEPT_HLT,
  MOS_INTERCEPT_PAUSE,
  MOS_INTERCEPT_MONITOR,
  MOS_INTERCEPT_MWAIT,
  MOS_INTERCEPT_INVD,
  MOS_INTERCEPT_WBINVD,
  MOS_INTERCEPT_INVLPG,
  MOS_INTERCEPT_INVPCID,
  MOS_INTERCEPT_RDMSR,
  MOS_INTERCEPT_WRMSR,
  MOS_INTERCEPT_RDTSC,
  MOS_INTERCEPT_RDTSCP,
  MOS_INTERCEPT_RDPMC,
  MOS_INTERCEPT_RDRAND,
  MOS_INTERCEPT_RDSEED,
  MOS_INTERCEPT_XSETBV,
  MOS_INTERCEPT_RSM,
  MOS_INTERCEPT_IN,
  MOS_INTERCEPT_OUT,
  MOS_INTERCEPT_INS,
  MOS_INTERCEPT_OUTS,
  MOS_INTERCEPT_CR_READ,
  MOS_INTERCEPT_CR_WRITE,
  MOS_INTERCEPT_CLTS,
  MOS_INTERCEPT_LMSW,
  MOS_INTERCEPT_SMSW,
  MOS_INTERCEPT_DR_READ,
  MOS_INTERCEPT_DR_WRITE,
  MOS_INTERCEPT_SGDT,
  MOS_INTERCEPT_SIDT,
  MOS_INTERCEPT_SLDT,
  MOS_INTERCEPT_STR,
  MOS_INTERCEPT_LGDT,
  MOS_INTERCEPT_LIDT,
  MOS_INTERCEPT_LLDT,
  MOS_INTERCEPT_LTR,
  MOS_INTERCEPT_PUSHF,
  MOS_INTERCEPT_POPF,
  MOS_INTERCEPT_IRET,
  MOS_INTERCEPT_INT,
  MOS_INTERCEPT_INT1,
  MOS_INTERCEPT_VMRUN, /* AMD-V */
  MOS_INTERCEPT_VMMCALL,
  MOS_INTERCEPT_VMLOAD,
  MOS_INTERCEPT_VMSAVE,
  MOS_INTERCEPT_STGI,
  MOS_INTERCEPT_CLGI,
  MOS_INTERCEPT_SKINIT,
  MOS_INTERCEPT_INVLPGA,
  MOS_INTERCEPT_VMCALL, /* VT-x */
  MOS_INTERCEPT_VMCLEAR,
  MOS_INTERCEPT_VMLAUNCH,
  MOS_INTERCEPT_VMPTRLD,
  MOS_INTERCEPT_VMPTRST,
  MOS_INTERCEPT_VMREAD,
  MOS_INTERCEPT_VMRESUME,
  MOS_INTERCEPT_VMWRITE,
  MOS_INTERCEPT_VMXOFF,
  MOS_INTERCEPT_VMXON,
  MOS_INTERCEPT_INVEPT,
  MOS_INTERCEPT_INVVPID,
  MOS_INTERCEPT_VMFUNC,
  MOS_INTERCEPT_GETSEC,
  MOS_INTERCEPT_RDPID, /* exists only where RDTSCP does */
  MOS_N_INTERCEPTS
} MosIntercept;

/* What faults before anybody is asked whether to intercept; everything else
 * that can go wrong with the instruction comes after (AMD64 APM volume 2,
 * "Instruction Intercepts"; SDM volume 3, "Relative Priority of Faults and VM
 * Exits"). */
typedef enum {
  MOS_BEFORE_CPL0 = 1 << 0,    /* #GP outside privilege level 0 */
  MOS_BEFORE_TSD = 1 << 1,     /* #GP: CR4.TSD in user mode */
  MOS_BEFORE_PCE = 1 << 2,     /* #GP: CR4.PCE is clear in user mode */
  MOS_BEFORE_UMIP = 1 << 3,    /* #GP: CR4.UMIP in user mode */
  MOS_BEFORE_PORT = 1 << 4,    /* #GP: IOPL and the permission map */
  MOS_BEFORE_OSXSAVE = 1 << 5, /* #UD: CR4.OSXSAVE is clear */
  MOS_BEFORE_CR = 1 << 6,      /* #UD: no such control register */
  MOS_BEFORE_DR = 1 << 7       /* #UD: CR4.DE, #DB: DR7.GD */
} MosBefore;

typedef struct {
  const char *name;   /* "cpuid", "cr-read" */
  guint       before; /* MosBefore */
} MosInterceptInfo;

/* Indexed by MosIntercept. */
extern const MosInterceptInfo mos_intercepts[MOS_N_INTERCEPTS];

typedef struct {
  ZydisMnemonic mnemonic;
  MosFamily     family;
  MosNative     native;
  MosIntercept  intercept;
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

/*
 * ZydisDecoderDecodeFull(), and what it gets wrong put right: Zydis 4.0 takes
 * R13D for the base of a 32-bit address whose SIB byte says that there is a
 * displacement instead (Intel SDM volume 2, table 2-3, note 1). @operands has
 * room for ZYDIS_MAX_OPERAND_COUNT.
 */
ZyanStatus mos_decode (const ZydisDecoder      *decoder,
                       const guint8            *code,
                       gsize                    size,
                       ZydisDecodedInstruction *insn,
                       ZydisDecodedOperand     *operands);

/* NULL: no model of ours has it. */
const MosFeature *mos_feature_find (ZydisISASet isa_set);

/* "alu", "shift", …; for files and tests. */
const char *mos_family_name (MosFamily family);

G_END_DECLS
