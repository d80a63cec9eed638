/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The map as a widget; what it draws is in hierarchy-draw.c.
 */
#include "app/hierarchy-map.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <math.h>

#include "app/hierarchy-draw.h"
#include "app/look.h"

#define TEXT_POINTS 12.0
#define MIN_WIDTH   360
/* The arrows need not be smooth, and every frame costs. */
#define FRAME_MS 100
#define STEP     3.0

struct _MosHierarchyMap {
  GtkWidget parent_instance;

  MosHierarchyNode *host;
  MosHierarchyNode *chosen; /* referenced; or NULL */
  GArray           *boxes;  /* of MosMapBox; as drawn last */
  double            zoom;
  double            phase;
  guint             timeout;
  gboolean          moving;
};

enum {
  CHOSEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosHierarchyMap, mos_hierarchy_map, GTK_TYPE_WIDGET)

static double
text_size (MosHierarchyMap *self)
{
  int dpi = 0;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-xft-dpi",
                &dpi, NULL);
  return TEXT_POINTS * self->zoom * (dpi > 0 ? dpi / 1024.0 / 96.0 : 1);
}

/* -- drawing ------------------------------------------------------------- */

static void
mos_hierarchy_map_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MosHierarchyMap *self = MOS_HIERARCHY_MAP (widget);
  int              width = gtk_widget_get_width (widget);
  int              height = gtk_widget_get_height (widget);
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  MosMapStyle      style = { .width = width,
                             .height = height,
                             .text = text_size (self),
                             .phase = self->phase,
                             .selected = self->chosen };
  GdkRGBA          ink, accent = { .21f, .52f, .89f, 1 };
  cairo_t         *cr;

  gtk_style_context_get_color (context, &ink);
  gtk_style_context_lookup_color (context, "accent_color", &accent);
  style.ink =
      (MosMapColour){ (double) ink.red, (double) ink.green, (double) ink.blue };
  style.accent = (MosMapColour){ (double) accent.red, (double) accent.green,
                                 (double) accent.blue };
  style.dark = adw_style_manager_get_dark (adw_style_manager_get_default ());
  style.contrast = mos_look_contrast ();
  style.mirrored = mos_look_mirrored (widget);
  cr = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  g_clear_pointer (&self->boxes, g_array_unref);
  self->boxes = mos_hierarchy_draw (cr, self->host, &style);
  cairo_destroy (cr);
}

static void
mos_hierarchy_map_measure (GtkWidget     *widget,
                           GtkOrientation orientation,
                           int            for_size,
                           int           *minimum,
                           int           *natural,
                           int           *minimum_baseline,
                           int           *natural_baseline)
{
  MosHierarchyMap *self = MOS_HIERARCHY_MAP (widget);
  double           size = MIN_WIDTH * MAX (self->zoom, .5);

  if (orientation == GTK_ORIENTATION_VERTICAL)
    size = mos_hierarchy_draw_height (self->host, text_size (self));
  *minimum = *natural = (int) ceil (size);
  *minimum_baseline = *natural_baseline = -1;
}

/* -- moving -------------------------------------------------------------- */

static gboolean
move_cb (gpointer user_data)
{
  MosHierarchyMap *self = user_data;

  self->phase -= STEP;
  gtk_widget_queue_draw (GTK_WIDGET (self));
  return G_SOURCE_CONTINUE;
}

static void
update_moving (MosHierarchyMap *self)
{
  gboolean wanted = self->moving && mos_look_animated (GTK_WIDGET (self)) &&
                    gtk_widget_get_mapped (GTK_WIDGET (self));

  if (wanted == (self->timeout != 0))
    return;
  if (wanted)
    self->timeout = g_timeout_add (FRAME_MS, move_cb, self);
  else
    g_clear_handle_id (&self->timeout, g_source_remove);
}

static void
mos_hierarchy_map_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_hierarchy_map_parent_class)->map (widget);
  update_moving (MOS_HIERARCHY_MAP (widget));
}

static void
mos_hierarchy_map_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_hierarchy_map_parent_class)->unmap (widget);
  update_moving (MOS_HIERARCHY_MAP (widget));
}

static void
describe (MosHierarchyMap *self)
{
  g_autofree char *name = NULL;

  if (self->chosen != NULL)
    name = g_strdup_printf (
        _ ("Map of the hierarchy, level %u, %s, %.0f exits a second"),
        mos_hierarchy_node_get_level (self->chosen),
        mos_hierarchy_node_get_title (self->chosen),
        mos_hierarchy_node_get_rates (self->chosen)->exits);
  gtk_accessible_update_property (
      GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
      name != NULL ? name : _ ("Map of the hierarchy"), -1);
}

void
mos_hierarchy_map_refresh (MosHierarchyMap *self, gboolean moving)
{
  g_return_if_fail (MOS_IS_HIERARCHY_MAP (self));

  self->moving = moving;
  update_moving (self);
  describe (self);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* -- choosing ------------------------------------------------------------ */

void
mos_hierarchy_map_choose (MosHierarchyMap *self, MosHierarchyNode *node)
{
  g_return_if_fail (MOS_IS_HIERARCHY_MAP (self));

  if (!g_set_object (&self->chosen, node))
    return;
  describe (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
choose_and_tell (MosHierarchyMap *self, MosHierarchyNode *node)
{
  if (node == NULL || node == self->chosen)
    return;
  mos_hierarchy_map_choose (self, node);
  g_signal_emit (self, signals[CHOSEN], 0, node);
}

static void
pressed_cb (GtkGestureClick *gesture,
            int              n_press,
            double           x,
            double           y,
            MosHierarchyMap *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
  for (guint i = self->boxes != NULL ? self->boxes->len : 0; i > 0; i--) {
    const MosMapBox *box = &g_array_index (self->boxes, MosMapBox, i - 1);

    if (x >= box->x && x < box->x + box->width && y >= box->y &&
        y < box->y + box->height) {
      choose_and_tell (self, box->node);
      return;
    }
  }
}

/* The one beside it, @step 1 or -1 further; NULL: there is none. */
static MosHierarchyNode *
sibling (MosHierarchyNode *node, int step)
{
  MosHierarchyNode *parent = mos_hierarchy_node_get_parent (node);
  GListModel       *list;
  guint             n;

  if (parent == NULL)
    return NULL;
  list = mos_hierarchy_node_get_children (parent);
  n = g_list_model_get_n_items (list);
  for (guint i = 0; i < n; i++) {
    g_autoptr (MosHierarchyNode) child = g_list_model_get_item (list, i);
    g_autoptr (MosHierarchyNode) other = NULL;

    if (child != node)
      continue;
    if (step < 0 && i == 0)
      return NULL;
    other = g_list_model_get_item (list, step < 0 ? i - 1 : i + 1);
    return other; /* its parent holds it */
  }
  return NULL;
}

static MosHierarchyNode *
first_child (MosHierarchyNode *node)
{
  g_autoptr (MosHierarchyNode) child =
      g_list_model_get_item (mos_hierarchy_node_get_children (node), 0);

  return child;
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        state,
        MosHierarchyMap       *self)
{
  MosHierarchyNode *from = self->chosen != NULL ? self->chosen : self->host;
  int               right = mos_look_mirrored (GTK_WIDGET (self)) ? -1 : 1;

  switch (key) {
  case GDK_KEY_Up:
    choose_and_tell (self, mos_hierarchy_node_get_parent (from));
    return TRUE;
  case GDK_KEY_Down:
    choose_and_tell (self, first_child (from));
    return TRUE;
  case GDK_KEY_Left:
    choose_and_tell (self, sibling (from, -right));
    return TRUE;
  case GDK_KEY_Right:
    choose_and_tell (self, sibling (from, right));
    return TRUE;
  case GDK_KEY_plus:
  case GDK_KEY_KP_Add:
    mos_hierarchy_map_set_zoom (self, self->zoom * 1.25);
    return TRUE;
  case GDK_KEY_minus:
  case GDK_KEY_KP_Subtract:
    mos_hierarchy_map_set_zoom (self, self->zoom / 1.25);
    return TRUE;
  case GDK_KEY_0:
    mos_hierarchy_map_set_zoom (self, 1);
    return TRUE;
  default:
    return FALSE;
  }
}

void
mos_hierarchy_map_set_zoom (MosHierarchyMap *self, double zoom)
{
  g_return_if_fail (MOS_IS_HIERARCHY_MAP (self));

  self->zoom = CLAMP (zoom, .5, 4);
  gtk_widget_queue_resize (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

double
mos_hierarchy_map_get_zoom (MosHierarchyMap *self)
{
  g_return_val_if_fail (MOS_IS_HIERARCHY_MAP (self), 1);

  return self->zoom;
}

/* -- the object ---------------------------------------------------------- */

static void
mos_hierarchy_map_dispose (GObject *object)
{
  MosHierarchyMap *self = MOS_HIERARCHY_MAP (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_pointer (&self->boxes, g_array_unref);
  g_clear_object (&self->chosen);
  g_clear_object (&self->host);
  G_OBJECT_CLASS (mos_hierarchy_map_parent_class)->dispose (object);
}

static void
mos_hierarchy_map_class_init (MosHierarchyMapClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_hierarchy_map_dispose;
  widget_class->snapshot = mos_hierarchy_map_snapshot;
  widget_class->measure = mos_hierarchy_map_measure;
  widget_class->map = mos_hierarchy_map_map;
  widget_class->unmap = mos_hierarchy_map_unmap;
  gtk_widget_class_set_css_name (widget_class, "hierarchymap");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  signals[CHOSEN] =
      g_signal_new ("chosen", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, MOS_TYPE_HIERARCHY_NODE);
}

static void
mos_hierarchy_map_init (MosHierarchyMap *self)
{
  GtkGesture         *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->zoom = 1;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

GtkWidget *
mos_hierarchy_map_new (MosHierarchyNode *host)
{
  MosHierarchyMap *self = g_object_new (MOS_TYPE_HIERARCHY_MAP, NULL);

  self->host = g_object_ref (host);
  describe (self);
  return GTK_WIDGET (self);
}
