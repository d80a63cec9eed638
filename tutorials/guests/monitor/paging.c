/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Page tables: building, walking, changing (Intel SDM volume 3, "Paging").
 *
 * Three formats, one walk. What tells them apart is how many levels there are,
 * how many bits of the address each level takes, and how wide an entry is:
 *
 *   32-bit    2 levels, 10 bits each, 4 bytes an entry, large pages of 4 MiB
 *   PAE       3 levels, 2 and 9 and 9 bits, 8 bytes, large pages of 2 MiB
 *   4-level   4 levels, 9 bits each, 8 bytes, large pages of 2 MiB and 1 GiB
 *
 * Whatever the format, memory begins as it is without paging: every address
 * is mapped to itself, the lowest part by small pages and the rest by large
 * ones. Tables come from a pool that is never given back.
 */
#include "tutorials/guests/monitor/monitor.h"

#define PRESENT  1u
#define WRITABLE 2u
#define USER     4u
#define ACCESSED 0x20u
#define DIRTY    0x40u
#define LARGE    0x80u

#define CR0_PG  0x80000000u
#define CR0_WP  0x10000u
#define CR4_PSE 0x10u
#define CR4_PAE 0x20u

#define POOL_PAGES 64

typedef struct {
  const char *name;
  u32         levels;
  u32         top_bits; /* of the first level */
  u32         bits;     /* of the others */
  u32         bytes;    /* of an entry */
} Format;

static const Format formats[] = {
  { "32", 2, 10, 10, 4 },
  { "pae", 3, 2, 9, 8 },
  { "4-level", 4, 9, 9, 8 },
};

static u8  pool[POOL_PAGES][4096] __attribute__ ((aligned (4096)));
static u32 pool_used;

static const Format *format; /* NULL: paging is off */

static u64
get_entry (word table, u32 index)
{
  if (format->bytes == 4)
    return ((volatile u32 *) table)[index];
  return ((volatile u64 *) table)[index];
}

static void
set_entry (word table, u32 index, u64 entry)
{
  if (format->bytes == 4)
    ((volatile u32 *) table)[index] = (u32) entry;
  else
    ((volatile u64 *) table)[index] = entry;
}

/* How far the address is shifted to get the index of @level (1 is the last). */
static u32
shift_of (u32 level)
{
  return 12 + format->bits * (level - 1);
}

static u32
index_of (word address, u32 level)
{
  u32 bits = level == format->levels ? format->top_bits : format->bits;

  return (u32) (address >> shift_of (level)) & ((1u << bits) - 1);
}

static word
address_in (u64 entry)
{
  return (word) (entry & 0x000ffffffffff000ull);
}

static word
new_table (void)
{
  if (pool_used == POOL_PAGES)
    return 0;
  for (u32 i = 0; i < 4096; i++)
    pool[pool_used][i] = 0;
  return (word) pool[pool_used++];
}

static int
may_be_large (u32 level)
{
  return level == 2 || (level == 3 && format->levels == 4);
}

/* Turns a large page into a table of pages of the next size. */
static word
split (word table, u32 index, u32 level)
{
  u64  entry = get_entry (table, index);
  word lower = new_table ();
  u32  n = 1u << format->bits;
  u64  flags = entry & (PRESENT | WRITABLE | USER);

  if (lower == 0)
    return 0;
  if (level - 1 > 1)
    flags |= LARGE;
  if (entry & LARGE)
    for (u32 i = 0; i < n; i++)
      set_entry (lower, i,
                 address_in (entry) + ((u64) i << shift_of (level - 1)) +
                     flags);
  /* A directory pointer of PAE has no rights of its own. */
  set_entry (table, index,
             lower | PRESENT |
                 (format->levels == 3 && level == 3 ? 0 : WRITABLE | USER));
  return lower;
}

/* The table of @level that maps @address; makes what is missing above it. */
static word
table_for (word address, u32 level)
{
  word table = (word) (read_cr3 () & ~(word) 0xfff);

  for (u32 l = format->levels; l > level; l--) {
    u64 entry = get_entry (table, index_of (address, l));

    if (!(entry & PRESENT) || (may_be_large (l) && (entry & LARGE)))
      table = split (table, index_of (address, l), l);
    else
      table = address_in (entry);
    if (table == 0)
      return 0;
  }
  return table;
}

/* -- building ------------------------------------------------------------ */

#ifdef __x86_64__

void
paging_init (void)
{
  format = &formats[2];
  /* The tables that boot64.S made: the lowest 2 MiB become small pages. */
  table_for (0, 1);
  write_cr3 (read_cr3 ());
}

static void
set_mode (const char *mode)
{
  print_format ("64-bit mode has 4-level paging, and cannot be without; "
                "'%s' is for the 32-bit monitor\n",
                mode);
}

#else

void
paging_init (void)
{
}

/* Every address to itself, by large pages; the lowest ones small. */
static void
build (const Format *wanted)
{
  u32  n = wanted->bytes == 4 ? 1024 : 512;
  word top;

  pool_used = 0;
  format = wanted;
  top = new_table ();
  if (wanted->levels == 2) {
    for (u32 i = 0; i < n; i++)
      set_entry (top, i, (i << 22) | PRESENT | WRITABLE | LARGE);
  } else {
    for (u32 k = 0; k < 4; k++) {
      word directory = new_table ();

      for (u32 i = 0; i < n; i++)
        set_entry (directory, i,
                   ((u64) k << 30) | (i << 21) | PRESENT | WRITABLE | LARGE);
      set_entry (top, k, directory | PRESENT);
    }
  }
  write_cr3 (top);
}

static void
set_mode (const char *mode)
{
  const Format *wanted = same (mode, "32")    ? &formats[0]
                         : same (mode, "pae") ? &formats[1]
                                              : NULL;

  if (wanted == NULL && !same (mode, "off")) {
    print ("paging off, paging 32 or paging pae\n");
    return;
  }
  /* The format may only change while paging is off. */
  write_cr0 (read_cr0 () & ~(word) CR0_PG);
  format = NULL;
  if (wanted == NULL)
    return;
  write_cr4 ((read_cr4 () & ~(word) CR4_PAE) | CR4_PSE |
             (wanted->levels == 3 ? CR4_PAE : 0));
  build (wanted);
  write_cr0 (read_cr0 () | CR0_PG | CR0_WP);
  table_for (0, 1);
  write_cr3 (read_cr3 ());
}

#endif

/* -- commands ------------------------------------------------------------ */

void
paging_command (char **words, u32 n)
{
  if (n > 1)
    set_mode (words[1]);
  if (format == NULL)
    print_format ("paging off, cr0 %w, cr4 %w\n", read_cr0 (), read_cr4 ());
  else
    print_format ("paging %s, cr0 %w, cr3 %w, cr4 %w\n", format->name,
                  read_cr0 (), read_cr3 (), read_cr4 ());
}

static void
print_entry (word address, word table, u32 level, u64 entry)
{
  print_format ("level %u: entry %u of %w is %X", level,
                index_of (address, level), table, entry);
  print (entry & PRESENT ? " present" : " not present");
  if (entry & PRESENT) {
    print (entry & WRITABLE ? " writable" : " read-only");
    print (entry & USER ? " user" : "");
    print (entry & ACCESSED ? " accessed" : "");
    print (level == 1 || (entry & LARGE) ? entry & DIRTY ? " dirty" : "" : "");
    print (may_be_large (level) && (entry & LARGE) ? " large" : "");
  }
  put ('\n');
}

void
walk_command (char **words, u32 n)
{
  u64  wide = 0;
  word address, table;

  if (n < 2 || !parse_number (words[1], &wide)) {
    print ("walk ADDRESS\n");
    return;
  }
  address = (word) wide;
  if (format == NULL) {
    print_format ("paging is off: %w is %w\n", address, address);
    return;
  }
  table = (word) (read_cr3 () & ~(word) 0xfff);
  for (u32 level = format->levels; level > 0; level--) {
    u64 entry = get_entry (table, index_of (address, level));

    print_entry (address, table, level, entry);
    if (!(entry & PRESENT))
      return;
    table = address_in (entry);
    if (level == 1 || (may_be_large (level) && (entry & LARGE))) {
      u64 inside = ((u64) 1 << shift_of (level)) - 1;

      print_format ("address %w is physical %X\n", address,
                    ((u64) table & ~inside) | (address & inside));
      return;
    }
  }
}

/* "4k", "2m" (4 MiB in 32-bit format), "1g": the level of such a page. */
static u32
level_named (const char *size)
{
  if (same (size, "2m") || same (size, "4m"))
    return 2;
  return same (size, "1g") && format->levels == 4 ? 3 : 1;
}

void
map_command (char **words, u32 n)
{
  u64  from = 0, to = 0, flags = PRESENT | WRITABLE;
  u32  level = 1;
  word table;

  if (format == NULL || n < 3 || !parse_number (words[1], &from) ||
      !parse_number (words[2], &to)) {
    print ("map ADDRESS PHYSICAL [4k|2m|1g] [readonly] (with paging on)\n");
    return;
  }
  for (u32 i = 3; i < n; i++) {
    if (same (words[i], "readonly"))
      flags &= ~(u64) WRITABLE;
    else
      level = level_named (words[i]);
  }
  table = table_for ((word) from, level);
  if (table == 0) {
    print ("no page is left for tables\n");
    return;
  }
  to &= ~(((u64) 1 << shift_of (level)) - 1);
  set_entry (table, index_of ((word) from, level),
             to | flags | (level > 1 ? LARGE : 0));
  invlpg ((word) from);
  print_format ("mapped %w to %X\n", (word) from, to);
}

void
unmap_command (char **words, u32 n)
{
  u64  address = 0;
  word table;

  if (format == NULL || n < 2 || !parse_number (words[1], &address)) {
    print ("unmap ADDRESS (with paging on)\n");
    return;
  }
  table = table_for ((word) address, 1);
  if (table == 0) {
    print ("no page is left for tables\n");
    return;
  }
  set_entry (table, index_of ((word) address, 1), 0);
  invlpg ((word) address);
  print_format ("unmapped %w\n", (word) address);
}
