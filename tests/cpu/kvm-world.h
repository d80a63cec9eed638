/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The smallest machine a test can run on KVM: a bus, one MiB of memory at 0,
 * and one port that remembers what the guest says. No board.
 */

#pragma once

#include "engine/cpu/kvm/kvm.h"
#include "engine/cpu/x86/cpuid.h"

#define WORLD_RAM_BYTES (1u << 20)
#define WORLD_CODE      0x7c00u /* where programs lie; the stack is below */
#define WORLD_PORT      0x510u

typedef struct World World;

typedef void (*WorldSaysFunc) (World *world, guint32 value);

struct World {
  MosLog         *log;
  MosBus         *bus;
  MosRam         *ram;
  MosMemoryRegion region;
  MosIoWindow     window;
  MosCpus        *cpus;
  GThread        *threads[4];

  WorldSaysFunc says_func; /* on the vCPU's thread */
  gpointer      user_data;

  GMutex   lock;
  GCond    said;
  GArray  *values; /* of guint32: all the guest said; guarded by lock */
  GString *text;   /* as bytes, also of OUTS; guarded by lock */
};

/* What a vCPU's thread ended with. */
typedef struct {
  MosRunResult result;
  GError      *error;
} WorldEnd;

/* NULL, and the test is skipped with a reason, where there is no KVM. */
World *world_new (guint n_vcpus);
/* The same on another backend, which must be usable. */
World *world_new_on (const MosBackendClass *klass, guint n_vcpus);
void   world_free (World *world);

/* Puts @code at WORLD_CODE and vCPU @index before it in real mode. */
void world_load (World *world, guint index, const guint8 *code, gsize size);

/* Runs vCPU @index on this thread, or on one of its own until world_join(). */
MosRunResult world_run (World *world, guint index);
void         world_start (World *world, guint index);
/* Waits until the kernel has vCPU @index in KVM_RUN. */
void     world_wait_inside (World *world, guint index);
WorldEnd world_join (World *world, guint index);
void     world_kick (World *world, guint index);

/* Waits (ten seconds at most) until the guest has said @n values. */
void    world_wait (World *world, guint n);
guint32 world_said (World *world, guint i);
