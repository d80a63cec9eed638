/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * When rules fire: one small state for each pair of rule and machine.
 */
#include "engine/monitor/alert.h"

#include <string.h>

/* A machine without samples for so long has ended, and so have its alerts. */
#define GONE_MS 15000
/* A longer distance between two samples is a gap. */
#define GAP_INTERVALS 3

typedef struct {
  char     machine[40];
  double   sum; /* in people's unit, during a step */
  gboolean has;
  gboolean raised;
  gboolean waiting; /* the comparison holds since … */
  gint64   since_ms;
  gint64   seen_ms; /* of the last sample */
} Watch;

typedef struct {
  MosAlertRule *rule;
  GPtrArray    *watches; /* of Watch, by machine */
} Ruled;

struct MosAlertEngine {
  GPtrArray *rules; /* of Ruled */
};

static void
ruled_free (gpointer data)
{
  Ruled *self = data;

  mos_alert_rule_free (self->rule);
  g_ptr_array_unref (self->watches);
  g_free (self);
}

MosAlertEngine *
mos_alert_engine_new (void)
{
  MosAlertEngine *self = g_new0 (MosAlertEngine, 1);

  self->rules = g_ptr_array_new_with_free_func (ruled_free);
  return self;
}

void
mos_alert_engine_free (MosAlertEngine *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->rules);
  g_free (self);
}

static Ruled *
find_ruled (GPtrArray *rules, const char *id)
{
  for (guint i = 0; i < rules->len; i++) {
    Ruled *ruled = g_ptr_array_index (rules, i);

    if (g_str_equal (ruled->rule->id, id))
      return ruled;
  }
  return NULL;
}

void
mos_alert_engine_set_rules (MosAlertEngine *self, const GPtrArray *rules)
{
  g_autoptr (GPtrArray) old = self->rules;

  self->rules = g_ptr_array_new_with_free_func (ruled_free);
  for (guint i = 0; i < rules->len; i++) {
    const MosAlertRule *rule = g_ptr_array_index (rules, i);
    Ruled              *before = find_ruled (old, rule->id);
    Ruled              *ruled;

    if (!rule->enabled)
      continue;
    ruled = g_new0 (Ruled, 1);
    ruled->rule = mos_alert_rule_copy (rule);
    ruled->watches = before != NULL ? g_ptr_array_ref (before->watches)
                                    : g_ptr_array_new_with_free_func (g_free);
    g_ptr_array_add (self->rules, ruled);
  }
}

/* -- a step -------------------------------------------------------------- */

static Watch *
find_watch (Ruled *ruled, const char *machine)
{
  Watch *watch;

  for (guint i = 0; i < ruled->watches->len; i++) {
    watch = g_ptr_array_index (ruled->watches, i);
    if (strcmp (watch->machine, machine) == 0)
      return watch;
  }
  watch = g_new0 (Watch, 1);
  g_strlcpy (watch->machine, machine, sizeof watch->machine);
  g_ptr_array_add (ruled->watches, watch);
  return watch;
}

static gboolean
matches (const MosAlertRule *rule, const MosSeriesKey *key)
{
  return key->metric == (gint32) rule->metric &&
         (rule->machine[0] == '\0' ||
          strcmp (rule->machine, key->machine) == 0) &&
         (rule->device[0] == '\0' || strcmp (rule->device, key->device) == 0) &&
         (rule->label[0] == '\0' || strcmp (rule->label, key->label) == 0);
}

/* Busy time reads as percent of a processor. */
static double
scale_of (MosMetric metric)
{
  const MosMetricInfo *info = &mos_metric_infos[metric];

  if (info->kind != MOS_METRIC_GAUGE && info->unit == MOS_UNIT_NS)
    return 1e-7;
  return mos_unit_scale (info->unit);
}

static void
add_up (Ruled *ruled, const MosShown *shown, guint n)
{
  double scale = scale_of (ruled->rule->metric);

  for (guint i = 0; i < ruled->watches->len; i++) {
    Watch *watch = g_ptr_array_index (ruled->watches, i);

    watch->has = FALSE;
    watch->sum = 0;
  }
  for (guint i = 0; i < n; i++) {
    Watch *watch;

    if (!shown[i].has || !matches (ruled->rule, &shown[i].key))
      continue;
    watch = find_watch (ruled, shown[i].key.machine);
    watch->has = TRUE;
    watch->sum += shown[i].shown * scale;
  }
}

static void
tell (const Ruled *ruled, Watch *watch, gboolean raised, GArray *events)
{
  MosAlertEvent event = { .rule = ruled->rule,
                          .raised = raised,
                          .value = watch->sum };

  watch->raised = raised;
  watch->waiting = FALSE;
  g_strlcpy (event.machine, watch->machine, sizeof event.machine);
  g_array_append_val (events, event);
}

static gboolean
is_beyond (const MosAlertRule *rule, double value)
{
  return rule->below ? value < rule->threshold : value > rule->threshold;
}

static gboolean
is_back (const MosAlertRule *rule, double value)
{
  return rule->below ? value >= rule->clear : value <= rule->clear;
}

static void
judge (const Ruled *ruled,
       Watch       *watch,
       gint64       steady_ms,
       gint64       interval_ms,
       GArray      *events)
{
  const MosAlertRule *rule = ruled->rule;

  if (!watch->has) {
    if (watch->raised && steady_ms - watch->seen_ms > GONE_MS)
      tell (ruled, watch, FALSE, events);
    return;
  }
  if (steady_ms - watch->seen_ms > GAP_INTERVALS * interval_ms)
    watch->waiting = FALSE;
  watch->seen_ms = steady_ms;
  if (watch->raised) {
    if (is_back (rule, watch->sum))
      tell (ruled, watch, FALSE, events);
    return;
  }
  if (!is_beyond (rule, watch->sum)) {
    watch->waiting = FALSE;
    return;
  }
  if (!watch->waiting) {
    watch->waiting = TRUE;
    watch->since_ms = steady_ms;
  }
  if (steady_ms - watch->since_ms >= (gint64) rule->hold_s * 1000)
    tell (ruled, watch, TRUE, events);
}

void
mos_alert_engine_step (MosAlertEngine *self,
                       gint64          steady_ms,
                       gint64          interval_ms,
                       const MosShown *shown,
                       guint           n,
                       GArray         *events)
{
  for (guint r = 0; r < self->rules->len; r++) {
    Ruled *ruled = g_ptr_array_index (self->rules, r);

    add_up (ruled, shown, n);
    for (guint i = ruled->watches->len; i > 0; i--) {
      Watch *watch = g_ptr_array_index (ruled->watches, i - 1);

      judge (ruled, watch, steady_ms, interval_ms, events);
      if (!watch->raised && steady_ms - watch->seen_ms > GONE_MS)
        g_ptr_array_remove_index (ruled->watches, i - 1);
    }
  }
}
