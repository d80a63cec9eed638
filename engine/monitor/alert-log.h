/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What has fired, kept from one run of the program to the next, and the rules
 * as the user has them. Both live in the store's file. Any thread.
 */
#pragma once

#include "engine/monitor/alert.h"
#include "engine/monitor/store.h"

G_BEGIN_DECLS

typedef struct {
  gint64           id;
  char            *rule;  /* its id */
  char            *title; /* as it was when it fired */
  char             machine[40];
  MosAlertSeverity severity;
  gint64           raised_ms;
  gint64           cleared_ms; /* 0: not over */
  gboolean         seen;       /* acknowledged */
  double           value;      /* when it fired, in people's unit */
  char            *text;       /* one sentence */
} MosAlertRecord;

void mos_alert_record_free (MosAlertRecord *record);

/* Rules: the defaults, changed and added to by what the user saved. */
GPtrArray *mos_alert_log_rules (MosStore *store);
gboolean   mos_alert_log_save_rule (MosStore *store, const MosAlertRule *rule);
/* A default comes back as it was; the user's own is gone. */
gboolean mos_alert_log_remove_rule (MosStore *store, const char *id);

/* Returns the record's id. */
gint64   mos_alert_log_raise (MosStore           *store,
                              const MosAlertRule *rule,
                              const char         *machine,
                              gint64              time_ms,
                              double              value);
gboolean mos_alert_log_clear (MosStore   *store,
                              const char *rule,
                              const char *machine,
                              gint64      time_ms);
/* @id 0: all. */
gboolean mos_alert_log_acknowledge (MosStore *store, gint64 id);
/* The newest first, at most @max (0: all); of @machine or, NULL, all. */
GPtrArray *mos_alert_log_list (MosStore *store, const char *machine, guint max);

G_END_DECLS
