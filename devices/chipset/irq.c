/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The OR gates in front of the interrupt controllers; see irq.h.
 *
 * MosLine only reports changes, so counting rising and falling edges of all
 * sources gives the level. Runs on any thread that may set a line.
 */
#include "devices/chipset/irq.h"

#define MAX_SINKS 2

typedef struct {
  MosIrqSink func;
  gpointer   receiver;
} Sink;

struct MosIrqHub {
  MosBus *bus;
  GMutex  lock;
  guint   sources_high[MOS_IRQ_N_GSIS];
  Sink    sinks[MAX_SINKS];
  guint   n_sinks;
};

static void
source_changed (gpointer receiver, guint gsi, gboolean level)
{
  MosIrqHub *self = receiver;
  guint      before;

  g_mutex_lock (&self->lock);
  before = self->sources_high[gsi];
  self->sources_high[gsi] += level ? 1 : -1;
  if ((before > 0) != (self->sources_high[gsi] > 0)) {
    MosEvent event = {
      .time_ns = mos_clock_now (self->bus->clock),
      .kind = MOS_EVENT_LINE,
      .vcpu = G_MAXUINT16,
      .level = 1,
      .code = gsi,
      .a = level,
    };

    mos_trace_emit (self->bus->trace, &event);
    for (guint i = 0; i < self->n_sinks; i++)
      self->sinks[i].func (self->sinks[i].receiver, gsi, level);
  }
  g_mutex_unlock (&self->lock);
}

MosIrqHub *
mos_irq_hub_new (MosBus *bus)
{
  MosIrqHub *self = g_new0 (MosIrqHub, 1);

  self->bus = bus;
  g_mutex_init (&self->lock);
  return self;
}

void
mos_irq_hub_free (MosIrqHub *self)
{
  if (self == NULL)
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
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

  g_mutex_lock (&self->lock);
  level = self->sources_high[gsi] > 0;
  g_mutex_unlock (&self->lock);
  return level;
}
