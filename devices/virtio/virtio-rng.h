/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A source of random bytes.
 */
#pragma once

#include "devices/chipset/pci.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_virtio_rng_class;

/* Takes slot @devfn; the bus owns the device. */
MosDevice *
mos_virtio_rng_new (MosBus *bus, MosPciBus *pci, guint devfn, const char *name);

G_END_DECLS
