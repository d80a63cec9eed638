/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The OR gates in front of the interrupt controllers; see irq.h.
 *
 * MosLine only reports changes, so counting rising and falling edges of all
 * sources gives the level; no state needs saving, because devices drive their
 * lines again when they are loaded. Runs on any thread that may set a line.
 */
#include "devices/chipset/irq.h"

#define MAX_SINKS 2

typedef struct {
  MosIrqSink func;
  gpointer   receiver;
} Sink;

struct MosIrqHub {
  MosDevice device;
  guint     sources_high[MOS_IRQ_N_GSIS];
  Sink      sinks[MAX_SINKS];
  guint     n_sinks;
};

static void
source_changed (gpointer receiver, guint gsi, gboolean level)
{
  MosIrqHub *self = receiver;
  guint      before;

  g_mutex_lock (&self->device.lock);
  before = self->sources_high[gsi];
  self->sources_high[gsi] += level ? 1 : -1;
  if ((before > 0) != (self->sources_high[gsi] > 0)) {
    MosEvent event = {
      .kind = MOS_EVENT_LINE,
      .vcpu = G_MAXUINT16,
      .level = 1,
      .code = gsi,
      .a = level,
    };

    mos_trace_emit (self->device.bus->trace, &event);
    if (level)
      __atomic_add_fetch (&self->device.counters.interrupts, 1,
                          __ATOMIC_RELAXED);
    for (guint i = 0; i < self->n_sinks; i++)
      self->sinks[i].func (self->sinks[i].receiver, gsi, level);
  }
  g_mutex_unlock (&self->device.lock);
}

const MosDeviceClass mos_irq_hub_class = {
  .name = "irq-hub",
  .title = "Interrupt wires",
  .help = "ORs the devices' interrupt outputs together",
  .instance_size = sizeof (MosIrqHub),
  .state_version = 1,
};

MosIrqHub *
mos_irq_hub_new (MosBus *bus)
{
  return mos_device_new (&mos_irq_hub_class, bus, "irq-hub");
}

void
mos_irq_hub_connect (MosIrqHub *self, MosLine *line, guint gsi)
{
  g_return_if_fail (gsi < MOS_IRQ_N_GSIS);

  mos_line_connect (line, source_changed, self, gsi);
}

void
mos_irq_hub_add_sink (MosIrqHub *self, MosIrqSink func, gpointer receiver)
{
  g_return_if_fail (self->n_sinks < MAX_SINKS);

  self->sinks[self->n_sinks].func = func;
  self->sinks[self->n_sinks].receiver = receiver;
  self->n_sinks++;
}

gboolean
mos_irq_hub_level (MosIrqHub *self, guint gsi)
{
  gboolean level;

  g_return_val_if_fail (gsi < MOS_IRQ_N_GSIS, FALSE);

  g_mutex_lock (&self->device.lock);
  level = self->sources_high[gsi] > 0;
  g_mutex_unlock (&self->device.lock);
  return level;
}
