/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The form: schema rows to widget rows, grouped by the first part of a key's
 * name. A key's type has a function that makes its row. Main thread.
 */
#include "app/settings-form.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/combo-row.h"
#include "app/list-group.h"

/* What a row knows; freed with it. */
typedef struct {
  const MosKeyInfo *info;
  char             *key;    /* the whole name */
  MosVmConfig      *config; /* referenced */
  GtkWidget        *row;
  MosFormFunc       changed;
  gpointer          user_data;
} Field;

static const struct {
  const char *prefix;
  const char *title;
} sections[] = {
  { "", N_ ("General") },          { "boot", N_ ("Start") },
  { "cpu", N_ ("Processor") },     { "devices", N_ ("Devices") },
  { "features", N_ ("Features") }, { "security", N_ ("Security") },
  { "quotas", N_ ("Limits") },
};

static void
field_free (gpointer data, GClosure *closure)
{
  Field *self = data;

  g_object_unref (self->config);
  g_free (self->key);
  g_free (self);
}

/* -- changing ------------------------------------------------------------ */

static void
changed (Field *self, gboolean done, const GError *error)
{
  if (done)
    gtk_widget_remove_css_class (self->row, "error");
  else
    gtk_widget_add_css_class (self->row, "error");
  mos_access_describe (self->row, done ? _ (self->info->help) : error->message);
  self->changed (self->user_data, error);
}

static void
switch_cb (GtkSwitch *widget, GParamSpec *pspec, gpointer user_data)
{
  Field *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = mos_vm_config_set (
      self->config, self->key,
      gtk_switch_get_active (widget) ? "true" : "false", &error);

  changed (self, done, error);
}

static void
spin_cb (GtkSpinButton *widget, gpointer user_data)
{
  Field *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = mos_vm_config_set_int (
      self->config, self->key, (gint64) gtk_spin_button_get_value (widget),
      &error);

  changed (self, done, error);
}

static void
combo_cb (AdwComboRow *widget, GParamSpec *pspec, gpointer user_data)
{
  Field *self = user_data;
  g_autoptr (GError) error = NULL;
  guint    chosen = adw_combo_row_get_selected (widget);
  gboolean done = mos_vm_config_set_string (
      self->config, self->key, self->info->choices[chosen], &error);

  changed (self, done, error);
}

static void
entry_cb (GtkEditable *widget, gpointer user_data)
{
  Field *self = user_data;
  g_autoptr (GError) error = NULL;
  const char *text = gtk_editable_get_text (widget);
  gboolean    done = TRUE;

  if (*text == '\0' && self->info->minimum > 0 &&
      self->info->type == MOS_KEY_PATH)
    mos_vm_config_unset (self->config, self->key);
  else
    done = mos_vm_config_set_string (self->config, self->key, text, &error);
  changed (self, done, error);
}

/* A list, with commas. */
static void
strings_cb (GtkEditable *widget, gpointer user_data)
{
  Field *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) list = g_string_new ("[");
  g_auto (GStrv) words = g_strsplit (gtk_editable_get_text (widget), ",", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    g_autofree char *quoted = mos_toml_quote (g_strstrip (words[i]));

    if (*words[i] != '\0')
      g_string_append_printf (list, "%s%s", list->len > 1 ? ", " : "", quoted);
  }
  g_string_append (list, "]");
  changed (self, mos_vm_config_set (self->config, self->key, list->str, &error),
           error);
}

/* -- rows ---------------------------------------------------------------- */

static void
connect_field (gpointer instance, const char *signal, GCallback cb, Field *self)
{
  g_signal_connect_data (instance, signal, cb, self, field_free, 0);
}

static GtkWidget *
make_switch (Field *self)
{
  GtkWidget *widget = gtk_switch_new ();

  gtk_switch_set_active (GTK_SWITCH (widget),
                         mos_vm_config_get_bool (self->config, self->key));
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  mos_access_name (widget, _ (self->info->title));
  self->row = adw_action_row_new ();
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->row), widget);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (self->row), widget);
  connect_field (widget, "notify::active", G_CALLBACK (switch_cb), self);
  return self->row;
}

static GtkWidget *
make_spin (Field *self)
{
  GtkWidget *widget = gtk_spin_button_new_with_range (
      (double) self->info->minimum, (double) self->info->maximum, 1);

  gtk_spin_button_set_value (
      GTK_SPIN_BUTTON (widget),
      (double) mos_vm_config_get_int (self->config, self->key));
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  mos_access_name (widget, _ (self->info->title));
  self->row = adw_action_row_new ();
  gtk_widget_set_focusable (self->row, FALSE);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->row), widget);
  connect_field (widget, "value-changed", G_CALLBACK (spin_cb), self);
  return self->row;
}

static GtkWidget *
make_combo (Field *self)
{
  const char *value = mos_vm_config_get_string (self->config, self->key);

  self->row = mos_combo_row_new (self->info->choices);
  for (guint i = 0; self->info->choices[i] != NULL; i++)
    if (value != NULL &&
        g_ascii_strcasecmp (self->info->choices[i], value) == 0)
      adw_combo_row_set_selected (ADW_COMBO_ROW (self->row), i);
  connect_field (self->row, "notify::selected", G_CALLBACK (combo_cb), self);
  return self->row;
}

static GtkWidget *
make_entry (Field *self)
{
  const char *value = mos_vm_config_get_string (self->config, self->key);

  self->row = adw_entry_row_new ();
  gtk_editable_set_text (GTK_EDITABLE (self->row), value != NULL ? value : "");
  connect_field (self->row, "changed", G_CALLBACK (entry_cb), self);
  return self->row;
}

static void
file_cb (GtkWidget *row, const char *path, gpointer data)
{
  gtk_editable_set_text (GTK_EDITABLE (row), path);
}

static void
ask_file_cb (GtkWidget *button, Field *self)
{
  MosChooserSpec spec = { .title = _ (self->info->title), .func = file_cb };

  if (self->info->output) {
    spec.name = strrchr (self->key, '.') + 1;
    spec.accept = _ ("_Choose");
  }
  mos_chooser_ask (self->row, &spec);
}

static void
choice_cb (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  gtk_editable_set_text (GTK_EDITABLE (user_data),
                         g_variant_get_string (value, NULL));
}

/* The words that a path may be instead of a file's. */
static void
add_choices (Field *self)
{
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) action =
      g_simple_action_new ("choose", G_VARIANT_TYPE_STRING);
  g_autoptr (GMenu) menu = g_menu_new ();
  GtkWidget *button = gtk_menu_button_new ();

  for (guint i = 0; self->info->choices[i] != NULL; i++) {
    g_autoptr (GMenuItem) item = g_menu_item_new (self->info->choices[i], NULL);

    g_menu_item_set_action_and_target (item, "field.choose", "s",
                                       self->info->choices[i]);
    g_menu_append_item (menu, item);
  }
  g_signal_connect_object (action, "activate", G_CALLBACK (choice_cb),
                           self->row, 0);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  gtk_widget_insert_action_group (self->row, "field", G_ACTION_GROUP (group));
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button),
                                  G_MENU_MODEL (menu));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "pan-down-symbolic");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  mos_access_icon_button (button, _ ("Choices"));
  adw_entry_row_add_suffix (ADW_ENTRY_ROW (self->row), button);
}

static GtkWidget *
make_path (Field *self)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("document-open-symbolic");

  make_entry (self);
  if (self->info->choices != NULL)
    add_choices (self);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  mos_access_icon_button (button, _ ("Choose a File"));
  g_signal_connect (button, "clicked", G_CALLBACK (ask_file_cb), self);
  adw_entry_row_add_suffix (ADW_ENTRY_ROW (self->row), button);
  return self->row;
}

static GtkWidget *
make_strings (Field *self)
{
  const char *const *words =
      mos_vm_config_get_strings (self->config, self->key);
  g_autofree char *text = g_strjoinv (", ", (char **) words);

  self->row = adw_entry_row_new ();
  gtk_editable_set_text (GTK_EDITABLE (self->row), text);
  connect_field (self->row, "changed", G_CALLBACK (strings_cb), self);
  return self->row;
}

/* NULL: only the TOML view shows it. */
static GtkWidget *(*const makers[]) (Field *self) = {
  [MOS_KEY_STRING] = make_entry,    [MOS_KEY_PATH] = make_path,
  [MOS_KEY_INTEGER] = make_spin,    [MOS_KEY_BOOLEAN] = make_switch,
  [MOS_KEY_ENUM] = make_combo,      [MOS_KEY_INTEGERS] = NULL,
  [MOS_KEY_STRINGS] = make_strings, [MOS_KEY_TABLES] = NULL,
};

static char *
help_text (const MosKeyInfo *info, const char *frozen)
{
  g_autoptr (GString) text = g_string_new (_ (info->help));

  if (info->reserved)
    g_string_append_printf (text, " %s",
                            _ ("It is kept, but without effect so far."));
  if (frozen != NULL && !info->live)
    g_string_append_printf (text, "\n%s", frozen);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

GtkWidget *
mos_settings_row_new (const MosKeyInfo *info,
                      const char       *key,
                      MosVmConfig      *config,
                      const char       *frozen,
                      MosFormFunc       func,
                      gpointer          user_data)
{
  Field           *field;
  GtkWidget       *row;
  g_autofree char *title = NULL;
  g_autofree char *help = help_text (info, frozen); /* with the reason */
  g_autofree char *plain = help_text (info, NULL);

  if (makers[info->type] == NULL)
    return NULL;
  field = g_new0 (Field, 1);
  field->info = info;
  field->key = g_strdup (key);
  field->config = g_object_ref (config);
  field->changed = func;
  field->user_data = user_data;
  row = makers[info->type](field);
  title = info->unit != NULL
              ? g_strdup_printf ("%s (%s)", _ (info->title), info->unit)
              : g_strdup (_ (info->title));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (ADW_IS_ACTION_ROW (row))
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), help);
  gtk_widget_set_tooltip_text (row, plain);
  mos_access_name (row, title);
  mos_access_allow (row, NULL, info->live ? NULL : frozen);
  return row;
}

/* There is nothing to choose. */
static gboolean
is_fixed (const MosKeyInfo *info)
{
  return (info->type == MOS_KEY_INTEGER && info->minimum == info->maximum) ||
         (info->type == MOS_KEY_ENUM && info->choices[1] == NULL);
}

static gboolean
belongs_to (const MosKeyInfo *info, const char *prefix)
{
  gsize length = strlen (prefix);

  if (length == 0)
    return strchr (info->name, '.') == NULL;
  return strncmp (info->name, prefix, length) == 0 && info->name[length] == '.';
}

GtkWidget *
mos_settings_form_new (MosVmConfig *config,
                       const char  *frozen,
                       MosFormFunc  func,
                       gpointer     user_data)
{
  GtkWidget *page = adw_preferences_page_new ();

  for (guint i = 0; i < G_N_ELEMENTS (sections); i++) {
    GtkWidget *group = adw_preferences_group_new ();

    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group),
                                     _ (sections[i].title));
    for (const MosKeyInfo *info = mos_config_schema; info->name != NULL;
         info++) {
      GtkWidget *row = NULL;

      if (belongs_to (info, sections[i].prefix) && !is_fixed (info))
        row = mos_settings_row_new (info, info->name, config, frozen, func,
                                    user_data);
      if (row != NULL)
        adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
    }
    adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                              ADW_PREFERENCES_GROUP (group));
    if (g_str_equal (sections[i].prefix, "boot"))
      mos_list_groups_add (ADW_PREFERENCES_PAGE (page), config, frozen, func,
                           user_data);
  }
  mos_access_sweep (page);
  return page;
}
