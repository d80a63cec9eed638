/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Packet commands of a CD-ROM drive.
 *
 * After MMC-5 and SPC-3, in what BIOSes, DOS, Linux and Windows use. The host
 * sends a packet of 12 bytes; a row of the table says whether the command
 * needs a disc and whether it is stopped by a pending unit attention ("Unit
 * Attention Condition"). Answers lie in the drive's buffer, cut to the length
 * that the packet allows, and go out in blocks of at most the byte count that
 * the host has put into the registers.
 */
#include <string.h>

#include "devices/storage/ata.h"

enum {
  KEY_NONE = 0,
  KEY_NOT_READY = 2,
  KEY_ILLEGAL_REQUEST = 5,
  KEY_UNIT_ATTENTION = 6
};

enum {
  CODE_INVALID_OPCODE = 0x20,
  CODE_OUT_OF_RANGE = 0x21,
  CODE_INVALID_FIELD = 0x24,
  CODE_MEDIUM_CHANGED = 0x28,
  CODE_SAVING_UNSUPPORTED = 0x39,
  CODE_NO_MEDIUM = 0x3a,
  CODE_REMOVAL_PREVENTED = 0x53
};

enum {
  NEEDS_DISC = 1u << 0,
  BEFORE_ATTENTION = 1u << 1 /* allowed while a unit attention waits */
};

enum {
  FEATURE_DMA = 1u << 0,
  PROFILE_CD_ROM = 0x0008,
  PROFILE_DVD_ROM = 0x0010,
  CD_MAX_BLOCKS = 450000 /* more is a DVD */
};

typedef struct {
  guint8      opcode;
  guint8      flags;
  const char *name;
  void (*run) (MosAtaDrive *self);
} Packet;

static void
put_u16 (guint8 *place, guint value)
{
  place[0] = (guint8) (value >> 8);
  place[1] = (guint8) value;
}

static void
put_u32 (guint8 *place, guint32 value)
{
  put_u16 (place, value >> 16);
  put_u16 (place + 2, value & 0xffff);
}

static guint
get_u16 (const guint8 *place)
{
  return (guint) place[0] << 8 | place[1];
}

/* -- protocol ------------------------------------------------------------ */

void
mos_atapi_start (MosAtaDrive *self)
{
  self->byte_limit = self->now.lba[1] | (guint32) self->now.lba[2] << 8;
  if (self->byte_limit == 0 || self->byte_limit == 0xffff)
    self->byte_limit = 0xfffe;
  self->block_bytes = MOS_ATA_PACKET_BYTES;
  self->dma = (self->now.feature & FEATURE_DMA) != 0;
  mos_ata_move (self, MOS_ATA_OP_PACKET, FALSE, MOS_ATA_PACKET_BYTES, FALSE);
}

/* Interrupt reason and byte count go with each block. */
void
mos_atapi_begin_block (MosAtaDrive *self)
{
  guint32 bytes = self->block_end - self->buffer_at;

  if (self->op == MOS_ATA_OP_PACKET) {
    self->now.count = MOS_ATA_REASON_COMMAND;
    return;
  }
  self->now.count = self->to_host ? MOS_ATA_REASON_TO_HOST : 0;
  self->now.lba[1] = (guint8) bytes;
  self->now.lba[2] = (guint8) (bytes >> 8);
}

void
mos_atapi_end (MosAtaDrive *self)
{
  self->now.count = MOS_ATA_REASON_COMMAND | MOS_ATA_REASON_TO_HOST;
  mos_ata_end (self);
}

void
mos_atapi_fail (MosAtaDrive *self, guint8 key, guint8 code, guint8 qualifier)
{
  self->sense_key = key;
  self->sense_code = code;
  self->sense_qualifier = qualifier;
  self->now.count = MOS_ATA_REASON_COMMAND | MOS_ATA_REASON_TO_HOST;
  mos_ata_fail (self, (guint8) (key << 4 | MOS_ATA_ERROR_ABRT));
}

static void
fail_field (MosAtaDrive *self)
{
  mos_atapi_fail (self, KEY_ILLEGAL_REQUEST, CODE_INVALID_FIELD, 0);
}

/* A block is at most what the host allows, and even unless it is the last. */
static guint32
pio_block_bytes (const MosAtaDrive *self)
{
  return MAX (self->byte_limit & ~1u, 2);
}

/* Answers with @size bytes of the buffer, of which the host wants @wanted. */
void
mos_atapi_give (MosAtaDrive *self, guint32 size, guint32 wanted)
{
  size = MIN (size, wanted);
  if (size == 0) {
    mos_atapi_end (self);
    return;
  }
  self->block_bytes = pio_block_bytes (self);
  mos_ata_move (self, MOS_ATA_OP_CD_GIVE, TRUE, size, TRUE);
}

/* -- is somebody there? -------------------------------------------------- */

static void
run_test_unit_ready (MosAtaDrive *self)
{
  mos_atapi_end (self);
}

static void
run_request_sense (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  memset (data, 0, 18);
  data[0] = 0x70; /* current error, fixed format */
  if (self->sense_key == KEY_NONE && self->unit_attention) {
    self->unit_attention = FALSE;
    self->sense_key = KEY_UNIT_ATTENTION;
    self->sense_code = CODE_MEDIUM_CHANGED;
    self->sense_qualifier = 0;
  }
  data[2] = self->sense_key;
  data[7] = 10;
  data[12] = self->sense_code;
  data[13] = self->sense_qualifier;
  self->sense_key = KEY_NONE;
  self->sense_code = 0;
  self->sense_qualifier = 0;
  mos_atapi_give (self, 18, self->packet[4]);
}

static void
run_inquiry (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  if (self->packet[1] & 1) { /* vital product data */
    fail_field (self);
    return;
  }
  memset (data, ' ', 36);
  memset (data, 0, 8);
  data[0] = 0x05; /* CD/DVD */
  data[1] = 0x80; /* removable */
  data[3] = 0x21; /* ATAPI, response format 1 */
  data[4] = 36 - 5;
  memcpy (data + 8, "MultiOS", 7);
  memcpy (data + 16, "Lab CD-ROM", 10);
  memcpy (data + 32, "1.0", 3);
  mos_atapi_give (self, 36, get_u16 (self->packet + 3));
}

/* -- the disc ------------------------------------------------------------ */

static void
run_read_capacity (MosAtaDrive *self)
{
  put_u32 (self->buffer, mos_atapi_n_blocks (self) - 1);
  put_u32 (self->buffer + 4, 2048);
  mos_atapi_give (self, 8, 8);
}

/* An address in the table of contents: a block, or minute, second, frame. */
static void
put_address (guint8 *place, guint32 block, gboolean msf)
{
  if (!msf) {
    put_u32 (place, block);
    return;
  }
  block += 150;
  place[0] = 0;
  place[1] = (guint8) MIN (block / (75 * 60), 255);
  place[2] = (guint8) (block / 75 % 60);
  place[3] = (guint8) (block % 75);
}

/* One data track and the lead-out. */
static guint
build_toc (MosAtaDrive *self, gboolean msf, guint first)
{
  guint8 *data = self->buffer;
  guint   size = 4;

  data[2] = 1;
  data[3] = 1;
  if (first <= 1) {
    memcpy (data + size, (const guint8[]){ 0, 0x14, 1, 0 }, 4);
    put_address (data + size + 4, 0, msf);
    size += 8;
  }
  memcpy (data + size, (const guint8[]){ 0, 0x14, 0xaa, 0 }, 4);
  put_address (data + size + 4, mos_atapi_n_blocks (self), msf);
  return size + 8;
}

static guint
build_session (MosAtaDrive *self, gboolean msf)
{
  guint8 *data = self->buffer;

  data[2] = 1;
  data[3] = 1;
  memcpy (data + 4, (const guint8[]){ 0, 0x14, 1, 0 }, 4);
  put_address (data + 8, 0, msf);
  return 12;
}

/* The raw table: first track, last track, lead-out, then the track. */
static guint
build_raw_toc (MosAtaDrive *self)
{
  static const guint8 points[] = { 0xa0, 0xa1, 0xa2, 1 };
  guint8             *data = self->buffer;
  guint               size = 4;

  data[2] = 1;
  data[3] = 1;
  for (guint i = 0; i < G_N_ELEMENTS (points); i++, size += 11) {
    guint8 *row = data + size;

    memset (row, 0, 11);
    row[0] = 1;
    row[1] = 0x14;
    row[3] = points[i];
    if (points[i] == 0xa2)
      put_address (row + 7, mos_atapi_n_blocks (self), TRUE);
    else if (points[i] == 1)
      put_address (row + 7, 0, TRUE);
    else
      row[8] = 1;
  }
  return size;
}

static void
run_read_toc (MosAtaDrive *self)
{
  gboolean msf = (self->packet[1] & 2) != 0;
  guint    format = self->packet[2] & 0xf;
  guint    first = self->packet[6];
  guint    size;

  if (format == 0)
    format = self->packet[9] >> 6; /* where older hosts put it */
  switch (format) {
  case 0:
    if (first > 1 && first != 0xaa) {
      fail_field (self);
      return;
    }
    size = build_toc (self, msf, first);
    break;
  case 1:
    size = build_session (self, msf);
    break;
  case 2:
    size = build_raw_toc (self);
    break;
  default:
    fail_field (self);
    return;
  }
  put_u16 (self->buffer, size - 2);
  mos_atapi_give (self, size, get_u16 (self->packet + 7));
}

static void
run_read_disc_info (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  if ((self->packet[1] & 7) != 0) {
    fail_field (self);
    return;
  }
  memset (data, 0, 34);
  put_u16 (data, 32);
  data[2] = 0x0e; /* complete, last session complete */
  data[3] = 1;
  data[4] = 1;
  data[5] = 1;
  data[6] = 1;
  data[7] = 0x20;              /* unrestricted use */
  memset (data + 16, 0xff, 8); /* nothing more can be written */
  mos_atapi_give (self, 34, get_u16 (self->packet + 7));
}

static void
run_read_track_info (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  memset (data, 0, 36);
  put_u16 (data, 34);
  data[2] = 1;
  data[3] = 1;
  data[5] = 0x04; /* data */
  data[6] = 0x01; /* mode 1 */
  put_u32 (data + 24, mos_atapi_n_blocks (self));
  mos_atapi_give (self, 36, get_u16 (self->packet + 7));
}

static void
run_seek (MosAtaDrive *self)
{
  guint32 block =
      (guint32) get_u16 (self->packet + 2) << 16 | get_u16 (self->packet + 4);

  if (block >= mos_atapi_n_blocks (self))
    mos_atapi_fail (self, KEY_ILLEGAL_REQUEST, CODE_OUT_OF_RANGE, 0);
  else
    mos_atapi_end (self);
}

/* -- the mechanism ------------------------------------------------------- */

/* An eject throws the disc out: the store is let go of by the board's next
 * change; until then the drive behaves as if empty. */
static void
run_start_stop (MosAtaDrive *self)
{
  gboolean load_eject = (self->packet[4] & 2) != 0;
  gboolean start = (self->packet[4] & 1) != 0;

  if (!load_eject) {
    mos_atapi_end (self);
    return;
  }
  if (!start && self->locked) {
    mos_atapi_fail (self, KEY_ILLEGAL_REQUEST, CODE_REMOVAL_PREVENTED, 2);
    return;
  }
  if (start && self->tray_open && self->store != NULL) {
    self->unit_attention = TRUE;
    self->media_event = 2;
  }
  self->tray_open = !start;
  mos_atapi_end (self);
}

static void
run_prevent_allow (MosAtaDrive *self)
{
  self->locked = (self->packet[4] & 1) != 0;
  mos_atapi_end (self);
}

static gboolean
has_disc (const MosAtaDrive *self)
{
  return self->store != NULL && !self->tray_open;
}

static void
run_mechanism_status (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  memset (data, 0, 8);
  data[1] = self->tray_open ? 0x10 : 0;
  mos_atapi_give (self, 8, get_u16 (self->packet + 8));
}

static void
run_get_event (MosAtaDrive *self)
{
  enum {
    CLASS_MEDIA = 4,
    POLLED = 1
  };
  guint8 *data = self->buffer;

  if ((self->packet[1] & POLLED) == 0) { /* we do not call back */
    fail_field (self);
    return;
  }
  memset (data, 0, 8);
  data[3] = 1u << CLASS_MEDIA; /* the classes there are */
  if ((self->packet[4] & (1u << CLASS_MEDIA)) == 0) {
    put_u16 (data, 2);
    data[2] = 0x80; /* none of what was asked for */
    mos_atapi_give (self, 4, get_u16 (self->packet + 7));
    return;
  }
  put_u16 (data, 6);
  data[2] = CLASS_MEDIA;
  data[4] = self->media_event;
  data[5] = (guint8) ((has_disc (self) ? 2 : 0) | (self->tray_open ? 1 : 0));
  self->media_event = 0;
  mos_atapi_give (self, 8, get_u16 (self->packet + 7));
}

/* -- what the drive can do ----------------------------------------------- */

static guint
append_feature (guint8 *data,
                guint   at,
                guint   code,
                guint   flags,
                guint   extra,
                guint32 value)
{
  put_u16 (data + at, code);
  data[at + 2] = (guint8) flags;
  data[at + 3] = (guint8) extra;
  if (extra >= 4)
    put_u32 (data + at + 4, value);
  if (extra >= 8)
    memset (data + at + 8, 0, extra - 4);
  return at + 4 + extra;
}

static void
run_get_configuration (MosAtaDrive *self)
{
  guint8 *data = self->buffer;
  guint   profile = 0;
  guint   size = 8;

  if (has_disc (self))
    profile = mos_atapi_n_blocks (self) > CD_MAX_BLOCKS ? PROFILE_DVD_ROM
                                                        : PROFILE_CD_ROM;
  memset (data, 0, 8);
  put_u16 (data + 6, profile);
  /* Profile list: DVD-ROM and CD-ROM, the current one marked. */
  size = append_feature (data, size, 0x0000, 0x03, 8, 0);
  put_u16 (data + size - 8, PROFILE_DVD_ROM);
  data[size - 6] = profile == PROFILE_DVD_ROM;
  put_u16 (data + size - 4, PROFILE_CD_ROM);
  data[size - 2] = profile == PROFILE_CD_ROM;
  /* Core (ATAPI), removable medium (tray, eject, lock), random read, CD
   * read. */
  size = append_feature (data, size, 0x0001, 0x0b, 8, 2);
  data[size - 4] = 1;
  size = append_feature (data, size, 0x0003, 0x07, 4, 0x29000000);
  size = append_feature (data, size, 0x0010, profile != 0, 8, 2048);
  data[size - 3] = 1;
  size = append_feature (data, size, 0x001e, profile == PROFILE_CD_ROM, 4, 0);
  put_u32 (data, size - 4);
  mos_atapi_give (self, size, get_u16 (self->packet + 7));
}

/* Mode pages: error recovery, CD capabilities. */
static guint
append_page (guint8 *data, guint at, guint page)
{
  static const guint8 recovery[] = { 0x01, 6, 0, 5, 0, 0, 0, 0 };
  static const guint8 capabilities[] = {
    0x2a, 18, 0x3b, 0x00, 0x71, 0x60, 0x29, 0x00, 0x10, 0x8a,
    0,    2,  0,    0,    0x10, 0x8a, 0,    0,    0,    0,
  };

  if (page == 0x01 || page == 0x3f) {
    memcpy (data + at, recovery, sizeof recovery);
    at += sizeof recovery;
  }
  if (page == 0x2a || page == 0x3f) {
    memcpy (data + at, capabilities, sizeof capabilities);
    at += sizeof capabilities;
  }
  return at;
}

static void
mode_sense (MosAtaDrive *self, guint header, guint wanted)
{
  guint8 *data = self->buffer;
  guint   page = self->packet[2] & 0x3f;
  guint   size;

  if (self->packet[2] >> 6 == 3) {
    mos_atapi_fail (self, KEY_ILLEGAL_REQUEST, CODE_SAVING_UNSUPPORTED, 0);
    return;
  }
  memset (data, 0, header);
  size = append_page (data, header, page);
  if (size == header) {
    fail_field (self);
    return;
  }
  if (self->packet[2] >> 6 == 1) /* which values can be changed: none */
    for (guint at = header; at < size; at += data[at + 1] + 2u)
      memset (data + at + 2, 0, data[at + 1]);
  if (header == 4) {
    data[0] = (guint8) (size - 1);
    data[1] = has_disc (self) ? 0x01 : 0x70;
  } else {
    put_u16 (data, size - 2);
    data[2] = has_disc (self) ? 0x01 : 0x70;
  }
  mos_atapi_give (self, size, wanted);
}

static void
run_mode_sense_6 (MosAtaDrive *self)
{
  mode_sense (self, 4, self->packet[4]);
}

static void
run_mode_sense_10 (MosAtaDrive *self)
{
  mode_sense (self, 8, get_u16 (self->packet + 7));
}

/* Takes the parameters; no page has a value that can be changed. */
static void
run_mode_select (MosAtaDrive *self)
{
  guint size = get_u16 (self->packet + 7);

  if (size == 0) {
    mos_atapi_end (self);
    return;
  }
  self->block_bytes = pio_block_bytes (self);
  mos_ata_move (self, MOS_ATA_OP_CD_TAKE, FALSE, size, TRUE);
}

void
mos_atapi_take_done (MosAtaDrive *self)
{
  mos_atapi_end (self);
}

/* -- the table ----------------------------------------------------------- */

/* clang-format off */
static const Packet packets[] = {
  { 0x00, NEEDS_DISC,       "TEST UNIT READY", run_test_unit_ready },
  { 0x03, BEFORE_ATTENTION, "REQUEST SENSE", run_request_sense },
  { 0x12, BEFORE_ATTENTION, "INQUIRY", run_inquiry },
  { 0x1a, BEFORE_ATTENTION, "MODE SENSE (6)", run_mode_sense_6 },
  { 0x1b, 0,                "START STOP UNIT", run_start_stop },
  { 0x1e, 0,                "PREVENT ALLOW MEDIUM REMOVAL", run_prevent_allow },
  { 0x25, NEEDS_DISC,       "READ CAPACITY", run_read_capacity },
  { 0x28, NEEDS_DISC,       "READ (10)", mos_atapi_run_read },
  { 0x2b, NEEDS_DISC,       "SEEK (10)", run_seek },
  { 0x43, NEEDS_DISC,       "READ TOC/PMA/ATIP", run_read_toc },
  { 0x46, BEFORE_ATTENTION, "GET CONFIGURATION", run_get_configuration },
  { 0x4a, BEFORE_ATTENTION, "GET EVENT STATUS NOTIFICATION", run_get_event },
  { 0x51, NEEDS_DISC,       "READ DISC INFORMATION", run_read_disc_info },
  { 0x52, NEEDS_DISC,       "READ TRACK INFORMATION", run_read_track_info },
  { 0x55, 0,                "MODE SELECT (10)", run_mode_select },
  { 0x5a, BEFORE_ATTENTION, "MODE SENSE (10)", run_mode_sense_10 },
  { 0xa8, NEEDS_DISC,       "READ (12)", mos_atapi_run_read },
  { 0xb9, NEEDS_DISC,       "READ CD MSF", mos_atapi_run_read_cd_msf },
  { 0xbb, BEFORE_ATTENTION, "SET CD SPEED", run_test_unit_ready },
  { 0xbd, BEFORE_ATTENTION, "MECHANISM STATUS", run_mechanism_status },
  { 0xbe, NEEDS_DISC,       "READ CD", mos_atapi_run_read_cd },
};
/* clang-format on */

static const Packet *
find_packet (guint8 opcode)
{
  for (gsize i = 0; i < G_N_ELEMENTS (packets); i++)
    if (packets[i].opcode == opcode)
      return &packets[i];
  return NULL;
}

/* The packet is in the buffer. */
void
mos_atapi_execute (MosAtaDrive *self)
{
  const Packet *row;

  memcpy (self->packet, self->buffer, MOS_ATA_PACKET_BYTES);
  row = find_packet (self->packet[0]);
  if (row == NULL) {
    mos_atapi_fail (self, KEY_ILLEGAL_REQUEST, CODE_INVALID_OPCODE, 0);
    return;
  }
  if (self->unit_attention && (row->flags & BEFORE_ATTENTION) == 0) {
    self->unit_attention = FALSE;
    mos_atapi_fail (self, KEY_UNIT_ATTENTION, CODE_MEDIUM_CHANGED, 0);
    return;
  }
  if ((row->flags & NEEDS_DISC) != 0 && !has_disc (self)) {
    mos_atapi_fail (self, KEY_NOT_READY, CODE_NO_MEDIUM,
                    self->tray_open ? 2 : 1);
    return;
  }
  if (row->opcode != 0x03) {
    self->sense_key = KEY_NONE;
    self->sense_code = 0;
    self->sense_qualifier = 0;
  }
  row->run (self);
}
