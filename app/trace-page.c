/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Trace page. While it records, nothing is drawn; the list is made when
 * recording ends or when it is asked to show what there is. Each event is one
 * line of text, which is what is searched. Activating one shows below the list
 * what stands behind it: code, processor, device.
 */
#include "app/trace-page.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/chooser.h"

#define EVENTS    65536u
#define MAX_LINES 20000u

struct _MosTracePage {
  GtkWidget parent_instance;

  MosVm       *vm;
  MosRecorder *recorder;
  GArray      *events; /* of MosEvent, or NULL */
  GArray      *shown;  /* of guint: the event of each line */

  GtkWidget     *box;
  GtkWidget     *record;
  GtkWidget     *filter;
  GtkWidget     *search;
  GtkWidget     *save;
  GtkWidget     *status;
  GtkWidget     *stack; /* "empty", "list" */
  GtkStringList *lines;
  GtkWidget     *explanation; /* a text view in a scrolled window */
  GtkWidget     *explained;   /* the window */
};

G_DEFINE_FINAL_TYPE (MosTracePage, mos_trace_page, GTK_TYPE_WIDGET)

/* -- lines --------------------------------------------------------------- */

static char *
make_line (const MosEvent *event)
{
  g_autofree char *text = mos_event_describe (event);
  g_autofree char *vcpu = event->vcpu == G_MAXUINT16
                              ? g_strdup ("–")
                              : g_strdup_printf (_ ("vCPU %u"), event->vcpu);

  return g_strdup_printf (
      "%.6f s  %s  %s %u  %s: %s", (double) event->time_ns / 1e9, vcpu,
      _ ("level"), event->level, mos_event_infos[event->kind].name, text);
}

/* The newest that the search lets through, the oldest of them first. */
static void
show_lines (MosTracePage *self)
{
  const char *wanted = gtk_editable_get_text (GTK_EDITABLE (self->search));
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) texts = g_ptr_array_new ();
  g_autofree char  *status = NULL;
  g_autofree guint *events = g_new (guint, MAX_LINES);
  guint             n_events = 0;
  guint             n = self->events != NULL ? self->events->len : 0;

  g_array_set_size (self->shown, 0);
  for (guint i = n; i > 0 && found->len < MAX_LINES; i--) {
    char *line = make_line (&g_array_index (self->events, MosEvent, i - 1));

    if (strstr (line, wanted) == NULL) {
      g_free (line);
      continue;
    }
    g_ptr_array_add (found, line);
    events[n_events++] = i - 1;
  }
  for (guint i = found->len; i > 0; i--) {
    g_ptr_array_add (texts, found->pdata[i - 1]);
    g_array_append_val (self->shown, events[i - 1]);
  }
  g_ptr_array_add (texts, NULL);
  gtk_string_list_splice (self->lines, 0,
                          g_list_model_get_n_items (G_LIST_MODEL (self->lines)),
                          (const char *const *) texts->pdata);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    n > 0 ? "list" : "empty");
  mos_access_allow (self->save, _ ("Save for Chrome or Perfetto"),
                    mos_reason_unless (n > 0, MOS_REASON_NO_EVENTS));
  status = g_strdup_printf (_ ("%u of %u events"), found->len, n);
  gtk_label_set_label (GTK_LABEL (self->status), n > 0 ? status : "");
}

static void
setup_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "monospace");
  gtk_list_item_set_child (item, label);
}

static void
bind_cb (GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
  const char *text =
      gtk_string_object_get_string (gtk_list_item_get_item (item));
  GtkWidget *label = gtk_list_item_get_child (item);

  gtk_label_set_label (GTK_LABEL (label), text);
  if (gtk_widget_get_parent (label) != NULL)
    mos_access_name (gtk_widget_get_parent (label), text);
}

/* -- explaining ---------------------------------------------------------- */

static void
activate_cb (MosTracePage *self, guint position)
{
  g_autofree char *text = NULL;
  GtkTextBuffer   *buffer =
      gtk_text_view_get_buffer (GTK_TEXT_VIEW (self->explanation));

  if (self->vm == NULL || self->events == NULL || position >= self->shown->len)
    return;
  text = mos_vm_explain_event (
      self->vm, &g_array_index (self->events, MosEvent,
                                g_array_index (self->shown, guint, position)));
  gtk_text_buffer_set_text (buffer, text, -1);
  gtk_widget_show (self->explained);
}

static void
make_explanation (MosTracePage *self)
{
  self->explanation = gtk_text_view_new ();
  gtk_text_view_set_editable (GTK_TEXT_VIEW (self->explanation), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (self->explanation), TRUE);
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (self->explanation), FALSE);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (self->explanation), 12);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (self->explanation), 6);
  mos_access_name (self->explanation, _ ("What stands behind the event"));
  self->explained = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_min_content_height (
      GTK_SCROLLED_WINDOW (self->explained), 180);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->explained),
                                 self->explanation);
  mos_access_name (self->explained, _ ("What stands behind the event"));
  gtk_widget_hide (self->explained);
}

/* -- recording ----------------------------------------------------------- */

static void
update_record (MosTracePage *self)
{
  const char *title =
      self->recorder != NULL ? _ ("End the Trace") : _ ("Begin a Trace");

  gtk_button_set_icon_name (GTK_BUTTON (self->record),
                            self->recorder != NULL
                                ? "media-playback-stop-symbolic"
                                : "media-record-symbolic");
  mos_access_allow (
      self->record, title,
      mos_reason_unless (self->vm != NULL, MOS_REASON_NO_MACHINE));
  mos_access_allow (
      self->filter, NULL,
      mos_reason_unless (self->recorder == NULL, MOS_REASON_TRACING));
}

static void
stop (MosTracePage *self)
{
  if (self->recorder == NULL)
    return;
  g_clear_pointer (&self->events, g_array_unref);
  self->events = mos_recorder_events (self->recorder);
  g_clear_pointer (&self->recorder, mos_recorder_free);
}

static void
start (MosTracePage *self)
{
  const char    *text = gtk_editable_get_text (GTK_EDITABLE (self->filter));
  MosTraceFilter filter;
  g_autoptr (GError) error = NULL;

  if (!mos_trace_filter_parse (&filter, text, &error)) {
    gtk_label_set_label (GTK_LABEL (self->status), error->message);
    gtk_widget_add_css_class (self->filter, "error");
    return;
  }
  gtk_widget_remove_css_class (self->filter, "error");
  self->recorder =
      mos_recorder_new (mos_vm_get_trace (self->vm), &filter,
                        (guint) mos_vm_config_get_int (
                            mos_vm_get_config (self->vm), "vcpu_count"),
                        EVENTS);
  gtk_label_set_label (GTK_LABEL (self->status), _ ("Recording"));
}

static void
record_cb (MosTracePage *self)
{
  if (self->recorder != NULL) {
    stop (self);
    show_lines (self);
  } else {
    start (self);
  }
  update_record (self);
}

/* -- export -------------------------------------------------------------- */

static void
chosen_cb (GtkWidget *widget, const char *path, gpointer data)
{
  MosTracePage *self = MOS_TRACE_PAGE (widget);
  g_autoptr (GError) error = NULL;
  g_autofree char *json = NULL;

  if (self->events == NULL)
    return;
  json = mos_trace_to_chrome_json (
      self->events, self->vm != NULL ? mos_vm_get_name (self->vm) : "");
  if (!g_file_set_contents (path, json, -1, &error))
    gtk_label_set_label (GTK_LABEL (self->status), error->message);
}

static void
save_cb (MosTracePage *self)
{
  mos_chooser_ask (
      GTK_WIDGET (self),
      &(MosChooserSpec){ .title = _ ("Save for Chrome or Perfetto"),
                         .name = "trace.json",
                         .func = chosen_cb });
}

/* -- life ---------------------------------------------------------------- */

static void
mos_trace_page_dispose (GObject *object)
{
  MosTracePage *self = MOS_TRACE_PAGE (object);

  g_clear_pointer (&self->recorder, mos_recorder_free);
  g_clear_pointer (&self->events, g_array_unref);
  g_clear_pointer (&self->shown, g_array_unref);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  g_clear_object (&self->lines);
  g_clear_object (&self->vm);
  G_OBJECT_CLASS (mos_trace_page_parent_class)->dispose (object);
}

static void
mos_trace_page_class_init (MosTracePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_trace_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
make_toolbar (MosTracePage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_widget_add_css_class (bar, "toolbar");
  self->record = gtk_button_new_from_icon_name ("media-record-symbolic");
  g_signal_connect_swapped (self->record, "clicked", G_CALLBACK (record_cb),
                            self);
  self->filter = gtk_entry_new ();
  gtk_entry_set_placeholder_text (GTK_ENTRY (self->filter),
                                  _ ("exit,fault reason=cpuid"));
  gtk_widget_set_tooltip_text (self->filter, _ ("exit,fault reason=cpuid"));
  mos_access_name (self->filter, _ ("Which events are recorded"));
  self->search = gtk_search_entry_new ();
  mos_access_name (self->search, _ ("Search the events"));
  gtk_widget_set_hexpand (self->search, TRUE);
  g_signal_connect_swapped (self->search, "search-changed",
                            G_CALLBACK (show_lines), self);
  self->status = gtk_label_new (NULL);
  gtk_label_set_ellipsize (GTK_LABEL (self->status), PANGO_ELLIPSIZE_END);
  gtk_label_set_width_chars (GTK_LABEL (self->status), 16);
  self->save = gtk_button_new_from_icon_name ("document-save-symbolic");
  mos_access_icon_button (self->save, _ ("Save for Chrome or Perfetto"));
  g_signal_connect_swapped (self->save, "clicked", G_CALLBACK (save_cb), self);
  gtk_box_append (GTK_BOX (bar), self->record);
  gtk_box_append (GTK_BOX (bar), self->filter);
  gtk_box_append (GTK_BOX (bar), self->search);
  gtk_box_append (GTK_BOX (bar), self->status);
  gtk_box_append (GTK_BOX (bar), self->save);
  return bar;
}

static void
mos_trace_page_init (MosTracePage *self)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkWidget          *toolbar = make_toolbar (self);
  GtkWidget          *scroller = gtk_scrolled_window_new ();
  GtkWidget          *empty = adw_status_page_new ();
  GtkWidget          *list;

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  self->lines = gtk_string_list_new (NULL);
  self->shown = g_array_new (FALSE, FALSE, sizeof (guint));
  list = gtk_list_view_new (GTK_SELECTION_MODEL (gtk_single_selection_new (
                                G_LIST_MODEL (g_object_ref (self->lines)))),
                            factory);
  gtk_widget_add_css_class (list, "log");
  g_signal_connect_swapped (list, "activate", G_CALLBACK (activate_cb), self);
  mos_access_name (list, _ ("Events"));
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), list);
  mos_access_name (scroller, _ ("Events"));

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (empty),
                                 "media-record-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (empty), _ ("No Trace"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (empty),
      _ ("Exits, interrupts, device accesses and faults, as they happen. The "
         "last 65,536 of each processor are kept. Activate one to see the code, "
         "the processor and the device behind it."));
  self->stack = gtk_stack_new ();
  gtk_widget_set_vexpand (self->stack, TRUE);
  gtk_stack_add_named (GTK_STACK (self->stack), empty, "empty");
  gtk_stack_add_named (GTK_STACK (self->stack), scroller, "list");
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  make_explanation (self);
  gtk_box_append (GTK_BOX (self->box), self->explained);
  gtk_box_append (GTK_BOX (self->box), toolbar);
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  update_record (self);
  show_lines (self);
}

GtkWidget *
mos_trace_page_new (void)
{
  return g_object_new (MOS_TYPE_TRACE_PAGE, NULL);
}

void
mos_trace_page_set_vm (MosTracePage *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_TRACE_PAGE (self));

  if (self->vm == vm)
    return;
  g_clear_pointer (&self->recorder, mos_recorder_free);
  g_clear_pointer (&self->events, g_array_unref);
  g_set_object (&self->vm, vm);
  gtk_widget_hide (self->explained);
  update_record (self);
  show_lines (self);
}
