/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The page of serial terminals: one for each port of each machine that was
 * looked at, made when it is first needed, in a stack by name. Main thread.
 */
#include "app/serial-page.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/terminal.h"

#define MAX_PORTS 4

struct _MosSerialPage {
  GtkWidget parent_instance;

  GtkWidget *box;
  GtkWidget *stack;
  GtkWidget *choice;
  MosVm     *vm;
};

G_DEFINE_FINAL_TYPE (MosSerialPage, mos_serial_page, GTK_TYPE_WIDGET)

/* A machine without any in its settings has COM1. */
static guint
count_ports (MosVm *vm)
{
  guint n = mos_vm_config_n_tables (mos_vm_get_config (vm), "devices.serial");

  return CLAMP (n, 1, MAX_PORTS);
}

static char *
child_name (MosVm *vm, guint port)
{
  return g_strdup_printf ("%s %u", mos_vm_get_uuid (vm), port);
}

static void
deleted_cb (MosSerialPage *self, MosVm *vm)
{
  for (guint i = 0; i < MAX_PORTS; i++) {
    g_autofree char *name = child_name (vm, i);
    GtkWidget       *child =
        gtk_stack_get_child_by_name (GTK_STACK (self->stack), name);

    if (child != NULL)
      gtk_stack_remove (GTK_STACK (self->stack), child);
  }
}

static GtkWidget *
get_terminal (MosSerialPage *self, guint port)
{
  g_autofree char *name = child_name (self->vm, port);
  g_autofree char *title = NULL;
  GtkWidget       *child =
      gtk_stack_get_child_by_name (GTK_STACK (self->stack), name);

  if (child != NULL)
    return child;
  title = g_strdup_printf (_ ("COM%u of “%s”"), port + 1,
                           mos_vm_get_name (self->vm));
  child = mos_terminal_new (mos_vm_get_serial (self->vm, port), title);
  gtk_stack_add_named (GTK_STACK (self->stack), child, name);
  return child;
}

static guint
chosen_port (MosSerialPage *self)
{
  guint selected = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->choice));

  return selected < MAX_PORTS ? selected : 0;
}

static void
show_port (MosSerialPage *self)
{
  if (self->vm != NULL)
    gtk_stack_set_visible_child (GTK_STACK (self->stack),
                                 get_terminal (self, chosen_port (self)));
}

static void
copy_cb (MosSerialPage *self)
{
  if (self->vm != NULL)
    mos_terminal_copy (MOS_TERMINAL (get_terminal (self, chosen_port (self))));
}

static void
clear_cb (MosSerialPage *self)
{
  if (self->vm != NULL)
    mos_terminal_clear (MOS_TERMINAL (get_terminal (self, chosen_port (self))));
}

/* -- life ---------------------------------------------------------------- */

static void
mos_serial_page_dispose (GObject *object)
{
  MosSerialPage *self = MOS_SERIAL_PAGE (object);

  if (self->choice != NULL)
    g_signal_handlers_disconnect_by_data (self->choice, self);
  self->choice = NULL;
  g_clear_object (&self->vm);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_serial_page_parent_class)->dispose (object);
}

static void
mos_serial_page_class_init (MosSerialPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_serial_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static void
mos_serial_page_init (MosSerialPage *self)
{
  static const char *const ports[] = { "COM1", "COM2", "COM3", "COM4", NULL };
  GtkWidget               *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget               *copy = mos_access_icon_button_new (
                    "edit-copy-symbolic", _ ("Copy the Selection, or Everything"),
                    G_CALLBACK (copy_cb), self);

  self->choice = gtk_drop_down_new_from_strings (ports);
  mos_access_name (self->choice, _ ("Serial port"));
  g_signal_connect_swapped (self->choice, "notify::selected",
                            G_CALLBACK (show_port), self);
  gtk_widget_set_hexpand (copy, TRUE);
  gtk_widget_set_halign (copy, GTK_ALIGN_END);
  gtk_widget_add_css_class (bar, "toolbar");
  gtk_box_append (GTK_BOX (bar), self->choice);
  gtk_box_append (GTK_BOX (bar), copy);
  gtk_box_append (GTK_BOX (bar),
                  mos_access_icon_button_new ("edit-clear-all-symbolic",
                                              _ ("Clear the Terminal"),
                                              G_CALLBACK (clear_cb), self));

  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), bar);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

void
mos_serial_page_set_vm (MosSerialPage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_SERIAL_PAGE (self));

  g_set_object (&self->vm, vm);
  if (vm == NULL)
    return;
  /* Once for each machine, however often it is chosen. */
  if (g_object_get_data (G_OBJECT (vm), "serial-page") != self) {
    g_object_set_data (G_OBJECT (vm), "serial-page", self);
    g_signal_connect_object (vm, "deleted", G_CALLBACK (deleted_cb), self,
                             G_CONNECT_SWAPPED);
  }
  /* All of them, so that none misses anything. */
  for (guint i = 0; i < count_ports (vm); i++)
    get_terminal (self, i);
  gtk_widget_set_visible (self->choice, count_ports (vm) > 1);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (self->choice), 0);
  show_port (self);
}
