/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Plots as files: SVG and PNG, black on white.
 */
#include <cairo-svg.h>
#include <glib/gi18n-lib.h>

#include "app/plot.h"

static void
draw_page (const MosPlot   *self,
           cairo_surface_t *surface,
           double           width,
           double           height)
{
  cairo_t *cr = cairo_create (surface);

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  mos_plot_draw (self, cr, width, height, &mos_plot_print_theme, -1);
  cairo_destroy (cr);
}

static cairo_status_t
append_cb (void *closure, const unsigned char *data, unsigned int length)
{
  g_byte_array_append (closure, data, length);
  return CAIRO_STATUS_SUCCESS;
}

GByteArray *
mos_plot_to_svg (const MosPlot *self, double width, double height)
{
  GByteArray      *bytes = g_byte_array_new ();
  cairo_surface_t *surface =
      cairo_svg_surface_create_for_stream (append_cb, bytes, width, height);

  draw_page (self, surface, width, height);
  cairo_surface_finish (surface);
  cairo_surface_destroy (surface);
  return bytes;
}

gboolean
mos_plot_save_svg (const MosPlot *self,
                   const char    *path,
                   double         width,
                   double         height,
                   GError       **error)
{
  g_autoptr (GByteArray) bytes = mos_plot_to_svg (self, width, height);

  return g_file_set_contents (path, (const char *) bytes->data,
                              (gssize) bytes->len, error);
}

gboolean
mos_plot_save_png (const MosPlot *self,
                   const char    *path,
                   double         width,
                   double         height,
                   GError       **error)
{
  cairo_surface_t *surface = cairo_image_surface_create (
      CAIRO_FORMAT_RGB24, (int) width, (int) height);
  cairo_status_t status;

  draw_page (self, surface, width, height);
  status = cairo_surface_write_to_png (surface, path);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be written: %s"),
               path, cairo_status_to_string (status));
  return FALSE;
}
