/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * IN, OUT, INS, OUTS.
 *
 * The port's permission is checked first (IOPL and the task's bit map). An
 * access may change the address map or raise an interrupt, so it ends its
 * block. String forms hand whole runs to the device.
 *
 * Intel SDM volume 1, "Input/Output".
 */
#include <string.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/checks.h"
#include "engine/cpu/soft/exec/flags.h"
#include "engine/cpu/soft/exec/insns.h"
#include "engine/cpu/soft/exec/string.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/watch.h"

/* By the bit map of the task. */
static G_GNUC_NO_INLINE void
check_map (MosSoftCpu *cpu, const MosUop *op, guint port, guint size)
{
  const MosSegment *tr = &cpu->seg[MOS_SEG_TR];
  guint64           map, bits;

  if ((tr->type & 8) == 0 || tr->limit < 103)
    mos_fault_gp (cpu, op);
  map = mos_load_system (cpu, op, tr->base + 102, 2);
  if (map + port / 8 + 1 > tr->limit)
    mos_fault_gp (cpu, op);
  bits = mos_load_system (cpu, op, tr->base + map + port / 8, 2);
  if (((bits >> (port & 7)) & ((1u << size) - 1)) != 0)
    mos_fault_gp (cpu, op);
}

static inline void
check_port (MosSoftCpu *cpu, const MosUop *op, guint port, guint size)
{
  if (G_UNLIKELY (
          (cpu->key & MOS_KEY_REAL) == 0 &&
          ((cpu->key & MOS_KEY_V86) != 0 || mos_cpl (cpu) > mos_iopl (cpu))))
    check_map (cpu, op, port, size);
}

void
mos_port_check (MosSoftCpu *cpu, const MosUop *op, guint port, guint size)
{
  check_port (cpu, op, port, size);
}

/* Of IN and OUT: imm or, with src2, DX. */
static guint
port_of (MosSoftCpu *cpu, const MosUop *op)
{
  return op->src2 ? *mos_r16 (cpu, MOS_RDX * 8) : (guint) op->imm;
}

guint
mos_port_of (MosSoftCpu *cpu, const MosUop *op, MosIntercept what)
{
  if (what == MOS_INTERCEPT_IN || what == MOS_INTERCEPT_OUT)
    return port_of (cpu, op);
  return *mos_r16 (cpu, MOS_RDX * 8);
}

static gboolean
traces_ports (MosSoftCpu *cpu)
{
  return mos_trace_wants (cpu->trace, MOS_EVENT_PORT);
}

static const MosUop *
in (MosSoftCpu *cpu, const MosUop *op)
{
  guint   port = port_of (cpu, op);
  guint32 value;

  check_port (cpu, op, port, op->width);
  mos_cpu_count (cpu, op, MOS_EXIT_PORT_IN);
  mos_io_begin (cpu);
  value = mos_bus_port_read (cpu->bus, (guint16) port, op->width);
  mos_io_end (cpu);
  if (traces_ports (cpu))
    mos_cpu_trace_ports (cpu, (guint16) port, op->width, 1, &value, FALSE);
  mos_reg_set (cpu, MOS_RAX * 8, op->width, value);
  return op + 1;
}

static const MosUop *
out (MosSoftCpu *cpu, const MosUop *op)
{
  guint   port = port_of (cpu, op);
  guint32 value = (guint32) mos_reg_get (cpu, MOS_RAX * 8, op->width);

  check_port (cpu, op, port, op->width);
  mos_cpu_count (cpu, op, MOS_EXIT_PORT_OUT);
  if (traces_ports (cpu))
    mos_cpu_trace_ports (cpu, (guint16) port, op->width, 1, &value, TRUE);
  mos_io_begin (cpu);
  mos_bus_port_write (cpu->bus, (guint16) port, value, op->width);
  mos_io_end (cpu);
  return op + 1;
}

static gboolean
lower_port (MosLower *l, const MosSoftInsn *insn)
{
  MosUop *op = l->op;
  guint   accumulator = insn->arg; /* operand number */
  guint   port = 1 - accumulator;

  op->width = (guint8) mos_lower_size (l, accumulator);
  if (mos_lower_is_imm (l, port))
    op->imm = l->operands[port].imm.value.u & 0xff;
  else
    op->src2 = 1;
  op->fn = insn->fn;
  return TRUE;
}

static const MosUop *
ins (MosSoftCpu *cpu, const MosUop *op)
{
  MosBus *bus = cpu->bus;
  guint16 port = *mos_r16 (cpu, MOS_RDX * 8);
  guint64 count = mos_string_count (cpu, op);

  check_port (cpu, op, port, op->width);
  while (count > 0) {
    guint64 lin = mos_string_address (cpu, op, MOS_RDI, MOS_SEG_ES, TRUE);
    guint64 n = MIN (mos_string_span (cpu, op, MOS_RDI, MOS_SEG_ES), count);
    guint8 *flags, *to;

    to = mos_host_range (cpu, op, lin, (guint) n * op->width, TRUE, &flags);
    mos_cpu_count (cpu, op, MOS_EXIT_PORT_IN);
    if (to != NULL) {
      mos_io_begin (cpu);
      mos_bus_port_read_many (bus, port, op->width, (guint) n, to);
      mos_io_end (cpu);
      if (traces_ports (cpu))
        mos_cpu_trace_ports (cpu, port, op->width, (guint) n, to, FALSE);
      if (*(volatile guint8 *) flags != 0)
        mos_store_note (cpu, flags, lin, (guint) n * op->width);
    } else {
      guint32 value;

      n = 1;
      mos_check_range (cpu, op, lin, op->width, TRUE);
      mos_io_begin (cpu);
      value = mos_bus_port_read (bus, port, op->width);
      mos_io_end (cpu);
      if (traces_ports (cpu))
        mos_cpu_trace_ports (cpu, port, op->width, 1, &value, FALSE);
      mos_store (cpu, op, lin, value, op->width);
    }
    mos_string_advance (cpu, op, MOS_RDI, n);
    mos_string_done (cpu, op, n);
    count -= n;
    if (count > 0 && mos_string_must_pause (cpu))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

static const MosUop *
outs (MosSoftCpu *cpu, const MosUop *op)
{
  MosBus *bus = cpu->bus;
  guint16 port = *mos_r16 (cpu, MOS_RDX * 8);
  guint64 count = mos_string_count (cpu, op);

  check_port (cpu, op, port, op->width);
  while (count > 0) {
    guint64 lin = mos_string_address (cpu, op, MOS_RSI, op->seg, FALSE);
    guint64 n = MIN (mos_string_span (cpu, op, MOS_RSI, op->seg), count);
    guint8 *flags, *from;

    from = mos_host_range (cpu, op, lin, (guint) n * op->width, FALSE, &flags);
    mos_cpu_count (cpu, op, MOS_EXIT_PORT_OUT);
    if (from != NULL) {
      if (traces_ports (cpu))
        mos_cpu_trace_ports (cpu, port, op->width, (guint) n, from, TRUE);
      mos_io_begin (cpu);
      mos_bus_port_write_many (bus, port, op->width, (guint) n, from);
      mos_io_end (cpu);
    } else {
      guint32 value = (guint32) mos_load (cpu, op, lin, op->width);

      n = 1;
      if (traces_ports (cpu))
        mos_cpu_trace_ports (cpu, port, op->width, 1, &value, TRUE);
      mos_io_begin (cpu);
      mos_bus_port_write (bus, port, value, op->width);
      mos_io_end (cpu);
    }
    mos_string_advance (cpu, op, MOS_RSI, n);
    mos_string_done (cpu, op, n);
    count -= n;
    if (count > 0 && mos_string_must_pause (cpu))
      return mos_string_pause (cpu, op);
  }
  return op + 1;
}

/* clang-format off */
const MosSoftInsn mos_insns_io[] = {
  { ZYDIS_MNEMONIC_IN, lower_port, in, 0 },
  { ZYDIS_MNEMONIC_OUT, lower_port, out, 1 },
  { ZYDIS_MNEMONIC_INSB, mos_lower_string, ins, 1 },
  { ZYDIS_MNEMONIC_INSW, mos_lower_string, ins, 2 },
  { ZYDIS_MNEMONIC_INSD, mos_lower_string, ins, 4 },
  { ZYDIS_MNEMONIC_OUTSB, mos_lower_string, outs, 1 },
  { ZYDIS_MNEMONIC_OUTSW, mos_lower_string, outs, 2 },
  { ZYDIS_MNEMONIC_OUTSD, mos_lower_string, outs, 4 },
  { 0 }
};
/* clang-format on */
