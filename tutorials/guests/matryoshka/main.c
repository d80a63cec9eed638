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

/* At the end of @to, which has room for 20 digits and the 0. */
static const char *
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

static void
print_text (const char *text)
{
  for (; *text != '\0'; text++) {
    while ((in8 (SERIAL + 5) & 0x20) == 0)
      ;
    out8 (SERIAL, (u8) *text);
  }
}

void
print (const char *text, u64 number)
{
  char digits[21];

  print_text (text);
  print_text (format (number, digits));
}

void
stop (const char *why, u64 number)
{
  print ("matryoshka: level ", told.level);
  print_text (" stops: ");
  print (why, number);
  print_text ("\n");
  out8 (DEBUG_EXIT, 0x7f);
  for (;;)
    __asm__ volatile("cli; hlt");
}

/* -- the screen ------------------------------------------------------------ */

static void
put (u64 row, u64 column, u8 character)
{
  static const u8 colours[MAX_DEPTH] = { 0x1f, 0x2f, 0x5f, 0x3f,
                                         0x4f, 0x6f, 0x17, 0x70 };
  volatile u16   *cells = (u16 *) VGA_TEXT;

  if (row <= told.bottom && column <= told.right)
    cells[row * 80 + column] =
        (u16) (colours[(told.level - 1) % MAX_DEPTH] << 8 | character);
}

/* Returns the column behind it. */
static u64
put_text (u64 row, u64 column, const char *text)
{
  for (; *text != '\0'; text++)
    put (row, column++, (u8) *text);
  return column;
}

static u64
put_number (u64 row, u64 column, const char *label, u64 value)
{
  char digits[21];

  column = put_text (row, column, label);
  column = put_text (row, column + 1, format (value, digits));
  return put_text (row, column, "  ");
}

static void
draw_frame (void)
{
  u64 column;

  for (u64 row = told.top; row <= told.bottom; row++)
    for (u64 i = told.left; i <= told.right; i++) {
      bool edge_row = row == told.top || row == told.bottom;
      bool edge = i == told.left || i == told.right;

      put (row, i, edge_row ? 0xc4 : (edge ? 0xb3 : ' '));
    }
  put (told.top, told.left, 0xda);
  put (told.top, told.right, 0xbf);
  put (told.bottom, told.left, 0xc0);
  put (told.bottom, told.right, 0xd9);
  column = put_number (told.top, told.left + 2, " Level", told.level) - 1;
  put_text (told.top, column,
            virtualization != 0 ? virtualization->name : "innermost ");
}

static const struct {
  const char *name;
  const u64  *value;
} counters[] = { { "ticks", &ticks },        { "exits", &child.exits },
                 { "cpuid", &child.cpuids }, { "port", &child.ports },
                 { "fault", &child.faults }, { "entry", &child.entries } };

/* Draws what changes: at each tick, whoever brought it. */
void
beat (void)
{
  static const char heart[4] = { 3, ' ', 3, 3 };
  u64               row = told.top + 1, column = told.left + 2;

  ticks++;
  put (told.top, told.right - 2, (u8) heart[ticks / 8 % 4]);
  if (ticks % 5 != 0)
    return;
  for (u32 i = 0; i < (virtualization != 0 ? 6 : 1); i++)
    column = put_number (row, column, counters[i].name, *counters[i].value);
}

/* -- interrupts ------------------------------------------------------------ */

static struct gate {
  u16 low, selector, kind, middle;
  u32 high, zero;
} gates[TIMER_VECTOR + 1];

/* From boot.S. */
void on_interrupt (u64 vector, u64 error, u64 rip);

void
on_interrupt (u64 vector, u64 error, u64 rip)
{
  if (vector == TIMER_VECTOR) {
    out8 (0x20, 0x20); /* end of interrupt */
    beat ();
    return;
  }
  print ("matryoshka: exception ", vector);
  print (", error code ", error);
  stop (", which should not have happened, at ", rip);
}

/* The 8259s (vectors from 32 on, only the timer lets itself be heard) and the
 * 8254. Only the outermost copy reaches real ones. */
static void
start_clock (void)
{
  static const u16 divisor = 1193182 / TIMER_HZ;
  static const u8  setup[][2] = {
     { 0x20, 0x11 },
     { 0xa0, 0x11 },
     { 0x21, TIMER_VECTOR },
     { 0xa1, 40 },
     { 0x21, 4 },
     { 0xa1, 2 },
     { 0x21, 1 },
     { 0xa1, 1 },
     { 0x21, 0xfe },
     { 0xa1, 0xff },
     { 0x43, 0x34 },
     { 0x40, divisor & 255 },
     { 0x40, divisor >> 8 },
  };
  struct {
    u16 limit;
    u64 base;
  } __attribute__ ((packed)) pointer = { sizeof gates - 1, (u64) gates };

  for (u32 i = 0; i <= TIMER_VECTOR; i++) {
    u64 entry = (u64) vectors + 16 * i;

    gates[i] = (struct gate){ .low = (u16) entry,
                              .selector = 0x08,
                              .kind = 0x8e00,
                              .middle = (u16) (entry >> 16) };
  }
  __asm__ volatile("lidt %0" : : "m"(pointer));
  for (u32 i = 0; i < sizeof setup / sizeof *setup; i++)
    out8 (setup[i][0], setup[i][1]);
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
  print ("matryoshka: work done, count ", told.count);
  print (" cycles ", cycles);
  print_text ("\n");
  put_number (told.top + 2, told.left + 2, "work", told.count);
  put_number (told.top + 3, told.left + 2, "cycles", cycles);
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

static void
read_command_line (const char *text)
{
  static const struct {
    const char *name;
    u64        *value;
  } options[] = { { "depth=", &told.depth },
                  { "work=", &told.work },
                  { "count=", &told.count },
                  { "beacon=", &told.beacon },
                  { "exit=", &told.exit } };

  for (; *text != '\0'; text += *text == ' ') {
    for (u32 i = 0; i < sizeof options / sizeof *options; i++)
      if (behind (text, options[i].name) != 0)
        *options[i].value = number (behind (text, options[i].name));
    while (*text != '\0' && *text != ' ')
      text++;
  }
  if (told.depth < 1 || told.depth > MAX_DEPTH)
    told.depth = told.depth < 1 ? 1 : MAX_DEPTH;
  if (told.work > N_WORKS)
    told.work = 0;
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

static void
say_name (void)
{
  union {
    char text[12];
    u32  words[3];
  } name = { "matryoshka 0" };

  if (!told.beacon || in32 (BEACON) != 0x4d420001)
    return;
  name.text[11] = (char) ('0' + told.level);
  out32 (BEACON, 0x4d421000 | sizeof name);
  for (u32 i = 0; i < 3; i++)
    out32 (BEACON, name.words[i]);
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
    stop ("there is not enough memory for one level more", told.memory_bytes);
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
  print ("matryoshka: level ", told.level);
  print (" of ", told.depth);
  print_text (" is here\n");
  say_name ();
  if (virtualization != 0) {
    prepare_child ();
    virtualization->run ();
  }
  __asm__ volatile("sti");
  if (told.work != 0)
    do_work ();
  if (told.exit)
    out8 (DEBUG_EXIT, 0);
  for (;;)
    __asm__ volatile("hlt");
}
