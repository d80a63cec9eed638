/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The composition: the one place that knows which parts there are.
 *
 * Nothing registers itself. A new backend, board or source of guests is a line
 * here; backends stand in the order in which "auto" prefers them as long as
 * they have not been measured.
 */
#include "app/lab.h"

#include "devices/devices.h"
#include "engine/cpu/kvm/kvm.h"
#include "engine/cpu/soft/soft.h"
#include "tutorials/tutorials.h"

static void
compose (MosHypervisor *self)
{
  mos_hypervisor_add_backend (self, &mos_kvm_backend);
  mos_hypervisor_add_backend (self, &mos_soft_backend);
  mos_hypervisor_add_board (self, &mos_pc_board);
  mos_hypervisor_set_open_image (self, mos_image_open);
  mos_hypervisor_set_networks (self, mos_networks_new ());
  mos_hypervisor_set_guests (self, mos_guests, mos_n_guests);
}

MosHypervisor *
mos_lab_new (gboolean keep_machines)
{
  g_autofree char *data_dir = NULL;
  g_autoptr (GError) error = NULL;
  MosHypervisor *self;

  if (keep_machines)
    data_dir = g_build_filename (g_get_user_data_dir (), "multios-lab", NULL);
  self = mos_hypervisor_new (data_dir);
  compose (self);
  if (!mos_hypervisor_load (self, &error))
    mos_log (mos_hypervisor_get_log (self), MOS_LOG_ERROR, "%s",
             error->message);
  return self;
}
