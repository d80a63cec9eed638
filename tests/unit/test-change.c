/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The estimate of how much memory changes: nothing, a known part, all; and no
 * page comes into being by being looked at.
 */
#include <string.h>

#include "engine/engine.h"
#include "engine/monitor/change.h"

#define MIB (1u << 20)

static void
test_parts (void)
{
  g_autoptr (MosRam) ram = mos_ram_new ("change", 64 * MIB, NULL);
  MosChange change = { .begun = FALSE };

  g_assert_nonnull (ram);
  memset (ram->hva, 1, 32 * MIB);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 0);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 0);
  /* One bit of every page of the first quarter; of all; of one page in 8. */
  for (guint at = 0; at < 16 * MIB; at += MOS_PAGE_SIZE)
    ram->hva[at + at / MOS_PAGE_SIZE % MOS_PAGE_SIZE] ^= 0x80;
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 16 * MIB);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 0);
  memset (ram->hva, 2, 64 * MIB);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 64 * MIB);
  for (guint at = 0; at < 64 * MIB; at += 8 * MOS_PAGE_SIZE)
    ram->hva[at] = 3;
  /* 8 MiB, within three sigmas of 16 of 128 pages. */
  g_assert_cmpfloat_with_epsilon (mos_change_look (&change, ram) / (double) MIB,
                                  8, 6);
}

static void
test_makes_nothing (void)
{
  g_autoptr (MosRam) ram = mos_ram_new ("change", 64 * MIB, NULL);
  MosChange change = { .begun = FALSE };

  mos_change_look (&change, ram);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, 0);
  g_assert_cmpuint (mos_ram_resident (ram), ==, 0);
}

/* Fewer pages than are looked at. */
static void
test_small (void)
{
  g_autoptr (MosRam) ram = mos_ram_new ("change", 3 * MOS_PAGE_SIZE, NULL);
  MosChange change = { .begun = FALSE };

  mos_change_look (&change, ram);
  memset (ram->hva, 1, ram->size);
  g_assert_cmpuint (mos_change_look (&change, ram), ==, ram->size);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/change/parts", test_parts);
  g_test_add_func ("/change/makes-nothing", test_makes_nothing);
  g_test_add_func ("/change/small", test_small);
  return g_test_run ();
}
