/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Pages by id in a GtkStack. Main thread.
 */
#include "app/page-stack.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

struct _MosPageStack {
  GtkWidget parent_instance;

  MosPageScope   scope;
  MosHypervisor *hypervisor;
  MosVm         *vm;
  GtkWidget     *stack;
};

G_DEFINE_FINAL_TYPE (MosPageStack, mos_page_stack, GTK_TYPE_WIDGET)

static void
mos_page_stack_dispose (GObject *object)
{
  MosPageStack *self = MOS_PAGE_STACK (object);

  if (self->stack != NULL)
    mos_page_stack_set_vm (self, NULL);
  g_clear_pointer (&self->stack, gtk_widget_unparent);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_page_stack_parent_class)->dispose (object);
}

static void
mos_page_stack_class_init (MosPageStackClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_page_stack_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static void
mos_page_stack_init (MosPageStack *self)
{
  self->stack = gtk_stack_new ();
  /* A page that is hidden does not make the window wider. */
  gtk_stack_set_hhomogeneous (GTK_STACK (self->stack), FALSE);
  gtk_stack_set_vhomogeneous (GTK_STACK (self->stack), FALSE);
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
}

GtkWidget *
mos_page_stack_new (MosPageScope scope, MosHypervisor *hypervisor)
{
  MosPageStack *self = g_object_new (MOS_TYPE_PAGE_STACK, NULL);

  self->scope = scope;
  self->hypervisor = g_object_ref (hypervisor);
  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++)
    if (info->eager && info->scope == scope)
      mos_page_stack_get_page (self, info->id);
  return GTK_WIDGET (self);
}

void
mos_page_stack_set_vm (MosPageStack *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_PAGE_STACK (self));

  g_set_object (&self->vm, vm);
  for (const MosPageInfo *info = mos_pages; info->id != NULL; info++) {
    GtkWidget *page =
        gtk_stack_get_child_by_name (GTK_STACK (self->stack), info->id);

    if (page != NULL && info->set_vm != NULL)
      info->set_vm (page, vm);
  }
}

GtkWidget *
mos_page_stack_get_page (MosPageStack *self, const char *id)
{
  const MosPageInfo *info = mos_page_find (id);
  GtkWidget         *page;

  g_return_val_if_fail (MOS_IS_PAGE_STACK (self), NULL);

  if (info == NULL || info->scope != self->scope)
    return NULL;
  page = gtk_stack_get_child_by_name (GTK_STACK (self->stack), id);
  if (page != NULL)
    return page;
  page = info->create (self->hypervisor);
  gtk_stack_add_named (GTK_STACK (self->stack), page, id);
  mos_access_name (page, _ (info->title));
  if (info->set_vm != NULL)
    info->set_vm (page, self->vm);
  mos_access_sweep (page);
  return page;
}

gboolean
mos_page_stack_show (MosPageStack *self, const char *id)
{
  GtkWidget *page = mos_page_stack_get_page (self, id);

  if (page != NULL)
    gtk_stack_set_visible_child (GTK_STACK (self->stack), page);
  return page != NULL;
}

const char *
mos_page_stack_get_shown (MosPageStack *self)
{
  g_return_val_if_fail (MOS_IS_PAGE_STACK (self), NULL);

  return gtk_stack_get_visible_child_name (GTK_STACK (self->stack));
}
