/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest memory as a memory file between two guard pages.
 *
 * The page flags are a private anonymous mapping, so a 64 GiB machine that
 * touches 100 MiB costs 100 MiB and a few pages of flags.
 */
#include "engine/memory/ram.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"

#define MAX_RAM_BYTES (G_GUINT64_CONSTANT (64) << 30)

static guint64
flags_bytes (guint64 size)
{
  return MAX (size >> MOS_PAGE_SHIFT, 1);
}

/* Maps @self->fd with a guard page on each side. */
static gboolean
map_with_guards (MosRam *self)
{
  gsize   total = self->size + 2 * MOS_PAGE_SIZE;
  guint8 *area = mmap (NULL, total, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (area == MAP_FAILED)
    return FALSE;
  if (mmap (area + MOS_PAGE_SIZE, self->size, PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_FIXED | MAP_NORESERVE, self->fd,
            0) == MAP_FAILED) {
    int saved = errno;

    munmap (area, total);
    errno = saved;
    return FALSE;
  }
  self->hva = area + MOS_PAGE_SIZE;
  return TRUE;
}

MosRam *
mos_ram_new (const char *name, guint64 size, GError **error)
{
  g_autoptr (MosRam) self = g_new0 (MosRam, 1);
  int saved;

  self->fd = -1;
  self->name = g_strdup (name);
  self->size = (size + MOS_PAGE_SIZE - 1) & ~(guint64) (MOS_PAGE_SIZE - 1);
  if (size == 0 || size > MAX_RAM_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("%s: %" PRIu64
                    " bytes of memory were asked for; 1 byte to 64 GiB are "
                    "possible"),
                 name, size);
    return NULL;
  }

  self->fd = memfd_create (name, MFD_CLOEXEC);
  if (self->fd >= 0 && ftruncate (self->fd, (off_t) self->size) == 0 &&
      map_with_guards (self)) {
    void *flags = mmap (NULL, flags_bytes (self->size), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (flags != MAP_FAILED) {
      self->page_flags = flags;
      return g_steal_pointer (&self);
    }
  }

  saved = errno;
  g_set_error (error, MOS_ERROR, MOS_ERROR_NO_MEMORY,
               _ ("Memory Allocation Failed: %" PRIu64
                  " MiB for “%s” (%s); stop another machine or give this one "
                  "less memory"),
               self->size >> 20, name, g_strerror (saved));
  return NULL;
}

void
mos_ram_free (MosRam *self)
{
  if (self == NULL)
    return;
  if (self->page_flags != NULL)
    munmap (self->page_flags, flags_bytes (self->size));
  if (self->hva != NULL)
    munmap (self->hva - MOS_PAGE_SIZE, self->size + 2 * MOS_PAGE_SIZE);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->name);
  g_free (self);
}

guint64
mos_ram_resident (MosRam *self)
{
  struct stat facts;

  if (fstat (self->fd, &facts) != 0)
    return 0;
  return (guint64) facts.st_blocks * 512;
}

gboolean
mos_ram_discard (MosRam *self, guint64 offset, guint64 size)
{
  g_return_val_if_fail (offset <= self->size && size <= self->size - offset,
                        FALSE);

  return madvise (self->hva + offset, size, MADV_REMOVE) == 0;
}
