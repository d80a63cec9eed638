/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the window can do. Verbs on the chosen machine are rows of a table;
 * whether one is possible now, and why not, the engine says. Main thread.
 */
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/actions.h"
#include "app/detached.h"
#include "app/library-model.h"
#include "app/machine-row.h"
#include "app/machine-settings.h"
#include "app/new-machine.h"
#include "app/report.h"
#include "app/window-private.h"
#include "display/display.h"

const char *const mos_window_verbs[3] = { "start", "pause", "stop" };

/* -- verbs --------------------------------------------------------------- */

typedef struct {
  const char *name;
  const char *title;
  MosVmAction action;
  MosOperation *(*run) (MosVm *vm);
} Verb;

static const Verb verbs[] = {
  { "start", N_ ("Start"), MOS_VM_ACTION_START, mos_vm_start },
  { "pause", N_ ("Pause"), MOS_VM_ACTION_PAUSE, mos_vm_pause },
  { "stop", N_ ("Shut Down"), MOS_VM_ACTION_STOP, mos_vm_stop },
  { "force-stop", N_ ("Switch Off at Once"), MOS_VM_ACTION_FORCE_STOP,
    mos_vm_force_stop },
  { "reset", N_ ("Reset"), MOS_VM_ACTION_RESET, mos_vm_reset },
};

static const Verb resume_verb = { "start", N_ ("Resume"), MOS_VM_ACTION_RESUME,
                                  mos_vm_resume };

/* The row for @name; "start" resumes a machine that is paused. */
static const Verb *
find_verb (MosVm *vm, const char *name)
{
  const Verb *found = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name))
      found = &verbs[i];
  if (found == verbs && vm != NULL && mos_vm_get_state (vm) == MOS_VM_PAUSED)
    return &resume_verb;
  return found;
}

static const char *
why_not (MosWindow *self, MosVmAction action)
{
  if (self->vm == NULL)
    return mos_reason_text (MOS_REASON_NO_MACHINE);
  return mos_vm_why_not (self->vm, action);
}

/* What an action that is no verb needs of the machine. */
static const struct {
  const char *name;
  MosVmAction action;
} needs[] = {
  { "delete", MOS_VM_ACTION_DELETE },
  { "export", MOS_VM_ACTION_EXPORT },
  { "screenshot", MOS_VM_ACTION_PICTURE },
};

const char *
mos_window_why_not (MosWindow *self, const char *action)
{
  const Verb *verb = find_verb (self->vm, action);

  if (verb != NULL)
    return why_not (self, verb->action);
  for (guint i = 0; i < G_N_ELEMENTS (needs); i++)
    if (g_str_equal (needs[i].name, action))
      return why_not (self, needs[i].action);
  if (g_str_equal (action, "undo-delete"))
    return mos_reason_unless (mos_deletions_any (self->deletions),
                              MOS_REASON_NO_DELETION);
  return mos_reason_unless (self->vm != NULL, MOS_REASON_NO_MACHINE);
}

static void
verb_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow  *self = user_data;
  const Verb *verb =
      find_verb (self->vm, g_action_get_name (G_ACTION (action)));

  if (self->vm == NULL || verb == NULL)
    return;
  mos_report_operation (GTK_WIDGET (self), verb->run (self->vm));
  if (verb->run == mos_vm_start || verb->run == mos_vm_resume)
    mos_console_focus_screen (mos_window_get_console (self));
}

static void
enable (MosWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
mos_window_update_actions (MosWindow *self)
{
  static const char *const others[] = { "delete",    "undo-delete", "rename",
                                        "clone",     "settings",    "viewer",
                                        "group",     "new-group",   "export",
                                        "screenshot" };
  gboolean                 any = self->vm != NULL;

  gtk_widget_set_visible (self->machine_menu, any);
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++) {
    const Verb *verb = find_verb (self->vm, verbs[i].name);

    enable (self, verb->name, why_not (self, verb->action) == NULL);
  }
  for (guint i = 0; i < G_N_ELEMENTS (mos_window_verbs); i++) {
    const Verb *verb = find_verb (self->vm, mos_window_verbs[i]);

    mos_access_reason (self->verb_buttons[i], _ (verb->title),
                       why_not (self, verb->action));
    gtk_widget_set_visible (self->verb_buttons[i], any);
  }
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    enable (self, others[i], mos_window_why_not (self, others[i]) == NULL);
  g_action_group_change_action_state (
      G_ACTION_GROUP (self), "group",
      g_variant_new_string (any ? mos_library_group_of (self->vm) : ""));
}

/* -- the machine in the list --------------------------------------------- */

static void
delete_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  if (self->vm != NULL)
    mos_deletions_add (self->deletions, self->vm);
}

static void
undo_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mos_deletions_undo (MOS_WINDOW (user_data)->deletions);
}

static void
rename_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow     *self = user_data;
  GtkListBoxRow *row = mos_window_find_row (self, self->vm);

  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
  if (row != NULL)
    mos_machine_row_rename (MOS_MACHINE_ROW (row));
}

/* The state is the group of the chosen machine. */
static void
group_state_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  g_simple_action_set_state (action, state);
}

static void
group_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;
  g_autoptr (GError) error = NULL;

  if (self->vm != NULL &&
      !mos_machine_row_move (self->vm, g_variant_get_string (parameter, NULL),
                             &error))
    mos_report_error (GTK_WIDGET (self), mos_vm_get_log (self->vm), error);
}

static void
new_group_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow     *self = user_data;
  GtkListBoxRow *row;

  if (self->vm == NULL)
    return;
  mos_window_select (self, self->vm);
  row = mos_window_find_row (self, self->vm);
  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
  if (row != NULL)
    mos_machine_row_new_group (MOS_MACHINE_ROW (row));
}

static void
export_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mos_window_export (user_data);
}

static void
settings_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  if (self->vm != NULL)
    gtk_window_present (GTK_WINDOW (mos_machine_settings_new (
        GTK_WINDOW (self), self->hypervisor, self->vm)));
}

static void
clone_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  MosVm           *vm = NULL;

  if (self->vm == NULL)
    return;
  config = mos_vm_config_copy (mos_vm_get_config (self->vm));
  name = mos_free_machine_name (self->hypervisor, mos_vm_get_name (self->vm));
  if (mos_vm_config_set_string (config, "name", name, &error))
    vm = mos_hypervisor_create_vm (self->hypervisor, config, &error);
  if (vm != NULL)
    mos_window_select (self, vm);
  else
    mos_report_error (GTK_WIDGET (self),
                      mos_hypervisor_get_log (self->hypervisor), error);
}

/* -- the window ---------------------------------------------------------- */

static void
new_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mos_window_new_machine (user_data, NULL);
}

static void
open_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  mos_window_choose_file (user_data);
}

static void
search_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
  gtk_widget_set_visible (self->sidebar, TRUE);
  gtk_search_bar_set_search_mode (GTK_SEARCH_BAR (self->search_bar), TRUE);
  gtk_widget_grab_focus (self->search);
}

static void
learn_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;
  AdwFlap   *flap = ADW_FLAP (self->flap);

  adw_flap_set_reveal_flap (flap, !adw_flap_get_reveal_flap (flap));
}

static void
reset_class_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  mos_tutor_reset_all (self->tutor);
}

/* Opens the lab with that id. */
static void
lab_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  if (mos_tutor_open (self->tutor, g_variant_get_string (parameter, NULL)))
    adw_flap_set_reveal_flap (ADW_FLAP (self->flap), TRUE);
}

static void
sidebar_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow  *self = user_data;
  AdwLeaflet *leaflet = ADW_LEAFLET (self->leaflet);
  gboolean    visible = gtk_widget_get_visible (self->sidebar);

  if (!adw_leaflet_get_folded (leaflet)) {
    gtk_widget_set_visible (self->sidebar, !visible);
    return;
  }
  gtk_widget_set_visible (self->sidebar, TRUE);
  adw_leaflet_set_visible_child (
      leaflet, adw_leaflet_get_visible_child (leaflet) == self->sidebar
                   ? self->content
                   : self->sidebar);
}

static void
back_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  adw_leaflet_navigate (ADW_LEAFLET (MOS_WINDOW (user_data)->leaflet),
                        ADW_NAVIGATION_DIRECTION_BACK);
}

static void
menu_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  adw_leaflet_set_visible_child (ADW_LEAFLET (self->leaflet), self->sidebar);
  gtk_widget_set_visible (self->sidebar, TRUE);
  gtk_menu_button_popup (GTK_MENU_BUTTON (self->menu_button));
}

static void
page_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  mos_window_show_page (self, g_variant_get_string (parameter, NULL));
}

/* Only mos_window_show_page() asks for it. */
static void
page_state_cb (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  g_simple_action_set_state (action, state);
}

static void
fullscreen_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkWindow *window = user_data;

  if (gtk_window_is_fullscreen (window)) {
    gtk_window_unfullscreen (window);
  } else {
    mos_window_show_page (MOS_WINDOW (window), "console");
    gtk_window_fullscreen (window);
  }
}

/* The projector is the last monitor. */
static void
viewer_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;
  gboolean   full = g_variant_get_boolean (parameter);

  if (self->vm != NULL)
    mos_detached_show (GTK_WIDGET (self), self->vm,
                       full ? (int) mos_viewer_count_monitors () - 1 : -1);
}

/* Presenting: on, off, and its blank screen. */
static void
presenter_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;
  gboolean   on = !mos_presenter_get_active (self->presenter);

  mos_presenter_set_active (self->presenter, on);
  g_simple_action_set_state (action, g_variant_new_boolean (on));
}

static void
blank_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  mos_presenter_set_blank (self->presenter,
                           !mos_presenter_get_blank (self->presenter));
}

static void
screenshot_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow *self = user_data;

  mos_console_save_picture (mos_window_get_console (self));
}

static void
shortcuts_cb (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MosWindow          *self = user_data;
  guint               host = g_settings_get_uint (self->settings, "host-key");
  const char         *name = mos_keymap_name (host);
  GtkShortcutsWindow *window =
      mos_actions_shortcuts_window (name != NULL ? name : "");

  gtk_window_set_transient_for (GTK_WINDOW (window), GTK_WINDOW (self));
  gtk_window_set_title (GTK_WINDOW (window), _ ("Keyboard Shortcuts"));
  mos_access_name (GTK_WIDGET (window), _ ("Keyboard Shortcuts"));
  mos_access_sweep (GTK_WIDGET (window));
  gtk_window_present (GTK_WINDOW (window));
}

void
mos_window_add_actions (MosWindow *self)
{
  static const GActionEntry entries[] = {
    { .name = "new-machine", .activate = new_cb },
    { .name = "open", .activate = open_cb },
    { .name = "search", .activate = search_cb },
    { .name = "sidebar", .activate = sidebar_cb },
    { .name = "learn", .activate = learn_cb },
    { .name = "reset-class", .activate = reset_class_cb },
    { .name = "lab", .activate = lab_cb, .parameter_type = "s" },
    { .name = "back", .activate = back_cb },
    { .name = "menu", .activate = menu_cb },
    { .name = "page",
      .activate = page_cb,
      .parameter_type = "s",
      .state = "'console'",
      .change_state = page_state_cb },
    { .name = "show-help-overlay", .activate = shortcuts_cb },
    { .name = "start", .activate = verb_cb },
    { .name = "pause", .activate = verb_cb },
    { .name = "stop", .activate = verb_cb },
    { .name = "force-stop", .activate = verb_cb },
    { .name = "reset", .activate = verb_cb },
    { .name = "rename", .activate = rename_cb },
    { .name = "clone", .activate = clone_cb },
    { .name = "group",
      .activate = group_cb,
      .parameter_type = "s",
      .state = "''",
      .change_state = group_state_cb },
    { .name = "new-group", .activate = new_group_cb },
    { .name = "export", .activate = export_cb },
    { .name = "settings", .activate = settings_cb },
    { .name = "delete", .activate = delete_cb },
    { .name = "undo-delete", .activate = undo_cb },
    { .name = "fullscreen", .activate = fullscreen_cb },
    { .name = "screenshot", .activate = screenshot_cb },
    { .name = "presenter", .activate = presenter_cb, .state = "false" },
    { .name = "blank", .activate = blank_cb },
    { .name = "viewer", .activate = viewer_cb, .parameter_type = "b" },
  };
  g_autoptr (GAction) scaling =
      g_settings_create_action (self->settings, "scaling");

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries,
                                   G_N_ELEMENTS (entries), self);
  g_action_map_add_action (G_ACTION_MAP (self), scaling);
}
