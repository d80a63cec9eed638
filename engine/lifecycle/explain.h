/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * From an event to what stands behind it: the code that caused it, the
 * processor it was on, the device it reached.
 */
#pragma once

#include "engine/base/trace.h"
#include "engine/lifecycle/vm.h"

G_BEGIN_DECLS

/* Lines of text for people. Code, registers and devices are as they are now,
 * and left out if the machine has no power. It stands still for less than a
 * millisecond. Any thread but the machine's own. */
char *mos_vm_explain_event (MosVm *self, const MosEvent *event);

G_END_DECLS
