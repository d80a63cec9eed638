/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Which scan codes a key has.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a key does in set 3 unless the host says otherwise. */
typedef enum {
  MOS_PS2_MAKE = 0,            /* says when it goes down */
  MOS_PS2_BREAK = 1u << 0,     /* and when it comes up */
  MOS_PS2_TYPEMATIC = 1u << 1, /* and repeats while held */
} MosPs2KeyType;

typedef struct {
  guint8 keycode; /* Linux */
  guint8 set2;
  guint8 extended; /* behind 0xe0 in sets 1 and 2 */
  guint8 set3;     /* 0: none */
  guint8 type;     /* MosPs2KeyType */
} MosPs2Key;

/* NULL if this keyboard has no such key. */
const MosPs2Key *mos_ps2_key_find (guint keycode);

/* The set 3 default types, by code; @types has 256 entries. */
void mos_ps2_key_default_types (guint8 *types);

G_END_DECLS
