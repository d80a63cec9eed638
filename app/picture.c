/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A picture of a guest's screen in a file. save_task() runs on a thread of the
 * pool, all else on the main thread.
 */
#include "app/picture.h"

#include <glib/gi18n-lib.h>

#include "app/report.h"

typedef struct {
  MosScreen *screen;
  char      *path;
} Picture;

static void
picture_free (Picture *self)
{
  mos_screen_unref (self->screen);
  g_free (self->path);
  g_free (self);
}

/* On a thread. */
static void
save_task (GTask        *task,
           gpointer      source,
           gpointer      task_data,
           GCancellable *cancellable)
{
  Picture *picture = task_data;
  guint    width = 0, height = 0;
  g_autoptr (GBytes) bytes =
      mos_screen_capture (picture->screen, &width, &height);
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GBytes) png = NULL;
  GError *error = NULL;

  if (bytes == NULL || width == 0 || height == 0) {
    g_task_return_new_error (task, MOS_ERROR, MOS_ERROR_WRONG_STATE, "%s",
                             _ ("There is no picture to save: the guest's "
                                "screen is dark. Start the machine first."));
    return;
  }
  texture = gdk_memory_texture_new ((int) width, (int) height,
                                    GDK_MEMORY_DEFAULT, bytes, width * 4ul);
  png = gdk_texture_save_to_png_bytes (texture);
  if (g_file_set_contents (picture->path, g_bytes_get_data (png, NULL),
                           (gssize) g_bytes_get_size (png), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
saved_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GtkWidget *self = GTK_WIDGET (source);
  g_autoptr (GError) error = NULL;
  Picture *picture = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), &error)) {
    mos_report_error (self, NULL, error);
  } else {
    g_autofree char *name = g_path_get_basename (picture->path);
    g_autofree char *text = g_strdup_printf (_ ("“%s” saved"), name);

    mos_report_event (self, text);
  }
}

static void
chosen_cb (GtkNativeDialog *dialog, int response, gpointer user_data)
{
  GtkWidget *widget = user_data;
  MosScreen *screen = g_object_get_data (G_OBJECT (dialog), "screen");
  g_autoptr (GFile) file = NULL;
  g_autoptr (GTask) task = NULL;
  Picture *picture;

  if (response == GTK_RESPONSE_ACCEPT) {
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
    picture = g_new0 (Picture, 1);
    picture->screen = mos_screen_ref (screen);
    picture->path = g_file_get_path (file);
    task = g_task_new (widget, NULL, saved_cb, NULL);
    g_task_set_task_data (task, picture, (GDestroyNotify) picture_free);
    g_task_run_in_thread (task, save_task);
  }
  g_object_unref (dialog);
}

char *
mos_picture_name (MosVm *vm, const char *suffix)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *stamp = g_date_time_format (now, "%Y-%m-%d %H-%M-%S");
  char            *name =
      g_strdup_printf ("%s %s.%s", mos_vm_get_name (vm), stamp, suffix);

  return g_strdelimit (name, "/", '-');
}

void
mos_picture_save (GtkWidget *widget, MosVm *vm)
{
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      _ ("Save a Picture of the Screen"),
      GTK_WINDOW (gtk_widget_get_root (widget)), GTK_FILE_CHOOSER_ACTION_SAVE,
      _ ("_Save"), _ ("_Cancel"));
  g_autofree char *name = mos_picture_name (vm, "png");

  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  g_object_set_data_full (G_OBJECT (dialog), "screen",
                          mos_screen_ref (mos_vm_get_screen (vm)),
                          (GDestroyNotify) mos_screen_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (chosen_cb), widget,
                           0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}
