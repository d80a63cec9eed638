/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A row of the machine list, and renaming in place: a popover with an entry
 * that says what is wrong with a name while it is typed. Main thread.
 */
#include "app/machine-row.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/export.h"
#include "app/report.h"
#include "app/sparkline.h"
#include "app/thumbnail.h"

struct _MosMachineRow {
  GtkListBoxRow parent_instance;

  MosVm     *vm;
  GtkWidget *thumbnail;
  GtkWidget *icon;
  GtkWidget *name;
  GtkWidget *state;
  GtkWidget *sparkline;
  GtkWidget *popover;
  gboolean (*apply) (MosVm *vm, const char *text, GError **error);
};

G_DEFINE_FINAL_TYPE (MosMachineRow, mos_machine_row, GTK_TYPE_LIST_BOX_ROW)

const char *
mos_machine_row_state_icon (MosVmState state)
{
  static const char *const icons[MOS_N_VM_STATES] = {
    [MOS_VM_STOPPED] = "media-playback-stop-symbolic",
    [MOS_VM_STARTING] = "content-loading-symbolic",
    [MOS_VM_RUNNING] = "media-playback-start-symbolic",
    [MOS_VM_PAUSING] = "content-loading-symbolic",
    [MOS_VM_PAUSED] = "media-playback-pause-symbolic",
    [MOS_VM_RESUMING] = "content-loading-symbolic",
    [MOS_VM_STOPPING] = "content-loading-symbolic",
    [MOS_VM_CRASHED] = "dialog-warning-symbolic",
    [MOS_VM_DELETED] = "user-trash-symbolic",
  };

  g_return_val_if_fail ((gsize) state < MOS_N_VM_STATES, icons[0]);

  return icons[state];
}

static void
update (MosMachineRow *self)
{
  MosVmState       state = mos_vm_get_state (self->vm);
  const char      *title = mos_vm_state_title (state);
  g_autofree char *name = NULL;

  gtk_label_set_label (GTK_LABEL (self->name), mos_vm_get_name (self->vm));
  gtk_label_set_label (GTK_LABEL (self->state), title);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->icon),
                                mos_machine_row_state_icon (state));
  if (state == MOS_VM_RUNNING)
    gtk_widget_add_css_class (self->icon, "success");
  else
    gtk_widget_remove_css_class (self->icon, "success");
  if (state == MOS_VM_CRASHED)
    gtk_widget_add_css_class (self->icon, "error");
  else
    gtk_widget_remove_css_class (self->icon, "error");
  name = g_strdup_printf ("%s, %s", mos_vm_get_name (self->vm), title);
  mos_access_name (GTK_WIDGET (self), name);
}

/* -- renaming ------------------------------------------------------------ */

static void
closed_cb (GtkPopover *popover, gpointer user_data)
{
  MosMachineRow *self = user_data;

  g_clear_pointer (&self->popover, gtk_widget_unparent);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static gboolean
set_key (MosVm *vm, const char *key, const char *value, GError **error)
{
  g_autoptr (MosVmConfig) config = mos_vm_config_copy (mos_vm_get_config (vm));

  if (g_strcmp0 (value, mos_vm_config_get_string (config, key)) == 0)
    return TRUE;
  return mos_vm_config_set_string (config, key, value, error) &&
         mos_vm_set_config (vm, config, error);
}

static gboolean
rename_to (MosVm *vm, const char *name, GError **error)
{
  return set_key (vm, "name", name, error);
}

gboolean
mos_machine_row_move (MosVm *vm, const char *group, GError **error)
{
  g_return_val_if_fail (MOS_IS_VM (vm) && group != NULL, FALSE);

  return set_key (vm, "group", group, error);
}

static void
answered_cb (GtkEntry *entry, gpointer user_data)
{
  MosMachineRow *self = user_data;
  const char    *name = gtk_editable_get_text (GTK_EDITABLE (entry));
  GtkWidget     *problem = gtk_widget_get_next_sibling (GTK_WIDGET (entry));
  g_autoptr (GError) error = NULL;

  if (!self->apply (self->vm, name, &error)) {
    gtk_widget_add_css_class (GTK_WIDGET (entry), "error");
    gtk_label_set_label (GTK_LABEL (problem), error->message);
    gtk_widget_set_visible (problem, TRUE);
    mos_access_describe (GTK_WIDGET (entry), error->message);
    return;
  }
  gtk_popover_popdown (GTK_POPOVER (self->popover));
}

static void
ask (MosMachineRow *self, const char *heading, const char *name)
{
  GtkWidget *box, *title, *entry, *problem;

  box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  title = gtk_label_new (heading);
  gtk_widget_add_css_class (title, "heading");
  entry = gtk_entry_new ();
  mos_access_name (entry, name);
  if (self->apply == rename_to)
    gtk_editable_set_text (GTK_EDITABLE (entry), mos_vm_get_name (self->vm));
  g_signal_connect (entry, "activate", G_CALLBACK (answered_cb), self);
  problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (problem), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (problem), 30);
  gtk_widget_add_css_class (problem, "error");
  gtk_widget_set_visible (problem, FALSE);
  gtk_box_append (GTK_BOX (box), title);
  gtk_box_append (GTK_BOX (box), entry);
  gtk_box_append (GTK_BOX (box), problem);

  self->popover = gtk_popover_new ();
  gtk_popover_set_child (GTK_POPOVER (self->popover), box);
  gtk_widget_set_parent (self->popover, GTK_WIDGET (self));
  mos_access_name (self->popover, heading);
  g_signal_connect (self->popover, "closed", G_CALLBACK (closed_cb), self);
  gtk_popover_popup (GTK_POPOVER (self->popover));
  gtk_widget_grab_focus (entry);
}

void
mos_machine_row_rename (MosMachineRow *self)
{
  g_return_if_fail (MOS_IS_MACHINE_ROW (self));

  if (self->popover != NULL)
    return;
  self->apply = rename_to;
  ask (self, _ ("Rename Machine"), _ ("New name"));
}

void
mos_machine_row_new_group (MosMachineRow *self)
{
  g_return_if_fail (MOS_IS_MACHINE_ROW (self));

  if (self->popover != NULL)
    return;
  self->apply = mos_machine_row_move;
  ask (self, _ ("Move to a New Group"), _ ("Name of the group"));
}

/* -- dragging ------------------------------------------------------------ */

/* Out of the window a machine is its file; the menu exports the disks too. */
static GdkContentProvider *
prepare_cb (GtkDragSource *source, double x, double y, gpointer user_data)
{
  MosMachineRow *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = mos_export_file (self->vm, &error);
  g_autoptr (GFile) file = NULL;

  if (path == NULL) {
    mos_report_error (GTK_WIDGET (self), mos_vm_get_log (self->vm), error);
    return NULL;
  }
  file = g_file_new_for_path (path);
  return gdk_content_provider_new_typed (G_TYPE_FILE, file);
}

static void
add_drag (MosMachineRow *self)
{
  GtkDragSource *source = gtk_drag_source_new ();

  g_signal_connect (source, "prepare", G_CALLBACK (prepare_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (source));
}

/* -- life ---------------------------------------------------------------- */

static void
mos_machine_row_dispose (GObject *object)
{
  MosMachineRow *self = MOS_MACHINE_ROW (object);

  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_pointer (&self->popover, gtk_widget_unparent);
  g_clear_object (&self->vm);
  G_OBJECT_CLASS (mos_machine_row_parent_class)->dispose (object);
}

static void
mos_machine_row_class_init (MosMachineRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_machine_row_dispose;
}

static GtkWidget *
make_label (const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
mos_machine_row_init (MosMachineRow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *text = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  GtkWidget *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->thumbnail = mos_thumbnail_new ();
  gtk_widget_set_valign (self->thumbnail, GTK_ALIGN_CENTER);
  self->icon = gtk_image_new ();
  self->name = make_label ("machine-name");
  self->state = make_label ("caption");
  gtk_widget_add_css_class (self->state, "dim-label");

  self->sparkline = mos_sparkline_new ();
  gtk_widget_set_hexpand (self->state, TRUE);
  gtk_box_append (GTK_BOX (line), self->icon);
  gtk_box_append (GTK_BOX (line), self->state);
  gtk_box_append (GTK_BOX (line), self->sparkline);
  add_drag (self);
  gtk_box_append (GTK_BOX (text), self->name);
  gtk_box_append (GTK_BOX (text), line);
  gtk_widget_set_valign (text, GTK_ALIGN_CENTER);
  gtk_widget_set_hexpand (text, TRUE);
  gtk_box_append (GTK_BOX (box), self->thumbnail);
  gtk_box_append (GTK_BOX (box), text);
  gtk_widget_add_css_class (box, "machine-row");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);
}

GtkWidget *
mos_machine_row_new (MosVm *vm)
{
  MosMachineRow *self = g_object_new (MOS_TYPE_MACHINE_ROW, NULL);

  self->vm = g_object_ref (vm);
  mos_thumbnail_set_vm (MOS_THUMBNAIL (self->thumbnail), vm);
  mos_sparkline_set_vm (MOS_SPARKLINE (self->sparkline), vm);
  g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (update), self);
  g_signal_connect_swapped (vm, "notify::name", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}

MosVm *
mos_machine_row_get_vm (MosMachineRow *self)
{
  g_return_val_if_fail (MOS_IS_MACHINE_ROW (self), NULL);

  return self->vm;
}
