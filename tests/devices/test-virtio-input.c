/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A virtio tablet and keyboard through the ring, as a driver sees them.
 */
#include <linux/input-event-codes.h>
#include <string.h>

#include "devices/virtio/virtio-input.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN      MOS_PCI_DEVFN (14, 0)
#define EVENTS_GPA 0x20000u
#define BIT(n)     (G_GUINT64_CONSTANT (1) << (n))

typedef struct {
  StorageRig    rig;
  MosPciBus    *pci;
  MosInputPort *input;
  VirtioDriver  driver;
  guint         offered, taken;
} Fixture;

static void
start (Fixture *fixture, MosVirtioInputKind kind)
{
  memset (fixture, 0, sizeof *fixture);
  storage_rig_init (&fixture->rig);
  fixture->pci = mos_pci_bus_new (fixture->rig.bus);
  fixture->input = mos_input_port_new ();
  mos_virtio_input_new (fixture->rig.bus, fixture->pci, DEVFN, "virtio-input0",
                        kind, fixture->input);
  virtio_driver_init (&fixture->driver, &fixture->rig, fixture->pci, DEVFN);
}

static void
run (Fixture *fixture)
{
  g_assert_true (virtio_driver_negotiate (
      &fixture->driver, BIT (VIRTIO_VERSION_1) | BIT (VIRTIO_EVENT_INDEX)));
  virtio_driver_start (&fixture->driver);
}

static void
stop (Fixture *fixture)
{
  storage_rig_clear (&fixture->rig);
  mos_input_port_unref (fixture->input);
}

static void
offer (Fixture *fixture, guint n)
{
  for (guint i = 0; i < n; i++) {
    VirtioPart part = { EVENTS_GPA + 8 * (fixture->offered++ % 64), 8, TRUE };

    virtio_driver_offer (&fixture->driver, &part, 1, FALSE);
  }
  virtio_driver_kick (&fixture->driver);
}

/* What has come in, as "type/code=value …". */
static char *
take (Fixture *fixture)
{
  GString *out = g_string_new (NULL);
  guint32  written;

  while (virtio_driver_take (&fixture->driver, &written)) {
    const guint8 *event =
        rig_ram (&fixture->rig, EVENTS_GPA + 8 * (fixture->taken++ % 64));
    guint16 type, code;
    guint32 value;

    g_assert_cmpuint (written, ==, 8);
    memcpy (&type, event, 2);
    memcpy (&code, event + 2, 2);
    memcpy (&value, event + 4, 4);
    g_string_append_printf (out, "%u/%u=%d ", type, code, (gint32) value);
  }
  return g_string_free (out, FALSE);
}

static void
expect (Fixture *fixture, const char *events)
{
  g_autofree char *got = take (fixture);

  g_assert_cmpstr (got, ==, events);
}

/* Asks; returns the size of the answer. */
static guint
ask (Fixture *fixture, guint8 select, guint8 subselect)
{
  virtio_write (&fixture->driver, fixture->driver.config, select, 1);
  virtio_write (&fixture->driver, fixture->driver.config + 1, subselect, 1);
  return virtio_read (&fixture->driver, fixture->driver.config + 2, 1);
}

static guint8
answer (Fixture *fixture, guint offset)
{
  return (guint8) virtio_read (&fixture->driver,
                               fixture->driver.config + 8 + offset, 1);
}

static void
test_tablet (void)
{
  Fixture fixture;

  start (&fixture, MOS_VIRTIO_TABLET);
  g_assert_false (mos_input_port_is_absolute (fixture.input));
  run (&fixture);
  g_assert_true (mos_input_port_is_absolute (fixture.input));
  offer (&fixture, 8);
  mos_input_port_place (fixture.input, 100, 32767, 0, MOS_BUTTON_LEFT);
  expect (&fixture, "3/0=100 3/1=32767 1/272=1 0/0=0 ");
  /* More than there are buffers: the rest comes with the next ones. */
  mos_input_port_place (fixture.input, 1, 2, -1, 0);
  expect (&fixture, "3/0=1 3/1=2 2/8=-1 1/272=0 ");
  offer (&fixture, 4);
  expect (&fixture, "0/0=0 ");
  stop (&fixture);
}

static void
test_keyboard (void)
{
  Fixture fixture;

  start (&fixture, MOS_VIRTIO_KEYBOARD);
  mos_input_port_key (fixture.input, KEY_A, TRUE);
  mos_input_port_key (fixture.input, KEY_A, FALSE);
  run (&fixture);
  offer (&fixture, 8);
  mos_input_port_key (fixture.input, KEY_B, TRUE);
  mos_input_port_key (fixture.input, KEY_B, FALSE);
  mos_input_port_key (fixture.input, 600, TRUE);
  {
    g_autofree char *got = take (&fixture);

    g_assert_true (g_str_has_suffix (got, "1/48=1 0/0=0 1/48=0 0/0=0 "));
  }
  g_assert_cmpuint (mos_input_port_key_room (fixture.input), >=, 32);
  /* Nobody takes anything: it fills up, but a release still fits. */
  for (guint i = 0; i < 1000; i++) {
    mos_input_port_key (fixture.input, KEY_C, TRUE);
    mos_input_port_key (fixture.input, KEY_C, FALSE);
  }
  g_assert_cmpuint (mos_input_port_key_room (fixture.input), ==, 0);
  stop (&fixture);
}

static void
test_questions (void)
{
  Fixture fixture;

  start (&fixture, MOS_VIRTIO_TABLET);
  g_assert_cmpuint (ask (&fixture, 0x01, 0), ==, 18);
  g_assert_cmpint (answer (&fixture, 0), ==, 'M');
  g_assert_cmpuint (ask (&fixture, 0x12, ABS_Y), ==, 20);
  g_assert_cmphex (answer (&fixture, 4) | answer (&fixture, 5) << 8, ==,
                   MOS_INPUT_ABS_MAX);
  g_assert_cmpuint (ask (&fixture, 0x12, ABS_Y + 1), ==, 0);
  g_assert_cmpuint (ask (&fixture, 0x11, EV_ABS), ==, 1);
  g_assert_cmphex (answer (&fixture, 0), ==, 3);
  g_assert_cmpuint (ask (&fixture, 0x11, EV_KEY), ==, BTN_LEFT / 8 + 1);
  g_assert_cmpuint (ask (&fixture, 0x77, 0x77), ==, 0);
  stop (&fixture);
  start (&fixture, MOS_VIRTIO_KEYBOARD);
  g_assert_cmpuint (ask (&fixture, 0x11, EV_KEY), ==, 31);
  g_assert_cmpuint (ask (&fixture, 0x11, EV_ABS), ==, 0);
  g_assert_cmpuint (ask (&fixture, 0x11, EV_LED), ==, 1);
  g_assert_cmpuint (ask (&fixture, 0x03, 0), ==, 8);
  stop (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/virtio-input/tablet", test_tablet);
  g_test_add_func ("/virtio-input/keyboard", test_keyboard);
  g_test_add_func ("/virtio-input/questions", test_questions);
  return g_test_run ();
}
