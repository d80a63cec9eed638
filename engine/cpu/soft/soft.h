/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The software CPU's door: a backend to hand to a hypervisor.
 *
 * Works on every x86-64 host, without privileges. What is inside is told in
 * README.md of this folder.
 */
#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

extern const MosBackendClass mos_soft_backend;

/*
 * Nanoseconds that counting one exit costs, over a loop that does the same
 * without counting: the median of nine rounds of @n each, in turns. For
 * `multios bench exit`. Any thread.
 */
gboolean mos_soft_bench_count (guint n, double *ns, GError **error);

G_END_DECLS
