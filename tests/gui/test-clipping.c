/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * At 200 % text no word is cut off: every page and dialog is opened, and every
 * label must have the room its text needs, or say the whole text otherwise (a
 * tooltip, or because it can be scrolled to).
 */
#include <adwaita.h>
#include <ftw.h>
#include <string.h>

#include "app/application.h"
#include "app/pages.h"
#include "app/window.h"
#include "data/resources.h"

#define PATIENCE_US (20 * G_USEC_PER_SEC)
#define TRIES       10u

/* The actions that open a window, in turn. */
static const char *const dialogs[] = {
  "win.new-machine",       "win.settings", "app.preferences",
  "win.show-help-overlay", "app.about",
};

typedef struct {
  MosApplication *application;
  const char     *where;
  GPtrArray      *bad; /* strings */
} Tour;

/* -- looking ------------------------------------------------------------- */

static gboolean
has_tooltip (GtkWidget *widget, const char *text)
{
  for (guint i = 0; widget != NULL && i < 4;
       i++, widget = gtk_widget_get_parent (widget)) {
    const char *tooltip = gtk_widget_get_tooltip_text (widget);

    if (tooltip != NULL && strstr (tooltip, text) != NULL)
      return TRUE;
  }
  return FALSE;
}

static void
complain (Tour *tour, GtkWidget *label, const char *what)
{
  g_ptr_array_add (tour->bad,
                   g_strdup_printf ("%s: \"%s\" %s (%d by %d)", tour->where,
                                    gtk_label_get_text (GTK_LABEL (label)),
                                    what, gtk_widget_get_width (label),
                                    gtk_widget_get_height (label)));
}

/* The title of a header bar makes room for its buttons; the window has the
 * same name. */
static gboolean
is_title (GtkWidget *label)
{
  return gtk_widget_has_css_class (label, "title") &&
         (gtk_widget_get_ancestor (label, GTK_TYPE_HEADER_BAR) != NULL ||
          gtk_widget_get_ancestor (label, ADW_TYPE_HEADER_BAR) != NULL);
}

static void
look_at_label (Tour *tour, GtkWidget *label)
{
  PangoLayout *layout = gtk_label_get_layout (GTK_LABEL (label));
  const char  *text = gtk_label_get_text (GTK_LABEL (label));
  int          width, height;

  if (*text == '\0')
    return;
  pango_layout_get_pixel_size (layout, &width, &height);
  if (pango_layout_is_ellipsized (layout) && !is_title (label) &&
      !has_tooltip (label, text))
    complain (tour, label, "is shortened, without a tooltip");
  else if (width > gtk_widget_get_width (label) + 1)
    complain (tour, label, "is wider than its place");
  else if (height > gtk_widget_get_height (label) + 1)
    complain (tour, label, "is higher than its place");
}

/* @scrolled: what sticks out of the window can be brought into it. */
static void
look (Tour *tour, GtkWidget *widget, gboolean scrolled)
{
  if (!gtk_widget_get_mapped (widget))
    return;
  scrolled |= GTK_IS_VIEWPORT (widget) || GTK_IS_SCROLLABLE (widget) ||
              GTK_IS_SCROLLED_WINDOW (widget);
  if (GTK_IS_LABEL (widget)) {
    GtkWidget      *root = GTK_WIDGET (gtk_widget_get_root (widget));
    graphene_rect_t box;

    look_at_label (tour, widget);
    if (!scrolled && gtk_widget_compute_bounds (widget, root, &box) &&
        box.size.width > 0 && box.origin.x < gtk_widget_get_width (root) &&
        box.origin.x + box.size.width > gtk_widget_get_width (root) + 1)
      complain (tour, widget, "sticks out of the window");
  }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    look (tour, child, scrolled);
}

/* -- going round --------------------------------------------------------- */

static gboolean
stop_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* What is idle, and a few frames, until sizes are given out. */
static void
settle (void)
{
  gboolean end = FALSE;

  g_timeout_add (300, stop_cb, &end);
  while (!end)
    g_main_context_iteration (NULL, TRUE);
}

/* What is wrong below @root and stays so. */
static void
inspect (Tour *tour, gpointer root)
{
  guint before = tour->bad->len;

  for (guint i = 0; i < TRIES; i++) {
    settle ();
    g_ptr_array_set_size (tour->bad, (int) before);
    look (tour, GTK_WIDGET (root), FALSE);
    if (tour->bad->len == before)
      return;
  }
}

static GtkWindow *
main_window (Tour *tour)
{
  for (GList *l =
           gtk_application_get_windows (GTK_APPLICATION (tour->application));
       l != NULL; l = l->next)
    if (MOS_IS_WINDOW (l->data))
      return l->data;
  return NULL;
}

static GtkWindow *
other_window (Tour *tour)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++) {
    g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

    if (!MOS_IS_WINDOW (window) && gtk_widget_get_mapped (GTK_WIDGET (window)))
      return window;
  }
  return NULL;
}

static void
visit_page (Tour *tour, const char *id)
{
  tour->where = id;
  gtk_widget_activate_action (GTK_WIDGET (main_window (tour)), "win.page", "s",
                              id);
  inspect (tour, main_window (tour));
}

static void
visit_dialog (Tour *tour, const char *action)
{
  gint64     end = g_get_monotonic_time () + PATIENCE_US;
  GtkWindow *dialog;

  tour->where = action;
  gtk_widget_activate_action (GTK_WIDGET (main_window (tour)), action, NULL);
  while ((dialog = other_window (tour)) == NULL &&
         g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);
  g_assert_nonnull (dialog);
  inspect (tour, dialog);
  gtk_window_destroy (dialog);
}

static gboolean
tour_cb (gpointer user_data)
{
  Tour          *tour = user_data;
  MosHypervisor *hypervisor =
      mos_application_get_hypervisor (tour->application);
  g_autoptr (MosVmConfig) config = mos_vm_config_new_educational ("A Machine");
  g_autoptr (GError) error = NULL;

  g_object_set (gtk_settings_get_default (), "gtk-font-name", "Cantarell 22",
                "gtk-enable-animations", FALSE, NULL);
  tour->where = "the empty window";
  inspect (tour, main_window (tour));

  mos_window_select (MOS_WINDOW (main_window (tour)),
                     mos_hypervisor_create_vm (hypervisor, config, &error));
  g_assert_no_error (error);
  for (const MosPageInfo *page = mos_pages; page->id != NULL; page++)
    visit_page (tour, page->id);
  visit_page (tour, "console");
  for (guint i = 0; i < G_N_ELEMENTS (dialogs); i++)
    visit_dialog (tour, dialogs[i]);
  gtk_window_destroy (main_window (tour));
  return G_SOURCE_REMOVE;
}

static void
test_large_text (void)
{
  Tour tour = { .application = mos_application_new (),
                .bad = g_ptr_array_new_with_free_func (g_free) };

  g_idle_add (tour_cb, &tour);
  g_assert_cmpint (
      g_application_run (G_APPLICATION (tour.application), 0, NULL), ==, 0);
  g_object_unref (tour.application);
  for (guint i = 0; i < tour.bad->len; i++)
    g_test_message ("%s", (char *) g_ptr_array_index (tour.bad, i));
  g_assert_cmpuint (tour.bad->len, ==, 0);
  g_ptr_array_unref (tour.bad);
}

/* The user's folders are the test's own; what the system has stays there. */
static void
isolate (const char *home)
{
  static const char *const names[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                       "XDG_STATE_HOME", "XDG_CACHE_HOME" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_setenv (names[i], home, TRUE);
}

static int
remove_cb (const char *path, const struct stat *stat, int kind, struct FTW *at)
{
  return remove (path);
}

int
main (int argc, char **argv)
{
  g_autofree char *home = g_dir_make_tmp ("multios-clipping-XXXXXX", NULL);
  int              status;

  isolate (home);
  gtk_test_init (&argc, &argv, NULL);
  adw_init ();
  mos_app_register_resource ();
  g_test_add_func ("/clipping/large-text", test_large_text);
  status = g_test_run ();
  (void) nftw (home, remove_cb, 16, FTW_DEPTH | FTW_PHYS);
  return status;
}
