/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Who runs, when a control block is entered.
 *
 * Seen from below, level 1 enters block A, and A's guest leaves. What level 1
 * enters next tells what it made of the exit:
 *
 *   the same block                it handled the exit itself
 *   another, and the exit was     a guest of A's guest is being run: the block
 *     A's guest executing VMRUN     stands for the one that VMRUN named, in
 *     (VMLAUNCH, VMRESUME)          the eyes of the hypervisor in A
 *   the block of the hypervisor   it passed the exit on to that hypervisor
 *     whose guest it was
 *   anything else                 it handled the exit and turned to another
 *
 * The hypervisor in A is then in the same position one level further in: the
 * exit was passed on to it, and by the VMRUN that it executes next it says
 * what it made of it. So one function, enter_in(), works for every level: it
 * takes "hypervisor H entered its block b" and calls itself for the block that
 * b stands for.
 *
 * What hypervisors really do makes it less simple: one block may serve all
 * guests of a guest (KVM), or even the guest and its guest (the smallest
 * ones); blocks are freed and used again; a guest moves between vCPUs. Nested
 * root and instruction pointer then tell who goes on. All with the lock held.
 */
#include "engine/nested/hierarchy-private.h"

/* The longest instruction: a guest that goes on after an exit is at most so
 * far behind it. */
#define LONGEST_INSTRUCTION 15

/* Basic exit reason of VMPTRLD (Intel SDM volume 3, "VMX Basic Exit
 * Reasons"). */
#define VMX_EXIT_VMPTRLD 21

typedef struct {
  MosHierarchy         *self;
  MosHierarchyCpu      *cpu;
  const MosNestedEntry *entry;
} Look;

MosContext *
mos_context_leaf (MosContext *context)
{
  for (guint i = 0; i < MOS_HIERARCHY_LEVELS; i++) {
    MosContext *inner = mos_context_get (context->inner);

    if (inner == NULL)
      break;
    context = inner;
  }
  return context;
}

static guint
cpu_index (const Look *look)
{
  return (guint) (look->cpu - look->self->cpus);
}

static gboolean
goes_on (const Look *look, const MosContext *leaf)
{
  return leaf->has_left && look->entry->rip - leaf->rip <= LONGEST_INSTRUCTION;
}

/* Without nested paging the root says nothing. */
static gboolean
has_root (const Look *look, const MosContext *leaf)
{
  return leaf->has_left && look->entry->nested_paging &&
         leaf->root == look->entry->root;
}

/* -- exits --------------------------------------------------------------- */

void
mos_hierarchy_leave (MosHierarchy *self, MosHierarchyCpu *cpu)
{
  const MosNestedExit *exit = &cpu->exit;
  MosContext          *outer = mos_context_get (cpu->outer);
  MosContext          *leaf = mos_context_get (cpu->leaf);

  cpu->left = FALSE;
  cpu->side.last = mos_context_ref (NULL);
  cpu->side.entry = FALSE;
  if (outer == NULL || leaf == NULL)
    return;
  if (cpu->vendor == MOS_VENDOR_INTEL &&
      exit->reason == MOS_EXIT_VIRTUALIZATION && exit->code == VMX_EXIT_VMPTRLD)
    leaf->side.current = exit->operand;
  leaf->has_left = TRUE;
  leaf->rip = exit->rip;
  leaf->cr3 = cpu->cr3;
  leaf->root = cpu->root;
  leaf->left_vcpu = (guint) (cpu - self->cpus);
  leaf->left_entries = cpu->entries;
  leaf->reason = exit->reason;
  leaf->key =
      cpu->vendor == MOS_VENDOR_AMD ? exit->operand : leaf->side.current;
  leaf->handler = 1;
  cpu->side.last = cpu->outer;
  cpu->side.entry = exit->reason == MOS_EXIT_ENTRY;
  cpu->side.key = leaf->key;
}

/* The exit of @inner's leaf has been passed on to @inner's hypervisor. */
static void
pass_on (const Look *look, MosContext *inner)
{
  MosHierarchy *self = look->self;
  MosContext   *hypervisor = mos_context_get (inner->parent);
  MosContext   *leaf = mos_context_leaf (inner);
  guint         level;

  if (hypervisor == NULL || hypervisor->guest == MOS_NO_GUEST)
    return;
  level = self->guests[hypervisor->guest].level;
  hypervisor->side.last = mos_context_ref (inner);
  hypervisor->side.entry = leaf->handler != 0 && leaf->reason == MOS_EXIT_ENTRY;
  hypervisor->side.key = leaf->key;
  if (leaf->handler == 0 || leaf->guest == MOS_NO_GUEST)
    return;
  /* Counted once, where it is now. */
  MOS_TALLY (look->cpu->rows[leaf->guest].cells[leaf->handler][leaf->reason],
             (guint64) -1);
  MOS_TALLY (look->cpu->rows[leaf->guest].cells[level][leaf->reason], 1);
  leaf->handler = level;
}

/* -- entries ------------------------------------------------------------- */

static MosContext *enter_in (const Look        *look,
                             MosHypervisorSide *side,
                             guint16            owner,
                             MosContext        *parent,
                             guint64            block);

/* @context runs the guest that @leaf's guest wants to enter. */
static void
stand_for (const Look *look, MosContext *context, MosContext *leaf, guint64 key)
{
  MosHierarchy *self = look->self;
  MosContext   *inner;

  if (leaf->guest == MOS_NO_GUEST)
    return;
  if (self->guests[leaf->guest].level >= MOS_HIERARCHY_LEVELS - 1) {
    MOS_PUT (self->guests[leaf->guest].deeper, TRUE);
    if (context != leaf)
      context->inner = mos_context_ref (leaf);
    return;
  }
  if (context != leaf)
    mos_hierarchy_join (self, context, MOS_NO_GUEST);
  if (!context->used || !leaf->used)
    return;
  inner = enter_in (look, &leaf->side, leaf->guest, leaf, key);
  if (inner != NULL && context->used)
    context->inner = mos_context_ref (inner);
}

/* Does @context hold its own guest, and by turns the guest of that? */
static gboolean
is_shared (MosContext *context)
{
  MosContext *inner = mos_context_get (context->inner);

  return inner != NULL && mos_context_get (inner->parent) == context;
}

/* Who of the two that share @context goes on? */
static gboolean
is_back (const Look *look, MosContext *context)
{
  MosContext *leaf = mos_context_leaf (context);
  gboolean    own_root = has_root (look, context);

  if (own_root != has_root (look, leaf))
    return own_root;
  return goes_on (look, context) && !goes_on (look, leaf);
}

/* A plain context that moves to a block which was never seen. */
static MosContext *
find_mover (const Look *look, MosHypervisorSide *side, guint16 owner)
{
  MosContext *last = mos_context_get (side->last);
  MosContext *inner, *hypervisor;

  if (last == NULL)
    return NULL;
  if (mos_context_get (last->inner) == NULL)
    return !side->entry && has_root (look, last) && goes_on (look, last) ? last
                                                                         : NULL;
  inner = mos_context_get (last->inner);
  hypervisor = mos_context_get (inner->parent);
  return hypervisor != NULL && hypervisor->owner == owner &&
                 has_root (look, hypervisor)
             ? hypervisor
             : NULL;
}

static void confirm (const Look *look, MosContext *outer);

/* @last left to @side, and @context is entered: what happened? */
static void
conclude (const Look        *look,
          MosHypervisorSide *side,
          MosContext        *last,
          MosContext        *context)
{
  MosContext *inner = mos_context_get (last->inner);
  MosContext *hypervisor =
      inner != NULL ? mos_context_get (inner->parent) : NULL;

  if (is_shared (context) && is_back (look, context)) {
    MosContext *own = mos_context_get (context->inner);

    context->inner = mos_context_ref (NULL);
    if (last == context)
      pass_on (look, own);
  } else if (last == context) {
    if (side->entry && inner == NULL && !goes_on (look, context))
      stand_for (look, context, context, side->key);
  } else if (hypervisor != NULL && mos_context_leaf (context) == hypervisor) {
    confirm (look, last);
    pass_on (look, inner);
  } else if (side->entry) {
    gboolean known = look->entry->nested_paging ? has_root (look, context)
                                                : goes_on (look, context);

    if (!known || mos_context_get (context->inner) != NULL)
      stand_for (look, context, mos_context_leaf (last), side->key);
  }
}

/* The hypervisor in guest @owner (on its processor @parent, whose doings are
 * in @side) entered @block. Its context, or NULL if there is no place. */
static MosContext *
enter_in (const Look        *look,
          MosHypervisorSide *side,
          guint16            owner,
          MosContext        *parent,
          guint64            block)
{
  MosHierarchy *self = look->self;
  MosContext   *context = mos_hierarchy_find_context (self, owner, block);
  MosContext   *last;

  if (context == NULL) {
    context = find_mover (look, side, owner);
    if (context != NULL)
      mos_hierarchy_move_context (self, context, block);
    else
      context = mos_hierarchy_add_context (self, owner, block);
  }
  if (context == NULL)
    return NULL;
  context->used_at = self->clock;
  context->parent = mos_context_ref (parent);
  context->vcpu = cpu_index (look);
  last = mos_context_get (side->last);
  if (last != NULL)
    conclude (look, side, last, context);
  else if (is_shared (context) && is_back (look, context))
    context->inner = mos_context_ref (NULL);
  side->last = mos_context_ref (NULL);
  side->entry = FALSE;
  return context;
}

/* -- guests -------------------------------------------------------------- */

static guint16
find_sibling (const Look *look, guint16 owner)
{
  for (guint16 i = 1; i < MOS_HIERARCHY_GUESTS; i++) {
    const MosGuest *guest = &look->self->guests[i];

    if (guest->used && guest->parent == owner && guest->nested_paging &&
        guest->root == look->entry->root)
      return i;
  }
  return MOS_NO_GUEST;
}

/* Finds or makes the guest whose processor @leaf is. */
static void
settle (const Look *look, MosContext *leaf)
{
  MosHierarchy         *self = look->self;
  const MosNestedEntry *entry = look->entry;
  MosGuest             *guest;
  guint16               index = MOS_NO_GUEST;

  if (leaf->guest != MOS_NO_GUEST) {
    guest = &self->guests[leaf->guest];
    if (!entry->nested_paging || guest->deeper ||
        (guest->nested_paging && guest->root == entry->root))
      return;
  }
  if (entry->nested_paging)
    index = find_sibling (look, leaf->owner);
  if (index == MOS_NO_GUEST && leaf->guest != MOS_NO_GUEST &&
      (goes_on (look, leaf) || (leaf->has_left && leaf->cr3 == entry->cr3))) {
    /* Its tables were made anew. */
    guest = &self->guests[leaf->guest];
    mos_hierarchy_change_begin (self);
    MOS_PUT (guest->root, entry->root);
    MOS_PUT (guest->nested_paging, entry->nested_paging);
    mos_hierarchy_change_end (self);
    return;
  }
  if (index == MOS_NO_GUEST)
    index = mos_hierarchy_add_guest (self, leaf->owner, entry);
  mos_hierarchy_join (self, leaf, index);
}

static void
count_return (const Look *look, MosContext *leaf)
{
  MosGuestRow *row = &look->cpu->rows[leaf->guest];

  if (leaf->handler != 0 && leaf->reason != MOS_EXIT_ENTRY &&
      leaf->left_vcpu == cpu_index (look) &&
      look->cpu->entries >= leaf->left_entries) {
    MOS_TALLY (row->returns, 1);
    MOS_TALLY (row->return_entries,
               look->cpu->entries + 1 - leaf->left_entries);
  }
  leaf->handler = 0;
}

/* -- level 1 on several processors --------------------------------------- */

/* May what @other's guest waits for be what is entered here? Level 1 is in the
 * same address space then, and the guest is none of that guest's own. */
static gboolean
may_be_of (const Look *look, const MosHierarchyCpu *other)
{
  const MosNestedEntry *entry = look->entry;

  return MOS_LOOK (other->wants) &&
         MOS_LOOK (other->host_space) == entry->host_cr3 >> 12 &&
         !(entry->nested_paging && entry->root == other->root);
}

/*
 * Level 1 may have moved on to another vCPU between its guest's VMRUN and its
 * own: what that left there belongs here. If the block was never seen this is
 * a guess (another hypervisor may enter its first guest at that moment), so
 * the other vCPU keeps in mind what it lent.
 */
static void
fetch_side (const Look *look)
{
  MosHierarchy *self = look->self;
  MosContext *context = mos_hierarchy_find_context (self, MOS_HIERARCHY_MACHINE,
                                                    look->entry->block);
  MosContext *inner = context != NULL ? mos_context_get (context->inner) : NULL;

  if (context != NULL && inner == NULL)
    return;
  for (guint i = 0; i < self->n_vcpus; i++) {
    MosHierarchyCpu *other = &self->cpus[i];

    if (other == look->cpu || !may_be_of (look, other))
      continue;
    if (inner != NULL &&
        mos_context_get (inner->parent) != mos_context_get (other->leaf))
      continue;
    if (other->left)
      mos_hierarchy_leave (self, other);
    look->cpu->side = other->side;
    other->lent_side = other->side;
    look->cpu->lender = inner == NULL ? i + 1 : 0;
    other->side.last = mos_context_ref (NULL);
    other->side.entry = FALSE;
    MOS_PUT (other->wants, 0);
    return;
  }
}

/* The guest @index and all below it move up: its parent is the machine. */
static void
raise_guest (MosHierarchy *self, guint16 index)
{
  guint depth = self->guests[index].level - 2;

  mos_hierarchy_change_begin (self);
  for (guint i = 1; i < MOS_HIERARCHY_GUESTS; i++) {
    guint up = i;

    for (guint n = 0; up != index && up != MOS_HIERARCHY_MACHINE &&
                      up < MOS_HIERARCHY_GUESTS && n < MOS_HIERARCHY_LEVELS;
         n++)
      up = self->guests[up].parent;
    if (up == index && self->guests[i].used)
      MOS_PUT (self->guests[i].level, self->guests[i].level - depth);
  }
  MOS_PUT (self->guests[index].parent, MOS_HIERARCHY_MACHINE);
  mos_hierarchy_change_end (self);
}

/* Who runs in @from runs in @to. */
static void
take_place (MosHierarchy *self, MosContext *to, MosContext *from)
{
  for (guint i = 0; i < self->n_vcpus; i++)
    if (mos_context_get (self->cpus[i].leaf) == from)
      self->cpus[i].leaf = mos_context_ref (to);
  for (guint i = 0; i < MOS_HIERARCHY_BLOCKS; i++)
    if (mos_context_get (self->contexts[i].parent) == from)
      self->contexts[i].parent = mos_context_ref (to);
  to->side = from->side;
  to->has_left = from->has_left;
  to->rip = from->rip;
  to->cr3 = from->cr3;
  to->root = from->root;
  to->left_vcpu = from->left_vcpu;
  to->left_entries = from->left_entries;
  to->reason = from->reason;
  to->key = from->key;
  to->handler = from->handler;
  mos_hierarchy_drop_context (self, from);
}

/* What this vCPU's guest waited for was given to another vCPU, and now it comes
 * here all the same: the other one had begun with a guest of its own. */
static void
take_back (const Look *look)
{
  MosHierarchy    *self = look->self;
  MosHierarchyCpu *cpu = look->cpu;
  MosContext      *outer = mos_context_get (cpu->lent);
  MosContext *inner = outer != NULL ? mos_context_get (outer->inner) : NULL;
  guint16     guest;

  cpu->lent = mos_context_ref (NULL);
  if (inner == NULL || inner->guest == MOS_NO_GUEST || outer->lender == 0 ||
      self->guests[inner->guest].n_contexts != 1)
    return;
  guest = inner->guest;
  outer->lender = 0;
  outer->inner = mos_context_ref (NULL);
  mos_hierarchy_join (self, outer, guest);
  raise_guest (self, guest);
  take_place (self, outer, inner);
  cpu->side = cpu->lent_side;
}

/* The guess was right: an exit of what @outer stands for went where it had
 * to. */
static void
confirm (const Look *look, MosContext *outer)
{
  if (outer->lender == 0)
    return;
  look->self->cpus[outer->lender - 1].lent = mos_context_ref (NULL);
  outer->lender = 0;
}

MosContext *
mos_hierarchy_enter (MosHierarchy         *self,
                     MosHierarchyCpu      *cpu,
                     const MosNestedEntry *entry)
{
  Look        look = { self, cpu, entry };
  MosContext *outer, *leaf;

  if (cpu->left)
    mos_hierarchy_leave (self, cpu);
  self->clock++;
  cpu->lender = 0;
  if (self->n_vcpus > 1 && !cpu->side.entry) {
    if (cpu->lent.context != NULL &&
        mos_hierarchy_find_context (self, MOS_HIERARCHY_MACHINE,
                                    entry->block) == NULL)
      take_back (&look);
    if (!cpu->side.entry)
      fetch_side (&look);
  }
  outer =
      enter_in (&look, &cpu->side, MOS_HIERARCHY_MACHINE, NULL, entry->block);
  if (outer != NULL && cpu->lender != 0) {
    outer->lender = cpu->lender;
    self->cpus[cpu->lender - 1].lent = mos_context_ref (outer);
  }
  leaf = outer != NULL ? mos_context_leaf (outer) : NULL;
  if (leaf != NULL) {
    leaf->used_at = self->clock;
    settle (&look, leaf);
    if (leaf->guest == MOS_NO_GUEST)
      leaf = NULL;
    else {
      self->guests[leaf->guest].used_at = self->clock;
      leaf->vcpu = cpu_index (&look);
      count_return (&look, leaf);
    }
  }
  cpu->outer = mos_context_ref (outer);
  cpu->leaf = mos_context_ref (leaf);
  cpu->shared = outer != NULL && (is_shared (outer) || leaf == NULL);
  return leaf;
}
