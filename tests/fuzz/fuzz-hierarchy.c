/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Hypervisors that do anything with their control blocks, and say anything of
 * themselves. Whatever they do, no exit is lost or counted twice, the tables
 * keep their size and parents come before children. Sixes of bytes: what to
 * do, on which vCPU, with which block, root, instruction pointer, operand.
 */
#include <glib.h>

#include "engine/nested/hierarchy.h"
#include "tests/fuzz/fuzz.h"

#define N_VCPUS 3

static void
enter (MosHierarchy *hierarchy, guint cpu, const uint8_t *step)
{
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  MosVcpu            vcpu = { .index = cpu };
  MosNestedEntry     entry = {
        .vendor = step[0] & 0x40 ? MOS_VENDOR_INTEL : MOS_VENDOR_AMD,
        .block = (guint64) step[2] << 12,
        .root = (guint64) step[3] << 12,
        .nested_paging = (step[0] & 0x80) == 0,
        .rip = step[4],
        .cr3 = step[5],
  };

  g_assert_nonnull (observer->entered (observer, &vcpu, &entry));
}

static void
leave (MosHierarchy *hierarchy, guint cpu, const uint8_t *step)
{
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  MosVcpu            vcpu = { .index = cpu };
  MosNestedExit      exit = {
         .reason =
        step[3] & 1 ? MOS_EXIT_ENTRY : (MosExitReason) (step[3] % MOS_N_EXITS),
         .code = step[3],
         .rip = step[4],
         .operand = (guint64) step[2] << 12,
         .failed = (step[0] & 0x80) != 0,
  };

  observer->left (observer, &vcpu, &exit);
}

static void
check (MosHierarchy *hierarchy, guint64 n_exits)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint64 sum = 0;

  mos_hierarchy_read (hierarchy, G_MAXINT64, &snapshot);
  for (guint i = 0; i < snapshot.guests->len; i++) {
    const MosHierarchyGuest *guest =
        &g_array_index (snapshot.guests, MosHierarchyGuest, i);

    g_assert_cmpint (guest->parent, <, (gint) i);
    g_assert_cmpuint (guest->level, <, MOS_HIERARCHY_LEVELS);
    g_assert_true (g_utf8_validate (guest->name, -1, NULL));
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        sum += guest->cells[by][n];
  }
  for (guint level = 0; level < MOS_HIERARCHY_LEVELS; level++)
    for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
      for (guint n = 0; n < MOS_N_EXITS; n++)
        sum += snapshot.gone[level][by][n];
  g_assert_cmpuint (sum, ==, n_exits);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (MosHierarchy) hierarchy = mos_hierarchy_new (N_VCPUS);
  MosNestedObserver *observer = mos_hierarchy_observer (hierarchy);
  guint64            n_exits = 0;

  for (; size >= 6; data += 6, size -= 6) {
    guint   cpu = data[1] % N_VCPUS;
    MosVcpu vcpu = { .index = cpu };
    guint16 path[MOS_HIERARCHY_LEVELS] = { data[2], data[3], data[4] };

    switch (data[0] & 7) {
    case 0:
    case 1:
    case 2:
      enter (hierarchy, cpu, data);
      break;
    case 3:
    case 4:
    case 5:
      leave (hierarchy, cpu, data);
      n_exits++;
      break;
    case 6:
      mos_hierarchy_say (hierarchy, path, data[1] % MOS_HIERARCHY_LEVELS,
                         (const char *) data, 6);
      break;
    default:
      if (data[0] & 0x80)
        observer->forgot (observer, &vcpu);
      else
        mos_hierarchy_set_paused (hierarchy, (data[0] & 0x40) != 0);
      break;
    }
  }
  check (hierarchy, n_exits);
  return 0;
}
