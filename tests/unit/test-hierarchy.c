/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tree that is found by watching: its shape, who handled what, and that
 * no exit is lost, whatever the hypervisors inside do with their blocks.
 */

#include "tests/unit/nested-world.h"

static void
world_init (World *self, WorldStyle style, MosHierarchy *hierarchy)
{
  *self = (World){ .hierarchy = hierarchy,
                   .observer = mos_hierarchy_observer (hierarchy),
                   .style = style,
                   .nested_paging = TRUE };
}

static const MosHierarchyGuest *
guest_at (const MosHierarchySnapshot *snapshot, guint i)
{
  g_assert_cmpuint (i, <, snapshot->guests->len);
  return &g_array_index (snapshot->guests, MosHierarchyGuest, i);
}

/* Of all guests, also those that are gone; without what level 0 handled. */
static guint64
sum_of (MosHierarchy *hierarchy)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint64 sum = 0;

  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  for (guint by = 1; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint n = 0; n < MOS_N_EXITS; n++) {
      for (guint i = 0; i < snapshot.guests->len; i++)
        sum += guest_at (&snapshot, i)->cells[by][n];
      for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
        sum += snapshot.gone[level][by][n];
    }
  return sum;
}

static void
check_chain (MosHierarchy *hierarchy, guint depth)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };

  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, depth - 1);
  for (guint i = 0; i < depth - 1; i++) {
    const MosHierarchyGuest *guest = guest_at (&snapshot, i);

    g_assert_cmpuint (guest->level, ==, i + 2);
    g_assert_cmpint (guest->parent, ==, (gint) i - 1);
    g_assert_cmpuint (guest->n_vcpus, ==, 1);
  }
}

/* Every style, every depth: exactly the cells that must rise do. */
static void
test_chain (gconstpointer data)
{
  WorldStyle style = (WorldStyle) GPOINTER_TO_UINT (data);

  for (guint depth = 2; depth <= 6; depth++) {
    g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
    g_auto (MosHierarchySnapshot) before = { 0 };
    g_auto (MosHierarchySnapshot) after = { 0 };
    World world;

    world_init (&world, style, hierarchy);
    world_start (&world, depth);
    world_exits (&world, depth, MOS_EXIT_PORT_OUT, 3);
    check_chain (hierarchy, depth);
    mos_hierarchy_read (hierarchy, G_MAXINT64, &before);
    world_exits (&world, depth, MOS_EXIT_CPUID, 100);
    mos_hierarchy_read (hierarchy, G_MAXINT64, &after);
    check_chain (hierarchy, depth);

    for (guint i = 0; i < after.guests->len; i++) {
      const MosHierarchyGuest *a = guest_at (&before, i);
      const MosHierarchyGuest *b = guest_at (&after, i);

      g_assert_cmpuint (a->id, ==, b->id);
      for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
        for (guint n = 0; n < MOS_N_EXITS; n++) {
          guint64 risen = b->cells[by][n] - a->cells[by][n];

          if (n == MOS_EXIT_CPUID)
            g_assert_cmpuint (risen, ==,
                              b->level == depth && by == depth - 1 ? 100 : 0);
          else if (n == MOS_EXIT_ENTRY)
            /* Only by the next level out, and only inner hypervisors. */
            g_assert_true ((risen > 0) ==
                           (b->level < depth && by == b->level - 1));
          else
            g_assert_cmpuint (risen, ==, 0);
        }
      if (b->level == depth)
        g_assert_cmpuint ((b->return_entries - a->return_entries) / 100, ==,
                          1u << (depth - 2));
      g_assert_cmpint (b->running, ==, b->level == depth);
    }
    g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
  }
}

/* Ten thousand, as promised, and the instructions with them. */
static void
test_exact (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_start (&world, 2);
  world_exits (&world, 2, MOS_EXIT_CPUID, 10000);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (guest_at (&snapshot, 0)->cells[1][MOS_EXIT_CPUID], ==,
                    10000);
  g_assert_cmpuint (guest_at (&snapshot, 0)->instructions, ==, 100000);
  g_assert_cmpuint (guest_at (&snapshot, 0)->entries, ==, 10001);
  g_assert_cmpuint (guest_at (&snapshot, 0)->return_entries, ==, 10000);
  g_assert_cmpuint (sum_of (hierarchy), ==, 10000);
}

static void
test_level_zero (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  MosVcpu            vcpu = { .index = 0 };
  MosNestedEntry     entry = { .block = 0x1000, .rip = 0x10 };
  guint64           *counters = observer->entered (observer, &vcpu, &entry);

  g_assert_nonnull (counters);
  counters[MOS_EXIT_PORT_IN] += 7;
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (guest_at (&snapshot, 0)->cells[0][MOS_EXIT_PORT_IN], ==, 7);
  g_assert_true (guest_at (&snapshot, 0)->running);
}

static void
sample (MosHierarchy *hierarchy, guint vcpu, guint64 block, guint64 rip)
{
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  MosVcpu            cpu = { .index = vcpu };
  MosNestedEntry     entry = { .vendor = MOS_VENDOR_INTEL,
                               .block = block,
                               .root = block & ~G_GUINT64_CONSTANT (0xffff),
                               .nested_paging = TRUE,
                               .rip = rip,
                               .mode = MOS_GUEST_MODE_LONG };

  observer->sampled (observer, &cpu, block != 0 ? &entry : NULL);
}

/* A processor that only now and then says where it is. */
static void
test_sampled (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (2);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  const MosHierarchyGuest *guest;

  sample (hierarchy, 0, 0x110000, 0x1000);
  sample (hierarchy, 1, 0x111000, 0x2000); /* another vCPU of the same */
  sample (hierarchy, 0, 0x220000, 0x3000); /* another guest */
  for (guint i = 0; i < 100; i++)
    sample (hierarchy, 0, i % 2 != 0 ? 0x110000 : 0x220000, i);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 2);
  guest = guest_at (&snapshot, 0);
  g_assert_cmphex (guest->root, ==, 0x110000);
  g_assert_cmpuint (guest->n_vcpus, ==, 2);
  g_assert_cmpuint (guest->level, ==, 2);
  g_assert_cmpint (guest->parent, ==, -1);
  g_assert_cmphex (guest->rip, ==, 99);
  g_assert_cmpint (guest->mode, ==, MOS_GUEST_MODE_LONG);
  g_assert_true (guest->sampled && guest->running);
  g_assert_cmpint (guest->own_ns, ==, 0);
  g_assert_false (guest_at (&snapshot, 1)->running);
  g_assert_cmpuint (sum_of (hierarchy), ==, 0);

  sample (hierarchy, 0, 0, 0);
  sample (hierarchy, 1, 0, 0);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 2);
  g_assert_false (guest_at (&snapshot, 0)->running);
}

/* Without nested paging only the blocks and the instructions tell. */
static void
test_no_nested_paging (void)
{
  for (WorldStyle style = WORLD_OWN_BLOCKS; style <= WORLD_LIKE_KVM; style++) {
    g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
    World world;

    world_init (&world, style, hierarchy);
    world.nested_paging = FALSE;
    world_start (&world, 4);
    world_exits (&world, 4, MOS_EXIT_CPUID, 50);
    check_chain (hierarchy, 4);
    g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
  }
}

/* Two guests of one hypervisor, by turns. */
static void
test_siblings (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World a, b;

  world_init (&a, WORLD_OWN_BLOCKS, hierarchy);
  world_init (&b, WORLD_LIKE_KVM, hierarchy);
  b.base = 0x10000000;
  world_start (&a, 3);
  for (guint i = 0; i < 20; i++) {
    /* Level 1's scheduler: a's guest left for good while b's run. */
    world_leave_raw (&a, MOS_EXIT_EXTERNAL, a.rip[3], 0);
    a.running = 1;
    if (i == 0)
      world_start (&b, 2);
    else
      world_run (&b, 1, 2);
    world_exits (&b, 2, MOS_EXIT_HLT, 5);
    world_leave_raw (&b, MOS_EXIT_EXTERNAL, b.rip[2], 0);
    b.running = 1;
    world_run (&a, 1, 3);
    world_exits (&a, 3, MOS_EXIT_CPUID, 2);
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 3);
  g_assert_cmpint (guest_at (&snapshot, 0)->parent, ==, -1);
  g_assert_cmpint (guest_at (&snapshot, 1)->parent, ==, -1);
  g_assert_cmpuint (guest_at (&snapshot, 2)->level, ==, 3);
  g_assert_cmpint (guest_at (&snapshot, 2)->parent, ==, 0);
  g_assert_cmpuint (guest_at (&snapshot, 1)->cells[1][MOS_EXIT_HLT], ==, 100);
  g_assert_cmpuint (guest_at (&snapshot, 2)->cells[2][MOS_EXIT_CPUID], ==, 40);
  g_assert_cmpuint (sum_of (hierarchy), ==, a.left + b.left);
}

/* vCPUs of one guest share its nested root: one row, with their number. */
static void
test_smp (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (2);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World cpus[2];

  for (guint i = 0; i < 2; i++) {
    world_init (&cpus[i], WORLD_OWN_BLOCKS, hierarchy);
    cpus[i].vcpu.index = i;
    world_enter_raw (&cpus[i], 0x1000 + 0x1000 * i, 0xaa000, 0x100 * i);
    world_leave_raw (&cpus[i], MOS_EXIT_HLT, 0x100 * i, 0);
  }
  /* The hypervisor moves them to each other's processor. */
  for (guint n = 1; n < 50; n++)
    for (guint i = 0; i < 2; i++) {
      guint which = (i + n) % 2;

      world_enter_raw (&cpus[i], 0x1000 + 0x1000 * which, 0xaa000,
                       0x100 * which + n);
      world_leave_raw (&cpus[i], MOS_EXIT_HLT, 0x100 * which + n, 0);
    }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->n_vcpus, ==, 2);
  g_assert_cmpuint (guest_at (&snapshot, 0)->cells[1][MOS_EXIT_HLT], ==, 100);
}

/* Level 1 goes to another processor between its guest's VMRUN and its own. */
static void
test_moved_between (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (2);
  World a, b;

  world_init (&a, WORLD_OWN_BLOCKS, hierarchy);
  world_init (&b, WORLD_OWN_BLOCKS, hierarchy);
  b.vcpu.index = 1;
  for (guint n = 0; n < 4; n++) {
    World *from = n % 2 == 0 ? &a : &b, *to = n % 2 == 0 ? &b : &a;

    world_enter_raw (from, 0x1000, 0xaa000, 0x100);
    world_leave_raw (from, MOS_EXIT_ENTRY, 0x100, 0x77000);
    world_enter_raw (to, 0x2000, 0xbb000, 0x5000);
    world_leave_raw (to, MOS_EXIT_CPUID, 0x5000, 0);
    world_enter_raw (to, 0x1000, 0xaa000, 0x103);
    world_leave_raw (to, MOS_EXIT_HLT, 0x100, 0);
  }
  check_chain (hierarchy, 3);
  g_assert_cmpuint (sum_of (hierarchy), ==, a.left + b.left);
}

/* Two hypervisors, each with a guest of its own, whose first entries come
 * between each other in every order. @space: whether level 1 runs them in one
 * address space, so that nothing but what follows tells them apart. */
static void
coincide (guint64 space, guint order)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (2);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world[2];
  guint step[2] = { 0 }, n_level[4] = { 0 };

  for (guint i = 0; i < 2; i++) {
    world_init (&world[i], WORLD_OWN_BLOCKS, hierarchy);
    world[i].vcpu.index = i;
    world[i].base = (guint64) (i + 1) << 32;
    world[i].host_cr3 = i * space;
    for (guint n = 0; n < WORLD_LEVELS; n++)
      world[i].rip[n] = 0x100000 + 0x10000 * n;
  }
  /* Each: enters level 2; that leaves to enter level 3; that is entered. */
  for (guint n = 0; n < 6; n++) {
    guint  i = step[0] == 3 ? 1 : step[1] == 3 ? 0 : (order >> n) & 1;
    World *w = &world[i];

    if (step[i] == 0)
      world_run (w, 1, 2);
    else if (step[i] == 1)
      world_leave_raw (w, MOS_EXIT_ENTRY, w->rip[2], w->base + 0x201000);
    else
      world_enter_raw (w, w->base + 0x103000, 0x50000000 + w->base, w->rip[3]);
    step[i]++;
  }
  for (guint i = 0; i < 2; i++) {
    World *w = &world[i];

    w->rip[2] += 3;
    for (guint n = 0; n < 3; n++) {
      world_leave_raw (w, MOS_EXIT_CPUID, w->rip[3], 0);
      w->rip[3] += 2;
      world_enter_raw (w, w->base + 0x103000, 0x50000000 + w->base, w->rip[3]);
    }
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 4);
  for (guint i = 0; i < 4; i++) {
    const MosHierarchyGuest *guest = guest_at (&snapshot, i);

    g_assert_cmpuint (guest->level, <, 4);
    n_level[guest->level]++;
    /* Roots say whose it is: bit 32 or bit 33. */
    if (guest->parent >= 0)
      g_assert_cmpuint (guest_at (&snapshot, (guint) guest->parent)->root >> 32,
                        ==, guest->root >> 32);
  }
  g_assert_cmpuint (n_level[2], ==, 2);
  g_assert_cmpuint (n_level[3], ==, 2);
  g_assert_cmpuint (sum_of (hierarchy), ==, world[0].left + world[1].left);
}

static void
test_coincide (void)
{
  for (guint order = 0; order < 64; order++) {
    coincide (0x5000, order);
    coincide (0, order);
  }
}

/* A block that is freed and used for another guest is another row. */
static void
test_reuse (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint64 first;
  World   world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_enter_raw (&world, 0x1000, 0xaa000, 0x100);
  world_leave_raw (&world, MOS_EXIT_HLT, 0x100, 0);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  first = guest_at (&snapshot, 0)->id;

  /* The same guest, with new tables. */
  world_enter_raw (&world, 0x1000, 0xbb000, 0x101);
  world_leave_raw (&world, MOS_EXIT_HLT, 0x102, 0);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->id, ==, first);
  g_assert_cmpuint (guest_at (&snapshot, 0)->root, ==, 0xbb000);

  /* Another guest. */
  world_enter_raw (&world, 0x1000, 0xcc000, 0xfff0);
  world_leave_raw (&world, MOS_EXIT_HLT, 0xfff0, 0);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->id, !=, first);
  g_assert_cmpuint (guest_at (&snapshot, 0)->cells[1][MOS_EXIT_HLT], ==, 1);
  g_assert_cmpuint (sum_of (hierarchy), ==, 3);
}

/* One guest whose hypervisor takes a fresh block for every entry. */
static void
test_fresh_blocks (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  for (guint i = 0; i < 5000; i++) {
    world_enter_raw (&world, 0x1000 * i, 0xaa000, 0x100 + 2 * i);
    world_leave_raw (&world, MOS_EXIT_CPUID, 0x100 + 2 * i, 0);
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->n_vcpus, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->cells[1][MOS_EXIT_CPUID], ==,
                    5000);
}

/* A thousand blocks, each a guest of its own: the table stays as it is, and
 * the counts right. */
static void
test_thousand (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  for (guint round = 0; round < 3; round++)
    for (guint i = 0; i < 1000; i++) {
      world_enter_raw (&world, 0x1000 * i, 0xa0000000 + 0x1000 * i, 0x100 * i);
      world_leave_raw (&world, MOS_EXIT_CPUID, 0x100 * i, 0);
    }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, MOS_HIERARCHY_GUESTS - 1);
  g_assert_cmpuint (snapshot.forgotten, >, 0);
  for (guint i = 0; i < snapshot.guests->len; i++)
    g_assert_cmpuint (guest_at (&snapshot, i)->level, ==, 2);
  g_assert_cmpuint (sum_of (hierarchy), ==, 3000);

  /* A real chain is found in spite of them. */
  world_start (&world, 4);
  world_exits (&world, 4, MOS_EXIT_CPUID, 10);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (guest_at (&snapshot, snapshot.guests->len - 1)->level, ==,
                    4);
  g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
}

/* A thousand blocks with one root: one guest, how many processors unknown. */
static void
test_thousand_vcpus (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  for (guint i = 0; i < 1000; i++) {
    world_enter_raw (&world, 0x1000 * i, 0xaa000, 0x100 * i);
    world_leave_raw (&world, MOS_EXIT_HLT, 0x100 * i, 0);
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (guest_at (&snapshot, 0)->n_vcpus, ==, 0);
  g_assert_cmpuint (sum_of (hierarchy), ==, 1000);
}

/* Deeper than is told apart: counted with the last level, and said so. */
static void
test_too_deep (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  const MosHierarchyGuest *last;
  World                    world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_start (&world, WORLD_LEVELS - 1);
  world_exits (&world, WORLD_LEVELS - 1, MOS_EXIT_CPUID, 2);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, >=, MOS_HIERARCHY_LEVELS - 2);
  last = guest_at (&snapshot, snapshot.guests->len - 1);
  g_assert_cmpuint (last->level, ==, MOS_HIERARCHY_LEVELS - 1);
  g_assert_true (last->deeper);
  g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
}

/* VMXOFF, a reset: everything this processor ran is gone, the counts stay. */
static void
test_forgot (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_LIKE_KVM, hierarchy);
  world_start (&world, 4);
  world_exits (&world, 4, MOS_EXIT_CPUID, 5);
  world.observer->forgot (world.observer, &world.vcpu);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 0);
  g_assert_cmpuint (snapshot.gone[4][3][MOS_EXIT_CPUID], ==, 5);
  g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
  world_start (&world, 3);
  world_exits (&world, 3, MOS_EXIT_CPUID, 5);
  check_chain (hierarchy, 3);
}

/* VT-x names the child with VMPTRLD, and enters it without a word. */
static void
test_vmptrld (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosVcpu            vcpu = { .index = 0 };
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  MosNestedEntry     l2 = { .vendor = MOS_VENDOR_INTEL,
                            .block = 0x1000,
                            .root = 0xa000,
                            .nested_paging = TRUE,
                            .rip = 0x10 };
  MosNestedEntry     l3 = l2;

  l3.block = 0x2000;
  for (guint child = 0; child < 2; child++) {
    MosNestedExit load = { .reason = MOS_EXIT_VIRTUALIZATION,
                           .code = 21,
                           .rip = l2.rip,
                           .operand = 0x70000 + 0x1000 * child };
    MosNestedExit resume = { .reason = MOS_EXIT_ENTRY, .code = 24 };

    observer->entered (observer, &vcpu, &l2);
    observer->left (observer, &vcpu, &load);
    l2.rip += 4;
    for (guint i = 0; i < 5; i++) {
      MosNestedExit cpuid = { .reason = MOS_EXIT_CPUID, .code = 10 };

      observer->entered (observer, &vcpu, &l2);
      resume.rip = l2.rip;
      observer->left (observer, &vcpu, &resume);
      /* One block of level 1 for both, with tables of their own. */
      l3.root = 0xb000 + 0x1000 * child;
      l3.rip = cpuid.rip = 0x9000 + 0x1000 * child + 2 * i;
      observer->entered (observer, &vcpu, &l3);
      observer->left (observer, &vcpu, &cpuid);
    }
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 3);
  for (guint i = 1; i < 3; i++) {
    g_assert_cmpuint (guest_at (&snapshot, i)->level, ==, 3);
    g_assert_cmpint (guest_at (&snapshot, i)->parent, ==, 0);
    g_assert_cmpuint (guest_at (&snapshot, i)->cells[1][MOS_EXIT_CPUID] +
                          guest_at (&snapshot, i)->cells[2][MOS_EXIT_CPUID],
                      ==, 5);
  }
}

/* An entry that fails, or is interrupted before it begins, is no new level. */
static void
test_failed_entry (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  MosNestedExit failed = { .reason = MOS_EXIT_ENTRY_FAILED, .failed = TRUE };
  World         world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world.observer->left (world.observer, &world.vcpu, &failed);
  for (guint i = 0; i < 3; i++) {
    world_enter_raw (&world, 0x1000, 0xa000, 0x100);
    world_leave_raw (&world, MOS_EXIT_ENTRY, 0x100, 0x5000);
    world_enter_raw (&world, 0x1000, 0xa000, 0x103);
    world_leave_raw (&world, MOS_EXIT_HLT, 0x100, 0);
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  g_assert_cmpuint (snapshot.gone[2][1][MOS_EXIT_ENTRY_FAILED], ==, 1);
  g_assert_cmpuint (sum_of (hierarchy), ==, world.left + 1);
}

/* Silent guests fade, and come back with what they had. */
static void
test_silence (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  World world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_start (&world, 3);
  world_exits (&world, 3, MOS_EXIT_CPUID, 10);
  /* The one that runs shows its parents. */
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 2);
  world_exit (&world, 3, MOS_EXIT_HLT, 0);
  world_exit (&world, 2, MOS_EXIT_HLT, 0);
  mos_hierarchy_read (hierarchy, -1, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 0);
  g_assert_cmpuint (snapshot.gone[3][2][MOS_EXIT_CPUID], ==, 10);
  g_assert_cmpuint (sum_of (hierarchy), ==, world.left);
  world_run (&world, 1, 2);
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 2);
}

static void
test_paused (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) first = { 0 };
  g_auto (MosHierarchySnapshot) second = { 0 };
  World  world;
  gint64 end_us;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_start (&world, 2);
  mos_hierarchy_set_paused (hierarchy, TRUE);
  mos_hierarchy_read (hierarchy, 0, &first);
  end_us = g_get_monotonic_time () + 5000;
  while (g_get_monotonic_time () < end_us)
    g_thread_yield ();
  mos_hierarchy_read (hierarchy, 0, &second);
  mos_hierarchy_set_paused (hierarchy, FALSE);
  /* The unit is measured anew each time: allow for that. */
  g_assert_cmpint (
      ABS (guest_at (&second, 0)->own_ns - guest_at (&first, 0)->own_ns), <,
      2000000);
}

/* -- names --------------------------------------------------------------- */

static void
test_names (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint16 path[3] = { 5, 6, 7 };
  World   world;

  world_init (&world, WORLD_OWN_BLOCKS, hierarchy);
  world_start (&world, 4);
  world_exits (&world, 4, MOS_EXIT_CPUID, 2);
  /* Level 4 writes; 3 relays to 2, 2 to 1, and 1 writes it to the device. */
  world_exit (&world, 4, MOS_EXIT_PORT_OUT, 0);
  world_exit (&world, 3, MOS_EXIT_PORT_OUT, 0);
  world_exit (&world, 2, MOS_EXIT_PORT_OUT, 0);
  mos_hierarchy_say (hierarchy, path, 3, "innermost", 9);
  mos_hierarchy_say (hierarchy, path, 2, "third\n\xff\xfe\xc3\xa4", 10);
  mos_hierarchy_say (hierarchy, path, 0, "machine", 7);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 3);
  g_assert_cmpstr (snapshot.name, ==, "machine");
  g_assert_cmpstr (guest_at (&snapshot, 0)->name, ==, "");
  g_assert_cmpstr (guest_at (&snapshot, 1)->name, ==, "third???\xc3\xa4");
  g_assert_cmpstr (guest_at (&snapshot, 2)->name, ==, "innermost");

  /* A guest that is not trapped is heard directly. */
  world_run (&world, 1, 2);
  mos_hierarchy_say (hierarchy, NULL, 0, "second", 6);
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpstr (guest_at (&snapshot, 0)->name, ==, "second");
}

/* Where nothing can be seen, the paths alone make the tree. */
static void
test_names_only (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (1);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint16          path[MOS_HIERARCHY_LEVELS] = { 1, 1, 2 };
  g_autofree char *long_name = g_strnfill (300, 'x');

  mos_hierarchy_say (hierarchy, path, 3, "deep", 4);
  path[1] = 9;
  mos_hierarchy_say (hierarchy, path, 2, long_name, 300);
  mos_hierarchy_say (hierarchy, path, MOS_HIERARCHY_LEVELS, "no", 2);
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 4);
  g_assert_cmpuint (guest_at (&snapshot, 0)->level, ==, 2);
  g_assert_cmpuint (guest_at (&snapshot, 1)->level, ==, 3);
  g_assert_cmpuint (guest_at (&snapshot, 2)->level, ==, 4);
  g_assert_cmpint (guest_at (&snapshot, 2)->parent, ==, 1);
  g_assert_cmpstr (guest_at (&snapshot, 2)->name, ==, "deep");
  g_assert_true (guest_at (&snapshot, 2)->only_said);
  g_assert_cmpint (guest_at (&snapshot, 3)->parent, ==, 0);
  g_assert_cmpuint (strlen (guest_at (&snapshot, 3)->name), ==,
                    MOS_HIERARCHY_NAME - 1);
  mos_hierarchy_say (hierarchy, path, 2, "", 0);
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 3);

  /* A flood makes neither rows nor work without end. */
  for (guint i = 0; i < 10000; i++) {
    path[2] = (guint16) i;
    mos_hierarchy_say (hierarchy, path, 3, "flood", 5);
  }
  mos_hierarchy_read (hierarchy, 0, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, <=, 64 * 3);
}

/* -- many threads -------------------------------------------------------- */

typedef struct {
  World world;
  guint depth;
} Runner;

static gpointer
run_world (gpointer data)
{
  Runner *runner = data;

  world_start (&runner->world, runner->depth);
  world_exits (&runner->world, runner->depth, MOS_EXIT_CPUID, 2000);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (3);
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  Runner   runners[3];
  GThread *threads[3];
  guint64  left = 0;

  for (guint i = 0; i < 3; i++) {
    runners[i].depth = 2 + i;
    world_init (&runners[i].world, (WorldStyle) i, hierarchy);
    runners[i].world.vcpu.index = i;
    runners[i].world.base = (guint64) (i + 1) << 32;
    runners[i].world.host_cr3 = 0x1000 * i;
  }
  for (guint i = 0; i < 3; i++)
    threads[i] = g_thread_new ("world", run_world, &runners[i]);
  for (guint n = 0; n < 200; n++) {
    mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
    for (guint i = 0; i < snapshot.guests->len; i++)
      g_assert_cmpint (guest_at (&snapshot, i)->parent, <, (gint) i);
  }
  for (guint i = 0; i < 3; i++) {
    g_thread_join (threads[i]);
    left += runners[i].world.left;
  }
  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  g_assert_cmpuint (snapshot.guests->len, ==, 1 + 2 + 3);
  g_assert_cmpuint (sum_of (hierarchy), ==, left);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/hierarchy/chain/own-blocks",
                        GUINT_TO_POINTER (WORLD_OWN_BLOCKS), test_chain);
  g_test_add_data_func ("/hierarchy/chain/like-kvm",
                        GUINT_TO_POINTER (WORLD_LIKE_KVM), test_chain);
  g_test_add_data_func ("/hierarchy/chain/one-block",
                        GUINT_TO_POINTER (WORLD_ONE_BLOCK), test_chain);
  g_test_add_func ("/hierarchy/exact", test_exact);
  g_test_add_func ("/hierarchy/level-zero", test_level_zero);
  g_test_add_func ("/hierarchy/sampled", test_sampled);
  g_test_add_func ("/hierarchy/no-nested-paging", test_no_nested_paging);
  g_test_add_func ("/hierarchy/siblings", test_siblings);
  g_test_add_func ("/hierarchy/smp", test_smp);
  g_test_add_func ("/hierarchy/moved-between", test_moved_between);
  g_test_add_func ("/hierarchy/coincide", test_coincide);
  g_test_add_func ("/hierarchy/reuse", test_reuse);
  g_test_add_func ("/hierarchy/fresh-blocks", test_fresh_blocks);
  g_test_add_func ("/hierarchy/thousand", test_thousand);
  g_test_add_func ("/hierarchy/thousand-vcpus", test_thousand_vcpus);
  g_test_add_func ("/hierarchy/too-deep", test_too_deep);
  g_test_add_func ("/hierarchy/forgot", test_forgot);
  g_test_add_func ("/hierarchy/vmptrld", test_vmptrld);
  g_test_add_func ("/hierarchy/failed-entry", test_failed_entry);
  g_test_add_func ("/hierarchy/silence", test_silence);
  g_test_add_func ("/hierarchy/paused", test_paused);
  g_test_add_func ("/hierarchy/names", test_names);
  g_test_add_func ("/hierarchy/names-only", test_names_only);
  g_test_add_func ("/hierarchy/threads", test_threads);
  return g_test_run ();
}
