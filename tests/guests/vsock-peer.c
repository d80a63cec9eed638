/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One end of a stream between guest and host, for a guest without such tools.
 *
 *   vsock-peer echo PORT       takes one caller and sends back what it says
 *   vsock-peer call CID PORT   sends its input, and writes what comes back
 */
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char data[65536];

static int
fail (const char *what)
{
  perror (what);
  return 1;
}

static int
write_all (int fd, const char *bytes, ssize_t size)
{
  while (size > 0) {
    ssize_t n = write (fd, bytes, (size_t) size);

    if (n <= 0)
      return 0;
    bytes += n;
    size -= n;
  }
  return 1;
}

static int
echo (int fd, struct sockaddr_vm *address)
{
  ssize_t n;
  int     caller;

  address->svm_cid = VMADDR_CID_ANY;
  if (bind (fd, (struct sockaddr *) address, sizeof *address) != 0 ||
      listen (fd, 1) != 0)
    return fail ("listen");
  puts ("LISTENING");
  fflush (stdout);
  caller = accept (fd, NULL, NULL);
  while ((n = read (caller, data, sizeof data)) > 0)
    if (!write_all (caller, data, n))
      return fail ("echo");
  return n < 0 ? fail ("read") : 0;
}

static int
call (int fd, struct sockaddr_vm *address)
{
  struct pollfd polls[2] = { { .fd = 0, .events = POLLIN },
                             { .fd = fd, .events = POLLIN } };

  if (connect (fd, (struct sockaddr *) address, sizeof *address) != 0)
    return fail ("connect");
  for (;;) {
    ssize_t n;

    if (poll (polls, 2, -1) < 0)
      return fail ("poll");
    if (polls[1].revents != 0) {
      n = read (fd, data, sizeof data);
      if (n <= 0)
        return n < 0 ? fail ("read") : 0;
      if (!write_all (1, data, n))
        return fail ("write");
    }
    if (polls[0].revents != 0) {
      n = read (0, data, 4096);
      if (n <= 0) {
        polls[0].fd = -1;
        shutdown (fd, SHUT_WR);
      } else if (!write_all (fd, data, n)) {
        return fail ("send");
      }
    }
  }
}

int
main (int argc, char **argv)
{
  struct sockaddr_vm address = { .svm_family = AF_VSOCK };
  int                fd = socket (AF_VSOCK, SOCK_STREAM, 0);

  if (fd < 0)
    return fail ("socket");
  if (argc == 3 && strcmp (argv[1], "echo") == 0) {
    address.svm_port = (unsigned) strtoul (argv[2], NULL, 10);
    return echo (fd, &address);
  }
  if (argc == 4 && strcmp (argv[1], "call") == 0) {
    address.svm_cid = (unsigned) strtoul (argv[2], NULL, 10);
    address.svm_port = (unsigned) strtoul (argv[3], NULL, 10);
    return call (fd, &address);
  }
  fputs ("vsock-peer echo PORT | call CID PORT\n", stderr);
  return 2;
}
