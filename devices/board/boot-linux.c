/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Linux bzImage by the x86 boot protocol.
 *
 * Follows the kernel documentation, "The Linux/x86 Boot Protocol": the setup
 * header is copied into a zeroed boot_params page and filled in, the protected
 * mode part goes to its preferred address, the initrd to the top of low
 * memory. A kernel with a 64-bit entry starts there in 64-bit mode, an older or
 * 32-bit one at its 32-bit entry.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/board/boot.h"

#define SECTOR           512u
#define MIB              0x100000u
#define PARAMS_GPA       0x90000u
#define PARAMS_BYTES     4096u
#define LINE_GPA         0x91000u
#define COMMAND_LINE_MAX 0x6fffu
#define E820_BYTES       20
#define HEADER_END       0x290u
#define PAGE             4096u
#define ENTRY64          0x200u
#define OLD_INITRD_MAX   0x37ffffffu

/* Offsets in the file's first sectors and in boot_params alike. */
enum {
  P_ORIG_COLUMN = 0x00,
  P_ORIG_ROW = 0x01,
  P_ORIG_MODE = 0x06,
  P_ORIG_COLUMNS = 0x07,
  P_ORIG_ROWS = 0x0e,
  P_IS_VGA = 0x0f,
  P_FONT_HEIGHT = 0x10,
  P_RSDP = 0x70,
  P_E820_COUNT = 0x1e8,
  P_SETUP_SECTS = 0x1f1,
  P_BOOT_FLAG = 0x1fe,
  P_JUMP = 0x201,
  P_MAGIC = 0x202,
  P_VERSION = 0x206,
  P_LOADER = 0x210,
  P_LOAD_FLAGS = 0x211,
  P_CODE32_START = 0x214,
  P_INITRD = 0x218,
  P_INITRD_BYTES = 0x21c,
  P_HEAP_END = 0x224,
  P_LINE = 0x228,
  P_INITRD_MAX = 0x22c,
  P_ALIGNMENT = 0x230,
  P_RELOCATABLE = 0x234,
  P_XLOAD_FLAGS = 0x236,
  P_LINE_BYTES = 0x238,
  P_PREFERRED = 0x258,
  P_INIT_BYTES = 0x260,
  P_E820 = 0x2d0
};

#define MAGIC             0x53726448u /* "HdrS" */
#define LOADER_OTHER      0xff
#define FLAG_HIGH         0x01
#define FLAG_HEAP         0x80
#define XFLAG_64          0x01
#define VERSION_LINE      0x0202
#define VERSION_LIMITS    0x0203
#define VERSION_LINE_SIZE 0x0206
#define VERSION_PREFERRED 0x020a
#define VERSION_64        0x020c
#define VERSION_RSDP      0x020e

typedef struct {
  guint   version;
  guint64 setup_bytes;
  guint64 load_gpa;
  guint64 kernel_bytes;
  guint64 run_bytes; /* what it needs from load_gpa on while it unpacks */
} Image;

gboolean
mos_boot_is_linux (const MosBootFile *file)
{
  return file->size > HEADER_END &&
         mos_boot_u16 (file, P_BOOT_FLAG) == 0xaa55 &&
         mos_boot_u32 (file, P_MAGIC) == MAGIC;
}

static void
set_number (guint8 *params, guint offset, guint64 value, guint n_bytes)
{
  for (guint i = 0; i < n_bytes; i++)
    params[offset + i] = value >> 8 * i & 0xff;
}

/* Where a relocatable kernel goes: its favourite place if there is room. */
static guint64
choose_place (const MosBoot *boot, const Image *image)
{
  const MosBootFile *file = &boot->kernel;
  guint64            alignment = mos_boot_u32 (file, P_ALIGNMENT);
  guint64            preferred = mos_boot_u64 (file, P_PREFERRED);

  if (image->version < VERSION_PREFERRED || !file->data[P_RELOCATABLE])
    return MIB;
  if (preferred >= MIB && image->run_bytes <= boot->low_bytes &&
      preferred <= boot->low_bytes - image->run_bytes)
    return preferred;
  if (alignment < MIB || (alignment & (alignment - 1)) != 0)
    return MIB;
  return alignment;
}

static gboolean
read_header (const MosBoot *boot, Image *image, GError **error)
{
  const MosBootFile *file = &boot->kernel;
  guint              sectors = file->data[P_SETUP_SECTS];

  image->version = mos_boot_u16 (file, P_VERSION);
  image->setup_bytes = ((sectors == 0 ? 4 : sectors) + 1) * SECTOR;
  if (image->version < VERSION_LINE ||
      !(file->data[P_LOAD_FLAGS] & FLAG_HIGH)) {
    mos_boot_error (file, error,
                    _ ("it is a Linux kernel of before 1998 (zImage); use a "
                       "bzImage"));
    return FALSE;
  }
  if (mos_boot_u32 (file, P_CODE32_START) == 0) {
    mos_boot_error (file, error,
                    _ ("it starts in real mode and asks firmware for help, as "
                       "iPXE does; boot it from a CD or floppy image"));
    return FALSE;
  }
  if (image->setup_bytes >= file->size) {
    mos_boot_error (file, error, _ ("it is cut short"));
    return FALSE;
  }
  image->kernel_bytes = file->size - image->setup_bytes;
  image->run_bytes = image->kernel_bytes;
  if (image->version >= VERSION_PREFERRED)
    image->run_bytes =
        MAX (image->run_bytes, mos_boot_u32 (file, P_INIT_BYTES));
  image->load_gpa = choose_place (boot, image);
  if (image->run_bytes > boot->low_bytes ||
      image->load_gpa > boot->low_bytes - image->run_bytes ||
      !mos_boot_put (boot, image->load_gpa, file->data + image->setup_bytes,
                     image->kernel_bytes)) {
    mos_boot_error (file, error,
                    _ ("it does not fit into the machine's memory; give the "
                       "machine more"));
    return FALSE;
  }
  return TRUE;
}

/* The initrd ends where low memory ends, or where the kernel can reach. */
static gboolean
put_initrd (const MosBoot *boot,
            const Image   *image,
            guint8        *params,
            GError       **error)
{
  const MosBootFile *file = &boot->modules[0].file;
  guint64            limit = boot->low_bytes;
  guint64            reach = image->version >= VERSION_LIMITS
                                 ? mos_boot_u32 (&boot->kernel, P_INITRD_MAX)
                                 : OLD_INITRD_MAX;
  guint64            gpa;

  if (boot->n_modules == 0)
    return TRUE;
  limit = MIN (limit, reach + 1);
  gpa = file->size > limit ? 0 : (limit - file->size) & ~(guint64) (PAGE - 1);
  if (gpa < image->load_gpa + image->run_bytes ||
      !mos_boot_put (boot, gpa, file->data, file->size)) {
    mos_boot_error (file, error,
                    _ ("it does not fit into the machine's memory behind the "
                       "kernel; give the machine more"));
    return FALSE;
  }
  set_number (params, P_INITRD, gpa, 4);
  set_number (params, P_INITRD_BYTES, file->size, 4);
  return TRUE;
}

static gboolean
put_command_line (const MosBoot *boot,
                  const Image   *image,
                  guint8        *params,
                  GError       **error)
{
  gsize length = strlen (boot->command_line);
  guint limit = image->version >= VERSION_LINE_SIZE
                    ? mos_boot_u32 (&boot->kernel, P_LINE_BYTES)
                    : 255;

  if (length > MIN (limit, COMMAND_LINE_MAX)) {
    mos_boot_error (&boot->kernel, error,
                    _ ("the command line is longer than it takes"));
    return FALSE;
  }
  set_number (params, P_LINE, LINE_GPA, 4);
  return mos_boot_put (boot, LINE_GPA, boot->command_line, length + 1);
}

static void
set_memory (const MosBoot *boot, guint8 *params)
{
  MosBootRange ranges[MOS_BOOT_MAX_RANGES];
  guint        n = mos_boot_ranges (boot, ranges);

  params[P_E820_COUNT] = n;
  for (guint i = 0; i < n; i++) {
    guint at = P_E820 + i * E820_BYTES;

    set_number (params, at, ranges[i].gpa, 8);
    set_number (params, at + 8, ranges[i].size, 8);
    set_number (params, at + 16, ranges[i].type, 4);
  }
}

static void
set_screen (guint8 *params)
{
  params[P_ORIG_MODE] = 3;
  params[P_ORIG_COLUMNS] = 80;
  params[P_ORIG_ROWS] = 25;
  params[P_IS_VGA] = 1;
  params[P_FONT_HEIGHT] = 16;
}

static gboolean
make_params (const MosBoot *boot,
             const Image   *image,
             guint8        *params,
             GError       **error)
{
  const MosBootFile *file = &boot->kernel;
  guint              header_end = P_MAGIC + file->data[P_JUMP];

  header_end = CLAMP (header_end, P_LINE + 4, HEADER_END);
  memcpy (params + P_SETUP_SECTS, file->data + P_SETUP_SECTS,
          header_end - P_SETUP_SECTS);
  params[P_LOADER] = LOADER_OTHER;
  params[P_LOAD_FLAGS] |= FLAG_HEAP;
  set_number (params, P_HEAP_END, 0xfe00, 2);
  set_number (params, P_CODE32_START, image->load_gpa, 4);
  set_number (params, P_INITRD, 0, 8);
  set_memory (boot, params);
  if (boot->text_screen)
    set_screen (params);
  if (image->version >= VERSION_RSDP)
    set_number (params, P_RSDP, boot->rsdp_gpa, 8);
  return put_initrd (boot, image, params, error) &&
         put_command_line (boot, image, params, error);
}

gboolean
mos_boot_linux (const MosBoot *boot, MosCpuState *cpu, GError **error)
{
  guint8   params[PARAMS_BYTES] = { 0 };
  Image    image = { 0 };
  gboolean wide;
  gboolean ok;

  if (!read_header (boot, &image, error) ||
      !make_params (boot, &image, params, error))
    return FALSE;
  wide = image.version >= VERSION_64 &&
         (mos_boot_u16 (&boot->kernel, P_XLOAD_FLAGS) & XFLAG_64) != 0;
  ok = mos_boot_put (boot, PARAMS_GPA, params, sizeof (params)) &&
       (wide ? mos_boot_enter_long (boot, cpu, image.load_gpa + ENTRY64)
             : mos_boot_enter_protected (boot, cpu, image.load_gpa));
  if (!ok) {
    mos_boot_error (&boot->kernel, error,
                    _ ("the machine has too little memory"));
    return FALSE;
  }
  cpu->gpr[MOS_RSI] = PARAMS_GPA;
  cpu->gpr[MOS_RSP] = PARAMS_GPA;
  cpu->gpr[MOS_RBX] = 0;
  cpu->gpr[MOS_RBP] = 0;
  cpu->gpr[MOS_RDI] = 0;
  return TRUE;
}
