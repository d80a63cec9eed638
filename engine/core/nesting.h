/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Why KVM on this host offers no AMD-V or VT-x to a machine, one blocker after
 * the other, each with what to do about it.
 *
 * Read from /proc and /sys, so that it can be said before anything is started.
 * The software CPU has none of these limits, which is what the card "Nested
 * Virtualization Not Supported" offers. Any thread; some milliseconds.
 */
#pragma once

#include "engine/config/vmconfig.h"
#include "engine/cpu/x86/cpuid.h"

G_BEGIN_DECLS

typedef struct {
  const char *id;     /* "cpu", "module", …: stable, for JSON */
  char       *title;  /* one sentence, translated */
  char       *remedy; /* what to do, with file and value; translated */
} MosNestingBlocker;

/* What a machine wants; all of it optional. */
typedef struct {
  const char        *vendor; /* "amd", "intel", "auto"; NULL: auto */
  const MosCpuModel *model;  /* or NULL */
  guint64            memory_mb;
  guint              levels;
} MosNestingWish;

/*
 * The list of MosNestingBlocker, empty if KVM nests; free with
 * g_ptr_array_unref(). @root stands for "/" (a test has its own); @kvm is what
 * the probe said, or NULL if there is no such backend; @wish may be NULL.
 */
GPtrArray *mos_nesting_find_blockers (const char           *root,
                                      const MosBackendInfo *kvm,
                                      const MosNestingWish *wish);

/* The wish of a configuration; it lives as long as @config is not changed. */
MosNestingWish mos_nesting_wish (MosVmConfig *config);

/* The list as lines, each with @prefix, "title remedy". */
char *mos_nesting_describe (GPtrArray *blockers, const char *prefix);

G_END_DECLS
