/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tables `rule` and `alert` of the store's file.
 */
#include "engine/monitor/alert-log.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/monitor/store-private.h"

#define MAX_RECORDS 10000

static const char *
text_of (sqlite3_stmt *s, int column)
{
  const char *text = (const char *) sqlite3_column_text (s, column);

  return text != NULL ? text : "";
}

/* -- rules --------------------------------------------------------------- */

static void
put_rule (GPtrArray *rules, MosAlertRule *rule)
{
  for (guint i = 0; i < rules->len; i++) {
    MosAlertRule *other = g_ptr_array_index (rules, i);

    if (!g_str_equal (other->id, rule->id))
      continue;
    mos_alert_rule_free (other);
    rules->pdata[i] = rule;
    return;
  }
  g_ptr_array_add (rules, rule);
}

GPtrArray *
mos_alert_log_rules (MosStore *store)
{
  GPtrArray    *rules = mos_alert_default_rules ();
  sqlite3_stmt *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "SELECT text FROM rule ORDER BY rowid");
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW) {
    MosAlertRule *rule = mos_alert_rule_from_json (text_of (s, 0), NULL);

    if (rule != NULL)
      put_rule (rules, rule);
  }
  sqlite3_finalize (s);
  g_mutex_unlock (&store->lock);
  return rules;
}

gboolean
mos_alert_log_save_rule (MosStore *store, const MosAlertRule *rule)
{
  g_autofree char *json = mos_alert_rule_to_json (rule);
  sqlite3_stmt    *s;
  gboolean         ok = FALSE;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "INSERT OR REPLACE INTO rule VALUES (?, ?)");
  if (s != NULL) {
    mos_store_bind_text (s, 1, rule->id);
    mos_store_bind_text (s, 2, json);
    ok = mos_store_finish (s);
  }
  g_mutex_unlock (&store->lock);
  return ok;
}

gboolean
mos_alert_log_remove_rule (MosStore *store, const char *id)
{
  sqlite3_stmt *s;
  gboolean      ok = FALSE;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "DELETE FROM rule WHERE id = ?");
  if (s != NULL) {
    mos_store_bind_text (s, 1, id);
    ok = mos_store_finish (s);
  }
  g_mutex_unlock (&store->lock);
  return ok;
}

/* -- records ------------------------------------------------------------- */

static void
forget_oldest_locked (MosStore *store)
{
  char sql[128];

  g_snprintf (sql, sizeof sql,
              "DELETE FROM alert WHERE id <= (SELECT max(id) FROM alert) - %d",
              MAX_RECORDS);
  mos_store_run (store, sql);
}

gint64
mos_alert_log_raise (MosStore           *store,
                     const MosAlertRule *rule,
                     const char         *machine,
                     gint64              time_ms,
                     double              value)
{
  g_autofree char *number = mos_alert_rule_format (rule, value);
  g_autofree char *what = mos_alert_rule_describe (rule);
  g_autofree char *text =
      g_strdup_printf (_ ("%s: %s (%s)"), _ (rule->title), what, number);
  sqlite3_stmt *s;
  gint64        id = 0;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (
      store, "INSERT INTO alert (rule, machine, severity, raised, cleared,"
             " seen, value, text) VALUES (?, ?, ?, ?, 0, 0, ?, ?)");
  if (s != NULL) {
    mos_store_bind_text (s, 1, rule->id);
    mos_store_bind_text (s, 2, machine);
    sqlite3_bind_int (s, 3, (int) rule->severity);
    sqlite3_bind_int64 (s, 4, time_ms);
    sqlite3_bind_double (s, 5, value);
    mos_store_bind_text (s, 6, text);
    if (mos_store_finish (s))
      id = sqlite3_last_insert_rowid (store->db);
  }
  forget_oldest_locked (store);
  g_mutex_unlock (&store->lock);
  return id;
}

gboolean
mos_alert_log_clear (MosStore   *store,
                     const char *rule,
                     const char *machine,
                     gint64      time_ms)
{
  sqlite3_stmt *s;
  gboolean      ok = FALSE;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store, "UPDATE alert SET cleared = ? WHERE rule = ?"
                                " AND machine = ? AND cleared = 0");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, time_ms);
    mos_store_bind_text (s, 2, rule);
    mos_store_bind_text (s, 3, machine);
    ok = mos_store_finish (s);
  }
  g_mutex_unlock (&store->lock);
  return ok;
}

gboolean
mos_alert_log_acknowledge (MosStore *store, gint64 id)
{
  sqlite3_stmt *s;
  gboolean      ok = FALSE;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (store,
                         "UPDATE alert SET seen = 1 WHERE ?1 = 0 OR id = ?1");
  if (s != NULL) {
    sqlite3_bind_int64 (s, 1, id);
    ok = mos_store_finish (s);
  }
  g_mutex_unlock (&store->lock);
  return ok;
}

void
mos_alert_record_free (MosAlertRecord *record)
{
  if (record == NULL)
    return;
  g_free (record->rule);
  g_free (record->title);
  g_free (record->text);
  g_free (record);
}

static MosAlertRecord *
read_record (sqlite3_stmt *s)
{
  MosAlertRecord *record = g_new0 (MosAlertRecord, 1);
  char           *colon;

  record->id = sqlite3_column_int64 (s, 0);
  record->rule = g_strdup (text_of (s, 1));
  g_strlcpy (record->machine, text_of (s, 2), sizeof record->machine);
  record->severity = (MosAlertSeverity) CLAMP (
      sqlite3_column_int (s, 3), MOS_ALERT_INFO, MOS_ALERT_CRITICAL);
  record->raised_ms = sqlite3_column_int64 (s, 4);
  record->cleared_ms = sqlite3_column_int64 (s, 5);
  record->seen = sqlite3_column_int (s, 6) != 0;
  record->value = sqlite3_column_double (s, 7);
  record->text = g_strdup (text_of (s, 8));
  record->title = g_strdup (record->text);
  colon = strstr (record->title, ": ");
  if (colon != NULL)
    *colon = '\0';
  return record;
}

GPtrArray *
mos_alert_log_list (MosStore *store, const char *machine, guint max)
{
  GPtrArray *records =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_alert_record_free);
  sqlite3_stmt *s;

  g_mutex_lock (&store->lock);
  s = mos_store_prepare (
      store, "SELECT id, rule, machine, severity, raised, cleared, seen, value,"
             " text FROM alert WHERE ?1 IS NULL OR machine IN ('', ?1)"
             " ORDER BY raised DESC, id DESC LIMIT ?2");
  if (s != NULL) {
    if (machine != NULL)
      mos_store_bind_text (s, 1, machine);
    sqlite3_bind_int64 (s, 2, max > 0 ? (gint64) max : -1);
  }
  while (s != NULL && sqlite3_step (s) == SQLITE_ROW)
    g_ptr_array_add (records, read_record (s));
  sqlite3_finalize (s);
  g_mutex_unlock (&store->lock);
  return records;
}
