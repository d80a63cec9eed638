/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The names of a running Linux, out of its own memory.
 *
 * A Linux built with CONFIG_KALLSYMS (all distributions do) carries the names
 * of its functions, packed, in its read-only data. They are found by the shape
 * of their tables, so nothing about the kernel needs to be known and its being
 * moved at boot does not matter. Understood is what 64-bit kernels from 5.0 on
 * have. Memory may say anything: tests/fuzz/fuzz-symbols.c.
 */
#pragma once

#include "engine/cpu/state.h"
#include "engine/memory/map.h"
#include "engine/monitor/symbols.h"

G_BEGIN_DECLS

/*
 * Looks around where the processor's exception handlers are. NULL: it is not
 * in 64-bit mode, or there are no such tables. Reads up to 96 MiB, which takes
 * some ten milliseconds; the vCPU must stand.
 */
MosSymbols *mos_kallsyms_find (const MosCpuState *state, MosMemoryMap *memory);

/* The same in a piece of memory whose first byte is at @address, aligned to
 * 8. NULL: none there. */
MosSymbols *
mos_kallsyms_parse (const guint8 *data, gsize size, guint64 address);

G_END_DECLS
