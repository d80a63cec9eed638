/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VM entries that fail, through the processor: each check violated alone by
 * VMWRITE, and each error of the instructions.
 */
#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/vmx-cases.h"
#include "tests/cpu/vmx-world.h"

typedef enum {
  CONTROLS,
  HOST,
  GUEST
} Kind;

static Kind
find_check (const char *name, const MosVmxCheck **check)
{
  const MosVmxCheck *tables[] = { mos_vmx_control_checks, mos_vmx_host_checks,
                                  mos_vmx_guest_checks };

  for (guint t = 0; t < G_N_ELEMENTS (tables); t++)
    for (*check = tables[t]; (*check)->name != NULL; (*check)++)
      if (strcmp ((*check)->name, name) == 0)
        return (Kind) t;
  g_error ("no check is called \"%s\"", name);
}

static void
use_base (VmxWorld *w, VmxBase base)
{
  static const MosVmcsField kept[] = {
    MOS_VMCS_HOST_RIP,        MOS_VMCS_HOST_RSP,
    MOS_VMCS_HOST_CR4,        MOS_VMCS_HOST_GDTR_BASE,
    MOS_VMCS_HOST_IDTR_BASE,  MOS_VMCS_HOST_CS_SELECTOR,
    MOS_VMCS_HOST_TR_SELECTOR
  };
  MosVmcs mine = w->want;

  vmx_case_base (&w->want, &mos_vmx (w->machine.cpu)->caps, base);
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    w->want.field[kept[i]] = mine.field[kept[i]];
}

/* FALSE: the case is about what level 1 is, which here is 64-bit code. */
static gboolean
apply (VmxWorld *w, const VmxCase *c)
{
  for (guint i = 0; i < G_N_ELEMENTS (c->changes); i++) {
    guint   field = c->changes[i].field;
    guint64 value = c->changes[i].value;

    if (field < MOS_VMCS_SLOTS) {
      w->want.field[field] = value;
    } else if (field == VMX_VTPR) {
      vmx_world_set (w, MOS_VMCS_VIRTUAL_APIC, VMX_APIC);
      *(guint8 *) vmx_world_at (w, VMX_APIC + 0x80) = (guint8) value;
    } else if (field == VMX_LINK_WORD) {
      *(guint32 *) vmx_world_at (w, 0x6000) = (guint32) value;
    } else if (field == VMX_PDPTE_3) {
      vmx_world_set (w, MOS_VMCS_GUEST_CR3, 0x7000);
      ((guint64 *) vmx_world_at (w, 0x7000))[3] = value;
    } else if (field == VMX_LONG_MODE) {
      return FALSE;
    }
  }
  if (strcmp (c->check, "link pointer current") == 0)
    vmx_world_set (w, MOS_VMCS_LINK_POINTER, VMX_VMCS);
  return TRUE;
}

static void
check_case (const VmxCase *c)
{
  const MosVmxCheck *check;
  Kind               kind = find_check (c->check, &check);
  VmxWorld           w;

  vmx_world_init (&w, NULL);
  use_base (&w, c->base);
  if (!apply (&w, c)) {
    vmx_world_clear (&w);
    return;
  }
  vmx_world_run (&w);
  g_test_message ("%s", c->check);
  if (kind == GUEST) {
    g_assert_true (w.entered);
    g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_REASON), ==,
                     MOS_VMX_EXIT_FAILED | MOS_VMX_EXIT_BAD_GUEST);
    g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==,
                     check->qualification);
  } else {
    g_assert_false (w.entered);
    g_assert_cmphex (w.flags & MOS_RFLAGS_ARITHMETIC, ==, MOS_RFLAGS_ZF);
    g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_INSTRUCTION_ERROR), ==,
                      kind == HOST ? MOS_VMX_ERROR_HOST
                                   : MOS_VMX_ERROR_CONTROLS);
  }
  g_assert_false (w.launched);
  vmx_world_clear (&w);
}

static void
test_alone (void)
{
  for (guint i = 0; i < vmx_n_cases; i++)
    check_case (&vmx_cases[i]);
}

/* -- the instructions ---------------------------------------------------- */

#define FLAGS(cpu)            ((cpu)->fl & ~MOS_FL_ONE)
#define RUN(w, code, pointer) vmx_world_root (w, code, sizeof code - 1, pointer)

#define VMXON   "\xf3\x0f\xc7\x30\xf4"
#define VMCLEAR "\x66\x0f\xc7\x30\xf4"
#define VMPTRLD "\x0f\xc7\x30\xf4"
#define VMPTRST "\x0f\xc7\x38\xf4"

static void
expect_invalid (VmxWorld *w)
{
  g_assert_cmphex (FLAGS (w->machine.cpu), ==, MOS_FL_CF);
}

static void
expect_error (VmxWorld *w, MosVmxError error)
{
  g_assert_cmphex (FLAGS (w->machine.cpu), ==, MOS_FL_ZF);
  g_assert_cmpuint (
      mos_vmx (w->machine.cpu)->vmcs.field[MOS_VMCS_INSTRUCTION_ERROR], ==,
      error);
}

static void
expect_success (VmxWorld *w)
{
  g_assert_cmphex (FLAGS (w->machine.cpu), ==, 0);
}

static void
test_pointers (void)
{
  VmxWorld w;

  vmx_world_init (&w, NULL);
  RUN (&w, VMXON, VMX_VMXON + 8);
  expect_invalid (&w);
  RUN (&w, VMXON, (guint64) 1 << 40);
  expect_invalid (&w);
  RUN (&w, VMXON, VMX_DATA + 0x1000); /* no revision there */
  expect_invalid (&w);
  g_assert_false (mos_vmx (w.machine.cpu)->on);
  RUN (&w, VMXON, VMX_VMXON);
  expect_success (&w);
  RUN (&w, VMXON, VMX_VMXON);
  expect_invalid (&w); /* there is no current VMCS to hold error 15 */
  RUN (&w, VMPTRLD, VMX_VMXON);
  expect_invalid (&w);
  RUN (&w, VMCLEAR, VMX_VMCS);
  expect_success (&w);
  RUN (&w, VMPTRLD, VMX_VMCS);
  expect_success (&w);
  RUN (&w, VMXON, VMX_VMXON);
  expect_error (&w, MOS_VMX_ERROR_VMXON_ROOT);
  RUN (&w, VMPTRLD, VMX_VMXON);
  expect_error (&w, MOS_VMX_ERROR_VMPTRLD_VMXON);
  RUN (&w, VMPTRLD, 0x123);
  expect_error (&w, MOS_VMX_ERROR_VMPTRLD_ADDRESS);
  RUN (&w, VMPTRLD, VMX_DATA + 0x1000);
  expect_error (&w, MOS_VMX_ERROR_VMPTRLD_REVISION);
  RUN (&w, VMPTRLD, (guint64) 1 << 39); /* no memory there */
  expect_error (&w, MOS_VMX_ERROR_VMPTRLD_REVISION);
  RUN (&w, VMCLEAR, 0x123);
  expect_error (&w, MOS_VMX_ERROR_VMCLEAR_ADDRESS);
  RUN (&w, VMCLEAR, VMX_VMXON);
  expect_error (&w, MOS_VMX_ERROR_VMCLEAR_VMXON);
  RUN (&w, VMPTRST, 0);
  expect_success (&w);
  g_assert_cmphex (*(guint64 *) vmx_world_at (&w, VMX_DATA), ==, VMX_VMCS);
  RUN (&w, VMCLEAR, VMX_VMCS);
  RUN (&w, VMPTRST, 0);
  g_assert_cmphex (*(guint64 *) vmx_world_at (&w, VMX_DATA), ==, G_MAXUINT64);
  vmx_world_clear (&w);
}

static void
test_fields (void)
{
  VmxWorld    w;
  MosSoftCpu *cpu;

  vmx_world_init (&w, NULL);
  cpu = w.machine.cpu;
  RUN (&w, VMXON, VMX_VMXON);
  cpu->gpr[MOS_RBX] = 0x681e; /* vmread %rbx, %rcx */
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  expect_invalid (&w);
  RUN (&w, VMCLEAR, VMX_VMCS);
  RUN (&w, VMPTRLD, VMX_VMCS);
  cpu->gpr[MOS_RCX] = G_GUINT64_CONSTANT (0x123456789abcdef0);
  RUN (&w, "\x0f\x79\xd9\xf4", 0); /* vmwrite %rcx, %rbx */
  expect_success (&w);
  cpu->gpr[MOS_RCX] = 0;
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  g_assert_cmphex (cpu->gpr[MOS_RCX], ==,
                   G_GUINT64_CONSTANT (0x123456789abcdef0));
  /* A 16-bit field keeps 16 bits, the high half of a 64-bit one is its own. */
  cpu->gpr[MOS_RBX] = 0x0802;
  RUN (&w, "\x0f\x79\xd9\xf4\x90", 0);
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  g_assert_cmphex (cpu->gpr[MOS_RCX], ==, 0xdef0);
  cpu->gpr[MOS_RBX] = 0x2011;
  cpu->gpr[MOS_RCX] = G_GUINT64_CONSTANT (0xaaaa5555cccc);
  RUN (&w, "\x0f\x79\xd9\xf4", 0);
  cpu->gpr[MOS_RBX] = 0x2010;
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  g_assert_cmphex (cpu->gpr[MOS_RCX], ==,
                   G_GUINT64_CONSTANT (0x5555cccc00000000));
  cpu->gpr[MOS_RBX] = 0x2011;
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  g_assert_cmphex (cpu->gpr[MOS_RCX], ==, 0x5555cccc);
  /* Exit information can be written: VMX_MISC says so. */
  cpu->gpr[MOS_RBX] = 0x4402;
  RUN (&w, "\x0f\x79\xd9\xf4", 0);
  expect_success (&w);
  /* No such field; one that this processor does not have. */
  cpu->gpr[MOS_RBX] = 0x681f;
  RUN (&w, "\x0f\x78\xd9\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_FIELD);
  cpu->gpr[MOS_RBX] = 0x682a;
  RUN (&w, "\x0f\x79\xd9\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_FIELD);
  vmx_world_clear (&w);
}

static void
test_launch_state (void)
{
  VmxWorld    w;
  MosSoftCpu *cpu;

  vmx_world_init (&w, NULL);
  cpu = w.machine.cpu;
  vmx_world_code (&w, "\x0f\xa2", 2);
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  g_assert_true (w.launched);
  RUN (&w, "\x0f\x01\xc2\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_LAUNCH_NOT_CLEAR);
  RUN (&w, "\x0f\x01\xc1\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_VMCALL_ROOT);
  RUN (&w, VMCLEAR, VMX_VMCS);
  RUN (&w, "\x0f\x01\xc2\xf4", 0);
  expect_invalid (&w);
  RUN (&w, VMPTRLD, VMX_VMCS);
  RUN (&w, "\x0f\x01\xc3\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_RESUME_NOT_LAUNCHED);
  /* Behind MOV SS nothing enters. */
  RUN (&w, "\x8c\xd0\x8e\xd0\x0f\x01\xc2\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_BLOCKED);
  /* Invalidations: no such type, a bad EPT pointer, a bad descriptor. */
  cpu->gpr[MOS_RCX] = 3;
  RUN (&w, "\x66\x0f\x38\x80\x08\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_INV_OPERAND);
  cpu->gpr[MOS_RCX] = 1;
  RUN (&w, "\x66\x0f\x38\x80\x08\xf4", VMX_EPT | 5);
  expect_error (&w, MOS_VMX_ERROR_INV_OPERAND);
  RUN (&w, "\x66\x0f\x38\x80\x08\xf4", VMX_EPT | 3 << 3 | 6);
  expect_success (&w);
  cpu->gpr[MOS_RCX] = 4;
  RUN (&w, "\x66\x0f\x38\x81\x08\xf4", 1);
  expect_error (&w, MOS_VMX_ERROR_INV_OPERAND);
  cpu->gpr[MOS_RCX] = 1;
  RUN (&w, "\x66\x0f\x38\x81\x08\xf4", 0x10001);
  expect_error (&w, MOS_VMX_ERROR_INV_OPERAND);
  RUN (&w, "\x66\x0f\x38\x81\x08\xf4", 0);
  expect_error (&w, MOS_VMX_ERROR_INV_OPERAND);
  RUN (&w, "\x66\x0f\x38\x81\x08\xf4", 1);
  expect_success (&w);
  RUN (&w, "\x0f\x01\xc4\xf4", 0);
  expect_success (&w);
  g_assert_false (mos_vmx (cpu)->on);
  vmx_world_clear (&w);
}

/* Outside VMX operation there is nothing but VMXON, and that asks a lot. */
static void
test_refused (void)
{
  static const char *const others[] = { VMCLEAR, VMPTRLD, "\x0f\x01\xc2\xf4",
                                        "\x0f\x01\xc4\xf4",
                                        "\x0f\x01\xc1\xf4" };
  VmxWorld                 w;
  MosSoftCpu              *cpu;
  guint64                 *feature;

  vmx_world_init (&w, NULL);
  cpu = w.machine.cpu;
  cpu->idt.limit = 0; /* exceptions end in shutdown */
  for (guint i = 0; i < G_N_ELEMENTS (others); i++) {
    cpu->shutdown = FALSE;
    g_assert_cmpint (vmx_world_root (&w, others[i], 5, VMX_VMCS), ==,
                     MOS_STOP_SHUTDOWN);
  }
  cpu->shutdown = FALSE;
  cpu->cr4 &= ~MOS_CR4_VMXE;
  g_assert_cmpint (RUN (&w, VMXON, VMX_VMXON), ==, MOS_STOP_SHUTDOWN);
  cpu->shutdown = FALSE;
  cpu->cr4 |= MOS_CR4_VMXE;
  cpu->cr0 &= ~MOS_CR0_NE;
  g_assert_cmpint (RUN (&w, VMXON, VMX_VMXON), ==, MOS_STOP_SHUTDOWN);
  cpu->shutdown = FALSE;
  cpu->cr0 |= MOS_CR0_NE;
  feature = &cpu->msr[mos_msr_find (MOS_MSR_FEATURE_CONTROL) - mos_msrs];
  *feature = 4;
  g_assert_cmpint (RUN (&w, VMXON, VMX_VMXON), ==, MOS_STOP_SHUTDOWN);
  cpu->shutdown = FALSE;
  *feature = 1;
  g_assert_cmpint (RUN (&w, VMXON, VMX_VMXON), ==, MOS_STOP_SHUTDOWN);
  cpu->shutdown = FALSE;
  *feature = 5;
  g_assert_false (mos_msr_write (cpu, MOS_MSR_FEATURE_CONTROL, 0));
  g_assert_cmpint (RUN (&w, VMXON, VMX_VMXON), ==, MOS_STOP_IDLE);
  expect_success (&w);
  /* In VMX operation CR0 and CR4 keep what they must have. */
  g_assert_false (mos_set_cr0 (cpu, cpu->cr0 & ~MOS_CR0_NE));
  g_assert_false (mos_set_cr4 (cpu, cpu->cr4 & ~MOS_CR4_VMXE));
  vmx_world_clear (&w);
}

/* A VMCS that goes to another processor by VMCLEAR takes everything along. */
static void
test_memory (void)
{
  VmxWorld w;
  MosVmcs  vmcs;

  vmx_world_init (&w, NULL);
  vmx_world_code (&w, "\x0f\xa2", 2);
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  RUN (&w, VMCLEAR, VMX_VMCS);
  mos_vmcs_load (&vmcs, vmx_world_at (&w, VMX_VMCS));
  g_assert_cmpuint (vmcs.launched, ==, 0);
  g_assert_cmphex (vmcs.field[MOS_VMCS_GUEST_RIP], ==, VMX_CODE);
  g_assert_cmphex (vmcs.field[MOS_VMCS_EXIT_REASON], ==, MOS_VMX_EXIT_CPUID);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/entry/alone", test_alone);
  g_test_add_func ("/vmx/entry/pointers", test_pointers);
  g_test_add_func ("/vmx/entry/fields", test_fields);
  g_test_add_func ("/vmx/entry/launch-state", test_launch_state);
  g_test_add_func ("/vmx/entry/refused", test_refused);
  g_test_add_func ("/vmx/entry/memory", test_memory);
  return g_test_run ();
}
