/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Asks for a file, modal to the window of a widget. Main thread.
 *
 * Nothing is called when the user gives up or the widget has gone meanwhile.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @path: of this computer, absolute. @widget and @data as they were given. */
typedef void (*MosChooserFunc) (GtkWidget  *widget,
                                const char *path,
                                gpointer    data);

/* What is asked; all but func may be NULL. */
typedef struct {
  const char    *title;
  const char    *accept; /* the button, with a mnemonic; "_Open" or "_Save" */
  const char    *name;   /* proposed for a new file; NULL: one that is there */
  MosChooserFunc func;
  gpointer       data;
  GDestroyNotify free_data; /* of data, always called once */
} MosChooserSpec;

/* Returns at once; @spec and its texts are copied. */
void mos_chooser_ask (GtkWidget *widget, const MosChooserSpec *spec);

/* Tells the user that a file, chosen or dropped, has no path here. */
void mos_chooser_not_local (GtkWidget *widget);

G_END_DECLS
