/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading firmware images.
 *
 * The BIOS and the display adapter's BIOS come unchanged from the
 * distribution's packages. The main loop or a worker thread calls this while a
 * machine is made.
 */
#include "devices/board/firmware.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "devices/storage/image.h"
#include "engine/base/error.h"

#define FIRMWARE_DIR_VARIABLE "MULTIOS_FIRMWARE_DIR"
#define ROM_ALIGN_BYTES       MOS_PAGE_SIZE
#define OPTION_ROM_MAX_BYTES  0x1000000u

static const char *const firmware_dirs[] = {
  "/usr/share/seabios", "/usr/share/OVMF",    "/usr/local/share/seabios",
  "/usr/share/qemu",    "/usr/lib/ipxe/qemu",
};

/* Names that stand for files of a package; the first there is counts. */
static const struct {
  const char *name;
  const char *file;
  const char *variables; /* fresh ones, for a flash chip of their own */
  const char *package;
} known[] = {
  { "seabios", "bios-256k.bin", NULL, "seabios" },
  { "ovmf", "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", "ovmf" },
  { "ovmf", "OVMF_CODE.fd", "OVMF_VARS.fd", "ovmf" },
};

static char *
find_in (const char *dir, const char *file)
{
  g_autofree char *path = g_build_filename (dir, file, NULL);

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return NULL;
  return g_steal_pointer (&path);
}

char *
mos_firmware_find (const char *file, const char *package, GError **error)
{
  const char *own = g_getenv (FIRMWARE_DIR_VARIABLE);
  char       *path = own == NULL ? NULL : find_in (own, file);

  for (guint i = 0; path == NULL && i < G_N_ELEMENTS (firmware_dirs); i++)
    path = find_in (firmware_dirs[i], file);
  if (path == NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("The firmware file “%s” is not installed; install the "
                    "package “%s” or name its folder in %s"),
                 file, package, FIRMWARE_DIR_VARIABLE);
  return path;
}

static gboolean
read_file (const char *path,
           guint64     max_bytes,
           char      **contents,
           gsize      *size,
           GError    **error)
{
  g_autoptr (GError) local = NULL;

  if (!g_file_get_contents (path, contents, size, &local)) {
    g_set_error (error, MOS_ERROR,
                 g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                     ? MOS_ERROR_NOT_FOUND
                     : MOS_ERROR_IO,
                 _ ("Cannot read the firmware “%s”: %s"), path, local->message);
    return FALSE;
  }
  if (*size == 0 || *size > max_bytes) {
    g_clear_pointer (contents, g_free);
    g_set_error (
        error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
        _ ("The firmware “%s” has %zu bytes; 1 to %" PRIu64 " are possible"),
        path, *size, max_bytes);
    return FALSE;
  }
  return TRUE;
}

static char *
resolve (const char *name, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (name, known[i].name) == 0)
      return mos_firmware_find (known[i].file, known[i].package, error);
  return g_strdup (name);
}

MosRam *
mos_firmware_load (const char *name,
                   guint64     max_bytes,
                   guint64    *image_bytes,
                   GError    **error)
{
  g_autofree char *path = resolve (name, error);
  g_autofree char *contents = NULL;
  gsize            size = 0;
  MosRam          *rom;

  if (path == NULL || !read_file (path, max_bytes, &contents, &size, error))
    return NULL;
  rom = mos_ram_new (
      "firmware", (size + ROM_ALIGN_BYTES - 1) & ~(gsize) (ROM_ALIGN_BYTES - 1),
      error);
  if (rom == NULL)
    return NULL;
  memset (rom->hva, 0xff, rom->size - size);
  memcpy (rom->hva + rom->size - size, contents, size);
  if (image_bytes != NULL)
    *image_bytes = size;
  return rom;
}

gboolean
mos_firmware_find_flash (const char *name,
                         char      **code,
                         char      **variables,
                         GError    **error)
{
  *code = NULL;
  *variables = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (strcmp (name, known[i].name) != 0 || known[i].variables == NULL)
      continue;
    g_clear_error (error);
    *code = mos_firmware_find (known[i].file, known[i].package, error);
    if (*code == NULL)
      continue;
    *variables =
        mos_firmware_find (known[i].variables, known[i].package, error);
    if (*variables != NULL)
      return TRUE;
    g_clear_pointer (code, g_free);
  }
  return FALSE;
}

/* Never half of it: the copy gets its name when it is whole. */
static gboolean
copy_fresh (const char *path, const char *fresh, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *contents = NULL;
  gsize            size = 0;

  if (fresh == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("The firmware's variables “%s” do not exist; for a "
                    "firmware of your own, copy its file of variables there"),
                 path);
    return FALSE;
  }
  if (!read_file (fresh, OPTION_ROM_MAX_BYTES, &contents, &size, error))
    return FALSE;
  if (g_file_set_contents (path, contents, size, &local))
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO,
               _ ("Cannot make the file for the firmware's variables “%s”: "
                  "%s"),
               path, local->message);
  return FALSE;
}

static gboolean
check_variables (const MosBlockStore *store, guint64 max_bytes, GError **error)
{
  if (store->size % MOS_PAGE_SIZE == 0 && store->size > 0 &&
      store->size <= max_bytes)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("“%s” has %" PRIu64
                  " bytes and is no file of firmware variables; delete it to "
                  "begin with fresh ones"),
               store->path, store->size);
  return FALSE;
}

MosBlockStore *
mos_firmware_open_variables (const char *path,
                             const char *fresh,
                             guint64     max_bytes,
                             MosRam    **ram,
                             GError    **error)
{
  g_autoptr (MosBlockStore) store = NULL;

  *ram = NULL;
  if (!g_file_test (path, G_FILE_TEST_EXISTS) &&
      !copy_fresh (path, fresh, error))
    return NULL;
  store = mos_image_open (path, "raw", FALSE, error);
  if (store == NULL || !check_variables (store, max_bytes, error))
    return NULL;
  *ram = mos_ram_new ("variables", store->size, error);
  if (*ram == NULL ||
      !mos_block_store_read (store, 0, (*ram)->hva, store->size, error)) {
    g_clear_pointer (ram, mos_ram_free);
    return NULL;
  }
  return g_steal_pointer (&store);
}

MosRam *
mos_firmware_load_option_rom (const char *path, GError **error)
{
  g_autofree char *contents = NULL;
  gsize            size = 0;
  guint64          rom_bytes = ROM_ALIGN_BYTES;
  MosRam          *rom;

  if (!read_file (path, OPTION_ROM_MAX_BYTES, &contents, &size, error))
    return NULL;
  while (rom_bytes < size)
    rom_bytes *= 2;
  rom = mos_ram_new ("option-rom", rom_bytes, error);
  if (rom != NULL)
    memcpy (rom->hva, contents, size);
  return rom;
}
