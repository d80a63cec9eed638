/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * State in and out of KVM, its chips, its statistics, and how it fails.
 */

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/cpu/kvm/private.h"
#include "engine/cpu/x86/bits.h"
#include "engine/cpu/x86/msr.h"
#include "tests/cpu/kvm-world.h"

/* Time goes on while nobody looks. */
static void
drop_time (MosCpuState *state)
{
  mos_cpu_state_msr (state, MOS_MSR_TSC)->value = 0;
}

static void
get (World *world, guint index, MosCpuState *state)
{
  g_autoptr (GError) error = NULL;

  mos_vcpu_get_state (mos_cpus_vcpu (world->cpus, index), state, &error);
  g_assert_no_error (error);
}

static void
set (World *world, guint index, const MosCpuState *state)
{
  g_autoptr (GError) error = NULL;

  mos_vcpu_set_state (mos_cpus_vcpu (world->cpus, index), state, &error);
  g_assert_no_error (error);
}

static void
check_same (MosCpuState *a, MosCpuState *b)
{
  g_autoptr (GVariant) x = NULL;
  g_autoptr (GVariant) y = NULL;
  GVariantIter iter;
  const char  *key;
  GVariant    *value;

  drop_time (a);
  drop_time (b);
  x = mos_cpu_state_save (a);
  y = mos_cpu_state_save (b);
  g_variant_iter_init (&iter, x);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) other = g_variant_lookup_value (y, key, NULL);
    g_autofree char *p = g_variant_print (value, FALSE);
    g_autofree char *q = g_variant_print (other, FALSE);

    g_assert_cmpstr (p, ==, q);
  }
}

static void
test_round_trip (void)
{
  static const guint8     code[] = { 0xf4 };
  g_autofree MosCpuState *first = g_new0 (MosCpuState, 1);
  g_autofree MosCpuState *second = g_new0 (MosCpuState, 1);
  World                  *world = world_new (1);

  if (world == NULL)
    return;
  world_load (world, 0, code, sizeof code);
  get (world, 0, first);
  for (guint i = 0; i < MOS_N_GPRS; i++)
    first->gpr[i] = G_GUINT64_CONSTANT (0x123456789) * (i + 1);
  first->rflags |= MOS_RFLAGS_CF | MOS_RFLAGS_DF;
  first->cr2 = 0x1234;
  first->cr8 = 3;
  first->lapic[0x80] = 0x30; /* the task priority, and what follows */
  first->lapic[0xa0] = 0x30;
  first->dr[1] = 0x4567;
  first->xsave[32] = 0x5a; /* the first x87 register */
  mos_cpu_state_msr (first, MOS_MSR_STAR)->value = 0x1111;
  mos_cpu_state_msr (first, MOS_MSR_PAT)->value = 0x0606;
  first->pending.nmi_masked = TRUE;
  first->pending.exception_pending = TRUE;
  first->pending.exception_vector = MOS_EXC_UD;
  set (world, 0, first);
  get (world, 0, second);
  g_assert_cmphex (second->gpr[MOS_R9], ==, first->gpr[MOS_R9]);
  check_same (first, second);

  /* And what the kernel gave comes back as it was. */
  set (world, 0, second);
  get (world, 0, first);
  check_same (first, second);
  mos_cpu_state_clear (first);
  mos_cpu_state_clear (second);
  world_free (world);
}

static void
test_mp_states (void)
{
  static const MosMpState states[] = { MOS_MP_WAIT_FOR_SIPI, MOS_MP_RUNNABLE,
                                       MOS_MP_HALTED, MOS_MP_SHUTDOWN };
  static const guint8     code[] = { 0xf4 };
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  World                  *world = world_new (2);

  if (world == NULL)
    return;
  world_load (world, 1, code, sizeof code);
  get (world, 1, state);
  g_assert_cmpint (state->mp_state, ==, MOS_MP_WAIT_FOR_SIPI);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    state->mp_state = states[i];
    set (world, 1, state);
    get (world, 1, state);
    g_assert_cmpint (state->mp_state, ==, states[i]);
  }
  mos_cpu_state_clear (state);
  world_free (world);
}

/* Page tables that map the first 2 MiB to themselves, and 64-bit segments. */
static void
enter_long_mode (World *world, MosCpuState *state)
{
  guint64 entry;

  entry = 0x11000 | MOS_PTE_P | MOS_PTE_RW;
  memcpy (world->ram->hva + 0x10000, &entry, sizeof entry);
  entry = 0x12000 | MOS_PTE_P | MOS_PTE_RW;
  memcpy (world->ram->hva + 0x11000, &entry, sizeof entry);
  entry = MOS_PTE_P | MOS_PTE_RW | MOS_PTE_PS;
  memcpy (world->ram->hva + 0x12000, &entry, sizeof entry);
  state->cr0 = MOS_CR0_PE | MOS_CR0_PG | MOS_CR0_ET;
  state->cr3 = 0x10000;
  state->cr4 = MOS_CR4_PAE;
  state->efer = MOS_EFER_LME | MOS_EFER_LMA;
  for (guint i = 0; i <= MOS_SEG_GS; i++) {
    state->seg[i].selector = i == MOS_SEG_CS ? 8 : 16;
    state->seg[i].limit = G_MAXUINT32;
    state->seg[i].g = 1;
    state->seg[i].l = i == MOS_SEG_CS;
    state->seg[i].db = i != MOS_SEG_CS;
  }
}

static void
kick_on_seven (World *world, guint32 value)
{
  if (value == 7)
    world_kick (world, 0);
}

/* A state set from outside goes on in 64-bit mode. */
static void
test_long_mode (void)
{
  static const guint8 code[] = {
    0x4c, 0x89, 0xf8,             /* mov rax, r15 */
    0x48, 0xc1, 0xe8, 0x20,       /* shr rax, 32 */
    0x66, 0xba, 0x10, 0x05,       /* mov dx, 0x510 */
    0xef,                         /* out dx, eax */
    0xb8, 0x07, 0x00, 0x00, 0x00, /* mov eax, 7 */
    0xef, 0xf4,                   /* out dx, eax; hlt */
  };
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  World                  *world = world_new (1);

  if (world == NULL)
    return;
  world->says_func = kick_on_seven;
  world_load (world, 0, code, sizeof code);
  get (world, 0, state);
  enter_long_mode (world, state);
  state->gpr[MOS_R15] = G_GUINT64_CONSTANT (0xcafe000000000001);
  set (world, 0, state);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  g_assert_cmphex (world_said (world, 0), ==, 0xcafe0000);
  get (world, 0, state);
  g_assert_cmphex (state->efer & MOS_EFER_LMA, ==, MOS_EFER_LMA);
  g_assert_true (state->seg[MOS_SEG_CS].l);
  mos_cpu_state_clear (state);
  world_free (world);
}

static void
test_chips (void)
{
  static const guint8 code[] = {
    0xb0, 0xa5, 0xe6, 0x21,       /* mov al, 0xa5; out 0x21, al: PIC mask */
    0xb0, 0x34, 0xe6, 0x43,       /* mov al, 0x34; out 0x43, al: the PIT */
    0xba, 0x10, 0x05, 0xb0, 0x07, /* mov dx, 0x510; mov al, 7 */
    0xee, 0xf4,                   /* out dx, al; hlt */
  };
  World *world = world_new (1);
  g_autoptr (GVariant) fresh = NULL;
  g_autoptr (GVariant) used = NULL;
  g_autoptr (GVariant) again = NULL;
  g_autoptr (GVariant) part = NULL;
  g_autoptr (GVariant) was = NULL;
  g_autoptr (GVariant) bad = NULL;
  g_autoptr (GError) error = NULL;
  const MosBackendClass *klass = &mos_kvm_backend;

  if (world == NULL)
    return;
  world->says_func = kick_on_seven;
  fresh = klass->save_chips (world->cpus, &error);
  g_assert_no_error (error);
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  used = klass->save_chips (world->cpus, &error);
  g_assert_no_error (error);
  g_assert_false (g_variant_equal (fresh, used));

  klass->reset_chips (world->cpus);
  again = klass->save_chips (world->cpus, &error);
  part = g_variant_lookup_value (again, "pic", NULL);
  was = g_variant_lookup_value (fresh, "pic", NULL);
  g_assert_true (g_variant_equal (part, was));

  g_assert_true (klass->load_chips (world->cpus, used, &error));
  g_clear_pointer (&again, g_variant_unref);
  g_clear_pointer (&part, g_variant_unref);
  g_clear_pointer (&was, g_variant_unref);
  again = klass->save_chips (world->cpus, &error);
  part = g_variant_lookup_value (again, "pic", NULL);
  was = g_variant_lookup_value (used, "pic", NULL);
  g_assert_true (g_variant_equal (part, was));

  bad = g_variant_ref_sink (g_variant_new_parsed (
      "{'pic': <{'version': <@u 1>, 'level': <@ay [1]>}>}"));
  g_assert_false (klass->load_chips (world->cpus, bad, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_SYNTAX);
  g_assert_nonnull (strstr (error->message, "level"));
  world_free (world);
}

/* -- statistics ---------------------------------------------------------- */

typedef struct {
  guint    n;
  gboolean exits;
  gboolean hist;
  gboolean ns;
} Seen;

static void
seen_cb (gpointer data, const char *name, const char *unit, guint64 value)
{
  Seen *seen = data;

  seen->n++;
  seen->exits |= strcmp (name, "exits") == 0 && *unit == '\0';
  seen->hist |= strcmp (name, "halt_wait_hist.31") == 0;
  seen->ns |= strcmp (name, "halt_wait_ns") == 0 && strcmp (unit, "ns") == 0;
}

static void
test_stats_recorded (void)
{
  g_autofree char *path =
      g_test_build_filename (G_TEST_DIST, "data", "kvm-vcpu-stats.bin", NULL);
  g_autofree char *data = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gsize size;
  Seen  seen = { 0 };

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  g_assert_true (mos_kvm_stats_parse ((guint8 *) data, size, seen_cb, &seen));
  g_assert_true (seen.exits);
  g_assert_true (seen.hist);
  g_assert_true (seen.ns);
  g_assert_cmpuint (seen.n, >, 100);

  /* Cut anywhere, or with any bytes in the head, nothing else is read. */
  for (gsize cut = 0; cut < size; cut++) {
    g_autofree guint8 *copy = g_memdup2 (data, cut);

    mos_kvm_stats_parse (copy, cut, seen_cb, &seen);
  }
  for (guint i = 0; i < 20000; i++) {
    g_autofree guint8 *copy = g_memdup2 (data, size);

    for (guint j = 0; j < 4; j++)
      copy[g_rand_int_range (rand, 0, 400)] = g_rand_int (rand);
    mos_kvm_stats_parse (copy, size, seen_cb, &seen);
  }
}

static void
test_stats_live (void)
{
  static const guint8 code[] = { 0xba, 0x10, 0x05, 0xb0, 0x07, 0xee, 0xf4 };
  World              *world = world_new (1);
  Seen                machine = { 0 }, vcpu = { 0 };

  if (world == NULL)
    return;
  if (!((MosKvmMachine *) world->cpus)->caps.stats) {
    g_test_skip ("this kernel has no KVM_CAP_BINARY_STATS_FD");
    world_free (world);
    return;
  }
  world->says_func = kick_on_seven;
  world_load (world, 0, code, sizeof code);
  g_assert_cmpint (world_run (world, 0), ==, MOS_RUN_KICKED);
  mos_kvm_backend.stats (world->cpus, NULL, seen_cb, &machine);
  mos_kvm_backend.stats (world->cpus, mos_cpus_vcpu (world->cpus, 0), seen_cb,
                         &vcpu);
  g_assert_cmpuint (machine.n, >, 0);
  g_assert_true (vcpu.exits);
  world_free (world);
}

/* -- failures ------------------------------------------------------------ */

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

  g_assert_false (
      mos_kvm_call (fd, KVM_CREATE_VM, "KVM_CREATE_VM", NULL, &error));
  g_assert_error (error, MOS_ERROR, MOS_ERROR_NO_HARDWARE);
  g_assert_nonnull (strstr (error->message, "KVM_CREATE_VM failed: "));
  g_assert_nonnull (strstr (error->message, "software CPU"));
  close (fd);
}

typedef struct {
  MosCpusSpec spec;
  MosError    code;
  const char *words;
} Refusal;

static void
test_refusals (void)
{
  static const Refusal refusals[] = {
    { { .n_vcpus = 1000000 }, MOS_ERROR_INVALID_VALUE, "at most" },
    { { .n_vcpus = 1, .deterministic = TRUE },
      MOS_ERROR_NO_HARDWARE,
      "deterministically" },
  };
  World *world = world_new (1);

  if (world == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++) {
    MosCpusSpec spec = refusals[i].spec;
    g_autoptr (GError) error = NULL;

    spec.bus = mos_bus_new (MOS_CLOCK_REAL, NULL, NULL);
    spec.model = mos_cpu_model_find ("x86-64");
    g_assert_null (mos_cpus_new (&mos_kvm_backend, &spec, &error));
    g_assert_error (error, MOS_ERROR, (int) refusals[i].code);
    g_assert_nonnull (strstr (error->message, refusals[i].words));
    mos_bus_free (spec.bus);
  }
  world_free (world);
}

/* Machines come and go without leaving descriptors or memory behind. */
static void
test_many (void)
{
  for (guint i = 0; i < 8; i++) {
    World *world = world_new (1 + i % 3);

    if (world == NULL)
      return;
    world_free (world);
  }
}

static void
test_describe (void)
{
  MosBackendInfo info = { 0 };

  mos_kvm_backend.probe (&info);
  if (info.usable)
    g_assert_nonnull (strstr (info.details, "Linux KVM"));
  else
    g_assert_nonnull (strstr (info.why_not, "software CPU"));
  g_test_message ("%s", info.usable ? info.details : info.why_not);
  mos_backend_info_clear (&info);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kvm-state/round-trip", test_round_trip);
  g_test_add_func ("/kvm-state/mp-states", test_mp_states);
  g_test_add_func ("/kvm-state/long-mode", test_long_mode);
  g_test_add_func ("/kvm-state/chips", test_chips);
  g_test_add_func ("/kvm-state/stats-recorded", test_stats_recorded);
  g_test_add_func ("/kvm-state/stats-live", test_stats_live);
  g_test_add_func ("/kvm-state/errors", test_errors);
  g_test_add_func ("/kvm-state/refusals", test_refusals);
  g_test_add_func ("/kvm-state/many", test_many);
  g_test_add_func ("/kvm-state/describe", test_describe);
  return g_test_run ();
}
