/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A kick ends the run of any guest, however nasty, within a tenth of a second.
 *
 * The time that counts is the one that the processor's thread computes after
 * the kick, so a busy host changes nothing.
 */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/cpu/soft-machine.h"

#define LIMIT_NS   G_GINT64_CONSTANT (100000000)
#define WARM_UP_NS G_GINT64_CONSTANT (3000000)

/* LOOPED: long mode, one page for all four levels of tables. */
typedef enum {
  REAL,
  PROTECTED,
  LONG,
  LOOPED
} Mode;

typedef struct {
  const char *name;
  Mode        mode;
  gsize       size;
  guint8      code[40];
} Guest;

/* clang-format off */
static const Guest guests[] = {
  /* jmp $ */
  { "spin", REAL, 2, { 0xeb, 0xfe } },
  /* cli; hlt */
  { "halt", REAL, 2, { 0xfa, 0xf4 } },
  /* int 0x20, whose handler is at 0:0, among zeros */
  { "zeros", REAL, 2, { 0xcd, 0x20 } },
  /* l: ecx = -1; mov esi, 0x100000; mov edi, 0x200000; rep movsb; jmp l */
  { "string copy", PROTECTED, 17,
    { 0x31, 0xc9, 0x49, 0xbe, 0x00, 0x00, 0x10, 0x00, 0xbf, 0x00, 0x00, 0x20,
      0x00, 0xf3, 0xa4, 0xeb, 0xef } },
  /* l: ecx = -1; xor esi, esi; mov dx, 0x80; rep outsb; jmp l */
  { "string out", PROTECTED, 13,
    { 0x31, 0xc9, 0x49, 0x31, 0xf6, 0x66, 0xba, 0x80, 0x00, 0xf3, 0x6e, 0xeb,
      0xf3 } },
  /* l: ecx = -1; eax = 1; mov edi, 0x20000; repne scasb; jmp l */
  { "string scan", PROTECTED, 15,
    { 0x31, 0xc9, 0x49, 0x31, 0xc0, 0x40, 0xbf, 0x00, 0x00, 0x02, 0x00, 0xf2,
      0xae, 0xeb, 0xf1 } },
  /* l: lock inc dword [0x100ffe]; jmp l */
  { "split lock", PROTECTED, 9,
    { 0xf0, 0xff, 0x05, 0xfe, 0x0f, 0x10, 0x00, 0xeb, 0xf7 } },
  /* l: inc byte [0x10007]; mov al, IMM at 0x10007; jmp l */
  { "self-modifying", PROTECTED, 10,
    { 0xfe, 0x05, 0x07, 0x00, 0x01, 0x00, 0xb0, 0x00, 0xeb, 0xf6 } },
  /* l: mov eax, [0x40000000]; jmp l */
  { "hole", PROTECTED, 7,
    { 0xa1, 0x00, 0x00, 0x00, 0x40, 0xeb, 0xf9 } },
  /* l: mov rax, cr3; mov cr3, rax; invlpg [rax]; wbinvd; cpuid; jmp l */
  { "flushes", LONG, 15,
    { 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, 0x0f, 0x01, 0x38, 0x0f, 0x09, 0x0f,
      0xa2, 0xeb, 0xf1 } },
  /* l: mov rsp, 0x208000; ud2, whose handler is l */
  { "faults", LONG, 9,
    { 0x48, 0xc7, 0xc4, 0x00, 0x80, 0x20, 0x00, 0x0f, 0x0b } },
  /* mov eax, 0x10000; l: invlpg [rax]; mov rbx, [rax]; jmp l */
  { "tables on themselves", LOOPED, 13,
    { 0xb8, 0x00, 0x00, 0x01, 0x00, 0x0f, 0x01, 0x38, 0x48, 0x8b, 0x18, 0xeb,
      0xf8 } },
};
/* clang-format on */

typedef struct {
  MosVcpu     *vcpu;
  clockid_t    clock;
  gint64       ended_ns;
  MosRunResult result;
  gint         ready; /* atomic: clock is set */
} Runner;

static gint64
now_ns (clockid_t clock)
{
  struct timespec time = { 0 };

  clock_gettime (clock, &time);
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

static gpointer
run_thread (gpointer data)
{
  Runner *self = data;
  g_autoptr (GError) error = NULL;

  pthread_getcpuclockid (pthread_self (), &self->clock);
  g_atomic_int_set (&self->ready, TRUE);
  self->result = mos_vcpu_run (self->vcpu, &error);
  g_assert_no_error (error);
  self->ended_ns = now_ns (self->clock);
  return NULL;
}

/* An interrupt table whose every gate leads to 0x10000, the guest's start. */
static void
make_faulting (SoftMachine *m)
{
  guint64 *idt = (guint64 *) (gpointer) (m->ram->hva + 0x6000);
  guint64 *gdt = (guint64 *) (gpointer) (m->ram->hva + 0x7000);

  for (guint i = 0; i < 256; i++) {
    idt[2 * i] = G_GUINT64_CONSTANT (0x00018e0000080000);
    idt[2 * i + 1] = 0;
  }
  gdt[1] = G_GUINT64_CONSTANT (0x00209b0000000000);
  m->cpu->idt = (MosTableRegister){ .base = 0x6000, .limit = 0xfff };
  m->cpu->gdt = (MosTableRegister){ .base = 0x7000, .limit = 0xf };
}

static void
start (SoftMachine *m, const Guest *guest)
{
  guint64 *tables = (guint64 *) (gpointer) (m->ram->hva + 0x1000);
  guint64  at = guest->mode == REAL ? 0x7c00 : 0x10000;

  if (guest->mode == REAL)
    soft_machine_real (m, 0x7c00);
  else if (guest->mode == PROTECTED)
    soft_machine_protected (m, 0x10000);
  else
    soft_machine_long (m, 0x10000, 0);
  if (guest->mode == LONG)
    make_faulting (m);
  if (guest->mode == LOOPED) {
    tables[0] = 0x1000 | 7;
    tables[16] = 0x10000 | 7;
  }
  memcpy (m->ram->hva + at, guest->code, guest->size);
}

static void
test_kick (gconstpointer data)
{
  const Guest *guest = data;
  SoftMachine  m;
  Runner       runner = { 0 };
  GThread     *thread;
  gint64       kicked_ns;

  soft_machine_init (&m, 8 << 20, 1);
  start (&m, guest);
  runner.vcpu = mos_cpus_vcpu (m.cpus, 0);
  thread = g_thread_new ("guest", run_thread, &runner);
  while (!g_atomic_int_get (&runner.ready))
    g_thread_yield ();
  while (now_ns (runner.clock) < WARM_UP_NS &&
         __atomic_load_n (&m.cpu->sleeping, __ATOMIC_SEQ_CST) == 0)
    g_thread_yield ();
  kicked_ns = now_ns (runner.clock);
  mos_vcpu_kick (runner.vcpu);
  g_thread_join (thread);
  g_assert_cmpint (runner.result, ==, MOS_RUN_KICKED);
  g_test_message ("%s: %.3f ms", guest->name,
                  (double) (runner.ended_ns - kicked_ns) / 1e6);
  g_assert_cmpint (runner.ended_ns - kicked_ns, <, LIMIT_NS);
  soft_machine_clear (&m);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (guests); i++) {
    g_autofree char *path = g_strdup_printf ("/soft/kick/%s", guests[i].name);

    g_test_add_data_func (path, &guests[i], test_kick);
  }
  return g_test_run ();
}
