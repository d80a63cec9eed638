/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Measuring backends with a micro-guest, and remembering the result.
 *
 * The guest starts in 64-bit mode with paging, because real mode may be slow
 * where nothing else is. It counts its rounds in RCX; after a set time a second
 * thread kicks it, and RCX over the processor time of the run is the speed: the
 * clock of a busy host would measure its other programs.
 */

#include "engine/cpu/calibrate.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "engine/base/error.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/cpuid.h"

#define RAM_BYTES   (1u << 21)
#define TABLES_GPA  0x1000u
#define CODE_GPA    0x8000u
#define DATA_GPA    0x9000u
#define PORT        0x510u
#define RUN_US      30000
#define MAX_RUNS    10u
#define WARM_UP_US  3000
#define MIX         5000.0 /* instructions between two exits */
#define LOOP_LENGTH 8.0    /* instructions of the first guest's loop */
#define CACHE_FILE  "calibration.ini"

/* Eight instructions a round: four of arithmetic, a store, a load, a count and
 * a branch. */
static const guint8 compute_code[] = {
  0x48, 0x01, 0xc2,       /* again: add rdx, rax */
  0x48, 0x31, 0xd3,       /* xor rbx, rdx */
  0x48, 0x89, 0x1e,       /* mov [rsi], rbx */
  0x4c, 0x8b, 0x06,       /* mov r8, [rsi] */
  0x4d, 0x8d, 0x0c, 0x10, /* lea r9, [r8 + rdx] */
  0x4c, 0x29, 0xc8,       /* sub rax, r9 */
  0x48, 0xff, 0xc1,       /* inc rcx */
  0xeb, 0xe8,             /* jmp again */
};

static const guint8 exit_code[] = {
  0xee,             /* again: out dx, al */
  0x48, 0xff, 0xc1, /* inc rcx */
  0xeb, 0xfa,       /* jmp again */
};

typedef struct {
  MosBus         *bus;
  MosRam         *ram;
  MosMemoryRegion region;
  MosIoWindow     window;
  MosCpus        *cpus;
} Bench;

static void
ignore_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
}

static const MosIoOps ops = { .write = ignore_write };

static gboolean
bench_init (Bench *self, const MosBackendClass *klass, GError **error)
{
  MosCpusSpec spec = {
    .n_vcpus = 1,
    .model = mos_cpu_model_find ("x86-64"),
    .vendor = MOS_VENDOR_AMD,
    .jit = "auto",
  };

  self->ram = mos_ram_new ("calibration", RAM_BYTES, error);
  if (self->ram == NULL)
    return FALSE;
  self->bus = mos_bus_new (MOS_CLOCK_REAL, NULL, NULL);
  self->region = (MosMemoryRegion){
    .name = "ram",
    .size = RAM_BYTES,
    .enabled = TRUE,
    .kind = MOS_MEMORY_RAM,
    .ram = self->ram,
  };
  mos_memory_map_add (self->bus->memory, &self->region);
  self->window = (MosIoWindow){
    .name = "calibration", .ops = &ops, .base = PORT, .size = 1
  };
  mos_bus_map_ports (self->bus, &self->window);
  mos_clock_resume (self->bus->clock);
  spec.bus = self->bus;
  self->cpus = mos_cpus_new (klass, &spec, error);
  return self->cpus != NULL;
}

static void
bench_clear (Bench *self)
{
  mos_cpus_free (self->cpus);
  mos_bus_free (self->bus);
  mos_ram_free (self->ram);
}

/* Three tables that map the first 2 MiB to themselves with one large page. */
static void
write_tables (Bench *self)
{
  for (guint level = 0; level < 3; level++) {
    guint64 table = TABLES_GPA + level * MOS_PAGE_SIZE;
    guint64 entry = MOS_PTE_P | MOS_PTE_RW | MOS_PTE_A | MOS_PTE_D;

    entry |= level == 2 ? MOS_PTE_PS : table + MOS_PAGE_SIZE;
    mos_memory_map_write_u64 (self->bus->memory, table, entry);
  }
}

static void
enter_long_mode (MosCpuState *state)
{
  mos_cpu_state_reset (state, 0, TRUE);
  state->cr0 = MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_ET | MOS_CR0_NE;
  state->cr3 = TABLES_GPA;
  state->cr4 = MOS_CR4_PAE;
  state->efer = MOS_EFER_LME | MOS_EFER_LMA;
  for (guint i = 0; i <= MOS_SEG_GS; i++) {
    state->seg[i].base = 0;
    state->seg[i].selector = i == MOS_SEG_CS ? 8 : 16;
    state->seg[i].limit = G_MAXUINT32;
    state->seg[i].g = 1;
    state->seg[i].l = i == MOS_SEG_CS;
    state->seg[i].db = i != MOS_SEG_CS;
  }
  state->rip = CODE_GPA;
  state->gpr[MOS_RSP] = DATA_GPA;
  state->gpr[MOS_RSI] = DATA_GPA;
  state->gpr[MOS_RDX] = PORT;
}

static gboolean
load_guest (Bench *self, const guint8 *code, gsize size, GError **error)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);

  write_tables (self);
  mos_memory_map_write (self->bus->memory, CODE_GPA, code, size);
  enter_long_mode (state);
  return mos_vcpu_set_state (mos_cpus_vcpu (self->cpus, 0), state, error);
}

/* The second thread: kicks when the time is over, or earlier if told. */
typedef struct {
  MosVcpu *vcpu;
  gint64   end_us;
  GMutex   lock;
  GCond    over;
  gboolean done; /* guarded by lock */
} Alarm;

static gpointer
alarm_thread (gpointer data)
{
  Alarm *alarm = data;

  g_mutex_lock (&alarm->lock);
  while (!alarm->done)
    if (!g_cond_wait_until (&alarm->over, &alarm->lock, alarm->end_us)) {
      mos_vcpu_kick (alarm->vcpu);
      break;
    }
  g_mutex_unlock (&alarm->lock);
  return NULL;
}

/* Processor time of the calling thread, guests included. */
static double
thread_s (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* Runs for @us; adds the rounds that RCX counted and the time they took. */
static gboolean
run_once (Bench   *self,
          gint64   us,
          guint64 *rounds,
          double  *seconds,
          GError **error)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  MosVcpu                *vcpu = mos_cpus_vcpu (self->cpus, 0);
  gint64                  start = g_get_monotonic_time ();
  Alarm                   alarm = { .vcpu = vcpu, .end_us = start + us };
  MosRunResult            result;
  GThread                *thread;
  guint64                 before;
  double                  start_s;

  if (!mos_vcpu_get_state (vcpu, state, error))
    return FALSE;
  before = state->gpr[MOS_RCX];
  g_mutex_init (&alarm.lock);
  g_cond_init (&alarm.over);
  thread = g_thread_new ("calibration", alarm_thread, &alarm);
  start_s = thread_s ();
  result = mos_vcpu_run (vcpu, error);
  *seconds += thread_s () - start_s;
  g_mutex_lock (&alarm.lock);
  alarm.done = TRUE;
  g_cond_signal (&alarm.over);
  g_mutex_unlock (&alarm.lock);
  g_thread_join (thread);
  g_cond_clear (&alarm.over);
  g_mutex_clear (&alarm.lock);

  if (result == MOS_RUN_FAILED || !mos_vcpu_get_state (vcpu, state, error)) {
    mos_cpu_state_clear (state);
    return FALSE;
  }
  *rounds += state->gpr[MOS_RCX] - before;
  mos_cpu_state_clear (state);
  if (result == MOS_RUN_KICKED)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("%s did not run the measuring guest as it should (result "
                  "%u); choose a backend with --accel"),
               self->cpus->klass->title, (guint) result);
  return FALSE;
}

static gboolean
measure_guest (Bench        *self,
               const guint8 *code,
               gsize         size,
               double       *rounds_per_s,
               GError      **error)
{
  guint64 rounds = 0;
  double  seconds = 0;

  if (!load_guest (self, code, size, error) ||
      !run_once (self, WARM_UP_US, &rounds, &seconds, error))
    return FALSE;
  rounds = 0;
  seconds = 0;
  /* On a host that gives the thread little, more than once. */
  for (guint i = 0; i < MAX_RUNS && seconds * 2e6 < RUN_US; i++)
    if (!run_once (self, RUN_US, &rounds, &seconds, error))
      return FALSE;
  *rounds_per_s = (double) rounds / MAX (seconds, 1e-6);
  if (rounds > 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
               _ ("%s ran no instruction of the measuring guest; choose a "
                  "backend with --accel"),
               self->cpus->klass->title);
  return FALSE;
}

gboolean
mos_backend_measure (const MosBackendClass *klass,
                     MosCalibration        *result,
                     GError               **error)
{
  Bench    bench = { 0 };
  double   rounds = 0;
  double   exits = 0;
  gboolean ok;

  g_return_val_if_fail (klass != NULL && result != NULL, FALSE);

  if (klass->create == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
                 _ ("%s makes no processors"), klass->title);
    return FALSE;
  }
  ok = bench_init (&bench, klass, error) &&
       measure_guest (&bench, compute_code, sizeof compute_code, &rounds,
                      error) &&
       measure_guest (&bench, exit_code, sizeof exit_code, &exits, error);
  bench_clear (&bench);
  if (ok)
    *result = (MosCalibration){
      .mips = rounds * LOOP_LENGTH / 1e6,
      .exits_per_s = exits,
    };
  return ok;
}

/* -- the cache ----------------------------------------------------------- */

/* The processor's name as the kernel prints it. */
static char *
processor_name (void)
{
  g_autofree char *text = NULL;
  const char      *line;

  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL) &&
      (line = strstr (text, "model name")) != NULL &&
      (line = strchr (line, ':')) != NULL)
    return g_strstrip (g_strndup (line + 1, strcspn (line + 1, "\n")));
  return g_strdup ("unknown");
}

/* What the result depends on: kernel, processor, and this very program. */
static char *
make_key (void)
{
  g_autofree char *processor = processor_name ();
  struct utsname   name;
  struct stat      program = { 0 };

  if (uname (&name) != 0)
    memset (&name, 0, sizeof name);
  if (stat ("/proc/self/exe", &program) != 0)
    program.st_size = 0;
  return g_strdup_printf ("%s; %s; %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                          name.release, processor, (gint64) program.st_size,
                          (gint64) program.st_mtime);
}

static char *
cache_path (void)
{
  return g_build_filename (g_get_user_cache_dir (), "multios-lab", CACHE_FILE,
                           NULL);
}

/* Two programs on one cache keep a result each. */
static char *
make_group (const MosBackendClass *klass)
{
  const char *program = g_get_prgname ();

  return g_strdup_printf ("%s %s", klass->name,
                          program != NULL ? program : "multios");
}

static gboolean
load_cached (GKeyFile       *file,
             const char     *group,
             const char     *key,
             MosCalibration *result)
{
  g_autofree char *was = g_key_file_get_string (file, group, "host", NULL);

  if (g_strcmp0 (was, key) != 0)
    return FALSE;
  result->mips = g_key_file_get_double (file, group, "mips", NULL);
  result->exits_per_s =
      g_key_file_get_double (file, group, "exits-per-second", NULL);
  result->cached = TRUE;
  return result->mips > 0 && result->exits_per_s > 0;
}

static void
store (GKeyFile             *file,
       const char           *path,
       const char           *group,
       const char           *key,
       const MosCalibration *result)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_key_file_set_string (file, group, "host", key);
  g_key_file_set_double (file, group, "mips", result->mips);
  g_key_file_set_double (file, group, "exits-per-second", result->exits_per_s);
  if (g_mkdir_with_parents (folder, 0700) == 0)
    g_key_file_save_to_file (file, path, NULL);
}

gboolean
mos_backend_calibrate (const MosBackendClass *klass,
                       MosCalibration        *result,
                       GError               **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *path = cache_path ();
  g_autofree char *key = make_key ();
  g_autofree char *group = make_group (klass);

  g_return_val_if_fail (klass != NULL && result != NULL, FALSE);

  g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  if (load_cached (file, group, key, result))
    return TRUE;
  if (!mos_backend_measure (klass, result, error))
    return FALSE;
  store (file, path, group, key, result);
  return TRUE;
}

/* -- comparing ----------------------------------------------------------- */

double
mos_calibration_score (const MosCalibration *self)
{
  if (self->mips <= 0 || self->exits_per_s <= 0)
    return 0;
  return MIX / (MIX / self->mips + 1e6 / self->exits_per_s);
}

char *
mos_calibration_explain (const MosBackendClass *winner,
                         const MosCalibration  *winner_speed,
                         const MosBackendClass *loser,
                         const MosCalibration  *loser_speed)
{
  gboolean emulates = g_str_equal (loser->name, "kvm") &&
                      loser_speed->mips < MOS_CALIBRATION_EMULATED_MIPS;

  if (emulates)
    return g_strdup_printf (
        _ ("%s works here but emulates every instruction, at %.1f million a "
           "second; %s runs %.0f million"),
        loser->title, loser_speed->mips, winner->title, winner_speed->mips);
  if (winner_speed->mips >= loser_speed->mips)
    return g_strdup_printf (
        _ ("%s runs %.0f million instructions a second, %s %.0f million"),
        winner->title, winner_speed->mips, loser->title, loser_speed->mips);
  return g_strdup_printf (
      _ ("%s reaches devices %.0f times a second, %s only %.0f times"),
      winner->title, winner_speed->exits_per_s, loser->title,
      loser_speed->exits_per_s);
}
