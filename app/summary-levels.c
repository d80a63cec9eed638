/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The levels of a machine side by side: what each one's guests left for, who
 * took it, and how long they computed themselves. From the same readings as
 * everything else in a summary.
 */
#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "app/summary.h"

static gint64
own_ns_of_all (const MosSummary *self)
{
  gint64 sum = 0;

  for (guint i = 0; i < self->levels->len; i++)
    sum += g_array_index (self->levels, MosSummaryLevel, i).own_ns;
  return sum;
}

GArray *
mos_summary_count_levels (const MosSummary *self)
{
  GArray         *levels = g_array_new (FALSE, FALSE, sizeof (MosSummaryLevel));
  MosSummaryLevel all[MOS_HIERARCHY_LEVELS] = { 0 };

  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = &g_array_index (self->readings, MosReading, i);
    const MosSeriesKey *key = &reading->key;

    if (key->level < 0 || key->level >= (int) MOS_HIERARCHY_LEVELS)
      continue;
    if (key->metric == MOS_METRIC_LEVEL_TIME)
      all[key->level].own_ns += reading->value;
    if (key->metric != MOS_METRIC_EXITS || key->handled_by < 0 ||
        key->handled_by >= (int) MOS_HIERARCHY_LEVELS)
      continue;
    all[key->level].exits += reading->value;
    all[key->level].taken_by[key->handled_by] += reading->value;
  }
  for (guint level = 1; level < MOS_HIERARCHY_LEVELS; level++) {
    all[level].level = level;
    if (all[level].exits > 0 || all[level].own_ns > 0)
      g_array_append_val (levels, all[level]);
  }
  return levels;
}

char *
mos_summary_level_describe (const MosSummary      *self,
                            const MosSummaryLevel *level)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 whole_ns = own_ns_of_all (self);

  g_string_append_printf (text, _ ("Level %u: %" PRId64 " exits"), level->level,
                          level->exits);
  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++) {
    if (level->taken_by[by] == 0)
      continue;
    g_string_append (text, ", ");
    if (by == 0)
      g_string_append_printf (text, _ ("%" PRId64 " taken by the lab"),
                              level->taken_by[by]);
    else
      g_string_append_printf (text, _ ("%" PRId64 " taken by level %u"),
                              level->taken_by[by], by);
  }
  if (level->own_ns > 0)
    g_string_append_printf (text,
                            _ ("; %.3f s in itself, %.1f %% of all levels"),
                            (double) level->own_ns / 1e9,
                            100.0 * (double) level->own_ns / (double) whole_ns);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
