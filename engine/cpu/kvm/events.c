/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The local APIC, pending events and the run state of a vCPU.
 *
 * The APIC's timer is the one thing that KVM keeps as a count and we as a
 * deadline on the machine's clock; KVM's APIC bus runs at 1 GHz. Kernel
 * documentation, "KVM_GET_LAPIC", "KVM_GET_VCPU_EVENTS", "KVM_GET_MP_STATE".
 */

#include <string.h>

#include "engine/cpu/kvm/private.h"

G_STATIC_ASSERT (sizeof (struct kvm_lapic_state) == MOS_LAPIC_BYTES);

/* Offsets of the timer's registers (Intel SDM volume 3, "APIC Timer"). */
enum {
  LVT_TIMER = 0x320,
  INITIAL_COUNT = 0x380,
  CURRENT_COUNT = 0x390,
  DIVIDE = 0x3e0
};

#define MODE_SHIFT        17
#define MODE_TSC_DEADLINE 2

/* KVM's names for MosMpState. */
static const struct {
  MosMpState ours;
  guint32    theirs;
  gboolean   sipi; /* a start-up message has come already */
} mp_states[] = {
  { MOS_MP_RUNNABLE, KVM_MP_STATE_RUNNABLE, FALSE },
  { MOS_MP_HALTED, KVM_MP_STATE_HALTED, FALSE },
  { MOS_MP_WAIT_FOR_SIPI, KVM_MP_STATE_INIT_RECEIVED, FALSE },
  { MOS_MP_WAIT_FOR_SIPI, KVM_MP_STATE_UNINITIALIZED, FALSE },
  { MOS_MP_WAIT_FOR_SIPI, KVM_MP_STATE_SIPI_RECEIVED, TRUE },
};

static guint32
get_u32 (const guint8 *page, guint offset)
{
  guint32 value;

  memcpy (&value, page + offset, sizeof value);
  return GUINT32_FROM_LE (value);
}

static void
put_u32 (guint8 *page, guint offset, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (page + offset, &value, sizeof value);
}

/* Nanoseconds a count: bits 3, 1 and 0 are 0 for 2, … 6 for 128, 7 for 1. */
static guint
divider (const guint8 *page)
{
  guint32 dcr = get_u32 (page, DIVIDE);
  guint   code = (dcr & 3) | (dcr >> 1 & 4);

  return 1u << ((code + 1) & 7);
}

static gboolean
counts (const guint8 *page)
{
  return (get_u32 (page, LVT_TIMER) >> MODE_SHIFT & 3) != MODE_TSC_DEADLINE &&
         get_u32 (page, INITIAL_COUNT) != 0;
}

gboolean
mos_kvm_lapic_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_lapic_state lapic;
  guint32                count;

  if (!mos_kvm_call (vcpu->fd, KVM_GET_LAPIC, "KVM_GET_LAPIC", &lapic, error))
    return FALSE;
  memcpy (state->lapic, lapic.regs, sizeof state->lapic);
  count = get_u32 (state->lapic, CURRENT_COUNT);
  state->lapic_timer_deadline_ns = G_MAXINT64;
  if (counts (state->lapic) && count != 0)
    state->lapic_timer_deadline_ns =
        mos_clock_now (mos_kvm_vcpu_bus (vcpu)->clock) +
        (gint64) count * divider (state->lapic);
  return TRUE;
}

gboolean
mos_kvm_lapic_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_lapic_state lapic;
  guint8                *page = (guint8 *) lapic.regs;

  memcpy (page, state->lapic, sizeof lapic.regs);
  if (counts (page)) {
    gint64 now = mos_clock_now (mos_kvm_vcpu_bus (vcpu)->clock);
    gint64 left = 0;

    if (state->lapic_timer_deadline_ns != G_MAXINT64)
      left = MAX (state->lapic_timer_deadline_ns - now, 1) / divider (page);
    put_u32 (page, CURRENT_COUNT, (guint32) CLAMP (left, 0, G_MAXUINT32));
  }
  return mos_kvm_call (vcpu->fd, KVM_SET_LAPIC, "KVM_SET_LAPIC", &lapic, error);
}

static gboolean
get_mp_state (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_mp_state mp;

  if (!mos_kvm_call (vcpu->fd, KVM_GET_MP_STATE, "KVM_GET_MP_STATE", &mp,
                     error))
    return FALSE;
  state->mp_state = MOS_MP_RUNNABLE;
  state->pending.sipi_pending = FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (mp_states); i++)
    if (mp_states[i].theirs == mp.mp_state) {
      state->mp_state = mp_states[i].ours;
      state->pending.sipi_pending = mp_states[i].sipi;
    }
  if (vcpu->shutdown)
    state->mp_state = MOS_MP_SHUTDOWN;
  return TRUE;
}

static gboolean
set_mp_state (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_mp_state mp = { .mp_state = KVM_MP_STATE_RUNNABLE };

  for (gsize i = G_N_ELEMENTS (mp_states); i > 0; i--)
    if (mp_states[i - 1].ours == state->mp_state &&
        mp_states[i - 1].sipi == state->pending.sipi_pending)
      mp.mp_state = mp_states[i - 1].theirs;
  return mos_kvm_call (vcpu->fd, KVM_SET_MP_STATE, "KVM_SET_MP_STATE", &mp,
                       error);
}

gboolean
mos_kvm_events_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_vcpu_events e;

  memset (&e, 0, sizeof e);
  if (!get_mp_state (vcpu, state, error) ||
      !mos_kvm_call (vcpu->fd, KVM_GET_VCPU_EVENTS, "KVM_GET_VCPU_EVENTS", &e,
                     error))
    return FALSE;
  state->pending = (MosPendingEvents){
    .exception_pending = e.exception.injected != 0,
    .exception_vector = e.exception.nr & 31,
    .exception_has_error = e.exception.has_error_code != 0,
    .exception_error = e.exception.error_code,
    .interrupt_injected = e.interrupt.injected != 0,
    .interrupt_soft = e.interrupt.soft != 0,
    .interrupt_vector = e.interrupt.nr,
    .interrupt_shadow = e.interrupt.shadow & 3,
    .nmi_pending = e.nmi.pending != 0,
    .nmi_injected = e.nmi.injected != 0,
    .nmi_masked = e.nmi.masked != 0,
    .smi_pending = e.smi.pending != 0,
    .in_smm = e.smi.smm != 0,
    .sipi_vector = e.sipi_vector,
    .sipi_pending = state->pending.sipi_pending,
  };
  return TRUE;
}

gboolean
mos_kvm_events_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  const MosPendingEvents *p = &state->pending;
  struct kvm_vcpu_events  e = {
     .flags = KVM_VCPUEVENT_VALID_NMI_PENDING | KVM_VCPUEVENT_VALID_SIPI_VECTOR
              | KVM_VCPUEVENT_VALID_SHADOW,
     .exception = {
         .injected = p->exception_pending,
         .nr = p->exception_vector,
         .has_error_code = p->exception_has_error,
         .error_code = p->exception_error,
     },
     .interrupt = {
         .injected = p->interrupt_injected,
         .nr = p->interrupt_vector,
         .soft = p->interrupt_soft,
         .shadow = p->interrupt_shadow,
     },
     .nmi = {
         .injected = p->nmi_injected,
         .pending = p->nmi_pending,
         .masked = p->nmi_masked,
     },
     .sipi_vector = p->sipi_vector,
  };

  return mos_kvm_call (vcpu->fd, KVM_SET_VCPU_EVENTS, "KVM_SET_VCPU_EVENTS", &e,
                       error) &&
         set_mp_state (vcpu, state, error);
}
