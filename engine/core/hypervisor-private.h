/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosHypervisor: parts.c (backends, boards, guests: what
 * machines ask for), library.c (the machines' folders), host.c (what the host
 * is), hypervisor.c (the object).
 */
#pragma once

#include "engine/core/hypervisor.h"
#include "engine/core/nesting.h"
#include "engine/lifecycle/vm-private.h"
#include "engine/nested/node.h"

G_BEGIN_DECLS

typedef struct {
  MosVmServices base;

  /* Set before the first machine, constant then. */
  GPtrArray          *boards; /* of const MosBoardClass */
  const MosGuestInfo *guests;
  guint               n_guests;
  MosOpenImageFunc    open_image;
  MosNetworks        *networks; /* or NULL */

  GMutex   lock;
  GArray  *backends; /* of MosBackendReport; with lock until probed */
  gboolean probed;   /* with lock */
  gboolean measured; /* with lock */

  MosHypervisor *owner; /* main loop; NULL when it is gone */
  const char    *root;  /* of the host's files; "/" but in tests */
} MosParts;

MosParts *mos_parts_new (MosHypervisor *owner);
/* Any thread; the first call takes some milliseconds. */
void mos_parts_probe (MosParts *self);
/* Also runs each one's measuring guest, unless it was done on this host before:
 * a quarter of a second. Any thread but the main loop. */
void                   mos_parts_measure (MosParts *self);
const MosBackendClass *mos_parts_choose (MosParts              *self,
                                         const MosVmNeeds      *needs,
                                         const MosBackendInfo **info,
                                         char                 **why,
                                         GError               **error);

/* Of @report, which is one of @self; @wish may be NULL. Free the list with
 * g_ptr_array_unref(); empty for whatever is not KVM. */
GPtrArray *mos_parts_nesting_blockers (MosParts               *self,
                                       const MosBackendReport *report,
                                       const MosNestingWish   *wish);

/* library.c. @data_dir NULL: nothing is kept, and nothing fails. */
char    *mos_library_file (const char *data_dir, const char *uuid);
gboolean mos_library_save (const char  *data_dir,
                           const char  *uuid,
                           MosVmConfig *config,
                           GError     **error);
gboolean
mos_library_trash (const char *data_dir, const char *uuid, GError **error);
gboolean
mos_library_restore (const char *data_dir, const char *uuid, GError **error);
/* For good; NULL @uuid: all that were deleted more than @older_s ago. */
void mos_library_purge (const char *data_dir, const char *uuid, gint64 older_s);

/* uuid and configuration of each machine that could be read. */
typedef void (*MosLibraryFunc) (gpointer     user_data,
                                const char  *uuid,
                                MosVmConfig *config);
gboolean mos_library_load (const char    *data_dir,
                           MosLog        *log,
                           MosLibraryFunc func,
                           gpointer       user_data,
                           GError       **error);

/* tree.c: brings @tree, the host's node, up to date. */
void mos_tree_update (MosHierarchyNode *tree, MosHypervisor *self);

/* host.c */
char *mos_host_describe (MosHypervisor *self, MosParts *parts, gboolean json);

G_END_DECLS
