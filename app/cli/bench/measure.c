/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Measuring loops: see measure.h, and guest.c for what the guest says.
 *
 * The processor starts as a multiboot loader leaves it: 32-bit protected mode,
 * flat segments, EBX at the boot information (Multiboot 0.6.96, "Machine
 * state"). The guest's marks arrive on the thread that runs the processor,
 * which also decides when enough is known and stops itself.
 */

#include "app/cli/bench/measure.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/cli/bench/resources.h"
#include "app/cli/bench/workloads.h"
#include "devices/devices.h"

#define RAM_BYTES    (96u << 20)
#define IMAGE_GPA    0x100000u
#define INFO_GPA     0x1000u
#define COMMAND_GPA  0x1100u
#define HEADER_ENTRY 28 /* where the multiboot header has the entry */
#define MAGIC        0x2badb002u
#define CR0_PE_ET    0x11u
#define MARK_PORT    0xe9
#define NO_PORT      0x80
#define REPEATS      5
#define GROWTH       4
#define LINE_BYTES   64
#define ENOUGH_US    3000000 /* then even a short run will do */
#define HANGS_US     (120 * (gint64) G_USEC_PER_SEC)

/* clang-format off */
const MosBenchLoop mos_bench_loops[] = {
  { "integer", "rounds", WORK_ALU_ROUNDS, TRUE,
    N_ ("a chain of integer operations") },
  { "memory", "words", WORK_MEMORY_BYTES / 8, TRUE,
    N_ ("load, add and store over 64 KiB") },
  { "branches", "calls", WORK_CALLS, TRUE,
    N_ ("direct and indirect calls in turns") },
  { "sieve", "passes", 1, TRUE,
    N_ ("a sieve of one byte for each of 1,048,576 numbers") },
  { "sha256", "bytes", WORK_HASH_BYTES, TRUE,
    N_ ("SHA-256 in C") },
  { "mandelbrot", "frames", 1, TRUE,
    N_ ("the Mandelbrot set in SSE2 doubles, 64 by 64") },
  { "page-walk", "nodes", WORK_NODES, TRUE,
    N_ ("a random walk over 64 MiB of 4 KiB pages") },
  { "syscall", "calls", WORK_SYSCALLS, FALSE,
    N_ ("SYSCALL from user mode and SYSRET back") },
  { "context-switch", "switches", WORK_SWITCHES, FALSE,
    N_ ("loading CR3 and touching 16 pages") },
  { "port", "accesses", WORK_PORT_ROUNDS * 2, FALSE,
    N_ ("OUT to and IN from a device") },
  { NULL },
};

const MosBenchLoop mos_bench_nested_loops[] = {
  { "vmrun", "round trips", WORK_ROUND_TRIPS, FALSE,
    N_ ("VMRUN of a guest that leaves at once, with nested paging"), TRUE },
  { "vmresume", "round trips", WORK_ROUND_TRIPS, FALSE,
    N_ ("VMRESUME of a guest that leaves at once, with nested paging"), TRUE,
    MOS_VENDOR_INTEL },
  { "vmcs-field", "accesses", WORK_FIELDS * 2, FALSE,
    N_ ("VMREAD of a field and VMWRITE back"), TRUE, MOS_VENDOR_INTEL },
  { "integer", "rounds", WORK_ALU_ROUNDS, TRUE,
    N_ ("a chain of integer operations"), TRUE },
  { "integer@2", "rounds", WORK_ALU_ROUNDS, FALSE,
    N_ ("the same at level 2"), TRUE },
  { "integer@3", "rounds", WORK_ALU_ROUNDS, FALSE,
    N_ ("the same at level 3"), TRUE },
  { "memory", "words", WORK_MEMORY_BYTES / 8, TRUE,
    N_ ("load, add and store over 64 KiB"), TRUE },
  { "memory@2", "words", WORK_MEMORY_BYTES / 8, FALSE,
    N_ ("the same at level 2"), TRUE },
  { "memory@3", "words", WORK_MEMORY_BYTES / 8, FALSE,
    N_ ("the same at level 3"), TRUE },
  { "page-walk", "nodes", WORK_NODES, TRUE,
    N_ ("a random walk over 64 MiB of 4 KiB pages"), TRUE },
  { "page-walk@2", "nodes", WORK_NODES, FALSE,
    N_ ("the same at level 2"), TRUE },
  { NULL },
};
/* clang-format on */

/* The runs with the same TIMES, and whether they are enough. */
typedef struct {
  const MosBenchLoop *loop;
  gint64              run_us;
  gint64              begin_us;
  guint64             times;
  guint               n;
  double              us[REPEATS];
  double              cpu_us[REPEATS];
  double              instructions[REPEATS];
} Series;

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
median (const double *values, guint n)
{
  double sorted[REPEATS];

  memcpy (sorted, values, n * sizeof *values);
  qsort (sorted, n, sizeof *sorted, compare);
  return sorted[n / 2];
}

/* Adds a run; TRUE when it is the last one needed, with RESULT filled in. */
static gboolean
series_add (Series         *self,
            guint64         times,
            guint64         checksum,
            gint64          us,
            gint64          cpu_us,
            guint64         instructions,
            MosBenchResult *result)
{
  double typical_us;

  if (times != self->times || self->n == REPEATS)
    self->n = 0;
  self->times = times;
  self->us[self->n] = (double) MAX (us, 1);
  self->cpu_us[self->n] = (double) MAX (cpu_us, 1);
  self->instructions[self->n] = (double) instructions;
  self->n++;
  typical_us = median (self->us, self->n);
  *result = (MosBenchResult){
    .times = times,
    .checksum = checksum,
    .per_s = (double) times * self->loop->amount * G_USEC_PER_SEC / typical_us,
    .per_cpu_s = (double) times * self->loop->amount * G_USEC_PER_SEC /
                 median (self->cpu_us, self->n),
    .instructions_s =
        median (self->instructions, self->n) * G_USEC_PER_SEC / typical_us,
  };
  if (self->run_us == 0 || g_get_monotonic_time () - self->begin_us > ENOUGH_US)
    return TRUE;
  return self->n == REPEATS && typical_us >= (double) self->run_us;
}

typedef struct {
  Series          series;
  MosBus         *bus;
  MosRam         *ram;
  MosMemoryRegion region;
  MosIoWindow     mark;
  MosIoWindow     nothing;
  MosCpus        *cpus;
  MosRecorder    *recorder; /* or NULL */
  MosCharPort    *sink;     /* of the UART, or NULL */

  char            line[LINE_BYTES];
  gsize           length;
  gint64          start_us;
  gint64          us;
  gint64          start_cpu_us;
  gint64          cpu_us;
  guint64         start_instructions;
  guint64         instructions;
  gboolean        running; /* between the marks */
  gboolean        done;
  gboolean        confused;
  MosBenchResult *result;
} World;

static void
line_ends (World *self)
{
  char   *rest = NULL;
  guint64 times = g_ascii_strtoull (self->line, &rest, 16);
  guint64 checksum = g_ascii_strtoull (rest, NULL, 16);

  self->confused = times == 0;
  if (self->confused ||
      series_add (&self->series, times, checksum, self->us, self->cpu_us,
                  self->instructions, self->result)) {
    self->done = TRUE;
    mos_vcpu_kick (mos_cpus_vcpu (self->cpus, 0));
  }
}

/* That this thread has used. */
static gint64
cpu_us (void)
{
  struct timespec time = { 0 };

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static guint64
instructions_now (World *self)
{
  MosVcpuCounters counters = { 0 };

  mos_vcpu_counters (mos_cpus_vcpu (self->cpus, 0), &counters);
  return counters.instructions_known ? counters.instructions : 0;
}

/* The processor stopped at a mark, so its counters are up to date. */
static void
mark_passed (World *self)
{
  self->running = !self->running;
  if (self->running) {
    self->start_instructions = instructions_now (self);
    self->start_us = g_get_monotonic_time ();
    self->start_cpu_us = cpu_us ();
  } else {
    self->instructions = instructions_now (self) - self->start_instructions;
  }
}

static void
write_mark (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  World *self = opaque;

  if (self->done)
    return;
  if (value == '<') {
    self->length = 0;
    mos_vcpu_kick (mos_cpus_vcpu (self->cpus, 0));
  } else if (value == '>') {
    self->us = g_get_monotonic_time () - self->start_us;
    self->cpu_us = cpu_us () - self->start_cpu_us;
    mos_vcpu_kick (mos_cpus_vcpu (self->cpus, 0));
  } else if (value == '\n') {
    self->line[self->length] = '\0';
    line_ends (self);
  } else if (self->length < LINE_BYTES - 1) {
    self->line[self->length++] = (char) value;
  }
}

static guint64
read_zero (gpointer opaque, guint64 offset, guint size)
{
  return 0;
}

static void
ignore_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
}

static const MosIoOps mark_ops = { .write = write_mark };
static const MosIoOps nothing_ops = { .read = read_zero,
                                      .write = ignore_write };

static gpointer
make_resources (gpointer unused)
{
  mos_bench_images_register_resource ();
  return NULL;
}

GBytes *
mos_bench_get_image (void)
{
  static GOnce once = G_ONCE_INIT;

  g_once (&once, make_resources, NULL);
  return g_resource_lookup_data (mos_bench_images_get_resource (),
                                 "/org/multios/Lab/bench/bench.bin",
                                 G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

static gboolean
world_init (World                 *self,
            const MosBackendClass *klass,
            const MosBenchExtras  *extras,
            GError               **error)
{
  MosCpusSpec spec = {
    .n_vcpus = 1,
    .model = mos_cpu_model_find ("x86-64"),
    .vendor = self->series.loop->vendor,
    .nested = self->series.loop->nested,
    .pmu = extras->pmu,
    .jit = "auto",
  };

  self->ram = mos_ram_new ("bench", RAM_BYTES, error);
  if (self->ram == NULL)
    return FALSE;
  self->bus = mos_bus_new (MOS_CLOCK_REAL, NULL, NULL);
  self->region = (MosMemoryRegion){ .name = "ram",
                                    .size = RAM_BYTES,
                                    .enabled = TRUE,
                                    .kind = MOS_MEMORY_RAM,
                                    .ram = self->ram };
  mos_memory_map_add (self->bus->memory, &self->region);
  self->mark = (MosIoWindow){ .name = "mark",
                              .ops = &mark_ops,
                              .opaque = self,
                              .base = MARK_PORT,
                              .size = 1 };
  self->nothing = (MosIoWindow){
    .name = "nothing", .ops = &nothing_ops, .base = NO_PORT, .size = 1
  };
  mos_bus_map_ports (self->bus, &self->mark);
  if (extras->device) {
    self->sink = mos_char_port_new (0);
    mos_uart_new (self->bus, "bench", NO_PORT, self->sink);
  } else {
    mos_bus_map_ports (self->bus, &self->nothing);
  }
  mos_clock_resume (self->bus->clock);
  spec.bus = self->bus;
  self->cpus = mos_cpus_new (klass, &spec, error);
  if (self->cpus != NULL && extras->traced) {
    MosTraceFilter filter;

    mos_trace_filter_init (&filter);
    self->recorder = mos_recorder_new (self->bus->trace, &filter, 1,
                                       MOS_RECORDER_DEFAULT_EVENTS);
  }
  return self->cpus != NULL;
}

static void
world_clear (World *self)
{
  mos_cpus_free (self->cpus);
  mos_recorder_free (self->recorder);
  mos_bus_free (self->bus);
  mos_char_port_unref (self->sink);
  mos_ram_free (self->ram);
}

static void
enter_protected_mode (MosCpuState *state, guint32 entry)
{
  mos_cpu_state_reset (state, 0, TRUE);
  state->cr0 = CR0_PE_ET;
  for (guint i = 0; i <= MOS_SEG_GS; i++) {
    state->seg[i].base = 0;
    state->seg[i].selector = i == MOS_SEG_CS ? 8 : 16;
    state->seg[i].limit = G_MAXUINT32;
    state->seg[i].g = 1;
    state->seg[i].db = 1;
  }
  state->rip = entry;
  state->gpr[MOS_RAX] = MAGIC;
  state->gpr[MOS_RBX] = INFO_GPA;
}

/* As a multiboot loader does it; only the command line is told. */
static gboolean
world_load (World *self, GError **error)
{
  g_autoptr (GBytes) image = mos_bench_get_image ();
  g_autofree char        *command = NULL;
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  MosMemoryMap           *memory = self->bus->memory;
  gboolean                loaded;

  command = g_strdup_printf ("bench=%s", self->series.loop->name);
  mos_memory_map_write (memory, IMAGE_GPA, g_bytes_get_data (image, NULL),
                        g_bytes_get_size (image));
  mos_memory_map_write (memory, COMMAND_GPA, command, strlen (command) + 1);
  mos_memory_map_write_u32 (memory, INFO_GPA, 1u << 2);
  mos_memory_map_write_u32 (memory, INFO_GPA + 16, COMMAND_GPA);
  enter_protected_mode (
      state, mos_memory_map_read_u32 (memory, IMAGE_GPA + HEADER_ENTRY));
  loaded = mos_vcpu_set_state (mos_cpus_vcpu (self->cpus, 0), state, error);
  mos_cpu_state_clear (state);
  return loaded;
}

/* The second thread: kicks a guest that never answers. */
typedef struct {
  MosVcpu *vcpu;
  GThread *thread;
  GMutex   lock;
  GCond    over;
  gboolean done; /* guarded by lock */
  gboolean hung; /* atomic */
} Alarm;

static gpointer
alarm_thread (gpointer data)
{
  Alarm *alarm = data;
  gint64 end_us = g_get_monotonic_time () + HANGS_US;

  g_mutex_lock (&alarm->lock);
  while (!alarm->done)
    if (!g_cond_wait_until (&alarm->over, &alarm->lock, end_us)) {
      g_atomic_int_set (&alarm->hung, TRUE);
      mos_vcpu_kick (alarm->vcpu);
      break;
    }
  g_mutex_unlock (&alarm->lock);
  return NULL;
}

static void
alarm_start (Alarm *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->over);
  self->thread = g_thread_new ("bench-alarm", alarm_thread, self);
}

static void
alarm_stop (Alarm *self)
{
  g_mutex_lock (&self->lock);
  self->done = TRUE;
  g_cond_signal (&self->over);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_cond_clear (&self->over);
  g_mutex_clear (&self->lock);
}

static gboolean
world_run (World *self, const MosBackendClass *klass, GError **error)
{
  MosVcpu     *vcpu = mos_cpus_vcpu (self->cpus, 0);
  Alarm        alarm = { .vcpu = vcpu };
  MosRunResult result;

  alarm_start (&alarm);
  do {
    result = mos_vcpu_run (vcpu, error);
    mark_passed (self);
  } while (result == MOS_RUN_KICKED && !self->done &&
           !g_atomic_int_get (&alarm.hung));
  alarm_stop (&alarm);
  if (result == MOS_RUN_FAILED)
    return FALSE;
  if (self->done && !self->confused)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               result == MOS_RUN_SHUTDOWN
                   ? _ ("The guest “%s” crashed on %s; please report it")
                   : _ ("The guest “%s” gave no result on %s; please report "
                        "it"),
               self->series.loop->name, klass->title);
  return FALSE;
}

const MosBenchLoop *
mos_bench_find (const char *name)
{
  for (const MosBenchLoop *loop = mos_bench_loops; loop->name != NULL; loop++)
    if (g_str_equal (loop->name, name))
      return loop;
  return NULL;
}

gboolean
mos_bench_run_guest_with (const MosBenchLoop    *loop,
                          const MosBackendClass *klass,
                          gint64                 run_us,
                          const MosBenchExtras  *extras,
                          MosBenchResult        *result,
                          GError               **error)
{
  g_autofree World *self = g_new0 (World, 1);
  gboolean          done;

  g_return_val_if_fail (loop != NULL && klass != NULL, FALSE);

  self->series.loop = loop;
  self->series.run_us = run_us;
  self->series.begin_us = g_get_monotonic_time ();
  self->result = result;
  done = world_init (self, klass, extras, error) && world_load (self, error) &&
         world_run (self, klass, error);
  world_clear (self);
  return done;
}

gboolean
mos_bench_run_guest (const MosBenchLoop    *loop,
                     const MosBackendClass *klass,
                     gint64                 run_us,
                     MosBenchResult        *result,
                     GError               **error)
{
  static const MosBenchExtras none = { 0 };

  return mos_bench_run_guest_with (loop, klass, run_us, &none, result, error);
}

static const Workload *
find_workload (const MosBenchLoop *loop)
{
  for (const Workload *work = work_loops; work->name != NULL; work++)
    if (g_str_equal (work->name, loop->name))
      return work;
  g_assert_not_reached ();
}

/* Memory for the host, of the same kind as a guest's. */
static MosRam *
prepare_native (const Workload *work, GError **error)
{
  MosRam *arena = mos_ram_new ("bench", WORK_ARENA_BYTES, error);

  if (arena != NULL && work->prepare != NULL)
    work->prepare (arena->hva);
  return arena;
}

gboolean
mos_bench_run_native (const MosBenchLoop *loop,
                      gint64              run_us,
                      MosBenchResult     *result,
                      GError            **error)
{
  const Workload *work;
  Series          series = { .loop = loop, .run_us = run_us };
  g_autoptr (MosRam) arena = NULL;
  gboolean enough = FALSE;

  g_return_val_if_fail (loop->native, FALSE);

  work = find_workload (loop);
  arena = prepare_native (work, error);
  if (arena == NULL)
    return FALSE;
  series.begin_us = g_get_monotonic_time ();
  for (guint64 times = 1; !enough; times *= GROWTH)
    for (guint i = 0; i < REPEATS && !enough; i++) {
      gint64  start_us = g_get_monotonic_time ();
      gint64  start_cpu_us = cpu_us ();
      guint64 checksum = work->run (arena->hva, times);

      enough = series_add (&series, times, checksum,
                           g_get_monotonic_time () - start_us,
                           cpu_us () - start_cpu_us, 0, result);
    }
  return TRUE;
}

gboolean
mos_bench_checksum (const MosBenchLoop *loop,
                    guint64             times,
                    guint64            *checksum,
                    GError            **error)
{
  const Workload *work;
  g_autoptr (MosRam) arena = NULL;

  g_return_val_if_fail (loop->native, FALSE);

  work = find_workload (loop);
  arena = prepare_native (work, error);
  if (arena != NULL)
    *checksum = work->run (arena->hva, times);
  return arena != NULL;
}
