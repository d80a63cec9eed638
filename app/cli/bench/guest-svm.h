/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The benchmark's guest as a hypervisor, with AMD-V.
 */

#pragma once

#include "app/cli/bench/workloads.h"

/* Turns AMD-V on; 0: this processor has none. */
int guest_svm_begin (void);

/* Runs @work at level 2 or 3; 0 if that failed. */
uint64_t guest_at_level (unsigned        level,
                         const Workload *work,
                         uint8_t        *arena,
                         uint64_t        times);

/* Enters a guest that leaves at once, @count times; 0 if that failed. */
uint64_t guest_round_trips (uint64_t count);

/* start.S: VMRUN of the VMCB, all registers of the caller kept; the same
 * @count times in a loop of two instructions. */
void guest_vmrun (uint8_t *vmcb);
void guest_vmruns (uint8_t *vmcb, uint64_t count);
