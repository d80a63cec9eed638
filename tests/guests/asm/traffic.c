/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * So many frames over an e1000, so many sectors of an IDE disk, and the guest
 * says how many. Each frame asks the gateway for its address (RFC 826), so so
 * many answers come; sizes differ by padding.
 *
 * 8254x manual, "Transmit Initialization" and "Receive Initialization";
 * ATA-6, READ SECTOR(S), WRITE SECTOR(S), FLUSH CACHE.
 */
#include "guest.h"

#define N_FRAMES    150u
#define RING        8u
#define BUFFER      2048u
#define MMIO        0xfe000000u
#define E1000       0x100e8086u
#define ARP_BYTES   60u
#define N_READS     5u
#define READ_COUNT  8u
#define N_WRITES    3u
#define WRITE_COUNT 4u
#define SECTOR      512u

enum {
  CTRL = 0x0,
  RCTL = 0x100,
  TCTL = 0x400,
  RDBAL = 0x2800,
  TDBAL = 0x3800,
  LENGTH = 8, /* from the ring's base */
  HEAD = 16,
  TAIL = 24
};

struct descriptor {
  u64 address;
  u16 length;
  u8  offset, command, status, errors;
  u16 special;
};

static volatile struct descriptor sent[RING] __attribute__ ((aligned (128)));
static volatile struct descriptor received[RING]
    __attribute__ ((aligned (128)));
static u8 frames[2][RING][BUFFER] __attribute__ ((aligned (16)));

static const u8 question[42] = {
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                    /* to all */
  0x52, 0x54, 0,    0,    0,    1,    0x08, 0x06,        /* ARP */
  0,    1,    0x08, 0,    6,    4,    0,    1,           /* who has … */
  0x52, 0x54, 0,    0,    0,    1,    10,   0,    2, 15, /* I am */
  0,    0,    0,    0,    0,    0,    10,   0,    2, 2
};

static void
outl (u16 port, u32 value)
{
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static u32
inl (u16 port)
{
  u32 value;

  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* -- frames -------------------------------------------------------------- */

static void
set (u32 offset, u32 value)
{
  *(volatile u32 *) (MMIO + offset) = value;
}

static u32
get (u32 offset)
{
  return *(volatile u32 *) (MMIO + offset);
}

static int
find_adapter (void)
{
  for (u32 slot = 0; slot < 32; slot++) {
    u32 address = 0x80000000 | slot << 11;

    outl (0xcf8, address);
    if (inl (0xcfc) != E1000)
      continue;
    outl (0xcf8, address | 0x10);
    outl (0xcfc, MMIO);
    outl (0xcf8, address | 0x04);
    outl (0xcfc, 6); /* memory, bus master */
    return 1;
  }
  return 0;
}

static void
set_ring (u32 base, volatile struct descriptor *ring)
{
  set (base, (u32) ring);
  set (base + 4, 0);
  set (base + LENGTH, RING * sizeof *ring);
  set (base + HEAD, 0);
  set (base + TAIL, 0);
}

static void
open_adapter (void)
{
  set (CTRL, 1u << 6); /* link up */
  for (u32 i = 0; i < RING; i++)
    received[i].address = (u32) frames[0][i];
  set_ring (RDBAL, received);
  set_ring (TDBAL, sent);
  /* On, everything, broadcasts too, the checksum stripped. */
  set (RCTL, 1u << 1 | 1u << 3 | 1u << 4 | 1u << 15 | 1u << 26);
  set (RDBAL + TAIL, RING - 1);
  set (TCTL, 1u << 1 | 1u << 3); /* on, pads short frames */
}

static u32
send (u32 n)
{
  volatile struct descriptor *d = &sent[n % RING];
  u8                         *frame = frames[1][n % RING];
  u32                         size = ARP_BYTES + n % 13;

  for (u32 i = 0; i < size; i++)
    frame[i] = i < sizeof question ? question[i] : 0;
  d->address = (u32) frame;
  d->length = (u16) size;
  d->status = 0;
  d->command = 1 | 2 | 8; /* the end, with checksum, say when it is done */
  set (TDBAL + TAIL, (n + 1) % RING);
  while ((d->status & 1) == 0)
    ;
  return size;
}

/* The size of the next frame; answers to ARP are counted. */
static u32
receive (u32 n, u32 *answers)
{
  volatile struct descriptor *d = &received[n % RING];
  const u8                   *frame = frames[0][n % RING];
  u32                         size;

  while ((d->status & 1) == 0)
    ;
  size = d->length;
  if (frame[12] == 0x08 && frame[13] == 0x06 && frame[21] == 2)
    ++*answers;
  d->status = 0;
  set (RDBAL + TAIL, (get (RDBAL + TAIL) + 1) % RING);
  return size;
}

static void
talk (void)
{
  u32 n_received = 0, answers = 0, bytes = 0, received_bytes = 0;

  for (u32 i = 0; i < N_FRAMES; i++) {
    bytes += send (i);
    while (answers <= i)
      received_bytes += receive (n_received++, &answers);
  }
  show ("frames sent", N_FRAMES);
  show ("bytes sent", bytes);
  show ("frames received", n_received);
  show ("bytes received", received_bytes);
}

/* -- sectors ------------------------------------------------------------- */

static u16 words[SECTOR / 2];

static void
wait_disk (u8 bits)
{
  u8 status;

  do
    status = inb (0x1f7);
  while ((status & 0x80) != 0 || (status & bits) != bits);
}

static void
command (u32 lba, u8 count, u8 what)
{
  wait_disk (0x40);
  outb (0x1f6, 0xe0);
  outb (0x1f2, count);
  outb (0x1f3, (u8) lba);
  outb (0x1f4, (u8) (lba >> 8));
  outb (0x1f5, (u8) (lba >> 16));
  outb (0x1f7, what);
}

static void
read_and_write (void)
{
  u32 sum = 0;

  for (u32 i = 0; i < N_READS; i++) {
    command (i * 100, READ_COUNT, 0x20);
    for (u32 s = 0; s < READ_COUNT; s++) {
      u32  count = SECTOR / 2;
      u16 *to = words;

      wait_disk (8);
      __asm__ volatile("rep insw"
                       : "+D"(to), "+c"(count)
                       : "d"(0x1f0)
                       : "memory");
      sum += words[0];
    }
  }
  for (u32 i = 0; i < N_WRITES; i++) {
    command (1000 + i * 50, WRITE_COUNT, 0x30);
    for (u32 s = 0; s < WRITE_COUNT; s++) {
      u32  count = SECTOR / 2;
      u16 *from = words;

      wait_disk (8);
      __asm__ volatile("rep outsw"
                       : "+S"(from), "+c"(count)
                       : "d"(0x1f0)
                       : "memory");
    }
  }
  command (0, 0, 0xe7);
  wait_disk (0x40);
  show ("sum", sum);
  show ("bytes read", N_READS * READ_COUNT * SECTOR);
  show ("bytes written", N_WRITES * WRITE_COUNT * SECTOR);
}

int
main (void)
{
  if (!find_adapter ())
    return 1;
  open_adapter ();
  talk ();
  read_and_write ();
  return 16;
}
