/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The operation bar: a revealer with title, progress and a cancel button,
 * bound to the machine's "operation" property. Main thread.
 */
#include "app/operation-bar.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/look.h"

#define SHOW_AFTER_MS 500
#define PULSE_MS      120

struct _MosOperationBar {
  GtkWidget parent_instance;

  GtkWidget *revealer;
  GtkWidget *title;
  GtkWidget *progress;
  GtkWidget *cancel;

  MosVm        *vm;
  MosOperation *operation;
  guint         timeout; /* until it shows, then the pulse */
};

G_DEFINE_FINAL_TYPE (MosOperationBar, mos_operation_bar, GTK_TYPE_WIDGET)

static void
show_progress (MosOperationBar *self)
{
  double           progress = mos_operation_get_progress (self->operation);
  g_autofree char *text = NULL;

  if (progress < 0) {
    mos_access_describe (self->progress, _ ("Under way"));
    return;
  }
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), progress);
  text = g_strdup_printf (_ ("%.0f percent"), 100 * progress);
  mos_access_describe (self->progress, text);
}

static gboolean
pulse_cb (gpointer user_data)
{
  MosOperationBar *self = user_data;

  if (mos_operation_get_progress (self->operation) < 0 &&
      mos_look_animated (self->progress))
    gtk_progress_bar_pulse (GTK_PROGRESS_BAR (self->progress));
  return G_SOURCE_CONTINUE;
}

static gboolean
show_cb (gpointer user_data)
{
  MosOperationBar *self = user_data;

  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), TRUE);
  self->timeout = g_timeout_add (PULSE_MS, pulse_cb, self);
  return G_SOURCE_REMOVE;
}

static void
cancellable_cb (MosOperationBar *self)
{
  gboolean cancellable = FALSE;

  g_object_get (self->operation, "cancellable", &cancellable, NULL);
  mos_access_allow (
      self->cancel, _ ("Cancel"),
      mos_reason_unless (cancellable, MOS_REASON_NOT_INTERRUPTIBLE));
}

static void
set_operation (MosOperationBar *self, MosOperation *operation)
{
  if (self->operation == operation)
    return;
  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->operation != NULL)
    g_signal_handlers_disconnect_by_data (self->operation, self);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->revealer), FALSE);
  g_set_object (&self->operation, operation);
  if (operation == NULL)
    return;

  gtk_label_set_label (GTK_LABEL (self->title),
                       mos_operation_get_title (operation));
  mos_access_name (self->progress, mos_operation_get_title (operation));
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (self->progress), 0);
  show_progress (self);
  cancellable_cb (self);
  g_signal_connect_swapped (operation, "notify::progress",
                            G_CALLBACK (show_progress), self);
  g_signal_connect_swapped (operation, "notify::cancellable",
                            G_CALLBACK (cancellable_cb), self);
  self->timeout = g_timeout_add (SHOW_AFTER_MS, show_cb, self);
}

static void
vm_operation_cb (MosOperationBar *self)
{
  g_autoptr (MosOperation) operation = NULL;

  g_object_get (self->vm, "operation", &operation, NULL);
  set_operation (self, operation);
}

static void
cancel_cb (MosOperationBar *self)
{
  if (self->operation != NULL)
    mos_operation_cancel (self->operation);
}

static void
mos_operation_bar_dispose (GObject *object)
{
  MosOperationBar *self = MOS_OPERATION_BAR (object);

  if (self->revealer != NULL)
    mos_operation_bar_set_vm (self, NULL);
  g_clear_pointer (&self->revealer, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_operation_bar_parent_class)->dispose (object);
}

static void
mos_operation_bar_class_init (MosOperationBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_operation_bar_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_STATUS);
}

static void
mos_operation_bar_init (MosOperationBar *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);

  self->title = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->title), PANGO_ELLIPSIZE_END);
  self->progress = gtk_progress_bar_new ();
  gtk_widget_set_hexpand (self->progress, TRUE);
  gtk_widget_set_valign (self->progress, GTK_ALIGN_CENTER);
  self->cancel = gtk_button_new_from_icon_name ("process-stop-symbolic");
  gtk_widget_add_css_class (self->cancel, "flat");
  g_signal_connect_swapped (self->cancel, "clicked", G_CALLBACK (cancel_cb),
                            self);
  mos_access_icon_button (self->cancel, _ ("Cancel"));
  gtk_box_append (GTK_BOX (box), self->title);
  gtk_box_append (GTK_BOX (box), self->progress);
  gtk_box_append (GTK_BOX (box), self->cancel);
  gtk_widget_add_css_class (box, "toolbar");
  gtk_widget_add_css_class (box, "operation-bar");

  self->revealer = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->revealer), box);
  gtk_widget_set_parent (self->revealer, GTK_WIDGET (self));
  mos_access_name (GTK_WIDGET (self), _ ("Progress"));
}

void
mos_operation_bar_set_vm (MosOperationBar *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_OPERATION_BAR (self));

  if (self->vm == vm)
    return;
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  set_operation (self, NULL);
  g_set_object (&self->vm, vm);
  if (vm == NULL)
    return;
  g_signal_connect_swapped (vm, "notify::operation",
                            G_CALLBACK (vm_operation_cb), self);
  vm_operation_cb (self);
}
