/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The layout of the kernel's VMCS is a table of runs: fields that are
 * neighbours here are neighbours there, each as wide as its encoding says.
 */
#include "engine/cpu/x86/kvm-nested.h"

#include <string.h>

#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/vmx.h"

/* struct kvm_nested_state (kernel documentation, "KVM_GET_NESTED_STATE"). */
enum {
  AT_FLAGS = 0,      /* 16 bits */
  AT_FORMAT = 2,     /* 16 bits */
  AT_SIZE = 4,       /* 32 bits */
  AT_VMXON = 8,      /* VMX */
  AT_VMCS = 16,      /* VMX */
  AT_VMCB = 8,       /* SVM */
  AT_DATA = 128,     /* the control block */
  BLOCK_BYTES = 4096 /* and its size, both kinds */
};

enum {
  FORMAT_VMX = 0,
  FORMAT_SVM = 1,
  FLAG_GUEST_MODE = 1 << 0,
  FLAG_RUN_PENDING = 1 << 1,
  FLAG_GIF = 1 << 8
};

/* -- the kernel's VMCS --------------------------------------------------- */

#define VMCS12_REVISION 0x11e57ed0u
#define VMCS12_ABORT    4
#define VMCS12_LAUNCHED 8

typedef struct {
  MosVmcsField first;
  guint8       count;
  guint16      offset; /* of the first */
} Run;

static const Run runs[] = {
  { MOS_VMCS_IO_BITMAP_A, 6, 40 },
  { MOS_VMCS_TSC_OFFSET, 4, 88 },
  { MOS_VMCS_EPTP, 5, 120 },
  { MOS_VMCS_XSS_EXITING, 1, 160 },
  { MOS_VMCS_GUEST_PHYSICAL, 1, 168 },
  { MOS_VMCS_LINK_POINTER, 10, 176 },
  { MOS_VMCS_HOST_PAT, 3, 256 },
  { MOS_VMCS_VMREAD_BITMAP, 2, 280 },
  { MOS_VMCS_VMFUNC_CONTROLS, 1, 296 },
  { MOS_VMCS_EPTP_LIST, 1, 304 },
  { MOS_VMCS_PML_ADDRESS, 1, 312 },
  { MOS_VMCS_ENCLS_EXITING, 1, 320 },
  { MOS_VMCS_TSC_MULTIPLIER, 1, 328 },
  { MOS_VMCS_CR0_MASK, 4, 344 },
  { MOS_VMCS_QUALIFICATION, 1, 408 },
  { MOS_VMCS_GUEST_LINEAR, 1, 416 },
  { MOS_VMCS_GUEST_CR0, 20, 424 },
  { MOS_VMCS_HOST_CR0, 12, 584 },
  { MOS_VMCS_PIN_CONTROLS, 16, 744 },
  { MOS_VMCS_INSTRUCTION_ERROR, 8, 808 },
  { MOS_VMCS_GUEST_ES_LIMIT, 20, 840 },
  { MOS_VMCS_GUEST_SYSENTER_CS, 1, 920 },
  { MOS_VMCS_HOST_SYSENTER_CS, 1, 924 },
  { MOS_VMCS_PREEMPTION_TIMER, 1, 928 },
  { MOS_VMCS_VPID, 2, 960 },
  { MOS_VMCS_GUEST_ES_SELECTOR, 9, 964 },
  { MOS_VMCS_HOST_ES_SELECTOR, 7, 982 },
  { MOS_VMCS_PML_INDEX, 1, 996 },
};

static guint
bytes_of (MosVmcsField field)
{
  switch (mos_vmcs_width (field)) {
  case MOS_VMCS_WIDTH_16:
    return 2;
  case MOS_VMCS_WIDTH_32:
    return 4;
  case MOS_VMCS_WIDTH_64:
  case MOS_VMCS_WIDTH_NATURAL:
  default:
    return 8;
  }
}

gboolean
mos_kvm_vmcs_load (MosVmcs *self, gconstpointer vmcs12)
{
  const guint8 *from = vmcs12;

  memset (self, 0, sizeof *self);
  if (mos_vmcb_get32 (from, 0) != VMCS12_REVISION)
    return FALSE;
  self->revision = MOS_VMCS_REVISION;
  self->abort = mos_vmcb_get32 (from, VMCS12_ABORT);
  self->launched = mos_vmcb_get32 (from, VMCS12_LAUNCHED);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++) {
    guint bytes = bytes_of (runs[i].first);

    for (guint n = 0; n < runs[i].count; n++)
      memcpy (&self->field[runs[i].first + n],
              from + runs[i].offset + n * bytes, bytes);
  }
  return TRUE;
}

/* -- the state ----------------------------------------------------------- */

static gboolean
parse_vmx (MosKvmNested *self, const guint8 *data, gsize size)
{
  self->vmxon = mos_vmcb_get64 (data, AT_VMXON);
  self->block = mos_vmcb_get64 (data, AT_VMCS);
  if (size >= AT_DATA + BLOCK_BYTES)
    self->has_control = mos_kvm_vmcs_load (&self->control.vmcs, data + AT_DATA);
  return !self->guest_mode ||
         (self->has_control && self->block != MOS_KVM_NESTED_NO_BLOCK &&
          self->vmxon != MOS_KVM_NESTED_NO_BLOCK);
}

static gboolean
parse_svm (MosKvmNested *self, const guint8 *data, gsize size)
{
  self->vmxon = MOS_KVM_NESTED_NO_BLOCK;
  self->block = MOS_KVM_NESTED_NO_BLOCK;
  if (!self->guest_mode)
    return TRUE;
  if (size < AT_DATA + BLOCK_BYTES)
    return FALSE;
  self->block = mos_vmcb_get64 (data, AT_VMCB);
  memcpy (self->control.vmcb, data + AT_DATA, sizeof self->control.vmcb);
  self->has_control = TRUE;
  return TRUE;
}

gboolean
mos_kvm_nested_parse (MosKvmNested *self, gconstpointer data, gsize size)
{
  const guint8 *from = data;
  guint         flags, format;

  memset (self, 0, sizeof *self);
  if (size < MOS_KVM_NESTED_HEAD_BYTES)
    return FALSE;
  if (mos_vmcb_get32 (from, AT_SIZE) < MOS_KVM_NESTED_HEAD_BYTES ||
      mos_vmcb_get32 (from, AT_SIZE) > size)
    return FALSE;
  size = mos_vmcb_get32 (from, AT_SIZE);
  flags = mos_vmcb_get16 (from, AT_FLAGS);
  format = mos_vmcb_get16 (from, AT_FORMAT);
  self->guest_mode = (flags & FLAG_GUEST_MODE) != 0;
  self->run_pending = (flags & FLAG_RUN_PENDING) != 0;
  self->gif = format == FORMAT_VMX || (flags & FLAG_GIF) != 0;
  self->vendor = format == FORMAT_VMX ? MOS_VENDOR_INTEL : MOS_VENDOR_AMD;
  if (format == FORMAT_VMX)
    return parse_vmx (self, from, size);
  return format == FORMAT_SVM && parse_svm (self, from, size);
}

gsize
mos_kvm_nested_write_none (MosCpuVendor vendor, gpointer data)
{
  guint8 *to = data;
  guint16 format = vendor == MOS_VENDOR_AMD ? FORMAT_SVM : FORMAT_VMX;
  guint16 flags = vendor == MOS_VENDOR_AMD ? FLAG_GIF : 0;
  guint32 size = MOS_KVM_NESTED_HEAD_BYTES;

  memset (to, 0, size);
  memcpy (to + AT_FLAGS, &flags, sizeof flags);
  memcpy (to + AT_FORMAT, &format, sizeof format);
  memcpy (to + AT_SIZE, &size, sizeof size);
  if (vendor == MOS_VENDOR_INTEL) {
    mos_vmcb_put64 (to, AT_VMXON, MOS_KVM_NESTED_NO_BLOCK);
    mos_vmcb_put64 (to, AT_VMCS, MOS_KVM_NESTED_NO_BLOCK);
  }
  return size;
}

/* -- what it means ------------------------------------------------------- */

static void
entry_of_vmcs (const MosVmcs *vmcs, MosNestedEntry *entry)
{
  entry->nested_paging = mos_vmcs_on (vmcs, MOS_VMX_EPT);
  if (entry->nested_paging)
    entry->root = vmcs->field[MOS_VMCS_EPTP] & MOS_PTE_FRAME_MASK;
  if (mos_vmcs_on (vmcs, MOS_VMX_VPID))
    entry->space = (guint32) vmcs->field[MOS_VMCS_VPID];
}

static void
entry_of_vmcb (const guint8 *vmcb, MosNestedEntry *entry)
{
  entry->nested_paging = vmcb[MOS_VMCB_NESTED] & 1;
  entry->root = entry->nested_paging ? mos_vmcb_get64 (vmcb, MOS_VMCB_NCR3) : 0;
  entry->space = mos_vmcb_get32 (vmcb, MOS_VMCB_ASID);
}

gboolean
mos_kvm_nested_entry (const MosKvmNested *self,
                      guint64             rip,
                      guint64             cr3,
                      MosNestedEntry     *entry)
{
  *entry = (MosNestedEntry){
    .vendor = self->vendor, .block = self->block, .rip = rip, .cr3 = cr3
  };
  if (!self->guest_mode || !self->has_control)
    return FALSE;
  if (self->vendor == MOS_VENDOR_INTEL)
    entry_of_vmcs (&self->control.vmcs, entry);
  else
    entry_of_vmcb (self->control.vmcb, entry);
  return TRUE;
}

char *
mos_kvm_nested_describe (const MosKvmNested *self)
{
  GString         *out = g_string_new (NULL);
  g_autofree char *fields = NULL;

  g_string_append_printf (out, "%s, %s at 0x%" G_GINT64_MODIFIER "x%s\n",
                          self->guest_mode ? "guest mode" : "hypervisor",
                          self->vendor == MOS_VENDOR_AMD ? "VMCB" : "VMCS",
                          self->block,
                          self->run_pending ? ", entry pending" : "");
  if (!self->has_control)
    return g_string_free (out, FALSE);
  if (self->vendor == MOS_VENDOR_INTEL) {
    fields = mos_vmcs_describe (&self->control.vmcs);
    g_string_append (out, fields);
    return g_string_free (out, FALSE);
  }
  for (const MosVmcbField *f = mos_vmcb_fields; f->name != NULL; f++) {
    guint64 value = mos_vmcb_field_get (self->control.vmcb, f);

    if (value == 0 ||
        (f->offset >= MOS_VMCB_CONTROL_BYTES && !self->run_pending))
      continue;
    g_string_append_printf (out, "%s = 0x%" G_GINT64_MODIFIER "x\n", f->name,
                            value);
  }
  return g_string_free (out, FALSE);
}
