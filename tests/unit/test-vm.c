/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The life of a machine, on fake processors and a fake board: every verb in
 * every state, every step of a start that can fail, what guests do on their
 * own, and that nothing is left behind.
 */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/lifecycle/machine-private.h"
#include "engine/lifecycle/vm-private.h"
#include "engine/lifecycle/vm.h"
#include "tests/unit/fake-machine.h"

typedef struct {
  MosHypervisor *hypervisor;
  MosVm         *vm;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  fake_reset ();
  self->hypervisor = fake_hypervisor_new (NULL);
  self->vm = fake_vm_new (self->hypervisor, "A machine");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  fake_release ();
  mos_hypervisor_shutdown (self->hypervisor);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (self->hypervisor);
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

static void
assert_state (Fixture *self, MosVmState state)
{
  g_assert_cmpstr (mos_vm_state_name (mos_vm_get_state (self->vm)), ==,
                   mos_vm_state_name (state));
}

/* -- the plain life ------------------------------------------------------ */

static void
test_life (Fixture *self, gconstpointer data)
{
  MosVcpuCounters counters;

  assert_state (self, MOS_VM_STOPPED);
  g_assert_null (mos_vm_get_backend_name (self->vm));
  fake_ok (mos_vm_start (self->vm));
  assert_state (self, MOS_VM_RUNNING);
  g_assert_cmpstr (mos_vm_get_backend_name (self->vm), ==, "kvm");
  g_assert_cmpuint (*fake_rax (0), ==, 0x1234);
  mos_vm_get_counters (self->vm, &counters);
  g_assert_cmpuint (counters.exits[MOS_EXIT_HLT], ==, 2);

  fake_ok (mos_vm_pause (self->vm));
  assert_state (self, MOS_VM_PAUSED);
  fake_ok (mos_vm_resume (self->vm));
  assert_state (self, MOS_VM_RUNNING);

  fake_set_register (7);
  fake_ok (mos_vm_reset (self->vm));
  assert_state (self, MOS_VM_RUNNING);
  g_assert_cmpuint (fake_get_register (), ==, 0);
  g_assert_cmpuint (fake.n_starts, ==, 2);

  fake.obeys_button = TRUE;
  fake_ok (mos_vm_stop (self->vm));
  assert_state (self, MOS_VM_STOPPED);
  g_assert_null (mos_vm_get_backend_name (self->vm));
  g_assert_cmpuint (fake.n_alive, ==, 0);
  mos_vm_get_counters (self->vm, &counters);
  g_assert_cmpuint (counters.exits[MOS_EXIT_HLT], ==, 0);

  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));
  assert_state (self, MOS_VM_STOPPED);
  g_assert_true (fake_log_has (mos_vm_get_log (self->vm), "Start “A machine”"));

  fake_ok (mos_vm_delete (self->vm));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->hypervisor)),
                    ==, 0);
}

static void
test_reset_while_paused (Fixture *self, gconstpointer data)
{
  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_pause (self->vm));
  fake_set_register (7);
  fake_ok (mos_vm_reset (self->vm));
  assert_state (self, MOS_VM_PAUSED);
  g_assert_cmpuint (fake_get_register (), ==, 0);
  fake_ok (mos_vm_force_stop (self->vm));
}

static void
count_cb (MosVm *vm, guint *count)
{
  ++*count;
}

static void
event_cb (const MosEvent *event, gpointer user_data)
{
  *(guint *) user_data |= 1u << event->code;
}

static void
test_notifies (Fixture *self, gconstpointer data)
{
  guint      states = 0, seen = 0, id;
  MosVmState state;

  g_signal_connect (self->vm, "state-changed", G_CALLBACK (count_cb), &states);
  id = mos_trace_listen (mos_vm_get_trace (self->vm), 1u << MOS_EVENT_LIFECYCLE,
                         event_cb, &seen);
  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));
  g_object_get (self->vm, "state", &state, NULL);
  g_assert_cmpint (state, ==, MOS_VM_STOPPED);
  g_assert_cmpuint (states, ==, 4);
  g_assert_cmphex (seen, ==,
                   1u << MOS_VM_STARTING | 1u << MOS_VM_RUNNING |
                       1u << MOS_VM_STOPPING | 1u << MOS_VM_STOPPED);
  mos_trace_unlisten (mos_vm_get_trace (self->vm), id);
}

/* -- what a state does not allow ----------------------------------------- */

typedef MosOperation *(*Verb) (MosVm *self);

static const struct {
  MosVmAction action;
  Verb        verb;
} verbs[] = {
  { MOS_VM_ACTION_START, mos_vm_start },
  { MOS_VM_ACTION_PAUSE, mos_vm_pause },
  { MOS_VM_ACTION_RESUME, mos_vm_resume },
  { MOS_VM_ACTION_STOP, mos_vm_stop },
  { MOS_VM_ACTION_FORCE_STOP, mos_vm_force_stop },
  { MOS_VM_ACTION_RESET, mos_vm_reset },
  { MOS_VM_ACTION_DELETE, mos_vm_delete },
};

/* Every verb that is refused is refused with the tooltip's words, and changes
 * nothing; @allowed is a bit set of actions. */
static void
assert_allowed (Fixture *self, guint allowed)
{
  MosVmState state = mos_vm_get_state (self->vm);

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    g_autofree char *why_not =
        g_strdup (mos_vm_why_not (self->vm, verbs[i].action));
    g_autofree char *message = NULL;

    g_assert_cmpint (why_not == NULL, ==, allowed >> verbs[i].action & 1);
    if (why_not == NULL)
      continue;
    message = fake_error (verbs[i].verb (self->vm), MOS_ERROR_WRONG_STATE);
    g_assert_nonnull (strstr (message, why_not));
    g_assert_nonnull (strstr (message, "A machine"));
    assert_state (self, state);
  }
}

static void
test_refusals (Fixture *self, gconstpointer data)
{
  g_autoptr (MosOperation) start = NULL;
  g_autoptr (MosOperation) stop = NULL;
  g_autoptr (MosVm) kept = g_object_ref (self->vm);

  assert_allowed (self, 1u << MOS_VM_ACTION_START | 1u << MOS_VM_ACTION_DELETE);

  fake.wait_at = FAKE_BOARD;
  start = mos_vm_start (self->vm);
  fake_wait_until_waiting ();
  assert_allowed (self, 1u << MOS_VM_ACTION_FORCE_STOP);
  fake_release ();
  g_assert_true (mos_operation_wait (start, NULL));
  assert_allowed (self, 1u << MOS_VM_ACTION_PAUSE | 1u << MOS_VM_ACTION_STOP |
                            1u << MOS_VM_ACTION_FORCE_STOP |
                            1u << MOS_VM_ACTION_RESET);

  stop = mos_vm_stop (self->vm);
  assert_allowed (self, 1u << MOS_VM_ACTION_FORCE_STOP);
  mos_operation_cancel (stop);
  g_assert_false (mos_operation_wait (stop, NULL));
  assert_state (self, MOS_VM_RUNNING);

  fake_ok (mos_vm_pause (self->vm));
  assert_allowed (self, 1u << MOS_VM_ACTION_RESUME |
                            1u << MOS_VM_ACTION_FORCE_STOP |
                            1u << MOS_VM_ACTION_RESET);
  fake_ok (mos_vm_resume (self->vm));

  fake_do (FAKE_DO_FAIL);
  fake_wait_state (self->vm, MOS_VM_CRASHED);
  assert_allowed (self,
                  1u << MOS_VM_ACTION_FORCE_STOP | 1u << MOS_VM_ACTION_RESET);
  fake_ok (mos_vm_force_stop (self->vm));
  fake_ok (mos_vm_delete (self->vm));
  assert_allowed (self, 0);
}

/* -- starts that fail ---------------------------------------------------- */

static void
test_start_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));
  g_autoptr (GError) error = NULL;

  /* A file that is there, so that the fake's opening is what fails. */
  mos_vm_config_add_table (config, "storage.drives",
                           "{ path = \"/proc/self/exe\", readonly = true }",
                           &error);
  g_assert_no_error (error);
  g_assert_true (mos_vm_set_config (self->vm, config, &error));

  for (guint at = FAKE_NOTHING + 1; at < FAKE_N_STEPS; at++) {
    g_autofree char *message = NULL;
    g_autofree char *expected = g_strdup_printf ("step %u fails", at);

    fake.fail_at = at;
    message = fake_error (mos_vm_start (self->vm), MOS_ERROR_IO);
    g_assert_nonnull (strstr (message, expected));
    if (at == FAKE_IMAGE)
      g_assert_nonnull (strstr (message, "storage.drives[0].path"));
    assert_state (self, MOS_VM_STOPPED);
    g_assert_null (self->vm->machine);
    g_assert_cmpuint (fake.n_alive, ==, 0);
  }
  fake.fail_at = FAKE_NOTHING;
  fake_ok (mos_vm_start (self->vm));
  g_assert_cmpuint (fake.n_alive, ==, 3);
}

static void
test_missing_files (Fixture *self, gconstpointer data)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));
  g_autofree char *message = NULL;

  mos_vm_config_add_table (config, "storage.drives",
                           "{ path = \"/nowhere/a.img\" }", NULL);
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  message = fake_error (mos_vm_start (self->vm), MOS_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (message, "/nowhere/a.img"));
  g_assert_nonnull (strstr (message, "storage.drives"));
  assert_state (self, MOS_VM_STOPPED);
}

static void
start_with (Fixture    *self,
            const char *key,
            const char *value,
            MosError    code,
            const char *words)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;

  mos_vm_config_set (config, key, value, &error);
  g_assert_no_error (error);
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  message = fake_error (mos_vm_start (self->vm), code);
  g_assert_nonnull (strstr (message, words));
  mos_vm_config_unset (config, key);
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
}

static void
test_named_errors (Fixture *self, gconstpointer data)
{
  start_with (self, "features.nested", "true", MOS_ERROR_NO_NESTING,
              "Nested Virtualization Not Supported");
  start_with (self, "cpu.accel", "soft", MOS_ERROR_NO_HARDWARE,
              "Insufficient Hardware Support");
  start_with (self, "cpu.deterministic", "true", MOS_ERROR_NO_HARDWARE,
              "Insufficient Hardware Support");
  start_with (self, "boot.guest", "nobody", MOS_ERROR_NOT_FOUND, "simple-boot");
}

static void
test_no_backend (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;

  fake.usable = FALSE;
  message = fake_error (mos_vm_start (self->vm), MOS_ERROR_NO_HARDWARE);
  g_assert_nonnull (strstr (message, "Insufficient Hardware Support"));
  g_assert_nonnull (strstr (message, "the test does not want it"));
}

static void
test_no_memory (Fixture *self, gconstpointer data)
{
  const struct rlimit small = { 1u << 20, RLIM_INFINITY };
  struct rlimit       usual;
  g_autofree char    *message = NULL;

  /* Guest memory is a memory file; this is how much a file may hold. */
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  message = fake_error (mos_vm_start (self->vm), MOS_ERROR_NO_MEMORY);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &usual), ==, 0);
  g_assert_nonnull (strstr (message, "Memory Allocation Failed"));
  assert_state (self, MOS_VM_STOPPED);
  fake_ok (mos_vm_start (self->vm));
}

static void
start_once (Fixture *self, MosVmConfig *config)
{
  g_autoptr (GError) error = NULL;

  mos_vm_set_config (self->vm, config, &error);
  g_assert_no_error (error);
  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));
}

/* Whoever presses nothing but Create and Start sees the Simple Boot guest. */
static void
test_what_it_boots (Fixture *self, gconstpointer data)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));

  start_once (self, config);
  g_assert_true (fake.has_guest && fake.has_firmware);
  mos_vm_config_unset (config, "boot.guest");
  start_once (self, config);
  g_assert_true (fake.has_guest && fake.has_firmware);

  g_assert_true (mos_vm_config_set (config, "boot.firmware", "seabios", NULL));
  start_once (self, config);
  g_assert_true (!fake.has_guest && fake.has_firmware);
  mos_vm_config_unset (config, "boot.firmware");

  g_assert_true (
      mos_vm_config_set (config, "boot.kernel_path", "/proc/self/exe", NULL));
  start_once (self, config);
  g_assert_true (!fake.has_guest && !fake.has_firmware);
  mos_vm_config_unset (config, "boot.kernel_path");

  mos_vm_config_add_table (config, "storage.drives",
                           "{ kind = \"floppy\", path = \"/proc/self/exe\" }",
                           NULL);
  start_once (self, config);
  g_assert_true (!fake.has_guest && fake.has_firmware);
  g_assert_cmpuint (fake.n_drives, ==, 1);
}

static void
test_cancel_start (Fixture *self, gconstpointer data)
{
  for (guint at = FAKE_CPUS; at <= FAKE_BOARD; at++) {
    MosOperation *operation;

    fake.wait_at = at;
    operation = mos_vm_start (self->vm);
    fake_wait_until_waiting ();
    mos_operation_cancel (operation);
    fake_release ();
    g_free (fake_error (operation, MOS_ERROR_CANCELLED));
    assert_state (self, MOS_VM_STOPPED);
    g_assert_cmpuint (fake.n_alive, ==, 0);
  }
}

static void
test_force_stop_start (Fixture *self, gconstpointer data)
{
  for (guint at = FAKE_CPUS; at <= FAKE_SET_STATE; at++) {
    MosOperation *start, *stop;

    fake.wait_at = at;
    start = mos_vm_start (self->vm);
    fake_wait_until_waiting ();
    stop = mos_vm_force_stop (self->vm);
    assert_state (self, MOS_VM_STOPPING);
    fake_release ();
    g_free (fake_error (start, MOS_ERROR_CANCELLED));
    fake_ok (stop);
    assert_state (self, MOS_VM_STOPPED);
    g_assert_cmpuint (fake.n_alive, ==, 0);
  }
  fake_ok (mos_vm_start (self->vm));
}

/* -- stopping ------------------------------------------------------------ */

static void
test_stop_ignored (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;

  fake_ok (mos_vm_start (self->vm));
  mos_vm_set_stop_timeout (self->vm, 1);
  message = fake_error (mos_vm_stop (self->vm), MOS_ERROR_FAILED);
  g_assert_nonnull (strstr (message, "did not react"));
  assert_state (self, MOS_VM_RUNNING);
  /* It may still do it later. */
  fake_do (FAKE_DO_POWEROFF);
  fake_wait_state (self->vm, MOS_VM_STOPPED);
}

static void
test_stop_escalates (Fixture *self, gconstpointer data)
{
  MosOperation *stop, *force;

  fake_ok (mos_vm_start (self->vm));
  stop = mos_vm_stop (self->vm);
  assert_state (self, MOS_VM_STOPPING);
  force = mos_vm_force_stop (self->vm);
  g_free (fake_error (stop, MOS_ERROR_CANCELLED));
  fake_ok (force);
  assert_state (self, MOS_VM_STOPPED);
}

static void
test_stop_overtakes_pause (Fixture *self, gconstpointer data)
{
  MosOperation *pause, *force;

  fake_ok (mos_vm_start (self->vm));
  fake_set_stubborn (TRUE);
  pause = mos_vm_pause (self->vm);
  assert_state (self, MOS_VM_PAUSING);
  force = mos_vm_force_stop (self->vm);
  fake_set_stubborn (FALSE);
  g_free (fake_error (pause, MOS_ERROR_CANCELLED));
  fake_ok (force);
  assert_state (self, MOS_VM_STOPPED);
}

/* Until the worker has told the threads. */
static void
wait_until_going_off (MosMachine *machine)
{
  g_mutex_lock (&machine->lock);
  while ((machine->hold & MOS_HOLD_OFF) == 0)
    g_cond_wait (&machine->changed, &machine->lock);
  g_mutex_unlock (&machine->lock);
}

/* The vCPU that does the reset must see what happened during it. */
static void
test_stop_overtakes_reset (Fixture *self, gconstpointer data)
{
  MosOperation *force;

  fake_ok (mos_vm_start (self->vm));
  fake.wait_at = FAKE_START;
  fake_do (FAKE_DO_RESET);
  fake_wait_until_waiting ();
  force = mos_vm_force_stop (self->vm);
  wait_until_going_off (self->vm->machine);
  fake_release ();
  fake_ok (force);
  assert_state (self, MOS_VM_STOPPED);
}

static void
test_pause_meets_reset (Fixture *self, gconstpointer data)
{
  MosOperation *pause;

  fake_ok (mos_vm_start (self->vm));
  fake.wait_at = FAKE_START;
  fake_do (FAKE_DO_RESET);
  fake_wait_until_waiting ();
  pause = mos_vm_pause (self->vm);
  fake_release ();
  fake_ok (pause);
  assert_state (self, MOS_VM_PAUSED);
  g_assert_cmpuint (fake.n_starts, ==, 2);
  fake_ok (mos_vm_resume (self->vm));
}

static void
test_dropped_while_running (Fixture *self, gconstpointer data)
{
  MosHypervisor *hypervisor = fake_hypervisor_new (NULL);
  MosVm         *vm = fake_vm_new (hypervisor, "B");

  fake_ok (mos_vm_start (vm));
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (hypervisor);
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

/* -- what guests do ------------------------------------------------------ */

static void
exit_cb (MosVm *vm, int status, int *result)
{
  *result = status;
}

static void
reset_cb (MosVm *vm, const char *why, char **result)
{
  g_free (*result);
  *result = g_strdup (why);
}

static void
test_guest_exits (Fixture *self, gconstpointer data)
{
  int status = -1;

  g_signal_connect (self->vm, "guest-exit", G_CALLBACK (exit_cb), &status);
  fake_ok (mos_vm_start (self->vm));
  fake_do (FAKE_DO_EXIT);
  fake_wait_state (self->vm, MOS_VM_STOPPED);
  g_assert_cmpint (status, ==, 5 << 1 | 1);
  g_assert_cmpuint (fake.n_alive, ==, 0);
}

static void
test_guest_resets (Fixture *self, gconstpointer data)
{
  g_autofree char *why = NULL;

  g_signal_connect (self->vm, "guest-reset", G_CALLBACK (reset_cb), &why);
  fake_ok (mos_vm_start (self->vm));
  fake_set_register (7);
  fake_do (FAKE_DO_TRIPLE_FAULT);
  while (why == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_prefix (
      why, "guest reset after a triple fault at f000:000000000000fff0"));
  g_assert_true (fake_log_has (mos_vm_get_log (self->vm),
                               "guest reset after a triple fault at"));
  assert_state (self, MOS_VM_RUNNING);
  /* Silence only comes after the reset. */
  fake_ok (mos_vm_pause (self->vm));
  g_assert_cmpuint (fake_get_register (), ==, 0);
  g_assert_cmpuint (fake.n_starts, ==, 2);
}

static void
test_reset_storm (Fixture *self, gconstpointer data)
{
  fake_ok (mos_vm_start (self->vm));
  fake_do (FAKE_DO_TRIPLE_FAULTS);
  fake_wait_state (self->vm, MOS_VM_PAUSED);
  g_assert_cmpuint (fake.n_starts, >=, 100);
  g_assert_true (
      fake_log_has (mos_vm_get_log (self->vm), "more than 100 times a second"));
  fake_ok (mos_vm_force_stop (self->vm));
}

static void
test_breakpoint (Fixture *self, gconstpointer data)
{
  fake_ok (mos_vm_start (self->vm));
  fake_do (FAKE_DO_DEBUG);
  fake_wait_state (self->vm, MOS_VM_PAUSED);
}

static void
test_guest_sleeps (Fixture *self, gconstpointer data)
{
  fake_ok (mos_vm_start (self->vm));
  fake_do (FAKE_DO_SUSPEND);
  while (!fake_log_has (mos_vm_get_log (self->vm), "The guest sleeps"))
    g_main_context_iteration (NULL, FALSE);
  /* It sleeps as a machine that runs: it can be paused, and switched off. */
  assert_state (self, MOS_VM_RUNNING);
  fake_ok (mos_vm_pause (self->vm));
  fake_ok (mos_vm_resume (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));
  assert_state (self, MOS_VM_STOPPED);
}

static void
test_crash (Fixture *self, gconstpointer data)
{
  g_autofree char *message = NULL;

  fake_ok (mos_vm_start (self->vm));
  fake_do (FAKE_DO_FAIL);
  fake_wait_state (self->vm, MOS_VM_CRASHED);
  g_assert_true (
      fake_log_has (mos_vm_get_log (self->vm), "the processor is broken"));
  fake_ok (mos_vm_reset (self->vm));
  assert_state (self, MOS_VM_RUNNING);

  /* A firmware file that went away meanwhile. */
  fake.fail_at = FAKE_START;
  message = fake_error (mos_vm_reset (self->vm), MOS_ERROR_IO);
  g_assert_nonnull (strstr (message, "step"));
  fake_do (FAKE_DO_NOTHING);
  fake.fail_at = FAKE_NOTHING;
  fake_ok (mos_vm_reset (self->vm));
  fake.fail_at = FAKE_START;
  fake_do (FAKE_DO_RESET);
  fake_wait_state (self->vm, MOS_VM_CRASHED);
  fake.fail_at = FAKE_NOTHING;
}

static void
test_poweroff_while_stopping (Fixture *self, gconstpointer data)
{
  MosOperation *stop;

  fake_ok (mos_vm_start (self->vm));
  stop = mos_vm_stop (self->vm);
  fake_do (FAKE_DO_POWEROFF);
  fake_ok (stop);
  assert_state (self, MOS_VM_STOPPED);
}

/* -- settings ------------------------------------------------------------ */

static void
test_settings (Fixture *self, gconstpointer data)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));
  g_autoptr (GError) error = NULL;

  fake_ok (mos_vm_start (self->vm));
  g_assert_true (mos_vm_config_set (config, "name", "B “machine”/ü", NULL));
  mos_vm_set_config (self->vm, config, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (mos_vm_get_name (self->vm), ==, "B “machine”/ü");

  /* The balloon hears of it at once. */
  g_assert_true (mos_vm_config_set (config, "devices.balloon_mb", "3", NULL));
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  g_assert_cmpuint (fake.balloon_bytes, ==, 3u << 20);

  g_assert_true (mos_vm_config_set (config, "memory_mb", "64", NULL));
  g_assert_false (mos_vm_set_config (self->vm, config, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE);
  g_assert_nonnull (strstr (error->message, "Memory"));
  fake_ok (mos_vm_force_stop (self->vm));
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  g_assert_cmpint (
      mos_vm_config_get_int (mos_vm_get_config (self->vm), "memory_mb"), ==,
      64);
}

static void
test_medium (Fixture *self, gconstpointer data)
{
  g_autoptr (MosVmConfig) config =
      mos_vm_config_copy (mos_vm_get_config (self->vm));
  g_autoptr (GError) error = NULL;

  mos_vm_config_add_table (config, "storage.drives", "{ kind = \"cdrom\" }",
                           NULL);
  g_assert_true (mos_vm_set_config (self->vm, config, NULL));
  g_assert_false (mos_vm_change_medium (self->vm, 0, "a.iso", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE);
  g_clear_error (&error);
  fake_ok (mos_vm_start (self->vm));
  g_assert_true (mos_vm_change_medium (self->vm, 0, "a.iso", &error));
  g_assert_true (mos_vm_change_medium (self->vm, 0, "b.iso", &error));
  g_assert_cmpuint (fake.n_alive, ==, 3);
  g_assert_true (mos_vm_change_medium (self->vm, 0, NULL, &error));
  g_assert_cmpuint (fake.n_alive, ==, 2);
  g_assert_false (mos_vm_change_medium (self->vm, 1, "b.iso", &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND);
}

/* Two machines in one process know nothing of each other. */
static void
test_two (Fixture *self, gconstpointer data)
{
  MosVm *other = fake_vm_new (self->hypervisor, "Another");

  fake_ok (mos_vm_start (self->vm));
  fake_ok (mos_vm_start (other));
  g_assert_cmpuint (fake.n_alive, ==, 4);
  fake_do (FAKE_DO_POWEROFF);
  fake_wait_state (other, MOS_VM_STOPPED);
  assert_state (self, MOS_VM_RUNNING);
  fake_ok (mos_vm_pause (self->vm));
  fake_ok (mos_vm_force_stop (self->vm));
}

static void
add (const char *path, void (*test) (Fixture *self, gconstpointer data))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/vm/life", test_life);
  add ("/vm/reset-while-paused", test_reset_while_paused);
  add ("/vm/notifies", test_notifies);
  add ("/vm/refusals", test_refusals);
  add ("/vm/start-fails", test_start_fails);
  add ("/vm/missing-files", test_missing_files);
  add ("/vm/named-errors", test_named_errors);
  add ("/vm/no-backend", test_no_backend);
  add ("/vm/no-memory", test_no_memory);
  add ("/vm/what-it-boots", test_what_it_boots);
  add ("/vm/cancel-start", test_cancel_start);
  add ("/vm/force-stop-start", test_force_stop_start);
  add ("/vm/stop-ignored", test_stop_ignored);
  add ("/vm/stop-escalates", test_stop_escalates);
  add ("/vm/stop-overtakes-pause", test_stop_overtakes_pause);
  add ("/vm/stop-overtakes-reset", test_stop_overtakes_reset);
  add ("/vm/pause-meets-reset", test_pause_meets_reset);
  add ("/vm/dropped-while-running", test_dropped_while_running);
  add ("/vm/guest-exits", test_guest_exits);
  add ("/vm/guest-resets", test_guest_resets);
  add ("/vm/reset-storm", test_reset_storm);
  add ("/vm/breakpoint", test_breakpoint);
  add ("/vm/guest-sleeps", test_guest_sleeps);
  add ("/vm/crash", test_crash);
  add ("/vm/poweroff-while-stopping", test_poweroff_while_stopping);
  add ("/vm/settings", test_settings);
  add ("/vm/medium", test_medium);
  add ("/vm/two", test_two);
  return g_test_run ();
}
