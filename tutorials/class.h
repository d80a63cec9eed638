/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Class mode: which labs a class works at, and until when.
 *
 * It is a TOML file, class.toml, of the computer's ($XDG_CONFIG_DIRS/
 * multios-lab, usually /etc/xdg/multios-lab: a learner cannot change it) or of
 * the user's ($XDG_CONFIG_HOME/multios-lab); the computer's comes first:
 *
 *   name = "Operating Systems, group 3"
 *   labs = ["simple-boot", "multi-os"]      without it: all
 *   until = 2026-11-29T10:30:00+01:00       without it: no time box
 *   keep = ["UUID", …]                      machines that a reset leaves
 *
 * Any thread, one at a time.
 */
#pragma once

#include "tutorials/lab.h"

G_BEGIN_DECLS

#define MOS_CLASS_MAX_BYTES   (64 * 1024)
#define MOS_CLASS_MAX_NAME    100 /* characters */
#define MOS_CLASS_MAX_MINUTES (7 * 24 * 60)

typedef struct {
  char    *name;
  char   **labs;     /* ids; empty: all */
  char   **keep;     /* UUIDs; may be empty */
  gint64   until_us; /* real time; 0: no time box */
  gboolean fixed;    /* the computer's file says so */
} MosClass;

/* @name is for messages: "NAME:LINE: what". MOS_ERROR_SYNTAX, _UNKNOWN_KEY,
 * _INVALID_VALUE. */
MosClass *mos_class_parse (const char *text,
                           gssize      size,
                           const char *name,
                           GError    **error);
void      mos_class_free (MosClass *self);
/* As its file; owned by the caller. */
char *mos_class_to_text (const MosClass *self);

/* The class at hand; NULL without an error: there is none. */
MosClass *mos_class_load (GError **error);

/* Writes the user's file. @labs may be NULL: all; @minutes 0: no time box;
 * @keep: UUIDs of the machines there are. MOS_ERROR_NOT_FOUND for a lab that
 * is none, _INVALID_VALUE, _IN_USE if the computer has a class, _IO. */
gboolean mos_class_begin (const char        *name,
                          const char *const *labs,
                          guint              minutes,
                          const char *const *keep,
                          GError           **error);
/* MOS_ERROR_NOT_FOUND: there is none; _IN_USE: the computer's, which only its
 * administrator ends. */
gboolean mos_class_end (GError **error);

/* NULL: there is no class, everything is allowed. */
gboolean mos_class_allows (const MosClass *self, const char *lab);
gboolean mos_class_keeps (const MosClass *self, const char *uuid);
/* MOS_ERROR_WRONG_STATE with what is allowed, unless the lab is. */
gboolean
mos_class_check (const MosClass *self, const char *lab, GError **error);

/* Whole minutes that are left, rounded up; 0: the time is over. Only with a
 * time box. */
guint mos_class_minutes_left (const MosClass *self, gint64 now_us);
/* “12 minutes left”, “The time is over”, or "" without a time box. */
char *mos_class_describe_time (const MosClass *self, gint64 now_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MosClass, mos_class_free)

G_END_DECLS
