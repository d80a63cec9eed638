/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * UNIX sockets (unix(7)). A program that was killed leaves its socket behind,
 * and connecting to that is refused, which tells it from one in use. Any
 * thread.
 */
#include "engine/base/unix-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static gboolean
set_address (struct sockaddr_un *address, const char *path)
{
  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  if (strlen (path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return FALSE;
  }
  g_strlcpy (address->sun_path, path, sizeof address->sun_path);
  return TRUE;
}

static int
new_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Closes @fd and keeps errno; returns -1. */
static int
give_up (int fd)
{
  int why = errno;

  if (fd >= 0)
    close (fd);
  errno = why;
  return -1;
}

/* Whether somebody answers at @address, or something other than a socket is
 * there, which connecting to could not tell from a socket left over. */
static gboolean
is_taken (const struct sockaddr_un *address)
{
  struct stat status;
  gboolean    refused;
  int         fd;

  if (lstat (address->sun_path, &status) != 0)
    return errno != ENOENT;
  if (!S_ISSOCK (status.st_mode))
    return TRUE;
  fd = new_socket ();
  if (fd < 0)
    return TRUE;
  refused =
      connect (fd, (const struct sockaddr *) address, sizeof *address) != 0 &&
      (errno == ECONNREFUSED || errno == ENOENT);
  close (fd);
  return !refused;
}

int
mos_unix_listen (const char *path, int backlog)
{
  struct sockaddr_un address;
  int                fd;

  if (!set_address (&address, path))
    return -1;
  if (is_taken (&address)) {
    errno = EADDRINUSE;
    return -1;
  }
  unlink (path);
  fd = new_socket ();
  if (fd < 0 || bind (fd, (struct sockaddr *) &address, sizeof address) != 0 ||
      listen (fd, backlog) != 0)
    return give_up (fd);
  return fd;
}

int
mos_unix_accept (int listening)
{
  return accept4 (listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int
mos_unix_connect (const char *path)
{
  struct sockaddr_un address;
  int                fd;

  if (!set_address (&address, path))
    return -1;
  fd = new_socket ();
  if (fd < 0 || connect (fd, (struct sockaddr *) &address, sizeof address) != 0)
    return give_up (fd);
  return fd;
}
