/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 64-bit mode and its compatibility mode: the way in and out, addresses that
 * are not canonical, RIP-relative data, SYSCALL and SYSRET, IRETQ, an interrupt
 * stack, 2 MiB and 4 KiB pages, no-execute, CMPXCHG16B, SWAPGS.
 *
 * The C part is 32-bit; the 64-bit part leaves its results in memory.
 *
 * Intel SDM volume 3, "IA-32e Mode", "Exception and Interrupt Handling in
 * 64-bit Mode"; AMD64 APM volume 2, "SYSCALL and SYSRET".
 */
#include "guest.h"

enum {
  EFER = 0xc0000080,
  STAR = 0xc0000081,
  LSTAR = 0xc0000082,
  FMASK = 0xc0000084,
  GS_BASE = 0xc0000101,
  KERNEL_GS_BASE = 0xc0000102,
  SEL_CODE64 = 0x30,
  SEL_TSS64 = 0x60,
  N_RESULTS = 21
};

static u64 pml4[512] __attribute__ ((aligned (4096)));
static u64 pdpt[512] __attribute__ ((aligned (4096)));
static u64 directory[512] __attribute__ ((aligned (4096)));
static u64 table[512] __attribute__ ((aligned (4096)));
static u64 idt64[64 * 2] __attribute__ ((aligned (16)));
static u32 tss64[26] __attribute__ ((aligned (16)));
static u8  ist_stack[4096] __attribute__ ((aligned (16)));
u64        results[N_RESULTS];
u8         user_stack[4096] __attribute__ ((aligned (16)));
struct {
  u16 limit;
  u32 base, base_high;
} __attribute__ ((packed)) idt64_pointer, idt32_pointer;

void      run_long (void);
extern u8 fault64[], syscall_entry[], page_fault64[];

__asm__(".globl run_long\n"
        "run_long:\n"
        "  pushal\n"
        "  movl %esp, long_esp\n"
        "  sidt idt32_pointer\n"
        "  ljmpl $0x30, $in_long\n"
        "back_in_compat:\n"
        "  movl $0x10, %eax; movl %eax, %ss\n"
        "  movl long_esp, %esp\n"
        "  popal\n"
        "  ret\n"
        ".bss; .align 16; pair: .skip 16; long_esp: .skip 8\n"
        "resume: .skip 8; cursor: .skip 8\n"
        ".text\n"
        ".code64\n"
        "in_long:\n"
        "  lidt idt64_pointer(%rip)\n"
        "  leaq results(%rip), %rdi\n"
        "  cld\n"
        "  movabsq $0x123456789abcdef0, %rax; stosq\n" /* 0 */
        "  movl $0xffffffff, %eax; incq %rax; stosq\n" /* 1 */
        "  movq %rsp, %rbp\n"
        /* Faults: the handler stores vector, error, CR2 or 0, and goes on at
         * resume. 2..4: non-canonical load, 5..7: stack, 8..10: absent page,
         * 11..13: no-execute. */
        "  leaq 1f(%rip), %rax; movq %rax, resume(%rip)\n"
        "  movabsq $0x8000000000000000, %rbx\n"
        "  movq (%rbx), %rax\n"
        "1: leaq 3f(%rip), %rax; movq %rax, resume(%rip)\n"
        "  movl $0x40001234, %ebx; movb %al, (%rbx)\n"
        "3: leaq 4f(%rip), %rax; movq %rax, resume(%rip)\n"
        "  movl $0x40002000, %ebx; jmp *%rbx\n"
        "4:\n"
        /* CMPXCHG16B equal, then different. */
        "  movq $1, pair(%rip); movq $2, pair+8(%rip)\n"
        "  movl $1, %eax; movl $2, %edx; movl $3, %ebx; movl $4, %ecx\n"
        "  lock cmpxchg16b pair(%rip)\n"
        "  setz %al; movzbl %al, %eax; stosq\n" /* 11: 1 */
        "  movq pair+8(%rip), %rax; stosq\n"    /* 12: 4 */
        "  xorl %eax, %eax; xorl %edx, %edx\n"
        "  lock cmpxchg16b pair(%rip)\n"
        "  stosq; movq %rdx, %rax; stosq\n" /* 13: 3, 14: 4 */
        /* SWAPGS. */
        "  movq %gs:0, %rax; stosq; swapgs; movq %gs:0, %rax; stosq; swapgs\n"
        /* Ring 3 by IRETQ, back by SYSCALL, out again by SYSRET, and back. */
        "  movq %rdi, cursor(%rip)\n"
        "  pushq $0x4b\n"
        "  leaq user_stack+4096(%rip), %rax; pushq %rax\n"
        "  pushq $0x202; pushq $0x53\n"
        "  leaq in_user(%rip), %rax; pushq %rax\n"
        "  iretq\n"
        "in_user:\n"
        "  movq %cs, %r12\n"
        "  xorl %r15d, %r15d\n"
        "  stc\n"
        "  syscall\n"
        "  movq %cs, %r13\n"
        "  incl %r15d\n"
        "  syscall\n"
        "  ud2\n"
        ".globl syscall_entry\n"
        "syscall_entry:\n"
        "  testl %r15d, %r15d\n"
        "  jnz 5f\n"
        "  movq %r11, %r14\n"
        "  sysretq\n"
        "5: movq long_esp(%rip), %rsp\n"
        "  movq cursor(%rip), %rdi\n"
        "  movq %r12, %rax; stosq\n"                      /* 17: cs in ring 3 */
        "  movq %r13, %rax; stosq\n"                      /* 18: after SYSRET */
        "  movq %r14, %rax; andl $0x201, %eax; stosq\n"   /* 19: RFLAGS kept */
        "  pushfq; popq %rax; andl $0x200, %eax; stosq\n" /* 20: masked */
        "  lidt idt32_pointer(%rip)\n"
        "  movl $0x10, %eax; movl %eax, %ds; movl %eax, %es\n"
        "  pushq $0x08\n"
        "  leaq back_in_compat(%rip), %rax; pushq %rax\n"
        "  lretq\n"
        /* Faults with an error code: on the interrupt stack. */
        ".globl fault64\n"
        "fault64:\n"
        "  movl $13, %eax; cmpw $0x28, 32(%rsp)\n"
        "  jmp 6f\n"
        ".globl page_fault64\n"
        "page_fault64:\n"
        "  movl $14, %eax\n"
        "6: stosq\n"
        "  movq (%rsp), %rax; stosq\n"
        "  xorl %eax, %eax; cmpl $14, -16(%rdi); jne 7f\n"
        "  movq %cr2, %rax\n"
        "7: stosq\n"
        "  addq $8, %rsp\n"
        "  movq resume(%rip), %rax; movq %rax, (%rsp)\n"
        "  iretq\n"
        ".globl stack_fault64\n"
        "stack_fault64:\n"
        "  movl $12, %eax; jmp 6b\n"
        ".code32\n");
extern u8 stack_fault64[];

static void
set_gate64 (u32 vector, void *target, u32 ist)
{
  idt64[vector * 2] = make_gate (target, SEL_CODE64, 0x8e) | (u64) ist << 32;
  idt64[vector * 2 + 1] = 0;
}

static u8 gs_a[8] = { 0xaa }, gs_b[8] = { 0xbb };

int
main (void)
{
  pml4[0] = (u32) pdpt | 7;
  pdpt[0] = (u32) directory | 7;
  for (u32 i = 0; i < 511; i++)
    directory[i] = (u64) i << 21 | 0x87;
  /* 1 GiB: a page table of its own; page 2 may not be executed. */
  {
    static u64 second[512] __attribute__ ((aligned (4096)));

    second[0] = (u32) table | 7;
    pdpt[1] = (u32) second | 7;
  }
  table[2] = 0x2007 | 1ull << 63;

  guest_gdt[SEL_CODE64 / 8] = make_segment (0, 0xfffff, 0x9b, 0xa);
  guest_gdt[7] = make_segment (0, 0xfffff, 0x93, 0xc);
  guest_gdt[8] = make_segment (0, 0xfffff, 0xfb, 0xc);
  guest_gdt[9] = make_segment (0, 0xfffff, 0xf3, 0xc);
  guest_gdt[10] = make_segment (0, 0xfffff, 0xfb, 0xa);
  guest_gdt[SEL_TSS64 / 8] =
      make_segment ((u32) tss64, sizeof tss64 - 1, 0x89, 0);
  guest_gdt[SEL_TSS64 / 8 + 1] = 0;
  tss64[9] = (u32) ist_stack + sizeof ist_stack; /* IST1 */
  set_gate64 (12, stack_fault64, 1);
  set_gate64 (13, fault64, 1);
  set_gate64 (14, page_fault64, 1);
  idt64_pointer.limit = sizeof idt64 - 1;
  idt64_pointer.base = (u32) idt64;

  write_cr4 (read_cr4 () | 0x20);
  write_cr3 ((u32) pml4);
  write_msr (EFER, read_msr (EFER) | 0x901); /* NXE, LME, SCE */
  write_cr0 (read_cr0 () | 0x80000000u);
  show ("LMA", (u32) read_msr (EFER) >> 10 & 1);
  write_msr (STAR, (u64) 0x40 << 48 | (u64) SEL_CODE64 << 32);
  write_msr (LSTAR, (u32) syscall_entry);
  write_msr (FMASK, 0x200);
  write_msr (GS_BASE, (u32) gs_a);
  write_msr (KERNEL_GS_BASE, (u32) gs_b);
  __asm__ volatile("ltr %w0" : : "r"(SEL_TSS64));
  run_long ();
  write_cr0 (read_cr0 () & ~0x80000000u);
  show ("LMA", (u32) read_msr (EFER) >> 10 & 1);
  for (u32 i = 0; i < N_RESULTS; i++) {
    put_dec (i);
    put (" ");
    put_hex ((u32) (results[i] >> 32));
    put_hex ((u32) results[i]);
    put_char ('\n');
  }
  put ("long-mode: done\n");
  return 0;
}
