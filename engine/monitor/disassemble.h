/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Machine code as text, for people.
 */
#pragma once

#include "engine/cpu/state.h"

G_BEGIN_DECLS

/* How many bits the code that @state runs has: 16, 32 or 64. */
guint mos_code_bits (const MosCpuState *state);

/* Appends one line for each of up to @n_insns instructions of @code, which is
 * any bytes: address, bytes, instruction in Intel's syntax. What cannot be
 * decoded is one byte. @bits: 16, 32 or 64. Returns the lines. */
guint mos_disassemble (GString      *text,
                       const guint8 *code,
                       gsize         size,
                       guint64       address,
                       guint         bits,
                       guint         n_insns);

G_END_DECLS
