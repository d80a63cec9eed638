/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sources of a main context that one part owns from making to ending.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes @source out of its context, frees the reference and sets it to NULL;
 * nothing happens if it is NULL. Any thread, as g_source_destroy(). */
static inline void
mos_source_clear (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_source_unref (*source);
  *source = NULL;
}

G_END_DECLS
