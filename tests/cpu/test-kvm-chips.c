/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The kernel's chips and the board's own understand each other's state, which
 * is what lets a machine move between the backends.
 */

#include <string.h>

#include "devices/chipset/ioapic.h"
#include "devices/chipset/pic.h"
#include "devices/chipset/pit.h"
#include "engine/cpu/kvm/private.h"

static const char *const names[] = { "pic", "ioapic", "pit" };

/* A bus with the board's own chips on it and no processors. */
typedef struct {
  MosBus    *bus;
  MosIrqHub *hub;
} Board;

static void
board_init (Board *self)
{
  self->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  self->hub = mos_irq_hub_new (self->bus);
  mos_pic_new (self->bus, self->hub);
  mos_ioapic_new (self->bus, self->hub);
  mos_pit_new (self->bus, self->hub);
  mos_bus_reset (self->bus);
}

static void
out (Board *self, guint16 port, guint8 value)
{
  mos_bus_port_write (self->bus, port, value, 1);
}

/* As a system would have them in the middle of its work. */
static void
program (Board *self)
{
  out (self, 0x20, 0x11);
  out (self, 0x21, 0x30);
  out (self, 0x21, 0x04);
  out (self, 0x21, 0x01);
  out (self, 0x21, 0xa5);
  out (self, 0xa0, 0x11);
  out (self, 0xa1, 0x38);
  out (self, 0xa1, 0x02);
  out (self, 0xa1, 0x01);
  out (self, 0xa1, 0x5a);
  out (self, 0x43, 0x34);
  out (self, 0x40, 0x9c);
  out (self, 0x40, 0x2e);
  out (self, 0x43, 0xb6);
  out (self, 0x42, 0x34); /* the second byte is still to come */
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00000, 0x18);
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00010, 0x8841);
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00000, 0x19);
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00010, 0x01000000);
}

static GVariant *
save (Board *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GVariant) part =
        mos_device_save (mos_bus_find_device (self->bus, names[i]));

    g_variant_dict_insert_value (&dict, names[i], part);
  }
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
load (Board *self, GVariant *state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GVariant) part =
        g_variant_lookup_value (state, names[i], G_VARIANT_TYPE_VARDICT);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (part);
    mos_device_load (mos_bus_find_device (self->bus, names[i]), part, &error);
    g_assert_no_error (error);
  }
}

static void
board_clear (Board *self)
{
  mos_bus_free (self->bus);
}

static void
check_registers (Board *self)
{
  g_assert_cmphex (mos_bus_port_read (self->bus, 0x21, 1), ==, 0xa5);
  g_assert_cmphex (mos_bus_port_read (self->bus, 0xa1, 1), ==, 0x5a);
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00000, 0x18);
  g_assert_cmphex (mos_memory_map_read_u32 (self->bus->memory, 0xfec00010) &
                       0xffff,
                   ==, 0x8841);
  mos_memory_map_write_u32 (self->bus->memory, 0xfec00000, 0x19);
  g_assert_cmphex (mos_memory_map_read_u32 (self->bus->memory, 0xfec00010), ==,
                   0x01000000);
  /* Counter 0 was loaded just now and nothing has ticked since. */
  out (self, 0x43, 0x00);
  g_assert_cmphex (mos_bus_port_read (self->bus, 0x40, 1), ==, 0x9c);
  g_assert_cmphex (mos_bus_port_read (self->bus, 0x40, 1), ==, 0x2e);
}

/* Board to kernel's form and back to a fresh board: nothing is lost. */
static void
test_board (void)
{
  Board       first, second;
  MosKvmChips chips;
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GVariant) described = NULL;
  g_autoptr (GError) error = NULL;

  board_init (&first);
  program (&first);
  saved = save (&first);
  mos_kvm_chips_parse (saved, &chips, &error);
  g_assert_no_error (error);
  g_assert_cmphex (chips.irqchips[0].chip.pic.irq_base, ==, 0x30);
  g_assert_cmphex (chips.irqchips[0].chip.pic.imr, ==, 0xa5);
  g_assert_cmphex (chips.irqchips[2].chip.ioapic.redirtbl[4].fields.vector, ==,
                   0x41);
  g_assert_cmphex (chips.pit.channels[0].count, ==, 0x2e9c);
  g_assert_cmphex (chips.pit.channels[2].write_latch, ==, 0x34);

  described = mos_kvm_chips_describe (&chips, 0);
  board_init (&second);
  load (&second, described);
  check_registers (&second);
  out (&second, 0x42, 0x12);
  out (&second, 0x61, 0x01); /* its gate opens: it counts from 0x1234 */
  out (&second, 0x43, 0x80);
  g_assert_cmphex (mos_bus_port_read (second.bus, 0x42, 1), ==, 0x34);
  g_assert_cmphex (mos_bus_port_read (second.bus, 0x42, 1), ==, 0x12);
  board_clear (&first);
  board_clear (&second);
}

/* The same through the kernel itself. */
static void
test_kernel (void)
{
  Board          first, second;
  MosBackendInfo info = { 0 };
  MosBus        *bus;
  MosCpus       *cpus;
  MosCpusSpec    spec = {
       .n_vcpus = 1,
       .model = mos_cpu_model_find ("x86-64"),
       .vendor = MOS_VENDOR_AMD,
  };
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GVariant) back = NULL;
  g_autoptr (GError) error = NULL;

  mos_kvm_backend.probe (&info);
  if (!info.usable) {
    g_test_skip (info.why_not);
    mos_backend_info_clear (&info);
    return;
  }
  mos_backend_info_clear (&info);
  bus = mos_bus_new (MOS_CLOCK_REAL, NULL, NULL);
  spec.bus = bus;
  cpus = mos_cpus_new (&mos_kvm_backend, &spec, &error);
  g_assert_no_error (error);

  board_init (&first);
  program (&first);
  saved = save (&first);
  mos_kvm_backend.load_chips (cpus, saved, &error);
  g_assert_no_error (error);
  back = mos_kvm_backend.save_chips (cpus, &error);
  g_assert_no_error (error);
  board_init (&second);
  load (&second, back);
  check_registers (&second);

  board_clear (&first);
  board_clear (&second);
  mos_cpus_free (cpus);
  mos_bus_free (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kvm-chips/board", test_board);
  g_test_add_func ("/kvm-chips/kernel", test_kernel);
  return g_test_run ();
}
