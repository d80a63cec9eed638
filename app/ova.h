/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Appliances of other programs: OVA (a tar archive) and OVF (a folder).
 *
 * Read from files that nobody vouches for: nothing in them names a file of
 * this computer, every size is checked before it is believed, and what is not
 * understood is refused by name. DMTF DSP0243, "Open Virtualization Format";
 * POSIX "ustar Interchange Format"; disks as stream-optimized VMDK ("Virtual
 * Disk Format", VMware) or raw. No GTK; any thread.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_OVA_MAX_DISKS 8

typedef struct {
  guint64 offset; /* in the archive or the disk's own file */
  guint64 size;
  guint64 capacity; /* in bytes, as the guest sees it */
  char   *file;     /* the disk's own file, or NULL: in the archive */
} MosOvaDisk;

typedef struct {
  char      *path;
  char      *name;
  guint      cpus;
  guint      memory_mb;
  MosOvaDisk disks[MOS_OVA_MAX_DISKS];
  guint      n_disks;
} MosOva;

/* Whether the first @size bytes of a file look like one; @path for its
 * suffix. */
gboolean mos_ova_recognise (const char *path, const guint8 *head, gsize size);

/* Reads the description: MOS_ERROR_SYNTAX if it is none,
 * MOS_ERROR_INVALID_VALUE for what cannot be imported, MOS_ERROR_IO. */
MosOva *mos_ova_open (const char *path, GError **error);
void    mos_ova_free (MosOva *self);

/* A machine like it, without drives; @name is free. */
MosVmConfig *
mos_ova_make_config (const MosOva *self, const char *name, GError **error);

/* How much of a disk is unpacked, 0 to 1; on the thread that unpacks. */
typedef void (*MosOvaProgress) (gpointer user_data, double share);

/* Unpacks disk @n as a sparse raw image into @target, a new file. Takes as
 * long as it takes; on failure the file is gone. @progress may be NULL. */
gboolean mos_ova_unpack (const MosOva  *self,
                         guint          n,
                         const char    *target,
                         MosOvaProgress progress,
                         gpointer       user_data,
                         GCancellable  *cancellable,
                         GError       **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosOva, mos_ova_free)

G_END_DECLS
