/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What all kinds of direct boot share: memory, descriptor tables, modes.
 *
 * The lowest pages hold the descriptor table and, for 64-bit mode, page
 * tables; loaders keep clear of them. Nothing runs yet while this does.
 */
#include "devices/board/boot.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"

#define GDT_GPA         0x800u
#define PAGE_TABLES_GPA 0x98000u
#define VGA_GPA         0xa0000u
#define MIB             0x100000u
#define RESERVED_GPA    0xe0000u
#define BASE_END        0x9fc00u
#define HIGH_GPA        G_GUINT64_CONSTANT (0x100000000)
#define MODULE_ALIGN    4096u

#define SELECTOR_CODE 0x10
#define SELECTOR_DATA 0x18
#define SELECTOR_TASK 0x20

#define CR0_PG 0x80000000u

enum {
  CR0_PE = 1u << 0,
  CR0_ET = 1u << 4,

  CR4_PAE = 1u << 5,
  EFER_LME = 1u << 8,
  EFER_LMA = 1u << 10,
  PAGE_PRESENT = 1,
  PAGE_WRITABLE = 2,
  PAGE_LARGE = 0x80
};

/* Files -------------------------------------------------------------------- */

static guint64
read_number (const MosBootFile *file, guint64 offset, guint n_bytes)
{
  guint64 value = 0;

  if (offset > file->size || file->size - offset < n_bytes)
    return 0;
  for (guint i = 0; i < n_bytes; i++)
    value |= (guint64) file->data[offset + i] << 8 * i;
  return value;
}

guint16
mos_boot_u16 (const MosBootFile *file, guint64 offset)
{
  return read_number (file, offset, 2);
}

guint32
mos_boot_u32 (const MosBootFile *file, guint64 offset)
{
  return read_number (file, offset, 4);
}

guint64
mos_boot_u64 (const MosBootFile *file, guint64 offset)
{
  return read_number (file, offset, 8);
}

void
mos_boot_error (const MosBootFile *file, GError **error, const char *why)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("Cannot boot “%s”: %s"), file->name, why);
}

/* Memory ------------------------------------------------------------------- */

guint
mos_boot_ranges (const MosBoot *boot, MosBootRange *ranges)
{
  guint n = 0;

  ranges[n++] = (MosBootRange){ 0, BASE_END, MOS_E820_RAM };
  ranges[n++] =
      (MosBootRange){ BASE_END, VGA_GPA - BASE_END, MOS_E820_RESERVED };
  ranges[n++] =
      (MosBootRange){ RESERVED_GPA, MIB - RESERVED_GPA, MOS_E820_RESERVED };
  if (boot->low_bytes > MIB)
    ranges[n++] = (MosBootRange){ MIB, boot->low_bytes - MIB, MOS_E820_RAM };
  if (boot->high_bytes > 0)
    ranges[n++] = (MosBootRange){ HIGH_GPA, boot->high_bytes, MOS_E820_RAM };
  return n;
}

static gboolean
is_free (const MosBoot *boot, guint64 gpa, guint64 size)
{
  if (size > boot->low_bytes || gpa > boot->low_bytes - size)
    return FALSE;
  return gpa + size <= VGA_GPA || gpa >= MIB;
}

gboolean
mos_boot_put (const MosBoot *boot, guint64 gpa, const void *data, guint64 size)
{
  if (!is_free (boot, gpa, size))
    return FALSE;
  if (data != NULL)
    return mos_memory_map_write (boot->memory, gpa, data, size);
  while (size > 0) {
    guint64 n = size;
    guint8 *hva = mos_memory_map_pointer (boot->memory, gpa, &n, TRUE);

    if (hva == NULL || n == 0)
      return FALSE;
    n = MIN (n, size);
    memset (hva, 0, n);
    mos_memory_map_note_write (boot->memory, gpa, n);
    gpa += n;
    size -= n;
  }
  return TRUE;
}

gboolean
mos_boot_put_modules (const MosBoot *boot,
                      guint64       *end,
                      guint32       *gpas,
                      GError       **error)
{
  for (guint i = 0; i < boot->n_modules; i++) {
    const MosBootFile *file = &boot->modules[i].file;
    guint64            gpa =
        (MAX (*end, MIB) + MODULE_ALIGN - 1) & ~(guint64) (MODULE_ALIGN - 1);

    if (!mos_boot_put (boot, gpa, file->data, file->size)) {
      mos_boot_error (file, error,
                      _ ("it does not fit into the machine's memory"));
      return FALSE;
    }
    gpas[i] = gpa;
    *end = gpa + file->size;
  }
  return TRUE;
}

/* Processor ---------------------------------------------------------------- */

static void
set_segment (MosSegment *segment,
             guint16     selector,
             gboolean    code,
             gboolean    wide64)
{
  *segment = (MosSegment){
    .selector = selector,
    .limit = G_MAXUINT32,
    .type = code ? 0xb : 0x3, /* accessed, readable or writable */
    .s = 1,
    .present = 1,
    .db = !wide64,
    .l = wide64,
    .g = 1,
  };
}

/* Flat segments and a task, in registers and in a table behind them. */
static gboolean
set_segments (const MosBoot *boot, MosCpuState *cpu, gboolean wide64)
{
  static const guint data_segments[] = { MOS_SEG_DS, MOS_SEG_ES, MOS_SEG_SS,
                                         MOS_SEG_FS, MOS_SEG_GS };
  guint64            gdt[6] = {
               0,
               0,
    wide64 ? G_GUINT64_CONSTANT (0x00af9b000000ffff)
                      : G_GUINT64_CONSTANT (0x00cf9b000000ffff),
               G_GUINT64_CONSTANT (0x00cf93000000ffff),
               G_GUINT64_CONSTANT (0x00008b0000000067),
               0,
  };

  if (!mos_boot_put (boot, GDT_GPA, gdt, sizeof (gdt)))
    return FALSE;
  cpu->gdt.base = GDT_GPA;
  cpu->gdt.limit = sizeof (gdt) - 1;
  cpu->idt.base = 0;
  cpu->idt.limit = 0;
  set_segment (&cpu->seg[MOS_SEG_CS], SELECTOR_CODE, TRUE, wide64);
  for (guint i = 0; i < G_N_ELEMENTS (data_segments); i++)
    set_segment (&cpu->seg[data_segments[i]], SELECTOR_DATA, FALSE, FALSE);
  cpu->seg[MOS_SEG_TR] = (MosSegment){
    .selector = SELECTOR_TASK, .limit = 0x67, .type = 0xb, .present = 1
  };
  cpu->rflags = 2;
  return TRUE;
}

gboolean
mos_boot_enter_protected (const MosBoot *boot, MosCpuState *cpu, guint32 eip)
{
  cpu->cr0 = CR0_PE | CR0_ET;
  cpu->cr4 = 0;
  cpu->efer = 0;
  cpu->rip = eip;
  return set_segments (boot, cpu, FALSE);
}

gboolean
mos_boot_enter_long (const MosBoot *boot, MosCpuState *cpu, guint64 rip)
{
  /* One page each: level 4, level 3, and four of level 2. */
  g_autofree guint64 *tables = g_new0 (guint64, 6 * 512);
  guint64             flags = PAGE_PRESENT | PAGE_WRITABLE;

  tables[0] = (PAGE_TABLES_GPA + 0x1000) | flags;
  for (guint i = 0; i < 4; i++)
    tables[512 + i] = (PAGE_TABLES_GPA + 0x2000 + i * 0x1000) | flags;
  for (guint64 i = 0; i < 4 * 512; i++)
    tables[1024 + i] = i << 21 | flags | PAGE_LARGE;
  if (!mos_boot_put (boot, PAGE_TABLES_GPA, tables, 6 * 4096))
    return FALSE;
  cpu->cr3 = PAGE_TABLES_GPA;
  cpu->cr4 = CR4_PAE;
  cpu->cr0 = CR0_PE | CR0_ET | CR0_PG;
  cpu->efer = EFER_LME | EFER_LMA;
  cpu->rip = rip;
  return set_segments (boot, cpu, TRUE);
}

/* Kinds -------------------------------------------------------------------- */

typedef struct {
  gboolean (*is) (const MosBootFile *file);
  gboolean (*load) (const MosBoot *boot, MosCpuState *cpu, GError **error);
} Kind;

static const Kind kinds[] = {
  { mos_boot_is_linux, mos_boot_linux },
  { mos_boot_is_multiboot, mos_boot_multiboot },
  { mos_boot_is_pvh, mos_boot_pvh },
};

gboolean
mos_boot_load (const MosBoot *boot, MosCpuState *cpu, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (kinds[i].is (&boot->kernel))
      return kinds[i].load (boot, cpu, error);
  if (mos_boot_is_elf (&boot->kernel)) {
    mos_boot_error (&boot->kernel, error,
                    _ ("it is an ELF file with neither a multiboot header nor "
                       "a PVH note; use a kernel made for one of them"));
    return FALSE;
  }
  return mos_boot_flat (boot, cpu, error);
}
