/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A lab in one file, NAME.mlab.
 *
 * It is a tar archive (POSIX, "ustar Interchange Format") of regular files:
 * first MANIFEST, then lab.md, its translations lab.LANGUAGE.md, pictures, and
 * files/FOLDER/NAME. MANIFEST is text:
 *
 *   multios-lab-bundle 1
 *   author: NAME
 *   SHA-256 PATH                 one line a file
 *   signature: SHA-256           of all lines above
 *
 * The signature ties the author's chosen name to the contents, so that nobody
 * changes either unnoticed by accident; it does not prove who wrote it. All
 * that is in a bundle comes from the internet: paths are single words joined
 * by at most two slashes, links and special files are refused, sizes and
 * numbers are bounded, and the lab in it must be readable.
 *
 * A bundle does not change. Any thread, one at a time.
 */
#pragma once

#include "tutorials/lab.h"

G_BEGIN_DECLS

#define MOS_BUNDLE_MAX_BYTES      (16 * 1024 * 1024)
#define MOS_BUNDLE_MAX_FILES      200
#define MOS_BUNDLE_MAX_FILE_BYTES (1024 * 1024)

typedef struct MosBundle MosBundle;

/* @name is for messages: “NAME: MEMBER: what”. MOS_ERROR_SYNTAX if it is no
 * bundle, _INVALID_VALUE for what is not allowed or was changed, and the
 * errors of the lab. */
MosBundle *
mos_bundle_parse (const guint8 *data, gsize size, const char *name, GError **);
/* MOS_ERROR_IO besides. */
MosBundle *mos_bundle_load (const char *path, GError **error);
void       mos_bundle_free (MosBundle *self);

/* As long as the bundle. */
const MosLab *mos_bundle_get_lab (const MosBundle *self);
const char   *mos_bundle_get_author (const MosBundle *self); /* may be "" */
guint         mos_bundle_n_files (const MosBundle *self);

/* Unpacks it into the folder of the user's labs, as a whole or not at all, and
 * returns where, owned by the caller. MOS_ERROR_INVALID_VALUE if a lab with
 * this id is there already, unless it is one of the user's and @replace. */
char *
mos_bundle_install (const MosBundle *self, gboolean replace, GError **error);

/* Packs the lab in @folder. The errors of mos_lab_load(), and
 * MOS_ERROR_INVALID_VALUE for files that may not be in a bundle. */
GBytes *
mos_bundle_pack (const char *folder, const char *author, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosBundle, mos_bundle_free)

G_END_DECLS
