/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The page: bar, table, what is known of the chosen row, map. The columns of
 * the table are rows of a table in hierarchy-columns.c.
 */
#include "app/hierarchy-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/hierarchy-columns.h"
#include "app/hierarchy-draw.h"
#include "app/hierarchy-map.h"

#define INTERVAL_MS     1000
#define PRESENTER_SCALE 1.6

/* A page that is narrower has the map below the table, not beside it. */
#define BESIDE_WIDTH 1000
#define MAP_WIDTH    360
#define MAP_HEIGHT   220
#define TABLE_HEIGHT 180
#define WORDS_HEIGHT 72

struct _MosHierarchyPage {
  GtkWidget parent_instance;

  GtkWidget          *box;
  GtkWidget          *halves;
  GtkWidget          *table;
  GtkWidget          *details;
  GtkWidget          *map;
  GtkWidget          *pause;
  GtkWidget          *presenter;
  GtkWidget          *message;
  GtkSingleSelection *selection;

  MosHypervisor    *hypervisor;
  guint             timeout;
  guint             turn;       /* an idle that turns the halves */
  gulong            changed_id; /* of the chosen node */
  MosHierarchyNode *chosen;
};

G_DEFINE_FINAL_TYPE (MosHierarchyPage, mos_hierarchy_page, GTK_TYPE_WIDGET)

/* -- looking ------------------------------------------------------------- */

static gboolean
is_paused (MosHierarchyPage *self)
{
  return gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->pause));
}

static void
look (MosHierarchyPage *self)
{
  mos_hypervisor_update_tree (self->hypervisor);
  mos_hierarchy_map_refresh (MOS_HIERARCHY_MAP (self->map), TRUE);
}

static gboolean
tick_cb (gpointer user_data)
{
  look (user_data);
  return G_SOURCE_CONTINUE;
}

static void
update_timer (MosHierarchyPage *self)
{
  gboolean wanted =
      gtk_widget_get_mapped (GTK_WIDGET (self)) && !is_paused (self);

  if (wanted && self->timeout == 0) {
    look (self);
    self->timeout = g_timeout_add (INTERVAL_MS, tick_cb, self);
  } else if (!wanted) {
    g_clear_handle_id (&self->timeout, g_source_remove);
    g_clear_handle_id (&self->turn, g_source_remove);
    mos_hierarchy_map_refresh (MOS_HIERARCHY_MAP (self->map), FALSE);
  }
}

static void
mos_hierarchy_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_hierarchy_page_parent_class)->map (widget);
  update_timer (MOS_HIERARCHY_PAGE (widget));
}

static void
mos_hierarchy_page_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_hierarchy_page_parent_class)->unmap (widget);
  update_timer (MOS_HIERARCHY_PAGE (widget));
}

static void
pause_cb (GtkToggleButton *button, MosHierarchyPage *self)
{
  update_timer (self);
}

/* -- the chosen one ------------------------------------------------------ */

static void
show_details (MosHierarchyPage *self)
{
  g_autofree char *text = self->chosen != NULL
                              ? mos_hierarchy_describe (self->chosen)
                              : g_strdup (_ ("Choose a row to see its exits."));

  gtk_label_set_text (GTK_LABEL (self->details), text);
}

static void
choose (MosHierarchyPage *self, MosHierarchyNode *node)
{
  if (self->chosen == node)
    return;
  g_clear_signal_handler (&self->changed_id, self->chosen);
  g_set_object (&self->chosen, node);
  if (node != NULL)
    self->changed_id = g_signal_connect_swapped (
        node, "changed", G_CALLBACK (show_details), self);
  mos_hierarchy_map_choose (MOS_HIERARCHY_MAP (self->map), node);
  show_details (self);
}

static void
selected_cb (GtkSingleSelection *selection,
             GParamSpec         *pspec,
             MosHierarchyPage   *self)
{
  GtkTreeListRow *row = gtk_single_selection_get_selected_item (selection);
  g_autoptr (MosHierarchyNode) node =
      row != NULL ? gtk_tree_list_row_get_item (row) : NULL;

  choose (self, node);
}

static void
map_chosen_cb (MosHierarchyMap  *map,
               MosHierarchyNode *node,
               MosHierarchyPage *self)
{
  GListModel *rows = G_LIST_MODEL (self->selection);
  guint       n = g_list_model_get_n_items (rows);

  for (guint i = 0; i < n; i++) {
    g_autoptr (GtkTreeListRow) row = g_list_model_get_item (rows, i);
    g_autoptr (MosHierarchyNode) item = gtk_tree_list_row_get_item (row);

    if (item == node) {
      gtk_single_selection_set_selected (self->selection, i);
      return;
    }
  }
  choose (self, node); /* its row is folded away */
}

/* -- the bar ------------------------------------------------------------- */

static void
zoom_in_cb (GtkButton *button, MosHierarchyPage *self)
{
  MosHierarchyMap *map = MOS_HIERARCHY_MAP (self->map);

  mos_hierarchy_map_set_zoom (map, mos_hierarchy_map_get_zoom (map) * 1.25);
}

static void
zoom_out_cb (GtkButton *button, MosHierarchyPage *self)
{
  MosHierarchyMap *map = MOS_HIERARCHY_MAP (self->map);

  mos_hierarchy_map_set_zoom (map, mos_hierarchy_map_get_zoom (map) / 1.25);
}

static void
presenter_cb (GtkToggleButton *button, MosHierarchyPage *self)
{
  gboolean on = gtk_toggle_button_get_active (button);

  if (on)
    gtk_widget_add_css_class (self->box, "presenter");
  else
    gtk_widget_remove_css_class (self->box, "presenter");
  mos_hierarchy_map_set_zoom (MOS_HIERARCHY_MAP (self->map),
                              on ? PRESENTER_SCALE : 1);
}

static void
exported_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosHierarchyPage *self = MOS_HIERARCHY_PAGE (widget);
  g_autofree char  *text = g_strdup_printf (_ ("The map is in %s"), path);
  g_autoptr (GError) error = NULL;

  if (!mos_hierarchy_export (mos_hypervisor_get_tree (self->hypervisor), path,
                             &error))
    gtk_label_set_text (GTK_LABEL (self->message), error->message);
  else
    gtk_label_set_text (GTK_LABEL (self->message), text);
}

static void
export_cb (GtkButton *button, MosHierarchyPage *self)
{
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){ .title = _ ("Export Map"),
                                      .accept = _ ("_Export"),
                                      .name = "hierarchy.pdf",
                                      .func = exported_cb });
}

static GtkWidget *
add_button (MosHierarchyPage *self,
            GtkWidget        *bar,
            const char       *icon,
            const char       *name,
            GCallback         func)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  mos_access_icon_button (button, name);
  g_signal_connect (button, "clicked", func, self);
  gtk_box_append (GTK_BOX (bar), button);
  return button;
}

static GtkWidget *
add_toggle (MosHierarchyPage *self,
            GtkWidget        *bar,
            const char       *icon,
            const char       *name,
            GCallback         func)
{
  GtkWidget *button = gtk_toggle_button_new ();

  gtk_button_set_icon_name (GTK_BUTTON (button), icon);
  mos_access_icon_button (button, name);
  g_signal_connect (button, "toggled", func, self);
  gtk_box_append (GTK_BOX (bar), button);
  return button;
}

static GtkWidget *
make_bar (MosHierarchyPage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_widget_add_css_class (bar, "toolbar");
  self->pause =
      add_toggle (self, bar, "media-playback-pause-symbolic",
                  _ ("Hold the Picture Still"), G_CALLBACK (pause_cb));
  add_button (self, bar, "zoom-out-symbolic", _ ("Zoom Out"),
              G_CALLBACK (zoom_out_cb));
  add_button (self, bar, "zoom-in-symbolic", _ ("Zoom In"),
              G_CALLBACK (zoom_in_cb));
  self->presenter =
      add_toggle (self, bar, "view-fullscreen-symbolic",
                  _ ("Large, for a Projector"), G_CALLBACK (presenter_cb));
  add_button (self, bar, "document-save-symbolic", _ ("Export Map"),
              G_CALLBACK (export_cb));
  self->message = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->message), PANGO_ELLIPSIZE_START);
  gtk_box_append (GTK_BOX (bar), self->message);
  return bar;
}

/* -- the table ----------------------------------------------------------- */

static GListModel *
children_cb (gpointer item, gpointer user_data)
{
  return g_object_ref (
      mos_hierarchy_node_get_children (MOS_HIERARCHY_NODE (item)));
}

static GtkWidget *
make_table (MosHierarchyPage *self)
{
  GListStore       *roots = g_list_store_new (MOS_TYPE_HIERARCHY_NODE);
  GtkTreeListModel *tree;
  GtkWidget        *scroller = gtk_scrolled_window_new ();

  g_list_store_append (roots, mos_hypervisor_get_tree (self->hypervisor));
  tree = gtk_tree_list_model_new (G_LIST_MODEL (roots), FALSE, TRUE,
                                  children_cb, NULL, NULL);
  self->selection = gtk_single_selection_new (G_LIST_MODEL (tree));
  self->table = gtk_column_view_new (
      GTK_SELECTION_MODEL (g_object_ref (self->selection)));
  mos_access_name (self->table, _ ("Machines and the guests inside them"));
  mos_hierarchy_add_columns (GTK_COLUMN_VIEW (self->table));
  g_signal_connect (self->selection, "notify::selected-item",
                    G_CALLBACK (selected_cb), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->table);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller),
                                              TABLE_HEIGHT);
  gtk_widget_set_vexpand (scroller, TRUE);
  return scroller;
}

static GtkWidget *
make_details (MosHierarchyPage *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->details = gtk_label_new (NULL);
  gtk_label_set_selectable (GTK_LABEL (self->details), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->details), 0);
  gtk_label_set_yalign (GTK_LABEL (self->details), 0);
  gtk_widget_set_margin_start (self->details, 12);
  gtk_widget_set_margin_end (self->details, 12);
  gtk_widget_set_margin_top (self->details, 6);
  gtk_widget_set_margin_bottom (self->details, 6);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->details);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller),
                                              WORDS_HEIGHT);
  return scroller;
}

static GtkWidget *
make_map (MosHierarchyPage *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->map =
      mos_hierarchy_map_new (mos_hypervisor_get_tree (self->hypervisor));
  g_signal_connect (self->map, "chosen", G_CALLBACK (map_chosen_cb), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->map);
  gtk_scrolled_window_set_min_content_width (GTK_SCROLLED_WINDOW (scroller),
                                             MAP_WIDTH);
  gtk_scrolled_window_set_min_content_height (GTK_SCROLLED_WINDOW (scroller),
                                              MAP_HEIGHT);
  return scroller;
}

/* -- room ---------------------------------------------------------------- */

/* Outside of the allocation, which must not ask for another one. */
static gboolean
turn_cb (gpointer user_data)
{
  MosHierarchyPage *self = user_data;
  gboolean beside = gtk_widget_get_width (GTK_WIDGET (self)) >= BESIDE_WIDTH;

  self->turn = 0;
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self->halves),
                                  beside ? GTK_ORIENTATION_HORIZONTAL
                                         : GTK_ORIENTATION_VERTICAL);
  gtk_paned_set_position (GTK_PANED (self->halves), -1);
  return G_SOURCE_REMOVE;
}

static void
mos_hierarchy_page_measure (GtkWidget     *widget,
                            GtkOrientation orientation,
                            int            for_size,
                            int           *minimum,
                            int           *natural,
                            int           *minimum_baseline,
                            int           *natural_baseline)
{
  MosHierarchyPage *self = MOS_HIERARCHY_PAGE (widget);

  gtk_widget_measure (self->box, orientation, for_size, minimum, natural,
                      minimum_baseline, natural_baseline);
}

static void
mos_hierarchy_page_size_allocate (GtkWidget *widget,
                                  int        width,
                                  int        height,
                                  int        baseline)
{
  MosHierarchyPage *self = MOS_HIERARCHY_PAGE (widget);
  GtkOrientation    wanted = width >= BESIDE_WIDTH ? GTK_ORIENTATION_HORIZONTAL
                                                   : GTK_ORIENTATION_VERTICAL;

  gtk_widget_size_allocate (self->box, &(GtkAllocation){ 0, 0, width, height },
                            baseline);
  if (self->turn == 0 &&
      gtk_orientable_get_orientation (GTK_ORIENTABLE (self->halves)) != wanted)
    self->turn = g_idle_add (turn_cb, self);
}

/* -- the object ---------------------------------------------------------- */

static void
mos_hierarchy_page_dispose (GObject *object)
{
  MosHierarchyPage *self = MOS_HIERARCHY_PAGE (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_signal_handler (&self->changed_id, self->chosen);
  g_clear_object (&self->chosen);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->selection);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_hierarchy_page_parent_class)->dispose (object);
}

static void
mos_hierarchy_page_class_init (MosHierarchyPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_hierarchy_page_dispose;
  widget_class->map = mos_hierarchy_page_map;
  widget_class->unmap = mos_hierarchy_page_unmap;
  widget_class->measure = mos_hierarchy_page_measure;
  widget_class->size_allocate = mos_hierarchy_page_size_allocate;
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
mos_hierarchy_page_init (MosHierarchyPage *self)
{
}

GtkWidget *
mos_hierarchy_page_new (MosHypervisor *hypervisor)
{
  MosHierarchyPage *self = g_object_new (MOS_TYPE_HIERARCHY_PAGE, NULL);
  GtkWidget        *halves = gtk_paned_new (GTK_ORIENTATION_VERTICAL);
  GtkWidget        *left = gtk_paned_new (GTK_ORIENTATION_VERTICAL);

  self->hypervisor = g_object_ref (hypervisor);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_add_css_class (self->box, "hierarchy");
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_box_append (GTK_BOX (self->box), make_bar (self));
  self->halves = halves;
  gtk_paned_set_wide_handle (GTK_PANED (halves), TRUE);
  gtk_paned_set_shrink_start_child (GTK_PANED (halves), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (halves), FALSE);
  gtk_paned_set_shrink_start_child (GTK_PANED (left), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (left), FALSE);
  gtk_paned_set_end_child (GTK_PANED (halves), make_map (self));
  gtk_paned_set_start_child (GTK_PANED (left), make_table (self));
  gtk_paned_set_end_child (GTK_PANED (left), make_details (self));
  gtk_paned_set_resize_end_child (GTK_PANED (left), FALSE);
  gtk_paned_set_start_child (GTK_PANED (halves), left);
  gtk_widget_set_vexpand (halves, TRUE);
  gtk_widget_set_hexpand (halves, TRUE);
  gtk_box_append (GTK_BOX (self->box), halves);
  selected_cb (self->selection, NULL, self);
  return GTK_WIDGET (self);
}
