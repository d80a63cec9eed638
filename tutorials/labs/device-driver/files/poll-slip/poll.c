/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Waiting by asking, with a slip that is easily made: the lab's check must
 * notice.
 */
#include "kernel.h"

u32
demo_wait (u32 us)
{
  u32 looks = 1;

  put (TIMER_US, us);
  put (TIMER_CTRL, TIMER_RUN);
  while ((get (CAUSE) & CAUSE_TIMER) == 0)
    looks++;
  return looks;
}
