/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The sidebar for learning.
 *
 * Signal "close" when the learner wants it gone. Checks are asked only while
 * the sidebar is on the screen. Main thread.
 */
#include "app/tutor.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/class-bar.h"
#include "app/coach.h"
#include "app/menu.h"
#include "app/report.h"
#include "app/tutor-step.h"
#include "app/tutor-text.h"

#define WIDTH       340
#define LARGE_WIDTH 560
#define SAVE_S      2

struct _MosTutor {
  GtkWidget parent_instance;

  MosHypervisor *hypervisor;
  MosLabSession *session;
  GHashTable    *facts;
  GtkWidget     *box;
  GtkWidget     *title;
  GtkWidget     *back;
  GtkWidget     *menu;
  GtkWidget     *class_menu;
  MosClassBar *class;
  MosClean  *clean; /* the last reset of everything, or NULL */
  gboolean   large;
  guint      saving; /* a note was written */
  GtkWidget *stack;  /* "labs", "step" */
  GtkWidget *labs;
  GtkWidget *step;
};

G_DEFINE_FINAL_TYPE (MosTutor, mos_tutor, GTK_TYPE_WIDGET)

enum {
  CLOSE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* -- the list ------------------------------------------------------------ */

static void
open_cb (GtkWidget *row, MosTutor *self)
{
  mos_tutor_open (self, g_object_get_data (G_OBJECT (row), "lab"));
}

static char *
describe (const MosLab *lab, guint done)
{
  if (lab->minutes == 0)
    return g_strdup_printf (_ ("Takes as long as you like, %u of %u steps "
                               "done"),
                            done, lab->steps->len);
  return g_strdup_printf (
      g_dngettext (GETTEXT_PACKAGE, "%u minute, %u of %u steps done",
                   "%u minutes, %u of %u steps done", lab->minutes),
      lab->minutes, done, lab->steps->len);
}

static void
append_line (GString *text, const char *line)
{
  g_autofree char *escaped = g_markup_escape_text (line, -1);

  g_string_append_printf (text, "%s• %s", text->len > 0 ? "\n" : "", escaped);
}

static char *
list_objectives (const MosLab *lab)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < lab->objectives->len; i++)
    append_line (text,
                 ((const MosLabObjective *) lab->objectives->pdata[i])->text);
  return g_string_free (text, FALSE);
}

/* What one learns there, and what one should have done before. */
static GtkWidget *
make_about (const MosLab *lab)
{
  g_autofree char *objectives = list_objectives (lab);
  g_autofree char *name =
      g_strdup_printf (_ ("Objectives of “%s”"), lab->title);
  g_autoptr (GString) before = g_string_new (NULL);
  g_autofree char *text = NULL;
  GtkWidget       *button = gtk_menu_button_new ();
  GtkWidget       *popover = gtk_popover_new ();
  GtkWidget       *label = gtk_label_new (NULL);

  for (guint i = 0; i < lab->requires->len; i++) {
    g_autoptr (MosLab) other = mos_labs_find (lab->requires->pdata[i], NULL);

    if (other != NULL)
      append_line (before, other->title);
  }
  text = before->len == 0
             ? g_strdup_printf ("<b>%s</b>\n%s", _ ("After this lab you can:"),
                                objectives)
             : g_strdup_printf ("<b>%s</b>\n%s\n\n<b>%s</b>\n%s",
                                _ ("After this lab you can:"), objectives,
                                _ ("Best after:"), before->str);
  gtk_label_set_markup (GTK_LABEL (label), text);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  /* As wide as it becomes: its height is asked for at this width. */
  gtk_label_set_width_chars (GTK_LABEL (label), 36);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 36);
  gtk_popover_set_child (GTK_POPOVER (popover), label);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button),
                                 "dialog-information-symbolic");
  gtk_menu_button_set_has_frame (GTK_MENU_BUTTON (button), FALSE);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  mos_access_icon_button (button, name);
  return button;
}

static GtkWidget *
make_row (MosTutor *self, const MosLab *lab)
{
  GtkWidget       *row = adw_action_row_new ();
  guint            done = mos_progress_count_done (lab);
  g_autofree char *subtitle = describe (lab, done);
  g_autofree char *title = g_markup_escape_text (lab->title, -1);
  g_autofree char *name = g_strdup_printf ("%s, %s", lab->title, subtitle);
  GtkWidget       *icon = gtk_image_new_from_icon_name (
            done == lab->steps->len ? "emblem-ok-symbolic" : "go-next-symbolic");

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), make_about (lab));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), icon);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  g_object_set_data_full (G_OBJECT (row), "lab",
                          g_strdup (lab->path != NULL ? lab->path : lab->id),
                          g_free);
  g_signal_connect (row, "activated", G_CALLBACK (open_cb), self);
  mos_access_name (row, name);
  return row;
}

static void
add_level (MosTutor        *self,
           GtkWidget       *page,
           const GPtrArray *labs,
           MosLabLevel      level)
{
  GtkWidget *group = NULL;

  for (guint i = 0; i < labs->len; i++) {
    const MosLab *lab = g_ptr_array_index (labs, i);

    if (lab->level != level ||
        !mos_class_allows (mos_class_bar_get (self->class), lab->id))
      continue;
    if (group == NULL) {
      group = adw_preferences_group_new ();
      adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group),
                                       mos_lab_level_title (level));
      gtk_box_append (GTK_BOX (page), group);
    }
    adw_preferences_group_add (ADW_PREFERENCES_GROUP (group),
                               make_row (self, lab));
  }
}

/* Files of the user's that are no labs are said with their reason. */
static void
add_mistakes (GtkWidget *page, const GPtrArray *mistakes)
{
  for (guint i = 0; i < mistakes->len; i++) {
    GtkWidget *label = mos_tutor_label_new (g_ptr_array_index (mistakes, i));

    gtk_widget_add_css_class (label, "error");
    gtk_box_append (GTK_BOX (page), label);
  }
}

static void
show_labs (MosTutor *self)
{
  g_autoptr (GPtrArray) mistakes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) labs = mos_labs_list (mistakes);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->labs)) != NULL)
    gtk_box_remove (GTK_BOX (self->labs), child);
  if (mos_class_bar_get_mistake (self->class) != NULL)
    g_ptr_array_insert (mistakes, 0,
                        g_strdup (mos_class_bar_get_mistake (self->class)));
  for (guint level = 0; level < MOS_LAB_N_LEVELS; level++)
    add_level (self, self->labs, labs, (MosLabLevel) level);
  add_mistakes (self->labs, mistakes);
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), _ ("Learn"));
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), "");
  gtk_widget_set_visible (self->back, FALSE);
  gtk_widget_set_visible (self->menu, FALSE);
  gtk_widget_set_visible (self->class_menu, TRUE);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "labs");
}

/* -- the lab at hand ----------------------------------------------------- */

static void
save (MosTutor *self)
{
  g_autoptr (GError) error = NULL;

  if (self->session != NULL && !mos_progress_save (self->session, &error))
    mos_report_error (GTK_WIDGET (self),
                      mos_hypervisor_get_log (self->hypervisor), error);
}

static gboolean
save_cb (gpointer user_data)
{
  MosTutor *self = user_data;

  self->saving = 0;
  save (self);
  return G_SOURCE_REMOVE;
}

/* Not with every key. */
static void
noted_cb (MosTutor *self)
{
  if (self->saving == 0)
    self->saving = g_timeout_add_seconds (SAVE_S, save_cb, self);
}

static void
step_done_cb (MosTutor *self)
{
  save (self);
}

static void
failed_cb (MosLabSession *session, const char *message, MosTutor *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (MOS_ERROR, MOS_ERROR_FAILED, message);

  mos_report_error (GTK_WIDGET (self),
                    mos_hypervisor_get_log (self->hypervisor), error);
}

static void
stage_open_page (gpointer user_data, const char *page)
{
  gtk_widget_activate_action (user_data, "win.page", "s", page);
}

static void
stage_point (gpointer user_data, const char *widget)
{
  GtkRoot *root = gtk_widget_get_root (user_data);

  if (root != NULL)
    mos_coach_point (GTK_WIDGET (root), user_data, widget);
}

static const MosLabStage stage = { stage_open_page, stage_point };

/* @keep FALSE: what was done in it has been put aside. */
static void
leave_lab (MosTutor *self, gboolean keep)
{
  g_clear_handle_id (&self->saving, g_source_remove);
  if (self->session == NULL)
    return;
  if (keep)
    save (self);
  mos_lab_session_set_active (self->session, FALSE);
  mos_lab_session_cancel (self->session);
  g_signal_handlers_disconnect_by_data (self->session, self);
  mos_tutor_step_set_session (MOS_TUTOR_STEP (self->step), NULL);
  g_clear_object (&self->session);
}

static void
back_cb (MosTutor *self)
{
  leave_lab (self, TRUE);
  show_labs (self);
}

static void
close_cb (MosTutor *self)
{
  g_signal_emit (self, signals[CLOSE], 0);
}

/* The first step that is not done. */
static void
go_on (MosLabSession *session)
{
  const MosLab *lab = mos_lab_session_get_lab (session);

  for (guint i = 0; i < lab->steps->len; i++)
    if (!mos_lab_session_get_record (session, i)->done) {
      mos_lab_session_go (session, i);
      return;
    }
}

static void
show_objectives (MosTutor *self)
{
  g_autofree char *text = NULL;
  GtkWidget       *dialog;

  if (self->session == NULL)
    return;
  text = list_objectives (mos_lab_session_get_lab (self->session));
  dialog = adw_message_dialog_new (
      GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
      _ ("After This Lab You Can"), text);
  adw_message_dialog_set_body_use_markup (ADW_MESSAGE_DIALOG (dialog), TRUE);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close",
                                   _ ("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
objectives_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  show_objectives (MOS_TUTOR (widget));
}

static void
undo_reset_cb (MosLabSession *session)
{
  g_autoptr (GError) error = NULL;

  if (!mos_lab_session_undo_reset (session, &error))
    g_signal_emit_by_name (session, "failed", error->message);
}

static void
reset_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosTutor *self = MOS_TUTOR (widget);

  if (self->session == NULL)
    return;
  mos_lab_session_reset (self->session);
  save (self);
  mos_report_undoable (widget,
                       _ ("The lab begins anew; its machines were deleted"),
                       G_CALLBACK (undo_reset_cb), self->session);
}

/* -- class --------------------------------------------------------------- */

/* Another class: the lab at hand may not be one of its. */
static void
class_cb (MosTutor *self)
{
  const MosClass *class = mos_class_bar_get (self->class);

  if (self->session != NULL &&
      mos_class_allows (class, mos_lab_session_get_lab (self->session)->id))
    return;
  leave_lab (self, TRUE);
  show_labs (self);
}

static void
begin_class_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  mos_class_bar_begin (MOS_TUTOR (widget)->class);
}

static void
end_class_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  mos_class_bar_end (MOS_TUTOR (widget)->class);
}

static void
export_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosTutor *self = MOS_TUTOR (widget);

  save (self);
  mos_class_bar_export (self->class);
}

static void
undo_clean_cb (MosTutor *self)
{
  g_autoptr (MosClean) clean = g_steal_pointer (&self->clean);
  g_autoptr (GError) error = NULL;

  if (clean == NULL)
    return;
  leave_lab (self, FALSE);
  if (!mos_clean_undo (clean, NULL, NULL, &error))
    mos_report_error (GTK_WIDGET (self),
                      mos_hypervisor_get_log (self->hypervisor), error);
  show_labs (self);
}

void
mos_tutor_reset_all (MosTutor *self)
{
  g_return_if_fail (MOS_IS_TUTOR (self));

  leave_lab (self, TRUE);
  g_clear_pointer (&self->clean, mos_clean_unref);
  self->clean = mos_clean_new (self->hypervisor);
  mos_clean_all (self->clean, mos_class_bar_get (self->class));
  show_labs (self);
  mos_report_undoable (GTK_WIDGET (self),
                       _ ("Everything is clean for the next class"),
                       G_CALLBACK (undo_clean_cb), self);
}

static void
reset_all_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  mos_tutor_reset_all (MOS_TUTOR (widget));
}

/* Before the window was shown nobody has looked for a class yet. */
static gboolean
is_allowed (MosTutor *self, const MosLab *lab, GError **error)
{
  g_autoptr (MosClass) class = mos_class_load (NULL);

  return mos_class_check (class, lab->id, error);
}

gboolean
mos_tutor_open (MosTutor *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosLab) lab = NULL;
  GHashTableIter iter;
  gpointer       key, value;

  g_return_val_if_fail (MOS_IS_TUTOR (self) && id != NULL, FALSE);

  lab = mos_labs_find (id, &error);
  if (lab == NULL || !is_allowed (self, lab, &error)) {
    mos_report_error (GTK_WIDGET (self),
                      mos_hypervisor_get_log (self->hypervisor), error);
    return FALSE;
  }
  leave_lab (self, TRUE);
  self->session = mos_lab_session_new (lab, self->hypervisor);
  mos_progress_load (self->session);
  mos_lab_session_set_stage (self->session, &stage, self);
  g_hash_table_iter_init (&iter, self->facts);
  while (g_hash_table_iter_next (&iter, &key, &value))
    mos_lab_world_set_fact (mos_lab_session_get_world (self->session), key,
                            value);
  go_on (self->session);
  g_signal_connect_swapped (self->session, "step-done",
                            G_CALLBACK (step_done_cb), self);
  g_signal_connect (self->session, "failed", G_CALLBACK (failed_cb), self);
  mos_tutor_step_set_session (MOS_TUTOR_STEP (self->step), self->session);
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), lab->title);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title),
                                 mos_lab_level_title (lab->level));
  gtk_widget_set_visible (self->back, TRUE);
  gtk_widget_set_visible (self->menu, TRUE);
  gtk_widget_set_visible (self->class_menu, FALSE);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack), "step");
  mos_lab_session_set_active (self->session,
                              gtk_widget_get_mapped (GTK_WIDGET (self)));
  return TRUE;
}

MosLabSession *
mos_tutor_get_session (MosTutor *self)
{
  g_return_val_if_fail (MOS_IS_TUTOR (self), NULL);

  return self->session;
}

void
mos_tutor_set_fact (MosTutor *self, const char *name, const char *value)
{
  g_return_if_fail (MOS_IS_TUTOR (self) && name != NULL);

  if (value != NULL)
    g_hash_table_replace (self->facts, g_strdup (name), g_strdup (value));
  else
    g_hash_table_remove (self->facts, name);
  if (self->session != NULL)
    mos_lab_world_set_fact (mos_lab_session_get_world (self->session), name,
                            value);
}

/* -- the widget ---------------------------------------------------------- */

enum {
  PROP_LARGE = 1,
  N_PROPS
};

/* Narrow enough for a small window in any case. */
static void
set_large (MosTutor *self, gboolean large)
{
  self->large = large;
  if (large)
    gtk_widget_add_css_class (GTK_WIDGET (self), "presenter");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "presenter");
  gtk_widget_set_size_request (GTK_WIDGET (self), large ? LARGE_WIDTH : WIDTH,
                               -1);
}

static void
mos_tutor_get_property (GObject    *object,
                        guint       id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  g_value_set_boolean (value, MOS_TUTOR (object)->large);
}

static void
mos_tutor_set_property (GObject      *object,
                        guint         id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  set_large (MOS_TUTOR (object), g_value_get_boolean (value));
}

static GtkWidget *
make_header (MosTutor *self)
{
  static const MosMenuItem items[] = {
    { 0, N_ ("_Objectives"), "tutor.objectives" },
    { 0, N_ ("_Begin This Lab Anew"), "tutor.reset" },
    { 1, N_ ("_Large, for a Projector"), "tutor.large" },
    { 1, N_ ("_Export Progress…"), "tutor.export" },
  };
  static const MosMenuItem class_items[] = {
    { 0, N_ ("Begin a _Class…"), "tutor.class-begin" },
    { 0, N_ ("E_nd the Class"), "tutor.class-end" },
    { 0, N_ ("_Reset Everything for the Next Class"), "tutor.class-reset" },
    { 1, N_ ("_Large, for a Projector"), "tutor.large" },
    { 1, N_ ("_Export Progress…"), "tutor.export" },
  };
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *close = mos_access_icon_button_new (
      "window-close-symbolic", _ ("Close"), G_CALLBACK (close_cb), self);

  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  self->title = adw_window_title_new (_ ("Learn"), NULL);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (bar), self->title);
  self->back = mos_access_icon_button_new (
      "go-previous-symbolic", _ ("All Labs"), G_CALLBACK (back_cb), self);
  self->menu = mos_menu_button_new ("view-more-symbolic", _ ("Lab Menu"), items,
                                    G_N_ELEMENTS (items));
  self->class_menu =
      mos_menu_button_new ("view-more-symbolic", _ ("Class"), class_items,
                           G_N_ELEMENTS (class_items));
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), self->back);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), close);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->class_menu);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->menu);
  return bar;
}

static void
mos_tutor_map (GtkWidget *widget)
{
  MosTutor *self = MOS_TUTOR (widget);

  GTK_WIDGET_CLASS (mos_tutor_parent_class)->map (widget);
  if (self->session != NULL)
    mos_lab_session_set_active (self->session, TRUE);
  else
    show_labs (self);
}

static void
mos_tutor_unmap (GtkWidget *widget)
{
  MosTutor *self = MOS_TUTOR (widget);

  if (self->session != NULL)
    mos_lab_session_set_active (self->session, FALSE);
  save (self);
  GTK_WIDGET_CLASS (mos_tutor_parent_class)->unmap (widget);
}

static void
mos_tutor_dispose (GObject *object)
{
  MosTutor *self = MOS_TUTOR (object);

  if (self->box != NULL)
    leave_lab (self, TRUE);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->clean, mos_clean_unref);
  g_clear_pointer (&self->facts, g_hash_table_unref);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_tutor_parent_class)->dispose (object);
}

static void
mos_tutor_class_init (MosTutorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_tutor_dispose;
  widget_class->map = mos_tutor_map;
  widget_class->unmap = mos_tutor_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_install_action (widget_class, "tutor.objectives", NULL,
                                   objectives_cb);
  gtk_widget_class_install_action (widget_class, "tutor.reset", NULL, reset_cb);
  gtk_widget_class_install_action (widget_class, "tutor.class-begin", NULL,
                                   begin_class_cb);
  gtk_widget_class_install_action (widget_class, "tutor.class-end", NULL,
                                   end_class_cb);
  gtk_widget_class_install_action (widget_class, "tutor.class-reset", NULL,
                                   reset_all_cb);
  gtk_widget_class_install_action (widget_class, "tutor.export", NULL,
                                   export_cb);
  G_OBJECT_CLASS (klass)->get_property = mos_tutor_get_property;
  G_OBJECT_CLASS (klass)->set_property = mos_tutor_set_property;
  g_object_class_install_property (
      G_OBJECT_CLASS (klass), PROP_LARGE,
      g_param_spec_boolean ("large", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  gtk_widget_class_install_property_action (widget_class, "tutor.large",
                                            "large");
  signals[CLOSE] = g_signal_new ("close", MOS_TYPE_TUTOR, G_SIGNAL_RUN_LAST, 0,
                                 NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
mos_tutor_init (MosTutor *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->labs = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  gtk_widget_set_margin_start (self->labs, 12);
  gtk_widget_set_margin_end (self->labs, 12);
  gtk_widget_set_margin_top (self->labs, 12);
  gtk_widget_set_margin_bottom (self->labs, 12);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->labs);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  mos_access_name (scroller, _ ("Labs"));
  self->step = g_object_new (MOS_TYPE_TUTOR_STEP, NULL);
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "labs");
  gtk_stack_add_named (GTK_STACK (self->stack), self->step, "step");
  gtk_widget_set_vexpand (self->stack, TRUE);

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), make_header (self));
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_widget_set_size_request (GTK_WIDGET (self), WIDTH, -1);
  g_signal_connect_swapped (self->step, "noted", G_CALLBACK (noted_cb), self);
  gtk_widget_add_css_class (GTK_WIDGET (self), "tutor");
  /* In a narrow window it lies over the rest. */
  gtk_widget_add_css_class (GTK_WIDGET (self), "background");
  mos_access_name (GTK_WIDGET (self), _ ("Learn"));
}

MosTutor *
mos_tutor_new (MosHypervisor *hypervisor)
{
  MosTutor *self;

  g_return_val_if_fail (MOS_IS_HYPERVISOR (hypervisor), NULL);

  self = g_object_new (MOS_TYPE_TUTOR, NULL);
  self->hypervisor = g_object_ref (hypervisor);
  self->class = MOS_CLASS_BAR (mos_class_bar_new (hypervisor));
  gtk_box_insert_child_after (GTK_BOX (self->box), GTK_WIDGET (self->class),
                              gtk_widget_get_first_child (self->box));
  g_signal_connect_swapped (self->class, "changed", G_CALLBACK (class_cb),
                            self);
  return self;
}
