/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The kernel: it tries the driver's parts one after the other, and says what
 * came of them. Parts that are not written yet are passed over.
 */
#include "kernel.h"

void kernel_main (void);

#define COM1  0x3f8
#define BYTES 256

void
print (const char *text)
{
  for (; *text != '\0'; text++) {
    while ((in8 (COM1 + 5) & 0x20) == 0)
      ;
    out8 (COM1, (u8) *text);
  }
}

void
print_number (u32 number)
{
  char text[2] = { (char) ('0' + number % 10), '\0' };

  if (number >= 10)
    print_number (number / 10);
  print (text);
}

void
print_hex (u32 number)
{
  for (int shift = 28; shift >= 0; shift -= 4) {
    char text[2] = { "0123456789abcdef"[number >> shift & 15], '\0' };

    print (text);
  }
}

static void
try_polling (void)
{
  u32 looks = 0;

  watch ("demo_wait");
  for (u32 i = 0; i < 3; i++) {
    u32 n = demo_wait (2000);

    if (n == 0) {
      print ("driver: polling is not written yet\n");
      return;
    }
    looks += n;
  }
  print ("driver: waited 3 times with ");
  print_number (looks);
  print (" looks, the timer fired ");
  print_number (get (TICKS));
  print (" times\n");
}

static void
try_interrupts (void)
{
  u32 begin = ticks;

  watch ("the interrupt test");
  if (!demo_timer (5000)) {
    print ("driver: interrupts are not written yet\n");
    return;
  }
  while (demo_fired < 10 && ticks - begin < 100)
    sleep ();
  demo_timer (0);
  print ("driver: ");
  print_number (demo_fired);
  print (" interrupts\n");
}

/* There, and back turned over. */
static void
try_copies (void)
{
  static u8 there[BYTES], back[BYTES];
  u32       sum = 0;

  watch ("demo_copy");
  for (u32 i = 0; i < BYTES; i++)
    sum += there[i] = (u8) (i * 7 + 1);
  if (!demo_copy (there, 64, BYTES, COPY_SUM_UP)) {
    print ("driver: copies are not written yet\n");
    return;
  }
  if (get (COPY_SUM) != sum) {
    print ("driver: copy is wrong, the device's sum is ");
    print_number (get (COPY_SUM));
    print (", not ");
    print_number (sum);
    print ("\n");
    return;
  }
  demo_copy (back, 64, BYTES, COPY_TO_GUEST | COPY_INVERT);
  for (u32 i = 0; i < BYTES; i++)
    if (back[i] != (u8) ~there[i]) {
      print ("driver: copy is wrong, what came back differs at byte ");
      print_number (i);
      print ("\n");
      return;
    }
  print ("driver: copy is right\n");
}

static const struct {
  const char *name;
  u16         fault;
  DemoResult  right;
} faults[] = {
  { "none", 0, DEMO_OK },
  { "failing copy", FAULT_COPY_FAILS, DEMO_FAILED },
  { "corrupted copy", FAULT_CORRUPT, DEMO_CORRUPT },
  { "lost interrupt", FAULT_NO_INTERRUPT, DEMO_OK },
  { "slow copy", FAULT_SLOW, DEMO_OK },
  { "stuck copy", FAULT_STUCK, DEMO_STUCK },
  { "none again", 0, DEMO_OK },
};

static void
try_faults (void)
{
  static u8 bytes[BYTES];
  u32       right = 0;

  for (u32 i = 0; i < BYTES; i++)
    bytes[i] = (u8) (i * 3 + 5);
  for (u32 i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    DemoResult result;

    watch ("demo_send");
    put16 (FAULT, faults[i].fault);
    result = demo_send (bytes, 0, BYTES);
    if (result == NOT_WRITTEN) {
      print ("driver: faults are not handled yet\n");
      return;
    }
    print ("driver: fault ");
    print (faults[i].name);
    print (result == faults[i].right ? ": right\n" : ": wrong answer\n");
    right += result == faults[i].right;
  }
  put16 (FAULT, 0);
  print ("driver: ");
  print_number (right);
  print (" of 7 answers right\n");
}

void
kernel_main (void)
{
  board_init ();
  print ("driver: kernel ready\n");
  watch ("demo_probe");
  if (!demo_probe ()) {
    print ("driver: no device found\n");
  } else {
    print ("driver: identity ");
    print_hex (get (ID));
    print ("\n");
    put (SCRATCH, 0x600dc0de);
    try_polling ();
    try_interrupts ();
    try_copies ();
    try_faults ();
    /* A driver that had to reset the device has cleared it. */
    put (SCRATCH, 0x600dc0de);
  }
  watch (0);
  print ("driver: end\n");
  for (;;)
    sleep ();
}
