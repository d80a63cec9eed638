/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Every check of a VM entry, violated alone: exactly the check that a case of
 * vmx-cases.c names must fail, and each check has a case.
 */
#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/vmx-cases.h"

#define VALID ((guint64) 1 << 31) /* of an event */

typedef struct {
  MosVmxCaps       caps;
  MosVmcs          vmcs;
  MosVmxCheckInput in;
} World;

static void
set (World *w, guint field, guint64 value)
{
  if (field < MOS_VMCS_SLOTS)
    w->vmcs.field[field] = value;
  else if (field == VMX_VTPR)
    w->in.vtpr = (guint8) value;
  else if (field == VMX_LINK_WORD)
    w->in.link_revision = (guint32) value;
  else if (field == VMX_PDPTE_3)
    w->in.pdpte[3] = value;
  else if (field == VMX_LONG_MODE)
    w->in.long_mode = value != 0;
}

static void
world_init (World *w, VmxBase base)
{
  vmx_case_caps (&w->caps);
  /* Checks of what we do not announce are ready all the same. */
  w->caps.may[MOS_VMX_SET_MISC] |=
      mos_vmx_control_mask (MOS_VMX_MISC_SHUTDOWN) |
      mos_vmx_control_mask (MOS_VMX_MISC_SIPI);
  vmx_case_base (&w->vmcs, &w->caps, base);
  w->in = (MosVmxCheckInput){ .vmcs = &w->vmcs,
                              .caps = &w->caps,
                              .address = 0x5000,
                              .long_mode = TRUE,
                              .link_revision = MOS_VMCS_REVISION };
}

static void
check_case (const VmxCase *c)
{
  const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                  mos_vmx_guest_checks };
  g_autoptr (GString) failed = g_string_new (NULL);
  World w;

  world_init (&w, c->base);
  for (guint i = 0; i < G_N_ELEMENTS (c->changes); i++)
    set (&w, c->changes[i].field, c->changes[i].value);
  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const MosVmxCheck *row = tables[t]; row->name != NULL; row++)
      if (!row->holds (&w.in))
        g_string_append_printf (failed, "%s%s", failed->len > 0 ? "; " : "",
                                row->name);
  g_assert_cmpstr (failed->str, ==, c->check);
}

static void
test_valid (void)
{
  for (VmxBase base = VMX_LONG; base <= VMX_REAL; base++) {
    VmxCase c = { .check = "", .base = base };

    for (guint i = 0; i < G_N_ELEMENTS (c.changes); i++)
      c.changes[i].field = VMX_NO_FIELD;
    check_case (&c);
  }
}

static void
test_alone (void)
{
  for (guint i = 0; i < vmx_n_cases; i++)
    check_case (&vmx_cases[i]);
}

/* What stands in the field of an event that is not valid does not matter. */
static void
test_no_event (void)
{
  guint n = 0;

  for (guint i = 0; i < vmx_n_cases; i++) {
    VmxCase  c = vmx_cases[i];
    gboolean event = FALSE;

    for (guint k = 0; k < G_N_ELEMENTS (c.changes); k++)
      if (c.changes[k].field == MOS_VMCS_ENTRY_EVENT &&
          (c.changes[k].value & VALID) != 0) {
        c.changes[k].value &= ~VALID;
        event = TRUE;
      }
    if (!event)
      continue;
    c.check = "";
    check_case (&c);
    n++;
  }
  g_assert_cmpuint (n, >, 10);
}

static void
test_complete (void)
{
  const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                  mos_vmx_guest_checks };

  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (const MosVmxCheck *row = tables[t]; row->name != NULL; row++) {
      gboolean found = FALSE;

      for (guint i = 0; i < vmx_n_cases; i++)
        found = found || strcmp (vmx_cases[i].check, row->name) == 0;
      if (!found)
        g_error ("no case violates \"%s\"", row->name);
    }
}

/* Rows are run only if a field they look at was written: each case's fields
 * must be among those its check looks at. */
static void
test_groups (void)
{
  for (guint i = 0; i < vmx_n_cases; i++) {
    const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                    mos_vmx_guest_checks };
    guint              groups = MOS_VMCS_CHECK_AROUND;
    gboolean           found = FALSE;
    World              w;

    world_init (&w, vmx_cases[i].base);
    for (guint k = 0; k < G_N_ELEMENTS (vmx_cases[i].changes); k++) {
      guint field = vmx_cases[i].changes[k].field;

      set (&w, field, vmx_cases[i].changes[k].value);
      if (field < MOS_VMCS_SLOTS)
        groups |= mos_vmcs_fields[field].checks;
    }
    for (guint t = 0; t < G_N_ELEMENTS (tables); t++) {
      const MosVmxCheck *row = mos_vmx_check (tables[t], &w.in, groups);

      found =
          found || (row != NULL && strcmp (row->name, vmx_cases[i].check) == 0);
    }
    if (!found)
      g_error ("\"%s\" does not look at what case %u writes",
               vmx_cases[i].check, i);
  }
}

/* In real mode, too: there all six segments have to be of that kind. */
static void
test_vm_flag (void)
{
  World w;

  world_init (&w, VMX_REAL);
  set (&w, MOS_VMCS_GUEST_RFLAGS, MOS_RFLAGS_ONE | MOS_RFLAGS_VM);
  for (guint s = 0; s < 6; s++)
    set (&w, MOS_VMCS_GUEST_ES_ACCESS + s, 0xf3);
  g_assert_cmpstr (
      mos_vmx_check (mos_vmx_guest_checks, &w.in, MOS_VMCS_CHECK_POINT)->name,
      ==, "RFLAGS.VM");
}

static void
test_msrs (void)
{
  g_assert_true (mos_vmx_msr_loadable (MOS_MSR_EFER, 0));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_EFER, 1));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_FS_BASE, 0));
  g_assert_false (mos_vmx_msr_loadable (MOS_MSR_GS_BASE, 0));
  g_assert_false (mos_vmx_msr_loadable (0x808, 0));
  g_assert_true (mos_vmx_msr_storable (MOS_MSR_GS_BASE, 0));
  g_assert_false (mos_vmx_msr_storable (0x808, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/check/valid", test_valid);
  g_test_add_func ("/vmx/check/alone", test_alone);
  g_test_add_func ("/vmx/check/no-event", test_no_event);
  g_test_add_func ("/vmx/check/complete", test_complete);
  g_test_add_func ("/vmx/check/groups", test_groups);
  g_test_add_func ("/vmx/check/vm-flag", test_vm_flag);
  g_test_add_func ("/vmx/check/msrs", test_msrs);
  return g_test_run ();
}
