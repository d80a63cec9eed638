/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The VMCS: its fields, and how one lies in memory here.
 *
 * A processor may keep a VMCS in whatever form it likes; ours is the MosVmcs
 * below, in guest memory and in the processor alike: a header and one 64-bit
 * word for each field. VMREAD and VMWRITE go by encoding; the processor, the
 * VM-entry checks, the inspector and the decoder of nested state by number.
 *
 * Tables and pure functions; any thread. Intel SDM volume 3, "Virtual Machine
 * Control Structures".
 */
#pragma once

#include "engine/cpu/x86/vmcs-fields.h"

G_BEGIN_DECLS

/* What VMX_BASIC tells of the region. */
#define MOS_VMCS_REVISION 0x4d4f5301u
#define MOS_VMCS_SHADOW   0x80000000u /* with it: a shadow VMCS */
#define MOS_VMCS_BYTES    4096u
#define MOS_VMCS_NONE     G_MAXUINT64 /* no VMCS is current; no link */

typedef struct {
  guint32 revision; /* and MOS_VMCS_SHADOW */
  guint32 abort;    /* why an exit failed; 0: none did */
  guint32 launched; /* 0: clear; else VMLAUNCH has succeeded */
  guint32 reserved;
  guint64 field[MOS_VMCS_SLOTS]; /* zero-extended */
} MosVmcs;

typedef enum {
  MOS_VMCS_WIDTH_16,
  MOS_VMCS_WIDTH_64,
  MOS_VMCS_WIDTH_32,
  MOS_VMCS_WIDTH_NATURAL
} MosVmcsWidth;

typedef enum {
  MOS_VMCS_TYPE_CONTROL,
  MOS_VMCS_TYPE_EXIT, /* exit information: read-only */
  MOS_VMCS_TYPE_GUEST,
  MOS_VMCS_TYPE_HOST
} MosVmcsType;

/* The VM-entry checks that look at a field; a bit mask. */
enum {
  MOS_VMCS_CHECK_CONTROLS = 1 << 0,
  MOS_VMCS_CHECK_HOST = 1 << 1,
  MOS_VMCS_CHECK_STATE = 1 << 2,    /* control registers and MSRs */
  MOS_VMCS_CHECK_SEGMENTS = 1 << 3, /* and descriptor tables */
  MOS_VMCS_CHECK_POINT = 1 << 4,    /* RIP and RFLAGS */
  MOS_VMCS_CHECK_EVENT = 1 << 5,    /* injection, activity, blocking, link */
  MOS_VMCS_CHECK_AROUND = 1 << 6,   /* what lies elsewhere: at each entry */
  MOS_VMCS_CHECK_ALL = (1 << 7) - 1
};

typedef struct {
  const char *name; /* as the manual writes it; NULL: no field has the place */
  guint16     encoding;
  guint16     checks; /* MOS_VMCS_CHECK_… */
  guint16     needs;  /* MosVmxControl that makes it exist */
  const char *help;   /* translatable */
} MosVmcsFieldInfo;

typedef struct {
  guint8 first;
  guint8 count;
} MosVmcsGroup;

/* Indexed by MosVmcsField. */
extern const MosVmcsFieldInfo mos_vmcs_fields[MOS_VMCS_SLOTS];
/* Indexed by width * 4 + type. */
extern const MosVmcsGroup mos_vmcs_groups[16];

/* The field of an encoding as VMREAD takes it, with the access type "high" as
 * well; -1: no field has it. */
static inline int
mos_vmcs_find (guint64 encoding)
{
  const MosVmcsGroup *group =
      &mos_vmcs_groups[((encoding >> 11) & 0xc) | ((encoding >> 10) & 3)];
  guint index = (encoding >> 1) & 0x1ff;

  if ((encoding & ~G_GUINT64_CONSTANT (0x6fff)) != 0 ||
      (encoding & 0x6001) == 1 || (encoding & 0x4001) == 0x4001 ||
      index >= group->count ||
      mos_vmcs_fields[group->first + index].name == NULL)
    return -1;
  return group->first + (int) index;
}

static inline MosVmcsWidth
mos_vmcs_width (MosVmcsField field)
{
  return (MosVmcsWidth) (mos_vmcs_fields[field].encoding >> 13);
}

static inline MosVmcsType
mos_vmcs_type (MosVmcsField field)
{
  return (MosVmcsType) ((mos_vmcs_fields[field].encoding >> 10) & 3);
}

/* The bits that a field has room for. */
guint64 mos_vmcs_mask (MosVmcsField field);

/* From a region of MOS_VMCS_BYTES in guest memory (only the first part is
 * used), each field cut to its width; and back. */
void mos_vmcs_load (MosVmcs *self, gconstpointer region);
void mos_vmcs_store (const MosVmcs *self, gpointer region);

/* Several lines for people: NAME = value, fields of 0 left out. */
char *mos_vmcs_describe (const MosVmcs *self);

G_END_DECLS
