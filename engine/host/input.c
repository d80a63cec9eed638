/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Keys and pointers on their way into a machine.
 *
 * The newest active device that takes a kind of event gets it. For each key
 * and button that is down the port remembers who was told, so that the same
 * device hears of the release even if another has become active in between,
 * and nothing stays pressed. The port's lock is held while a device is called,
 * so taking a device away waits; the order is port, then device.
 */

#include "engine/host/input.h"

#include "engine/host/typing.h"

#define N_KEYS 768 /* Linux key codes end at KEY_MAX, 0x2ff */

typedef struct {
  const MosInputOps *ops;
  gpointer           device;
} Entry;

struct MosInputPort {
  gatomicrefcount refs;
  GMutex          lock;
  GArray         *entries;      /* of Entry, oldest first */
  gpointer        down[N_KEYS]; /* the device that was told, or NULL */
  guint           n_down;
  guint           buttons;       /* as last sent */
  gpointer        buttons_owner; /* to whom */
  gboolean        placed;        /* by place() at: */
  int             x, y;
  MosTyping      *typing;

  MosInputWakeFunc wake;
  gpointer         wake_data;
};

/* The devices -------------------------------------------------------------- */

static gboolean
is_active (const Entry *entry)
{
  return entry->ops->active == NULL || entry->ops->active (entry->device);
}

static Entry *
find_device (MosInputPort *self, gpointer device)
{
  for (guint i = 0; device != NULL && i < self->entries->len; i++) {
    Entry *entry = &g_array_index (self->entries, Entry, i);

    if (entry->device == device)
      return entry;
  }
  return NULL;
}

/* The newest active entry whose function at @offset of the ops is there; an
 * inactive one if no other is left, for it may be about to be switched on. */
static Entry *
newest_with (MosInputPort *self, gsize offset, gboolean active_only)
{
  Entry *any = NULL;

  for (guint i = self->entries->len; i-- > 0;) {
    Entry *entry = &g_array_index (self->entries, Entry, i);

    if (G_STRUCT_MEMBER (gpointer, entry->ops, offset) == NULL)
      continue;
    if (is_active (entry))
      return entry;
    if (any == NULL)
      any = entry;
  }
  return active_only ? NULL : any;
}

MosInputPort *
mos_input_port_new (void)
{
  MosInputPort *self = g_new0 (MosInputPort, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->typing = mos_typing_new ();
  return self;
}

MosInputPort *
mos_input_port_ref (MosInputPort *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_input_port_unref (MosInputPort *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  mos_typing_free (self->typing);
  g_array_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mos_input_port_add (MosInputPort *self, const MosInputOps *ops, gpointer device)
{
  Entry entry = { ops, device };

  g_return_if_fail (self != NULL && ops != NULL && device != NULL);

  g_mutex_lock (&self->lock);
  g_array_append_val (self->entries, entry);
  g_mutex_unlock (&self->lock);
}

void
mos_input_port_remove (MosInputPort *self, gpointer device)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  for (guint i = self->entries->len; i-- > 0;) {
    if (g_array_index (self->entries, Entry, i).device == device)
      g_array_remove_index (self->entries, i);
  }
  for (guint i = 0; i < N_KEYS; i++) {
    if (self->down[i] == device && device != NULL) {
      self->down[i] = NULL;
      self->n_down--;
    }
  }
  if (self->buttons_owner == device) {
    self->buttons_owner = NULL;
    self->buttons = 0;
  }
  g_mutex_unlock (&self->lock);
}

/* Events ------------------------------------------------------------------- */

/* Repeats of the host are dropped: a keyboard makes its own. */
static void
key_locked (MosInputPort *self, guint keycode, gboolean down)
{
  Entry *entry = find_device (self, self->down[keycode]);

  if (down == (entry != NULL))
    return;
  if (down)
    entry = newest_with (self, G_STRUCT_OFFSET (MosInputOps, key), FALSE);
  if (entry == NULL)
    return;
  self->n_down += down ? 1 : -1;
  self->down[keycode] = down ? entry->device : NULL;
  entry->ops->key (entry->device, keycode, down);
}

void
mos_input_port_set_wake (MosInputPort    *self,
                         MosInputWakeFunc func,
                         gpointer         user_data)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  self->wake = func;
  self->wake_data = user_data;
  g_mutex_unlock (&self->lock);
}

void
mos_input_port_key (MosInputPort *self, guint keycode, gboolean down)
{
  g_return_if_fail (self != NULL);

  if (keycode >= N_KEYS)
    return;
  g_mutex_lock (&self->lock);
  if (down && self->wake != NULL)
    self->wake (self->wake_data);
  key_locked (self, keycode, down != FALSE);
  g_mutex_unlock (&self->lock);
}

/* Lifts the buttons that are down on another device than @unless. */
static void
lift_buttons_locked (MosInputPort *self, const Entry *unless)
{
  Entry *entry = find_device (self, self->buttons_owner);

  if (entry == NULL || self->buttons == 0)
    return;
  if (unless != NULL && entry->device == unless->device)
    return;
  self->buttons = 0;
  if (self->placed)
    entry->ops->place (entry->device, self->x, self->y, 0, 0);
  else
    entry->ops->move (entry->device, 0, 0, 0, 0);
}

void
mos_input_port_move (MosInputPort *self,
                     int           dx,
                     int           dy,
                     int           wheel,
                     guint         buttons)
{
  Entry *entry;

  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  entry = newest_with (self, G_STRUCT_OFFSET (MosInputOps, move), FALSE);
  if (entry != NULL) {
    lift_buttons_locked (self, entry);
    self->buttons = buttons;
    self->buttons_owner = entry->device;
    self->placed = FALSE;
    entry->ops->move (entry->device, dx, dy, wheel, buttons);
  }
  g_mutex_unlock (&self->lock);
}

void
mos_input_port_place (MosInputPort *self,
                      int           x,
                      int           y,
                      int           wheel,
                      guint         buttons)
{
  Entry *entry;

  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  entry = newest_with (self, G_STRUCT_OFFSET (MosInputOps, place), TRUE);
  if (entry != NULL) {
    lift_buttons_locked (self, entry);
    self->buttons = buttons;
    self->buttons_owner = entry->device;
    self->placed = TRUE;
    self->x = CLAMP (x, 0, MOS_INPUT_ABS_MAX);
    self->y = CLAMP (y, 0, MOS_INPUT_ABS_MAX);
    entry->ops->place (entry->device, self->x, self->y, wheel, buttons);
  }
  g_mutex_unlock (&self->lock);
}

gboolean
mos_input_port_is_absolute (MosInputPort *self)
{
  gboolean absolute;

  g_return_val_if_fail (self != NULL, FALSE);

  g_mutex_lock (&self->lock);
  absolute =
      newest_with (self, G_STRUCT_OFFSET (MosInputOps, place), TRUE) != NULL;
  g_mutex_unlock (&self->lock);
  return absolute;
}

guint
mos_input_port_key_room (MosInputPort *self)
{
  Entry *entry;
  guint  room = 0;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->lock);
  entry = newest_with (self, G_STRUCT_OFFSET (MosInputOps, key), TRUE);
  if (entry != NULL)
    room = entry->ops->key_room == NULL ? G_MAXUINT
                                        : entry->ops->key_room (entry->device);
  g_mutex_unlock (&self->lock);
  return room;
}

void
mos_input_port_release_all (MosInputPort *self)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < N_KEYS && self->n_down > 0; i++) {
    if (self->down[i] != NULL)
      key_locked (self, i, FALSE);
  }
  lift_buttons_locked (self, NULL);
  g_mutex_unlock (&self->lock);
}

void
mos_input_port_type (MosInputPort *self,
                     GMainContext *context,
                     const char   *text,
                     MosTypedFunc  done,
                     gpointer      user_data)
{
  g_return_if_fail (self != NULL && text != NULL);

  mos_typing_start (self->typing, self, context, text, done, user_data);
}
