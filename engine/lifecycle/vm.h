/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One machine: configuration, lifecycle, processors, board.
 *
 * Main-loop object. Each verb returns a MosOperation (transfer full) at once;
 * what the state does not allow yields an operation that has already failed
 * with MOS_ERROR_WRONG_STATE. Properties (notified on the main context): name,
 * uuid, state (MosVmState), config, operation (the running one or NULL),
 * backend-name. Signals: "state-changed", "guest-exit" (int status, from the
 * debug exit port), "guest-reset" (string why; by the guest), "was-reset" (by
 * mos_vm_reset()), "deleted".
 */
#pragma once

#include "engine/base/log.h"
#include "engine/base/trace.h"
#include "engine/config/vmconfig.h"
#include "engine/cpu/backend.h"
#include "engine/host/char.h"
#include "engine/host/input.h"
#include "engine/host/net.h"
#include "engine/host/panel.h"
#include "engine/host/screen.h"
#include "engine/lifecycle/operation.h"
#include "engine/monitor/collect.h"
#include "engine/nested/hierarchy.h"

G_BEGIN_DECLS

typedef enum {
  MOS_VM_STOPPED, /* defined, nothing allocated */
  MOS_VM_STARTING,
  MOS_VM_RUNNING,
  MOS_VM_PAUSING,
  MOS_VM_PAUSED,
  MOS_VM_RESUMING,
  MOS_VM_STOPPING, /* ACPI shutdown asked for, or being torn down */
  MOS_VM_CRASHED,  /* the backend gave up; force stop or reset */
  MOS_VM_DELETED,
  MOS_N_VM_STATES
} MosVmState;

#define MOS_TYPE_VM_STATE (mos_vm_state_get_type ())
GType mos_vm_state_get_type (void);

typedef enum {
  MOS_VM_ACTION_START,
  MOS_VM_ACTION_PAUSE,
  MOS_VM_ACTION_RESUME,
  MOS_VM_ACTION_STOP,
  MOS_VM_ACTION_FORCE_STOP,
  MOS_VM_ACTION_RESET,
  MOS_VM_ACTION_DELETE,
  MOS_VM_ACTION_EDIT,
  MOS_VM_ACTION_TYPE,    /* keys and text into the guest */
  MOS_VM_ACTION_PICTURE, /* of the screen, or a recording */
  MOS_VM_ACTION_PROFILE,
  MOS_VM_ACTION_EXPORT,
  MOS_N_VM_ACTIONS
} MosVmAction;

#define MOS_TYPE_VM (mos_vm_get_type ())
G_DECLARE_FINAL_TYPE (MosVm, mos_vm, MOS, VM, GObject)

const char  *mos_vm_get_name (MosVm *self);
const char  *mos_vm_get_uuid (MosVm *self);
MosVmState   mos_vm_get_state (MosVm *self);
MosVmConfig *mos_vm_get_config (MosVm *self); /* do not change; see set */
gboolean mos_vm_set_config (MosVm *self, MosVmConfig *config, GError **error);

/* "running", "paused", … stable for JSON; title is translatable. */
const char *mos_vm_state_name (MosVmState state);
const char *mos_vm_state_title (MosVmState state);

/* NULL if @action is possible now, else why not, for the tooltip. */
const char *mos_vm_why_not (MosVm *self, MosVmAction action);

MosOperation *mos_vm_start (MosVm *self);
MosOperation *mos_vm_pause (MosVm *self);
MosOperation *mos_vm_resume (MosVm *self);
MosOperation *mos_vm_stop (MosVm *self); /* ACPI power button */
MosOperation *mos_vm_force_stop (MosVm *self);
MosOperation *mos_vm_reset (MosVm *self);
MosOperation *mos_vm_delete (MosVm *self);

/* The machine's ends; they exist as long as the MosVm, so a viewer may attach
 * before the start. Owned by the machine. */
MosScreen    *mos_vm_get_screen (MosVm *self);
MosInputPort *mos_vm_get_input (MosVm *self);
MosPanel     *mos_vm_get_panel (MosVm *self);           /* the demo device's */
MosCharPort  *mos_vm_get_serial (MosVm *self, guint n); /* 0 to 3 */
/* The cable of adapter @n, in the order of the configuration; NULL until the
 * machine has been started with that many. */
MosNetPort *mos_vm_get_net (MosVm *self, guint n);
MosLog     *mos_vm_get_log (MosVm *self);
MosTrace   *mos_vm_get_trace (MosVm *self); /* quiet while stopped */

/* Which backend runs it ("kvm", "soft"), NULL while stopped. */
const char *mos_vm_get_backend_name (MosVm *self);

/* Sums over its vCPUs; zeros while stopped. Any thread. */
void mos_vm_get_counters (MosVm *self, MosVcpuCounters *totals);

/* The guests inside the machine; a full reference, NULL while stopped. Any
 * thread. */
MosHierarchy *mos_vm_ref_hierarchy (MosVm *self);

/* Changes a removable medium, by drive index of the configuration; NULL path
 * takes it out. Works while running. */
gboolean mos_vm_change_medium (MosVm      *self,
                               guint       drive,
                               const char *path,
                               GError    **error);

/* One device's counters, and the time processors were in it, for statistics. */
typedef void (*MosVmDeviceFunc) (gpointer             user_data,
                                 const char          *name,
                                 const MosIoCounters *counters,
                                 guint64              time_ns);
void
mos_vm_foreach_device (MosVm *self, MosVmDeviceFunc func, gpointer user_data);

/* All its numbers, nothing while stopped; see collect.h. Any thread. */
void mos_vm_collect (MosVm           *self,
                     MosCollectState *state,
                     MosReadingFunc   func,
                     gpointer         user_data);

/* The running machine's processors, for a profiler; see machine.h. FALSE
 * while it is stopped. Any thread. */
typedef void (*MosVmProbe) (gpointer           user_data,
                            MosVcpu           *vcpu,
                            const MosCpuState *state,
                            MosBus            *bus);
gboolean mos_vm_set_probe (MosVm *self, MosVmProbe func, gpointer user_data);
gboolean mos_vm_probe (MosVm *self);

/* Instruction names that raised #UD for want of us, and how often. */
void mos_vm_foreach_unknown_instruction (MosVm             *self,
                                         MosBackendStatFunc func,
                                         gpointer           user_data);

/* A whole machine (processors, chips, devices, clock, memory) as one file,
 * and back into a machine of the same configuration, on either backend. The
 * machine must be paused to save; load starts it paused. */
MosOperation *mos_vm_save_state (MosVm *self, const char *path);
MosOperation *mos_vm_load_state (MosVm *self, const char *path);

G_END_DECLS
