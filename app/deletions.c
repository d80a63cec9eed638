/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Machines on their way out, and the toast that brings them back. Main
 * thread.
 */
#include "app/deletions.h"

#include <glib/gi18n-lib.h>

#include "app/report.h"

#define UNDO_SECONDS 10

struct _MosDeletions {
  GObject parent_instance;

  AdwToastOverlay *overlay; /* owns the window that owns us */
  AdwToast        *toast;
  GPtrArray       *vms;   /* can still be undone */
  GPtrArray       *going; /* being deleted; hidden until they are gone */
};

enum {
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosDeletions, mos_deletions, G_TYPE_OBJECT)

static void
drop_toast (MosDeletions *self)
{
  g_autoptr (AdwToast) toast = g_steal_pointer (&self->toast);

  if (toast == NULL)
    return;
  g_signal_handlers_disconnect_by_data (toast, self);
  adw_toast_dismiss (toast);
}

static void
dismissed_cb (MosDeletions *self)
{
  g_clear_object (&self->toast);
  mos_deletions_commit (self);
}

static void
show_toast (MosDeletions *self)
{
  guint            n = self->vms->len;
  g_autofree char *text = NULL;
  g_autofree char *markup = NULL;

  drop_toast (self);
  if (n == 1)
    text = g_strdup_printf (_ ("“%s” deleted"),
                            mos_vm_get_name (g_ptr_array_index (self->vms, 0)));
  else
    text = g_strdup_printf (
        ngettext ("%u machine deleted", "%u machines deleted", n), n);
  markup = g_markup_escape_text (text, -1);
  self->toast = adw_toast_new (markup);
  adw_toast_set_button_label (self->toast, _ ("Undo"));
  adw_toast_set_timeout (self->toast, UNDO_SECONDS);
  adw_toast_set_priority (self->toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect_swapped (self->toast, "button-clicked",
                            G_CALLBACK (mos_deletions_undo), self);
  g_signal_connect_swapped (self->toast, "dismissed", G_CALLBACK (dismissed_cb),
                            self);
  mos_report_toast (self->overlay, g_object_ref (self->toast));
}

static void
mos_deletions_dispose (GObject *object)
{
  MosDeletions *self = MOS_DELETIONS (object);

  if (self->toast != NULL)
    g_signal_handlers_disconnect_by_data (self->toast, self);
  g_clear_object (&self->toast);
  g_clear_pointer (&self->vms, g_ptr_array_unref);
  g_clear_pointer (&self->going, g_ptr_array_unref);
  G_OBJECT_CLASS (mos_deletions_parent_class)->dispose (object);
}

static void
mos_deletions_class_init (MosDeletionsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_deletions_dispose;
  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_deletions_init (MosDeletions *self)
{
  self->vms = g_ptr_array_new_with_free_func (g_object_unref);
  self->going = g_ptr_array_new_with_free_func (g_object_unref);
}

MosDeletions *
mos_deletions_new (AdwToastOverlay *overlay)
{
  MosDeletions *self = g_object_new (MOS_TYPE_DELETIONS, NULL);

  self->overlay = overlay;
  return self;
}

void
mos_deletions_add (MosDeletions *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_DELETIONS (self) && MOS_IS_VM (vm));

  if (mos_deletions_contains (self, vm))
    return;
  g_ptr_array_add (self->vms, g_object_ref (vm));
  show_toast (self);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

gboolean
mos_deletions_contains (MosDeletions *self, MosVm *vm)
{
  g_return_val_if_fail (MOS_IS_DELETIONS (self), FALSE);

  return self->vms != NULL && (g_ptr_array_find (self->vms, vm, NULL) ||
                               g_ptr_array_find (self->going, vm, NULL));
}

gboolean
mos_deletions_any (MosDeletions *self)
{
  g_return_val_if_fail (MOS_IS_DELETIONS (self), FALSE);

  return self->vms->len > 0;
}

void
mos_deletions_undo (MosDeletions *self)
{
  g_return_if_fail (MOS_IS_DELETIONS (self));

  drop_toast (self);
  g_ptr_array_set_size (self->vms, 0);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* Gone, or not: then it is shown again beside the error. */
static void
gone_cb (MosOperation *operation, gpointer user_data)
{
  MosDeletions *self = user_data;

  if (self->going == NULL)
    return;
  g_ptr_array_remove (self->going,
                      g_object_get_data (G_OBJECT (operation), "vm"));
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

void
mos_deletions_commit (MosDeletions *self)
{
  g_return_if_fail (MOS_IS_DELETIONS (self));

  drop_toast (self);
  while (self->vms->len > 0) {
    MosVm        *vm = g_ptr_array_steal_index (self->vms, 0);
    MosOperation *operation = mos_vm_delete (vm);

    g_ptr_array_add (self->going, vm);
    g_object_set_data (G_OBJECT (operation), "vm", vm);
    g_signal_connect_object (operation, "done", G_CALLBACK (gone_cb), self, 0);
    mos_report_operation (GTK_WIDGET (self->overlay), operation);
  }
}
