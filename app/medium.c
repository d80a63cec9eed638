/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Recognising images and kernels. ISO 9660: ECMA-119, section "Volume
 * Descriptor Header"; Linux: "The Linux/x86 Boot Protocol"; ELF: "ELF Header";
 * qcow2: its first four bytes. Any thread.
 */
#include "app/medium.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/ova.h"

#define HEAD_BYTES       0x8800 /* to the end of an ISO's first descriptor */
#define SECTOR_BYTES     512
#define MAX_FLAT_BYTES   (16 * 1024 * 1024)
#define ISO_ID_OFFSET    0x8001
#define LINUX_ID_OFFSET  0x202
#define BOOT_SIGN_OFFSET 510

/* What floppy disks hold, in KiB. */
static const guint floppy_sizes_kib[] = { 160, 180,  320,  360,
                                          720, 1200, 1440, 2880 };

static gboolean
has_bytes (const guint8 *head,
           gsize         length,
           gsize         offset,
           const char   *bytes,
           gsize         n)
{
  return offset + n <= length && memcmp (head + offset, bytes, n) == 0;
}

static gboolean
is_floppy_size (guint64 size_bytes)
{
  for (guint i = 0; i < G_N_ELEMENTS (floppy_sizes_kib); i++)
    if (size_bytes == floppy_sizes_kib[i] * G_GUINT64_CONSTANT (1024))
      return TRUE;
  return FALSE;
}

static gboolean
has_suffix (const char *path, const char *suffix)
{
  gsize length = strlen (path), n = strlen (suffix);

  return length > n && g_ascii_strcasecmp (path + length - n, suffix) == 0;
}

static MosMediumKind
recognise (const char   *path,
           const guint8 *head,
           gsize         length,
           guint64       size_bytes,
           const char  **format)
{
  gboolean boots = has_bytes (head, length, BOOT_SIGN_OFFSET, "\x55\xaa", 2);

  *format = "raw";
  if (has_suffix (path, ".toml"))
    return MOS_MEDIUM_MACHINE;
  if (mos_ova_recognise (path, head, length))
    return MOS_MEDIUM_APPLIANCE;
  if (has_bytes (head, length, ISO_ID_OFFSET, "CD001", 5))
    return MOS_MEDIUM_CDROM;
  if (has_bytes (head, length, 0,
                 "\x7f"
                 "ELF",
                 4) ||
      (boots && has_bytes (head, length, LINUX_ID_OFFSET, "HdrS", 4)))
    return MOS_MEDIUM_KERNEL;
  if (has_bytes (head, length, 0, "QFI\xfb", 4)) {
    *format = "qcow2";
    return MOS_MEDIUM_DISK;
  }
  if (is_floppy_size (size_bytes) || (boots && size_bytes == SECTOR_BYTES))
    return MOS_MEDIUM_FLOPPY;
  if (size_bytes >= SECTOR_BYTES && size_bytes % SECTOR_BYTES == 0 &&
      (boots || has_suffix (path, ".img") || has_suffix (path, ".raw")))
    return MOS_MEDIUM_DISK;
  if (has_suffix (path, ".bin") && size_bytes > 0 &&
      size_bytes <= MAX_FLAT_BYTES)
    return MOS_MEDIUM_KERNEL;
  return MOS_MEDIUM_NONE;
}

static gboolean
read_head (const char *path,
           guint8     *head,
           gsize      *length,
           guint64    *size_bytes,
           GError    **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GError) local = NULL;

  info = g_file_query_info (
      file, G_FILE_ATTRIBUTE_STANDARD_TYPE "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
      G_FILE_QUERY_INFO_NONE, NULL, &local);
  if (info != NULL && g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is not a file; choose an image, a kernel or a "
                    "machine's .toml file"),
                 path);
    return FALSE;
  }
  if (info != NULL)
    stream = g_file_read (file, NULL, &local);
  if (stream == NULL ||
      !g_input_stream_read_all (G_INPUT_STREAM (stream), head, HEAD_BYTES,
                                length, NULL, &local)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("“%s” cannot be read: %s"),
                 path, local->message);
    return FALSE;
  }
  *size_bytes = (guint64) g_file_info_get_size (info);
  return TRUE;
}

MosMedium *
mos_medium_probe (const char *path, GError **error)
{
  g_autofree guint8 *head = g_malloc (HEAD_BYTES);
  gsize              length = 0;
  guint64            size_bytes = 0;
  const char        *format;
  MosMediumKind      kind;
  MosMedium         *self;

  g_return_val_if_fail (path != NULL, NULL);

  if (!read_head (path, head, &length, &size_bytes, error))
    return NULL;
  kind = recognise (path, head, length, size_bytes, &format);
  if (kind == MOS_MEDIUM_NONE) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is nothing a machine can start from. What works: a "
                    "CD image (.iso), a floppy or disk image (.img, .raw, "
                    ".qcow2), a kernel (Linux bzImage, ELF, .bin), a machine "
                    "file (.toml), an appliance (.ova), a lab (.mlab)"),
                 path);
    return NULL;
  }
  self = g_new0 (MosMedium, 1);
  self->kind = kind;
  self->path = g_strdup (path);
  self->format = format;
  self->size_bytes = size_bytes;
  return self;
}

void
mos_medium_free (MosMedium *self)
{
  if (self == NULL)
    return;
  g_free (self->path);
  g_free (self);
}

static void
probe_task (GTask        *task,
            gpointer      source,
            gpointer      task_data,
            GCancellable *cancellable)
{
  g_autofree char *path = g_file_get_path (source);
  g_autofree char *uri = NULL;
  GError          *error = NULL;
  MosMedium       *medium = NULL;

  if (path != NULL) {
    medium = mos_medium_probe (path, &error);
  } else {
    uri = g_file_get_uri (source);
    g_set_error (&error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is not on this computer; copy the file here first"),
                 uri);
  }
  if (medium != NULL)
    g_task_return_pointer (task, medium, (GDestroyNotify) mos_medium_free);
  else
    g_task_return_error (task, error);
}

void
mos_medium_probe_async (GFile              *file,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (file, cancellable, callback, user_data);

  g_task_run_in_thread (task, probe_task);
}

MosMedium *
mos_medium_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

const char *
mos_medium_kind_title (MosMediumKind kind)
{
  static const char *const titles[MOS_N_MEDIA] = {
    [MOS_MEDIUM_NONE] = N_ ("Nothing"),
    [MOS_MEDIUM_MACHINE] = N_ ("Machine file"),
    [MOS_MEDIUM_CDROM] = N_ ("CD image"),
    [MOS_MEDIUM_FLOPPY] = N_ ("Floppy image"),
    [MOS_MEDIUM_DISK] = N_ ("Disk image"),
    [MOS_MEDIUM_KERNEL] = N_ ("Kernel"),
    [MOS_MEDIUM_APPLIANCE] = N_ ("Appliance"),
  };

  g_return_val_if_fail ((gsize) kind < MOS_N_MEDIA, "");
  return _ (titles[kind]);
}

/* @text as a TOML basic string, with its quotes. */
static char *
quote (const char *text)
{
  GString *out = g_string_new ("\"");

  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '"' || *at == '\\')
      g_string_append_printf (out, "\\%c", *at);
    else if ((guchar) *at < 0x20 || *at == 0x7f)
      g_string_append_printf (out, "\\u%04X", (guint) (guchar) *at);
    else
      g_string_append_c (out, *at);
  }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

gboolean
mos_medium_apply (const MosMedium *self, MosVmConfig *config, GError **error)
{
  static const struct {
    const char *kind;
    const char *order;
  } drives[MOS_N_MEDIA] = {
    [MOS_MEDIUM_CDROM] = { "cdrom", "CdromFirst" },
    [MOS_MEDIUM_FLOPPY] = { "floppy", "FloppyFirst" },
    [MOS_MEDIUM_DISK] = { "disk", "DiskFirst" },
  };
  g_autofree char *path = NULL;
  g_autofree char *table = NULL;

  g_return_val_if_fail (self != NULL && MOS_IS_VM_CONFIG (config), FALSE);

  mos_vm_config_unset (config, "boot.guest");
  if (self->kind == MOS_MEDIUM_KERNEL)
    return mos_vm_config_set_string (config, "boot.kernel_path", self->path,
                                     error);
  if (drives[self->kind].kind == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” is not a boot medium"), self->path);
    return FALSE;
  }
  path = quote (self->path);
  table = g_strdup_printf ("{ path = %s, kind = \"%s\", format = \"%s\" }",
                           path, drives[self->kind].kind, self->format);
  return mos_vm_config_add_table (config, "storage.drives", table, error) &&
         mos_vm_config_set_string (config, "boot.boot_order",
                                   drives[self->kind].order, error);
}
