/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rows of a form for the keys of a configuration. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Called after a row has changed @config, or with what was wrong. */
typedef void (*MosFormFunc) (gpointer user_data, const GError *error);

/*
 * The row of one key; for a key in an entry of a table @info is its row there
 * and @key the whole name, as "storage.drives[2].path". NULL if a form cannot
 * show it.
 */
GtkWidget *mos_settings_row_new (const MosKeyInfo *info,
                                 const char       *key,
                                 MosVmConfig      *config,
                                 const char       *frozen,
                                 MosFormFunc       changed,
                                 gpointer          user_data);

/*
 * A page with a row for each key of the schema that a form can show. Rows
 * change @config at once. @frozen: why only live keys may change, or NULL.
 */
GtkWidget *mos_settings_form_new (MosVmConfig *config,
                                  const char  *frozen,
                                  MosFormFunc  changed,
                                  gpointer     user_data);

G_END_DECLS
