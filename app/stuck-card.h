/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The card that says why a guest is stuck; it shows itself while there is a
 * reason and it was not dismissed. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_STUCK_CARD (mos_stuck_card_get_type ())
G_DECLARE_FINAL_TYPE (MosStuckCard, mos_stuck_card, MOS, STUCK_CARD, GtkWidget)

GtkWidget *mos_stuck_card_new (void);

/* NULL for none. */
void mos_stuck_card_set_vm (MosStuckCard *self, MosVm *vm);

G_END_DECLS
