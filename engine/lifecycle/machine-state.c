/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A whole machine as one file.
 *
 *   8 bytes   "MOSSTATE"
 *   u32       version of this layout, 1
 *   u32       bytes of the header
 *   header    a{sv} in GVariant's serialised form: what the machine is made
 *             of, clock, processors, interrupt chips, devices, names of RAMs
 *   memory    one Zstandard frame of records: u32 index of the RAM, u32 number
 *             of pages, u64 first page, the pages; index 2^32-1 ends it. Pages
 *             of zeros, and those that never came into being, are left out.
 *   32 bytes  SHA-256 of everything before
 *
 * Numbers are little endian. The file is written beside its final name and
 * renamed when it is on the disk. It is read as something that somebody else
 * may have made: the checksum first, then every number against its bound.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "engine/base/error.h"
#include "engine/lifecycle/machine-private.h"

#define MAGIC             "MOSSTATE"
#define VERSION           1u
#define CHECKSUM_BYTES    32u
#define MAX_HEADER_BYTES  (64u << 20)
#define BUFFER_BYTES      (256u << 10)
#define PAGES_A_RECORD    64u
#define END_OF_RECORDS    G_MAXUINT32
#define COMPRESSION_LEVEL 1
/* How often devices may go on with what an image has answered. */
#define DRAIN_ROUNDS 4

typedef struct {
  guint32 ram;
  guint32 n_pages;
  guint64 first_page;
} Record;

typedef struct {
  int           fd;
  const char   *path;
  GChecksum    *checksum;
  ZSTD_CCtx    *compressor;
  ZSTD_DCtx    *decompressor;
  GCancellable *cancellable;
  guint8       *buffer; /* BUFFER_BYTES */
  ZSTD_inBuffer input;  /* reading: what of the buffer is left */
  guint64       left;   /* reading: bytes before the checksum */
} File;

static void
file_clear (File *self)
{
  g_clear_pointer (&self->checksum, g_checksum_free);
  ZSTD_freeCCtx (self->compressor);
  ZSTD_freeDCtx (self->decompressor);
  g_free (self->buffer);
  if (self->fd >= 0)
    close (self->fd);
}

static gboolean
set_io_error (File *self, const char *doing, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, "%s %s: %s", doing, self->path,
               g_strerror (errno));
  return FALSE;
}

static gboolean
set_damaged (File *self, const char *what, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
               _ ("%s is not a usable saved machine: %s"), self->path, what);
  return FALSE;
}

static void
collect_ram (gpointer user_data, MosRam *ram)
{
  g_ptr_array_add (user_data, ram);
}

static GPtrArray *
get_rams (MosMachine *self)
{
  GPtrArray *rams = g_ptr_array_new ();

  mos_memory_map_foreach_ram (self->bus->memory, collect_ram, rams);
  return rams;
}

/* -- writing ------------------------------------------------------------- */

static gboolean
write_raw (File *self, const guint8 *bytes, gsize size, GError **error)
{
  while (size > 0) {
    gssize n = write (self->fd, bytes, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return set_io_error (self, _ ("Writing"), error);
    bytes += n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
write_bytes (File *self, const void *data, gsize size, GError **error)
{
  g_checksum_update (self->checksum, data, (gssize) size);
  return write_raw (self, data, size, error);
}

static gboolean
compress (File             *self,
          const void       *data,
          gsize             size,
          ZSTD_EndDirective how,
          GError          **error)
{
  ZSTD_inBuffer input = { data, size, 0 };
  gsize         left;

  do {
    ZSTD_outBuffer output = { self->buffer, BUFFER_BYTES, 0 };

    left = ZSTD_compressStream2 (self->compressor, &output, &input, how);
    if (ZSTD_isError (left)) {
      g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED, _ ("Writing %s: %s"),
                   self->path, ZSTD_getErrorName (left));
      return FALSE;
    }
    if (!write_bytes (self, self->buffer, output.pos, error))
      return FALSE;
  } while (how == ZSTD_e_end ? left != 0 : input.pos < input.size);
  return TRUE;
}

static gboolean
is_zero_page (const guint8 *page)
{
  const guint64 *words = (const guint64 *) page;

  for (guint i = 0; i < MOS_PAGE_SIZE / sizeof *words; i++)
    if (words[i] != 0)
      return FALSE;
  return TRUE;
}

static gboolean
write_record (File    *self,
              guint32  index,
              guint64  first,
              guint    n,
              MosRam  *ram,
              GError **error)
{
  Record record = { GUINT32_TO_LE (index), GUINT32_TO_LE (n),
                    GUINT64_TO_LE (first) };

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  return compress (self, &record, sizeof record, ZSTD_e_continue, error) &&
         compress (self, ram->hva + first * MOS_PAGE_SIZE,
                   (gsize) n * MOS_PAGE_SIZE, ZSTD_e_continue, error);
}

/* The pages from @page to before @end that hold anything. */
static gboolean
write_pages (File    *self,
             guint32  index,
             MosRam  *ram,
             guint64  page,
             guint64  end,
             GError **error)
{
  while (page < end) {
    guint n = 0;

    while (n < PAGES_A_RECORD && page + n < end &&
           !is_zero_page (ram->hva + (page + n) * MOS_PAGE_SIZE))
      n++;
    if (n > 0 && !write_record (self, index, page, n, ram, error))
      return FALSE;
    page += n > 0 ? n : 1;
  }
  return TRUE;
}

/* Goes from one stretch of data in the memory file to the next. */
static gboolean
write_ram (File *self, guint32 index, MosRam *ram, GError **error)
{
  off_t at = 0;

  for (;;) {
    off_t begin = lseek (ram->fd, at, SEEK_DATA);
    off_t end;

    if (begin < 0 && errno == ENXIO)
      return TRUE;
    if (begin < 0)
      return set_io_error (self, _ ("Reading guest memory for"), error);
    end = lseek (ram->fd, begin, SEEK_HOLE);
    if (end < 0)
      return set_io_error (self, _ ("Reading guest memory for"), error);
    if (!write_pages (self, index, ram, (guint64) begin / MOS_PAGE_SIZE,
                      ((guint64) end + MOS_PAGE_SIZE - 1) / MOS_PAGE_SIZE,
                      error))
      return FALSE;
    at = end;
  }
}

static gboolean
write_memory (File *self, GPtrArray *rams, GError **error)
{
  Record end = { END_OF_RECORDS, 0, 0 };

  self->compressor = ZSTD_createCCtx ();
  ZSTD_CCtx_setParameter (self->compressor, ZSTD_c_compressionLevel,
                          COMPRESSION_LEVEL);
  for (guint i = 0; i < rams->len; i++)
    if (!write_ram (self, i, g_ptr_array_index (rams, i), error))
      return FALSE;
  return compress (self, &end, sizeof end, ZSTD_e_end, error);
}

/* -- what stands in the header ------------------------------------------- */

static GVariant *
save_cpus (MosMachine *self, GError **error)
{
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  GVariantBuilder         builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->n_vcpus; i++) {
    g_autoptr (GVariant) one = NULL;

    mos_cpu_state_clear (state);
    if (!mos_vcpu_get_state (self->runners[i].vcpu, state, error)) {
      mos_cpu_state_clear (state);
      g_variant_builder_clear (&builder);
      return NULL;
    }
    one = g_variant_take_ref (mos_cpu_state_save (state));
    g_variant_builder_add_value (&builder, one);
  }
  mos_cpu_state_clear (state);
  return g_variant_builder_end (&builder);
}

static void
add_rams (GVariantBuilder *builder, GPtrArray *rams)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(st)"));
  for (guint i = 0; i < rams->len; i++) {
    const MosRam *ram = g_ptr_array_index (rams, i);

    g_variant_builder_add (&list, "(st)", ram->name, ram->size);
  }
  g_variant_builder_add (builder, "{sv}", "rams",
                         g_variant_builder_end (&list));
}

static void
add_string (GVariantBuilder *builder, const char *key, const char *value)
{
  g_variant_builder_add (builder, "{sv}", key, g_variant_new_string (value));
}

/* NULL with @error, or a{sv}. */
static GVariant *
make_header (MosMachine *self, GPtrArray *rams, GError **error)
{
  const MosBackendClass *klass = self->cpus->klass;
  GVariant              *cpus = save_cpus (self, error);
  GVariantBuilder        builder;

  if (cpus == NULL)
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_string (&builder, "board", self->board->klass->name);
  add_string (&builder, "backend", klass->name);
  g_variant_builder_add (
      &builder, "{sv}", "clock-ns",
      g_variant_new_int64 (mos_clock_now (self->bus->clock)));
  g_variant_builder_add (&builder, "{sv}", "cpus", cpus);
  if (klass->save_chips != NULL) {
    g_autoptr (GVariant) chips = klass->save_chips (self->cpus, error);

    if (chips == NULL) {
      g_variant_builder_clear (&builder);
      return NULL;
    }
    g_variant_builder_add (&builder, "{sv}", "chips", chips);
  }
  {
    g_autoptr (GVariant) devices = mos_bus_save (self->bus);

    g_variant_builder_add (&builder, "{sv}", "devices", devices);
  }
  add_rams (&builder, rams);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
write_header (File *self, GVariant *header, GError **error)
{
  g_autoptr (GVariant) little = G_BYTE_ORDER == G_LITTLE_ENDIAN
                                    ? g_variant_ref (header)
                                    : g_variant_byteswap (header);
  gsize   size = g_variant_get_size (little);
  guint32 numbers[2] = { GUINT32_TO_LE (VERSION),
                         GUINT32_TO_LE ((guint32) size) };

  if (size > MAX_HEADER_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("Writing %s: the devices' state is too large"), self->path);
    return FALSE;
  }
  return write_bytes (self, MAGIC, strlen (MAGIC), error) &&
         write_bytes (self, numbers, sizeof numbers, error) &&
         write_bytes (self, g_variant_get_data (little), size, error);
}

/* -- letting devices finish ---------------------------------------------- */

typedef struct {
  GMutex   lock;
  GCond    cond;
  gboolean passed;
} Gate;

static gboolean
gate_cb (gpointer user_data)
{
  Gate *gate = user_data;

  g_mutex_lock (&gate->lock);
  gate->passed = TRUE;
  g_cond_signal (&gate->cond);
  g_mutex_unlock (&gate->lock);
  return G_SOURCE_REMOVE;
}

/* Returns when the I/O thread has done all that waited for it. */
static void
pass_io_thread (MosMachine *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Gate gate = { .passed = FALSE };

  g_mutex_init (&gate.lock);
  g_cond_init (&gate.cond);
  g_source_set_priority (source, G_PRIORITY_LOW);
  g_source_set_callback (source, gate_cb, &gate, NULL);
  g_source_attach (source, self->io_context);
  g_mutex_lock (&gate.lock);
  while (!gate.passed)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.cond);
}

static void
finish_requests (MosMachine *self)
{
  for (guint round = 0; round < DRAIN_ROUNDS; round++) {
    for (guint i = 0; i < G_N_ELEMENTS (self->stores); i++)
      if (self->stores[i] != NULL)
        mos_block_store_drain (self->stores[i]);
    pass_io_thread (self);
  }
}

/* -- saving -------------------------------------------------------------- */

static gboolean
write_all (File *file, MosMachine *self, GError **error)
{
  g_autoptr (GPtrArray) rams = get_rams (self);
  g_autoptr (GVariant) header = NULL;
  guint8 digest[CHECKSUM_BYTES];
  gsize  size = sizeof digest;

  finish_requests (self);
  header = make_header (self, rams, error);
  if (header == NULL || !write_header (file, header, error) ||
      !write_memory (file, rams, error))
    return FALSE;
  g_checksum_get_digest (file->checksum, digest, &size);
  if (!write_raw (file, digest, sizeof digest, error))
    return FALSE;
  if (fsync (file->fd) != 0)
    return set_io_error (file, _ ("Writing"), error);
  return TRUE;
}

static gboolean
is_paused_locked (MosMachine *self, GError **error)
{
  gboolean paused;

  g_mutex_lock (&self->lock);
  paused = self->bus != NULL && (self->hold & MOS_HOLD_PAUSE) != 0 &&
           self->n_parked == self->n_threads && !self->resetting;
  g_mutex_unlock (&self->lock);
  if (!paused)
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("The machine is not paused"));
  return paused;
}

gboolean
mos_machine_save (MosMachine   *self,
                  const char   *path,
                  GCancellable *cancellable,
                  GError      **error)
{
  g_autofree char *beside = g_strconcat (path, ".XXXXXX", NULL);
  File             file = { .fd = -1, .path = path };
  gboolean         ok;

  file.cancellable = cancellable;
  file.checksum = g_checksum_new (G_CHECKSUM_SHA256);
  file.buffer = g_malloc (BUFFER_BYTES);
  file.fd = g_mkstemp_full (beside, O_RDWR | O_CLOEXEC, 0600);
  if (file.fd < 0) {
    set_io_error (&file, _ ("Writing"), error);
    file_clear (&file);
    return FALSE;
  }
  g_mutex_lock (&self->control);
  ok = is_paused_locked (self, error) && write_all (&file, self, error);
  g_mutex_unlock (&self->control);
  if (ok && rename (beside, path) != 0)
    ok = set_io_error (&file, _ ("Renaming to"), error);
  if (!ok)
    unlink (beside);
  file_clear (&file);
  return ok;
}

/* -- reading ------------------------------------------------------------- */

static gboolean
read_bytes (File *self, void *data, gsize size, GError **error)
{
  guint8 *bytes = data;

  if (size > self->left)
    return set_damaged (self, _ ("it ends too early"), error);
  self->left -= size;
  while (size > 0) {
    gssize n = read (self->fd, bytes, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return set_io_error (self, _ ("Reading"), error);
    if (n == 0)
      return set_damaged (self, _ ("it ends too early"), error);
    bytes += n;
    size -= (gsize) n;
  }
  return TRUE;
}

/* Reads all of it once; then stands at the beginning again. */
static gboolean
check_file (File *self, GError **error)
{
  guint8 wanted[CHECKSUM_BYTES], digest[CHECKSUM_BYTES];
  gsize  size = sizeof digest;
  off_t  end = lseek (self->fd, 0, SEEK_END);

  if (end < 0 || lseek (self->fd, 0, SEEK_SET) != 0)
    return set_io_error (self, _ ("Reading"), error);
  if (end < (off_t) (strlen (MAGIC) + 8 + CHECKSUM_BYTES))
    return set_damaged (self, _ ("it is too short"), error);

  self->left = (guint64) end - CHECKSUM_BYTES;
  while (self->left > 0) {
    gsize n = MIN (self->left, BUFFER_BYTES);

    if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
        !read_bytes (self, self->buffer, n, error))
      return FALSE;
    g_checksum_update (self->checksum, self->buffer, (gssize) n);
  }
  self->left = CHECKSUM_BYTES;
  if (!read_bytes (self, wanted, sizeof wanted, error))
    return FALSE;
  g_checksum_get_digest (self->checksum, digest, &size);
  if (memcmp (wanted, digest, sizeof digest) != 0)
    return set_damaged (self, _ ("its checksum is wrong; it is damaged"),
                        error);
  self->left = (guint64) end - CHECKSUM_BYTES;
  if (lseek (self->fd, 0, SEEK_SET) != 0)
    return set_io_error (self, _ ("Reading"), error);
  return TRUE;
}

static GVariant *
read_header (File *self, GError **error)
{
  char               magic[sizeof MAGIC] = { 0 };
  guint32            numbers[2];
  gsize              size;
  g_autofree guint8 *data = NULL;
  g_autoptr (GVariant) header = NULL;

  if (!read_bytes (self, magic, strlen (MAGIC), error) ||
      !read_bytes (self, numbers, sizeof numbers, error))
    return NULL;
  size = GUINT32_FROM_LE (numbers[1]);
  if (strcmp (magic, MAGIC) != 0) {
    set_damaged (self, _ ("it is a file of another kind"), error);
    return NULL;
  }
  if (GUINT32_FROM_LE (numbers[0]) != VERSION) {
    set_damaged (self, _ ("another version of MultiOS Lab wrote it"), error);
    return NULL;
  }
  if (size > MAX_HEADER_BYTES || size > self->left) {
    set_damaged (self, _ ("its header is too long"), error);
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
    set_damaged (self, _ ("its header cannot be read"), error);
    return NULL;
  }
  return g_steal_pointer (&header);
}

static gboolean
decompress (File *self, void *data, gsize size, GError **error)
{
  ZSTD_outBuffer output = { data, size, 0 };

  while (output.pos < output.size) {
    gsize result;

    if (self->input.pos == self->input.size && self->left > 0) {
      gsize n = MIN (self->left, BUFFER_BYTES);

      if (!read_bytes (self, self->buffer, n, error))
        return FALSE;
      self->input = (ZSTD_inBuffer){ self->buffer, n, 0 };
    }
    result = ZSTD_decompressStream (self->decompressor, &output, &self->input);
    if (ZSTD_isError (result) || (output.pos < output.size && self->left == 0 &&
                                  self->input.pos == self->input.size))
      return set_damaged (self, _ ("its memory cannot be unpacked"), error);
  }
  return TRUE;
}

static gboolean
read_memory (File *self, GPtrArray *rams, GError **error)
{
  self->decompressor = ZSTD_createDCtx ();
  for (;;) {
    Record  record;
    MosRam *ram;
    guint64 n_pages;

    if (g_cancellable_set_error_if_cancelled (self->cancellable, error) ||
        !decompress (self, &record, sizeof record, error))
      return FALSE;
    record.ram = GUINT32_FROM_LE (record.ram);
    record.n_pages = GUINT32_FROM_LE (record.n_pages);
    record.first_page = GUINT64_FROM_LE (record.first_page);
    if (record.ram == END_OF_RECORDS)
      return TRUE;
    if (record.ram >= rams->len)
      return set_damaged (self, _ ("it has more memory"), error);
    ram = g_ptr_array_index (rams, record.ram);
    n_pages = ram->size / MOS_PAGE_SIZE;
    if (record.n_pages == 0 || record.n_pages > PAGES_A_RECORD ||
        record.n_pages > n_pages ||
        record.first_page > n_pages - record.n_pages)
      return set_damaged (self, _ ("it has more memory"), error);
    if (!decompress (self, ram->hva + record.first_page * MOS_PAGE_SIZE,
                     (gsize) record.n_pages * MOS_PAGE_SIZE, error))
      return FALSE;
  }
}

/* What the board has put into it goes, too. */
static gboolean
empty_rams (File *self, GPtrArray *rams, GError **error)
{
  for (guint i = 0; i < rams->len; i++) {
    const MosRam *ram = g_ptr_array_index (rams, i);

    if (fallocate (ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                   (off_t) ram->size) != 0)
      return set_io_error (self, _ ("Emptying guest memory for"), error);
  }
  return TRUE;
}

/* -- loading ------------------------------------------------------------- */

static gboolean
check_rams (File *file, GVariant *header, GPtrArray *rams, GError **error)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (header, "rams", G_VARIANT_TYPE ("a(st)"));

  if (list == NULL || g_variant_n_children (list) != rams->len)
    return set_damaged (file, _ ("it is of a machine with other devices"),
                        error);
  for (guint i = 0; i < rams->len; i++) {
    const MosRam *ram = g_ptr_array_index (rams, i);
    const char   *name;
    guint64       size;

    g_variant_get_child (list, i, "(&st)", &name, &size);
    if (!g_str_equal (name, ram->name) || size != ram->size)
      return set_damaged (file,
                          _ ("it is of a machine with another amount of "
                             "memory"),
                          error);
  }
  return TRUE;
}

static gboolean
check_machine (File *file, MosMachine *self, GVariant *header, GError **error)
{
  const char *board = NULL;
  g_autoptr (GVariant) cpus =
      g_variant_lookup_value (header, "cpus", G_VARIANT_TYPE ("aa{sv}"));
  gint64 clock_ns = -1;

  g_variant_lookup (header, "board", "&s", &board);
  g_variant_lookup (header, "clock-ns", "x", &clock_ns);
  if (g_strcmp0 (board, self->board->klass->name) != 0)
    return set_damaged (file, _ ("it is of a machine with another board"),
                        error);
  if (cpus == NULL || g_variant_n_children (cpus) != self->n_vcpus)
    return set_damaged (file,
                        _ ("it is of a machine with another number of "
                           "processors"),
                        error);
  if (clock_ns < 0)
    return set_damaged (file, _ ("its clock is wrong"), error);
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
load_chips (File *file, MosMachine *self, GVariant *chips, GError **error)
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
read_all (File *file, MosMachine *self, GError **error)
{
  g_autoptr (GPtrArray) rams = get_rams (self);
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
    return set_damaged (file, _ ("it has no devices"), error);
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
  File     file = { .fd = -1, .path = path };
  gboolean ok = FALSE;

  file.cancellable = cancellable;
  file.checksum = g_checksum_new (G_CHECKSUM_SHA256);
  file.buffer = g_malloc (BUFFER_BYTES);
  file.fd = open (path, O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) {
    set_io_error (&file, _ ("Reading"), error);
  } else {
    g_mutex_lock (&self->control);
    ok = is_paused_locked (self, error) && read_all (&file, self, error);
    g_mutex_unlock (&self->control);
  }
  file_clear (&file);
  return ok;
}
