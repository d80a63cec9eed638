/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The page of machines inside machines: a table of all levels, live, and
 * beside it the map. Both show the same and choose the same. It looks once a
 * second while it is on the screen, and not at all otherwise. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_HIERARCHY_PAGE (mos_hierarchy_page_get_type ())
G_DECLARE_FINAL_TYPE (MosHierarchyPage,
                      mos_hierarchy_page,
                      MOS,
                      HIERARCHY_PAGE,
                      GtkWidget)

GtkWidget *mos_hierarchy_page_new (MosHypervisor *hypervisor);

G_END_DECLS
