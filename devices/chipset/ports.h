/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The small ports of a PC: A20 and fast reset, POST codes, debug output.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

/* The gate of address line 20: who wrote last, this port or the keyboard
 * controller, says whether the processors see the line. */
typedef struct MosPort92 MosPort92;

extern const MosDeviceClass mos_port92_class;

MosPort92 *mos_port92_new (MosBus *bus);

/* @line is the keyboard controller's A20 output. */
void mos_port92_connect_a20 (MosPort92 *self, MosLine *line);

typedef struct MosDebugPorts MosDebugPorts;

extern const MosDeviceClass mos_debug_ports_class;

/* POST codes (0x80, 0xed), debug console (0x402, 0xe9) into the machine's log
 * and, with @exit, the port 0xf4 that ends the run. */
MosDebugPorts *mos_debug_ports_new (MosBus *bus, gboolean exit);

/* What the guest wrote to the debug console so far, at most the last 64 KiB;
 * for tests. Any thread, no lock held. Free with g_free(). */
char *mos_debug_ports_text (MosDebugPorts *self);

G_END_DECLS
