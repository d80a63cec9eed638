/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Paging of both 32-bit kinds: error codes and CR2 of every sort of page
 * fault, accessed and dirty bits, large pages, write protection, INVLPG,
 * global pages, no-execute, and page tables that point at themselves.
 *
 * Intel SDM volume 3, "Paging", "Page-Fault Exceptions".
 */
#include "guest.h"

enum {
  P = 1,
  W = 2,
  U = 4,
  A = 0x20,
  D = 0x40,
  PS = 0x80,
  G = 0x100,
  EFER = 0xc0000080,
  NXE = 0x800
};

/* Where tests map things: 1 GiB and on. */
#define SPOT 0x40000000u

static u32 directory[1024] __attribute__ ((aligned (4096)));
static u32 table[1024] __attribute__ ((aligned (4096)));
static u64 pdpt[4] __attribute__ ((aligned (4096)));
static u64 wide_directory[4][512] __attribute__ ((aligned (4096)));
static u64 wide_table[512] __attribute__ ((aligned (4096)));
static u8  page_a[4096] __attribute__ ((aligned (4096)));
static u8  page_b[4096] __attribute__ ((aligned (4096)));

static void
read_at (u32 address)
{
  (void) *(volatile u8 *) address;
}

static void
write_at (u32 address)
{
  *(volatile u8 *) address = 1;
}

static void
run_at (u32 address)
{
  ((void (*) (void)) address) ();
}

static void
read_word_across (u32 address)
{
  (void) *(volatile u32 *) (address + 0xffe);
}

static void
show_page_fault (const char *name, int result)
{
  show_fault (name, result);
  if (result == 15)
    show (" cr2", guest_fault.cr2);
}

/* As ring 3 sees it: the access goes through a user code segment. */
__asm__(".globl as_user\n"
        "as_user:\n"
        "  movl 4(%esp), %esi\n"
        "  movl %esp, user_esp\n"
        "  movl $0x23, %eax; movl %eax, %ds; movl %eax, %es\n"
        "  pushl $0x23; pushl $user_stack_top; pushl $2; pushl $0x1b\n"
        "  pushl $1f\n"
        "  iretl\n"
        "1: movb (%esi), %al\n"
        "  movb %al, (%esi)\n"
        "  int $0x40\n"
        ".globl back_from_user\n"
        "back_from_user:\n"
        "  movl $0x10, %eax; movl %eax, %ds; movl %eax, %es\n"
        "  movl user_esp, %esp\n"
        "  ret\n"
        ".bss; user_esp: .skip 4; .align 16; .skip 256; user_stack_top:\n"
        ".text\n");
void      as_user (u32 address);
extern u8 back_from_user[];

static void
set (u32 entry)
{
  table[0] = entry;
  invlpg (SPOT);
}

static void
show_bits (const char *name)
{
  put (name);
  put (table[0] & A ? " accessed" : " -");
  put (table[0] & D ? " dirty\n" : " -\n");
}

static void
test_narrow (void)
{
  u32 a = (u32) page_a;

  /* The first gigabyte one to one with 4 MiB pages, also for ring 3. */
  for (u32 i = 0; i < 256; i++)
    directory[i] = i << 22 | PS | U | W | P;
  directory[SPOT >> 22] = (u32) table | U | W | P;
  write_cr4 (read_cr4 () | 0x10);
  write_cr3 ((u32) directory);
  write_cr0 (read_cr0 () | 0x80000000u);
  put ("paging on\n");

  set (0);
  show_page_fault ("read absent", guest_try (read_at, SPOT + 0x123));
  show_page_fault ("write absent", guest_try (write_at, SPOT + 0x456));
  show_page_fault ("run absent", guest_try (run_at, SPOT + 0x789));
  show_page_fault ("user absent", guest_try (as_user, SPOT + 4));
  set (a | W | P);
  show_bits ("fresh");
  show_page_fault ("read", guest_try (read_at, SPOT));
  show_bits ("read");
  show_page_fault ("write", guest_try (write_at, SPOT));
  show_bits ("written");
  show_page_fault ("user on supervisor", guest_try (as_user, SPOT + 8));
  set (a | U | P);
  show_page_fault ("user write read-only", guest_try (as_user, SPOT + 12));
  show_page_fault ("supervisor write, WP off", guest_try (write_at, SPOT));
  write_cr0 (read_cr0 () | 0x10000);
  show_page_fault ("supervisor write, WP on", guest_try (write_at, SPOT));
  write_cr0 (read_cr0 () & ~0x10000u);
  show_page_fault ("across into absent", guest_try (read_word_across, SPOT));
  /* The directory's rights count too. */
  directory[SPOT >> 22] &= ~(u32) U;
  write_cr3 ((u32) directory);
  set (a | U | W | P);
  show_page_fault ("user, directory says no", guest_try (as_user, SPOT));
  directory[SPOT >> 22] = 0;
  write_cr3 ((u32) directory);
  show_page_fault ("no table", guest_try (read_at, SPOT + 0x555));
  directory[SPOT >> 22] = (u32) table | U | W | P;
  write_cr3 ((u32) directory);
}

static void
test_tlb (void)
{
  page_a[0] = 0xaa;
  page_b[0] = 0xbb;
  set ((u32) page_a | W | P);
  show ("maps a", *(volatile u8 *) SPOT);
  table[0] = (u32) page_b | W | P;
  invlpg (SPOT);
  show ("maps b after invlpg", *(volatile u8 *) SPOT);
  table[0] = (u32) page_a | W | P;
  write_cr3 ((u32) directory);
  show ("maps a after cr3", *(volatile u8 *) SPOT);
  write_cr4 (read_cr4 () | 0x80);
  set ((u32) page_a | G | W | P);
  (void) *(volatile u8 *) SPOT;
  table[0] = (u32) page_b | W | P;
  write_cr4 (read_cr4 () & ~0x80u);
  show ("maps b after cr4.pge", *(volatile u8 *) SPOT);
}

/* A directory as its own table: the tables appear in memory. */
static void
test_self (void)
{
  directory[1023] = (u32) directory | W | P;
  write_cr3 ((u32) directory);
  show ("directory through itself",
        (((volatile u32 *) 0xfffff000u)[1023] & ~(u32) D) ==
            ((u32) directory | W | P | A));
  show ("table through the directory",
        ((volatile u32 *) (0xffc00000u + (SPOT >> 10)))[0] == table[0]);
}

static void
test_wide (void)
{
  u32 a = (u32) page_a;

  write_cr0 (read_cr0 () & ~0x80000000u);
  for (u32 i = 0; i < 4; i++) {
    pdpt[i] = (u32) wide_directory[i] | P;
    for (u32 j = 0; i == 0 && j < 512; j++)
      wide_directory[0][j] = (u64) j << 21 | PS | U | W | P;
  }
  wide_directory[1][0] = (u32) wide_table | U | W | P;
  write_cr4 (read_cr4 () | 0x20);
  write_cr3 ((u32) pdpt);
  write_msr (EFER, read_msr (EFER) | NXE);
  write_cr0 (read_cr0 () | 0x80000000u);
  put ("PAE on\n");

  page_a[0] = 0xc3; /* RET */
  show_page_fault ("read absent", guest_try (read_at, SPOT));
  wide_table[0] = a | W | P;
  invlpg (SPOT);
  show_page_fault ("run allowed", guest_try (run_at, SPOT));
  wide_table[0] = a | W | P | 1ull << 63;
  invlpg (SPOT);
  show_page_fault ("read no-execute", guest_try (read_at, SPOT));
  show_page_fault ("run no-execute", guest_try (run_at, SPOT));
  write_cr0 (read_cr0 () & ~0x80000000u);
}

int
main (void)
{
  set_gate (0x40, back_from_user, 0xee);
  test_narrow ();
  test_tlb ();
  test_self ();
  test_wide ();
  put ("paging: done\n");
  return 0;
}
