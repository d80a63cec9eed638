/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One case of the differential test: an instruction and all that it meets.
 *
 * The test itself makes operands that any bytes can be; here are those that
 * must be made with care: whole register states, control words, and the
 * indices of gathers.
 */
#pragma once

#include <Zydis/Zydis.h>
#include <glib.h>

#include "tests/cpu/native.h"

typedef struct {
  guint8                  code[16];
  guint                   size;
  ZydisDecodedInstruction insn;
  ZydisDecodedOperand     operands[ZYDIS_MAX_OPERAND_COUNT];
  guint64                 gpr[16];
  guint64                 rflags;
  guint64                 at; /* the operand in memory */
  guint8                  data[NATIVE_PAGES * 4096];
  guint8                  xsave[1024];
} Case;

/* The next number after @state. */
guint64 case_random (guint64 *state);

/* Numbers that arithmetic stumbles over, and others. */
guint64 case_interesting (guint64 *state);

/* Fills the 832 bytes at @x with registers as XSAVE keeps them, all three
 * components; the rest of 1024 bytes with zeros. */
void case_random_fpu (guint64 *state, guint8 *x);

gboolean case_is_gather (ZydisMnemonic mnemonic);

/* Indices, for a base in the middle of the data, into the vector register
 * @index; a few of them lead out of the data. */
void case_place_lanes (guint64 *state, Case *c, ZydisRegister index);

/* What the instruction finds in memory at @c->at and in ST(0), and the mask it
 * takes from EDX:EAX; does nothing for other instructions. FALSE: the same
 * registers are part of the address. */
gboolean case_place_state (guint64 *state, Case *c);

/* Makes equal in the data at @data what processors may write differently: the
 * addresses and the opcode of the last x87 instruction, which the two vendors
 * keep at different times, and the bits of MXCSR there are. What is written
 * before a @fault is undefined altogether. */
void case_forget (const Case *c, guint8 *data, gboolean fault);
