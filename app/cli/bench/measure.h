/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Measuring the benchmark's loops, in a guest and on the host.
 *
 * The guest is bare: memory, one processor, the port it reports to and one that
 * does nothing; no board, no firmware. Time is the host's, taken when the guest
 * writes its marks, so what it does before the first does not count. Any
 * thread; everything blocks until it has measured.
 */

#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef struct {
  const char  *name;   /* as the guest knows it */
  const char  *unit;   /* what is counted */
  guint        amount; /* of it when the loop runs once */
  gboolean     native; /* user mode may run it */
  const char  *help;   /* translatable */
  gboolean     nested; /* needs AMD-V or VT-x: */
  MosCpuVendor vendor;
} MosBenchLoop;

/* End with a NULL name. Of the second, NAME@LEVEL stands behind its NAME; they
 * need a processor with AMD-V. */
extern const MosBenchLoop mos_bench_loops[];
extern const MosBenchLoop mos_bench_nested_loops[];

/* Of the first. */
const MosBenchLoop *mos_bench_find (const char *name);

typedef struct {
  guint64 times;          /* how often the loop ran in each of the runs */
  guint64 checksum;       /* of such a run */
  double  per_s;          /* units a second, the median of the runs */
  double  per_cpu_s;      /* … a second of the processor time it got */
  double  instructions_s; /* guest instructions a second; 0: not known */
} MosBenchResult;

/* The guest, a flat multiboot kernel; free the reference. */
GBytes *mos_bench_get_image (void);

/*
 * Runs @loop on @klass, longer and longer until a run takes @run_us
 * microseconds; 0: only once, with times 1. Fails with the errors of the
 * backend, and MOS_ERROR_FAILED if the guest crashes or does not answer.
 */
gboolean mos_bench_run_guest (const MosBenchLoop    *loop,
                              const MosBackendClass *klass,
                              gint64                 run_us,
                              MosBenchResult        *result,
                              GError               **error);

/* What more there is while the loop runs. */
typedef struct {
  gboolean traced; /* a recorder keeps every event */
  gboolean device; /* the idle port is a UART: an exit as guests make them */
  gboolean pmu;    /* the guest could use performance counters, and does not */
} MosBenchExtras;

gboolean mos_bench_run_guest_with (const MosBenchLoop    *loop,
                                   const MosBackendClass *klass,
                                   gint64                 run_us,
                                   const MosBenchExtras  *extras,
                                   MosBenchResult        *result,
                                   GError               **error);

/* The same on the host's processor; @loop must be native. */
gboolean mos_bench_run_native (const MosBenchLoop *loop,
                               gint64              run_us,
                               MosBenchResult     *result,
                               GError            **error);

/* The checksum that a native @loop has after running @times times. */
gboolean mos_bench_checksum (const MosBenchLoop *loop,
                             guint64             times,
                             guint64            *checksum,
                             GError            **error);

G_END_DECLS
