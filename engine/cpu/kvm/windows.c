/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Getting interrupts into a guest that hardly opens a window for them.
 *
 * A KVM that emulates instructions looks for interrupts when it is entered,
 * not after each instruction. Firmware that polls with interrupts off and lets
 * them in by "sti; nop; cli" is then missed again and again, for seconds, until
 * its own timeouts strike. So after the board has raised a line, the boot
 * processor is single-stepped until the 8259 has nothing left to deliver, or
 * for so many steps. This happens on such hosts only. The timer is let be: it
 * comes again. Runs on the vCPU's thread, except raising. Kernel documentation,
 * "KVM_SET_GUEST_DEBUG".
 */

#include <string.h>

#include "engine/cpu/kvm/private.h"

#define MAX_STEPS   20000 /* some 0.2 s */
#define CHECK_STEPS 64    /* between looks at the 8259 with interrupts off */
#define TIMER_LINE  0x01

#define CR0_PE   0x0001
#define FLAGS_TF 0x0100
#define FLAGS_IF 0x0200

static gboolean
waits_at_pic (MosKvmMachine *machine)
{
  guint8 pending = 0;

  for (guint i = 0; i < 2; i++) {
    struct kvm_irqchip          chip = { .chip_id = i };
    const struct kvm_pic_state *pic = &chip.chip.pic;

    if (!mos_kvm_call (machine->vm_fd, KVM_GET_IRQCHIP, "KVM_GET_IRQCHIP",
                       &chip, NULL))
      return FALSE;
    pending |= pic->irr & ~pic->imr & ~pic->isr &
               (i == KVM_IRQCHIP_PIC_MASTER ? ~TIMER_LINE : 0xff);
  }
  return pending != 0;
}

static void
set_stepping (MosKvmVcpu *vcpu, gboolean on)
{
  struct kvm_guest_debug debug = {
    .control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP : 0,
  };

  if (vcpu->stepping == on)
    return;
  if (mos_kvm_call (vcpu->fd, KVM_SET_GUEST_DEBUG, "KVM_SET_GUEST_DEBUG",
                    &debug, NULL))
    vcpu->stepping = on;
}

/*
 * Such a KVM lets its trap flag slip into the flags that an interrupt pushes.
 * Their IRET would bring it back when nobody steps any more, and a #DB on a
 * half-switched stack ends the guest. So where the frame will be is noted while
 * the window is open, and its flags are mended when it has been written.
 */
static void
note_window (MosKvmVcpu *vcpu)
{
  struct kvm_regs  regs;
  struct kvm_sregs sregs;

  vcpu->window_open =
      mos_kvm_call (vcpu->fd, KVM_GET_REGS, "KVM_GET_REGS", &regs, NULL) &&
      mos_kvm_call (vcpu->fd, KVM_GET_SREGS, "KVM_GET_SREGS", &sregs, NULL) &&
      (sregs.cr0 & CR0_PE) == 0;
  if (!vcpu->window_open)
    return;
  vcpu->window_stack = sregs.ss.base;
  vcpu->window_sp = (guint16) regs.rsp;
  vcpu->window_cs = sregs.cs.selector;
}

static void
mend_frame (MosKvmVcpu *vcpu)
{
  MosMemoryMap *memory = mos_kvm_vcpu_machine (vcpu)->parent.bus->memory;
  guint64 flags_gpa = vcpu->window_stack + (guint16) (vcpu->window_sp - 2);
  guint64 cs_gpa = vcpu->window_stack + (guint16) (vcpu->window_sp - 4);
  guint16 flags = mos_memory_map_read_u16 (memory, flags_gpa);

  vcpu->window_open = FALSE;
  if ((flags & (FLAGS_TF | FLAGS_IF)) == (FLAGS_TF | FLAGS_IF) &&
      mos_memory_map_read_u16 (memory, cs_gpa) == vcpu->window_cs)
    mos_memory_map_write_u16 (memory, flags_gpa, flags & ~FLAGS_TF);
}

void
mos_kvm_windows_raise (MosKvmMachine *machine)
{
  MosKvmVcpu *vcpu = &machine->vcpus[0];

  if (!machine->caps.emulates)
    return;
  __atomic_store_n (&vcpu->wanted, 1, __ATOMIC_RELEASE);
  mos_kvm_vcpu_interrupt (vcpu);
}

void
mos_kvm_windows_check (MosKvmVcpu *vcpu)
{
  gboolean open = vcpu->run->if_flag != 0;

  if (vcpu->window_open && !open)
    mend_frame (vcpu);
  if (__atomic_exchange_n (&vcpu->wanted, 0, __ATOMIC_ACQ_REL) != 0)
    vcpu->steps = MAX_STEPS;
  if (vcpu->steps == 0)
    return;
  vcpu->steps--;
  if ((open || vcpu->steps % CHECK_STEPS == 0) &&
      !waits_at_pic (mos_kvm_vcpu_machine (vcpu)))
    vcpu->steps = 0;
  set_stepping (vcpu, vcpu->steps > 0);
  vcpu->window_open = FALSE;
  if (open && vcpu->stepping)
    note_window (vcpu);
}

void
mos_kvm_windows_end (MosKvmVcpu *vcpu)
{
  set_stepping (vcpu, FALSE);
}
