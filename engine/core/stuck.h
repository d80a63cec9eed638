/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * "Why is it stuck?": what keeps a guest from getting on, read off live data.
 *
 * A MosStuck takes samples of one machine: where its processors stand, which
 * ports they touch, which faults they take, what the screen says. A cause is
 * named only when several samples in a row agree and nothing moved meanwhile,
 * so a guest at work has none. Taking a sample takes MOS_STUCK_SLICE_MS and
 * the locks of the adapter: on a worker thread, one at a time.
 */
#pragma once

#include "engine/lifecycle/vm.h"

G_BEGIN_DECLS

#define MOS_STUCK_SLICE_MS 40
/* So many samples in a row must agree. */
#define MOS_STUCK_SAMPLES 4

typedef enum {
  MOS_STUCK_NOT,
  MOS_STUCK_HALTED,  /* HLT with interrupts off */
  MOS_STUCK_RESETS,  /* itself, again and again: a triple fault */
  MOS_STUCK_FAULTS,  /* one exception over and over */
  MOS_STUCK_KEY,     /* the BIOS waits for a key */
  MOS_STUCK_NO_BOOT, /* the firmware found nothing to start */
  MOS_STUCK_PORT,    /* reads the same from the same port */
  MOS_STUCK_LOOP,    /* jumps to itself */
  MOS_STUCK_EMPTY,   /* executes zeros */
  MOS_N_STUCK
} MosStuckCause;

typedef struct {
  const char *name;   /* stable: "halted" */
  const char *title;  /* translatable */
  const char *advice; /* translatable: what to look at next */
} MosStuckInfo;

/* Indexed by cause; that of MOS_STUCK_NOT is empty. */
extern const MosStuckInfo mos_stuck_infos[MOS_N_STUCK];

typedef struct MosStuck MosStuck;

/* Main loop. References the machine. */
MosStuck *mos_stuck_new (MosVm *vm);
void      mos_stuck_free (MosStuck *self);

/*
 * Takes a sample; a worker thread. Returns the cause that the last samples
 * agree on, and its numbers in a translated sentence in @facts (free it; NULL
 * with MOS_STUCK_NOT).
 */
MosStuckCause mos_stuck_sample (MosStuck *self, char **facts);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosStuck, mos_stuck_free)

G_END_DECLS
