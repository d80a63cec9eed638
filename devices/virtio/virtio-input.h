/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtio input devices: a keyboard, and a tablet whose pointer is where the
 * viewer's is.
 */
#pragma once

#include "devices/chipset/pci.h"
#include "engine/host/input.h"

G_BEGIN_DECLS

typedef enum {
  MOS_VIRTIO_KEYBOARD,
  MOS_VIRTIO_TABLET
} MosVirtioInputKind;

extern const MosDeviceClass mos_virtio_input_class;

/* Announces itself to @input, which it references; gets events while its
 * driver runs. @bus owns the device. */
MosDevice *mos_virtio_input_new (MosBus            *bus,
                                 MosPciBus         *pci,
                                 guint              devfn,
                                 const char        *name,
                                 MosVirtioInputKind kind,
                                 MosInputPort      *input);

G_END_DECLS
