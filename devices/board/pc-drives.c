/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's drives: which controller and unit each one gets, and the order in
 * which firmware tries them.
 *
 * Disks take the first free IDE unit, CD drives begin on the second channel,
 * floppies take the two drives of the floppy controller. AHCI drives take its
 * ports in order; a virtio disk is a PCI function of its own. The boot order
 * goes to SeaBIOS as the file "bootorder", one device path a line. Used while
 * the machine is made; changing a medium comes from any thread.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/board/pc-private.h"
#include "devices/virtio/virtio-blk.h"
#include "engine/base/error.h"

#define CMOS_FLOPPIES 0x10
/* Where on the PCI bus. */
#define AHCI_SLOT         3
#define FIRST_VIRTIO_SLOT 16
#define N_VIRTIO          16

typedef gboolean (*AddFunc) (MosPc               *self,
                             MosPcDrive          *drive,
                             const MosBoardDrive *wanted,
                             GError             **error);

static gboolean add_floppy (MosPc               *self,
                            MosPcDrive          *drive,
                            const MosBoardDrive *wanted,
                            GError             **error);
static gboolean add_ide (MosPc               *self,
                         MosPcDrive          *drive,
                         const MosBoardDrive *wanted,
                         GError             **error);
static gboolean add_ahci (MosPc               *self,
                          MosPcDrive          *drive,
                          const MosBoardDrive *wanted,
                          GError             **error);
static gboolean add_virtio (MosPc               *self,
                            MosPcDrive          *drive,
                            const MosBoardDrive *wanted,
                            GError             **error);

/* Which kinds of drives (bits) a bus takes. */
enum {
  DISK = 1u << MOS_DRIVE_DISK,
  CDROM = 1u << MOS_DRIVE_CDROM,
  FLOPPY = 1u << MOS_DRIVE_FLOPPY
};

static const struct {
  const char  *name;
  MosPcDriveOn on;
  guint        kinds;
  AddFunc      add;
} buses[] = {
  { "floppy", MOS_PC_DRIVE_FLOPPY, FLOPPY, add_floppy },
  { "ide", MOS_PC_DRIVE_IDE, DISK | CDROM, add_ide },
  { "ahci", MOS_PC_DRIVE_AHCI, DISK | CDROM, add_ahci },
  { "virtio", MOS_PC_DRIVE_VIRTIO, DISK, add_virtio },
};

static const char *
default_bus (MosDriveKind kind)
{
  return kind == MOS_DRIVE_FLOPPY ? "floppy" : "ide";
}

/* The row of the bus that the drive goes to, or -1. */
static int
choose_bus (const MosBoardDrive *drive, GError **error)
{
  const char *name =
      drive->bus != NULL ? drive->bus : default_bus (drive->kind);

  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    if (strcmp (buses[i].name, name) == 0 &&
        (buses[i].kinds & 1u << drive->kind) != 0)
      return (int) i;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("The PC board cannot attach this drive to the bus “%s”; "
                  "leave the bus out for “%s”"),
               name, default_bus (drive->kind));
  return -1;
}

/* The first free unit of @order, or -1. */
static int
take_unit (guint *taken, const guint *order, guint n)
{
  for (guint i = 0; i < n; i++)
    if (!(*taken & 1u << order[i])) {
      *taken |= 1u << order[i];
      return order[i];
    }
  return -1;
}

static gboolean
add_floppy (MosPc               *self,
            MosPcDrive          *drive,
            const MosBoardDrive *wanted,
            GError             **error)
{
  static const guint order[MOS_FDC_N_DRIVES] = { 0, 1 };
  int unit = take_unit (&self->floppies_taken, order, G_N_ELEMENTS (order));

  if (unit < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The PC board has room for %d floppy drives; remove one"),
                 MOS_FDC_N_DRIVES);
    return FALSE;
  }
  drive->unit = unit;
  return mos_fdc_install (self->fdc, unit, wanted->store, error);
}

static gboolean
check_disk (const MosBoardDrive *wanted, GError **error)
{
  if (wanted->kind != MOS_DRIVE_DISK || wanted->store != NULL)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("A hard disk needs an image; name one or remove it"));
  return FALSE;
}

static gboolean
add_ide (MosPc               *self,
         MosPcDrive          *drive,
         const MosBoardDrive *wanted,
         GError             **error)
{
  static const guint disk_order[MOS_IDE_N_DRIVES] = { 0, 1, 2, 3 };
  static const guint cd_order[MOS_IDE_N_DRIVES] = { 2, 3, 1, 0 };
  gboolean           cd = wanted->kind == MOS_DRIVE_CDROM;
  int unit = take_unit (&self->ide_taken, cd ? cd_order : disk_order,
                        MOS_IDE_N_DRIVES);

  if (unit < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The PC board has room for %d IDE drives; remove one"),
                 MOS_IDE_N_DRIVES);
    return FALSE;
  }
  drive->unit = unit;
  if (!check_disk (wanted, error))
    return FALSE;
  if (cd)
    mos_ide_add_cdrom (self->ide, unit, wanted->store);
  else
    mos_ide_add_disk (self->ide, unit, wanted->store);
  return TRUE;
}

static gboolean
add_ahci (MosPc               *self,
          MosPcDrive          *drive,
          const MosBoardDrive *wanted,
          GError             **error)
{
  static const guint order[MOS_AHCI_N_PORTS] = { 0, 1, 2, 3, 4, 5 };
  int unit = take_unit (&self->ahci_taken, order, G_N_ELEMENTS (order));

  if (unit < 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The PC board has room for %d SATA drives; remove one"),
                 MOS_AHCI_N_PORTS);
    return FALSE;
  }
  if (!check_disk (wanted, error))
    return FALSE;
  if (self->ahci == NULL)
    self->ahci =
        mos_ahci_new (self->bus, self->pci, MOS_PCI_DEVFN (AHCI_SLOT, 0));
  drive->unit = (guint) unit;
  if (wanted->kind == MOS_DRIVE_CDROM)
    mos_ahci_add_cdrom (self->ahci, drive->unit, wanted->store);
  else
    mos_ahci_add_disk (self->ahci, drive->unit, wanted->store);
  return TRUE;
}

static gboolean
add_virtio (MosPc               *self,
            MosPcDrive          *drive,
            const MosBoardDrive *wanted,
            GError             **error)
{
  g_autofree char *name = g_strdup_printf ("virtio-disk%u", self->virtio_taken);
  guint            slot = FIRST_VIRTIO_SLOT + self->virtio_taken;

  if (self->virtio_taken == N_VIRTIO ||
      mos_pci_bus_find (self->pci, MOS_PCI_DEVFN (slot, 0)) != NULL) {
    g_set_error (
        error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
        _ ("The PC board has room for %u virtio disks beside the other "
           "devices; remove one"),
        self->virtio_taken);
    return FALSE;
  }
  if (!check_disk (wanted, error))
    return FALSE;
  drive->unit = self->virtio_taken++;
  mos_virtio_blk_new (self->bus, self->pci, MOS_PCI_DEVFN (slot, 0), name,
                      wanted->store);
  return TRUE;
}

static void
describe_floppies (MosPc *self)
{
  if (self->fdc == NULL)
    return;
  mos_rtc_set_nvram (self->rtc, CMOS_FLOPPIES,
                     mos_fdc_drive_type (self->fdc, 0) << 4 |
                         mos_fdc_drive_type (self->fdc, 1));
}

gboolean
mos_pc_add_drives (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  for (guint i = 0; i < spec->n_drives; i++) {
    const MosBoardDrive *wanted = &spec->drives[i];
    MosPcDrive          *drive = &self->drives[i];
    int                  bus = choose_bus (wanted, error);

    if (bus < 0)
      return FALSE;
    drive->kind = wanted->kind;
    drive->on = buses[bus].on;
    self->n_drives = i + 1;
    if (!buses[bus].add (self, drive, wanted, error))
      return FALSE;
  }
  describe_floppies (self);
  return TRUE;
}

guint
mos_pc_count_floppies (const MosPc *self)
{
  return (self->floppies_taken & 1) + (self->floppies_taken >> 1 & 1);
}

/* Boot order --------------------------------------------------------------- */

static void
append_path (const MosPcDrive *drive, GString *order)
{
  g_string_append (order, "/pci@i0cf8/");
  switch (drive->on) {
  case MOS_PC_DRIVE_FLOPPY:
    g_string_append_printf (order, "isa@1/fdc@03f0/floppy@%u\n", drive->unit);
    break;
  case MOS_PC_DRIVE_IDE:
    g_string_append_printf (order, "ide@1,1/drive@%u/disk@%u\n",
                            drive->unit >> 1, drive->unit & 1);
    break;
  case MOS_PC_DRIVE_AHCI:
    g_string_append_printf (order, "pci8086,2922@%x/drive@%u/disk@0\n",
                            AHCI_SLOT, drive->unit);
    break;
  case MOS_PC_DRIVE_VIRTIO:
  default:
    g_string_append_printf (order, "scsi@%x/disk@0,0\n",
                            FIRST_VIRTIO_SLOT + drive->unit);
    break;
  }
}

void
mos_pc_add_boot_order (MosPc *self, const char *letters)
{
  static const char kind_letters[] = {
    [MOS_DRIVE_DISK] = 'c', [MOS_DRIVE_CDROM] = 'd', [MOS_DRIVE_FLOPPY] = 'a'
  };
  g_autoptr (GString) order = g_string_new (NULL);

  for (; letters != NULL && *letters != '\0'; letters++) {
    for (guint i = 0; i < self->n_drives; i++)
      if (kind_letters[self->drives[i].kind] == *letters)
        append_path (&self->drives[i], order);
    if (*letters == 'n')
      mos_pc_add_net_boot_order (self, order);
  }
  if (order->len > 0)
    mos_fw_cfg_add_file (self->fw_cfg, "bootorder", order->str, order->len + 1);
}

/* Media -------------------------------------------------------------------- */

gboolean
mos_pc_change_medium (MosPc         *self,
                      guint          index,
                      MosBlockStore *store,
                      GError       **error)
{
  MosPcDrive *drive = &self->drives[MIN (index, MOS_BOARD_MAX_DRIVES - 1)];

  if (index >= self->n_drives || drive->kind == MOS_DRIVE_DISK) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("Drive %u does not exist or its medium cannot be changed"),
                 index);
    return FALSE;
  }
  if (drive->on == MOS_PC_DRIVE_FLOPPY)
    return mos_fdc_change_medium (self->fdc, drive->unit, store, error);
  if (drive->on == MOS_PC_DRIVE_AHCI)
    mos_ahci_change_medium (self->ahci, drive->unit, store);
  else
    mos_ide_change_medium (self->ide, drive->unit, store);
  return TRUE;
}
