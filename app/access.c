/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Names and reasons for assistive technology; see access.h. Main thread.
 */
#include "app/access.h"

#include <glib/gi18n-lib.h>

static void
name_one (GtkWidget *widget, const char *name)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

/* Buttons inside (a spin button's + and -) keep the names GTK gives them. */
static void
name_inside (GtkWidget *widget, const char *name)
{
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    if (GTK_IS_TEXT (child) || GTK_IS_TOGGLE_BUTTON (child))
      name_one (child, name);
    else if (!GTK_IS_BUTTON (child) && !GTK_IS_POPOVER (child))
      name_inside (child, name);
  }
}

void
mos_access_name (GtkWidget *widget, const char *name)
{
  g_return_if_fail (GTK_IS_WIDGET (widget));

  name_one (widget, name);
  if (GTK_IS_MENU_BUTTON (widget) || GTK_IS_DROP_DOWN (widget) ||
      GTK_IS_EDITABLE (widget))
    name_inside (widget, name);
}

void
mos_access_icon_button (GtkWidget *widget, const char *name)
{
  gtk_widget_set_tooltip_text (widget, name);
  mos_access_name (widget, name);
}

GtkWidget *
mos_access_icon_button_new (const char *icon,
                            const char *name,
                            GCallback   clicked,
                            gpointer    data)
{
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  mos_access_icon_button (button, name);
  g_signal_connect_swapped (button, "clicked", clicked, data);
  return button;
}

GtkWidget *
mos_access_scroller_new (GtkWidget *child, const char *name, int most)
{
  GtkWidget         *widget = gtk_scrolled_window_new ();
  GtkScrolledWindow *scroller = GTK_SCROLLED_WINDOW (widget);

  g_return_val_if_fail (GTK_IS_WIDGET (child), widget);

  gtk_scrolled_window_set_policy (scroller, GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_propagate_natural_height (scroller, TRUE);
  gtk_scrolled_window_set_max_content_height (scroller, most);
  gtk_scrolled_window_set_child (scroller, child);
  if (name != NULL)
    mos_access_name (widget, name);
  return widget;
}

void
mos_access_describe (GtkWidget *widget, const char *description)
{
  g_return_if_fail (GTK_IS_WIDGET (widget));

  if (description != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (widget),
                                    GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                    description, -1);
  else
    gtk_accessible_reset_property (GTK_ACCESSIBLE (widget),
                                   GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
}

void
mos_access_close_on_escape (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (controller),
      gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                        gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, controller);
}

void
mos_access_busy (GtkWidget *widget, gboolean busy)
{
  g_return_if_fail (GTK_IS_WIDGET (widget));

  gtk_accessible_update_state (GTK_ACCESSIBLE (widget),
                               GTK_ACCESSIBLE_STATE_BUSY, busy, -1);
}

void
mos_access_reason (GtkWidget *widget, const char *title, const char *why_not)
{
  g_autofree char *both = NULL;

  if (why_not != NULL)
    both = g_strdup_printf ("%s\n%s", title, why_not);
  gtk_widget_set_tooltip_text (widget, both != NULL ? both : title);
  mos_access_name (widget, title);
  mos_access_describe (widget, why_not);
}

/* Its own tooltip while it can be used; the reason below it while not. */
static void
keep_or_explain (GtkWidget *widget, const char *why_not)
{
  const char      *own = g_object_get_data (G_OBJECT (widget), "own-tooltip");
  g_autofree char *both = NULL;

  if (own == NULL) {
    const char *now = gtk_widget_get_tooltip_text (widget);

    g_object_set_data_full (G_OBJECT (widget), "own-tooltip",
                            g_strdup (now != NULL ? now : ""), g_free);
    own = g_object_get_data (G_OBJECT (widget), "own-tooltip");
  }
  if (why_not != NULL)
    both = g_strconcat (own, *own != '\0' ? "\n" : "", why_not, NULL);
  gtk_widget_set_tooltip_text (widget, both != NULL ? both : own);
  mos_access_describe (widget, both != NULL ? both : own);
}

void
mos_access_allow (GtkWidget *widget, const char *title, const char *why_not)
{
  gtk_widget_set_sensitive (widget, why_not == NULL);
  if (title != NULL)
    mos_access_reason (widget, title, why_not);
  else
    keep_or_explain (widget, why_not);
}

/* The text of the first label inside, or NULL. */
static const char *
label_inside (GtkWidget *widget)
{
  const char *text = NULL;

  if (GTK_IS_LABEL (widget))
    return gtk_label_get_text (GTK_LABEL (widget));
  for (GtkWidget *child = gtk_widget_get_first_child (widget);
       child != NULL && text == NULL;
       child = gtk_widget_get_next_sibling (child))
    text = label_inside (child);
  return text;
}

static const char *
name_for (GtkWidget *widget)
{
  if (GTK_IS_PANED (widget))
    return _ ("Divider");
  if (GTK_IS_TEXT_VIEW (widget))
    return _ ("Text");
  if (GTK_IS_SCROLLED_WINDOW (widget))
    return _ ("Scrolled view");
  if (GTK_IS_SEARCH_ENTRY (widget))
    return _ ("Search");
  if (GTK_IS_MENU_BUTTON (widget))
    return _ ("Menu");
  if (GTK_IS_LIST_VIEW (widget) || GTK_IS_LIST_BOX (widget))
    return _ ("List");
  if (GTK_IS_BUTTON (widget) &&
      gtk_button_get_label (GTK_BUTTON (widget)) == NULL) {
    const char *icon = gtk_button_get_icon_name (GTK_BUTTON (widget));

    /* What the toolkit leaves without a tooltip: entries and toasts. */
    if (g_strcmp0 (icon, "edit-find-symbolic") == 0)
      return _ ("Search");
    if (g_strcmp0 (icon, "window-close-symbolic") == 0)
      return _ ("Close");
    return icon == NULL && label_inside (widget) != NULL
               ? label_inside (widget)
               : gtk_widget_get_tooltip_text (widget);
  }
  return NULL;
}

void
mos_access_sweep (GtkWidget *root)
{
  const char *name = NULL;

  g_return_if_fail (GTK_IS_WIDGET (root));

  if (!gtk_test_accessible_has_property (GTK_ACCESSIBLE (root),
                                         GTK_ACCESSIBLE_PROPERTY_LABEL))
    name = name_for (root);
  if (name != NULL)
    mos_access_name (root, name);
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    mos_access_sweep (child);
}
