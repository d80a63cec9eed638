/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's network adapters: where they are on the PCI bus, and the ROM with
 * which firmware boots from them.
 *
 * They are in slots 4 to 11. An adapter has its boot ROM only when the network
 * is to be tried first: starting it takes seconds. Used while the machine is
 * made.
 */
#include <glib/gi18n-lib.h>

#include "devices/board/firmware.h"
#include "devices/board/pc-private.h"
#include "devices/net/e1000.h"
#include "devices/net/virtio-net.h"
#include "engine/base/error.h"

/* Slots 4 to 11; disks of virtio begin at 16. */
#define SLOT_OF(n)  (4u + (n))
#define DEFAULT_MTU 1500u
#define ROM_PACKAGE "ipxe-qemu"

typedef MosDevice *(*NewFunc) (MosBus            *bus,
                               MosPciBus         *pci,
                               guint              devfn,
                               const char        *name,
                               const MosBoardNet *wanted,
                               MosRam            *rom);

static MosDevice *
new_virtio (MosBus            *bus,
            MosPciBus         *pci,
            guint              devfn,
            const char        *name,
            const MosBoardNet *wanted,
            MosRam            *rom)
{
  return mos_virtio_net_new (bus, pci, devfn, name, wanted->mac,
                             wanted->mtu > 0 ? wanted->mtu : DEFAULT_MTU,
                             wanted->port, rom);
}

static MosDevice *
new_e1000 (MosBus            *bus,
           MosPciBus         *pci,
           guint              devfn,
           const char        *name,
           const MosBoardNet *wanted,
           MosRam            *rom)
{
  return mos_e1000_new (bus, pci, devfn, name, wanted->mac, wanted->port, rom);
}

static const struct {
  const char *name;
  const char *rom;
  NewFunc     make;
} models[] = {
  { "virtio", "pxe-virtio.rom", new_virtio },
  { "e1000", "pxe-e1000.rom", new_e1000 },
};

static gboolean
load_rom (const char *file, MosRam **rom, GError **error)
{
  g_autofree char *path = mos_firmware_find (file, ROM_PACKAGE, error);

  *rom = path != NULL ? mos_firmware_load_option_rom (path, error) : NULL;
  return *rom != NULL;
}

static gboolean
add_adapter (MosPc             *self,
             guint              n,
             const MosBoardNet *wanted,
             gboolean           boots,
             GError           **error)
{
  g_autofree char *name = g_strdup_printf ("net%u", n);
  guint            devfn = MOS_PCI_DEVFN (SLOT_OF (n), 0);

  for (guint i = 0; i < G_N_ELEMENTS (models); i++) {
    MosRam *rom = NULL;

    if (wanted->model != NULL && !g_str_equal (wanted->model, models[i].name))
      continue;
    if (boots && !load_rom (models[i].rom, &rom, error)) {
      g_prefix_error (error, _ ("Booting from the network: "));
      return FALSE;
    }
    self->net[n].devfn = devfn;
    self->net[n].has_rom = rom != NULL;
    self->n_net = n + 1;
    models[i].make (self->bus, self->pci, devfn, name, wanted, rom);
    return TRUE;
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("The PC board has no network adapter “%s”"), wanted->model);
  return FALSE;
}

gboolean
mos_pc_add_net (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  gboolean boots = spec->firmware != NULL && spec->boot_order != NULL &&
                   spec->boot_order[0] == 'n';

  for (guint i = 0; i < spec->n_net; i++)
    if (!add_adapter (self, i, &spec->net[i], boots, error))
      return FALSE;
  return TRUE;
}

void
mos_pc_add_net_boot_order (const MosPc *self, GString *order)
{
  for (guint i = 0; i < self->n_net; i++)
    if (self->net[i].has_rom)
      g_string_append_printf (order, "/pci@i0cf8/ethernet@%x/ethernet-phy@0\n",
                              self->net[i].devfn >> 3);
}
