/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tables of VT-x agree with themselves, and a few rows with the manual.
 */
#include <string.h>

#include "engine/cpu/x86/vmx.h"

static const MosVmxModel model = { .cr4 = 0x7726ff,
                                   .efer = 0xd01,
                                   .debugctl = 3,
                                   .phys_bits = 40 };

static void
test_fields (void)
{
  guint n = 0;

  for (guint i = 0; i < MOS_VMCS_SLOTS; i++) {
    const MosVmcsFieldInfo *info = &mos_vmcs_fields[i];

    if (info->name == NULL)
      continue;
    n++;
    g_assert_cmpint (mos_vmcs_find (info->encoding), ==, (int) i);
    g_assert_true (info->help != NULL && info->help[0] != '\0');
    /* The upper half exists for 64-bit fields alone. */
    if (mos_vmcs_width (i) == MOS_VMCS_WIDTH_64)
      g_assert_cmpint (mos_vmcs_find (info->encoding | 1), ==, (int) i);
    else
      g_assert_cmpint (mos_vmcs_find (info->encoding | 1), ==, -1);
    g_assert_cmpint (mos_vmcs_find (info->encoding | 0x1000), ==, -1);
    g_assert_cmpint (mos_vmcs_find (info->encoding | 0x8000), ==, -1);
    g_assert_cmpint (
        mos_vmcs_find (info->encoding | G_GUINT64_CONSTANT (0x100000000)), ==,
        -1);
  }
  g_assert_cmpuint (n, >, 170);
}

/* Encodings that the manual's appendix gives. */
static void
test_encodings (void)
{
  static const struct {
    guint32 encoding;
    int     field;
  } rows[] = {
    { 0x0000, MOS_VMCS_VPID },
    { 0x0802, MOS_VMCS_GUEST_CS_SELECTOR },
    { 0x0c0c, MOS_VMCS_HOST_TR_SELECTOR },
    { 0x2004, MOS_VMCS_MSR_BITMAP },
    { 0x201a, MOS_VMCS_EPTP },
    { 0x2400, MOS_VMCS_GUEST_PHYSICAL },
    { 0x2800, MOS_VMCS_LINK_POINTER },
    { 0x2806, MOS_VMCS_GUEST_EFER },
    { 0x2c02, MOS_VMCS_HOST_EFER },
    { 0x4000, MOS_VMCS_PIN_CONTROLS },
    { 0x401e, MOS_VMCS_PROC2_CONTROLS },
    { 0x4400, MOS_VMCS_INSTRUCTION_ERROR },
    { 0x4824, MOS_VMCS_GUEST_INTERRUPTIBILITY },
    { 0x482e, MOS_VMCS_PREEMPTION_TIMER },
    { 0x4c00, MOS_VMCS_HOST_SYSENTER_CS },
    { 0x6004, MOS_VMCS_CR0_SHADOW },
    { 0x6400, MOS_VMCS_QUALIFICATION },
    { 0x681e, MOS_VMCS_GUEST_RIP },
    { 0x6820, MOS_VMCS_GUEST_RFLAGS },
    { 0x6c16, MOS_VMCS_HOST_RIP },
    { 0x482c, -1 },
    { 0x2046, -1 },
    { 0x7000, -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (mos_vmcs_find (rows[i].encoding), ==, rows[i].field);
}

/* Bytes of a guest become fields of the right width. */
static void
test_memory (void)
{
  g_autofree guint8 *region = g_malloc (MOS_VMCS_BYTES);
  g_autofree guint8 *again = g_malloc0 (MOS_VMCS_BYTES);
  g_autofree char   *text = NULL;
  MosVmcs            vmcs;

  memset (region, 0xff, MOS_VMCS_BYTES);
  mos_vmcs_load (&vmcs, region);
  for (guint i = 0; i < MOS_VMCS_SLOTS; i++)
    if (mos_vmcs_fields[i].name != NULL)
      g_assert_cmpuint (vmcs.field[i], ==, mos_vmcs_mask (i));
  g_assert_cmpuint (vmcs.field[MOS_VMCS_GUEST_CS_SELECTOR], ==, 0xffff);
  g_assert_cmpuint (vmcs.field[MOS_VMCS_EXIT_REASON], ==, 0xffffffff);
  mos_vmcs_store (&vmcs, again);
  g_assert_cmpmem (&vmcs, sizeof vmcs, again, sizeof vmcs);
  text = mos_vmcs_describe (&vmcs);
  g_assert_nonnull (strstr (text, "Exit reason = 0xffffffff\n"));
}

static void
test_controls (void)
{
  MosVmxCaps caps;

  mos_vmx_caps_init (&caps, &model);
  for (guint i = 0; i < mos_n_vmx_controls; i++) {
    const MosVmxControlInfo *row = &mos_vmx_controls[i];

    if (i > 0)
      g_assert_cmpuint (row->control, >, mos_vmx_controls[i - 1].control);
    g_assert_true (row->help != NULL && row->name != NULL);
    g_assert_cmpint (mos_vmx_can (&caps, row->control), ==, row->supported);
  }
  /* What must be 1 may be 1, in both kinds of registers. */
  for (guint i = MOS_VMX_MSR_PIN; i <= MOS_VMX_MSR_ENTRY; i++)
    g_assert_cmphex (caps.msr[i] & ~(caps.msr[i] >> 32) & G_MAXUINT32, ==, 0);
  for (guint i = MOS_VMX_MSR_TRUE_PIN; i <= MOS_VMX_MSR_TRUE_ENTRY; i++)
    g_assert_cmphex (caps.msr[i] & ~(caps.msr[i] >> 32) & G_MAXUINT32, ==, 0);
  g_assert_cmphex ((guint32) caps.msr[MOS_VMX_MSR_PROC], ==, 0x0401e172);
  g_assert_cmphex ((guint32) caps.msr[MOS_VMX_MSR_TRUE_PROC], ==, 0x04006172);
  g_assert_cmphex ((guint32) caps.msr[MOS_VMX_MSR_TRUE_EXIT], ==, 0x00036dfb);
  g_assert_cmphex ((guint32) caps.msr[MOS_VMX_MSR_TRUE_ENTRY], ==, 0x000011fb);
  g_assert_cmphex ((guint32) caps.msr[MOS_VMX_MSR_TRUE_PIN], ==, 0x00000016);
  g_assert_cmphex (caps.msr[MOS_VMX_MSR_BASIC] & 0x7fffffff, ==,
                   MOS_VMCS_REVISION);
  g_assert_cmphex (caps.msr[MOS_VMX_MSR_CR0_FIXED0], ==, 0x80000021);
}

/* A control whose instruction the processor lacks is gone, its field too. */
static void
test_dependent (void)
{
  MosVmxModel less = model;
  MosVmxCaps  caps;

  less.proc2_off = (guint32) mos_vmx_control_mask (MOS_VMX_RDTSCP) |
                   (guint32) mos_vmx_control_mask (MOS_VMX_VPID);
  mos_vmx_caps_init (&caps, &less);
  g_assert_false (mos_vmx_can (&caps, MOS_VMX_RDTSCP));
  g_assert_false (mos_vmx_has_field (&caps, MOS_VMCS_VPID));
  g_assert_true (mos_vmx_has_field (&caps, MOS_VMCS_EPTP));
  g_assert_false (mos_vmx_has_field (&caps, MOS_VMCS_GUEST_SSP));
  g_assert_cmphex (caps.msr[MOS_VMX_MSR_PROC2] >> 32 & less.proc2_off, ==, 0);
}

static void
test_exits (void)
{
  guint n = 0;

  for (guint i = 0; i < MOS_VMX_N_EXITS; i++) {
    const MosVmxExitInfo *info = &mos_vmx_exits[i];

    if (info->name == NULL)
      continue;
    n++;
    g_assert_nonnull (info->help);
    g_assert_cmpuint (info->reason, <, MOS_N_EXITS);
  }
  g_assert_cmpuint (n, ==, 72);
  g_assert_cmpstr (mos_vmx_exit_name (0x80000021), ==,
                   "VM-entry failure due to invalid guest state");
  g_assert_cmpstr (mos_vmx_exit_name (48), ==, "EPT violation");
  g_assert_cmpstr (mos_vmx_exit_name (35), ==, "?");
  g_assert_cmpstr (mos_vmx_exit_name (0xffff), ==, "?");
  g_assert_nonnull (mos_vmx_errors[MOS_VMX_ERROR_INV_OPERAND]);
  g_assert_null (mos_vmx_errors[14]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/tables/fields", test_fields);
  g_test_add_func ("/vmx/tables/encodings", test_encodings);
  g_test_add_func ("/vmx/tables/memory", test_memory);
  g_test_add_func ("/vmx/tables/controls", test_controls);
  g_test_add_func ("/vmx/tables/dependent", test_dependent);
  g_test_add_func ("/vmx/tables/exits", test_exits);
  return g_test_run ();
}
