/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Scripts: what the buttons, “do it for me” and “before” of a lab do.
 *
 * One command a line; words, or "texts" with the escapes of checks; # begins a
 * comment. The commands are a table (mos_script_verbs), and so is all they
 * can do: there are no variables, conditions or loops, and nothing outside the
 * lab's own machines is reached.
 *
 *   create educational "My machine" as machine boot.guest=simple-boot
 *   start
 *   wait screen =~ "ready"
 *   type "ver\n"
 *
 * Threads: a MosScript does not change once parsed; running is main loop.
 */
#pragma once

#include <gio/gio.h>

#include "tutorials/world.h"

G_BEGIN_DECLS

#define MOS_LAB_SCRIPT_MAX_COMMANDS 64
#define MOS_LAB_SCRIPT_MAX_WORDS    16
/* How long a wait waits, and a verb may take. */
#define MOS_LAB_SCRIPT_WAIT_S 120

typedef struct MosLabScript MosLabScript;

typedef struct {
  const char *name;
  const char *arguments; /* "TEMPLATE [NAME] [as ROLE] [KEY=VALUE…]" */
  const char *help;      /* translatable */
  guint       min_words, max_words;
} MosLabVerb;

/* Ends with a NULL name. */
extern const MosLabVerb mos_lab_verbs[];

/* @line: of the first line, for messages. MOS_ERROR_SYNTAX, _UNKNOWN_KEY. */
MosLabScript       *
mos_lab_script_parse (const char *text, guint line, GError **error);
void  mos_lab_script_free (MosLabScript *self);
guint mos_lab_script_n_commands (const MosLabScript *self);
/* Whether one of its commands answers the quiz @id. */
gboolean mos_lab_script_answers (const MosLabScript *self, const char *id);

/* What the window does for a script: "open" and "point". Optional. */
typedef struct {
  void (*open_page) (gpointer user_data, const char *page);
  void (*point) (gpointer user_data, const char *widget);
} MosLabStage;

/*
 * Runs the commands one after the other; never blocks. @stage may be NULL.
 * @script, @world and @stage must outlive the run. Finish with
 * mos_lab_script_run_finish(); errors say which line failed and why.
 */
void     mos_lab_script_run (const MosLabScript *script,
                             MosLabWorld        *world,
                             const MosLabStage  *stage,
                             gpointer            stage_data,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data);
gboolean mos_lab_script_run_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosLabScript, mos_lab_script_free)

G_END_DECLS
