/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Buttons with a menu, from a table of items. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct {
  guint       section; /* 0, 1, …: items of one stand together */
  const char *title;   /* translatable, with a mnemonic */
  const char *action;
} MosMenuItem;

/* An icon-only button called @name; @items in the order of their sections. */
GtkWidget *mos_menu_button_new (const char        *icon,
                                const char        *name,
                                const MosMenuItem *items,
                                guint              n_items);

G_END_DECLS
