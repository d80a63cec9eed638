/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How fast a backend runs guests on this host.
 *
 * A tiny 64-bit guest runs for some ten milliseconds: once a loop of
 * arithmetic, memory and a branch, once a loop of port writes. The result
 * decides what "auto" means, so that a KVM which emulates every instruction
 * is found out. It is kept in the user's cache folder for this kernel, this
 * processor and this program, so that only the first start pays.
 */

#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

typedef struct {
  double   mips;        /* million guest instructions a second */
  double   exits_per_s; /* port writes that reach a device */
  gboolean cached;      /* measured earlier */
} MosCalibration;

/* Below this a backend that ought to use the processor is emulating. */
#define MOS_CALIBRATION_EMULATED_MIPS 50.0

/*
 * Measures now; blocks for about 120 ms. Any thread. Fails with the backend's
 * errors, or MOS_ERROR_FAILED if the guest does not run as it should.
 */
gboolean mos_backend_measure (const MosBackendClass *klass,
                              MosCalibration        *result,
                              GError               **error);

/*
 * Takes the cached result, or measures and keeps it; a cache that cannot be
 * read or written is no error. The backend must be usable here (see probe).
 */
gboolean mos_backend_calibrate (const MosBackendClass *klass,
                                MosCalibration        *result,
                                GError               **error);

/*
 * Millions of instructions a second of a guest that leaves for a device once
 * in 5,000 instructions, as a booting system does: what "auto" compares. 0 if
 * it was not measured.
 */
double mos_calibration_score (const MosCalibration *self);

/* One sentence for people: why @winner and not @loser, which both were
 * measured. Free with g_free(). */
char *mos_calibration_explain (const MosBackendClass *winner,
                               const MosCalibration  *winner_speed,
                               const MosBackendClass *loser,
                               const MosCalibration  *loser_speed);

G_END_DECLS
