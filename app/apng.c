/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Chunks of an animated PNG. How long a picture stays is known when the next
 * one comes, so the newest waits in memory. PNG Specification, Third Edition,
 * "Chunk layout" and "Animation information"; RFC 1950 for its data.
 */
#include "app/apng.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/engine.h"

#define ACTL_OFFSET 33    /* behind the signature and IHDR */
#define MAX_STAY_MS 60000 /* of one picture; a longer stay is several */

typedef struct {
  guint x, y, w, h;
} Part;

struct MosApng {
  int      fd;
  char    *path;
  guint    width, height;
  guint32 *canvas; /* the newest picture */
  guint32 *next;
  guint    frames;   /* in the file */
  guint    sequence; /* of fcTL and fdAT */

  /* The newest picture's part, not in the file yet. */
  GByteArray *waiting;
  Part        part;
  gint64      since_ms;
};

static gboolean
fail (MosApng *self, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("Recording to “%s”: %s"),
               self->path, g_strerror (errno));
  return FALSE;
}

static void
put32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_BE (value);
  memcpy (at, &value, sizeof value);
}

static void
put16 (guint8 *at, guint value)
{
  at[0] = (guint8) (value >> 8);
  at[1] = (guint8) value;
}

/* A whole chunk in memory; g_byte_array_unref(). */
static GByteArray *
make_chunk (const char *type, const guint8 *data, gsize size)
{
  GByteArray *chunk = g_byte_array_sized_new ((guint) size + 12);
  guint8      number[4];

  put32 (number, (guint32) size);
  g_byte_array_append (chunk, number, 4);
  g_byte_array_append (chunk, (const guint8 *) type, 4);
  g_byte_array_append (chunk, data, (guint) size);
  put32 (number, (guint32) crc32 (crc32 (0, NULL, 0), chunk->data + 4,
                                  (uInt) size + 4));
  g_byte_array_append (chunk, number, 4);
  return chunk;
}

static gboolean
write_all (MosApng *self, const guint8 *data, gsize size, GError **error)
{
  while (size > 0) {
    gssize n = write (self->fd, data, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail (self, error);
    data += n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
write_chunk (MosApng      *self,
             const char   *type,
             const guint8 *data,
             gsize         size,
             GError      **error)
{
  g_autoptr (GByteArray) chunk = make_chunk (type, data, size);

  return write_all (self, chunk->data, chunk->len, error);
}

/* How many pictures there are stands at the beginning. */
static gboolean
write_count (MosApng *self, GError **error)
{
  guint8 data[8];
  g_autoptr (GByteArray) chunk = NULL;

  put32 (data, MAX (self->frames, 1));
  put32 (data + 4, 1); /* played once */
  chunk = make_chunk ("acTL", data, sizeof data);
  return pwrite (self->fd, chunk->data, chunk->len, ACTL_OFFSET) ==
             (gssize) chunk->len ||
         fail (self, error);
}

static gboolean
write_head (MosApng *self, GError **error)
{
  static const guint8 signature[] = { 0x89, 'P',  'N',  'G',
                                      '\r', '\n', 0x1a, '\n' };
  guint8              header[13] = { 0 };
  guint8              count[8] = { 0, 0, 0, 1, 0, 0, 0, 1 };

  put32 (header, self->width);
  put32 (header + 4, self->height);
  header[8] = 8; /* bits a colour */
  header[9] = 2; /* red, green, blue */
  return write_all (self, signature, sizeof signature, error) &&
         write_chunk (self, "IHDR", header, sizeof header, error) &&
         write_chunk (self, "acTL", count, sizeof count, error);
}

/* -- one picture --------------------------------------------------------- */

/* The part that waits, packed: rows of red, green, blue, unfiltered. */
static void
pack (MosApng *self)
{
  gsize   row = 1 + 3 * (gsize) self->part.w;
  uLongf  bound = compressBound ((uLong) (row * self->part.h));
  guint8 *raw = g_malloc (row * self->part.h);
  guint8 *at = raw;

  for (guint y = self->part.y; y < self->part.y + self->part.h; y++) {
    *at++ = 0; /* no filter */
    for (guint x = self->part.x; x < self->part.x + self->part.w; x++) {
      guint32 pixel = self->canvas[(gsize) y * self->width + x];

      *at++ = (guint8) (pixel >> 16);
      *at++ = (guint8) (pixel >> 8);
      *at++ = (guint8) pixel;
    }
  }
  /* The first four bytes are for the number of an fdAT chunk. */
  self->waiting = g_byte_array_sized_new ((guint) bound + 4);
  g_byte_array_set_size (self->waiting, (guint) bound + 4);
  compress2 (self->waiting->data + 4, &bound, raw, (uLong) (row * self->part.h),
             6);
  g_byte_array_set_size (self->waiting, (guint) bound + 4);
  g_free (raw);
}

/* Writes what waits; it stays for @stay_ms. */
static gboolean
write_waiting (MosApng *self, guint stay_ms, GError **error)
{
  guint8   control[26];
  gboolean good;

  put32 (control, self->sequence++);
  put32 (control + 4, self->part.w);
  put32 (control + 8, self->part.h);
  put32 (control + 12, self->part.x);
  put32 (control + 16, self->part.y);
  put16 (control + 20, stay_ms);
  put16 (control + 22, 1000);
  control[24] = 0; /* is left as it is */
  control[25] = 0; /* covers what was there */
  good = write_chunk (self, "fcTL", control, sizeof control, error);
  if (good && self->frames == 0) {
    good = write_chunk (self, "IDAT", self->waiting->data + 4,
                        self->waiting->len - 4, error);
  } else if (good) {
    put32 (self->waiting->data, self->sequence++);
    good = write_chunk (self, "fdAT", self->waiting->data, self->waiting->len,
                        error);
  }
  self->frames++;
  return good && write_count (self, error);
}

/* What waits goes into the file and stays until @time_ms. */
static gboolean
flush (MosApng *self, gint64 time_ms, GError **error)
{
  gint64   left = MAX (time_ms - self->since_ms, 1);
  gboolean good = TRUE;

  while (good && self->waiting != NULL && left > 0) {
    gint64 stay = MIN (left, MAX_STAY_MS);

    good = write_waiting (self, (guint) stay, error);
    left -= stay;
    g_clear_pointer (&self->waiting, g_byte_array_unref);
    if (left > 0) {
      self->part = (Part){ .w = 1, .h = 1 }; /* nothing new */
      pack (self);
    }
  }
  g_clear_pointer (&self->waiting, g_byte_array_unref);
  return good;
}

/* -- pictures in ---------------------------------------------------------- */

/* @pixels into `next`, as large as it fits. */
static void
fit (MosApng       *self,
     const guint32 *pixels,
     guint          width,
     guint          height,
     guint          stride)
{
  double scale = MIN (
      1.0, MIN ((double) self->width / width, (double) self->height / height));
  guint w = MAX (1, (guint) (width * scale));
  guint h = MAX (1, (guint) (height * scale));
  guint left = (self->width - w) / 2, top = (self->height - h) / 2;

  if (w != self->width || h != self->height)
    memset (self->next, 0, (gsize) self->width * self->height * 4);
  for (guint y = 0; y < h; y++) {
    const guint32 *from = pixels + (gsize) (y * height / h) * stride;
    guint32       *to = self->next + (gsize) (top + y) * self->width + left;

    if (w == width)
      memcpy (to, from, (gsize) w * 4);
    else
      for (guint x = 0; x < w; x++)
        to[x] = from[x * width / w];
  }
}

/* The rectangle in which `next` differs from the canvas; FALSE if none. */
static gboolean
find_change (const MosApng *self, Part *part)
{
  guint left = self->width, right = 0, top = self->height, bottom = 0;

  for (guint y = 0; y < self->height; y++) {
    const guint32 *was = self->canvas + (gsize) y * self->width;
    const guint32 *is = self->next + (gsize) y * self->width;
    guint          first = 0, last = self->width;

    if (memcmp (was, is, (gsize) self->width * 4) == 0)
      continue;
    while (was[first] == is[first])
      first++;
    while (was[last - 1] == is[last - 1])
      last--;
    left = MIN (left, first);
    right = MAX (right, last);
    top = MIN (top, y);
    bottom = y + 1;
  }
  if (bottom == 0)
    return FALSE;
  *part = (Part){ left, top, right - left, bottom - top };
  return TRUE;
}

gboolean
mos_apng_add (MosApng       *self,
              gint64         time_ms,
              const guint32 *pixels,
              guint          width,
              guint          height,
              guint          stride,
              GError       **error)
{
  gboolean first = self->frames == 0 && self->waiting == NULL;
  Part     part = { 0, 0, self->width, self->height };
  guint32 *old = self->canvas;

  if (width == 0 || height == 0)
    return TRUE;
  fit (self, pixels, width, height, stride);
  if (!first && !find_change (self, &part))
    return TRUE;
  if (!first && !flush (self, time_ms, error))
    return FALSE;
  self->part = part;
  self->canvas = self->next;
  self->next = old;
  self->since_ms = time_ms;
  pack (self);
  return TRUE;
}

guint
mos_apng_get_frames (MosApng *self)
{
  return self->frames + (self->waiting != NULL);
}

MosApng *
mos_apng_new (const char *path, guint width, guint height, GError **error)
{
  MosApng *self = g_new0 (MosApng, 1);

  g_return_val_if_fail (width > 0 && width <= MOS_SCREEN_MAX_WIDTH, NULL);
  g_return_val_if_fail (height > 0 && height <= MOS_SCREEN_MAX_HEIGHT, NULL);

  self->path = g_strdup (path);
  self->width = width;
  self->height = height;
  self->canvas = g_new0 (guint32, (gsize) width * height);
  self->next = g_new0 (guint32, (gsize) width * height);
  self->fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (self->fd < 0 ? !fail (self, error) : !write_head (self, error)) {
    mos_apng_close (self, 0, NULL);
    return NULL;
  }
  return self;
}

gboolean
mos_apng_close (MosApng *self, gint64 time_ms, GError **error)
{
  gboolean good = self->fd >= 0 && flush (self, time_ms, error) &&
                  write_chunk (self, "IEND", NULL, 0, error);

  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->waiting, g_byte_array_unref);
  g_free (self->canvas);
  g_free (self->next);
  g_free (self->path);
  g_free (self);
  return good;
}
