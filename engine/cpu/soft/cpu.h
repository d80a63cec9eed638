/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One virtual processor of the software CPU.
 *
 * The registers here are the working copies, laid out for the handlers: status
 * flags as the host's LAHF and SETO give them, segment bases next to each
 * other, vector registers whole. state.c turns them into a MosCpuState and
 * back.
 *
 * Threads: everything belongs to the thread that runs the vCPU, except the
 * mailbox (pending, requests) and what lapic.h says is shared.
 */
#pragma once

#include <setjmp.h>

#include "engine/cpu/backend.h"
#include "engine/cpu/soft/guest-types.h"
#include "engine/cpu/soft/lapic.h"
#include "engine/cpu/soft/mmu-types.h"
#include "engine/cpu/soft/pmu.h"
#include "engine/cpu/soft/uop.h"
#include "engine/cpu/x86/cpuid.h"

G_BEGIN_DECLS

/* Two slots behind the sixteen general registers. */
#define MOS_SLOT_RIP    16 /* RIP of the running block's first instruction */
#define MOS_SLOT_ZERO   17 /* always zero */
#define MOS_OFFSET_RIP  (MOS_SLOT_RIP * 8)
#define MOS_OFFSET_ZERO (MOS_SLOT_ZERO * 8)
#define MOS_N_SLOTS     18

/*
 * The six status flags, as `lahf; seto %al` leaves them in AX: bit 0 is OF,
 * bits 8 to 15 are SF ZF 0 AF 0 PF 1 CF.
 */
enum {
  MOS_FL_OF = 1u << 0,
  MOS_FL_CF = 1u << 8,
  MOS_FL_ONE = 1u << 9,
  MOS_FL_PF = 1u << 10,
  MOS_FL_AF = 1u << 12,
  MOS_FL_ZF = 1u << 14,
  MOS_FL_SF = 1u << 15
};

/* What a block depends on; part of its identity. */
enum {
  MOS_KEY_CPL = 3u << 0,
  MOS_KEY_CS64 = 1u << 2,
  MOS_KEY_CS32 = 1u << 3,
  MOS_KEY_SS32 = 1u << 4,
  MOS_KEY_V86 = 1u << 5,
  MOS_KEY_REAL = 1u << 6, /* CR0.PE = 0 */
  MOS_KEY_LMA = 1u << 7,
  MOS_KEY_FLAT_SHIFT = 8, /* bits 8 to 13: no limit to check, by segment */
  MOS_KEY_FLAT = 0x3fu << 8,
  MOS_KEY_STEP = 1u << 14,  /* one instruction a block: TF, breakpoints */
  MOS_KEY_ALIGN = 1u << 15, /* alignment checks are on */
  MOS_KEY_TS = 1u << 16,    /* CR0.TS */
  MOS_KEY_EM = 1u << 17,    /* CR0.EM */
  MOS_KEY_MP = 1u << 18,    /* CR0.MP */
  MOS_KEY_SSE = 1u << 19,   /* CR4.OSFXSR */
  MOS_KEY_XSAVE = 1u << 20, /* CR4.OSXSAVE */
  MOS_KEY_AVX = 1u << 21,   /* XCR0 has SSE and AVX */
  MOS_KEY_GUEST = 1u << 22  /* runs under a nested control block */
};

/* Reasons to look up from guest code; MosSoftCpu.pending, atomic. */
enum {
  MOS_PENDING_KICK = 1u << 0,      /* mos_vcpu_kick() */
  MOS_PENDING_INTERRUPT = 1u << 1, /* the local APIC or INTR may have one */
  MOS_PENDING_NMI = 1u << 2,
  MOS_PENDING_INIT = 1u << 3,
  MOS_PENDING_SIPI = 1u << 4,
  MOS_PENDING_FLUSH = 1u << 5, /* the memory map changed: drop the TLB */
  MOS_PENDING_CODE = 1u << 6,  /* code pages in the mailbox are stale */
  MOS_PENDING_TRAP = 1u << 7,  /* own thread: single-step or data breakpoint */
  MOS_PENDING_ARENA = 1u << 8, /* own thread: no room for more blocks */
  MOS_PENDING_YIELD = 1u << 9, /* own thread: end of a deterministic turn */
  MOS_PENDING_GUEST = 1u << 10 /* guest mode: ops->events has more to look at */
};

#define MOS_SOFT_MAX_MSRS 128

/* 32 bytes for AVX; the low 16 are the XMM register. */
typedef union {
  guint8  u8[32];
  guint16 u16[16];
  guint32 u32[8];
  guint64 u64[4];
  float   f32[8];
  double  f64[4];
} __attribute__ ((aligned (32))) MosVector;

/* st[] by physical register: ST(i) is st[(TOP + i) & 7], MM n is st[n]. */
typedef struct {
  MosVector v[16];
  struct {
    guint64 mantissa; /* also MM0 to MM7 */
    guint16 exponent;
    guint16 reserved[3];
  } st[8];
  guint16 fcw;
  guint16 fsw;
  guint8  ftw; /* abridged: bit n set if physical register n is in use */
  guint16 fop;
  guint16 fcs;
  guint16 fds;
  guint64 fip;
  guint64 fdp;
  guint32 mxcsr;
} MosSoftFpu;

/* An exception on its way from where it is found to the run loop. */
typedef struct {
  guint8   vector;
  gboolean has_error;
  guint32  error;
  guint64  address; /* CR2 of a page fault, DR6 bits of a debug exception */
} MosFault;

typedef struct MosSoftCpus MosSoftCpus;

struct MosSoftCpu {
  /* Hot: guest code touches these all the time. Must come first. */
  guint64       gpr[MOS_N_SLOTS];
  guint16       fl;      /* MOS_FL_… */
  guint32       pending; /* MOS_PENDING_…; atomic, paired with notify */
  gint64        budget;  /* instructions until the run loop looks up */
  MosBlock     *block;   /* the running one */
  MosTlbEntry  *tlb;     /* of the current mode */
  guint64       tlb_tag; /* of the current address space */
  guint64       epoch;   /* validates jumps between pages */
  guint64       key;     /* MOS_KEY_… */
  guint64       ip_bias; /* a target is fine if target + bias <= limit */
  guint64       ip_limit;
  guint64       seg_base[8]; /* as addressing uses them (0 in 64-bit mode) */
  guint64       sp_mask;     /* by SS.B */
  MosJumpEntry *jumps;
  MosBus       *bus;
  MosTrace     *trace; /* of the bus */

  /* For exec/thunk.h: MXCSR in and out, the host's own, a memory operand. */
  guint32   scratch_mxcsr;
  guint32   host_mxcsr;
  gboolean  mxcsr_lent; /* see exec/fpu.h */
  MosVector scratch;

  /* Architectural state. */
  MosSoftFpu       fpu;
  guint64          rflags; /* without the status flags */
  MosSegment       seg[MOS_N_SEGS];
  MosTableRegister gdt;
  MosTableRegister idt;
  guint64          cr0, cr2, cr3, cr4, xcr0, efer;
  guint64          pdptr[4];
  guint64          dr[4], dr6, dr7;
  guint64          star, lstar, cstar, sfmask, kernel_gs_base;
  guint64          sysenter_cs, sysenter_esp, sysenter_eip, tsc_aux;
  guint64          tsc_offset, tsc_adjust; /* what the guest added to it */
  guint64          msr[MOS_SOFT_MAX_MSRS]; /* the others, by row of mos_msrs */
  MosLapic         lapic;
  MosPmu           pmu;
  guint8           shadow; /* interrupts held off: 1 MOV SS, 2 STI */
  gboolean nmi_masked, halted, waiting, shutdown; /* waiting: for SIPI */
  guint8   sipi_vector; /* valid with MOS_PENDING_SIPI; atomic */

  /* Faults: the run loop waits at fault_jump. */
  jmp_buf       fault_jump;
  MosFault      fault;
  const MosUop *fault_op;   /* NULL: RIP is right already */
  int           delivering; /* vector being delivered, or -1 */
  MosDelivery   delivery;   /* the same in full; kind NONE: nothing is */
  MosGuest      guest;      /* guest.h */
  gboolean      on_stack;   /* the access at hand is the stack's: #SS */
  MosTlbMode    tlb_mode;
  guint64       watch_hits; /* DR6 bits of data breakpoints just hit */

  /* Machinery. */
  MosVcpu         vcpu; /* what the outside holds */
  MosSoftCpus    *cpus;
  struct MosMmu  *mmu;
  struct MosCode *code;
  guint64         phys_reserved; /* address bits that must be 0 in tables */
  guint64         retired;       /* before budget_start was handed out */
  guint64         stamp_retired; /* when an event of the trace had a time of */
  guint           stamp_sharers; /* its own; how many may still share it */
  gint64          budget_start;  /* budget as last handed out */
  MosVcpuCounters counters;
  GMutex          sleep_lock; /* with sleep_cond: for halted processors */
  GCond           sleep_cond;
  guint           busy;      /* atomic: 1 while guest code may use the TLB */
  guint           sleeping;  /* atomic: somebody must signal sleep_cond */
  clockid_t       run_clock; /* with sleep_lock: of the thread that runs it */
  gboolean        on_clock;  /* with sleep_lock: run_ns lacks its time */
  gpointer        thread;    /* atomic: GThread that runs it, or NULL */
  gboolean        holds_split;
  guint           nmi_latched; /* atomic: an NMI waits */
  int             injected;    /* vector acknowledged but not delivered; -1 */
  gboolean        injected_exception; /* fault holds one to deliver */
  guint64         random;             /* state of RDRAND */
  guint           ext; /* EXT of error codes: 1 while delivering an event */
  gboolean        rsp_moved; /* POP to memory has moved rSP: a fault puts */
  guint64         rsp_saved; /* this back */
  gboolean        step_off;  /* this instruction raises no step trap */
  MosCpuidEntry   cpuid[64];
  guint           n_cpuid;
  guint32         features[8]; /* by MosCpuidWord */
  guint64        *unknown;     /* #UD for want of us, by Zydis mnemonic */
  const void     *insn_index;  /* of lower.h, from cpus */
};

/* All processors of a machine. */
struct MosSoftCpus {
  MosCpus                   cpus; /* what the outside holds */
  MosSoftCpu              **vcpu;
  MosCpuVendor              vendor;
  struct MosNestedObserver *observer; /* of guest mode, or NULL */
  gboolean                  nested, deterministic;
  gboolean                  barrier; /* engine/base/barrier.h is at hand */
  guint64                   tsc_hz;
  guint64                   a20_mask;  /* atomic; ANDed to physical addresses */
  guint                     intr;      /* atomic: level of the 8259's output */
  GMutex                    code_lock; /* code pages and their mailboxes */
  GMutex                    split_lock; /* locked accesses that cross a page */
  GMutex      map_lock;     /* one flush of all processors at a time */
  guint       clock_moved;  /* atomic: the manual clock's deadline is nearer */
  const void *insns;        /* lower.h */
  struct MosThunks *thunks; /* exec/thunk.h; NULL: no vector units */
};

/* Sets pending bits and wakes the processor. Any thread. */
void mos_cpu_notify (MosSoftCpu *cpu, guint bits);

/* General registers by byte offset, as in MosUop. */
static inline guint8 *
mos_r8 (MosSoftCpu *cpu, guint offset)
{
  return (guint8 *) cpu->gpr + offset;
}

static inline guint16 *
mos_r16 (MosSoftCpu *cpu, guint offset)
{
  return (guint16 *) ((guint8 *) cpu->gpr + offset);
}

static inline guint32 *
mos_r32 (MosSoftCpu *cpu, guint offset)
{
  return (guint32 *) ((guint8 *) cpu->gpr + offset);
}

static inline guint64 *
mos_r64 (MosSoftCpu *cpu, guint offset)
{
  return (guint64 *) ((guint8 *) cpu->gpr + offset);
}

/* Reads a register of @width bytes, zero-extended. */
static inline guint64
mos_reg_get (MosSoftCpu *cpu, guint offset, guint width)
{
  switch (width) {
  case 1:
    return *mos_r8 (cpu, offset);
  case 2:
    return *mos_r16 (cpu, offset);
  case 4:
    return *mos_r32 (cpu, offset);
  default:
    return *mos_r64 (cpu, offset);
  }
}

/* Writes a register: 32 bits clear the upper half, 8 and 16 leave the rest. */
static inline void
mos_reg_set (MosSoftCpu *cpu, guint offset, guint width, guint64 value)
{
  switch (width) {
  case 1:
    *mos_r8 (cpu, offset) = (guint8) value;
    break;
  case 2:
    *mos_r16 (cpu, offset) = (guint16) value;
    break;
  case 4:
    *mos_r64 (cpu, offset) = (guint32) value;
    break;
  default:
    *mos_r64 (cpu, offset) = value;
    break;
  }
}

G_END_DECLS
