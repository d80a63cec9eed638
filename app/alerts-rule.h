/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The dialog that changes a rule of alerts. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* @rule as it is to be, or the id of the one to remove. */
typedef void (*MosAlertsRuleFunc) (gpointer            user_data,
                                   const MosAlertRule *rule,
                                   const char         *removed);

/* Calls @func unless the user cancels; @user_data, a GObject, is referenced. */
void mos_alerts_rule_edit (GtkWindow          *parent,
                           const MosAlertRule *rule,
                           MosAlertsRuleFunc   func,
                           gpointer            user_data);

G_END_DECLS
