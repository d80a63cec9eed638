/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The benchmark's guest: runs one loop again and again, each time longer.
 *
 * Which one and how long at first stands in the multiboot command line as
 * "bench=NAME", "bench=NAME@LEVEL" (2 or 3: in a guest of this guest) or with
 * ":TIMES" behind it. It measures nothing. On port 0xe9 it
 * writes "<", runs, writes ">", then "TIMES CHECKSUM" in hexadecimal and a
 * newline; five times, then with four times the TIMES, for ever: who listens
 * has a clock, and switches it off when it knows enough. A loop that there is
 * not makes it write "?" and stop.
 */

#include "app/cli/bench/guest-svm.h"
#include "app/cli/bench/guest-vmx.h"
#include "app/cli/bench/workloads.h"

#define REPEATS 5
#define GROWTH  4
#define ARENA   0x40000000u
/* Multiboot 1, "Boot information format". */
#define INFO_HAS_COMMAND_LINE 4u

uint64_t guest_syscalls (uint64_t count);
uint64_t guest_switches (uint8_t *pages, uint64_t count);
uint64_t guest_ports (uint64_t rounds);
void     guest_main (const uint32_t *info);
void    *memset (void *to, int value, unsigned long size);
void    *memcpy (void *to, const void *from, unsigned long size);

/* The compiler may call these two. */
void *
memset (void *to, int value, unsigned long size)
{
  void *at = to;

  __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
  return to;
}

void *
memcpy (void *to, const void *from, unsigned long size)
{
  void *at = to;

  __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
  return to;
}

static uint64_t
run_syscalls (uint8_t *arena, uint64_t n)
{
  return guest_syscalls (n * WORK_SYSCALLS);
}

static uint64_t
run_switches (uint8_t *arena, uint64_t n)
{
  return guest_switches (arena, n * WORK_SWITCHES);
}

static uint64_t
run_ports (uint8_t *arena, uint64_t n)
{
  return guest_ports (n * WORK_PORT_ROUNDS);
}

static uint64_t
run_round_trips (uint8_t *arena, uint64_t n)
{
  return guest_round_trips (n * WORK_ROUND_TRIPS);
}

static uint64_t
run_entries (uint8_t *arena, uint64_t n)
{
  return guest_entries (n * WORK_ROUND_TRIPS);
}

static uint64_t
run_fields (uint8_t *arena, uint64_t n)
{
  return guest_fields (n * WORK_FIELDS);
}

static const Workload guest_loops[] = {
  { "vmresume", 0, run_entries },
  { "vmcs-field", 0, run_fields },
  { "vmrun", 0, run_round_trips },
  { "syscall", 0, run_syscalls },
  { "context-switch", 0, run_switches },
  { "port", 0, run_ports },
  { 0, 0, 0 },
};

static void
mark (char c)
{
  __asm__ volatile("outb %b0, $0xe9" : : "a"(c) : "memory");
}

static void
print_hex (uint64_t value)
{
  int shift = 60;

  while (shift > 0 && value >> shift == 0)
    shift -= 4;
  for (; shift >= 0; shift -= 4)
    mark ("0123456789abcdef"[value >> shift & 15]);
}

/* What follows PREFIX at TEXT, or NULL. */
static const char *
after (const char *text, const char *prefix)
{
  while (*prefix != '\0')
    if (*text++ != *prefix++)
      return 0;
  return text;
}

static const Workload *
find (const Workload *list, const char *name, uint64_t *times, unsigned *level)
{
  for (; list->name != 0; list++) {
    const char *rest = after (name, list->name);

    if (rest == 0 ||
        (*rest != '@' && *rest != ':' && *rest != ' ' && *rest != '\0'))
      continue;
    *level = list->run == run_round_trips ? 2 : 1;
    if (*rest == '@' && (rest[1] == '2' || rest[1] == '3')) {
      *level = (unsigned) (rest[1] - '0');
      rest += 2;
    }
    *times = 0;
    if (*rest == ':')
      while (*++rest >= '0' && *rest <= '9')
        *times = *times * 10 + (uint64_t) (*rest - '0');
    if (*times == 0)
      *times = 1;
    return list;
  }
  return 0;
}

static const Workload *
choose (const uint32_t *info, uint64_t *times, unsigned *level)
{
  const char *text = (const char *) (uint64_t) info[4];

  if (!(info[0] & INFO_HAS_COMMAND_LINE))
    return 0;
  for (; *text != '\0'; text++) {
    const char     *name = after (text, "bench=");
    const Workload *loop = 0;

    if (name == 0)
      continue;
    loop = find (work_loops, name, times, level);
    return loop != 0 ? loop : find (guest_loops, name, times, level);
  }
  return 0;
}

static uint64_t
run_once (const Workload *loop, unsigned level, uint8_t *arena, uint64_t times)
{
  if (level == 1 || loop->run == run_round_trips)
    return loop->run (arena, times);
  return guest_at_level (level, loop, arena, times);
}

void
guest_main (const uint32_t *info)
{
  uint8_t        *arena = (uint8_t *) (uint64_t) ARENA;
  uint64_t        times = 1;
  unsigned        level = 1;
  const Workload *loop = choose (info, &times, &level);

  if (loop == 0 || (level > 1 && !guest_svm_begin ())) {
    mark ('?');
    mark ('\n');
    return;
  }
  if (loop->prepare != 0)
    loop->prepare (arena);
  for (;; times *= GROWTH)
    for (int i = 0; i < REPEATS; i++) {
      uint64_t sum;

      mark ('<');
      sum = run_once (loop, level, arena, times);
      mark ('>');
      print_hex (times);
      mark (' ');
      print_hex (sum);
      mark ('\n');
    }
}
