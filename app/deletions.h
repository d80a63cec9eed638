/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Deleting late, so that it can be undone.
 *
 * A machine that the user deletes is only hidden; it goes when the toast
 * with "Undo" does, or when the window closes. A program that ends in between
 * has deleted nothing. Deletions in a row share one toast. Main thread.
 *
 * Signal: "changed" when the set of hidden machines did.
 */
#pragma once

#include <adwaita.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_DELETIONS (mos_deletions_get_type ())
G_DECLARE_FINAL_TYPE (MosDeletions, mos_deletions, MOS, DELETIONS, GObject)

/* @overlay shows the toasts. */
MosDeletions *mos_deletions_new (AdwToastOverlay *overlay);

void     mos_deletions_add (MosDeletions *self, MosVm *vm);
gboolean mos_deletions_contains (MosDeletions *self, MosVm *vm);
gboolean mos_deletions_any (MosDeletions *self);

/* Shows them all again. */
void mos_deletions_undo (MosDeletions *self);
/* Deletes them now. */
void mos_deletions_commit (MosDeletions *self);

G_END_DECLS
