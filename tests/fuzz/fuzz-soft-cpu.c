/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a guest of the software CPU.
 *
 * The first byte chooses the mode; the rest is laid over code, stack, tables
 * and page tables alike, so that descriptors, gates and entries are as random
 * as the instructions. The guest gets a number of instructions and must come
 * back, whatever it does; as one string instruction may be longer than a day, a
 * kick ends what takes more than some processor time.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "engine/cpu/soft/block.h"
#include "engine/cpu/soft/mmu.h"
#include "engine/cpu/soft/run.h"
#include "tests/cpu/soft-machine.h"
#include "tests/fuzz/fuzz.h"

#define RAM_BYTES (4u << 20)
#define CODE      0x10000u
#define BUDGET    3000
#define KICK_US   10000
#define LATE_US   1000000 /* 100 ms, and ten times that for sanitizers */

/* Making a machine takes a hundred times longer than running the guest. */
static SoftMachine machine;

static void
kick_cb (int number)
{
  mos_cpu_notify (machine.cpu, MOS_PENDING_KICK);
}

static void
make_machine (void)
{
  struct sigaction action = { .sa_handler = kick_cb, .sa_flags = SA_RESTART };

  soft_machine_init (&machine, RAM_BYTES, 1);
  g_assert_cmpint (sigaction (SIGVTALRM, &action, NULL), ==, 0);
}

/* For a time of this process's own, in microseconds; 0: no more. */
static void
arm (glong us)
{
  struct itimerval timer = { .it_value.tv_sec = us / G_USEC_PER_SEC,
                             .it_value.tv_usec = us % G_USEC_PER_SEC };

  g_assert_cmpint (setitimer (ITIMER_VIRTUAL, &timer, NULL), ==, 0);
}

static gint64
processor_us (void)
{
  struct timespec time;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void
run (MosSoftCpu *cpu)
{
  gint64 start_us = processor_us ();

  mos_cpu_take_kick (cpu);
  arm (KICK_US);
  mos_cpu_execute (cpu, BUDGET);
  arm (0);
  g_assert_cmpint (processor_us () - start_us, <, KICK_US + LATE_US);
}

/* Repeats the input over a page, each time a bit different. */
static void
spread (guint8 *to, const guint8 *data, gsize size, gsize bytes)
{
  for (gsize i = 0; i < bytes; i++)
    to[i] = (guint8) (data[i % size] + i / size);
}

static void
set_mode (SoftMachine *m, guint8 mode)
{
  switch (mode & 3) {
  case 0:
    soft_machine_real (m, 0x7c00);
    break;
  case 1:
    soft_machine_protected (m, CODE);
    break;
  case 2:
    soft_machine_long (m, CODE, 0);
    break;
  default:
    soft_machine_long (m, CODE, 3);
    break;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SoftMachine *m = &machine;
  guint8      *ram;

  if (size < 4 || size > 4096)
    return 0;
  if (m->cpus == NULL)
    make_machine ();
  ram = m->ram->hva;
  memset (ram, 0, RAM_BYTES);
  mos_cpu_reset (m->cpu, TRUE);
  mos_mmu_flush (m->cpu);
  mos_code_flush (m->cpu);
  spread (ram, data + 1, size - 1, 0x1000);
  spread (ram + 0x4000, data + 1, size - 1, 0x4000);
  memcpy (ram + 0x7c00, data + 1, size - 1);
  memcpy (ram + CODE, data + 1, size - 1);
  set_mode (m, data[0]);
  if ((data[0] & 4) != 0) {
    /* Tables that nobody made carefully. */
    spread (ram + 0x3100, data + 1, size - 1, 0x200);
    m->cpu->gdt = (MosTableRegister){ .base = 0x4000, .limit = 0xfff };
    m->cpu->idt = (MosTableRegister){ .base = 0x5000, .limit = 0xfff };
    m->cpu->seg[MOS_SEG_TR] = (MosSegment){
      .base = 0x6000, .limit = 0x200, .type = 11, .present = 1, .selector = 0x28
    };
  }
  for (guint i = 0; i < 16; i++)
    m->cpu->gpr[i] = (guint64) data[1 + i % (size - 1)] << (data[0] & 15);
  m->cpu->gpr[MOS_RSP] = 0x8000;
  run (m->cpu);
  return 0;
}
