/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The settings window: forms and a text, one configuration behind all. The
 * text is read after each change; while it has a mistake, the form waits and
 * the line below says what is wrong, with its line. Main thread.
 */
#include "app/machine-settings.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/nesting-card.h"
#include "app/network-settings.h"
#include "app/report.h"
#include "app/settings-form.h"

struct _MosMachineSettings {
  AdwWindow parent_instance;

  MosHypervisor *hypervisor;
  MosVm         *vm;
  MosVmConfig   *config; /* what will be saved */
  gboolean       setting;

  GtkWidget *toasts;
  GtkWidget *stack;
  GtkWidget *form; /* bins, so that what is in them can be made anew */
  GtkWidget *network;
  GtkWidget *text;
  GtkWidget *nesting; /* the card */
  GtkWidget *problem;
  GtkWidget *save;
};

G_DEFINE_FINAL_TYPE (MosMachineSettings, mos_machine_settings, ADW_TYPE_WINDOW)

/* -- mistakes ------------------------------------------------------------ */

static void
show_problem (MosMachineSettings *self, const char *message)
{
  gtk_label_set_label (GTK_LABEL (self->problem), message);
  gtk_widget_set_visible (self->problem, message != NULL);
  mos_access_allow (self->save, _ ("Save"), message);
}

/* A wrong value was refused and is not in the configuration; what is there
 * may still break a rule over several keys. */
static void
check (MosMachineSettings *self, const GError *error)
{
  g_autoptr (GError) rule = NULL;

  if (error == NULL && !mos_vm_config_validate (self->config, FALSE, &rule))
    error = rule;
  show_problem (self, error != NULL ? error->message : NULL);
  mos_nesting_card_update (self->nesting, self->hypervisor, self->config);
}

/* -- the two views ------------------------------------------------------- */

static void
form_changed_cb (gpointer user_data, const GError *error)
{
  MosMachineSettings *self = user_data;
  g_autofree char    *toml = mos_vm_config_to_toml (self->config);

  self->setting = TRUE;
  gtk_text_buffer_set_text (
      gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->text)), toml, -1);
  self->setting = FALSE;
  check (self, error);
}

static void
make_form (MosMachineSettings *self)
{
  adw_bin_set_child (
      ADW_BIN (self->form),
      mos_settings_form_new (self->config,
                             mos_vm_why_not (self->vm, MOS_VM_ACTION_EDIT),
                             form_changed_cb, self));
}

static void
use_soft_cb (MosMachineSettings *self)
{
  g_autoptr (GError) error = NULL;

  mos_vm_config_set_string (self->config, "cpu.accel", "soft", &error);
  make_form (self);
  form_changed_cb (self, error);
}

static void
make_network (MosMachineSettings *self)
{
  adw_bin_set_child (
      ADW_BIN (self->network),
      mos_network_settings_new (self->vm, self->config,
                                mos_vm_why_not (self->vm, MOS_VM_ACTION_EDIT),
                                form_changed_cb, self));
}

static void
text_changed_cb (GtkTextBuffer *buffer, gpointer user_data)
{
  MosMachineSettings *self = user_data;
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GtkTextIter      start, end;

  if (self->setting)
    return;
  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  config = mos_vm_config_load_data (text, -1, "machine.toml", &error);
  if (config != NULL)
    g_set_object (&self->config, config);
  check (self, error);
}

static void
switched_cb (MosMachineSettings *self)
{
  const char *name =
      adw_view_stack_get_visible_child_name (ADW_VIEW_STACK (self->stack));

  if (g_strcmp0 (name, "form") == 0)
    make_form (self);
  else if (g_strcmp0 (name, "network") == 0)
    make_network (self);
}

static void
save_cb (MosMachineSettings *self)
{
  g_autoptr (GError) error = NULL;

  /* A number that is still being typed counts. */
  gtk_window_set_focus (GTK_WINDOW (self), NULL);
  if (!gtk_widget_get_sensitive (self->save))
    return;
  if (mos_vm_set_config (self->vm, self->config, &error))
    gtk_window_close (GTK_WINDOW (self));
  else
    mos_report_error (self->toasts, mos_vm_get_log (self->vm), error);
}

/* -- building ------------------------------------------------------------ */

static GtkWidget *
make_header (MosMachineSettings *self)
{
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_ ("_Cancel"));
  GtkWidget *title = adw_view_switcher_title_new ();

  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (gtk_window_close),
                            self);
  self->save = gtk_button_new_with_mnemonic (_ ("_Save"));
  gtk_widget_add_css_class (self->save, "suggested-action");
  g_signal_connect_swapped (self->save, "clicked", G_CALLBACK (save_cb), self);
  adw_view_switcher_title_set_stack (ADW_VIEW_SWITCHER_TITLE (title),
                                     ADW_VIEW_STACK (self->stack));
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (bar), title);
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), cancel);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->save);
  return bar;
}

static GtkWidget *
make_text (MosMachineSettings *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->text = gtk_text_view_new ();
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (self->text), TRUE);
  /* Tab moves on, for who has only the keyboard. */
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->text), FALSE);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (self->text), 12);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (self->text), 12);
  gtk_text_view_set_right_margin (GTK_TEXT_VIEW (self->text), 12);
  mos_access_name (self->text, _ ("The machine's file, as TOML"));
  g_signal_connect (gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->text)),
                    "changed", G_CALLBACK (text_changed_cb), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->text);
  gtk_widget_set_vexpand (scroller, TRUE);
  return scroller;
}

static void
mos_machine_settings_dispose (GObject *object)
{
  MosMachineSettings *self = MOS_MACHINE_SETTINGS (object);

  self->setting = TRUE;
  g_clear_object (&self->config);
  g_clear_object (&self->vm);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_machine_settings_parent_class)->dispose (object);
}

static void
mos_machine_settings_class_init (MosMachineSettingsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_machine_settings_dispose;
  gtk_widget_class_add_binding_action (GTK_WIDGET_CLASS (klass), GDK_KEY_Escape,
                                       0, "window.close", NULL);
}

static void
mos_machine_settings_init (MosMachineSettings *self)
{
  GtkWidget        *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget        *header;
  AdwViewStackPage *page;

  gtk_window_set_modal (GTK_WINDOW (self), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (self), 640, 760);
  self->stack = adw_view_stack_new ();
  header = make_header (self);
  self->form = adw_bin_new ();
  page = adw_view_stack_add_titled (ADW_VIEW_STACK (self->stack), self->form,
                                    "form", _ ("Form"));
  adw_view_stack_page_set_icon_name (page, "view-list-symbolic");
  self->network = adw_bin_new ();
  page = adw_view_stack_add_titled (ADW_VIEW_STACK (self->stack), self->network,
                                    "network", _ ("Network"));
  adw_view_stack_page_set_icon_name (page, "network-wired-symbolic");
  page = adw_view_stack_add_titled (ADW_VIEW_STACK (self->stack),
                                    make_text (self), "toml", _ ("TOML"));
  adw_view_stack_page_set_icon_name (page, "text-x-generic-symbolic");
  gtk_widget_set_vexpand (self->stack, TRUE);
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->problem), 0);
  gtk_widget_add_css_class (self->problem, "error");
  gtk_widget_add_css_class (self->problem, "problem-bar");
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->stack);
  self->nesting = mos_nesting_card_new (G_CALLBACK (use_soft_cb), self);
  gtk_box_append (GTK_BOX (box), self->nesting);
  gtk_box_append (GTK_BOX (box), self->problem);
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), box);
  adw_window_set_content (ADW_WINDOW (self), self->toasts);
}

GtkWidget *
mos_machine_settings_new (GtkWindow     *parent,
                          MosHypervisor *hypervisor,
                          MosVm         *vm)
{
  MosMachineSettings *self =
      g_object_new (MOS_TYPE_MACHINE_SETTINGS, "transient-for", parent,
                    "accessible-role", GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
  g_autofree char *title =
      g_strdup_printf (_ ("Settings of “%s”"), mos_vm_get_name (vm));

  self->hypervisor = g_object_ref (hypervisor);
  self->vm = g_object_ref (vm);
  self->config = mos_vm_config_copy (mos_vm_get_config (vm));
  gtk_window_set_title (GTK_WINDOW (self), title);
  make_form (self);
  form_changed_cb (self, NULL);
  g_signal_connect_object (self->stack, "notify::visible-child",
                           G_CALLBACK (switched_cb), self, G_CONNECT_SWAPPED);
  mos_access_sweep (GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
