/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The firmware configuration device: selector, data and DMA ports.
 *
 * Items are made by the board; some are made anew when the guest selects them.
 * The guest can only read and skip; DMA writes report an error. A DMA of more
 * than FILL_MAX_BYTES past an item's end is refused too, which bounds the work
 * one port write causes. DMA reaches RAM only, never another device's
 * registers, so no lock is taken inside this one's. vCPU threads.
 */
#include "devices/chipset/fw-cfg.h"

#include <string.h>

#define PORT_SELECTOR  0x510
#define PORT_DMA       0x514
#define FILL_MAX_BYTES 65536u
#define ID_PLAIN       1u
#define ID_DMA         2u
#define DMA_SIGNATURE  G_GUINT64_CONSTANT (0x51454d5520434647) /* "QEMU CFG" */
#define FILE_ROW_BYTES 64u
#define WRITE_CHANNEL  0x4000u

enum {
  DMA_ERROR = 1,
  DMA_READ = 2,
  DMA_SKIP = 4,
  DMA_SELECT = 8,
  DMA_WRITE = 16
};

typedef struct {
  guint16 key;
  GBytes *bytes;
  char    name[MOS_FW_CFG_NAME_MAX + 1]; /* "" for an item that is no file */
} Item;

struct MosFwCfg {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosRegisterWindow dma;
  MosIoWindow       dma_window;
  GArray           *items; /* of Item */
  guint             n_files;

  const char *const  *prepared; /* prefixes of names */
  MosFwCfgPrepareFunc prepare;
  gpointer            prepare_data;

  guint16 selected;
  guint32 position;
  guint32 dma_high;
};

/* Items -------------------------------------------------------------------- */

static void
clear_item (gpointer data)
{
  g_clear_pointer (&((Item *) data)->bytes, g_bytes_unref);
}

static Item *
find_item (MosFwCfg *self, guint key)
{
  for (guint i = 0; i < self->items->len; i++) {
    Item *item = &g_array_index (self->items, Item, i);

    if (item->key == (key & ~WRITE_CHANNEL))
      return item;
  }
  return NULL;
}

static Item *
set_item (MosFwCfg *self, guint key, gconstpointer data, gsize size)
{
  Item *item = find_item (self, key);

  if (item == NULL) {
    Item fresh = { .key = key };

    g_array_append_val (self->items, fresh);
    item = &g_array_index (self->items, Item, self->items->len - 1);
  }
  g_clear_pointer (&item->bytes, g_bytes_unref);
  item->bytes = g_bytes_new (data, size);
  return item;
}

void
mos_fw_cfg_add_bytes (MosFwCfg     *self,
                      MosFwCfgKey   key,
                      gconstpointer data,
                      gsize         size)
{
  set_item (self, key, data, size);
}

void
mos_fw_cfg_add_u16 (MosFwCfg *self, MosFwCfgKey key, guint16 value)
{
  value = GUINT16_TO_LE (value);
  set_item (self, key, &value, sizeof (value));
}

void
mos_fw_cfg_add_u32 (MosFwCfg *self, MosFwCfgKey key, guint32 value)
{
  value = GUINT32_TO_LE (value);
  set_item (self, key, &value, sizeof (value));
}

void
mos_fw_cfg_add_u64 (MosFwCfg *self, MosFwCfgKey key, guint64 value)
{
  value = GUINT64_TO_LE (value);
  set_item (self, key, &value, sizeof (value));
}

/* The directory: a count, then rows of size, key, reserved, name; all numbers
 * big endian. */
static void
rebuild_directory (MosFwCfg *self)
{
  g_autoptr (GByteArray) directory = g_byte_array_new ();
  guint32 count = GUINT32_TO_BE (self->n_files);

  g_byte_array_append (directory, (guint8 *) &count, sizeof (count));
  for (guint i = 0; i < self->items->len; i++) {
    const Item *item = &g_array_index (self->items, Item, i);
    guint8      row[FILE_ROW_BYTES] = { 0 };
    guint32     size = GUINT32_TO_BE (g_bytes_get_size (item->bytes));
    guint16     key = GUINT16_TO_BE (item->key);

    if (item->name[0] == '\0')
      continue;
    memcpy (row, &size, sizeof (size));
    memcpy (row + 4, &key, sizeof (key));
    memcpy (row + 8, item->name, sizeof (item->name));
    g_byte_array_append (directory, row, sizeof (row));
  }
  set_item (self, MOS_FW_CFG_FILE_DIR, directory->data, directory->len);
}

void
mos_fw_cfg_add_file (MosFwCfg     *self,
                     const char   *name,
                     gconstpointer data,
                     gsize         size)
{
  Item *item;

  g_return_if_fail (strlen (name) <= MOS_FW_CFG_NAME_MAX);
  g_return_if_fail (self->n_files < MOS_FW_CFG_MAX_FILES);

  item = set_item (self, MOS_FW_CFG_FILE_FIRST + self->n_files, data, size);
  g_strlcpy (item->name, name, sizeof (item->name));
  self->n_files++;
  rebuild_directory (self);
}

void
mos_fw_cfg_set_prepare (MosFwCfg           *self,
                        const char *const  *prefixes,
                        MosFwCfgPrepareFunc func,
                        gpointer            user_data)
{
  self->prepared = prefixes;
  self->prepare = func;
  self->prepare_data = user_data;
}

void
mos_fw_cfg_replace_file (MosFwCfg     *self,
                         const char   *name,
                         gconstpointer data,
                         gsize         size)
{
  for (guint i = 0; i < self->items->len; i++) {
    Item *item = &g_array_index (self->items, Item, i);

    if (strcmp (item->name, name) != 0)
      continue;
    g_return_if_fail (g_bytes_get_size (item->bytes) == size);
    g_bytes_unref (item->bytes);
    item->bytes = g_bytes_new (data, size);
  }
}

/* Reading ------------------------------------------------------------------ */

static void
select_item (MosFwCfg *self, guint16 key)
{
  const Item *item = find_item (self, key);

  self->selected = key;
  self->position = 0;
  for (guint i = 0;
       item != NULL && self->prepare != NULL && self->prepared[i] != NULL; i++)
    if (g_str_has_prefix (item->name, self->prepared[i])) {
      self->prepare (self->prepare_data);
      return;
    }
}

static const guint8 *
rest_of_item (MosFwCfg *self, gsize *size)
{
  Item         *item = find_item (self, self->selected);
  gsize         total = 0;
  const guint8 *data =
      item == NULL ? NULL : g_bytes_get_data (item->bytes, &total);

  *size = total > self->position ? total - self->position : 0;
  return *size > 0 ? data + self->position : NULL;
}

static guint64
data_read (MosDevice *device, const MosRegister *row)
{
  MosFwCfg     *self = (MosFwCfg *) device;
  gsize         size;
  const guint8 *data = rest_of_item (self, &size);

  if (size == 0)
    return 0;
  self->position++;
  return data[0];
}

static void
selector_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  select_item ((MosFwCfg *) device, value);
}

/* DMA ---------------------------------------------------------------------- */

/* Copies to or from RAM only; FALSE if it is not all RAM. */
static gboolean
copy_ram (MosFwCfg *self, guint64 gpa, guint8 *data, guint64 size, gboolean to)
{
  MosMemoryMap *map = self->device.bus->memory;

  while (size > 0) {
    guint64 n = size;
    guint8 *hva = mos_memory_map_pointer (map, gpa, &n, to);

    if (hva == NULL || n == 0)
      return FALSE;
    n = MIN (n, size);
    if (to) {
      memcpy (hva, data, n);
      mos_memory_map_note_write (map, gpa, n);
    } else {
      memcpy (data, hva, n);
    }
    gpa += n;
    data += n;
    size -= n;
  }
  return TRUE;
}

static gboolean
read_item (MosFwCfg *self, guint64 gpa, guint32 length)
{
  static const guint8 zeroes[4096];
  gsize               size;
  const guint8       *data = rest_of_item (self, &size);

  size = MIN (size, length);
  if (length - size > FILL_MAX_BYTES ||
      !copy_ram (self, gpa, (guint8 *) data, size, TRUE))
    return FALSE;
  self->position += size;
  for (guint32 done = size; done < length;) {
    guint32 n = MIN (length - done, sizeof (zeroes));

    if (!copy_ram (self, gpa + done, (guint8 *) zeroes, n, TRUE))
      return FALSE;
    done += n;
  }
  return TRUE;
}

static void
skip (MosFwCfg *self, guint32 length)
{
  gsize size;

  rest_of_item (self, &size);
  self->position += MIN (size, length);
}

static void
do_dma (MosFwCfg *self, guint64 request_gpa)
{
  struct {
    guint32 control;
    guint32 length;
    guint64 gpa;
  } request;
  guint32  control;
  guint32  length;
  gboolean ok = TRUE;

  if (!copy_ram (self, request_gpa, (guint8 *) &request, sizeof (request),
                 FALSE))
    return;
  control = GUINT32_FROM_BE (request.control);
  length = GUINT32_FROM_BE (request.length);
  if (control & DMA_SELECT)
    select_item (self, control >> 16);
  if (control & DMA_READ)
    ok = read_item (self, GUINT64_FROM_BE (request.gpa), length);
  else if (control & DMA_WRITE)
    ok = FALSE;
  else if (control & DMA_SKIP)
    skip (self, length);
  control = GUINT32_TO_BE (ok ? 0 : DMA_ERROR);
  copy_ram (self, request_gpa, (guint8 *) &control, sizeof (control), TRUE);
}

static guint64
dma_read (MosDevice *device, const MosRegister *row)
{
  return GUINT32_SWAP_LE_BE (row->offset == 0 ? DMA_SIGNATURE >> 32
                                              : DMA_SIGNATURE & G_MAXUINT32);
}

/* The address comes big endian, the lower half last and starting the work. */
static void
dma_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosFwCfg *self = (MosFwCfg *) device;
  guint32   half = GUINT32_SWAP_LE_BE ((guint32) value);
  guint64   gpa;

  if (row->offset == 0) {
    self->dma_high = half;
    return;
  }
  gpa = (guint64) self->dma_high << 32 | half;
  self->dma_high = 0;
  do_dma (self, gpa);
}

static const MosRegister rows[] = {
  { "SELECTOR", 0, 2, MOS_REGISTER_WO, G_STRUCT_OFFSET (MosFwCfg, selected), 0,
    0, NULL, "Which item is read", NULL, selector_write },
};

static const MosRegister data_rows[] = {
  { "DATA", 0, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, NULL,
    "The item's next byte", data_read },
};

static const MosRegister dma_rows[] = {
  { "DMAHIGH", 0, 4, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    "Upper half of the request's address", dma_read, dma_write },
  { "DMALOW", 4, 4, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0, NULL,
    "Lower half of it; starts the transfer", dma_read, dma_write },
};

/* The data port is the selector's upper byte: a word written to 0x510 selects
 * and a byte read from 0x511 reads. */
static guint64
io_read (gpointer opaque, guint64 offset, guint size)
{
  MosFwCfg *self = opaque;

  if (offset != 1)
    return 0;
  return mos_register_bank_read (&self->device.banks[1], &self->device, 0, 1,
                                 0);
}

static void
io_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosFwCfg *self = opaque;

  if (offset == 0 && size == 2)
    mos_register_bank_write (&self->device.banks[0], &self->device, 0, value,
                             2);
}

static const MosIoOps io_ops = { .read = io_read,
                                 .write = io_write,
                                 .max_size = 2 };

/* Device ------------------------------------------------------------------- */

static void
fw_cfg_init (MosDevice *device)
{
  MosFwCfg *self = (MosFwCfg *) device;

  self->items = g_array_new (FALSE, TRUE, sizeof (Item));
  g_array_set_clear_func (self->items, clear_item);
  mos_device_add_bank (device, "selector", rows, G_N_ELEMENTS (rows), 2);
  mos_device_add_bank (device, "data", data_rows, G_N_ELEMENTS (data_rows), 1);
  self->dma.device = device;
  self->dma.bank =
      mos_device_add_bank (device, "dma", dma_rows, G_N_ELEMENTS (dma_rows), 8);
  mos_device_window_init (device, &self->window, "fw-cfg", &io_ops, self,
                          PORT_SELECTOR, 2);
  mos_device_window_init (device, &self->dma_window, "fw-cfg-dma",
                          &mos_register_window_ops, &self->dma, PORT_DMA, 8);
  mos_bus_map_ports (device->bus, &self->window);
  mos_bus_map_ports (device->bus, &self->dma_window);
}

static void
fw_cfg_reset (MosDevice *device)
{
  MosFwCfg *self = (MosFwCfg *) device;

  self->selected = 0;
  self->position = 0;
  self->dma_high = 0;
}

static void
fw_cfg_clear (MosDevice *device)
{
  g_clear_pointer (&((MosFwCfg *) device)->items, g_array_unref);
}

static const MosStateField state[] = {
  MOS_STATE (MosFwCfg, selected, MOS_STATE_U16),
  MOS_STATE (MosFwCfg, position, MOS_STATE_U32),
  MOS_STATE (MosFwCfg, dma_high, MOS_STATE_U32),
  { NULL },
};

const MosDeviceClass mos_fw_cfg_class = {
  .name = "fw-cfg",
  .title = "Firmware configuration",
  .help = "The fw_cfg interface that SeaBIOS and OVMF know",
  .instance_size = sizeof (MosFwCfg),
  .state_version = 1,
  .state = state,
  .init = fw_cfg_init,
  .reset = fw_cfg_reset,
  .clear = fw_cfg_clear,
};

MosFwCfg *
mos_fw_cfg_new (MosBus *bus)
{
  MosFwCfg *self = mos_device_new (&mos_fw_cfg_class, bus, "fw-cfg");

  mos_fw_cfg_add_bytes (self, MOS_FW_CFG_SIGNATURE, "QEMU", 4);
  mos_fw_cfg_add_u32 (self, MOS_FW_CFG_ID, ID_PLAIN | ID_DMA);
  rebuild_directory (self);
  return self;
}
