/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a file that somebody chose or dropped is good for.
 *
 * Recognised by content first and name second: the first sectors of an ISO, a
 * kernel, a disk image tell what they are. What a guest could have written
 * into a raw image decides nothing about the format: "raw" is what remains.
 * Any thread; no GTK.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef enum {
  MOS_MEDIUM_NONE,
  MOS_MEDIUM_MACHINE, /* a machine's .toml */
  MOS_MEDIUM_CDROM,
  MOS_MEDIUM_FLOPPY,
  MOS_MEDIUM_DISK,
  MOS_MEDIUM_KERNEL,
  MOS_MEDIUM_APPLIANCE, /* of another program: .ova, .ovf */
  MOS_N_MEDIA
} MosMediumKind;

typedef struct {
  MosMediumKind kind;
  char         *path;
  const char   *format; /* "raw", "qcow2" */
  guint64       size_bytes;
} MosMedium;

void mos_medium_free (MosMedium *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosMedium, mos_medium_free)

/* Looks into @path: MOS_ERROR_INVALID_VALUE if it is nothing a machine could
 * start from, saying what would be; MOS_ERROR_IO if it cannot be read. */
MosMedium *mos_medium_probe (const char *path, GError **error);

/* The same on a thread. @callback gets the result with the finish. */
void       mos_medium_probe_async (GFile              *file,
                                   GCancellable       *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer            user_data);
MosMedium *mos_medium_probe_finish (GAsyncResult *result, GError **error);

/* "CD image", … translated. */
const char *mos_medium_kind_title (MosMediumKind kind);

/* Makes @config start from it. */
gboolean
mos_medium_apply (const MosMedium *self, MosVmConfig *config, GError **error);

G_END_DECLS
