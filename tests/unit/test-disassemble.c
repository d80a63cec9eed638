/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Code as text: the mode decides what bytes mean, and any bytes are text.
 */
#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/engine.h"
#include "engine/monitor/disassemble.h"

static void
assert_says (const guint8 *code, gsize size, guint bits, const char *wanted)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpuint (mos_disassemble (text, code, size, 0x7c00, bits, 1), ==, 1);
  if (strstr (text->str, wanted) == NULL)
    g_error ("“%s” does not say “%s”", text->str, wanted);
}

static void
test_modes (void)
{
  static const guint8 code[] = { 0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8 };
  static const guint8 jump[] = { 0xeb, 0xfe };

  assert_says (code, sizeof code, 64, "mov rax, 0x807060504030201");
  assert_says (code, sizeof code, 32, "dec eax");
  assert_says (code, sizeof code, 16, "dec ax");
  assert_says (jump, sizeof jump, 16, "jmp 0x");
  assert_says (jump, sizeof jump, 16, "7c00  eb fe");
}

/* A displacement instead of a base, with REX.B and 32-bit addresses: the
 * decoder alone takes R13D. */
static void
test_no_base (void)
{
  static const guint8 code[] = { 0x67, 0x41, 0x89, 0x24, 0x35,
                                 0xb8, 0x50, 0xdb, 0x1c };

  assert_says (code, sizeof code, 64, "mov [esi*1+0x1CDB50B8], esp");
}

static void
test_bits (void)
{
  MosCpuState state = { .cr0 = 0 };

  g_assert_cmpuint (mos_code_bits (&state), ==, 16);
  state.cr0 = MOS_CR0_PE;
  state.seg[MOS_SEG_CS].db = 1;
  g_assert_cmpuint (mos_code_bits (&state), ==, 32);
  state.rflags = MOS_RFLAGS_VM;
  g_assert_cmpuint (mos_code_bits (&state), ==, 16);
  state.rflags = 0;
  state.efer = MOS_EFER_LMA;
  g_assert_cmpuint (mos_code_bits (&state), ==, 32);
  state.seg[MOS_SEG_CS].l = 1;
  g_assert_cmpuint (mos_code_bits (&state), ==, 64);
}

/* As many lines as there are; every byte appears once. */
static void
test_any_bytes (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint round = 0; round < 20000; round++) {
    static const guint widths[] = { 16, 32, 64 };
    g_autoptr (GString) text = g_string_new (NULL);
    guint8 code[24];
    gsize  size = (gsize) g_rand_int_range (random, 0, sizeof code + 1);

    for (gsize i = 0; i < size; i++)
      code[i] = (guint8) g_rand_int (random);
    g_assert_cmpuint (
        mos_disassemble (text, code, size, 0, widths[round % 3], G_MAXUINT), <=,
        size);
    g_assert_true (size == 0 ? text->len == 0 : text->len > 0);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/disassemble/modes", test_modes);
  g_test_add_func ("/disassemble/no-base", test_no_base);
  g_test_add_func ("/disassemble/bits", test_bits);
  g_test_add_func ("/disassemble/any-bytes", test_any_bytes);
  return g_test_run ();
}
