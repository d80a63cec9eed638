/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The bits of a processor's registers, by the names the manuals give them.
 *
 * Constants for code that tests bits, and field tables of the same registers
 * for everything that shows them to people.  Both backends, the inspector and
 * the labs read these.  Intel SDM volume 3, "Control Registers", "Extended
 * Feature Enable Register", "Debug Registers", "Exception and Interrupt
 * Reference"; AMD APM volume 2, "System Resources".
 */

#pragma once

#include "engine/base/fields.h"

G_BEGIN_DECLS

/* CR0 */
#define MOS_CR0_PE (G_GUINT64_CONSTANT (1) << 0)
#define MOS_CR0_MP (G_GUINT64_CONSTANT (1) << 1)
#define MOS_CR0_EM (G_GUINT64_CONSTANT (1) << 2)
#define MOS_CR0_TS (G_GUINT64_CONSTANT (1) << 3)
#define MOS_CR0_ET (G_GUINT64_CONSTANT (1) << 4)
#define MOS_CR0_NE (G_GUINT64_CONSTANT (1) << 5)
#define MOS_CR0_WP (G_GUINT64_CONSTANT (1) << 16)
#define MOS_CR0_AM (G_GUINT64_CONSTANT (1) << 18)
#define MOS_CR0_NW (G_GUINT64_CONSTANT (1) << 29)
#define MOS_CR0_CD (G_GUINT64_CONSTANT (1) << 30)
#define MOS_CR0_PG (G_GUINT64_CONSTANT (1) << 31)

/* CR3 */
#define MOS_CR3_PWT        (G_GUINT64_CONSTANT (1) << 3)
#define MOS_CR3_PCD        (G_GUINT64_CONSTANT (1) << 4)
#define MOS_CR3_PCID_MASK  G_GUINT64_CONSTANT (0xfff)
#define MOS_CR3_KEEP_TLB   (G_GUINT64_CONSTANT (1) << 63)
#define MOS_CR3_FRAME_MASK G_GUINT64_CONSTANT (0x000ffffffffff000)

/* CR4 */
#define MOS_CR4_VME        (G_GUINT64_CONSTANT (1) << 0)
#define MOS_CR4_PVI        (G_GUINT64_CONSTANT (1) << 1)
#define MOS_CR4_TSD        (G_GUINT64_CONSTANT (1) << 2)
#define MOS_CR4_DE         (G_GUINT64_CONSTANT (1) << 3)
#define MOS_CR4_PSE        (G_GUINT64_CONSTANT (1) << 4)
#define MOS_CR4_PAE        (G_GUINT64_CONSTANT (1) << 5)
#define MOS_CR4_MCE        (G_GUINT64_CONSTANT (1) << 6)
#define MOS_CR4_PGE        (G_GUINT64_CONSTANT (1) << 7)
#define MOS_CR4_PCE        (G_GUINT64_CONSTANT (1) << 8)
#define MOS_CR4_OSFXSR     (G_GUINT64_CONSTANT (1) << 9)
#define MOS_CR4_OSXMMEXCPT (G_GUINT64_CONSTANT (1) << 10)
#define MOS_CR4_UMIP       (G_GUINT64_CONSTANT (1) << 11)
#define MOS_CR4_LA57       (G_GUINT64_CONSTANT (1) << 12)
#define MOS_CR4_VMXE       (G_GUINT64_CONSTANT (1) << 13)
#define MOS_CR4_SMXE       (G_GUINT64_CONSTANT (1) << 14)
#define MOS_CR4_FSGSBASE   (G_GUINT64_CONSTANT (1) << 16)
#define MOS_CR4_PCIDE      (G_GUINT64_CONSTANT (1) << 17)
#define MOS_CR4_OSXSAVE    (G_GUINT64_CONSTANT (1) << 18)
#define MOS_CR4_SMEP       (G_GUINT64_CONSTANT (1) << 20)
#define MOS_CR4_SMAP       (G_GUINT64_CONSTANT (1) << 21)
#define MOS_CR4_PKE        (G_GUINT64_CONSTANT (1) << 22)
#define MOS_CR4_CET        (G_GUINT64_CONSTANT (1) << 23)

/* EFER */
#define MOS_EFER_SCE   (G_GUINT64_CONSTANT (1) << 0)
#define MOS_EFER_LME   (G_GUINT64_CONSTANT (1) << 8)
#define MOS_EFER_LMA   (G_GUINT64_CONSTANT (1) << 10)
#define MOS_EFER_NXE   (G_GUINT64_CONSTANT (1) << 11)
#define MOS_EFER_SVME  (G_GUINT64_CONSTANT (1) << 12)
#define MOS_EFER_LMSLE (G_GUINT64_CONSTANT (1) << 13)
#define MOS_EFER_FFXSR (G_GUINT64_CONSTANT (1) << 14)

/* RFLAGS */
#define MOS_RFLAGS_CF   (G_GUINT64_CONSTANT (1) << 0)
#define MOS_RFLAGS_ONE  (G_GUINT64_CONSTANT (1) << 1) /* always set */
#define MOS_RFLAGS_PF   (G_GUINT64_CONSTANT (1) << 2)
#define MOS_RFLAGS_AF   (G_GUINT64_CONSTANT (1) << 4)
#define MOS_RFLAGS_ZF   (G_GUINT64_CONSTANT (1) << 6)
#define MOS_RFLAGS_SF   (G_GUINT64_CONSTANT (1) << 7)
#define MOS_RFLAGS_TF   (G_GUINT64_CONSTANT (1) << 8)
#define MOS_RFLAGS_IF   (G_GUINT64_CONSTANT (1) << 9)
#define MOS_RFLAGS_DF   (G_GUINT64_CONSTANT (1) << 10)
#define MOS_RFLAGS_OF   (G_GUINT64_CONSTANT (1) << 11)
#define MOS_RFLAGS_IOPL (G_GUINT64_CONSTANT (3) << 12)
#define MOS_RFLAGS_NT   (G_GUINT64_CONSTANT (1) << 14)
#define MOS_RFLAGS_RF   (G_GUINT64_CONSTANT (1) << 16)
#define MOS_RFLAGS_VM   (G_GUINT64_CONSTANT (1) << 17)
#define MOS_RFLAGS_AC   (G_GUINT64_CONSTANT (1) << 18)
#define MOS_RFLAGS_VIF  (G_GUINT64_CONSTANT (1) << 19)
#define MOS_RFLAGS_VIP  (G_GUINT64_CONSTANT (1) << 20)
#define MOS_RFLAGS_ID   (G_GUINT64_CONSTANT (1) << 21)

/* The six that arithmetic sets, and all that exist. */
#define MOS_RFLAGS_ARITHMETIC G_GUINT64_CONSTANT (0x8d5)
#define MOS_RFLAGS_DEFINED    G_GUINT64_CONSTANT (0x3f7fd7)

/* DR6 and DR7 */
#define MOS_DR6_B0    (G_GUINT64_CONSTANT (1) << 0)
#define MOS_DR6_B1    (G_GUINT64_CONSTANT (1) << 1)
#define MOS_DR6_B2    (G_GUINT64_CONSTANT (1) << 2)
#define MOS_DR6_B3    (G_GUINT64_CONSTANT (1) << 3)
#define MOS_DR6_BD    (G_GUINT64_CONSTANT (1) << 13)
#define MOS_DR6_BS    (G_GUINT64_CONSTANT (1) << 14)
#define MOS_DR6_BT    (G_GUINT64_CONSTANT (1) << 15)
#define MOS_DR6_RESET G_GUINT64_CONSTANT (0xffff0ff0)
#define MOS_DR7_LE    (G_GUINT64_CONSTANT (1) << 8)
#define MOS_DR7_GE    (G_GUINT64_CONSTANT (1) << 9)
#define MOS_DR7_GD    (G_GUINT64_CONSTANT (1) << 13)
#define MOS_DR7_RESET G_GUINT64_CONSTANT (0x400)

/* XCR0: which components XSAVE manages */
#define MOS_XCR0_X87       (G_GUINT64_CONSTANT (1) << 0)
#define MOS_XCR0_SSE       (G_GUINT64_CONSTANT (1) << 1)
#define MOS_XCR0_AVX       (G_GUINT64_CONSTANT (1) << 2)
#define MOS_XCR0_OPMASK    (G_GUINT64_CONSTANT (1) << 5)
#define MOS_XCR0_ZMM_HI256 (G_GUINT64_CONSTANT (1) << 6)
#define MOS_XCR0_HI16_ZMM  (G_GUINT64_CONSTANT (1) << 7)
#define MOS_XCR0_PKRU      (G_GUINT64_CONSTANT (1) << 9)

/* VM_CR */
#define MOS_VM_CR_LOCK   (G_GUINT64_CONSTANT (1) << 3)
#define MOS_VM_CR_SVMDIS (G_GUINT64_CONSTANT (1) << 4)

/* The APIC base MSR */
#define MOS_APIC_BASE_BSP    (G_GUINT64_CONSTANT (1) << 8)
#define MOS_APIC_BASE_X2APIC (G_GUINT64_CONSTANT (1) << 10)
#define MOS_APIC_BASE_ENABLE (G_GUINT64_CONSTANT (1) << 11)
#define MOS_APIC_BASE_RESET  G_GUINT64_CONSTANT (0xfee00000)

/* Page-table entries */
#define MOS_PTE_P          (G_GUINT64_CONSTANT (1) << 0)
#define MOS_PTE_RW         (G_GUINT64_CONSTANT (1) << 1)
#define MOS_PTE_US         (G_GUINT64_CONSTANT (1) << 2)
#define MOS_PTE_PWT        (G_GUINT64_CONSTANT (1) << 3)
#define MOS_PTE_PCD        (G_GUINT64_CONSTANT (1) << 4)
#define MOS_PTE_A          (G_GUINT64_CONSTANT (1) << 5)
#define MOS_PTE_D          (G_GUINT64_CONSTANT (1) << 6)
#define MOS_PTE_PS         (G_GUINT64_CONSTANT (1) << 7) /* PAT in a PTE */
#define MOS_PTE_G          (G_GUINT64_CONSTANT (1) << 8)
#define MOS_PTE_XD         (G_GUINT64_CONSTANT (1) << 63)
#define MOS_PTE_FRAME_MASK G_GUINT64_CONSTANT (0x000ffffffffff000)

/* The error code of a page fault */
#define MOS_PF_P  (1u << 0) /* the page was present: a protection fault */
#define MOS_PF_W  (1u << 1) /* a write */
#define MOS_PF_U  (1u << 2) /* from user mode */
#define MOS_PF_R  (1u << 3) /* a reserved bit was set */
#define MOS_PF_I  (1u << 4) /* an instruction fetch */
#define MOS_PF_PK (1u << 5) /* a protection key */
#define MOS_PF_SS (1u << 6) /* a shadow stack */

/* Exceptions by vector */
typedef enum {
  MOS_EXC_DE = 0,
  MOS_EXC_DB = 1,
  MOS_EXC_NMI = 2,
  MOS_EXC_BP = 3,
  MOS_EXC_OF = 4,
  MOS_EXC_BR = 5,
  MOS_EXC_UD = 6,
  MOS_EXC_NM = 7,
  MOS_EXC_DF = 8,
  MOS_EXC_TS = 10,
  MOS_EXC_NP = 11,
  MOS_EXC_SS = 12,
  MOS_EXC_GP = 13,
  MOS_EXC_PF = 14,
  MOS_EXC_MF = 16,
  MOS_EXC_AC = 17,
  MOS_EXC_MC = 18,
  MOS_EXC_XM = 19,
  MOS_EXC_VE = 20,
  MOS_EXC_CP = 21,
  MOS_EXC_HV = 28,
  MOS_EXC_VC = 29,
  MOS_EXC_SX = 30,
  MOS_N_EXCEPTIONS = 32
} MosException;

typedef struct {
  const char *name;       /* "#GP"; NULL: the vector is reserved */
  const char *title;      /* "General protection", translatable */
  gboolean    error_code; /* pushes one */
} MosExceptionInfo;

/* Indexed by vector. */
extern const MosExceptionInfo mos_exceptions[MOS_N_EXCEPTIONS];

/* The types of a system segment descriptor (S = 0), as in long mode; those
 * with a 16-bit twin are 8 more than it. */
enum {
  MOS_DESC_TSS16 = 1,
  MOS_DESC_LDT = 2,
  MOS_DESC_TSS16_BUSY = 3,
  MOS_DESC_CALL16 = 4,
  MOS_DESC_TASK = 5,
  MOS_DESC_INT16 = 6,
  MOS_DESC_TRAP16 = 7,
  MOS_DESC_TSS = 9,
  MOS_DESC_TSS_BUSY = 11,
  MOS_DESC_CALL = 12,
  MOS_DESC_INT = 14,
  MOS_DESC_TRAP = 15
};

/* The bits of a code or data segment's type (S = 1). */
enum {
  MOS_DESC_ACCESSED = 1,
  MOS_DESC_WRITABLE = 2,   /* data; for code: readable */
  MOS_DESC_CONFORMING = 4, /* code; for data: expands down */
  MOS_DESC_CODE = 8
};

/* Field tables, each ending with a NULL name. */
extern const MosField mos_cr0_fields[];
extern const MosField mos_cr3_fields[];
extern const MosField mos_cr4_fields[];
extern const MosField mos_efer_fields[];
extern const MosField mos_rflags_fields[];
extern const MosField mos_dr6_fields[];
extern const MosField mos_dr7_fields[];
extern const MosField mos_xcr0_fields[];
extern const MosField mos_apic_base_fields[];
extern const MosField mos_pte_fields[];
extern const MosField mos_page_fault_fields[];

G_END_DECLS
