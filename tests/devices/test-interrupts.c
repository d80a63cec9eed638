/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The interrupt controllers as an operating system drives them: the 8259 pair
 * and the I/O APIC.
 */
#include "devices/chipset/ioapic.h"
#include "devices/chipset/pic.h"
#include "devices/framework/harness.h"

typedef struct {
  MosDeviceHarness *h;
  MosIrqHub        *hub;
  MosPic           *pic;
  MosIoapic        *ioapic;
  MosLine           lines[MOS_IRQ_N_GSIS];
} Rig;

static void
set_up (Rig *rig, gconstpointer data)
{
  static const guint8 words[] = { 0x11, 0x08, 0x04, 0x01 };

  rig->h = mos_device_harness_new ();
  rig->hub = mos_irq_hub_new (rig->h->bus);
  rig->pic = mos_pic_new (rig->h->bus, rig->hub);
  rig->ioapic = mos_ioapic_new (rig->h->bus, rig->hub);
  for (guint i = 0; i < MOS_IRQ_N_GSIS; i++)
    mos_irq_hub_connect (rig->hub, &rig->lines[i], i);
  mos_bus_reset (rig->h->bus);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++) {
    guint8 slave = i == 1 ? 0x70 : i == 2 ? 0x02 : words[i];

    mos_device_harness_out (rig->h, i == 0 ? 0x20 : 0x21, words[i], 1);
    mos_device_harness_out (rig->h, i == 0 ? 0xa0 : 0xa1, slave, 1);
  }
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  mos_device_harness_free (rig->h);
}

static void
test_pic_priorities (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  mos_line_pulse (&rig->lines[4]);
  mos_line_pulse (&rig->lines[1]);
  g_assert_true (h->intr);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x09);
  /* IRQ 4 is less urgent than what is served. */
  g_assert_false (h->intr);
  mos_line_pulse (&rig->lines[0]);
  g_assert_true (h->intr);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x08);
  mos_device_harness_out (h, 0x20, 0x0b, 1);
  g_assert_cmpuint (mos_device_harness_in (h, 0x20, 1), ==, 0x03);
  mos_device_harness_out (h, 0x20, 0x20, 1);
  mos_device_harness_out (h, 0x20, 0x20, 1);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x0c);
  /* Nothing asks: the spurious vector, and nothing is in service for it. */
  mos_device_harness_out (h, 0x20, 0x20, 1);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x0f);
  g_assert_cmpuint (mos_device_harness_in (h, 0x20, 1), ==, 0);
}

static void
test_pic_cascade (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  mos_device_harness_out (h, 0xa1, 0xff, 1);
  mos_line_pulse (&rig->lines[12]);
  g_assert_false (h->intr);
  mos_device_harness_out (h, 0xa1, 0, 1);
  g_assert_true (h->intr);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x74);
  mos_device_harness_out (h, 0xa0, 0x20, 1);
  mos_device_harness_out (h, 0x20, 0x20, 1);
  mos_line_pulse (&rig->lines[8]);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x70);
}

static void
test_pic_level_and_poll (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  mos_device_harness_out (h, 0x4d1, 0xff, 1);
  g_assert_cmpuint (mos_device_harness_in (h, 0x4d1, 1), ==, 0xde);
  mos_line_set (&rig->lines[10], TRUE);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x72);
  mos_device_harness_out (h, 0xa0, 0x20, 1);
  mos_device_harness_out (h, 0x20, 0x20, 1);
  g_assert_true (h->intr); /* still high: once more */
  mos_device_harness_out (h, 0xa0, 0x0c, 1);
  g_assert_cmpuint (mos_device_harness_in (h, 0xa0, 1), ==, 0x82);
  mos_line_set (&rig->lines[10], FALSE);
  mos_device_harness_out (h, 0xa0, 0x62, 1);
  g_assert_false (h->intr);
}

static void
test_pic_rotation (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  mos_device_harness_out (h, 0x20, 0xc3, 1); /* 3 is lowest, 4 highest */
  mos_line_pulse (&rig->lines[1]);
  mos_line_pulse (&rig->lines[5]);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x0d);
  mos_device_harness_out (h, 0x20, 0xa0, 1); /* rotates 5 to the end */
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x09);
  /* Special mask: a masked one in service does not block less urgent ones. */
  mos_device_harness_out (h, 0x21, 0x02, 1);
  mos_device_harness_out (h, 0x20, 0x68, 1);
  mos_line_pulse (&rig->lines[4]);
  g_assert_true (h->intr);
}

static void
test_pic_save (Rig *rig, gconstpointer data)
{
  mos_line_pulse (&rig->lines[7]);
  g_assert_true (mos_device_harness_save_and_load (
      rig->h, mos_bus_find_device (rig->h->bus, "pic")));
  g_assert_true (rig->h->intr);
  g_assert_cmpuint (mos_pic_acknowledge (rig->pic), ==, 0x0f);
}

static void
ioapic_write (Rig *rig, guint index, guint32 value)
{
  MosMemoryMap *memory = rig->h->bus->memory;

  mos_memory_map_write_u32 (memory, MOS_IOAPIC_GPA, index);
  mos_memory_map_write_u32 (memory, MOS_IOAPIC_GPA + 0x10, value);
}

static guint32
ioapic_read (Rig *rig, guint index)
{
  MosMemoryMap *memory = rig->h->bus->memory;

  mos_memory_map_write_u32 (memory, MOS_IOAPIC_GPA, index);
  return mos_memory_map_read_u32 (memory, MOS_IOAPIC_GPA + 0x10);
}

static void
test_ioapic_edge (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  g_assert_cmphex (ioapic_read (rig, 1), ==, 0x170011);
  g_assert_cmphex (ioapic_read (rig, 0x14), ==, 0x10000);
  ioapic_write (rig, 0x15, 3u << 24);
  ioapic_write (rig, 0x14, 0x30);
  mos_line_pulse (&rig->lines[0]); /* the timer is wired to input 2 */
  g_assert_cmpuint (h->n_messages, ==, 1);
  g_assert_cmphex (h->messages[0].address, ==, 0xfee03000);
  g_assert_cmphex (h->messages[0].data, ==, 0x4030);
}

static void
test_ioapic_level (Rig *rig, gconstpointer data)
{
  MosDeviceHarness *h = rig->h;

  ioapic_write (rig, 0x10 + 2 * 11, 0x8841); /* level, logical */
  mos_line_set (&rig->lines[11], TRUE);
  g_assert_cmpuint (h->n_messages, ==, 1);
  g_assert_cmphex (h->messages[0].address, ==, 0xfee00004);
  g_assert_cmphex (h->messages[0].data, ==, 0xc041);
  g_assert_cmphex (ioapic_read (rig, 0x10 + 2 * 11), ==, 0xc841);
  mos_ioapic_end_of_interrupt (rig->ioapic, 0x40);
  g_assert_cmpuint (h->n_messages, ==, 1);
  mos_ioapic_end_of_interrupt (rig->ioapic, 0x41);
  g_assert_cmpuint (h->n_messages, ==, 2); /* still high */
  mos_line_set (&rig->lines[11], FALSE);
  mos_ioapic_end_of_interrupt (rig->ioapic, 0x41);
  g_assert_cmpuint (h->n_messages, ==, 2);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Rig *rig, gconstpointer data);
  } tests[] = {
    { "/pic/priorities", test_pic_priorities },
    { "/pic/cascade", test_pic_cascade },
    { "/pic/level-and-poll", test_pic_level_and_poll },
    { "/pic/rotation", test_pic_rotation },
    { "/pic/save", test_pic_save },
    { "/ioapic/edge", test_ioapic_edge },
    { "/ioapic/level", test_ioapic_level },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Rig, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
