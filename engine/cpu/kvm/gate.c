/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A gate before the guest, closed while memory slots change.
 *
 * To replace a slot it must be deleted and made again; a vCPU that fetched an
 * instruction in between would find nothing there. So all vCPUs are called
 * out of the guest first. A vCPU marks itself in the guest and then looks at
 * the gate; whoever closes the gate sets it and then looks at the marks; both
 * with sequentially consistent accesses, so one of them sees the other.
 */

#include "engine/cpu/kvm/private.h"

void
mos_kvm_gate_enter (MosKvmVcpu *vcpu)
{
  MosKvmMachine *machine = mos_kvm_vcpu_machine (vcpu);

  for (;;) {
    __atomic_store_n (&vcpu->in_guest, 1, __ATOMIC_SEQ_CST);
    if (G_LIKELY (__atomic_load_n (&machine->inhibit, __ATOMIC_SEQ_CST) == 0))
      return;
    mos_kvm_gate_leave (vcpu);
    g_mutex_lock (&machine->gate_lock);
    while (__atomic_load_n (&machine->inhibit, __ATOMIC_SEQ_CST) != 0)
      g_cond_wait (&machine->gate, &machine->gate_lock);
    g_mutex_unlock (&machine->gate_lock);
  }
}

void
mos_kvm_gate_leave (MosKvmVcpu *vcpu)
{
  MosKvmMachine *machine = mos_kvm_vcpu_machine (vcpu);

  __atomic_store_n (&vcpu->in_guest, 0, __ATOMIC_SEQ_CST);
  if (G_LIKELY (__atomic_load_n (&machine->inhibit, __ATOMIC_SEQ_CST) == 0))
    return;
  g_mutex_lock (&machine->gate_lock);
  g_cond_broadcast (&machine->gate);
  g_mutex_unlock (&machine->gate_lock);
}

void
mos_kvm_gate_close (MosKvmMachine *machine)
{
  g_mutex_lock (&machine->gate_lock);
  __atomic_store_n (&machine->inhibit, 1, __ATOMIC_SEQ_CST);
  for (guint i = 0; i < machine->parent.n_vcpus; i++) {
    MosKvmVcpu *vcpu = &machine->vcpus[i];

    if (__atomic_load_n (&vcpu->in_guest, __ATOMIC_SEQ_CST) == 0)
      continue;
    mos_kvm_vcpu_interrupt (vcpu);
    while (__atomic_load_n (&vcpu->in_guest, __ATOMIC_SEQ_CST) != 0)
      g_cond_wait (&machine->gate, &machine->gate_lock);
  }
  g_mutex_unlock (&machine->gate_lock);
}

void
mos_kvm_gate_open (MosKvmMachine *machine)
{
  g_mutex_lock (&machine->gate_lock);
  __atomic_store_n (&machine->inhibit, 0, __ATOMIC_SEQ_CST);
  g_cond_broadcast (&machine->gate);
  g_mutex_unlock (&machine->gate_lock);
}
