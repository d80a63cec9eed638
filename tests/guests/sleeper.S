/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest that sleeps three times (ACPI S3) and then switches itself off.
 *
 * It finds the tables as an operating system does, gives the FACS the address
 * to wake up at, fills memory with a pattern and sleeps. The first time it has
 * set the RTC's alarm. On COM1 it says "ASLEEP n" and "AWAKE n ssss SAME": its
 * PM1 status (WAK, RTC, PWRBTN), and whether memory is as it was.
 */

        .intel_syntax noprefix
        .code16

        .set    COM1, 0x3f8
        .set    PATTERN, 0x5a5a5a5a
        .set    SLP_S3, 1 << 10 | 1 << 13
        .set    SLP_S5, 0 << 10 | 1 << 13
        .set    STATUS_SHOWN, 0x8500

        .section .boot, "ax"
        .globl  _start
_start:
        ljmp    0, offset begin
begin:
        call    set_up
        mov     bp, offset fill
        call    each_range
        call    find_tables
        jmp     sleep

/* Where the firmware goes after a sleep, by any segment. */
woken:
        ljmp    0, offset awake
awake:
        call    set_up
        mov     si, offset text_awake
        call    say
        mov     al, [round]
        call    put
        mov     al, ' '
        call    put
        mov     dx, [events]
        in      ax, dx
        and     ax, STATUS_SHOWN
        mov     bx, ax
        mov     cx, 4
digit:
        rol     bx, 4
        mov     al, bl
        and     al, 15
        add     al, '0'                 /* none is above 9 */
        call    put
        loop    digit
        mov     bp, offset compare
        call    each_range
        mov     si, offset text_same
        call    say
        inc     byte ptr [round]
        cmp     byte ptr [round], '3'
        jb      sleep
        mov     bx, SLP_S5
        jmp     go

sleep:
        mov     dx, [events]
        mov     ax, 0xffff
        out     dx, ax
        add     dx, 2
        mov     ax, 0x500               /* RTC_EN, PWRBTN_EN */
        out     dx, ax
        mov     al, 0x0b
        out     0x70, al
        mov     al, 0x02                /* 24 hours, no alarm */
        cmp     byte ptr [round], '0'
        jne     set_alarm
        mov     al, 0x22
set_alarm:
        out     0x71, al
        mov     al, 0x0c                /* what has been is over */
        out     0x70, al
        in      al, 0x71
        mov     si, offset text_asleep
        call    say
        mov     al, [round]
        call    put
        mov     bx, SLP_S3
go:
        mov     dx, [control]
        in      ax, dx
        and     ax, 0xc3ff
        or      ax, bx
        out     dx, ax
stop:
        hlt
        jmp     stop

/* Segments, stack, and ES for all of memory. */
set_up:
        pop     di
        cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, 0x7c00
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        mov     bx, 8
        mov     es, bx
        and     al, 0xfe
        mov     cr0, eax
        xor     bx, bx                  /* the limit stays */
        mov     es, bx
        jmp     di

/* BP for every double word at EDI; EAX is what belongs there. */
each_range:
        mov     edi, 0x80000
        mov     ecx, 0x90000
        call    one_range
        mov     edi, 0x100000
        mov     ecx, 0x120000
one_range:
        mov     eax, edi
        xor     eax, PATTERN
        call    bp
        add     edi, 4
        cmp     edi, ecx
        jb      one_range
        ret
fill:
        mov     es:[edi], eax
        ret
compare:
        cmp     es:[edi], eax
        jne     lost
        ret
lost:
        mov     si, offset text_lost
        call    say
        jmp     stop

find_tables:
        mov     esi, 0xe0000 - 16
1:      add     esi, 16
        cmp     dword ptr es:[esi], 0x20445352 /* "RSD " */
        jne     1b
        mov     esi, es:[esi + 16]      /* RSDT, behind its header */
        add     esi, 36 - 4
1:      add     esi, 4
        mov     edi, es:[esi]
        cmp     dword ptr es:[edi], 0x50434146 /* "FACP" */
        jne     1b
        mov     ax, es:[edi + 56]
        mov     [events], ax
        mov     ax, es:[edi + 64]
        mov     [control], ax
        mov     edi, es:[edi + 36]      /* FACS */
        mov     dword ptr es:[edi + 12], offset woken
        /* Alarm: don't care about hours, minutes and seconds. */
        mov     al, 5
1:      out     0x70, al
        mov     ah, al
        mov     al, 0xc0
        out     0x71, al
        mov     al, ah
        sub     al, 2
        jnc     1b
        ret

say:
        lodsb
        test    al, al
        jz      1f
        call    put
        jmp     say
put:
        mov     dx, COM1
        out     dx, al
1:      ret

        .balign 4
gdt_pointer:
        .word   15
        .long   gdt
events:
        .word   0
control:
        .word   0
round:
        .byte   '0'
text_awake:
        .asciz  "\nAWAKE "
text_same:
        .asciz  " SAME"
text_lost:
        .asciz  " LOST"
text_asleep:
        .asciz  "\nASLEEP "
        .balign 8
gdt:
        .quad   0
        .quad   0x00cf92000000ffff      /* data, 4 GiB */
