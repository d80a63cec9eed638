/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The benchmark's guest as a hypervisor, with VT-x.
 */

#pragma once

#include <stdint.h>

/* Enters a guest that leaves at once, @count times, with nested tables; 0 if
 * that failed. */
uint64_t guest_entries (uint64_t count);

/* Reads a field of the VMCS and writes it back, @count times; 0 if that
 * failed. */
uint64_t guest_fields (uint64_t count);

/* start.S: VMLAUNCH and then VMRESUMEs of the current VMCS, whose host RIP and
 * RSP it writes; 0 if one failed. */
uint64_t guest_vmresumes (uint64_t count);
