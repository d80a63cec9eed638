/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest's screen in a window: a display adapter that can follow hears how
 * large its view has become.
 */
#include <epoxy/gl.h>
#include <gtk/gtk.h>
#include <string.h>

#include "display/display.h"

typedef struct {
  guint width, height; /* as last heard */
  guint times;
} Adapter;

/* On the screen's I/O context, which is this thread's. */
static void
hear_size (gpointer source, guint width, guint height)
{
  Adapter *self = source;

  self->width = width;
  self->height = height;
  self->times++;
}

static void
paint (gpointer source, MosCanvas *canvas, gboolean full, MosDamage *damage)
{
}

static void
read_text (gpointer source, MosTextScreen *text)
{
  text->columns = 0;
}

static gboolean
is_shown (GtkWidget *view, Adapter *adapter)
{
  return gtk_widget_get_width (view) > 0;
}

static gboolean
is_told (GtkWidget *view, Adapter *adapter)
{
  guint scale = (guint) gtk_widget_get_scale_factor (view);

  return adapter->width == (guint) gtk_widget_get_width (view) * scale &&
         adapter->height == (guint) gtk_widget_get_height (view) * scale;
}

static void
wait_for (gboolean (*test) (GtkWidget *view, Adapter *adapter),
          GtkWidget *view,
          Adapter   *adapter)
{
  gint64 end_us = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;

  while (!test (view, adapter) && g_get_monotonic_time () < end_us)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (test (view, adapter));
}

static void
test_hint (void)
{
  static const MosScreenSource source = { .paint = paint,
                                          .read_text = read_text,
                                          .hint_size = hear_size };
  Adapter                      adapter = { 0 };
  GtkWidget                   *window = gtk_window_new ();
  GtkWidget                   *view = mos_screen_view_new ();
  g_autoptr (MosScreen) screen = mos_screen_new (NULL);

  mos_screen_set_source (screen, &source, &adapter);
  mos_screen_view_set_machine (MOS_SCREEN_VIEW (view), screen, NULL);
  gtk_window_set_child (GTK_WINDOW (window), view);
  gtk_window_set_default_size (GTK_WINDOW (window), 500, 400);
  gtk_window_present (GTK_WINDOW (window));
  wait_for (is_shown, view, &adapter);
  /* The guest begins with the size it was configured to have. */
  g_assert_cmpuint (adapter.times, ==, 0);
  gtk_window_set_default_size (GTK_WINDOW (window), 720, 560);
  wait_for (is_told, view, &adapter);
  g_assert_cmpuint (adapter.width, >=, 600);
  gtk_window_destroy (GTK_WINDOW (window));
  mos_screen_set_source (screen, NULL, NULL);
}

/* Where the processor does OpenGL's work, or nobody, windows are not drawn by
 * OpenGL. */
static void
test_renderer (void)
{
  GdkDisplay *display = gdk_display_get_default ();
  GtkWidget  *window = gtk_window_new ();
  g_autoptr (GdkGLContext) context =
      gdk_display_create_gl_context (display, NULL);
  const char *name = "";

  if (context != NULL && gdk_gl_context_realize (context, NULL)) {
    gdk_gl_context_make_current (context);
    name = (const char *) glGetString (GL_RENDERER);
    gdk_gl_context_clear_current ();
  }
  g_test_message ("OpenGL by \"%s\"", name);
  g_unsetenv ("GSK_RENDERER");
  mos_renderer_choose (display);
  g_assert_false (mos_renderer_is_cairo (window));
  gtk_window_present (GTK_WINDOW (window));
  g_assert_cmpint (mos_renderer_is_cairo (window), ==,
                   strlen (name) == 0 || strstr (name, "llvmpipe") != NULL);
  gtk_window_destroy (GTK_WINDOW (window));
}

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screen-view/hint", test_hint);
  g_test_add_func ("/screen-view/renderer", test_renderer);
  return g_test_run ();
}
