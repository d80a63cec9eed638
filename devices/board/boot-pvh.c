/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * ELF kernels with a PVH entry (Xen documentation, "x86/HVM direct boot ABI").
 *
 * The note XEN_ELFNOTE_PHYS32_ENTRY names the physical entry; the kernel starts
 * there in flat 32-bit mode with EBX pointing to a start_info structure that
 * leads to modules, command line, memory map and the ACPI tables.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/board/boot.h"

#define START_MAGIC 0x336ec578u
#define PAGE        4096u
#define MIB         0x100000u

typedef struct {
  guint32 magic;
  guint32 version;
  guint32 flags;
  guint32 n_modules;
  guint64 modules_gpa;
  guint64 command_line_gpa;
  guint64 rsdp_gpa;
  guint64 map_gpa;
  guint32 n_map_entries;
  guint32 reserved;
} StartInfo;

typedef struct {
  guint64 gpa;
  guint64 size;
  guint64 command_line_gpa;
  guint64 reserved;
} Module;

typedef struct {
  guint64 gpa;
  guint64 size;
  guint32 type;
  guint32 reserved;
} MapEntry;

/* All of it, at fixed places in one page; command lines come behind. */
typedef struct {
  StartInfo info;
  Module    modules[MOS_BOOT_MAX_MODULES];
  MapEntry  map[MOS_BOOT_MAX_RANGES];
} Start;

G_STATIC_ASSERT (sizeof (StartInfo) == 56);
G_STATIC_ASSERT (sizeof (Module) == 32);
G_STATIC_ASSERT (sizeof (MapEntry) == 24);
G_STATIC_ASSERT (G_BYTE_ORDER == G_LITTLE_ENDIAN);

gboolean
mos_boot_is_pvh (const MosBootFile *file)
{
  guint32 entry;

  return mos_boot_find_pvh_entry (file, &entry);
}

static gboolean
put_string (const MosBoot *boot, guint64 *gpa, const char *text, guint64 *at)
{
  gsize size = strlen (text) + 1;

  *at = *gpa;
  *gpa += size;
  return mos_boot_put (boot, *at, text, size);
}

static gboolean
put_start (const MosBoot *boot, guint64 start_gpa, const guint32 *module_gpas)
{
  Start        start = { 0 };
  MosBootRange ranges[MOS_BOOT_MAX_RANGES];
  guint64      strings = start_gpa + sizeof (Start);
  guint        n = mos_boot_ranges (boot, ranges);

  start.info.magic = START_MAGIC;
  start.info.version = 1;
  start.info.n_modules = boot->n_modules;
  if (boot->n_modules > 0)
    start.info.modules_gpa = start_gpa + offsetof (Start, modules);
  start.info.rsdp_gpa = boot->rsdp_gpa;
  start.info.map_gpa = start_gpa + offsetof (Start, map);
  start.info.n_map_entries = n;
  for (guint i = 0; i < n; i++)
    start.map[i] =
        (MapEntry){ ranges[i].gpa, ranges[i].size, ranges[i].type, 0 };
  if (!put_string (boot, &strings, boot->command_line,
                   &start.info.command_line_gpa))
    return FALSE;
  for (guint i = 0; i < boot->n_modules; i++) {
    start.modules[i].gpa = module_gpas[i];
    start.modules[i].size = boot->modules[i].file.size;
    if (!put_string (boot, &strings, boot->modules[i].command_line,
                     &start.modules[i].command_line_gpa))
      return FALSE;
  }
  return mos_boot_put (boot, start_gpa, &start, sizeof (start));
}

gboolean
mos_boot_pvh (const MosBoot *boot, MosCpuState *cpu, GError **error)
{
  guint32 gpas[MOS_BOOT_MAX_MODULES];
  guint64 end;
  guint64 elf_entry;
  guint64 start_gpa;
  guint32 entry = 0;

  mos_boot_find_pvh_entry (&boot->kernel, &entry);
  if (!mos_boot_load_elf (boot, &end, &elf_entry, error) ||
      !mos_boot_put_modules (boot, &end, gpas, error))
    return FALSE;
  start_gpa = (MAX (end, MIB) + PAGE - 1) & ~(guint64) (PAGE - 1);
  if (!put_start (boot, start_gpa, gpas) ||
      !mos_boot_enter_protected (boot, cpu, entry)) {
    mos_boot_error (&boot->kernel, error,
                    _ ("the machine has too little memory"));
    return FALSE;
  }
  cpu->gpr[MOS_RBX] = start_gpa;
  return TRUE;
}
