/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Lists of the schema in a form: drives, serial ports, modules. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "app/settings-form.h"

G_BEGIN_DECLS

#define MOS_TYPE_LIST_GROUP (mos_list_group_get_type ())
G_DECLARE_FINAL_TYPE (MosListGroup,
                      mos_list_group,
                      MOS,
                      LIST_GROUP,
                      AdwPreferencesGroup)

/*
 * Adds a group for each list to @page: in it a row that unfolds for each entry
 * in @config, which they change at once, and buttons that add one. @frozen: why
 * the configuration cannot change, or NULL. Network adapters have their page.
 */
void mos_list_groups_add (AdwPreferencesPage *page,
                          MosVmConfig        *config,
                          const char         *frozen,
                          MosFormFunc         changed,
                          gpointer            user_data);

G_END_DECLS
