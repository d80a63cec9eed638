/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The serial terminal: VTE, and a bounded queue between the guest's thread
 * and the main loop. output_cb() runs on a vCPU's thread and touches only the
 * queue; a guest that sends faster than it can be shown loses the oldest.
 */
#include "app/terminal.h"

#include "app/access.h"

/* VTE's header has an enumeration of 64 bits, which ISO C does not know. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <vte/vte.h>
#pragma GCC diagnostic pop

#define QUEUE_BYTES      (256u * 1024)
#define SCROLLBACK_LINES 10000
#define READ_MS          250

/* Outlives the widget while a delivery is under way. */
typedef struct {
  gatomicrefcount refs;
  GWeakRef        terminal;
  GMutex          lock;
  GByteArray     *bytes;  /* locked */
  gboolean        posted; /* locked: a delivery is on its way */
} Queue;

struct _MosTerminal {
  GtkWidget parent_instance;

  GtkWidget   *scroller;
  GtkWidget   *vte;
  MosCharPort *port;
  guint        listener;
  Queue       *queue;
  guint        timeout; /* until the text is read for screen readers */
};

G_DEFINE_FINAL_TYPE (MosTerminal, mos_terminal, GTK_TYPE_WIDGET)

/* -- from the guest ------------------------------------------------------ */

static void
queue_unref (Queue *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_weak_ref_clear (&self->terminal);
  g_mutex_clear (&self->lock);
  g_byte_array_unref (self->bytes);
  g_free (self);
}

static gboolean
deliver_cb (gpointer user_data)
{
  Queue *queue = user_data;
  g_autoptr (MosTerminal) self = g_weak_ref_get (&queue->terminal);
  g_autoptr (GByteArray) bytes = NULL;

  g_mutex_lock (&queue->lock);
  bytes = queue->bytes;
  queue->bytes = g_byte_array_new ();
  queue->posted = FALSE;
  g_mutex_unlock (&queue->lock);
  if (self != NULL && self->vte != NULL)
    vte_terminal_feed (VTE_TERMINAL (self->vte), (const char *) bytes->data,
                       (gssize) bytes->len);
  return G_SOURCE_REMOVE;
}

/* On a vCPU's thread. */
static void
output_cb (gpointer user_data, const guint8 *data, gsize size)
{
  Queue *queue = user_data;

  g_mutex_lock (&queue->lock);
  if (size > QUEUE_BYTES) {
    data += size - QUEUE_BYTES;
    size = QUEUE_BYTES;
  }
  if (queue->bytes->len + size > QUEUE_BYTES)
    g_byte_array_remove_range (
        queue->bytes, 0, (guint) (queue->bytes->len + size - QUEUE_BYTES));
  g_byte_array_append (queue->bytes, data, (guint) size);
  if (!queue->posted) {
    queue->posted = TRUE;
    g_atomic_ref_count_inc (&queue->refs);
    g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, deliver_cb, queue,
                     (GDestroyNotify) queue_unref);
  }
  g_mutex_unlock (&queue->lock);
}

/* -- to the guest -------------------------------------------------------- */

static void
commit_cb (VteTerminal *vte, const char *text, guint size, gpointer user_data)
{
  MosTerminal *self = user_data;

  /* What does not fit is lost, as on a line without flow control. */
  mos_char_port_feed (self->port, text, size);
}

/* -- for screen readers -------------------------------------------------- */

/* VTE for GTK 4 says nothing to them: what is visible is its description. */
static gboolean
read_cb (gpointer user_data)
{
  MosTerminal     *self = user_data;
  g_autofree char *text =
      vte_terminal_get_text (VTE_TERMINAL (self->vte), NULL, NULL, NULL);

  self->timeout = 0;
  mos_access_describe (self->vte, text != NULL ? g_strchomp (text) : "");
  return G_SOURCE_REMOVE;
}

static void
changed_cb (MosTerminal *self)
{
  if (self->timeout == 0)
    self->timeout = g_timeout_add (READ_MS, read_cb, self);
}

/* -- life ---------------------------------------------------------------- */

static void
mos_terminal_dispose (GObject *object)
{
  MosTerminal *self = MOS_TERMINAL (object);

  if (self->port != NULL)
    mos_char_port_remove_listener (self->port, self->listener);
  g_clear_pointer (&self->port, mos_char_port_unref);
  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->vte != NULL)
    g_signal_handlers_disconnect_by_data (self->vte, self);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  self->vte = NULL;
  G_OBJECT_CLASS (mos_terminal_parent_class)->dispose (object);
}

static void
mos_terminal_finalize (GObject *object)
{
  g_clear_pointer (&MOS_TERMINAL (object)->queue, queue_unref);
  G_OBJECT_CLASS (mos_terminal_parent_class)->finalize (object);
}

static void
mos_terminal_class_init (MosTerminalClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = mos_terminal_dispose;
  G_OBJECT_CLASS (klass)->finalize = mos_terminal_finalize;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass),
                                            GTK_TYPE_BIN_LAYOUT);
}

/* Tab is the guest's; with Ctrl it leads on, as from any text view. */
static gboolean
leave_cb (GtkWidget *self, GVariant *direction, gpointer user_data)
{
  g_signal_emit_by_name (gtk_widget_get_root (self), "move-focus",
                         g_variant_get_int32 (direction));
  return GDK_EVENT_STOP;
}

static void
add_leave (MosTerminal *self, const char *keys, GtkDirectionType direction)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();
  GtkShortcut        *shortcut =
      gtk_shortcut_new (gtk_shortcut_trigger_parse_string (keys),
                        gtk_callback_action_new (leave_cb, NULL, NULL));

  gtk_shortcut_set_arguments (shortcut, g_variant_new_int32 (direction));
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                        shortcut);
  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self), controller);
}

static void
mos_terminal_init (MosTerminal *self)
{
  self->queue = g_new0 (Queue, 1);
  g_atomic_ref_count_init (&self->queue->refs);
  g_weak_ref_init (&self->queue->terminal, self);
  g_mutex_init (&self->queue->lock);
  self->queue->bytes = g_byte_array_new ();

  self->vte = vte_terminal_new ();
  vte_terminal_set_scrollback_lines (VTE_TERMINAL (self->vte),
                                     SCROLLBACK_LINES);
  vte_terminal_set_mouse_autohide (VTE_TERMINAL (self->vte), TRUE);
  g_signal_connect (self->vte, "commit", G_CALLBACK (commit_cb), self);
  g_signal_connect_swapped (self->vte, "contents-changed",
                            G_CALLBACK (changed_cb), self);
  self->scroller = gtk_scrolled_window_new ();
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scroller),
                                 self->vte);
  gtk_widget_set_vexpand (self->scroller, TRUE);
  gtk_widget_set_parent (self->scroller, GTK_WIDGET (self));
  add_leave (self, "<Control>Tab", GTK_DIR_TAB_FORWARD);
  add_leave (self, "<Control><Shift>ISO_Left_Tab", GTK_DIR_TAB_BACKWARD);
}

GtkWidget *
mos_terminal_new (MosCharPort *port, const char *name)
{
  MosTerminal *self = g_object_new (MOS_TYPE_TERMINAL, NULL);

  self->port = mos_char_port_ref (port);
  self->listener = mos_char_port_add_listener (port, output_cb, self->queue);
  mos_access_name (self->vte, name);
  mos_access_sweep (GTK_WIDGET (self));
  return GTK_WIDGET (self);
}

void
mos_terminal_copy (MosTerminal *self)
{
  g_return_if_fail (MOS_IS_TERMINAL (self));

  if (!vte_terminal_get_has_selection (VTE_TERMINAL (self->vte)))
    vte_terminal_select_all (VTE_TERMINAL (self->vte));
  vte_terminal_copy_clipboard_format (VTE_TERMINAL (self->vte),
                                      VTE_FORMAT_TEXT);
  vte_terminal_unselect_all (VTE_TERMINAL (self->vte));
}

void
mos_terminal_clear (MosTerminal *self)
{
  g_return_if_fail (MOS_IS_TERMINAL (self));

  vte_terminal_reset (VTE_TERMINAL (self->vte), TRUE, TRUE);
}
