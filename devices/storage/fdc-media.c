/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The kinds of floppies, by the size of their images.
 *
 * An image of another size is taken for the smallest common floppy that holds
 * it; what it lacks reads as zeros. A medium answers only at the data rates of
 * its density, as a real one does: that is how systems find out what it is.
 */
#include "devices/storage/fdc-internal.h"

enum {
  SLOW = 1u << MOS_FLOPPY_RATE_250K | 1u << MOS_FLOPPY_RATE_300K,
  DOUBLE = 1u << MOS_FLOPPY_RATE_250K,
  HIGH = 1u << MOS_FLOPPY_RATE_500K,
  EXTRA = 1u << MOS_FLOPPY_RATE_1M
};

/* clang-format off */
static const MosFloppyFormat formats[] = {
  /* name      sectors tracks heads sectors rates  drive */
  { "160 KB",      320,    40,    1,      8, SLOW,   1 },
  { "180 KB",      360,    40,    1,      9, SLOW,   1 },
  { "320 KB",      640,    40,    2,      8, SLOW,   1 },
  { "360 KB",      720,    40,    2,      9, SLOW,   1 },
  { "720 KB",     1440,    80,    2,      9, DOUBLE, 4 },
  { "1.2 MB",     2400,    80,    2,     15, HIGH,   2 },
  { "1.44 MB",    2880,    80,    2,     18, HIGH,   4 },
  { "1.6 MB",     3200,    80,    2,     20, HIGH,   4 },
  { "1.68 MB",    3360,    80,    2,     21, HIGH,   4 },
  { "1.72 MB",    3444,    82,    2,     21, HIGH,   4 },
  { "2.88 MB",    5760,    80,    2,     36, EXTRA,  5 },
};
/* clang-format on */

/* What an image of an odd size is taken for. */
static const guint32 common_sectors[] = { 2880, 5760 };

static const MosFloppyFormat *
format_with (guint64 n_sectors)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].n_sectors == n_sectors)
      return &formats[i];
  return NULL;
}

const MosFloppyFormat *
mos_floppy_format_for (guint64 bytes)
{
  guint64 n_sectors =
      bytes / MOS_FLOPPY_SECTOR_BYTES + (bytes % MOS_FLOPPY_SECTOR_BYTES != 0);
  const MosFloppyFormat *exact = format_with (n_sectors);

  if (exact != NULL)
    return exact;
  for (gsize i = 0; i < G_N_ELEMENTS (common_sectors); i++)
    if (n_sectors <= common_sectors[i])
      return format_with (common_sectors[i]);
  return NULL;
}
