/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Matryoshka's life.
 *
 * A copy learns from the command line or from its parent which level it is and
 * which rectangle of the screen it has. It draws its frame, starts its clock,
 * says on the serial port that it is there, and then, unless it is the
 * innermost, becomes a hypervisor and boots a copy of itself inside. The
 * innermost does the work that was asked for and measures it.
 */
#include "tutorials/guests/matryoshka/matryoshka.h"

#define SERIAL     0x3f8
#define DEBUG_EXIT 0xf4
#define BEACON     0x5e0
#define TIMER_HZ   50

struct told told;

static const struct virtualization *virtualization;
u64                                 ticks;

/* -- text ------------------------------------------------------------------ */

void
print (const char *text)
{
  for (; *text != '\0'; text++) {
    while ((in8 (SERIAL + 5) & 0x20) == 0)
      ;
    out8 (SERIAL, (u8) *text);
  }
}

/* At the end of @to, which has room for 20 digits and the 0. */
static char *
format (u64 value, char to[21])
{
  char *at = to + 20;

  *at = '\0';
  do {
    *--at = (char) ('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return at;
}

void
print_number (u64 value)
{
  char digits[21];

  print (format (value, digits));
}

void
stop (const char *why)
{
  print ("matryoshka: level ");
  print_number (told.level);
  print (" stops: ");
  print (why);
  print ("\n");
  out8 (DEBUG_EXIT, 0x7f);
  for (;;)
    __asm__ volatile("cli; hlt");
}

/* -- the screen ------------------------------------------------------------ */

static u8
colour (void)
{
  static const u8 colours[MAX_DEPTH] = { 0x1f, 0x2f, 0x5f, 0x3f,
                                         0x4f, 0x6f, 0x17, 0x70 };

  return colours[(told.level - 1) % MAX_DEPTH];
}

static void
put (u32 row, u32 column, u8 character)
{
  volatile u16 *cells = (u16 *) VGA_TEXT;

  if (row <= told.bottom && column <= told.right)
    cells[row * 80 + column] = (u16) (colour () << 8 | character);
}

/* Returns the column behind it. */
static u32
put_text (u32 row, u32 column, const char *text)
{
  for (; *text != '\0'; text++)
    put (row, column++, (u8) *text);
  return column;
}

static u32
put_number (u32 row, u32 column, const char *label, u64 value)
{
  char digits[21];

  column = put_text (row, column, label);
  column = put_text (row, column, " ");
  column = put_text (row, column, format (value, digits));
  return put_text (row, column, "  ");
}

static void
draw_frame (void)
{
  u32 column = told.left + 2;

  for (u32 row = told.top; row <= told.bottom; row++)
    for (u32 i = told.left; i <= told.right; i++) {
      bool edge_row = row == told.top || row == told.bottom;
      bool edge = i == told.left || i == told.right;

      put (row, i, edge_row ? 0xc4 : (edge ? 0xb3 : ' '));
    }
  put (told.top, told.left, 0xda);
  put (told.top, told.right, 0xbf);
  put (told.bottom, told.left, 0xc0);
  put (told.bottom, told.right, 0xd9);
  column = put_number (told.top, column, " Level", told.level) - 1;
  put_text (told.top, column,
            virtualization != 0 ? virtualization->name : "innermost ");
}

/* Draws what changes: at each tick, whoever brought it. */
void
beat (void)
{
  static const char heart[4] = { 3, ' ', 3, 3 };
  u32               row = told.top + 1, column = told.left + 2;

  ticks++;
  put (told.top, told.right - 2, (u8) heart[ticks / 8 % 4]);
  if (ticks % 5 != 0)
    return;
  column = put_number (row, column, "ticks", ticks);
  if (virtualization == 0)
    return;
  column = put_number (row, column, "exits", child.exits);
  column = put_number (row, column, "cpuid", child.cpuids);
  column = put_number (row, column, "port", child.ports);
  column = put_number (row, column, "fault", child.faults);
  put_number (row, column, "entry", child.entries);
}

/* -- interrupts ------------------------------------------------------------ */

struct gate {
  u16 low, selector, kind, middle;
  u32 high, zero;
};
static struct gate gates[33];

void on_interrupt (u64 vector, u64 error, u64 rip);

void
on_interrupt (u64 vector, u64 error, u64 rip)
{
  if (vector == 32) {
    out8 (0x20, 0x20); /* end of interrupt */
    beat ();
    return;
  }
  print ("matryoshka: exception ");
  print_number (vector);
  print (", error code ");
  print_number (error);
  print (", at ");
  print_number (rip);
  print ("\n");
  stop ("it should not have happened");
}

/* The 8259s (vectors from 32 on, only the timer lets itself be heard) and the
 * 8254. Only the outermost copy reaches real ones. */
static void
start_clock (void)
{
  static const u8 setup[] = { 0x20, 0x11, 0xa0, 0x11, 0x21, 32,  0xa1, 40,
                              0x21, 4,    0xa1, 2,    0x21, 1,   0xa1, 1,
                              0x21, 0xfe, 0xa1, 0xff, 0x43, 0x34 };
  u32             divisor = 1193182 / TIMER_HZ;
  struct {
    u16 limit;
    u64 base;
  } __attribute__ ((packed)) pointer = { sizeof gates - 1, (u64) gates };

  for (u32 i = 0; i < 33; i++) {
    u64 entry = (u64) vectors + 16 * i;

    gates[i] =
        (struct gate){ (u16) entry,         0x08, 0x8e00, (u16) (entry >> 16),
                       (u32) (entry >> 32), 0 };
  }
  __asm__ volatile("lidt %0" : : "m"(pointer));
  for (u32 i = 0; i < sizeof setup; i += 2)
    out8 (setup[i], setup[i + 1]);
  out8 (0x40, (u8) divisor);
  out8 (0x40, (u8) (divisor >> 8));
}

/* -- what we are told ------------------------------------------------------ */

static bool
begins (const char *text, const char *word)
{
  while (*word != '\0')
    if (*text++ != *word++)
      return 0;
  return 1;
}

static u64
number (const char *text)
{
  u64 value = 0;

  for (; *text >= '0' && *text <= '9'; text++)
    value = value * 10 + (u64) (*text - '0');
  return value;
}

static enum work
work_named (const char *text)
{
  static const char *const names[] = { "idle", "compute", "cpuid", "port",
                                       "memory" };

  for (u32 i = 0; i < 5; i++)
    if (begins (text, names[i]))
      return (enum work) i;
  return WORK_IDLE;
}

static void
read_command_line (const char *text)
{
  for (; *text != '\0'; text++) {
    if (begins (text, "depth="))
      told.depth = (u32) number (text + 6);
    else if (begins (text, "work="))
      told.work = work_named (text + 5);
    else if (begins (text, "count="))
      told.count = number (text + 6);
    else if (begins (text, "beacon="))
      told.beacon = number (text + 7) != 0;
    else if (begins (text, "exit="))
      told.exit = number (text + 5) != 0;
    while (*text != '\0' && *text != ' ')
      text++;
    if (*text == '\0')
      break;
  }
  if (told.depth < 1)
    told.depth = 1;
  if (told.depth > MAX_DEPTH)
    told.depth = MAX_DEPTH;
}

/* The Multiboot Specification's information: flags, memory above 1 MiB in KiB
 * at 8, the command line's address at 16. */
static void
listen_to_loader (const u32 *info)
{
  told = (struct told){ .level = 1,
                        .depth = 2,
                        .bottom = 24,
                        .right = 79,
                        .beacon = 1,
                        .memory_bytes = 64ull << 20 };
  if ((info[0] & 1) != 0)
    told.memory_bytes = ((u64) info[2] + 1024) << 10;
  if (told.memory_bytes > 1ull << 30)
    told.memory_bytes = 1ull << 30; /* as far as our page tables reach */
  if ((info[0] & 4) != 0)
    read_command_line ((const char *) (u64) info[4]);
}

/* -- the beacon ------------------------------------------------------------ */

static void
say_name (void)
{
  char name[16] = "matryoshka 0";

  if (!told.beacon || in32 (BEACON) != 0x4d420001)
    return;
  name[11] = (char) ('0' + told.level);
  out32 (BEACON, 0x4d421000 | 12);
  for (u32 i = 0; i < 12; i += 4)
    out32 (BEACON, *(u32 *) (void *) &name[i]);
}

/* -- work ------------------------------------------------------------------ */

/* A chain of additions and multiplications that nobody can shorten. */
static u64
compute (u64 count)
{
  u64 value = 1;

  for (u64 i = 0; i < count; i++) {
    value = value * 6364136223846793005ull + 1442695040888963407ull;
    __asm__ volatile("" : "+r"(value));
  }
  return value;
}

/* Reads and writes a word of each page of up to 4 MiB of what we have. */
static void
touch_memory (u64 count)
{
  u64 bytes = told.memory_bytes - OWN_BYTES / 2;

  if (bytes > 4ull << 20)
    bytes = 4ull << 20;
  for (u64 i = 0; i < count; i++)
    ++*(volatile u64 *) (OWN_BYTES / 2 + i * PAGE_BYTES % bytes);
}

static void
do_work (void)
{
  u64 start = rdtsc (), cycles;
  u32 words[4];

  switch (told.work) {
  case WORK_COMPUTE:
    compute (told.count);
    break;
  case WORK_CPUID:
    for (u64 i = 0; i < told.count; i++)
      cpuid (0x40000000, words);
    break;
  case WORK_PORT:
    for (u64 i = 0; i < told.count; i++)
      out8 (0x80, (u8) i);
    break;
  case WORK_MEMORY:
    touch_memory (told.count);
    break;
  case WORK_IDLE:
  default:
    return;
  }
  cycles = rdtsc () - start;
  print ("matryoshka: work done, count ");
  print_number (told.count);
  print (" cycles ");
  print_number (cycles);
  print ("\n");
  put_number (told.top + 2, told.left + 2, "work", told.count);
  put_number (told.top + 3, told.left + 2, "cycles", cycles);
}

/* -- all together ---------------------------------------------------------- */

static void
become_hypervisor (void)
{
  child.base = OWN_BYTES;
  child.size = told.memory_bytes - OWN_BYTES;
  if (svm.enable ())
    virtualization = &svm;
  else if (vmx.enable ())
    virtualization = &vmx;
  else
    stop ("this processor offers neither AMD-V nor VT-x");
  if (told.memory_bytes < 2 * OWN_BYTES)
    stop ("there is not enough memory for one level more");
}

/* From boot.S: @from is the loader's sign, or 0 from a parent. */
void start (const void *what, u64 from);

void
start (const void *what, u64 from)
{
  if (from == 0x2badb002)
    listen_to_loader (what);
  else
    told = *(const struct told *) what;
  if (told.level < told.depth)
    become_hypervisor ();
  draw_frame ();
  start_clock ();
  print ("matryoshka: level ");
  print_number (told.level);
  print (" of ");
  print_number (told.depth);
  print (" is here\n");
  say_name ();
  if (virtualization != 0) {
    prepare_child ();
    virtualization->run ();
  }
  __asm__ volatile("sti");
  do_work ();
  if (told.exit)
    out8 (DEBUG_EXIT, 0);
  for (;;)
    __asm__ volatile("hlt");
}
