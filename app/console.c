/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The console: screen, bar, and what stands there while the machine is off.
 * Main thread.
 */
#include "app/console.h"

#include <adwaita.h>
#include <glib/gi18n-lib.h>

#include "app/access.h"
#include "app/chooser.h"
#include "app/drives.h"
#include "app/file-drop.h"
#include "app/keys.h"
#include "app/picture.h"
#include "app/recording.h"
#include "app/report.h"
#include "app/stuck-card.h"
#include "display/display.h"

struct _MosConsole {
  GtkWidget parent_instance;

  GtkWidget *box;
  GtkWidget *card; /* why it is stuck */
  GtkWidget *stack;
  GtkWidget *off;
  GtkWidget *off_button;
  GtkWidget *view;
  GtkWidget *veil; /* "Paused" over the picture */
  GtkWidget *bar;
  GtkWidget *hint;
  GtkWidget *release;
  GtkWidget *keys;
  GtkWidget *drives;
  GtkWidget *recording; /* the button that ends it, with the time */
  GtkWidget *over;      /* the bar over the picture in full screen */
  GtkWidget *over_hint;
  gboolean   bar_visible;
  gboolean   full;
  gboolean   over_held; /* by the pointer */
  guint      over_timeout;
  guint      recording_timeout;

  MosVm     *vm;
  GSettings *settings;
};

enum {
  PROP_0,
  PROP_CAPTURED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum {
  SIGNAL_KEYS,
  SIGNAL_KEY,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

#define OVER_MS 3000
#define EDGE_PX 6

G_DEFINE_FINAL_TYPE (MosConsole, mos_console, GTK_TYPE_WIDGET)

/* -- what it shows ------------------------------------------------------- */

static const char *
host_key_name (MosConsole *self)
{
  const char *name =
      mos_keymap_name (g_settings_get_uint (self->settings, "host-key"));

  return name != NULL ? name : mos_keymap_name (mos_keymap_host_keys[0]);
}

static void
update_hint (MosConsole *self)
{
  MosVmState state =
      self->vm != NULL ? mos_vm_get_state (self->vm) : MOS_VM_STOPPED;
  gboolean         captured = mos_console_get_captured (self);
  g_autofree char *text = NULL;

  if (captured)
    text = g_strdup_printf (_ ("Press %s to release the keyboard"),
                            host_key_name (self));
  else if (state == MOS_VM_RUNNING)
    text = g_strdup (_ ("Click the screen, or press Return on it, to type"));
  else
    text = g_strdup (mos_vm_state_title (state));
  gtk_label_set_label (GTK_LABEL (self->hint), text);
  gtk_label_set_label (GTK_LABEL (self->over_hint), text);
  mos_access_allow (self->release, _ ("Release the Keyboard"),
                    mos_reason_unless (captured, MOS_REASON_NOT_CAPTURED));
  if (captured)
    gtk_widget_add_css_class (self->bar, "captured");
  else
    gtk_widget_remove_css_class (self->bar, "captured");
}

static void
show_off (MosConsole *self, MosVmState state)
{
  AdwStatusPage   *page = ADW_STATUS_PAGE (self->off);
  g_autofree char *title = NULL;
  gboolean         crashed = state == MOS_VM_CRASHED;

  title = g_strdup_printf (crashed ? _ ("“%s” Crashed") : _ ("“%s” Is Off"),
                           mos_vm_get_name (self->vm));
  adw_status_page_set_title (page, title);
  adw_status_page_set_icon_name (page, crashed ? "dialog-warning-symbolic"
                                               : "computer-symbolic");
  adw_status_page_set_description (
      page, crashed ? _ ("The log page says why. Switch it off or reset it, "
                         "then start it again.")
                    : NULL);
  gtk_button_set_label (GTK_BUTTON (self->off_button),
                        crashed ? _ ("Switch Off") : _ ("Start"));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->off_button),
                                  crashed ? "win.force-stop" : "win.start");
}

static gboolean
has_drives (MosVm *vm)
{
  g_autoptr (GMenuModel) menu = mos_drives_menu (vm);

  return menu != NULL;
}

/* -- recording ----------------------------------------------------------- */

/* FALSE: there is none. */
static gboolean
show_recording (MosConsole *self)
{
  int              s = self->vm != NULL ? mos_recording_seconds (self->vm) : -1;
  g_autofree char *text =
      g_strdup_printf (_ ("Stop Recording (%d:%02d)"), s / 60, s % 60);

  gtk_widget_set_visible (self->recording, s >= 0);
  if (s >= 0)
    gtk_button_set_label (GTK_BUTTON (self->recording), text);
  return s >= 0;
}

static gboolean
recording_cb (gpointer user_data)
{
  MosConsole *self = user_data;

  if (show_recording (self))
    return G_SOURCE_CONTINUE;
  self->recording_timeout = 0;
  return G_SOURCE_REMOVE;
}

static void
update_recording (MosConsole *self)
{
  if (!show_recording (self))
    g_clear_handle_id (&self->recording_timeout, g_source_remove);
  else if (self->recording_timeout == 0)
    self->recording_timeout = g_timeout_add (500, recording_cb, self);
}

static void
record_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosConsole *self = MOS_CONSOLE (widget);

  if (self->vm == NULL)
    return;
  mos_recording_toggle (widget, self->vm, (MosRecordingBegun) update_recording);
  update_recording (self);
}

/* -- the bar over the picture -------------------------------------------- */

static gboolean
hide_over_cb (gpointer user_data)
{
  MosConsole *self = user_data;

  if (self->over_held)
    return G_SOURCE_CONTINUE;
  self->over_timeout = 0;
  gtk_widget_set_visible (self->over, FALSE);
  return G_SOURCE_REMOVE;
}

/* For a moment: when full screen begins, when the keyboard is taken, and when
 * the pointer touches the upper edge. */
static void
show_over (MosConsole *self)
{
  g_clear_handle_id (&self->over_timeout, g_source_remove);
  gtk_widget_set_visible (self->over, self->full);
  if (self->full)
    self->over_timeout = g_timeout_add (OVER_MS, hide_over_cb, self);
}

static gboolean
over_has (MosConsole *self, double x, double y)
{
  graphene_rect_t bounds;
  GtkWidget      *overlay = gtk_widget_get_parent (self->over);

  return gtk_widget_compute_bounds (self->over, overlay, &bounds) &&
         graphene_rect_contains_point (
             &bounds, &GRAPHENE_POINT_INIT ((float) x, (float) y));
}

/* The pointer at the edge or on the bar holds it. */
static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           gpointer                  user_data)
{
  MosConsole *self = user_data;
  gboolean    shown = gtk_widget_get_visible (self->over);

  self->over_held = y <= EDGE_PX || (shown && over_has (self, x, y));
  if (self->over_held && !shown)
    show_over (self);
}

static void
leave_cb (GtkEventControllerMotion *controller, gpointer user_data)
{
  MOS_CONSOLE (user_data)->over_held = FALSE;
}

static void
update (MosConsole *self)
{
  MosVmState state =
      self->vm != NULL ? mos_vm_get_state (self->vm) : MOS_VM_STOPPED;
  gboolean off = state == MOS_VM_STOPPED || state == MOS_VM_CRASHED ||
                 state == MOS_VM_DELETED;
  gboolean    focused = gtk_widget_has_focus (self->view);
  const char *why_not = self->vm != NULL
                            ? mos_vm_why_not (self->vm, MOS_VM_ACTION_TYPE)
                            : mos_reason_text (MOS_REASON_NO_MACHINE);

  if (self->vm != NULL && off)
    show_off (self, state);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    off ? "off" : "screen");
  if (off && focused)
    gtk_widget_grab_focus (self->off_button);
  gtk_widget_set_visible (self->bar, !off && self->bar_visible);
  gtk_widget_set_visible (self->veil, state == MOS_VM_PAUSED);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "console.send-keys",
                                 why_not == NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "console.type-clipboard",
                                 why_not == NULL);
  mos_access_allow (self->keys, _ ("Send Keys"), why_not);
  gtk_widget_set_visible (self->drives,
                          self->vm != NULL && has_drives (self->vm));
  gtk_widget_action_set_enabled (
      GTK_WIDGET (self), "console.record",
      self->vm != NULL &&
          mos_vm_why_not (self->vm, MOS_VM_ACTION_PICTURE) == NULL);
  update_recording (self);
  update_hint (self);
}

static void
captured_cb (MosConsole *self)
{
  update_hint (self);
  show_over (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAPTURED]);
}

static void
settings_cb (MosConsole *self)
{
  MosScreenView *view = MOS_SCREEN_VIEW (self->view);

  mos_screen_view_set_scaling (
      view, (MosScaling) g_settings_get_enum (self->settings, "scaling"));
  mos_screen_view_set_host_key (
      view, g_settings_get_uint (self->settings, "host-key"));
  update_hint (self);
}

/* -- what it does -------------------------------------------------------- */

static void
release_cb (MosConsole *self)
{
  mos_screen_view_release (MOS_SCREEN_VIEW (self->view));
}

static void
send_keys_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosConsole *self = MOS_CONSOLE (widget);
  g_autoptr (GError) error = NULL;

  if (self->vm == NULL)
    return;
  mos_screen_wake (mos_vm_get_screen (self->vm));
  if (!mos_keys_send (mos_vm_get_input (self->vm),
                      g_variant_get_string (parameter, NULL), &error))
    mos_report_error (widget, mos_vm_get_log (self->vm), error);
  else
    g_signal_emit (self, signals[SIGNAL_KEYS], 0,
                   g_variant_get_string (parameter, NULL));
}

/* What was copied somewhere must not press Ctrl with a letter here. */
static void
drop_controls (char *text)
{
  char *to = text;

  for (const char *from = text; *from != '\0'; from++)
    if ((guchar) *from >= ' ' || *from == '\n' || *from == '\t')
      *to++ = *from;
  *to = '\0';
}

static void
clipboard_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (MosConsole) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text =
      gdk_clipboard_read_text_finish (GDK_CLIPBOARD (source), result, &error);

  if (self->vm == NULL)
    return;
  if (text == NULL) {
    mos_report_error (GTK_WIDGET (self), mos_vm_get_log (self->vm), error);
    return;
  }
  drop_controls (text);
  mos_input_port_type (mos_vm_get_input (self->vm), NULL, text, NULL, NULL);
}

static void
type_clipboard_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (widget), NULL,
                                 clipboard_cb, g_object_ref (widget));
}

void
mos_console_save_picture (MosConsole *self)
{
  g_return_if_fail (MOS_IS_CONSOLE (self));

  if (self->vm != NULL)
    mos_picture_save (GTK_WIDGET (self), self->vm);
}

static void
change_medium_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosConsole *self = MOS_CONSOLE (widget);

  if (self->vm != NULL)
    mos_drives_change (widget, self->vm, g_variant_get_uint32 (parameter));
}

static void
eject_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  MosConsole *self = MOS_CONSOLE (widget);

  if (self->vm != NULL)
    mos_drives_eject (widget, self->vm, g_variant_get_uint32 (parameter));
}

static void
edit_keys_cb (GtkWidget *widget, const char *name, GVariant *parameter)
{
  mos_keys_edit (GTK_WINDOW (gtk_widget_get_root (widget)));
}

/* A file on the screen of a machine goes into its drive. */
static gboolean
dropped_cb (gpointer user_data, GSList *files)
{
  MosConsole      *self = user_data;
  g_autofree char *path = g_file_get_path (files->data);
  g_autofree char *why_not = NULL;
  g_autofree char *text = NULL;
  g_autofree char *name = NULL;

  if (self->vm == NULL)
    return FALSE;
  if (path == NULL) {
    mos_chooser_not_local (GTK_WIDGET (self));
    return FALSE;
  }
  why_not = mos_drives_insert (self->vm, path);
  name = g_path_get_basename (path);
  text = g_strdup_printf (_ ("“%s” inserted"), name);
  mos_report_event (GTK_WIDGET (self), why_not != NULL ? why_not : text);
  return why_not == NULL;
}

/* -- building ------------------------------------------------------------ */

static GtkWidget *
make_view_menu (void)
{
  static const struct {
    const char *title;
    const char *scaling;
  } scalings[] = {
    { N_ ("_Fit the Window"), "fit" },
    { N_ ("_Whole Multiples"), "integer" },
    { N_ ("_Pixel by Pixel"), "one" },
  };
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) sizes = g_menu_new ();
  g_autoptr (GMenu) other = g_menu_new ();
  GtkWidget *button = gtk_menu_button_new ();

  for (guint i = 0; i < G_N_ELEMENTS (scalings); i++) {
    g_autoptr (GMenuItem) item = g_menu_item_new (_ (scalings[i].title), NULL);

    g_menu_item_set_action_and_target (item, "win.scaling", "s",
                                       scalings[i].scaling);
    g_menu_append_item (sizes, item);
  }
  g_menu_append (other, _ ("F_ull Screen"), "win.fullscreen");
  g_menu_append (other, _ ("_Save a Picture…"), "win.screenshot");
  g_menu_append (other, _ ("_Record to a File…"), "console.record");
  g_menu_append_section (menu, _ ("Picture Size"), G_MENU_MODEL (sizes));
  g_menu_append_section (menu, NULL, G_MENU_MODEL (other));
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button),
                                 "video-display-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button),
                                  G_MENU_MODEL (menu));
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  mos_access_icon_button (button, _ ("Picture"));
  return button;
}

/* Made when it is opened: the user's own combinations are in it. */
static void
fill_keys_menu (GtkMenuButton *button, gpointer user_data)
{
  g_autoptr (GMenuModel) keys = mos_keys_menu ("console.send-keys");
  g_autoptr (GMenu) menu = g_menu_new ();
  g_autoptr (GMenu) other = g_menu_new ();

  g_menu_append_section (menu, _ ("Send Keys"), keys);
  g_menu_append (other, _ ("_Type the Clipboard"), "console.type-clipboard");
  g_menu_append (other, _ ("_Own Combinations…"), "console.edit-keys");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (other));
  gtk_menu_button_set_menu_model (button, G_MENU_MODEL (menu));
}

static void
fill_drives_menu (GtkMenuButton *button, gpointer user_data)
{
  MosConsole *self = user_data;
  g_autoptr (GMenuModel) menu =
      self->vm != NULL ? mos_drives_menu (self->vm) : NULL;

  gtk_menu_button_set_menu_model (button, menu);
}

static GtkWidget *
make_filled_menu (MosConsole                  *self,
                  const char                  *icon,
                  const char                  *title,
                  GtkMenuButtonCreatePopupFunc fill)
{
  GtkWidget *button = gtk_menu_button_new ();

  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), icon);
  gtk_menu_button_set_direction (GTK_MENU_BUTTON (button), GTK_ARROW_UP);
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button), fill, self,
                                         NULL);
  mos_access_icon_button (button, title);
  return button;
}

static GtkWidget *
make_bar (MosConsole *self)
{
  self->bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  self->hint = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->hint), 0);
  gtk_label_set_wrap (GTK_LABEL (self->hint), TRUE);
  gtk_widget_set_hexpand (self->hint, TRUE);
  self->release = gtk_button_new_with_label (_ ("Release"));
  gtk_widget_set_valign (self->release, GTK_ALIGN_CENTER);
  /* It takes the keyboard from the guest, so it must not need the focus. */
  gtk_widget_set_focus_on_click (self->release, FALSE);
  g_signal_connect_swapped (self->release, "clicked", G_CALLBACK (release_cb),
                            self);
  gtk_widget_add_css_class (self->bar, "toolbar");
  gtk_widget_add_css_class (self->bar, "console-bar");
  gtk_box_append (GTK_BOX (self->bar), self->hint);
  gtk_box_append (GTK_BOX (self->bar), self->release);
  self->recording = gtk_button_new_with_label ("");
  gtk_widget_add_css_class (self->recording, "destructive-action");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->recording),
                                  "console.record");
  gtk_widget_set_visible (self->recording, FALSE);
  gtk_box_append (GTK_BOX (self->bar), self->recording);
  self->keys = make_filled_menu (self, "input-keyboard-symbolic",
                                 _ ("Send Keys"), fill_keys_menu);
  gtk_box_append (GTK_BOX (self->bar), self->keys);
  self->drives = make_filled_menu (self, "media-optical-symbolic", _ ("Drives"),
                                   fill_drives_menu);
  gtk_box_append (GTK_BOX (self->bar), self->drives);
  gtk_box_append (GTK_BOX (self->bar), make_view_menu ());
  return self->bar;
}

static void
key_sent_cb (MosConsole *self, guint keycode, gboolean down)
{
  g_signal_emit (self, signals[SIGNAL_KEY], 0, keycode, down);
}

static GtkWidget *
make_over (MosConsole *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *release = gtk_button_new_with_label (_ ("Release"));
  GtkWidget *leave = gtk_button_new_with_label (_ ("Leave Full Screen"));

  self->over_hint = gtk_label_new (NULL);
  gtk_widget_set_focus_on_click (release, FALSE);
  mos_access_reason (release, _ ("Release the Keyboard"), NULL);
  g_signal_connect_swapped (release, "clicked", G_CALLBACK (release_cb), self);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (leave), "win.fullscreen");
  gtk_box_append (GTK_BOX (box), self->over_hint);
  gtk_box_append (GTK_BOX (box), release);
  gtk_box_append (GTK_BOX (box), leave);
  gtk_widget_add_css_class (box, "osd");
  gtk_widget_add_css_class (box, "over-bar");
  self->over = box;
  gtk_widget_set_visible (self->over, FALSE);
  gtk_widget_set_halign (self->over, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->over, GTK_ALIGN_START);
  return self->over;
}

static GtkWidget *
make_screen (MosConsole *self)
{
  GtkWidget          *overlay = gtk_overlay_new ();
  GtkWidget          *scroller = gtk_scrolled_window_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();

  self->view = mos_screen_view_new ();
  g_signal_connect_swapped (self->view, "key-sent", G_CALLBACK (key_sent_cb),
                            self);
  gtk_event_controller_set_propagation_phase (motion, GTK_PHASE_CAPTURE);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (leave_cb), self);
  gtk_widget_add_controller (overlay, motion);
  g_signal_connect_swapped (self->view, "notify::captured",
                            G_CALLBACK (captured_cb), self);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), self->view);
  gtk_widget_set_vexpand (scroller, TRUE);
  gtk_widget_add_css_class (scroller, "screen");
  gtk_overlay_set_child (GTK_OVERLAY (overlay), scroller);

  self->veil = gtk_label_new (_ ("Paused"));
  gtk_widget_add_css_class (self->veil, "osd");
  gtk_widget_add_css_class (self->veil, "pill-label");
  gtk_widget_set_halign (self->veil, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (self->veil, GTK_ALIGN_START);
  gtk_widget_set_can_target (self->veil, FALSE);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), self->veil);
  gtk_overlay_add_overlay (GTK_OVERLAY (overlay), make_over (self));
  mos_file_drop_add (scroller, dropped_cb, self);
  return overlay;
}

static GtkWidget *
make_off (MosConsole *self)
{
  self->off = adw_status_page_new ();
  self->off_button = gtk_button_new_with_label (_ ("Start"));
  gtk_widget_set_halign (self->off_button, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (self->off_button, "pill");
  gtk_widget_add_css_class (self->off_button, "suggested-action");
  adw_status_page_set_child (ADW_STATUS_PAGE (self->off), self->off_button);
  return self->off;
}

/* -- life ---------------------------------------------------------------- */

static void
mos_console_get_property (GObject    *object,
                          guint       id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  MosConsole *self = MOS_CONSOLE (object);

  if (id == PROP_CAPTURED)
    g_value_set_boolean (value, mos_console_get_captured (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mos_console_dispose (GObject *object)
{
  MosConsole *self = MOS_CONSOLE (object);

  if (self->box != NULL)
    mos_console_set_vm (self, NULL);
  g_clear_handle_id (&self->over_timeout, g_source_remove);
  g_clear_handle_id (&self->recording_timeout, g_source_remove);
  g_clear_pointer (&self->box, gtk_widget_unparent);
  if (self->settings != NULL)
    g_signal_handlers_disconnect_by_data (self->settings, self);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (mos_console_parent_class)->dispose (object);
}

static void
mos_console_class_init (MosConsoleClass *klass)
{
  GObjectClass   *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mos_console_dispose;
  object_class->get_property = mos_console_get_property;
  properties[PROP_CAPTURED] = g_param_spec_boolean (
      "captured", NULL, NULL, FALSE,
      G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property (object_class, PROP_CAPTURED,
                                   properties[PROP_CAPTURED]);
  /* A combination that the user sent, as text; a key as a Linux key code. */
  signals[SIGNAL_KEYS] =
      g_signal_new ("keys", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                    NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_KEY] = g_signal_new (
      "key", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
      G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_BOOLEAN);
  gtk_widget_class_install_action (widget_class, "console.record", NULL,
                                   record_cb);
  gtk_widget_class_install_action (widget_class, "console.send-keys", "s",
                                   send_keys_cb);
  gtk_widget_class_install_action (widget_class, "console.type-clipboard", NULL,
                                   type_clipboard_cb);
  gtk_widget_class_install_action (widget_class, "console.edit-keys", NULL,
                                   edit_keys_cb);
  gtk_widget_class_install_action (widget_class, "console.change-medium", "u",
                                   change_medium_cb);
  gtk_widget_class_install_action (widget_class, "console.eject", "u",
                                   eject_cb);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
mos_console_init (MosConsole *self)
{
  self->settings = g_settings_new ("org.multios.Lab");
  self->bar_visible = TRUE;
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), make_off (self), "off");
  gtk_stack_add_named (GTK_STACK (self->stack), make_screen (self), "screen");
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  self->card = mos_stuck_card_new ();
  gtk_box_append (GTK_BOX (self->box), self->card);
  gtk_box_append (GTK_BOX (self->box), self->stack);
  gtk_box_append (GTK_BOX (self->box), make_bar (self));
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  mos_access_name (GTK_WIDGET (self), _ ("Console"));

  g_signal_connect_swapped (self->settings, "changed", G_CALLBACK (settings_cb),
                            self);
  settings_cb (self);
  update (self);
}

void
mos_console_set_vm (MosConsole *self, MosVm *vm)
{
  g_return_if_fail (MOS_IS_CONSOLE (self));

  if (self->vm == vm)
    return;
  if (self->vm != NULL)
    g_signal_handlers_disconnect_by_data (self->vm, self);
  g_set_object (&self->vm, vm);
  mos_screen_view_set_machine (MOS_SCREEN_VIEW (self->view),
                               vm != NULL ? mos_vm_get_screen (vm) : NULL,
                               vm != NULL ? mos_vm_get_input (vm) : NULL);
  mos_stuck_card_set_vm (MOS_STUCK_CARD (self->card), vm);
  if (vm != NULL) {
    g_autofree char *name =
        g_strdup_printf (_ ("Screen of “%s”"), mos_vm_get_name (vm));

    mos_access_name (self->view, name);
    g_signal_connect_swapped (vm, "notify::state", G_CALLBACK (update), self);
    g_signal_connect_swapped (vm, "notify::name", G_CALLBACK (update), self);
  }
  update (self);
}

gboolean
mos_console_get_captured (MosConsole *self)
{
  g_return_val_if_fail (MOS_IS_CONSOLE (self), FALSE);

  return mos_screen_view_get_captured (MOS_SCREEN_VIEW (self->view));
}

void
mos_console_focus_screen (MosConsole *self)
{
  g_return_if_fail (MOS_IS_CONSOLE (self));

  gtk_widget_grab_focus (self->view);
}

void
mos_console_set_bar_visible (MosConsole *self, gboolean visible)
{
  g_return_if_fail (MOS_IS_CONSOLE (self));

  self->bar_visible = visible;
  update (self);
}

void
mos_console_set_full (MosConsole *self, gboolean full)
{
  g_return_if_fail (MOS_IS_CONSOLE (self));

  if (self->full == full)
    return;
  self->full = full;
  show_over (self);
}
