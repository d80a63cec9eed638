/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The monitor's commands: one row each.
 */
#include "tutorials/guests/monitor/monitor.h"

#define MAX_WORDS 8
#define LINE      120

typedef struct {
  const char *name;
  const char *help;
  void (*run) (char **words, u32 n);
} Command;

static const Command commands[];

int
same (const char *a, const char *b)
{
  while (*a != '\0' && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

static int
digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

int
parse_number (const char *text, u64 *number)
{
  u64         value = 0;
  u32         base = 10;
  const char *last = text;

  while (last[0] != '\0' && last[1] != '\0')
    last++;
  if (text[0] == '0' && text[1] == 'x') {
    base = 16;
    text += 2;
  } else if (*last == 'h') {
    base = 16;
  }
  if (*text == '\0')
    return 0;
  for (; *text != '\0' && !(text == last && *text == 'h'); text++) {
    if ((u32) digit (*text) >= base)
      return 0;
    value = value * base + (u32) digit (*text);
  }
  *number = value;
  return 1;
}

/* A number among the words, or what there is without it. */
static u64
number_at (char **words, u32 n, u32 at, u64 otherwise)
{
  u64 value = otherwise;

  if (at < n)
    parse_number (words[at], &value);
  return value;
}

static void
help_command (char **words, u32 n)
{
  for (const Command *command = commands; command->name != NULL; command++)
    print_format ("%s\n", command->help);
}

static void
in_command (char **words, u32 n)
{
  u16 port = (u16) number_at (words, n, 1, 0);
  u32 size = (u32) number_at (words, n, 2, 1);
  u32 value = size == 4 ? in32 (port) : size == 2 ? in16 (port) : in8 (port);

  print_format ("port %04x: %x\n", port, value);
}

static void
out_command (char **words, u32 n)
{
  u16 port = (u16) number_at (words, n, 1, 0);
  u32 value = (u32) number_at (words, n, 2, 0);
  u32 size = (u32) number_at (words, n, 3, 1);

  if (size == 4)
    out32 (port, value);
  else if (size == 2)
    out16 (port, (u16) value);
  else
    out8 (port, (u8) value);
  print_format ("port %04x = %x\n", port, value);
}

static void
read_command (char **words, u32 n)
{
  word  address = (word) number_at (words, n, 1, 0);
  u64   value = 0;
  Fault fault = probe_read (address, (u32) number_at (words, n, 2, 4), &value);

  if (fault.faulted)
    print_fault (&fault);
  else
    print_format ("%w: %X\n", address, value);
}

static void
write_command (char **words, u32 n)
{
  word  address = (word) number_at (words, n, 1, 0);
  u64   value = number_at (words, n, 2, 0);
  Fault fault = probe_write (address, (u32) number_at (words, n, 3, 4), value);

  if (fault.faulted)
    print_fault (&fault);
  else
    print_format ("%w = %X\n", address, value);
}

static void
irq_command (char **words, u32 n)
{
  if (n > 1) {
    irq_enable ((u32) number_at (words, n, 1, 0) & 15);
    return;
  }
  for (u32 i = 0; i < 16; i++)
    if (irq_count (i) != 0)
      print_format ("irq %u: %u\n", i, irq_count (i));
}

static void
cpuid_command (char **words, u32 n)
{
  u32 leaf = (u32) number_at (words, n, 1, 0);
  u32 count = (u32) number_at (words, n, 2, 1);
  u32 out[4] = { 0 };

  for (u32 i = 0; i < count; i++)
    cpuid (leaf, 0, out);
  print_format ("cpuid %x: %08x %08x %08x %08x, %u times\n", leaf, out[0],
                out[1], out[2], out[3], count);
}

static void
msr_command (char **words, u32 n)
{
  u32 index = (u32) number_at (words, n, 1, 0x10);

  print_format ("msr %x: %X\n", index, rdmsr (index));
}

static void
ports_command (char **words, u32 n)
{
  u32 count = (u32) number_at (words, n, 1, 1000);
  u64 begin = rdtsc ();

  /* Port 0x80 is for that: writing it does nothing but take a moment. */
  for (u32 i = 0; i < count; i++)
    out8 (0x80, (u8) i);
  print_format ("%u port writes, %U ticks\n", count, rdtsc () - begin);
}

static void
spin_command (char **words, u32 n)
{
  u32 count = (u32) number_at (words, n, 1, 1000000);
  u64 begin = rdtsc ();

  for (u32 i = 0; i < count; i++)
    __asm__ volatile("");
  print_format ("%u rounds, %U ticks\n", count, rdtsc () - begin);
}

/* Reads one byte of each page: what a TLB is for. */
static void
stride_command (char **words, u32 n)
{
  u32          pages = (u32) number_at (words, n, 1, 256);
  u32          rounds = (u32) number_at (words, n, 2, 100);
  u64          begin = rdtsc ();
  volatile u8 *memory = (volatile u8 *) 0x400000;

  for (u32 i = 0; i < rounds; i++)
    for (u32 page = 0; page < pages; page++)
      (void) memory[(word) page << 12];
  print_format ("%u pages, %u rounds, %U ticks\n", pages, rounds,
                rdtsc () - begin);
}

static void
clear_command (char **words, u32 n)
{
  console_clear ();
}

static void
reset_command (char **words, u32 n)
{
  print ("resetting\n");
  out8 (0x64, 0xfe); /* the keyboard controller pulls the reset line */
}

static const Command commands[] = {
  { "help", "help                    these lines", help_command },
  { "in", "in PORT [1|2|4]         reads a port", in_command },
  { "out", "out PORT VALUE [1|2|4]  writes a port", out_command },
  { "read", "read ADDRESS [1|2|4|8]  reads memory", read_command },
  { "write", "write ADDRESS VALUE [SIZE]", write_command },
  { "paging", "paging [off|32|pae]     shows or changes paging",
    paging_command },
  { "walk", "walk ADDRESS            follows the page tables", walk_command },
  { "map", "map ADDRESS PHYSICAL [4k|2m|1g] [readonly]", map_command },
  { "unmap", "unmap ADDRESS", unmap_command },
  { "stride", "stride PAGES ROUNDS     reads a byte of each page",
    stride_command },
  { "pci", "pci                     lists the PCI bus", pci_command },
  { "demo", "demo [OFFSET [VALUE]]   the demo device; demo irq", demo_command },
  { "irq", "irq [N]                 counts interrupts, or lets one through",
    irq_command },
  { "cpuid", "cpuid LEAF [TIMES]", cpuid_command },
  { "msr", "msr INDEX               reads a model-specific register",
    msr_command },
  { "ports", "ports TIMES             writes port 0x80", ports_command },
  { "spin", "spin TIMES              an empty loop", spin_command },
  { "clear", "clear                   empties the screen", clear_command },
  { "reset", "reset                   starts again", reset_command },
  { NULL, NULL, NULL },
};

/* Cuts @line at blanks. */
static u32
split (char *line, char **words)
{
  u32 n = 0;

  while (n < MAX_WORDS) {
    while (*line == ' ')
      *line++ = '\0';
    if (*line == '\0')
      break;
    words[n++] = line;
    while (*line != '\0' && *line != ' ')
      line++;
  }
  return n;
}

void
shell (void)
{
  for (;;) {
    char           line[LINE];
    char          *words[MAX_WORDS];
    const Command *command = commands;
    u32            n;

    print ("> ");
    console_read_line (line, sizeof line);
    n = split (line, words);
    if (n == 0)
      continue;
    while (command->name != NULL && !same (command->name, words[0]))
      command++;
    if (command->name != NULL)
      command->run (words, n);
    else
      print_format ("'%s'? help lists what there is\n", words[0]);
  }
}

void kernel_main (void);

void
kernel_main (void)
{
  trap_init ();
  console_init ();
  paging_init ();
  print_format ("MultiOS Lab: monitor ready, %s mode\n", MODE_TEXT);
  shell ();
}
