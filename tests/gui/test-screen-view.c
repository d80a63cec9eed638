/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest's screen in a window: a display adapter that can follow hears how
 * large its view has become.
 */
#include <gtk/gtk.h>

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

int
main (int argc, char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screen-view/hint", test_hint);
  return g_test_run ();
}
