/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the lab is made of. Both programs, the benchmarks and the tests get
 * their hypervisor here.
 */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

/*
 * A hypervisor with every backend, board, guest and image format there is.
 * @keep_machines: machines live in the user's data folder, and those that are
 * there are read; what could not be read stands in the hypervisor's log.
 * Otherwise there are none, and none stay. Main loop.
 */
MosHypervisor *mos_lab_new (gboolean keep_machines);

G_END_DECLS
