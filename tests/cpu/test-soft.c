/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Small programs on the software CPU, a few bytes each.
 *
 * Every program ends with HLT; then registers and memory are looked at.
 */
#include <string.h>

#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/segment.h"
#include "tests/cpu/soft-machine.h"

static void
run (SoftMachine *m, guint64 at, const void *code, gsize size)
{
  memcpy (m->ram->hva + at, code, size);
  g_assert_cmpint (mos_cpu_execute (m->cpu, 0), ==, MOS_STOP_IDLE);
}

/* mov ecx, 1000; xor eax, eax; l: add eax, ecx; dec ecx; jnz l; hlt */
static const guint8 sum32[] = { 0xb9, 0xe8, 0x03, 0x00, 0x00, 0x31, 0xc0,
                                0x01, 0xc8, 0xff, 0xc9, 0x75, 0xfa, 0xf4 };

static void
test_long_loop (void)
{
  SoftMachine m;

  soft_machine_init (&m, 4 << 20, 1);
  soft_machine_long (&m, 0x10000, 0);
  run (&m, 0x10000, sum32, sizeof sum32);
  g_assert_cmpuint (m.cpu->gpr[MOS_RAX], ==, 500500);
  g_assert_cmpuint (m.cpu->retired, ==, 3003);
  soft_machine_clear (&m);
}

/* A return to an outer ring takes away what it may not have, but no base of FS
 * or GS under a null selector, though a hypervisor made the segment usable. */
static void
test_drop_data (void)
{
  SoftMachine       machine;
  static MosSegment kernel = { .base = 0x12345000,
                               .limit = 0xffffffff,
                               .selector = 0x10,
                               .type = 3,
                               .s = 1,
                               .present = 1 };

  soft_machine_init (&machine, 4 << 20, 1);
  soft_machine_long (&machine, 0x8000, 0);
  for (guint i = MOS_SEG_DS; i <= MOS_SEG_GS; i++)
    machine.cpu->seg[i] = kernel;
  machine.cpu->seg[MOS_SEG_FS].selector = 0;
  mos_segment_drop_data (machine.cpu, 3);
  g_assert_true (machine.cpu->seg[MOS_SEG_DS].unusable);
  g_assert_true (machine.cpu->seg[MOS_SEG_GS].unusable);
  g_assert_cmphex (machine.cpu->seg[MOS_SEG_GS].base, ==, 0);
  g_assert_false (machine.cpu->seg[MOS_SEG_FS].unusable);
  g_assert_cmphex (machine.cpu->seg[MOS_SEG_FS].base, ==, 0x12345000);
  soft_machine_clear (&machine);
}

static void
test_protected_loop (void)
{
  SoftMachine m;

  soft_machine_init (&m, 4 << 20, 1);
  soft_machine_protected (&m, 0x10000);
  run (&m, 0x10000, sum32, sizeof sum32);
  g_assert_cmpuint (m.cpu->gpr[MOS_RAX], ==, 500500);
  soft_machine_clear (&m);
}

/* An instruction that its second byte makes invalid, in another cache line:
 * jmp 0x7c3f; there lea ax, ax (no such thing); hlt. The handler makes it
 * lea ax, [bx]: inc bx; mov byte [0x7c40], 7; iret. */
static void
test_made_valid (void)
{
  static const guint8 jump[] = { 0xeb, 0x3d };
  static const guint8 invalid[] = { 0x8d, 0xc0, 0xf4 };
  static const guint8 gate[] = { 0x00, 0x06, 0x00, 0x00 };
  static const guint8 handler[] = { 0x43, 0xc6, 0x06, 0x40, 0x7c, 0x07, 0xcf };
  SoftMachine         m;

  soft_machine_init (&m, 4 << 20, 1);
  soft_machine_real (&m, 0x7c00);
  m.cpu->gpr[MOS_RSP] = 0x7000;
  m.cpu->gpr[MOS_RBX] = 0;
  memcpy (m.ram->hva + 4 * MOS_EXC_UD, gate, sizeof gate);
  memcpy (m.ram->hva + 0x600, handler, sizeof handler);
  memcpy (m.ram->hva + 0x7c3f, invalid, sizeof invalid);
  memcpy (m.ram->hva + 0x7c00, jump, sizeof jump);
  g_assert_cmpint (mos_cpu_execute (m.cpu, 1000), ==, MOS_STOP_IDLE);
  g_assert_cmpuint (m.cpu->gpr[MOS_RBX], ==, 1);
  g_assert_cmpuint (m.cpu->gpr[MOS_RAX] & 0xffff, ==, 1);
  soft_machine_clear (&m);
}

/* mov cx, 100; mov ax, 0; l: add ax, cx; loop l; mov [0x500], ax; hlt */
static const guint8 sum16[] = { 0xb9, 0x64, 0x00, 0xb8, 0x00, 0x00, 0x01,
                                0xc8, 0xe2, 0xfc, 0xa3, 0x00, 0x05, 0xf4 };

static void
test_real_loop (void)
{
  SoftMachine m;

  soft_machine_init (&m, 4 << 20, 1);
  soft_machine_real (&m, 0x7c00);
  run (&m, 0x7c00, sum16, sizeof sum16);
  g_assert_cmpuint (m.cpu->gpr[MOS_RAX], ==, 5050);
  g_assert_cmpuint (m.ram->hva[0x500] | m.ram->hva[0x501] << 8, ==, 5050);
  soft_machine_clear (&m);
}

/* A page of code mapped twice, each time with another page behind it, into
 * which it jumps. At 0x200000: xor eax, eax; mov ecx, 2; mov ebx, 0x202ff0;
 * jmp 0x200ff0. At its end: jmp to the next page. */
static const guint8 alias_start[] = { 0x31, 0xc0, 0xb9, 0x02, 0x00, 0x00,
                                      0x00, 0xbb, 0xf0, 0x2f, 0x20, 0x00,
                                      0xe9, 0xdf, 0x0f, 0x00, 0x00 };
static const guint8 alias_jump[] = { 0xe9, 0x0b, 0x00, 0x00, 0x00 };
/* add eax, 1; dec ecx; jz hlt; jmp rbx; hlt */
static const guint8 alias_first[] = { 0x83, 0xc0, 0x01, 0xff, 0xc9,
                                      0x74, 0x02, 0xff, 0xe3, 0xf4 };
/* add eax, 16; hlt */
static const guint8 alias_second[] = { 0x83, 0xc0, 0x10, 0xf4 };

static void
test_alias (void)
{
  SoftMachine m;
  guint64    *tables;

  soft_machine_init (&m, 4 << 20, 1);
  soft_machine_long (&m, 0x200000, 0);
  tables = (guint64 *) (gpointer) (m.ram->hva + 0x3000);
  tables[1] = 0x5000 | 7;
  tables = (guint64 *) (gpointer) (m.ram->hva + 0x5000);
  tables[0] = tables[2] = 0x10000 | 7;
  tables[1] = 0x11000 | 7;
  tables[3] = 0x12000 | 7;
  memcpy (m.ram->hva + 0x10ff0, alias_jump, sizeof alias_jump);
  memcpy (m.ram->hva + 0x11000, alias_first, sizeof alias_first);
  memcpy (m.ram->hva + 0x12000, alias_second, sizeof alias_second);
  run (&m, 0x10000, alias_start, sizeof alias_start);
  g_assert_cmpuint (m.cpu->gpr[MOS_RAX], ==, 17);
  soft_machine_clear (&m);
}

/* mov ax, 0xffff; mov ds, ax; mov byte [0x510], 0x5a; mov bl, [0x510];
 * call 0xffff:0x610; hlt: all of it lies a bit above 1 MiB. */
static const guint8 beyond[] = { 0xb8, 0xff, 0xff, 0x8e, 0xd8, 0xc6, 0x06,
                                 0x10, 0x05, 0x5a, 0x8a, 0x1e, 0x10, 0x05,
                                 0x9a, 0x10, 0x06, 0xff, 0xff, 0xf4 };

/* With address line 20 held at zero they wrap, as on an 8086: data and code,
 * although the TLB and the blocks knew it otherwise a moment ago. */
static void
test_a20 (void)
{
  SoftMachine m;

  soft_machine_init (&m, 4 << 20, 1);
  memcpy (m.ram->hva + 0x600, "\xb2\x01\xcb", 3);    /* mov dl, 1; retf */
  memcpy (m.ram->hva + 0x100600, "\xb2\x02\xcb", 3); /* mov dl, 2; retf */
  for (guint turn = 0; turn < 4; turn++) {
    gboolean open = turn % 2 == 0;

    m.bus->cpu_inputs->set_a20 (m.bus->cpus, open);
    m.ram->hva[0x500] = m.ram->hva[0x100500] = 0;
    soft_machine_real (&m, 0x7c00);
    run (&m, 0x7c00, beyond, sizeof beyond);
    g_assert_cmphex (m.cpu->gpr[MOS_RBX] & 0xff, ==, 0x5a);
    g_assert_cmphex (m.ram->hva[open ? 0x100500 : 0x500], ==, 0x5a);
    g_assert_cmphex (m.ram->hva[open ? 0x500 : 0x100500], ==, 0);
    g_assert_cmpuint (m.cpu->gpr[MOS_RDX] & 0xff, ==, open ? 2 : 1);
  }
  soft_machine_clear (&m);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/soft/loop/long", test_long_loop);
  g_test_add_func ("/soft/loop/protected", test_protected_loop);
  g_test_add_func ("/soft/loop/real", test_real_loop);
  g_test_add_func ("/soft/drop-data", test_drop_data);
  g_test_add_func ("/soft/block/alias", test_alias);
  g_test_add_func ("/soft/a20", test_a20);
  g_test_add_func ("/soft/block/made-valid", test_made_valid);
  return g_test_run ();
}
