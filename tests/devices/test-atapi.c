/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An ATAPI CD-ROM drive, driven as a BIOS and an operating system do it.
 */
#include <string.h>

#include "tests/devices/ide-rig.h"

#define ROOM 70000

typedef guint8 Packet[12];

/* Sends @packet and takes the answer; returns its length, or, if it failed,
 * 0 with sense key and code in @sense. */
static guint
ask (IdeFixture *fixture, const guint8 *packet, guint8 *data, guint *sense)
{
  guint8 status, answer[18];
  guint  size;

  ide_packet (fixture, packet, 0xfffe, FALSE);
  size = ide_packet_data (fixture, data, ROOM, &status);
  *sense = 0;
  if ((status & 1) == 0)
    return size;
  ide_packet (fixture, (const Packet){ 0x03, 0, 0, 0, 18 }, 0xfffe, FALSE);
  g_assert_cmpuint (ide_packet_data (fixture, answer, 18, &status), ==, 18);
  g_assert_cmphex (status & 1, ==, 0);
  *sense = (guint) answer[2] << 16 | (guint) answer[12] << 8 | answer[13];
  return 0;
}

/* The first command after power-on is refused with a unit attention. */
static void
become_ready (IdeFixture *fixture)
{
  guint8 data[16];
  guint  sense;

  ask (fixture, (const Packet){ 0 }, data, &sense);
  g_assert_cmphex (sense, ==, 0x062800);
  ask (fixture, (const Packet){ 0 }, data, &sense);
  g_assert_cmphex (sense, ==, 0);
}

static void
expect_blocks (const guint8 *data, guint first, guint n)
{
  for (guint i = 0; i < n * 2048; i++)
    g_assert_cmphex (data[i], ==, rig_pattern (first * 4 + i / 512, i % 512));
}

static void
test_identify (IdeFixture *fixture, gconstpointer unused)
{
  StorageRig *rig = &fixture->rig;
  guint16     words[256];

  rig_out (rig, IDE_DEVICE, 0xb0, 1);
  rig_out (rig, IDE_COMMAND, 0xec, 1);
  g_assert_cmphex (ide_acknowledge (fixture) & 0x09, ==, 0x01);
  g_assert_cmphex (rig_in (rig, IDE_MID, 1), ==, 0x14);
  g_assert_cmphex (rig_in (rig, IDE_HIGH, 1), ==, 0xeb);
  rig_out (rig, IDE_COMMAND, 0xa1, 1);
  g_assert_cmphex (ide_acknowledge (fixture) & 0x09, ==, 0x08);
  mos_bus_port_read_many (rig->bus, IDE_DATA, 2, 256, words);
  g_assert_cmphex (words[0], ==, 0x85c0);
}

static void
test_inquiry_and_capacity (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[ROOM];
  guint  sense;

  g_assert_cmpuint (
      ask (fixture, (const Packet){ 0x12, 0, 0, 0, 36 }, data, &sense), ==, 36);
  g_assert_cmphex (data[0], ==, 5);
  g_assert_cmphex (data[1], ==, 0x80);
  become_ready (fixture);
  g_assert_cmpuint (ask (fixture, (const Packet){ 0x25 }, data, &sense), ==, 8);
  g_assert_cmpmem (data, 8, ((guint8[]){ 0, 0, 1, 43, 0, 0, 8, 0 }), 8);
  g_assert_cmpuint (ask (fixture, (const Packet){ 0x99 }, data, &sense), ==, 0);
  g_assert_cmphex (sense, ==, 0x052000);
}

static void
test_read_pio (IdeFixture *fixture, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (64 * 2048);
  guint8             status;
  guint              sense;

  become_ready (fixture);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x28, 0, 0, 0, 0, 17, 0, 0, 3 }, data,
                         &sense),
                    ==, 3 * 2048);
  expect_blocks (data, 17, 3);
  /* Many small blocks by the host's limit, across several buffers. */
  ide_packet (fixture, (const Packet){ 0xa8, 0, 0, 0, 0, 100, 0, 0, 0, 60 },
              2048, FALSE);
  g_assert_cmpuint (ide_packet_data (fixture, data, 64 * 2048, &status), ==,
                    60 * 2048);
  g_assert_cmphex (status & 1, ==, 0);
  expect_blocks (data, 100, 60);
  ask (fixture, (const Packet){ 0x28, 0, 0, 0, 1, 43, 0, 0, 2 }, data, &sense);
  g_assert_cmphex (sense, ==, 0x052100);
}

static void
test_read_dma (IdeFixture *fixture, gconstpointer unused)
{
  become_ready (fixture);
  ide_start_bm (fixture, 20 * 2048, TRUE);
  ide_packet (fixture, (const Packet){ 0x28, 0, 0, 0, 0, 5, 0, 0, 20 }, 0,
              TRUE);
  g_assert_cmphex (ide_acknowledge (fixture), ==, 0x50);
  g_assert_cmphex (rig_in (&fixture->rig, IDE_COUNT, 1), ==, 3);
  g_assert_cmphex (ide_stop_bm (fixture), ==, 0x04);
  expect_blocks (rig_ram (&fixture->rig, IDE_DATA_GPA), 5, 20);
}

/* Raw sectors: sync, address, data, and a remainder that checks out. */
static void
test_read_cd (IdeFixture *fixture, gconstpointer unused)
{
  guint8  data[ROOM];
  guint   sense;
  guint32 code = 0;

  become_ready (fixture);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0xbe, 0, 0, 0, 0, 16, 0, 0, 2, 0xf8 },
                         data, &sense),
                    ==, 2 * 2352);
  g_assert_cmpmem (data, 16,
                   ((guint8[]){ 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                0xff, 0xff, 0xff, 0, 0x00, 0x02, 0x16, 1 }),
                   16);
  expect_blocks (data + 16, 16, 1);
  /* A message followed by its CRC leaves no remainder. */
  for (guint i = 0; i < 2068; i++) {
    code ^= data[i];
    for (guint bit = 0; bit < 8; bit++)
      code = code >> 1 ^ (code & 1 ? 0xd8018001u : 0);
  }
  g_assert_cmphex (code, ==, 0);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0xbe, 0, 0, 0, 0, 16, 0, 0, 1, 0x10 },
                         data, &sense),
                    ==, 2048);
  expect_blocks (data, 16, 1);
  ask (fixture, (const Packet){ 0xbe, 4, 0, 0, 0, 16, 0, 0, 1, 0x10 }, data,
       &sense);
  g_assert_cmphex (sense, ==, 0x056400);
}

/* The parity of a vector of a sector in which all data is zero but one byte:
 * both equations must hold over the whole sector, header and all. */
static void
test_parity (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[ROOM];
  guint  sense;

  become_ready (fixture);
  ask (fixture, (const Packet){ 0xbe, 0, 0, 0, 0, 3, 0, 0, 1, 0xf8 }, data,
       &sense);
  for (guint vector = 0; vector < 86; vector++) {
    guint8 sum = 0, weighted = 0;

    for (guint i = 0; i < 26; i++) {
      guint8 byte = data[12 + vector + i * 86];

      sum ^= byte;
      weighted =
          (guint8) ((weighted << 1 ^ (weighted & 0x80 ? 0x1d : 0)) ^ byte);
    }
    g_assert_cmphex (sum, ==, 0);
    g_assert_cmphex (weighted, ==, 0);
  }
}

static void
test_toc (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[ROOM];
  guint  sense;

  become_ready (fixture);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x43, 2, 0, 0, 0, 0, 0, 0, 20 }, data,
                         &sense),
                    ==, 20);
  g_assert_cmpmem (data, 20,
                   ((guint8[]){ 0, 18, 1, 1,    0,    0x14, 1, 0, 0, 0,
                                2, 0,  0, 0x14, 0xaa, 0,    0, 0, 6, 0 }),
                   20);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x43, 0, 1, 0, 0, 0, 0, 0, 12 }, data,
                         &sense),
                    ==, 12);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x43, 2, 2, 0, 0, 0, 0, 0, 200 }, data,
                         &sense),
                    ==, 4 + 4 * 11);
}

static void
test_mode_and_configuration (IdeFixture *fixture, gconstpointer unused)
{
  guint8 data[ROOM];
  guint  sense;

  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 128 },
                         data, &sense),
                    ==, 28);
  g_assert_cmphex (data[8], ==, 0x2a);
  g_assert_cmpuint (
      ask (fixture, (const Packet){ 0x1a, 0, 0x3f, 0, 255 }, data, &sense), ==,
      32);
  g_assert_cmpuint (ask (fixture,
                         (const Packet){ 0x46, 0, 0, 0, 0, 0, 0, 1, 0 }, data,
                         &sense),
                    >, 8);
  g_assert_cmphex (data[7], ==, 0x08);
  g_assert_cmpuint (data[3] + 4u, ==, 8 + 12 + 12 + 8 + 12 + 8);
}

static void
test_media (IdeFixture *fixture, gconstpointer unused)
{
  guint8       data[ROOM];
  guint        sense;
  const Packet event = { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 };

  become_ready (fixture);
  /* The guest locks the drive and cannot eject. */
  ask (fixture, (const Packet){ 0x1e, 0, 0, 0, 1 }, data, &sense);
  ask (fixture, (const Packet){ 0x1b, 0, 0, 0, 2 }, data, &sense);
  g_assert_cmphex (sense, ==, 0x055302);
  ask (fixture, (const Packet){ 0x1e }, data, &sense);
  ask (fixture, (const Packet){ 0x1b, 0, 0, 0, 2 }, data, &sense);
  g_assert_cmphex (sense, ==, 0);
  ask (fixture, (const Packet){ 0 }, data, &sense);
  g_assert_cmphex (sense, ==, 0x023a02);
  ask (fixture, (const Packet){ 0x1b, 0, 0, 0, 3 }, data, &sense);
  become_ready (fixture);
  /* The host takes the disc, and puts one in. */
  mos_ide_change_medium (fixture->ide, 1, NULL);
  ask (fixture, (const Packet){ 0 }, data, &sense);
  g_assert_cmphex (sense, ==, 0x023a01);
  ask (fixture, event, data, &sense);
  g_assert_cmphex (data[4], ==, 3);
  g_assert_cmphex (data[5], ==, 0);
  mos_ide_change_medium (fixture->ide, 1, fixture->disc);
  ask (fixture, event, data, &sense);
  g_assert_cmphex (data[4], ==, 2);
  g_assert_cmphex (data[5], ==, 2);
  ask (fixture, event, data, &sense);
  g_assert_cmphex (data[4], ==, 0);
  become_ready (fixture);
}

/* The disc goes while it is being read. */
static void
test_lost_medium (IdeFixture *fixture, gconstpointer unused)
{
  g_autofree guint8 *data = g_malloc (200 * 2048);
  guint8             status;

  become_ready (fixture);
  ide_packet (fixture, (const Packet){ 0x28, 0, 0, 0, 0, 0, 0, 0, 200 }, 0xfffe,
              FALSE);
  mos_ide_change_medium (fixture->ide, 1, NULL);
  ide_packet_data (fixture, data, 200 * 2048, &status);
  g_assert_cmphex (status & 1, ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (IdeFixture *, gconstpointer);
  } tests[] = {
    { "/atapi/identify", test_identify },
    { "/atapi/inquiry", test_inquiry_and_capacity },
    { "/atapi/read-pio", test_read_pio },
    { "/atapi/read-dma", test_read_dma },
    { "/atapi/read-cd", test_read_cd },
    { "/atapi/parity", test_parity },
    { "/atapi/toc", test_toc },
    { "/atapi/mode", test_mode_and_configuration },
    { "/atapi/media", test_media },
    { "/atapi/lost-medium", test_lost_medium },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, IdeFixture, NULL, ide_set_up, tests[i].func,
                ide_tear_down);
  return g_test_run ();
}
