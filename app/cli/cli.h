/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The commands of `multios`, behind one function, so that tests can call it
 * as a shell would.
 */

#pragma once

#include "app/cli/command.h"

/* All commands, in the order help lists them; ends with a NULL name. */
extern const MosCliCommand *const mos_cli_commands[];

/*
 * Run the command that ARGV names and return the exit code.  Prints to
 * stdout what was asked for, and to stderr what went wrong.  Main thread.
 */
int mos_cli_main (int argc, char **argv);
