/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a qcow2 image: described, checked, read, and, if it is in
 * order, written, repaired and checked again.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "devices/devices.h"
#include "tests/fuzz/fuzz.h"

#define PIECE_BYTES 4096u

static void
read_around (MosBlockStore *store)
{
  guint8 data[PIECE_BYTES];

  for (guint i = 0; i < 16; i++) {
    guint64 offset = store->size / 16 * i / 512 * 512;
    gsize   size = MIN (PIECE_BYTES, store->size - offset);

    mos_block_store_wait (store, MOS_BLOCK_READ, offset, data, size);
  }
}

static void
write_around (MosBlockStore *store)
{
  static const MosBlockOp ops[] = { MOS_BLOCK_WRITE, MOS_BLOCK_WRITE_ZEROES,
                                    MOS_BLOCK_DISCARD, MOS_BLOCK_WRITE };
  guint8                  data[PIECE_BYTES] = { 1, 2, 3 };

  for (guint i = 0; i < 16; i++) {
    guint64 offset = store->size / 16 * i / 512 * 512;
    gsize   size = MIN (PIECE_BYTES, store->size - offset);

    mos_block_store_wait (store, ops[i % 4], offset, data, size);
  }
  mos_block_store_wait (store, MOS_BLOCK_FLUSH, 0, NULL, 0);
}

static void
use_image (const char *path, gboolean read_only)
{
  g_autoptr (MosBlockStore) store =
      mos_image_open (path, "qcow2", read_only, NULL);

  if (store == NULL)
    return;
  read_around (store);
  if (!read_only)
    write_around (store);
}

static void
use_tools (const char *path)
{
  MosImageInfo *info = mos_image_info (path, "qcow2", NULL);
  MosImageCheck check;

  mos_image_info_free (info);
  mos_image_check (path, "qcow2", FALSE, &check, NULL);
  mos_image_check_clear (&check);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  int              fd = memfd_create ("image", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  MosImageCheck    check;

  if (fd < 0 || write (fd, data, size) != (ssize_t) size)
    abort ();
  use_tools (path);
  use_image (path, TRUE);
  use_image (path, FALSE);
  mos_image_check (path, "qcow2", TRUE, &check, NULL);
  mos_image_check_clear (&check);
  use_image (path, FALSE);
  close (fd);
  return 0;
}
