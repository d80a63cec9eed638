/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The parts of virtio-gpu: pictures that the guest keeps with us (resources),
 * the one of them that is shown, and the pointer over it. All under the
 * device's lock.
 */
#pragma once

#include "devices/virtio/virtio-gpu.h"
#include "devices/virtio/virtio.h"

G_BEGIN_DECLS

#define MOS_GPU_MAX_RESOURCES 256u
#define MOS_GPU_MAX_SIDE      4096u
/* Of all pictures together, and of the pieces of guest memory behind one. */
#define MOS_GPU_MAX_BYTES   (128u << 20)
#define MOS_GPU_MAX_ENTRIES 16384u
#define MOS_GPU_CURSOR_SIDE 64

typedef struct {
  guint64 gpa;
  guint32 size;
} MosGpuEntry;

typedef struct {
  guint32      id;
  guint32      format;
  guint32      width;
  guint32      height;
  guint32     *pixels; /* as the guest lays them out */
  MosGpuEntry *entries;
  guint        n_entries;
} MosGpuResource;

typedef struct {
  guint32 x, y, width, height;
} MosGpuRect;

typedef struct {
  MosVirtio              virtio;
  MosScreen             *screen;
  const MosScreenSource *below;
  gpointer               below_data;

  GPtrArray *resources; /* of MosGpuResource */
  guint64    bytes;     /* of their pixels */
  guint32    scanout;   /* the resource that is shown; 0: none */
  MosGpuRect shown;     /* the part of it */
  gboolean   was_shown; /* at the last painting */
  gboolean   repaint;
  MosDamage  damage;

  guint32 events; /* for the driver to read */
  guint32 preferred_width, preferred_height;
  guint32 cursor_resource; /* 0: no pointer */
  guint32 cursor_x, cursor_y;
  guint32 hot_x, hot_y;
  guint32 cursor[MOS_GPU_CURSOR_SIDE * MOS_GPU_CURSOR_SIDE]; /* 0xAARRGGBB */
  guint64 flushes;
} MosVirtioGpu;

/* Resources ---------------------------------------------------------------- */

void            mos_gpu_resource_free (gpointer resource);
MosGpuResource *mos_gpu_find (MosVirtioGpu *self, guint32 id);
gboolean        mos_gpu_is_format (guint32 format);
/* A pixel as the guest wrote it, as 0xAARRGGBB. */
guint32 mos_gpu_convert (guint32 format, guint32 pixel);

typedef enum {
  MOS_GPU_OK,
  MOS_GPU_NO_MEMORY,
  MOS_GPU_BAD_RESOURCE,
  MOS_GPU_BAD_PARAMETER
} MosGpuResult;

MosGpuResult mos_gpu_create (MosVirtioGpu *self,
                             guint32       id,
                             guint32       format,
                             guint32       width,
                             guint32       height);
MosGpuResult mos_gpu_unref (MosVirtioGpu *self, guint32 id);
/* Copies @rect from guest memory at @offset of what is attached. */
MosGpuResult mos_gpu_transfer (MosVirtioGpu     *self,
                               guint32           id,
                               const MosGpuRect *rect,
                               guint64           offset);
/* Is @rect inside, and not empty? */
gboolean mos_gpu_has_rect (const MosGpuResource *resource,
                           const MosGpuRect     *rect);
void     mos_gpu_clear_resources (MosVirtioGpu *self);
void     mos_gpu_save (MosVirtioGpu *self, GVariantBuilder *builder);
gboolean mos_gpu_load (MosVirtioGpu *self, GVariant *dict, GError **error);

/* Screen ------------------------------------------------------------------- */

extern const MosScreenSource mos_gpu_screen_source;

/* @rect of the shown resource has changed. */
void mos_gpu_damage (MosVirtioGpu *self, const MosGpuRect *rect);
/* Where the pointer is has to be painted: before and after it changes. */
void mos_gpu_damage_cursor (MosVirtioGpu *self);
void mos_gpu_load_cursor (MosVirtioGpu *self);

G_END_DECLS
