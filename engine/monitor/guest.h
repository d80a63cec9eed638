/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Looking at a guest from outside, without disturbing it: translations, code
 * addresses, stacks, and which of its pages it uses.
 *
 * Everything comes from a copy of the registers and from guest memory, which
 * may say anything: no walk goes on for longer than its bound. Page walks
 * follow the Intel SDM volume 3, "Paging"; nothing is marked accessed.
 */
#pragma once

#include "engine/cpu/state.h"
#include "engine/memory/map.h"

G_BEGIN_DECLS

/* Where @gva lies; FALSE if nothing is mapped there. */
gboolean mos_guest_translate (const MosCpuState *state,
                              MosMemoryMap      *memory,
                              guint64            gva,
                              guint64           *gpa);

/* Reads through the page tables; FALSE if any part is not in RAM or ROM. */
gboolean mos_guest_read (const MosCpuState *state,
                         MosMemoryMap      *memory,
                         guint64            gva,
                         void              *data,
                         gsize              size);

#define MOS_GUEST_MAX_FRAMES 64u

/* The code that runs and its callers by frame pointers, innermost first, as
 * linear addresses. Returns how many, 1 to MOS_GUEST_MAX_FRAMES. */
guint mos_guest_stack (const MosCpuState *state,
                       MosMemoryMap      *memory,
                       guint64           *frames);

/* Pages a guest's tables map, by piece of 2 MiB of guest-physical memory. */
typedef struct {
  guint32 present;
  guint32 accessed;
  guint32 dirty;
} MosHeatCell;

/* Adds what the tables of @state say to @cells, which stand for the first
 * @n_cells pieces. */
void mos_guest_heat (const MosCpuState *state,
                     MosMemoryMap      *memory,
                     MosHeatCell       *cells,
                     guint              n_cells);

G_END_DECLS
