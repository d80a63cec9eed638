/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The demo device's panel: lights, digits and switches, and its registers
 * with what they mean. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* For the table of pages. */
GtkWidget *mos_demo_page_new (MosHypervisor *hypervisor);
void       mos_demo_page_set_vm (GtkWidget *page, MosVm *vm);

G_END_DECLS
