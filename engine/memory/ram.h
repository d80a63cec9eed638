/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Host memory that stands behind guest memory.
 *
 * A MosRam is an anonymous memory file mapped once for the machine's life:
 * pages come into being when touched (overcommit for free), the file can be
 * shared, snapshotted copy-on-write and sealed. Guard pages lie on both sides,
 * so running off the end faults instead of reaching other data. Beside it
 * stands one byte of flags for each 4 KiB page.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_PAGE_SIZE  4096u
#define MOS_PAGE_SHIFT 12u

/* Flags of a page; atomic, any thread. */
enum {
  MOS_PAGE_TRACK = 1u << 0, /* somebody wants writes noted in DIRTY */
  MOS_PAGE_DIRTY = 1u << 1, /* written since last taken, if TRACK */
  MOS_PAGE_CODE = 1u << 2   /* translated code stems from here: writes must
                             * go through mos_memory_map_note_write() */
};

typedef struct {
  char   *name;
  guint8 *hva;        /* page aligned, @size bytes */
  guint64 size;       /* bytes, a multiple of MOS_PAGE_SIZE */
  guint8 *page_flags; /* size / MOS_PAGE_SIZE bytes of MOS_PAGE_… */
  int     fd;         /* the memory file */
} MosRam;

/*
 * @size: 4 KiB to 64 GiB, rounded up to pages. MOS_ERROR_NO_MEMORY with the
 * words "Memory Allocation Failed", the amount, and what to do.
 */
MosRam *mos_ram_new (const char *name, guint64 size, GError **error);
void    mos_ram_free (MosRam *self);

/* Bytes really in use on the host (resident pages of the file). */
guint64 mos_ram_resident (MosRam *self);

/* Gives whole pages back to the host; they read as zeros from now on. FALSE if
 * the host would not have them. Any thread. */
gboolean mos_ram_discard (MosRam *self, guint64 offset, guint64 size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosRam, mos_ram_free)

G_END_DECLS
