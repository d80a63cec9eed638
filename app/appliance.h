/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Importing appliances (OVA, OVF) into the lab. Main thread.
 */
#pragma once

#include "app/job.h"
#include "engine/engine.h"

G_BEGIN_DECLS

typedef void (*MosApplianceDone) (gpointer      user_data,
                                  MosVm        *vm,
                                  const GError *error);

/* Makes a machine of the appliance at @path and unpacks its disks into the
 * machine's folder, on a thread of the pool. @done gets the machine or the
 * error; then nothing of it is left. @job tells how far it is, cancels it, and
 * is ended. */
void mos_appliance_import (MosHypervisor   *hypervisor,
                           const char      *path,
                           MosJob          *job,
                           MosApplianceDone done,
                           gpointer         user_data,
                           GDestroyNotify   free_user_data);

G_END_DECLS
