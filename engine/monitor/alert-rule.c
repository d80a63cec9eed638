/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rules as data: the ones everybody begins with, JSON, and words.
 */
#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <math.h>

#include "engine/base/error.h"
#include "engine/monitor/alert.h"

static const char *const severities[] = {
  [MOS_ALERT_INFO] = "info",
  [MOS_ALERT_WARNING] = "warning",
  [MOS_ALERT_CRITICAL] = "critical",
};

static const char *const severity_titles[] = {
  [MOS_ALERT_INFO] = N_ ("Information"),
  [MOS_ALERT_WARNING] = N_ ("Warning"),
  [MOS_ALERT_CRITICAL] = N_ ("Critical"),
};

static const char *const actions[] = {
  [MOS_ALERT_NOTIFY] = "notify",
  [MOS_ALERT_PAUSE] = "pause",
  [MOS_ALERT_COMMAND] = "command",
};

/* clang-format off */
static const MosAlertRule defaults[] = {
  { .id = (char *) "exit-storm", .title = (char *) N_ ("Exit storm"),
    .metric = MOS_METRIC_EXITS, .threshold = 200000, .clear = 100000,
    .hold_s = 10, .severity = MOS_ALERT_WARNING },
  { .id = (char *) "memory-pressure",
    .title = (char *) N_ ("The host runs out of memory"),
    .metric = MOS_METRIC_HOST_MEMORY_USED, .threshold = 92, .clear = 88,
    .hold_s = 10, .severity = MOS_ALERT_CRITICAL },
  { .id = (char *) "disk-full", .title = (char *) N_ ("The disk is nearly full"),
    .metric = MOS_METRIC_HOST_DISK_USED, .threshold = 95, .clear = 93,
    .hold_s = 5, .severity = MOS_ALERT_CRITICAL },
  { .id = (char *) "stuck-guest", .title = (char *) N_ ("The guest is stuck"),
    .metric = MOS_METRIC_SILENT, .threshold = 20, .clear = 1,
    .hold_s = 0, .severity = MOS_ALERT_WARNING },
  { .id = (char *) "overcommitted",
    .title = (char *) N_ ("The host is overcommitted"),
    .metric = MOS_METRIC_LAB_OVERCOMMIT, .threshold = 150, .clear = 120,
    .hold_s = 5, .severity = MOS_ALERT_INFO },
  { .id = (char *) "fault-storm", .title = (char *) N_ ("Fault storm"),
    .metric = MOS_METRIC_FAULTS, .threshold = 500000, .clear = 200000,
    .hold_s = 10, .severity = MOS_ALERT_WARNING },
  { .id = (char *) "disk-errors", .title = (char *) N_ ("Disk errors"),
    .metric = MOS_METRIC_DISK_ERRORS, .threshold = 0, .clear = 0,
    .hold_s = 0, .severity = MOS_ALERT_CRITICAL },
};
/* clang-format on */

const char *
mos_alert_severity_name (MosAlertSeverity severity)
{
  return severities[severity];
}

const char *
mos_alert_severity_title (MosAlertSeverity severity)
{
  return _ (severity_titles[severity]);
}

const char *
mos_alert_action_name (MosAlertAction action)
{
  return actions[action];
}

MosAlertRule *
mos_alert_rule_new (void)
{
  MosAlertRule *self = g_new0 (MosAlertRule, 1);

  self->id = g_uuid_string_random ();
  self->title = g_strdup ("");
  self->machine = g_strdup ("");
  self->device = g_strdup ("");
  self->label = g_strdup ("");
  self->command = g_strdup ("");
  self->enabled = TRUE;
  return self;
}

static char *
copy_text (const char *text)
{
  return g_strdup (text != NULL ? text : "");
}

MosAlertRule *
mos_alert_rule_copy (const MosAlertRule *other)
{
  MosAlertRule *self = g_new (MosAlertRule, 1);

  *self = *other;
  self->id = copy_text (other->id);
  self->title = copy_text (other->title);
  self->machine = copy_text (other->machine);
  self->device = copy_text (other->device);
  self->label = copy_text (other->label);
  self->command = copy_text (other->command);
  return self;
}

void
mos_alert_rule_free (MosAlertRule *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_free (self->title);
  g_free (self->machine);
  g_free (self->device);
  g_free (self->label);
  g_free (self->command);
  g_free (self);
}

GPtrArray *
mos_alert_default_rules (void)
{
  GPtrArray *rules =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_alert_rule_free);

  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++) {
    MosAlertRule *rule = mos_alert_rule_copy (&defaults[i]);

    rule->enabled = TRUE;
    g_ptr_array_add (rules, rule);
  }
  return rules;
}

/* -- words --------------------------------------------------------------- */

char *
mos_alert_rule_format (const MosAlertRule *self, double value)
{
  const MosMetricInfo *info = &mos_metric_infos[self->metric];

  /* Busy time is compared in percent of a processor. */
  if (info->kind != MOS_METRIC_GAUGE && info->unit == MOS_UNIT_NS)
    return g_strdup_printf (_ ("%.1f %%"), value);
  return mos_metric_format (self->metric, value / mos_unit_scale (info->unit));
}

char *
mos_alert_rule_describe (const MosAlertRule *self)
{
  const MosMetricInfo *info = &mos_metric_infos[self->metric];
  g_autofree char     *limit = mos_alert_rule_format (self, self->threshold);
  g_autoptr (GString) what = g_string_new (_ (info->title));

  if (self->device[0] != '\0')
    g_string_append_printf (what, " %s", self->device);
  if (self->label[0] != '\0')
    g_string_append_printf (what, " %s", self->label);
  if (self->hold_s == 0)
    return g_strdup_printf (self->below ? _ ("%s below %s") : _ ("%s above %s"),
                            what->str, limit);
  return g_strdup_printf (self->below ? _ ("%s below %s for %u s")
                                      : _ ("%s above %s for %u s"),
                          what->str, limit, self->hold_s);
}

/* -- JSON ---------------------------------------------------------------- */

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_double (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_double_value (builder, value);
}

static void
add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

char *
mos_alert_rule_to_json (const MosAlertRule *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "id", self->id);
  add_string (builder, "title", self->title);
  add_string (builder, "machine", self->machine);
  add_string (builder, "metric", mos_metric_infos[self->metric].name);
  add_string (builder, "device", self->device);
  add_string (builder, "label", self->label);
  add_boolean (builder, "below", self->below);
  add_double (builder, "threshold", self->threshold);
  add_double (builder, "clear", self->clear);
  json_builder_set_member_name (builder, "hold_s");
  json_builder_add_int_value (builder, self->hold_s);
  add_string (builder, "severity", severities[self->severity]);
  add_string (builder, "action", actions[self->action]);
  add_string (builder, "command", self->command);
  add_boolean (builder, "enabled", self->enabled);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  return json_generator_to_data (generator, NULL);
}

static gboolean
take_string (JsonObject *object, const char *name, char **text)
{
  JsonNode   *node = json_object_get_member (object, name);
  const char *value;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_STRING)
    return FALSE;
  value = json_node_get_string (node);
  g_free (*text);
  *text = g_strdup (value);
  return TRUE;
}

static gboolean
take_double (JsonObject *object, const char *name, double *number)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      (json_node_get_value_type (node) != G_TYPE_INT64 &&
       json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *number = json_node_get_double (node);
  return isfinite (*number);
}

static gboolean
take_boolean (JsonObject *object, const char *name, gboolean *value)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_VALUE (node) ||
      json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return FALSE;
  *value = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
take_choice (JsonObject        *object,
             const char        *name,
             const char *const *choices,
             guint              n,
             guint             *choice)
{
  g_autofree char *text = NULL;

  if (!take_string (object, name, &text))
    return FALSE;
  if (text == NULL)
    return TRUE;
  for (guint i = 0; i < n; i++)
    if (g_str_equal (choices[i], text)) {
      *choice = i;
      return TRUE;
    }
  return FALSE;
}

/* The first member that is not right, or NULL. */
static const char *
fill (MosAlertRule *self, JsonObject *object)
{
  g_autofree char *metric = NULL;
  double           hold = 0;
  guint            severity = MOS_ALERT_WARNING, action = MOS_ALERT_NOTIFY;

  if (!take_string (object, "id", &self->id) || self->id[0] == '\0')
    return "id";
  if (!take_string (object, "metric", &metric) || metric == NULL ||
      !mos_metric_find (metric, &self->metric))
    return "metric";
  if (!take_string (object, "title", &self->title))
    return "title";
  if (!take_string (object, "machine", &self->machine))
    return "machine";
  if (!take_string (object, "device", &self->device))
    return "device";
  if (!take_string (object, "label", &self->label))
    return "label";
  if (!take_string (object, "command", &self->command))
    return "command";
  if (!take_double (object, "threshold", &self->threshold))
    return "threshold";
  self->clear = self->threshold;
  if (!take_double (object, "clear", &self->clear))
    return "clear";
  if (!take_double (object, "hold_s", &hold) || hold < 0 || hold > 86400)
    return "hold_s";
  if (!take_boolean (object, "below", &self->below))
    return "below";
  if (!take_boolean (object, "enabled", &self->enabled))
    return "enabled";
  if (!take_choice (object, "severity", severities, G_N_ELEMENTS (severities),
                    &severity))
    return "severity";
  if (!take_choice (object, "action", actions, G_N_ELEMENTS (actions), &action))
    return "action";
  self->hold_s = (guint) hold;
  self->severity = (MosAlertSeverity) severity;
  self->action = (MosAlertAction) action;
  if (self->below ? self->clear < self->threshold
                  : self->clear > self->threshold)
    return "clear";
  return NULL;
}

MosAlertRule *
mos_alert_rule_from_json (const char *json, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (MosAlertRule) self = mos_alert_rule_new ();
  g_autoptr (GError) local = NULL;
  JsonNode   *root;
  const char *wrong;

  if (!json_parser_load_from_data (parser, json, -1, &local)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX, _ ("An alert rule: %s"),
                 local->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("An alert rule is a JSON object"));
    return NULL;
  }
  wrong = fill (self, json_node_get_object (root));
  if (wrong != NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("An alert rule: “%s” is missing or not possible"), wrong);
    return NULL;
  }
  return g_steal_pointer (&self);
}
