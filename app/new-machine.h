/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The dialog that makes a machine.
 *
 * Everything has a sensible value from the start: "Create and Start" and
 * nothing else makes a machine that boots the built-in guest. Mistakes are
 * said beside the field while it is edited. Main thread.
 *
 * Signal: "created" (MosVm, gboolean start).
 */
#pragma once

#include <adwaita.h>

#include "app/medium.h"

G_BEGIN_DECLS

#define MOS_TYPE_NEW_MACHINE (mos_new_machine_get_type ())
G_DECLARE_FINAL_TYPE (MosNewMachine,
                      mos_new_machine,
                      MOS,
                      NEW_MACHINE,
                      AdwWindow)

GtkWidget *mos_new_machine_new (GtkWindow *parent, MosHypervisor *hypervisor);

/* Takes @medium: what the machine starts from. */
void mos_new_machine_set_medium (MosNewMachine *self, MosMedium *medium);

/* "Machine", "Machine 2", …: the first name that is free. Free it. */
char *mos_free_machine_name (MosHypervisor *hypervisor, const char *base);

G_END_DECLS
