/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * VT-x on the software CPU: entries and exits of small guests.
 */
#include <string.h>

#include "engine/cpu/soft/run.h"
#include "engine/cpu/soft/vmx-private.h"
#include "engine/cpu/x86/bits.h"
#include "tests/cpu/vmx-world.h"

/* One guest, one exit. @code's first instruction leaves unless @at says. */
typedef struct {
  const char   *name;
  const char   *code;
  guint         size;
  MosVmxControl control; /* MOS_VMX_ALWAYS: none needed */
  guint32       reason;
  guint64       qualification;
  guint         at;     /* where RIP stands, from the code's start */
  guint         length; /* of the instruction; 0: not told */
} Exit;

#define CODE(s) s, sizeof s - 1

/* clang-format off */
static const Exit exits[] = {
  { "cpuid", CODE ("\x0f\xa2"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_CPUID, 0, 0, 2 },
  { "hlt", CODE ("\x90\xf4"), MOS_VMX_HLT, MOS_VMX_EXIT_HLT, 0, 1, 1 },
  { "invd", CODE ("\x0f\x08"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_INVD, 0, 0, 2 },
  { "wbinvd", CODE ("\x0f\x09"), MOS_VMX_WBINVD, MOS_VMX_EXIT_WBINVD, 0, 0, 2 },
  { "xsetbv", CODE ("\x0f\x01\xd1"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_XSETBV, 0, 0, 3 },
  { "vmcall", CODE ("\x0f\x01\xc1"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMCALL, 0, 0, 3 },
  { "vmlaunch", CODE ("\x0f\x01\xc2"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMLAUNCH, 0, 0, 3 },
  { "vmresume", CODE ("\x0f\x01\xc3"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMRESUME, 0, 0, 3 },
  { "vmxoff", CODE ("\x0f\x01\xc4"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMXOFF, 0, 0, 3 },
  { "vmptrld", CODE ("\x0f\xc7\x74\x24\x08"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMPTRLD, 8, 0, 5 },
  { "vmptrst", CODE ("\x0f\xc7\x7c\x24\xf8"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMPTRST, -8ull, 0, 5 },
  { "vmclear", CODE ("\x66\x0f\xc7\x34\x24"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMCLEAR, 0, 0, 5 },
  { "vmxon", CODE ("\xf3\x0f\xc7\x34\x24"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMXON, 0, 0, 5 },
  { "vmread", CODE ("\x0f\x78\xc3"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMREAD, 0, 0, 3 },
  { "vmwrite", CODE ("\x0f\x79\xc3"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_VMWRITE, 0, 0, 3 },
  { "invept", CODE ("\x66\x0f\x38\x80\x44\x24\x10"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_INVEPT, 0x10, 0, 7 },
  { "invvpid", CODE ("\x66\x0f\x38\x81\x44\x24\x10"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_INVVPID, 0x10, 0, 7 },
  { "invlpg", CODE ("\x0f\x01\x7c\x24\x10"), MOS_VMX_INVLPG, MOS_VMX_EXIT_INVLPG, VMX_GUEST_STACK + 0x10, 0, 5 },
  { "rdtsc", CODE ("\x0f\x31"), MOS_VMX_RDTSC, MOS_VMX_EXIT_RDTSC, 0, 0, 2 },
  { "rdpmc", CODE ("\x0f\x33"), MOS_VMX_RDPMC, MOS_VMX_EXIT_RDPMC, 0, 0, 2 },
  { "pause", CODE ("\xf3\x90"), MOS_VMX_PAUSE, MOS_VMX_EXIT_PAUSE, 0, 0, 2 },
  { "cr3-load", CODE ("\x0f\x22\xd8"), MOS_VMX_CR3_LOAD, MOS_VMX_EXIT_CR_ACCESS, 3, 0, 3 },
  { "cr3-store", CODE ("\x0f\x20\xdb"), MOS_VMX_CR3_STORE, MOS_VMX_EXIT_CR_ACCESS, 0x313, 0, 3 },
  { "cr8-load", CODE ("\x44\x0f\x22\xc1"), MOS_VMX_CR8_LOAD, MOS_VMX_EXIT_CR_ACCESS, 0x108, 0, 4 },
  { "cr8-store", CODE ("\x44\x0f\x20\xc2"), MOS_VMX_CR8_STORE, MOS_VMX_EXIT_CR_ACCESS, 0x218, 0, 4 },
  { "dr-store", CODE ("\x0f\x21\xf0"), MOS_VMX_MOV_DR, MOS_VMX_EXIT_DR_ACCESS, 0x16, 0, 3 },
  { "dr-load", CODE ("\x0f\x23\xf9"), MOS_VMX_MOV_DR, MOS_VMX_EXIT_DR_ACCESS, 0x107, 0, 3 },
  { "out imm", CODE ("\xe6\x80"), MOS_VMX_UNCONDITIONAL_IO, MOS_VMX_EXIT_IO, 0x800040, 0, 2 },
  { "in dx", CODE ("\x66\xba\x34\x12\xed"), MOS_VMX_UNCONDITIONAL_IO, MOS_VMX_EXIT_IO, 0x1234000b, 4, 1 },
  { "insb", CODE ("\x66\xba\x34\x12\x6c"), MOS_VMX_UNCONDITIONAL_IO, MOS_VMX_EXIT_IO, 0x12340018, 4, 1 },
  { "rep outsb", CODE ("\x66\xba\x34\x12\xb1\x01\xf3\x6e"), MOS_VMX_UNCONDITIONAL_IO, MOS_VMX_EXIT_IO, 0x12340030, 6, 2 },
  { "sgdt", CODE ("\x0f\x01\x44\x24\x20"), MOS_VMX_DESCRIPTOR, MOS_VMX_EXIT_GDTR_IDTR, 0x20, 0, 5 },
  { "lidt", CODE ("\x0f\x01\x5c\x24\x20"), MOS_VMX_DESCRIPTOR, MOS_VMX_EXIT_GDTR_IDTR, 0x20, 0, 5 },
  { "sldt", CODE ("\x0f\x00\xc0"), MOS_VMX_DESCRIPTOR, MOS_VMX_EXIT_LDTR_TR, 0, 0, 3 },
  { "ltr", CODE ("\x0f\x00\xd8"), MOS_VMX_DESCRIPTOR, MOS_VMX_EXIT_LDTR_TR, 0, 0, 3 },
  { "rdrand", CODE ("\x0f\xc7\xf2"), MOS_VMX_RDRAND, MOS_VMX_EXIT_RDRAND, 0, 0, 3 },
  { "rdseed", CODE ("\x0f\xc7\xfa"), MOS_VMX_RDSEED, MOS_VMX_EXIT_RDSEED, 0, 0, 3 },
  { "triple fault", CODE ("\x0f\x0b"), MOS_VMX_ALWAYS, MOS_VMX_EXIT_TRIPLE_FAULT, 0, 0, 0 },
  { "monitor trap", CODE ("\x90\x90"), MOS_VMX_MTF, MOS_VMX_EXIT_MTF, 0, 1, 0 },
};
/* clang-format on */

static void
test_exit (gconstpointer data)
{
  const Exit *e = data;
  VmxWorld    w;

  vmx_world_init (&w, NULL);
  vmx_world_code (&w, e->code, e->size);
  if (e->control != MOS_VMX_ALWAYS)
    vmx_world_on (&w, e->control);
  if (mos_vmx_control_set (e->control) == MOS_VMX_SET_PROC2)
    vmx_world_on (&w, MOS_VMX_SECONDARY);
  if (e->reason == MOS_VMX_EXIT_TRIPLE_FAULT)
    vmx_world_set (&w, MOS_VMCS_GUEST_IDTR_LIMIT, 0);
  vmx_world_expect (&w, e->reason);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_QUALIFICATION), ==,
                   e->qualification);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_RIP), ==,
                   VMX_CODE + e->at);
  if (e->length != 0)
    g_assert_cmpuint (vmx_world_get (&w, MOS_VMCS_EXIT_LENGTH), ==, e->length);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_VECTORING_EVENT), ==, 0);
  /* The guest's state is as it was: it can go on. */
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_CS_ACCESS), ==, 0xa09b);
  g_assert_cmphex (vmx_world_get (&w, MOS_VMCS_GUEST_CR3), ==, 0x1000);
  vmx_world_clear (&w);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (exits); i++) {
    g_autofree char *path = g_strdup_printf ("/vmx/exit/%s", exits[i].name);

    g_test_add_data_func (path, &exits[i], test_exit);
  }
  return g_test_run ();
}
