/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Status flags and conditions.
 *
 * MosSoftCpu.fl holds the flags as the host gives them (cpu.h), so an
 * arithmetic handler costs two instructions for all six, and what the manual
 * calls undefined is what the host's processor does.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/x86/bits.h"

G_BEGIN_DECLS

static inline guint64
mos_flags_get (MosSoftCpu *cpu)
{
  return cpu->rflags | ((cpu->fl >> 8) & 0xd5) | MOS_RFLAGS_ONE |
         ((guint64) (cpu->fl & 1) << 11);
}

/* Sets the six status flags from an RFLAGS image. */
static inline void
mos_flags_set_status (MosSoftCpu *cpu, guint64 rflags)
{
  cpu->fl =
      (guint16) (((rflags & 0xd5) << 8) | MOS_FL_ONE | ((rflags >> 11) & 1));
}

/* Condition @cc as instructions encode it, 0 to 15. */
static inline __attribute__ ((always_inline)) gboolean
mos_cond_of (guint fl, guint cc)
{
  gboolean result = FALSE;

  switch (cc >> 1) {
  case 0:
    result = (fl & MOS_FL_OF) != 0;
    break;
  case 1:
    result = (fl & MOS_FL_CF) != 0;
    break;
  case 2:
    result = (fl & MOS_FL_ZF) != 0;
    break;
  case 3:
    result = (fl & (MOS_FL_CF | MOS_FL_ZF)) != 0;
    break;
  case 4:
    result = (fl & MOS_FL_SF) != 0;
    break;
  case 5:
    result = (fl & MOS_FL_PF) != 0;
    break;
  case 6:
    result = (((fl >> 15) ^ fl) & 1) != 0;
    break;
  default:
    result = (((fl >> 15) ^ fl) & 1) != 0 || (fl & MOS_FL_ZF) != 0;
    break;
  }
  return result ^ (gboolean) (cc & 1);
}

static inline __attribute__ ((always_inline)) gboolean
mos_cond (MosSoftCpu *cpu, guint cc)
{
  return mos_cond_of (cpu->fl, cc);
}

/* One status flag, a MOS_FL_… bit. */
static inline void
mos_flag_put (MosSoftCpu *cpu, guint bit, gboolean on)
{
  cpu->fl = (guint16) (on ? cpu->fl | bit : cpu->fl & ~bit);
}

/* The status flags that the host's instruction gives at every width. */
#define MOS_HOST_FLAGS(text) \
  asm(text "\n\tlahf\n\tseto %%al" : "=a"(fl), "+q"(a) : "q"(b) : "cc")

#define MOS_FLAGS_OF(insn)                \
  do {                                    \
    guint16 fl;                           \
                                          \
    if (width == 1)                       \
      MOS_HOST_FLAGS (insn "b %b2, %b1"); \
    else if (width == 2)                  \
      MOS_HOST_FLAGS (insn "w %w2, %w1"); \
    else if (width == 4)                  \
      MOS_HOST_FLAGS (insn "l %k2, %k1"); \
    else                                  \
      MOS_HOST_FLAGS (insn "q %q2, %q1"); \
    return fl;                            \
  } while (0)

/* MosSoftCpu.fl after a - b of @width bytes. */
static inline guint16
mos_flags_of_compare (guint64 a, guint64 b, guint width)
{
  MOS_FLAGS_OF ("cmp");
}

/* The same after a + b. */
static inline guint16
mos_flags_of_add (guint64 a, guint64 b, guint width)
{
  MOS_FLAGS_OF ("add");
}

#undef MOS_FLAGS_OF
#undef MOS_HOST_FLAGS

G_END_DECLS
