/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Register tables.
 *
 * A device lists its registers once: name, offset, width, access, reset value,
 * writable bits, fields, help. Dispatch, reset, the inspector, the data sheet
 * and the fuzzer read the same rows. A row without functions is a plain cell
 * in the instance; behaviour is added by a read or write function of the row.
 */
#pragma once

#include "engine/base/fields.h"
#include "engine/memory/io.h"

G_BEGIN_DECLS

typedef struct MosDevice   MosDevice;
typedef struct MosRegister MosRegister;

typedef enum {
  MOS_REGISTER_RO = 1u << 0,
  MOS_REGISTER_WO = 1u << 1,
  MOS_REGISTER_RW = MOS_REGISTER_RO | MOS_REGISTER_WO,
  MOS_REGISTER_W1C = 1u << 2 | MOS_REGISTER_RW, /* writing 1 clears a bit */
  MOS_REGISTER_PEEK = 1u << 3 /* reading has a side effect: inspectors must
                               * look at the cell, not call read */
} MosRegisterAccess;

/* A cell that is not in the instance: the row's functions do it all. */
#define MOS_NO_CELL G_MAXUINT32

struct MosRegister {
  const char       *name; /* as the data sheet writes it */
  guint16           offset;
  guint8            bytes; /* 1, 2, 4 or 8 */
  MosRegisterAccess access;
  guint32           cell; /* G_STRUCT_OFFSET in the instance, same width */
  guint64           reset;
  guint64           writable; /* bits a write can change; 0 means all */
  const MosField   *fields;   /* ends with a NULL name; may be NULL */
  const char       *help;
  /* Optional behaviour, with the device's lock held. A write function gets the
   * value merged with the bits that cannot change, and stores it itself. */
  guint64 (*read) (MosDevice *device, const MosRegister *self);
  void (*write) (MosDevice *device, const MosRegister *self, guint64 value);
};

/* A table and an index by offset, so that look-up is one load. */
typedef struct {
  const char        *name; /* "io", "config", "bar0" */
  const MosRegister *rows;
  guint              n_rows;
  guint              size;  /* bytes of the window */
  gint16            *index; /* size entries: row of the byte, or -1 */
} MosRegisterBank;

void mos_register_bank_init (MosRegisterBank   *self,
                             const char        *name,
                             const MosRegister *rows,
                             guint              n_rows,
                             guint              size);
void mos_register_bank_clear (MosRegisterBank *self);

/* Sets every cell to its reset value; calls no function. */
void mos_register_bank_reset (MosRegisterBank *self, MosDevice *device);

/* Any @offset inside the window and @size 1, 2, 4, 8: parts of registers and
 * accesses over several are put together; gaps read @gap (0 or ~0). */
guint64 mos_register_bank_read (MosRegisterBank *self,
                                MosDevice       *device,
                                guint            offset,
                                guint            size,
                                guint64          gap);
void    mos_register_bank_write (MosRegisterBank *self,
                                 MosDevice       *device,
                                 guint            offset,
                                 guint64          value,
                                 guint            size);

/* The cell's value, without side effects. */
guint64 mos_register_peek (const MosRegister *self, MosDevice *device);

G_END_DECLS
