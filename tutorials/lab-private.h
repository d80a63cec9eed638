/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading a lab's file, shared by lab.c (lines, header, steps) and lab-fence.c
 * (what stands in fences).
 */
#pragma once

#include "engine/base/error.h"
#include "tutorials/lab.h"

G_BEGIN_DECLS

typedef struct {
  MosLab      *lab;
  MosLabStep  *step; /* the one being read; at first the introduction */
  MosLabWorld *world;
  const char  *name;
  const char  *p; /* the next line, or NULL */
  guint        line;
  GString     *text; /* of the block being read */
  guint        text_line;
  gboolean     has_minutes;
  gboolean     translation; /* lab.LANGUAGE.md */
  GError     **error;
} MosLabReader;

/* As mos_lab_parse(); @translation: of words only. */
MosLab *mos_lab_reader_parse (const char *text,
                              gssize      size,
                              const char *name,
                              gboolean    translation,
                              GError    **error);

/* The next line without its end, or NULL; owned by the caller. */
char *mos_lab_reader_line (MosLabReader *reader);

/* Sets the error; FALSE. */
gboolean mos_lab_reader_fail (MosLabReader *reader,
                              MosError      code,
                              guint         line,
                              const char   *format,
                              ...) G_GNUC_PRINTF (4, 5);

/* A whole fence: what stands behind ```, and its lines. @line is the opening
 * one. */
gboolean mos_lab_reader_fence (MosLabReader *reader,
                               const char   *info,
                               const char   *body,
                               guint         line);

gboolean mos_lab_is_id (const char *text);

void mos_lab_block_free (gpointer block);
void mos_lab_wrong_free (gpointer wrong);
void mos_lab_action_free (gpointer action);
void mos_lab_quiz_free (gpointer quiz);
void mos_lab_live_free (gpointer live);

G_END_DECLS
