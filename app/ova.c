/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The description of an appliance: the archive's members, and the XML that
 * says what the machine is made of. ova-disk.c unpacks the disks. Any thread.
 */
#include "app/ova.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK          512u
#define MAX_OVF_BYTES  (4u << 20)
#define MAX_MEMBERS    256u
#define MAX_FILES      64u
#define MAX_DISK_BYTES (64ull << 40)
#define MIB            (1ull << 20)

/* CIM_ResourceAllocationSettingData, "ResourceType" */
#define RESOURCE_PROCESSOR 3
#define RESOURCE_MEMORY    4

gboolean
mos_ova_recognise (const char *path, const guint8 *head, gsize size)
{
  if (g_str_has_suffix (path, ".ovf"))
    return TRUE;
  return size >= BLOCK && memcmp (head + 257, "ustar", 5) == 0;
}

/* -- the archive --------------------------------------------------------- */

typedef struct {
  char    name[257];
  guint64 offset;
  guint64 size;
} Member;

static gboolean
fail (const char *path, const char *what, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX, _ ("“%s”: %s"), path, what);
  return FALSE;
}

static gboolean
read_at (int fd, guint64 offset, gpointer data, gsize size)
{
  guint8 *at = data;

  while (size > 0) {
    gssize n = pread (fd, at, size, (off_t) offset);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    at += n;
    offset += (guint64) n;
    size -= (gsize) n;
  }
  return TRUE;
}

/* Octal digits, or GNU tar's base 256 when the first bit is set. */
static gboolean
parse_size (const guint8 *field, guint64 *size)
{
  *size = 0;
  if (field[0] & 0x80) {
    for (guint i = 1; i < 12; i++) {
      if (*size >> 55)
        return FALSE;
      *size = *size << 8 | field[i];
    }
    return TRUE;
  }
  for (guint i = 0; i < 12 && field[i] != '\0' && field[i] != ' '; i++) {
    if (field[i] < '0' || field[i] > '7')
      return FALSE;
    *size = *size << 3 | (guint64) (field[i] - '0');
  }
  return TRUE;
}

static gboolean
checksum_is_right (const guint8 *header)
{
  guint sum = 0, told = 0;

  for (guint i = 0; i < BLOCK; i++)
    sum += i >= 148 && i < 156 ? ' ' : header[i];
  for (guint i = 148; i < 156 && header[i] >= '0' && header[i] <= '7'; i++)
    told = told << 3 | (guint) (header[i] - '0');
  return sum == told;
}

/* The regular files of the archive; of Member. */
static GArray *
list_members (int fd, const char *path, guint64 length, GError **error)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Member));
  guint8  header[BLOCK];
  guint64 offset = 0;

  while (offset + BLOCK <= length && members->len < MAX_MEMBERS) {
    Member member = { .offset = offset + BLOCK };

    if (!read_at (fd, offset, header, BLOCK))
      break;
    if (header[0] == '\0')
      break;
    if (!checksum_is_right (header) ||
        !parse_size (header + 124, &member.size) ||
        member.size > length - member.offset) {
      fail (path, _ ("the archive is damaged or cut off"), error);
      return NULL;
    }
    memcpy (member.name, header, 100);
    if (header[156] == '0' || header[156] == '\0')
      g_array_append_val (members, member);
    offset = member.offset + (member.size + BLOCK - 1) / BLOCK * BLOCK;
  }
  return g_steal_pointer (&members);
}

/* -- the description ----------------------------------------------------- */

typedef struct {
  char   *id;
  char   *href;
  guint64 capacity; /* of a disk */
  char   *file_ref;
} Reference;

typedef struct {
  GArray  *files; /* of Reference: id, href */
  GArray  *disks; /* of Reference: file_ref, capacity */
  GString *text;  /* of the element that is read */
  char    *name;
  guint    systems;
  gboolean in_item;
  guint64  type, quantity;
  char    *units;
  guint64  cpus, memory_bytes;
} Reader;

static void
reference_clear (gpointer data)
{
  Reference *self = data;

  g_free (self->id);
  g_free (self->href);
  g_free (self->file_ref);
}

/* Without the namespace's prefix, whatever it is. */
static const char *
local (const char *name)
{
  const char *colon = strrchr (name, ':');

  return colon != NULL ? colon + 1 : name;
}

static const char *
attribute (const char **names, const char **values, const char *wanted)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (local (names[i]), wanted))
      return values[i];
  return NULL;
}

/* "byte * 2^20", "MegaBytes", "byte", nothing: bytes in one unit. */
static guint64
unit_bytes (const char *units, guint64 fallback)
{
  const char *power = units != NULL ? strstr (units, "2^") : NULL;
  guint64     bits = power != NULL ? g_ascii_strtoull (power + 2, NULL, 10) : 0;

  if (power != NULL)
    return bits < 50 ? 1ull << bits : fallback;
  if (units == NULL)
    return fallback;
  if (g_ascii_strncasecmp (units, "mega", 4) == 0)
    return MIB;
  if (g_ascii_strncasecmp (units, "giga", 4) == 0)
    return MIB << 10;
  if (g_ascii_strncasecmp (units, "byte", 4) == 0)
    return 1;
  return fallback;
}

static guint64
multiply (guint64 a, guint64 b)
{
  guint64 product;

  return __builtin_mul_overflow (a, b, &product) ? G_MAXUINT64 : product;
}

static void
start_cb (GMarkupParseContext *context,
          const char          *element,
          const char         **names,
          const char         **values,
          gpointer             user_data,
          GError             **error)
{
  Reader     *reader = user_data;
  const char *name = local (element);
  Reference   reference = { NULL };

  g_string_truncate (reader->text, 0);
  if (g_str_equal (name, "File") && reader->files->len < MAX_FILES) {
    reference.id = g_strdup (attribute (names, values, "id"));
    reference.href = g_strdup (attribute (names, values, "href"));
    g_array_append_val (reader->files, reference);
  } else if (g_str_equal (name, "Disk") && reader->disks->len < MAX_FILES) {
    const char *capacity = attribute (names, values, "capacity");
    const char *units = attribute (names, values, "capacityAllocationUnits");

    reference.file_ref = g_strdup (attribute (names, values, "fileRef"));
    reference.capacity =
        multiply (capacity != NULL ? g_ascii_strtoull (capacity, NULL, 10) : 0,
                  unit_bytes (units, 1));
    g_array_append_val (reader->disks, reference);
  } else if (g_str_equal (name, "VirtualSystem")) {
    reader->systems++;
    if (reader->name == NULL)
      reader->name = g_strdup (attribute (names, values, "id"));
  } else if (g_str_equal (name, "Item")) {
    reader->in_item = TRUE;
    reader->type = reader->quantity = 0;
    g_clear_pointer (&reader->units, g_free);
  }
}

static void
end_cb (GMarkupParseContext *context,
        const char          *element,
        gpointer             user_data,
        GError             **error)
{
  Reader     *reader = user_data;
  const char *name = local (element);
  guint64     number = g_ascii_strtoull (reader->text->str, NULL, 10);

  if (g_str_equal (name, "ResourceType")) {
    reader->type = number;
  } else if (g_str_equal (name, "VirtualQuantity")) {
    reader->quantity = number;
  } else if (g_str_equal (name, "AllocationUnits")) {
    g_free (reader->units);
    reader->units = g_strdup (reader->text->str);
  } else if (g_str_equal (name, "Name") && !reader->in_item &&
             reader->systems == 1 && reader->text->len > 0) {
    g_free (reader->name);
    reader->name = g_strdup (reader->text->str);
  } else if (g_str_equal (name, "Item")) {
    reader->in_item = FALSE;
    if (reader->type == RESOURCE_PROCESSOR)
      reader->cpus = reader->quantity;
    else if (reader->type == RESOURCE_MEMORY)
      reader->memory_bytes =
          multiply (reader->quantity, unit_bytes (reader->units, MIB));
  }
  g_string_truncate (reader->text, 0);
}

static void
text_cb (GMarkupParseContext *context,
         const char          *text,
         gsize                size,
         gpointer             user_data,
         GError             **error)
{
  Reader *reader = user_data;

  if (reader->text->len + size < 4096)
    g_string_append_len (reader->text, text, (gssize) size);
}

static gboolean
parse (Reader *reader, const char *path, char *xml, gsize size, GError **error)
{
  static const GMarkupParser parser = { start_cb, end_cb, text_cb, NULL, NULL };
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) local_error = NULL;

  context = g_markup_parse_context_new (&parser, 0, reader, NULL);
  if (!g_markup_parse_context_parse (context, xml, (gssize) size,
                                     &local_error) ||
      !g_markup_parse_context_end_parse (context, &local_error))
    return fail (path, local_error->message, error);
  if (reader->systems == 0)
    return fail (path, _ ("it describes no machine"), error);
  if (reader->systems > 1) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                 _ ("“%s” describes %u machines; export them one by one"), path,
                 reader->systems);
    return FALSE;
  }
  return TRUE;
}

static void
reader_init (Reader *self)
{
  self->files = g_array_new (FALSE, TRUE, sizeof (Reference));
  self->disks = g_array_new (FALSE, TRUE, sizeof (Reference));
  g_array_set_clear_func (self->files, reference_clear);
  g_array_set_clear_func (self->disks, reference_clear);
  self->text = g_string_new (NULL);
}

static void
reader_clear (Reader *self)
{
  g_array_unref (self->files);
  g_array_unref (self->disks);
  g_string_free (self->text, TRUE);
  g_free (self->name);
  g_free (self->units);
}

/* -- both together ------------------------------------------------------- */

/* Where the file @href of the description is. Of a path only the last part
 * counts: nothing outside the appliance is read. */
static gboolean
find_file (MosOva *self, GArray *members, const char *href, MosOvaDisk *disk)
{
  g_autofree char *base = g_path_get_basename (href);

  for (guint i = 0; members != NULL && i < members->len; i++) {
    Member *member = &g_array_index (members, Member, i);

    if (!g_str_equal (member->name, href))
      continue;
    disk->offset = member->offset;
    disk->size = member->size;
    return TRUE;
  }
  if (members == NULL) {
    g_autofree char *folder = g_path_get_dirname (self->path);
    g_autofree char *path = g_build_filename (folder, base, NULL);
    g_autoptr (GFile) file = g_file_new_for_path (path);
    g_autoptr (GFileInfo) info = g_file_query_info (
        file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
        G_FILE_QUERY_INFO_NOFOLLOW_SYMLINKS, NULL, NULL);

    if (info == NULL || g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
      return FALSE;
    disk->file = g_steal_pointer (&path);
    disk->size = (guint64) g_file_info_get_size (info);
    return TRUE;
  }
  return FALSE;
}

static const char *
find_href (Reader *reader, const char *id)
{
  for (guint i = 0; i < reader->files->len; i++) {
    Reference *file = &g_array_index (reader->files, Reference, i);

    if (g_strcmp0 (file->id, id) == 0)
      return file->href;
  }
  return NULL;
}

static gboolean
take_disks (MosOva *self, Reader *reader, GArray *members, GError **error)
{
  for (guint i = 0; i < reader->disks->len; i++) {
    Reference  *disk = &g_array_index (reader->disks, Reference, i);
    const char *href =
        disk->file_ref != NULL ? find_href (reader, disk->file_ref) : NULL;
    MosOvaDisk *out = &self->disks[self->n_disks];

    if (self->n_disks == MOS_OVA_MAX_DISKS || disk->capacity == 0 ||
        disk->capacity > MAX_DISK_BYTES) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
                   _ ("“%s”: at most %u disks of up to 64 TiB can be "
                      "imported"),
                   self->path, MOS_OVA_MAX_DISKS);
      return FALSE;
    }
    out->capacity = disk->capacity;
    if (href == NULL || !find_file (self, members, href, out))
      return fail (self->path, _ ("a disk is missing"), error);
    self->n_disks++;
  }
  return TRUE;
}

static gboolean
read_description (MosOva *self, int fd, guint64 length, GError **error)
{
  g_autoptr (GArray) members = NULL;
  g_autofree char *xml = NULL;
  Member           ovf = { .offset = 0, .size = length };
  Reader           reader = { NULL };
  gboolean         good;

  if (!g_str_has_suffix (self->path, ".ovf")) {
    members = list_members (fd, self->path, length, error);
    if (members == NULL)
      return FALSE;
    ovf.size = 0;
    for (guint i = 0; i < members->len && ovf.size == 0; i++)
      if (g_str_has_suffix (g_array_index (members, Member, i).name, ".ovf"))
        ovf = g_array_index (members, Member, i);
  }
  if (ovf.size == 0 || ovf.size > MAX_OVF_BYTES)
    return fail (self->path, _ ("there is no description (.ovf) in it"), error);
  xml = g_malloc (ovf.size);
  if (!read_at (fd, ovf.offset, xml, ovf.size))
    return fail (self->path, _ ("the archive is damaged or cut off"), error);
  reader_init (&reader);
  good = parse (&reader, self->path, xml, ovf.size, error) &&
         take_disks (self, &reader, members, error);
  self->name = g_steal_pointer (&reader.name);
  self->cpus = (guint) CLAMP (reader.cpus, 1, 32);
  self->memory_mb = (guint) CLAMP (reader.memory_bytes / MIB, 16, 65536);
  reader_clear (&reader);
  return good;
}

MosOva *
mos_ova_open (const char *path, GError **error)
{
  g_autoptr (MosOva) self = g_new0 (MosOva, 1);
  int      fd = open (path, O_RDONLY | O_CLOEXEC);
  off_t    length = fd >= 0 ? lseek (fd, 0, SEEK_END) : -1;
  gboolean good = FALSE;

  self->path = g_strdup (path);
  if (length < 0)
    g_set_error (error, MOS_ERROR, MOS_ERROR_IO, _ ("“%s” cannot be read: %s"),
                 path, g_strerror (errno));
  else
    good = read_description (self, fd, (guint64) length, error);
  if (fd >= 0)
    close (fd);
  return good ? g_steal_pointer (&self) : NULL;
}

void
mos_ova_free (MosOva *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < MOS_OVA_MAX_DISKS; i++)
    g_free (self->disks[i].file);
  g_free (self->path);
  g_free (self->name);
  g_free (self);
}

MosVmConfig *
mos_ova_make_config (const MosOva *self, const char *name, GError **error)
{
  g_autofree char *toml =
      g_strdup_printf ("name = \"Import\"\nvcpu_count = %u\nmemory_mb = %u\n",
                       self->cpus, self->memory_mb);
  g_autoptr (MosVmConfig) config =
      mos_vm_config_load_data (toml, -1, NULL, error);

  if (config == NULL || !mos_vm_config_set_string (config, "name", name, error))
    return NULL;
  return g_steal_pointer (&config);
}
