/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The educational demo device, as the driver of the device labs uses it.
 */
#include <string.h>

#include "devices/lab/demo.h"
#include "tests/devices/storage-rig.h"

#define DEVFN   MOS_PCI_DEVFN (5, 0)
#define BAR_GPA 0xe0000000u

enum {
  CTRL = 0x08,
  STATUS = 0x0c,
  CAUSE = 0x10,
  ENABLE = 0x14,
  RAISE = 0x18,
  LIGHTS = 0x1c,
  DIGITS = 0x20,
  SWITCHES = 0x24,
  TIMER_US = 0x28,
  TIMER_CTRL = 0x2c,
  TIMER_LEFT = 0x30,
  TICKS = 0x34,
  QUEUE = 0x38,
  QUEUE_COUNT = 0x3c,
  QUEUE_LEVEL = 0x3e,
  COPY_LOW = 0x40,
  COPY_OFFSET = 0x48,
  COPY_BYTES = 0x4c,
  COPY_CTRL = 0x50,
  COPY_SUM = 0x54,
  ERROR = 0x58,
  FAULT = 0x5a
};

enum {
  TIMER_CAUSE = 1,
  COPY_CAUSE = 2,
  QUEUE_CAUSE = 4,
  SWITCH_CAUSE = 8,
  ERROR_CAUSE = 16,
  SOFTWARE_CAUSE = 32
};

typedef struct {
  StorageRig rig;
  MosPciBus *pci;
  MosPanel  *panel;
  MosDevice *device;
} Fixture;

static void
config (Fixture *fixture, guint offset, guint32 value, guint size)
{
  mos_pci_bus_config_write (fixture->pci, DEVFN, offset, value, size);
}

static guint64
get (Fixture *fixture, guint offset, guint size)
{
  guint64 value = 0;

  mos_memory_map_read (fixture->rig.bus->memory, BAR_GPA + offset, &value,
                       size);
  return value;
}

static void
put (Fixture *fixture, guint offset, guint64 value, guint size)
{
  mos_memory_map_write (fixture->rig.bus->memory, BAR_GPA + offset, &value,
                        size);
}

static void
pirq_cb (gpointer receiver, guint pirq, gboolean level)
{
  StorageRig *rig = receiver;

  if (level && !rig->level)
    rig->interrupts++;
  rig->level = level;
}

static void
start (Fixture *fixture)
{
  memset (fixture, 0, sizeof *fixture);
  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  mos_pci_bus_set_router (fixture->pci, pirq_cb, &fixture->rig);
  fixture->panel = mos_panel_new ();
  fixture->device =
      mos_demo_new (fixture->rig.bus, fixture->pci, DEVFN, fixture->panel);
  mos_bus_reset (fixture->rig.bus);
  config (fixture, MOS_PCI_BAR0, BAR_GPA, 4);
  config (fixture, MOS_PCI_COMMAND, 6, 2);
}

static void
stop (Fixture *fixture)
{
  storage_rig_clear (&fixture->rig);
  mos_panel_unref (fixture->panel);
}

static void
advance_us (Fixture *fixture, gint64 us)
{
  MosClock *clock = fixture->rig.bus->clock;

  mos_clock_advance (clock, mos_clock_now (clock) + us * 1000);
}

static void
test_identity (void)
{
  Fixture fixture;

  start (&fixture);
  g_assert_cmphex (mos_pci_bus_config_read (fixture.pci, DEVFN, 0, 4), ==,
                   0x4c414d4f);
  g_assert_cmphex (get (&fixture, 0, 4), ==, 0x314f4d31);
  /* The same registers at the ports. */
  g_assert_cmphex (rig_in (&fixture.rig, MOS_DEMO_PORTS, 4), ==, 0x314f4d31);
  rig_out (&fixture.rig, MOS_DEMO_PORTS + LIGHTS, 0xa5, 1);
  g_assert_cmphex (get (&fixture, LIGHTS, 4), ==, 0xa5);
  put (&fixture, DIGITS, 0x1234cafe, 4);
  g_assert_cmphex (get (&fixture, DIGITS, 4), ==, 0xcafe);
  put (&fixture, MOS_DEMO_BUFFER + 8, 0x1122334455667788, 8);
  g_assert_cmphex (get (&fixture, MOS_DEMO_BUFFER + 12, 4), ==, 0x11223344);
  put (&fixture, CTRL, 1, 4);
  g_assert_cmphex (get (&fixture, LIGHTS, 4), ==, 0);
  g_assert_cmphex (get (&fixture, MOS_DEMO_BUFFER + 8, 8), ==, 0);
  stop (&fixture);
}

static void
test_timer (void)
{
  Fixture fixture;

  start (&fixture);
  put (&fixture, CTRL, 2, 4);
  put (&fixture, ENABLE, TIMER_CAUSE, 4);
  put (&fixture, TIMER_US, 500, 4);
  put (&fixture, TIMER_CTRL, 1, 4);
  advance_us (&fixture, 200);
  g_assert_cmpuint (get (&fixture, TIMER_LEFT, 4), ==, 300);
  g_assert_false (fixture.rig.level);
  advance_us (&fixture, 300);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, CAUSE, 4), ==, TIMER_CAUSE);
  g_assert_cmphex (get (&fixture, TIMER_CTRL, 4), ==, 0);
  put (&fixture, CAUSE, TIMER_CAUSE, 1);
  g_assert_false (fixture.rig.level);
  put (&fixture, TIMER_CTRL, 3, 4);
  for (guint i = 0; i < 10; i++)
    advance_us (&fixture, 500);
  g_assert_cmpuint (get (&fixture, TICKS, 4), ==, 11);
  put (&fixture, TIMER_CTRL, 0, 4);
  advance_us (&fixture, 5000);
  g_assert_cmpuint (get (&fixture, TICKS, 4), ==, 11);
  stop (&fixture);
}

static void
test_queue (void)
{
  Fixture fixture;

  start (&fixture);
  put (&fixture, QUEUE_LEVEL, 3, 2);
  put (&fixture, CTRL, 2, 4);
  put (&fixture, ENABLE, QUEUE_CAUSE | ERROR_CAUSE, 4);
  for (guint i = 0; i < 2; i++)
    put (&fixture, QUEUE, 100 + i, 4);
  g_assert_false (fixture.rig.level);
  put (&fixture, QUEUE, 102, 4);
  g_assert_true (fixture.rig.level);
  put (&fixture, CAUSE, QUEUE_CAUSE, 4);
  for (guint i = 3; i < 17; i++)
    put (&fixture, QUEUE, 100 + i, 4);
  /* The seventeenth did not fit. */
  g_assert_cmpuint (get (&fixture, QUEUE_COUNT, 2), ==, 16);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 3);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 0x2c, ==, 0x28);
  put (&fixture, CAUSE, ERROR_CAUSE, 4);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 0);
  for (guint i = 0; i < 16; i++)
    g_assert_cmpuint (get (&fixture, QUEUE, 4), ==, 100 + i);
  g_assert_cmpuint (get (&fixture, QUEUE, 4), ==, 0);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 4);
  stop (&fixture);
}

static void
copy (Fixture *fixture, guint gpa, guint offset, guint bytes, guint control)
{
  put (fixture, COPY_LOW, gpa, 8);
  put (fixture, COPY_OFFSET, offset, 4);
  put (fixture, COPY_BYTES, bytes, 4);
  put (fixture, COPY_CTRL, control, 4);
}

static void
test_copy (void)
{
  Fixture fixture;

  start (&fixture);
  put (&fixture, CTRL, 2, 4);
  put (&fixture, ENABLE, COPY_CAUSE, 4);
  memcpy (rig_ram (&fixture.rig, 0x5000), "\x01\x02\x03\x04", 4);
  copy (&fixture, 0x5000, 16, 4, 1 | 8);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 2);
  g_assert_cmphex (get (&fixture, COPY_CTRL, 4) & 1, ==, 1);
  advance_us (&fixture, 100);
  g_assert_true (fixture.rig.level);
  g_assert_cmphex (get (&fixture, MOS_DEMO_BUFFER + 16, 4), ==, 0x04030201);
  g_assert_cmpuint (get (&fixture, COPY_SUM, 4), ==, 10);
  put (&fixture, CAUSE, COPY_CAUSE, 4);
  copy (&fixture, 0x6000, 16, 4, 1 | 2 | 4);
  advance_us (&fixture, 100);
  g_assert_cmpmem (rig_ram (&fixture.rig, 0x6000), 4, "\xfe\xfd\xfc\xfb", 4);
  stop (&fixture);
}

static void
test_mistakes (void)
{
  Fixture fixture;

  start (&fixture);
  copy (&fixture, 0x5000, 4000, 100, 1);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 1);
  copy (&fixture, 0xf0000000, 0, 16, 1); /* a hole */
  advance_us (&fixture, 100);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 2);
  copy (&fixture, 0x5000, 0, 4096, 1);
  put (&fixture, COPY_CTRL, 1, 4);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 5);
  advance_us (&fixture, 1000);
  config (&fixture, MOS_PCI_COMMAND, 2, 2); /* no bus master */
  copy (&fixture, 0x5000, 0, 16, 1);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 2);
  config (&fixture, MOS_PCI_COMMAND, 6, 2);
  /* Into its own registers and buffer: an odd thing to do, not a hang. */
  copy (&fixture, BAR_GPA, 0, 4096, 1);
  advance_us (&fixture, 100);
  copy (&fixture, BAR_GPA + MOS_DEMO_BUFFER, 0, 4096, 1 | 2);
  advance_us (&fixture, 100);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 0);
  stop (&fixture);
}

static void
test_faults (void)
{
  Fixture fixture;

  start (&fixture);
  put (&fixture, CTRL, 2, 4);
  put (&fixture, ENABLE, 0x3f, 4);
  put (&fixture, FAULT, 1, 2); /* no interrupt */
  put (&fixture, RAISE, 1, 4);
  g_assert_cmphex (get (&fixture, CAUSE, 4), ==, SOFTWARE_CAUSE);
  g_assert_false (fixture.rig.level);
  put (&fixture, FAULT, 0, 2);
  g_assert_true (fixture.rig.level);
  put (&fixture, CAUSE, 0x3f, 4);
  put (&fixture, FAULT, 2, 2); /* copies fail */
  copy (&fixture, 0x5000, 0, 16, 1);
  g_assert_cmpuint (get (&fixture, ERROR, 2), ==, 6);
  put (&fixture, FAULT, 4, 2); /* corrupt */
  memset (rig_ram (&fixture.rig, 0x5000), 0, 16);
  copy (&fixture, 0x5000, 0, 16, 1);
  advance_us (&fixture, 100);
  g_assert_cmphex (get (&fixture, MOS_DEMO_BUFFER + 8, 8), ==, 1);
  put (&fixture, FAULT, 8, 2); /* slow */
  copy (&fixture, 0x5000, 0, 16, 1);
  advance_us (&fixture, 1000);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 2);
  advance_us (&fixture, 10000);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 0);
  put (&fixture, FAULT, 16, 2); /* stuck */
  copy (&fixture, 0x5000, 0, 16, 1);
  advance_us (&fixture, 10000000);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 2);
  put (&fixture, CTRL, 1, 4);
  g_assert_cmphex (get (&fixture, STATUS, 4) & 2, ==, 0);
  stop (&fixture);
}

static void
test_switches (void)
{
  Fixture fixture;

  start (&fixture);
  put (&fixture, CTRL, 2, 4);
  put (&fixture, ENABLE, SWITCH_CAUSE, 4);
  mos_panel_set_switches (fixture.panel, 0x181);
  g_assert_cmphex (get (&fixture, SWITCHES, 4), ==, 0x81);
  g_assert_true (fixture.rig.level);
  put (&fixture, CAUSE, SWITCH_CAUSE, 4);
  mos_panel_set_switches (fixture.panel, 0x81);
  g_assert_false (fixture.rig.level);
  mos_bus_reset (fixture.rig.bus);
  config (&fixture, MOS_PCI_BAR0, BAR_GPA, 4);
  config (&fixture, MOS_PCI_COMMAND, 6, 2);
  g_assert_cmphex (get (&fixture, SWITCHES, 4), ==, 0x81);
  stop (&fixture);
}

/* A machine saved in the middle of a copy finishes it elsewhere. */
static void
test_saved (void)
{
  Fixture fixture, other;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  start (&fixture);
  start (&other);
  memset (rig_ram (&fixture.rig, 0x5000), 7, 64);
  memset (rig_ram (&other.rig, 0x5000), 7, 64);
  put (&fixture, LIGHTS, 0x5a, 4);
  put (&fixture, QUEUE, 42, 4);
  copy (&fixture, 0x5000, 0, 64, 1 | 8);
  state = g_variant_ref_sink (mos_device_save (fixture.device));
  g_assert_true (mos_device_load (other.device, state, &error));
  g_assert_no_error (error);
  mos_pci_device_apply ((MosPciDevice *) other.device);
  advance_us (&other, 1000);
  g_assert_cmphex (get (&other, LIGHTS, 4), ==, 0x5a);
  g_assert_cmpuint (get (&other, QUEUE, 4), ==, 42);
  g_assert_cmpuint (get (&other, COPY_SUM, 4), ==, 7 * 64);
  stop (&fixture);
  stop (&other);
}

/* Every register is explained, and none lies over another. */
static void
test_data_sheet (void)
{
  guint              n;
  const MosRegister *rows = mos_demo_registers (&n);
  guint              end = 0;

  for (guint i = 0; i < n; i++) {
    g_assert_cmpuint (rows[i].offset, >=, end);
    end = rows[i].offset + rows[i].bytes;
    g_assert_nonnull (rows[i].help);
  }
  g_assert_cmpuint (end, <=, MOS_DEMO_BANK_BYTES);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/demo/identity", test_identity);
  g_test_add_func ("/demo/timer", test_timer);
  g_test_add_func ("/demo/queue", test_queue);
  g_test_add_func ("/demo/copy", test_copy);
  g_test_add_func ("/demo/mistakes", test_mistakes);
  g_test_add_func ("/demo/faults", test_faults);
  g_test_add_func ("/demo/switches", test_switches);
  g_test_add_func ("/demo/saved", test_saved);
  g_test_add_func ("/demo/data-sheet", test_data_sheet);
  return g_test_run ();
}
