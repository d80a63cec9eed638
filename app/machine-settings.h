/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's settings as a form and as TOML, two views of one configuration.
 *
 * The form is made from the schema: a key is a row of the table there, and
 * nothing in here knows it by name. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_MACHINE_SETTINGS (mos_machine_settings_get_type ())
G_DECLARE_FINAL_TYPE (MosMachineSettings,
                      mos_machine_settings,
                      MOS,
                      MACHINE_SETTINGS,
                      AdwWindow)

GtkWidget *mos_machine_settings_new (GtkWindow     *parent,
                                     MosHypervisor *hypervisor,
                                     MosVm         *vm);

G_END_DECLS
