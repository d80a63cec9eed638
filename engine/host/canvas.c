/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What pictures are made of: pixels, damage, and the cells of a text mode.
 *
 * Values without locks; whoever holds one uses it from one thread.
 */

#include "engine/host/screen.h"

#define MIN_SIZE 1

static MosRect
rect_union (MosRect a, MosRect b)
{
  MosRect all;

  all.x = MIN (a.x, b.x);
  all.y = MIN (a.y, b.y);
  all.width = MAX (a.x + a.width, b.x + b.width) - all.x;
  all.height = MAX (a.y + a.height, b.y + b.height) - all.y;
  return all;
}

static gint64
rect_area (MosRect rect)
{
  return (gint64) rect.width * rect.height;
}

/* Whether the union of both has no pixel that neither has (or few). */
static gboolean
rect_joins (MosRect a, MosRect b)
{
  return rect_area (rect_union (a, b)) <= rect_area (a) + rect_area (b);
}

void
mos_damage_add (MosDamage *self, MosRect rect)
{
  g_return_if_fail (self != NULL);

  if (rect.width <= 0 || rect.height <= 0)
    return;
  /* The last few are the likely neighbours; a join may allow another. */
  for (guint i = self->n_rects; i-- > 0;) {
    if (rect_joins (self->rects[i], rect)) {
      rect = rect_union (self->rects[i], rect);
      self->rects[i] = self->rects[--self->n_rects];
      i = self->n_rects;
    }
  }
  if (self->n_rects == MOS_SCREEN_MAX_DAMAGE) {
    for (guint i = 0; i < self->n_rects; i++)
      rect = rect_union (rect, self->rects[i]);
    self->n_rects = 0;
  }
  self->rects[self->n_rects++] = rect;
}

void
mos_canvas_resize (MosCanvas *self, guint width, guint height)
{
  g_return_if_fail (self != NULL);

  width = CLAMP (width, MIN_SIZE, MOS_SCREEN_MAX_WIDTH);
  height = CLAMP (height, MIN_SIZE, MOS_SCREEN_MAX_HEIGHT);
  if (self->pixels != NULL && self->width == width && self->height == height)
    return;
  g_free (self->pixels);
  self->pixels = g_new0 (guint32, (gsize) width * height);
  self->width = width;
  self->height = height;
  self->stride = width;
  if (self->pixel_aspect <= 0)
    self->pixel_aspect = 1.0;
}

void
mos_canvas_clear (MosCanvas *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->pixels, g_free);
  self->width = self->height = self->stride = 0;
}

void
mos_text_screen_init (MosTextScreen *self)
{
  g_return_if_fail (self != NULL);

  *self = (MosTextScreen){ 0 };
  self->characters = g_array_new (FALSE, TRUE, sizeof (gunichar));
  self->attributes = g_array_new (FALSE, TRUE, sizeof (guint8));
}

void
mos_text_screen_clear (MosTextScreen *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->characters, g_array_unref);
  g_clear_pointer (&self->attributes, g_array_unref);
  *self = (MosTextScreen){ 0 };
}

char *
mos_text_screen_to_string (const MosTextScreen *self)
{
  GString *out = g_string_new (NULL);

  g_return_val_if_fail (self != NULL, g_string_free (out, FALSE));

  for (guint row = 0; row < self->rows && self->columns > 0; row++) {
    gsize keep;

    if (row > 0)
      g_string_append_c (out, '\n');
    keep = out->len;
    for (guint column = 0; column < self->columns; column++) {
      guint    cell = row * self->columns + column;
      gunichar character = 0;

      if (cell < self->characters->len)
        character = g_array_index (self->characters, gunichar, cell);
      if (character == 0)
        character = ' ';
      g_string_append_unichar (out, character);
      if (character != ' ')
        keep = out->len;
    }
    g_string_truncate (out, keep);
  }
  return g_string_free (out, FALSE);
}
