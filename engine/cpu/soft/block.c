/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Blocks: tables, translation, invalidation.
 *
 * All memory comes from one arena that is filled from the bottom and emptied
 * as a whole; no allocation happens while guest code runs. A host page with
 * code is known by the address of its MOS_PAGE_ flags, which is the same for
 * every processor and every guest-physical alias.
 *
 * Who writes to the code of such a page clears its flag and tells every
 * processor through a mailbox; each puts its own blocks to sleep at its next
 * jump. A processor that begins to translate a page, or wakes up a block of it,
 * sets the flag first and, if others run, lets them pass a barrier
 * (membarrier(2)) before it reads the code: see mmu.h.
 */
#include "engine/cpu/soft/block.h"

#include <string.h>
#include <sys/mman.h>

#include "engine/base/barrier.h"
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/guest.h"
#include "engine/cpu/soft/lower.h"
#include "engine/cpu/soft/mmu-private.h"
#include "engine/cpu/soft/mmu.h"

#define ARENA_BYTES    (64u << 20)
#define ARENA_RESERVE  (64u << 10) /* more than any block and page record */
#define BUCKET_BITS    17          /* a full arena has some 150,000 blocks */
#define N_BUCKETS      (1u << BUCKET_BITS)
#define N_PAGE_BUCKETS 4096u
#define MAX_MAIL       64u
#define LINE           (MOS_PAGE_SIZE / 64)
#define FIRST_LINE     1u /* always: blocks of the page before end there */
#define MAX_OPS        (MOS_BLOCK_MAX_OPS + 2) /* with a gate's, and the end's */
#define MAX_BYTES      (15 * MOS_BLOCK_MAX_OPS)

typedef struct CodePage CodePage;
struct CodePage {
  CodePage     *next;
  const guint8 *page_flags;
  MosBlock     *first;
  guint64       lines; /* of LINE bytes, with code */
};

struct MosCode {
  guint8   *arena;
  gsize     used;
  MosBlock *blocks[N_BUCKETS];
  CodePage *pages[N_PAGE_BUCKETS];
  gboolean  shared;
  /* The block that ran when its own page was written, and its handlers. */
  MosBlock  *torn;
  MosHandler handlers[MAX_OPS];
  /* Under MosSoftCpus.code_lock. */
  const guint8 *mail[MAX_MAIL];
  guint         n_mail;
  gboolean      mail_all; /* too many: drop everything */
};

MosCode *
mos_code_new (gboolean shared)
{
  MosCode *self;
  /* Pages that are never used are never there. */
  void *arena = mmap (NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (arena == MAP_FAILED)
    return NULL;
  self = g_new0 (MosCode, 1);
  self->arena = arena;
  self->shared = shared;
  if (shared)
    mos_barrier_prepare ();
  return self;
}

void
mos_code_free (MosCode *self)
{
  if (self == NULL)
    return;
  munmap (self->arena, ARENA_BYTES);
  g_free (self);
}

static gpointer
arena_take (MosCode *code, gsize bytes)
{
  gpointer p = code->arena + code->used;

  code->used += (bytes + 15) & ~(gsize) 15;
  return p;
}

static guint
block_bucket (const guint8 *hva, guint64 key)
{
  guint64 hash = (guint64) (guintptr) hva + (key << 32);

  return (guint) (hash * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) >>
                  (64 - BUCKET_BITS));
}

static CodePage **
page_bucket (MosCode *code, const guint8 *page_flags)
{
  guint64 hash = (guint64) (guintptr) page_flags;

  return &code->pages[(hash ^ (hash >> 12)) & (N_PAGE_BUCKETS - 1)];
}

static CodePage *
page_find (MosCode *code, const guint8 *page_flags)
{
  for (CodePage *page = *page_bucket (code, page_flags); page != NULL;
       page = page->next)
    if (page->page_flags == page_flags)
      return page;
  return NULL;
}

/* Bits of the lines that @size bytes at @offset touch. */
static guint64
lines_of (guint offset, guint size)
{
  guint first = offset / LINE;
  guint last = MIN (offset + MAX (size, 1) - 1, MOS_PAGE_SIZE - 1) / LINE;

  return G_MAXUINT64 >> (63 - (last - first)) << first;
}

static void
page_add_block (MosCode *code, const guint8 *page_flags, MosBlock *block)
{
  CodePage *page = page_find (code, page_flags);
  guint     offset = (guintptr) block->hva & (MOS_PAGE_SIZE - 1);

  if (page == NULL) {
    CodePage **bucket = page_bucket (code, page_flags);

    page = arena_take (code, sizeof *page);
    *page = (CodePage){ .page_flags = page_flags,
                        .next = *bucket,
                        .lines = FIRST_LINE };
    *bucket = page;
  }
  page->lines |= lines_of (offset, block->bytes);
  block->page_next = page->first;
  page->first = block;
}

gboolean
mos_code_is_at (MosSoftCpu   *cpu,
                const guint8 *page_flags,
                guint         offset,
                guint         size)
{
  const CodePage *page;

  if (cpu->cpus->cpus.n_vcpus > 1)
    return TRUE;
  page = page_find (cpu->code, page_flags);
  return page == NULL || (page->lines & lines_of (offset, size)) != 0;
}

/* An operation of a sleeping block: nothing of it has happened. */
static const MosUop *
op_stale (MosSoftCpu *cpu, const MosUop *op)
{
  cpu->budget -= mos_op_before (op);
  cpu->gpr[MOS_SLOT_RIP] += mos_op_start (op);
  return NULL;
}

static guint8 *
code_bytes (MosBlock *block)
{
  return (guint8 *) &block->ops[block->n_ops];
}

/* The block that was torn has been left; only its first operation is what a
 * sleeping block's is. */
static void
mend (MosCode *code)
{
  MosBlock *block = code->torn;

  code->torn = NULL;
  for (guint i = 1; block != NULL && i < block->n_ops; i++)
    block->ops[i].fn = code->handlers[i];
}

/* Whoever enters the block leaves for the run loop. Inside of one can only be
 * this processor, in @running: it leaves before its next operation. */
static void
put_to_sleep (MosCode *code, MosBlock *block, const MosBlock *running)
{
  block->dead = TRUE;
  block->first = block->ops[0].fn;
  block->ops[0].fn = op_stale;
  if (block != running)
    return;
  mend (code);
  code->torn = block;
  for (guint i = 1; i < block->n_ops; i++) {
    code->handlers[i] = block->ops[i].fn;
    block->ops[i].fn = op_stale;
  }
}

static void
unhash (MosCode *code, MosBlock *block)
{
  MosBlock **link = &code->blocks[block_bucket (block->hva, block->key)];

  while (*link != NULL && *link != block)
    link = &(*link)->hash_next;
  if (*link != NULL)
    *link = block->hash_next;
}

void
mos_code_drop_page (MosSoftCpu *cpu, const guint8 *page_flags)
{
  CodePage *page = page_find (cpu->code, page_flags);

  mos_epoch_invalidate (cpu); /* also for blocks that reach into this page */
  if (page == NULL)
    return;
  for (MosBlock *block = page->first; block != NULL; block = block->page_next)
    if (!block->dead)
      put_to_sleep (cpu->code, block, cpu->block);
  page->first = NULL;
  page->lines = FIRST_LINE;
}

void
mos_code_flush (MosSoftCpu *cpu)
{
  MosCode *code = cpu->code;

  memset (code->blocks, 0, sizeof code->blocks);
  memset (code->pages, 0, sizeof code->pages);
  memset (cpu->jumps, 0, MOS_JUMP_SIZE * sizeof cpu->jumps[0]);
  code->used = 0;
  code->torn = NULL;
  cpu->block = NULL;
  mos_epoch_invalidate (cpu);
}

static void
post_mail (MosSoftCpu *to, const guint8 *page_flags)
{
  MosCode *code = to->code;

  if (code->n_mail < MAX_MAIL)
    code->mail[code->n_mail++] = page_flags;
  else
    code->mail_all = TRUE;
  __atomic_or_fetch (&to->pending, MOS_PENDING_CODE, __ATOMIC_SEQ_CST);
}

void
mos_code_written (MosSoftCpus *cpus, MosSoftCpu *cpu, guint8 *page_flags)
{
  g_mutex_lock (&cpus->code_lock);
  __atomic_and_fetch (page_flags, (guint8) ~MOS_PAGE_CODE, __ATOMIC_SEQ_CST);
  for (guint i = 0; i < cpus->cpus.n_vcpus; i++)
    if (cpus->vcpu[i] != cpu)
      post_mail (cpus->vcpu[i], page_flags);
  g_mutex_unlock (&cpus->code_lock);
  if (cpu != NULL)
    mos_code_drop_page (cpu, page_flags);
}

void
mos_code_take_mail (MosSoftCpu *cpu)
{
  MosCode      *code = cpu->code;
  const guint8 *mail[MAX_MAIL];
  guint         n;
  gboolean      all;

  g_mutex_lock (&cpu->cpus->code_lock);
  __atomic_and_fetch (&cpu->pending, ~(guint) MOS_PENDING_CODE,
                      __ATOMIC_SEQ_CST);
  n = code->n_mail;
  all = code->mail_all;
  memcpy (mail, code->mail, n * sizeof mail[0]);
  code->n_mail = 0;
  code->mail_all = FALSE;
  g_mutex_unlock (&cpu->cpus->code_lock);
  if (all)
    mos_code_flush (cpu);
  for (guint i = 0; i < n && !all; i++)
    mos_code_drop_page (cpu, mail[i]);
}

/* From now on writes to the page are reported. */
static void
watch_page (MosCode *code, guint8 *page_flags)
{
  if ((__atomic_load_n (page_flags, __ATOMIC_RELAXED) & MOS_PAGE_CODE) != 0)
    return;
  __atomic_or_fetch (page_flags, MOS_PAGE_CODE, __ATOMIC_SEQ_CST);
  if (code->shared)
    mos_barrier ();
}

static const MosUop *
op_fall_through (MosSoftCpu *cpu, const MosUop *op)
{
  return mos_goto_far (cpu, op, cpu->gpr[MOS_SLOT_RIP] + op->next, 1);
}

/* For code that may change under us without notice: no link to what follows. */
static const MosUop *
op_leave (MosSoftCpu *cpu, const MosUop *op)
{
  return mos_leave (cpu, op);
}

static void
finish (MosBlock *block, MosUop *op, const MosUop *last, MosHandler fn)
{
  memset (op, 0, sizeof *op);
  op->fn = fn;
  op->next = last->next;
  op->count = last->count;
  block->n_ops++;
}

/* The instruction at the end of its page: its bytes from both. */
static void
fetch_crossing (MosSoftCpu   *cpu,
                MosBlock     *block,
                guint64       lin,
                const guint8 *code,
                guint8        bytes[15])
{
  guint         here = MOS_PAGE_SIZE - (lin & (MOS_PAGE_SIZE - 1));
  guint64       next = (lin | (MOS_PAGE_SIZE - 1)) + 1;
  const guint8 *more;
  guint8       *flags;

  if ((cpu->key & MOS_KEY_CS64) == 0)
    next = (guint32) next;
  memcpy (bytes, code, here);
  more = mos_mmu_fetch (cpu, next, &flags);
  if (more == NULL) {
    for (guint i = here; i < 15; i++)
      bytes[i] = mos_mmu_fetch_io (cpu, next + i - here);
    return;
  }
  watch_page (cpu->code, flags);
  memcpy (block->tail, more, sizeof block->tail);
  memcpy (bytes + here, block->tail, 15 - here);
  block->hva2 = more;
}

/* Fills block->ops from @code, the @room bytes at block->hva. */
static void
translate (MosSoftCpu   *cpu,
           MosBlock     *block,
           guint64       lin,
           const guint8 *code,
           guint         room)
{
  guint    limit = (cpu->key & MOS_KEY_STEP) != 0 ? 1 : MOS_BLOCK_MAX_OPS;
  gboolean fuse = (cpu->key & (MOS_KEY_STEP | MOS_KEY_ALIGN)) == 0;
  MosUop   last = { 0 };
  gboolean ends = FALSE;

  while (!ends && block->n_ops < limit && last.next < room) {
    MosUop  *op = &block->ops[block->n_ops];
    gboolean before = FALSE;
    guint    len;
    guint8   bytes[15];

    memset (op, 0, sizeof *op);
    op->next = last.next;
    op->count = last.count;
    len = mos_lower_one (cpu, code + last.next, room - last.next, op, &ends,
                         &before);
    if (len == 0) {
      if (block->n_ops > 0)
        break;
      fetch_crossing (cpu, block, lin, code, bytes);
      memset (op, 0, sizeof *op);
      mos_lower_one (cpu, bytes, 15, op, &ends, &before);
    } else if (before && block->n_ops > 0) {
      ends = FALSE;
      break;
    }
    if (fuse && block->n_ops > 0 && mos_lower_fuse (op - 1, op)) {
      op--;
    } else {
      block->n_ops++;
      if (op->fn == mos_op_gate) {
        op++;
        block->n_ops++;
      }
    }
    last = *op;
  }
  block->bytes = last.next;
  /* It may be the bytes behind it that make it none. */
  if ((last.fn == mos_op_ud || last.fn == mos_op_gp) && last.next <= room)
    block->bytes = (guint16) MIN (last.next + 14u, room);
  block->n_insns = last.count;
  if (!ends)
    finish (block, &block->ops[block->n_ops], &last, op_fall_through);
}

/* Code in a device's window or a hole: one instruction, never kept. */
static MosBlock *
make_io_block (MosSoftCpu *cpu, guint64 lin)
{
  gsize     size = sizeof (MosBlock) + 3 * sizeof (MosUop);
  MosBlock *block = arena_take (cpu->code, size);
  guint8    bytes[15];
  gboolean  ends = FALSE, before = FALSE;

  memset (block, 0, size);
  for (guint i = 0; i < 15; i++)
    bytes[i] = mos_mmu_fetch_io (cpu, lin + i);
  block->key = cpu->key;
  block->link[0].epoch = block->link[1].epoch = G_MAXUINT64;
  block->dead = TRUE;
  block->n_ops = 1;
  mos_lower_one (cpu, bytes, 15, &block->ops[0], &ends, &before);
  block->n_insns = 1;
  if (block->ops[0].fn == mos_op_gate)
    block->n_ops = 2;
  if (!ends)
    finish (block, &block->ops[block->n_ops], &block->ops[block->n_ops - 1],
            op_leave);
  return block;
}

/* Its code's bytes, without those in the next page. */
static guint
bytes_here (const MosBlock *block)
{
  guint room = MOS_PAGE_SIZE - ((guintptr) block->hva & (MOS_PAGE_SIZE - 1));

  return MIN (block->bytes, room);
}

static MosBlock *
make (MosSoftCpu *cpu, guint64 lin, const guint8 *hva, guint8 *page_flags)
{
  MosCode  *code = cpu->code;
  MosBlock *block = (MosBlock *) (gpointer) (code->arena + code->used);
  guint     bucket = block_bucket (hva, cpu->key);
  guint     room = MOS_PAGE_SIZE - (lin & (MOS_PAGE_SIZE - 1));
  guint8    bytes[MAX_BYTES];
  gsize     size;

  /* Not taken from the arena before it is complete: a fault leaves here. */
  memset (block, 0, sizeof *block);
  block->hva = hva;
  block->key = cpu->key;
  block->link[0].epoch = block->link[1].epoch = G_MAXUINT64;
  watch_page (code, page_flags);
  /* Others may write to it meanwhile: what is kept is what was translated. */
  room = MIN (room, sizeof bytes);
  memcpy (bytes, hva, room);
  translate (cpu, block, lin, bytes, room);
  size = sizeof *block + block->n_ops * sizeof (MosUop);
  arena_take (code, size + bytes_here (block));
  memcpy (code_bytes (block), bytes, bytes_here (block));
  page_add_block (code, page_flags, block);
  block->hash_next = code->blocks[bucket];
  code->blocks[bucket] = block;
  return block;
}

/* Wakes a sleeping block up if its code is as it was. */
static gboolean
wake_up (MosCode *code, MosBlock *block, guint8 *page_flags)
{
  watch_page (code, page_flags);
  if (memcmp (code_bytes (block), block->hva, bytes_here (block)) != 0)
    return FALSE;
  block->dead = FALSE;
  block->ops[0].fn = block->first;
  /* What it led to may be another block now. */
  block->link[0] = block->link[1] = (MosLink){ .epoch = G_MAXUINT64 };
  page_add_block (code, page_flags, block);
  return TRUE;
}

/* Whether a block that crosses pages still does so into the same one. */
static gboolean
second_page_holds (MosSoftCpu *cpu, const MosBlock *block, guint64 lin)
{
  guint64 next = (lin | (MOS_PAGE_SIZE - 1)) + 1;
  guint8 *flags;

  if ((cpu->key & MOS_KEY_CS64) == 0)
    next = (guint32) next;
  if (mos_mmu_fetch (cpu, next, &flags) != block->hva2)
    return FALSE;
  watch_page (cpu->code, flags);
  return memcmp (block->tail, block->hva2, sizeof block->tail) == 0;
}

MosBlock *
mos_block_find (MosSoftCpu *cpu)
{
  guint64       rip = cpu->gpr[MOS_SLOT_RIP];
  guint64       lin;
  guint8       *flags;
  const guint8 *hva;

  if ((cpu->key & MOS_KEY_CS64) == 0)
    cpu->gpr[MOS_SLOT_RIP] = rip = (guint32) rip;
  if (G_UNLIKELY (rip + cpu->ip_bias > cpu->ip_limit))
    mos_fault_gp (cpu, NULL);
  lin = rip + cpu->seg_base[MOS_SEG_CS];
  if ((cpu->key & MOS_KEY_CS64) == 0)
    lin = (guint32) lin;
  if (G_UNLIKELY (cpu->code->used + ARENA_RESERVE > ARENA_BYTES)) {
    __atomic_or_fetch (&cpu->pending, MOS_PENDING_ARENA, __ATOMIC_RELAXED);
    if (cpu->code->used + ARENA_RESERVE / 2 > ARENA_BYTES)
      return NULL;
  }
  if (G_UNLIKELY (cpu->code->torn != NULL))
    mend (cpu->code);
  hva = mos_mmu_fetch (cpu, lin, &flags);
  if (G_UNLIKELY (hva == NULL))
    return make_io_block (cpu, lin);
  for (MosBlock *block = cpu->code->blocks[block_bucket (hva, cpu->key)];
       block != NULL; block = block->hash_next)
    if (block->hva == hva && block->key == cpu->key) {
      if ((block->hva2 == NULL || second_page_holds (cpu, block, lin)) &&
          (!block->dead || wake_up (cpu->code, block, flags)))
        return block;
      unhash (cpu->code, block);
      if (!block->dead)
        put_to_sleep (cpu->code, block, NULL);
      break;
    }
  return make (cpu, lin, hva, flags);
}

/* Whether the block of a link or jump entry that some change of translation
 * has made doubtful is still the one at CS:RIP. Spares mos_block_find()'s look
 * into its table, which is seldom in the host's caches. */
static gboolean
still_holds (MosSoftCpu *cpu, const MosBlock *block)
{
  guint64 rip = cpu->gpr[MOS_SLOT_RIP];
  guint64 lin = rip + cpu->seg_base[MOS_SEG_CS];
  guint8 *flags;

  if (block->dead || block->hva2 != NULL || block->key != cpu->key ||
      rip + cpu->ip_bias > cpu->ip_limit)
    return FALSE;
  if ((cpu->key & MOS_KEY_CS64) == 0) {
    if (rip > G_MAXUINT32)
      return FALSE;
    lin = (guint32) lin;
  }
  return mos_mmu_fetch (cpu, lin, &flags) == block->hva;
}

const MosUop *
mos_goto_slow (MosSoftCpu *cpu, const MosUop *op, guint64 target, guint which)
{
  MosBlock *from = cpu->block;
  MosLink  *link = &from->link[which];
  guint64   lin = target + cpu->seg_base[MOS_SEG_CS];
  MosBlock *block;

  if (cpu->budget < 0 || (cpu->key & MOS_KEY_STEP) != 0 ||
      __atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE) != 0)
    return NULL;
  if (link->block != NULL && still_holds (cpu, link->block)) {
    link->epoch = cpu->epoch;
    link->lin = lin;
    cpu->block = link->block;
    return link->block->ops;
  }
  block = mos_block_find (cpu);
  if (block == NULL)
    return NULL;
  if (!from->dead && !block->dead &&
      (block->hva2 == NULL || ((guintptr) from->hva & MOS_PAGE_MASK) !=
                                  ((guintptr) block->hva & MOS_PAGE_MASK))) {
    link->block = block;
    link->epoch = cpu->epoch;
    link->lin = lin;
  }
  cpu->block = block;
  return block->ops;
}

static void
remember (MosSoftCpu *cpu, MosJumpEntry *entry, guint64 lin, MosBlock *block)
{
  if (block->dead)
    return;
  entry->lin = lin;
  entry->epoch = cpu->epoch;
  entry->key = cpu->key;
  entry->block = block;
}

/* The block that @entry remembers for CS:RIP, which is @lin; NULL if it does
 * not. */
static MosBlock *
recall (const MosSoftCpu *cpu, const MosJumpEntry *entry, guint64 lin)
{
  if (entry->lin != lin || entry->epoch != cpu->epoch ||
      entry->key != cpu->key ||
      cpu->gpr[MOS_SLOT_RIP] + cpu->ip_bias > cpu->ip_limit ||
      entry->block->dead)
    return NULL;
  return entry->block;
}

MosBlock *
mos_block_next (MosSoftCpu *cpu)
{
  guint64       rip = cpu->gpr[MOS_SLOT_RIP];
  guint64       lin = rip + cpu->seg_base[MOS_SEG_CS];
  MosJumpEntry *entry = mos_jump_slot (cpu, lin);
  MosBlock     *block = recall (cpu, entry, lin);

  if (block != NULL)
    return block;
  block = mos_block_find (cpu);
  /* Not for a RIP that mos_block_find() had to wrap. */
  if (block != NULL && (cpu->key & MOS_KEY_STEP) == 0 &&
      rip == cpu->gpr[MOS_SLOT_RIP])
    remember (cpu, entry, lin, block);
  return block;
}

const MosUop *
mos_jump_slow (MosSoftCpu *cpu, const MosUop *op, guint64 target)
{
  guint64       lin = target + cpu->seg_base[MOS_SEG_CS];
  MosJumpEntry *entry = mos_jump_slot (cpu, lin);
  MosBlock     *block;

  if (cpu->budget < 0 || (cpu->key & MOS_KEY_STEP) != 0 ||
      __atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE) != 0)
    return NULL;
  if (entry->lin == lin && entry->block != NULL &&
      still_holds (cpu, entry->block)) {
    block = entry->block;
  } else {
    block = mos_block_find (cpu);
    if (block == NULL)
      return NULL;
  }
  remember (cpu, entry, lin, block);
  cpu->block = block;
  return block->ops;
}

const MosUop *
mos_arrive (MosSoftCpu *cpu, const MosUop *op)
{
  guint64   rip = cpu->gpr[MOS_SLOT_RIP];
  guint64   lin = rip + cpu->seg_base[MOS_SEG_CS];
  MosBlock *block = recall (cpu, mos_jump_slot (cpu, lin), lin);

  /* The loop ends the step that this block was, and tells the counters that
   * count by ring. */
  if (G_UNLIKELY ((cpu->block->key & MOS_KEY_STEP) != 0 || cpu->pmu.by_place))
    return NULL;
  if (block == NULL || cpu->budget < 0 ||
      __atomic_load_n (&cpu->pending, __ATOMIC_ACQUIRE) != 0)
    return mos_jump_slow (cpu, op, rip);
  cpu->block = block;
  return block->ops;
}
