/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Where a display adapter's picture goes.
 *
 * A MosScreen is a mailbox between one adapter (the source) and any number of
 * viewers: the window, thumbnails, the SDL viewer, a recorder. On the I/O
 * thread, at most 60 times a second and only while somebody watches, the
 * screen asks the source to bring its canvas up to date; the source repaints
 * what changed and says which rectangles. Viewers get a notification, and take
 * the newest frame with the damage since the last one they took; the window
 * never waits for the adapter. Text modes can also be read as text.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_SCREEN_MAX_WIDTH  2560
#define MOS_SCREEN_MAX_HEIGHT 1600
#define MOS_SCREEN_MAX_DAMAGE 32

typedef struct {
  int x, y, width, height;
} MosRect;

/* 32-bit pixels 0xffRRGGBB, native endian, rows top to bottom. */
typedef struct {
  guint32 *pixels;
  guint    width;
  guint    height;
  guint    stride; /* in pixels */
  /* Width to height of one pixel, as the monitor shows it: 1.0 square. */
  double pixel_aspect;
} MosCanvas;

typedef struct {
  MosRect  rects[MOS_SCREEN_MAX_DAMAGE];
  guint    n_rects; /* joined into one when there would be more */
  gboolean quiet;   /* a source's: only something that blinks; the screen need
                     * not look more often because of it */
} MosDamage;

void mos_damage_add (MosDamage *self, MosRect rect);

/* The text-mode cells; UTF-32 code points, attributes as VGA has them. */
typedef struct {
  guint    columns; /* 0: not a text mode */
  guint    rows;
  gboolean cursor_visible;
  guint    cursor_column;
  guint    cursor_row;
  GArray  *characters; /* gunichar, columns * rows */
  GArray  *attributes; /* guint8: low nibble ink, high nibble paper/blink */
} MosTextScreen;

void mos_text_screen_init (MosTextScreen *self);
void mos_text_screen_clear (MosTextScreen *self);
/* Rows joined by newlines, trailing blanks removed; UTF-8. */
char *mos_text_screen_to_string (const MosTextScreen *self);

typedef struct MosScreen MosScreen;

typedef struct {
  /* Paints what changed since the last call (all of it if @full) and adds the
   * rectangles. May resize with mos_canvas_resize(). Takes its own lock. */
  void (*paint) (gpointer   source,
                 MosCanvas *canvas,
                 gboolean   full,
                 MosDamage *damage);
  /* Fills @text; columns 0 when in a graphics mode. Takes its own lock. */
  void (*read_text) (gpointer source, MosTextScreen *text);
  /* A viewer was resized: adapters that can may offer that mode. Optional. */
  void (*hint_size) (gpointer source, guint width, guint height);
} MosScreenSource;

/* Clamped to the maximum; contents are undefined after a change. Starts from
 * a zeroed canvas, whose pixels mos_canvas_clear() frees. */
void mos_canvas_resize (MosCanvas *self, guint width, guint height);
void mos_canvas_clear (MosCanvas *self);

/* @io_context: where the adapter is asked to paint; referenced. */
MosScreen *mos_screen_new (GMainContext *io_context);
MosScreen *mos_screen_ref (MosScreen *self);
void       mos_screen_unref (MosScreen *self);

/* The adapter announces itself; NULL takes it away (and waits for calls). */
void mos_screen_set_source (MosScreen             *self,
                            const MosScreenSource *source,
                            gpointer               user_data);

/* A viewer. @notify is called on the I/O thread when a new frame is there;
 * it must only post. While there is any viewer, the adapter is asked at 60 Hz.
 * Any thread; remove waits until @notify is not running. */
typedef struct MosScreenViewer MosScreenViewer;
typedef void (*MosScreenNotify) (gpointer user_data);
MosScreenViewer *mos_screen_add_viewer (MosScreen      *self,
                                        MosScreenNotify notify,
                                        gpointer        user_data);
void mos_screen_remove_viewer (MosScreen *self, MosScreenViewer *viewer);

/* Something is about to change (a key was pressed): the adapter, which is asked
 * less often while nothing moves, is asked at full rate again. Any thread. */
void mos_screen_wake (MosScreen *self);

/* The newest frame. Locks it for reading until end; the adapter goes on into
 * another buffer. @damage gets what changed since this viewer's last frame
 * (all of it at first). FALSE if there is nothing new. The viewer's thread. */
gboolean mos_screen_begin_frame (MosScreen       *self,
                                 MosScreenViewer *viewer,
                                 MosCanvas       *frame,
                                 MosDamage       *damage);
void     mos_screen_end_frame (MosScreen *self, MosScreenViewer *viewer);

/* Paints into a fresh canvas now, viewers or not, and returns the pixels as
 * 4-byte native-endian 0xffRRGGBB, row by row. May take some milliseconds and
 * the adapter's lock: not for the main loop. Any other thread. */
GBytes *mos_screen_capture (MosScreen *self, guint *width, guint *height);

/* Pictures published so far; any thread. */
guint64 mos_screen_frames (MosScreen *self);

/* The text now; "" in a graphics mode. Takes the adapter's lock. */
char *mos_screen_text (MosScreen *self);
void  mos_screen_read_text (MosScreen *self, MosTextScreen *text);

/* Forwards to the source's hint_size. */
void mos_screen_hint_size (MosScreen *self, guint width, guint height);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosScreen, mos_screen_unref)

G_END_DECLS
