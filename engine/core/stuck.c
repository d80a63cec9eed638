/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The rules behind the cards. Each is a function over one sample and the one
 * before; they stand in a table in the order in which they are asked, the more
 * particular first. port_cb() runs on vCPU threads, with relaxed atomics of
 * its own; all else on the thread that samples.
 */
#include "engine/core/stuck.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/cpu/state.h"
#include "engine/lifecycle/inspect.h"

#define FLAG_IF         (1u << 9)
#define CR0_PG          (1u << 31)
#define CR0_PE          1u
#define BIOS_SEGMENT    0xf000u
#define FAULTS_A_SLICE  1000 /* more than any sane guest takes in 40 ms */
#define PORTS_A_SLICE   500
#define EMPTY_BYTES     64
#define RESETS_IN_A_ROW 3
#define RESET_GAP_US    (20 * G_USEC_PER_SEC)
#define ADDRESS_LINES   0xfffffu

/* What the firmware says when it has nothing to start. */
static const char *const no_boot_texts[] = {
  "No bootable device",
  "not a bootable disk",
  "Boot failed",
};

const MosStuckInfo mos_stuck_infos[MOS_N_STUCK] = {
  [MOS_STUCK_NOT] = { "", "", "" },
  [MOS_STUCK_HALTED] = { "halted", N_ ("Halted With Interrupts Off"),
                         N_ ("Nothing can wake a processor that halts while "
                             "it takes no interrupts. Look for CLI before "
                             "HLT, or reset the machine.") },
  [MOS_STUCK_RESETS] = { "resets", N_ ("Resets Itself Again and Again"),
                         N_ ("An exception whose handler faults, whose "
                             "handler faults, resets the machine. Look "
                             "at the interrupt table, its limit and "
                             "the stack; the log says where.") },
  [MOS_STUCK_FAULTS] = { "fault-storm", N_ ("One Exception Over and Over"),
                         N_ ("The handler returns to the instruction that "
                             "faulted, and it faults again. Let the handler "
                             "mend the cause or step over it.") },
  [MOS_STUCK_KEY] = { "key", N_ ("Waits for a Key"),
                      N_ ("The guest asks the BIOS for a key. Click its "
                          "screen and press one.") },
  [MOS_STUCK_NO_BOOT] = { "no-boot", N_ ("Nothing to Start From"),
                          N_ ("The firmware found no boot sector (its last "
                              "two bytes are 55 AA). Put in a medium that "
                              "starts, or change the boot order in the "
                              "settings.") },
  [MOS_STUCK_PORT] = { "port", N_ ("Waits for a Device"),
                       N_ ("The guest reads one port until its value "
                           "changes, and it does not. See what the device "
                           "behind it waits for.") },
  [MOS_STUCK_LOOP] = { "loop", N_ ("Runs in a Tight Loop"),
                       N_ ("The guest jumps to where it is. Many programs "
                           "end so when something failed; look at what was "
                           "written last.") },
  [MOS_STUCK_EMPTY] = { "empty", N_ ("Executes Empty Memory"),
                        N_ ("Zeros are an instruction too (ADD). A jump or a "
                            "return went to where no program is; look at the "
                            "stack.") },
};

/* One processor. */
typedef struct {
  guint64  rip;
  guint64  rflags;
  guint64  cr0;
  guint16  cs;
  guint64  cs_base;
  gboolean halted;
  gboolean seen;
} Place;

typedef struct {
  Place           cpu;   /* the boot processor */
  gboolean        alone; /* all others wait or halt too */
  MosVcpuCounters counters;
  char           *text; /* of the screen */
  guint           resets;
  char           *why_reset; /* or NULL */
  guint           ports;
  guint           same_port; /* of them, reads of the port and value */
  guint           port;
  guint           value;
  guint8          code[EMPTY_BYTES]; /* at the instruction */
  gboolean        code_known;
  gboolean        power;
} Sample;

struct MosStuck {
  MosVm        *vm;
  guint         n_vcpus;
  Sample        last;
  gboolean      any; /* there is a last one */
  MosStuckCause cause;
  guint         agreed;

  GMutex lock;
  guint  resets;    /* with lock: each soon after the one before */
  gint64 reset_us;  /* with lock: when the last was */
  char  *why_reset; /* with lock */

  /* Written by the vCPUs while a sample is taken; relaxed. */
  gint port_key; /* port << 8 | low byte of the value, + 1; 0: none yet */
  gint n_ports;
  gint n_same;
};

/* -- the rules ----------------------------------------------------------- */

typedef struct {
  const Sample *now;
  const Sample *before;
  gboolean      still; /* the screen's text has not changed */
} View;

static gboolean
is_resetting (const View *view)
{
  return view->now->resets >= RESETS_IN_A_ROW;
}

static gboolean
is_halted (const View *view)
{
  return view->now->cpu.halted && !(view->now->cpu.rflags & FLAG_IF) &&
         view->now->alone;
}

/* The vector that came most since the sample before. */
static guint
storm_vector (const View *view, guint64 *n)
{
  guint most = 0;

  *n = 0;
  for (guint i = 0; i < 32; i++) {
    guint64 delta =
        view->now->counters.faults[i] - view->before->counters.faults[i];

    if (view->now->counters.faults[i] > view->before->counters.faults[i] &&
        delta > *n) {
      *n = delta;
      most = i;
    }
  }
  return most;
}

static gboolean
is_fault_storm (const View *view)
{
  guint64 n;

  storm_vector (view, &n);
  return n > FAULTS_A_SLICE && view->still;
}

static gboolean
is_no_boot (const View *view)
{
  for (guint i = 0; i < G_N_ELEMENTS (no_boot_texts); i++)
    if (strstr (view->now->text, no_boot_texts[i]) != NULL)
      return view->still && view->now->cpu.cs == BIOS_SEGMENT;
  return FALSE;
}

/* INT 16h of the BIOS halts between interrupts until a key is there. */
static gboolean
is_waiting_for_key (const View *view)
{
  return view->still && view->now->cpu.halted &&
         !(view->now->cpu.cr0 & CR0_PE) && view->now->cpu.cs == BIOS_SEGMENT &&
         view->now->ports < PORTS_A_SLICE;
}

static gboolean
is_polling (const View *view)
{
  return view->still && view->now->ports > PORTS_A_SLICE &&
         view->now->same_port > view->now->ports / 100 * 95 &&
         view->before->port == view->now->port;
}

static gboolean
is_in_place (const View *view)
{
  return view->still && !view->now->cpu.halted &&
         view->now->cpu.rip == view->before->cpu.rip &&
         view->now->cpu.cs == view->before->cpu.cs &&
         view->now->ports < PORTS_A_SLICE;
}

static gboolean
is_empty (const View *view)
{
  if (!view->now->code_known || view->now->cpu.halted || !view->still)
    return FALSE;
  for (guint i = 0; i < EMPTY_BYTES; i++)
    if (view->now->code[i] != 0)
      return FALSE;
  return TRUE;
}

static const struct {
  MosStuckCause cause;
  gboolean (*holds) (const View *view);
} rules[] = {
  { MOS_STUCK_RESETS, is_resetting }, { MOS_STUCK_NO_BOOT, is_no_boot },
  { MOS_STUCK_HALTED, is_halted },    { MOS_STUCK_KEY, is_waiting_for_key },
  { MOS_STUCK_EMPTY, is_empty },      { MOS_STUCK_FAULTS, is_fault_storm },
  { MOS_STUCK_PORT, is_polling },     { MOS_STUCK_LOOP, is_in_place },
};

/* -- the numbers --------------------------------------------------------- */

static char *
describe (MosStuckCause cause, const View *view)
{
  const Place     *cpu = &view->now->cpu;
  g_autofree char *place =
      g_strdup_printf ("%04x:%" G_GINT64_MODIFIER "x", cpu->cs, cpu->rip);
  g_autofree char *count = NULL;
  guint64          n;
  guint            vector;

  switch (cause) {
  case MOS_STUCK_HALTED:
    return g_strdup_printf (
        _ ("The processor halts at %s with the interrupt flag 0."), place);
  case MOS_STUCK_RESETS:
    return g_strdup_printf (_ ("%u resets in a row; the last: %s."),
                            view->now->resets, view->now->why_reset);
  case MOS_STUCK_FAULTS:
    vector = storm_vector (view, &n);
    count = g_strdup_printf ("%" G_GUINT64_FORMAT, n);
    return g_strdup_printf (
        _ ("Exception %u came %s times since the look before, at %s."), vector,
        count, place);
  case MOS_STUCK_KEY:
    return g_strdup (_ ("It stands in the keyboard service of the BIOS."));
  case MOS_STUCK_NO_BOOT:
    return g_strdup (_ ("The firmware has tried every drive."));
  case MOS_STUCK_PORT:
    return g_strdup_printf (_ ("Port 0x%x was read %u times in %u ms and "
                               "always said 0x%02x."),
                            view->now->port, view->now->same_port,
                            MOS_STUCK_SLICE_MS, view->now->value);
  case MOS_STUCK_LOOP:
    return g_strdup_printf (_ ("It is at %s each time."), place);
  case MOS_STUCK_EMPTY:
    return g_strdup_printf (_ ("There are only zeros from %s on."), place);
  case MOS_STUCK_NOT:
  case MOS_N_STUCK:
    break;
  }
  return NULL;
}

/* -- sampling ------------------------------------------------------------ */

/* A vCPU's thread. Counts how often the first port and value come again. */
static void
port_cb (const MosEvent *event, gpointer user_data)
{
  MosStuck *self = user_data;
  gint      key = (gint) (event->code << 8 | (event->a & 0xff)) + 1;

  __atomic_fetch_add (&self->n_ports, 1, __ATOMIC_RELAXED);
  if (event->b >> 8) /* a write: progress of a kind */
    return;
  if (__atomic_load_n (&self->port_key, __ATOMIC_RELAXED) == 0)
    __atomic_store_n (&self->port_key, key, __ATOMIC_RELAXED);
  if (__atomic_load_n (&self->port_key, __ATOMIC_RELAXED) == key)
    __atomic_fetch_add (&self->n_same, 1, __ATOMIC_RELAXED);
}

static void
watch_ports (MosStuck *self, Sample *sample)
{
  MosTrace *trace = mos_vm_get_trace (self->vm);
  guint     id;
  gint      key;

  __atomic_store_n (&self->port_key, 0, __ATOMIC_RELAXED);
  __atomic_store_n (&self->n_ports, 0, __ATOMIC_RELAXED);
  __atomic_store_n (&self->n_same, 0, __ATOMIC_RELAXED);
  id = mos_trace_listen (trace, 1u << MOS_EVENT_PORT, port_cb, self);
  g_usleep (MOS_STUCK_SLICE_MS * 1000);
  mos_trace_unlisten (trace, id);
  key = __atomic_load_n (&self->port_key, __ATOMIC_RELAXED);
  sample->ports = (guint) __atomic_load_n (&self->n_ports, __ATOMIC_RELAXED);
  sample->same_port = (guint) __atomic_load_n (&self->n_same, __ATOMIC_RELAXED);
  if (key > 0) {
    sample->port = (guint) (key - 1) >> 8;
    sample->value = (guint) (key - 1) & 0xff;
  }
}

static void
look_at_place (MosStuck *self, guint vcpu, Place *place)
{
  MosCpuState state;

  /* Filled in whole if it succeeds. */
  if (!mos_vm_look_at_cpu (self->vm, vcpu, &state))
    return;
  place->rip = state.rip;
  place->rflags = state.rflags;
  place->cr0 = state.cr0;
  place->cs = state.seg[MOS_SEG_CS].selector;
  place->cs_base = state.seg[MOS_SEG_CS].base;
  place->halted = state.mp_state != MOS_MP_RUNNABLE;
  place->seen = TRUE;
  mos_cpu_state_clear (&state);
}

static void
look_at_resets (MosStuck *self, Sample *sample)
{
  g_mutex_lock (&self->lock);
  if (g_get_monotonic_time () - self->reset_us < RESET_GAP_US) {
    sample->resets = self->resets;
    sample->why_reset = g_strdup (self->why_reset);
  }
  g_mutex_unlock (&self->lock);
}

static void
look (MosStuck *self, Sample *sample)
{
  guint64 gpa;

  look_at_resets (self, sample);
  look_at_place (self, 0, &sample->cpu);
  sample->power = sample->cpu.seen;
  sample->alone = TRUE;
  for (guint i = 1; i < self->n_vcpus; i++) {
    Place other = { 0 };

    look_at_place (self, i, &other);
    sample->alone &= !other.seen || other.halted;
  }
  mos_vm_get_counters (self->vm, &sample->counters);
  sample->text = mos_screen_text (mos_vm_get_screen (self->vm));
  if (sample->power && !(sample->cpu.cr0 & CR0_PG)) {
    gpa = sample->cpu.cs_base + sample->cpu.rip;
    if (!(sample->cpu.cr0 & CR0_PE))
      gpa &= ADDRESS_LINES;
    sample->code_known = mos_vm_look_at_memory (self->vm, gpa, sample->code,
                                                sizeof sample->code);
  }
  watch_ports (self, sample);
}

/* Main loop. */
static void
reset_cb (MosVm *vm, const char *why, gpointer user_data)
{
  MosStuck *self = user_data;
  gint64    now_us = g_get_monotonic_time ();

  g_mutex_lock (&self->lock);
  self->resets = now_us - self->reset_us < RESET_GAP_US ? self->resets + 1 : 1;
  self->reset_us = now_us;
  g_free (self->why_reset);
  self->why_reset = g_strdup (why);
  g_mutex_unlock (&self->lock);
}

static void
sample_clear (Sample *self)
{
  g_free (self->text);
  g_free (self->why_reset);
}

MosStuck *
mos_stuck_new (MosVm *vm)
{
  MosStuck *self = g_new0 (MosStuck, 1);

  self->vm = g_object_ref (vm);
  self->n_vcpus =
      (guint) mos_vm_config_get_int (mos_vm_get_config (vm), "vcpu_count");
  g_mutex_init (&self->lock);
  g_signal_connect (vm, "guest-reset", G_CALLBACK (reset_cb), self);
  return self;
}

void
mos_stuck_free (MosStuck *self)
{
  if (self == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->vm, self);
  sample_clear (&self->last);
  g_mutex_clear (&self->lock);
  g_free (self->why_reset);
  g_object_unref (self->vm);
  g_free (self);
}

static MosStuckCause
judge (const View *view)
{
  if (!view->now->power)
    return MOS_STUCK_NOT;
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++)
    if (rules[i].holds (view))
      return rules[i].cause;
  return MOS_STUCK_NOT;
}

MosStuckCause
mos_stuck_sample (MosStuck *self, char **facts)
{
  Sample        now = { 0 };
  View          view = { &now, &self->last, FALSE };
  MosStuckCause cause = MOS_STUCK_NOT;

  g_return_val_if_fail (self != NULL && facts != NULL, MOS_STUCK_NOT);

  *facts = NULL;
  look (self, &now);
  if (self->any && self->last.text != NULL && now.text != NULL) {
    view.still = g_str_equal (now.text, self->last.text);
    cause = judge (&view);
  }
  self->agreed = cause == self->cause ? self->agreed + 1 : 1;
  self->cause = cause;
  if (cause != MOS_STUCK_NOT && self->agreed >= MOS_STUCK_SAMPLES)
    *facts = describe (cause, &view);
  else
    cause = MOS_STUCK_NOT;
  sample_clear (&self->last);
  self->last = now;
  self->any = TRUE;
  return cause;
}
