/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Flat binaries: bytes that start in real mode at 0000:7c00, as a boot sector
 * does, but with no firmware underneath and up to some 600 KiB long.
 */
#include <glib/gi18n-lib.h>

#include "devices/board/boot.h"

#define START_GPA 0x7c00u
#define END_GPA   0x9fc00u

gboolean
mos_boot_flat (const MosBoot *boot, MosCpuState *cpu, GError **error)
{
  static const guint all[] = { MOS_SEG_CS, MOS_SEG_DS, MOS_SEG_ES,
                               MOS_SEG_SS, MOS_SEG_FS, MOS_SEG_GS };
  const MosBootFile *file = &boot->kernel;

  if (file->size == 0) {
    mos_boot_error (file, error, _ ("it is empty"));
    return FALSE;
  }
  if (file->size > END_GPA - START_GPA ||
      !mos_boot_put (boot, START_GPA, file->data, file->size)) {
    mos_boot_error (file, error,
                    _ ("it is no kernel that is known (bzImage, multiboot, "
                       "PVH) and too large for a flat binary"));
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    cpu->seg[all[i]].selector = 0;
    cpu->seg[all[i]].base = 0;
  }
  cpu->rip = START_GPA;
  cpu->gpr[MOS_RSP] = START_GPA;
  cpu->gpr[MOS_RDX] = 0x80; /* the first disk, as firmware would say */
  return TRUE;
}
