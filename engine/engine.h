/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The engine, whole: the one header that programs, tests and tutorials
 * include.  Inside engine/ include the single headers instead.  The two CPU
 * backends are not in here; who composes a hypervisor names them.
 */

#pragma once

#include "engine/base/version.h"
