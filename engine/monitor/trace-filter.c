/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Which events are wanted, what they are called, and their export.
 */
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/cpu/backend.h"
#include "engine/monitor/recorder.h"

void
mos_trace_filter_init (MosTraceFilter *self)
{
  *self = (MosTraceFilter){ .vcpu = -1, .last = G_MAXUINT64 };
}

gboolean
mos_event_address (const MosEvent *event, guint64 *address)
{
  switch (event->kind) {
  case MOS_EVENT_PORT:
    *address = event->code;
    return TRUE;
  case MOS_EVENT_EXIT:
  case MOS_EVENT_INJECT:
  case MOS_EVENT_MMIO:
  case MOS_EVENT_FAULT:
  case MOS_EVENT_LEVEL:
    *address = event->a;
    return TRUE;
  case MOS_EVENT_LINE:
  case MOS_EVENT_LIFECYCLE:
  case MOS_EVENT_TEXT:
  case MOS_EVENT_RESET:
  case MOS_N_EVENTS:
  default:
    return FALSE;
  }
}

gboolean
mos_trace_filter_matches (const MosTraceFilter *self, const MosEvent *event)
{
  guint64 address;

  if (self->kinds != 0 && ((self->kinds >> event->kind) & 1) == 0)
    return FALSE;
  if (self->levels != 0 &&
      (event->level > 31 || ((self->levels >> event->level) & 1) == 0))
    return FALSE;
  if (self->vcpu >= 0 && event->vcpu != self->vcpu)
    return FALSE;
  if (self->reasons != 0 &&
      (event->kind == MOS_EVENT_EXIT || event->kind == MOS_EVENT_LEVEL) &&
      (event->code > 63 || ((self->reasons >> event->code) & 1) == 0))
    return FALSE;
  if (self->first == 0 && self->last == G_MAXUINT64)
    return TRUE;
  return mos_event_address (event, &address) && address >= self->first &&
         address <= self->last;
}

/* -- as text ------------------------------------------------------------- */

static gboolean
parse_number (const char *text, guint64 max, guint64 *number)
{
  char *end;

  errno = 0;
  if (!g_ascii_isdigit (text[0]))
    return FALSE;
  *number = g_ascii_strtoull (text, &end, 0);
  return errno == 0 && *end == '\0' && *number <= max;
}

static gboolean
parse_kinds (MosTraceFilter *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint w = 0; words[w] != NULL; w++) {
    guint kind = 0;

    while (kind < MOS_N_EVENTS &&
           strcmp (mos_event_infos[kind].name, words[w]) != 0)
      kind++;
    if (kind == MOS_N_EVENTS)
      return FALSE;
    self->kinds |= 1u << kind;
  }
  return words[0] != NULL;
}

static gboolean
parse_reasons (MosTraceFilter *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint w = 0; words[w] != NULL; w++) {
    guint reason = 0;

    while (reason < MOS_N_EXITS &&
           strcmp (mos_exit_infos[reason].name, words[w]) != 0)
      reason++;
    if (reason == MOS_N_EXITS)
      return FALSE;
    self->reasons |= (guint64) 1 << reason;
  }
  return words[0] != NULL;
}

static gboolean
parse_levels (MosTraceFilter *self, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint w = 0; words[w] != NULL; w++) {
    guint64 level;

    if (!parse_number (words[w], 31, &level))
      return FALSE;
    self->levels |= 1u << level;
  }
  return words[0] != NULL;
}

static gboolean
parse_addresses (MosTraceFilter *self, const char *text)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);

  if (ends[0] == NULL || !parse_number (ends[0], G_MAXUINT64, &self->first))
    return FALSE;
  self->last = self->first;
  return ends[1] == NULL || (parse_number (ends[1], G_MAXUINT64, &self->last) &&
                             self->last >= self->first);
}

static gboolean
parse_word (MosTraceFilter *self, const char *word)
{
  guint64 vcpu;

  if (g_str_has_prefix (word, "level="))
    return parse_levels (self, word + strlen ("level="));
  if (g_str_has_prefix (word, "reason="))
    return parse_reasons (self, word + strlen ("reason="));
  if (g_str_has_prefix (word, "address="))
    return parse_addresses (self, word + strlen ("address="));
  if (g_str_has_prefix (word, "vcpu=")) {
    if (!parse_number (word + strlen ("vcpu="), 1023, &vcpu))
      return FALSE;
    self->vcpu = (int) vcpu;
    return TRUE;
  }
  return parse_kinds (self, word);
}

gboolean
mos_trace_filter_parse (MosTraceFilter *self, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, " \t", -1);

  mos_trace_filter_init (self);
  for (guint i = 0; words[i] != NULL; i++) {
    if (words[i][0] == '\0' || strcmp (words[i], "all") == 0 ||
        parse_word (self, words[i]))
      continue;
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("A filter of events has no “%s”; allowed: kinds (exit, "
                    "inject, port, mmio, line, fault, level, lifecycle, text, "
                    "reset), level=N, reason=NAME, vcpu=N, address=FIRST-LAST"),
                 words[i]);
    return FALSE;
  }
  return TRUE;
}

/* -- names --------------------------------------------------------------- */

static const char *const exceptions[] = {
  "#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "CSO", "#TS",
  "#NP", "#SS", "#GP", "#PF", "15",  "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

char *
mos_event_name (const MosEvent *event)
{
  gboolean write = (event->b & 0x100) != 0;

  switch (event->kind) {
  case MOS_EVENT_EXIT:
    return g_strdup (
        event->code < MOS_N_EXITS ? mos_exit_infos[event->code].name : "exit");
  case MOS_EVENT_PORT:
    return g_strdup_printf ("%s 0x%x", write ? "out" : "in", event->code);
  case MOS_EVENT_MMIO:
    return g_strdup_printf ("%s 0x%" G_GINT64_MODIFIER "x",
                            write ? "write" : "read", event->a);
  case MOS_EVENT_FAULT:
    if (event->code < G_N_ELEMENTS (exceptions))
      return g_strdup (exceptions[event->code]);
    return g_strdup_printf ("exception %u", event->code);
  case MOS_EVENT_INJECT:
    return g_strdup_printf ("vector 0x%x", event->code);
  case MOS_EVENT_LINE:
    return g_strdup_printf ("line %u %s", event->code,
                            event->a != 0 ? "up" : "down");
  case MOS_EVENT_LEVEL:
    if (event->code == MOS_EVENT_ENTERED)
      return g_strdup_printf ("enter level %u", event->level);
    return g_strdup_printf (
        "leave level %u: %s", event->level,
        event->code < MOS_N_EXITS ? mos_exit_infos[event->code].name : "exit");
  case MOS_EVENT_LIFECYCLE:
  case MOS_EVENT_TEXT:
  case MOS_EVENT_RESET:
  case MOS_N_EVENTS:
  default:
    return g_strdup (event->kind < MOS_N_EVENTS
                         ? mos_event_infos[event->kind].name
                         : "event");
  }
}

char *
mos_event_describe (const MosEvent *event)
{
  g_autofree char *name = mos_event_name (event);

  switch (event->kind) {
  case MOS_EVENT_EXIT:
  case MOS_EVENT_INJECT:
    return g_strdup_printf (_ ("%s at 0x%" PRIx64), name, event->a);
  case MOS_EVENT_PORT:
    return g_strdup_printf (_ ("%s, %u bytes: 0x%" PRIx64), name,
                            (guint) event->b & 0xff, event->a);
  case MOS_EVENT_MMIO:
    return g_strdup_printf (_ ("%s, %u bytes"), name, (guint) event->b & 0xff);
  case MOS_EVENT_FAULT:
    return g_strdup_printf (
        _ ("%s, address 0x%" PRIx64 ", error code 0x%" PRIx64), name, event->a,
        event->b);
  case MOS_EVENT_LEVEL:
    return g_strdup_printf (
        _ ("%s, control block 0x%" PRIx64 ", RIP 0x%" PRIx64), name, event->a,
        event->b);
  case MOS_EVENT_LINE:
  case MOS_EVENT_LIFECYCLE:
  case MOS_EVENT_TEXT:
  case MOS_EVENT_RESET:
  case MOS_N_EVENTS:
  default:
    return g_strdup_printf ("%s %u", name, event->code);
  }
}

/* -- export -------------------------------------------------------------- */

static void
append_text (GString *json, const char *text)
{
  g_string_append_c (json, '"');
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      g_string_append_printf (json, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_printf (json, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (json, *text);
  }
  g_string_append_c (json, '"');
}

/* Threads of the picture: vCPU n, and everything else after them. */
static guint
track_of (const MosEvent *event)
{
  return event->vcpu == G_MAXUINT16 ? 1000 : event->vcpu;
}

static void
append_tracks (GString *json, const GArray *events)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < events->len; i++) {
    guint            track = track_of (&g_array_index (events, MosEvent, i));
    g_autofree char *title = NULL;

    if (!g_hash_table_add (seen, GUINT_TO_POINTER (track)))
      continue;
    title = track == 1000 ? g_strdup ("devices")
                          : g_strdup_printf ("vCPU %u", track);
    g_string_append_printf (json,
                            ",\n{\"name\":\"thread_name\",\"ph\":\"M\","
                            "\"pid\":1,\"tid\":%u,\"args\":{\"name\":",
                            track);
    append_text (json, title);
    g_string_append (json, "}}");
  }
}

char *
mos_trace_to_chrome_json (const GArray *events, const char *machine)
{
  GString *json = g_string_new (
      "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{\"name\":"
      "\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":");

  append_text (json, machine);
  g_string_append (json, "}}");
  append_tracks (json, events);
  for (guint i = 0; i < events->len; i++) {
    const MosEvent  *event = &g_array_index (events, MosEvent, i);
    g_autofree char *name = mos_event_name (event);

    g_string_append (json, ",\n{\"name\":");
    append_text (json, name);
    g_string_append_printf (
        json,
        ",\"cat\":\"%s\",\"ph\":\"i\",\"s\":\"t\",\"ts\":%" G_GINT64_FORMAT
        ".%03u,\"pid\":1,\"tid\":%u,\"args\":{\"level\":%u,\"code\":%u,"
        "\"a\":\"0x%" G_GINT64_MODIFIER "x\",\"b\":\"0x%" G_GINT64_MODIFIER
        "x\"}}",
        event->kind < MOS_N_EVENTS ? mos_event_infos[event->kind].name
                                   : "event",
        event->time_ns / 1000, (guint) (event->time_ns % 1000),
        track_of (event), event->level, event->code, event->a, event->b);
  }
  g_string_append (json, "\n]}\n");
  return g_string_free (json, FALSE);
}
