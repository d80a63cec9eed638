/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Files that are opened, chosen or dropped: a machine file becomes a machine,
 * a lab is added and opened, anything that boots becomes the medium of a new
 * machine. Main thread; files are looked into on another.
 */
#include <glib/gi18n-lib.h>

#include "app/appliance.h"
#include "app/chooser.h"
#include "app/export.h"
#include "app/file-drop.h"
#include "app/new-machine.h"
#include "app/report.h"
#include "app/window-private.h"

static void
report (MosWindow *self, const GError *error)
{
  mos_report_error (GTK_WIDGET (self),
                    mos_hypervisor_get_log (self->hypervisor), error);
}

/* -- machine files ------------------------------------------------------- */

static void
add_machine (MosWindow *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosVmConfig) config = mos_vm_config_load (path, &error);
  MosVm *vm = NULL;

  if (config != NULL) {
    g_autofree char *name = mos_free_machine_name (
        self->hypervisor, mos_vm_config_get_string (config, "name"));

    if (mos_vm_config_set_string (config, "name", name, &error) &&
        mos_vm_config_validate (config, FALSE, &error))
      vm = mos_hypervisor_create_vm (self->hypervisor, config, &error);
  }
  if (vm != NULL) {
    g_autofree char *text =
        g_strdup_printf (_ ("“%s” added"), mos_vm_get_name (vm));

    mos_window_select (self, vm);
    mos_report_event (GTK_WIDGET (self), text);
  } else {
    report (self, error);
  }
}

/* -- new machines -------------------------------------------------------- */

static void
created_cb (MosNewMachine *dialog,
            MosVm         *vm,
            gboolean       start,
            gpointer       user_data)
{
  MosWindow *self = user_data;

  mos_window_select (self, vm);
  mos_window_show_page (self, "console");
  if (start) {
    mos_report_operation (GTK_WIDGET (self), mos_vm_start (vm));
    mos_console_focus_screen (mos_window_get_console (self));
  }
}

static void
open_path_cb (MosWindow *self, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  mos_window_open_file (self, file);
}

void
mos_window_new_machine (MosWindow *self, MosMedium *medium)
{
  GtkWidget *dialog = mos_new_machine_new (GTK_WINDOW (self), self->hypervisor);

  if (medium != NULL)
    mos_new_machine_set_medium (MOS_NEW_MACHINE (dialog), medium);
  g_signal_connect_object (dialog, "created", G_CALLBACK (created_cb), self, 0);
  g_signal_connect_object (dialog, "open", G_CALLBACK (open_path_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* -- jobs ---------------------------------------------------------------- */

/* What the user did is no error. */
static void
report_job (MosWindow *self, const GError *error, const char *cancelled)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    mos_report_event (GTK_WIDGET (self), cancelled);
  else
    report (self, error);
}

static MosJob *
begin_job (MosWindow *self, const char *title)
{
  MosJob *job = mos_job_new (title);

  mos_job_bar_add (MOS_JOB_BAR (self->job_bar), job);
  return job;
}

/* -- exporting ----------------------------------------------------------- */

static void
exported_cb (gpointer user_data, const char *folder, const GError *error)
{
  MosWindow       *self = user_data;
  g_autofree char *text = g_strdup_printf (_ ("Exported to %s"), folder);

  if (error != NULL)
    report_job (self, error, _ ("Exporting was cancelled"));
  else
    mos_report_event (GTK_WIDGET (self), text);
}

static void
export_chosen_cb (GtkWidget *widget, const char *folder, gpointer vm)
{
  MosWindow       *self = MOS_WINDOW (widget);
  g_autofree char *title =
      g_strdup_printf (_ ("Exporting “%s”"), mos_vm_get_name (vm));
  g_autoptr (MosJob) job = begin_job (self, title);

  mos_export (vm, folder, job, exported_cb, g_object_ref (self),
              g_object_unref);
}

void
mos_window_export (MosWindow *self)
{
  g_autofree char *name = NULL;

  if (self->vm == NULL)
    return;
  name = mos_export_name (self->vm);
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){ .title = _ ("Export to a New Folder"),
                                      .accept = _ ("_Export"),
                                      .name = name,
                                      .func = export_chosen_cb,
                                      .data = g_object_ref (self->vm),
                                      .free_data = g_object_unref });
}

/* -- appliances ---------------------------------------------------------- */

static void
imported_cb (gpointer user_data, MosVm *vm, const GError *error)
{
  MosWindow       *self = user_data;
  g_autofree char *text = NULL;

  if (vm == NULL) {
    report_job (self, error, _ ("Importing was cancelled"));
    return;
  }
  text = g_strdup_printf (_ ("“%s” imported"), mos_vm_get_name (vm));
  mos_window_select (self, vm);
  mos_report_event (GTK_WIDGET (self), text);
}

static void
import (MosWindow *self, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *text = g_strdup_printf (_ ("Importing “%s”"), name);
  g_autoptr (MosJob) job = begin_job (self, text);

  mos_appliance_import (self->hypervisor, path, job, imported_cb,
                        g_object_ref (self), g_object_unref);
}

/* -- labs in one file ---------------------------------------------------- */

/* Puts it among the user's labs and opens it beside the machines. */
static void
open_bundle (MosWindow *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosBundle) bundle = mos_bundle_load (path, &error);
  g_autofree char *place = NULL;
  g_autofree char *text = NULL;
  const char      *author;

  if (bundle != NULL)
    place = mos_bundle_install (bundle, FALSE, &error);
  if (place == NULL) {
    report (self, error);
    return;
  }
  author = mos_bundle_get_author (bundle);
  text = *author != '\0'
             ? g_strdup_printf (_ ("The lab “%s” by %s was added"),
                                mos_bundle_get_lab (bundle)->title, author)
             : g_strdup_printf (_ ("The lab “%s” was added"),
                                mos_bundle_get_lab (bundle)->title);
  if (mos_tutor_open (self->tutor, place))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), TRUE);
  mos_report_event (GTK_WIDGET (self), text);
}

static gboolean
is_bundle (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);
  g_autofree char *small = name != NULL ? g_ascii_strdown (name, -1) : NULL;

  return small != NULL && g_str_has_suffix (small, ".mlab");
}

/* -- any file ------------------------------------------------------------ */

static void
probed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MosWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (MosMedium) medium = mos_medium_probe_finish (result, &error);

  if (medium == NULL)
    report (self, error);
  else if (medium->kind == MOS_MEDIUM_MACHINE)
    add_machine (self, medium->path);
  else if (medium->kind == MOS_MEDIUM_APPLIANCE)
    import (self, medium->path);
  else
    mos_window_new_machine (self, g_steal_pointer (&medium));
}

void
mos_window_open_file (MosWindow *self, GFile *file)
{
  g_return_if_fail (MOS_IS_WINDOW (self) && G_IS_FILE (file));

  if (is_bundle (file)) {
    g_autofree char *path = g_file_get_path (file);

    if (path != NULL)
      open_bundle (self, path);
    else
      mos_chooser_not_local (GTK_WIDGET (self));
    return;
  }
  mos_medium_probe_async (file, NULL, probed_cb, g_object_ref (self));
}

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  mos_window_open_file (MOS_WINDOW (widget), file);
}

void
mos_window_choose_file (MosWindow *self)
{
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){
                       .title = _ ("Open an Image, a Kernel or a Machine File"),
                       .func = chosen_cb });
}

static gboolean
dropped_cb (gpointer user_data, GSList *files)
{
  for (GSList *at = files; at != NULL; at = at->next)
    mos_window_open_file (user_data, at->data);
  return TRUE;
}

void
mos_window_add_drop (MosWindow *self)
{
  mos_file_drop_add (GTK_WIDGET (self), dropped_cb, self);
}
