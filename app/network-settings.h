/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The network page of a machine's settings. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "app/settings-form.h"

G_BEGIN_DECLS

#define MOS_TYPE_NETWORK_SETTINGS (mos_network_settings_get_type ())
G_DECLARE_FINAL_TYPE (MosNetworkSettings,
                      mos_network_settings,
                      MOS,
                      NETWORK_SETTINGS,
                      AdwBin)

/*
 * A group of rows for each adapter of @config, which they change at once, and a
 * button that adds one. @vm is asked for what its cables do now. @frozen: why
 * the configuration cannot change, or NULL; the cables of a running machine can
 * be pulled out all the same.
 */
GtkWidget *mos_network_settings_new (MosVm       *vm,
                                     MosVmConfig *config,
                                     const char  *frozen,
                                     MosFormFunc  changed,
                                     gpointer     user_data);

G_END_DECLS
