/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Reading, installing and packing labs in one file. Any thread.
 */
#include "tutorials/bundle.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "engine/base/error.h"
#include "tutorials/file.h"
#include "tutorials/labs.h"
#include "tutorials/place.h"
#include "tutorials/workspace.h"

#define BLOCK      512
#define MANIFEST   "MANIFEST"
#define FIRST_LINE "multios-lab-bundle 1"
#define MAX_PARTS  3

typedef struct {
  char         *path;
  const guint8 *data; /* in the bundle's bytes */
  gsize         size;
} Member;

struct MosBundle {
  GBytes *bytes;
  GArray *members; /* of Member; without MANIFEST */
  MosLab *lab;
  char   *author;
};

/* Where reading is. */
typedef struct {
  const char *name;
  GError    **error;
} Place;

G_GNUC_PRINTF (4, 5)
static gboolean
fail (const Place *place,
      MosError     code,
      const char  *member,
      const char  *format,
      ...)
{
  g_autofree char *where =
      g_strjoin (": ", place->name, member, NULL); /* member may be NULL */
  va_list args;

  va_start (args, format);
  mos_place_fail (place->error, code, where, format, args);
  va_end (args);
  return FALSE;
}

/* -- paths --------------------------------------------------------------- */

static gboolean
is_word (const char *part)
{
  return part[0] != '\0' && part[0] != '.' &&
         strspn (part,
                 "abcdefghijklmnopqrstuvwxyz"
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen (part);
}

static gboolean
is_lab_text (const char *path)
{
  gsize n = strlen (path);

  return g_str_equal (path, "lab.md") ||
         (g_str_has_prefix (path, "lab.") && n >= 9 && n <= 14 &&
          strcmp (path + n - 3, ".md") == 0);
}

/* lab.md, lab.de.md, picture.png, files/FOLDER/NAME. */
static gboolean
may_be_inside (const char *path)
{
  static const char *const pictures[] = { ".png", ".jpg", ".svg", NULL };
  g_auto (GStrv) parts = g_strsplit (path, "/", MAX_PARTS + 1);
  guint n = g_strv_length (parts);

  for (guint i = 0; i < n; i++)
    if (!is_word (parts[i]))
      return FALSE;
  if (n == MAX_PARTS)
    return g_str_equal (parts[0], "files");
  if (n != 1)
    return FALSE;
  for (guint i = 0; pictures[i] != NULL; i++)
    if (g_str_has_suffix (path, pictures[i]))
      return TRUE;
  return is_lab_text (path);
}

/* -- the archive --------------------------------------------------------- */

/* Octal digits up to a blank or the end; FALSE: something else is there. */
static gboolean
read_octal (const guint8 *field, gsize width, guint64 *value)
{
  gsize i = 0;

  *value = 0;
  for (; i < width && field[i] >= '0' && field[i] <= '7'; i++)
    *value = *value << 3 | (guint64) (field[i] - '0');
  return i > 0 && i <= 12 &&
         (i == width || field[i] == '\0' || field[i] == ' ');
}

static guint64
header_sum (const guint8 *header)
{
  guint64 sum = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += i >= 148 && i < 156 ? ' ' : header[i];
  return sum;
}

static gboolean
is_zero (const guint8 *block)
{
  for (guint i = 0; i < BLOCK; i++)
    if (block[i] != 0)
      return FALSE;
  return TRUE;
}

/* The member whose header is at @header; @left: bytes behind that. */
static gboolean
read_member (const Place  *place,
             const guint8 *header,
             gsize         left,
             Member       *member)
{
  g_autofree char *path = g_strndup ((const char *) header, 100);
  guint64          size, sum;

  if (memcmp (header + 257, "ustar", 5) != 0 ||
      !read_octal (header + 148, 8, &sum) || sum != header_sum (header))
    return fail (place, MOS_ERROR_SYNTAX, NULL, _ ("this is no lab bundle"));
  if (!g_utf8_validate (path, -1, NULL))
    return fail (place, MOS_ERROR_INVALID_VALUE, NULL,
                 _ ("a file's name is not UTF-8"));
  if (header[345] != '\0' ||
      (!g_str_equal (path, MANIFEST) && !may_be_inside (path)))
    return fail (place, MOS_ERROR_INVALID_VALUE, path,
                 _ ("such a file may not be in a bundle"));
  if (header[156] != '0' && header[156] != '\0')
    return fail (place, MOS_ERROR_INVALID_VALUE, path,
                 _ ("only plain files may be in a bundle"));
  if (!read_octal (header + 124, 12, &size) || size > MOS_BUNDLE_MAX_FILE_BYTES)
    return fail (place, MOS_ERROR_INVALID_VALUE, path,
                 _ ("it is larger than %d bytes"), MOS_BUNDLE_MAX_FILE_BYTES);
  if (size > left)
    return fail (place, MOS_ERROR_SYNTAX, path, _ ("the bundle is cut off"));
  member->path = g_steal_pointer (&path);
  member->data = header + BLOCK;
  member->size = size;
  return TRUE;
}

static Member *
find_member (const MosBundle *self, const char *path)
{
  for (guint i = 0; i < self->members->len; i++) {
    Member *member = &g_array_index (self->members, Member, i);

    if (g_str_equal (member->path, path))
      return member;
  }
  return NULL;
}

static gboolean
read_archive (const Place *place, MosBundle *self)
{
  gsize         size;
  const guint8 *data = g_bytes_get_data (self->bytes, &size);
  gsize         at = 0;

  while (at + BLOCK <= size && !is_zero (data + at)) {
    Member member = { 0 };

    if (self->members->len > MOS_BUNDLE_MAX_FILES)
      return fail (place, MOS_ERROR_INVALID_VALUE, NULL,
                   _ ("there are more than %d files"), MOS_BUNDLE_MAX_FILES);
    if (!read_member (place, data + at, size - at - BLOCK, &member))
      return FALSE;
    if (find_member (self, member.path) != NULL) {
      fail (place, MOS_ERROR_INVALID_VALUE, member.path,
            _ ("it is there twice"));
      g_free (member.path);
      return FALSE;
    }
    g_array_append_val (self->members, member);
    at += BLOCK + (member.size + BLOCK - 1) / BLOCK * BLOCK;
  }
  return self->members->len > 0 ||
         fail (place, MOS_ERROR_SYNTAX, NULL, _ ("this is no lab bundle"));
}

/* -- the manifest -------------------------------------------------------- */

/* "SHA-256 PATH" of this member. */
static gboolean
check_line (const Place *place, const Member *member, const char *line)
{
  g_autofree char *sum = g_compute_checksum_for_data (
      G_CHECKSUM_SHA256, member->data, member->size);
  gsize n = strlen (sum);

  if (strlen (line) <= n || line[n] != ' ' ||
      !g_str_equal (line + n + 1, member->path))
    return fail (place, MOS_ERROR_INVALID_VALUE, MANIFEST,
                 _ ("“%.200s” should be the line of %s"), line, member->path);
  if (strncmp (sum, line, n) != 0)
    return fail (place, MOS_ERROR_INVALID_VALUE, member->path,
                 _ ("it was changed since the bundle was made"));
  return TRUE;
}

static gboolean
check_signature (const Place *place, const char *text, const char *last)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text,
                                                        (gssize) (last - text));

  if (!g_str_has_prefix (last, "signature: ") ||
      strncmp (last + strlen ("signature: "), sum, strlen (sum)) != 0)
    return fail (place, MOS_ERROR_INVALID_VALUE, MANIFEST,
                 _ ("its signature does not fit: it was changed since the "
                    "bundle was made"));
  return TRUE;
}

static gboolean
check_manifest (const Place *place, MosBundle *self)
{
  const Member    *member = &g_array_index (self->members, Member, 0);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  guint n;

  if (!g_str_equal (member->path, MANIFEST) || member->size == 0 ||
      member->data[member->size - 1] != '\n' ||
      !g_utf8_validate ((const char *) member->data, (gssize) member->size,
                        NULL))
    return fail (place, MOS_ERROR_SYNTAX, NULL,
                 _ ("this is no lab bundle: its first file must be MANIFEST"));
  text = g_strndup ((const char *) member->data, member->size - 1);
  lines = g_strsplit (text, "\n", MOS_BUNDLE_MAX_FILES + 5);
  n = g_strv_length (lines);
  if (n < 4 || !g_str_equal (lines[0], FIRST_LINE) ||
      !g_str_has_prefix (lines[1], "author: "))
    return fail (place, MOS_ERROR_SYNTAX, MANIFEST,
                 _ ("it must begin with “%s” and “author: ”"), FIRST_LINE);
  if (!check_signature (place, text,
                        text + strlen (text) - strlen (lines[n - 1])))
    return FALSE;
  if (n - 3 != self->members->len - 1)
    return fail (place, MOS_ERROR_INVALID_VALUE, MANIFEST,
                 _ ("it lists %u files, and there are %u"), n - 3,
                 self->members->len - 1);
  for (guint i = 1; i < self->members->len; i++)
    if (!check_line (place, &g_array_index (self->members, Member, i),
                     lines[i + 1]))
      return FALSE;
  self->author = g_strdup (lines[1] + strlen ("author: "));
  return TRUE;
}

static gboolean
read_lab (const Place *place, MosBundle *self)
{
  const Member    *member = find_member (self, "lab.md");
  g_autofree char *name = g_strconcat (place->name, ": lab.md", NULL);

  if (member == NULL)
    return fail (place, MOS_ERROR_INVALID_VALUE, NULL,
                 _ ("there is no lab.md in it"));
  self->lab = mos_lab_parse ((const char *) member->data, (gssize) member->size,
                             name, place->error);
  return self->lab != NULL;
}

static void
clear_member (gpointer data)
{
  g_free (((Member *) data)->path);
}

static MosBundle *
parse (GBytes *bytes, const char *name, GError **error)
{
  g_autoptr (MosBundle) self = g_new0 (MosBundle, 1);
  Place place = { name, error };

  self->bytes = g_bytes_ref (bytes);
  self->members = g_array_new (FALSE, FALSE, sizeof (Member));
  g_array_set_clear_func (self->members, clear_member);
  if (g_bytes_get_size (bytes) > MOS_BUNDLE_MAX_BYTES) {
    fail (&place, MOS_ERROR_INVALID_VALUE, NULL,
          _ ("a bundle has at most %d bytes"), MOS_BUNDLE_MAX_BYTES);
    return NULL;
  }
  if (!read_archive (&place, self) || !check_manifest (&place, self) ||
      !read_lab (&place, self))
    return NULL;
  return g_steal_pointer (&self);
}

MosBundle *
mos_bundle_parse (const guint8 *data,
                  gsize         size,
                  const char   *name,
                  GError      **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);

  g_return_val_if_fail (name != NULL, NULL);

  return parse (bytes, name, error);
}

MosBundle *
mos_bundle_load (const char *path, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) local = NULL;
  GStatBuf info;
  gsize    size;

  g_return_val_if_fail (path != NULL, NULL);

  name = g_path_get_basename (path);
  if (g_stat (path, &info) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
                 _ ("%s cannot be read: %s"), path, g_strerror (errno));
    return NULL;
  }
  if (!mos_file_fits (path, &info, MOS_BUNDLE_MAX_BYTES, error))
    return NULL;
  if (!g_file_get_contents (path, &text, &size, &local)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, "%s", local->message);
    return NULL;
  }
  bytes = g_bytes_new_take (g_steal_pointer (&text), size);
  return parse (bytes, name, error);
}

void
mos_bundle_free (MosBundle *self)
{
  if (self == NULL)
    return;
  g_bytes_unref (self->bytes);
  g_array_unref (self->members);
  mos_lab_unref (self->lab);
  g_free (self->author);
  g_free (self);
}

const MosLab *
mos_bundle_get_lab (const MosBundle *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->lab;
}

const char *
mos_bundle_get_author (const MosBundle *self)
{
  g_return_val_if_fail (self != NULL, "");

  return self->author;
}

guint
mos_bundle_n_files (const MosBundle *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->members->len - 1;
}

/* -- installing ---------------------------------------------------------- */

static gboolean
write_members (const MosBundle *self, const char *folder, GError **error)
{
  for (guint i = 1; i < self->members->len; i++) {
    const Member    *member = &g_array_index (self->members, Member, i);
    g_autofree char *path = g_build_filename (folder, member->path, NULL);
    g_autofree char *parent = g_path_get_dirname (path);

    if (g_mkdir_with_parents (parent, 0700) != 0) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be made"),
                   parent);
      return FALSE;
    }
    if (!g_file_set_contents (path, (const char *) member->data,
                              (gssize) member->size, error))
      return FALSE;
  }
  return TRUE;
}

char *
mos_bundle_install (const MosBundle *self, gboolean replace, GError **error)
{
  g_autofree char *labs = mos_labs_user_folder ();
  g_autofree char *target = NULL;
  g_autofree char *fresh = NULL;
  g_autofree char *old = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  target = g_build_filename (labs, self->lab->id, NULL);
  if (g_strv_contains (mos_labs_shipped, self->lab->id) ||
      (!replace && g_file_test (target, G_FILE_TEST_EXISTS))) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("there is a lab “%s” already"), self->lab->id);
    return NULL;
  }
  fresh = g_build_filename (labs, ".new-XXXXXX", NULL);
  if (g_mkdir_with_parents (labs, 0700) != 0 || g_mkdtemp (fresh) == NULL) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be made"), labs);
    return NULL;
  }
  old = g_strconcat (fresh, "-old", NULL);
  if (!write_members (self, fresh, error)) {
    mos_workspace_remove (fresh);
    return NULL;
  }
  if (g_file_test (target, G_FILE_TEST_EXISTS))
    g_rename (target, old);
  if (g_rename (fresh, target) != 0) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("%s cannot be made"),
                 target);
    g_rename (old, target);
    mos_workspace_remove (fresh);
    return NULL;
  }
  mos_workspace_remove (old);
  return g_steal_pointer (&target);
}

/* -- packing ------------------------------------------------------------- */

static void
add_member (GByteArray *tar, const char *path, const void *data, gsize size)
{
  static const guint8 zeros[BLOCK];
  char                header[BLOCK] = { 0 };

  g_strlcpy (header, path, 100);
  g_snprintf (header + 100, 8, "%07o", 0644u);
  g_snprintf (header + 108, 8, "%07o", 0u);
  g_snprintf (header + 116, 8, "%07o", 0u);
  g_snprintf (header + 124, 12, "%011" G_GINT64_MODIFIER "o", (guint64) size);
  g_snprintf (header + 136, 12, "%011o", 0u);
  header[156] = '0';
  memcpy (header + 257,
          "ustar\0"
          "00",
          8);
  g_snprintf (header + 148, 7, "%06o",
              (guint) header_sum ((const guint8 *) header));
  header[155] = ' ';
  g_byte_array_append (tar, (const guint8 *) header, BLOCK);
  g_byte_array_append (tar, data, (guint) size);
  if (size % BLOCK != 0)
    g_byte_array_append (tar, zeros, (guint) (BLOCK - size % BLOCK));
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Relative paths of all files of the lab, in order; hidden ones stay out. */
static gboolean
gather (const char *folder,
        const char *below,
        guint       depth,
        GPtrArray  *paths,
        GError    **error)
{
  g_autofree char *here = g_build_filename (folder, below, NULL);
  g_autoptr (GDir) dir = g_dir_open (here, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path =
        *below != '\0' ? g_strconcat (below, "/", name, NULL) : g_strdup (name);
    g_autofree char *full = g_build_filename (folder, path, NULL);

    if (name[0] == '.' || g_str_has_suffix (name, "~"))
      continue;
    if (depth < MAX_PARTS && g_file_test (full, G_FILE_TEST_IS_DIR) &&
        !g_file_test (full, G_FILE_TEST_IS_SYMLINK)) {
      if (!gather (folder, path, depth + 1, paths, error))
        return FALSE;
      continue;
    }
    if (!may_be_inside (path) || strlen (path) > 99 ||
        !g_file_test (full, G_FILE_TEST_IS_REGULAR) ||
        g_file_test (full, G_FILE_TEST_IS_SYMLINK) ||
        paths->len == MOS_BUNDLE_MAX_FILES) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("%s may not be in a bundle: it takes lab.md, "
                      "lab.LANGUAGE.md, pictures (.png, .jpg, .svg) and "
                      "files/FOLDER/NAME, at most %d plain files"),
                   full, MOS_BUNDLE_MAX_FILES);
      return FALSE;
    }
    g_ptr_array_add (paths, g_steal_pointer (&path));
  }
  return TRUE;
}

static gboolean
pack_files (const char *folder,
            GPtrArray  *paths,
            GString    *manifest,
            GByteArray *files,
            GError    **error)
{
  for (guint i = 0; i < paths->len; i++) {
    const char      *path = g_ptr_array_index (paths, i);
    g_autofree char *full = g_build_filename (folder, path, NULL);
    g_autofree char *text = NULL;
    g_autofree char *sum = NULL;
    gsize            size;

    if (!g_file_get_contents (full, &text, &size, error))
      return FALSE;
    if (size > MOS_BUNDLE_MAX_FILE_BYTES ||
        files->len + size > MOS_BUNDLE_MAX_BYTES - 65536) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("%s is too large for a bundle"), full);
      return FALSE;
    }
    sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) text,
                                       size);
    g_string_append_printf (manifest, "%s %s\n", sum, path);
    add_member (files, path, text, size);
  }
  return TRUE;
}

GBytes *
mos_bundle_pack (const char *folder, const char *author, GError **error)
{
  g_autoptr (MosLab) lab = NULL;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) manifest = g_string_new (FIRST_LINE "\n");
  g_autoptr (GByteArray) files = g_byte_array_new ();
  GByteArray      *tar;
  g_autofree char *sum = NULL;
  g_autofree char *name =
      g_strdelimit (g_strdup (author != NULL ? author : ""), "\n\r", ' ');

  g_return_val_if_fail (folder != NULL, NULL);

  lab = mos_lab_load (folder, error);
  if (lab == NULL || !gather (folder, "", 1, paths, error))
    return NULL;
  g_ptr_array_sort (paths, by_name);
  g_string_append_printf (manifest, "author: %s\n", name);
  if (!pack_files (folder, paths, manifest, files, error))
    return NULL;
  sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, manifest->str, -1);
  g_string_append_printf (manifest, "signature: %s\n", sum);
  tar = g_byte_array_new ();
  add_member (tar, MANIFEST, manifest->str, manifest->len);
  g_byte_array_append (tar, files->data, files->len);
  g_byte_array_set_size (files, 0);
  g_byte_array_set_size (files, 2 * BLOCK);
  memset (files->data, 0, 2 * BLOCK);
  g_byte_array_append (tar, files->data, files->len);
  return g_byte_array_free_to_bytes (tar);
}
