/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The text of labs on the screen: the few marks of Markdown that labs use, as
 * labels. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/*
 * Paragraphs, "- " and "1. " lists, ### headings, **strong**, *emphasis*,
 * `code`. Everything else stays as it is written. Returns Pango markup of one
 * paragraph.
 */
char *mos_tutor_markup (const char *paragraph);

/* Plain @text, or NULL, that wraps; it begins where the column does. */
GtkWidget *mos_tutor_label_new (const char *text);

/* A box of labels for @text, one a paragraph or list item. */
GtkWidget *mos_tutor_text_new (const char *text);
/* The same box with other words (live values); its shape must be the same. */
void mos_tutor_text_update (GtkWidget *box, const char *text);

/* A listing: monospace, selectable. */
GtkWidget *mos_tutor_listing_new (const char *text);

G_END_DECLS
