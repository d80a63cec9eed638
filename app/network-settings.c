/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The network page: rows of the schema for each adapter. After every change the
 * rules over several keys are looked at too, and the row whose key is wrong
 * says so. What an adapter's mode has no use for is greyed, with the reason.
 * While the machine runs, the page shows what passes through its cables, and
 * lets them be pulled out. Main thread.
 */
#include "app/network-settings.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"

#define LIST      "devices.network_adapters"
#define NEW_TABLE "{ mode = \"NAT\" }"

struct _MosNetworkSettings {
  AdwBin parent_instance;

  MosVm       *vm;
  MosVmConfig *config;
  char        *frozen; /* or NULL */
  MosFormFunc  changed;
  gpointer     user_data;
  GPtrArray   *rows;    /* of GtkWidget, their keys as data; not owned */
  GPtrArray   *traffic; /* of AdwActionRow, by adapter; not owned */
  guint        timer;
};

G_DEFINE_FINAL_TYPE (MosNetworkSettings, mos_network_settings, ADW_TYPE_BIN)

static void rebuild (MosNetworkSettings *self);

/* -- mistakes and what has no use ---------------------------------------- */

/* Which mode a key belongs to; the others are for all. */
static const char *
mode_of_key (const char *sub)
{
  static const struct {
    const char *sub;
    const char *mode;
  } rows[] = {
    { "network", "Internal" },
    { "forwards", "NAT" },
    { "restricted", "NAT" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_str_equal (rows[i].sub, sub))
      return rows[i].mode;
  return NULL;
}

static void
update_row (MosNetworkSettings *self, GtkWidget *row, const char *problem)
{
  const char      *key = g_object_get_data (G_OBJECT (row), "key");
  const char      *sub = strrchr (key, '.') + 1;
  const char      *mode = mode_of_key (sub);
  g_autofree char *mode_key =
      g_strdup_printf ("%.*s.mode", (int) (sub - 1 - key), key);
  g_autofree char *reason = NULL;
  gboolean         wrong = problem != NULL && strstr (problem, key) != NULL;

  if (self->frozen != NULL)
    reason = g_strdup (self->frozen);
  else if (mode != NULL && !g_str_equal (mode, mos_vm_config_get_string (
                                                   self->config, mode_key)))
    reason = g_strdup_printf (_ ("Only for the mode “%s”"), mode);
  mos_access_allow (row, NULL, reason);
  if (wrong)
    gtk_widget_add_css_class (row, "error");
  else
    gtk_widget_remove_css_class (row, "error");
  if (wrong || reason != NULL)
    mos_access_describe (row, wrong ? problem : reason);
}

static void
update_rows (MosNetworkSettings *self, const GError *error)
{
  g_autoptr (GError) rule = NULL;

  if (error == NULL && !mos_vm_config_validate (self->config, FALSE, &rule))
    error = rule;
  for (guint i = 0; i < self->rows->len; i++)
    update_row (self, self->rows->pdata[i],
                error != NULL ? error->message : NULL);
}

static void
row_changed_cb (gpointer user_data, const GError *error)
{
  MosNetworkSettings *self = user_data;

  update_rows (self, error);
  self->changed (self->user_data, error);
}

/* -- adding and removing ------------------------------------------------- */

static void
add_cb (MosNetworkSettings *self)
{
  g_autoptr (GError) error = NULL;

  mos_vm_config_add_table (self->config, LIST, NEW_TABLE, &error);
  rebuild (self);
  self->changed (self->user_data, error);
}

static void
remove_cb (GtkButton *button, gpointer user_data)
{
  MosNetworkSettings *self = user_data;
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "adapter"));

  mos_vm_config_remove_table (self->config, LIST, n);
  rebuild (self);
  self->changed (self->user_data, NULL);
}

/* -- the cables of a running machine ------------------------------------- */

static void
plug_cb (GtkSwitch *widget, GParamSpec *spec, gpointer user_data)
{
  MosNetPort *port = user_data;

  mos_net_port_set_link (port, gtk_switch_get_active (widget));
}

static void
show_traffic (MosNetworkSettings *self, guint n)
{
  MosNetPort      *port = mos_vm_get_net (self->vm, n);
  MosNetCounters   counters;
  g_autofree char *sent = NULL;
  g_autofree char *received = NULL;
  g_autofree char *lost = NULL;
  g_autofree char *text = NULL;

  if (port == NULL)
    return;
  mos_net_port_counters (port, &counters);
  sent = g_format_size_full (counters.tx_bytes, G_FORMAT_SIZE_IEC_UNITS);
  received = g_format_size_full (counters.rx_bytes, G_FORMAT_SIZE_IEC_UNITS);
  lost = g_strdup_printf ("%" G_GUINT64_FORMAT, counters.dropped);
  text = g_strdup_printf (_ ("Sent %s, received %s, lost frames: %s"), sent,
                          received, lost);
  adw_action_row_set_subtitle (self->traffic->pdata[n], text);
}

static gboolean
traffic_cb (gpointer user_data)
{
  MosNetworkSettings *self = user_data;

  for (guint i = 0; i < self->traffic->len; i++)
    if (gtk_widget_get_mapped (self->traffic->pdata[i]))
      show_traffic (self, i);
  return G_SOURCE_CONTINUE;
}

static void
add_live_rows (MosNetworkSettings *self, GtkWidget *group, guint n)
{
  MosNetPort *port = mos_vm_get_net (self->vm, n);
  GtkWidget  *plug = gtk_switch_new ();
  GtkWidget  *row = adw_action_row_new ();

  gtk_switch_set_active (GTK_SWITCH (plug), mos_net_port_get_link (port));
  gtk_widget_set_valign (plug, GTK_ALIGN_CENTER);
  mos_access_name (plug, _ ("Plugged in now"));
  g_signal_connect_data (
      plug, "notify::active", G_CALLBACK (plug_cb), mos_net_port_ref (port),
      (GClosureNotify) (void (*) (void)) mos_net_port_unref, 0);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row),
                                 _ ("Plugged in now"));
  adw_action_row_set_subtitle (
      ADW_ACTION_ROW (row),
      _ ("Pulls the cable out of the running machine, or puts it back."));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), plug);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), plug);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);

  row = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ ("Traffic"));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  g_ptr_array_add (self->traffic, row);
  show_traffic (self, n);
}

/* -- building ------------------------------------------------------------ */

static GtkWidget *
make_remove_button (MosNetworkSettings *self, guint n)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");
  g_autofree char *name = g_strdup_printf (_ ("Remove adapter %u"), n + 1);

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  mos_access_allow (button, name, self->frozen);
  g_object_set_data (G_OBJECT (button), "adapter", GUINT_TO_POINTER (n));
  g_signal_connect (button, "clicked", G_CALLBACK (remove_cb), self);
  return button;
}

static GtkWidget *
make_group (MosNetworkSettings *self, guint n)
{
  const MosKeyInfo *list = mos_config_schema_find (LIST);
  GtkWidget        *group = adw_preferences_group_new ();
  g_autofree char  *title = g_strdup_printf (_ ("Adapter %u"), n + 1);

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_group_set_header_suffix (ADW_PREFERENCES_GROUP (group),
                                           make_remove_button (self, n));
  if (self->frozen != NULL && mos_vm_get_net (self->vm, n) != NULL)
    add_live_rows (self, group, n);
  for (const MosKeyInfo *info = list->sub; info->name != NULL; info++) {
    g_autofree char *key = g_strdup_printf (LIST "[%u].%s", n, info->name);
    GtkWidget       *row = mos_settings_row_new (info, key, self->config,
                                                 self->frozen, row_changed_cb, self);

    g_object_set_data_full (G_OBJECT (row), "key", g_steal_pointer (&key),
                            g_free);
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
    g_ptr_array_add (self->rows, row);
  }
  return group;
}

static GtkWidget *
make_add_group (MosNetworkSettings *self, guint n)
{
  const MosKeyInfo *list = mos_config_schema_find (LIST);
  GtkWidget        *group = adw_preferences_group_new ();
  GtkWidget        *button = gtk_button_new_with_mnemonic (_ ("_Add Adapter"));
  g_autofree char  *full = g_strdup_printf (
       _ ("A machine has at most %u adapters"), list->max_items);
  const char *reason = self->frozen;

  if (reason == NULL && n >= list->max_items)
    reason = full;
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "pill");
  mos_access_allow (button, _ ("Add Adapter"), reason);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (add_cb), self);
  if (n == 0)
    adw_preferences_group_set_description (
        ADW_PREFERENCES_GROUP (group),
        _ ("This machine has no network adapter."));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), button);
  return group;
}

static void
rebuild (MosNetworkSettings *self)
{
  guint      n = mos_vm_config_n_tables (self->config, LIST);
  GtkWidget *page = adw_preferences_page_new ();

  g_ptr_array_set_size (self->rows, 0);
  g_ptr_array_set_size (self->traffic, 0);
  for (guint i = 0; i < n; i++)
    adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                              ADW_PREFERENCES_GROUP (make_group (self, i)));
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (make_add_group (self, n)));
  adw_bin_set_child (ADW_BIN (self), page);
  update_rows (self, NULL);
  mos_access_sweep (page);
}

static void
mos_network_settings_dispose (GObject *object)
{
  MosNetworkSettings *self = MOS_NETWORK_SETTINGS (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->traffic, g_ptr_array_unref);
  g_clear_object (&self->config);
  g_clear_object (&self->vm);
  g_clear_pointer (&self->frozen, g_free);
  G_OBJECT_CLASS (mos_network_settings_parent_class)->dispose (object);
}

static void
mos_network_settings_class_init (MosNetworkSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_network_settings_dispose;
}

static void
mos_network_settings_init (MosNetworkSettings *self)
{
  self->rows = g_ptr_array_new ();
  self->traffic = g_ptr_array_new ();
}

GtkWidget *
mos_network_settings_new (MosVm       *vm,
                          MosVmConfig *config,
                          const char  *frozen,
                          MosFormFunc  changed,
                          gpointer     user_data)
{
  MosNetworkSettings *self = g_object_new (MOS_TYPE_NETWORK_SETTINGS, NULL);

  self->vm = g_object_ref (vm);
  self->config = g_object_ref (config);
  self->frozen = g_strdup (frozen);
  self->changed = changed;
  self->user_data = user_data;
  rebuild (self);
  if (self->traffic->len > 0)
    self->timer = g_timeout_add_seconds (1, traffic_cb, self);
  return GTK_WIDGET (self);
}
