/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The processors a guest may be given, one row each.
 *
 * The levels are those of the x86-64 psABI ("Micro-Architecture Levels"),
 * each with the system features that processors of its time had. "host" has
 * every bit and becomes what the backend offers.
 */

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/cpuid.h"
#include "engine/cpu/x86/features.h"

/* What each level adds to the one before. */
#define V1_1_ECX                                           \
  (MOS_CPUID_1_ECX_X2APIC | MOS_CPUID_1_ECX_TSC_DEADLINE | \
   MOS_CPUID_1_ECX_HYPERVISOR)
#define V1_1_EDX                                                         \
  (MOS_CPUID_1_EDX_FPU | MOS_CPUID_1_EDX_VME | MOS_CPUID_1_EDX_DE |      \
   MOS_CPUID_1_EDX_PSE | MOS_CPUID_1_EDX_TSC | MOS_CPUID_1_EDX_MSR |     \
   MOS_CPUID_1_EDX_PAE | MOS_CPUID_1_EDX_MCE | MOS_CPUID_1_EDX_CX8 |     \
   MOS_CPUID_1_EDX_APIC | MOS_CPUID_1_EDX_SEP | MOS_CPUID_1_EDX_MTRR |   \
   MOS_CPUID_1_EDX_PGE | MOS_CPUID_1_EDX_MCA | MOS_CPUID_1_EDX_CMOV |    \
   MOS_CPUID_1_EDX_PAT | MOS_CPUID_1_EDX_PSE36 | MOS_CPUID_1_EDX_CLFSH | \
   MOS_CPUID_1_EDX_MMX | MOS_CPUID_1_EDX_FXSR | MOS_CPUID_1_EDX_SSE |    \
   MOS_CPUID_1_EDX_SSE2)
#define V1_81_EDX                                               \
  (MOS_CPUID_80000001_EDX_SYSCALL | MOS_CPUID_80000001_EDX_NX | \
   MOS_CPUID_80000001_EDX_LM)
#define V1_81_ECX \
  (MOS_CPUID_80000001_ECX_SVM | MOS_CPUID_80000001_ECX_CR8_LEGACY)
#define V2_1_ECX                                                          \
  (V1_1_ECX | MOS_CPUID_1_ECX_SSE3 | MOS_CPUID_1_ECX_SSSE3 |              \
   MOS_CPUID_1_ECX_CX16 | MOS_CPUID_1_ECX_SSE41 | MOS_CPUID_1_ECX_SSE42 | \
   MOS_CPUID_1_ECX_POPCNT)
#define V2_81_EDX \
  (V1_81_EDX | MOS_CPUID_80000001_EDX_PAGE1GB | MOS_CPUID_80000001_EDX_RDTSCP)
#define V2_81_ECX (V1_81_ECX | MOS_CPUID_80000001_ECX_LAHF_LM)
#define V3_1_ECX                                                        \
  (V2_1_ECX | MOS_CPUID_1_ECX_PCLMULQDQ | MOS_CPUID_1_ECX_FMA |         \
   MOS_CPUID_1_ECX_PCID | MOS_CPUID_1_ECX_MOVBE | MOS_CPUID_1_ECX_AES | \
   MOS_CPUID_1_ECX_XSAVE | MOS_CPUID_1_ECX_AVX | MOS_CPUID_1_ECX_F16C | \
   MOS_CPUID_1_ECX_RDRAND)
#define V3_7_EBX                                                           \
  (MOS_CPUID_7_EBX_FSGSBASE | MOS_CPUID_7_EBX_TSC_ADJUST |                 \
   MOS_CPUID_7_EBX_BMI1 | MOS_CPUID_7_EBX_AVX2 | MOS_CPUID_7_EBX_SMEP |    \
   MOS_CPUID_7_EBX_BMI2 | MOS_CPUID_7_EBX_ERMS | MOS_CPUID_7_EBX_INVPCID | \
   MOS_CPUID_7_EBX_SMAP)
#define V3_81_ECX (V2_81_ECX | MOS_CPUID_80000001_ECX_LZCNT)
#define SVM_EDX                                                                \
  (MOS_CPUID_8000000A_EDX_NP | MOS_CPUID_8000000A_EDX_NRIPS |                  \
   MOS_CPUID_8000000A_EDX_VMCBCLEAN | MOS_CPUID_8000000A_EDX_FLUSHBYASID |     \
   MOS_CPUID_8000000A_EDX_DECODEASSISTS | MOS_CPUID_8000000A_EDX_PAUSEFILTER | \
   MOS_CPUID_8000000A_EDX_PAUSETHRESHOLD | MOS_CPUID_8000000A_EDX_VLS |        \
   MOS_CPUID_8000000A_EDX_VGIF)

const MosCpuModel mos_cpu_models[] = {
  {
      .name = "x86-64",
      .help = N_ ("The first 64-bit processors: SSE2 and no more"),
      .signature = { [MOS_VENDOR_AMD] = 0x00060fb1,
                     [MOS_VENDOR_INTEL] = 0x000006fb },
      .leaf1_ecx = V1_1_ECX | MOS_CPUID_1_ECX_VMX,
      .leaf1_edx = V1_1_EDX,
      .leaf7_edx = MOS_CPUID_7_EDX_ARCH_CAPABILITIES,
      .leaf80000001_ecx = V1_81_ECX,
      .leaf80000001_edx = V1_81_EDX,
      .leaf8000000a_edx = SVM_EDX,
      .phys_bits = 40,
  },
  {
      .name = "x86-64-v2",
      .help = N_ ("As of 2009: SSE4.2, POPCNT, CMPXCHG16B"),
      .signature = { [MOS_VENDOR_AMD] = 0x00600f12,
                     [MOS_VENDOR_INTEL] = 0x000106a5 },
      .leaf1_ecx = V2_1_ECX | MOS_CPUID_1_ECX_VMX,
      .leaf1_edx = V1_1_EDX,
      .leaf7_edx = MOS_CPUID_7_EDX_ARCH_CAPABILITIES,
      .leaf80000001_ecx = V2_81_ECX,
      .leaf80000001_edx = V2_81_EDX,
      .leaf8000000a_edx = SVM_EDX,
      .phys_bits = 40,
  },
  {
      .name = "x86-64-v3",
      .help = N_ ("As of 2013: AVX2, BMI, FMA, AES, SMEP and SMAP, PCID"),
      .signature = { [MOS_VENDOR_AMD] = 0x00830f10,
                     [MOS_VENDOR_INTEL] = 0x000306c3 },
      .leaf1_ecx = V3_1_ECX | MOS_CPUID_1_ECX_VMX,
      .leaf1_edx = V1_1_EDX,
      .leaf7_ebx = V3_7_EBX,
      .leaf7_edx = MOS_CPUID_7_EDX_ARCH_CAPABILITIES,
      .leafd1_eax = MOS_CPUID_D1_EAX_XSAVEOPT,
      .leaf80000001_ecx = V3_81_ECX,
      .leaf80000001_edx = V2_81_EDX,
      .leaf8000000a_edx = SVM_EDX,
      .xcr0 = MOS_XCR0_X87 | MOS_XCR0_SSE | MOS_XCR0_AVX,
      .phys_bits = 40,
  },
  {
      .name = "host",
      .help = N_ ("Everything the backend can do on this host; a saved "
                  "machine may not run elsewhere"),
      .signature = { [MOS_VENDOR_AMD] = 0x00830f10,
                     [MOS_VENDOR_INTEL] = 0x000306c3 },
      .leaf1_ecx = G_MAXUINT32,
      .leaf1_edx = G_MAXUINT32,
      .leaf7_ebx = G_MAXUINT32,
      .leaf7_ecx = G_MAXUINT32,
      .leaf7_edx = G_MAXUINT32,
      .leafd1_eax = G_MAXUINT32,
      .leaf80000001_ecx = G_MAXUINT32,
      .leaf80000001_edx = G_MAXUINT32,
      .leaf8000000a_edx = G_MAXUINT32,
      .xcr0 = G_MAXUINT64,
      .phys_bits = 52,
  },
  { NULL },
};

const MosCpuModel *
mos_cpu_model_find (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  for (const MosCpuModel *m = mos_cpu_models; m->name != NULL; m++)
    if (strcmp (m->name, name) == 0)
      return m;
  return NULL;
}

/* A feature that needs a component of XCR0, and the bits that go without. */
typedef struct {
  guint64 components;
  guint32 leaf1_ecx;
  guint32 leaf7_ebx;
  guint32 leaf7_ecx;
} Dependency;

static const Dependency dependencies[] = {
  { MOS_XCR0_X87 | MOS_XCR0_SSE, MOS_CPUID_1_ECX_XSAVE, 0, 0 },
  { MOS_XCR0_AVX,
    MOS_CPUID_1_ECX_AVX | MOS_CPUID_1_ECX_FMA | MOS_CPUID_1_ECX_F16C,
    MOS_CPUID_7_EBX_AVX2, MOS_CPUID_7_ECX_VAES | MOS_CPUID_7_ECX_VPCLMULQDQ },
  { MOS_XCR0_OPMASK | MOS_XCR0_ZMM_HI256 | MOS_XCR0_HI16_ZMM, 0,
    MOS_CPUID_7_EBX_AVX512F | MOS_CPUID_7_EBX_AVX512DQ |
        MOS_CPUID_7_EBX_AVX512IFMA | MOS_CPUID_7_EBX_AVX512CD |
        MOS_CPUID_7_EBX_AVX512BW | MOS_CPUID_7_EBX_AVX512VL,
    MOS_CPUID_7_ECX_AVX512VBMI },
  { MOS_XCR0_PKRU, 0, 0, MOS_CPUID_7_ECX_PKU },
};

void
mos_cpu_model_intersect (MosCpuModel       *result,
                         const MosCpuModel *model,
                         const MosCpuModel *offer)
{
  MosCpuModel r = *model;

  r.leaf1_ecx &= offer->leaf1_ecx;
  r.leaf1_edx &= offer->leaf1_edx;
  r.leaf7_ebx &= offer->leaf7_ebx;
  r.leaf7_ecx &= offer->leaf7_ecx;
  r.leaf7_edx &= offer->leaf7_edx;
  r.leafd1_eax &= offer->leafd1_eax;
  r.leaf80000001_ecx &= offer->leaf80000001_ecx;
  r.leaf80000001_edx &= offer->leaf80000001_edx;
  r.leaf8000000a_edx &= offer->leaf8000000a_edx;
  r.xcr0 &= offer->xcr0;
  r.phys_bits = MIN (r.phys_bits, offer->phys_bits);

  if ((r.leaf1_ecx & MOS_CPUID_1_ECX_XSAVE) == 0)
    r.xcr0 = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (dependencies); i++) {
    const Dependency *d = &dependencies[i];

    if ((r.xcr0 & d->components) == d->components)
      continue;
    r.xcr0 &= ~d->components;
    r.leaf1_ecx &= ~d->leaf1_ecx;
    r.leaf7_ebx &= ~d->leaf7_ebx;
    r.leaf7_ecx &= ~d->leaf7_ecx;
  }
  if (r.xcr0 == 0)
    r.leafd1_eax = 0;
  *result = r;
}
