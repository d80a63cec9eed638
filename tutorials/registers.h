/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A processor's registers and their fields by name, in small letters, as a
 * lab's checks and texts write them. Any thread.
 */
#pragma once

#include "engine/base/fields.h"
#include "engine/cpu/state.h"

G_BEGIN_DECLS

/* FALSE: there is no register called @name. Segment registers give their
 * selector, gdtr and idtr their base. */
gboolean mos_lab_register_get (const MosCpuState *state,
                               const char        *name,
                               guint64           *value);

/* cr0.pg, rflags.if, cs.base, gdtr.limit, … */
gboolean mos_lab_register_get_field (const MosCpuState *state,
                                     const char        *name,
                                     const char        *field,
                                     guint64           *value);

/* Of a register; ends with a row without name. NULL: it has none, or is none.
 */
const MosField *mos_lab_register_fields (const char *name);

/* "real", "v86", "protected16", "protected32", "compatibility", "long". */
const char *mos_lab_register_mode (const MosCpuState *state);

G_END_DECLS
