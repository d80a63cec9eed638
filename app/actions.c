/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of actions, and what is made of it. GTK 4.8 can fill a shortcuts
 * window only from a description in XML, so that is written from the table.
 * Main thread.
 */
#include "app/actions.h"

#include <glib/gi18n-lib.h>

#include "app/pages.h"

const MosActionInfo mos_actions[] = {
  { "win.new-machine", "<Control>n", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("New machine") },
  { "win.open", "<Control>o", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Open an image, a kernel or a machine file") },
  { "win.search", "<Control>f", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Search the machines") },
  { "win.sidebar", "F9", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Show or hide the list of machines") },
  { "win.learn", "F8", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Show or hide the labs") },
  { "win.menu", "F10", MOS_SCOPE_WINDOW, N_ ("General"), N_ ("Main menu") },
  { "win.presenter", "F5", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Present: large text, keys and pointer shown") },
  { "win.blank", "<Control><Shift>b", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Blank the screen while presenting") },
  { "app.preferences", "<Control>comma", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Preferences") },
  { "app.help", "F1", MOS_SCOPE_WINDOW, N_ ("General"), N_ ("Help") },
  { "win.show-help-overlay", "<Control>question", MOS_SCOPE_WINDOW,
    N_ ("General"), N_ ("Keyboard shortcuts") },
  { "window.close", "<Control>w", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Close the window") },
  { "app.quit", "<Control>q", MOS_SCOPE_WINDOW, N_ ("General"),
    N_ ("Stop all machines and quit") },

  { "win.start", "<Control>Return", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Start or resume") },
  { "win.pause", "<Control>p", MOS_SCOPE_WINDOW, N_ ("Machine"), N_ ("Pause") },
  { "win.stop", "<Control><Shift>s", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Shut down") },
  { "win.force-stop", "<Control><Shift>k", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Switch off at once") },
  { "win.reset", "<Control><Shift>r", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Reset") },
  { "win.settings", "<Alt>Return", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Settings") },
  { "win.rename", "F2", MOS_SCOPE_LIST, N_ ("Machine"),
    N_ ("Rename, in the list") },
  { "win.delete", "Delete", MOS_SCOPE_LIST, N_ ("Machine"),
    N_ ("Delete, in the list") },
  { "win.undo-delete", "<Control>z", MOS_SCOPE_WINDOW, N_ ("Machine"),
    N_ ("Undo deleting") },

  { NULL, "Return space", MOS_SCOPE_SCREEN, N_ ("Guest screen"),
    N_ ("Give the keyboard to the guest") },
  { NULL, NULL, MOS_SCOPE_SCREEN, N_ ("Guest screen"),
    N_ ("Take the keyboard back") },
  { "win.fullscreen", "F11", MOS_SCOPE_WINDOW, N_ ("Guest screen"),
    N_ ("Full screen") },
  { "win.screenshot", "<Control><Shift>p", MOS_SCOPE_WINDOW,
    N_ ("Guest screen"), N_ ("Save a picture of the screen") },

  { NULL, "<Control>Tab", MOS_SCOPE_SCREEN, N_ ("Serial terminal"),
    N_ ("Leave the terminal, which has Tab for itself") },
  { NULL },
};

void
mos_actions_set_accels (GtkApplication *application, gboolean on)
{
  static const char *const none[] = { NULL };

  for (const MosActionInfo *info = mos_actions; info->title != NULL; info++) {
    g_auto (GStrv) keys = NULL;

    if (info->scope != MOS_SCOPE_WINDOW)
      continue;
    keys = g_strsplit (info->keys, " ", -1);
    gtk_application_set_accels_for_action (
        application, info->action, on ? (const char *const *) keys : none);
  }
  for (const MosPageInfo *page = mos_pages; page->id != NULL; page++) {
    g_autofree char  *action = g_strconcat ("win.page::", page->id, NULL);
    const char *const keys[] = { page->keys, NULL };

    gtk_application_set_accels_for_action (application, action,
                                           on ? keys : none);
  }
}

void
mos_actions_add_list_shortcuts (GtkWidget *list)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  for (const MosActionInfo *info = mos_actions; info->title != NULL; info++)
    if (info->scope == MOS_SCOPE_LIST)
      gtk_shortcut_controller_add_shortcut (
          GTK_SHORTCUT_CONTROLLER (controller),
          gtk_shortcut_new (gtk_shortcut_trigger_parse_string (info->keys),
                            gtk_named_action_new (info->action)));
  gtk_widget_add_controller (list, controller);
}

static void
append_group (GString *xml, const char *title)
{
  g_autofree char *escaped = g_markup_escape_text (title, -1);

  g_string_append_printf (xml,
                          "<child><object class='GtkShortcutsGroup'>"
                          "<property name='title'>%s</property>",
                          escaped);
}

static void
append_shortcut (GString *xml, const MosActionInfo *info, const char *host_key)
{
  g_autofree char *title = g_markup_escape_text (_ (info->title), -1);

  g_string_append_printf (xml,
                          "<child><object class='GtkShortcutsShortcut'>"
                          "<property name='title'>%s</property>",
                          title);
  if (info->keys != NULL) {
    g_autofree char *keys = g_markup_escape_text (info->keys, -1);

    g_string_append_printf (xml, "<property name='accelerator'>%s</property>",
                            keys);
  } else {
    /* A modifier alone is no accelerator; its name is said in words. */
    g_autofree char *name = g_markup_escape_text (host_key, -1);

    g_string_append_printf (
        xml,
        "<property name='subtitle'>%s</property>"
        "<property name='subtitle-set'>true</property>"
        "<property name='shortcut-type'>gesture</property>"
        "<property name='icon-set'>true</property>"
        "<property name='icon'><object class='GThemedIcon'>"
        "<property name='name'>input-keyboard-symbolic</property>"
        "</object></property>",
        name);
  }
  g_string_append (xml, "</object></child>");
}

/* The pages' own table says which keys they have. */
static void
append_pages (GString *xml)
{
  append_group (xml, _ ("Pages"));
  for (const MosPageInfo *page = mos_pages; page->id != NULL; page++) {
    const MosActionInfo info = { NULL, page->keys, MOS_SCOPE_WINDOW, NULL,
                                 page->title };

    if (page->keys != NULL)
      append_shortcut (xml, &info, NULL);
  }
  g_string_append (xml, "</object></child>");
}

GtkShortcutsWindow *
mos_actions_shortcuts_window (const char *host_key)
{
  g_autoptr (GString) xml =
      g_string_new ("<interface><object class='GtkShortcutsWindow' id='window'>"
                    "<property name='modal'>true</property><child>"
                    "<object class='GtkShortcutsSection'>"
                    "<property name='section-name'>all</property>"
                    "<property name='max-height'>12</property>");
  g_autoptr (GtkBuilder) builder = NULL;
  const char *section = NULL;

  for (const MosActionInfo *info = mos_actions; info->title != NULL; info++) {
    if (g_strcmp0 (section, info->section) != 0) {
      if (section != NULL)
        g_string_append (xml, "</object></child>");
      append_group (xml, _ (info->section));
      section = info->section;
    }
    append_shortcut (xml, info, host_key);
  }
  g_string_append (xml, "</object></child>");
  append_pages (xml);
  g_string_append (xml, "</object></child></object></interface>");
  builder = gtk_builder_new_from_string (xml->str, (gssize) xml->len);
  return g_object_ref (
      GTK_SHORTCUTS_WINDOW (gtk_builder_get_object (builder, "window")));
}
