/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Tracked operations.
 *
 * The object belongs to the main context it was made on. A worker thread only
 * leaves its newest progress in `pending` and posts one idle callback, so that
 * a worker that reports a million steps costs the window a few notifications.
 */
#include "engine/lifecycle/operation.h"

#include <glib/gi18n-lib.h>

#include "engine/base/error.h"
#include "engine/lifecycle/operation-private.h"

struct _MosOperation {
  GObject parent_instance;

  /* Main loop only. */
  char             *title;
  MosLog           *log;
  double            progress;
  MosOperationState state;
  gboolean          cancellable;
  GError           *error;
  gint64            begin_us;
  GMainContext     *context;

  GCancellable *cancel; /* any thread */

  GMutex   lock;
  double   pending; /* with lock */
  gboolean posted;  /* with lock: an idle callback is under way */
};

enum {
  PROP_TITLE = 1,
  PROP_PROGRESS,
  PROP_STATE,
  PROP_CANCELLABLE,
  N_PROPERTIES
};

enum {
  DONE,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPERTIES];
static guint       signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosOperation, mos_operation, G_TYPE_OBJECT)

GType
mos_operation_state_get_type (void)
{
  static gsize            state_type_id = 0;
  static const GEnumValue values[] = {
    { MOS_OPERATION_RUNNING, "MOS_OPERATION_RUNNING", "running" },
    { MOS_OPERATION_SUCCEEDED, "MOS_OPERATION_SUCCEEDED", "succeeded" },
    { MOS_OPERATION_FAILED, "MOS_OPERATION_FAILED", "failed" },
    { MOS_OPERATION_CANCELLED, "MOS_OPERATION_CANCELLED", "cancelled" },
    { 0, NULL, NULL },
  };

  if (g_once_init_enter (&state_type_id))
    g_once_init_leave (&state_type_id,
                       g_enum_register_static ("MosOperationState", values));
  return state_type_id;
}

/* Calls @func with a reference to @self on its main context, later. */
static void
post (MosOperation *self, GSourceFunc func)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

/* -- the end ------------------------------------------------------------- */

static gboolean
done_cb (gpointer user_data)
{
  g_signal_emit (user_data, signals[DONE], 0);
  return G_SOURCE_REMOVE;
}

static void
write_log (MosOperation *self)
{
  double seconds =
      (double) (g_get_monotonic_time () - self->begin_us) / G_USEC_PER_SEC;

  if (self->state == MOS_OPERATION_SUCCEEDED)
    mos_log (self->log, MOS_LOG_INFO, _ ("%s: done in %.2f s"), self->title,
             seconds);
  else if (self->state == MOS_OPERATION_CANCELLED)
    mos_log (self->log, MOS_LOG_INFO, _ ("%s: cancelled"), self->title);
  else
    mos_log (self->log, MOS_LOG_ERROR, _ ("%s failed: %s"), self->title,
             self->error->message);
}

/* "done" is always emitted from the main loop, never from within a verb, so
 * that it also reaches those who connect to an operation that has failed. */
static void
end (MosOperation *self, MosOperationState state)
{
  g_return_if_fail (self->state == MOS_OPERATION_RUNNING);

  self->state = state;
  if (state == MOS_OPERATION_SUCCEEDED && self->progress != 1.0) {
    self->progress = 1.0;
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
  }
  mos_operation_set_cancellable (self, FALSE);
  write_log (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
  post (self, done_cb);
}

void
mos_operation_succeed (MosOperation *self)
{
  end (self, MOS_OPERATION_SUCCEEDED);
}

void
mos_operation_fail (MosOperation *self, GError *error)
{
  gboolean cancelled =
      g_error_matches (error, MOS_ERROR, MOS_ERROR_CANCELLED) ||
      g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_return_if_fail (error != NULL && self->error == NULL);

  self->error = error;
  end (self, cancelled ? MOS_OPERATION_CANCELLED : MOS_OPERATION_FAILED);
}

/* -- progress ------------------------------------------------------------ */

static gboolean
progress_cb (gpointer user_data)
{
  MosOperation *self = user_data;
  double        progress;

  g_mutex_lock (&self->lock);
  self->posted = FALSE;
  progress = self->pending;
  g_mutex_unlock (&self->lock);

  if (self->state != MOS_OPERATION_RUNNING || progress == self->progress)
    return G_SOURCE_REMOVE;
  self->progress = progress;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
  return G_SOURCE_REMOVE;
}

void
mos_operation_set_progress (MosOperation *self, double progress)
{
  gboolean must_post;

  g_mutex_lock (&self->lock);
  self->pending = progress < 0 ? -1.0 : MIN (progress, 1.0);
  must_post = !self->posted;
  self->posted = TRUE;
  g_mutex_unlock (&self->lock);
  if (must_post)
    post (self, progress_cb);
}

/* -- work on a thread ---------------------------------------------------- */

typedef struct {
  MosOperation      *operation;
  MosOperationWork   work;
  MosOperationFinish finish;
  gpointer           user_data;
  GDestroyNotify     free_data;
  GError            *error;
} Job;

static gboolean
job_over_cb (gpointer user_data)
{
  Job          *job = user_data;
  MosOperation *self = job->operation;

  if (job->finish != NULL)
    job->finish (self, job->user_data, &job->error);
  if (job->error != NULL)
    mos_operation_fail (self, g_steal_pointer (&job->error));
  else
    mos_operation_succeed (self);
  if (job->free_data != NULL)
    job->free_data (job->user_data);
  g_object_unref (self);
  g_free (job);
  return G_SOURCE_REMOVE;
}

/* The thread does not own the operation: the job that is posted does, so the
 * last reference goes away on the main loop. */
static gpointer
job_thread (gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GSource) source = g_idle_source_new ();

  if (!job->work (job->operation, job->user_data, &job->error))
    g_assert (job->error != NULL);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, job_over_cb, job, NULL);
  g_source_attach (source, job->operation->context);
  return NULL;
}

void
mos_operation_run (MosOperation      *self,
                   MosOperationWork   work,
                   MosOperationFinish finish,
                   gpointer           user_data,
                   GDestroyNotify     free_data)
{
  Job *job = g_new0 (Job, 1);
  g_autoptr (GThread) thread = NULL;

  job->operation = g_object_ref (self);
  job->work = work;
  job->finish = finish;
  job->user_data = user_data;
  job->free_data = free_data;
  thread = g_thread_try_new ("operation", job_thread, job, &job->error);
  if (thread == NULL) {
    g_autoptr (GSource) source = g_idle_source_new ();

    g_source_set_callback (source, job_over_cb, job, NULL);
    g_source_attach (source, self->context);
  }
}

/* -- the object ---------------------------------------------------------- */

static void
mos_operation_get_property (GObject    *object,
                            guint       id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  MosOperation *self = MOS_OPERATION (object);

  switch (id) {
  case PROP_TITLE:
    g_value_set_string (value, self->title);
    break;
  case PROP_PROGRESS:
    g_value_set_double (value, self->progress);
    break;
  case PROP_STATE:
    g_value_set_enum (value, (gint) self->state);
    break;
  case PROP_CANCELLABLE:
    g_value_set_boolean (value, self->cancellable);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
mos_operation_finalize (GObject *object)
{
  MosOperation *self = MOS_OPERATION (object);

  g_free (self->title);
  mos_log_unref (self->log);
  g_clear_error (&self->error);
  g_main_context_unref (self->context);
  g_object_unref (self->cancel);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (mos_operation_parent_class)->finalize (object);
}

static void
mos_operation_class_init (MosOperationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags   flags =
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = mos_operation_get_property;
  object_class->finalize = mos_operation_finalize;

  properties[PROP_TITLE] =
      g_param_spec_string ("title", NULL, NULL, NULL, flags);
  properties[PROP_PROGRESS] =
      g_param_spec_double ("progress", NULL, NULL, -1.0, 1.0, 0.0, flags);
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, MOS_TYPE_OPERATION_STATE,
                         MOS_OPERATION_RUNNING, flags);
  properties[PROP_CANCELLABLE] =
      g_param_spec_boolean ("cancellable", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);

  signals[DONE] =
      g_signal_new ("done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_operation_init (MosOperation *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->cancel = g_cancellable_new ();
  self->begin_us = g_get_monotonic_time ();
  g_mutex_init (&self->lock);
}

MosOperation *
mos_operation_new (const char *title, MosLog *log)
{
  MosOperation *self = g_object_new (MOS_TYPE_OPERATION, NULL);

  self->title = g_strdup (title);
  self->log = log != NULL ? mos_log_ref (log) : NULL;
  mos_log (log, MOS_LOG_INFO, "%s…", title);
  return self;
}

MosOperation *
mos_operation_new_failed (const char *title, GError *error)
{
  MosOperation *self = g_object_new (MOS_TYPE_OPERATION, NULL);

  self->title = g_strdup (title);
  mos_operation_fail (self, error);
  return self;
}

const char *
mos_operation_get_title (MosOperation *self)
{
  return self->title;
}

double
mos_operation_get_progress (MosOperation *self)
{
  return self->progress;
}

MosOperationState
mos_operation_get_state (MosOperation *self)
{
  return self->state;
}

const GError *
mos_operation_get_error (MosOperation *self)
{
  return self->error;
}

GCancellable *
mos_operation_get_cancellable (MosOperation *self)
{
  return self->cancel;
}

void
mos_operation_set_cancellable (MosOperation *self, gboolean cancellable)
{
  if (self->cancellable == cancellable)
    return;
  self->cancellable = cancellable;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CANCELLABLE]);
}

void
mos_operation_cancel (MosOperation *self)
{
  if (self->cancellable)
    g_cancellable_cancel (self->cancel);
}

gboolean
mos_operation_wait (MosOperation *self, GError **error)
{
  g_autoptr (MosOperation) kept = g_object_ref (self);

  while (self->state == MOS_OPERATION_RUNNING)
    g_main_context_iteration (self->context, TRUE);
  if (self->error == NULL)
    return TRUE;
  if (error != NULL)
    *error = g_error_copy (self->error);
  return FALSE;
}
