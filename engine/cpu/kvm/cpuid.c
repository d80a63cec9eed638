/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest's CPUID on KVM: the model, as far as the host can give it.
 *
 * KVM says what it can offer; that becomes a model of its own, and what both
 * have is filled in by the same code as on the software CPU. Only the layout
 * of the XSAVE area beyond AVX is the host's. Kernel documentation,
 * "KVM_GET_SUPPORTED_CPUID" and "KVM_SET_CPUID2".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/features.h"

typedef struct {
  struct kvm_cpuid2       head;
  struct kvm_cpuid_entry2 entries[MOS_KVM_MAX_CPUID];
} Cpuid;

/* One word of a model, and where it lies in CPUID. */
typedef struct {
  guint32         leaf;
  guint32         subleaf;
  gsize           reg;  /* offset in struct kvm_cpuid_entry2 */
  gsize           word; /* offset in MosCpuModel */
  const MosField *fields;
} Word;

static const Word words[] = {
  { 1, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, ecx),
    G_STRUCT_OFFSET (MosCpuModel, leaf1_ecx), mos_cpuid_1_ecx_fields },
  { 1, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, edx),
    G_STRUCT_OFFSET (MosCpuModel, leaf1_edx), mos_cpuid_1_edx_fields },
  { 7, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, ebx),
    G_STRUCT_OFFSET (MosCpuModel, leaf7_ebx), mos_cpuid_7_ebx_fields },
  { 7, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, ecx),
    G_STRUCT_OFFSET (MosCpuModel, leaf7_ecx), mos_cpuid_7_ecx_fields },
  { 7, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, edx),
    G_STRUCT_OFFSET (MosCpuModel, leaf7_edx), mos_cpuid_7_edx_fields },
  { 0xd, 1, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, eax),
    G_STRUCT_OFFSET (MosCpuModel, leafd1_eax), mos_cpuid_d1_eax_fields },
  { 0x80000001, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, ecx),
    G_STRUCT_OFFSET (MosCpuModel, leaf80000001_ecx),
    mos_cpuid_80000001_ecx_fields },
  { 0x80000001, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, edx),
    G_STRUCT_OFFSET (MosCpuModel, leaf80000001_edx),
    mos_cpuid_80000001_edx_fields },
  { 0x8000000a, 0, G_STRUCT_OFFSET (struct kvm_cpuid_entry2, edx),
    G_STRUCT_OFFSET (MosCpuModel, leaf8000000a_edx),
    mos_cpuid_8000000a_edx_fields },
};

static gboolean
get_supported (int kvm_fd, Cpuid *cpuid, GError **error)
{
  memset (cpuid, 0, sizeof *cpuid);
  cpuid->head.nent = MOS_KVM_MAX_CPUID;
  if (!mos_kvm_call (kvm_fd, KVM_GET_SUPPORTED_CPUID, "KVM_GET_SUPPORTED_CPUID",
                     cpuid, error))
    return FALSE;
  cpuid->head.nent = MIN (cpuid->head.nent, MOS_KVM_MAX_CPUID);
  return TRUE;
}

static const struct kvm_cpuid_entry2 *
find (const Cpuid *cpuid, guint32 leaf, guint32 subleaf)
{
  for (guint i = 0; i < cpuid->head.nent; i++)
    if (cpuid->entries[i].function == leaf &&
        cpuid->entries[i].index == subleaf)
      return &cpuid->entries[i];
  return NULL;
}

static guint32 *
word_of (MosCpuModel *model, const Word *row)
{
  return (guint32 *) ((guint8 *) model + row->word);
}

static void
make_offer (int kvm_fd, const Cpuid *cpuid, MosCpuModel *offer)
{
  const struct kvm_cpuid_entry2 *e;

  *offer = (MosCpuModel){ .phys_bits = 36 };
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    e = find (cpuid, words[i].leaf, words[i].subleaf);
    if (e != NULL)
      memcpy (word_of (offer, &words[i]), (const guint8 *) e + words[i].reg,
              sizeof (guint32));
  }
  /* It is not KVM's to offer, but the chips in the kernel have it. */
  offer->leaf1_ecx |= MOS_CPUID_1_ECX_HYPERVISOR | MOS_CPUID_1_ECX_X2APIC;
  if (ioctl (kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0)
    offer->leaf1_ecx |= MOS_CPUID_1_ECX_TSC_DEADLINE;
  /* Needs nothing but XSAVES, which would need IA32_XSS. */
  offer->leafd1_eax &= ~MOS_CPUID_D1_EAX_XSAVES;

  e = find (cpuid, 0xd, 0);
  if (e != NULL)
    offer->xcr0 =
        (e->eax | (guint64) e->edx << 32) &
        (MOS_XCR0_X87 | MOS_XCR0_SSE | MOS_XCR0_AVX | MOS_XCR0_OPMASK |
         MOS_XCR0_ZMM_HI256 | MOS_XCR0_HI16_ZMM | MOS_XCR0_PKRU);
  e = find (cpuid, 0x80000008, 0);
  if (e != NULL && (e->eax & 0xff) >= 32)
    offer->phys_bits = e->eax & 0xff;
}

gboolean
mos_kvm_cpuid_offer (int kvm_fd, MosCpuModel *offer, GError **error)
{
  g_autofree Cpuid *cpuid = g_new (Cpuid, 1);

  if (!get_supported (kvm_fd, cpuid, error))
    return FALSE;
  make_offer (kvm_fd, cpuid, offer);
  return TRUE;
}

/* One line with the names of what the model promises and the host lacks. */
static void
log_missing (MosKvmMachine *machine, const MosCpusSpec *spec)
{
  /* These come and go with the vendor and with nesting. */
  static const guint32 expected_81 =
      MOS_CPUID_80000001_ECX_SVM | MOS_CPUID_80000001_ECX_CR8_LEGACY;
  MosCpuModel wanted = *spec->model;
  g_autoptr (GString) names = g_string_new (NULL);

  if (strcmp (wanted.name, "host") == 0)
    return;
  wanted.leaf1_ecx &= ~MOS_CPUID_1_ECX_VMX;
  wanted.leaf80000001_ecx &= ~expected_81;
  wanted.leaf8000000a_edx = 0;
  wanted.leaf7_edx &= ~MOS_CPUID_7_EDX_ARCH_CAPABILITIES;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    mos_fields_describe (words[i].fields,
                         *word_of (&wanted, &words[i]) &
                             ~*word_of (&machine->model, &words[i]),
                         names);
  if (names->len > 0)
    mos_log (machine->parent.bus->log, MOS_LOG_WARNING,
             _ ("KVM on this host cannot give the guest all of CPU model %s; "
                "missing: %s"),
             wanted.name, names->str);
}

/* The area's size if all components are on, with the host's layout. */
static guint32
xsave_size (const Cpuid *supported, guint64 xcr0)
{
  guint32 size = 576;

  for (guint i = 2; i < 63; i++) {
    const struct kvm_cpuid_entry2 *e;

    if (((xcr0 >> i) & 1) == 0 || (e = find (supported, 0xd, i)) == NULL)
      continue;
    if (e->ebx <= MOS_XSAVE_BYTES && e->eax <= MOS_XSAVE_BYTES - e->ebx)
      size = MAX (size, e->ebx + e->eax);
  }
  return size;
}

gboolean
mos_kvm_cpuid_choose (MosKvmMachine     *machine,
                      const MosCpusSpec *spec,
                      GError           **error)
{
  g_autofree Cpuid *supported = g_new (Cpuid, 1);
  MosCpuModel       offer;

  if (!get_supported (machine->kvm_fd, supported, error))
    return FALSE;
  make_offer (machine->kvm_fd, supported, &offer);
  mos_cpu_model_intersect (&machine->model, spec->model, &offer);
  machine->xsave_bytes = xsave_size (supported, machine->model.xcr0);
  log_missing (machine, spec);
  return TRUE;
}

/* The host's layout of the XSAVE area in place of ours. */
static void
adjust_xsave (struct kvm_cpuid_entry2 *entry,
              const Cpuid             *supported,
              guint32                  size)
{
  const struct kvm_cpuid_entry2 *e;

  if (entry->function != 0xd)
    return;
  if (entry->index == 0)
    entry->ebx = entry->ecx = size;
  else if (entry->index > 1 &&
           (e = find (supported, 0xd, entry->index)) != NULL) {
    entry->eax = e->eax;
    entry->ebx = e->ebx;
    entry->ecx = e->ecx;
  }
}

gboolean
mos_kvm_cpuid_set (MosKvmVcpu *vcpu, const MosCpusSpec *spec, GError **error)
{
  MosKvmMachine    *machine = mos_kvm_vcpu_machine (vcpu);
  g_autofree Cpuid *supported = g_new (Cpuid, 1);
  g_autofree Cpuid *cpuid = g_new0 (Cpuid, 1);
  MosCpuidEntry     entries[MOS_CPUID_MAX_ENTRIES];
  int               khz = ioctl (vcpu->fd, KVM_GET_TSC_KHZ, NULL);
  MosCpuidSpec      fill = {
         .model = &machine->model,
         .vendor = spec->vendor,
         .n_vcpus = spec->n_vcpus,
         .apic_id = vcpu->parent.index,
         .nested = spec->nested,
         .tsc_hz = khz > 0 ? (guint64) khz * 1000 : 0,
  };

  if (!get_supported (machine->kvm_fd, supported, error))
    return FALSE;
  cpuid->head.nent = mos_cpuid_fill (&fill, entries, G_N_ELEMENTS (entries));
  for (guint i = 0; i < cpuid->head.nent; i++) {
    const MosCpuidEntry *e = &entries[i];

    cpuid->entries[i] = (struct kvm_cpuid_entry2){
      .function = e->leaf,
      .index = e->subleaf,
      .flags = e->subleaf_matters ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
      .eax = e->eax,
      .ebx = e->ebx,
      .ecx = e->ecx,
      .edx = e->edx,
    };
    adjust_xsave (&cpuid->entries[i], supported, machine->xsave_bytes);
  }
  return mos_kvm_call (vcpu->fd, KVM_SET_CPUID2, "KVM_SET_CPUID2", cpuid,
                       error);
}
