/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The quark of the one error domain; the codes stand in the header.
 */
#include "engine/base/error.h"

/* The layout tool would put spaces into the quark's name. */
/* clang-format off */
G_DEFINE_QUARK (mos-error, mos_error)
/* clang-format on */
