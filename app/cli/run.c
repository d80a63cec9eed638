/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * `multios run`: one machine from its start to what was asked for.
 *
 * Everything happens on the main loop. It ends when the script's last wait
 * comes true, the guest ends by itself, time runs out, or a signal comes. What
 * the machine looked like then is collected at once, while it still has power:
 * the screen and the counters are gone with it.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <signal.h>
#include <unistd.h>

#include "app/cli/commands.h"
#include "app/cli/run-options.h"
#include "app/cli/screenshot.h"
#include "app/cli/serial.h"
#include "app/cli/stats.h"
#include "app/lab.h"

/* How often the screen is looked at while its text is waited for. */
#define SCREEN_MS 100

typedef struct {
  const MosCliCommand *command;
  MosRunOptions       *options;
  MosHypervisor       *hypervisor;
  MosVm               *vm;
  GMainLoop           *loop;
  MosScreenViewer     *viewer;
  MosObserver         *observer;
  MosSerialLink       *serial;
  int                  serial_file; /* -1: none */
  guint                screen_source;
  gint64               start_us;
  gboolean             started;

  /* How it ended. */
  gboolean ended;
  int      status;
  char    *stats;
  GBytes  *picture;
  guint    width, height;
} Run;

static double
seconds_since (gint64 start_us)
{
  return (double) (g_get_monotonic_time () - start_us) / G_USEC_PER_SEC;
}

/* Only the first reason counts. ENDED_BY is for the statistics. */
static void
end (Run *run, int status, const char *ended_by)
{
  if (run->ended)
    return;
  run->ended = TRUE;
  run->status = status;
  if (run->options->stats != NULL)
    run->stats =
        mos_stats_collect (run->hypervisor, run->vm,
                           seconds_since (run->start_us), ended_by, status);
  mos_observer_ended (run->observer);
  if (run->options->screenshot != NULL)
    run->picture = mos_screen_capture (mos_vm_get_screen (run->vm), &run->width,
                                       &run->height);
  g_main_loop_quit (run->loop);
}

static void advance (Run *run);

static gboolean
screen_cb (gpointer user_data)
{
  Run             *run = user_data;
  g_autofree char *text = NULL;

  if (mos_script_want (run->options->script) != MOS_WANT_SCREEN) {
    run->screen_source = 0;
    return G_SOURCE_REMOVE;
  }
  text = mos_screen_text (mos_vm_get_screen (run->vm));
  mos_script_screen (run->options->script, text);
  advance (run);
  return G_SOURCE_CONTINUE;
}

static void
typed_cb (gpointer user_data, guint skipped)
{
  Run *run = user_data;

  if (skipped > 0)
    mos_cli_complain (run->command,
                      _ ("--type: %u characters have no key and were left "
                         "out"),
                      skipped);
  mos_script_typed (run->options->script);
  advance (run);
}

static void
serial_cb (gpointer user_data, const guint8 *data, gsize size)
{
  Run *run = user_data;

  mos_script_serial (run->options->script, data, size);
  advance (run);
}

/* Does what the script wants next, or arranges that it comes. */
static void
advance (Run *run)
{
  if (run->ended || !run->started)
    return;
  switch (mos_script_want (run->options->script)) {
  case MOS_WANT_SCREEN:
    if (run->screen_source == 0)
      run->screen_source = g_timeout_add (SCREEN_MS, screen_cb, run);
    break;
  case MOS_WANT_TYPE:
    mos_input_port_type (mos_vm_get_input (run->vm), NULL,
                         mos_script_take_text (run->options->script), typed_cb,
                         run);
    break;
  case MOS_WANT_END:
    end (run, MOS_CLI_OK, "until");
    break;
  case MOS_WANT_SERIAL:
  case MOS_WANT_TYPED:
  case MOS_WANT_NOTHING:
  default:
    break;
  }
}

/* What the machine's log last complained about. */
static char *
last_complaint (MosVm *vm)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (vm), 0);

  for (guint i = lines->len; i > 0; i--) {
    const MosLogLine *line = lines->pdata[i - 1];

    if (line->level >= MOS_LOG_WARNING)
      return g_strdup (line->text);
  }
  return g_strdup (_ ("the machine's log does not say why"));
}

/* The guest has ended while the script still waited. */
static int
unfinished (Run *run)
{
  g_autofree char *step = mos_script_describe (run->options->script);

  if (step == NULL)
    return MOS_CLI_OK;
  mos_cli_complain (run->command, _ ("the guest ended before %s"), step);
  return MOS_CLI_FAILED;
}

static void
state_cb (MosVm *vm, GParamSpec *pspec, Run *run)
{
  g_autofree char *why = NULL;

  if (!run->started || run->ended)
    return;
  switch (mos_vm_get_state (vm)) {
  case MOS_VM_STOPPING:
  case MOS_VM_STOPPED:
    end (run, unfinished (run), "guest");
    break;
  case MOS_VM_CRASHED:
  case MOS_VM_PAUSED: /* by itself, since we never ask for it */
    why = last_complaint (vm);
    mos_cli_complain (run->command, "%s", why);
    end (run, MOS_CLI_FAILED, "error");
    break;
  case MOS_VM_STARTING:
  case MOS_VM_RUNNING:
  case MOS_VM_PAUSING:
  case MOS_VM_RESUMING:
  case MOS_VM_DELETED:
  case MOS_N_VM_STATES:
  default:
    break;
  }
}

static void
guest_exit_cb (MosVm *vm, int status, Run *run)
{
  end (run, status, "debug-exit");
}

static gboolean
timeout_cb (gpointer user_data)
{
  Run             *run = user_data;
  g_autofree char *step = mos_script_describe (run->options->script);

  if (step != NULL)
    mos_cli_complain (run->command, _ ("%g s passed, waiting for %s"),
                      run->options->timeout_s, step);
  else
    mos_cli_complain (run->command, _ ("%g s passed"), run->options->timeout_s);
  end (run, MOS_CLI_TIMEOUT, "timeout");
  return G_SOURCE_CONTINUE;
}

static gboolean
interrupt_cb (gpointer user_data)
{
  end (user_data, MOS_CLI_SIGNAL + SIGINT, "signal");
  return G_SOURCE_CONTINUE;
}

static gboolean
terminate_cb (gpointer user_data)
{
  end (user_data, MOS_CLI_SIGNAL + SIGTERM, "signal");
  return G_SOURCE_CONTINUE;
}

static gboolean
hang_up_cb (gpointer user_data)
{
  end (user_data, MOS_CLI_SIGNAL + SIGHUP, "signal");
  return G_SOURCE_CONTINUE;
}

/* From the keyboard of a raw terminal. */
static gboolean
quit_cb (gpointer user_data)
{
  return interrupt_cb (user_data);
}

/* Keeps the adapter painting, so that the last picture outlives a guest that
 * switches itself off. */
static void
frame_cb (gpointer user_data)
{
}

/* COM1, before the guest can say anything. */
static gboolean
connect_serial (Run *run, GError **error)
{
  MosRunOptions *options = run->options;
  int            output = -1;

  if (options->serial == MOS_SERIAL_TO_STDIO)
    output = STDOUT_FILENO;
  if (options->serial == MOS_SERIAL_TO_FILE) {
    run->serial_file =
        open (options->serial_path,
              O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
    if (run->serial_file < 0) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("--serial: %s cannot be written: %s"),
                   options->serial_path, g_strerror (errno));
      return FALSE;
    }
    output = run->serial_file;
  }
  run->serial = mos_serial_link_new (mos_vm_get_serial (run->vm, 0), output,
                                     serial_cb, run);
  return TRUE;
}

/* The user's mistakes are status 2, the host's and the machine's 1. */
static int
status_of (const GError *error)
{
  static const MosError mistakes[] = { MOS_ERROR_SYNTAX, MOS_ERROR_UNKNOWN_KEY,
                                       MOS_ERROR_INVALID_VALUE,
                                       MOS_ERROR_NOT_FOUND };

  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++)
    if (g_error_matches (error, MOS_ERROR, (int) mistakes[i]))
      return MOS_CLI_USAGE;
  return MOS_CLI_FAILED;
}

static int
fail (Run *run, const GError *error)
{
  mos_cli_complain (run->command, "%s", error->message);
  return status_of (error);
}

/* From here to the end of the run. */
static int
run_machine (Run *run)
{
  guint timeout_source = 0;
  guint signal_sources[] = {
    g_unix_signal_add (SIGINT, interrupt_cb, run),
    g_unix_signal_add (SIGTERM, terminate_cb, run),
    g_unix_signal_add (SIGHUP, hang_up_cb, run),
  };

  if (run->options->timeout_s > 0)
    timeout_source = g_timeout_add ((guint) (run->options->timeout_s * 1000),
                                    timeout_cb, run);
  if (run->options->serial == MOS_SERIAL_TO_STDIO &&
      mos_serial_link_read (run->serial, STDIN_FILENO, quit_cb))
    g_printerr (_ ("multios run: Control+A then X ends the machine\r\n"));
  run->started = TRUE;
  state_cb (run->vm, NULL, run);
  advance (run);
  if (!run->ended)
    g_main_loop_run (run->loop);

  for (gsize i = 0; i < G_N_ELEMENTS (signal_sources); i++)
    g_source_remove (signal_sources[i]);
  if (timeout_source != 0)
    g_source_remove (timeout_source);
  if (run->screen_source != 0)
    g_source_remove (run->screen_source);
  return run->status;
}

/* Switches the machine off, whatever it does. */
static void
switch_off (Run *run)
{
  g_autoptr (MosOperation) operation = NULL;

  while (mos_vm_get_state (run->vm) == MOS_VM_STOPPING)
    g_main_context_iteration (NULL, TRUE);
  if (mos_vm_get_state (run->vm) == MOS_VM_STOPPED)
    return;
  operation = mos_vm_force_stop (run->vm);
  mos_operation_wait (operation, NULL);
}

/* Seconds since the first line, severity, text. */
static gboolean
write_log (Run *run, GError **error)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (mos_vm_get_log (run->vm), 0);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < lines->len; i++) {
    const MosLogLine *first = lines->pdata[0];
    const MosLogLine *line = lines->pdata[i];

    g_string_append_printf (text, "%9.3f %-7s %s\n",
                            (double) (line->time_us - first->time_us) / 1e6,
                            mos_log_level_name (line->level), line->text);
  }
  return g_file_set_contents (run->options->log, text->str, -1, error);
}

/* Files that were asked for; a failure spoils a run that went well. */
static int
write_results (Run *run, int status)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = TRUE;

  if (run->picture != NULL && run->width > 0)
    ok = mos_screenshot_save (run->options->screenshot,
                              g_bytes_get_data (run->picture, NULL), run->width,
                              run->height, &error);
  if (ok && run->stats != NULL)
    ok = g_file_set_contents (run->options->stats, run->stats, -1, &error);
  if (ok && run->options->log != NULL)
    ok = write_log (run, &error);
  ok = ok && mos_observer_write (run->observer, &error);
  if (ok)
    return status;
  mos_cli_complain (run->command, "%s", error->message);
  return status == MOS_CLI_OK ? MOS_CLI_FAILED : status;
}

static void
run_clear (Run *run)
{
  guint64 lost = run->serial != NULL ? mos_serial_link_lost (run->serial) : 0;

  if (lost > 0)
    mos_cli_complain (run->command,
                      _ ("%" PRIu64
                         " bytes of serial output were lost, because they "
                         "were not read fast enough"),
                      lost);
  mos_serial_link_free (run->serial);
  mos_observer_free (run->observer);
  if (run->viewer != NULL)
    mos_screen_remove_viewer (mos_vm_get_screen (run->vm), run->viewer);
  if (run->serial_file >= 0)
    close (run->serial_file);
  g_clear_pointer (&run->picture, g_bytes_unref);
  g_clear_pointer (&run->loop, g_main_loop_unref);
  g_clear_object (&run->vm);
  g_free (run->stats);
}

static int
run_with (Run *run, MosHypervisor *hypervisor)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosOperation) operation = NULL;
  int status;

  run->hypervisor = hypervisor;
  run->vm = mos_hypervisor_create_vm (hypervisor, run->options->config, &error);
  if (run->vm == NULL)
    return fail (run, error);
  g_object_ref (run->vm);
  if (!connect_serial (run, &error))
    return fail (run, error);
  if (run->options->screenshot != NULL)
    run->viewer =
        mos_screen_add_viewer (mos_vm_get_screen (run->vm), frame_cb, run);
  g_signal_connect (run->vm, "notify::state", G_CALLBACK (state_cb), run);
  g_signal_connect (run->vm, "guest-exit", G_CALLBACK (guest_exit_cb), run);

  run->observer =
      mos_observer_new (hypervisor, run->vm, &run->options->observe, &error);
  if (error != NULL)
    return fail (run, error);
  run->start_us = g_get_monotonic_time ();
  operation = mos_vm_start (run->vm);
  if (!mos_operation_wait (operation, &error))
    return fail (run, error);
  if (!mos_observer_started (run->observer, &error))
    return fail (run, error);
  status = run_machine (run);
  switch_off (run);
  g_signal_handlers_disconnect_by_data (run->vm, run);
  return write_results (run, status);
}

static int
run_run (const MosCliCommand *self, const MosCliArguments *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosRunOptions) options = mos_run_options_new (arguments, &error);
  g_autoptr (MosHypervisor) hypervisor = NULL;
  Run run = { .command = self, .options = options, .serial_file = -1 };
  int status;

  if (options == NULL)
    return mos_cli_complain (self, "%s", error->message);
  signal (SIGPIPE, SIG_IGN);
  run.loop = g_main_loop_new (NULL, FALSE);
  hypervisor = mos_lab_new (FALSE);
  status = run_with (&run, hypervisor);
  run_clear (&run);
  mos_hypervisor_shutdown (hypervisor);
  return status;
}

const MosCliCommand mos_cli_run = {
  .name = "run",
  .synopsis = "[MACHINE.toml] [OPTION…]",
  .summary = N_ ("run a machine until what was asked for happens"),
  .options = mos_run_option_rows,
  .max_words = 1,
  .run = run_run,
};
