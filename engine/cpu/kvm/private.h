/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the files of the KVM backend share.
 *
 * One MosKvmMachine is one KVM virtual machine, one MosKvmVcpu one of its
 * vCPUs. A vCPU's ioctls block while another thread runs it, so everything
 * that other threads do to a running vCPU goes through the machine (lines,
 * messages) or through a signal (kicks).
 */

#pragma once

#include <linux/kvm.h>
#include <pthread.h>

#include "engine/cpu/kvm/kvm.h"
#include "engine/cpu/x86/cpuid.h"

G_BEGIN_DECLS

#define MOS_KVM_MAX_CPUID 256
#define MOS_KVM_N_CHIPS   3
#define MOS_KVM_NO_VCPU   0xffffu /* in the trace */
/* Interrupt numbers from here on are messages; below, the chips' pins. */
#define MOS_KVM_FIRST_MESSAGE 24

typedef struct MosKvmMachine MosKvmMachine;
typedef struct MosKvmVcpu    MosKvmVcpu;

/* What this host's KVM has and what not. */
typedef struct {
  gboolean readonly_mem;
  gboolean sregs2;
  gboolean nested_state;
  gboolean tsc_deadline;
  gboolean stats;
  gboolean sync_regs; /* registers in the run page, when asked for */
  gboolean ioeventfd, irqfd;
  gboolean emulates; /* neither AMD-V nor VT-x is below it */
  guint    max_vcpus;
  guint    max_slots;
  guint    max_messages; /* that eventfds can send */
  gsize    run_bytes;    /* of the mapping of struct kvm_run */
  gsize    posted_at;    /* in that mapping: the ring; 0: there is none */
} MosKvmCaps;

/* One range of guest memory that the kernel knows. */
typedef struct {
  guint32 id;
  guint32 flags;
  guint64 gpa;
  guint64 size;
  guint8 *hva;
  guint8 *page_flags;
} MosKvmSlot;

/* The chips in the kernel, as it gives and takes them. */
typedef struct {
  struct kvm_irqchip    irqchips[MOS_KVM_N_CHIPS];
  struct kvm_pit_state2 pit;
} MosKvmChips;

struct MosKvmVcpu {
  MosVcpu         parent;
  int             fd;
  int             stats_fd; /* -1: none */
  struct kvm_run *run;

  GMutex    lock;    /* guards the next two */
  pthread_t thread;  /* valid while running */
  gboolean  running; /* inside mos_vcpu_run() */
  clockid_t clock;   /* CPU time of thread; guarded by lock */
  gint64    run_ns;  /* of earlier runs; guarded by lock */

  int in_guest; /* atomic, paired with MosKvmMachine.inhibit */
  int kicked;   /* atomic, set by kick, taken by run */

  int      wanted;       /* atomic: a line was raised; see windows.c */
  guint    steps;        /* single steps left for it; run's thread */
  gboolean stepping;     /* run's thread */
  gboolean window_open;  /* the next three are where an interrupt would push */
  guint64  window_stack; /* base of SS */
  guint16  window_sp;
  guint16  window_cs;
  gboolean shutdown; /* after a triple fault; run's thread */

  int     look;   /* atomic: somebody asks for a sample; see nested.c */
  void   *nested; /* room for it, if the machine nests; run's thread */
  guint64 exits[MOS_N_EXITS]; /* relaxed atomics */
};

struct MosKvmMachine {
  MosCpus     parent;
  int         kvm_fd;
  int         vm_fd;
  int         stats_fd; /* -1: none */
  MosKvmCaps  caps;
  MosCpuModel model; /* what the guest really gets */
  MosKvmVcpu *vcpus;
  guint32     msrs[MOS_STATE_MAX_MSRS]; /* those KVM can get and set */
  guint       n_msrs;
  guint32     xsave_bytes; /* of the guest's XSAVE area */
  MosKvmChips reset_chips; /* as the kernel made them */

  gboolean           nested; /* the guest has AMD-V or VT-x */
  MosCpuVendor       vendor;
  MosNestedObserver *observer; /* or NULL */

  GMutex  messages_lock; /* guards messages and the table of routes */
  GArray *messages;      /* doorbells.c's */

  GMutex  slots_lock; /* guards slots */
  GArray *slots;      /* of MosKvmSlot */
  GArray *zones;      /* posted.h's; guarded by slots_lock */

  struct kvm_coalesced_mmio_ring *ring; /* or NULL */
  GMutex ring_lock;                     /* taken to deliver what is in it */

  int    inhibit; /* atomic: vCPUs stay out of the guest */
  GMutex gate_lock;
  GCond  gate; /* inhibit went down, or a vCPU came out */
};

/* -- errors.c: what failed, why, and what to do -------------------------- */

/* Sets @error from errno after the call @name failed; returns FALSE. */
gboolean mos_kvm_fail (GError **error, const char *name);

/* ioctl() that sets @error by @name, e.g. "KVM_CREATE_VM". */
gboolean mos_kvm_call (int           fd,
                       unsigned long request,
                       const char   *name,
                       gpointer      argument,
                       GError      **error);

/* -- probe.c ------------------------------------------------------------- */

void mos_kvm_probe (MosBackendInfo *info);
/* Opens /dev/kvm and checks what we cannot do without; -1 and @error if not. */
int mos_kvm_open (MosKvmCaps *caps, GError **error);

/* -- cpuid.c ------------------------------------------------------------- */

/* What KVM can give a guest, written as a model. */
gboolean mos_kvm_cpuid_offer (int kvm_fd, MosCpuModel *offer, GError **error);
/* Fills in machine->model and ->xsave_bytes; logs what the host lacks. */
gboolean mos_kvm_cpuid_choose (MosKvmMachine     *machine,
                               const MosCpusSpec *spec,
                               GError           **error);
gboolean
mos_kvm_cpuid_set (MosKvmVcpu *vcpu, const MosCpusSpec *spec, GError **error);

/* -- slots.c ------------------------------------------------------------- */

void mos_kvm_slots_init (MosKvmMachine *machine);
void mos_kvm_slots_clear (MosKvmMachine *machine);

/* -- gate.c: keeping vCPUs out of the guest for a moment ----------------- */

/* Before and after KVM_RUN, on the vCPU's thread. */
void mos_kvm_gate_enter (MosKvmVcpu *vcpu);
void mos_kvm_gate_leave (MosKvmVcpu *vcpu);
/* Any thread; returns when no vCPU is in the guest. Calls do not nest. */
void mos_kvm_gate_close (MosKvmMachine *machine);
void mos_kvm_gate_open (MosKvmMachine *machine);

/* -- chips.c ------------------------------------------------------------- */

extern const MosCpuInputs mos_kvm_inputs;

gboolean  mos_kvm_chips_create (MosKvmMachine *machine, GError **error);
GVariant *mos_kvm_chips_save (MosCpus *cpus, GError **error);
gboolean  mos_kvm_chips_load (MosCpus *cpus, GVariant *state, GError **error);
void      mos_kvm_chips_reset (MosCpus *cpus);

/* Tells the kernel the chips' routes and those of messages. */
gboolean mos_kvm_chips_route (MosKvmMachine *machine, GError **error);

/* -- doorbells.c: eventfds ----------------------------------------------- */

void  mos_kvm_doorbells_init (MosKvmMachine *machine);
void  mos_kvm_doorbells_clear (MosKvmMachine *machine);
guint mos_kvm_doorbells_n_messages (MosKvmMachine *machine);
/* Adds the messages' entries, for which there is room. */
void mos_kvm_doorbells_route (MosKvmMachine          *machine,
                              struct kvm_irq_routing *routing);
/* MosCpuInputs. */
gboolean mos_kvm_set_doorbell (gpointer cpus,
                               guint64  gpa,
                               guint    size,
                               int      fd,
                               gboolean on);
gboolean
     mos_kvm_set_message (gpointer cpus, int fd, guint64 address, guint32 data);
void mos_kvm_clear_message (gpointer cpus, int fd);

/* chips-state.c: in the form the board's own chips have when they are saved, by
 * device name. @now_ns: the machine's clock. */
GVariant *mos_kvm_chips_describe (const MosKvmChips *chips, gint64 now_ns);
gboolean
mos_kvm_chips_parse (GVariant *state, MosKvmChips *chips, GError **error);

/* -- vcpu.c -------------------------------------------------------------- */

gboolean     mos_kvm_vcpu_init (MosKvmMachine     *machine,
                                guint              index,
                                const MosCpusSpec *spec,
                                GError           **error);
void         mos_kvm_vcpu_clear (MosKvmVcpu *vcpu);
MosRunResult mos_kvm_vcpu_run (MosVcpu *vcpu, GError **error);
void         mos_kvm_vcpu_kick (MosVcpu *vcpu);
/* Makes KVM_RUN return if it runs; the run loop goes on unless kicked. */
void mos_kvm_vcpu_interrupt (MosKvmVcpu *vcpu);
/* CPU time its threads have used inside mos_vcpu_run(). */
gint64 mos_kvm_vcpu_run_ns (MosKvmVcpu *vcpu);

/* -- windows.c ----------------------------------------------------------- */

/* The board has raised a line. Any thread. */
void mos_kvm_windows_raise (MosKvmMachine *machine);
/* Before each entry of a vCPU whose KVM emulates; after the run. */
void mos_kvm_windows_check (MosKvmVcpu *vcpu);
void mos_kvm_windows_end (MosKvmVcpu *vcpu);

/* -- nested.c: guests of the guest --------------------------------------- */

void mos_kvm_nested_init (MosKvmVcpu *vcpu);
void mos_kvm_nested_clear (MosKvmVcpu *vcpu);
/* Asks for a sample and lets the vCPU come by for it. Any thread. */
void mos_kvm_nested_ask (MosKvmVcpu *vcpu);
/* Takes it, on the vCPU's thread, if one was asked for. */
void     mos_kvm_nested_look (MosKvmVcpu *vcpu);
gboolean mos_kvm_nested_get (MosKvmVcpu *vcpu, GBytes **state, GError **error);
gboolean mos_kvm_nested_set (MosKvmVcpu *vcpu, GBytes *state, GError **error);

/* -- state.c, msrs.c, events.c ------------------------------------------- */

gboolean mos_kvm_get_state (MosVcpu *vcpu, MosCpuState *state, GError **error);
gboolean
mos_kvm_set_state (MosVcpu *vcpu, const MosCpuState *state, GError **error);

/* Tries every MSR of the table on @vcpu; logs those that are refused. */
void mos_kvm_msrs_probe (MosKvmMachine *machine, MosCpuVendor vendor);
gboolean
mos_kvm_msrs_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error);
gboolean
mos_kvm_msrs_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error);

/* The one that says whether VMXON is allowed, if there is one: before all
 * else, since setting it to 0 ends VMX operation. */
void mos_kvm_msrs_set_first (MosKvmVcpu *vcpu, const MosCpuState *state);

gboolean
mos_kvm_lapic_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error);
gboolean
mos_kvm_lapic_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error);
gboolean
mos_kvm_events_get (MosKvmVcpu *vcpu, MosCpuState *state, GError **error);
gboolean
mos_kvm_events_set (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error);

/* -- stats.c ------------------------------------------------------------- */

/* Called for each element of each statistic in @data, @size bytes of a
 * binary statistics file (kernel documentation, "KVM_GET_STATS_FD"). FALSE if
 * it is malformed; nothing outside of it is read. */
gboolean mos_kvm_stats_parse (const guint8      *data,
                              gsize              size,
                              MosBackendStatFunc func,
                              gpointer           user_data);
void mos_kvm_stats_read (int fd, MosBackendStatFunc func, gpointer user_data);
void mos_kvm_counters (MosVcpu *vcpu, MosVcpuCounters *counters);
void mos_kvm_stats (MosCpus           *cpus,
                    MosVcpu           *vcpu,
                    MosBackendStatFunc func,
                    gpointer           user_data);

static inline MosKvmMachine *
mos_kvm_vcpu_machine (MosKvmVcpu *vcpu)
{
  return (MosKvmMachine *) vcpu->parent.cpus;
}

static inline MosBus *
mos_kvm_vcpu_bus (MosKvmVcpu *vcpu)
{
  return vcpu->parent.cpus->bus;
}

G_END_DECLS
