/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The floppy controller's commands that move sectors.
 *
 * A command works in runs: the sectors that follow each other under one head.
 * A run is read from the store whole and then fed to the host (by DMA, or byte
 * by byte), or gathered from the host and then written. The host ends it with
 * the DMA controller's terminal count; without that it ends at the sector that
 * the command named as the last, which the data sheet calls an error ("End of
 * Cylinder"). The result names the sector after the last one that was moved.
 */
#include <string.h>

#include "devices/storage/fdc-internal.h"

/* From one sector's ID to the next, at 300 turns a minute. */
#define TURN_NS 11000000

enum {
  COMMAND_MULTI_TRACK = 0x80,
  COMMAND_MFM = 0x40,
  COMMAND_SKIP = 0x20,
  COMMAND_DELETED = 0x08,
  CONFIGURE_IMPLIED_SEEK = 0x40,
  VERIFY_COUNT = 0x80
};

static void begin_run (MosFdc *self);
static void use_run (MosFdc *self);

static MosFloppyDrive *
the_drive (MosFdc *self)
{
  return &self->drives[self->unit & 3];
}

static gboolean
writes (const MosFdc *self)
{
  return self->op == MOS_FDC_OP_WRITE || self->op == MOS_FDC_OP_FORMAT;
}

static guint8
last_sector (const MosFdc *self)
{
  return self->command[6];
}

/* Is the host's part of this run done without moving anything? */
static gboolean
moves_no_data (const MosFdc *self)
{
  return self->op == MOS_FDC_OP_VERIFY;
}

/* -- the end ------------------------------------------------------------- */

/* Reports the sector in hand; what st1 and st2 have collected comes along. */
static void
finish (MosFdc *self, guint8 st0, guint8 st1, guint8 st2)
{
  const guint8 bytes[7] = {
    (guint8) (st0 | (self->head & 1) << 2 | self->unit),
    (guint8) (st1 | self->st1),
    (guint8) (st2 | self->st2),
    self->cylinder,
    self->head,
    self->sector,
    MOS_FLOPPY_SIZE_CODE,
  };

  mos_transfers_cancel (self->transfers, NULL);
  mos_fdc_give_result (self, bytes, sizeof bytes, TRUE);
}

static void
fail (MosFdc *self, guint8 st1, guint8 st2)
{
  finish (self, MOS_ST0_ABNORMAL, st1, st2);
}

/* Result table of the data sheet: which sector comes after this one. */
static void
step_to_next (MosFdc *self)
{
  if (self->sector != last_sector (self)) {
    self->sector++;
    return;
  }
  self->sector = 1;
  if ((self->command[0] & COMMAND_MULTI_TRACK) == 0) {
    self->cylinder++;
    return;
  }
  self->cylinder = (guint8) (self->cylinder + (self->head & 1));
  self->head ^= 1;
}

/* The host wanted no more: the sector in hand was the last. */
static void
finish_normally (MosFdc *self)
{
  step_to_next (self);
  finish (self, 0, 0, 0);
}

/* -- where a sector is --------------------------------------------------- */

/* Does the medium answer at all? It does not at another density's rate. */
static gboolean
is_readable (MosFdc *self)
{
  const MosFloppyDrive *drive = the_drive (self);

  return drive->installed && drive->store != NULL &&
         (drive->format->rates >> self->rate & 1) != 0 &&
         (self->command[0] & COMMAND_MFM) != 0 &&
         drive->track < drive->format->tracks &&
         (self->head & 1) < drive->format->heads;
}

/* Ends the command and says FALSE if the sector in hand cannot be found. */
static gboolean
check_sector (MosFdc *self)
{
  const MosFloppyDrive *drive = the_drive (self);

  if (!is_readable (self)) {
    fail (self, MOS_ST1_NO_ADDRESS_MARK, 0);
    return FALSE;
  }
  if (self->op == MOS_FDC_OP_WRITE && drive->store->read_only) {
    fail (self, MOS_ST1_NOT_WRITABLE, 0);
    return FALSE;
  }
  if (self->cylinder != drive->track) {
    fail (self, MOS_ST1_NO_DATA,
          self->cylinder == 0xff ? MOS_ST2_BAD_CYLINDER
                                 : MOS_ST2_WRONG_CYLINDER);
    return FALSE;
  }
  if (self->sector < 1 || self->sector > drive->format->sectors ||
      self->command[5] != MOS_FLOPPY_SIZE_CODE) {
    fail (self, MOS_ST1_NO_DATA, 0);
    return FALSE;
  }
  return TRUE;
}

static guint64
run_offset (MosFdc *self)
{
  const MosFloppyDrive *drive = the_drive (self);
  guint64               track = drive->track;

  track = track * drive->format->heads + (self->head & 1);
  return (track * drive->format->sectors + self->first_sector - 1) *
         MOS_FLOPPY_SECTOR_BYTES;
}

static guint
run_bytes (const MosFdc *self)
{
  return self->run_sectors * MOS_FLOPPY_SECTOR_BYTES;
}

/* -- runs ---------------------------------------------------------------- */

static void
read_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosFdc *self = user_data;

  if (result != 0) {
    fail (self, MOS_ST1_DATA_ERROR, MOS_ST2_DATA_ERROR);
    return;
  }
  memcpy (self->buffer, data, MIN (size, sizeof self->buffer));
  use_run (self);
}

/* Fills the buffer; what the image lacks are zeros. */
static void
read_run (MosFdc *self)
{
  MosBlockStore *store = the_drive (self)->store;
  guint64        offset = run_offset (self);
  guint64        size = 0;

  if (offset < store->size)
    size = MIN (run_bytes (self), store->size - offset);
  memset (self->buffer, 0, run_bytes (self));
  self->buffer_at = 0;
  self->buffer_end = run_bytes (self);
  self->stage = MOS_FDC_READING;
  if (size == 0)
    use_run (self);
  else
    mos_transfers_start (self->transfers, store, MOS_BLOCK_READ, offset, NULL,
                         size, read_done_cb, self);
}

/* How many sectors follow from the one in hand under this head. */
static guint8
run_length (MosFdc *self)
{
  guint8 end = the_drive (self)->format->sectors;

  if (last_sector (self) >= self->sector)
    end = MIN (end, last_sector (self));
  return (guint8) (end - self->sector + 1);
}

static void
begin_run (MosFdc *self)
{
  if (!check_sector (self))
    return;
  self->first_sector = self->sector;
  self->run_sectors = run_length (self);
  if (!writes (self)) {
    read_run (self);
    return;
  }
  self->buffer_at = 0;
  self->buffer_end = run_bytes (self);
  use_run (self);
}

/* All sectors of the run are moved, and the host did not say stop. */
static void
next_run (MosFdc *self)
{
  self->sector = (guint8) (self->first_sector + self->run_sectors - 1);
  if (self->sector != last_sector (self)) {
    /* The track has no more, though the command names more. */
    self->sector++;
    fail (self, MOS_ST1_NO_DATA, 0);
    return;
  }
  if ((self->command[0] & COMMAND_MULTI_TRACK) != 0 && (self->head & 1) == 0 &&
      self->op != MOS_FDC_OP_READ_TRACK) {
    self->head ^= 1;
    self->sector = 1;
    begin_run (self);
    return;
  }
  if (moves_no_data (self)) {
    finish_normally (self);
    return;
  }
  step_to_next (self);
  fail (self, MOS_ST1_END_OF_CYLINDER, 0);
}

static void
write_done_cb (gpointer user_data, int result, const guint8 *data, gsize size)
{
  MosFdc *self = user_data;

  if (result != 0)
    fail (self, MOS_ST1_DATA_ERROR, MOS_ST2_DATA_ERROR);
  else if (self->op == MOS_FDC_OP_FORMAT)
    finish (self, 0, 0, 0);
  else if (self->terminal)
    finish_normally (self);
  else
    next_run (self);
}

/* The buffer goes to the store: whole sectors, the last filled up. */
static void
write_run (MosFdc *self)
{
  MosBlockStore *store = the_drive (self)->store;
  guint64        offset = run_offset (self);
  guint          n_sectors =
      (self->buffer_at + MOS_FLOPPY_SECTOR_BYTES - 1) / MOS_FLOPPY_SECTOR_BYTES;
  guint size = n_sectors * MOS_FLOPPY_SECTOR_BYTES;

  memset (self->buffer + self->buffer_at, 0, size - self->buffer_at);
  self->sector = (guint8) (self->first_sector + n_sectors - 1);
  self->stage = MOS_FDC_WRITING;
  if (offset > store->size || size > store->size - offset)
    fail (self, MOS_ST1_DATA_ERROR, MOS_ST2_DATA_ERROR);
  else
    mos_transfers_start (self->transfers, store, MOS_BLOCK_WRITE, offset,
                         self->buffer, size, write_done_cb, self);
}

/* -- formatting ---------------------------------------------------------- */

/*
 * The host has given the IDs of the track's sectors. A track of an image has
 * the sectors that it has, so all of them are filled; what differs from that
 * cannot be kept.
 */
static void
write_format (MosFdc *self)
{
  const MosFloppyDrive *drive = the_drive (self);

  self->first_sector = 1;
  self->run_sectors = drive->format->sectors;
  memset (self->buffer, self->command[5], run_bytes (self));
  self->buffer_at = run_bytes (self);
  write_run (self);
}

/* -- the host's side ----------------------------------------------------- */

/* The buffer is empty (reading) or full (writing), or the host said stop. */
static void
end_run (MosFdc *self)
{
  guint in_hand = self->buffer_at > 0 ? self->buffer_at - 1 : 0;

  if (self->op == MOS_FDC_OP_FORMAT) {
    write_format (self);
    return;
  }
  if (writes (self)) {
    write_run (self);
    return;
  }
  self->sector =
      (guint8) (self->first_sector + in_hand / MOS_FLOPPY_SECTOR_BYTES);
  if (self->terminal)
    finish_normally (self);
  else
    next_run (self);
}

void
mos_fdc_try_dma (MosFdc *self)
{
  gboolean terminal;
  guint    moved;

  if ((self->stage != MOS_FDC_FEEDING && self->stage != MOS_FDC_GATHERING) ||
      !mos_fdc_uses_dma (self))
    return;
  moved = mos_dma8237_transfer (self->dma, MOS_FDC_DMA_CHANNEL,
                                self->buffer + self->buffer_at,
                                self->buffer_end - self->buffer_at,
                                self->stage == MOS_FDC_FEEDING, &terminal);
  self->buffer_at += moved;
  self->terminal = terminal;
  if (moved > 0 && (terminal || self->buffer_at == self->buffer_end))
    end_run (self);
}

/* A run is in the buffer, or an empty one waits for the host. */
static void
use_run (MosFdc *self)
{
  if (moves_no_data (self)) {
    self->buffer_at = self->buffer_end;
    end_run (self);
    return;
  }
  self->stage = writes (self) ? MOS_FDC_GATHERING : MOS_FDC_FEEDING;
  if (mos_fdc_uses_dma (self))
    mos_fdc_try_dma (self);
  else
    mos_fdc_set_interrupt (self, TRUE);
}

guint8
mos_fdc_pio_read (MosFdc *self)
{
  guint8 value = self->buffer[self->buffer_at++];

  mos_fdc_set_interrupt (self, FALSE);
  if (self->buffer_at >= self->buffer_end)
    end_run (self);
  else
    mos_fdc_set_interrupt (self, TRUE);
  return value;
}

void
mos_fdc_pio_write (MosFdc *self, guint8 value)
{
  self->buffer[self->buffer_at++] = value;
  mos_fdc_set_interrupt (self, FALSE);
  if (self->buffer_at >= self->buffer_end)
    end_run (self);
  else
    mos_fdc_set_interrupt (self, TRUE);
}

/* -- starting ------------------------------------------------------------ */

static void
begin_execution (MosFdc *self, MosFdcOp op)
{
  self->phase = MOS_FDC_EXECUTION;
  self->stage = MOS_FDC_IDLE;
  self->op = op;
  self->unit = self->command[1] & 3;
  self->head = self->command[1] >> 2 & 1;
  self->cylinder = the_drive (self)->track;
  self->sector = 1;
  self->st1 = 0;
  self->st2 = 0;
  self->terminal = FALSE;
  mos_fdc_set_interrupt (self, FALSE);
}

/* Our sectors all have ordinary data marks; a read of deleted ones either
 * skips them all, or takes the first and says that it is not deleted. */
static gboolean
meet_marks (MosFdc *self)
{
  if (self->op != MOS_FDC_OP_READ || (self->command[0] & COMMAND_DELETED) == 0)
    return TRUE;
  if (self->command[0] & COMMAND_SKIP) {
    fail (self, MOS_ST1_NO_DATA, 0);
    return FALSE;
  }
  self->st2 = MOS_ST2_CONTROL_MARK;
  self->command[6] = self->sector;
  self->command[0] &= (guint8) ~COMMAND_MULTI_TRACK;
  return TRUE;
}

void
mos_fdc_start_data (MosFdc *self, MosFdcOp op)
{
  begin_execution (self, op);
  self->cylinder = self->command[2];
  self->sector = op == MOS_FDC_OP_READ_TRACK ? 1 : self->command[4];
  if ((self->configure[1] & CONFIGURE_IMPLIED_SEEK) != 0 &&
      the_drive (self)->track != self->cylinder) {
    the_drive (self)->track = MIN (self->cylinder, 84);
    if (the_drive (self)->store != NULL)
      the_drive (self)->changed = FALSE;
  }
  /* The H that is looked for must be the head that looks. */
  if (self->command[3] != self->head) {
    fail (self, is_readable (self) ? MOS_ST1_NO_DATA : MOS_ST1_NO_ADDRESS_MARK,
          0);
    return;
  }
  if (op == MOS_FDC_OP_VERIFY && (self->command[1] & VERIFY_COUNT) != 0 &&
      self->command[8] > 0)
    self->command[6] = (guint8) (self->sector + self->command[8] - 1);
  if (meet_marks (self))
    begin_run (self);
}

void
mos_fdc_start_format (MosFdc *self)
{
  begin_execution (self, MOS_FDC_OP_FORMAT);
  if (!is_readable (self) || self->command[2] != MOS_FLOPPY_SIZE_CODE) {
    fail (self, MOS_ST1_NO_ADDRESS_MARK, 0);
    return;
  }
  if (the_drive (self)->store->read_only) {
    fail (self, MOS_ST1_NOT_WRITABLE, 0);
    return;
  }
  self->buffer_at = 0;
  self->buffer_end = MAX (self->command[3], 1) * 4u;
  use_run (self);
}

void
mos_fdc_start_read_id (MosFdc *self)
{
  begin_execution (self, MOS_FDC_OP_READ);
  self->stage = MOS_FDC_TURNING;
  self->turn_end_ns = mos_clock_now (self->device.bus->clock) + TURN_NS;
  mos_timer_arm (&self->timer, self->turn_end_ns);
}

/* An ID has come round, if the medium is one that can be read. */
static void
end_read_id (MosFdc *self)
{
  const MosFloppyDrive *drive = the_drive (self);

  if (!is_readable (self)) {
    fail (self, MOS_ST1_NO_ADDRESS_MARK, 0);
    return;
  }
  self->cylinder = drive->track;
  self->sector =
      (guint8) (self->turn_end_ns / TURN_NS % drive->format->sectors + 1);
  finish (self, 0, 0, 0);
}

void
mos_fdc_turned_cb (gpointer user_data)
{
  MosFdc *self = user_data;

  g_mutex_lock (&self->device.lock);
  if (self->stage == MOS_FDC_TURNING)
    end_read_id (self);
  g_mutex_unlock (&self->device.lock);
}

/* -- interruptions ------------------------------------------------------- */

void
mos_fdc_resume_data (MosFdc *self)
{
  if (self->stage == MOS_FDC_IDLE)
    return;
  if (the_drive (self)->store == NULL && self->stage != MOS_FDC_TURNING) {
    fail (self, MOS_ST1_NO_ADDRESS_MARK, 0);
    return;
  }
  if (self->stage == MOS_FDC_TURNING)
    mos_timer_arm (&self->timer, self->turn_end_ns);
  else if (self->stage == MOS_FDC_READING)
    begin_run (self);
  else if (self->stage == MOS_FDC_WRITING)
    write_run (self);
}

void
mos_fdc_lose_medium (MosFdc *self, guint unit)
{
  if (self->stage == MOS_FDC_IDLE || self->stage == MOS_FDC_TURNING ||
      self->unit != unit)
    return;
  fail (self, MOS_ST1_NO_ADDRESS_MARK, 0);
}
