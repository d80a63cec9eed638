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

#define TIMER_HZ 50

struct told told;

static const struct virtualization *virtualization;
u64                                 ticks;

/* -- text ------------------------------------------------------------------ */

typedef void (*Put) (char character);

static u64 row, column; /* where the next character goes on the screen */

static void
to_screen (char character)
{
  static const u8 colours[8] = {
    0x1f, 0x2f, 0x5f, 0x3f, 0x4f, 0x6f, 0x17, 0x70
  };
  volatile u16 *cells = (u16 *) VGA_TEXT;
  u16           colour = colours[(told.level - 1) % 8];

  if (row <= told.bottom && column <= told.right)
    cells[row * 80 + column] = (u16) (colour << 8 | (u8) character);
  column++;
}

static Put
at (u64 at_row, u64 at_column)
{
  row = at_row;
  column = at_column;
  return to_screen;
}

static void
print_number (Put put, u64 number)
{
  if (number > 9)
    print_number (put, number / 10);
  put ((char) ('0' + number % 10));
}

/* The text @format; each '#' in it is the next number. */
static void
print (Put put, const char *format, ...)
{
  __builtin_va_list numbers;

  __builtin_va_start (numbers, format);
  for (; *format != '\0'; format++)
    if (*format == '#')
      print_number (put, __builtin_va_arg(numbers, u64));
    else
      put (*format);
  __builtin_va_end (numbers);
}

void
stop (const char *why, u64 number)
{
  print (serial_put, "matryoshka: level # stops: ", told.level);
  print (serial_put, why, number);
  print (serial_put, "\n");
  out8 (DEBUG_EXIT, 0x7f);
  for (;;)
    __asm__ volatile("cli; hlt");
}

/* -- the frame ------------------------------------------------------------- */

static void
draw_row (u64 at_row, const char *left_middle_right)
{
  at (at_row, told.left) (left_middle_right[0]);
  while (column < told.right)
    to_screen (left_middle_right[1]);
  to_screen (left_middle_right[2]);
}

static void
draw_frame (void)
{
  draw_row (told.top, "\xda\xc4\xbf");
  for (u64 i = told.top + 1; i < told.bottom; i++)
    draw_row (i, "\xb3 \xb3");
  draw_row (told.bottom, "\xc0\xc4\xd9");
  print (at (told.top, told.left + 2), " Level # ", told.level);
  print (to_screen, virtualization != 0 ? virtualization->name : "innermost ");
}

/* Draws what changes: at each tick, whoever brought it. */
void
beat (void)
{
  static const char heart[] = "\3 \3\3";

  ticks++;
  at (told.top, told.right - 2) (heart[ticks / 8 % 4]);
  if (ticks % 5 != 0)
    return;
  print (at (told.top + 1, told.left + 2), "ticks #  ", ticks);
  if (virtualization != 0)
    print (to_screen, "exits #  cpuid #  port #  fault #  entry #  ",
           child.exits, child.cpuids, child.ports, child.faults, child.entries);
}

/* -- interrupts ------------------------------------------------------------ */

struct gate gates[PIC_VECTOR + 1];

/* The compiler makes it a handler, which returns by IRET. There is none for
 * exceptions: one ends in a shutdown, and our parent says so. */
__attribute__ ((interrupt)) static void
on_timer (const u64 *frame)
{
  (void) frame;
  pic_end ();
  beat ();
}

/* Only the outermost copy reaches a real controller and a real timer. */
static void
start_clock (void)
{
  const struct {
    u16 limit;
    u64 base;
  } __attribute__ ((packed)) pointer = { sizeof gates - 1, (u64) gates };

  gates[PIC_VECTOR] = (struct gate){ .low = (u16) (u64) on_timer,
                                     .selector = 0x08,
                                     .kind = 0x8e00,
                                     .middle = (u16) ((u64) on_timer >> 16) };
  __asm__ volatile("lidt %0" : : "m"(pointer));
  pic_start (0xfe);
  pit_start (TIMER_HZ);
}

/* -- work ------------------------------------------------------------------ */

/* A chain of additions and multiplications that nobody can shorten. */
static void
compute (u64 count)
{
  u64 value = 1;

  for (u64 i = 0; i < count; i++) {
    value = value * 6364136223846793005ull + 1442695040888963407ull;
    __asm__ volatile("" : "+r"(value));
  }
}

static void
ask_cpuid (u64 count)
{
  u32 words[4];

  for (u64 i = 0; i < count; i++)
    cpuid (0x40000000, 0, words);
}

static void
write_port (u64 count)
{
  for (u64 i = 0; i < count; i++)
    out8 (0x80, (u8) i);
}

/* Reads and writes a word of each page of the upper half of our memory. */
static void
touch_memory (u64 count)
{
  u64 half = OWN_BYTES / 2;

  for (u64 i = 0; i < count; i++)
    ++*(volatile u64 *) (half + i * PAGE_BYTES % half);
}

static const struct {
  const char *name;
  void (*run) (u64 count);
} works[] = {
  { "compute", compute },
  { "cpuid", ask_cpuid },
  { "port", write_port },
  { "memory", touch_memory },
};
#define N_WORKS (sizeof works / sizeof *works)

static void
do_work (void)
{
  u64 start = rdtsc (), cycles;

  works[told.work - 1].run (told.count);
  cycles = rdtsc () - start;
  print (serial_put, "matryoshka: work done, count # cycles #\n", told.count,
         cycles);
  __asm__ volatile("cli"); /* beat() writes on the screen too */
  print (at (told.top + 2, told.left + 2), "work #", told.count);
  print (at (told.top + 3, told.left + 2), "cycles #", cycles);
  __asm__ volatile("sti");
}

/* -- what we are told ------------------------------------------------------ */

/* What stands behind @word, if @text begins with it, or 0. */
static const char *
behind (const char *text, const char *word)
{
  while (*word != '\0')
    if (*text++ != *word++)
      return 0;
  return text;
}

static u64
number (const char *text)
{
  u64 value = 0;

  for (; *text >= '0' && *text <= '9'; text++)
    value = value * 10 + (u64) (*text - '0');
  for (u32 i = 0; i < N_WORKS; i++)
    if (behind (text, works[i].name) != 0)
      return i + 1;
  return value;
}

/* What stands behind @name, "depth=" for instance, in the command line. */
static u64
option (const char *line, const char *name, u64 otherwise)
{
  for (; *line != '\0'; line++)
    if (behind (line, name) != 0)
      return number (behind (line, name));
  return otherwise;
}

/* The Multiboot Specification's information: flags, memory above 1 MiB in KiB
 * at 8, the command line's address at 16. */
static void
listen_to_loader (const u32 *info)
{
  const char *line = (info[0] & 4) != 0 ? (const char *) (u64) info[4] : "";

  told = (struct told){ .level = 1,
                        .depth = option (line, "depth=", 2),
                        .bottom = 24,
                        .right = 79,
                        .beacon = option (line, "beacon=", 1),
                        .exit = option (line, "exit=", 0),
                        .work = option (line, "work=", 0),
                        .count = option (line, "count=", 0),
                        .memory_bytes = ((u64) info[2] + 1024) << 10 };
  if (told.memory_bytes > 1ull << 30)
    told.memory_bytes = 1ull << 30; /* as far as our page tables reach */
}

static void
say_name (void)
{
  u32 name[3] = { 0x7274616d, 0x68736f79, 0x3020616b }; /* "matryoshka 0" */

  if (!told.beacon || in32 (BEACON) != 0x4d420001)
    return;
  name[2] += (u32) told.level << 24;
  out32 (BEACON, 0x4d421000 | sizeof name);
  for (u32 i = 0; i < 3; i++)
    out32 (BEACON, name[i]);
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
    stop ("this processor offers neither AMD-V nor VT-x", 0);
  if (told.memory_bytes < 2 * OWN_BYTES)
    stop ("there is not enough memory for one level more: #",
          told.memory_bytes);
}

/* From boot.S: @from is the loader's sign, or 0 from a parent. */
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
  print (serial_put, "matryoshka: level # of # is here\n", told.level,
         told.depth);
  say_name ();
  if (virtualization != 0) {
    prepare_child ();
    virtualization->run ();
  }
  __asm__ volatile("sti");
  if (told.work != 0 && told.work <= N_WORKS)
    do_work ();
  if (told.exit)
    out8 (DEBUG_EXIT, 0);
  for (;;)
    __asm__ volatile("hlt");
}
