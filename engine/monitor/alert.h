/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Rules, and when they fire.
 *
 * A rule compares one metric of each machine (or of the host) with a
 * threshold. It fires when the comparison has held for the hold time without
 * interruption, and is over when the value has come back to the clearing
 * value; between the two nothing changes, so a value that dances around the
 * threshold fires once. A gap in the samples proves nothing: what was waiting
 * starts again, what had fired stays, and a machine that is gone for long ends
 * its alerts.
 *
 * The engine is pure: samples in, events out, on steady time. One thread at a
 * time.
 */
#pragma once

#include <glib-object.h>

#include "engine/monitor/sampler.h"

G_BEGIN_DECLS

typedef enum {
  MOS_ALERT_INFO,
  MOS_ALERT_WARNING,
  MOS_ALERT_CRITICAL
} MosAlertSeverity;

typedef enum {
  MOS_ALERT_NOTIFY,
  MOS_ALERT_PAUSE,  /* and notify */
  MOS_ALERT_COMMAND /* and notify */
} MosAlertAction;

typedef struct {
  char            *id;      /* "exit-storm", or a uuid for the user's own */
  char            *title;   /* of defaults: untranslated, N_() */
  char            *machine; /* a uuid; "": each machine */
  MosMetric        metric;
  char            *device;    /* "": all, added up */
  char            *label;     /* "": all, added up */
  gboolean         below;     /* fires below the threshold, else above */
  double           threshold; /* in the unit people read: %, bytes, s, /s */
  double           clear;     /* back to this: over */
  guint            hold_s;
  MosAlertSeverity severity;
  MosAlertAction   action;
  char            *command; /* for MOS_ALERT_COMMAND: a shell command */
  gboolean         enabled;
} MosAlertRule;

MosAlertRule *mos_alert_rule_new (void);
MosAlertRule *mos_alert_rule_copy (const MosAlertRule *self);
void          mos_alert_rule_free (MosAlertRule *self);

/* One line of JSON, and back; MOS_ERROR_SYNTAX or _INVALID_VALUE. */
char         *mos_alert_rule_to_json (const MosAlertRule *self);
MosAlertRule *mos_alert_rule_from_json (const char *json, GError **error);

/* The rules everybody begins with; free through the array. */
GPtrArray *mos_alert_default_rules (void);

const char *mos_alert_severity_name (MosAlertSeverity severity);
const char *mos_alert_severity_title (MosAlertSeverity severity);
const char *mos_alert_action_name (MosAlertAction action);

/* "Exits above 200 k/s for 5 s", for people. */
char *mos_alert_rule_describe (const MosAlertRule *self);
/* A number of the rule's metric in people's unit, with the unit. */
char *mos_alert_rule_format (const MosAlertRule *self, double value);

/* -- the engine ---------------------------------------------------------- */

typedef struct MosAlertEngine MosAlertEngine;

typedef struct {
  const MosAlertRule *rule; /* the engine's; until the rules change */
  char                machine[40];
  gboolean            raised; /* FALSE: over */
  double              value;  /* in people's unit */
} MosAlertEvent;

MosAlertEngine *mos_alert_engine_new (void);
void            mos_alert_engine_free (MosAlertEngine *self);

/* Takes copies. What has fired by a rule that stays stays fired; alerts of
 * rules that are gone or disabled end without an event. */
void mos_alert_engine_set_rules (MosAlertEngine *self, const GPtrArray *rules);

/* One tick; appends MosAlertEvent to @events. */
void mos_alert_engine_step (MosAlertEngine *self,
                            gint64          steady_ms,
                            gint64          interval_ms,
                            const MosShown *shown,
                            guint           n,
                            GArray         *events);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosAlertRule, mos_alert_rule_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosAlertEngine, mos_alert_engine_free)

G_END_DECLS
