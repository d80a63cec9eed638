/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Running scripts: one command at a time, each ending at once, with an
 * operation, with text that was typed, or with an expression that holds.
 *
 * Main loop; everything waits in its sources. A run that is cancelled or whose
 * machine is deleted ends with an error.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/config/toml.h"
#include "tutorials/script-private.h"
#include "tutorials/workspace.h"
#include "tutorials/world-private.h"

#define LOOK_MS 100

typedef struct {
  const MosLabScript *script;
  MosLabWorld        *world;
  const MosLabStage  *stage;
  gpointer            stage_data;
  guint               next;  /* command */
  guint               begun; /* commands whose time has begun to run */
  char               *role;
  guint               source;
  gint64              deadline_us;
  MosOperation       *operation;
  gulong              done_id;
} Run;

typedef enum {
  STEP_DONE,
  STEP_WAITS, /* something will call advance() */
  STEP_FAILED
} Step;

static void advance (GTask *task);

static void
run_free (gpointer data)
{
  Run *self = data;

  g_clear_handle_id (&self->source, g_source_remove);
  if (self->operation != NULL)
    g_clear_signal_handler (&self->done_id, self->operation);
  g_clear_object (&self->operation);
  g_free (self->role);
  g_free (self);
}

static const MosLabCommand *
current (const Run *self)
{
  return g_ptr_array_index (self->script->commands, self->next);
}

G_GNUC_PRINTF (2, 3)
static Step
fail (GTask *task, const char *format, ...)
{
  Run             *self = g_task_get_task_data (task);
  g_autofree char *message = NULL;
  va_list          args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_task_return_new_error (task, MOS_ERROR, MOS_ERROR_FAILED, _ ("line %u: %s"),
                           current (self)->line, message);
  return STEP_FAILED;
}

/* -- waiting ------------------------------------------------------------- */

static gboolean
is_over (GTask *task)
{
  Run *self = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return TRUE;
  if (g_get_monotonic_time () < self->deadline_us)
    return FALSE;
  fail (task, _ ("nothing came of it within %d s"), MOS_LAB_SCRIPT_WAIT_S);
  return TRUE;
}

static gboolean
look_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Run             *self = g_task_get_task_data (task);
  g_autofree char *missing = NULL;

  mos_lab_world_refresh (self->world);
  if (mos_check_evaluate (current (self)->check,
                          mos_lab_world_get_checks (self->world), NULL,
                          &missing)) {
    self->source = 0;
    self->next++;
    advance (task);
    return G_SOURCE_REMOVE;
  }
  if (!g_task_return_error_if_cancelled (task)) {
    if (g_get_monotonic_time () < self->deadline_us)
      return G_SOURCE_CONTINUE;
    fail (task, _ ("waited %d s in vain: %s"), MOS_LAB_SCRIPT_WAIT_S, missing);
  }
  self->source = 0;
  return G_SOURCE_REMOVE;
}

static Step
run_wait (GTask *task)
{
  Run *self = g_task_get_task_data (task);

  self->source = g_timeout_add_full (G_PRIORITY_DEFAULT, LOOK_MS, look_cb,
                                     g_object_ref (task), g_object_unref);
  return STEP_WAITS;
}

/* The state that an operation leads to comes with its end. */
static void
done_cb (MosOperation *operation, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Run *self = g_task_get_task_data (task);

  g_clear_signal_handler (&self->done_id, self->operation);
  if (mos_operation_get_state (operation) == MOS_OPERATION_SUCCEEDED) {
    g_clear_object (&self->operation);
    self->next++;
    advance (task);
  } else {
    const GError *error = mos_operation_get_error (operation);

    fail (task, "%s", error != NULL ? error->message : _ ("it was cancelled"));
  }
}

static void
drop_task (gpointer data, GClosure *closure)
{
  g_object_unref (data);
}

/* Takes @operation over. */
static Step
follow (GTask *task, MosOperation *operation)
{
  Run *self = g_task_get_task_data (task);

  g_clear_object (&self->operation);
  self->operation = operation;
  self->done_id =
      g_signal_connect_data (operation, "done", G_CALLBACK (done_cb),
                             g_object_ref (task), drop_task, 0);
  return STEP_WAITS;
}

static gboolean
again_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Run *self = g_task_get_task_data (task);

  self->source = 0;
  if (!is_over (task))
    advance (task);
  return G_SOURCE_REMOVE;
}

/* The machine is in between two states: look again soon. */
static Step
retry (GTask *task)
{
  Run *self = g_task_get_task_data (task);

  self->source = g_timeout_add_full (G_PRIORITY_DEFAULT, LOOK_MS, again_cb,
                                     g_object_ref (task), g_object_unref);
  return STEP_WAITS;
}

/* -- verbs --------------------------------------------------------------- */

static gboolean
is_between_states (MosVm *vm)
{
  switch (mos_vm_get_state (vm)) {
  case MOS_VM_STARTING:
  case MOS_VM_PAUSING:
  case MOS_VM_RESUMING:
  case MOS_VM_STOPPING:
    return TRUE;
  default:
    return FALSE;
  }
}

/* Verbs of the lifecycle: what they call, and the state that needs no call. */
static const struct {
  MosLabVerbId verb;
  MosOperation *(*call) (MosVm *vm);
  MosVmState done[2];
} lifecycle[] = {
  { MOS_VERB_START, mos_vm_start, { MOS_VM_RUNNING, MOS_VM_PAUSED } },
  { MOS_VERB_PAUSE, mos_vm_pause, { MOS_VM_PAUSED, MOS_VM_PAUSED } },
  { MOS_VERB_RESUME, mos_vm_resume, { MOS_VM_RUNNING, MOS_VM_RUNNING } },
  { MOS_VERB_STOP, mos_vm_stop, { MOS_VM_STOPPED, MOS_VM_STOPPED } },
  { MOS_VERB_FORCE_STOP,
    mos_vm_force_stop,
    { MOS_VM_STOPPED, MOS_VM_STOPPED } },
  { MOS_VERB_RESET, mos_vm_reset, { MOS_VM_DELETED, MOS_VM_DELETED } },
  { MOS_VERB_DELETE, mos_vm_delete, { MOS_VM_DELETED, MOS_VM_DELETED } },
};

static Step
run_lifecycle (GTask *task, MosVm *vm, MosLabVerbId verb)
{
  MosVmState state = mos_vm_get_state (vm);

  if (is_between_states (vm))
    return retry (task);
  for (guint i = 0; i < G_N_ELEMENTS (lifecycle); i++) {
    if (lifecycle[i].verb != verb)
      continue;
    if (state == lifecycle[i].done[0] || state == lifecycle[i].done[1])
      return STEP_DONE;
    return follow (task, lifecycle[i].call (vm));
  }
  return STEP_DONE;
}

/* A lab comes from anywhere: it names no file of the user's. */
static gboolean
set_key (const Run   *self,
         MosVmConfig *config,
         const char  *key,
         const char  *value,
         GError     **error)
{
  const MosKeyInfo *info = mos_config_schema_find (key);
  g_autofree char  *path = NULL;

  if (info != NULL && info->type == MOS_KEY_TABLES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("a lab cannot set %s"), key);
    return FALSE;
  }
  if (info == NULL || info->type != MOS_KEY_PATH)
    return mos_vm_config_set (config, key, value, error);
  path = mos_lab_world_resolve (self->world, value, error);
  return path != NULL && mos_vm_config_set_string (config, key, path, error);
}

/* floppy=@image/x and cdrom=@image/x: a drive with that medium, read-only. */
static gboolean
add_drive (const Run   *self,
           MosVmConfig *config,
           const char  *kind,
           const char  *name,
           GError     **error)
{
  g_autofree char *path = mos_lab_world_resolve (self->world, name, error);
  g_autofree char *quoted = NULL;
  g_autofree char *table = NULL;

  if (path == NULL)
    return FALSE;
  quoted = mos_toml_quote (path);
  table = g_strdup_printf ("{ kind = \"%s\", path = %s, readonly = true }",
                           kind, quoted);
  return mos_vm_config_add_table (config, "storage.drives", table, error);
}

static MosVmConfig *
make_config (const Run *self, const char *name, GError **error)
{
  const MosLabCommand *command = current (self);
  g_autoptr (MosVmConfig) config =
      mos_vm_config_new_from_template (command->words[0], name, error);

  if (config != NULL && self->world->accel != NULL &&
      !mos_vm_config_set (config, "cpu.accel", self->world->accel, error))
    return NULL;
  for (guint i = 1; config != NULL && command->words[i] != NULL; i++) {
    char            *equals = strchr (command->words[i], '=');
    g_autofree char *key = NULL;

    if (equals == NULL)
      continue;
    key = g_strndup (command->words[i], (gsize) (equals - command->words[i]));
    if (g_str_equal (key, "floppy") || g_str_equal (key, "cdrom")) {
      if (!add_drive (self, config, key, equals + 1, error))
        return NULL;
    } else if (!set_key (self, config, key, equals + 1, error)) {
      return NULL;
    }
  }
  return g_steal_pointer (&config);
}

/* A name nobody has: "Simple Boot", "Simple Boot 2". */
static char *
free_name (MosHypervisor *hypervisor, const char *wanted)
{
  char *name = g_strdup (wanted);

  for (guint i = 2; mos_hypervisor_find (hypervisor, name) != NULL; i++) {
    g_free (name);
    name = g_strdup_printf ("%s %u", wanted, i);
  }
  return name;
}

static Step
run_create (GTask *task)
{
  Run                 *self = g_task_get_task_data (task);
  const MosLabCommand *command = current (self);
  MosHypervisor       *hypervisor = mos_lab_world_get_hypervisor (self->world);
  const char          *wanted = _ ("Lab machine");
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config = NULL;
  g_autofree char *name = NULL;
  MosVm           *vm;

  for (guint i = 1; command->words[i] != NULL; i++) {
    if (g_str_equal (command->words[i], "as") &&
        command->words[i + 1] != NULL) {
      g_free (self->role);
      self->role = g_strdup (command->words[++i]);
    } else if (strchr (command->words[i], '=') == NULL) {
      wanted = command->words[i];
    }
  }
  if (mos_lab_world_machine (self->world, self->role) != NULL)
    return STEP_DONE;
  name = free_name (hypervisor, wanted);
  config = make_config (self, name, &error);
  vm = config != NULL ? mos_hypervisor_create_vm (hypervisor, config, &error)
                      : NULL;
  if (vm == NULL)
    return fail (task, "%s", error->message);
  mos_lab_world_bind (self->world, self->role, vm);
  return STEP_DONE;
}

static Step
run_set (GTask *task, MosVm *vm)
{
  Run                 *self = g_task_get_task_data (task);
  const MosLabCommand *command = current (self);
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));
  g_autoptr (GError) error = NULL;

  if (!set_key (self, config, command->words[0], command->words[1], &error) ||
      !mos_vm_set_config (vm, config, &error))
    return fail (task, "%s", error->message);
  return STEP_DONE;
}

static gboolean
typed_idle_cb (gpointer user_data)
{
  GTask *task = user_data;
  Run   *self = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return G_SOURCE_REMOVE;
  self->next++;
  advance (task);
  return G_SOURCE_REMOVE;
}

static void
typed_cb (gpointer user_data, guint skipped)
{
  /* Takes the reference that run_type() made. */
  g_idle_add_full (G_PRIORITY_DEFAULT, typed_idle_cb, user_data,
                   g_object_unref);
}

static Step
run_type (GTask *task, MosVm *vm)
{
  const MosLabCommand *command = current (g_task_get_task_data (task));

  if (mos_vm_get_state (vm) != MOS_VM_RUNNING)
    return fail (task, _ ("the machine does not run, so nothing can be typed"));
  mos_input_port_type (mos_vm_get_input (vm), NULL, command->words[0], typed_cb,
                       g_object_ref (task));
  return STEP_WAITS;
}

static Step
run_send (GTask *task, MosVm *vm)
{
  const MosLabCommand *command = current (g_task_get_task_data (task));
  guint                port = 0;
  gsize                size = strlen (command->words[0]);

  if (command->words[1] != NULL)
    port = (guint) g_ascii_strtoull (command->words[1], NULL, 10);
  if (port > 3)
    return fail (task, _ ("a machine has the serial ports 0 to 3"));
  if (mos_char_port_feed (mos_vm_get_serial (vm, port), command->words[0],
                          size) < size)
    return fail (task, _ ("the serial port's queue is full"));
  return STEP_DONE;
}

static Step
run_medium (GTask *task, MosVm *vm)
{
  const MosLabCommand *command = current (g_task_get_task_data (task));
  g_autoptr (GError) error = NULL;
  guint64 drive = g_ascii_strtoull (command->words[0], NULL, 10);

  if (!g_str_equal (command->words[1], "none"))
    return fail (task, _ ("a lab can only take a medium out: “none”"));
  if (!mos_vm_change_medium (vm, (guint) MIN (drive, G_MAXUINT), NULL, &error))
    return fail (task, "%s", error->message);
  return STEP_DONE;
}

static Step
run_switches (GTask *task, MosVm *vm)
{
  const MosLabCommand *command = current (g_task_get_task_data (task));
  char                *end;
  guint64              value = g_ascii_strtoull (command->words[0], &end, 0);

  if (*end != '\0' || value > 0xff)
    return fail (task, _ ("“%s” is no setting of eight switches: 0 to 0xff"),
                 command->words[0]);
  mos_panel_set_switches (mos_vm_get_panel (vm), (guint32) value);
  return STEP_DONE;
}

/* Otherwise what is left is passed over. */
static Step
run_only (GTask *task)
{
  Run *self = g_task_get_task_data (task);

  mos_lab_world_refresh (self->world);
  if (!mos_check_evaluate (current (self)->check,
                           mos_lab_world_get_checks (self->world), NULL, NULL))
    self->next = self->script->commands->len - 1;
  return STEP_DONE;
}

static Step
run_fill (GTask *task, gboolean replace)
{
  Run          *self = g_task_get_task_data (task);
  const char   *workspace = mos_lab_world_get_workspace (self->world);
  const MosLab *lab = mos_lab_world_get_lab (self->world);
  g_autoptr (GError) error = NULL;

  if (lab == NULL || workspace == NULL)
    return fail (task, _ ("this lab has no folder for the learner"));
  if (!mos_workspace_fill (lab, workspace, current (self)->words[0], replace,
                           &error))
    return fail (task, "%s", error->message);
  return STEP_DONE;
}

static void
built_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Run             *self = g_task_get_task_data (task);
  g_autofree char *log = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = mos_workspace_build_finish (result, &log, &error);

  mos_lab_world_set_build (self->world, ok, ok ? log : error->message);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (!ok) {
    fail (task, "%s", error->message);
    return;
  }
  self->next++;
  advance (task);
}

/* Assembler directives can read any file of the user's into the kernel, which
 * a network could carry away: only what ships with the program is built. */
static Step
run_build (GTask *task)
{
  Run          *self = g_task_get_task_data (task);
  const MosLab *lab = mos_lab_world_get_lab (self->world);

  if (lab == NULL || !lab->shipped)
    return fail (task, _ ("only labs that ship with the program may compile"));
  mos_workspace_build (mos_lab_world_get_workspace (self->world),
                       g_task_get_cancellable (task), built_cb,
                       g_object_ref (task));
  return STEP_WAITS;
}

/* Off first, which is looked at again when it has come. */
static Step
run_restart (GTask *task, MosVm *vm)
{
  g_autoptr (MosOperation) off = NULL;

  if (mos_vm_get_state (vm) == MOS_VM_STOPPED)
    return follow (task, mos_vm_start (vm));
  if (!is_between_states (vm))
    off = mos_vm_force_stop (vm);
  return retry (task);
}

static Step
run_command (GTask *task)
{
  Run                 *self = g_task_get_task_data (task);
  const MosLabCommand *command = current (self);
  MosVm               *vm;

  switch (command->verb) {
  case MOS_VERB_CREATE:
    return run_create (task);
  case MOS_VERB_USE:
    g_free (self->role);
    self->role = g_strdup (command->words[0]);
    return STEP_DONE;
  case MOS_VERB_WAIT:
    return run_wait (task);
  case MOS_VERB_ONLY:
    return run_only (task);
  case MOS_VERB_WORKSPACE:
    return run_fill (task, FALSE);
  case MOS_VERB_SOLUTION:
    return run_fill (task, TRUE);
  case MOS_VERB_BUILD:
    return run_build (task);
  case MOS_VERB_ANSWER:
    mos_lab_world_set_quiz (self->world, command->words[0], TRUE);
    return STEP_DONE;
  case MOS_VERB_OPEN:
    if (self->stage != NULL)
      self->stage->open_page (self->stage_data, command->words[0]);
    mos_lab_world_set_fact (self->world, "page", command->words[0]);
    return STEP_DONE;
  case MOS_VERB_POINT:
    if (self->stage != NULL)
      self->stage->point (self->stage_data, command->words[0]);
    return STEP_DONE;
  default:
    break;
  }
  vm = mos_lab_world_machine (self->world, self->role);
  if (vm == NULL)
    return fail (task, _ ("the lab has no machine “%s” yet"), self->role);
  switch (command->verb) {
  case MOS_VERB_RESTART:
    return run_restart (task, vm);
  case MOS_VERB_SET:
    return run_set (task, vm);
  case MOS_VERB_TYPE:
    return run_type (task, vm);
  case MOS_VERB_SEND:
    return run_send (task, vm);
  case MOS_VERB_MEDIUM:
    return run_medium (task, vm);
  case MOS_VERB_SWITCHES:
    return run_switches (task, vm);
  default:
    return run_lifecycle (task, vm, command->verb);
  }
}

/* Runs what can be run at once. */
static void
advance (GTask *task)
{
  Run *self = g_task_get_task_data (task);

  while (self->next < self->script->commands->len) {
    Step step;

    if (g_task_return_error_if_cancelled (task))
      return;
    if (self->begun <= self->next)
      self->deadline_us = g_get_monotonic_time () +
                          MOS_LAB_SCRIPT_WAIT_S * (gint64) G_USEC_PER_SEC;
    self->begun = self->next + 1;
    step = run_command (task);
    if (step != STEP_DONE)
      return;
    self->next++;
  }
  g_task_return_boolean (task, TRUE);
}

void
mos_lab_script_run (const MosLabScript *script,
                    MosLabWorld        *world,
                    const MosLabStage  *stage,
                    gpointer            stage_data,
                    GCancellable       *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  Run *self;

  g_return_if_fail (script != NULL && world != NULL);

  task = g_task_new (NULL, cancellable, callback, user_data);
  self = g_new0 (Run, 1);
  self->script = script;
  self->world = world;
  self->stage = stage;
  self->stage_data = stage_data;
  self->role = g_strdup (MOS_LAB_MAIN_ROLE);
  g_task_set_task_data (task, self, run_free);
  advance (task);
}

gboolean
mos_lab_script_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
