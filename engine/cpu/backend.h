/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The one door to whatever executes guest code.
 *
 * Two implementations: engine/cpu/kvm (Linux KVM) and engine/cpu/soft (our own
 * processor). For users of backends: call through the mos_backend_…, _cpus_…
 * and _vcpu_… functions below. For implementers: fill in a MosBackendClass.
 *
 * A backend runs guest code on the calling thread (one thread per vCPU) and
 * sends device accesses to the MosBus by itself; mos_vcpu_run() returns only
 * for what the machine's owner must know.
 */
#pragma once

#include "engine/bus/bus.h"
#include "engine/cpu/state.h"

G_BEGIN_DECLS

typedef struct MosBackendClass   MosBackendClass;
typedef struct MosCpus           MosCpus; /* all processors of one machine */
typedef struct MosVcpu           MosVcpu;
typedef struct MosCpuModel       MosCpuModel;       /* engine/cpu/x86/cpuid.h */
typedef struct MosNestedObserver MosNestedObserver; /* engine/cpu/nested.h */

typedef enum {
  MOS_VENDOR_AMD,
  MOS_VENDOR_INTEL
} MosCpuVendor;

/* What a backend can do on this host; filled in by probe. */
typedef struct {
  gboolean usable;
  char    *why_not; /* one sentence with the remedy, if not usable */
  char    *details; /* one line for people: version, features, holes */
  gboolean irqchip; /* PIC, I/O APIC, PIT inside */
  gboolean nested_svm;
  gboolean nested_vmx;
  gboolean deterministic;
  gboolean pmu; /* performance counters for guests */
  guint    max_vcpus;
} MosBackendInfo;

void mos_backend_info_clear (MosBackendInfo *self);

typedef struct {
  guint              n_vcpus;
  const MosCpuModel *model;
  MosCpuVendor       vendor;
  gboolean           nested; /* offer SVM or VMX to the guest */
  gboolean           deterministic;
  gboolean           pmu;      /* offer performance counters to the guest */
  const char        *jit;      /* "auto", "always", "never" */
  MosBus            *bus;      /* outlives the processors */
  MosNestedObserver *observer; /* of guest mode; NULL: nobody looks */
} MosCpusSpec;

typedef enum {
  MOS_RUN_KICKED,   /* mos_vcpu_kick() */
  MOS_RUN_SHUTDOWN, /* triple fault; see mos_vcpu_get_state() for where */
  MOS_RUN_FAILED,   /* the backend cannot go on; the error says why */
  MOS_RUN_DEBUG     /* a breakpoint or single step set by the owner */
} MosRunResult;

/* Why the guest left guest mode; one table for both backends, the counters,
 * graphs and the manual. From MOS_EXIT_ENTRY on only hypervisors inside the
 * machine see them: what AMD-V and VT-x tell apart more finely is in the
 * tables of their exit codes. */
typedef enum {
  MOS_EXIT_PORT_IN,
  MOS_EXIT_PORT_OUT,
  MOS_EXIT_MMIO_READ,
  MOS_EXIT_MMIO_WRITE,
  MOS_EXIT_HLT,
  MOS_EXIT_CPUID,
  MOS_EXIT_MSR_READ,
  MOS_EXIT_MSR_WRITE,
  MOS_EXIT_INTERRUPT_WINDOW,
  MOS_EXIT_KICK,
  MOS_EXIT_EOI,
  MOS_EXIT_HYPERCALL,
  MOS_EXIT_SHUTDOWN,
  MOS_EXIT_DEBUG,
  MOS_EXIT_OTHER,
  MOS_EXIT_ENTRY,          /* VMRUN, VMLAUNCH, VMRESUME */
  MOS_EXIT_VIRTUALIZATION, /* the other instructions of AMD-V and VT-x */
  MOS_EXIT_ENTRY_FAILED,   /* an invalid control block */
  MOS_EXIT_NESTED_FAULT,   /* NPT or EPT: fault, violation, bad entry */
  MOS_EXIT_EXTERNAL,       /* an external interrupt */
  MOS_EXIT_NMI,            /* NMI; also INIT and SMI */
  MOS_EXIT_EXCEPTION,
  MOS_EXIT_CR_READ,
  MOS_EXIT_CR_WRITE,
  MOS_EXIT_DR_ACCESS,
  MOS_EXIT_DESCRIPTOR_TABLE, /* LGDT and its like, task switches */
  MOS_EXIT_TLB,              /* INVLPG, INVPCID, INVLPGA */
  MOS_EXIT_TIME,             /* RDTSC, RDPMC, the preemption timer */
  MOS_EXIT_PAUSE,            /* PAUSE, MONITOR, MWAIT */
  MOS_EXIT_CACHE,            /* INVD, WBINVD, XSETBV */
  MOS_N_EXITS
} MosExitReason;

typedef struct {
  const char *name;  /* stable, for JSON: "port-in" */
  const char *group; /* "io", "memory", "interrupt", "system" */
  const char *help;  /* translatable */
} MosExitInfo;

/* Indexed by MosExitReason. */
extern const MosExitInfo mos_exit_infos[MOS_N_EXITS];

/* Per vCPU, written by its thread with relaxed atomics, read by anybody. */
typedef struct {
  guint64  exits[MOS_N_EXITS];
  guint64  instructions; /* retired, if instructions_known */
  guint64  interrupts;   /* injected */
  gint64   run_ns;       /* time in guest mode, host clock */
  guint64  faults[32];   /* exceptions delivered, by vector; 0 on KVM */
  guint64  tlb_misses;   /* 0 on KVM */
  guint64  page_walks;   /* 0 on KVM */
  gboolean instructions_known;
} MosVcpuCounters;

/* A number the backend knows by name, for statistics; @unit may be "". */
typedef void (*MosBackendStatFunc) (gpointer    user_data,
                                    const char *name,
                                    const char *unit,
                                    guint64     value);

struct MosBackendClass {
  const char *name;  /* "kvm", "soft" */
  const char *title; /* "Linux KVM" */

  /* Looks at the host; never fails. Any thread, some milliseconds. */
  void (*probe) (MosBackendInfo *info);

  /* Makes the processors and connects them to spec->bus: memory listener,
   * cpu_inputs. No guest code runs yet. */
  MosCpus *(*create) (const MosCpusSpec *spec, GError **error);
  void (*free) (MosCpus *cpus); /* no vCPU thread runs any more */

  MosVcpu *(*vcpu) (MosCpus *cpus, guint index);

  /* Runs on the calling thread until something of MosRunResult happens. A
   * halted or waiting processor sleeps inside. */
  MosRunResult (*run) (MosVcpu *vcpu, GError **error);
  /* Makes a running or the next run return MOS_RUN_KICKED soon (< 1 ms for
   * running code, at once when it sleeps). Any thread, signal safe not. */
  void (*kick) (MosVcpu *vcpu);

  /* The whole architectural state; only while the vCPU does not run. */
  gboolean (*get_state) (MosVcpu *vcpu, MosCpuState *state, GError **error);
  gboolean (*set_state) (MosVcpu           *vcpu,
                         const MosCpuState *state,
                         GError           **error);

  /* Backend-wide interrupt controller and timer state that is not a vCPU's
   * (KVM's PIC, I/O APIC, PIT), a{sv}, a full reference, in the form the
   * board's own chips have when they are saved, by device name; so a machine
   * can move between backends. The member is NULL if the board has them. */
  GVariant *(*save_chips) (MosCpus *cpus, GError **error);
  gboolean (*load_chips) (MosCpus *cpus, GVariant *state, GError **error);
  /* Puts those controllers into their reset state. Optional. */
  void (*reset_chips) (MosCpus *cpus);

  /* Live counters; any thread. */
  void (*counters) (MosVcpu *vcpu, MosVcpuCounters *counters);
  /* Everything else it can tell, machine-wide with vcpu NULL. Optional. */
  void (*stats) (MosCpus           *cpus,
                 MosVcpu           *vcpu,
                 MosBackendStatFunc func,
                 gpointer           user_data);
  /* Calls @func with each instruction name that raised #UD because this
   * processor lacks it, and how often. Optional. */
  void (*unknown_instructions) (MosCpus           *cpus,
                                MosBackendStatFunc func,
                                gpointer           user_data);
};

/* Implementations embed these first. */
struct MosCpus {
  const MosBackendClass *klass;
  MosBus                *bus;
  guint                  n_vcpus;
};

struct MosVcpu {
  MosCpus *cpus;
  guint    index; /* also the APIC id */
};

/* Thin calls through the class. */
MosCpus     *mos_cpus_new (const MosBackendClass *klass,
                           const MosCpusSpec     *spec,
                           GError               **error);
void         mos_cpus_free (MosCpus *self);
MosVcpu     *mos_cpus_vcpu (MosCpus *self, guint index);
MosRunResult mos_vcpu_run (MosVcpu *self, GError **error);
void         mos_vcpu_kick (MosVcpu *self);
gboolean mos_vcpu_get_state (MosVcpu *self, MosCpuState *state, GError **error);
gboolean
mos_vcpu_set_state (MosVcpu *self, const MosCpuState *state, GError **error);
void mos_vcpu_counters (MosVcpu *self, MosVcpuCounters *counters);

G_END_DECLS
