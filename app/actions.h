/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of what can be done from the keyboard.
 *
 * Accelerators and the shortcuts window both come from it, so they cannot
 * drift apart. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum {
  MOS_SCOPE_WINDOW, /* everywhere in the window */
  MOS_SCOPE_LIST,   /* while a machine's row has the focus */
  MOS_SCOPE_SCREEN  /* the guest screen handles it itself */
} MosActionScope;

typedef struct {
  const char    *action; /* detailed name, or NULL for MOS_SCOPE_SCREEN */
  const char    *keys;   /* accelerators, separated by spaces */
  MosActionScope scope;
  const char    *section; /* translatable */
  const char    *title;   /* translatable */
} MosActionInfo;

/* In the order of the shortcuts window; ends with a NULL title. */
extern const MosActionInfo mos_actions[];

/* Switches the window's accelerators on, or off while a guest has the keys. */
void mos_actions_set_accels (GtkApplication *application, gboolean on);

/* The shortcuts that work on the list of machines. */
void mos_actions_add_list_shortcuts (GtkWidget *list);

/* A window that shows the table; @host_key is named where it applies. */
GtkShortcutsWindow *mos_actions_shortcuts_window (const char *host_key);

G_END_DECLS
