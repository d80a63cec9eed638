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

/* "Layout of VMCB", as far as we use it. */
static struct vmcb {
  u32 unused_0[2], intercept_exceptions;
  u32 intercepts[2]; /* a bit for each exit code, from 0x60 on */
  u32 unused_1[11];
  u64 io_map, msr_map, tsc_offset;
  u32 asid, flush;
  u64 virtual_interrupts, shadow;
  u64 exit_code, exit_info[2];
  u64 exit_event; /* whose delivery the exit cut short */
  u64 nested_paging, unused_2[2], event, nested_cr3, unused_3[105];
  struct state {
    u64 es[2], cs[2], unused_4[22], efer, unused_5[14];
    u64 cr4, cr3, cr0, dr7, dr6, rflags, rip, unused_6[15];
    u64 rax, unused_7[13], pat, unused_8[18];
  } state; /* of the guest */
} own PAGE, merged PAGE;
_Static_assert(__builtin_offsetof(struct vmcb, state) == 0x400 &&
                   __builtin_offsetof(struct vmcb, state.rip) == 0x578 &&
                   __builtin_offsetof(struct vmcb, state.pat) == 0x668,
               "the layout is the processor's");

/* Exit codes. */
enum {
  EXIT_INTR = 0x60,
  EXIT_CPUID = 0x72,
  EXIT_IO = 0x7b,
  EXIT_MSR = 0x7c,
  EXIT_SHUTDOWN = 0x7f,
  EXIT_VMRUN = 0x80, /* VMMCALL, VMLOAD, VMSAVE follow */
  EXIT_STGI = 0x84,
  EXIT_CLGI = 0x85,
  EXIT_NPF = 0x400
};

#define MSR_HSAVE_PA 0xc0010117
#define EFER_SVME    (1ull << 12)
#define BIT(code)    (1u << ((code) &31))

static u8 host_save[PAGE_BYTES] PAGE;
static u8 io_map[3 * PAGE_BYTES] PAGE, msr_map[2 * PAGE_BYTES] PAGE;

static struct vmcb   *current; /* own or merged */
static struct vmcb   *wanted; /* the child's block, where it is in our memory */
static struct tables *merged_tables; /* of the guest in `merged` */

/* -- the child's block ----------------------------------------------------- */

/* The child begins where and as we do at `enter`; VMRUN insists on SVME. */
static void
make_block (void)
{
  fill (io_map, ~0ull, sizeof io_map);
  fill (msr_map, ~0ull, sizeof msr_map);
  own.intercepts[0] = BIT (EXIT_INTR) | BIT (EXIT_CPUID) | BIT (EXIT_IO) |
                      BIT (EXIT_MSR) | BIT (EXIT_SHUTDOWN);
  own.intercepts[1] = 0x3f; /* VMRUN to CLGI */
  own.io_map = (u64) io_map;
  own.msr_map = (u64) msr_map;
  own.asid = own.flush = 1;
  own.virtual_interrupts = 1ull << 24; /* V_INTR_MASKING: its IF is not ours */
  own.nested_paging = 1;
  own.nested_cr3 = (u64) nested;
  own.state.cs[0] = 0xffffffff0a9b0008; /* limit, 64-bit code, selector */
  own.state.efer = EFER_SVME | 0x500;   /* LMA, LME */
  own.state.cr4 = 0x20;                 /* PAE */
  own.state.cr3 = (u64) tables;
  own.state.cr0 = 0x80000011; /* PG, ET, PE */
  own.state.rflags = 2;
  own.state.rip = (u64) enter;
  own.state.pat = 0x0007040600070406;
}

static bool
svm_enable (void)
{
  u32 words[4];

  cpuid (0x80000001, 0, words);
  if ((words[2] & 4) == 0)
    return 0;
  cpuid (0x8000000a, 0, words);
  if ((words[3] & 1) == 0)
    stop ("this AMD-V has no nested paging: #", words[3]);
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
  u64  address = child_address (own.state.rax);
  bool fresh;

  child.entries++;
  own.state.rip += 3;
  if (address == 0 || address % PAGE_BYTES != 0)
    stop ("the child's control block lies at #", address);
  wanted = (struct vmcb *) address;
  copy (&merged, &own, sizeof own - sizeof own.state);
  copy (&merged.state, &wanted->state, sizeof merged.state);
  /* Whatever either of us wants to see exits. */
  merged.intercept_exceptions = wanted->intercept_exceptions;
  merged.intercepts[0] |= wanted->intercepts[0];
  merged.intercepts[1] |= wanted->intercepts[1];
  merged.event = wanted->event;
  /* If the child flushes, what we made of its nested tables is void. */
  merged_tables =
      tables_for (wanted->nested_cr3, (wanted->flush & 7) != 0, &fresh);
  merged.flush = fresh;
  merged.asid = 1 + (u32) (merged_tables - nested);
  merged.nested_cr3 = (u64) merged_tables->pages;
  current = &merged;
}

/* The exit goes to the child, as if its own VMRUN had ended with it. */
static void
reflect (void)
{
  copy (&wanted->state, &merged.state, sizeof merged.state);
  copy (&wanted->exit_code, &merged.exit_code, 4 * sizeof (u64));
  wanted->event = 0;
  wanted->flush = 0;
  current = &own;
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
  if (current == &merged)
    reflect (); /* it comes to the child as an exit of its guest … */
  else if ((own.state.rflags & FLAG_IF) != 0)
    own.event = EVENT_VALID | PIC_VECTOR; /* … or as an interrupt */
}

/* EFER is the only one that counts, and SVME must stay set in it. EXITINFO1 is
 * 1 for WRMSR. */
static void
on_msr (void)
{
  bool is_efer = (u32) child.rcx == MSR_EFER;

  own.state.rip += 2;
  if (own.exit_info[0] == 0)
    set_pair (is_efer ? own.state.efer : 0);
  else if (is_efer)
    own.state.efer = pair () | EFER_SVME;
}

/* EXITINFO1: bit 0 is IN, 4 to 6 the size, 16 to 31 the port; EXITINFO2 where
 * to go on ("I/O Intercept Information"). */
static void
on_port (void)
{
  u64 info = own.exit_info[0];

  do_port (info & 1, (u16) (info >> 16), (u32) (info >> 4 & 7));
  own.state.rip = own.exit_info[1];
}

static void
on_own_exit (void)
{
  child.rax = own.state.rax;
  switch (own.exit_code) {
  case EXIT_CPUID:
    do_cpuid ();
    own.state.rip += 2;
    break;
  case EXIT_IO:
    on_port ();
    break;
  case EXIT_MSR:
    on_msr ();
    break;
  case EXIT_NPF:
    tables_fill (own.exit_info[1]);
    break;
  case EXIT_VMRUN:
    begin_merged ();
    break;
  case EXIT_STGI:
  case EXIT_CLGI:
    /* Its interrupts come when we say so; nothing is to be held off. */
    own.state.rip += 3;
    break;
  default:
    stop ("an exit that we do not know: #", own.exit_code);
  }
  own.state.rax = child.rax;
}

static void
on_merged_exit (void)
{
  u64 code = merged.exit_code, word = code / 32 - EXIT_INTR / 32;

  if (code == EXIT_NPF &&
      tables_fill_through (merged_tables, merged.exit_info[1]))
    return;
  /* The child asks for all that we ask for: a copy of us wrote its block. */
  if (word < 2 && (wanted->intercepts[word] & BIT (code)) == 0)
    stop ("an exit that the child did not ask for: #", code);
  reflect ();
}

static void
svm_run (void)
{
  make_block ();
  current = &own;
  /* With V_INTR_MASKING our own IF decides whether interrupts make our guest
   * exit, and GIF, which is clear from here on, keeps them from us. */
  __asm__ volatile("clgi; sti");
  for (;;) {
    svm_switch (&child.rax, (u64) current);
    current->flush = 0;
    child.exits++;
    /* An event whose delivery the exit cut short has to come again
     * ("Interrupting Event Delivery"; the format is the same). */
    current->event =
        (current->exit_event & EVENT_VALID) != 0 ? current->exit_event : 0;
    if (current->exit_code == ~0ull)
      stop ("the processor refused the control block: #", child.exits);
    if (current->exit_code == EXIT_INTR)
      on_interrupt_exit ();
    else if (current == &own)
      on_own_exit ();
    else
      on_merged_exit ();
  }
}

const struct virtualization svm = { "AMD-V ", svm_enable, svm_run };
