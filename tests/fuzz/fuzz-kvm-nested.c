/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as the nested state of a saved machine on KVM: refused, or decoded
 * without reading past their end.
 */

#include "engine/cpu/x86/kvm-nested.h"
#include "tests/fuzz/fuzz.h"

static void
parse (const uint8_t *data, size_t size)
{
  g_autofree MosKvmNested *parsed = g_new (MosKvmNested, 1);
  g_autofree guint8       *copy = g_memdup2 (data, size);
  g_autofree char         *text = NULL;
  MosNestedEntry           entry;

  if (!mos_kvm_nested_parse (parsed, copy, size))
    return;
  text = mos_kvm_nested_describe (parsed);
  g_assert_nonnull (text);
  if (mos_kvm_nested_entry (parsed, 1, 2, &entry))
    g_assert_true (parsed->guest_mode);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  guint8 good[MOS_KVM_NESTED_MAX_BYTES] = { 0 };

  parse (data, size);
  /* And as changes to a good one, which gets behind the outer form. */
  mos_kvm_nested_write_none (size % 2 != 0 ? MOS_VENDOR_AMD : MOS_VENDOR_INTEL,
                             good);
  good[5] = 0x10; /* with a control block */
  memcpy (good + 128, "\xd0\x7e\xe5\x11", 4);
  for (size_t i = 0; i + 3 <= size; i += 3)
    good[(data[i] | data[i + 1] << 8) % sizeof good] = data[i + 2];
  parse (good, sizeof good);
  return 0;
}
