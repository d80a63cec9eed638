/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a run was, in numbers, as JSON. The keys are documented in multios(1)
 * and stay.
 */

#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

/* Everything that is known of VM now; it must not have stopped yet. ENDED_BY
 * is one word, STATUS the exit status to come. Free the text. */
char *mos_stats_collect (MosHypervisor *hypervisor,
                         MosVm         *vm,
                         double         wall_s,
                         const char    *ended_by,
                         int            status);

G_END_DECLS
