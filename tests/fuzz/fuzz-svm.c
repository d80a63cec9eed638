/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any VMCB, any nested tables, interrupts at any time.
 *
 * A host enters the same guest over and over. The input says which bytes of
 * the VMCB, of the nested tables and of the guest's code differ from what
 * works, and what happens between the turns. Memory ends at pages that nobody
 * may touch (engine/memory/ram.c). Whatever the guest does, the processor comes
 * back and knows which of the two runs.
 */
#include <string.h>

#include "tests/cpu/svm-rig.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guest-fuzz.h"

#define TURNS  24
#define BUDGET 400

/* clgi; vmload; vmrun; vmsave; stgi; jmp back */
static const guint8 host[] = { 0x0f, 0x01, 0xdd, 0x0f, 0x01, 0xda,
                               0x0f, 0x01, 0xd8, 0x0f, 0x01, 0xdb,
                               0x0f, 0x01, 0xdc, 0x90, 0xeb, 0xee };

/* One change of what the guest is made of. */
static void
change (SvmRig *rig, FuzzInput *in)
{
  guint what = (guint) fuzz_take (in, 1);

  switch (what & 7) {
  case 0:
  case 1:
    svm_rig_put (rig, (guint) fuzz_take (in, 1) & 0xf8, fuzz_take (in, 8));
    break;
  case 2:
    svm_rig_put (rig, 0x400 + ((guint) fuzz_take (in, 2) & 0x2f8),
                 fuzz_take (in, 8));
    break;
  case 3: { /* a nested table, at any level */
    guint64 *npt = (guint64 *) (gpointer) (rig->ram + RIG_NPT);

    npt[fuzz_take (in, 2) & 0x7ff] = fuzz_take (in, 5);
    break;
  }
  case 4: { /* the guest's own tables */
    guint64 *tables = (guint64 *) (gpointer) (rig->ram + 0x1000);

    tables[fuzz_take (in, 2) & 0x5ff] = fuzz_take (in, 5);
    break;
  }
  case 5:
    rig->ram[RIG_GUEST + ((guint) fuzz_take (in, 1) & 0x7f)] =
        (guint8) fuzz_take (in, 1);
    break;
  case 6:
    rig->ram[RIG_IOPM + ((guint) fuzz_take (in, 2) & 0x7fff)] =
        (guint8) fuzz_take (in, 1);
    break;
  default: /* valid again */
    svm_rig_put (rig, MOS_VMCB_ASID, 1 + (fuzz_take (in, 1) & 3));
    svm_rig_put (rig, MOS_VMCB_RIP, RIG_GUEST);
    svm_rig_or (rig, MOS_VMCB_MISC2, MOS_SVM2_VMRUN);
    break;
  }
}

static void
turn (SvmRig *rig, FuzzInput *in)
{
  MosSoftCpu *cpu = rig->m.cpu;
  guint       changes = (guint) fuzz_take (in, 1) & 3;

  while (changes-- > 0)
    change (rig, in);
  fuzz_disturb (&rig->m, in);
  if (fuzz_run (&rig->m, BUDGET, RIG_HOST, sizeof host)) {
    soft_machine_long (&rig->m, RIG_HOST, 0);
    mos_set_efer (cpu, cpu->efer | MOS_EFER_SVME);
    memcpy (rig->ram + RIG_HOST, host, sizeof host);
    cpu->gpr[MOS_RAX] = RIG_VMCB;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput in = { .data = data, .size = size };
  SvmRig    rig;
  gsize     code;

  if (size < 8 || size > 4096)
    return 0;
  svm_rig_init (&rig, NULL);
  code = MIN (size, 0x80);
  memcpy (rig.ram + RIG_GUEST, data, code);
  memcpy (rig.ram + RIG_HOST, host, sizeof host);
  rig.m.cpu->gpr[MOS_RAX] = RIG_VMCB;
  for (guint i = 0; i < TURNS && in.at < in.size; i++)
    turn (&rig, &in);
  svm_rig_clear (&rig);
  return 0;
}
