/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The card "Nested Virtualization Not Supported": what is in the way of nesting
 * on KVM, one line a blocker with what helps, and a button that turns to the
 * software CPU. It shows itself only while it has something to say. Main
 * thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* @use_soft is called with @user_data when the button is pressed. */
GtkWidget *mos_nesting_card_new (GCallback use_soft, gpointer user_data);

/* Looks at @config: is nesting wanted on KVM, and in vain? */
void mos_nesting_card_update (GtkWidget     *card,
                              MosHypervisor *hypervisor,
                              MosVmConfig   *config);

G_END_DECLS
