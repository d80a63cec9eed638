/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The monitor's first instructions, and its interrupt stubs: 64-bit mode.
 *
 * A multiboot loader enters in 32-bit protected mode. Long mode needs page
 * tables first (Intel SDM volume 3, "Initializing IA-32e Mode"): the lowest
 * 4 GiB are mapped to themselves by pages of 2 MiB, in tables that paging.c
 * takes over. Then PAE, the tables' address, EFER.LME, and paging.
 */
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x00000003

        .section .multiboot, "a"
        .align  4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

        .text
        .code32
        .globl  _start
_start:
        cli
        mov     $stack_end, %esp
        /* Four page directories: entry i maps 2 MiB at i * 2 MiB. */
        mov     $boot_directories, %edi
        xor     %ecx, %ecx
1:      mov     %ecx, %eax
        shl     $21, %eax
        or      $0x83, %eax             /* present, writable, large */
        mov     %eax, (%edi, %ecx, 8)
        movl    $0, 4(%edi, %ecx, 8)
        inc     %ecx
        cmp     $2048, %ecx
        jne     1b
        /* One table of directory pointers, four entries. */
        mov     $boot_pointers, %edi
        mov     $boot_directories + 3, %eax
        xor     %ecx, %ecx
2:      mov     %eax, (%edi, %ecx, 8)
        add     $0x1000, %eax
        inc     %ecx
        cmp     $4, %ecx
        jne     2b
        movl    $boot_pointers + 3, boot_top

        mov     %cr4, %eax
        or      $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     $boot_top, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       /* EFER */
        rdmsr
        or      $0x900, %eax            /* LME, NXE */
        wrmsr
        mov     %cr0, %eax
        or      $0x80010000, %eax       /* PG, WP */
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $0x08, $long_mode

        .code64
long_mode:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %eax, %ss
        mov     $stack_end, %rsp
        push    $0
        popf
        call    kernel_main
3:      hlt
        jmp     3b

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
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rbp
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rdi
        mov     %rsp, %rbx              /* kept by trap() */
        and     $-16, %rsp              /* as the calling convention wants */
        call    trap
        mov     %rbx, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbp
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $16, %rsp               /* vector and error code */
        iretq

        .section .rodata
        .globl  stubs
        .macro  STUB_ADDRESS vector
        .quad   stub_\vector
        .endm
        .align  8
stubs:
        .set    n, 0
        .rept   48
        STUB_ADDRESS %n
        .set    n, n + 1
        .endr

        .data
        .align  8
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* 0x08: 64-bit code */
        .quad   0x00cf93000000ffff      /* 0x10: data */
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt
        .long   0

        .bss
        .align  4096
        .globl  boot_top
boot_top:
        .skip   4096
boot_pointers:
        .skip   4096
boot_directories:
        .skip   4 * 4096
        .skip   16384
stack_end:

        .section .note.GNU-stack, "", @progbits
