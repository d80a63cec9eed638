/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Direct boot: a kernel file goes into memory and the processor stands at its
 * entry, with no firmware in between.
 *
 * Four kinds of files are known, tried in this order: Linux bzImage, multiboot
 * 1 (ELF or with load addresses), PVH ELF, and flat binaries that start in real
 * mode at 0000:7c00. The files may be hostile: every offset and size in them is
 * checked. MOS_ERROR_INVALID_VALUE says what is wrong with which file.
 */
#pragma once

#include "engine/cpu/state.h"
#include "engine/memory/map.h"

G_BEGIN_DECLS

#define MOS_BOOT_MAX_MODULES 16

typedef struct {
  const char   *name; /* for messages */
  const guint8 *data;
  gsize         size;
} MosBootFile;

typedef struct {
  MosBootFile file;
  const char *command_line;
} MosBootModule;

typedef struct {
  MosMemoryMap *memory;     /* RAM from 0 to low_bytes, but for VGA's window */
  guint64       low_bytes;  /* RAM below 4 GiB */
  guint64       high_bytes; /* RAM from 4 GiB on */
  MosBootFile   kernel;
  const char *kernel_word;  /* what multiboot calls it; NULL: its file's name */
  const char *command_line; /* never NULL */
  MosBootModule modules[MOS_BOOT_MAX_MODULES]; /* the first is the initrd */
  guint         n_modules;
  guint32       rsdp_gpa;    /* where the ACPI tables begin */
  gboolean      text_screen; /* the display adapter is in 80 by 25 text mode */
} MosBoot;

/* Loads boot->kernel and sets @cpu, which comes in as after reset. */
gboolean mos_boot_load (const MosBoot *boot, MosCpuState *cpu, GError **error);

/* For the loaders ---------------------------------------------------------- */

enum {
  MOS_E820_RAM = 1,
  MOS_E820_RESERVED = 2,
  MOS_E820_ACPI = 3
};

typedef struct {
  guint64 gpa;
  guint64 size;
  guint32 type;
} MosBootRange;

#define MOS_BOOT_MAX_RANGES 8

/* What is where in memory; returns how many. */
guint mos_boot_ranges (const MosBoot *boot, MosBootRange *ranges);

/* Copies @data to RAM, or zeroes there if it is NULL; FALSE if the place is
 * not all RAM below 4 GiB. */
gboolean
mos_boot_put (const MosBoot *boot, guint64 gpa, const void *data, guint64 size);

/* Little-endian numbers of a file; 0 beyond its end. */
guint16 mos_boot_u16 (const MosBootFile *file, guint64 offset);
guint32 mos_boot_u32 (const MosBootFile *file, guint64 offset);
guint64 mos_boot_u64 (const MosBootFile *file, guint64 offset);

/* Puts a descriptor table at a fixed place and enters flat 32-bit protected
 * mode without paging, or 64-bit mode with 4 GiB mapped one to one. */
gboolean
mos_boot_enter_protected (const MosBoot *boot, MosCpuState *cpu, guint32 eip);
gboolean
mos_boot_enter_long (const MosBoot *boot, MosCpuState *cpu, guint64 rip);

void mos_boot_error (const MosBootFile *file, GError **error, const char *why);

/* An ELF file's segments in memory: where they end, and the physical address
 * of the entry. */
gboolean mos_boot_is_elf (const MosBootFile *file);
gboolean mos_boot_load_elf (const MosBoot *boot,
                            guint64       *end,
                            guint64       *entry,
                            GError       **error);
/* The entry of a PVH kernel's note; FALSE if it has none. */
gboolean mos_boot_find_pvh_entry (const MosBootFile *file, guint32 *entry);

/* Puts modules page-aligned above *@end; their places go to @gpas. */
gboolean mos_boot_put_modules (const MosBoot *boot,
                               guint64       *end,
                               guint32       *gpas,
                               GError       **error);

/* Is it one, and load it. */
gboolean mos_boot_is_linux (const MosBootFile *file);
gboolean mos_boot_linux (const MosBoot *boot, MosCpuState *cpu, GError **error);
gboolean mos_boot_is_multiboot (const MosBootFile *file);
gboolean
mos_boot_multiboot (const MosBoot *boot, MosCpuState *cpu, GError **error);
gboolean mos_boot_is_pvh (const MosBootFile *file);
gboolean mos_boot_pvh (const MosBoot *boot, MosCpuState *cpu, GError **error);
gboolean mos_boot_flat (const MosBoot *boot, MosCpuState *cpu, GError **error);

G_END_DECLS
