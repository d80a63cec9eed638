/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The serial ports of a machine, as terminals. Each keeps what it has shown
 * when another machine is chosen. Main thread.
 */
#pragma once

#include <gtk/gtk.h>

#include "engine/engine.h"

G_BEGIN_DECLS

#define MOS_TYPE_SERIAL_PAGE (mos_serial_page_get_type ())
G_DECLARE_FINAL_TYPE (MosSerialPage,
                      mos_serial_page,
                      MOS,
                      SERIAL_PAGE,
                      GtkWidget)

/* NULL for none. */
void mos_serial_page_set_vm (MosSerialPage *self, MosVm *vm);

G_END_DECLS
