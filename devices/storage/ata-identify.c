/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a drive says about itself: IDENTIFY (PACKET) DEVICE and SMART.
 *
 * Word numbers are those of ACS-2, "IDENTIFY DEVICE data". The data is built
 * anew each time from the settings, so both cannot disagree.
 */
#include <string.h>

#include "devices/storage/ata.h"

#define N_WORDS          256
#define PIO_MODES        0x0003 /* 3 and 4 */
#define MULTIWORD_MODES  0x07
#define ULTRA_MODES      0x3f
#define CYCLE_120_NS     120
#define ATA_4_TO_8       0x01f0
#define NON_ROTATING     1
#define SIGNATURE        0xa5
#define SMART_STRUCTURE  0x0010
#define SMART_ATTRIBUTES 30

static void
set_word (guint8 *data, guint word, guint value)
{
  data[word * 2] = (guint8) value;
  data[word * 2 + 1] = (guint8) (value >> 8);
}

/* Letters come in swapped pairs, filled up with spaces. */
static void
set_text (guint8 *data, guint word, guint n_words, const char *text)
{
  gsize length = strlen (text);

  for (guint i = 0; i < n_words * 2; i++)
    data[word * 2 + (i ^ 1)] = i < length ? (guint8) text[i] : ' ';
}

/* The bit of the selected mode, if it is of the family @base (0x20 multiword,
 * 0x40 Ultra DMA). */
static guint
selected_mode (const MosAtaDrive *self, guint base)
{
  if ((self->transfer_mode & 0xf8u) != base)
    return 0;
  return 0x100u << (self->transfer_mode & 7);
}

/* Word 255: all bytes together are 0. */
static void
set_checksum (guint8 *data)
{
  guint sum = SIGNATURE;

  data[510] = SIGNATURE;
  for (guint i = 0; i < 510; i++)
    sum += data[i];
  data[511] = (guint8) (0x100 - (sum & 0xff));
}

static void
set_common (MosAtaDrive *self, guint8 *data, const char *model)
{
  memset (data, 0, N_WORDS * 2);
  set_text (data, 10, 10, self->serial);
  set_text (data, 23, 4, "1.0");
  set_text (data, 27, 20, model);
  set_word (data, 53, 0x0006); /* words 64 to 70 and 88 are valid */
  set_word (data, 63, MULTIWORD_MODES | selected_mode (self, 0x20));
  set_word (data, 64, PIO_MODES);
  for (guint word = 65; word <= 68; word++)
    set_word (data, word, CYCLE_120_NS);
  set_word (data, 80, ATA_4_TO_8);
  set_word (data, 88, ULTRA_MODES | selected_mode (self, 0x40));
  if (self->sata) {
    set_word (data, 76, 0x0006); /* 1.5 and 3 Gbit/s */
    return;
  }
  /* Bit 13: an 80-wire cable, so that fast modes are tried. */
  set_word (data, 93, self->index & 1 ? 0x6b00 : 0x600b);
}

static void
set_sectors (guint8 *data, guint word, guint n_words, guint64 count)
{
  for (guint i = 0; i < n_words; i++)
    set_word (data, word + i, (guint) (count >> (i * 16)) & 0xffff);
}

void
mos_ata_identify_disk (MosAtaDrive *self)
{
  guint8 *data = self->buffer;
  guint64 n_sectors = mos_ata_n_sectors (self);
  guint   per_cylinder = self->logical_heads * self->logical_sectors;
  guint64 cylinders = n_sectors / MAX (per_cylinder, 1);

  cylinders = MIN (cylinders, 16383);
  set_common (self, data, "MultiOS Lab disk");
  set_word (data, 0, 0x0040); /* not removable */
  set_word (data, 1, self->cylinders);
  set_word (data, 3, self->heads);
  set_word (data, 6, self->sectors);
  set_word (data, 47, 0x8000 | MOS_ATA_MAX_MULTIPLE);
  set_word (data, 49, 0x2f00); /* DMA, LBA, IORDY, standby timer */
  set_word (data, 50, 0x4000);
  set_word (data, 53, 0x0007);
  set_word (data, 54, (guint) cylinders);
  set_word (data, 55, self->logical_heads);
  set_word (data, 56, self->logical_sectors);
  set_sectors (data, 57, 2, cylinders * per_cylinder);
  set_word (data, 59, self->multiple != 0 ? 0x100u | self->multiple : 0);
  set_sectors (data, 60, 2, MIN (n_sectors, 0x0fffffff));
  /* SMART, power management, write cache, look-ahead, buffers, NOP */
  set_word (data, 82, 0x7069);
  set_word (data, 83, 0x7400); /* 48 bits, both flushes */
  set_word (data, 84, 0x4040); /* writes with FUA */
  set_word (data, 85,
            0x7008 | (self->smart ? 0x01u : 0) |
                (self->write_cache ? 0x20u : 0) |
                (self->look_ahead ? 0x40u : 0));
  set_word (data, 86, 0x3400);
  set_word (data, 87, 0x4040);
  set_sectors (data, 100, 4, n_sectors);
  set_word (data, 105, 8); /* sectors of ranges a TRIM may bring */
  set_word (data, 106, 0x4000);
  set_word (data, 169, 0x0001); /* TRIM */
  set_word (data, 217, NON_ROTATING);
  set_checksum (data);
}

void
mos_ata_identify_cdrom (MosAtaDrive *self)
{
  guint8 *data = self->buffer;

  set_common (self, data, "MultiOS Lab CD-ROM");
  /* ATAPI, CD-ROM, removable, asks for packets within 50 us, 12 bytes */
  set_word (data, 0, 0x85c0);
  set_word (data, 49, 0x0f00); /* DMA, LBA, IORDY */
  set_word (data, 82, 0x4210); /* NOP, DEVICE RESET, PACKET */
  set_word (data, 83, 0x4000);
  set_word (data, 84, 0x4000);
  set_word (data, 85, 0x4210);
  set_word (data, 87, 0x4000);
}

/* -- SMART --------------------------------------------------------------- */

typedef struct {
  guint8 id;
  guint8 flags;
  guint8 value;
  guint8 threshold;
} SmartAttribute;

/* A drive made of a file wears out nothing that it could count. */
static const SmartAttribute attributes[] = {
  { 1, 0x03, 100, 6 },  /* read errors */
  { 5, 0x03, 100, 36 }, /* reallocated sectors */
  { 9, 0x02, 100, 0 },  /* hours */
  { 12, 0x02, 100, 0 }, /* power cycles */
  { 197, 0x02, 100, 0 } /* pending sectors */
};

/* The last byte makes the sum of all 0. */
static void
set_sum (guint8 *data)
{
  guint sum = 0;

  for (guint i = 0; i < 511; i++)
    sum += data[i];
  data[511] = (guint8) (0x100 - (sum & 0xff));
}

static void
give_smart (MosAtaDrive *self, gboolean thresholds)
{
  guint8 *data = self->buffer;

  memset (data, 0, 512);
  set_word (data, 0, SMART_STRUCTURE);
  G_STATIC_ASSERT (G_N_ELEMENTS (attributes) <= SMART_ATTRIBUTES);
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    guint8 *row = data + 2 + i * 12;

    row[0] = attributes[i].id;
    if (thresholds) {
      row[1] = attributes[i].threshold;
    } else {
      row[1] = attributes[i].flags;
      row[3] = attributes[i].value;
      row[4] = attributes[i].value;
    }
  }
  set_sum (data);
  mos_ata_move (self, MOS_ATA_OP_GIVE, TRUE, 512, TRUE);
}

void
mos_ata_smart (MosAtaDrive *self)
{
  enum {
    READ_DATA = 0xd0,
    READ_THRESHOLDS = 0xd1,
    AUTO_SAVE = 0xd2,
    ENABLE = 0xd8,
    DISABLE = 0xd9,
    RETURN_STATUS = 0xda
  };
  guint8 subcommand = self->now.feature;

  if (self->now.lba[1] != 0x4f || self->now.lba[2] != 0xc2 ||
      (!self->smart && subcommand != ENABLE)) {
    mos_ata_abort (self);
    return;
  }
  switch (subcommand) {
  case READ_DATA:
  case READ_THRESHOLDS:
    give_smart (self, subcommand == READ_THRESHOLDS);
    return;
  case ENABLE:
  case DISABLE:
    self->smart = subcommand == ENABLE;
    break;
  case AUTO_SAVE:
  case RETURN_STATUS: /* 4f c2 stay: no threshold is exceeded */
    break;
  default:
    mos_ata_abort (self);
    return;
  }
  mos_ata_end (self);
}
