/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making things clean for who comes next, and taking it back.
 *
 * A MosClean deletes machines, switched off first where they run, and puts
 * folders aside; undoing it brings back what it took. Machines can be brought
 * back until the program ends, folders until the next one is put aside. Main
 * loop.
 */
#pragma once

#include "engine/core/hypervisor.h"
#include "tutorials/class.h"

G_BEGIN_DECLS

typedef struct MosClean MosClean;

MosClean *mos_clean_new (MosHypervisor *hypervisor);
MosClean *mos_clean_ref (MosClean *self);
void      mos_clean_unref (MosClean *self);

/* @role: what it is brought back as; may be NULL. */
void mos_clean_vm (MosClean *self, MosVm *vm, const char *role);
/* Renames it to PATH.old; an older one of that name goes. */
void mos_clean_folder (MosClean *self, const char *path);

/* Everything a class has left: machines that it does not keep, what was done
 * in the labs, and the learner's sources. @class may be NULL: all machines. */
void mos_clean_all (MosClean *self, const MosClass *class);
/* How many machines that deletes. */
guint mos_clean_count (MosHypervisor *hypervisor, const MosClass *class);

/* The UUIDs of all machines there are, for mos_class_begin() to keep. */
char **mos_clean_list (MosHypervisor *hypervisor);

/* Whether machines are still being switched off. */
gboolean mos_clean_is_busy (const MosClean *self);

/* Brings all of it back; once. @back is told of each machine with its role.
 * The first error is returned, the rest goes on. */
gboolean
mos_clean_undo (MosClean *self,
                void (*back) (gpointer user_data, const char *role, MosVm *vm),
                gpointer user_data,
                GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosClean, mos_clean_unref)

G_END_DECLS
