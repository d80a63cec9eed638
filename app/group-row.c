/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What is chosen stays chosen while one walks over a heading, so the keys of
 * the list that act on the chosen machine end here.
 * Main thread.
 */
#include "app/group-row.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/look.h"

struct _MosGroupRow {
  GtkListBoxRow parent_instance;

  MosGroup  *group;
  GtkWidget *arrow;
  GtkWidget *name;
  GtkWidget *size;
};

G_DEFINE_FINAL_TYPE (MosGroupRow, mos_group_row, GTK_TYPE_LIST_BOX_ROW)

static void
update (MosGroupRow *self)
{
  guint            size = mos_group_get_size (self->group);
  gboolean         expanded = mos_group_get_expanded (self->group);
  g_autofree char *number = g_strdup_printf ("%u", size);
  g_autofree char *name = g_strdup_printf (
      ngettext ("Group “%s”, %u machine", "Group “%s”, %u machines", size),
      mos_group_get_name (self->group), size);

  gtk_label_set_label (GTK_LABEL (self->name),
                       mos_group_get_name (self->group));
  gtk_label_set_label (GTK_LABEL (self->size), number);
  gtk_image_set_from_icon_name (GTK_IMAGE (self->arrow),
                                expanded ? "pan-down-symbolic"
                                : mos_look_mirrored (GTK_WIDGET (self))
                                    ? "pan-start-symbolic-rtl"
                                    : "pan-end-symbolic");
  mos_access_name (GTK_WIDGET (self), name);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self),
                               GTK_ACCESSIBLE_STATE_EXPANDED, expanded, -1);
}

void
mos_group_row_toggle (MosGroupRow *self)
{
  g_return_if_fail (MOS_IS_GROUP_ROW (self));

  mos_group_set_expanded (self->group, !mos_group_get_expanded (self->group));
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  keyval,
        guint                  hardware,
        GdkModifierType        state,
        gpointer               user_data)
{
  MosGroupRow *self = user_data;
  gboolean     rtl = mos_look_mirrored (GTK_WIDGET (self));
  guint        open = rtl ? GDK_KEY_Left : GDK_KEY_Right;
  guint        close = rtl ? GDK_KEY_Right : GDK_KEY_Left;

  if (keyval == open || keyval == close) {
    mos_group_set_expanded (self->group, keyval == open);
    return TRUE;
  }
  return keyval == GDK_KEY_Delete || keyval == GDK_KEY_F2;
}

static void
mos_group_row_dispose (GObject *object)
{
  MosGroupRow *self = MOS_GROUP_ROW (object);

  if (self->group != NULL)
    g_signal_handlers_disconnect_by_data (self->group, self);
  g_clear_object (&self->group);
  G_OBJECT_CLASS (mos_group_row_parent_class)->dispose (object);
}

static void
mos_group_row_class_init (MosGroupRowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_group_row_dispose;
}

static void
mos_group_row_init (MosGroupRow *self)
{
  GtkWidget          *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkEventController *keys = gtk_event_controller_key_new ();

  self->arrow = gtk_image_new ();
  self->name = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->name), 0);
  gtk_label_set_ellipsize (GTK_LABEL (self->name), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (self->name, TRUE);
  gtk_widget_add_css_class (self->name, "heading");
  self->size = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->size, "dim-label");
  gtk_widget_add_css_class (self->size, "numeric");
  gtk_box_append (GTK_BOX (box), self->arrow);
  gtk_box_append (GTK_BOX (box), self->name);
  gtk_box_append (GTK_BOX (box), self->size);
  gtk_widget_add_css_class (box, "group-row");
  gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (self), box);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
}

GtkWidget *
mos_group_row_new (MosGroup *group)
{
  MosGroupRow *self = g_object_new (MOS_TYPE_GROUP_ROW, NULL);

  self->group = g_object_ref (group);
  g_signal_connect_swapped (group, "notify", G_CALLBACK (update), self);
  update (self);
  return GTK_WIDGET (self);
}
