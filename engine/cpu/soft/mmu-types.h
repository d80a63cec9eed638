/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The translation look-aside buffer's layout, which the fast paths know.
 *
 * An entry leads from a linear page straight to host memory, whatever lies in
 * between (paging, nested paging, the board's address map, A20). Tags carry
 * the address space in the low twelve bits, where a page address has none.
 */
#pragma once

#include <glib.h>

#include "engine/memory/ram.h"

G_BEGIN_DECLS

#define MOS_TLB_BITS  10
#define MOS_TLB_SIZE  (1u << MOS_TLB_BITS)
#define MOS_TLB_NEVER G_MAXUINT64 /* no page has this tag */
#define MOS_PAGE_MASK (~(guint64) 0xfff)

typedef struct {
  guint64 read;       /* tag that may read, or MOS_TLB_NEVER */
  guint64 write;      /* tag that may write */
  guint64 addend;     /* host address minus linear address */
  guint8 *page_flags; /* MOS_PAGE_… of the host page */
} MosTlbEntry;

/* Which of a vCPU's tables applies. */
typedef enum {
  MOS_TLB_SUPERVISOR,
  MOS_TLB_USER,
  MOS_TLB_SUPERVISOR_AC, /* SMAP is on, but EFLAGS.AC lifts it */
  MOS_N_TLB_MODES
} MosTlbMode;

#define MOS_JUMP_BITS 12
#define MOS_JUMP_SIZE (1u << MOS_JUMP_BITS)

/* Indirect jumps: linear address and validity to block. */
typedef struct {
  guint64          lin;
  guint64          epoch;
  guint64          key;
  struct MosBlock *block;
} MosJumpEntry;

G_END_DECLS
