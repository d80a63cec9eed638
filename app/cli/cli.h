/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The commands of `multios`, behind one function, so that tests can call it
 * as a shell would.
 */

#pragma once

/* The exit codes that every command keeps to. */
#define MOS_CLI_OK      0
#define MOS_CLI_FAILED  1
#define MOS_CLI_USAGE   2
#define MOS_CLI_TIMEOUT 124

/*
 * Run the command that ARGV names and return the exit code.  Prints to
 * stdout what was asked for, and to stderr what went wrong.  Main thread.
 */
int mos_cli_main (int argc, char **argv);
