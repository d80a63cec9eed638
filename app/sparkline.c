/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The share of time that a machine's processors spent in the guest, second by
 * second; the counter is the one of the metric guest_cpu. Right to left in
 * every language: the newest value is where a graph has it. Main thread.
 */
#include "app/sparkline.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

#define SAMPLES    60u
#define WIDTH      72
#define HEIGHT     18
#define INTERVAL_S 1

struct _MosSparkline {
  GtkWidget parent_instance;

  MosVm *vm;
  guint  timeout;
  guint8 values[SAMPLES]; /* per cent, a ring */
  int    percent;         /* that is told; -1: none */
  guint  n, next;
  gint64 last_run_ns, last_us;
};

G_DEFINE_FINAL_TYPE (MosSparkline, mos_sparkline, GTK_TYPE_WIDGET)

static void
describe (MosSparkline *self, int percent)
{
  g_autofree char *text =
      g_strdup_printf (_ ("%.0f percent busy"), (double) percent);

  if (percent == self->percent)
    return;
  self->percent = percent;
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), text);
  mos_access_describe (GTK_WIDGET (self), text);
}

/* A line from end to end, to which @percent adds nothing. */
static gboolean
is_flat (const MosSparkline *self, guint8 percent)
{
  if (self->n < SAMPLES)
    return FALSE;
  for (guint i = 0; i < SAMPLES; i++)
    if (self->values[i] != percent)
      return FALSE;
  return TRUE;
}

static gboolean
tick_cb (gpointer user_data)
{
  MosSparkline   *self = user_data;
  MosVcpuCounters totals;
  gint64          now_us = g_get_monotonic_time ();
  gint64          n_vcpus =
      mos_vm_config_get_int (mos_vm_get_config (self->vm), "vcpu_count");
  double share = 0;

  mos_vm_get_counters (self->vm, &totals);
  if (self->last_us != 0 && now_us > self->last_us)
    share = (double) (totals.run_ns - self->last_run_ns) /
            (1000.0 * (double) (now_us - self->last_us) *
             (double) MAX (n_vcpus, 1));
  if (self->last_us != 0) {
    guint8   percent = (guint8) (100 * CLAMP (share, 0, 1) + 0.5);
    gboolean flat = is_flat (self, percent);

    self->values[self->next] = percent;
    self->next = (self->next + 1) % SAMPLES;
    self->n = MIN (self->n + 1, SAMPLES);
    describe (self, percent);
    if (!flat)
      gtk_widget_queue_draw (GTK_WIDGET (self));
  }
  self->last_run_ns = totals.run_ns;
  self->last_us = now_us;
  return G_SOURCE_CONTINUE;
}

static void
update (MosSparkline *self)
{
  MosVmState state =
      self->vm != NULL ? mos_vm_get_state (self->vm) : MOS_VM_DELETED;
  gboolean live =
      gtk_widget_get_mapped (GTK_WIDGET (self)) && state == MOS_VM_RUNNING;

  if (live && self->timeout == 0) {
    self->last_us = 0;
    self->timeout = g_timeout_add_seconds (INTERVAL_S, tick_cb, self);
    tick_cb (self);
  } else if (!live) {
    g_clear_handle_id (&self->timeout, g_source_remove);
  }
  if (state == MOS_VM_STOPPED || state == MOS_VM_DELETED)
    self->n = 0;
  gtk_widget_set_opacity (GTK_WIDGET (self), self->n > 0 || live ? 1 : 0);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
mos_sparkline_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosSparkline *self = MOS_SPARKLINE (widget);
  double        width = gtk_widget_get_width (widget);
  double        height = gtk_widget_get_height (widget);
  double        step = width / (SAMPLES - 1);
  GdkRGBA       color;
  cairo_t      *cr;

  if (self->n == 0)
    return;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &color);
  cr = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  for (guint i = 0; i < self->n; i++) {
    guint  at = (self->next + SAMPLES - self->n + i) % SAMPLES;
    double x = width - step * (self->n - 1 - i);

    cairo_line_to (cr, x, (height - 2) * (1 - self->values[at] / 100.0) + 1);
  }
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke_preserve (cr);
  cairo_line_to (cr, width, height);
  cairo_line_to (cr, width - step * (self->n - 1), height);
  cairo_close_path (cr);
  color.alpha *= 0.2f;
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_fill (cr);
  cairo_destroy (cr);
}

static void
mos_sparkline_measure (GtkWidget     *widget,
                       GtkOrientation orientation,
                       int            for_size,
                       int           *minimum,
                       int           *natural,
                       int           *minimum_baseline,
                       int           *natural_baseline)
{
  gboolean across = orientation == GTK_ORIENTATION_HORIZONTAL;

  *minimum = across ? WIDTH / 2 : HEIGHT;
  *natural = across ? WIDTH : HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
mos_sparkline_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_sparkline_parent_class)->map (widget);
  update (MOS_SPARKLINE (widget));
}

static void
mos_sparkline_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_sparkline_parent_class)->unmap (widget);
  update (MOS_SPARKLINE (widget));
}

static void
mos_sparkline_dispose (GObject *object)
{
  MosSparkline *self = MOS_SPARKLINE (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_object (&self->vm);
  G_OBJECT_CLASS (mos_sparkline_parent_class)->dispose (object);
}

static void
mos_sparkline_class_init (MosSparklineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_sparkline_dispose;
  widget_class->snapshot = mos_sparkline_snapshot;
  widget_class->measure = mos_sparkline_measure;
  widget_class->map = mos_sparkline_map;
  widget_class->unmap = mos_sparkline_unmap;
  gtk_widget_class_set_css_name (widget_class, "sparkline");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mos_sparkline_init (MosSparkline *self)
{
  self->percent = -1;
  mos_access_name (GTK_WIDGET (self), _ ("Processor use, last minute"));
}

GtkWidget *
mos_sparkline_new (void)
{
  return g_object_new (MOS_TYPE_SPARKLINE, NULL);
}

void
mos_sparkline_set_vm (MosSparkline *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_SPARKLINE (self));

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  if (vm != NULL)
    g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (update), self);
  update (self);
}
