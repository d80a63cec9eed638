/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Matryoshka, the assembly: how it starts, interrupts, and the few
 * instructions around a world switch that C cannot say.
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
        .globl  boot
boot:   jmp     boot32

        .align  4
header: .long   MULTIBOOT_MAGIC, MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
        .long   header, image_start, image_end, bss_end, boot

boot32: mov     $stack_end, %esp
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
enter:  mov     $DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $stack_end, %esp
        lgdt    gdt_pointer
        /* VT-x insists on a task register. The descriptor is written here: it
         * changes (busy) when it is loaded. */
        mov     $gdt_copy, %eax
        movq    $0x00af9b000000ffff, %rcx
        mov     %rcx, CODE(%rax)
        movq    $0x00cf93000000ffff, %rcx
        mov     %rcx, DATA(%rax)
        movq    $0x0000890000000067, %rcx
        mov     $task, %edx
        mov     %rdx, %rbx
        and     $0xffffff, %ebx
        shl     $16, %rbx
        or      %rbx, %rcx
        shr     $24, %rdx
        shl     $56, %rdx
        or      %rdx, %rcx
        mov     %rcx, TASK(%rax)
        lgdt    gdt_copy_pointer
        mov     $TASK, %eax
        ltr     %ax
        call    start
1:      hlt
        jmp     1b

/* Interrupts --------------------------------------------------------------- */

        .text
/* One entry for each vector: pushes its number, and 0 where the processor
 * pushes no error code. */
        .globl  vectors
        .align  16
vectors:
        .set    vector, 0
        .rept   33
        .align  16
        .if     !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17)
        push    $0
        .endif
        push    $vector
        jmp     interrupt
        .set    vector, vector + 1
        .endr

interrupt:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        cld
        mov     72(%rsp), %rdi          /* vector */
        mov     80(%rsp), %rsi          /* error code */
        mov     88(%rsp), %rdx          /* RIP */
        call    on_interrupt
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $16, %rsp
        iretq

/* World switches ----------------------------------------------------------- */

        .macro  KEEP
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        .endm
        .macro  GIVE_BACK
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        .endm

/* The guest's registers, in the order in which instructions number them; 0
 * and 4, RAX and RSP, are the control block's business. RDI points to them and
 * comes last. */
        .macro  LOAD_GUEST
        mov     8(%rdi), %rcx
        mov     16(%rdi), %rdx
        mov     24(%rdi), %rbx
        mov     40(%rdi), %rbp
        mov     48(%rdi), %rsi
        mov     64(%rdi), %r8
        mov     72(%rdi), %r9
        mov     80(%rdi), %r10
        mov     88(%rdi), %r11
        mov     96(%rdi), %r12
        mov     104(%rdi), %r13
        mov     112(%rdi), %r14
        mov     120(%rdi), %r15
        mov     56(%rdi), %rdi
        .endm
/* The pointer lies on top of the stack and is taken away. */
        .macro  SAVE_GUEST
        xchg    %rdi, (%rsp)
        mov     %rcx, 8(%rdi)
        mov     %rdx, 16(%rdi)
        mov     %rbx, 24(%rdi)
        mov     %rbp, 40(%rdi)
        mov     %rsi, 48(%rdi)
        mov     %r8, 64(%rdi)
        mov     %r9, 72(%rdi)
        mov     %r10, 80(%rdi)
        mov     %r11, 88(%rdi)
        mov     %r12, 96(%rdi)
        mov     %r13, 104(%rdi)
        mov     %r14, 112(%rdi)
        mov     %r15, 120(%rdi)
        pop     56(%rdi)
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
        mov     $0x6c14, %eax           /* host RSP */
        vmwrite %rsp, %rax
        mov     (%rdi), %rax
        test    %esi, %esi
        jnz     2f
        LOAD_GUEST
        vmlaunch
        jmp     3f
2:      LOAD_GUEST
        vmresume
3:      pop     %rdi                    /* it did not begin */
        mov     $1, %eax
        GIVE_BACK
        ret
vmx_exit:
        SAVE_GUEST
        mov     %rax, (%rdi)
        xor     %eax, %eax
        GIVE_BACK
        ret

/* Tables in the image ------------------------------------------------------ */

        .section .rodata
        .align  8
        .globl  gdt, gdt_end
gdt:    .quad   0
        .quad   0x00af9b000000ffff      /* code, 64 bits */
        .quad   0x00cf93000000ffff      /* data */
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   gdt
gdt_copy_pointer:
        .word   39
        .quad   gdt_copy

/* The first GiB in 2-MiB pages, each where it is. */
        .section .tables, "aw"
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
        .globl  stack_end, task, gdt_copy
task:   .skip   104
        .align  16
gdt_copy:
        .skip   40
        .align  16
stack:  .skip   16384
stack_end:
