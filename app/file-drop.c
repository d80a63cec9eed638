/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A drop target of the toolkit with a function of ours. Main thread.
 */
#include "app/file-drop.h"

typedef struct {
  MosFileDropFunc func;
  gpointer        data;
} Target;

static void
target_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

/* What comes from this program has a drag here. */
static gboolean
accept_cb (GtkDropTarget *target, GdkDrop *drop)
{
  return gdk_drop_get_drag (drop) == NULL &&
         (gdk_drop_get_actions (drop) & GDK_ACTION_COPY) != 0 &&
         gdk_content_formats_match (gtk_drop_target_get_formats (target),
                                    gdk_drop_get_formats (drop));
}

static gboolean
drop_cb (GtkDropTarget *target,
         const GValue  *value,
         double         x,
         double         y,
         gpointer       user_data)
{
  Target *self = user_data;
  GSList *files = g_value_get_boxed (value);

  return files != NULL && self->func (self->data, files);
}

void
mos_file_drop_add (GtkWidget *widget, MosFileDropFunc func, gpointer data)
{
  Target        *self = g_new0 (Target, 1);
  GtkDropTarget *target =
      gtk_drop_target_new (GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

  self->func = func;
  self->data = data;
  g_signal_connect (target, "accept", G_CALLBACK (accept_cb), NULL);
  g_signal_connect_data (target, "drop", G_CALLBACK (drop_cb), self,
                         target_free, 0);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (target));
}
