/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From a path to a store: which format it is, and who reads that.
 */
#include "devices/storage/image.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/file.h"
#include "devices/storage/qcow2.h"
#include "devices/storage/raw.h"
#include "engine/base/error.h"

void
mos_image_set_format_error (const char *format, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("There is no disk image format “%s”: use raw, qcow2 or auto"),
               format);
}

/* Does the file begin as a qcow2 image does? Errors come back later, from
 * whoever opens it then. */
gboolean
mos_image_is_qcow2 (const char *path)
{
  MosImageFile file;
  char         magic[4] = "";
  int          result;

  if (!mos_image_file_open (&file, path, TRUE, NULL))
    return FALSE;
  result = mos_image_file_read (&file, 0, magic, sizeof magic);
  mos_image_file_close (&file);
  return result == 0 && memcmp (magic, MOS_QCOW2_MAGIC, sizeof magic) == 0;
}

gboolean
mos_image_check_backing (const char *path, const char **format, GError **error)
{
  if (*format != NULL)
    return TRUE;
  if (mos_image_is_qcow2 (path)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” begins as a qcow2 image does, but a guest can write "
                    "that into a raw one; say which format it has "
                    "(--backing-format, or qemu-img rebase -u -F)"),
                 path);
    return FALSE;
  }
  *format = "raw";
  return TRUE;
}

MosBlockStore *
mos_image_open (const char *path,
                const char *format,
                gboolean    read_only,
                GError    **error)
{
  if (g_strcmp0 (format, "raw") == 0)
    return mos_raw_store_open (path, read_only, FALSE, error);
  if (format == NULL || g_str_equal (format, "auto")) {
    if (!mos_image_is_qcow2 (path))
      return mos_raw_store_open (path, read_only, TRUE, error);
    format = "qcow2";
  }
  if (g_str_equal (format, "qcow2"))
    return mos_qcow2_store_open (path, read_only, 0, error);
  mos_image_set_format_error (format, error);
  return NULL;
}
