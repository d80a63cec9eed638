/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Segment descriptors: reading, checking, loading.
 *
 * Intel SDM volume 3, "Protected-Mode Memory Management" and "Protection"; the
 * order of checks is that of the "Operation" sections in volume 2.
 */
#include "engine/cpu/soft/segment.h"

#include "engine/cpu/soft/control.h"
#include "engine/cpu/soft/mmu.h"

void
mos_fault_selector (MosSoftCpu   *cpu,
                    const MosUop *op,
                    guint         vector,
                    guint16       selector)
{
  mos_fault_error (cpu, op, vector, (selector & 0xfffcu) | cpu->ext);
}

void
mos_descriptor_decode (MosDescriptor *d, guint16 selector)
{
  MosSegment *seg = &d->seg;
  guint32     limit = (d->low & 0xffff) | (d->high & 0xf0000);

  seg->selector = selector;
  seg->base =
      (d->low >> 16) | ((d->high & 0xff) << 16) | (d->high & 0xff000000);
  seg->g = (d->high >> 23) & 1;
  seg->limit = seg->g ? (limit << 12) | 0xfff : limit;
  seg->type = (d->high >> 8) & 0xf;
  seg->s = (d->high >> 12) & 1;
  seg->dpl = (d->high >> 13) & 3;
  seg->present = (d->high >> 15) & 1;
  seg->avl = (d->high >> 20) & 1;
  seg->l = (d->high >> 21) & 1;
  seg->db = (d->high >> 22) & 1;
  seg->unusable = 0;
}

gboolean
mos_descriptor_peek (MosSoftCpu    *cpu,
                     const MosUop  *op,
                     guint16        selector,
                     MosDescriptor *d)
{
  guint64 base = cpu->gdt.base;
  guint64 limit = cpu->gdt.limit;
  guint64 word;

  if ((selector & 4) != 0) {
    const MosSegment *ldt = &cpu->seg[MOS_SEG_LDTR];

    if (ldt->unusable || !ldt->present)
      return FALSE;
    base = ldt->base;
    limit = ldt->limit;
  }
  if ((selector | 7u) > limit)
    return FALSE;
  d->lin = base + (selector & 0xfff8);
  if (!mos_long_mode (cpu))
    d->lin = (guint32) d->lin;
  word = mos_load_system (cpu, op, d->lin, 8);
  d->low = (guint32) word;
  d->high = word >> 32;
  mos_descriptor_decode (d, selector);
  return TRUE;
}

void
mos_descriptor_read (MosSoftCpu    *cpu,
                     const MosUop  *op,
                     guint16        selector,
                     guint          vector,
                     MosDescriptor *d)
{
  if (!mos_descriptor_peek (cpu, op, selector, d))
    mos_fault_selector (cpu, op, vector, selector);
}

guint64
mos_descriptor_high (MosSoftCpu *cpu, const MosUop *op, const MosDescriptor *d)
{
  return mos_load_system (cpu, op, d->lin + 8, 4);
}

void
mos_descriptor_access (MosSoftCpu *cpu, const MosUop *op, MosDescriptor *d)
{
  if ((d->high & 0x100) != 0)
    return;
  d->high |= 0x100;
  d->seg.type |= MOS_DESC_ACCESSED;
  mos_store_system (cpu, op, d->lin + 5, (d->high >> 8) & 0xff, 1);
}

void
mos_gate_decode (const MosDescriptor *d, gboolean wide, MosGate *gate)
{
  gate->selector = (guint16) (d->low >> 16);
  gate->count = d->high & 0x1f;
  gate->offset = d->low & 0xffff;
  if (wide)
    gate->offset |= d->high & 0xffff0000;
}

void
mos_segment_real (MosSoftCpu *cpu, guint seg, guint16 selector)
{
  MosSegment *s = &cpu->seg[seg];
  gboolean    v86 = (cpu->rflags & MOS_RFLAGS_VM) != 0 && !mos_real_mode (cpu);

  s->selector = selector;
  s->base = (guint32) selector << 4;
  s->unusable = 0;
  /* Real mode keeps limit and rights ("unreal" mode); CS becomes writable. */
  if (v86) {
    s->limit = 0xffff;
    s->type = 3;
    s->s = 1;
    s->dpl = 3;
    s->present = 1;
    s->l = s->db = s->g = s->avl = 0;
  }
}

void
mos_segment_null (MosSoftCpu *cpu, guint seg, guint16 selector)
{
  MosSegment *s = &cpu->seg[seg];
  guint8      dpl = seg == MOS_SEG_SS ? selector & 3 : s->dpl;

  /* In 64-bit mode the base stays on AMD; Intel's clear it. */
  *s = (MosSegment){ .selector = selector, .unusable = 1, .dpl = dpl };
  if (seg == MOS_SEG_SS)
    s->db = 1;
}

static void
check_data (MosSoftCpu          *cpu,
            const MosUop        *op,
            guint16              selector,
            const MosDescriptor *d)
{
  const MosSegment *s = &d->seg;
  gboolean          code = (s->type & MOS_DESC_CODE) != 0;
  guint             rpl = selector & 3;

  if (!s->s || (code && (s->type & MOS_DESC_WRITABLE) == 0))
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  if ((!code || (s->type & MOS_DESC_CONFORMING) == 0) &&
      MAX (rpl, mos_cpl (cpu)) > s->dpl)
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  if (!s->present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, selector);
}

void
mos_segment_check_stack (MosSoftCpu    *cpu,
                         const MosUop  *op,
                         guint16        selector,
                         guint          cpl,
                         guint          vector,
                         MosDescriptor *d)
{
  if (mos_selector_is_null (selector))
    mos_fault_error (cpu, op, vector,
                     vector == MOS_EXC_TS ? (selector & 0xfffcu) | cpu->ext
                                          : cpu->ext);
  mos_descriptor_read (cpu, op, selector, vector, d);
  if ((selector & 3u) != cpl || d->seg.dpl != cpl || !d->seg.s ||
      (d->seg.type & (MOS_DESC_CODE | MOS_DESC_WRITABLE)) != MOS_DESC_WRITABLE)
    mos_fault_selector (cpu, op, vector, selector);
  if (!d->seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_SS, selector);
}

void
mos_segment_load (MosSoftCpu   *cpu,
                  const MosUop *op,
                  guint         seg,
                  guint16       selector)
{
  MosDescriptor d;

  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) != 0) {
    mos_segment_real (cpu, seg, selector);
    mos_mode_update (cpu);
    return;
  }
  if (seg == MOS_SEG_SS) {
    if (mos_selector_is_null (selector)) {
      if ((cpu->key & MOS_KEY_CS64) == 0 || mos_cpl (cpu) == 3 ||
          (selector & 3) != mos_cpl (cpu))
        mos_fault_gp (cpu, op);
      mos_segment_null (cpu, seg, selector);
      mos_mode_update (cpu);
      return;
    }
    mos_segment_check_stack (cpu, op, selector, mos_cpl (cpu), MOS_EXC_GP, &d);
  } else {
    if (mos_selector_is_null (selector)) {
      mos_segment_null (cpu, seg, selector);
      mos_mode_update (cpu);
      return;
    }
    mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, &d);
    check_data (cpu, op, selector, &d);
  }
  mos_descriptor_access (cpu, op, &d);
  cpu->seg[seg] = d.seg;
  mos_mode_update (cpu);
}

void
mos_segment_drop_data (MosSoftCpu *cpu, guint cpl)
{
  static const guint8 data[] = { MOS_SEG_ES, MOS_SEG_DS, MOS_SEG_FS,
                                 MOS_SEG_GS };

  for (guint i = 0; i < G_N_ELEMENTS (data); i++) {
    const MosSegment *s = &cpu->seg[data[i]];
    gboolean          conforming = (s->type & 0xc) == 0xc;

    /* FS and GS with a null selector may have a base that was written to them,
     * and be usable: hypervisors enter a guest's kernel that way. */
    if (data[i] >= MOS_SEG_FS && mos_selector_is_null (s->selector))
      continue;
    if (!s->unusable && s->dpl < cpl && !conforming)
      mos_segment_null (cpu, data[i], 0);
  }
}

void
mos_segment_load_ldt (MosSoftCpu   *cpu,
                      const MosUop *op,
                      guint16       selector,
                      guint         vector)
{
  MosDescriptor d;

  if (mos_selector_is_null (selector)) {
    cpu->seg[MOS_SEG_LDTR] =
        (MosSegment){ .selector = selector, .unusable = 1 };
    return;
  }
  if ((selector & 4) != 0)
    mos_fault_selector (cpu, op, vector, selector);
  mos_descriptor_read (cpu, op, selector, vector, &d);
  if (d.seg.s || d.seg.type != MOS_DESC_LDT)
    mos_fault_selector (cpu, op, vector, selector);
  if (!d.seg.present)
    mos_fault_selector (cpu, op, vector == MOS_EXC_TS ? MOS_EXC_TS : MOS_EXC_NP,
                        selector);
  if (mos_long_mode (cpu)) {
    d.seg.base |= mos_descriptor_high (cpu, op, &d) << 32;
    if (!mos_is_canonical (d.seg.base))
      mos_fault_selector (cpu, op, vector, selector);
  }
  cpu->seg[MOS_SEG_LDTR] = d.seg;
}

void
mos_segment_load_tr (MosSoftCpu *cpu, const MosUop *op, guint16 selector)
{
  MosDescriptor d;
  gboolean      lma = mos_long_mode (cpu);

  if (mos_selector_is_null (selector))
    mos_fault_gp (cpu, op);
  if ((selector & 4) != 0)
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  mos_descriptor_read (cpu, op, selector, MOS_EXC_GP, &d);
  if (d.seg.s ||
      (d.seg.type != MOS_DESC_TSS && (lma || d.seg.type != MOS_DESC_TSS16)))
    mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  if (!d.seg.present)
    mos_fault_selector (cpu, op, MOS_EXC_NP, selector);
  if (lma) {
    d.seg.base |= mos_descriptor_high (cpu, op, &d) << 32;
    if (!mos_is_canonical (d.seg.base))
      mos_fault_selector (cpu, op, MOS_EXC_GP, selector);
  }
  d.seg.type |= 2; /* busy */
  mos_store_system (cpu, op, d.lin + 5, ((d.high | 0x200) >> 8) & 0xff, 1);
  cpu->seg[MOS_SEG_TR] = d.seg;
}

void
mos_segment_set_code (MosSoftCpu *cpu, const MosDescriptor *d, guint cpl)
{
  cpu->seg[MOS_SEG_CS] = d->seg;
  cpu->seg[MOS_SEG_CS].selector = (guint16) ((d->seg.selector & 0xfffc) | cpl);
}

void
mos_tss_stack (MosSoftCpu   *cpu,
               const MosUop *op,
               guint         cpl,
               guint16      *ss,
               guint64      *sp)
{
  const MosSegment *tr = &cpu->seg[MOS_SEG_TR];
  gboolean          wide = (tr->type & 8) != 0;
  guint             offset = wide ? 4 + 8 * cpl : 2 + 4 * cpl;

  if (offset + (wide ? 5u : 3u) > tr->limit)
    mos_fault_selector (cpu, op, MOS_EXC_TS, tr->selector);
  *sp = mos_load_system (cpu, op, tr->base + offset, wide ? 4 : 2);
  *ss = (guint16) mos_load_system (cpu, op, tr->base + offset + (wide ? 4 : 2),
                                   2);
}

guint64
mos_tss_stack64 (MosSoftCpu *cpu, const MosUop *op, guint which)
{
  const MosSegment *tr = &cpu->seg[MOS_SEG_TR];
  guint   offset = which >= 8 ? 0x24 + 8 * (which - 9) : 4 + 8 * which;
  guint64 sp;

  if (offset + 7 > tr->limit)
    mos_fault_selector (cpu, op, MOS_EXC_TS, tr->selector);
  sp = mos_load_system (cpu, op, tr->base + offset, 8);
  if (!mos_is_canonical (sp))
    mos_fault_error (cpu, op, MOS_EXC_SS, cpu->ext);
  return sp;
}

/* mmu.h's addresses, with the segment's limits and rights. */

static G_GNUC_NORETURN void
limit_fault (MosSoftCpu *cpu, const MosUop *op, guint seg)
{
  mos_fault_error (cpu, op, seg == MOS_SEG_SS ? MOS_EXC_SS : MOS_EXC_GP, 0);
}

static void
check_limit (MosSoftCpu   *cpu,
             const MosUop *op,
             guint         seg,
             guint64       offset,
             guint         size,
             gboolean      write)
{
  const MosSegment *s = &cpu->seg[seg];
  guint64           last = offset + size - 1;
  gboolean          down = FALSE;

  if ((cpu->key & (MOS_KEY_REAL | MOS_KEY_V86)) == 0) {
    gboolean code = (s->type & MOS_DESC_CODE) != 0;

    if (s->unusable)
      limit_fault (cpu, op, seg);
    if (write ? code || (s->type & MOS_DESC_WRITABLE) == 0
              : code && (s->type & MOS_DESC_WRITABLE) == 0)
      limit_fault (cpu, op, seg);
    down = !code && (s->type & MOS_DESC_CONFORMING) != 0;
  }
  if (down) {
    guint64 top = s->db ? G_MAXUINT32 : G_MAXUINT16;

    if (offset <= s->limit || last > top)
      limit_fault (cpu, op, seg);
  } else if (last > s->limit) {
    limit_fault (cpu, op, seg);
  }
}

guint64
mos_linear (MosSoftCpu   *cpu,
            const MosUop *op,
            guint         seg,
            guint64       offset,
            guint         size,
            gboolean      write)
{
  guint64 lin = offset + cpu->seg_base[seg];

  if ((cpu->key & MOS_KEY_CS64) == 0) {
    check_limit (cpu, op, seg, offset, size, write);
    lin = (guint32) lin;
  }
  if ((cpu->key & MOS_KEY_ALIGN) != 0 && size > 1 && size <= 8 &&
      (lin & (size - 1)) != 0)
    mos_fault_error (cpu, op, MOS_EXC_AC, 0);
  return lin;
}

guint64
mos_ea_offset (MosSoftCpu *cpu, const MosUop *op)
{
  guint64 sum = *mos_r64 (cpu, op->base) +
                (*mos_r64 (cpu, op->index) << op->scale) +
                (guint64) (gint64) op->disp;

  return sum & (G_MAXUINT64 >> (64 - 8 * op->addr));
}

guint64
mos_ea_general (MosSoftCpu *cpu, const MosUop *op, guint size, gboolean write)
{
  return mos_linear (cpu, op, op->seg, mos_ea_offset (cpu, op), size, write);
}
