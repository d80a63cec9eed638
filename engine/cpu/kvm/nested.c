/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guests of the guest, as far as KVM lets them be seen.
 *
 * World switches inside the machine happen in the kernel, and it tells of none
 * of them; what it can tell is where a vCPU stands when it is stopped. So a
 * vCPU is asked now and then (whenever its counters are read) to come out of
 * KVM_RUN, its nested state is read and decoded (engine/cpu/x86/kvm-nested.h),
 * and the observer gets one sample. Nobody who looks, no cost but a load.
 *
 * The same structure is saved and loaded with the machine. Kernel
 * documentation, "KVM_GET_NESTED_STATE", "KVM_SET_NESTED_STATE".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/kvm-nested.h"

G_STATIC_ASSERT (sizeof (struct kvm_nested_state) == MOS_KVM_NESTED_HEAD_BYTES);
G_STATIC_ASSERT (sizeof (struct kvm_nested_state) +
                     sizeof (struct kvm_vmx_nested_state_data) <=
                 MOS_KVM_NESTED_MAX_BYTES);

typedef struct {
  union {
    struct kvm_nested_state head;
    guint8                  bytes[MOS_KVM_NESTED_MAX_BYTES];
  } raw;
  MosKvmNested parsed;
} Room;

static gboolean
tells (const MosKvmVcpu *vcpu)
{
  return vcpu->nested != NULL;
}

void
mos_kvm_nested_init (MosKvmVcpu *vcpu)
{
  const MosKvmMachine *machine = mos_kvm_vcpu_machine (vcpu);

  if (machine->nested && machine->caps.nested_state)
    vcpu->nested = g_new0 (Room, 1);
}

void
mos_kvm_nested_clear (MosKvmVcpu *vcpu)
{
  g_clear_pointer (&vcpu->nested, g_free);
}

/* -- sampling ------------------------------------------------------------ */

void
mos_kvm_nested_ask (MosKvmVcpu *vcpu)
{
  if (!tells (vcpu) || mos_kvm_vcpu_machine (vcpu)->observer == NULL)
    return;
  __atomic_store_n (&vcpu->look, 1, __ATOMIC_SEQ_CST);
  mos_kvm_vcpu_interrupt (vcpu);
}

static gboolean
read_state (MosKvmVcpu *vcpu, GError **error)
{
  Room *room = vcpu->nested;

  memset (&room->raw.head, 0, sizeof room->raw.head);
  room->raw.head.size = sizeof room->raw;
  return mos_kvm_call (vcpu->fd, KVM_GET_NESTED_STATE, "KVM_GET_NESTED_STATE",
                       &room->raw.head, error);
}

void
mos_kvm_nested_look (MosKvmVcpu *vcpu)
{
  MosNestedObserver *observer = mos_kvm_vcpu_machine (vcpu)->observer;
  Room              *room = vcpu->nested;
  MosNestedEntry     entry;
  struct kvm_regs    regs;
  struct kvm_sregs   sregs;
  gboolean           inside;

  if (G_LIKELY (__atomic_load_n (&vcpu->look, __ATOMIC_RELAXED) == 0))
    return;
  __atomic_store_n (&vcpu->look, 0, __ATOMIC_SEQ_CST);
  if (!read_state (vcpu, NULL) ||
      !mos_kvm_nested_parse (&room->parsed, &room->raw, sizeof room->raw) ||
      ioctl (vcpu->fd, KVM_GET_REGS, &regs) != 0 ||
      ioctl (vcpu->fd, KVM_GET_SREGS, &sregs) != 0)
    return;
  inside = mos_kvm_nested_entry (&room->parsed, regs.rip, sregs.cr3, &entry);
  entry.mode = mos_guest_mode ((sregs.cr0 & MOS_CR0_PE) != 0,
                               (sregs.efer & MOS_EFER_LMA) != 0, sregs.cs.l,
                               (regs.rflags & MOS_RFLAGS_VM) != 0);
  observer->sampled (observer, &vcpu->parent, inside ? &entry : NULL);
}

/* -- saving and loading -------------------------------------------------- */

gboolean
mos_kvm_nested_get (MosKvmVcpu *vcpu, GBytes **state, GError **error)
{
  Room *room = vcpu->nested;

  g_clear_pointer (state, g_bytes_unref);
  if (!tells (vcpu))
    return TRUE;
  if (!read_state (vcpu, error))
    return FALSE;
  /* In no operation of its own: there is nothing to tell. */
  if (mos_kvm_nested_parse (&room->parsed, &room->raw, sizeof room->raw) &&
      room->parsed.gif && room->parsed.vmxon == MOS_KVM_NESTED_NO_BLOCK &&
      !room->parsed.guest_mode)
    return TRUE;
  *state =
      g_bytes_new (&room->raw, MIN (room->raw.head.size, sizeof room->raw));
  return TRUE;
}

static gboolean
cannot_load (GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_NO_NESTING,
               _ ("Nested Virtualization Not Supported: the saved machine "
                  "runs a guest of its own, which this machine cannot "
                  "continue. Load it where it was saved: on the same cpu.accel "
                  "and cpu.vendor, with features.nested."));
  return FALSE;
}

gboolean
mos_kvm_nested_set (MosKvmVcpu *vcpu, GBytes *state, GError **error)
{
  MosCpuVendor  vendor = mos_kvm_vcpu_machine (vcpu)->vendor;
  Room         *room = vcpu->nested;
  gsize         size;
  gconstpointer data;

  if (!tells (vcpu))
    return state == NULL || cannot_load (error);
  if (state == NULL) {
    mos_kvm_nested_write_none (vendor, &room->raw);
  } else {
    data = g_bytes_get_data (state, &size);
    if (size > sizeof room->raw ||
        !mos_kvm_nested_parse (&room->parsed, data, size) ||
        room->parsed.vendor != vendor)
      return cannot_load (error);
    memcpy (&room->raw, data, size);
  }
  return mos_kvm_call (vcpu->fd, KVM_SET_NESTED_STATE, "KVM_SET_NESTED_STATE",
                       &room->raw, error);
}
