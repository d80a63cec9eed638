/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * One instruction on the host's own processor: see native.h.
 *
 * Behind the instruction stands a jump through the context. A fault ends in a
 * signal handler on its own stack, which takes the registers from there.
 */
#include "tests/cpu/native.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

void native_enter (void);
void native_exit (void);
void native_fault (void);

G_STATIC_ASSERT (G_STRUCT_OFFSET (NativeContext, rflags) == 0x80);
G_STATIC_ASSERT (G_STRUCT_OFFSET (NativeContext, code) == 0x88);
G_STATIC_ASSERT (G_STRUCT_OFFSET (NativeContext, host_rsp) == 0x90);
G_STATIC_ASSERT (G_STRUCT_OFFSET (NativeContext, after) == 0xa8);
G_STATIC_ASSERT (G_STRUCT_OFFSET (NativeContext, xsave) == 0x100);

asm(".text\n"
    "native_enter:\n"
    "  push %rbx\n  push %rbp\n  push %r12\n  push %r13\n"
    "  push %r14\n  push %r15\n"
    "  movq %rsp, 0x10200090\n"
    "  movl $7, %eax\n  xorl %edx, %edx\n"
    "  xrstor64 0x10200100\n"
    "  pushq 0x10200080\n"
    "  popfq\n"
    "  movq 0x10200000, %rax\n  movq 0x10200008, %rcx\n"
    "  movq 0x10200010, %rdx\n  movq 0x10200018, %rbx\n"
    "  movq 0x10200028, %rbp\n  movq 0x10200030, %rsi\n"
    "  movq 0x10200038, %rdi\n  movq 0x10200040, %r8\n"
    "  movq 0x10200048, %r9\n  movq 0x10200050, %r10\n"
    "  movq 0x10200058, %r11\n  movq 0x10200060, %r12\n"
    "  movq 0x10200068, %r13\n  movq 0x10200070, %r14\n"
    "  movq 0x10200078, %r15\n  movq 0x10200020, %rsp\n"
    "  jmp *0x10200088\n"
    "native_exit:\n"
    "  movq %rax, 0x10200000\n  movq %rcx, 0x10200008\n"
    "  movq %rdx, 0x10200010\n  movq %rbx, 0x10200018\n"
    "  movq %rsp, 0x10200020\n  movq %rbp, 0x10200028\n"
    "  movq %rsi, 0x10200030\n  movq %rdi, 0x10200038\n"
    "  movq %r8, 0x10200040\n  movq %r9, 0x10200048\n"
    "  movq %r10, 0x10200050\n  movq %r11, 0x10200058\n"
    "  movq %r12, 0x10200060\n  movq %r13, 0x10200068\n"
    "  movq %r14, 0x10200070\n  movq %r15, 0x10200078\n"
    "  movq 0x10200090, %rsp\n"
    "  pushfq\n"
    "  popq 0x10200080\n"
    "  cld\n"
    "  movl $7, %eax\n  xorl %edx, %edx\n"
    "  xsave64 0x10200100\n"
    "native_fault:\n"
    "  cld\n"
    "  fninit\n"
    "  vzeroupper\n"
    "  pushq $0x1f80\n  ldmxcsr (%rsp)\n  addq $8, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n"
    "  pop %rbp\n  pop %rbx\n"
    "  ret\n");

NativeContext *
native_context (void)
{
  return (NativeContext *) NATIVE_SELF;
}

static void
fault_cb (int sig, siginfo_t *info, void *ucontext)
{
  static const int order[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                 REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                 REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15 };
  NativeContext   *context = native_context ();
  greg_t          *regs = ((ucontext_t *) ucontext)->uc_mcontext.gregs;

  /* Not from the instruction: let the second time end the program. */
  if ((guint64) regs[REG_RIP] - NATIVE_CODE >= 4096) {
    signal (sig, SIG_DFL);
    return;
  }
  context->signal = (guint64) sig;
  context->address = (guint64) (guintptr) info->si_addr;
  for (guint i = 0; i < 16; i++)
    context->gpr[i] = (guint64) regs[order[i]];
  context->rflags = (guint64) regs[REG_EFL];
  regs[REG_RIP] = (greg_t) (guintptr) native_fault;
  regs[REG_RSP] = (greg_t) context->host_rsp;
  regs[REG_EFL] = 0x202;
}

static gboolean
map (guint64 at, gsize size, int protection)
{
  return mmap ((gpointer) at, size, protection,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
               0) == (gpointer) at;
}

gboolean
native_init (void)
{
  static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
  static guint8    stack[65536];
  const int        rw = PROT_READ | PROT_WRITE;
  struct sigaction action = { .sa_sigaction = fault_cb,
                              .sa_flags = SA_SIGINFO | SA_ONSTACK };
  stack_t          alternative = { .ss_sp = stack, .ss_size = sizeof stack };

  if (!__builtin_cpu_supports ("avx") ||
      !map (NATIVE_DATA, NATIVE_PAGES * 4096, rw) ||
      !map (NATIVE_CODE, 4096, rw | PROT_EXEC) || !map (NATIVE_SELF, 4096, rw))
    return FALSE;
  sigaltstack (&alternative, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
  return TRUE;
}

void
native_run (const guint8 *code, gsize size)
{
  static const guint8 leave[] = { 0xff, 0x24, 0x25, 0xa8, 0x00, 0x20, 0x10 };
  NativeContext      *context = native_context ();
  guint8             *at = (guint8 *) NATIVE_CODE;

  memcpy (at, code, size);
  memcpy (at + size, leave, sizeof leave); /* jmp *0x102000a8 */
  context->code = NATIVE_CODE;
  context->after = (guint64) (guintptr) native_exit;
  context->signal = 0;
  native_enter ();
}
