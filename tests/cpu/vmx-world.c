/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A hypervisor of a few instructions: see vmx-world.h.
 */
#include "tests/cpu/vmx-world.h"

#include <string.h>

#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"

/*
 * RBX: the VMXON region's pointer, RBP: the VMCS's, RSI: fields to write, RDI:
 * fields to read, R12: 0 to launch. Position-independent.
 */
__asm__(".pushsection .rodata\n"
        "vmx_stub_begin:\n"
        "  vmxon (%rbx)\n"
        "  vmclear (%rbp)\n"
        "vmx_stub_again:\n"
        "  vmptrld (%rbp)\n"
        "1: mov (%rsi), %rax\n"
        "  cmp $-1, %rax\n"
        "  je 2f\n"
        "  vmwrite 8(%rsi), %rax\n"
        "  add $16, %rsi\n"
        "  jmp 1b\n"
        "2: test %r12, %r12\n"
        "  jnz 3f\n"
        "  vmlaunch\n"
        "  jmp 4f\n"
        "3: vmresume\n"
        "4: pushf\n"
        "  pop %r13\n"
        "  xor %r14, %r14\n"
        "  jmp 5f\n"
        "vmx_stub_exit:\n"
        "  mov $1, %r14\n"
        "  mov %r15, %rdi\n"
        "5: mov (%rdi), %rax\n"
        "  cmp $-1, %rax\n"
        "  je 6f\n"
        "  vmread %rax, 8(%rdi)\n"
        "  add $16, %rdi\n"
        "  jmp 5b\n"
        "6: hlt\n"
        "vmx_stub_end:\n"
        ".popsection\n");

extern const guint8 vmx_stub_begin[], vmx_stub_again[], vmx_stub_exit[],
    vmx_stub_end[];

gpointer
vmx_world_at (VmxWorld *self, guint64 address)
{
  return self->machine.ram->hva + address;
}

static guint64 *
words (VmxWorld *self, guint64 address)
{
  return vmx_world_at (self, address);
}

void
vmx_world_set (VmxWorld *self, MosVmcsField field, guint64 value)
{
  self->want.field[field] = value;
}

guint64
vmx_world_get (VmxWorld *self, MosVmcsField field)
{
  return self->got.field[field];
}

static const MosVmcsField control_fields[] = {
  [MOS_VMX_SET_PIN] = MOS_VMCS_PIN_CONTROLS,
  [MOS_VMX_SET_PROC] = MOS_VMCS_PROC_CONTROLS,
  [MOS_VMX_SET_PROC2] = MOS_VMCS_PROC2_CONTROLS,
  [MOS_VMX_SET_EXIT] = MOS_VMCS_EXIT_CONTROLS,
  [MOS_VMX_SET_ENTRY] = MOS_VMCS_ENTRY_CONTROLS,
};

void
vmx_world_on (VmxWorld *self, MosVmxControl control)
{
  self->want.field[control_fields[mos_vmx_control_set (control)]] |=
      mos_vmx_control_mask (control);
}

void
vmx_world_off (VmxWorld *self, MosVmxControl control)
{
  self->want.field[control_fields[mos_vmx_control_set (control)]] &=
      ~mos_vmx_control_mask (control);
}

static void
set_guest (VmxWorld *self)
{
  for (guint s = MOS_SEG_ES; s <= MOS_SEG_GS; s++) {
    self->want.field[MOS_VMCS_GUEST_ES_ACCESS + s] =
        s == MOS_SEG_CS ? 0xa09b : 0xc093;
    self->want.field[MOS_VMCS_GUEST_ES_LIMIT + s] = 0xffffffff;
    self->want.field[MOS_VMCS_GUEST_ES_SELECTOR + s] =
        s == MOS_SEG_CS ? 8 : 0x10;
  }
  vmx_world_set (self, MOS_VMCS_GUEST_TR_ACCESS, 0x8b);
  vmx_world_set (self, MOS_VMCS_GUEST_TR_SELECTOR, 0x18);
  vmx_world_set (self, MOS_VMCS_GUEST_TR_LIMIT, 0x67);
  vmx_world_set (self, MOS_VMCS_GUEST_LDTR_ACCESS, 0x10000);
  vmx_world_set (self, MOS_VMCS_GUEST_GDTR_BASE, VMX_GDT);
  vmx_world_set (self, MOS_VMCS_GUEST_GDTR_LIMIT, 0xff);
  vmx_world_set (self, MOS_VMCS_GUEST_IDTR_BASE, VMX_IDT);
  vmx_world_set (self, MOS_VMCS_GUEST_IDTR_LIMIT, 0xfff);
  vmx_world_set (self, MOS_VMCS_GUEST_CR0, 0x80010031);
  vmx_world_set (self, MOS_VMCS_GUEST_CR3, 0x1000);
  vmx_world_set (self, MOS_VMCS_GUEST_CR4,
                 MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_OSFXSR | MOS_CR4_OSXSAVE);
  vmx_world_set (self, MOS_VMCS_GUEST_EFER,
                 MOS_EFER_LMA | MOS_EFER_LME | MOS_EFER_NXE);
  vmx_world_set (self, MOS_VMCS_GUEST_RFLAGS, MOS_RFLAGS_ONE);
  vmx_world_set (self, MOS_VMCS_GUEST_RIP, VMX_CODE);
  vmx_world_set (self, MOS_VMCS_GUEST_RSP, VMX_GUEST_STACK);
  vmx_world_set (self, MOS_VMCS_GUEST_DR7, MOS_DR7_RESET);
  vmx_world_set (self, MOS_VMCS_GUEST_PAT, 0x7040600070406);
  vmx_world_set (self, MOS_VMCS_LINK_POINTER, MOS_VMCS_NONE);
}

static void
set_host (VmxWorld *self)
{
  vmx_world_set (self, MOS_VMCS_HOST_CR0, 0x80010031);
  vmx_world_set (self, MOS_VMCS_HOST_CR3, 0x1000);
  vmx_world_set (self, MOS_VMCS_HOST_CR4,
                 MOS_CR4_PAE | MOS_CR4_VMXE | MOS_CR4_OSFXSR | MOS_CR4_OSXSAVE);
  for (guint i = MOS_VMCS_HOST_ES_SELECTOR; i <= MOS_VMCS_HOST_TR_SELECTOR; i++)
    self->want.field[i] = i == MOS_VMCS_HOST_CS_SELECTOR ? 8 : 0x10;
  vmx_world_set (self, MOS_VMCS_HOST_EFER,
                 MOS_EFER_LMA | MOS_EFER_LME | MOS_EFER_NXE);
  vmx_world_set (self, MOS_VMCS_HOST_PAT, 0x7040600070406);
  vmx_world_set (self, MOS_VMCS_HOST_RSP, VMX_STACK);
  vmx_world_set (self, MOS_VMCS_HOST_RIP,
                 VMX_STUB + (guint64) (vmx_stub_exit - vmx_stub_begin));
  vmx_world_set (self, MOS_VMCS_HOST_GDTR_BASE, VMX_GDT);
  vmx_world_set (self, MOS_VMCS_HOST_IDTR_BASE, VMX_IDT);
}

static void
set_controls (VmxWorld *self)
{
  const MosVmxCaps *caps = &mos_vmx (self->machine.cpu)->caps;

  vmx_world_set (self, MOS_VMCS_PIN_CONTROLS, caps->must[MOS_VMX_SET_PIN]);
  vmx_world_set (self, MOS_VMCS_PROC_CONTROLS, caps->must[MOS_VMX_SET_PROC]);
  vmx_world_set (self, MOS_VMCS_EXIT_CONTROLS, caps->must[MOS_VMX_SET_EXIT]);
  vmx_world_set (self, MOS_VMCS_ENTRY_CONTROLS, caps->must[MOS_VMX_SET_ENTRY]);
  vmx_world_on (self, MOS_VMX_HOST_64);
  vmx_world_on (self, MOS_VMX_EXIT_EFER);
  vmx_world_on (self, MOS_VMX_SAVE_EFER);
  vmx_world_on (self, MOS_VMX_SAVE_DEBUG);
  vmx_world_on (self, MOS_VMX_GUEST_64);
  vmx_world_on (self, MOS_VMX_LOAD_EFER);
  vmx_world_on (self, MOS_VMX_LOAD_DEBUG);
  vmx_world_on (self, MOS_VMX_MSR_BITMAPS);
  for (guint i = 0; i < 5; i++) {
    static const MosVmcsField fields[] = {
      MOS_VMCS_IO_BITMAP_A, MOS_VMCS_IO_BITMAP_B, MOS_VMCS_MSR_BITMAP,
      MOS_VMCS_VMREAD_BITMAP, MOS_VMCS_VMWRITE_BITMAP
    };

    vmx_world_set (self, fields[i], VMX_BITMAPS + 4096 * i);
  }
  vmx_world_set (self, MOS_VMCS_VIRTUAL_APIC, VMX_APIC);
  vmx_world_set (self, MOS_VMCS_APIC_ACCESS, VMX_APIC_ACCESS);
}

void
vmx_world_init (VmxWorld *self, MosNestedObserver *observer)
{
  MosSoftCpu *cpu;

  memset (self, 0, sizeof *self);
  soft_machine_init_nested (&self->machine, VMX_RAM, MOS_VENDOR_INTEL,
                            observer);
  cpu = self->machine.cpu;
  soft_machine_long (&self->machine, VMX_STUB, 0);
  cpu->cr4 |= MOS_CR4_VMXE;
  *(guint32 *) vmx_world_at (self, VMX_VMXON) = MOS_VMCS_REVISION;
  *(guint32 *) vmx_world_at (self, VMX_VMCS) = MOS_VMCS_REVISION;
  *words (self, VMX_STACK) = VMX_VMXON;
  *words (self, VMX_STACK + 8) = VMX_VMCS;
  /* Null, 64-bit code, data, a busy task state segment. */
  words (self, VMX_GDT)[1] = G_GUINT64_CONSTANT (0x00af9b000000ffff);
  words (self, VMX_GDT)[2] = G_GUINT64_CONSTANT (0x00cf93000000ffff);
  memcpy (vmx_world_at (self, VMX_STUB), vmx_stub_begin,
          (gsize) (vmx_stub_end - vmx_stub_begin));
  set_controls (self);
  set_host (self);
  set_guest (self);
}

void
vmx_world_clear (VmxWorld *self)
{
  soft_machine_clear (&self->machine);
}

void
vmx_world_ept (VmxWorld *self)
{
  words (self, VMX_EPT)[0] = (VMX_EPT + 0x1000) | 7;
  words (self, VMX_EPT + 0x1000)[0] = (VMX_EPT + 0x2000) | 7;
  words (self, VMX_EPT + 0x2000)[0] = (VMX_EPT + 0x3000) | 7;
  words (self, VMX_EPT + 0x2000)[1] = 0x200000 | 0xb7;
  for (guint64 i = 0; i < 512; i++)
    words (self, VMX_EPT + 0x3000)[i] = i << 12 | 0x37;
  vmx_world_on (self, MOS_VMX_SECONDARY);
  vmx_world_on (self, MOS_VMX_EPT);
  vmx_world_set (self, MOS_VMCS_EPTP, VMX_EPT | 3 << 3 | 6);
}

guint64 *
vmx_world_ept_entry (VmxWorld *self, guint64 gpa)
{
  return &words (self, VMX_EPT + 0x3000)[gpa >> 12];
}

void
vmx_world_code (VmxWorld *self, gconstpointer code, gsize size)
{
  memcpy (vmx_world_at (self, VMX_CODE), code, size);
  mos_cpu_notify (self->machine.cpu, MOS_PENDING_ARENA);
}

static void
write_lists (VmxWorld *self)
{
  const MosVmx *vmx = mos_vmx (self->machine.cpu);
  guint64      *writes = words (self, VMX_WRITES);
  guint64      *reads = words (self, VMX_READS);

  for (guint i = 0; i < MOS_VMCS_SLOTS; i++) {
    if (!vmx->has[i])
      continue;
    *reads++ = mos_vmcs_fields[i].encoding;
    *reads++ = 0;
    if (mos_vmcs_type (i) == MOS_VMCS_TYPE_EXIT)
      continue;
    *writes++ = mos_vmcs_fields[i].encoding;
    *writes++ = self->want.field[i];
  }
  *reads = *writes = G_MAXUINT64;
}

void
vmx_world_run (VmxWorld *self)
{
  MosSoftCpu    *cpu = self->machine.cpu;
  const guint64 *reads = words (self, VMX_READS);

  write_lists (self);
  cpu->halted = FALSE;
  cpu->gpr[MOS_SLOT_RIP] =
      VMX_STUB +
      (mos_vmx (cpu)->on ? (guint64) (vmx_stub_again - vmx_stub_begin) : 0);
  cpu->gpr[MOS_RBX] = VMX_STACK;
  cpu->gpr[MOS_RBP] = VMX_STACK + 8;
  cpu->gpr[MOS_RSP] = VMX_STACK;
  cpu->gpr[MOS_RSI] = VMX_WRITES;
  cpu->gpr[MOS_RDI] = cpu->gpr[MOS_R15] = VMX_READS;
  cpu->gpr[MOS_R12] = self->launched;
  cpu->gpr[MOS_R14] = 0;
  g_assert_cmpint (mos_cpu_execute (cpu, 0), ==, MOS_STOP_IDLE);
  g_assert_false (cpu->guest.active);
  for (; *reads != G_MAXUINT64; reads += 2)
    self->got.field[mos_vmcs_find (reads[0])] = reads[1];
  self->entered = cpu->gpr[MOS_R14] != 0;
  self->flags = cpu->gpr[MOS_R13];
  self->launched = mos_vmx (cpu)->vmcs.launched != 0;
}

void
vmx_world_expect (VmxWorld *self, guint32 reason)
{
  vmx_world_run (self);
  if (!self->entered)
    g_error ("the entry failed with flags %" G_GINT64_MODIFIER
             "x, error %" G_GINT64_MODIFIER "u",
             self->flags, vmx_world_get (self, MOS_VMCS_INSTRUCTION_ERROR));
  if (vmx_world_get (self, MOS_VMCS_EXIT_REASON) != reason)
    g_error ("left for %s (%" G_GINT64_MODIFIER
             "x, qualification %" G_GINT64_MODIFIER "x, RIP %" G_GINT64_MODIFIER
             "x, event %" G_GINT64_MODIFIER "x), not %s",
             mos_vmx_exit_name (
                 (guint32) vmx_world_get (self, MOS_VMCS_EXIT_REASON)),
             vmx_world_get (self, MOS_VMCS_EXIT_REASON),
             vmx_world_get (self, MOS_VMCS_QUALIFICATION),
             vmx_world_get (self, MOS_VMCS_GUEST_RIP),
             vmx_world_get (self, MOS_VMCS_EXIT_EVENT),
             mos_vmx_exit_name (reason));
}

/* -- guests with handlers ------------------------------------------------ */

void
vmx_world_handlers (VmxWorld *w)
{
  guint64 *idt = vmx_world_at (w, VMX_IDT);

  for (guint64 v = 0; v < 256; v++) {
    guint64 at = VMX_HANDLERS + 8 * v;

    memcpy (vmx_world_at (w, at), VMX_VMCALL, 3);
    idt[2 * v] = (at & 0xffff) | 8u << 16 | (guint64) 0x8e << 40 |
                 (at >> 16 & 0xffff) << 48;
    idt[2 * v + 1] = 0;
  }
}

void
vmx_world_start (VmxWorld *w)
{
  vmx_world_init (w, NULL);
  vmx_world_handlers (w);
}

guint64
vmx_world_rip (VmxWorld *w)
{
  return vmx_world_get (w, MOS_VMCS_GUEST_RIP);
}

guint64
vmx_world_pushed (VmxWorld *w, guint n)
{
  return (
      (guint64 *) vmx_world_at (w, vmx_world_get (w, MOS_VMCS_GUEST_RSP)))[n];
}

void
vmx_world_inject (VmxWorld *w, guint32 info, guint32 error, guint length)
{
  vmx_world_set (w, MOS_VMCS_ENTRY_EVENT, info | VMX_INFO_VALID);
  vmx_world_set (w, MOS_VMCS_ENTRY_ERROR, error);
  vmx_world_set (w, MOS_VMCS_ENTRY_LENGTH, length);
}

void
vmx_world_no_inject (VmxWorld *w)
{
  vmx_world_set (w, MOS_VMCS_ENTRY_EVENT, 0);
}

void
vmx_world_flags (VmxWorld *w, guint64 value)
{
  vmx_world_set (w, MOS_VMCS_GUEST_RFLAGS, value | MOS_RFLAGS_ONE);
}

void
vmx_world_secondary (VmxWorld *w, MosVmxControl control)
{
  vmx_world_on (w, MOS_VMX_SECONDARY);
  vmx_world_on (w, control);
}

void
vmx_world_real (VmxWorld *w)
{
  vmx_world_ept (w);
  vmx_world_on (w, MOS_VMX_UNRESTRICTED);
  vmx_world_off (w, MOS_VMX_GUEST_64);
  vmx_world_set (w, MOS_VMCS_GUEST_EFER, 0);
  vmx_world_set (w, MOS_VMCS_GUEST_CR0, 0x20);
  vmx_world_set (w, MOS_VMCS_GUEST_CR4, MOS_CR4_VMXE);
  for (guint s = MOS_SEG_ES; s <= MOS_SEG_GS; s++) {
    w->want.field[MOS_VMCS_GUEST_ES_ACCESS + s] = 0x93;
    w->want.field[MOS_VMCS_GUEST_ES_LIMIT + s] = 0xffff;
    w->want.field[MOS_VMCS_GUEST_ES_SELECTOR + s] = 0;
  }
  w->want.field[MOS_VMCS_GUEST_CS_BASE] = VMX_CODE;
  w->want.field[MOS_VMCS_GUEST_CS_SELECTOR] = VMX_CODE >> 4;
  vmx_world_set (w, MOS_VMCS_GUEST_RIP, 0);
}

void
vmx_world_pae (VmxWorld *w)
{
  words (w, 0x7000)[0] = 0x3000 | 1;
  vmx_world_off (w, MOS_VMX_GUEST_64);
  vmx_world_set (w, MOS_VMCS_GUEST_EFER, 0);
  vmx_world_set (w, MOS_VMCS_GUEST_CR3, 0x7000);
  vmx_world_set (w, MOS_VMCS_GUEST_CS_ACCESS, 0xc09b);
}

void
vmx_world_interrupt (VmxWorld *w, guint vector)
{
  mos_lapic_write (w->machine.cpu, 0xf0, 0x1ff);
  mos_lapic_send_msi (w->machine.cpu->cpus, 0xfee00000, 0x4000 | vector);
}

MosStop
vmx_world_root (VmxWorld *w, gconstpointer code, gsize size, guint64 pointer)
{
  MosSoftCpu *cpu = w->machine.cpu;

  vmx_world_code (w, code, size);
  *(guint64 *) vmx_world_at (w, VMX_DATA) = pointer;
  cpu->gpr[MOS_RAX] = VMX_DATA;
  cpu->gpr[MOS_RSP] = VMX_STACK;
  cpu->gpr[MOS_SLOT_RIP] = VMX_CODE;
  cpu->halted = FALSE;
  return mos_cpu_execute (cpu, 0);
}

guint64
vmx_world_msr (VmxWorld *w, guint32 index)
{
  guint8  code[] = { 0xb9, 0, 0, 0, 0, 0x0f, 0x32, 0xf4 };
  guint64 low, high;

  memcpy (code + 1, &index, sizeof index);
  g_assert_cmpint (vmx_world_root (w, code, sizeof code, 0), ==, MOS_STOP_IDLE);
  low = (guint32) w->machine.cpu->gpr[MOS_RAX];
  high = (guint32) w->machine.cpu->gpr[MOS_RDX];
  return low | high << 32;
}
