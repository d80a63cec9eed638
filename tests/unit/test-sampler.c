/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The sampler on a clock of the test's own: rates, clocks that are set, a
 * past from the future; and a hypervisor that is watched, with an alert that
 * pauses its machine.
 */
#include "engine/engine.h"
#include "tests/unit/fake-machine.h"

#define START_MS (G_GINT64_CONSTANT (1700000000000))
#define UUID     "8f7bd1c0-0000-4000-8000-000000000001"

typedef struct {
  gint64   real_ms, steady_ms;
  gint64   count;
  double   rate;
  gboolean has;
  gint64   time_ms;
} World;

static void
clock_cb (gpointer user_data, gint64 *real_ms, gint64 *steady_ms)
{
  const World *world = user_data;

  *real_ms = world->real_ms;
  *steady_ms = world->steady_ms;
}

static void
collect_cb (gpointer source, MosReadingFunc func, gpointer user_data)
{
  const World *world = source;
  MosSeriesKey key;

  mos_series_key_init (&key, MOS_METRIC_RESETS, UUID);
  func (user_data, &key, world->count);
}

static void
sampled_cb (gpointer        user_data,
            gint64          time_ms,
            gint64          steady_ms,
            const MosShown *shown,
            guint           n)
{
  World *world = user_data;

  g_assert_cmpuint (n, ==, 1);
  world->rate = shown[0].shown;
  world->has = shown[0].has;
  world->time_ms = time_ms;
}

static const MosSamplerSource source = { collect_cb };

static void
tick (MosSampler *sampler, World *world, gint64 ms, gint64 growth)
{
  world->real_ms += ms;
  world->steady_ms += ms;
  world->count += growth;
  mos_sampler_tick (sampler);
}

static void
test_rates (void)
{
  World world = { .real_ms = START_MS, .steady_ms = 5000 };
  g_autoptr (MosStore) store = mos_store_open (NULL, NULL, NULL);
  g_autoptr (MosSampler) sampler = mos_sampler_new (store);

  mos_sampler_set_clock (sampler, clock_cb, &world);
  mos_sampler_set_listener (sampler, sampled_cb, &world);
  mos_sampler_add (sampler, &source, &world);
  tick (sampler, &world, 0, 500);
  g_assert_false (world.has);
  tick (sampler, &world, 2000, 500);
  g_assert_true (world.has);
  g_assert_cmpfloat (world.rate, ==, 250);
  world.count = 0; /* the machine was started anew */
  tick (sampler, &world, 1000, 30);
  g_assert_cmpfloat (world.rate, ==, 30);
  tick (sampler, &world, 60000, 1);
  g_assert_false (world.has);
}

static guint
count_resets (MosStore *store)
{
  g_autoptr (GArray) series = mos_store_list (store, MOS_METRIC_RESETS, UUID);

  return series->len;
}

/* A machine that is gone takes its samples with it. */
static void
test_forget (void)
{
  World world = { .real_ms = START_MS, .steady_ms = 5000 };
  g_autoptr (MosStore) store = mos_store_open (NULL, NULL, NULL);
  g_autoptr (MosSampler) sampler = mos_sampler_new (store);
  guint id;

  mos_sampler_set_clock (sampler, clock_cb, &world);
  id = mos_sampler_add (sampler, &source, &world);
  tick (sampler, &world, 1000, 7);
  g_assert_cmpuint (count_resets (store), ==, 1);
  mos_sampler_remove (sampler, id);
  mos_sampler_forget (sampler, UUID);
  tick (sampler, &world, 1000, 7);
  g_assert_cmpuint (count_resets (store), ==, 0);
  /* Also when no tick comes any more. */
  id = mos_sampler_add (sampler, &source, &world);
  tick (sampler, &world, 1000, 7);
  mos_sampler_remove (sampler, id);
  mos_sampler_forget (sampler, UUID);
  g_clear_pointer (&sampler, mos_sampler_free);
  g_assert_cmpuint (count_resets (store), ==, 0);
}

static void
test_clock_set (void)
{
  World world = { .real_ms = START_MS, .steady_ms = 5000 };
  g_autoptr (MosStore) store = mos_store_open (NULL, NULL, NULL);
  g_autoptr (MosSampler) sampler = mos_sampler_new (store);
  const gint64 jumps[] = { 3600000, -7200000, 86400000 * 400LL };
  g_autoptr (GPtrArray) notes = NULL;
  MosSeriesKey key;

  mos_series_key_init (&key, MOS_METRIC_RESETS, UUID);
  mos_sampler_set_clock (sampler, clock_cb, &world);
  mos_sampler_set_listener (sampler, sampled_cb, &world);
  mos_sampler_add (sampler, &source, &world);
  for (guint i = 0; i < 10; i++)
    tick (sampler, &world, 1000, 7);
  for (gsize j = 0; j < G_N_ELEMENTS (jumps); j++) {
    world.real_ms += jumps[j];
    for (guint i = 0; i < 10; i++) {
      tick (sampler, &world, 1000, 7);
      g_assert_cmpint (world.time_ms, ==, world.real_ms);
      g_assert_cmpfloat (world.rate, ==, 7);
    }
  }
  {
    /* As if no clock had ever been set. */
    g_autoptr (GArray) points =
        mos_store_read (store, &key, world.real_ms - 39000, world.real_ms, 0);

    g_assert_cmpuint (points->len, ==, 40);
    for (guint i = 1; i < 40; i++) {
      g_assert_cmpfloat (g_array_index (points, MosPoint, i).mean, ==, 7);
      g_assert_cmpint (g_array_index (points, MosPoint, i).time_ms, ==,
                       world.real_ms - 39000 + i * 1000);
    }
  }
  notes = mos_store_notes (store, NULL, 0, G_MAXINT64);
  g_assert_cmpuint (notes->len, ==, G_N_ELEMENTS (jumps));
  /* Small steps, as time daemons take them, are none. */
  world.real_ms -= 800;
  tick (sampler, &world, 1000, 7);
  g_assert_cmpint (world.time_ms, >, world.real_ms - 1000);
}

/* The clock was set back while nobody was looking: what the store has is of
 * the future, becomes the past, and nothing is lost. */
static void
test_from_future (void)
{
  World world = { .real_ms = START_MS + 86400000, .steady_ms = 5000 };
  g_autoptr (MosStore) store = mos_store_open (NULL, NULL, NULL);
  MosSeriesKey key;

  mos_series_key_init (&key, MOS_METRIC_RESETS, UUID);
  for (guint life = 0; life < 3; life++) {
    g_autoptr (MosSampler) sampler = mos_sampler_new (store);
    g_autoptr (GArray) points = NULL;

    mos_sampler_set_clock (sampler, clock_cb, &world);
    mos_sampler_set_listener (sampler, sampled_cb, &world);
    mos_sampler_add (sampler, &source, &world);
    for (guint i = 0; i < 10; i++)
      tick (sampler, &world, 1000, 7);
    g_assert_cmpint (mos_store_last_ms (store), ==, world.real_ms);
    points = mos_store_read (store, &key, 0, world.real_ms, 0);
    g_assert_cmpuint (points->len, ==, 10 * (life + 1));
    world.real_ms -= 43200000; /* half a day */
    world.steady_ms = 5000;    /* the computer was started anew */
  }
}

/* -- a hypervisor -------------------------------------------------------- */

static void
tick_cb (MosWatch *watch, gint64 time_ms, guint *count)
{
  ++*count;
}

static void
alert_cb (MosWatch *watch, gint64 id, gboolean raised, gint64 *seen)
{
  if (raised)
    *seen = id;
}

static void
test_watch (void)
{
  MosHypervisor *hypervisor;
  MosVm         *vm;
  MosWatch      *watch;
  guint          ticks = 0;
  gint64         alert = 0;
  g_autoptr (MosAlertRule) rule = NULL;

  fake_reset ();
  hypervisor = fake_hypervisor_new (NULL);
  watch = mos_watch_new (hypervisor, NULL, 100);
  g_signal_connect (watch, "tick", G_CALLBACK (tick_cb), &ticks);
  g_signal_connect (watch, "alert", G_CALLBACK (alert_cb), &alert);
  vm = fake_vm_new (hypervisor, "A machine");
  fake_ok (mos_vm_start (vm));
  mos_watch_hold_ticks (watch);
  while (ticks < 2)
    g_main_context_iteration (NULL, TRUE);
  mos_watch_release_ticks (watch);
  {
    g_autoptr (GArray) keys = mos_store_list (
        mos_watch_get_store (watch), MOS_METRIC_EXITS, mos_vm_get_uuid (vm));
    g_autoptr (GArray) hosts =
        mos_store_list (mos_watch_get_store (watch), MOS_METRIC_HOST_CPU, "");

    g_assert_cmpuint (keys->len, >=, 1);
    g_assert_cmpstr (g_array_index (keys, MosSeriesKey, 0).label, ==, "hlt");
    g_assert_cmpuint (hosts->len, ==, 1);
  }

  rule = mos_alert_rule_from_json (
      "{\"id\":\"up\",\"title\":\"It is up\",\"metric\":\"uptime\","
      "\"threshold\":0.001,\"clear\":0,\"action\":\"pause\"}",
      NULL);
  mos_watch_save_rule (watch, rule);
  fake_wait_state (vm, MOS_VM_PAUSED);
  g_assert_cmpint (alert, >, 0);
  g_assert_cmpstr (mos_watch_machine_name (watch, mos_vm_get_uuid (vm)), ==,
                   "A machine");
  fake_ok (mos_vm_force_stop (vm));
  {
    g_autoptr (GPtrArray) records =
        mos_alert_log_list (mos_watch_get_store (watch), NULL, 0);

    g_assert_cmpuint (records->len, ==, 1);
  }
  g_assert_finalize_object (watch);
  mos_hypervisor_shutdown (hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (hypervisor);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sampler/rates", test_rates);
  g_test_add_func ("/sampler/forget", test_forget);
  g_test_add_func ("/sampler/clock-set", test_clock_set);
  g_test_add_func ("/sampler/from-future", test_from_future);
  g_test_add_func ("/sampler/watch", test_watch);
  return g_test_run ();
}
