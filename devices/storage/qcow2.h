/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Images in the qcow2 format, versions 2 and 3.
 */
#pragma once

#include "engine/host/block.h"

G_BEGIN_DECLS

/* The first four bytes of such an image. */
#define MOS_QCOW2_MAGIC "QFI\xfb"

G_END_DECLS
