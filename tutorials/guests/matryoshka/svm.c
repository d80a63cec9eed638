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

/* The VMCB by offset ("Layout of VMCB"), what has to be named. */
enum {
  INTERCEPT_EXCEPTIONS = 0x008,
  INTERCEPT_1 = 0x00c, /* 32 bits each */
  INTERCEPT_2 = 0x010,
  ASID = 0x058, /* 32 bits; TLB control in the next byte */
  TLB_CONTROL = 0x05c,
  EXIT_CODE = 0x070, /* two words of information, an interrupted event */
  EXIT_INFO_1 = 0x078,
  EXIT_INFO_2 = 0x080,
  EXIT_INT_INFO = 0x088,
  EVENT_INJECTION = 0x0a8,
  NESTED_CR3 = 0x0b0,
  SAVE = 0x400, /* from here on the guest's state */
  SAVE_END = 0x700,
  EFER = 0x4d0,
  RFLAGS = 0x570,
  RIP = 0x578,
  RAX_ = 0x5f8
};

/* Exit codes; from 0x60 and 0x80 on they are the bits of the two words. */
enum {
  EXIT_INTR = 0x60,
  EXIT_CPUID = 0x72,
  EXIT_IO = 0x7b,
  EXIT_MSR = 0x7c,
  EXIT_SHUTDOWN = 0x7f,
  EXIT_VMRUN = 0x80, /* VMMCALL, VMLOAD, VMSAVE, STGI, CLGI follow */
  EXIT_STGI = 0x84,
  EXIT_CLGI = 0x85,
  EXIT_NPF = 0x400
};

#define MSR_HSAVE_PA 0xc0010117
#define EFER_SVME    (1ull << 12)
#define BIT(code)    (1u << ((code) &31))

static u8 own[PAGE_BYTES] PAGE, merged[PAGE_BYTES] PAGE;
static u8 host_save[PAGE_BYTES] PAGE;
static u8 io_map[3 * PAGE_BYTES] PAGE, msr_map[2 * PAGE_BYTES] PAGE;

static u8  *current;  /* own or merged */
static u8  *wanted;   /* the child's block, at its address in our memory */
static bool its_svme; /* the child sees EFER.SVME set */
static struct tables *merged_tables; /* of the guest in `merged` */

static u64 *
at (const u8 *block, u32 offset)
{
  return (u64 *) (u64) &block[offset];
}

static u32 *
at32 (const u8 *block, u32 offset)
{
  return (u32 *) (u64) &block[offset];
}

/* -- the child's block ----------------------------------------------------- */

/* The child begins exactly as we are where `enter` begins. */
static const struct {
  u32 offset;
  u64 value;
} block_values[] = {
  { 0x040, (u64) io_map },      /* I/O permission map */
  { 0x048, (u64) msr_map },     /* MSR permission map */
  { ASID, 1ull << 32 | 1 },     /* and flush what was there */
  { 0x060, 1ull << 24 },        /* V_INTR_MASKING: its IF is not ours */
  { 0x090, 1 },                 /* nested paging */
  { NESTED_CR3, (u64) nested }, /* our tables for it */
  { 0x460, 23ull << 32 },       /* GDTR: limit, */
  { 0x468, (u64) gdt },         /* base */
  { 0x490, 0x67008b0000 },      /* TR: limit, busy TSS, */
  { 0x498, (u64) task },        /* base */
  { EFER, 0x500 | EFER_SVME },  /* LME, LMA; VMRUN insists on SVME */
  { 0x548, 0x20 },              /* CR4: PAE */
  { 0x550, (u64) tables },      /* CR3 */
  { 0x558, 0x80000011 },        /* CR0: PG, ET, PE */
  { 0x560, 0x400 },             /* DR7 */
  { 0x568, 0xffff0ff0 },        /* DR6 */
  { RFLAGS, 2 },
  { RIP, (u64) enter },
  { 0x668, 0x0007040600070406 }, /* PAT */
};

static void
make_block (void)
{
  fill (io_map, ~0ull, sizeof io_map);
  fill (msr_map, ~0ull, sizeof msr_map);
  for (u32 i = 0; i < sizeof block_values / sizeof *block_values; i++)
    *at (own, block_values[i].offset) = block_values[i].value;
  for (u32 i = 0; i < 6; i++) /* ES, CS, SS, DS, FS, GS: selector, rights */
    *at (own, SAVE + 16 * i) =
        0xffffffffull << 32 | (i == 1 ? 0xa9b0008 : 0xc930010);
  *at32 (own, INTERCEPT_1) = BIT (EXIT_INTR) | BIT (EXIT_CPUID) |
                             BIT (EXIT_IO) | BIT (EXIT_MSR) |
                             BIT (EXIT_SHUTDOWN);
  *at32 (own, INTERCEPT_2) = 0x3f; /* VMRUN to CLGI */
}

static bool
svm_enable (void)
{
  u32 words[4];

  cpuid (0x80000000, 0, words);
  if (words[0] < 0x8000000a)
    return 0;
  cpuid (0x80000001, 0, words);
  if ((words[2] & 4) == 0)
    return 0;
  cpuid (0x8000000a, 0, words);
  if ((words[3] & 1) == 0)
    stop ("this AMD-V has no nested paging", words[3]);
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
  u64  address = child_address (*at (own, RAX_));
  bool fresh;

  child.entries++;
  *at (own, RIP) += 3;
  if (address == 0 || (address & (PAGE_BYTES - 1)) != 0)
    stop ("the child's control block lies nowhere", address);
  wanted = (u8 *) address;
  copy (merged, own, SAVE);
  copy (merged + SAVE, wanted + SAVE, SAVE_END - SAVE);
  /* Whatever either of us wants to see exits. */
  *at32 (merged, INTERCEPT_EXCEPTIONS) = *at32 (wanted, INTERCEPT_EXCEPTIONS);
  *at32 (merged, INTERCEPT_1) |= *at32 (wanted, INTERCEPT_1);
  *at32 (merged, INTERCEPT_2) |= *at32 (wanted, INTERCEPT_2);
  *at (merged, EVENT_INJECTION) = *at (wanted, EVENT_INJECTION);
  /* If the child flushes, what we made of its nested tables is void. */
  merged_tables = tables_for (*at (wanted, NESTED_CR3),
                              (wanted[TLB_CONTROL] & 7) != 0, &fresh);
  merged[TLB_CONTROL] = fresh;
  *at32 (merged, ASID) = 1 + (u32) (merged_tables - nested);
  *at (merged, NESTED_CR3) = (u64) merged_tables->pages;
  current = merged;
}

/* The exit goes to the child, as if its own VMRUN had ended with it. */
static void
reflect (void)
{
  copy (wanted + SAVE, merged + SAVE, SAVE_END - SAVE);
  copy (wanted + EXIT_CODE, merged + EXIT_CODE, 32);
  *at (wanted, EVENT_INJECTION) = 0;
  wanted[TLB_CONTROL] = 0;
  current = own;
}

static bool
child_wants (u64 code)
{
  if (code >= EXIT_INTR && code < 0xa0)
    return (*at32 (wanted, code < EXIT_VMRUN ? INTERCEPT_1 : INTERCEPT_2) &
            BIT (code)) != 0;
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
  else if ((*at (own, RFLAGS) & FLAG_IF) != 0)
    /* … or as an interrupt, if it runs itself. */
    *at (own, EVENT_INJECTION) = EVENT_VALID | TIMER_VECTOR;
}

/* EFER is the only one that counts, and SVME must stay set in it. */
static void
on_msr (void)
{
  bool is_efer = (u32) child.registers[RCX] == MSR_EFER;

  *at (own, RIP) += 2;
  if (*at (own, EXIT_INFO_1) == 0) {
    set_pair (is_efer ? *at (own, EFER) & ~(its_svme ? 0 : EFER_SVME) : 0);
  } else if (is_efer) {
    its_svme = (pair () & EFER_SVME) != 0;
    *at (own, EFER) = pair () | EFER_SVME;
  }
}

/* EXITINFO1: bit 0 is IN, 4 to 6 the size, 16 to 31 the port; EXITINFO2 where
 * to go on ("I/O Intercept Information"). */
static void
on_port (void)
{
  u64 info = *at (own, EXIT_INFO_1);

  do_port (info & 1, (u16) (info >> 16), (u32) (info >> 4 & 7));
  *at (own, RIP) = *at (own, EXIT_INFO_2);
}

static void
on_own_exit (u64 code)
{
  child.registers[RAX] = *at (own, RAX_);
  switch (code) {
  case EXIT_CPUID:
    do_cpuid ();
    *at (own, RIP) += 2;
    break;
  case EXIT_IO:
    on_port ();
    break;
  case EXIT_MSR:
    on_msr ();
    break;
  case EXIT_NPF:
    tables_fill (*at (own, EXIT_INFO_2));
    break;
  case EXIT_VMRUN:
    begin_merged ();
    return;
  case EXIT_STGI:
  case EXIT_CLGI:
    /* Its interrupts come when we say so; nothing is to be held off. */
    *at (own, RIP) += 3;
    break;
  default:
    stop ("an exit that we do not know", code);
  }
  *at (own, RAX_) = child.registers[RAX];
}

static void
on_merged_exit (u64 code)
{
  merged[TLB_CONTROL] = 0;
  if (code == EXIT_NPF &&
      tables_fill_through (merged_tables, *at (merged, EXIT_INFO_2)))
    return;
  if (!child_wants (code))
    stop ("an exit that nobody asked for", code);
  reflect ();
}

static void
svm_run (void)
{
  tables_clear (&nested[0]);
  make_block ();
  current = own;
  /* With V_INTR_MASKING our own IF decides whether interrupts make our guest
   * exit, and GIF, which is clear from here on, keeps them from us. */
  __asm__ volatile("clgi; sti");
  for (;;) {
    u64 code, event;

    svm_switch (child.registers, (u64) current);
    own[TLB_CONTROL] = 0;
    child.exits++;
    code = *at (current, EXIT_CODE);
    if (code == ~0ull)
      stop ("the processor refused the control block", code);
    if (code == EXIT_INTR) {
      on_interrupt_exit ();
      continue;
    }
    /* An event whose delivery the exit cut short has to come again
     * ("Interrupting Event Delivery"; the format is the same). */
    event = *at (current, EXIT_INT_INFO);
    *at (current, EVENT_INJECTION) = (event & EVENT_VALID) != 0 ? event : 0;
    if (current == own)
      on_own_exit (code);
    else
      on_merged_exit (code);
  }
}

const struct virtualization svm = { "AMD-V ", svm_enable, svm_run };
