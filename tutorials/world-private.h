/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of a MosLabWorld, for world.c (machines, accepting queries) and
 * queries.c (the table and its answers).
 */
#pragma once

#include "tutorials/world.h"

G_BEGIN_DECLS

#define MOS_LAB_MACHINE      "machine" /* how most queries begin */
#define MOS_LAB_N_SERIAL     4
#define MOS_LAB_SERIAL_BYTES 65536
#define MOS_LAB_MAX_VCPUS    32

/* What happened to a machine since the step began; counted. */
typedef enum {
  MOS_LAB_STARTED,
  MOS_LAB_PAUSED,
  MOS_LAB_RESUMED,
  MOS_LAB_STOPPED,
  MOS_LAB_RESET,
  MOS_LAB_DELETED,
  MOS_LAB_N_EVENTS
} MosLabEvent;

/* What a learner reads for a name. */
typedef struct {
  const char *name;
  const char *title; /* translatable */
} MosLabWord;

/* The newest output of one serial port. */
typedef struct {
  GMutex   lock;
  GString *text; /* with lock; written on the vCPU's thread */
  guint    listener;
} MosLabSerial;

/* What is remembered of one machine. */
typedef struct {
  char        *role;
  MosVm       *vm; /* owned */
  MosVmState   last_state;
  guint        events[MOS_LAB_N_EVENTS];
  MosLabSerial serial[MOS_LAB_N_SERIAL];

  /* Of this round; see mos_lab_world_refresh(). */
  MosCpuState *cpu[MOS_LAB_MAX_VCPUS];
  gboolean     cpu_tried[MOS_LAB_MAX_VCPUS];
} MosLabMachine;

struct MosLabWorld {
  MosCheckWorld  checks; /* first */
  MosHypervisor *hypervisor;
  GPtrArray     *machines; /* of MosLabMachine */
  GHashTable    *quiz;     /* id → GINT_TO_POINTER (gboolean) */
  GHashTable    *facts;    /* name → value */
  const MosLab  *lab;
  char          *workspace;
  char          *accel;     /* or NULL */
  char          *build_log; /* NULL: nothing was built yet */
  gboolean       build_ok;
};

MosLabMachine *mos_lab_world_find (MosLabWorld *self, const char *role);
/* The record of @vm, or NULL. */
MosLabMachine *mos_lab_world_record (MosLabWorld *self, MosVm *vm);

/* The state of processor @index in this round, or NULL. */
const MosCpuState *mos_lab_machine_cpu (MosLabMachine *self, guint index);
/* The newest serial output as text; owned by the caller. */
char *mos_lab_machine_serial (MosLabMachine *self, guint port);

/* phrases.c: the last three functions of a MosCheckWorld. */
char       *mos_lab_phrase_title (const MosCheckWorld *world,
                                  const MosCheckQuery *query);
char       *mos_lab_phrase_lacking (const MosCheckWorld *world,
                                    const MosCheckQuery *query);
const char *mos_lab_phrase_word (const MosCheckWorld *world,
                                 const MosCheckQuery *query,
                                 const char          *text);

/* Argument @name of a part (by name, or by position @at if that is not
 * negative), or NULL. */
const MosLabValue *
mos_lab_argument (const MosCheckPart *part, const char *name, int at);

G_END_DECLS
