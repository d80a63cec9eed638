/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How every test guest begins and ends.
 *
 * A multiboot 1 kernel: the loader enters at start in 32-bit protected mode
 * without paging. main() runs on a stack of its own; what it returns goes to
 * the debug exit port, so the run ends with status (value << 1) | 1.
 *
 * guest_try() calls a function; an exception in it comes back as its result,
 * with vector, error code and CR2 in guest_fault.
 */
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x00000003

        .section .multiboot, "a"
        .align  4
        .long   MAGIC
        .long   FLAGS
        .long   -(MAGIC + FLAGS)

        .text
        .globl  start
start:
        cli
        cld
        movl    $stack_top, %esp
        pushl   $0
        popfl
        movl    %ebx, guest_multiboot
        call    guest_init
        call    main
        outb    %al, $0xf4
1:      hlt
        jmp     1b

/* int guest_try (void (*function) (unsigned), unsigned argument);
 * 0, or the vector plus one. */
        .globl  guest_try
guest_try:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        pushl   recover_esp
        movl    %esp, recover_esp
        movl    24(%esp), %eax
        pushl   28(%esp)
        call    *%eax
        addl    $4, %esp
        xorl    %eax, %eax
leave_try:
        popl    recover_esp
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        ret

/* Exceptions 0 to 31. Those that push no error code get a zero. */
        .macro  stub vector
        .align  16
        .if     !((\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17))
        pushl   $0
        .endif
        pushl   $\vector
        jmp     exception
        .endm

        .align  16
        .globl  guest_stubs
guest_stubs:
        .set    n, 0
        .rept   32
        stub    n
        .set    n, n + 1
        .endr

/* Stack: vector, error, EIP, CS, EFLAGS [, ESP, SS]. */
exception:
        pushal
        movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movl    %cr2, %eax
        movl    %eax, guest_fault + 8
        movl    32(%esp), %eax
        movl    %eax, guest_fault
        movl    36(%esp), %ebx
        movl    %ebx, guest_fault + 4
        movl    40(%esp), %ebx
        movl    %ebx, guest_fault + 12
        movl    44(%esp), %ebx
        movl    %ebx, guest_fault + 16
        movl    guest_handlers(,%eax,4), %ebx
        testl   %ebx, %ebx
        jz      1f
        leal    32(%esp), %eax
        pushl   %eax
        call    *%ebx
        addl    $4, %esp
        testl   %eax, %eax
        jz      1f
        popal
        addl    $8, %esp
        iretl
/* Nobody handles it: back to guest_try(). */
1:      movl    guest_fault, %eax
        incl    %eax
        movl    recover_esp, %esp
        movl    %ss:(%esp), %ebx
        movw    $0x10, %bx
        movw    %bx, %ss
        jmp     leave_try

        .globl  guest_load_segments
guest_load_segments:
        ljmpl   $0x08, $1f
1:      movw    $0x10, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %fs
        movw    %ax, %gs
        movw    %ax, %ss
        ret

        .bss
        .align  16
        .globl  guest_multiboot
guest_multiboot:
        .skip   16
        .globl  guest_fault
guest_fault:
        .skip   20
recover_esp:
        .skip   4
        .align  16
        .skip   16384
        .globl  stack_top
stack_top:
