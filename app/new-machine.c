/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The New Machine dialog: name, template cards, size, boot medium. After
 * each change a configuration is made of it and checked as a whole, so that
 * the dialog knows no rule of its own. Main thread.
 */
#include "app/new-machine.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/file-drop.h"
#include "app/report.h"

struct _MosNewMachine {
  AdwWindow parent_instance;

  MosHypervisor *hypervisor;
  const MosTemplate *template;
  MosMedium *medium;
  gboolean   sized; /* the user chose a size */
  gboolean   setting;

  GtkWidget *toasts;
  GtkWidget *name;
  GtkWidget *cards;
  GtkWidget *vcpus;
  GtkWidget *memory;
  GtkWidget *medium_row;
  GtkWidget *no_medium;
  GtkWidget *problem;
  GtkWidget *create;
  GtkWidget *start;
};

enum {
  SIGNAL_CREATED,
  SIGNAL_OPEN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosNewMachine, mos_new_machine, ADW_TYPE_WINDOW)

char *
mos_free_machine_name (MosHypervisor *hypervisor, const char *base)
{
  char *name = g_strdup (base);

  for (guint i = 2; mos_hypervisor_find (hypervisor, name) != NULL; i++) {
    g_free (name);
    name = g_strdup_printf ("%s %u", base, i);
  }
  return name;
}

/* -- what was typed, as a configuration ---------------------------------- */

static int
spin_value (GtkWidget *spin)
{
  return gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (spin));
}

/* NULL and the first mistake; @where gets the row it was made in. */
static MosVmConfig *
make_config (MosNewMachine *self, GtkWidget **where, GError **error)
{
  const char *name = gtk_editable_get_text (GTK_EDITABLE (self->name));
  g_autoptr (MosVmConfig) config = NULL;

  *where = self->name;
  config =
      mos_vm_config_new_from_template (self->template->id, "Machine", error);
  if (config == NULL || !mos_vm_config_set_string (config, "name", name, error))
    return NULL;
  if (mos_hypervisor_find (self->hypervisor, name) != NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
                 _ ("There is a machine called “%s” already; choose another "
                    "name"),
                 name);
    return NULL;
  }
  *where = NULL;
  if (!mos_vm_config_set_int (config, "vcpu_count", spin_value (self->vcpus),
                              error) ||
      !mos_vm_config_set_int (config, "memory_mb", spin_value (self->memory),
                              error))
    return NULL;
  *where = self->medium_row;
  if (self->medium != NULL && !mos_medium_apply (self->medium, config, error))
    return NULL;
  *where = NULL;
  if (!mos_vm_config_validate (config, TRUE, error))
    return NULL;
  return g_steal_pointer (&config);
}

static void
mark (GtkWidget *row, gboolean wrong)
{
  if (wrong)
    gtk_widget_add_css_class (row, "error");
  else
    gtk_widget_remove_css_class (row, "error");
}

static void
check (MosNewMachine *self)
{
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GtkWidget  *where = NULL;
  const char *message = NULL;

  if (self->setting)
    return;
  config = make_config (self, &where, &error);
  if (config == NULL)
    message = error->message;
  gtk_label_set_label (GTK_LABEL (self->problem), message);
  gtk_widget_set_visible (self->problem, message != NULL);
  mark (self->name, config == NULL && where == self->name);
  mark (self->medium_row, config == NULL && where == self->medium_row);
  mos_access_allow (self->create, _ ("Create"), message);
  mos_access_allow (self->start, _ ("Create and Start"), message);
  mos_access_describe (self->name, where == self->name ? message : NULL);
}

static void
finish (MosNewMachine *self, gboolean start)
{
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GtkWidget *where = NULL;
  MosVm     *vm = NULL;

  /* A number that is still being typed counts. */
  gtk_window_set_focus (GTK_WINDOW (self), NULL);
  config = make_config (self, &where, &error);
  if (config != NULL)
    vm = mos_hypervisor_create_vm (self->hypervisor, config, &error);
  if (vm == NULL) {
    mos_report_error (self->toasts, mos_hypervisor_get_log (self->hypervisor),
                      error);
    return;
  }
  g_signal_emit (self, signals[SIGNAL_CREATED], 0, vm, start);
  gtk_window_close (GTK_WINDOW (self));
}

static void
create_cb (MosNewMachine *self)
{
  finish (self, FALSE);
}

static void
start_cb (MosNewMachine *self)
{
  finish (self, TRUE);
}

/* -- template ------------------------------------------------------------ */

static void
show_medium (MosNewMachine *self)
{
  AdwActionRow    *row = ADW_ACTION_ROW (self->medium_row);
  g_autofree char *text = NULL;

  if (self->medium != NULL) {
    text =
        g_strdup_printf ("%s: %s", mos_medium_kind_title (self->medium->kind),
                         self->medium->path);
  } else {
    g_autoptr (MosVmConfig) config =
        mos_vm_config_new_from_template (self->template->id, "Machine", NULL);
    const char         *guest = mos_vm_config_get_string (config, "boot.guest");
    const MosGuestInfo *info =
        guest != NULL && *guest != '\0'
            ? mos_hypervisor_find_guest (self->hypervisor, guest)
            : NULL;

    if (info != NULL)
      text = g_strdup_printf (_ ("Built-in guest: %s"), _ (info->title));
    else if (guest != NULL && *guest != '\0')
      text = g_strdup_printf (_ ("Built-in guest: %s"), guest);
    else
      text = g_strdup (_ ("Nothing yet; choose an image or a kernel"));
  }
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_action_row_set_subtitle (row, text);
  gtk_widget_set_visible (self->no_medium, self->medium != NULL);
  mos_access_describe (self->medium_row, text);
}

static void
set_template (MosNewMachine *self, const MosTemplate *template)
{
  self->template = template;
  if (!self->sized) {
    self->setting = TRUE;
    gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->vcpus), template->vcpus);
    gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->memory),
                               (double) template->memory_mb);
    self->setting = FALSE;
  }
  show_medium (self);
  check (self);
}

static void
card_cb (GtkToggleButton *card, gpointer user_data)
{
  if (gtk_toggle_button_get_active (card))
    set_template (user_data, g_object_get_data (G_OBJECT (card), "template"));
}

/* What a tile shows: a picture, a title and a sentence. */
static void
fill_card (GtkWidget  *card,
           const char *icon,
           const char *title_text,
           const char *sentence)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *title = gtk_label_new (title_text);
  GtkWidget *text = gtk_label_new (sentence);

  gtk_box_append (GTK_BOX (box), gtk_image_new_from_icon_name (icon));
  gtk_widget_add_css_class (title, "heading");
  gtk_box_append (GTK_BOX (box), title);
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_justify (GTK_LABEL (text), GTK_JUSTIFY_CENTER);
  gtk_label_set_max_width_chars (GTK_LABEL (text), 22);
  gtk_label_set_width_chars (GTK_LABEL (text), 16);
  gtk_widget_add_css_class (text, "caption");
  gtk_widget_add_css_class (text, "dim-label");
  gtk_box_append (GTK_BOX (box), text);
  gtk_button_set_child (GTK_BUTTON (card), box);
  gtk_widget_add_css_class (card, "card");
  gtk_widget_add_css_class (card, "template");
  gtk_widget_set_hexpand (card, TRUE);
  mos_access_name (card, title_text);
  mos_access_describe (card, sentence);
}

static GtkWidget *
make_card (MosNewMachine *self, const MosTemplate *template)
{
  static const struct {
    const char *id;
    const char *icon;
  } icons[] = {
    { "minimal", "media-floppy-symbolic" },
    { "educational", "accessories-dictionary-symbolic" },
    { "nested", "view-dual-symbolic" },
    { "linux", "media-optical-symbolic" },
  };
  GtkWidget  *card = gtk_toggle_button_new ();
  const char *icon = "computer-symbolic";

  for (guint i = 0; i < G_N_ELEMENTS (icons); i++)
    if (g_str_equal (icons[i].id, template->id))
      icon = icons[i].icon;
  fill_card (card, icon, _ (template->title), _ (template->description));
  g_object_set_data (G_OBJECT (card), "template", (gpointer) template);
  g_signal_connect (card, "toggled", G_CALLBACK (card_cb), self);
  return card;
}

static GtkWidget *
make_cards (MosNewMachine *self)
{
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *first = NULL;
  int        n = 0;

  gtk_grid_set_row_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_column_spacing (GTK_GRID (grid), 12);
  gtk_grid_set_column_homogeneous (GTK_GRID (grid), TRUE);
  gtk_grid_set_row_homogeneous (GTK_GRID (grid), TRUE);
  for (const MosTemplate *at = mos_templates; at->id != NULL; at++, n++) {
    GtkWidget *card = make_card (self, at);

    if (first == NULL)
      first = card;
    else
      gtk_toggle_button_set_group (GTK_TOGGLE_BUTTON (card),
                                   GTK_TOGGLE_BUTTON (first));
    gtk_grid_attach (GTK_GRID (grid), card, n % 2, n / 2, 1, 1);
  }
  self->cards = first;
  return grid;
}

/* -- medium -------------------------------------------------------------- */

void
mos_new_machine_set_medium (MosNewMachine *self, MosMedium *medium)
{
  g_return_if_fail (MOS_IS_NEW_MACHINE (self));

  mos_medium_free (self->medium);
  self->medium = medium;
  show_medium (self);
  check (self);
}

static void
no_medium_cb (MosNewMachine *self)
{
  mos_new_machine_set_medium (self, NULL);
}

static void
probed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MosNewMachine) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (MosMedium) medium = mos_medium_probe_finish (result, &error);

  /* A whole machine needs nothing of what was typed here. */
  if (medium != NULL && (medium->kind == MOS_MEDIUM_MACHINE ||
                         medium->kind == MOS_MEDIUM_APPLIANCE)) {
    g_signal_emit (self, signals[SIGNAL_OPEN], 0, medium->path);
    gtk_window_close (GTK_WINDOW (self));
    return;
  }
  if (error != NULL)
    mos_report_error (self->toasts, mos_hypervisor_get_log (self->hypervisor),
                      error);
  else
    mos_new_machine_set_medium (self, g_steal_pointer (&medium));
}

static void
probe (MosNewMachine *self, GFile *file)
{
  mos_medium_probe_async (file, NULL, probed_cb, g_object_ref (self));
}

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  probe (MOS_NEW_MACHINE (widget), file);
}

static void
choose (MosNewMachine *self, const char *title)
{
  mos_chooser_ask (GTK_WIDGET (self),
                   &(MosChooserSpec){ .title = title, .func = chosen_cb });
}

static void
choose_cb (MosNewMachine *self)
{
  choose (self, _ ("Choose a Boot Medium"));
}

static void
import_cb (MosNewMachine *self)
{
  choose (self, _ ("Import a Machine"));
}

static gboolean
dropped_cb (gpointer user_data, GSList *files)
{
  probe (user_data, files->data);
  return TRUE;
}

/* -- building ------------------------------------------------------------ */

static void
sized_cb (MosNewMachine *self)
{
  if (self->setting)
    return;
  self->sized = TRUE;
  check (self);
}

static GtkWidget *
add_number (MosNewMachine       *self,
            AdwPreferencesGroup *group,
            const char          *key,
            double               step)
{
  const MosKeyInfo *info = mos_config_schema_find (key);
  GtkWidget        *row = adw_action_row_new ();
  GtkWidget        *spin = gtk_spin_button_new_with_range (
             (double) info->minimum, (double) info->maximum, step);
  g_autofree char *title = NULL;

  if (info->unit != NULL)
    title = g_strdup_printf ("%s (%s)", _ (info->title), info->unit);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row),
                                 title != NULL ? title : _ (info->title));
  gtk_widget_set_valign (spin, GTK_ALIGN_CENTER);
  mos_access_name (spin, title != NULL ? title : _ (info->title));
  mos_access_describe (spin, _ (info->help));
  gtk_widget_set_tooltip_text (spin, _ (info->help));
  g_signal_connect_swapped (spin, "value-changed", G_CALLBACK (sized_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), spin);
  gtk_widget_set_focusable (row, FALSE);
  adw_preferences_group_add (group, row);
  return spin;
}

static void
add_medium_row (MosNewMachine *self, AdwPreferencesGroup *group)
{
  GtkWidget *choose = gtk_button_new_with_mnemonic (_ ("C_hoose…"));

  self->medium_row = adw_action_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->medium_row),
                                 _ ("Starts from"));
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (self->medium_row), 3);
  gtk_widget_set_focusable (self->medium_row, FALSE);
  self->no_medium = gtk_button_new_from_icon_name ("edit-clear-symbolic");
  mos_access_icon_button (self->no_medium, _ ("Take the Medium Out"));
  gtk_widget_add_css_class (self->no_medium, "flat");
  gtk_widget_set_valign (self->no_medium, GTK_ALIGN_CENTER);
  g_signal_connect_swapped (self->no_medium, "clicked",
                            G_CALLBACK (no_medium_cb), self);
  gtk_widget_set_valign (choose, GTK_ALIGN_CENTER);
  mos_access_name (choose, _ ("Choose a Boot Medium"));
  g_signal_connect_swapped (choose, "clicked", G_CALLBACK (choose_cb), self);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->medium_row),
                             self->no_medium);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self->medium_row), choose);
  adw_preferences_group_add (group, self->medium_row);
}

static AdwPreferencesGroup *
add_group (GtkWidget *page, const char *title, const char *description)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (group),
                                         description);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page),
                            ADW_PREFERENCES_GROUP (group));
  return ADW_PREFERENCES_GROUP (group);
}

/* Beside the templates: a machine that is there already. */
static GtkWidget *
make_import (MosNewMachine *self)
{
  GtkWidget *import = gtk_button_new_with_label (_ ("Import…"));

  gtk_widget_set_valign (import, GTK_ALIGN_CENTER);
  mos_access_name (import, _ ("Import…"));
  gtk_widget_set_tooltip_text (
      import, _ ("An appliance (.ova, .ovf) or an exported machine (.toml)"));
  g_signal_connect_swapped (import, "clicked", G_CALLBACK (import_cb), self);
  return import;
}

static GtkWidget *
make_page (MosNewMachine *self)
{
  GtkWidget           *page = adw_preferences_page_new ();
  AdwPreferencesGroup *group = add_group (page, NULL, NULL);

  self->name = adw_entry_row_new ();
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->name), _ ("Name"));
  adw_entry_row_set_activates_default (ADW_ENTRY_ROW (self->name), TRUE);
  g_signal_connect_swapped (self->name, "changed", G_CALLBACK (check), self);
  mos_access_name (self->name, _ ("Name"));
  adw_preferences_group_add (group, self->name);
  self->problem = gtk_label_new (NULL);
  gtk_label_set_wrap (GTK_LABEL (self->problem), TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->problem), 0);
  gtk_widget_add_css_class (self->problem, "error");
  gtk_widget_add_css_class (self->problem, "problem");
  adw_preferences_group_add (group, self->problem);

  group = add_group (page, _ ("Template"), NULL);
  adw_preferences_group_set_header_suffix (group, make_import (self));
  adw_preferences_group_add (group, make_cards (self));

  group = add_group (page, _ ("Hardware"), NULL);
  self->vcpus = add_number (self, group, "vcpu_count", 1);
  self->memory = add_number (self, group, "memory_mb", 64);

  group = add_group (page, _ ("Boot Medium"),
                     _ ("An image or a kernel; you can drop the file here"));
  add_medium_row (self, group);
  return page;
}

static GtkWidget *
make_header (MosNewMachine *self)
{
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *cancel = gtk_button_new_with_mnemonic (_ ("_Cancel"));

  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  adw_header_bar_set_show_start_title_buttons (ADW_HEADER_BAR (bar), FALSE);
  mos_access_name (cancel, _ ("Cancel"));
  g_signal_connect_swapped (cancel, "clicked", G_CALLBACK (gtk_window_close),
                            self);
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), cancel);
  self->start = gtk_button_new_with_mnemonic (_ ("Create and _Start"));
  gtk_widget_add_css_class (self->start, "suggested-action");
  g_signal_connect_swapped (self->start, "clicked", G_CALLBACK (start_cb),
                            self);
  self->create = gtk_button_new_with_mnemonic (_ ("C_reate"));
  g_signal_connect_swapped (self->create, "clicked", G_CALLBACK (create_cb),
                            self);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->start);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->create);
  return bar;
}

static void
mos_new_machine_dispose (GObject *object)
{
  MosNewMachine *self = MOS_NEW_MACHINE (object);

  self->setting = TRUE;
  g_clear_pointer (&self->medium, mos_medium_free);
  g_clear_object (&self->hypervisor);
  G_OBJECT_CLASS (mos_new_machine_parent_class)->dispose (object);
}

static void
mos_new_machine_class_init (MosNewMachineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_new_machine_dispose;
  signals[SIGNAL_CREATED] = g_signal_new (
      "created", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 2, MOS_TYPE_VM, G_TYPE_BOOLEAN);
  signals[SIGNAL_OPEN] =
      g_signal_new ("open", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0,
                                       "window.close", NULL);
}

static void
mos_new_machine_init (MosNewMachine *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *page;

  self->setting = TRUE;
  gtk_window_set_title (GTK_WINDOW (self), _ ("New Machine"));
  gtk_window_set_modal (GTK_WINDOW (self), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (self), 600, 780);
  gtk_box_append (GTK_BOX (box), make_header (self));
  page = make_page (self);
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), page);
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), box);
  adw_window_set_content (ADW_WINDOW (self), self->toasts);
  gtk_window_set_default_widget (GTK_WINDOW (self), self->start);
  mos_file_drop_add (GTK_WIDGET (self), dropped_cb, self);
}

GtkWidget *
mos_new_machine_new (GtkWindow *parent, MosHypervisor *hypervisor)
{
  MosNewMachine *self =
      g_object_new (MOS_TYPE_NEW_MACHINE, "transient-for", parent,
                    "accessible-role", GTK_ACCESSIBLE_ROLE_DIALOG, NULL);
  g_autofree char *name = NULL;

  self->hypervisor = g_object_ref (hypervisor);
  self->template = mos_templates;
  name = mos_free_machine_name (hypervisor, _ ("Machine"));
  gtk_editable_set_text (GTK_EDITABLE (self->name), name);
  self->setting = FALSE;
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->cards), TRUE);
  gtk_widget_grab_focus (self->name);
  mos_access_sweep (GTK_WIDGET (self));
  return GTK_WIDGET (self);
}
