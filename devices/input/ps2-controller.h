/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's keyboard controller with a keyboard and a mouse plugged in.
 *
 * Its outputs are lines for the board to connect: interrupts of both ports,
 * address line 20 (level TRUE: passes; look at the line's level when
 * connecting, it starts TRUE) and the processors' reset (a pulse).
 */

#pragma once

#include "engine/bus/device.h"
#include "engine/host/input.h"

G_BEGIN_DECLS

/* Ports 0x60 and 0x64; announces itself to @input, which it references. */
MosDevice *mos_ps2_new (MosBus *bus, const char *name, MosInputPort *input);

MosLine *mos_ps2_keyboard_irq (MosDevice *device); /* IRQ 1 */
MosLine *mos_ps2_mouse_irq (MosDevice *device);    /* IRQ 12 */
MosLine *mos_ps2_a20 (MosDevice *device);
MosLine *mos_ps2_cpu_reset (MosDevice *device);

/* Bit 0 Scroll Lock, 1 Num Lock, 2 Caps Lock. Any thread. */
guint mos_ps2_leds (MosDevice *device);

G_END_DECLS
