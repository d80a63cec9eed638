/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading and writing the disk inside a qcow2 image.
 *
 * Requests are cut into runs of clusters of one kind that lie in a row, so a
 * large request is few system calls. A write goes in place where the cluster
 * is ours alone; otherwise to new clusters, with what it does not cover copied
 * from what was visible before.
 */
#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <zstd.h>

#include "devices/storage/qcow2-internal.h"

typedef enum {
  KIND_NOTHING, /* not in this image: the backing image, or zeros */
  KIND_ZERO,
  KIND_NORMAL,
  KIND_COMPRESSED
} Kind;

static Kind
kind_of (const MosQcow2 *self, guint64 entry)
{
  if (entry & MOS_QCOW2_COMPRESSED)
    return KIND_COMPRESSED;
  if (self->version >= 3 && (entry & MOS_QCOW2_ZERO) != 0)
    return KIND_ZERO;
  return (entry & MOS_QCOW2_OFFSET) != 0 ? KIND_NORMAL : KIND_NOTHING;
}

static gboolean
is_ours (const MosQcow2 *self, guint64 entry)
{
  return kind_of (self, entry) == KIND_NORMAL &&
         (entry & MOS_QCOW2_COPIED) != 0;
}

/* Part of a vector, in self->slice; valid until the next call. */
static struct iovec *
slice (MosQcow2           *self,
       const struct iovec *iov,
       guint               n_iov,
       guint64             skip,
       guint64             size)
{
  g_array_set_size (self->slice, 0);
  for (guint i = 0; i < n_iov && size > 0; i++) {
    struct iovec part;

    if (skip >= iov[i].iov_len) {
      skip -= iov[i].iov_len;
      continue;
    }
    part.iov_base = (guint8 *) iov[i].iov_base + skip;
    part.iov_len = MIN (size, iov[i].iov_len - skip);
    g_array_append_val (self->slice, part);
    size -= part.iov_len;
    skip = 0;
  }
  return (struct iovec *) (gpointer) self->slice->data;
}

static void
zero_vector (struct iovec *iov, guint n_iov)
{
  for (guint i = 0; i < n_iov; i++)
    memset (iov[i].iov_base, 0, iov[i].iov_len);
}

/* -- compressed clusters ------------------------------------------------- */

static int
inflate_zlib (MosQcow2 *self, const guint8 *data, gsize size)
{
  g_autoptr (GZlibDecompressor) zlib =
      g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW);
  gsize got = 0;

  while (got < self->cluster_bytes) {
    gsize            n_read, n_written;
    GConverterResult step =
        g_converter_convert (G_CONVERTER (zlib), data, size,
                             self->inflated + got, self->cluster_bytes - got,
                             G_CONVERTER_NO_FLAGS, &n_read, &n_written, NULL);

    if (step == G_CONVERTER_ERROR)
      return -EIO;
    data += n_read;
    size -= n_read;
    got += n_written;
    if (step == G_CONVERTER_FINISHED || (n_read == 0 && n_written == 0))
      break;
  }
  return got == self->cluster_bytes ? 0 : -EIO;
}

static int
inflate_zstd (MosQcow2 *self, const guint8 *data, gsize size)
{
  ZSTD_DStream  *stream = ZSTD_createDStream ();
  ZSTD_inBuffer  in = { data, size, 0 };
  ZSTD_outBuffer out = { self->inflated, self->cluster_bytes, 0 };
  gsize          left = 1;

  /* What follows the stream in its last sector is not part of it. */
  while (stream != NULL && left != 0 && !ZSTD_isError (left) &&
         out.pos < out.size && in.pos < in.size)
    left = ZSTD_decompressStream (stream, &out, &in);
  ZSTD_freeDStream (stream);
  return out.pos == out.size ? 0 : -EIO;
}

/* Brings the cluster of @entry into self->inflated. */
static int
inflate (MosQcow2 *self, guint64 entry)
{
  guint64            offset, bytes;
  g_autofree guint8 *data = NULL;
  struct iovec       iov;
  int                result;

  if (self->inflated_entry == entry)
    return 0;
  if (self->inflated == NULL)
    self->inflated = g_malloc (self->cluster_bytes);
  self->inflated_entry = 0;
  mos_qcow2_compressed_place (self, entry, &offset, &bytes);
  if (offset >= self->end)
    return -EIO;
  data = g_malloc (bytes);
  iov = (struct iovec){ data, bytes };
  result = mos_image_file_readv (&self->file, offset, &iov, 1, self->end);
  if (result == 0)
    result = self->compression == 1 ? inflate_zstd (self, data, bytes)
                                    : inflate_zlib (self, data, bytes);
  if (result == 0)
    self->inflated_entry = entry;
  return result;
}

/* -- reading ------------------------------------------------------------- */

/* Bytes from @offset on that are of one kind and, in this image, in a row. */
static int
measure_run (MosQcow2 *self,
             guint64   offset,
             guint64   size,
             guint64  *entry,
             guint64  *run)
{
  guint64 inside = offset & (self->cluster_bytes - 1);
  guint64 cluster = offset >> self->cluster_bits;
  Kind    kind;
  int     result = mos_qcow2_lookup (self, cluster, entry);

  if (result != 0)
    return result;
  kind = kind_of (self, *entry);
  *run = self->cluster_bytes - inside;
  while (*run < size && kind != KIND_COMPRESSED) {
    guint64 next;
    guint64 expected = (*entry & MOS_QCOW2_OFFSET) + inside + *run;

    result = mos_qcow2_lookup (self, ++cluster, &next);
    if (result != 0)
      return result;
    if (kind_of (self, next) != kind ||
        (kind == KIND_NORMAL && (next & MOS_QCOW2_OFFSET) != expected))
      break;
    *run += self->cluster_bytes;
  }
  *run = MIN (*run, size);
  return 0;
}

/* What is visible below this image; zeros beyond its end. */
static int
read_backing (MosQcow2 *self, guint64 offset, guint64 size, struct iovec *iov)
{
  guint   n_iov = self->slice->len;
  guint64 below = self->backing != NULL ? self->backing->size : 0;
  guint64 covered = offset < below ? MIN (size, below - offset) : 0;
  guint64 left = covered;

  if (covered < size)
    zero_vector (iov, n_iov);
  if (covered == 0)
    return 0;
  for (guint i = 0; i < n_iov; i++) { /* cut the vector short */
    iov[i].iov_len = MIN (iov[i].iov_len, left);
    left -= iov[i].iov_len;
  }
  return mos_block_store_waitv (self->backing, MOS_BLOCK_READ, offset, iov,
                                n_iov, covered);
}

static int
read_run (MosQcow2     *self,
          guint64       entry,
          guint64       offset,
          guint64       size,
          struct iovec *iov)
{
  guint64 inside = offset & (self->cluster_bytes - 1);
  guint   n_iov = self->slice->len;
  int     result;

  switch (kind_of (self, entry)) {
  case KIND_ZERO:
    zero_vector (iov, n_iov);
    return 0;
  case KIND_NOTHING:
    return read_backing (self, offset, size, iov);
  case KIND_COMPRESSED:
    result = inflate (self, entry);
    if (result == 0)
      mos_iov_write (iov, n_iov, 0, self->inflated + inside, size);
    return result;
  default:
    return mos_image_file_readv (&self->file,
                                 (entry & MOS_QCOW2_OFFSET) + inside, iov,
                                 n_iov, self->end);
  }
}

int
mos_qcow2_read_data (MosQcow2           *self,
                     guint64             offset,
                     guint64             size,
                     const struct iovec *iov,
                     guint               n_iov)
{
  guint64 done = 0;

  while (done < size) {
    guint64 entry, run;
    int result = measure_run (self, offset + done, size - done, &entry, &run);

    if (result == 0)
      result = read_run (self, entry, offset + done, run,
                         slice (self, iov, n_iov, done, run));
    if (result != 0)
      return result;
    done += run;
  }
  return 0;
}

/* -- writing ------------------------------------------------------------- */

/* What was visible at @offset, padded with zeros behind the disk's end. */
static int
read_old (MosQcow2 *self, guint64 offset, guint64 size, guint8 *data)
{
  struct iovec iov;
  guint64      inside = 0;

  memset (data, 0, size);
  if (offset < self->size)
    inside = MIN (size, self->size - offset);
  iov = (struct iovec){ data, inside };
  return mos_qcow2_read_data (self, offset, inside, &iov, 1);
}

/* How many clusters from the one of @offset to the request's or the table's
 * end are not ours. */
static int
count_new (MosQcow2 *self, guint64 offset, guint64 size, guint64 *n)
{
  guint64 first = offset >> self->cluster_bits;
  guint64 last = (offset + size - 1) >> self->cluster_bits;
  guint   per_table = mos_qcow2_l2_entries (self);

  for (*n = 0; first + *n <= last; (*n)++) {
    guint64 entry;
    int     result;

    if (*n > 0 && (first + *n) % per_table == 0)
      break;
    result = mos_qcow2_lookup (self, first + *n, &entry);
    if (result != 0)
      return result;
    if (is_ours (self, entry))
      break;
  }
  return 0;
}

/* Points @n guest clusters to the taken ones at @host, and lets go of what
 * they pointed to. */
static int
link_clusters (MosQcow2 *self, guint64 first, guint64 host, guint64 n)
{
  g_autofree guint64 *before = g_new (guint64, n);
  g_autofree guint64 *after = g_new (guint64, n);
  int                 result = 0;

  for (guint64 i = 0; i < n && result == 0; i++) {
    result = mos_qcow2_lookup (self, first + i, &before[i]);
    after[i] = (host + (i << self->cluster_bits)) | MOS_QCOW2_COPIED;
  }
  if (result == 0)
    result = mos_qcow2_barrier (self);
  if (result == 0)
    result = mos_qcow2_set_entries (self, first, after, (guint) n);
  if (result == 0)
    result = mos_qcow2_barrier (self);
  for (guint64 i = 0; i < n && result == 0; i++)
    result = mos_qcow2_release_entry (self, before[i]);
  return result;
}

/* Writes @size bytes into @n new clusters at @host, whole. */
static int
fill_clusters (MosQcow2           *self,
               guint64             offset,
               guint64             size,
               const struct iovec *iov,
               guint               n_iov,
               guint64             done,
               guint64             host,
               guint64             n)
{
  guint64            head = offset & (self->cluster_bytes - 1);
  guint64            tail = (n << self->cluster_bits) - head - size;
  g_autofree guint8 *before = head > 0 ? g_malloc (head) : NULL;
  g_autofree guint8 *after = tail > 0 ? g_malloc (tail) : NULL;
  struct iovec       part;
  int                result = 0;

  if (head > 0)
    result = read_old (self, offset - head, head, before);
  if (result == 0 && tail > 0)
    result = read_old (self, offset + size, tail, after);
  if (result != 0)
    return result;
  slice (self, iov, n_iov, done, size);
  part = (struct iovec){ before, head };
  if (head > 0)
    g_array_prepend_val (self->slice, part);
  part = (struct iovec){ after, tail };
  if (tail > 0)
    g_array_append_val (self->slice, part);
  result = mos_image_file_writev (&self->file, host,
                                  (struct iovec *) (gpointer) self->slice->data,
                                  self->slice->len);
  if (result == 0)
    self->end = MAX (self->end, host + (n << self->cluster_bits));
  return result;
}

/* Writes to new clusters; *@written may be less than @size. */
static int
write_new (MosQcow2           *self,
           guint64             offset,
           guint64             size,
           const struct iovec *iov,
           guint               n_iov,
           guint64             done,
           guint64            *written)
{
  guint64 inside = offset & (self->cluster_bytes - 1);
  guint64 wanted, cluster, got;
  int     result = count_new (self, offset, size, &wanted);

  if (result == 0)
    result = mos_qcow2_find_free (self, wanted, &cluster, &got);
  if (result != 0)
    return result;
  *written = MIN (size, (got << self->cluster_bits) - inside);
  result = fill_clusters (self, offset, *written, iov, n_iov, done,
                          cluster << self->cluster_bits, got);
  if (result == 0)
    result = mos_qcow2_take (self, cluster, got);
  if (result == 0)
    result = link_clusters (self, offset >> self->cluster_bits,
                            cluster << self->cluster_bits, got);
  return result;
}

int
mos_qcow2_write_data (MosQcow2           *self,
                      guint64             offset,
                      guint64             size,
                      const struct iovec *iov,
                      guint               n_iov)
{
  guint64 done = 0;

  while (done < size) {
    guint64 inside = (offset + done) & (self->cluster_bytes - 1);
    guint64 entry, run;
    int result = measure_run (self, offset + done, size - done, &entry, &run);

    if (result != 0)
      return result;
    if (is_ours (self, entry)) {
      /* A run may go on into clusters that a snapshot shares. */
      guint64 n = 1;

      while ((n << self->cluster_bits) < inside + run) {
        guint64 next;

        result = mos_qcow2_lookup (
            self, ((offset + done) >> self->cluster_bits) + n, &next);
        if (result != 0 || !is_ours (self, next))
          break;
        n++;
      }
      run = MIN (run, (n << self->cluster_bits) - inside);
      slice (self, iov, n_iov, done, run);
      result = mos_image_file_writev (
          &self->file, (entry & MOS_QCOW2_OFFSET) + inside,
          (struct iovec *) (gpointer) self->slice->data, self->slice->len);
      self->end = MAX (self->end, (entry & MOS_QCOW2_OFFSET) + inside + run);
    } else {
      result =
          write_new (self, offset + done, size - done, iov, n_iov, done, &run);
    }
    if (result != 0)
      return result;
    done += run;
  }
  return 0;
}

/* -- dropping ------------------------------------------------------------ */

static int
write_zeros (MosQcow2 *self, guint64 offset, guint64 size)
{
  g_autofree guint8 *zeros = g_malloc0 (size);
  struct iovec       iov = { zeros, size };

  return mos_qcow2_write_data (self, offset, size, &iov, 1);
}

/* One whole cluster. */
static int
drop_cluster (MosQcow2 *self, guint64 cluster, gboolean keep_zero)
{
  guint64 entry, after;
  int     result = mos_qcow2_lookup (self, cluster, &entry);
  Kind    kind = kind_of (self, entry);

  if (result != 0 || (entry & ~MOS_QCOW2_COPIED) == MOS_QCOW2_ZERO ||
      (kind == KIND_NOTHING && (!keep_zero || self->backing == NULL)))
    return result;
  /* Nothing at all would let the backing image shine through. */
  if (self->version >= 3)
    after = self->backing != NULL ? MOS_QCOW2_ZERO : 0;
  else if (self->backing == NULL)
    after = 0;
  else
    return keep_zero ? write_zeros (self, cluster << self->cluster_bits,
                                    self->cluster_bytes)
                     : 0;
  result = mos_qcow2_set_entries (self, cluster, &after, 1);
  if (result == 0)
    result = mos_qcow2_barrier (self);
  if (result == 0)
    result = mos_qcow2_release_entry (self, entry);
  return result;
}

int
mos_qcow2_drop_data (MosQcow2 *self,
                     guint64   offset,
                     guint64   size,
                     gboolean  keep_zero)
{
  guint64 end = offset + size;
  int     result = 0;

  while (result == 0 && offset < end) {
    guint64 inside = offset & (self->cluster_bytes - 1);
    guint64 piece = MIN (end - offset, self->cluster_bytes - inside);

    if (piece == self->cluster_bytes || offset + piece == self->size)
      result =
          inside == 0
              ? drop_cluster (self, offset >> self->cluster_bits, keep_zero)
              : (keep_zero ? write_zeros (self, offset, piece) : 0);
    else if (keep_zero)
      result = write_zeros (self, offset, piece);
    offset += piece;
  }
  return result;
}
