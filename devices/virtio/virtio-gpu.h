/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A display adapter without registers: the guest gives it pictures.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/screen.h"

G_BEGIN_DECLS

extern const MosDeviceClass mos_virtio_gpu_class;

/*
 * Takes slot @devfn; the bus owns the device. It becomes @screen's source, and
 * as long as the guest shows nothing through it, what @below (may be NULL)
 * paints with @below_data is seen: the VGA, which must live longer. @width and
 * @height: the preferred mode, or 0.
 */
MosDevice *mos_virtio_gpu_new (MosBus                *bus,
                               MosPciBus             *pci,
                               guint                  devfn,
                               const char            *name,
                               MosScreen             *screen,
                               const MosScreenSource *below,
                               gpointer               below_data,
                               guint                  width,
                               guint                  height);

G_END_DECLS
