/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Intel 8237A DMA controllers with page registers, as the PC/AT wires them.
 *
 * After the 8237A data sheet ("Register Description", "Software Commands") and
 * the 82371SB's "DMA Register Description". The register table covers both
 * controllers and the pages in one numbering: 0x00 to 0x0f the first, 0x20 to
 * 0x3e in steps of two the second, 0x40 to 0x4f the pages.
 *
 * The windows take no lock; this file does, so that a device can be told that
 * its channel is open after the lock is released. Lock order: device, then
 * this. Any thread.
 */
#include "devices/storage/dma8237.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/busmaster.h"

#define N_CONTROLLERS 2
#define SECOND        0x20 /* where the table has the second controller */
#define PAGES         0x40

enum {
  MODE_TYPE_VERIFY = 0,
  MODE_TYPE_WRITE = 1, /* to memory */
  MODE_TYPE_READ = 2,
  MODE_AUTO_INIT = 1u << 4,
  MODE_DECREMENT = 1u << 5,
  COMMAND_DISABLE = 1u << 2
};

typedef struct {
  guint16 base_address;
  guint16 base_count;
  guint16 address;
  guint16 count;
} Channel;

typedef struct {
  GFunc    ready;
  gpointer user_data;
} Listener;

struct MosDma8237 {
  MosDevice device;
  Channel   channels[MOS_DMA_N_CHANNELS];
  guint8    mode[MOS_DMA_N_CHANNELS];
  guint8    page[16];
  guint8    command[N_CONTROLLERS];
  guint8    mask[N_CONTROLLERS];     /* bit n: channel n is closed */
  guint8    terminal[N_CONTROLLERS]; /* bit n: its count ran out */
  guint8    request[N_CONTROLLERS];
  guint8    high_byte[N_CONTROLLERS]; /* the flip-flop */

  Listener         listeners[MOS_DMA_N_CHANNELS];
  MosRegisterBank *bank;
  MosIoWindow      windows[3];
};

/* Which of the page registers belongs to which channel. */
static const guint8 page_of[MOS_DMA_N_CHANNELS] = { 0x7, 0x3, 0x1, 0x2,
                                                    0xf, 0xb, 0x9, 0xa };

static guint
controller_of (const MosRegister *row)
{
  return row->offset >= SECOND ? 1 : 0;
}

/* The register's number within its controller, 0 to 15. */
static guint
number_of (const MosRegister *row)
{
  return row->offset >= SECOND ? (row->offset - SECOND) / 2u : row->offset;
}

/* -- registers ----------------------------------------------------------- */

/* Sixteen bits go through eight: the flip-flop says which half. */
static guint
next_half (MosDma8237 *self, guint controller)
{
  guint shift = self->high_byte[controller] ? 8 : 0;

  self->high_byte[controller] ^= 1;
  return shift;
}

static Channel *
channel_of (MosDma8237 *self, const MosRegister *row)
{
  return &self->channels[controller_of (row) * 4 + number_of (row) / 2];
}

static guint64
read_address_or_count (MosDevice *device, const MosRegister *row)
{
  MosDma8237 *self = (MosDma8237 *) device;
  Channel    *channel = channel_of (self, row);
  guint16     value = number_of (row) & 1 ? channel->count : channel->address;

  return (value >> next_half (self, controller_of (row))) & 0xff;
}

static void
write_address_or_count (MosDevice         *device,
                        const MosRegister *row,
                        guint64            value)
{
  MosDma8237 *self = (MosDma8237 *) device;
  Channel    *channel = channel_of (self, row);
  guint       shift = next_half (self, controller_of (row));
  gboolean    is_count = number_of (row) & 1;
  guint16    *base = is_count ? &channel->base_count : &channel->base_address;

  *base = (guint16) ((*base & ~(0xffu << shift)) | (value << shift));
  if (is_count)
    channel->count = *base;
  else
    channel->address = *base;
}

static guint64
read_status (MosDevice *device, const MosRegister *row)
{
  MosDma8237 *self = (MosDma8237 *) device;
  guint       controller = controller_of (row);
  guint8      value =
      (guint8) (self->terminal[controller] | self->request[controller] << 4);

  self->terminal[controller] = 0;
  return value;
}

static void
write_command (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->command[controller_of (row)] = (guint8) value;
}

static void
set_bit (guint8 *bits, guint64 value)
{
  guint8 bit = (guint8) (1u << (value & 3));

  *bits = (guint8) (value & 4 ? *bits | bit : *bits & ~bit);
}

static void
write_request (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  set_bit (&self->request[controller_of (row)], value);
}

static void
write_single_mask (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  set_bit (&self->mask[controller_of (row)], value);
}

static void
write_mode (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->mode[controller_of (row) * 4 + (value & 3)] = (guint8) value;
}

static void
clear_flip_flop (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->high_byte[controller_of (row)] = 0;
}

static void
reset_controller (MosDma8237 *self, guint controller)
{
  self->command[controller] = 0;
  self->terminal[controller] = 0;
  self->request[controller] = 0;
  self->high_byte[controller] = 0;
  self->mask[controller] = 0xf;
}

static void
master_clear (MosDevice *device, const MosRegister *row, guint64 value)
{
  reset_controller ((MosDma8237 *) device, controller_of (row));
}

static guint64
read_zero (MosDevice *device, const MosRegister *row)
{
  return 0;
}

static void
clear_masks (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->mask[controller_of (row)] = 0;
}

static guint64
read_masks (MosDevice *device, const MosRegister *row)
{
  MosDma8237 *self = (MosDma8237 *) device;

  return self->mask[controller_of (row)] | 0xf0u;
}

static void
write_masks (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->mask[controller_of (row)] = value & 0xf;
}

static const MosField status_fields[] = {
  { "TC", 0, 4, N_ ("channels whose count has run out") },
  { "DREQ", 4, 4, N_ ("channels that are requested") },
  { 0 },
};

static const MosField mode_fields[] = {
  { "CH", 0, 2, N_ ("which channel the rest is for") },
  { "TYPE", 2, 2, N_ ("0 verify, 1 to memory, 2 from memory") },
  { "AUTO", 4, 1, N_ ("starts again when the count has run out") },
  { "DOWN", 5, 1, N_ ("addresses count down") },
  { "MODE", 6, 2, N_ ("0 demand, 1 single, 2 block, 3 cascade") },
  { 0 },
};

static const MosField bit_fields[] = {
  { "CH", 0, 2, N_ ("which channel") },
  { "SET", 2, 1, N_ ("sets its bit, or clears it") },
  { 0 },
};

#define ROW(name, offset, fields, help, read, write)                         \
  {                                                                          \
    name, offset, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, \
        fields, help, read, write                                            \
  }

/* clang-format off */
static const MosRegister registers[] = {
  ROW ("ADDR0", 0x00, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT0", 0x01, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR1", 0x02, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT1", 0x03, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR2", 0x04, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT2", 0x05, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR3", 0x06, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT3", 0x07, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("STATUS1/COMMAND1", 0x08, status_fields, N_ ("what happened / how it works"), read_status, write_command),
  ROW ("REQUEST1", 0x09, bit_fields, N_ ("a channel's request by software"), read_zero, write_request),
  ROW ("MASK1", 0x0a, bit_fields, N_ ("closes one channel"), read_zero, write_single_mask),
  ROW ("MODE1", 0x0b, mode_fields, N_ ("how a channel moves data"), read_zero, write_mode),
  ROW ("FLIPFLOP1", 0x0c, NULL, N_ ("the next half is the low one"), read_zero, clear_flip_flop),
  ROW ("CLEAR1", 0x0d, NULL, N_ ("resets the controller"), read_zero, master_clear),
  ROW ("OPEN1", 0x0e, NULL, N_ ("opens all channels"), read_zero, clear_masks),
  ROW ("MASKS1", 0x0f, NULL, N_ ("which channels are closed"), read_masks, write_masks),
  ROW ("ADDR4", 0x20, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT4", 0x22, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR5", 0x24, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT5", 0x26, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR6", 0x28, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT6", 0x2a, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("ADDR7", 0x2c, NULL, N_ ("address, low byte first"), read_address_or_count, write_address_or_count),
  ROW ("COUNT7", 0x2e, NULL, N_ ("bytes or words left, minus one"), read_address_or_count, write_address_or_count),
  ROW ("STATUS2/COMMAND2", 0x30, status_fields, N_ ("what happened / how it works"), read_status, write_command),
  ROW ("REQUEST2", 0x32, bit_fields, N_ ("a channel's request by software"), read_zero, write_request),
  ROW ("MASK2", 0x34, bit_fields, N_ ("closes one channel"), read_zero, write_single_mask),
  ROW ("MODE2", 0x36, mode_fields, N_ ("how a channel moves data"), read_zero, write_mode),
  ROW ("FLIPFLOP2", 0x38, NULL, N_ ("the next half is the low one"), read_zero, clear_flip_flop),
  ROW ("CLEAR2", 0x3a, NULL, N_ ("resets the controller"), read_zero, master_clear),
  ROW ("OPEN2", 0x3c, NULL, N_ ("opens all channels"), read_zero, clear_masks),
  ROW ("MASKS2", 0x3e, NULL, N_ ("which channels are closed"), read_masks, write_masks),
  { "PAGE0", 0x40, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[0]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGE1", 0x41, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[1]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 2") },
  { "PAGE2", 0x42, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[2]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 3") },
  { "PAGE3", 0x43, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[3]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 1") },
  { "PAGE4", 0x44, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[4]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGE5", 0x45, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[5]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGE6", 0x46, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[6]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGE7", 0x47, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[7]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 0") },
  { "PAGE8", 0x48, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[8]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGE9", 0x49, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[9]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 6") },
  { "PAGEA", 0x4a, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[10]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 7") },
  { "PAGEB", 0x4b, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[11]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 5") },
  { "PAGEC", 0x4c, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[12]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGED", 0x4d, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[13]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGEE", 0x4e, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[14]), 0, 0, NULL, N_ ("a spare byte") },
  { "PAGEF", 0x4f, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosDma8237, page[15]), 0, 0, NULL, N_ ("address bits 16 to 23 of channel 4") },
};
/* clang-format on */

#undef ROW

/* -- windows ------------------------------------------------------------- */

/* Tells devices whose channel has been opened since @closed was noted. */
static void
announce (MosDma8237 *self, guint closed, guint open)
{
  for (guint i = 0; i < MOS_DMA_N_CHANNELS; i++) {
    Listener *listener = &self->listeners[i];

    if ((closed & open & (1u << i)) != 0 && listener->ready != NULL)
      listener->ready (self, listener->user_data);
  }
}

static guint
closed_channels (const MosDma8237 *self)
{
  guint first = self->command[0] & COMMAND_DISABLE ? 0xf : self->mask[0];
  guint second = self->command[1] & COMMAND_DISABLE ? 0xf : self->mask[1];

  return first | second << 4;
}

static guint64
read_row (MosDma8237 *self, guint row_offset)
{
  guint64 value;

  g_mutex_lock (&self->device.lock);
  value = mos_register_bank_read (self->bank, &self->device, row_offset, 1, 0);
  g_mutex_unlock (&self->device.lock);
  return value;
}

static void
write_row (MosDma8237 *self, guint row_offset, guint64 value)
{
  guint closed, open;

  g_mutex_lock (&self->device.lock);
  closed = closed_channels (self);
  mos_register_bank_write (self->bank, &self->device, row_offset, value, 1);
  open = ~closed_channels (self);
  g_mutex_unlock (&self->device.lock);
  announce (self, closed, open);
}

static guint64
first_read (gpointer opaque, guint64 offset, guint size)
{
  return read_row (opaque, (guint) offset);
}

static void
first_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  write_row (opaque, (guint) offset, value);
}

static const MosIoOps first_ops = {
  .read = first_read,
  .write = first_write,
  .max_size = 1,
};

static guint64
pages_read (gpointer opaque, guint64 offset, guint size)
{
  return read_row (opaque, PAGES + (guint) offset);
}

static void
pages_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  write_row (opaque, PAGES + (guint) offset, value);
}

static const MosIoOps pages_ops = {
  .read = pages_read,
  .write = pages_write,
  .max_size = 1,
};

/* The second controller hangs on address line 1: odd ports are its too. */
static guint64
second_read (gpointer opaque, guint64 offset, guint size)
{
  return read_row (opaque, SECOND + ((guint) offset & ~1u));
}

static void
second_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  write_row (opaque, SECOND + ((guint) offset & ~1u), value);
}

static const MosIoOps second_ops = {
  .read = second_read,
  .write = second_write,
  .max_size = 1,
};

/* -- serving a device ---------------------------------------------------- */

/* Guest address of unit @address of @channel, which is a word from 5 up. */
static guint64
gpa_of (const MosDma8237 *self, guint channel, guint16 address)
{
  guint64 page = self->page[page_of[channel]];

  if (channel < 4)
    return page << 16 | address;
  return (page & 0xfe) << 16 | (guint64) address << 1;
}

/* How many units lie in a row in memory, from the present address. */
static guint
run_length (const MosDma8237 *self, guint channel, guint wanted)
{
  const Channel *state = &self->channels[channel];

  wanted = MIN (wanted, state->count + 1u);
  if (self->mode[channel] & MODE_DECREMENT)
    return MIN (wanted, 1);
  return MIN (wanted, 0x10000u - state->address);
}

/* The count ran out. */
static void
finish (MosDma8237 *self, guint channel)
{
  Channel *state = &self->channels[channel];

  self->terminal[channel / 4] |= (guint8) (1u << (channel & 3));
  self->request[channel / 4] &= (guint8) ~(1u << (channel & 3));
  if (self->mode[channel] & MODE_AUTO_INIT) {
    state->address = state->base_address;
    state->count = state->base_count;
  } else {
    self->mask[channel / 4] |= (guint8) (1u << (channel & 3));
  }
}

static void
move (MosDma8237 *self,
      guint       channel,
      guint8     *data,
      guint       bytes,
      gboolean    to_memory)
{
  guint         type = (self->mode[channel] >> 2) & 3;
  guint64       gpa = gpa_of (self, channel, self->channels[channel].address);
  MosMemoryMap *memory = self->device.bus->memory;

  if (to_memory && type == MODE_TYPE_WRITE)
    mos_busmaster_write (memory, gpa, data, bytes);
  else if (!to_memory && type == MODE_TYPE_READ)
    mos_busmaster_read (memory, gpa, data, bytes);
  else if (!to_memory)
    memset (data, 0xff, bytes);
}

static guint
serve (MosDma8237 *self,
       guint       channel,
       guint8     *data,
       guint       size,
       gboolean    to_memory,
       gboolean   *terminal)
{
  Channel *state = &self->channels[channel];
  guint    unit = channel < 4 ? 1 : 2;
  guint    done = 0;

  while (done + unit <= size) {
    guint units = run_length (self, channel, (size - done) / unit);

    move (self, channel, data + done, units * unit, to_memory);
    done += units * unit;
    state->address = (guint16) (self->mode[channel] & MODE_DECREMENT
                                    ? state->address - units
                                    : state->address + units);
    state->count = (guint16) (state->count - units);
    if (state->count == 0xffff) {
      finish (self, channel);
      *terminal = TRUE;
      break;
    }
  }
  return done;
}

guint
mos_dma8237_transfer (MosDma8237 *self,
                      guint       channel,
                      guint8     *data,
                      guint       size,
                      gboolean    to_memory,
                      gboolean   *terminal)
{
  guint done = 0;

  g_return_val_if_fail (channel < MOS_DMA_N_CHANNELS, 0);

  *terminal = FALSE;
  g_mutex_lock (&self->device.lock);
  if ((closed_channels (self) & (1u << channel)) == 0)
    done = serve (self, channel, data, size, to_memory, terminal);
  g_mutex_unlock (&self->device.lock);
  return done;
}

/* -- the device ---------------------------------------------------------- */

static void
dma8237_init (MosDevice *device)
{
  MosDma8237 *self = (MosDma8237 *) device;

  self->bank = mos_device_add_bank (device, "io", registers,
                                    G_N_ELEMENTS (registers), PAGES + 16);
  mos_device_window_init (device, &self->windows[0], "dma1", &first_ops, self,
                          0x00, 0x10);
  mos_device_window_init (device, &self->windows[1], "dma2", &second_ops, self,
                          0xc0, 0x20);
  mos_device_window_init (device, &self->windows[2], "dma-pages", &pages_ops,
                          self, 0x80, 0x10);
  for (guint i = 0; i < G_N_ELEMENTS (self->windows); i++) {
    self->windows[i].lock = NULL; /* see the top of this file */
    mos_bus_map_ports (device->bus, &self->windows[i]);
  }
}

static void
dma8237_reset (MosDevice *device)
{
  MosDma8237 *self = (MosDma8237 *) device;

  reset_controller (self, 0);
  reset_controller (self, 1);
  memset (self->channels, 0, sizeof self->channels);
  memset (self->mode, 0, sizeof self->mode);
  memset (self->page, 0, sizeof self->page);
}

/* clang-format off */
static const MosStateField state[] = {
  MOS_STATE (MosDma8237, channels[0].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[0].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[0].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[0].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[1].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[1].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[1].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[1].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[2].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[2].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[2].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[2].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[3].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[3].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[3].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[3].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[4].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[4].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[4].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[4].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[5].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[5].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[5].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[5].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[6].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[6].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[6].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[6].count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[7].base_address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[7].base_count, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[7].address, MOS_STATE_U16),
  MOS_STATE (MosDma8237, channels[7].count, MOS_STATE_U16),
  MOS_STATE_ARRAY (MosDma8237, mode, MOS_STATE_U8, MOS_DMA_N_CHANNELS),
  MOS_STATE_ARRAY (MosDma8237, page, MOS_STATE_U8, 16),
  MOS_STATE_ARRAY (MosDma8237, command, MOS_STATE_U8, N_CONTROLLERS),
  MOS_STATE_ARRAY (MosDma8237, mask, MOS_STATE_U8, N_CONTROLLERS),
  MOS_STATE_ARRAY (MosDma8237, terminal, MOS_STATE_U8, N_CONTROLLERS),
  MOS_STATE_ARRAY (MosDma8237, request, MOS_STATE_U8, N_CONTROLLERS),
  MOS_STATE_ARRAY (MosDma8237, high_byte, MOS_STATE_U8, N_CONTROLLERS),
  { 0 },
};
/* clang-format on */

const MosDeviceClass mos_dma8237_class = {
  .name = "dma-8237",
  .title = N_ ("DMA controllers"),
  .help = N_ ("Two Intel 8237A with page registers, as in the PC/AT"),
  .instance_size = sizeof (MosDma8237),
  .state_version = 1,
  .state = state,
  .init = dma8237_init,
  .reset = dma8237_reset,
};

MosDma8237 *
mos_dma8237_new (MosBus *bus)
{
  MosDma8237 *self = mos_device_new (&mos_dma8237_class, bus, "dma");

  mos_device_reset (&self->device);
  return self;
}

void
mos_dma8237_attach (MosDma8237 *self,
                    guint       channel,
                    GFunc       ready,
                    gpointer    user_data)
{
  g_return_if_fail (channel < MOS_DMA_N_CHANNELS);

  self->listeners[channel].ready = ready;
  self->listeners[channel].user_data = user_data;
}
