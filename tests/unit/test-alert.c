/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * When alerts fire, on series made for it: spike, plateau, oscillation around
 * the threshold, gap, a machine that goes, sums of series; and rules through
 * JSON.
 */
#include "engine/engine.h"

#define UUID "8f7bd1c0-0000-4000-8000-000000000001"

#define GAP (-1)

typedef struct {
  MosAlertEngine *engine;
  GArray         *events;
  gint64          now_ms;
  GString        *history; /* "R5 C9": raised at 5 s, over at 9 s */
} World;

static void
world_init (World *self, const char *rule_json)
{
  g_autoptr (GError) error = NULL;
  MosAlertRule *rule = mos_alert_rule_from_json (rule_json, &error);
  g_autoptr (GPtrArray) rules =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_alert_rule_free);

  g_assert_no_error (error);
  g_ptr_array_add (rules, rule);
  self->engine = mos_alert_engine_new ();
  mos_alert_engine_set_rules (self->engine, rules);
  self->events = g_array_new (FALSE, FALSE, sizeof (MosAlertEvent));
  self->now_ms = 1000000;
  self->history = g_string_new (NULL);
}

static void
world_clear (World *self)
{
  mos_alert_engine_free (self->engine);
  g_array_unref (self->events);
  g_string_free (self->history, TRUE);
}

/* A second with @value faults a second on each of two vCPUs, or none. */
static void
step (World *self, double value)
{
  MosShown shown[2] = { { .value = 0 } };
  guint    n = value == GAP ? 0 : 2;

  for (guint i = 0; i < n; i++) {
    mos_series_key_init (&shown[i].key, MOS_METRIC_FAULTS, UUID);
    shown[i].key.vcpu = (gint16) i;
    mos_series_key_set_label (&shown[i].key, "14");
    shown[i].shown = value / 2;
    shown[i].has = TRUE;
  }
  g_array_set_size (self->events, 0);
  mos_alert_engine_step (self->engine, self->now_ms, 1000, shown, n,
                         self->events);
  for (guint i = 0; i < self->events->len; i++) {
    const MosAlertEvent *event =
        &g_array_index (self->events, MosAlertEvent, i);

    g_assert_cmpstr (event->machine, ==, UUID);
    g_string_append_printf (
        self->history, "%s%c%d", self->history->len > 0 ? " " : "",
        event->raised ? 'R' : 'C', (int) ((self->now_ms - 1000000) / 1000));
  }
  self->now_ms += 1000;
}

#define RULE                                                            \
  "{\"id\":\"x\",\"metric\":\"faults\",\"threshold\":100,\"clear\":80," \
  "\"hold_s\":5"

static void
play (const char *rule, const double *values, guint n, const char *expected)
{
  World world;

  world_init (&world, rule);
  for (guint i = 0; i < n; i++)
    step (&world, values[i]);
  g_assert_cmpstr (world.history->str, ==, expected);
  world_clear (&world);
}

static void
test_spike (void)
{
  const double values[] = { 0, 500, 500, 500, 500, 500, 0, 0, 0 };

  /* From 1 to 5 it held for four seconds only. */
  play (RULE "}", values, G_N_ELEMENTS (values), "");
}

static void
test_plateau (void)
{
  const double values[] = { 0,   101, 101, 101, 101, 101, 101,
                            101, 99,  81,  80,  0,   0 };

  play (RULE "}", values, G_N_ELEMENTS (values), "R6 C10");
}

static void
test_exactly_at (void)
{
  const double values[] = { 100, 100, 100, 100, 100, 100, 100, 100 };

  play (RULE "}", values, G_N_ELEMENTS (values), "");
}

static void
test_oscillation (void)
{
  World world;

  world_init (&world, "{\"id\":\"x\",\"metric\":\"faults\",\"threshold\":100,"
                      "\"clear\":80,\"hold_s\":0}");
  for (guint i = 0; i < 60; i++)
    step (&world, i % 6 < 3 ? 110 : 90); /* crosses ten times */
  g_assert_cmpstr (world.history->str, ==, "R0");
  for (guint i = 0; i < 10; i++)
    step (&world, i % 2 == 0 ? 79 : 101); /* now it really comes and goes */
  g_assert_cmpstr (world.history->str, ==,
                   "R0 C60 R61 C62 R63 C64 R65 C66 R67 C68 R69");
  world_clear (&world);
}

static void
test_gap (void)
{
  World world;

  world_init (&world, RULE "}");
  for (guint i = 0; i < 4; i++)
    step (&world, 200);
  for (guint i = 0; i < 5; i++)
    step (&world, GAP);
  for (guint i = 0; i < 5; i++)
    step (&world, 200);
  /* Nobody knows what was in the gap: the wait began again at 9. */
  g_assert_cmpstr (world.history->str, ==, "");
  step (&world, 200);
  g_assert_cmpstr (world.history->str, ==, "R14");
  /* Raised, it survives a gap, and ends when the machine is gone for long. */
  for (guint i = 0; i < 10; i++)
    step (&world, GAP);
  g_assert_cmpstr (world.history->str, ==, "R14");
  for (guint i = 0; i < 10; i++)
    step (&world, GAP);
  g_assert_cmpstr (world.history->str, ==, "R14 C30");
  world_clear (&world);
}

static void
test_below (void)
{
  const double values[] = { 10, 3, 3, 3, 4, 5, 6, 6 };

  play ("{\"id\":\"x\",\"metric\":\"faults\",\"below\":true,\"threshold\":5,"
        "\"clear\":6,\"hold_s\":2}",
        values, G_N_ELEMENTS (values), "R3 C6");
}

static void
test_rules_change (void)
{
  World world;
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  world_init (&world, RULE "}");
  for (guint i = 0; i < 8; i++)
    step (&world, 200);
  mos_alert_engine_set_rules (world.engine, none);
  for (guint i = 0; i < 8; i++)
    step (&world, 200);
  g_assert_cmpstr (world.history->str, ==, "R5");
  world_clear (&world);
}

static void
test_json (void)
{
  static const char *const wrong[] = {
    "",
    "[]",
    "{}",
    "{\"id\":\"\",\"metric\":\"faults\"}",
    "{\"id\":\"x\",\"metric\":\"nonsense\"}",
    "{\"id\":\"x\",\"metric\":\"faults\",\"threshold\":\"much\"}",
    "{\"id\":\"x\",\"metric\":\"faults\",\"threshold\":1,\"clear\":2}",
    "{\"id\":\"x\",\"metric\":\"faults\",\"hold_s\":-1}",
    "{\"id\":\"x\",\"metric\":\"faults\",\"action\":\"explode\"}",
    "{\"id\":\"x\",\"metric\":\"faults\",\"severity\":7}",
  };
  g_autoptr (GPtrArray) defaults = mos_alert_default_rules ();

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (mos_alert_rule_from_json (wrong[i], &error));
    g_assert_nonnull (error);
  }
  g_assert_cmpuint (defaults->len, >=, 5);
  for (guint i = 0; i < defaults->len; i++) {
    g_autofree char *json = mos_alert_rule_to_json (defaults->pdata[i]);
    g_autoptr (MosAlertRule) back = mos_alert_rule_from_json (json, NULL);
    g_autofree char *again = NULL;

    g_assert_nonnull (back);
    again = mos_alert_rule_to_json (back);
    g_assert_cmpstr (json, ==, again);
  }
}

static void
test_log (void)
{
  g_autoptr (MosStore) store = mos_store_open (NULL, NULL, NULL);
  g_autoptr (GPtrArray) rules = mos_alert_log_rules (store);
  MosAlertRule *rule = rules->pdata[0];
  guint         n = rules->len;
  gint64        id;
  g_autoptr (GPtrArray) records = NULL;
  MosAlertRecord *record;

  rule->threshold = 7e5;
  g_assert_true (mos_alert_log_save_rule (store, rule));
  {
    g_autoptr (GPtrArray) again = mos_alert_log_rules (store);

    g_assert_cmpuint (again->len, ==, n);
    g_assert_cmpfloat (((MosAlertRule *) again->pdata[0])->threshold, ==, 7e5);
    g_assert_true (mos_alert_log_remove_rule (store, rule->id));
  }
  id = mos_alert_log_raise (store, rule, UUID, 1000, 8e5);
  g_assert_true (mos_alert_log_clear (store, rule->id, UUID, 5000));
  g_assert_true (mos_alert_log_acknowledge (store, id));
  records = mos_alert_log_list (store, UUID, 0);
  g_assert_cmpuint (records->len, ==, 1);
  record = records->pdata[0];
  g_assert_cmpint (record->raised_ms, ==, 1000);
  g_assert_cmpint (record->cleared_ms, ==, 5000);
  g_assert_true (record->seen);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alert/spike", test_spike);
  g_test_add_func ("/alert/plateau", test_plateau);
  g_test_add_func ("/alert/exactly-at", test_exactly_at);
  g_test_add_func ("/alert/oscillation", test_oscillation);
  g_test_add_func ("/alert/gap", test_gap);
  g_test_add_func ("/alert/below", test_below);
  g_test_add_func ("/alert/rules-change", test_rules_change);
  g_test_add_func ("/alert/json", test_json);
  g_test_add_func ("/alert/log", test_log);
  return g_test_run ();
}
