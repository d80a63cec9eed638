/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How much of a guest's memory changes from one look to the next, estimated.
 *
 * A dirty log would be exact and make the guest pay: a fault for each page, or
 * a slower store. So MOS_CHANGE_PAGES pages are looked at, spread evenly, and
 * what part of them has changed stands for all. They are read through the
 * memory's file, which makes no page of what the guest never touched.
 *
 * With n of 128 pages changed the estimate is n / 128 of the memory, give or
 * take about the square root of n pages of 128; less than a hundredth of the
 * memory can be missed altogether.
 */
#pragma once

#include "engine/memory/ram.h"

G_BEGIN_DECLS

#define MOS_CHANGE_PAGES 128u

/* What was there at the last look. Zeroed; belongs to one RAM. */
typedef struct {
  guint64  sums[MOS_CHANGE_PAGES];
  gboolean begun;
} MosChange;

/* Bytes of @ram that have changed since the last look, about; 0 at the first.
 * Some 50 microseconds; one thread at a time. */
guint64 mos_change_look (MosChange *self, MosRam *ram);

G_END_DECLS
