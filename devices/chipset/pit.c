/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 8254 programmable interval timer.
 *
 * Follows the Intel 8254 data sheet: six modes, gate inputs, binary and BCD
 * counting, counter latch, read-back of count and status. Nothing ticks: a
 * counter remembers at which tick of the 1.193182 MHz clock it was loaded and
 * everything else is worked out from the machine's clock. Only counter 0 has a
 * host timer, for its next rising edge on IRQ 0. Port 0x61 holds the gate of
 * counter 2 and the speaker's data bit (82371SB, "NMI Status and Control").
 */
#include "devices/chipset/pit.h"

#define N_COUNTERS 3
#define NS_PER_S   G_GINT64_CONSTANT (1000000000)
#define NEVER      G_MAXUINT64

/* How a counter is read and written (control word, RW). */
enum {
  RW_LATCH,
  RW_LOW,
  RW_HIGH,
  RW_BOTH
};

enum {
  PORT61_GATE2 = 0x01,
  PORT61_SPEAKER = 0x02,
  PORT61_REFRESH = 0x10,
  PORT61_OUT2 = 0x20,
  PORT61_WRITABLE = 0x0f
};

struct MosPit {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosRegisterWindow control;
  MosIoWindow       control_window;
  MosLine           irq;
  MosTimer          timer;

  gboolean irq_enabled;
  guint8   port61;
  guint64  load_tick[N_COUNTERS];  /* tick at which counting began */
  guint64  held_ticks[N_COUNTERS]; /* counted so far, while the gate is low */
  guint32  initial[N_COUNTERS];    /* 1 to 65536 (or 10000 in BCD) */
  guint16  latched_count[N_COUNTERS];
  guint8   mode[N_COUNTERS];
  guint8   bcd[N_COUNTERS];
  guint8   rw[N_COUNTERS];
  guint8   gate[N_COUNTERS];
  guint8   counting[N_COUNTERS]; /* loaded and, in modes 1 and 5, triggered */
  guint8   loaded[N_COUNTERS];
  guint8   count_latched[N_COUNTERS]; /* bytes of it still to be read */
  guint8   status_latched[N_COUNTERS];
  guint8   latched_status[N_COUNTERS];
  guint8   read_high[N_COUNTERS]; /* RW_BOTH: the high byte comes next */
  guint8   write_high[N_COUNTERS];
  guint8   write_low[N_COUNTERS];
};

/* Time --------------------------------------------------------------------- */

static guint64
ticks_at (gint64 ns)
{
  return (guint64) (ns / NS_PER_S) * MOS_PIT_HZ +
         (guint64) (ns % NS_PER_S) * MOS_PIT_HZ / NS_PER_S;
}

/* The first nanosecond of @tick. */
static gint64
ns_of (guint64 tick)
{
  guint64 rest = tick % MOS_PIT_HZ;

  return (gint64) (tick / MOS_PIT_HZ) * NS_PER_S +
         (gint64) ((rest * NS_PER_S + MOS_PIT_HZ - 1) / MOS_PIT_HZ);
}

static guint64
now_ticks (MosPit *self)
{
  return ticks_at (mos_clock_now (self->device.bus->clock));
}

/* Does a low gate stop the count (and not just arm a trigger)? */
static gboolean
gate_holds (const MosPit *self, guint n)
{
  return self->mode[n] != 1 && self->mode[n] != 5;
}

static guint64
elapsed (MosPit *self, guint n, guint64 now)
{
  if (!self->gate[n] && gate_holds (self, n))
    return self->held_ticks[n];
  return now - self->load_tick[n];
}

/* The OUT pin. */
static gboolean
out_level (MosPit *self, guint n, guint64 now)
{
  guint64 ticks;
  guint32 initial = self->initial[n];
  guint   mode = self->mode[n];

  if (!self->counting[n])
    return mode != 0;
  ticks = elapsed (self, n, now);
  switch (mode) {
  case 0:
  case 1:
    return ticks >= initial;
  case 2:
    return !self->gate[n] || ticks % initial != initial - 1;
  case 3:
    return !self->gate[n] || ticks % initial < (initial + 1) / 2;
  default:
    return ticks != initial;
  }
}

static guint16
to_bcd (guint value)
{
  return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 |
         value / 1000 % 10 << 12;
}

static guint
from_bcd (guint16 value)
{
  return (value & 15) + (value >> 4 & 15) * 10 + (value >> 8 & 15) * 100 +
         (value >> 12) * 1000;
}

static guint16
current_count (MosPit *self, guint n, guint64 now)
{
  guint32 modulus = self->bcd[n] ? 10000 : 0x10000;
  guint32 initial = self->initial[n];
  guint64 ticks;
  guint32 count;

  if (!self->counting[n])
    return self->bcd[n] ? to_bcd (initial) : initial;
  ticks = elapsed (self, n, now);
  if (self->mode[n] == 2)
    count = initial - ticks % initial;
  else if (self->mode[n] == 3) /* counts by two, twice a period */
    count = initial - 2 * (ticks % initial) % initial;
  else
    count = (initial + modulus - ticks % modulus) % modulus;
  return self->bcd[n] ? to_bcd (count % modulus) : count;
}

/* IRQ 0 -------------------------------------------------------------------- */

/* The tick of the next rising edge of OUT after @now, or NEVER. */
static guint64
next_edge (MosPit *self, guint n, guint64 now)
{
  guint64 start = self->load_tick[n];
  guint32 initial = self->initial[n];

  if (!self->counting[n] || (!self->gate[n] && gate_holds (self, n)))
    return NEVER;
  switch (self->mode[n]) {
  case 0:
  case 1:
    return now < start + initial ? start + initial : NEVER;
  case 2:
  case 3:
    return start + ((now - start) / initial + 1) * initial;
  default:
    return now < start + initial + 1 ? start + initial + 1 : NEVER;
  }
}

/* Puts OUT of counter 0 on the wire and sets the timer for the next edge. */
static void
update_irq (MosPit *self)
{
  guint64 now = now_ticks (self);
  guint64 next = next_edge (self, 0, now);

  mos_line_set (&self->irq, self->irq_enabled && out_level (self, 0, now));
  if (next == NEVER)
    mos_timer_disarm (&self->timer);
  else
    mos_timer_arm (&self->timer, ns_of (next));
}

static void
timer_cb (gpointer user_data)
{
  MosPit *self = user_data;

  g_mutex_lock (&self->device.lock);
  /* The low time before the edge, and even the high time after it, may have
   * gone by unseen on a busy host: make the edge. */
  if (self->counting[0] && self->irq_enabled) {
    mos_line_set (&self->irq, FALSE);
    mos_line_set (&self->irq, TRUE);
  }
  update_irq (self);
  g_mutex_unlock (&self->device.lock);
}

void
mos_pit_set_irq_enabled (MosPit *self, gboolean enabled)
{
  g_mutex_lock (&self->device.lock);
  self->irq_enabled = enabled;
  update_irq (self);
  g_mutex_unlock (&self->device.lock);
}

/* Counting ----------------------------------------------------------------- */

static void
begin (MosPit *self, guint n)
{
  self->counting[n] = 1;
  self->load_tick[n] = now_ticks (self);
  self->held_ticks[n] = 0;
}

static void
load_counter (MosPit *self, guint n, guint16 value)
{
  guint count = self->bcd[n] ? from_bcd (value) : value;

  if (count == 0)
    count = self->bcd[n] ? 10000 : 0x10000;
  /* A period of one is not allowed in modes 2 and 3. */
  if ((self->mode[n] == 2 || self->mode[n] == 3) && count == 1)
    count = 2;
  self->initial[n] = count;
  self->loaded[n] = 1;
  if (gate_holds (self, n))
    begin (self, n);
  if (n == 0)
    update_irq (self);
}

static void
set_gate (MosPit *self, guint n, gboolean gate)
{
  guint64 now = now_ticks (self);

  if (gate == self->gate[n])
    return;
  if (!gate) {
    self->held_ticks[n] = now - self->load_tick[n];
    self->gate[n] = 0;
    return;
  }
  self->gate[n] = 1;
  if (!self->loaded[n])
    return;
  if (self->mode[n] == 0 || self->mode[n] == 4)
    self->load_tick[n] = now - self->held_ticks[n];
  else
    begin (self, n);
}

/* Registers ---------------------------------------------------------------- */

static guint8
status_of (MosPit *self, guint n, guint64 now)
{
  return (out_level (self, n, now) ? 0x80 : 0) | (self->loaded[n] ? 0 : 0x40) |
         self->rw[n] << 4 | self->mode[n] << 1 | self->bcd[n];
}

static void
latch_count (MosPit *self, guint n, guint64 now)
{
  if (self->count_latched[n] != 0)
    return;
  self->latched_count[n] = current_count (self, n, now);
  self->count_latched[n] = self->rw[n] == RW_BOTH ? 2 : 1;
  self->read_high[n] = 0;
}

static void
read_back (MosPit *self, guint8 value)
{
  guint64 now = now_ticks (self);

  for (guint n = 0; n < N_COUNTERS; n++) {
    if (!(value & 2u << n))
      continue;
    if (!(value & 0x20))
      latch_count (self, n, now);
    if (!(value & 0x10) && !self->status_latched[n]) {
      self->latched_status[n] = status_of (self, n, now);
      self->status_latched[n] = 1;
    }
  }
}

static void
control_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  static const guint8 modes[8] = { 0, 1, 2, 3, 4, 5, 2, 3 };
  MosPit             *self = (MosPit *) device;
  guint               n = value >> 6;

  if (n == N_COUNTERS) {
    read_back (self, value);
    return;
  }
  if ((value >> 4 & 3) == RW_LATCH) {
    latch_count (self, n, now_ticks (self));
    return;
  }
  self->rw[n] = value >> 4 & 3;
  self->mode[n] = modes[value >> 1 & 7];
  self->bcd[n] = value & 1;
  self->counting[n] = 0;
  self->loaded[n] = 0;
  self->initial[n] = self->bcd[n] ? 10000 : 0x10000;
  self->count_latched[n] = 0;
  self->status_latched[n] = 0;
  self->read_high[n] = 0;
  self->write_high[n] = 0;
  if (n == 0)
    update_irq (self);
}

static guint8
byte_of (MosPit *self, guint n, guint16 count)
{
  gboolean high = self->rw[n] == RW_HIGH;

  if (self->rw[n] == RW_BOTH) {
    high = self->read_high[n];
    self->read_high[n] = !self->read_high[n];
  }
  return high ? count >> 8 : count & 0xff;
}

static guint64
counter_read (MosDevice *device, const MosRegister *row)
{
  MosPit *self = (MosPit *) device;
  guint   n = row->offset;

  if (self->status_latched[n]) {
    self->status_latched[n] = 0;
    return self->latched_status[n];
  }
  if (self->count_latched[n] > 0) {
    self->count_latched[n]--;
    return byte_of (self, n, self->latched_count[n]);
  }
  return byte_of (self, n, current_count (self, n, now_ticks (self)));
}

static void
counter_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPit *self = (MosPit *) device;
  guint   n = row->offset;

  switch (self->rw[n]) {
  case RW_LOW:
    load_counter (self, n, value);
    break;
  case RW_HIGH:
    load_counter (self, n, value << 8);
    break;
  case RW_BOTH:
    if (self->write_high[n]) {
      load_counter (self, n, self->write_low[n] | value << 8);
    } else {
      self->write_low[n] = value;
      if (self->mode[n] == 0) { /* the first byte stops the count */
        self->counting[n] = 0;
        if (n == 0)
          update_irq (self);
      }
    }
    self->write_high[n] = !self->write_high[n];
    break;
  default:
    break;
  }
}

static guint64
port61_read (MosDevice *device, const MosRegister *row)
{
  MosPit *self = (MosPit *) device;
  guint64 now = now_ticks (self);
  guint8  value = self->port61 & PORT61_WRITABLE;

  if (out_level (self, 2, now))
    value |= PORT61_OUT2;
  if (now / 18 & 1) /* DRAM refresh every 15 microseconds */
    value |= PORT61_REFRESH;
  return value;
}

static void
port61_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPit *self = (MosPit *) device;

  self->port61 = value & PORT61_WRITABLE;
  set_gate (self, 2, (value & PORT61_GATE2) != 0);
}

static const MosField control_fields[] = {
  { "BCD", 0, 1, "Counts in decimal." },
  { "M", 1, 3, "Mode." },
  { "RW", 4, 2, "Latch, low byte, high byte or both." },
  { "SC", 6, 2, "Counter, or 3 for read-back." },
  { NULL },
};

static const MosField port61_fields[] = {
  { "GATE2", 0, 1, "Counter 2 counts." },
  { "SPKR", 1, 1, "Counter 2 reaches the speaker." },
  { "REFRESH", 4, 1, "Toggles with every memory refresh." },
  { "OUT2", 5, 1, "Output of counter 2." },
  { NULL },
};

static const MosRegister rows[] = {
  { "COUNTER0", 0, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0,
    NULL, "System timer, IRQ 0", counter_read, counter_write },
  { "COUNTER1", 1, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0,
    NULL, "Once the memory refresh", counter_read, counter_write },
  { "COUNTER2", 2, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0,
    NULL, "Speaker", counter_read, counter_write },
  { "CONTROL", 3, 1, MOS_REGISTER_WO, MOS_NO_CELL, 0, 0, control_fields,
    "Control word, counter latch, read-back", NULL, control_write },
};

static const MosRegister port61_rows[] = {
  { "NMISC", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPit, port61), 0, 0,
    port61_fields, "NMI status and speaker control", port61_read,
    port61_write },
};

/* Device ------------------------------------------------------------------- */

static void
pit_init (MosDevice *device)
{
  MosPit *self = (MosPit *) device;

  self->registers.device = device;
  self->registers.gap = 0xff;
  self->registers.bank =
      mos_device_add_bank (device, "io", rows, G_N_ELEMENTS (rows), 4);
  self->control.device = device;
  self->control.bank = mos_device_add_bank (device, "port61", port61_rows,
                                            G_N_ELEMENTS (port61_rows), 1);
  mos_device_window_init (device, &self->window, "pit",
                          &mos_register_window_ops, &self->registers, 0x40, 4);
  mos_device_window_init (device, &self->control_window, "port61",
                          &mos_register_window_ops, &self->control, 0x61, 1);
  mos_bus_map_ports (device->bus, &self->window);
  mos_bus_map_ports (device->bus, &self->control_window);
  mos_timer_init (&self->timer, device->bus->clock, timer_cb, self);
  self->irq.edges = &device->counters.interrupts;
}

static void
pit_reset (MosDevice *device)
{
  MosPit *self = (MosPit *) device;

  self->irq_enabled = TRUE;
  self->port61 = 0;
  for (guint n = 0; n < N_COUNTERS; n++) {
    self->mode[n] = 3;
    self->bcd[n] = 0;
    self->rw[n] = RW_BOTH;
    self->gate[n] = n != 2;
    self->initial[n] = 0x10000;
    self->counting[n] = 0;
    self->loaded[n] = 0;
    self->count_latched[n] = 0;
    self->status_latched[n] = 0;
    self->read_high[n] = 0;
    self->write_high[n] = 0;
    self->load_tick[n] = 0;
    self->held_ticks[n] = 0;
  }
  mos_line_set (&self->irq, FALSE);
  mos_timer_disarm (&self->timer);
}

static void
pit_clear (MosDevice *device)
{
  mos_timer_clear (&((MosPit *) device)->timer);
}

static gboolean
pit_loaded (MosDevice *device, GError **error)
{
  MosPit *self = (MosPit *) device;
  guint64 now = now_ticks (self);

  for (guint n = 0; n < N_COUNTERS; n++) {
    self->initial[n] = CLAMP (self->initial[n], 1, 0x10000);
    self->load_tick[n] = MIN (self->load_tick[n], now);
    self->mode[n] = MIN (self->mode[n], 5);
    self->rw[n] &= 3;
    self->gate[n] = self->gate[n] != 0;
  }
  update_irq (self);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_STATE (MosPit, irq_enabled, MOS_STATE_BOOL),
  MOS_STATE (MosPit, port61, MOS_STATE_U8),
  MOS_STATE_ARRAY (MosPit, load_tick, MOS_STATE_U64, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, held_ticks, MOS_STATE_U64, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, initial, MOS_STATE_U32, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, latched_count, MOS_STATE_U16, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, mode, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, bcd, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, rw, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, gate, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, counting, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, loaded, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, count_latched, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, status_latched, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, latched_status, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, read_high, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, write_high, MOS_STATE_U8, N_COUNTERS),
  MOS_STATE_ARRAY (MosPit, write_low, MOS_STATE_U8, N_COUNTERS),
  { NULL },
};

const MosDeviceClass mos_pit_class = {
  .name = "pit-8254",
  .title = "Interval timer",
  .help = "Intel 8254 programmable interval timer and port 0x61",
  .instance_size = sizeof (MosPit),
  .state_version = 1,
  .state = state,
  .init = pit_init,
  .reset = pit_reset,
  .clear = pit_clear,
  .loaded = pit_loaded,
};

MosPit *
mos_pit_new (MosBus *bus, MosIrqHub *hub)
{
  MosPit *self = mos_device_new (&mos_pit_class, bus, "pit");

  mos_irq_hub_connect (hub, &self->irq, 0);
  return self;
}
