/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * CPUID's answers, computed from a model.
 *
 * One function a leaf, called in ascending order. The topology is one package
 * with a core for each vCPU; the APIC id is the core's number. Hypervisor
 * leaves name us and give the frequencies (0x40000010, as several hypervisors
 * have it). Intel SDM volume 2, "CPUID - CPU Identification"; AMD APM volume
 * 3, "Obtaining Processor Information Via the CPUID Instruction".
 */

#include "engine/cpu/x86/cpuid.h"

#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/features.h"

#define APIC_BUS_HZ 1000000000u
#define LINE_BYTES  64u

typedef struct {
  const MosCpuidSpec *spec;
  const MosCpuModel  *model;
  MosCpuidEntry      *entries;
  guint               room;
  guint               n;
} Fill;

/* The vendor's twelve letters in the order EBX, EDX, ECX. */
static const char vendors[][12] = {
  [MOS_VENDOR_AMD] = { 'A', 'u', 't', 'h', 'e', 'n', 't', 'i', 'c', 'A', 'M',
                       'D' },
  [MOS_VENDOR_INTEL] = { 'G', 'e', 'n', 'u', 'i', 'n', 'e', 'I', 'n', 't', 'e',
                         'l' },
};

/* Where the standard format of the XSAVE area has a component. AVX lies at
 * 576 on every processor; a KVM host says itself where the others are. */
typedef struct {
  guint8  component;
  guint16 offset;
  guint16 size;
} XsaveArea;

static const XsaveArea xsave_areas[] = {
  { 2, 576, 256 },   { 5, 1088, 64 }, { 6, 1152, 512 },
  { 7, 1664, 1024 }, { 9, 2688, 8 },
};

/* Leaf 4 of an Intel processor: type, level, ways, sets; shared or not. */
typedef struct {
  guint8   type; /* 1 data, 2 instructions, 3 both */
  guint8   level;
  guint16  ways;
  guint16  sets;
  gboolean shared;
} Cache;

static const Cache caches[] = {
  { 1, 1, 8, 64, FALSE },
  { 2, 1, 8, 64, FALSE },
  { 3, 2, 8, 1024, FALSE },
  { 3, 3, 16, 8192, TRUE },
};

static gboolean
is_amd (const Fill *fill)
{
  return fill->spec->vendor == MOS_VENDOR_AMD;
}

static void
add (Fill    *fill,
     guint32  leaf,
     guint32  subleaf,
     gboolean matters,
     guint32  eax,
     guint32  ebx,
     guint32  ecx,
     guint32  edx)
{
  if (fill->n == fill->room)
    return;
  fill->entries[fill->n++] = (MosCpuidEntry){
    .leaf = leaf,
    .subleaf = subleaf,
    .subleaf_matters = matters,
    .eax = eax,
    .ebx = ebx,
    .ecx = ecx,
    .edx = edx,
  };
}

static guint32
word (const char *text)
{
  guint32 value;

  memcpy (&value, text, sizeof value);
  return GUINT32_FROM_LE (value);
}

/* How many bits number @n things. */
static guint
width (guint n)
{
  return n <= 1 ? 0 : g_bit_storage (n - 1);
}

static gboolean
has_xsave (const Fill *fill)
{
  return (fill->model->leaf1_ecx & MOS_CPUID_1_ECX_XSAVE) != 0;
}

/* Leaf 15h is given only where it is exact: its product is computed in 32
 * bits by guests. */
static gboolean
has_tsc_leaf (const Fill *fill)
{
  guint64 mhz = fill->spec->tsc_hz / 1000000;

  return !is_amd (fill) && mhz > 0 && mhz <= 4000 &&
         fill->spec->tsc_hz % 1000000 == 0;
}

static void
add_basic (Fill *fill)
{
  const MosCpuidSpec *spec = fill->spec;
  const MosCpuModel  *model = fill->model;
  const char         *vendor = vendors[spec->vendor];
  guint32             ecx = model->leaf1_ecx & ~MOS_CPUID_1_ECX_OSXSAVE;
  guint32             edx = model->leaf1_edx & ~MOS_CPUID_1_EDX_HTT;

  add (fill, 0, 0, FALSE, has_tsc_leaf (fill) ? 0x15 : 0xd, word (vendor),
       word (vendor + 8), word (vendor + 4));

  if (is_amd (fill) || !spec->nested)
    ecx &= ~MOS_CPUID_1_ECX_VMX;
  if (spec->n_vcpus > 1)
    edx |= MOS_CPUID_1_EDX_HTT;
  add (fill, 1, 0, FALSE, model->signature[spec->vendor],
       spec->apic_id << 24 | (1u << width (spec->n_vcpus)) << 16 |
           (LINE_BYTES / 8) << 8,
       ecx, edx);

  /* Descriptor 0xff: see leaf 4. */
  if (!is_amd (fill))
    add (fill, 2, 0, FALSE, 0x0000ff01, 0, 0, 0);
}

static void
add_caches (Fill *fill)
{
  guint cores = 1u << width (fill->spec->n_vcpus);

  if (is_amd (fill))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (caches); i++) {
    const Cache *c = &caches[i];
    guint        sharing = c->shared ? cores : 1;

    add (fill, 4, i, TRUE,
         c->type | c->level << 5 | 1u << 8 | (sharing - 1) << 14 |
             (cores - 1) << 26,
         (LINE_BYTES - 1) | (c->ways - 1u) << 22, c->sets - 1u, 0);
  }
  add (fill, 4, G_N_ELEMENTS (caches), TRUE, 0, 0, 0, 0);
}

static void
add_features (Fill *fill)
{
  const MosCpuModel *model = fill->model;
  guint32            edx = model->leaf7_edx;

  if (is_amd (fill))
    edx &= ~MOS_CPUID_7_EDX_ARCH_CAPABILITIES;
  /* The APIC timer runs in every sleep state. */
  add (fill, 6, 0, FALSE, 1u << 2, 0, 0, 0);
  add (fill, 7, 0, TRUE, 0, model->leaf7_ebx,
       model->leaf7_ecx & ~MOS_CPUID_7_ECX_OSPKE, edx);
}

/* Version 2: four counters and two fixed ones of 48 bits; of the seven events
 * cycles and instructions are there, the others (bits set) are not. */
static void
add_performance (Fill *fill)
{
  if (fill->spec->pmu && !is_amd (fill))
    add (fill, 0xa, 0, FALSE, 2 | 4 << 8 | 48 << 16 | 7 << 24, 0x7c, 0,
         2 | 48 << 5);
}

static void
add_topology (Fill *fill)
{
  guint n = fill->spec->n_vcpus;
  guint id = fill->spec->apic_id;

  add (fill, 0xb, 0, TRUE, 0, 1, 0x100, id);
  add (fill, 0xb, 1, TRUE, width (n), n, 0x201, id);
  add (fill, 0xb, 2, TRUE, 0, 0, 2, id);
}

static void
add_xsave (Fill *fill)
{
  const MosCpuModel *model = fill->model;
  guint32            size = 576;

  if (!has_xsave (fill))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (xsave_areas); i++) {
    const XsaveArea *a = &xsave_areas[i];

    if (((model->xcr0 >> a->component) & 1) != 0)
      size = MAX (size, (guint32) a->offset + a->size);
  }
  add (fill, 0xd, 0, TRUE, (guint32) model->xcr0, size, size,
       model->xcr0 >> 32);
  add (fill, 0xd, 1, TRUE, model->leafd1_eax,
       (model->leafd1_eax & MOS_CPUID_D1_EAX_XSAVEC) != 0 ? size : 0, 0, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (xsave_areas); i++) {
    const XsaveArea *a = &xsave_areas[i];

    if (((model->xcr0 >> a->component) & 1) != 0)
      add (fill, 0xd, a->component, TRUE, a->size, a->offset, 0, 0);
  }
}

static void
add_frequencies (Fill *fill)
{
  if (has_tsc_leaf (fill))
    add (fill, 0x15, 0, FALSE, APIC_BUS_HZ / 1000000,
         fill->spec->tsc_hz / 1000000, APIC_BUS_HZ, 0);
}

static void
add_hypervisor (Fill *fill)
{
  static const char name[12] = "MultiOSLab";

  add (fill, 0x40000000, 0, FALSE, 0x40000010, word (name), word (name + 4),
       word (name + 8));
  add (fill, 0x40000010, 0, FALSE, fill->spec->tsc_hz / 1000,
       APIC_BUS_HZ / 1000, 0, 0);
}

static void
add_extended (Fill *fill)
{
  /* The bits that AMD repeats from leaf 1 EDX. */
  static const guint32 repeated = 0x0183f3ff;
  const MosCpuidSpec  *spec = fill->spec;
  const MosCpuModel   *model = fill->model;
  guint32              ecx = model->leaf80000001_ecx;
  guint32              edx = model->leaf80000001_edx;

  /* Leaf 0x8000001e and its family are not computed here. */
  ecx &= ~(MOS_CPUID_80000001_ECX_TOPOEXT | MOS_CPUID_80000001_ECX_CMP_LEGACY);
  if (is_amd (fill)) {
    edx = (edx & ~repeated) | (model->leaf1_edx & repeated);
    if (spec->n_vcpus > 1)
      ecx |= MOS_CPUID_80000001_ECX_CMP_LEGACY;
    if (!spec->nested)
      ecx &= ~MOS_CPUID_80000001_ECX_SVM;
  } else {
    ecx &= MOS_CPUID_80000001_ECX_LAHF_LM | MOS_CPUID_80000001_ECX_LZCNT |
           MOS_CPUID_80000001_ECX_PREFETCHW;
    edx &= MOS_CPUID_80000001_EDX_SYSCALL | MOS_CPUID_80000001_EDX_NX |
           MOS_CPUID_80000001_EDX_PAGE1GB | MOS_CPUID_80000001_EDX_RDTSCP |
           MOS_CPUID_80000001_EDX_LM;
  }

  if (is_amd (fill))
    add (fill, 0x80000000, 0, FALSE,
         (ecx & MOS_CPUID_80000001_ECX_SVM) != 0 ? 0x8000000a : 0x80000008,
         word (vendors[MOS_VENDOR_AMD]), word (vendors[MOS_VENDOR_AMD] + 8),
         word (vendors[MOS_VENDOR_AMD] + 4));
  else
    add (fill, 0x80000000, 0, FALSE, 0x80000008, 0, 0, 0);
  add (fill, 0x80000001, 0, FALSE,
       is_amd (fill) ? model->signature[MOS_VENDOR_AMD] : 0, 0, ecx, edx);
}

static void
add_brand (Fill *fill)
{
  char brand[49] = { 0 };

  g_snprintf (brand, sizeof brand, "MultiOS Lab %s processor",
              fill->model->name != NULL ? fill->model->name : "x86-64");
  for (guint i = 0; i < 3; i++)
    add (fill, 0x80000002 + i, 0, FALSE, word (brand + 16 * i),
         word (brand + 16 * i + 4), word (brand + 16 * i + 8),
         word (brand + 16 * i + 12));
}

static void
add_sizes (Fill *fill)
{
  const MosCpuidSpec *spec = fill->spec;
  guint               bits = fill->model->phys_bits;

  /* L1: 32 KiB, 8 ways; its TLBs have 64 entries, any way. */
  if (is_amd (fill))
    add (fill, 0x80000005, 0, FALSE, 0xff40ff40, 0xff40ff40, 0x20080140,
         0x20080140);
  /* L2: 512 KiB, 8 ways. L3: 8 MiB, 16 ways. */
  add (fill, 0x80000006, 0, FALSE, 0, is_amd (fill) ? 0x42004200 : 0,
       0x02006140, is_amd (fill) ? 0x00408140 : 0);
  /* The TSC runs at one rate in every state. */
  add (fill, 0x80000007, 0, FALSE, 0, 0, 0, 1u << 8);
  add (fill, 0x80000008, 0, FALSE, bits | 48u << 8, 0,
       is_amd (fill) ? (spec->n_vcpus - 1) | width (spec->n_vcpus) << 12 : 0,
       0);
}

static void
add_svm (Fill *fill)
{
  if (!is_amd (fill) || !fill->spec->nested ||
      (fill->model->leaf80000001_ecx & MOS_CPUID_80000001_ECX_SVM) == 0)
    return;
  /* Revision 1, 16 address space numbers. */
  add (fill, 0x8000000a, 0, FALSE, 1, 16, 0, fill->model->leaf8000000a_edx);
}

guint
mos_cpuid_fill (const MosCpuidSpec *spec, MosCpuidEntry *entries, guint room)
{
  Fill fill = {
    .spec = spec,
    .model = spec->model,
    .entries = entries,
    .room = MIN (room, MOS_CPUID_MAX_ENTRIES),
  };

  g_return_val_if_fail (spec->model != NULL && spec->n_vcpus > 0, 0);

  add_basic (&fill);
  add_caches (&fill);
  add_features (&fill);
  add_performance (&fill);
  add_topology (&fill);
  add_xsave (&fill);
  add_frequencies (&fill);
  add_hypervisor (&fill);
  add_extended (&fill);
  add_brand (&fill);
  add_sizes (&fill);
  add_svm (&fill);
  return fill.n;
}

const MosCpuidEntry *
mos_cpuid_find (const MosCpuidEntry *entries,
                guint                n_entries,
                guint32              leaf,
                guint32              subleaf)
{
  for (guint i = 0; i < n_entries; i++)
    if (entries[i].leaf == leaf &&
        (!entries[i].subleaf_matters || entries[i].subleaf == subleaf))
      return &entries[i];
  return NULL;
}
