/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Toasts. The nearest AdwToastOverlay above a widget shows them, so that a
 * dialog's errors stay in the dialog. Main thread.
 */
#include "app/report.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"

#define TITLE_CHARS 80
#define UNDO_S      30
#define LAST_EVENT  "mos-last-event"

static AdwToastOverlay *
find_overlay (GtkWidget *widget)
{
  GtkWidget *overlay;

  if (widget == NULL)
    return NULL;
  overlay = gtk_widget_get_ancestor (widget, ADW_TYPE_TOAST_OVERLAY);
  if (overlay == NULL && ADW_IS_APPLICATION_WINDOW (widget))
    overlay =
        adw_application_window_get_content (ADW_APPLICATION_WINDOW (widget));
  return ADW_IS_TOAST_OVERLAY (overlay) ? ADW_TOAST_OVERLAY (overlay) : NULL;
}

void
mos_report_toast (AdwToastOverlay *overlay, AdwToast *toast)
{
  adw_toast_overlay_add_toast (overlay, toast);
  /* Its button to close it has no name of its own. */
  mos_access_sweep (GTK_WIDGET (overlay));
}

/* The last event takes the place of the one before: toasts queue up, and what
 * was an hour ago is no news. */
void
mos_report_event (GtkWidget *widget, const char *text)
{
  AdwToastOverlay *overlay = find_overlay (widget);
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast        *before;
  AdwToast        *toast;

  if (overlay == NULL)
    return;
  before = g_object_steal_data (G_OBJECT (overlay), LAST_EVENT);
  if (before != NULL) {
    adw_toast_dismiss (before);
    g_object_unref (before);
  }
  toast = adw_toast_new (title);
  g_object_set_data_full (G_OBJECT (overlay), LAST_EVENT, g_object_ref (toast),
                          g_object_unref);
  mos_report_toast (overlay, toast);
}

void
mos_report_undoable (GtkWidget  *widget,
                     const char *text,
                     GCallback   undo,
                     gpointer    data)
{
  AdwToastOverlay *overlay = find_overlay (widget);
  g_autofree char *title = g_markup_escape_text (text, -1);
  AdwToast        *toast;

  if (overlay == NULL)
    return;
  toast = adw_toast_new (title);
  adw_toast_set_button_label (toast, _ ("Undo"));
  adw_toast_set_timeout (toast, UNDO_S);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect_object (toast, "button-clicked", undo, data,
                           G_CONNECT_SWAPPED);
  mos_report_toast (overlay, toast);
}

static void
details_cb (AdwToast *toast, gpointer user_data)
{
  AdwToastOverlay *overlay = user_data;
  const char      *text = g_object_get_data (G_OBJECT (toast), "message");
  GtkWidget       *dialog = adw_message_dialog_new (
            GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (overlay))),
            _ ("What Went Wrong"), text);

  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close",
                                   _ ("_Close"));
  gtk_window_present (GTK_WINDOW (dialog));
}

/* The first sentence or line of @message, cut at a word if it is long. */
static char *
shorten (const char *message)
{
  g_autofree char *line = g_strndup (message, strcspn (message, "\n"));
  char            *cut;

  if (g_utf8_strlen (line, -1) <= TITLE_CHARS)
    return g_steal_pointer (&line);
  *g_utf8_offset_to_pointer (line, TITLE_CHARS) = '\0';
  cut = strrchr (line, ' ');
  if (cut != NULL)
    *cut = '\0';
  return g_strconcat (line, "…", NULL);
}

void
mos_report_error (GtkWidget *widget, MosLog *log, const GError *error)
{
  AdwToastOverlay *overlay = find_overlay (widget);
  const char      *message = error != NULL ? error->message : _ ("It failed");
  g_autofree char *title = shorten (message);
  g_autofree char *markup = g_markup_escape_text (title, -1);
  AdwToast        *toast;

  if (log != NULL)
    mos_log (log, MOS_LOG_ERROR, "%s", message);
  if (overlay == NULL) {
    g_message ("%s", message);
    return;
  }
  toast = adw_toast_new (markup);
  adw_toast_set_button_label (toast, _ ("Details"));
  adw_toast_set_timeout (toast, 10);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_object_set_data_full (G_OBJECT (toast), "message", g_strdup (message),
                          g_free);
  g_signal_connect_object (toast, "button-clicked", G_CALLBACK (details_cb),
                           overlay, 0);
  mos_report_toast (overlay, toast);
}

static void
done_cb (MosOperation *operation, gpointer user_data)
{
  GtkWidget *widget = user_data;

  if (mos_operation_get_state (operation) == MOS_OPERATION_FAILED)
    mos_report_error (widget, NULL, mos_operation_get_error (operation));
}

void
mos_report_operation (GtkWidget *widget, MosOperation *operation)
{
  g_return_if_fail (MOS_IS_OPERATION (operation));

  g_signal_connect_object (operation, "done", G_CALLBACK (done_cb), widget, 0);
  /* Lives until it is done, then goes; the widget may go first. */
  g_signal_connect (operation, "done", G_CALLBACK (g_object_unref), NULL);
}
