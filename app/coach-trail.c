/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The way of the pointer. Both ends are asked for with every frame: a page
 * that is just being shown has no place yet when the trail begins. Main thread.
 */
#include "app/coach-trail.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/access.h"
#include "app/look.h"

#define GROW_US (700 * G_TIME_SPAN_MILLISECOND)
#define PARTS   48  /* straight pieces of the curve */
#define BEND    .18 /* of its length */
#define HEAD    16  /* pixels */

struct _MosCoachTrail {
  GtkWidget parent_instance;

  GWeakRef from, to;
  gint64   begun_us; /* frame time; 0: it has not */
  double   grown;    /* 0 to 1 */
};

G_DEFINE_FINAL_TYPE (MosCoachTrail, mos_coach_trail, GTK_TYPE_WIDGET)

static gboolean
find_middle (MosCoachTrail *self, GWeakRef *ref, graphene_point_t *middle)
{
  g_autoptr (GtkWidget) widget = g_weak_ref_get (ref);
  graphene_rect_t bounds;

  if (widget == NULL || !gtk_widget_get_mapped (widget) ||
      !gtk_widget_compute_bounds (widget, GTK_WIDGET (self), &bounds))
    return FALSE;
  graphene_rect_get_center (&bounds, middle);
  return TRUE;
}

/* The point at share @t of a curve that bends to its left. */
static graphene_point_t
point_at (const graphene_point_t *a, const graphene_point_t *b, double t)
{
  double dx = b->x - a->x;
  double dy = b->y - a->y;
  double side = 4 * BEND * t * (1 - t);

  return GRAPHENE_POINT_INIT ((float) (a->x + dx * t + dy * side),
                              (float) (a->y + dy * t - dx * side));
}

static void
stroke (cairo_t *cr, const GdkRGBA *color, double width)
{
  gdk_cairo_set_source_rgba (cr, color);
  cairo_set_line_width (cr, width);
  cairo_stroke_preserve (cr);
}

/* An arrow's head at @tip, coming from @before. */
static void
add_head (cairo_t                *cr,
          const graphene_point_t *before,
          const graphene_point_t *tip)
{
  double angle = atan2 (tip->y - before->y, tip->x - before->x);

  for (int side = -1; side <= 1; side += 2) {
    cairo_move_to (cr, tip->x, tip->y);
    cairo_line_to (cr, tip->x - HEAD * cos (angle + side * .5),
                   tip->y - HEAD * sin (angle + side * .5));
  }
}

static void
mos_coach_trail_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosCoachTrail   *self = MOS_COACH_TRAIL (widget);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  graphene_rect_t  all =
      GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                          (float) gtk_widget_get_height (widget));
  graphene_point_t a, b, tip, before;
  GdkRGBA          line = { .2f, .5f, .9f, 1 };
  GdkRGBA          edge = { 1, 1, 1, .8f };
  cairo_t         *cr;

  if (!find_middle (self, &self->from, &a) ||
      !find_middle (self, &self->to, &b))
    return;
  gtk_style_context_lookup_color (context, "accent_color", &line);
  gtk_style_context_lookup_color (context, "window_bg_color", &edge);
  cr = gtk_snapshot_append_cairo (snapshot, &all);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  before = tip = a;
  cairo_move_to (cr, a.x, a.y);
  for (guint i = 1; i <= PARTS; i++) {
    before = tip;
    tip = point_at (&a, &b, self->grown * i / PARTS);
    cairo_line_to (cr, tip.x, tip.y);
  }
  add_head (cr, &before, &tip);
  stroke (cr, &edge, 8);
  stroke (cr, &line, 4);
  cairo_destroy (cr);
}

/* Slow at both ends, as hands are. */
static gboolean
tick_cb (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  MosCoachTrail *self = MOS_COACH_TRAIL (widget);
  gint64         now_us = gdk_frame_clock_get_frame_time (clock);
  double         t;

  if (self->begun_us == 0)
    self->begun_us = now_us;
  t = MIN ((double) (now_us - self->begun_us) / GROW_US, 1);
  self->grown = t * t * (3 - 2 * t);
  gtk_widget_queue_draw (widget);
  return t < 1 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
mos_coach_trail_finalize (GObject *object)
{
  MosCoachTrail *self = MOS_COACH_TRAIL (object);

  g_weak_ref_clear (&self->from);
  g_weak_ref_clear (&self->to);
  G_OBJECT_CLASS (mos_coach_trail_parent_class)->finalize (object);
}

static void
mos_coach_trail_class_init (MosCoachTrailClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = mos_coach_trail_finalize;
  widget_class->snapshot = mos_coach_trail_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mos_coach_trail_init (MosCoachTrail *self)
{
  g_weak_ref_init (&self->from, NULL);
  g_weak_ref_init (&self->to, NULL);
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
  mos_access_name (GTK_WIDGET (self), _ ("The way there"));
}

static GtkWidget *
outermost_overlay (GtkWidget *widget)
{
  GtkWidget *overlay = NULL;

  for (; widget != NULL; widget = gtk_widget_get_parent (widget))
    if (GTK_IS_OVERLAY (widget))
      overlay = widget;
  return overlay;
}

GtkWidget *
mos_coach_trail_add (GtkWidget *from, GtkWidget *to)
{
  GtkWidget     *overlay = outermost_overlay (from);
  MosCoachTrail *self;

  g_return_val_if_fail (GTK_IS_WIDGET (from) && GTK_IS_WIDGET (to), NULL);

  if (overlay == NULL || !gtk_widget_is_ancestor (to, overlay))
    return NULL;
  self = g_object_new (MOS_TYPE_COACH_TRAIL, NULL);
  g_weak_ref_set (&self->from, from);
  g_weak_ref_set (&self->to, to);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), GTK_WIDGET (self));
  if (mos_look_animated (overlay))
    gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, NULL, NULL);
  else
    self->grown = 1;
  return GTK_WIDGET (self);
}

void
mos_coach_trail_remove (MosCoachTrail *self)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));

  if (GTK_IS_OVERLAY (parent))
    gtk_overlay_remove_overlay (GTK_OVERLAY (parent), GTK_WIDGET (self));
}
