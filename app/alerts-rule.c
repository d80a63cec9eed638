/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A form for a rule. What cannot be right is put right: the clearing value is
 * never beyond the threshold.
 */
#include "app/alerts-rule.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"

typedef struct {
  MosAlertRule     *rule;
  MosAlertsRuleFunc func;
  GObject          *user_data;
  GtkWidget        *title, *metric, *label, *below, *threshold, *clear, *hold,
      *severity, *action, *command;
} Form;

static void
form_free (gpointer data)
{
  Form *form = data;

  mos_alert_rule_free (form->rule);
  g_object_unref (form->user_data);
  g_free (form);
}

static GtkWidget *
add_row (GtkWidget *group, const char *title, GtkWidget *widget)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), widget);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), widget);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  mos_access_name (widget, title);
  return widget;
}

static GtkWidget *
add_choice (GtkWidget         *group,
            const char        *title,
            const char *const *choices,
            guint              selected)
{
  GtkWidget *list = gtk_drop_down_new_from_strings (choices);

  gtk_drop_down_set_selected (GTK_DROP_DOWN (list), selected);
  return add_row (group, title, list);
}

static GtkWidget *
add_number (GtkWidget *group, const char *title, double value, double max)
{
  GtkWidget *spin = gtk_spin_button_new_with_range (0, max, 1);

  gtk_spin_button_set_digits (GTK_SPIN_BUTTON (spin), max > 1e6 ? 2 : 0);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), value);
  return add_row (group, title, spin);
}

static GtkWidget *
add_entry (GtkWidget *group, const char *title, const char *text)
{
  GtkWidget *row = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_editable_set_text (GTK_EDITABLE (row), text);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return row;
}

static GtkWidget *
make_form (Form *form)
{
  const char *const compare[] = { _ ("above"), _ ("below"), NULL };
  const char *const severities[] = {
    mos_alert_severity_title (MOS_ALERT_INFO),
    mos_alert_severity_title (MOS_ALERT_WARNING),
    mos_alert_severity_title (MOS_ALERT_CRITICAL), NULL
  };
  const char *const actions[] = { _ ("Notify"), _ ("Notify and pause"),
                                  _ ("Notify and run a command"), NULL };
  const char       *metrics[MOS_N_METRICS + 1] = { NULL };
  MosAlertRule     *rule = form->rule;
  GtkWidget        *group = adw_preferences_group_new ();

  for (guint i = 0; i < MOS_N_METRICS; i++)
    metrics[i] = _ (mos_metric_infos[i].title);
  gtk_widget_set_size_request (group, 400, -1);
  form->title = add_entry (group, _ ("Name"), _ (rule->title));
  form->metric = add_choice (group, _ ("What"), metrics, rule->metric);
  gtk_drop_down_set_enable_search (GTK_DROP_DOWN (form->metric), FALSE);
  form->label =
      add_entry (group, _ ("Only this reason, vector, …"), rule->label);
  form->below =
      add_choice (group, _ ("Fires when it is"), compare, rule->below);
  form->threshold = add_number (group, _ ("Threshold"), rule->threshold, 1e15);
  form->clear = add_number (group, _ ("Over again at"), rule->clear, 1e15);
  form->hold =
      add_number (group, _ ("Seconds it must hold"), rule->hold_s, 86400);
  form->severity =
      add_choice (group, _ ("Severity"), severities, rule->severity);
  form->action = add_choice (group, _ ("Action"), actions, rule->action);
  form->command = add_entry (group, _ ("Command"), rule->command);
  return group;
}

static void
set_text (char **to, GtkWidget *entry)
{
  g_free (*to);
  *to = g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry)));
}

static double
number (GtkWidget *spin)
{
  return gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin));
}

static guint
choice (GtkWidget *list)
{
  return gtk_drop_down_get_selected (GTK_DROP_DOWN (list));
}

static void
response_cb (AdwMessageDialog *dialog, const char *response, Form *form)
{
  MosAlertRule *rule = form->rule;

  if (g_str_equal (response, "remove")) {
    form->func (form->user_data, NULL, rule->id);
    return;
  }
  if (!g_str_equal (response, "save"))
    return;
  set_text (&rule->title, form->title);
  set_text (&rule->label, form->label);
  set_text (&rule->command, form->command);
  rule->metric = (MosMetric) choice (form->metric);
  rule->below = choice (form->below) == 1;
  rule->threshold = number (form->threshold);
  rule->clear = number (form->clear);
  rule->clear = rule->below ? MAX (rule->clear, rule->threshold)
                            : MIN (rule->clear, rule->threshold);
  rule->hold_s = (guint) number (form->hold);
  rule->severity = (MosAlertSeverity) choice (form->severity);
  rule->action = (MosAlertAction) choice (form->action);
  form->func (form->user_data, rule, NULL);
}

void
mos_alerts_rule_edit (GtkWindow          *parent,
                      const MosAlertRule *rule,
                      MosAlertsRuleFunc   func,
                      gpointer            user_data)
{
  GtkWidget *widget = adw_message_dialog_new (parent, _ ("Alert Rule"), NULL);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);
  Form             *form = g_new0 (Form, 1);
  GtkWidget        *scroller;

  form->rule = mos_alert_rule_copy (rule);
  form->func = func;
  form->user_data = g_object_ref (user_data);
  scroller = mos_access_scroller_new (make_form (form), _ ("Alert Rule"), 420);
  adw_message_dialog_set_extra_child (dialog, scroller);
  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "remove",
                                    _ ("_Remove"), "save", _ ("_Save"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "remove",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_response_appearance (dialog, "save",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (dialog, "cancel");
  adw_message_dialog_set_default_response (dialog, "save");
  g_object_set_data_full (G_OBJECT (dialog), "form", form, form_free);
  g_signal_connect (dialog, "response", G_CALLBACK (response_cb), form);
  gtk_window_present (GTK_WINDOW (dialog));
}
