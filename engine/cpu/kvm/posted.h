/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Posted writes: those that wait in a ring until somebody delivers them.
 */
#pragma once

#include "engine/cpu/kvm/private.h"

G_BEGIN_DECLS

void mos_kvm_posted_init (MosKvmMachine *machine);
void mos_kvm_posted_clear (MosKvmMachine *machine);
/* Tells the kernel which of @ranges may be posted; slots_lock is held. */
void mos_kvm_posted_update (MosKvmMachine *machine, GArray *ranges);
/* Delivers what is in the ring. @vcpu: for the trace; MOS_KVM_NO_VCPU: another
 * thread than a vCPU's, which holds no device's lock. */
void mos_kvm_posted_deliver (MosKvmMachine *machine, guint vcpu);

/* Before anything else that a vCPU does when it is out of the guest. */
static inline void
mos_kvm_posted_check (MosKvmVcpu *vcpu)
{
  MosKvmMachine                  *machine = (MosKvmMachine *) vcpu->parent.cpus;
  struct kvm_coalesced_mmio_ring *ring = machine->ring;

  if (ring != NULL && __atomic_load_n (&ring->last, __ATOMIC_ACQUIRE) !=
                          __atomic_load_n (&ring->first, __ATOMIC_ACQUIRE))
    mos_kvm_posted_deliver (machine, vcpu->parent.index);
}

G_END_DECLS
