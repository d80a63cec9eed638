/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 8259A programmable interrupt controllers, master and slave.
 *
 * Follows the Intel 8259A data sheet: initialisation command words ("ICW1" to
 * "ICW4"), operation command words, priorities, rotation, special mask, special
 * fully nested mode, poll and spurious interrupts. Edge or level sensing comes
 * per input from the 82371SB's ELCR instead of ICW1's LTIM bit. Both chips are
 * one device with arrays of two; index 0 is the master. Inputs arrive on any
 * thread, register accesses on vCPU threads, all under the device's lock.
 */
#include "devices/chipset/pic.h"

#define MASTER     0
#define SLAVE      1
#define CASCADE    2 /* the master's input the slave drives */
#define NO_IRQ     (-1)
#define SPURIOUS   7
#define NO_CURRENT 8 /* lower than the lowest priority */

enum {
  ICW1_IC4 = 0x01,
  ICW1_SNGL = 0x02,
  ICW1_MARK = 0x10,
  ICW4_AEOI = 0x02,
  ICW4_SFNM = 0x10,
  OCW3_MARK = 0x08,
  OCW3_RIS = 0x01,
  OCW3_RR = 0x02,
  OCW3_POLL = 0x04,
  OCW3_SMM = 0x20,
  OCW3_ESMM = 0x40
};

/* What the data port expects next. */
enum {
  EXPECT_OCW1,
  EXPECT_ICW2,
  EXPECT_ICW3,
  EXPECT_ICW4
};

typedef struct {
  MosPic *pic;
  guint   first_register;
} Ports;

struct MosPic {
  MosDevice        device;
  MosRegisterBank *bank;
  MosRegisterBank *elcr_bank;
  MosIoWindow      windows[2];
  MosIoWindow      elcr_window;
  Ports            ports[2];
  gboolean         intr;

  guint8 level[2]; /* of the wires */
  guint8 irr[2];
  guint8 isr[2];
  guint8 imr[2];
  guint8 elcr[2];
  guint8 base[2];   /* vector of input 0 */
  guint8 lowest[2]; /* input with the highest priority: rotation */
  guint8 expect[2];
  guint8 icw4_comes[2];
  guint8 single[2];
  guint8 auto_eoi[2];
  guint8 rotate_auto[2];
  guint8 special_mask[2];
  guint8 special_nested[2];
  guint8 read_isr[2];
  guint8 poll[2];
};

static const guint8 elcr_writable[2] = { 0xf8, 0xde };

/* Priorities --------------------------------------------------------------- */

/* Priority (0 is best) of the most urgent bit in @bits; NO_CURRENT if none. */
static guint
best_priority (const MosPic *self, guint chip, guint8 bits)
{
  for (guint priority = 0; priority < 8; priority++)
    if (bits & 1u << ((priority + self->lowest[chip]) & 7))
      return priority;
  return NO_CURRENT;
}

/* The input the chip would have served now, or NO_IRQ. */
static int
pending_input (const MosPic *self, guint chip)
{
  guint8 serving = self->isr[chip];
  guint wanted = best_priority (self, chip, self->irr[chip] & ~self->imr[chip]);

  if (wanted == NO_CURRENT)
    return NO_IRQ;
  if (self->special_mask[chip])
    serving &= ~self->imr[chip];
  if (chip == MASTER && self->special_nested[chip])
    serving &= ~(1u << CASCADE);
  if (wanted >= best_priority (self, chip, serving))
    return NO_IRQ;
  return (wanted + self->lowest[chip]) & 7;
}

static void
set_input (MosPic *self, guint chip, guint input, gboolean level)
{
  guint8 bit = 1u << input;

  if (level) {
    if ((self->elcr[chip] & bit) || !(self->level[chip] & bit))
      self->irr[chip] |= bit;
    self->level[chip] |= bit;
  } else {
    if (self->elcr[chip] & bit)
      self->irr[chip] &= ~bit;
    self->level[chip] &= ~bit;
  }
}

/* Follows the slave's INTR into the master and the master's to the CPU. */
static void
update (MosPic *self)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;
  gboolean            cascade = pending_input (self, SLAVE) != NO_IRQ;
  gboolean            intr;

  set_input (self, MASTER, CASCADE, cascade);
  /* The slave has withdrawn its request: nothing to latch. */
  if (!cascade)
    self->irr[MASTER] &= ~(1u << CASCADE);
  intr = pending_input (self, MASTER) != NO_IRQ;
  if (intr == self->intr)
    return;
  self->intr = intr;
  if (inputs != NULL && inputs->set_intr != NULL)
    inputs->set_intr (self->device.bus->cpus, intr);
}

static void
gsi_changed (gpointer receiver, guint gsi, gboolean level)
{
  MosPic *self = receiver;

  if (gsi >= MOS_IRQ_N_ISA || gsi == CASCADE)
    return;
  g_mutex_lock (&self->device.lock);
  set_input (self, gsi >> 3, gsi & 7, level);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

/* The chip hands out its vector: the request becomes service. */
static void
serve (MosPic *self, guint chip, guint input)
{
  guint8 bit = 1u << input;

  if (!self->auto_eoi[chip])
    self->isr[chip] |= bit;
  else if (self->rotate_auto[chip])
    self->lowest[chip] = (input + 1) & 7;
  if (!(self->elcr[chip] & bit))
    self->irr[chip] &= ~bit;
}

guint8
mos_pic_acknowledge (MosPic *self)
{
  int   input;
  guint vector;

  g_mutex_lock (&self->device.lock);
  input = pending_input (self, MASTER);
  if (input == NO_IRQ) {
    vector = self->base[MASTER] + SPURIOUS;
  } else {
    serve (self, MASTER, input);
    vector = self->base[MASTER] + input;
    if (input == CASCADE) {
      input = pending_input (self, SLAVE);
      if (input != NO_IRQ)
        serve (self, SLAVE, input);
      vector = self->base[SLAVE] + (input == NO_IRQ ? SPURIOUS : input);
    }
    __atomic_add_fetch (&self->device.counters.interrupts, 1, __ATOMIC_RELAXED);
  }
  update (self);
  g_mutex_unlock (&self->device.lock);
  return vector & 0xff;
}

/* Commands ----------------------------------------------------------------- */

static void
clear_chip (MosPic *self, guint chip)
{
  /* Only inputs that are sensed by level are still there. */
  self->irr[chip] = self->level[chip] & self->elcr[chip];
  self->isr[chip] = 0;
  self->imr[chip] = 0;
  self->lowest[chip] = 0;
  self->auto_eoi[chip] = 0;
  self->rotate_auto[chip] = 0;
  self->special_mask[chip] = 0;
  self->special_nested[chip] = 0;
  self->read_isr[chip] = 0;
  self->poll[chip] = 0;
}

static void
write_icw1 (MosPic *self, guint chip, guint8 value)
{
  clear_chip (self, chip);
  self->expect[chip] = EXPECT_ICW2;
  self->icw4_comes[chip] = (value & ICW1_IC4) != 0;
  self->single[chip] = (value & ICW1_SNGL) != 0;
}

static void
end_of_interrupt (MosPic *self, guint chip, guint input, gboolean rotate)
{
  self->isr[chip] &= ~(1u << input);
  if (rotate)
    self->lowest[chip] = (input + 1) & 7;
}

static void
write_ocw2 (MosPic *self, guint chip, guint8 value)
{
  guint command = value >> 5;
  guint input = value & 7;
  guint priority;

  switch (command) {
  case 0: /* rotate in automatic EOI mode, off and on */
  case 4:
    self->rotate_auto[chip] = command == 4;
    break;
  case 1: /* end of the most urgent one, and with rotation */
  case 5:
    priority = best_priority (self, chip, self->isr[chip]);
    if (priority != NO_CURRENT)
      end_of_interrupt (self, chip, (priority + self->lowest[chip]) & 7,
                        command == 5);
    break;
  case 3: /* end of a given one, and with rotation */
  case 7:
    end_of_interrupt (self, chip, input, command == 7);
    break;
  case 6: /* set priority */
    self->lowest[chip] = (input + 1) & 7;
    break;
  default:
    break;
  }
}

static void
write_ocw3 (MosPic *self, guint chip, guint8 value)
{
  self->poll[chip] = (value & OCW3_POLL) != 0;
  if (value & OCW3_RR)
    self->read_isr[chip] = value & OCW3_RIS;
  if (value & OCW3_ESMM)
    self->special_mask[chip] = (value & OCW3_SMM) != 0;
}

static guint8
poll_chip (MosPic *self, guint chip)
{
  int input = pending_input (self, chip);

  self->poll[chip] = 0;
  if (input == NO_IRQ)
    return 0;
  serve (self, chip, input);
  update (self);
  return 0x80 | input;
}

/* Registers ---------------------------------------------------------------- */

static guint64
command_read (MosDevice *device, const MosRegister *row)
{
  MosPic *self = (MosPic *) device;
  guint   chip = row->offset >> 1;

  if (self->poll[chip])
    return poll_chip (self, chip);
  return self->read_isr[chip] ? self->isr[chip] : self->irr[chip];
}

static void
command_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPic *self = (MosPic *) device;
  guint   chip = row->offset >> 1;

  if (value & ICW1_MARK)
    write_icw1 (self, chip, value);
  else if (value & OCW3_MARK)
    write_ocw3 (self, chip, value);
  else
    write_ocw2 (self, chip, value);
  update (self);
}

static guint64
data_read (MosDevice *device, const MosRegister *row)
{
  MosPic *self = (MosPic *) device;
  guint   chip = row->offset >> 1;

  return self->poll[chip] ? poll_chip (self, chip) : self->imr[chip];
}

static void
data_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPic *self = (MosPic *) device;
  guint   chip = row->offset >> 1;

  switch (self->expect[chip]) {
  case EXPECT_ICW2:
    self->base[chip] = value & 0xf8;
    self->expect[chip] = !self->single[chip]      ? EXPECT_ICW3
                         : self->icw4_comes[chip] ? EXPECT_ICW4
                                                  : EXPECT_OCW1;
    break;
  case EXPECT_ICW3: /* the cascade is soldered */
    self->expect[chip] = self->icw4_comes[chip] ? EXPECT_ICW4 : EXPECT_OCW1;
    break;
  case EXPECT_ICW4:
    self->special_nested[chip] = (value & ICW4_SFNM) != 0;
    self->auto_eoi[chip] = (value & ICW4_AEOI) != 0;
    self->expect[chip] = EXPECT_OCW1;
    break;
  default:
    self->imr[chip] = value;
    break;
  }
  update (self);
}

static void
elcr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPic *self = (MosPic *) device;
  guint   chip = row->offset;

  self->elcr[chip] = value;
  self->irr[chip] |= self->level[chip] & self->elcr[chip];
  update (self);
}

static const MosRegister rows[] = {
  { "PIC1CMD", 0, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK,
    G_STRUCT_OFFSET (MosPic, irr), 0, 0, NULL,
    "Master: ICW1, OCW2, OCW3; reads requests or services", command_read,
    command_write },
  { "PIC1MASK", 1, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK,
    G_STRUCT_OFFSET (MosPic, imr), 0, 0, NULL,
    "Master: ICW2 to ICW4, then the mask (OCW1)", data_read, data_write },
  { "PIC2CMD", 2, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK,
    G_STRUCT_OFFSET (MosPic, irr) + 1, 0, 0, NULL,
    "Slave: ICW1, OCW2, OCW3; reads requests or services", command_read,
    command_write },
  { "PIC2MASK", 3, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK,
    G_STRUCT_OFFSET (MosPic, imr) + 1, 0, 0, NULL,
    "Slave: ICW2 to ICW4, then the mask (OCW1)", data_read, data_write },
};

static const MosRegister elcr_rows[] = {
  { "ELCR1", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPic, elcr), 0, 0xf8,
    NULL, "Which of IRQ 3 to 7 are level sensed", NULL, elcr_write },
  { "ELCR2", 1, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPic, elcr) + 1, 0, 0xde,
    NULL, "Which of IRQ 9 to 12, 14, 15 are level sensed", NULL, elcr_write },
};

static guint64
ports_read (gpointer opaque, guint64 offset, guint size)
{
  Ports *ports = opaque;

  return mos_register_bank_read (ports->pic->bank, &ports->pic->device,
                                 ports->first_register + offset, size, 0xff);
}

static void
ports_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  Ports *ports = opaque;

  mos_register_bank_write (ports->pic->bank, &ports->pic->device,
                           ports->first_register + offset, value, size);
}

static const MosIoOps ports_ops = { .read = ports_read,
                                    .write = ports_write,
                                    .max_size = 1 };

static guint64
elcr_window_read (gpointer opaque, guint64 offset, guint size)
{
  MosPic *self = opaque;

  return mos_register_bank_read (self->elcr_bank, &self->device, offset, size,
                                 0xff);
}

static void
elcr_window_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosPic *self = opaque;

  mos_register_bank_write (self->elcr_bank, &self->device, offset, value, size);
}

static const MosIoOps elcr_ops = { .read = elcr_window_read,
                                   .write = elcr_window_write,
                                   .max_size = 1 };

/* Device ------------------------------------------------------------------- */

static void
pic_init (MosDevice *device)
{
  static const guint16 bases[2] = { 0x20, 0xa0 };
  MosPic              *self = (MosPic *) device;

  self->bank = mos_device_add_bank (device, "io", rows, G_N_ELEMENTS (rows), 4);
  self->elcr_bank = mos_device_add_bank (device, "elcr", elcr_rows,
                                         G_N_ELEMENTS (elcr_rows), 2);
  for (guint chip = MASTER; chip <= SLAVE; chip++) {
    self->ports[chip].pic = self;
    self->ports[chip].first_register = 2 * chip;
    mos_device_window_init (device, &self->windows[chip], "pic", &ports_ops,
                            &self->ports[chip], bases[chip], 2);
    mos_bus_map_ports (device->bus, &self->windows[chip]);
  }
  mos_device_window_init (device, &self->elcr_window, "elcr", &elcr_ops, self,
                          0x4d0, 2);
  mos_bus_map_ports (device->bus, &self->elcr_window);
}

static void
pic_reset (MosDevice *device)
{
  MosPic *self = (MosPic *) device;

  for (guint chip = MASTER; chip <= SLAVE; chip++) {
    self->elcr[chip] = 0;
    clear_chip (self, chip);
    self->base[chip] = 0;
    self->expect[chip] = EXPECT_OCW1;
  }
  update (self);
}

static gboolean
pic_loaded (MosDevice *device, GError **error)
{
  MosPic *self = (MosPic *) device;

  for (guint chip = MASTER; chip <= SLAVE; chip++) {
    self->lowest[chip] &= 7;
    self->elcr[chip] &= elcr_writable[chip];
  }
  self->intr = !(pending_input (self, MASTER) != NO_IRQ);
  update (self);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_STATE_ARRAY (MosPic, level, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, irr, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, isr, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, imr, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, elcr, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, base, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, lowest, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, expect, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, icw4_comes, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, single, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, auto_eoi, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, rotate_auto, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, special_mask, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, special_nested, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, read_isr, MOS_STATE_U8, 2),
  MOS_STATE_ARRAY (MosPic, poll, MOS_STATE_U8, 2),
  { NULL },
};

const MosDeviceClass mos_pic_class = {
  .name = "pic-8259",
  .title = "Interrupt controllers",
  .help = "Two Intel 8259A and the 82371SB's edge/level control registers",
  .instance_size = sizeof (MosPic),
  .state_version = 1,
  .state = state,
  .init = pic_init,
  .reset = pic_reset,
  .loaded = pic_loaded,
};

MosPic *
mos_pic_new (MosBus *bus, MosIrqHub *hub)
{
  MosPic *self = mos_device_new (&mos_pic_class, bus, "pic");

  mos_irq_hub_add_sink (hub, gsi_changed, self);
  return self;
}
