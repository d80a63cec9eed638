/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * For soak: preloaded into a program, it says what the heap holds.
 *
 * A thread of its own listens on the Unix socket MOS_HEAP. Whoever connects
 * gets one line: the KiB that are allocated, and those that are free inside of
 * the heap, after what can be given back to the system was given back.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define STACK_BYTES 65536

static void
answer (int client)
{
  char             line[64];
  struct mallinfo2 info;
  int              length;

  malloc_trim (0);
  info = mallinfo2 ();
  length =
      snprintf (line, sizeof line, "%zu %zu\n",
                (info.uordblks + info.hblkhd) / 1024, info.fordblks / 1024);
  if (write (client, line, (size_t) length) != length)
    perror ("heap");
}

static void *
serve (void *data)
{
  int listener = (int) (size_t) data;
  int client;

  while ((client = accept (listener, NULL, NULL)) >= 0) {
    answer (client);
    close (client);
  }
  return NULL;
}

__attribute__ ((constructor)) static void
begin (void)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char        *path = getenv ("MOS_HEAP");
  pthread_attr_t     attributes;
  pthread_t          thread;
  int                listener;

  if (path == NULL || strlen (path) >= sizeof address.sun_path)
    return;
  strcpy (address.sun_path, path);
  listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  /* What the program starts is not asked. */
  unsetenv ("MOS_HEAP");
  unsetenv ("LD_PRELOAD");
  if (listener < 0 || bind (listener, (void *) &address, sizeof address) < 0 ||
      listen (listener, 1) < 0) {
    perror ("heap");
    return;
  }
  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, STACK_BYTES);
  if (pthread_create (&thread, &attributes, serve,
                      (void *) (size_t) listener) == 0)
    pthread_detach (thread);
  pthread_attr_destroy (&attributes);
}
