/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The virtual machine control block of AMD-V, and its exit codes.
 *
 * The same rows serve VMRUN in the software CPU, its consistency checks, the
 * inspector, and what KVM tells of a nested guest. Numbers are little endian
 * in guest memory, as they are on this host.
 *
 * AMD64 APM volume 2, appendix "Layout of VMCB" and "SVM Intercept Exit
 * Codes".
 */
#pragma once

#include <string.h>

#include "engine/base/fields.h"
#include "engine/cpu/backend.h"
#include "engine/cpu/x86/instructions.h"

G_BEGIN_DECLS

#define MOS_VMCB_BYTES         4096u
#define MOS_VMCB_CONTROL_BYTES 0x400u

/* Offsets that code names. */
enum {
  MOS_VMCB_CR = 0x000, /* reads below, writes above bit 16 */
  MOS_VMCB_DR = 0x004,
  MOS_VMCB_EXCEPTIONS = 0x008,
  MOS_VMCB_MISC1 = 0x00c,
  MOS_VMCB_MISC2 = 0x010,
  MOS_VMCB_MISC3 = 0x014,
  MOS_VMCB_PAUSE_THRESHOLD = 0x03c,
  MOS_VMCB_PAUSE_COUNT = 0x03e,
  MOS_VMCB_IOPM = 0x040,
  MOS_VMCB_MSRPM = 0x048,
  MOS_VMCB_TSC_OFFSET = 0x050,
  MOS_VMCB_ASID = 0x058,
  MOS_VMCB_TLB_CONTROL = 0x05c,
  MOS_VMCB_VINTR = 0x060,
  MOS_VMCB_SHADOW = 0x068,
  MOS_VMCB_EXITCODE = 0x070,
  MOS_VMCB_EXITINFO1 = 0x078,
  MOS_VMCB_EXITINFO2 = 0x080,
  MOS_VMCB_EXITINTINFO = 0x088,
  MOS_VMCB_NESTED = 0x090,
  MOS_VMCB_EVENTINJ = 0x0a8,
  MOS_VMCB_NCR3 = 0x0b0,
  MOS_VMCB_VIRT = 0x0b8,
  MOS_VMCB_CLEAN = 0x0c0,
  MOS_VMCB_NRIP = 0x0c8,
  MOS_VMCB_INSN_LENGTH = 0x0d0,
  MOS_VMCB_INSN_BYTES = 0x0d1,
  MOS_VMCB_CONTROL_END = 0x110,
  MOS_VMCB_SEG = 0x400, /* ES, CS, SS, DS, FS, GS: 16 bytes each */
  MOS_VMCB_GDTR = 0x460,
  MOS_VMCB_LDTR = 0x470,
  MOS_VMCB_IDTR = 0x480,
  MOS_VMCB_TR = 0x490,
  MOS_VMCB_CPL = 0x4cb,
  MOS_VMCB_EFER = 0x4d0,
  MOS_VMCB_CR4 = 0x548,
  MOS_VMCB_CR3 = 0x550,
  MOS_VMCB_CR0 = 0x558,
  MOS_VMCB_DR7 = 0x560,
  MOS_VMCB_DR6 = 0x568,
  MOS_VMCB_RFLAGS = 0x570,
  MOS_VMCB_RIP = 0x578,
  MOS_VMCB_RSP = 0x5d8,
  MOS_VMCB_RAX = 0x5f8,
  MOS_VMCB_STAR = 0x600,
  MOS_VMCB_LSTAR = 0x608,
  MOS_VMCB_CSTAR = 0x610,
  MOS_VMCB_SFMASK = 0x618,
  MOS_VMCB_KERNEL_GS = 0x620,
  MOS_VMCB_SYSENTER_CS = 0x628,
  MOS_VMCB_SYSENTER_ESP = 0x630,
  MOS_VMCB_SYSENTER_EIP = 0x638,
  MOS_VMCB_CR2 = 0x640,
  MOS_VMCB_GPAT = 0x668
};

/* MISC1 and MISC2 bits that code names; the others are in the exit table. */
enum {
  MOS_SVM1_INTR = 1u << 0,
  MOS_SVM1_NMI = 1u << 1,
  MOS_SVM1_INIT = 1u << 3,
  MOS_SVM1_VINTR = 1u << 4,
  MOS_SVM1_CR0_SEL = 1u << 5,
  MOS_SVM1_IDTR_READ = 1u << 6,
  MOS_SVM1_GDTR_READ = 1u << 7,
  MOS_SVM1_LDTR_READ = 1u << 8,
  MOS_SVM1_TR_READ = 1u << 9,
  MOS_SVM1_PAUSE = 1u << 23,
  MOS_SVM1_IOIO = 1u << 27,
  MOS_SVM1_MSR = 1u << 28,
  MOS_SVM1_TASK = 1u << 29,
  MOS_SVM2_VMRUN = 1u << 0
};
#define MOS_SVM1_SHUTDOWN (1u << 31)

/* VINTR */
#define MOS_VINTR_IRQ        (G_GUINT64_CONSTANT (1) << 8)
#define MOS_VINTR_GIF        (G_GUINT64_CONSTANT (1) << 9)
#define MOS_VINTR_IGN_TPR    (G_GUINT64_CONSTANT (1) << 20)
#define MOS_VINTR_MASKING    (G_GUINT64_CONSTANT (1) << 24)
#define MOS_VINTR_GIF_ENABLE (G_GUINT64_CONSTANT (1) << 25)

/* VIRT */
#define MOS_VIRT_LBR    (G_GUINT64_CONSTANT (1) << 0)
#define MOS_VIRT_VMLOAD (G_GUINT64_CONSTANT (1) << 1)

/* EVENTINJ and EXITINTINFO */
#define MOS_SVM_EVENT_VALID      (G_GUINT64_CONSTANT (1) << 31)
#define MOS_SVM_EVENT_HAS_ERROR  (G_GUINT64_CONSTANT (1) << 11)
#define MOS_SVM_EVENT_TYPE(info) (((info) >> 8) & 7)

enum {
  MOS_SVM_EVENT_TYPE_INTR = 0,
  MOS_SVM_EVENT_TYPE_NMI = 2,
  MOS_SVM_EVENT_TYPE_EXCEPTION = 3,
  MOS_SVM_EVENT_TYPE_SOFTWARE = 4
};

/* EXITINFO1 of a nested page fault, above the error code. */
#define MOS_NPF_FINAL (G_GUINT64_CONSTANT (1) << 32)
#define MOS_NPF_WALK  (G_GUINT64_CONSTANT (1) << 33)

enum {
  MOS_TLB_KEEP = 0,
  MOS_TLB_FLUSH_ALL = 1,
  MOS_TLB_FLUSH_ASID = 3,
  MOS_TLB_FLUSH_ASID_LOCAL = 7
};

/* Exit codes that code names. */
enum {
  MOS_SVM_CR_READ = 0x00,
  MOS_SVM_CR_WRITE = 0x10,
  MOS_SVM_DR_READ = 0x20,
  MOS_SVM_DR_WRITE = 0x30,
  MOS_SVM_EXCEPTION = 0x40,
  MOS_SVM_INTR = 0x60,
  MOS_SVM_NMI = 0x61,
  MOS_SVM_INIT = 0x63,
  MOS_SVM_VINTR = 0x64,
  MOS_SVM_CR0_SEL_WRITE = 0x65,
  MOS_SVM_SWINT = 0x75,
  MOS_SVM_INVLPG = 0x79,
  MOS_SVM_IOIO = 0x7b,
  MOS_SVM_MSR = 0x7c,
  MOS_SVM_TASK_SWITCH = 0x7d,
  MOS_SVM_SHUTDOWN = 0x7f,
  MOS_SVM_VMRUN = 0x80,
  MOS_SVM_VMLOAD = 0x82,
  MOS_SVM_VMSAVE = 0x83,
  MOS_SVM_NPF = 0x400
};
#define MOS_SVM_INVALID G_MAXUINT64

/* Which clean bit covers a field; VMCB_ALWAYS: none, it is read every time. */
typedef enum {
  MOS_CLEAN_INTERCEPTS,
  MOS_CLEAN_IOPM,
  MOS_CLEAN_ASID,
  MOS_CLEAN_TPR,
  MOS_CLEAN_NP,
  MOS_CLEAN_CR,
  MOS_CLEAN_DR,
  MOS_CLEAN_DT,
  MOS_CLEAN_SEG,
  MOS_CLEAN_CR2,
  MOS_CLEAN_LBR,
  MOS_CLEAN_AVIC,
  MOS_CLEAN_CET,
  MOS_CLEAN_NEVER
} MosVmcbClean;

typedef struct {
  const char     *name;   /* "EXITINFO1" */
  guint16         offset; /* in the VMCB */
  guint8          bytes;  /* 1, 2, 4, 8 */
  MosVmcbClean    clean;
  const MosField *fields; /* or NULL */
  const char     *help;   /* one sentence, translatable */
} MosVmcbField;

/* Ascending by offset; ends with a NULL name. */
extern const MosVmcbField mos_vmcb_fields[];

/* By offset; NULL: reserved. */
const MosVmcbField *mos_vmcb_field_find (guint offset);

typedef struct {
  guint32       first; /* exit code, the first of @count */
  guint32       count;
  const char   *name; /* "NPF"; with a number behind it if count > 1 */
  MosExitReason reason;
  MosIntercept  intercept; /* of the instruction, or NONE */
  gint16        word;      /* offset of the intercept's word; -1: none */
  guint8        bit;       /* the first bit in it */
  const char   *help;      /* one sentence, translatable */
} MosVmcbExit;

/* Ascending by code; ends with a NULL name. */
extern const MosVmcbExit mos_vmcb_exits[];

/* By code; INVALID has a row too. NULL: no such code. */
const MosVmcbExit *mos_vmcb_exit_find (guint64 code);

/* Unaligned little-endian access to a VMCB in memory. */
static inline guint64
mos_vmcb_get64 (const guint8 *vmcb, guint offset)
{
  guint64 value;

  memcpy (&value, vmcb + offset, 8);
  return value;
}

static inline guint32
mos_vmcb_get32 (const guint8 *vmcb, guint offset)
{
  guint32 value;

  memcpy (&value, vmcb + offset, 4);
  return value;
}

static inline guint16
mos_vmcb_get16 (const guint8 *vmcb, guint offset)
{
  guint16 value;

  memcpy (&value, vmcb + offset, 2);
  return value;
}

static inline void
mos_vmcb_put64 (guint8 *vmcb, guint offset, guint64 value)
{
  memcpy (vmcb + offset, &value, 8);
}

/* One field's value, any width. */
static inline guint64
mos_vmcb_field_get (const guint8 *vmcb, const MosVmcbField *field)
{
  guint64 value = 0;

  memcpy (&value, vmcb + field->offset, field->bytes);
  return value;
}

G_END_DECLS
