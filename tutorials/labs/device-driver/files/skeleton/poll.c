/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* Waiting by asking.
 *
 * Exercise: write TIMER_US, start the timer (TIMER_RUN to TIMER_CTRL), and look
 * at CAUSE until CAUSE_TIMER is set. Then clear it by writing it to CAUSE, and
 * return how often you had to look.
 */
#include "kernel.h"

u32
demo_wait (u32 us)
{
  return 0;
}
