/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The parts of the main window, for the files that are it: window.c holds it
 * together, window-build.c makes the widgets, window-actions.c does what the
 * user asks, window-files.c opens what is chosen or dropped. Main thread.
 */
#pragma once

#include "app/deletions.h"
#include "app/machine-page.h"
#include "app/medium.h"
#include "app/operation-bar.h"
#include "app/window.h"

G_BEGIN_DECLS

struct _MosWindow {
  AdwApplicationWindow parent_instance;

  GSettings     *settings;
  MosHypervisor *hypervisor;
  MosDeletions  *deletions;
  GtkFilter     *filter;
  GListModel    *shown; /* the machines in the list */
  MosVm         *vm;    /* the chosen one */
  gboolean       closing;

  GtkWidget *toasts;
  GtkWidget *stack; /* "empty", "library" */
  GtkWidget *leaflet;
  GtkWidget *sidebar;
  GtkWidget *search_bar;
  GtkWidget *search;
  GtkWidget *list_stack; /* "list", "nothing" */
  GtkWidget *list;
  GtkWidget *content;
  GtkWidget *header;
  GtkWidget *back;
  GtkWidget *switcher_title;
  GtkWidget *switcher_bar;
  GtkWidget *operation_bar;
  GtkWidget *page;
  GtkWidget *menu_buttons[2]; /* of the empty page, of the library */
  GtkWidget *verb_buttons[3]; /* start, pause, stop */
};

/* window-build.c */
void mos_window_build (MosWindow *self);

/* window-actions.c */
void mos_window_add_actions (MosWindow *self);
void mos_window_update_actions (MosWindow *self);
/* Which buttons stand in the header bar, in order; action names. */
extern const char *const mos_window_verbs[3];

/* window-files.c */
void mos_window_add_drop (MosWindow *self);
void mos_window_choose_file (MosWindow *self);
void mos_window_new_machine (MosWindow *self, MosMedium *medium);

/* window.c */
void mos_window_update (MosWindow *self);

G_END_DECLS
