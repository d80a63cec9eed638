/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the parts of a machine's configuration share: vmconfig.c (the object,
 * reading values), vmconfig-edit.c (changing them), vmconfig-check.c (a file
 * against the schema), vmconfig-rules.c (rules over several keys).
 */

#pragma once

#include "engine/config/toml.h"
#include "engine/config/vmconfig.h"

G_BEGIN_DECLS

struct _MosVmConfig {
  GObject parent_instance;

  MosToml      *doc;
  MosToml      *written;  /* the file as it was read or saved, or NULL */
  MosToml      *defaults; /* whole key names to the schema's fallbacks */
  char         *path;     /* of the file, for messages; or NULL */
  char         *folder;   /* where relative paths start; NULL: here */
  GStringChunk *strings;  /* every string ever given out */
  GPtrArray    *vectors;  /* and every string vector */
};

/* vmconfig.c: of the document, else of the defaults; never NULL for a key of
 * the schema. */
const MosTomlNode *mos_vm_config_node (MosVmConfig *self, const char *key);
/* The document is now what the file has. */
void mos_vm_config_note_written (MosVmConfig *self);
/* Absolute, or the word of ROW's choices, or NULL for "". */
char *mos_vm_config_resolve (MosVmConfig      *self,
                             const MosKeyInfo *row,
                             const char       *path);

/*
 * vmconfig-check.c. Says "WHERE: KEY: found FOUND; allowed: ALLOWED (REMEDY)",
 * where WHERE is the file and line of NODE, left out for a NULL DOC, and KEY
 * the key by itself. REMEDY may be NULL. Returns FALSE.
 */
typedef struct {
  MosToml    *doc;
  const char *path;
} MosConfigPlace;

/* vmconfig.c: where KEY stands in the file, as long as the file has the value
 * that is meant; lines of what was changed since would be wrong. */
MosConfigPlace mos_vm_config_place (MosVmConfig        *self,
                                    const char         *key,
                                    const MosTomlNode **node);

gboolean mos_config_complain (const MosConfigPlace *place,
                              const MosTomlNode    *node,
                              const char           *key,
                              const char           *found,
                              const char           *allowed,
                              const char           *remedy,
                              GError              **error);
gboolean mos_config_check_value (const MosConfigPlace *place,
                                 const MosKeyInfo     *row,
                                 const char           *key,
                                 const MosTomlNode    *node,
                                 GError              **error);
gboolean mos_config_check_document (const MosConfigPlace *place,
                                    GError              **error);
/* An unknown key: names the nearest. Returns FALSE. */
gboolean mos_config_unknown_key (const MosConfigPlace *place,
                                 const MosTomlNode    *node,
                                 const MosKeyInfo     *table,
                                 const char           *key,
                                 GError              **error);

G_END_DECLS
