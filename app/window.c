/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The main window: which machines are listed, which one is chosen, what is
 * remembered, and closing. Main thread.
 */
#include "app/window.h"

#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/actions.h"
#include "app/group-row.h"
#include "app/machine-row.h"
#include "app/presence.h"
#include "app/window-private.h"

G_DEFINE_FINAL_TYPE (MosWindow, mos_window, ADW_TYPE_APPLICATION_WINDOW)

/* -- which machines are listed ------------------------------------------- */

static gboolean
filter_cb (gpointer item, gpointer user_data)
{
  MosWindow       *self = user_data;
  const char      *text = gtk_editable_get_text (GTK_EDITABLE (self->search));
  g_autofree char *needle = g_utf8_casefold (text, -1);
  g_autofree char *name = g_utf8_casefold (mos_vm_get_name (item), -1);

  return !mos_deletions_contains (self->deletions, item) &&
         g_strstr_len (name, -1, needle) != NULL;
}

static void
refilter (MosWindow *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->search));

  gtk_filter_changed (self->filter, GTK_FILTER_CHANGE_DIFFERENT);
  mos_library_model_set_open (self->library, *text != '\0');
  mos_window_update (self);
}

/* Whether there is any machine that is not on its way out. */
static gboolean
has_machines (MosWindow *self)
{
  GListModel *all = G_LIST_MODEL (self->hypervisor);

  for (guint i = 0; i < g_list_model_get_n_items (all); i++) {
    g_autoptr (MosVm) vm = g_list_model_get_item (all, i);

    if (!mos_deletions_contains (self->deletions, vm))
      return TRUE;
  }
  return FALSE;
}

static GtkWidget *
make_row_cb (gpointer item, gpointer user_data)
{
  return MOS_IS_GROUP (item) ? mos_group_row_new (item)
                             : mos_machine_row_new (item);
}

/* -- which one is chosen ------------------------------------------------- */

static void
vm_cb (MosWindow *self)
{
  const char *name = _ ("MultiOS Lab");
  const char *state = "";

  if (self->lab_page != NULL) {
    name = _ (self->lab_page->title);
  } else if (self->vm != NULL) {
    name = mos_vm_get_name (self->vm);
    state = mos_vm_state_title (mos_vm_get_state (self->vm));
  }
  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title), name);
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), state);
  mos_window_update_actions (self);
}

static void
set_vm (MosWindow *self, MosVm *vm)
{
  if (self->vm == vm)
    return;
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  mos_page_stack_set_vm (MOS_PAGE_STACK (self->pages), vm);
  mos_operation_bar_set_vm (MOS_OPERATION_BAR (self->operation_bar), vm);
  if (vm != NULL) {
    g_settings_set_string (self->settings, "last-machine",
                           mos_vm_get_uuid (vm));
    g_signal_connect_swapped (vm, "notify", G_CALLBACK (vm_cb), self);
  }
  vm_cb (self);
}

static void
choose (MosWindow *self, GtkListBoxRow *row)
{
  set_vm (self, mos_machine_row_get_vm (MOS_MACHINE_ROW (row)));
  if (self->lab_page != NULL)
    mos_window_show_page (
        self, mos_page_stack_get_shown (MOS_PAGE_STACK (self->pages)));
}

/* In a wide window both are visible, and the focus stays where it is. */
static void
show_content (MosWindow *self)
{
  AdwLeaflet *leaflet = ADW_LEAFLET (self->leaflet);

  if (adw_leaflet_get_folded (leaflet))
    adw_leaflet_set_visible_child (leaflet, self->content);
}

static void
activated_cb (GtkListBox *list, GtkListBoxRow *row, gpointer user_data)
{
  if (MOS_IS_GROUP_ROW (row)) {
    mos_group_row_toggle (MOS_GROUP_ROW (row));
    return;
  }
  choose (user_data, row);
  mos_window_update (user_data);
  show_content (user_data);
}

MosVm *
mos_window_get_vm (MosWindow *self)
{
  g_return_val_if_fail (MOS_IS_WINDOW (self), NULL);

  return self->vm;
}

/* The first row of a machine for which @vm is NULL or the one. */
static GtkListBoxRow *
find_row (MosWindow *self, MosVm *vm)
{
  GtkListBoxRow *row;

  for (int i = 0;
       (row = gtk_list_box_get_row_at_index (GTK_LIST_BOX (self->list), i)) !=
       NULL;
       i++)
    if (MOS_IS_MACHINE_ROW (row) &&
        (vm == NULL || mos_machine_row_get_vm (MOS_MACHINE_ROW (row)) == vm))
      return row;
  return NULL;
}

GtkListBoxRow *
mos_window_find_row (MosWindow *self, MosVm *vm)
{
  return vm != NULL ? find_row (self, vm) : NULL;
}

void
mos_window_select (MosWindow *self, MosVm *vm)
{
  GtkListBoxRow *row;

  g_return_if_fail (MOS_IS_WINDOW (self) && MOS_IS_VM (vm));

  mos_library_model_reveal (self->library, vm);
  row = mos_window_find_row (self, vm);
  if (row == NULL) {
    /* The search hides it. */
    gtk_search_bar_set_search_mode (GTK_SEARCH_BAR (self->search_bar), FALSE);
    refilter (self);
    row = mos_window_find_row (self, vm);
  }
  if (row != NULL)
    choose (self, row);
  mos_window_update (self);
  show_content (self);
}

void
mos_window_update (MosWindow *self)
{
  guint          shown = g_list_model_get_n_items (self->shown);
  GtkListBoxRow *row = mos_window_find_row (self, self->vm);

  gtk_stack_set_visible_child_name (GTK_STACK (self->list_stack),
                                    !has_machines (self) ? "none"
                                    : shown > 0          ? "list"
                                                         : "nothing");
  if (!has_machines (self)) {
    set_vm (self, NULL);
  } else if (self->lab_page == NULL &&
             (self->vm == NULL ||
              mos_deletions_contains (self->deletions, self->vm) ||
              mos_vm_get_state (self->vm) == MOS_VM_DELETED)) {
    row = find_row (self, NULL);
    set_vm (self, row != NULL ? mos_machine_row_get_vm (MOS_MACHINE_ROW (row))
                              : NULL);
  }
  mos_choice_list_set_chosen (GTK_LIST_BOX (self->list), row);
  gtk_stack_set_visible_child_name (GTK_STACK (self->content_stack),
                                    self->lab_page != NULL ? "lab"
                                    : has_machines (self)  ? "machine"
                                                           : "empty");
  vm_cb (self);
}

/* -- pages --------------------------------------------------------------- */

MosConsole *
mos_window_get_console (MosWindow *self)
{
  return MOS_CONSOLE (
      mos_page_stack_get_page (MOS_PAGE_STACK (self->pages), "console"));
}

static void select_last (MosWindow *self);

void
mos_window_show_page (MosWindow *self, const char *id)
{
  const MosPageInfo *info = mos_page_find (id);
  gboolean           lab;

  if (info == NULL)
    return;
  lab = info->scope == MOS_PAGE_LAB;
  mos_page_stack_show (MOS_PAGE_STACK (lab ? self->lab_pages : self->pages),
                       id);
  self->lab_page = lab ? info : NULL;
  if (lab) {
    /* What is not seen is not acted on either. */
    mos_choice_list_set_chosen (GTK_LIST_BOX (self->list), NULL);
    set_vm (self, NULL);
  } else {
    mos_page_bar_set_shown (MOS_PAGE_BAR (self->page_bar), id);
    if (self->vm == NULL)
      select_last (self);
  }
  if (self->lab_list != NULL)
    mos_page_list_set_shown (self->lab_list, lab ? id : NULL);
  g_action_group_change_action_state (G_ACTION_GROUP (self), "page",
                                      g_variant_new_string (id));
  mos_tutor_set_fact (self->tutor, "page", id);
  mos_window_update (self);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    show_content (self);
}

static void
select_last (MosWindow *self)
{
  g_autofree char *uuid =
      g_settings_get_string (self->settings, "last-machine");
  MosVm *vm =
      *uuid != '\0' ? mos_hypervisor_find (self->hypervisor, uuid) : NULL;

  if (vm != NULL)
    mos_window_select (self, vm);
  mos_window_update (self);
}

/* -- keys and the full screen -------------------------------------------- */

/* While the guest has the keyboard, all keys but the host key are its own;
 * on the full screen nothing but its picture is shown then. */
static void
captured_cb (MosWindow *self)
{
  MosConsole     *console = mos_window_get_console (self);
  gboolean        captured = mos_console_get_captured (console);
  gboolean        full = gtk_window_is_fullscreen (GTK_WINDOW (self));
  gboolean        bare = captured && full;
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  if (application != NULL)
    mos_actions_set_accels (application, !captured);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->header), !bare);
  gtk_widget_set_visible (self->notice, !bare);
  gtk_widget_set_visible (self->page_bar, !bare);
  gtk_widget_set_visible (self->sidebar, !full);
  mos_console_set_bar_visible (console, !bare);
  mos_console_set_full (console, full);
}

/* -- closing ------------------------------------------------------------- */

/* GTK keeps the size that the window had when it was not maximized. */
static void
remember_size (MosWindow *self)
{
  int width, height;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  if (width >= 360 && height >= 294) {
    g_settings_set_int (self->settings, "window-width", width);
    g_settings_set_int (self->settings, "window-height", height);
  }
  g_settings_set_boolean (self->settings, "window-maximized",
                          gtk_window_is_maximized (GTK_WINDOW (self)));
  g_settings_set_string (
      self->settings, "last-page",
      self->lab_page != NULL
          ? self->lab_page->id
          : mos_page_stack_get_shown (MOS_PAGE_STACK (self->pages)));
}

static void
close_now (MosWindow *self)
{
  self->closing = TRUE;
  gtk_window_close (GTK_WINDOW (self));
}

/* The dialog must be gone before the window it belongs to. */
static gboolean
close_later_cb (gpointer user_data)
{
  close_now (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
quit_later_cb (gpointer user_data)
{
  GtkApplication *application = gtk_window_get_application (user_data);

  close_now (user_data);
  g_application_quit (G_APPLICATION (application));
  return G_SOURCE_REMOVE;
}

/* The window goes; machines go on without it. */
static void
leave (MosWindow *self)
{
  mos_presence_announce (gtk_window_get_application (GTK_WINDOW (self)),
                         self->hypervisor);
  g_idle_add_full (G_PRIORITY_LOW, close_later_cb, g_object_ref (self),
                   g_object_unref);
}

static void
end (MosWindow *self)
{
  g_idle_add_full (G_PRIORITY_LOW, quit_later_cb, g_object_ref (self),
                   g_object_unref);
}

static void
response_cb (AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
  MosWindow *self = user_data;
  GtkWidget *remember = adw_message_dialog_get_extra_child (dialog);
  gboolean   keep = g_str_equal (response, "keep");

  if (!keep && !g_str_equal (response, "stop"))
    return;
  if (remember != NULL &&
      gtk_check_button_get_active (GTK_CHECK_BUTTON (remember)))
    g_settings_set_string (self->settings, "close-action",
                           keep ? "background" : "stop");
  if (keep)
    leave (self);
  else
    end (self);
}

/* @quit: the whole program is to end, so machines cannot keep running. */
static void
ask (MosWindow *self, guint running, gboolean quit)
{
  g_autofree char *title =
      g_strdup_printf (ngettext ("Stop %u Running Machine?",
                                 "Stop %u Running Machines?", running),
                       running);
  GtkWidget *widget = adw_message_dialog_new (
      GTK_WINDOW (self), title,
      _ ("What the guests have not saved is lost. Pausing them does not help; "
         "shut them down to be safe."));
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);

  adw_message_dialog_add_response (dialog, "cancel", _ ("_Cancel"));
  if (!quit) {
    GtkWidget *remember =
        gtk_check_button_new_with_mnemonic (_ ("_Do not ask again"));

    mos_access_name (remember, _ ("Do not ask again"));
    adw_message_dialog_set_extra_child (dialog, remember);
    adw_message_dialog_add_response (dialog, "keep", _ ("_Keep Running"));
  }
  adw_message_dialog_add_response (dialog, "stop", _ ("_Stop and Close"));
  adw_message_dialog_set_response_appearance (dialog, "stop",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (response_cb), self,
                           0);
  gtk_window_present (GTK_WINDOW (widget));
}

void
mos_window_ask_to_close (MosWindow *self)
{
  guint running;

  g_return_if_fail (MOS_IS_WINDOW (self));

  running = mos_presence_count_running (self->hypervisor);
  if (running == 0)
    end (self);
  else
    ask (self, running, TRUE);
}

static gboolean
mos_window_close_request (GtkWindow *window)
{
  MosWindow       *self = MOS_WINDOW (window);
  guint            running = mos_presence_count_running (self->hypervisor);
  g_autofree char *what =
      g_settings_get_string (self->settings, "close-action");

  if (!self->closing && running > 0) {
    if (g_str_equal (what, "background"))
      leave (self);
    else if (g_str_equal (what, "stop"))
      end (self);
    else
      ask (self, running, FALSE);
    return TRUE;
  }
  remember_size (self);
  mos_deletions_commit (self->deletions);
  return GTK_WINDOW_CLASS (mos_window_parent_class)->close_request (window);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_window_dispose (GObject *object)
{
  MosWindow *self = MOS_WINDOW (object);

  if (self->hypervisor != NULL)
    g_signal_handlers_disconnect_by_data (self->hypervisor, self);
  if (self->deletions != NULL)
    g_signal_handlers_disconnect_by_data (self->deletions, self);
  if (self->vm != NULL) {
    g_signal_handlers_disconnect_by_data (self->vm, self);
    mos_page_stack_set_vm (MOS_PAGE_STACK (self->pages), NULL);
    mos_operation_bar_set_vm (MOS_OPERATION_BAR (self->operation_bar), NULL);
  }
  g_clear_object (&self->vm);
  if (self->list != NULL) {
    gtk_list_box_bind_model (GTK_LIST_BOX (self->list), NULL, NULL, NULL, NULL);
    self->list = NULL;
  }
  g_clear_object (&self->library);
  g_clear_object (&self->shown);
  g_clear_object (&self->deletions);
  g_clear_object (&self->hypervisor);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (mos_window_parent_class)->dispose (object);
}

static void
mos_window_class_init (MosWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_window_dispose;
  GTK_WINDOW_CLASS (klass)->close_request = mos_window_close_request;
}

static void
mos_window_init (MosWindow *self)
{
  self->settings = g_settings_new ("org.multios.Lab");
}

static void
restore_size (MosWindow *self)
{
  gtk_window_set_default_size (
      GTK_WINDOW (self), g_settings_get_int (self->settings, "window-width"),
      g_settings_get_int (self->settings, "window-height"));
  if (g_settings_get_boolean (self->settings, "window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
}

static void
connect_list (MosWindow *self)
{
  GtkFilterListModel *filtered;

  self->filter = GTK_FILTER (gtk_custom_filter_new (filter_cb, self, NULL));
  filtered = gtk_filter_list_model_new (
      g_object_ref (G_LIST_MODEL (self->hypervisor)), self->filter);
  self->shown = G_LIST_MODEL (filtered);
  self->library = mos_library_model_new (self->shown, self->settings);
  gtk_list_box_bind_model (GTK_LIST_BOX (self->list),
                           G_LIST_MODEL (self->library), make_row_cb, self,
                           NULL);
  g_signal_connect (self->list, "row-activated", G_CALLBACK (activated_cb),
                    self);
  g_signal_connect_swapped (self->search, "search-changed",
                            G_CALLBACK (refilter), self);
  g_signal_connect_swapped (self->deletions, "changed", G_CALLBACK (refilter),
                            self);
  /* After the list box has followed the model. */
  g_signal_connect_data (self->hypervisor, "items-changed",
                         G_CALLBACK (mos_window_update), self, NULL,
                         G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  g_signal_connect_object (self->library, "items-changed",
                           G_CALLBACK (mos_window_update), self,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
}

/* The last machine, and the page that was shown. */
static void
restore_page (MosWindow *self)
{
  g_autofree char *id = g_settings_get_string (self->settings, "last-page");

  mos_window_show_page (self, "console");
  select_last (self);
  if (!g_str_equal (id, "console"))
    mos_window_show_page (self, id);
}

MosWindow *
mos_window_new (GtkApplication *application, MosHypervisor *hypervisor)
{
  MosWindow *self = g_object_new (MOS_TYPE_WINDOW, "application", application,
                                  "title", _ ("MultiOS Lab"), NULL);

  self->hypervisor = g_object_ref (hypervisor);
  mos_window_add_actions (self);
  mos_window_build (self);
  self->deletions = mos_deletions_new (ADW_TOAST_OVERLAY (self->toasts));
  gtk_widget_set_size_request (GTK_WIDGET (self), 360, 294);
  restore_size (self);
  mos_window_add_drop (self);
  connect_list (self);
  g_signal_connect_swapped (mos_window_get_console (self), "notify::captured",
                            G_CALLBACK (captured_cb), self);
  g_signal_connect (self, "notify::fullscreened", G_CALLBACK (captured_cb),
                    NULL);
  g_signal_connect_swapped (mos_window_get_console (self), "keys",
                            G_CALLBACK (mos_presenter_show_keys),
                            self->presenter);
  g_signal_connect_swapped (mos_window_get_console (self), "key",
                            G_CALLBACK (mos_presenter_key), self->presenter);
  restore_page (self);
  mos_access_sweep (GTK_WIDGET (self));
  return self;
}
