/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Host keys to guest keys, by physical position.
 *
 * Guests get Linux key codes. Under X11 and Wayland the hardware key code of
 * an event is that code plus 8 (the XKB evdev rules), whatever the layout.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The Linux key code of a GDK hardware key code, or 0. */
guint mos_keymap_from_hardware (guint hardware_keycode);

/* A key's name on its cap, for people ("Right Ctrl"), or NULL. */
const char *mos_keymap_name (guint keycode);

/* The keys that can serve as host key; ends with 0. */
extern const guint mos_keymap_host_keys[];

G_END_DECLS
