/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The log page: a list view over MosLogModel, a choice of severity, copy.
 * New lines scroll into view while the end is visible. Main thread.
 */
#include "app/log-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/log-model.h"

struct _MosLogPage {
  GtkWidget parent_instance;

  GtkWidget          *box;
  GtkWidget          *stack;
  GtkWidget          *scroller;
  GtkWidget          *level;
  GtkCustomFilter    *filter;
  GtkFilterListModel *filtered;
  MosLogModel        *model;
  gboolean            at_end;
};

G_DEFINE_FINAL_TYPE (MosLogPage, mos_log_page, GTK_TYPE_WIDGET)

static const char *const level_icons[] = {
  [MOS_LOG_DEBUG] = "emblem-system-symbolic",
  [MOS_LOG_INFO] = "dialog-information-symbolic",
  [MOS_LOG_WARNING] = "dialog-warning-symbolic",
  [MOS_LOG_ERROR] = "dialog-error-symbolic",
};

static const char *const level_classes[] = {
  [MOS_LOG_DEBUG] = "dim-label",
  [MOS_LOG_INFO] = "dim-label",
  [MOS_LOG_WARNING] = "warning",
  [MOS_LOG_ERROR] = "error",
};

/* -- rows ---------------------------------------------------------------- */

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          gpointer                  user_data)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *icon = gtk_image_new ();
  GtkWidget *time = gtk_label_new (NULL);
  GtkWidget *text = gtk_label_new (NULL);

  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_widget_set_valign (time, GTK_ALIGN_START);
  gtk_widget_add_css_class (time, "numeric");
  gtk_widget_add_css_class (time, "dim-label");
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (text), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (text), 0);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), time);
  gtk_box_append (GTK_BOX (box), text);
  gtk_list_item_set_child (item, box);
  gtk_list_item_set_activatable (item, FALSE);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *list_item,
         gpointer                  user_data)
{
  MosLogItem       *item = gtk_list_item_get_item (list_item);
  const MosLogLine *line = mos_log_item_get_line (item);
  GtkWidget        *box = gtk_list_item_get_child (list_item);
  GtkWidget        *icon = gtk_widget_get_first_child (box);
  GtkWidget        *time = gtk_widget_get_next_sibling (icon);
  GtkWidget        *text = gtk_widget_get_next_sibling (time);
  const char *classes[] = { level_classes[MIN (line->level, MOS_LOG_ERROR)],
                            NULL };
  g_autofree char *clock = mos_log_item_dup_time (item);
  g_autofree char *name = g_strdup_printf (
      "%s %s: %s", clock, mos_log_item_level_title (item), line->text);

  gtk_image_set_from_icon_name (GTK_IMAGE (icon),
                                level_icons[MIN (line->level, MOS_LOG_ERROR)]);
  gtk_widget_set_css_classes (icon, classes);
  gtk_widget_set_tooltip_text (icon, mos_log_item_level_title (item));
  gtk_label_set_label (GTK_LABEL (time), clock);
  gtk_label_set_label (GTK_LABEL (text), line->text);
  /* GTK 4.8 names list items after their type; the row is their parent. */
  if (gtk_widget_get_parent (box) != NULL)
    mos_access_name (gtk_widget_get_parent (box), name);
}

static gboolean
filter_cb (gpointer item, gpointer user_data)
{
  MosLogPage *self = user_data;
  guint       level = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->level));

  return mos_log_item_get_line (item)->level >= level;
}

static void
show_or_empty (MosLogPage *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->filtered));

  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    n > 0 ? "lines" : "empty");
}

static void
level_cb (MosLogPage *self)
{
  gtk_filter_changed (GTK_FILTER (self->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* -- following the end --------------------------------------------------- */

static void
moved_cb (MosLogPage *self)
{
  GtkAdjustment *vertical = gtk_scrolled_window_get_vadjustment (
      GTK_SCROLLED_WINDOW (self->scroller));
  double end = gtk_adjustment_get_upper (vertical) -
               gtk_adjustment_get_page_size (vertical);

  self->at_end = gtk_adjustment_get_value (vertical) >= end - 1;
}

static void
grown_cb (MosLogPage *self)
{
  GtkAdjustment *vertical = gtk_scrolled_window_get_vadjustment (
      GTK_SCROLLED_WINDOW (self->scroller));

  if (self->at_end)
    gtk_adjustment_set_value (vertical, gtk_adjustment_get_upper (vertical));
}

static void
copy_cb (MosLogPage *self)
{
  g_autofree char *text = NULL;

  if (self->model == NULL)
    return;
  text = mos_log_model_to_text (self->model);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* -- life ---------------------------------------------------------------- */

static GtkWidget *
make_toolbar (MosLogPage *self)
{
  const char *const levels[] = { _ ("All lines"), _ ("Information and above"),
                                 _ ("Warnings and errors"), _ ("Errors"),
                                 NULL };
  GtkWidget        *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget        *copy = gtk_button_new_from_icon_name ("edit-copy-symbolic");

  self->level = gtk_drop_down_new_from_strings (levels);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->level), MOS_LOG_INFO);
  mos_access_name (self->level, _ ("Which lines are shown"));
  g_signal_connect_swapped (self->level, "notify::selected",
                            G_CALLBACK (level_cb), self);
  mos_access_icon_button (copy, _ ("Copy the Log"));
  gtk_widget_set_hexpand (copy, TRUE);
  gtk_widget_set_halign (copy, GTK_ALIGN_END);
  g_signal_connect_swapped (copy, "clicked", G_CALLBACK (copy_cb), self);
  gtk_widget_add_css_class (bar, "toolbar");
  gtk_box_append (GTK_BOX (bar), self->level);
  gtk_box_append (GTK_BOX (bar), copy);
  return bar;
}

static GtkWidget *
make_list (MosLogPage *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget          *list;
  GtkAdjustment      *vertical;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  self->filter = gtk_custom_filter_new (filter_cb, self, NULL);
  self->filtered = gtk_filter_list_model_new (
      NULL, GTK_FILTER (g_object_ref (self->filter)));
  g_signal_connect_swapped (self->filtered, "items-changed",
                            G_CALLBACK (show_or_empty), self);
  list = gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (
                                g_object_ref (G_LIST_MODEL (self->filtered)))),
                            factory);
  mos_access_name (list, _ ("Log"));
  gtk_widget_add_css_class (list, "log");

  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), list);
  gtk_widget_set_vexpand (self->scroller, TRUE);
  vertical = gtk_scrolled_window_get_vadjustment (
      GTK_SCROLLED_WINDOW (self->scroller));
  g_signal_connect_swapped (vertical, "value-changed", G_CALLBACK (moved_cb),
                            self);
  g_signal_connect_swapped (vertical, "changed", G_CALLBACK (grown_cb), self);
  self->at_end = TRUE;
  return self->scroller;
}

static void
mos_log_page_dispose (GObject *object)
{
  MosLogPage *self = MOS_LOG_PAGE (object);

  if (self->filtered != NULL)
    g_signal_handlers_disconnect_by_data (self->filtered, self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->filtered);
  g_clear_object (&self->filter);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (mos_log_page_parent_class)->dispose (object);
}

static void
mos_log_page_class_init (MosLogPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_log_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass),
                                        GTK_ACCESSIBLE_ROLE_LOG);
}

static void
mos_log_page_init (MosLogPage *self)
{
  GtkWidget *toolbar = make_toolbar (self);
  GtkWidget *empty = adw_status_page_new ();

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty), "view-list-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), _ ("No Lines"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (empty),
      _ ("What happens to the machine is written down here."));
  gtk_widget_add_css_class (empty, "compact");

  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), empty, "empty");
  gtk_stack_add_named (GTK_STACK (self->stack), make_list (self), "lines");

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), toolbar);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  mos_access_name (GTK_WIDGET (self), _ ("Log"));
}

void
mos_log_page_set_log (MosLogPage *self, MosLog *log)
{
  g_return_if_fail (MOS_IS_LOG_PAGE (self));

  gtk_filter_list_model_set_model (self->filtered, NULL);
  g_clear_object (&self->model);
  self->at_end = TRUE;
  if (log != NULL)
    self->model = mos_log_model_new (log);
  gtk_filter_list_model_set_model (self->filtered, G_LIST_MODEL (self->model));
  show_or_empty (self);
}
