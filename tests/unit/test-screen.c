/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The mailbox of pictures: damage, text, and viewers on other threads that
 * always see whole frames, exactly the painter's, whatever they do meanwhile.
 */

#include <glib.h>
#include <string.h>

#include "engine/host/screen.h"

/* Values ------------------------------------------------------------------- */

static gboolean
damage_covers (const MosDamage *damage, int x, int y)
{
  for (guint i = 0; i < damage->n_rects; i++) {
    MosRect r = damage->rects[i];

    if (x >= r.x && x < r.x + r.width && y >= r.y && y < r.y + r.height)
      return TRUE;
  }
  return FALSE;
}

static void
test_damage (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  MosDamage damage = { .n_rects = 0 };

  mos_damage_add (&damage, (MosRect){ 0, 0, 8, 16 });
  mos_damage_add (&damage, (MosRect){ 8, 0, 8, 16 });
  mos_damage_add (&damage, (MosRect){ 0, 16, 16, 16 });
  g_assert_cmpuint (damage.n_rects, ==, 1);
  mos_damage_add (&damage, (MosRect){ 100, 100, 1, 1 });
  mos_damage_add (&damage, (MosRect){ 100, 100, 0, 1 });
  g_assert_cmpuint (damage.n_rects, ==, 2);
  for (int round = 0; round < 200; round++) {
    MosRect rects[60];

    damage.n_rects = 0;
    for (guint i = 0; i < G_N_ELEMENTS (rects); i++) {
      rects[i].x = g_rand_int_range (random, 0, 1000);
      rects[i].y = g_rand_int_range (random, 0, 1000);
      rects[i].width = g_rand_int_range (random, 1, 50);
      rects[i].height = g_rand_int_range (random, 1, 50);
      mos_damage_add (&damage, rects[i]);
      g_assert_cmpuint (damage.n_rects, <=, MOS_SCREEN_MAX_DAMAGE);
    }
    for (guint i = 0; i < G_N_ELEMENTS (rects); i++) {
      MosRect r = rects[i];

      g_assert_true (damage_covers (&damage, r.x, r.y));
      g_assert_true (
          damage_covers (&damage, r.x + r.width - 1, r.y + r.height - 1));
    }
  }
}

static void
test_canvas (void)
{
  MosCanvas canvas = { 0 };

  mos_canvas_resize (&canvas, 100000, 100000);
  g_assert_cmpuint (canvas.width, ==, MOS_SCREEN_MAX_WIDTH);
  g_assert_cmpuint (canvas.height, ==, MOS_SCREEN_MAX_HEIGHT);
  mos_canvas_resize (&canvas, 0, 0);
  g_assert_cmpuint (canvas.width, ==, 1);
  g_assert_cmpuint (canvas.height, ==, 1);
  mos_canvas_clear (&canvas);
  mos_canvas_clear (&canvas);
}

static void
test_text (void)
{
  MosTextScreen    text;
  g_autofree char *string = NULL;
  const gunichar   cells[] = { 'a', ' ', 0x2588, ' ', 0, 0, ' ', ' ', 'b' };

  mos_text_screen_init (&text);
  text.columns = 3;
  text.rows = 3;
  g_array_append_vals (text.characters, cells, G_N_ELEMENTS (cells));
  string = mos_text_screen_to_string (&text);
  g_assert_cmpstr (string, ==, "a \u2588\n\n  b");
  mos_text_screen_clear (&text);
}

/* A source whose picture is a number --------------------------------------- */

typedef struct {
  GMutex lock;
  guint  number; /* the colour of what is painted next */
  guint  size;
  guint  paints;
} Source;

/* Each painting changes one row, chosen by the number, to the number. */
static void
source_paint (gpointer   source,
              MosCanvas *canvas,
              gboolean   full,
              MosDamage *damage)
{
  Source *self = source;
  guint   first, n;

  g_mutex_lock (&self->lock);
  full = full || canvas->width != self->size;
  mos_canvas_resize (canvas, self->size, self->size);
  self->number++;
  self->paints++;
  first = full ? 0 : self->number % self->size;
  n = full ? self->size : 1;
  for (guint y = first; y < first + n; y++) {
    for (guint x = 0; x < self->size; x++)
      canvas->pixels[y * canvas->stride + x] = self->number;
  }
  mos_damage_add (damage,
                  (MosRect){ 0, (int) first, (int) self->size, (int) n });
  g_mutex_unlock (&self->lock);
}

static void
source_text (gpointer source, MosTextScreen *text)
{
  const gunichar hi[] = { 'h', 'i' };

  text->columns = 2;
  text->rows = 1;
  g_array_set_size (text->characters, 0);
  g_array_append_vals (text->characters, hi, 2);
}

static const MosScreenSource source_ops = {
  .paint = source_paint,
  .read_text = source_text,
};

/* Rows of a whole frame carry one number each, the newest in its row. */
static guint
check_frame (const MosCanvas *frame)
{
  guint newest = 0;

  for (guint y = 0; y < frame->height; y++) {
    const guint32 *row = frame->pixels + (gsize) y * frame->stride;

    for (guint x = 1; x < frame->width; x++)
      g_assert_cmpuint (row[x], ==, row[0]);
    newest = MAX (newest, row[0]);
  }
  /* The last numbers painted, one a row, none missing. */
  for (guint y = 0; y < frame->height; y++) {
    guint32 value = frame->pixels[(gsize) y * frame->stride];

    g_assert_cmpuint (newest - value, <=, newest);
    if (value % frame->height == y)
      g_assert_cmpuint (newest - value, <, frame->height);
  }
  return newest;
}

static void
notify_cb (gpointer user_data)
{
  g_atomic_int_inc ((int *) user_data);
}

static void
test_one_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (MosScreen) screen = mos_screen_new (context);
  g_autofree char *text = NULL;
  g_autofree char *nothing = mos_screen_text (screen);
  g_autoptr (GBytes) bytes = NULL;
  Source           source = { .size = 40 };
  MosScreenViewer *viewer;
  MosCanvas        frame;
  MosDamage        damage;
  guint            width, height;
  int              notified = 0;

  g_assert_cmpstr (nothing, ==, "");
  bytes = mos_screen_capture (screen, &width, &height);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 640 * 480 * 4);
  mos_screen_set_source (screen, &source_ops, &source);
  text = mos_screen_text (screen);
  g_assert_cmpstr (text, ==, "hi");

  /* Nobody watches: nobody is asked. */
  g_assert_false (g_main_context_iteration (context, FALSE));
  g_assert_cmpuint (source.paints, ==, 0);

  viewer = mos_screen_add_viewer (screen, notify_cb, &notified);
  g_assert_false (mos_screen_begin_frame (screen, viewer, &frame, &damage));
  while (notified < 3)
    g_main_context_iteration (context, TRUE);
  g_assert_true (mos_screen_begin_frame (screen, viewer, &frame, &damage));
  g_assert_cmpuint (damage.n_rects, ==, 1);
  g_assert_cmpint (damage.rects[0].height, ==, 40);
  check_frame (&frame);
  mos_screen_end_frame (screen, viewer);
  g_assert_false (mos_screen_begin_frame (screen, viewer, &frame, &damage));

  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = mos_screen_capture (screen, &width, &height);
  g_assert_cmpuint (width, ==, 40);
  while (notified < 5)
    g_main_context_iteration (context, TRUE);
  g_assert_true (mos_screen_begin_frame (screen, viewer, &frame, &damage));
  g_assert_cmpint (damage.rects[0].height, <=, 4);
  mos_screen_remove_viewer (screen, viewer);
  mos_screen_set_source (screen, NULL, NULL);
  g_assert_false (g_main_context_iteration (context, FALSE));
}

/* Viewers that keep an image by damage alone, on their own threads. */
typedef struct {
  MosScreen *screen;
  GMutex     lock;
  GCond      cond;
  gboolean   news;
  guint      frames;
} Watcher;

static void
watcher_cb (gpointer user_data)
{
  Watcher *self = user_data;

  g_mutex_lock (&self->lock);
  self->news = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
wait_for_news (Watcher *self)
{
  g_mutex_lock (&self->lock);
  while (!self->news)
    g_cond_wait (&self->cond, &self->lock);
  self->news = FALSE;
  g_mutex_unlock (&self->lock);
}

static gpointer
watch (gpointer data)
{
  Watcher         *self = data;
  MosCanvas        mine = { 0 };
  MosScreenViewer *viewer =
      mos_screen_add_viewer (self->screen, watcher_cb, self);
  guint last = 0;

  while (self->frames < 20) {
    MosCanvas frame;
    MosDamage damage;
    guint     newest;

    if (!mos_screen_begin_frame (self->screen, viewer, &frame, &damage)) {
      wait_for_news (self);
      continue;
    }
    mos_canvas_resize (&mine, frame.width, frame.height);
    for (guint i = 0; i < damage.n_rects; i++) {
      MosRect r = damage.rects[i];

      for (int y = r.y; y < r.y + r.height; y++)
        memcpy (mine.pixels + (gsize) y * mine.stride + r.x,
                frame.pixels + (gsize) y * frame.stride + r.x,
                (gsize) r.width * 4);
    }
    newest = check_frame (&frame);
    g_assert_cmpuint (newest, >=, last);
    last = newest;
    g_assert_cmpint (memcmp (mine.pixels, frame.pixels,
                             (gsize) mine.width * mine.height * 4),
                     ==, 0);
    mos_screen_end_frame (self->screen, viewer);
    self->frames++;
  }
  mos_screen_remove_viewer (self->screen, viewer);
  mos_canvas_clear (&mine);
  return NULL;
}

static gpointer
run_loop (gpointer data)
{
  g_main_loop_run (data);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (MosScreen) screen = mos_screen_new (context);
  GThread *io = g_thread_new ("io", run_loop, loop);
  GThread *threads[3];
  Watcher  watchers[3] = { 0 };
  Source   source = { .size = 64 };

  mos_screen_set_source (screen, &source_ops, &source);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    watchers[i].screen = screen;
    threads[i] = g_thread_new ("watch", watch, &watchers[i]);
  }
  for (guint size = 64; size < 72; size++) {
    g_autoptr (GBytes) bytes = NULL;

    g_mutex_lock (&source.lock);
    source.size = size;
    g_mutex_unlock (&source.lock);
    bytes = mos_screen_capture (screen, NULL, NULL);
    mos_screen_wake (screen);
    g_assert_cmpuint (g_bytes_get_size (bytes), ==, (gsize) size * size * 4);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  mos_screen_hint_size (screen, 800, 600);
  mos_screen_set_source (screen, NULL, NULL);
  g_main_loop_quit (loop);
  g_thread_join (io);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screen/damage", test_damage);
  g_test_add_func ("/screen/canvas", test_canvas);
  g_test_add_func ("/screen/text", test_text);
  g_test_add_func ("/screen/one-thread", test_one_thread);
  g_test_add_func ("/screen/threads", test_threads);
  return g_test_run ();
}
