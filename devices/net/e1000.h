/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An Intel 82540EM gigabit adapter, which about every system since 2002 can
 * drive.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/net.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_e1000_class;

/* @port is referenced; the device is its device end. @rom, for booting from the
 * network, is taken over; or NULL. @bus owns the device. */
MosDevice *mos_e1000_new (MosBus       *bus,
                          MosPciBus    *pci,
                          guint         devfn,
                          const char   *name,
                          const guint8 *mac,
                          MosNetPort   *port,
                          MosRam       *rom);

G_END_DECLS
