/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a machine is made of, and what it has done since it was started,
 * refreshed each second while it can be seen. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_DETAILS_PAGE (mos_details_page_get_type ())
G_DECLARE_FINAL_TYPE (MosDetailsPage,
                      mos_details_page,
                      MOS,
                      DETAILS_PAGE,
                      GtkWidget)

/* NULL for none. References the machine. */
void mos_details_page_set_vm (MosDetailsPage *self, MosVm *vm);

G_END_DECLS
