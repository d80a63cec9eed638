/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Micro-operations and blocks: what guest code becomes.
 *
 * One guest instruction is one micro-operation (a compare and the conditional
 * jump behind it are one for both). A handler does the instruction's work and
 * ends by handing on to the next operation:
 *
 *   return mos_next (cpu, op);   a hot handler; a sibling call in optimised
 *                                builds, so nothing may be left on the stack:
 *                                no address of a local may escape from it
 *   return op + 1;               any other handler; the run loop calls the next
 *   return mos_leave (cpu, op);  ends the block here (block.h)
 *
 * A handler that faults does not return: fault.h. Blocks belong to one vCPU;
 * nobody else looks at them.
 */
#pragma once

#include <glib.h>

#include "engine/cpu/soft/soft-config.h"

G_BEGIN_DECLS

typedef struct MosSoftCpu MosSoftCpu;
typedef struct MosUop     MosUop;
typedef struct MosBlock   MosBlock;

typedef const MosUop *(*MosHandler) (MosSoftCpu *cpu, const MosUop *op);

/* How a memory operand's linear address is made. */
typedef enum {
  MOS_EA_FLAT64, /* 64-bit sum, segment base added, no limit */
  MOS_EA_FLAT32, /* 32-bit sum, base added, wraps at 4 GiB, no limit */
  MOS_EA_GENERAL /* anything: address size, limits, rights, alignment */
} MosEaForm;

/*
 * Register operands dst, src, src2, src3, base and index are byte offsets into
 * MosSoftCpu.gpr (so AH is 1) for general registers, and plain numbers for all
 * others. base and index may be MOS_OFFSET_RIP and MOS_OFFSET_ZERO.
 */
struct MosUop {
  MosHandler fn;
  guint64    imm;
  gint32     disp;
  guint16    next;  /* offset of the next instruction from the block's RIP */
  guint8     len;   /* bytes of this instruction (of the pair, if fused) */
  guint8     count; /* instructions of the block up to and with this one */
  guint8     dst;
  guint8     src;
  guint8     base;
  guint8     index;
  guint8     scale; /* shift count, 0 to 3 */
  guint8     seg;   /* MosSegIndex of the memory operand */
  guint8     ea;    /* MosEaForm */
  guint8     addr;  /* effective address size in bytes: 2, 4, 8 */
  guint8     src2;
  guint8     src3;
  guint8     width; /* operand size in bytes */
  guint8     fused; /* bytes of the first of two fused instructions */
  guint32    aux;   /* the family's own */
};

#define MOS_BLOCK_MAX_OPS 48

typedef struct {
  MosBlock *block; /* NULL: not yet known */
  guint64   epoch; /* for targets that need validation; see block.h */
  guint64   lin;   /* likewise: the linear address it was found for */
} MosLink;

struct MosBlock {
  MosBlock     *hash_next; /* same bucket of the block table */
  MosBlock     *page_next; /* same code page */
  const guint8 *hva;       /* the first byte of the code */
  const guint8 *hva2;      /* the second page, if it crosses into one */
  guint64       key;       /* MosKey bits it was made for */
  MosHandler    first;     /* of the first operation, while it sleeps */
  MosLink       link[2];   /* successors: taken or only one, fall-through */
  guint16       bytes;     /* of code that it depends on */
  guint8        n_ops;
  guint8        n_insns;
  guint8        tail[15]; /* its code there, to compare */
  gboolean      dead;     /* or asleep */
  MosUop        ops[]; /* the last one ends the block; then its code's bytes */
};

/* Offset of the first byte of @op's instruction from the block's RIP. */
static inline guint
mos_op_start (const MosUop *op)
{
  return op->next - op->len;
}

/* How many instructions of the block end before @op. */
static inline guint
mos_op_before (const MosUop *op)
{
  return op->count - (op->len == 0 ? 0 : op->fused != 0 ? 2 : 1);
}

static inline const MosUop *
mos_next (MosSoftCpu *cpu, const MosUop *op)
{
  op++;
#if MOS_SOFT_THREADED
  return op->fn (cpu, op);
#else
  return op;
#endif
}

G_END_DECLS
