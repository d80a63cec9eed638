/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The small part of the key map that needs names.
 */
#include "display/keymap.h"

#include <glib/gi18n-lib.h>
#include <linux/input-event-codes.h>

#define XKB_OFFSET 8u

const guint mos_keymap_host_keys[] = {
  KEY_RIGHTCTRL,  KEY_RIGHTALT, KEY_RIGHTSHIFT,
  KEY_RIGHTMETA,  KEY_LEFTCTRL, KEY_LEFTALT,
  KEY_SCROLLLOCK, KEY_PAUSE,    0
};

static const struct {
  guint       keycode;
  const char *name;
} names[] = {
  { KEY_RIGHTCTRL, N_ ("Right Ctrl") },   { KEY_RIGHTALT, N_ ("Right Alt") },
  { KEY_RIGHTSHIFT, N_ ("Right Shift") }, { KEY_RIGHTMETA, N_ ("Right Super") },
  { KEY_LEFTCTRL, N_ ("Left Ctrl") },     { KEY_LEFTALT, N_ ("Left Alt") },
  { KEY_SCROLLLOCK, N_ ("Scroll Lock") }, { KEY_PAUSE, N_ ("Pause") },
};

guint
mos_keymap_from_hardware (guint hardware_keycode)
{
  if (hardware_keycode <= XKB_OFFSET ||
      hardware_keycode - XKB_OFFSET > KEY_MICMUTE)
    return 0;
  return hardware_keycode - XKB_OFFSET;
}

const char *
mos_keymap_name (guint keycode)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (names[i].keycode == keycode)
      return _ (names[i].name);
  }
  return NULL;
}
