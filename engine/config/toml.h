/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A strict reader of TOML 1.0, and an editor that keeps a file's looks.
 *
 * The text is the document: reading it makes a tree of nodes that remember
 * where they stand, and an edit replaces those bytes and reads again. So what
 * nobody changed comes back byte by byte: comments, order, blank lines. Files
 * are small (MOS_TOML_MAX_BYTES), which makes that cheap enough.
 *
 * Extensions and limits: a byte order mark is skipped, U+0000 is refused in
 * keys, nesting ends at MOS_TOML_MAX_DEPTH. Any one thread.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_TOML_MAX_BYTES (1024 * 1024)
#define MOS_TOML_MAX_DEPTH 64

typedef enum {
  MOS_TOML_STRING,
  MOS_TOML_INTEGER,
  MOS_TOML_FLOAT,
  MOS_TOML_BOOLEAN,
  MOS_TOML_DATETIME, /* recognised and checked; its text is its value */
  MOS_TOML_ARRAY,
  MOS_TOML_TABLE
} MosTomlType;

typedef struct MosToml     MosToml;
typedef struct MosTomlNode MosTomlNode;

/*
 * Reads SIZE bytes of TEXT (-1: up to the NUL). NAME is for messages, which
 * begin "NAME:LINE:COLUMN: " (columns count characters, from 1); NULL says
 * "text". MOS_ERROR_SYNTAX.
 */
MosToml *mos_toml_parse (const char *text,
                         gssize      size,
                         const char *name,
                         GError    **error);
void     mos_toml_free (MosToml *self);

/* The document as it would be written; NUL-terminated, owned by SELF. */
const char *mos_toml_text (MosToml *self, gsize *size);

/* Nodes belong to the document and die with the next edit. */
const MosTomlNode *mos_toml_root (MosToml *self);

/* By path: "boot.kernel_path", "storage.drives[1].path". Keys that need
 * quotes in TOML cannot be reached this way. NULL if it is not there. */
const MosTomlNode *mos_toml_find (MosToml *self, const char *path);

MosTomlType        mos_toml_node_type (const MosTomlNode *self);
const char        *mos_toml_node_key (const MosTomlNode *self);
const MosTomlNode *mos_toml_node_parent (const MosTomlNode *self);

/* Tables and arrays. */
guint              mos_toml_node_length (const MosTomlNode *self);
const MosTomlNode *mos_toml_node_nth (const MosTomlNode *self, guint n);
const MosTomlNode *mos_toml_node_get (const MosTomlNode *self, const char *key);

/* The values; of the right type only. A string may hold NULs: see LENGTH. */
const char *mos_toml_node_string (const MosTomlNode *self, gsize *length);
gint64      mos_toml_node_integer (const MosTomlNode *self);
double      mos_toml_node_float (const MosTomlNode *self);
gboolean    mos_toml_node_boolean (const MosTomlNode *self);

/* Where the node's key stands, or its value if it has none; from 1. */
void mos_toml_node_position (MosToml           *self,
                             const MosTomlNode *node,
                             guint             *line,
                             guint             *column);

/* "a string", "an integer", … for messages; translated. */
const char *mos_toml_type_title (MosTomlType type);

/* The node's value as the file writes it; free it. */
char *mos_toml_node_literal (MosToml *self, const MosTomlNode *node);

/*
 * Gives PATH the value LITERAL (TOML: 2, "a", [1, 2]), in place if it is
 * there, else beside its neighbours, else in a new table at the end.
 * MOS_ERROR_SYNTAX if LITERAL is no value, or PATH runs through one.
 */
gboolean mos_toml_set (MosToml    *self,
                       const char *path,
                       const char *literal,
                       GError    **error);

/* Takes PATH away, with its line; a comment above it stays. FALSE if it is
 * not there, or is a table that was not written as one value. */
gboolean mos_toml_remove (MosToml *self, const char *path);

/* Adds a table to the array of tables at PATH, in the style the file has;
 * LITERAL is an inline table. MOS_ERROR_SYNTAX. */
gboolean mos_toml_append (MosToml    *self,
                          const char *path,
                          const char *literal,
                          GError    **error);

/* TEXT as a TOML basic string, quotes included; free it. */
char *mos_toml_quote (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosToml, mos_toml_free)

G_END_DECLS
