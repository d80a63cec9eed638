/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * AMD-V, and AMD-V for our child (AMD64 manual volume 2, "Secure Virtual
 * Machine").
 *
 * Our child runs under the control block `own`. When it executes VMRUN itself,
 * we cannot let the processor do that: the block it names holds addresses of
 * the child's memory, not of ours. So VMRUN exits, and we make a third block,
 * `merged`, of what the child wants for its guest and what we want for our
 * child, and run that. Its exits are first ours; those that the child asked
 * for we write into its block, and run the child again, behind its VMRUN. That
 * is all there is to nested virtualization.
 */
#include "tutorials/guests/matryoshka/matryoshka.h"

/* The VMCB by offset ("Layout of VMCB"). */
enum {
  INTERCEPT_EXCEPTIONS = 0x008,
  INTERCEPT_1 = 0x00c, /* 32 bits each */
  INTERCEPT_2 = 0x010,
  IO_MAP = 0x040,
  MSR_MAP = 0x048,
  TSC_OFFSET = 0x050,
  ASID = 0x058, /* 32 bits; TLB control in the next byte */
  TLB_CONTROL = 0x05c,
  V_INTR = 0x060,
  EXIT_CODE = 0x070,
  EXIT_INFO_1 = 0x078,
  EXIT_INFO_2 = 0x080,
  EXIT_INT_INFO = 0x088,
  NP_ENABLE = 0x090,
  EVENT_INJECTION = 0x0a8,
  NESTED_CR3 = 0x0b0,
  SAVE = 0x400, /* from here on the guest's state */
  SAVE_END = 0x700,
  EFER = 0x4d0,
  CR4 = 0x548,
  CR3 = 0x550,
  CR0 = 0x558,
  RFLAGS = 0x570,
  RIP = 0x578,
  RSP_ = 0x5d8,
  RAX_ = 0x5f8,
  G_PAT = 0x668
};

/* Bits of the intercept words, which are the exit codes from 0x60 and 0x80. */
enum {
  EXIT_INTR = 0x60,
  EXIT_CPUID = 0x72,
  EXIT_IO = 0x7b,
  EXIT_MSR = 0x7c,
  EXIT_SHUTDOWN = 0x7f,
  EXIT_VMRUN = 0x80,
  EXIT_VMMCALL = 0x81,
  EXIT_VMLOAD = 0x82,
  EXIT_VMSAVE = 0x83,
  EXIT_STGI = 0x84,
  EXIT_CLGI = 0x85,
  EXIT_NPF = 0x400,
  EXIT_INVALID = -1
};

#define MSR_EFER       0xc0000080
#define MSR_VM_CR      0xc0010114
#define MSR_HSAVE_PA   0xc0010117
#define EFER_SVME      (1ull << 12)
#define TIMER_VECTOR   32
#define V_INTR_MASKING (1ull << 24)
#define FLAG_IF        (1ull << 9)

static u8 own[PAGE_BYTES] __attribute__ ((aligned (4096)));
static u8 merged[PAGE_BYTES] __attribute__ ((aligned (4096)));
static u8 host_save[PAGE_BYTES] __attribute__ ((aligned (4096)));
static u8 io_map[3 * PAGE_BYTES] __attribute__ ((aligned (4096)));
static u8 msr_map[2 * PAGE_BYTES] __attribute__ ((aligned (4096)));

static u8  *current;  /* own or merged */
static u64  wanted;   /* the child's block, at its address in our memory */
static bool its_svme; /* the child sees EFER.SVME set */
static struct tables *merged_tables; /* of the guest in `merged` */

static u64
get (const u8 *block, u32 offset)
{
  return *(const u64 *) (const void *) &block[offset];
}

static void
set (u8 *block, u32 offset, u64 value)
{
  *(u64 *) (void *) &block[offset] = value;
}

static u32
get32 (const u8 *block, u32 offset)
{
  return *(const u32 *) (const void *) &block[offset];
}

static void
set32 (u8 *block, u32 offset, u32 value)
{
  *(u32 *) (void *) &block[offset] = value;
}

/* -- the child's block ----------------------------------------------------- */

static void
set_segment (u32 offset, u16 selector, u16 attributes, u64 base, u32 limit)
{
  set (own, offset, (u64) limit << 32 | (u64) attributes << 16 | selector);
  set (own, offset + 8, base);
}

/* Exactly as we are where `enter` begins. */
static void
set_state (void)
{
  for (u32 i = 0; i < 6; i++) /* ES, CS, SS, DS, FS, GS */
    set_segment (SAVE + 16 * i, i == 1 ? 0x08 : 0x10, i == 1 ? 0xa9b : 0xc93, 0,
                 0xffffffff);
  set_segment (0x460, 0, 0, (u64) gdt, 23); /* GDTR */
  set_segment (0x480, 0, 0, 0, 0);          /* IDTR */
  set_segment (0x490, 0, 0x8b, (u64) task, 0x67);
  set (own, EFER, 0x500 | EFER_SVME); /* LME, LMA; VMRUN insists on SVME */
  set (own, CR0, 0x80000011);
  set (own, CR3, (u64) tables);
  set (own, CR4, 0x20);
  set (own, 0x568, 0x400); /* DR7 */
  set (own, 0x560, 0xffff0ff0);
  set (own, RFLAGS, 2);
  set (own, RIP, (u64) enter);
  set (own, G_PAT, 0x0007040600070406);
  child.registers[RDI] = TOLD_ADDRESS;
}

static u32
bit (u32 exit_code)
{
  return 1u << (exit_code & 31);
}

static void
set_controls (void)
{
  zero (own, sizeof own);
  for (u32 i = 0; i < sizeof io_map; i++)
    io_map[i] = 0xff;
  for (u32 i = 0; i < sizeof msr_map; i++)
    msr_map[i] = 0xff;
  set32 (own, INTERCEPT_1,
         bit (EXIT_INTR) | bit (EXIT_CPUID) | bit (EXIT_IO) | bit (EXIT_MSR) |
             bit (EXIT_SHUTDOWN));
  set32 (own, INTERCEPT_2,
         bit (EXIT_VMRUN) | bit (EXIT_VMMCALL) | bit (EXIT_VMLOAD) |
             bit (EXIT_VMSAVE) | bit (EXIT_STGI) | bit (EXIT_CLGI));
  set (own, IO_MAP, (u64) io_map);
  set (own, MSR_MAP, (u64) msr_map);
  set32 (own, ASID, 1);
  set (own, V_INTR, V_INTR_MASKING);
  set (own, NP_ENABLE, 1);
  set (own, NESTED_CR3, (u64) nested[0].pages);
}

static bool
svm_enable (void)
{
  u32 words[4];

  cpuid (0x80000000, words);
  if (words[0] < 0x8000000a)
    return 0;
  cpuid (0x80000001, words);
  if ((words[2] & 4) == 0)
    return 0;
  cpuid (0x8000000a, words);
  if ((words[3] & 1) == 0)
    stop ("this AMD-V has no nested paging");
  wrmsr (MSR_EFER, rdmsr (MSR_EFER) | EFER_SVME);
  wrmsr (MSR_HSAVE_PA, (u64) host_save);
  leaf_flags = 7; /* as in our own page tables: user, writable, present */
  return 1;
}

/* -- nesting --------------------------------------------------------------- */

/* The child executed VMRUN: its guest is to run. */
static void
begin_merged (void)
{
  u64  address = child_address (get (own, RAX_));
  u8  *its = (u8 *) address;
  bool fresh;

  set (own, RIP, get (own, RIP) + 3);
  if (address == 0 || (address & (PAGE_BYTES - 1)) != 0)
    stop ("the child's control block lies nowhere");
  wanted = address;
  copy (merged, own, SAVE);
  copy (merged + SAVE, its + SAVE, SAVE_END - SAVE);
  /* Whatever either of us wants to see exits. */
  set32 (merged, INTERCEPT_EXCEPTIONS, get32 (its, INTERCEPT_EXCEPTIONS));
  set32 (merged, INTERCEPT_1,
         get32 (own, INTERCEPT_1) | get32 (its, INTERCEPT_1));
  set32 (merged, INTERCEPT_2,
         get32 (own, INTERCEPT_2) | get32 (its, INTERCEPT_2));
  set (merged, EVENT_INJECTION, get (its, EVENT_INJECTION));
  /* If the child flushes, what we made of its nested tables is void. */
  merged_tables =
      tables_for (get (its, NESTED_CR3), (its[TLB_CONTROL] & 7) != 0, &fresh);
  merged[TLB_CONTROL] = fresh;
  set32 (merged, ASID, 1 + (u32) (merged_tables - nested));
  set (merged, NESTED_CR3, (u64) merged_tables->pages);
  current = merged;
}

/* The exit goes to the child, as if its own VMRUN had ended with it. */
static void
reflect (void)
{
  u8 *its = (u8 *) wanted;

  copy (its + SAVE, merged + SAVE, SAVE_END - SAVE);
  set (its, EXIT_CODE, get (merged, EXIT_CODE));
  set (its, EXIT_INFO_1, get (merged, EXIT_INFO_1));
  set (its, EXIT_INFO_2, get (merged, EXIT_INFO_2));
  set (its, EXIT_INT_INFO, get (merged, EXIT_INT_INFO));
  set (its, EVENT_INJECTION, 0);
  its[TLB_CONTROL] = 0;
  current = own;
}

static bool
child_wants (u32 code)
{
  const u8 *its = (const u8 *) wanted;

  if (code >= EXIT_INTR && code < EXIT_VMRUN)
    return (get32 (its, INTERCEPT_1) & bit (code)) != 0;
  if (code >= EXIT_VMRUN && code < 0xa0)
    return (get32 (its, INTERCEPT_2) & bit (code)) != 0;
  return 1;
}

/* -- exits ----------------------------------------------------------------- */

/* Lets the interrupt in that waits. Only the outermost copy has one; to the
 * others the exit itself is the tick. */
static void
on_interrupt_exit (void)
{
  u64 before = ticks;

  __asm__ volatile("stgi; nop; clgi" : : : "memory");
  if (ticks == before)
    beat ();
  if (current == merged)
    reflect (); /* it comes to the child as an exit of its guest … */
  else if ((get (own, RFLAGS) & FLAG_IF) != 0)
    /* … or as an interrupt, if it runs itself: valid, vector. */
    set (own, EVENT_INJECTION, 1ull << 31 | TIMER_VECTOR);
}

static void
on_msr (void)
{
  bool write = get (own, EXIT_INFO_1) != 0;
  u64  value = (u32) child.registers[RAX] | child.registers[RDX] << 32;

  set (own, RIP, get (own, RIP) + 2);
  if ((u32) child.registers[RCX] == MSR_EFER) {
    if (write) {
      its_svme = (value & EFER_SVME) != 0;
      set (own, EFER, value | EFER_SVME);
    }
    value = get (own, EFER);
    if (!its_svme)
      value &= ~EFER_SVME;
  } else if (!write) {
    value = 0;
  }
  if (!write) {
    child.registers[RAX] = (u32) value;
    child.registers[RDX] = value >> 32;
  }
}

/* EXITINFO1: bit 0 is IN, 4 to 6 the size, 16 to 31 the port; EXITINFO2 where
 * to go on ("I/O Intercept Information"). */
static void
on_port (void)
{
  u64 info = get (own, EXIT_INFO_1);
  u32 bytes = (u32) (info >> 4 & 7);
  u64 mask = bytes == 4 ? 0xffffffff : (1ull << 8 * bytes) - 1;

  if ((info & 1) != 0)
    child.registers[RAX] = (child.registers[RAX] & ~mask) |
                           (do_in ((u16) (info >> 16), bytes) & mask);
  else
    do_out ((u16) (info >> 16), (u32) (child.registers[RAX] & mask), bytes);
  set (own, RIP, get (own, EXIT_INFO_2));
}

/* An event whose delivery the exit cut short has to come again ("Interrupting
 * Event Delivery": EXITINTINFO has the format of EVENTINJ). */
static void
deliver_again (u8 *block)
{
  u64 info = get (block, EXIT_INT_INFO);

  set (block, EVENT_INJECTION, (info & 1ull << 31) != 0 ? info : 0);
}

static void
on_own_exit (u64 code)
{
  child.registers[RAX] = get (own, RAX_);
  deliver_again (own);
  switch (code) {
  case EXIT_CPUID:
    do_cpuid ();
    set (own, RIP, get (own, RIP) + 2);
    break;
  case EXIT_IO:
    on_port ();
    break;
  case EXIT_MSR:
    on_msr ();
    break;
  case EXIT_NPF:
    child.faults++;
    if (!tables_fill (&nested[0], get (own, EXIT_INFO_2)))
      stop ("the child reached beyond its memory");
    break;
  case EXIT_VMRUN:
    child.entries++;
    begin_merged ();
    return;
  case EXIT_STGI:
  case EXIT_CLGI:
    /* Its interrupts come when we say so; nothing is to be held off. */
    child.others++;
    set (own, RIP, get (own, RIP) + 3);
    break;
  default:
    print ("exit code ");
    print_number (code);
    print (" at ");
    print_number (get (own, RIP));
    print ("\n");
    stop ("an exit that we do not know");
  }
  set (own, RAX_, child.registers[RAX]);
}

static void
on_merged_exit (u64 code)
{
  deliver_again (merged);
  merged[TLB_CONTROL] = 0;
  if (code == EXIT_NPF) {
    if (tables_fill_through (merged_tables, get (merged, EXIT_INFO_2))) {
      child.faults++;
      return;
    }
  } else if (!child_wants ((u32) code)) {
    stop ("an exit that nobody asked for");
  }
  reflect ();
}

static void
svm_run (void)
{
  tables_clear (&nested[0]);
  set_controls ();
  set_state ();
  own[TLB_CONTROL] = 1;
  current = own;
  /* With V_INTR_MASKING our own IF decides whether interrupts make our guest
   * exit, and GIF, which is clear from here on, keeps them from us. */
  __asm__ volatile("clgi; sti");
  for (;;) {
    u64 code;

    svm_switch (child.registers, (u64) current);
    own[TLB_CONTROL] = 0;
    child.exits++;
    code = get (current, EXIT_CODE);
    if (code == (u64) EXIT_INVALID)
      stop ("the processor refused the control block");
    if (code == EXIT_INTR)
      on_interrupt_exit ();
    else if (current == own)
      on_own_exit (code);
    else
      on_merged_exit (code);
  }
}

const struct virtualization svm = { "AMD-V ", svm_enable, svm_run };
