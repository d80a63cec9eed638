/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Clocks and timers: order, pausing, arming from a timer, clearing while the
 * function runs, and the source on a context.
 */
#include "engine/bus/clock.h"

typedef struct {
  MosTimer  timer;
  GString  *log;
  char      name;
  MosClock *clock;
  gint64    again_ns;
} Probe;

static void
probe_cb (gpointer user_data)
{
  Probe *self = user_data;

  g_string_append_c (self->log, self->name);
  if (self->again_ns > 0 && self->log->len < 6)
    mos_timer_arm (&self->timer, mos_clock_now (self->clock) + self->again_ns);
}

static void
probe_init (Probe *self, MosClock *clock, GString *log, char name)
{
  *self = (Probe){ .log = log, .name = name, .clock = clock };
  mos_timer_init (&self->timer, clock, probe_cb, self);
}

static void
test_order (void)
{
  MosClock *clock = mos_clock_new (MOS_CLOCK_MANUAL);
  g_autoptr (GString) log = g_string_new (NULL);
  Probe probes[5];

  for (guint i = 0; i < 5; i++)
    probe_init (&probes[i], clock, log, (char) ('a' + i));
  mos_timer_arm (&probes[0].timer, 500);
  mos_timer_arm (&probes[1].timer, 100);
  mos_timer_arm (&probes[2].timer, 300);
  mos_timer_arm (&probes[3].timer, 300);
  mos_timer_arm (&probes[4].timer, 200);
  mos_timer_disarm (&probes[4].timer);
  g_assert_cmpint (mos_clock_next_deadline (clock), ==, 100);
  mos_clock_advance (clock, 299);
  g_assert_cmpstr (log->str, ==, "b");
  mos_clock_advance (clock, 1000);
  g_assert_cmpstr (log->str, ==, "bcda");
  g_assert_cmpint (mos_clock_now (clock), ==, 1000);
  g_assert_cmpint (mos_clock_next_deadline (clock), ==, MOS_CLOCK_NEVER);
  for (guint i = 0; i < 5; i++)
    mos_timer_clear (&probes[i].timer);
  mos_clock_free (clock);
}

static void
test_periodic (void)
{
  MosClock *clock = mos_clock_new (MOS_CLOCK_MANUAL);
  g_autoptr (GString) log = g_string_new (NULL);
  Probe probe;

  probe_init (&probe, clock, log, 'p');
  probe.again_ns = 10;
  mos_timer_arm (&probe.timer, 10);
  mos_clock_advance (clock, 35);
  g_assert_cmpstr (log->str, ==, "ppp");
  mos_timer_clear (&probe.timer);
  mos_clock_free (clock);
}

static void
test_many (void)
{
  enum {
    N = 200
  };
  MosClock *clock = mos_clock_new (MOS_CLOCK_MANUAL);
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree Probe *probes = g_new0 (Probe, N);
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  gint64 last = 0;

  for (guint i = 0; i < N; i++) {
    probe_init (&probes[i], clock, log, 'x');
    mos_timer_arm (&probes[i].timer, g_rand_int_range (random, 1, 10000));
  }
  for (guint i = 0; i < N; i += 3)
    mos_timer_arm (&probes[i].timer, g_rand_int_range (random, 1, 10000));
  for (guint i = 0; i < N; i += 7)
    mos_timer_disarm (&probes[i].timer);
  for (gint64 next;
       (next = mos_clock_next_deadline (clock)) != MOS_CLOCK_NEVER;) {
    g_assert_cmpint (next, >=, last);
    last = next;
    mos_clock_advance (clock, next);
  }
  g_assert_cmpuint (log->len, ==, N - (N + 6) / 7);
  for (guint i = 0; i < N; i++)
    mos_timer_clear (&probes[i].timer);
  mos_clock_free (clock);
}

static void
test_pause (void)
{
  MosClock *clock = mos_clock_new (MOS_CLOCK_REAL);
  gint64    first;

  g_assert_cmpint (mos_clock_now (clock), ==, 0);
  mos_clock_set (clock, 12345);
  g_assert_cmpint (mos_clock_now (clock), ==, 12345);
  mos_clock_resume (clock);
  while (mos_clock_now (clock) == 12345)
    ;
  mos_clock_pause (clock);
  first = mos_clock_now (clock);
  g_assert_cmpint (first, >, 12345);
  g_assert_cmpint (mos_clock_now (clock), ==, first);
  mos_clock_free (clock);
}

static void
test_source (void)
{
  MosClock *clock = mos_clock_new (MOS_CLOCK_REAL);
  g_autoptr (GString) log = g_string_new (NULL);
  GMainContext *context = g_main_context_new ();
  GSource      *source = mos_clock_source_new (clock);
  Probe         probe;

  g_source_attach (source, context);
  probe_init (&probe, clock, log, 's');
  mos_timer_arm (&probe.timer, 1000000);
  g_assert_false (g_main_context_iteration (context, FALSE));
  mos_clock_resume (clock);
  while (log->len == 0)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (mos_clock_now (clock), >=, 1000000);
  mos_timer_clear (&probe.timer);
  g_source_destroy (source);
  g_source_unref (source);
  g_main_context_unref (context);
  mos_clock_free (clock);
}

static gpointer
watch_thread (gpointer clock)
{
  gint64 until_us;

  return GINT_TO_POINTER (mos_clock_watch (clock, &until_us));
}

static void
wait_until (MosClock *clock, gint64 when_ns)
{
  while (mos_clock_now (clock) < when_ns)
    g_thread_yield ();
}

/* The source is quiet about what somebody watches, and about nothing else. */
static void
test_watch (void)
{
  MosClock *clock = mos_clock_new (MOS_CLOCK_REAL);
  g_autoptr (GString) log = g_string_new (NULL);
  GMainContext *context = g_main_context_new ();
  GSource      *source;
  gint64        until_us, now;
  Probe         late, early;

  g_assert_false (mos_clock_watch (clock, &until_us)); /* without a source */
  source = mos_clock_source_new (clock);
  g_source_attach (source, context);
  probe_init (&late, clock, log, 'l');
  probe_init (&early, clock, log, 'e');

  mos_timer_arm (&late.timer, 1000000);
  g_assert_true (mos_clock_watch (clock, &until_us));
  g_assert_cmpint (until_us, ==, MOS_CLOCK_NEVER); /* it stands still */
  mos_clock_resume (clock);
  now = g_get_monotonic_time ();
  g_assert_true (mos_clock_watch (clock, &until_us));
  g_assert_cmpint (until_us, <=, now + 1001);
  g_assert_false (g_thread_join (g_thread_new ("other", watch_thread, clock)));
  wait_until (clock, 2000000);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpstr (log->str, ==, "");
  mos_clock_run_due (clock);
  g_assert_cmpstr (log->str, ==, "l");

  /* Armed for an earlier time: the source's. */
  now = mos_clock_now (clock);
  mos_timer_arm (&late.timer, now + G_GINT64_CONSTANT (3600000000000));
  g_assert_true (mos_clock_watch (clock, &until_us));
  mos_timer_arm (&early.timer, now + 1000000);
  while (log->len < 2)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpstr (log->str, ==, "le");

  /* No longer watched: the source's. */
  mos_timer_arm (&late.timer, mos_clock_now (clock) + 1000000);
  g_assert_true (mos_clock_watch (clock, &until_us));
  mos_clock_unwatch (clock);
  while (log->len < 3)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpstr (log->str, ==, "lel");

  mos_timer_clear (&early.timer);
  mos_timer_clear (&late.timer);
  g_source_destroy (source);
  g_source_unref (source);
  g_main_context_unref (context);
  mos_clock_free (clock);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/clock/order", test_order);
  g_test_add_func ("/bus/clock/periodic", test_periodic);
  g_test_add_func ("/bus/clock/many", test_many);
  g_test_add_func ("/bus/clock/pause", test_pause);
  g_test_add_func ("/bus/clock/source", test_source);
  g_test_add_func ("/bus/clock/watch", test_watch);
  return g_test_run ();
}
