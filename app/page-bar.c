/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Tabs are toggle buttons on the `win.page` action, which makes them a group.
 * A switcher of libadwaita gives all pages the same width and has no room for
 * more than five. Main thread.
 */
#include "app/page-bar.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/choice-list.h"

struct _MosPageBar {
  GtkWidget parent_instance;

  GtkWidget *box;
  GtkWidget *scroller;
  GtkWidget *tabs;
};

G_DEFINE_FINAL_TYPE (MosPageBar, mos_page_bar, GTK_TYPE_WIDGET)

/* -- tabs ---------------------------------------------------------------- */

static GtkWidget *
make_label (const MosPageInfo *info)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_box_append (GTK_BOX (box), gtk_image_new_from_icon_name (info->icon));
  gtk_box_append (GTK_BOX (box), gtk_label_new (_ (info->title)));
  return box;
}

static GtkWidget *
make_tab (const MosPageInfo *info)
{
  GtkWidget *tab = g_object_new (GTK_TYPE_TOGGLE_BUTTON, "accessible-role",
                                 GTK_ACCESSIBLE_ROLE_TAB, NULL);

  gtk_button_set_child (GTK_BUTTON (tab), make_label (info));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (tab), "win.page");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (tab), "s", info->id);
  gtk_widget_set_name (tab, info->id);
  gtk_widget_add_css_class (tab, "flat");
  mos_access_name (tab, _ (info->title));
  return tab;
}

static GtkWidget *
make_menu_button (void)
{
  g_autoptr (GMenu) menu = g_menu_new ();
  GtkWidget *button = gtk_menu_button_new ();

  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++) {
    g_autofree char *action = g_strconcat ("win.page::", info->id, NULL);

    if (info->scope == MOS_PAGE_MACHINE)
      g_menu_append (menu, _ (info->title), action);
  }
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "pan-down-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button),
                                  G_MENU_MODEL (menu));
  gtk_widget_add_css_class (button, "flat");
  mos_access_icon_button (button, _ ("All Pages"));
  return button;
}

/* A tab that takes the focus, or is shown, comes into view. */
static void
bring_into_view (MosPageBar *self, GtkWidget *tab)
{
  GtkAdjustment *across = gtk_scrolled_window_get_hadjustment (
      GTK_SCROLLED_WINDOW (self->scroller));
  graphene_rect_t bounds;

  if (gtk_widget_compute_bounds (tab, self->tabs, &bounds))
    gtk_adjustment_clamp_page (across, bounds.origin.x,
                               bounds.origin.x + bounds.size.width);
}

static void
mos_page_bar_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  MosPageBar   *self = MOS_PAGE_BAR (widget);
  GtkAllocation all = { 0, 0, width, height };

  gtk_widget_size_allocate (self->box, &all, baseline);
}

static void
mos_page_bar_measure (GtkWidget     *widget,
                      GtkOrientation orientation,
                      int            for_size,
                      int           *minimum,
                      int           *natural,
                      int           *minimum_baseline,
                      int           *natural_baseline)
{
  gtk_widget_measure (MOS_PAGE_BAR (widget)->box, orientation, for_size,
                      minimum, natural, minimum_baseline, natural_baseline);
}

static void
mos_page_bar_dispose (GObject *object)
{
  MosPageBar *self = MOS_PAGE_BAR (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_page_bar_parent_class)->dispose (object);
}

static void
mos_page_bar_class_init (MosPageBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_page_bar_dispose;
  widget_class->size_allocate = mos_page_bar_size_allocate;
  widget_class->measure = mos_page_bar_measure;
  gtk_widget_class_set_css_name (widget_class, "pagebar");
}

static void
mos_page_bar_init (MosPageBar *self)
{
  GtkWidget *viewport = gtk_viewport_new (NULL, NULL);

  self->tabs = g_object_new (GTK_TYPE_BOX, "spacing", 3, "accessible-role",
                             GTK_ACCESSIBLE_ROLE_TAB_LIST, NULL);
  mos_access_name (self->tabs, _ ("Pages"));
  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++)
    if (info->scope == MOS_PAGE_MACHINE)
      gtk_box_append (GTK_BOX (self->tabs), make_tab (info));
  gtk_viewport_set_scroll_to_focus (GTK_VIEWPORT (viewport), TRUE);
  gtk_viewport_set_child (GTK_VIEWPORT (viewport), self->tabs);

  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller),
                                 viewport);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller),
                                  GTK_POLICY_EXTERNAL, GTK_POLICY_NEVER);
  gtk_widget_set_hexpand (self->scroller, TRUE);
  mos_access_name (self->scroller, _ ("Pages"));

  self->box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 3);
  gtk_box_append (GTK_BOX (self->box), self->scroller);
  gtk_box_append (GTK_BOX (self->box), make_menu_button ());
  gtk_widget_add_css_class (self->box, "toolbar");
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
mos_page_bar_new (void)
{
  return g_object_new (MOS_TYPE_PAGE_BAR, NULL);
}

void
mos_page_bar_set_shown (MosPageBar *self, const char *id)
{
  g_return_if_fail (MOS_IS_PAGE_BAR (self));

  for (GtkWidget *tab = gtk_widget_get_first_child (self->tabs); tab != NULL;
       tab = gtk_widget_get_next_sibling (tab)) {
    gboolean shown = g_strcmp0 (gtk_widget_get_name (tab), id) == 0;

    gtk_accessible_update_state (GTK_ACCESSIBLE (tab),
                                 GTK_ACCESSIBLE_STATE_SELECTED, shown, -1);
    if (shown)
      bring_into_view (self, tab);
  }
}

/* -- rows ---------------------------------------------------------------- */

static void
activated_cb (GtkListBox *list, GtkListBoxRow *row, gpointer user_data)
{
  gtk_widget_activate_action (GTK_WIDGET (list), "win.page", "s",
                              gtk_widget_get_name (GTK_WIDGET (row)));
}

GtkWidget *
mos_page_list_new (void)
{
  GtkWidget *list = NULL;

  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++) {
    GtkWidget *row, *label;

    if (info->scope != MOS_PAGE_LAB)
      continue;
    if (list == NULL) {
      list = mos_choice_list_new (_ ("The Lab"));
      g_signal_connect (list, "row-activated", G_CALLBACK (activated_cb), NULL);
    }
    row = gtk_list_box_row_new ();
    label = make_label (info);
    gtk_box_set_spacing (GTK_BOX (label), 12);
    gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
    gtk_widget_set_name (row, info->id);
    mos_access_name (row, _ (info->title));
    gtk_list_box_append (GTK_LIST_BOX (list), row);
  }
  return list;
}

void
mos_page_list_set_shown (GtkWidget *list, const char *id)
{
  GtkListBoxRow *found = NULL;
  GtkListBoxRow *row;

  for (int i = 0;
       (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (list), i)) != NULL;
       i++)
    if (g_strcmp0 (gtk_widget_get_name (GTK_WIDGET (row)), id) == 0)
      found = row;
  mos_choice_list_set_chosen (GTK_LIST_BOX (list), found);
}
