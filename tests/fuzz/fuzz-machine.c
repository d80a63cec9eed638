/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Anything as what a machine boots. The first byte of the input chooses:
 *
 *   most     a kernel of any kind, or code that starts at 0000:7c00
 *   'p'      records of port and value that a small loop writes and reads, so
 *            that the devices, too, see any order of accesses
 *   FLOPPY:  a floppy under the firmware; it takes seconds, so only a few are
 *            tried a run
 *
 * The machine must do something for some milliseconds, stop when told to, and
 * leave nothing behind.
 */
#include <glib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine-rig.h"

#define RUN_MS        4
#define FLOPPY_RUN_MS 2500
#define FLOPPY_MAGIC  "FLOPPY:"
#define FLOPPIES      1
#define FLOPPIES_LONG 40

/* At 0000:7c00. Six bytes a record: port, value. */
static const guint8 hammer[] = {
  0xbe, 0x20, 0x7c,       /* mov si, 0x7c20 */
  0xad,                   /* next: lodsw */
  0x89, 0xc2,             /* mov dx, ax */
  0x66, 0xad,             /* lodsd */
  0xee,                   /* out dx, al */
  0xef,                   /* out dx, ax */
  0x66, 0xef,             /* out dx, eax */
  0xec,                   /* in al, dx */
  0xed,                   /* in ax, dx */
  0x66, 0xed,             /* in eax, dx */
  0x81, 0xfe, 0x00, 0x80, /* cmp si, 0x8000 */
  0x72, 0xed,             /* jb next */
  0xfb,                   /* sti */
  0xf4,                   /* hlt */
  0xeb, 0xe7              /* jmp start */
};

static void
try_ports (const guint8 *data, gsize size)
{
  guint8 image[0x400] = { 0 };

  memcpy (image, hammer, sizeof hammer);
  /* The data goes round. */
  for (gsize i = 0x20; i < sizeof image && size > 0; i++)
    image[i] = data[(i - 0x20) % size];
  rig_try (rig_vm_new (image, sizeof image, FALSE), RUN_MS);
}

static void
try_floppy (const guint8 *data, gsize size)
{
  static guint tried;
  guint wanted = g_getenv ("MOS_TEST_LONG") != NULL ? FLOPPIES_LONG : FLOPPIES;

  if (tried++ < wanted)
    rig_try (rig_vm_new (data, size, TRUE), FLOPPY_RUN_MS);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0 || rig_why_not () != NULL)
    return 0;
  if (size > strlen (FLOPPY_MAGIC) &&
      memcmp (data, FLOPPY_MAGIC, strlen (FLOPPY_MAGIC)) == 0)
    try_floppy (data + strlen (FLOPPY_MAGIC), size - strlen (FLOPPY_MAGIC));
  else if (data[0] == 'p')
    try_ports (data + 1, size - 1);
  else
    rig_try (rig_vm_new (data, size, FALSE), RUN_MS);
  return 0;
}
