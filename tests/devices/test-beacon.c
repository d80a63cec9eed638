/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The beacon, word by word: what is heard, and what is not.
 */
#include <string.h>

#include "devices/framework/harness.h"
#include "devices/lab/beacon.h"

typedef struct {
  MosBeaconSink     sink;
  MosDeviceHarness *h;
  guint             n_heard;
  guint             n_hops;
  guint16           path[MOS_BEACON_MAX_HOPS];
  char              name[MOS_BEACON_MAX_NAME + 1];
} Rig;

static void
heard_cb (MosBeaconSink *sink,
          const guint16 *path,
          guint          n_hops,
          const char    *name,
          gsize          size)
{
  Rig *rig = (Rig *) sink;

  rig->n_heard++;
  rig->n_hops = n_hops;
  memcpy (rig->path, path, n_hops * sizeof *path);
  memcpy (rig->name, name, size);
  rig->name[size] = '\0';
}

static void
set_up (Rig *rig, gconstpointer data)
{
  rig->sink.heard = heard_cb;
  rig->h = mos_device_harness_new ();
  mos_beacon_new (rig->h->bus, &rig->sink);
  mos_bus_reset (rig->h->bus);
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  mos_device_harness_free (rig->h);
}

static void
put (Rig *rig, guint32 word)
{
  mos_bus_port_write (rig->h->bus, MOS_BEACON_PORT, word, 4);
}

static void
put_name (Rig *rig, const char *name)
{
  for (gsize i = 0; i < strlen (name); i += 4) {
    guint32 word = 0;

    memcpy (&word, name + i, MIN (strlen (name) - i, 4));
    put (rig, word);
  }
}

static void
test_names (Rig *rig, gconstpointer data)
{
  g_assert_cmphex (mos_bus_port_read (rig->h->bus, MOS_BEACON_PORT, 4), ==,
                   0x4d420001);

  put (rig, 0x4d421000 | 7);
  put_name (rig, "machine");
  g_assert_cmpuint (rig->n_heard, ==, 1);
  g_assert_cmpuint (rig->n_hops, ==, 0);
  g_assert_cmpstr (rig->name, ==, "machine");

  /* Through two hypervisors. */
  put (rig, 0x4d421200 | 4);
  put (rig, 3);
  put (rig, 0xffff0009);
  g_assert_cmpuint (rig->n_heard, ==, 1);
  put_name (rig, "deep");
  g_assert_cmpuint (rig->n_heard, ==, 2);
  g_assert_cmpuint (rig->n_hops, ==, 2);
  g_assert_cmpuint (rig->path[0], ==, 3);
  g_assert_cmpuint (rig->path[1], ==, 9);
  g_assert_cmpstr (rig->name, ==, "deep");

  /* No name at all: it is taken back. */
  put (rig, 0x4d421100);
  put (rig, 3);
  g_assert_cmpuint (rig->n_heard, ==, 3);
  g_assert_cmpstr (rig->name, ==, "");
}

static void
test_nonsense (Rig *rig, gconstpointer data)
{
  /* Not a message, another version, too many hops, too long. */
  static const guint32 words[] = { 0,          0xffffffff, 0x4d422004,
                                   0x4d421900, 0x4d421041, 0x4d4310ff };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    put (rig, words[i]);
  mos_bus_port_write (rig->h->bus, MOS_BEACON_PORT, 0x4d42, 2);
  mos_bus_port_write (rig->h->bus, MOS_BEACON_PORT + 1, 0x10, 1);
  g_assert_cmpuint (rig->n_heard, ==, 0);

  /* None of it is in the way of a right one. */
  put (rig, 0x4d421002);
  put_name (rig, "ok");
  g_assert_cmpstr (rig->name, ==, "ok");
  /* A reset in the middle of one forgets it. */
  put (rig, 0x4d421004);
  mos_bus_reset (rig->h->bus);
  put (rig, 0x4d421003);
  put_name (rig, "new");
  g_assert_cmpuint (rig->n_heard, ==, 2);
  g_assert_cmpstr (rig->name, ==, "new");
}

static void
test_flood (Rig *rig, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++) {
    put (rig, 0x4d421004);
    put_name (rig, "spam");
  }
  g_assert_cmpuint (rig->n_heard, ==, 64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/beacon/names", Rig, NULL, set_up, test_names, tear_down);
  g_test_add ("/beacon/nonsense", Rig, NULL, set_up, test_nonsense, tear_down);
  g_test_add ("/beacon/flood", Rig, NULL, set_up, test_flood, tear_down);
  return g_test_run ();
}
