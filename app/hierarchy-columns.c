/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One row of a table for each column: title and how to write a node there.
 * Cells follow their node's "changed" for as long as they show it.
 */
#include "app/hierarchy-columns.h"

#include <glib/gi18n-lib.h>

/* -- what stands in a cell ----------------------------------------------- */

static gboolean
has_numbers (MosHierarchyNode *node)
{
  const MosNodeFacts *facts = mos_hierarchy_node_get_facts (node);

  return facts->kind != MOS_NODE_HOST && facts->state != MOS_NODE_OFF &&
         facts->state != MOS_NODE_SAID && !facts->guest.sampled;
}

static char *
write_title (MosHierarchyNode *node)
{
  return g_strdup (mos_hierarchy_node_get_title (node));
}

static char *
write_level (MosHierarchyNode *node)
{
  return g_strdup_printf ("%u", mos_hierarchy_node_get_level (node));
}

static char *
write_state (MosHierarchyNode *node)
{
  return g_strdup (
      mos_node_state_title (mos_hierarchy_node_get_facts (node)->state));
}

static char *
write_vcpus (MosHierarchyNode *node)
{
  guint n = mos_hierarchy_node_get_facts (node)->guest.n_vcpus;

  return n > 0 ? g_strdup_printf ("%u", n) : g_strdup (_ ("unknown"));
}

static char *
write_memory (MosHierarchyNode *node)
{
  guint64 bytes = mos_hierarchy_node_get_facts (node)->memory_bytes;

  return bytes > 0 ? g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS)
                   : g_strdup ("–");
}

static char *
write_exits (MosHierarchyNode *node)
{
  return has_numbers (node)
             ? g_strdup_printf ("%.0f",
                                mos_hierarchy_node_get_rates (node)->exits)
             : g_strdup ("–");
}

static char *
write_own (MosHierarchyNode *node)
{
  return has_numbers (node)
             ? g_strdup_printf ("%.1f %%",
                                100 * mos_hierarchy_node_get_rates (node)->own)
             : g_strdup ("–");
}

static char *
write_multiplication (MosHierarchyNode *node)
{
  double times = mos_hierarchy_node_get_multiplication (node);

  return times > 0 ? g_strdup_printf ("%.2f×", times) : g_strdup ("–");
}

typedef struct {
  const char *title;
  char *(*write) (MosHierarchyNode *node);
  float xalign;
} Column;

static const Column columns[] = {
  { N_ ("Name"), write_title, 0 },
  { N_ ("Level"), write_level, 1 },
  { N_ ("State"), write_state, 0 },
  { N_ ("vCPUs"), write_vcpus, 1 },
  { N_ ("Memory"), write_memory, 1 },
  { N_ ("Exits/s"), write_exits, 1 },
  { N_ ("Own CPU"), write_own, 1 },
  { N_ ("Multiplication"), write_multiplication, 1 },
};

/* -- cells --------------------------------------------------------------- */

static MosHierarchyNode *
node_of (GtkListItem *item)
{
  GtkTreeListRow *row = gtk_list_item_get_item (item);
  g_autoptr (MosHierarchyNode) node =
      row != NULL ? gtk_tree_list_row_get_item (row) : NULL;

  return node; /* the row holds it */
}

static GtkWidget *
label_of (GtkListItem *item)
{
  GtkWidget *child = gtk_list_item_get_child (item);

  return GTK_IS_TREE_EXPANDER (child)
             ? gtk_tree_expander_get_child (GTK_TREE_EXPANDER (child))
             : child;
}

static void
write_cell (MosHierarchyNode *node, GtkListItem *item)
{
  const Column    *column = g_object_get_data (G_OBJECT (item), "column");
  g_autofree char *text = column->write (node);

  if (g_strcmp0 (gtk_label_get_text (GTK_LABEL (label_of (item))), text) != 0)
    gtk_label_set_text (GTK_LABEL (label_of (item)), text);
}

static void
setup_cb (GtkListItemFactory *factory, GtkListItem *item, const Column *column)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), column->xalign);
  if (column->xalign > 0)
    gtk_widget_add_css_class (label, "numeric");
  g_object_set_data (G_OBJECT (item), "column", (gpointer) column);
  if (column == columns) {
    GtkWidget *expander = gtk_tree_expander_new ();

    gtk_tree_expander_set_child (GTK_TREE_EXPANDER (expander), label);
    gtk_list_item_set_child (item, expander);
  } else {
    gtk_list_item_set_child (item, label);
  }
}

static void
bind_cb (GtkListItemFactory *factory, GtkListItem *item, const Column *column)
{
  MosHierarchyNode *node = node_of (item);
  gulong            id;

  if (column == columns)
    gtk_tree_expander_set_list_row (
        GTK_TREE_EXPANDER (gtk_list_item_get_child (item)),
        gtk_list_item_get_item (item));
  id = g_signal_connect (node, "changed", G_CALLBACK (write_cell), item);
  g_object_set_data (G_OBJECT (item), "handler", GSIZE_TO_POINTER (id));
  g_object_set_data_full (G_OBJECT (item), "node", g_object_ref (node),
                          g_object_unref);
  write_cell (node, item);
}

static void
unbind_cb (GtkListItemFactory *factory, GtkListItem *item, const Column *column)
{
  MosHierarchyNode *node = g_object_get_data (G_OBJECT (item), "node");

  if (column == columns)
    gtk_tree_expander_set_list_row (
        GTK_TREE_EXPANDER (gtk_list_item_get_child (item)), NULL);
  if (node == NULL)
    return;
  g_signal_handler_disconnect (
      node, GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (item), "handler")));
  g_object_set_data (G_OBJECT (item), "node", NULL);
}

void
mos_hierarchy_add_columns (GtkColumnView *view)
{
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++) {
    GtkListItemFactory  *factory = gtk_signal_list_item_factory_new ();
    GtkColumnViewColumn *column;

    g_signal_connect (factory, "setup", G_CALLBACK (setup_cb),
                      (gpointer) &columns[i]);
    g_signal_connect (factory, "bind", G_CALLBACK (bind_cb),
                      (gpointer) &columns[i]);
    g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb),
                      (gpointer) &columns[i]);
    column = gtk_column_view_column_new (_ (columns[i].title), factory);
    gtk_column_view_column_set_resizable (column, TRUE);
    gtk_column_view_column_set_expand (column, i == 0);
    gtk_column_view_append_column (view, column);
    g_object_unref (column);
  }
}

/* -- in words ------------------------------------------------------------ */

static void
describe_guest (GString *text, const MosNodeFacts *facts)
{
  const MosHierarchyGuest *guest = &facts->guest;
  gboolean                 amd = guest->vendor == MOS_VENDOR_AMD;

  g_string_append_printf (text, _ ("%s at %#lx\n"), amd ? "VMCB" : "VMCS",
                          (gulong) guest->block);
  g_string_append_printf (
      text,
      guest->running ? _ ("Runs in guest mode, instruction at %#lx, %s\n")
                     : _ ("Outside of guest mode, left at %#lx, %s\n"),
      (gulong) guest->rip, mos_guest_mode_title (guest->mode));
  if (guest->nested_paging)
    g_string_append_printf (text, _ ("%s root %#lx\n"), amd ? "NPT" : "EPT",
                            (gulong) guest->root);
  if (facts->working_set.has_accessed) {
    g_autofree char *size = g_format_size_full (
        facts->working_set.accessed_bytes, G_FORMAT_SIZE_IEC_UNITS);

    g_string_append_printf (text, _ ("Memory it has used: %s\n"), size);
  }
  if (guest->sampled) {
    g_string_append (text, _ ("Found by looking now and then: KVM tells of no "
                              "single exits\n"));
    return;
  }
  g_string_append_printf (
      text, _ ("Entries: %lu, own time %.2f s, its guests %.2f s\n"),
      (gulong) guest->entries, (double) guest->own_ns / 1e9,
      (double) facts->below_ns / 1e9);
}

char *
mos_hierarchy_describe (MosHierarchyNode *node)
{
  const MosNodeFacts *facts = mos_hierarchy_node_get_facts (node);
  const MosNodeRates *rates = mos_hierarchy_node_get_rates (node);
  GString            *text = g_string_new (NULL);

  g_string_append_printf (text, _ ("%s, level %u\n"),
                          mos_hierarchy_node_get_title (node),
                          mos_hierarchy_node_get_level (node));
  if (facts->kind == MOS_NODE_GUEST && facts->state != MOS_NODE_SAID)
    describe_guest (text, facts);
  for (guint n = 0; n < MOS_N_EXITS; n++)
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      if (facts->guest.cells[by][n] > 0)
        g_string_append_printf (
            text, _ ("%s, handled by level %u: %lu (%.0f a second)\n"),
            mos_exit_infos[n].name, by, (gulong) facts->guest.cells[by][n],
            rates->cells[by][n]);
  g_string_truncate (text, text->len - 1);
  return g_string_free (text, FALSE);
}
