/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The chain of hypervisors; what each function does stands in the header.
 */

#include "tests/unit/nested-world.h"

#define VMRUN_BYTES 3
#define CPUID_BYTES 2

void
world_enter_raw (World *self, guint64 block, guint64 root, guint64 rip)
{
  MosNestedEntry entry = {
    .vendor = self->vendor,
    .block = block,
    .root = root,
    .nested_paging = self->nested_paging,
    .rip = rip,
    .cr3 = root + 0x100,
    .host_cr3 = self->host_cr3,
    .instructions = self->instructions,
  };

  self->entered++;
  self->observer->entered (self->observer, &self->vcpu, &entry);
}

void
world_leave_raw (World        *self,
                 MosExitReason reason,
                 guint64       rip,
                 guint64       operand)
{
  MosNestedExit exit = {
    .reason = reason,
    .rip = rip,
    .operand = operand,
    .instructions = self->instructions += 10,
  };

  self->left++;
  self->observer->left (self->observer, &self->vcpu, &exit);
}

/* The block in which the hypervisor at level BY runs LEVEL. */
static guint64
block_of (World *self, guint by, guint level)
{
  guint n = level;

  if (self->style == WORLD_LIKE_KVM)
    n = level == by + 1 ? 1 : 2;
  if (self->style == WORLD_ONE_BLOCK)
    n = 1;
  return self->base + 0x100000 * by + 0x1000 * n;
}

void
world_run (World *self, guint by, guint level)
{
  if (by == 1) {
    guint64 root = 0x40000000 + self->base + 0x1000 * level;

    world_enter_raw (self, block_of (self, 1, level), root, self->rip[level]);
    self->running = level;
    return;
  }
  world_exit (self, by, MOS_EXIT_ENTRY, block_of (self, by, level));
  world_run (self, by - 1, level);
}

void
world_exit (World *self, guint level, MosExitReason reason, guint64 operand)
{
  g_assert_cmpuint (self->running, ==, level);
  world_leave_raw (self, reason, self->rip[level], operand);
  self->rip[level] += reason == MOS_EXIT_ENTRY ? VMRUN_BYTES : CPUID_BYTES;
  self->running = 1;
  for (guint by = 2; by < level; by++)
    world_run (self, by - 1, by);
}

void
world_start (World *self, guint level)
{
  for (guint i = 0; i < WORLD_LEVELS; i++)
    if (self->rip[i] == 0)
      self->rip[i] = 0x100000 + 0x10000 * i;
  for (guint i = 2; i <= level; i++)
    world_run (self, i - 1, i);
}

void
world_exits (World *self, guint level, MosExitReason reason, guint n)
{
  for (guint i = 0; i < n; i++) {
    world_exit (self, level, reason, 0);
    world_run (self, level - 1, level);
  }
}
