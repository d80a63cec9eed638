/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the parts of the TOML reader share: toml.c (the tree), toml-parse.c
 * (structure), toml-scalar.c (strings, numbers, dates), toml-edit.c.
 */

#pragma once

#include "engine/config/toml.h"

G_BEGIN_DECLS

/* How a table or array came to be; it decides who may still add to it. */
typedef enum {
  MOS_TOML_BY_VALUE,  /* scalars, { … }, [ … ]: complete as written */
  MOS_TOML_BY_ROOT,   /* the document */
  MOS_TOML_BY_HEADER, /* [a.b] */
  MOS_TOML_BY_PARENT, /* "a" of [a.b], not written itself */
  MOS_TOML_BY_DOTTED, /* "a" of a.b = 1 */
  MOS_TOML_BY_TABLES, /* the array of [[a.b]] */
  MOS_TOML_BY_ELEMENT /* one table of it */
} MosTomlOrigin;

struct MosTomlNode {
  MosTomlType   type;
  MosTomlOrigin origin;
  MosTomlNode  *parent;
  char         *key; /* NULL: the root, and elements of arrays */
  guint         depth;
  gsize         key_start;  /* first byte of its pair, header or element */
  gsize         start, end; /* bytes of the value, or of the header */
  gsize         body_end;   /* root, header, element: end of its last line */
  GPtrArray    *children;   /* MosTomlNode, in order; or NULL */
  GHashTable   *index;      /* tables: key to child; or NULL */
  union {
    struct {
      char *text;
      gsize length;
    } string; /* also dates */
    gint64   integer;
    double   real;
    gboolean boolean;
  } as;
};

struct MosToml {
  char        *name;
  char        *text;
  gsize        size;
  MosTomlNode *root;
};

typedef struct {
  MosToml     *doc;
  const char  *text; /* NUL-terminated at end */
  gsize        at;
  gsize        end;
  MosTomlNode *section;
  GError     **error;
} MosTomlReader;

/* toml.c */
MosTomlNode *mos_toml_node_new (MosTomlType type, MosTomlOrigin origin);
void         mos_toml_node_free (MosTomlNode *self);
/* Takes CHILD. */
void mos_toml_node_add (MosTomlNode *self, MosTomlNode *child);
void mos_toml_locate (const char *text, gsize at, guint *line, guint *column);

/* toml-parse.c */
gboolean
mos_toml_fail (MosTomlReader *reader, gsize at, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
gboolean mos_toml_read_document (MosTomlReader *reader);

/* toml-scalar.c: at a quote; MULTILINE: whether three quotes may open it. */
gboolean
mos_toml_read_string (MosTomlReader *reader, gboolean multiline, GString *out);
/* A number, date or boolean into NODE. */
gboolean mos_toml_read_plain (MosTomlReader *reader, MosTomlNode *node);

static inline char
mos_toml_peek (const MosTomlReader *reader, gsize ahead)
{
  return reader->at + ahead < reader->end ? reader->text[reader->at + ahead]
                                          : '\0';
}

G_END_DECLS
