/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The question lives with the toolkit's dialog and holds its widget weakly.
 */
#include "app/chooser.h"

#include <glib/gi18n-lib.h>

#include "app/report.h"

typedef struct {
  GWeakRef       widget;
  MosChooserFunc func;
  gpointer       data;
  GDestroyNotify free_data;
} Question;

static void
question_free (Question *self)
{
  g_weak_ref_clear (&self->widget);
  if (self->free_data != NULL)
    self->free_data (self->data);
  g_free (self);
}

void
mos_chooser_not_local (GtkWidget *widget)
{
  mos_report_event (widget, _ ("Only files of this computer can be used"));
}

static void
response_cb (GtkNativeDialog *dialog, int response, gpointer user_data)
{
  Question *self = user_data;
  g_autoptr (GtkWidget) widget = g_weak_ref_get (&self->widget);
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT && widget != NULL) {
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
    path = file != NULL ? g_file_get_path (file) : NULL;
    if (path != NULL)
      self->func (widget, path, self->data);
    else
      mos_chooser_not_local (widget);
  }
  question_free (self);
  g_object_unref (dialog);
}

void
mos_chooser_ask (GtkWidget *widget, const MosChooserSpec *spec)
{
  Question             *self;
  GtkFileChooserNative *dialog;
  const char           *accept = spec->accept;

  g_return_if_fail (GTK_IS_WIDGET (widget) && spec->func != NULL);

  if (accept == NULL)
    accept = spec->name != NULL ? _ ("_Save") : _ ("_Open");
  dialog = gtk_file_chooser_native_new (
      spec->title, GTK_WINDOW (gtk_widget_get_root (widget)),
      spec->name != NULL ? GTK_FILE_CHOOSER_ACTION_SAVE
                         : GTK_FILE_CHOOSER_ACTION_OPEN,
      accept, _ ("_Cancel"));
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  if (spec->name != NULL)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), spec->name);
  self = g_new0 (Question, 1);
  g_weak_ref_init (&self->widget, widget);
  self->func = spec->func;
  self->data = spec->data;
  self->free_data = spec->free_data;
  g_signal_connect (dialog, "response", G_CALLBACK (response_cb), self);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}
