/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Stream sockets with a name in the file system, which never wait.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Listens at @path, with @backlog callers waiting at most. A socket that
 * nobody listens at any more is replaced. -1 and errno: EADDRINUSE if somebody
 * listens or something that is no socket is there, ENAMETOOLONG, others. */
int mos_unix_listen (const char *path, int backlog);

/* Takes the next caller of @listening; -1 if there is none. */
int mos_unix_accept (int listening);

/* Connects to @path; -1 and errno. EAGAIN: too many wait there. */
int mos_unix_connect (const char *path);

G_END_DECLS
