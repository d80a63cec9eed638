/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's chipset, driven through its ports and memory as firmware and
 * kernels do: 8259, 8254, RTC, I/O APIC, HPET, PCI, shadow RAM, fw_cfg, power
 * management, the ways to reset.
 */
#include <string.h>

#include "engine/cpu/state.h"
#include "tests/devices/board-rig.h"

typedef struct {
  BoardRig rig;
  gboolean ready;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  (void) data;
  self->ready = board_rig_init (&self->rig);
  if (!self->ready)
    g_test_skip ("no SeaBIOS here (package seabios)");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  (void) data;
  if (self->ready)
    board_rig_clear (&self->rig);
}

/* Vectors 0x20 and 0x28, all masked but @mask's zero bits. */
static void
init_pics (BoardRig *rig, guint16 mask)
{
  static const guint16 words[][2] = { { 0x20, 0x11 }, { 0x21, 0x20 },
                                      { 0x21, 4 },    { 0x21, 1 },
                                      { 0xa0, 0x11 }, { 0xa1, 0x28 },
                                      { 0xa1, 2 },    { 0xa1, 1 } };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    board_out (rig, words[i][0], words[i][1], 1);
  board_out (rig, 0x21, mask & 0xff, 1);
  board_out (rig, 0xa1, mask >> 8, 1);
}

/* Counter @n in @mode with @count. */
static void
set_pit (BoardRig *rig, guint n, guint mode, guint count)
{
  board_out (rig, 0x43, n << 6 | 0x30 | mode << 1, 1);
  board_out (rig, (guint16) (0x40 + n), count & 0xff, 1);
  board_out (rig, (guint16) (0x40 + n), count >> 8, 1);
}

static guint
latch_pit (BoardRig *rig, guint n)
{
  guint low;

  board_out (rig, 0x43, n << 6, 1);
  low = board_in (rig, (guint16) (0x40 + n), 1);
  return low | board_in (rig, (guint16) (0x40 + n), 1) << 8;
}

static void
test_pit_and_pic (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  init_pics (rig, 0xfffe);
  set_pit (rig, 0, 2, 11932); /* 10 ms */
  /* The output goes high as the mode is set, which may be an edge. */
  if (rig->intr) {
    g_assert_cmphex (board_acknowledge (rig), ==, 0x20);
    board_out (rig, 0x20, 0x20, 1);
  }
  board_advance (rig, 9 * G_TIME_SPAN_MILLISECOND * 1000);
  g_assert_false (rig->intr);
  g_assert_cmpuint (latch_pit (rig, 0), <, 1300);
  board_advance (rig, 2 * G_TIME_SPAN_MILLISECOND * 1000);
  g_assert_true (rig->intr);
  g_assert_cmphex (board_acknowledge (rig), ==, 0x20);
  g_assert_false (rig->intr);
  /* In service: the next tick waits for the end. */
  board_advance (rig, 10 * G_TIME_SPAN_MILLISECOND * 1000);
  g_assert_false (rig->intr);
  board_out (rig, 0x20, 0x0b, 1);
  g_assert_cmphex (board_in (rig, 0x20, 1), ==, 1);
  board_out (rig, 0x20, 0x20, 1);
  g_assert_true (rig->intr);
  g_assert_cmphex (board_acknowledge (rig), ==, 0x20);
  board_out (rig, 0x20, 0x20, 1);
  /* Nobody asked: the spurious vector, nothing in service. */
  board_out (rig, 0x21, 0xff, 1);
  g_assert_cmphex (board_acknowledge (rig), ==, 0x27);
  g_assert_cmphex (board_in (rig, 0x20, 1), ==, 0);
}

static void
test_pit_modes (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint     high = 0;

  (void) data;
  if (!self->ready)
    return;
  /* Counter 2 through port 61h: mode 0 goes high when it has run out. */
  board_out (rig, 0x61, 0x01, 1);
  set_pit (rig, 2, 0, 1193);
  g_assert_cmphex (board_in (rig, 0x61, 1) & 0x20, ==, 0);
  board_advance (rig, 1100000);
  g_assert_cmphex (board_in (rig, 0x61, 1) & 0x20, ==, 0x20);
  /* Mode 3 is high half of the time. */
  set_pit (rig, 2, 3, 1000);
  for (guint i = 0; i < 1000; i++) {
    board_advance (rig, 8380);
    high += (board_in (rig, 0x61, 1) & 0x20) != 0;
  }
  g_assert_cmpuint (high, >, 450);
  g_assert_cmpuint (high, <, 550);
  /* Read-back of status: mode 3, both bytes. */
  board_out (rig, 0x43, 0xe8, 1);
  g_assert_cmphex (board_in (rig, 0x42, 1) & 0x3f, ==, 0x36);
}

static guint
read_rtc (BoardRig *rig, guint at)
{
  board_out (rig, 0x70, at, 1);
  return board_in (rig, 0x71, 1);
}

static void
write_rtc (BoardRig *rig, guint at, guint value)
{
  board_out (rig, 0x70, at, 1);
  board_out (rig, 0x71, value, 1);
}

static void
test_rtc (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint     second;

  (void) data;
  if (!self->ready)
    return;
  /* 2001-09-09 01:46:40 UTC. */
  g_assert_cmphex (read_rtc (rig, 9), ==, 0x01);
  g_assert_cmphex (read_rtc (rig, 8), ==, 0x09);
  g_assert_cmphex (read_rtc (rig, 7), ==, 0x09);
  second = read_rtc (rig, 0);
  g_assert_cmphex (second & 0xf0, ==, 0x40);
  board_advance (rig, 3 * G_GINT64_CONSTANT (1000000000));
  g_assert_cmphex (read_rtc (rig, 0), ==, second + 3);
  /* Binary, 24 hours. */
  write_rtc (rig, 11, 0x06);
  g_assert_cmpuint (read_rtc (rig, 2), ==, 46);
  /* 1024 Hz through the second 8259. */
  init_pics (rig, 0xfefb);
  write_rtc (rig, 10, 0x26);
  write_rtc (rig, 11, 0x46);
  board_advance (rig, 1500000);
  g_assert_true (rig->intr);
  g_assert_cmphex (board_acknowledge (rig), ==, 0x28);
  g_assert_cmphex (read_rtc (rig, 12) & 0xc0, ==, 0xc0);
  g_assert_cmphex (read_rtc (rig, 12), ==, 0);
  board_out (rig, 0xa0, 0x20, 1);
  board_out (rig, 0x20, 0x20, 1);
  write_rtc (rig, 11, 0x06);
  /* NVRAM keeps what it is given. */
  write_rtc (rig, 0x50, 0x5a);
  g_assert_cmphex (read_rtc (rig, 0x50), ==, 0x5a);
}

static guint32
mmio_read (BoardRig *rig, guint64 gpa)
{
  return mos_memory_map_read_u32 (rig->bus->memory, gpa);
}

static void
mmio_write (BoardRig *rig, guint64 gpa, guint32 value)
{
  mos_memory_map_write_u32 (rig->bus->memory, gpa, value);
}

static guint32
ioapic_read (BoardRig *rig, guint at)
{
  mmio_write (rig, 0xfec00000, at);
  return mmio_read (rig, 0xfec00010);
}

static void
ioapic_write (BoardRig *rig, guint at, guint32 value)
{
  mmio_write (rig, 0xfec00000, at);
  mmio_write (rig, 0xfec00010, value);
}

static void
test_ioapic (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  g_assert_cmphex (ioapic_read (rig, 1) >> 16 & 0xff, ==, 23);
  /* IRQ 0 is pin 2: edge, fixed, to processor 1. What came while it was
   * masked is lost. */
  set_pit (rig, 0, 2, 11932);
  ioapic_write (rig, 0x11 + 4, 1u << 24);
  ioapic_write (rig, 0x10 + 4, 0x0041);
  board_advance (rig, 11000000);
  g_assert_cmpuint (rig->n_messages, ==, 1);
  g_assert_cmphex (rig->last_data & 0xff, ==, 0x41);
  g_assert_cmphex (rig->last_address, ==, 0xfee00000 | 1 << 12);
  ioapic_write (rig, 0x10 + 4, 0x10041);
  board_advance (rig, 20000000);
  g_assert_cmpuint (rig->n_messages, ==, 1);
}

static void
test_ioapic_level (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  /* ACPI's interrupt is level triggered: IRQ 9, by the PM timer's overflow
   * being enabled through the power button. */
  ioapic_write (rig, 0x10 + 18, 0x8042);
  board_pci_write (rig, 1, 3, 0x40, 0xb001);
  board_pci_write (rig, 1, 3, 0x80, board_pci_read (rig, 1, 3, 0x80) | 1);
  board_out (rig, 0xb002, 0x100, 2);
  board_out (rig, 0xb004, 1, 2);
  mos_pc_board.power_button (rig->board);
  g_assert_cmpuint (rig->n_messages, ==, 1);
  g_assert_cmphex (ioapic_read (rig, 0x10 + 18) & 0x4000, ==, 0x4000);
  /* Still asserted at the end of the interrupt: it comes again. */
  rig->bus->board_outputs->end_of_interrupt (rig->bus->board, 0x42);
  g_assert_cmpuint (rig->n_messages, ==, 2);
  board_out (rig, 0xb000, 0x100, 2);
  rig->bus->board_outputs->end_of_interrupt (rig->bus->board, 0x42);
  g_assert_cmpuint (rig->n_messages, ==, 2);
  /* S5. */
  board_out (rig, 0xb004, 1 | 0 << 10 | 1 << 13, 2);
  g_assert_cmpint (rig->request, ==, MOS_BUS_POWEROFF);
}

/* Asleep, in the way that the \_S3 object says. */
static void
fall_asleep (BoardRig *rig)
{
  board_pci_write (rig, 1, 3, 0x40, 0xb001);
  board_pci_write (rig, 1, 3, 0x80, board_pci_read (rig, 1, 3, 0x80) | 1);
  board_out (rig, 0xb002, 0x400, 2);
  board_out (rig, 0xb004, 1 | 1 << 10 | 1 << 13, 2);
  g_assert_cmpint (rig->request, ==, MOS_BUS_SUSPEND);
  rig->request = -1;
}

/* Awake, by the power button (0x100), the clock (0x400) or else (0). */
static void
wake_up (BoardRig *rig, guint by)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);

  g_assert_cmpint (rig->request, ==, MOS_BUS_WAKE);
  rig->request = -1;
  mos_bus_reset (rig->bus);
  g_assert_true (mos_pc_board.wake (rig->board, state, NULL));
  board_pci_write (rig, 1, 3, 0x40, 0xb001);
  board_pci_write (rig, 1, 3, 0x80, board_pci_read (rig, 1, 3, 0x80) | 1);
  g_assert_cmphex (board_in (rig, 0xb000, 2) & 0x8500, ==, 0x8000 | by);
  board_out (rig, 0xb000, 0x8500, 2);
  /* Firmware finds out why it runs, and its RAM where it was. */
  board_out (rig, 0x70, 0x0f, 1);
  g_assert_cmphex (board_in (rig, 0x71, 1), ==, 0xfe);
  g_assert_cmphex (mos_memory_map_read_u32 (rig->bus->memory, 0xf0100), ==,
                   0x12345678);
}

static void
test_sleep (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  board_pci_write (rig, 0, 0, 0x58, 0x33003000 | 0x00003000);
  mos_memory_map_write_u32 (rig->bus->memory, 0xf0100, 0x12345678);

  mos_input_port_key (rig->input, 30, TRUE);
  g_assert_cmpint (rig->request, ==, -1);
  fall_asleep (rig);
  mos_input_port_key (rig->input, 30, FALSE);
  g_assert_cmpint (rig->request, ==, -1);
  mos_input_port_key (rig->input, 31, TRUE);
  wake_up (rig, 0);

  fall_asleep (rig);
  mos_pc_board.power_button (rig->board);
  wake_up (rig, 0x100);

  /* The RTC's alarm, at any second. */
  fall_asleep (rig);
  for (guint at = 1; at <= 5; at += 2) {
    board_out (rig, 0x70, at, 1);
    board_out (rig, 0x71, 0xc0, 1);
  }
  board_out (rig, 0x70, 0x0b, 1);
  board_out (rig, 0x71, 0x22, 1);
  g_assert_cmpint (rig->request, ==, -1);
  board_advance (rig, 2000000000);
  wake_up (rig, 0x400);
  mos_input_port_key (rig->input, 32, TRUE);
  g_assert_cmpint (rig->request, ==, -1);
  /* What has happened already lets nobody sleep. */
  mos_pc_board.power_button (rig->board);
  board_out (rig, 0xb002, 0x100, 2);
  board_out (rig, 0xb004, 1 | 1 << 10 | 1 << 13, 2);
  wake_up (rig, 0x100);
}

static void
test_pm_timer (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint32   before, ticks;

  (void) data;
  if (!self->ready)
    return;
  board_pci_write (rig, 1, 3, 0x40, 0xb001);
  board_pci_write (rig, 1, 3, 0x80, board_pci_read (rig, 1, 3, 0x80) | 1);
  before = board_in (rig, 0xb008, 4);
  board_advance (rig, 1000000000);
  ticks = (board_in (rig, 0xb008, 4) - before) & 0xffffff;
  g_assert_cmpuint (ticks, >=, 3579540);
  g_assert_cmpuint (ticks, <=, 3579550);
}

static void
test_hpet (Fixture *self, gconstpointer data)
{
  const guint64 hpet = 0xfed00000;
  BoardRig     *rig = &self->rig;
  guint32       before;

  (void) data;
  if (!self->ready)
    return;
  g_assert_cmphex (mmio_read (rig, hpet) >> 16, ==, 0x8086);
  g_assert_cmpuint (mmio_read (rig, hpet + 4), ==, 10 * 1000000);
  mmio_write (rig, hpet + 0x10, 1);
  before = mmio_read (rig, hpet + 0xf0);
  board_advance (rig, 1000000);
  g_assert_cmpuint (mmio_read (rig, hpet + 0xf0) - before, ==, 100000);
  /* Timer 0, once, to I/O APIC pin 20 of those it may use. */
  g_assert_cmphex (mmio_read (rig, hpet + 0x104) & 1u << 20, !=, 0);
  ioapic_write (rig, 0x10 + 40, 0x0043);
  mmio_write (rig, hpet + 0x100, 20u << 9 | 4);
  mmio_write (rig, hpet + 0x10c, 0);
  mmio_write (rig, hpet + 0x108, mmio_read (rig, hpet + 0xf0) + 500);
  board_advance (rig, 4000);
  g_assert_cmpuint (rig->n_messages, ==, 0);
  board_advance (rig, 2000);
  g_assert_cmpuint (rig->n_messages, ==, 1);
  g_assert_cmphex (rig->last_data & 0xff, ==, 0x43);
}

static void
test_pci (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint32   bar;

  (void) data;
  if (!self->ready)
    return;
  g_assert_cmphex (board_pci_read (rig, 0, 0, 0), ==, 0x12378086);
  g_assert_cmphex (board_pci_read (rig, 1, 0, 0), ==, 0x70008086);
  g_assert_cmphex (board_pci_read (rig, 1, 3, 0), ==, 0x71138086);
  g_assert_cmphex (board_pci_read (rig, 2, 0, 0), ==, 0x11111234);
  g_assert_cmphex (board_pci_read (rig, 31, 7, 0), ==, 0xffffffff);
  /* What identifies a function cannot be written. */
  board_pci_write (rig, 0, 0, 0, 0);
  g_assert_cmphex (board_pci_read (rig, 0, 0, 0), ==, 0x12378086);
  /* The frame buffer's size, then its place: a write arrives there. */
  board_pci_write (rig, 2, 0, 0x10, 0xffffffff);
  bar = board_pci_read (rig, 2, 0, 0x10) & ~15u;
  g_assert_cmphex (~bar + 1, ==, 16 << 20);
  board_pci_write (rig, 2, 0, 0x10, 0xe0000000);
  board_pci_write (rig, 2, 0, 4, 2);
  mmio_write (rig, 0xe0000100, 0x12345678);
  g_assert_cmphex (mmio_read (rig, 0xe0000100), ==, 0x12345678);
  board_pci_write (rig, 2, 0, 0x10, 0xd0000000);
  g_assert_cmphex (mmio_read (rig, 0xe0000100), ==, 0xffffffff);
  g_assert_cmphex (mmio_read (rig, 0xd0000100), ==, 0x12345678);
  board_pci_write (rig, 2, 0, 4, 0);
  g_assert_cmphex (mmio_read (rig, 0xd0000100), ==, 0xffffffff);
}

static void
test_shadow (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint32   rom;

  (void) data;
  if (!self->ready)
    return;
  rom = mmio_read (rig, 0xffff0);
  g_assert_cmphex (rom, ==, mmio_read (rig, 0xfffffff0));
  mmio_write (rig, 0xffff0, ~rom);
  g_assert_cmphex (mmio_read (rig, 0xffff0), ==, rom);
  /* PAM0: the top 64 KiB as RAM, both ways. */
  board_pci_write (rig, 0, 0, 0x58,
                   (board_pci_read (rig, 0, 0, 0x58) & 0xffff00ff) | 0x3000);
  mmio_write (rig, 0xffff0, 0xaabbccdd);
  g_assert_cmphex (mmio_read (rig, 0xffff0), ==, 0xaabbccdd);
  g_assert_cmphex (mmio_read (rig, 0xfffffff0), ==, rom);
  /* Read only. */
  board_pci_write (rig, 0, 0, 0x58,
                   (board_pci_read (rig, 0, 0, 0x58) & 0xffff00ff) | 0x1000);
  mmio_write (rig, 0xffff0, 0);
  g_assert_cmphex (mmio_read (rig, 0xffff0), ==, 0xaabbccdd);
}

static void
test_fw_cfg (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  guint8    bytes[64];
  guint32   n_files;
  gboolean  found = FALSE;

  (void) data;
  if (!self->ready)
    return;
  board_out (rig, 0x510, 0, 2);
  mos_bus_port_read_many (rig->bus, 0x511, 1, 4, bytes);
  g_assert_cmpmem (bytes, 4, "QEMU", 4);
  board_out (rig, 0x510, 5, 2);
  g_assert_cmpuint (board_in (rig, 0x511, 1), ==, 2);
  board_out (rig, 0x510, 0x19, 2);
  mos_bus_port_read_many (rig->bus, 0x511, 1, 4, bytes);
  memcpy (&n_files, bytes, 4);
  n_files = GUINT32_FROM_BE (n_files);
  g_assert_cmpuint (n_files, >=, 3);
  g_assert_cmpuint (n_files, <, 64);
  for (guint i = 0; i < n_files; i++) {
    mos_bus_port_read_many (rig->bus, 0x511, 1, 64, bytes);
    bytes[63] = 0;
    found |= strcmp ((char *) bytes + 8, "etc/acpi/tables") == 0;
  }
  g_assert_true (found);
  /* By DMA: select the signature and read four bytes. */
  {
    const guint8 command[16] = { 0, 0, 0, 0x0a, 0, 0, 0,    4,
                                 0, 0, 0, 0,    0, 0, 0x20, 0 };

    mos_memory_map_write (rig->bus->memory, 0x1000, command, 16);
    board_out (rig, 0x514, 0, 4);
    board_out (rig, 0x518, GUINT32_TO_BE (0x1000), 4);
    g_assert_cmphex (mmio_read (rig, 0x1000), ==, 0);
    mos_memory_map_read (rig->bus->memory, 0x2000, bytes, 4);
    g_assert_cmpmem (bytes, 4, "QEMU", 4);
  }
}

static void
test_resets (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  board_out (rig, 0xcf9, 2, 1);
  g_assert_cmpint (rig->request, ==, -1);
  board_out (rig, 0xcf9, 6, 1);
  g_assert_cmpint (rig->request, ==, MOS_BUS_RESET);
  rig->request = -1;
  board_out (rig, 0x64, 0xfe, 1);
  g_assert_cmpint (rig->request, ==, MOS_BUS_RESET);
  rig->request = -1;
  board_out (rig, 0x92, 3, 1);
  g_assert_cmpint (rig->request, ==, MOS_BUS_RESET);
  board_out (rig, 0xf4, 0x2a, 1);
  g_assert_cmpint (rig->request, ==, MOS_BUS_EXIT);
  g_assert_cmphex (rig->request_code, ==, 0x2a);
}

static void
test_a20 (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;

  (void) data;
  if (!self->ready)
    return;
  g_assert_true (rig->a20);
  board_out (rig, 0x92, 0, 1);
  g_assert_false (rig->a20);
  g_assert_cmphex (board_in (rig, 0x92, 1) & 2, ==, 0);
  /* The keyboard controller opens it although its own output was set. */
  board_out (rig, 0x64, 0xd1, 1);
  board_out (rig, 0x60, 0xdf, 1);
  g_assert_true (rig->a20);
  g_assert_cmphex (board_in (rig, 0x92, 1) & 2, ==, 2);
  /* As SeaBIOS leaves port 92 and HIMEM closes the line. */
  board_out (rig, 0x92, 2, 1);
  board_out (rig, 0x64, 0xd1, 1);
  board_out (rig, 0x60, 0xdd, 1);
  g_assert_false (rig->a20);
  board_out (rig, 0x92, 2, 1);
  g_assert_true (rig->a20);
}

static void
test_state (Fixture *self, gconstpointer data)
{
  BoardRig *rig = &self->rig;
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GError) error = NULL;

  (void) data;
  if (!self->ready)
    return;
  init_pics (rig, 0xfffe);
  set_pit (rig, 0, 2, 11932);
  board_pci_write (rig, 2, 0, 0x10, 0xe0000000);
  board_advance (rig, 5000000);
  saved = mos_bus_save (rig->bus);
  mos_bus_reset (rig->bus);
  g_assert_true (mos_bus_load (rig->bus, saved, &error));
  g_assert_no_error (error);
  again = mos_bus_save (rig->bus);
  {
    GVariantIter iter;
    const char  *name;
    GVariant    *part;

    g_variant_iter_init (&iter, saved);
    while (g_variant_iter_loop (&iter, "{&sv}", &name, &part)) {
      g_autoptr (GVariant) other = g_variant_lookup_value (again, name, NULL);

      g_test_message ("%s", name);
      g_assert_true (g_variant_equal (part, other));
    }
  }
  board_advance (rig, 6000000);
  g_assert_true (rig->intr);
  g_assert_cmphex (board_pci_read (rig, 2, 0, 0x10) & ~15u, ==, 0xe0000000);
}

#define ADD(path, func) \
  g_test_add ("/board/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("pit-and-pic", test_pit_and_pic);
  ADD ("pit-modes", test_pit_modes);
  ADD ("rtc", test_rtc);
  ADD ("ioapic", test_ioapic);
  ADD ("ioapic-level", test_ioapic_level);
  ADD ("sleep", test_sleep);
  ADD ("pm-timer", test_pm_timer);
  ADD ("hpet", test_hpet);
  ADD ("pci", test_pci);
  ADD ("shadow", test_shadow);
  ADD ("fw-cfg", test_fw_cfg);
  ADD ("resets", test_resets);
  ADD ("a20", test_a20);
  ADD ("state", test_state);
  return g_test_run ();
}
