/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The schema of a machine's configuration.
 *
 * One row per key says its name, type, range, default, unit and help. The TOML
 * reader and writer, every error text, the settings form, the --set option and
 * the manual page are derived from it. To add a key, add a row in
 * schema-table.c.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  MOS_KEY_STRING,
  MOS_KEY_PATH, /* a string; relative ones start at the file's folder; a word
                 * of choices is no path */
  MOS_KEY_INTEGER,
  MOS_KEY_BOOLEAN,
  MOS_KEY_ENUM,
  MOS_KEY_INTEGERS, /* array of integers, min_items to max_items */
  MOS_KEY_STRINGS,  /* array of strings */
  MOS_KEY_TABLES    /* array of tables, described by sub */
} MosKeyType;

typedef struct MosKeyInfo MosKeyInfo;

struct MosKeyInfo {
  const char *name; /* dotted: "boot.kernel_path" */
  MosKeyType  type;
  gint64      minimum; /* integers; strings: length */
  gint64      maximum;
  const char *fallback; /* the default as TOML writes it: "1", "\"VGA\"" */
  const char *unit;     /* "MiB", or NULL */
  const char *const *choices; /* enums; NULL-terminated; compared without case*/
  guint              min_items, max_items; /* arrays */
  const MosKeyInfo  *sub;    /* tables: rows of an entry; ends with NULL name */
  gboolean           live;   /* takes effect while running */
  const char        *title;  /* translatable, for forms */
  const char        *help;   /* translatable, one or two sentences */
  gboolean           output; /* paths: is written, need not be there */
  gboolean    reserved;      /* read, kept and checked; without effect so far */
  const char *remedy;        /* translatable: said when out of range; or NULL */
};

/* Ends with a NULL name; in the order the writer and forms use. */
extern const MosKeyInfo mos_config_schema[];

/* Keys below a part that begins so are nobody's: kept and not checked. */
#define MOS_KEY_EXTENSION_PREFIX "x-"

/* By name; "storage.drives.path" and "storage.drives[2].path" are the row of
 * the entry. NULL if there is none. */
const MosKeyInfo *mos_config_schema_find (const char *name);

/* The known key that looks most like the wrong NAME, or NULL. With TABLE, a
 * row of type tables, among its entry's keys. */
const char *mos_config_schema_nearest (const MosKeyInfo *table,
                                       const char       *name);

/* What a value may be, for messages and help: "an integer, 1 to 32". Free. */
char *mos_key_info_allowed (const MosKeyInfo *self);

/* "integer", "path", …: stable names of the types, for JSON. */
const char *mos_key_type_name (MosKeyType type);

G_END_DECLS
