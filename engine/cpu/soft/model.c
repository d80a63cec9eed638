/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The features that have handlers.
 *
 * A bit stands here only when every instruction of its extension is executed;
 * tests/cpu checks that against the instruction table.
 */
#include "engine/cpu/soft/model.h"

#include <cpuid.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/features.h"

static const MosCpuModel all = {
  .name = "soft",
  .leaf1_ecx =
      MOS_CPUID_1_ECX_CX16 | MOS_CPUID_1_ECX_PCID | MOS_CPUID_1_ECX_X2APIC |
      MOS_CPUID_1_ECX_MOVBE | MOS_CPUID_1_ECX_POPCNT |
      MOS_CPUID_1_ECX_TSC_DEADLINE | MOS_CPUID_1_ECX_RDRAND |
      MOS_CPUID_1_ECX_HYPERVISOR | MOS_CPUID_1_ECX_SSE3 |
      MOS_CPUID_1_ECX_SSSE3 | MOS_CPUID_1_ECX_SSE41 | MOS_CPUID_1_ECX_SSE42 |
      MOS_CPUID_1_ECX_XSAVE | MOS_CPUID_1_ECX_AVX | MOS_CPUID_1_ECX_F16C |
      MOS_CPUID_1_ECX_FMA | MOS_CPUID_1_ECX_AES | MOS_CPUID_1_ECX_PCLMULQDQ |
      MOS_CPUID_1_ECX_VMX,
  .leaf1_edx = G_MAXUINT32,
  .leaf7_ebx =
      MOS_CPUID_7_EBX_FSGSBASE | MOS_CPUID_7_EBX_TSC_ADJUST |
      MOS_CPUID_7_EBX_SMEP | MOS_CPUID_7_EBX_ERMS | MOS_CPUID_7_EBX_INVPCID |
      MOS_CPUID_7_EBX_RDSEED | MOS_CPUID_7_EBX_ADX | MOS_CPUID_7_EBX_SMAP |
      MOS_CPUID_7_EBX_CLFLUSHOPT | MOS_CPUID_7_EBX_CLWB | MOS_CPUID_7_EBX_BMI1 |
      MOS_CPUID_7_EBX_BMI2 | MOS_CPUID_7_EBX_AVX2 | MOS_CPUID_7_EBX_SHA,
  .leaf7_ecx = MOS_CPUID_7_ECX_UMIP | MOS_CPUID_7_ECX_RDPID,
  .leaf7_edx = MOS_CPUID_7_EDX_FSRM | MOS_CPUID_7_EDX_ARCH_CAPABILITIES,
  .leafd1_eax = MOS_CPUID_D1_EAX_XSAVEOPT,
  .leaf80000001_ecx =
      MOS_CPUID_80000001_ECX_LAHF_LM | MOS_CPUID_80000001_ECX_CMP_LEGACY |
      MOS_CPUID_80000001_ECX_CR8_LEGACY | MOS_CPUID_80000001_ECX_LZCNT |
      MOS_CPUID_80000001_ECX_PREFETCHW | MOS_CPUID_80000001_ECX_SVM,
  .leaf80000001_edx = MOS_CPUID_80000001_EDX_SYSCALL |
                      MOS_CPUID_80000001_EDX_NX |
                      MOS_CPUID_80000001_EDX_PAGE1GB |
                      MOS_CPUID_80000001_EDX_RDTSCP | MOS_CPUID_80000001_EDX_LM,
  .leaf8000000a_edx = MOS_CPUID_8000000A_EDX_NP | MOS_CPUID_8000000A_EDX_NRIPS |
                      MOS_CPUID_8000000A_EDX_VMCBCLEAN |
                      MOS_CPUID_8000000A_EDX_FLUSHBYASID |
                      MOS_CPUID_8000000A_EDX_DECODEASSISTS |
                      MOS_CPUID_8000000A_EDX_PAUSEFILTER |
                      MOS_CPUID_8000000A_EDX_PAUSETHRESHOLD |
                      MOS_CPUID_8000000A_EDX_VLS | MOS_CPUID_8000000A_EDX_VGIF,
  .xcr0 = MOS_XCR0_X87 | MOS_XCR0_SSE | MOS_XCR0_AVX,
  .phys_bits = 40,
};

/* The bits whose instructions are executed by the host's own. */
static const guint32 host_leaf1_ecx =
    MOS_CPUID_1_ECX_SSE3 | MOS_CPUID_1_ECX_SSSE3 | MOS_CPUID_1_ECX_SSE41 |
    MOS_CPUID_1_ECX_SSE42 | MOS_CPUID_1_ECX_AVX | MOS_CPUID_1_ECX_F16C |
    MOS_CPUID_1_ECX_FMA | MOS_CPUID_1_ECX_AES | MOS_CPUID_1_ECX_PCLMULQDQ |
    MOS_CPUID_1_ECX_CX16;
static const guint32 host_leaf7_ebx =
    MOS_CPUID_7_EBX_BMI1 | MOS_CPUID_7_EBX_BMI2 | MOS_CPUID_7_EBX_AVX2 |
    MOS_CPUID_7_EBX_SHA;

void
mos_soft_model_offer (MosCpuModel *offer)
{
  guint32 eax, ebx = 0, ecx = 0, edx;

  *offer = all;
  __cpuid (1, eax, ebx, ecx, edx);
  /* AVX needs the host's system to save its registers. */
  if ((ecx & MOS_CPUID_1_ECX_OSXSAVE) == 0)
    ecx &= ~(MOS_CPUID_1_ECX_AVX | MOS_CPUID_1_ECX_F16C | MOS_CPUID_1_ECX_FMA);
  offer->leaf1_ecx &= ecx | ~host_leaf1_ecx;
  ebx = 0;
  if (__get_cpuid_count (7, 0, &eax, &ebx, &ecx, &edx) == 0)
    ebx = 0;
  offer->leaf7_ebx &= ebx | ~host_leaf7_ebx;
}
