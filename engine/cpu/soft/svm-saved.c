/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V: what a saved processor carries beyond its registers.
 *
 * Little-endian 64-bit words: version, flags, the VMCB's address, the control
 * area as VMRUN read it, what has changed of it, the host's registers. All of
 * it may have been made up; what is loaded must be what VMRUN could have left
 * behind.
 */
#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/svm-private.h"

#define VERSION       1u
#define FLAG_GIF      1u
#define FLAG_ACTIVE   2u
#define CONTROL_WORDS (MOS_VMCB_CONTROL_END / 8)
#define SEG_WORDS     3u
#define HOST_WORDS    (4 * SEG_WORDS + 4 + 5 + 4 + 4)
#define WORDS         (5 + CONTROL_WORDS + HOST_WORDS)

typedef struct {
  guint64  word[WORDS];
  guint    at;
  gboolean loading;
} Image;

/* One word, either way. */
static void
word (Image *image, guint64 *value)
{
  guint64 *at = &image->word[image->at++];

  if (image->loading)
    *value = GUINT64_FROM_LE (*at);
  else
    *at = GUINT64_TO_LE (*value);
}

static void
segment (Image *image, MosSegment *s)
{
  guint64 a = s->selector | (guint64) s->limit << 32;
  guint64 b = s->type | s->s << 4 | s->dpl << 5 | s->present << 7 |
              s->avl << 8 | s->l << 9 | s->db << 10 | s->g << 11 |
              s->unusable << 12;

  word (image, &a);
  word (image, &b);
  word (image, &s->base);
  s->selector = (guint16) a;
  s->limit = (guint32) (a >> 32);
  s->type = b & 15;
  s->s = (b >> 4) & 1;
  s->dpl = (b >> 5) & 3;
  s->present = (b >> 7) & 1;
  s->avl = (b >> 8) & 1;
  s->l = (b >> 9) & 1;
  s->db = (b >> 10) & 1;
  s->g = (b >> 11) & 1;
  s->unusable = (b >> 12) & 1;
}

static void
table (Image *image, MosTableRegister *t)
{
  guint64 limit = t->limit;

  word (image, &limit);
  word (image, &t->base);
  t->limit = (guint16) limit;
}

static void
host_words (Image *image, MosSvmHost *host)
{
  for (guint i = 0; i < 4; i++)
    segment (image, &host->seg[i]);
  table (image, &host->gdt);
  table (image, &host->idt);
  word (image, &host->efer);
  word (image, &host->cr0);
  word (image, &host->cr3);
  word (image, &host->cr4);
  word (image, &host->pat);
  for (guint i = 0; i < 4; i++)
    word (image, &host->pdptr[i]);
  word (image, &host->rflags);
  word (image, &host->rip);
  word (image, &host->rsp);
  word (image, &host->rax);
}

static void
all_words (Image *image, MosSvm *self, guint64 *version, guint64 *flags)
{
  guint64 pauses = (guint32) self->pauses_left;

  word (image, version);
  word (image, flags);
  word (image, &self->vmcb);
  word (image, &self->vintr);
  word (image, &pauses);
  self->pauses_left = (gint32) (pauses & 0xffff);
  for (guint i = 0; i < CONTROL_WORDS; i++) {
    guint64 value = mos_vmcb_get64 (self->control, 8 * i);

    word (image, &value);
    mos_vmcb_put64 (self->control, 8 * i, value);
  }
  host_words (image, &self->host);
}

GBytes *
mos_svm_save (MosSoftCpu *cpu)
{
  MosSvm  copy = *mos_svm (cpu);
  Image   image = { 0 };
  guint64 version = VERSION;
  guint64 flags =
      (copy.gif ? FLAG_GIF : 0) | (cpu->guest.active ? FLAG_ACTIVE : 0);

  if (flags == FLAG_GIF)
    return NULL;
  all_words (&image, &copy, &version, &flags);
  return g_bytes_new (image.word, sizeof image.word);
}

/* The host's registers must be such as a processor can have. */
static gboolean
host_fits (MosSoftCpu *cpu, MosSvmHost *host)
{
  gboolean lma = (host->efer & MOS_EFER_LMA) != 0;
  gboolean pg = (host->cr0 & MOS_CR0_PG) != 0;

  if ((host->cr0 & ~mos_cr0_known ()) != 0 ||
      (host->cr4 & ~mos_cr4_known (cpu)) != 0 ||
      (host->efer & ~mos_efer_known (cpu)) != 0 ||
      (host->efer & MOS_EFER_SVME) == 0 || (host->cr0 & MOS_CR0_PE) == 0)
    return FALSE;
  if (lma != (pg && (host->efer & MOS_EFER_LME) != 0) ||
      (lma && (host->cr4 & MOS_CR4_PAE) == 0))
    return FALSE;
  host->seg[MOS_SEG_SS].dpl = 0; /* VMRUN is privileged */
  return TRUE;
}

static gboolean
control_fits (MosSoftCpu *cpu, const MosSvm *self)
{
  guint8 *flags;

  return mos_svm_page (cpu, self->vmcb, &flags) != NULL &&
         (mos_vmcb_get32 (self->control, MOS_VMCB_MISC2) & MOS_SVM2_VMRUN) !=
             0 &&
         mos_vmcb_get32 (self->control, MOS_VMCB_ASID) != 0;
}

static void
resume (MosSoftCpu *cpu)
{
  MosSvm        *self = mos_svm (cpu);
  guint64        vintr = self->vintr;
  guint          shadow = cpu->shadow;
  MosNestedEntry entry = {
    .vendor = MOS_VENDOR_AMD,
    .block = self->vmcb,
    .root = mos_vmcb_get64 (self->control, MOS_VMCB_NCR3),
    .nested_paging = self->control[MOS_VMCB_NESTED] & 1,
    .space = mos_vmcb_get32 (self->control, MOS_VMCB_ASID),
    .rip = cpu->gpr[MOS_SLOT_RIP],
    .cr3 = cpu->cr3,
    .host_cr3 = self->host.cr3,
    .instructions = cpu->retired,
  };

  mos_svm_arm (cpu);
  self->vintr = vintr;
  cpu->shadow = (guint8) shadow;
  mos_guest_enter (cpu, &entry);
  mos_world_enter (cpu, entry.space);
  __atomic_or_fetch (&cpu->pending, MOS_PENDING_INTERRUPT, __ATOMIC_SEQ_CST);
  mos_mode_update (cpu);
}

gboolean
mos_svm_load (MosSoftCpu *cpu, GBytes *saved)
{
  MosSvm       *self = mos_svm (cpu);
  MosSvm        made = *self;
  Image         image = { .loading = TRUE };
  guint64       version = 0, flags = 0;
  gsize         size;
  gboolean      active;
  const guint8 *data = g_bytes_get_data (saved, &size);

  if (size != sizeof image.word)
    return FALSE;
  memcpy (image.word, data, size);
  all_words (&image, &made, &version, &flags);
  active = (flags & FLAG_ACTIVE) != 0;
  if (version != VERSION || (flags & ~(guint64) (FLAG_GIF | FLAG_ACTIVE)) != 0)
    return FALSE;
  if (active && (!host_fits (cpu, &made.host) || !control_fits (cpu, &made) ||
                 (flags & FLAG_GIF) == 0))
    return FALSE;
  memset (made.made_from, 0xff, sizeof made.made_from);
  *self = made;
  self->gif = TRUE;
  mos_svm_set_gif (cpu, (flags & FLAG_GIF) != 0);
  if (active)
    resume (cpu);
  return TRUE;
}
