/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Names of a guest's functions, from a System.map, what Linux shows as
 * /proc/kallsyms, or the symbol table of an ELF file (vmlinux, our own
 * guests). Files may be anything: tests/fuzz/fuzz-symbols.c.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosSymbols MosSymbols;

/* MOS_ERROR_IO; MOS_ERROR_SYNTAX if it is none of the formats or has no
 * function in it. */
MosSymbols *mos_symbols_load (const char *path, GError **error);
MosSymbols *mos_symbols_parse (const void *data, gsize size, GError **error);
void        mos_symbols_free (MosSymbols *self);

/* For other sources of names: an empty table, functions in any order (@size
 * 0: up to the next), and the end of it. */
MosSymbols *mos_symbols_new (void);
void        mos_symbols_add (MosSymbols *self,
                             guint64     address,
                             guint64     size,
                             const char *name,
                             gsize       name_bytes);
void        mos_symbols_end (MosSymbols *self);
guint       mos_symbols_count (MosSymbols *self);

/* The function that holds @address and how far into it, or NULL. A NULL
 * @self knows nothing. The name lives as long as @self. */
const char *
mos_symbols_find (MosSymbols *self, guint64 address, guint64 *offset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosSymbols, mos_symbols_free)

G_END_DECLS
