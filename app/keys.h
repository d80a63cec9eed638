/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Key combinations that the host's desktop would keep for itself, to be sent
 * to a guest from a menu. Main thread.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* A menu of combinations; each item activates @action with a combination. */
GMenuModel *mos_keys_menu (const char *action);

/*
 * Presses and lifts a combination as people write it: "Ctrl+Alt+Delete",
 * "Alt+F4", "Ctrl+C". FALSE and MOS_ERROR_INVALID_VALUE if there is no such
 * key; then nothing is sent.
 */
gboolean
mos_keys_send (MosInputPort *port, const char *combination, GError **error);

G_END_DECLS
