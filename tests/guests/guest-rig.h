/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A whole machine in a test: the program's own composition, a guest, its
 * screen, its keyboard and its first serial port.
 */

#pragma once

#include "engine/engine.h"

typedef struct {
  MosHypervisor   *lab;
  MosVm           *vm;
  MosScreenViewer *viewer;
  GMutex           lock;
  GString         *serial; /* under lock */
  guint            listener;
} GuestRig;

/* The first backend that runs guests here, or NULL: skip the test. */
const char *guest_rig_backend (void);

/* Whether the backend of that name runs guests here. */
gboolean guest_rig_has_backend (const char *name);

/* Makes and starts a machine from @config, whose serial port 0 is heard. */
void guest_rig_start (GuestRig *self, MosVmConfig *config);
void guest_rig_clear (GuestRig *self);

/* Runs the main loop until the text is there; fails the test after
 * @seconds, with what was there instead. */
void guest_rig_wait_screen (GuestRig *self, const char *text, guint seconds);
void guest_rig_wait_serial (GuestRig *self, const char *text, guint seconds);

/* Types, and waits until it is typed. */
void guest_rig_type (GuestRig *self, const char *text);

/* Forgets what the serial port has said. */
void guest_rig_forget_serial (GuestRig *self);
