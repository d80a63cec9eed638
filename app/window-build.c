/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The main window's widgets. Main thread.
 *
 *   flap ── tutor
 *   leaflet ── sidebar: header bar, search, machines, pages of the lab
 *           └─ content: header bar, notice, progress, stack ── empty
 *                                      ├─ machine: page bar, pages
 *                                      └─ lab: pages
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "app/access.h"
#include "app/actions.h"
#include "app/coach.h"
#include "app/menu.h"
#include "app/notice.h"
#include "app/window-private.h"

static GtkWidget *
make_primary_menu (void)
{
  static const MosMenuItem items[] = {
    { 0, N_ ("_New Machine…"), "win.new-machine" },
    { 0, N_ ("_Open…"), "win.open" },
    { 1, N_ ("_Learn"), "win.learn" },
    { 1, N_ ("Prese_nt"), "win.presenter" },
    { 1, N_ ("_Preferences"), "app.preferences" },
    { 1, N_ ("_Keyboard Shortcuts"), "win.show-help-overlay" },
    { 1, N_ ("_Help"), "app.help" },
    { 1, N_ ("_About MultiOS Lab"), "app.about" },
  };

  return mos_menu_button_new ("open-menu-symbolic", _ ("Main Menu"), items,
                              G_N_ELEMENTS (items));
}

/* "Move to Group": those there are, none, and a new one. */
static void
append_groups (MosWindow *self, GMenu *menu)
{
  g_autoptr (GMenu) groups = g_menu_new ();
  g_autoptr (GMenu) other = g_menu_new ();
  g_autoptr (GMenuItem) none = g_menu_item_new (_ ("_No Group"), NULL);
  g_auto (GStrv) names = mos_library_model_list_groups (self->library);

  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (GMenuItem) item = NULL;
    /* A name is no mnemonic. */
    g_auto (GStrv) parts = g_strsplit (names[i], "_", -1);
    g_autofree char *label = g_strjoinv ("__", parts);

    item = g_menu_item_new (label, NULL);
    g_menu_item_set_action_and_target (item, "win.group", "s", names[i]);
    g_menu_append_item (groups, item);
  }
  g_menu_item_set_action_and_target (none, "win.group", "s", "");
  g_menu_append_item (other, none);
  g_menu_append (other, _ ("New _Group…"), "win.new-group");
  g_menu_append_section (groups, NULL, G_MENU_MODEL (other));
  g_menu_append_submenu (menu, _ ("_Move to Group"), G_MENU_MODEL (groups));
}

/* Made when it is opened: what cannot be done says why beside its name. */
static void
fill_machine_menu (GtkMenuButton *button, gpointer user_data)
{
  static const MosMenuItem items[] = {
    { 0, N_ ("_Reset"), "win.reset" },
    { 0, N_ ("Switch _Off at Once"), "win.force-stop" },
    { 1, N_ ("Detached _Viewer"), "win.viewer(false)" },
    { 1, N_ ("Viewer on the _Projector"), "win.viewer(true)" },
    { 1, N_ ("_Settings…"), "win.settings" },
    { 1, N_ ("Re_name…"), "win.rename" },
    { 1, N_ ("_Clone"), "win.clone" },
    { 1, N_ ("_Export…"), "win.export" },
    { 2, N_ ("_Delete"), "win.delete" },
  };
  MosWindow *self = user_data;
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) part = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (items); i++) {
    g_autofree char *name = g_strdup (items[i].action + strlen ("win."));
    g_autofree char *text = NULL;
    const char      *why_not;

    if (part == NULL || items[i].section != items[i - 1].section) {
      g_clear_object (&part);
      part = g_menu_new ();
      g_menu_append_section (menu, NULL, G_MENU_MODEL (part));
    }
    *strchrnul (name, '(') = '\0';
    why_not = mos_window_why_not (self, name);
    if (why_not != NULL)
      text = g_strdup_printf (_ ("%s: %s"), _ (items[i].title), why_not);
    g_menu_append (part, text != NULL ? text : _ (items[i].title),
                   items[i].action);
    if (g_str_equal (name, "clone"))
      append_groups (self, part);
  }
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

static GtkWidget *
make_machine_menu (MosWindow *self)
{
  GtkWidget *button = gtk_menu_button_new ();

  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button),
                                 "view-more-symbolic");
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button),
                                         fill_machine_menu, self, NULL);
  mos_access_icon_button (button, _ ("Machine Menu"));
  mos_coach_set_id (button, "reset,force-stop");
  return button;
}

static GtkWidget *
make_new_button (void)
{
  GtkWidget *button = gtk_button_new_from_icon_name ("list-add-symbolic");

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.new-machine");
  mos_access_icon_button (button, _ ("New Machine"));
  mos_coach_set_id (button, "new-machine");
  return button;
}

/* -- the empty page ------------------------------------------------------ */

static GtkWidget *
make_empty (void)
{
  GtkWidget *page = adw_status_page_new ();
  GtkWidget *button = gtk_button_new_with_mnemonic (_ ("_Create a Machine…"));

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (page), "org.multios.Lab");
  adw_status_page_set_title (ADW_STATUS_PAGE (page), _ ("Your Lab Is Empty"));
  adw_status_page_set_description (
      ADW_STATUS_PAGE (page),
      _ ("Create a machine, or drop a CD image, a disk image, a kernel or a "
         ".toml file here."));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "win.new-machine");
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (button, "pill");
  gtk_widget_add_css_class (button, "suggested-action");
  adw_status_page_set_child (ADW_STATUS_PAGE (page), button);
  gtk_widget_set_vexpand (page, TRUE);
  return page;
}

/* -- the sidebar --------------------------------------------------------- */

static GtkWidget *
make_sidebar_header (MosWindow *self)
{
  GtkWidget *bar = adw_header_bar_new ();
  GtkWidget *search = gtk_toggle_button_new ();

  self->menu_button = make_primary_menu ();
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (bar),
                                   adw_window_title_new (_ ("Machines"), NULL));
  gtk_button_set_icon_name (GTK_BUTTON (search), "system-search-symbolic");
  mos_access_icon_button (search, _ ("Search"));
  g_object_bind_property (search, "active", self->search_bar,
                          "search-mode-enabled",
                          G_BINDING_BIDIRECTIONAL | G_BINDING_SYNC_CREATE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), make_new_button ());
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->menu_button);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), search);
  g_object_bind_property (self->leaflet, "folded", bar,
                          "show-end-title-buttons", G_BINDING_SYNC_CREATE);
  return bar;
}

static GtkWidget *
make_sidebar (MosWindow *self)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkWidget *nothing = adw_status_page_new ();
  GtkWidget *none = gtk_label_new (_ ("No machines yet"));

  self->search = gtk_search_entry_new ();
  mos_access_name (self->search, _ ("Search the machines"));
  self->search_bar = gtk_search_bar_new ();
  gtk_search_bar_set_child (GTK_SEARCH_BAR (self->search_bar), self->search);
  gtk_search_bar_connect_entry (GTK_SEARCH_BAR (self->search_bar),
                                GTK_EDITABLE (self->search));

  self->list = mos_choice_list_new (_ ("Machines"));
  mos_coach_set_id (self->list, "library");
  mos_actions_add_list_shortcuts (self->list);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->list);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller),
                                  GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);

  adw_status_page_set_icon_name (ADW_STATUS_PAGE (nothing),
                                 "system-search-symbolic");
  adw_status_page_set_title (ADW_STATUS_PAGE (nothing), _ ("No Match"));
  adw_status_page_set_description (ADW_STATUS_PAGE (nothing),
                                   _ ("Try other letters of the name"));
  gtk_widget_add_css_class (nothing, "compact");
  self->list_stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->list_stack), scroller, "list");
  gtk_stack_add_named (GTK_STACK (self->list_stack), nothing, "nothing");
  gtk_widget_add_css_class (none, "dim-label");
  gtk_stack_add_named (GTK_STACK (self->list_stack), none, "none");
  gtk_widget_set_vexpand (self->list_stack, TRUE);

  self->sidebar = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_size_request (self->sidebar, 270, -1);
  gtk_widget_add_css_class (self->sidebar, "sidebar");
  gtk_box_append (GTK_BOX (self->sidebar), make_sidebar_header (self));
  gtk_box_append (GTK_BOX (self->sidebar), self->search_bar);
  gtk_box_append (GTK_BOX (self->sidebar), self->list_stack);
  self->lab_list = mos_page_list_new ();
  if (self->lab_list != NULL) {
    gtk_box_append (GTK_BOX (self->sidebar),
                    gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
    gtk_box_append (GTK_BOX (self->sidebar), self->lab_list);
  }
  return self->sidebar;
}

/* -- the content --------------------------------------------------------- */

static GtkWidget *
make_content_header (MosWindow *self)
{
  static const char *const icons[] = {
    "media-playback-start-symbolic",
    "media-playback-pause-symbolic",
    "media-playback-stop-symbolic",
  };
  GtkWidget *bar = adw_header_bar_new ();

  self->back = gtk_button_new_from_icon_name ("go-previous-symbolic");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->back), "win.back");
  mos_access_icon_button (self->back, _ ("Machines"));
  g_object_bind_property (self->leaflet, "folded", self->back, "visible",
                          G_BINDING_SYNC_CREATE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (bar), self->back);
  for (guint i = 0; i < G_N_ELEMENTS (self->verb_buttons); i++) {
    g_autofree char *action = g_strconcat ("win.", mos_window_verbs[i], NULL);

    self->verb_buttons[i] = gtk_button_new_from_icon_name (icons[i]);
    gtk_actionable_set_action_name (GTK_ACTIONABLE (self->verb_buttons[i]),
                                    action);
    mos_coach_set_id (self->verb_buttons[i], mos_window_verbs[i]);
    adw_header_bar_pack_start (ADW_HEADER_BAR (bar), self->verb_buttons[i]);
  }
  self->title = adw_window_title_new (_ ("MultiOS Lab"), NULL);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (bar), self->title);
  self->machine_menu = make_machine_menu (self);
  adw_header_bar_pack_end (ADW_HEADER_BAR (bar), self->machine_menu);

  self->header = gtk_revealer_new ();
  gtk_revealer_set_child (GTK_REVEALER (self->header), bar);
  gtk_revealer_set_reveal_child (GTK_REVEALER (self->header), TRUE);
  return self->header;
}

static GtkWidget *
make_machine (MosWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->page_bar = mos_page_bar_new ();
  self->pages = mos_page_stack_new (MOS_PAGE_MACHINE, self->hypervisor);
  mos_coach_set_id (self->pages, "console,serial,details,log");
  gtk_widget_set_vexpand (self->pages, TRUE);
  gtk_box_append (GTK_BOX (box), self->page_bar);
  gtk_box_append (GTK_BOX (box), self->pages);
  return box;
}

static GtkWidget *
make_content (MosWindow *self)
{
  self->content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_widget_set_hexpand (self->content, TRUE);
  gtk_widget_set_size_request (self->content, 300, -1);

  self->operation_bar = g_object_new (MOS_TYPE_OPERATION_BAR, NULL);
  self->lab_pages = mos_page_stack_new (MOS_PAGE_LAB, self->hypervisor);
  mos_coach_set_id (self->lab_pages, "hierarchy");
  self->content_stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->content_stack), make_empty (), "empty");
  gtk_stack_add_named (GTK_STACK (self->content_stack), make_machine (self),
                       "machine");
  gtk_stack_add_named (GTK_STACK (self->content_stack), self->lab_pages, "lab");
  gtk_widget_set_vexpand (self->content_stack, TRUE);

  gtk_box_append (GTK_BOX (self->content), make_content_header (self));
  self->notice = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gtk_box_append (GTK_BOX (self->notice), mos_notice_new (self->hypervisor));
  gtk_box_append (GTK_BOX (self->content), self->notice);
  gtk_box_append (GTK_BOX (self->content), self->operation_bar);
  self->job_bar = g_object_new (MOS_TYPE_JOB_BAR, NULL);
  gtk_box_append (GTK_BOX (self->content), self->job_bar);
  gtk_box_append (GTK_BOX (self->content), self->content_stack);
  return self->content;
}

static GtkWidget *
make_library (MosWindow *self)
{
  GtkWidget      *separator = gtk_separator_new (GTK_ORIENTATION_VERTICAL);
  AdwLeafletPage *page;

  self->leaflet = adw_leaflet_new ();
  adw_leaflet_set_can_navigate_back (ADW_LEAFLET (self->leaflet), TRUE);
  adw_leaflet_append (ADW_LEAFLET (self->leaflet), make_sidebar (self));
  page = adw_leaflet_append (ADW_LEAFLET (self->leaflet), separator);
  adw_leaflet_page_set_navigatable (page, FALSE);
  adw_leaflet_append (ADW_LEAFLET (self->leaflet), make_content (self));
  return self->leaflet;
}

static void
tutor_close_cb (MosWindow *self)
{
  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
}

/* The sidebar for learning stands beside everything else. */
static GtkWidget *
make_flap (MosWindow *self)
{
  self->tutor = mos_tutor_new (self->hypervisor);
  self->flap = adw_flap_new ();
  adw_flap_set_content (ADW_FLAP (self->flap), make_library (self));
  adw_flap_set_flap (ADW_FLAP (self->flap), GTK_WIDGET (self->tutor));
  adw_flap_set_separator (ADW_FLAP (self->flap),
                          gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  adw_flap_set_flap_position (ADW_FLAP (self->flap), GTK_PACK_END);
  adw_flap_set_reveal_flap (ADW_FLAP (self->flap), FALSE);
  adw_flap_set_swipe_to_open (ADW_FLAP (self->flap), FALSE);
  g_signal_connect_swapped (self->tutor, "close", G_CALLBACK (tutor_close_cb),
                            self);
  return self->flap;
}

/* What lies over the side bar must not be pressed by mistake. */
static void
flap_cb (MosWindow *self)
{
  AdwFlap *flap = ADW_FLAP (self->flap);
  int      width = 0;

  if (adw_flap_get_reveal_flap (flap) && !adw_flap_get_folded (flap))
    gtk_widget_measure (GTK_WIDGET (self->tutor), GTK_ORIENTATION_HORIZONTAL,
                        -1, NULL, &width, NULL, NULL);
  mos_presenter_set_beside (self->presenter, width);
}

void
mos_window_build (MosWindow *self)
{
  self->presenter = MOS_PRESENTER (mos_presenter_new (make_flap (self)));
  g_signal_connect_swapped (self->flap, "notify::reveal-flap",
                            G_CALLBACK (flap_cb), self);
  g_signal_connect_swapped (self->flap, "notify::folded", G_CALLBACK (flap_cb),
                            self);
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts),
                               GTK_WIDGET (self->presenter));
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self),
                                      self->toasts);
}
