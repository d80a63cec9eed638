/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The parts of the main window, for the files that are it: window.c holds it
 * together, window-build.c makes the widgets, window-actions.c does what the
 * user asks, window-files.c opens what is chosen or dropped. Main thread.
 */
#pragma once

#include "app/choice-list.h"
#include "app/console.h"
#include "app/deletions.h"
#include "app/job-bar.h"
#include "app/library-model.h"
#include "app/medium.h"
#include "app/operation-bar.h"
#include "app/page-bar.h"
#include "app/page-stack.h"
#include "app/presenter.h"
#include "app/tutor.h"
#include "app/window.h"

G_BEGIN_DECLS

struct _MosWindow {
  AdwApplicationWindow parent_instance;

  GSettings         *settings;
  MosHypervisor     *hypervisor;
  MosDeletions      *deletions;
  GtkFilter         *filter;
  GListModel        *shown;   /* the machines that the search leaves */
  MosLibraryModel   *library; /* those, under the headings of their groups */
  MosVm             *vm; /* the chosen one; NULL beside a page of the lab */
  const MosPageInfo *lab_page; /* shown, or NULL */
  gboolean           closing;

  GtkWidget    *toasts;
  MosPresenter *presenter; /* all of the window */
  GtkWidget    *leaflet;
  GtkWidget    *flap; /* the leaflet, and the sidebar for learning */
  MosTutor     *tutor;
  GtkWidget    *sidebar;
  GtkWidget    *search_bar;
  GtkWidget    *search;
  GtkWidget    *list_stack; /* "list", "nothing", "none" */
  GtkWidget    *list;
  GtkWidget    *content;
  GtkWidget    *header;
  GtkWidget    *notice; /* holds it; it shows and hides itself */
  GtkWidget    *back;
  GtkWidget    *title;
  GtkWidget    *machine_menu;
  GtkWidget    *operation_bar;
  GtkWidget    *job_bar;
  GtkWidget    *content_stack; /* "empty", "machine", "lab" */
  GtkWidget    *page_bar;
  GtkWidget    *pages;     /* of the chosen machine */
  GtkWidget    *lab_pages; /* about all machines */
  GtkWidget    *lab_list;  /* their rows; NULL if there are none */
  GtkWidget    *menu_button;
  GtkWidget    *verb_buttons[3]; /* start, pause, stop */
};

/* window-build.c */
void mos_window_build (MosWindow *self);

/* window-actions.c */
void mos_window_add_actions (MosWindow *self);
void mos_window_update_actions (MosWindow *self);
/* Which buttons stand in the header bar, in order; action names. */
extern const char *const mos_window_verbs[3];

/* Why the action cannot be done now ("reset"), or NULL; the engine's words. */
const char *mos_window_why_not (MosWindow *self, const char *action);

/* window-files.c */
void mos_window_add_drop (MosWindow *self);
void mos_window_choose_file (MosWindow *self);
void mos_window_new_machine (MosWindow *self, MosMedium *medium);
/* Asks where, and exports the chosen machine. */
void mos_window_export (MosWindow *self);

/* window.c */
void mos_window_update (MosWindow *self);
/* The row of @vm, which may be NULL; NULL if there is none or it is hidden. */
GtkListBoxRow *mos_window_find_row (MosWindow *self, MosVm *vm);
MosConsole    *mos_window_get_console (MosWindow *self);
/* Shows the page of that id, of the chosen machine or of the lab. */
void mos_window_show_page (MosWindow *self, const char *id);

G_END_DECLS
