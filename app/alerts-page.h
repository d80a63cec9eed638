/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Alerts page of the lab: what has fired, to be acknowledged, and the
 * rules, to be switched, changed and added. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_ALERTS_PAGE (mos_alerts_page_get_type ())
G_DECLARE_FINAL_TYPE (MosAlertsPage,
                      mos_alerts_page,
                      MOS,
                      ALERTS_PAGE,
                      GtkWidget)

/* @watch may be NULL. */
GtkWidget *mos_alerts_page_new (MosWatch *watch);

G_END_DECLS
