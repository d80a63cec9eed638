/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A machine's log as a list model, for the window.
 *
 * The log's watcher runs on whatever thread wrote the line and only posts;
 * lines are copied on the main loop, at most ten times a second.
 */
#pragma once

#include <gio/gio.h>

#include "engine/engine.h"

G_BEGIN_DECLS

/* One line, as an object that a list can hold. */
#define MOS_TYPE_LOG_ITEM (mos_log_item_get_type ())
G_DECLARE_FINAL_TYPE (MosLogItem, mos_log_item, MOS, LOG_ITEM, GObject)

const MosLogLine *mos_log_item_get_line (MosLogItem *self);
/* "21:04:55", in local time; owned by the caller. */
char *mos_log_item_dup_time (MosLogItem *self);
/* "Error", … translated. */
const char *mos_log_item_level_title (MosLogItem *self);

#define MOS_TYPE_LOG_MODEL (mos_log_model_get_type ())
G_DECLARE_FINAL_TYPE (MosLogModel, mos_log_model, MOS, LOG_MODEL, GObject)

/* A GListModel of MosLogItem. Watches @log until it is disposed of; a log has
 * one watcher. */
MosLogModel *mos_log_model_new (MosLog *log);

/* All lines as text, as they are saved and copied; owned by the caller. */
char *mos_log_model_to_text (MosLogModel *self);

/* The newest line of at least @level, or NULL; owned by the model. */
const MosLogLine *mos_log_model_newest (MosLogModel *self, MosLogLevel level);

G_END_DECLS
