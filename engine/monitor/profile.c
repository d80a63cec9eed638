/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Counting stacks, and what can be read from the counts.
 */
#include "engine/monitor/profile.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* More different stacks than anybody can look at. */
#define MAX_STACKS 200000u

const MosProfileInfo mos_profile_infos[MOS_N_PROFILES] = {
  [MOS_PROFILE_CPU] = { "cpu", N_ ("samples"),
                        N_ ("Which guest code the processors are in") },
  [MOS_PROFILE_EXITS] = { "exits", N_ ("exits"),
                          N_ ("Which instruction makes the guest exit") },
  [MOS_PROFILE_MEMORY] = { "memory", N_ ("pages"),
                           N_ ("Which memory the guest reads and writes") },
  [MOS_PROFILE_DISK] = { "disk", N_ ("requests"),
                         N_ ("How long the disks take to answer") },
};

MosProfile *
mos_profile_new (const char *name, MosProfileType type)
{
  MosProfile *self = g_new0 (MosProfile, 1);

  self->name = g_strdup (name);
  self->machine_name = g_strdup ("");
  self->type = type;
  self->stacks =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
mos_profile_free (MosProfile *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->stacks);
  g_free (self->name);
  g_free (self->machine_name);
  g_free (self);
}

void
mos_profile_add (MosProfile *self, const char *stack, guint64 count)
{
  guint64 *sum = g_hash_table_lookup (self->stacks, stack);

  self->total += count;
  if (sum == NULL) {
    const char *key =
        g_hash_table_size (self->stacks) < MAX_STACKS ? stack : "[others]";

    sum = g_hash_table_lookup (self->stacks, key);
    if (sum == NULL) {
      sum = g_new0 (guint64, 1);
      g_hash_table_insert (self->stacks, g_strdup (key), sum);
    }
  }
  *sum += count;
}

/* Names may come from a guest's file: no separator may be in them. */
static void
append_frame (GString *stack, const char *name)
{
  if (stack->len > 0)
    g_string_append_c (stack, ';');
  for (; *name != '\0'; name++)
    g_string_append_c (stack,
                       *name == ';' || (guchar) *name < ' ' ? '_' : *name);
}

static void
append_address (GString *stack, MosSymbols *symbols, guint64 address)
{
  const char *name = mos_symbols_find (symbols, address, NULL);
  char        number[32];

  if (name != NULL) {
    append_frame (stack, name);
    return;
  }
  g_snprintf (number, sizeof number, "0x%" G_GINT64_MODIFIER "x", address);
  append_frame (stack, number);
}

void
mos_profile_add_frames (MosProfile    *self,
                        MosSymbols    *symbols,
                        const guint64 *frames,
                        guint          n,
                        const char    *innermost,
                        guint64        count)
{
  g_autoptr (GString) stack = g_string_new (NULL);

  /* A return address may be the first byte of the next function. */
  for (guint i = n; i > 0; i--)
    append_address (stack, symbols, frames[i - 1] - (i > 1 ? 1 : 0));
  if (innermost != NULL)
    append_frame (stack, innermost);
  mos_profile_add (self, stack->str, count);
}

static int
compare_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The stacks, sorted; the array holds borrowed strings. */
static GPtrArray *
sorted_stacks (const MosProfile *self)
{
  GPtrArray     *keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer       key;

  g_hash_table_iter_init (&iter, self->stacks);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, key);
  g_ptr_array_sort (keys, compare_text);
  return keys;
}

static guint64
count_of (const MosProfile *self, const char *stack)
{
  const guint64 *count = g_hash_table_lookup (self->stacks, stack);

  return count != NULL ? *count : 0;
}

char *
mos_profile_to_folded (const MosProfile *self)
{
  g_autoptr (GPtrArray) stacks = sorted_stacks (self);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < stacks->len; i++)
    g_string_append_printf (text, "%s %" G_GUINT64_FORMAT "\n",
                            (const char *) stacks->pdata[i],
                            count_of (self, stacks->pdata[i]));
  return g_string_free (text, FALSE);
}

/* -- by function --------------------------------------------------------- */

void
mos_profile_row_free (MosProfileRow *row)
{
  if (row == NULL)
    return;
  g_free (row->name);
  g_free (row);
}

static MosProfileRow *
find_row (GHashTable *by_name, GPtrArray *rows, const char *name)
{
  MosProfileRow *row = g_hash_table_lookup (by_name, name);

  if (row == NULL) {
    row = g_new0 (MosProfileRow, 1);
    row->name = g_strdup (name);
    g_ptr_array_add (rows, row);
    g_hash_table_insert (by_name, row->name, row);
  }
  return row;
}

static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const MosProfileRow *left = *(MosProfileRow *const *) a;
  const MosProfileRow *right = *(MosProfileRow *const *) b;

  if (left->self != right->self)
    return left->self < right->self ? 1 : -1;
  if (left->total != right->total)
    return left->total < right->total ? 1 : -1;
  return strcmp (left->name, right->name);
}

GPtrArray *
mos_profile_rows (const MosProfile *self)
{
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GPtrArray) stacks = sorted_stacks (self);
  GPtrArray *rows =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_profile_row_free);

  for (guint i = 0; i < stacks->len; i++) {
    g_auto (GStrv) frames = g_strsplit (stacks->pdata[i], ";", -1);
    guint   n = g_strv_length (frames);
    guint64 count = count_of (self, stacks->pdata[i]);

    for (guint f = 0; f < n; f++) {
      MosProfileRow *row = find_row (by_name, rows, frames[f]);
      gboolean       again = FALSE;

      /* A function that calls itself is on the stack once. */
      for (guint e = 0; e < f; e++)
        again |= g_str_equal (frames[e], frames[f]);
      if (!again)
        row->total += count;
      if (f + 1 == n)
        row->self += count;
    }
  }
  g_ptr_array_sort (rows, compare_rows);
  return rows;
}

/* -- tree ---------------------------------------------------------------- */

void
mos_profile_node_free (MosProfileNode *node)
{
  if (node == NULL)
    return;
  g_free (node->name);
  g_ptr_array_unref (node->children);
  g_free (node);
}

static MosProfileNode *
node_new (const char *name)
{
  MosProfileNode *node = g_new0 (MosProfileNode, 1);

  node->name = g_strdup (name);
  node->children =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_profile_node_free);
  return node;
}

static MosProfileNode *
node_child (MosProfileNode *node, const char *name)
{
  MosProfileNode *child;

  for (guint i = node->children->len; i > 0; i--) {
    child = node->children->pdata[i - 1];
    if (g_str_equal (child->name, name))
      return child;
  }
  child = node_new (name);
  g_ptr_array_add (node->children, child);
  return child;
}

static void
add_tree (MosProfileNode *root, const MosProfile *profile, gboolean before)
{
  g_autoptr (GPtrArray) stacks = sorted_stacks (profile);

  for (guint i = 0; i < stacks->len; i++) {
    g_auto (GStrv) frames = g_strsplit (stacks->pdata[i], ";", -1);
    MosProfileNode *node = root;
    guint64         count = count_of (profile, stacks->pdata[i]);

    for (guint f = 0;; f++) {
      if (before)
        node->before += count;
      else
        node->total += count;
      if (frames[f] == NULL)
        break;
      node = node_child (node, frames[f]);
    }
  }
}

MosProfileNode *
mos_profile_tree (const MosProfile *self, const MosProfile *before)
{
  MosProfileNode *root = node_new ("all");

  add_tree (root, self, FALSE);
  if (before != NULL)
    add_tree (root, before, TRUE);
  return root;
}
