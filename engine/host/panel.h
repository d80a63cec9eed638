/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A front panel: the switches that a person turns on a device.
 *
 * The window (or a lab's script) sets them, the device is told and reads them.
 * What the device shows is read from its registers. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosPanel MosPanel;

/* Called on the thread that sets, with no lock held. */
typedef void (*MosPanelFunc) (gpointer device, guint32 switches);

MosPanel *mos_panel_new (void);
MosPanel *mos_panel_ref (MosPanel *self);
void      mos_panel_unref (MosPanel *self);

void    mos_panel_set_switches (MosPanel *self, guint32 switches);
guint32 mos_panel_get_switches (MosPanel *self);

/* The device's end; NULL takes it away, and waits until it is not running. */
void mos_panel_set_device (MosPanel *self, MosPanelFunc func, gpointer device);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosPanel, mos_panel_unref)

G_END_DECLS
