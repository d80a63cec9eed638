/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The guests inside one machine, found by watching its processors.
 *
 * Level 0 is us, level 1 the machine, level 2 a guest that a hypervisor inside
 * the machine runs, and so on. Only level 1's own entries and exits are seen
 * (engine/cpu/nested.h); everything deeper follows from one observation: when
 * a guest leaves because it wanted to enter a guest of its own, and what is
 * entered next is another control block, then that block runs this guest's
 * guest. Which exits a hypervisor handled and which it passed on to the
 * hypervisor inside follows from the block it enters next. The rules stand in
 * discover.c.
 *
 * A processor that tells of no world switches (KVM) is looked at now and then.
 * Then the guests of level 1 are found, and where they stand; what runs deeper
 * shows as guests of level 1 or by its beacons, and nothing is counted.
 *
 * A guest may lie: enter blocks at random, share one among guests, never enter
 * one again. It then gets a wrong picture of itself and nothing else; tables
 * are of fixed size, made when the machine is.
 *
 * Threads: the observer is called by the vCPUs. Everything else may be called
 * from any thread at any time; a reader never holds up a vCPU.
 */
#pragma once

#include "engine/cpu/nested.h"
#include "engine/host/beacon.h"

G_BEGIN_DECLS

/* Levels that are told apart, with 0 and 1; guests that lie deeper are counted
 * with the last. */
#define MOS_HIERARCHY_LEVELS 10
/* Guests of a machine that are kept at once; the one that was silent for
 * longest makes place. */
#define MOS_HIERARCHY_GUESTS 256
/* Control blocks that are kept. */
#define MOS_HIERARCHY_BLOCKS 1024
/* Bytes of a name that a guest gives itself, with the 0. */
#define MOS_HIERARCHY_NAME 65
/* Distinct exits in a table: who handled it, and why it was. */
typedef guint64 MosHierarchyCells[MOS_HIERARCHY_LEVELS][MOS_N_EXITS];

typedef struct MosHierarchy MosHierarchy;

/* One guest as last seen. Counters never fall while it is the same guest. */
typedef struct {
  guint64      id;     /* unique in its machine, for as long as it is kept */
  gint         parent; /* index in the snapshot; -1: the machine itself */
  guint        level;  /* 2, 3, … */
  guint        serial; /* 1, 2, … among all guests of the machine */
  MosCpuVendor vendor;
  guint64      block; /* the control block level 1 entered for it last */
  guint64      root;  /* of the nested tables that level 1 used */
  gboolean     nested_paging;
  guint32      space;   /* ASID or VPID */
  guint        n_vcpus; /* 0: unknown */
  guint64      rip;     /* where it last left, or was entered */
  guint64      cr3;
  MosGuestMode mode;      /* when it was entered last */
  gboolean     running;   /* on a vCPU right now */
  gboolean     deeper;    /* it has guests beyond the last level */
  gint64       silent_ns; /* since it last ran */
  guint64      entries;   /* by level 1 */
  guint64      instructions;
  gint64       own_ns; /* in the guest itself */
  /* How often its hypervisors were asked to go on, and how many entries by
   * level 1 that took; their quotient is the exit multiplication. */
  guint64           returns;
  guint64           return_entries;
  MosHierarchyCells cells;                    /* [handled by level][reason] */
  char              name[MOS_HIERARCHY_NAME]; /* by beacon; or "" */
  /* It was found by looking now and then: where it is is known, what it
   * counts is not. */
  gboolean sampled;
  /* A level that only beacons tell of: nothing else is known. */
  gboolean only_said;
} MosHierarchyGuest;

typedef struct {
  GArray *guests; /* of MosHierarchyGuest; parents come before children */
  /* What guests that are not kept any more did, by their level; 0: of a level
   * that cannot be told. */
  MosHierarchyCells gone[MOS_HIERARCHY_LEVELS];
  /* In the machine's own hypervisor, between exits and entries. */
  gint64  busy_ns;
  char    name[MOS_HIERARCHY_NAME]; /* the machine's own, or "" */
  guint64 forgotten;                /* guests that made place */
} MosHierarchySnapshot;

MosHierarchy *mos_hierarchy_new (guint n_vcpus);
MosHierarchy *mos_hierarchy_ref (MosHierarchy *self);
void          mos_hierarchy_unref (MosHierarchy *self);

/* For MosCpusSpec.observer; lives as long as the hierarchy. */
MosNestedObserver *mos_hierarchy_observer (MosHierarchy *self);

/* The machine stands still, or goes on; time does not count meanwhile. */
void mos_hierarchy_set_paused (MosHierarchy *self, gboolean paused);

/*
 * Takes a copy; @snapshot is zeroed or was filled before. Guests that were
 * silent for longer than @silent_ns are left out, unless one of their guests
 * was not; their counts are in `gone`. G_MAXINT64: all are there.
 */
void mos_hierarchy_read (MosHierarchy         *self,
                         gint64                silent_ns,
                         MosHierarchySnapshot *snapshot);
void mos_hierarchy_snapshot_clear (MosHierarchySnapshot *self);

/*
 * A guest says its name: @path has @n_hops numbers that the hypervisors on the
 * way gave their child, the outermost first; 0 hops is the machine itself. An
 * empty @name takes it back. Any bytes: what is not UTF-8 or cannot be printed
 * becomes a question mark. Any thread; a vCPU's own is where it finds out who
 * spoke.
 */
void mos_hierarchy_say (MosHierarchy  *self,
                        const guint16 *path,
                        guint          n_hops,
                        const char    *name,
                        gsize          size);

/* For MosBoardSpec.beacon: says what it hears. Lives as long. */
MosBeaconSink *mos_hierarchy_beacon (MosHierarchy *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosHierarchy, mos_hierarchy_unref)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MosHierarchySnapshot,
                                  mos_hierarchy_snapshot_clear)

G_END_DECLS
