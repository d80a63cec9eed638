/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any VMCS, any nested tables, interrupts at any time.
 *
 * Level 1 enters the same guest over and over. The input says which fields are
 * written before, which entries of the nested tables and of the guest's own,
 * which bytes of code and bitmaps differ from what works, and what happens
 * between the turns. Memory ends at pages that nobody may touch
 * (engine/memory/ram.c). Whatever the guest does, the processor comes back and
 * knows which of the two runs.
 */
#include <string.h>

#include "engine/cpu/soft/vmx-private.h"
#include "tests/cpu/vmx-world.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/guest-fuzz.h"

#define TURNS  24
#define BUDGET 600

/* RBP: the VMCS's pointer, R15: fields to write, -1 ends. Exits come back to
 * the beginning. */
__asm__(".pushsection .rodata\n"
        "fuzz_stub_begin:\n"
        "  vmptrld (%rbp)\n"
        "  mov %r15, %rsi\n"
        "1: mov (%rsi), %rax\n"
        "  cmp $-1, %rax\n"
        "  je 2f\n"
        "  mov 8(%rsi), %rdx\n"
        "  vmwrite %rdx, %rax\n"
        "  vmread %rax, %rdx\n"
        "  add $16, %rsi\n"
        "  jmp 1b\n"
        "2: vmlaunch\n"
        "  vmresume\n"
        "  vmclear (%rbp)\n"
        "  jmp fuzz_stub_begin\n"
        "fuzz_stub_end:\n"
        ".popsection\n");

extern const guint8 fuzz_stub_begin[], fuzz_stub_end[];

/* Level 1 as it was; the VMCS in memory as it works. */
static void
begin (VmxWorld *w)
{
  MosSoftCpu *cpu = w->machine.cpu;
  MosVmcs    *vmcs = vmx_world_at (w, VMX_VMCS);

  soft_machine_long (&w->machine, VMX_STUB + 0x800, 0);
  cpu->cr4 |= MOS_CR4_VMXE;
  memcpy (vmx_world_at (w, VMX_STUB), fuzz_stub_begin,
          (gsize) (fuzz_stub_end - fuzz_stub_begin));
  memcpy (vmx_world_at (w, VMX_STUB + 0x800), "\xf3\x0f\xc7\x33\xf4", 5);
  *vmcs = w->want;
  vmcs->revision = MOS_VMCS_REVISION;
  vmcs->field[MOS_VMCS_HOST_RIP] = VMX_STUB;
  *(guint32 *) vmx_world_at (w, VMX_VMXON) = MOS_VMCS_REVISION;
  *(guint64 *) vmx_world_at (w, VMX_STACK) = VMX_VMXON;
  *(guint64 *) vmx_world_at (w, VMX_STACK + 8) = VMX_VMCS;
  cpu->gpr[MOS_RBX] = VMX_STACK;
  cpu->gpr[MOS_RSP] = VMX_STACK;
  mos_cpu_notify (cpu, MOS_PENDING_ARENA);
  mos_cpu_execute (cpu, 10);
  cpu->halted = FALSE;
  cpu->gpr[MOS_SLOT_RIP] = VMX_STUB;
  cpu->gpr[MOS_RBP] = VMX_STACK + 8;
  cpu->gpr[MOS_R15] = VMX_WRITES;
}

/* A byte of code; a REP with a large count would run for hours, unheard. */
static void
put_code (VmxWorld *w, guint offset, guint8 byte)
{
  *(guint8 *) vmx_world_at (w, VMX_CODE + offset) =
      byte == 0xf2 || byte == 0xf3 ? 0x90 : byte;
}

/* One field to write before the next entry. */
static void
write_field (VmxWorld *w, FuzzInput *in, guint *n)
{
  guint64 *list = vmx_world_at (w, VMX_WRITES);
  guint    field = (guint) fuzz_take (in, 1) % MOS_VMCS_SLOTS;
  guint    how = (guint) fuzz_take (in, 1);
  guint64  value = w->want.field[field];

  if (how < 0x80)
    value ^= (guint64) 1 << (how & 63);
  else if (how < 0xc0)
    value = fuzz_take (in, 8);
  list[2 * *n] = mos_vmcs_fields[field].encoding;
  list[2 * *n + 1] = value;
  list[2 * ++*n] = G_MAXUINT64;
}

static void
change (VmxWorld *w, FuzzInput *in, guint *n)
{
  switch (fuzz_take (in, 1) & 7) {
  case 0: { /* a nested table, at any level */
    guint64 *tables = vmx_world_at (w, VMX_EPT);

    tables[fuzz_take (in, 2) & 0x7ff] = fuzz_take (in, 6);
    break;
  }
  case 1: { /* the guest's own tables, which are level 1's as well */
    guint64 *tables = vmx_world_at (w, 0x1000);

    tables[fuzz_take (in, 2) & 0x5ff] = fuzz_take (in, 5);
    break;
  }
  case 2: {
    guint offset = (guint) fuzz_take (in, 1) & 0x7f;

    put_code (w, offset, (guint8) fuzz_take (in, 1));
    break;
  }
  case 3: /* bitmaps, the APIC's pages, the shadow, the areas */
    *(guint8 *) vmx_world_at (w, VMX_BITMAPS + fuzz_take (in, 2) % 0x9000) =
        (guint8) fuzz_take (in, 1);
    break;
  case 4: /* the VMCS behind the processor's back */
    *(guint8 *) vmx_world_at (w, VMX_VMCS + (fuzz_take (in, 2) & 0x7ff)) =
        (guint8) fuzz_take (in, 1);
    break;
  default:
    if (*n < 16)
      write_field (w, in, n);
    break;
  }
}

static void
turn (VmxWorld *w, FuzzInput *in)
{
  guint changes = (guint) fuzz_take (in, 1) & 7;
  guint n = 0;

  *(guint64 *) vmx_world_at (w, VMX_WRITES) = G_MAXUINT64;
  while (changes-- > 0)
    change (w, in, &n);
  fuzz_disturb (&w->machine, in);
  if (fuzz_run (&w->machine, BUDGET, VMX_STUB,
                (gsize) (fuzz_stub_end - fuzz_stub_begin)))
    begin (w);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput in = { .data = data, .size = size };
  VmxWorld  w;

  if (size < 8 || size > 4096)
    return 0;
  vmx_world_init (&w, NULL);
  if ((data[0] & 1) != 0)
    vmx_world_ept (&w);
  if ((data[0] & 2) != 0) {
    vmx_world_on (&w, MOS_VMX_SECONDARY);
    vmx_world_on (&w, MOS_VMX_VPID);
    vmx_world_set (&w, MOS_VMCS_VPID, 1 + data[0] / 64);
  }
  for (guint i = 0; i < MIN (size, 0x80); i++)
    put_code (&w, i, data[i]);
  begin (&w);
  for (guint i = 0; i < TURNS && in.at < in.size; i++)
    turn (&w, &in);
  vmx_world_clear (&w);
  return 0;
}
