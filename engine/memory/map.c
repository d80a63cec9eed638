/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The flat list behind MosMemoryMap.
 *
 * All regions' borders cut the address space into pieces; in each piece the
 * enabled region of highest priority wins (of equals, the one added last);
 * neighbours that continue each other are joined. There are a few dozen
 * regions, and changes are rare beside accesses, so the list is simply made
 * anew. Readers hold a reader lock only while they copy a range.
 */
#include "engine/memory/map.h"

#include <string.h>

struct MosMemoryMap {
  GRWLock           lock;       /* guards ranges */
  GRecMutex         changes;    /* serialises changes; guards the rest */
  GPtrArray        *regions;    /* of MosMemoryRegion, not owned */
  GArray           *ranges;     /* of MosMemoryRange, ascending, disjoint */
  guint             generation; /* atomic */
  guint             batch;      /* depth of begin */
  gboolean          changed;
  MosMemoryListener listener;
  gpointer          listener_data;
};

MosMemoryMap *
mos_memory_map_new (void)
{
  MosMemoryMap *self = g_new0 (MosMemoryMap, 1);

  g_rw_lock_init (&self->lock);
  g_rec_mutex_init (&self->changes);
  self->regions = g_ptr_array_new ();
  self->ranges = g_array_new (FALSE, FALSE, sizeof (MosMemoryRange));
  return self;
}

void
mos_memory_map_free (MosMemoryMap *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->ranges);
  g_ptr_array_unref (self->regions);
  g_rec_mutex_clear (&self->changes);
  g_rw_lock_clear (&self->lock);
  g_free (self);
}

void
mos_memory_map_set_listener (MosMemoryMap            *self,
                             const MosMemoryListener *listener,
                             gpointer                 user_data)
{
  g_rec_mutex_lock (&self->changes);
  if (listener != NULL)
    self->listener = *listener;
  else
    memset (&self->listener, 0, sizeof self->listener);
  self->listener_data = user_data;
  g_rec_mutex_unlock (&self->changes);
}

/* -- the flat list ------------------------------------------------------- */

static int
compare_u64 (gconstpointer a, gconstpointer b)
{
  guint64 left = *(const guint64 *) a;
  guint64 right = *(const guint64 *) b;

  return left < right ? -1 : left > right;
}

static const MosMemoryRegion *
winner_at (MosMemoryMap *self, guint64 gpa)
{
  const MosMemoryRegion *best = NULL;

  for (guint i = 0; i < self->regions->len; i++) {
    const MosMemoryRegion *region = g_ptr_array_index (self->regions, i);

    if (!region->enabled || gpa < region->gpa ||
        gpa - region->gpa >= region->size)
      continue;
    if (best == NULL || region->priority >= best->priority)
      best = region;
  }
  return best;
}

static void
append_range (GArray *ranges, MosMemoryRegion *region, guint64 gpa, guint64 end)
{
  MosMemoryRange range = {
    .gpa = gpa, .size = end - gpa, .kind = region->kind, .region = region
  };
  MosMemoryRange *last =
      ranges->len == 0
          ? NULL
          : &g_array_index (ranges, MosMemoryRange, ranges->len - 1);

  if (last != NULL && last->region == region && last->gpa + last->size == gpa) {
    last->size += range.size;
    return;
  }
  if (region->kind != MOS_MEMORY_IO) {
    guint64 offset = region->ram_offset + (gpa - region->gpa);

    range.hva = region->ram->hva + offset;
    range.page_flags = region->ram->page_flags + (offset >> MOS_PAGE_SHIFT);
  }
  g_array_append_val (ranges, range);
}

static GArray *
flatten (MosMemoryMap *self)
{
  g_autoptr (GArray) borders = g_array_new (FALSE, FALSE, sizeof (guint64));
  GArray *ranges = g_array_new (FALSE, FALSE, sizeof (MosMemoryRange));

  for (guint i = 0; i < self->regions->len; i++) {
    const MosMemoryRegion *region = g_ptr_array_index (self->regions, i);
    guint64                end = region->gpa + region->size;

    if (!region->enabled || region->size == 0)
      continue;
    g_array_append_val (borders, region->gpa);
    g_array_append_val (borders, end);
  }
  g_array_sort (borders, compare_u64);
  for (guint i = 0; i + 1 < borders->len; i++) {
    guint64                gpa = g_array_index (borders, guint64, i);
    guint64                end = g_array_index (borders, guint64, i + 1);
    const MosMemoryRegion *region;

    if (gpa == end)
      continue;
    region = winner_at (self, gpa);
    if (region != NULL)
      append_range (ranges, (MosMemoryRegion *) region, gpa, end);
  }
  return ranges;
}

static void
publish (MosMemoryMap *self)
{
  GArray *fresh = flatten (self);
  GArray *old;

  g_rw_lock_writer_lock (&self->lock);
  old = self->ranges;
  self->ranges = fresh;
  g_atomic_int_inc (&self->generation);
  g_rw_lock_writer_unlock (&self->lock);
  g_array_unref (old);
  if (self->listener.changed != NULL)
    self->listener.changed (self->listener_data);
}

void
mos_memory_map_begin (MosMemoryMap *self)
{
  g_rec_mutex_lock (&self->changes);
  self->batch++;
}

void
mos_memory_map_end (MosMemoryMap *self)
{
  g_return_if_fail (self->batch > 0);

  if (--self->batch == 0 && self->changed) {
    self->changed = FALSE;
    publish (self);
  }
  g_rec_mutex_unlock (&self->changes);
}

void
mos_memory_map_add (MosMemoryMap *self, MosMemoryRegion *region)
{
  g_return_if_fail (region->kind == MOS_MEMORY_IO || region->ram != NULL);

  mos_memory_map_begin (self);
  g_ptr_array_add (self->regions, region);
  if (region->enabled)
    self->changed = TRUE;
  mos_memory_map_end (self);
}

void
mos_memory_map_update (MosMemoryMap    *self,
                       MosMemoryRegion *region,
                       guint64          gpa,
                       MosMemoryKind    kind,
                       gboolean         enabled)
{
  mos_memory_map_begin (self);
  enabled = enabled != FALSE;
  if (region->enabled != enabled ||
      (enabled && (region->gpa != gpa || region->kind != kind)))
    self->changed = TRUE;
  region->gpa = gpa;
  region->kind = kind;
  region->enabled = enabled;
  if (region->io != NULL)
    region->io->base = gpa;
  mos_memory_map_end (self);
}

/* -- look-up ------------------------------------------------------------- */

gboolean
mos_memory_map_find (MosMemoryMap *self, guint64 gpa, MosMemoryRange *range)
{
  gboolean found = FALSE;
  guint    low = 0;
  guint    high;

  g_rw_lock_reader_lock (&self->lock);
  high = self->ranges->len;
  while (low < high) {
    guint                 middle = (low + high) / 2;
    const MosMemoryRange *candidate =
        &g_array_index (self->ranges, MosMemoryRange, middle);

    if (gpa < candidate->gpa) {
      high = middle;
    } else if (gpa - candidate->gpa >= candidate->size) {
      low = middle + 1;
    } else {
      *range = *candidate;
      found = TRUE;
      break;
    }
  }
  g_rw_lock_reader_unlock (&self->lock);
  return found;
}

GArray *
mos_memory_map_ranges (MosMemoryMap *self)
{
  GArray *copy;

  g_rw_lock_reader_lock (&self->lock);
  copy = g_array_copy (self->ranges);
  g_rw_lock_reader_unlock (&self->lock);
  return copy;
}

void
mos_memory_map_foreach_ram (MosMemoryMap    *self,
                            MosMemoryRamFunc func,
                            gpointer         user_data)
{
  g_autoptr (GPtrArray) seen = g_ptr_array_new ();

  g_rec_mutex_lock (&self->changes);
  for (guint i = 0; i < self->regions->len; i++) {
    const MosMemoryRegion *region = g_ptr_array_index (self->regions, i);

    if (region->ram == NULL || g_ptr_array_find (seen, region->ram, NULL))
      continue;
    g_ptr_array_add (seen, region->ram);
    func (user_data, region->ram);
  }
  g_rec_mutex_unlock (&self->changes);
}

guint
mos_memory_map_generation (MosMemoryMap *self)
{
  return (guint) g_atomic_int_get (&self->generation);
}

/* -- access -------------------------------------------------------------- */

/* Marks the pages of @range that hold @offset to @offset + @size - 1. */
static void
note_range (MosMemoryMap         *self,
            const MosMemoryRange *range,
            guint64               offset,
            guint64               size)
{
  guint64 first = offset >> MOS_PAGE_SHIFT;
  guint64 last = (offset + size - 1) >> MOS_PAGE_SHIFT;

  for (guint64 page = first; page <= last; page++) {
    guint8 *flags = &range->page_flags[page];
    guint8  now = __atomic_load_n (flags, __ATOMIC_ACQUIRE);

    if ((now & MOS_PAGE_TRACK) != 0 && (now & MOS_PAGE_DIRTY) == 0)
      __atomic_or_fetch (flags, MOS_PAGE_DIRTY, __ATOMIC_RELEASE);
    if ((now & MOS_PAGE_CODE) != 0 && self->listener.code_written != NULL) {
      guint64 from = MAX (offset, page << MOS_PAGE_SHIFT);
      guint64 to = MIN (offset + size, (page + 1) << MOS_PAGE_SHIFT);

      self->listener.code_written (self->listener_data, range->gpa + from,
                                   to - from);
    }
  }
}

/* Reads or writes a window in naturally aligned pieces of up to 8 bytes. */
static guint
access_io (MosIoWindow *io, guint64 gpa, guint8 *data, guint64 size, gboolean w)
{
  guint n = 8;

  while (n > size || (gpa & (n - 1)) != 0)
    n >>= 1;
  if (w) {
    guint64 value = 0;

    memcpy (&value, data, n);
    mos_io_write (io, gpa, value, n);
  } else {
    guint64 value = mos_io_read (io, gpa, n);

    memcpy (data, &value, n);
  }
  return n;
}

static gboolean
calls_window (const MosMemoryRange *range, gboolean write)
{
  return range->kind == MOS_MEMORY_IO ||
         (write && range->kind == MOS_MEMORY_ROM && range->region->io != NULL);
}

static gboolean
access_map (MosMemoryMap *self,
            guint64       gpa,
            guint8       *data,
            guint64       size,
            gboolean      write)
{
  gboolean whole = TRUE;

  while (size > 0) {
    MosMemoryRange range;
    guint64        n;

    if (!mos_memory_map_find (self, gpa, &range)) {
      n = MIN (size, MOS_PAGE_SIZE - (gpa & (MOS_PAGE_SIZE - 1)));
      if (!write)
        memset (data, 0xff, n);
      whole = FALSE;
    } else if (calls_window (&range, write)) {
      n = MIN (size, range.size - (gpa - range.gpa));
      n = access_io (range.region->io, gpa, data, n, write);
    } else {
      guint64 offset = gpa - range.gpa;

      n = MIN (size, range.size - offset);
      if (!write) {
        memcpy (data, range.hva + offset, n);
      } else if (range.kind == MOS_MEMORY_RAM) {
        memcpy (range.hva + offset, data, n);
        note_range (self, &range, offset, n);
      }
    }
    gpa += n;
    data += n;
    size -= n;
  }
  return whole;
}

gboolean
mos_memory_map_read (MosMemoryMap *self, guint64 gpa, void *data, guint64 size)
{
  return access_map (self, gpa, data, size, FALSE);
}

gboolean
mos_memory_map_write (MosMemoryMap *self,
                      guint64       gpa,
                      const void   *data,
                      guint64       size)
{
  return access_map (self, gpa, (guint8 *) data, size, TRUE);
}

guint8 *
mos_memory_map_pointer (MosMemoryMap *self,
                        guint64       gpa,
                        guint64      *size,
                        gboolean      write)
{
  MosMemoryRange range;

  if (!mos_memory_map_find (self, gpa, &range) || range.kind == MOS_MEMORY_IO ||
      (write && range.kind != MOS_MEMORY_RAM))
    return NULL;
  *size = MIN (*size, range.size - (gpa - range.gpa));
  return range.hva + (gpa - range.gpa);
}

void
mos_memory_map_note_write (MosMemoryMap *self, guint64 gpa, guint64 size)
{
  while (size > 0) {
    MosMemoryRange range;
    guint64        n;

    if (!mos_memory_map_find (self, gpa, &range))
      return;
    n = MIN (size, range.size - (gpa - range.gpa));
    if (range.kind != MOS_MEMORY_IO)
      note_range (self, &range, gpa - range.gpa, n);
    gpa += n;
    size -= n;
  }
}

guint64
mos_memory_map_discard (MosMemoryMap *self, guint64 gpa, guint64 size)
{
  guint64 end = (gpa + size) & ~(guint64) (MOS_PAGE_SIZE - 1);
  guint64 done = 0;

  gpa = (gpa + MOS_PAGE_SIZE - 1) & ~(guint64) (MOS_PAGE_SIZE - 1);
  while (gpa < end) {
    MosMemoryRange range;
    guint64        n = MOS_PAGE_SIZE;
    guint64        offset;

    if (mos_memory_map_find (self, gpa, &range) &&
        range.kind == MOS_MEMORY_RAM) {
      offset = gpa - range.gpa;
      n = MIN (end - gpa, range.size - offset);
      if (mos_ram_discard (
              range.region->ram,
              (guint64) (range.hva - range.region->ram->hva) + offset, n)) {
        note_range (self, &range, offset, n);
        done += n;
      }
    }
    gpa += n;
  }
  return done;
}

guint8
mos_memory_map_read_u8 (MosMemoryMap *self, guint64 gpa)
{
  guint8 value;

  mos_memory_map_read (self, gpa, &value, sizeof value);
  return value;
}

guint16
mos_memory_map_read_u16 (MosMemoryMap *self, guint64 gpa)
{
  guint16 value;

  mos_memory_map_read (self, gpa, &value, sizeof value);
  return GUINT16_FROM_LE (value);
}

guint32
mos_memory_map_read_u32 (MosMemoryMap *self, guint64 gpa)
{
  guint32 value;

  mos_memory_map_read (self, gpa, &value, sizeof value);
  return GUINT32_FROM_LE (value);
}

guint64
mos_memory_map_read_u64 (MosMemoryMap *self, guint64 gpa)
{
  guint64 value;

  mos_memory_map_read (self, gpa, &value, sizeof value);
  return GUINT64_FROM_LE (value);
}

void
mos_memory_map_write_u8 (MosMemoryMap *self, guint64 gpa, guint8 value)
{
  mos_memory_map_write (self, gpa, &value, sizeof value);
}

void
mos_memory_map_write_u16 (MosMemoryMap *self, guint64 gpa, guint16 value)
{
  value = GUINT16_TO_LE (value);
  mos_memory_map_write (self, gpa, &value, sizeof value);
}

void
mos_memory_map_write_u32 (MosMemoryMap *self, guint64 gpa, guint32 value)
{
  value = GUINT32_TO_LE (value);
  mos_memory_map_write (self, gpa, &value, sizeof value);
}

void
mos_memory_map_write_u64 (MosMemoryMap *self, guint64 gpa, guint64 value)
{
  value = GUINT64_TO_LE (value);
  mos_memory_map_write (self, gpa, &value, sizeof value);
}

/* -- dirty tracking ------------------------------------------------------ */

static guint8 *
region_flags (MosMemoryRegion *region)
{
  return region->ram->page_flags + (region->ram_offset >> MOS_PAGE_SHIFT);
}

void
mos_memory_map_track (MosMemoryMap *self, MosMemoryRegion *region, gboolean on)
{
  guint8 *flags = region_flags (region);
  guint64 n_pages = region->size >> MOS_PAGE_SHIFT;

  g_rec_mutex_lock (&self->changes);
  for (guint64 page = 0; page < n_pages; page++) {
    if (on)
      __atomic_or_fetch (&flags[page], MOS_PAGE_TRACK | MOS_PAGE_DIRTY,
                         __ATOMIC_RELEASE);
    else
      __atomic_and_fetch (&flags[page],
                          (guint8) ~(MOS_PAGE_TRACK | MOS_PAGE_DIRTY),
                          __ATOMIC_RELEASE);
  }
  /* Backends drop translations that would write past the tracking. */
  g_atomic_int_inc (&self->generation);
  if (self->listener.changed != NULL)
    self->listener.changed (self->listener_data);
  g_rec_mutex_unlock (&self->changes);
}

void
mos_memory_map_settle (MosMemoryMap *self)
{
  if (self->listener.settle != NULL)
    self->listener.settle (self->listener_data);
}

gboolean
mos_memory_map_take_dirty (MosMemoryMap    *self,
                           MosMemoryRegion *region,
                           guint64          first_page,
                           guint64          n_pages,
                           gulong          *bits)
{
  const guint word_bits = 8 * sizeof (gulong);
  guint8     *flags = region_flags (region) + first_page;
  gboolean    any = FALSE;

  g_return_val_if_fail (first_page + n_pages <= region->size >> MOS_PAGE_SHIFT,
                        FALSE);

  if (self->listener.sync_dirty != NULL)
    self->listener.sync_dirty (self->listener_data, region);
  memset (bits, 0, (n_pages + word_bits - 1) / word_bits * sizeof (gulong));
  for (guint64 page = 0; page < n_pages; page++) {
    if ((__atomic_load_n (&flags[page], __ATOMIC_ACQUIRE) & MOS_PAGE_DIRTY) ==
        0)
      continue;
    __atomic_and_fetch (&flags[page], (guint8) ~MOS_PAGE_DIRTY,
                        __ATOMIC_ACQ_REL);
    bits[page / word_bits] |= 1ul << (page % word_bits);
    any = TRUE;
  }
  return any;
}
