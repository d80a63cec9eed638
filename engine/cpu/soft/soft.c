/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The software CPU as a backend: making, running and asking processors.
 *
 * Each vCPU runs on its owner's thread. In deterministic mode the first one's
 * thread runs them all in turn (turns.c) and the others' threads only wait to
 * be kicked.
 */
#include "engine/cpu/soft/soft.h"

#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "engine/base/barrier.h"
#include "engine/base/error.h"
#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/exec/thunk.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/model.h"
#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/state.h"
#include "engine/cpu/soft/svm.h"
#include "engine/cpu/soft/turns.h"
#include "engine/cpu/soft/vmx.h"

#define TSC_HZ    1000000000u
#define MAX_VCPUS 32u

static MosSoftCpus *
to_cpus (MosCpus *cpus)
{
  return (MosSoftCpus *) cpus;
}

static MosSoftCpu *
to_cpu (MosVcpu *vcpu)
{
  return (MosSoftCpu *) (gpointer) ((guint8 *) vcpu -
                                    G_STRUCT_OFFSET (MosSoftCpu, vcpu));
}

static void
soft_probe (MosBackendInfo *info)
{
  memset (info, 0, sizeof *info);
  info->usable = TRUE;
  info->details = g_strdup (_ ("interpreter; works on every x86-64 host"));
  info->nested_svm = TRUE;
  info->nested_vmx = TRUE;
  info->deterministic = TRUE;
  info->pmu = TRUE;
  info->max_vcpus = MAX_VCPUS;
}

/* The address map changed: when this returns nobody uses the old one. A
 * processor inside a device is not using its TLB, and drops it on the way out.
 */
static void
map_changed (gpointer user_data)
{
  MosSoftCpus *self = user_data;
  gpointer     me = g_thread_self ();

  for (guint i = 0; i < self->cpus.n_vcpus; i++) {
    MosSoftCpu *cpu = self->vcpu[i];

    if (__atomic_load_n (&cpu->thread, __ATOMIC_ACQUIRE) == me)
      mos_mmu_flush_map (cpu);
    else
      mos_cpu_notify (cpu, MOS_PENDING_FLUSH);
  }
  if (self->barrier)
    mos_barrier (); /* for mos_io_end() */
  for (guint i = 0; i < self->cpus.n_vcpus; i++) {
    MosSoftCpu *cpu = self->vcpu[i];

    while (__atomic_load_n (&cpu->thread, __ATOMIC_ACQUIRE) != me &&
           __atomic_load_n (&cpu->busy, __ATOMIC_SEQ_CST) != 0 &&
           (__atomic_load_n (&cpu->pending, __ATOMIC_SEQ_CST) &
            MOS_PENDING_FLUSH) != 0)
      g_thread_yield ();
  }
}

/* A device wrote to memory that holds translated code. */
static void
code_written (gpointer user_data, guint64 gpa, guint64 size)
{
  MosSoftCpus *self = user_data;
  guint64      end = gpa + size;

  for (guint64 page = gpa & MOS_PAGE_MASK; page < end; page += MOS_PAGE_SIZE) {
    MosMemoryRange range;
    guint8        *flags;

    if (!mos_memory_map_find (self->cpus.bus->memory, page, &range) ||
        range.page_flags == NULL)
      continue;
    flags = range.page_flags + ((page - range.gpa) >> MOS_PAGE_SHIFT);
    if ((__atomic_load_n (flags, __ATOMIC_RELAXED) & MOS_PAGE_CODE) != 0)
      mos_code_written (self, NULL, flags);
  }
}

static const MosMemoryListener listener = {
  .changed = map_changed,
  .code_written = code_written,
};

static void
input_send_msi (gpointer cpus, guint64 address, guint32 data)
{
  mos_lapic_send_msi (cpus, address, data);
}

static void
input_set_intr (gpointer cpus, gboolean level)
{
  mos_lapic_set_intr (cpus, level);
}

static void
input_send_nmi (gpointer cpus)
{
  mos_lapic_send_nmi (cpus);
}

static void
input_set_a20 (gpointer cpus, gboolean enabled)
{
  MosSoftCpus *self = cpus;
  guint64      mask = enabled ? G_MAXUINT64 : ~((guint64) 1 << 20);

  if (__atomic_exchange_n (&self->a20_mask, mask, __ATOMIC_SEQ_CST) != mask)
    map_changed (self);
}

static const MosCpuInputs inputs = {
  .send_msi = input_send_msi,
  .set_intr = input_set_intr,
  .send_nmi = input_send_nmi,
  .set_a20 = input_set_a20,
};

/* Guest mode by vendor; NULL: not offered. */
static const MosGuestOps *const guest_ops[] = {
  [MOS_VENDOR_AMD] = &mos_svm_ops,
  [MOS_VENDOR_INTEL] = &mos_vmx_ops,
};

static void
cpu_free (MosSoftCpu *cpu)
{
  if (cpu == NULL)
    return;
  mos_guest_clear (cpu);
  mos_lapic_clear (cpu);
  mos_code_free (cpu->code);
  mos_mmu_free (cpu->mmu);
  g_free (cpu->unknown);
  g_mutex_clear (&cpu->sleep_lock);
  g_cond_clear (&cpu->sleep_cond);
  free (cpu);
}

static MosSoftCpu *
cpu_new (MosSoftCpus *cpus, const MosCpusSpec *spec, guint index)
{
  MosSoftCpu *cpu = NULL;
  MosCpuModel model, offer;
  MosCode    *code = mos_code_new (spec->n_vcpus > 1 && !spec->deterministic);
  gpointer    memory;

  if (code == NULL || posix_memalign (&memory, 64, sizeof *cpu) != 0) {
    mos_code_free (code);
    return NULL;
  }
  cpu = memory;
  memset (cpu, 0, sizeof *cpu);
  cpu->vcpu.cpus = &cpus->cpus;
  cpu->vcpu.index = index;
  cpu->cpus = cpus;
  cpu->bus = spec->bus;
  cpu->trace = spec->bus->trace;
  cpu->delivering = -1;
  cpu->injected = -1;
  cpu->host_mxcsr = __builtin_ia32_stmxcsr ();
  cpu->counters.instructions_known = TRUE;
  cpu->unknown = g_new0 (guint64, ZYDIS_MNEMONIC_MAX_VALUE + 1);
  cpu->mmu = mos_mmu_new ();
  cpu->code = code;
  g_mutex_init (&cpu->sleep_lock);
  g_cond_init (&cpu->sleep_cond);
  mos_lapic_init (cpu);
  mos_soft_model_offer (&offer);
  mos_cpu_model_intersect (&model, spec->model, &offer);
  cpu->n_cpuid = mos_cpuid_fill (&(MosCpuidSpec){ .model = &model,
                                                  .vendor = spec->vendor,
                                                  .n_vcpus = spec->n_vcpus,
                                                  .apic_id = index,
                                                  .nested = spec->nested,
                                                  .pmu = spec->pmu,
                                                  .tsc_hz = TSC_HZ },
                                 cpu->cpuid, G_N_ELEMENTS (cpu->cpuid));
  cpu->lapic.base = MOS_APIC_BASE_RESET | MOS_APIC_BASE_ENABLE;
  mos_cpu_init_features (cpu);
  cpu->pmu.present = spec->pmu;
  if (spec->nested)
    mos_guest_init (cpu, guest_ops[spec->vendor]);
  return cpu;
}

static void
soft_free (MosCpus *cpus)
{
  MosSoftCpus *self = to_cpus (cpus);

  if (self == NULL)
    return;
  mos_memory_map_set_listener (self->cpus.bus->memory, NULL, NULL);
  mos_bus_set_cpus (self->cpus.bus, NULL, NULL);
  for (guint i = 0; i < self->cpus.n_vcpus; i++)
    cpu_free (self->vcpu[i]);
  g_free (self->vcpu);
  mos_insn_index_free ((MosInsnIndex *) (guintptr) self->insns);
  mos_thunks_free (self->thunks);
  g_mutex_clear (&self->code_lock);
  g_mutex_clear (&self->split_lock);
  g_mutex_clear (&self->map_lock);
  g_free (self);
}

static void
clock_moved_cb (gpointer data, gpointer user_data)
{
  MosSoftCpus *self = user_data;

  __atomic_store_n (&self->clock_moved, 1, __ATOMIC_SEQ_CST);
  mos_cpu_notify (self->vcpu[0], MOS_PENDING_YIELD);
}

static MosCpus *
soft_create (const MosCpusSpec *spec, GError **error)
{
  MosSoftCpus *self;

  if (spec->n_vcpus == 0 || spec->n_vcpus > MAX_VCPUS) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("The software CPU can be made of 1 to %u processors, not "
                    "%u"),
                 MAX_VCPUS, spec->n_vcpus);
    return NULL;
  }
  self = g_new0 (MosSoftCpus, 1);
  self->cpus.klass = &mos_soft_backend;
  self->cpus.bus = spec->bus;
  self->cpus.n_vcpus = spec->n_vcpus;
  self->vendor = spec->vendor;
  self->nested = spec->nested;
  self->observer = spec->observer;
  self->deterministic = spec->deterministic;
  self->tsc_hz = TSC_HZ;
  self->a20_mask = G_MAXUINT64;
  self->barrier = mos_barrier_prepare ();
  self->insns = mos_insn_index_new ();
  self->thunks = mos_thunks_new ();
  g_mutex_init (&self->code_lock);
  g_mutex_init (&self->split_lock);
  g_mutex_init (&self->map_lock);
  self->vcpu = g_new0 (MosSoftCpu *, spec->n_vcpus);
  for (guint i = 0; i < spec->n_vcpus; i++) {
    self->vcpu[i] = cpu_new (self, spec, i);
    if (self->vcpu[i] == NULL) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_NO_MEMORY,
                   _ ("Memory Allocation Failed: no room for processor %u; "
                      "give the machine fewer"),
                   i);
      self->cpus.n_vcpus = i;
      soft_free (&self->cpus);
      return NULL;
    }
    mos_cpu_reset (self->vcpu[i], i == 0);
  }
  mos_memory_map_set_listener (spec->bus->memory, &listener, self);
  mos_bus_set_cpus (spec->bus, &inputs, self);
  if (spec->deterministic)
    mos_clock_set_notify (spec->bus->clock, clock_moved_cb, self);
  return &self->cpus;
}

static MosVcpu *
soft_vcpu (MosCpus *cpus, guint index)
{
  return &to_cpus (cpus)->vcpu[index]->vcpu;
}

static MosRunResult
run_one (MosSoftCpu *cpu)
{
  for (;;) {
    switch (mos_cpu_execute (cpu, 0)) {
    case MOS_STOP_SHUTDOWN:
      return MOS_RUN_SHUTDOWN;
    case MOS_STOP_IDLE:
      mos_cpu_sleep (cpu);
      break;
    default:
      if (mos_cpu_take_kick (cpu))
        return MOS_RUN_KICKED;
      break;
    }
  }
}

/* -- processor time ------------------------------------------------------ */

static gint64
clock_ns (clockid_t clock)
{
  struct timespec time;

  if (clock_gettime (clock, &time) != 0)
    return 0;
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

/* The sampler reads the clock of the thread while it runs. */
static void
clock_begin (MosSoftCpu *cpu)
{
  g_mutex_lock (&cpu->sleep_lock);
  pthread_getcpuclockid (pthread_self (), &cpu->run_clock);
  cpu->counters.run_ns -= clock_ns (cpu->run_clock);
  cpu->on_clock = TRUE;
  g_mutex_unlock (&cpu->sleep_lock);
}

static void
clock_end (MosSoftCpu *cpu)
{
  g_mutex_lock (&cpu->sleep_lock);
  cpu->on_clock = FALSE;
  cpu->counters.run_ns += clock_ns (cpu->run_clock);
  g_mutex_unlock (&cpu->sleep_lock);
}

static gint64
run_ns (MosSoftCpu *cpu)
{
  gint64 ns;

  g_mutex_lock (&cpu->sleep_lock);
  ns = cpu->counters.run_ns + (cpu->on_clock ? clock_ns (cpu->run_clock) : 0);
  g_mutex_unlock (&cpu->sleep_lock);
  return ns;
}

static MosRunResult
soft_run (MosVcpu *vcpu, GError **error)
{
  MosSoftCpu  *cpu = to_cpu (vcpu);
  MosRunResult result;

  clock_begin (cpu);
  __atomic_store_n (&cpu->thread, g_thread_self (), __ATOMIC_RELEASE);
  __atomic_store_n (&cpu->busy, 1, __ATOMIC_SEQ_CST);
  if (cpu->cpus->deterministic)
    result = mos_turns_run (cpu);
  else
    result = run_one (cpu);
  __atomic_store_n (&cpu->busy, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n (&cpu->thread, NULL, __ATOMIC_RELEASE);
  clock_end (cpu);
  return result;
}

static void
soft_kick (MosVcpu *vcpu)
{
  mos_cpu_notify (to_cpu (vcpu), MOS_PENDING_KICK);
}

static gboolean
soft_get_state (MosVcpu *vcpu, MosCpuState *state, GError **error)
{
  return mos_soft_get_state (to_cpu (vcpu), state);
}

static gboolean
soft_set_state (MosVcpu *vcpu, const MosCpuState *state, GError **error)
{
  if (mos_soft_set_state (to_cpu (vcpu), state))
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("The state of processor %u tells of a nested guest that this "
                  "machine's processors cannot run; load it into a machine "
                  "with the same cpu.vendor and features.nested"),
               vcpu->index);
  return FALSE;
}

static void
soft_counters (MosVcpu *vcpu, MosVcpuCounters *counters)
{
  const MosVcpuCounters *own = &to_cpu (vcpu)->counters;

  for (guint i = 0; i < MOS_N_EXITS; i++)
    counters->exits[i] = __atomic_load_n (&own->exits[i], __ATOMIC_RELAXED);
  counters->instructions =
      __atomic_load_n (&own->instructions, __ATOMIC_RELAXED);
  counters->interrupts = __atomic_load_n (&own->interrupts, __ATOMIC_RELAXED);
  counters->run_ns = run_ns (to_cpu (vcpu));
  for (guint i = 0; i < G_N_ELEMENTS (own->faults); i++)
    counters->faults[i] = __atomic_load_n (&own->faults[i], __ATOMIC_RELAXED);
  counters->tlb_misses = __atomic_load_n (&own->tlb_misses, __ATOMIC_RELAXED);
  counters->page_walks = __atomic_load_n (&own->page_walks, __ATOMIC_RELAXED);
  counters->instructions_known = TRUE;
}

static void
soft_unknown (MosCpus *cpus, MosBackendStatFunc func, gpointer user_data)
{
  MosSoftCpus *self = to_cpus (cpus);

  for (guint m = 0; m <= ZYDIS_MNEMONIC_MAX_VALUE; m++) {
    guint64 sum = 0;

    for (guint i = 0; i < self->cpus.n_vcpus; i++)
      sum += __atomic_load_n (&self->vcpu[i]->unknown[m], __ATOMIC_RELAXED);
    if (sum != 0)
      func (user_data, ZydisMnemonicGetString ((ZydisMnemonic) m), "", sum);
  }
}

const MosBackendClass mos_soft_backend = {
  .name = "soft",
  .title = N_ ("Software CPU"),
  .probe = soft_probe,
  .create = soft_create,
  .free = soft_free,
  .vcpu = soft_vcpu,
  .run = soft_run,
  .kick = soft_kick,
  .get_state = soft_get_state,
  .set_state = soft_set_state,
  .counters = soft_counters,
  .unknown_instructions = soft_unknown,
};
