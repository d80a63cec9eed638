/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Frames of any size and content through a capture of any limits; the file
 * that comes out is read back, block by block, and must be whole: lengths
 * agree at both ends, every frame is there with what was to be kept of it.
 *
 * Byte 0: how large the file may get; 1: how much of a frame is kept; then
 * frames: two bytes of length and direction, one of content.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "devices/net/pcapng.h"
#include "tests/fuzz/fuzz.h"

#define SECTION   0x0a0d0d0au
#define INTERFACE 1u
#define PACKET    6u
#define FILE_UNIT 4096u
#define HEAD      28u /* of a packet block, up to the frame */

typedef struct {
  const uint8_t *data;
  size_t         size;
  guint64        max_bytes;
  guint          snap_bytes;
} Input;

/* Frame @n: its size in *@size and what its bytes are; FALSE after the last. */
static gboolean
nth_frame (const Input *input,
           guint        n,
           guint       *size,
           guint8      *fill,
           gboolean    *out)
{
  const uint8_t *at = input->data + 2 + n * 3;

  if (input->size < 2 || n * 3 + 5 > input->size || n >= 2000)
    return FALSE;
  *size = (at[0] | (guint) at[1] << 8) % (MOS_NET_MAX_FRAME + 1);
  *fill = at[2];
  *out = (at[1] & 0x10) != 0;
  return TRUE;
}

static void
write_frames (const Input *input, MosPcapng *capture)
{
  static guint8 frame[MOS_NET_MAX_FRAME];
  gboolean      out;
  guint8        fill;
  guint         size;

  for (guint n = 0; nth_frame (input, n, &size, &fill, &out); n++) {
    memset (frame, fill, size);
    mos_pcapng_tap (capture, out ? MOS_NET_TO_PEER : MOS_NET_TO_DEVICE, frame,
                    size);
    if (fill == 0xf1)
      mos_pcapng_flush (capture);
  }
}

static guint32
word (const char *text, gsize at)
{
  guint32 value;

  memcpy (&value, text + at, 4);
  return value;
}

static void
check_frame (const Input *input, guint n, const char *block, guint32 total)
{
  guint    size = 0, kept;
  guint8   fill = 0;
  gboolean out = FALSE;
  guint32  flags_at;

  g_assert_true (nth_frame (input, n, &size, &fill, &out));
  kept = input->snap_bytes > 0 ? MIN (size, input->snap_bytes) : size;
  g_assert_cmpuint (word (block, 20), ==, kept);
  g_assert_cmpuint (word (block, 24), ==, size);
  for (guint i = 0; i < kept; i++)
    g_assert_cmpuint ((guint8) block[HEAD + i], ==, fill);
  flags_at = HEAD + ((kept + 3) & ~3u);
  g_assert_cmpuint (total, ==, flags_at + 16);
  g_assert_cmpuint (word (block, flags_at), ==, 2 | 4 << 16);
  g_assert_cmpuint (word (block, flags_at + 4), ==, out ? 2 : 1);
}

static void
check_file (const Input *input, const char *text, gsize size)
{
  gsize at = 0;
  guint n_blocks = 0, size_now, more;

  if (input->max_bytes > 0)
    g_assert_cmpuint (size, <=, MAX (input->max_bytes, 256));
  while (at < size) {
    guint32 total;

    g_assert_cmpuint (size - at, >=, 12);
    total = word (text, at + 4);
    g_assert_cmpuint (total % 4, ==, 0);
    g_assert_cmpuint (total, <=, size - at);
    g_assert_cmpuint (word (text, at + total - 4), ==, total);
    g_assert_cmphex (word (text, at), ==,
                     n_blocks == 0   ? SECTION
                     : n_blocks == 1 ? INTERFACE
                                     : PACKET);
    if (n_blocks >= 2)
      check_frame (input, n_blocks - 2, text + at, total);
    at += total;
    n_blocks++;
  }
  g_assert_cmpuint (n_blocks, >=, 2);
  /* Without a limit all of them are there. */
  more = n_blocks - 2;
  if (input->max_bytes == 0)
    g_assert_false (
        nth_frame (input, more, &size_now, &(guint8){ 0 }, &(gboolean){ 0 }));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input            input = { .data = data,
                             .size = size,
                             .max_bytes = size > 0 ? data[0] * FILE_UNIT : 0,
                             .snap_bytes = size > 1 ? data[1] * 7u : 0 };
  g_autofree char *name = g_strdup_printf ("fuzz-pcapng-%d", (int) getpid ());
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), name, NULL);
  g_autoptr (MosLog) log = mos_log_new (16);
  g_autofree char *text = NULL;
  MosPcapng       *capture;
  gsize            length;

  capture = mos_pcapng_new (path, "an adapter's name", input.max_bytes,
                            input.snap_bytes, log, NULL);
  g_assert_nonnull (capture);
  write_frames (&input, capture);
  mos_pcapng_free (capture);
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  check_file (&input, text, length);
  g_unlink (path);
  return 0;
}
