/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The log's lines as list items. watch_cb() runs on any thread under the
 * log's lock and touches only the mailbox; all else is the main thread's.
 */
#include "app/log-model.h"

#include <glib/gi18n-lib.h>

#define REFRESH_MS 100
#define MAX_ITEMS  10000

struct _MosLogItem {
  GObject parent_instance;

  MosLogLine *line;
};

G_DEFINE_FINAL_TYPE (MosLogItem, mos_log_item, G_TYPE_OBJECT)

/* Outlives the model while a post is under way. */
typedef struct {
  gatomicrefcount refs;
  GWeakRef        model;
  gint            posted; /* atomic: a timeout is on its way */
} Mailbox;

struct _MosLogModel {
  GObject parent_instance;

  MosLog    *log;
  Mailbox   *mailbox;
  GPtrArray *items;
  guint64    newest;
};

static void mos_log_model_list_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (MosLogModel,
                               mos_log_model,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      mos_log_model_list_init))

/* -- a line -------------------------------------------------------------- */

static void
mos_log_item_finalize (GObject *object)
{
  MosLogItem *self = MOS_LOG_ITEM (object);

  if (self->line != NULL)
    mos_log_line_free (self->line);
  G_OBJECT_CLASS (mos_log_item_parent_class)->finalize (object);
}

static void
mos_log_item_class_init (MosLogItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = mos_log_item_finalize;
}

static void
mos_log_item_init (MosLogItem *self)
{
}

const MosLogLine *
mos_log_item_get_line (MosLogItem *self)
{
  g_return_val_if_fail (MOS_IS_LOG_ITEM (self), NULL);

  return self->line;
}

char *
mos_log_item_dup_time (MosLogItem *self)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;

  g_return_val_if_fail (MOS_IS_LOG_ITEM (self), NULL);

  utc = g_date_time_new_from_unix_utc (self->line->time_us / G_USEC_PER_SEC);
  local = g_date_time_to_local (utc);
  return g_date_time_format (local, "%H:%M:%S");
}

const char *
mos_log_item_level_title (MosLogItem *self)
{
  static const char *const titles[] = {
    [MOS_LOG_DEBUG] = N_ ("Detail"),
    [MOS_LOG_INFO] = N_ ("Information"),
    [MOS_LOG_WARNING] = N_ ("Warning"),
    [MOS_LOG_ERROR] = N_ ("Error"),
  };

  g_return_val_if_fail (MOS_IS_LOG_ITEM (self), "");

  return _ (titles[MIN ((gsize) self->line->level, G_N_ELEMENTS (titles) - 1)]);
}

/* -- the mailbox --------------------------------------------------------- */

static void
mailbox_unref (Mailbox *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_weak_ref_clear (&self->model);
  g_free (self);
}

static void
take_lines (MosLogModel *self)
{
  g_autoptr (GPtrArray) lines = mos_log_lines (self->log, self->newest);
  guint added = lines->len;
  guint at = self->items->len;
  guint excess = 0;

  if (added == 0)
    return;
  for (guint i = 0; i < added; i++) {
    MosLogItem *item = g_object_new (MOS_TYPE_LOG_ITEM, NULL);

    item->line = g_steal_pointer (&g_ptr_array_index (lines, i));
    self->newest = item->line->serial;
    g_ptr_array_add (self->items, item);
  }
  g_list_model_items_changed (G_LIST_MODEL (self), at, 0, added);
  if (self->items->len > MAX_ITEMS)
    excess = self->items->len - MAX_ITEMS;
  if (excess > 0) {
    g_ptr_array_remove_range (self->items, 0, excess);
    g_list_model_items_changed (G_LIST_MODEL (self), 0, excess, 0);
  }
}

static gboolean
deliver_cb (gpointer user_data)
{
  Mailbox *mailbox = user_data;
  g_autoptr (MosLogModel) self = g_weak_ref_get (&mailbox->model);

  g_atomic_int_set (&mailbox->posted, 0);
  if (self != NULL)
    take_lines (self);
  return G_SOURCE_REMOVE;
}

/* Any thread, under the log's lock. */
static void
watch_cb (const MosLogLine *line, gpointer user_data)
{
  Mailbox *mailbox = user_data;

  if (!g_atomic_int_compare_and_exchange (&mailbox->posted, 0, 1))
    return;
  g_atomic_ref_count_inc (&mailbox->refs);
  g_timeout_add_full (G_PRIORITY_DEFAULT_IDLE, REFRESH_MS, deliver_cb, mailbox,
                      (GDestroyNotify) mailbox_unref);
}

/* -- the model ----------------------------------------------------------- */

static GType
get_item_type (GListModel *model)
{
  return MOS_TYPE_LOG_ITEM;
}

static guint
get_n_items (GListModel *model)
{
  return MOS_LOG_MODEL (model)->items->len;
}

static gpointer
get_item (GListModel *model, guint position)
{
  MosLogModel *self = MOS_LOG_MODEL (model);

  if (position >= self->items->len)
    return NULL;
  return g_object_ref (g_ptr_array_index (self->items, position));
}

static void
mos_log_model_list_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static void
mos_log_model_dispose (GObject *object)
{
  MosLogModel *self = MOS_LOG_MODEL (object);

  if (self->log != NULL)
    mos_log_set_watch (self->log, NULL, NULL);
  g_clear_pointer (&self->log, mos_log_unref);
  G_OBJECT_CLASS (mos_log_model_parent_class)->dispose (object);
}

static void
mos_log_model_finalize (GObject *object)
{
  MosLogModel *self = MOS_LOG_MODEL (object);

  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_pointer (&self->mailbox, mailbox_unref);
  G_OBJECT_CLASS (mos_log_model_parent_class)->finalize (object);
}

static void
mos_log_model_class_init (MosLogModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_log_model_dispose;
  G_OBJECT_CLASS (klass)->finalize = mos_log_model_finalize;
}

static void
mos_log_model_init (MosLogModel *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
  self->mailbox = g_new0 (Mailbox, 1);
  g_atomic_ref_count_init (&self->mailbox->refs);
  g_weak_ref_init (&self->mailbox->model, self);
}

MosLogModel *
mos_log_model_new (MosLog *log)
{
  MosLogModel *self = g_object_new (MOS_TYPE_LOG_MODEL, NULL);

  g_return_val_if_fail (log != NULL, self);

  self->log = mos_log_ref (log);
  mos_log_set_watch (log, watch_cb, self->mailbox);
  take_lines (self);
  return self;
}

char *
mos_log_model_to_text (MosLogModel *self)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (MOS_IS_LOG_MODEL (self), g_string_free (text, FALSE));

  for (guint i = 0; i < self->items->len; i++) {
    MosLogItem      *item = g_ptr_array_index (self->items, i);
    g_autofree char *time = mos_log_item_dup_time (item);

    g_string_append_printf (text, "%s %s: %s\n", time,
                            mos_log_level_name (item->line->level),
                            item->line->text);
  }
  return g_string_free (text, FALSE);
}

const MosLogLine *
mos_log_model_newest (MosLogModel *self, MosLogLevel level)
{
  g_return_val_if_fail (MOS_IS_LOG_MODEL (self), NULL);

  for (guint i = self->items->len; i > 0; i--) {
    MosLogItem *item = g_ptr_array_index (self->items, i - 1);

    if (item->line->level >= level)
      return item->line;
  }
  return NULL;
}
