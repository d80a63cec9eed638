/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Block stores as a device and as a tool sees them: the checks in front of
 * every store, raw images with all their mistakes, memory, and locks.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "devices/devices.h"
#include "engine/engine.h"
#include "engine/host/block.h"

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("multios-block-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "disk.img", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

/* A file of @size bytes, byte n being n * 7. */
static void
make_file (Fixture *fixture, gsize size)
{
  g_autofree char *bytes = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    bytes[i] = (char) (i * 7);
  g_assert_true (
      g_file_set_contents (fixture->path, bytes, (gssize) size, NULL));
}

static MosBlockStore *
open_raw (Fixture *fixture, gboolean read_only)
{
  g_autoptr (GError) error = NULL;
  MosBlockStore *store =
      mos_image_open (fixture->path, "raw", read_only, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

static void
test_raw_reads_and_writes (Fixture *fixture, gconstpointer data)
{
  guint8 sector[512], back[512];

  make_file (fixture, 4096);
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, FALSE);

    g_assert_cmpuint (store->size, ==, 4096);
    g_assert_true (mos_block_store_read (store, 512, sector, 512, NULL));
    for (guint i = 0; i < 512; i++)
      g_assert_cmpuint (sector[i], ==, (guint8) ((512 + i) * 7));
    memset (sector, 0x5a, sizeof sector);
    g_assert_true (mos_block_store_write (store, 1024, sector, 512, NULL));
    g_assert_true (mos_block_store_flush (store, NULL));
    g_assert_true (mos_block_store_read (store, 1024, back, 512, NULL));
    g_assert_cmpmem (back, 512, sector, 512);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE_ZEROES, 1024, NULL, 512),
        ==, 0);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_DISCARD, 2048, NULL, 1024), ==,
        0);
    g_assert_true (mos_block_store_read (store, 1024, back, 512, NULL));
    memset (sector, 0, sizeof sector);
    g_assert_cmpmem (back, 512, sector, 512);
  }
}

static void
test_range_checks (Fixture *fixture, gconstpointer data)
{
  guint8 sector[512];
  g_autoptr (GError) error = NULL;

  make_file (fixture, 4096);
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, TRUE);

    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_READ, 3585, sector, 512), ==,
        -EINVAL);
    g_assert_cmpint (mos_block_store_wait (store, MOS_BLOCK_READ,
                                           G_MAXUINT64 - 100, sector, 512),
                     ==, -EINVAL);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_DISCARD, 512, NULL, G_MAXUINT64),
        ==, -EINVAL);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 0, sector, 512), ==,
        -EROFS);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_DISCARD, 0, NULL, 512), ==,
        -EROFS);
    g_assert_true (mos_block_store_flush (store, NULL));
    g_assert_false (mos_block_store_read (store, 4096, sector, 512, &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_IO);
    g_assert_nonnull (strstr (error->message, fixture->path));
  }
}

/* The last sector is filled up with zeros; writing it makes the file whole. */
static void
test_odd_size (Fixture *fixture, gconstpointer data)
{
  guint8      sector[512];
  struct stat status;

  make_file (fixture, 700);
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, FALSE);

    g_assert_cmpuint (store->size, ==, 1024);
    g_assert_true (mos_block_store_read (store, 512, sector, 512, NULL));
    g_assert_cmpuint (sector[187], ==, (guint8) (699 * 7));
    for (guint i = 188; i < 512; i++)
      g_assert_cmpuint (sector[i], ==, 0);
    memset (sector, 1, sizeof sector);
    g_assert_true (mos_block_store_write (store, 512, sector, 512, NULL));
  }
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 1024);
}

static void
test_shrinking_file (Fixture *fixture, gconstpointer data)
{
  guint8      sector[512] = { 0 };
  struct stat status;

  make_file (fixture, 8192);
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, FALSE);

    g_assert_cmpint (truncate (fixture->path, 2048), ==, 0);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_READ, 0, sector, 512), ==, 0);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_READ, 4096, sector, 512), ==,
        -EIO);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 4096, sector, 512), ==,
        -EIO);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE_ZEROES, 0, NULL, 512), ==,
        -EIO);
  }
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_size, ==, 2048);
}

static void
expect_error (const char *path, MosError code, const char *word)
{
  g_autoptr (GError) error = NULL;
  MosBlockStore *store = mos_image_open (path, "auto", FALSE, &error);

  g_assert_null (store);
  g_assert_error (error, MOS_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_mistakes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  expect_error (fixture->path, MOS_ERROR_NOT_FOUND, "no disk image");
  expect_error (fixture->folder, MOS_ERROR_INVALID_VALUE, "folder");
  make_file (fixture, 0);
  expect_error (fixture->path, MOS_ERROR_INVALID_VALUE, "empty");
  expect_error ("/dev/null", MOS_ERROR_INVALID_VALUE, "neither");
  make_file (fixture, 512);
  g_assert_null (mos_image_open (fixture->path, "vmdk", FALSE, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE);
}

static void
test_locks (Fixture *fixture, gconstpointer data)
{
  make_file (fixture, 1024);
  {
    g_autoptr (MosBlockStore) writer = open_raw (fixture, FALSE);

    expect_error (fixture->path, MOS_ERROR_IN_USE, "in use by another machine");
    g_assert_null (mos_image_open (fixture->path, "raw", TRUE, NULL));
  }
  {
    g_autoptr (MosBlockStore) first = open_raw (fixture, TRUE);
    g_autoptr (MosBlockStore) second = open_raw (fixture, TRUE);

    expect_error (fixture->path, MOS_ERROR_IN_USE, "read-only");
  }
}

/* A raw image that was found by looking cannot turn into another format. */
static void
test_probed_stays_raw (Fixture *fixture, gconstpointer data)
{
  guint8 sector[512] = { 'Q', 'F', 'I', 0xfb };

  make_file (fixture, 1024);
  {
    g_autoptr (MosBlockStore) store =
        mos_image_open (fixture->path, "auto", FALSE, NULL);

    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 0, sector, 512), ==,
        -EPERM);
    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 512, sector, 512), ==, 0);
  }
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, FALSE);

    g_assert_cmpint (
        mos_block_store_wait (store, MOS_BLOCK_WRITE, 0, sector, 512), ==, 0);
  }
}

static void
count_cb (MosBlockRequest *request, int result)
{
  guint *count = request->user_data;

  g_assert_cmpint (result, ==, 0);
  (*count)++;
}

/* Answers come on the context, never within submit, and drain waits. */
static void
test_answers_on_context (Fixture *fixture, gconstpointer data)
{
  enum {
    N = 64
  };
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autofree guint8 *bytes = g_malloc (N * 512);
  MosBlockRequest    requests[N] = { 0 };
  struct iovec       iov[N][2];
  guint              count = 0;

  make_file (fixture, N * 512);
  {
    g_autoptr (MosBlockStore) store = open_raw (fixture, FALSE);

    for (guint i = 0; i < N; i++) {
      iov[i][0] = (struct iovec){ bytes + i * 512, 100 };
      iov[i][1] = (struct iovec){ bytes + i * 512 + 100, 412 };
      requests[i] = (MosBlockRequest){ .op = MOS_BLOCK_READ,
                                       .offset = i * 512,
                                       .size = 512,
                                       .iov = iov[i],
                                       .n_iov = 2,
                                       .done = count_cb,
                                       .user_data = &count,
                                       .context = context };
      mos_block_store_submit (store, &requests[i]);
    }
    mos_block_store_drain (store);
    g_assert_cmpuint (count, ==, 0);
  }
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_assert_cmpuint (count, ==, N);
  for (guint i = 0; i < N * 512; i++)
    g_assert_cmpuint (bytes[i], ==, (guint8) (i * 7));
}

static void
test_memory (void)
{
  guint8 sector[512];
  g_autoptr (GBytes) bytes = g_bytes_new_static ("hello", 5);
  g_autoptr (MosBlockStore) fixed = mos_memory_store_new (bytes, FALSE);
  g_autoptr (MosBlockStore) copy = mos_memory_store_new (bytes, TRUE);

  g_assert_cmpuint (fixed->size, ==, 512);
  g_assert_true (mos_block_store_read (fixed, 0, sector, 512, NULL));
  g_assert_cmpmem (sector, 6, "hello", 6);
  g_assert_false (mos_block_store_write (fixed, 0, sector, 512, NULL));
  memcpy (sector, "HELLO", 5);
  g_assert_true (mos_block_store_write (copy, 0, sector, 512, NULL));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 5, "hello", 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/block/raw", Fixture, NULL, set_up, test_raw_reads_and_writes,
              tear_down);
  g_test_add ("/block/range", Fixture, NULL, set_up, test_range_checks,
              tear_down);
  g_test_add ("/block/odd-size", Fixture, NULL, set_up, test_odd_size,
              tear_down);
  g_test_add ("/block/shrinking", Fixture, NULL, set_up, test_shrinking_file,
              tear_down);
  g_test_add ("/block/mistakes", Fixture, NULL, set_up, test_mistakes,
              tear_down);
  g_test_add ("/block/locks", Fixture, NULL, set_up, test_locks, tear_down);
  g_test_add ("/block/probed", Fixture, NULL, set_up, test_probed_stays_raw,
              tear_down);
  g_test_add ("/block/context", Fixture, NULL, set_up, test_answers_on_context,
              tear_down);
  g_test_add_func ("/block/memory", test_memory);
  return g_test_run ();
}
