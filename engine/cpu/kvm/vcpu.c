/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A vCPU and its run loop.
 *
 * The loop is KVM_RUN and a look at why it came back; port and memory accesses
 * go straight to the bus. A kick sets a flag and immediate_exit, so that the
 * next KVM_RUN returns at once, and sends a signal that makes a running or
 * halted one return; the signal's handler does nothing. KVM finishes an
 * access only when it is entered again, which a kick's extra entry does, so
 * the state is whole when run has returned. Kernel documentation, "KVM_RUN"
 * and "The kvm_run structure".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/posted.h"
#include "engine/cpu/x86/kvm-nested.h"

/* What a handled exit leads to. */
typedef enum {
  GO_ON,
  STOP
} Next;

/* A reason of KVM's: the row it is counted under, and who handles it. */
typedef struct {
  MosExitReason reason;
  Next (*handle) (MosKvmVcpu *vcpu, MosRunResult *result, GError **error);
} Exit;

static int
kick_signal (void)
{
  return SIGRTMIN + 3;
}

static void
ignore_signal (int number)
{
}

/* Idempotent, so that any number of machines may do it. */
static gboolean
install_handler (GError **error)
{
  struct sigaction action = { .sa_handler = ignore_signal,
                              .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  if (sigaction (kick_signal (), &action, NULL) == 0)
    return TRUE;
  return mos_kvm_fail (error, "sigaction");
}

gboolean
mos_kvm_vcpu_init (MosKvmMachine     *machine,
                   guint              index,
                   const MosCpusSpec *spec,
                   GError           **error)
{
  MosKvmVcpu *vcpu = &machine->vcpus[index];

  g_mutex_init (&vcpu->lock);
  if (!install_handler (error))
    return FALSE;
  vcpu->fd = ioctl (machine->vm_fd, KVM_CREATE_VCPU, (gulong) index);
  if (vcpu->fd < 0)
    return mos_kvm_fail (error, "KVM_CREATE_VCPU");
  vcpu->run = mmap (NULL, machine->caps.run_bytes, PROT_READ | PROT_WRITE,
                    MAP_SHARED, vcpu->fd, 0);
  if (vcpu->run == MAP_FAILED) {
    vcpu->run = NULL;
    return mos_kvm_fail (error, "Mapping a vCPU");
  }
  if (machine->caps.stats)
    vcpu->stats_fd = ioctl (vcpu->fd, KVM_GET_STATS_FD, NULL);
  mos_kvm_nested_init (vcpu);
  return mos_kvm_cpuid_set (vcpu, spec, error);
}

void
mos_kvm_vcpu_clear (MosKvmVcpu *vcpu)
{
  if (vcpu->run != NULL)
    munmap (vcpu->run, mos_kvm_vcpu_machine (vcpu)->caps.run_bytes);
  if (vcpu->stats_fd >= 0)
    close (vcpu->stats_fd);
  if (vcpu->fd >= 0)
    close (vcpu->fd);
  mos_kvm_nested_clear (vcpu);
  g_mutex_clear (&vcpu->lock);
}

/* -- kicks --------------------------------------------------------------- */

void
mos_kvm_vcpu_interrupt (MosKvmVcpu *vcpu)
{
  __atomic_store_n (&vcpu->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
  g_mutex_lock (&vcpu->lock);
  if (vcpu->running)
    pthread_kill (vcpu->thread, kick_signal ());
  g_mutex_unlock (&vcpu->lock);
}

void
mos_kvm_vcpu_kick (MosVcpu *base)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) base;

  __atomic_store_n (&vcpu->kicked, 1, __ATOMIC_SEQ_CST);
  mos_kvm_vcpu_interrupt (vcpu);
}

static gint64
clock_ns (clockid_t clock)
{
  struct timespec time;

  if (clock_gettime (clock, &time) != 0)
    return 0;
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

gint64
mos_kvm_vcpu_run_ns (MosKvmVcpu *vcpu)
{
  gint64 ns;

  g_mutex_lock (&vcpu->lock);
  ns = vcpu->run_ns + (vcpu->running ? clock_ns (vcpu->clock) : 0);
  g_mutex_unlock (&vcpu->lock);
  return ns;
}

static void
begin_run (MosKvmVcpu *vcpu)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, kick_signal ());
  pthread_sigmask (SIG_UNBLOCK, &set, NULL);

  g_mutex_lock (&vcpu->lock);
  vcpu->thread = pthread_self ();
  pthread_getcpuclockid (vcpu->thread, &vcpu->clock);
  vcpu->run_ns -= clock_ns (vcpu->clock);
  vcpu->running = TRUE;
  g_mutex_unlock (&vcpu->lock);
}

static void
end_run (MosKvmVcpu *vcpu)
{
  g_mutex_lock (&vcpu->lock);
  vcpu->running = FALSE;
  vcpu->run_ns += clock_ns (vcpu->clock);
  g_mutex_unlock (&vcpu->lock);
}

/* -- exits --------------------------------------------------------------- */

/* RIP, for whoever listens: left in the run page, if that was asked for before
 * the guest was entered (kernel documentation, "KVM_CAP_SYNC_REGS"). */
static guint64
where (MosKvmVcpu *vcpu)
{
  struct kvm_regs regs;

  if ((vcpu->run->kvm_valid_regs & KVM_SYNC_X86_REGS) != 0)
    return vcpu->run->s.regs.regs.rip;
  return ioctl (vcpu->fd, KVM_GET_REGS, &regs) == 0 ? regs.rip : 0;
}

/* Only the vCPU's thread writes; others read. */
static void
count_exit (MosKvmVcpu *vcpu, MosExitReason reason)
{
  MosBus *bus = mos_kvm_vcpu_bus (vcpu);

  __atomic_store_n (&vcpu->exits[reason], vcpu->exits[reason] + 1,
                    __ATOMIC_RELAXED);
  if (mos_trace_wants (bus->trace, MOS_EVENT_EXIT)) {
    MosEvent event = { .kind = MOS_EVENT_EXIT,
                       .vcpu = (guint16) vcpu->parent.index,
                       .level = 1,
                       .code = reason,
                       .a = where (vcpu) };

    mos_trace_emit_slow (bus->trace, &event);
  }
}

static void
trace_ports (MosKvmVcpu *vcpu, const guint8 *data)
{
  struct kvm_run *run = vcpu->run;
  gboolean        write = run->io.direction == KVM_EXIT_IO_OUT;
  MosEvent event = { .time_ns = mos_trace_wants (mos_kvm_vcpu_bus (vcpu)->trace,
                                                 MOS_EVENT_EXIT)
                                    ? MOS_EVENT_SAME
                                    : MOS_EVENT_NOW,
                     .kind = MOS_EVENT_PORT,
                     .vcpu = (guint16) vcpu->parent.index,
                     .level = 1,
                     .code = run->io.port,
                     .b = run->io.size | (write ? 0x100u : 0) };

  for (guint i = 0; i < run->io.count; i++) {
    memcpy (&event.a, data + (gsize) i * run->io.size, run->io.size);
    mos_trace_emit_slow (mos_kvm_vcpu_bus (vcpu)->trace, &event);
  }
}

static Next
handle_io (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  struct kvm_run *run = vcpu->run;
  MosBus         *bus = mos_kvm_vcpu_bus (vcpu);
  guint8         *data = (guint8 *) run + run->io.data_offset;
  guint           size = run->io.size;
  guint32         value = 0;

  if (run->io.direction == KVM_EXIT_IO_OUT) {
    if (mos_trace_wants (bus->trace, MOS_EVENT_PORT))
      trace_ports (vcpu, data);
    if (run->io.count != 1) {
      mos_bus_port_write_many (bus, run->io.port, size, run->io.count, data);
      return GO_ON;
    }
    memcpy (&value, data, size);
    mos_bus_port_write (bus, run->io.port, value, size);
    return GO_ON;
  }
  if (run->io.count != 1) {
    mos_bus_port_read_many (bus, run->io.port, size, run->io.count, data);
  } else {
    value = mos_bus_port_read (bus, run->io.port, size);
    memcpy (data, &value, size);
  }
  if (mos_trace_wants (bus->trace, MOS_EVENT_PORT))
    trace_ports (vcpu, data);
  return GO_ON;
}

static Next
handle_mmio (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  struct kvm_run *run = vcpu->run;
  MosBus         *bus = mos_kvm_vcpu_bus (vcpu);
  guint           size = MIN (run->mmio.len, sizeof run->mmio.data);

  if (run->mmio.is_write)
    mos_memory_map_write (bus->memory, run->mmio.phys_addr, run->mmio.data,
                          size);
  else
    mos_memory_map_read (bus->memory, run->mmio.phys_addr, run->mmio.data,
                         size);
  if (mos_trace_wants (bus->trace, MOS_EVENT_MMIO)) {
    MosEvent event = { .time_ns = MOS_EVENT_SAME,
                       .kind = MOS_EVENT_MMIO,
                       .vcpu = (guint16) vcpu->parent.index,
                       .level = 1,
                       .a = run->mmio.phys_addr,
                       .b = size | (run->mmio.is_write ? 0x100u : 0) };

    mos_trace_emit_slow (bus->trace, &event);
  }
  return GO_ON;
}

static Next
handle_nothing (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  return GO_ON;
}

static Next
handle_shutdown (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  vcpu->shutdown = TRUE;
  *result = MOS_RUN_SHUTDOWN;
  return STOP;
}

static Next
handle_debug (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  /* A step of our own; see windows.c. */
  if (vcpu->stepping)
    return GO_ON;
  *result = MOS_RUN_DEBUG;
  return STOP;
}

/* What runs in the guest, in words; "" if nothing does. */
static char *
describe_nested (GBytes *nested)
{
  g_autofree MosKvmNested *parsed = g_new (MosKvmNested, 1);
  gsize                    size;
  gconstpointer            data;

  if (nested == NULL)
    return g_strdup ("");
  data = g_bytes_get_data (nested, &size);
  return mos_kvm_nested_parse (parsed, data, size)
             ? mos_kvm_nested_describe (parsed)
             : g_strdup ("");
}

/* The state in words, for an error nobody can do anything about. */
static char *
describe_state (MosKvmVcpu *vcpu)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autofree char        *registers = NULL;
  g_autofree char        *nested = NULL;

  if (!mos_kvm_get_state (&vcpu->parent, state, NULL))
    return g_strdup (_ ("The state of the vCPU cannot be read."));
  registers = mos_cpu_state_describe (state);
  nested = describe_nested (state->nested);
  mos_cpu_state_clear (state);
  return g_strconcat (registers, nested, NULL);
}

static Next
handle_internal_error (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  struct kvm_run  *run = vcpu->run;
  g_autofree char *state = describe_state (vcpu);
  g_autoptr (GString) bytes = g_string_new (NULL);
  guint words = MIN (run->internal.ndata, G_N_ELEMENTS (run->internal.data));

  for (guint i = 0; i < words; i++)
    g_string_append_printf (bytes, " %" G_GINT64_MODIFIER "x",
                            (guint64) run->internal.data[i]);
  if (run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION)
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("vCPU %u: KVM_RUN failed: this host's KVM cannot emulate "
                    "an instruction of the guest (details:%s). Run the machine "
                    "on the software CPU (--accel soft).\n%s"),
                 vcpu->parent.index, bytes->str, state);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("vCPU %u: KVM_RUN failed inside the kernel, reason %u "
                    "(details:%s). Run the machine on the software CPU "
                    "(--accel soft).\n%s"),
                 vcpu->parent.index, run->internal.suberror, bytes->str, state);
  *result = MOS_RUN_FAILED;
  return STOP;
}

static Next
handle_fail_entry (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  g_autofree char *state = describe_state (vcpu);

  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("vCPU %u: KVM_RUN failed: the processor refused to enter the "
                  "guest, reason 0x%" PRIx64 ". Run the machine on the "
                  "software CPU (--accel soft).\n%s"),
               vcpu->parent.index,
               (guint64) vcpu->run->fail_entry.hardware_entry_failure_reason,
               state);
  *result = MOS_RUN_FAILED;
  return STOP;
}

static Next
handle_unknown (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  g_autofree char *state = describe_state (vcpu);

  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("vCPU %u: KVM_RUN came back for reason %u, which this "
                  "MultiOS Lab does not know. Run the machine on the software "
                  "CPU (--accel soft).\n%s"),
               vcpu->parent.index, vcpu->run->exit_reason, state);
  *result = MOS_RUN_FAILED;
  return STOP;
}

static const Exit exits[] = {
  [KVM_EXIT_UNKNOWN] = { MOS_EXIT_OTHER, handle_fail_entry },
  [KVM_EXIT_IO] = { MOS_EXIT_PORT_OUT, handle_io },
  [KVM_EXIT_HYPERCALL] = { MOS_EXIT_HYPERCALL, handle_nothing },
  [KVM_EXIT_DEBUG] = { MOS_EXIT_DEBUG, handle_debug },
  [KVM_EXIT_HLT] = { MOS_EXIT_HLT, handle_nothing },
  [KVM_EXIT_MMIO] = { MOS_EXIT_MMIO_WRITE, handle_mmio },
  [KVM_EXIT_IRQ_WINDOW_OPEN] = { MOS_EXIT_INTERRUPT_WINDOW, handle_nothing },
  [KVM_EXIT_SHUTDOWN] = { MOS_EXIT_SHUTDOWN, handle_shutdown },
  [KVM_EXIT_FAIL_ENTRY] = { MOS_EXIT_OTHER, handle_fail_entry },
  [KVM_EXIT_INTR] = { MOS_EXIT_KICK, handle_nothing },
  [KVM_EXIT_SET_TPR] = { MOS_EXIT_OTHER, handle_nothing },
  [KVM_EXIT_NMI] = { MOS_EXIT_OTHER, handle_nothing },
  [KVM_EXIT_INTERNAL_ERROR] = { MOS_EXIT_OTHER, handle_internal_error },
  [KVM_EXIT_SYSTEM_EVENT] = { MOS_EXIT_SHUTDOWN, handle_shutdown },
};

static Next
dispatch (MosKvmVcpu *vcpu, MosRunResult *result, GError **error)
{
  struct kvm_run *run = vcpu->run;
  guint32         number = run->exit_reason;
  MosExitReason   reason;

  if (number >= G_N_ELEMENTS (exits) || exits[number].handle == NULL) {
    count_exit (vcpu, MOS_EXIT_OTHER);
    return handle_unknown (vcpu, result, error);
  }
  reason = exits[number].reason;
  if (number == KVM_EXIT_IO && run->io.direction == KVM_EXIT_IO_IN)
    reason = MOS_EXIT_PORT_IN;
  else if (number == KVM_EXIT_MMIO && !run->mmio.is_write)
    reason = MOS_EXIT_MMIO_READ;
  else if (number == KVM_EXIT_DEBUG && vcpu->stepping)
    reason = MOS_EXIT_OTHER;
  count_exit (vcpu, reason);
  return exits[number].handle (vcpu, result, error);
}

/* KVM_RUN did not succeed. EINTR: a signal; EAGAIN: a processor that waited
 * for INIT may have got it. */
static Next
after_error (MosKvmVcpu *vcpu, int number, MosRunResult *result, GError **error)
{
  if (number == EINTR) {
    __atomic_store_n (&vcpu->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    if (__atomic_exchange_n (&vcpu->kicked, 0, __ATOMIC_SEQ_CST) == 0)
      return GO_ON;
    count_exit (vcpu, MOS_EXIT_KICK);
    *result = MOS_RUN_KICKED;
    return STOP;
  }
  if (number == EAGAIN)
    return GO_ON;
  errno = number;
  mos_kvm_fail (error, "KVM_RUN");
  *result = MOS_RUN_FAILED;
  return STOP;
}

MosRunResult
mos_kvm_vcpu_run (MosVcpu *base, GError **error)
{
  MosKvmVcpu  *vcpu = (MosKvmVcpu *) base;
  MosRunResult result = MOS_RUN_SHUTDOWN;
  Next         next = vcpu->shutdown ? STOP : GO_ON;
  gboolean     emulates = mos_kvm_vcpu_machine (vcpu)->caps.emulates;
  gboolean     sync_regs = mos_kvm_vcpu_machine (vcpu)->caps.sync_regs;
  MosTrace    *trace = mos_kvm_vcpu_bus (vcpu)->trace;

  begin_run (vcpu);
  while (next == GO_ON) {
    int number;

    if (G_UNLIKELY (emulates))
      mos_kvm_windows_check (vcpu);
    vcpu->run->kvm_valid_regs =
        sync_regs && mos_trace_wants (trace, MOS_EVENT_EXIT) ? KVM_SYNC_X86_REGS
                                                             : 0;
    mos_kvm_gate_enter (vcpu);
    number = ioctl (vcpu->fd, KVM_RUN, NULL) < 0 ? errno : 0;
    mos_kvm_gate_leave (vcpu);
    mos_kvm_posted_check (vcpu);
    mos_kvm_nested_look (vcpu);
    next = G_LIKELY (number == 0) ? dispatch (vcpu, &result, error)
                                  : after_error (vcpu, number, &result, error);
  }
  mos_kvm_windows_end (vcpu);
  end_run (vcpu);
  return result;
}
