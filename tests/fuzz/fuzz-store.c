/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A file of samples that is not what it was: bytes of it changed, or rows put
 * in that no program of ours wrote. It is opened, read in every way there is,
 * written to, and read again by a second program.
 *
 * An even first byte makes patches of the rest, 4 bytes each: three say where,
 * one what. An odd one makes rows: a byte chooses the statement, two how long
 * its blob is, eight each its two numbers.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "tests/fuzz/fuzz.h"

#define START_MS (G_GINT64_CONSTANT (1700000000000))
#define UUID     "8f7bd1c0-0000-4000-8000-000000000001"
#define TICKS    600
#define MOST     8 /* series and profiles read, rows put in */
#define HOUR_MS  (G_GINT64_CONSTANT (3600000))

typedef struct {
  char *folder;
  char *path;
  char *good;
  gsize size;
} Rig;

static Rig rig;

static void
read_series (MosStore *store, const MosSeriesKey *key)
{
  gint64  last_ms = mos_store_last_ms (store);
  MosCell cells[50];

  for (guint most = 0; most < 3; most++) {
    g_autoptr (GArray) all =
        mos_store_read (store, key, 0, G_MAXINT64, most * 30);
    g_autoptr (GArray) some = mos_store_read (
        store, key, MAX (last_ms, HOUR_MS) - HOUR_MS, last_ms, most * 30);

    for (guint i = 0; i < all->len; i++)
      g_assert_cmpint (g_array_index (all, MosPoint, i).time_ms, >=, 0);
  }
  mos_store_grid (store, key, START_MS, 60000, G_N_ELEMENTS (cells), cells);
}

static void
read_all (MosStore *store)
{
  g_autoptr (GArray) keys = mos_store_list (store, MOS_N_METRICS, NULL);
  g_autoptr (GPtrArray) notes = mos_store_notes (store, NULL, 0, G_MAXINT64);
  g_autoptr (GPtrArray) baselines = mos_store_baselines (store);
  g_autoptr (GPtrArray) profiles = mos_profile_list (store);

  for (guint i = 0; i < MIN (keys->len, MOST); i++)
    read_series (store, &g_array_index (keys, MosSeriesKey, i));
  for (guint i = 0; i < MIN (profiles->len, MOST); i++) {
    MosProfile *profile = mos_profile_load (store, i + 1);

    g_clear_pointer (&profile, mos_profile_free);
  }
}

static gboolean
append (MosStore *store, gint64 time_ms, gint64 value)
{
  MosReading readings[2] = { { .value = value }, { .value = value % 100 } };

  mos_series_key_init (&readings[0].key, MOS_METRIC_INSTRUCTIONS, UUID);
  readings[0].key.vcpu = 0;
  mos_series_key_init (&readings[1].key, MOS_METRIC_MEMORY_RESIDENT, UUID);
  return mos_store_append (store, time_ms, readings, G_N_ELEMENTS (readings));
}

static void
make_good (void)
{
  g_autoptr (GError) error = NULL;
  MosStore *store;

  rig.folder = g_dir_make_tmp ("multios-fuzz-store-XXXXXX", &error);
  g_assert_no_error (error);
  rig.path = g_build_filename (rig.folder, "samples.sqlite", NULL);
  store = mos_store_open (rig.path, NULL, &error);
  g_assert_no_error (error);
  for (gint64 i = 0; i < TICKS; i++)
    append (store, START_MS + i * 1000, i * 1000);
  mos_store_add_note (store, START_MS, UUID, "mark", "a note");
  mos_store_keep (store, "kept", UUID, START_MS, START_MS + 5000);
  mos_store_close (store);
  g_assert_true (g_file_get_contents (rig.path, &rig.good, &rig.size, &error));
}

static void
remove_files (void)
{
  static const char *const suffixes[] = { "",         "-wal",  "-shm",
                                          "-journal", ".lock", ".broken" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *path = g_strconcat (rig.path, suffixes[i], NULL);

    g_unlink (path);
  }
}

static void
remove_folder (void)
{
  remove_files ();
  g_rmdir (rig.folder);
}

static void
patch (guint8 *bytes, const guint8 *data, gsize size)
{
  for (; size >= 4; data += 4, size -= 4)
    bytes[(data[0] | data[1] << 8 | data[2] << 16) % rig.size] = data[3];
}

static void
insert (const guint8 *data, gsize size)
{
  /* 1: a blob, 2 and 3: numbers. */
  static const char *const statements[] = {
    "INSERT OR REPLACE INTO fresh VALUES (?2, ?1)",
    "INSERT INTO block VALUES (?3 % 4, ?2, ?3, 8, ?1, ?1, ?1, ?1)",
    "UPDATE block SET t0 = ?1, start = ?2 WHERE series = ?3 % 4",
    "UPDATE block SET t3 = ?1, stop = ?2 WHERE series = ?3 % 4",
    "UPDATE series SET metric = ?1, vcpu = ?2 WHERE id = ?3 % 4",
    "INSERT OR REPLACE INTO series VALUES (?2, ?1, 'instructions', ?3, ?3, ?2,"
    " ?1, ?1)",
    "INSERT INTO note VALUES (?2, ?1, ?1, ?1)",
    "INSERT OR REPLACE INTO keep VALUES (?2, ?1, ?1, ?2, ?3)",
    "INSERT OR REPLACE INTO profile VALUES (1 + ?2 % 4, ?1, ?1, ?3, ?1)",
    "UPDATE fresh SET data = ?1, time = ?2 WHERE time % 5 = ?3 % 5",
  };
  sqlite3 *db = NULL;

  g_assert_cmpint (sqlite3_open (rig.path, &db), ==, SQLITE_OK);
  for (guint i = 0; i < MOST && size >= 19; i++) {
    sqlite3_stmt *s = NULL;
    gsize         length = MIN ((gsize) (data[1] | data[2] << 8), size - 19);
    gint64        numbers[2];

    memcpy (numbers, data + 3, sizeof numbers);
    g_assert_cmpint (
        sqlite3_prepare_v2 (db, statements[data[0] % G_N_ELEMENTS (statements)],
                            -1, &s, NULL),
        ==, SQLITE_OK);
    sqlite3_bind_blob (s, 1, data + 19, (int) length, SQLITE_STATIC);
    sqlite3_bind_int64 (s, 2, numbers[0]);
    sqlite3_bind_int64 (s, 3, numbers[1]);
    sqlite3_step (s);
    sqlite3_finalize (s);
    data += 19 + length;
    size -= 19 + length;
  }
  sqlite3_close (db);
}

/* A file, or a reason in one sentence. */
static MosStore *
open_store (gboolean read_only)
{
  const MosStoreOptions options = { .read_only = read_only };
  g_autoptr (GError) error = NULL;
  MosStore *store = mos_store_open (rig.path, &options, &error);

  g_assert_true ((store == NULL) == (error != NULL));
  if (error != NULL)
    g_assert_cmpint ((int) strlen (error->message), >, 0);
  return store;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guint8 *bytes = NULL;
  MosStore          *store;

  if (size < 1 || size > 65536)
    return 0;
  if (rig.good == NULL) {
    make_good ();
    atexit (remove_folder);
  }
  remove_files ();
  bytes = g_memdup2 (rig.good, rig.size);
  if ((data[0] & 1) == 0)
    patch (bytes, data + 1, size - 1);
  g_assert_true (g_file_set_contents_full (
      rig.path, (const char *) bytes, (gssize) rig.size,
      G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  if ((data[0] & 1) != 0)
    insert (data + 1, size - 1);
  store = open_store (FALSE);
  if (store != NULL) {
    gint64 last_ms = mos_store_last_ms (store);

    read_all (store);
    append (store, CLAMP (last_ms, START_MS, G_MAXINT64 - 1000) + 1000, 7);
    mos_store_prune (store, last_ms);
    mos_store_shift (store, -1000);
    mos_store_close (store);
  }
  store = open_store (TRUE);
  if (store != NULL)
    read_all (store);
  mos_store_close (store);
  remove_files ();
  return 0;
}
