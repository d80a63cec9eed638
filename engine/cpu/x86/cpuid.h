/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * CPU models: what CPUID tells a guest.
 *
 * A model is a row: name, signature, feature words. The leaves are computed
 * from it, the vendor, the topology and what the backend can really do, so
 * that a guest sees the same processor on both backends.
 */
#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

typedef struct {
  guint32  leaf;
  guint32  subleaf;
  gboolean subleaf_matters;
  guint32  eax, ebx, ecx, edx;
} MosCpuidEntry;

/* The models; the list ends with a NULL name. "x86-64" is the baseline. */
struct MosCpuModel {
  const char *name;         /* "x86-64", "x86-64-v2", "x86-64-v3", "host" */
  const char *help;         /* translatable */
  guint32     signature[2]; /* leaf 1 EAX, by MosCpuVendor */
  guint32     leaf1_ecx, leaf1_edx;
  guint32     leaf7_ebx, leaf7_ecx, leaf7_edx;
  guint32     leafd1_eax;
  guint32     leaf80000001_ecx, leaf80000001_edx;
  guint32     leaf8000000a_edx; /* AMD-V, if the guest may nest */
  guint64     xcr0;             /* components XSAVE may manage */
  guint8      phys_bits;        /* width of a guest-physical address */
};

extern const MosCpuModel mos_cpu_models[];

/* By name; NULL if there is none. */
const MosCpuModel *mos_cpu_model_find (const char *name);

/*
 * What is in @model and in @offer, a backend's own abilities written as a
 * model; name, help and signature are those of @model. Features that cannot do
 * without one that is missing go too. "host" has every bit set, so it becomes
 * whatever the backend offers.
 */
void mos_cpu_model_intersect (MosCpuModel       *result,
                              const MosCpuModel *model,
                              const MosCpuModel *offer);

typedef struct {
  const MosCpuModel *model;
  MosCpuVendor       vendor;
  guint              n_vcpus;
  guint              apic_id;
  gboolean           nested;
  gboolean           pmu;    /* performance counters: engine/cpu/soft/pmu.h */
  guint64            tsc_hz; /* for leaves 15h and 40000010h; 0: unknown */
} MosCpuidSpec;

#define MOS_CPUID_MAX_ENTRIES 64

/*
 * Fills @entries, ascending by leaf; returns how many, at most @room, and
 * never more than MOS_CPUID_MAX_ENTRIES. Leaves that are not there read zero.
 * What depends on CR4 or XCR0 (OSXSAVE, the size in leaf 0xd.0 EBX) is given
 * as after reset, and as for all of the model's XCR0: the processor puts the
 * live value in.
 */
guint
mos_cpuid_fill (const MosCpuidSpec *spec, MosCpuidEntry *entries, guint room);

/* The entry that answers @leaf and @subleaf, or NULL: all zero. */
const MosCpuidEntry *mos_cpuid_find (const MosCpuidEntry *entries,
                                     guint                n_entries,
                                     guint32              leaf,
                                     guint32              subleaf);

G_END_DECLS
