/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC: an i440FX board that stock firmware and stock systems know.
 */
#pragma once

#include "engine/bus/board.h"

G_BEGIN_DECLS

/* "pc". Hand it to mos_hypervisor_add_board(). */
extern const MosBoardClass mos_pc_board;

G_END_DECLS
