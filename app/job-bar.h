/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The program's jobs, each a line with its progress and a way to cancel it;
 * not there while there is none. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/job.h"

G_BEGIN_DECLS

#define MOS_TYPE_JOB_BAR (mos_job_bar_get_type ())
G_DECLARE_FINAL_TYPE (MosJobBar, mos_job_bar, MOS, JOB_BAR, GtkWidget)

/* Shows @job until it has ended. */
void mos_job_bar_add (MosJobBar *self, MosJob *job);

G_END_DECLS
