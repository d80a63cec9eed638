/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a processor with VT-x announces and reports, as tables.
 *
 * One table of control bits says which exist and which of them we have; the
 * capability registers, the VM-entry checks and which VMCS fields exist all
 * follow from it. Two more tables name exit reasons and instruction errors.
 *
 * Tables and pure functions; any thread. Intel SDM volume 3, "VMX Capability
 * Reporting Facility", "VMX Basic Exit Reasons", "VM-Instruction Error
 * Numbers".
 */
#pragma once

#include "engine/cpu/backend.h"
#include "engine/cpu/x86/vmcs.h"
#include "engine/cpu/x86/vmx-controls.h"

G_BEGIN_DECLS

typedef struct {
  MosVmxControl control;
  gboolean      supported; /* the software CPU does it */
  const char   *name;      /* as the manual writes it */
  const char   *help;      /* translatable */
} MosVmxControlInfo;

/* By set and bit, ascending. */
extern const MosVmxControlInfo mos_vmx_controls[];
extern const guint             mos_n_vmx_controls;

/* Basic exit reasons; bit 31 of the field with one: the entry failed. */
typedef enum {
  MOS_VMX_EXIT_EXCEPTION = 0,
  MOS_VMX_EXIT_EXTERNAL = 1,
  MOS_VMX_EXIT_TRIPLE_FAULT = 2,
  MOS_VMX_EXIT_INIT = 3,
  MOS_VMX_EXIT_SIPI = 4,
  MOS_VMX_EXIT_IO_SMI = 5,
  MOS_VMX_EXIT_SMI = 6,
  MOS_VMX_EXIT_INTERRUPT_WINDOW = 7,
  MOS_VMX_EXIT_NMI_WINDOW = 8,
  MOS_VMX_EXIT_TASK_SWITCH = 9,
  MOS_VMX_EXIT_CPUID = 10,
  MOS_VMX_EXIT_GETSEC = 11,
  MOS_VMX_EXIT_HLT = 12,
  MOS_VMX_EXIT_INVD = 13,
  MOS_VMX_EXIT_INVLPG = 14,
  MOS_VMX_EXIT_RDPMC = 15,
  MOS_VMX_EXIT_RDTSC = 16,
  MOS_VMX_EXIT_RSM = 17,
  MOS_VMX_EXIT_VMCALL = 18,
  MOS_VMX_EXIT_VMCLEAR = 19,
  MOS_VMX_EXIT_VMLAUNCH = 20,
  MOS_VMX_EXIT_VMPTRLD = 21,
  MOS_VMX_EXIT_VMPTRST = 22,
  MOS_VMX_EXIT_VMREAD = 23,
  MOS_VMX_EXIT_VMRESUME = 24,
  MOS_VMX_EXIT_VMWRITE = 25,
  MOS_VMX_EXIT_VMXOFF = 26,
  MOS_VMX_EXIT_VMXON = 27,
  MOS_VMX_EXIT_CR_ACCESS = 28,
  MOS_VMX_EXIT_DR_ACCESS = 29,
  MOS_VMX_EXIT_IO = 30,
  MOS_VMX_EXIT_RDMSR = 31,
  MOS_VMX_EXIT_WRMSR = 32,
  MOS_VMX_EXIT_BAD_GUEST = 33,
  MOS_VMX_EXIT_BAD_MSR = 34,
  MOS_VMX_EXIT_MWAIT = 36,
  MOS_VMX_EXIT_MTF = 37,
  MOS_VMX_EXIT_MONITOR = 39,
  MOS_VMX_EXIT_PAUSE = 40,
  MOS_VMX_EXIT_MACHINE_CHECK = 41,
  MOS_VMX_EXIT_TPR = 43,
  MOS_VMX_EXIT_APIC_ACCESS = 44,
  MOS_VMX_EXIT_EOI = 45,
  MOS_VMX_EXIT_GDTR_IDTR = 46,
  MOS_VMX_EXIT_LDTR_TR = 47,
  MOS_VMX_EXIT_EPT_VIOLATION = 48,
  MOS_VMX_EXIT_EPT_MISCONFIGURATION = 49,
  MOS_VMX_EXIT_INVEPT = 50,
  MOS_VMX_EXIT_RDTSCP = 51,
  MOS_VMX_EXIT_PREEMPTION = 52,
  MOS_VMX_EXIT_INVVPID = 53,
  MOS_VMX_EXIT_WBINVD = 54,
  MOS_VMX_EXIT_XSETBV = 55,
  MOS_VMX_EXIT_APIC_WRITE = 56,
  MOS_VMX_EXIT_RDRAND = 57,
  MOS_VMX_EXIT_INVPCID = 58,
  MOS_VMX_EXIT_VMFUNC = 59,
  MOS_VMX_EXIT_ENCLS = 60,
  MOS_VMX_EXIT_RDSEED = 61,
  MOS_VMX_EXIT_PML_FULL = 62,
  MOS_VMX_EXIT_XSAVES = 63,
  MOS_VMX_EXIT_XRSTORS = 64,
  MOS_VMX_EXIT_PCONFIG = 65,
  MOS_VMX_EXIT_SPP = 66,
  MOS_VMX_EXIT_UMWAIT = 67,
  MOS_VMX_EXIT_TPAUSE = 68,
  MOS_VMX_EXIT_LOADIWKEY = 69,
  MOS_VMX_EXIT_ENCLV = 70,
  MOS_VMX_EXIT_ENQCMD_PASID = 72,
  MOS_VMX_EXIT_ENQCMDS_PASID = 73,
  MOS_VMX_EXIT_BUS_LOCK = 74,
  MOS_VMX_EXIT_TIMEOUT = 75,
  MOS_VMX_N_EXITS = 76
} MosVmxExit;

#define MOS_VMX_EXIT_FAILED 0x80000000u

typedef struct {
  const char   *name;          /* as the manual writes it; NULL: reserved */
  MosExitReason reason;        /* what both vendors call alike */
  const char   *qualification; /* what it says; NULL: nothing. translatable */
  const char   *help;          /* translatable */
} MosVmxExitInfo;

/* Indexed by MosVmxExit. A control-register or port access that reads is
 * MOS_EXIT_CR_READ or _PORT_IN instead of what the row says. */
extern const MosVmxExitInfo mos_vmx_exits[MOS_VMX_N_EXITS];

/* VM-instruction errors. */
typedef enum {
  MOS_VMX_ERROR_VMCALL_ROOT = 1,
  MOS_VMX_ERROR_VMCLEAR_ADDRESS = 2,
  MOS_VMX_ERROR_VMCLEAR_VMXON = 3,
  MOS_VMX_ERROR_LAUNCH_NOT_CLEAR = 4,
  MOS_VMX_ERROR_RESUME_NOT_LAUNCHED = 5,
  MOS_VMX_ERROR_CONTROLS = 7,
  MOS_VMX_ERROR_HOST = 8,
  MOS_VMX_ERROR_VMPTRLD_ADDRESS = 9,
  MOS_VMX_ERROR_VMPTRLD_VMXON = 10,
  MOS_VMX_ERROR_VMPTRLD_REVISION = 11,
  MOS_VMX_ERROR_FIELD = 12,
  MOS_VMX_ERROR_READ_ONLY = 13,
  MOS_VMX_ERROR_VMXON_ROOT = 15,
  MOS_VMX_ERROR_BLOCKED = 26,
  MOS_VMX_ERROR_INV_OPERAND = 28,
  MOS_VMX_N_ERRORS = 29
} MosVmxError;

/* Indexed by error number, translatable; NULL: none has it. */
extern const char *const mos_vmx_errors[MOS_VMX_N_ERRORS];

/* The capability registers, from VMX_BASIC (0x480) on. */
#define MOS_VMX_N_MSRS 18
enum {
  MOS_VMX_MSR_BASIC,
  MOS_VMX_MSR_PIN,
  MOS_VMX_MSR_PROC,
  MOS_VMX_MSR_EXIT,
  MOS_VMX_MSR_ENTRY,
  MOS_VMX_MSR_MISC,
  MOS_VMX_MSR_CR0_FIXED0,
  MOS_VMX_MSR_CR0_FIXED1,
  MOS_VMX_MSR_CR4_FIXED0,
  MOS_VMX_MSR_CR4_FIXED1,
  MOS_VMX_MSR_VMCS_ENUM,
  MOS_VMX_MSR_PROC2,
  MOS_VMX_MSR_EPT_VPID,
  MOS_VMX_MSR_TRUE_PIN,
  MOS_VMX_MSR_TRUE_PROC,
  MOS_VMX_MSR_TRUE_EXIT,
  MOS_VMX_MSR_TRUE_ENTRY,
  MOS_VMX_MSR_VMFUNC
};

/* What one processor can do. */
typedef struct {
  guint64 msr[MOS_VMX_N_MSRS];
  guint64 must[MOS_VMX_N_FIELD_SETS]; /* bits that must be 1 */
  guint64 may[MOS_VMX_N_SETS];        /* bits that may be 1 */
  guint64 efer_may;                   /* bits EFER has */
  guint64 debugctl_may;
  guint   phys_bits; /* width of physical addresses */
} MosVmxCaps;

/* What the capabilities depend on besides the table. */
typedef struct {
  guint64 cr4;       /* bits the processor has, VMXE among them */
  guint64 efer;      /* bits the processor has */
  guint64 debugctl;  /* bits of DEBUGCTL it has */
  guint   phys_bits; /* 36 to 52 */
  guint32 proc2_off; /* secondary controls whose instruction is missing */
} MosVmxModel;

void mos_vmx_caps_init (MosVmxCaps *self, const MosVmxModel *model);

/* Whether the processor has the control or capability. */
static inline gboolean
mos_vmx_can (const MosVmxCaps *self, MosVmxControl control)
{
  return control == MOS_VMX_ALWAYS ||
         (self->may[mos_vmx_control_set (control)] &
          mos_vmx_control_mask (control)) != 0;
}

/* The field's value of a set of controls; the secondary ones are 0 unless they
 * are activated. */
static inline guint64
mos_vmcs_controls (const MosVmcs *self, MosVmxSet set)
{
  switch (set) {
  case MOS_VMX_SET_PIN:
    return self->field[MOS_VMCS_PIN_CONTROLS];
  case MOS_VMX_SET_PROC:
    return self->field[MOS_VMCS_PROC_CONTROLS];
  case MOS_VMX_SET_PROC2:
    return (self->field[MOS_VMCS_PROC_CONTROLS] &
            mos_vmx_control_mask (MOS_VMX_SECONDARY)) != 0
               ? self->field[MOS_VMCS_PROC2_CONTROLS]
               : 0;
  case MOS_VMX_SET_EXIT:
    return self->field[MOS_VMCS_EXIT_CONTROLS];
  case MOS_VMX_SET_ENTRY:
    return self->field[MOS_VMCS_ENTRY_CONTROLS];
  default:
    return 0;
  }
}

/* Whether a VMCS has the control at 1. */
static inline gboolean
mos_vmcs_on (const MosVmcs *self, MosVmxControl control)
{
  return (mos_vmcs_controls (self, mos_vmx_control_set (control)) &
          mos_vmx_control_mask (control)) != 0;
}

/* Whether the processor has the field (VMREAD's error 12). */
gboolean mos_vmx_has_field (const MosVmxCaps *self, MosVmcsField field);

/* An exit reason field as text: "EPT violation"; never NULL. */
const char *mos_vmx_exit_name (guint32 reason);

G_END_DECLS
