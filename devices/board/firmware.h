/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Firmware images: where they are found, and how they get into a ROM.
 */
#pragma once

#include "engine/host/block.h"
#include "engine/memory/ram.h"

G_BEGIN_DECLS

/* The path of a file that a distribution's firmware package brings. The
 * environment variable MULTIOS_FIRMWARE_DIR names a folder looked at first.
 * MOS_ERROR_NOT_FOUND names the package. Free with g_free(). */
char *mos_firmware_find (const char *file, const char *package, GError **error);

/*
 * Firmware in flash chips: whether @name is known to have its variables in a
 * chip of their own, and then the files of the code and of fresh variables,
 * free with g_free(). FALSE with @error set: the package is missing; without:
 * it is one piece, or a path.
 */
gboolean mos_firmware_find_flash (const char *name,
                                  char      **code,
                                  char      **variables,
                                  GError    **error);

/*
 * Opens the file of a machine's variables at @path, for writing and locked;
 * makes it a copy of @fresh first if there is none. The contents go to @ram,
 * which the caller owns, as he owns the result.
 */
MosBlockStore *mos_firmware_open_variables (const char *path,
                                            const char *fresh,
                                            guint64     max_bytes,
                                            MosRam    **ram,
                                            GError    **error);

/*
 * Reads a firmware image: "seabios", or a path. The image ends where the
 * memory ends; its size in bytes goes to @image_bytes (may be NULL). The
 * caller owns the result. MOS_ERROR_NOT_FOUND, _IO, _INVALID_VALUE for a file
 * that is empty or larger than @max_bytes.
 */
MosRam *mos_firmware_load (const char *name,
                           guint64     max_bytes,
                           guint64    *image_bytes,
                           GError    **error);

/* As above for a PCI expansion ROM: the image begins where the memory begins,
 * which is a power of two of at least 2 KiB. */
MosRam *mos_firmware_load_option_rom (const char *path, GError **error);

G_END_DECLS
