/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Processors and a board that do nothing but what a test tells them.
 *
 * A fake vCPU sleeps in run() until it is kicked or given a deed; the board
 * has some memory and one device with one register. fake_reset() puts the
 * controls back; every step of a start can be made to fail or to wait.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

typedef enum {
  FAKE_NOTHING,
  FAKE_CPUS,      /* creating the processors */
  FAKE_BOARD,     /* creating the board */
  FAKE_START,     /* putting the firmware in place */
  FAKE_SET_STATE, /* loading the processors' registers */
  FAKE_IMAGE,     /* opening an image */
  FAKE_N_STEPS
} FakeStep;

typedef enum {
  FAKE_DO_NOTHING,
  FAKE_DO_POWEROFF,
  FAKE_DO_EXIT, /* writes 5 to the debug exit port */
  FAKE_DO_RESET,
  FAKE_DO_SUSPEND,
  FAKE_DO_TRIPLE_FAULT,
  FAKE_DO_TRIPLE_FAULTS, /* again and again */
  FAKE_DO_FAIL,
  FAKE_DO_DEBUG
} FakeDeed;

/* Controls; set them before the step they are for. */
typedef struct {
  FakeStep fail_at;
  gboolean obeys_button; /* the guest powers off on the power button */
  gboolean usable;
  gboolean nests;

  GMutex   lock;
  GCond    cond;
  FakeStep wait_at;   /* with lock: stops there … */
  gboolean waiting;   /* with lock: … is there … */
  gboolean stubborn;  /* with lock: vCPUs do not react to kicks */
  guint    n_alive;   /* with lock: processors, boards and images not freed */
  guint    n_starts;  /* with lock: how often a board was started */
  gboolean has_guest; /* the last board was given a built-in guest … */
  gboolean has_firmware;  /* … a firmware … */
  guint    n_drives;      /* … drives */
  guint64  balloon_bytes; /* as last asked for */
} Fake;

extern Fake                  fake;
extern const MosBackendClass fake_backend;
extern const MosBackendClass fake_other_backend; /* "soft" */
extern const MosBoardClass   fake_board;

#define FAKE_RAM_BYTES (4u << 20)

void fake_reset (void);
/* A hypervisor made of fakes. */
MosHypervisor *fake_hypervisor_new (const char *data_dir);
/* A minimal machine of 4 MiB, in it. */
MosVm *fake_vm_new (MosHypervisor *hypervisor, const char *name);

/* vCPU 0 of the machine that was made last does this. */
void fake_do (FakeDeed deed);
/* Its board's register and memory, and its processors. */
guint32  fake_get_register (void);
void     fake_set_register (guint32 value);
guint8  *fake_memory (void);
guint64 *fake_rax (guint vcpu);

/* Lets go what waits, and no more waits. */
void fake_release (void);
/* Waits until something waits. */
void fake_wait_until_waiting (void);
void fake_set_stubborn (gboolean stubborn);

/* Iterates the main loop until @vm is in @state. */
void fake_wait_state (MosVm *vm, MosVmState state);
/* Waits for @operation (taken), which must succeed. */
void fake_ok (MosOperation *operation);
/* Waits for @operation (taken), which must fail with @code; returns the
 * message. */
char *fake_error (MosOperation *operation, MosError code);
/* Is there a line in @log that has @text? */
gboolean fake_log_has (MosLog *log, const char *text);

G_END_DECLS
