/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The display adapter: a complete VGA with Bochs's VBE extensions on PCI.
 */

#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/screen.h"

G_BEGIN_DECLS

/*
 * Maps the legacy ports and window, takes slot @devfn and becomes @screen's
 * source. @rom is the VGA BIOS (the begin of the memory, a power of two), or
 * NULL; the device owns it from now on, also if this fails. @width and @height
 * are the monitor's preferred mode, or 0. The bus owns the device.
 * MOS_ERROR_NO_MEMORY.
 */
MosDevice *mos_vga_new (MosBus     *bus,
                        const char *name,
                        MosPciBus  *pci,
                        guint       devfn,
                        MosScreen  *screen,
                        MosRam     *rom,
                        guint       width,
                        guint       height,
                        GError    **error);

/* What it paints, for an adapter that lies over it; with the device. */
extern const MosScreenSource mos_vga_screen_source;

/* Puts the adapter into the text mode that firmware leaves, for a kernel that
 * is started without. vCPUs must be stopped; no lock held. */
void mos_vga_start_text (MosDevice *device);

/* Code page 437, which PC text modes show, as Unicode. */
gunichar mos_cp437_to_unicode (guint8 character);

G_END_DECLS
