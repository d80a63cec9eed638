/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sums over a few pages, compared with those of before.
 */
#include "engine/monitor/change.h"

#include <unistd.h>

#define WORDS (MOS_PAGE_SIZE / 8)
#define PRIME G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

/* Four sums side by side, as a multiplication takes some cycles. Any change of
 * one word changes its sum: multiplying by an odd number loses nothing. */
static guint64
sum_page (const guint64 *words)
{
  guint64 sums[4] = { 1, 2, 3, 4 };

  for (guint i = 0; i < WORDS; i += 4)
    for (guint j = 0; j < 4; j++)
      sums[j] = ((sums[j] ^ words[i + j]) * PRIME) ^ (sums[j] >> 32);
  return sums[0] ^ sums[1] * 3 ^ sums[2] * 5 ^ sums[3] * 7;
}

/* The n-th of as many equal parts; within its part each at another place, so
 * that a guest's own regular pattern does not meet all or none. */
static guint64
page_at (guint n, guint64 n_pages)
{
  guint64 first = n * n_pages / MOS_CHANGE_PAGES;
  guint64 size = MAX ((n + 1) * n_pages / MOS_CHANGE_PAGES - first, 1);

  return first + ((n + 1) * PRIME >> 20) % size;
}

guint64
mos_change_look (MosChange *self, MosRam *ram)
{
  guint64 words[WORDS];
  guint64 n_pages = ram->size >> MOS_PAGE_SHIFT;
  guint   n_changed = 0, n_seen = 0;

  for (guint i = 0; i < MOS_CHANGE_PAGES; i++) {
    off_t   at = (off_t) (page_at (i, n_pages) << MOS_PAGE_SHIFT);
    guint64 sum;

    if (pread (ram->fd, words, sizeof words, at) != sizeof words)
      continue;
    sum = sum_page (words);
    n_seen++;
    n_changed += self->begun && self->sums[i] != sum;
    self->sums[i] = sum;
  }
  self->begun = TRUE;
  return n_seen > 0
             ? ram->size / MOS_PAGE_SIZE * n_changed / n_seen * MOS_PAGE_SIZE
             : 0;
}
