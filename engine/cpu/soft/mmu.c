/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The slow side of memory: misses, page crossings, devices, faults.
 *
 * A miss walks the page tables, looks up the address map and, if there is host
 * memory, leaves an entry in the TLB. An address space is a number in the tag;
 * switching takes a new number, so nothing is cleared but every few thousand
 * switches. Pages with data breakpoints get no entry, so that every access
 * comes here and is compared.
 */
#include "engine/cpu/soft/mmu.h"

#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/walk.h"

MosMmu *
mos_mmu_new (void)
{
  MosMmu *self = g_new0 (MosMmu, 1);

  memset (self->tlb, 0xff, sizeof self->tlb);
  memset (self->fetch, 0xff, sizeof self->fetch);
  self->spaces = 1;
  self->old_ranges =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  return self;
}

void
mos_mmu_free (MosMmu *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->ranges, g_array_unref);
  g_ptr_array_unref (self->old_ranges);
  g_free (self);
}

void
mos_mmu_flush (MosSoftCpu *cpu)
{
  MosMmu *mmu = cpu->mmu;

  memset (mmu->tlb, 0xff, sizeof mmu->tlb);
  memset (mmu->fetch, 0xff, sizeof mmu->fetch);
  memset (mmu->pcids, 0, sizeof mmu->pcids);
  mmu->spaces = 1;
  mmu->generation++;
  if (mmu->world != NULL) {
    mmu->world->n_pcids = 0;
    mmu->world->stamp = ++mmu->last_stamp;
  }
  cpu->tlb_tag = 1;
  mos_epoch_invalidate (cpu);
}

void
mos_mmu_switch (MosSoftCpu *cpu)
{
  if (++cpu->mmu->spaces >= MOS_PAGE_SIZE - 1) {
    mos_mmu_flush (cpu);
    return;
  }
  cpu->tlb_tag = cpu->mmu->spaces;
  mos_epoch_next (cpu);
}

void
mos_mmu_switch_pcid (MosSoftCpu *cpu, guint pcid, gboolean keep)
{
  MosWorld *world = cpu->mmu->world;
  guint16  *space =
      world != NULL ? mos_world_pcid (world, pcid) : &cpu->mmu->pcids[pcid];

  if (keep && *space != 0) {
    cpu->tlb_tag = *space;
    mos_epoch_next (cpu);
    return;
  }
  mos_mmu_switch (cpu); /* this may clear them all */
  if (world != NULL)
    space = mos_world_pcid (world, pcid);
  *space = (guint16) cpu->tlb_tag;
}

void
mos_mmu_flush_page (MosSoftCpu *cpu, guint64 lin)
{
  MosMmu *mmu = cpu->mmu;
  guint64 page = lin & MOS_PAGE_MASK;

  for (guint mode = 0; mode < G_N_ELEMENTS (mmu->tlb); mode++) {
    MosTlbEntry *entry = &mmu->tlb[mode][mos_tlb_index (lin)];

    if ((entry->read & MOS_PAGE_MASK) == page)
      entry->read = MOS_TLB_NEVER;
    if ((entry->write & MOS_PAGE_MASK) == page)
      entry->write = MOS_TLB_NEVER;
  }
  for (guint user = 0; user < G_N_ELEMENTS (mmu->fetch); user++) {
    MosFetchEntry *entry = &mmu->fetch[user][mos_fetch_index (lin)];

    if ((entry->tag & MOS_PAGE_MASK) == page)
      entry->tag = MOS_TLB_NEVER;
  }
  mos_epoch_invalidate (cpu);
}

void
mos_mmu_flush_map (MosSoftCpu *cpu)
{
  cpu->mmu->last_range = NULL;
  if (cpu->mmu->ranges != NULL)
    g_ptr_array_add (cpu->mmu->old_ranges, g_steal_pointer (&cpu->mmu->ranges));
  mos_mmu_flush (cpu);
}

const MosMemoryRange *
mos_phys_find (MosSoftCpu *cpu, guint64 gpa)
{
  MosMmu               *mmu = cpu->mmu;
  const MosMemoryRange *ranges;
  guint                 low = 0, high;

  if (mmu->last_range != NULL && gpa >= mmu->last_range->gpa &&
      gpa - mmu->last_range->gpa < mmu->last_range->size)
    return mmu->last_range;
  if (G_UNLIKELY (mmu->ranges == NULL))
    mmu->ranges = mos_memory_map_ranges (cpu->bus->memory);
  ranges = (const MosMemoryRange *) (gpointer) mmu->ranges->data;
  high = mmu->ranges->len;
  while (low < high) {
    guint middle = (low + high) / 2;

    if (gpa < ranges[middle].gpa)
      high = middle;
    else if (gpa - ranges[middle].gpa >= ranges[middle].size)
      low = middle + 1;
    else
      return mmu->last_range = &ranges[middle];
  }
  return NULL;
}

/* Data breakpoints: DR7 types 1 (write) and 3 (read or write). */
static gboolean
watched (MosSoftCpu *cpu, guint64 page)
{
  if (G_LIKELY ((cpu->dr7 & 0xff) == 0))
    return FALSE;
  for (guint i = 0; i < 4; i++)
    if (((cpu->dr7 >> (2 * i)) & 3) != 0 &&
        ((cpu->dr7 >> (16 + 4 * i)) & 1) != 0 &&
        (cpu->dr[i] & MOS_PAGE_MASK) == page)
      return TRUE;
  return FALSE;
}

static void
note_watch (MosSoftCpu *cpu, guint64 lin, guint size, gboolean write)
{
  static const guint8 lengths[4] = { 1, 2, 8, 4 };

  if (G_LIKELY ((cpu->dr7 & 0xff) == 0))
    return;
  for (guint i = 0; i < 4; i++) {
    guint   type = (cpu->dr7 >> (16 + 4 * i)) & 3;
    guint   length = lengths[(cpu->dr7 >> (18 + 4 * i)) & 3];
    guint64 start = cpu->dr[i] & ~(guint64) (length - 1);

    if (((cpu->dr7 >> (2 * i)) & 3) == 0 ||
        (type != 3 && !(type == 1 && write)))
      continue;
    if (lin < start + length && start < lin + size) {
      cpu->watch_hits |= (guint64) 1 << i;
      __atomic_or_fetch (&cpu->pending, MOS_PENDING_TRAP, __ATOMIC_RELAXED);
    }
  }
}

G_GNUC_NORETURN static void
page_fault (MosSoftCpu *cpu, const MosUop *op, guint64 lin, const MosWalk *walk)
{
  if (G_UNLIKELY (walk->nested))
    mos_guest_fault (cpu, op);
  mos_fault_page (cpu, op, lin, walk->error);
}

/* Where the page of @lin is, for data; fills the TLB. Faults. */
static void
translate (MosSoftCpu   *cpu,
           const MosUop *op,
           guint64       lin,
           gboolean      write,
           MosPlace     *place)
{
  guint        access = write ? MOS_PF_W : 0;
  guint64      page = lin & MOS_PAGE_MASK;
  MosTlbEntry *entry;
  MosWalk      walk;
  guint64      offset;

  mos_cpu_bump (&cpu->counters.tlb_misses);
  if (cpu->tlb_mode == MOS_TLB_USER)
    access |= MOS_PF_U;
  if ((cpu->efer & MOS_EFER_LMA) != 0 && G_UNLIKELY (!mos_is_canonical (lin))) {
    gboolean stack = cpu->on_stack || (op != NULL && op->seg == MOS_SEG_SS &&
                                       cpu->tlb_mode != MOS_N_TLB_MODES);

    mos_fault_error (cpu, op, stack ? MOS_EXC_SS : MOS_EXC_GP, 0);
  }
  if (!mos_walk (cpu, lin, access, cpu->tlb_mode, FALSE, &walk))
    page_fault (cpu, op, lin, &walk);
  walk.gpa &= __atomic_load_n (&cpu->cpus->a20_mask, __ATOMIC_RELAXED);
  place->gpa = walk.gpa;
  place->hva = NULL;
  place->range = NULL;
  if (G_UNLIKELY (walk.apic)) {
    place->kind = MOS_PLACE_APIC;
    return;
  }
  if (G_UNLIKELY (mos_lapic_covers (cpu, walk.gpa))) {
    place->kind = MOS_PLACE_LAPIC;
    return;
  }
  place->range = mos_phys_find (cpu, walk.gpa);
  if (place->range == NULL) {
    place->kind = MOS_PLACE_HOLE;
    return;
  }
  if (place->range->kind == MOS_MEMORY_IO) {
    place->kind = MOS_PLACE_IO;
    return;
  }
  offset = walk.gpa - place->range->gpa;
  place->hva = place->range->hva + offset;
  __builtin_prefetch (place->hva);
  place->flags = place->range->page_flags + (offset >> MOS_PAGE_SHIFT);
  place->kind =
      place->range->kind == MOS_MEMORY_RAM ? MOS_PLACE_RAM : MOS_PLACE_ROM;
  if (watched (cpu, page))
    return;
  entry = &cpu->tlb[mos_tlb_index (lin)];
  entry->addend = (guint64) (guintptr) place->hva - lin;
  entry->page_flags = place->flags;
  entry->read = page | cpu->tlb_tag;
  entry->write = walk.writable && place->kind == MOS_PLACE_RAM
                     ? page | cpu->tlb_tag
                     : MOS_TLB_NEVER;
}

/* Also the odd sizes that are left of an access over two pages. */
static guint64
read_host (const guint8 *hva, guint size)
{
  guint64 value = 0;

  if ((size & (size - 1)) == 0)
    return mos_host_read (hva, size);
  memcpy (&value, hva, MIN (size, sizeof value));
  return value;
}

static void
write_host (guint8 *hva, guint64 value, guint size)
{
  if ((size & (size - 1)) == 0)
    mos_host_write (hva, value, size);
  else
    memcpy (hva, &value, MIN (size, sizeof value));
}

static guint64
read_place (MosSoftCpu     *cpu,
            const MosUop   *op,
            const MosPlace *place,
            guint           size)
{
  guint64 value = 0;

  switch (place->kind) {
  case MOS_PLACE_RAM:
  case MOS_PLACE_ROM:
    return read_host (place->hva, size);
  case MOS_PLACE_LAPIC:
    return mos_lapic_read (cpu, place->gpa & 0xfff);
  case MOS_PLACE_APIC:
    cpu->guest.ops->apic_access (cpu, op, place->gpa, &value, size, FALSE);
    return value;
  case MOS_PLACE_IO:
    mos_cpu_count (cpu, op, MOS_EXIT_MMIO_READ);
    mos_io_begin (cpu);
    value = mos_io_read (place->range->region->io, place->gpa, size);
    mos_io_end (cpu);
    if (mos_trace_wants (cpu->trace, MOS_EVENT_MMIO))
      mos_cpu_trace_mmio (cpu, place->gpa, size, FALSE);
    return value;
  default:
    mos_cpu_count (cpu, op, MOS_EXIT_MMIO_READ);
    return G_MAXUINT64;
  }
}

void
mos_io_map_changed (MosSoftCpu *cpu)
{
  __atomic_and_fetch (&cpu->pending, ~(guint) MOS_PENDING_FLUSH,
                      __ATOMIC_SEQ_CST);
  mos_mmu_flush_map (cpu);
}

void
mos_split_begin (MosSoftCpu *cpu)
{
  g_mutex_lock (&cpu->cpus->split_lock);
  cpu->holds_split = TRUE;
}

void
mos_split_end (MosSoftCpu *cpu)
{
  cpu->holds_split = FALSE;
  g_mutex_unlock (&cpu->cpus->split_lock);
}

static void
write_place (MosSoftCpu     *cpu,
             const MosUop   *op,
             const MosPlace *place,
             guint64         lin,
             guint64         value,
             guint           size)
{
  switch (place->kind) {
  case MOS_PLACE_RAM:
    write_host (place->hva, value, size);
    if (*(volatile guint8 *) place->flags != 0)
      mos_store_note (cpu, place->flags, lin, size);
    break;
  case MOS_PLACE_LAPIC:
    mos_lapic_write (cpu, place->gpa & 0xfff, (guint32) value);
    break;
  case MOS_PLACE_APIC:
    cpu->guest.ops->apic_access (cpu, op, place->gpa, &value, size, TRUE);
    break;
  case MOS_PLACE_IO:
  case MOS_PLACE_ROM:
    mos_cpu_count (cpu, op, MOS_EXIT_MMIO_WRITE);
    if (place->range->region->io == NULL)
      break;
    mos_io_begin (cpu);
    mos_io_write (place->range->region->io, place->gpa, value, size);
    mos_io_end (cpu);
    if (mos_trace_wants (cpu->trace, MOS_EVENT_MMIO))
      mos_cpu_trace_mmio (cpu, place->gpa, size, TRUE);
    break;
  default:
    mos_cpu_count (cpu, op, MOS_EXIT_MMIO_WRITE);
    break;
  }
}

static gboolean
crosses (guint64 lin, guint size)
{
  return (lin & (MOS_PAGE_SIZE - 1)) + size > MOS_PAGE_SIZE;
}

/* The address behind @lin, in the address size of the mode. */
static guint64
wrap (MosSoftCpu *cpu, guint64 lin)
{
  return (cpu->key & MOS_KEY_CS64) != 0 || mos_long_mode (cpu) ? lin
                                                               : (guint32) lin;
}

guint64
mos_load_slow (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  MosPlace place;
  guint64  value = 0;

  if (G_UNLIKELY (crosses (lin, size))) {
    guint8 bytes[8];

    mos_load_bytes (cpu, op, lin, bytes, size);
    memcpy (&value, bytes, size);
    return value;
  }
  translate (cpu, op, lin, FALSE, &place);
  note_watch (cpu, lin, size, FALSE);
  value = read_place (cpu, op, &place, size);
  return size == 8 ? value : value & (((guint64) 1 << (8 * size)) - 1);
}

void
mos_store_slow (MosSoftCpu   *cpu,
                const MosUop *op,
                guint64       lin,
                guint64       value,
                guint         size)
{
  MosPlace place;

  if (G_UNLIKELY (crosses (lin, size))) {
    mos_store_bytes (cpu, op, lin, &value, size);
    return;
  }
  translate (cpu, op, lin, TRUE, &place);
  note_watch (cpu, lin, size, TRUE);
  write_place (cpu, op, &place, lin, value, size);
}

gpointer
mos_rmw_slow (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  MosPlace place;

  if (crosses (lin, size)) {
    mos_check_range (cpu, op, lin, size, TRUE);
    return NULL;
  }
  translate (cpu, op, lin, TRUE, &place);
  if (cpu->tlb[mos_tlb_index (lin)].write !=
      ((lin & MOS_PAGE_MASK) | cpu->tlb_tag))
    return NULL;
  return place.hva;
}

void
mos_check_range (MosSoftCpu   *cpu,
                 const MosUop *op,
                 guint64       lin,
                 guint         size,
                 gboolean      write)
{
  guint64  last = wrap (cpu, lin + size - 1);
  guint64  page = lin & MOS_PAGE_MASK;
  MosPlace place;

  translate (cpu, op, lin, write, &place);
  while (page != (last & MOS_PAGE_MASK)) {
    page = wrap (cpu, page + MOS_PAGE_SIZE);
    translate (cpu, op, page, write, &place);
  }
}

gpointer
mos_host_range (MosSoftCpu   *cpu,
                const MosUop *op,
                guint64       lin,
                guint         size,
                gboolean      write,
                guint8      **page_flags)
{
  const MosTlbEntry *entry = &cpu->tlb[mos_tlb_index (lin)];
  guint64            want = (lin & MOS_PAGE_MASK) | cpu->tlb_tag;
  MosPlace           place;

  if (crosses (lin, size))
    return NULL;
  if ((write ? entry->write : entry->read) != want) {
    translate (cpu, op, lin, write, &place);
    if ((write ? entry->write : entry->read) != want)
      return NULL;
  }
  *page_flags = entry->page_flags;
  return (gpointer) (guintptr) (entry->addend + lin);
}

/* One part within a page, in pieces that devices take. */
static void
copy_part (MosSoftCpu   *cpu,
           const MosUop *op,
           guint64       lin,
           guint8       *data,
           guint         size,
           gboolean      write)
{
  MosPlace place;

  translate (cpu, op, lin, write, &place);
  note_watch (cpu, lin, size, write);
  if (place.kind == MOS_PLACE_RAM && write) {
    memcpy (place.hva, data, size);
    if (*(volatile guint8 *) place.flags != 0)
      mos_store_note (cpu, place.flags, lin, size);
    return;
  }
  if (place.hva != NULL && !write) {
    memcpy (data, place.hva, size);
    return;
  }
  while (size > 0) {
    guint   piece = size >= 8 ? 8 : size >= 4 ? 4 : size >= 2 ? 2 : 1;
    guint64 value = 0;

    if (write) {
      memcpy (&value, data, piece);
      write_place (cpu, op, &place, lin, value, piece);
    } else {
      value = read_place (cpu, op, &place, piece);
      memcpy (data, &value, piece);
    }
    place.gpa += piece;
    if (place.hva != NULL)
      place.hva += piece;
    lin += piece;
    data += piece;
    size -= piece;
  }
}

static void
copy_bytes (MosSoftCpu   *cpu,
            const MosUop *op,
            guint64       lin,
            guint8       *data,
            guint         size,
            gboolean      write)
{
  if (crosses (lin, size))
    mos_check_range (cpu, op, lin, size, write);
  while (size > 0) {
    guint part = MOS_PAGE_SIZE - (lin & (MOS_PAGE_SIZE - 1));

    part = MIN (part, size);
    copy_part (cpu, op, lin, data, part, write);
    lin = wrap (cpu, lin + part);
    data += part;
    size -= part;
  }
}

void
mos_load_bytes (MosSoftCpu   *cpu,
                const MosUop *op,
                guint64       lin,
                gpointer      data,
                guint         size)
{
  const MosTlbEntry *entry = &cpu->tlb[mos_tlb_index (lin)];

  if (G_LIKELY (entry->read == mos_tlb_want (cpu, lin, size) &&
                !crosses (lin, size)))
    memcpy (data, (gpointer) (guintptr) (entry->addend + lin), size);
  else
    copy_bytes (cpu, op, lin, data, size, FALSE);
}

void
mos_store_bytes (MosSoftCpu   *cpu,
                 const MosUop *op,
                 guint64       lin,
                 gconstpointer data,
                 guint         size)
{
  const MosTlbEntry *entry = &cpu->tlb[mos_tlb_index (lin)];

  if (G_LIKELY (entry->write == mos_tlb_want (cpu, lin, size) &&
                !crosses (lin, size))) {
    memcpy ((gpointer) (guintptr) (entry->addend + lin), data, size);
    if (G_UNLIKELY (*(volatile guint8 *) entry->page_flags != 0))
      mos_store_note (cpu, entry->page_flags, lin, size);
  } else {
    copy_bytes (cpu, op, lin, (guint8 *) (guintptr) data, size, TRUE);
  }
}

/* Supervisor rights for one access; a fault's way out restores the mode. */
static void
system_begin (MosSoftCpu *cpu)
{
  cpu->tlb_mode = MOS_TLB_SUPERVISOR;
  cpu->tlb = mos_tlb_table (cpu, MOS_TLB_SUPERVISOR);
}

static void
system_end (MosSoftCpu *cpu, MosTlbMode mode)
{
  cpu->tlb_mode = mode;
  cpu->tlb = mos_tlb_table (cpu, mode);
}

guint64
mos_load_system (MosSoftCpu *cpu, const MosUop *op, guint64 lin, guint size)
{
  MosTlbMode mode = cpu->tlb_mode;
  guint64    value;

  system_begin (cpu);
  value = mos_load (cpu, op, lin, size);
  system_end (cpu, mode);
  return value;
}

void
mos_store_system (MosSoftCpu   *cpu,
                  const MosUop *op,
                  guint64       lin,
                  guint64       value,
                  guint         size)
{
  MosTlbMode mode = cpu->tlb_mode;

  system_begin (cpu);
  mos_store (cpu, op, lin, value, size);
  system_end (cpu, mode);
}

void
mos_check_system (MosSoftCpu   *cpu,
                  const MosUop *op,
                  guint64       lin,
                  guint         size,
                  gboolean      write)
{
  MosTlbMode mode = cpu->tlb_mode;

  system_begin (cpu);
  mos_check_range (cpu, op, lin, size, write);
  system_end (cpu, mode);
}

void
mos_store_note (MosSoftCpu *cpu, guint8 *page_flags, guint64 lin, guint size)
{
  guint8 flags = __atomic_load_n (page_flags, __ATOMIC_RELAXED);

  if ((flags & (MOS_PAGE_TRACK | MOS_PAGE_DIRTY)) == MOS_PAGE_TRACK)
    __atomic_or_fetch (page_flags, MOS_PAGE_DIRTY, __ATOMIC_RELAXED);
  if ((flags & MOS_PAGE_CODE) != 0 &&
      mos_code_is_at (cpu, page_flags, lin & (MOS_PAGE_SIZE - 1), size))
    mos_code_written (cpu->cpus, cpu, page_flags);
}

const guint8 *
mos_mmu_fetch (MosSoftCpu *cpu, guint64 lin, guint8 **page_flags)
{
  gboolean       user = (cpu->key & MOS_KEY_CPL) == 3;
  MosFetchEntry *entry =
      &cpu->mmu->fetch[user + 2 * cpu->guest.active][mos_fetch_index (lin)];
  guint                 access = MOS_PF_I | (user ? MOS_PF_U : 0);
  const MosMemoryRange *range;
  MosWalk               walk;
  guint64               offset;

  if (entry->tag == ((lin & MOS_PAGE_MASK) | cpu->tlb_tag)) {
    *page_flags = entry->page_flags;
    return entry->hva + (lin & (MOS_PAGE_SIZE - 1));
  }
  mos_cpu_bump (&cpu->counters.tlb_misses);
  if (!mos_walk (cpu, lin, access, MOS_TLB_SUPERVISOR, FALSE, &walk))
    page_fault (cpu, NULL, lin, &walk);
  if (G_UNLIKELY (walk.apic))
    cpu->guest.ops->apic_access (cpu, NULL, walk.gpa, NULL, 0, FALSE);
  walk.gpa &= __atomic_load_n (&cpu->cpus->a20_mask, __ATOMIC_RELAXED);
  range = mos_phys_find (cpu, walk.gpa);
  if (range == NULL || range->kind == MOS_MEMORY_IO ||
      mos_lapic_covers (cpu, walk.gpa))
    return NULL;
  offset = walk.gpa - range->gpa;
  entry->tag = (lin & MOS_PAGE_MASK) | cpu->tlb_tag;
  entry->hva = range->hva + (offset & MOS_PAGE_MASK);
  entry->page_flags = range->page_flags + (offset >> MOS_PAGE_SHIFT);
  *page_flags = entry->page_flags;
  return range->hva + offset;
}

guint8
mos_mmu_fetch_io (MosSoftCpu *cpu, guint64 lin)
{
  const MosMemoryRange *range;
  MosWalk               walk;

  if (!mos_walk (cpu, lin, MOS_PF_I, MOS_TLB_SUPERVISOR, TRUE, &walk))
    return 0xff;
  walk.gpa &= __atomic_load_n (&cpu->cpus->a20_mask, __ATOMIC_RELAXED);
  range = mos_phys_find (cpu, walk.gpa);
  if (range == NULL || mos_lapic_covers (cpu, walk.gpa))
    return 0xff;
  if (range->kind != MOS_MEMORY_IO)
    return range->hva[walk.gpa - range->gpa];
  return (guint8) mos_io_read (range->region->io, walk.gpa, 1);
}
