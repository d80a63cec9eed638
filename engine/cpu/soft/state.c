/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The canonical state, in and out; reset, INIT and start-up.
 *
 * Reset and INIT go through the same door as a saved state: the architecture's
 * reset values stand once, in engine/cpu/state.c.
 */
#include "engine/cpu/soft/state.h"

#include <string.h>

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/fpu.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/x86/instructions.h"

enum {
  XSAVE_MXCSR = 24,
  XSAVE_ST = 32,
  XSAVE_XMM = 160,
  XSAVE_HEADER = 512,
  XSAVE_YMM = 576,
  XSAVE_AVX_END = 832
};

static void
put64 (guint8 *at, guint64 value)
{
  memcpy (at, &value, 8);
}

static guint64
get (const guint8 *at, guint size)
{
  guint64 value = 0;

  memcpy (&value, at, size);
  return value;
}

static void
save_fpu (MosSoftCpu *cpu, MosCpuState *state)
{
  const MosSoftFpu *fpu = &cpu->fpu;
  guint8           *area = state->xsave;
  gboolean          avx = mos_cpu_has (cpu, MOS_CPUID_1_ECX, 28);

  memset (area, 0, sizeof state->xsave);
  mos_fpu_to_image (fpu, area, TRUE, 16);
  state->xsave_bytes = avx ? XSAVE_AVX_END : XSAVE_YMM;
  put64 (area + XSAVE_HEADER, avx ? 7 : 3);
  if (avx)
    for (guint i = 0; i < 16; i++)
      memcpy (area + XSAVE_YMM + 16 * i, fpu->v[i].u8 + 16, 16);
}

static void
load_fpu (MosSoftCpu *cpu, const MosCpuState *state)
{
  MosSoftFpu   *fpu = &cpu->fpu;
  const guint8 *area = state->xsave;
  guint64       in_use =
      state->xsave_bytes >= XSAVE_YMM ? get (area + XSAVE_HEADER, 8) : 3;
  guint8 image[MOS_FXSAVE_BYTES];
  guint8 initial[MOS_FXSAVE_BYTES] = { 0 };

  mos_fpu_reset (fpu);
  memcpy (image, area, sizeof image);
  if ((in_use & 1) == 0) {
    /* The x87 part is in its initial state, whatever the bytes say. */
    mos_fpu_to_image (fpu, initial, TRUE, 0);
    memcpy (image, initial, XSAVE_MXCSR);
    memset (image + XSAVE_ST, 0, XSAVE_XMM - XSAVE_ST);
  }
  mos_fpu_from_image (fpu, image, TRUE, (in_use & 2) != 0 ? 16 : 0);
  fpu->mxcsr = (guint32) get (area + XSAVE_MXCSR, 4) & MOS_MXCSR_MASK;
  if ((in_use & 4) != 0 && state->xsave_bytes >= XSAVE_AVX_END)
    for (guint i = 0; i < 16; i++)
      memcpy (fpu->v[i].u8 + 16, area + XSAVE_YMM + 16 * i, 16);
}

static void
save_pending (MosSoftCpu *cpu, MosCpuState *state)
{
  guint pending = __atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE);

  state->mp_state = cpu->shutdown  ? MOS_MP_SHUTDOWN
                    : cpu->waiting ? MOS_MP_WAIT_FOR_SIPI
                    : cpu->halted  ? MOS_MP_HALTED
                                   : MOS_MP_RUNNABLE;
  state->pending.interrupt_shadow = cpu->shadow;
  state->pending.nmi_pending =
      __atomic_load_n (&cpu->nmi_latched, __ATOMIC_RELAXED) != 0;
  state->pending.nmi_masked = cpu->nmi_masked;
  state->pending.sipi_pending = (pending & MOS_PENDING_SIPI) != 0;
  state->pending.sipi_vector = cpu->sipi_vector;
}

static void
load_pending (MosSoftCpu *cpu, const MosCpuState *state)
{
  const MosPendingEvents *p = &state->pending;
  guint                   bits = MOS_PENDING_INTERRUPT | MOS_PENDING_FLUSH;

  cpu->shutdown = state->mp_state == MOS_MP_SHUTDOWN;
  cpu->waiting = state->mp_state == MOS_MP_WAIT_FOR_SIPI;
  cpu->halted = state->mp_state == MOS_MP_HALTED;
  cpu->shadow = p->interrupt_shadow;
  cpu->nmi_masked = p->nmi_masked;
  cpu->nmi_latched = p->nmi_pending || p->nmi_injected;
  if (p->sipi_pending) /* INIT must not touch one that followed it */
    cpu->sipi_vector = p->sipi_vector;
  cpu->watch_hits = 0;
  if (cpu->nmi_latched)
    bits |= MOS_PENDING_NMI;
  if (p->sipi_pending)
    bits |= MOS_PENDING_SIPI;
  __atomic_or_fetch (&cpu->pending, bits, __ATOMIC_SEQ_CST);
  /* An event that was on its way in is put back where it came from, or
   * delivered first thing. */
  cpu->injected = -1;
  if (p->interrupt_injected && !p->interrupt_soft)
    cpu->injected = p->interrupt_vector;
  cpu->injected_exception = p->exception_pending;
  if (p->exception_pending)
    cpu->fault = (MosFault){ .vector = p->exception_vector,
                             .has_error = p->exception_has_error,
                             .error = p->exception_error,
                             .address = state->cr2 };
}

gboolean
mos_soft_get_state (MosSoftCpu *cpu, MosCpuState *state)
{
  memcpy (state->gpr, cpu->gpr, sizeof state->gpr);
  state->rip = cpu->gpr[MOS_SLOT_RIP];
  state->rflags = mos_flags_get (cpu);
  memcpy (state->seg, cpu->seg, sizeof state->seg);
  state->gdt = cpu->gdt;
  state->idt = cpu->idt;
  state->cr0 = cpu->cr0;
  state->cr2 = cpu->cr2;
  state->cr3 = cpu->cr3;
  state->cr4 = cpu->cr4;
  state->xcr0 = cpu->xcr0;
  state->efer = cpu->efer;
  memcpy (state->dr, cpu->dr, sizeof state->dr);
  state->dr6 = cpu->dr6;
  state->dr7 = cpu->dr7;
  memcpy (state->pdptr, cpu->pdptr, sizeof state->pdptr);
  state->pdptr_valid = (cpu->cr0 & MOS_CR0_PG) != 0 &&
                       (cpu->cr4 & MOS_CR4_PAE) != 0 && !mos_long_mode (cpu);
  save_fpu (cpu, state);
  mos_lapic_save (cpu, state);
  state->n_msrs = 0;
  mos_msr_save (cpu, state);
  memset (&state->pending, 0, sizeof state->pending);
  save_pending (cpu, state);
  g_clear_pointer (&state->nested, g_bytes_unref);
  if (cpu->guest.ops != NULL)
    state->nested = cpu->guest.ops->save (cpu);
  return TRUE;
}

static void
apply (MosSoftCpu *cpu, const MosCpuState *state)
{
  memcpy (cpu->gpr, state->gpr, sizeof state->gpr);
  cpu->gpr[MOS_SLOT_RIP] = state->rip;
  cpu->gpr[MOS_SLOT_ZERO] = 0;
  memcpy (cpu->seg, state->seg, sizeof cpu->seg);
  cpu->gdt = state->gdt;
  cpu->idt = state->idt;
  cpu->cr0 = state->cr0 | MOS_CR0_ET;
  cpu->cr2 = state->cr2;
  cpu->cr3 = state->cr3;
  cpu->cr4 = state->cr4;
  cpu->xcr0 = state->xcr0 | 1;
  cpu->efer = state->efer;
  memcpy (cpu->dr, state->dr, sizeof cpu->dr);
  cpu->dr6 = state->dr6;
  cpu->dr7 = state->dr7;
  memcpy (cpu->pdptr, state->pdptr, sizeof cpu->pdptr);
  mos_flags_set_status (cpu, state->rflags);
  cpu->rflags = state->rflags & MOS_RFLAGS_DEFINED & ~MOS_RFLAGS_ARITHMETIC &
                ~MOS_RFLAGS_ONE;
  load_fpu (cpu, state);
  mos_msr_load (cpu, state);
  mos_lapic_load (cpu, state);
  load_pending (cpu, state);
  mos_mmu_flush_map (cpu);
  if (!state->pdptr_valid && (cpu->cr0 & MOS_CR0_PG) != 0 &&
      (cpu->cr4 & MOS_CR4_PAE) != 0 && !mos_long_mode (cpu))
    mos_mmu_load_pdptrs (cpu, cpu->cr3);
  mos_mode_update (cpu);
}

gboolean
mos_soft_set_state (MosSoftCpu *cpu, const MosCpuState *state)
{
  __atomic_and_fetch (&cpu->pending,
                      (guint) (MOS_PENDING_KICK | MOS_PENDING_CODE),
                      __ATOMIC_SEQ_CST);
  if (cpu->guest.ops != NULL)
    cpu->guest.ops->reset (cpu, FALSE);
  apply (cpu, state);
  if (state->nested == NULL)
    return TRUE;
  return cpu->guest.ops != NULL && cpu->guest.ops->load (cpu, state->nested);
}

void
mos_cpu_reset (MosSoftCpu *cpu, gboolean boot)
{
  MosCpuState state = { 0 };

  mos_msr_reset (cpu, FALSE);
  mos_cpu_state_reset (&state, cpu->vcpu.index, boot);
  mos_soft_set_state (cpu, &state);
  mos_cpu_state_clear (&state);
  cpu->random = cpu->vcpu.index;
}

void
mos_cpu_init (MosSoftCpu *cpu)
{
  MosCpuState state = { 0 };
  MosSoftFpu  fpu = cpu->fpu;
  guint64     base = cpu->lapic.base;
  guint64     xcr0 = cpu->xcr0;
  guint64     keep = cpu->cr0 & (MOS_CR0_CD | MOS_CR0_NW);

  /* INIT keeps the FPU, XCR0, cache control, most MSRs and the APIC's place;
   * all but the boot processor then wait for a start-up message. */
  mos_cpu_state_reset (&state, cpu->vcpu.index,
                       (base & MOS_APIC_BASE_BSP) != 0);
  state.n_msrs = 0;
  state.apic_base = base;
  state.cr0 = (state.cr0 & ~(MOS_CR0_CD | MOS_CR0_NW)) | keep;
  state.xcr0 = xcr0;
  mos_msr_reset (cpu, TRUE);
  if (cpu->guest.ops != NULL)
    cpu->guest.ops->reset (cpu, TRUE);
  apply (cpu, &state); /* what is pending stays so */
  mos_cpu_state_clear (&state);
  cpu->fpu = fpu;
}

void
mos_cpu_start_at (MosSoftCpu *cpu, guint8 sipi_vector)
{
  MosSegment *cs = &cpu->seg[MOS_SEG_CS];

  cs->selector = (guint16) (sipi_vector << 8);
  cs->base = (guint64) sipi_vector << 12;
  cpu->gpr[MOS_SLOT_RIP] = 0;
  cpu->halted = FALSE;
  mos_mode_update (cpu);
}
