/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guest screen widget: frames into tiles, tiles into a snapshot, keys and
 * pointer back into the machine.
 *
 * Main thread, except frame_ready_cb(), which the machine's I/O thread calls
 * and which only posts, and the task that reads the text.
 */
#include "display/screen-view.h"

#include <glib/gi18n-lib.h>
#include <linux/input-event-codes.h>
#include <math.h>

#include "display/keymap.h"
#include "display/renderer.h"
#include "display/tiles.h"

#define TILE_WIDTH       256
#define TILE_HEIGHT      64
#define TEXT_INTERVAL_MS 250
/* After the last change of size, the guest is told. */
#define HINT_AFTER_MS 300

/* What the I/O thread may touch: outlives the widget if a post is under way. */
typedef struct {
  gatomicrefcount refs;
  GWeakRef        view;
  gint            posted; /* atomic: an idle is on its way */
} Mailbox;

struct _MosScreenView {
  GtkWidget parent_instance;

  MosScreen       *screen;
  MosScreenViewer *viewer;
  MosInputPort    *input;
  Mailbox         *mailbox;

  MosTiles tiles;

  guint    host_key;
  gboolean captured;
  gboolean pointer_known;
  double   pointer_x, pointer_y;
  guint    buttons;

  int   width, height; /* allocated; 0: not so far */
  guint hint_timeout;

  guint    text_timeout;
  gboolean text_stale;
  gboolean text_reading;
};

enum {
  PROP_0,
  PROP_CAPTURED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum {
  SIGNAL_KEY_SENT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MosScreenView, mos_screen_view, GTK_TYPE_WIDGET)

/* -- the mailbox --------------------------------------------------------- */

static Mailbox *
mailbox_new (MosScreenView *view)
{
  Mailbox *self = g_new0 (Mailbox, 1);

  g_atomic_ref_count_init (&self->refs);
  g_weak_ref_init (&self->view, view);
  return self;
}

static void
mailbox_unref (Mailbox *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_weak_ref_clear (&self->view);
  g_free (self);
}

/* -- text for readers ---------------------------------------------------- */

static void
read_text_task (GTask        *task,
                gpointer      source,
                gpointer      task_data,
                GCancellable *cancellable)
{
  (void) source;
  (void) cancellable;
  g_task_return_pointer (task, mos_screen_text (task_data), g_free);
}

static void
text_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  MosScreenView   *self = MOS_SCREEN_VIEW (source);
  g_autofree char *text = g_task_propagate_pointer (G_TASK (result), NULL);

  (void) user_data;
  self->text_reading = FALSE;
  if (text == NULL)
    return;
  gtk_accessible_update_property (
      GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static gboolean
refresh_text_cb (gpointer user_data)
{
  MosScreenView *self = user_data;
  g_autoptr (GTask) task = NULL;

  if (!self->text_stale || self->screen == NULL) {
    self->text_timeout = 0;
    return G_SOURCE_REMOVE;
  }
  if (self->text_reading)
    return G_SOURCE_CONTINUE;
  self->text_stale = FALSE;
  self->text_reading = TRUE;
  task = g_task_new (self, NULL, text_read_cb, NULL);
  g_task_set_task_data (task, mos_screen_ref (self->screen),
                        (GDestroyNotify) mos_screen_unref);
  g_task_run_in_thread (task, read_text_task);
  return G_SOURCE_CONTINUE;
}

static void
text_changed (MosScreenView *self)
{
  self->text_stale = TRUE;
  if (self->text_timeout == 0)
    self->text_timeout =
        g_timeout_add (TEXT_INTERVAL_MS, refresh_text_cb, self);
}

static void
lay_out (MosScreenView *self)
{
  GtkWidget *widget = GTK_WIDGET (self);
  int        scale = gtk_widget_get_scale_factor (widget);

  mos_tiles_lay_out (&self->tiles, gtk_widget_get_width (widget) * scale,
                     gtk_widget_get_height (widget) * scale);
}

static void
take_frame (MosScreenView *self)
{
  MosCanvas frame;
  MosDamage damage;
  gboolean  resized;

  if (self->viewer == NULL ||
      !mos_screen_begin_frame (self->screen, self->viewer, &frame, &damage))
    return;
  resized = mos_tiles_update (&self->tiles, &frame, &damage);
  mos_screen_end_frame (self->screen, self->viewer);

  if (resized) {
    lay_out (self);
    gtk_widget_queue_resize (GTK_WIDGET (self));
  }
  text_changed (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
deliver_cb (gpointer user_data)
{
  Mailbox *mailbox = user_data;
  g_autoptr (MosScreenView) self = g_weak_ref_get (&mailbox->view);

  g_atomic_int_set (&mailbox->posted, 0);
  if (self != NULL)
    take_frame (self);
  return G_SOURCE_REMOVE;
}

/* On the machine's I/O thread. */
static void
frame_ready_cb (gpointer user_data)
{
  Mailbox *mailbox = user_data;

  if (!g_atomic_int_compare_and_exchange (&mailbox->posted, 0, 1))
    return;
  g_atomic_ref_count_inc (&mailbox->refs);
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver_cb, mailbox,
                   (GDestroyNotify) mailbox_unref);
}

static void
watch (MosScreenView *self, gboolean on)
{
  on = on && self->screen != NULL;
  if (on && self->viewer == NULL) {
    self->viewer =
        mos_screen_add_viewer (self->screen, frame_ready_cb, self->mailbox);
    take_frame (self);
  } else if (!on && self->viewer != NULL) {
    mos_screen_remove_viewer (self->screen, self->viewer);
    self->viewer = NULL;
  }
}

/* -- widget -------------------------------------------------------------- */

static void
mos_screen_view_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  mos_tiles_snapshot (&MOS_SCREEN_VIEW (widget)->tiles, snapshot,
                      gtk_widget_get_scale_factor (widget),
                      mos_renderer_is_cairo (widget));
}

static void
mos_screen_view_measure (GtkWidget     *widget,
                         GtkOrientation orientation,
                         int            for_size,
                         int           *minimum,
                         int           *natural,
                         int           *minimum_baseline,
                         int           *natural_baseline)
{
  MosScreenView *self = MOS_SCREEN_VIEW (widget);
  int            scale = gtk_widget_get_scale_factor (widget);
  gboolean       horizontal = orientation == GTK_ORIENTATION_HORIZONTAL;
  int            size =
      (int) (horizontal ? self->tiles.frame.width : self->tiles.frame.height);

  (void) for_size;
  if (size == 0)
    size = horizontal ? 640 : 400;
  *natural = MAX (size / scale, 1);
  *minimum =
      self->tiles.scaling == MOS_SCALING_ONE ? *natural : MIN (*natural, 160);
  *minimum_baseline = *natural_baseline = -1;
}

static gboolean
hint_size_cb (gpointer user_data)
{
  MosScreenView *self = user_data;
  int            scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));

  self->hint_timeout = 0;
  if (self->screen != NULL)
    mos_screen_hint_size (self->screen, (guint) (self->width * scale),
                          (guint) (self->height * scale));
  return G_SOURCE_REMOVE;
}

/* A guest that can follows the size of its view, unless the view follows the
 * guest. It begins with the size it was configured to have. */
static void
note_size (MosScreenView *self, int width, int height)
{
  gboolean changed = self->width != 0 &&
                     (width != self->width || height != self->height) &&
                     self->tiles.scaling != MOS_SCALING_ONE;

  self->width = width;
  self->height = height;
  if (!changed)
    return;
  g_clear_handle_id (&self->hint_timeout, g_source_remove);
  self->hint_timeout = g_timeout_add (HINT_AFTER_MS, hint_size_cb, self);
}

static void
mos_screen_view_size_allocate (GtkWidget *widget,
                               int        width,
                               int        height,
                               int        baseline)
{
  (void) baseline;
  lay_out (MOS_SCREEN_VIEW (widget));
  note_size (MOS_SCREEN_VIEW (widget), width, height);
}

static void
mos_screen_view_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (mos_screen_view_parent_class)->map (widget);
  watch (MOS_SCREEN_VIEW (widget), TRUE);
}

static void
mos_screen_view_unmap (GtkWidget *widget)
{
  MosScreenView *self = MOS_SCREEN_VIEW (widget);

  mos_screen_view_release (self);
  watch (self, FALSE);
  GTK_WIDGET_CLASS (mos_screen_view_parent_class)->unmap (widget);
}

/* -- capture ------------------------------------------------------------- */

static GdkToplevel *
toplevel (MosScreenView *self)
{
  GtkNative  *native = gtk_widget_get_native (GTK_WIDGET (self));
  GdkSurface *surface = native != NULL ? gtk_native_get_surface (native) : NULL;

  return GDK_IS_TOPLEVEL (surface) ? GDK_TOPLEVEL (surface) : NULL;
}

static void
capture (MosScreenView *self)
{
  GdkToplevel *surface = toplevel (self);

  if (self->captured || self->input == NULL)
    return;
  self->captured = TRUE;
  if (surface != NULL)
    gdk_toplevel_inhibit_system_shortcuts (surface, NULL);
  gtk_widget_add_css_class (GTK_WIDGET (self), "captured");
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAPTURED]);
}

void
mos_screen_view_release (MosScreenView *self)
{
  GdkToplevel *surface;

  g_return_if_fail (MOS_IS_SCREEN_VIEW (self));

  if (self->input != NULL)
    mos_input_port_release_all (self->input);
  self->buttons = 0;
  if (!self->captured)
    return;
  self->captured = FALSE;
  surface = toplevel (self);
  if (surface != NULL)
    gdk_toplevel_restore_system_shortcuts (surface);
  gtk_widget_remove_css_class (GTK_WIDGET (self), "captured");
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAPTURED]);
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  keyval,
                guint                  hardware,
                GdkModifierType        state,
                gpointer               user_data)
{
  MosScreenView *self = user_data;
  guint          keycode = mos_keymap_from_hardware (hardware);

  (void) controller;
  (void) state;
  if (!self->captured) {
    if (keyval == GDK_KEY_Return || keyval == GDK_KEY_KP_Enter ||
        keyval == GDK_KEY_space) {
      capture (self);
      return GDK_EVENT_STOP;
    }
    return GDK_EVENT_PROPAGATE;
  }
  if (keycode == self->host_key) {
    mos_screen_view_release (self);
    return GDK_EVENT_STOP;
  }
  if (keycode != 0 && self->input != NULL) {
    mos_input_port_key (self->input, keycode, TRUE);
    g_signal_emit (self, signals[SIGNAL_KEY_SENT], 0, keycode, TRUE);
  }
  return GDK_EVENT_STOP;
}

static void
key_released_cb (GtkEventControllerKey *controller,
                 guint                  keyval,
                 guint                  hardware,
                 GdkModifierType        state,
                 gpointer               user_data)
{
  MosScreenView *self = user_data;
  guint          keycode = mos_keymap_from_hardware (hardware);

  (void) controller;
  (void) keyval;
  (void) state;
  if (self->captured && keycode != 0 && self->input != NULL) {
    mos_input_port_key (self->input, keycode, FALSE);
    g_signal_emit (self, signals[SIGNAL_KEY_SENT], 0, keycode, FALSE);
  }
}

static void
focus_left_cb (GtkEventControllerFocus *controller, gpointer user_data)
{
  (void) controller;
  mos_screen_view_release (user_data);
}

/* -- pointer ------------------------------------------------------------- */

static const struct {
  guint gdk;
  guint mos;
} button_map[] = {
  { GDK_BUTTON_PRIMARY, MOS_BUTTON_LEFT },
  { GDK_BUTTON_MIDDLE, MOS_BUTTON_MIDDLE },
  { GDK_BUTTON_SECONDARY, MOS_BUTTON_RIGHT },
  { 8, MOS_BUTTON_SIDE },
  { 9, MOS_BUTTON_EXTRA },
};

/* Sends the pointer at widget coordinates; relative guests get the step. */
static void
send_pointer (MosScreenView *self, double x, double y, int wheel)
{
  double scale = gtk_widget_get_scale_factor (GTK_WIDGET (self));
  double guest_x, guest_y;

  if (self->input == NULL || !self->captured || self->tiles.target.width <= 0)
    return;
  guest_x = (x * scale - self->tiles.target.x) / self->tiles.target.width;
  guest_y = (y * scale - self->tiles.target.y) / self->tiles.target.height;
  if (mos_input_port_is_absolute (self->input)) {
    mos_input_port_place (self->input,
                          (int) (CLAMP (guest_x, 0.0, 1.0) * MOS_INPUT_ABS_MAX),
                          (int) (CLAMP (guest_y, 0.0, 1.0) * MOS_INPUT_ABS_MAX),
                          wheel, self->buttons);
  } else {
    double px = guest_x * self->tiles.frame.width;
    double py = guest_y * self->tiles.frame.height;
    int    dx = self->pointer_known ? (int) lround (px - self->pointer_x) : 0;
    int    dy = self->pointer_known ? (int) lround (py - self->pointer_y) : 0;

    mos_input_port_move (self->input, dx, dy, wheel, self->buttons);
    if (!self->pointer_known || dx != 0)
      self->pointer_x = px;
    if (!self->pointer_known || dy != 0)
      self->pointer_y = py;
    self->pointer_known = TRUE;
  }
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           gpointer                  user_data)
{
  (void) controller;
  send_pointer (user_data, x, y, 0);
}

static void
motion_left_cb (GtkEventControllerMotion *controller, gpointer user_data)
{
  MosScreenView *self = user_data;

  (void) controller;
  self->pointer_known = FALSE;
}

static void
set_button (MosScreenView *self, guint gdk_button, gboolean down)
{
  for (guint i = 0; i < G_N_ELEMENTS (button_map); i++) {
    if (button_map[i].gdk != gdk_button)
      continue;
    if (down)
      self->buttons |= button_map[i].mos;
    else
      self->buttons &= ~button_map[i].mos;
  }
}

static void
pressed_cb (GtkGestureClick *gesture,
            int              n_press,
            double           x,
            double           y,
            gpointer         user_data)
{
  MosScreenView *self = user_data;

  (void) n_press;
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (!self->captured) {
    /* The click that captures is not the guest's. */
    capture (self);
    return;
  }
  set_button (
      self,
      gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture)),
      TRUE);
  send_pointer (self, x, y, 0);
}

static void
released_cb (GtkGestureClick *gesture,
             int              n_press,
             double           x,
             double           y,
             gpointer         user_data)
{
  MosScreenView *self = user_data;

  (void) n_press;
  set_button (
      self,
      gtk_gesture_single_get_current_button (GTK_GESTURE_SINGLE (gesture)),
      FALSE);
  send_pointer (self, x, y, 0);
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller,
           double                    dx,
           double                    dy,
           gpointer                  user_data)
{
  MosScreenView *self = user_data;

  (void) controller;
  (void) dx;
  if (!self->captured || self->input == NULL)
    return GDK_EVENT_PROPAGATE;
  mos_input_port_move (self->input, 0, 0, dy < 0 ? 1 : -1, self->buttons);
  return GDK_EVENT_STOP;
}

/* -- life ---------------------------------------------------------------- */

static void
add_controllers (MosScreenView *self)
{
  GtkWidget          *widget = GTK_WIDGET (self);
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *scroll =
      gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL |
                                       GTK_EVENT_CONTROLLER_SCROLL_DISCRETE);
  GtkGesture *click = gtk_gesture_click_new ();

  /* Before any shortcut of the window: a captured guest gets F10 too. */
  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  g_signal_connect (keys, "key-released", G_CALLBACK (key_released_cb), self);
  g_signal_connect (focus, "leave", G_CALLBACK (focus_left_cb), self);
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect (motion, "leave", G_CALLBACK (motion_left_cb), self);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), 0);
  g_signal_connect (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (widget, keys);
  gtk_widget_add_controller (widget, focus);
  gtk_widget_add_controller (widget, motion);
  gtk_widget_add_controller (widget, scroll);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (click));
}

static void
mos_screen_view_init (MosScreenView *self)
{
  self->mailbox = mailbox_new (self);
  mos_tiles_init (&self->tiles);
  self->host_key = KEY_RIGHTCTRL;
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  add_controllers (self);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Guest screen"), -1);
  g_signal_connect (self, "notify::scale-factor",
                    G_CALLBACK (gtk_widget_queue_resize), NULL);
}

static void
mos_screen_view_dispose (GObject *object)
{
  MosScreenView *self = MOS_SCREEN_VIEW (object);

  mos_screen_view_set_machine (self, NULL, NULL);
  g_clear_handle_id (&self->text_timeout, g_source_remove);
  g_clear_handle_id (&self->hint_timeout, g_source_remove);
  G_OBJECT_CLASS (mos_screen_view_parent_class)->dispose (object);
}

static void
mos_screen_view_finalize (GObject *object)
{
  MosScreenView *self = MOS_SCREEN_VIEW (object);

  mailbox_unref (self->mailbox);
  mos_tiles_clear (&self->tiles);
  G_OBJECT_CLASS (mos_screen_view_parent_class)->finalize (object);
}

static void
mos_screen_view_get_property (GObject    *object,
                              guint       id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  MosScreenView *self = MOS_SCREEN_VIEW (object);

  if (id == PROP_CAPTURED)
    g_value_set_boolean (value, self->captured);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
mos_screen_view_class_init (MosScreenViewClass *klass)
{
  GObjectClass   *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = mos_screen_view_dispose;
  object_class->finalize = mos_screen_view_finalize;
  object_class->get_property = mos_screen_view_get_property;
  widget_class->snapshot = mos_screen_view_snapshot;
  widget_class->measure = mos_screen_view_measure;
  widget_class->size_allocate = mos_screen_view_size_allocate;
  widget_class->map = mos_screen_view_map;
  widget_class->unmap = mos_screen_view_unmap;
  gtk_widget_class_set_css_name (widget_class, "guestscreen");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);

  properties[PROP_CAPTURED] = g_param_spec_boolean (
      "captured", NULL, NULL, FALSE,
      G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_KEY_SENT] = g_signal_new (
      "key-sent", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_BOOLEAN);
}

GtkWidget *
mos_screen_view_new (void)
{
  return g_object_new (MOS_TYPE_SCREEN_VIEW, NULL);
}

void
mos_screen_view_set_machine (MosScreenView *self,
                             MosScreen     *screen,
                             MosInputPort  *input)
{
  g_return_if_fail (MOS_IS_SCREEN_VIEW (self));

  mos_screen_view_release (self);
  watch (self, FALSE);
  g_clear_pointer (&self->screen, mos_screen_unref);
  g_clear_pointer (&self->input, mos_input_port_unref);
  mos_tiles_blank (&self->tiles);
  self->screen = screen != NULL ? mos_screen_ref (screen) : NULL;
  self->input = input != NULL ? mos_input_port_ref (input) : NULL;
  watch (self, gtk_widget_get_mapped (GTK_WIDGET (self)));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
mos_screen_view_set_scaling (MosScreenView *self, MosScaling scaling)
{
  g_return_if_fail (MOS_IS_SCREEN_VIEW (self));

  self->tiles.scaling = scaling;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
mos_screen_view_set_host_key (MosScreenView *self, guint keycode)
{
  g_return_if_fail (MOS_IS_SCREEN_VIEW (self));

  self->host_key = keycode;
}

gboolean
mos_screen_view_get_captured (MosScreenView *self)
{
  g_return_val_if_fail (MOS_IS_SCREEN_VIEW (self), FALSE);

  return self->captured;
}

gboolean
mos_screen_view_get_guest_size (MosScreenView *self,
                                guint         *width,
                                guint         *height)
{
  g_return_val_if_fail (MOS_IS_SCREEN_VIEW (self), FALSE);

  *width = self->tiles.frame.width;
  *height = self->tiles.frame.height;
  return self->tiles.frame.width > 0;
}
