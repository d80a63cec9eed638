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
  const char *name; /* "x86-64", "x86-64-v2", "x86-64-v3", "host" */
  const char *help; /* translatable */
  guint32     leaf1_ecx, leaf1_edx;
  guint32     leaf7_ebx, leaf7_ecx, leaf7_edx;
  guint32     leaf80000001_ecx, leaf80000001_edx;
  guint64     xcr0; /* components XSAVE may manage */
};

extern const MosCpuModel mos_cpu_models[];

const MosCpuModel *mos_cpu_model_find (const char *name);

typedef struct {
  const MosCpuModel *model;
  MosCpuVendor       vendor;
  guint              n_vcpus;
  guint              apic_id;
  gboolean           nested;
  guint64            tsc_hz; /* for leaves 15h and 40000010h; 0: unknown */
} MosCpuidSpec;

/* Fills @entries, ascending by leaf; returns how many, at most @room. */
guint
mos_cpuid_fill (const MosCpuidSpec *spec, MosCpuidEntry *entries, guint room);

G_END_DECLS
