/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Intel VT-x, and VT-x for our child (Intel SDM volume 3, "Virtual Machine
 * Control Structures" and the chapters behind it).
 *
 * As svm.c, which says how nesting works. The difference: a VMCS is only
 * reached by VMREAD and VMWRITE, and the child's exit each time. So the page
 * that the child names by VMPTRLD holds its fields in an order of our own, and
 * we move them to and from the `merged` VMCS when its guest runs.
 */
#include "tutorials/guests/matryoshka/matryoshka.h"

/* Fields by encoding ("Field Encoding in VMCS"), what has to be named. */
enum {
  VPID = 0x0000,
  GUEST_ES = 0x0800, /* selectors; CS, SS, DS, FS, GS, LDTR, TR follow */
  EPT_POINTER = 0x201a,
  GUEST_PHYSICAL = 0x2400,
  GUEST_EFER = 0x2806,
  PIN_CONTROLS = 0x4000,
  PROCESSOR_CONTROLS = 0x4002,
  EXIT_CONTROLS = 0x400c,
  ENTRY_CONTROLS = 0x4012,
  ENTRY_EVENT = 0x4016,
  MORE_CONTROLS = 0x401e,
  EXIT_REASON = 0x4402,
  VECTORING = 0x4408,
  EXIT_LENGTH = 0x440c,
  GUEST_ES_LIMIT = 0x4800,
  GUEST_ES_RIGHTS = 0x4814,
  BLOCKING = 0x4824,
  QUALIFICATION = 0x6400,
  GUEST_CR0 = 0x6800,
  GUEST_RSP = 0x681c,
  GUEST_RIP = 0x681e,
  GUEST_RFLAGS = 0x6820,
  HOST_RSP = 0x6c14,
  HOST_RIP = 0x6c16
};

/* "Basic Exit Reasons". */
enum {
  EXIT_EXTERNAL = 1,
  EXIT_CPUID = 10,
  EXIT_VMCLEAR = 19,
  EXIT_VMLAUNCH,
  EXIT_VMPTRLD,
  EXIT_VMREAD = 23,
  EXIT_VMRESUME,
  EXIT_VMWRITE,
  EXIT_VMXON = 27,
  EXIT_IO = 30,
  EXIT_RDMSR,
  EXIT_WRMSR,
  EXIT_EPT_VIOLATION = 48,
  EXIT_INVEPT = 50
};

#define MSR_FEATURE_CONTROL 0x3a
#define MSR_VMX_BASIC       0x480
#define EPT_FOUR_LEVELS     0x1e /* and write-back */

static u8   vmxon_page[PAGE_BYTES] PAGE;
static u8   own[PAGE_BYTES] PAGE, merged[PAGE_BYTES] PAGE, *current;
static bool launched[2]; /* of own and merged */

static u64           *wanted;        /* the child's fields, in our memory */
static struct tables *merged_tables; /* of the guest in `merged` */

/* We always have the field in RDX and the value in RAX, and the operands of
 * VMPTRLD and INVEPT at RAX: so a parent need not decode our instructions. */
static void
write (u64 field, u64 value)
{
  __asm__ volatile("vmwrite %1, %0" : : "d"(field), "a"(value) : "cc");
}

static u64
read (u64 field)
{
  u64 value;

  __asm__ volatile("vmread %1, %0" : "=a"(value) : "d"(field) : "cc");
  return value;
}

static void
use (u8 *block)
{
  u64 address = (u64) block;

  if (current != block)
    __asm__ volatile("vmptrld (%0)" : : "a"(&address) : "cc", "memory");
  current = block;
}

/* -- the child's block ----------------------------------------------------- */

/* The capability MSR at @msr has in its low half what must be set, in its
 * high half what may be. */
static u32
allowed (u32 msr, u32 bits)
{
  u64 capability = rdmsr (msr);

  return (bits | (u32) capability) & (u32) (capability >> 32);
}

/* The child begins where and as we do at `enter`, but in VMX operation already:
 * CR0.NE and CR4.VMXE cannot be clear in a guest. */
static const struct {
  u16 field;
  u64 value;
} block_values[] = {
  { 0x2800, ~0ull },        /* link pointer: none */
  { 0x0c02, 0x08 },         /* host CS, */
  { 0x0c0c, 0x18 },         /* TR; all others may be null */
  { 0x2c02, 0x500 },        /* host EFER */
  { 0x6c00, 0x80000031 },   /* host CR0: PG, NE, ET, PE */
  { 0x6c02, (u64) tables }, /* host CR3 */
  { 0x6c04, 0x2020 },       /* host CR4: VMXE, PAE */
  { 0x6c0a, (u64) task },   /* host TR base */
  { 0x6c0c, (u64) gdt },    /* host GDTR base */
  { 0x6c0e, (u64) gates },  /* host IDTR base */
  { HOST_RIP, (u64) vmx_exit },
  { VPID, 1 },
  { EPT_POINTER, (u64) nested + EPT_FOUR_LEVELS },
  { GUEST_EFER, 0x500 },
  { 0x0802, 0x08 },   /* CS, */
  { 0x4802, ~0u },    /* its limit, */
  { 0x4816, 0xa09b }, /* its rights: 64-bit code */
  { 0x480e, 0x67 },   /* TR: limit, */
  { 0x4822, 0x8b },   /* rights: busy task state */
  { GUEST_CR0, 0x80000031 },
  { 0x6802, (u64) tables }, /* CR3 */
  { 0x6804, 0x2020 },       /* CR4 */
  { GUEST_RIP, (u64) enter },
  { GUEST_RFLAGS, 2 },
};

/* Both blocks differ only in what begin_merged() writes. */
static void
make_block (u8 *block)
{
  u64 address = (u64) block;

  *(u32 *) (void *) block = (u32) rdmsr (MSR_VMX_BASIC);
  __asm__ volatile("vmclear %0" : : "m"(address) : "cc", "memory");
  use (block);
  write (PIN_CONTROLS, allowed (0x481, 1)); /* external interrupts */
  /* Every port; the controls in MORE_CONTROLS: EPT, VPID. */
  write (PROCESSOR_CONTROLS, allowed (0x482, 1u << 24 | 1u << 31));
  write (MORE_CONTROLS, allowed (0x48b, 1u << 1 | 1u << 5));
  /* 64 bits; EFER is kept apart. */
  write (EXIT_CONTROLS, allowed (0x483, 1u << 9 | 1u << 20 | 1u << 21));
  write (ENTRY_CONTROLS, allowed (0x484, 1u << 9 | 1u << 15));
  for (u32 i = 0; i < 8; i++)
    write (GUEST_ES_RIGHTS + 2 * i, 0x10000); /* unusable, but for … */
  for (u32 i = 0; i < sizeof block_values / sizeof *block_values; i++)
    write (block_values[i].field, block_values[i].value);
}

static bool
vmx_enable (void)
{
  u32 words[4];
  u64 address = (u64) vmxon_page;
  u8  failed;

  cpuid (1, 0, words);
  if ((words[2] & 1u << 5) == 0)
    return 0;
  if ((rdmsr (MSR_FEATURE_CONTROL) & 1) == 0)
    wrmsr (MSR_FEATURE_CONTROL, 5); /* locked, VMX outside SMX */
  /* CR0.NE and CR4.VMXE must be set. */
  __asm__ volatile("mov %%cr0, %%rax; or $0x20, %%rax; mov %%rax, %%cr0;"
                   "mov %%cr4, %%rax; or $0x2000, %%rax; mov %%rax, %%cr4" ::
                       : "rax", "cc");
  *(u32 *) (void *) vmxon_page = (u32) rdmsr (MSR_VMX_BASIC);
  __asm__ volatile("vmxon %1; setna %0" : "=q"(failed) : "m"(address));
  if (failed)
    stop ("VMXON failed: #", words[2]);
  leaf_flags = 7 | 6 << 3; /* read, write, execute; write-back */
  return 1;
}

/* -- nesting --------------------------------------------------------------- */

/* Where a field is in the child's page: width, type and the low five bits of
 * the index make it unique. */
static u64 *
its (u64 field)
{
  return &wanted[(field >> 13 & 3) << 7 | (field >> 10 & 3) << 5 |
                 (field >> 1 & 31)];
}

/* First and last field: of the guest's state, without what we do not use, and
 * of what an exit says of itself, which only the child gets. */
static const u16 fields[7][2] = {
  { GUEST_ES, 0x080e },
  { GUEST_EFER, GUEST_EFER },
  { GUEST_ES_LIMIT, 0x4826 },
  { GUEST_CR0, GUEST_RFLAGS },
  { EXIT_REASON, EXIT_LENGTH },
  { QUALIFICATION, QUALIFICATION },
  { GUEST_PHYSICAL, GUEST_PHYSICAL },
};

static void
move (bool to_child)
{
  for (u32 i = 0; i < (to_child ? 7 : 4); i++)
    for (u32 field = fields[i][0]; field <= fields[i][1]; field += 2)
      if (to_child)
        *its (field) = read (field);
      else
        write (field, *its (field));
}

/* The child executed VMLAUNCH or VMRESUME: its guest is to run. */
static void
begin_merged (void)
{
  u64  what[2] = { 0 };
  bool fresh;

  child.entries++;
  merged_tables = tables_for (*its (EPT_POINTER), 0, &fresh);
  what[0] = (u64) merged_tables->pages | EPT_FOUR_LEVELS;
  use (merged);
  move (0);
  write (ENTRY_EVENT, *its (ENTRY_EVENT));
  write (EPT_POINTER, what[0]);
  write (VPID, 1 + (u64) (merged_tables - nested));
  *its (ENTRY_EVENT) &= ~EVENT_VALID;
  if (fresh)
    __asm__ volatile("invept (%0), %1" : : "a"(what), "d"(1ull) : "memory");
}

/* The exit goes to the child: it goes on at its host's RIP. All else of its
 * host state is what it had when it entered, since it is a copy of us. */
static void
reflect (void)
{
  move (1);
  use (own);
  write (GUEST_RIP, *its (HOST_RIP));
  write (GUEST_RSP, *its (HOST_RSP));
  write (GUEST_RFLAGS, 2);
}

/* -- exits ----------------------------------------------------------------- */

static void
on_interrupt_exit (void)
{
  u64 before = ticks;

  __asm__ volatile("sti; nop; cli" : : : "memory");
  if (ticks == before)
    beat ();
  if (current == merged)
    reflect ();
  else if ((read (GUEST_RFLAGS) & FLAG_IF) != 0 && (read (BLOCKING) & 3) == 0)
    write (ENTRY_EVENT, EVENT_VALID | PIC_VECTOR);
}

static void
on_msr (bool is_write)
{
  u32 msr = (u32) child.rcx;

  if (is_write && msr == MSR_EFER)
    write (GUEST_EFER, pair ());
  else if (!is_write && msr == MSR_EFER)
    set_pair (read (GUEST_EFER));
  else if (!is_write) /* our own abilities are good enough for the child */
    set_pair (msr == MSR_FEATURE_CONTROL ||
                      (msr >= MSR_VMX_BASIC && msr <= MSR_VMX_BASIC + 12)
                  ? rdmsr (msr)
                  : 0);
}

static void
on_own_exit (u64 reason)
{
  u64 info = read (QUALIFICATION);

  switch (reason) {
  case EXIT_CPUID:
    do_cpuid ();
    break;
  case EXIT_IO:
    /* Bits 0 to 2 are the size less one, 3 is IN, 16 to 31 the port ("Exit
     * Qualification for I/O Instructions"). */
    do_port (info >> 3 & 1, (u16) (info >> 16), (u32) (info & 7) + 1);
    break;
  case EXIT_RDMSR:
  case EXIT_WRMSR:
    on_msr (reason == EXIT_WRMSR);
    break;
  case EXIT_EPT_VIOLATION:
    tables_fill (read (GUEST_PHYSICAL));
    return; /* once more */
  case EXIT_VMREAD:
    child.rax = *its (child.rdx);
    break;
  case EXIT_VMWRITE:
    *its (child.rdx) = child.rax;
    break;
  case EXIT_VMPTRLD:
    wanted = (u64 *) child_address (*(u64 *) child_address (child.rax));
    break;
  case EXIT_INVEPT:
    nested[1].used = nested[2].used = 0;
    break;
  case EXIT_VMXON:
  case EXIT_VMCLEAR:
    break;
  case EXIT_VMLAUNCH:
  case EXIT_VMRESUME:
    begin_merged ();
    return;
  default:
    stop ("an exit that we do not know: #", reason);
  }
  write (GUEST_RIP, read (GUEST_RIP) + read (EXIT_LENGTH));
}

static void
vmx_run (void)
{
  make_block (merged);
  make_block (own);
  for (;;) {
    bool *was_launched = &launched[current == merged];
    u64   reason, event;

    if (vmx_switch (&child.rax, *was_launched) ||
        ((reason = read (EXIT_REASON)) & EVENT_VALID) != 0)
      stop ("the processor refused the VMCS or the state in it", 0);
    *was_launched = 1;
    child.exits++;
    /* An event whose delivery the exit cut short has to come again. */
    event = read (VECTORING);
    if ((event & EVENT_VALID) != 0)
      write (ENTRY_EVENT, event);
    if (reason == EXIT_EXTERNAL)
      on_interrupt_exit ();
    else if (current == own)
      on_own_exit (reason);
    else if (reason != EXIT_EPT_VIOLATION ||
             !tables_fill_through (merged_tables, read (GUEST_PHYSICAL)))
      reflect (); /* it asked for all that we ask for */
  }
}

const struct virtualization vmx = { "VT-x ", vmx_enable, vmx_run };
