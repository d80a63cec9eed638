/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A processor and its memory move between the backends and go on.
 *
 * A guest counts; every few numbers its state is saved as a machine file has
 * it, loaded on the other backend, and it must go on with the next number.
 */

#include <string.h>

#include "engine/cpu/soft/soft.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/kvm-world.h"

#define N_MOVES 6

static void
kick_on_fourth (World *world, guint32 value)
{
  if (value % 4 == 0)
    world_kick (world, 0);
}

/* Takes all there is of @from to @to. */
static void
move (World *from, World *to)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autofree MosCpuState *loaded = g_new0 (MosCpuState, 1);
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GError) error = NULL;

  memcpy (to->ram->hva, from->ram->hva, WORLD_RAM_BYTES);
  mos_vcpu_get_state (mos_cpus_vcpu (from->cpus, 0), state, &error);
  g_assert_no_error (error);
  saved = mos_cpu_state_save (state);
  mos_cpu_state_load (loaded, saved, &error);
  g_assert_no_error (error);
  mos_vcpu_set_state (mos_cpus_vcpu (to->cpus, 0), loaded, &error);
  g_assert_no_error (error);
  mos_cpu_state_clear (state);
  mos_cpu_state_clear (loaded);
}

/* Starts @code on KVM from a state that @prepare changes, and moves it. */
static void
check_moves (const guint8 *code,
             gsize         size,
             void (*prepare) (World *world, MosCpuState *state))
{
  World  *worlds[2] = { world_new (1), NULL };
  guint32 next = 1;

  if (worlds[0] == NULL)
    return;
  worlds[1] = world_new_on (&mos_soft_backend, 1);
  world_load (worlds[0], 0, code, size);
  if (prepare != NULL) {
    g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
    MosVcpu                *vcpu = mos_cpus_vcpu (worlds[0]->cpus, 0);

    g_assert_true (mos_vcpu_get_state (vcpu, state, NULL));
    prepare (worlds[0], state);
    g_assert_true (mos_vcpu_set_state (vcpu, state, NULL));
    mos_cpu_state_clear (state);
  }
  for (guint i = 0; i < N_MOVES; i++) {
    World *world = worlds[i % 2];

    world->says_func = kick_on_fourth;
    g_array_set_size (world->values, 0);
    g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
    g_assert_cmpuint (world->values->len, ==, 4);
    for (guint n = 0; n < 4; n++)
      g_assert_cmpuint (world_said (world, n), ==, next++);
    move (world, worlds[(i + 1) % 2]);
  }
  world_free (worlds[0]);
  world_free (worlds[1]);
}

static void
test_real (void)
{
  static const guint8 code[] = {
    0xba, 0x10, 0x05, /* mov dx, 0x510 */
    0x66, 0x31, 0xc0, /* xor eax, eax */
    0x66, 0x40,       /* again: inc eax */
    0x50, 0x58,       /* push ax; pop ax */
    0x66, 0xef,       /* out dx, eax */
    0xeb, 0xf8,       /* jmp again */
  };

  check_moves (code, sizeof code, NULL);
}

/* Paging, 64-bit segments, an MSR and a number that only XMM0 holds. */
static void
prepare_long (World *world, MosCpuState *state)
{
  static const guint64 tables[3] = { 0x11000 | MOS_PTE_P | MOS_PTE_RW,
                                     0x12000 | MOS_PTE_P | MOS_PTE_RW,
                                     MOS_PTE_P | MOS_PTE_RW | MOS_PTE_PS };

  for (guint i = 0; i < 3; i++)
    memcpy (world->ram->hva + 0x10000 + i * 0x1000, &tables[i], 8);
  state->cr0 = MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_ET | MOS_CR0_NE;
  state->cr3 = 0x10000;
  state->cr4 = MOS_CR4_PAE | MOS_CR4_OSFXSR;
  state->efer = MOS_EFER_LME | MOS_EFER_LMA | MOS_EFER_SCE;
  for (guint i = 0; i <= MOS_SEG_GS; i++) {
    state->seg[i].selector = i == MOS_SEG_CS ? 8 : 16;
    state->seg[i].limit = G_MAXUINT32;
    state->seg[i].g = 1;
    state->seg[i].l = i == MOS_SEG_CS;
    state->seg[i].db = i != MOS_SEG_CS;
  }
  mos_cpu_state_msr (state, MOS_MSR_LSTAR)->value = 1;
  state->gpr[MOS_RSI] = 0x9000;
  memset (state->xsave + 160, 0, 16);
}

static void
test_long (void)
{
  static const guint8 code[] = {
    0x0f, 0x29, 0x06,             /* again: movaps [rsi], xmm0 */
    0x48, 0x8b, 0x1e,             /* mov rbx, [rsi] */
    0xb9, 0x82, 0x00, 0x00, 0xc0, /* mov ecx, 0xc0000082: LSTAR */
    0x0f, 0x32,                   /* rdmsr: one */
    0x48, 0x01, 0xc3,             /* add rbx, rax */
    0x48, 0x89, 0x1e,             /* mov [rsi], rbx */
    0x0f, 0x28, 0x06,             /* movaps xmm0, [rsi] */
    0x48, 0x89, 0x0e,             /* mov [rsi], rcx */
    0x48, 0x89, 0xd8,             /* mov rax, rbx */
    0x66, 0xba, 0x10, 0x05,       /* mov dx, 0x510 */
    0xef,                         /* out dx, eax */
    0xeb, 0xdd,                   /* jmp again */
  };

  check_moves (code, sizeof code, prepare_long);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/move/real", test_real);
  g_test_add_func ("/move/long", test_long);
  return g_test_run ();
}
