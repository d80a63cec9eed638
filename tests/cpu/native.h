/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One instruction on the host's own processor, with all registers ours.
 *
 * Everything lies at fixed low addresses, so that the same addresses can be
 * used in a guest: a page of code, pages of data, and the context.
 */
#pragma once

#include <glib.h>

#define NATIVE_DATA  0x10000000ull /* 4 pages; the one before is not mapped */
#define NATIVE_PAGES 4
#define NATIVE_CODE  0x10100000ull
#define NATIVE_SELF  0x10200000ull

typedef struct {
  guint64 gpr[16];
  guint64 rflags;
  guint64 code;
  guint64 host_rsp;
  guint64 signal; /* 0: none */
  guint64 address;
  guint64 after; /* where to go on behind the instruction */
  guint64 reserved[10];
  guint8  xsave[1024] __attribute__ ((aligned (64)));
} NativeContext;

/* FALSE: the addresses are taken, or the host has no AVX. */
gboolean       native_init (void);
NativeContext *native_context (void);

/* Runs the @size bytes of @code once with what is in the context. */
void native_run (const guint8 *code, gsize size);
