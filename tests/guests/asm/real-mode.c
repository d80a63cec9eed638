/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Real mode, entered from protected mode and left again: interrupts through
 * the vector table, exceptions, segment arithmetic, 64 KiB wrap of the stack
 * pointer, 32-bit operands, string instructions, some decimal adjustment.
 *
 * Intel SDM volume 3, "Real-Address Mode Operation".
 */
#include "guest.h"

enum {
  CODE = 0x7000, /* the 16-bit part runs here, segment 0x700 */
  RESULTS = 0x6000,
  N_RESULTS = 15
};

extern u8 low_code[], low_code_end[];
void      enter_low (void);

__asm__(".globl enter_low\n"
        "enter_low:\n"
        "  pushal\n"
        "  movl %esp, saved_esp\n"
        "  sidt saved_idt\n"
        "  lidt low_idt\n"
        "  ljmpl $0x30, $(to_16 - low_code)\n"
        ".globl back_in_32\n"
        "back_in_32:\n"
        "  movl $0x10, %eax\n"
        "  movl %eax, %ds; movl %eax, %es; movl %eax, %ss\n"
        "  movl %eax, %fs; movl %eax, %gs\n"
        "  movl saved_esp, %esp\n"
        "  lidt saved_idt\n"
        "  popal\n"
        "  ret\n"
        ".align 4\n"
        "low_idt: .word 0x3ff; .long 0\n"
        "saved_idt: .skip 8\n"
        "saved_esp: .skip 4\n"

        ".code16\n"
        ".globl low_code\n"
        "low_code:\n"
        "to_16:\n"
        "  movw $0x38, %ax\n"
        "  movw %ax, %ds; movw %ax, %es; movw %ax, %ss\n"
        "  movw %ax, %fs; movw %ax, %gs\n"
        "  movl %cr0, %eax; andb $0xfe, %al; movl %eax, %cr0\n"
        "  ljmp $0x700, $(real - low_code)\n"
        "real:\n"
        "  xorw %ax, %ax\n"
        "  movw %ax, %ds; movw %ax, %es\n"
        "  movw $0x5000, %sp; movw %ax, %ss\n"
        "  movw $0x6000, %di\n"
        /* The vector table: 0 divide, 4 overflow, 6 undefined, 0x40. */
        "  movw $(on_divide - low_code), 0x00; movw %cs, 0x02\n"
        "  movw $(on_count - low_code), 0x10; movw %cs, 0x12\n"
        "  movw $(on_undefined - low_code), 0x18; movw %cs, 0x1a\n"
        "  movw $(on_count - low_code), 0x100; movw %cs, 0x102\n"
        "  xorl %ebx, %ebx\n"
        "  int $0x40\n"
        "  movl %ebx, %eax; stosl\n" /* 0: 1 */
        "  movb $0x7f, %al; incb %al; into\n"
        "  movl %ebx, %eax; stosl\n" /* 1: 2 */
        "  movw $5, %ax; xorw %cx, %cx; movw $0, %dx\n"
        "  divw %cx\n"
        "  movzwl %ax, %eax; stosl\n" /* 2: 0xd1d1, from the handler */
        "  ltrw %ax\n"                /* no tasks in real mode */
        "  movl %ebx, %eax; stosl\n"  /* 3: 0x10002 */
        /* Segments: 0x1000:0x10 is 0x10010 is 0x1001:0. */
        "  movw $0x1000, %ax; movw %ax, %es\n"
        "  movl $0xcafe1234, %es:0x10\n"
        "  movw $0x1001, %ax; movw %ax, %es\n"
        "  movl %es:0, %eax\n"
        "  pushw $0; popw %es; stosl\n" /* 4 */
        /* PUSH wraps from 0 to 0xfffe. */
        "  movw %sp, %bp; xorw %sp, %sp; pushw $0x55aa\n"
        "  movzwl %sp, %eax; movw %bp, %sp; stosl\n" /* 5: 0xfffe */
        /* Decimal adjustment. */
        "  movw $0x0035, %ax; subb $0x47, %al; das\n"
        "  pushfw; popw %dx; andw $0xd5, %dx\n"
        "  movzwl %ax, %eax; stosl; movzwl %dx, %eax; stosl\n" /* 6, 7 */
        "  movw $67, %ax; aam; movzwl %ax, %eax; stosl\n"
        "  movw $0x0607, %ax; aad; movzwl %ax, %eax; stosl\n" /* 9 */
        /* String instructions, backwards too. */
        "  movw $0x4000, %si; movl $0x64636261, (%si)\n"
        "  pushw %di; movw $0x4010, %di; movw $4, %cx; rep movsb\n"
        "  movl 0x4010, %eax; popw %di; stosl\n" /* 10 */
        "  std; movw $0x4003, %si; lodsb; lodsb; cld\n"
        "  movzbl %al, %eax; stosl\n" /* 11: 'c' */
        "  pushw %di; movw $0x4010, %di; movw $8, %cx; movb $'c', %al\n"
        "  repne scasb; popw %di; movzwl %cx, %eax; stosl\n" /* 12: 5 */
        "  movw $0x1234, %ax; xlatb\n"
        "  pushl $0x12345678; popl %eax; stosl\n" /* 13 */
        "  smsw %ax; andl $1, %eax; stosl\n"      /* 14: 0, still real mode */
        "  movl %cr0, %eax; orb $1, %al; movl %eax, %cr0\n"
        "  ljmpl $0x08, $back_in_32\n"
        "on_divide: movw %sp, %bp; addw $2, (%bp); movw $0xd1d1, %ax; iretw\n"
        "on_count: incl %ebx; iretw\n"
        "on_undefined: addl $0x10000, %ebx\n"
        "  movw %sp, %bp; addw $3, (%bp); iretw\n"
        ".globl low_code_end\n"
        "low_code_end:\n"
        ".code32\n");

int
main (void)
{
  u8 *to = (u8 *) CODE;

  for (u32 i = 0; i < (u32) (low_code_end - low_code); i++)
    to[i] = low_code[i];
  guest_gdt[6] = make_segment (CODE, 0xffff, 0x9b, 0);
  guest_gdt[7] = make_segment (0, 0xffff, 0x93, 0);
  enter_low ();
  for (u32 i = 0; i < N_RESULTS; i++) {
    put_dec (i);
    put (" ");
    show ("result", ((u32 *) RESULTS)[i]);
  }
  put ("real-mode: done\n");
  return 0;
}
