/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * PNG through libpng: encoded into memory with the simplified interface, and
 * written by temporary file and rename.
 */

#include "app/cli/screenshot.h"

#include <glib/gi18n-lib.h>
#include <png.h>

#include "engine/engine.h"

/* The pixels as bytes R, G, B. */
static guint8 *
to_rgb (const guint32 *pixels, gsize count)
{
  guint8 *rgb = g_malloc_n (count, 3);

  for (gsize i = 0; i < count; i++) {
    rgb[3 * i] = (guint8) (pixels[i] >> 16);
    rgb[3 * i + 1] = (guint8) (pixels[i] >> 8);
    rgb[3 * i + 2] = (guint8) pixels[i];
  }
  return rgb;
}

gboolean
mos_screenshot_save (const char    *path,
                     const guint32 *pixels,
                     guint          width,
                     guint          height,
                     GError       **error)
{
  png_image          image = { .version = PNG_IMAGE_VERSION,
                               .width = width,
                               .height = height,
                               .format = PNG_FORMAT_RGB };
  g_autofree guint8 *rgb = to_rgb (pixels, (gsize) width * height);
  g_autofree guint8 *file = NULL;
  g_autoptr (GError) problem = NULL;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX (image);

  file = g_malloc (size);
  if (!png_image_write_to_memory (&image, file, &size, 0, rgb, 0, NULL)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("%s: the picture of %u by %u cannot be encoded: %s"), path,
                 width, height, image.message);
    return FALSE;
  }
  if (!g_file_set_contents_full (path, (const char *) file, (gssize) size,
                                 G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                 &problem)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
                 _ ("%s: the picture cannot be written: %s"), path,
                 problem->message);
    return FALSE;
  }
  return TRUE;
}
