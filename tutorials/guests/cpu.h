/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Instructions that C cannot say, for the guests that are written in C: ports,
 * model-specific registers, CPUID, the time-stamp counter. In 32-bit and in
 * 64-bit mode.
 */
#pragma once

typedef _Bool bool;
typedef unsigned char      u8;
typedef unsigned short     u16;
typedef unsigned int       u32;
typedef unsigned long long u64;

static inline void
out8 (u16 port, u8 value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void
out16 (u16 port, u16 value)
{
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void
out32 (u16 port, u32 value)
{
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8
in8 (u16 port)
{
  u8 value;

  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u16
in16 (u16 port)
{
  u16 value;

  __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u32
in32 (u16 port)
{
  u32 value;

  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline u64
rdmsr (u32 msr)
{
  u32 low, high;

  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return (u64) high << 32 | low;
}

static inline void
wrmsr (u32 msr, u64 value)
{
  u32 high = (u32) (value >> 32);

  __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32) value), "d"(high));
}

static inline u64
rdtsc (void)
{
  u32 low, high;

  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64) high << 32 | low;
}

#ifdef __x86_64__
/* Copies and fills eight bytes at a time; multiples of that. */
static inline void
copy (void *to, const void *from, unsigned long bytes)
{
  bytes /= 8;
  __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
}

static inline void
fill (void *to, u64 value, unsigned long bytes)
{
  bytes /= 8;
  __asm__ volatile("rep stosq" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
}
#endif

static inline void
cpuid (u32 leaf, u32 subleaf, u32 out[4])
{
  __asm__ volatile("cpuid"
                   : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
                   : "a"(leaf), "c"(subleaf));
}
