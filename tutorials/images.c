/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Systems of others that labs may start.
 */
#include "tutorials/images.h"

#include <glib/gi18n-lib.h>
#include <string.h>

const MosLabImage mos_lab_images[] = {
  { "grub-floppy", N_ ("GRUB on a floppy disk"), "grub-rescue-pc",
    "/usr/lib/grub-rescue/grub-rescue-floppy.img" },
  { "grub-cdrom", N_ ("GRUB on a CD"), "grub-rescue-pc",
    "/usr/lib/grub-rescue/grub-rescue-cdrom.iso" },
  { "memtest86+", N_ ("memtest86+"), "memtest86+", "/boot/memtest86+x64.bin" },
  { "ipxe", N_ ("iPXE on a CD"), "ipxe", "/usr/lib/ipxe/ipxe.iso" },
  { "invaders", N_ ("GRUB invaders"), "grub-invaders", "/boot/invaders.exec" },
  { "linux", N_ ("The kernel of this computer"), "linux-image-amd64",
    "/boot/vmlinuz-*" },
  { NULL },
};

const MosLabImage *
mos_lab_image_find (const char *name)
{
  for (const MosLabImage *row = mos_lab_images; row->name != NULL; row++)
    if (g_strcmp0 (row->name, name) == 0)
      return row;
  return NULL;
}

/* The last file by name that begins as @path does before its star. */
static char *
find_last (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *begin = g_path_get_basename (path);
  g_autofree char *best = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  begin[strlen (begin) - 1] = '\0';
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, begin) && g_strcmp0 (name, best) > 0) {
      g_free (best);
      best = g_strdup (name);
    }
  return best != NULL ? g_build_filename (folder, best, NULL) : NULL;
}

char *
mos_lab_image_path (const MosLabImage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (g_str_has_suffix (self->path, "*"))
    return find_last (self->path);
  return g_file_test (self->path, G_FILE_TEST_IS_REGULAR)
             ? g_strdup (self->path)
             : NULL;
}
