/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Profile page of a machine: begin and end a profile, look at it as a flame
 * graph and a table, keep it, compare it with another. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_PROFILE_PAGE (mos_profile_page_get_type ())
G_DECLARE_FINAL_TYPE (MosProfilePage,
                      mos_profile_page,
                      MOS,
                      PROFILE_PAGE,
                      GtkWidget)

/* @watch may be NULL. */
GtkWidget *mos_profile_page_new (MosWatch *watch);
void       mos_profile_page_set_vm (MosProfilePage *self, MosVm *vm);

G_END_DECLS
