/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The network adapters of a machine: from the configuration to cables that
 * lead somewhere. Runs on the worker thread of a start, but for making the
 * cables, which belong to the MosVm.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/lifecycle/vm-private.h"

#define LIST "devices.network_adapters"
#define KILO 1000u
#define MEGA 1000000u
#define MIB  (1u << 20)

static guint
n_adapters (MosVmConfig *config)
{
  return MIN (mos_vm_config_n_tables (config, LIST), MOS_BOARD_MAX_NET);
}

static guint64
number (MosVmConfig *config, guint n, const char *key)
{
  return (guint64) mos_vm_config_table_int (config, LIST, n, key);
}

static const char *
word (MosVmConfig *config, guint n, const char *key)
{
  return mos_vm_config_table_string (config, LIST, n, key);
}

void
mos_vm_make_net (MosVm *self)
{
  for (guint i = 0; i < n_adapters (self->config); i++)
    if (self->net[i] == NULL)
      self->net[i] = mos_net_port_new (self->io_context);
}

/* As written, or from the machine's name and the adapter's number: 52:54:00 is
 * a locally administered range. */
static void
fill_mac (MosVmConfig *config, guint n, guint8 *mac)
{
  const char         *text = word (config, n, "mac");
  const char         *name = mos_vm_config_get_string (config, "name");
  g_autofree char    *seed = g_strdup_printf ("%s#%u", name, n);
  g_autofree char    *digest = NULL;
  static const guint8 prefix[3] = { 0x52, 0x54, 0x00 };

  if (*text != '\0') {
    for (guint i = 0; i < 6; i++)
      mac[i] = (guint8) (g_ascii_xdigit_value (text[i * 3]) << 4 |
                         g_ascii_xdigit_value (text[i * 3 + 1]));
    return;
  }
  digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, seed, -1);
  memcpy (mac, prefix, sizeof prefix);
  for (guint i = 0; i < 3; i++)
    mac[3 + i] = (guint8) (g_ascii_xdigit_value (digest[i * 2]) << 4 |
                           g_ascii_xdigit_value (digest[i * 2 + 1]));
}

static MosNetworkMode
mode_of (const char *text)
{
  if (g_str_equal (text, "NAT"))
    return MOS_NETWORK_NAT;
  return g_str_equal (text, "Internal") ? MOS_NETWORK_INTERNAL
                                        : MOS_NETWORK_NONE;
}

/* What is wrong with a forward has been said when the file was read. */
static GArray *
read_forwards (MosVmConfig *config, guint n)
{
  const char *const *texts =
      mos_vm_config_table_strings (config, LIST, n, "forwards");
  GArray *forwards = g_array_new (FALSE, FALSE, sizeof (MosForward));

  for (; *texts != NULL; texts++) {
    MosForward forward;

    if (mos_forward_parse (*texts, &forward))
      g_array_append_val (forwards, forward);
  }
  return forwards;
}

static gboolean
connect_port (MosVmBuild *self,
              guint       n,
              MosNetPort *port,
              GPtrArray  *links,
              GError    **error)
{
  MosVmConfig     *config = self->config;
  g_autofree char *capture =
      mos_vm_config_table_path (config, LIST, n, "capture");
  g_autofree char *name = g_strdup (word (config, n, "interface_name"));
  g_autoptr (GArray) forwards = read_forwards (config, n);
  MosNetWish wish = {
    .mode = mode_of (word (config, n, "mode")),
    .network = word (config, n, "network"),
    .mtu = (guint) number (config, n, "mtu"),
    .forwards = (const MosForward *) forwards->data,
    .n_forwards = forwards->len,
    .restricted = mos_vm_config_table_bool (config, LIST, n, "restricted"),
    .capture = capture,
    .capture_bytes = number (config, n, "capture_max_mb") * MIB,
    .snap_bytes = (guint) number (config, n, "capture_snap_bytes"),
  };
  MosNetLink *link;

  if (*name == '\0') {
    g_free (name);
    name = g_strdup_printf ("eth%u", n);
  }
  wish.name = name;
  link = self->services->connect_net (self->services, &wish, port,
                                      self->io_context, self->log, error);
  if (link == NULL) {
    g_prefix_error (error, LIST "[%u]: ", n);
    return FALSE;
  }
  g_ptr_array_add (links, link);
  return TRUE;
}

static void
limit (MosNetPort     *port,
       MosNetDirection direction,
       guint64         rate,
       MosNetBucket   *shared)
{
  g_autoptr (MosNetBucket) own = rate > 0 ? mos_net_bucket_new (rate) : NULL;

  mos_net_port_set_limits (port, direction, own, shared);
}

static MosNetBucket *
quota (MosVmConfig *config)
{
  guint64 rate =
      (guint64) mos_vm_config_get_int (config, "quotas.network_mb_per_s");

  return rate > 0 ? mos_net_bucket_new (rate * MEGA) : NULL;
}

gboolean
mos_vm_build_net (MosVmBuild   *self,
                  MosBoardSpec *board,
                  GPtrArray    *links,
                  GError      **error)
{
  MosVmConfig *config = self->config;
  g_autoptr (MosNetBucket) sent = quota (config);
  g_autoptr (MosNetBucket) received = quota (config);

  board->n_net = n_adapters (config);
  for (guint i = 0; i < board->n_net; i++) {
    MosBoardNet *adapter = &board->net[i];

    adapter->model = word (config, i, "model");
    adapter->mtu = (guint) number (config, i, "mtu");
    adapter->port = self->net[i];
    fill_mac (config, i, adapter->mac);
    limit (adapter->port, MOS_NET_TO_PEER,
           number (config, i, "send_kb_per_s") * KILO, sent);
    limit (adapter->port, MOS_NET_TO_DEVICE,
           number (config, i, "receive_kb_per_s") * KILO, received);
    mos_net_port_set_link (
        adapter->port,
        mos_vm_config_table_bool (config, LIST, i, "connected") &&
            mode_of (word (config, i, "mode")) != MOS_NETWORK_NONE);
    if (!connect_port (self, i, adapter->port, links, error))
      return FALSE;
  }
  return TRUE;
}
