/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The loops that are timed, for the guest and for the host alike.
 *
 * One source is compiled twice with the same options: into the guest image and
 * into `multios` itself. So it needs no library and knows no machine. Each loop
 * does its work @n times over and returns a checksum of what came out, which
 * keeps the compiler honest and the processors too.
 */

#pragma once

#include <stdint.h>

/* Memory the loops use, aligned to pages; in both worlds in 4 KiB pages. */
#define WORK_ARENA_BYTES (64u << 20)

/* What @n = 1 does, in the units of the table in measure.c. */
#define WORK_ALU_ROUNDS     4096u
#define WORK_MEMORY_BYTES   65536u
#define WORK_CALLS          4096u
#define WORK_SIEVE_NUMBERS  (1u << 20)
#define WORK_HASH_BYTES     65536u
#define WORK_FRAME_SIDE     64u
#define WORK_FRAME_DEPTH    64u
#define WORK_NODES          4096u
#define WORK_SYSCALLS       1024u
#define WORK_SWITCHES       64u
#define WORK_SWITCH_PAGES   16u
#define WORK_PORT_ROUNDS    512u
#define WORK_ROUND_TRIPS    64u
#define WORK_FIELDS         256u
#define WORK_PAGE_BYTES     4096u
#define WORK_NODES_IN_ARENA (WORK_ARENA_BYTES / WORK_PAGE_BYTES)

typedef uint64_t (*WorkFunc) (uint8_t *arena, uint64_t n);

typedef struct {
  const char *name;
  /* Fills the arena; not timed. NULL: nothing to do. */
  void (*prepare) (uint8_t *arena);
  WorkFunc run;
} Workload;

/* Ends with a NULL name. */
extern const Workload work_loops[];
