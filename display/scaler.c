/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A separable filter with weights in 1/256.
 *
 * Each target column (and row) is a run of source columns with weights that
 * sum to 256. Where every run is one column long, scaling is a look-up.
 */
#include "display/scaler.h"

#include <string.h>

#define WEIGHT_ONE 256u

typedef struct {
  guint first;  /* source index */
  guint n;      /* 1 or more */
  guint offset; /* into weights */
} Run;

typedef struct {
  guint    source;
  guint    target;
  Run     *runs;    /* target entries */
  GArray  *weights; /* guint16 */
  gboolean single;  /* every run has one element */
} Axis;

struct MosScaler {
  Axis     x;
  Axis     y;
  guint32 *row; /* one filtered row's channel sums, 3 * target width */
};

static void
axis_clear (Axis *self)
{
  g_clear_pointer (&self->runs, g_free);
  g_clear_pointer (&self->weights, g_array_unref);
}

static void
add_run (Axis *self, guint target, guint first, const double *parts, guint n)
{
  guint left = WEIGHT_ONE;

  self->runs[target] =
      (Run){ .first = first, .n = n, .offset = self->weights->len };
  for (guint i = 0; i < n; i++) {
    guint16 weight =
        i + 1 == n ? (guint16) left
                   : (guint16) MIN (left, (guint) (parts[i] * WEIGHT_ONE + .5));

    g_array_append_val (self->weights, weight);
    left -= weight;
  }
  if (n > 1)
    self->single = FALSE;
}

/* Magnification: one source pixel, or two across a border. */
static void
add_sharp (Axis *self, guint target)
{
  double scale = (double) self->target / self->source;
  double position = (target + 0.5) / scale - 0.5;
  double base = position < 0 ? 0 : (double) (guint) position;
  double part = (position - base - 0.5) * scale + 0.5;
  double parts[2];
  guint  first = (guint) base;

  part = CLAMP (part, 0.0, 1.0);
  if (position < 0 || part * WEIGHT_ONE < 1.0) {
    parts[0] = 1.0;
    add_run (self, target, first, parts, 1);
  } else if (first + 1 >= self->source || (1 - part) * WEIGHT_ONE < 1.0) {
    parts[0] = 1.0;
    add_run (self, target, MIN (first + 1, self->source - 1), parts, 1);
  } else {
    parts[0] = 1.0 - part;
    parts[1] = part;
    add_run (self, target, first, parts, 2);
  }
}

/* Reduction: the average of the source pixels that the target covers. */
static void
add_average (Axis *self, guint target)
{
  enum {
    MAX_PARTS = 64
  };
  double step = (double) self->source / self->target;
  double from = target * step;
  double to = MIN (from + step, self->source);
  guint  first = MIN ((guint) from, self->source - 1);
  guint  n = 0;
  double parts[MAX_PARTS];

  while (n < MAX_PARTS && first + n < self->source && first + n < to) {
    double low = MAX (from, first + n);
    double high = MIN (to, first + n + 1.0);

    parts[n++] = (high - low) / (to - from);
  }
  if (n == 0)
    parts[n++] = 1.0;
  add_run (self, target, first, parts, n);
}

static gboolean
axis_set (Axis *self, guint source, guint target)
{
  if (self->source == source && self->target == target)
    return FALSE;
  axis_clear (self);
  self->source = source;
  self->target = target;
  self->single = TRUE;
  self->runs = g_new (Run, target);
  self->weights = g_array_new (FALSE, FALSE, sizeof (guint16));
  for (guint i = 0; i < target; i++) {
    if (target >= source)
      add_sharp (self, i);
    else
      add_average (self, i);
  }
  return TRUE;
}

MosScaler *
mos_scaler_new (void)
{
  return g_new0 (MosScaler, 1);
}

void
mos_scaler_free (MosScaler *self)
{
  if (self == NULL)
    return;
  axis_clear (&self->x);
  axis_clear (&self->y);
  g_free (self->row);
  g_free (self);
}

void
mos_scaler_set_size (MosScaler *self,
                     guint      source_width,
                     guint      source_height,
                     guint      target_width,
                     guint      target_height)
{
  g_return_if_fail (source_width > 0 && source_height > 0);
  g_return_if_fail (target_width > 0 && target_height > 0);

  if (axis_set (&self->x, source_width, target_width)) {
    g_free (self->row);
    self->row = g_new (guint32, (gsize) target_width * 3);
  }
  axis_set (&self->y, source_height, target_height);
}

/* First and last target index that source first to first + n - 1 reach. */
static void
map_axis (const Axis *self, int first, int n, int *out, int *out_n)
{
  gint64 low = (gint64) first * self->target / self->source - 2;
  gint64 high =
      ((gint64) (first + n) * self->target + self->source - 1) / self->source +
      2;

  low = CLAMP (low, 0, (gint64) self->target);
  high = CLAMP (high, low, (gint64) self->target);
  *out = (int) low;
  *out_n = (int) (high - low);
}

MosRect
mos_scaler_map (MosScaler *self, MosRect source)
{
  MosRect target;

  map_axis (&self->x, source.x, source.width, &target.x, &target.width);
  map_axis (&self->y, source.y, source.height, &target.y, &target.height);
  return target;
}

/* Nearest neighbour on both axes; equal rows are copied. */
static void
scale_single (MosScaler       *self,
              const MosCanvas *source,
              MosRect          area,
              guint32         *pixels,
              guint            stride)
{
  guint last = G_MAXUINT;

  for (int y = 0; y < area.height; y++) {
    guint          from = self->y.runs[area.y + y].first;
    const guint32 *in = source->pixels + (gsize) from * source->stride;
    guint32       *out = pixels + (gsize) y * stride;

    if (from == last) {
      memcpy (out, out - stride, (gsize) area.width * sizeof *out);
      continue;
    }
    last = from;
    if (self->x.source == self->x.target) {
      memcpy (out, in + area.x, (gsize) area.width * sizeof *out);
      continue;
    }
    for (int x = 0; x < area.width; x++)
      out[x] = in[self->x.runs[area.x + x].first];
  }
}

/* Adds one source row, filtered along x and weighted, to the sums. */
static void
add_row (MosScaler     *self,
         const guint32 *in,
         int            x_first,
         int            width,
         guint          row_weight)
{
  const guint16 *weights = (const guint16 *) (gpointer) self->x.weights->data;

  for (int x = 0; x < width; x++) {
    const Run *run = &self->x.runs[x_first + x];
    guint32    red = 0, green = 0, blue = 0;

    for (guint i = 0; i < run->n; i++) {
      guint32 pixel = in[run->first + i];
      guint32 weight = weights[run->offset + i];

      red += ((pixel >> 16) & 0xff) * weight;
      green += ((pixel >> 8) & 0xff) * weight;
      blue += (pixel & 0xff) * weight;
    }
    self->row[x * 3] += red * row_weight;
    self->row[x * 3 + 1] += green * row_weight;
    self->row[x * 3 + 2] += blue * row_weight;
  }
}

static void
scale_filtered (MosScaler       *self,
                const MosCanvas *source,
                MosRect          area,
                guint32         *pixels,
                guint            stride)
{
  const guint16 *weights = (const guint16 *) (gpointer) self->y.weights->data;

  for (int y = 0; y < area.height; y++) {
    const Run *run = &self->y.runs[area.y + y];
    guint32   *out = pixels + (gsize) y * stride;

    memset (self->row, 0, (gsize) area.width * 3 * sizeof *self->row);
    for (guint i = 0; i < run->n; i++)
      add_row (self, source->pixels + (gsize) (run->first + i) * source->stride,
               area.x, area.width, weights[run->offset + i]);
    for (int x = 0; x < area.width; x++) {
      const guint32 *sum = &self->row[x * 3];

      out[x] = 0xff000000u | ((sum[0] + 0x8000) >> 16) << 16 |
               ((sum[1] + 0x8000) >> 16) << 8 | ((sum[2] + 0x8000) >> 16);
    }
  }
}

void
mos_scaler_scale (MosScaler       *self,
                  const MosCanvas *source,
                  MosRect          area,
                  guint32         *pixels,
                  guint            stride)
{
  g_return_if_fail (source->width == self->x.source &&
                    source->height == self->y.source);

  if (self->x.single && self->y.single)
    scale_single (self, source, area, pixels, stride);
  else
    scale_filtered (self, source, area, pixels, stride);
}
