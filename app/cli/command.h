/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a command of `multios` is: a row that names and explains it and its
 * options, and a function.  Help, the check of the command line and the test
 * of the manual page read the same row.  To add a command, write its file,
 * and add its row to the list in cli.c.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The exit codes that every command keeps to. */
#define MOS_CLI_OK      0
#define MOS_CLI_FAILED  1 /* the guest, the machine or the host */
#define MOS_CLI_USAGE   2 /* the command line or a file */
#define MOS_CLI_AWAY    3 /* the program does not run */
#define MOS_CLI_TIMEOUT 124
#define MOS_CLI_SIGNAL  128 /* and the number of the signal */

typedef struct {
  const char *name;     /* "until-serial", without dashes */
  const char *argument; /* "REGEX"; NULL: it takes none */
  const char *help;     /* translatable */
  const char *key;      /* sets this key of a machine, to its value or true */
  /* Or what else the option does to what its command makes of options. */
  gboolean (*apply) (gpointer target, const char *value, GError **error);
} MosCliOption;

/* An option as it was given. */
typedef struct {
  const MosCliOption *option;
  const char         *value; /* NULL if it takes none */
} MosCliGiven;

typedef struct {
  GArray    *options; /* of MosCliGiven, in the order given */
  GPtrArray *words;   /* everything else; not owned */
} MosCliArguments;

typedef struct MosCliCommand MosCliCommand;

struct MosCliCommand {
  const char         *name;     /* "run", "config check" */
  const char         *synopsis; /* "[MACHINE.toml] [OPTION…]" */
  const char         *summary;  /* translatable, a few words */
  const MosCliOption *options;  /* ends with a NULL name; or NULL */
  guint               min_words, max_words;
  /* Returns the exit code. */
  int (*run) (const MosCliCommand *self, const MosCliArguments *arguments);
};

/* The last value of the option NAME, or NULL; "" if it takes none. */
const char *mos_cli_value (const MosCliArguments *arguments, const char *name);
gboolean    mos_cli_has (const MosCliArguments *arguments, const char *name);

/* One line on stderr, "multios NAME: …". Returns MOS_CLI_USAGE. */
int mos_cli_complain (const MosCliCommand *command, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/* Sorts ARGV (without the command's name) into ARGUMENTS, or complains.
 * Clear ARGUMENTS in any case. */
gboolean mos_cli_parse (const MosCliCommand *command,
                        int                  argc,
                        char               **argv,
                        MosCliArguments     *arguments);
void     mos_cli_arguments_clear (MosCliArguments *arguments);

void mos_cli_print_help (const MosCliCommand *command);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MosCliArguments, mos_cli_arguments_clear)

G_END_DECLS
