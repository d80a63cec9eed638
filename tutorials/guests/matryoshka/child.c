/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a hypervisor does for its guest, whichever vendor's instructions it
 * uses: memory, CPUID, ports.
 */
#include "tutorials/guests/matryoshka/matryoshka.h"

struct child child;

/* -- memory ---------------------------------------------------------------- */

u64
child_address (u64 gpa)
{
  if ((gpa & ~(PAGE_BYTES - 1)) == VGA_TEXT)
    return gpa;
  return gpa < child.size ? child.base + gpa : 0;
}

/* -- nested page tables ---------------------------------------------------- */

#define ADDRESS 0x000ffffffffff000ull
#define LARGE   0x80ull

struct tables nested[3] PAGE;
u64           leaf_flags;

static void
tables_clear (struct tables *tables)
{
  tables->used = 1;
  fill (tables->pages, 0, PAGE_BYTES);
}

struct tables *
tables_for (u64 root, bool again, bool *fresh)
{
  static u32     turn;
  struct tables *tables = 0;

  for (u32 i = 1; i < 3; i++)
    if (nested[i].used > 0 && nested[i].of == root)
      tables = &nested[turn = i];
  *fresh = tables == 0 || again;
  if (tables == 0)
    tables = &nested[1 + (turn++ & 1)]; /* the other one */
  if (*fresh)
    tables_clear (tables);
  tables->of = root;
  return tables;
}

/* The table below @entry; a fresh one if there is none. */
static u64 *
next_table (struct tables *tables, u64 *entry)
{
  if (*entry == 0 || (*entry & LARGE) != 0) {
    if (tables->used == TABLE_PAGES)
      stop ("no more pages for nested tables: #", tables->used);
    fill (tables->pages[tables->used], 0, PAGE_BYTES);
    *entry = (u64) tables->pages[tables->used++] | 7;
  }
  return (u64 *) (*entry & ADDRESS);
}

/* Maps the page around @gpa to that around @address. */
static void
tables_map (struct tables *tables, u64 gpa, u64 address, bool large)
{
  u64 *table = tables->pages[0];
  u32  last = large ? 21 : 12;

  for (u32 shift = 39; shift > last; shift -= 9)
    table = next_table (tables, &table[gpa >> shift & 511]);
  table[gpa >> last & 511] =
      (address & ~((1ull << last) - 1)) | leaf_flags | (large ? LARGE : 0);
}

/* The lowest 2 MiB have the screen in them, so they are mapped by small pages;
 * all above by large ones. */
void
tables_fill (u64 gpa)
{
  u64 address = child_address (gpa);

  child.faults++;
  if (address == 0)
    stop ("the child reached beyond its memory: #", gpa);
  tables_map (&nested[0], gpa, address, gpa >> 21 != 0);
}

bool
tables_fill_through (struct tables *tables, u64 gpa)
{
  u64 entry = tables->of;

  for (u32 shift = 39;; shift -= 9) {
    u64 *table = (u64 *) child_address (entry & ADDRESS);

    entry = table != 0 ? table[gpa >> shift & 511] : 0;
    if ((entry & 7) == 0)
      return 0;
    if (shift == 12 || (shift == 21 && (entry & LARGE) != 0)) {
      u64 address = child_address (entry & ADDRESS & ~((1ull << shift) - 1));

      if (address != 0)
        tables_map (tables, gpa, address, shift == 21);
      child.faults += address != 0;
      return address != 0;
    }
  }
}

/* -- registers, CPUID ------------------------------------------------------ */

u64
pair (void)
{
  return (u32) child.rax | child.rdx << 32;
}

void
set_pair (u64 value)
{
  child.rax = (u32) value;
  child.rdx = value >> 32;
}

static const u32 leaves[8] = { 0,          1,          7,          0x40000000,
                               0x80000000, 0x80000001, 0x80000008, 0x8000000a };

/* Looked up before the child runs: our own CPUID asks *our* parent. */
static u32 answers[9][4]; /* the last one is for all other leaves */

static void
learn_cpuid (void)
{
  static const u32 name[4] = { 0x40000000, 0x7274614d, 0x68736f79, 0x2020616b };

  for (u32 i = 0; i < 8; i++)
    cpuid (leaves[i], 0, answers[i]);
  answers[1][2] |= 1u << 31;            /* there is a hypervisor … */
  copy (answers[3], name, sizeof name); /* … called Matryoshka */
}

void
do_cpuid (void)
{
  u32 n = 0;

  while (n < 8 && leaves[n] != (u32) child.rax)
    n++;
  child.cpuids++;
  child.rax = answers[n][0];
  child.rbx = answers[n][1];
  child.rcx = answers[n][2];
  child.rdx = answers[n][3];
}

/* -- ports ----------------------------------------------------------------- */

/*
 * The beacon tells the outside who is there. A message is a few 32-bit words:
 *
 *   0x4d42 (16 bits), version 1 (4), hops (4), bytes of the name (8)
 *   one word for each hop: the number that a hypervisor has for its guest
 *   the name, UTF-8, four bytes a word
 *
 * We hand on what our child says, as one hop more, with its number in front.
 */
static void
relay_beacon (u32 word)
{
  static u32 words_left;

  if (words_left > 0) {
    words_left--;
    out32 (BEACON, word);
  } else if (word >> 16 == 0x4d42) {
    words_left = (word >> 8 & 15) + ((word & 255) + 3) / 4;
    out32 (BEACON, word + 0x100);
    out32 (BEACON, 1); /* we have only one child */
  }
}

/* What is not listed here, the interrupt controller and the timer for
 * instance, is the child's to write and nobody's to see: its ticks come from
 * us. */
static u32
access_port (bool in, u16 port, u32 value, u32 bytes)
{
  if (in && port == COM1 + 5)
    return 0x60; /* always ready to send */
  if (in)
    return port == BEACON && bytes == 4 && told.beacon ? in32 (port) : ~0u;
  if (port == COM1 || port == DEBUG_EXIT)
    out8 (port, (u8) value);
  else if (port == BEACON && bytes == 4)
    relay_beacon (value);
  return 0;
}

/* IN and OUT: the lowest @bytes of RAX. */
void
do_port (bool in, u16 port, u32 bytes)
{
  u64  mask = bytes == 4 ? 0xffffffff : (1ull << 8 * bytes) - 1;
  u64 *rax = &child.rax;
  u32  value = access_port (in, port, (u32) (*rax & mask), bytes);

  child.ports++;
  if (in)
    *rax = (*rax & ~mask) | (value & mask);
}

/* -- all together ---------------------------------------------------------- */

/* Puts a copy of our image into the child's memory, and what it is told. */
void
prepare_child (void)
{
  struct told *its = (struct told *) (child.base + TOLD_ADDRESS);

  copy ((void *) (child.base + (u64) image_start), image_start,
        (u64) (image_end - image_start));
  fill ((void *) (child.base + (u64) image_end), 0,
        (u64) (bss_end - image_end));
  *its = told;
  its->level++;
  its->top += told.depth <= 5 ? 3 : 2;
  its->bottom -= 1;
  its->left += 2;
  its->right -= 2;
  its->memory_bytes = child.size;
  child.rdi = TOLD_ADDRESS;
  tables_clear (&nested[0]);
  learn_cpuid ();
}
