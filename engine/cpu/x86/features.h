/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The feature bits of CPUID, by leaf and register.
 *
 * MOS_CPUID_<leaf>_<register>_<name> for code, and one field table for each
 * word for people.  Only what one of the two backends can offer stands here.
 * Intel SDM volume 2, "CPUID - CPU Identification"; AMD APM volume 3,
 * "Obtaining Processor Information Via the CPUID Instruction".
 */

#pragma once

#include "engine/base/fields.h"

G_BEGIN_DECLS

/* Leaf 1, ECX */
#define MOS_CPUID_1_ECX_SSE3         (1u << 0)
#define MOS_CPUID_1_ECX_PCLMULQDQ    (1u << 1)
#define MOS_CPUID_1_ECX_MONITOR      (1u << 3)
#define MOS_CPUID_1_ECX_VMX          (1u << 5)
#define MOS_CPUID_1_ECX_SSSE3        (1u << 9)
#define MOS_CPUID_1_ECX_FMA          (1u << 12)
#define MOS_CPUID_1_ECX_CX16         (1u << 13)
#define MOS_CPUID_1_ECX_PCID         (1u << 17)
#define MOS_CPUID_1_ECX_SSE41        (1u << 19)
#define MOS_CPUID_1_ECX_SSE42        (1u << 20)
#define MOS_CPUID_1_ECX_X2APIC       (1u << 21)
#define MOS_CPUID_1_ECX_MOVBE        (1u << 22)
#define MOS_CPUID_1_ECX_POPCNT       (1u << 23)
#define MOS_CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define MOS_CPUID_1_ECX_AES          (1u << 25)
#define MOS_CPUID_1_ECX_XSAVE        (1u << 26)
#define MOS_CPUID_1_ECX_OSXSAVE      (1u << 27)
#define MOS_CPUID_1_ECX_AVX          (1u << 28)
#define MOS_CPUID_1_ECX_F16C         (1u << 29)
#define MOS_CPUID_1_ECX_RDRAND       (1u << 30)
#define MOS_CPUID_1_ECX_HYPERVISOR   (1u << 31)

/* Leaf 1, EDX */
#define MOS_CPUID_1_EDX_FPU   (1u << 0)
#define MOS_CPUID_1_EDX_VME   (1u << 1)
#define MOS_CPUID_1_EDX_DE    (1u << 2)
#define MOS_CPUID_1_EDX_PSE   (1u << 3)
#define MOS_CPUID_1_EDX_TSC   (1u << 4)
#define MOS_CPUID_1_EDX_MSR   (1u << 5)
#define MOS_CPUID_1_EDX_PAE   (1u << 6)
#define MOS_CPUID_1_EDX_MCE   (1u << 7)
#define MOS_CPUID_1_EDX_CX8   (1u << 8)
#define MOS_CPUID_1_EDX_APIC  (1u << 9)
#define MOS_CPUID_1_EDX_SEP   (1u << 11)
#define MOS_CPUID_1_EDX_MTRR  (1u << 12)
#define MOS_CPUID_1_EDX_PGE   (1u << 13)
#define MOS_CPUID_1_EDX_MCA   (1u << 14)
#define MOS_CPUID_1_EDX_CMOV  (1u << 15)
#define MOS_CPUID_1_EDX_PAT   (1u << 16)
#define MOS_CPUID_1_EDX_PSE36 (1u << 17)
#define MOS_CPUID_1_EDX_CLFSH (1u << 19)
#define MOS_CPUID_1_EDX_MMX   (1u << 23)
#define MOS_CPUID_1_EDX_FXSR  (1u << 24)
#define MOS_CPUID_1_EDX_SSE   (1u << 25)
#define MOS_CPUID_1_EDX_SSE2  (1u << 26)
#define MOS_CPUID_1_EDX_HTT   (1u << 28)

/* Leaf 7, EBX */
#define MOS_CPUID_7_EBX_FSGSBASE   (1u << 0)
#define MOS_CPUID_7_EBX_TSC_ADJUST (1u << 1)
#define MOS_CPUID_7_EBX_BMI1       (1u << 3)
#define MOS_CPUID_7_EBX_AVX2       (1u << 5)
#define MOS_CPUID_7_EBX_SMEP       (1u << 7)
#define MOS_CPUID_7_EBX_BMI2       (1u << 8)
#define MOS_CPUID_7_EBX_ERMS       (1u << 9)
#define MOS_CPUID_7_EBX_INVPCID    (1u << 10)
#define MOS_CPUID_7_EBX_AVX512F    (1u << 16)
#define MOS_CPUID_7_EBX_AVX512DQ   (1u << 17)
#define MOS_CPUID_7_EBX_RDSEED     (1u << 18)
#define MOS_CPUID_7_EBX_ADX        (1u << 19)
#define MOS_CPUID_7_EBX_SMAP       (1u << 20)
#define MOS_CPUID_7_EBX_AVX512IFMA (1u << 21)
#define MOS_CPUID_7_EBX_CLFLUSHOPT (1u << 23)
#define MOS_CPUID_7_EBX_CLWB       (1u << 24)
#define MOS_CPUID_7_EBX_AVX512CD   (1u << 28)
#define MOS_CPUID_7_EBX_SHA        (1u << 29)
#define MOS_CPUID_7_EBX_AVX512BW   (1u << 30)
#define MOS_CPUID_7_EBX_AVX512VL   (1u << 31)

/* Leaf 7, ECX */
#define MOS_CPUID_7_ECX_AVX512VBMI (1u << 1)
#define MOS_CPUID_7_ECX_UMIP       (1u << 2)
#define MOS_CPUID_7_ECX_PKU        (1u << 3)
#define MOS_CPUID_7_ECX_OSPKE      (1u << 4)
#define MOS_CPUID_7_ECX_GFNI       (1u << 8)
#define MOS_CPUID_7_ECX_VAES       (1u << 9)
#define MOS_CPUID_7_ECX_VPCLMULQDQ (1u << 10)
#define MOS_CPUID_7_ECX_LA57       (1u << 16)
#define MOS_CPUID_7_ECX_RDPID      (1u << 22)

/* Leaf 7, EDX */
#define MOS_CPUID_7_EDX_FSRM              (1u << 4)
#define MOS_CPUID_7_EDX_SPEC_CTRL         (1u << 26)
#define MOS_CPUID_7_EDX_ARCH_CAPABILITIES (1u << 29)
#define MOS_CPUID_7_EDX_SSBD              (1u << 31)

/* Leaf 0xd.1, EAX */
#define MOS_CPUID_D1_EAX_XSAVEOPT (1u << 0)
#define MOS_CPUID_D1_EAX_XSAVEC   (1u << 1)
#define MOS_CPUID_D1_EAX_XGETBV1  (1u << 2)
#define MOS_CPUID_D1_EAX_XSAVES   (1u << 3)

/* Leaf 0x80000001, ECX */
#define MOS_CPUID_80000001_ECX_LAHF_LM     (1u << 0)
#define MOS_CPUID_80000001_ECX_CMP_LEGACY  (1u << 1)
#define MOS_CPUID_80000001_ECX_SVM         (1u << 2)
#define MOS_CPUID_80000001_ECX_CR8_LEGACY  (1u << 4)
#define MOS_CPUID_80000001_ECX_LZCNT       (1u << 5)
#define MOS_CPUID_80000001_ECX_SSE4A       (1u << 6)
#define MOS_CPUID_80000001_ECX_MISALIGNSSE (1u << 7)
#define MOS_CPUID_80000001_ECX_PREFETCHW   (1u << 8)
#define MOS_CPUID_80000001_ECX_OSVW        (1u << 9)
#define MOS_CPUID_80000001_ECX_TOPOEXT     (1u << 22)

/* Leaf 0x80000001, EDX */
#define MOS_CPUID_80000001_EDX_SYSCALL  (1u << 11)
#define MOS_CPUID_80000001_EDX_NX       (1u << 20)
#define MOS_CPUID_80000001_EDX_MMXEXT   (1u << 22)
#define MOS_CPUID_80000001_EDX_FFXSR    (1u << 25)
#define MOS_CPUID_80000001_EDX_PAGE1GB  (1u << 26)
#define MOS_CPUID_80000001_EDX_RDTSCP   (1u << 27)
#define MOS_CPUID_80000001_EDX_LM       (1u << 29)
#define MOS_CPUID_80000001_EDX_3DNOWEXT (1u << 30)
#define MOS_CPUID_80000001_EDX_3DNOW    (1u << 31)

/* Leaf 0x8000000a, EDX */
#define MOS_CPUID_8000000A_EDX_NP             (1u << 0)
#define MOS_CPUID_8000000A_EDX_LBRV           (1u << 1)
#define MOS_CPUID_8000000A_EDX_NRIPS          (1u << 3)
#define MOS_CPUID_8000000A_EDX_VMCBCLEAN      (1u << 5)
#define MOS_CPUID_8000000A_EDX_FLUSHBYASID    (1u << 6)
#define MOS_CPUID_8000000A_EDX_DECODEASSISTS  (1u << 7)
#define MOS_CPUID_8000000A_EDX_PAUSEFILTER    (1u << 10)
#define MOS_CPUID_8000000A_EDX_PAUSETHRESHOLD (1u << 12)
#define MOS_CPUID_8000000A_EDX_VLS            (1u << 15)
#define MOS_CPUID_8000000A_EDX_VGIF           (1u << 16)

/* Field tables, each ending with a NULL name. */
extern const MosField mos_cpuid_1_ecx_fields[];
extern const MosField mos_cpuid_1_edx_fields[];
extern const MosField mos_cpuid_7_ebx_fields[];
extern const MosField mos_cpuid_7_ecx_fields[];
extern const MosField mos_cpuid_7_edx_fields[];
extern const MosField mos_cpuid_d1_eax_fields[];
extern const MosField mos_cpuid_80000001_ecx_fields[];
extern const MosField mos_cpuid_80000001_edx_fields[];
extern const MosField mos_cpuid_8000000a_edx_fields[];

G_END_DECLS
