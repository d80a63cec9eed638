/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Coach marks: pointing at a part of the window by its id.
 *
 * The ids are those of `show` in labs. mos_coach_targets says which there are;
 * a test opens the window and looks for each of them, so that a lab cannot
 * point at nothing. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct {
  const char *id;    /* "start" */
  const char *title; /* translatable: what the mark says */
  const char *page;  /* the page to show first, or NULL */
} MosCoachTarget;

/* Ends with a NULL id. */
extern const MosCoachTarget mos_coach_targets[];

/* Gives @widget the id; from then on it can be found below its window. */
void mos_coach_set_id (GtkWidget *widget, const char *id);

/* The widget with this id below @root, or NULL. */
GtkWidget *mos_coach_find (GtkWidget *root, const char *id);

/* Marks it for some seconds, with its name and the way there from @from, which
 * is below @root; shows the page it is on. FALSE if it is not there. */
gboolean mos_coach_point (GtkWidget *root, GtkWidget *from, const char *id);

G_END_DECLS
