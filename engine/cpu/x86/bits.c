/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the bits of the processor's registers mean, for people.
 *
 * Tables only.  Intel SDM volume 3, "Control Registers", "Extended Feature
 * Enable Register", "Debug Registers", "Hierarchical Paging Structures";
 * volume 1, "EFLAGS Register".
 */

#include "engine/cpu/x86/bits.h"

#include <glib/gi18n-lib.h>

const MosField mos_cr0_fields[] = {
  { "PE", 0, 1, N_ ("Protected mode is on") },
  { "MP", 1, 1, N_ ("WAIT heeds TS") },
  { "EM", 2, 1, N_ ("Floating-point instructions raise #NM") },
  { "TS", 3, 1, N_ ("The task changed since the FPU was used") },
  { "ET", 4, 1, N_ ("The FPU is there; always set") },
  { "NE", 5, 1, N_ ("FPU errors raise #MF instead of an interrupt") },
  { "WP", 16, 1, N_ ("Read-only pages bind the supervisor too") },
  { "AM", 18, 1, N_ ("Unaligned accesses may raise #AC in user mode") },
  { "NW", 29, 1, N_ ("Caches do not write through") },
  { "CD", 30, 1, N_ ("Caches are off") },
  { "PG", 31, 1, N_ ("Paging is on") },
  { NULL },
};

const MosField mos_cr3_fields[] = {
  { "PWT", 3, 1, N_ ("The top page table is cached write-through") },
  { "PCD", 4, 1, N_ ("The top page table is not cached") },
  { "Frame", 12, 40, N_ ("The page number of the top page table") },
  { NULL },
};

const MosField mos_cr4_fields[] = {
  { "VME", 0, 1, N_ ("Virtual-8086 mode extensions") },
  { "PVI", 1, 1, N_ ("Virtual interrupt flag in protected mode") },
  { "TSD", 2, 1, N_ ("RDTSC is for the supervisor only") },
  { "DE", 3, 1, N_ ("DR4 and DR5 raise #UD; I/O breakpoints exist") },
  { "PSE", 4, 1, N_ ("4 MiB pages with 32-bit paging") },
  { "PAE", 5, 1, N_ ("Page-table entries have 64 bits") },
  { "MCE", 6, 1, N_ ("Machine checks raise #MC") },
  { "PGE", 7, 1, N_ ("Global pages stay in the TLB") },
  { "PCE", 8, 1, N_ ("RDPMC is allowed in user mode") },
  { "OSFXSR", 9, 1, N_ ("The system saves SSE registers; SSE works") },
  { "OSXMMEXCPT", 10, 1, N_ ("SSE exceptions raise #XM") },
  { "UMIP", 11, 1, N_ ("SGDT and its like are for the supervisor only") },
  { "LA57", 12, 1, N_ ("Five levels of page tables") },
  { "VMXE", 13, 1, N_ ("VMX instructions are allowed") },
  { "SMXE", 14, 1, N_ ("SMX instructions are allowed") },
  { "FSGSBASE", 16, 1, N_ ("User mode may set the bases of FS and GS") },
  { "PCIDE", 17, 1, N_ ("TLB entries carry a process number") },
  { "OSXSAVE", 18, 1, N_ ("XSAVE works, XCR0 exists") },
  { "SMEP", 20, 1, N_ ("The supervisor may not run user pages") },
  { "SMAP", 21, 1, N_ ("The supervisor may not touch user pages") },
  { "PKE", 22, 1, N_ ("Protection keys for user pages") },
  { "CET", 23, 1, N_ ("Shadow stacks and branch tracking") },
  { NULL },
};

const MosField mos_efer_fields[] = {
  { "SCE", 0, 1, N_ ("SYSCALL is allowed") },
  { "LME", 8, 1, N_ ("Long mode starts when paging does") },
  { "LMA", 10, 1, N_ ("Long mode is active") },
  { "NXE", 11, 1, N_ ("Pages may forbid execution") },
  { "SVME", 12, 1, N_ ("AMD-V instructions are allowed") },
  { "LMSLE", 13, 1, N_ ("Segment limits hold in long mode") },
  { "FFXSR", 14, 1, N_ ("FXSAVE leaves SSE registers out in the kernel") },
  { "TCE", 15, 1, N_ ("INVLPG flushes only what it must") },
  { NULL },
};

const MosField mos_rflags_fields[] = {
  { "CF", 0, 1, N_ ("Carry") },
  { "PF", 2, 1, N_ ("The low byte has an even number of ones") },
  { "AF", 4, 1, N_ ("Carry out of the low four bits") },
  { "ZF", 6, 1, N_ ("The result is zero") },
  { "SF", 7, 1, N_ ("The result is negative") },
  { "TF", 8, 1, N_ ("Single step") },
  { "IF", 9, 1, N_ ("Interrupts are let in") },
  { "DF", 10, 1, N_ ("String instructions go downwards") },
  { "OF", 11, 1, N_ ("The signed result did not fit") },
  { "IOPL", 12, 2, N_ ("The least privilege that may use ports") },
  { "NT", 14, 1, N_ ("IRET returns to another task") },
  { "RF", 16, 1, N_ ("Breakpoints are ignored for one instruction") },
  { "VM", 17, 1, N_ ("Virtual-8086 mode") },
  { "AC", 18, 1, N_ ("Alignment checks, or user pages are open") },
  { "VIF", 19, 1, N_ ("Virtual interrupt flag") },
  { "VIP", 20, 1, N_ ("A virtual interrupt waits") },
  { "ID", 21, 1, N_ ("CPUID exists if this can be changed") },
  { NULL },
};

const MosField mos_dr6_fields[] = {
  { "B0", 0, 1, N_ ("Breakpoint 0 was met") },
  { "B1", 1, 1, N_ ("Breakpoint 1 was met") },
  { "B2", 2, 1, N_ ("Breakpoint 2 was met") },
  { "B3", 3, 1, N_ ("Breakpoint 3 was met") },
  { "BD", 13, 1, N_ ("A debug register was about to be touched") },
  { "BS", 14, 1, N_ ("A single step") },
  { "BT", 15, 1, N_ ("A task switch") },
  { NULL },
};

const MosField mos_dr7_fields[] = {
  { "L0", 0, 1, N_ ("Breakpoint 0 is on in this task") },
  { "G0", 1, 1, N_ ("Breakpoint 0 is on") },
  { "L1", 2, 1, N_ ("Breakpoint 1 is on in this task") },
  { "G1", 3, 1, N_ ("Breakpoint 1 is on") },
  { "L2", 4, 1, N_ ("Breakpoint 2 is on in this task") },
  { "G2", 5, 1, N_ ("Breakpoint 2 is on") },
  { "L3", 6, 1, N_ ("Breakpoint 3 is on in this task") },
  { "G3", 7, 1, N_ ("Breakpoint 3 is on") },
  { "LE", 8, 1, N_ ("Exact breakpoints in this task; without effect") },
  { "GE", 9, 1, N_ ("Exact breakpoints; without effect") },
  { "GD", 13, 1, N_ ("Touching a debug register raises #DB") },
  { "RW0", 16, 2, N_ ("0: execution, 1: write, 2: port, 3: access") },
  { "LEN0", 18, 2, N_ ("Length of 1, 2, 8 or 4 bytes") },
  { "RW1", 20, 2, N_ ("0: execution, 1: write, 2: port, 3: access") },
  { "LEN1", 22, 2, N_ ("Length of 1, 2, 8 or 4 bytes") },
  { "RW2", 24, 2, N_ ("0: execution, 1: write, 2: port, 3: access") },
  { "LEN2", 26, 2, N_ ("Length of 1, 2, 8 or 4 bytes") },
  { "RW3", 28, 2, N_ ("0: execution, 1: write, 2: port, 3: access") },
  { "LEN3", 30, 2, N_ ("Length of 1, 2, 8 or 4 bytes") },
  { NULL },
};

const MosField mos_xcr0_fields[] = {
  { "X87", 0, 1, N_ ("x87 registers; always set") },
  { "SSE", 1, 1, N_ ("XMM registers and MXCSR") },
  { "AVX", 2, 1, N_ ("Upper halves of the YMM registers") },
  { "BNDREG", 3, 1, N_ ("Bound registers") },
  { "BNDCSR", 4, 1, N_ ("Bound configuration") },
  { "OPMASK", 5, 1, N_ ("AVX-512 mask registers") },
  { "ZMM_HI256", 6, 1, N_ ("Upper halves of ZMM0 to ZMM15") },
  { "HI16_ZMM", 7, 1, N_ ("ZMM16 to ZMM31") },
  { "PKRU", 9, 1, N_ ("Protection key rights") },
  { NULL },
};

const MosField mos_apic_base_fields[] = {
  { "BSP", 8, 1, N_ ("This is the boot processor") },
  { "EXTD", 10, 1, N_ ("x2APIC mode: registers are MSRs") },
  { "EN", 11, 1, N_ ("The local APIC is on") },
  { "Frame", 12, 40, N_ ("The page number of its registers") },
  { NULL },
};

const MosField mos_pte_fields[] = {
  { "P", 0, 1, N_ ("Present") },
  { "RW", 1, 1, N_ ("May be written") },
  { "US", 2, 1, N_ ("User mode may use it") },
  { "PWT", 3, 1, N_ ("Cached write-through") },
  { "PCD", 4, 1, N_ ("Not cached") },
  { "A", 5, 1, N_ ("Was used") },
  { "D", 6, 1, N_ ("Was written, in the last level") },
  { "PS", 7, 1, N_ ("A large page; PAT in the last level") },
  { "G", 8, 1, N_ ("Global: stays in the TLB") },
  { "Frame", 12, 40, N_ ("The page number of what it points to") },
  { "PKEY", 59, 4, N_ ("Protection key") },
  { "XD", 63, 1, N_ ("May not be executed") },
  { NULL },
};

const MosField mos_page_fault_fields[] = {
  { "P", 0, 1, N_ ("The page was there but forbade the access") },
  { "W", 1, 1, N_ ("A write") },
  { "U", 2, 1, N_ ("From user mode") },
  { "R", 3, 1, N_ ("A reserved bit was set in an entry") },
  { "I", 4, 1, N_ ("An instruction fetch") },
  { "PK", 5, 1, N_ ("A protection key forbade it") },
  { "SS", 6, 1, N_ ("A shadow-stack access") },
  { NULL },
};

const MosExceptionInfo mos_exceptions[MOS_N_EXCEPTIONS] = {
  [MOS_EXC_DE] = { "#DE", N_ ("Divide error") },
  [MOS_EXC_DB] = { "#DB", N_ ("Debug") },
  [MOS_EXC_NMI] = { "NMI", N_ ("Non-maskable interrupt") },
  [MOS_EXC_BP] = { "#BP", N_ ("Breakpoint") },
  [MOS_EXC_OF] = { "#OF", N_ ("Overflow") },
  [MOS_EXC_BR] = { "#BR", N_ ("Bound range exceeded") },
  [MOS_EXC_UD] = { "#UD", N_ ("Invalid opcode") },
  [MOS_EXC_NM] = { "#NM", N_ ("Device not available") },
  [MOS_EXC_DF] = { "#DF", N_ ("Double fault"), TRUE },
  [MOS_EXC_TS] = { "#TS", N_ ("Invalid task state"), TRUE },
  [MOS_EXC_NP] = { "#NP", N_ ("Segment not present"), TRUE },
  [MOS_EXC_SS] = { "#SS", N_ ("Stack fault"), TRUE },
  [MOS_EXC_GP] = { "#GP", N_ ("General protection"), TRUE },
  [MOS_EXC_PF] = { "#PF", N_ ("Page fault"), TRUE },
  [MOS_EXC_MF] = { "#MF", N_ ("x87 floating-point error") },
  [MOS_EXC_AC] = { "#AC", N_ ("Alignment check"), TRUE },
  [MOS_EXC_MC] = { "#MC", N_ ("Machine check") },
  [MOS_EXC_XM] = { "#XM", N_ ("SIMD floating-point exception") },
  [MOS_EXC_VE] = { "#VE", N_ ("Virtualization exception") },
  [MOS_EXC_CP] = { "#CP", N_ ("Control protection"), TRUE },
  [MOS_EXC_HV] = { "#HV", N_ ("Hypervisor injection") },
  [MOS_EXC_VC] = { "#VC", N_ ("VMM communication"), TRUE },
  [MOS_EXC_SX] = { "#SX", N_ ("Security exception"), TRUE },
};
