/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making a machine, ending it, and looking at it while it lives.
 *
 * Order matters here and stands in one place each: mos_machine_new() builds
 * bus, processors, board, threads; mos_machine_off() takes them down so that
 * nobody calls into what is gone: vCPU threads end, images finish what they
 * were given and answer on the I/O thread, that thread ends, and then board,
 * processors and bus (with its devices) are freed.
 */
#include "engine/lifecycle/machine.h"

#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/base/source.h"
#include "engine/lifecycle/machine-private.h"

/* Answers of images that wait when the I/O thread ends; far more than any
 * device has requests under way. */
#define MAX_LAST_ITERATIONS 10000

/* -- the I/O thread ------------------------------------------------------ */

static gpointer
io_thread (gpointer user_data)
{
  MosMachine *self = user_data;

  g_main_context_push_thread_default (self->io_context);
  g_main_loop_run (self->io_loop);
  for (guint i = 0; i < MAX_LAST_ITERATIONS; i++)
    if (!g_main_context_iteration (self->io_context, FALSE))
      break;
  g_main_context_pop_thread_default (self->io_context);
  return NULL;
}

static gboolean
quit_cb (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
start_io (MosMachine *self, GError **error)
{
  self->io_loop = g_main_loop_new (self->io_context, FALSE);
  if (mos_clock_mode (self->bus->clock) == MOS_CLOCK_REAL) {
    self->clock_source = mos_clock_source_new (self->bus->clock);
    g_source_attach (self->clock_source, self->io_context);
  }
  self->io_thread = g_thread_try_new ("machine-io", io_thread, self, error);
  return self->io_thread != NULL;
}

static void
end_io (MosMachine *self)
{
  if (self->io_thread != NULL) {
    g_autoptr (GSource) source = g_idle_source_new ();

    g_source_set_callback (source, quit_cb, self->io_loop, NULL);
    g_source_attach (source, self->io_context);
    g_clear_pointer (&self->io_thread, g_thread_join);
  }
  mos_source_clear (&self->clock_source);
  g_clear_pointer (&self->io_loop, g_main_loop_unref);
}

/* -- ending -------------------------------------------------------------- */

static void
ignore_gsi (gpointer cpus, guint gsi, gboolean level)
{
}

static void
ignore_msi (gpointer cpus, guint64 address, guint32 data)
{
}

static void
ignore_level (gpointer cpus, gboolean level)
{
}

static void
ignore_nmi (gpointer cpus)
{
}

/* What devices that go away drive when the processors are gone already. */
static const MosCpuInputs no_inputs = {
  .set_gsi = ignore_gsi,
  .send_msi = ignore_msi,
  .set_intr = ignore_level,
  .send_nmi = ignore_nmi,
  .set_a20 = ignore_level,
};

static void
drain_stores (MosMachine *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->stores); i++)
    if (self->stores[i] != NULL)
      mos_block_store_drain (self->stores[i]);
}

static void
free_parts (MosMachine *self)
{
  if (self->board != NULL)
    self->board->klass->free (self->board);
  self->board = NULL;
  if (self->bus != NULL) {
    mos_bus_set_request_func (self->bus, NULL, NULL);
    mos_bus_set_cpus (self->bus, &no_inputs, NULL);
  }
  g_clear_pointer (&self->cpus, mos_cpus_free);
  g_clear_pointer (&self->bus, mos_bus_free);
  for (guint i = 0; i < G_N_ELEMENTS (self->stores); i++)
    g_clear_pointer (&self->stores[i], mos_block_store_unref);
  for (guint i = 0; i < G_N_ELEMENTS (self->ports); i++)
    g_clear_pointer (&self->ports[i], mos_net_port_unref);
  g_clear_pointer (&self->companions, g_ptr_array_unref);
  g_clear_pointer (&self->runners, g_free);
  self->n_vcpus = 0;
}

void
mos_machine_off (MosMachine *self)
{
  gboolean first;

  if (self == NULL)
    return;
  g_mutex_lock (&self->lock);
  first = (self->hold & MOS_HOLD_OFF) == 0;
  self->hold |= MOS_HOLD_OFF;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  /* Verbs under way see it and return. */
  g_mutex_lock (&self->control);
  if (first) {
    mos_machine_end_threads (self);
    drain_stores (self);
    end_io (self);
    g_rw_lock_writer_lock (&self->life);
    free_parts (self);
    g_rw_lock_writer_unlock (&self->life);
  }
  g_mutex_unlock (&self->control);
}

MosMachine *
mos_machine_ref (MosMachine *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_machine_unref (MosMachine *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  mos_machine_off (self);
  if (self->free_user_data != NULL)
    self->free_user_data (self->user_data);
  mos_hierarchy_unref (self->hierarchy);
  mos_log_unref (self->log);
  g_main_context_unref (self->io_context);
  g_mutex_clear (&self->control);
  g_rw_lock_clear (&self->life);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->probe_lock);
  g_cond_clear (&self->changed);
  g_free (self);
}

/* -- making -------------------------------------------------------------- */

static gboolean
make_cpus (MosMachine *self, const MosMachineSpec *spec, GError **error)
{
  MosCpusSpec cpus = spec->cpus;

  cpus.bus = self->bus;
  if (self->hierarchy != NULL && cpus.nested)
    cpus.observer = mos_hierarchy_observer (self->hierarchy);
  self->cpus = mos_cpus_new (spec->backend, &cpus, error);
  if (self->cpus == NULL)
    return FALSE;

  self->n_vcpus = cpus.n_vcpus;
  self->runners = g_new0 (MosMachineRunner, self->n_vcpus);
  for (guint i = 0; i < self->n_vcpus; i++) {
    self->runners[i].machine = self;
    self->runners[i].vcpu = mos_cpus_vcpu (self->cpus, i);
  }
  return TRUE;
}

static gboolean
make_board (MosMachine *self, const MosMachineSpec *spec, GError **error)
{
  for (guint i = 0; i < spec->board.n_drives; i++)
    if (spec->board.drives[i].store != NULL)
      self->stores[i] = mos_block_store_ref (spec->board.drives[i].store);
  for (guint i = 0; i < spec->board.n_net; i++)
    if (spec->board.net[i].port != NULL)
      self->ports[i] = mos_net_port_ref (spec->board.net[i].port);
  self->board = spec->board_class->create (&spec->board, self->bus, error);
  return self->board != NULL;
}

static gboolean
make_bus (MosMachine *self, const MosMachineSpec *spec, GError **error)
{
  self->bus = mos_bus_new (spec->clock_mode, spec->log, spec->io_context);
  mos_bus_share_trace (self->bus, spec->trace);
  mos_bus_set_request_func (self->bus, mos_machine_request, self);
  return TRUE;
}

static gboolean
make_threads (MosMachine *self, const MosMachineSpec *spec, GError **error)
{
  return start_io (self, error) && mos_machine_run_threads (self, error);
}

static gboolean
first_reset (MosMachine *self, const MosMachineSpec *spec, GError **error)
{
  return mos_machine_reset (self, error);
}

/* In this order; `share` of the whole, for the progress. */
static const struct {
  double share;
  gboolean (*make) (MosMachine           *self,
                    const MosMachineSpec *spec,
                    GError              **error);
} steps[] = {
  { 0.05, make_bus },     { 0.25, make_cpus },   { 0.40, make_board },
  { 0.05, make_threads }, { 0.25, first_reset },
};

static MosMachine *
new_empty (const MosMachineSpec *spec)
{
  MosMachine *self = g_new0 (MosMachine, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->control);
  g_rw_lock_init (&self->life);
  g_mutex_init (&self->lock);
  g_mutex_init (&self->probe_lock);
  g_cond_init (&self->changed);
  self->hold = MOS_HOLD_PAUSE;
  self->func = spec->func;
  self->user_data = spec->user_data;
  self->free_user_data = spec->free_user_data;
  self->companions = spec->companions;
  self->log = mos_log_ref (spec->log);
  if (spec->hierarchy != NULL)
    self->hierarchy = mos_hierarchy_ref (spec->hierarchy);
  self->io_context = g_main_context_ref (spec->io_context);
  return self;
}

MosMachine *
mos_machine_new (const MosMachineSpec *spec,
                 MosMachineProgress    progress,
                 gpointer              progress_data,
                 GError              **error)
{
  g_autoptr (MosMachine) self = new_empty (spec);
  double done = 0;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    if (progress != NULL && !progress (progress_data, done)) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED, _ ("Cancelled"));
      return NULL;
    }
    if (!steps[i].make (self, spec, error))
      return NULL;
    done += steps[i].share;
  }
  return g_steal_pointer (&self);
}

/* -- looking ------------------------------------------------------------- */

/* While it is being taken apart it counts as gone: who looks does not wait. */
void
mos_machine_visit (MosMachine *self, MosMachineVisit func, gpointer user_data)
{
  if (!g_rw_lock_reader_trylock (&self->life))
    return;
  if (self->bus != NULL && self->cpus != NULL && self->board != NULL)
    func (user_data, self->bus, self->cpus);
  g_rw_lock_reader_unlock (&self->life);
}

static void
add_counters (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  MosVcpuCounters *totals = user_data;

  for (guint i = 0; i < cpus->n_vcpus; i++) {
    MosVcpuCounters one = { { 0 } };

    mos_vcpu_counters (mos_cpus_vcpu (cpus, i), &one);
    for (guint n = 0; n < MOS_N_EXITS; n++)
      totals->exits[n] += one.exits[n];
    totals->instructions += one.instructions;
    totals->interrupts += one.interrupts;
    totals->run_ns += one.run_ns;
    for (guint n = 0; n < G_N_ELEMENTS (one.faults); n++)
      totals->faults[n] += one.faults[n];
    totals->tlb_misses += one.tlb_misses;
    totals->page_walks += one.page_walks;
    totals->instructions_known |= one.instructions_known;
  }
}

void
mos_machine_counters (MosMachine *self, MosVcpuCounters *totals)
{
  mos_machine_visit (self, add_counters, totals);
}

MosHierarchy *
mos_machine_get_hierarchy (MosMachine *self)
{
  return self->hierarchy;
}

static void
read_clock (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  *(gint64 *) user_data = mos_clock_now (bus->clock);
}

gint64
mos_machine_now (MosMachine *self)
{
  gint64 now_ns = 0;

  mos_machine_visit (self, read_clock, &now_ns);
  return now_ns;
}

void
mos_machine_power_button (MosMachine *self)
{
  if (!g_rw_lock_reader_trylock (&self->life))
    return;
  if (self->board != NULL && self->board->klass->power_button != NULL)
    self->board->klass->power_button (self->board);
  g_rw_lock_reader_unlock (&self->life);
}

void
mos_machine_set_balloon (MosMachine *self, guint64 bytes)
{
  if (!g_rw_lock_reader_trylock (&self->life))
    return;
  if (self->board != NULL && self->board->klass->set_balloon != NULL)
    self->board->klass->set_balloon (self->board, bytes);
  g_rw_lock_reader_unlock (&self->life);
}

/* The old medium finishes what it was given, however long that takes: its
 * answers still come, and the device knows that they are of the old one. */
gboolean
mos_machine_change_medium (MosMachine    *self,
                           guint          drive,
                           MosBlockStore *store,
                           GError       **error)
{
  const MosBoardClass *klass;
  gboolean             ok = FALSE;

  g_return_val_if_fail (drive < G_N_ELEMENTS (self->stores), FALSE);

  g_mutex_lock (&self->control);
  klass = self->board != NULL ? self->board->klass : NULL;
  if (klass == NULL || klass->change_medium == NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("This machine has no drive whose medium can be changed"));
  else
    ok = klass->change_medium (self->board, drive, store, error);
  if (ok) {
    MosBlockStore *old = self->stores[drive];

    g_mutex_lock (&self->lock);
    self->stores[drive] = store != NULL ? mos_block_store_ref (store) : NULL;
    g_mutex_unlock (&self->lock);
    mos_block_store_unref (old);
  }
  g_mutex_unlock (&self->control);
  return ok;
}
