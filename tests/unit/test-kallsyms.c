/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The names of a Linux in its memory: tables made as its build makes them, in
 * both orders, found among noise; and the same damaged in every way.
 */
#include <string.h>

#include "engine/engine.h"

#define BASE      0xffffffff81000000
#define N         1000u
#define TEXT      0x200u /* from a function to the next */
#define NOISE     4096u
#define PREFIX    1 /* a token of several letters */
#define MUTATIONS 3000

static void
put (GByteArray *to, const void *data, gsize size)
{
  g_byte_array_append (to, data, (guint) size);
}

static void
align (GByteArray *to)
{
  static const guint8 zeros[8] = { 0 };

  put (to, zeros, (8 - to->len % 8) % 8);
}

static void
put_noise (GByteArray *to)
{
  for (guint i = 0; i < NOISE; i++) {
    guint8 byte = (guint8) (i * 7 + 1);

    put (to, &byte, 1);
  }
  align (to);
}

/* Letters and digits are tokens of their own; so is "sys_". */
static void
put_tokens (GByteArray *to)
{
  guint16 index[256];
  guint   begin = to->len;

  for (guint i = 0; i < 256; i++) {
    char token[16];

    index[i] = (guint16) (to->len - begin);
    if (i == PREFIX)
      g_strlcpy (token, "sys_", sizeof token);
    else if (g_ascii_isgraph ((char) i))
      g_snprintf (token, sizeof token, "%c", (char) i);
    else
      g_snprintf (token, sizeof token, "q%u.", i);
    put (to, token, strlen (token) + 1);
  }
  align (to);
  put (to, index, sizeof index);
  align (to);
}

static void
put_addresses (GByteArray *to, gboolean percpu)
{
  guint64 base = BASE;

  for (guint i = 0; i < N; i++) {
    gint32 offset = (gint32) (i * TEXT);

    if (percpu)
      offset = -1 - offset;
    put (to, &offset, sizeof offset);
  }
  align (to);
  put (to, &base, sizeof base);
}

/* "tsys_0012", a function; every tenth is data, and of no interest. */
static void
put_names (GByteArray *to, GArray *markers)
{
  guint begin = to->len;

  for (guint i = 0; i < N; i++) {
    char    digits[8];
    guint8  bytes[8] = { 6, i % 10 == 9 ? 'd' : 't', PREFIX };
    guint32 at = to->len - begin;

    if (i % 256 == 0)
      g_array_append_val (markers, at);
    g_snprintf (digits, sizeof digits, "%04u", i);
    memcpy (bytes + 3, digits, 4);
    put (to, bytes, 7);
  }
  align (to);
}

/* Three bytes for each name. */
static void
put_order (GByteArray *to)
{
  for (guint i = 0; i < N; i++) {
    guint8 bytes[3] = { 0, (guint8) (i >> 8), (guint8) i };

    put (to, bytes, sizeof bytes);
  }
  align (to);
}

static GByteArray *
make_image (gboolean before, gboolean order)
{
  GByteArray *image = g_byte_array_new ();
  g_autoptr (GArray) markers = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 n[2] = { N, 0 };

  put_noise (image);
  if (before)
    put_addresses (image, TRUE);
  put (image, n, sizeof n);
  put_names (image, markers);
  put (image, markers->data, markers->len * sizeof (guint32));
  align (image);
  if (order)
    put_order (image);
  put_tokens (image);
  if (!before)
    put_addresses (image, FALSE);
  put_noise (image);
  return image;
}

static void
check (gboolean before, gboolean order)
{
  g_autoptr (GByteArray) image = make_image (before, order);
  g_autoptr (MosSymbols) symbols =
      mos_kallsyms_parse (image->data, image->len, BASE + 0x100000);
  guint64 offset = 0;

  g_assert_nonnull (symbols);
  g_assert_cmpuint (mos_symbols_count (symbols), ==, N - N / 10);
  g_assert_cmpstr (mos_symbols_find (symbols, BASE + 12 * TEXT + 5, &offset),
                   ==, "sys_0012");
  g_assert_cmpuint (offset, ==, 5);
  g_assert_cmpstr (mos_symbols_find (symbols, BASE + 998 * TEXT, &offset), ==,
                   "sys_0998");
}

static void
test_addresses_before (void)
{
  check (TRUE, FALSE);
}

static void
test_order_between (void)
{
  check (TRUE, TRUE);
}

static void
test_addresses_behind (void)
{
  check (FALSE, FALSE);
}

static void
test_none (void)
{
  g_autoptr (GByteArray) image = g_byte_array_new ();

  g_assert_null (mos_kallsyms_parse (NULL, 0, BASE));
  put_noise (image);
  g_assert_null (mos_kallsyms_parse (image->data, image->len, BASE));
}

/* Whatever it says, it is read within its bounds; sanitizers watch. */
static void
test_damaged (void)
{
  g_autoptr (GByteArray) image = make_image (FALSE, FALSE);
  GRand *random = g_rand_new_with_seed (7);

  for (guint i = 0; i < MUTATIONS; i++) {
    guint              from = (guint) g_rand_int_range (random, 0, 256) * 8;
    guint              size = image->len - from;
    g_autofree guint8 *copy = NULL;
    g_autoptr (MosSymbols) symbols = NULL;

    if (i % 2)
      size = (guint) g_rand_int_range (random, 1, (gint32) size);
    copy = g_memdup2 (image->data + from, size);
    for (guint m = 0; m < 4; m++)
      copy[g_rand_int_range (random, 0, (gint32) size)] =
          (guint8) g_rand_int_range (random, 0, 256);
    symbols = mos_kallsyms_parse (copy, size, BASE);
  }
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kallsyms/addresses-before", test_addresses_before);
  g_test_add_func ("/kallsyms/addresses-behind", test_addresses_behind);
  g_test_add_func ("/kallsyms/order-between", test_order_between);
  g_test_add_func ("/kallsyms/none", test_none);
  g_test_add_func ("/kallsyms/damaged", test_damaged);
  return g_test_run ();
}
