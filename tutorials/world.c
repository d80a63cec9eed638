/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The machines of a lab, what happened to them, and which queries there are.
 *
 * Accepting a query compares it with the patterns of mos_lab_queries; a name
 * that is wrong is answered with those that are right. Main loop, but for the
 * listeners of serial ports, which run on the vCPU's thread.
 */
#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/lifecycle/inspect.h"
#include "tutorials/images.h"
#include "tutorials/world-private.h"

#define MAX_SUGGESTED 12

/* -- accepting ----------------------------------------------------------- */

/* One part of a pattern: "exits([text], [level=number])". */
typedef struct {
  char    *name; /* "*": any */
  char   **arguments;
  gboolean takes; /* has parentheses */
} Part;

static void
part_clear (Part *part)
{
  g_free (part->name);
  g_strfreev (part->arguments);
}

/* The next part of @pattern; its rest, or NULL at the end. */
static const char *
next_part (const char *pattern, Part *part)
{
  const char *open = strchr (pattern, '(');
  const char *dot = strchr (pattern, '.');
  const char *end;

  *part = (Part){ 0 };
  if (open != NULL && (dot == NULL || open < dot)) {
    g_autofree char *inside = NULL;

    end = strchr (open, ')');
    part->name = g_strndup (pattern, (gsize) (open - pattern));
    inside = g_strndup (open + 1, (gsize) (end - open - 1));
    part->arguments = g_strsplit (inside, ", ", -1);
    part->takes = TRUE;
    end++;
  } else {
    end = dot != NULL ? dot : pattern + strlen (pattern);
    part->name = g_strndup (pattern, (gsize) (end - pattern));
  }
  return *end == '.' ? end + 1 : NULL;
}

static MosLabType
type_named (const char *name)
{
  if (g_str_equal (name, "text"))
    return MOS_LAB_TEXT;
  return g_str_equal (name, "number") ? MOS_LAB_NUMBER : MOS_LAB_BOOL;
}

/* What a pattern says of one argument, without the brackets. */
static gboolean
argument_fits (const char *spec, const MosCheckArgument *given, guint at)
{
  g_autofree char *plain = g_strdup (spec);
  char            *equals;

  g_strdelimit (plain, "[]", ' ');
  g_strstrip (plain);
  equals = strchr (plain, '=');
  if (equals == NULL)
    return given->name == NULL && given->value.type == type_named (plain);
  *equals = '\0';
  return g_strcmp0 (given->name, plain) == 0 &&
         given->value.type == type_named (equals + 1);
}

static gboolean
arguments_fit (const Part *part, const MosCheckPart *given)
{
  guint n = part->takes ? g_strv_length (part->arguments) : 0;
  guint used = 0, positional = 0;

  for (guint i = 0; i < given->n_arguments; i++) {
    const MosCheckArgument *argument = &given->arguments[i];
    gboolean                fits = FALSE;

    for (guint k = argument->name == NULL ? positional : 0; k < n && !fits;
         k++) {
      fits = (used & (1u << k)) == 0 &&
             argument_fits (part->arguments[k], argument, i);
      if (fits) {
        used |= 1u << k;
        positional = k + 1;
      }
    }
    if (!fits)
      return FALSE;
  }
  for (guint k = 0; k < n; k++)
    if (part->arguments[k][0] != '[' && part->arguments[k][0] != '\0' &&
        (used & (1u << k)) == 0)
      return FALSE;
  return TRUE;
}

/* How many parts of @query agree by name with @pattern, and whether all do,
 * arguments too. */
static gboolean
pattern_fits (const char *pattern, const MosCheckQuery *query, guint *names)
{
  const char *rest = pattern;
  gboolean    fits = TRUE;

  *names = 0;
  for (guint i = 0; i < query->n_parts; i++) {
    Part     part;
    gboolean same;

    if (rest == NULL)
      return FALSE;
    rest = next_part (rest, &part);
    same = g_str_equal (part.name, "*") ||
           g_str_equal (part.name, query->parts[i].name);
    fits = fits && same && arguments_fit (&part, &query->parts[i]);
    part_clear (&part);
    if (!same)
      return FALSE;
    ++*names;
  }
  return fits && rest == NULL;
}

/* "exits" is "machine.exits". */
static void
complete (MosCheckQuery *query)
{
  for (const MosLabQueryInfo *row = mos_lab_queries; row->pattern != NULL;
       row++) {
    Part     part;
    gboolean same;

    next_part (row->pattern, &part);
    same = g_str_equal (part.name, query->parts[0].name);
    part_clear (&part);
    if (same)
      return;
  }
  if (query->n_parts == MOS_CHECK_MAX_PARTS)
    return;
  memmove (&query->parts[1], &query->parts[0],
           query->n_parts * sizeof query->parts[0]);
  query->parts[0] = (MosCheckPart){ .name = MOS_LAB_MACHINE };
  query->n_parts++;
}

static char *
spell (const MosCheckQuery *query)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < query->n_parts; i++)
    g_string_append_printf (text, "%s%s%s", i > 0 ? "." : "",
                            query->parts[i].name,
                            query->parts[i].called ? "()" : "");
  return g_string_free (text, FALSE);
}

/* The patterns that share the most names with what was written. */
static char *
suggest (const MosCheckQuery *query, guint best)
{
  GString *text = g_string_new (NULL);
  guint    n = 0;

  for (const MosLabQueryInfo *row = mos_lab_queries;
       row->pattern != NULL && n < MAX_SUGGESTED; row++) {
    guint names;

    pattern_fits (row->pattern, query, &names);
    if (names < best)
      continue;
    g_string_append_printf (text, "%s%s", n++ > 0 ? ", " : "", row->pattern);
  }
  return g_string_free (text, FALSE);
}

static gboolean
accept (const MosCheckWorld *checks, MosCheckQuery *query, GError **error)
{
  g_autofree char *spelled = spell (query);
  g_autofree char *allowed = NULL;
  guint            best = 0;

  complete (query);
  for (guint i = 0; mos_lab_queries[i].pattern != NULL; i++) {
    guint names;

    if (pattern_fits (mos_lab_queries[i].pattern, query, &names)) {
      query->row = i;
      return TRUE;
    }
    best = MAX (best, names);
  }
  allowed = suggest (query, best);
  g_set_error (error, MOS_ERROR, MOS_ERROR_UNKNOWN_KEY,
               _ ("nothing can be asked as “%s”; allowed: %s"), spelled,
               allowed);
  return FALSE;
}

static MosLabValue
answer (const MosCheckWorld *checks, const MosCheckQuery *query)
{
  MosLabWorld           *self = (MosLabWorld *) checks;
  const MosLabQueryInfo *row = &mos_lab_queries[query->row];
  const MosLabValue     *role;
  MosVm                 *vm = NULL;

  if (g_str_equal (query->parts[0].name, MOS_LAB_MACHINE)) {
    role = mos_lab_argument (&query->parts[0], NULL, 0);
    vm = mos_lab_world_machine (self,
                                role != NULL ? role->text : MOS_LAB_MAIN_ROLE);
  }
  return row->answer (self, vm, query);
}

const MosLabValue *
mos_lab_argument (const MosCheckPart *part, const char *name, int at)
{
  int position = 0;

  for (guint i = 0; i < part->n_arguments; i++) {
    const MosCheckArgument *argument = &part->arguments[i];

    if (argument->name == NULL ? at >= 0 && position++ == at
                               : g_strcmp0 (argument->name, name) == 0)
      return &argument->value;
  }
  return NULL;
}

/* -- machines ------------------------------------------------------------ */

/* On the vCPU's thread; keeps the newest bytes. */
static void
serial_cb (gpointer user_data, const guint8 *data, gsize size)
{
  MosLabSerial *self = user_data;
  gsize         excess;

  if (size > MOS_LAB_SERIAL_BYTES) {
    data += size - MOS_LAB_SERIAL_BYTES;
    size = MOS_LAB_SERIAL_BYTES;
  }
  g_mutex_lock (&self->lock);
  /* Cut seldom, so that a chatty guest does not move the text each time. */
  excess = self->text->len + size;
  if (excess > 2 * MOS_LAB_SERIAL_BYTES)
    g_string_erase (self->text, 0, (gssize) (excess - MOS_LAB_SERIAL_BYTES));
  g_string_append_len (self->text, (const char *) data, (gssize) size);
  g_mutex_unlock (&self->lock);
}

static void
forget_serial (MosLabMachine *self)
{
  for (guint n = 0; n < MOS_LAB_N_SERIAL; n++) {
    g_mutex_lock (&self->serial[n].lock);
    g_string_truncate (self->serial[n].text, 0);
    g_mutex_unlock (&self->serial[n].lock);
  }
}

/* What a machine said before it was started anew is no answer. */
static void
state_cb (MosVm *vm, GParamSpec *pspec, MosLabMachine *self)
{
  MosVmState state = mos_vm_get_state (vm);

  if (state == self->last_state)
    return;
  if (state == MOS_VM_STARTING)
    forget_serial (self);
  else if (state == MOS_VM_RUNNING && self->last_state == MOS_VM_STARTING)
    self->events[MOS_LAB_STARTED]++;
  else if (state == MOS_VM_RUNNING)
    self->events[MOS_LAB_RESUMED]++;
  else if (state == MOS_VM_PAUSED)
    self->events[MOS_LAB_PAUSED]++;
  else if (state == MOS_VM_STOPPED)
    self->events[MOS_LAB_STOPPED]++;
  self->last_state = state;
}

static void
reset_cb (MosVm *vm, const char *why, MosLabMachine *self)
{
  self->events[MOS_LAB_RESET]++;
}

static void
was_reset_cb (MosVm *vm, MosLabMachine *self)
{
  self->events[MOS_LAB_RESET]++;
}

static void
deleted_cb (MosVm *vm, MosLabMachine *self)
{
  self->events[MOS_LAB_DELETED]++;
}

static void
forget_round (MosLabMachine *self)
{
  for (guint i = 0; i < MOS_LAB_MAX_VCPUS; i++) {
    if (self->cpu[i] != NULL)
      mos_cpu_state_clear (self->cpu[i]);
    g_clear_pointer (&self->cpu[i], g_free);
    self->cpu_tried[i] = FALSE;
  }
}

static void
machine_free (gpointer data)
{
  MosLabMachine *self = data;

  g_signal_handlers_disconnect_by_data (self->vm, self);
  for (guint i = 0; i < MOS_LAB_N_SERIAL; i++) {
    mos_char_port_remove_listener (mos_vm_get_serial (self->vm, i),
                                   self->serial[i].listener);
    g_string_free (self->serial[i].text, TRUE);
    g_mutex_clear (&self->serial[i].lock);
  }
  forget_round (self);
  g_object_unref (self->vm);
  g_free (self->role);
  g_free (self);
}

static MosLabMachine *
machine_new (const char *role, MosVm *vm)
{
  MosLabMachine *self = g_new0 (MosLabMachine, 1);

  self->role = g_strdup (role);
  self->vm = g_object_ref (vm);
  self->last_state = mos_vm_get_state (vm);
  for (guint i = 0; i < MOS_LAB_N_SERIAL; i++) {
    g_mutex_init (&self->serial[i].lock);
    self->serial[i].text = g_string_new (NULL);
    self->serial[i].listener = mos_char_port_add_listener (
        mos_vm_get_serial (vm, i), serial_cb, &self->serial[i]);
  }
  g_signal_connect (vm, "notify::state", G_CALLBACK (state_cb), self);
  g_signal_connect (vm, "guest-reset", G_CALLBACK (reset_cb), self);
  g_signal_connect (vm, "was-reset", G_CALLBACK (was_reset_cb), self);
  g_signal_connect (vm, "deleted", G_CALLBACK (deleted_cb), self);
  return self;
}

const MosCpuState *
mos_lab_machine_cpu (MosLabMachine *self, guint index)
{
  if (index >= MOS_LAB_MAX_VCPUS)
    return NULL;
  if (!self->cpu_tried[index]) {
    g_autofree MosCpuState *state = g_new (MosCpuState, 1);

    self->cpu_tried[index] = TRUE;
    if (mos_vm_look_at_cpu (self->vm, index, state))
      self->cpu[index] = g_steal_pointer (&state);
  }
  return self->cpu[index];
}

char *
mos_lab_machine_serial (MosLabMachine *self, guint port)
{
  char *text;

  if (port >= MOS_LAB_N_SERIAL)
    return NULL;
  g_mutex_lock (&self->serial[port].lock);
  text = g_utf8_make_valid (self->serial[port].text->str,
                            (gssize) self->serial[port].text->len);
  g_mutex_unlock (&self->serial[port].lock);
  return text;
}

/* -- the world ----------------------------------------------------------- */

MosLabWorld *
mos_lab_world_new (MosHypervisor *hypervisor)
{
  MosLabWorld *self = g_new0 (MosLabWorld, 1);

  self->checks = (MosCheckWorld){ accept, answer, mos_lab_phrase_title,
                                  mos_lab_phrase_lacking, mos_lab_phrase_word };
  if (hypervisor != NULL)
    self->hypervisor = g_object_ref (hypervisor);
  self->machines = g_ptr_array_new_with_free_func (machine_free);
  self->quiz = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

void
mos_lab_world_free (MosLabWorld *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->machines);
  g_hash_table_unref (self->quiz);
  g_hash_table_unref (self->facts);
  g_clear_object (&self->hypervisor);
  g_free (self->accel);
  g_free (self->workspace);
  g_free (self->build_log);
  g_free (self);
}

const MosCheckWorld *
mos_lab_world_get_checks (MosLabWorld *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return &self->checks;
}

MosHypervisor *
mos_lab_world_get_hypervisor (MosLabWorld *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->hypervisor;
}

MosLabMachine *
mos_lab_world_find (MosLabWorld *self, const char *role)
{
  for (guint i = 0; i < self->machines->len; i++) {
    MosLabMachine *machine = g_ptr_array_index (self->machines, i);

    if (g_str_equal (machine->role, role))
      return machine;
  }
  return NULL;
}

MosLabMachine *
mos_lab_world_record (MosLabWorld *self, MosVm *vm)
{
  for (guint i = 0; i < self->machines->len; i++) {
    MosLabMachine *machine = g_ptr_array_index (self->machines, i);

    if (machine->vm == vm)
      return machine;
  }
  return NULL;
}

void
mos_lab_world_bind (MosLabWorld *self, const char *role, MosVm *vm)
{
  MosLabMachine *old;

  g_return_if_fail (self != NULL && role != NULL);

  old = mos_lab_world_find (self, role);
  if (old != NULL && old->vm == vm)
    return;
  if (old != NULL)
    g_ptr_array_remove (self->machines, old);
  if (vm != NULL)
    g_ptr_array_add (self->machines, machine_new (role, vm));
}

void
mos_lab_world_unbind_all (MosLabWorld *self)
{
  g_return_if_fail (self != NULL);

  g_ptr_array_set_size (self->machines, 0);
}

MosVm *
mos_lab_world_machine (MosLabWorld *self, const char *role)
{
  MosLabMachine *machine;

  g_return_val_if_fail (self != NULL && role != NULL, NULL);

  machine = mos_lab_world_find (self, role);
  if (machine == NULL || mos_vm_get_state (machine->vm) == MOS_VM_DELETED)
    return NULL;
  return machine->vm;
}

void
mos_lab_world_foreach (MosLabWorld *self,
                       void (*func) (gpointer    user_data,
                                     const char *role,
                                     MosVm      *vm),
                       gpointer user_data)
{
  g_return_if_fail (self != NULL && func != NULL);

  for (guint i = 0; i < self->machines->len; i++) {
    MosLabMachine *machine = g_ptr_array_index (self->machines, i);

    func (user_data, machine->role, machine->vm);
  }
}

void
mos_lab_world_set_lab (MosLabWorld  *self,
                       const MosLab *lab,
                       const char   *workspace)
{
  g_return_if_fail (self != NULL);

  self->lab = lab;
  g_free (self->workspace);
  self->workspace = g_strdup (workspace);
}

const MosLab *
mos_lab_world_get_lab (MosLabWorld *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->lab;
}

const char *
mos_lab_world_get_workspace (MosLabWorld *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->workspace;
}

void
mos_lab_world_set_accel (MosLabWorld *self, const char *accel)
{
  g_free (self->accel);
  self->accel = g_strdup (accel);
}

void
mos_lab_world_set_build (MosLabWorld *self, gboolean ok, const char *log)
{
  g_return_if_fail (self != NULL);

  self->build_ok = ok;
  g_free (self->build_log);
  self->build_log = g_strdup (log != NULL ? log : "");
}

/* No part of @path leads upwards, and none is hidden. */
static gboolean
is_inside (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (guint i = 0; parts[i] != NULL; i++)
    if (parts[i][0] == '\0' || parts[i][0] == '.')
      return FALSE;
  return parts[0] != NULL;
}

static char *
resolve_image (const char *name, GError **error)
{
  const MosLabImage *image = mos_lab_image_find (name);
  char              *path = image != NULL ? mos_lab_image_path (image) : NULL;

  if (image == NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("there is no image “%s”"), name);
  else if (path == NULL)
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("%s is not installed: it is in the package %s"),
                 _ (image->title), image->package);
  return path;
}

char *
mos_lab_world_resolve (MosLabWorld *self, const char *name, GError **error)
{
  static const char prefix[] = "@workspace/";
  static const char image_prefix[] = "@image/";

  g_return_val_if_fail (self != NULL && name != NULL, NULL);

  if (g_str_has_prefix (name, image_prefix))
    return resolve_image (name + strlen (image_prefix), error);
  if (self->workspace != NULL && g_str_has_prefix (name, prefix) &&
      is_inside (name + strlen (prefix)))
    return g_build_filename (self->workspace, name + strlen (prefix), NULL);
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("a lab cannot name the file “%s”; allowed: @workspace/FILE, "
                  "@image/NAME"),
               name);
  return NULL;
}

void
mos_lab_world_set_quiz (MosLabWorld *self, const char *id, gboolean right)
{
  g_return_if_fail (self != NULL && id != NULL);

  g_hash_table_replace (self->quiz, g_strdup (id),
                        GINT_TO_POINTER (right != FALSE));
}

gboolean
mos_lab_world_get_quiz (MosLabWorld *self, const char *id)
{
  g_return_val_if_fail (self != NULL && id != NULL, FALSE);

  return GPOINTER_TO_INT (g_hash_table_lookup (self->quiz, id));
}

void
mos_lab_world_forget_quizzes (MosLabWorld *self)
{
  g_return_if_fail (self != NULL);

  g_hash_table_remove_all (self->quiz);
}

void
mos_lab_world_set_fact (MosLabWorld *self, const char *name, const char *value)
{
  g_return_if_fail (self != NULL && name != NULL);

  if (value == NULL)
    g_hash_table_remove (self->facts, name);
  else
    g_hash_table_replace (self->facts, g_strdup (name), g_strdup (value));
}

void
mos_lab_world_refresh (MosLabWorld *self)
{
  g_return_if_fail (self != NULL);

  for (guint i = 0; i < self->machines->len; i++)
    forget_round (g_ptr_array_index (self->machines, i));
}

void
mos_lab_world_forget (MosLabWorld *self)
{
  g_return_if_fail (self != NULL);

  mos_lab_world_refresh (self);
  for (guint i = 0; i < self->machines->len; i++) {
    MosLabMachine *machine = g_ptr_array_index (self->machines, i);

    memset (machine->events, 0, sizeof machine->events);
    forget_serial (machine);
  }
}
