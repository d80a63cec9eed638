/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a hypervisor does for its guest, whichever vendor's instructions it
 * uses: memory, CPUID, ports.
 */
#include "tutorials/guests/matryoshka/matryoshka.h"

#define SERIAL     0x3f8
#define DEBUG_EXIT 0xf4
#define BEACON     0x5e0

struct child child;

/* -- memory ---------------------------------------------------------------- */

u64
child_address (u64 gpa)
{
  if ((gpa & ~(PAGE_BYTES - 1)) == VGA_TEXT)
    return gpa;
  return gpa < child.size ? child.base + gpa : 0;
}

/* Puts a copy of our image into the child's memory, and what it is told. */
void
prepare_child (void)
{
  struct told *its = (struct told *) (child.base + TOLD_ADDRESS);
  u32          step = told.depth <= 5 ? 3 : 2;

  copy ((void *) (child.base + (u64) image_start), image_start,
        (u64) (image_end - image_start));
  zero ((void *) (child.base + (u64) image_end), (u64) (bss_end - image_end));
  *its = told;
  its->level++;
  its->top += step;
  its->bottom -= 1;
  its->left += 2;
  its->right -= 2;
  its->memory_bytes = child.size;
}

/* -- nested page tables ---------------------------------------------------- */

#define ADDRESS 0x000ffffffffff000ull
#define LARGE   0x80ull

struct tables nested[3] __attribute__ ((aligned (4096)));
u64           leaf_flags;

void
tables_clear (struct tables *tables)
{
  tables->used = 1;
  zero (tables->pages, PAGE_BYTES);
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
      stop ("no more pages for nested tables");
    zero (tables->pages[tables->used], PAGE_BYTES);
    *entry = (u64) tables->pages[tables->used++] | 7;
  }
  return (u64 *) (*entry & ADDRESS);
}

void
tables_map (struct tables *tables, u64 gpa, u64 address, bool large)
{
  u64 *table = tables->pages[0];

  for (u32 shift = 39; shift > (large ? 21 : 12); shift -= 9)
    table = next_table (tables, &table[gpa >> shift & 511]);
  if (large)
    table[gpa >> 21 & 511] =
        (address & ~(LARGE_BYTES - 1)) | leaf_flags | LARGE;
  else
    table[gpa >> 12 & 511] = (address & ~(PAGE_BYTES - 1)) | leaf_flags;
}

/* The lowest 2 MiB have the screen in them, so they are mapped by small pages;
 * all above by large ones. */
bool
tables_fill (struct tables *tables, u64 gpa)
{
  u64 address = child_address (gpa);

  if (address == 0)
    return 0;
  tables_map (tables, gpa, address, gpa >= LARGE_BYTES);
  return 1;
}

bool
tables_fill_through (struct tables *tables, u64 gpa)
{
  u64 gpa_of_child = tables->of & ADDRESS;

  for (u32 shift = 39;; shift -= 9) {
    u64 *table = (u64 *) child_address (gpa_of_child);
    u64  entry;

    if (table == 0)
      return 0;
    entry = table[gpa >> shift & 511];
    if ((entry & 7) == 0)
      return 0;
    if (shift == 12 || (shift == 21 && (entry & LARGE) != 0)) {
      u64 address = child_address (entry & ADDRESS & ~((1ull << shift) - 1));

      if (address == 0)
        return 0;
      tables_map (tables, gpa, address, shift == 21);
      return 1;
    }
    gpa_of_child = entry & ADDRESS;
  }
}

/* -- CPUID ----------------------------------------------------------------- */

/* Answers are looked up once: our own CPUID would ask *our* parent. */
static struct {
  u32  leaf;
  u32  words[4];
  bool known;
} answers[8];

static const u32 leaves[8] = { 0,          1,          7,          0x40000000,
                               0x80000000, 0x80000001, 0x80000008, 0x8000000a };

static void
learn (u32 n)
{
  answers[n].leaf = leaves[n];
  answers[n].known = 1;
  cpuid (leaves[n], answers[n].words);
  if (leaves[n] == 1)
    answers[n].words[2] |= 1u << 31; /* there is a hypervisor */
  if (leaves[n] == 0x40000000) {
    answers[n].words[0] = 0x40000000;
    answers[n].words[1] = 0x7274614d; /* "Matr" */
    answers[n].words[2] = 0x68736f79; /* "yosh" */
    answers[n].words[3] = 0x2020616b; /* "ka  " */
  }
}

void
do_cpuid (void)
{
  u32  leaf = (u32) child.registers[RAX];
  u32  none[4] = { 0 };
  u32 *words = none;

  child.cpuids++;
  for (u32 i = 0; i < 8; i++) {
    if (leaves[i] != leaf)
      continue;
    if (!answers[i].known)
      learn (i);
    words = answers[i].words;
  }
  child.registers[RAX] = words[0];
  child.registers[RBX] = words[1];
  child.registers[RCX] = words[2];
  child.registers[RDX] = words[3];
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
    return;
  }
  if (word >> 16 != 0x4d42)
    return;
  words_left = (word >> 8 & 15) + ((word & 255) + 3) / 4;
  out32 (BEACON, word + 0x100);
  out32 (BEACON, 1); /* we have only one child */
}

void
do_out (u16 port, u32 value, u32 bytes)
{
  child.ports++;
  if (port == SERIAL || port == DEBUG_EXIT)
    out8 (port, (u8) value);
  else if (port == BEACON && bytes == 4)
    relay_beacon (value);
  /* Everything else, the interrupt controller and the timer for instance, is
   * the child's to write and nobody's to see: its ticks come from us. */
}

u32
do_in (u16 port, u32 bytes)
{
  child.ports++;
  if (port == SERIAL + 5)
    return 0x60; /* always ready to send */
  if (port == BEACON && bytes == 4 && told.beacon)
    return in32 (port);
  return 0xffffffff;
}
