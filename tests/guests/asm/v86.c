/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Virtual-8086 mode under a small monitor: which instructions trap, the I/O
 * permission map, segment arithmetic, and the way in and out.
 *
 * Intel SDM volume 3, "8086 Emulation".
 */
#include "guest.h"

/* The TSS with a permission map behind it: ports 0 to 0x3ff. */
static struct {
  struct tss tss;
  u8         map[0x80 + 1];
} task;

enum {
  SEL_TASK = SEL_FREE,
  CODE = 0x8000, /* where the 16-bit program goes */
  STACK = 0x9000
};

/* 16-bit code: what each row does stands beside it. */
static const u8 program[] = {
  0xb8, 0x34, 0x12, /* mov ax, 0x1234 */
  0x8e, 0xd8,       /* mov ds, ax */
  0xa1, 0x10, 0x00, /* mov ax, [0x10]: linear 0x12350 */
  0x9c,             /* pushf: traps with IOPL 0 */
  0xfa,             /* cli */
  0xfb,             /* sti */
  0xcd, 0x21,       /* int 0x21 */
  0xe4, 0x60,       /* in al, 0x60: allowed by the map */
  0xe4, 0x70,       /* in al, 0x70: not */
  0xe6, 0x80,       /* out 0x80, al: not */
  0x0f, 0x20, 0xc0, /* mov eax, cr0: not in v86 mode */
  0xcc,             /* int3 */
  0xb8, 0x09, 0x00, /* mov ax, 9 */
  0x2e, 0x62, 0x06, /* bound ax, cs:[0x8020] */
  0x20, 0x80, 0xf4, /* hlt: the end */
  0x01, 0x00, 0x05, /* the bounds, 1 and 5 */
  0x00,
};

static u32 end_seen;
static u32 n_traps;

/* Says what trapped and steps over it. */
static int
monitor (struct frame *frame)
{
  u8 *at = (u8 *) ((frame->cs << 4) + (frame->eip & 0xffff));

  if ((frame->eflags & 0x20000) == 0)
    return 0;
  put ("trap ");
  put_dec (frame->vector);
  put (" error ");
  put_hex (frame->error);
  put (" at ");
  put_hex (frame->eip - CODE);
  put (" opcode ");
  put_hex (at[0]);
  put_char ('\n');
  n_traps++;
  if (frame->vector == 3)
    return 1;
  switch (at[0]) {
  case 0x9c:
  case 0xfa:
  case 0xfb:
    frame->eip += 1;
    return 1;
  case 0xcd:
  case 0xe4:
  case 0xe6:
    frame->eip += 2;
    return 1;
  case 0x0f:
    frame->eip += 3;
    return 1;
  case 0x2e:
    frame->eip += 5;
    return 1;
  default:
    end_seen = at[0] == 0xf4;
    return 0;
  }
}

static void
enter_v86 (u32 iopl)
{
  __asm__ volatile("pushl $0; pushl $0; pushl $0; pushl $0\n"
                   "pushl $0; pushl %1; pushl %0; pushl $0; pushl %2\n"
                   "iretl"
                   :
                   : "r"(0x20002 | iopl << 12), "i"(STACK), "i"(CODE));
}

static void
run (u32 iopl)
{
  u8 *to = (u8 *) CODE;

  for (u32 i = 0; i < sizeof program; i++)
    to[i] = program[i];
  *(volatile u16 *) 0x12350 = 0xbeef;
  end_seen = n_traps = 0;
  show_fault ("v86 ended", guest_try (enter_v86, iopl));
  show (" at hlt", end_seen);
  show (" traps", n_traps);
}

int
main (void)
{
  guest_handlers[13] = monitor;
  guest_handlers[3] = monitor;
  guest_handlers[5] = monitor;
  task.tss = guest_tss;
  task.tss.iomap = sizeof task.tss;
  for (u32 i = 0; i < sizeof task.map; i++)
    task.map[i] = 0xff;
  task.map[0x60 / 8] = 0xfe;
  guest_gdt[SEL_TASK / 8] =
      make_segment ((u32) &task, sizeof task - 1, 0x89, 0);
  __asm__ volatile("ltr %w0" : : "r"(SEL_TASK));
  guest_idt[3] |= 3ull << 45;

  put ("IOPL 0\n");
  run (0);
  put ("IOPL 3\n");
  run (3);
  put ("v86: done\n");
  return 0;
}
