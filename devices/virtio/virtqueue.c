/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The rings of virtio, split and packed.
 *
 * The areas of a queue are looked up once for each state of the memory map and
 * then read and written through host pointers, with the barriers that the
 * standard asks for: the driver runs on other processors at the same time.
 * Whatever it writes meanwhile, each number is read once and checked after.
 */
#include "devices/virtio/virtqueue.h"

#include <string.h>

enum {
  DESCRIPTOR_NEXT = 1u << 0,
  DESCRIPTOR_WRITE = 1u << 1,
  DESCRIPTOR_INDIRECT = 1u << 2,
  DESCRIPTOR_AVAIL = 1u << 7, /* packed */
  DESCRIPTOR_USED = 1u << 15,
  NO_INTERRUPT = 1u << 0, /* split, by the driver */
  NO_NOTIFY = 1u << 0,    /* split, by the device */
  EVENTS_ON = 0,          /* packed, by either */
  EVENTS_OFF = 1,
  EVENTS_AT = 2
};

/* Both rings' descriptors have sixteen bytes, with different endings. */
typedef struct {
  guint64 address;
  guint32 length;
  guint16 flags; /* packed: the id */
  guint16 next;  /* packed: the flags */
} Descriptor;

static guint16
load_u16 (const guint8 *place)
{
  return GUINT16_FROM_LE (
      __atomic_load_n ((const guint16 *) place, __ATOMIC_ACQUIRE));
}

static void
store_u16 (guint8 *place, guint value)
{
  __atomic_store_n ((guint16 *) place, GUINT16_TO_LE ((guint16) value),
                    __ATOMIC_RELEASE);
}

static void
break_queue (MosVirtqueue *self)
{
  if (self->is_broken)
    return;
  self->is_broken = TRUE;
  self->broken (self, self->user_data);
}

/* -- areas --------------------------------------------------------------- */

static guint64
driver_bytes (const MosVirtqueue *self)
{
  return self->packed ? 4 : 6 + 2 * (guint64) self->size;
}

static guint64
device_bytes (const MosVirtqueue *self)
{
  return self->packed ? 4 : 6 + 8 * (guint64) self->size;
}

/* NULL unless all of it is RAM in a row and aligned as the standard asks. */
static guint8 *
look_up (MosVirtqueue *self, guint64 gpa, guint64 bytes, guint64 alignment)
{
  guint64 run = bytes;
  guint8 *place = mos_memory_map_pointer (self->memory, gpa, &run, TRUE);

  return run == bytes && gpa % alignment == 0 ? place : NULL;
}

/* The areas' host addresses; FALSE if the queue cannot be used. */
static gboolean
use_areas (MosVirtqueue *self)
{
  guint generation = mos_memory_map_generation (self->memory) | 1u << 31;

  if (!self->enabled || self->is_broken)
    return FALSE;
  if (self->generation == generation)
    return TRUE;
  self->descriptors_hva =
      look_up (self, self->descriptors, (guint64) self->size * 16, 16);
  self->driver_hva =
      look_up (self, self->driver, driver_bytes (self), self->packed ? 4 : 2);
  self->device_hva = look_up (self, self->device, device_bytes (self), 4);
  if (self->descriptors_hva == NULL || self->driver_hva == NULL ||
      self->device_hva == NULL) {
    break_queue (self);
    return FALSE;
  }
  self->generation = generation;
  return TRUE;
}

void
mos_virtqueue_reset (MosVirtqueue *self)
{
  self->size = self->max_size;
  self->vector = 0xffff;
  self->enabled = FALSE;
  self->is_broken = FALSE;
  self->descriptors = 0;
  self->driver = 0;
  self->device = 0;
  mos_virtqueue_start (self);
  self->enabled = FALSE;
}

void
mos_virtqueue_start (MosVirtqueue *self)
{
  self->enabled = TRUE;
  self->next_avail = 0;
  self->next_used = 0;
  self->avail_wrap = TRUE;
  self->used_wrap = TRUE;
  self->signalled = 0;
  self->signalled_valid = FALSE;
  self->kicks_off = FALSE;
  self->generation = 0;
}

gboolean
mos_virtqueue_loaded (MosVirtqueue *self)
{
  gboolean power_of_two = (self->size & (self->size - 1)) == 0;

  self->generation = 0;
  self->kicks_off = FALSE;
  self->avail_wrap = self->avail_wrap != FALSE;
  self->used_wrap = self->used_wrap != FALSE;
  return self->size > 0 && self->size <= self->max_size &&
         (self->packed
              ? self->next_avail < self->size && self->next_used < self->size
              : power_of_two);
}

/* -- parts --------------------------------------------------------------- */

/* Adds the memory of one descriptor, which may lie in several runs. */
static gboolean
add_part (MosVirtqueue        *self,
          MosVirtqueueElement *element,
          guint64              gpa,
          guint64              length,
          gboolean             write)
{
  if (length == 0 || (!write && element->n_in > 0))
    return FALSE;
  while (length > 0) {
    guint   at = element->n_out + element->n_in;
    guint64 run = length;
    guint8 *place;

    if (at >= MOS_VIRTQUEUE_MAX_PARTS)
      return FALSE;
    place = mos_memory_map_pointer (self->memory, gpa, &run, write);
    if (place == NULL)
      return FALSE;
    element->iov[at] = (struct iovec){ place, run };
    element->gpa[at] = gpa;
    if (write) {
      element->n_in++;
      element->in_bytes += run;
    } else {
      element->n_out++;
      element->out_bytes += run;
    }
    gpa += run;
    length -= run;
  }
  return TRUE;
}

static Descriptor
load_descriptor (const guint8 *table, guint index)
{
  Descriptor descriptor;

  memcpy (&descriptor, table + (gsize) index * 16, sizeof descriptor);
  descriptor.address = GUINT64_FROM_LE (descriptor.address);
  descriptor.length = GUINT32_FROM_LE (descriptor.length);
  descriptor.flags = GUINT16_FROM_LE (descriptor.flags);
  descriptor.next = GUINT16_FROM_LE (descriptor.next);
  return descriptor;
}

/* The table that an indirect descriptor names; NULL if that is not one. */
static const guint8 *
find_table (MosVirtqueue *self, const Descriptor *descriptor, guint *n)
{
  guint64       run = descriptor->length;
  const guint8 *table;

  *n = descriptor->length / 16;
  if (!self->indirect || *n == 0 || descriptor->length % 16 != 0 ||
      *n > MOS_VIRTQUEUE_MAX_PARTS)
    return NULL;
  table =
      mos_memory_map_pointer (self->memory, descriptor->address, &run, FALSE);
  return run == descriptor->length ? table : NULL;
}

/* -- the split ring ------------------------------------------------------ */

/* Follows a chain in @table of @n descriptors, from @index on. */
static gboolean
walk_split (MosVirtqueue        *self,
            MosVirtqueueElement *element,
            const guint8        *table,
            guint                n,
            guint                index,
            gboolean             may_be_indirect)
{
  for (guint steps = 0; steps < n; steps++) {
    Descriptor descriptor;

    if (index >= n)
      return FALSE;
    descriptor = load_descriptor (table, index);
    if (descriptor.flags & DESCRIPTOR_INDIRECT) {
      guint         count;
      const guint8 *inner = find_table (self, &descriptor, &count);

      if (!may_be_indirect || inner == NULL ||
          (descriptor.flags & DESCRIPTOR_NEXT) != 0)
        return FALSE;
      return walk_split (self, element, inner, count, 0, FALSE);
    }
    if (!add_part (self, element, descriptor.address, descriptor.length,
                   (descriptor.flags & DESCRIPTOR_WRITE) != 0))
      return FALSE;
    if ((descriptor.flags & DESCRIPTOR_NEXT) == 0)
      return TRUE;
    index = descriptor.next;
  }
  return FALSE; /* a loop */
}

/* With an event index a driver kicks when it passes the place it was given, so
 * that follows what is taken; the next look at the ring comes after. A packed
 * ring's driver kicks always until it is told a place. */
static void
move_event (MosVirtqueue *self)
{
  store_u16 (self->device_hva + 4 + 8u * self->size, self->next_avail);
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
}

static gboolean
pop_split (MosVirtqueue *self, MosVirtqueueElement *element)
{
  guint16 index = load_u16 (self->driver_hva + 2);
  guint   waiting = (guint16) (index - self->next_avail);
  guint   slot = self->next_avail & (self->size - 1u);

  if (waiting == 0)
    return FALSE;
  if (waiting > self->size) {
    break_queue (self);
    return FALSE;
  }
  element->id = load_u16 (self->driver_hva + 4 + slot * 2);
  element->n_descriptors = 1;
  if (!walk_split (self, element, self->descriptors_hva, self->size,
                   element->id, TRUE)) {
    break_queue (self);
    return FALSE;
  }
  self->next_avail++;
  if (self->event_index && !self->kicks_off)
    move_event (self);
  return TRUE;
}

static void
push_split (MosVirtqueue *self, const MosVirtqueueUsed *used, guint n)
{
  for (guint i = 0; i < n; i++) {
    guint   slot = (guint16) (self->next_used + i) & (self->size - 1u);
    guint32 entry[2] = { GUINT32_TO_LE (used[i].id),
                         GUINT32_TO_LE (used[i].written) };

    memcpy (self->device_hva + 4 + slot * 8, entry, sizeof entry);
  }
  self->next_used = (guint16) (self->next_used + n);
  store_u16 (self->device_hva + 2, self->next_used);
}

/* Has @event been passed on the way from @old to @now? */
static gboolean
is_passed (guint16 event, guint16 now, guint16 old)
{
  return (guint16) (now - event - 1) < (guint16) (now - old);
}

static gboolean
split_wants_interrupt (MosVirtqueue *self, guint16 old, gboolean old_valid)
{
  guint event_at = 4 + 2u * self->size;

  if (!self->event_index)
    return (load_u16 (self->driver_hva) & NO_INTERRUPT) == 0;
  return !old_valid || is_passed (load_u16 (self->driver_hva + event_at),
                                  self->next_used, old);
}

static void
split_set_kicks (MosVirtqueue *self, gboolean wanted)
{
  guint event_at = 4 + 8u * self->size;

  if (!self->event_index)
    store_u16 (self->device_hva, wanted ? 0 : NO_NOTIFY);
  else if (wanted)
    store_u16 (self->device_hva + event_at, self->next_avail);
}

/* -- the packed ring ----------------------------------------------------- */

static gboolean
is_available (const MosVirtqueue *self, guint16 flags)
{
  gboolean avail = (flags & DESCRIPTOR_AVAIL) != 0;
  gboolean used = (flags & DESCRIPTOR_USED) != 0;

  return avail == self->avail_wrap && used != self->avail_wrap;
}

/* Indirect tables of packed rings have no chains: all of them is meant. */
static gboolean
walk_packed_table (MosVirtqueue        *self,
                   MosVirtqueueElement *element,
                   const Descriptor    *descriptor)
{
  guint         n;
  const guint8 *table = find_table (self, descriptor, &n);

  if (table == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++) {
    Descriptor inner = load_descriptor (table, i);

    if (!add_part (self, element, inner.address, inner.length,
                   (inner.next & DESCRIPTOR_WRITE) != 0))
      return FALSE;
  }
  return TRUE;
}

/* Follows the chain that begins at next_avail, and leaves its length. */
static gboolean
walk_packed (MosVirtqueue *self, MosVirtqueueElement *element)
{
  guint at = self->next_avail;

  for (guint n = 1; n <= self->size; n++) {
    Descriptor descriptor = load_descriptor (self->descriptors_hva, at);
    guint16    flags = descriptor.next;

    element->id = descriptor.flags;
    element->n_descriptors = (guint16) n;
    if (flags & DESCRIPTOR_INDIRECT)
      return n == 1 && (flags & DESCRIPTOR_NEXT) == 0 &&
             walk_packed_table (self, element, &descriptor);
    if (!add_part (self, element, descriptor.address, descriptor.length,
                   (flags & DESCRIPTOR_WRITE) != 0))
      return FALSE;
    if ((flags & DESCRIPTOR_NEXT) == 0)
      return TRUE;
    at = at + 1 < self->size ? at + 1 : 0;
  }
  return FALSE;
}

static void
advance (const MosVirtqueue *self, guint16 *at, gboolean *wrap, guint n)
{
  guint next = *at + n;

  if (next >= self->size) {
    next -= self->size;
    *wrap = !*wrap;
  }
  *at = (guint16) next;
}

static gboolean
pop_packed (MosVirtqueue *self, MosVirtqueueElement *element)
{
  const guint8 *first = self->descriptors_hva + self->next_avail * 16;

  if (!is_available (self, load_u16 (first + 14)))
    return FALSE;
  if (!walk_packed (self, element)) {
    break_queue (self);
    return FALSE;
  }
  advance (self, &self->next_avail, &self->avail_wrap, element->n_descriptors);
  return TRUE;
}

/* Writes one used descriptor but for its flags, which are returned. */
static guint
fill_packed (MosVirtqueue *self, guint16 at, const MosVirtqueueUsed *used)
{
  guint8 *place = self->descriptors_hva + at * 16;
  guint32 length = GUINT32_TO_LE (used->written);
  guint16 id = GUINT16_TO_LE (used->id);

  memcpy (place + 8, &length, 4);
  memcpy (place + 12, &id, 2);
  mos_memory_map_note_write (self->memory, self->descriptors + at * 16ull, 16);
  return (self->used_wrap ? DESCRIPTOR_AVAIL | DESCRIPTOR_USED : 0u) |
         (used->written > 0 ? DESCRIPTOR_WRITE : 0u);
}

/* The driver looks at the first of them first, so its flags come last. */
static void
push_packed (MosVirtqueue *self, const MosVirtqueueUsed *used, guint n)
{
  guint16  first = self->next_used;
  guint    first_flags = 0;
  gboolean wrap = self->used_wrap;

  for (guint i = 0; i < n; i++) {
    guint16 at = self->next_used;
    guint   flags = fill_packed (self, at, &used[i]);

    if (i == 0)
      first_flags = flags;
    else
      store_u16 (self->descriptors_hva + at * 16 + 14, flags);
    advance (self, &self->next_used, &self->used_wrap, used[i].n_descriptors);
  }
  store_u16 (self->descriptors_hva + first * 16 + 14, first_flags);
  /* Positions from before the turn cannot be compared with later ones. */
  if (self->used_wrap != wrap)
    self->signalled_valid = FALSE;
}

static gboolean
packed_wants_interrupt (MosVirtqueue *self, guint16 old, gboolean old_valid)
{
  guint    at = load_u16 (self->driver_hva);
  guint    flags = load_u16 (self->driver_hva + 2) & 3;
  gboolean wrap = at >> 15 != 0;

  if (flags != EVENTS_AT || !self->event_index)
    return flags != EVENTS_OFF;
  at &= 0x7fff;
  if (wrap != self->used_wrap)
    at -= self->size;
  return !old_valid || is_passed ((guint16) at, self->next_used, old);
}

static void
packed_set_kicks (MosVirtqueue *self, gboolean wanted)
{
  if (!wanted) {
    store_u16 (self->device_hva + 2, EVENTS_OFF);
    return;
  }
  if (self->event_index)
    store_u16 (self->device_hva,
               self->next_avail | (self->avail_wrap ? 1u << 15 : 0u));
  store_u16 (self->device_hva + 2, self->event_index ? EVENTS_AT : EVENTS_ON);
}

/* -- both ---------------------------------------------------------------- */

gboolean
mos_virtqueue_pop (MosVirtqueue *self, MosVirtqueueElement *element)
{
  if (!use_areas (self))
    return FALSE;
  element->n_out = 0;
  element->n_in = 0;
  element->out_bytes = 0;
  element->in_bytes = 0;
  return self->packed ? pop_packed (self, element) : pop_split (self, element);
}

gboolean
mos_virtqueue_has_more (MosVirtqueue *self)
{
  if (!use_areas (self))
    return FALSE;
  if (self->packed)
    return is_available (
        self, load_u16 (self->descriptors_hva + self->next_avail * 16 + 14));
  return load_u16 (self->driver_hva + 2) != self->next_avail;
}

/* Tells the map what was written into the in-parts. */
static void
note_parts (MosVirtqueue              *self,
            const MosVirtqueueElement *element,
            guint32                    written)
{
  for (guint i = 0; i < element->n_in && written > 0; i++) {
    guint at = element->n_out + i;
    gsize size = MIN (element->iov[at].iov_len, written);

    mos_memory_map_note_write (self->memory, element->gpa[at], size);
    written -= (guint32) size;
  }
}

void
mos_virtqueue_push (MosVirtqueue              *self,
                    const MosVirtqueueElement *element,
                    guint32                    written)
{
  MosVirtqueueUsed used = mos_virtqueue_note (self, element, written);

  mos_virtqueue_push_many (self, &used, 1);
}

MosVirtqueueUsed
mos_virtqueue_note (MosVirtqueue              *self,
                    const MosVirtqueueElement *element,
                    guint32                    written)
{
  note_parts (self, element, written);
  return (MosVirtqueueUsed){ .id = element->id,
                             .n_descriptors = element->n_descriptors,
                             .written = written };
}

void
mos_virtqueue_push_many (MosVirtqueue           *self,
                         const MosVirtqueueUsed *used,
                         guint                   n)
{
  if (n == 0 || !use_areas (self))
    return;
  if (self->packed) {
    push_packed (self, used, n);
  } else {
    push_split (self, used, n);
    mos_memory_map_note_write (self->memory, self->device, device_bytes (self));
  }
}

MosVirtqueueMark
mos_virtqueue_mark (const MosVirtqueue *self)
{
  return (MosVirtqueueMark){ self->next_avail, self->avail_wrap };
}

void
mos_virtqueue_rewind (MosVirtqueue *self, MosVirtqueueMark to)
{
  self->next_avail = to.next_avail;
  self->avail_wrap = to.avail_wrap;
}

gboolean
mos_virtqueue_wants_interrupt (MosVirtqueue *self)
{
  guint16  old = self->signalled;
  gboolean old_valid = self->signalled_valid;

  if (!use_areas (self))
    return FALSE;
  /* What was pushed is seen before we look whether the driver sleeps. */
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  self->signalled = self->next_used;
  self->signalled_valid = TRUE;
  return self->packed ? packed_wants_interrupt (self, old, old_valid)
                      : split_wants_interrupt (self, old, old_valid);
}

void
mos_virtqueue_set_kicks (MosVirtqueue *self, gboolean wanted)
{
  self->kicks_off = !wanted;
  if (!use_areas (self))
    return;
  if (self->packed)
    packed_set_kicks (self, wanted);
  else
    split_set_kicks (self, wanted);
  mos_memory_map_note_write (self->memory, self->device, device_bytes (self));
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
}

static gsize
copy (const struct iovec *iov,
      guint               n,
      gsize               offset,
      guint8             *flat,
      gsize               size,
      gboolean            into_parts)
{
  gsize done = 0;

  for (guint i = 0; i < n && done < size; i++) {
    gsize   count;
    guint8 *place;

    if (offset >= iov[i].iov_len) {
      offset -= iov[i].iov_len;
      continue;
    }
    place = (guint8 *) iov[i].iov_base + offset;
    count = MIN (size - done, iov[i].iov_len - offset);
    if (into_parts)
      memcpy (place, flat + done, count);
    else
      memcpy (flat + done, place, count);
    done += count;
    offset = 0;
  }
  return done;
}

gsize
mos_virtqueue_read (const MosVirtqueueElement *element,
                    gsize                      offset,
                    void                      *data,
                    gsize                      size)
{
  return copy (element->iov, element->n_out, offset, data, size, FALSE);
}

gsize
mos_virtqueue_write (const MosVirtqueueElement *element,
                     gsize                      offset,
                     const void                *data,
                     gsize                      size)
{
  return copy (element->iov + element->n_out, element->n_in, offset,
               (guint8 *) data, size, TRUE);
}
