/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosMachine, for machine.c (making, ending, looking at it),
 * machine-run.c (the vCPU threads and what stops them) and machine-state.c
 * (saving, loading).
 */
#pragma once

#include "engine/lifecycle/machine.h"

G_BEGIN_DECLS

/* Reasons why no vCPU may run; they do while there is none. */
enum {
  MOS_HOLD_PAUSE = 1u << 0,  /* asked for */
  MOS_HOLD_RESET = 1u << 1,  /* until the last one parked has done it */
  MOS_HOLD_FAILED = 1u << 2, /* a processor or the board gave up */
  MOS_HOLD_GUEST = 1u << 3,  /* powered off or exited: wait for the owner */
  MOS_HOLD_OFF = 1u << 4,    /* leave the thread */
  MOS_HOLD_LOOK = 1u << 5,   /* somebody looks into it for a moment */
  MOS_HOLD_SLEEP = 1u << 6,  /* ACPI S3: until something wakes it */
  MOS_HOLD_WAKE = 1u << 7    /* until the last one parked has woken it */
};

typedef struct {
  MosMachine *machine;
  MosVcpu    *vcpu;
  GThread    *thread;
  gboolean    wants_probe; /* atomic; see mos_machine_probe() */
} MosMachineRunner;

struct MosMachine {
  gatomicrefcount refs;

  /* Set once by mos_machine_new(). */
  MosMachineFunc    func;
  gpointer          user_data;
  GDestroyNotify    free_user_data;
  MosLog           *log;
  MosHierarchy     *hierarchy;
  GMainContext     *io_context;
  GPtrArray        *companions;
  MosMachineRunner *runners;
  guint             n_vcpus;
  GThread          *io_thread;
  GMainLoop        *io_loop;
  GSource          *clock_source;

  /* One verb at a time. Taken before everything else. */
  GMutex control;

  /* Readers look at the parts; only mos_machine_off() writes them, to NULL. */
  GRWLock   life;
  MosBus   *bus;
  MosCpus  *cpus;
  MosBoard *board;

  /* What is in the drives, by index; changed with control and lock. The
   * cables, set once. */
  MosBlockStore *stores[MOS_BOARD_MAX_DRIVES];
  MosNetPort    *ports[MOS_BOARD_MAX_NET];

  GMutex          probe_lock; /* the following */
  MosMachineProbe probe;
  gpointer        probe_data;

  GMutex   lock;
  GCond    changed;     /* hold, n_parked, resetting, n_running */
  guint    hold;        /* with lock: MOS_HOLD_… */
  guint    n_parked;    /* with lock: vCPU threads that stand still */
  guint    n_threads;   /* with lock: vCPU threads that live */
  gboolean resetting;   /* with lock: one of the parked is at it */
  GError **reset_error; /* with lock: where a verb waits for the outcome */
  gint64   second_us;   /* with lock: when this second of resets began */
  guint    n_resets;    /* with lock: resets in it */
  guint64  all_resets;  /* atomic: that the guest made */
  gint64   logged_us;   /* with lock: when a reset was last logged */
  guint    unlogged;    /* with lock: resets since */
  gboolean ending;      /* with lock: the guest wants an end nobody was told */
  MosMachineNote end_note; /* with lock: which, and the code with it */
  guint          end_code;
};

/* machine-watch.c: after a kick, on the vCPU's thread. */
void mos_machine_take_probe (MosMachineRunner *runner);

/* Starts the vCPU threads; they park at once if anything is held. */
gboolean mos_machine_run_threads (MosMachine *self, GError **error);
/* Ends and joins them. */
void mos_machine_end_threads (MosMachine *self);

/* Adds reasons to stand still and kicks everybody. Any thread. */
void mos_machine_hold (MosMachine *self, guint reasons);

/* MosBusRequestFunc. */
void
mos_machine_request (gpointer user_data, MosBusRequest request, guint code);

G_END_DECLS
