/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Raw images: byte n of the disk is byte n of the file.
 */
#pragma once

#include "engine/host/block.h"

G_BEGIN_DECLS

/* @probed: nobody said that it is raw, it only looked like it; then its first
 * bytes cannot be made into another format's. See mos_image_open(). */
MosBlockStore *mos_raw_store_open (const char *path,
                                   gboolean    read_only,
                                   gboolean    probed,
                                   GError    **error);

G_END_DECLS
