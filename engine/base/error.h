/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Errors that a person should read.
 *
 * Only mistakes of the user or of the host end up as a GError of this domain:
 * a wrong key in a file, a missing device node, a full disk. The message says
 * what was tried, on what, and what to do. What a guest does wrong is data (a
 * status bit, a counter, a trace event) and never becomes a GError.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MOS_ERROR (mos_error_quark ())

typedef enum {
  MOS_ERROR_FAILED,        /* none of the below */
  MOS_ERROR_SYNTAX,        /* a file is not well formed */
  MOS_ERROR_UNKNOWN_KEY,   /* a key, option or name that does not exist */
  MOS_ERROR_INVALID_VALUE, /* wrong type or out of range */
  MOS_ERROR_NOT_FOUND,     /* a file, machine or device that is not there */
  MOS_ERROR_IN_USE,        /* locked by somebody else, or already exists */
  MOS_ERROR_WRONG_STATE,   /* the machine's state does not allow it */
  MOS_ERROR_TOO_MANY_VMS,  /* "Too Many VMs" */
  MOS_ERROR_NO_MEMORY,     /* "Memory Allocation Failed" */
  MOS_ERROR_NO_HARDWARE,   /* "Insufficient Hardware Support" */
  MOS_ERROR_NO_NESTING,    /* "Nested Virtualization Not Supported" */
  MOS_ERROR_IO,            /* reading or writing failed */
  MOS_ERROR_CANCELLED      /* the user gave up on it */
} MosError;

GQuark mos_error_quark (void);

G_END_DECLS
