/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A picture of a guest's screen in a file. save_task() runs on a thread of the
 * pool, all else on the main thread.
 */
#include "app/picture.h"

#include <glib/gi18n-lib.h>

#include "app/chooser.h"
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
chosen_cb (GtkWidget *widget, const char *path, gpointer screen)
{
  Picture *picture = g_new0 (Picture, 1);
  g_autoptr (GTask) task = g_task_new (widget, NULL, saved_cb, NULL);

  picture->screen = mos_screen_ref (screen);
  picture->path = g_strdup (path);
  g_task_set_task_data (task, picture, (GDestroyNotify) picture_free);
  g_task_run_in_thread (task, save_task);
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
  g_autofree char *name = mos_picture_name (vm, "png");

  mos_chooser_ask (
      widget,
      &(MosChooserSpec){ .title = _ ("Save a Picture of the Screen"),
                         .name = name,
                         .func = chosen_cb,
                         .data = mos_screen_ref (mos_vm_get_screen (vm)),
                         .free_data = (GDestroyNotify) mos_screen_unref });
}
