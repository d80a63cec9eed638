/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a profile says: how often which stack was met.
 *
 * A stack is a string of frames, outermost first, joined by semicolons, as
 * flame graphs are made of; an exit profile has the reason as the innermost
 * frame, so the same tree tells which instruction costs what. A profile has
 * a name, is kept in the store, and can be compared with another. Not locked:
 * who fills it sees to that.
 */
#pragma once

#include "engine/monitor/store.h"
#include "engine/monitor/symbols.h"

G_BEGIN_DECLS

typedef enum {
  MOS_PROFILE_CPU,    /* guest code, by samples */
  MOS_PROFILE_EXITS,  /* exits by reason and instruction */
  MOS_PROFILE_MEMORY, /* pages by use */
  MOS_PROFILE_DISK,   /* requests by latency */
  MOS_N_PROFILES
} MosProfileType;

typedef struct {
  const char *name; /* "cpu"; stable */
  const char *unit; /* translatable: what is counted */
  const char *help; /* translatable */
} MosProfileInfo;

/* Indexed by MosProfileType. */
extern const MosProfileInfo mos_profile_infos[MOS_N_PROFILES];

typedef struct {
  gint64         id; /* in the store; 0: not there */
  char          *name;
  char           machine[40];
  char          *machine_name;
  MosProfileType type;
  gint64         start_ms;
  double         seconds;
  GHashTable    *stacks; /* string to guint64 */
  guint64        total;
} MosProfile;

MosProfile *mos_profile_new (const char *name, MosProfileType type);
void        mos_profile_free (MosProfile *self);

/* @stack: "main;work;hash". */
void mos_profile_add (MosProfile *self, const char *stack, guint64 count);

/* Frames as mos_guest_stack() gives them, with names where known; @innermost
 * (may be NULL) is put below them. */
void mos_profile_add_frames (MosProfile    *self,
                             MosSymbols    *symbols,
                             const guint64 *frames,
                             guint          n,
                             const char    *innermost,
                             guint64        count);

/* One line "stack count" each, sorted: Brendan Gregg's folded format. */
char *mos_profile_to_folded (const MosProfile *self);

/* A function's share. */
typedef struct {
  char   *name;
  guint64 self;  /* it was innermost */
  guint64 total; /* it was on the stack */
} MosProfileRow;

/* Descending by self; free through the array. */
GPtrArray *mos_profile_rows (const MosProfile *self);
void       mos_profile_row_free (MosProfileRow *row);

/* The stacks as a tree, for flame graphs. Children by name. */
typedef struct MosProfileNode MosProfileNode;
struct MosProfileNode {
  char      *name;
  guint64    total;
  guint64    before;   /* the same in the profile compared with */
  GPtrArray *children; /* of MosProfileNode */
};

/* @before may be NULL. The root is called "all". */
MosProfileNode *mos_profile_tree (const MosProfile *self,
                                  const MosProfile *before);
void            mos_profile_node_free (MosProfileNode *node);

/* JSON and back; MOS_ERROR_SYNTAX. */
char       *mos_profile_to_json (const MosProfile *self);
MosProfile *mos_profile_from_json (const char *json, GError **error);

/* In the store. */
gint64      mos_profile_save (MosStore *store, MosProfile *self);
GPtrArray  *mos_profile_list (MosStore *store); /* the newest first */
MosProfile *mos_profile_load (MosStore *store, gint64 id);
void        mos_profile_remove (MosStore *store, gint64 id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosProfile, mos_profile_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosProfileNode, mos_profile_node_free)

G_END_DECLS
