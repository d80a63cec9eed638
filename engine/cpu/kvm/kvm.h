/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Linux KVM backend.
 *
 * Whoever composes a hypervisor hands mos_kvm_backend in; all else goes
 * through engine/cpu/backend.h. The measurement at the end belongs to
 * `multios bench kvm-exit`.
 */

#pragma once

#include "engine/cpu/backend.h"

G_BEGIN_DECLS

extern const MosBackendClass mos_kvm_backend;

#define MOS_KVM_BENCH_MAX_ROUNDS 64

/* Nanoseconds for one exit, a median over all rounds. */
typedef struct {
  double bare_ns; /* nothing but KVM_RUN in a loop */
  double ours_ns; /* mos_vcpu_run() and a port window */
  double ratio;   /* median of the rounds' ours / bare */
} MosKvmBench;

/*
 * Runs a guest that writes a port @exits times, first in a bare KVM_RUN loop
 * and then through our run loop, @rounds times (1 to MOS_KVM_BENCH_MAX_ROUNDS)
 * in turns. Blocks; any thread. Fails with the errors of the backend.
 */
gboolean mos_kvm_bench_exits (guint        exits,
                              guint        rounds,
                              MosKvmBench *result,
                              GError     **error);

G_END_DECLS
