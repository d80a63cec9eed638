/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The demo device's panel.
 *
 * What it shows is read from the device's registers ten times a second while
 * the page is on the screen; the register list is the device's own table, so
 * it is also the data sheet. Main thread.
 */
#include "app/demo-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/access.h"
#include "app/coach.h"
#include "app/look.h"
#include "devices/devices.h"

#define DEVICE     "demo"
#define REFRESH_MS 100
#define N_BITS     8

#define MOS_TYPE_DEMO_PAGE (mos_demo_page_get_type ())
G_DECLARE_FINAL_TYPE (MosDemoPage, mos_demo_page, MOS, DEMO_PAGE, GtkWidget)

struct _MosDemoPage {
  GtkWidget parent_instance;

  GtkWidget *stack; /* "panel", "none" */
  GtkWidget *lights;
  GtkWidget *digits;
  GtkWidget *switches[N_BITS];
  GtkWidget *values[64]; /* labels, by row of the table */
  guint32    light_bits;
  guint32    digit_bits;
  MosVm     *vm;
  guint      source;
  gboolean   found;   /* the machine has the device, and power */
  gboolean   loading; /* the switches are being set to what they are */
};

G_DEFINE_FINAL_TYPE (MosDemoPage, mos_demo_page, GTK_TYPE_WIDGET)

/* -- drawing ------------------------------------------------------------- */

/* What is lit has its own colour, or with more contrast that of text. */
static void
set_lit (GtkWidget *widget, cairo_t *cr, double red, double green, double blue)
{
  GdkRGBA ink;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
  if (mos_look_contrast ())
    gdk_cairo_set_source_rgba (cr, &ink);
  else
    cairo_set_source_rgb (cr, red, green, blue);
}

/* The edge of what can be lit, and the inside of what is not. */
static void
set_unlit (GtkWidget *widget, cairo_t *cr, double alpha, gboolean edge)
{
  GdkRGBA ink;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
  ink.alpha = mos_look_contrast () ? (edge ? 1 : 0) : (float) alpha;
  gdk_cairo_set_source_rgba (cr, &ink);
}

static void
draw_lights_cb (GtkDrawingArea *area,
                cairo_t        *cr,
                int             width,
                int             height,
                gpointer        user_data)
{
  MosDemoPage *self = user_data;
  GtkWidget   *widget = GTK_WIDGET (area);
  double       cell = (double) width / N_BITS;
  double       radius = MIN (cell, height) * .36;

  for (guint i = 0; i < N_BITS; i++) {
    gboolean on = (self->light_bits >> (N_BITS - 1 - i)) & 1;

    cairo_arc (cr, (i + .5) * cell, height / 2.0, radius, 0, 2 * G_PI);
    if (on)
      set_lit (widget, cr, .95, .25, .2);
    else
      set_unlit (widget, cr, .12, FALSE);
    cairo_fill_preserve (cr);
    set_unlit (widget, cr, .6, TRUE);
    cairo_set_line_width (cr, 1.5);
    cairo_stroke (cr);
    /* Told apart without colour too: a lit one has a highlight. */
    if (on && !mos_look_contrast ()) {
      cairo_arc (cr, (i + .5) * cell - radius * .3, height / 2.0 - radius * .3,
                 radius * .22, 0, 2 * G_PI);
      cairo_set_source_rgba (cr, 1, 1, 1, .8);
      cairo_fill (cr);
    }
  }
}

/* The bars of a seven-segment digit: a at the top, then clockwise, g inside. */
static const guint8 segments[16] = { 0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d,
                                     0x7d, 0x07, 0x7f, 0x6f, 0x77, 0x7c,
                                     0x39, 0x5e, 0x79, 0x71 };

static void
draw_digit (GtkWidget *widget,
            cairo_t   *cr,
            double     x,
            double     y,
            double     w,
            double     h,
            guint      value)
{
  const struct {
    double x0, y0, x1, y1;
  } bars[7] = {
    { .1, 0, .9, 0 },   { 1, .05, 1, .45 }, { 1, .55, 1, .95 },
    { .1, 1, .9, 1 },   { 0, .55, 0, .95 }, { 0, .05, 0, .45 },
    { .1, .5, .9, .5 },
  };

  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_width (cr, w * .16);
  for (guint i = 0; i < 7; i++) {
    if ((segments[value & 15] >> i) & 1)
      set_lit (widget, cr, .95, .35, .1);
    else
      set_unlit (widget, cr, .08, FALSE);
    cairo_move_to (cr, x + bars[i].x0 * w, y + bars[i].y0 * h);
    cairo_line_to (cr, x + bars[i].x1 * w, y + bars[i].y1 * h);
    cairo_stroke (cr);
  }
}

static void
draw_digits_cb (GtkDrawingArea *area,
                cairo_t        *cr,
                int             width,
                int             height,
                gpointer        user_data)
{
  MosDemoPage *self = user_data;
  double       cell = width / 4.0;
  double       h = height * .72;
  double       w = MIN (cell * .55, h * .6);

  for (guint i = 0; i < 4; i++)
    draw_digit (GTK_WIDGET (area), cr, i * cell + (cell - w) / 2,
                (height - h) / 2, w, h, self->digit_bits >> (4 * (3 - i)));
}

/* -- reading ------------------------------------------------------------- */

typedef struct {
  MosDemoPage *page;
  guint        row;
} Reading;

static void
show_bits (MosDemoPage *self, const char *name, guint32 value)
{
  g_autofree char *text = NULL;

  if (g_str_equal (name, "LIGHTS") && value != self->light_bits) {
    self->light_bits = value;
    text = g_strdup_printf (_ ("Lights %02x"), value);
    mos_access_describe (self->lights, text);
    gtk_widget_queue_draw (self->lights);
  } else if (g_str_equal (name, "DIGITS") && value != self->digit_bits) {
    self->digit_bits = value;
    text = g_strdup_printf (_ ("Digits %04x"), value);
    mos_access_describe (self->digits, text);
    gtk_widget_queue_draw (self->digits);
  }
}

static void
register_cb (gpointer user_data, const MosVmRegister *reg)
{
  Reading         *reading = user_data;
  MosDemoPage     *self = reading->page;
  g_autofree char *text = NULL;

  /* The configuration space is the device's other bank. */
  if (!g_str_equal (reg->bank, "registers") ||
      reading->row >= G_N_ELEMENTS (self->values))
    return;
  self->found = TRUE;
  text = g_strdup_printf ("%0*" G_GINT64_MODIFIER "x", 2 * reg->row->bytes,
                          reg->value);
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (self->values[reading->row])),
                 text) != 0)
    gtk_label_set_label (GTK_LABEL (self->values[reading->row]), text);
  show_bits (self, reg->row->name, (guint32) reg->value);
  reading->row++;
}

static gboolean
refresh_cb (gpointer user_data)
{
  MosDemoPage *self = user_data;
  Reading      reading = { self, 0 };

  self->found = FALSE;
  if (self->vm != NULL)
    mos_vm_foreach_register (self->vm, DEVICE, register_cb, &reading);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    self->found ? "panel" : "none");
  return G_SOURCE_CONTINUE;
}

static void
switched_cb (MosDemoPage *self)
{
  guint32 bits = 0;

  for (guint i = 0; i < N_BITS; i++)
    if (gtk_switch_get_active (GTK_SWITCH (self->switches[i])))
      bits |= 1u << i;
  if (self->vm != NULL && !self->loading)
    mos_panel_set_switches (mos_vm_get_panel (self->vm), bits);
}

/* -- making it ----------------------------------------------------------- */

static GtkWidget *
make_area (MosDemoPage           *self,
           const char            *name,
           int                    height,
           GtkDrawingAreaDrawFunc draw)
{
  GtkWidget *area = gtk_drawing_area_new ();

  gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (area), height);
  gtk_drawing_area_set_content_width (GTK_DRAWING_AREA (area), 280);
  gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (area), draw, self, NULL);
  mos_access_name (area, name);
  return area;
}

static GtkWidget *
make_switches (MosDemoPage *self)
{
  GtkWidget *box = gtk_grid_new ();

  gtk_grid_set_column_homogeneous (GTK_GRID (box), TRUE);
  gtk_grid_set_column_spacing (GTK_GRID (box), 6);
  for (guint i = 0; i < N_BITS; i++) {
    g_autofree char *name = g_strdup_printf (_ ("Switch %u"), i);
    g_autofree char *number = g_strdup_printf ("%u", i);

    self->switches[i] = gtk_switch_new ();
    gtk_widget_set_halign (self->switches[i], GTK_ALIGN_CENTER);
    mos_access_name (self->switches[i], name);
    g_signal_connect_swapped (self->switches[i], "notify::active",
                              G_CALLBACK (switched_cb), self);
    gtk_grid_attach (GTK_GRID (box), self->switches[i], (int) (N_BITS - 1 - i),
                     0, 1, 1);
    gtk_grid_attach (GTK_GRID (box), gtk_label_new (number),
                     (int) (N_BITS - 1 - i), 1, 1, 1);
  }
  return box;
}

static GtkWidget *
make_registers (MosDemoPage *self)
{
  GtkWidget         *group = adw_preferences_group_new ();
  guint              n;
  const MosRegister *rows = mos_demo_registers (&n);

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group),
                                   _ ("Registers"));
  for (guint i = 0; i < n && i < G_N_ELEMENTS (self->values); i++) {
    GtkWidget *row = adw_action_row_new ();
    g_autoptr (GString) help = g_string_new (_ (rows[i].help));
    g_autofree char *title =
        g_strdup_printf ("%02x  %s", rows[i].offset, rows[i].name);
    g_autofree char *escaped = NULL;

    for (const MosField *field = rows[i].fields;
         field != NULL && field->name != NULL; field++)
      g_string_append_printf (help, "\n%u%s %s: %s", field->lsb,
                              field->bits > 1 ? "…" : "", field->name,
                              _ (field->help));
    escaped = g_markup_escape_text (help->str, -1);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), escaped);
    adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
    self->values[i] = gtk_label_new (NULL);
    gtk_widget_add_css_class (self->values[i], "monospace");
    gtk_label_set_selectable (GTK_LABEL (self->values[i]), TRUE);
    adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->values[i]);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  }
  return group;
}

static GtkWidget *
make_panel (MosDemoPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *clamp = adw_clamp_new ();
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->lights = make_area (self, _ ("Lights"), 44, draw_lights_cb);
  self->digits = make_area (self, _ ("Digits"), 90, draw_digits_cb);
  gtk_box_append (GTK_BOX (box), self->digits);
  gtk_box_append (GTK_BOX (box), self->lights);
  gtk_box_append (GTK_BOX (box), make_switches (self));
  gtk_box_append (GTK_BOX (box), make_registers (self));
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  gtk_widget_set_margin_top (box, 18);
  gtk_widget_set_margin_bottom (box, 18);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), clamp);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  mos_access_name (scroller, _ ("Demo device"));
  return scroller;
}

static GtkWidget *
make_none (void)
{
  GtkWidget *page = adw_status_page_new ();

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page),
                                 "application-x-addon-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (page),
                             _ ("No Demo Device at Work"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (page),
      _ ("Switch “Demo device” on in the machine's settings, and start it."));
  return page;
}

static void
mos_demo_page_map (GtkWidget *widget)
{
  MosDemoPage *self = MOS_DEMO_PAGE (widget);

  GTK_WIDGET_CLASS (mos_demo_page_parent_class)->map (widget);
  refresh_cb (self);
  if (self->source == 0)
    self->source = g_timeout_add (REFRESH_MS, refresh_cb, self);
}

static void
mos_demo_page_unmap (GtkWidget *widget)
{
  MosDemoPage *self = MOS_DEMO_PAGE (widget);

  g_clear_handle_id (&self->source, g_source_remove);
  GTK_WIDGET_CLASS (mos_demo_page_parent_class)->unmap (widget);
}

static void
mos_demo_page_dispose (GObject *object)
{
  MosDemoPage *self = MOS_DEMO_PAGE (object);

  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_object (&self->vm);
  g_clear_pointer (&self->stack, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_demo_page_parent_class)->dispose (object);
}

static void
mos_demo_page_class_init (MosDemoPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_demo_page_dispose;
  widget_class->map = mos_demo_page_map;
  widget_class->unmap = mos_demo_page_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
mos_demo_page_init (MosDemoPage *self)
{
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), make_none (), "none");
  gtk_stack_add_named (GTK_STACK (self->stack), make_panel (self), "panel");
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
  mos_coach_set_id (GTK_WIDGET (self), "demo-panel");
}

GtkWidget *
mos_demo_page_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_DEMO_PAGE, NULL);
}

void
mos_demo_page_set_vm (GtkWidget *page, MosVm *vm)
{
  MosDemoPage *self = MOS_DEMO_PAGE (page);
  guint32      bits;

  if (!g_set_object (&self->vm, vm))
    return;
  bits = vm != NULL ? mos_panel_get_switches (mos_vm_get_panel (vm)) : 0;
  self->loading = TRUE;
  for (guint i = 0; i < N_BITS; i++)
    gtk_switch_set_active (GTK_SWITCH (self->switches[i]), (bits >> i) & 1);
  self->loading = FALSE;
  if (gtk_widget_get_mapped (page))
    refresh_cb (self);
}
