/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a frame of the guest's screen costs the window: a tenth of it changes
 * sixty times a second. The peer is what the toolkit offers without us, a
 * GtkPicture that gets a whole new texture each time; same window, same
 * pixels, one after the other. Processor time is that of this process, all
 * threads.
 *
 * screen-frames [SECONDS]: prints a line for each size.
 */
#include <gtk/gtk.h>
#include <sys/resource.h>

#include "display/display.h"

#define FRAME_MS 16

typedef struct {
  guint    width, height;
  guint    step;    /* of what changes, from 0 */
  gboolean resting; /* nothing changes */
  gint64   painted_us;
  gint64   late_us; /* from painting to the glass, summed */
  guint    n_late;
  /* The peer's. */
  GtkWidget *picture;
  guint32   *pixels;
  guint      frames;
} Bench;

/* The tenth that changes next, in another colour than before. */
static MosRect
change (Bench *self, guint32 *pixels, guint stride)
{
  guint   band = self->height / 10, first = self->step % 10 * band;
  guint32 colour = 0xff000000 | (self->step * 2654435761u >> 8);

  for (guint y = first; y < first + band; y++)
    for (guint x = 0; x < self->width; x++)
      pixels[y * stride + x] = colour ^ x;
  self->step++;
  return (MosRect){ 0, (int) first, (int) self->width, (int) band };
}

static void
paint (gpointer source, MosCanvas *canvas, gboolean full, MosDamage *damage)
{
  Bench *self = source;

  mos_canvas_resize (canvas, self->width, self->height);
  if (!self->resting || full)
    mos_damage_add (damage, change (self, canvas->pixels, canvas->stride));
  if (full)
    mos_damage_add (damage,
                    (MosRect){ 0, 0, (int) self->width, (int) self->height });
  self->painted_us = g_get_monotonic_time ();
}

static void
read_text (gpointer source, MosTextScreen *text)
{
  text->columns = 0;
}

static gboolean
peer_cb (gpointer user_data)
{
  Bench *self = user_data;
  gsize  size = 4ul * self->width * self->height;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  change (self, self->pixels, self->width);
  bytes = g_bytes_new (self->pixels, size);
  texture = gdk_memory_texture_new ((int) self->width, (int) self->height,
                                    GDK_MEMORY_B8G8R8A8_PREMULTIPLIED, bytes,
                                    4ul * self->width);
  gtk_picture_set_paintable (GTK_PICTURE (self->picture),
                             GDK_PAINTABLE (texture));
  self->frames++;
  return G_SOURCE_CONTINUE;
}

static double
cpu_s (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static gboolean
set_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Processor seconds that @seconds took. */
static double
spend (double seconds)
{
  double   before = cpu_s ();
  gboolean over = FALSE;

  g_timeout_add ((guint) (seconds * 1000), set_cb, &over);
  while (!over)
    g_main_context_iteration (NULL, TRUE);
  return cpu_s () - before;
}

static void
drawn_cb (GdkFrameClock *clock, Bench *self)
{
  if (self->painted_us == 0)
    return;
  self->late_us += g_get_monotonic_time () - self->painted_us;
  self->n_late++;
  self->painted_us = 0;
}

static GtkWidget *
show (GtkWidget *child, const Bench *bench)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_child (GTK_WINDOW (window), child);
  gtk_window_set_default_size (GTK_WINDOW (window), (int) bench->width,
                               (int) bench->height);
  gtk_window_present (GTK_WINDOW (window));
  spend (.5);
  return window;
}

static void
measure_peer (Bench *self, double seconds)
{
  GtkWidget *window;
  guint      timer, before;
  double     cpu;

  self->picture = gtk_picture_new ();
  self->pixels = g_new0 (guint32, (gsize) self->width * self->height);
  window = show (self->picture, self);
  timer = g_timeout_add (FRAME_MS, peer_cb, self);
  spend (.5);
  before = self->frames;
  cpu = spend (seconds);
  g_print ("  whole textures: %6.2f ms a frame, %4.1f frames a second\n",
           cpu * 1e3 / (self->frames - before),
           (self->frames - before) / seconds);
  g_source_remove (timer);
  gtk_window_destroy (GTK_WINDOW (window));
  g_free (self->pixels);
}

static void
measure_ours (Bench *self, double seconds)
{
  static const MosScreenSource source = { .paint = paint,
                                          .read_text = read_text };
  g_autoptr (MosScreen) screen = mos_screen_new (NULL);
  GtkWidget     *view = mos_screen_view_new ();
  GtkWidget     *window;
  GdkFrameClock *clock;
  guint64        before;
  double         cpu;

  mos_screen_set_source (screen, &source, self);
  mos_screen_view_set_machine (MOS_SCREEN_VIEW (view), screen, NULL);
  mos_screen_view_set_scaling (MOS_SCREEN_VIEW (view), MOS_SCALING_ONE);
  window = show (view, self);
  clock = gtk_widget_get_frame_clock (view);
  g_signal_connect (clock, "after-paint", G_CALLBACK (drawn_cb), self);
  spend (.5);
  self->late_us = self->n_late = 0;
  before = mos_screen_frames (screen);
  cpu = spend (seconds);
  g_print ("  this window:    %6.2f ms a frame, %4.1f frames a second, %.1f ms "
           "from paint to glass\n",
           cpu * 1e3 / (double) (mos_screen_frames (screen) - before),
           (double) (mos_screen_frames (screen) - before) / seconds,
           (double) self->late_us / 1e3 / MAX (self->n_late, 1));
  self->resting = TRUE;
  spend (2);
  g_print ("  nothing changes: %5.2f %% of a core\n",
           spend (seconds) * 100 / seconds);
  self->resting = FALSE;
  gtk_widget_set_visible (view, FALSE);
  spend (.5);
  before = mos_screen_frames (screen);
  cpu = spend (seconds);
  g_print ("  hidden:          %5.2f %% of a core, %" G_GUINT64_FORMAT
           " frames\n",
           cpu * 100 / seconds, mos_screen_frames (screen) - before);
  gtk_window_destroy (GTK_WINDOW (window));
  mos_screen_set_source (screen, NULL, NULL);
}

int
main (int argc, char **argv)
{
  static const guint sizes[][2] = { { 1024, 768 }, { 1920, 1080 } };
  double             seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 5;

  if (!(seconds > 0 && seconds <= 600) || !gtk_init_check ()) {
    g_printerr ("screen-frames [SECONDS]: 0 to 600, with a display\n");
    return 2;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    Bench bench = { .width = sizes[i][0], .height = sizes[i][1] };

    g_print ("%u x %u, a tenth changes\n", bench.width, bench.height);
    measure_peer (&bench, seconds);
    measure_ours (&bench, seconds);
  }
  return 0;
}
