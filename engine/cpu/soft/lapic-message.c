/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Messages between local APICs, and from devices to them.
 *
 * Who is meant is decided for each receiver from its registers; any thread may
 * send, so what is read of another processor may be a moment old, as on the
 * bus.
 *
 * Intel SDM volume 3, "Issuing Interprocessor Interrupts", "Message Signalled
 * Interrupts".
 */
#include "engine/bus/bus.h"
#include "engine/cpu/soft/lapic-private.h"

#define ICR_LOGICAL  (1u << 11)
#define ICR_ASSERT   (1u << 14)
#define ICR_LEVEL    (1u << 15)
#define BROADCAST_8  0xffu
#define BROADCAST_32 0xffffffffu

static guint32
id_of (const MosSoftCpu *cpu)
{
  return mos_lapic_is_x2 (cpu) ? cpu->vcpu.index : cpu->lapic.id >> 24;
}

typedef struct {
  guint32     destination;
  gboolean    wide; /* an x2APIC destination of 32 bits */
  gboolean    logical;
  MosDelivery delivery;
  guint       vector;
  gboolean    level;
  gboolean    assert;
} Message;

static gboolean
matches_logical (MosSoftCpu *cpu, const Message *message)
{
  const MosLapic *lapic = &cpu->lapic;
  guint32         to = message->destination;

  if (mos_lapic_is_x2 (cpu)) {
    if (!message->wide && to == BROADCAST_8)
      return TRUE;
    return to >> 16 == lapic->ldr >> 16 && (to & lapic->ldr & 0xffff) != 0;
  }
  if (to == BROADCAST_8)
    return TRUE;
  if (lapic->dfr >> 28 == 0xf)
    return (to & lapic->ldr >> 24) != 0;
  return (to & 0xf0) == (lapic->ldr >> 24 & 0xf0) &&
         (to & lapic->ldr >> 24 & 0xf) != 0;
}

static gboolean
matches (MosSoftCpu *cpu, const Message *message)
{
  if (message->wide && message->destination == BROADCAST_32)
    return TRUE;
  if (message->logical)
    return matches_logical (cpu, message);
  return (!message->wide && message->destination == BROADCAST_8) ||
         message->destination == id_of (cpu);
}

static void
send_nmi_to (MosSoftCpu *cpu)
{
  __atomic_store_n (&cpu->nmi_latched, 1, __ATOMIC_SEQ_CST);
  mos_cpu_notify (cpu, MOS_PENDING_NMI);
}

static void
deliver (MosSoftCpu *cpu, const Message *message)
{
  switch (message->delivery) {
  case MOS_DELIVER_FIXED:
  case MOS_DELIVER_LOWEST:
    if (mos_lapic_is_soft_enabled (&cpu->lapic))
      mos_lapic_accept (cpu, message->vector, message->level);
    break;
  case MOS_DELIVER_NMI:
    send_nmi_to (cpu);
    break;
  case MOS_DELIVER_INIT:
    /* Level de-assert only synchronises arbitration on old systems. */
    if (!message->level || message->assert)
      mos_cpu_notify (cpu, MOS_PENDING_INIT);
    break;
  case MOS_DELIVER_STARTUP:
    __atomic_store_n (&cpu->sipi_vector, (guint8) message->vector,
                      __ATOMIC_RELEASE);
    mos_cpu_notify (cpu, MOS_PENDING_SIPI);
    break;
  case MOS_DELIVER_EXTINT:
    mos_cpu_notify (cpu, MOS_PENDING_INTERRUPT);
    break;
  case MOS_DELIVER_SMI:
  case MOS_DELIVER_RESERVED:
  default:
    break;
  }
}

/* Of all that match, the one with the least to do. */
static void
deliver_lowest (MosSoftCpus *cpus, const Message *message)
{
  MosSoftCpu *best = NULL;
  guint       best_priority = G_MAXUINT;

  for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
    MosSoftCpu *cpu = cpus->vcpu[i];
    guint       priority = mos_lapic_priority (&cpu->lapic);

    if (!matches (cpu, message) || !mos_lapic_is_soft_enabled (&cpu->lapic))
      continue;
    if (priority < best_priority) {
      best = cpu;
      best_priority = priority;
    }
  }
  if (best != NULL)
    deliver (best, message);
}

static void
deliver_all (MosSoftCpus *cpus, const Message *message)
{
  if (message->delivery == MOS_DELIVER_LOWEST) {
    deliver_lowest (cpus, message);
    return;
  }
  for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
    if (matches (cpus->vcpu[i], message))
      deliver (cpus->vcpu[i], message);
  }
}

/* The interrupt command register was written. */
void
mos_lapic_send_command (MosSoftCpu *cpu, guint64 icr)
{
  MosSoftCpus *cpus = cpu->cpus;
  guint32      low = (guint32) icr;
  Message      message = { .wide = mos_lapic_is_x2 (cpu),
                           .logical = (low & ICR_LOGICAL) != 0,
                           .delivery = (MosDelivery) (low >> 8 & 7),
                           .vector = low & 0xff,
                           .level = (low & ICR_LEVEL) != 0,
                           .assert = (low & ICR_ASSERT) != 0 };

  message.destination =
      message.wide ? (guint32) (icr >> 32) : (guint32) (icr >> 56);
  if (message.delivery <= MOS_DELIVER_LOWEST &&
      message.vector < MOS_LAPIC_LOWEST_VECTOR) {
    mos_lapic_raise_error (cpu, MOS_LAPIC_ERROR_SEND_VECTOR);
    return;
  }
  /* Messages between processors are edges, INIT apart. */
  if (message.delivery != MOS_DELIVER_INIT)
    message.level = FALSE;
  switch (low >> 18 & 3) {
  case 0:
    deliver_all (cpus, &message);
    break;
  case 1:
    deliver (cpu, &message);
    break;
  default:
    for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
      if (cpus->vcpu[i] != cpu || (low >> 18 & 3) == 2)
        deliver (cpus->vcpu[i], &message);
    }
    break;
  }
}

void
mos_lapic_send_msi (MosSoftCpus *cpus, guint64 address, guint32 data)
{
  Message message = { .destination = (guint32) (address >> 12) & 0xff,
                      .logical = (address & 4) != 0,
                      .delivery = (MosDelivery) (data >> 8 & 7),
                      .vector = data & 0xff,
                      .level = (data & ICR_LEVEL) != 0,
                      .assert = (data & ICR_ASSERT) != 0 };

  /* With the redirection hint the message goes to one of them. */
  if ((address & 8) != 0 && message.delivery == MOS_DELIVER_FIXED)
    message.delivery = MOS_DELIVER_LOWEST;
  deliver_all (cpus, &message);
}

void
mos_lapic_set_intr (MosSoftCpus *cpus, gboolean level)
{
  MosSoftCpu *boot = cpus->vcpu[0];
  guint32     lint0 = boot->lapic.lvt[MOS_LVT_LINT0];
  guint       before =
      __atomic_exchange_n (&cpus->intr, level != FALSE, __ATOMIC_SEQ_CST);
  MosDelivery mode = (MosDelivery) (lint0 >> MOS_LVT_MODE_SHIFT & 7);

  if (!level)
    return;
  if (!mos_lapic_is_enabled (&boot->lapic) || mode == MOS_DELIVER_EXTINT)
    mos_cpu_notify (boot, MOS_PENDING_INTERRUPT);
  else if (before == 0 && (lint0 & MOS_LVT_MASKED) == 0 &&
           mode == MOS_DELIVER_NMI)
    send_nmi_to (boot);
  else if (before == 0 && (lint0 & MOS_LVT_MASKED) == 0 &&
           mode == MOS_DELIVER_FIXED &&
           mos_lapic_is_soft_enabled (&boot->lapic))
    mos_lapic_accept (boot, lint0 & 0xff, FALSE);
}

/* The NMI input is wired to LINT1 of all. */
void
mos_lapic_send_nmi (MosSoftCpus *cpus)
{
  for (guint i = 0; i < cpus->cpus.n_vcpus; i++) {
    MosSoftCpu *cpu = cpus->vcpu[i];
    guint32     lint1 = cpu->lapic.lvt[MOS_LVT_LINT1];

    if (!mos_lapic_is_enabled (&cpu->lapic) ||
        ((lint1 & MOS_LVT_MASKED) == 0 &&
         (lint1 >> MOS_LVT_MODE_SHIFT & 7) == MOS_DELIVER_NMI))
      send_nmi_to (cpu);
  }
}
