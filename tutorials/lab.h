/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A lab: one text file, and what is in it.
 *
 * The file is Markdown with a header between two lines of three hyphens:
 *
 *   ---
 *   id: simple-boot
 *   title: Simple Boot
 *   level: beginner
 *   minutes: 30                 or “variable”
 *   requires: other-lab, another
 *   objectives:
 *   - lifecycle: Start, pause and stop a machine
 *   ---
 *   A text that introduces the lab.
 *
 *   ## Create a machine {#create}
 *
 *   A step begins with a heading of level 2, and may have an id. Text is
 *   Markdown: paragraphs, lists, `code`, **strong**, *emphasis*, pictures of
 *   the lab's folder, and {{ expression }} for a live value. What the program
 *   reads stands in fences:
 */

/*
 *   ```check                    an expression (check.h); the step is done when
 *   machine.state == "running"  it holds
 *   ```
 *   ```hint                     shown one by one when the learner is stuck
 *   ```wrong EXPRESSION         shown as soon as EXPRESSION holds: a mistake
 *   ```mistake                  commands of a plausible mistake, which a
 *                               “wrong” must notice: for tests
 *   ```solve                    commands (script.h) that do the step
 *   ```before                   commands that bring about what the step needs
 *   ```action Label             a button in the text, with commands
 *   ```show widget-id           where “show me” points
 *   ```quiz id                  "? question", "+ right -- why", "- wrong --
 * why"
 *   ```teaches objective, …     objectives that the step teaches
 *   ```live register cr0        a register of the machine, bit by bit
 *   ```live graph EXPRESSION    its value in the last minute
 *   ```live rate EXPRESSION     how much it grew each second
 *   ```live tree                the machine and the guests inside it
 *   ```picture NAME.svg         a picture of the lab's folder (.svg, .png);
 *                               what stands in these two is what they show
 *
 * Any other fence is a listing. A file lab.de.md beside it may have its words
 * in German: title, objectives, the steps with their paragraphs, hints, wrongs
 * (without expression), action labels and quizzes, in the same order; fences
 * of listings may be empty there.
 *
 * Everything is bounded and checked when it is read; the first mistake is
 * reported with its line. A lab does not change. Threads: any, one at a time.
 */
#pragma once

#include "engine/base/fields.h"
#include "tutorials/check.h"
#include "tutorials/script.h"

G_BEGIN_DECLS

#define MOS_LAB_MAX_BYTES   (512 * 1024)
#define MOS_LAB_MAX_STEPS   64
#define MOS_LAB_MAX_ITEMS   16 /* hints, actions, quizzes … of one step */
#define MOS_LAB_MAX_MINUTES 1440

typedef enum {
  MOS_LAB_BEGINNER,
  MOS_LAB_INTERMEDIATE,
  MOS_LAB_ADVANCED,
  MOS_LAB_EXPERT,
  MOS_LAB_N_LEVELS
} MosLabLevel;

typedef struct {
  char    *text;
  char    *why; /* what to say to who chose it; may be empty */
  gboolean right;
} MosLabAnswer;

typedef struct {
  char      *id;
  char      *question;
  GPtrArray *answers; /* of MosLabAnswer */
} MosLabQuiz;

typedef struct {
  MosCheck *when;
  char     *text;
} MosLabWrong;

typedef struct {
  char         *label;
  MosLabScript *script;
} MosLabAction;

typedef enum {
  MOS_LAB_LIVE_REGISTER,
  MOS_LAB_LIVE_GRAPH,
  MOS_LAB_LIVE_RATE,
  MOS_LAB_LIVE_TREE
} MosLabLiveKind;

/* Something that moves with the machine. */
typedef struct {
  MosLabLiveKind  kind;
  char           *name;   /* of a register, in small letters; or NULL */
  const MosField *fields; /* the register's */
  MosCheck       *value;  /* NULL: of a tree */
} MosLabLive;

/* What a step's text is made of, in order. */
typedef enum {
  MOS_LAB_BLOCK_TEXT,    /* Markdown, without fences */
  MOS_LAB_BLOCK_LISTING, /* code, as it is; @label is its language */
  MOS_LAB_BLOCK_ACTION,  /* @index in actions */
  MOS_LAB_BLOCK_QUIZ,    /* @index in quizzes */
  MOS_LAB_BLOCK_LIVE,    /* @index in lives; @text says what it shows */
  MOS_LAB_BLOCK_PICTURE  /* @label is its file; @text says what it shows */
} MosLabBlockKind;

typedef struct {
  MosLabBlockKind kind;
  char           *text;
  char           *label;
  guint           index;
} MosLabBlock;

typedef struct {
  char         *id;
  char         *title;
  guint         line;
  GPtrArray    *blocks;  /* of MosLabBlock */
  GPtrArray    *hints;   /* of char * */
  GPtrArray    *wrongs;  /* of MosLabWrong */
  GPtrArray    *actions; /* of MosLabAction */
  GPtrArray    *quizzes; /* of MosLabQuiz */
  GPtrArray    *values;  /* of MosCheck: the {{ }} of the text, in order */
  GPtrArray    *lives;   /* of MosLabLive */
  GPtrArray    *teaches; /* of char *: objective ids */
  MosCheck     *check;   /* NULL: done when its quizzes are, or when read */
  MosLabScript *solve;   /* or NULL */
  MosLabScript *before;  /* or NULL */
  MosLabScript *mistake; /* or NULL */
  char         *show;    /* or NULL */
} MosLabStep;

typedef struct {
  char *id;
  char *text;
} MosLabObjective;

struct MosLab {
  gatomicrefcount refs;
  char           *path; /* of the file; NULL: from memory */
  char           *id;
  char           *title;
  MosLabLevel     level;
  guint           minutes; /* 0: variable */
  guint           requires_line;
  GPtrArray *requires;    /* of char * */
  GPtrArray  *objectives; /* of MosLabObjective */
  MosLabStep *intro;      /* the text before the first step */
  GPtrArray  *steps;      /* of MosLabStep */
  gboolean    shipped;    /* one of ours */
};

/* Errors: MOS_ERROR_SYNTAX and those of checks and scripts, "NAME:LINE: what";
 * @name is the file's for messages. */
MosLab *
mos_lab_parse (const char *text, gssize size, const char *name, GError **error);
/* @path: the file, or the folder with a lab.md in it. MOS_ERROR_NOT_FOUND,
 * MOS_ERROR_IO; MOS_ERROR_INVALID_VALUE if it is too large. */
MosLab *mos_lab_load (const char *path, GError **error);
/* Puts the words of a translation (lab-translate.c) in place of the lab's, all
 * of them or none; only before anybody else has the lab. MOS_ERROR_SYNTAX,
 * _INVALID_VALUE if it does not fit. */
gboolean mos_lab_translate (MosLab     *self,
                            const char *text,
                            gssize      size,
                            const char *name,
                            GError    **error);
MosLab  *mos_lab_ref (MosLab *self);
void     mos_lab_unref (MosLab *self);

const MosLabStep *mos_lab_step (const MosLab *self, guint index);
/* -1: there is none. */
int mos_lab_find_step (const MosLab *self, const char *id);

/* What it lacks as a lab, though it can be read; of char *, owned by the
 * caller. */
GPtrArray *mos_lab_advise (const MosLab *self);

/* "beginner"; and for people. */
const char *mos_lab_level_name (MosLabLevel level);
const char *mos_lab_level_title (MosLabLevel level);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosLab, mos_lab_unref)

G_END_DECLS
