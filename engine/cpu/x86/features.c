/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the feature bits of CPUID mean, for people.
 *
 * Tables only, one for each word; engine/cpu/x86/features.h names the same
 * bits for code.
 */

#include "engine/cpu/x86/features.h"

#include <glib/gi18n-lib.h>

/* Leaf 1, ECX */
const MosField mos_cpuid_1_ecx_fields[] = {
  { "SSE3", 0, 1, N_ ("SSE3") },
  { "PCLMULQDQ", 1, 1, N_ ("Carry-less multiplication") },
  { "MONITOR", 3, 1, N_ ("MONITOR and MWAIT") },
  { "VMX", 5, 1, N_ ("Intel VT-x") },
  { "SSSE3", 9, 1, N_ ("Supplemental SSE3") },
  { "FMA", 12, 1, N_ ("Fused multiply and add") },
  { "CX16", 13, 1, N_ ("CMPXCHG16B") },
  { "PCID", 17, 1, N_ ("TLB entries may carry a process number") },
  { "SSE41", 19, 1, N_ ("SSE4.1") },
  { "SSE42", 20, 1, N_ ("SSE4.2") },
  { "X2APIC", 21, 1, N_ ("The local APIC has an MSR interface") },
  { "MOVBE", 22, 1, N_ ("MOVBE") },
  { "POPCNT", 23, 1, N_ ("POPCNT") },
  { "TSC_DEADLINE", 24, 1, N_ ("The APIC timer takes a TSC value") },
  { "AES", 25, 1, N_ ("AES instructions") },
  { "XSAVE", 26, 1, N_ ("XSAVE and XCR0") },
  { "OSXSAVE", 27, 1, N_ ("The system has set CR4.OSXSAVE") },
  { "AVX", 28, 1, N_ ("AVX") },
  { "F16C", 29, 1, N_ ("Half-precision conversion") },
  { "RDRAND", 30, 1, N_ ("Random numbers") },
  { "HYPERVISOR", 31, 1, N_ ("A hypervisor runs this") },
  { NULL },
};

/* Leaf 1, EDX */
const MosField mos_cpuid_1_edx_fields[] = {
  { "FPU", 0, 1, N_ ("x87") },
  { "VME", 1, 1, N_ ("Virtual-8086 mode extensions") },
  { "DE", 2, 1, N_ ("I/O breakpoints") },
  { "PSE", 3, 1, N_ ("4 MiB pages") },
  { "TSC", 4, 1, N_ ("Time stamp counter") },
  { "MSR", 5, 1, N_ ("RDMSR and WRMSR") },
  { "PAE", 6, 1, N_ ("64-bit page-table entries") },
  { "MCE", 7, 1, N_ ("Machine check exception") },
  { "CX8", 8, 1, N_ ("CMPXCHG8B") },
  { "APIC", 9, 1, N_ ("A local APIC") },
  { "SEP", 11, 1, N_ ("SYSENTER and SYSEXIT") },
  { "MTRR", 12, 1, N_ ("Memory type ranges") },
  { "PGE", 13, 1, N_ ("Global pages") },
  { "MCA", 14, 1, N_ ("Machine check banks") },
  { "CMOV", 15, 1, N_ ("Conditional moves") },
  { "PAT", 16, 1, N_ ("Page attribute table") },
  { "PSE36", 17, 1, N_ ("4 MiB pages above 4 GiB") },
  { "CLFSH", 19, 1, N_ ("CLFLUSH") },
  { "MMX", 23, 1, N_ ("MMX") },
  { "FXSR", 24, 1, N_ ("FXSAVE and FXRSTOR") },
  { "SSE", 25, 1, N_ ("SSE") },
  { "SSE2", 26, 1, N_ ("SSE2") },
  { "HTT", 28, 1, N_ ("More than one logical processor") },
  { NULL },
};

/* Leaf 7, EBX */
const MosField mos_cpuid_7_ebx_fields[] = {
  { "FSGSBASE", 0, 1, N_ ("User mode may set the bases of FS and GS") },
  { "TSC_ADJUST", 1, 1, N_ ("The TSC has an adjustment MSR") },
  { "BMI1", 3, 1, N_ ("Bit manipulation 1") },
  { "AVX2", 5, 1, N_ ("AVX2") },
  { "SMEP", 7, 1, N_ ("The supervisor may not run user pages") },
  { "BMI2", 8, 1, N_ ("Bit manipulation 2") },
  { "ERMS", 9, 1, N_ ("Fast REP MOVSB and STOSB") },
  { "INVPCID", 10, 1, N_ ("INVPCID") },
  { "AVX512F", 16, 1, N_ ("AVX-512 foundation") },
  { "AVX512DQ", 17, 1, N_ ("AVX-512 doubles and quads") },
  { "RDSEED", 18, 1, N_ ("Random seeds") },
  { "ADX", 19, 1, N_ ("ADCX and ADOX") },
  { "SMAP", 20, 1, N_ ("The supervisor may not touch user pages") },
  { "AVX512IFMA", 21, 1, N_ ("AVX-512 integer multiply and add") },
  { "CLFLUSHOPT", 23, 1, N_ ("CLFLUSHOPT") },
  { "CLWB", 24, 1, N_ ("CLWB") },
  { "AVX512CD", 28, 1, N_ ("AVX-512 conflict detection") },
  { "SHA", 29, 1, N_ ("SHA instructions") },
  { "AVX512BW", 30, 1, N_ ("AVX-512 bytes and words") },
  { "AVX512VL", 31, 1, N_ ("AVX-512 on shorter vectors") },
  { NULL },
};

/* Leaf 7, ECX */
const MosField mos_cpuid_7_ecx_fields[] = {
  { "AVX512VBMI", 1, 1, N_ ("AVX-512 byte permutation") },
  { "UMIP", 2, 1, N_ ("SGDT and its like can be kept from user mode") },
  { "PKU", 3, 1, N_ ("Protection keys") },
  { "OSPKE", 4, 1, N_ ("The system has set CR4.PKE") },
  { "GFNI", 8, 1, N_ ("Galois field instructions") },
  { "VAES", 9, 1, N_ ("AES on wider vectors") },
  { "VPCLMULQDQ", 10, 1, N_ ("Carry-less multiplication of wider vectors") },
  { "LA57", 16, 1, N_ ("Five levels of page tables") },
  { "RDPID", 22, 1, N_ ("RDPID") },
  { NULL },
};

/* Leaf 7, EDX */
const MosField mos_cpuid_7_edx_fields[] = {
  { "FSRM", 4, 1, N_ ("Fast short REP MOVSB") },
  { "SPEC_CTRL", 26, 1, N_ ("Speculation controls") },
  { "ARCH_CAPABILITIES", 29, 1, N_ ("The architecture capabilities MSR") },
  { "SSBD", 31, 1, N_ ("Speculative store bypass can be turned off") },
  { NULL },
};

/* Leaf 0xd.1, EAX */
const MosField mos_cpuid_d1_eax_fields[] = {
  { "XSAVEOPT", 0, 1, N_ ("XSAVEOPT") },
  { "XSAVEC", 1, 1, N_ ("XSAVEC") },
  { "XGETBV1", 2, 1, N_ ("XGETBV with ECX = 1") },
  { "XSAVES", 3, 1, N_ ("XSAVES and IA32_XSS") },
  { NULL },
};

/* Leaf 0x80000001, ECX */
const MosField mos_cpuid_80000001_ecx_fields[] = {
  { "LAHF_LM", 0, 1, N_ ("LAHF and SAHF in long mode") },
  { "CMP_LEGACY", 1, 1, N_ ("The logical processors are cores") },
  { "SVM", 2, 1, N_ ("AMD-V") },
  { "CR8_LEGACY", 4, 1, N_ ("LOCK MOV CR0 reaches CR8") },
  { "LZCNT", 5, 1, N_ ("LZCNT") },
  { "SSE4A", 6, 1, N_ ("SSE4A") },
  { "MISALIGNSSE", 7, 1, N_ ("SSE may be set to allow unaligned operands") },
  { "PREFETCHW", 8, 1, N_ ("PREFETCHW") },
  { "OSVW", 9, 1, N_ ("Workaround MSRs") },
  { "TOPOEXT", 22, 1, N_ ("Topology leaves") },
  { NULL },
};

/* Leaf 0x80000001, EDX */
const MosField mos_cpuid_80000001_edx_fields[] = {
  { "SYSCALL", 11, 1, N_ ("SYSCALL and SYSRET") },
  { "NX", 20, 1, N_ ("Pages may forbid execution") },
  { "MMXEXT", 22, 1, N_ ("AMD extensions to MMX") },
  { "FFXSR", 25, 1, N_ ("Fast FXSAVE and FXRSTOR") },
  { "PAGE1GB", 26, 1, N_ ("1 GiB pages") },
  { "RDTSCP", 27, 1, N_ ("RDTSCP") },
  { "LM", 29, 1, N_ ("Long mode") },
  { "3DNOWEXT", 30, 1, N_ ("Extensions to 3DNow!") },
  { "3DNOW", 31, 1, N_ ("3DNow!") },
  { NULL },
};

/* Leaf 0x8000000a, EDX */
const MosField mos_cpuid_8000000a_edx_fields[] = {
  { "NP", 0, 1, N_ ("Nested paging") },
  { "LBRV", 1, 1, N_ ("Last branch records are virtualised") },
  { "NRIPS", 3, 1, N_ ("The next RIP is saved on an exit") },
  { "VMCBCLEAN", 5, 1, N_ ("VMCB clean bits") },
  { "FLUSHBYASID", 6, 1, N_ ("One ASID can be flushed") },
  { "DECODEASSISTS", 7, 1, N_ ("Instruction bytes are saved on an exit") },
  { "PAUSEFILTER", 10, 1, N_ ("PAUSE exits can be thinned out") },
  { "PAUSETHRESHOLD", 12, 1, N_ ("PAUSEs far apart are not counted") },
  { "VLS", 15, 1, N_ ("VMLOAD and VMSAVE of a guest need no exit") },
  { "VGIF", 16, 1, N_ ("A guest may have a global interrupt flag") },
  { NULL },
};
