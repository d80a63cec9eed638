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
 * renamed when it is on the disk. machine-load.c reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "engine/base/error.h"
#include "engine/lifecycle/machine-file.h"

#define COMPRESSION_LEVEL 1
/* How often devices may go on with what an image has answered. */
#define DRAIN_ROUNDS 4

void
mos_state_file_clear (MosStateFile *self)
{
  g_clear_pointer (&self->checksum, g_checksum_free);
  ZSTD_freeCCtx (self->compressor);
  ZSTD_freeDCtx (self->decompressor);
  g_free (self->buffer);
  if (self->fd >= 0)
    close (self->fd);
}

gboolean
mos_state_file_io_error (MosStateFile *self, const char *doing, GError **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_IO, "%s %s: %s", doing, self->path,
               g_strerror (errno));
  return FALSE;
}

gboolean
mos_state_file_damaged (MosStateFile *self, const char *what, GError **error)
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

GPtrArray *
mos_machine_rams (MosMachine *self)
{
  GPtrArray *rams = g_ptr_array_new ();

  mos_memory_map_foreach_ram (self->bus->memory, collect_ram, rams);
  return rams;
}

/* -- writing ------------------------------------------------------------- */

static gboolean
write_raw (MosStateFile *self, const guint8 *bytes, gsize size, GError **error)
{
  while (size > 0) {
    gssize n = write (self->fd, bytes, size);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return mos_state_file_io_error (self, _ ("Writing"), error);
    bytes += n;
    size -= (gsize) n;
  }
  return TRUE;
}

static gboolean
write_bytes (MosStateFile *self, const void *data, gsize size, GError **error)
{
  g_checksum_update (self->checksum, data, (gssize) size);
  return write_raw (self, data, size, error);
}

static gboolean
compress (MosStateFile     *self,
          const void       *data,
          gsize             size,
          ZSTD_EndDirective how,
          GError          **error)
{
  ZSTD_inBuffer input = { data, size, 0 };
  gsize         left;

  do {
    ZSTD_outBuffer output = { self->buffer, MOS_STATE_BUFFER_BYTES, 0 };

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
write_record (MosStateFile *self,
              guint32       index,
              guint64       first,
              guint         n,
              MosRam       *ram,
              GError      **error)
{
  MosStateRecord record = { GUINT32_TO_LE (index), GUINT32_TO_LE (n),
                            GUINT64_TO_LE (first) };

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  return compress (self, &record, sizeof record, ZSTD_e_continue, error) &&
         compress (self, ram->hva + first * MOS_PAGE_SIZE,
                   (gsize) n * MOS_PAGE_SIZE, ZSTD_e_continue, error);
}

/* The pages from @page to before @end that hold anything. */
static gboolean
write_pages (MosStateFile *self,
             guint32       index,
             MosRam       *ram,
             guint64       page,
             guint64       end,
             GError      **error)
{
  while (page < end) {
    guint n = 0;

    while (n < MOS_STATE_PAGES_A_RECORD && page + n < end &&
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
write_ram (MosStateFile *self, guint32 index, MosRam *ram, GError **error)
{
  off_t at = 0;

  for (;;) {
    off_t begin = lseek (ram->fd, at, SEEK_DATA);
    off_t end;

    if (begin < 0 && errno == ENXIO)
      return TRUE;
    if (begin < 0)
      return mos_state_file_io_error (self, _ ("Reading guest memory for"),
                                      error);
    end = lseek (ram->fd, begin, SEEK_HOLE);
    if (end < 0)
      return mos_state_file_io_error (self, _ ("Reading guest memory for"),
                                      error);
    if (!write_pages (self, index, ram, (guint64) begin / MOS_PAGE_SIZE,
                      ((guint64) end + MOS_PAGE_SIZE - 1) / MOS_PAGE_SIZE,
                      error))
      return FALSE;
    at = end;
  }
}

static gboolean
write_memory (MosStateFile *self, GPtrArray *rams, GError **error)
{
  MosStateRecord end = { MOS_STATE_END_OF_RECORDS, 0, 0 };

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
write_header (MosStateFile *self, GVariant *header, GError **error)
{
  g_autoptr (GVariant) little = G_BYTE_ORDER == G_LITTLE_ENDIAN
                                    ? g_variant_ref (header)
                                    : g_variant_byteswap (header);
  gsize   size = g_variant_get_size (little);
  guint32 numbers[2] = { GUINT32_TO_LE (MOS_STATE_VERSION),
                         GUINT32_TO_LE ((guint32) size) };

  if (size > MOS_STATE_MAX_HEADER_BYTES) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_FAILED,
                 _ ("Writing %s: the devices' state is too large"), self->path);
    return FALSE;
  }
  return write_bytes (self, MOS_STATE_MAGIC, strlen (MOS_STATE_MAGIC), error) &&
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
write_all (MosStateFile *file, MosMachine *self, GError **error)
{
  g_autoptr (GPtrArray) rams = mos_machine_rams (self);
  g_autoptr (GVariant) header = NULL;
  guint8 digest[MOS_STATE_CHECKSUM_BYTES];
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
    return mos_state_file_io_error (file, _ ("Writing"), error);
  return TRUE;
}

/* With control held. */
gboolean
mos_machine_check_paused (MosMachine *self, GError **error)
{
  gboolean paused, off;

  g_mutex_lock (&self->lock);
  off = (self->hold & MOS_HOLD_OFF) != 0;
  paused = (self->hold & MOS_HOLD_PAUSE) != 0 &&
           self->n_parked == self->n_threads && !self->resetting;
  g_mutex_unlock (&self->lock);
  if (off)
    g_set_error (error, MOS_ERROR, MOS_ERROR_CANCELLED,
                 _ ("The machine was switched off meanwhile"));
  else if (!paused)
    g_set_error (error, MOS_ERROR, MOS_ERROR_WRONG_STATE,
                 _ ("The machine is not paused"));
  return paused && !off;
}

gboolean
mos_machine_save (MosMachine   *self,
                  const char   *path,
                  GCancellable *cancellable,
                  GError      **error)
{
  g_autofree char *beside = g_strconcat (path, ".XXXXXX", NULL);
  MosStateFile     file = { .fd = -1, .path = path };
  gboolean         ok;

  file.cancellable = cancellable;
  file.checksum = g_checksum_new (G_CHECKSUM_SHA256);
  file.buffer = g_malloc (MOS_STATE_BUFFER_BYTES);
  file.fd = g_mkstemp_full (beside, O_RDWR | O_CLOEXEC, 0600);
  if (file.fd < 0) {
    mos_state_file_io_error (&file, _ ("Writing"), error);
    mos_state_file_clear (&file);
    return FALSE;
  }
  g_mutex_lock (&self->control);
  ok = mos_machine_check_paused (self, error) && write_all (&file, self, error);
  g_mutex_unlock (&self->control);
  if (ok && rename (beside, path) != 0)
    ok = mos_state_file_io_error (&file, _ ("Renaming to"), error);
  if (!ok)
    unlink (beside);
  mos_state_file_clear (&file);
  return ok;
}
