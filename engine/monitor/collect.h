/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading the numbers where they are counted.
 *
 * One function for a machine, one for the host and this program. They read
 * counters that others keep anyway; nothing is stopped, kicked or asked to
 * count. A number that is 0 and always was is left out, so a machine costs
 * only what it uses. One number is an estimate: change.h. Any thread.
 */
#pragma once

#include "engine/bus/bus.h"
#include "engine/cpu/backend.h"
#include "engine/host/block.h"
#include "engine/host/net.h"
#include "engine/monitor/change.h"
#include "engine/monitor/metric.h"
#include "engine/nested/hierarchy.h"

G_BEGIN_DECLS

/* What a machine's numbers are read from; alive during the call. */
typedef struct {
  const char           *uuid;
  MosBus               *bus;
  MosCpus              *cpus;
  MosBlockStore *const *stores; /* by drive; entries may be NULL */
  guint                 n_stores;
  MosNetPort *const    *ports; /* by adapter; entries may be NULL */
  guint                 n_ports;
  guint64               frames;
  guint64               resets; /* that the guest made */
  gboolean              has_balloon;
  guint64               ballooned_bytes; /* if it has one */
  MosHierarchy         *hierarchy; /* or NULL: its exits are all level 1's */
} MosCollectMachine;

/* What must be remembered of a machine from one tick to the next. Zeroed. */
typedef struct {
  guint64 events; /* exits and interrupts */
  guint64 work;   /* instructions, or nanoseconds of guest code */
  gint64  silent_since_ns;
  guint64 life; /* when what it was read from was made; 0: nothing was */
  /* Exits by deeper levels that the processors counted: never falls, though
   * the two are not read in the same moment. */
  guint64   deeper[MOS_N_EXITS];
  guint64   level_ns[MOS_HIERARCHY_LEVELS]; /* never falls either */
  MosChange change;
} MosCollectState;

/* @state may be NULL. */
void mos_collect_machine (const MosCollectMachine *machine,
                          MosCollectState         *state,
                          MosReadingFunc           func,
                          gpointer                 user_data);

/* Opened once: hardware counters of this process, where the host allows. */
typedef struct MosCollectHost MosCollectHost;

/* @path: a folder on the disk to watch. */
MosCollectHost *mos_collect_host_new (const char *path);
void            mos_collect_host_free (MosCollectHost *self);

typedef struct {
  guint   machines;       /* with power */
  guint64 promised_bytes; /* to all of them */
  gint64  sampler_ns;
  guint64 store_bytes;
} MosCollectLab;

void mos_collect_host (MosCollectHost      *self,
                       const MosCollectLab *lab,
                       MosReadingFunc       func,
                       gpointer             user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosCollectHost, mos_collect_host_free)

G_END_DECLS
