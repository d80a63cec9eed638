/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Ports, register tables and device state on a bus: cutting of accesses,
 * access kinds, string I/O, counters, saving and loading, refusing what is
 * damaged.
 */
#include "engine/base/error.h"
#include "engine/bus/device.h"

typedef struct {
  MosDevice         device;
  guint8            control;
  guint8            status;
  guint16           count;
  guint32           data;
  guint8            fifo[4];
  guint64           n_writes;
  MosRegisterWindow registers;
  MosIoWindow       window;
} Toy;

static guint64
read_count (MosDevice *device, const MosRegister *row)
{
  (void) row;
  return ((Toy *) device)->count++;
}

static void
write_data (MosDevice *device, const MosRegister *row, guint64 value)
{
  Toy *self = (Toy *) device;

  (void) row;
  self->data = (guint32) value;
  self->n_writes++;
}

static const MosRegister toy_registers[] = {
  { .name = "CONTROL",
    .offset = 0,
    .bytes = 1,
    .access = MOS_REGISTER_RW,
    .cell = G_STRUCT_OFFSET (Toy, control),
    .reset = 0x81,
    .writable = 0x0f },
  { .name = "STATUS",
    .offset = 1,
    .bytes = 1,
    .access = MOS_REGISTER_W1C,
    .cell = G_STRUCT_OFFSET (Toy, status),
    .reset = 0xff },
  { .name = "COUNT",
    .offset = 2,
    .bytes = 2,
    .access = MOS_REGISTER_RO | MOS_REGISTER_PEEK,
    .cell = G_STRUCT_OFFSET (Toy, count),
    .read = read_count },
  { .name = "DATA",
    .offset = 4,
    .bytes = 4,
    .access = MOS_REGISTER_RW,
    .cell = G_STRUCT_OFFSET (Toy, data),
    .write = write_data },
};

static const MosStateField toy_state[] = {
  MOS_STATE (Toy, control, MOS_STATE_U8),
  MOS_STATE (Toy, data, MOS_STATE_U32),
  MOS_STATE_ARRAY (Toy, fifo, MOS_STATE_BYTES, 4),
  { NULL, 0, MOS_STATE_U8, 0 },
};

static void
toy_init (MosDevice *device)
{
  Toy             *self = (Toy *) device;
  MosRegisterBank *bank = mos_device_add_bank (
      device, "io", toy_registers, G_N_ELEMENTS (toy_registers), 10);

  self->registers =
      (MosRegisterWindow){ .device = device, .bank = bank, .gap = 0xff };
  mos_device_window_init (device, &self->window, "toy",
                          &mos_register_window_ops, &self->registers, 0x300,
                          10);
  mos_bus_map_ports (device->bus, &self->window);
}

static void
toy_reset (MosDevice *device)
{
  mos_register_bank_reset (&device->banks[0], device);
}

static const MosDeviceClass toy_class = {
  .name = "toy",
  .instance_size = sizeof (Toy),
  .state_version = 1,
  .state = toy_state,
  .init = toy_init,
  .reset = toy_reset,
};

static void
test_registers (void)
{
  MosBus *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  Toy    *toy = mos_device_new (&toy_class, bus, "toy0");

  mos_bus_reset (bus);
  g_assert_cmphex (mos_bus_port_read (bus, 0x300, 1), ==, 0x81);
  mos_bus_port_write (bus, 0x300, 0x7e, 1);
  g_assert_cmphex (mos_bus_port_read (bus, 0x300, 1), ==, 0x8e);
  mos_bus_port_write (bus, 0x301, 0x0f, 1);
  g_assert_cmphex (mos_bus_port_read (bus, 0x300, 2), ==, 0xf08e);
  g_assert_cmphex (mos_bus_port_read (bus, 0x302, 2), ==, 0);
  g_assert_cmphex (mos_bus_port_read (bus, 0x302, 1), ==, 1);
  g_assert_cmphex (mos_register_peek (&toy_registers[2], &toy->device), ==, 2);
  /* A write to part of a register keeps the rest, and calls once. */
  mos_bus_port_write (bus, 0x304, 0x11223344, 4);
  mos_bus_port_write (bus, 0x305, 0xaa, 1);
  g_assert_cmphex (mos_bus_port_read (bus, 0x304, 4), ==, 0x1122aa44);
  g_assert_cmpuint (toy->n_writes, ==, 2);
  /* Behind the last register, then behind the window. */
  g_assert_cmphex (mos_bus_port_read (bus, 0x308, 4), ==, 0xffffffff);
  g_assert_cmphex (mos_bus_port_read (bus, 0x400, 4), ==, 0xffffffff);
  g_assert_cmpuint (toy->device.counters.writes, ==, 4);
  mos_bus_free (bus);
}

static void
test_edges (void)
{
  MosBus *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  Toy    *toy = mos_device_new (&toy_class, bus, "toy0");

  mos_bus_reset (bus);
  /* Half in the hole below, half in the window. */
  g_assert_cmphex (mos_bus_port_read (bus, 0x2ff, 2), ==, 0x81ff);
  mos_bus_port_write (bus, 0x2fe, 0x55550000, 4);
  g_assert_cmphex (toy->control, ==, 0x85);
  /* The top of port space does not run over. */
  g_assert_cmphex (mos_bus_port_read (bus, 0xffff, 4), ==, 0xffffffff);
  mos_bus_port_write (bus, 0xffff, 0, 4);
  mos_bus_unmap_ports (bus, &toy->window);
  g_assert_cmphex (mos_bus_port_read (bus, 0x300, 1), ==, 0xff);
  mos_bus_free (bus);
}

static void
test_string_io (void)
{
  MosBus       *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  Toy          *toy = mos_device_new (&toy_class, bus, "toy0");
  const guint32 out[3] = { 1, 2, 3 };
  guint16       in[3];

  mos_bus_reset (bus);
  mos_bus_port_write_many (bus, 0x304, 4, 3, out);
  g_assert_cmpuint (toy->n_writes, ==, 3);
  g_assert_cmpuint (toy->data, ==, 3);
  mos_bus_port_read_many (bus, 0x302, 2, 3, in);
  g_assert_cmpuint (in[2], ==, 2);
  mos_bus_port_read_many (bus, 0x8000, 2, 3, in);
  g_assert_cmphex (in[1], ==, 0xffff);
  mos_bus_free (bus);
}

static void
test_state (void)
{
  MosBus *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  Toy    *toy = mos_device_new (&toy_class, bus, "toy0");
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) nothing =
      g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (GError) error = NULL;

  mos_bus_reset (bus);
  toy->fifo[3] = 9;
  toy->data = 77;
  state = mos_bus_save (bus);
  toy->fifo[3] = 0;
  toy->data = 0;
  g_assert_true (mos_bus_load (bus, state, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (toy->fifo[3], ==, 9);
  g_assert_cmpuint (toy->data, ==, 77);
  g_assert_false (mos_bus_load (bus, nothing, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
  g_clear_error (&error);
  g_assert_false (mos_device_load (&toy->device, nothing, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
  mos_bus_free (bus);
}

/* A device that is slow to read, and not to write. */
static guint64
slow_read (gpointer opaque, guint64 offset, guint size)
{
  guint64 begin = mos_ticks_now ();

  while (mos_ticks_now () - begin < 1000000)
    continue;
  return 0;
}

static void
quick_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
}

/* Time in a device is that of its functions, whichever way they are called. */
static void
test_time (void)
{
  static const MosIoOps ops = { .read = slow_read, .write = quick_write };
  MosBus               *bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  MosDevice            *device = mos_device_new (&toy_class, bus, "slow");
  MosIoWindow           window;
  guint8                bytes[3];
  guint64               ns;

  mos_device_window_init (device, &window, "slow", &ops, NULL, 0x700, 4);
  mos_bus_map_ports (bus, &window);
  mos_bus_port_read (bus, 0x700, 1);
  g_assert_cmpuint (device->counters.ticks, >=, 1000000);
  mos_bus_port_read_many (bus, 0x700, 1, 3, bytes);
  g_assert_cmpuint (device->counters.ticks, >=, 4000000);
  g_assert_cmpuint (device->counters.reads, ==, 4);
  /* Later calls are timed for others too. */
  while (device->counters.calls < 17 * 4)
    mos_bus_port_read (bus, 0x700, 1);
  g_assert_cmpuint (device->counters.ticks, >=, 70 * 1000000);
  /* A million ticks are between 0.1 and 10 ms of any processor. */
  while (mos_ticks_to_ns (&bus->made, 1000000) == 0)
    continue;
  ns = mos_ticks_to_ns (&bus->made, 1000000);
  g_assert_cmpuint (ns, >, 100000);
  g_assert_cmpuint (ns, <, 10000000);
  g_assert_cmpuint (mos_ticks_to_ns (&bus->made, 1000000), ==, ns);
  mos_bus_unmap_ports (bus, &window);
  mos_bus_free (bus);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/registers", test_registers);
  g_test_add_func ("/bus/edges", test_edges);
  g_test_add_func ("/bus/string-io", test_string_io);
  g_test_add_func ("/bus/time", test_time);
  g_test_add_func ("/bus/state", test_state);
  return g_test_run ();
}
