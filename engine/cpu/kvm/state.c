/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The architectural state between MosCpuState and KVM's structures.
 *
 * Setting follows an order the kernel needs: control registers before nested
 * state, XCR0 before the XSAVE area, the local APIC before its MSRs, what is
 * pending and whether it runs at last. On the vCPU's thread, or while it does
 * not run. Kernel documentation, "KVM_GET_REGS" to "KVM_SET_NESTED_STATE".
 */

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/bits.h"

#define XSTATE_BV_OFFSET 512

G_STATIC_ASSERT (sizeof (struct kvm_xsave) <= MOS_XSAVE_BYTES);

/* Our order of general registers in KVM's structure. */
static const gsize gpr_offsets[MOS_N_GPRS] = {
  [MOS_RAX] = G_STRUCT_OFFSET (struct kvm_regs, rax),
  [MOS_RCX] = G_STRUCT_OFFSET (struct kvm_regs, rcx),
  [MOS_RDX] = G_STRUCT_OFFSET (struct kvm_regs, rdx),
  [MOS_RBX] = G_STRUCT_OFFSET (struct kvm_regs, rbx),
  [MOS_RSP] = G_STRUCT_OFFSET (struct kvm_regs, rsp),
  [MOS_RBP] = G_STRUCT_OFFSET (struct kvm_regs, rbp),
  [MOS_RSI] = G_STRUCT_OFFSET (struct kvm_regs, rsi),
  [MOS_RDI] = G_STRUCT_OFFSET (struct kvm_regs, rdi),
  [MOS_R8] = G_STRUCT_OFFSET (struct kvm_regs, r8),
  [MOS_R9] = G_STRUCT_OFFSET (struct kvm_regs, r9),
  [MOS_R10] = G_STRUCT_OFFSET (struct kvm_regs, r10),
  [MOS_R11] = G_STRUCT_OFFSET (struct kvm_regs, r11),
  [MOS_R12] = G_STRUCT_OFFSET (struct kvm_regs, r12),
  [MOS_R13] = G_STRUCT_OFFSET (struct kvm_regs, r13),
  [MOS_R14] = G_STRUCT_OFFSET (struct kvm_regs, r14),
  [MOS_R15] = G_STRUCT_OFFSET (struct kvm_regs, r15),
};

/* The first members of struct kvm_sregs and kvm_sregs2 are the same. */
static const gsize seg_offsets[MOS_N_SEGS] = {
  [MOS_SEG_ES] = G_STRUCT_OFFSET (struct kvm_sregs, es),
  [MOS_SEG_CS] = G_STRUCT_OFFSET (struct kvm_sregs, cs),
  [MOS_SEG_SS] = G_STRUCT_OFFSET (struct kvm_sregs, ss),
  [MOS_SEG_DS] = G_STRUCT_OFFSET (struct kvm_sregs, ds),
  [MOS_SEG_FS] = G_STRUCT_OFFSET (struct kvm_sregs, fs),
  [MOS_SEG_GS] = G_STRUCT_OFFSET (struct kvm_sregs, gs),
  [MOS_SEG_LDTR] = G_STRUCT_OFFSET (struct kvm_sregs, ldt),
  [MOS_SEG_TR] = G_STRUCT_OFFSET (struct kvm_sregs, tr),
};

/* -- general registers --------------------------------------------------- */

static gboolean
get_regs (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_regs regs;

  if (!mos_kvm_call (vcpu->fd, KVM_GET_REGS, "KVM_GET_REGS", &regs, error))
    return FALSE;
  for (guint i = 0; i < MOS_N_GPRS; i++)
    memcpy (&state->gpr[i], (guint8 *) &regs + gpr_offsets[i],
            sizeof state->gpr[i]);
  state->rip = regs.rip;
  state->rflags = regs.rflags;
  return TRUE;
}

static gboolean
set_regs (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_regs regs = { .rip = state->rip, .rflags = state->rflags };

  for (guint i = 0; i < MOS_N_GPRS; i++)
    memcpy ((guint8 *) &regs + gpr_offsets[i], &state->gpr[i],
            sizeof state->gpr[i]);
  return mos_kvm_call (vcpu->fd, KVM_SET_REGS, "KVM_SET_REGS", &regs, error);
}

/* -- segments and control registers -------------------------------------- */

static MosSegment
segment_from (const struct kvm_segment *s)
{
  return (MosSegment){
    .base = s->base,
    .limit = s->limit,
    .selector = s->selector,
    .type = s->type & 15,
    .s = s->s != 0,
    .dpl = s->dpl & 3,
    .present = s->present != 0,
    .avl = s->avl != 0,
    .l = s->l != 0,
    .db = s->db != 0,
    .g = s->g != 0,
    .unusable = s->unusable != 0,
  };
}

static struct kvm_segment
segment_to (const MosSegment *s)
{
  return (struct kvm_segment){
    .base = s->base,
    .limit = s->limit,
    .selector = s->selector,
    .type = s->type,
    .s = s->s,
    .dpl = s->dpl,
    .present = s->present && !s->unusable,
    .avl = s->avl,
    .l = s->l,
    .db = s->db,
    .g = s->g,
    .unusable = s->unusable,
  };
}

static void
load_sregs (MosCpuState *state, const struct kvm_sregs *sregs)
{
  for (guint i = 0; i < MOS_N_SEGS; i++)
    state->seg[i] = segment_from (
        (const struct kvm_segment *) ((const guint8 *) sregs + seg_offsets[i]));
  state->gdt = (MosTableRegister){ sregs->gdt.base, sregs->gdt.limit };
  state->idt = (MosTableRegister){ sregs->idt.base, sregs->idt.limit };
  state->cr0 = sregs->cr0;
  state->cr2 = sregs->cr2;
  state->cr3 = sregs->cr3;
  state->cr4 = sregs->cr4;
  state->cr8 = sregs->cr8;
  state->efer = sregs->efer;
  state->apic_base = sregs->apic_base;
}

static void
store_sregs (const MosCpuState *state, struct kvm_sregs *sregs)
{
  *sregs = (struct kvm_sregs){
    .gdt = { .base = state->gdt.base, .limit = state->gdt.limit },
    .idt = { .base = state->idt.base, .limit = state->idt.limit },
    .cr0 = state->cr0,
    .cr2 = state->cr2,
    .cr3 = state->cr3,
    .cr4 = state->cr4,
    .cr8 = state->cr8,
    .efer = state->efer,
    .apic_base = state->apic_base,
  };
  for (guint i = 0; i < MOS_N_SEGS; i++) {
    struct kvm_segment segment = segment_to (&state->seg[i]);

    memcpy ((guint8 *) sregs + seg_offsets[i], &segment, sizeof segment);
  }
}

/* With SREGS2 the loaded page-directory pointers come along; without it the
 * kernel reads them from memory again. */
static gboolean
get_sregs (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_sregs  sregs;
  struct kvm_sregs2 sregs2;

  if (!mos_kvm_call (vcpu->fd, KVM_GET_SREGS, "KVM_GET_SREGS", &sregs, error))
    return FALSE;
  load_sregs (state, &sregs);
  state->pdptr_valid = FALSE;
  if (!mos_kvm_vcpu_machine (vcpu)->caps.sregs2)
    return TRUE;
  if (!mos_kvm_call (vcpu->fd, KVM_GET_SREGS2, "KVM_GET_SREGS2", &sregs2,
                     error))
    return FALSE;
  if ((sregs2.flags & KVM_SREGS2_FLAGS_PDPTRS_VALID) != 0) {
    state->pdptr_valid = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS (state->pdptr); i++)
      state->pdptr[i] = sregs2.pdptrs[i];
  }
  return TRUE;
}

static gboolean
set_sregs (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_sregs  sregs;
  struct kvm_sregs2 sregs2;

  store_sregs (state, &sregs);
  if (!state->pdptr_valid || !mos_kvm_vcpu_machine (vcpu)->caps.sregs2)
    return mos_kvm_call (vcpu->fd, KVM_SET_SREGS, "KVM_SET_SREGS", &sregs,
                         error);
  memset (&sregs2, 0, sizeof sregs2);
  memcpy (&sregs2, &sregs, G_STRUCT_OFFSET (struct kvm_sregs2, flags));
  sregs2.flags = KVM_SREGS2_FLAGS_PDPTRS_VALID;
  for (guint i = 0; i < G_N_ELEMENTS (state->pdptr); i++)
    sregs2.pdptrs[i] = state->pdptr[i];
  return mos_kvm_call (vcpu->fd, KVM_SET_SREGS2, "KVM_SET_SREGS2", &sregs2,
                       error);
}

/* -- floating point and vectors ------------------------------------------ */

static gboolean
get_xsave (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_xsave area;
  struct kvm_xcrs  xcrs;

  memset (&area, 0, sizeof area);
  memset (&xcrs, 0, sizeof xcrs);
  if (!mos_kvm_call (vcpu->fd, KVM_GET_XSAVE, "KVM_GET_XSAVE", &area, error) ||
      !mos_kvm_call (vcpu->fd, KVM_GET_XCRS, "KVM_GET_XCRS", &xcrs, error))
    return FALSE;
  state->xsave_bytes = mos_kvm_vcpu_machine (vcpu)->xsave_bytes;
  memset (state->xsave, 0, sizeof state->xsave);
  memcpy (state->xsave, area.region, state->xsave_bytes);
  state->xcr0 = MOS_XCR0_X87;
  for (guint i = 0; i < MIN (xcrs.nr_xcrs, KVM_MAX_XCRS); i++)
    if (xcrs.xcrs[i].xcr == 0)
      state->xcr0 = xcrs.xcrs[i].value;
  return TRUE;
}

static gboolean
set_xsave (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_xsave area;
  struct kvm_xcrs  xcrs = {
     .nr_xcrs = 1,
     .xcrs = { { .xcr = 0, .value = state->xcr0 } },
  };
  gsize size = MIN (state->xsave_bytes, sizeof area);

  memset (&area, 0, sizeof area);
  memcpy (area.region, state->xsave, size);
  /* A plain FXSAVE image has no header that says what is in it. */
  if (size <= XSTATE_BV_OFFSET)
    area.region[XSTATE_BV_OFFSET / sizeof area.region[0]] =
        MOS_XCR0_X87 | MOS_XCR0_SSE;
  /* Without XSAVE there is no XCR0 to be set. */
  if (mos_kvm_vcpu_machine (vcpu)->model.xcr0 != 0 &&
      !mos_kvm_call (vcpu->fd, KVM_SET_XCRS, "KVM_SET_XCRS", &xcrs, error))
    return FALSE;
  return mos_kvm_call (vcpu->fd, KVM_SET_XSAVE, "KVM_SET_XSAVE", &area, error);
}

/* -- debug registers ----------------------------------------------------- */

static gboolean
get_debug (MosKvmVcpu *vcpu, MosCpuState *state, GError **error)
{
  struct kvm_debugregs regs;

  if (!mos_kvm_call (vcpu->fd, KVM_GET_DEBUGREGS, "KVM_GET_DEBUGREGS", &regs,
                     error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (state->dr); i++)
    state->dr[i] = regs.db[i];
  state->dr6 = regs.dr6;
  state->dr7 = regs.dr7;
  return TRUE;
}

static gboolean
set_debug (MosKvmVcpu *vcpu, const MosCpuState *state, GError **error)
{
  struct kvm_debugregs regs = { .dr6 = state->dr6, .dr7 = state->dr7 };

  for (guint i = 0; i < G_N_ELEMENTS (state->dr); i++)
    regs.db[i] = state->dr[i];
  return mos_kvm_call (vcpu->fd, KVM_SET_DEBUGREGS, "KVM_SET_DEBUGREGS", &regs,
                       error);
}

/* -- all of it ----------------------------------------------------------- */

gboolean
mos_kvm_get_state (MosVcpu *base, MosCpuState *state, GError **error)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) base;

  /* Whether it runs comes first: asking makes the kernel accept an INIT. */
  return mos_kvm_events_get (vcpu, state, error) &&
         get_regs (vcpu, state, error) && get_sregs (vcpu, state, error) &&
         get_xsave (vcpu, state, error) && get_debug (vcpu, state, error) &&
         mos_kvm_lapic_get (vcpu, state, error) &&
         mos_kvm_msrs_get (vcpu, state, error) &&
         mos_kvm_nested_get (vcpu, &state->nested, error);
}

gboolean
mos_kvm_set_state (MosVcpu *base, const MosCpuState *state, GError **error)
{
  MosKvmVcpu *vcpu = (MosKvmVcpu *) base;

  vcpu->shutdown = state->mp_state == MOS_MP_SHUTDOWN;
  mos_kvm_msrs_set_first (vcpu, state);
  return set_sregs (vcpu, state, error) &&
         mos_kvm_nested_set (vcpu, state->nested, error) &&
         set_regs (vcpu, state, error) && set_xsave (vcpu, state, error) &&
         mos_kvm_lapic_set (vcpu, state, error) &&
         mos_kvm_msrs_set (vcpu, state, error) &&
         set_debug (vcpu, state, error) &&
         mos_kvm_events_set (vcpu, state, error);
}
