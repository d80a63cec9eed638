/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The machines on the session bus: what `multios list` and its companions
 * call, and the search of the desktop. Main thread.
 */
#pragma once

#include <gio/gio.h>

#include "app/application.h"

G_BEGIN_DECLS

typedef struct MosRemote MosRemote;

/* Offers both interfaces; @application outlives it. Calls are answered once
 * the application has started. */
MosRemote *mos_remote_new (MosApplication  *application,
                           GDBusConnection *connection,
                           GError         **error);
void       mos_remote_free (MosRemote *self);

/* Tells who listens that @vm has another state. */
void mos_remote_state_changed (MosRemote *self, MosVm *vm);

/* search-provider.c: org.gnome.Shell.SearchProvider2 below the same path.
 * Returns the registration, or 0. */
guint mos_search_provider_register (MosApplication  *application,
                                    GDBusConnection *connection,
                                    GError         **error);

G_END_DECLS
