/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Which labs there are: those that ship with the program, and the user's own
 * in $XDG_DATA_HOME/multios-lab/labs/NAME/lab.md. Any thread.
 */
#pragma once

#include "tutorials/lab.h"

G_BEGIN_DECLS

/* Ids of the labs that ship, in the order of learning; ends with NULL. */
extern const char *const mos_labs_shipped[];

/* All labs, owned by the caller: ours in order, then the user's by title. A
 * file of the user's that is no lab is left out; what is wrong with it is
 * added to @mistakes (of char *, may be NULL). */
GPtrArray *mos_labs_list (GPtrArray *mistakes);

/* Whether the labs that @lab requires, and those that they require, lead back
 * to it: then MOS_ERROR_INVALID_VALUE with the way, and FALSE. */
gboolean
mos_labs_check_requires (const GPtrArray *labs, const MosLab *lab, GError **);

/* The translation of a lab into @language (“de”), owned by the caller, or NULL:
 * there is none. @name gets what it is called in messages. */
GBytes *
mos_labs_translation (const MosLab *lab, const char *language, char **name);

/* A picture of the lab's folder, owned by the caller: an SVG, or a PNG of at
 * most MOS_LAB_MAX_PIXELS a side. MOS_ERROR_NOT_FOUND, _INVALID_VALUE. */
#define MOS_LAB_MAX_PIXELS 4096
GBytes *mos_labs_picture (const MosLab *lab, const char *name, GError **error);

/* By id, or the path of a lab's file or folder. MOS_ERROR_NOT_FOUND and the
 * errors of mos_lab_load(). */
MosLab *mos_labs_find (const char *id_or_path, GError **error);

/* Where the user's labs lie; owned by the caller. */
char *mos_labs_user_folder (void);

G_END_DECLS
