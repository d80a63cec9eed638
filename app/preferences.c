/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Preferences: rows over the settings schema. Main thread.
 */
#include "app/preferences.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/combo-row.h"
#include "display/display.h"
#include "engine/engine.h"

static GSettings *
get_settings (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "settings");
}

static void
enum_cb (AdwComboRow *row, GParamSpec *pspec, gpointer key)
{
  g_settings_set_enum (get_settings (GTK_WIDGET (row)), key,
                       (int) adw_combo_row_get_selected (row));
}

static void
host_key_cb (AdwComboRow *row, GParamSpec *pspec, gpointer key)
{
  g_settings_set_uint (get_settings (GTK_WIDGET (row)), key,
                       mos_keymap_host_keys[adw_combo_row_get_selected (row)]);
}

static GtkWidget *
add_choice (AdwPreferencesGroup *group,
            const char          *title,
            const char          *subtitle,
            const char *const   *choices,
            guint                selected)
{
  GtkWidget *row = mos_combo_row_new (choices);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), selected);
  g_object_set_data_full (G_OBJECT (row), "settings",
                          g_settings_new ("org.multios.Lab"), g_object_unref);
  mos_access_name (row, title);
  mos_access_describe (row, subtitle);
  adw_preferences_group_add (group, row);
  return row;
}

static void
add_host_key (AdwPreferencesGroup *group, GSettings *settings)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint      current = g_settings_get_uint (settings, "host-key");
  guint      selected = 0;
  GtkWidget *row;

  for (guint i = 0; mos_keymap_host_keys[i] != 0; i++) {
    g_ptr_array_add (names,
                     (gpointer) mos_keymap_name (mos_keymap_host_keys[i]));
    if (mos_keymap_host_keys[i] == current)
      selected = i;
  }
  g_ptr_array_add (names, NULL);
  row = add_choice (group, _ ("Host Key"),
                    _ ("Takes the keyboard back from a guest"),
                    (const char *const *) names->pdata, selected);
  g_signal_connect (row, "notify::selected", G_CALLBACK (host_key_cb),
                    (gpointer) "host-key");
}

static void
number_cb (GtkSpinButton *spin, gpointer key)
{
  g_settings_set_int (get_settings (GTK_WIDGET (spin)), key,
                      gtk_spin_button_get_value_as_int (spin));
}

static void
add_number (AdwPreferencesGroup *group,
            const char          *title,
            const char          *subtitle,
            const char          *key,
            double               least,
            double               most,
            double               step)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *spin = gtk_spin_button_new_with_range (least, most, step);
  GSettings *settings = g_settings_new ("org.multios.Lab");

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_focusable (row, FALSE);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin),
                             g_settings_get_int (settings, key));
  gtk_widget_set_valign (spin, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (spin), "settings", settings,
                          g_object_unref);
  g_signal_connect (spin, "value-changed", G_CALLBACK (number_cb),
                    (gpointer) key);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), spin);
  mos_access_name (spin, title);
  mos_access_describe (spin, subtitle);
  adw_preferences_group_add (group, row);
}

static AdwPreferencesGroup *
add_group (GtkWidget *page, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (group));
  return ADW_PREFERENCES_GROUP (group);
}

void
mos_preferences_show (GtkWindow *parent)
{
  /* In the order of the schema's enumerations. */
  const char *const appearances[] = { _ ("As the System"), _ ("Light"),
                                      _ ("Dark"), NULL };
  const char *const closings[] = { _ ("Ask"), _ ("They Keep Running"),
                                   _ ("They Stop"), NULL };
  const char *const scalings[] = { _ ("Fit the Window"), _ ("Whole Multiples"),
                                   _ ("Pixel by Pixel"), NULL };
  GtkWidget        *window =
      g_object_new (ADW_TYPE_PREFERENCES_WINDOW, "accessible-role",
                    GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
  GtkWidget           *page = adw_preferences_page_new ();
  AdwPreferencesGroup *group;
  GtkWidget           *row;
  g_autoptr (GSettings) settings = g_settings_new ("org.multios.Lab");

  group = add_group (page, _ ("Window"));
  row = add_choice (group, _ ("Appearance"), NULL, appearances,
                    (guint) g_settings_get_enum (settings, "appearance"));
  g_signal_connect (row, "notify::selected", G_CALLBACK (enum_cb),
                    (gpointer) "appearance");

  row = add_choice (group, _ ("Closing the Window"),
                    _ ("What becomes of machines that are running"), closings,
                    (guint) g_settings_get_enum (settings, "close-action"));
  g_signal_connect (row, "notify::selected", G_CALLBACK (enum_cb),
                    (gpointer) "close-action");

  group = add_group (page, _ ("Guest Screen"));
  row =
      add_choice (group, _ ("Picture Size"),
                  _ ("How a guest's picture is fitted into the window"),
                  scalings, (guint) g_settings_get_enum (settings, "scaling"));
  g_signal_connect (row, "notify::selected", G_CALLBACK (enum_cb),
                    (gpointer) "scaling");
  add_host_key (group, settings);

  group = add_group (page, _ ("Performance"));
  add_number (group, _ ("Sampling Interval"),
              _ ("Milliseconds between two samples of all counters"),
              "sample-interval", MOS_SAMPLER_MIN_MS, MOS_SAMPLER_MAX_MS, 100);
  add_number (group, _ ("Keep Samples"),
              _ ("Hours; baselines are kept for longer"), "sample-hours", 1,
              168, 1);

  adw_preferences_page_set_title (ADW_PREFERENCES_PAGE (page), _ ("General"));
  adw_preferences_page_set_icon_name (ADW_PREFERENCES_PAGE (page),
                                      "preferences-system-symbolic");
  adw_preferences_window_add (ADW_PREFERENCES_WINDOW (window),
                              ADW_PREFERENCES_PAGE (page));
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  mos_access_sweep (window);
  gtk_window_present (GTK_WINDOW (window));
}
