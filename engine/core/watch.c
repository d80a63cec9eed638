/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sampler, store and alerts of a hypervisor.
 *
 * The alert engine belongs to the sampler's thread, the object to the main
 * loop; rules go one way and events the other under `lock`. Notes are written
 * by the sampler, so the window never waits for the disk.
 */
#include "engine/core/watch.h"

#include <glib/gi18n-lib.h>

#define WATCH_KEY "mos-watch"

/* A machine as the sampler sees it. */
typedef struct {
  MosVm          *vm;
  guint           id; /* of the sampler's source */
  gulong          handler;
  MosCollectState state;
} Source;

typedef struct {
  gboolean      raised;
  gint64        id; /* of the record */
  MosAlertRule *rule;
  char         *machine;
  double        value;
} Fired;

typedef struct {
  gint64 time_ms;
  char  *machine;
  char  *text;
} Note;

struct _MosWatch {
  GObject parent_instance;

  MosHypervisor  *hypervisor;
  MosStore       *store;
  MosSampler     *sampler;
  MosCollectHost *host;
  GMainContext   *context;
  GPtrArray      *sources; /* of Source, as the hypervisor's list */
  guint           lab_source;
  GPtrArray      *rules; /* of MosAlertRule */
  guint           held;  /* atomic: who wants ticks */

  MosAlertEngine *engine; /* the sampler's thread */

  GMutex     lock; /* the following */
  GPtrArray *new_rules;
  GPtrArray *notes; /* of Note */
  guint64    promised_bytes;
  guint      n_machines;
};

enum {
  TICK,
  ALERT,
  RULES_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosWatch, mos_watch, G_TYPE_OBJECT)

static void
note_free (gpointer data)
{
  Note *note = data;

  g_free (note->machine);
  g_free (note->text);
  g_free (note);
}

static void
fired_free (Fired *fired)
{
  mos_alert_rule_free (fired->rule);
  g_free (fired->machine);
  g_free (fired);
}

/* -- from the sampler's thread to the main loop -------------------------- */

typedef struct {
  GWeakRef   watch;
  gint64     time_ms;
  GPtrArray *fired; /* of Fired */
  gboolean   tick;
} Post;

static void
post_free (gpointer data)
{
  Post *post = data;

  g_weak_ref_clear (&post->watch);
  g_ptr_array_unref (post->fired);
  g_free (post);
}

static void
run_command (const Fired *fired)
{
  const char      *argv[] = { "/bin/sh", "-c", fired->rule->command, NULL };
  g_autofree char *value = g_strdup_printf ("%g", fired->value);
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;

  environment =
      g_environ_setenv (environment, "MULTIOS_ALERT", fired->rule->id, TRUE);
  environment =
      g_environ_setenv (environment, "MULTIOS_MACHINE", fired->machine, TRUE);
  environment = g_environ_setenv (environment, "MULTIOS_VALUE", value, TRUE);
  if (!g_spawn_async (NULL, (char **) argv, environment,
                      G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &error))
    g_info ("alert command: %s", error->message);
}

static void
act (MosWatch *self, const Fired *fired)
{
  MosVm           *vm = fired->machine[0] != '\0'
                            ? mos_hypervisor_find (self->hypervisor, fired->machine)
                            : NULL;
  g_autofree char *what = mos_alert_rule_describe (fired->rule);

  if (vm != NULL)
    mos_log (mos_vm_get_log (vm),
             fired->rule->severity == MOS_ALERT_INFO ? MOS_LOG_INFO
                                                     : MOS_LOG_WARNING,
             fired->raised ? _ ("Alert: %s (%s)") : _ ("Over: %s (%s)"),
             _ (fired->rule->title), what);
  if (!fired->raised)
    return;
  if (fired->rule->action == MOS_ALERT_PAUSE && vm != NULL &&
      mos_vm_why_not (vm, MOS_VM_ACTION_PAUSE) == NULL)
    g_object_unref (mos_vm_pause (vm));
  else if (fired->rule->action == MOS_ALERT_COMMAND &&
           fired->rule->command[0] != '\0')
    run_command (fired);
}

static gboolean
post_cb (gpointer user_data)
{
  Post *post = user_data;
  g_autoptr (MosWatch) self = g_weak_ref_get (&post->watch);

  if (self == NULL)
    return G_SOURCE_REMOVE;
  for (guint i = 0; i < post->fired->len; i++) {
    const Fired *fired = g_ptr_array_index (post->fired, i);

    act (self, fired);
    g_signal_emit (self, signals[ALERT], 0, fired->id, fired->raised);
  }
  if (post->tick)
    g_signal_emit (self, signals[TICK], 0, post->time_ms);
  return G_SOURCE_REMOVE;
}

static void
take_notes (MosWatch *self)
{
  g_autoptr (GPtrArray) notes = NULL;

  g_mutex_lock (&self->lock);
  if (self->notes->len > 0) {
    notes = self->notes;
    self->notes = g_ptr_array_new_with_free_func (note_free);
  }
  g_mutex_unlock (&self->lock);
  for (guint i = 0; notes != NULL && i < notes->len; i++) {
    const Note *note = g_ptr_array_index (notes, i);

    mos_store_add_note (self->store, note->time_ms, note->machine, "lifecycle",
                        note->text);
  }
}

static Fired *
record_event (MosWatch *self, const MosAlertEvent *event, gint64 time_ms)
{
  Fired *fired = g_new0 (Fired, 1);

  fired->rule = mos_alert_rule_copy (event->rule);
  fired->machine = g_strdup (event->machine);
  fired->raised = event->raised;
  fired->value = event->value;
  if (event->raised)
    fired->id = mos_alert_log_raise (self->store, event->rule, event->machine,
                                     time_ms, event->value);
  else
    mos_alert_log_clear (self->store, event->rule->id, event->machine, time_ms);
  return fired;
}

static void
sampled_cb (gpointer        user_data,
            gint64          time_ms,
            gint64          steady_ms,
            const MosShown *shown,
            guint           n)
{
  MosWatch *self = user_data;
  g_autoptr (GPtrArray) rules = NULL;
  g_autoptr (GArray) events =
      g_array_new (FALSE, FALSE, sizeof (MosAlertEvent));
  g_autoptr (GPtrArray) fired =
      g_ptr_array_new_with_free_func ((GDestroyNotify) fired_free);
  gboolean tick = __atomic_load_n (&self->held, __ATOMIC_RELAXED) > 0;
  Post    *post;

  g_mutex_lock (&self->lock);
  rules = g_steal_pointer (&self->new_rules);
  g_mutex_unlock (&self->lock);
  if (rules != NULL)
    mos_alert_engine_set_rules (self->engine, rules);
  take_notes (self);
  mos_alert_engine_step (self->engine, steady_ms,
                         mos_sampler_get_interval (self->sampler), shown, n,
                         events);
  for (guint i = 0; i < events->len; i++)
    g_ptr_array_add (
        fired, record_event (self, &g_array_index (events, MosAlertEvent, i),
                             time_ms));
  if (fired->len == 0 && !tick)
    return;
  post = g_new0 (Post, 1);
  g_weak_ref_init (&post->watch, self);
  post->time_ms = time_ms;
  post->fired = g_steal_pointer (&fired);
  post->tick = tick;
  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, post_cb, post,
                              post_free);
}

/* -- sources ------------------------------------------------------------- */

static void
collect_vm (gpointer source, MosReadingFunc func, gpointer user_data)
{
  Source *self = source;

  mos_vm_collect (self->vm, &self->state, func, user_data);
}

static void
collect_lab (gpointer source, MosReadingFunc func, gpointer user_data)
{
  MosWatch     *self = source;
  MosCollectLab lab = { .sampler_ns = mos_sampler_cpu_ns (self->sampler),
                        .store_bytes = mos_store_size (self->store) };

  g_mutex_lock (&self->lock);
  lab.machines = self->n_machines;
  lab.promised_bytes = self->promised_bytes;
  g_mutex_unlock (&self->lock);
  mos_collect_host (self->host, &lab, func, user_data);
}

static const MosSamplerSource vm_source = { collect_vm };
static const MosSamplerSource lab_source = { collect_lab };

/* What the sampler may not ask of main-loop objects. */
static void
add_up (MosWatch *self)
{
  guint64 bytes = 0;
  guint   n = 0;

  for (guint i = 0; i < self->sources->len; i++) {
    const Source *source = g_ptr_array_index (self->sources, i);
    MosVmState    state = mos_vm_get_state (source->vm);

    if (state == MOS_VM_STOPPED || state == MOS_VM_DELETED)
      continue;
    n++;
    bytes += (guint64) mos_vm_config_get_int (mos_vm_get_config (source->vm),
                                              "memory_mb")
             << 20;
  }
  g_mutex_lock (&self->lock);
  self->n_machines = n;
  self->promised_bytes = bytes;
  g_mutex_unlock (&self->lock);
}

static void
state_cb (MosVm *vm, GParamSpec *pspec, MosWatch *self)
{
  Note *note = g_new0 (Note, 1);

  note->time_ms = g_get_real_time () / 1000;
  note->machine = g_strdup (mos_vm_get_uuid (vm));
  note->text = g_strdup (mos_vm_state_name (mos_vm_get_state (vm)));
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->notes, note);
  g_mutex_unlock (&self->lock);
  add_up (self);
}

static Source *
source_new (MosWatch *self, MosVm *vm)
{
  Source *source = g_new0 (Source, 1);

  source->vm = g_object_ref (vm);
  source->handler =
      g_signal_connect (vm, "notify::state", G_CALLBACK (state_cb), self);
  source->id = mos_sampler_add (self->sampler, &vm_source, source);
  return source;
}

static void
source_drop (MosWatch *self, guint position)
{
  Source *source = g_ptr_array_index (self->sources, position);

  mos_sampler_remove (self->sampler, source->id);
  g_signal_handler_disconnect (source->vm, source->handler);
  g_object_unref (source->vm);
  g_free (source);
  g_ptr_array_remove_index (self->sources, position);
}

static void
items_cb (GListModel *all,
          guint       position,
          guint       removed,
          guint       added,
          MosWatch   *self)
{
  for (guint i = 0; i < removed; i++) {
    const Source *source = g_ptr_array_index (self->sources, position);
    g_autoptr (MosVm) vm = g_object_ref (source->vm);

    source_drop (self, position);
    if (mos_vm_get_state (vm) == MOS_VM_DELETED)
      mos_sampler_forget (self->sampler, mos_vm_get_uuid (vm));
  }
  for (guint i = 0; i < added; i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, position + i);

    g_ptr_array_insert (self->sources, (gint) (position + i),
                        source_new (self, vm));
  }
  add_up (self);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_watch_dispose (GObject *object)
{
  MosWatch *self = MOS_WATCH (object);

  if (self->sampler != NULL)
    mos_sampler_stop (self->sampler);
  if (self->hypervisor != NULL && mos_watch_of (self->hypervisor) == self)
    g_object_set_data (G_OBJECT (self->hypervisor), WATCH_KEY, NULL);
  if (self->hypervisor != NULL)
    g_signal_handlers_disconnect_by_data (self->hypervisor, self);
  while (self->sources != NULL && self->sources->len > 0)
    source_drop (self, self->sources->len - 1);
  g_clear_pointer (&self->sampler, mos_sampler_free);
  if (self->store != NULL)
    take_notes (self);
  g_clear_pointer (&self->store, mos_store_close);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_watch_parent_class)->dispose (object);
}

static void
mos_watch_finalize (GObject *object)
{
  MosWatch *self = MOS_WATCH (object);

  g_ptr_array_unref (self->sources);
  g_ptr_array_unref (self->notes);
  g_clear_pointer (&self->rules, g_ptr_array_unref);
  g_clear_pointer (&self->new_rules, g_ptr_array_unref);
  mos_alert_engine_free (self->engine);
  mos_collect_host_free (self->host);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (mos_watch_parent_class)->finalize (object);
}

static void
mos_watch_class_init (MosWatchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = mos_watch_dispose;
  object_class->finalize = mos_watch_finalize;
  signals[TICK] =
      g_signal_new ("tick", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[ALERT] = g_signal_new ("alert", G_TYPE_FROM_CLASS (klass),
                                 G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_INT64, G_TYPE_BOOLEAN);
  signals[RULES_CHANGED] =
      g_signal_new ("rules-changed", G_TYPE_FROM_CLASS (klass),
                    G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_watch_init (MosWatch *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->sources = g_ptr_array_new ();
  self->notes = g_ptr_array_new_with_free_func (note_free);
  self->engine = mos_alert_engine_new ();
}

static void
set_rules (MosWatch *self)
{
  GPtrArray *copy =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_alert_rule_free);

  g_clear_pointer (&self->rules, g_ptr_array_unref);
  self->rules = mos_alert_log_rules (self->store);
  for (guint i = 0; i < self->rules->len; i++)
    g_ptr_array_add (copy, mos_alert_rule_copy (self->rules->pdata[i]));
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->new_rules, g_ptr_array_unref);
  self->new_rules = copy;
  g_mutex_unlock (&self->lock);
}

static MosStore *
open_store (MosHypervisor *hypervisor, const char *path)
{
  g_autoptr (GError) error = NULL;
  MosStore *store = mos_store_open (path, NULL, &error);

  if (store != NULL)
    return store;
  mos_log (mos_hypervisor_get_log (hypervisor), MOS_LOG_WARNING, "%s",
           error->message);
  return mos_store_open (NULL, NULL, NULL);
}

MosWatch *
mos_watch_new (MosHypervisor *hypervisor, const char *path, guint interval_ms)
{
  MosWatch *self = g_object_new (MOS_TYPE_WATCH, NULL);
  g_autoptr (GError) error = NULL;

  self->hypervisor = g_object_ref (hypervisor);
  g_object_set_data (G_OBJECT (hypervisor), WATCH_KEY, self);
  self->store = open_store (hypervisor, path);
  self->host = mos_collect_host_new (path != NULL ? g_get_user_data_dir ()
                                                  : g_get_tmp_dir ());
  self->sampler = mos_sampler_new (self->store);
  mos_sampler_set_interval (self->sampler, interval_ms);
  set_rules (self);
  mos_sampler_set_listener (self->sampler, sampled_cb, self);
  self->lab_source = mos_sampler_add (self->sampler, &lab_source, self);
  g_signal_connect (hypervisor, "items-changed", G_CALLBACK (items_cb), self);
  items_cb (G_LIST_MODEL (hypervisor), 0, 0,
            g_list_model_get_n_items (G_LIST_MODEL (hypervisor)), self);
  if (!mos_sampler_start (self->sampler, &error))
    mos_log (mos_hypervisor_get_log (hypervisor), MOS_LOG_ERROR,
             _ ("Nothing is watched: %s"), error->message);
  return self;
}

MosWatch *
mos_watch_of (MosHypervisor *hypervisor)
{
  return g_object_get_data (G_OBJECT (hypervisor), WATCH_KEY);
}

char *
mos_watch_default_path (void)
{
  g_autofree char *folder =
      g_build_filename (g_get_user_state_dir (), "multios-lab", NULL);

  g_mkdir_with_parents (folder, 0700);
  return g_build_filename (folder, "samples.sqlite", NULL);
}

/* -- the rest ------------------------------------------------------------ */

MosStore *
mos_watch_get_store (MosWatch *self)
{
  return self->store;
}

MosSampler *
mos_watch_get_sampler (MosWatch *self)
{
  return self->sampler;
}

MosHypervisor *
mos_watch_get_hypervisor (MosWatch *self)
{
  return self->hypervisor;
}

void
mos_watch_hold_ticks (MosWatch *self)
{
  __atomic_add_fetch (&self->held, 1, __ATOMIC_RELAXED);
}

void
mos_watch_release_ticks (MosWatch *self)
{
  __atomic_sub_fetch (&self->held, 1, __ATOMIC_RELAXED);
}

const GPtrArray *
mos_watch_get_rules (MosWatch *self)
{
  return self->rules;
}

gboolean
mos_watch_save_rule (MosWatch *self, const MosAlertRule *rule)
{
  gboolean ok = mos_alert_log_save_rule (self->store, rule);

  set_rules (self);
  g_signal_emit (self, signals[RULES_CHANGED], 0);
  return ok;
}

gboolean
mos_watch_remove_rule (MosWatch *self, const char *id)
{
  gboolean ok = mos_alert_log_remove_rule (self->store, id);

  set_rules (self);
  g_signal_emit (self, signals[RULES_CHANGED], 0);
  return ok;
}

void
mos_watch_acknowledge (MosWatch *self, gint64 id)
{
  mos_alert_log_acknowledge (self->store, id);
  g_signal_emit (self, signals[ALERT], 0, id, FALSE);
}

const char *
mos_watch_machine_name (MosWatch *self, const char *uuid)
{
  MosVm *vm =
      uuid[0] != '\0' ? mos_hypervisor_find (self->hypervisor, uuid) : NULL;

  return vm != NULL ? mos_vm_get_name (vm) : "";
}
