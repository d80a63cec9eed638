/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guests that ship with the program.
 */

#pragma once

#include "engine/core/hypervisor.h"

G_BEGIN_DECLS

/* In the order in which they are listed. */
extern const MosGuestInfo mos_guests[];
extern const guint        mos_n_guests;

G_END_DECLS
