/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The object: properties, signals, configuration, ends, and what can be read
 * of a running machine. The verbs are in vm-ops.c, the states in vm-state.c,
 * and how a configuration becomes a machine in vm-build.c.
 */
#include "engine/lifecycle/vm.h"

#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/base/source.h"
#include "engine/bus/device.h"
#include "engine/lifecycle/vm-private.h"

#define LOG_LINES          5000
#define SERIAL_INPUT_BYTES 65536
#define STOP_TIMEOUT_MS    30000

enum {
  PROP_NAME = 1,
  PROP_UUID,
  PROP_STATE,
  PROP_CONFIG,
  PROP_OPERATION,
  PROP_BACKEND_NAME,
  N_PROPERTIES
};

enum {
  STATE_CHANGED,
  GUEST_EXIT,
  GUEST_RESET,
  WAS_RESET,
  DELETED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPERTIES];
static guint       signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosVm, mos_vm, G_TYPE_OBJECT)

static void
mos_vm_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  MosVm *self = MOS_VM (object);

  switch (id) {
  case PROP_NAME:
    g_value_set_string (value, mos_vm_get_name (self));
    break;
  case PROP_UUID:
    g_value_set_string (value, self->uuid);
    break;
  case PROP_STATE:
    g_value_set_enum (value, (gint) self->state);
    break;
  case PROP_CONFIG:
    g_value_set_object (value, self->config);
    break;
  case PROP_OPERATION:
    g_value_set_object (value, self->operation);
    break;
  case PROP_BACKEND_NAME:
    g_value_set_string (value, self->backend_name);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
  }
}

static void
mos_vm_dispose (GObject *object)
{
  MosVm *self = MOS_VM (object);

  mos_source_clear (&self->stop_source);
  if (self->machine != NULL)
    mos_machine_off (self->machine);
  mos_vm_set_machine (self, NULL);
  g_clear_object (&self->operation);
  G_OBJECT_CLASS (mos_vm_parent_class)->dispose (object);
}

static void
mos_vm_finalize (GObject *object)
{
  MosVm *self = MOS_VM (object);

  g_free (self->uuid);
  g_free (self->backend_name);
  g_free (self->why_not);
  g_clear_object (&self->config);
  g_clear_pointer (&self->services, mos_vm_services_unref);
  for (guint i = 0; i < MOS_BOARD_MAX_SERIAL; i++)
    mos_char_port_unref (self->serial[i]);
  for (guint i = 0; i < MOS_BOARD_MAX_NET; i++)
    mos_net_port_unref (self->net[i]);
  mos_input_port_unref (self->input);
  mos_panel_unref (self->panel);
  mos_screen_unref (self->screen);
  mos_trace_free (self->trace);
  mos_log_unref (self->log);
  g_main_context_unref (self->io_context);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (mos_vm_parent_class)->finalize (object);
}

static guint
new_signal (MosVmClass *klass, const char *name, GType parameter)
{
  return g_signal_new (name, G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                       NULL, NULL, NULL, G_TYPE_NONE,
                       parameter != G_TYPE_NONE ? 1 : 0, parameter);
}

static void
mos_vm_class_init (MosVmClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags   flags =
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = mos_vm_get_property;
  object_class->dispose = mos_vm_dispose;
  object_class->finalize = mos_vm_finalize;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_UUID] = g_param_spec_string ("uuid", NULL, NULL, NULL, flags);
  properties[PROP_STATE] = g_param_spec_enum (
      "state", NULL, NULL, MOS_TYPE_VM_STATE, MOS_VM_STOPPED, flags);
  properties[PROP_CONFIG] =
      g_param_spec_object ("config", NULL, NULL, MOS_TYPE_VM_CONFIG, flags);
  properties[PROP_OPERATION] =
      g_param_spec_object ("operation", NULL, NULL, MOS_TYPE_OPERATION, flags);
  properties[PROP_BACKEND_NAME] =
      g_param_spec_string ("backend-name", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[STATE_CHANGED] = new_signal (klass, "state-changed", G_TYPE_NONE);
  signals[GUEST_EXIT] = new_signal (klass, "guest-exit", G_TYPE_INT);
  signals[GUEST_RESET] = new_signal (klass, "guest-reset", G_TYPE_STRING);
  signals[WAS_RESET] = new_signal (klass, "was-reset", G_TYPE_NONE);
  signals[DELETED] = new_signal (klass, "deleted", G_TYPE_NONE);
}

static void
mos_vm_init (MosVm *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->stop_timeout_ms = STOP_TIMEOUT_MS;
  self->io_context = g_main_context_new ();
  self->log = mos_log_new (LOG_LINES);
  self->trace = mos_trace_new ();
  self->screen = mos_screen_new (self->io_context);
  self->input = mos_input_port_new ();
  self->panel = mos_panel_new ();
  for (guint i = 0; i < MOS_BOARD_MAX_SERIAL; i++)
    self->serial[i] = mos_char_port_new (SERIAL_INPUT_BYTES);
}

MosVm *
mos_vm_new (MosVmServices *services, const char *uuid, MosVmConfig *config)
{
  MosVm *self = g_object_new (MOS_TYPE_VM, NULL);

  self->services = mos_vm_services_ref (services);
  self->uuid = uuid != NULL ? g_strdup (uuid) : g_uuid_string_random ();
  self->config = g_object_ref (config);
  return self;
}

MosVmServices *
mos_vm_services_ref (MosVmServices *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_vm_services_unref (MosVmServices *self)
{
  if (self != NULL && g_atomic_ref_count_dec (&self->refs))
    self->free (self);
}

/* -- notifying ----------------------------------------------------------- */

void
mos_vm_emit_state (MosVm *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  g_signal_emit (self, signals[STATE_CHANGED], 0);
}

void
mos_vm_emit_guest_exit (MosVm *self, int status)
{
  g_signal_emit (self, signals[GUEST_EXIT], 0, status);
}

void
mos_vm_emit_guest_reset (MosVm *self, const char *why)
{
  g_signal_emit (self, signals[GUEST_RESET], 0, why);
}

void
mos_vm_emit_was_reset (MosVm *self)
{
  g_signal_emit (self, signals[WAS_RESET], 0);
}

void
mos_vm_emit_deleted (MosVm *self)
{
  g_signal_emit (self, signals[DELETED], 0);
}

void
mos_vm_set_operation (MosVm *self, MosOperation *operation)
{
  if (g_set_object (&self->operation, operation))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OPERATION]);
}

void
mos_vm_set_backend_name (MosVm *self, const char *name)
{
  if (g_strcmp0 (self->backend_name, name) == 0)
    return;
  g_free (self->backend_name);
  self->backend_name = g_strdup (name);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BACKEND_NAME]);
}

void
mos_vm_set_stop_timeout (MosVm *self, guint timeout_ms)
{
  self->stop_timeout_ms = timeout_ms;
}

/* -- the machine --------------------------------------------------------- */

MosMachine *
mos_vm_ref_machine (MosVm *self)
{
  MosMachine *machine;

  g_mutex_lock (&self->lock);
  machine = self->machine != NULL ? mos_machine_ref (self->machine) : NULL;
  g_mutex_unlock (&self->lock);
  return machine;
}

void
mos_vm_set_machine (MosVm *self, MosMachine *machine)
{
  MosMachine *old;

  g_mutex_lock (&self->lock);
  old = self->machine;
  self->machine = machine != NULL ? mos_machine_ref (machine) : NULL;
  g_mutex_unlock (&self->lock);
  mos_machine_unref (old);
}

void
mos_vm_get_counters (MosVm *self, MosVcpuCounters *totals)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  *totals = (MosVcpuCounters){ .exits = { 0 } };
  if (machine != NULL)
    mos_machine_counters (machine, totals);
}

MosHierarchy *
mos_vm_ref_hierarchy (MosVm *self)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  MosHierarchy *hierarchy =
      machine != NULL ? mos_machine_get_hierarchy (machine) : NULL;

  return hierarchy != NULL ? mos_hierarchy_ref (hierarchy) : NULL;
}

typedef struct {
  MosVmDeviceFunc    device;
  MosBackendStatFunc name;
  gpointer           user_data;
} Visit;

static void
visit_devices (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  Visit *visit = user_data;

  for (guint i = 0; i < bus->devices->len; i++) {
    const MosDevice *device = g_ptr_array_index (bus->devices, i);

    visit->device (visit->user_data, device->name, &device->counters,
                   mos_ticks_to_ns (&bus->made, device->counters.ticks));
  }
}

void
mos_vm_foreach_device (MosVm *self, MosVmDeviceFunc func, gpointer user_data)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  Visit visit = { .device = func, .user_data = user_data };

  if (machine != NULL)
    mos_machine_visit (machine, visit_devices, &visit);
}

void
mos_vm_collect (MosVm           *self,
                MosCollectState *state,
                MosReadingFunc   func,
                gpointer         user_data)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  if (machine != NULL)
    mos_machine_collect (machine, self->uuid, mos_screen_frames (self->screen),
                         state, func, user_data);
}

gboolean
mos_vm_set_probe (MosVm *self, MosVmProbe func, gpointer user_data)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  if (machine != NULL)
    mos_machine_set_probe (machine, func, user_data);
  return machine != NULL;
}

gboolean
mos_vm_probe (MosVm *self)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  if (machine != NULL)
    mos_machine_probe (machine);
  return machine != NULL;
}

static void
visit_unknown (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  Visit *visit = user_data;

  if (cpus->klass->unknown_instructions != NULL)
    cpus->klass->unknown_instructions (cpus, visit->name, visit->user_data);
}

void
mos_vm_foreach_unknown_instruction (MosVm             *self,
                                    MosBackendStatFunc func,
                                    gpointer           user_data)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  Visit visit = { .name = func, .user_data = user_data };

  if (machine != NULL)
    mos_machine_visit (machine, visit_unknown, &visit);
}

/* -- configuration ------------------------------------------------------- */

static gboolean
same_strings (const char *const *a, const char *const *b)
{
  return g_strv_equal (a, b);
}

static gboolean
same_tables (MosVmConfig *a, MosVmConfig *b, const MosKeyInfo *row)
{
  guint n = mos_vm_config_n_tables (a, row->name);

  if (n != mos_vm_config_n_tables (b, row->name))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    for (const MosKeyInfo *sub = row->sub; sub->name != NULL; sub++) {
      gboolean same;

      if (sub->type == MOS_KEY_INTEGER)
        same = mos_vm_config_table_int (a, row->name, i, sub->name) ==
               mos_vm_config_table_int (b, row->name, i, sub->name);
      else if (sub->type == MOS_KEY_BOOLEAN)
        same = mos_vm_config_table_bool (a, row->name, i, sub->name) ==
               mos_vm_config_table_bool (b, row->name, i, sub->name);
      else if (sub->type == MOS_KEY_STRINGS)
        same = same_strings (
            mos_vm_config_table_strings (a, row->name, i, sub->name),
            mos_vm_config_table_strings (b, row->name, i, sub->name));
      else
        same =
            g_strcmp0 (
                mos_vm_config_table_string (a, row->name, i, sub->name),
                mos_vm_config_table_string (b, row->name, i, sub->name)) == 0;
      if (!same)
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
same_integers (MosVmConfig *a, MosVmConfig *b, const MosKeyInfo *row)
{
  for (guint i = 0; i < row->max_items; i++)
    if (mos_vm_config_get_nth_int (a, row->name, i, G_MININT64) !=
        mos_vm_config_get_nth_int (b, row->name, i, G_MININT64))
      return FALSE;
  return TRUE;
}

static gboolean
same_value (MosVmConfig *a, MosVmConfig *b, const MosKeyInfo *row)
{
  switch (row->type) {
  case MOS_KEY_INTEGER:
    return mos_vm_config_get_int (a, row->name) ==
           mos_vm_config_get_int (b, row->name);
  case MOS_KEY_BOOLEAN:
    return mos_vm_config_get_bool (a, row->name) ==
           mos_vm_config_get_bool (b, row->name);
  case MOS_KEY_INTEGERS:
    return same_integers (a, b, row);
  case MOS_KEY_STRINGS:
    return same_strings (mos_vm_config_get_strings (a, row->name),
                         mos_vm_config_get_strings (b, row->name));
  case MOS_KEY_TABLES:
    return same_tables (a, b, row);
  case MOS_KEY_STRING:
  case MOS_KEY_PATH:
  case MOS_KEY_ENUM:
  default:
    return g_strcmp0 (mos_vm_config_get_string (a, row->name),
                      mos_vm_config_get_string (b, row->name)) == 0;
  }
}

/* The first key that differs and cannot change while the machine runs. */
static const MosKeyInfo *
find_frozen_change (MosVmConfig *a, MosVmConfig *b)
{
  for (const MosKeyInfo *row = mos_config_schema; row->name != NULL; row++)
    if (!row->live && !same_value (a, b, row))
      return row;
  return NULL;
}

/* What keys that are live change in a machine that runs. */
static void
apply_live (MosVm *self)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  if (machine != NULL)
    mos_machine_set_balloon (
        machine,
        (guint64) mos_vm_config_get_int (self->config, "devices.balloon_mb")
            << 20);
}

gboolean
mos_vm_set_config (MosVm *self, MosVmConfig *config, GError **error)
{
  const char       *why_not = mos_vm_why_not (self, MOS_VM_ACTION_EDIT);
  const MosKeyInfo *frozen =
      why_not != NULL ? find_frozen_change (self->config, config) : NULL;
  g_autofree char *old_name = g_strdup (mos_vm_get_name (self));
  g_autoptr (MosVmConfig) copy = NULL;

  if (self->state == MOS_VM_DELETED || frozen != NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("Changing “%s” of “%s”: %s"),
                 frozen != NULL ? _ (frozen->title) : _ ("the settings"),
                 old_name, why_not);
    return FALSE;
  }
  if (!mos_vm_config_validate (config, FALSE, error) ||
      !self->services->check_name (self->services, self,
                                   mos_vm_config_get_string (config, "name"),
                                   error))
    return FALSE;

  copy = mos_vm_config_copy (config);
  if (!self->services->save (self->services, self, copy, error))
    return FALSE;
  g_set_object (&self->config, copy);
  apply_live (self);
  mos_log (self->log, MOS_LOG_INFO, _ ("The settings have been changed"));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONFIG]);
  if (g_strcmp0 (old_name, mos_vm_get_name (self)) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
  return TRUE;
}

/* -- reading ------------------------------------------------------------- */

const char *
mos_vm_get_name (MosVm *self)
{
  return mos_vm_config_get_string (self->config, "name");
}

const char *
mos_vm_get_uuid (MosVm *self)
{
  return self->uuid;
}

MosVmState
mos_vm_get_state (MosVm *self)
{
  return self->state;
}

MosVmConfig *
mos_vm_get_config (MosVm *self)
{
  return self->config;
}

const char *
mos_vm_get_backend_name (MosVm *self)
{
  return self->backend_name;
}

MosScreen *
mos_vm_get_screen (MosVm *self)
{
  return self->screen;
}

MosInputPort *
mos_vm_get_input (MosVm *self)
{
  return self->input;
}

MosPanel *
mos_vm_get_panel (MosVm *self)
{
  return self->panel;
}

MosCharPort *
mos_vm_get_serial (MosVm *self, guint n)
{
  g_return_val_if_fail (n < MOS_BOARD_MAX_SERIAL, NULL);
  return self->serial[n];
}

MosNetPort *
mos_vm_get_net (MosVm *self, guint n)
{
  return n < MOS_BOARD_MAX_NET ? self->net[n] : NULL;
}

MosLog *
mos_vm_get_log (MosVm *self)
{
  return self->log;
}

MosTrace *
mos_vm_get_trace (MosVm *self)
{
  return self->trace;
}

/* -- media --------------------------------------------------------------- */

gboolean
mos_vm_change_medium (MosVm      *self,
                      guint       drive,
                      const char *path,
                      GError    **error)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  g_autoptr (MosBlockStore) store = NULL;
  const char *list = "storage.drives";

  if (machine == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("Changing a medium: the machine is not running; change "
                    "storage.drives in its settings"));
    return FALSE;
  }
  if (drive >= mos_vm_config_n_tables (self->config, list)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("Changing a medium: “%s” has no drive %u"),
                 mos_vm_get_name (self), drive);
    return FALSE;
  }
  if (path != NULL) {
    const char *kind =
        mos_vm_config_table_string (self->config, list, drive, "kind");
    gboolean read_only =
        g_str_equal (kind, "cdrom") ||
        mos_vm_config_table_bool (self->config, list, drive, "readonly");

    store = self->services->open_image (
        self->services, path,
        mos_vm_config_table_string (self->config, list, drive, "format"),
        read_only, error);
    if (store == NULL)
      return FALSE;
  }
  if (!mos_machine_change_medium (machine, drive, store, error))
    return FALSE;
  mos_log (self->log, MOS_LOG_INFO,
           path != NULL ? _ ("Drive %u: put in %s") : _ ("Drive %u: empty%s"),
           drive, path != NULL ? path : "");
  return TRUE;
}
