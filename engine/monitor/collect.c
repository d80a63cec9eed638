/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's numbers: its processors, devices, drives, cables and memory.
 */
#include "engine/monitor/collect.h"

#include <string.h>

#include "engine/bus/device.h"

typedef struct {
  const char    *uuid;
  MosReadingFunc func;
  gpointer       user_data;
  gint16         vcpu;
  guint64        events, work;
  guint64        resident, size;
  MosRam        *ram; /* the largest */
  guint64        deeper[MOS_N_EXITS];
} Collect;

static void
emit (const Collect *self, const MosSeriesKey *key, guint64 value)
{
  self->func (self->user_data, key, (gint64) MIN (value, G_MAXINT64));
}

static void
machine_value (const Collect *self, MosMetric metric, guint64 value)
{
  MosSeriesKey key;

  mos_series_key_init (&key, metric, self->uuid);
  emit (self, &key, value);
}

/* -- processors ---------------------------------------------------------- */

static void
vcpu_value (const Collect *self, MosMetric metric, guint64 value)
{
  MosSeriesKey key;

  if (value == 0)
    return;
  mos_series_key_init (&key, metric, self->uuid);
  key.vcpu = self->vcpu;
  emit (self, &key, value);
}

static void
exits_value (Collect      *self,
             int           vcpu,
             guint         level,
             guint         handled_by,
             MosExitReason reason,
             guint64       count)
{
  MosSeriesKey key;

  self->events += count;
  if (count == 0)
    return;
  mos_series_key_init (&key, MOS_METRIC_EXITS, self->uuid);
  key.vcpu = (gint16) vcpu;
  key.level = (gint16) MIN (level, 99);
  key.handled_by = (gint16) MIN (handled_by, 99);
  mos_series_key_set_label (&key, mos_exit_infos[reason].name);
  emit (self, &key, count);
}

static void
statistic_cb (gpointer    user_data,
              const char *name,
              const char *unit,
              guint64     value)
{
  Collect     *self = user_data;
  MosSeriesKey key;

  if (value == 0)
    return;
  mos_series_key_init (&key, MOS_METRIC_BACKEND, self->uuid);
  key.vcpu = self->vcpu;
  mos_series_key_set_label (&key, name);
  emit (self, &key, value);
}

static void
collect_faults (const Collect *self, const guint64 *faults, guint n)
{
  for (guint i = 0; i < n; i++) {
    MosSeriesKey key;
    char         label[8];

    if (faults[i] == 0)
      continue;
    g_snprintf (label, sizeof label, "%u", i);
    mos_series_key_init (&key, MOS_METRIC_FAULTS, self->uuid);
    key.vcpu = self->vcpu;
    mos_series_key_set_label (&key, label);
    emit (self, &key, faults[i]);
  }
}

static void
collect_vcpu (Collect *self, MosCpus *cpus, guint index)
{
  MosVcpu        *vcpu = mos_cpus_vcpu (cpus, index);
  MosVcpuCounters counters = { { 0 } };

  self->vcpu = (gint16) index;
  mos_vcpu_counters (vcpu, &counters);
  /* What the processors took for deeper levels is theirs; which vCPU it was on
   * is not known, so the first that have some give it. */
  for (guint i = 0; i < MOS_N_EXITS; i++) {
    guint64 theirs = MIN (self->deeper[i], counters.exits[i]);

    self->deeper[i] -= theirs;
    exits_value (self, (int) index, 1, 0, (MosExitReason) i,
                 counters.exits[i] - theirs);
  }
  vcpu_value (self, MOS_METRIC_GUEST_CPU, (guint64) MAX (counters.run_ns, 0));
  vcpu_value (self, MOS_METRIC_INTERRUPTS, counters.interrupts);
  if (counters.instructions_known)
    vcpu_value (self, MOS_METRIC_INSTRUCTIONS, counters.instructions);
  vcpu_value (self, MOS_METRIC_TLB_MISSES, counters.tlb_misses);
  vcpu_value (self, MOS_METRIC_PAGE_WALKS, counters.page_walks);
  collect_faults (self, counters.faults, G_N_ELEMENTS (counters.faults));
  self->events += counters.interrupts;
  self->work += counters.instructions_known
                    ? counters.instructions
                    : (guint64) MAX (counters.run_ns, 0);
  if (cpus->klass->stats != NULL)
    cpus->klass->stats (cpus, vcpu, statistic_cb, self);
}

/* -- levels -------------------------------------------------------------- */

static void
add_cells (MosHierarchyCells *levels, guint level, MosHierarchyCells cells)
{
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint i = 0; i < MOS_N_EXITS; i++)
      levels[MIN (level, MOS_HIERARCHY_LEVELS - 1)][by][i] += cells[by][i];
}

/* In the guests of each level themselves; level 1 is the machine's hypervisor.
 * Nothing while there are no guests. */
static void
collect_level_times (const Collect              *self,
                     const MosHierarchySnapshot *snapshot,
                     MosCollectState            *state)
{
  guint64 ns[MOS_HIERARCHY_LEVELS] = { 0 };

  if (snapshot->guests == NULL || snapshot->guests->len == 0)
    return;
  ns[1] = (guint64) MAX (snapshot->busy_ns, 0);
  for (guint i = 0; i < snapshot->guests->len; i++) {
    const MosHierarchyGuest *guest =
        &g_array_index (snapshot->guests, MosHierarchyGuest, i);

    ns[MIN (guest->level, MOS_HIERARCHY_LEVELS - 1)] +=
        (guint64) MAX (guest->own_ns, 0);
  }
  for (guint level = 1; level < MOS_HIERARCHY_LEVELS; level++) {
    MosSeriesKey key;

    if (state != NULL)
      state->level_ns[level] = ns[level] =
          MAX (ns[level], state->level_ns[level]);
    if (ns[level] == 0)
      continue;
    mos_series_key_init (&key, MOS_METRIC_LEVEL_TIME, self->uuid);
    key.level = (gint16) level;
    emit (self, &key, ns[level]);
  }
}

/* Levels 2 and deeper; remembers what the processors counted of them. */
static void
collect_levels (Collect *self, MosHierarchy *hierarchy, MosCollectState *state)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  g_autofree MosHierarchyCells *levels =
      g_new0 (MosHierarchyCells, MOS_HIERARCHY_LEVELS);

  if (hierarchy == NULL)
    return;
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  collect_level_times (self, &snapshot, state);
  for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
    add_cells (levels, level, snapshot.gone[level]);
  for (guint i = 0; snapshot.guests != NULL && i < snapshot.guests->len; i++) {
    MosHierarchyGuest *guest =
        &g_array_index (snapshot.guests, MosHierarchyGuest, i);

    add_cells (levels, guest->level, guest->cells);
  }
  for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS && level != 1; by++)
      for (guint i = 0; i < MOS_N_EXITS; i++) {
        exits_value (self, MOS_SERIES_NONE, level, by, (MosExitReason) i,
                     levels[level][by][i]);
        if (by == 0)
          self->deeper[i] += levels[level][by][i];
      }
  for (guint i = 0; state != NULL && i < MOS_N_EXITS; i++)
    state->deeper[i] = self->deeper[i] =
        MAX (self->deeper[i], state->deeper[i]);
}

/* -- devices ------------------------------------------------------------- */

static void
device_value (const Collect *self,
              MosMetric      metric,
              const char    *device,
              guint64        value)
{
  MosSeriesKey key;

  if (value == 0)
    return;
  mos_series_key_init (&key, metric, self->uuid);
  mos_series_key_set_device (&key, device);
  emit (self, &key, value);
}

static guint64
load (const guint64 *counter)
{
  return __atomic_load_n (counter, __ATOMIC_RELAXED);
}

static void
collect_device (const Collect *self, const MosDevice *device)
{
  const MosIoCounters *c = &device->counters;

  device_value (self, MOS_METRIC_DEVICE_READS, device->name, load (&c->reads));
  device_value (self, MOS_METRIC_DEVICE_WRITES, device->name,
                load (&c->writes));
  device_value (self, MOS_METRIC_DEVICE_BYTES, device->name, load (&c->bytes));
  device_value (self, MOS_METRIC_DEVICE_INTERRUPTS, device->name,
                load (&c->interrupts));
  device_value (self, MOS_METRIC_DEVICE_TIME, device->name,
                mos_ticks_to_ns (&device->bus->made, load (&c->ticks)));
}

/* @counts: how many took at most 1, 2, 4, … microseconds; the last: more. */
static void
collect_latencies (const Collect *self,
                   MosMetric      metric,
                   const char    *device,
                   const guint64 *counts,
                   guint          n)
{
  for (guint i = 0; i < n; i++) {
    guint64      count = load (&counts[i]);
    MosSeriesKey key;
    char         bound[16];

    if (count == 0)
      continue;
    g_snprintf (bound, sizeof bound, "%u", 1u << i);
    mos_series_key_init (&key, metric, self->uuid);
    mos_series_key_set_device (&key, device);
    mos_series_key_set_label (&key, i + 1 < n ? bound : "+Inf");
    emit (self, &key, count);
  }
}

static void
collect_store (const Collect *self, const MosBlockStore *store, guint index)
{
  const MosBlockCounters *c = &store->counters;
  char                    name[16];

  g_snprintf (name, sizeof name, "drive%u", index);
  device_value (self, MOS_METRIC_DISK_READS, name, load (&c->reads));
  device_value (self, MOS_METRIC_DISK_WRITES, name, load (&c->writes));
  device_value (self, MOS_METRIC_DISK_READ_BYTES, name, load (&c->read_bytes));
  device_value (self, MOS_METRIC_DISK_WRITE_BYTES, name,
                load (&c->write_bytes));
  device_value (self, MOS_METRIC_DISK_ERRORS, name, load (&c->errors));
  collect_latencies (self, MOS_METRIC_DISK_LATENCY, name, c->latency,
                     MOS_BLOCK_N_LATENCIES);
}

static void
collect_port (const Collect *self, MosNetPort *port, guint index)
{
  MosNetCounters c;
  char           name[16];

  g_snprintf (name, sizeof name, "net%u", index);
  mos_net_port_counters (port, &c);
  device_value (self, MOS_METRIC_NET_TX_FRAMES, name, c.tx_frames);
  device_value (self, MOS_METRIC_NET_TX_BYTES, name, c.tx_bytes);
  device_value (self, MOS_METRIC_NET_RX_FRAMES, name, c.rx_frames);
  device_value (self, MOS_METRIC_NET_RX_BYTES, name, c.rx_bytes);
  device_value (self, MOS_METRIC_NET_DROPPED, name, c.dropped);
  collect_latencies (self, MOS_METRIC_NET_LATENCY, name, c.latency,
                     MOS_NET_N_LATENCIES);
}

/* -- the machine --------------------------------------------------------- */

static void
ram_cb (gpointer user_data, MosRam *ram)
{
  Collect *self = user_data;

  if (!g_str_equal (ram->name, "ram"))
    return;
  self->size += ram->size;
  self->resident += mos_ram_resident (ram);
  if (self->ram == NULL || self->ram->size < ram->size)
    self->ram = ram;
}

/* The pages of a machine that has done nothing are not looked at. */
static void
collect_change (const Collect *self, MosCollectState *state)
{
  guint64 bytes = 0;

  if (self->ram == NULL)
    return;
  if (self->work != state->work || self->events != state->events ||
      !state->change.begun)
    bytes = mos_change_look (&state->change, self->ram);
  machine_value (self, MOS_METRIC_MEMORY_DIRTIED, bytes);
}

/* Computes, but neither leaves nor is interrupted. */
static guint64
silence_s (Collect *self, MosCollectState *state, gint64 now_ns)
{
  gboolean silent =
      self->events == state->events && self->work > state->work + 1000000;

  if (!silent)
    state->silent_since_ns = now_ns;
  state->events = self->events;
  state->work = self->work;
  return (guint64) (now_ns - state->silent_since_ns) / 1000000000u;
}

void
mos_collect_machine (const MosCollectMachine *machine,
                     MosCollectState         *state,
                     MosReadingFunc           func,
                     gpointer                 user_data)
{
  Collect self = { .uuid = machine->uuid,
                   .func = func,
                   .user_data = user_data };
  gint64  now_ns = mos_clock_now (machine->bus->clock);

  machine_value (&self, MOS_METRIC_UPTIME, (guint64) MAX (now_ns, 0));
  if (state != NULL && state->life != machine->bus->made.ticks) {
    memset (state, 0, sizeof *state); /* started, loaded: all begins anew */
    state->life = machine->bus->made.ticks;
    state->silent_since_ns = now_ns;
  }
  collect_levels (&self, machine->hierarchy, state);
  for (guint i = 0; i < machine->cpus->n_vcpus; i++)
    collect_vcpu (&self, machine->cpus, i);
  self.vcpu = MOS_SERIES_NONE;
  if (machine->cpus->klass->stats != NULL)
    machine->cpus->klass->stats (machine->cpus, NULL, statistic_cb, &self);
  for (guint i = 0; i < machine->bus->devices->len; i++)
    collect_device (&self, g_ptr_array_index (machine->bus->devices, i));
  for (guint i = 0; i < machine->n_stores; i++)
    if (machine->stores[i] != NULL)
      collect_store (&self, machine->stores[i], i);
  for (guint i = 0; i < machine->n_ports; i++)
    if (machine->ports[i] != NULL)
      collect_port (&self, machine->ports[i], i);
  if (machine->resets > 0)
    machine_value (&self, MOS_METRIC_RESETS, machine->resets);
  if (machine->has_balloon)
    machine_value (&self, MOS_METRIC_MEMORY_BALLOONED,
                   machine->ballooned_bytes);
  mos_memory_map_foreach_ram (machine->bus->memory, ram_cb, &self);
  machine_value (&self, MOS_METRIC_MEMORY_SIZE, self.size);
  machine_value (&self, MOS_METRIC_MEMORY_RESIDENT, self.resident);
  if (machine->frames > 0)
    machine_value (&self, MOS_METRIC_FRAMES, machine->frames);
  if (state == NULL)
    return;
  collect_change (&self, state);
  machine_value (&self, MOS_METRIC_SILENT, silence_s (&self, state, now_ns));
}
