/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What `multios run` watches when it was asked to: samples for a report, a
 * trace of events, a profile. Main thread.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct {
  char          *report; /* a file; NULL: none */
  char          *trace;  /* a file; NULL: none */
  MosTraceFilter trace_filter;
  gboolean       has_filter;
  char          *profile; /* a file; NULL: none */
  MosProfileType profile_type;
  char          *symbols;     /* a file; NULL: none */
  guint          interval_ms; /* between samples; 0: a second */
} MosObserveOptions;

void mos_observe_options_clear (MosObserveOptions *self);

/* Values of the command line. MOS_ERROR_INVALID_VALUE. */
gboolean mos_observe_set_filter (MosObserveOptions *self,
                                 const char        *text,
                                 GError           **error);
/* "cpu:F", "exits:F", "memory:F", "disk:F". */
gboolean mos_observe_set_profile (MosObserveOptions *self,
                                  const char        *text,
                                  GError           **error);

typedef struct MosObserver MosObserver;

/* Before the machine starts; NULL with an error if a file of symbols is wrong,
 * NULL without one if nothing was asked for. @options outlives it. */
MosObserver *mos_observer_new (MosHypervisor           *hypervisor,
                               MosVm                   *vm,
                               const MosObserveOptions *options,
                               GError                 **error);
/* The machine runs: the profile begins. */
gboolean mos_observer_started (MosObserver *self, GError **error);
/* While it still has power: the last sample, the end of trace and profile. */
void mos_observer_ended (MosObserver *self);
/* Writes the files. */
gboolean mos_observer_write (MosObserver *self, GError **error);
void     mos_observer_free (MosObserver *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosObserver, mos_observer_free)

G_END_DECLS
