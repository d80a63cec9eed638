/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Alerts page. Both lists are small and made anew when they change.
 */
#include "app/alerts-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/alerts-rule.h"

#define MAX_SHOWN 100

struct _MosAlertsPage {
  GtkWidget parent_instance;

  MosWatch  *watch;
  GtkWidget *scroller;
  GtkWidget *records; /* AdwPreferencesGroup */
  GtkWidget *rules;   /* AdwPreferencesGroup */
  GPtrArray *record_rows;
  GPtrArray *rule_rows;
};

G_DEFINE_FINAL_TYPE (MosAlertsPage, mos_alerts_page, GTK_TYPE_WIDGET)

static const char *const icons[] = {
  [MOS_ALERT_INFO] = "dialog-information-symbolic",
  [MOS_ALERT_WARNING] = "dialog-warning-symbolic",
  [MOS_ALERT_CRITICAL] = "dialog-error-symbolic",
};

static const char *const classes[] = {
  [MOS_ALERT_INFO] = "dim-label",
  [MOS_ALERT_WARNING] = "warning",
  [MOS_ALERT_CRITICAL] = "error",
};

/* -- what has fired ------------------------------------------------------ */

static char *
when (const MosAlertRecord *record)
{
  g_autoptr (GDateTime) raised =
      g_date_time_new_from_unix_local (record->raised_ms / 1000);
  g_autofree char *from = g_date_time_format (raised, "%x %X");

  if (record->cleared_ms == 0)
    return g_strdup_printf (_ ("since %s"), from);
  return g_strdup_printf (_ ("%s, for %.0f s"), from,
                          (double) (record->cleared_ms - record->raised_ms) /
                              1000);
}

static void
acknowledge_cb (GtkWidget *button, MosAlertsPage *self)
{
  gint64 *id = g_object_get_data (G_OBJECT (button), "alert");

  mos_watch_acknowledge (self->watch, *id);
}

static GtkWidget *
make_acknowledge (MosAlertsPage *self, gint64 id, const char *text)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("object-select-symbolic");
  g_autofree char *name = g_strdup_printf (_ ("Acknowledge “%s”"), text);

  mos_access_icon_button (button, name);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "flat");
  g_object_set_data_full (G_OBJECT (button), "alert",
                          g_memdup2 (&id, sizeof id), g_free);
  g_signal_connect (button, "clicked", G_CALLBACK (acknowledge_cb), self);
  return button;
}

static GtkWidget *
make_record_row (MosAlertsPage *self, const MosAlertRecord *record)
{
  GtkWidget  *row = adw_action_row_new ();
  GtkWidget  *icon = gtk_image_new_from_icon_name (icons[record->severity]);
  const char *machine = mos_watch_machine_name (self->watch, record->machine);
  g_autofree char *time = when (record);
  g_autofree char *subtitle = g_strdup_printf (
      "%s%s%s%s%s", machine, machine[0] != '\0' ? ", " : "", time,
      record->seen ? ", " : "", record->seen ? _ ("acknowledged") : "");

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), record->text);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_add_css_class (icon, classes[record->severity]);
  gtk_widget_set_tooltip_text (icon,
                               mos_alert_severity_title (record->severity));
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), icon);
  if (!record->seen)
    adw_action_row_add_suffix (
        ADW_ACTION_ROW (row),
        make_acknowledge (self, record->id, record->text));
  return row;
}

static void
remove_rows (GtkWidget *group, GPtrArray *rows)
{
  for (guint i = 0; i < rows->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (group),
                                  rows->pdata[i]);
  g_ptr_array_set_size (rows, 0);
}

static void
add_row (GtkWidget *group, GPtrArray *rows, GtkWidget *row)
{
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  g_ptr_array_add (rows, row);
}

static void
show_records (MosAlertsPage *self)
{
  g_autoptr (GPtrArray) records =
      mos_alert_log_list (mos_watch_get_store (self->watch), NULL, MAX_SHOWN);

  remove_rows (self->records, self->record_rows);
  for (guint i = 0; i < records->len; i++)
    add_row (self->records, self->record_rows,
             make_record_row (self, records->pdata[i]));
  adw_preferences_group_set_description (
      ADW_PREFERENCES_GROUP (self->records),
      records->len > 0 ? NULL : _ ("Nothing has fired."));
}

static void
acknowledge_all_cb (MosAlertsPage *self)
{
  mos_watch_acknowledge (self->watch, 0);
}

/* -- rules --------------------------------------------------------------- */

static MosAlertRule *
find_rule (MosAlertsPage *self, const char *id)
{
  const GPtrArray *rules = mos_watch_get_rules (self->watch);

  for (guint i = 0; i < rules->len; i++) {
    MosAlertRule *rule = rules->pdata[i];

    if (g_str_equal (rule->id, id))
      return mos_alert_rule_copy (rule);
  }
  return NULL;
}

static void
enabled_cb (GtkSwitch *widget, GParamSpec *pspec, MosAlertsPage *self)
{
  g_autoptr (MosAlertRule) rule =
      find_rule (self, g_object_get_data (G_OBJECT (widget), "rule"));

  if (rule == NULL || rule->enabled == gtk_switch_get_active (widget))
    return;
  rule->enabled = gtk_switch_get_active (widget);
  mos_watch_save_rule (self->watch, rule);
}

static void
edited_cb (gpointer user_data, const MosAlertRule *rule, const char *removed)
{
  MosAlertsPage *self = user_data;

  if (removed != NULL)
    mos_watch_remove_rule (self->watch, removed);
  else
    mos_watch_save_rule (self->watch, rule);
}

static void
edit_cb (GtkWidget *button, MosAlertsPage *self)
{
  g_autoptr (MosAlertRule) rule =
      find_rule (self, g_object_get_data (G_OBJECT (button), "rule"));

  if (rule != NULL)
    mos_alerts_rule_edit (GTK_WINDOW (gtk_widget_get_root (button)), rule,
                          edited_cb, self);
}

static void
add_cb (MosAlertsPage *self)
{
  g_autoptr (MosAlertRule) rule = mos_alert_rule_new ();

  rule->metric = MOS_METRIC_EXITS;
  rule->severity = MOS_ALERT_WARNING;
  rule->threshold = rule->clear = 1000;
  g_free (rule->title);
  rule->title = g_strdup (_ ("My rule"));
  mos_alerts_rule_edit (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                        rule, edited_cb, self);
}

static GtkWidget *
make_rule_row (MosAlertsPage *self, const MosAlertRule *rule)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *toggle = gtk_switch_new ();
  GtkWidget *edit = gtk_button_new_from_icon_name ("document-edit-symbolic");
  g_autofree char *subtitle = mos_alert_rule_describe (rule);
  g_autofree char *name = g_strdup_printf (_ ("Change “%s”"), _ (rule->title));

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _ (rule->title));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_switch_set_active (GTK_SWITCH (toggle), rule->enabled);
  gtk_widget_set_valign (toggle, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (edit, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (edit, "flat");
  mos_access_name (toggle, _ (rule->title));
  mos_access_icon_button (edit, name);
  g_object_set_data_full (G_OBJECT (toggle), "rule", g_strdup (rule->id),
                          g_free);
  g_object_set_data_full (G_OBJECT (edit), "rule", g_strdup (rule->id), g_free);
  g_signal_connect (toggle, "notify::active", G_CALLBACK (enabled_cb), self);
  g_signal_connect (edit, "clicked", G_CALLBACK (edit_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), edit);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), toggle);
  return row;
}

static void
show_rules (MosAlertsPage *self)
{
  const GPtrArray *rules = mos_watch_get_rules (self->watch);

  remove_rows (self->rules, self->rule_rows);
  for (guint i = 0; i < rules->len; i++)
    add_row (self->rules, self->rule_rows,
             make_rule_row (self, rules->pdata[i]));
}

/* A row that is being used must not go away under its own signal. */
static gboolean
show_rules_idle (gpointer user_data)
{
  MosAlertsPage *self = user_data;

  if (self->scroller != NULL)
    show_rules (self);
  return G_SOURCE_REMOVE;
}

static void
rules_cb (MosAlertsPage *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, show_rules_idle,
                   g_object_ref (self), g_object_unref);
}

static gboolean
show_records_idle (gpointer user_data)
{
  MosAlertsPage *self = user_data;

  if (self->scroller != NULL)
    show_records (self);
  return G_SOURCE_REMOVE;
}

static void
alert_cb (MosAlertsPage *self)
{
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, show_records_idle,
                   g_object_ref (self), g_object_unref);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_alerts_page_dispose (GObject *object)
{
  MosAlertsPage *self = MOS_ALERTS_PAGE (object);

  if (self->watch != NULL)
    g_signal_handlers_disconnect_by_data (self->watch, self);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->watch);
  g_clear_pointer (&self->record_rows, g_ptr_array_unref);
  g_clear_pointer (&self->rule_rows, g_ptr_array_unref);
  G_OBJECT_CLASS (mos_alerts_page_parent_class)->dispose (object);
}

static void
mos_alerts_page_class_init (MosAlertsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_alerts_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
make_group (const char    *title,
            const char    *icon,
            const char    *action,
            GCallback      callback,
            MosAlertsPage *self)
{
  GtkWidget *group = adw_preferences_group_new ();
  GtkWidget *button = gtk_button_new_from_icon_name (icon);

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  gtk_widget_add_css_class (button, "flat");
  mos_access_icon_button (button, action);
  g_signal_connect_swapped (button, "clicked", callback, self);
  adw_preferences_group_set_header_suffix (ADW_PREFERENCES_GROUP (group),
                                           button);
  return group;
}

static void
mos_alerts_page_init (MosAlertsPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 24);
  GtkWidget *clamp = adw_clamp_new ();

  self->record_rows = g_ptr_array_new ();
  self->rule_rows = g_ptr_array_new ();
  self->records =
      make_group (_ ("Alerts"), "object-select-symbolic", _ ("Acknowledge All"),
                  G_CALLBACK (acknowledge_all_cb), self);
  self->rules = make_group (_ ("Rules"), "list-add-symbolic", _ ("Add a Rule"),
                            G_CALLBACK (add_cb), self);
  gtk_box_append (GTK_BOX (box), self->records);
  gtk_box_append (GTK_BOX (box), self->rules);
  gtk_widget_set_margin_top (box, 18);
  gtk_widget_set_margin_bottom (box, 18);
  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller), clamp);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (self->scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  mos_access_name (self->scroller, _ ("Alerts"));
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
}

GtkWidget *
mos_alerts_page_new (MosWatch *watch)
{
  MosAlertsPage *self = g_object_new (MOS_TYPE_ALERTS_PAGE, NULL);

  if (watch == NULL)
    return GTK_WIDGET (self);
  self->watch = g_object_ref (watch);
  g_signal_connect_swapped (watch, "alert", G_CALLBACK (alert_cb), self);
  g_signal_connect_swapped (watch, "rules-changed", G_CALLBACK (rules_cb),
                            self);
  show_records (self);
  show_rules (self);
  return GTK_WIDGET (self);
}
