/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Keyboard controller, keyboard and mouse as firmware and drivers use them.
 */

#include <glib.h>
#include <linux/input-event-codes.h>

#include "devices/input/ps2-controller.h"
#include "devices/input/ps2-keyboard.h"
#include "devices/input/ps2-keys.h"

typedef struct {
  MosBus       *bus;
  MosInputPort *input;
  MosDevice    *ps2;
  gint64        now;
  guint         edges[4];
  gboolean      level[4];
} Fixture;

static void
line_cb (gpointer receiver, guint pin, gboolean level)
{
  Fixture *f = receiver;

  f->level[pin] = level;
  f->edges[pin] += level;
}

static void
setup (Fixture *f, gconstpointer data)
{
  *f = (Fixture){ 0 };
  f->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  mos_clock_resume (f->bus->clock);
  f->input = mos_input_port_new ();
  f->ps2 = mos_ps2_new (f->bus, "ps2", f->input);
  mos_line_connect (mos_ps2_keyboard_irq (f->ps2), line_cb, f, 0);
  mos_line_connect (mos_ps2_mouse_irq (f->ps2), line_cb, f, 1);
  mos_line_connect (mos_ps2_a20 (f->ps2), line_cb, f, 2);
  mos_line_connect (mos_ps2_cpu_reset (f->ps2), line_cb, f, 3);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  mos_bus_free (f->bus);
  mos_input_port_unref (f->input);
}

static void
wait_ms (Fixture *f, guint ms)
{
  f->now += ms * G_GINT64_CONSTANT (1000000);
  mos_clock_advance (f->bus->clock, f->now);
}

static guint8
status (Fixture *f)
{
  return (guint8) mos_bus_port_read (f->bus, 0x64, 1);
}

static void
command (Fixture *f, guint8 value)
{
  mos_bus_port_write (f->bus, 0x64, value, 1);
}

static void
data (Fixture *f, guint8 value)
{
  mos_bus_port_write (f->bus, 0x60, value, 1);
}

/* Everything there is to read, as hex, mouse bytes with a quote. */
static char *
drain (Fixture *f)
{
  GString *out = g_string_new (NULL);

  for (int i = 0; i < 200; i++) {
    guint8 s;

    wait_ms (f, 1);
    s = status (f);
    if ((s & 0x01) == 0)
      break;
    g_string_append_printf (out, "%s%02x%s", out->len > 0 ? " " : "",
                            mos_bus_port_read (f->bus, 0x60, 1),
                            (s & 0x20) != 0 ? "'" : "");
  }
  return g_string_free (out, FALSE);
}

static void
expect (Fixture *f, const char *bytes)
{
  g_autofree char *got = drain (f);

  g_assert_cmpstr (got, ==, bytes);
}

static void
key (Fixture *f, guint code)
{
  mos_input_port_key (f->input, code, TRUE);
  mos_input_port_key (f->input, code, FALSE);
}

static void
to_mouse (Fixture *f, guint8 byte)
{
  command (f, 0xd4);
  data (f, byte);
}

static void
set_mode (Fixture *f, guint8 mode)
{
  command (f, 0x60);
  data (f, mode);
}

static void
test_controller (Fixture *f, gconstpointer unused)
{
  command (f, 0xaa);
  expect (f, "55");
  g_assert_cmphex (status (f) & 0x04, ==, 0x04);
  command (f, 0xab);
  expect (f, "00");
  command (f, 0xa9);
  expect (f, "00");
  set_mode (f, 0x47);
  command (f, 0xa7);
  command (f, 0x20);
  expect (f, "67");
  command (f, 0xa8);
  command (f, 0xad);
  command (f, 0x20);
  expect (f, "57");
  command (f, 0x65);
  data (f, 0x99);
  command (f, 0x25);
  expect (f, "99");
  command (f, 0xd3);
  data (f, 0x5a);
  expect (f, "5a'");
  command (f, 0xd2);
  data (f, 0xa5);
  expect (f, "a5");
}

static void
test_outputs (Fixture *f, gconstpointer unused)
{
  command (f, 0xdd);
  g_assert_false (f->level[2]);
  command (f, 0xd0);
  g_assert_cmphex (mos_bus_port_read (f->bus, 0x60, 1) & 3, ==, 1);
  command (f, 0xd1);
  data (f, 0xdf);
  g_assert_true (f->level[2]);
  g_assert_cmpuint (f->edges[3], ==, 0);
  command (f, 0xfe);
  g_assert_cmpuint (f->edges[3], ==, 1);
  command (f, 0xd1);
  data (f, 0xde);
  g_assert_cmpuint (f->edges[3], ==, 2);
}

/* The keys up to F10 have their set 1 codes as Linux key codes. */
static void
test_key_table (Fixture *f, gconstpointer unused)
{
  guint n = 0;

  for (guint code = KEY_ESC; code <= KEY_KPDOT; code++) {
    const MosPs2Key *found = mos_ps2_key_find (code);

    g_assert_nonnull (found);
    g_assert_cmphex (mos_ps2_translate (found->set2), ==, code);
    g_assert_false (found->extended);
  }
  for (guint code = 0; code < 256; code++) {
    const MosPs2Key *a = mos_ps2_key_find (code);

    if (a == NULL)
      continue;
    n++;
    for (guint other = code + 1; other < 256; other++) {
      const MosPs2Key *b = mos_ps2_key_find (other);

      if (b == NULL)
        continue;
      g_assert_true (a->set2 != b->set2 || a->extended != b->extended);
      g_assert_true (a->set3 == 0 || a->set3 != b->set3);
    }
  }
  g_assert_cmpuint (n, >=, 101);
}

static void
test_keys (Fixture *f, gconstpointer unused)
{
  set_mode (f, 0x47);
  key (f, KEY_A);
  g_assert_true (f->level[0]);
  expect (f, "1e 9e");
  g_assert_cmpuint (f->edges[0], ==, 2);
  key (f, KEY_UP);
  expect (f, "e0 48 e0 c8");
  key (f, KEY_SYSRQ);
  expect (f, "e0 2a e0 37 e0 b7 e0 aa");
  key (f, KEY_PAUSE);
  expect (f, "e1 1d 45 e1 9d c5");
  set_mode (f, 0x07); /* not translated: set 2 */
  key (f, KEY_F7);
  expect (f, "83 f0 83");
  mos_input_port_key (f->input, KEY_LEFTCTRL, TRUE);
  key (f, KEY_PAUSE);
  mos_input_port_key (f->input, KEY_LEFTCTRL, FALSE);
  expect (f, "14 e0 7e e0 f0 7e f0 14");
  key (f, 500); /* no such key */
  expect (f, "");
  data (f, 0xf0);
  data (f, 0x03);
  expect (f, "fa fa");
  key (f, KEY_A);
  expect (f, "1c");
  key (f, KEY_LEFTSHIFT);
  expect (f, "12 f0 12");
  data (f, 0xf8);
  key (f, KEY_A);
  expect (f, "fa 1c f0 1c");
  data (f, 0xf0);
  expect (f, "fa");
  data (f, 0x00);
  expect (f, "fa 03");
  data (f, 0xf0);
  expect (f, "fa");
  data (f, 0x01);
  expect (f, "fa");
  key (f, KEY_RIGHT);
  expect (f, "e0 4d e0 cd");
}

static void
test_commands (Fixture *f, gconstpointer unused)
{
  set_mode (f, 0x04);
  data (f, 0xff);
  expect (f, "fa aa");
  data (f, 0xee);
  expect (f, "ee");
  data (f, 0xf2);
  expect (f, "fa ab 83");
  data (f, 0xed);
  expect (f, "fa");
  data (f, 0x05);
  expect (f, "fa");
  g_assert_cmpuint (mos_ps2_leds (f->ps2), ==, 5);
  data (f, 0x12);
  expect (f, "fe");
  data (f, 0xf5);
  expect (f, "fa");
  key (f, KEY_A);
  expect (f, "");
  g_assert_cmpuint (mos_input_port_key_room (f->input), ==, 0);
  data (f, 0xf4);
  expect (f, "fa");
  g_assert_cmpuint (mos_input_port_key_room (f->input), ==, 8);
  /* The controller holds the keyboard back. */
  command (f, 0xad);
  key (f, KEY_B);
  expect (f, "");
  command (f, 0xae);
  expect (f, "32 f0 32");
  /* As programs that hook the interrupt do: the same byte twice. */
  key (f, KEY_C);
  g_assert_cmphex (mos_bus_port_read (f->bus, 0x60, 1), ==, 0x21);
  g_assert_cmphex (mos_bus_port_read (f->bus, 0x60, 1), ==, 0x21);
  expect (f, "f0 21");
}

static void
test_typematic (Fixture *f, gconstpointer unused)
{
  set_mode (f, 0x47);
  mos_input_port_key (f->input, KEY_A, TRUE);
  expect (f, "1e");
  wait_ms (f, 480);
  expect (f, "");
  wait_ms (f, 20);
  expect (f, "1e");
  wait_ms (f, 93);
  expect (f, "1e");
  /* Nobody reads: no flood. */
  wait_ms (f, 5000);
  mos_input_port_key (f->input, KEY_A, FALSE);
  expect (f, "1e 1e 9e");
  wait_ms (f, 5000);
  expect (f, "");
}

/* Bits 6 and 5: quarters of a second less one; 4 to 0: (8 + A) << B times
 * 1/240 s. */
static void
test_typematic_rate (Fixture *f, gconstpointer unused)
{
  static const struct {
    guint8 rate;
    guint  delay_ms;
    guint  period_ms;
  } rows[] = { { 0x00, 250, 33 }, { 0x2b, 500, 91 }, { 0x7f, 1000, 500 } };

  set_mode (f, 0x07);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    data (f, 0xf3);
    expect (f, "fa");
    data (f, rows[i].rate);
    expect (f, "fa");
    mos_input_port_key (f->input, KEY_A, TRUE);
    expect (f, "1c");
    wait_ms (f, rows[i].delay_ms - 20);
    expect (f, "");
    wait_ms (f, 20);
    expect (f, "1c");
    wait_ms (f, rows[i].period_ms - 10);
    expect (f, "");
    wait_ms (f, 11);
    expect (f, "1c");
    mos_input_port_key (f->input, KEY_A, FALSE);
    expect (f, "f0 1c");
  }
}

/* Set 3: keys of the other types do not repeat. */
static void
test_typematic_types (Fixture *f, gconstpointer unused)
{
  set_mode (f, 0x07);
  data (f, 0xf0);
  data (f, 0x03);
  expect (f, "fa fa");
  for (guint command = 0xf7; command <= 0xfa; command++) {
    gboolean repeats = command == 0xf7 || command == 0xfa;

    data (f, (guint8) command);
    expect (f, "fa");
    mos_input_port_key (f->input, KEY_A, TRUE);
    expect (f, "1c");
    wait_ms (f, 500);
    expect (f, repeats ? "1c" : "");
    mos_input_port_key (f->input, KEY_A, FALSE);
    expect (f, command == 0xf8 || command == 0xfa ? "f0 1c" : "");
  }
}

static void
test_mouse (Fixture *f, gconstpointer unused)
{
  static const guint8 wheel[] = { 200, 100, 80 };
  static const guint8 explorer[] = { 200, 200, 80 };

  set_mode (f, 0x47);
  to_mouse (f, 0xff);
  expect (f, "fa' aa' 00'");
  mos_input_port_move (f->input, 5, 5, 0, 0);
  expect (f, "");
  to_mouse (f, 0xf4);
  expect (f, "fa'");
  mos_input_port_move (f->input, 5, 3, 0, MOS_BUTTON_LEFT);
  g_assert_true (f->level[1]);
  expect (f, "29' 05' fd'");
  /* Added up while the guest is slow; the rest of a long way comes after. */
  mos_input_port_move (f->input, 1, 0, 0, MOS_BUTTON_LEFT);
  mos_input_port_move (f->input, 200, 0, 0, MOS_BUTTON_LEFT);
  mos_input_port_move (f->input, 200, 0, 0, MOS_BUTTON_LEFT);
  mos_input_port_move (f->input, 0, 0, 0, 0);
  expect (f, "09' 01' 00' 08' ff' 00' 08' 91' 00'");
  for (guint i = 0; i < 3; i++) {
    to_mouse (f, 0xf3);
    to_mouse (f, wheel[i]);
  }
  expect (f, "fa' fa'"); /* answers that were not fetched are overtaken */
  to_mouse (f, 0xf2);
  expect (f, "fa' 03'");
  mos_input_port_move (f->input, 0, 0, 1, 0);
  expect (f, "08' 00' 00' ff'");
  for (guint i = 0; i < 3; i++) {
    to_mouse (f, 0xf3);
    to_mouse (f, explorer[i]);
    g_free (drain (f));
  }
  to_mouse (f, 0xf2);
  expect (f, "fa' 04'");
  mos_input_port_move (f->input, 0, 0, -1, MOS_BUTTON_EXTRA);
  expect (f, "08' 00' 00' 21'");
  to_mouse (f, 0xe9);
  expect (f, "fa' 20' 02' 50'");
  to_mouse (f, 0xf0);
  expect (f, "fa'");
  mos_input_port_move (f->input, -2, 0, 0, 0);
  expect (f, "");
  to_mouse (f, 0xeb);
  expect (f, "fa' 18' fe' 00' 00'");
  to_mouse (f, 0xee);
  expect (f, "fa'");
  to_mouse (f, 0x33);
  expect (f, "33'");
}

static void
test_state (Fixture *f, gconstpointer unused)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;
  Fixture other;

  set_mode (f, 0x47);
  key (f, KEY_A);
  command (f, 0xdd);
  state = mos_device_save (f->ps2);
  setup (&other, NULL);
  g_assert_true (mos_device_load (other.ps2, state, &error));
  g_assert_no_error (error);
  g_assert_true (other.level[0]);
  expect (&other, "1e 9e");
  command (&other, 0xdf);
  g_assert_cmpuint (other.edges[2], ==, 1);
  teardown (&other, NULL);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, setup, test, teardown);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/ps2/controller", test_controller);
  add ("/ps2/outputs", test_outputs);
  add ("/ps2/key-table", test_key_table);
  add ("/ps2/keys", test_keys);
  add ("/ps2/commands", test_commands);
  add ("/ps2/typematic", test_typematic);
  add ("/ps2/typematic-rate", test_typematic_rate);
  add ("/ps2/typematic-types", test_typematic_types);
  add ("/ps2/mouse", test_mouse);
  add ("/ps2/state", test_state);
  return g_test_run ();
}
