/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's parts, for the files of this folder.
 *
 * The bus owns the devices; the board only points to them. Fixed before the
 * guest runs, so any thread may read them.
 */
#pragma once

#include "devices/board/acpi.h"
#include "devices/board/pc.h"
#include "devices/chipset/fw-cfg.h"
#include "devices/chipset/i440fx.h"
#include "devices/chipset/ioapic.h"
#include "devices/chipset/irq.h"
#include "devices/chipset/pci.h"
#include "devices/chipset/pic.h"
#include "devices/chipset/piix4-pm.h"
#include "devices/chipset/pit.h"
#include "devices/chipset/ports.h"
#include "devices/chipset/rtc.h"
#include "devices/storage/ahci.h"
#include "devices/storage/fdc.h"
#include "devices/storage/ide.h"
#include "devices/storage/image.h"

G_BEGIN_DECLS

typedef struct MosPc       MosPc;
typedef struct MosPcKernel MosPcKernel;

typedef enum {
  MOS_PC_DRIVE_FLOPPY,
  MOS_PC_DRIVE_IDE,
  MOS_PC_DRIVE_AHCI,
  MOS_PC_DRIVE_VIRTIO
} MosPcDriveOn;

/* Where a drive of the specification is. */
typedef struct {
  MosDriveKind kind;
  MosPcDriveOn on;
  guint        unit;
} MosPcDrive;

struct MosPc {
  MosBoard       board;
  MosBus        *bus;
  MosInputPort  *input; /* referenced, or NULL */
  guint64        memory_bytes;
  guint          n_vcpus;
  MosRam        *ram; /* the host bridge's */
  MosIrqHub     *hub;
  MosPciBus     *pci;
  MosI440fx     *bridge;
  MosPic        *pic;    /* NULL: the backend has the interrupt controllers */
  MosIoapic     *ioapic; /* likewise */
  MosPiix4Pm    *pm;
  MosPort92     *port92;
  MosRtc        *rtc;
  MosFwCfg      *fw_cfg;
  MosDebugPorts *debug;
  MosAcpi       *acpi;   /* owned */
  MosPcKernel   *kernel; /* direct boot; owned, or NULL */
  MosFdc        *fdc;
  MosIde        *ide;
  MosAhci       *ahci;    /* NULL: no drive needs it */
  MosDevice     *vga;     /* NULL: no display adapter */
  MosDevice     *balloon; /* NULL: none */
  guint          virtio_functions;

  MosPcDrive drives[MOS_BOARD_MAX_DRIVES];
  guint      n_drives;
  guint first_drive;    /* 1: before the specification's is a guest's floppy */
  guint floppies_taken; /* bit n: unit n */
  guint ide_taken;
  guint ahci_taken;
  guint virtio_taken;

  struct {
    guint    devfn;
    gboolean has_rom;
  } net[MOS_BOARD_MAX_NET];
  guint n_net;
};

/* RAM, firmware, and the bridge that shows them. */
gboolean
mos_pc_add_memory (MosPc *self, const MosBoardSpec *spec, GError **error);

/* Consoles, random numbers, sockets, balloon; its size from any thread. */
gboolean
     mos_pc_add_virtio (MosPc *self, const MosBoardSpec *spec, GError **error);
void mos_pc_add_gpu (MosPc *self, const MosBoardSpec *spec);
gboolean mos_pc_set_balloon (MosBoard *board, guint64 bytes);
gboolean mos_pc_get_balloon (MosBoard *board, guint64 *bytes);

/* Puts into CMOS and fw_cfg what firmware asks for. */
void mos_pc_describe (MosPc *self, const MosBoardSpec *spec);

/* Drives, their boot order, their media. */
gboolean
      mos_pc_add_drives (MosPc *self, const MosBoardSpec *spec, GError **error);
guint mos_pc_count_floppies (const MosPc *self);
void  mos_pc_add_boot_order (MosPc *self, const char *letters);
gboolean mos_pc_change_medium (MosPc         *self,
                               guint          index,
                               MosBlockStore *store,
                               GError       **error);

/* Network adapters, and their lines in the boot order. */
gboolean mos_pc_add_net (MosPc *self, const MosBoardSpec *spec, GError **error);
void     mos_pc_add_net_boot_order (const MosPc *self, GString *order);

/* Direct boot: remembers what to boot, if that is wanted; boots it. */
gboolean
     mos_pc_set_kernel (MosPc *self, const MosBoardSpec *spec, GError **error);
void mos_pc_kernel_free (MosPcKernel *self);
gboolean mos_pc_boot_kernel (MosPc *self, MosCpuState *cpu, GError **error);
/* Out of ACPI S3: by the firmware, or to where the guest wants. */
gboolean mos_pc_wake (MosBoard *board, MosCpuState *cpu, GError **error);

/* A built-in guest that is a boot sector is a floppy under the firmware. */
gboolean       mos_pc_is_floppy_guest (const MosBoardSpec *spec);
MosBlockStore *mos_pc_make_floppy (GBytes *image);

G_END_DECLS
