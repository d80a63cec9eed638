/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Key combinations that the host's desktop would keep for itself, to be sent
 * to a guest from a menu. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* A menu of the usual combinations and the user's own; each item activates
 * @action with a combination. */
GMenuModel *mos_keys_menu (const char *action);

/*
 * Presses and lifts a combination as people write it: "Ctrl+Alt+Delete",
 * "Alt+F4", "Ctrl+C". FALSE and MOS_ERROR_INVALID_VALUE if there is no such
 * key; then nothing is sent.
 */
gboolean
mos_keys_send (MosInputPort *port, const char *combination, GError **error);

/* Whether mos_keys_send() would take it; the same errors. */
gboolean mos_keys_check (const char *combination, GError **error);

/* The window where the user's own combinations are added and removed. They
 * are the setting "key-combinations". */
void mos_keys_edit (GtkWindow *parent);

/* What a key is called in a combination, or NULL; left and right alike. */
const char *mos_keys_name (guint keycode);
gboolean    mos_keys_is_modifier (guint keycode);

G_END_DECLS
