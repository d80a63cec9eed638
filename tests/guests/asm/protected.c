/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Protected mode: every exception a program can cause by itself, with its
 * error code; descriptor checks; call gates and ring 3.
 *
 * Intel SDM volume 3, "Exception and Interrupt Reference", "Protection".
 */
#include "guest.h"

enum {
  SEL_SMALL = SEL_FREE,           /* data, limit 0x0f */
  SEL_ABSENT = SEL_FREE + 8,      /* data, not present */
  SEL_READ_ONLY = SEL_FREE + 16,  /* data, not writable */
  SEL_DOWN = SEL_FREE + 24,       /* expand-down above 0xffff */
  SEL_EXEC_ONLY = SEL_FREE + 32,  /* code, not readable */
  SEL_GATE = SEL_FREE + 40,       /* call gate, DPL 3 */
  SEL_CONFORMING = SEL_FREE + 48, /* conforming code, DPL 0 */
  SEL_GATE16 = SEL_FREE + 56,     /* 16-bit call gate */
  SEL_ABSENT_STACK = SEL_FREE + 64
};

static u8 user_stack[1024] __attribute__ ((aligned (16)));
u32       gate_calls;

static void
divide_by_zero (u32 zero)
{
  __asm__ volatile("divl %0" : : "r"(zero), "a"(1), "d"(0));
}

static void
divide_overflow (u32 ten)
{
  __asm__ volatile("divb %b0" : : "q"(ten), "a"(0x1000));
}

static void
breakpoint (u32 unused)
{
  (void) unused;
  __asm__ volatile("int3");
}

static void
overflow (u32 unused)
{
  (void) unused;
  __asm__ volatile("movb $0x7f, %%al; incb %%al; into" : : : "eax");
}

static void
bound (u32 index)
{
  static const u32 range[2] = { 1, 5 };

  __asm__ volatile("boundl %0, %1" : : "r"(index), "m"(range));
}

static void
undefined (u32 unused)
{
  (void) unused;
  __asm__ volatile("ud2");
}

static void
lock_on_nothing (u32 unused)
{
  (void) unused;
  __asm__ volatile(".byte 0xf0, 0x90");
}

static void
no_fpu (u32 unused)
{
  (void) unused;
  write_cr0 (read_cr0 () | 8);
  __asm__ volatile("fninit");
}

static void
load_ds (u32 selector)
{
  __asm__ volatile("movl %0, %%ds; movl %1, %%ds"
                   :
                   : "r"(selector), "r"(SEL_DATA));
}

static void
load_ss (u32 selector)
{
  __asm__ volatile("movl %0, %%ss; movl %1, %%ss"
                   :
                   : "r"(selector), "r"(SEL_DATA));
}

static void
load_cs (u32 selector)
{
  struct {
    u32 offset;
    u16 selector;
  } __attribute__ ((packed)) target = { 0, (u16) selector };

  __asm__ volatile("ljmpl *%0" : : "m"(target));
}

static void
read_exec_only (u32 offset)
{
  __asm__ volatile("movl %1, %%fs; movl %%fs:(%0), %%eax"
                   :
                   : "r"(offset), "r"(SEL_EXEC_ONLY)
                   : "eax");
}

static void
software_interrupt (u32 unused)
{
  (void) unused;
  __asm__ volatile("int $0x60");
}

/* Through the call gate: adds its two arguments. */
__asm__(".globl gate_target\n"
        "gate_target:\n"
        "  incl gate_calls\n"
        "  movl 8(%esp), %eax\n"
        "  addl 12(%esp), %eax\n"
        "  lretl $8\n");
extern u8 gate_target[];

static u32
call_gate (u32 a, u32 b)
{
  u32 result;

  __asm__ volatile("pushl %1; pushl %2; lcalll %3, $0"
                   : "=a"(result)
                   : "r"(a), "r"(b), "i"(SEL_GATE)
                   : "memory");
  return result;
}

/* Ring 3 code: calls the gate, shows its CPL, then does what is asked. */
__asm__(".globl user_entry\n"
        "user_entry:\n"
        "  movl %ebx, %esi\n"
        "  pushl $30\n"
        "  pushl $12\n"
        "  lcalll $0x58, $0\n"
        "  movl %eax, %edi\n"
        "  movl %cs, %ecx\n"
        "  jmp *%esi\n"
        ".globl user_cli\nuser_cli: cli; int $0x40\n"
        ".globl user_hlt\nuser_hlt: hlt; int $0x40\n"
        ".globl user_in\nuser_in: inb $0x60, %al; int $0x40\n"
        ".globl user_cr0\nuser_cr0: movl %cr0, %eax; int $0x40\n"
        ".globl user_int\nuser_int: int $0x41\n"
        ".globl user_done\nuser_done: int $0x40\n"
        ".globl user_popf\n"
        "user_popf: pushl $0x3202; popfl; pushfl; popl %ebp; int $0x40\n"
        ".globl user_kernel_data\n"
        "user_kernel_data: movl $0x10, %eax; movl %eax, %ds; int $0x40\n"
        ".globl user_conforming\n"
        "user_conforming: ljmpl $0x60, $1f\n1: movl %cs, %ecx; int $0x40\n");
extern u8 user_entry[], user_cli[], user_hlt[], user_in[], user_cr0[],
    user_int[], user_done[], user_popf[], user_kernel_data[], user_conforming[];

u32 user_result[3];

/* int 0x40: keeps EDI, ECX, EBP and goes back to guest_try()'s caller as
 * vector 3 would, by way of INT3. */
__asm__(".globl leave_user\n"
        "leave_user:\n"
        "  movl $0x10, %eax; movl %eax, %ds; movl %eax, %es\n"
        "  movl %edi, user_result; movl %ecx, user_result + 4\n"
        "  movl %ebp, user_result + 8\n"
        "  int3\n");
extern u8 leave_user[];

static void
enter_user (u32 code)
{
  __asm__ volatile("movl %1, %%ds; movl %1, %%es\n"
                   "pushl %1; pushl %2; pushl $0x002; pushl %3; pushl %4\n"
                   "iretl"
                   :
                   : "b"(code), "r"(SEL_USER_DATA),
                     "r"(user_stack + sizeof user_stack), "r"(SEL_USER_CODE),
                     "r"(user_entry)
                   : "memory");
}

static void
test_user (void)
{
  static const struct {
    const char *name;
    u8         *code;
  } cases[] = {
    { "user done", user_done },
    { "user cli", user_cli },
    { "user hlt", user_hlt },
    { "user in", user_in },
    { "user cr0", user_cr0 },
    { "user int 0x41", user_int },
    { "user popf", user_popf },
    { "user ds", user_kernel_data },
    { "user conforming", user_conforming },
  };

  set_gate (0x40, leave_user, 0xee);
  set_gate (0x41, leave_user, 0x8e);
  for (u32 i = 0; i < sizeof cases / sizeof *cases; i++) {
    user_result[0] = user_result[1] = user_result[2] = 0;
    show_fault (cases[i].name, guest_try (enter_user, (u32) cases[i].code));
    show (" sum", user_result[0]);
    show (" cs", user_result[1]);
    show (" cs at fault", guest_fault.cs);
  }
}

static void
test_lsl (void)
{
  static const u32 selectors[] = {
    0,        SEL_CODE, SEL_SMALL,     SEL_ABSENT, SEL_DOWN,
    SEL_GATE, SEL_TSS,  SEL_USER_DATA, 0xfff8,     SEL_EXEC_ONLY
  };

  for (u32 i = 0; i < sizeof selectors / sizeof *selectors; i++) {
    u32 limit = 0xdeadbeef, rights = 0xdeadbeef;
    u8  zf, readable, writable;

    __asm__ volatile("lsl %2, %0; setz %1"
                     : "+r"(limit), "=q"(zf)
                     : "r"(selectors[i])
                     : "cc");
    __asm__ volatile("lar %1, %0" : "+r"(rights) : "r"(selectors[i]) : "cc");
    __asm__ volatile("verr %w2; setz %0; verw %w2; setz %1"
                     : "=&q"(readable), "=&q"(writable)
                     : "r"(selectors[i])
                     : "cc");
    show ("lsl", limit);
    show (" lar", rights & ~0xf0000u); /* undefined there */
    show (" zf verr verw", zf | (u32) readable << 4 | (u32) writable << 8);
  }
}

/* AX before, what is added to or taken from AL, AX and flags after. */
#define DECIMAL(name, ax, operation, adjustment)    \
  do {                                              \
    u32 value = (ax), flags;                        \
    __asm__ volatile(operation "; " adjustment "\n" \
                               "pushfl; popl %1"    \
                     : "+a"(value), "=r"(flags)     \
                     :                              \
                     : "cc");                       \
    show (name, value);                             \
    show (" carries", flags & 0x11);                \
  } while (0)

static void
test_decimal (void)
{
  DECIMAL ("daa", 0x99, "addb $0x27, %%al", "daa");
  DECIMAL ("daa of 9", 9, "addb $1, %%al", "daa");
  DECIMAL ("das", 0x35, "subb $0x47, %%al", "das");
  DECIMAL ("aaa", 0x0308, "addb $9, %%al", "aaa");
  DECIMAL ("aaa of 255", 0xff, "addb $1, %%al", "aaa");
  DECIMAL ("aas", 0x0302, "subb $9, %%al", "aas");
}

int
main (void)
{
  guest_gdt[SEL_SMALL / 8] = make_segment (0x1000, 0x0f, 0x93, 4);
  guest_gdt[SEL_ABSENT / 8] = make_segment (0, 0xfffff, 0x13, 0xc);
  guest_gdt[SEL_READ_ONLY / 8] = make_segment (0, 0xfffff, 0x91, 0xc);
  guest_gdt[SEL_DOWN / 8] = make_segment (0, 0xffff, 0x97, 4);
  guest_gdt[SEL_EXEC_ONLY / 8] = make_segment (0, 0xfffff, 0x99, 0xc);
  guest_gdt[SEL_GATE / 8] = make_gate (gate_target, SEL_CODE, 0xec) | 2ull
                                                                          << 32;
  guest_gdt[SEL_CONFORMING / 8] = make_segment (0, 0xfffff, 0x9f, 0xc);
  guest_gdt[SEL_ABSENT_STACK / 8] = make_segment (0, 0xfffff, 0x13, 0xc);

  show_fault ("divide by zero", guest_try (divide_by_zero, 0));
  show_fault ("divide overflow", guest_try (divide_overflow, 10));
  show_fault ("int3", guest_try (breakpoint, 0));
  show_fault ("into", guest_try (overflow, 0));
  show_fault ("bound inside", guest_try (bound, 3));
  show_fault ("bound outside", guest_try (bound, 9));
  show_fault ("ud2", guest_try (undefined, 0));
  show_fault ("lock nop", guest_try (lock_on_nothing, 0));
  show_fault ("fninit with TS", guest_try (no_fpu, 0));
  write_cr0 (read_cr0 () & ~8u);
  show_fault ("ds = small", guest_try (load_ds, SEL_SMALL));
  show_fault ("ds = absent", guest_try (load_ds, SEL_ABSENT));
  show_fault ("ds = exec only", guest_try (load_ds, SEL_EXEC_ONLY));
  show_fault ("ds = gate", guest_try (load_ds, SEL_GATE));
  show_fault ("ds = beyond the table", guest_try (load_ds, 0x1000));
  show_fault ("ds = null", guest_try (load_ds, 0));
  show_fault ("ds = LDT", guest_try (load_ds, 0x0c));
  show_fault ("ss = null", guest_try (load_ss, 0));
  show_fault ("ss = read only", guest_try (load_ss, SEL_READ_ONLY));
  show_fault ("ss = absent", guest_try (load_ss, SEL_ABSENT_STACK));
  show_fault ("ss = ring 3", guest_try (load_ss, SEL_USER_DATA));
  show_fault ("cs = null", guest_try (load_cs, 0));
  show_fault ("cs = data", guest_try (load_cs, SEL_DATA));
  show_fault ("cs = ring 3", guest_try (load_cs, SEL_USER_CODE));
  show_fault ("read exec-only", guest_try (read_exec_only, 0));
  show_fault ("int 0x60", guest_try (software_interrupt, 0));
  show ("gate from ring 0", call_gate (1, 2));
  test_user ();
  show ("gate calls", gate_calls);
  test_lsl ();
  test_decimal ();
  put ("protected: done\n");
  return 0;
}
