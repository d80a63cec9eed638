/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Port dispatch and the list of devices.
 */
#include "engine/bus/bus.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/bus/device.h"

#define N_PORTS 65536u

static gint64
clock_cb (gpointer user_data)
{
  return mos_clock_now (user_data);
}

static void
give_clock (MosBus *self)
{
  mos_trace_set_clock (self->trace, clock_cb, self->clock,
                       mos_clock_mode (self->clock) == MOS_CLOCK_REAL);
}

MosBus *
mos_bus_new (MosClockMode clock_mode, MosLog *log, GMainContext *io_context)
{
  MosBus *self = g_new0 (MosBus, 1);

  self->made = mos_ticks_begin ();
  self->memory = mos_memory_map_new ();
  self->clock = mos_clock_new (clock_mode);
  self->trace = mos_trace_new ();
  give_clock (self);
  self->log = log != NULL ? mos_log_ref (log) : NULL;
  self->io_context =
      io_context != NULL ? g_main_context_ref (io_context) : NULL;
  self->ports = g_new0 (MosIoWindow *, N_PORTS);
  self->devices = g_ptr_array_new ();
  return self;
}

void
mos_bus_free (MosBus *self)
{
  if (self == NULL)
    return;
  for (guint i = self->devices->len; i > 0; i--)
    mos_device_free (g_ptr_array_index (self->devices, i - 1));
  g_ptr_array_unref (self->devices);
  g_free (self->ports);
  g_clear_pointer (&self->io_context, g_main_context_unref);
  mos_log_unref (self->log);
  if (self->trace_is_shared)
    mos_trace_set_clock (self->trace, NULL, NULL, FALSE);
  else
    mos_trace_free (self->trace);
  mos_clock_free (self->clock);
  mos_memory_map_free (self->memory);
  g_free (self);
}

void
mos_bus_share_trace (MosBus *self, MosTrace *trace)
{
  if (!self->trace_is_shared)
    mos_trace_free (self->trace);
  self->trace = trace;
  self->trace_is_shared = TRUE;
  give_clock (self);
}

void
mos_bus_set_cpus (MosBus *self, const MosCpuInputs *inputs, gpointer cpus)
{
  self->cpu_inputs = inputs;
  self->cpus = cpus;
}

void
mos_bus_set_board (MosBus *self, const MosBoardOutputs *outputs, gpointer board)
{
  self->board_outputs = outputs;
  self->board = board;
}

void
mos_bus_set_request_func (MosBus           *self,
                          MosBusRequestFunc func,
                          gpointer          user_data)
{
  self->request_func = func;
  self->request_data = user_data;
}

/* -- ports --------------------------------------------------------------- */

void
mos_bus_map_ports (MosBus *self, MosIoWindow *window)
{
  for (guint64 i = 0; i < window->size && window->base + i < N_PORTS; i++)
    __atomic_store_n (&self->ports[window->base + i], window, __ATOMIC_RELEASE);
}

void
mos_bus_unmap_ports (MosBus *self, MosIoWindow *window)
{
  for (guint port = 0; port < N_PORTS; port++) {
    MosIoWindow *expected = window;

    __atomic_compare_exchange_n (&self->ports[port], &expected, NULL, FALSE,
                                 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  }
}

static MosIoWindow *
window_at (MosBus *self, guint port)
{
  return __atomic_load_n (&self->ports[port & 0xffff], __ATOMIC_ACQUIRE);
}

/* Does the access stay within one window? */
static gboolean
in_one_window (MosBus *self, MosIoWindow *window, guint port, guint size)
{
  return size == 1 || window_at (self, port + size - 1) == window;
}

static G_GNUC_NO_INLINE guint32
read_halves (MosBus *self, guint16 port, guint size)
{
  guint half = size / 2;

  if (size == 1)
    return 0xff;
  return mos_bus_port_read (self, port, half) |
         mos_bus_port_read (self, (guint16) (port + half), half) << (8 * half);
}

static G_GNUC_NO_INLINE void
write_halves (MosBus *self, guint16 port, guint32 value, guint size)
{
  guint half = size / 2;

  if (size == 1)
    return;
  mos_bus_port_write (self, port, value, half);
  mos_bus_port_write (self, (guint16) (port + half), value >> (8 * half), half);
}

guint32
mos_bus_port_read (MosBus *self, guint16 port, guint size)
{
  MosIoWindow *window = window_at (self, port);

  if (G_LIKELY (window != NULL && in_one_window (self, window, port, size)))
    return (guint32) mos_io_read (window, port, size);
  return read_halves (self, port, size);
}

void
mos_bus_port_write (MosBus *self, guint16 port, guint32 value, guint size)
{
  MosIoWindow *window = window_at (self, port);

  if (G_LIKELY (window != NULL && in_one_window (self, window, port, size)))
    mos_io_write (window, port, value, size);
  else
    write_halves (self, port, value, size);
}

void
mos_bus_port_read_many (MosBus *self,
                        guint16 port,
                        guint   size,
                        guint   count,
                        void   *data)
{
  MosIoWindow *window = window_at (self, port);

  if (window != NULL && in_one_window (self, window, port, size)) {
    mos_io_read_many (window, port, size, count, data);
    return;
  }
  for (guint i = 0; i < count; i++) {
    guint32 value = mos_bus_port_read (self, port, size);

    memcpy ((guint8 *) data + (gsize) i * size, &value, size);
  }
}

void
mos_bus_port_write_many (MosBus     *self,
                         guint16     port,
                         guint       size,
                         guint       count,
                         const void *data)
{
  MosIoWindow *window = window_at (self, port);

  if (window != NULL && in_one_window (self, window, port, size)) {
    mos_io_write_many (window, port, size, count, data);
    return;
  }
  for (guint i = 0; i < count; i++) {
    guint32 value = 0;

    memcpy (&value, (const guint8 *) data + (gsize) i * size, size);
    mos_bus_port_write (self, port, value, size);
  }
}

/* -- the rest ------------------------------------------------------------ */

void
mos_bus_request (MosBus *self, MosBusRequest request, guint code)
{
  MosEvent event = { .kind = MOS_EVENT_RESET,
                     .vcpu = G_MAXUINT16,
                     .level = 1,
                     .code = request,
                     .a = code };

  mos_trace_emit (self->trace, &event);
  if (self->request_func != NULL)
    self->request_func (self->request_data, request, code);
}

void
mos_bus_reset (MosBus *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    mos_device_reset (g_ptr_array_index (self->devices, i));
}

MosDevice *
mos_bus_find_device (MosBus *self, const char *name)
{
  for (guint i = 0; i < self->devices->len; i++) {
    MosDevice *device = g_ptr_array_index (self->devices, i);

    if (g_strcmp0 (device->name, name) == 0)
      return device;
  }
  return NULL;
}

GVariant *
mos_bus_save (MosBus *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < self->devices->len; i++) {
    MosDevice *device = g_ptr_array_index (self->devices, i);
    g_autoptr (GVariant) state = mos_device_save (device);

    g_variant_builder_add (&builder, "{sv}", device->name, state);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

gboolean
mos_bus_load (MosBus *self, GVariant *state, GError **error)
{
  if (!g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT) ||
      g_variant_n_children (state) != self->devices->len) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved machine does not have the %u devices of this "
                    "configuration"),
                 self->devices->len);
    return FALSE;
  }
  for (guint i = 0; i < self->devices->len; i++) {
    MosDevice *device = g_ptr_array_index (self->devices, i);
    g_autoptr (GVariant) part =
        g_variant_lookup_value (state, device->name, G_VARIANT_TYPE_VARDICT);

    if (part == NULL) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                   _ ("The saved machine has no device “%s”"), device->name);
      return FALSE;
    }
    if (!mos_device_load (device, part, error))
      return FALSE;
  }
  return TRUE;
}
