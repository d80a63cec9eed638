/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The learner's folder of a lab: sources that the lab brought, and the kernel
 * that the host's compiler makes of them.
 *
 * A lab brings files (mos_lab_file()) and says “build”; how to build is ours,
 * so a lab from the internet runs no command of its own: every .c and .S file
 * of the folder is compiled for a bare 32-bit machine and linked at 1 MiB into
 * kernel.elf. Main loop.
 */
#pragma once

#include <gio/gio.h>

#include "tutorials/lab.h"

G_BEGIN_DECLS

#define MOS_WORKSPACE_MAX_FILES 64
#define MOS_WORKSPACE_KERNEL    "kernel.elf"

/* $XDG_DATA_HOME/multios-lab/workspaces/LAB; owned by the caller. */
char *mos_workspace_folder (const MosLab *lab);

/* The folder of all of them. */
char *mos_workspaces_folder (void);

/* A file that the lab brought: of the program's resources, or of the lab's
 * folder (“files/NAME”). MOS_ERROR_NOT_FOUND, MOS_ERROR_INVALID_VALUE. */
GBytes *mos_lab_file (const MosLab *lab, const char *name, GError **error);
/* Names of the files in “files/FOLDER” of the lab; owned by the caller. */
char **mos_lab_files (const MosLab *lab, const char *folder);

/* Copies “files/FOLDER/…” into the workspace; what is there already stays,
 * unless @replace, which keeps the old one as NAME.1~, NAME.2~ … */
gboolean mos_workspace_fill (const MosLab *lab,
                             const char   *workspace,
                             const char   *folder,
                             gboolean      replace,
                             GError      **error);

/* Removes a folder of a lab's with all that is in it, three levels deep at
 * most; what cannot be removed stays. */
void mos_workspace_remove (const char *folder);

/* Whether a compiler is there; else why not, for people. */
const char *mos_workspace_why_no_compiler (void);

/* Builds; @log (in finish) is what compiler and linker said, owned by the
 * caller, also on failure. Takes some seconds at most; can be cancelled. */
void mos_workspace_build (const char         *workspace,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data);
gboolean
mos_workspace_build_finish (GAsyncResult *result, char **log, GError **error);

G_END_DECLS
