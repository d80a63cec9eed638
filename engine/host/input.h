/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Keys and pointers on their way into a machine.
 *
 * Keys are named by physical position with Linux key codes (KEY_A is where a
 * US keyboard has A), whatever the host's layout. Input devices announce what
 * they take; the newest absolute pointer that the guest has switched on wins
 * over the relative one. Any thread may send; devices take their own lock.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct MosInputPort MosInputPort;

typedef enum {
  MOS_BUTTON_LEFT = 1u << 0,
  MOS_BUTTON_RIGHT = 1u << 1,
  MOS_BUTTON_MIDDLE = 1u << 2,
  MOS_BUTTON_SIDE = 1u << 3,
  MOS_BUTTON_EXTRA = 1u << 4
} MosButtons;

#define MOS_INPUT_ABS_MAX 32767

typedef struct {
  /* Any may be NULL. dy is downwards, wheel is notches away from the user. */
  void (*key) (gpointer device, guint keycode, gboolean down);
  void (*move) (gpointer device, int dx, int dy, int wheel, guint buttons);
  /* x and y from 0 to MOS_INPUT_ABS_MAX over the whole screen. */
  void (*place) (gpointer device, int x, int y, int wheel, guint buttons);
  /* Has the guest's driver switched it on? NULL: always. */
  gboolean (*active) (gpointer device);
  /* How many more key events it can queue; NULL: no limit. */
  guint (*key_room) (gpointer device);
} MosInputOps;

MosInputPort *mos_input_port_new (void);
MosInputPort *mos_input_port_ref (MosInputPort *self);
void          mos_input_port_unref (MosInputPort *self);

void mos_input_port_add (MosInputPort      *self,
                         const MosInputOps *ops,
                         gpointer           device);
void mos_input_port_remove (MosInputPort *self, gpointer device);

/* Calls @func for each key that goes down, before a device hears of it: it
 * may wake a sleeping machine. NULL: nobody; waits until it is not running. */
typedef void (*MosInputWakeFunc) (gpointer user_data);
void mos_input_port_set_wake (MosInputPort    *self,
                              MosInputWakeFunc func,
                              gpointer         user_data);

void mos_input_port_key (MosInputPort *self, guint keycode, gboolean down);
void mos_input_port_move (MosInputPort *self,
                          int           dx,
                          int           dy,
                          int           wheel,
                          guint         buttons);
void mos_input_port_place (MosInputPort *self,
                           int           x,
                           int           y,
                           int           wheel,
                           guint         buttons);

/* Whether pointer motion should be sent absolute. */
gboolean mos_input_port_is_absolute (MosInputPort *self);

/* How many key events the keyboard can queue now; 0 if there is none that the
 * guest has switched on. */
guint mos_input_port_key_room (MosInputPort *self);

/* Lifts every key and button that is down, as on losing the focus. */
void mos_input_port_release_all (MosInputPort *self);

/*
 * Types ASCII text on a US layout (\n, \t, \b and ESC included), paced by the
 * device's room from the I/O thread of @context. Characters that no key makes
 * are skipped and counted. @done may be NULL; it is called on @context.
 */
typedef void (*MosTypedFunc) (gpointer user_data, guint skipped);
void mos_input_port_type (MosInputPort *self,
                          GMainContext *context,
                          const char   *text,
                          MosTypedFunc  done,
                          gpointer      user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosInputPort, mos_input_port_unref)

G_END_DECLS
