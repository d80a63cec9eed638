/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The door to backends, from the users' side.
 *
 * Thin calls through the class, and the one table of exit reasons that the
 * counters, graphs and the manual read.
 */

#include "engine/cpu/backend.h"

#include <glib/gi18n-lib.h>

const MosExitInfo mos_exit_infos[MOS_N_EXITS] = {
  [MOS_EXIT_PORT_IN] = { "port-in", "io", N_ ("The guest read a port") },
  [MOS_EXIT_PORT_OUT] = { "port-out", "io", N_ ("The guest wrote a port") },
  [MOS_EXIT_MMIO_READ] = { "mmio-read", "memory",
                           N_ ("The guest read where a device or nothing is") },
  [MOS_EXIT_MMIO_WRITE] = { "mmio-write", "memory",
                            N_ ("The guest wrote where a device, a ROM or nothing is") },
  [MOS_EXIT_HLT] = { "hlt", "interrupt",
                     N_ ("The processor halted for an interrupt") },
  [MOS_EXIT_CPUID] = { "cpuid", "system",
                       N_ ("The guest asked what the processor can do") },
  [MOS_EXIT_MSR_READ] = { "msr-read", "system",
                          N_ ("The guest read a model-specific register") },
  [MOS_EXIT_MSR_WRITE] = { "msr-write", "system",
                           N_ ("The guest wrote a model-specific register") },
  [MOS_EXIT_INTERRUPT_WINDOW] = { "interrupt-window", "interrupt",
                                  N_ ("The guest became ready for a waiting interrupt") },
  [MOS_EXIT_KICK] = { "kick", "interrupt",
                      N_ ("Somebody asked the processor to stop") },
  [MOS_EXIT_EOI] = { "eoi", "interrupt", N_ ("The guest ended an interrupt") },
  [MOS_EXIT_HYPERCALL] = { "hypercall", "system",
                           N_ ("The guest called its hypervisor") },
  [MOS_EXIT_SHUTDOWN] = { "shutdown", "system",
                          N_ ("A triple fault shut the processor down") },
  [MOS_EXIT_DEBUG] = { "debug", "system",
                       N_ ("A breakpoint or a single step was met") },
  [MOS_EXIT_OTHER] = { "other", "system",
                       N_ ("Something that has no row of its own") },
  [MOS_EXIT_ENTRY] = { "entry", "nested",
                       N_ ("The guest entered a guest of its own") },
  [MOS_EXIT_VIRTUALIZATION] = { "virtualization", "nested",
                                N_ ("The guest used another instruction of AMD-V or VT-x") },
  [MOS_EXIT_ENTRY_FAILED] = { "entry-failed", "nested",
                              N_ ("A control block was not fit to be entered") },
  [MOS_EXIT_NESTED_FAULT] = { "nested-fault", "memory",
                              N_ ("The nested page tables do not allow the access") },
  [MOS_EXIT_EXTERNAL] = { "external-interrupt", "interrupt",
                          N_ ("An interrupt came for a level further out") },
  [MOS_EXIT_NMI] = { "nmi", "interrupt",
                     N_ ("A non-maskable interrupt, INIT or SMI came") },
  [MOS_EXIT_EXCEPTION] = { "exception", "interrupt",
                           N_ ("The guest raised an exception") },
  [MOS_EXIT_CR_READ] = { "cr-read", "system",
                         N_ ("The guest read a control register") },
  [MOS_EXIT_CR_WRITE] = { "cr-write", "system",
                          N_ ("The guest wrote a control register") },
  [MOS_EXIT_DR_ACCESS] = { "dr-access", "system",
                           N_ ("The guest read or wrote a debug register") },
  [MOS_EXIT_DESCRIPTOR_TABLE] = { "descriptor-table", "system",
                                  N_ ("The guest used a descriptor table register") },
  [MOS_EXIT_TLB] = { "tlb", "memory",
                     N_ ("The guest invalidated translations") },
  [MOS_EXIT_TIME] = { "time", "system",
                      N_ ("The guest read a counter, or its time was over") },
  [MOS_EXIT_PAUSE] = { "pause", "interrupt",
                       N_ ("The guest waited in a loop") },
  [MOS_EXIT_CACHE] = { "cache", "system",
                       N_ ("The guest wrote back caches or set XCR0") },
};

void
mos_backend_info_clear (MosBackendInfo *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->why_not, g_free);
  g_clear_pointer (&self->details, g_free);
  *self = (MosBackendInfo){ 0 };
}

MosCpus *
mos_cpus_new (const MosBackendClass *klass,
              const MosCpusSpec     *spec,
              GError               **error)
{
  g_return_val_if_fail (klass != NULL && spec != NULL, NULL);
  g_return_val_if_fail (spec->bus != NULL && spec->model != NULL, NULL);
  g_return_val_if_fail (spec->n_vcpus > 0, NULL);

  return klass->create (spec, error);
}

void
mos_cpus_free (MosCpus *self)
{
  if (self != NULL)
    self->klass->free (self);
}

MosVcpu *
mos_cpus_vcpu (MosCpus *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->n_vcpus, NULL);

  return self->klass->vcpu (self, index);
}

MosRunResult
mos_vcpu_run (MosVcpu *self, GError **error)
{
  return self->cpus->klass->run (self, error);
}

void
mos_vcpu_kick (MosVcpu *self)
{
  self->cpus->klass->kick (self);
}

gboolean
mos_vcpu_get_state (MosVcpu *self, MosCpuState *state, GError **error)
{
  g_return_val_if_fail (self != NULL && state != NULL, FALSE);

  return self->cpus->klass->get_state (self, state, error);
}

gboolean
mos_vcpu_set_state (MosVcpu *self, const MosCpuState *state, GError **error)
{
  g_return_val_if_fail (self != NULL && state != NULL, FALSE);

  return self->cpus->klass->set_state (self, state, error);
}

void
mos_vcpu_counters (MosVcpu *self, MosVcpuCounters *counters)
{
  g_return_if_fail (self != NULL && counters != NULL);

  self->cpus->klass->counters (self, counters);
}
