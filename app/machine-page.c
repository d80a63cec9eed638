/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The pages of a machine; a page is a row of a table. Main thread.
 */
#include "app/machine-page.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/details-page.h"
#include "app/log-page.h"
#include "app/serial-page.h"

struct _MosMachinePage {
  GtkWidget parent_instance;

  GtkWidget *stack;
  GtkWidget *console;
  GtkWidget *serial;
  GtkWidget *log;
  GtkWidget *details;
};

G_DEFINE_FINAL_TYPE (MosMachinePage, mos_machine_page, GTK_TYPE_WIDGET)

static const struct {
  const char *name;
  const char *title;
  const char *icon;
} pages[] = {
  { "console", N_ ("Console"), "video-display-symbolic" },
  { "serial", N_ ("Serial"), "utilities-terminal-symbolic" },
  { "log", N_ ("Log"), "view-list-symbolic" },
  { "details", N_ ("Details"), "preferences-system-symbolic" },
};

static void
mos_machine_page_dispose (GObject *object)
{
  MosMachinePage *self = MOS_MACHINE_PAGE (object);

  g_clear_pointer (&self->stack, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_machine_page_parent_class)->dispose (object);
}

static void
mos_machine_page_class_init (MosMachinePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_machine_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static void
mos_machine_page_init (MosMachinePage *self)
{
  GtkWidget *children[G_N_ELEMENTS (pages)];

  children[0] = self->console = g_object_new (MOS_TYPE_CONSOLE, NULL);
  children[1] = self->serial = g_object_new (MOS_TYPE_SERIAL_PAGE, NULL);
  children[2] = self->log = g_object_new (MOS_TYPE_LOG_PAGE, NULL);
  children[3] = self->details = g_object_new (MOS_TYPE_DETAILS_PAGE, NULL);
  self->stack = adw_view_stack_new ();
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    AdwViewStackPage *page =
        adw_view_stack_add_titled (ADW_VIEW_STACK (self->stack), children[i],
                                   pages[i].name, _ (pages[i].title));

    adw_view_stack_page_set_icon_name (page, pages[i].icon);
    mos_access_name (children[i], _ (pages[i].title));
  }
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
}

GtkWidget *
mos_machine_page_new (void)
{
  return g_object_new (MOS_TYPE_MACHINE_PAGE, NULL);
}

void
mos_machine_page_set_vm (MosMachinePage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_MACHINE_PAGE (self));

  mos_console_set_vm (MOS_CONSOLE (self->console), vm);
  mos_serial_page_set_vm (MOS_SERIAL_PAGE (self->serial), vm);
  mos_log_page_set_log (MOS_LOG_PAGE (self->log),
                        vm != NULL ? mos_vm_get_log (vm) : NULL);
  mos_details_page_set_vm (MOS_DETAILS_PAGE (self->details), vm);
}

AdwViewStack *
mos_machine_page_get_stack (MosMachinePage *self)
{
  g_return_val_if_fail (MOS_IS_MACHINE_PAGE (self), NULL);

  return ADW_VIEW_STACK (self->stack);
}

MosConsole *
mos_machine_page_get_console (MosMachinePage *self)
{
  g_return_val_if_fail (MOS_IS_MACHINE_PAGE (self), NULL);

  return MOS_CONSOLE (self->console);
}

void
mos_machine_page_show (MosMachinePage *self, guint number)
{
  g_return_if_fail (MOS_IS_MACHINE_PAGE (self));

  if (number >= 1 && number <= G_N_ELEMENTS (pages))
    adw_view_stack_set_visible_child_name (ADW_VIEW_STACK (self->stack),
                                           pages[number - 1].name);
}
