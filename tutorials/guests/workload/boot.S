/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The workload guest's first instructions, its interrupt stubs, and what
 * the other processors execute when they are woken.
 *
 * A multiboot loader (Multiboot Specification 0.6.96) enters the first
 * processor in protected mode; EBX is what the loader tells. The others begin
 * in real mode at 0x8000, where main.c has put what is between `waking` and
 * `waking_end` (Intel SDM volume 3, "MP Initialization").
 */
        .set    WAKING, 0x8000

        .section .multiboot, "a"
        .align  4
        .long   0x1badb002, 3, -(0x1badb002 + 3)

        .text
        .globl  _start
_start:
        cli
        mov     $stacks + 4096, %esp
        lgdt    gdt_pointer
        ljmp    $0x08, $1f
1:      call    load_segments
        push    %ebx
        call    work_main
2:      cli
        hlt
        jmp     2b

load_segments:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        ret

        .globl  stub_timer
stub_timer:
        pusha
        cld
        call    timer_interrupt
        popa
        iret

        .globl  stub_fault
stub_fault:
        pusha
        cld
        call    page_fault
        popa
        add     $4, %esp                /* error code */
        iret

        .globl  stub_other
stub_other:
        iret

        .code16
        .globl  waking
waking: cli
        xor     %ax, %ax
        mov     %ax, %ds
        lgdtl   WAKING + waking_pointer - waking
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $0x08, $2f
        .align  4
waking_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
        .globl  waking_end
waking_end:

/* Each takes the next stack. */
        .code32
2:      mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $1, %eax
        lock xadd %eax, processors
        and     $31, %eax
        inc     %eax
        shl     $12, %eax
        add     $stacks, %eax
        mov     %eax, %esp
        call    other_main
3:      cli
        hlt
        jmp     3b

        .data
        .align  8
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 0x08: code, 4 GiB */
        .quad   0x00cf93000000ffff      /* 0x10: data, 4 GiB */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
        .globl  processors
processors:
        .long   1

        .bss
        .align  4096
stacks: .skip   4096 * 33
        .section .note.GNU-stack, "", @progbits
