/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Alerts as notifications of the desktop, with a button that pauses the
 * machine. Main thread.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Until @watch is gone. Adds the action "app.alert-pause" (a uuid). */
void mos_alerts_notify (GApplication *application, MosWatch *watch);

G_END_DECLS
