/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The capability registers, made from the table of controls.
 *
 * A control MSR has the bits that must be 1 in its lower half and those that
 * may be 1 in its upper one. Bits without a row that old software sets anyway
 * must be 1; the "true" registers let go of those that have a meaning today.
 *
 * Intel SDM volume 3, "VMX Capability Reporting Facility".
 */
#include "engine/cpu/x86/vmx.h"

#include "engine/cpu/x86/bits.h"

/* The default1 class, by set. */
static const guint32 default1[MOS_VMX_N_FIELD_SETS] = {
  [MOS_VMX_SET_PIN] = 0x00000016,   [MOS_VMX_SET_PROC] = 0x0401e172,
  [MOS_VMX_SET_PROC2] = 0,          [MOS_VMX_SET_EXIT] = 0x00036dff,
  [MOS_VMX_SET_ENTRY] = 0x000011ff,
};

#define BASIC_WRITE_BACK    (G_GUINT64_CONSTANT (6) << 50)
#define BASIC_INS_OUTS      (G_GUINT64_CONSTANT (1) << 54)
#define BASIC_TRUE_CONTROLS (G_GUINT64_CONSTANT (1) << 55)
#define BASIC_ANY_ERROR     (G_GUINT64_CONSTANT (1) << 56)

#define MISC_TIMER_RATE   5u /* the timer counts down every 32 ticks */
#define MISC_CR3_TARGETS  (G_GUINT64_CONSTANT (4) << 16)
#define CR0_FIXED         (MOS_CR0_PE | MOS_CR0_NE | MOS_CR0_PG)
#define CONTROL_MSR(m, o) ((guint64) (o) << 32 | (guint32) (m))

static guint64
highest_index (const MosVmxCaps *self)
{
  guint highest = 0;

  for (guint i = 0; i < MOS_VMCS_SLOTS; i++)
    if (mos_vmcs_fields[i].name != NULL && mos_vmx_has_field (self, i))
      highest = MAX (highest, (mos_vmcs_fields[i].encoding >> 1) & 0x1ffu);
  return highest << 1;
}

static void
read_table (MosVmxCaps *self, const MosVmxModel *model)
{
  guint64 known[MOS_VMX_N_FIELD_SETS] = { 0 };

  for (guint i = 0; i < mos_n_vmx_controls; i++) {
    const MosVmxControlInfo *row = &mos_vmx_controls[i];
    MosVmxSet                set = mos_vmx_control_set (row->control);
    guint64                  mask = mos_vmx_control_mask (row->control);

    if (set < MOS_VMX_N_FIELD_SETS)
      known[set] |= mask;
    if (row->supported)
      self->may[set] |= mask;
  }
  self->may[MOS_VMX_SET_PROC2] &= ~(guint64) model->proc2_off;
  for (guint set = 0; set < MOS_VMX_N_FIELD_SETS; set++) {
    self->must[set] = default1[set] & ~known[set];
    self->may[set] |= default1[set];
  }
}

void
mos_vmx_caps_init (MosVmxCaps *self, const MosVmxModel *model)
{
  static const struct {
    MosVmxSet set;
    guint8    msr;
    guint8    true_msr;
  } registers[] = {
    { MOS_VMX_SET_PIN, MOS_VMX_MSR_PIN, MOS_VMX_MSR_TRUE_PIN },
    { MOS_VMX_SET_PROC, MOS_VMX_MSR_PROC, MOS_VMX_MSR_TRUE_PROC },
    { MOS_VMX_SET_EXIT, MOS_VMX_MSR_EXIT, MOS_VMX_MSR_TRUE_EXIT },
    { MOS_VMX_SET_ENTRY, MOS_VMX_MSR_ENTRY, MOS_VMX_MSR_TRUE_ENTRY },
  };

  *self = (MosVmxCaps){ .efer_may = model->efer,
                        .debugctl_may = model->debugctl,
                        .phys_bits = model->phys_bits };
  read_table (self, model);
  self->msr[MOS_VMX_MSR_BASIC] =
      MOS_VMCS_REVISION | (guint64) MOS_VMCS_BYTES << 32 | BASIC_WRITE_BACK |
      BASIC_INS_OUTS | BASIC_TRUE_CONTROLS | BASIC_ANY_ERROR;
  for (guint i = 0; i < G_N_ELEMENTS (registers); i++) {
    MosVmxSet set = registers[i].set;

    self->msr[registers[i].msr] = CONTROL_MSR (default1[set], self->may[set]);
    self->msr[registers[i].true_msr] =
        CONTROL_MSR (self->must[set], self->may[set]);
  }
  self->msr[MOS_VMX_MSR_PROC2] = CONTROL_MSR (0, self->may[MOS_VMX_SET_PROC2]);
  self->msr[MOS_VMX_MSR_MISC] =
      self->may[MOS_VMX_SET_MISC] | MISC_TIMER_RATE | MISC_CR3_TARGETS;
  self->msr[MOS_VMX_MSR_CR0_FIXED0] = CR0_FIXED;
  self->msr[MOS_VMX_MSR_CR0_FIXED1] = G_MAXUINT32;
  self->msr[MOS_VMX_MSR_CR4_FIXED0] = MOS_CR4_VMXE;
  self->msr[MOS_VMX_MSR_CR4_FIXED1] = model->cr4 | MOS_CR4_VMXE;
  self->msr[MOS_VMX_MSR_EPT_VPID] = self->may[MOS_VMX_SET_EPT_VPID];
  self->msr[MOS_VMX_MSR_VMCS_ENUM] = highest_index (self);
}

gboolean
mos_vmx_has_field (const MosVmxCaps *self, MosVmcsField field)
{
  const MosVmcsFieldInfo *info = &mos_vmcs_fields[field];

  return info->name != NULL && mos_vmx_can (self, (MosVmxControl) info->needs);
}

const char *
mos_vmx_exit_name (guint32 reason)
{
  guint32 basic = reason & 0xffff;

  if (basic < MOS_VMX_N_EXITS && mos_vmx_exits[basic].name != NULL)
    return mos_vmx_exits[basic].name;
  return "?";
}
