/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine as a folder that can be carried away: its file, and beside it
 * copies of its disks, media, kernel and ramdisk, which the file names without
 * a path. Opening that file anywhere makes the machine again.
 */
#pragma once

#include "app/job.h"
#include "engine/engine.h"

G_BEGIN_DECLS

/* @error is NULL if all went well. Main thread. */
typedef void (*MosExportDone) (gpointer      user_data,
                               const char   *folder,
                               const GError *error);

/*
 * Copies on a thread of the pool into @folder, which must not be there yet;
 * on failure, or when @job is cancelled, nothing of it is left. The machine is
 * to be stopped. A disk that is based on another one is refused
 * (MOS_ERROR_INVALID_VALUE): what it is based on would be missing. Ends @job.
 */
void mos_export (MosVm         *vm,
                 const char    *folder,
                 MosJob        *job,
                 MosExportDone  done,
                 gpointer       user_data,
                 GDestroyNotify free_user_data);

/* The machine's file alone, with absolute paths, in a folder of temporary
 * files, to be dragged somewhere. The file's path; g_free(). */
char *mos_export_file (MosVm *vm, GError **error);

/* The name of @vm as the name of a file; g_free(). */
char *mos_export_name (MosVm *vm);

G_END_DECLS
