/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's configuration.
 *
 * Values are kept by schema key. A key that the schema does not have is a
 * mistake and refused, except below a part that begins "x-", where other
 * programs may keep theirs; those, comments and layout are carried along and
 * written back. A MosVmConfig is checked as a whole by
 * mos_vm_config_validate(); setting a single wrong value is refused at once.
 * Main-loop object; copy it before handing it to another thread.
 */
#pragma once

#include <gio/gio.h>

#include "engine/config/schema.h"

G_BEGIN_DECLS

#define MOS_TYPE_VM_CONFIG (mos_vm_config_get_type ())
G_DECLARE_FINAL_TYPE (MosVmConfig, mos_vm_config, MOS, VM_CONFIG, GObject)

#define MOS_MIN_VCPUS     1
#define MOS_MAX_VCPUS     32
#define MOS_MIN_MEMORY_MB 1
#define MOS_MAX_MEMORY_MB 65536

/* All defaults; template "minimal". */
MosVmConfig *mos_vm_config_new (const char *name);

/* As the requirements document names them. */
MosVmConfig *
mos_vm_config_new_minimal (const char *name, guint vcpus, guint64 memory_mb);
MosVmConfig *mos_vm_config_new_educational (const char *name);
MosVmConfig *mos_vm_config_new_nested (const char *name, guint levels);

MosVmConfig *mos_vm_config_copy (MosVmConfig *self);

/* The templates a wizard offers: id ("minimal", "educational", "nested",
 * "linux"), translatable title and description, and lower bounds. */
typedef struct {
  const char *id;
  const char *title;
  const char *description;
  guint       vcpus;
  guint64     memory_mb;
  guint64     min_memory_mb;
  const char *toml; /* what it sets */
} MosTemplate;
extern const MosTemplate mos_templates[]; /* ends with a NULL id */

MosVmConfig *mos_vm_config_new_from_template (const char *id,
                                              const char *name,
                                              GError    **error);

/* Reads TOML. Errors: file:line, the key, what was found, what is allowed.
 * @path is for messages and relative paths; may be NULL for load_data. */
MosVmConfig *mos_vm_config_load (const char *path, GError **error);
MosVmConfig *mos_vm_config_load_data (const char *data,
                                      gssize      size,
                                      const char *path,
                                      GError    **error);

/* Byte for byte as it was read, but for what was changed since.
 * save replaces the file by write-temp, fsync, rename; from then on the
 * configuration belongs to that file. If its folder is another than before,
 * relative paths are made absolute. */
char *mos_vm_config_to_toml (MosVmConfig *self);
gboolean
mos_vm_config_save (MosVmConfig *self, const char *path, GError **error);

/* By schema key. A wrong key is a programmer's error for get; set takes user
 * input and says what is wrong. Strings are owned by the config. */
gint64      mos_vm_config_get_int (MosVmConfig *self, const char *key);
gboolean    mos_vm_config_get_bool (MosVmConfig *self, const char *key);
const char *mos_vm_config_get_string (MosVmConfig *self, const char *key);
const char *const *mos_vm_config_get_strings (MosVmConfig *self,
                                              const char  *key);
/* A path made absolute, or NULL if not set. */
char *mos_vm_config_get_path (MosVmConfig *self, const char *key);
/* A file beside the machine's, of the same name but ending in @ending; NULL if
 * the configuration belongs to no file. Free with g_free(). */
char *mos_vm_config_beside (MosVmConfig *self, const char *ending);
/* n-th integer of an array; @fallback if there are fewer. */
gint64 mos_vm_config_get_nth_int (MosVmConfig *self,
                                  const char  *key,
                                  guint        n,
                                  gint64       fallback);

/* Arrays of tables: how many, and a value of one by its sub key. */
guint              mos_vm_config_n_tables (MosVmConfig *self, const char *key);
gint64             mos_vm_config_table_int (MosVmConfig *self,
                                            const char  *key,
                                            guint        n,
                                            const char  *sub);
gboolean           mos_vm_config_table_bool (MosVmConfig *self,
                                             const char  *key,
                                             guint        n,
                                             const char  *sub);
const char        *mos_vm_config_table_string (MosVmConfig *self,
                                               const char  *key,
                                               guint        n,
                                               const char  *sub);
char              *mos_vm_config_table_path (MosVmConfig *self,
                                             const char  *key,
                                             guint        n,
                                             const char  *sub);
const char *const *mos_vm_config_table_strings (MosVmConfig *self,
                                                const char  *key,
                                                guint        n,
                                                const char  *sub);
/* Appends a table given as inline TOML: { path = "a.img", bus = "ide" }. */
gboolean mos_vm_config_add_table (MosVmConfig *self,
                                  const char  *key,
                                  const char  *inline_toml,
                                  GError     **error);
void mos_vm_config_remove_table (MosVmConfig *self, const char *key, guint n);

gboolean mos_vm_config_is_set (MosVmConfig *self, const char *key);
void     mos_vm_config_unset (MosVmConfig *self, const char *key);

/* @value as a person types it: 2, true, "VGA" or VGA, [1024, 768], 2G for
 * sizes in MiB. Names key, value and what is allowed in the error. */
gboolean mos_vm_config_set (MosVmConfig *self,
                            const char  *key,
                            const char  *value,
                            GError     **error);
gboolean mos_vm_config_set_int (MosVmConfig *self,
                                const char  *key,
                                gint64       value,
                                GError     **error);
gboolean mos_vm_config_set_string (MosVmConfig *self,
                                   const char  *key,
                                   const char  *value,
                                   GError     **error);

/* Rules over several keys (template minima, files that must exist, nested
 * needs memory …). @check_files: whether referenced files must be there. */
gboolean mos_vm_config_validate (MosVmConfig *self,
                                 gboolean     check_files,
                                 GError     **error);

/* Parses "512", "512M", "2G" to MiB; MOS_ERROR_INVALID_VALUE. */
gboolean
mos_parse_memory_mb (const char *text, guint64 *memory_mb, GError **error);

G_END_DECLS
