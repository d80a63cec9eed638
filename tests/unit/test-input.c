/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Who gets which event, that nothing stays pressed, and typed text as the
 * strokes a US keyboard would make.
 */

#include <glib.h>
#include <linux/input-event-codes.h>

#include "engine/host/input.h"
#include "engine/host/typing.h"

typedef struct {
  GString *log;
  gboolean active;
  guint    room;
} Device;

static void
device_key (gpointer device, guint keycode, gboolean down)
{
  Device *self = device;

  g_string_append_printf (self->log, "%c%u ", down ? '+' : '-', keycode);
  if (self->room > 0 && self->room < 100)
    self->room--;
}

static void
device_move (gpointer device, int dx, int dy, int wheel, guint buttons)
{
  g_string_append_printf (((Device *) device)->log, "m%d,%d,%d,%u ", dx, dy,
                          wheel, buttons);
}

static void
device_place (gpointer device, int x, int y, int wheel, guint buttons)
{
  g_string_append_printf (((Device *) device)->log, "p%d,%d,%d,%u ", x, y,
                          wheel, buttons);
}

static gboolean
device_active (gpointer device)
{
  return ((Device *) device)->active;
}

static guint
device_room (gpointer device)
{
  return ((Device *) device)->room;
}

static const MosInputOps relative_ops = {
  .key = device_key,
  .move = device_move,
  .key_room = device_room,
};
static const MosInputOps absolute_ops = {
  .key = device_key,
  .place = device_place,
  .active = device_active,
};

static void
test_routing (void)
{
  g_autoptr (MosInputPort) port = mos_input_port_new ();
  Device ps2 = { g_string_new (NULL), TRUE, 16 };
  Device tablet = { g_string_new (NULL), FALSE, 16 };

  mos_input_port_key (port, KEY_A, TRUE); /* nobody is there */
  mos_input_port_add (port, &relative_ops, &ps2);
  mos_input_port_add (port, &absolute_ops, &tablet);
  g_assert_false (mos_input_port_is_absolute (port));
  mos_input_port_key (port, KEY_A, TRUE);
  mos_input_port_key (port, KEY_A, TRUE);
  mos_input_port_move (port, 3, -4, 1, MOS_BUTTON_LEFT);
  mos_input_port_place (port, 5, 5, 0, 0);

  tablet.active = TRUE;
  g_assert_true (mos_input_port_is_absolute (port));
  mos_input_port_key (port, KEY_A, FALSE); /* goes to who saw the press */
  mos_input_port_key (port, KEY_B, TRUE);
  mos_input_port_place (port, 40000, -1, 0, MOS_BUTTON_RIGHT);
  mos_input_port_release_all (port);
  mos_input_port_release_all (port);
  mos_input_port_key (port, 100000, TRUE);

  g_assert_cmpstr (ps2.log->str, ==, "+30 m3,-4,1,1 -30 m0,0,0,0 ");
  g_assert_cmpstr (tablet.log->str, ==, "+48 p32767,0,0,2 -48 p32767,0,0,0 ");

  mos_input_port_key (port, KEY_C, TRUE);
  mos_input_port_remove (port, &tablet);
  mos_input_port_key (port, KEY_C, FALSE);
  mos_input_port_key (port, KEY_C, TRUE);
  g_assert_true (g_str_has_suffix (ps2.log->str, "m0,0,0,0 +46 "));
  g_string_free (ps2.log, TRUE);
  g_string_free (tablet.log, TRUE);
}

static void
test_keys (void)
{
  guint held;
  guint n = 0;

  for (char c = ' '; c <= '~'; c++)
    n += mos_typing_key (c, &held) != 0;
  g_assert_cmpuint (n, ==, 95);
  g_assert_cmpuint (mos_typing_key ('?', &held), ==, KEY_SLASH);
  g_assert_cmpuint (held, ==, KEY_LEFTSHIFT);
  g_assert_cmpuint (mos_typing_key ('|', &held), ==, KEY_BACKSLASH);
  g_assert_cmpuint (held, ==, KEY_LEFTSHIFT);
  g_assert_cmpuint (mos_typing_key ('0', &held), ==, KEY_0);
  g_assert_cmpuint (held, ==, 0);
  g_assert_cmpuint (mos_typing_key ('`', &held), ==, KEY_GRAVE);
  g_assert_cmpuint (mos_typing_key ('\n', &held), ==, KEY_ENTER);
  g_assert_cmpuint (held, ==, 0);
  g_assert_cmpuint (mos_typing_key ('\002', &held), ==, KEY_B);
  g_assert_cmpuint (held, ==, KEY_LEFTCTRL);
  g_assert_cmpuint (mos_typing_key ('\t', &held), ==, KEY_TAB);
  g_assert_cmpuint (held, ==, 0);
  g_assert_cmpuint (mos_typing_key ('\036', &held), ==, 0);
  g_assert_cmpuint (mos_typing_key ('\0', &held), ==, 0);
}

static void
typed_cb (gpointer user_data, guint skipped)
{
  *(int *) user_data = (int) skipped;
}

static void
test_typing (void)
{
  g_autoptr (MosInputPort) port = mos_input_port_new ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  Device keyboard = { g_string_new (NULL), TRUE, 6 };
  int    first = -1, second = -1;

  mos_input_port_add (port, &relative_ops, &keyboard);
  mos_input_port_type (port, context, "aB\037\003", typed_cb, &first);
  mos_input_port_type (port, context, "\n", typed_cb, &second);
  while (keyboard.room > 4)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpstr (keyboard.log->str, ==, "+30 -30 ");
  while (keyboard.room > 0)
    g_main_context_iteration (context, TRUE);
  /* Full: it waits, whatever is iterated. */
  for (int i = 0; i < 3; i++)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (first, ==, -1);
  keyboard.room = 100;
  while (second < 0)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (first, ==, 1);
  g_assert_cmpint (second, ==, 0);
  g_assert_cmpstr (keyboard.log->str, ==,
                   "+30 -30 +42 +48 -48 -42 +29 +46 -46 -29 +28 -28 ");

  /* A context that goes away takes its text along. */
  mos_input_port_type (port, context, "never typed", typed_cb, &first);
  g_clear_pointer (&context, g_main_context_unref);
  mos_input_port_remove (port, &keyboard);
  g_string_free (keyboard.log, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/input/routing", test_routing);
  g_test_add_func ("/input/keys", test_keys);
  g_test_add_func ("/input/typing", test_typing);
  return g_test_run ();
}
