/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making and freeing a KVM machine, and the class that ties the files
 * together.
 *
 * Order matters to the kernel: chips before vCPUs, CPUID before MSRs, memory
 * any time. Any thread, one at a time.
 */

#include <glib/gi18n-lib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/features.h"

static void
close_fd (int fd)
{
  if (fd >= 0)
    close (fd);
}

static void
kvm_free (MosCpus *cpus)
{
  MosKvmMachine *machine = (MosKvmMachine *) cpus;

  mos_kvm_slots_clear (machine);
  mos_kvm_doorbells_clear (machine);
  for (guint i = 0; i < cpus->n_vcpus; i++)
    mos_kvm_vcpu_clear (&machine->vcpus[i]);
  if (cpus->bus->cpus == machine)
    mos_bus_set_cpus (cpus->bus, NULL, NULL);
  close_fd (machine->stats_fd);
  close_fd (machine->vm_fd);
  close_fd (machine->kvm_fd);
  g_cond_clear (&machine->gate);
  g_mutex_clear (&machine->gate_lock);
  g_free (machine->vcpus);
  g_free (machine);
}

static gboolean
check_spec (const MosKvmMachine *machine,
            const MosCpusSpec   *spec,
            GError             **error)
{
  guint32 feature =
      spec->vendor == MOS_VENDOR_AMD
          ? machine->model.leaf80000001_ecx & MOS_CPUID_80000001_ECX_SVM
          : machine->model.leaf1_ecx & MOS_CPUID_1_ECX_VMX;
  gboolean nests = feature != 0 && machine->caps.nested_state;

  if (spec->n_vcpus > machine->caps.max_vcpus) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("This host's KVM runs at most %u vCPUs in a machine, not "
                    "%u. Give it fewer or use the software CPU."),
                 machine->caps.max_vcpus, spec->n_vcpus);
    return FALSE;
  }
  if (spec->deterministic) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("KVM cannot run a machine deterministically. Use the "
                    "software CPU (--accel soft)."));
    return FALSE;
  }
  if (spec->nested && !nests) {
    g_set_error (
        error, MOS_ERROR, MOS_ERROR_NO_NESTING,
        _ ("Nested Virtualization Not Supported: this host's KVM "
           "does not offer its guests %s. Use the software CPU (--accel "
           "soft)."),
        spec->vendor == MOS_VENDOR_AMD ? "AMD-V" : "VT-x");
    return FALSE;
  }
  return TRUE;
}

static gboolean
create_vcpus (MosKvmMachine *machine, const MosCpusSpec *spec, GError **error)
{
  machine->vcpus = g_new0 (MosKvmVcpu, spec->n_vcpus);
  for (guint i = 0; i < spec->n_vcpus; i++) {
    MosKvmVcpu *vcpu = &machine->vcpus[i];

    vcpu->parent = (MosVcpu){ .cpus = &machine->parent, .index = i };
    vcpu->fd = -1;
    vcpu->stats_fd = -1;
    /* From here on free clears it. */
    machine->parent.n_vcpus = i + 1;
    if (!mos_kvm_vcpu_init (machine, i, spec, error))
      return FALSE;
  }
  mos_kvm_msrs_probe (machine, spec->vendor);
  return TRUE;
}

static MosCpus *
kvm_create (const MosCpusSpec *spec, GError **error)
{
  MosKvmMachine *machine = g_new0 (MosKvmMachine, 1);

  machine->parent = (MosCpus){ .klass = &mos_kvm_backend, .bus = spec->bus };
  machine->nested = spec->nested;
  machine->vendor = spec->vendor;
  machine->observer = spec->observer;
  machine->vm_fd = -1;
  machine->stats_fd = -1;
  mos_kvm_doorbells_init (machine);
  g_mutex_init (&machine->gate_lock);
  g_cond_init (&machine->gate);

  machine->kvm_fd = mos_kvm_open (&machine->caps, error);
  if (machine->kvm_fd < 0)
    goto fail;
  machine->vm_fd = ioctl (machine->kvm_fd, KVM_CREATE_VM, 0);
  if (machine->vm_fd < 0) {
    mos_kvm_fail (error, "KVM_CREATE_VM");
    goto fail;
  }
  if (machine->caps.stats)
    machine->stats_fd = ioctl (machine->vm_fd, KVM_GET_STATS_FD, NULL);
  if (!mos_kvm_cpuid_choose (machine, spec, error) ||
      !check_spec (machine, spec, error) ||
      !mos_kvm_chips_create (machine, error) ||
      !create_vcpus (machine, spec, error))
    goto fail;
  mos_kvm_slots_init (machine);
  mos_bus_set_cpus (spec->bus, &mos_kvm_inputs, machine);
  return &machine->parent;

fail:
  kvm_free (&machine->parent);
  return NULL;
}

static MosVcpu *
kvm_vcpu (MosCpus *cpus, guint index)
{
  return &((MosKvmMachine *) cpus)->vcpus[index].parent;
}

const MosBackendClass mos_kvm_backend = {
  .name = "kvm",
  .title = "Linux KVM",
  .probe = mos_kvm_probe,
  .create = kvm_create,
  .free = kvm_free,
  .vcpu = kvm_vcpu,
  .run = mos_kvm_vcpu_run,
  .kick = mos_kvm_vcpu_kick,
  .get_state = mos_kvm_get_state,
  .set_state = mos_kvm_set_state,
  .save_chips = mos_kvm_chips_save,
  .load_chips = mos_kvm_chips_load,
  .reset_chips = mos_kvm_chips_reset,
  .counters = mos_kvm_counters,
  .stats = mos_kvm_stats,
};
