/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Cuts guest accesses into pieces that a device takes, counts them, and holds
 * the device's lock meanwhile.
 */
#include "engine/memory/io.h"

#include "engine/base/ticks.h"

/* A prime, so that no habit of a driver falls in step with it. */
#define SAMPLE 17u

static guint
max_size (const MosIoOps *ops)
{
  return ops->max_size == 0 ? 4 : ops->max_size;
}

static guint
min_size (const MosIoOps *ops)
{
  return ops->min_size == 0 ? 1 : ops->min_size;
}

static guint64
mask_of (guint size)
{
  return size >= 8 ? ~G_GUINT64_CONSTANT (0)
                   : (G_GUINT64_CONSTANT (1) << (size * 8)) - 1;
}

/* With a lock, which guards them, counters need no costlier way. */
static inline void
add (const MosIoWindow *self, guint64 *counter, guint64 amount)
{
  if (self->lock == NULL)
    __atomic_add_fetch (counter, amount, __ATOMIC_RELAXED);
  else
    __atomic_store_n (counter,
                      __atomic_load_n (counter, __ATOMIC_RELAXED) + amount,
                      __ATOMIC_RELAXED);
}

/* Of one call into a device. */
typedef struct {
  guint64 since;  /* ticks */
  guint   weight; /* calls that it stands for; 0: its time is not taken */
} Call;

/* The clock costs as much as a simple register, so that only the first calls
 * are all timed, and then each SAMPLE-th for all of them. */
static inline guint
choose_weight (const MosIoWindow *self)
{
  guint64 calls = __atomic_load_n (&self->counters->calls, __ATOMIC_RELAXED);

  add (self, &self->counters->calls, 1);
  if (calls < SAMPLE)
    return 1;
  return calls % SAMPLE == 0 ? SAMPLE : 0;
}

/* Into the device. Waiting for the lock is not in the time. */
static inline __attribute__ ((always_inline)) Call
enter (MosIoWindow *self)
{
  Call call = { 0 };

  if (self->lock != NULL)
    g_mutex_lock (self->lock);
  if (self->counters != NULL)
    call.weight = choose_weight (self);
  if (G_UNLIKELY (call.weight > 0))
    call.since = mos_ticks_now ();
  return call;
}

/* Out of it, after @n accesses of @bytes together. */
static inline __attribute__ ((always_inline)) void
leave (MosIoWindow *self, Call call, gboolean write, guint64 n, guint64 bytes)
{
  MosIoCounters *counters = self->counters;

  if (G_UNLIKELY (call.weight > 0))
    add (self, &counters->ticks, (mos_ticks_now () - call.since) * call.weight);
  if (counters != NULL) {
    add (self, write ? &counters->writes : &counters->reads, n);
    add (self, &counters->bytes, bytes);
  }
  if (self->lock != NULL)
    g_mutex_unlock (self->lock);
}

/* The largest piece, a power of two, that may start at @offset. */
static guint
piece (MosIoWindow *self, guint64 offset, guint left)
{
  guint size = max_size (self->ops);

  while (size > 1 && (size > left || (offset & (size - 1)) != 0 ||
                      offset + size > self->size))
    size >>= 1;
  return size;
}

/* One piece, widened when the device wants more bytes than asked for. */
static guint64
read_piece (MosIoWindow *self, guint64 offset, guint size)
{
  guint   wide = MAX (size, min_size (self->ops));
  guint64 start = offset & ~(guint64) (wide - 1);
  guint64 value;

  if (start + wide > self->size) {
    start = offset;
    wide = size;
  }
  value = self->ops->read (self->opaque, start, wide);
  return (value >> ((offset - start) * 8)) & mask_of (size);
}

static G_GNUC_NO_INLINE guint64
read_locked (MosIoWindow *self, guint64 offset, guint size)
{
  guint64 value = 0;

  for (guint done = 0; done < size;) {
    guint64 at = offset + done;
    guint   n;

    if (at >= self->size)
      return value | (mask_of (size - done) << (done * 8));
    n = piece (self, at, size - done);
    value |= read_piece (self, at, n) << (done * 8);
    done += n;
  }
  return value;
}

/* Whether the device takes the access as it is: most are such. */
static inline gboolean
is_plain (MosIoWindow *self, guint64 offset, guint size)
{
  return (offset & (size - 1)) == 0 && size <= max_size (self->ops) &&
         size >= min_size (self->ops) && offset < self->size &&
         size <= self->size - offset;
}

guint64
mos_io_read (MosIoWindow *self, guint64 address, guint size)
{
  guint64 offset = address - self->base;
  guint64 value;
  Call    call;

  if (self->ops->read == NULL)
    return mask_of (size);
  call = enter (self);
  if (G_LIKELY (is_plain (self, offset, size)))
    value = self->ops->read (self->opaque, offset, size) & mask_of (size);
  else
    value = read_locked (self, offset, size);
  leave (self, call, FALSE, 1, size);
  return value;
}

static G_GNUC_NO_INLINE void
write_locked (MosIoWindow *self, guint64 offset, guint64 value, guint size)
{
  for (guint done = 0; done < size;) {
    guint64 at = offset + done;
    guint   n;

    if (at >= self->size)
      return;
    n = piece (self, at, size - done);
    self->ops->write (self->opaque, at, (value >> (done * 8)) & mask_of (n), n);
    done += n;
  }
}

void
mos_io_write (MosIoWindow *self, guint64 address, guint64 value, guint size)
{
  guint64 offset = address - self->base;
  Call    call;

  if (self->ops->write == NULL)
    return;
  call = enter (self);
  value &= mask_of (size);
  if (G_LIKELY (is_plain (self, offset, size)))
    self->ops->write (self->opaque, offset, value, size);
  else
    write_locked (self, offset, value, size);
  leave (self, call, TRUE, 1, size);
}

static guint64
get_element (const guint8 *data, guint size)
{
  guint64 value = 0;

  for (guint i = 0; i < size; i++)
    value |= (guint64) data[i] << (i * 8);
  return value;
}

static void
put_element (guint8 *data, guint64 value, guint size)
{
  for (guint i = 0; i < size; i++)
    data[i] = (guint8) (value >> (i * 8));
}

/* The window may have moved away since the caller looked it up. */
static gboolean
fits (MosIoWindow *self, guint64 offset, guint size)
{
  return offset < self->size && size <= self->size - offset;
}

void
mos_io_read_many (MosIoWindow *self,
                  guint64      address,
                  guint        size,
                  guint        n,
                  void        *data)
{
  guint64 offset = address - self->base;
  Call    call = enter (self);

  if (self->ops->read_many != NULL && size <= max_size (self->ops) &&
      fits (self, offset, size)) {
    self->ops->read_many (self->opaque, offset, size, n, data);
  } else {
    for (guint i = 0; i < n; i++)
      put_element ((guint8 *) data + (gsize) i * size,
                   self->ops->read == NULL ? mask_of (size)
                                           : read_locked (self, offset, size),
                   size);
  }
  leave (self, call, FALSE, n, (guint64) n * size);
}

void
mos_io_write_many (MosIoWindow *self,
                   guint64      address,
                   guint        size,
                   guint        n,
                   const void  *data)
{
  guint64 offset = address - self->base;
  Call    call = enter (self);

  if (self->ops->write_many != NULL && size <= max_size (self->ops) &&
      fits (self, offset, size)) {
    self->ops->write_many (self->opaque, offset, size, n, data);
  } else if (self->ops->write != NULL) {
    for (guint i = 0; i < n; i++)
      write_locked (
          self, offset,
          get_element ((const guint8 *) data + (gsize) i * size, size), size);
  }
  leave (self, call, TRUE, n, (guint64) n * size);
}
