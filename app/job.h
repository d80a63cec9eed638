/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Something long that the program does beside its machines: an import, an
 * export. A machine's own steps are MosOperations.
 *
 * A job has a title, a progress that its thread writes, and a cancellable; who
 * made it says when it has ended. No GTK.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct MosJob MosJob;

MosJob *mos_job_new (const char *title);
MosJob *mos_job_ref (MosJob *self);
void    mos_job_unref (MosJob *self); /* any thread */

const char   *mos_job_get_title (MosJob *self);
GCancellable *mos_job_get_cancellable (MosJob *self);

/* @share: 0 to 1. Any thread. */
void   mos_job_set_progress (MosJob *self, double share);
double mos_job_get_progress (MosJob *self);

/* It has ended, well or not. Any thread. */
void     mos_job_end (MosJob *self);
gboolean mos_job_has_ended (MosJob *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosJob, mos_job_unref)

G_END_DECLS
