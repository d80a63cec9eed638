/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A guest that says on its screen, again and again, which drive it was started
 * from and what is in the drives now: the beginning of the floppy's second
 * sector and of the CD's sector 30, spaces for an empty drive. It is the boot
 * sector of either.
 */

        .intel_syntax noprefix
        .code16

        .set    CD, 0xe0                /* the firmware's number of it */
        .set    BUFFER, 0x8000
        .set    SHOWN, 16

        .section .boot, "ax"
        .globl  _start
_start:
        ljmp    0, offset begin
begin:
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7c00
        sti
        cld
        mov     si, offset from_cd
        cmp     dl, CD
        jae     started
        mov     si, offset from_floppy
started:
        mov     [from], si
        mov     ax, 3                   /* clears the screen */
        int     0x10
again:
        xor     dh, dh
        mov     si, [from]
        mov     cx, 20
        call    show

        call    blank
        mov     ax, 0x0201              /* one sector */
        mov     cx, 0x0002
        xor     dx, dx
        mov     bx, BUFFER
        int     0x13
        mov     dh, 1
        call    show_buffer

        call    blank
        mov     word ptr [packet + 2], 1 /* after an error it says 0 */
        mov     ah, 0x42
        mov     dl, CD
        mov     si, offset packet
        int     0x13
        mov     dh, 2
        call    show_buffer

        hlt
        hlt
        jmp     again

blank:
        mov     di, BUFFER
        mov     cx, SHOWN
        mov     al, ' '
        rep     stosb
        ret

/* CX characters at SI, in row DH. */
show_buffer:
        mov     si, BUFFER
        mov     cx, SHOWN
show:
        xor     dl, dl
        xor     bx, bx
        mov     ah, 2                   /* the cursor */
        int     0x10
1:      lodsb
        mov     ah, 0x0e                /* teletype */
        int     0x10
        loop    1b
        ret

from:
        .word   0
packet:
        .byte   16, 0
        .word   1
        .word   BUFFER, 0
        .quad   30
from_cd:                                /* of 20 characters each */
        .ascii  "Started from CD.    "
from_floppy:
        .ascii  "Started from floppy."
