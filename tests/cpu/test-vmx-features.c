/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x: every control that the capability registers allow, each with a guest
 * that shows what it does, and what happens without it.
 *
 * A control that may be 1 and has no row here fails the test, and so does a
 * row that may not be 1 (Intel SDM volume 3, "VMX Capability Reporting
 * Facility"). What is no field of a VMCS is in test-vmx-abilities.c.
 */
#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/features.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/vmx-world.h"

#define CODE(w, s) vmx_world_code (w, s VMX_VMCALL, sizeof s VMX_VMCALL - 1)
#define SPIN       "\xeb\xfe"
/* Level 1 uses RAX, so what was read goes to RBX. */
#define TO_RBX     "\x89\xc3"
#define RDMSR_PAT  "\xb9\x77\x02\x00\x00\x0f\x32" TO_RBX
#define RDMSR_EFER "\xb9\x80\x00\x00\xc0\x0f\x32" TO_RBX
/* Turns SCE of EFER over; sets the PAT. */
#define TURN_SCE RDMSR_EFER "\x83\xf0\x01\x0f\x30"
#define SET_PAT  "\xb9\x77\x02\x00\x00\xb8\x06\x06\x06\x06\x89\xc2\x0f\x30"
/* mov 0x60000, %al */
#define LOAD "\xa0\x00\x00\x06\x00\x00\x00\x00\x00"

#define PAT_PLAIN G_GUINT64_CONSTANT (0x0007040600070406)
#define PAT_OTHER G_GUINT64_CONSTANT (0x0606060606060606)

/* The guest ran to its end. */
static void
passes (VmxWorld *w)
{
  vmx_world_expect (w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (w), >=, VMX_CODE);
  g_assert_cmphex (vmx_world_rip (w), <, VMX_CODE + 0x100);
}

static void
faults (VmxWorld *w, guint vector)
{
  vmx_world_expect (w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_HANDLERS + 8 * vector);
}

static void
leaves_at_once (VmxWorld *w, MosVmxExit reason)
{
  vmx_world_expect (w, reason);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE);
}

/* The registers that the guest leaves behind. */
static guint64
reg (VmxWorld *w, guint which)
{
  return w->machine.cpu->gpr[which];
}

/* -- instructions that leave --------------------------------------------- */

typedef struct {
  MosVmxControl control;
  const char   *code;
  guint         size;
  MosVmxExit    reason;
  guint         at; /* of the instruction that leaves */
} Leaving;

#define INSN(s) s, sizeof s - 1

/* clang-format off */
static const Leaving leaving[] = {
  { MOS_VMX_INVLPG, INSN ("\x0f\x01\x3c\x24"), MOS_VMX_EXIT_INVLPG, 0 },
  { MOS_VMX_MWAIT, INSN ("\x31\xc9\x0f\x01\xc9"), MOS_VMX_EXIT_MWAIT, 2 },
  { MOS_VMX_RDPMC, INSN ("\x31\xc9\x0f\x33"), MOS_VMX_EXIT_RDPMC, 2 },
  { MOS_VMX_RDTSC, INSN ("\x0f\x31"), MOS_VMX_EXIT_RDTSC, 0 },
  { MOS_VMX_CR3_LOAD, INSN ("\xb8\x00\x10\x00\x00\x0f\x22\xd8"), MOS_VMX_EXIT_CR_ACCESS, 5 },
  { MOS_VMX_CR3_STORE, INSN ("\x0f\x20\xd8"), MOS_VMX_EXIT_CR_ACCESS, 0 },
  { MOS_VMX_CR8_LOAD, INSN ("\x31\xc0\x44\x0f\x22\xc0"), MOS_VMX_EXIT_CR_ACCESS, 2 },
  { MOS_VMX_CR8_STORE, INSN ("\x44\x0f\x20\xc0"), MOS_VMX_EXIT_CR_ACCESS, 0 },
  { MOS_VMX_MOV_DR, INSN ("\x0f\x21\xf8"), MOS_VMX_EXIT_DR_ACCESS, 0 },
  { MOS_VMX_UNCONDITIONAL_IO, INSN ("\xe6\x80"), MOS_VMX_EXIT_IO, 0 },
  { MOS_VMX_MTF, INSN ("\x90\x90"), MOS_VMX_EXIT_MTF, 1 },
  { MOS_VMX_MONITOR, INSN ("\x31\xc9\x31\xd2\x48\x89\xe0\x0f\x01\xc8"), MOS_VMX_EXIT_MONITOR, 7 },
  { MOS_VMX_PAUSE, INSN ("\xf3\x90"), MOS_VMX_EXIT_PAUSE, 0 },
  { MOS_VMX_DESCRIPTOR, INSN ("\x0f\x01\x04\x24"), MOS_VMX_EXIT_GDTR_IDTR, 0 },
  { MOS_VMX_WBINVD, INSN ("\x0f\x09"), MOS_VMX_EXIT_WBINVD, 0 },
  { MOS_VMX_RDRAND, INSN ("\x0f\xc7\xf0"), MOS_VMX_EXIT_RDRAND, 0 },
  { MOS_VMX_RDSEED, INSN ("\x0f\xc7\xf8"), MOS_VMX_EXIT_RDSEED, 0 },
};
/* clang-format on */

static void
check_leaving (const Leaving *row)
{
  VmxWorld w;
  guint8  *end;

  vmx_world_start (&w);
  /* CPUID has no MONITOR, and so the instructions are #UD; hypervisors ask for
   * the controls all the same. Here the processor shall have it. */
  w.machine.cpu->features[MOS_CPUID_1_ECX] |= MOS_CPUID_1_ECX_MONITOR;
  end = vmx_world_at (&w, VMX_CODE + row->size);
  memcpy (end, VMX_VMCALL, 3);
  vmx_world_code (&w, row->code, row->size);
  if (row->control == MOS_VMX_RDPMC)
    faults (&w, MOS_EXC_GP); /* there is no counter to read */
  else
    passes (&w);
  if (mos_vmx_control_set (row->control) == MOS_VMX_SET_PROC2)
    vmx_world_on (&w, MOS_VMX_SECONDARY);
  vmx_world_on (&w, row->control);
  vmx_world_expect (&w, row->reason);
  g_assert_cmphex (vmx_world_rip (&w), ==, VMX_CODE + row->at);
  vmx_world_clear (&w);
}

/* Without the control an interrupt wakes it. */
static void
halts (VmxWorld *w)
{
  CODE (w, "\xfb\xf4"); /* sti; hlt */
  vmx_world_interrupt (w, 0x61);
  vmx_world_set (w, MOS_VMCS_GUEST_INTERRUPTIBILITY, 0);
  faults (w, 0x61);
  g_assert_cmphex (vmx_world_pushed (w, 0), ==, VMX_CODE + 2);
  vmx_world_on (w, MOS_VMX_HLT);
  vmx_world_expect (w, MOS_VMX_EXIT_HLT);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE + 1);
}

/* -- events -------------------------------------------------------------- */

static void
external (VmxWorld *w)
{
  CODE (w, SPIN);
  vmx_world_flags (w, MOS_RFLAGS_IF);
  vmx_world_interrupt (w, 0x62);
  faults (w, 0x62);
  mos_lapic_write (w->machine.cpu, 0xb0, 0);
  vmx_world_on (w, MOS_VMX_EXTERNAL);
  vmx_world_interrupt (w, 0x62);
  leaves_at_once (w, MOS_VMX_EXIT_EXTERNAL);
}

static void
acknowledge (VmxWorld *w)
{
  CODE (w, SPIN);
  vmx_world_on (w, MOS_VMX_EXTERNAL);
  vmx_world_interrupt (w, 0x62);
  leaves_at_once (w, MOS_VMX_EXIT_EXTERNAL);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_EXIT_EVENT) & VMX_INFO_VALID, ==,
                   0);
  g_assert_true (mos_lapic_has_interrupt (w->machine.cpu));
  vmx_world_on (w, MOS_VMX_ACKNOWLEDGE);
  leaves_at_once (w, MOS_VMX_EXIT_EXTERNAL);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_EXIT_EVENT), ==,
                   0x62 | VMX_INFO_VALID);
  g_assert_false (mos_lapic_has_interrupt (w->machine.cpu));
}

static void
nmi (VmxWorld *w)
{
  CODE (w, SPIN);
  w->machine.cpu->nmi_masked = TRUE; /* level 1 shall not take it */
  mos_lapic_send_nmi (w->machine.cpu->cpus);
  faults (w, MOS_EXC_NMI);
  vmx_world_on (w, MOS_VMX_NMI);
  w->machine.cpu->nmi_masked = TRUE;
  mos_lapic_send_nmi (w->machine.cpu->cpus);
  leaves_at_once (w, MOS_VMX_EXIT_EXCEPTION);
}

/* What the guest says of its NMIs does not keep the machine's away. */
static void
virtual_nmis (VmxWorld *w)
{
  CODE (w, "");
  w->machine.cpu->nmi_masked = TRUE;
  vmx_world_on (w, MOS_VMX_NMI);
  vmx_world_set (w, MOS_VMCS_GUEST_INTERRUPTIBILITY, MOS_VMX_BLOCK_NMI);
  mos_lapic_send_nmi (w->machine.cpu->cpus);
  passes (w);
  vmx_world_on (w, MOS_VMX_VIRTUAL_NMIS);
  leaves_at_once (w, MOS_VMX_EXIT_EXCEPTION);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_INTERRUPTIBILITY), ==,
                   MOS_VMX_BLOCK_NMI);
}

static void
nmi_window (VmxWorld *w)
{
  CODE (w, "");
  vmx_world_on (w, MOS_VMX_NMI);
  vmx_world_on (w, MOS_VMX_VIRTUAL_NMIS);
  passes (w);
  vmx_world_on (w, MOS_VMX_NMI_WINDOW);
  leaves_at_once (w, MOS_VMX_EXIT_NMI_WINDOW);
  vmx_world_set (w, MOS_VMCS_GUEST_INTERRUPTIBILITY, MOS_VMX_BLOCK_NMI);
  passes (w);
}

static void
interrupt_window (VmxWorld *w)
{
  CODE (w, "");
  vmx_world_flags (w, MOS_RFLAGS_IF);
  passes (w);
  vmx_world_on (w, MOS_VMX_INTERRUPT_WINDOW);
  leaves_at_once (w, MOS_VMX_EXIT_INTERRUPT_WINDOW);
  vmx_world_flags (w, 0);
  passes (w);
}

static void
preemption (VmxWorld *w)
{
  CODE (w, "");
  vmx_world_set (w, MOS_VMCS_PREEMPTION_TIMER, 0);
  passes (w);
  vmx_world_on (w, MOS_VMX_PREEMPTION);
  leaves_at_once (w, MOS_VMX_EXIT_PREEMPTION);
}

/* A port whose write takes 3,200 ns: the only clock that moves here. */
static void
slow_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosBus *bus = opaque;

  mos_clock_advance (bus->clock, mos_clock_now (bus->clock) + 3200);
}

static const MosIoOps slow_ops = { .write = slow_write };

static void
save_timer (VmxWorld *w)
{
  MosIoWindow slow = { .name = "slow",
                       .ops = &slow_ops,
                       .opaque = w->machine.bus,
                       .base = 0x80,
                       .size = 1 };

  mos_bus_map_ports (w->machine.bus, &slow);
  CODE (w, "\xe6\x80");
  vmx_world_on (w, MOS_VMX_PREEMPTION);
  vmx_world_set (w, MOS_VMCS_PREEMPTION_TIMER, 1000);
  passes (w);
  g_assert_cmpuint (vmx_world_get (w, MOS_VMCS_PREEMPTION_TIMER), ==, 1000);
  vmx_world_on (w, MOS_VMX_SAVE_TIMER);
  passes (w);
  /* It counts down every 32 ticks, as VMX_MISC says, of a GHz. */
  g_assert_cmpuint (vmx_world_get (w, MOS_VMCS_PREEMPTION_TIMER), ==, 900);
  g_assert_cmpuint (
      vmx_world_msr (w, MOS_MSR_VMX_BASIC + MOS_VMX_MSR_MISC) & 0x1f, ==, 5);
  CODE (w, "\xe6\x80\xe6\x80");
  vmx_world_set (w, MOS_VMCS_PREEMPTION_TIMER, 150);
  vmx_world_expect (w, MOS_VMX_EXIT_PREEMPTION);
  g_assert_cmpuint (vmx_world_get (w, MOS_VMCS_PREEMPTION_TIMER), ==, 0);
  mos_bus_unmap_ports (w->machine.bus, &slow);
}

/* Two PAUSEs, 500 ticks apart by writing to the counter. */
static void
pause_loop (VmxWorld *w)
{
  CODE (w, "\xf3\x90\xb9\x10\x00\x00\x00\x0f\x32\x05\xf4\x01\x00\x00\x0f\x30"
           "\xf3\x90");
  vmx_world_set (w, MOS_VMCS_PLE_GAP, 1000);
  vmx_world_set (w, MOS_VMCS_PLE_WINDOW, 400);
  passes (w);
  vmx_world_secondary (w, MOS_VMX_PLE);
  vmx_world_expect (w, MOS_VMX_EXIT_PAUSE);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE + 16);
  vmx_world_set (w, MOS_VMCS_PLE_WINDOW, 600); /* not long enough */
  passes (w);
  vmx_world_set (w, MOS_VMCS_PLE_WINDOW, 400);
  vmx_world_set (w, MOS_VMCS_PLE_GAP, 100); /* the second begins anew */
  passes (w);
}

/* -- the virtual APIC ---------------------------------------------------- */

static void
tpr_shadow (VmxWorld *w)
{
  CODE (w, "\x44\x0f\x20\xc2"); /* mov %cr8, %rdx */
  *(guint8 *) vmx_world_at (w, VMX_APIC + 0x80) = 0x50;
  passes (w);
  g_assert_cmphex (reg (w, MOS_RDX), ==, 0);
  vmx_world_on (w, MOS_VMX_TPR_SHADOW);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RDX), ==, 5);
}

static void
apic_accesses (VmxWorld *w)
{
  CODE (w, "\xa1\xb0\x80\x01\x00\x00\x00\x00\x00"); /* mov 0x180b0, %eax */
  vmx_world_on (w, MOS_VMX_TPR_SHADOW);
  passes (w);
  vmx_world_secondary (w, MOS_VMX_APIC_ACCESSES);
  leaves_at_once (w, MOS_VMX_EXIT_APIC_ACCESS);
}

static void
x2apic (VmxWorld *w)
{
  CODE (w, "\xb9\x08\x08\x00\x00\x0f\x32" TO_RBX);
  *(guint8 *) vmx_world_at (w, VMX_APIC + 0x80) = 0x30;
  vmx_world_on (w, MOS_VMX_TPR_SHADOW);
  faults (w, MOS_EXC_GP); /* the machine's own APIC is not in that mode */
  vmx_world_secondary (w, MOS_VMX_X2APIC);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0x30);
}

/* -- bitmaps, time, instructions ----------------------------------------- */

static void
io_bitmaps (VmxWorld *w)
{
  CODE (w, "\xe6\x80\xe6\x81");
  *(guint8 *) vmx_world_at (w, VMX_BITMAPS + 0x81 / 8) = 1 << (0x81 & 7);
  passes (w);
  vmx_world_on (w, MOS_VMX_IO_BITMAPS);
  vmx_world_expect (w, MOS_VMX_EXIT_IO);
  g_assert_cmphex (vmx_world_rip (w), ==, VMX_CODE + 2);
}

static void
msr_bitmaps (VmxWorld *w)
{
  CODE (w, RDMSR_PAT);
  passes (w);
  vmx_world_off (w, MOS_VMX_MSR_BITMAPS);
  vmx_world_expect (w, MOS_VMX_EXIT_RDMSR);
}

static void
tsc_offsetting (VmxWorld *w)
{
  CODE (w, "\x0f\x31");
  vmx_world_set (w, MOS_VMCS_TSC_OFFSET, 0x123456789abc);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RDX), ==, 0);
  vmx_world_on (w, MOS_VMX_TSC_OFFSETTING);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RDX), ==, 0x1234);
}

static void
secondary (VmxWorld *w)
{
  CODE (w, "\x0f\x09");
  vmx_world_on (w, MOS_VMX_WBINVD);
  passes (w);
  vmx_world_on (w, MOS_VMX_SECONDARY);
  leaves_at_once (w, MOS_VMX_EXIT_WBINVD);
}

static void
rdtscp (VmxWorld *w)
{
  CODE (w, "\x0f\x01\xf9\xf3\x0f\xc7\xf8"); /* and RDPID */
  faults (w, MOS_EXC_UD);
  vmx_world_secondary (w, MOS_VMX_RDTSCP);
  passes (w);
}

static void
invpcid (VmxWorld *w)
{
  CODE (w, "\x31\xc0\x66\x0f\x38\x82\x04\x24");
  memset (vmx_world_at (w, VMX_GUEST_STACK), 0, 16);
  faults (w, MOS_EXC_UD);
  vmx_world_secondary (w, MOS_VMX_INVPCID);
  passes (w);
}

static void
shadowing (VmxWorld *w)
{
  MosVmcs *shadow = vmx_world_at (w, VMX_SHADOW);

  shadow->revision = MOS_VMCS_REVISION | MOS_VMCS_SHADOW;
  shadow->field[MOS_VMCS_GUEST_RSP] = 0x4321;
  CODE (w, "\xb8\x1c\x68\x00\x00\x0f\x78\xc3"); /* vmread %rax, %rbx */
  vmx_world_expect (w, MOS_VMX_EXIT_VMREAD);
  vmx_world_secondary (w, MOS_VMX_SHADOWING);
  vmx_world_set (w, MOS_VMCS_LINK_POINTER, VMX_SHADOW);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0x4321);
}

/* -- nested paging ------------------------------------------------------- */

static void
nested_paging (VmxWorld *w)
{
  vmx_world_ept (w);
  *vmx_world_ept_entry (w, VMX_DATA) = 0;
  CODE (w, LOAD);
  leaves_at_once (w, MOS_VMX_EXIT_EPT_VIOLATION);
  vmx_world_off (w, MOS_VMX_EPT);
  passes (w);
}

/* Translations stay from one entry to the next. */
static void
vpid (VmxWorld *w)
{
  vmx_world_ept (w);
  CODE (w, LOAD);
  vmx_world_set (w, MOS_VMCS_VPID, 5);
  for (guint with = 0; with < 2; with++) {
    if (with)
      vmx_world_on (w, MOS_VMX_VPID);
    *vmx_world_ept_entry (w, VMX_DATA) = VMX_DATA | 0x37;
    passes (w);
    *vmx_world_ept_entry (w, VMX_DATA) = 0;
    if (with)
      passes (w);
    else
      leaves_at_once (w, MOS_VMX_EXIT_EPT_VIOLATION);
  }
}

static void
unrestricted (VmxWorld *w)
{
  vmx_world_real (w);
  CODE (w, "");
  vmx_world_expect (w, MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (vmx_world_rip (w), ==, 0);
  vmx_world_off (w, MOS_VMX_UNRESTRICTED);
  vmx_world_expect (w, MOS_VMX_EXIT_FAILED | MOS_VMX_EXIT_BAD_GUEST);
}

/* -- what is saved and loaded -------------------------------------------- */

static guint64
host_pat (VmxWorld *w)
{
  guint64 value = 0;

  g_assert_true (mos_msr_read (w->machine.cpu, MOS_MSR_PAT, &value));
  return value;
}

static void
save_debug (VmxWorld *w)
{
  CODE (w, "\xb8\x01\x04\x00\x00\x0f\x23\xf8"); /* mov $0x401, dr7 */
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_DR7), ==, 0x401);
  vmx_world_off (w, MOS_VMX_SAVE_DEBUG);
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_DR7), ==, 0x400);
}

static void
load_debug (VmxWorld *w)
{
  CODE (w, "\x0f\x21\xfb"); /* mov dr7, %rbx */
  vmx_world_set (w, MOS_VMCS_GUEST_DR7, 0x402);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0x402);
  vmx_world_off (w, MOS_VMX_LOAD_DEBUG);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0x400);
}

static void
save_pat (VmxWorld *w)
{
  CODE (w, SET_PAT);
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_PAT), ==, PAT_PLAIN);
  vmx_world_on (w, MOS_VMX_SAVE_PAT);
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_PAT), ==, PAT_OTHER);
}

static void
exit_pat (VmxWorld *w)
{
  CODE (w, SET_PAT);
  passes (w);
  g_assert_cmphex (host_pat (w), ==, PAT_OTHER);
  vmx_world_on (w, MOS_VMX_EXIT_PAT);
  passes (w);
  g_assert_cmphex (host_pat (w), ==, PAT_PLAIN);
}

static void
load_pat (VmxWorld *w)
{
  CODE (w, RDMSR_PAT);
  vmx_world_set (w, MOS_VMCS_GUEST_PAT, PAT_OTHER);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, (guint32) PAT_PLAIN);
  vmx_world_on (w, MOS_VMX_LOAD_PAT);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, (guint32) PAT_OTHER);
}

static void
save_efer (VmxWorld *w)
{
  guint64 before = w->want.field[MOS_VMCS_GUEST_EFER];

  CODE (w, TURN_SCE);
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_EFER), ==,
                   before ^ MOS_EFER_SCE);
  vmx_world_off (w, MOS_VMX_SAVE_EFER);
  passes (w);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_GUEST_EFER), ==, before);
}

static void
exit_efer (VmxWorld *w)
{
  CODE (w, TURN_SCE);
  passes (w);
  g_assert_cmphex (w->machine.cpu->efer, ==, w->want.field[MOS_VMCS_HOST_EFER]);
  vmx_world_off (w, MOS_VMX_EXIT_EFER);
  passes (w);
  g_assert_cmphex (w->machine.cpu->efer, ==,
                   w->want.field[MOS_VMCS_HOST_EFER] ^ MOS_EFER_SCE);
}

static void
load_efer (VmxWorld *w)
{
  CODE (w, RDMSR_EFER);
  w->want.field[MOS_VMCS_GUEST_EFER] |= MOS_EFER_SCE;
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX) & MOS_EFER_SCE, !=, 0);
  vmx_world_off (w, MOS_VMX_LOAD_EFER);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX) & MOS_EFER_SCE, ==, 0);
}

/* 48 is a prefix in 64-bit code and DEC EAX else. */
static void
guest_64 (VmxWorld *w)
{
  CODE (w, "\x48\xff\xc0" TO_RBX); /* begins with RAX -1 */
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_ENTRY_CONTROLS) &
                       mos_vmx_control_mask (MOS_VMX_GUEST_64),
                   !=, 0);
  vmx_world_pae (w);
  passes (w);
  g_assert_cmphex (reg (w, MOS_RBX), ==, 0xffffffff);
  g_assert_cmphex (vmx_world_get (w, MOS_VMCS_ENTRY_CONTROLS) &
                       mos_vmx_control_mask (MOS_VMX_GUEST_64),
                   ==, 0);
}

/* Level 1 in 32-bit code: vmxon (%ebx); vmptrld (%ebp); vmlaunch; hlt. */
static void
host_32 (void)
{
  static const guint8 code[] = { 0xf3, 0x0f, 0xc7, 0x33, 0x0f, 0xc7,
                                 0x75, 0x00, 0x0f, 0x01, 0xc2, 0xf4 };
  VmxWorld            w;
  MosSoftCpu         *cpu;

  vmx_world_start (&w);
  cpu = w.machine.cpu;
  CODE (&w, "");
  vmx_world_pae (&w);
  vmx_world_off (&w, MOS_VMX_HOST_64);
  vmx_world_set (&w, MOS_VMCS_HOST_EFER, 0);
  vmx_world_set (&w, MOS_VMCS_HOST_CR3, 0x7000);
  vmx_world_set (&w, MOS_VMCS_HOST_RIP, VMX_STUB + sizeof code - 1);
  w.want.revision = MOS_VMCS_REVISION;
  mos_vmcs_store (&w.want, vmx_world_at (&w, VMX_VMCS));
  memcpy (vmx_world_at (&w, VMX_STUB), code, sizeof code);
  soft_machine_protected (&w.machine, VMX_STUB);
  cpu->gpr[MOS_RBX] = VMX_STACK;
  cpu->gpr[MOS_RBP] = VMX_STACK + 8;
  g_assert_true (mos_set_cr4 (cpu, MOS_CR4_PAE | MOS_CR4_VMXE));
  g_assert_true (mos_set_cr3 (cpu, 0x7000));
  g_assert_true (
      mos_set_cr0 (cpu, MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_NE | MOS_CR0_ET));
  g_assert_cmpint (mos_cpu_execute (cpu, 0), ==, MOS_STOP_IDLE);
  g_assert_false (cpu->guest.active);
  g_assert_cmpuint (mos_vmx (cpu)->vmcs.launched, ==, 1);
  g_assert_cmphex (mos_vmx (cpu)->vmcs.field[MOS_VMCS_EXIT_REASON], ==,
                   MOS_VMX_EXIT_VMCALL);
  g_assert_cmphex (cpu->gpr[MOS_SLOT_RIP], ==, VMX_STUB + sizeof code);
  g_assert_cmphex (cpu->efer & MOS_EFER_LMA, ==, 0);
  g_assert_cmpuint (cpu->seg[MOS_SEG_CS].l, ==, 0);
  vmx_world_clear (&w);
}

/* A 64-bit one has to say that it is. */
static void
host_64 (VmxWorld *w)
{
  CODE (w, "");
  passes (w);
  g_assert_cmphex (w->machine.cpu->efer & MOS_EFER_LMA, !=, 0);
  vmx_world_off (w, MOS_VMX_HOST_64);
  vmx_world_run (w);
  g_assert_false (w->entered);
  g_assert_cmpuint (vmx_world_get (w, MOS_VMCS_INSTRUCTION_ERROR), ==,
                    MOS_VMX_ERROR_HOST);
  host_32 ();
}

/* -- the audit ----------------------------------------------------------- */

static const struct {
  MosVmxControl control;
  void (*use) (VmxWorld *w);
} features[] = {
  { MOS_VMX_EXTERNAL, external },
  { MOS_VMX_NMI, nmi },
  { MOS_VMX_VIRTUAL_NMIS, virtual_nmis },
  { MOS_VMX_PREEMPTION, preemption },
  { MOS_VMX_INTERRUPT_WINDOW, interrupt_window },
  { MOS_VMX_TSC_OFFSETTING, tsc_offsetting },
  { MOS_VMX_HLT, halts },
  { MOS_VMX_TPR_SHADOW, tpr_shadow },
  { MOS_VMX_NMI_WINDOW, nmi_window },
  { MOS_VMX_IO_BITMAPS, io_bitmaps },
  { MOS_VMX_MSR_BITMAPS, msr_bitmaps },
  { MOS_VMX_SECONDARY, secondary },
  { MOS_VMX_APIC_ACCESSES, apic_accesses },
  { MOS_VMX_EPT, nested_paging },
  { MOS_VMX_RDTSCP, rdtscp },
  { MOS_VMX_X2APIC, x2apic },
  { MOS_VMX_VPID, vpid },
  { MOS_VMX_UNRESTRICTED, unrestricted },
  { MOS_VMX_PLE, pause_loop },
  { MOS_VMX_INVPCID, invpcid },
  { MOS_VMX_SHADOWING, shadowing },
  { MOS_VMX_SAVE_DEBUG, save_debug },
  { MOS_VMX_HOST_64, host_64 },
  { MOS_VMX_ACKNOWLEDGE, acknowledge },
  { MOS_VMX_SAVE_PAT, save_pat },
  { MOS_VMX_EXIT_PAT, exit_pat },
  { MOS_VMX_SAVE_EFER, save_efer },
  { MOS_VMX_EXIT_EFER, exit_efer },
  { MOS_VMX_SAVE_TIMER, save_timer },
  { MOS_VMX_LOAD_DEBUG, load_debug },
  { MOS_VMX_GUEST_64, guest_64 },
  { MOS_VMX_LOAD_PAT, load_pat },
  { MOS_VMX_LOAD_EFER, load_efer },
};

/* Level 1 asks the registers itself: bits that may be 1 but need not. */
static void
read_announced (guint32 announced[MOS_VMX_N_FIELD_SETS])
{
  static const guint msrs[] = {
    [MOS_VMX_SET_PIN] = MOS_VMX_MSR_TRUE_PIN,
    [MOS_VMX_SET_PROC] = MOS_VMX_MSR_TRUE_PROC,
    [MOS_VMX_SET_PROC2] = MOS_VMX_MSR_PROC2,
    [MOS_VMX_SET_EXIT] = MOS_VMX_MSR_TRUE_EXIT,
    [MOS_VMX_SET_ENTRY] = MOS_VMX_MSR_TRUE_ENTRY,
  };
  VmxWorld w;

  vmx_world_start (&w);
  for (guint set = 0; set < MOS_VMX_N_FIELD_SETS; set++) {
    guint64 value = vmx_world_msr (&w, MOS_MSR_VMX_BASIC + msrs[set]);

    announced[set] = (guint32) (value >> 32) & ~(guint32) value;
  }
  vmx_world_clear (&w);
}

static void
test_features (void)
{
  guint32 announced[MOS_VMX_N_FIELD_SETS];
  guint32 used[MOS_VMX_N_FIELD_SETS] = { 0 };

  read_announced (announced);
  for (guint i = 0; i < G_N_ELEMENTS (leaving); i++)
    used[mos_vmx_control_set (leaving[i].control)] |=
        (guint32) mos_vmx_control_mask (leaving[i].control);
  for (guint i = 0; i < G_N_ELEMENTS (features); i++)
    used[mos_vmx_control_set (features[i].control)] |=
        (guint32) mos_vmx_control_mask (features[i].control);
  for (guint set = 0; set < MOS_VMX_N_FIELD_SETS; set++) {
    g_test_message ("set %u: %08x", set, announced[set]);
    g_assert_cmphex (announced[set], ==, used[set]);
  }
}

static const char *
name_of (MosVmxControl control)
{
  for (guint i = 0; i < mos_n_vmx_controls; i++)
    if (mos_vmx_controls[i].control == control)
      return mos_vmx_controls[i].name;
  g_error ("control %x is in no table", control);
}

static void
test_leaving (gconstpointer data)
{
  check_leaving (data);
}

static void
test_feature (gconstpointer data)
{
  guint    which = GPOINTER_TO_UINT (data);
  VmxWorld w;

  vmx_world_start (&w);
  features[which].use (&w);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vmx/features", test_features);
  for (guint i = 0; i < G_N_ELEMENTS (leaving); i++) {
    g_autofree char *path =
        g_strconcat ("/vmx/leaving/", name_of (leaving[i].control), NULL);

    g_strdelimit (path + strlen ("/vmx/leaving/"), "/", '-');
    g_test_add_data_func (path, &leaving[i], test_leaving);
  }
  for (guint i = 0; i < G_N_ELEMENTS (features); i++) {
    g_autofree char *path =
        g_strconcat ("/vmx/feature/", name_of (features[i].control), NULL);

    g_strdelimit (path + strlen ("/vmx/feature/"), "/", '-');
    g_test_add_data_func (path, GUINT_TO_POINTER (i), test_feature);
  }
  return g_test_run ();
}
