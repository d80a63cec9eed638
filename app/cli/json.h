/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Shorthand for printing JSON from commands.
 */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

void
mos_json_add_string (JsonBuilder *builder, const char *name, const char *value);
void
mos_json_add_boolean (JsonBuilder *builder, const char *name, gboolean value);
void mos_json_add_int (JsonBuilder *builder, const char *name, gint64 value);
void mos_json_add_double (JsonBuilder *builder, const char *name, double value);

/* What BUILDER has built; free it. */
char *mos_json_text (JsonBuilder *builder, gboolean pretty);
/* The same to stdout, with a newline. */
void mos_json_print (JsonBuilder *builder);

G_END_DECLS
