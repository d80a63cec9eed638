/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One machine, on pages: console, serial ports, log, details. Main thread.
 */
#pragma once

#include <adwaita.h>

#include "app/console.h"

G_BEGIN_DECLS

#define MOS_TYPE_MACHINE_PAGE (mos_machine_page_get_type ())
G_DECLARE_FINAL_TYPE (MosMachinePage,
                      mos_machine_page,
                      MOS,
                      MACHINE_PAGE,
                      GtkWidget)

GtkWidget *mos_machine_page_new (void);

/* NULL for none. */
void mos_machine_page_set_vm (MosMachinePage *self, MosVm *vm);

/* For a switcher in a header bar. */
AdwViewStack *mos_machine_page_get_stack (MosMachinePage *self);
MosConsole   *mos_machine_page_get_console (MosMachinePage *self);

/* 1 is the first page; what is not there is ignored. */
void mos_machine_page_show (MosMachinePage *self, guint number);

G_END_DECLS
