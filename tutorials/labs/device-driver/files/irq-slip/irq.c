/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Being told, with a slip that is easily made: the lab's check must notice.
 */
#include "kernel.h"

volatile u32 demo_causes;
volatile u32 demo_fired;

void
demo_enable (u32 causes)
{
  put (ENABLE, causes);
  put (CTRL, CTRL_INTERRUPT);
}

void
demo_interrupt (void)
{
  demo_causes |= get (CAUSE);
}

int
demo_timer (u32 us)
{
  put (TIMER_US, us);
  put (TIMER_CTRL, us != 0 ? TIMER_RUN | TIMER_PERIODIC : 0);
  demo_enable (us != 0 ? CAUSE_TIMER : 0);
  return 1;
}
