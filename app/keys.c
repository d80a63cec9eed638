/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Combinations of keys: names to Linux key codes, and the menu of the usual
 * ones. Main thread.
 */
#include "app/keys.h"

#include <glib/gi18n-lib.h>
#include <linux/input-event-codes.h>

#define MAX_KEYS 8

static const struct {
  const char *name;
  guint       keycode;
} names[] = {
  { "Ctrl", KEY_LEFTCTRL },
  { "Alt", KEY_LEFTALT },
  { "Shift", KEY_LEFTSHIFT },
  { "Super", KEY_LEFTMETA },
  { "Delete", KEY_DELETE },
  { "Insert", KEY_INSERT },
  { "Home", KEY_HOME },
  { "End", KEY_END },
  { "PageUp", KEY_PAGEUP },
  { "PageDown", KEY_PAGEDOWN },
  { "Tab", KEY_TAB },
  { "Escape", KEY_ESC },
  { "Enter", KEY_ENTER },
  { "Space", KEY_SPACE },
  { "Backspace", KEY_BACKSPACE },
  { "Print", KEY_SYSRQ },
  { "Pause", KEY_PAUSE },
  { "F1", KEY_F1 },
  { "F2", KEY_F2 },
  { "F3", KEY_F3 },
  { "F4", KEY_F4 },
  { "F5", KEY_F5 },
  { "F6", KEY_F6 },
  { "F7", KEY_F7 },
  { "F8", KEY_F8 },
  { "F9", KEY_F9 },
  { "F10", KEY_F10 },
  { "F11", KEY_F11 },
  { "F12", KEY_F12 },
};

/* The three letter rows of a keyboard, which the key codes follow. */
static const struct {
  const char *keys;
  guint       first;
} rows[] = {
  { "1234567890", KEY_1 },
  { "QWERTYUIOP", KEY_Q },
  { "ASDFGHJKL", KEY_A },
  { "ZXCVBNM", KEY_Z },
};

/* Single letters and digits as texts, in the order of the rows. */
static const char *const letters[][10] = {
  { "1", "2", "3", "4", "5", "6", "7", "8", "9", "0" },
  { "Q", "W", "E", "R", "T", "Y", "U", "I", "O", "P" },
  { "A", "S", "D", "F", "G", "H", "J", "K", "L" },
  { "Z", "X", "C", "V", "B", "N", "M" },
};

static const struct {
  guint right, left;
} twins[] = {
  { KEY_RIGHTCTRL, KEY_LEFTCTRL },
  { KEY_RIGHTALT, KEY_LEFTALT },
  { KEY_RIGHTSHIFT, KEY_LEFTSHIFT },
  { KEY_RIGHTMETA, KEY_LEFTMETA },
};

static guint
left_of (guint keycode)
{
  for (guint i = 0; i < G_N_ELEMENTS (twins); i++)
    if (twins[i].right == keycode)
      return twins[i].left;
  return keycode;
}

const char *
mos_keys_name (guint keycode)
{
  keycode = left_of (keycode);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].keycode == keycode)
      return names[i].name;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (keycode >= rows[i].first && keycode < rows[i].first + 10)
      return letters[i][keycode - rows[i].first];
  return NULL;
}

gboolean
mos_keys_is_modifier (guint keycode)
{
  keycode = left_of (keycode);
  for (guint i = 0; i < G_N_ELEMENTS (twins); i++)
    if (twins[i].left == keycode)
      return TRUE;
  return FALSE;
}

static const char *const usual[] = {
  "Ctrl+Alt+Delete", "Ctrl+Alt+F1", "Ctrl+Alt+F2", "Ctrl+Alt+F7",
  "Ctrl+C",          "Alt+Tab",     "Alt+F4",      "Super",
  "Print",           "F10",         "F11",
};

GMenuModel *
mos_keys_menu (const char *action)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GSettings) settings = g_settings_new ("org.multios.Lab");
  g_auto (GStrv) own = g_settings_get_strv (settings, "key-combinations");

  for (guint i = 0; i < G_N_ELEMENTS (usual); i++) {
    g_autoptr (GMenuItem) item = g_menu_item_new (usual[i], NULL);

    g_menu_item_set_action_and_target (item, action, "s", usual[i]);
    g_menu_append_item (menu, item);
  }
  for (guint i = 0; own[i] != NULL; i++) {
    g_autoptr (GMenuItem) item = g_menu_item_new (own[i], NULL);

    g_menu_item_set_action_and_target (item, action, "s", own[i]);
    g_menu_append_item (menu, item);
  }
  return G_MENU_MODEL (menu);
}

static guint
keycode_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (names[i].name, name) == 0)
      return names[i].keycode;
  if (name[0] == '\0' || name[1] != '\0')
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint at = 0; rows[i].keys[at] != '\0'; at++)
      if (rows[i].keys[at] == g_ascii_toupper (name[0]))
        return rows[i].first + at;
  return 0;
}

/* The keys of @combination, in order; 0 if one of them is none. */
static guint
parse (const char *combination, guint codes[MAX_KEYS], GError **error)
{
  /* Of an empty text g_strsplit() makes no part at all. */
  g_auto (GStrv) parts =
      g_strsplit (*combination != '\0' ? combination : "+", "+", -1);
  guint n = 0;

  for (guint i = 0; parts[i] != NULL; i++) {
    guint code = keycode_of (g_strstrip (parts[i]));

    if (code == 0 || n == MAX_KEYS) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("“%s” in “%s” is no key; write combinations like "
                      "Ctrl+Alt+F1, with at most %d keys"),
                   parts[i], combination, MAX_KEYS);
      return 0;
    }
    codes[n++] = code;
  }
  return n;
}

gboolean
mos_keys_check (const char *combination, GError **error)
{
  guint codes[MAX_KEYS];

  return parse (combination, codes, error) > 0;
}

gboolean
mos_keys_send (MosInputPort *port, const char *combination, GError **error)
{
  guint codes[MAX_KEYS];
  guint n;

  g_return_val_if_fail (port != NULL, FALSE);

  n = parse (combination, codes, error);
  for (guint i = 0; i < n; i++)
    mos_input_port_key (port, codes[i], TRUE);
  for (guint i = n; i > 0; i--)
    mos_input_port_key (port, codes[i - 1], FALSE);
  return n > 0;
}
