/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading and writing guest memory as a disk controller does.
 *
 * Only memory is reached. A guest that points a controller at a device's
 * registers (its own, even) gets ones and loses what it writes: the controller
 * holds its lock here, and must not come in through a window again.
 */
#pragma once

#include "engine/memory/map.h"

G_BEGIN_DECLS

void
mos_busmaster_read (MosMemoryMap *map, guint64 gpa, void *data, gsize size);
void mos_busmaster_write (MosMemoryMap *map,
                          guint64       gpa,
                          const void   *data,
                          gsize         size);

/* One little-endian number; ones where there is no memory. */
guint32 mos_busmaster_read_u32 (MosMemoryMap *map, guint64 gpa);
guint64 mos_busmaster_read_u64 (MosMemoryMap *map, guint64 gpa);

G_END_DECLS
