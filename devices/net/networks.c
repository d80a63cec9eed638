/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Connecting cables. A switch is made when the first machine asks for its
 * network by name, and goes with the last. The lock guards the table of
 * switches; libslirp's own lock is another, so that a machine that starts does
 * not wait for those that run. Captures are written out at least twice a
 * second by a timer on the I/O thread.
 */
#include "devices/net/networks.h"

#include <glib/gi18n-lib.h>

#include "devices/net/nat.h"
#include "devices/net/pcapng.h"
#include "devices/net/switch.h"
#include "engine/base/error.h"
#include "engine/base/source.h"

#define FLUSH_MS 500

typedef struct {
  MosNetworks base;
  GMutex      lock;
  GHashTable *switches; /* name to MosSwitch; with lock */
  GMutex      slirp_lock;
} Networks;

typedef struct {
  MosNetLink  base;
  Networks   *networks; /* referenced */
  MosNetPort *port;
  MosNat     *nat;
  char       *network; /* whose switch it is plugged into, or NULL */
  MosPcapng  *capture;
  GSource    *flush;
} Link;

/* -- internal networks --------------------------------------------------- */

static gboolean
plug_in (Link *self, const char *name, GError **error)
{
  Networks  *networks = self->networks;
  MosSwitch *found;
  gboolean   ok;

  g_mutex_lock (&networks->lock);
  found = g_hash_table_lookup (networks->switches, name);
  if (found == NULL) {
    found = mos_switch_new ();
    g_hash_table_insert (networks->switches, g_strdup (name), found);
  }
  ok = mos_switch_add (found, self->port);
  g_mutex_unlock (&networks->lock);
  if (ok)
    self->network = g_strdup (name);
  else
    g_set_error (error, MOS_ERROR, MOS_ERROR_IN_USE,
                 _ ("the internal network “%s” has %d adapters already; choose "
                    "another one"),
                 name, MOS_SWITCH_MAX_PORTS);
  return ok;
}

static void
pull_out (Link *self)
{
  Networks  *networks = self->networks;
  MosSwitch *found;

  g_mutex_lock (&networks->lock);
  found = g_hash_table_lookup (networks->switches, self->network);
  mos_switch_remove (found, self->port);
  if (mos_switch_n_ports (found) == 0)
    g_hash_table_remove (networks->switches, self->network);
  g_mutex_unlock (&networks->lock);
}

/* -- captures ------------------------------------------------------------ */

static gboolean
flush_cb (gpointer user_data)
{
  mos_pcapng_flush (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
start_capture (Link             *self,
               const MosNetWish *wish,
               GMainContext     *io_context,
               MosLog           *log,
               GError          **error)
{
  self->capture =
      mos_pcapng_new (wish->capture, wish->name, wish->capture_bytes,
                      wish->snap_bytes, log, error);
  if (self->capture == NULL)
    return FALSE;
  self->flush = g_timeout_source_new (FLUSH_MS);
  g_source_set_callback (self->flush, flush_cb, self->capture, NULL);
  g_source_attach (self->flush, io_context);
  mos_net_port_set_tap (self->port, mos_pcapng_tap, self->capture);
  return TRUE;
}

/* -- links --------------------------------------------------------------- */

static void
link_free (MosNetLink *link)
{
  Link *self = (Link *) link;

  if (self->network != NULL)
    pull_out (self);
  mos_nat_free (self->nat);
  mos_net_port_set_tap (self->port, NULL, NULL);
  mos_source_clear (&self->flush);
  mos_pcapng_free (self->capture);
  mos_net_port_unref (self->port);
  mos_networks_unref (&self->networks->base);
  g_free (self->network);
  g_free (self);
}

static gboolean
connect_peer (Link             *self,
              const MosNetWish *wish,
              GMainContext     *io_context,
              GError          **error)
{
  switch (wish->mode) {
  case MOS_NETWORK_NAT:
    self->nat = mos_nat_new (wish, self->port, io_context,
                             &self->networks->slirp_lock, error);
    return self->nat != NULL;
  case MOS_NETWORK_INTERNAL:
    return plug_in (self, wish->network, error);
  case MOS_NETWORK_NONE:
  default:
    return TRUE;
  }
}

static MosNetLink *
networks_connect (MosNetworks      *networks,
                  const MosNetWish *wish,
                  MosNetPort       *port,
                  GMainContext     *io_context,
                  MosLog           *log,
                  GError          **error)
{
  Link *self = g_new0 (Link, 1);

  self->base.free = link_free;
  self->networks = (Networks *) mos_networks_ref (networks);
  self->port = mos_net_port_ref (port);
  if ((wish->capture != NULL &&
       !start_capture (self, wish, io_context, log, error)) ||
      !connect_peer (self, wish, io_context, error)) {
    link_free (&self->base);
    return NULL;
  }
  return &self->base;
}

/* -- all of them --------------------------------------------------------- */

static void
networks_free (MosNetworks *networks)
{
  Networks *self = (Networks *) networks;

  g_hash_table_unref (self->switches);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->slirp_lock);
  g_free (self);
}

MosNetworks *
mos_networks_new (void)
{
  Networks *self = g_new0 (Networks, 1);

  g_atomic_ref_count_init (&self->base.refs);
  self->base.free = networks_free;
  self->base.connect = networks_connect;
  g_mutex_init (&self->lock);
  g_mutex_init (&self->slirp_lock);
  self->switches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) mos_switch_free);
  return &self->base;
}
