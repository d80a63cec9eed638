/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a lab's checks can ask: the queries, and the machines behind them.
 *
 * mos_lab_queries is the one list: parsing, the messages for a wrong name, the
 * authors' guide and the answers read its rows. A pattern is written like the
 * query, with the type of each argument:
 *
 *   machine.exits([text], [level=number])   exits, exits("cpuid", level=2)
 *   machine.cpu.*.*                          cpu.cr0.pg
 *
 * "machine" may be left out, and `machine("other")` names another machine of
 * the lab by its role. Threads: main loop.
 */
#pragma once

#include "engine/core/hypervisor.h"
#include "tutorials/check.h"

G_BEGIN_DECLS

typedef struct MosLabWorld MosLabWorld;
typedef struct MosLab      MosLab; /* lab.h */

/* One kind of query. */
typedef struct {
  const char *pattern;
  MosLabType  type;
  const char *help; /* one sentence, translatable */
  /* @vm: the machine, or NULL if there is none; queries that do not begin
   * with "machine" get NULL. */
  MosLabValue (*answer) (MosLabWorld         *world,
                         MosVm               *vm,
                         const MosCheckQuery *query);
  const char *title;     /* what it is, for sentences; translatable */
  const char *lacking;   /* the sentence while it is not so, or NULL: a value */
  gboolean    has_words; /* its texts are names of states and the like */
} MosLabQueryInfo;

/* Ends with a NULL pattern. */
extern const MosLabQueryInfo mos_lab_queries[];

/* The role of the machine that queries without machine("…") mean. */
#define MOS_LAB_MAIN_ROLE "machine"

/* NULL: a world that can only check whether queries are right (for lint).
 * Referenced. */
MosLabWorld *mos_lab_world_new (MosHypervisor *hypervisor);
void         mos_lab_world_free (MosLabWorld *self);

/* For mos_check_parse() and _evaluate(). */
const MosCheckWorld *mos_lab_world_get_checks (MosLabWorld *self);
MosHypervisor       *mos_lab_world_get_hypervisor (MosLabWorld *self);

/* Which machine plays @role; NULL @vm: none any more. From now on its serial
 * output and what happens to it are remembered. Referenced. */
void mos_lab_world_bind (MosLabWorld *self, const char *role, MosVm *vm);
void mos_lab_world_unbind_all (MosLabWorld *self);
/* NULL if there is none, or it was deleted. Not a reference. */
MosVm *mos_lab_world_machine (MosLabWorld *self, const char *role);
/* Calls @func for each role that has a machine. */
void mos_lab_world_foreach (MosLabWorld *self,
                            void (*func) (gpointer    user_data,
                                          const char *role,
                                          MosVm      *vm),
                            gpointer user_data);

/* Whose world it is, and where the learner's own files of this lab lie; NULL:
 * there are none. The lab outlives the world. */
void          mos_lab_world_set_lab (MosLabWorld  *self,
                                     const MosLab *lab,
                                     const char   *workspace);
const MosLab *mos_lab_world_get_lab (MosLabWorld *self);
const char   *mos_lab_world_get_workspace (MosLabWorld *self);
/* What runs machines whose lab does not say: a value of cpu.accel; NULL: as
 * the configuration has it. */
void mos_lab_world_set_accel (MosLabWorld *self, const char *accel);
/* What the last build said, and whether it went well; @log is copied. */
void mos_lab_world_set_build (MosLabWorld *self, gboolean ok, const char *log);
/* The path of a file that a lab may name, owned by the caller: “@workspace/x”
 * below the workspace, “@image/x” of images.h (MOS_ERROR_NOT_FOUND if it is
 * not installed). Everything else is MOS_ERROR_INVALID_VALUE. */
char *
mos_lab_world_resolve (MosLabWorld *self, const char *name, GError **error);

/* The learner's answer to the quiz @id was right, or not. */
void mos_lab_world_set_quiz (MosLabWorld *self, const char *id, gboolean right);
gboolean mos_lab_world_get_quiz (MosLabWorld *self, const char *id);
void     mos_lab_world_forget_quizzes (MosLabWorld *self);
/* What the window tells: "page", "hierarchy"; NULL @value removes it. */
void
mos_lab_world_set_fact (MosLabWorld *self, const char *name, const char *value);

/* Before each round of evaluations: live state is read anew. */
void mos_lab_world_refresh (MosLabWorld *self);
/* Forgets serial output and counts of events, for a step that is begun anew. */
void mos_lab_world_forget (MosLabWorld *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosLabWorld, mos_lab_world_free)

G_END_DECLS
