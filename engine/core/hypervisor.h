/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * All machines of this process, and what the host can do for them.
 *
 * Main-loop object; a GListModel of MosVm in library order. The program's
 * composition (app/lab.c) hands in backends, boards and built-in guests; the
 * hypervisor reads the machines' folder and keeps it up to date.
 */
#pragma once

#include "engine/bus/board.h"
#include "engine/core/nesting.h"
#include "engine/host/network.h"
#include "engine/lifecycle/vm.h"
#include "engine/nested/node.h"

G_BEGIN_DECLS

#define MOS_MAX_VMS 64

#define MOS_TYPE_HYPERVISOR (mos_hypervisor_get_type ())
G_DECLARE_FINAL_TYPE (MosHypervisor, mos_hypervisor, MOS, HYPERVISOR, GObject)

/* A guest that ships with the program. */
typedef struct {
  const char *name; /* "simple-boot" */
  const char *title;
  const char *help;
  const char *arguments; /* documentation of key=value arguments, or NULL */
  /* Returns the image and, in @command_line, what to pass on; both owned by
   * the caller. MOS_ERROR_INVALID_VALUE for bad arguments. */
  GBytes *(*make) (const char *arguments, char **command_line, GError **error);
} MosGuestInfo;

/* @data_dir: where machines/ lies; NULL for machines that are not kept. */
MosHypervisor *mos_hypervisor_new (const char *data_dir);

/* Composition; before the first machine. Tables live forever. */
void mos_hypervisor_add_backend (MosHypervisor         *self,
                                 const MosBackendClass *klass);
void mos_hypervisor_add_board (MosHypervisor *self, const MosBoardClass *klass);
void mos_hypervisor_set_guests (MosHypervisor      *self,
                                const MosGuestInfo *guests,
                                guint               n_guests);
const MosGuestInfo *mos_hypervisor_find_guest (MosHypervisor *self,
                                               const char    *name);
/* Opens images for machines: the devices' storage offers it. */
typedef MosBlockStore *(*MosOpenImageFunc) (const char *path,
                                            const char *format,
                                            gboolean    read_only,
                                            GError    **error);
void mos_hypervisor_set_open_image (MosHypervisor *self, MosOpenImageFunc func);
/* Where the machines' cables lead; takes the reference. */
void mos_hypervisor_set_networks (MosHypervisor *self, MosNetworks *networks);

/* Reads the machines' folder; a broken file is reported in the log, kept, and
 * skipped. */
gboolean mos_hypervisor_load (MosHypervisor *self, GError **error);
MosLog  *mos_hypervisor_get_log (MosHypervisor *self);

/* Checks limits (MOS_ERROR_TOO_MANY_VMS), names, and writes the machine's
 * folder. Returns the machine, owned by the hypervisor. */
MosVm *mos_hypervisor_create_vm (MosHypervisor *self,
                                 MosVmConfig   *config,
                                 GError       **error);
MosVm *mos_hypervisor_find (MosHypervisor *self, const char *name_or_uuid);

/* Brings back a deleted machine, until the program ends or it was purged.
 * MOS_ERROR_NOT_FOUND; MOS_ERROR_TOO_MANY_VMS; MOS_ERROR_IN_USE for its name.
 */
MosVm *
mos_hypervisor_undelete (MosHypervisor *self, const char *uuid, GError **error);
/* Frees for good what deleted machines left on the disk; NULL @uuid: all. */
void mos_hypervisor_purge (MosHypervisor *self, const char *uuid);

/* What the host offers, probed once. */
typedef struct {
  const MosBackendClass *klass;
  MosBackendInfo         info;
  double                 mips; /* calibrated; 0: not measured */
  double                 exits_per_s;
} MosBackendReport;
const MosBackendReport *mos_hypervisor_get_backends (MosHypervisor *self,
                                                     guint         *n);

/* The backend for "auto", "kvm" or "soft", and one sentence why. */
const MosBackendClass *mos_hypervisor_choose_backend (MosHypervisor *self,
                                                      const char    *accel,
                                                      char         **why,
                                                      GError       **error);

/* Why KVM on this host cannot run machines inside a machine, as far as @wish
 * (may be NULL) wants it: a list of MosNestingBlocker, empty if it can; free
 * with g_ptr_array_unref(). Probes once; any thread. */
GPtrArray *mos_hypervisor_list_nesting_blockers (MosHypervisor        *self,
                                                 const MosNestingWish *wish);

/* Host facts as JSON-ready lines; see multios host. */
char *mos_hypervisor_describe_host (MosHypervisor *self, gboolean json);

/* The host with all machines and the guests inside them. Owned by the
 * hypervisor, always the same object; it is as of the last update, which takes
 * well under a millisecond and costs the guests nothing. */
MosHierarchyNode *mos_hypervisor_get_tree (MosHypervisor *self);
void              mos_hypervisor_update_tree (MosHypervisor *self);

/* Stops everything at once, for the end of the program. Blocks < 1 s. */
void mos_hypervisor_shutdown (MosHypervisor *self);

G_END_DECLS
