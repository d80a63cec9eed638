/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A column is: the number of values, the order of differences (1 or 2), and
 * tokens. A token is a difference, its sign in the lowest bit (zigzag), with
 * one more bit below that says whether a repeat count follows: so many more of
 * the same. Numbers are little-endian groups of seven bits. Arithmetic is
 * modulo 2^64, so every value survives.
 */
#include "engine/monitor/codec.h"

#define MORE 0x80u

static void
put (GByteArray *to, guint64 value)
{
  guint8 bytes[10];
  guint  n = 0;

  do {
    bytes[n] = (guint8) ((value & 0x7f) | (value > 0x7f ? MORE : 0));
    value >>= 7;
    n++;
  } while (value != 0);
  g_byte_array_append (to, bytes, n);
}

/* @value may need all 64 bits, so the flag takes a place in the first byte. */
static void
put_token (GByteArray *to, guint64 value, guint repeats)
{
  guint8 first = (guint8) ((repeats > 0) | (value & 0x3f) << 1 |
                           (value > 0x3f ? MORE : 0));

  g_byte_array_append (to, &first, 1);
  if (value > 0x3f)
    put (to, value >> 6);
  if (repeats > 0)
    put (to, repeats - 1);
}

static guint64
zigzag (guint64 difference)
{
  return difference << 1 ^ (guint64) ((gint64) difference >> 63);
}

static guint64
unzigzag (guint64 value)
{
  return value >> 1 ^ (guint64) - (gint64) (value & 1);
}

static guint64
residual (const gint64 *values, guint i, guint order)
{
  guint64 before = i > 0 ? (guint64) values[i - 1] : 0;
  guint64 first = (guint64) values[i] - before;
  guint64 earlier;

  if (order == 1 || i == 0)
    return first;
  earlier = i > 1 ? (guint64) values[i - 2] : before;
  return first - (before - earlier);
}

static void
pack_order (GByteArray *to, const gint64 *values, guint n, guint order)
{
  put (to, n);
  put (to, order);
  for (guint i = 0; i < n;) {
    guint64 value = residual (values, i, order);
    guint   run = 1;

    while (i + run < n && residual (values, i + run, order) == value)
      run++;
    put_token (to, zigzag (value), run - 1);
    i += run;
  }
}

void
mos_codec_pack (GByteArray *to, const gint64 *values, guint n)
{
  g_autoptr (GByteArray) other = g_byte_array_new ();
  guint start = to->len;

  g_return_if_fail (n <= MOS_CODEC_MAX_VALUES);

  pack_order (to, values, n, 1);
  pack_order (other, values, n, 2);
  if (other->len >= to->len - start)
    return;
  g_byte_array_set_size (to, start);
  g_byte_array_append (to, other->data, other->len);
}

typedef struct {
  const guint8 *at;
  const guint8 *end;
  gboolean      bad;
} Reader;

static guint64
get (Reader *reader)
{
  guint64 value = 0;

  for (guint shift = 0; shift < 64; shift += 7) {
    guint8 byte;

    if (reader->at == reader->end)
      break;
    byte = *reader->at++;
    value |= (guint64) (byte & 0x7f) << shift;
    if ((byte & MORE) == 0)
      return value;
  }
  reader->bad = TRUE;
  return 0;
}

static guint64
get_token (Reader *reader, guint64 *repeats)
{
  guint64 value;
  guint8  first;

  *repeats = 0;
  if (reader->at == reader->end) {
    reader->bad = TRUE;
    return 0;
  }
  first = *reader->at++;
  value = (first >> 1) & 0x3f;
  if ((first & MORE) != 0)
    value |= get (reader) << 6;
  if ((first & 1) != 0) {
    *repeats = get (reader);
    if (*repeats >= MOS_CODEC_MAX_VALUES)
      reader->bad = TRUE;
    else
      ++*repeats;
  }
  return value;
}

gsize
mos_codec_unpack (const guint8 *data, gsize size, guint max, GArray *values)
{
  Reader  reader = { data, data + size, FALSE };
  guint64 n = get (&reader);
  guint64 order = get (&reader);
  guint64 last = 0, step = 0;
  guint   done = 0;

  if (reader.bad || n > max || n > MOS_CODEC_MAX_VALUES || order < 1 ||
      order > 2)
    return 0;
  while (done < n) {
    guint64 repeats;
    guint64 value = unzigzag (get_token (&reader, &repeats));

    if (reader.bad || repeats >= n - done)
      return 0;
    for (guint64 i = 0; i <= repeats; i++) {
      gint64 whole;

      /* The first value has no difference before it. */
      if (order == 1 || done == 0)
        step = value;
      else
        step += value;
      last += step;
      if (done == 0)
        step = 0;
      whole = (gint64) last;
      g_array_append_val (values, whole);
      done++;
    }
  }
  return (gsize) (reader.at - data);
}
