/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a machine asks of the program around it.
 *
 * A MosVm does not know the hypervisor it belongs to, nor which backends,
 * boards and guests the program was composed of; it calls these functions.
 * Reference counted, because a start that was given up may still be asking on
 * its thread when the hypervisor is gone. Implementations embed it first.
 */
#pragma once

#include "engine/bus/board.h"
#include "engine/cpu/backend.h"
#include "engine/host/network.h"
#include "engine/lifecycle/vm.h"

G_BEGIN_DECLS

typedef struct MosVmServices MosVmServices;

/* What the backend has to be able to do. */
typedef struct {
  const char *accel; /* "auto", "kvm" or "soft" */
  gboolean    nested;
  gboolean    deterministic;
  gboolean    pmu; /* performance counters */
  guint       n_vcpus;
} MosVmNeeds;

struct MosVmServices {
  gatomicrefcount refs;
  void (*free) (MosVmServices *self);

  /* Any thread. The backend, what it can do (stays), and one sentence why it
   * was chosen. */
  const MosBackendClass *(*choose_backend) (MosVmServices         *self,
                                            const MosVmNeeds      *needs,
                                            const MosBackendInfo **info,
                                            char                 **why,
                                            GError               **error);

  /* Any thread. The board, or NULL with an error. */
  const MosBoardClass *(*find_board) (MosVmServices *self, GError **error);

  /* Any thread. A built-in guest's image and command line. */
  GBytes *(*make_guest) (MosVmServices *self,
                         const char    *name,
                         const char    *arguments,
                         char         **command_line,
                         GError       **error);

  /* Any thread. */
  MosBlockStore *(*open_image) (MosVmServices *self,
                                const char    *path,
                                const char    *format,
                                gboolean       read_only,
                                GError       **error);

  /* Any thread; as connect of engine/host/network.h. */
  MosNetLink *(*connect_net) (MosVmServices    *self,
                              const MosNetWish *wish,
                              MosNetPort       *port,
                              GMainContext     *io_context,
                              MosLog           *log,
                              GError          **error);

  /* Main loop. May a machine other than @vm not have this name? NULL @vm: a
   * new one. */
  gboolean (*check_name) (MosVmServices *self,
                          MosVm         *vm,
                          const char    *name,
                          GError       **error);

  /* Main loop. Writes down the machine's configuration; takes away its folder
   * so that it can still be brought back. */
  gboolean (*save) (MosVmServices *self,
                    MosVm         *vm,
                    MosVmConfig   *config,
                    GError       **error);
  gboolean (*remove) (MosVmServices *self, MosVm *vm, GError **error);
};

MosVmServices *mos_vm_services_ref (MosVmServices *self);
void           mos_vm_services_unref (MosVmServices *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosVmServices, mos_vm_services_unref)

G_END_DECLS
