/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Page walks: from linear to guest-physical addresses.
 *
 * Intel SDM volume 3, "Paging"; accessed and dirty bits are set with
 * compare-and-swap, as several processors may share the tables.
 */
#pragma once

#include "engine/cpu/soft/cpu.h"
#include "engine/cpu/x86/bits.h"

G_BEGIN_DECLS

typedef struct {
  guint64  gpa;      /* of the byte asked for */
  gboolean writable; /* so, and dirty already */
  guint32  error;    /* if it faults */
  gboolean apic;     /* in guest mode: the page of a virtual APIC */
  gboolean nested;   /* nested tables do not allow it: mos_guest_fault() */
} MosWalk;

/* @access: WRITE, USER, FETCH; @mode decides about SMAP. @peek: change no
 * accessed and dirty bits. */
gboolean mos_walk (MosSoftCpu *cpu,
                   guint64     lin,
                   guint       access,
                   MosTlbMode  mode,
                   gboolean    peek,
                   MosWalk    *walk);

/* An entry of page tables in the machine's memory. */
typedef struct {
  gpointer host;  /* NULL: no memory there */
  guint8  *flags; /* of its page; NULL: cannot be written */
  guint64  value;
  guint    size; /* 4 or 8 bytes; the caller's */
} MosTableEntry;

/* Reads the entry at physical @address, aligned to its size; all ones where
 * there is no memory. */
void mos_table_read (MosSoftCpu *cpu, guint64 address, MosTableEntry *entry);
/* Sets @bits in it; FALSE: somebody changed it since it was read. */
gboolean
mos_table_mark (MosSoftCpu *cpu, const MosTableEntry *entry, guint64 bits);

/* The range of the address map that holds @gpa, or NULL in a hole. */
const MosMemoryRange *mos_phys_find (MosSoftCpu *cpu, guint64 gpa);

G_END_DECLS
