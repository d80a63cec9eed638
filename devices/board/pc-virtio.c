/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's small virtio devices: functions of one PCI slot, in the order in
 * which the machine has them. Made with the machine; the balloon's size is set
 * from any thread.
 */
#include "devices/board/pc-private.h"
#include "devices/video/vga.h"
#include "devices/virtio/virtio-balloon.h"
#include "devices/virtio/virtio-console.h"
#include "devices/virtio/virtio-gpu.h"
#include "devices/virtio/virtio-rng.h"
#include "devices/virtio/virtio-vsock.h"

#define SLOT 13

static guint
next_devfn (MosPc *self)
{
  return MOS_PCI_DEVFN (SLOT, self->virtio_functions++);
}

static void
add_consoles (MosPc *self, const MosBoardSpec *spec)
{
  MosCharPort *ports[MOS_BOARD_MAX_SERIAL];
  guint        n = 0;

  for (guint i = 0; i < MOS_BOARD_MAX_SERIAL; i++)
    if (spec->serial[i] != NULL && spec->serial_is_virtio[i])
      ports[n++] = spec->serial[i];
  if (n > 0)
    mos_virtio_console_new (self->bus, self->pci, next_devfn (self), "console",
                            ports, n);
}

/* Over the VGA, which firmware and old guests know. */
void
mos_pc_add_gpu (MosPc *self, const MosBoardSpec *spec)
{
  if (spec->gpu && self->vga != NULL)
    mos_virtio_gpu_new (self->bus, self->pci, next_devfn (self), "gpu",
                        spec->screen, &mos_vga_screen_source, self->vga,
                        spec->video_width, spec->video_height);
}

gboolean
mos_pc_add_virtio (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  add_consoles (self, spec);
  if (spec->rng)
    mos_virtio_rng_new (self->bus, self->pci, next_devfn (self), "rng");
  if (spec->balloon)
    self->balloon =
        mos_virtio_balloon_new (self->bus, self->pci, next_devfn (self),
                                "balloon", spec->balloon_bytes);
  return spec->vsock_path == NULL ||
         mos_virtio_vsock_new (self->bus, self->pci, next_devfn (self), "vsock",
                               spec->vsock_cid, spec->vsock_path,
                               error) != NULL;
}

gboolean
mos_pc_set_balloon (MosBoard *board, guint64 bytes)
{
  MosPc *self = (MosPc *) board;

  if (self->balloon == NULL)
    return FALSE;
  mos_virtio_balloon_set_target (self->balloon, bytes);
  return TRUE;
}

gboolean
mos_pc_get_balloon (MosBoard *board, guint64 *bytes)
{
  MosPc *self = (MosPc *) board;

  if (self->balloon == NULL)
    return FALSE;
  *bytes = mos_virtio_balloon_actual (self->balloon);
  return TRUE;
}
