/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The pictures of virtio-gpu: making them, filling them from guest memory,
 * saving them. The guest says how large they are, so every number is checked
 * and all together are bounded; a picture that the host has no memory for is
 * an answer to the guest. With the device's lock held.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/virtio/virtio-gpu-private.h"
#include "engine/base/error.h"

#define PIXEL_BYTES   4u
#define RESOURCE_TYPE "(uuuuaya(tu))"

enum {
  FORMAT_BGRA = 1,
  FORMAT_BGRX = 2,
  FORMAT_ARGB = 3,
  FORMAT_XRGB = 4,
  FORMAT_RGBA = 67,
  FORMAT_XBGR = 68,
  FORMAT_ABGR = 121,
  FORMAT_RGBX = 134
};

void
mos_gpu_resource_free (gpointer data)
{
  MosGpuResource *resource = data;

  g_free (resource->pixels);
  g_free (resource->entries);
  g_free (resource);
}

MosGpuResource *
mos_gpu_find (MosVirtioGpu *self, guint32 id)
{
  for (guint i = 0; id != 0 && i < self->resources->len; i++) {
    MosGpuResource *resource = g_ptr_array_index (self->resources, i);

    if (resource->id == id)
      return resource;
  }
  return NULL;
}

gboolean
mos_gpu_is_format (guint32 format)
{
  return (format >= FORMAT_BGRA && format <= FORMAT_XRGB) ||
         format == FORMAT_RGBA || format == FORMAT_XBGR ||
         format == FORMAT_ABGR || format == FORMAT_RGBX;
}

/* The formats name the bytes in memory; @pixel was read little endian. */
guint32
mos_gpu_convert (guint32 format, guint32 pixel)
{
  guint32 swapped = GUINT32_SWAP_LE_BE (pixel);

  switch (format) {
  case FORMAT_BGRX:
    return pixel | 0xff000000u;
  case FORMAT_ARGB:
    return swapped;
  case FORMAT_XRGB:
    return swapped | 0xff000000u;
  case FORMAT_RGBA:
    return (pixel & 0xff00ff00u) | (pixel >> 16 & 0xff) | (pixel & 0xff) << 16;
  case FORMAT_RGBX:
    return 0xff000000u | (pixel & 0xff00u) | (pixel >> 16 & 0xff) |
           (pixel & 0xff) << 16;
  case FORMAT_XBGR:
    return 0xff000000u | pixel >> 8;
  case FORMAT_ABGR:
    return pixel >> 8 | pixel << 24;
  case FORMAT_BGRA:
  default:
    return pixel;
  }
}

gboolean
mos_gpu_has_rect (const MosGpuResource *resource, const MosGpuRect *rect)
{
  return rect->width > 0 && rect->height > 0 && rect->x < resource->width &&
         rect->y < resource->height &&
         rect->width <= resource->width - rect->x &&
         rect->height <= resource->height - rect->y;
}

MosGpuResult
mos_gpu_create (MosVirtioGpu *self,
                guint32       id,
                guint32       format,
                guint32       width,
                guint32       height)
{
  guint64         bytes = (guint64) width * height * PIXEL_BYTES;
  MosGpuResource *resource;

  if (id == 0 || mos_gpu_find (self, id) != NULL)
    return MOS_GPU_BAD_RESOURCE;
  if (!mos_gpu_is_format (format) || width == 0 || height == 0 ||
      width > MOS_GPU_MAX_SIDE || height > MOS_GPU_MAX_SIDE)
    return MOS_GPU_BAD_PARAMETER;
  if (self->resources->len >= MOS_GPU_MAX_RESOURCES ||
      bytes > MOS_GPU_MAX_BYTES - self->bytes)
    return MOS_GPU_NO_MEMORY;
  resource = g_new0 (MosGpuResource, 1);
  resource->pixels = g_try_malloc0 (bytes);
  if (resource->pixels == NULL) {
    g_free (resource);
    return MOS_GPU_NO_MEMORY;
  }
  resource->id = id;
  resource->format = format;
  resource->width = width;
  resource->height = height;
  self->bytes += bytes;
  g_ptr_array_add (self->resources, resource);
  return MOS_GPU_OK;
}

static guint64
pixel_bytes (const MosGpuResource *resource)
{
  return (guint64) resource->width * resource->height * PIXEL_BYTES;
}

MosGpuResult
mos_gpu_unref (MosVirtioGpu *self, guint32 id)
{
  MosGpuResource *resource = mos_gpu_find (self, id);

  if (resource == NULL)
    return MOS_GPU_BAD_RESOURCE;
  if (self->scanout == id)
    self->scanout = 0;
  if (self->cursor_resource == id)
    self->cursor_resource = 0;
  self->bytes -= pixel_bytes (resource);
  g_ptr_array_remove_fast (self->resources, resource);
  return MOS_GPU_OK;
}

void
mos_gpu_clear_resources (MosVirtioGpu *self)
{
  g_ptr_array_set_size (self->resources, 0);
  self->bytes = 0;
  self->scanout = 0;
  self->cursor_resource = 0;
}

/* A place in what is attached; offsets only grow. */
typedef struct {
  const MosGpuResource *resource;
  guint                 entry;
  guint64               start; /* of the entry */
} Place;

/* Copies @size bytes from @offset on; FALSE where nothing is attached, or no
 * RAM. */
static gboolean
copy_attached (MosMemoryMap *map,
               Place        *place,
               guint64       offset,
               guint8       *to,
               guint64       size)
{
  while (size > 0) {
    const MosGpuEntry *entry;
    const guint8      *from;
    guint64            n;

    if (place->entry >= place->resource->n_entries)
      return FALSE;
    entry = &place->resource->entries[place->entry];
    if (offset - place->start >= entry->size) {
      place->start += entry->size;
      place->entry++;
      continue;
    }
    n = MIN (size, entry->size - (offset - place->start));
    from = mos_memory_map_pointer (map, entry->gpa + (offset - place->start),
                                   &n, FALSE);
    if (from == NULL || n == 0)
      return FALSE;
    memcpy (to, from, n);
    to += n;
    offset += n;
    size -= n;
  }
  return TRUE;
}

MosGpuResult
mos_gpu_transfer (MosVirtioGpu     *self,
                  guint32           id,
                  const MosGpuRect *rect,
                  guint64           offset)
{
  MosGpuResource *resource = mos_gpu_find (self, id);
  MosMemoryMap   *map = self->virtio.pci.device.bus->memory;
  Place           place = { resource, 0, 0 };
  guint64         stride;

  if (resource == NULL || resource->n_entries == 0)
    return MOS_GPU_BAD_RESOURCE;
  if (!mos_gpu_has_rect (resource, rect) || offset > MOS_GPU_MAX_BYTES)
    return MOS_GPU_BAD_PARAMETER;
  stride = (guint64) resource->width * PIXEL_BYTES;
  for (guint32 row = 0; row < rect->height; row++) {
    guint8 *to = (guint8 *) resource->pixels + (rect->y + row) * stride +
                 (guint64) rect->x * PIXEL_BYTES;

    if (!copy_attached (map, &place, offset + row * stride, to,
                        (guint64) rect->width * PIXEL_BYTES))
      return MOS_GPU_BAD_PARAMETER;
  }
  return MOS_GPU_OK;
}

/* Saving ------------------------------------------------------------------- */

void
mos_gpu_save (MosVirtioGpu *self, GVariantBuilder *builder)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a" RESOURCE_TYPE));
  for (guint i = 0; i < self->resources->len; i++) {
    const MosGpuResource *resource = g_ptr_array_index (self->resources, i);
    GVariantBuilder       entries;

    g_variant_builder_init (&entries, G_VARIANT_TYPE ("a(tu)"));
    for (guint j = 0; j < resource->n_entries; j++)
      g_variant_builder_add (&entries, "(tu)", resource->entries[j].gpa,
                             resource->entries[j].size);
    g_variant_builder_add (
        &list, "(uuuu@ay@a(tu))", resource->id, resource->format,
        resource->width, resource->height,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, resource->pixels,
                                   pixel_bytes (resource), 1),
        g_variant_builder_end (&entries));
  }
  g_variant_builder_add (builder, "{sv}", "resources",
                         g_variant_builder_end (&list));
}

static gboolean
load_resource (MosVirtioGpu *self, GVariant *row)
{
  g_autoptr (GVariant) pixels = NULL;
  g_autoptr (GVariant) entries = NULL;
  MosGpuResource *resource;
  guint32         id, format, width, height;
  gconstpointer   data;
  gsize           size;

  g_variant_get (row, "(uuuu@ay@a(tu))", &id, &format, &width, &height, &pixels,
                 &entries);
  data = g_variant_get_fixed_array (pixels, &size, 1);
  if (mos_gpu_create (self, id, format, width, height) != MOS_GPU_OK)
    return FALSE;
  resource = mos_gpu_find (self, id);
  if (size != pixel_bytes (resource) ||
      g_variant_n_children (entries) > MOS_GPU_MAX_ENTRIES)
    return FALSE;
  memcpy (resource->pixels, data, size);
  resource->n_entries = (guint) g_variant_n_children (entries);
  resource->entries = g_new0 (MosGpuEntry, MAX (resource->n_entries, 1));
  for (guint i = 0; i < resource->n_entries; i++)
    g_variant_get_child (entries, i, "(tu)", &resource->entries[i].gpa,
                         &resource->entries[i].size);
  return TRUE;
}

gboolean
mos_gpu_load (MosVirtioGpu *self, GVariant *dict, GError **error)
{
  g_autoptr (GVariant) list = g_variant_lookup_value (
      dict, "resources", G_VARIANT_TYPE ("a" RESOURCE_TYPE));
  guint32  scanout = self->scanout;
  guint32  cursor = self->cursor_resource;
  gboolean ok = list != NULL;

  mos_gpu_clear_resources (self);
  for (gsize i = 0; ok && i < g_variant_n_children (list); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (list, i);

    ok = load_resource (self, row);
  }
  self->scanout = mos_gpu_find (self, scanout) != NULL ? scanout : 0;
  self->cursor_resource = mos_gpu_find (self, cursor) != NULL ? cursor : 0;
  if (!ok)
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of the device “%s” is damaged"),
                 self->virtio.pci.device.name);
  return ok;
}
