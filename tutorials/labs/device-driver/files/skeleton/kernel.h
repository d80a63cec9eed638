/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the kernel gives a driver, and the demo device's data sheet.
 */
#pragma once

typedef unsigned char      u8;
typedef unsigned short     u16;
typedef unsigned int       u32;
typedef unsigned long long u64;

/* What an interrupt leaves on the stack; boot.S pushes the upper part. */
typedef struct {
  u32 edi, esi, ebp, esp, ebx, edx, ecx, eax;
  u32 vector, error;
  u32 eip, cs, eflags;
} Frame;

static inline void
out8 (u16 port, u8 value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8
in8 (u16 port)
{
  u8 value;

  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline void
out32 (u16 port, u32 value)
{
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u32
in32 (u16 port)
{
  u32 value;

  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

/* Sleeps until the next interrupt; there are a hundred ticks a second. */
static inline void
sleep (void)
{
  __asm__ volatile("hlt" : : : "memory");
}

/* main.c */
void print (const char *text);
void print_number (u32 number);
void print_hex (u32 number);

/* board.c: interrupts, time, and the PCI bus's configuration space */
void                board_init (void);
u32                 pci_read (u32 slot, u32 offset);
void                pci_write (u32 slot, u32 offset, u32 value);
extern volatile u32 ticks; /* 100 a second */
extern volatile u32 calls; /* of demo_interrupt() */
/* What main.c is trying, for the watchdog. */
void watch (const char *name);

/* -- the device's data sheet ---------------------------------------------- */

#define DEMO_VENDOR 0x4d4f
#define DEMO_DEVICE 0x4c41
#define DEMO_ID     0x314f4d31

/* Registers, by their offset. */
#define ID          0x00
#define CTRL        0x08
#define STATUS      0x0c
#define CAUSE       0x10 /* writing 1 clears a bit */
#define ENABLE      0x14
#define TIMER_US    0x28
#define TIMER_CTRL  0x2c
#define TICKS       0x34
#define COPY_LOW    0x40
#define COPY_HIGH   0x44
#define COPY_OFFSET 0x48
#define COPY_BYTES  0x4c
#define COPY_CTRL   0x50
#define COPY_SUM    0x54
#define ERROR       0x58 /* 16 bits; clear CAUSE_ERROR to forget it */
#define FAULT       0x5a /* 16 bits */
#define SCRATCH     0x5c
#define BUFFER      0x1000 /* 4096 bytes */

#define CTRL_RESET     1
#define CTRL_INTERRUPT 2

#define CAUSE_TIMER 1 /* of CAUSE and ENABLE */
#define CAUSE_COPY  2
#define CAUSE_ERROR 16

#define STATUS_BUSY 2

#define TIMER_RUN      1
#define TIMER_PERIODIC 2

#define COPY_START    1
#define COPY_TO_GUEST 2 /* from the buffer to memory */
#define COPY_INVERT   4
#define COPY_SUM_UP   8

#define FAULT_NO_INTERRUPT 1
#define FAULT_COPY_FAILS   2
#define FAULT_CORRUPT      4
#define FAULT_SLOW         8
#define FAULT_STUCK        16

/* -- the driver: yours ----------------------------------------------------- */

/* probe.c: where the device's memory is; 0 until it was found. */
extern volatile u8 *demo;

static inline u32
get (u32 offset)
{
  return *(volatile u32 *) (demo + offset);
}

static inline void
put (u32 offset, u32 value)
{
  *(volatile u32 *) (demo + offset) = value;
}

static inline u16
get16 (u32 offset)
{
  return *(volatile u16 *) (demo + offset);
}

static inline void
put16 (u32 offset, u16 value)
{
  *(volatile u16 *) (demo + offset) = value;
}

/* 1: found and switched on. */
int demo_probe (void);

/* poll.c: waits; how often it had to look. 0: not written yet. */
u32 demo_wait (u32 us);

/* irq.c */
extern volatile u32 demo_causes; /* seen by the handler; you clear them */
extern volatile u32 demo_fired;  /* how often the timer was among them */
void                demo_enable (u32 causes);
void                demo_interrupt (void);
/* Lets the timer fire every @us; 0 stops it. 0: not written yet. */
int demo_timer (u32 us);

/* copy.c: @flags are COPY_TO_GUEST, _INVERT and _SUM_UP. */
void demo_copy_start (void *memory, u32 offset, u32 bytes, u32 flags);
/* Waits until it has ended. 0: not written yet. */
int demo_copy (void *memory, u32 offset, u32 bytes, u32 flags);

/* errors.c: copies to the device, and finds out whether it went well. */
typedef enum {
  NOT_WRITTEN,
  DEMO_OK,
  DEMO_FAILED,  /* the device says so */
  DEMO_CORRUPT, /* the buffer has other bytes than memory */
  DEMO_STUCK    /* it did not end within half a second; was reset */
} DemoResult;
DemoResult demo_send (const void *memory, u32 offset, u32 bytes);
