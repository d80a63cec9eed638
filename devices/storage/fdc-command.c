/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The floppy controller's commands that move no sectors, and the table of all.
 *
 * After the 82077AA data sheet, "Command Set/Descriptions". A seek ends at
 * once: no guest needs the time a head would take, and some wait it out.
 */
#include <string.h>

#include "devices/storage/fdc-internal.h"

#define VERSION_82077     0x90
#define MAX_TRACK         85
#define RECALIBRATE_STEPS 79

/* A command as it is sent: which bits name it, and how long it is. */
typedef struct {
  const char *name;
  guint8      mask;
  guint8      value;
  guint8      length; /* bytes, with the opcode */
  void (*run) (MosFdc *self);
} Command;

static MosFloppyDrive *
addressed_drive (MosFdc *self)
{
  return &self->drives[self->command[1] & 3];
}

/* -- seeking ------------------------------------------------------------- */

/* The head moves; with a medium inside, the change line falls. */
static void
step_to (MosFloppyDrive *drive, guint track)
{
  if (track == drive->track)
    return;
  drive->track = (guint8) MIN (track, MAX_TRACK);
  if (drive->store != NULL)
    drive->changed = FALSE;
}

static void
end_seek (MosFdc *self, guint8 status)
{
  guint unit = self->command[1] & 3;

  self->seek_st0[unit] =
      (guint8) (MOS_ST0_SEEK_END | status | (self->command[1] & 7));
  self->sought |= (guint8) (1u << unit);
  self->polled = 0;
  mos_fdc_end_command (self);
  mos_fdc_set_interrupt (self, TRUE);
}

static void
run_recalibrate (MosFdc *self)
{
  MosFloppyDrive *drive = addressed_drive (self);

  self->command[1] &= 3;
  if (!drive->installed) {
    end_seek (self, MOS_ST0_ABNORMAL | MOS_ST0_EQUIPMENT);
    return;
  }
  if (drive->track > RECALIBRATE_STEPS) {
    step_to (drive, drive->track - RECALIBRATE_STEPS);
    end_seek (self, MOS_ST0_ABNORMAL | MOS_ST0_EQUIPMENT);
    return;
  }
  step_to (drive, 0);
  end_seek (self, 0);
}

static void
run_seek (MosFdc *self)
{
  step_to (addressed_drive (self), self->command[2]);
  end_seek (self, 0);
}

static void
run_relative_seek (MosFdc *self)
{
  MosFloppyDrive *drive = addressed_drive (self);
  guint           steps = self->command[2];

  if (self->command[0] & 0x40)
    step_to (drive, drive->track + steps);
  else
    step_to (drive, drive->track > steps ? drive->track - steps : 0);
  end_seek (self, 0);
}

static void
run_sense_interrupt (MosFdc *self)
{
  guint8 due = self->sought != 0 ? self->sought : self->polled;
  guint  unit;
  guint8 bytes[2] = { MOS_ST0_INVALID, 0 };

  if (due == 0) {
    mos_fdc_give_result (self, bytes, 1, FALSE);
    return;
  }
  unit = (guint) g_bit_nth_lsf (due, -1);
  if (self->sought != 0) {
    self->sought &= (guint8) ~(1u << unit);
    bytes[0] = self->seek_st0[unit];
  } else {
    self->polled &= (guint8) ~(1u << unit);
    bytes[0] = (guint8) (MOS_ST0_POLLED | unit);
  }
  bytes[1] = self->drives[unit].track;
  mos_fdc_set_interrupt (self, FALSE);
  mos_fdc_give_result (self, bytes, 2, FALSE);
}

static void
run_sense_drive (MosFdc *self)
{
  MosFloppyDrive *drive = addressed_drive (self);
  guint8          status =
      (guint8) (MOS_ST3_READY | MOS_ST3_TWO_SIDES | (self->command[1] & 7));

  if (drive->installed && drive->track == 0)
    status |= MOS_ST3_TRACK_0;
  if (drive->store != NULL && drive->store->read_only)
    status |= MOS_ST3_WRITE_PROTECTED;
  mos_fdc_give_result (self, &status, 1, FALSE);
}

/* -- settings ------------------------------------------------------------ */

static void
run_specify (MosFdc *self)
{
  memcpy (self->specify, self->command + 1, 2);
  mos_fdc_end_command (self);
}

static void
run_configure (MosFdc *self)
{
  memcpy (self->configure, self->command + 1, 3);
  mos_fdc_end_command (self);
}

/* OW says whether the bits that tell perpendicular drives are meant. */
static void
run_perpendicular (MosFdc *self)
{
  guint8 value = self->command[1];

  if (value & 0x80)
    self->perpendicular = value & 0x3f;
  else
    self->perpendicular = (guint8) ((self->perpendicular & 0x3c) | (value & 3));
  mos_fdc_end_command (self);
}

static void
run_lock (MosFdc *self)
{
  guint8 byte;

  self->locked = (self->command[0] & 0x80) != 0;
  byte = self->locked ? 0x10 : 0;
  mos_fdc_give_result (self, &byte, 1, FALSE);
}

static void
run_version (MosFdc *self)
{
  const guint8 byte = VERSION_82077;

  mos_fdc_give_result (self, &byte, 1, FALSE);
}

static void
run_dump_registers (MosFdc *self)
{
  guint8 bytes[10];

  for (guint i = 0; i < 4; i++)
    bytes[i] = self->drives[i].track;
  bytes[4] = self->specify[0];
  bytes[5] = self->specify[1];
  bytes[6] = self->run_sectors;
  bytes[7] =
      (guint8) ((self->locked ? 0x80 : 0) | (self->perpendicular & 0x3f));
  bytes[8] = self->configure[1];
  bytes[9] = self->configure[2];
  mos_fdc_give_result (self, bytes, sizeof bytes, FALSE);
}

/* -- data ---------------------------------------------------------------- */

static void
run_read (MosFdc *self)
{
  mos_fdc_start_data (self, MOS_FDC_OP_READ);
}

static void
run_read_track (MosFdc *self)
{
  mos_fdc_start_data (self, MOS_FDC_OP_READ_TRACK);
}

static void
run_verify (MosFdc *self)
{
  mos_fdc_start_data (self, MOS_FDC_OP_VERIFY);
}

static void
run_write (MosFdc *self)
{
  mos_fdc_start_data (self, MOS_FDC_OP_WRITE);
}

static void
run_invalid (MosFdc *self)
{
  const guint8 byte = MOS_ST0_INVALID;

  mos_fdc_give_result (self, &byte, 1, FALSE);
}

/* clang-format off */
static const Command commands[] = {
  { "READ DATA",              0x1f, 0x06, 9, run_read },
  { "READ DELETED DATA",      0x1f, 0x0c, 9, run_read },
  { "WRITE DATA",             0x3f, 0x05, 9, run_write },
  { "WRITE DELETED DATA",     0x3f, 0x09, 9, run_write },
  { "READ TRACK",             0xbf, 0x02, 9, run_read_track },
  { "VERIFY",                 0x1f, 0x16, 9, run_verify },
  { "FORMAT TRACK",           0xbf, 0x0d, 6, mos_fdc_start_format },
  { "READ ID",                0xbf, 0x0a, 2, mos_fdc_start_read_id },
  { "RECALIBRATE",            0xff, 0x07, 2, run_recalibrate },
  { "SEEK",                   0xff, 0x0f, 3, run_seek },
  { "RELATIVE SEEK",          0xbf, 0x8f, 3, run_relative_seek },
  { "SENSE INTERRUPT STATUS", 0xff, 0x08, 1, run_sense_interrupt },
  { "SENSE DRIVE STATUS",     0xff, 0x04, 2, run_sense_drive },
  { "SPECIFY",                0xff, 0x03, 3, run_specify },
  { "CONFIGURE",              0xff, 0x13, 4, run_configure },
  { "PERPENDICULAR MODE",     0xff, 0x12, 2, run_perpendicular },
  { "LOCK",                   0x7f, 0x14, 1, run_lock },
  { "VERSION",                0xff, 0x10, 1, run_version },
  { "DUMPREG",                0xff, 0x0e, 1, run_dump_registers },
};
/* clang-format on */

static const Command invalid = { "INVALID", 0, 0, 1, run_invalid };

static const Command *
find_command (guint8 opcode)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if ((opcode & commands[i].mask) == commands[i].value)
      return &commands[i];
  return &invalid;
}

guint
mos_fdc_command_length (guint8 opcode)
{
  return find_command (opcode)->length;
}

void
mos_fdc_execute (MosFdc *self)
{
  find_command (self->command[0])->run (self);
}
