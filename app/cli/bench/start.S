/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * How the benchmark's guest begins, and what only assembly can say.
 *
 * A multiboot 1 kernel as a flat binary (the header has the addresses): it is
 * entered at start in 32-bit protected mode without paging, with EBX at the
 * boot information. It maps the first GiB to itself with 2 MiB pages and the
 * 64 MiB from ARENA_PHYSICAL at 1 GiB with 4 KiB pages, all for user mode too,
 * turns on SSE, long mode and SYSCALL, and calls guest_main (info).
 * There is no interrupt table: what goes wrong is a triple fault.
 */
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0x00010003
        .set    ARENA_PHYSICAL, 0x1000000
        .set    ARENA_TABLES, 32
        .set    IN_USE, 0x67            /* present, writable, user, A, D */

        .section .multiboot, "a"
        .align  4
multiboot:
        .long   MAGIC
        .long   FLAGS
        .long   -(MAGIC + FLAGS)
        .long   multiboot
        .long   image_start
        .long   image_end
        .long   bss_end
        .long   start

        .text
        .code32
        .globl  start
start:
        cli
        cld
        movl    %ebx, %ebp
        xorl    %eax, %eax
        movl    $bss_start, %edi
        movl    $bss_end, %ecx
        subl    %edi, %ecx
        rep stosb
        movl    $stack_top, %esp

        movl    $pml4, %edi
        call    fill_pml4
        movl    $other_pml4, %edi
        call    fill_pml4
        movl    $low_directory + IN_USE, pointers
        movl    $arena_directory + IN_USE, pointers + 8

        movl    $low_directory, %edi
        movl    $0x80 | IN_USE, %eax
        movl    $512, %ecx
        movl    $0x200000, %edx
        call    fill
        movl    $arena_directory, %edi
        movl    $arena_tables + IN_USE, %eax
        movl    $ARENA_TABLES, %ecx
        movl    $0x1000, %edx
        call    fill
        movl    $arena_tables, %edi
        movl    $ARENA_PHYSICAL + IN_USE, %eax
        movl    $ARENA_TABLES * 512, %ecx
        call    fill

        movl    $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
        movl    %eax, %cr4
        movl    $pml4, %eax
        movl    %eax, %cr3
        movl    $0xc0000080, %ecx       /* EFER: LME and SCE */
        rdmsr
        orl     $0x101, %eax
        wrmsr
        movl    $0x80000033, %eax       /* PG, NE, ET, MP, PE */
        movl    %eax, %cr0
        lgdt    gdt_register
        ljmpl   $0x18, $wide

/* Points the table at EDI to the pointers. */
fill_pml4:
        movl    $pointers + IN_USE, (%edi)
        ret

/* ECX entries at EDI, from EAX on in steps of EDX. */
fill:
        movl    %eax, (%edi)
        addl    %edx, %eax
        addl    $8, %edi
        loop    fill
        ret

        .code64
wide:
        movl    $0x20, %eax
        movl    %eax, %ds
        movl    %eax, %es
        movl    %eax, %ss
        movl    $0xc0000081, %ecx       /* STAR: kernel 0x18, user 0x28 */
        xorl    %eax, %eax
        movl    $0x002b0018, %edx
        wrmsr
        movl    $0xc0000082, %ecx       /* LSTAR */
        movl    $entry, %eax
        xorl    %edx, %edx
        wrmsr
        movl    $0xc0000084, %ecx       /* SFMASK: nothing */
        xorl    %eax, %eax
        wrmsr
        movl    %ebp, %edi
        call    guest_main
1:      hlt
        jmp     1b

/* uint64_t guest_syscalls (uint64_t count): goes to user mode, which makes so
 * many system calls; the kernel counts them and returns the count. */
        .globl  guest_syscalls
guest_syscalls:
        pushq   %rbx
        pushq   %rbp
        movq    %rsp, kernel_stack
        movq    %rdi, %rbx
        xorl    %ebp, %ebp
        movl    $user, %ecx
        movl    $0x002, %r11d
        movl    $user_stack_top, %esp
        sysretq
user:   xorl    %eax, %eax
1:      syscall
        decq    %rbx
        jnz     1b
        movl    $1, %eax
        syscall
        ud2
entry:  testl   %eax, %eax
        jnz     1f
        incq    %rbp
        sysretq
1:      movq    kernel_stack, %rsp
        movq    %rbp, %rax
        popq    %rbp
        popq    %rbx
        ret

/* uint64_t guest_switches (uint8_t *pages, uint64_t count): loads CR3 with the
 * one and the other root in turns, and touches 16 pages after each. Returns
 * how often it found the pages as they should be. */
        .globl  guest_switches
guest_switches:
        movl    $pml4, %r8d
        movl    $other_pml4, %r9d
        xorl    %eax, %eax
1:      movq    %r9, %cr3
        xchgq   %r8, %r9
        .set    page, 0
        .rept   16
        incb    page(%rdi)
        .set    page, page + 4096
        .endr
        incq    %rax
        decq    %rsi
        jnz     1b
        ret

/* uint64_t guest_ports (uint64_t rounds): writes and reads port 0x80, which
 * has no effect on a PC; returns the accesses. */
        .globl  guest_ports
guest_ports:
        xorl    %ecx, %ecx
1:      movl    %ecx, %eax
        outb    %al, $0x80
        inb     $0x80, %al
        addq    $2, %rcx
        decq    %rdi
        jnz     1b
        movq    %rcx, %rax
        ret

/* void guest_vmrun (uint8_t *vmcb) */
        .globl  guest_vmrun
guest_vmrun:
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        movq    %rdi, %rax
        vmrun
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret

/* void guest_vmruns (uint8_t *vmcb, uint64_t count): the guest must leave all
 * registers alone. */
        .globl  guest_vmruns
guest_vmruns:
        movq    %rdi, %rax
1:      vmrun
        decq    %rsi
        jnz     1b
        ret

/* uint64_t guest_vmresumes (uint64_t count): the guest must leave all registers
 * alone. */
        .globl  guest_vmresumes
guest_vmresumes:
        pushq   %rbx
        movl    $0x6c14, %eax           /* host RSP */
        vmwrite %rsp, %rax
        movl    $0x6c16, %eax           /* host RIP */
        movq    $1f, %rcx
        vmwrite %rcx, %rax
        vmlaunch
        jmp     2f
1:      decq    %rdi
        jz      3f
        vmresume
2:      xorl    %eax, %eax
        popq    %rbx
        ret
3:      movl    $1, %eax
        popq    %rbx
        ret

        .data
        .align  16
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 0x08: 32-bit code */
        .quad   0x00cf93000000ffff      /* 0x10: data */
        .quad   0x00af9b000000ffff      /* 0x18: 64-bit code */
        .quad   0x00cf93000000ffff      /* 0x20: data */
        .quad   0x00cffb000000ffff      /* 0x28: user's 32-bit code */
        .quad   0x00cff3000000ffff      /* 0x30: user's data */
        .quad   0x00affb000000ffff      /* 0x38: user's 64-bit code */
gdt_end:
gdt_register:
        .word   gdt_end - gdt - 1
        .long   gdt

        .bss
        .align  4096
pml4:           .skip   4096
other_pml4:     .skip   4096
pointers:       .skip   4096
low_directory:  .skip   4096
arena_directory: .skip  4096
arena_tables:   .skip   ARENA_TABLES * 4096
        .skip   16384
stack_top:
        .skip   4096
user_stack_top:
kernel_stack:   .skip   8
