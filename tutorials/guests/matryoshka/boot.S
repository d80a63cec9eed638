/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Matryoshka, the assembly: how it starts, and the few instructions around a
 * world switch that C cannot say.
 *
 * The outermost copy is started by a multiboot loader in 32-bit mode and goes
 * to 64-bit mode (AMD64 manual volume 2, "Long-Mode Initialization Example").
 * All others are started by their parent right at `enter`, in the state that
 * we are in there: same descriptors, same page tables, since those lie in the
 * image and the image is the same.
 */

        .set    MULTIBOOT_MAGIC, 0x1badb002
        .set    MULTIBOOT_FLAGS, 0x00010002     /* memory map; addresses */
        .set    CODE, 0x08
        .set    DATA, 0x10
        .set    TASK, 0x18

        .section .boot, "ax"
        .code32
header: .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long   header, image_start, image_end, bss_end, boot

boot:   mov     $stack_end, %esp
        mov     %eax, %esi              /* 0x2badb002 */
        mov     %ebx, %edi              /* what the loader knows */
        mov     $tables, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x20, %eax             /* PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       /* EFER.LME */
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80000001, %eax       /* PG, PE */
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $CODE, $enter

/* Here every copy is in the same state but for RDI, the address of what it is
 * told, and RSI, who tells it. */
        .code64
        .globl  enter
enter:  lgdt    gdt_pointer
        mov     $DATA, %eax
        .irp    segment, ds, es, ss, fs, gs
        mov     %eax, %\segment
        .endr
        mov     $stack_end, %esp
        /* VT-x insists on a task register. Loading it marks the descriptor
         * busy, in an image that our child is copied from; so it is written
         * anew each time: base, then "available TSS". */
        movl    $task, gdt + TASK + 2
        movb    $0x89, gdt + TASK + 5
        mov     $TASK, %eax
        ltr     %ax
        call    start
1:      hlt
        jmp     1b

/* World switches ----------------------------------------------------------- */

        .text
        .macro  KEEP
        .irp    name, rbx, rbp, r12, r13, r14, r15
        push    %\name
        .endr
        .endm
        .macro  GIVE_BACK
        .irp    name, r15, r14, r13, r12, rbp, rbx
        pop     %\name
        .endr
        .endm

/* The guest's registers, in the order in which instructions number them; RAX
 * and RSP are the control block's business. RDI points to them, comes last on
 * the way in, and lies on top of the stack on the way out. */
        .macro  LOAD_GUEST
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        mov     8*\n(%rdi), %r\n
        .endr
        mov     8*1(%rdi), %rcx
        mov     8*2(%rdi), %rdx
        mov     8*3(%rdi), %rbx
        mov     8*5(%rdi), %rbp
        mov     8*6(%rdi), %rsi
        mov     8*7(%rdi), %rdi
        .endm
        .macro  SAVE_GUEST
        xchg    %rdi, (%rsp)
        .irp    n, 8, 9, 10, 11, 12, 13, 14, 15
        mov     %r\n, 8*\n(%rdi)
        .endr
        mov     %rcx, 8*1(%rdi)
        mov     %rdx, 8*2(%rdi)
        mov     %rbx, 8*3(%rdi)
        mov     %rbp, 8*5(%rdi)
        mov     %rsi, 8*6(%rdi)
        pop     8*7(%rdi)
        .endm

/* void svm_switch (u64 *registers, u64 vmcb): until the guest exits. */
        .globl  svm_switch
svm_switch:
        KEEP
        push    %rdi
        mov     %rsi, %rax
        LOAD_GUEST
        vmrun   %rax
        SAVE_GUEST
        GIVE_BACK
        ret

/* int vmx_switch (u64 *registers, int launched): 0 when the guest has exited,
 * 1 if it could not be entered. RAX is saved here, the VMCS has none. */
        .globl  vmx_switch, vmx_exit
vmx_switch:
        KEEP
        push    %rdi
        mov     %rsp, %rax
        mov     $0x6c14, %edx           /* host RSP */
        vmwrite %rax, %rdx
        mov     (%rdi), %rax
        test    %esi, %esi              /* MOV leaves the flags alone */
        LOAD_GUEST
        jnz     2f
        vmlaunch
        jmp     3f
2:      vmresume
3:      pop     %rdi                    /* it did not begin */
        mov     $1, %eax
        jmp     4f
vmx_exit:
        SAVE_GUEST
        mov     %rax, (%rdi)
        xor     %eax, %eax
4:      GIVE_BACK
        ret

/* Tables in the image ------------------------------------------------------ */

        .section .tables, "aw"
        .align  8
        .globl  gdt
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* code, 64 bits */
        .quad   0x00cf93000000ffff      /* data */
        .quad   0x67, 0                 /* task state, below 16 MiB */
gdt_pointer:
        .word   39
        .quad   gdt

/* The first GiB in 2-MiB pages, each where it is. */
        .align  4096
        .globl  tables
tables: .quad   tables + 0x1007
        .fill   511, 8, 0
        .quad   tables + 0x2007
        .fill   511, 8, 0
        .set    page, 0
        .rept   512
        .quad   page + 0x87             /* large, user, writable, present */
        .set    page, page + 0x200000
        .endr

        .bss
        .align  16
        .globl  task
task:   .skip   112
stack:  .skip   16384
stack_end:
