/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a learner has done, in files.
 */
#include "tutorials/progress.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/class.h"
#include "tutorials/labs.h"

#define VERSION   1
#define MAX_BYTES (1024 * 1024)

char *
mos_progress_folder (void)
{
  return g_build_filename (g_get_user_state_dir (), "multios-lab", "progress",
                           NULL);
}

static char *
path_of (const MosLab *lab)
{
  g_autofree char *parent = mos_progress_folder ();
  g_autofree char *name = g_strconcat (lab->id, ".json", NULL);

  return g_build_filename (parent, name, NULL);
}

/* The object in the file of @lab, or NULL. */
static JsonObject *
read_lab (const MosLab *lab)
{
  g_autofree char *path = path_of (lab);
  g_autoptr (JsonParser) parser = json_parser_new ();
  GStatBuf  info;
  JsonNode *root;

  if (g_stat (path, &info) != 0 || info.st_size > MAX_BYTES ||
      !json_parser_load_from_file (parser, path, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  return json_object_ref (json_node_get_object (root));
}

/* Members of the wrong type read as 0. */
static gint64
get_int (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) ? json_node_get_int (node)
                                                      : 0;
}

static const char *
get_text (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
             ? json_node_get_string (node)
             : NULL;
}

static JsonArray *
get_array (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node)
             ? json_node_get_array (node)
             : NULL;
}

static JsonObject *
get_object (JsonArray *array, guint index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
read_record (JsonObject *object, MosLabStepRecord *record)
{
  record->done_us = get_int (object, "done_us");
  record->done = record->done_us > 0;
  record->seconds = (guint) CLAMP (get_int (object, "seconds"), 0, G_MAXINT);
  record->failures = (guint) CLAMP (get_int (object, "failures"), 0, G_MAXINT);
  record->hints = (guint) CLAMP (get_int (object, "hints"), 0, G_MAXINT);
  record->assisted = get_int (object, "assisted") != 0;
}

void
mos_progress_load (MosLabSession *session)
{
  const MosLab *lab = mos_lab_session_get_lab (session);
  g_autoptr (JsonObject) root = read_lab (lab);
  JsonArray *steps = root != NULL ? get_array (root, "steps") : NULL;

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++) {
    JsonObject      *object = get_object (steps, i);
    const char      *id = object != NULL ? get_text (object, "step") : NULL;
    int              index = id != NULL ? mos_lab_find_step (lab, id) : -1;
    MosLabStepRecord record = { 0 };

    if (index < 0)
      continue;
    read_record (object, &record);
    mos_lab_session_set_record (session, (guint) index, &record);
    mos_lab_session_set_note (session, (guint) index,
                              get_text (object, "note"));
  }
}

guint
mos_progress_count_done (const MosLab *lab)
{
  g_autoptr (JsonObject) root = read_lab (lab);
  JsonArray *steps = root != NULL ? get_array (root, "steps") : NULL;
  guint      n = 0;

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++) {
    JsonObject *object = get_object (steps, i);
    const char *id = object != NULL ? get_text (object, "step") : NULL;

    if (id != NULL && mos_lab_find_step (lab, id) >= 0 &&
        get_int (object, "done_us") > 0)
      n++;
  }
  return n;
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static char *
to_text (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, TRUE);
}

gboolean
mos_progress_save (MosLabSession *session, GError **error)
{
  const MosLab *lab = mos_lab_session_get_lab (session);
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autofree char *parent = mos_progress_folder ();
  g_autofree char *path = path_of (lab);
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  add_int (builder, "version", VERSION);
  add_text (builder, "lab", lab->id);
  json_builder_set_member_name (builder, "steps");
  json_builder_begin_array (builder);
  for (guint i = 0; i < lab->steps->len; i++) {
    const MosLabStepRecord *record = mos_lab_session_get_record (session, i);

    json_builder_begin_object (builder);
    add_text (builder, "step", mos_lab_step (lab, i)->id);
    add_int (builder, "done_us", record->done ? record->done_us : 0);
    add_int (builder, "seconds", record->seconds);
    add_int (builder, "failures", record->failures);
    add_int (builder, "hints", record->hints);
    add_int (builder, "assisted", record->assisted);
    if (mos_lab_session_get_note (session, i) != NULL)
      add_text (builder, "note", mos_lab_session_get_note (session, i));
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  text = to_text (builder);
  g_mkdir_with_parents (parent, 0700);
  return g_file_set_contents_full (path, text, -1,
                                   G_FILE_SET_CONTENTS_CONSISTENT |
                                       G_FILE_SET_CONTENTS_DURABLE,
                                   0600, error);
}

void
mos_progress_forget (const MosLab *lab)
{
  g_autofree char *path = path_of (lab);

  g_unlink (path);
}

/* -- for the teacher ----------------------------------------------------- */

/* Over what an export says, in the order it says it; @class may be NULL. */
static char *
checksum_of (const char *learner, JsonNode *class, JsonArray *labs)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (sum, (const guchar *) learner, -1);
  if (class != NULL) {
    g_autofree char *text = json_to_string (class, FALSE);

    g_checksum_update (sum, (const guchar *) "\n", 1);
    g_checksum_update (sum, (const guchar *) text, -1);
  }
  for (guint i = 0; i < json_array_get_length (labs); i++) {
    g_autofree char *text =
        json_to_string (json_array_get_element (labs, i), FALSE);

    g_checksum_update (sum, (const guchar *) "\n", 1);
    g_checksum_update (sum, (const guchar *) text, -1);
  }
  return g_strdup (g_checksum_get_string (sum));
}

/* The learner's notes are nobody else's. */
static void
drop_notes (JsonObject *lab)
{
  JsonArray *steps = get_array (lab, "steps");

  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++)
    if (get_object (steps, i) != NULL)
      json_object_remove_member (get_object (steps, i), "note");
}

/* What was kept of all labs there are. */
static JsonArray *
gather (void)
{
  g_autoptr (GPtrArray) labs = mos_labs_list (NULL);
  JsonArray *all = json_array_new ();

  for (guint i = 0; i < labs->len; i++) {
    JsonObject *object = read_lab (g_ptr_array_index (labs, i));

    if (object == NULL)
      continue;
    drop_notes (object);
    json_array_add_object_element (all, object);
  }
  return all;
}

/* The class at hand, or NULL. */
static JsonNode *
class_node (void)
{
  g_autoptr (MosClass) class = mos_class_load (NULL);
  JsonNode   *node;
  JsonObject *object;

  if (class == NULL)
    return NULL;
  node = json_node_new (JSON_NODE_OBJECT);
  object = json_object_new ();
  json_object_set_string_member (object, "name", class->name);
  json_object_set_int_member (object, "until_us", class->until_us);
  json_node_take_object (node, object);
  return node;
}

char *
mos_progress_export (const char *learner)
{
  g_autoptr (JsonArray) labs = gather ();
  g_autoptr (JsonNode) class = class_node ();
  g_autofree char *checksum = NULL;
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  g_return_val_if_fail (learner != NULL, NULL);

  checksum = checksum_of (learner, class, labs);
  json_object_set_int_member (object, "version", VERSION);
  json_object_set_string_member (object, "learner", learner);
  if (class != NULL)
    json_object_set_member (object, "class", json_node_copy (class));
  json_object_set_array_member (object, "labs", json_array_ref (labs));
  json_object_set_string_member (object, "checksum", checksum);
  json_node_take_object (root, object);
  return json_to_string (root, TRUE);
}

/* Done after the class's time; @until_us 0: there is no such time. */
static gboolean
is_late (const MosLabStepRecord *record, gint64 until_us)
{
  return record->done && until_us > 0 && record->done_us > until_us;
}

/* In quotes, with quotes doubled (RFC 4180); a leading sign that a spreadsheet
 * would take for a formula gets an apostrophe. */
static void
append_cell (GString *csv, const char *text)
{
  g_string_append_c (csv, '"');
  if (*text != '\0' && strchr ("=+-@", *text) != NULL)
    g_string_append_c (csv, '\'');
  for (; *text != '\0'; text++) {
    if (*text == '"')
      g_string_append_c (csv, '"');
    g_string_append_c (csv, *text);
  }
  g_string_append (csv, "\",");
}

char *
mos_progress_export_csv (const char *learner)
{
  g_autoptr (JsonArray) labs = gather ();
  g_autoptr (MosClass) class = mos_class_load (NULL);
  GString *csv = g_string_new ("learner,class,lab,step,done,seconds,failures,"
                               "hints,assisted,late\r\n");

  g_return_val_if_fail (learner != NULL, NULL);

  for (guint i = 0; i < json_array_get_length (labs); i++) {
    JsonObject *lab = get_object (labs, i);
    JsonArray  *steps = get_array (lab, "steps");

    for (guint k = 0; steps != NULL && k < json_array_get_length (steps); k++) {
      JsonObject      *object = get_object (steps, k);
      MosLabStepRecord record = { 0 };
      const char      *lab_id = get_text (lab, "lab");
      const char *step_id = object != NULL ? get_text (object, "step") : NULL;

      if (step_id == NULL || lab_id == NULL)
        continue;
      read_record (object, &record);
      append_cell (csv, learner);
      append_cell (csv, class != NULL ? class->name : "");
      append_cell (csv, lab_id);
      append_cell (csv, step_id);
      g_string_append_printf (
          csv, "%d,%u,%u,%u,%d,%d\r\n", record.done, record.seconds,
          record.failures, record.hints, record.assisted,
          is_late (&record, class != NULL ? class->until_us : 0));
    }
  }
  return g_string_free (csv, FALSE);
}

static void
score_free (gpointer data)
{
  MosProgressScore *score = data;

  g_free (score->lab);
  g_free (score);
}

/* A lab that the grader does not have counts the steps of the export. */
static MosProgressScore *
score_lab (JsonObject *lab, gint64 until_us)
{
  MosProgressScore *score = g_new0 (MosProgressScore, 1);
  JsonArray        *steps = get_array (lab, "steps");
  g_autoptr (MosLab) known = NULL;

  score->lab = g_strdup (get_text (lab, "lab"));
  known = mos_labs_find (score->lab, NULL);
  for (guint i = 0; steps != NULL && i < json_array_get_length (steps); i++) {
    JsonObject      *object = get_object (steps, i);
    const char      *id = object != NULL ? get_text (object, "step") : NULL;
    MosLabStepRecord record = { 0 };

    if (id == NULL || (known != NULL && mos_lab_find_step (known, id) < 0))
      continue;
    read_record (object, &record);
    score->steps++;
    if (is_late (&record, until_us))
      score->late++;
    else if (record.done)
      score->points += record.assisted ? 0.5 : 1;
  }
  if (known != NULL)
    score->steps = known->steps->len;
  return score;
}

static gboolean
refuse (const char *why, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("this is not the progress of a learner: %s"), why);
  return FALSE;
}

/* The class of an export: FALSE if it is there and none. */
static gboolean
read_class (JsonObject *root, char **name, gint64 *until_us)
{
  JsonNode   *node = json_object_get_member (root, "class");
  JsonObject *object;

  *name = NULL;
  *until_us = 0;
  if (node == NULL)
    return TRUE;
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  if (object == NULL || get_text (object, "name") == NULL)
    return FALSE;
  *name = g_strdup (get_text (object, "name"));
  *until_us = get_int (object, "until_us");
  return TRUE;
}

/* The labs of the export, after a look at all that is in it; or NULL. */
static JsonArray *
check_export (JsonObject *root, GError **error)
{
  g_autofree char *checksum = NULL;
  JsonArray       *labs = get_array (root, "labs");

  if (get_text (root, "learner") == NULL || labs == NULL ||
      get_int (root, "version") != VERSION) {
    refuse (_ ("it has no learner, labs or version 1"), error);
    return NULL;
  }
  for (guint i = 0; i < json_array_get_length (labs); i++)
    if (get_object (labs, i) == NULL ||
        get_text (get_object (labs, i), "lab") == NULL) {
      refuse (_ ("one of its labs is none"), error);
      return NULL;
    }
  checksum = checksum_of (get_text (root, "learner"),
                          json_object_get_member (root, "class"), labs);
  if (g_strcmp0 (checksum, get_text (root, "checksum")) == 0)
    return labs;
  refuse (_ ("it was changed after it was written"), error);
  return NULL;
}

MosProgressGrade *
mos_progress_grade (const char *json, gssize size, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (MosProgressGrade) grade = g_new0 (MosProgressGrade, 1);
  gint64      until_us;
  JsonObject *root;
  JsonArray  *labs;

  grade->scores = g_ptr_array_new_with_free_func (score_free);
  if (size > MAX_BYTES ||
      !json_parser_load_from_data (parser, json, size, NULL)) {
    refuse (_ ("it is not JSON"), error);
    return NULL;
  }
  if (json_parser_get_root (parser) == NULL ||
      !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser))) {
    refuse (_ ("it is not an object"), error);
    return NULL;
  }
  root = json_node_get_object (json_parser_get_root (parser));
  labs = check_export (root, error);
  if (labs == NULL)
    return NULL;
  if (!read_class (root, &grade->class_name, &until_us)) {
    refuse (_ ("its class is none"), error);
    return NULL;
  }
  grade->learner = g_strdup (get_text (root, "learner"));
  for (guint i = 0; i < json_array_get_length (labs); i++)
    g_ptr_array_add (grade->scores, score_lab (get_object (labs, i), until_us));
  return g_steal_pointer (&grade);
}

void
mos_progress_grade_free (MosProgressGrade *self)
{
  if (self == NULL)
    return;
  g_free (self->learner);
  g_free (self->class_name);
  g_ptr_array_unref (self->scores);
  g_free (self);
}
