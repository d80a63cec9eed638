/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A bare machine for processor tests: memory and a software CPU, no board.
 *
 * RAM from 0 on; tests put bytes there, set the state and run.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"

typedef struct {
  MosBus         *bus;
  MosRam         *ram;
  MosMemoryRegion region;
  MosCpus        *cpus;
  MosSoftCpu     *cpu;
  MosLog         *log;
} SoftMachine;

void soft_machine_init (SoftMachine *self, guint64 ram_bytes, guint n_vcpus);
/* The same with AMD-V or VT-x, and who watches it (or NULL). */
void soft_machine_init_nested (SoftMachine              *self,
                               guint64                   ram_bytes,
                               MosCpuVendor              vendor,
                               struct MosNestedObserver *observer);
void soft_machine_clear (SoftMachine *self);

/* Real mode at CS:IP = 0:@ip, flat 64-bit at @rip with identity paging (2 MiB
 * pages, user accessible, tables at 0x1000) at privilege @cpl, or flat 32-bit
 * without paging. */
void soft_machine_real (SoftMachine *self, guint16 ip);
void soft_machine_protected (SoftMachine *self, guint32 eip);
void soft_machine_long (SoftMachine *self, guint64 rip, guint cpl);
