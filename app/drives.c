/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Media of removable drives. Main thread.
 */
#include "app/drives.h"

#include <glib/gi18n-lib.h>

#include "app/chooser.h"
#include "app/medium.h"
#include "app/report.h"

#define DRIVES "storage.drives"

static const struct {
  const char   *kind;
  const char   *title;
  MosMediumKind medium;
} kinds[] = {
  { "cdrom", N_ ("CD drive"), MOS_MEDIUM_CDROM },
  { "floppy", N_ ("Floppy drive"), MOS_MEDIUM_FLOPPY },
};

/* The row of the drive's kind, or -1 for a disk. */
static int
find_kind (MosVmConfig *config, guint drive)
{
  const char *kind = mos_vm_config_table_string (config, DRIVES, drive, "kind");

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kind, kinds[i].kind) == 0)
      return (int) i;
  return -1;
}

/* A medium that was changed while the machine runs is not in its settings;
 * the machine remembers it until it is off. */
static char *
inserted_key (guint drive)
{
  return g_strdup_printf ("drive-%u", drive);
}

static void
forget_cb (MosVm *vm)
{
  guint n = mos_vm_config_n_tables (mos_vm_get_config (vm), DRIVES);

  if (mos_vm_get_state (vm) != MOS_VM_STOPPED)
    return;
  for (guint i = 0; i < n; i++) {
    g_autofree char *key = inserted_key (i);

    g_object_set_data (G_OBJECT (vm), key, NULL);
  }
}

static void
remember (MosVm *vm, guint drive, const char *path)
{
  g_autofree char *key = inserted_key (drive);

  g_object_set_data_full (G_OBJECT (vm), key,
                          g_strdup (path != NULL ? path : ""), g_free);
  g_signal_handlers_disconnect_by_data (vm, (gpointer) DRIVES);
  g_signal_connect (vm, "notify::state", G_CALLBACK (forget_cb),
                    (gpointer) DRIVES);
}

/* What is in the drive now, or NULL; free it. */
static char *
get_medium (MosVm *vm, guint drive)
{
  g_autofree char *key = inserted_key (drive);
  const char      *path = g_object_get_data (G_OBJECT (vm), key);

  if (path == NULL)
    return mos_vm_config_table_path (mos_vm_get_config (vm), DRIVES, drive,
                                     "path");
  return *path != '\0' ? g_strdup (path) : NULL;
}

static void
add_drive (GMenu *menu, MosVm *vm, guint drive, int kind)
{
  g_autoptr (GMenu) section = g_menu_new ();
  g_autoptr (GMenuItem) change =
      g_menu_item_new (_ ("Change the Medium…"), NULL);
  g_autoptr (GMenuItem) eject =
      g_menu_item_new (_ ("Take the Medium Out"), NULL);
  g_autofree char *path = get_medium (vm, drive);
  g_autofree char *name =
      path != NULL ? g_path_get_basename (path) : g_strdup (_ ("empty"));
  g_autofree char *title =
      g_strdup_printf ("%s: %s", _ (kinds[kind].title), name);

  g_menu_item_set_action_and_target (change, "console.change-medium", "u",
                                     drive);
  g_menu_item_set_action_and_target (eject, "console.eject", "u", drive);
  g_menu_append_item (section, change);
  if (path != NULL)
    g_menu_append_item (section, eject);
  g_menu_append_section (menu, title, G_MENU_MODEL (section));
}

GMenuModel *
mos_drives_menu (MosVm *vm)
{
  MosVmConfig *config = mos_vm_get_config (vm);
  guint        n = mos_vm_config_n_tables (config, DRIVES);
  g_autoptr (GMenu) menu = g_menu_new ();

  for (guint i = 0; i < n; i++) {
    int kind = find_kind (config, i);

    if (kind >= 0)
      add_drive (menu, vm, i, kind);
  }
  if (g_menu_model_get_n_items (G_MENU_MODEL (menu)) == 0)
    return NULL;
  return G_MENU_MODEL (g_steal_pointer (&menu));
}

static void
change (GtkWidget *widget, MosVm *vm, guint drive, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;
  g_autofree char *text = NULL;

  if (!mos_vm_change_medium (vm, drive, path, &error)) {
    mos_report_error (widget, mos_vm_get_log (vm), error);
    return;
  }
  remember (vm, drive, path);
  text = name != NULL ? g_strdup_printf (_ ("“%s” inserted"), name)
                      : g_strdup (_ ("Medium taken out"));
  mos_report_event (widget, text);
}

typedef struct {
  MosVm *vm;
  guint  drive;
} Choice;

static void
choice_free (gpointer data)
{
  Choice *self = data;

  g_object_unref (self->vm);
  g_free (self);
}

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  Choice *choice = data;

  change (widget, choice->vm, choice->drive, path);
}

void
mos_drives_change (GtkWidget *widget, MosVm *vm, guint drive)
{
  Choice *choice = g_new0 (Choice, 1);

  choice->vm = g_object_ref (vm);
  choice->drive = drive;
  mos_chooser_ask (widget, &(MosChooserSpec){ .title = _ ("Insert an Image"),
                                              .accept = _ ("_Insert"),
                                              .func = chosen_cb,
                                              .data = choice,
                                              .free_data = choice_free });
}

void
mos_drives_eject (GtkWidget *widget, MosVm *vm, guint drive)
{
  change (widget, vm, drive, NULL);
}

char *
mos_drives_insert (MosVm *vm, const char *path)
{
  MosVmConfig *config = mos_vm_get_config (vm);
  guint        n = mos_vm_config_n_tables (config, DRIVES);
  g_autoptr (GError) error = NULL;
  g_autoptr (MosMedium) medium = mos_medium_probe (path, &error);

  if (medium == NULL)
    return g_strdup (error->message);
  for (guint i = 0; i < n; i++) {
    int kind = find_kind (config, i);

    if (kind < 0 || kinds[kind].medium != medium->kind)
      continue;
    if (!mos_vm_change_medium (vm, i, path, &error))
      return g_strdup (error->message);
    remember (vm, i, path);
    return NULL;
  }
  return g_strdup_printf (
      _ ("“%s” has no drive for a %s. Add one in its settings."),
      mos_vm_get_name (vm), mos_medium_kind_title (medium->kind));
}
