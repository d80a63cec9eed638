/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The turns of a processor with guests, for fuzz-svm and fuzz-vmx.
 */
#include "tests/fuzz/guest-fuzz.h"

guint64
fuzz_take (FuzzInput *self, guint bytes)
{
  guint64 value = 0;

  while (bytes-- > 0)
    value = value << 8 | (self->at < self->size ? self->data[self->at++] : 0);
  return value;
}

static void
save_and_load (SoftMachine *machine, FuzzInput *in)
{
  MosCpuState state = { 0 };
  MosVcpu    *vcpu = mos_cpus_vcpu (machine->cpus, 0);

  if (!mos_vcpu_get_state (vcpu, &state, NULL))
    return;
  if (state.nested != NULL && (fuzz_take (in, 1) & 1) != 0) {
    gsize   size;
    guint8 *bytes = g_bytes_unref_to_data (state.nested, &size);

    bytes[fuzz_take (in, 2) % size] ^= (guint8) fuzz_take (in, 1);
    state.nested = g_bytes_new_take (bytes, size);
  }
  mos_vcpu_set_state (vcpu, &state, NULL);
  mos_cpu_state_clear (&state);
}

void
fuzz_disturb (SoftMachine *machine, FuzzInput *in)
{
  MosSoftCpu *cpu = machine->cpu;

  switch (fuzz_take (in, 1) & 15) {
  case 0:
    mos_lapic_send_nmi (cpu->cpus);
    break;
  case 1:
    mos_lapic_send_msi (cpu->cpus, 0xfee00000,
                        0x4000 | (guint) fuzz_take (in, 1));
    break;
  case 2:
    mos_cpu_notify (cpu, MOS_PENDING_INIT);
    break;
  case 3:
    save_and_load (machine, in);
    break;
  default:
    break;
  }
}

gboolean
fuzz_run (SoftMachine *machine, guint budget, guint64 host, gsize size)
{
  MosSoftCpu *cpu = machine->cpu;

  mos_cpu_notify (cpu, MOS_PENDING_ARENA);
  mos_cpu_execute (cpu, budget);
  g_assert_true (cpu->guest.active == ((cpu->key & MOS_KEY_GUEST) != 0));
  return !cpu->guest.active && (cpu->shutdown || cpu->halted || cpu->waiting ||
                                cpu->gpr[MOS_SLOT_RIP] - host >= size);
}
