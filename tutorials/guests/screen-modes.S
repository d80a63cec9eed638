/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The "Screen Modes" guest: a walk through the modes of a PC's display.
 *
 * Loaded as simple-boot.S is. For each mode of a table it asks the VGA BIOS
 * (INT 10h) to set it, draws a pattern into video memory with its own hands,
 * as programs of the time did, and says "mode HHH shown" on COM1. Then it
 * waits: for a key, or for a byte on COM1. After the last mode it begins
 * again. The patterns:
 *
 *   text       all 256 characters in all 256 attributes
 *   CGA        even and odd lines, in their two banks
 *   planar     sixteen bars, through the map mask of the sequencer
 *   256        a ramp in both directions, linear at 0xa0000
 *   VBE        the same through the 64 KiB window and its bank (4F05h)
 *
 * A mode that the BIOS refuses is reported as "mode HHH refused".
 */

        .intel_syntax noprefix
        .code16

        .set    COM1, 0x3f8
        .set    GRAPHICS, 0xa000
        .set    CGA, 0xb800
        .set    MONO, 0xb000
        .set    CRTC_REGISTERS, 25

/* The boot sector ---------------------------------------------------------- */

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
        mov     [drive], dl
        mov     bp, 3                   /* tries */
load:
        mov     bx, 0x7e00
        mov     ax, offset payload_sectors
        mov     ah, 0x02
        mov     cx, 0x0002
        xor     dh, dh
        mov     dl, [drive]
        int     0x13
        jnc     main
        xor     ah, ah
        mov     dl, [drive]
        int     0x13
        dec     bp
        jnz     load
stop:
        hlt
        jmp     stop

drive:
        .byte   0

/* The walk ----------------------------------------------------------------- */

        .text
main:
        mov     dx, COM1 + 3            /* 8 bits, no parity */
        mov     al, 3
        out     dx, al
again:
        mov     bp, offset modes
next:
        mov     ax, [bp]                /* the mode */
        cmp     ax, -1
        je      again
        call    set_mode
        jc      refused
        mov     ax, [bp]
        mov     es, [bp + 2]
        call    [bp + 4]
        mov     si, offset shown
        jmp     say
refused:
        mov     si, offset refused_text
say:
        push    si
        mov     si, offset mode_text
        call    serial_text
        mov     ax, [bp]
        call    serial_number
        pop     si
        call    serial_text
        add     bp, 12
wait:
        mov     ah, 1
        int     0x16
        jnz     key
        mov     dx, COM1 + 5
        in      al, dx
        test    al, 1
        jz      pause
        mov     dx, COM1
        in      al, dx
        jmp     next
pause:
        hlt
        jmp     wait
key:
        xor     ah, ah
        int     0x16
        jmp     next

/* AX: the mode; VBE's have a number above 0xff. Carry: there is none. The BIOS
 * looks for the CRTC and for the flip-flop of the attribute controller where
 * colour has them, so they have to be there. */
set_mode:
        cmp     ax, 0x100
        jae     1f
        push    ax
        mov     dx, 0x3cc               /* miscellaneous output */
        in      al, dx
        or      al, 1
        mov     dx, 0x3c2
        out     dx, al
        pop     ax
        mov     bx, 0x03
        cmp     ax, 0x07
        je      monochrome
        mov     bx, 0x10
        cmp     ax, 0x0f
        je      monochrome
        int     0x10
        clc
        ret
/* The BIOS sets the CRTC before it has moved; it gets the registers of the
 * colour mode BX, which has the same shape. */
monochrome:
        push    ax
        mov     ax, bx
        int     0x10
        mov     dx, 0x3d4
        xor     si, si
21:     mov     ax, si
        out     dx, al
        inc     dx
        in      al, dx
        dec     dx
        mov     [crtc + si], al
        inc     si
        cmp     si, CRTC_REGISTERS
        jb      21b
        pop     ax
        int     0x10
        mov     dx, 0x3b4
        mov     ax, 0x0011              /* not protected */
        out     dx, ax
        xor     si, si
22:     mov     ax, si
        mov     ah, [crtc + si]
        out     dx, ax
        inc     si
        cmp     si, CRTC_REGISTERS
        jb      22b
        mov     dx, 0x3ba
        in      al, dx
        mov     dx, 0x3c0               /* the picture is on */
        mov     al, 0x20
        out     dx, al
        clc
        ret
1:      mov     bx, ax
        mov     ax, 0x4f02
        int     0x10
        cmp     ax, 0x004f
        jne     2f
        mov     word ptr [bank], 0
        clc
        ret
2:      stc
        ret

/* Patterns; ES: video memory, BP: the row of the table --------------------- */

        .set    WIDTH, 6                /* in the row: bytes or cells a line */
        .set    HEIGHT, 8               /* lines */
        .set    STEP, 10                /* bytes a pixel, for VBE */

draw_text:
        xor     di, di
        xor     ax, ax
        mov     cx, 256
3:      stosw                           /* character and attribute alike */
        add     ax, 0x0101
        loop    3b
        ret

/* Bytes 0, 1, 2 … along a line, one more each line; odd lines 8 KiB later. */
draw_cga:
        xor     bx, bx                  /* the line */
4:      mov     ax, bx
        shr     ax, 1
        mul     word ptr [bp + WIDTH]
        test    bl, 1
        jz      5f
        add     ax, 0x2000
5:      mov     di, ax
        mov     al, bl
        mov     cx, [bp + WIDTH]
6:      stosb
        inc     al
        loop    6b
        inc     bx
        cmp     bx, [bp + HEIGHT]
        jb      4b
        ret

/* Bar n of sixteen has colour n: in plane p it is there if bit p of n is. */
draw_planar:
        mov     ah, 1                   /* the plane's bit */
7:      mov     dx, 0x3c4
        mov     al, 2
        out     dx, ax
        xor     di, di
        mov     bx, [bp + HEIGHT]
8:      xor     cx, cx                  /* the byte of the line */
9:      push    ax
        mov     ax, cx
        shl     ax, 4
        xor     dx, dx
        div     word ptr [bp + WIDTH]   /* the bar */
        mov     dl, al
        pop     ax
        mov     al, 0
        test    dl, ah
        jz      10f
        mov     al, 0xff
10:     stosb
        inc     cx
        cmp     cx, [bp + WIDTH]
        jb      9b
        dec     bx
        jnz     8b
        shl     ah, 1
        cmp     ah, 16
        jb      7b
        ret

draw_256:
        xor     di, di
        xor     bx, bx
11:     mov     cx, [bp + WIDTH]
        mov     al, bl
12:     stosb
        inc     al
        loop    12b
        inc     bx
        cmp     bx, [bp + HEIGHT]
        jb      11b
        ret

/* The same byte for all bytes of a pixel, the bank switched when DI wraps. */
draw_vbe:
        xor     di, di
        xor     bx, bx
13:     mov     cx, [bp + WIDTH]
        mov     al, bl
14:     mov     dx, [bp + STEP]
15:     stosb
        test    di, di
        jnz     16f
        call    next_bank
16:     dec     dx
        jnz     15b
        inc     al
        loop    14b
        inc     bx
        cmp     bx, [bp + HEIGHT]
        jb      13b
        ret

/* As draw_vbe, for four bytes a pixel. */
draw_vbe32:
        xor     di, di
        xor     bx, bx
23:     mov     cx, [bp + WIDTH]
        mov     al, bl
24:     movzx   eax, al
        imul    eax, eax, 0x01010101
        stosd
        test    di, di
        jnz     25f
        call    next_bank
25:     inc     al
        loop    24b
        inc     bx
        cmp     bx, [bp + HEIGHT]
        jb      23b
        ret

next_bank:
        pusha
        inc     word ptr [bank]
        mov     dx, [bank]
        mov     ax, 0x4f05
        xor     bx, bx
        int     0x10
        popa
        ret

/* COM1 --------------------------------------------------------------------- */

serial_byte:
        push    dx
        push    ax
        mov     dx, COM1 + 5
17:     in      al, dx
        test    al, 0x20
        jz      17b
        pop     ax
        mov     dx, COM1
        out     dx, al
        pop     dx
        ret

serial_text:
        lodsb
        test    al, al
        jz      18f
        call    serial_byte
        jmp     serial_text
18:     ret

/* AX as three hexadecimal digits. */
serial_number:
        mov     cx, 3
        shl     ax, 4
19:     rol     ax, 4
        push    ax
        and     al, 15
        add     al, '0'
        cmp     al, '9'
        jbe     20f
        add     al, 'a' - '9' - 1
20:     call    serial_byte
        pop     ax
        loop    19b
        ret

/* Data --------------------------------------------------------------------- */

        .macro  MODE number, segment, draw, width, height, step=1
        .word   \number, \segment, offset \draw, \width, \height, \step
        .endm

modes:
        MODE    0x03, CGA, draw_text, 80, 25
        MODE    0x02, CGA, draw_text, 80, 25
        MODE    0x01, CGA, draw_text, 40, 25
        MODE    0x00, CGA, draw_text, 40, 25
        MODE    0x07, MONO, draw_text, 80, 25
        MODE    0x04, CGA, draw_cga, 80, 200
        MODE    0x05, CGA, draw_cga, 80, 200
        MODE    0x06, CGA, draw_cga, 80, 200
        MODE    0x0d, GRAPHICS, draw_planar, 40, 200
        MODE    0x0e, GRAPHICS, draw_planar, 80, 200
        MODE    0x0f, GRAPHICS, draw_planar, 80, 350
        MODE    0x10, GRAPHICS, draw_planar, 80, 350
        MODE    0x11, GRAPHICS, draw_planar, 80, 480
        MODE    0x12, GRAPHICS, draw_planar, 80, 480
        MODE    0x13, GRAPHICS, draw_256, 320, 200
        MODE    0x101, GRAPHICS, draw_vbe, 640, 480
        MODE    0x102, GRAPHICS, draw_planar, 100, 600
        MODE    0x103, GRAPHICS, draw_vbe, 800, 600
        MODE    0x105, GRAPHICS, draw_vbe, 1024, 768
        MODE    0x107, GRAPHICS, draw_vbe, 1280, 1024
        MODE    0x111, GRAPHICS, draw_vbe, 640, 480, 2
        MODE    0x112, GRAPHICS, draw_vbe, 640, 480, 3
        MODE    0x144, GRAPHICS, draw_vbe32, 1024, 768
        MODE    0x18c, GRAPHICS, draw_vbe32, 2560, 1600
        .word   -1

bank:
        .word   0
crtc:
        .skip   CRTC_REGISTERS
mode_text:
        .asciz  "mode "
shown:
        .asciz  " shown\r\n"
refused_text:
        .asciz  " refused\r\n"
