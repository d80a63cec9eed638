/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What an AHCI port does with commands.
 *
 * AHCI 1.3.1, "System Memory Structures" and "Port Operation"; Serial ATA for
 * the frames (FIS). A slot of the command list names a table with the command
 * frame and the pieces of memory for its data. The drive is the same as behind
 * IDE: its data, whichever protocol asks for it, goes through these pieces.
 * One command is under way at a time; queued commands are not offered.
 */
#include <string.h>

#include "devices/storage/ahci-internal.h"
#include "devices/storage/busmaster.h"

#define SLOT_BYTES     32u
#define TABLE_PACKET   0x40u
#define TABLE_PARTS    0x80u
#define PART_BYTES     16u
#define FIS_PIO_AT     0x20u
#define FIS_D2H_AT     0x40u
#define FIS_BYTES      20u
#define MAX_PART_BYTES (4u << 20)

enum {
  FIS_H2D = 0x27,
  FIS_D2H = 0x34,
  FIS_PIO_SETUP = 0x5f,
  FIS_IS_COMMAND = 0x80,
  FIS_INTERRUPT = 0x40,
  CONTROL_RESET = 0x04
};

static MosMemoryMap *
memory_of (MosAhciPort *port)
{
  return port->ahci->pci.device.bus->memory;
}

static guint64
slot_gpa (MosAhciPort *port)
{
  return ((guint64) port->list_high << 32 | port->list_low) +
         port->slot * SLOT_BYTES;
}

/* -- frames to the guest ------------------------------------------------- */

static void
show_task_file (MosAhciPort *port)
{
  const MosAtaDrive *drive = mos_ahci_drive (port);

  port->tfd = drive->status | (guint32) drive->error << 8;
}

static void
send_frame (MosAhciPort *port, guint8 type, guint offset)
{
  const MosAtaDrive *drive = mos_ahci_drive (port);
  guint8             frame[FIS_BYTES] = {
                type,
                FIS_INTERRUPT,
                drive->status,
                drive->error,
                drive->now.lba[0],
                drive->now.lba[1],
                drive->now.lba[2],
                drive->device_head,
                drive->before.lba[0],
                drive->before.lba[1],
                drive->before.lba[2],
                0,
                drive->now.count,
                drive->before.count,
                0,
                /* A PIO frame: the status after the data. */
    type == FIS_PIO_SETUP ? drive->status : 0,
  };
  guint64 gpa = (guint64) port->fis_high << 32 | port->fis_low;

  if (port->cmd & MOS_AHCI_CMD_FIS)
    mos_busmaster_write (memory_of (port), gpa + offset, frame, sizeof frame);
}

/* What a drive sends after any reset: who it is. */
static void
send_signature (MosAhciPort *port)
{
  const MosAtaDrive *drive = mos_ahci_drive (port);

  show_task_file (port);
  port->sig = drive->now.count | (guint32) drive->now.lba[0] << 8 |
              (guint32) drive->now.lba[1] << 16 |
              (guint32) drive->now.lba[2] << 24;
  send_frame (port, FIS_D2H, FIS_D2H_AT);
  mos_ahci_port_event (port, MOS_AHCI_IS_D2H);
}

/* -- data ---------------------------------------------------------------- */

/* The piece of memory at hand; FALSE after the last one. */
static gboolean
find_part (MosAhciPort *port, guint64 *gpa, guint32 *left)
{
  while (port->part < port->n_parts) {
    guint64 at = port->table + TABLE_PARTS + (guint64) port->part * PART_BYTES;
    guint32 count = mos_busmaster_read_u32 (memory_of (port), at + 12);
    guint32 bytes = (count & (MAX_PART_BYTES - 1)) + 1;

    if (port->part_at < bytes) {
      *gpa = mos_busmaster_read_u64 (memory_of (port), at) + port->part_at;
      *left = bytes - port->part_at;
      return TRUE;
    }
    port->part++;
    port->part_at = 0;
  }
  return FALSE;
}

/* Moves up to @size bytes; fewer if the table has no room for them. */
static guint32
move_data (MosAhciPort *port, guint8 *data, guint32 size, gboolean to_memory)
{
  guint32 done = 0;
  guint64 gpa;
  guint32 left;

  while (done < size && find_part (port, &gpa, &left)) {
    guint32 count = MIN (left, size - done);

    if (to_memory)
      mos_busmaster_write (memory_of (port), gpa, data + done, count);
    else
      mos_busmaster_read (memory_of (port), gpa, data + done, count);
    port->part_at += count;
    done += count;
  }
  port->moved += done;
  return done;
}

/* One block of the drive's; FALSE if the port has to wait for a reset. */
static gboolean
move_block (MosAhciPort *port, guint8 *data, guint32 size)
{
  MosAtaDrive *drive = mos_ahci_drive (port);
  guint32      moved;

  if (drive->op == MOS_ATA_OP_PACKET) {
    mos_busmaster_read (memory_of (port), port->table + TABLE_PACKET, data,
                        size);
    mos_ata_drive_moved (drive, size);
    return TRUE;
  }
  moved = move_data (port, data, size, drive->to_host);
  if (moved < size) {
    mos_ahci_port_event (port, MOS_AHCI_IS_OVERFLOW);
    /* What was read and has no place is lost; what is to be written is not
     * there. */
    if (!drive->to_host)
      return FALSE;
  }
  mos_ata_drive_moved (drive, size);
  return TRUE;
}

/* A block that is done may bring the next one, or the next command, at once;
 * then this loop sees it. */
static void
run (MosAhciPort *port)
{
  guint8 *data;
  guint32 size;

  if (port->moving || port->slot == MOS_AHCI_NO_SLOT)
    return;
  port->moving = TRUE;
  while (port->slot != MOS_AHCI_NO_SLOT &&
         (data = mos_ata_drive_any_data (mos_ahci_drive (port), &size)) !=
             NULL &&
         move_block (port, data, size))
    continue;
  port->moving = FALSE;
}

/* -- what the drive says ------------------------------------------------- */

static MosAhciPort *
port_of (MosAtaDrive *drive)
{
  MosAhci *ahci = (MosAhci *) drive->device;

  return &ahci->ports[drive->index];
}

static void
host_data_ready (MosAtaDrive *drive, gboolean interrupt)
{
  run (port_of (drive));
}

static void
host_dma_ready (MosAtaDrive *drive)
{
  run (port_of (drive));
}

/* The end of a command. After an error its slot stays set, and the port does
 * nothing until the guest has stopped and started it. */
static void
host_ended (MosAtaDrive *drive, gboolean interrupt)
{
  MosAhciPort *port = port_of (drive);
  guint32      moved = GUINT32_TO_LE (port->moved);
  guint32      slot = port->slot;

  show_task_file (port);
  if (slot == MOS_AHCI_NO_SLOT)
    return;
  mos_busmaster_write (memory_of (port), slot_gpa (port) + 4, &moved, 4);
  port->slot = MOS_AHCI_NO_SLOT;
  if (drive->status & MOS_ATA_ERR)
    port->halted = TRUE;
  else
    port->ci &= ~(1u << slot);
  send_frame (port, interrupt ? FIS_D2H : FIS_PIO_SETUP,
              interrupt ? FIS_D2H_AT : FIS_PIO_AT);
  mos_ahci_port_event (port, (interrupt ? MOS_AHCI_IS_D2H : MOS_AHCI_IS_PIO) |
                                 (port->halted ? MOS_AHCI_IS_TASK_FILE : 0u));
  mos_ahci_port_issue (port);
}

const MosAtaHost mos_ahci_host = {
  .data_ready = host_data_ready,
  .dma_ready = host_dma_ready,
  .ended = host_ended,
};

/* -- commands ------------------------------------------------------------ */

/* A frame that is no command: the control register. A software reset is one
 * with the bit set and one without. */
static void
take_control (MosAhciPort *port, const guint8 *frame)
{
  MosAtaDrive *drive = mos_ahci_drive (port);
  guint32      slot = port->slot;

  port->slot = MOS_AHCI_NO_SLOT;
  port->ci &= ~(1u << slot);
  if (frame[15] & CONTROL_RESET) {
    port->in_reset = TRUE;
    return;
  }
  if (!port->in_reset)
    return;
  port->in_reset = FALSE;
  mos_ata_drive_reset (drive, FALSE);
  send_signature (port);
}

static void
take_command (MosAhciPort *port, const guint8 *frame)
{
  MosAtaDrive *drive = mos_ahci_drive (port);

  mos_ata_drive_set_feature (drive, frame[11]);
  mos_ata_drive_set_feature (drive, frame[3]);
  mos_ata_drive_set_count (drive, frame[13]);
  mos_ata_drive_set_count (drive, frame[12]);
  for (guint i = 0; i < 3; i++) {
    mos_ata_drive_set_lba (drive, i, frame[8 + i]);
    mos_ata_drive_set_lba (drive, i, frame[4 + i]);
  }
  drive->device_head = frame[7];
  mos_ata_drive_start (drive, frame[2]);
  /* DEVICE RESET ends without a word of the drive's. */
  if (port->slot != MOS_AHCI_NO_SLOT && drive->phase == MOS_ATA_IDLE)
    host_ended (drive, TRUE);
  else if (port->slot != MOS_AHCI_NO_SLOT)
    show_task_file (port);
}

static void
take_slot (MosAhciPort *port, guint slot)
{
  guint8  frame[FIS_BYTES];
  guint32 header;

  port->slot = slot;
  header = mos_busmaster_read_u32 (memory_of (port), slot_gpa (port));
  port->table = mos_busmaster_read_u64 (memory_of (port), slot_gpa (port) + 8) &
                ~(guint64) 0x7f;
  port->n_parts = header >> 16;
  port->part = 0;
  port->part_at = 0;
  port->moved = 0;
  mos_busmaster_read (memory_of (port), port->table, frame, sizeof frame);
  if (frame[0] != FIS_H2D) {
    /* Nothing that a drive could understand. */
    port->slot = MOS_AHCI_NO_SLOT;
    port->halted = TRUE;
    mos_ahci_port_event (port, MOS_AHCI_IS_TASK_FILE);
  } else if (frame[1] & FIS_IS_COMMAND) {
    take_command (port, frame);
  } else {
    take_control (port, frame);
  }
}

void
mos_ahci_port_issue (MosAhciPort *port)
{
  const MosAtaDrive *drive = mos_ahci_drive (port);

  while (port->slot == MOS_AHCI_NO_SLOT && port->ci != 0 && !port->halted &&
         (port->cmd & MOS_AHCI_CMD_START) != 0 &&
         drive->kind != MOS_ATA_NO_DRIVE && drive->phase == MOS_ATA_IDLE &&
         mos_pci_device_is_master (&port->ahci->pci))
    take_slot (port, (guint) __builtin_ctz (port->ci));
}

/* -- resets -------------------------------------------------------------- */

void
mos_ahci_port_stop (MosAhciPort *port)
{
  MosAtaDrive *drive = mos_ahci_drive (port);

  if (port->slot != MOS_AHCI_NO_SLOT)
    mos_ata_drive_reset (drive, FALSE);
  port->slot = MOS_AHCI_NO_SLOT;
  port->halted = FALSE;
  port->ci = 0;
  port->sact = 0;
}

void
mos_ahci_port_connect (MosAhciPort *port)
{
  MosAtaDrive *drive = mos_ahci_drive (port);

  mos_ata_drive_reset (drive, FALSE);
  port->slot = MOS_AHCI_NO_SLOT;
  port->in_reset = FALSE;
  if (drive->kind == MOS_ATA_NO_DRIVE) {
    port->ssts = 0;
    port->tfd = 0x7f;
    port->sig = 0xffffffff;
    return;
  }
  port->ssts = 0x123; /* a drive, 3 Gbit/s, awake */
  port->serr |= 1u << 26;
  send_signature (port);
  mos_ahci_port_event (port, MOS_AHCI_IS_CONNECT);
}
