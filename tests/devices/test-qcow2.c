/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * qcow2 images: seeded random work against a model in memory, on images of
 * ours and on images that qemu-img made in every shape; afterwards our check,
 * and qemu-img's where it is installed, must find nothing, and the disks must
 * be equal. Then images that lie.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/devices.h"
#include "engine/engine.h"

#define DISK_BYTES (8u << 20)
#define MAX_WRITE  300000u

typedef struct {
  char   *folder;
  char   *path;
  char   *base;
  char   *raw;
  guint8 *model; /* what the disk must read */
  GRand  *random;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("multios-qcow2-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "disk.qcow2", NULL);
  fixture->base = g_build_filename (fixture->folder, "base.img", NULL);
  fixture->raw = g_build_filename (fixture->folder, "model.raw", NULL);
  fixture->model = g_malloc0 (DISK_BYTES);
  fixture->random = g_rand_new_with_seed (7);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->base);
  g_free (fixture->raw);
  g_free (fixture->folder);
  g_free (fixture->model);
  g_rand_free (fixture->random);
}

/* Runs a command in the folder; its words are split at spaces. */
static int
run (Fixture *fixture, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *output = NULL;
  g_auto (GStrv) words = NULL;
  va_list arguments;
  int     status = -1;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  words = g_strsplit (line, " ", -1);
  g_assert_true (g_spawn_sync (fixture->folder, words, NULL,
                               G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
                               NULL, NULL, &output, NULL, &status, NULL));
  if (status != 0)
    g_test_message ("%s: %s", line, output);
  return status;
}

static gboolean
have_qemu_img (void)
{
  g_autofree char *path = g_find_program_in_path ("qemu-img");

  if (path == NULL)
    g_test_skip ("no qemu-img");
  return path != NULL;
}

static MosBlockStore *
open_disk (Fixture *fixture, gboolean read_only)
{
  g_autoptr (GError) error = NULL;
  MosBlockStore *store =
      mos_image_open (fixture->path, "auto", read_only, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (store->ops->name, ==, "qcow2");
  return store;
}

static void
fill_random (Fixture *fixture, guint8 *data, gsize size)
{
  guint8 seed = (guint8) g_rand_int (fixture->random);

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (seed + i * 31 + (i >> 9));
}

static void
compare_all (Fixture *fixture, MosBlockStore *store)
{
  g_autofree guint8 *data = g_malloc (DISK_BYTES);

  g_assert_cmpint (
      mos_block_store_wait (store, MOS_BLOCK_READ, 0, data, DISK_BYTES), ==, 0);
  for (gsize i = 0; i < DISK_BYTES; i++)
    if (data[i] != fixture->model[i])
      g_error ("byte %zu is %02x, not %02x", i, data[i], fixture->model[i]);
}

/* One random request, done to the disk and to the model. */
static void
one_step (Fixture *fixture, MosBlockStore *store, guint8 *buffer)
{
  guint sectors = DISK_BYTES / 512;
  guint what = g_rand_int (fixture->random) % 10;
  guint offset = g_rand_int (fixture->random) % sectors * 512;
  guint size = (1 + g_rand_int (fixture->random) % (MAX_WRITE / 512)) * 512;

  if (what < 3)
    size = 512 * (1 + what);
  size = MIN (size, DISK_BYTES - offset);
  if (what < 7) {
    fill_random (fixture, buffer, size);
    memcpy (fixture->model + offset, buffer, size);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, offset, buffer, size), ==,
        0);
  } else if (what == 7) {
    memset (fixture->model + offset, 0, size);
    g_assert_cmpint (mos_block_store_wait (store, MOS_BLOCK_WRITE_ZEROES,
                                           offset, NULL, size),
                     ==, 0);
  } else if (what == 8) {
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_DISCARD, offset, NULL, size), ==,
        0);
    /* Advice: either all of it is still there or parts read zeros. */
    g_assert_cmpint (mos_block_store_wait (store, MOS_BLOCK_READ, offset,
                                           fixture->model + offset, size),
                     ==, 0);
  } else {
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_READ, offset, buffer, size), ==,
        0);
    g_assert_cmpmem (buffer, size, fixture->model + offset, size);
  }
}

static void
work (Fixture *fixture, guint steps)
{
  g_autoptr (MosBlockStore) store = open_disk (fixture, FALSE);
  g_autofree guint8 *buffer = g_malloc (MAX_WRITE + 512);

  g_assert_cmpuint (store->size, ==, DISK_BYTES);
  for (guint i = 0; i < steps; i++)
    one_step (fixture, store, buffer);
  g_assert_true (mos_block_store_flush (store, NULL));
  compare_all (fixture, store);
}

static void
check_ours (Fixture *fixture)
{
  MosImageCheck check;
  g_autoptr (GError) error = NULL;

  g_assert_true (
      mos_image_check (fixture->path, "qcow2", FALSE, &check, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (check.first, ==, NULL);
  g_assert_cmpuint (check.errors, ==, 0);
  g_assert_cmpuint (check.leaks, ==, 0);
}

/* Ours, reopened; then qemu-img's opinion. */
static void
check_all (Fixture *fixture)
{
  check_ours (fixture);
  {
    g_autoptr (MosBlockStore) store = open_disk (fixture, TRUE);

    compare_all (fixture, store);
  }
  if (!have_qemu_img ())
    return;
  g_assert_true (g_file_set_contents (fixture->raw, (char *) fixture->model,
                                      DISK_BYTES, NULL));
  g_assert_cmpint (run (fixture, "qemu-img check -q disk.qcow2"), ==, 0);
  g_assert_cmpint (
      run (fixture, "qemu-img compare -q -f qcow2 -F raw disk.qcow2 model.raw"),
      ==, 0);
}

static void
test_ours (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_image_create (fixture->path, "qcow2", DISK_BYTES, NULL,
                                   NULL, &error));
  g_assert_no_error (error);
  g_assert_false (mos_image_create (fixture->path, "qcow2", DISK_BYTES, NULL,
                                    NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_IN_USE);
  work (fixture, 200);
  check_all (fixture);
}

static void
make_base (Fixture *fixture, gsize size)
{
  fill_random (fixture, fixture->model, size);
  g_assert_true (g_file_set_contents (fixture->base, (char *) fixture->model,
                                      (gssize) size, NULL));
}

/* The image below ends earlier than the one on top. */
static void
test_backing (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  make_base (fixture, 5u << 20);
  g_assert_true (mos_image_create (fixture->path, "qcow2", DISK_BYTES,
                                   "base.img", NULL, &error));
  g_assert_no_error (error);
  work (fixture, 100);
  check_all (fixture);
}

/* Every shape that qemu-img makes: @options for create. */
static void
test_shape (Fixture *fixture, gconstpointer options)
{
  if (!have_qemu_img ())
    return;
  if (strstr (options, "backing") != NULL)
    make_base (fixture, DISK_BYTES);
  g_assert_cmpint (run (fixture,
                        "qemu-img create -q -f qcow2 -o %s disk.qcow2 "
                        "%u",
                        (const char *) options, DISK_BYTES),
                   ==, 0);
  work (fixture, 100);
  check_all (fixture);
}

/* Compressed clusters are read, and replaced when written. */
static void
test_compressed (Fixture *fixture, gconstpointer options)
{
  if (!have_qemu_img ())
    return;
  for (guint i = 0; i < DISK_BYTES; i++)
    fixture->model[i] = (guint8) (i / 3000 * 7 + i % 11);
  g_assert_true (g_file_set_contents (fixture->base, (char *) fixture->model,
                                      DISK_BYTES, NULL));
  g_assert_cmpint (run (fixture,
                        "qemu-img convert -q -c -f raw -O qcow2 -o %s "
                        "base.img disk.qcow2",
                        (const char *) options),
                   ==, 0);
  check_all (fixture);
  work (fixture, 60);
  check_all (fixture);
}

/* What a snapshot shares is copied before it is written. */
static void
test_snapshots (Fixture *fixture, gconstpointer options)
{
  g_autofree guint8 *before = g_malloc (DISK_BYTES);
  g_autoptr (MosImageInfo) info = NULL;
  MosImageSnapshot *snapshot;

  if (!have_qemu_img ())
    return;
  g_assert_cmpint (run (fixture,
                        "qemu-img create -q -f qcow2 -o %s disk.qcow2 "
                        "%u",
                        (const char *) options, DISK_BYTES),
                   ==, 0);
  work (fixture, 60);
  memcpy (before, fixture->model, DISK_BYTES);
  g_assert_cmpint (run (fixture, "qemu-img snapshot -q -c first disk.qcow2"),
                   ==, 0);
  work (fixture, 60);
  check_all (fixture);
  info = mos_image_info (fixture->path, "auto", NULL);
  g_assert_cmpuint (info->snapshots->len, ==, 1);
  snapshot = g_ptr_array_index (info->snapshots, 0);
  g_assert_cmpstr (snapshot->name, ==, "first");
  g_assert_cmpint (run (fixture, "qemu-img snapshot -q -a first disk.qcow2"),
                   ==, 0);
  memcpy (fixture->model, before, DISK_BYTES);
  check_all (fixture);
}

static void
test_resize_and_convert (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *copy = g_build_filename (fixture->folder, "copy.raw", NULL);
  g_autofree char *bytes = NULL;
  gsize            size;
  struct stat      status;

  g_assert_true (mos_image_create (fixture->path, "qcow2", DISK_BYTES / 2, NULL,
                                   NULL, NULL));
  g_assert_true (
      mos_image_resize (fixture->path, "auto", DISK_BYTES, FALSE, &error));
  work (fixture, 60);
  g_assert_false (mos_image_resize (fixture->path, "auto", DISK_BYTES / 2 + 512,
                                    FALSE, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_clear_error (&error);
  /* Shrunk and grown again, what was cut off reads zeros. */
  g_assert_true (mos_image_resize (fixture->path, "auto", DISK_BYTES / 2 + 512,
                                   TRUE, &error));
  g_assert_true (
      mos_image_resize (fixture->path, "auto", DISK_BYTES, FALSE, &error));
  memset (fixture->model + DISK_BYTES / 2 + 512, 0, DISK_BYTES / 2 - 512);
  check_all (fixture);
  /* To 3 TiB, where the first table has to move, and written at its end. */
  g_assert_true (mos_image_convert (fixture->path, "auto", copy, "raw", NULL,
                                    NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (copy, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, size, fixture->model, DISK_BYTES);
  g_assert_true (mos_image_resize (
      fixture->path, "auto", G_GUINT64_CONSTANT (7) << 40, FALSE, &error));
  g_assert_no_error (error);
  {
    g_autoptr (MosBlockStore) store = open_disk (fixture, FALSE);

    g_assert_true (
        mos_block_store_write (store, store->size - 512, bytes, 512, &error));
  }
  check_ours (fixture);
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_size, <, 32 << 20);
  if (have_qemu_img ())
    g_assert_cmpint (run (fixture, "qemu-img check -q disk.qcow2"), ==, 0);
}

/* -- mistakes and lies --------------------------------------------------- */

static void
poke (Fixture *fixture, long offset, const void *bytes, gsize size)
{
  FILE *file = fopen (fixture->path, "r+b");

  g_assert_nonnull (file);
  g_assert_cmpint (fseek (file, offset, SEEK_SET), ==, 0);
  g_assert_cmpuint (fwrite (bytes, 1, size, file), ==, size);
  fclose (file);
}

static void
poke_u64 (Fixture *fixture, long offset, guint64 value)
{
  value = GUINT64_TO_BE (value);
  poke (fixture, offset, &value, sizeof value);
}

static void
expect_refused (Fixture *fixture, gboolean read_only, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (mos_image_open (fixture->path, "qcow2", read_only, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, word) == NULL)
    g_error ("“%s” does not say “%s”", error->message, word);
}

/* A small image with one cluster written. */
static void
make_small (Fixture *fixture)
{
  g_unlink (fixture->path);
  g_assert_true (
      mos_image_create (fixture->path, "qcow2", DISK_BYTES, NULL, NULL, NULL));
  {
    g_autoptr (MosBlockStore) store = open_disk (fixture, FALSE);

    g_assert_true (
        mos_block_store_write (store, 0, fixture->model, 65536, NULL));
  }
}

static void
test_lies (Fixture *fixture, gconstpointer unused)
{
  const long l1 = 3 * 65536, l2 = 5 * 65536;

  make_small (fixture);
  /* Where our allocator put things, so that the pokes hit. */
  poke_u64 (fixture, 24, G_GUINT64_CONSTANT (1) << 61); /* disk size */
  expect_refused (fixture, TRUE, "first table");
  make_small (fixture);
  poke (fixture, 23, "\x20", 1);
  expect_refused (fixture, TRUE, "cluster size");
  make_small (fixture);
  poke_u64 (fixture, 48, G_GUINT64_CONSTANT (1) << 40);
  expect_refused (fixture, TRUE, "use counts");
  make_small (fixture);
  poke_u64 (fixture, 72, 1u << 17);
  expect_refused (fixture, TRUE, "unknown feature 17");
  make_small (fixture);
  poke_u64 (fixture, 72, 2); /* corrupt */
  expect_refused (fixture, FALSE, "marked as damaged");
  make_small (fixture);
  g_assert_cmpint (truncate (fixture->path, 4 * 65536 + 100), ==, 0);
  expect_refused (fixture, FALSE, "damaged");
  /* A first table that points to itself. */
  make_small (fixture);
  poke_u64 (fixture, l1, (guint64) l1 | G_GUINT64_CONSTANT (1) << 63);
  expect_refused (fixture, FALSE, "damaged");
  /* Two guest clusters on one. */
  make_small (fixture);
  poke_u64 (fixture, l2 + 8, (4 * 65536) | G_GUINT64_CONSTANT (1) << 63);
  expect_refused (fixture, FALSE, "damaged");
  /* Reading it is allowed. */
  {
    g_autoptr (MosBlockStore) store = open_disk (fixture, TRUE);
    guint8 byte[512];

    g_assert_true (mos_block_store_read (store, 65536, byte, 512, NULL));
  }
}

/* An image below itself, and one that is not there. */
static void
test_backing_mistakes (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  MosBlockStore *store;

  g_assert_false (
      mos_image_create (fixture->path, "qcow2", 0, "absent.img", NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
  g_clear_error (&error);
  make_base (fixture, 1u << 20);
  g_assert_true (
      mos_image_create (fixture->path, "qcow2", 0, "base.img", NULL, &error));
  g_unlink (fixture->base);
  store = mos_image_open (fixture->path, "auto", TRUE, &error);
  g_assert_null (store);
  g_assert_nonnull (strstr (error->message, "base.img"));
  g_clear_error (&error);
  g_assert_cmpint (symlink ("disk.qcow2", fixture->base), ==, 0);
  poke (fixture, 104, "\xe2\x79\x2a\xca\0\0\0\5qcow2\0\0\0", 16);
  store = mos_image_open (fixture->path, "auto", TRUE, &error);
  g_assert_null (store);
  g_assert_nonnull (strstr (error->message, "below itself"));
}

/* A guest wrote a qcow2 header into its raw disk, which another image lies on
 * without saying of what format it is. */
static void
test_backing_deceives (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *trap = g_strconcat (fixture->path, ".trap", NULL);
  MosBlockStore   *store;

  make_base (fixture, 1u << 20);
  g_assert_true (mos_image_create (trap, "qcow2", 1u << 20, NULL, NULL, NULL));
  g_assert_true (
      mos_image_create (fixture->path, "qcow2", 0, "base.img", NULL, NULL));
  /* With the format in the image, the base is raw whatever it looks like. */
  g_assert_cmpint (g_rename (trap, fixture->base), ==, 0);
  store = mos_image_open (fixture->path, "qcow2", TRUE, &error);
  g_assert_no_error (error);
  mos_block_store_unref (store);
  /* Without: the extension's type becomes one that nobody knows. */
  poke (fixture, 104, "\x11\x22\x33\x44", 4);
  store = mos_image_open (fixture->path, "qcow2", TRUE, &error);
  g_assert_null (store);
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_nonnull (strstr (error->message, "base.img"));
  g_clear_error (&error);
  g_assert_false (
      mos_image_create (trap, "qcow2", 0, fixture->base, NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
  g_assert_false (g_file_test (trap, G_FILE_TEST_EXISTS));
  g_assert_true (
      mos_image_create (trap, "qcow2", 0, fixture->base, "qcow2", NULL));
  g_unlink (trap);
}

/* A program that is killed leaves the mark and a leak; the next one puts the
 * counts right. */
static void
test_dirty (Fixture *fixture, gconstpointer unused)
{
  MosImageCheck check;
  guint16       count = GUINT16_TO_BE (1);

  make_small (fixture);
  poke_u64 (fixture, 72, 1);
  poke (fixture, 2 * 65536 + 7 * 2, &count, 2);
  poke (fixture, 8 * 65536, "", 1);
  g_assert_true (mos_image_check (fixture->path, NULL, FALSE, &check, NULL));
  g_assert_cmpuint (check.leaks, ==, 1);
  g_assert_cmpuint (check.errors, ==, 0);
  work (fixture, 20);
  check_all (fixture);
  {
    g_autoptr (MosImageInfo) info = mos_image_info (fixture->path, NULL, NULL);

    g_assert_false (info->dirty);
  }
}

static void
test_cut_while_open (Fixture *fixture, gconstpointer unused)
{
  guint8 data[512];

  make_small (fixture);
  {
    g_autoptr (MosBlockStore) store = open_disk (fixture, FALSE);

    g_assert_cmpint (truncate (fixture->path, 65536), ==, 0);
    g_assert_cmpint (mos_block_store_wait (store, MOS_BLOCK_READ, 0, data, 512),
                     ==, -EIO);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 0, data, 512), ==, -EIO);
  }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
    const char *options;
  } tests[] = {
    { "/qcow2/ours", test_ours, NULL },
    { "/qcow2/backing", test_backing, NULL },
    { "/qcow2/shape/default", test_shape, "compat=1.1" },
    { "/qcow2/shape/version-2", test_shape, "compat=0.10" },
    { "/qcow2/shape/cluster-512", test_shape, "cluster_size=512" },
    { "/qcow2/shape/cluster-4k", test_shape, "cluster_size=4096" },
    { "/qcow2/shape/cluster-2m", test_shape, "cluster_size=2M" },
    { "/qcow2/shape/lazy", test_shape, "lazy_refcounts=on" },
    { "/qcow2/shape/counts-1", test_shape,
      "refcount_bits=1,cluster_size=4096" },
    { "/qcow2/shape/counts-2", test_shape, "refcount_bits=2,cluster_size=512" },
    { "/qcow2/shape/counts-8", test_shape, "refcount_bits=8" },
    { "/qcow2/shape/counts-32", test_shape,
      "refcount_bits=32,cluster_size=1024" },
    { "/qcow2/shape/counts-64", test_shape,
      "refcount_bits=64,cluster_size=512" },
    { "/qcow2/shape/metadata", test_shape, "preallocation=metadata" },
    { "/qcow2/shape/backing", test_shape,
      "backing_file=base.img,backing_fmt=raw,cluster_size=8192" },
    { "/qcow2/shape/backing-2", test_shape,
      "compat=0.10,backing_file=base.img,backing_fmt=raw" },
    { "/qcow2/compressed/zlib", test_compressed, "cluster_size=65536" },
    { "/qcow2/compressed/small", test_compressed, "cluster_size=4096" },
    { "/qcow2/compressed/zstd", test_compressed, "compression_type=zstd" },
    { "/qcow2/snapshots", test_snapshots, "cluster_size=65536" },
    { "/qcow2/snapshots-small", test_snapshots, "cluster_size=1024" },
    { "/qcow2/resize", test_resize_and_convert, NULL },
    { "/qcow2/lies", test_lies, NULL },
    { "/qcow2/backing-mistakes", test_backing_mistakes, NULL },
    { "/qcow2/backing-deceives", test_backing_deceives, NULL },
    { "/qcow2/dirty", test_dirty, NULL },
    { "/qcow2/cut", test_cut_while_open, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, tests[i].options, set_up, tests[i].func,
                tear_down);
  return g_test_run ();
}
