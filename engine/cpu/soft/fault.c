/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Faults: out of a handler, back to the run loop.
 *
 * A long jump, because a fault is rare and every load may have one: no
 * handler carries a result to test. The run loop is the only place to land.
 */
#include "engine/cpu/soft/fault.h"

#include "engine/cpu/soft/mmu.h"

G_GNUC_NORETURN static void
raise_fault (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->fault_op = op;
  cpu->guest.unwind = NULL;
  if (cpu->holds_split)
    mos_split_end (cpu);
  longjmp (cpu->fault_jump, 1);
}

void
mos_fault (MosSoftCpu *cpu, const MosUop *op, guint vector)
{
  cpu->fault = (MosFault){ .vector = (guint8) vector };
  raise_fault (cpu, op);
}

void
mos_fault_error (MosSoftCpu *cpu, const MosUop *op, guint vector, guint32 error)
{
  cpu->fault = (MosFault){ .vector = (guint8) vector,
                           .has_error = TRUE,
                           .error = error };
  raise_fault (cpu, op);
}

void
mos_fault_page (MosSoftCpu   *cpu,
                const MosUop *op,
                guint64       address,
                guint32       error)
{
  cpu->fault = (MosFault){
    .vector = MOS_EXC_PF, .has_error = TRUE, .error = error, .address = address
  };
  raise_fault (cpu, op);
}

void
mos_fault_debug (MosSoftCpu *cpu, const MosUop *op, guint64 hits)
{
  cpu->fault = (MosFault){ .vector = MOS_EXC_DB, .address = hits };
  raise_fault (cpu, op);
}

void
mos_fault_gp (MosSoftCpu *cpu, const MosUop *op)
{
  mos_fault_error (cpu, op, MOS_EXC_GP, 0);
}

void
mos_fault_ud (MosSoftCpu *cpu, const MosUop *op)
{
  mos_fault (cpu, op, MOS_EXC_UD);
}
