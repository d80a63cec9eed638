/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Watching all machines of a hypervisor.
 *
 * Main-loop object that puts sampler, store and alerts together: every machine
 * of the list is a source, every change of state a note on the time line, and
 * what a rule asks for when it fires is done here: the machine is paused, or
 * the command the user wrote into the rule is run.
 *
 * Signals: "tick" (gint64 time_ms), after each sample, while somebody holds
 * ticks; "alert" (gint64 id, gboolean raised): the alert's record has changed;
 * "rules-changed".
 */
#pragma once

#include "engine/core/hypervisor.h"
#include "engine/monitor/alert-log.h"
#include "engine/monitor/sampler.h"
#include "engine/monitor/store.h"

G_BEGIN_DECLS

#define MOS_TYPE_WATCH (mos_watch_get_type ())
G_DECLARE_FINAL_TYPE (MosWatch, mos_watch, MOS, WATCH, GObject)

/*
 * @path: the store's file; NULL, or one that cannot be opened (a line in the
 * hypervisor's log says why): samples are kept in memory. The sampler's
 * thread runs until the object is disposed of.
 */
MosWatch *
mos_watch_new (MosHypervisor *hypervisor, const char *path, guint interval_ms);

/* The one that watches @hypervisor, or NULL; not a reference. */
MosWatch *mos_watch_of (MosHypervisor *hypervisor);

/* $XDG_STATE_HOME/multios-lab/samples.sqlite; its folder is made. */
char *mos_watch_default_path (void);

MosStore      *mos_watch_get_store (MosWatch *self);
MosSampler    *mos_watch_get_sampler (MosWatch *self);
MosHypervisor *mos_watch_get_hypervisor (MosWatch *self);

/* Between these "tick" is emitted; the page that shows graphs holds. */
void mos_watch_hold_ticks (MosWatch *self);
void mos_watch_release_ticks (MosWatch *self);

/* Rules as they are; owned by the object until they change. */
const GPtrArray *mos_watch_get_rules (MosWatch *self);
gboolean         mos_watch_save_rule (MosWatch *self, const MosAlertRule *rule);
gboolean         mos_watch_remove_rule (MosWatch *self, const char *id);
void             mos_watch_acknowledge (MosWatch *self, gint64 id);

/* "Debian", or "" for the host and for a machine that is gone. */
const char *mos_watch_machine_name (MosWatch *self, const char *uuid);

G_END_DECLS
