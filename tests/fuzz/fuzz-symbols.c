/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Any bytes as a file of symbols, an alert rule, a profile or a filter of
 * events: everything of the monitor that reads what others wrote.
 */
#include "engine/engine.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (MosSymbols) symbols = mos_symbols_parse (data, size, NULL);
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (MosAlertRule) rule = mos_alert_rule_from_json (text, NULL);
  g_autoptr (MosProfile) profile = mos_profile_from_json (text, NULL);
  MosTraceFilter filter;
  guint64        offset;

  if (symbols != NULL) {
    g_assert_cmpuint (mos_symbols_count (symbols), >, 0);
    for (guint64 address = 0; address < 64; address++)
      mos_symbols_find (symbols, address << 58 | 0x401000, &offset);
  }
  if (rule != NULL) {
    g_autofree char *json = mos_alert_rule_to_json (rule);
    g_autofree char *words = mos_alert_rule_describe (rule);

    g_assert_nonnull (words);
    g_assert_nonnull (json);
  }
  if (profile != NULL) {
    g_autoptr (GPtrArray) rows = mos_profile_rows (profile);
    g_autoptr (MosProfileNode) tree = mos_profile_tree (profile, profile);

    g_assert_cmpuint (tree->total, ==, tree->before);
    g_assert_nonnull (rows);
  }
  mos_trace_filter_parse (&filter, text, NULL);
  {
    g_autoptr (MosSymbols) names =
        mos_kallsyms_parse (data, size, 0xffffffff81000000);

    if (names != NULL)
      mos_symbols_find (names, 0xffffffff81000100, &offset);
  }
  return 0;
}
