/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Writes to device memory that do not leave the guest.
 *
 * In the zones it is told, the kernel puts a guest's writes into a ring of one
 * page, shared by all vCPUs of the machine, and lets the guest run on; when the
 * ring is full, a write exits as any other. Whoever comes out of the guest, or
 * wants to see what the device holds, delivers them first, so only their time
 * differs. Kernel documentation, "KVM_REGISTER_COALESCED_MMIO".
 */

#include "engine/cpu/kvm/posted.h"

#define RING_ENTRIES                                           \
  ((MOS_PAGE_SIZE - sizeof (struct kvm_coalesced_mmio_ring)) / \
   sizeof (struct kvm_coalesced_mmio))

static gboolean
same_zone (const struct kvm_coalesced_mmio_zone *a,
           const struct kvm_coalesced_mmio_zone *b)
{
  return a->addr == b->addr && a->size == b->size;
}

static gboolean
has_zone (GArray *zones, const struct kvm_coalesced_mmio_zone *zone)
{
  for (guint i = 0; i < zones->len; i++)
    if (same_zone (&g_array_index (zones, struct kvm_coalesced_mmio_zone, i),
                   zone))
      return TRUE;
  return FALSE;
}

static GArray *
wanted_zones (GArray *ranges)
{
  GArray *zones =
      g_array_new (FALSE, FALSE, sizeof (struct kvm_coalesced_mmio_zone));

  for (guint i = 0; i < ranges->len; i++) {
    const MosMemoryRange *range = &g_array_index (ranges, MosMemoryRange, i);
    struct kvm_coalesced_mmio_zone zone = { .addr = range->gpa,
                                            .size = (guint32) range->size };

    if (range->kind == MOS_MEMORY_IO && range->region->posted &&
        range->size <= G_MAXUINT32)
      g_array_append_val (zones, zone);
  }
  return zones;
}

/* A zone that cannot be made only costs time. */
static void
change_zones (MosKvmMachine *machine,
              GArray        *from,
              GArray        *except,
              unsigned long  request)
{
  for (guint i = 0; i < from->len; i++) {
    struct kvm_coalesced_mmio_zone *zone =
        &g_array_index (from, struct kvm_coalesced_mmio_zone, i);

    if (!has_zone (except, zone))
      mos_kvm_call (machine->vm_fd, request, "KVM_REGISTER_COALESCED_MMIO",
                    zone, NULL);
  }
}

void
mos_kvm_posted_update (MosKvmMachine *machine, GArray *ranges)
{
  GArray *wanted;

  if (machine->ring == NULL)
    return;
  wanted = wanted_zones (ranges);
  change_zones (machine, machine->zones, wanted, KVM_UNREGISTER_COALESCED_MMIO);
  change_zones (machine, wanted, machine->zones, KVM_REGISTER_COALESCED_MMIO);
  g_array_unref (machine->zones);
  machine->zones = wanted;
}

static void
deliver_one (MosKvmMachine *machine, guint index, guint vcpu)
{
  const struct kvm_coalesced_mmio *write =
      &machine->ring->coalesced_mmio[index];
  guint   size = MIN (write->len, (guint) sizeof write->data);
  MosBus *bus = machine->parent.bus;

  mos_memory_map_write (bus->memory, write->phys_addr, write->data, size);
  if (mos_trace_wants (bus->trace, MOS_EVENT_MMIO)) {
    MosEvent event = {
      .time_ns = MOS_EVENT_NOW,
      .what = mos_event_what (MOS_EVENT_MMIO, vcpu, 1, 0),
      .a = write->phys_addr,
      .b = size | 0x100u,
    };

    mos_trace_emit_slow (bus->trace, &event);
  }
}

void
mos_kvm_posted_deliver (MosKvmMachine *machine, guint vcpu)
{
  struct kvm_coalesced_mmio_ring *ring = machine->ring;
  guint32                         first, last;

  g_mutex_lock (&machine->ring_lock);
  /* No more than it holds, however fast other vCPUs fill it. */
  first = ring->first % RING_ENTRIES;
  last = __atomic_load_n (&ring->last, __ATOMIC_ACQUIRE) % RING_ENTRIES;
  while (first != last) {
    deliver_one (machine, first, vcpu);
    first = (first + 1) % RING_ENTRIES;
    __atomic_store_n (&ring->first, first, __ATOMIC_RELEASE);
  }
  g_mutex_unlock (&machine->ring_lock);
}

void
mos_kvm_posted_init (MosKvmMachine *machine)
{
  g_mutex_init (&machine->ring_lock);
  machine->zones =
      g_array_new (FALSE, FALSE, sizeof (struct kvm_coalesced_mmio_zone));
  if (machine->caps.posted_at != 0)
    machine->ring =
        (gpointer) ((guint8 *) machine->vcpus[0].run + machine->caps.posted_at);
}

void
mos_kvm_posted_clear (MosKvmMachine *machine)
{
  machine->ring = NULL;
  g_array_unref (machine->zones);
  g_mutex_clear (&machine->ring_lock);
}
