/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * An 8-bit flash chip with Intel's command set.
 *
 * Follows the data sheet of Intel's 28F family, "Command Definitions" and
 * "Status Register", and JESD68, "Query Structure". In array mode the chip is
 * ROM whose writes reach the device; a command turns the window into registers
 * until array mode comes back. Programming and erasing take no time, so the
 * chip is always ready.
 *
 * Changed blocks are copied, one at a time, to the store by whoever ends a
 * command or answers a request; vCPUs never wait. Threads: the window on vCPU
 * threads, answers on the store's; the device's lock guards all but the copy
 * under way, which belongs to its request.
 */
#include "devices/storage/pflash.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ERASED         0xff
#define MANUFACTURER   0x89
#define DEVICE_CODE    0x18
#define MAX_BLOCKS     4096u /* 16 MiB */
#define PRIORITY_FLASH 1     /* over a ROM */

enum {
  READ_ARRAY = 0xff,
  READ_ID = 0x90,
  READ_QUERY = 0x98,
  READ_STATUS = 0x70,
  CLEAR_STATUS = 0x50,
  PROGRAM = 0x40,
  PROGRAM_OLD = 0x10,
  ERASE = 0x20,
  LOCK = 0x60,
  CONFIRM = 0xd0,
  SET_LOCK = 0x01
};

enum {
  STATUS_LOCKED = 0x02,
  STATUS_PROGRAM_ERROR = 0x10,
  STATUS_ERASE_ERROR = 0x20,
  STATUS_READY = 0x80
};

struct MosPflash {
  MosDevice       device;
  MosIoWindow     window;
  MosMemoryRegion region;
  MosRam         *ram;
  gboolean        own_ram;
  gboolean        locked;
  MosBlockStore  *store;
  guint           n_blocks;

  guint8  mode;    /* what reads show: a READ_… command */
  guint8  command; /* that waits for its second cycle, or 0 */
  guint8  status;
  guint64 programmed;    /* bytes, for people */
  guint64 erased;        /* blocks */
  guint64 changed_first; /* what changed since array mode, in bytes */
  guint64 changed_end;

  /* Blocks that differ from the store. */
  guint8          dirty[MAX_BLOCKS];
  guint           n_dirty;
  guint           next; /* where to look first */
  gboolean        busy; /* a request is under way */
  gboolean        unflushed;
  gboolean        closing;
  guint8          copy[MOS_PFLASH_BLOCK];
  struct iovec    iov;
  MosBlockRequest request;
};

/* The store ---------------------------------------------------------------- */

static void done_cb (MosBlockRequest *request, int result);

/* Fills in the next request; FALSE if there is nothing to do. Lock held. */
static gboolean
next_request (MosPflash *self)
{
  MosBlockRequest *request = &self->request;

  if (self->busy || self->closing || (self->n_dirty == 0 && !self->unflushed))
    return FALSE;
  *request = (MosBlockRequest){ .op = MOS_BLOCK_FLUSH,
                                .done = done_cb,
                                .user_data = self };
  self->busy = TRUE;
  if (self->n_dirty == 0) {
    self->unflushed = FALSE;
    return TRUE;
  }
  while (!self->dirty[self->next])
    self->next = (self->next + 1) % self->n_blocks;
  self->dirty[self->next] = FALSE;
  self->n_dirty--;
  self->unflushed = TRUE;
  request->op = MOS_BLOCK_WRITE;
  request->offset = (guint64) self->next * MOS_PFLASH_BLOCK;
  request->size = MOS_PFLASH_BLOCK;
  request->iov = &self->iov;
  request->n_iov = 1;
  memcpy (self->copy, self->ram->hva + request->offset, MOS_PFLASH_BLOCK);
  self->iov = (struct iovec){ self->copy, MOS_PFLASH_BLOCK };
  return TRUE;
}

/* No lock held. */
static void
write_back (MosPflash *self)
{
  gboolean wanted;

  if (self->store == NULL)
    return;
  g_mutex_lock (&self->device.lock);
  wanted = next_request (self);
  g_mutex_unlock (&self->device.lock);
  if (wanted)
    mos_block_store_submit (self->store, &self->request);
}

static void
done_cb (MosBlockRequest *request, int result)
{
  MosPflash *self = request->user_data;

  if (result < 0 && self->device.bus->log != NULL)
    mos_log_once (self->device.bus->log, "pflash", MOS_LOG_ERROR,
                  _ ("The firmware's variables cannot be kept in “%s”: %s"),
                  self->store->path, g_strerror (-result));
  g_mutex_lock (&self->device.lock);
  self->busy = FALSE;
  g_mutex_unlock (&self->device.lock);
  write_back (self);
}

static void
mark (MosPflash *self, guint block)
{
  if (self->store == NULL || self->dirty[block])
    return;
  self->dirty[block] = TRUE;
  self->n_dirty++;
}

void
mos_pflash_drain (MosPflash *self)
{
  gboolean more = self->store != NULL;

  while (more) {
    write_back (self);
    mos_block_store_drain (self->store);
    g_mutex_lock (&self->device.lock);
    more = self->busy || self->n_dirty > 0 || self->unflushed;
    g_mutex_unlock (&self->device.lock);
  }
}

/* The chip ----------------------------------------------------------------- */

static void
note_change (MosPflash *self, guint64 offset, guint64 size)
{
  mark (self, offset / MOS_PFLASH_BLOCK);
  if (self->changed_end == 0)
    self->changed_first = offset;
  self->changed_first = MIN (self->changed_first, offset);
  self->changed_end = MAX (self->changed_end, offset + size);
}

/* Programming only clears bits. */
static void
program (MosPflash *self, guint64 offset, guint8 value)
{
  guint8 *byte = self->ram->hva + offset;

  if (self->locked) {
    self->status |= STATUS_PROGRAM_ERROR | STATUS_LOCKED;
    return;
  }
  *byte &= value;
  self->programmed++;
  note_change (self, offset, 1);
}

static void
erase (MosPflash *self, guint64 offset)
{
  if (self->locked) {
    self->status |= STATUS_ERASE_ERROR | STATUS_LOCKED;
    return;
  }
  offset -= offset % MOS_PFLASH_BLOCK;
  memset (self->ram->hva + offset, ERASED, MOS_PFLASH_BLOCK);
  self->erased++;
  note_change (self, offset, MOS_PFLASH_BLOCK);
}

/* ROM in array mode, registers otherwise. What translated code stems from is
 * told once the guest can run it again. */
static void
show (MosPflash *self)
{
  MosMemoryMap *map = self->device.bus->memory;
  gboolean      array = self->mode == READ_ARRAY && self->command == 0;

  mos_memory_map_update (map, &self->region, self->region.gpa,
                         array ? MOS_MEMORY_ROM : MOS_MEMORY_IO, TRUE);
  if (!array || self->changed_end == 0)
    return;
  mos_memory_map_note_write (map, self->region.gpa + self->changed_first,
                             self->changed_end - self->changed_first);
  self->changed_end = 0;
}

static void
second_cycle (MosPflash *self, guint64 offset, guint8 value)
{
  guint8 command = self->command;

  self->command = 0;
  self->mode = READ_STATUS;
  self->status |= STATUS_READY;
  if (command == PROGRAM)
    program (self, offset, value);
  else if (command == ERASE && value == CONFIRM)
    erase (self, offset);
  else if (command == ERASE)
    self->status |= STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
  else if (value == READ_ARRAY)
    self->mode = READ_ARRAY;
  else if (value != SET_LOCK && value != CONFIRM)
    self->status |= STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
}

static void
first_cycle (MosPflash *self, guint8 value)
{
  switch (value) {
  case PROGRAM:
  case PROGRAM_OLD:
    self->command = PROGRAM;
    self->mode = READ_STATUS;
    break;
  case ERASE:
  case LOCK:
    self->command = value;
    self->mode = READ_STATUS;
    break;
  case CLEAR_STATUS:
    /* A real chip stays ready. OVMF takes only one that is not for a flash
     * chip, since that is how virtual machines have made them. */
    self->status = 0;
    self->mode = READ_ARRAY;
    break;
  case READ_STATUS:
  case READ_ID:
  case READ_QUERY:
    self->mode = value;
    break;
  case READ_ARRAY:
  default:
    self->mode = READ_ARRAY;
    break;
  }
}

static guint8
read_id (const MosPflash *self, guint64 offset)
{
  switch (offset % MOS_PFLASH_BLOCK) {
  case 0:
    return MANUFACTURER;
  case 1:
    return DEVICE_CODE;
  case 2:
    return self->locked;
  default:
    return 0;
  }
}

/* JESD68, "CFI Query Identification String", "System Interface" and "Device
 * Geometry". */
static guint8
read_query (const MosPflash *self, guint64 offset)
{
  static const guint8 head[] = {
    'Q',  'R',  'Y', 0x01, 0x00, /* Intel's command set */
    0x31, 0x00,                  /* where the extended table is */
    0,    0,    0,   0,          /* no other command set */
    0x45, 0x55, 0,   0,          /* 4.5 to 5.5 V */
    4,    0,    8,   0,          /* times: 2^n µs, 2^n ms */
    1,    0,    1,   0,
  };
  guint last = self->n_blocks - 1;

  if (offset >= 0x10 && offset < 0x10 + sizeof (head))
    return head[offset - 0x10];
  switch (offset) {
  case 0x27:
    return g_bit_storage (self->ram->size - 1);
  case 0x2c:
    return 1; /* one kind of blocks */
  case 0x2d:
    return last & 0xff;
  case 0x2e:
    return last >> 8;
  case 0x2f:
    return (MOS_PFLASH_BLOCK / 256) & 0xff;
  case 0x30:
    return (MOS_PFLASH_BLOCK / 256) >> 8;
  case 0x31:
    return 'P';
  case 0x32:
    return 'R';
  case 0x33:
    return 'I';
  case 0x34:
    return '1';
  case 0x35:
    return '0';
  default:
    return 0;
  }
}

static guint64
flash_read (gpointer opaque, guint64 offset, guint size)
{
  MosPflash *self = opaque;

  switch (self->mode) {
  case READ_ARRAY:
    return self->ram->hva[offset];
  case READ_ID:
    return read_id (self, offset);
  case READ_QUERY:
    return read_query (self, offset);
  default:
    return self->status;
  }
}

/* No lock held: the store may answer at once. */
static void
flash_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosPflash *self = opaque;
  gboolean   ended;

  g_mutex_lock (&self->device.lock);
  if (self->command != 0)
    second_cycle (self, offset, value & 0xff);
  else
    first_cycle (self, value & 0xff);
  show (self);
  ended = self->mode == READ_ARRAY && self->n_dirty > 0;
  g_mutex_unlock (&self->device.lock);
  if (ended)
    write_back (self);
}

static guint64
locked_read (gpointer opaque, guint64 offset, guint size)
{
  MosPflash *self = opaque;
  guint64    value;

  g_mutex_lock (&self->device.lock);
  value = flash_read (self, offset, size);
  g_mutex_unlock (&self->device.lock);
  return value;
}

/* The chip is a byte wide; the bus makes single cycles of wider accesses. */
static const MosIoOps ops = { .read = locked_read,
                              .write = flash_write,
                              .max_size = 1 };

static const MosField status_fields[] = {
  { "LOCKED", 1, 1, "The block is locked." },
  { "PROGRAM", 4, 1, "Programming failed." },
  { "ERASE", 5, 1, "Erasing failed." },
  { "READY", 7, 1, "The chip is ready." },
  { NULL },
};

/* What inspectors show; the guest reaches the chip by commands. */
static const MosRegister rows[] = {
  { "MODE", 0, 1, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosPflash, mode),
    READ_ARRAY, 0, NULL, "What reads show, by command" },
  { "COMMAND", 1, 1, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosPflash, command), 0,
    0, NULL, "The command that waits for its second cycle" },
  { "STATUS", 2, 1, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosPflash, status),
    STATUS_READY, 0, status_fields, "How the last command ended" },
  { "PROGRAMMED", 8, 8, MOS_REGISTER_RO,
    G_STRUCT_OFFSET (MosPflash, programmed), 0, 0, NULL, "Bytes programmed" },
  { "ERASED", 16, 8, MOS_REGISTER_RO, G_STRUCT_OFFSET (MosPflash, erased), 0, 0,
    NULL, "Blocks erased" },
};

/* Device ------------------------------------------------------------------- */

static void
pflash_init (MosDevice *device)
{
  mos_device_add_bank (device, "chip", rows, G_N_ELEMENTS (rows), 24);
}

static void
pflash_reset (MosDevice *device)
{
  MosPflash *self = (MosPflash *) device;

  self->mode = READ_ARRAY;
  self->command = 0;
  self->status = STATUS_READY;
  show (self);
}

/* The store belongs to another time: what differs is written again. */
static gboolean
pflash_loaded (MosDevice *device, GError **error)
{
  MosPflash *self = (MosPflash *) device;

  for (guint block = 0; block < self->n_blocks && !self->locked; block++)
    mark (self, block);
  show (self);
  return TRUE;
}

static void
pflash_clear (MosDevice *device)
{
  MosPflash *self = (MosPflash *) device;

  mos_pflash_drain (self);
  g_clear_pointer (&self->store, mos_block_store_unref);
  if (self->own_ram)
    g_clear_pointer (&self->ram, mos_ram_free);
}

static const MosStateField state[] = {
  MOS_STATE (MosPflash, mode, MOS_STATE_U8),
  MOS_STATE (MosPflash, command, MOS_STATE_U8),
  MOS_STATE (MosPflash, status, MOS_STATE_U8),
  { NULL },
};

const MosDeviceClass mos_pflash_class = {
  .name = "pflash",
  .title = "Flash chip",
  .help = "An 8-bit flash chip with Intel's command set",
  .instance_size = sizeof (MosPflash),
  .state_version = 1,
  .state = state,
  .init = pflash_init,
  .reset = pflash_reset,
  .loaded = pflash_loaded,
  .clear = pflash_clear,
};

MosPflash *
mos_pflash_new (MosBus        *bus,
                const char    *name,
                guint64        gpa,
                MosRam        *ram,
                gboolean       own_ram,
                MosBlockStore *store,
                gboolean       locked)
{
  MosPflash *self;

  g_return_val_if_fail (ram->size / MOS_PFLASH_BLOCK <= MAX_BLOCKS, NULL);

  self = mos_device_new (&mos_pflash_class, bus, name);
  self->ram = ram;
  self->own_ram = own_ram;
  self->locked = locked;
  self->n_blocks = ram->size / MOS_PFLASH_BLOCK;
  self->store = store != NULL ? mos_block_store_ref (store) : NULL;
  mos_device_window_init (&self->device, &self->window, self->device.name, &ops,
                          self, gpa, ram->size);
  self->window.lock = NULL; /* taken inside; see flash_write() */
  self->region = (MosMemoryRegion){
    .name = self->device.name,
    .gpa = gpa,
    .size = ram->size,
    .priority = PRIORITY_FLASH,
    .enabled = TRUE,
    .kind = MOS_MEMORY_ROM,
    .ram = ram,
    .io = &self->window,
  };
  self->mode = READ_ARRAY;
  self->status = STATUS_READY;
  mos_memory_map_add (bus->memory, &self->region);
  return self;
}
