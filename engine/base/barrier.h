/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One-sided memory barriers: membarrier(2).
 *
 * Of two threads that each write a flag and then look at the other's, one must
 * see it, which takes a full barrier in both. If one of them does so millions
 * of times a second and the other hardly ever, the latter puts a barrier into
 * all threads of the process and the former needs none.
 */
#pragma once

#include <glib.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

G_BEGIN_DECLS

/* Once before the first mos_barrier(); FALSE: this host has none. */
static inline gboolean
mos_barrier_prepare (void)
{
  return syscall (SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
                  0) == 0;
}

/* A full barrier in every thread that runs; some microseconds. */
static inline void
mos_barrier (void)
{
  syscall (SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

G_END_DECLS
