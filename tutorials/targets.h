/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The parts of the window that a lab can point at: `show` and `point`. A lint
 * looks for each id in the sources of the window. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *id;    /* "start" */
  const char *title; /* translatable: what the mark says */
  const char *page;  /* the page to show first, or NULL */
} MosLabTarget;

/* Ends with a NULL id. */
extern const MosLabTarget mos_lab_targets[];

/* NULL: there is none. */
const MosLabTarget *mos_lab_target_find (const char *id);

G_END_DECLS
