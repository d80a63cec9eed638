/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tables behind a MosHierarchy.
 *
 * A *context* is a control block as the hypervisor that uses it sees it: one
 * virtual processor of one of its guests. A *guest* is what contexts with the
 * same nested root make up. A context whose hypervisor runs its guest's guest
 * through it is *merged*: `inner` is the context of the hypervisor inside that
 * it stands for. Following `inner` leads to the *leaf*, the context whose
 * guest is really running.
 *
 * Threads: `lock` guards contexts, guests and links; vCPUs take it when they
 * enter something else than what just left. MosHierarchyCpu and the rows of
 * counters belong to one vCPU's thread; others read the counters relaxed.
 * Readers use `version`, which is odd while links of guests change.
 */
#pragma once

#include "engine/nested/hierarchy.h"

G_BEGIN_DECLS

#define MOS_HIERARCHY_BUCKETS 1024
#define MOS_HIERARCHY_MACHINE 0 /* index of the guest that is the machine */
#define MOS_NO_GUEST          G_MAXUINT16
#define MOS_NO_CONTEXT        G_MAXUINT16
#define MOS_HIERARCHY_SAID    64 /* names by path that fit no guest */

typedef struct MosContext MosContext;

/* A context, as long as it is the same one. */
typedef struct {
  MosContext *context;
  guint32     generation;
} MosContextRef;

/* What a (virtual) processor's hypervisor side did last. */
typedef struct {
  MosContextRef last;    /* what left to it, and it has not answered yet */
  gboolean      entry;   /* it left to enter a guest of its own … */
  guint64       key;     /* … with this control block */
  guint64       current; /* VT-x: of the last VMPTRLD */
} MosHypervisorSide;

struct MosContext {
  gboolean      used;
  guint32       generation;
  guint16       next;   /* in its bucket */
  guint16       owner;  /* guest whose hypervisor uses the block */
  guint16       guest;  /* that runs in it, if plain; else G_MAXUINT16 */
  guint64       block;  /* in the owner's physical memory */
  MosContextRef parent; /* the owner's processor that entered it last */
  MosContextRef inner;  /* merged: what it stands for */

  /* As a leaf: */
  MosHypervisorSide side;
  gboolean          has_left;
  guint64           rip; /* where it left */
  guint64           cr3;
  guint64           root;
  guint             vcpu; /* that entered it last */
  guint             left_vcpu;
  guint64           left_entries; /* of that vCPU, when it left */
  MosExitReason     reason;
  guint64           key;     /* if it left to enter a guest of its own */
  guint             handler; /* level that has the exit; 0: answered */
  guint             lender;  /* 1 + vCPU whose entry it was given, on a guess */
  guint64           used_at; /* self->clock */
  gboolean          pinned;  /* while place is made */
};

typedef struct {
  guint32      used; /* written inside `version` */
  guint32      generation;
  guint16      parent;
  guint        level;
  guint        serial;
  MosCpuVendor vendor;
  guint64      root;
  gboolean     nested_paging;
  guint        n_contexts;
  gboolean     deeper;
  guint64      used_at;
  char         name[MOS_HIERARCHY_NAME];
} MosGuest;

/* Of one guest on one vCPU. */
typedef struct {
  MosHierarchyCells cells;
  guint64           entries;
  guint64           ticks;
  guint64           instructions;
  guint64           returns;
  guint64           return_entries;
  guint64           block;
  guint64           rip;
  guint64           cr3;
  guint64           space;
  guint64           mode;
  guint64           seen; /* ticks */
  guint64           sampled;
} MosGuestRow;

typedef struct {
  MosGuestRow      *rows;  /* MOS_HIERARCHY_GUESTS */
  MosHypervisorSide side;  /* of the machine's own hypervisor here */
  MosContextRef     outer; /* what was entered last */
  MosContextRef     leaf;  /* and who ran in it */
  MosGuestRow      *row;   /* its counters; NULL: nobody */
  guint32           guest;
  gboolean          inside; /* guest mode */
  gboolean          left;   /* an exit not yet looked at … */
  gboolean          simple; /* … that says nothing of other guests */
  gboolean          shared; /* the block is its guest's block as well */
  guint32           wants;  /* atomic: left to enter a guest of its own */
  MosNestedExit     exit;
  MosCpuVendor      vendor;
  guint64           cr3;
  guint64           block;
  guint64           root;
  guint64           entries; /* in all */
  guint64           since;   /* ticks */
  guint64           left_ticks;
  guint64           since_instructions;
  GThread          *thread;
  MosContextRef lent; /* what took the entry that this vCPU waited with … */
  MosHypervisorSide lent_side;  /* … and what that was */
  guint             lender;     /* the entry at hand is a guess; 1 + vCPU */
  guint64           host_space; /* level 1's page tables */
  guint32           running;    /* atomic: index of the guest, 0 none */
  guint64           failed;     /* entries that failed at once */
} MosHierarchyCpu;

typedef struct {
  guint16 path[MOS_HIERARCHY_LEVELS];
  guint   n_hops;
  char    name[MOS_HIERARCHY_NAME];
} MosSaidName; /* a name that fits no guest we know */

struct MosHierarchy {
  MosNestedObserver observer;
  MosBeaconSink     beacon;
  gatomicrefcount   refs;
  guint             n_vcpus;
  MosHierarchyCpu  *cpus;
  guint64           first_ticks;
  gint64            first_us;
  guint64           paused_ticks; /* atomic: sum of pauses */
  guint64           paused_since; /* with lock; 0: it runs */

  GMutex     lock;
  guint      version; /* atomic */
  guint64    clock;   /* grows with every look at the tables */
  guint      n_serial;
  guint64    forgotten;
  guint16    buckets[MOS_HIERARCHY_BUCKETS];
  MosContext contexts[MOS_HIERARCHY_BLOCKS];
  MosGuest   guests[MOS_HIERARCHY_GUESTS];

  MosHierarchyCells gone[MOS_HIERARCHY_LEVELS];
  MosSaidName       said[MOS_HIERARCHY_SAID]; /* inside `version` */
  guint             n_said;
  gint64            said_us; /* when this second of names began */
  guint             n_said_now;
};

/* Relaxed: one writer, or many under `lock`; read by anybody. */
#define MOS_TALLY(counter, n) \
  __atomic_store_n (&(counter), (counter) + (n), __ATOMIC_RELAXED)
#define MOS_PUT(field, value) \
  __atomic_store_n (&(field), (value), __ATOMIC_RELAXED)
#define MOS_LOOK(field) __atomic_load_n (&(field), __ATOMIC_RELAXED)

static inline MosContext *
mos_context_get (MosContextRef ref)
{
  return ref.context != NULL && ref.context->used &&
                 ref.context->generation == ref.generation
             ? ref.context
             : NULL;
}

static inline MosContextRef
mos_context_ref (MosContext *context)
{
  if (context == NULL)
    return (MosContextRef){ NULL, 0 };
  return (MosContextRef){ context, context->generation };
}

/* Cheap and monotonic; without the time the machine was paused. */
guint64 mos_hierarchy_ticks (MosHierarchy *self);

/* Of the raw clock, paused or not. */
double mos_hierarchy_ns_per_tick (MosHierarchy *self);

/* tables.c; all with lock held. */
void mos_hierarchy_tables_init (MosHierarchy *self);
MosContext *
mos_hierarchy_find_context (MosHierarchy *self, guint16 owner, guint64 block);
/* Makes place if need be. NULL: everything is in use right now. */
MosContext *
mos_hierarchy_add_context (MosHierarchy *self, guint16 owner, guint64 block);
/* Gives @context another block of the same owner. */
void mos_hierarchy_move_context (MosHierarchy *self,
                                 MosContext   *context,
                                 guint64       block);
void mos_hierarchy_drop_context (MosHierarchy *self, MosContext *context);
/* Its index; makes place if need be. MOS_NO_GUEST: all run right now. */
guint16 mos_hierarchy_add_guest (MosHierarchy         *self,
                                 guint16               parent,
                                 const MosNestedEntry *entry);
/* @guest may be MOS_NO_GUEST. */
void
mos_hierarchy_join (MosHierarchy *self, MosContext *context, guint16 guest);
void mos_hierarchy_change_begin (MosHierarchy *self);
void mos_hierarchy_change_end (MosHierarchy *self);

/* discover.c; with lock held. The leaf that runs when @entry is entered on
 * @cpu, after what @cpu says left before. NULL: nobody can tell. */
MosContext *mos_hierarchy_enter (MosHierarchy         *self,
                                 MosHierarchyCpu      *cpu,
                                 const MosNestedEntry *entry);
void        mos_hierarchy_leave (MosHierarchy *self, MosHierarchyCpu *cpu);
MosContext *mos_context_leaf (MosContext *context);

G_END_DECLS
