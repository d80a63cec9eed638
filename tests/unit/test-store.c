/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The store of samples: what goes in comes out, at every step of the pyramid;
 * it survives being killed, a full disk, a clock that is set, bytes of
 * somebody else, and keeps to its retention.
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/monitor/codec.h"

#define START_MS (G_GINT64_CONSTANT (1700000000000))
#define UUID     "8f7bd1c0-0000-4000-8000-000000000001"

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->folder = g_dir_make_tmp ("multios-store-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "samples.sqlite", NULL);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  static const char *const suffixes[] = { "", "-wal", "-shm", ".lock",
                                          ".broken" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    g_autofree char *path = g_strconcat (self->path, suffixes[i], NULL);

    g_unlink (path);
  }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->folder);
  g_free (self->path);
}

static MosStore *
open_with (Fixture *self, MosStoreOptions options)
{
  g_autoptr (GError) error = NULL;
  MosStore *store = mos_store_open (self->path, &options, &error);

  g_assert_no_error (error);
  return store;
}

static MosSeriesKey
cpu_key (void)
{
  MosSeriesKey key;

  mos_series_key_init (&key, MOS_METRIC_INSTRUCTIONS, UUID);
  key.vcpu = 0;
  return key;
}

static MosSeriesKey
memory_key (void)
{
  MosSeriesKey key;

  mos_series_key_init (&key, MOS_METRIC_MEMORY_RESIDENT, UUID);
  return key;
}

/* A counter that grows by 1,000 a second, a gauge that is i % 100, and noise
 * that does not pack well. */
static void
append (MosStore *store, guint first, guint n)
{
  for (guint i = first; i < first + n; i++) {
    MosReading readings[3] = { { cpu_key (), (gint64) i * 1000 },
                               { memory_key (), i % 100 } };

    mos_series_key_init (&readings[2].key, MOS_METRIC_HOST_LOAD, NULL);
    readings[2].value = i * 2654435761u;
    mos_store_append (store, START_MS + i * G_GINT64_CONSTANT (1000), readings,
                      G_N_ELEMENTS (readings));
  }
}

static void
assert_counter (MosStore *store, guint first, guint n)
{
  const MosSeriesKey key = cpu_key ();
  g_autoptr (GArray) points =
      mos_store_read (store, &key, START_MS + first * G_GINT64_CONSTANT (1000),
                      START_MS + (first + n - 1) * G_GINT64_CONSTANT (1000), 0);

  g_assert_cmpuint (points->len, ==, n);
  for (guint i = 0; i < n; i++) {
    const MosPoint *point = &g_array_index (points, MosPoint, i);

    g_assert_cmpint (point->time_ms, ==,
                     START_MS + (first + i) * G_GINT64_CONSTANT (1000));
    g_assert_cmpint (point->last, ==, (first + i) * 1000);
    if (first + i > 0) {
      g_assert_true (point->has_rate);
      g_assert_false (point->gap);
      g_assert_cmpfloat (point->mean, ==, 1000);
    }
  }
}

static void
test_exact (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });

  append (store, 0, 2000); /* three blocks and a rest in memory */
  assert_counter (store, 0, 2000);
  assert_counter (store, 500, 30);
  g_clear_pointer (&store, mos_store_close);
  store = open_with (self, (MosStoreOptions){ 0 });
  assert_counter (store, 0, 2000);
  append (store, 2000, 10);
  assert_counter (store, 1990, 20);
}

static void
test_pyramid (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });
  const MosSeriesKey keys[] = { cpu_key (), memory_key () };
  const guint        sizes[] = { 0, 2000, 700, 100, 20 };

  append (store, 0, 4096);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GArray) cpu = mos_store_read (store, &keys[0], START_MS,
                                             START_MS + 4096000, sizes[i]);
    g_autoptr (GArray) memory = mos_store_read (store, &keys[1], START_MS,
                                                START_MS + 4096000, sizes[i]);
    double sum = 0;
    guint  per_point = 4096 / memory->len;

    g_assert_cmpuint (cpu->len, ==, memory->len);
    if (sizes[i] > 0)
      g_assert_cmpuint (cpu->len, <=, sizes[i] * 2);
    g_assert_cmpint (g_array_index (cpu, MosPoint, cpu->len - 1).last, ==,
                     4095000);
    for (guint p = 0; p < memory->len; p++) {
      const MosPoint *point = &g_array_index (memory, MosPoint, p);

      sum += point->mean;
      if (per_point >= 200) {
        g_assert_cmpfloat (point->min, ==, 0);
        g_assert_cmpfloat (point->max, ==, 99);
      }
      if (p > 0)
        g_assert_cmpfloat (g_array_index (cpu, MosPoint, p).mean, ==, 1000);
    }
    g_assert_cmpfloat (ABS (sum / memory->len - 49.5), <, 0.5);
  }
}

static void
test_grid (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });
  const MosSeriesKey key = memory_key ();
  MosCell            cells[8];

  append (store, 0, 600);
  append (store, 700, 100); /* and a gap */
  mos_store_grid (store, &key, START_MS + 499000, 1000, 4, cells);
  for (guint i = 0; i < 4; i++) {
    g_assert_true (cells[i].has);
    g_assert_cmpint (cells[i].last, ==, (500 + i) % 100);
    g_assert_cmpfloat (cells[i].mean, ==, (500 + i) % 100);
  }
  mos_store_grid (store, &key, START_MS - 1000, 100000, 8, cells);
  g_assert_cmpfloat (ABS (cells[1].mean - 49.5), <, 4);
  g_assert_cmpfloat (cells[1].max, ==, 99);
  g_assert_false (cells[6].has);
  g_assert_true (cells[7].has);
}

/* A counter of a machine that was looked at before and now has its first
 * value came from 0. */
static void
test_new_counter (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });
  MosReading readings[2] = { { memory_key (), 1 }, { cpu_key (), 10000 } };
  const MosSeriesKey key = cpu_key ();
  g_autoptr (GArray) points = NULL;

  mos_store_append (store, START_MS, readings, 1);
  mos_store_append (store, START_MS + 1000, readings, 2);
  points = mos_store_read (store, &key, START_MS, START_MS + 1000, 0);
  g_assert_cmpuint (points->len, ==, 1);
  g_assert_cmpfloat (g_array_index (points, MosPoint, 0).mean, ==, 10000);
}

/* -- killed -------------------------------------------------------------- */

#define KILLS    50u
#define LIFE     20000u /* samples between two lives' */
#define LAST_RUN 1400u  /* over two blocks */

/* Appends for ever, and says after each sample how many are saved. */
static void
be_killed (const char *path, guint first, int fd)
{
  MosStore *store = mos_store_open (path, NULL, NULL);

  for (guint i = 0; store != NULL; i++) {
    MosReading reading = { cpu_key (), (gint64) (first + i) * 1000 };
    guint      n = i + 1;

    if (!mos_store_append (store,
                           START_MS + (first + i) * G_GINT64_CONSTANT (1000),
                           &reading, 1) ||
        write (fd, &n, sizeof n) != sizeof n)
      break;
  }
  _exit (1);
}

/* Lets a child append and kills it when @at samples are saved and @then_us
 * more have passed; how many it had been told were saved. */
static guint
kill_writer (const char *path, guint first, guint at, guint then_us)
{
  int    fds[2];
  pid_t  child;
  guint  saved = 0, n;
  gssize got;

  g_assert_cmpint (pipe (fds), ==, 0);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    be_killed (path, first, fds[1]);
  close (fds[1]);
  while ((got = read (fds[0], &n, sizeof n)) == sizeof n) {
    saved = n;
    if (saved != at)
      continue;
    g_usleep (then_us);
    kill (child, SIGKILL);
  }
  close (fds[0]);
  waitpid (child, NULL, 0);
  g_assert_cmpuint (saved, >=, at);
  return saved;
}

/* By SQLite's own look at it, before we repair anything. */
static void
assert_sound (const char *path)
{
  sqlite3      *db = NULL;
  sqlite3_stmt *statement = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (
      sqlite3_prepare_v2 (db, "PRAGMA integrity_check", -1, &statement, NULL),
      ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  g_assert_cmpstr ((const char *) sqlite3_column_text (statement, 0), ==, "ok");
  sqlite3_finalize (statement);
  sqlite3_close (db);
}

/* Killed again and again, at moments of all kinds, also while a block is
 * written: what it had been told was saved is there, of this life and of those
 * before. */
static void
test_killed (Fixture *self, gconstpointer data)
{
  guint  saved[KILLS];
  GRand *random = g_rand_new_with_seed (11);

  for (guint round = 0; round < KILLS; round++) {
    guint at = round == 0 ? LAST_RUN : (guint) g_rand_int_range (random, 1, 40);
    guint then_us = (guint) g_rand_int_range (random, 0, 2000);
    g_autoptr (MosStore) store = NULL;

    if (round % 5 == 1) /* about where a block is made */
      at = (guint) g_rand_int_range (random, 500, 520);
    saved[round] = kill_writer (self->path, round * LIFE, at, then_us);
    assert_sound (self->path);
    store = open_with (self, (MosStoreOptions){ 0 });
    for (guint i = 0; i <= round; i++)
      if (saved[i] > 1)
        assert_counter (store, i * LIFE + 1, saved[i] - 1);
  }
  g_rand_free (random);
}

/* -- a full disk --------------------------------------------------------- */

static void
test_full (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store =
      open_with (self, (MosStoreOptions){ .max_bytes = 96 * 1024 });
  gboolean full = FALSE;
  guint    n_before;
  guint64  bytes;

  append (store, 0, 600);
  g_assert_cmpuint (mos_store_unsaved (store), ==, 0);
  for (guint i = 600; i < 20000; i++) {
    append (store, i, 1);
    full |= mos_store_unsaved (store) > 0;
  }
  g_assert_true (full);
  /* What was on the disk is still there, and so is the newest. */
  assert_counter (store, 0, 500);
  assert_counter (store, 19000, 1000);
  bytes = mos_store_size (store);
  g_assert_cmpuint (bytes, <=, 96 * 1024);
  g_clear_pointer (&store, mos_store_close);

  /* Room again. */
  store = open_with (self, (MosStoreOptions){ 0 });
  assert_counter (store, 0, 500);
  n_before = mos_store_unsaved (store);
  g_assert_cmpuint (n_before, ==, 0);
  append (store, 20000, 600);
  g_assert_cmpuint (mos_store_unsaved (store), ==, 0);
  assert_counter (store, 20001, 599);
}

/* The file may not grow any more, as write(2) has it, and then it may: nothing
 * is damaged, and what waited in memory reaches the disk. */
static void
test_full_file (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });
  struct rlimit full = { 200 * 1024, RLIM_INFINITY };
  struct rlimit room = { RLIM_INFINITY, RLIM_INFINITY };
  sighandler_t  before = signal (SIGXFSZ, SIG_IGN);
  guint         n = 0;

  append (store, 0, 300);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &full), ==, 0);
  for (n = 300; n < 20000 && mos_store_unsaved (store) < 100; n++)
    append (store, n, 1);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &room), ==, 0);
  g_assert_cmpuint (mos_store_unsaved (store), ==, 100);
  assert_counter (store, 1, n - 1);
  append (store, n, 1);
  g_assert_true (mos_store_flush (store));
  g_assert_cmpuint (mos_store_unsaved (store), ==, 0);
  g_clear_pointer (&store, mos_store_close);
  assert_sound (self->path);
  store = open_with (self, (MosStoreOptions){ 0 });
  assert_counter (store, 1, n);
  signal (SIGXFSZ, before);
}

static void
test_retention (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store =
      open_with (self, (MosStoreOptions){ .retention_ms = 1000 * 1000 });
  gint64 kept;

  append (store, 0, 4000);
  kept = mos_store_keep (store, "before", UUID, START_MS, START_MS + 1000);
  mos_store_prune (store, START_MS + 4000 * 1000);
  g_assert_cmpint (mos_store_first_ms (store), ==, START_MS);
  assert_counter (store, 1, 400);
  assert_counter (store, 3000, 1000);
  {
    const MosSeriesKey key = cpu_key ();
    g_autoptr (GArray) gone =
        mos_store_read (store, &key, START_MS + 1200000, START_MS + 1300000, 0);
    g_autoptr (GPtrArray) baselines = mos_store_baselines (store);
    const MosBaseline *baseline = g_ptr_array_index (baselines, 0);

    g_assert_cmpuint (gone->len, ==, 0);
    g_assert_cmpuint (baselines->len, ==, 1);
    g_assert_cmpstr (baseline->name, ==, "before");
  }
  mos_store_unkeep (store, kept);
  mos_store_prune (store, START_MS + 4000 * 1000);
  g_assert_cmpint (mos_store_first_ms (store), >, START_MS + 2000000);
}

static guint
count_series (MosStore *store, const char *machine)
{
  g_autoptr (GArray) of_cpu =
      mos_store_list (store, MOS_METRIC_INSTRUCTIONS, machine);
  g_autoptr (GArray) of_memory =
      mos_store_list (store, MOS_METRIC_MEMORY_RESIDENT, machine);

  return of_cpu->len + of_memory->len;
}

/* A machine's samples go with it, in blocks or not; others' stay. */
static void
test_forget (Fixture *self, gconstpointer data)
{
  MosStore    *store = open_with (self, (MosStoreOptions){ 0 });
  MosSeriesKey host;

  mos_series_key_init (&host, MOS_METRIC_HOST_LOAD, NULL);
  append (store, 0, 600);
  mos_store_keep (store, "mine", UUID, START_MS, START_MS + 1000);
  mos_store_add_note (store, START_MS, UUID, "state", "running");
  g_assert_cmpuint (count_series (store, UUID), ==, 2);
  g_assert_true (mos_store_forget (store, UUID));
  for (guint reopened = 0; reopened < 2; reopened++) {
    g_autoptr (GArray) load =
        mos_store_read (store, &host, START_MS, START_MS + 599000, 0);
    g_autoptr (GPtrArray) baselines = mos_store_baselines (store);

    g_assert_cmpuint (count_series (store, UUID), ==, 0);
    assert_counter (store, 0, 0);
    g_assert_cmpuint (load->len, ==, 600);
    g_assert_cmpuint (baselines->len, ==, 0);
    g_clear_pointer (&store, mos_store_close);
    assert_sound (self->path);
    store = open_with (self, (MosStoreOptions){ 0 });
  }
  /* Another one of that name begins anew. */
  append (store, 600, 10);
  assert_counter (store, 601, 9);
  g_assert_cmpuint (count_series (store, UUID), ==, 2);
  mos_store_close (store);
}

/* The program is killed after it has forgotten a machine whose last ticks are
 * not in blocks: they do not become those of whoever gets a series next. */
static void
test_forget_killed (Fixture *self, gconstpointer data)
{
  pid_t     child = fork ();
  int       status;
  MosStore *store;

  if (child == 0) {
    MosReading load = { .value = 1 };

    /* Its series have the highest numbers. */
    mos_series_key_init (&load.key, MOS_METRIC_HOST_LOAD, NULL);
    store = open_with (self, (MosStoreOptions){ 0 });
    mos_store_append (store, START_MS - 1000, &load, 1);
    append (store, 0, 10);
    mos_store_forget (store, UUID);
    _exit (0);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  child = fork ();
  if (child == 0) {
    store = open_with (self, (MosStoreOptions){ 0 });
    append (store, 10, 10);
    _exit (0);
  }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  store = open_with (self, (MosStoreOptions){ 0 });
  {
    const MosSeriesKey key = cpu_key ();
    g_autoptr (GArray) points =
        mos_store_read (store, &key, 0, START_MS + 100000, 0);

    g_assert_cmpuint (points->len, ==, 10);
  }
  mos_store_close (store);
}

/* What has no sample left has no series either. */
static void
test_old_series (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store =
      open_with (self, (MosStoreOptions){ .retention_ms = 1000 * 1000 });
  MosReading load = { .value = 1 };

  mos_series_key_init (&load.key, MOS_METRIC_HOST_LOAD, NULL);
  append (store, 0, 100);
  mos_store_flush (store);
  mos_store_append (store, START_MS + 5000 * 1000, &load, 1);
  mos_store_prune (store, START_MS + 500 * 1000);
  g_assert_cmpuint (count_series (store, UUID), ==, 2);
  mos_store_prune (store, START_MS + 5000 * 1000);
  g_assert_cmpuint (count_series (store, UUID), ==, 0);
}

static void
test_shift (Fixture *self, gconstpointer data)
{
  g_autoptr (MosStore) store = open_with (self, (MosStoreOptions){ 0 });
  const MosSeriesKey key = cpu_key ();
  const gint64       hour_ms = 3600 * 1000;
  g_autoptr (GArray) points = NULL;
  g_autoptr (GPtrArray) notes = NULL;

  append (store, 0, 1000);
  mos_store_add_note (store, START_MS, UUID, "mark", "begin");
  mos_store_shift (store, -hour_ms);
  g_assert_cmpint (mos_store_last_ms (store), ==, START_MS + 999000 - hour_ms);
  points = mos_store_read (store, &key, START_MS - hour_ms, START_MS, 0);
  g_assert_cmpuint (points->len, ==, 1000);
  g_assert_cmpint (g_array_index (points, MosPoint, 0).time_ms, ==,
                   START_MS - hour_ms);
  notes = mos_store_notes (store, UUID, 0, G_MAXINT64);
  g_assert_cmpuint (notes->len, ==, 1);
  g_assert_cmpint (((MosNote *) notes->pdata[0])->time_ms, ==,
                   START_MS - hour_ms);
}

static void
test_strangers (Fixture *self, gconstpointer data)
{
  g_autofree char *aside = g_strconcat (self->path, ".broken", NULL);
  g_autofree char *bytes = NULL;
  g_autoptr (MosStore) store = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (self->path,
                                      "not a database at all, but "
                                      "long enough to be one",
                                      -1, NULL));
  store = open_with (self, (MosStoreOptions){ 0 });
  g_assert_true (g_file_get_contents (aside, &bytes, NULL, NULL));
  g_assert_true (g_str_has_prefix (bytes, "not a database"));
  append (store, 0, 10);
  g_assert_null (mos_store_open (self->path, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  g_clear_error (&error);
  {
    g_autoptr (MosStore) reader =
        open_with (self, (MosStoreOptions){ .read_only = TRUE });

    assert_counter (reader, 0, 10);
  }
}

static void
test_codec (void)
{
  GRand *random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 500; round++) {
    guint              n = (guint) g_rand_int_range (random, 0, 600);
    g_autofree gint64 *values = g_new (gint64, n + 1);
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_autoptr (GArray) back = g_array_new (FALSE, FALSE, sizeof (gint64));
    guint shift = g_rand_int (random) % 64;

    for (guint i = 0; i < n; i++)
      values[i] = (gint64) (((guint64) g_rand_int (random) << 32 |
                             g_rand_int (random)) >>
                            shift);
    if (n > 2)
      values[1] = round % 2 == 0 ? G_MININT64 : G_MAXINT64;
    mos_codec_pack (bytes, values, n);
    g_assert_cmpuint (mos_codec_unpack (bytes->data, bytes->len, 600, back), ==,
                      bytes->len);
    g_assert_cmpmem (back->data, back->len * 8, values, n * 8);
    for (guint cut = 0; cut < MIN (bytes->len, 40u); cut++) {
      g_autoptr (GArray) part = g_array_new (FALSE, FALSE, sizeof (gint64));

      g_assert_cmpuint (mos_codec_unpack (bytes->data, cut, 600, part), ==, 0);
    }
  }
  g_rand_free (random);
}

static void
test_names (void)
{
  MosSeriesKey     key;
  MosMetric        metric;
  g_autofree char *text = NULL;

  for (guint i = 0; i < MOS_N_METRICS; i++) {
    g_assert_nonnull (mos_metric_infos[i].name);
    g_assert_true (mos_metric_find (mos_metric_infos[i].name, &metric));
    g_assert_cmpuint (metric, ==, i);
    g_assert_nonnull (mos_metric_infos[i].title);
    g_assert_nonnull (mos_metric_infos[i].help);
    g_assert_nonnull (mos_metric_infos[i].source);
  }
  g_assert_false (mos_metric_find ("", &metric));
  mos_series_key_init (&key, MOS_METRIC_EXITS, UUID);
  key.vcpu = 1;
  key.level = 2;
  key.handled_by = 1;
  mos_series_key_set_label (&key, "cpuid");
  text = mos_series_key_to_string (&key);
  g_assert_cmpstr (text, ==, "exits{vcpu=1,level=2,reason=cpuid,handled_by=1}");
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/store/exact", test_exact },
    { "/store/pyramid", test_pyramid },
    { "/store/grid", test_grid },
    { "/store/new-counter", test_new_counter },
    { "/store/killed", test_killed },
    { "/store/full-disk", test_full },
    { "/store/full-file", test_full_file },
    { "/store/retention", test_retention },
    { "/store/forget", test_forget },
    { "/store/forget-killed", test_forget_killed },
    { "/store/old-series", test_old_series },
    { "/store/clock-set", test_shift },
    { "/store/strangers", test_strangers },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/names", test_names);
  g_test_add_func ("/codec/round-trip", test_codec);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
