/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What Linux KVM tells of nested guests, from bytes made as its documentation
 * has them: no host that nests is needed. The structures are the kernel's own
 * (<asm/kvm.h>); the VMCS is written by the kernel's offsets.
 */
#include <asm/kvm.h>
#include <string.h>

#include "engine/cpu/x86/kvm-nested.h"
#include "engine/cpu/x86/vmx.h"

typedef union {
  struct kvm_nested_state state;
  guint8                  bytes[MOS_KVM_NESTED_MAX_BYTES];
} Raw;

static void
put (guint8 *to, guint offset, guint64 value, guint bytes)
{
  memcpy (to + offset, &value, bytes);
}

static void
make_svm (Raw *raw)
{
  guint8 *vmcb = raw->bytes + sizeof raw->state;

  memset (raw, 0, sizeof *raw);
  raw->state.flags = KVM_STATE_NESTED_GUEST_MODE | KVM_STATE_NESTED_GIF_SET;
  raw->state.format = KVM_STATE_NESTED_FORMAT_SVM;
  raw->state.size = sizeof raw->state + KVM_STATE_NESTED_SVM_VMCB_SIZE;
  raw->state.hdr.svm.vmcb_pa = 0x12345000;
  put (vmcb, MOS_VMCB_ASID, 7, 4);
  put (vmcb, MOS_VMCB_NESTED, 1, 8);
  put (vmcb, MOS_VMCB_NCR3, 0x777000, 8);
  put (vmcb, MOS_VMCB_RIP, 0x4242, 8);
}

static void
make_vmx (Raw *raw)
{
  guint8 *vmcs = raw->bytes + sizeof raw->state;

  memset (raw, 0, sizeof *raw);
  raw->state.flags = KVM_STATE_NESTED_GUEST_MODE;
  raw->state.format = KVM_STATE_NESTED_FORMAT_VMX;
  raw->state.size = sizeof raw->state + KVM_STATE_NESTED_VMX_VMCS_SIZE;
  raw->state.hdr.vmx.vmxon_pa = 0x9000;
  raw->state.hdr.vmx.vmcs12_pa = 0xa000;
  put (vmcs, 0, 0x11e57ed0, 4);
  put (vmcs, 8, 1, 4);
  put (vmcs, 748, 0x80000000, 4); /* secondary controls are on */
  put (vmcs, 804, 0x22, 4);       /* EPT, VPID */
  put (vmcs, 120, 0x55501e, 8);   /* EPTP: write-back, four levels */
  put (vmcs, 960, 3, 2);          /* VPID */
}

static void
test_svm (void)
{
  Raw             *raw = g_new (Raw, 1);
  MosKvmNested    *parsed = g_new (MosKvmNested, 1);
  MosNestedEntry   entry;
  g_autofree char *text = NULL;

  make_svm (raw);
  g_assert_true (mos_kvm_nested_parse (parsed, raw, raw->state.size));
  g_assert_cmpint (parsed->vendor, ==, MOS_VENDOR_AMD);
  g_assert_true (parsed->guest_mode && parsed->gif && !parsed->run_pending);
  g_assert_true (mos_kvm_nested_entry (parsed, 0x1234, 0x5000, &entry));
  g_assert_cmphex (entry.block, ==, 0x12345000);
  g_assert_cmphex (entry.root, ==, 0x777000);
  g_assert_true (entry.nested_paging);
  g_assert_cmpuint (entry.space, ==, 7);
  g_assert_cmphex (entry.rip, ==, 0x1234);
  g_assert_cmphex (entry.cr3, ==, 0x5000);
  text = mos_kvm_nested_describe (parsed);
  g_assert_nonnull (strstr (text, "guest mode, VMCB at 0x12345000"));
  g_assert_nonnull (strstr (text, "= 0x777000"));
  /* The state-save area holds the host's registers then. */
  g_assert_null (strstr (text, "0x4242"));

  raw->state.flags = KVM_STATE_NESTED_GIF_SET;
  raw->state.size = sizeof raw->state;
  g_assert_true (mos_kvm_nested_parse (parsed, raw, raw->state.size));
  g_assert_false (mos_kvm_nested_entry (parsed, 1, 2, &entry));
  g_free (parsed);
  g_free (raw);
}

static void
test_vmx (void)
{
  Raw             *raw = g_new (Raw, 1);
  MosKvmNested    *parsed = g_new (MosKvmNested, 1);
  MosNestedEntry   entry;
  g_autofree char *text = NULL;

  make_vmx (raw);
  g_assert_true (mos_kvm_nested_parse (parsed, raw, raw->state.size));
  g_assert_cmpint (parsed->vendor, ==, MOS_VENDOR_INTEL);
  g_assert_cmphex (parsed->vmxon, ==, 0x9000);
  g_assert_cmpuint (parsed->control.vmcs.launched, ==, 1);
  g_assert_true (mos_kvm_nested_entry (parsed, 0x1234, 0x5000, &entry));
  g_assert_cmphex (entry.block, ==, 0xa000);
  g_assert_cmphex (entry.root, ==, 0x555000);
  g_assert_true (entry.nested_paging);
  g_assert_cmpuint (entry.space, ==, 3);
  text = mos_kvm_nested_describe (parsed);
  g_assert_nonnull (strstr (text, "guest mode, VMCS at 0xa000"));
  g_assert_nonnull (strstr (text, mos_vmcs_fields[MOS_VMCS_EPTP].name));

  /* Without EPT the root means nothing. */
  put (raw->bytes, sizeof raw->state + 748, 0, 4);
  g_assert_true (mos_kvm_nested_parse (parsed, raw, raw->state.size));
  g_assert_true (mos_kvm_nested_entry (parsed, 1, 2, &entry));
  g_assert_false (entry.nested_paging);
  g_assert_cmphex (entry.root, ==, 0);
  g_assert_cmpuint (entry.space, ==, 0);
  g_free (parsed);
  g_free (raw);
}

/* A few fields of each width where the kernel has them: the encoding that
 * VMREAD takes, and the offset. */
static void
test_layout (void)
{
  static const struct {
    guint32 encoding;
    guint16 offset;
    guint8  bytes;
  } rows[] = {
    { 0x0000, 960, 2 }, { 0x0002, 962, 2 }, { 0x0800, 964, 2 },
    { 0x080e, 978, 2 }, { 0x0810, 980, 2 }, { 0x0812, 996, 2 },
    { 0x0c00, 982, 2 }, { 0x0c0c, 994, 2 }, { 0x2000, 40, 8 },
    { 0x2002, 48, 8 },  { 0x2004, 56, 8 },  { 0x2006, 64, 8 },
    { 0x2008, 72, 8 },  { 0x200a, 80, 8 },  { 0x200e, 312, 8 },
    { 0x2010, 88, 8 },  { 0x2012, 96, 8 },  { 0x2014, 104, 8 },
    { 0x2016, 112, 8 }, { 0x2018, 296, 8 }, { 0x201a, 120, 8 },
    { 0x201c, 128, 8 }, { 0x2022, 152, 8 }, { 0x2024, 304, 8 },
    { 0x2026, 280, 8 }, { 0x2028, 288, 8 }, { 0x202c, 160, 8 },
    { 0x202e, 320, 8 }, { 0x2032, 328, 8 }, { 0x2400, 168, 8 },
    { 0x2800, 176, 8 }, { 0x2802, 184, 8 }, { 0x2804, 192, 8 },
    { 0x2806, 200, 8 }, { 0x2808, 208, 8 }, { 0x280a, 216, 8 },
    { 0x2810, 240, 8 }, { 0x2812, 248, 8 }, { 0x2c00, 256, 8 },
    { 0x2c04, 272, 8 }, { 0x4000, 744, 4 }, { 0x4002, 748, 4 },
    { 0x4004, 752, 4 }, { 0x400a, 764, 4 }, { 0x400c, 768, 4 },
    { 0x4012, 780, 4 }, { 0x4016, 788, 4 }, { 0x401a, 796, 4 },
    { 0x401c, 800, 4 }, { 0x401e, 804, 4 }, { 0x4400, 808, 4 },
    { 0x4402, 812, 4 }, { 0x4404, 816, 4 }, { 0x4408, 824, 4 },
    { 0x440c, 832, 4 }, { 0x440e, 836, 4 }, { 0x4800, 840, 4 },
    { 0x4810, 872, 4 }, { 0x4814, 880, 4 }, { 0x4822, 908, 4 },
    { 0x4824, 912, 4 }, { 0x4826, 916, 4 }, { 0x482a, 920, 4 },
    { 0x482e, 928, 4 }, { 0x4c00, 924, 4 }, { 0x6000, 344, 8 },
    { 0x6002, 352, 8 }, { 0x6004, 360, 8 }, { 0x6006, 368, 8 },
    { 0x6400, 408, 8 }, { 0x640a, 416, 8 }, { 0x6800, 424, 8 },
    { 0x6802, 432, 8 }, { 0x6804, 440, 8 }, { 0x6806, 448, 8 },
    { 0x6814, 504, 8 }, { 0x6816, 512, 8 }, { 0x681a, 528, 8 },
    { 0x681c, 536, 8 }, { 0x681e, 544, 8 }, { 0x6820, 552, 8 },
    { 0x6822, 560, 8 }, { 0x6826, 576, 8 }, { 0x6c00, 584, 8 },
    { 0x6c06, 608, 8 }, { 0x6c10, 648, 8 }, { 0x6c14, 664, 8 },
    { 0x6c16, 672, 8 },
  };
  guint8  *region = g_malloc0 (4096);
  MosVmcs *vmcs = g_new (MosVmcs, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    int     field = mos_vmcs_find (rows[i].encoding);
    guint64 value = G_GUINT64_CONSTANT (0x8877665544332211) * (i + 1);
    guint64 cut =
        rows[i].bytes == 8 ? value : value & ((1ull << 8 * rows[i].bytes) - 1);

    g_assert_cmpint (field, >=, 0);
    memset (region, 0, 4096);
    put (region, 0, 0x11e57ed0, 4);
    put (region, rows[i].offset, value, rows[i].bytes);
    g_assert_true (mos_kvm_vmcs_load (vmcs, region));
    for (guint n = 0; n < MOS_VMCS_SLOTS; n++)
      g_assert_cmphex (vmcs->field[n], ==, (int) n == field ? cut : 0);
  }
  put (region, 0, 0x11e57ed1, 4);
  g_assert_false (mos_kvm_vmcs_load (vmcs, region));
  g_free (vmcs);
  g_free (region);
}

/* What is no nested state is refused, in whatever way it is none. */
static void
test_refused (void)
{
  Raw          *raw = g_new (Raw, 1);
  MosKvmNested *parsed = g_new (MosKvmNested, 1);

  make_vmx (raw);
  g_assert_false (mos_kvm_nested_parse (parsed, raw, 127));
  g_assert_false (mos_kvm_nested_parse (parsed, raw, 4096));
  raw->state.size = sizeof raw->state;
  g_assert_false (mos_kvm_nested_parse (parsed, raw, sizeof *raw));
  make_vmx (raw);
  raw->state.hdr.vmx.vmcs12_pa = G_MAXUINT64;
  g_assert_false (mos_kvm_nested_parse (parsed, raw, sizeof *raw));
  make_vmx (raw);
  raw->bytes[sizeof raw->state] ^= 1; /* another layout */
  g_assert_false (mos_kvm_nested_parse (parsed, raw, sizeof *raw));
  make_svm (raw);
  raw->state.size--;
  g_assert_false (mos_kvm_nested_parse (parsed, raw, sizeof *raw));
  make_svm (raw);
  raw->state.format = 2;
  g_assert_false (mos_kvm_nested_parse (parsed, raw, sizeof *raw));
  g_free (parsed);
  g_free (raw);
}

static void
test_none (void)
{
  static const MosCpuVendor vendors[] = { MOS_VENDOR_AMD, MOS_VENDOR_INTEL };
  Raw                      *raw = g_new (Raw, 1);
  MosKvmNested             *parsed = g_new (MosKvmNested, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (vendors); i++) {
    memset (raw, 0xff, sizeof *raw);
    g_assert_cmpuint (mos_kvm_nested_write_none (vendors[i], raw), ==,
                      sizeof raw->state);
    g_assert_true (mos_kvm_nested_parse (parsed, raw, raw->state.size));
    g_assert_cmpint (parsed->vendor, ==, vendors[i]);
    g_assert_true (parsed->gif && !parsed->guest_mode);
    g_assert_cmphex (parsed->vmxon, ==, MOS_KVM_NESTED_NO_BLOCK);
    g_assert_cmphex (parsed->block, ==, MOS_KVM_NESTED_NO_BLOCK);
  }
  g_free (parsed);
  g_free (raw);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/kvm-nested/svm", test_svm);
  g_test_add_func ("/kvm-nested/vmx", test_vmx);
  g_test_add_func ("/kvm-nested/layout", test_layout);
  g_test_add_func ("/kvm-nested/refused", test_refused);
  g_test_add_func ("/kvm-nested/none", test_none);

  return g_test_run ();
}
