/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest's memory where the host has it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A guest's operands need not be aligned, and on this host neither do ours. */
typedef guint16 MosU16 __attribute__ ((aligned (1)));
typedef guint32 MosU32 __attribute__ ((aligned (1)));
typedef guint64 MosU64 __attribute__ ((aligned (1)));

/* 1, 2, 4 or 8 bytes of the guest's memory as one access of the host. */
static inline __attribute__ ((always_inline)) guint64
mos_host_read (gconstpointer p, guint size)
{
  if (size == 1)
    return *(const volatile guint8 *) p;
  if (size == 2)
    return *(const volatile MosU16 *) p;
  if (size == 4)
    return *(const volatile MosU32 *) p;
  return *(const volatile MosU64 *) p;
}

static inline __attribute__ ((always_inline)) void
mos_host_write (gpointer p, guint64 value, guint size)
{
  if (size == 1)
    *(volatile guint8 *) p = (guint8) value;
  else if (size == 2)
    *(volatile MosU16 *) p = (guint16) value;
  else if (size == 4)
    *(volatile MosU32 *) p = (guint32) value;
  else
    *(volatile MosU64 *) p = value;
}

G_END_DECLS
