/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rows of the schema for each entry of a list. What can be added is a table
 * here; an entry that needs a file asks for it first. Main thread.
 */
#include "app/list-group.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/medium.h"
#include "app/new-disk.h"
#include "app/report.h"

/* Instead of a table: of a file that is made first, that is chosen. */
#define NEW_DISK ""
#define ASK_FILE NULL

struct _MosListGroup {
  AdwPreferencesGroup parent_instance;

  const MosKeyInfo *info;
  const char       *title; /* of an entry, "%u" is its number */
  MosVmConfig      *config;
  char             *frozen; /* or NULL */
  MosFormFunc       changed;
  gpointer          user_data;
  GPtrArray        *rows;    /* of GtkWidget, not owned: all that is shown */
  GPtrArray        *entries; /* of AdwExpanderRow, not owned */
};

G_DEFINE_FINAL_TYPE (MosListGroup, mos_list_group, ADW_TYPE_PREFERENCES_GROUP)

static const struct {
  const char *list;
  const char *entry; /* "%u" is its number */
} lists[] = {
  { "storage.drives", N_ ("Drive %u") },
  { "devices.serial", N_ ("Serial port %u") },
  { "boot.modules", N_ ("Module %u") },
};

static const struct {
  const char *list;
  const char *title;
  const char *table; /* as inline TOML, or: */
} additions[] = {
  { "storage.drives", N_ ("Create a Disk…"), NEW_DISK },
  { "storage.drives", N_ ("Add a Disk…"), ASK_FILE },
  { "storage.drives", N_ ("Add a CD Drive"), "{ kind = \"cdrom\" }" },
  { "storage.drives", N_ ("Add a Floppy Drive"), "{ kind = \"floppy\" }" },
  { "devices.serial", N_ ("Add a Serial Port"), "{ mode = \"terminal\" }" },
  { "boot.modules", N_ ("Add a Module…"), ASK_FILE },
};

static void rebuild (MosListGroup *self, guint unfolded);

/* -- changes ------------------------------------------------------------- */

/* What an entry says of itself while it is folded: its first key. */
static void
show_entry (MosListGroup *self, guint n)
{
  g_autofree char *key =
      g_strdup_printf ("%s[%u].%s", self->info->name, n, self->info->sub->name);
  const char      *value = mos_vm_config_get_string (self->config, key);
  g_autofree char *text =
      self->info->sub->type == MOS_KEY_PATH && value != NULL && *value != '\0'
          ? g_path_get_basename (value)
          : g_strdup (value != NULL && *value != '\0' ? value : _ ("empty"));
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_expander_row_set_subtitle (self->entries->pdata[n], escaped);
}

static void
row_changed_cb (gpointer user_data, const GError *error)
{
  MosListGroup *self = user_data;

  for (guint i = 0; i < self->entries->len; i++)
    show_entry (self, i);
  self->changed (self->user_data, error);
}

static void
add_table (MosListGroup *self, const char *table)
{
  g_autoptr (GError) error = NULL;

  mos_vm_config_add_table (self->config, self->info->name, table, &error);
  rebuild (self, self->entries->len);
  self->changed (self->user_data, error);
}

/* A disk's format is what the file is found to be now, and written down. */
static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosListGroup    *self = MOS_LIST_GROUP (widget);
  g_autofree char *quoted = mos_toml_quote (path);
  g_autofree char *table = NULL;
  g_autoptr (MosMedium) medium = NULL;

  if (g_str_equal (self->info->name, "storage.drives"))
    medium = mos_medium_probe (path, NULL);
  table = medium != NULL && medium->format != NULL
              ? g_strdup_printf ("{ path = %s, format = \"%s\" }", quoted,
                                 medium->format)
              : g_strdup_printf ("{ path = %s }", quoted);
  add_table (self, table);
}

static void
add_cb (GtkButton *button, gpointer user_data)
{
  MosListGroup *self = user_data;
  guint         i =
      GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "addition"));
  MosChooserSpec spec = { .title = _ ("Choose a File"), .func = chosen_cb };

  if (additions[i].table == ASK_FILE)
    mos_chooser_ask (GTK_WIDGET (self), &spec);
  else if (*additions[i].table == '\0')
    mos_new_disk_ask (GTK_WIDGET (self), chosen_cb);
  else
    add_table (self, additions[i].table);
}

static void
remove_cb (GtkButton *button, gpointer user_data)
{
  MosListGroup *self = user_data;
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (button), "entry"));

  mos_vm_config_remove_table (self->config, self->info->name, n);
  rebuild (self, G_MAXUINT);
  self->changed (self->user_data, NULL);
}

/* -- building ------------------------------------------------------------ */

static void
add_row (MosListGroup *self, GtkWidget *row)
{
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
  g_ptr_array_add (self->rows, row);
}

static GtkWidget *
make_remove_button (MosListGroup *self, guint n, const char *title)
{
  g_autofree char *name = g_strdup_printf (_ ("Remove: %s"), title);
  GtkWidget *button = gtk_button_new_from_icon_name ("user-trash-symbolic");

  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  mos_access_allow (button, name, self->frozen);
  g_object_set_data (G_OBJECT (button), "entry", GUINT_TO_POINTER (n));
  g_signal_connect (button, "clicked", G_CALLBACK (remove_cb), self);
  return button;
}

static void
add_entry (MosListGroup *self, guint n)
{
  GtkWidget       *entry = adw_expander_row_new ();
  g_autofree char *title = g_strdup_printf (_ (self->title), n + 1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (entry), title);
  adw_expander_row_add_action (ADW_EXPANDER_ROW (entry),
                               make_remove_button (self, n, title));
  for (const MosKeyInfo *sub = self->info->sub; sub->name != NULL; sub++) {
    g_autofree char *key =
        g_strdup_printf ("%s[%u].%s", self->info->name, n, sub->name);
    GtkWidget *row = mos_settings_row_new (sub, key, self->config, self->frozen,
                                           row_changed_cb, self);

    if (row != NULL)
      adw_expander_row_add_row (ADW_EXPANDER_ROW (entry), row);
  }
  g_ptr_array_add (self->entries, entry);
  add_row (self, entry);
  show_entry (self, n);
}

static void
add_addition (MosListGroup *self, guint i, const char *reason)
{
  GtkWidget *button = gtk_button_new ();
  GtkWidget *content = adw_button_content_new ();

  adw_button_content_set_icon_name (ADW_BUTTON_CONTENT (content),
                                    "list-add-symbolic");
  adw_button_content_set_label (ADW_BUTTON_CONTENT (content),
                                _ (additions[i].title));
  gtk_button_set_child (GTK_BUTTON (button), content);
  gtk_widget_set_halign (button, GTK_ALIGN_START);
  gtk_widget_add_css_class (button, "flat");
  g_object_set_data (G_OBJECT (button), "addition", GUINT_TO_POINTER (i));
  g_signal_connect (button, "clicked", G_CALLBACK (add_cb), self);
  mos_access_allow (button, _ (additions[i].title), reason);
  add_row (self, button);
}

/* @unfolded: the number of an entry that shows its rows. */
static void
rebuild (MosListGroup *self, guint unfolded)
{
  guint            n = mos_vm_config_n_tables (self->config, self->info->name);
  g_autofree char *full = g_strdup_printf (
      _ ("A machine has at most %u of them"), self->info->max_items);
  const char *reason = self->frozen;

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self),
                                  self->rows->pdata[i]);
  g_ptr_array_set_size (self->rows, 0);
  g_ptr_array_set_size (self->entries, 0);
  for (guint i = 0; i < n; i++)
    add_entry (self, i);
  if (unfolded < n)
    adw_expander_row_set_expanded (self->entries->pdata[unfolded], TRUE);
  if (reason == NULL && n >= self->info->max_items)
    reason = full;
  for (guint i = 0; i < G_N_ELEMENTS (additions); i++)
    if (g_str_equal (additions[i].list, self->info->name))
      add_addition (self, i, reason);
  mos_access_sweep (GTK_WIDGET (self));
}

static void
mos_list_group_dispose (GObject *object)
{
  MosListGroup *self = MOS_LIST_GROUP (object);

  g_clear_pointer (&self->rows, g_ptr_array_unref);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_clear_object (&self->config);
  g_clear_pointer (&self->frozen, g_free);
  G_OBJECT_CLASS (mos_list_group_parent_class)->dispose (object);
}

static void
mos_list_group_class_init (MosListGroupClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_list_group_dispose;
}

static void
mos_list_group_init (MosListGroup *self)
{
  self->rows = g_ptr_array_new ();
  self->entries = g_ptr_array_new ();
}

static GtkWidget *
make_group (const MosKeyInfo *info,
            const char       *title,
            MosVmConfig      *config,
            const char       *frozen,
            MosFormFunc       changed,
            gpointer          user_data)
{
  MosListGroup *self = g_object_new (MOS_TYPE_LIST_GROUP, NULL);

  self->info = info;
  self->title = title;
  self->config = g_object_ref (config);
  self->frozen = g_strdup (frozen);
  self->changed = changed;
  self->user_data = user_data;
  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self),
                                   _ (info->title));
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (self),
                                         _ (info->help));
  rebuild (self, G_MAXUINT);
  return GTK_WIDGET (self);
}

void
mos_list_groups_add (AdwPreferencesPage *page,
                     MosVmConfig        *config,
                     const char         *frozen,
                     MosFormFunc         changed,
                     gpointer            user_data)
{
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    GtkWidget *group =
        make_group (mos_config_schema_find (lists[i].list), lists[i].entry,
                    config, frozen, changed, user_data);

    adw_preferences_page_add (page, ADW_PREFERENCES_GROUP (group));
  }
}
