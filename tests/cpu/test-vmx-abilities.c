/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x: what the capability registers announce besides controls, each with a
 * guest that uses it: nested tables, invalidation, and the odds and ends of
 * VMX_BASIC and VMX_MISC.
 *
 * A bit that is announced and has no row here fails the test, and so does a
 * row that is not announced (Intel SDM volume 3, "VMX Capability Reporting
 * Facility").
 */
#include <string.h>

#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/vmx-world.h"

#define CODE(w, s)      vmx_world_code (w, s VMX_VMCALL, sizeof s VMX_VMCALL - 1)
#define ROOT(w, s, ptr) vmx_world_root (w, s "\xf4", sizeof s "\xf4" - 1, ptr)
/* mov 0x60000, %al; mov %al, 0x60000 */
#define LOAD  "\xa0\x00\x00\x06\x00\x00\x00\x00\x00"
#define STORE "\xa2\x00\x00\x06\x00\x00\x00\x00\x00"

static void
passes (VmxWorld *w)
{
  vmx_world_expect (w, MOS_VMX_EXIT_VMCALL);
}

static void
leaves_at_once (VmxWorld *w, MosVmxExit reason)
{
  vmx_world_expect (w, reason);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE);
}

static void
refused (VmxWorld *w, MosVmxError error)
{
  vmx_world_run (w);
  g_assert_false (w->entered);
  g_assert_cmpuint (vmx_world_get (w, MOS_VMCS_INSTRUCTION_ERROR), ==, error);
}

static void
level_1_succeeded (VmxWorld *w)
{
  g_assert_cmphex (w->machine.cpu->fl & MOS_RFLAGS_ARITHMETIC, ==, 0);
}

/* -- nested tables ------------------------------------------------------- */

static void
execute_only (VmxWorld *w)
{
  vmx_world_ept (w);
  *vmx_world_ept_entry (w, VMX_DATA) = VMX_DATA | 0x30 | 4;
  memcpy (vmx_world_at (w, VMX_DATA), VMX_VMCALL, 3);
  CODE (w, "\xb8\x00\x00\x06\x00\xff\xe0"); /* jmp 0x60000 */
  passes (w);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_DATA);
  CODE (w, LOAD);
  leaves_at_once (w, MOS_VMX_EXIT_EPT_VIOLATION);
}

static void
walk_4 (VmxWorld *w)
{
  vmx_world_ept (w);
  CODE (w, LOAD);
  passes (w);
  vmx_world_set (w, MOS_VMCS_EPTP, VMX_EPT | 4 << 3 | 6);
  refused (w, MOS_VMX_ERROR_CONTROLS);
}

static void
memory_types (VmxWorld *w)
{
  vmx_world_ept (w);
  CODE (w, LOAD);
  for (guint type = 0; type < 8; type++) {
    vmx_world_set (w, MOS_VMCS_EPTP, VMX_EPT | 3 << 3 | type);
    if (type == 0 || type == 6)
      passes (w);
    else
      refused (w, MOS_VMX_ERROR_CONTROLS);
  }
}

/* The guest's first 2 MiB lie at 2 MiB of the machine. */
static void
page_2m (VmxWorld *w)
{
  vmx_world_ept (w);
  ((guint64 *) vmx_world_at (w, VMX_EPT + 0x2000))[0] = 0x200000 | 0xb7;
  CODE (w, LOAD "\x88\xc3"); /* mov %al, %bl */
  memcpy (vmx_world_at (w, 0x200000), vmx_world_at (w, 0), 0x80000);
  *(guint8 *) vmx_world_at (w, VMX_DATA) = 0x77;
  *(guint8 *) vmx_world_at (w, VMX_DATA + 0x200000) = 0x78;
  passes (w);
  g_assert_cmphex (w->machine.cpu->gpr[MOS_RBX] & 0xff, ==, 0x78);
}

static void
page_1g (VmxWorld *w)
{
  vmx_world_ept (w);
  ((guint64 *) vmx_world_at (w, VMX_EPT + 0x1000))[0] = 0xb7;
  *vmx_world_ept_entry (w, VMX_DATA) = 0; /* nobody looks there */
  CODE (w, LOAD);
  passes (w);
}

static void
accessed_dirty (VmxWorld *w)
{
  guint64 *entry = vmx_world_ept_entry (w, VMX_DATA);

  vmx_world_ept (w);
  CODE (w, LOAD STORE);
  passes (w);
  g_assert_cmphex (*entry & 0x300, ==, 0);
  vmx_world_set (w, MOS_VMCS_EPTP, VMX_EPT | 3 << 3 | 6 | 0x40);
  CODE (w, LOAD);
  passes (w);
  g_assert_cmphex (*entry & 0x300, ==, 0x100);
  CODE (w, LOAD STORE);
  passes (w);
  g_assert_cmphex (*entry & 0x300, ==, 0x300);
}

/* -- invalidation -------------------------------------------------------- */

/* A guest with a VPID keeps what is cached until level 1's @code drops it. */
static void
invalidates (VmxWorld     *w,
             gconstpointer code,
             gsize         size,
             guint         type,
             guint64       first,
             guint64       second)
{
  vmx_world_ept (w);
  vmx_world_on (w, MOS_VMX_VPID);
  vmx_world_set (w, MOS_VMCS_VPID, 5);
  CODE (w, LOAD);
  passes (w);
  *vmx_world_ept_entry (w, VMX_DATA) = VMX_DATA | 0x30;
  passes (w);
  w->machine.cpu->gpr[MOS_RCX] = type;
  ((guint64 *) vmx_world_at (w, VMX_DATA))[1] = second;
  vmx_world_root (w, code, size, first);
  level_1_succeeded (w);
  CODE (w, LOAD);
  leaves_at_once (w, MOS_VMX_EXIT_EPT_VIOLATION);
}

#define INVEPT  "\x66\x0f\x38\x80\x08\xf4"
#define INVVPID "\x66\x0f\x38\x81\x08\xf4"
#define DROPS(w, insn, type, first, second) \
  invalidates (w, insn, sizeof insn - 1, type, first, second)

static void
invept_single (VmxWorld *w)
{
  DROPS (w, INVEPT, 1, VMX_EPT | 3 << 3 | 6, 0);
}

static void
invept_all (VmxWorld *w)
{
  DROPS (w, INVEPT, 2, 0, 0);
}

static void
invvpid_address (VmxWorld *w)
{
  DROPS (w, INVVPID, 0, 5, VMX_DATA);
}

static void
invvpid_single (VmxWorld *w)
{
  DROPS (w, INVVPID, 1, 5, 0);
}

static void
invvpid_all (VmxWorld *w)
{
  DROPS (w, INVVPID, 2, 0, 0);
}

static void
invvpid_keep_global (VmxWorld *w)
{
  DROPS (w, INVVPID, 3, 5, 0);
}

/* -- VMX_MISC ------------------------------------------------------------ */

/* An unrestricted guest leaves long mode, and the exit says so: lretq to
 * 32-bit code, which clears CR0.PG. */
static void
stores_lma (VmxWorld *w)
{
  static const char tail[] =
      "\x0f\x20\xc0\x0f\xba\xf0\x1f\x0f\x22\xc0" VMX_VMCALL;
  guint64 wide = mos_vmx_control_mask (MOS_VMX_GUEST_64);

  vmx_world_ept (w);
  vmx_world_on (w, MOS_VMX_UNRESTRICTED);
  ((guint64 *) vmx_world_at (w, VMX_GDT))[3] =
      G_GUINT64_CONSTANT (0x00cf9b000000ffff);
  CODE (w, "");
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_ENTRY_CONTROLS) & wide, ==, wide);
  CODE (w, "\x6a\x18\x68\x40\x00\x04\x00\x48\xcb");
  memcpy (vmx_world_at (w, VMX_CODE + 0x40), tail, sizeof tail - 1);
  passes (w);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE + 0x40 + 10);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_ENTRY_CONTROLS) & wide, ==, 0);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_EFER) & MOS_EFER_LMA, ==,
                   0);
}

static void
activity_hlt (VmxWorld *w)
{
  CODE (w, "");
  vmx_world_flags (w, MOS_RFLAGS_IF);
  vmx_world_set (w, MOS_VMCS_GUEST_ACTIVITY, 1);
  vmx_world_interrupt (w, 0x61);
  passes (w);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_HANDLERS + 8 * 0x61);
  g_assert_cmphex (vmx_world_pushed (w, 0), ==, VMX_CODE);
  for (guint other = 2; other < 4; other++) {
    vmx_world_set (w, MOS_VMCS_GUEST_ACTIVITY, other);
    vmx_world_expect (w, MOS_VMX_EXIT_FAILED | MOS_VMX_EXIT_BAD_GUEST);
  }
}

/* vmwrite %rcx, %rbx of the exit reason. */
static void
vmwrite_any (VmxWorld *w)
{
  CODE (w, "");
  passes (w);
  w->machine.cpu->gpr[MOS_RBX] = 0x4402;
  w->machine.cpu->gpr[MOS_RCX] = 0x1234;
  ROOT (w, "\x0f\x79\xd9", 0);
  level_1_succeeded (w);
  g_assert_cmphex (mos_vmx_field (w->machine.cpu, MOS_VMCS_EXIT_REASON), ==,
                   0x1234);
}

static void
length_0 (VmxWorld *w)
{
  static const guint32 events[] = { 0x400 | 0x80, 0x500 | 1, 0x600 | 3 };

  CODE (w, "");
  for (guint i = 0; i < G_N_ELEMENTS (events); i++) {
    vmx_world_inject (w, events[i], 0, 0);
    passes (w);
    g_assert_cmphex (vmx_world_rip (w), ==,
                     VMX_HANDLERS + 8 * (events[i] & 0xff));
    g_assert_cmphex (vmx_world_pushed (w, 0), ==, VMX_CODE);
  }
}

/* Four values pass, a fifth is too many. */
static void
cr3_targets (VmxWorld *w)
{
  CODE (w, "\xb8\x00\x10\x00\x00\x0f\x22\xd8"); /* mov $0x1000, cr3 */
  vmx_world_on (w, MOS_VMX_CR3_LOAD);
  for (guint i = 0; i < 4; i++) {
    vmx_world_set (w, MOS_VMCS_CR3_TARGET_COUNT, i);
    vmx_world_set (w, MOS_VMCS_CR3_TARGET0 + i, 0x1000);
    vmx_world_expect (w, MOS_VMX_EXIT_CR_ACCESS); /* not counted yet */
    vmx_world_set (w, MOS_VMCS_CR3_TARGET_COUNT, i + 1);
    passes (w);
    vmx_world_set (w, MOS_VMCS_CR3_TARGET0 + i, 0);
  }
  vmx_world_set (w, MOS_VMCS_CR3_TARGET_COUNT, 5);
  refused (w, MOS_VMX_ERROR_CONTROLS);
}

/* The area may have 512 entries. */
static void
msr_list (VmxWorld *w)
{
  guint64 *area = vmx_world_at (w, 0x200000);

  CODE (w, "");
  for (guint i = 0; i < 513; i++)
    area[2 * i] = MOS_MSR_LSTAR;
  area[2 * 511 + 1] = 0x1234;
  vmx_world_set (w, MOS_VMCS_ENTRY_MSR_LOAD, 0x200000);
  vmx_world_set (w, MOS_VMCS_ENTRY_MSR_LOAD_COUNT, 512);
  passes (w);
  g_assert_cmphex (w->machine.cpu->lstar, ==, 0x1234);
  vmx_world_set (w, MOS_VMCS_ENTRY_MSR_LOAD_COUNT, 513);
  vmx_world_expect (w, MOS_VMX_EXIT_FAILED | MOS_VMX_EXIT_BAD_MSR);
}

/* -- VMX_BASIC ----------------------------------------------------------- */

/* OUTSB with FS: the segment and the size of addresses are told. */
static void
ins_outs (VmxWorld *w)
{
  CODE (w, "\x64\x67\x6e");
  vmx_world_on (w, MOS_VMX_UNCONDITIONAL_IO);
  leaves_at_once (w, MOS_VMX_EXIT_IO);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_EXIT_INSTRUCTION), ==,
                   1 << 7 | MOS_SEG_FS << 15);
}

/* CR3 accesses need not leave, which the plain register says they must. */
static void
true_controls (VmxWorld *w)
{
  guint64 plain = vmx_world_msr (w, MOS_MSR_VMX_BASIC + MOS_VMX_MSR_PROC);

  g_assert_cmphex (plain & mos_vmx_control_mask (MOS_VMX_CR3_STORE), !=, 0);
  CODE (w, "\x0f\x20\xd8");
  passes (w);
}

/* #UD with an error code, #GP without. */
static void
any_error (VmxWorld *w)
{
  CODE (w, "");
  vmx_world_inject (w, 0x300 | MOS_VMX_EVENT_ERROR | MOS_EXC_UD, 0x55, 0);
  passes (w);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_HANDLERS + 8 * MOS_EXC_UD);
  g_assert_cmphex (vmx_world_pushed (w, 0), ==, 0x55);
  g_assert_cmphex (vmx_world_pushed (w, 1), ==, VMX_CODE);
  vmx_world_inject (w, 0x300 | MOS_EXC_GP, 0x55, 0);
  passes (w);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_HANDLERS + 8 * MOS_EXC_GP);
  g_assert_cmphex (vmx_world_pushed (w, 0), ==, VMX_CODE);
}

/* -- the audit ----------------------------------------------------------- */

typedef struct {
  const char *name;
  guint       msr;
  guint64     bits;
  void (*use) (VmxWorld *w);
} Ability;

#define BIT(n)      (G_GUINT64_CONSTANT (1) << (n))
#define EPT_VPID(c) MOS_VMX_MSR_EPT_VPID, BIT ((c) &0xff)
#define MISC(c)     MOS_VMX_MSR_MISC, BIT ((c) &0xff)

static const Ability abilities[] = {
  { "execute-only", EPT_VPID (MOS_VMX_EPT_EXECUTE_ONLY), execute_only },
  { "walk-length-4", EPT_VPID (MOS_VMX_EPT_WALK_4), walk_4 },
  { "uncacheable", EPT_VPID (MOS_VMX_EPT_UC), memory_types },
  { "write-back", EPT_VPID (MOS_VMX_EPT_WB), memory_types },
  { "2-mbyte", EPT_VPID (MOS_VMX_EPT_2M), page_2m },
  { "1-gbyte", EPT_VPID (MOS_VMX_EPT_1G), page_1g },
  { "accessed-dirty", EPT_VPID (MOS_VMX_EPT_AD), accessed_dirty },
  { "invept", EPT_VPID (MOS_VMX_INVEPT), invept_single },
  { "invept-single", EPT_VPID (MOS_VMX_INVEPT_SINGLE), invept_single },
  { "invept-all", EPT_VPID (MOS_VMX_INVEPT_ALL), invept_all },
  { "invvpid", EPT_VPID (MOS_VMX_INVVPID), invvpid_single },
  { "invvpid-address", EPT_VPID (MOS_VMX_INVVPID_ADDRESS), invvpid_address },
  { "invvpid-single", EPT_VPID (MOS_VMX_INVVPID_SINGLE), invvpid_single },
  { "invvpid-all", EPT_VPID (MOS_VMX_INVVPID_ALL), invvpid_all },
  { "invvpid-globals", EPT_VPID (MOS_VMX_INVVPID_KEEP_GLOBAL),
    invvpid_keep_global },
  { "stores-lma", MISC (MOS_VMX_MISC_LMA), stores_lma },
  { "activity-hlt", MISC (MOS_VMX_MISC_HLT), activity_hlt },
  { "cr3-targets", MOS_VMX_MSR_MISC, 4u << 16, cr3_targets },
  { "vmwrite-any", MISC (MOS_VMX_MISC_VMWRITE_ANY), vmwrite_any },
  { "length-0", MISC (MOS_VMX_MISC_LENGTH_0), length_0 },
  { "ins-outs", MOS_VMX_MSR_BASIC, BIT (54), ins_outs },
  { "true-controls", MOS_VMX_MSR_BASIC, BIT (55), true_controls },
  { "any-error", MOS_VMX_MSR_BASIC, BIT (56), any_error },
  { "msr-list", MOS_VMX_MSR_MISC, 0, msr_list }, /* 0 says 512 */
};

/* What says how much, not whether. The timer's rate: test-vmx-features. */
static guint64
amounts (guint msr)
{
  switch (msr) {
  case MOS_VMX_MSR_BASIC: /* revision, size, memory type */
    return MOS_VMCS_REVISION | (guint64) MOS_VMCS_BYTES << 32 |
           (guint64) 6 << 50;
  case MOS_VMX_MSR_MISC:
    return 5;
  default:
    return 0;
  }
}

static void
test_announced (void)
{
  static const guint msrs[] = { MOS_VMX_MSR_BASIC, MOS_VMX_MSR_MISC,
                                MOS_VMX_MSR_EPT_VPID };
  VmxWorld           w;

  vmx_world_start (&w);
  for (guint i = 0; i < G_N_ELEMENTS (msrs); i++) {
    guint64 used = amounts (msrs[i]);

    for (guint k = 0; k < G_N_ELEMENTS (abilities); k++)
      if (abilities[k].msr == msrs[i])
        used |= abilities[k].bits;
    g_assert_cmphex (vmx_world_msr (&w, MOS_MSR_VMX_BASIC + msrs[i]), ==, used);
  }
  vmx_world_clear (&w);
}

static void
test_ability (gconstpointer data)
{
  const Ability *ability = data;
  VmxWorld       w;

  vmx_world_start (&w);
  ability->use (&w);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/announced", test_announced);
  for (guint i = 0; i < G_N_ELEMENTS (abilities); i++) {
    g_autofree char *path =
        g_strconcat ("/vmx/ability/", abilities[i].name, NULL);

    g_test_add_data_func (path, &abilities[i], test_ability);
  }
  return g_test_run ();
}
