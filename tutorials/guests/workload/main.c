/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest with bad habits to order: it does one of five pieces of work, each in
 * a slow way or a better one as its arguments say, and then stops. What the
 * ways cost is seen from outside, in exits, instructions and walks.
 *
 *   work=tick hz=5000        a second's worth of timer interrupts
 *   work=wait wait=poll      half a second, asking or sleeping (wait=halt)
 *   work=pages pages=4k      touches 32 MiB that are mapped on demand, in small
 * or large pages (2m) work=move device=ports   4 KiB to the demo device: ports,
 * mmio or dma work=lock                counts under one lock, on all processors
 *   work=all                 all of them
 */
#include "tutorials/guests/monitor/monitor.h"

#define WAKING    0x8000
#define LAPIC     0xfee00000u
#define DEMO_BASE 0xfeb00000u
#define PAGES     8192 /* of 4 KiB */
#define FIRST     (4u << 20)
#define ROUNDS    200
#define SECTION   2000

extern const u8     waking[], waking_end[];
extern volatile u32 processors;
void                stub_timer (void);
void                stub_fault (void);
void                stub_other (void);
void                timer_interrupt (void);
void                page_fault (void);
void                other_main (void);
void                work_main (const u32 *told);

typedef struct {
  u16 offset_low, selector;
  u8  zero, type;
  u16 offset_high;
} __attribute__ ((packed)) Gate;

static volatile u32 ticks;
static Gate         gates[48];
static int          large_pages;
static u64          directories[4][512] __attribute__ ((aligned (4096)));
static u64          tables[32][512] __attribute__ ((aligned (4096)));
static u64          pointers[4] __attribute__ ((aligned (32)));

/* -- words ----------------------------------------------------------------- */

/* One test a line: a workload must not add exits of its own. */
static void
say (const char *text)
{
  while ((in8 (COM1 + 5) & 0x20) == 0)
    ;
  for (; *text != '\0'; text++)
    out8 (COM1, (u8) *text);
}

/* The value of "name=" among the arguments; "" if it is not there. */
static const char *
argument (const char *line, const char *name)
{
  for (const char *at = line; *at != '\0'; at++) {
    const char *a = at, *b = name;

    if (at != line && at[-1] != ' ')
      continue;
    while (*b != '\0' && *a == *b) {
      a++;
      b++;
    }
    if (*b == '\0' && *a == '=')
      return a + 1;
  }
  return "";
}

static int
is (const char *value, const char *word)
{
  while (*word != '\0' && *value == *word) {
    value++;
    word++;
  }
  return *word == '\0' && (*value == '\0' || *value == ' ');
}

static u32
number (const char *text, u32 otherwise)
{
  u32 value = 0;

  if (*text < '0' || *text > '9')
    return otherwise;
  for (; *text >= '0' && *text <= '9'; text++)
    value = value * 10 + (u32) (*text - '0');
  return value;
}

/* -- time ------------------------------------------------------------------ */

void
timer_interrupt (void)
{
  ticks++;
  pic_end ();
}

static void
set_gate (u32 vector, void (*stub) (void))
{
  u32 address = (u32) stub;

  gates[vector] = (Gate){ (u16) address, 0x08, 0, 0x8e, (u16) (address >> 16) };
}

static void
load_gates (void)
{
  struct {
    u16 limit;
    u32 base;
  } __attribute__ ((packed)) table = { sizeof gates - 1, (u32) gates };

  for (u32 i = 0; i < 48; i++)
    set_gate (i, i == 32 ? stub_timer : i == 14 ? stub_fault : stub_other);
  __asm__ volatile("lidt %0" : : "m"(table));
}

/* Line 0 alone, at @hz; vectors 32 to 47. */
static void
start_timer (u32 hz)
{
  pic_start (0xfe);
  pit_start (hz);
  ticks = 0;
  __asm__ volatile("sti");
}

static void
stop_timer (void)
{
  __asm__ volatile("cli");
  out8 (0x21, 0xff);
}

/* -- work ------------------------------------------------------------------ */

static void
work_tick (const char *line)
{
  u32 hz = number (argument (line, "hz"), 100);

  if (hz < 19 || hz > 20000)
    hz = 100;
  start_timer (hz);
  while (ticks < hz)
    __asm__ volatile("hlt" : : : "memory");
  stop_timer ();
}

static void
work_wait (const char *line)
{
  int polls = is (argument (line, "wait"), "poll");

  start_timer (20);
  while (ticks < 10) {
    if (polls)
      in8 (COM1 + 5); /* has anybody sent anything? */
    else
      __asm__ volatile("hlt" : : : "memory");
  }
  stop_timer ();
}

/* Nothing but the first 4 MiB is there at first (Intel SDM volume 3, "PAE
 * Paging"). */
static void
start_paging (void)
{
  for (u32 i = 0; i < 2; i++)
    directories[0][i] = (u64) i << 21 | 0x83;
  for (u32 i = 0; i < 4; i++)
    pointers[i] = (u64) (u32) directories[i] | 1;
  write_cr3 ((word) pointers);
  write_cr4 (read_cr4 () | 0x20);
  write_cr0 (read_cr0 () | 0x80000000u);
}

/* Somebody touched a page that is not there: it is mapped to itself. */
void
page_fault (void)
{
  u32 address = (u32) read_cr2 ();
  u32 large = address >> 21;

  if (large_pages) {
    directories[0][large] = (u64) large << 21 | 0x83;
    return;
  }
  directories[0][large] = (u64) (u32) tables[large] | 3;
  tables[large][address >> 12 & 511] = (address & ~0xfffu) | 3;
}

/* Every page of 4 KiB, in an order that jumps about, four times. */
static void
work_pages (const char *line)
{
  volatile u8 *memory = (volatile u8 *) FIRST;

  large_pages = is (argument (line, "pages"), "2m");
  start_paging ();
  for (u32 i = 0; i < 4 * PAGES; i++)
    memory[(i * 2897 % PAGES) << 12]++;
  write_cr0 (read_cr0 () & ~0x80000000u);
}

static u32
config_read (u32 slot, u32 offset)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | offset);
  return in32 (0xcfc);
}

static void
config_write (u32 slot, u32 offset, u32 value)
{
  out32 (0xcf8, 0x80000000u | slot << 11 | offset);
  out32 (0xcfc, value);
}

/* The demo device, placed and switched on as firmware would; NULL: none. */
static volatile u32 *
find_demo (void)
{
  for (u32 slot = 2; slot < 32; slot++)
    if (config_read (slot, 0) == 0x4c414d4fu) {
      config_write (slot, 0x10, DEMO_BASE);
      config_write (slot, 0x04, 6);
      return (volatile u32 *) DEMO_BASE;
    }
  return NULL;
}

static void
work_move (const char *line)
{
  static u32    words[1024];
  const char   *how = argument (line, "device");
  volatile u32 *demo = find_demo ();

  if (demo == NULL) {
    say ("workload: there is no demo device\n");
    return;
  }
  if (is (how, "dma")) {
    demo[0x40 / 4] = (u32) words;
    demo[0x48 / 4] = 0;
    demo[0x4c / 4] = sizeof words;
    demo[0x50 / 4] = 1;
    start_timer (1000); /* a copy takes microseconds */
    while ((demo[0x50 / 4] & 1) != 0)
      __asm__ volatile("hlt" : : : "memory");
    stop_timer ();
    return;
  }
  for (u32 i = 0; i < 1024; i++)
    if (is (how, "mmio")) {
      demo[(0x1000 + i * 4) / 4] = words[i];
    } else {
      out32 (0x338, words[i]); /* into the queue, and out of it */
      in32 (0x338);
    }
}

static volatile u32 next_ticket;
static volatile u32 served;
static volatile u32 rounds;

static void
count_under_lock (void)
{
  for (;;) {
    u32 mine = __atomic_fetch_add (&next_ticket, 1, __ATOMIC_SEQ_CST);
    int over;

    while (served != mine)
      __asm__ volatile("pause");
    over = rounds >= ROUNDS;
    for (volatile u32 i = 0; !over && i < SECTION; i++)
      ;
    rounds += over ? 0 : 1;
    served = served + 1;
    if (over)
      return;
  }
}

static volatile u32 may_begin;

void
other_main (void)
{
  while (!may_begin)
    __asm__ volatile("pause");
  count_under_lock ();
}

/* INIT and start-up to all others; they have 50 ms to come. */
static void
work_lock (void)
{
  volatile u32 *lapic = (volatile u32 *) LAPIC;
  u8           *code = (u8 *) WAKING;

  for (u32 i = 0; waking + i < waking_end; i++)
    code[i] = waking[i];
  lapic[0xf0 / 4] = 0x1ff;
  lapic[0x300 / 4] = 0x000c4500;
  start_timer (100);
  while (ticks < 2)
    __asm__ volatile("hlt" : : : "memory");
  lapic[0x300 / 4] = 0x000c4600 | WAKING >> 12;
  while (ticks < 7)
    __asm__ volatile("hlt" : : : "memory");
  stop_timer ();
  may_begin = 1;
  count_under_lock ();
}

void
work_main (const u32 *told)
{
  const char *line = (told[0] & 4) != 0 ? (const char *) told[4] : "";
  const char *work = argument (line, "work");
  int         all = is (work, "all");

  load_gates ();
  say ("workload: begins\n");
  if (all || is (work, "tick"))
    work_tick (line);
  if (all || is (work, "wait"))
    work_wait (line);
  if (all || is (work, "pages"))
    work_pages (line);
  if (all || is (work, "move"))
    work_move (line);
  if (all || is (work, "lock"))
    work_lock ();
  say ("workload: done\n");
}
