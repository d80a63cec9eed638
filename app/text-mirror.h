/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The rows of a text screen, and the rows that scrolled off it.
 *
 * A screen says nothing about scrolling; that it scrolled is seen when what
 * stood k rows further down stands here now. Main thread; no widget.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosTextMirror MosTextMirror;

MosTextMirror *mos_text_mirror_new (void);
void           mos_text_mirror_free (MosTextMirror *self);

/* @rows: what the screen shows now. Returns how many rows at its top left it
 * since the last call: they are history now. */
guint mos_text_mirror_take (MosTextMirror *self, const char *const *rows);

/* Forgets everything, as when another machine is looked at. */
void mos_text_mirror_clear (MosTextMirror *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosTextMirror, mos_text_mirror_free)

G_END_DECLS
