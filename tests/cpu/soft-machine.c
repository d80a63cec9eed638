/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A bare machine for processor tests: see soft-machine.h.
 *
 * The clock is manual, so nothing happens by itself.
 */
#include "tests/cpu/soft-machine.h"

#include <string.h>

#include "engine/cpu/soft/soft.h"
#include "engine/cpu/x86/bits.h"

static void
init (SoftMachine *self, guint64 ram_bytes, MosCpusSpec spec)
{
  g_autoptr (GError) error = NULL;

  memset (self, 0, sizeof *self);
  self->log = mos_log_new (10);
  self->bus = mos_bus_new (MOS_CLOCK_MANUAL, self->log, NULL);
  self->ram = mos_ram_new ("test", ram_bytes, &error);
  g_assert_no_error (error);
  self->region.name = "ram";
  self->region.size = ram_bytes;
  self->region.enabled = TRUE;
  self->region.kind = MOS_MEMORY_RAM;
  self->region.ram = self->ram;
  mos_memory_map_add (self->bus->memory, &self->region);
  spec.model = mos_cpu_model_find ("host");
  spec.bus = self->bus;
  self->cpus = mos_cpus_new (&mos_soft_backend, &spec, &error);
  g_assert_no_error (error);
  self->cpu = ((MosSoftCpus *) self->cpus)->vcpu[0];
}

void
soft_machine_init (SoftMachine *self, guint64 ram_bytes, guint n_vcpus)
{
  init (self, ram_bytes,
        (MosCpusSpec){ .n_vcpus = n_vcpus, .vendor = MOS_VENDOR_AMD });
}

void
soft_machine_init_nested (SoftMachine              *self,
                          guint64                   ram_bytes,
                          MosCpuVendor              vendor,
                          struct MosNestedObserver *observer)
{
  init (self, ram_bytes,
        (MosCpusSpec){ .n_vcpus = 1,
                       .vendor = vendor,
                       .nested = TRUE,
                       .observer = observer });
}

void
soft_machine_clear (SoftMachine *self)
{
  mos_cpus_free (self->cpus);
  mos_bus_free (self->bus);
  mos_ram_free (self->ram);
  mos_log_unref (self->log);
}

static MosSegment
segment (guint type, guint dpl, gboolean wide)
{
  return (MosSegment){ .limit = 0xffffffff,
                       .selector = (guint16) (8 | dpl),
                       .type = (guint8) type,
                       .s = 1,
                       .dpl = (guint8) dpl,
                       .present = 1,
                       .l = wide,
                       .db = !wide,
                       .g = 1 };
}

static void
set (SoftMachine *self, MosCpuState *state)
{
  g_assert_true (
      mos_vcpu_set_state (mos_cpus_vcpu (self->cpus, 0), state, NULL));
  mos_cpu_state_clear (state);
}

void
soft_machine_real (SoftMachine *self, guint16 ip)
{
  MosCpuState state;

  mos_cpu_state_reset (&state, 0, TRUE);
  state.seg[MOS_SEG_CS].base = 0;
  state.seg[MOS_SEG_CS].selector = 0;
  state.rip = ip;
  set (self, &state);
}

void
soft_machine_protected (SoftMachine *self, guint32 eip)
{
  MosCpuState state;

  mos_cpu_state_reset (&state, 0, TRUE);
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_GS; i++)
    state.seg[i] = segment (i == MOS_SEG_CS ? 11 : 3, 0, FALSE);
  state.cr0 = MOS_CR0_PE | MOS_CR0_ET;
  state.rip = eip;
  set (self, &state);
}

void
soft_machine_long (SoftMachine *self, guint64 rip, guint cpl)
{
  guint64    *tables = (guint64 *) (gpointer) (self->ram->hva + 0x1000);
  MosCpuState state;

  tables[0] = 0x2000 | 7;
  tables[512] = 0x3000 | 7;
  for (guint64 i = 0; i < self->ram->size >> 21 && i < 512; i++)
    tables[1024 + i] = i << 21 | 0x87;
  mos_cpu_state_reset (&state, 0, TRUE);
  for (guint i = MOS_SEG_ES; i <= MOS_SEG_GS; i++)
    state.seg[i] = segment (i == MOS_SEG_CS ? 11 : 3, cpl, i == MOS_SEG_CS);
  state.cr0 = MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_WP | MOS_CR0_NE | MOS_CR0_ET;
  state.cr3 = 0x1000;
  state.cr4 =
      MOS_CR4_PAE | MOS_CR4_OSFXSR | MOS_CR4_OSXMMEXCPT | MOS_CR4_OSXSAVE;
  state.xcr0 = 7;
  state.efer = MOS_EFER_LME | MOS_EFER_LMA | MOS_EFER_NXE | MOS_EFER_SCE;
  state.rip = rip;
  set (self, &state);
}
