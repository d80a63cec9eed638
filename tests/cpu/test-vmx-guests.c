/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x: nested tables, the virtual APIC, shadowed VMCSs, guests in every mode,
 * saved machines, and what an observer is told.
 */
#include <string.h>

#include "engine/cpu/nested.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"
#include "tests/cpu/vmx-world.h"

#define CODE(w, s) vmx_world_code (w, s, sizeof s - 1)

/* -- nested tables ------------------------------------------------------- */

static void
test_ept_rights (void)
{
  static const struct {
    const char *code;
    guint       size;
    guint64     entry;         /* rights of the page at VMX_DATA */
    guint64     qualification; /* 0: allowed */
  } rows[] = {
    { "\xa0\x00\x00\x06\x00\x00\x00\x00\x00", 9, 7, 0 },
    { "\xa0\x00\x00\x06\x00\x00\x00\x00\x00", 9, 1, 0 },
    { "\xa0\x00\x00\x06\x00\x00\x00\x00\x00", 9, 0, 0x181 },
    { "\xa0\x00\x00\x06\x00\x00\x00\x00\x00", 9, 4, 0x1a1 },
    { "\xa2\x00\x00\x06\x00\x00\x00\x00\x00", 9, 1, 0x18a },
    { "\xa2\x00\x00\x06\x00\x00\x00\x00\x00", 9, 5, 0x1aa },
    { "\xa2\x00\x00\x06\x00\x00\x00\x00\x00", 9, 3, 0 },
    { "\xb8\x00\x00\x06\x00\xff\xe0", 7, 3, 0x19c },
    { "\xb8\x00\x00\x06\x00\xff\xe0", 7, 4, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    VmxWorld w;

    vmx_world_start (&w);
    vmx_world_ept (&w);
    vmx_world_code (&w, rows[i].code, rows[i].size);
    memcpy (vmx_world_at (&w, VMX_CODE + rows[i].size), VMX_VMCALL, 3);
    memcpy (vmx_world_at (&w, VMX_DATA), VMX_VMCALL, 3);
    *vmx_world_ept_entry (&w, VMX_DATA) = VMX_DATA | 0x30 | rows[i].entry;
    vmx_world_expect (&w, rows[i].qualification == 0
                              ? MOS_VMX_EXIT_VMCALL
                              : MOS_VMX_EXIT_EPT_VIOLATION);
    if (rows[i].qualification != 0) {
      g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==,
                       rows[i].qualification);
      g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_PHYSICAL), ==,
                       VMX_DATA);
      g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_LINEAR), ==, VMX_DATA);
    }
    vmx_world_clear (&w);
  }
}

static void
test_ept_bad (void)
{
  static const guint64 entries[] = {
    VMX_DATA | 0x30 | 2,                     /* written but not read */
    VMX_DATA | 0x10 | 7,                     /* memory type 2 */
    VMX_DATA | 0x30 | 7 | (guint64) 1 << 45, /* beyond the address width */
  };
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_ept (&w);
  CODE (&w, "\xa0\x00\x00\x06\x00\x00\x00\x00\x00");
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++) {
    *vmx_world_ept_entry (&w, VMX_DATA) = entries[i];
    vmx_world_expect (&w, MOS_VMX_EXIT_EPT_MISCONFIGURATION);
    g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_PHYSICAL), ==, VMX_DATA);
  }
  /* An upper table with a reserved bit; a large page that is not aligned. */
  ((guint64 *) vmx_world_at (&w, VMX_EPT))[0] |= 8;
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_MISCONFIGURATION);
  ((guint64 *) vmx_world_at (&w, VMX_EPT))[0] &= ~(guint64) 8;
  ((guint64 *) vmx_world_at (&w, VMX_EPT + 0x2000))[0] = 0x1000 | 0xb7;
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_MISCONFIGURATION);
  vmx_world_clear (&w);
}

/* The guest's own tables are accesses, too. */
static void
test_ept_tables (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_ept (&w);
  CODE (&w, "\x0f\xa2");
  *vmx_world_ept_entry (&w, 0x2000) = 0;
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x81);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_PHYSICAL), ==, 0x2000);
  /* With accessed flags they are written by being read. */
  *vmx_world_ept_entry (&w, 0x2000) = 0x2000 | 0x31;
  vmx_world_set (&w, MOS_VMCS_EPTP, VMX_EPT | 3 << 3 | 6 | 0x40);
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x8b);
  vmx_world_clear (&w);
}

static void
test_ept_flags (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_ept (&w);
  vmx_world_set (&w, MOS_VMCS_EPTP, VMX_EPT | 3 << 3 | 6 | 0x40);
  /* read, then write the same page, then read another */
  CODE (&w, "\xa0\x00\x00\x06\x00\x00\x00\x00\x00"
            "\xa2\x00\x00\x06\x00\x00\x00\x00\x00"
            "\xa0\x00\x80\x06\x00\x00\x00\x00\x00" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (*vmx_world_ept_entry (&w, VMX_DATA) & 0x300, ==, 0x300);
  g_assert_cmphex (*vmx_world_ept_entry (&w, VMX_DATA + 0x8000) & 0x300, ==,
                   0x100);
  g_assert_cmphex (*vmx_world_ept_entry (&w, VMX_DATA + 0x9000) & 0x300, ==, 0);
  g_assert_cmphex (((guint64 *) vmx_world_at (&w, VMX_EPT))[0] & 0x300, ==,
                   0x100);
  vmx_world_clear (&w);
}

static void
test_ept_large (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_ept (&w);
  ((guint64 *) vmx_world_at (&w, VMX_EPT + 0x2000))[0] = 0xb7; /* 2 MiB */
  CODE (&w, "\xa0\x00\x00\x06\x00\x00\x00\x00\x00\x0f\xa2");
  *(guint8 *) vmx_world_at (&w, VMX_DATA) = 0x77;
  w.machine.cpu->gpr[MOS_RAX] = 0;
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  ((guint64 *) vmx_world_at (&w, VMX_EPT + 0x1000))[0] = 0xb7; /* 1 GiB */
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  vmx_world_clear (&w);
}

/* What a guest has cached stays with its VPID until it is told away. */
static void
test_vpid (void)
{
  VmxWorld    w;
  MosSoftCpu *cpu;

  vmx_world_start (&w);
  cpu = w.machine.cpu;
  vmx_world_ept (&w);
  vmx_world_on (&w, MOS_VMX_VPID);
  vmx_world_set (&w, MOS_VMCS_VPID, 5);
  CODE (&w, "\xa0\x00\x00\x06\x00\x00\x00\x00\x00\x0f\xa2");
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  *vmx_world_ept_entry (&w, VMX_DATA) = 0;
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID); /* still cached */
  mos_world_forget (cpu, 5);
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  *vmx_world_ept_entry (&w, VMX_DATA) = VMX_DATA | 0x37;
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  *vmx_world_ept_entry (&w, VMX_DATA) = 0;
  mos_worlds_forget_root (cpu, VMX_EPT);
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  /* Without one every entry begins anew. */
  *vmx_world_ept_entry (&w, VMX_DATA) = VMX_DATA | 0x37;
  w.want.field[MOS_VMCS_PROC2_CONTROLS] &= ~mos_vmx_control_mask (MOS_VMX_VPID);
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  *vmx_world_ept_entry (&w, VMX_DATA) = 0;
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  vmx_world_clear (&w);
}

/* -- the virtual APIC ---------------------------------------------------- */

static void
test_tpr (void)
{
  VmxWorld    w;
  MosSoftCpu *cpu;
  guint8     *vtpr;

  vmx_world_start (&w);
  cpu = w.machine.cpu;
  vtpr = vmx_world_at (&w, VMX_APIC + 0x80);
  vmx_world_on (&w, MOS_VMX_TPR_SHADOW);
  *vtpr = 0x50;
  /* mov %cr8, %rdx; mov $6, %eax; mov %rax, %cr8; vmcall */
  CODE (&w, "\x44\x0f\x20\xc2\xb8\x06\x00\x00\x00\x44\x0f\x22\xc0" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (cpu->gpr[MOS_RDX], ==, 5);
  g_assert_cmphex (*vtpr, ==, 0x60);
  g_assert_cmphex (mos_lapic_get_cr8 (cpu), ==, 0);
  /* Below the threshold it leaves, behind the instruction. */
  vmx_world_set (&w, MOS_VMCS_TPR_THRESHOLD, 4);
  CODE (&w, "\xb8\x03\x00\x00\x00\x44\x0f\x22\xc0\x90" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_TPR);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 9);
  vmx_world_clear (&w);
}

static void
test_apic_page (void)
{
  VmxWorld w;
  guint32 *vtpr;

  vmx_world_start (&w);
  vtpr = vmx_world_at (&w, VMX_APIC + 0x80);
  vmx_world_on (&w, MOS_VMX_TPR_SHADOW);
  vmx_world_secondary (&w, MOS_VMX_APIC_ACCESSES);
  *vtpr = 0x30;
  /* mov 0x18080, %eax; mov %eax, %ebx; mov $0x70, %eax; mov %eax, 0x18080;
   * mov 0x180b0, %eax */
  CODE (&w, "\xa1\x80\x80\x01\x00\x00\x00\x00\x00\x89\xc2\xb8\x70\x00\x00\x00"
            "\xa3\x80\x80\x01\x00\x00\x00\x00\x00"
            "\xa1\xb0\x80\x01\x00\x00\x00\x00\x00");
  vmx_world_expect (&w, MOS_VMX_EXIT_APIC_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0xb0);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 25);
  g_assert_cmphex (w.machine.cpu->gpr[MOS_RDX], ==, 0x30);
  g_assert_cmphex (*vtpr, ==, 0x70);
  CODE (&w, "\xa3\x00\x83\x01\x00\x00\x00\x00\x00");
  vmx_world_expect (&w, MOS_VMX_EXIT_APIC_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x1300);
  CODE (&w, "\xb8\x00\x80\x01\x00\xff\xe0");
  vmx_world_expect (&w, MOS_VMX_EXIT_APIC_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x2000);
  /* With nested tables it is the page at their end that counts. */
  vmx_world_ept (&w);
  *vmx_world_ept_entry (&w, VMX_DATA) = VMX_APIC_ACCESS | 0x37;
  CODE (&w, "\xa1\x20\x00\x06\x00\x00\x00\x00\x00");
  vmx_world_expect (&w, MOS_VMX_EXIT_APIC_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x20);
  vmx_world_clear (&w);
}

static void
test_x2apic (void)
{
  VmxWorld w;
  guint32 *vtpr;

  vmx_world_start (&w);
  vtpr = vmx_world_at (&w, VMX_APIC + 0x80);
  vmx_world_on (&w, MOS_VMX_TPR_SHADOW);
  vmx_world_secondary (&w, MOS_VMX_X2APIC);
  *vtpr = 0x30;
  CODE (
      &w,
      "\xb9\x08\x08\x00\x00\x0f\x32\x89\xc3\xb0\x40\x31\xd2\x0f\x30" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (w.machine.cpu->gpr[MOS_RBX], ==, 0x30);
  g_assert_cmphex (*vtpr, ==, 0x40);
  vmx_world_clear (&w);
}

/* -- shadowing ----------------------------------------------------------- */

static void
test_shadowing (void)
{
  VmxWorld w;
  MosVmcs *shadow;
  guint8  *reads, *writes;

  vmx_world_start (&w);
  shadow = vmx_world_at (&w, VMX_SHADOW);
  reads = vmx_world_at (&w, VMX_BITMAPS + 0x3000);
  writes = vmx_world_at (&w, VMX_BITMAPS + 0x4000);
  vmx_world_secondary (&w, MOS_VMX_SHADOWING);
  vmx_world_set (&w, MOS_VMCS_LINK_POINTER, VMX_SHADOW);
  shadow->revision = MOS_VMCS_REVISION | MOS_VMCS_SHADOW;
  shadow->field[MOS_VMCS_GUEST_RSP] = 0x4321;
  reads[0x6820 / 8] = 1 << (0x6820 & 7);
  writes[0x681e / 8] = 1 << (0x681e & 7);
  /* mov $0x681c, %eax; vmread %rax, %rbx; vmwrite %rax, %rax; vmcall */
  CODE (&w, "\xb8\x1c\x68\x00\x00\x0f\x78\xc3\x0f\x79\xc0" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (w.machine.cpu->gpr[MOS_RBX], ==, 0x4321);
  g_assert_cmphex (shadow->field[MOS_VMCS_GUEST_RSP], ==, 0x681c);
  CODE (&w, "\xb8\x20\x68\x00\x00\x0f\x78\xc3");
  vmx_world_expect (&w, MOS_VMX_EXIT_VMREAD);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_INSTRUCTION), ==,
                   0x400 | 3 << 3);
  CODE (&w, "\xb8\x1e\x68\x00\x00\x0f\x79\xc3");
  vmx_world_expect (&w, MOS_VMX_EXIT_VMWRITE);
  /* No such field: an error in the shadow, without an exit. */
  CODE (&w, "\xb8\x2c\x48\x00\x00\x0f\x78\xc3" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_RFLAGS) & MOS_RFLAGS_ZF,
                   ==, MOS_RFLAGS_ZF);
  g_assert_cmphex (shadow->field[MOS_VMCS_INSTRUCTION_ERROR], ==,
                   MOS_VMX_ERROR_FIELD);
  vmx_world_clear (&w);
}

/* -- modes --------------------------------------------------------------- */

/* mov $0x1234, %ax; lgdt; PE on; jump to 32-bit code: an unrestricted guest
 * goes where it wants. */
static void
test_real (void)
{
  VmxWorld w;
  guint8  *gdtr;

  vmx_world_start (&w);
  vmx_world_real (&w);
  gdtr = vmx_world_at (&w, VMX_DATA);
  gdtr[0] = 0xff;
  *(guint32 *) (gpointer) (gdtr + 2) = VMX_GDT;
  ((guint64 *) vmx_world_at (&w, VMX_GDT))[3] =
      G_GUINT64_CONSTANT (0x00cf9b000000ffff);
  /* mov $0x6000, %ax; mov %ax, %ds; lgdt 0; mov %cr0, %eax; inc %ax; mov %eax,
   * %cr0; ljmpl $0x18, $VMX_CODE + 0x40 */
  CODE (&w, "\xb8\x00\x60\x8e\xd8\x0f\x01\x16\x00\x00\x0f\x20\xc0\x40"
            "\x0f\x22\xc0\x66\xea\x40\x00\x04\x00\x18\x00");
  memcpy (vmx_world_at (&w, VMX_CODE + 0x40), VMX_VMCALL, 3);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 0x40);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_CR0), ==, 0x31);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_CS_ACCESS), ==, 0xc09b);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_ENTRY_CONTROLS) &
                       mos_vmx_control_mask (MOS_VMX_GUEST_64),
                   ==, 0);
  vmx_world_clear (&w);
}

/* A guest without nested tables: its own paging is the machine's. */
static void
test_v86 (void)
{
  VmxWorld w;
  guint32 *tables;

  vmx_world_start (&w);
  tables = vmx_world_at (&w, 0x200000);
  tables[0] = 0x87; /* 4 MiB, user */
  w.want.field[MOS_VMCS_ENTRY_CONTROLS] &=
      ~mos_vmx_control_mask (MOS_VMX_GUEST_64);
  vmx_world_set (&w, MOS_VMCS_GUEST_EFER, 0);
  vmx_world_set (&w, MOS_VMCS_GUEST_CR3, 0x200000);
  vmx_world_set (&w, MOS_VMCS_GUEST_CR4, MOS_CR4_VMXE | MOS_CR4_PSE);
  for (guint s = MOS_SEG_ES; s <= MOS_SEG_GS; s++) {
    w.want.field[MOS_VMCS_GUEST_ES_ACCESS + s] = 0xf3;
    w.want.field[MOS_VMCS_GUEST_ES_LIMIT + s] = 0xffff;
    w.want.field[MOS_VMCS_GUEST_ES_SELECTOR + s] = VMX_CODE >> 4;
    w.want.field[MOS_VMCS_GUEST_ES_BASE + s] = VMX_CODE;
  }
  vmx_world_set (&w, MOS_VMCS_GUEST_RIP, 0);
  vmx_world_set (&w, MOS_VMCS_GUEST_RSP, 0x1000);
  vmx_world_flags (&w, MOS_RFLAGS_VM | MOS_RFLAGS_IOPL);
  CODE (&w, "\xb8\x34\x12\x50\x0f\xa2"); /* mov; push %ax; cpuid */
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  g_assert_cmphex (vmx_world_rip (&w), ==, 4);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_RSP), ==, 0xffe);
  g_assert_cmphex (*(guint16 *) vmx_world_at (&w, VMX_CODE + 0xffe), ==,
                   0x1234);
  vmx_world_clear (&w);
}

/* -- the rest ------------------------------------------------------------ */

static void
test_pause_loop (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_secondary (&w, MOS_VMX_PLE);
  vmx_world_set (&w, MOS_VMCS_PLE_GAP, 100);
  vmx_world_set (&w, MOS_VMCS_PLE_WINDOW, 1000);
  CODE (&w, "\xf3\x90\xf3\x90" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  /* The clock stands still here: what is said to be long ago is the first. */
  vmx_world_clear (&w);
}

/* Instructions that controls bring are #UD without them. */
static void
test_enables (void)
{
  static const struct {
    const char   *code;
    guint         size;
    MosVmxControl control;
  } rows[] = {
    { "\x0f\x01\xf9", 3, MOS_VMX_RDTSCP },
    { "\xf3\x0f\xc7\xf8", 4, MOS_VMX_RDTSCP },
    { "\x31\xc0\x66\x0f\x38\x82\x04\x24", 8, MOS_VMX_INVPCID },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    VmxWorld w;

    vmx_world_start (&w);
    vmx_world_code (&w, rows[i].code, rows[i].size);
    memcpy (vmx_world_at (&w, VMX_CODE + rows[i].size), VMX_VMCALL, 3);
    memset (vmx_world_at (&w, VMX_GUEST_STACK), 0, 16);
    vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
    g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * MOS_EXC_UD);
    vmx_world_secondary (&w, rows[i].control);
    vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
    g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + rows[i].size);
    vmx_world_clear (&w);
  }
}

static void
test_tsc_offset (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_on (&w, MOS_VMX_TSC_OFFSETTING);
  vmx_world_set (&w, MOS_VMCS_TSC_OFFSET, 0x123456789abc);
  CODE (&w, "\x0f\x31" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (w.machine.cpu->gpr[MOS_RDX], ==, 0x1234);
  vmx_world_clear (&w);
}

/* Traps held up by MOV SS are told and come back. */
static void
test_pending_debug (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_flags (&w, MOS_RFLAGS_TF);
  CODE (&w, "\x8e\xd1\x0f\xa2"); /* mov %ecx, %ss; cpuid */
  w.machine.cpu->gpr[MOS_RCX] = 0x10;
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY), ==, 2);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_PENDING_DEBUG), ==,
                   0x4000);
  vmx_world_flags (&w, 0);
  vmx_world_set (&w, MOS_VMCS_GUEST_RIP, VMX_CODE + 2);
  vmx_world_set (&w, MOS_VMCS_GUEST_PENDING_DEBUG, 0x4000);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * MOS_EXC_DB);
  g_assert_cmphex (vmx_world_pushed (&w, 0), ==, VMX_CODE + 2);
  vmx_world_clear (&w);
}

/* Saved amid the guest, loaded into another machine: it goes on. */
static void
test_saved (void)
{
  VmxWorld    a, b;
  MosCpuState state = { 0 };
  MosVcpu    *vcpu;

  vmx_world_start (&a);
  vmx_world_ept (&a);
  /* 1: inc %r8d; cmp $10000, %r8d; jne 1b; cpuid */
  CODE (&a, "\x41\xff\xc0\x41\x81\xf8\x10\x27\x00\x00\x75\xf4\x0f\xa2");
  a.machine.cpu->gpr[MOS_R8] = 0;
  vmx_world_run (&a); /* through once, to have the fields */
  g_assert_cmphex (vmx_world_get (&a, MOS_VMCS_EXIT_REASON), ==,
                   MOS_VMX_EXIT_CPUID);
  a.machine.cpu->gpr[MOS_R8] = 0;
  memcpy (vmx_world_at (&a, VMX_STUB), "\x0f\x01\xc3\xf4", 4);
  mos_vmx (a.machine.cpu)->vmcs.field[MOS_VMCS_GUEST_RIP] = VMX_CODE;
  mos_vmx (a.machine.cpu)->vmcs.field[MOS_VMCS_HOST_RIP] = VMX_STUB + 3;
  a.machine.cpu->halted = FALSE;
  a.machine.cpu->gpr[MOS_SLOT_RIP] = VMX_STUB;
  g_assert_cmpint (mos_cpu_execute (a.machine.cpu, 5000), ==, MOS_STOP_LOOK);
  g_assert_true (a.machine.cpu->guest.active);
  vcpu = mos_cpus_vcpu (a.machine.cpus, 0);
  g_assert_true (mos_vcpu_get_state (vcpu, &state, NULL));
  g_assert_nonnull (state.nested);

  vmx_world_start (&b);
  memcpy (vmx_world_at (&b, 0), vmx_world_at (&a, 0), VMX_RAM);
  g_assert_true (
      mos_vcpu_set_state (mos_cpus_vcpu (b.machine.cpus, 0), &state, NULL));
  g_assert_true (b.machine.cpu->guest.active);
  g_assert_cmpint (mos_cpu_execute (b.machine.cpu, 0), ==, MOS_STOP_IDLE);
  g_assert_false (b.machine.cpu->guest.active);
  g_assert_cmpuint (b.machine.cpu->gpr[MOS_R8], ==, 10000);
  g_assert_cmphex (mos_vmx (b.machine.cpu)->vmcs.field[MOS_VMCS_EXIT_REASON],
                   ==, MOS_VMX_EXIT_CPUID);
  mos_cpu_state_clear (&state);
  vmx_world_clear (&a);
  vmx_world_clear (&b);
}

/* -- who watches --------------------------------------------------------- */

typedef struct {
  MosNestedObserver observer;
  guint             n_entered, n_left;
  MosNestedEntry    entry;
  MosNestedExit     exit;
  guint64           counters[MOS_N_EXITS];
} Watcher;

static guint64 *
watcher_entered (MosNestedObserver    *self,
                 MosVcpu              *vcpu,
                 const MosNestedEntry *entry)
{
  Watcher *watcher = (Watcher *) self;

  watcher->n_entered++;
  watcher->entry = *entry;
  return watcher->counters;
}

static void
watcher_left (MosNestedObserver *self, MosVcpu *vcpu, const MosNestedExit *exit)
{
  Watcher *watcher = (Watcher *) self;

  watcher->n_left++;
  watcher->exit = *exit;
}

static void
watcher_forgot (MosNestedObserver *self, MosVcpu *vcpu)
{
}

static void
test_observer (void)
{
  Watcher  watcher = { .observer = { .entered = watcher_entered,
                                     .left = watcher_left,
                                     .forgot = watcher_forgot } };
  VmxWorld w;

  vmx_world_init (&w, &watcher.observer);
  vmx_world_ept (&w);
  *(guint64 *) vmx_world_at (&w, VMX_GUEST_STACK) = 0x5000;
  CODE (&w, "\x0f\xc7\x34\x24"); /* vmptrld (%rsp) */
  vmx_world_expect (&w, MOS_VMX_EXIT_VMPTRLD);
  g_assert_cmpuint (watcher.n_entered, ==, 1);
  g_assert_cmpuint (watcher.n_left, ==, 1);
  g_assert_cmpint (watcher.entry.vendor, ==, MOS_VENDOR_INTEL);
  g_assert_cmphex (watcher.entry.block, ==, VMX_VMCS);
  g_assert_cmphex (watcher.entry.root, ==, VMX_EPT);
  g_assert_cmpint (watcher.exit.reason, ==, MOS_EXIT_VIRTUALIZATION);
  g_assert_cmphex (watcher.exit.operand, ==, 0x5000);
  g_assert_cmphex (watcher.exit.rip, ==, VMX_CODE);
  vmx_world_set (&w, MOS_VMCS_GUEST_CR3, (guint64) 1 << 50);
  vmx_world_run (&w);
  g_assert_cmpint (watcher.exit.reason, ==, MOS_EXIT_ENTRY_FAILED);
  g_assert_true (watcher.exit.failed);
  g_assert_cmpuint (watcher.n_left, ==, 2);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/ept/rights", test_ept_rights);
  g_test_add_func ("/vmx/ept/bad", test_ept_bad);
  g_test_add_func ("/vmx/ept/tables", test_ept_tables);
  g_test_add_func ("/vmx/ept/flags", test_ept_flags);
  g_test_add_func ("/vmx/ept/large", test_ept_large);
  g_test_add_func ("/vmx/vpid", test_vpid);
  g_test_add_func ("/vmx/tpr", test_tpr);
  g_test_add_func ("/vmx/apic-page", test_apic_page);
  g_test_add_func ("/vmx/x2apic", test_x2apic);
  g_test_add_func ("/vmx/shadowing", test_shadowing);
  g_test_add_func ("/vmx/real", test_real);
  g_test_add_func ("/vmx/v86", test_v86);
  g_test_add_func ("/vmx/pause-loop", test_pause_loop);
  g_test_add_func ("/vmx/enables", test_enables);
  g_test_add_func ("/vmx/tsc-offset", test_tsc_offset);
  g_test_add_func ("/vmx/pending-debug", test_pending_debug);
  g_test_add_func ("/vmx/saved", test_saved);
  g_test_add_func ("/vmx/observer", test_observer);
  return g_test_run ();
}
