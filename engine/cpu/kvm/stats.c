/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * KVM's own statistics, and the live counters.
 *
 * The kernel describes its numbers itself: a header, one descriptor for each
 * statistic with name, kind, unit and place, then the values. Nothing is known
 * here by name but the few that fill columns of the counters which the run
 * loop cannot see (exits handled in the kernel). Any thread. Kernel
 * documentation, "KVM_GET_STATS_FD".
 */

#include <string.h>
#include <unistd.h>

#include "engine/cpu/kvm/private.h"

#define MAX_STATS_BYTES (256u * 1024)
#define MAX_DESCRIPTORS 1024u
#define MAX_NAME_BYTES  256u
#define MAX_ELEMENTS    64u

/* Exits that the kernel handles without us. */
static const struct {
  const char   *name;
  MosExitReason reason;
} kernel_exits[] = {
  { "halt_exits", MOS_EXIT_HLT },
  { "irq_window_exits", MOS_EXIT_INTERRUPT_WINDOW },
  { "hypercalls", MOS_EXIT_HYPERCALL },
};

static const char *
unit_name (guint32 flags, gint16 exponent)
{
  switch (flags & KVM_STATS_UNIT_MASK) {
  case KVM_STATS_UNIT_BYTES:
    return "bytes";
  case KVM_STATS_UNIT_SECONDS:
    return exponent == -9 ? "ns" : "s";
  case KVM_STATS_UNIT_CYCLES:
    return "cycles";
  default:
    return "";
  }
}

/* Reports the elements of one statistic: "name", or "name.0" and so on. */
static gboolean
report (const guint8                  *data,
        gsize                          size,
        const struct kvm_stats_header *header,
        const struct kvm_stats_desc   *desc,
        const char                    *name,
        MosBackendStatFunc             func,
        gpointer                       user_data)
{
  gsize       at = (gsize) header->data_offset + desc->offset;
  const char *unit = unit_name (desc->flags, desc->exponent);
  guint       n = MIN (desc->size, MAX_ELEMENTS);

  if (at > size || n * sizeof (guint64) > size - at)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    char    element[MAX_NAME_BYTES + 16];
    guint64 value;

    memcpy (&value, data + at + i * sizeof value, sizeof value);
    if (desc->size == 1)
      g_strlcpy (element, name, sizeof element);
    else
      g_snprintf (element, sizeof element, "%s.%u", name, i);
    func (user_data, element, unit, value);
  }
  return TRUE;
}

gboolean
mos_kvm_stats_parse (const guint8      *data,
                     gsize              size,
                     MosBackendStatFunc func,
                     gpointer           user_data)
{
  struct kvm_stats_header header;
  gsize                   stride;

  if (size < sizeof header)
    return FALSE;
  memcpy (&header, data, sizeof header);
  if (header.name_size == 0 || header.name_size > MAX_NAME_BYTES ||
      header.num_desc > MAX_DESCRIPTORS)
    return FALSE;
  stride = sizeof (struct kvm_stats_desc) + header.name_size;
  if (header.desc_offset > size ||
      header.num_desc * stride > size - header.desc_offset)
    return FALSE;
  for (guint i = 0; i < header.num_desc; i++) {
    const guint8         *at = data + header.desc_offset + i * stride;
    struct kvm_stats_desc desc;
    char                  name[MAX_NAME_BYTES + 1];

    memcpy (&desc, at, sizeof desc);
    memcpy (name, at + sizeof desc, header.name_size);
    name[header.name_size] = '\0';
    if (!report (data, size, &header, &desc, name, func, user_data))
      return FALSE;
  }
  return TRUE;
}

void
mos_kvm_stats_read (int fd, MosBackendStatFunc func, gpointer user_data)
{
  g_autofree guint8 *data = NULL;
  gssize             size;

  if (fd < 0)
    return;
  data = g_malloc (MAX_STATS_BYTES);
  size = pread (fd, data, MAX_STATS_BYTES, 0);
  if (size > 0)
    mos_kvm_stats_parse (data, size, func, user_data);
}

void
mos_kvm_stats (MosCpus           *cpus,
               MosVcpu           *vcpu,
               MosBackendStatFunc func,
               gpointer           user_data)
{
  mos_kvm_stats_read (vcpu != NULL ? ((MosKvmVcpu *) vcpu)->stats_fd
                                   : ((MosKvmMachine *) cpus)->stats_fd,
                      func, user_data);
}

typedef struct {
  MosVcpuCounters *counters;
  guint64          all; /* exits, however handled */
} Totals;

static void
total_cb (gpointer user_data, const char *name, const char *unit, guint64 value)
{
  Totals *totals = user_data;

  for (gsize i = 0; i < G_N_ELEMENTS (kernel_exits); i++)
    if (strcmp (kernel_exits[i].name, name) == 0)
      totals->counters->exits[kernel_exits[i].reason] += value;
  if (strcmp (name, "exits") == 0)
    totals->all = value;
  else if (strcmp (name, "irq_injections") == 0)
    totals->counters->interrupts = value;
}

void
mos_kvm_counters (MosVcpu *base, MosVcpuCounters *counters)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) base;
  Totals      totals = { .counters = counters };
  guint64     known = 0;

  mos_kvm_nested_ask (vcpu);
  *counters = (MosVcpuCounters){ .run_ns = mos_kvm_vcpu_run_ns (vcpu) };
  for (guint i = 0; i < MOS_N_EXITS; i++)
    counters->exits[i] = __atomic_load_n (&vcpu->exits[i], __ATOMIC_RELAXED);
  mos_kvm_stats_read (vcpu->stats_fd, total_cb, &totals);
  for (guint i = 0; i < MOS_N_EXITS; i++)
    known += counters->exits[i];
  if (totals.all > known)
    counters->exits[MOS_EXIT_OTHER] += totals.all - known;
}
