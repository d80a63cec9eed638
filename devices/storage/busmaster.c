/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Copies to and from guest RAM, run by run; see the header for why not more.
 */
#include "devices/storage/busmaster.h"

#include <string.h>

/* Length of the piece from @gpa that does not cross a page. */
static gsize
within_page (guint64 gpa, gsize size)
{
  return MIN (size, MOS_PAGE_SIZE - (gsize) (gpa & (MOS_PAGE_SIZE - 1)));
}

void
mos_busmaster_read (MosMemoryMap *map, guint64 gpa, void *data, gsize size)
{
  guint8 *to = data;

  while (size > 0) {
    guint64 run = size;
    guint8 *from = mos_memory_map_pointer (map, gpa, &run, FALSE);

    if (from == NULL) {
      run = within_page (gpa, size);
      memset (to, 0xff, run);
    } else {
      memcpy (to, from, run);
    }
    gpa += run;
    to += run;
    size -= run;
  }
}

void
mos_busmaster_write (MosMemoryMap *map,
                     guint64       gpa,
                     const void   *data,
                     gsize         size)
{
  const guint8 *from = data;

  while (size > 0) {
    guint64 run = size;
    guint8 *to = mos_memory_map_pointer (map, gpa, &run, TRUE);

    if (to == NULL) {
      run = within_page (gpa, size);
    } else {
      memcpy (to, from, run);
      mos_memory_map_note_write (map, gpa, run);
    }
    gpa += run;
    from += run;
    size -= run;
  }
}

guint32
mos_busmaster_read_u32 (MosMemoryMap *map, guint64 gpa)
{
  guint32 value = 0;

  mos_busmaster_read (map, gpa, &value, sizeof value);
  return GUINT32_FROM_LE (value);
}

guint64
mos_busmaster_read_u64 (MosMemoryMap *map, guint64 gpa)
{
  guint64 value = 0;

  mos_busmaster_read (map, gpa, &value, sizeof value);
  return GUINT64_FROM_LE (value);
}
