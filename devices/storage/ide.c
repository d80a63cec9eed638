/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * IDE: ports, drive select, interrupts, reset, and the bus master.
 *
 * After the 82371SB data sheet ("PCI Local Bus IDE", "Bus Master IDE I/O
 * Registers") and ATA/ATAPI-6 for the wires between host and drives: both
 * drives of a channel hear every register write, the selected one answers and
 * alone drives the interrupt. vCPU threads and, through transfers, the I/O
 * thread; all with the device's lock held. The ports are always decoded: who
 * boots without firmware finds the drives too.
 */
#include "devices/storage/ide.h"

#include <glib/gi18n-lib.h>

#include "devices/storage/ide-internal.h"
#include "engine/base/error.h"

/* -- the interrupt ------------------------------------------------------- */

void
mos_ide_update_irq (MosIdeChannel *channel)
{
  gboolean level = (channel->interrupts >> channel->selected & 1) != 0 &&
                   (channel->control & MOS_IDE_NO_INTERRUPT) == 0;

  if (level && !channel->irq.level)
    channel->bm_status |= MOS_IDE_BM_INTERRUPT;
  mos_line_set (&channel->irq, level);
}

static MosIdeChannel *
channel_of_drive (MosAtaDrive *drive)
{
  MosIde *ide = (MosIde *) drive->device;

  return &ide->channels[drive->index / 2];
}

void
mos_ide_set_interrupt (MosIdeChannel *channel, guint unit, gboolean wanted)
{
  guint8 bit = (guint8) (1u << unit);

  if (wanted)
    channel->interrupts |= bit;
  else
    channel->interrupts &= (guint8) ~bit;
  mos_ide_update_irq (channel);
}

void
mos_ide_reset_channel (MosIdeChannel *channel, gboolean hardware)
{
  for (guint unit = 0; unit < 2; unit++)
    mos_ata_drive_reset (mos_ide_drive (channel, unit), hardware);
  channel->selected = 0;
  channel->interrupts = 0;
  channel->bm_command = 0;
  channel->bm_status &= MOS_IDE_BM_CAPABLE;
  channel->part_left = 0;
  channel->part_is_last = FALSE;
  mos_ide_update_irq (channel);
}

/* -- what drives say ----------------------------------------------------- */

static void
host_data_ready (MosAtaDrive *drive, gboolean interrupt)
{
  if (interrupt)
    mos_ide_set_interrupt (channel_of_drive (drive), drive->index % 2, TRUE);
}

static void
host_dma_ready (MosAtaDrive *drive)
{
  MosIdeChannel *channel = channel_of_drive (drive);

  if (drive == mos_ide_selected (channel))
    mos_ide_bm_run (channel);
}

static void
host_ended (MosAtaDrive *drive, gboolean interrupt)
{
  if (interrupt)
    mos_ide_set_interrupt (channel_of_drive (drive), drive->index % 2, TRUE);
}

static const MosAtaHost host = {
  .data_ready = host_data_ready,
  .dma_ready = host_dma_ready,
  .ended = host_ended,
};

/* clang-format off */
static const MosRegister pci_rows[] = {
  { "IDETIM0", 0x40, 2, MOS_REGISTER_RW, MOS_PCI_CELL (0x40), 0x8000, 0, NULL,
    N_ ("timing of the first channel; bit 15: it is on"), NULL, NULL },
  { "IDETIM1", 0x42, 2, MOS_REGISTER_RW, MOS_PCI_CELL (0x42), 0x8000, 0, NULL,
    N_ ("timing of the second channel"), NULL, NULL },
  { "SIDETIM", 0x44, 1, MOS_REGISTER_RW, MOS_PCI_CELL (0x44), 0, 0, NULL,
    N_ ("timing of second drives"), NULL, NULL },
};
/* clang-format on */

/* -- the device ---------------------------------------------------------- */

static const MosPciInfo pci_info = {
  .vendor_id = 0x8086,
  .device_id = 0x7010,
  .class_code = 0x010180, /* bus master, both channels at their old ports */
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .rows = pci_rows,
  .n_rows = G_N_ELEMENTS (pci_rows),
};

static void
init_channel (MosIde *self, guint index)
{
  static const guint16 command_ports[] = { 0x1f0, 0x170 };
  static const guint16 control_ports[] = { 0x3f6, 0x376 };
  MosDevice           *device = &self->pci.device;
  MosIdeChannel       *channel = &self->channels[index];

  channel->ide = self;
  channel->index = index;
  channel->irq.edges = &device->counters.interrupts;
  mos_device_window_init (device, &channel->command_window, "ide",
                          &mos_ide_command_ops, channel, command_ports[index],
                          8);
  mos_device_window_init (device, &channel->control_window, "ide-control",
                          &mos_ide_control_ops, channel, control_ports[index],
                          1);
  mos_bus_map_ports (device->bus, &channel->command_window);
  mos_bus_map_ports (device->bus, &channel->control_window);
}

static void
ide_init (MosDevice *device)
{
  MosIde *self = (MosIde *) device;

  mos_pci_device_setup (&self->pci, &pci_info);
  self->transfers = mos_transfers_new (device);
  self->ports = mos_device_add_bank (device, "ports", mos_ide_port_rows,
                                     mos_ide_n_port_rows, 32);
  self->bm = mos_device_add_bank (device, "bus-master", mos_ide_bm_rows,
                                  mos_ide_n_bm_rows, 16);
  for (guint i = 0; i < MOS_IDE_N_CHANNELS; i++)
    init_channel (self, i);
  for (guint i = 0; i < MOS_IDE_N_DRIVES; i++)
    mos_ata_drive_init (&self->drives[i], device, self->transfers, &host, i);
  mos_device_window_init (device, &self->bm_window, "ide-bus-master",
                          &mos_ide_bm_ops, self, 0, 16);
  mos_pci_device_add_port_bar (&self->pci, 4, &self->bm_window);
}

static void
ide_reset (MosDevice *device)
{
  MosIde *self = (MosIde *) device;

  mos_pci_device_reset (&self->pci);
  for (guint i = 0; i < MOS_IDE_N_CHANNELS; i++) {
    MosIdeChannel *channel = &self->channels[i];

    channel->control = 0;
    channel->bm_status = 0;
    channel->prd_table = 0;
    mos_ide_reset_channel (channel, TRUE);
  }
}

static void
ide_clear (MosDevice *device)
{
  MosIde *self = (MosIde *) device;

  mos_pci_device_clear (&self->pci);
  mos_transfers_free (self->transfers);
  for (guint i = 0; i < MOS_IDE_N_DRIVES; i++)
    mos_ata_drive_clear (&self->drives[i]);
}

static gboolean
ide_loaded (MosDevice *device, GError **error)
{
  MosIde  *self = (MosIde *) device;
  gboolean sane = TRUE;

  mos_pci_device_loaded (&self->pci);
  for (guint i = 0; i < MOS_IDE_N_CHANNELS; i++) {
    self->channels[i].selected &= 1;
    self->channels[i].part_left = MIN (self->channels[i].part_left, 65536);
    mos_ide_update_irq (&self->channels[i]);
  }
  for (guint i = 0; i < MOS_IDE_N_DRIVES; i++)
    sane = mos_ata_drive_loaded (&self->drives[i]) && sane;
  if (!sane)
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of an IDE drive is damaged"));
  return sane;
}

/* The rows of channel @n. */
#define CHANNEL_FIELDS(n)                                       \
  MOS_STATE (MosIde, channels[n].selected, MOS_STATE_U8),       \
      MOS_STATE (MosIde, channels[n].control, MOS_STATE_U8),    \
      MOS_STATE (MosIde, channels[n].interrupts, MOS_STATE_U8), \
      MOS_STATE (MosIde, channels[n].bm_command, MOS_STATE_U8), \
      MOS_STATE (MosIde, channels[n].bm_status, MOS_STATE_U8),  \
      MOS_STATE (MosIde, channels[n].prd_table, MOS_STATE_U32), \
      MOS_STATE (MosIde, channels[n].prd_at, MOS_STATE_U32),    \
      MOS_STATE (MosIde, channels[n].part_gpa, MOS_STATE_U32),  \
      MOS_STATE (MosIde, channels[n].part_left, MOS_STATE_U32), \
      MOS_STATE (MosIde, channels[n].part_is_last, MOS_STATE_BOOL)

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  CHANNEL_FIELDS (0),
  CHANNEL_FIELDS (1),
  MOS_ATA_STATE_FIELDS (MosIde, drives[0]),
  MOS_ATA_STATE_FIELDS (MosIde, drives[1]),
  MOS_ATA_STATE_FIELDS (MosIde, drives[2]),
  MOS_ATA_STATE_FIELDS (MosIde, drives[3]),
  { 0 },
};

const MosDeviceClass mos_ide_class = {
  .name = "piix3-ide",
  .title = N_ ("IDE controller"),
  .help = N_ ("Intel 82371SB bus master IDE, two channels of two drives"),
  .instance_size = sizeof (MosIde),
  .state_version = 1,
  .state = state,
  .init = ide_init,
  .reset = ide_reset,
  .clear = ide_clear,
  .loaded = ide_loaded,
};

MosIde *
mos_ide_new (MosBus *bus, MosPciBus *pci)
{
  MosIde *self = mos_device_new (&mos_ide_class, bus, "ide");

  mos_pci_device_attach (&self->pci, pci, MOS_PCI_DEVFN (1, 1));
  mos_device_reset (&self->pci.device);
  return self;
}

MosLine *
mos_ide_irq (MosIde *self, guint channel)
{
  g_return_val_if_fail (channel < MOS_IDE_N_CHANNELS, NULL);

  return &self->channels[channel].irq;
}

static void
plug (MosIde *self, guint index, MosAtaKind kind, MosBlockStore *store)
{
  g_autofree char *serial = g_strdup_printf ("MLAB-IDE-%04u", index);

  g_return_if_fail (index < MOS_IDE_N_DRIVES);
  g_return_if_fail (self->drives[index].kind == MOS_ATA_NO_DRIVE);

  g_mutex_lock (&self->pci.device.lock);
  mos_ata_drive_plug (&self->drives[index], kind, store, serial);
  g_mutex_unlock (&self->pci.device.lock);
}

void
mos_ide_add_disk (MosIde *self, guint index, MosBlockStore *store)
{
  g_return_if_fail (store != NULL);

  plug (self, index, MOS_ATA_DISK, store);
}

void
mos_ide_add_cdrom (MosIde *self, guint index, MosBlockStore *store)
{
  plug (self, index, MOS_ATA_CDROM, store);
}

void
mos_ide_change_medium (MosIde *self, guint index, MosBlockStore *store)
{
  MosBlockStore *old;

  g_return_if_fail (index < MOS_IDE_N_DRIVES);
  g_return_if_fail (self->drives[index].kind == MOS_ATA_CDROM);

  g_mutex_lock (&self->pci.device.lock);
  old = mos_ata_drive_change_medium (&self->drives[index], store);
  g_mutex_unlock (&self->pci.device.lock);
  mos_block_store_unref (old);
}
