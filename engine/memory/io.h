/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A window of device registers, in port or in memory space.
 *
 * The guest's access arrives through mos_io_read() and mos_io_write() on a
 * vCPU's thread. They take the device's lock, count, and cut the access into
 * pieces the device understands, so an implementation sees only naturally
 * sized accesses inside its window. Nothing here trusts the guest: size is 1,
 * 2, 4 or 8 and the offset lies inside the window; the value may be anything.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosIoWindow MosIoWindow;

typedef struct {
  /* @offset is relative to the window; @size is 1, 2, 4 or 8 bytes within
   * min_size to max_size. Called with the window's lock held. */
  guint64 (*read) (gpointer opaque, guint64 offset, guint size);
  void (*write) (gpointer opaque, guint64 offset, guint64 value, guint size);

  /* Optional: @count elements at the same port, as INS and OUTS move them.
   * NULL: read or write is called @count times. */
  void (*read_many) (gpointer opaque,
                     guint64  offset,
                     guint    size,
                     guint    count,
                     void    *data);
  void (*write_many) (gpointer    opaque,
                      guint64     offset,
                      guint       size,
                      guint       count,
                      const void *data);

  guint8 min_size; /* 0 means 1; smaller accesses are widened for reads */
  guint8 max_size; /* 0 means 4; larger accesses are cut, low part first */
} MosIoOps;

/* Relaxed atomics, changed with the window's lock held; read by the sampler. */
typedef struct {
  guint64 reads;
  guint64 writes;
  guint64 bytes;
  guint64 interrupts;
  guint64 calls; /* into the device; a string is one */
  guint64 ticks; /* that vCPUs have spent in it, from some of the calls;
                  * mos_ticks_to_ns() */
} MosIoCounters;

struct MosIoWindow {
  const char     *name;
  const MosIoOps *ops;
  gpointer        opaque;
  guint64         base;     /* first port or guest-physical address */
  guint64         size;     /* bytes */
  GMutex         *lock;     /* taken around every call; NULL for none */
  MosIoCounters  *counters; /* NULL for none */
};

/*
 * @address is absolute (port or GPA) and inside the window; an access that
 * reaches past its end reads ones there and writes nothing there. vCPU
 * threads and device threads that hold no device lock.
 */
guint64 mos_io_read (MosIoWindow *self, guint64 address, guint size);
void
mos_io_write (MosIoWindow *self, guint64 address, guint64 value, guint size);

/* String I/O: @count elements of @size bytes, all at @address. */
void mos_io_read_many (MosIoWindow *self,
                       guint64      address,
                       guint        size,
                       guint        count,
                       void        *data);
void mos_io_write_many (MosIoWindow *self,
                        guint64      address,
                        guint        size,
                        guint        count,
                        const void  *data);

G_END_DECLS
