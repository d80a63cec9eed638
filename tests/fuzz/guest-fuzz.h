/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the targets of AMD-V and VT-x share: bytes as numbers, and what may
 * happen to a processor between two turns.
 */
#pragma once

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "tests/cpu/soft-machine.h"

typedef struct {
  const guint8 *data;
  gsize         size, at;
} FuzzInput;

/* The next @bytes as a number, big-endian; 0 behind the end. */
guint64 fuzz_take (FuzzInput *self, guint bytes);

/* An NMI, an interrupt, INIT, a state saved and loaded as it is or damaged; or
 * nothing. */
void fuzz_disturb (SoftMachine *machine, FuzzInput *in);

/*
 * Lets the processor run for @budget instructions. TRUE: it is in neither its
 * guest nor its host's code (of @size bytes at @host) any more, and has to be
 * set on its feet again.
 */
gboolean
fuzz_run (SoftMachine *machine, guint budget, guint64 host, gsize size);
