/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Scaling guest pixels: whole multiples repeat, flat colours stay exact at
 * any size, a part scaled alone equals the same part of the whole, and the
 * mapped rectangle covers everything that a source pixel reaches.
 */
#include <string.h>

#include "display/scaler.h"

static MosCanvas
make_canvas (guint width, guint height, guint32 seed)
{
  MosCanvas canvas = { .pixels = g_new (guint32, width * height),
                       .width = width,
                       .height = height,
                       .stride = width,
                       .pixel_aspect = 1 };
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < width * height; i++)
    canvas.pixels[i] = 0xff000000u | g_rand_int (random);
  return canvas;
}

static guint32 *
scale_all (MosScaler *scaler, const MosCanvas *source, guint w, guint h)
{
  guint32 *pixels = g_new (guint32, w * h);
  MosRect  all = { 0, 0, (int) w, (int) h };

  mos_scaler_set_size (scaler, source->width, source->height, w, h);
  mos_scaler_scale (scaler, source, all, pixels, w);
  return pixels;
}

static void
test_multiples (void)
{
  g_autoptr (MosScaler) scaler = mos_scaler_new ();
  MosCanvas source = make_canvas (7, 5, 1);

  for (guint factor = 1; factor <= 4; factor++) {
    guint               w = 7 * factor, h = 5 * factor;
    g_autofree guint32 *out = scale_all (scaler, &source, w, h);

    for (guint y = 0; y < h; y++) {
      for (guint x = 0; x < w; x++)
        g_assert_cmphex (out[y * w + x], ==,
                         source.pixels[y / factor * 7 + x / factor]);
    }
  }
  g_free (source.pixels);
}

static void
test_flat (void)
{
  g_autoptr (MosScaler) scaler = mos_scaler_new ();
  static const guint sizes[][2] = {
    { 1, 1 }, { 13, 3 }, { 100, 100 }, { 33, 170 }, { 64, 48 }
  };
  MosCanvas source = make_canvas (64, 48, 2);

  for (guint i = 0; i < 64 * 48; i++)
    source.pixels[i] = 0xff8001fe;
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint               w = sizes[i][0], h = sizes[i][1];
    g_autofree guint32 *out = scale_all (scaler, &source, w, h);

    for (guint p = 0; p < w * h; p++)
      g_assert_cmphex (out[p], ==, 0xff8001fe);
  }
  g_free (source.pixels);
}

static void
test_parts (void)
{
  g_autoptr (MosScaler) scaler = mos_scaler_new ();
  MosCanvas           source = make_canvas (40, 30, 3);
  g_autofree guint32 *out = scale_all (scaler, &source, 97, 51);
  guint32             part[20 * 10];
  MosRect             area = { 61, 33, 20, 10 };

  mos_scaler_scale (scaler, &source, area, part, 20);
  for (guint y = 0; y < 10; y++)
    g_assert_cmpmem (part + y * 20, 80, out + (33 + y) * 97 + 61,
                     20 * sizeof (guint32));
  g_free (source.pixels);
}

/* Changing one source pixel changes target pixels inside its map only. */
static void
check_map (guint w, guint h)
{
  g_autoptr (MosScaler) scaler = mos_scaler_new ();
  MosCanvas           source = make_canvas (40, 30, 4);
  g_autofree guint32 *before = scale_all (scaler, &source, w, h);

  for (guint at = 0; at < 40 * 30; at += 37) {
    MosRect             pixel = { (int) (at % 40), (int) (at / 40), 1, 1 };
    MosRect             area = mos_scaler_map (scaler, pixel);
    g_autofree guint32 *after = NULL;

    source.pixels[at] ^= 0xffffff;
    after = scale_all (scaler, &source, w, h);
    for (int y = 0; y < (int) h; y++) {
      for (int x = 0; x < (int) w; x++) {
        if (x < area.x || y < area.y || x >= area.x + area.width ||
            y >= area.y + area.height)
          g_assert_cmphex (after[y * (int) w + x], ==, before[y * (int) w + x]);
      }
    }
    source.pixels[at] ^= 0xffffff;
  }
  g_free (source.pixels);
}

static void
test_map (void)
{
  check_map (40, 30);
  check_map (97, 51);
  check_map (120, 90);
  check_map (17, 11);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/display/scaler/multiples", test_multiples);
  g_test_add_func ("/display/scaler/flat", test_flat);
  g_test_add_func ("/display/scaler/parts", test_parts);
  g_test_add_func ("/display/scaler/map", test_map);
  return g_test_run ();
}
