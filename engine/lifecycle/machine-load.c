/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A saved machine, read into one just made.
 *
 * The file is read as something that somebody else may have made: the checksum
 * of all of it first, then every number against its bound, and nothing of the
 * machine is touched before it is known to be of this kind. Its layout stands
 * in machine-state.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/lifecycle/machine-file.h"

/* -- reading ------------------------------------------------------------- */

static gboolean
read_bytes (MosStateFile *self, void *data, gsize size, GError **error)
{
  guint8 *bytes = data;

  if (size > self->left)
    return mos_state_file_damaged (self, _ ("it ends too early"), error);
  self->left -= size;
  while (size > 0) {
    gssize n = read (self->fd, bytes, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return mos_state_file_io_error (self, _ ("Reading"), error);
    if (n == 0)
      return mos_state_file_damaged (self, _ ("it ends too early"), error);
    bytes += n;
    size -= (gsize) n;
  }
  return TRUE;
}

/* Reads all of it once; then stands at the beginning again. */
static gboolean
check_file (MosStateFile *self, GError **error)
{
  guint8 wanted[MOS_STATE_CHECKSUM_BYTES], digest[MOS_STATE_CHECKSUM_BYTES];
  gsize  size = sizeof digest;
  off_t  end = lseek (self->fd, 0, SEEK_END);

  if (end < 0 || lseek (self->fd, 0, SEEK_SET) != 0)
    return mos_state_file_io_error (self, _ ("Reading"), error);
  if (end < (off_t) (strlen (MOS_STATE_MAGIC) + 8 + MOS_STATE_CHECKSUM_BYTES))
    return mos_state_file_damaged (self, _ ("it is too short"), error);

  self->left = (guint64) end - MOS_STATE_CHECKSUM_BYTES;
  while (self->left > 0) {
    gsize n = MIN (self->left, MOS_STATE_BUFFER_BYTES);

    if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
        !read_bytes (self, self->buffer, n, error))
      return FALSE;
    g_checksum_update (self->checksum, self->buffer, (gssize) n);
  }
  self->left = MOS_STATE_CHECKSUM_BYTES;
  if (!read_bytes (self, wanted, sizeof wanted, error))
    return FALSE;
  g_checksum_get_digest (self->checksum, digest, &size);
  if (memcmp (wanted, digest, sizeof digest) != 0)
    return mos_state_file_damaged (
        self, _ ("its checksum is wrong; it is damaged"), error);
  self->left = (guint64) end - MOS_STATE_CHECKSUM_BYTES;
  if (lseek (self->fd, 0, SEEK_SET) != 0)
    return mos_state_file_io_error (self, _ ("Reading"), error);
  return TRUE;
}

static GVariant *
read_header (MosStateFile *self, GError **error)
{
  char               magic[sizeof MOS_STATE_MAGIC] = { 0 };
  guint32            numbers[2];
  gsize              size;
  g_autofree guint8 *data = NULL;
  g_autoptr (GVariant) header = NULL;

  if (!read_bytes (self, magic, strlen (MOS_STATE_MAGIC), error) ||
      !read_bytes (self, numbers, sizeof numbers, error))
    return NULL;
  size = GUINT32_FROM_LE (numbers[1]);
  if (strcmp (magic, MOS_STATE_MAGIC) != 0) {
    mos_state_file_damaged (self, _ ("it is a file of another kind"), error);
    return NULL;
  }
  if (GUINT32_FROM_LE (numbers[0]) != MOS_STATE_VERSION) {
    mos_state_file_damaged (self, _ ("another version of MultiOS Lab wrote it"),
                            error);
    return NULL;
  }
  if (size > MOS_STATE_MAX_HEADER_BYTES || size > self->left) {
    mos_state_file_damaged (self, _ ("its header is too long"), error);
    return NULL;
  }
  data = g_malloc (MAX (size, 1));
  if (!read_bytes (self, data, size, error))
    return NULL;
  header = g_variant_ref_sink (g_variant_new_from_data (
      G_VARIANT_TYPE_VARDICT, data, size, FALSE, g_free, data));
  data = NULL;
  if (G_BYTE_ORDER != G_LITTLE_ENDIAN) {
    GVariant *swapped = g_variant_byteswap (header);

    g_variant_unref (header);
    header = swapped;
  }
  if (!g_variant_is_normal_form (header)) {
    mos_state_file_damaged (self, _ ("its header cannot be read"), error);
    return NULL;
  }
  return g_steal_pointer (&header);
}

static gboolean
decompress (MosStateFile *self, void *data, gsize size, GError **error)
{
  ZSTD_outBuffer output = { data, size, 0 };

  while (output.pos < output.size) {
    gsize result;

    if (self->input.pos == self->input.size && self->left > 0) {
      gsize n = MIN (self->left, MOS_STATE_BUFFER_BYTES);

      if (!read_bytes (self, self->buffer, n, error))
        return FALSE;
      self->input = (ZSTD_inBuffer){ self->buffer, n, 0 };
    }
    result = ZSTD_decompressStream (self->decompressor, &output, &self->input);
    if (ZSTD_isError (result) || (output.pos < output.size && self->left == 0 &&
                                  self->input.pos == self->input.size))
      return mos_state_file_damaged (self, _ ("its memory cannot be unpacked"),
                                     error);
  }
  return TRUE;
}

static gboolean
read_memory (MosStateFile *self, GPtrArray *rams, GError **error)
{
  self->decompressor = ZSTD_createDCtx ();
  for (;;) {
    MosStateRecord record;
    MosRam        *ram;
    guint64        n_pages;

    if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
        !decompress (self, &record, sizeof record, error))
      return FALSE;
    record.ram = GUINT32_FROM_LE (record.ram);
    record.n_pages = GUINT32_FROM_LE (record.n_pages);
    record.first_page = GUINT64_FROM_LE (record.first_page);
    if (record.ram == MOS_STATE_END_OF_RECORDS)
      return TRUE;
    if (record.ram >= rams->len)
      return mos_state_file_damaged (self, _ ("it has more memory"), error);
    ram = g_ptr_array_index (rams, record.ram);
    n_pages = ram->size / MOS_PAGE_SIZE;
    if (record.n_pages == 0 || record.n_pages > MOS_STATE_PAGES_A_RECORD ||
        record.n_pages > n_pages ||
        record.first_page > n_pages - record.n_pages)
      return mos_state_file_damaged (self, _ ("it has more memory"), error);
    if (!decompress (self, ram->hva + record.first_page * MOS_PAGE_SIZE,
                     (gsize) record.n_pages * MOS_PAGE_SIZE, error))
      return FALSE;
  }
}

/* What the board has put into it goes, too. */
static gboolean
empty_rams (MosStateFile *self, GPtrArray *rams, GError **error)
{
  for (guint i = 0; i < rams->len; i++) {
    const MosRam *ram = g_ptr_array_index (rams, i);

    if (fallocate (ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                   (off_t) ram->size) != 0)
      return mos_state_file_io_error (self, _ ("Emptying guest memory for"),
                                      error);
  }
  return TRUE;
}

/* -- loading ------------------------------------------------------------- */

static gboolean
check_rams (MosStateFile *file,
            GVariant     *header,
            GPtrArray    *rams,
            GError      **error)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (header, "rams", G_VARIANT_TYPE ("a(st)"));

  if (list == NULL || g_variant_n_children (list) != rams->len)
    return mos_state_file_damaged (
        file, _ ("it is of a machine with other devices"), error);
  for (guint i = 0; i < rams->len; i++) {
    const MosRam *ram = g_ptr_array_index (rams, i);
    const char   *name;
    guint64       size;

    g_variant_get_child (list, i, "(&st)", &name, &size);
    if (!g_str_equal (name, ram->name) || size != ram->size)
      return mos_state_file_damaged (
          file,
          _ ("it is of a machine with another amount of "
             "memory"),
          error);
  }
  return TRUE;
}

static gboolean
check_machine (MosStateFile *file,
               MosMachine   *self,
               GVariant     *header,
               GError      **error)
{
  const char *board = NULL;
  g_autoptr (GVariant) cpus =
      g_variant_lookup_value (header, "cpus", G_VARIANT_TYPE ("aa{sv}"));
  gint64 clock_ns = -1;

  g_variant_lookup (header, "board", "&s", &board);
  g_variant_lookup (header, "clock-ns", "x", &clock_ns);
  if (g_strcmp0 (board, self->board->klass->name) != 0)
    return mos_state_file_damaged (
        file, _ ("it is of a machine with another board"), error);
  if (cpus == NULL || g_variant_n_children (cpus) != self->n_vcpus)
    return mos_state_file_damaged (
        file,
        _ ("it is of a machine with another number of "
           "processors"),
        error);
  if (clock_ns < 0)
    return mos_state_file_damaged (file, _ ("its clock is wrong"), error);
  return TRUE;
}

static gboolean
load_cpus (MosMachine *self, GVariant *header, GError **error)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  g_autoptr (GVariant) cpus =
      g_variant_lookup_value (header, "cpus", G_VARIANT_TYPE ("aa{sv}"));
  gboolean ok = TRUE;

  for (guint i = 0; i < self->n_vcpus && ok; i++) {
    g_autoptr (GVariant) one = g_variant_get_child_value (cpus, i);

    mos_cpu_state_clear (state);
    memset (state, 0, sizeof *state);
    ok = mos_cpu_state_load (state, one, error) &&
         mos_vcpu_set_state (self->runners[i].vcpu, state, error);
  }
  mos_cpu_state_clear (state);
  return ok;
}

/* Interrupt chips were saved among the devices if the board had them, apart if
 * the backend had. Sorts both lots by where this machine has them. */
static void
sort_parts (MosMachine *self, GVariant **devices, GVariant **chips)
{
  GVariant    *lots[] = { *devices, *chips };
  GVariantDict ours, rest;

  g_variant_dict_init (&ours, NULL);
  g_variant_dict_init (&rest, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (lots); i++) {
    GVariantIter iter;
    const char  *name;
    GVariant    *part;

    if (lots[i] == NULL)
      continue;
    g_variant_iter_init (&iter, lots[i]);
    while (g_variant_iter_loop (&iter, "{&sv}", &name, &part))
      g_variant_dict_insert_value (
          mos_bus_find_device (self->bus, name) != NULL ? &ours : &rest, name,
          part);
    g_variant_unref (lots[i]);
  }
  *devices = g_variant_ref_sink (g_variant_dict_end (&ours));
  *chips = g_variant_ref_sink (g_variant_dict_end (&rest));
}

static gboolean
load_chips (MosStateFile *file,
            MosMachine   *self,
            GVariant     *chips,
            GError      **error)
{
  const MosBackendClass *klass = self->cpus->klass;

  if (klass->load_chips != NULL)
    return klass->load_chips (self->cpus, chips, error);
  if (g_variant_n_children (chips) == 0)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("%s has devices that this configuration lacks"), file->path);
  return FALSE;
}

static gboolean
read_all (MosStateFile *file, MosMachine *self, GError **error)
{
  g_autoptr (GPtrArray) rams = mos_machine_rams (self);
  g_autoptr (GVariant) header = NULL;
  g_autoptr (GVariant) devices = NULL;
  g_autoptr (GVariant) chips = NULL;
  gint64 clock_ns = 0;

  if (!check_file (file, error))
    return FALSE;
  header = read_header (file, error);
  if (header == NULL || !check_machine (file, self, header, error) ||
      !check_rams (file, header, rams, error))
    return FALSE;
  devices = g_variant_lookup_value (header, "devices", G_VARIANT_TYPE_VARDICT);
  if (devices == NULL)
    return mos_state_file_damaged (file, _ ("it has no devices"), error);
  chips = g_variant_lookup_value (header, "chips", G_VARIANT_TYPE_VARDICT);
  sort_parts (self, &devices, &chips);

  /* Time first: timers are armed against it. */
  g_variant_lookup (header, "clock-ns", "x", &clock_ns);
  mos_clock_set (self->bus->clock, clock_ns);
  return empty_rams (file, rams, error) && read_memory (file, rams, error) &&
         load_chips (file, self, chips, error) &&
         mos_bus_load (self->bus, devices, error) &&
         load_cpus (self, header, error);
}

gboolean
mos_machine_load (MosMachine   *self,
                  const char   *path,
                  GCancellable *cancellable,
                  GError      **error)
{
  MosStateFile file = { .fd = -1, .path = path };
  gboolean     ok = FALSE;

  file.cancellable = cancellable;
  file.checksum = g_checksum_new (G_CHECKSUM_SHA256);
  file.buffer = g_malloc (MOS_STATE_BUFFER_BYTES);
  file.fd = open (path, O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) {
    mos_state_file_io_error (&file, _ ("Reading"), error);
  } else {
    g_mutex_lock (&self->control);
    ok =
        mos_machine_check_paused (self, error) && read_all (&file, self, error);
    g_mutex_unlock (&self->control);
  }
  mos_state_file_clear (&file);
  return ok;
}
