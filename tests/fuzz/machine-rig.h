/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A real machine for fuzz targets: the lab's board and the fastest processors
 * there are (or those that MOS_FUZZ_ACCEL names), with bytes of the target's
 * choice as what it boots.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

/* Why there can be no machine here, or NULL. */
const char *rig_why_not (void);

/* A machine that boots @data: a kernel or flat code without firmware, or, with
 * @floppy, an image in the floppy drive under the firmware. The first call
 * makes the hypervisor. */
MosVm *rig_vm_new (const guint8 *data, gsize size, gboolean floppy);

/* Starts it (a refusal is fine), lets it run, stops it, deletes it. */
void rig_try (MosVm *vm, guint run_ms);
/* The parts of it. */
void rig_run (guint run_ms);
void rig_end (MosVm *vm);

G_END_DECLS
