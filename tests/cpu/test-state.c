/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A processor's state after reset, through a file and back, and what a file
 * may not say.
 */

#include <string.h>

#include "engine/base/error.h"
#include "engine/cpu/state.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"

static MosCpuState *
new_state (void)
{
  MosCpuState *state = g_new0 (MosCpuState, 1);

  mos_cpu_state_reset (state, 3, TRUE);
  return state;
}

static void
free_state (MosCpuState *state)
{
  mos_cpu_state_clear (state);
  g_free (state);
}

/* Different in every member that is saved. */
static MosCpuState *
busy_state (void)
{
  MosCpuState *s = new_state ();
  guint8       nested[100] = { 1, 2, 3 };

  for (guint i = 0; i < MOS_N_GPRS; i++)
    s->gpr[i] = G_GUINT64_CONSTANT (0x0123456789abcdef) * (i + 1);
  s->rip = G_GUINT64_CONSTANT (0xffffffff81000000);
  s->rflags = 0x246;
  for (guint i = 0; i < MOS_N_SEGS; i++)
    s->seg[i] = (MosSegment){
      .base = 1000 + i,
      .limit = 2000 + i,
      .selector = 8 * i,
      .type = i,
      .dpl = i % 4,
      .l = i % 2,
      .g = 1,
      .unusable = i == 7,
    };
  s->gdt = (MosTableRegister){ 77, 78 };
  s->idt = (MosTableRegister){ 79, 80 };
  s->cr0 |= MOS_CR0_PE | MOS_CR0_PG;
  s->cr2 = 5;
  s->cr3 = 0x1000;
  s->cr4 = MOS_CR4_PAE;
  s->cr8 = 9;
  s->xcr0 = 7;
  s->efer = MOS_EFER_LME | MOS_EFER_LMA;
  s->dr[2] = 99;
  s->pdptr[3] = 98;
  s->pdptr_valid = TRUE;
  memset (s->xsave, 0x5a, 832);
  s->xsave_bytes = 832;
  memset (s->lapic, 0xa5, sizeof s->lapic);
  s->lapic_timer_deadline_ns = 123456789;
  mos_cpu_state_msr (s, MOS_MSR_LSTAR)->value = 0xdead;
  s->mp_state = MOS_MP_HALTED;
  s->pending.exception_pending = TRUE;
  s->pending.exception_vector = MOS_EXC_PF;
  s->pending.exception_error = 6;
  s->pending.nmi_masked = TRUE;
  s->pending.sipi_vector = 0x9f;
  s->nested = g_bytes_new (nested, sizeof nested);
  return s;
}

static void
test_reset (void)
{
  MosCpuState *s = new_state ();

  g_assert_cmphex (s->rip, ==, 0xfff0);
  g_assert_cmphex (s->seg[MOS_SEG_CS].base, ==, 0xffff0000);
  g_assert_cmphex (s->cr0, ==, 0x60000010);
  g_assert_cmphex (s->rflags, ==, 2);
  g_assert_cmphex (s->dr6, ==, 0xffff0ff0);
  g_assert_cmphex (s->apic_base, ==, 0xfee00900);
  g_assert_cmphex (s->lapic[0x23], ==, 3);
  g_assert_cmphex (mos_cpu_state_msr (s, MOS_MSR_PAT)->value, ==,
                   G_GUINT64_CONSTANT (0x0007040600070406));
  g_assert_cmpint (s->mp_state, ==, MOS_MP_RUNNABLE);

  mos_cpu_state_reset (s, 4, FALSE);
  g_assert_cmphex (s->apic_base, ==, 0xfee00800);
  g_assert_cmpint (s->mp_state, ==, MOS_MP_WAIT_FOR_SIPI);
  free_state (s);
}

static void
test_round_trip (void)
{
  MosCpuState *before = busy_state ();
  MosCpuState *after = new_state ();
  g_autoptr (GVariant) saved = mos_cpu_state_save (before);
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (mos_cpu_state_load (after, saved, &error));
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (before->nested, after->nested));
  again = mos_cpu_state_save (after);
  g_assert_true (g_variant_equal (saved, again));

  g_clear_pointer (&before->nested, g_bytes_unref);
  g_clear_pointer (&after->nested, g_bytes_unref);
  memset (before->xsave + 832, 0, sizeof before->xsave - 832);
  memset (after->xsave + 832, 0, sizeof after->xsave - 832);
  g_assert_cmpint (memcmp (before->msrs, after->msrs, sizeof after->msrs), ==,
                   0);
  g_assert_cmpint (
      memcmp (&before->pending, &after->pending, sizeof after->pending), ==, 0);
  g_assert_cmpint (memcmp (before->seg, after->seg, sizeof after->seg), ==, 0);
  g_assert_cmpint (memcmp (before->lapic, after->lapic, sizeof after->lapic),
                   ==, 0);
  free_state (before);
  free_state (after);
}

/* One entry of the dictionary put in place of the good one. */
typedef struct {
  const char *key;
  const char *value; /* in GVariant's text format; NULL: leave it out */
  const char *words; /* the error contains */
} Mistake;

static const Mistake mistakes[] = {
  { "version", "uint32 2", "format 2" },
  { "version", "'1'", "version" },
  { "rip", NULL, "rip" },
  { "rip", "[@t 1, 2]", "elements" },
  { "gpr", "[@t 1]", "elements" },
  { "gpr", "uint32 7", "gpr" },
  { "surprise", "7", "surprise" },
  { "mp-state", "uint32 4", "mp-state" },
  { "cr0", "[@t 0x80000000]", "without protected mode" },
  { "cr0", "[@t 0x100000011]", "above 31" },
  { "cr8", "[@t 16]", "cr8" },
  { "efer", "[@t 0x500]", "contradicts" },
  { "rflags", "[@t 0]", "impossible" },
  { "rflags", "[@t 0x80000002]", "impossible" },
  { "xcr0", "[@t 6]", "x87" },
  { "xsave", "@ay [1, 2, 3]", "size" },
  { "lapic", "@ay []", "size" },
  { "msrs", "[(@u 16, @t 1), (16, 2)]", "twice" },
  { "segments", "@a(tuqyyyyyyyyy) []", "elements" },
  { "pending",
    "(false, byte 32, false, @u 0, false, false, byte 0, byte 0, false, "
    "false, false, false, false, byte 0, false)",
    "out of range" },
  { "nested", "'blob'", "nested" },
};

static void
test_mistakes (void)
{
  MosCpuState *good = new_state ();
  MosCpuState *victim = busy_state ();
  g_autoptr (GVariant) saved = mos_cpu_state_save (good);
  g_autoptr (GVariant) before = mos_cpu_state_save (victim);

  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++) {
    const Mistake *m = &mistakes[i];
    GVariantDict   dict;
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) bad = NULL;
    g_autoptr (GVariant) after = NULL;

    g_variant_dict_init (&dict, saved);
    g_variant_dict_remove (&dict, m->key);
    if (m->value != NULL)
      g_variant_dict_insert_value (&dict, m->key,
                                   g_variant_new_parsed (m->value));
    bad = g_variant_ref_sink (g_variant_dict_end (&dict));
    g_assert_false (mos_cpu_state_load (victim, bad, &error));
    g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
    if (strstr (error->message, m->words) == NULL)
      g_error ("“%s” does not say “%s”", error->message, m->words);
    after = mos_cpu_state_save (victim);
    g_assert_true (g_variant_equal (before, after));
  }
  free_state (good);
  free_state (victim);
}

static void
test_too_many_msrs (void)
{
  MosCpuState *s = new_state ();

  for (guint i = 0; i < 2 * MOS_STATE_MAX_MSRS; i++)
    mos_cpu_state_msr (s, 0x10000 + i);
  g_assert_cmpuint (s->n_msrs, ==, MOS_STATE_MAX_MSRS);
  g_assert_null (mos_cpu_state_msr (s, 0x20000));
  free_state (s);
}

static void
test_describe (void)
{
  MosCpuState     *s = busy_state ();
  g_autofree char *text = NULL;

  s->seg[MOS_SEG_CS].l = 1;
  text = mos_cpu_state_describe (s);
  g_assert_nonnull (strstr (text, "Mode: 64-bit, halted"));
  g_assert_nonnull (strstr (text, "ffffffff81000000"));
  g_assert_nonnull (strstr (text, "LME LMA"));
  free_state (s);
}

static void
test_msr_table (void)
{
  guint64 value;

  for (guint i = 1; i < mos_n_msrs; i++)
    g_assert_cmphex (mos_msrs[i - 1].index, <, mos_msrs[i].index);
  for (guint i = 0; i < mos_n_msrs; i++)
    g_assert_true (mos_msr_find (mos_msrs[i].index) == &mos_msrs[i]);
  g_assert_null (mos_msr_find (0x12345));
  g_assert_null (mos_msr_find (G_MAXUINT32));

  g_assert_true (mos_msr_check_write (mos_msr_find (MOS_MSR_LSTAR),
                                      G_GUINT64_CONSTANT (0xffff800000000000),
                                      &value));
  g_assert_false (mos_msr_check_write (mos_msr_find (MOS_MSR_LSTAR),
                                       G_GUINT64_CONSTANT (0x800000000000),
                                       &value));
  g_assert_false (mos_msr_check_write (mos_msr_find (MOS_MSR_PAT), 2, &value));
  g_assert_true (mos_msr_check_write (mos_msr_find (MOS_MSR_PAT), 7, &value));
  g_assert_false (
      mos_msr_check_write (mos_msr_find (MOS_MSR_MTRR_CAP), 0, &value));
  g_assert_true (mos_msr_check_write (mos_msr_find (MOS_MSR_SYSENTER_CS),
                                      G_MAXUINT64, &value));
  g_assert_cmphex (value, ==, 0xffffffff);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state/reset", test_reset);
  g_test_add_func ("/state/round-trip", test_round_trip);
  g_test_add_func ("/state/mistakes", test_mistakes);
  g_test_add_func ("/state/too-many-msrs", test_too_many_msrs);
  g_test_add_func ("/state/describe", test_describe);
  g_test_add_func ("/msr/table", test_msr_table);
  return g_test_run ();
}
