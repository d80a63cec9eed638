/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The window about the program, with what a bug report should say of the
 * host. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

void mos_about_show (GtkWindow *parent, MosHypervisor *hypervisor);

G_END_DECLS
