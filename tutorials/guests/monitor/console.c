/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Screen, serial port and keyboard.
 *
 * Text goes to the VGA's cells at 0xb8000 (character and colour) and to COM1;
 * lines come from COM1 and from the PS/2 keyboard (IBM's scan code set 1, as
 * the controller translates it).
 */
#include "tutorials/guests/monitor/monitor.h"

#define CELLS   ((volatile u16 *) 0xb8000)
#define COLUMNS 80
#define ROWS    25
#define INK     0x0700
#define KEYS    64 /* waiting; a power of two */

static u32           column, row;
static char          keys[KEYS];
static volatile u32  keys_in, keys_out;
static volatile char shift;

static const char plain[] =
    "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
    "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

static void
place_cursor (void)
{
  u32 at = row * COLUMNS + column;

  out8 (0x3d4, 14);
  out8 (0x3d5, (u8) (at >> 8));
  out8 (0x3d4, 15);
  out8 (0x3d5, (u8) at);
}

void
console_clear (void)
{
  for (u32 i = 0; i < COLUMNS * ROWS; i++)
    CELLS[i] = INK | ' ';
  row = column = 0;
  place_cursor ();
}

void
console_init (void)
{
  console_clear ();
  out8 (COM1 + 3, 0x80); /* the divisor: 115,200 baud */
  out8 (COM1 + 0, 1);
  out8 (COM1 + 1, 0);
  out8 (COM1 + 3, 0x03); /* 8 bits, no parity, one stop bit */
  out8 (COM1 + 2, 0x07); /* queues on, and empty */
  out8 (COM1 + 4, 0x0b); /* ready; interrupts reach the wire */
  out8 (COM1 + 1, 0x01); /* one for each byte that comes */
  irq_enable (1);
  irq_enable (4);
}

static void
scroll (void)
{
  for (u32 i = 0; i < COLUMNS * (ROWS - 1); i++)
    CELLS[i] = CELLS[i + COLUMNS];
  for (u32 i = COLUMNS * (ROWS - 1); i < COLUMNS * ROWS; i++)
    CELLS[i] = INK | ' ';
  row = ROWS - 1;
}

void
put (char c)
{
  if (c == '\n')
    serial_put ('\r');
  serial_put (c);
  if (c == '\n') {
    column = 0;
    row++;
  } else if (c == '\b') {
    if (column > 0)
      CELLS[row * COLUMNS + --column] = INK | ' ';
  } else {
    CELLS[row * COLUMNS + column++] = (u16) (INK | (u8) c);
  }
  if (column == COLUMNS) {
    column = 0;
    row++;
  }
  if (row == ROWS)
    scroll ();
  place_cursor ();
}

void
print (const char *text)
{
  while (*text != '\0')
    put (*text++);
}

static void
print_number (u64 number, u32 base, u32 width, char fill)
{
  char digits[24];
  u32  n = 0;

  /* By hand: 64-bit division has no instruction in 32-bit mode. */
  if (base == 16) {
    do {
      digits[n++] = "0123456789abcdef"[number & 15];
      number >>= 4;
    } while (number != 0);
  } else {
    do {
      u64 rest = 0, quotient = 0;

      for (int bit = 63; bit >= 0; bit--) {
        rest = rest << 1 | (number >> bit & 1);
        quotient <<= 1;
        if (rest >= 10) {
          rest -= 10;
          quotient |= 1;
        }
      }
      digits[n++] = (char) ('0' + rest);
      number = quotient;
    } while (number != 0);
  }
  while (n < width && n < sizeof digits)
    digits[n++] = fill;
  while (n > 0)
    put (digits[--n]);
}

void
print_format (const char *format, ...)
{
  __builtin_va_list list;

  __builtin_va_start (list, format);
  for (; *format != '\0'; format++) {
    u32  width = 0;
    char fill = ' ';

    if (*format != '%') {
      put (*format);
      continue;
    }
    format++;
    if (*format == '0')
      fill = '0';
    while (*format >= '0' && *format <= '9')
      width = width * 10 + (u32) (*format++ - '0');
    switch (*format) {
    case 's':
      print (__builtin_va_arg(list, const char *));
      break;
    case 'c':
      put ((char) __builtin_va_arg(list, int));
      break;
    case 'u':
      print_number (__builtin_va_arg(list, u32), 10, width, fill);
      break;
    case 'x':
      print_number (__builtin_va_arg(list, u32), 16, width, fill);
      break;
    case 'U':
      print_number (__builtin_va_arg(list, u64), 10, width, fill);
      break;
    case 'X':
      print_number (__builtin_va_arg(list, u64), 16, width, fill);
      break;
    case 'w':
      print_number (__builtin_va_arg(list, word), 16, width, fill);
      break;
    default:
      put (*format);
      break;
    }
  }
  __builtin_va_end (list);
}

/* Bytes wait in a ring until the shell wants them. */
static void
keep (char c)
{
  if (c != '\0' && keys_in - keys_out < KEYS)
    keys[keys_in++ % KEYS] = c;
}

void
console_key_interrupt (void)
{
  while ((in8 (COM1 + 5) & 1) != 0) {
    char c = (char) in8 (COM1);

    keep (c == '\r' ? '\n' : c == 0x7f ? '\b' : c);
  }
  while ((in8 (0x64) & 1) != 0) {
    u8 code = in8 (0x60);

    if ((code & 0x7f) == 0x2a || (code & 0x7f) == 0x36)
      shift = (code & 0x80) == 0;
    else if (code < sizeof plain)
      keep (shift ? shifted[code] : plain[code]);
  }
}

static char
read_key (void)
{
  /* STI takes effect after the next instruction, so no interrupt can come
   * between the look and the halt. */
  __asm__ volatile("cli");
  while (keys_in == keys_out)
    __asm__ volatile("sti; hlt; cli");
  __asm__ volatile("sti");
  return keys[keys_out++ % KEYS];
}

void
console_read_line (char *line, u32 size)
{
  u32 n = 0;

  for (;;) {
    char c = read_key ();

    if (c == '\n') {
      put ('\n');
      line[n] = '\0';
      return;
    }
    if (c == '\b') {
      if (n > 0) {
        n--;
        put ('\b');
      }
    } else if (c >= ' ' && n + 1 < size) {
      line[n++] = c;
      put (c);
    }
  }
}
