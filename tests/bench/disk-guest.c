/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reads and writes a disk in the way of fio, as the work of a guest: in a row
 * and at random, past the page cache, with several requests under way (the
 * kernel's own asynchronous interface, io_submit(2)).
 *
 *   disk-guest DEVICE SECONDS
 *
 * Prints a line for each row: its name, bytes a second, requests a second.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 32

typedef struct {
  const char *name;
  unsigned    bytes; /* of a request */
  unsigned    depth;
  int         write;
  int         random;
} Row;

static const Row rows[] = {
  { "read-1M-q4", 1 << 20, 4, 0, 0 },    { "write-1M-q4", 1 << 20, 4, 1, 0 },
  { "read-4K-q1", 4096, 1, 0, 0 },       { "randread-4K-q1", 4096, 1, 0, 1 },
  { "randread-4K-q32", 4096, 32, 0, 1 }, { "randwrite-4K-q32", 4096, 32, 1, 1 },
};

typedef struct {
  int            fd;
  uint64_t       size;
  uint64_t       next;   /* where requests in a row are */
  uint64_t       random; /* state */
  const Row     *row;
  struct iocb    requests[MAX_DEPTH];
  unsigned char *buffers;
} Disk;

static double
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

static uint64_t
place (Disk *self)
{
  uint64_t n = self->size / self->row->bytes;

  if (!self->row->random)
    return self->next++ % n * self->row->bytes;
  self->random = self->random * 6364136223846793005ull + 1442695040888963407ull;
  return (self->random >> 20) % n * self->row->bytes;
}

static int
submit (Disk *self, aio_context_t context, unsigned i)
{
  struct iocb *request = &self->requests[i];

  memset (request, 0, sizeof *request);
  request->aio_fildes = (unsigned) self->fd;
  request->aio_lio_opcode = self->row->write ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
  request->aio_buf =
      (uintptr_t) (self->buffers + (size_t) i * self->row->bytes);
  request->aio_nbytes = self->row->bytes;
  request->aio_offset = (int64_t) place (self);
  request->aio_data = i;
  return syscall (SYS_io_submit, context, 1L, &request) == 1;
}

/* Runs one row; 0 if a request failed. */
static int
run (Disk *self, double seconds)
{
  aio_context_t   context = 0;
  struct io_event events[MAX_DEPTH];
  uint64_t        done = 0;
  double          begin = now (), end;
  unsigned        under_way = 0;

  if (syscall (SYS_io_setup, (long) MAX_DEPTH, &context) != 0)
    return 0;
  for (unsigned i = 0; i < self->row->depth; i++, under_way++)
    if (!submit (self, context, i))
      return 0;
  while (under_way > 0) {
    long n =
        syscall (SYS_io_getevents, context, 1L, (long) MAX_DEPTH, events, NULL);

    if (n <= 0)
      return 0;
    for (long i = 0; i < n; i++) {
      if (events[i].res != (int64_t) self->row->bytes)
        return 0;
      done++;
      under_way--;
      if (now () - begin < seconds) {
        if (!submit (self, context, (unsigned) events[i].data))
          return 0;
        under_way++;
      }
    }
  }
  if (self->row->write && fdatasync (self->fd) != 0)
    return 0;
  end = now ();
  syscall (SYS_io_destroy, context);
  printf ("ROW %s %.0f %.0f\n", self->row->name,
          (double) done * self->row->bytes / (end - begin),
          (double) done / (end - begin));
  fflush (stdout);
  return 1;
}

int
main (int argc, char **argv)
{
  Disk self = { .random = 1 };

  if (argc != 3)
    return 2;
  self.fd = open (argv[1], O_RDWR | O_DIRECT);
  if (self.fd < 0 || ioctl (self.fd, BLKGETSIZE64, &self.size) != 0 ||
      posix_memalign ((void **) &self.buffers, 4096, 4 << 20) != 0) {
    perror (argv[1]);
    return 1;
  }
  memset (self.buffers, 0x5a, 4 << 20);
  for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    self.row = &rows[i];
    if (!run (&self, atof (argv[2]))) {
      printf ("FAILED %s\n", rows[i].name);
      return 1;
    }
  }
  puts ("ROWS-DONE");
  return 0;
}
