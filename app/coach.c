/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Coach marks: a frame around the widget, a popover that says its name, and
 * the way there. A side bar that lies over the rest steps aside meanwhile.
 * Main thread.
 */
#include "app/coach.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/coach-trail.h"
#include "tutorials/tutorials.h"

#define MARK_MS  8000
#define ID_KEY   "mos-coach-id"
#define MARK_KEY "mos-coach-mark"

void
mos_coach_set_id (GtkWidget *widget, const char *id)
{
  g_return_if_fail (GTK_IS_WIDGET (widget) && id != NULL);

  g_object_set_data_full (G_OBJECT (widget), ID_KEY, g_strdup (id), g_free);
}

/* Several ids may stand on one widget, with commas. */
static gboolean
has_id (GtkWidget *widget, const char *id)
{
  const char *ids = g_object_get_data (G_OBJECT (widget), ID_KEY);
  g_auto (GStrv) split = ids != NULL ? g_strsplit (ids, ",", -1) : NULL;

  return split != NULL && g_strv_contains ((const char *const *) split, id);
}

GtkWidget *
mos_coach_find (GtkWidget *root, const char *id)
{
  GtkWidget *child;

  if (has_id (root, id))
    return root;
  for (child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child)) {
    GtkWidget *found = mos_coach_find (child, id);

    if (found != NULL)
      return found;
  }
  return NULL;
}

/* The mark may outlive neither its widget nor its time. */
typedef struct {
  guint    source;
  GWeakRef root; /* has it as MARK_KEY */
  GWeakRef widget;
  GWeakRef popover;
  GWeakRef trail;
  GWeakRef flap; /* that has stepped aside */
} Mark;

static void
mark_free (gpointer data)
{
  Mark *mark = data;

  g_weak_ref_clear (&mark->root);
  g_weak_ref_clear (&mark->widget);
  g_weak_ref_clear (&mark->popover);
  g_weak_ref_clear (&mark->trail);
  g_weak_ref_clear (&mark->flap);
  g_free (mark);
}

static gboolean
unmark_cb (gpointer user_data)
{
  Mark *mark = user_data;
  g_autoptr (GtkWidget) root = g_weak_ref_get (&mark->root);
  g_autoptr (GtkWidget) widget = g_weak_ref_get (&mark->widget);
  g_autoptr (GtkWidget) popover = g_weak_ref_get (&mark->popover);
  g_autoptr (GtkWidget) trail = g_weak_ref_get (&mark->trail);
  g_autoptr (GtkWidget) flap = g_weak_ref_get (&mark->flap);

  if (root != NULL)
    g_object_set_data (G_OBJECT (root), MARK_KEY, NULL);
  if (widget != NULL)
    gtk_widget_remove_css_class (widget, "coach");
  if (popover != NULL) {
    gtk_popover_popdown (GTK_POPOVER (popover));
    gtk_widget_unparent (popover);
  }
  if (trail != NULL)
    mos_coach_trail_remove (MOS_COACH_TRAIL (trail));
  if (flap != NULL)
    adw_flap_set_reveal_flap (ADW_FLAP (flap), TRUE);
  return G_SOURCE_REMOVE;
}

static void
destroy_cb (GtkWidget *widget, GtkWidget *popover)
{
  gtk_widget_unparent (popover);
}

static GtkWidget *
add_popover (GtkWidget *widget, const char *text)
{
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 30);
  gtk_popover_set_child (GTK_POPOVER (popover), label);
  gtk_popover_set_autohide (GTK_POPOVER (popover), FALSE);
  gtk_widget_set_can_focus (popover, FALSE);
  gtk_widget_set_parent (popover, widget);
  g_signal_connect_object (widget, "destroy", G_CALLBACK (destroy_cb), popover,
                           0);
  gtk_popover_popup (GTK_POPOVER (popover));
  return popover;
}

void
mos_coach_unpoint (GtkWidget *root)
{
  Mark *mark = g_object_get_data (G_OBJECT (root), MARK_KEY);

  if (mark == NULL)
    return;
  unmark_cb (mark);
  g_source_remove (mark->source);
}

/* The flap around @from, if it hides what is beside it and has been closed. */
static GtkWidget *
step_aside (GtkWidget *from, GtkWidget *to)
{
  GtkWidget *flap = gtk_widget_get_ancestor (from, ADW_TYPE_FLAP);

  if (flap == NULL || !adw_flap_get_folded (ADW_FLAP (flap)) ||
      !adw_flap_get_reveal_flap (ADW_FLAP (flap)) ||
      gtk_widget_is_ancestor (to, adw_flap_get_flap (ADW_FLAP (flap))))
    return NULL;
  adw_flap_set_reveal_flap (ADW_FLAP (flap), FALSE);
  return flap;
}

gboolean
mos_coach_point (GtkWidget *root, GtkWidget *from, const char *id)
{
  const MosLabTarget *target = mos_lab_target_find (id);
  GtkWidget          *widget;
  Mark               *mark;

  if (target == NULL)
    return FALSE;
  if (target->page != NULL)
    gtk_widget_activate_action (root, "win.page", "s", target->page);
  widget = mos_coach_find (root, id);
  if (widget == NULL || !gtk_widget_get_mapped (widget))
    return FALSE;
  mos_coach_unpoint (root); /* one mark at a time */
  mark = g_new0 (Mark, 1);
  g_weak_ref_init (&mark->root, root);
  g_weak_ref_init (&mark->widget, widget);
  g_weak_ref_init (&mark->popover, add_popover (widget, _ (target->title)));
  g_weak_ref_init (&mark->flap, step_aside (from, widget));
  g_weak_ref_init (&mark->trail, mos_coach_trail_add (from, widget));
  gtk_widget_add_css_class (widget, "coach");
  g_object_set_data (G_OBJECT (root), MARK_KEY, mark);
  mark->source = g_timeout_add_full (G_PRIORITY_DEFAULT, MARK_MS, unmark_cb,
                                     mark, mark_free);
  return TRUE;
}
