/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Drawing and walking a tree of stacks. `path` leads from the root to the box
 * that is chosen; `top` of it is shown as wide as the widget.
 */
#include "app/flame.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "app/access.h"
#include "app/look.h"
#include "app/plot.h"

#define MAX_DEPTH 64u
#define MIN_WIDTH 1.0

struct _MosFlame {
  GtkWidget parent_instance;

  MosProfileNode *root; /* or NULL */
  const char     *unit;
  gboolean        compares;
  MosProfileNode *path[MAX_DEPTH];
  guint           depth; /* of the path; 0: nothing is chosen */
  guint           top;   /* the box of the path that is the widest */
};

G_DEFINE_FINAL_TYPE (MosFlame, mos_flame, GTK_TYPE_WIDGET)

static MosProfileNode *
top_node (MosFlame *self)
{
  return self->depth > 0 ? self->path[MIN (self->top, self->depth - 1)]
                         : self->root;
}

static guint
tree_depth (const MosProfileNode *node, guint depth)
{
  guint deepest = depth + 1;

  if (depth + 1 >= MAX_DEPTH)
    return deepest;
  for (guint i = 0; i < node->children->len; i++)
    deepest = MAX (deepest, tree_depth (node->children->pdata[i], depth + 1));
  return deepest;
}

static double
line_height (GtkWidget *widget)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, "X");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height + 4;
}

/* -- words --------------------------------------------------------------- */

static char *
describe (MosFlame *self, const MosProfileNode *node)
{
  double share = self->root->total > 0
                     ? 100.0 * (double) node->total / (double) self->root->total
                     : 0;

  if (self->compares) {
    double before = self->root->before > 0 ? 100.0 * (double) node->before /
                                                 (double) self->root->before
                                           : 0;

    return g_strdup_printf (_ ("%s: %.1f %% (before %.1f %%), %" PRIu64 " %s"),
                            node->name, share, before, node->total,
                            _ (self->unit));
  }
  return g_strdup_printf (_ ("%s: %.1f %%, %" PRIu64 " %s"), node->name, share,
                          node->total, _ (self->unit));
}

static void
speak (MosFlame *self)
{
  g_autofree char *text =
      self->root == NULL
          ? g_strdup (_ ("nothing"))
          : describe (self, self->depth > 0 ? self->path[self->depth - 1]
                                            : self->root);

  mos_access_describe (GTK_WIDGET (self), text);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), text);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* -- drawing ------------------------------------------------------------- */

typedef struct {
  MosFlame    *flame;
  cairo_t     *cr;
  PangoLayout *layout;
  MosPlotTheme theme;
  double       line, height;
} Draw;

static gboolean
is_chosen (MosFlame *self, const MosProfileNode *node)
{
  return self->depth > 0 && self->path[self->depth - 1] == node;
}

static gboolean
has_grown (const Draw *draw, const MosProfileNode *node)
{
  const MosProfileNode *root = draw->flame->root;

  return draw->flame->compares && root->total > 0 && root->before > 0 &&
         (double) node->total / (double) root->total >
             (double) node->before / (double) root->before + .01;
}

static void
draw_box (const Draw           *draw,
          const MosProfileNode *node,
          guint                 depth,
          double                x,
          double                width)
{
  double       y = draw->height - (depth + 1) * draw->line;
  MosPlotColor color =
      mos_plot_color (&draw->theme, g_str_hash (node->name) % 6);

  cairo_rectangle (draw->cr, x + .5, y + .5, MAX (width - 1, 1),
                   draw->line - 1);
  cairo_set_source_rgba (draw->cr, color.r, color.g, color.b, .45);
  cairo_fill_preserve (draw->cr);
  cairo_set_source_rgba (
      draw->cr, draw->theme.ink.r, draw->theme.ink.g, draw->theme.ink.b,
      is_chosen (draw->flame, node) || draw->theme.contrast ? 1 : .2);
  cairo_set_line_width (draw->cr, is_chosen (draw->flame, node) ? 3 : 1);
  cairo_stroke (draw->cr);
  if (has_grown (draw, node)) {
    cairo_rectangle (draw->cr, x + 1, y + draw->line - 4, MAX (width - 2, 1),
                     3);
    cairo_set_source_rgb (draw->cr, draw->theme.ink.r, draw->theme.ink.g,
                          draw->theme.ink.b);
    cairo_fill (draw->cr);
  }
  if (width < 3 * draw->line)
    return;
  pango_layout_set_text (draw->layout, node->name, -1);
  pango_layout_set_width (draw->layout, (int) ((width - 6) * PANGO_SCALE));
  cairo_set_source_rgb (draw->cr, draw->theme.ink.r, draw->theme.ink.g,
                        draw->theme.ink.b);
  cairo_move_to (draw->cr, x + 3, y + 2);
  pango_cairo_show_layout (draw->cr, draw->layout);
}

static void
draw_node (const Draw           *draw,
           const MosProfileNode *node,
           guint                 depth,
           double                x,
           double                width)
{
  draw_box (draw, node, depth, x, width);
  if (depth + 1 >= MAX_DEPTH || node->total == 0)
    return;
  for (guint i = 0; i < node->children->len; i++) {
    const MosProfileNode *child = node->children->pdata[i];
    double part = width * (double) child->total / (double) node->total;

    if (part >= MIN_WIDTH)
      draw_node (draw, child, depth + 1, x, part);
    x += part;
  }
}

static void
mos_flame_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosFlame       *self = MOS_FLAME (widget);
  int             width = gtk_widget_get_width (widget);
  int             height = gtk_widget_get_height (widget);
  graphene_rect_t bounds =
      GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height);
  Draw    draw = { .flame = self, .height = height };
  GdkRGBA ink;

  if (self->root == NULL || width <= 0)
    return;
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
  draw.theme.ink = (MosPlotColor){ ink.red, ink.green, ink.blue };
  draw.theme.contrast = mos_look_contrast ();
  draw.theme.dark = ink.red + ink.green + ink.blue > 1.5f;
  draw.line = line_height (widget);
  draw.layout = gtk_widget_create_pango_layout (widget, NULL);
  pango_layout_set_ellipsize (draw.layout, PANGO_ELLIPSIZE_END);
  draw.cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  draw_node (&draw, top_node (self), 0, 0, width);
  cairo_destroy (draw.cr);
  g_object_unref (draw.layout);
}

static void
mos_flame_measure (GtkWidget     *widget,
                   GtkOrientation orientation,
                   int            for_size,
                   int           *minimum,
                   int           *natural,
                   int           *minimum_baseline,
                   int           *natural_baseline)
{
  MosFlame *self = MOS_FLAME (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = 260;
  else
    *minimum = *natural =
        (int) (line_height (widget) *
               MAX (self->root != NULL ? tree_depth (self->root, 0) : 1, 3));
}

/* -- walking ------------------------------------------------------------- */

static MosProfileNode *
parent_of_chosen (MosFlame *self)
{
  return self->depth > 1 ? self->path[self->depth - 2] : NULL;
}

static void
choose_sibling (MosFlame *self, int step)
{
  MosProfileNode *parent = parent_of_chosen (self);
  guint           at;

  if (parent == NULL ||
      !g_ptr_array_find (parent->children, self->path[self->depth - 1], &at) ||
      (step < 0 && at == 0) || (step > 0 && at + 1 == parent->children->len))
    return;
  self->path[self->depth - 1] = parent->children->pdata[(int) at + step];
}

static void
choose_child (MosFlame *self)
{
  MosProfileNode *node = self->depth > 0 ? self->path[self->depth - 1] : NULL;
  MosProfileNode *widest = NULL;

  if (node == NULL) {
    self->path[self->depth++] = self->root;
    return;
  }
  for (guint i = 0; i < node->children->len; i++) {
    MosProfileNode *child = node->children->pdata[i];

    if (widest == NULL || child->total > widest->total)
      widest = child;
  }
  if (widest != NULL && self->depth < MAX_DEPTH)
    self->path[self->depth++] = widest;
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        state,
        MosFlame              *self)
{
  if (self->root == NULL || (state & GDK_ALT_MASK) != 0)
    return FALSE;
  switch (key) {
  case GDK_KEY_Up:
    choose_child (self);
    break;
  case GDK_KEY_Down:
    if (self->depth > 1)
      self->depth--;
    break;
  case GDK_KEY_Left:
    choose_sibling (self, -1);
    break;
  case GDK_KEY_Right:
    choose_sibling (self, 1);
    break;
  case GDK_KEY_Return:
    self->top = self->depth > 0 ? self->depth - 1 : 0;
    break;
  case GDK_KEY_Escape:
    if (self->top == 0)
      return FALSE;
    self->top = 0;
    break;
  default:
    return FALSE;
  }
  speak (self);
  return TRUE;
}

/* The box at a place becomes the end of the path. */
static void
choose_at (MosFlame *self, double x, double y)
{
  MosProfileNode *node = top_node (self);
  double          left = 0, width = gtk_widget_get_width (GTK_WIDGET (self));
  double          line = line_height (GTK_WIDGET (self));
  guint row = (guint) ((gtk_widget_get_height (GTK_WIDGET (self)) - y) / line);

  if (self->depth == 0)
    self->path[self->depth++] = node;
  self->depth = MIN (self->top, self->depth - 1) + 1;
  for (guint depth = 0; depth < row && self->depth < MAX_DEPTH; depth++) {
    MosProfileNode *hit = NULL;

    for (guint i = 0; i < node->children->len && node->total > 0; i++) {
      MosProfileNode *child = node->children->pdata[i];
      double part = width * (double) child->total / (double) node->total;

      if (x < left + part) {
        hit = child;
        width = part;
        break;
      }
      left += part;
    }
    if (hit == NULL)
      return;
    self->path[self->depth++] = node = hit;
  }
}

static void
pressed_cb (GtkGestureClick *gesture, int n, double x, double y, MosFlame *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (self->root == NULL)
    return;
  choose_at (self, x, y);
  if (n == 2)
    self->top = self->depth - 1;
  speak (self);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_flame_finalize (GObject *object)
{
  mos_profile_node_free (MOS_FLAME (object)->root);
  G_OBJECT_CLASS (mos_flame_parent_class)->finalize (object);
}

static void
mos_flame_class_init (MosFlameClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = mos_flame_finalize;
  widget_class->snapshot = mos_flame_snapshot;
  widget_class->measure = mos_flame_measure;
  gtk_widget_class_set_css_name (widget_class, "flame");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
mos_flame_init (MosFlame *self)
{
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkGesture         *click = gtk_gesture_click_new ();

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), key);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  mos_access_name (GTK_WIDGET (self), _ ("Flame graph"));
  speak (self);
}

GtkWidget *
mos_flame_new (void)
{
  return g_object_new (MOS_TYPE_FLAME, NULL);
}

void
mos_flame_set_profile (MosFlame         *self,
                       const MosProfile *profile,
                       const MosProfile *before)
{
  g_return_if_fail (MOS_IS_FLAME (self));

  g_clear_pointer (&self->root, mos_profile_node_free);
  self->depth = self->top = 0;
  self->compares = before != NULL;
  if (profile != NULL) {
    self->root = mos_profile_tree (profile, before);
    self->unit = mos_profile_infos[profile->type].unit;
  }
  speak (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
