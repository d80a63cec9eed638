/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The switch. A frame comes on its machine's I/O thread and is queued into
 * other machines' cables, which never waits, so one lock around it all is held
 * for no longer than a few copies. The table has sets of four addresses; the
 * one not seen for longest makes room (IEEE 802.1D, "Learning Process").
 */
#include "devices/net/switch.h"

#include <string.h>

#define WAYS   4u
#define N_SETS (MOS_SWITCH_MAX_ADDRESSES / WAYS)

typedef struct {
  guint8 mac[6];
  gint16 port;    /* index, or -1: free */
  gint64 seen_us; /* monotonic */
} Address;

typedef struct {
  MosSwitch        *owner;
  MosNetPort       *port; /* NULL: free */
  guint             index;
  gint64            second_us; /* when this second of floods began */
  guint             floods;    /* in it */
  MosSwitchCounters counters;
} Plug;

struct MosSwitch {
  GMutex  lock;
  Plug    plugs[MOS_SWITCH_MAX_PORTS];
  guint   n_ports;
  Address addresses[MOS_SWITCH_MAX_ADDRESSES];
};

/* -- addresses ----------------------------------------------------------- */

static Address *
set_of (MosSwitch *self, const guint8 *mac)
{
  guint32 hash = 2166136261u;

  for (guint i = 0; i < 6; i++)
    hash = (hash ^ mac[i]) * 16777619u;
  return &self->addresses[(hash ^ hash >> 16) % N_SETS * WAYS];
}

static Address *
find_address (MosSwitch *self, const guint8 *mac, gint64 now_us)
{
  Address *set = set_of (self, mac);

  for (guint i = 0; i < WAYS; i++)
    if (set[i].port >= 0 && memcmp (set[i].mac, mac, 6) == 0 &&
        now_us - set[i].seen_us < MOS_SWITCH_ADDRESS_LIFE_US)
      return &set[i];
  return NULL;
}

static void
learn (MosSwitch *self, const guint8 *mac, guint port, gint64 now_us)
{
  Address *place = find_address (self, mac, now_us);
  Address *set = set_of (self, mac);

  if ((mac[0] & 1) != 0)
    return;
  if (place == NULL) {
    place = set;
    for (guint i = 1; i < WAYS; i++)
      if (set[i].seen_us < place->seen_us)
        place = &set[i];
    memcpy (place->mac, mac, 6);
  }
  place->port = (gint16) port;
  place->seen_us = now_us;
}

static void
forget (MosSwitch *self, guint port)
{
  for (guint i = 0; i < MOS_SWITCH_MAX_ADDRESSES; i++)
    if (self->addresses[i].port == (gint16) port)
      self->addresses[i] = (Address){ .port = -1 };
}

/* -- frames -------------------------------------------------------------- */

static gboolean
may_flood (Plug *from, gint64 now_us)
{
  if (now_us - from->second_us >= G_TIME_SPAN_SECOND) {
    from->second_us = now_us;
    from->floods = 0;
  }
  return ++from->floods <= MOS_SWITCH_FLOODS_PER_S;
}

static void
flood (MosSwitch    *self,
       Plug         *from,
       const guint8 *frame,
       gsize         size,
       MosNetFlags   flags)
{
  from->counters.flooded++;
  for (guint i = 0; i < MOS_SWITCH_MAX_PORTS; i++)
    if (self->plugs[i].port != NULL && &self->plugs[i] != from)
      mos_net_port_to_device (self->plugs[i].port, frame, size, flags);
}

static void
forward_locked (MosSwitch    *self,
                Plug         *from,
                const guint8 *frame,
                gsize         size,
                MosNetFlags   flags)
{
  gint64         now_us = g_get_monotonic_time ();
  const Address *to;

  if (size < 14) {
    from->counters.dropped++;
    return;
  }
  learn (self, frame + 6, from->index, now_us);
  to = (frame[0] & 1) != 0 ? NULL : find_address (self, frame, now_us);
  if (to == NULL && may_flood (from, now_us)) {
    flood (self, from, frame, size, flags);
  } else if (to == NULL) {
    from->counters.dropped++;
  } else if ((guint) to->port == from->index) {
    from->counters.filtered++;
  } else {
    from->counters.forwarded++;
    mos_net_port_to_device (self->plugs[to->port].port, frame, size, flags);
  }
}

static void
peer_receive (gpointer peer, const guint8 *frame, gsize size, MosNetFlags flags)
{
  Plug *from = peer;

  g_mutex_lock (&from->owner->lock);
  if (from->port != NULL)
    forward_locked (from->owner, from, frame, size, flags);
  g_mutex_unlock (&from->owner->lock);
}

/* -- plugging ------------------------------------------------------------ */

MosSwitch *
mos_switch_new (void)
{
  MosSwitch *self = g_new0 (MosSwitch, 1);

  g_mutex_init (&self->lock);
  for (guint i = 0; i < MOS_SWITCH_MAX_PORTS; i++) {
    self->plugs[i].owner = self;
    self->plugs[i].index = i;
  }
  for (guint i = 0; i < MOS_SWITCH_MAX_ADDRESSES; i++)
    self->addresses[i].port = -1;
  return self;
}

void
mos_switch_free (MosSwitch *self)
{
  if (self == NULL)
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The plug with @port; NULL finds a free one. */
static Plug *
find_plug_locked (MosSwitch *self, MosNetPort *port)
{
  for (guint i = 0; i < MOS_SWITCH_MAX_PORTS; i++)
    if (self->plugs[i].port == port)
      return &self->plugs[i];
  return NULL;
}

gboolean
mos_switch_add (MosSwitch *self, MosNetPort *port)
{
  Plug *plug;

  g_mutex_lock (&self->lock);
  plug = find_plug_locked (self, NULL);
  if (plug != NULL) {
    plug->port = mos_net_port_ref (port);
    plug->floods = 0;
    plug->counters = (MosSwitchCounters){ 0 };
    self->n_ports++;
  }
  g_mutex_unlock (&self->lock);
  if (plug != NULL)
    mos_net_port_set_peer (port, peer_receive, plug);
  return plug != NULL;
}

void
mos_switch_remove (MosSwitch *self, MosNetPort *port)
{
  Plug *plug;

  mos_net_port_set_peer (port, NULL, NULL);
  g_mutex_lock (&self->lock);
  plug = find_plug_locked (self, port);
  if (plug != NULL) {
    forget (self, plug->index);
    plug->port = NULL;
    self->n_ports--;
  }
  g_mutex_unlock (&self->lock);
  if (plug != NULL)
    mos_net_port_unref (port);
}

guint
mos_switch_n_ports (MosSwitch *self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n_ports;
  g_mutex_unlock (&self->lock);
  return n;
}

guint
mos_switch_n_addresses (MosSwitch *self)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < MOS_SWITCH_MAX_ADDRESSES; i++)
    n += self->addresses[i].port >= 0;
  g_mutex_unlock (&self->lock);
  return n;
}

gboolean
mos_switch_counters (MosSwitch         *self,
                     MosNetPort        *port,
                     MosSwitchCounters *counters)
{
  Plug *plug;

  g_mutex_lock (&self->lock);
  plug = find_plug_locked (self, port);
  if (plug != NULL)
    *counters = plug->counters;
  g_mutex_unlock (&self->lock);
  return plug != NULL;
}
