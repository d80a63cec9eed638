/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The detached viewer. SDL's software renderer: its OpenGL one and GTK's each
 * believe to know which context is current. SDL has no file descriptor to wait
 * for, so events are fetched 60 times a second while a viewer is open; a
 * picture is drawn only when there is a new one. Main thread, but for
 * frame_ready_cb(), which the machine's I/O thread calls.
 */
#include "display/viewer.h"

#include <SDL.h>
#include <glib/gi18n-lib.h>
#include <linux/input-event-codes.h>

#include "engine/base/error.h"

#define TICK_MS 16

struct MosViewer {
  MosScreen       *screen;
  MosInputPort    *input;
  MosScreenViewer *viewer;
  char            *title;
  char            *hint;
  guint            host_key;
  MosViewerClosed  closed;
  gpointer         user_data;

  SDL_Window   *window;
  SDL_Renderer *renderer;
  SDL_Texture  *texture;
  guint         width, height; /* of the texture */
  double        aspect;        /* of the picture */
  guint         timeout;
  guint         buttons;
  gboolean      captured;
  gboolean      stale; /* what is on the glass */
  gint          dirty; /* atomic: a new frame is there */
};

/* USB HID usages, which SDL's scancodes are, to Linux key codes; letters and
 * digits are worked out. "HID Usage Tables", keyboard page. */
static const struct {
  SDL_Scancode scancode;
  guint        keycode;
} keys[] = {
  { SDL_SCANCODE_RETURN, KEY_ENTER },
  { SDL_SCANCODE_ESCAPE, KEY_ESC },
  { SDL_SCANCODE_BACKSPACE, KEY_BACKSPACE },
  { SDL_SCANCODE_TAB, KEY_TAB },
  { SDL_SCANCODE_SPACE, KEY_SPACE },
  { SDL_SCANCODE_MINUS, KEY_MINUS },
  { SDL_SCANCODE_EQUALS, KEY_EQUAL },
  { SDL_SCANCODE_LEFTBRACKET, KEY_LEFTBRACE },
  { SDL_SCANCODE_RIGHTBRACKET, KEY_RIGHTBRACE },
  { SDL_SCANCODE_BACKSLASH, KEY_BACKSLASH },
  { SDL_SCANCODE_SEMICOLON, KEY_SEMICOLON },
  { SDL_SCANCODE_APOSTROPHE, KEY_APOSTROPHE },
  { SDL_SCANCODE_GRAVE, KEY_GRAVE },
  { SDL_SCANCODE_COMMA, KEY_COMMA },
  { SDL_SCANCODE_PERIOD, KEY_DOT },
  { SDL_SCANCODE_SLASH, KEY_SLASH },
  { SDL_SCANCODE_CAPSLOCK, KEY_CAPSLOCK },
  { SDL_SCANCODE_F1, KEY_F1 },
  { SDL_SCANCODE_F2, KEY_F2 },
  { SDL_SCANCODE_F3, KEY_F3 },
  { SDL_SCANCODE_F4, KEY_F4 },
  { SDL_SCANCODE_F5, KEY_F5 },
  { SDL_SCANCODE_F6, KEY_F6 },
  { SDL_SCANCODE_F7, KEY_F7 },
  { SDL_SCANCODE_F8, KEY_F8 },
  { SDL_SCANCODE_F9, KEY_F9 },
  { SDL_SCANCODE_F10, KEY_F10 },
  { SDL_SCANCODE_F11, KEY_F11 },
  { SDL_SCANCODE_F12, KEY_F12 },
  { SDL_SCANCODE_PRINTSCREEN, KEY_SYSRQ },
  { SDL_SCANCODE_SCROLLLOCK, KEY_SCROLLLOCK },
  { SDL_SCANCODE_PAUSE, KEY_PAUSE },
  { SDL_SCANCODE_INSERT, KEY_INSERT },
  { SDL_SCANCODE_HOME, KEY_HOME },
  { SDL_SCANCODE_PAGEUP, KEY_PAGEUP },
  { SDL_SCANCODE_DELETE, KEY_DELETE },
  { SDL_SCANCODE_END, KEY_END },
  { SDL_SCANCODE_PAGEDOWN, KEY_PAGEDOWN },
  { SDL_SCANCODE_RIGHT, KEY_RIGHT },
  { SDL_SCANCODE_LEFT, KEY_LEFT },
  { SDL_SCANCODE_DOWN, KEY_DOWN },
  { SDL_SCANCODE_UP, KEY_UP },
  { SDL_SCANCODE_NUMLOCKCLEAR, KEY_NUMLOCK },
  { SDL_SCANCODE_KP_DIVIDE, KEY_KPSLASH },
  { SDL_SCANCODE_KP_MULTIPLY, KEY_KPASTERISK },
  { SDL_SCANCODE_KP_MINUS, KEY_KPMINUS },
  { SDL_SCANCODE_KP_PLUS, KEY_KPPLUS },
  { SDL_SCANCODE_KP_ENTER, KEY_KPENTER },
  { SDL_SCANCODE_KP_1, KEY_KP1 },
  { SDL_SCANCODE_KP_2, KEY_KP2 },
  { SDL_SCANCODE_KP_3, KEY_KP3 },
  { SDL_SCANCODE_KP_4, KEY_KP4 },
  { SDL_SCANCODE_KP_5, KEY_KP5 },
  { SDL_SCANCODE_KP_6, KEY_KP6 },
  { SDL_SCANCODE_KP_7, KEY_KP7 },
  { SDL_SCANCODE_KP_8, KEY_KP8 },
  { SDL_SCANCODE_KP_9, KEY_KP9 },
  { SDL_SCANCODE_KP_0, KEY_KP0 },
  { SDL_SCANCODE_KP_PERIOD, KEY_KPDOT },
  { SDL_SCANCODE_NONUSBACKSLASH, KEY_102ND },
  { SDL_SCANCODE_APPLICATION, KEY_COMPOSE },
  { SDL_SCANCODE_LCTRL, KEY_LEFTCTRL },
  { SDL_SCANCODE_LSHIFT, KEY_LEFTSHIFT },
  { SDL_SCANCODE_LALT, KEY_LEFTALT },
  { SDL_SCANCODE_LGUI, KEY_LEFTMETA },
  { SDL_SCANCODE_RCTRL, KEY_RIGHTCTRL },
  { SDL_SCANCODE_RSHIFT, KEY_RIGHTSHIFT },
  { SDL_SCANCODE_RALT, KEY_RIGHTALT },
  { SDL_SCANCODE_RGUI, KEY_RIGHTMETA },
};

/* From A and from 1 on, in the order of HID. */
static const guint8 letters[26] = {
  KEY_A, KEY_B, KEY_C, KEY_D, KEY_E, KEY_F, KEY_G, KEY_H, KEY_I,
  KEY_J, KEY_K, KEY_L, KEY_M, KEY_N, KEY_O, KEY_P, KEY_Q, KEY_R,
  KEY_S, KEY_T, KEY_U, KEY_V, KEY_W, KEY_X, KEY_Y, KEY_Z,
};

static guint
keycode_of (SDL_Scancode scancode)
{
  if (scancode >= SDL_SCANCODE_A && scancode <= SDL_SCANCODE_Z)
    return letters[scancode - SDL_SCANCODE_A];
  if (scancode >= SDL_SCANCODE_1 && scancode <= SDL_SCANCODE_0)
    return (guint) KEY_1 + (guint) (scancode - SDL_SCANCODE_1);
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].scancode == scancode)
      return keys[i].keycode;
  return 0;
}

/* -- the picture --------------------------------------------------------- */

/* On the machine's I/O thread. */
static void
frame_ready_cb (gpointer user_data)
{
  MosViewer *self = user_data;

  g_atomic_int_set (&self->dirty, 1);
}

static void
resize_texture (MosViewer *self, const MosCanvas *frame)
{
  if (self->texture != NULL && self->width == frame->width &&
      self->height == frame->height)
    return;
  if (self->texture != NULL)
    SDL_DestroyTexture (self->texture);
  self->texture = SDL_CreateTexture (self->renderer, SDL_PIXELFORMAT_ARGB8888,
                                     SDL_TEXTUREACCESS_STREAMING,
                                     (int) frame->width, (int) frame->height);
  self->width = frame->width;
  self->height = frame->height;
}

static void
take_frame (MosViewer *self)
{
  MosCanvas frame;
  MosDamage damage;

  if (!g_atomic_int_compare_and_exchange (&self->dirty, 1, 0) ||
      !mos_screen_begin_frame (self->screen, self->viewer, &frame, &damage))
    return;
  self->aspect =
      frame.pixel_aspect * (double) frame.width / MAX (frame.height, 1);
  resize_texture (self, &frame);
  if (self->texture != NULL) {
    SDL_UpdateTexture (self->texture, NULL, frame.pixels,
                       (int) (frame.stride * sizeof (guint32)));
    self->stale = TRUE;
  }
  mos_screen_end_frame (self->screen, self->viewer);
}

/* Where the picture lies: as large as fits, in its proportions. */
static SDL_Rect
place (MosViewer *self)
{
  int      width = 0, height = 0;
  SDL_Rect rect;

  SDL_GetRendererOutputSize (self->renderer, &width, &height);
  rect.w = MIN (width, (int) (height * self->aspect));
  rect.h = MIN (height, (int) (width / self->aspect));
  rect.x = (width - rect.w) / 2;
  rect.y = (height - rect.h) / 2;
  return rect;
}

static void
draw (MosViewer *self)
{
  SDL_Rect rect = place (self);

  if (!self->stale)
    return;
  self->stale = FALSE;
  SDL_SetRenderDrawColor (self->renderer, 0, 0, 0, 255);
  SDL_RenderClear (self->renderer);
  if (self->texture != NULL)
    SDL_RenderCopy (self->renderer, self->texture, NULL, &rect);
  SDL_RenderPresent (self->renderer);
}

/* -- input --------------------------------------------------------------- */

static void
set_captured (MosViewer *self, gboolean captured)
{
  if (!captured)
    mos_input_port_release_all (self->input);
  self->buttons = 0;
  self->captured = captured;
  SDL_SetWindowTitle (self->window, captured ? self->hint : self->title);
  SDL_SetWindowKeyboardGrab (self->window, captured);
  SDL_SetRelativeMouseMode (captured &&
                            !mos_input_port_is_absolute (self->input));
}

static void
toggle_full_screen (MosViewer *self)
{
  guint32 full =
      SDL_GetWindowFlags (self->window) & SDL_WINDOW_FULLSCREEN_DESKTOP;

  SDL_SetWindowFullscreen (self->window,
                           full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
  self->stale = TRUE;
}

static void
handle_key (MosViewer *self, const SDL_KeyboardEvent *event)
{
  guint    keycode = keycode_of (event->keysym.scancode);
  gboolean down = event->type == SDL_KEYDOWN;

  if (!self->captured) {
    if (down && (keycode == KEY_ENTER || keycode == KEY_SPACE))
      set_captured (self, TRUE);
    else if (down && keycode == KEY_F11)
      toggle_full_screen (self);
  } else if (keycode == self->host_key) {
    if (down)
      set_captured (self, FALSE);
  } else if (keycode != 0) {
    mos_screen_wake (self->screen);
    mos_input_port_key (self->input, keycode, down);
  }
}

static void
send_pointer (MosViewer *self, int x, int y, int dx, int dy, int wheel)
{
  SDL_Rect rect = place (self);

  if (!self->captured || rect.w <= 0 || rect.h <= 0)
    return;
  if (mos_input_port_is_absolute (self->input))
    mos_input_port_place (
        self->input, CLAMP (x - rect.x, 0, rect.w) * MOS_INPUT_ABS_MAX / rect.w,
        CLAMP (y - rect.y, 0, rect.h) * MOS_INPUT_ABS_MAX / rect.h, wheel,
        self->buttons);
  else
    mos_input_port_move (self->input, dx, dy, wheel, self->buttons);
}

static void
handle_button (MosViewer *self, const SDL_MouseButtonEvent *event)
{
  guint bit = event->button == SDL_BUTTON_LEFT     ? MOS_BUTTON_LEFT
              : event->button == SDL_BUTTON_RIGHT  ? MOS_BUTTON_RIGHT
              : event->button == SDL_BUTTON_MIDDLE ? MOS_BUTTON_MIDDLE
                                                   : 0;

  if (!self->captured) {
    /* The click that captures is not the guest's. */
    if (event->type == SDL_MOUSEBUTTONDOWN)
      set_captured (self, TRUE);
    return;
  }
  if (event->type == SDL_MOUSEBUTTONDOWN)
    self->buttons |= bit;
  else
    self->buttons &= ~bit;
  send_pointer (self, event->x, event->y, 0, 0, 0);
}

/* FALSE: the window is to be closed. */
static gboolean
handle_window (MosViewer *self, const SDL_WindowEvent *event)
{
  switch (event->event) {
  case SDL_WINDOWEVENT_CLOSE:
    return FALSE;
  case SDL_WINDOWEVENT_FOCUS_LOST:
    if (self->captured)
      set_captured (self, FALSE);
    break;
  case SDL_WINDOWEVENT_EXPOSED:
  case SDL_WINDOWEVENT_SIZE_CHANGED:
    self->stale = TRUE;
    break;
  default:
    break;
  }
  return TRUE;
}

static gboolean
handle (MosViewer *self, const SDL_Event *event)
{
  int x, y;

  switch (event->type) {
  case SDL_WINDOWEVENT:
    return handle_window (self, &event->window);
  case SDL_KEYDOWN:
  case SDL_KEYUP:
    handle_key (self, &event->key);
    break;
  case SDL_MOUSEMOTION:
    send_pointer (self, event->motion.x, event->motion.y, event->motion.xrel,
                  event->motion.yrel, 0);
    break;
  case SDL_MOUSEBUTTONDOWN:
  case SDL_MOUSEBUTTONUP:
    handle_button (self, &event->button);
    break;
  case SDL_MOUSEWHEEL:
    SDL_GetMouseState (&x, &y);
    send_pointer (self, x, y, 0, 0, event->wheel.y);
    break;
  default:
    break;
  }
  return TRUE;
}

/* Events of another viewer's window are put back for it. */
static guint32
window_of (const SDL_Event *event)
{
  switch (event->type) {
  case SDL_WINDOWEVENT:
    return event->window.windowID;
  case SDL_KEYDOWN:
  case SDL_KEYUP:
    return event->key.windowID;
  case SDL_MOUSEMOTION:
    return event->motion.windowID;
  case SDL_MOUSEBUTTONDOWN:
  case SDL_MOUSEBUTTONUP:
    return event->button.windowID;
  case SDL_MOUSEWHEEL:
    return event->wheel.windowID;
  default:
    return 0;
  }
}

static gboolean
tick_cb (gpointer user_data)
{
  MosViewer *self = user_data;
  guint32    id = SDL_GetWindowID (self->window);
  g_autoptr (GArray) others = g_array_new (FALSE, FALSE, sizeof (SDL_Event));
  SDL_Event event;
  gboolean  open = TRUE;

  while (open && SDL_PollEvent (&event)) {
    guint32 other = window_of (&event);

    if (other != 0 && other != id && SDL_GetWindowFromID (other) != NULL)
      g_array_append_val (others, event);
    else
      open = handle (self, &event);
  }
  for (guint i = 0; i < others->len; i++)
    SDL_PushEvent (&g_array_index (others, SDL_Event, i));
  if (!open) {
    self->timeout = 0;
    self->closed (self, self->user_data);
    return G_SOURCE_REMOVE;
  }
  take_frame (self);
  draw (self);
  return G_SOURCE_CONTINUE;
}

/* -- life ---------------------------------------------------------------- */

static gboolean
open_window (MosViewer *self, int monitor, GError **error)
{
  int     where = (int) SDL_WINDOWPOS_UNDEFINED;
  guint32 flags = SDL_WINDOW_RESIZABLE;

  SDL_SetHint (SDL_HINT_RENDER_DRIVER, "software");
  SDL_SetHint (SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
  if (SDL_InitSubSystem (SDL_INIT_VIDEO) == 0) {
    if (monitor >= 0 && monitor < SDL_GetNumVideoDisplays ()) {
      where = (int) SDL_WINDOWPOS_CENTERED_DISPLAY ((guint) monitor);
      flags |= SDL_WINDOW_FULLSCREEN_DESKTOP;
    }
    self->window =
        SDL_CreateWindow (self->title, where, where, 800, 500, flags);
    if (self->window != NULL)
      self->renderer =
          SDL_CreateRenderer (self->window, -1, SDL_RENDERER_SOFTWARE);
    if (self->renderer != NULL)
      return TRUE;
  }
  g_set_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE,
               _ ("The detached viewer cannot open: %s. The screen in the "
                  "window shows the same."),
               SDL_GetError ());
  return FALSE;
}

MosViewer *
mos_viewer_new (const MosViewerSpec *spec, GError **error)
{
  g_autoptr (MosViewer) self = g_new0 (MosViewer, 1);

  self->title = g_strdup (spec->title);
  self->hint = g_strdup (spec->hint);
  self->screen = mos_screen_ref (spec->screen);
  self->input = mos_input_port_ref (spec->input);
  self->host_key = spec->host_key;
  self->closed = spec->closed;
  self->user_data = spec->user_data;
  self->aspect = 4.0 / 3;
  self->stale = TRUE;
  if (!open_window (self, spec->monitor, error))
    return NULL;
  self->viewer = mos_screen_add_viewer (self->screen, frame_ready_cb, self);
  g_atomic_int_set (&self->dirty, 1);
  self->timeout = g_timeout_add (TICK_MS, tick_cb, self);
  return g_steal_pointer (&self);
}

void
mos_viewer_free (MosViewer *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->timeout, g_source_remove);
  if (self->viewer != NULL)
    mos_screen_remove_viewer (self->screen, self->viewer);
  if (self->captured)
    set_captured (self, FALSE);
  if (self->texture != NULL)
    SDL_DestroyTexture (self->texture);
  if (self->renderer != NULL)
    SDL_DestroyRenderer (self->renderer);
  if (self->window != NULL)
    SDL_DestroyWindow (self->window);
  SDL_QuitSubSystem (SDL_INIT_VIDEO);
  mos_screen_unref (self->screen);
  mos_input_port_unref (self->input);
  g_free (self->title);
  g_free (self->hint);
  g_free (self);
}

guint
mos_viewer_count_monitors (void)
{
  int n = 0;

  if (SDL_InitSubSystem (SDL_INIT_VIDEO) == 0) {
    n = SDL_GetNumVideoDisplays ();
    SDL_QuitSubSystem (SDL_INIT_VIDEO);
  }
  return n > 0 ? (guint) n : 0;
}
