/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The list of machines with the headings of their groups.
 *
 * A machine's group is the key "group" of its configuration. Machines without
 * one come first, in the order they have; then each group as a heading, a
 * MosGroup, and below it, unless it is collapsed, its machines. A list model
 * of MosVm and MosGroup. Main thread.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* A heading; properties name (string), expanded (boolean, writable) and size
 * (uint, its machines). The object stays the same while the group is there. */
#define MOS_TYPE_GROUP (mos_group_get_type ())
G_DECLARE_FINAL_TYPE (MosGroup, mos_group, MOS, GROUP, GObject)

const char *mos_group_get_name (MosGroup *self);
gboolean    mos_group_get_expanded (MosGroup *self);
guint       mos_group_get_size (MosGroup *self);
void        mos_group_set_expanded (MosGroup *self, gboolean expanded);

#define MOS_TYPE_LIBRARY_MODEL (mos_library_model_get_type ())
G_DECLARE_FINAL_TYPE (MosLibraryModel,
                      mos_library_model,
                      MOS,
                      LIBRARY_MODEL,
                      GObject)

/* @machines: of MosVm; referenced. Which groups are collapsed is kept in
 * @settings under "collapsed-groups". */
MosLibraryModel *mos_library_model_new (GListModel *machines,
                                        GSettings  *settings);

/* Shows every machine, whatever is collapsed: while one searches. */
void mos_library_model_set_open (MosLibraryModel *self, gboolean open);

/* Expands the group of @vm. */
void mos_library_model_reveal (MosLibraryModel *self, MosVm *vm);

/* The group of @vm, "" for none; owned by its configuration. */
const char *mos_library_group_of (MosVm *vm);

/* All groups there are, sorted, NULL-terminated; g_strfreev(). */
char **mos_library_model_list_groups (MosLibraryModel *self);

G_END_DECLS
