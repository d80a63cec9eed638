/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/* The kernel's first instructions.
 *
 * A multiboot loader (here the hypervisor itself) has put the kernel at 1 MiB
 * and enters it in 32-bit protected mode. All it needs to do is find a stack.
 */
        .section .multiboot, "a"
        .align  4
        .long   0x1badb002, 3, -(0x1badb002 + 3)

        .text
        .globl  _start
_start:
        cli
        mov     $stack_end, %esp
        call    kernel_main
1:      hlt
        jmp     1b

/* Each interrupt enters here through a stub of its own that pushes the number
 * of its vector (and a zero where the processor pushes no error code). */
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

/* Saves the registers, calls interrupt (frame), and goes on with the frame it
 * returns: that of the same task, or of another one. */
common:
        pusha
        cld
        push    %esp
        call    interrupt
        mov     %eax, %esp
        popa
        add     $8, %esp
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

        .bss
        .align  16
        .skip   16384
stack_end:
        .section .note.GNU-stack, "", @progbits
