/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x in the software CPU, for the rest of it.
 *
 * Intel SDM volume 3, "Introduction to Virtual Machine Extensions" and the
 * chapters behind it. vmx-private.h says how the files share the work.
 */
#pragma once

#include "engine/cpu/soft/guest.h"

G_BEGIN_DECLS

extern const MosGuestOps mos_vmx_ops;

/* The capability registers; FALSE: #GP, this processor has no VT-x. */
gboolean mos_vmx_read_msr (MosSoftCpu *cpu, guint32 index, guint64 *value);

G_END_DECLS
