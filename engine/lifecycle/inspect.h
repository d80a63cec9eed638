/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Looking into a machine from outside: processors, memory, registers.
 *
 * For inspectors, labs, profilers. Nothing here changes what the guest sees,
 * but for a pause of less than a millisecond where a processor's state is
 * read. Any thread but those of the machine itself.
 */
#pragma once

#include "engine/bus/device.h"
#include "engine/lifecycle/vm.h"

G_BEGIN_DECLS

/* The whole state of processor @vcpu, as it stands between two instructions.
 * FALSE if the machine has no power or no such processor. The caller clears
 * @state with mos_cpu_state_clear(); it need not be initialised. */
gboolean mos_vm_look_at_cpu (MosVm *self, guint vcpu, MosCpuState *state);

/* Copies guest-physical memory; FALSE (and @data untouched) where it is not all
 * RAM or ROM, or without power. @size: up to 1 MiB. */
gboolean
mos_vm_look_at_memory (MosVm *self, guint64 gpa, gpointer data, gsize size);

/* One register of a device, without side effects. */
typedef struct {
  const char        *device; /* "serial0" */
  const char        *bank;   /* "io" */
  const MosRegister *row;    /* lives forever */
  guint64            value;
} MosVmRegister;

/* Every register of every device, or of @device only. */
typedef void (*MosVmRegisterFunc) (gpointer             user_data,
                                   const MosVmRegister *reg);
void mos_vm_foreach_register (MosVm            *self,
                              const char       *device,
                              MosVmRegisterFunc func,
                              gpointer          user_data);

/* Machine time since it was switched on, in nanoseconds; 0 without power. */
gint64 mos_vm_get_guest_time_ns (MosVm *self);

G_END_DECLS
