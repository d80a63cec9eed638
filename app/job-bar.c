/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A timer looks at the jobs while there are any; their threads never wait for
 * the window. Main thread.
 */
#include "app/job-bar.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"

#define LOOK_MS 150

struct _MosJobBar {
  GtkWidget parent_instance;

  GtkWidget *box;
  guint      timeout;
};

G_DEFINE_FINAL_TYPE (MosJobBar, mos_job_bar, GTK_TYPE_WIDGET)

/* A line keeps its job, and its progress bar as the title's sibling. */
static MosJob *
job_of (GtkWidget *line)
{
  return g_object_get_data (G_OBJECT (line), "job");
}

static void
show_line (GtkWidget *line)
{
  GtkWidget       *bar = g_object_get_data (G_OBJECT (line), "progress");
  double           progress = mos_job_get_progress (job_of (line));
  g_autofree char *text = g_strdup_printf (_ ("%.0f percent"), 100 * progress);

  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (bar), progress);
  mos_access_describe (bar, text);
}

static gboolean
look_cb (gpointer user_data)
{
  MosJobBar *self = user_data;
  GtkWidget *next;

  for (GtkWidget *line = gtk_widget_get_first_child (self->box); line != NULL;
       line = next) {
    next = gtk_widget_get_next_sibling (line);
    if (mos_job_has_ended (job_of (line)))
      gtk_box_remove (GTK_BOX (self->box), line);
    else
      show_line (line);
  }
  if (gtk_widget_get_first_child (self->box) != NULL)
    return G_SOURCE_CONTINUE;
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  self->timeout = 0;
  return G_SOURCE_REMOVE;
}

static void
cancel_cb (MosJob *job)
{
  g_cancellable_cancel (mos_job_get_cancellable (job));
}

void
mos_job_bar_add (MosJobBar *self, MosJob *job)
{
  GtkWidget       *line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget       *title = gtk_label_new (mos_job_get_title (job));
  GtkWidget       *bar = gtk_progress_bar_new ();
  g_autofree char *cancel =
      g_strdup_printf (_ ("Cancel: %s"), mos_job_get_title (job));

  g_return_if_fail (MOS_IS_JOB_BAR (self));

  g_object_set_data_full (G_OBJECT (line), "job", mos_job_ref (job),
                          (GDestroyNotify) mos_job_unref);
  g_object_set_data (G_OBJECT (line), "progress", bar);
  gtk_label_set_ellipsize (GTK_LABEL (title), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (bar, TRUE);
  gtk_widget_set_valign (bar, GTK_ALIGN_CENTER);
  mos_access_name (bar, mos_job_get_title (job));
  gtk_box_append (GTK_BOX (line), title);
  gtk_box_append (GTK_BOX (line), bar);
  gtk_box_append (GTK_BOX (line),
                  mos_access_icon_button_new ("process-stop-symbolic", cancel,
                                              G_CALLBACK (cancel_cb), job));
  gtk_widget_add_css_class (line, "toolbar");
  gtk_widget_add_css_class (line, "operation-bar");
  gtk_box_append (GTK_BOX (self->box), line);
  show_line (line);
  gtk_widget_set_visible (GTK_WIDGET (self), TRUE);
  if (self->timeout == 0)
    self->timeout = g_timeout_add (LOOK_MS, look_cb, self);
}

static void
mos_job_bar_dispose (GObject *object)
{
  MosJobBar *self = MOS_JOB_BAR (object);

  g_clear_handle_id (&self->timeout, g_source_remove);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  G_OBJECT_CLASS (mos_job_bar_parent_class)->dispose (object);
}

static void
mos_job_bar_class_init (MosJobBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_job_bar_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_STATUS);
}

static void
mos_job_bar_init (MosJobBar *self)
{
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  mos_access_name (GTK_WIDGET (self), _ ("Jobs"));
}
