/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What CPUID tells a guest, for every model, vendor and number of vCPUs.
 */

#include <string.h>

#include "engine/cpu/x86/cpuid.h"
#include "engine/cpu/x86/features.h"

typedef struct {
  MosCpuidEntry entries[MOS_CPUID_MAX_ENTRIES];
  guint         n;
} Leaves;

static void
fill (Leaves *leaves, const MosCpuidSpec *spec)
{
  leaves->n = mos_cpuid_fill (spec, leaves->entries, MOS_CPUID_MAX_ENTRIES);
}

static const MosCpuidEntry *
leaf (const Leaves *leaves, guint32 number, guint32 subleaf)
{
  const MosCpuidEntry *e =
      mos_cpuid_find (leaves->entries, leaves->n, number, subleaf);

  g_assert_nonnull (e);
  return e;
}

static void
check_order (const Leaves *leaves)
{
  for (guint i = 1; i < leaves->n; i++) {
    const MosCpuidEntry *a = &leaves->entries[i - 1];
    const MosCpuidEntry *b = &leaves->entries[i];

    g_assert_true (a->leaf < b->leaf ||
                   (a->leaf == b->leaf && a->subleaf < b->subleaf));
  }
}

/* Every leaf that is said to be there at most, and nothing beyond it. */
static void
check_ends (const Leaves *leaves)
{
  static const guint32 first[] = { 0, 0x40000000, 0x80000000 };

  for (guint i = 0; i < leaves->n; i++) {
    guint32 number = leaves->entries[i].leaf;

    for (gsize j = 0; j < G_N_ELEMENTS (first); j++)
      if (number >> 28 == first[j] >> 28)
        g_assert_cmphex (number, <=, leaf (leaves, first[j], 0)->eax);
  }
}

static void
test_all (void)
{
  static const guint counts[] = { 1, 2, 3, 4, 8, 32 };

  for (const MosCpuModel *m = mos_cpu_models; m->name != NULL; m++)
    for (guint vendor = 0; vendor < 2; vendor++)
      for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
        for (guint nested = 0; nested < 2; nested++) {
          Leaves       leaves;
          MosCpuidSpec spec = {
            .model = m,
            .vendor = vendor,
            .n_vcpus = counts[i],
            .apic_id = counts[i] - 1,
            .nested = nested,
            .tsc_hz = 2000000000,
          };

          fill (&leaves, &spec);
          g_assert_cmpuint (leaves.n, <, MOS_CPUID_MAX_ENTRIES);
          check_order (&leaves);
          check_ends (&leaves);
          g_assert_cmpuint (leaf (&leaves, 1, 0)->ebx >> 24, ==, counts[i] - 1);
          g_assert_cmpuint (leaf (&leaves, 0xb, 1)->ebx, ==, counts[i]);
        }
}

static void
test_vendors (void)
{
  Leaves       leaves;
  MosCpuidSpec spec = {
    .model = mos_cpu_model_find ("x86-64-v2"),
    .vendor = MOS_VENDOR_AMD,
    .n_vcpus = 2,
    .nested = TRUE,
    .tsc_hz = 1000000000,
  };
  const MosCpuidEntry *e;

  fill (&leaves, &spec);
  e = leaf (&leaves, 0, 0);
  g_assert_cmpmem (&e->ebx, 4, "Auth", 4);
  g_assert_cmpmem (&e->edx, 4, "enti", 4);
  g_assert_cmpmem (&e->ecx, 4, "cAMD", 4);
  e = leaf (&leaves, 0x80000001, 0);
  g_assert_true ((e->ecx & MOS_CPUID_80000001_ECX_SVM) != 0);
  g_assert_true ((e->edx & MOS_CPUID_1_EDX_FXSR) != 0);
  g_assert_true ((leaf (&leaves, 1, 0)->ecx & MOS_CPUID_1_ECX_VMX) == 0);
  leaf (&leaves, 0x8000000a, 0);

  spec.vendor = MOS_VENDOR_INTEL;
  fill (&leaves, &spec);
  e = leaf (&leaves, 0, 0);
  g_assert_cmpmem (&e->ebx, 4, "Genu", 4);
  g_assert_cmphex (e->eax, ==, 0x15);
  e = leaf (&leaves, 0x80000001, 0);
  g_assert_true ((e->ecx & MOS_CPUID_80000001_ECX_SVM) == 0);
  g_assert_true ((e->edx & MOS_CPUID_1_EDX_FXSR) == 0);
  g_assert_true ((leaf (&leaves, 1, 0)->ecx & MOS_CPUID_1_ECX_VMX) != 0);
  g_assert_null (mos_cpuid_find (leaves.entries, leaves.n, 0x8000000a, 0));
  e = leaf (&leaves, 0x15, 0);
  g_assert_cmpuint ((guint64) e->ecx * e->ebx / e->eax, ==, 1000000000);

  spec.nested = FALSE;
  fill (&leaves, &spec);
  g_assert_true ((leaf (&leaves, 1, 0)->ecx & MOS_CPUID_1_ECX_VMX) == 0);
}

static void
test_brand (void)
{
  Leaves       leaves;
  MosCpuidSpec spec = {
    .model = mos_cpu_model_find ("x86-64-v3"),
    .n_vcpus = 1,
  };
  char text[49] = { 0 };

  fill (&leaves, &spec);
  for (guint i = 0; i < 3; i++) {
    const MosCpuidEntry *e = leaf (&leaves, 0x80000002 + i, 0);
    guint32              words[4] = { e->eax, e->ebx, e->ecx, e->edx };

    memcpy (text + 16 * i, words, 16);
  }
  g_assert_cmpstr (text, ==, "MultiOS Lab x86-64-v3 processor");
  g_assert_cmpuint (leaf (&leaves, 0xd, 0)->ecx, ==, 832);
}

static void
test_room (void)
{
  MosCpuidEntry few[3];
  MosCpuidSpec  spec = {
     .model = mos_cpu_model_find ("host"),
     .n_vcpus = 1,
  };

  g_assert_cmpuint (mos_cpuid_fill (&spec, few, 3), ==, 3);
  g_assert_cmpuint (mos_cpuid_fill (&spec, few, 0), ==, 0);
}

static void
test_intersect (void)
{
  const MosCpuModel *v3 = mos_cpu_model_find ("x86-64-v3");
  const MosCpuModel *host = mos_cpu_model_find ("host");
  MosCpuModel        offer = *v3;
  MosCpuModel        result;

  mos_cpu_model_intersect (&result, host, v3);
  g_assert_cmpstr (result.name, ==, "host");
  g_assert_cmphex (result.leaf1_ecx, ==, v3->leaf1_ecx);
  g_assert_cmphex (result.xcr0, ==, 7);

  /* Without AVX's state there is no AVX2 either. */
  offer.xcr0 = 3;
  mos_cpu_model_intersect (&result, v3, &offer);
  g_assert_cmphex (result.xcr0, ==, 3);
  g_assert_cmphex (result.leaf7_ebx & MOS_CPUID_7_EBX_AVX2, ==, 0);
  g_assert_cmphex (result.leaf1_ecx & MOS_CPUID_1_ECX_FMA, ==, 0);

  offer.leaf1_ecx &= ~MOS_CPUID_1_ECX_XSAVE;
  mos_cpu_model_intersect (&result, host, &offer);
  g_assert_cmphex (result.xcr0, ==, 0);
  g_assert_cmphex (result.leafd1_eax, ==, 0);

  g_assert_null (mos_cpu_model_find ("z80"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cpuid/all", test_all);
  g_test_add_func ("/cpuid/vendors", test_vendors);
  g_test_add_func ("/cpuid/brand", test_brand);
  g_test_add_func ("/cpuid/room", test_room);
  g_test_add_func ("/cpuid/intersect", test_intersect);
  return g_test_run ();
}
