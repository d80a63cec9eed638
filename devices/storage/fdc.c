/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The floppy controller's registers, phases and interrupt.
 *
 * Intel 82077AA in its PC/AT mode ("Register Set", "Controller Phases",
 * "Reset"). vCPU threads come in through the ports, the I/O thread through the
 * timer and through transfers; all of them hold the device's lock. When the
 * guest opens the DMA channel late, the DMA controller calls in with no lock.
 */
#include "devices/storage/fdc.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/storage/fdc-internal.h"
#include "engine/base/error.h"

#define BASE_PORT 0x3f2

enum {
  DOR_RUNNING = 1u << 2, /* RESET#, so 0 is reset */
  DOR_GATE = 1u << 3,
  DSR_RESET = 1u << 7,
  MSR_READY = 1u << 7,
  MSR_TO_HOST = 1u << 6,
  MSR_NON_DMA = 1u << 5,
  MSR_BUSY = 1u << 4,
  DIR_CHANGED = 1u << 7,
  SPECIFY_NON_DMA = 1u << 0,
  CONFIGURE_DEFAULT = 0x20 /* FIFO off, polling on */
};

/* -- phases and interrupt ------------------------------------------------ */

static void
update_line (MosFdc *self)
{
  mos_line_set (&self->irq, self->interrupt && (self->dor & DOR_GATE) != 0 &&
                                (self->dor & DOR_RUNNING) != 0);
}

void
mos_fdc_set_interrupt (MosFdc *self, gboolean level)
{
  self->interrupt = level;
  update_line (self);
}

void
mos_fdc_end_command (MosFdc *self)
{
  self->phase = MOS_FDC_COMMAND;
  self->stage = MOS_FDC_IDLE;
  self->n_command = 0;
}

void
mos_fdc_give_result (MosFdc       *self,
                     const guint8 *bytes,
                     guint         n,
                     gboolean      interrupt)
{
  mos_fdc_end_command (self);
  memcpy (self->result, bytes, MIN (n, MOS_FDC_MAX_BYTES));
  self->n_result = MIN (n, MOS_FDC_MAX_BYTES);
  self->result_at = 0;
  self->phase = MOS_FDC_RESULT;
  if (interrupt) {
    self->polled = 0;
    mos_fdc_set_interrupt (self, TRUE);
  }
}

gboolean
mos_fdc_uses_dma (MosFdc *self)
{
  return (self->specify[1] & SPECIFY_NON_DMA) == 0;
}

/* What both resets do. The drives' heads stay where they are. */
static void
stop (MosFdc *self)
{
  mos_transfers_cancel (self->transfers, NULL);
  mos_timer_disarm (&self->timer);
  mos_fdc_end_command (self);
  self->sought = 0;
  self->polled = 0;
  if (!self->locked) {
    self->configure[1] = CONFIGURE_DEFAULT;
    self->configure[2] = 0;
  }
  self->perpendicular &= 0x3c;
  mos_fdc_set_interrupt (self, FALSE);
}

/* Out of reset, the controller polls the drives and reports all four. */
static void
restart (MosFdc *self)
{
  self->polled = 0xf;
  mos_fdc_set_interrupt (self, TRUE);
}

/* -- registers ----------------------------------------------------------- */

static void
write_dor (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosFdc *self = (MosFdc *) device;
  guint8  was = self->dor;

  self->dor = (guint8) value;
  if ((was & DOR_RUNNING) != 0 && (value & DOR_RUNNING) == 0)
    stop (self);
  if ((was & DOR_RUNNING) == 0 && (value & DOR_RUNNING) != 0)
    restart (self);
  update_line (self);
}

/* Can the host move a byte in the execution phase right now? */
static gboolean
wants_byte (MosFdc *self)
{
  return !mos_fdc_uses_dma (self) &&
         (self->stage == MOS_FDC_FEEDING || self->stage == MOS_FDC_GATHERING);
}

static guint64
read_msr (MosDevice *device, const MosRegister *row)
{
  MosFdc *self = (MosFdc *) device;
  guint   busy_drives = self->sought & 0xfu;

  if ((self->dor & DOR_RUNNING) == 0)
    return 0;
  switch (self->phase) {
  case MOS_FDC_COMMAND:
    return MSR_READY | busy_drives | (self->n_command > 0 ? MSR_BUSY : 0u);
  case MOS_FDC_RESULT:
    return MSR_READY | MSR_TO_HOST | MSR_BUSY | busy_drives;
  default:
    break;
  }
  if (mos_fdc_uses_dma (self))
    return MSR_BUSY | busy_drives;
  return MSR_BUSY | MSR_NON_DMA | busy_drives |
         (wants_byte (self) ? MSR_READY : 0u) |
         (self->stage == MOS_FDC_FEEDING ? MSR_TO_HOST : 0u);
}

static void
write_dsr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosFdc *self = (MosFdc *) device;

  self->dsr = value & 0x7f;
  self->rate = value & 3;
  if ((value & DSR_RESET) != 0 && (self->dor & DOR_RUNNING) != 0) {
    stop (self);
    restart (self);
  }
}

static guint8
read_result (MosFdc *self)
{
  guint8 value = self->result[self->result_at];

  if (self->result_at == 0 && self->sought == 0)
    mos_fdc_set_interrupt (self, FALSE);
  if (++self->result_at >= self->n_result)
    mos_fdc_end_command (self);
  return value;
}

static guint64
read_fifo (MosDevice *device, const MosRegister *row)
{
  MosFdc *self = (MosFdc *) device;

  if ((self->dor & DOR_RUNNING) == 0)
    return 0;
  if (self->phase == MOS_FDC_RESULT)
    return read_result (self);
  if (self->stage == MOS_FDC_FEEDING && wants_byte (self))
    return mos_fdc_pio_read (self);
  return 0;
}

static void
write_fifo (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosFdc *self = (MosFdc *) device;

  if ((self->dor & DOR_RUNNING) == 0)
    return;
  if (self->stage == MOS_FDC_GATHERING && wants_byte (self)) {
    mos_fdc_pio_write (self, (guint8) value);
    return;
  }
  if (self->phase != MOS_FDC_COMMAND)
    return;
  self->command[self->n_command++] = (guint8) value;
  if (self->n_command >= mos_fdc_command_length (self->command[0]))
    mos_fdc_execute (self);
}

static guint64
read_dir (MosDevice *device, const MosRegister *row)
{
  MosFdc         *self = (MosFdc *) device;
  MosFloppyDrive *drive = &self->drives[self->dor & 3];
  gboolean        motor = (self->dor >> (4 + (self->dor & 3))) & 1;

  /* Only a drive that is selected and turns drives the wire. */
  return motor && drive->installed && drive->changed ? DIR_CHANGED : 0;
}

static void
write_ccr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosFdc *self = (MosFdc *) device;

  self->rate = value & 3;
}

static const MosField dor_fields[] = {
  { "DS", 0, 2, N_ ("which drive is selected") },
  { "RESET#", 2, 1, N_ ("0 holds the controller in reset") },
  { "DMAGATE#", 3, 1, N_ ("lets interrupt and DMA request out") },
  { "MOT", 4, 4, N_ ("the drives' motors") },
  { 0 },
};

static const MosField msr_fields[] = {
  { "BUSY", 0, 4, N_ ("drives that seek") },
  { "CB", 4, 1, N_ ("a command is under way") },
  { "NDM", 5, 1, N_ ("data is moved by the processor") },
  { "DIO", 6, 1, N_ ("the next byte goes to the host") },
  { "RQM", 7, 1, N_ ("a byte can be moved") },
  { 0 },
};

static const MosField dir_fields[] = {
  { "DRATE", 0, 2, N_ ("written: 0 500, 1 300, 2 250, 3 1000 kbit/s") },
  { "DSKCHG", 7, 1, N_ ("the medium was changed") },
  { 0 },
};

/* clang-format off */
static const MosRegister registers[] = {
  { "DOR", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosFdc, dor), 0, 0,
    dor_fields, N_ ("drive select, motors, reset"), NULL, write_dor },
  { "TDR", 1, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosFdc, tdr), 0, 3,
    NULL, N_ ("which drive is a tape"), NULL, NULL },
  { "MSR/DSR", 2, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0,
    msr_fields, N_ ("main status / data rate and reset"), read_msr, write_dsr },
  { "FIFO", 3, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0,
    NULL, N_ ("commands, data, results"), read_fifo, write_fifo },
};

static const MosRegister rate_registers[] = {
  { "DIR/CCR", 0, 1, MOS_REGISTER_RW, MOS_NO_CELL, 0, 0,
    dir_fields, N_ ("disk change / data rate"), read_dir, write_ccr },
};
/* clang-format on */

/* -- the device ---------------------------------------------------------- */

static guint64
bank_read (gpointer opaque, guint64 offset, guint size)
{
  MosFdc *self = opaque;

  return mos_register_bank_read (&self->device.banks[0], &self->device,
                                 (guint) offset, size, 0xff);
}

static void
bank_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosFdc *self = opaque;

  mos_register_bank_write (&self->device.banks[0], &self->device,
                           (guint) offset, value, size);
}

static guint64
rate_read (gpointer opaque, guint64 offset, guint size)
{
  MosFdc *self = opaque;

  return mos_register_bank_read (&self->device.banks[1], &self->device,
                                 (guint) offset, size, 0xff);
}

static void
rate_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosFdc *self = opaque;

  mos_register_bank_write (&self->device.banks[1], &self->device,
                           (guint) offset, value, size);
}

static const MosIoOps bank_ops = {
  .read = bank_read,
  .write = bank_write,
  .max_size = 1,
};

static const MosIoOps rate_ops = {
  .read = rate_read,
  .write = rate_write,
  .max_size = 1,
};

static void
fdc_init (MosDevice *device)
{
  MosFdc *self = (MosFdc *) device;

  mos_device_add_bank (device, "io", registers, G_N_ELEMENTS (registers), 4);
  mos_device_add_bank (device, "rate", rate_registers,
                       G_N_ELEMENTS (rate_registers), 1);
  mos_device_window_init (device, &self->windows[0], "fdc", &bank_ops, self,
                          BASE_PORT, 4);
  mos_device_window_init (device, &self->windows[1], "fdc-rate", &rate_ops,
                          self, BASE_PORT + 5, 1);
  mos_bus_map_ports (device->bus, &self->windows[0]);
  mos_bus_map_ports (device->bus, &self->windows[1]);
  self->transfers = mos_transfers_new (device);
  mos_timer_init (&self->timer, device->bus->clock, mos_fdc_turned_cb, self);
  self->irq.edges = &device->counters.interrupts;
}

static void
fdc_reset (MosDevice *device)
{
  MosFdc *self = (MosFdc *) device;

  self->locked = FALSE;
  stop (self);
  self->dor = 0;
  self->tdr = 0;
  self->dsr = MOS_FLOPPY_RATE_250K;
  self->rate = MOS_FLOPPY_RATE_250K;
  memset (self->specify, 0, sizeof self->specify);
  self->perpendicular = 0;
  for (guint i = 0; i < MOS_FDC_N_DRIVES; i++)
    self->drives[i].changed = TRUE;
}

static void
fdc_clear (MosDevice *device)
{
  MosFdc *self = (MosFdc *) device;

  mos_timer_clear (&self->timer);
  mos_transfers_free (self->transfers);
  for (guint i = 0; i < MOS_FDC_N_DRIVES; i++)
    mos_block_store_unref (self->drives[i].store);
}

/* What is not a number in range cannot have been saved by us. */
static gboolean
state_is_sane (const MosFdc *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->drives); i++)
    if (self->drives[i].track > 0xff - 1)
      return FALSE;
  return self->phase <= MOS_FDC_RESULT && self->stage <= MOS_FDC_TURNING &&
         self->op <= MOS_FDC_OP_FORMAT && self->unit < 4 && self->rate < 4 &&
         self->n_command < MOS_FDC_MAX_BYTES &&
         self->n_result <= MOS_FDC_MAX_BYTES &&
         (self->phase != MOS_FDC_RESULT || self->result_at < self->n_result) &&
         self->buffer_at <= self->buffer_end &&
         ((self->stage != MOS_FDC_FEEDING &&
           self->stage != MOS_FDC_GATHERING) ||
          self->buffer_at < self->buffer_end) &&
         self->buffer_end <= sizeof self->buffer &&
         self->run_sectors <= MOS_FLOPPY_MAX_SECTORS;
}

static gboolean
fdc_loaded (MosDevice *device, GError **error)
{
  MosFdc *self = (MosFdc *) device;

  mos_transfers_cancel (self->transfers, NULL);
  if (!state_is_sane (self)) {
    mos_fdc_end_command (self);
    self->result_at = 0;
    self->unit = 0;
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of the floppy controller is damaged"));
    return FALSE;
  }
  update_line (self);
  mos_fdc_resume_data (self);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_STATE (MosFdc, drives[0].track, MOS_STATE_U8),
  MOS_STATE (MosFdc, drives[1].track, MOS_STATE_U8),
  MOS_STATE (MosFdc, drives[2].track, MOS_STATE_U8),
  MOS_STATE (MosFdc, drives[3].track, MOS_STATE_U8),
  MOS_STATE (MosFdc, drives[0].changed, MOS_STATE_BOOL),
  MOS_STATE (MosFdc, drives[1].changed, MOS_STATE_BOOL),
  MOS_STATE (MosFdc, dor, MOS_STATE_U8),
  MOS_STATE (MosFdc, tdr, MOS_STATE_U8),
  MOS_STATE (MosFdc, dsr, MOS_STATE_U8),
  MOS_STATE (MosFdc, rate, MOS_STATE_U8),
  MOS_STATE (MosFdc, interrupt, MOS_STATE_BOOL),
  MOS_STATE (MosFdc, polled, MOS_STATE_U8),
  MOS_STATE (MosFdc, sought, MOS_STATE_U8),
  MOS_STATE_ARRAY (MosFdc, seek_st0, MOS_STATE_U8, 4),
  MOS_STATE_ARRAY (MosFdc, specify, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosFdc, configure, MOS_STATE_U8, 3),
  MOS_STATE (MosFdc, perpendicular, MOS_STATE_U8),
  MOS_STATE (MosFdc, locked, MOS_STATE_BOOL),
  MOS_STATE (MosFdc, phase, MOS_STATE_U32),
  MOS_STATE (MosFdc, stage, MOS_STATE_U32),
  MOS_STATE_ARRAY (MosFdc, command, MOS_STATE_U8, MOS_FDC_MAX_BYTES),
  MOS_STATE (MosFdc, n_command, MOS_STATE_U32),
  MOS_STATE_ARRAY (MosFdc, result, MOS_STATE_U8, MOS_FDC_MAX_BYTES),
  MOS_STATE (MosFdc, n_result, MOS_STATE_U32),
  MOS_STATE (MosFdc, result_at, MOS_STATE_U32),
  MOS_STATE (MosFdc, op, MOS_STATE_U32),
  MOS_STATE (MosFdc, unit, MOS_STATE_U8),
  MOS_STATE (MosFdc, cylinder, MOS_STATE_U8),
  MOS_STATE (MosFdc, head, MOS_STATE_U8),
  MOS_STATE (MosFdc, sector, MOS_STATE_U8),
  MOS_STATE (MosFdc, first_sector, MOS_STATE_U8),
  MOS_STATE (MosFdc, run_sectors, MOS_STATE_U8),
  MOS_STATE (MosFdc, st1, MOS_STATE_U8),
  MOS_STATE (MosFdc, st2, MOS_STATE_U8),
  MOS_STATE (MosFdc, terminal, MOS_STATE_BOOL),
  MOS_STATE (MosFdc, turn_end_ns, MOS_STATE_U64),
  MOS_STATE (MosFdc, buffer_at, MOS_STATE_U32),
  MOS_STATE (MosFdc, buffer_end, MOS_STATE_U32),
  MOS_STATE_ARRAY (MosFdc,
                   buffer,
                   MOS_STATE_BYTES,
                   MOS_FLOPPY_MAX_SECTORS *MOS_FLOPPY_SECTOR_BYTES),
  { 0 },
};

const MosDeviceClass mos_fdc_class = {
  .name = "fdc-82077",
  .title = N_ ("Floppy disk controller"),
  .help = N_ ("Intel 82077AA in PC/AT mode, with two drives"),
  .instance_size = sizeof (MosFdc),
  .state_version = 1,
  .state = state,
  .init = fdc_init,
  .reset = fdc_reset,
  .clear = fdc_clear,
  .loaded = fdc_loaded,
};

/* The guest opened DMA channels; no lock is held. */
static void
dma_ready_cb (gpointer dma, gpointer user_data)
{
  MosFdc *self = user_data;

  g_mutex_lock (&self->device.lock);
  mos_fdc_try_dma (self);
  g_mutex_unlock (&self->device.lock);
}

MosFdc *
mos_fdc_new (MosBus *bus, MosDma8237 *dma)
{
  MosFdc *self = mos_device_new (&mos_fdc_class, bus, "fdc");

  self->dma = dma;
  mos_dma8237_attach (dma, MOS_FDC_DMA_CHANNEL, dma_ready_cb, self);
  mos_device_reset (&self->device);
  return self;
}

MosLine *
mos_fdc_irq (MosFdc *self)
{
  return &self->irq;
}

/* -- media --------------------------------------------------------------- */

static gboolean
find_format (MosBlockStore          *store,
             const MosFloppyFormat **format,
             GError                **error)
{
  *format = NULL;
  if (store == NULL)
    return TRUE;
  *format = mos_floppy_format_for (store->size);
  if (*format != NULL)
    return TRUE;
  g_set_error (error, MOS_ERROR, MOS_ERROR_INVALID_VALUE,
               _ ("“%s” has %llu KiB and is too large for a floppy, which has "
                  "at most 2880 KiB: use it as a disk"),
               store->path, (unsigned long long) store->size / 1024);
  return FALSE;
}

gboolean
mos_fdc_install (MosFdc        *self,
                 guint          index,
                 MosBlockStore *store,
                 GError       **error)
{
  const MosFloppyFormat *format;

  g_return_val_if_fail (index < MOS_FDC_N_DRIVES, FALSE);

  if (!find_format (store, &format, error))
    return FALSE;
  self->drives[index].installed = TRUE;
  self->drives[index].type = format != NULL ? format->drive_type : 4;
  return mos_fdc_change_medium (self, index, store, error);
}

gboolean
mos_fdc_change_medium (MosFdc        *self,
                       guint          index,
                       MosBlockStore *store,
                       GError       **error)
{
  MosFloppyDrive        *drive = &self->drives[index];
  const MosFloppyFormat *format;
  MosBlockStore         *old;

  g_return_val_if_fail (index < MOS_FDC_N_DRIVES, FALSE);
  g_return_val_if_fail (drive->installed, FALSE);

  if (!find_format (store, &format, error))
    return FALSE;
  g_mutex_lock (&self->device.lock);
  mos_fdc_lose_medium (self, index);
  old = drive->store;
  drive->store = store != NULL ? mos_block_store_ref (store) : NULL;
  drive->format = format;
  drive->changed = TRUE;
  g_mutex_unlock (&self->device.lock);
  mos_block_store_unref (old);
  return TRUE;
}

guint
mos_fdc_drive_type (MosFdc *self, guint index)
{
  g_return_val_if_fail (index < MOS_FDC_N_DRIVES, 0);

  return self->drives[index].installed ? self->drives[index].type : 0;
}
