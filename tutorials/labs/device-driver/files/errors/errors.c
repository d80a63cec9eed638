/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * When it does not work: a copy that believes nothing.
 */
#include "kernel.h"

#define PATIENCE 50 /* ticks */

/* Whether the copy has ended, with or without an interrupt. */
static int
has_ended (void)
{
  u32 begin = ticks;

  while ((demo_causes & (CAUSE_COPY | CAUSE_ERROR)) == 0) {
    if (ticks - begin > PATIENCE) {
      u32 causes = get (CAUSE) & (CAUSE_COPY | CAUSE_ERROR);

      put (CAUSE, causes);
      return causes != 0;
    }
    sleep ();
  }
  return 1;
}

DemoResult
demo_send (const void *memory, u32 offset, u32 bytes)
{
  const u8 *right = memory;

  demo_enable (CAUSE_COPY);
  demo_copy_start ((void *) memory, offset, bytes, 0);
  if (get16 (ERROR) != 0) {
    put (CAUSE, CAUSE_ERROR);
    return DEMO_FAILED;
  }
  if (!has_ended ()) {
    put (CTRL, CTRL_RESET);
    return DEMO_STUCK;
  }
  for (u32 i = 0; i < bytes; i++)
    if (demo[BUFFER + offset + i] != right[i])
      return DEMO_CORRUPT;
  return DEMO_OK;
}
