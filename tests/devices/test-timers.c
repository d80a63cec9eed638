/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * PIT, RTC and HPET against a clock that is moved by hand.
 */
#include "devices/chipset/hpet.h"
#include "devices/chipset/rtc.h"
#include "devices/framework/harness.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)
/* 2026-03-04 05:06:07 UTC, a Wednesday */
#define START_S G_GINT64_CONSTANT (1772600767)

typedef struct {
  MosDeviceHarness *h;
  MosIrqHub        *hub;
  guint             rises[MOS_IRQ_N_GSIS];
} Rig;

static void
gsi_changed (gpointer receiver, guint gsi, gboolean level)
{
  ((Rig *) receiver)->rises[gsi] += level ? 1 : 0;
}

static void
set_up (Rig *rig, gconstpointer data)
{
  MosPit *pit;

  rig->h = mos_device_harness_new ();
  rig->hub = mos_irq_hub_new (rig->h->bus);
  mos_irq_hub_add_sink (rig->hub, gsi_changed, rig);
  pit = mos_pit_new (rig->h->bus, rig->hub);
  mos_hpet_new (rig->h->bus, rig->hub, pit);
  mos_rtc_new (rig->h->bus, rig->hub, START_S);
  mos_bus_reset (rig->h->bus);
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  mos_device_harness_free (rig->h);
}

static void
out (Rig *rig, guint port, guint value)
{
  mos_device_harness_out (rig->h, port, value, 1);
}

static guint
in (Rig *rig, guint port)
{
  return mos_device_harness_in (rig->h, port, 1);
}

static void
test_pit_rate (Rig *rig, gconstpointer data)
{
  out (rig, 0x43, 0x34); /* counter 0, both bytes, mode 2 */
  out (rig, 0x40, 0xa9); /* 1193: 1000 Hz */
  out (rig, 0x40, 0x04);
  rig->rises[0] = 0;
  for (guint i = 0; i < 1000; i++)
    mos_device_harness_advance (rig->h, NS_PER_S / 1000);
  g_assert_cmpuint (rig->rises[0], >=, 999);
  g_assert_cmpuint (rig->rises[0], <=, 1001);
}

static void
test_pit_latch (Rig *rig, gconstpointer data)
{
  guint count;

  out (rig, 0x43, 0x30); /* mode 0 */
  out (rig, 0x40, 0xff);
  out (rig, 0x40, 0xff);
  mos_device_harness_advance (rig->h, NS_PER_S / 1000);
  out (rig, 0x43, 0x00);
  mos_device_harness_advance (rig->h, NS_PER_S / 1000);
  count = in (rig, 0x40);
  count |= in (rig, 0x40) << 8;
  g_assert_cmpuint (0xffff - count, >=, 1192);
  g_assert_cmpuint (0xffff - count, <=, 1194);
  /* Read-back of the status: not yet out, mode 0, both bytes. */
  out (rig, 0x43, 0xe2);
  g_assert_cmphex (in (rig, 0x40), ==, 0x30);
  mos_device_harness_advance (rig->h, NS_PER_S / 10);
  g_assert_cmpuint (rig->rises[0], ==, 1);
  out (rig, 0x43, 0xe2);
  g_assert_cmphex (in (rig, 0x40), ==, 0xb0);
}

static void
test_pit_speaker_gate (Rig *rig, gconstpointer data)
{
  out (rig, 0x43, 0xb0); /* counter 2, mode 0 */
  out (rig, 0x42, 0xa9);
  out (rig, 0x42, 0x04);
  mos_device_harness_advance (rig->h, NS_PER_S);
  g_assert_cmphex (in (rig, 0x61) & 0x21, ==, 0); /* the gate is shut */
  out (rig, 0x61, 1);
  mos_device_harness_advance (rig->h, NS_PER_S / 2000);
  g_assert_cmphex (in (rig, 0x61) & 0x21, ==, 0x01);
  mos_device_harness_advance (rig->h, NS_PER_S / 1900);
  g_assert_cmphex (in (rig, 0x61) & 0x21, ==, 0x21);
}

static guint
rtc_read (Rig *rig, guint index)
{
  out (rig, 0x70, index);
  return in (rig, 0x71);
}

static void
rtc_write (Rig *rig, guint index, guint value)
{
  out (rig, 0x70, index);
  out (rig, 0x71, value);
}

static void
test_rtc_time (Rig *rig, gconstpointer data)
{
  g_assert_cmphex (rtc_read (rig, 0), ==, 0x07);
  g_assert_cmphex (rtc_read (rig, 2), ==, 0x06);
  g_assert_cmphex (rtc_read (rig, 4), ==, 0x05);
  g_assert_cmphex (rtc_read (rig, 6), ==, 0x04);
  g_assert_cmphex (rtc_read (rig, 7), ==, 0x04);
  g_assert_cmphex (rtc_read (rig, 8), ==, 0x03);
  g_assert_cmphex (rtc_read (rig, 9), ==, 0x26);
  g_assert_cmphex (rtc_read (rig, 0x32), ==, 0x20);
  mos_device_harness_advance (rig->h, 60 * NS_PER_S);
  g_assert_cmphex (rtc_read (rig, 2), ==, 0x07);
  /* Set it to a quarter to midnight in 12-hour binary, and let it turn. */
  rtc_write (rig, 0x0b, 0x80 | 0x04);
  rtc_write (rig, 0, 59);
  rtc_write (rig, 2, 59);
  rtc_write (rig, 4, 11 | 0x80);
  rtc_write (rig, 7, 28);
  rtc_write (rig, 8, 2);
  rtc_write (rig, 0x0b, 0x04);
  mos_device_harness_advance (rig->h, NS_PER_S);
  g_assert_cmpuint (rtc_read (rig, 4), ==, 12);
  g_assert_cmpuint (rtc_read (rig, 7), ==, 1);
  g_assert_cmpuint (rtc_read (rig, 8), ==, 3);
}

static void
test_rtc_interrupts (Rig *rig, gconstpointer data)
{
  rtc_write (rig, 0x0b, 0x42); /* periodic, 1024 Hz */
  for (guint i = 0; i < 100; i++) {
    mos_device_harness_advance (rig->h, NS_PER_S / 1024 + 1);
    g_assert_cmphex (rtc_read (rig, 0x0c) & 0xc0, ==, 0xc0);
  }
  g_assert_cmpuint (rig->rises[8], ==, 100);
  rtc_write (rig, 1, 0x10); /* alarm: hh:mm:10 */
  rtc_write (rig, 3, 0xff);
  rtc_write (rig, 5, 0xff);
  rtc_write (rig, 0x0b, 0x22);
  (void) rtc_read (rig, 0x0c);
  mos_device_harness_advance (rig->h, 4 * NS_PER_S);
  g_assert_cmpuint (rig->rises[8], ==, 101);
  g_assert_cmphex (rtc_read (rig, 0x0c) & 0xa0, ==, 0xa0);
}

static void
hpet_write (Rig *rig, guint offset, guint64 value)
{
  mos_memory_map_write_u64 (rig->h->bus->memory, MOS_HPET_GPA + offset, value);
}

static guint64
hpet_read (Rig *rig, guint offset)
{
  return mos_memory_map_read_u64 (rig->h->bus->memory, MOS_HPET_GPA + offset);
}

static void
test_hpet_counter (Rig *rig, gconstpointer data)
{
  g_assert_cmphex (hpet_read (rig, 0), ==,
                   G_GUINT64_CONSTANT (0x009896808086a201));
  mos_device_harness_advance (rig->h, 1000);
  g_assert_cmpuint (hpet_read (rig, 0xf0), ==, 0);
  hpet_write (rig, 0x10, 1);
  mos_device_harness_advance (rig->h, 1000);
  g_assert_cmpuint (hpet_read (rig, 0xf0), ==, 100);
  hpet_write (rig, 0x10, 0);
  mos_device_harness_advance (rig->h, 1000);
  g_assert_cmpuint (hpet_read (rig, 0xf0), ==, 100);
}

static void
test_hpet_comparators (Rig *rig, gconstpointer data)
{
  hpet_write (rig, 0x120, 0x04 | 20 << 9); /* 1: one shot, GSI 20 */
  hpet_write (rig, 0x128, 500);
  hpet_write (rig, 0x140, 0x4c | 21 << 9); /* 2: periodic, GSI 21 */
  hpet_write (rig, 0x148, 10000);
  hpet_write (rig, 0x10, 1);
  for (guint i = 0; i < 10; i++)
    mos_device_harness_advance (rig->h, 100000);
  g_assert_cmpuint (rig->rises[20], ==, 1);
  g_assert_cmpuint (rig->rises[21], ==, 10);
}

static void
test_hpet_legacy (Rig *rig, gconstpointer data)
{
  hpet_write (rig, 0x100, 0x4c);
  hpet_write (rig, 0x108, 100000); /* every millisecond on IRQ 0 */
  hpet_write (rig, 0x10, 3);
  rig->rises[0] = 0;
  for (guint i = 0; i < 50; i++)
    mos_device_harness_advance (rig->h, NS_PER_S / 1000);
  g_assert_cmpuint (rig->rises[0], ==, 50);
  g_assert_true (mos_device_harness_save_and_load (
      rig->h, mos_bus_find_device (rig->h->bus, "hpet")));
  mos_device_harness_advance (rig->h, NS_PER_S / 1000);
  g_assert_cmpuint (rig->rises[0], >=, 51);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Rig *rig, gconstpointer data);
  } tests[] = {
    { "/pit/rate", test_pit_rate },
    { "/pit/latch", test_pit_latch },
    { "/pit/speaker-gate", test_pit_speaker_gate },
    { "/rtc/time", test_rtc_time },
    { "/rtc/interrupts", test_rtc_interrupts },
    { "/hpet/counter", test_hpet_counter },
    { "/hpet/comparators", test_hpet_comparators },
    { "/hpet/legacy", test_hpet_legacy },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Rig, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
