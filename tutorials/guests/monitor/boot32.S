/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The monitor's first instructions, and its interrupt stubs: 32-bit mode.
 *
 * A multiboot loader (Multiboot Specification 0.6.96) puts the ELF file into
 * memory and enters it in protected mode without paging, with flat segments
 * whose table may be gone: so the first thing is a table of our own.
 */
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x00000003       /* page aligned, memory map */

        .section .multiboot, "a"
        .align  4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

        .text
        .globl  _start
_start:
        cli
        mov     $stack_end, %esp
        lgdt    gdt_pointer
        ljmp    $0x08, $1f
1:      mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        push    $0
        popf
        call    kernel_main
2:      hlt
        jmp     2b

/* A stub for each vector pushes its number (and a zero where the processor
 * pushes no error code), so that trap() finds the same frame for all. */
        .altmacro
        .macro  STUB vector
stub_\vector:
        .if     \vector != 8 && (\vector < 10 || \vector > 14) && \vector != 17
        push    $0
        .endif
        push    $\vector
        jmp     common
        .endm

        .set    n, 0
        .rept   48
        STUB    %n
        .set    n, n + 1
        .endr

common:
        push    %eax
        push    %ecx
        push    %edx
        push    %ebx
        push    %ebp
        push    %esi
        push    %edi
        cld
        push    %esp
        call    trap
        add     $4, %esp
        pop     %edi
        pop     %esi
        pop     %ebp
        pop     %ebx
        pop     %edx
        pop     %ecx
        pop     %eax
        add     $8, %esp                /* vector and error code */
        iret

        .section .rodata
        .globl  stubs
        .macro  STUB_ADDRESS vector
        .long   stub_\vector
        .endm
stubs:
        .set    n, 0
        .rept   48
        STUB_ADDRESS %n
        .set    n, n + 1
        .endr

        .data
        .align  8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 0x08: code, 4 GiB */
        .quad   0x00cf93000000ffff      /* 0x10: data, 4 GiB */
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

        .bss
        .align  16
        .skip   16384
stack_end:

        .section .note.GNU-stack, "", @progbits
