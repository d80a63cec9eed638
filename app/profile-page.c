/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Profile page. A profile that is being made goes on while another page is
 * shown, and ends when another machine is chosen.
 */
#include "app/profile-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/flame.h"

#define MAX_ROWS 200u

struct _MosProfilePage {
  GtkWidget parent_instance;

  MosWatch    *watch;
  MosVm       *vm;
  MosProfiler *profiler;
  char        *symbols; /* a file, or NULL */
  GPtrArray   *kept;    /* of MosProfile */

  GtkWidget *box;
  GtkWidget *type;
  GtkWidget *record;
  GtkWidget *symbols_button;
  GtkWidget *sessions;
  GtkWidget *compare;
  GtkWidget *remove;
  GtkWidget *stack; /* "empty", "profile" */
  GtkWidget *empty;
  GtkWidget *flame;
  GtkWidget *table;
  GtkWidget *status;
  gboolean   updating;
};

G_DEFINE_FINAL_TYPE (MosProfilePage, mos_profile_page, GTK_TYPE_WIDGET)

/* -- table --------------------------------------------------------------- */

static void
show_table (MosProfilePage *self, const MosProfile *profile)
{
  g_autoptr (GPtrArray) rows = mos_profile_rows (profile);
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (self->table)) != NULL)
    gtk_list_box_remove (GTK_LIST_BOX (self->table), child);
  for (guint i = 0; i < MIN (rows->len, MAX_ROWS); i++) {
    const MosProfileRow *row = rows->pdata[i];
    double               whole = (double) MAX (profile->total, 1);
    g_autofree char     *numbers = g_strdup_printf (
            _ ("%.1f %% itself, %.1f %% with what it called, %" PRIu64 " %s"),
            100.0 * (double) row->self / whole, 100.0 * (double) row->total / whole,
            row->self, _ (mos_profile_infos[profile->type].unit));
    GtkWidget *widget = adw_action_row_new ();

    adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (widget), FALSE);
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (widget), row->name);
    adw_action_row_set_subtitle (ADW_ACTION_ROW (widget), numbers);
    gtk_list_box_append (GTK_LIST_BOX (self->table), widget);
  }
}

/* -- sessions ------------------------------------------------------------ */

static const MosProfile *
selected (MosProfilePage *self, GtkWidget *list, guint first)
{
  guint at = gtk_drop_down_get_selected (GTK_DROP_DOWN (list));

  if (at == GTK_INVALID_LIST_POSITION || at < first ||
      at - first >= self->kept->len)
    return NULL;
  return self->kept->pdata[at - first];
}

static void
show_selected (MosProfilePage *self)
{
  const MosProfile *profile = selected (self, self->sessions, 0);
  const MosProfile *before = selected (self, self->compare, 1);

  if (self->updating)
    return;
  mos_access_allow (self->remove, NULL,
                    mos_reason_unless (profile != NULL, MOS_REASON_NO_PROFILE));
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    profile != NULL ? "profile" : "empty");
  if (profile != NULL && before != NULL && before->type != profile->type)
    before = NULL;
  mos_flame_set_profile (MOS_FLAME (self->flame), profile,
                         before != profile ? before : NULL);
  if (profile != NULL)
    show_table (self, profile);
}

static char *
session_title (const MosProfile *profile)
{
  g_autoptr (GDateTime) time =
      g_date_time_new_from_unix_local (profile->start_ms / 1000);
  g_autofree char *stamp = g_date_time_format (time, "%x %X");

  return g_strdup_printf (_ ("%s, %s, %.0f s, %s"), profile->name,
                          mos_profile_infos[profile->type].name,
                          profile->seconds, stamp);
}

/* What was kept of this machine, the newest first. */
static void
update_sessions (MosProfilePage *self)
{
  GtkStringList *titles = gtk_string_list_new (NULL);
  GtkStringList *others = gtk_string_list_new (NULL);

  self->updating = TRUE;
  g_ptr_array_unref (self->kept);
  self->kept = self->watch != NULL
                   ? mos_profile_list (mos_watch_get_store (self->watch))
                   : g_ptr_array_new ();
  for (guint i = self->kept->len; i > 0; i--) {
    const MosProfile *profile = self->kept->pdata[i - 1];

    if (self->vm == NULL ||
        !g_str_equal (profile->machine, mos_vm_get_uuid (self->vm)))
      g_ptr_array_remove_index (self->kept, i - 1);
  }
  gtk_string_list_append (others, _ ("Compare with nothing"));
  for (guint i = 0; i < self->kept->len; i++) {
    g_autofree char *title = session_title (self->kept->pdata[i]);

    gtk_string_list_append (titles, title);
    gtk_string_list_append (others, title);
  }
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->sessions),
                           G_LIST_MODEL (titles));
  gtk_drop_down_set_model (GTK_DROP_DOWN (self->compare),
                           G_LIST_MODEL (others));
  g_object_unref (titles);
  g_object_unref (others);
  gtk_widget_set_visible (self->sessions, self->kept->len > 0);
  gtk_widget_set_visible (self->compare, self->kept->len > 1);
  gtk_widget_set_visible (self->remove, self->kept->len > 0);
  self->updating = FALSE;
  show_selected (self);
}

static void
remove_cb (MosProfilePage *self)
{
  const MosProfile *profile = selected (self, self->sessions, 0);

  if (profile == NULL)
    return;
  mos_profile_remove (mos_watch_get_store (self->watch), profile->id);
  update_sessions (self);
}

/* -- recording ----------------------------------------------------------- */

static void
update_record (MosProfilePage *self)
{
  const char *why_not = self->profiler != NULL ? NULL
                        : self->vm != NULL
                            ? mos_vm_why_not (self->vm, MOS_VM_ACTION_PROFILE)
                            : mos_reason_text (MOS_REASON_NO_MACHINE);
  const char *title =
      self->profiler != NULL ? _ ("End the Profile") : _ ("Begin a Profile");

  gtk_button_set_icon_name (GTK_BUTTON (self->record),
                            self->profiler != NULL
                                ? "media-playback-stop-symbolic"
                                : "media-record-symbolic");
  mos_access_allow (self->record, title, why_not);
  mos_access_allow (
      self->type, _ ("What is profiled"),
      mos_reason_unless (self->profiler == NULL, MOS_REASON_PROFILING));
}

static void
stop (MosProfilePage *self)
{
  g_autoptr (MosProfile) profile = NULL;

  if (self->profiler == NULL)
    return;
  profile = mos_profiler_stop (g_steal_pointer (&self->profiler));
  mos_profile_save (mos_watch_get_store (self->watch), profile);
  gtk_label_set_label (GTK_LABEL (self->status), _ ("Kept"));
}

static void
start (MosProfilePage *self)
{
  guint       type = gtk_drop_down_get_selected (GTK_DROP_DOWN (self->type));
  MosSymbols *symbols = NULL;
  g_autoptr (GError) error = NULL;

  if (self->symbols != NULL)
    symbols = mos_symbols_load (self->symbols, &error);
  if (error == NULL)
    self->profiler =
        mos_profiler_start (self->vm, mos_vm_get_name (self->vm),
                            (MosProfileType) type, symbols, 0, &error);
  gtk_label_set_label (GTK_LABEL (self->status),
                       error != NULL ? error->message
                                     : _ ("A profile is being made"));
}

static void
record_cb (MosProfilePage *self)
{
  if (self->profiler != NULL) {
    stop (self);
    update_sessions (self);
  } else if (self->vm != NULL) {
    start (self);
  }
  update_record (self);
}

static void
state_cb (MosProfilePage *self)
{
  if (self->profiler != NULL && mos_vm_get_state (self->vm) != MOS_VM_RUNNING &&
      mos_vm_get_state (self->vm) != MOS_VM_PAUSED) {
    stop (self);
    update_sessions (self);
  }
  update_record (self);
}

static void
symbols_chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosProfilePage  *self = MOS_PROFILE_PAGE (widget);
  g_autofree char *name = g_path_get_basename (path);

  g_free (self->symbols);
  self->symbols = g_strdup (path);
  gtk_label_set_label (GTK_LABEL (self->status), name);
}

static void
symbols_cb (MosProfilePage *self)
{
  mos_chooser_ask (
      GTK_WIDGET (self),
      &(MosChooserSpec){ .title = _ ("System.map, kallsyms or ELF File"),
                         .func = symbols_chosen_cb });
}

/* -- life ---------------------------------------------------------------- */

static void
mos_profile_page_dispose (GObject *object)
{
  MosProfilePage *self = MOS_PROFILE_PAGE (object);

  if (self->watch != NULL)
    stop (self);
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->vm);
  g_clear_object (&self->watch);
  g_clear_pointer (&self->symbols, g_free);
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  G_OBJECT_CLASS (mos_profile_page_parent_class)->dispose (object);
}

static void
mos_profile_page_class_init (MosProfilePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_profile_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
add_button (MosProfilePage *self,
            GtkWidget      *bar,
            const char     *icon,
            const char     *name,
            GCallback       callback)
{
  GtkWidget *button = mos_access_icon_button_new (icon, name, callback, self);

  gtk_box_append (GTK_BOX (bar), button);
  return button;
}

static GtkWidget *
add_list (MosProfilePage *self, GtkWidget *bar, const char *name)
{
  GtkWidget *list = gtk_drop_down_new_from_strings (NULL);

  mos_access_name (list, name);
  g_signal_connect_swapped (list, "notify::selected",
                            G_CALLBACK (show_selected), self);
  gtk_box_append (GTK_BOX (bar), list);
  return list;
}

static GtkWidget *
make_toolbar (MosProfilePage *self)
{
  const char *const types[] = { _ ("Processor"), _ ("Exits"), _ ("Memory"),
                                _ ("Disks"), NULL };
  GtkWidget        *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_widget_add_css_class (bar, "toolbar");
  self->type = gtk_drop_down_new_from_strings (types);
  mos_access_name (self->type, _ ("What is profiled"));
  gtk_box_append (GTK_BOX (bar), self->type);
  self->record = add_button (self, bar, "media-record-symbolic",
                             _ ("Begin a Profile"), G_CALLBACK (record_cb));
  self->symbols_button =
      add_button (self, bar, "document-open-symbolic",
                  _ ("Names of Functions…"), G_CALLBACK (symbols_cb));
  self->status = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->status), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (self->status, TRUE);
  gtk_label_set_xalign (GTK_LABEL (self->status), 0);
  gtk_box_append (GTK_BOX (bar), self->status);
  return bar;
}

static GtkWidget *
make_session_bar (MosProfilePage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_widget_add_css_class (bar, "toolbar");
  self->sessions = add_list (self, bar, _ ("Kept profiles"));
  self->compare = add_list (self, bar, _ ("Compare with"));
  self->remove = add_button (self, bar, "user-trash-symbolic",
                             _ ("Remove This Profile"), G_CALLBACK (remove_cb));
  return bar;
}

static void
mos_profile_page_init (MosProfilePage *self)
{
  GtkWidget *content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *scroller = gtk_scrolled_window_new ();

  self->kept = g_ptr_array_new ();
  self->flame = mos_flame_new ();
  self->table = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->table),
                                   GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->table, "boxed-list");
  mos_access_name (self->table, _ ("Functions"));
  gtk_box_append (GTK_BOX (content), make_session_bar (self));
  gtk_box_append (GTK_BOX (content), self->flame);
  gtk_box_append (GTK_BOX (content), self->table);
  gtk_widget_set_margin_start (content, 12);
  gtk_widget_set_margin_end (content, 12);
  gtk_widget_set_margin_bottom (content, 12);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), content);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  mos_access_name (scroller, _ ("Profile"));

  self->empty = adw_status_page_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->empty),
                                 "system-run-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty), _ ("No Profile"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (self->empty),
      _ ("Begin one while the machine runs, and end it when you have seen "
         "enough."));
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_stack_add_named (GTK_STACK (self->stack), self->empty, "empty");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "profile");
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), make_toolbar (self));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
mos_profile_page_new (MosWatch *watch)
{
  MosProfilePage *self = g_object_new (MOS_TYPE_PROFILE_PAGE, NULL);

  if (watch != NULL)
    self->watch = g_object_ref (watch);
  update_sessions (self);
  update_record (self);
  return GTK_WIDGET (self);
}

void
mos_profile_page_set_vm (MosProfilePage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_PROFILE_PAGE (self));

  if (self->vm == vm)
    return;
  stop (self);
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  if (self->watch == NULL)
    vm = NULL;
  g_set_object (&self->vm, vm);
  if (self->vm != NULL)
    g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (state_cb), self);
  update_sessions (self);
  update_record (self);
}
