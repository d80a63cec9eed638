/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine that has power: bus, board, processors and their threads.
 *
 * MosVm is the machine's biography; a MosMachine lives from one start to the
 * next stop. It knows no main loop: verbs wait until they have taken effect
 * (they run on a worker thread), and what the guest does on its own is told
 * through one function. Threads: one a vCPU, one for I/O. All functions may be
 * called from any thread but those of the machine itself.
 */
#pragma once

#include <gio/gio.h>

#include "engine/bus/board.h"
#include "engine/cpu/backend.h"
#include "engine/monitor/collect.h"
#include "engine/nested/hierarchy.h"

G_BEGIN_DECLS

typedef struct MosMachine MosMachine;

/* More resets in one second than any sane guest makes. */
#define MOS_MACHINE_MAX_RESETS_A_SECOND 100

typedef enum {
  MOS_MACHINE_POWERED_OFF, /* ACPI S5: the guest has shut itself down */
  MOS_MACHINE_EXITED,      /* debug exit port; code is the value written */
  MOS_MACHINE_WAS_RESET,   /* by its guest; text says why */
  MOS_MACHINE_HELD,        /* has paused itself; text says why */
  MOS_MACHINE_FAILED       /* the processors cannot go on; text says why */
} MosMachineNote;

/* On any thread of the machine, perhaps with locks held: must only post. */
typedef void (*MosMachineFunc) (gpointer       user_data,
                                MosMachine    *machine,
                                MosMachineNote note,
                                guint          code,
                                const char    *text);

/* What it is made of; everything is resolved and opened. */
typedef struct {
  const MosBackendClass *backend;
  const MosBoardClass   *board_class;
  MosBoardSpec           board;
  MosCpusSpec            cpus; /* its bus is filled in */
  MosClockMode           clock_mode;
  MosHierarchy          *hierarchy; /* of its guests; NULL: nobody looks */
  MosLog                *log;
  MosTrace              *trace;      /* outlives the machine */
  GMainContext          *io_context; /* nobody else runs it meanwhile */
  MosMachineFunc         func;
  gpointer               user_data;
  GDestroyNotify         free_user_data; /* when no call can come any more */
  GPtrArray             *companions;     /* let go when it is off; or NULL */
} MosMachineSpec;

/*
 * Makes bus, processors, board and threads, all standing still. @progress (may
 * be NULL) is told 0 to 1 and may give up by returning FALSE, which becomes
 * MOS_ERROR_CANCELLED. @spec is only used during the call; user_data and
 * companions are taken over, also on failure. Errors: those of the backend and
 * the board.
 */
typedef gboolean (*MosMachineProgress) (gpointer user_data, double progress);
MosMachine *mos_machine_new (const MosMachineSpec *spec,
                             MosMachineProgress    progress,
                             gpointer              progress_data,
                             GError              **error);
MosMachine *mos_machine_ref (MosMachine *self);
void        mos_machine_unref (MosMachine *self);

/* Puts everything into its reset state, and runs unless it is paused: a new
 * machine is. Errors: what the board cannot load. */
gboolean mos_machine_reset (MosMachine *self, GError **error);

/* When it returns no vCPU runs and the clock stands. < 100 ms. */
gboolean mos_machine_pause (MosMachine *self, GError **error);

/* Goes on. Returns at once. */
void mos_machine_resume (MosMachine *self);

/* As pulling the plug: ends all threads and frees everything but the memory of
 * the struct itself. Later calls do nothing. < 100 ms. */
void mos_machine_off (MosMachine *self);

/* Of its guests, as long as the machine; or NULL. */
MosHierarchy *mos_machine_get_hierarchy (MosMachine *self);

void mos_machine_power_button (MosMachine *self);
/* Asks the guest to give back so much; nothing without a balloon. */
void mos_machine_set_balloon (MosMachine *self, guint64 bytes);

/* These see a machine that is off as one without anything. */
void     mos_machine_counters (MosMachine *self, MosVcpuCounters *totals);
gint64   mos_machine_now (MosMachine *self);
gboolean mos_machine_change_medium (MosMachine    *self,
                                    guint          drive,
                                    MosBlockStore *store,
                                    GError       **error);

/* Calls @func with everything alive, or not at all. */
typedef void (*MosMachineVisit) (gpointer user_data,
                                 MosBus  *bus,
                                 MosCpus *cpus);
void
mos_machine_visit (MosMachine *self, MosMachineVisit func, gpointer user_data);

/* The same while no vCPU runs and guest time stands still, paused or not; FALSE
 * if it is off, a verb is under way or a processor does not react. Waits for
 * nobody else; usually < 1 ms. */
gboolean
mos_machine_look (MosMachine *self, MosMachineVisit func, gpointer user_data);

/* Hands all numbers of the machine to @func, under @uuid; see collect.h. */
void mos_machine_collect (MosMachine      *self,
                          const char      *uuid,
                          guint64          frames,
                          MosCollectState *state,
                          MosReadingFunc   func,
                          gpointer         user_data);

/*
 * Looks at running processors, for a profiler. mos_machine_probe() asks each of
 * them to stop for a moment; its thread then calls the function (one at a
 * time) with its registers. NULL ends it, and waits for a call under way.
 */
typedef void (*MosMachineProbe) (gpointer           user_data,
                                 MosVcpu           *vcpu,
                                 const MosCpuState *state,
                                 MosBus            *bus);
void mos_machine_set_probe (MosMachine     *self,
                            MosMachineProbe func,
                            gpointer        user_data);
void mos_machine_probe (MosMachine *self);

/* The paused machine as a file, and back into one just made; both check
 * @cancellable now and then. The format stands in machine-state.c. */
gboolean mos_machine_save (MosMachine   *self,
                           const char   *path,
                           GCancellable *cancellable,
                           GError      **error);
gboolean mos_machine_load (MosMachine   *self,
                           const char   *path,
                           GCancellable *cancellable,
                           GError      **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosMachine, mos_machine_unref)

G_END_DECLS
