/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A row with a choice whose value is always shown whole; libadwaita's own
 * shortens it to nothing when text is large. Main thread.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* An AdwComboRow with @choices, which end with NULL. */
GtkWidget *mos_combo_row_new (const char *const *choices);

G_END_DECLS
