/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The mailbox between a display adapter and its viewers.
 *
 *     source --paint--> canvas --copy damage--> frame <--read-- viewers
 *
 * The canvas is the painter's own. After each painting the changed rectangles
 * are copied into a frame that no viewer is reading, and that frame becomes
 * the newest. Each frame remembers what it missed while another was written,
 * so it is brought up to date by copying that too; each viewer remembers what
 * changed since it last looked. There are at most as many frames as viewers
 * plus two, so one is always free and nobody waits for anybody.
 *
 * Three locks, taken in this order: paint_lock is held around calls of the
 * source and guards the canvas; notify_lock is held around the viewers'
 * notification, so that removing one waits; lock guards all the bookkeeping
 * and is held for moments only.
 *
 * The timer runs only while there is a viewer and a source. It slows down step
 * by step while nothing changes and is quick again at the first change or
 * mos_screen_wake().
 */

#include "engine/host/screen.h"

#include <string.h>

#define FRAME_US     16667 /* 60 a second */
#define PATIENCE     60    /* paintings without change until slower */
#define MAX_SLOWNESS 5     /* 12 a second */
#define BLACK        0xff000000u

/* What is shown while there is no adapter. */
#define NOTHING_WIDTH  640
#define NOTHING_HEIGHT 480

typedef struct {
  MosCanvas canvas;
  MosDamage stale; /* what changed since this frame was written */
  guint     readers;
} Frame;

struct MosScreenViewer {
  MosScreenNotify notify;
  gpointer        user_data;
  MosDamage       damage; /* what it has not seen */
  Frame          *held;
};

struct MosScreen {
  gatomicrefcount refs;
  GMainContext   *context;

  GMutex                 paint_lock;
  const MosScreenSource *source;
  gpointer               source_data;
  MosCanvas              canvas;
  gboolean               full;    /* the canvas shows nothing yet */
  MosDamage              pending; /* painted, not yet in a frame */

  GMutex     notify_lock;
  GMutex     lock;
  GPtrArray *viewers;  /* changed with both locks held */
  GPtrArray *frames;   /* of Frame */
  guint64    n_frames; /* atomic: published so far */
  Frame     *newest;
  GSource   *timer;
  gint64     painted_us;
  guint      idle;     /* paintings since something changed */
  gboolean   announce; /* a new viewer waits to be told */
};

static MosRect
canvas_rect (const MosCanvas *canvas)
{
  return (MosRect){ 0, 0, (int) canvas->width, (int) canvas->height };
}

static void
damage_all (MosDamage *damage, const MosCanvas *canvas)
{
  damage->n_rects = 0;
  mos_damage_add (damage, canvas_rect (canvas));
}

static void
damage_merge (MosDamage *damage, const MosDamage *other)
{
  for (guint i = 0; i < other->n_rects; i++)
    mos_damage_add (damage, other->rects[i]);
}

/* Painting ----------------------------------------------------------------- */

/* Cuts the source's rectangles to the canvas. */
static void
damage_clip (MosDamage *damage, const MosCanvas *canvas)
{
  MosDamage clipped = { .n_rects = 0 };

  for (guint i = 0; i < damage->n_rects; i++) {
    MosRect r = damage->rects[i];
    int     right = MIN (r.x + r.width, (int) canvas->width);
    int     bottom = MIN (r.y + r.height, (int) canvas->height);

    r.x = MAX (r.x, 0);
    r.y = MAX (r.y, 0);
    r.width = right - r.x;
    r.height = bottom - r.y;
    mos_damage_add (&clipped, r);
  }
  *damage = clipped;
}

static void
blacken (MosCanvas *canvas)
{
  gsize n = (gsize) canvas->stride * canvas->height;

  for (gsize i = 0; i < n; i++)
    canvas->pixels[i] = BLACK;
}

/* Brings the canvas up to date; what changed is added to pending. Returns
 * whether anything is going on. With paint_lock held. */
static gboolean
paint_locked (MosScreen *self)
{
  guint     width = self->canvas.width;
  guint     height = self->canvas.height;
  gboolean  full = self->full;
  MosDamage damage = { .n_rects = 0 };

  if (self->canvas.pixels == NULL)
    mos_canvas_resize (&self->canvas, NOTHING_WIDTH, NOTHING_HEIGHT);
  if (full)
    blacken (&self->canvas);
  if (self->source != NULL)
    self->source->paint (self->source_data, &self->canvas, full, &damage);
  self->full = FALSE;
  if (width != self->canvas.width || height != self->canvas.height || full)
    damage_all (&self->pending, &self->canvas);
  else
    damage_merge (&self->pending, &damage);
  damage_clip (&self->pending, &self->canvas);
  return damage.n_rects > 0 && !damage.quiet;
}

static void
copy_rect (MosCanvas *to, const MosCanvas *from, MosRect rect)
{
  for (int y = rect.y; y < rect.y + rect.height; y++)
    memcpy (to->pixels + (gsize) y * to->stride + rect.x,
            from->pixels + (gsize) y * from->stride + rect.x,
            (gsize) rect.width * sizeof (guint32));
}

/* A frame that nobody reads and that is not the newest. */
static Frame *
free_frame_locked (MosScreen *self)
{
  Frame *frame;

  for (guint i = 0; i < self->frames->len; i++) {
    frame = g_ptr_array_index (self->frames, i);
    if (frame->readers == 0 && frame != self->newest)
      return frame;
  }
  frame = g_new0 (Frame, 1);
  g_ptr_array_add (self->frames, frame);
  return frame;
}

/* Copies what is pending into a frame and shows it. With paint_lock held. */
static void
publish_locked (MosScreen *self)
{
  MosDamage todo;
  Frame    *frame;

  g_mutex_lock (&self->lock);
  frame = free_frame_locked (self);
  /* Nobody else touches it before it is the newest: only the painter picks
   * frames, and paint_lock makes us the only painter. */
  g_mutex_unlock (&self->lock);

  todo = frame->stale;
  damage_merge (&todo, &self->pending);
  if (frame->canvas.width != self->canvas.width ||
      frame->canvas.height != self->canvas.height) {
    mos_canvas_resize (&frame->canvas, self->canvas.width, self->canvas.height);
    damage_all (&todo, &self->canvas);
  }
  damage_clip (&todo, &self->canvas);
  frame->canvas.pixel_aspect = self->canvas.pixel_aspect;
  for (guint i = 0; i < todo.n_rects; i++)
    copy_rect (&frame->canvas, &self->canvas, todo.rects[i]);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->frames->len; i++) {
    Frame *other = g_ptr_array_index (self->frames, i);

    if (other == frame)
      other->stale.n_rects = 0;
    else
      damage_merge (&other->stale, &self->pending);
  }
  for (guint i = 0; i < self->viewers->len; i++) {
    MosScreenViewer *viewer = g_ptr_array_index (self->viewers, i);

    damage_merge (&viewer->damage, &self->pending);
  }
  self->newest = frame;
  g_mutex_unlock (&self->lock);
  self->pending.n_rects = 0;
  __atomic_add_fetch (&self->n_frames, 1, __ATOMIC_RELAXED);
}

guint64
mos_screen_frames (MosScreen *self)
{
  return __atomic_load_n (&self->n_frames, __ATOMIC_RELAXED);
}

static void
notify_viewers (MosScreen *self)
{
  g_mutex_lock (&self->notify_lock);
  for (guint i = 0; i < self->viewers->len; i++) {
    MosScreenViewer *viewer = g_ptr_array_index (self->viewers, i);

    if (viewer->notify != NULL)
      viewer->notify (viewer->user_data);
  }
  g_mutex_unlock (&self->notify_lock);
}

/* One turn of the painter; whether anything is going on. */
static gboolean
turn (MosScreen *self)
{
  gboolean changed, busy, announce;

  g_mutex_lock (&self->paint_lock);
  busy = paint_locked (self);
  changed = self->pending.n_rects > 0;
  if (changed)
    publish_locked (self);
  g_mutex_unlock (&self->paint_lock);

  g_mutex_lock (&self->lock);
  announce = self->announce;
  self->announce = FALSE;
  g_mutex_unlock (&self->lock);
  if (changed || announce)
    notify_viewers (self);
  return busy;
}

/* The timer ---------------------------------------------------------------- */

/* A source of its own type, because a timeout cannot be made sooner. */
static gboolean
timer_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  return func (data);
}

static const GSourceFuncs timer_funcs = { NULL, NULL, timer_dispatch, NULL };

static void
schedule_locked (MosScreen *self)
{
  gint64 slowness = 1 + self->idle / PATIENCE;

  slowness = MIN (slowness, MAX_SLOWNESS);
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer,
                             self->painted_us + slowness * FRAME_US);
}

static gboolean
timer_cb (gpointer data)
{
  MosScreen *self = data;
  gint64     start_us = g_get_monotonic_time ();
  gboolean   busy = turn (self);

  g_mutex_lock (&self->lock);
  self->painted_us = start_us;
  self->idle = busy ? 0 : self->idle + 1;
  schedule_locked (self);
  g_mutex_unlock (&self->lock);
  return G_SOURCE_CONTINUE;
}

static void
start_timer_locked (MosScreen *self)
{
  if (self->timer != NULL)
    return;
  self->timer = g_source_new ((GSourceFuncs *) &timer_funcs, sizeof (GSource));
  g_source_set_name (self->timer, "screen");
  g_source_set_callback (self->timer, timer_cb, mos_screen_ref (self),
                         (GDestroyNotify) mos_screen_unref);
  self->idle = 0;
  self->painted_us = 0;
  schedule_locked (self);
  g_source_attach (self->timer, self->context);
}

/* Gives the timer away, to be destroyed without the lock. */
static GSource *
stop_timer_locked (MosScreen *self)
{
  return g_steal_pointer (&self->timer);
}

static void
destroy_timer (GSource *timer)
{
  if (timer == NULL)
    return;
  g_source_destroy (timer);
  g_source_unref (timer);
}

void
mos_screen_wake (MosScreen *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  if (self->idle >= PATIENCE) {
    self->idle = 0;
    schedule_locked (self);
  }
  g_mutex_unlock (&self->lock);
}

/* Life --------------------------------------------------------------------- */

static void
frame_free (gpointer data)
{
  Frame *frame = data;

  mos_canvas_clear (&frame->canvas);
  g_free (frame);
}

MosScreen *
mos_screen_new (GMainContext *io_context)
{
  MosScreen *self = g_new0 (MosScreen, 1);

  g_atomic_ref_count_init (&self->refs);
  if (io_context == NULL)
    io_context = g_main_context_default ();
  self->context = g_main_context_ref (io_context);
  self->full = TRUE;
  self->viewers = g_ptr_array_new_with_free_func (g_free);
  self->frames = g_ptr_array_new_with_free_func (frame_free);
  g_mutex_init (&self->paint_lock);
  g_mutex_init (&self->notify_lock);
  g_mutex_init (&self->lock);
  return self;
}

MosScreen *
mos_screen_ref (MosScreen *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_screen_unref (MosScreen *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_ptr_array_unref (self->viewers);
  g_ptr_array_unref (self->frames);
  mos_canvas_clear (&self->canvas);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->paint_lock);
  g_mutex_clear (&self->notify_lock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mos_screen_set_source (MosScreen             *self,
                       const MosScreenSource *source,
                       gpointer               user_data)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->paint_lock);
  self->source = source;
  self->source_data = user_data;
  self->full = TRUE;
  g_mutex_unlock (&self->paint_lock);
  mos_screen_wake (self);
}

/* Viewers ------------------------------------------------------------------ */

MosScreenViewer *
mos_screen_add_viewer (MosScreen      *self,
                       MosScreenNotify notify,
                       gpointer        user_data)
{
  MosScreenViewer *viewer;

  g_return_val_if_fail (self != NULL, NULL);

  viewer = g_new0 (MosScreenViewer, 1);
  viewer->notify = notify;
  viewer->user_data = user_data;
  g_mutex_lock (&self->notify_lock);
  g_mutex_lock (&self->lock);
  if (self->newest != NULL)
    damage_all (&viewer->damage, &self->newest->canvas);
  g_ptr_array_add (self->viewers, viewer);
  self->announce = TRUE;
  start_timer_locked (self);
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->notify_lock);
  return viewer;
}

void
mos_screen_remove_viewer (MosScreen *self, MosScreenViewer *viewer)
{
  GSource *timer = NULL;

  g_return_if_fail (self != NULL);

  if (viewer == NULL)
    return;
  g_mutex_lock (&self->notify_lock);
  g_mutex_lock (&self->lock);
  if (viewer->held != NULL)
    viewer->held->readers--;
  g_ptr_array_remove (self->viewers, viewer);
  if (self->viewers->len == 0)
    timer = stop_timer_locked (self);
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->notify_lock);
  destroy_timer (timer);
}

gboolean
mos_screen_begin_frame (MosScreen       *self,
                        MosScreenViewer *viewer,
                        MosCanvas       *frame,
                        MosDamage       *damage)
{
  g_return_val_if_fail (self != NULL && viewer != NULL, FALSE);
  g_return_val_if_fail (viewer->held == NULL, FALSE);

  g_mutex_lock (&self->lock);
  if (self->newest == NULL || viewer->damage.n_rects == 0) {
    g_mutex_unlock (&self->lock);
    return FALSE;
  }
  viewer->held = self->newest;
  viewer->held->readers++;
  *frame = viewer->held->canvas;
  *damage = viewer->damage;
  damage_clip (damage, frame);
  viewer->damage.n_rects = 0;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
mos_screen_end_frame (MosScreen *self, MosScreenViewer *viewer)
{
  g_return_if_fail (self != NULL && viewer != NULL);

  g_mutex_lock (&self->lock);
  if (viewer->held != NULL)
    viewer->held->readers--;
  viewer->held = NULL;
  g_mutex_unlock (&self->lock);
}

/* On demand ---------------------------------------------------------------- */

GBytes *
mos_screen_capture (MosScreen *self, guint *width, guint *height)
{
  GBytes *bytes;

  g_return_val_if_fail (self != NULL, NULL);

  /* The canvas keeps what was painted; the timer publishes it. */
  g_mutex_lock (&self->paint_lock);
  paint_locked (self);
  bytes = g_bytes_new (self->canvas.pixels, (gsize) self->canvas.width *
                                                self->canvas.height *
                                                sizeof (guint32));
  if (width != NULL)
    *width = self->canvas.width;
  if (height != NULL)
    *height = self->canvas.height;
  g_mutex_unlock (&self->paint_lock);
  return bytes;
}

void
mos_screen_read_text (MosScreen *self, MosTextScreen *text)
{
  g_return_if_fail (self != NULL && text != NULL);

  text->columns = text->rows = 0;
  text->cursor_visible = FALSE;
  g_mutex_lock (&self->paint_lock);
  if (self->source != NULL && self->source->read_text != NULL)
    self->source->read_text (self->source_data, text);
  g_mutex_unlock (&self->paint_lock);
}

char *
mos_screen_text (MosScreen *self)
{
  MosTextScreen text;
  char         *string;

  g_return_val_if_fail (self != NULL, NULL);

  mos_text_screen_init (&text);
  mos_screen_read_text (self, &text);
  string = mos_text_screen_to_string (&text);
  mos_text_screen_clear (&text);
  return string;
}

typedef struct {
  MosScreen *screen;
  guint      width;
  guint      height;
} Hint;

static gboolean
hint_cb (gpointer data)
{
  Hint      *hint = data;
  MosScreen *self = hint->screen;

  g_mutex_lock (&self->paint_lock);
  if (self->source != NULL && self->source->hint_size != NULL)
    self->source->hint_size (self->source_data, hint->width, hint->height);
  g_mutex_unlock (&self->paint_lock);
  return G_SOURCE_REMOVE;
}

static void
hint_free (gpointer data)
{
  Hint *hint = data;

  mos_screen_unref (hint->screen);
  g_free (hint);
}

void
mos_screen_hint_size (MosScreen *self, guint width, guint height)
{
  GSource *source;
  Hint    *hint;

  g_return_if_fail (self != NULL);

  /* Not here: a window must not wait for a painting to end. */
  hint = g_new (Hint, 1);
  *hint = (Hint){ mos_screen_ref (self), width, height };
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, hint_cb, hint, hint_free);
  g_source_attach (source, self->context);
  g_source_unref (source);
}
