/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Commands of a script, for script.c (parsing) and script-run.c (running).
 */
#pragma once

#include "tutorials/script.h"

G_BEGIN_DECLS

typedef enum {
  MOS_VERB_CREATE,
  MOS_VERB_USE,
  MOS_VERB_START,
  MOS_VERB_PAUSE,
  MOS_VERB_RESUME,
  MOS_VERB_STOP,
  MOS_VERB_FORCE_STOP,
  MOS_VERB_RESET,
  MOS_VERB_DELETE,
  MOS_VERB_RESTART,
  MOS_VERB_SET,
  MOS_VERB_TYPE,
  MOS_VERB_SEND,
  MOS_VERB_WAIT,
  MOS_VERB_ONLY,
  MOS_VERB_ANSWER,
  MOS_VERB_MEDIUM,
  MOS_VERB_SWITCHES,
  MOS_VERB_WORKSPACE,
  MOS_VERB_SOLUTION,
  MOS_VERB_BUILD,
  MOS_VERB_OPEN,
  MOS_VERB_POINT
} MosLabVerbId;

typedef struct {
  MosLabVerbId verb;
  guint        line;
  char       **words; /* without the verb */
  MosCheck    *check; /* of wait and only */
} MosLabCommand;

struct MosLabScript {
  GPtrArray *commands; /* of MosLabCommand */
};

G_END_DECLS
