/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosVm, for the files vm*.c and for MosHypervisor.
 *
 * Everything belongs to the main loop but `machine`, which any thread may take
 * a reference to under `lock` (mos_vm_ref_machine()).
 */
#pragma once

#include "engine/lifecycle/machine.h"
#include "engine/lifecycle/operation-private.h"
#include "engine/lifecycle/vm-services.h"
#include "engine/lifecycle/vm.h"

G_BEGIN_DECLS

/* What happens to a machine; actions of the user and of the world. */
typedef enum {
  MOS_VM_EVENT_START,   /* a start or a load begins */
  MOS_VM_EVENT_STARTED, /* it runs */
  MOS_VM_EVENT_LOADED,  /* it stands as it was saved */
  MOS_VM_EVENT_NOT_STARTED,
  MOS_VM_EVENT_PAUSE,
  MOS_VM_EVENT_PAUSED,
  MOS_VM_EVENT_NOT_PAUSED,
  MOS_VM_EVENT_HELD, /* it paused itself */
  MOS_VM_EVENT_RESUME,
  MOS_VM_EVENT_RESUMED,
  MOS_VM_EVENT_STOP,        /* the power button */
  MOS_VM_EVENT_NOT_STOPPED, /* the guest did not care */
  MOS_VM_EVENT_POWER_OFF,   /* by the guest, by force */
  MOS_VM_EVENT_OFF,         /* nothing is left of it */
  MOS_VM_EVENT_REVIVE,      /* a reset after a crash */
  MOS_VM_EVENT_CRASH,
  MOS_VM_EVENT_DELETE,
  MOS_N_VM_EVENTS
} MosVmEvent;

struct _MosVm {
  GObject parent_instance;

  char          *uuid;
  MosVmServices *services;
  MosVmConfig   *config;
  MosVmState     state;
  MosOperation  *operation; /* the one under way, or NULL */
  gboolean       going_off; /* being torn down: nothing else is possible */
  char          *backend_name;
  char          *why_not; /* what mos_vm_why_not() last put together */
  GMainContext  *context;
  guint          stop_timeout_ms;
  GSource       *stop_source;

  /* The ends; as long as the MosVm. */
  GMainContext *io_context;
  MosLog       *log;
  MosTrace     *trace;
  MosScreen    *screen;
  MosInputPort *input;
  MosPanel     *panel;
  MosCharPort  *serial[MOS_BOARD_MAX_SERIAL];
  MosNetPort   *net[MOS_BOARD_MAX_NET]; /* made when first needed */

  GMutex      lock;
  MosMachine *machine; /* with lock; written by the main loop only */
};

/* @services and @config are referenced; @uuid NULL makes a new one. */
MosVm *
mos_vm_new (MosVmServices *services, const char *uuid, MosVmConfig *config);

/* The machine, referenced, or NULL. Any thread. */
MosMachine *mos_vm_ref_machine (MosVm *self);
void        mos_vm_set_machine (MosVm *self, MosMachine *machine);

/* vm-state.c: the one setter. FALSE if @event cannot happen in this state. */
gboolean mos_vm_take_event (MosVm *self, MosVmEvent event);

/* vm.c: notifies. */
void mos_vm_set_operation (MosVm *self, MosOperation *operation);
void mos_vm_set_backend_name (MosVm *self, const char *name);
void mos_vm_emit_state (MosVm *self);
void mos_vm_emit_guest_exit (MosVm *self, int status);
void mos_vm_emit_guest_reset (MosVm *self, const char *why);
void mos_vm_emit_was_reset (MosVm *self);
void mos_vm_emit_deleted (MosVm *self);

/* vm-ops.c: what a machine says of itself; MosMachineFunc whose user_data is a
 * GWeakRef to the MosVm. */
void mos_vm_note_cb (gpointer       user_data,
                     MosMachine    *machine,
                     MosMachineNote note,
                     guint          code,
                     const char    *text);

/* How long a guest has to react to its power button; 30 s. */
void mos_vm_set_stop_timeout (MosVm *self, guint timeout_ms);

/*
 * vm-build.c: turns a configuration into a machine, on a worker thread.
 */
typedef struct {
  MosVmServices *services;
  MosVmConfig   *config; /* nobody else's */
  MosLog        *log;
  MosTrace      *trace;
  GMainContext  *io_context;
  MosScreen     *screen;
  MosInputPort  *input;
  MosPanel      *panel;
  MosCharPort   *serial[MOS_BOARD_MAX_SERIAL];
  MosNetPort    *net[MOS_BOARD_MAX_NET];
  GWeakRef      *vm; /* for the notes; given to the machine */

  /* What comes out. */
  MosMachine *machine;
  const char *backend_name;
} MosVmBuild;

/* vm-net.c: fills in the adapters of @board and connects their cables; @links
 * gets the MosNetLinks. */
gboolean mos_vm_build_net (MosVmBuild   *self,
                           MosBoardSpec *board,
                           GPtrArray    *links,
                           GError      **error);
/* Makes the cables that the configuration asks for. Main loop. */
void mos_vm_make_net (MosVm *self);

MosVmBuild *mos_vm_build_new (MosVm *self);
void        mos_vm_build_free (MosVmBuild *self);
gboolean
mos_vm_build_run (MosVmBuild *self, MosOperation *operation, GError **error);

G_END_DECLS
