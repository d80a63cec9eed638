/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x: events into and out of guests, windows, timers, masks and bitmaps, the
 * MSR areas.
 *
 * The guest's exception and interrupt handlers are one VMCALL each, so where
 * it left tells which one ran.
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

/* -- injection ----------------------------------------------------------- */

static void
test_inject (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_flags (&w, MOS_RFLAGS_IF);
  vmx_world_inject (&w, 0x51, 0, 0);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * 0x51);
  g_assert_cmphex (vmx_world_pushed (&w, 0), ==, VMX_CODE);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_ENTRY_EVENT) & VMX_INFO_VALID,
                   ==, 0);
  vmx_world_inject (&w, 0xb00 | MOS_EXC_PF, 0x1234, 0);
  vmx_world_set (&w, MOS_VMCS_EXCEPTION_BITMAP, 1u << MOS_EXC_PF);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * MOS_EXC_PF);
  g_assert_cmphex (vmx_world_pushed (&w, 0), ==, 0x1234);
  g_assert_cmphex (vmx_world_pushed (&w, 1), ==, VMX_CODE);
  vmx_world_inject (&w, 0x400 | 0x80, 0, 2);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * 0x80);
  g_assert_cmphex (vmx_world_pushed (&w, 0), ==, VMX_CODE + 2);
  vmx_world_inject (&w, 0x600 | 3, 0, 1);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * 3);
  g_assert_cmphex (vmx_world_pushed (&w, 0), ==, VMX_CODE + 1);
  vmx_world_inject (&w, 0x202, 0, 0);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * 2);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY), ==, 8);
  vmx_world_clear (&w);
}

/* Delivery that an exit breaks off is told, to be injected again. */
static void
test_vectoring (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_ept (&w);
  *vmx_world_ept_entry (&w, VMX_GUEST_STACK - 8) = 0;
  vmx_world_flags (&w, MOS_RFLAGS_IF);
  vmx_world_inject (&w, 0x51, 0, 0);
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_VECTORING_EVENT), ==,
                   0x51 | VMX_INFO_VALID);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_PHYSICAL), ==,
                   VMX_GUEST_STACK - 8);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x182);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  vmx_world_no_inject (&w);
  CODE (&w, "\xcd\x80");
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_VECTORING_EVENT), ==,
                   0x480 | VMX_INFO_VALID);
  g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_EXIT_LENGTH), ==, 2);
  CODE (&w, "\x0f\x0b");
  vmx_world_expect (&w, MOS_VMX_EXIT_EPT_VIOLATION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_VECTORING_EVENT), ==,
                   0x306 | VMX_INFO_VALID);
  vmx_world_clear (&w);
}

/* -- exceptions ---------------------------------------------------------- */

static void
test_exceptions (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_set (&w, MOS_VMCS_EXCEPTION_BITMAP,
                 1u << MOS_EXC_UD | 1u << MOS_EXC_BP | 1u << MOS_EXC_GP);
  CODE (&w, "\x0f\x0b");
  vmx_world_expect (&w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                   0x306 | VMX_INFO_VALID);
  CODE (&w, "\xcc");
  vmx_world_expect (&w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                   0x603 | VMX_INFO_VALID);
  g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_EXIT_LENGTH), ==, 1);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  CODE (&w, "\xb8\xf0\x00\x00\x00\x8e\xd8\x66\xb8\x55\x00\x8e\xd8");
  vmx_world_set (&w, MOS_VMCS_GUEST_GDTR_LIMIT, 0x1f);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                   0xb0d | VMX_INFO_VALID);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_ERROR), ==, 0xf0);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 5);
  vmx_world_clear (&w);
}

/* mov 0x7fffffff000, %al: nothing is mapped there. */
#define TOUCH "\xa0\x00\xf0\xff\xff\xff\x07\x00\x00"

static void
test_page_faults (void)
{
  static const struct {
    guint32  bitmap, mask, match;
    gboolean leaves;
  } rows[] = {
    { 0, 0, 0, FALSE },       { 1u << 14, 0, 0, TRUE },
    { 1u << 14, 1, 0, TRUE }, { 1u << 14, 1, 1, FALSE },
    { 0, 1, 1, TRUE },        { 0, 1, 0, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    VmxWorld w;

    vmx_world_start (&w);
    CODE (&w, TOUCH);
    vmx_world_set (&w, MOS_VMCS_EXCEPTION_BITMAP, rows[i].bitmap);
    vmx_world_set (&w, MOS_VMCS_PF_MASK, rows[i].mask);
    vmx_world_set (&w, MOS_VMCS_PF_MATCH, rows[i].match);
    vmx_world_expect (&w, rows[i].leaves ? MOS_VMX_EXIT_EXCEPTION
                                         : MOS_VMX_EXIT_VMCALL);
    if (rows[i].leaves) {
      g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==,
                       G_GUINT64_CONSTANT (0x7fffffff000));
      g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                       0xb0e | VMX_INFO_VALID);
    } else {
      g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * MOS_EXC_PF);
    }
    vmx_world_clear (&w);
  }
}

/* -- interrupts ---------------------------------------------------------- */

#define SPIN "\xeb\xfe"

static void
test_external (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, SPIN);
  vmx_world_on (&w, MOS_VMX_EXTERNAL);
  vmx_world_on (&w, MOS_VMX_ACKNOWLEDGE);
  vmx_world_interrupt (&w, 0x61);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXTERNAL); /* though IF is clear */
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                   0x61 | VMX_INFO_VALID);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  mos_lapic_write (w.machine.cpu, 0xb0, 0);
  w.want.field[MOS_VMCS_EXIT_CONTROLS] &=
      ~mos_vmx_control_mask (MOS_VMX_ACKNOWLEDGE);
  vmx_world_interrupt (&w, 0x62);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXTERNAL);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT) & VMX_INFO_VALID, ==,
                   0);
  g_assert_true (mos_lapic_has_interrupt (w.machine.cpu));
  /* Without the control it is the guest's. */
  w.want.field[MOS_VMCS_PIN_CONTROLS] &=
      ~mos_vmx_control_mask (MOS_VMX_EXTERNAL);
  vmx_world_flags (&w, MOS_RFLAGS_IF);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * 0x62);
  vmx_world_clear (&w);
}

/* A halted guest is woken, and its state told. */
static void
test_halted (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, "\xf4" SPIN);
  vmx_world_on (&w, MOS_VMX_EXTERNAL);
  vmx_world_set (&w, MOS_VMCS_GUEST_ACTIVITY, 1);
  vmx_world_interrupt (&w, 0x61);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXTERNAL);
  g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_GUEST_ACTIVITY), ==, 1);
  vmx_world_clear (&w);
}

static void
test_interrupt_window (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_on (&w, MOS_VMX_INTERRUPT_WINDOW);
  CODE (&w, "\x90\xfb\x90\x90" SPIN); /* nop; sti; nop; nop */
  vmx_world_expect (&w, MOS_VMX_EXIT_INTERRUPT_WINDOW);
  g_assert_cmphex (vmx_world_rip (&w), >,
                   VMX_CODE + 2); /* not right behind it */
  vmx_world_flags (&w, MOS_RFLAGS_IF);
  vmx_world_expect (&w, MOS_VMX_EXIT_INTERRUPT_WINDOW);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  vmx_world_set (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY, 1);
  vmx_world_expect (&w, MOS_VMX_EXIT_INTERRUPT_WINDOW);
  g_assert_cmphex (vmx_world_rip (&w), >, VMX_CODE);
  vmx_world_clear (&w);
}

static void
test_nmi (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, SPIN);
  vmx_world_on (&w, MOS_VMX_NMI);
  w.machine.cpu->nmi_masked = TRUE; /* level 1 shall not take it */
  mos_lapic_send_nmi (w.machine.cpu->cpus);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_EXIT_EVENT), ==,
                   0x202 | VMX_INFO_VALID);
  g_assert_true (w.machine.cpu->nmi_masked);
  /* Virtual ones are blocked for the guest, real ones leave all the same. */
  vmx_world_on (&w, MOS_VMX_VIRTUAL_NMIS);
  vmx_world_set (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY, 8);
  mos_lapic_send_nmi (w.machine.cpu->cpus);
  vmx_world_expect (&w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY), ==, 8);
  /* The window opens with IRET. */
  vmx_world_on (&w, MOS_VMX_NMI_WINDOW);
  CODE (&w, "\x6a\x10\x6a\x00\x9c\x6a\x08\x68\x20\x00\x04\x00\x48\xcf");
  memcpy (vmx_world_at (&w, VMX_CODE + 0x20), SPIN, 2);
  vmx_world_expect (&w, MOS_VMX_EXIT_NMI_WINDOW);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 0x20);
  vmx_world_set (&w, MOS_VMCS_GUEST_INTERRUPTIBILITY, 0);
  vmx_world_expect (&w, MOS_VMX_EXIT_NMI_WINDOW);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  vmx_world_clear (&w);
}

static void
test_init_signal (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, SPIN);
  mos_cpu_notify (w.machine.cpu, MOS_PENDING_INIT);
  /* Root operation holds it back until the guest runs. */
  w.machine.cpu->guest.hold = MOS_PENDING_INIT;
  vmx_world_expect (&w, MOS_VMX_EXIT_INIT);
  vmx_world_clear (&w);
}

static void
test_timer (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, SPIN);
  vmx_world_on (&w, MOS_VMX_PREEMPTION);
  vmx_world_on (&w, MOS_VMX_SAVE_TIMER);
  vmx_world_set (&w, MOS_VMCS_PREEMPTION_TIMER, 0);
  vmx_world_expect (&w, MOS_VMX_EXIT_PREEMPTION);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE);
  CODE (&w, "\x0f\xa2");
  vmx_world_set (&w, MOS_VMCS_PREEMPTION_TIMER, 1000);
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  /* The clock of these machines stands still. */
  g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_PREEMPTION_TIMER), ==, 1000);
  vmx_world_clear (&w);
}

/* -- masks, bitmaps, areas ----------------------------------------------- */

static void
test_cr_masks (void)
{
  VmxWorld    w;
  MosSoftCpu *cpu;

  vmx_world_start (&w);
  cpu = w.machine.cpu;
  vmx_world_set (&w, MOS_VMCS_CR0_MASK, MOS_CR0_TS | MOS_CR0_WP);
  vmx_world_set (&w, MOS_VMCS_CR0_SHADOW, MOS_CR0_TS);
  vmx_world_set (&w, MOS_VMCS_CR4_MASK, MOS_CR4_VMXE);
  /* mov %cr0, %rax; mov %cr4, %rbx; smsw %ecx; vmcall */
  CODE (&w, "\x0f\x20\xc0\x0f\x20\xe3\x0f\x01\xe1" VMX_VMCALL);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (cpu->gpr[MOS_RBX] & MOS_CR4_VMXE, ==, 0);
  g_assert_cmphex (cpu->gpr[MOS_RCX] & MOS_CR0_TS, ==, MOS_CR0_TS);
  /* mov %cr0, %rax; or $2, %al; mov %rax, %cr0; then WP set: leaves */
  CODE (&w, "\x0f\x20\xc0\x0c\x02\x0f\x22\xc0\x0d\x00\x00\x01\x00\x0f\x22\xc0");
  vmx_world_expect (&w, MOS_VMX_EXIT_CR_ACCESS);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 13);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_CR0), ==, 0x80010033);
  CODE (&w, "\x0f\x06");
  vmx_world_expect (&w, MOS_VMX_EXIT_CR_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x20);
  CODE (&w, "\x66\xb8\x00\x00\x0f\x01\xf0");
  vmx_world_expect (&w, MOS_VMX_EXIT_CR_ACCESS);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x30);
  /* A bit the guest may not lose is #GP, not an exit. */
  vmx_world_set (&w, MOS_VMCS_CR0_MASK, 0);
  CODE (&w, "\x0f\x20\xc0\x24\xdf\x0f\x22\xc0");
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_HANDLERS + 8 * MOS_EXC_GP);
  vmx_world_clear (&w);
}

static void
test_cr3_targets (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  vmx_world_on (&w, MOS_VMX_CR3_LOAD);
  vmx_world_set (&w, MOS_VMCS_CR3_TARGET_COUNT, 2);
  vmx_world_set (&w, MOS_VMCS_CR3_TARGET1, 0x1000);
  vmx_world_set (&w, MOS_VMCS_CR3_TARGET2, 0x2000);
  CODE (&w, "\xb8\x00\x10\x00\x00\x0f\x22\xd8\xb8\x00\x20\x00\x00\x0f\x22\xd8");
  vmx_world_expect (&w, MOS_VMX_EXIT_CR_ACCESS);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 13);
  vmx_world_clear (&w);
}

static void
test_bitmaps (void)
{
  VmxWorld w;
  guint8  *ports, *msrs;

  vmx_world_start (&w);
  ports = vmx_world_at (&w, VMX_BITMAPS);
  msrs = vmx_world_at (&w, VMX_BITMAPS + 0x2000);
  vmx_world_on (&w, MOS_VMX_IO_BITMAPS);
  ports[0x1000 + 0x123] = 1; /* port 0x8918 */
  ports[0x81 / 8] = 1 << (0x81 & 7);
  /* out %al, $0x80; out %ax, $0x80: the second byte's bit counts */
  CODE (&w, "\xe6\x80\x66\xe7\x80");
  vmx_world_expect (&w, MOS_VMX_EXIT_IO);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 2);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 0x800041);
  CODE (&w, "\x66\xba\x18\x89\xec");
  vmx_world_expect (&w, MOS_VMX_EXIT_IO);
  /* LSTAR: read passes, write leaves. Far away: always leaves. */
  msrs[0xc00 + 0x82 / 8] = 1 << (0x82 & 7);
  CODE (&w, "\xb9\x82\x00\x00\xc0\x0f\x32\x0f\x30");
  vmx_world_expect (&w, MOS_VMX_EXIT_WRMSR);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + 7);
  CODE (&w, "\xb9\x00\x00\x00\x40\x0f\x32");
  vmx_world_expect (&w, MOS_VMX_EXIT_RDMSR);
  vmx_world_clear (&w);
}

static guint64 *
area (VmxWorld *w, guint n)
{
  return vmx_world_at (w, VMX_MSRS + 0x100 * n);
}

static void
test_msr_areas (void)
{
  VmxWorld w;

  vmx_world_start (&w);
  CODE (&w, "\xb9\x82\x00\x00\xc0\x0f\x32" VMX_VMCALL);
  area (&w, 0)[0] = 0xc0000082;
  area (&w, 0)[1] = 0x1234;
  vmx_world_set (&w, MOS_VMCS_ENTRY_MSR_LOAD, VMX_MSRS);
  vmx_world_set (&w, MOS_VMCS_ENTRY_MSR_LOAD_COUNT, 1);
  area (&w, 1)[0] = 0xc0000082;
  vmx_world_set (&w, MOS_VMCS_EXIT_MSR_STORE, VMX_MSRS + 0x100);
  vmx_world_set (&w, MOS_VMCS_EXIT_MSR_STORE_COUNT, 1);
  area (&w, 2)[0] = 0xc0000082;
  area (&w, 2)[1] = 0x5678;
  vmx_world_set (&w, MOS_VMCS_EXIT_MSR_LOAD, VMX_MSRS + 0x200);
  vmx_world_set (&w, MOS_VMCS_EXIT_MSR_LOAD_COUNT, 1);
  vmx_world_expect (&w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (w.machine.cpu->gpr[MOS_RAX], !=, 0);
  g_assert_cmphex (area (&w, 1)[1], ==, 0x1234);
  g_assert_cmphex (w.machine.cpu->lstar, ==, 0x5678);
  /* The second entry cannot be loaded. */
  area (&w, 0)[2] = 0xc0000100;
  vmx_world_set (&w, MOS_VMCS_ENTRY_MSR_LOAD_COUNT, 2);
  vmx_world_expect (&w, MOS_VMX_EXIT_FAILED | MOS_VMX_EXIT_BAD_MSR);
  g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==, 2);
  vmx_world_clear (&w);
}

/* An exit that cannot load its registers is the end of the processor. */
static void
test_abort (void)
{
  VmxWorld w;
  MosVmcs  vmcs;

  vmx_world_start (&w);
  CODE (&w, "\x0f\xa2");
  vmx_world_expect (&w, MOS_VMX_EXIT_CPUID);
  area (&w, 0)[0] = 0xc0000100;
  mos_vmx (w.machine.cpu)->vmcs.field[MOS_VMCS_EXIT_MSR_LOAD] = VMX_MSRS;
  mos_vmx (w.machine.cpu)->vmcs.field[MOS_VMCS_EXIT_MSR_LOAD_COUNT] = 1;
  memcpy (vmx_world_at (&w, VMX_STUB), "\x0f\x01\xc3\xf4", 4);
  w.machine.cpu->halted = FALSE;
  w.machine.cpu->gpr[MOS_SLOT_RIP] = VMX_STUB;
  g_assert_cmpint (mos_cpu_execute (w.machine.cpu, 0), ==, MOS_STOP_SHUTDOWN);
  mos_vmcs_load (&vmcs, vmx_world_at (&w, VMX_VMCS));
  g_assert_cmpuint (vmcs.abort, ==, 4);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/inject", test_inject);
  g_test_add_func ("/vmx/vectoring", test_vectoring);
  g_test_add_func ("/vmx/exceptions", test_exceptions);
  g_test_add_func ("/vmx/page-faults", test_page_faults);
  g_test_add_func ("/vmx/external", test_external);
  g_test_add_func ("/vmx/halted", test_halted);
  g_test_add_func ("/vmx/interrupt-window", test_interrupt_window);
  g_test_add_func ("/vmx/nmi", test_nmi);
  g_test_add_func ("/vmx/init", test_init_signal);
  g_test_add_func ("/vmx/timer", test_timer);
  g_test_add_func ("/vmx/cr-masks", test_cr_masks);
  g_test_add_func ("/vmx/cr3-targets", test_cr3_targets);
  g_test_add_func ("/vmx/bitmaps", test_bitmaps);
  g_test_add_func ("/vmx/msr-areas", test_msr_areas);
  g_test_add_func ("/vmx/abort", test_abort);
  return g_test_run ();
}
