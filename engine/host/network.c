/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Counting references to the networks of a lab.
 */
#include "engine/host/network.h"

MosNetworks *
mos_networks_ref (MosNetworks *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_networks_unref (MosNetworks *self)
{
  if (self != NULL && g_atomic_ref_count_dec (&self->refs))
    self->free (self);
}

void
mos_net_link_free (MosNetLink *self)
{
  if (self != NULL)
    self->free (self);
}
