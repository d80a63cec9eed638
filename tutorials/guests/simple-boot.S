/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The "Simple Boot" guest: everything a machine needs to come alive.
 *
 * The firmware loads the first 512 bytes of the disk to 0x7c00 and jumps there
 * in real mode. That boot sector asks the firmware (INT 13h) for the sectors
 * behind it and goes on in them: it paints the VGA's text memory at 0xb8000,
 * sets up the serial port COM1 by its registers, and then waits for keys
 * (INT 16h) and for serial input, and shows both on the screen and on COM1.
 * The timer interrupt keeps the tick counter moving; between interrupts the
 * processor halts, so an idle guest costs nothing.
 *
 *   Enter        a new line          F1    another colour
 *   Backspace    erases              Esc   restarts the machine
 *
 * On COM1 it says "MultiOS Lab: simple boot guest ready" when it is, and
 * "MultiOS Lab: restarting" before it pulses the processor's reset line
 * through the keyboard controller (command 0xfe at port 0x64).
 */

        .intel_syntax noprefix
        .code16

        .set    COM1, 0x3f8
        .set    COLUMNS, 80
        .set    TEXT_SEGMENT, 0xb800
        .set    BIOS_DATA, 0x40
        .set    TICKS, 0x6c             /* in the BIOS data area */

        .set    BLUE, 0x1f              /* white on blue: the screen */
        .set    FRAME, 0x1b
        .set    LABEL, 0x17
        .set    VALUE, 0x1e
        .set    BAR, 0x70

        /* The box to type in. */
        .set    BOX_TOP, 13
        .set    BOX_BOTTOM, 21
        .set    BOX_LEFT, 4
        .set    BOX_RIGHT, 75

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

        /* All sectors lie on the first track: one call, three tries. */
        mov     bp, 3
load:
        mov     bx, 0x7e00
        mov     ax, offset payload_sectors
        mov     ah, 0x02                /* read */
        mov     cx, 0x0002              /* cylinder 0, from sector 2 */
        xor     dh, dh                  /* head 0 */
        mov     dl, [drive]
        int     0x13
        jnc     loaded
        xor     ah, ah                  /* reset the drive */
        mov     dl, [drive]
        int     0x13
        dec     bp
        jnz     load
        mov     si, offset load_error
complain:
        lodsb
        test    al, al
        jz      stop
        mov     ah, 0x0e                /* teletype */
        mov     bx, 0x0007
        int     0x10
        jmp     complain
stop:
        hlt
        jmp     stop
loaded:
        jmp     main

drive:
        .byte   0
load_error:
        .asciz  "Simple Boot: the floppy cannot be read."

/* The rest ----------------------------------------------------------------- */

        .text
main:
        mov     ax, 0x0003              /* 80x25 text, clears the screen */
        int     0x10
        mov     ax, TEXT_SEGMENT
        mov     es, ax
        call    serial_init
        call    paint_screen
        call    paint_facts
        call    clear_box
        mov     si, offset ready
        call    serial_line

wait:
        call    paint_clock
        mov     ah, 0x01                /* a key? */
        int     0x16
        jnz     have_key
        call    serial_read
        jnc     have_byte
        hlt                             /* until the next interrupt */
        jmp     wait
have_key:
        xor     ah, ah                  /* take it: AL character, AH key */
        int     0x16
        cmp     ah, 0x3b                /* F1 */
        je      next_colour
        cmp     ah, 0x01                /* Esc */
        je      restart
        test    al, al
        jz      wait
have_byte:
        call    take_character
        jmp     wait

next_colour:
        mov     al, [colour]
        inc     al
        and     al, 0x0f
        cmp     al, BLUE >> 4           /* not blue on blue */
        jne     1f
        inc     al
1:      mov     [colour], al
        jmp     wait

restart:
        mov     si, offset restarting
        call    serial_line
        mov     al, 0xfe
        out     0x64, al
        jmp     stop

/* Typing ------------------------------------------------------------------- */

/* AL: a character, shown in the box and sent to COM1. */
take_character:
        cmp     al, 8
        je      erase
        cmp     al, 127
        je      erase
        cmp     al, 13
        je      enter
        cmp     al, 10
        je      enter
        cmp     al, 32
        jb      1f
        push    ax
        call    serial_write
        pop     ax
        call    cursor_address
        mov     ah, [colour]
        or      ah, BLUE & 0xf0
        stosw
        inc     byte ptr [column]
        cmp     byte ptr [column], BOX_RIGHT
        ja      new_line
        call    show_cursor
1:      ret

enter:
        mov     al, 13
        call    serial_write
        mov     al, 10
        call    serial_write
new_line:
        mov     byte ptr [column], BOX_LEFT
        cmp     byte ptr [row], BOX_BOTTOM
        je      1f
        inc     byte ptr [row]
        jmp     show_cursor
1:      mov     ax, 0x0601              /* scroll the box up by one */
        mov     bh, BLUE
        mov     cx, BOX_TOP << 8 | BOX_LEFT
        mov     dx, BOX_BOTTOM << 8 | BOX_RIGHT
        int     0x10
        jmp     show_cursor

erase:
        cmp     byte ptr [column], BOX_LEFT
        je      1f
        dec     byte ptr [column]
        call    cursor_address
        mov     ax, BLUE << 8 | ' '
        stosw
        call    show_cursor
        mov     al, 8
        call    serial_write
        mov     al, ' '
        call    serial_write
        mov     al, 8
        call    serial_write
1:      ret

/* DI: where the cursor is in text memory. Keeps AX. */
cursor_address:
        push    ax
        mov     al, [row]
        mov     ah, COLUMNS
        mul     ah
        add     al, [column]
        adc     ah, 0
        shl     ax, 1
        mov     di, ax
        pop     ax
        ret

show_cursor:
        mov     ah, 0x02
        xor     bh, bh
        mov     dh, [row]
        mov     dl, [column]
        int     0x10
        ret

clear_box:
        mov     byte ptr [row], BOX_TOP
        mov     byte ptr [column], BOX_LEFT
        jmp     show_cursor

/* Painting ----------------------------------------------------------------- */

/* SI: text that ends with 0; DI: where; AH: colour. Leaves DI behind it. */
put_text:
        lodsb
        test    al, al
        jz      1f
        stosw
        jmp     put_text
1:      ret

/* BX: a list of places and texts (word, byte, text, 0) that ends with -1. */
put_list:
        mov     si, bx
2:      lodsw
        cmp     ax, -1
        je      1b
        mov     di, ax
        lodsb
        mov     ah, al
        call    put_text
        jmp     2b

paint_screen:
        xor     di, di                  /* the bar */
        mov     ax, BAR << 8 | ' '
        mov     cx, COLUMNS
        rep     stosw
        mov     ax, BLUE << 8 | ' '
        mov     cx, COLUMNS * 23
        rep     stosw
        mov     ax, BAR << 8 | ' '
        mov     cx, COLUMNS
        rep     stosw

        mov     di, (1 * COLUMNS + 1) * 2
        mov     si, offset top_edge
        call    put_edge
        mov     di, (11 * COLUMNS + 1) * 2
        mov     si, offset middle_edge
        call    put_edge
        mov     di, (23 * COLUMNS + 1) * 2
        mov     si, offset bottom_edge
        call    put_edge
        mov     di, (2 * COLUMNS + 1) * 2
        mov     ax, FRAME << 8 | 0xba
        mov     cx, 21
3:      cmp     cx, 12                  /* the middle edge */
        je      4f
        es mov  [di], ax
        es mov  [di + 77 * 2], ax
4:      add     di, COLUMNS * 2
        loop    3b
        mov     bx, offset texts
        call    put_list

        mov     di, (9 * COLUMNS + 20) * 2
        mov     cx, 16                  /* a block in each colour */
        mov     ax, BLUE << 8 & 0xf000 | 0xdb
5:      stosw
        stosw
        stosw
        add     ah, 1
        loop    5b
        ret

/* SI: left corner, line, right corner; DI: where it begins. */
put_edge:
        mov     ah, FRAME
        lodsb
        stosw
        lodsb
        mov     cx, 76
        rep     stosw
        lodsb
        stosw
        ret

paint_facts:
        call    read_brand
        mov     di, (5 * COLUMNS + 20) * 2
        mov     ah, VALUE
        call    put_text

        mov     ax, 0xe801              /* KiB to 16 MiB, 64 KiB above */
        xor     cx, cx
        xor     dx, dx
        int     0x15
        jc      6f
        test    cx, cx
        jz      7f
        mov     ax, cx
        mov     bx, dx
7:      movzx   eax, ax
        movzx   ebx, bx
        shl     ebx, 6
        add     eax, ebx                /* firmware keeps a few KiB */
        add     eax, 1023
        shr     eax, 10
        inc     eax
        mov     di, (6 * COLUMNS + 20) * 2
        call    put_number
        mov     si, offset mebibytes
        call    put_text
6:      mov     di, (7 * COLUMNS + 20) * 2
        mov     si, offset floppy
        cmp     byte ptr [drive], 0x80
        jb      8f
        mov     si, offset disk
8:      mov     ah, VALUE
        jmp     put_text

/* SI: the processor's name, from CPUID. */
read_brand:
        mov     eax, 0x80000000
        cpuid
        cmp     eax, 0x80000004
        jb      vendor
        mov     di, offset brand
        mov     ebp, 0x80000002
9:      mov     eax, ebp
        cpuid
        call    store_registers
        inc     ebp
        cmp     ebp, 0x80000005
        jb      9b
        mov     byte ptr [brand + 48], 0
        mov     si, offset brand
10:     cmp     byte ptr [si], ' '      /* some names begin with blanks */
        jne     11f
        inc     si
        jmp     10b
11:     cmp     byte ptr [si], 0
        je      vendor
        ret
vendor:
        xor     eax, eax
        cpuid
        mov     [brand], ebx
        mov     [brand + 4], edx
        mov     [brand + 8], ecx
        mov     byte ptr [brand + 12], 0
        mov     si, offset brand
        ret

store_registers:
        mov     [di], eax
        mov     [di + 4], ebx
        mov     [di + 8], ecx
        mov     [di + 12], edx
        add     di, 16
        ret

/* The BIOS counts 18.2 ticks a second. */
paint_clock:
        mov     ax, BIOS_DATA
        mov     fs, ax
        fs mov  eax, [TICKS]
        cmp     eax, [shown_ticks]
        je      12f
        mov     [shown_ticks], eax
        mov     di, (8 * COLUMNS + 20) * 2
        call    put_number
        mov     ax, VALUE << 8 | ' '
        stosw
12:     ret

/* EAX in decimal at DI; AH is VALUE afterwards. */
put_number:
        mov     ebx, 10
        xor     cx, cx
13:     xor     edx, edx
        div     ebx
        push    dx
        inc     cx
        test    eax, eax
        jnz     13b
14:     pop     ax
        add     al, '0'
        mov     ah, VALUE
        stosw
        loop    14b
        ret

/* COM1 --------------------------------------------------------------------- */

/* 115200 baud, 8 bits, no parity; polled. The scratch register tells whether
 * there is a port at all. */
serial_init:
        mov     dx, COM1 + 7
        mov     al, 0x5a
        out     dx, al
        in      al, dx
        cmp     al, 0x5a
        jne     15f
        mov     byte ptr [serial], 1
        mov     si, offset serial_setup
16:     lodsb
        cmp     al, 0xff
        je      15f
        movzx   dx, al
        add     dx, COM1
        lodsb
        out     dx, al
        jmp     16b
15:     ret

/* AL: the byte to send. */
serial_write:
        cmp     byte ptr [serial], 0
        je      17f
        mov     ah, al
        mov     dx, COM1 + 5
        xor     cx, cx                  /* not for ever */
18:     in      al, dx
        test    al, 0x20
        loopz   18b
        mov     al, ah
        mov     dx, COM1
        out     dx, al
17:     ret

/* Carry: nothing is there; else AL. */
serial_read:
        cmp     byte ptr [serial], 0
        je      19f
        mov     dx, COM1 + 5
        in      al, dx
        test    al, 0x01
        jz      19f
        mov     dx, COM1
        in      al, dx
        clc
        ret
19:     stc
        ret

/* SI: a text, sent as a line. */
serial_line:
        lodsb
        test    al, al
        jz      20f
        call    serial_write
        jmp     serial_line
20:     mov     al, 13
        call    serial_write
        mov     al, 10
        jmp     serial_write

/* Data --------------------------------------------------------------------- */

        .macro  AT row, column, colour, text
        .word   (\row * COLUMNS + \column) * 2
        .byte   \colour
        .asciz  "\text"
        .endm

texts:
        AT      0, 2, BAR, "MultiOS Lab"
        AT      0, 62, BAR, "Simple Boot guest"
        AT      3, 4, BLUE, "This is a whole operating system: a boot sector and a few KiB behind it."
        AT      5, 4, LABEL, "Processor"
        AT      6, 4, LABEL, "Memory"
        AT      7, 4, LABEL, "Started from"
        AT      8, 4, LABEL, "Timer ticks"
        AT      9, 4, LABEL, "Colours"
        AT      11, 4, VALUE, " Type something "
        AT      24, 2, BAR, "Enter new line   Backspace erase   F1 colour   Esc restart"
        .word   -1
top_edge:
        .byte   0xc9, 0xcd, 0xbb
middle_edge:
        .byte   0xc7, 0xc4, 0xb6
bottom_edge:
        .byte   0xc8, 0xcd, 0xbc
mebibytes:
        .asciz  " MiB"
floppy:
        .asciz  "floppy disk A"
disk:
        .asciz  "hard disk"
ready:
        .asciz  "MultiOS Lab: simple boot guest ready"
restarting:
        .asciz  "\r\nMultiOS Lab: restarting"

/* Register and value: divisor 1, 8N1, FIFOs on and empty, DTR and RTS. */
serial_setup:
        .byte   1, 0x00,  3, 0x80,  0, 0x01,  1, 0x00,  3, 0x03
        .byte   2, 0xc7,  4, 0x03,  0xff

serial: .byte   0
row:    .byte   0
column: .byte   0
colour: .byte   0x0f
shown_ticks:
        .long   -1
brand:  .skip   49
