/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Events: who hears them and when they were; rings that are read while they
 * are written; filters; the export.
 */
#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/base/trace-ring.h"
#include "engine/engine.h"

#define MS    G_GINT64_CONSTANT (1000000)
#define MANY  200000u
#define SMALL 63u

static gint64
clock_cb (gpointer user_data)
{
  return __atomic_load_n ((gint64 *) user_data, __ATOMIC_RELAXED);
}

static void
emit (MosTrace *trace, guint vcpu, MosEventKind kind, guint code, guint64 a)
{
  MosEvent event = { .kind = (guint8) kind,
                     .vcpu = (guint16) vcpu,
                     .level = 1,
                     .code = code,
                     .a = a };

  mos_trace_emit (trace, &event);
}

static void
last_cb (const MosEvent *event, gpointer user_data)
{
  *(MosEvent *) user_data = *event;
}

static void
test_listeners (void)
{
  MosTrace *trace = mos_trace_new ();
  MosEvent  ports = { 0 }, exits = { 0 };
  guint     first, second;

  emit (trace, 0, MOS_EVENT_PORT, 1, 0);
  first = mos_trace_listen (trace, 1u << MOS_EVENT_PORT, last_cb, &ports);
  second = mos_trace_listen (trace, 1u << MOS_EVENT_EXIT, last_cb, &exits);
  emit (trace, 0, MOS_EVENT_PORT, 2, 0);
  emit (trace, G_MAXUINT16, MOS_EVENT_EXIT, 3, 0);
  g_assert_cmpuint (ports.code, ==, 2);
  g_assert_cmpuint (exits.code, ==, 3);
  mos_trace_unlisten (trace, first);
  emit (trace, 1, MOS_EVENT_PORT, 4, 0);
  emit (trace, 1, MOS_EVENT_EXIT, 5, 0);
  g_assert_cmpuint (ports.code, ==, 2);
  g_assert_cmpuint (exits.code, ==, 5);
  mos_trace_unlisten (trace, second);
  g_assert_cmpuint (trace->mask, ==, 0);
  mos_trace_free (trace);
}

/* A clock that stands is read each time; events may share their time. */
static void
test_time (void)
{
  MosTrace *trace = mos_trace_new ();
  gint64    now = 5 * MS;
  MosEvent  seen,
      same = { .time_ns = MOS_EVENT_SAME, .kind = MOS_EVENT_EXIT, .vcpu = 3 };

  mos_trace_listen (trace, 1u << MOS_EVENT_EXIT, last_cb, &seen);
  emit (trace, 3, MOS_EVENT_EXIT, 0, 0);
  g_assert_cmpint (seen.time_ns, ==, 0);
  mos_trace_set_clock (trace, clock_cb, &now, FALSE);
  emit (trace, 3, MOS_EVENT_EXIT, 0, 0);
  g_assert_cmpint (seen.time_ns, ==, 5 * MS);
  now = 700 * MS;
  emit (trace, 3, MOS_EVENT_EXIT, 0, 0);
  g_assert_cmpint (seen.time_ns, ==, 700 * MS);
  now = 800 * MS;
  mos_trace_emit (trace, &same);
  g_assert_cmpint (seen.time_ns, ==, 700 * MS);
  emit (trace, G_MAXUINT16, MOS_EVENT_EXIT, 0, 0);
  g_assert_cmpint (seen.time_ns, ==, 800 * MS);
  mos_trace_free (trace);
}

static gint64
real_cb (gpointer user_data)
{
  return g_get_monotonic_time () * 1000 - *(gint64 *) user_data;
}

/* Between two readings of the clock the time stamp counter goes on as fast as
 * it does: never backwards, and never far from it. */
static void
test_steady_time (void)
{
  MosTrace *trace = mos_trace_new ();
  gint64    offset = g_get_monotonic_time () * 1000;
  gint64    last = 0, end = g_get_monotonic_time () + 30000;
  MosEvent  seen;

  mos_trace_set_clock (trace, real_cb, &offset, TRUE);
  mos_trace_listen (trace, 1u << MOS_EVENT_EXIT, last_cb, &seen);
  while (g_get_monotonic_time () < end) {
    gint64 before = real_cb (&offset);
    gint64 after;

    emit (trace, 0, MOS_EVENT_EXIT, 0, 0);
    after = real_cb (&offset);
    g_assert_cmpint (seen.time_ns, >=, last);
    g_assert_cmpint (seen.time_ns, >=, before - MS / 2);
    g_assert_cmpint (seen.time_ns, <=, after + MS / 2);
    last = seen.time_ns;
  }
  mos_trace_free (trace);
}

/* -- rings --------------------------------------------------------------- */

static void
test_ring (void)
{
  MosTrace      *trace = mos_trace_new ();
  MosTraceFilter filter;
  guint64        lost;

  mos_trace_filter_init (&filter);
  {
    g_autoptr (MosRecorder) recorder =
        mos_recorder_new (trace, &filter, 2, SMALL - 3);
    g_autoptr (GArray) events = NULL;

    for (guint i = 0; i < 100; i++)
      emit (trace, 1, MOS_EVENT_EXIT, i, 0);
    emit (trace, 7, MOS_EVENT_EXIT, 200, 0);
    emit (trace, G_MAXUINT16, MOS_EVENT_LINE, 201, 0);
    g_assert_cmpuint (mos_recorder_count (recorder, &lost), ==, 102);
    g_assert_cmpuint (lost, ==, 100 - SMALL);
    events = mos_recorder_events (recorder);
    g_assert_cmpuint (events->len, ==, SMALL + 2);
    for (guint i = 0; i < SMALL; i++)
      g_assert_cmpuint (g_array_index (events, MosEvent, i).code, ==,
                        100 - SMALL + i);
    mos_recorder_clear (recorder);
    g_assert_cmpuint (mos_recorder_count (recorder, NULL), ==, 0);
    emit (trace, 1, MOS_EVENT_EXIT, 9, 0);
    g_clear_pointer (&events, g_array_unref);
    events = mos_recorder_events (recorder);
    g_assert_cmpuint (events->len, ==, 1);
  }
  mos_trace_free (trace);
}

typedef struct {
  MosTrace *trace;
  guint     vcpu; /* the odd ones go the short way */
} Writer;

/* The words of an event say the same. */
static gpointer
write_thread (gpointer user_data)
{
  Writer *writer = user_data;

  for (guint64 i = 1; i <= MANY; i++) {
    MosEvent event = { .time_ns = (gint64) i,
                       .kind = MOS_EVENT_EXIT,
                       .vcpu = (guint16) writer->vcpu,
                       .code = (guint32) i,
                       .a = i,
                       .b = i };

    if (writer->vcpu % 2 == 0 || !mos_trace_wants (writer->trace, event.kind) ||
        !mos_trace_put (writer->trace, MOS_EVENT_SAME, event.what, i, i))
      mos_trace_emit (writer->trace, &event);
  }
  return NULL;
}

static void
check_whole (const GArray *events)
{
  guint64 last[2] = { 0, 0 };

  for (guint i = 0; i < events->len; i++) {
    const MosEvent *event = &g_array_index (events, MosEvent, i);

    g_assert_cmpuint (event->a, ==, event->b);
    g_assert_cmpuint (event->a, ==, event->code);
    if (event->vcpu % 2 == 0)
      g_assert_cmpuint (event->a, ==, (guint64) event->time_ns);
    g_assert_cmpuint (event->vcpu, <, 2);
    if (last[event->vcpu] != 0)
      g_assert_cmpuint (event->a, ==, last[event->vcpu] + 1);
    last[event->vcpu] = event->a;
  }
}

/* Two processors write without a pause while somebody reads. */
static void
test_read_while_written (void)
{
  MosTrace      *trace = mos_trace_new ();
  Writer         writers[2] = { { trace, 0 }, { trace, 1 } };
  GThread       *threads[2];
  MosTraceFilter filter;
  MosRecorder   *recorder;

  mos_trace_filter_init (&filter);
  recorder = mos_recorder_new (trace, &filter, 2, SMALL);
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("writer", write_thread, &writers[i]);
  while (mos_recorder_count (recorder, NULL) < 2 * MANY) {
    g_autoptr (GArray) events = mos_recorder_events (recorder);

    check_whole (events);
  }
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  {
    g_autoptr (GArray) events = mos_recorder_events (recorder);

    g_assert_cmpuint (events->len, ==, 2 * SMALL);
    check_whole (events);
  }
  mos_recorder_free (recorder);
  mos_trace_free (trace);
}

/* Recorders come and go while processors run; none is used afterwards. */
static void
test_unlisten_while_written (void)
{
  MosTrace      *trace = mos_trace_new ();
  Writer         writers[2] = { { trace, 0 }, { trace, 1 } };
  GThread       *threads[2];
  MosTraceFilter filter;

  mos_trace_filter_init (&filter);
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("writer", write_thread, &writers[i]);
  for (guint i = 0; i < 50; i++)
    mos_recorder_free (mos_recorder_new (trace, &filter, 2, SMALL));
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (trace->mask, ==, 0);
  mos_trace_free (trace);
}

static gboolean
put_short (MosTrace *trace, guint vcpu, MosEventKind kind, guint code)
{
  return mos_trace_put (trace, MOS_EVENT_NOW,
                        mos_event_what (kind, vcpu, 1, code), code, code);
}

/* One recorder's rings are written directly, unless somebody else wants the
 * kind too; all get every event once, whichever way it comes. */
static void
test_short_way (void)
{
  MosTrace      *trace = mos_trace_new ();
  MosTraceFilter filter;
  MosEvent       heard = { 0 };
  MosRecorder   *first, *second;
  gint64         now = 5 * MS;
  guint          id;

  mos_trace_set_clock (trace, clock_cb, &now, FALSE);
  mos_trace_filter_init (&filter);
  g_assert_false (put_short (trace, 0, MOS_EVENT_EXIT, 1)); /* nobody */
  first = mos_recorder_new (trace, &filter, 2, SMALL);
  if (!put_short (trace, 1, MOS_EVENT_EXIT, 1)) {
    g_test_skip ("this host has no membarrier(2)");
    mos_recorder_free (first);
    mos_trace_free (trace);
    return;
  }
  second = mos_recorder_new (trace, &filter, 2, SMALL);
  g_assert_false (put_short (trace, 0, MOS_EVENT_EXIT, 2));
  emit (trace, 0, MOS_EVENT_EXIT, 2, 2);
  g_assert_cmpuint (mos_recorder_count (first, NULL), ==, 2);
  g_assert_cmpuint (mos_recorder_count (second, NULL), ==, 1);
  mos_recorder_free (second);
  id = mos_trace_listen (trace, 1u << MOS_EVENT_PORT, last_cb, &heard);
  g_assert_true (put_short (trace, 0, MOS_EVENT_EXIT, 3));
  g_assert_false (put_short (trace, 0, MOS_EVENT_PORT, 4));
  emit (trace, 0, MOS_EVENT_PORT, 4, 4);
  g_assert_cmpuint (heard.code, ==, 4);
  g_assert_cmpuint (mos_recorder_count (first, NULL), ==, 4);
  mos_trace_unlisten (trace, id);
  g_assert_true (put_short (trace, 0, MOS_EVENT_PORT, 5));
  g_assert_false (put_short (trace, 2, MOS_EVENT_PORT, 6)); /* has no ring */
  emit (trace, 2, MOS_EVENT_PORT, 6, 6);
  emit (trace, G_MAXUINT16, MOS_EVENT_LINE, 7, 7);
  {
    g_autoptr (GArray) events = mos_recorder_events (first);

    g_assert_cmpuint (events->len, ==, 7);
    for (guint i = 0; i < events->len; i++) {
      const MosEvent *event = &g_array_index (events, MosEvent, i);

      g_assert_cmpint (event->time_ns, ==, 5 * MS);
      g_assert_cmpuint (event->a, ==, event->code);
    }
  }
  mos_recorder_free (first);
  g_assert_cmpuint (trace->mask, ==, 0);
  g_assert_false (put_short (trace, 0, MOS_EVENT_EXIT, 8));
  mos_trace_free (trace);
}

/* -- filters ------------------------------------------------------------- */

static gboolean
passes (const char *text, const MosEvent *event)
{
  MosTraceFilter filter;

  g_assert_true (mos_trace_filter_parse (&filter, text, NULL));
  return mos_trace_filter_matches (&filter, event);
}

static void
test_filters (void)
{
  const MosEvent port = {
    .kind = MOS_EVENT_PORT, .vcpu = 1, .level = 2, .code = 0x1f7, .b = 1
  };
  const MosEvent exit = { .kind = MOS_EVENT_EXIT,
                          .level = 1,
                          .code = MOS_EXIT_CPUID,
                          .a = 0xffffffff81000000 };
  const MosEvent leave = { .kind = MOS_EVENT_LEVEL,
                           .level = 3,
                           .code = MOS_EXIT_CPUID };
  const MosEvent text = { .kind = MOS_EVENT_TEXT, .level = 1 };
  MosTraceFilter filter;

  g_assert_true (passes ("", &port));
  g_assert_true (passes ("port,exit", &port));
  g_assert_false (passes ("exit", &port));
  g_assert_true (passes ("level=2", &port));
  g_assert_false (passes ("level=1,3", &port));
  g_assert_true (passes ("vcpu=1", &port));
  g_assert_false (passes ("vcpu=0", &port));
  g_assert_true (passes ("address=0x1f0-0x1f7", &port));
  g_assert_false (passes ("address=0x1f0-0x1f6", &port));
  g_assert_true (passes ("reason=hlt,cpuid", &exit));
  g_assert_false (passes ("reason=hlt", &exit));
  g_assert_true (passes ("address=0xffffffff81000000", &exit));
  g_assert_true (passes ("level=3 reason=cpuid", &leave));
  g_assert_false (passes ("reason=hlt", &leave));
  g_assert_false (passes ("address=0-1", &text));
  g_assert_false (mos_trace_filter_parse (&filter, "level=99", NULL));
  g_assert_false (mos_trace_filter_parse (&filter, "reason=lunch", NULL));
  g_assert_false (mos_trace_filter_parse (&filter, "address=5-4", NULL));
}

static void
test_names (void)
{
  const MosEvent   enter = { .kind = MOS_EVENT_LEVEL,
                             .level = 2,
                             .code = MOS_EVENT_ENTERED,
                             .a = 0x5000,
                             .b = 0x10 };
  const MosEvent   leave = { .kind = MOS_EVENT_LEVEL,
                             .level = 2,
                             .code = MOS_EXIT_ENTRY };
  g_autofree char *entered = mos_event_describe (&enter);
  g_autofree char *left = mos_event_name (&leave);

  g_assert_cmpstr (entered, ==,
                   "enter level 2, control block 0x5000, RIP 0x10");
  g_assert_cmpstr (left, ==, "leave level 2: entry");
}

/* What Perfetto and chrome://tracing read: "Trace Event Format". */
static void
test_export (void)
{
  g_autoptr (GArray) events = g_array_new (FALSE, TRUE, sizeof (MosEvent));
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *json = NULL;
  JsonArray       *list;

  for (guint kind = 0; kind < MOS_N_EVENTS; kind++) {
    MosEvent event = { .time_ns = 1234567 + kind,
                       .kind = (guint8) kind,
                       .vcpu = kind % 2 ? 0 : G_MAXUINT16,
                       .level = 1 };

    g_array_append_val (events, event);
  }
  json = mos_trace_to_chrome_json (events, "A \"quoted\"\n\\name");
  g_assert_true (json_parser_load_from_data (parser, json, -1, NULL));
  list = json_object_get_array_member (
      json_node_get_object (json_parser_get_root (parser)), "traceEvents");
  /* The process, two tracks, the events. */
  g_assert_cmpuint (json_array_get_length (list), ==, 3 + MOS_N_EVENTS);
  for (guint i = 0; i < json_array_get_length (list); i++) {
    JsonObject *entry = json_array_get_object_element (list, i);
    const char *phase = json_object_get_string_member (entry, "ph");

    g_assert_true (json_object_has_member (entry, "pid"));
    g_assert_true (json_object_has_member (entry, "tid"));
    if (strcmp (phase, "M") == 0)
      continue;
    g_assert_cmpstr (phase, ==, "i");
    g_assert_cmpfloat_with_epsilon (json_object_get_double_member (entry, "ts"),
                                    (1234567 + (double) (i - 3)) / 1000,
                                    0.0005);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trace/listeners", test_listeners);
  g_test_add_func ("/trace/time", test_time);
  g_test_add_func ("/trace/steady-time", test_steady_time);
  g_test_add_func ("/trace/ring", test_ring);
  g_test_add_func ("/trace/short-way", test_short_way);
  g_test_add_func ("/trace/read-while-written", test_read_while_written);
  g_test_add_func ("/trace/unlisten-while-written",
                   test_unlisten_while_written);
  g_test_add_func ("/trace/filters", test_filters);
  g_test_add_func ("/trace/names", test_names);
  g_test_add_func ("/trace/export", test_export);
  return g_test_run ();
}
