/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Tasks: two of them and the kernel's own, one tick each in turn.
 *
 * A task that does not run is its stack with the frame of registers on top.
 */
#include "kernel.h"

#define N_TASKS     3 /* with the one that kernel_main() runs in */
#define STACK_BYTES 4096

static u8     stacks[N_TASKS][STACK_BYTES] __attribute__ ((aligned (16)));
static Frame *frames[N_TASKS];
static u32    current;
static u32    ready;

static void
wait (u32 n)
{
  u32 begin = ticks;

  while (ticks - begin < n)
    __asm__ volatile("hlt");
}

static void
task_a (void)
{
  for (;;) {
    print ("A");
    wait (10);
  }
}

static void
task_b (void)
{
  for (;;) {
    print ("B");
    wait (10);
  }
}

static Frame *
make (u32 n, void (*run) (void))
{
  Frame *frame = (Frame *) (stacks[n] + STACK_BYTES) - 1;

  *frame = (Frame){ .eip = (u32) run, .cs = 0x08, .eflags = 0x202 };
  return frame;
}

Frame *
tasks_switch (Frame *frame)
{
  if (!ready)
    return frame;
  frames[current] = frame;
  current = (current + 1) % N_TASKS;
  return frames[current];
}

void
tasks_init (void)
{
  frames[1] = make (1, task_a);
  frames[2] = make (2, task_b);
  ready = 1;
}
