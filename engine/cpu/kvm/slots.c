/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest memory as KVM's memory slots.
 *
 * The map's flat list is compared with the slots there are: what is gone is
 * deleted, what is new is made, and tracking is switched in place. Ranges that
 * do not begin and end on pages are cut to whole pages; the rest is reached as
 * a device access, which the map serves just as well. Threads: whoever changes
 * the map, or reads a screen's dirty pages. Kernel documentation,
 * "KVM_SET_USER_MEMORY_REGION", "KVM_GET_DIRTY_LOG".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/ioctl.h>

#include "engine/cpu/kvm/posted.h"

static gboolean
set_slot (MosKvmMachine *machine, const MosKvmSlot *slot, guint64 size)
{
  struct kvm_userspace_memory_region region = {
    .slot = slot->id,
    .flags = size > 0 ? slot->flags : 0,
    .guest_phys_addr = slot->gpa,
    .memory_size = size,
    .userspace_addr = (guintptr) slot->hva,
  };
  g_autoptr (GError) error = NULL;

  if (mos_kvm_call (machine->vm_fd, KVM_SET_USER_MEMORY_REGION,
                    "KVM_SET_USER_MEMORY_REGION", &region, &error))
    return TRUE;
  mos_log_once (
      machine->parent.bus->log, "kvm-slot", MOS_LOG_ERROR,
      _ ("Memory at 0x%" PRIx64 " cannot be given to the guest directly: %s"),
      slot->gpa, error->message);
  return FALSE;
}

/* Moves the kernel's marks of @slot into our page flags. */
static void
sync_slot (MosKvmMachine *machine, const MosKvmSlot *slot)
{
  guint64              n_pages = slot->size >> MOS_PAGE_SHIFT;
  guint64              n_words = (n_pages + 63) / 64;
  g_autofree guint64  *bits = NULL;
  struct kvm_dirty_log log = { .slot = slot->id };

  if ((slot->flags & KVM_MEM_LOG_DIRTY_PAGES) == 0)
    return;
  bits = g_new0 (guint64, n_words);
  log.dirty_bitmap = bits;
  if (!mos_kvm_call (machine->vm_fd, KVM_GET_DIRTY_LOG, "KVM_GET_DIRTY_LOG",
                     &log, NULL))
    return;
  for (guint64 word = 0; word < n_words; word++)
    for (guint64 left = bits[word]; left != 0; left &= left - 1) {
      guint64 page = 64 * word + (guint) __builtin_ctzll (left);

      if (page < n_pages)
        __atomic_or_fetch (&slot->page_flags[page], MOS_PAGE_DIRTY,
                           __ATOMIC_RELEASE);
    }
}

/* The slot for @range; FALSE if it holds no whole page. */
static gboolean
slot_of_range (MosKvmMachine        *machine,
               const MosMemoryRange *range,
               MosKvmSlot           *slot)
{
  guint64 mask = MOS_PAGE_SIZE - 1;
  guint64 skip = -range->gpa & mask;

  if (range->kind == MOS_MEMORY_IO || range->size <= skip ||
      ((range->size - skip) & ~mask) == 0)
    return FALSE;
  *slot = (MosKvmSlot){
    .gpa = range->gpa + skip,
    .size = (range->size - skip) & ~mask,
    .hva = range->hva + skip,
    .page_flags = range->page_flags + (skip != 0 ? 1 : 0),
  };
  if (((guintptr) slot->hva & mask) != 0)
    return FALSE;
  if (range->kind == MOS_MEMORY_ROM) {
    if (!machine->caps.readonly_mem) {
      mos_log_once (machine->parent.bus->log, "kvm-rom", MOS_LOG_WARNING, "%s",
                    _ ("This host's KVM cannot write-protect the guest's "
                       "ROM; the guest can overwrite it"));
      return TRUE;
    }
    slot->flags |= KVM_MEM_READONLY;
  }
  if ((__atomic_load_n (slot->page_flags, __ATOMIC_ACQUIRE) & MOS_PAGE_TRACK) !=
      0)
    slot->flags |= KVM_MEM_LOG_DIRTY_PAGES;
  return TRUE;
}

static GArray *
wanted_slots (MosKvmMachine *machine, GArray *ranges)
{
  GArray *wanted = g_array_new (FALSE, FALSE, sizeof (MosKvmSlot));

  for (guint i = 0; i < ranges->len; i++) {
    MosKvmSlot slot;

    if (slot_of_range (machine, &g_array_index (ranges, MosMemoryRange, i),
                       &slot))
      g_array_append_val (wanted, slot);
  }
  return wanted;
}

/* The same memory at the same place: at most the tracking differs. */
static gboolean
same_memory (const MosKvmSlot *a, const MosKvmSlot *b)
{
  return a->gpa == b->gpa && a->size == b->size && a->hva == b->hva &&
         ((a->flags ^ b->flags) & KVM_MEM_READONLY) == 0;
}

static MosKvmSlot *
find_slot (GArray *slots, const MosKvmSlot *like)
{
  for (guint i = 0; i < slots->len; i++) {
    MosKvmSlot *slot = &g_array_index (slots, MosKvmSlot, i);

    if (same_memory (slot, like))
      return slot;
  }
  return NULL;
}

static guint32
free_id (GArray *slots)
{
  for (guint32 id = 0;; id++) {
    gboolean taken = FALSE;

    for (guint i = 0; i < slots->len; i++)
      taken |= g_array_index (slots, MosKvmSlot, i).id == id;
    if (!taken)
      return id;
  }
}

static void
delete_gone (MosKvmMachine *machine, GArray *wanted)
{
  for (guint i = machine->slots->len; i > 0; i--) {
    MosKvmSlot *slot = &g_array_index (machine->slots, MosKvmSlot, i - 1);

    if (find_slot (wanted, slot) != NULL)
      continue;
    sync_slot (machine, slot);
    set_slot (machine, slot, 0);
    g_array_remove_index_fast (machine->slots, i - 1);
  }
}

static void
switch_tracking (MosKvmMachine *machine, MosKvmSlot *slot, guint32 flags)
{
  if (slot->flags == flags)
    return;
  sync_slot (machine, slot);
  slot->flags = flags;
  set_slot (machine, slot, slot->size);
}

static void
make_new (MosKvmMachine *machine, GArray *wanted)
{
  for (guint i = 0; i < wanted->len; i++) {
    MosKvmSlot  slot = g_array_index (wanted, MosKvmSlot, i);
    MosKvmSlot *there = find_slot (machine->slots, &slot);

    if (there != NULL) {
      switch_tracking (machine, there, slot.flags);
      continue;
    }
    slot.id = free_id (machine->slots);
    if (slot.id < machine->caps.max_slots &&
        set_slot (machine, &slot, slot.size))
      g_array_append_val (machine->slots, slot);
  }
}

static void
changed_cb (gpointer user_data)
{
  MosKvmMachine *machine = user_data;
  gboolean       replaces = FALSE;
  g_autoptr (GArray) ranges = NULL;
  g_autoptr (GArray) wanted = NULL;

  g_mutex_lock (&machine->slots_lock);
  ranges = mos_memory_map_ranges (machine->parent.bus->memory);
  wanted = wanted_slots (machine, ranges);
  for (guint i = 0; i < machine->slots->len; i++)
    replaces |= find_slot (wanted, &g_array_index (machine->slots, MosKvmSlot,
                                                   i)) == NULL;
  if (replaces)
    mos_kvm_gate_close (machine);
  delete_gone (machine, wanted);
  make_new (machine, wanted);
  mos_kvm_posted_update (machine, ranges);
  if (replaces)
    mos_kvm_gate_open (machine);
  g_mutex_unlock (&machine->slots_lock);
}

static void
sync_dirty_cb (gpointer user_data, MosMemoryRegion *region)
{
  MosKvmMachine *machine = user_data;
  const guint8  *first = region->ram->hva + region->ram_offset;

  g_mutex_lock (&machine->slots_lock);
  for (guint i = 0; i < machine->slots->len; i++) {
    MosKvmSlot *slot = &g_array_index (machine->slots, MosKvmSlot, i);

    if (slot->hva < first + region->size && first < slot->hva + slot->size)
      sync_slot (machine, slot);
  }
  g_mutex_unlock (&machine->slots_lock);
}

static void
settle_cb (gpointer user_data)
{
  MosKvmMachine *machine = user_data;

  if (machine->ring != NULL)
    mos_kvm_posted_deliver (machine, MOS_KVM_NO_VCPU);
}

static const MosMemoryListener listener = {
  .changed = changed_cb,
  .sync_dirty = sync_dirty_cb,
  .settle = settle_cb,
};

void
mos_kvm_slots_init (MosKvmMachine *machine)
{
  g_mutex_init (&machine->slots_lock);
  mos_kvm_posted_init (machine);
  machine->slots = g_array_new (FALSE, FALSE, sizeof (MosKvmSlot));
  mos_memory_map_set_listener (machine->parent.bus->memory, &listener, machine);
  changed_cb (machine);
}

void
mos_kvm_slots_clear (MosKvmMachine *machine)
{
  if (machine->slots == NULL)
    return;
  mos_memory_map_set_listener (machine->parent.bus->memory, NULL, NULL);
  g_clear_pointer (&machine->slots, g_array_unref);
  mos_kvm_posted_clear (machine);
  g_mutex_clear (&machine->slots_lock);
}
