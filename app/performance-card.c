/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The card around a graph.
 */
#include "app/performance-card.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/menu.h"
#include "app/report.h"

#define PICTURE_WIDTH  960
#define PICTURE_HEIGHT 320

struct _MosPerformanceCard {
  GtkWidget parent_instance;

  const MosGraphInfo *info;
  GtkWidget          *box;
  GtkWidget          *graph;
  GtkWidget          *table; /* NULL: the graph is shown */
};

enum {
  ARRANGE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosPerformanceCard, mos_performance_card, GTK_TYPE_WIDGET)

/* -- table --------------------------------------------------------------- */

static void
show_table (MosPerformanceCard *self, gboolean on)
{
  const MosPlot *plot = mos_graph_get_plot (MOS_GRAPH (self->graph));

  if (self->table != NULL)
    gtk_box_remove (GTK_BOX (self->box), self->table);
  self->table = NULL;
  if (on && plot != NULL) {
    self->table = mos_graph_table_new (plot);
    gtk_box_append (GTK_BOX (self->box), self->table);
  }
}

static void
table_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosPerformanceCard *self = MOS_PERFORMANCE_CARD (widget);

  show_table (self, self->table == NULL);
}

static void
show_table_cb (MosPerformanceCard *self)
{
  show_table (self, self->table == NULL);
}

/* -- saving -------------------------------------------------------------- */

static gboolean
save (const MosPlot *plot, const char *path, GError **error)
{
  g_autofree char *csv = NULL;

  if (g_str_has_suffix (path, ".png"))
    return mos_plot_save_png (plot, path, PICTURE_WIDTH, PICTURE_HEIGHT, error);
  if (g_str_has_suffix (path, ".svg"))
    return mos_plot_save_svg (plot, path, PICTURE_WIDTH, PICTURE_HEIGHT, error);
  csv = mos_plot_to_csv (plot);
  return g_file_set_contents (path, csv, -1, error);
}

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosPerformanceCard *self = MOS_PERFORMANCE_CARD (widget);
  const MosPlot      *plot = mos_graph_get_plot (MOS_GRAPH (self->graph));
  g_autoptr (GError) error = NULL;

  if (plot != NULL && !save (plot, path, &error))
    mos_report_error (widget, NULL, error);
}

static void
save_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  MosPerformanceCard *self = MOS_PERFORMANCE_CARD (widget);
  const char         *ending = strrchr (action, '-') + 1;
  g_autofree char    *name = g_strdup_printf ("%s.%s", self->info->id, ending);

  mos_chooser_ask (widget, &(MosChooserSpec){ .title = _ ("Save the Graph"),
                                              .name = name,
                                              .func = chosen_cb });
}

/* -- arranging ----------------------------------------------------------- */

static void
arrange_cb (GtkWidget *widget, const char *action, GVariant *parameter)
{
  static const char *const names[] = { "card.pin", "card.up", "card.down",
                                       "card.hide" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], action)) {
      g_signal_emit (widget, signals[ARRANGE], 0, (int) i);
      return;
    }
}

/* -- life ---------------------------------------------------------------- */

static void
mos_performance_card_dispose (GObject *object)
{
  MosPerformanceCard *self = MOS_PERFORMANCE_CARD (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_performance_card_parent_class)->dispose (object);
}

static void
mos_performance_card_class_init (MosPerformanceCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_performance_card_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_install_action (widget_class, "card.pin", NULL, arrange_cb);
  gtk_widget_class_install_action (widget_class, "card.up", NULL, arrange_cb);
  gtk_widget_class_install_action (widget_class, "card.down", NULL, arrange_cb);
  gtk_widget_class_install_action (widget_class, "card.hide", NULL, arrange_cb);
  gtk_widget_class_install_action (widget_class, "card.table", NULL, table_cb);
  gtk_widget_class_install_action (widget_class, "card.save-png", NULL,
                                   save_cb);
  gtk_widget_class_install_action (widget_class, "card.save-svg", NULL,
                                   save_cb);
  gtk_widget_class_install_action (widget_class, "card.save-csv", NULL,
                                   save_cb);
  signals[ARRANGE] =
      g_signal_new ("arrange", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT);
}

static void
mos_performance_card_init (MosPerformanceCard *self)
{
}

static GtkWidget *
make_menu (const MosGraphInfo *info)
{
  static const MosMenuItem items[] = {
    { 0, N_ ("_Table"), "card.table" },
    { 1, N_ ("_Pin to the Top"), "card.pin" },
    { 1, N_ ("Move _Up"), "card.up" },
    { 1, N_ ("Move _Down"), "card.down" },
    { 1, N_ ("_Hide"), "card.hide" },
    { 2, N_ ("Save as P_NG…"), "card.save-png" },
    { 2, N_ ("Save as _SVG…"), "card.save-svg" },
    { 2, N_ ("Save as _CSV…"), "card.save-csv" },
  };
  g_autofree char *name = g_strdup_printf (_ ("Menu of “%s”"), _ (info->title));
  GtkWidget *button = mos_menu_button_new ("view-more-symbolic", name, items,
                                           G_N_ELEMENTS (items));

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_START);
  return button;
}

GtkWidget *
mos_performance_card_new (const MosGraphInfo *info)
{
  MosPerformanceCard *self = g_object_new (MOS_TYPE_PERFORMANCE_CARD, NULL);
  GtkWidget          *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 0);

  self->info = info;
  self->graph = mos_graph_new ();
  g_signal_connect_swapped (self->graph, "show-table",
                            G_CALLBACK (show_table_cb), self);
  gtk_box_append (GTK_BOX (row), self->graph);
  gtk_box_append (GTK_BOX (row), make_menu (info));
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_add_css_class (self->box, "card");
  gtk_box_append (GTK_BOX (self->box), row);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  mos_access_name (GTK_WIDGET (self), _ (info->title));
  return GTK_WIDGET (self);
}

const MosGraphInfo *
mos_performance_card_get_info (MosPerformanceCard *self)
{
  return self->info;
}

MosGraph *
mos_performance_card_get_graph (MosPerformanceCard *self)
{
  return MOS_GRAPH (self->graph);
}

/* A table under somebody's eyes stays as it was when it was opened. */
void
mos_performance_card_set_plot (MosPerformanceCard *self, MosPlot *plot)
{
  mos_graph_set_plot (MOS_GRAPH (self->graph), plot);
}
