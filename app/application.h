/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The GTK application: one instance a session, its window, its actions.
 * Everything here belongs to the main thread.
 */

#pragma once

#include <adwaita.h>

#include "engine/engine.h"

#define MOS_TYPE_APPLICATION (mos_application_get_type ())
G_DECLARE_FINAL_TYPE (MosApplication,
                      mos_application,
                      MOS,
                      APPLICATION,
                      AdwApplication)

/*
 * A new application, not yet registered; run it with g_application_run().
 * The caller owns the reference.
 */
MosApplication *mos_application_new (void);

/* NULL before the application is started. */
MosHypervisor *mos_application_get_hypervisor (MosApplication *self);
