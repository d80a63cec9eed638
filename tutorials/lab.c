/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading labs: a header, then text and fences line by line.
 *
 * Any thread. The kinds of fences are a table (lab-fence.c has what each one
 * means); this file finds them, and knows the header.
 */
#include "tutorials/lab.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/file.h"
#include "tutorials/lab-private.h"
#include "tutorials/place.h"

static const struct {
  const char *name;
  const char *title;
} levels[MOS_LAB_N_LEVELS] = {
  [MOS_LAB_BEGINNER] = { "beginner", N_ ("Beginner") },
  [MOS_LAB_INTERMEDIATE] = { "intermediate", N_ ("Intermediate") },
  [MOS_LAB_ADVANCED] = { "advanced", N_ ("Advanced") },
  [MOS_LAB_EXPERT] = { "expert", N_ ("Expert") },
};

const char *
mos_lab_level_name (MosLabLevel level)
{
  g_return_val_if_fail (level < MOS_LAB_N_LEVELS, "");

  return levels[level].name;
}

const char *
mos_lab_level_title (MosLabLevel level)
{
  g_return_val_if_fail (level < MOS_LAB_N_LEVELS, "");

  return _ (levels[level].title);
}

gboolean
mos_lab_reader_fail (MosLabReader *reader,
                     MosError      code,
                     guint         line,
                     const char   *format,
                     ...)
{
  g_autofree char *place = g_strdup_printf ("%s:%u", reader->name, line);
  va_list          args;

  va_start (args, format);
  mos_place_fail (reader->error, code, place, format, args);
  va_end (args);
  return FALSE;
}

/* Small letters, digits and hyphens, 1 to 64 of them, a letter first. */
gboolean
mos_lab_is_id (const char *text)
{
  gsize n = strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-");

  return n > 0 && n <= 64 && text[n] == '\0' && g_ascii_islower (text[0]);
}

/* -- header -------------------------------------------------------------- */

static gboolean
take_list (MosLabReader *reader, GPtrArray *list, const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, ",", MOS_LAB_MAX_STEPS);

  for (guint i = 0; words[i] != NULL; i++) {
    g_strstrip (words[i]);
    if (words[i][0] == '\0')
      continue;
    if (!mos_lab_is_id (words[i]))
      return mos_lab_reader_fail (
          reader, MOS_ERROR_INVALID_VALUE, reader->line,
          _ ("“%s” is no id; right are small letters, digits and hyphens"),
          words[i]);
    g_ptr_array_add (list, g_strdup (words[i]));
  }
  return TRUE;
}

static gboolean
take_level (MosLabReader *reader, const char *value)
{
  for (guint i = 0; i < MOS_LAB_N_LEVELS; i++)
    if (g_str_equal (levels[i].name, value)) {
      reader->lab->level = (MosLabLevel) i;
      return TRUE;
    }
  return mos_lab_reader_fail (reader, MOS_ERROR_INVALID_VALUE, reader->line,
                              _ ("“%s” is no level; allowed: beginner, "
                                 "intermediate, advanced, expert"),
                              value);
}

static gboolean
take_minutes (MosLabReader *reader, const char *value)
{
  guint64 minutes = 0;

  reader->has_minutes = TRUE;
  reader->lab->minutes = 0;
  if (g_str_equal (value, "variable"))
    return TRUE;
  if (!g_ascii_string_to_unsigned (value, 10, 1, MOS_LAB_MAX_MINUTES, &minutes,
                                   NULL))
    return mos_lab_reader_fail (
        reader, MOS_ERROR_INVALID_VALUE, reader->line,
        _ ("“%s” are no minutes; allowed: 1 to %d, variable"), value,
        MOS_LAB_MAX_MINUTES);
  reader->lab->minutes = (guint) minutes;
  return TRUE;
}

/* "- id: text" */
static gboolean
take_objective (MosLabReader *reader, const char *text)
{
  const char      *colon = strchr (text, ':');
  MosLabObjective *objective;
  g_autofree char *id = NULL;

  if (colon != NULL)
    id = g_strstrip (g_strndup (text + 1, (gsize) (colon - text - 1)));
  if (id == NULL || !mos_lab_is_id (id) ||
      reader->lab->objectives->len == MOS_LAB_MAX_ITEMS)
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                _ ("an objective must be “- id: text”, and "
                                   "there are at most %d"),
                                MOS_LAB_MAX_ITEMS);
  objective = g_new0 (MosLabObjective, 1);
  objective->id = g_steal_pointer (&id);
  objective->text = g_strstrip (g_strdup (colon + 1));
  g_ptr_array_add (reader->lab->objectives, objective);
  return TRUE;
}

static gboolean
take_header_line (MosLabReader *reader, char *text)
{
  MosLab     *lab = reader->lab;
  char       *colon = strchr (text, ':');
  const char *value;

  if (text[0] == '\0' || text[0] == '#')
    return TRUE;
  if (text[0] == '-')
    return take_objective (reader, text);
  if (colon == NULL)
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                _ ("a line of the header must be “key: "
                                   "value”"));
  *colon = '\0';
  value = g_strstrip (colon + 1);
  g_strchomp (text);
  if (g_str_equal (text, "title") && g_utf8_strlen (value, -1) <= 100) {
    g_free (lab->title);
    lab->title = g_strdup (value);
    return TRUE;
  }
  if (g_str_equal (text, "id") && mos_lab_is_id (value)) {
    g_free (lab->id);
    lab->id = g_strdup (value);
    return TRUE;
  }
  if (g_str_equal (text, "level"))
    return take_level (reader, value);
  if (g_str_equal (text, "minutes"))
    return take_minutes (reader, value);
  if (g_str_equal (text, "requires")) {
    lab->requires_line = reader->line;
    return take_list (reader, lab->requires, value);
  }
  if (g_str_equal (text, "objectives") && *value == '\0')
    return TRUE;
  return mos_lab_reader_fail (
      reader, MOS_ERROR_UNKNOWN_KEY, reader->line,
      _ ("“%s: %s” is not understood; a header has id, title, level, minutes, "
         "requires and objectives"),
      text, value);
}

/* The next line without its end, or NULL. */
char *
mos_lab_reader_line (MosLabReader *reader)
{
  const char *end;
  char       *line;

  if (reader->p == NULL || *reader->p == '\0')
    return NULL;
  reader->line++;
  end = strchr (reader->p, '\n');
  if (end == NULL)
    end = reader->p + strlen (reader->p);
  line = g_strndup (reader->p, (gsize) (end - reader->p));
  reader->p = *end != '\0' ? end + 1 : NULL;
  return g_strchomp (line);
}

static gboolean
read_header (MosLabReader *reader)
{
  g_autofree char *first = mos_lab_reader_line (reader);

  if (g_strcmp0 (first, "---") != 0)
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, 1,
                                _ ("a lab begins with a line of three "
                                   "hyphens"));
  for (;;) {
    g_autofree char *text = mos_lab_reader_line (reader);

    if (text == NULL)
      return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                  _ ("the header has no end: a line of three "
                                     "hyphens"));
    if (g_str_equal (text, "---"))
      break;
    if (!take_header_line (reader, text))
      return FALSE;
  }
  if (reader->lab->id == NULL || reader->lab->title == NULL ||
      (!reader->has_minutes && !reader->translation))
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                _ ("the header must have id, title, level and "
                                   "minutes"));
  return TRUE;
}

/* -- steps --------------------------------------------------------------- */

static MosLabStep *
step_new (MosLabReader *reader)
{
  MosLabStep *step = g_new0 (MosLabStep, 1);

  step->line = reader->line;
  step->blocks = g_ptr_array_new_with_free_func (mos_lab_block_free);
  step->hints = g_ptr_array_new_with_free_func (g_free);
  step->wrongs = g_ptr_array_new_with_free_func (mos_lab_wrong_free);
  step->actions = g_ptr_array_new_with_free_func (mos_lab_action_free);
  step->quizzes = g_ptr_array_new_with_free_func (mos_lab_quiz_free);
  step->values =
      g_ptr_array_new_with_free_func ((GDestroyNotify) mos_check_free);
  step->lives = g_ptr_array_new_with_free_func (mos_lab_live_free);
  step->teaches = g_ptr_array_new_with_free_func (g_free);
  return step;
}

static void
step_free (gpointer data)
{
  MosLabStep *step = data;

  if (step == NULL)
    return;
  g_free (step->id);
  g_free (step->title);
  g_ptr_array_unref (step->blocks);
  g_ptr_array_unref (step->hints);
  g_ptr_array_unref (step->wrongs);
  g_ptr_array_unref (step->actions);
  g_ptr_array_unref (step->quizzes);
  g_ptr_array_unref (step->values);
  g_ptr_array_unref (step->lives);
  g_ptr_array_unref (step->teaches);
  mos_check_free (step->check);
  mos_lab_script_free (step->solve);
  mos_lab_script_free (step->before);
  mos_lab_script_free (step->mistake);
  g_free (step->show);
  g_free (step);
}

/* The {{ expressions }} of a text, in order. */
static gboolean
take_values (MosLabReader *reader, const char *text)
{
  const char *p = text;

  while ((p = strstr (p, "{{")) != NULL) {
    const char      *end = strstr (p, "}}");
    g_autofree char *source = NULL;
    g_autoptr (GError) error = NULL;
    MosCheck *value;

    if (end == NULL || reader->step->values->len == MOS_LAB_MAX_ITEMS)
      return mos_lab_reader_fail (
          reader, MOS_ERROR_SYNTAX, reader->text_line,
          _ ("“{{” needs “}}” behind it, and a step has at most %d"),
          MOS_LAB_MAX_ITEMS);
    source = g_strndup (p + 2, (gsize) (end - p - 2));
    value = mos_check_parse (source, mos_lab_world_get_checks (reader->world),
                             0, &error);
    if (value == NULL)
      return mos_lab_reader_fail (reader, (MosError) error->code,
                                  reader->text_line, "{{%s}}: %s", source,
                                  error->message);
    g_ptr_array_add (reader->step->values, value);
    p = end + 2;
  }
  return TRUE;
}

static gboolean
end_text (MosLabReader *reader)
{
  g_autofree char *text = g_strdup (reader->text->str);
  MosLabBlock     *block;

  g_string_truncate (reader->text, 0);
  g_strstrip (text);
  if (*text == '\0')
    return TRUE;
  if (!take_values (reader, text))
    return FALSE;
  block = g_new0 (MosLabBlock, 1);
  block->kind = MOS_LAB_BLOCK_TEXT;
  block->text = g_steal_pointer (&text);
  g_ptr_array_add (reader->step->blocks, block);
  return TRUE;
}

/* "## Title {#id}" */
static gboolean
begin_step (MosLabReader *reader, const char *heading)
{
  MosLabStep *step;
  char       *brace;

  if (!end_text (reader))
    return FALSE;
  if (reader->lab->steps->len == MOS_LAB_MAX_STEPS)
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                _ ("a lab has at most %d steps"),
                                MOS_LAB_MAX_STEPS);
  step = step_new (reader);
  g_ptr_array_add (reader->lab->steps, step);
  reader->step = step;
  step->title = g_strstrip (g_strdup (heading));
  brace = strstr (step->title, "{#");
  if (brace != NULL && g_str_has_suffix (brace, "}")) {
    step->id = g_strndup (brace + 2, strlen (brace) - 3);
    *brace = '\0';
    g_strchomp (step->title);
  } else {
    step->id = g_strdup_printf ("step-%u", reader->lab->steps->len);
  }
  if (!mos_lab_is_id (step->id) || *step->title == '\0')
    return mos_lab_reader_fail (
        reader, MOS_ERROR_SYNTAX, reader->line,
        _ ("a step's heading must be “## Title {#id}”"));
  for (guint i = 0; i + 1 < reader->lab->steps->len; i++)
    if (g_str_equal (mos_lab_step (reader->lab, i)->id, step->id))
      return mos_lab_reader_fail (reader, MOS_ERROR_INVALID_VALUE, reader->line,
                                  _ ("there are two steps “%s”"), step->id);
  return TRUE;
}

/* From the line behind ``` to the closing one. */
static gboolean
read_fence (MosLabReader *reader, const char *info)
{
  g_autoptr (GString) body = g_string_new (NULL);
  guint begin = reader->line;

  if (!end_text (reader))
    return FALSE;
  for (;;) {
    g_autofree char *text = mos_lab_reader_line (reader);

    if (text == NULL)
      return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, begin,
                                  _ ("the fence that begins here has no end"));
    if (g_str_equal (text, "```"))
      break;
    g_string_append (body, text);
    g_string_append_c (body, '\n');
  }
  return mos_lab_reader_fence (reader, info, body->str, begin);
}

static gboolean
read_body (MosLabReader *reader)
{
  char *line;

  while ((line = mos_lab_reader_line (reader)) != NULL) {
    g_autofree char *text = line;
    gboolean         ok = TRUE;

    if (g_str_has_prefix (text, "```")) {
      ok = read_fence (reader, text + 3);
    } else if (g_str_has_prefix (text, "## ")) {
      ok = begin_step (reader, text + 3);
    } else {
      if (reader->text->len == 0)
        reader->text_line = reader->line;
      g_string_append (reader->text, text);
      g_string_append_c (reader->text, '\n');
    }
    if (!ok)
      return FALSE;
  }
  return end_text (reader);
}

/* What only the whole lab shows. */
static gboolean
check_whole (MosLabReader *reader)
{
  MosLab *lab = reader->lab;

  if (lab->steps->len == 0)
    return mos_lab_reader_fail (reader, MOS_ERROR_SYNTAX, reader->line,
                                _ ("the lab has no steps: “## Title”"));
  for (guint i = 0; i < lab->steps->len; i++) {
    const MosLabStep *step = mos_lab_step (lab, i);

    for (guint k = 0; k < step->teaches->len; k++) {
      const char *id = g_ptr_array_index (step->teaches, k);
      gboolean    known = FALSE;

      for (guint n = 0; n < lab->objectives->len; n++)
        known = known ||
                g_str_equal (
                    ((MosLabObjective *) lab->objectives->pdata[n])->id, id);
      if (!known)
        return mos_lab_reader_fail (
            reader, MOS_ERROR_UNKNOWN_KEY, step->line,
            _ ("the step “%s” teaches “%s”, which is no objective"), step->id,
            id);
    }
  }
  return TRUE;
}

static void
objective_free (gpointer data)
{
  MosLabObjective *objective = data;

  g_free (objective->id);
  g_free (objective->text);
  g_free (objective);
}

MosLab *
mos_lab_reader_parse (const char *text,
                      gssize      size,
                      const char *name,
                      gboolean    translation,
                      GError    **error)
{
  g_autoptr (MosLab) lab = g_new0 (MosLab, 1);
  g_autoptr (MosLabWorld) world = mos_lab_world_new (NULL);
  g_autoptr (GString) gathered = g_string_new (NULL);
  g_autofree char *copy = NULL;
  MosLabReader     reader = {
        .lab = lab, .name = name, .world = world, .text = gathered, .error = error
  };

  g_return_val_if_fail (text != NULL && name != NULL, NULL);

  g_atomic_ref_count_init (&lab->refs);
  lab->requires = g_ptr_array_new_with_free_func (g_free);
  lab->objectives = g_ptr_array_new_with_free_func (objective_free);
  lab->steps = g_ptr_array_new_with_free_func (step_free);
  lab->intro = step_new (&reader);
  reader.step = lab->intro;
  reader.translation = translation;
  if (size < 0)
    size = (gssize) strlen (text);
  if (size > MOS_LAB_MAX_BYTES || memchr (text, '\0', (gsize) size) != NULL ||
      !g_utf8_validate (text, size, NULL)) {
    mos_lab_reader_fail (&reader, MOS_ERROR_INVALID_VALUE, 1,
                         _ ("a lab is a UTF-8 text of at most %d bytes"),
                         MOS_LAB_MAX_BYTES);
    return NULL;
  }
  copy = g_strndup (text, (gsize) size);
  reader.p = copy;
  if (!read_header (&reader) || !read_body (&reader) || !check_whole (&reader))
    return NULL;
  return g_steal_pointer (&lab);
}

MosLab *
mos_lab_parse (const char *text, gssize size, const char *name, GError **error)
{
  return mos_lab_reader_parse (text, size, name, FALSE, error);
}

MosLab *
mos_lab_load (const char *path, GError **error)
{
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  GStatBuf info;
  gsize    size;
  MosLab  *lab;

  g_return_val_if_fail (path != NULL, NULL);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    file = g_build_filename (path, "lab.md", NULL);
  else
    file = g_strdup (path);
  if (g_stat (file, &info) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("there is no lab at %s"), file);
    return NULL;
  }
  if (!mos_file_fits (file, &info, MOS_LAB_MAX_BYTES, error))
    return NULL;
  if (!g_file_get_contents (file, &text, &size, &local)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be read: %s"),
                 file, local->message);
    return NULL;
  }
  lab = mos_lab_parse (text, (gssize) size, file, error);
  if (lab != NULL)
    lab->path = g_steal_pointer (&file);
  return lab;
}

MosLab *
mos_lab_ref (MosLab *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_lab_unref (MosLab *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->path);
  g_free (self->id);
  g_free (self->title);
  g_ptr_array_unref (self->requires);
  g_ptr_array_unref (self->objectives);
  g_ptr_array_unref (self->steps);
  step_free (self->intro);
  g_free (self);
}

const MosLabStep *
mos_lab_step (const MosLab *self, guint index)
{
  g_return_val_if_fail (self != NULL && index < self->steps->len, NULL);

  return g_ptr_array_index (self->steps, index);
}

int
mos_lab_find_step (const MosLab *self, const char *id)
{
  g_return_val_if_fail (self != NULL && id != NULL, -1);

  for (guint i = 0; i < self->steps->len; i++)
    if (g_str_equal (mos_lab_step (self, i)->id, id))
      return (int) i;
  return -1;
}
