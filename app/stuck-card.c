/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Samples the machine once a second while the card could be seen. sample_task()
 * runs on a thread of the pool, all else on the main thread. What runs on the
 * thread holds its own reference to the look, so a machine may be left any
 * time.
 */
#include "app/stuck-card.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

#define INTERVAL_MS 1000

/* One machine that is looked at; freed on the main thread. */
typedef struct {
  grefcount     refs;
  MosStuck     *stuck;
  MosStuckCause cause; /* of the last sample */
  char         *facts;
} Look;

struct _MosStuckCard {
  GtkWidget parent_instance;

  GtkWidget    *revealer;
  GtkWidget    *title;
  GtkWidget    *facts;
  GtkWidget    *advice;
  MosVm        *vm;
  Look         *look; /* while the machine has power */
  guint         timeout;
  gboolean      sampling;
  MosStuckCause dismissed;
};

G_DEFINE_FINAL_TYPE (MosStuckCard, mos_stuck_card, GTK_TYPE_WIDGET)

static void
look_unref (Look *self)
{
  if (!g_ref_count_dec (&self->refs))
    return;
  mos_stuck_free (self->stuck);
  g_free (self->facts);
  g_free (self);
}

static void
sample_task (GTask        *task,
             gpointer      source,
             gpointer      task_data,
             GCancellable *cancellable)
{
  Look *look = task_data;

  g_clear_pointer (&look->facts, g_free);
  look->cause = mos_stuck_sample (look->stuck, &look->facts);
  g_task_return_boolean (task, TRUE);
}

static void
show (MosStuckCard *self, MosStuckCause cause, const char *facts)
{
  const MosStuckInfo *info = &mos_stuck_infos[cause];
  gboolean            any = cause != MOS_STUCK_NOT && cause != self->dismissed;

  if (cause != self->dismissed)
    self->dismissed = MOS_STUCK_NOT;
  if (any) {
    gtk_label_set_label (GTK_LABEL (self->title), _ (info->title));
    gtk_label_set_label (GTK_LABEL (self->facts), facts);
    gtk_label_set_label (GTK_LABEL (self->advice), _ (info->advice));
    mos_access_name (GTK_WIDGET (self), _ (info->title));
    mos_access_describe (GTK_WIDGET (self), facts);
  }
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), any);
}

static void
sampled_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MosStuckCard *self = MOS_STUCK_CARD (source);
  Look         *look = g_task_get_task_data (G_TASK (result));

  self->sampling = FALSE;
  if (self->look == look && self->revealer != NULL)
    show (self, look->cause, look->facts);
}

static gboolean
tick_cb (gpointer user_data)
{
  MosStuckCard *self = user_data;
  g_autoptr (GTask) task = NULL;

  if (self->sampling || self->look == NULL)
    return G_SOURCE_CONTINUE;
  self->sampling = TRUE;
  g_ref_count_inc (&self->look->refs);
  task = g_task_new (self, NULL, sampled_cb, NULL);
  g_task_set_task_data (task, self->look, (GDestroyNotify) look_unref);
  g_task_run_in_thread (task, sample_task);
  return G_SOURCE_CONTINUE;
}

/* A paused machine keeps its card and is not looked at. */
static void
update (MosStuckCard *self)
{
  MosVmState state =
      self->vm != NULL ? mos_vm_get_state (self->vm) : MOS_VM_STOPPED;
  gboolean off = state == MOS_VM_STOPPED || state == MOS_VM_CRASHED ||
                 state == MOS_VM_DELETED;
  gboolean live =
      gtk_widget_get_mapped (GTK_WIDGET (self)) && state == MOS_VM_RUNNING;

  if (off && self->look != NULL) {
    g_clear_pointer (&self->look, look_unref);
    show (self, MOS_STUCK_NOT, NULL);
  } else if (!off && self->look == NULL) {
    self->look = g_new0 (Look, 1);
    g_ref_count_init (&self->look->refs);
    self->look->stuck = mos_stuck_new (self->vm);
  }
  if (live && self->timeout == 0)
    self->timeout = g_timeout_add (INTERVAL_MS, tick_cb, self);
  else if (!live)
    g_clear_handle_id (&self->timeout, g_source_remove);
}

static void
dismiss_cb (MosStuckCard *self)
{
  if (self->look != NULL)
    self->dismissed = self->look->cause;
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), FALSE);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_stuck_card_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_stuck_card_parent_class)->map (widget);
  update (MOS_STUCK_CARD (widget));
}

static void
mos_stuck_card_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_stuck_card_parent_class)->unmap (widget);
  update (MOS_STUCK_CARD (widget));
}

static void
mos_stuck_card_dispose (GObject *object)
{
  MosStuckCard *self = MOS_STUCK_CARD (object);

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_object (&self->vm);
  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_pointer (&self->look, look_unref);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_stuck_card_parent_class)->dispose (object);
}

static void
mos_stuck_card_class_init (MosStuckCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_stuck_card_dispose;
  widget_class->map = mos_stuck_card_map;
  widget_class->unmap = mos_stuck_card_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_ALERT);
}

static GtkWidget *
make_label (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
mos_stuck_card_init (MosStuckCard *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *text = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *icon = gtk_image_new_from_icon_name ("dialog-question-symbolic");
  GtkWidget *dismiss = gtk_button_new_with_label (_ ("Dismiss"));

  self->title = make_label ("heading");
  self->facts = make_label (NULL);
  self->advice = make_label ("dim-label");
  gtk_box_append (GTK_BOX (text), self->title);
  gtk_box_append (GTK_BOX (text), self->facts);
  gtk_box_append (GTK_BOX (text), self->advice);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_widget_set_valign (icon, GTK_ALIGN_START);
  gtk_widget_set_valign (dismiss, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (dismiss, "clicked", G_CALLBACK (dismiss_cb), self);
  gtk_box_append (GTK_BOX (box), icon);
  gtk_box_append (GTK_BOX (box), text);
  gtk_box_append (GTK_BOX (box), dismiss);
  gtk_widget_add_css_class (box, "stuck-card");
  self->revealer = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->revealer), box);
  gtk_widget_set_parent (self->revealer, GTK_WIDGET (self));
}

GtkWidget *
mos_stuck_card_new (void)
{
  return g_object_new (MOS_TYPE_STUCK_CARD, NULL);
}

void
mos_stuck_card_set_vm (MosStuckCard *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_STUCK_CARD (self));

  if (self->vm == vm)
    return;
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_pointer (&self->look, look_unref);
  self->dismissed = MOS_STUCK_NOT;
  g_set_object (&self->vm, vm);
  show (self, MOS_STUCK_NOT, NULL);
  if (vm != NULL)
    g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (update), self);
  update (self);
}
