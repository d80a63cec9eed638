/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The serial port as drivers use it: probing, output, input by polling and by
 * interrupt, FIFO trigger and time-out, loopback, saved state.
 */

#include <glib.h>
#include <string.h>

#include "devices/serial/uart16550.h"

#define BASE MOS_UART_COM1

typedef struct {
  MosBus      *bus;
  MosCharPort *port;
  MosDevice   *uart;
  GString     *out;
  gboolean     level;
  guint        edges;
} Fixture;

static void
line_cb (gpointer receiver, guint pin, gboolean level)
{
  Fixture *f = receiver;

  f->level = level;
  f->edges += level;
}

static void
out_cb (gpointer user_data, const guint8 *data, gsize size)
{
  g_string_append_len (user_data, (const char *) data, (gssize) size);
}

static void
setup (Fixture *f, gconstpointer data)
{
  f->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  mos_clock_resume (f->bus->clock);
  f->port = mos_char_port_new (256);
  f->out = g_string_new (NULL);
  mos_char_port_add_listener (f->port, out_cb, f->out);
  f->uart = mos_uart_new (f->bus, "serial0", BASE, f->port);
  mos_line_connect (mos_uart_irq (f->uart), line_cb, f, 4);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  mos_bus_free (f->bus);
  mos_char_port_unref (f->port);
  g_string_free (f->out, TRUE);
}

static void
out (Fixture *f, guint offset, guint8 value)
{
  mos_bus_port_write (f->bus, (guint16) (BASE + offset), value, 1);
}

static guint8
in (Fixture *f, guint offset)
{
  return (guint8) mos_bus_port_read (f->bus, (guint16) (BASE + offset), 1);
}

static void
test_probe (Fixture *f, gconstpointer data)
{
  out (f, 7, 0xa5);
  g_assert_cmphex (in (f, 7), ==, 0xa5);
  out (f, 1, 0xff);
  g_assert_cmphex (in (f, 1), ==, 0x0f);
  out (f, 1, 0);
  out (f, 3, 0x83);
  out (f, 0, 0x34);
  out (f, 1, 0xf2);
  g_assert_cmphex (in (f, 0), ==, 0x34);
  g_assert_cmphex (in (f, 1), ==, 0xf2);
  out (f, 3, 0x03);
  g_assert_cmphex (in (f, 1), ==, 0);
  g_assert_cmphex (in (f, 2), ==, 0x01);
  out (f, 2, 0xc7);
  g_assert_cmphex (in (f, 2), ==, 0xc1);
  g_assert_cmphex (in (f, 5), ==, 0x60);
  g_assert_cmphex (in (f, 6), ==, 0xb0);
  /* As drivers look for the chip: loopback, outputs come back as inputs. */
  out (f, 4, 0x1a);
  g_assert_cmphex (in (f, 6) & 0xf0, ==, 0x90);
}

static void
test_output (Fixture *f, gconstpointer data)
{
  for (const char *c = "Hi\n"; *c != '\0'; c++) {
    g_assert_cmphex (in (f, 5) & 0x20, ==, 0x20);
    out (f, 0, (guint8) *c);
  }
  out (f, 3, 0x02); /* seven bits */
  out (f, 0, 0xc1);
  g_assert_cmpstr (f->out->str, ==, "Hi\nA");

  /* The transmitter interrupts when asked, and again after each byte. */
  out (f, 4, 0x08);
  out (f, 1, 0x02);
  g_assert_true (f->level);
  g_assert_cmphex (in (f, 2), ==, 0x02);
  g_assert_false (f->level);
  g_assert_cmphex (in (f, 2), ==, 0x01);
  out (f, 0, 'x');
  g_assert_true (f->level);
  out (f, 4, 0); /* OUT2 holds it back */
  g_assert_false (f->level);
}

static void
test_input (Fixture *f, gconstpointer data)
{
  guint edges;

  g_assert_cmpuint (mos_char_port_feed (f->port, "abc", 3), ==, 3);
  g_assert_cmphex (in (f, 5) & 1, ==, 1);
  out (f, 4, 0x08);
  out (f, 1, 0x01);
  g_assert_true (f->level);
  g_assert_cmphex (in (f, 2), ==, 0x04);
  edges = f->edges;
  g_assert_cmpint (in (f, 0), ==, 'a');
  /* Another edge for the next byte. */
  g_assert_cmpuint (f->edges, ==, edges + 1);
  g_assert_cmpint (in (f, 0), ==, 'b');
  g_assert_cmpint (in (f, 0), ==, 'c');
  g_assert_false (f->level);
  g_assert_cmphex (in (f, 5) & 1, ==, 0);
  g_assert_cmpuint (mos_char_port_feed (f->port, "d", 1), ==, 1);
  g_assert_true (f->level);
}

static void
test_fifo (Fixture *f, gconstpointer data)
{
  out (f, 2, 0x81); /* interrupts at 8 bytes */
  out (f, 4, 0x08);
  out (f, 1, 0x01);
  mos_char_port_feed (f->port, "1234567", 7);
  g_assert_false (f->level);
  mos_clock_advance (f->bus->clock, 100000000);
  g_assert_true (f->level);
  g_assert_cmphex (in (f, 2), ==, 0xcc);
  g_assert_cmpint (in (f, 0), ==, '1');
  g_assert_false (f->level);
  out (f, 2, 0x83);
  g_assert_cmphex (in (f, 5) & 1, ==, 0);

  mos_char_port_feed (f->port, "abcdefghijklmnopqrstuvwxyz", 26);
  g_assert_true (f->level);
  g_assert_cmphex (in (f, 2), ==, 0xc4);
  for (char c = 'a'; c <= 'z'; c++)
    g_assert_cmpint (in (f, 0), ==, c);
  g_assert_false (f->level);
}

static void
test_loopback (Fixture *f, gconstpointer data)
{
  out (f, 4, 0x10);
  in (f, 6);
  out (f, 0, 'q');
  g_assert_cmpuint (f->out->len, ==, 0);
  g_assert_cmpint (in (f, 0), ==, 'q');
  out (f, 0, '1');
  out (f, 0, '2');
  g_assert_cmphex (in (f, 5), ==, 0x63); /* overrun */
  g_assert_cmphex (in (f, 5), ==, 0x61);
  g_assert_cmpint (in (f, 0), ==, '2');
  out (f, 3, 0x43);
  g_assert_cmphex (in (f, 5), ==, 0x71); /* break */
  g_assert_cmpint (in (f, 0), ==, 0);

  out (f, 4, 0x14);
  g_assert_cmphex (in (f, 6), ==, 0x40);
  out (f, 4, 0x10);
  g_assert_cmphex (in (f, 6), ==, 0x04); /* the ringing stopped */
  out (f, 4, 0x12);
  g_assert_cmphex (in (f, 6), ==, 0x11);
  /* Input waits while the plug is pulled. */
  mos_char_port_feed (f->port, "w", 1);
  g_assert_cmphex (in (f, 5) & 1, ==, 0);
  out (f, 4, 0);
  g_assert_cmpint (in (f, 0), ==, 'w');
}

static void
test_state (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;
  Fixture other;

  out (f, 2, 0x01);
  out (f, 4, 0x0b);
  out (f, 1, 0x01);
  out (f, 7, 0x77);
  mos_char_port_feed (f->port, "kept", 4);
  state = mos_device_save (f->uart);
  setup (&other, NULL);
  g_assert_true (mos_device_load (other.uart, state, &error));
  g_assert_no_error (error);
  g_assert_true (other.level);
  g_assert_cmphex (in (&other, 7), ==, 0x77);
  for (const char *c = "kept"; *c != '\0'; c++)
    g_assert_cmpint (in (&other, 0), ==, *c);
  g_assert_false (other.level);
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
  add ("/uart16550/probe", test_probe);
  add ("/uart16550/output", test_output);
  add ("/uart16550/input", test_input);
  add ("/uart16550/fifo", test_fifo);
  add ("/uart16550/loopback", test_loopback);
  add ("/uart16550/state", test_state);
  return g_test_run ();
}
