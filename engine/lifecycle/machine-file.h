/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What writing (machine-state.c, where the layout is described) and reading
 * (machine-load.c) a saved machine have in common.
 */
#pragma once

#include <zstd.h>

#include "engine/lifecycle/machine-private.h"

G_BEGIN_DECLS

#define MOS_STATE_MAGIC            "MOSSTATE"
#define MOS_STATE_VERSION          1u
#define MOS_STATE_CHECKSUM_BYTES   32u
#define MOS_STATE_MAX_HEADER_BYTES (64u << 20)
#define MOS_STATE_BUFFER_BYTES     (256u << 10)
#define MOS_STATE_PAGES_A_RECORD   64u
#define MOS_STATE_END_OF_RECORDS   G_MAXUINT32

typedef struct {
  guint32 ram;
  guint32 n_pages;
  guint64 first_page;
} MosStateRecord;

typedef struct {
  int           fd;
  const char   *path;
  GChecksum    *checksum;
  ZSTD_CCtx    *compressor;
  ZSTD_DCtx    *decompressor;
  GCancellable *cancellable;
  guint8       *buffer; /* MOS_STATE_BUFFER_BYTES */
  ZSTD_inBuffer input;  /* reading: what of the buffer is left */
  guint64       left;   /* reading: bytes before the checksum */
} MosStateFile;

/* Closes and frees what is inside. */
void mos_state_file_clear (MosStateFile *self);

/* FALSE; "@doing FILE: what errno says", or that it is not usable: @what. */
gboolean
mos_state_file_io_error (MosStateFile *self, const char *doing, GError **error);
gboolean
mos_state_file_damaged (MosStateFile *self, const char *what, GError **error);

/* Of MosRam, in the order of the file. With control held. */
GPtrArray *mos_machine_rams (MosMachine *self);
/* Do all vCPUs stand still? With control held. */
gboolean mos_machine_check_paused (MosMachine *self, GError **error);

G_END_DECLS
