/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of pages: what can stand in the content of the main window.
 *
 * A page of a machine follows the machine that is chosen in the list; a page
 * of the lab has a row of its own below the machines and is about all of them.
 * A new page is its files and one row in pages.c: page bar, menu, shortcut,
 * the window's `win.page` action and the pages' tests follow from the row.
 * A page is made when it is first shown. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

typedef enum {
  MOS_PAGE_MACHINE,
  MOS_PAGE_LAB
} MosPageScope;

typedef struct {
  const char  *id;    /* of the action: `win.page::id`; never changes */
  const char  *title; /* translatable, one or two words */
  const char  *icon;  /* symbolic */
  MosPageScope scope;
  const char  *keys; /* accelerator, or NULL */
  /* A floating widget; is not shown yet and must not work while it is not
   * mapped. The window holds the hypervisor as long as the page lives. */
  GtkWidget *(*create) (MosHypervisor *hypervisor);
  /* A page of a machine only: the machine it is about from now on, or NULL.
   * The page takes its own reference and lets go of the one before. */
  void (*set_vm) (GtkWidget *page, MosVm *vm);
  /* Made with the window: it would miss what happens before it is shown. */
  gboolean eager;
} MosPageInfo;

/* In the order of the page bar and of the list; ends with a NULL id. */
extern const MosPageInfo mos_pages[];

/* The row, or NULL. */
const MosPageInfo *mos_page_find (const char *id);

G_END_DECLS
