/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An overlay with layers that take no input, but for the small bar with the
 * clock. Text grows by the toolkit's own resolution, which reaches dialogs and
 * menus too and goes back to what it was. Main thread.
 */
#include "app/presenter.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/keys.h"

#define CAPS_MS     2000
#define HALO_RADIUS 28.0
#define MAX_MINUTES 180

struct _MosPresenter {
  GtkWidget parent_instance;

  GtkWidget *overlay;
  GtkWidget *halo;
  GtkWidget *caps;
  GtkWidget *bar;
  GtkWidget *clock;
  GtkWidget *blank;

  gboolean active;
  int      old_dpi; /* of the toolkit, in 1024ths */
  double   x, y;    /* the pointer; x < 0: outside */
  guint    caps_timeout;
  guint    clock_timeout;
  gint64   end_us; /* of the countdown; 0: none, it counts up */
  gint64   begin_us;
  GString *held; /* modifiers that are down: "Ctrl+Alt+" */
};

G_DEFINE_FINAL_TYPE (MosPresenter, mos_presenter, GTK_TYPE_WIDGET)

/* -- the halo ------------------------------------------------------------ */

static void
draw_halo (GtkDrawingArea *area,
           cairo_t        *cr,
           int             width,
           int             height,
           gpointer        user_data)
{
  MosPresenter *self = user_data;

  if (self->x < 0)
    return;
  cairo_arc (cr, self->x, self->y, HALO_RADIUS, 0, 2 * G_PI);
  cairo_set_source_rgba (cr, 1, .82, .2, .35);
  cairo_fill_preserve (cr);
  cairo_set_source_rgba (cr, .1, .1, .1, .8);
  cairo_set_line_width (cr, 2);
  cairo_stroke (cr);
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           gpointer                  user_data)
{
  MosPresenter *self = user_data;

  if (!self->active)
    return;
  self->x = x;
  self->y = y;
  gtk_widget_queue_draw (self->halo);
}

static void
leave_cb (GtkEventControllerMotion *controller, gpointer user_data)
{
  MosPresenter *self = user_data;

  self->x = -1;
  gtk_widget_queue_draw (self->halo);
}

/* -- keys ---------------------------------------------------------------- */

static gboolean
hide_caps_cb (gpointer user_data)
{
  MosPresenter *self = user_data;

  self->caps_timeout = 0;
  gtk_widget_set_visible (self->caps, FALSE);
  return G_SOURCE_REMOVE;
}

void
mos_presenter_show_keys (MosPresenter *self, const char *keys)
{
  g_return_if_fail (MOS_IS_PRESENTER (self));

  if (!self->active)
    return;
  gtk_label_set_label (GTK_LABEL (self->caps), keys);
  gtk_widget_set_visible (self->caps, TRUE);
  g_clear_handle_id (&self->caps_timeout, g_source_remove);
  self->caps_timeout = g_timeout_add (CAPS_MS, hide_caps_cb, self);
}

void
mos_presenter_key (MosPresenter *self, guint keycode, gboolean down)
{
  const char      *name = mos_keys_name (keycode);
  g_autofree char *part = NULL;
  g_autofree char *keys = NULL;

  g_return_if_fail (MOS_IS_PRESENTER (self));

  if (name == NULL)
    return;
  part = g_strconcat (name, "+", NULL);
  if (mos_keys_is_modifier (keycode)) {
    g_string_replace (self->held, part, "", 0);
    if (down)
      g_string_append (self->held, part);
  } else if (down) {
    keys = g_strconcat (self->held->str, name, NULL);
    mos_presenter_show_keys (self, keys);
  }
}

/* -- the clock ----------------------------------------------------------- */

static gboolean
show_clock_cb (gpointer user_data)
{
  MosPresenter *self = user_data;
  gint64        now_us = g_get_monotonic_time ();
  gint64        s =
      (self->end_us != 0 ? self->end_us - now_us : now_us - self->begin_us) /
      G_USEC_PER_SEC;
  g_autofree char *text =
      g_strdup_printf ("%s%d:%02d", s < 0 ? "−" : "", (int) (ABS (s) / 60),
                       (int) (ABS (s) % 60));

  gtk_label_set_label (GTK_LABEL (self->clock), text);
  if (s < 0)
    gtk_widget_add_css_class (self->clock, "error");
  else
    gtk_widget_remove_css_class (self->clock, "error");
  return G_SOURCE_CONTINUE;
}

static void
more_cb (MosPresenter *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 limit_us = now_us + (gint64) MAX_MINUTES * 60 * G_USEC_PER_SEC;

  self->end_us = MAX (self->end_us, now_us) + (gint64) 5 * 60 * G_USEC_PER_SEC;
  self->end_us = MIN (self->end_us, limit_us);
  show_clock_cb (self);
}

/* -- on and off ---------------------------------------------------------- */

static void
scale_text (MosPresenter *self)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (self));
  int          dpi = 0;

  if (!self->active) {
    g_object_set (settings, "gtk-xft-dpi", self->old_dpi, NULL);
    return;
  }
  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  self->old_dpi = dpi;
  if (dpi <= 0)
    dpi = 96 * 1024;
  g_object_set (settings, "gtk-xft-dpi", (int) (dpi * MOS_PRESENTER_SCALE),
                NULL);
}

void
mos_presenter_set_active (MosPresenter *self, gboolean active)
{
  g_return_if_fail (MOS_IS_PRESENTER (self));

  if (self->active == active)
    return;
  self->active = active;
  scale_text (self);
  gtk_widget_set_visible (self->bar, active);
  gtk_widget_set_visible (self->halo, active);
  gtk_widget_set_visible (self->caps, FALSE);
  g_clear_handle_id (&self->caps_timeout, g_source_remove);
  g_clear_handle_id (&self->clock_timeout, g_source_remove);
  g_string_truncate (self->held, 0);
  self->x = -1;
  if (active) {
    self->begin_us = g_get_monotonic_time ();
    self->end_us = 0;
    self->clock_timeout = g_timeout_add_seconds (1, show_clock_cb, self);
    show_clock_cb (self);
  } else {
    mos_presenter_set_blank (self, FALSE);
  }
}

gboolean
mos_presenter_get_active (MosPresenter *self)
{
  g_return_val_if_fail (MOS_IS_PRESENTER (self), FALSE);
  return self->active;
}

void
mos_presenter_set_blank (MosPresenter *self, gboolean blank)
{
  g_return_if_fail (MOS_IS_PRESENTER (self));

  gtk_widget_set_visible (self->blank, blank);
  if (blank)
    gtk_widget_grab_focus (self->blank);
}

gboolean
mos_presenter_get_blank (MosPresenter *self)
{
  g_return_val_if_fail (MOS_IS_PRESENTER (self), FALSE);
  return gtk_widget_get_visible (self->blank);
}

void
mos_presenter_set_beside (MosPresenter *self, int width)
{
  g_return_if_fail (MOS_IS_PRESENTER (self));
  gtk_widget_set_margin_end (self->bar, MAX (width, 0));
}

/* -- life ---------------------------------------------------------------- */

static GtkWidget *
make_bar (MosPresenter *self)
{
  GtkWidget *more = gtk_button_new_with_label (_ ("+5 min"));
  GtkWidget *blank = gtk_button_new_with_label (_ ("Blank"));
  GtkWidget *leave = gtk_button_new_with_label (_ ("End"));

  self->bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  self->clock = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->clock, "numeric");
  mos_access_name (self->clock, _ ("Presentation clock"));
  mos_access_reason (more, _ ("Five minutes more on the clock"), NULL);
  g_signal_connect_swapped (more, "clicked", G_CALLBACK (more_cb), self);
  mos_access_reason (blank, _ ("Blank the Screen"), NULL);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (blank), "win.blank");
  mos_access_reason (leave, _ ("End Presenting"), NULL);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (leave), "win.presenter");
  gtk_box_append (GTK_BOX (self->bar), self->clock);
  gtk_box_append (GTK_BOX (self->bar), more);
  gtk_box_append (GTK_BOX (self->bar), blank);
  gtk_box_append (GTK_BOX (self->bar), leave);
  gtk_widget_add_css_class (self->bar, "osd");
  gtk_widget_add_css_class (self->bar, "presenter-bar");
  gtk_widget_set_halign (self->bar, GTK_ALIGN_END);
  gtk_widget_set_valign (self->bar, GTK_ALIGN_END);
  gtk_widget_set_visible (self->bar, FALSE);
  return self->bar;
}

static GtkWidget *
make_blank (MosPresenter *self)
{
  self->blank = gtk_button_new ();
  gtk_widget_add_css_class (self->blank, "presenter-blank");
  mos_access_name (self->blank, _ ("Blank screen; press to go on"));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->blank), "win.blank");
  gtk_widget_set_visible (self->blank, FALSE);
  return self->blank;
}

static void
mos_presenter_dispose (GObject *object)
{
  MosPresenter *self = MOS_PRESENTER (object);

  if (self->active)
    mos_presenter_set_active (self, FALSE);
  g_clear_handle_id (&self->caps_timeout, g_source_remove);
  g_clear_handle_id (&self->clock_timeout, g_source_remove);
  g_clear_pointer (&self->overlay, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_presenter_parent_class)->dispose (object);
}

static void
mos_presenter_finalize (GObject *object)
{
  g_string_free (MOS_PRESENTER (object)->held, TRUE);
  G_OBJECT_CLASS (mos_presenter_parent_class)->finalize (object);
}

static void
mos_presenter_class_init (MosPresenterClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_presenter_dispose;
  G_OBJECT_CLASS (klass)->finalize = mos_presenter_finalize;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static void
mos_presenter_init (MosPresenter *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();

  self->held = g_string_new (NULL);
  self->x = -1;
  self->overlay = gtk_overlay_new ();
  self->halo = gtk_drawing_area_new ();
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self->halo), draw_halo,
                                  self, NULL);
  gtk_widget_set_can_target (self->halo, FALSE);
  gtk_widget_set_visible (self->halo, FALSE);
  self->caps = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->caps, "osd");
  gtk_widget_add_css_class (self->caps, "presenter-caps");
  gtk_widget_set_halign (self->caps, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->caps, GTK_ALIGN_END);
  gtk_widget_set_can_target (self->caps, FALSE);
  gtk_widget_set_visible (self->caps, FALSE);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->caps);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), make_bar (self));
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), self->halo);
  gtk_overlay_add_overlay (GTK_OVERLAY (self->overlay), make_blank (self));
  gtk_widget_set_parent (self->overlay, GTK_WIDGET (self));
  gtk_event_controller_set_propagation_phase (motion, GTK_PHASE_CAPTURE);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (self->overlay, motion);
}

GtkWidget *
mos_presenter_new (GtkWidget *child)
{
  MosPresenter *self = g_object_new (MOS_TYPE_PRESENTER, NULL);

  gtk_overlay_set_child (GTK_OVERLAY (self->overlay), child);
  return GTK_WIDGET (self);
}
