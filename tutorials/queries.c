/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The table of everything a check can ask, with the answers.
 *
 * An answer reads what the engine counts and shows anyway; a query costs
 * nothing while nobody asks. To add one, write a row and its function. Main
 * loop.
 */
#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lifecycle/inspect.h"
#include "tutorials/images.h"
#include "tutorials/registers.h"
#include "tutorials/world-private.h"

#define WORKSPACE_TEXT 65536

static const MosLabValue nothing = { .type = MOS_LAB_NULL };

/* The part of @query called @name, or the last one. */
static const MosCheckPart *
part_named (const MosCheckQuery *query, const char *name)
{
  for (guint i = 0; i < query->n_parts; i++)
    if (g_str_equal (query->parts[i].name, name))
      return &query->parts[i];
  return &query->parts[query->n_parts - 1];
}

static const char *
text_argument (const MosCheckPart *part, int at)
{
  const MosLabValue *value = mos_lab_argument (part, NULL, at);

  return value != NULL ? value->text : NULL;
}

static guint64
number_argument (const MosCheckPart *part,
                 const char         *name,
                 int                 at,
                 guint64             otherwise)
{
  const MosLabValue *value = mos_lab_argument (part, name, at);

  return value != NULL && value->whole ? value->bits : otherwise;
}

static const MosCheckPart *
last_part (const MosCheckQuery *query)
{
  return &query->parts[query->n_parts - 1];
}

/* -- the machine --------------------------------------------------------- */

static MosLabValue
machine_exists (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return mos_lab_value_bool (vm != NULL);
}

static MosLabValue
machine_state (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  if (vm == NULL)
    return nothing;
  return mos_lab_value_text (
      g_strdup (mos_vm_state_name (mos_vm_get_state (vm))));
}

static MosLabValue
machine_name (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return vm != NULL ? mos_lab_value_text (g_strdup (mos_vm_get_name (vm)))
                    : nothing;
}

static MosLabValue
machine_backend (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return vm != NULL
             ? mos_lab_value_text (g_strdup (mos_vm_get_backend_name (vm)))
             : nothing;
}

static MosLabValue
machine_seconds (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  if (vm == NULL)
    return nothing;
  return mos_lab_value_number ((double) mos_vm_get_guest_time_ns (vm) / 1e9);
}

/* started, paused, resumed, stopped, reset, deleted: how often. */
static MosLabValue
machine_count (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  static const char *names[MOS_LAB_N_EVENTS] = {
    [MOS_LAB_STARTED] = "started", [MOS_LAB_PAUSED] = "paused",
    [MOS_LAB_RESUMED] = "resumed", [MOS_LAB_STOPPED] = "stopped",
    [MOS_LAB_RESET] = "reset",     [MOS_LAB_DELETED] = "deleted",
  };
  const char          *event = text_argument (last_part (query), 0);
  const MosLabValue   *role = mos_lab_argument (&query->parts[0], NULL, 0);
  const MosLabMachine *machine =
      mos_lab_world_find (world, role != NULL ? role->text : MOS_LAB_MAIN_ROLE);

  for (guint i = 0; machine != NULL && i < MOS_LAB_N_EVENTS; i++)
    if (g_strcmp0 (names[i], event) == 0)
      return mos_lab_value_number (machine->events[i]);
  return mos_lab_value_number (0);
}

/* A key of the machine's configuration, as its file would have it. */
static MosLabValue
machine_config (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const char       *key = text_argument (last_part (query), 0);
  const MosKeyInfo *info = mos_config_schema_find (key);
  MosVmConfig      *config;

  if (vm == NULL || info == NULL)
    return nothing;
  config = mos_vm_get_config (vm);
  switch (info->type) {
  case MOS_KEY_INTEGER:
    return mos_lab_value_number ((double) mos_vm_config_get_int (config, key));
  case MOS_KEY_BOOLEAN:
    return mos_lab_value_bool (mos_vm_config_get_bool (config, key));
  case MOS_KEY_STRING:
  case MOS_KEY_PATH:
  case MOS_KEY_ENUM:
    return mos_lab_value_text (
        g_strdup (mos_vm_config_get_string (config, key)));
  case MOS_KEY_INTEGERS:
  case MOS_KEY_STRINGS:
  case MOS_KEY_TABLES:
  default:
    return nothing;
  }
}

static MosLabValue
machine_log (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_autoptr (GPtrArray) lines = NULL;
  GString *text;

  if (vm == NULL)
    return nothing;
  lines = mos_log_lines (mos_vm_get_log (vm), 0);
  text = g_string_new (NULL);
  for (guint i = 0; i < lines->len; i++)
    g_string_append_printf (text, "%s\n",
                            ((const MosLogLine *) lines->pdata[i])->text);
  return mos_lab_value_text (g_string_free (text, FALSE));
}

/* -- what the guest says and shows --------------------------------------- */

static MosLabValue
machine_serial (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  guint64 port = number_argument (last_part (query), NULL, 0, 0);

  if (vm == NULL || port >= MOS_LAB_N_SERIAL)
    return nothing;
  return mos_lab_value_text (
      mos_lab_machine_serial (mos_lab_world_record (world, vm), (guint) port));
}

static MosLabValue
machine_screen (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return vm != NULL
             ? mos_lab_value_text (mos_screen_text (mos_vm_get_screen (vm)))
             : nothing;
}

/* -- machines inside the machine ----------------------------------------- */

/* What is found by watching the processors now; all zero if nothing is. */
static gboolean
read_tree (MosVm *vm, MosHierarchySnapshot *snapshot)
{
  g_autoptr (MosHierarchy) hierarchy =
      vm != NULL ? mos_vm_ref_hierarchy (vm) : NULL;

  if (hierarchy == NULL)
    return FALSE;
  mos_hierarchy_read (hierarchy, G_MAXINT64, snapshot);
  return TRUE;
}

static MosLabValue
tree_depth (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint depth = 1;

  if (!read_tree (vm, &snapshot))
    return nothing;
  for (guint i = 0; i < snapshot.guests->len; i++)
    depth = MAX (depth,
                 g_array_index (snapshot.guests, MosHierarchyGuest, i).level);
  return mos_lab_value_number (depth);
}

static MosLabValue
tree_guests (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };

  if (!read_tree (vm, &snapshot))
    return nothing;
  return mos_lab_value_number (snapshot.guests->len);
}

/* Entries by level 1 for each time that a guest of the level went on. */
static MosLabValue
tree_multiplication (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint64 level = number_argument (last_part (query), NULL, 0, 2);
  guint64 returns = 0, entries = 0;

  if (!read_tree (vm, &snapshot))
    return nothing;
  for (guint i = 0; i < snapshot.guests->len; i++) {
    const MosHierarchyGuest *guest =
        &g_array_index (snapshot.guests, MosHierarchyGuest, i);

    if (guest->level != level)
      continue;
    returns += guest->returns;
    entries += guest->return_entries;
  }
  return returns > 0
             ? mos_lab_value_number (
                   round (10.0 * (double) entries / (double) returns) / 10)
             : nothing;
}

/* The cells of one level that a reason or group matches. */
static guint64
sum_cells (guint64 (*cells)[MOS_N_EXITS], const char *reason)
{
  guint64 sum = 0;

  for (guint by = 0; by < MOS_HIERARCHY_LEVELS; by++)
    for (guint i = 0; i < MOS_N_EXITS; i++)
      if (reason == NULL || g_str_equal (reason, mos_exit_infos[i].name) ||
          g_str_equal (reason, mos_exit_infos[i].group))
        sum += cells[by][i];
  return sum;
}

static MosLabValue
level_exits (MosVm *vm, const char *reason, guint64 level)
{
  g_auto (MosHierarchySnapshot) snapshot = { 0 };
  guint64 sum = 0;

  if (level < 2 || level >= MOS_HIERARCHY_LEVELS || !read_tree (vm, &snapshot))
    return nothing;
  for (guint i = 0; i < snapshot.guests->len; i++) {
    MosHierarchyGuest *guest =
        &g_array_index (snapshot.guests, MosHierarchyGuest, i);

    if (guest->level == level)
      sum += sum_cells (guest->cells, reason);
  }
  return mos_lab_value_bits (sum + sum_cells (snapshot.gone[level], reason));
}

/* -- counters ------------------------------------------------------------ */

static MosLabValue
machine_exits (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const char     *reason = text_argument (last_part (query), 0);
  MosVcpuCounters totals;
  guint64         sum = 0;

  if (vm == NULL)
    return nothing;
  if (mos_lab_argument (last_part (query), "level", -1) != NULL)
    return level_exits (vm, reason,
                        number_argument (last_part (query), "level", -1, 0));
  mos_vm_get_counters (vm, &totals);
  for (guint i = 0; i < MOS_N_EXITS; i++)
    if (reason == NULL || g_str_equal (reason, mos_exit_infos[i].name) ||
        g_str_equal (reason, mos_exit_infos[i].group))
      sum += totals.exits[i];
  return mos_lab_value_bits (sum);
}

static MosLabValue
machine_instructions (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  MosVcpuCounters totals;

  if (vm == NULL)
    return nothing;
  mos_vm_get_counters (vm, &totals);
  return totals.instructions_known ? mos_lab_value_bits (totals.instructions)
                                   : nothing;
}

static MosLabValue
machine_interrupts (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  MosVcpuCounters totals;

  if (vm == NULL)
    return nothing;
  mos_vm_get_counters (vm, &totals);
  return mos_lab_value_bits (totals.interrupts);
}

/* Exceptions of one vector; on KVM nobody sees them. */
static MosLabValue
machine_faults (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  guint64         vector = number_argument (last_part (query), NULL, 0, 14);
  MosVcpuCounters totals;

  if (vm == NULL || vector >= G_N_ELEMENTS (totals.faults))
    return nothing;
  mos_vm_get_counters (vm, &totals);
  return totals.instructions_known ? mos_lab_value_bits (totals.faults[vector])
                                   : nothing;
}

/* Only the software CPU sees them; nothing elsewhere. */
static MosLabValue
machine_walks (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  MosVcpuCounters totals;

  if (vm == NULL)
    return nothing;
  mos_vm_get_counters (vm, &totals);
  if (!totals.instructions_known)
    return nothing;
  return mos_lab_value_bits (g_str_equal (last_part (query)->name, "walks")
                                 ? totals.page_walks
                                 : totals.tlb_misses);
}

/* -- processors ---------------------------------------------------------- */

static const MosCpuState *
cpu_of (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  guint64 index = number_argument (part_named (query, "cpu"), NULL, 0, 0);

  if (vm == NULL || index >= MOS_LAB_MAX_VCPUS)
    return NULL;
  return mos_lab_machine_cpu (mos_lab_world_record (world, vm), (guint) index);
}

static MosLabValue
cpu_register (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCpuState *cpu = cpu_of (world, vm, query);
  guint64            value;

  if (cpu == NULL ||
      !mos_lab_register_get (cpu, last_part (query)->name, &value))
    return nothing;
  return mos_lab_value_bits (value);
}

static MosLabValue
cpu_field (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCpuState *cpu = cpu_of (world, vm, query);
  guint64            value;

  if (cpu == NULL ||
      !mos_lab_register_get_field (cpu, query->parts[query->n_parts - 2].name,
                                   last_part (query)->name, &value))
    return nothing;
  return mos_lab_value_bits (value);
}

static MosLabValue
cpu_msr (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCpuState *cpu = cpu_of (world, vm, query);
  guint64            index = number_argument (last_part (query), NULL, 0, 0);

  for (guint i = 0; cpu != NULL && i < cpu->n_msrs; i++)
    if (cpu->msrs[i].index == index)
      return mos_lab_value_bits (cpu->msrs[i].value);
  return nothing;
}

static MosLabValue
cpu_mode (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCpuState *cpu = cpu_of (world, vm, query);

  return cpu != NULL
             ? mos_lab_value_text (g_strdup (mos_lab_register_mode (cpu)))
             : nothing;
}

/* -- memory -------------------------------------------------------------- */

static MosLabValue
machine_memory (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCheckPart *part = last_part (query);
  guint64             gpa = number_argument (part, NULL, 0, 0);
  guint64             size = number_argument (part, NULL, 1, 1);
  guint64             value = 0;

  if (vm == NULL || size == 0 || size > 8 ||
      !mos_vm_look_at_memory (vm, gpa, &value, size))
    return nothing;
  return mos_lab_value_bits (GUINT64_FROM_LE (value));
}

/* -- devices ------------------------------------------------------------- */

typedef struct {
  const char   *name;
  MosIoCounters sum;
  gboolean      found;
} DeviceLook;

static void
add_device (gpointer             user_data,
            const char          *name,
            const MosIoCounters *counters,
            guint64              time_ns)
{
  DeviceLook *look = user_data;

  if (!g_str_equal (look->name, name))
    return;
  look->found = TRUE;
  look->sum = *counters;
}

/* device("x").reads and the like: the last part says which. */
static MosLabValue
device_counter (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const char *what = last_part (query)->name;
  DeviceLook look = { .name = text_argument (part_named (query, "device"), 0) };

  if (vm == NULL)
    return nothing;
  mos_vm_foreach_device (vm, add_device, &look);
  if (!look.found)
    return nothing;
  if (g_str_equal (what, "reads"))
    return mos_lab_value_bits (look.sum.reads);
  if (g_str_equal (what, "writes"))
    return mos_lab_value_bits (look.sum.writes);
  if (g_str_equal (what, "interrupts"))
    return mos_lab_value_bits (look.sum.interrupts);
  return mos_lab_value_bits (look.sum.bytes);
}

typedef struct {
  const char   *name;
  MosVmRegister found;
  gboolean      is_found;
} RegisterLook;

static void
find_register (gpointer user_data, const MosVmRegister *reg)
{
  RegisterLook *look = user_data;

  if (look->is_found || g_strcmp0 (look->name, reg->row->name) != 0)
    return;
  look->found = *reg;
  look->is_found = TRUE;
}

/* device("x").reg("Y"), .reg("Y").bit(n), .reg("Y").field("F") */
static MosLabValue
device_register (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosCheckPart *last = last_part (query);
  RegisterLook look = { .name = text_argument (part_named (query, "reg"), 0) };
  const MosField *field;

  if (vm == NULL)
    return nothing;
  mos_vm_foreach_register (vm, text_argument (part_named (query, "device"), 0),
                           find_register, &look);
  if (!look.is_found)
    return nothing;
  if (g_str_equal (last->name, "reg"))
    return mos_lab_value_bits (look.found.value);
  if (g_str_equal (last->name, "bit")) {
    guint64 bit = number_argument (last, NULL, 0, 0);

    return bit < 64 ? mos_lab_value_bits ((look.found.value >> bit) & 1)
                    : nothing;
  }
  for (field = look.found.row->fields; field != NULL && field->name != NULL;
       field++)
    if (g_str_equal (field->name, text_argument (last, 0)))
      return mos_lab_value_bits (mos_field_get (field, look.found.value));
  return nothing;
}

/* -- the learner and the lab --------------------------------------------- */

static MosLabValue
quiz (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const char *id = text_argument (last_part (query), 0);

  return mos_lab_value_bool (mos_lab_world_get_quiz (world, id));
}

static MosLabValue
window_fact (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const char *value =
      g_hash_table_lookup (world->facts, last_part (query)->name);

  return mos_lab_value_text (g_strdup (value));
}

static MosLabValue
image_installed (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  const MosLabImage *image =
      mos_lab_image_find (text_argument (&query->parts[0], 0));
  g_autofree char *path = image != NULL ? mos_lab_image_path (image) : NULL;

  return mos_lab_value_bool (path != NULL);
}

static MosLabValue
workspace_has (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_autofree char *name =
      g_strconcat ("@workspace/", text_argument (last_part (query), 0), NULL);
  g_autofree char *path = mos_lab_world_resolve (world, name, NULL);

  return mos_lab_value_bool (path != NULL &&
                             g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

/* The file as text, its first WORKSPACE_TEXT bytes; owned by the caller. */
static char *
workspace_read (MosLabWorld *world, const MosCheckQuery *query)
{
  g_autofree char *name =
      g_strconcat ("@workspace/", text_argument (last_part (query), 0), NULL);
  g_autofree char *path = mos_lab_world_resolve (world, name, NULL);
  g_autofree char *text = g_malloc (WORKSPACE_TEXT + 1);
  FILE            *file = NULL;
  gsize            size;

  if (path != NULL && g_file_test (path, G_FILE_TEST_IS_REGULAR))
    file = fopen (path, "re");
  if (file == NULL)
    return NULL;
  size = fread (text, 1, WORKSPACE_TEXT, file);
  fclose (file);
  text[size] = '\0';
  return g_steal_pointer (&text);
}

static MosLabValue
workspace_text (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return mos_lab_value_text (workspace_read (world, query));
}

/* Nothing if there is no such file. */
static MosLabValue
workspace_lines (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  g_autofree char *text = workspace_read (world, query);
  guint            lines = 0;

  for (const char *p = text; p != NULL && (p = strchr (p, '\n')) != NULL; p++)
    lines++;
  return text != NULL ? mos_lab_value_number (lines) : nothing;
}

static MosLabValue
build_ok (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return mos_lab_value_bool (world->build_log != NULL && world->build_ok);
}

static MosLabValue
build_log (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return mos_lab_value_text (g_strdup (world->build_log));
}

static MosLabValue
machines_count (MosLabWorld *world, MosVm *vm, const MosCheckQuery *query)
{
  return world->hypervisor != NULL
             ? mos_lab_value_number (
                   g_list_model_get_n_items (G_LIST_MODEL (world->hypervisor)))
             : nothing;
}

const MosLabQueryInfo mos_lab_queries[] = {
  { "machine([text]).exists", MOS_LAB_BOOL,
    N_ ("whether the machine has been created"), machine_exists,
    N_ ("The machine exists"), N_ ("The machine has not been created yet") },
  { "machine([text]).state", MOS_LAB_TEXT,
    N_ ("stopped, starting, running, pausing, paused, resuming, stopping or "
        "crashed"),
    machine_state, N_ ("State of the machine"), NULL, TRUE },
  { "machine([text]).name", MOS_LAB_TEXT, N_ ("its name"), machine_name,
    N_ ("Name of the machine") },
  { "machine([text]).backend", MOS_LAB_TEXT,
    N_ ("what runs it: soft or kvm; not there while it is off"),
    machine_backend, N_ ("What runs the machine") },
  { "machine([text]).seconds", MOS_LAB_NUMBER,
    N_ ("how long it has run, in its own time"), machine_seconds,
    N_ ("Seconds that the machine has run") },
  { "machine([text]).count(text)", MOS_LAB_NUMBER,
    N_ ("how often it was started, paused, resumed, stopped, reset or deleted "
        "since the step began"),
    machine_count, N_ ("How often this happened to the machine"), NULL, TRUE },
  { "machine([text]).config(text)", MOS_LAB_ANY,
    N_ ("the value of a key of its configuration"), machine_config,
    N_ ("Setting of the machine") },
  { "machine([text]).log", MOS_LAB_TEXT, N_ ("the lines of its log"),
    machine_log, N_ ("Log of the machine") },
  { "machine([text]).serial([number])", MOS_LAB_TEXT,
    N_ ("what came out of a serial port since the step began or the machine "
        "was started, the newest 64 KiB"),
    machine_serial, N_ ("Serial port") },
  { "machine([text]).screen", MOS_LAB_TEXT,
    N_ ("the text on its screen; empty in graphics modes"), machine_screen,
    N_ ("Screen of the machine") },
  { "machine([text]).exits([text], [level=number])", MOS_LAB_NUMBER,
    N_ ("how often the guest left to its hypervisor, by reason or group; with "
        "a level, the guests at that level inside the machine"),
    machine_exits, N_ ("Exits") },
  { "machine([text]).tree.depth", MOS_LAB_NUMBER,
    N_ ("the deepest level: 1 is the machine, 2 a guest inside it"), tree_depth,
    N_ ("Levels of machines inside machines") },
  { "machine([text]).tree.guests", MOS_LAB_NUMBER,
    N_ ("how many guests were found inside the machine"), tree_guests,
    N_ ("Guests inside the machine") },
  { "machine([text]).tree.multiplication(number)", MOS_LAB_NUMBER,
    N_ ("entries by level 1 for one return of a guest at this level"),
    tree_multiplication, N_ ("Multiplication at a level") },
  { "machine([text]).instructions", MOS_LAB_NUMBER,
    N_ ("instructions executed, where the processor counts them"),
    machine_instructions, N_ ("Instructions executed") },
  { "machine([text]).interrupts", MOS_LAB_NUMBER,
    N_ ("interrupts delivered to its processors"), machine_interrupts,
    N_ ("Interrupts of the machine") },
  { "machine([text]).faults(number)", MOS_LAB_NUMBER,
    N_ ("exceptions of this vector (14: page faults), where the processor "
        "counts them"),
    machine_faults, N_ ("Exceptions with a number") },
  { "machine([text]).walks", MOS_LAB_NUMBER,
    N_ ("walks through page tables, where the processor counts them"),
    machine_walks, N_ ("Walks through page tables") },
  { "machine([text]).misses", MOS_LAB_NUMBER,
    N_ ("translations that the TLB had not, where the processor counts them"),
    machine_walks, N_ ("Misses of the TLB") },
  { "machine([text]).cpu([number]).mode", MOS_LAB_TEXT,
    N_ ("real, v86, protected16, protected32, compatibility or long"), cpu_mode,
    N_ ("Mode of the processor"), NULL, TRUE },
  { "machine([text]).cpu([number]).msr(number)", MOS_LAB_NUMBER,
    N_ ("a model-specific register"), cpu_msr, N_ ("Model-specific register") },
  { "machine([text]).cpu([number]).*", MOS_LAB_NUMBER,
    N_ ("a register: rax to r15, rip, rflags, cr0 to cr8, efer, xcr0, dr0 to "
        "dr7, cs to gs, gdtr, idtr, tr, cpl"),
    cpu_register, N_ ("Register") },
  { "machine([text]).cpu([number]).*.*", MOS_LAB_NUMBER,
    N_ ("a field of a register, in small letters: cr0.pg, efer.lma, "
        "rflags.if, cs.limit"),
    cpu_field, N_ ("Field of a register") },
  { "machine([text]).memory(number, [number])", MOS_LAB_NUMBER,
    N_ ("1 to 8 bytes of guest-physical memory, little endian"), machine_memory,
    N_ ("Memory of the guest") },
  { "machine([text]).device(text).reads", MOS_LAB_NUMBER,
    N_ ("how often the guest read from the device"), device_counter,
    N_ ("Reads from a device") },
  { "machine([text]).device(text).writes", MOS_LAB_NUMBER,
    N_ ("how often it wrote to it"), device_counter,
    N_ ("Writes to a device") },
  { "machine([text]).device(text).bytes", MOS_LAB_NUMBER,
    N_ ("bytes that went both ways"), device_counter,
    N_ ("Bytes to and from a device") },
  { "machine([text]).device(text).interrupts", MOS_LAB_NUMBER,
    N_ ("interrupts it raised"), device_counter,
    N_ ("Interrupts of a device") },
  { "machine([text]).device(text).reg(text)", MOS_LAB_NUMBER,
    N_ ("a register, without side effects"), device_register,
    N_ ("Register of a device") },
  { "machine([text]).device(text).reg(text).bit(number)", MOS_LAB_NUMBER,
    N_ ("one bit of it"), device_register, N_ ("Bit of a device’s register") },
  { "machine([text]).device(text).reg(text).field(text)", MOS_LAB_NUMBER,
    N_ ("a field of it, by name"), device_register,
    N_ ("Field of a device’s register") },
  { "machines", MOS_LAB_NUMBER, N_ ("how many machines there are"),
    machines_count, N_ ("Number of machines") },
  { "image(text).installed", MOS_LAB_BOOL,
    N_ ("whether the system @image/… of another package is there"),
    image_installed, N_ ("The package is installed"),
    N_ ("A package that this step needs is not installed") },
  { "workspace.has(text)", MOS_LAB_BOOL,
    N_ ("whether the learner's folder has the file"), workspace_has,
    N_ ("The file is in your folder"),
    N_ ("A file is not in your folder yet") },
  { "workspace.text(text)", MOS_LAB_TEXT,
    N_ ("the first 64 KiB of a file of the learner's folder"), workspace_text,
    N_ ("File in your folder") },
  { "workspace.lines(text)", MOS_LAB_NUMBER, N_ ("how many lines they have"),
    workspace_lines, N_ ("Lines of a file in your folder") },
  { "build.ok", MOS_LAB_BOOL, N_ ("whether the last build went well"), build_ok,
    N_ ("The last build went well"),
    N_ ("Your program has not been built without errors yet") },
  { "build.log", MOS_LAB_TEXT, N_ ("what the compiler said"), build_log,
    N_ ("Messages of the compiler") },
  { "quiz(text)", MOS_LAB_BOOL,
    N_ ("whether the quiz with this id was answered right"), quiz,
    N_ ("The question is answered"),
    N_ ("A question waits for its right answer") },
  { "window.*", MOS_LAB_TEXT,
    N_ ("what the window shows: page, machine, fullscreen"), window_fact,
    N_ ("What the window shows") },
  { NULL },
};
