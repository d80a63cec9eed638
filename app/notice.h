/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bar that says when something other than Linux KVM runs the machines,
 * what, and why. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* Hidden while there is nothing to say, and once this text was dismissed. */
GtkWidget *mos_notice_new (MosHypervisor *hypervisor);

G_END_DECLS
