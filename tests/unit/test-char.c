/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The byte stream: order, bounds, readiness, and two threads at once.
 */

#include <glib.h>
#include <string.h>

#include "engine/host/char.h"

static void
count_cb (gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);
}

static void
collect_cb (gpointer user_data, const guint8 *data, gsize size)
{
  g_string_append_len (user_data, (const char *) data, size);
}

static void
test_queue (void)
{
  g_autoptr (MosCharPort) port = mos_char_port_new (8);
  int  ready = 0;
  char out[16] = "";

  mos_char_port_set_device (port, count_cb, &ready);
  g_assert_cmpuint (mos_char_port_feed (port, "abcdef", 6), ==, 6);
  g_assert_cmpint (ready, ==, 1);
  g_assert_cmpuint (mos_char_port_feed (port, "ghijk", 5), ==, 2);
  g_assert_cmpint (ready, ==, 1);
  g_assert_cmpuint (mos_char_port_pending (port), ==, 8);
  g_assert_cmpuint (mos_char_port_read (port, out, 3), ==, 3);
  g_assert_cmpuint (mos_char_port_feed (port, "XYZW", 4), ==, 3);
  g_assert_cmpuint (mos_char_port_read (port, out + 3, 13), ==, 8);
  g_assert_cmpstr (out, ==, "abcdefghXYZ");
  g_assert_cmpuint (mos_char_port_read (port, out, 1), ==, 0);
  g_assert_cmpuint (mos_char_port_feed (port, "", 0), ==, 0);
  g_assert_cmpint (ready, ==, 1);
  mos_char_port_set_device (port, NULL, NULL);
  g_assert_cmpuint (mos_char_port_feed (port, "z", 1), ==, 1);
  g_assert_cmpint (ready, ==, 1);
}

static void
test_listeners (void)
{
  g_autoptr (MosCharPort) port = mos_char_port_new (1);
  g_autoptr (GString) one = g_string_new (NULL);
  g_autoptr (GString) two = g_string_new (NULL);
  guint id_one = mos_char_port_add_listener (port, collect_cb, one);
  guint id_two = mos_char_port_add_listener (port, collect_cb, two);

  mos_char_port_write (port, "ab", 2);
  mos_char_port_remove_listener (port, id_one);
  mos_char_port_write (port, "c", 1);
  mos_char_port_remove_listener (port, id_two);
  mos_char_port_write (port, "d", 1);
  g_assert_cmpstr (one->str, ==, "ab");
  g_assert_cmpstr (two->str, ==, "abc");
}

#define STREAM_BYTES 200000u

static gpointer
feeder (gpointer data)
{
  MosCharPort *port = data;

  for (guint i = 0; i < STREAM_BYTES;) {
    guint8 chunk[37];
    guint  n = MIN (sizeof chunk, STREAM_BYTES - i);

    for (guint k = 0; k < n; k++)
      chunk[k] = (guint8) ((i + k) * 7);
    n = mos_char_port_feed (port, chunk, n);
    if (n == 0)
      g_thread_yield ();
    i += n;
  }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (MosCharPort) port = mos_char_port_new (64);
  GThread *thread = g_thread_new ("feeder", feeder, port);

  for (guint i = 0; i < STREAM_BYTES;) {
    guint8 chunk[23];
    gsize  n = mos_char_port_read (port, chunk, sizeof chunk);

    for (gsize k = 0; k < n; k++)
      g_assert_cmpuint (chunk[k], ==, (guint8) ((i + k) * 7));
    if (n == 0)
      g_thread_yield ();
    i += n;
  }
  g_thread_join (thread);
  g_assert_cmpuint (mos_char_port_pending (port), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/char/queue", test_queue);
  g_test_add_func ("/char/listeners", test_listeners);
  g_test_add_func ("/char/threads", test_threads);
  return g_test_run ();
}
