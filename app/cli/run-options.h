/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What `multios run` was asked to do: the machine's file with the command
 * line's changes, and how the run goes and ends.
 */

#pragma once

#include "app/cli/command.h"
#include "app/cli/observe.h"
#include "app/cli/script.h"
#include "engine/engine.h"

G_BEGIN_DECLS

/* Where COM1 leads. */
typedef enum {
  MOS_SERIAL_TO_STDIO,
  MOS_SERIAL_TO_FILE,
  MOS_SERIAL_TO_NOBODY
} MosSerialTarget;

typedef struct {
  MosVmConfig    *config;
  MosScript      *script;
  MosSerialTarget serial;
  char           *serial_path; /* for a file, a socket, a pseudo-terminal */
  const char     *serial_mode; /* of the machine's port; NULL: ours */
  gboolean        serial_given;
  char           *screenshot; /* NULL: none */
  char           *stats;      /* NULL: none */
  char           *log;        /* NULL: none */
  double          timeout_s;  /* 0: none */

  MosObserveOptions observe;
} MosRunOptions;

/* The options of the command, for its row. */
extern const MosCliOption mos_run_option_rows[];

/* NULL with a one-line error about the command line or the file. */
MosRunOptions *mos_run_options_new (const MosCliArguments *arguments,
                                    GError               **error);
void           mos_run_options_free (MosRunOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosRunOptions, mos_run_options_free)

G_END_DECLS
