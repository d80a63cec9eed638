/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Operands, as exits tell of them.
 *
 * Intel SDM volume 3, "Information for VM Exits Due to Instruction Execution".
 */
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/vmx-private.h"

#define NO_INDEX (1u << 22)
#define NO_BASE  (1u << 27)

/* A register's number, or that there is none. */
static guint32
register_bits (guint offset, guint shift, guint32 none)
{
  if (offset == MOS_OFFSET_ZERO || offset == MOS_OFFSET_RIP)
    return none;
  return (guint32) (offset / 8) << shift;
}

guint32
mos_vmx_info_memory (MosSoftCpu *cpu, const MosUop *op)
{
  guint size = op->addr == 8 ? 2 : op->addr == 4 ? 1 : 0;

  return op->scale | size << 7 | (guint32) op->seg << 15 |
         register_bits (op->index, 18, NO_INDEX) |
         register_bits (op->base, 23, NO_BASE);
}

guint64
mos_vmx_displacement (MosSoftCpu *cpu, const MosUop *op)
{
  if (op->base == MOS_OFFSET_RIP)
    return cpu->gpr[MOS_SLOT_RIP] + (guint64) (gint64) op->disp;
  return (guint64) (gint64) op->disp;
}

guint64 *
mos_vmx_shadow_field (MosSoftCpu *cpu, int field)
{
  guint64 link = mos_vmx_field (cpu, MOS_VMCS_LINK_POINTER);
  guint8 *region;

  if (link == MOS_VMCS_NONE)
    return NULL;
  region = mos_vmx_ram (cpu, link, MOS_VMCS_BYTES);
  return region == NULL ? NULL : &((MosVmcs *) (gpointer) region)->field[field];
}
