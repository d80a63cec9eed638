/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How much memory a nested guest has and uses, from its nested page tables.
 *
 * Walks the tables that level 1 gave the processor: nested paging of AMD-V in
 * long mode's format, or EPT (AMD64 manual volume 2, "Nested Paging"; Intel
 * SDM volume 3, "The Extended Page Table Mechanism"). Any thread; the guest
 * may change the tables meanwhile, and whatever they hold, the walk ends.
 */
#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

typedef struct {
  guint64  mapped_bytes;   /* pages the guest may reach */
  guint64  accessed_bytes; /* of these, with the accessed bit */
  gboolean has_accessed;   /* somebody keeps that bit */
  gboolean complete;       /* FALSE: stopped at @max_tables, more is there */
} MosWorkingSet;

/* @root is physical in the machine. At most @max_tables tables are looked at,
 * about a microsecond each. */
void mos_working_set_read (MosWorkingSet *self,
                           MosMemoryMap  *memory,
                           MosCpuVendor   vendor,
                           guint64        root,
                           guint          max_tables);

G_END_DECLS
