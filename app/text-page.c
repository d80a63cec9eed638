/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The text page. The screen tells when there is a new frame (on the machine's
 * I/O thread, where changed_cb() only posts); at most four times a second the
 * cells are read on a thread of the pool, and only rows that differ are
 * replaced, so a selection stays. All else is the main thread's.
 */
#include "app/text-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/text-mirror.h"

#define INTERVAL_MS 200
#define MAX_HISTORY 5000 /* rows */

/* Outlives the page while a post is under way. */
typedef struct {
  gatomicrefcount refs;
  GWeakRef        page;
  gint            posted; /* atomic */
} Mailbox;

struct _MosTextPage {
  GtkWidget parent_instance;

  GtkWidget     *box;
  GtkWidget     *stack; /* "text", "none" */
  GtkWidget     *none;
  GtkWidget     *scroller;
  GtkWidget     *view;
  GtkWidget     *search_bar;
  GtkWidget     *search;
  GtkWidget     *found;
  GtkWidget     *follow;
  GtkTextBuffer *buffer;

  MosVm           *vm;
  MosScreenViewer *viewer;
  Mailbox         *mailbox;
  MosTextMirror   *mirror;
  guint            history; /* rows in the buffer above the screen */
  guint            timeout;
  gboolean         stale;
  gboolean         reading;
  guint            generation; /* of the machine that is looked at */
};

G_DEFINE_FINAL_TYPE (MosTextPage, mos_text_page, GTK_TYPE_WIDGET)

/* -- rows into the buffer ------------------------------------------------ */

/* Replaces row @line, or appends it. */
static void
set_row (MosTextPage *self, guint line, const char *text)
{
  GtkTextBuffer   *buffer = self->buffer;
  GtkTextIter      start, end;
  g_autofree char *old = NULL;

  while (gtk_text_buffer_get_line_count (buffer) <= (int) line) {
    gtk_text_buffer_get_end_iter (buffer, &end);
    gtk_text_buffer_insert (buffer, &end, "\n", 1);
  }
  gtk_text_buffer_get_iter_at_line (buffer, &start, (int) line);
  end = start;
  if (!gtk_text_iter_ends_line (&end))
    gtk_text_iter_forward_to_line_end (&end);
  old = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  if (g_str_equal (old, text))
    return;
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, text, -1);
}

static void
forget_oldest (MosTextPage *self)
{
  GtkTextIter start, end;

  if (self->history <= MAX_HISTORY)
    return;
  gtk_text_buffer_get_start_iter (self->buffer, &start);
  gtk_text_buffer_get_iter_at_line (self->buffer, &end,
                                    (int) (self->history - MAX_HISTORY));
  gtk_text_buffer_delete (self->buffer, &start, &end);
  self->history = MAX_HISTORY;
}

static void
follow_end (MosTextPage *self)
{
  GtkTextIter end;

  if (!gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->follow)))
    return;
  gtk_text_buffer_get_end_iter (self->buffer, &end);
  gtk_text_view_scroll_to_iter (GTK_TEXT_VIEW (self->view), &end, 0, FALSE, 0,
                                1);
}

static void
show_rows (MosTextPage *self, const char *const *rows)
{
  guint n = g_strv_length ((GStrv) rows);

  self->history += mos_text_mirror_take (self->mirror, rows);
  for (guint i = 0; i < n; i++)
    set_row (self, self->history + i, rows[i]);
  forget_oldest (self);
  follow_end (self);
}

/* -- reading ------------------------------------------------------------- */

static void
read_task (GTask        *task,
           gpointer      source,
           gpointer      task_data,
           GCancellable *cancellable)
{
  MosTextScreen cells;
  char         *text = NULL;

  mos_text_screen_init (&cells);
  mos_screen_read_text (task_data, &cells);
  if (cells.columns > 0)
    text = mos_text_screen_to_string (&cells);
  mos_text_screen_clear (&cells);
  g_task_return_pointer (task, text, g_free);
}

static void
update_stack (MosTextPage *self, gboolean text)
{
  gboolean off = self->vm == NULL || mos_vm_get_backend_name (self->vm) == NULL;
  gboolean any = text || (off && self->history > 0);

  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    any ? "text" : "none");
  adw_status_page_set_title (ADW_STATUS_PAGE (self->none),
                             off ? _ ("The Machine Is Off")
                                 : _ ("No Text on the Screen"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (self->none),
      off ? _ ("Start it, and the text of its screen stands here.")
          : _ ("The guest draws pixels now. In text mode its text stands "
               "here."));
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MosTextPage     *self = MOS_TEXT_PAGE (source);
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), NULL);
  g_auto (GStrv) rows = NULL;

  self->reading = FALSE;
  if (GPOINTER_TO_UINT (user_data) != self->generation || self->stack == NULL)
    return;
  update_stack (self, text != NULL);
  if (text == NULL)
    return;
  rows = g_strsplit (text, "\n", -1);
  show_rows (self, (const char *const *) rows);
}

static gboolean
tick_cb (gpointer user_data)
{
  MosTextPage *self = user_data;
  g_autoptr (GTask) task = NULL;

  if (!self->stale || self->vm == NULL) {
    self->timeout = 0;
    return G_SOURCE_REMOVE;
  }
  if (self->reading)
    return G_SOURCE_CONTINUE;
  self->stale = FALSE;
  self->reading = TRUE;
  task = g_task_new (self, NULL, read_cb, GUINT_TO_POINTER (self->generation));
  g_task_set_task_data (task, mos_screen_ref (mos_vm_get_screen (self->vm)),
                        (GDestroyNotify) mos_screen_unref);
  g_task_run_in_thread (task, read_task);
  return G_SOURCE_CONTINUE;
}

static void
refresh (MosTextPage *self)
{
  self->stale = TRUE;
  if (self->timeout == 0 && self->vm != NULL)
    self->timeout = g_timeout_add (INTERVAL_MS, tick_cb, self);
}

static void
mailbox_unref (Mailbox *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_weak_ref_clear (&self->page);
  g_free (self);
}

static gboolean
deliver_cb (gpointer user_data)
{
  Mailbox  *mailbox = user_data;
  MosCanvas frame;
  MosDamage damage;
  g_autoptr (MosTextPage) self = g_weak_ref_get (&mailbox->page);

  g_atomic_int_set (&mailbox->posted, 0);
  if (self == NULL || self->viewer == NULL)
    return G_SOURCE_REMOVE;
  /* The picture itself is of no use here, only that there is a new one. */
  if (mos_screen_begin_frame (mos_vm_get_screen (self->vm), self->viewer,
                              &frame, &damage))
    mos_screen_end_frame (mos_vm_get_screen (self->vm), self->viewer);
  refresh (self);
  return G_SOURCE_REMOVE;
}

/* On the machine's I/O thread. */
static void
changed_cb (gpointer user_data)
{
  Mailbox *mailbox = user_data;

  if (!g_atomic_int_compare_and_exchange (&mailbox->posted, 0, 1))
    return;
  g_atomic_ref_count_inc (&mailbox->refs);
  g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, deliver_cb, mailbox,
                   (GDestroyNotify) mailbox_unref);
}

static void
watch (MosTextPage *self, gboolean on)
{
  if (on && self->vm != NULL && self->viewer == NULL) {
    self->viewer = mos_screen_add_viewer (mos_vm_get_screen (self->vm),
                                          changed_cb, self->mailbox);
    refresh (self);
  } else if (!on && self->viewer != NULL) {
    mos_screen_remove_viewer (mos_vm_get_screen (self->vm), self->viewer);
    self->viewer = NULL;
  }
}

/* -- search and copy ----------------------------------------------------- */

/* Selects the next match after the cursor, or before it; goes round. */
static void
find (MosTextPage *self, gboolean backward, gboolean from_selection)
{
  const char        *text = gtk_editable_get_text (GTK_EDITABLE (self->search));
  GtkTextSearchFlags flags =
      GTK_TEXT_SEARCH_TEXT_ONLY | GTK_TEXT_SEARCH_CASE_INSENSITIVE;
  GtkTextIter start, end, from, at, to;
  gboolean    found = FALSE;

  gtk_label_set_label (GTK_LABEL (self->found), "");
  if (*text == '\0')
    return;
  gtk_text_buffer_get_selection_bounds (self->buffer, &start, &end);
  from = backward || from_selection ? start : end;
  for (guint round = 0; round < 2 && !found; round++) {
    found =
        backward
            ? gtk_text_iter_backward_search (&from, text, flags, &at, &to, NULL)
            : gtk_text_iter_forward_search (&from, text, flags, &at, &to, NULL);
    if (backward)
      gtk_text_buffer_get_end_iter (self->buffer, &from);
    else
      gtk_text_buffer_get_start_iter (self->buffer, &from);
  }
  if (!found) {
    gtk_label_set_label (GTK_LABEL (self->found), _ ("Not found"));
    return;
  }
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->follow), FALSE);
  gtk_text_buffer_select_range (self->buffer, &at, &to);
  gtk_text_view_scroll_to_iter (GTK_TEXT_VIEW (self->view), &at, .1, FALSE, 0,
                                0);
}

static void
search_changed_cb (MosTextPage *self)
{
  find (self, FALSE, TRUE);
}

static void
next_cb (MosTextPage *self)
{
  find (self, FALSE, FALSE);
}

static void
previous_cb (MosTextPage *self)
{
  find (self, TRUE, FALSE);
}

/* The selection, or everything. */
static void
copy_cb (MosTextPage *self)
{
  GtkTextIter      start, end;
  g_autofree char *text = NULL;

  if (!gtk_text_buffer_get_selection_bounds (self->buffer, &start, &end))
    gtk_text_buffer_get_bounds (self->buffer, &start, &end);
  text = gtk_text_buffer_get_text (self->buffer, &start, &end, FALSE);
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
}

/* -- life ---------------------------------------------------------------- */

static GtkWidget *
make_search (MosTextPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  self->search = gtk_search_entry_new ();
  mos_access_name (self->search, _ ("Search the text"));
  g_signal_connect_swapped (self->search, "search-changed",
                            G_CALLBACK (search_changed_cb), self);
  g_signal_connect_swapped (self->search, "activate", G_CALLBACK (next_cb),
                            self);
  g_signal_connect_swapped (self->search, "next-match", G_CALLBACK (next_cb),
                            self);
  g_signal_connect_swapped (self->search, "previous-match",
                            G_CALLBACK (previous_cb), self);
  self->found = g_object_new (GTK_TYPE_LABEL, "accessible-role",
                              GTK_ACCESSIBLE_ROLE_STATUS, NULL);
  gtk_widget_add_css_class (self->found, "dim-label");
  gtk_box_append (GTK_BOX (box), self->search);
  gtk_box_append (GTK_BOX (box), mos_access_icon_button_new (
                                     "go-up-symbolic", _ ("Previous Match"),
                                     G_CALLBACK (previous_cb), self));
  gtk_box_append (GTK_BOX (box), mos_access_icon_button_new (
                                     "go-down-symbolic", _ ("Next Match"),
                                     G_CALLBACK (next_cb), self));
  gtk_box_append (GTK_BOX (box), self->found);
  self->search_bar = gtk_search_bar_new ();
  gtk_search_bar_set_child (GTK_SEARCH_BAR (self->search_bar), box);
  gtk_search_bar_connect_entry (GTK_SEARCH_BAR (self->search_bar),
                                GTK_EDITABLE (self->search));
  return self->search_bar;
}

static GtkWidget *
make_toolbar (MosTextPage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *search = gtk_toggle_button_new ();
  GtkWidget *copy = mos_access_icon_button_new (
      "edit-copy-symbolic", _ ("Copy the Selection, or Everything"),
      G_CALLBACK (copy_cb), self);

  gtk_button_set_icon_name (GTK_BUTTON (search), "system-search-symbolic");
  mos_access_icon_button (search, _ ("Search the Text"));
  g_object_bind_property (search, "active", self->search_bar,
                          "search-mode-enabled",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  self->follow = gtk_toggle_button_new_with_label (_ ("Follow"));
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (self->follow), TRUE);
  gtk_widget_set_tooltip_text (self->follow, _ ("Keep the last row in view"));
  g_signal_connect_swapped (self->follow, "toggled", G_CALLBACK (follow_end),
                            self);
  gtk_widget_set_hexpand (copy, TRUE);
  gtk_widget_set_halign (copy, GTK_ALIGN_END);
  gtk_widget_add_css_class (bar, "toolbar");
  gtk_box_append (GTK_BOX (bar), self->follow);
  gtk_box_append (GTK_BOX (bar), copy);
  gtk_box_append (GTK_BOX (bar), search);
  return bar;
}

static void
mos_text_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_text_page_parent_class)->map (widget);
  watch (MOS_TEXT_PAGE (widget), TRUE);
}

static void
mos_text_page_unmap (GtkWidget *widget)
{
  watch (MOS_TEXT_PAGE (widget), FALSE);
  GTK_WIDGET_CLASS (mos_text_page_parent_class)->unmap (widget);
}

static void
mos_text_page_dispose (GObject *object)
{
  MosTextPage *self = MOS_TEXT_PAGE (object);

  if (self->box != NULL)
    mos_text_page_set_vm (GTK_WIDGET (self), NULL);
  g_clear_handle_id (&self->timeout, g_source_remove);
  self->stack = NULL;
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->mirror, mos_text_mirror_free);
  g_clear_pointer (&self->mailbox, mailbox_unref);
  G_OBJECT_CLASS (mos_text_page_parent_class)->dispose (object);
}

static void
mos_text_page_class_init (MosTextPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = mos_text_page_dispose;
  widget_class->map = mos_text_page_map;
  widget_class->unmap = mos_text_page_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
mos_text_page_init (MosTextPage *self)
{
  GtkWidget *search;

  self->mirror = mos_text_mirror_new ();
  self->mailbox = g_new0 (Mailbox, 1);
  g_atomic_ref_count_init (&self->mailbox->refs);
  g_weak_ref_init (&self->mailbox->page, self);

  self->buffer = gtk_text_buffer_new (NULL);
  self->view = gtk_text_view_new_with_buffer (self->buffer);
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->view), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (self->view), TRUE);
  /* Tab leaves it: a text box must not hold the keyboard. */
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->view), FALSE);
  gtk_widget_add_css_class (self->view, "text-mirror");
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller),
                                 self->view);
  self->none = adw_status_page_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->none),
                                 "accessories-text-editor-symbolic");
  gtk_widget_add_css_class (self->none, "compact");
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), self->none, "none");
  gtk_stack_add_named (GTK_STACK (self->stack), self->scroller, "text");
  gtk_widget_set_vexpand (self->stack, TRUE);

  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  search = make_search (self);
  gtk_box_append (GTK_BOX (self->box), search);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), make_toolbar (self));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
}

GtkWidget *
mos_text_page_new (MosHypervisor *hypervisor)
{
  return g_object_new (MOS_TYPE_TEXT_PAGE, NULL);
}

void
mos_text_page_set_vm (GtkWidget *page, MosVm *vm)
{
  MosTextPage     *self = MOS_TEXT_PAGE (page);
  g_autofree char *name = NULL;

  if (self->vm == vm)
    return;
  watch (self, FALSE);
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  self->generation++;
  self->history = 0;
  mos_text_mirror_clear (self->mirror);
  gtk_text_buffer_set_text (self->buffer, "", 0);
  update_stack (self, FALSE);
  if (vm == NULL)
    return;
  name = g_strdup_printf (_ ("Text of “%s”"), mos_vm_get_name (vm));
  mos_access_name (self->view, name);
  g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (refresh), self);
  watch (self, gtk_widget_get_mapped (page));
}
