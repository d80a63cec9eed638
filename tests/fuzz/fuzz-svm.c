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

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/run.h"
#include "tests/cpu/svm-rig.h"
#include "tests/fuzz/fuzz.h"

#define TURNS  24
#define BUDGET 400

typedef struct {
  const guint8 *data;
  gsize         size, at;
} Input;

static guint64
take (Input *in, guint bytes)
{
  guint64 value = 0;

  while (bytes-- > 0)
    value = value << 8 | (in->at < in->size ? in->data[in->at++] : 0);
  return value;
}

/* clgi; vmload; vmrun; vmsave; stgi; jmp back */
static const guint8 host[] = { 0x0f, 0x01, 0xdd, 0x0f, 0x01, 0xda,
                               0x0f, 0x01, 0xd8, 0x0f, 0x01, 0xdb,
                               0x0f, 0x01, 0xdc, 0x90, 0xeb, 0xee };

/* One change of what the guest is made of. */
static void
change (SvmRig *rig, Input *in)
{
  guint what = (guint) take (in, 1);

  switch (what & 7) {
  case 0:
  case 1:
    svm_rig_put (rig, (guint) take (in, 1) & 0xf8, take (in, 8));
    break;
  case 2:
    svm_rig_put (rig, 0x400 + ((guint) take (in, 2) & 0x2f8), take (in, 8));
    break;
  case 3: { /* a nested table, at any level */
    guint64 *npt = (guint64 *) (gpointer) (rig->ram + RIG_NPT);

    npt[take (in, 2) & 0x7ff] = take (in, 5);
    break;
  }
  case 4: { /* the guest's own tables */
    guint64 *tables = (guint64 *) (gpointer) (rig->ram + 0x1000);

    tables[take (in, 2) & 0x5ff] = take (in, 5);
    break;
  }
  case 5:
    rig->ram[RIG_GUEST + ((guint) take (in, 1) & 0x7f)] = (guint8) take (in, 1);
    break;
  case 6:
    rig->ram[RIG_IOPM + ((guint) take (in, 2) & 0x7fff)] =
        (guint8) take (in, 1);
    break;
  default: /* valid again */
    svm_rig_put (rig, MOS_VMCB_ASID, 1 + (take (in, 1) & 3));
    svm_rig_put (rig, MOS_VMCB_RIP, RIG_GUEST);
    svm_rig_or (rig, MOS_VMCB_MISC2, MOS_SVM2_VMRUN);
    break;
  }
}

static void
disturb (SvmRig *rig, Input *in)
{
  MosSoftCpu *cpu = rig->m.cpu;

  switch (take (in, 1) & 15) {
  case 0:
    mos_lapic_send_nmi (cpu->cpus);
    break;
  case 1:
    mos_lapic_send_msi (cpu->cpus, 0xfee00000, 0x4000 | (guint) take (in, 1));
    break;
  case 2:
    mos_cpu_notify (cpu, MOS_PENDING_INIT);
    break;
  case 3: { /* saved and loaded, as it is or damaged */
    MosCpuState state = { 0 };
    MosVcpu    *vcpu = mos_cpus_vcpu (rig->m.cpus, 0);

    if (!mos_vcpu_get_state (vcpu, &state, NULL))
      break;
    if (state.nested != NULL && (take (in, 1) & 1) != 0) {
      gsize   size;
      guint8 *bytes = g_bytes_unref_to_data (state.nested, &size);

      bytes[take (in, 2) % size] ^= (guint8) take (in, 1);
      state.nested = g_bytes_new_take (bytes, size);
    }
    mos_vcpu_set_state (vcpu, &state, NULL);
    mos_cpu_state_clear (&state);
    break;
  }
  default:
    break;
  }
}

static void
turn (SvmRig *rig, Input *in)
{
  MosSoftCpu *cpu = rig->m.cpu;
  guint       changes = (guint) take (in, 1) & 3;

  while (changes-- > 0)
    change (rig, in);
  disturb (rig, in);
  mos_cpu_notify (cpu, MOS_PENDING_ARENA);
  mos_cpu_execute (cpu, BUDGET);
  g_assert_true (cpu->guest.active == ((cpu->key & MOS_KEY_GUEST) != 0));
  if (!cpu->guest.active &&
      (cpu->shutdown || cpu->halted || cpu->waiting ||
       cpu->gpr[MOS_SLOT_RIP] - RIG_HOST >= sizeof host)) {
    soft_machine_long (&rig->m, RIG_HOST, 0);
    mos_set_efer (cpu, cpu->efer | MOS_EFER_SVME);
    memcpy (rig->ram + RIG_HOST, host, sizeof host);
    cpu->gpr[MOS_RAX] = RIG_VMCB;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Input  in = { .data = data, .size = size };
  SvmRig rig;
  gsize  code;

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
