/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's serial port: a 16550A behind eight I/O ports.
 */

#pragma once

#include "engine/bus/device.h"
#include "engine/host/char.h"

G_BEGIN_DECLS

/* COM1 to COM4 of a PC. */
#define MOS_UART_COM1 0x3f8
#define MOS_UART_COM2 0x2f8
#define MOS_UART_COM3 0x3e8
#define MOS_UART_COM4 0x2e8

/* Maps ports @base to @base + 7; references @port. The bus owns it. */
MosDevice *
mos_uart_new (MosBus *bus, const char *name, guint16 base, MosCharPort *port);

/* Its interrupt output, for the board to connect. */
MosLine *mos_uart_irq (MosDevice *device);

G_END_DECLS
