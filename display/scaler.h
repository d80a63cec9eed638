/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest pixels to glass pixels.
 *
 * Whole-number magnification repeats pixels, so text stays sharp; other
 * magnifications blend only across the borders between two guest pixels;
 * reduction averages. The weights of a row and of a column are worked out once
 * for a size; afterwards any rectangle can be scaled alone. No GTK in here.
 */
#pragma once

#include "engine/host/screen.h"

G_BEGIN_DECLS

typedef struct MosScaler MosScaler;

MosScaler *mos_scaler_new (void);
void       mos_scaler_free (MosScaler *self);

/* All sizes in pixels, at least 1. Cheap if nothing changed. */
void mos_scaler_set_size (MosScaler *self,
                          guint      source_width,
                          guint      source_height,
                          guint      target_width,
                          guint      target_height);

/* The target pixels that depend on @source, clipped to the target. */
MosRect mos_scaler_map (MosScaler *self, MosRect source);

/*
 * Computes the target rectangle @area into @pixels, whose first element is the
 * rectangle's top left, @stride pixels a row. @source has the source size.
 */
void mos_scaler_scale (MosScaler       *self,
                       const MosCanvas *source,
                       MosRect          area,
                       guint32         *pixels,
                       guint            stride);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosScaler, mos_scaler_free)

G_END_DECLS
