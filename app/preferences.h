/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The preferences window. Changes take effect at once. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void mos_preferences_show (GtkWindow *parent);

G_END_DECLS
