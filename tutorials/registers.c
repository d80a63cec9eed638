/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Registers by name: one row each, with the table of its fields.
 *
 * Intel SDM volume 1, "Basic Program Execution Registers"; volume 3, "Control
 * Registers".
 */
#include "tutorials/registers.h"

#include "engine/cpu/x86/bits.h"

#define AT(member) G_STRUCT_OFFSET (MosCpuState, member)

typedef struct {
  const char     *name;
  gsize           offset; /* of 64 bits in MosCpuState */
  const MosField *fields; /* or NULL */
} Register;

static const Register registers[] = {
  { "rax", AT (gpr[MOS_RAX]), NULL },
  { "rcx", AT (gpr[MOS_RCX]), NULL },
  { "rdx", AT (gpr[MOS_RDX]), NULL },
  { "rbx", AT (gpr[MOS_RBX]), NULL },
  { "rsp", AT (gpr[MOS_RSP]), NULL },
  { "rbp", AT (gpr[MOS_RBP]), NULL },
  { "rsi", AT (gpr[MOS_RSI]), NULL },
  { "rdi", AT (gpr[MOS_RDI]), NULL },
  { "r8", AT (gpr[MOS_R8]), NULL },
  { "r9", AT (gpr[MOS_R9]), NULL },
  { "r10", AT (gpr[MOS_R10]), NULL },
  { "r11", AT (gpr[MOS_R11]), NULL },
  { "r12", AT (gpr[MOS_R12]), NULL },
  { "r13", AT (gpr[MOS_R13]), NULL },
  { "r14", AT (gpr[MOS_R14]), NULL },
  { "r15", AT (gpr[MOS_R15]), NULL },
  { "rip", AT (rip), NULL },
  { "rflags", AT (rflags), mos_rflags_fields },
  { "cr0", AT (cr0), mos_cr0_fields },
  { "cr2", AT (cr2), NULL },
  { "cr3", AT (cr3), mos_cr3_fields },
  { "cr4", AT (cr4), mos_cr4_fields },
  { "cr8", AT (cr8), NULL },
  { "efer", AT (efer), mos_efer_fields },
  { "xcr0", AT (xcr0), mos_xcr0_fields },
  { "apic_base", AT (apic_base), mos_apic_base_fields },
  { "dr0", AT (dr[0]), NULL },
  { "dr1", AT (dr[1]), NULL },
  { "dr2", AT (dr[2]), NULL },
  { "dr3", AT (dr[3]), NULL },
  { "dr6", AT (dr6), mos_dr6_fields },
  { "dr7", AT (dr7), mos_dr7_fields },
  { "gdtr", AT (gdt.base), NULL },
  { "idtr", AT (idt.base), NULL },
};

static const char *segments[MOS_N_SEGS] = {
  [MOS_SEG_ES] = "es", [MOS_SEG_CS] = "cs",     [MOS_SEG_SS] = "ss",
  [MOS_SEG_DS] = "ds", [MOS_SEG_FS] = "fs",     [MOS_SEG_GS] = "gs",
  [MOS_SEG_TR] = "tr", [MOS_SEG_LDTR] = "ldtr",
};

static const MosSegment *
find_segment (const MosCpuState *state, const char *name)
{
  for (guint i = 0; i < MOS_N_SEGS; i++)
    if (g_str_equal (segments[i], name))
      return &state->seg[i];
  return NULL;
}

static const Register *
find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (registers); i++)
    if (g_str_equal (registers[i].name, name))
      return &registers[i];
  return NULL;
}

gboolean
mos_lab_register_get (const MosCpuState *state,
                      const char        *name,
                      guint64           *value)
{
  const Register   *row = find (name);
  const MosSegment *segment = find_segment (state, name);

  if (row != NULL)
    *value = G_STRUCT_MEMBER (guint64, state, row->offset);
  else if (segment != NULL)
    *value = segment->selector;
  else if (g_str_equal (name, "cpl"))
    *value = state->seg[MOS_SEG_SS].dpl;
  else
    return FALSE;
  return TRUE;
}

static gboolean
segment_field (const MosSegment *segment, const char *field, guint64 *value)
{
  const struct {
    const char *name;
    guint64     value;
  } fields[] = {
    { "selector", segment->selector },
    { "base", segment->base },
    { "limit", segment->limit },
    { "type", segment->type },
    { "dpl", segment->dpl },
    { "present", segment->present },
    { "l", segment->l },
    { "db", segment->db },
    { "g", segment->g },
    { "s", segment->s },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_equal (fields[i].name, field)) {
      *value = fields[i].value;
      return TRUE;
    }
  return FALSE;
}

gboolean
mos_lab_register_get_field (const MosCpuState *state,
                            const char        *name,
                            const char        *field,
                            guint64           *value)
{
  const Register   *row = find (name);
  const MosSegment *segment = find_segment (state, name);
  gboolean          gdt = g_str_equal (name, "gdtr");

  if (segment != NULL)
    return segment_field (segment, field, value);
  if ((gdt || g_str_equal (name, "idtr")) && g_str_equal (field, "limit")) {
    *value = gdt ? state->gdt.limit : state->idt.limit;
    return TRUE;
  }
  if (row == NULL || row->fields == NULL)
    return FALSE;
  for (const MosField *one = row->fields; one->name != NULL; one++)
    if (g_ascii_strcasecmp (one->name, field) == 0) {
      *value =
          mos_field_get (one, G_STRUCT_MEMBER (guint64, state, row->offset));
      return TRUE;
    }
  return FALSE;
}

const MosField *
mos_lab_register_fields (const char *name)
{
  const Register *row = find (name);

  return row != NULL ? row->fields : NULL;
}

const char *
mos_lab_register_mode (const MosCpuState *state)
{
  const MosSegment *cs = &state->seg[MOS_SEG_CS];

  if ((state->cr0 & MOS_CR0_PE) == 0)
    return "real";
  if ((state->rflags & MOS_RFLAGS_VM) != 0)
    return "v86";
  if ((state->efer & MOS_EFER_LMA) != 0)
    return cs->l ? "long" : "compatibility";
  return cs->db ? "protected32" : "protected16";
}
