/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Zydis does the work: decoding and writing.
 */
#include "engine/monitor/disassemble.h"

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/instructions.h"

#define LINE_CHARS 128

guint
mos_code_bits (const MosCpuState *state)
{
  const MosSegment *cs = &state->seg[MOS_SEG_CS];

  if ((state->cr0 & MOS_CR0_PE) == 0 || (state->rflags & MOS_RFLAGS_VM) != 0)
    return 16;
  if ((state->efer & MOS_EFER_LMA) != 0 && cs->l)
    return 64;
  return cs->db ? 32 : 16;
}

static void
init_decoder (ZydisDecoder *decoder, guint bits)
{
  if (bits == 64)
    ZydisDecoderInit (decoder, ZYDIS_MACHINE_MODE_LONG_64,
                      ZYDIS_STACK_WIDTH_64);
  else if (bits == 32)
    ZydisDecoderInit (decoder, ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
                      ZYDIS_STACK_WIDTH_32);
  else
    ZydisDecoderInit (decoder, ZYDIS_MACHINE_MODE_LONG_COMPAT_16,
                      ZYDIS_STACK_WIDTH_16);
}

guint
mos_disassemble (GString      *text,
                 const guint8 *code,
                 gsize         size,
                 guint64       address,
                 guint         bits,
                 guint         n_insns)
{
  ZydisDecoder   decoder;
  ZydisFormatter formatter;
  guint          n = 0;

  init_decoder (&decoder, bits);
  ZydisFormatterInit (&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
  for (gsize at = 0; at < size && n < n_insns; n++) {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand     operands[ZYDIS_MAX_OPERAND_COUNT];
    char                    line[LINE_CHARS] = "?";
    guint                   length = 1;

    if (ZYAN_SUCCESS (
            mos_decode (&decoder, code + at, size - at, &insn, operands))) {
      length = insn.length;
      if (!ZYAN_SUCCESS (ZydisFormatterFormatInstruction (
              &formatter, &insn, operands, insn.operand_count_visible, line,
              sizeof line, address + at, NULL)))
        g_strlcpy (line, "?", sizeof line);
    }
    g_string_append_printf (text, "%16" G_GINT64_MODIFIER "x  ", address + at);
    for (guint i = 0; i < 8; i++) {
      if (i < length)
        g_string_append_printf (text, "%02x ", code[at + i]);
      else
        g_string_append (text, "   ");
    }
    g_string_append_printf (text, " %s\n", line);
    at += length;
  }
  return n;
}
