/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Model-specific registers on KVM.
 *
 * Which ones the host can get and set differs by kernel, vendor and CPU model,
 * so each one of the table that belongs to the state is tried once when the
 * machine is made. Those that are refused are named in one log line and left
 * out from then on. Kernel documentation, "KVM_GET_MSRS", "KVM_SET_MSRS".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/msr.h"

typedef struct {
  struct kvm_msrs      head;
  struct kvm_msr_entry entries[MOS_STATE_MAX_MSRS];
} Msrs;

/* Both calls return how many registers they did. */
static gboolean
try_one (MosKvmVcpu *vcpu, guint32 index)
{
  g_autofree Msrs *msrs = g_new0 (Msrs, 1);

  msrs->head.nmsrs = 1;
  msrs->entries[0].index = index;
  return ioctl (vcpu->fd, KVM_GET_MSRS, msrs) == 1 &&
         ioctl (vcpu->fd, KVM_SET_MSRS, msrs) == 1;
}

static gboolean
of_vendor (const MosMsrInfo *info, MosCpuVendor vendor)
{
  guint other = vendor == MOS_VENDOR_AMD ? MOS_MSR_INTEL : MOS_MSR_AMD;

  return (info->flags & other) == 0;
}

void
mos_kvm_msrs_probe (MosKvmMachine *machine, MosCpuVendor vendor)
{
  g_autoptr (GString) refused = g_string_new (NULL);

  machine->n_msrs = 0;
  for (guint i = 0; i < mos_n_msrs; i++) {
    const MosMsrInfo *info = &mos_msrs[i];

    if ((info->flags & MOS_MSR_STATE) == 0)
      continue;
    if (try_one (&machine->vcpus[0], info->index))
      machine->msrs[machine->n_msrs++] = info->index;
    else if (of_vendor (info, vendor))
      g_string_append_printf (refused, " %s", info->name);
  }
  if (refused->len > 0)
    mos_log (machine->parent.bus->log, MOS_LOG_INFO,
             _ ("KVM on this host keeps these registers out of the saved "
                "state:%s"),
             refused->str);
}

gboolean
mos_kvm_msrs_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  MosKvmMachine   *machine = mos_kvm_vcpu_machine (vcpu);
  g_autofree Msrs *msrs = g_new0 (Msrs, 1);
  int              n;

  msrs->head.nmsrs = machine->n_msrs;
  for (guint i = 0; i < machine->n_msrs; i++)
    msrs->entries[i].index = machine->msrs[i];
  n = ioctl (vcpu->fd, KVM_GET_MSRS, msrs);
  if (n < 0)
    return mos_kvm_fail (error, "KVM_GET_MSRS");
  state->n_msrs = 0;
  for (guint i = 0; i < MIN ((guint) n, machine->n_msrs); i++)
    mos_cpu_state_msr (state, msrs->entries[i].index)->value =
        msrs->entries[i].data;
  return TRUE;
}

void
mos_kvm_msrs_set_first (MosKvmVcpu *vcpu, const MosCpuState *state)
{
  for (guint i = 0; i < MIN (state->n_msrs, MOS_STATE_MAX_MSRS); i++) {
    Msrs one = {
      .head = { .nmsrs = 1 },
      .entries = { { .index = state->msrs[i].index,
                     .data = state->msrs[i].value } },
    };

    /* Whatever it says, the register is set once more with the others. */
    if (state->msrs[i].index == MOS_MSR_FEATURE_CONTROL)
      (void) ioctl (vcpu->fd, KVM_SET_MSRS, &one);
  }
}

static gboolean
knows (const MosKvmMachine *machine, guint32 index)
{
  for (guint i = 0; i < machine->n_msrs; i++)
    if (machine->msrs[i] == index)
      return TRUE;
  return FALSE;
}

gboolean
mos_kvm_msrs_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  MosKvmMachine   *machine = mos_kvm_vcpu_machine (vcpu);
  g_autofree Msrs *msrs = g_new0 (Msrs, 1);
  guint            wanted = 0;
  int              done;

  for (guint i = 0; i < MIN (state->n_msrs, MOS_STATE_MAX_MSRS); i++)
    if (knows (machine, state->msrs[i].index))
      msrs->entries[wanted++] = (struct kvm_msr_entry){
        .index = state->msrs[i].index,
        .data = state->msrs[i].value,
      };
  msrs->head.nmsrs = wanted;
  done = ioctl (vcpu->fd, KVM_SET_MSRS, msrs);
  if (done < 0)
    return mos_kvm_fail (error, "KVM_SET_MSRS");
  if ((guint) done < wanted) {
    const MosMsrInfo *info = mos_msr_find (msrs->entries[done].index);

    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("KVM_SET_MSRS failed: this host does not accept 0x%" PRIx64
                    " in %s. Use the CPU model and vendor "
                    "the state was saved with, or the software CPU."),
                 (guint64) msrs->entries[done].data,
                 info != NULL ? info->name : "?");
    return FALSE;
  }
  return TRUE;
}
