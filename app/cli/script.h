/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a run waits for and types, step by step: the options --until-serial,
 * --until-screen and --type in the order given.
 *
 * It knows no machine. Whoever has one asks what is wanted next, brings serial
 * output and screen texts, and says when a text has been typed. Any one
 * thread.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosScript MosScript;

typedef enum {
  MOS_SCRIPT_UNTIL_SERIAL,
  MOS_SCRIPT_UNTIL_SCREEN,
  MOS_SCRIPT_TYPE
} MosScriptStep;

typedef enum {
  MOS_WANT_SERIAL,  /* waits for serial output */
  MOS_WANT_SCREEN,  /* waits for a text on the screen */
  MOS_WANT_TYPE,    /* has something to type */
  MOS_WANT_TYPED,   /* waits until that has been typed */
  MOS_WANT_NOTHING, /* has no steps (left), and does not end the run */
  MOS_WANT_END      /* the last step was a wait, and came true */
} MosScriptWant;

MosScript *mos_script_new (void);
void       mos_script_free (MosScript *self);

/* TEXT is a regular expression, or what to type with \n, \t, \b, \e, \\ and
 * \xHH. MOS_ERROR_INVALID_VALUE. */
gboolean mos_script_add (MosScript    *self,
                         MosScriptStep step,
                         const char   *text,
                         GError      **error);

MosScriptWant mos_script_want (MosScript *self);

/* The step that is being waited for, as it was given ("--until-screen 'A:'"),
 * for messages; NULL if there is none. Free it. */
char *mos_script_describe (MosScript *self);

/* More serial output. What came before the step counts, unless an earlier
 * wait has matched it; the last MOS_SCRIPT_SERIAL_BYTES are looked at. */
#define MOS_SCRIPT_SERIAL_BYTES 16384
void mos_script_serial (MosScript *self, const void *data, gsize size);

/* The screen's text now. */
void mos_script_screen (MosScript *self, const char *text);

/* For MOS_WANT_TYPE: the text; from now on MOS_WANT_TYPED. */
const char *mos_script_take_text (MosScript *self);
void        mos_script_typed (MosScript *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosScript, mos_script_free)

G_END_DECLS
