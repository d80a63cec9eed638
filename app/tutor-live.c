/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Live widgets of labs: what they show stands in words under them too, for who
 * cannot see the drawing. Main thread.
 */
#include "app/tutor-live.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/tutor-text.h"

#define SAMPLES        60u
#define GRAPH_HEIGHT   64
#define PICTURE_HEIGHT 190
#define PICTURE_PIXELS 1024 /* an SVG is drawn this wide or high */

struct _MosTutorLive {
  GtkWidget parent_instance;

  MosLabSession    *session;
  const MosLabLive *live; /* the lab's */
  guint             index;
  GtkWidget        *box;
  GtkWidget        *area; /* of graphs, or NULL */
  GtkWidget        *text;
  double            values[SAMPLES]; /* a ring */
  guint             n, next;
  double            last;
  gboolean          has_last;
};

G_DEFINE_FINAL_TYPE (MosTutorLive, mos_tutor_live, GTK_TYPE_WIDGET)

static void
set_text (MosTutorLive *self, const char *text)
{
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (self->text)), text) != 0)
    gtk_label_set_markup (GTK_LABEL (self->text), text);
}

/* -- register ------------------------------------------------------------ */

/* Fields that are not zero, and how many are. */
static void
append_fields (GString *out, const MosField *fields, guint64 value)
{
  for (const MosField *field = fields; field->name != NULL; field++) {
    guint64          now = mos_field_get (field, value);
    g_autofree char *help =
        field->help != NULL ? g_markup_escape_text (_ (field->help), -1) : NULL;

    if (now == 0)
      continue;
    g_string_append_printf (out, "\n<b><tt>%s</tt></b>", field->name);
    if (field->bits > 1)
      g_string_append_printf (out, " <tt>= 0x%" G_GINT64_MODIFIER "x</tt>",
                              now);
    if (help != NULL)
      g_string_append_printf (out, "  %s", help);
  }
}

static void
refresh_register (MosTutorLive *self, const MosLabValue *value)
{
  g_autofree char *name = g_ascii_strup (self->live->name, -1);
  g_autoptr (GString) text = g_string_new (NULL);

  if (value->type != MOS_LAB_NUMBER || !value->whole) {
    g_string_append_printf (text, "<tt>%s</tt>  %s", name,
                            _ ("The machine is off"));
  } else {
    g_string_append_printf (text, "<tt>%s = 0x%" G_GINT64_MODIFIER "x</tt>",
                            name, value->bits);
    append_fields (text, self->live->fields, value->bits);
  }
  set_text (self, text->str);
}

/* -- graphs -------------------------------------------------------------- */

static double
highest (const MosTutorLive *self)
{
  double top = 0;

  for (guint i = 0; i < self->n; i++)
    top = MAX (top, self->values[i]);
  return top;
}

static void
draw_cb (GtkDrawingArea *area,
         cairo_t        *cr,
         int             width,
         int             height,
         gpointer        user_data)
{
  MosTutorLive *self = user_data;
  double        top = MAX (highest (self), 1);
  double        step = (double) width / (SAMPLES - 1);
  GdkRGBA       color;

  gtk_style_context_get_color (gtk_widget_get_style_context (GTK_WIDGET (area)),
                               &color);
  gdk_cairo_set_source_rgba (cr, &color);
  cairo_set_line_width (cr, 1);
  cairo_move_to (cr, 0, height - .5);
  cairo_line_to (cr, width, height - .5);
  cairo_stroke (cr);
  for (guint i = 0; i < self->n; i++) {
    guint  at = (self->next + SAMPLES - self->n + i) % SAMPLES;
    double y = (height - 4) * (1 - MAX (self->values[at], 0) / top) + 2;

    cairo_line_to (cr, width - step * (self->n - 1 - i), y);
  }
  cairo_set_line_width (cr, 2);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_stroke (cr);
}

static void
add_sample (MosTutorLive *self, double value)
{
  gboolean         rate = self->live->kind == MOS_LAB_LIVE_RATE;
  double           sample = rate ? MAX (value - self->last, 0) : value;
  g_autofree char *text = NULL;

  if (rate && !self->has_last) {
    self->last = value;
    self->has_last = TRUE;
    return;
  }
  self->last = value;
  self->values[self->next] = sample;
  self->next = (self->next + 1) % SAMPLES;
  self->n = MIN (self->n + 1, SAMPLES);
  text = rate
             ? g_strdup_printf (_ ("now %.0f a second, at most %.0f in the "
                                   "last minute"),
                                sample, highest (self))
             : g_strdup_printf (_ ("now %.0f, at most %.0f in the last minute"),
                                sample, highest (self));
  set_text (self, text);
  gtk_widget_queue_draw (self->area);
}

static void
refresh_graph (MosTutorLive *self, const MosLabValue *value)
{
  if (value->type == MOS_LAB_NUMBER) {
    add_sample (self, value->number);
    return;
  }
  self->has_last = FALSE;
  if (self->n == 0)
    set_text (self, _ ("The machine is off"));
}

/* -- tree ---------------------------------------------------------------- */

static void
append_node (GString *out, MosHierarchyNode *node, guint depth)
{
  GListModel      *children = mos_hierarchy_node_get_children (node);
  g_autofree char *title =
      g_markup_escape_text (mos_hierarchy_node_get_title (node), -1);

  for (guint i = 0; i < depth; i++)
    g_string_append (out, i + 1 < depth ? "   " : "└─ ");
  g_string_append_printf (out, "L%u %s\n", mos_hierarchy_node_get_level (node),
                          title);
  for (guint i = 0; i < g_list_model_get_n_items (children); i++) {
    g_autoptr (MosHierarchyNode) child = g_list_model_get_item (children, i);

    append_node (out, child, depth + 1);
  }
}

static void
refresh_tree (MosTutorLive *self)
{
  MosHypervisor *hypervisor =
      mos_lab_world_get_hypervisor (mos_lab_session_get_world (self->session));
  g_autoptr (GString) text = g_string_new ("<tt>");

  mos_hypervisor_update_tree (hypervisor);
  append_node (text, mos_hypervisor_get_tree (hypervisor), 0);
  g_string_truncate (text, text->len - 1);
  g_string_append (text, "</tt>");
  set_text (self, text->str);
}

/* -- the widget ---------------------------------------------------------- */

void
mos_tutor_live_refresh (MosTutorLive *self)
{
  g_auto (MosLabValue) value = { .type = MOS_LAB_NULL };

  g_return_if_fail (MOS_IS_TUTOR_LIVE (self));

  value = mos_lab_session_get_live (self->session, self->index);
  if (self->live->kind == MOS_LAB_LIVE_TREE)
    refresh_tree (self);
  else if (self->live->kind == MOS_LAB_LIVE_REGISTER)
    refresh_register (self, &value);
  else
    refresh_graph (self, &value);
}

static void
mos_tutor_live_dispose (GObject *object)
{
  MosTutorLive *self = MOS_TUTOR_LIVE (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_tutor_live_parent_class)->dispose (object);
}

static void
mos_tutor_live_class_init (MosTutorLiveClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_tutor_live_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
mos_tutor_live_init (MosTutorLive *self)
{
  self->text = mos_tutor_label_new (NULL);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  gtk_widget_add_css_class (self->box, "card");
  gtk_widget_add_css_class (self->box, "quiz");
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
mos_tutor_live_new (MosLabSession *session, guint index, const char *caption)
{
  const MosLabStep *step;
  MosTutorLive     *self;

  g_return_val_if_fail (MOS_IS_LAB_SESSION (session), NULL);

  step = mos_lab_step (mos_lab_session_get_lab (session),
                       mos_lab_session_get_step (session));
  self = g_object_new (MOS_TYPE_TUTOR_LIVE, NULL);
  self->session = session;
  self->index = index;
  self->live = g_ptr_array_index (step->lives, index);
  if (*caption != '\0') {
    GtkWidget *label = mos_tutor_label_new (caption);

    gtk_widget_add_css_class (label, "caption-heading");
    gtk_box_append (GTK_BOX (self->box), label);
    mos_access_name (GTK_WIDGET (self), caption);
  }
  if (self->live->kind == MOS_LAB_LIVE_GRAPH ||
      self->live->kind == MOS_LAB_LIVE_RATE) {
    self->area = gtk_drawing_area_new ();
    gtk_drawing_area_set_content_height (GTK_DRAWING_AREA (self->area),
                                         GRAPH_HEIGHT);
    gtk_drawing_area_set_draw_func (GTK_DRAWING_AREA (self->area), draw_cb,
                                    self, NULL);
    mos_access_name (self->area, caption);
    gtk_box_append (GTK_BOX (self->box), self->area);
  }
  gtk_box_append (GTK_BOX (self->box), self->text);
  mos_tutor_live_refresh (self);
  return GTK_WIDGET (self);
}

/* -- pictures ------------------------------------------------------------ */

/* An SVG is drawn at a size of ours, whatever it asks for. */
static GdkTexture *
load_picture (const MosLab *lab, const char *name, GError **error)
{
  g_autoptr (GBytes) bytes = mos_labs_picture (lab, name, error);
  g_autoptr (GInputStream) stream = NULL;
  g_autoptr (GdkPixbuf) pixbuf = NULL;

  if (bytes == NULL)
    return NULL;
  if (g_str_has_suffix (name, ".png"))
    return gdk_texture_new_from_bytes (bytes, error);
  stream = g_memory_input_stream_new_from_bytes (bytes);
  pixbuf = gdk_pixbuf_new_from_stream_at_scale (
      stream, PICTURE_PIXELS, PICTURE_PIXELS, TRUE, NULL, error);
  return pixbuf != NULL ? gdk_texture_new_for_pixbuf (pixbuf) : NULL;
}

GtkWidget *
mos_tutor_picture_new (const MosLab *lab, const char *name, const char *caption)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  GtkWidget *box, *picture, *label;

  g_return_val_if_fail (lab != NULL && name != NULL, NULL);

  texture = load_picture (lab, name, &error);
  if (texture == NULL)
    return mos_tutor_label_new (error->message);
  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  picture = gtk_picture_new_for_paintable (GDK_PAINTABLE (texture));
  gtk_picture_set_alternative_text (GTK_PICTURE (picture), caption);
  gtk_widget_set_size_request (picture, -1, PICTURE_HEIGHT);
  gtk_widget_add_css_class (picture, "lab-picture");
  label = mos_tutor_label_new (caption);
  gtk_widget_add_css_class (label, "caption");
  gtk_box_append (GTK_BOX (box), picture);
  gtk_box_append (GTK_BOX (box), label);
  return box;
}
