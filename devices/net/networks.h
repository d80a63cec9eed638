/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The networks of a lab: what engine/host/network.h asks for, with NAT by
 * libslirp, internal networks by a switch each, and captures.
 */
#pragma once

#include "engine/host/network.h"

G_BEGIN_DECLS

MosNetworks *mos_networks_new (void);

G_END_DECLS
