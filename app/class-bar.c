/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The class in the sidebar. Its file is read again every few seconds while the
 * sidebar is on the screen, so that a class that begins elsewhere (by `multios
 * tutorial class`) is seen. Main thread.
 */
#include "app/class-bar.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/report.h"

#define LOOK_S          2
#define DEFAULT_MINUTES 45

struct _MosClassBar {
  GtkWidget parent_instance;

  MosHypervisor *hypervisor;
  MosClass *class;
  char      *mistake;
  char      *text; /* the class as a file: whether it is another one */
  GtkWidget *box;
  GtkWidget *title;
  GtkWidget *time;
  guint      source;
};

G_DEFINE_FINAL_TYPE (MosClassBar, mos_class_bar, GTK_TYPE_WIDGET)

enum {
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
show_class (MosClassBar *self)
{
  g_autofree char *title = NULL;
  g_autofree char *time = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), self->class != NULL);
  if (self->class == NULL)
    return;
  title = g_strdup_printf (_ ("Class: %s"), self->class->name);
  time = mos_class_describe_time (self->class, g_get_real_time ());
  gtk_label_set_label (GTK_LABEL (self->title), title);
  gtk_label_set_label (GTK_LABEL (self->time), time);
  gtk_widget_set_visible (self->time, *time != '\0');
}

static void
look (MosClassBar *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MosClass) class = mos_class_load (&error);
  g_autofree char *text = class != NULL ? mos_class_to_text (class) : NULL;
  const char      *mistake = error != NULL ? error->message : NULL;
  gboolean         other = g_strcmp0 (text, self->text) != 0 ||
                   g_strcmp0 (mistake, self->mistake) != 0;

  g_clear_pointer (&self->class, mos_class_free);
  self->class = g_steal_pointer (&class);
  show_class (self);
  if (!other)
    return;
  g_free (self->text);
  self->text = g_steal_pointer (&text);
  g_free (self->mistake);
  self->mistake = g_strdup (mistake);
  g_signal_emit (self, signals[CHANGED], 0);
}

static gboolean
look_cb (gpointer user_data)
{
  look (user_data);
  return G_SOURCE_CONTINUE;
}

static void
fail (MosClassBar *self, const GError *error)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));

  mos_report_error (parent, mos_hypervisor_get_log (self->hypervisor), error);
}

static GtkWindow *
window_of (MosClassBar *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

/* -- beginning ----------------------------------------------------------- */

typedef struct {
  GWeakRef class;
  GtkWidget *name;
  GtkWidget *minutes;
  GPtrArray *switches; /* each with its lab's id as "lab" */
} Form;

static void
form_free (gpointer data)
{
  Form *form = data;

  g_weak_ref_clear (&form->class);
  g_ptr_array_unref (form->switches);
  g_free (form);
}

/* NULL: all of them. */
static char **
chosen_labs (const Form *form)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  gboolean all = TRUE;

  for (guint i = 0; i < form->switches->len; i++) {
    GtkSwitch *one = form->switches->pdata[i];

    if (gtk_switch_get_active (one))
      g_strv_builder_add (ids, g_object_get_data (G_OBJECT (one), "lab"));
    else
      all = FALSE;
  }
  return all ? NULL : g_strv_builder_end (ids);
}

static void
begin_cb (AdwMessageDialog *dialog, const char *response, Form *form)
{
  g_autoptr (MosClassBar) self = g_weak_ref_get (&form->class);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) labs = NULL;
  g_auto (GStrv) keep = NULL;
  guint minutes;

  if (self == NULL || !g_str_equal (response, "begin"))
    return;
  minutes = (guint) gtk_spin_button_get_value_as_int (
      GTK_SPIN_BUTTON (form->minutes));
  labs = chosen_labs (form);
  keep = mos_clean_list (self->hypervisor);
  if (!mos_class_begin (gtk_editable_get_text (GTK_EDITABLE (form->name)),
                        (const char *const *) labs, minutes,
                        (const char *const *) keep, &error))
    fail (self, error);
  look (self);
}

static GtkWidget *
add_row (AdwPreferencesGroup *group,
         const char          *title,
         const char          *subtitle,
         GtkWidget           *control)
{
  GtkWidget       *row = adw_action_row_new ();
  g_autofree char *escaped = g_markup_escape_text (title, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), escaped);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), control);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), control);
  mos_access_name (control, title);
  adw_preferences_group_add (group, row);
  return row;
}

static GtkWidget *
make_labs (Form *form)
{
  g_autoptr (GPtrArray) labs = mos_labs_list (NULL);
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group),
                                   _ ("Labs That Are Open"));
  for (guint i = 0; i < labs->len; i++) {
    const MosLab *lab = g_ptr_array_index (labs, i);
    GtkWidget    *one = gtk_switch_new ();

    gtk_switch_set_active (GTK_SWITCH (one), TRUE);
    g_object_set_data_full (G_OBJECT (one), "lab", g_strdup (lab->id), g_free);
    g_ptr_array_add (form->switches, one);
    add_row (ADW_PREFERENCES_GROUP (group), lab->title,
             mos_lab_level_title (lab->level), one);
  }
  return group;
}

static GtkWidget *
make_form (Form *form)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);
  GtkWidget *group = adw_preferences_group_new ();

  form->name = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (form->name),
                                 _ ("Name of the class"));
  gtk_editable_set_text (GTK_EDITABLE (form->name), _ ("My class"));
  mos_access_name (form->name, _ ("Name of the class"));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), form->name);
  form->minutes = gtk_spin_button_new_with_range (0, MOS_CLASS_MAX_MINUTES, 5);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (form->minutes), DEFAULT_MINUTES);
  add_row (ADW_PREFERENCES_GROUP (group), _ ("Minutes"),
           _ ("0: without a time limit"), form->minutes);
  gtk_box_append (GTK_BOX (box), group);
  gtk_box_append (GTK_BOX (box), make_labs (form));
  return box;
}

void
mos_class_bar_begin (MosClassBar *self)
{
  GtkWidget *widget = adw_message_dialog_new (
      window_of (self), _ ("Begin a Class"),
      _ ("Only the chosen labs are open until the class ends. The machines "
         "there are now stay when it is cleaned up."));
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);
  Form             *form = g_new0 (Form, 1);
  GtkWidget        *scroller;

  g_weak_ref_init (&form->class, self);
  form->switches = g_ptr_array_new ();
  scroller = mos_access_scroller_new (make_form (form), _ ("Class"), 380);
  adw_message_dialog_set_extra_child (dialog, scroller);
  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "begin",
                                    _ ("_Begin"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "begin",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (dialog, "cancel");
  adw_message_dialog_set_default_response (dialog, "begin");
  g_object_set_data_full (G_OBJECT (dialog), "form", form, form_free);
  g_signal_connect (dialog, "response", G_CALLBACK (begin_cb), form);
  gtk_window_present (GTK_WINDOW (dialog));
}

void
mos_class_bar_end (MosClassBar *self)
{
  g_autoptr (GError) error = NULL;

  if (!mos_class_end (&error))
    fail (self, error);
  look (self);
}

/* -- exporting ----------------------------------------------------------- */

static void
save_cb (GtkWidget *widget, const char *path, gpointer data)
{
  const char      *learner = data;
  g_autofree char *text = g_str_has_suffix (path, ".csv")
                              ? mos_progress_export_csv (learner)
                              : mos_progress_export (learner);
  g_autofree char *said = g_strdup_printf (_ ("Your progress is in %s"), path);
  g_autoptr (GError) error = NULL;

  if (g_file_set_contents (path, text, -1, &error))
    mos_report_event (widget, said);
  else
    fail (MOS_CLASS_BAR (widget), error);
}

static void
export_cb (AdwMessageDialog *dialog, const char *response, MosClassBar *self)
{
  GtkWidget *entry = g_object_get_data (G_OBJECT (dialog), "name");
  char      *learner;

  if (g_str_equal (response, "cancel"))
    return;
  learner = g_strdup (gtk_editable_get_text (GTK_EDITABLE (entry)));
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){ .title = _ ("Save Progress"),
                                      .name = g_str_equal (response, "csv")
                                                  ? "progress.csv"
                                                  : "progress.json",
                                      .func = save_cb,
                                      .data = learner,
                                      .free_data = g_free });
}

void
mos_class_bar_export (MosClassBar *self)
{
  GtkWidget *widget = adw_message_dialog_new (
      window_of (self), _ ("Export Progress"),
      _ ("A file for your teacher: what you did in the labs, without your "
         "notes. It is signed with this name."));
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);
  GtkWidget        *group = adw_preferences_group_new ();
  GtkWidget        *entry = adw_entry_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (entry), _ ("Your name"));
  gtk_editable_set_text (GTK_EDITABLE (entry), g_get_real_name ());
  mos_access_name (entry, _ ("Your name"));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), entry);
  adw_message_dialog_set_extra_child (dialog, group);
  adw_message_dialog_add_responses (dialog, "cancel", _ ("_Cancel"), "csv",
                                    _ ("Save as _Table…"), "json", _ ("_Save…"),
                                    NULL);
  adw_message_dialog_set_response_appearance (dialog, "json",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_close_response (dialog, "cancel");
  adw_message_dialog_set_default_response (dialog, "json");
  g_object_set_data (G_OBJECT (dialog), "name", entry);
  g_signal_connect_object (dialog, "response", G_CALLBACK (export_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* -- the widget ---------------------------------------------------------- */

const MosClass *
mos_class_bar_get (MosClassBar *self)
{
  g_return_val_if_fail (MOS_IS_CLASS_BAR (self), NULL);

  return self->class;
}

const char *
mos_class_bar_get_mistake (MosClassBar *self)
{
  g_return_val_if_fail (MOS_IS_CLASS_BAR (self), NULL);

  return self->mistake;
}

/* It is hidden without a class, so its parent says when to look. */
static void
shown_cb (MosClassBar *self, GtkWidget *parent)
{
  look (self);
  if (self->source == 0)
    self->source = g_timeout_add_seconds (LOOK_S, look_cb, self);
}

static void
hidden_cb (MosClassBar *self, GtkWidget *parent)
{
  g_clear_handle_id (&self->source, g_source_remove);
}

static void
parent_cb (MosClassBar *self, GParamSpec *pspec, gpointer user_data)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (self));

  if (parent == NULL)
    return;
  g_signal_connect_object (parent, "map", G_CALLBACK (shown_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (parent, "unmap", G_CALLBACK (hidden_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
mos_class_bar_dispose (GObject *object)
{
  MosClassBar *self = MOS_CLASS_BAR (object);

  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_pointer (&self->class, mos_class_free);
  g_clear_pointer (&self->mistake, g_free);
  g_clear_pointer (&self->text, g_free);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_class_bar_parent_class)->dispose (object);
}

static void
mos_class_bar_class_init (MosClassBarClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_class_bar_dispose;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class,
                                        GTK_ACCESSIBLE_ROLE_STATUS);
  signals[CHANGED] =
      g_signal_new ("changed", MOS_TYPE_CLASS_BAR, G_SIGNAL_RUN_LAST, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 0);
}

static GtkWidget *
make_label (GtkWidget *box, const char *style)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_widget_add_css_class (label, style);
  gtk_box_append (GTK_BOX (box), label);
  return label;
}

static void
mos_class_bar_init (MosClassBar *self)
{
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 3);
  gtk_widget_add_css_class (self->box, "class-bar");
  self->title = make_label (self->box, "heading");
  self->time = make_label (self->box, "numeric");
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  g_signal_connect (self, "notify::parent", G_CALLBACK (parent_cb), NULL);
}

GtkWidget *
mos_class_bar_new (MosHypervisor *hypervisor)
{
  MosClassBar *self;

  g_return_val_if_fail (MOS_IS_HYPERVISOR (hypervisor), NULL);

  self = g_object_new (MOS_TYPE_CLASS_BAR, NULL);
  self->hypervisor = g_object_ref (hypervisor);
  return GTK_WIDGET (self);
}
