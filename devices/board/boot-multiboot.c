/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Kernels by the Multiboot Specification, version 0.6.96 ("multiboot 1").
 *
 * A header in the first 8 KiB names the wishes. The kernel is an ELF file (a
 * 64-bit one starts in 32-bit mode all the same) or says itself where it goes
 * ("The address fields of Multiboot header"). Behind kernel and modules lies
 * the information structure ("Boot information format"). The specification
 * leaves the form of command lines to kernels; those that care, Xen for one,
 * look at the loader's name and drop the first word for all but GRUB 2, so the
 * file's name comes first, as in most loaders.
 */
#include "devices/board/boot.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SEARCH_BYTES  8192u
#define HEADER_MAGIC  0x1badb002u
#define LOADER_MAGIC  0x2badb002u
#define HEADER_BYTES  12u
#define ADDRESSES_END 32u
#define PAGE          4096u
#define MIB           0x100000u
#define BASE_KIB      639u
#define INFO_BYTES    120u
#define LOADER_NAME   "MultiOS Lab"

enum {
  WISH_ALIGN = 1u << 0,
  WISH_MEMORY = 1u << 1,
  WISH_VIDEO = 1u << 2,
  WISH_MUST_KNOW = 0xffff,
  WISH_ADDRESSES = 1u << 16
};

enum {
  INFO_MEMORY = 1u << 0,
  INFO_COMMAND_LINE = 1u << 2,
  INFO_MODULES = 1u << 3,
  INFO_MAP = 1u << 6,
  INFO_LOADER_NAME = 1u << 9
};

/* Everything behind the kernel: made here, then copied in one piece. */
typedef struct {
  GByteArray *bytes;
  guint64     gpa;
} Blob;

static gboolean
find_header (const MosBootFile *file, guint64 *offset)
{
  guint64 last = MIN (file->size, SEARCH_BYTES);

  for (guint64 at = 0; at + HEADER_BYTES <= last; at += 4) {
    guint32 magic = mos_boot_u32 (file, at);
    guint32 flags = mos_boot_u32 (file, at + 4);

    if (magic == HEADER_MAGIC &&
        (guint32) (magic + flags + mos_boot_u32 (file, at + 8)) == 0) {
      *offset = at;
      return TRUE;
    }
  }
  return FALSE;
}

gboolean
mos_boot_is_multiboot (const MosBootFile *file)
{
  guint64 offset;

  return find_header (file, &offset);
}

/* The kernel says by addresses which of its bytes go where. */
static gboolean
load_by_addresses (const MosBoot *boot,
                   guint64        header,
                   guint64       *end,
                   guint64       *entry,
                   GError       **error)
{
  const MosBootFile *file = &boot->kernel;
  guint64            header_gpa = mos_boot_u32 (file, header + 12);
  guint64            load_gpa = mos_boot_u32 (file, header + 16);
  guint64            load_end = mos_boot_u32 (file, header + 20);
  guint64            bss_end = mos_boot_u32 (file, header + 24);
  guint64            start;
  guint64            size;

  *entry = mos_boot_u32 (file, header + 28);
  if (file->size - header < ADDRESSES_END || load_gpa > header_gpa ||
      header_gpa - load_gpa > header) {
    mos_boot_error (file, error, _ ("its multiboot addresses are not right"));
    return FALSE;
  }
  start = header - (header_gpa - load_gpa);
  size = load_end == 0 ? file->size - start : load_end - load_gpa;
  if ((load_end != 0 && load_end < load_gpa) || size > file->size - start) {
    mos_boot_error (file, error, _ ("its multiboot addresses are not right"));
    return FALSE;
  }
  *end = MAX (load_gpa + size, bss_end);
  if (load_gpa < PAGE ||
      !mos_boot_put (boot, load_gpa, NULL, *end - load_gpa) ||
      !mos_boot_put (boot, load_gpa, file->data + start, size)) {
    mos_boot_error (file, error,
                    _ ("it does not fit into the machine's memory; give the "
                       "machine more"));
    return FALSE;
  }
  return TRUE;
}

static gboolean
load_kernel (const MosBoot *boot, guint64 *end, guint64 *entry, GError **error)
{
  const MosBootFile *file = &boot->kernel;
  guint64            header = 0;
  guint32            wishes;

  find_header (file, &header);
  wishes = mos_boot_u32 (file, header + 4);
  if ((wishes & WISH_MUST_KNOW &
       ~(guint32) (WISH_ALIGN | WISH_MEMORY | WISH_VIDEO)) != 0) {
    mos_boot_error (file, error,
                    _ ("its multiboot header asks for something unknown"));
    return FALSE;
  }
  if (wishes & WISH_ADDRESSES)
    return load_by_addresses (boot, header, end, entry, error);
  if (!mos_boot_is_elf (file)) {
    mos_boot_error (file, error,
                    _ ("it is neither an ELF file nor has multiboot "
                       "addresses"));
    return FALSE;
  }
  return mos_boot_load_elf (boot, end, entry, error);
}

/* Information -------------------------------------------------------------- */

static guint32
add_bytes (Blob *blob, const void *data, gsize size)
{
  guint32 gpa;

  while (blob->bytes->len % 8 != 0)
    g_byte_array_append (blob->bytes, (const guint8 *) "", 1);
  gpa = blob->gpa + blob->bytes->len;
  g_byte_array_append (blob->bytes, data, size);
  return gpa;
}

static guint32
add_string (Blob *blob, const char *text)
{
  return add_bytes (blob, text, strlen (text) + 1);
}

/* A file's name without folders, as one word, and what the user adds. */
static guint32
add_command_line (Blob *blob, const char *path, const char *arguments)
{
  g_autofree char *word = g_path_get_basename (path);
  g_autofree char *line = NULL;

  g_strdelimit (word, " \t\n\r\v\f", '_');
  line = g_strconcat (word, *arguments != '\0' ? " " : "", arguments, NULL);
  return add_string (blob, line);
}

static void
set_u32 (Blob *blob, guint offset, guint64 value)
{
  guint32 stored = GUINT32_TO_LE ((guint32) value);

  memcpy (blob->bytes->data + offset, &stored, sizeof (stored));
}

static void
add_memory_map (Blob *blob, const MosBoot *boot)
{
  MosBootRange ranges[MOS_BOOT_MAX_RANGES];
  guint        n = mos_boot_ranges (boot, ranges);
  g_autoptr (GByteArray) map = g_byte_array_new ();

  for (guint i = 0; i < n; i++) {
    guint32 size = GUINT32_TO_LE (20);
    guint64 gpa = GUINT64_TO_LE (ranges[i].gpa);
    guint64 bytes = GUINT64_TO_LE (ranges[i].size);
    guint32 type = GUINT32_TO_LE (ranges[i].type);

    g_byte_array_append (map, (guint8 *) &size, sizeof (size));
    g_byte_array_append (map, (guint8 *) &gpa, sizeof (gpa));
    g_byte_array_append (map, (guint8 *) &bytes, sizeof (bytes));
    g_byte_array_append (map, (guint8 *) &type, sizeof (type));
  }
  set_u32 (blob, 44, map->len);
  set_u32 (blob, 48, add_bytes (blob, map->data, map->len));
}

static void
add_modules (Blob *blob, const MosBoot *boot, const guint32 *gpas)
{
  g_autofree guint32 *rows = g_new0 (guint32, 4 * MOS_BOOT_MAX_MODULES);

  for (guint i = 0; i < boot->n_modules; i++) {
    const MosBootModule *module = &boot->modules[i];

    rows[4 * i] = GUINT32_TO_LE (gpas[i]);
    rows[4 * i + 1] = GUINT32_TO_LE (gpas[i] + (guint32) module->file.size);
    rows[4 * i + 2] = GUINT32_TO_LE (
        add_command_line (blob, module->file.name, module->command_line));
  }
  set_u32 (blob, 20, boot->n_modules);
  set_u32 (blob, 24, add_bytes (blob, rows, 16 * boot->n_modules));
}

static void
make_info (Blob *blob, const MosBoot *boot, const guint32 *gpas)
{
  static const guint8 empty[INFO_BYTES];

  add_bytes (blob, empty, sizeof (empty));
  set_u32 (blob, 0,
           INFO_MEMORY | INFO_COMMAND_LINE | INFO_MAP | INFO_LOADER_NAME |
               (boot->n_modules > 0 ? INFO_MODULES : 0));
  set_u32 (blob, 4, BASE_KIB);
  set_u32 (blob, 8, (boot->low_bytes - MIB) / 1024);
  set_u32 (blob, 16,
           add_command_line (blob,
                             boot->kernel_word != NULL ? boot->kernel_word
                                                       : boot->kernel.name,
                             boot->command_line));
  if (boot->n_modules > 0)
    add_modules (blob, boot, gpas);
  add_memory_map (blob, boot);
  set_u32 (blob, 64, add_string (blob, LOADER_NAME));
}

/* The words of the BIOS data area that kernels read to find the end of
 * conventional memory: no firmware has run that would have written them. */
static gboolean
put_bios_data (const MosBoot *boot)
{
  guint16 segment = GUINT16_TO_LE (BASE_KIB << 6);
  guint16 kib = GUINT16_TO_LE (BASE_KIB);

  return mos_boot_put (boot, 0x40e, &segment, sizeof segment) &&
         mos_boot_put (boot, 0x413, &kib, sizeof kib);
}

gboolean
mos_boot_multiboot (const MosBoot *boot, MosCpuState *cpu, GError **error)
{
  guint32  gpas[MOS_BOOT_MAX_MODULES];
  guint64  end;
  guint64  entry;
  Blob     blob = { 0 };
  gboolean ok;

  if (!load_kernel (boot, &end, &entry, error) ||
      !mos_boot_put_modules (boot, &end, gpas, error))
    return FALSE;
  if (entry > G_MAXUINT32) {
    mos_boot_error (&boot->kernel, error, _ ("its entry is not below 4 GiB"));
    return FALSE;
  }
  blob.bytes = g_byte_array_new ();
  blob.gpa = (MAX (end, MIB) + PAGE - 1) & ~(guint64) (PAGE - 1);
  make_info (&blob, boot, gpas);
  ok = put_bios_data (boot) &&
       mos_boot_put (boot, blob.gpa, blob.bytes->data, blob.bytes->len) &&
       mos_boot_enter_protected (boot, cpu, entry);
  g_byte_array_unref (blob.bytes);
  if (!ok) {
    mos_boot_error (&boot->kernel, error,
                    _ ("the machine has too little memory"));
    return FALSE;
  }
  cpu->gpr[MOS_RAX] = LOADER_MAGIC;
  cpu->gpr[MOS_RBX] = blob.gpa;
  return TRUE;
}
