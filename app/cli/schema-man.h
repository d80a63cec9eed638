/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The manual page of the machine's file, made from the schema.
 */

#pragma once

/* multios-machine(5) in roff, to stdout. */
void mos_cli_print_schema_man (void);
