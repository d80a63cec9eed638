/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making a profile of a running machine.
 *
 * CPU: a thread asks the processors where they are, so many times a second.
 * Exits: every exit event with the instruction that caused it. Memory: the
 * accessed and dirty bits of the guest's page tables, once a second. Disk: the
 * latencies of the requests answered meanwhile. Main-loop object's functions;
 * the work is done on a thread of its own and on the vCPUs'.
 */
#pragma once

#include "engine/lifecycle/vm.h"
#include "engine/monitor/profile.h"

G_BEGIN_DECLS

#define MOS_PROFILER_DEFAULT_HZ 250u
#define MOS_PROFILER_MAX_HZ     5000u

typedef struct MosProfiler MosProfiler;

/*
 * Starts at once. @symbols (taken, may be NULL) name the guest's functions;
 * without them a 64-bit Linux is asked for its own (monitor/kallsyms.h).
 * @hz: CPU samples a second, 0: the default. MOS_ERROR_WRONG_STATE if the
 * machine is not running.
 */
MosProfiler *mos_profiler_start (MosVm         *vm,
                                 const char    *name,
                                 MosProfileType type,
                                 MosSymbols    *symbols,
                                 guint          hz,
                                 GError       **error);

/* Ends it; what was found out is the caller's. Before the machine is gone it
 * may be called at any time, afterwards too. */
MosProfile *mos_profiler_stop (MosProfiler *self);

/* Samples so far; any thread. */
guint64 mos_profiler_count (MosProfiler *self);

G_END_DECLS
