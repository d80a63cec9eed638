/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Being watched: the numbers of a running machine, and looks at its
 * processors for the profiler.
 *
 * Numbers are read by any thread, and never wait for a verb. A look at a
 * processor is a kick: its own thread stops between two instructions, hands
 * the registers to whoever asked, and goes on.
 */
#include "engine/lifecycle/machine-private.h"

typedef struct {
  MosMachine       *machine;
  MosCollectMachine what;
  MosCollectState  *state;
  MosReadingFunc    func;
  gpointer          user_data;
} Collect;

/* References to what a verb might exchange meanwhile. */
static void
borrow (MosMachine *self, MosBlockStore **stores, MosNetPort **ports)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < MOS_BOARD_MAX_DRIVES; i++)
    stores[i] =
        self->stores[i] != NULL ? mos_block_store_ref (self->stores[i]) : NULL;
  for (guint i = 0; i < MOS_BOARD_MAX_NET; i++)
    ports[i] =
        self->ports[i] != NULL ? mos_net_port_ref (self->ports[i]) : NULL;
  g_mutex_unlock (&self->lock);
}

static void
collect_cb (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  Collect       *collect = user_data;
  MosBlockStore *stores[MOS_BOARD_MAX_DRIVES];
  MosNetPort    *ports[MOS_BOARD_MAX_NET];
  MosBoard      *board = collect->machine->board;

  borrow (collect->machine, stores, ports);
  collect->what.resets =
      __atomic_load_n (&collect->machine->all_resets, __ATOMIC_RELAXED);
  collect->what.has_balloon =
      board->klass->get_balloon != NULL &&
      board->klass->get_balloon (board, &collect->what.ballooned_bytes);
  collect->what.bus = bus;
  collect->what.hierarchy = collect->machine->hierarchy;
  collect->what.cpus = cpus;
  collect->what.stores = stores;
  collect->what.n_stores = G_N_ELEMENTS (stores);
  collect->what.ports = ports;
  collect->what.n_ports = G_N_ELEMENTS (ports);
  mos_collect_machine (&collect->what, collect->state, collect->func,
                       collect->user_data);
  for (guint i = 0; i < G_N_ELEMENTS (stores); i++)
    if (stores[i] != NULL)
      mos_block_store_unref (stores[i]);
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    if (ports[i] != NULL)
      mos_net_port_unref (ports[i]);
}

void
mos_machine_collect (MosMachine      *self,
                     const char      *uuid,
                     guint64          frames,
                     MosCollectState *state,
                     MosReadingFunc   func,
                     gpointer         user_data)
{
  Collect collect = { .machine = self,
                      .what = { .uuid = uuid, .frames = frames },
                      .state = state,
                      .func = func,
                      .user_data = user_data };

  mos_machine_visit (self, collect_cb, &collect);
}

/* -- looks --------------------------------------------------------------- */

void
mos_machine_set_probe (MosMachine     *self,
                       MosMachineProbe func,
                       gpointer        user_data)
{
  g_mutex_lock (&self->probe_lock);
  self->probe = func;
  self->probe_data = user_data;
  g_mutex_unlock (&self->probe_lock);
}

static void
probe_cb (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  MosMachine *self = user_data;

  for (guint i = 0; i < cpus->n_vcpus; i++) {
    __atomic_store_n (&self->runners[i].wants_probe, TRUE, __ATOMIC_RELEASE);
    mos_vcpu_kick (self->runners[i].vcpu);
  }
}

void
mos_machine_probe (MosMachine *self)
{
  mos_machine_visit (self, probe_cb, self);
}

void
mos_machine_take_probe (MosMachineRunner *runner)
{
  MosMachine             *self = runner->machine;
  g_autofree MosCpuState *state = NULL;

  if (!__atomic_exchange_n (&runner->wants_probe, FALSE, __ATOMIC_ACQ_REL))
    return;
  state = g_new0 (MosCpuState, 1);
  if (mos_vcpu_get_state (runner->vcpu, state, NULL)) {
    g_mutex_lock (&self->probe_lock);
    if (self->probe != NULL)
      self->probe (self->probe_data, runner->vcpu, state, self->bus);
    g_mutex_unlock (&self->probe_lock);
  }
  mos_cpu_state_clear (state);
}
