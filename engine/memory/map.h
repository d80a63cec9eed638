/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest-physical address space of one machine.
 *
 * Regions of RAM, ROM and device windows are laid over each other by priority
 * (the PC needs it: shadow RAM over ROM, the VGA window over RAM, BARs over
 * nothing). From them a flat list of disjoint ranges is derived whenever
 * something changes; backends make memory slots or TLB entries of the ranges
 * and are told to drop them through a listener.
 *
 * Threads: look-ups and accesses from any thread; changes from a vCPU or the
 * I/O thread (they are serialised). Device windows are called with no lock of
 * the map held. Regions must live as long as the map.
 */
#pragma once

#include "engine/memory/io.h"
#include "engine/memory/ram.h"

G_BEGIN_DECLS

typedef enum {
  MOS_MEMORY_RAM, /* reads and writes reach host memory */
  MOS_MEMORY_ROM, /* reads reach host memory; writes call the window, if the
                   * region has one (flash), or are dropped */
  MOS_MEMORY_IO   /* both call the window */
} MosMemoryKind;

typedef struct {
  const char   *name;
  guint64       gpa;      /* page aligned for RAM and ROM */
  guint64       size;     /* bytes */
  int           priority; /* the higher one wins */
  gboolean      enabled;
  MosMemoryKind kind;
  MosRam       *ram;        /* RAM and ROM: where the bytes are */
  guint64       ram_offset; /* page aligned */
  MosIoWindow  *io;         /* IO; ROM: of writes, or NULL */
  /* IO: writes may come late, as through a bridge that posts them: in order,
   * before any other access of a vCPU to a device, before its run ends, and
   * before mos_memory_map_settle() returns. */
  gboolean posted;
} MosMemoryRegion;

/* One run of the flat list. */
typedef struct {
  guint64          gpa;
  guint64          size;
  MosMemoryKind    kind;
  guint8          *hva;        /* RAM and ROM: host address of @gpa */
  guint8          *page_flags; /* RAM and ROM: flags of the first page */
  MosMemoryRegion *region;
} MosMemoryRange;

typedef struct MosMemoryMap MosMemoryMap;

typedef struct {
  /* The flat list changed. Called on the changing thread, with no lock held;
   * when it returns, no vCPU uses an old range any more for new accesses. */
  void (*changed) (gpointer user_data);
  /* Somebody other than a vCPU wrote a page that has MOS_PAGE_CODE. */
  void (*code_written) (gpointer user_data, guint64 gpa, guint64 size);
  /* Brings MOS_PAGE_DIRTY up to date where a kernel keeps the log. */
  void (*sync_dirty) (gpointer user_data, MosMemoryRegion *region);
  /* Delivers posted writes that are under way. */
  void (*settle) (gpointer user_data);
} MosMemoryListener;

MosMemoryMap *mos_memory_map_new (void);
void          mos_memory_map_free (MosMemoryMap *self);

/* One listener, a backend; NULL members are skipped. Before the guest runs. */
void mos_memory_map_set_listener (MosMemoryMap            *self,
                                  const MosMemoryListener *listener,
                                  gpointer                 user_data);

/* Adds @region, which the caller owns and fills in before. */
void mos_memory_map_add (MosMemoryMap *self, MosMemoryRegion *region);

/*
 * Moves, shows or hides a region, or changes its kind (shadow RAM). Several
 * changes between begin and end are seen as one.
 */
void mos_memory_map_begin (MosMemoryMap *self);
void mos_memory_map_update (MosMemoryMap    *self,
                            MosMemoryRegion *region,
                            guint64          gpa,
                            MosMemoryKind    kind,
                            gboolean         enabled);
void mos_memory_map_end (MosMemoryMap *self);

/* The range that holds @gpa, copied to @range; FALSE in a hole. */
gboolean
mos_memory_map_find (MosMemoryMap *self, guint64 gpa, MosMemoryRange *range);

/* Copies of all ranges, ascending; element type MosMemoryRange. */
GArray *mos_memory_map_ranges (MosMemoryMap *self);

/* Calls @func once for each RAM behind any region, shown or not, in the order
 * they were added first. Not while the map changes. */
typedef void (*MosMemoryRamFunc) (gpointer user_data, MosRam *ram);
void mos_memory_map_foreach_ram (MosMemoryMap    *self,
                                 MosMemoryRamFunc func,
                                 gpointer         user_data);

/* Grows with every change of the flat list; any thread. */
guint mos_memory_map_generation (MosMemoryMap *self);

/*
 * Copies guest memory, across ranges, as a bus master would: device windows
 * are called in pieces of up to 8 bytes, holes read ones and swallow writes.
 * Returns FALSE if any byte fell into a hole. Writes note DIRTY and CODE.
 */
gboolean
mos_memory_map_read (MosMemoryMap *self, guint64 gpa, void *data, guint64 size);
gboolean mos_memory_map_write (MosMemoryMap *self,
                               guint64       gpa,
                               const void   *data,
                               guint64       size);

/* Makes posted writes arrive, for whoever shows what a device holds. Any thread
 * that holds no device's lock. */
void mos_memory_map_settle (MosMemoryMap *self);

/*
 * The host address of RAM at @gpa and, in @size, how many bytes of the wanted
 * @size lie there in a row; NULL if it is not RAM (for @write: nor ROM). After
 * writing through it call mos_memory_map_note_write().
 */
guint8 *mos_memory_map_pointer (MosMemoryMap *self,
                                guint64       gpa,
                                guint64      *size,
                                gboolean      write);
void mos_memory_map_note_write (MosMemoryMap *self, guint64 gpa, guint64 size);

/* Gives the whole pages of RAM from @gpa on back to the host; they read as
 * zeros from now on. What is no RAM is left alone. Returns the bytes. */
guint64 mos_memory_map_discard (MosMemoryMap *self, guint64 gpa, guint64 size);

/* Guest-physical, little endian; ones from a hole. */
guint8  mos_memory_map_read_u8 (MosMemoryMap *self, guint64 gpa);
guint16 mos_memory_map_read_u16 (MosMemoryMap *self, guint64 gpa);
guint32 mos_memory_map_read_u32 (MosMemoryMap *self, guint64 gpa);
guint64 mos_memory_map_read_u64 (MosMemoryMap *self, guint64 gpa);
void    mos_memory_map_write_u8 (MosMemoryMap *self, guint64 gpa, guint8 value);
void mos_memory_map_write_u16 (MosMemoryMap *self, guint64 gpa, guint16 value);
void mos_memory_map_write_u32 (MosMemoryMap *self, guint64 gpa, guint32 value);
void mos_memory_map_write_u64 (MosMemoryMap *self, guint64 gpa, guint64 value);

/*
 * Dirty tracking of a RAM region, for screens and migration. While on, pages
 * written by anybody get MOS_PAGE_DIRTY; taking returns and clears the mark of
 * @n_pages pages from @first_page of the region as a bit set in @bits (bit 0
 * of word 0 is @first_page) and whether any was set. Turning it on marks all.
 */
void
mos_memory_map_track (MosMemoryMap *self, MosMemoryRegion *region, gboolean on);
gboolean mos_memory_map_take_dirty (MosMemoryMap    *self,
                                    MosMemoryRegion *region,
                                    guint64          first_page,
                                    guint64          n_pages,
                                    gulong          *bits);

G_END_DECLS
