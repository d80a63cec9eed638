/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Hypervisors inside hypervisors, as a processor sees them.
 *
 * A chain of honest ones: level 1 runs level 2, which runs level 3, … Each
 * handles its own guest's exits; what is not its own guest's it passes on. So
 * an exit of level n makes about 2^(n-2) entries by level 1, in just the order
 * in which real ones make them. How they use their control blocks is a style.
 */
#pragma once

#include "engine/nested/hierarchy.h"

G_BEGIN_DECLS

#define WORLD_LEVELS 12

typedef enum {
  WORLD_OWN_BLOCKS, /* one for each guest that it runs or stands in for */
  WORLD_LIKE_KVM,   /* one for its guest, one for all guests of that */
  WORLD_ONE_BLOCK   /* one for everything */
} WorldStyle;

typedef struct {
  MosHierarchy      *hierarchy;
  MosNestedObserver *observer;
  MosVcpu            vcpu;
  MosCpuVendor       vendor;
  WorldStyle         style;
  gboolean           nested_paging;
  guint64            base;              /* added to all addresses */
  guint64            host_cr3;          /* of level 1 */
  guint64            rip[WORLD_LEVELS]; /* of each level's guest */
  guint64            instructions;
  guint              running; /* level; 1: no guest */
  guint64            left;    /* exits told to the observer */
  guint64            entered;
} World;

/* The hypervisor at level @by, running, runs level @level (> @by). */
void world_run (World *self, guint by, guint level);
/* The guest at @level, running, exits; its hypervisor runs then. */
void
world_exit (World *self, guint level, MosExitReason reason, guint64 operand);
/* Starts levels 2 to @level; the last one runs then. */
void world_start (World *self, guint level);
/* The guest at @level, running, makes @n exits its hypervisor handles. */
void world_exits (World *self, guint level, MosExitReason reason, guint n);

/* The raw calls. */
void world_enter_raw (World *self, guint64 block, guint64 root, guint64 rip);
void world_leave_raw (World        *self,
                      MosExitReason reason,
                      guint64       rip,
                      guint64       operand);

G_END_DECLS
