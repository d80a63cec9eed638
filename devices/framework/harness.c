/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bench behind harness.h: inputs that only remember.
 */
#include "devices/framework/harness.h"

static void
set_intr (gpointer cpus, gboolean level)
{
  ((MosDeviceHarness *) cpus)->intr = level;
}

static void
set_a20 (gpointer cpus, gboolean enabled)
{
  ((MosDeviceHarness *) cpus)->a20 = enabled;
}

static void
send_msi (gpointer cpus, guint64 address, guint32 data)
{
  MosDeviceHarness *self = cpus;

  if (self->n_messages < MOS_HARNESS_MAX_MESSAGES)
    self->messages[self->n_messages] = (MosHarnessMessage){ address, data };
  self->n_messages++;
}

static const MosCpuInputs inputs = {
  .send_msi = send_msi,
  .set_intr = set_intr,
  .set_a20 = set_a20,
};

static void
requested (gpointer user_data, MosBusRequest request, guint code)
{
  MosDeviceHarness *self = user_data;

  self->requests[request]++;
  if (request == MOS_BUS_EXIT)
    self->exit_code = code;
}

static void
recorded (gpointer receiver, guint pin, gboolean level)
{
  MosDeviceHarness *self = receiver;

  self->level = level;
  self->rises += level ? 1 : 0;
}

MosDeviceHarness *
mos_device_harness_new (void)
{
  MosDeviceHarness *self = g_new0 (MosDeviceHarness, 1);

  self->bus = mos_bus_new (MOS_CLOCK_MANUAL, NULL, NULL);
  mos_bus_set_cpus (self->bus, &inputs, self);
  mos_bus_set_request_func (self->bus, requested, self);
  mos_clock_resume (self->bus->clock);
  return self;
}

void
mos_device_harness_free (MosDeviceHarness *self)
{
  if (self == NULL)
    return;
  mos_bus_free (self->bus);
  g_free (self);
}

void
mos_device_harness_record (MosDeviceHarness *self, MosLine *line)
{
  mos_line_connect (line, recorded, self, 0);
}

void
mos_device_harness_advance (MosDeviceHarness *self, gint64 ns)
{
  mos_clock_advance (self->bus->clock, mos_clock_now (self->bus->clock) + ns);
}

guint32
mos_device_harness_in (MosDeviceHarness *self, guint port, guint size)
{
  return mos_bus_port_read (self->bus, port, size);
}

void
mos_device_harness_out (MosDeviceHarness *self,
                        guint             port,
                        guint32           value,
                        guint             size)
{
  mos_bus_port_write (self->bus, port, value, size);
}

gboolean
mos_device_harness_save_and_load (MosDeviceHarness *self, MosDevice *device)
{
  g_autoptr (GVariant) state = mos_device_save (device);

  mos_device_reset (device);
  return mos_device_load (device, state, NULL);
}
