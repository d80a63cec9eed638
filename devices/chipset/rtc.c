/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * MC146818A real-time clock plus RAM, as the 82371SB has it.
 *
 * Follows the Motorola MC146818A data sheet: time, calendar and alarm bytes,
 * registers A to D, the three interrupt sources, BCD and binary, 12 and 24
 * hours; the century lives in byte 0x32. The clock is an offset to the
 * machine's clock; flags of things that happened in between are worked out
 * when register C is read, and a host timer runs only while an interrupt is
 * enabled. Runs on vCPU threads and, for the timer, the I/O thread.
 */
#include "devices/chipset/rtc.h"

#include <string.h>

#define NS_PER_S     G_GINT64_CONSTANT (1000000000)
#define UPDATE_NS    2228000 /* UIP is set so long before the second turns */
#define CENTURY      0x32
#define MAX_CATCH_UP 120 /* seconds looked at for a missed alarm */
#define RATE_HZ      32768
#define YEAR_2000_S  G_GINT64_CONSTANT (946684800)
#define LATEST_S     G_GINT64_CONSTANT (253402300799) /* end of year 9999 */

enum {
  SECONDS,
  SECONDS_ALARM,
  MINUTES,
  MINUTES_ALARM,
  HOURS,
  HOURS_ALARM,
  DAY_OF_WEEK,
  DAY,
  MONTH,
  YEAR,
  REG_A,
  REG_B,
  REG_C,
  REG_D
};

enum {
  A_UIP = 0x80,
  A_DIVIDER = 0x70,
  A_DIVIDER_ON = 0x20,
  A_RATE = 0x0f,
  B_SET = 0x80,
  B_PIE = 0x40,
  B_AIE = 0x20,
  B_UIE = 0x10,
  B_BINARY = 0x04,
  B_24_HOURS = 0x02,
  C_IRQF = 0x80,
  C_PF = 0x40,
  C_AF = 0x20,
  C_UF = 0x10,
  C_SOURCES = 0x70,
  D_VALID = 0x80,
  HOURS_PM = 0x80,
  ALARM_ANY = 0xc0
};

struct MosRtc {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosLine           irq;
  MosLine           alarm;
  MosTimer          timer;

  guint8  index;
  guint8  cmos[MOS_RTC_NVRAM_BYTES]; /* time bytes: while SET, or alarms */
  guint64 offset_s;     /* Unix time at machine time 0, as a signed number */
  guint64 seen_s;       /* the last second whose update was noted */
  guint64 seen_periods; /* the last periodic tick noted */
};

/* Time --------------------------------------------------------------------- */

static gint64
machine_ns (MosRtc *self)
{
  return mos_clock_now (self->device.bus->clock);
}

static gint64
unix_s (MosRtc *self, gint64 ns)
{
  return CLAMP ((gint64) self->offset_s + ns / NS_PER_S, 0, LATEST_S);
}

static gboolean
runs (const MosRtc *self)
{
  return (self->cmos[REG_A] & A_DIVIDER) == A_DIVIDER_ON &&
         !(self->cmos[REG_B] & B_SET);
}

static guint8
encode (const MosRtc *self, guint value)
{
  if (self->cmos[REG_B] & B_BINARY)
    return value;
  return value % 10 | value / 10 % 10 << 4;
}

static guint
decode (const MosRtc *self, guint8 value)
{
  if (self->cmos[REG_B] & B_BINARY)
    return value;
  return (value & 15) + (value >> 4) * 10;
}

static guint8
encode_hours (const MosRtc *self, guint hours)
{
  if (self->cmos[REG_B] & B_24_HOURS)
    return encode (self, hours);
  return encode (self, hours % 12 == 0 ? 12 : hours % 12) |
         (hours >= 12 ? HOURS_PM : 0);
}

static guint
decode_hours (const MosRtc *self, guint8 value)
{
  if (self->cmos[REG_B] & B_24_HOURS)
    return decode (self, value);
  return decode (self, value & ~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

/* Writes the time of @s into the bytes. */
static void
set_bytes (MosRtc *self, gint64 s)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (s);
  guint8 *cmos = self->cmos;

  if (time == NULL)
    return;
  cmos[SECONDS] = encode (self, g_date_time_get_second (time));
  cmos[MINUTES] = encode (self, g_date_time_get_minute (time));
  cmos[HOURS] = encode_hours (self, g_date_time_get_hour (time));
  cmos[DAY_OF_WEEK] = encode (self, g_date_time_get_day_of_week (time) % 7 + 1);
  cmos[DAY] = encode (self, g_date_time_get_day_of_month (time));
  cmos[MONTH] = encode (self, g_date_time_get_month (time));
  cmos[YEAR] = encode (self, g_date_time_get_year (time) % 100);
  cmos[CENTURY] = encode (self, g_date_time_get_year (time) / 100);
}

/* The time in the bytes; what is no date counts as the nearest one. */
static gint64
bytes_s (const MosRtc *self)
{
  const guint8 *cmos = self->cmos;
  guint         century = decode (self, cmos[CENTURY]);
  guint         year = decode (self, cmos[YEAR]) % 100;
  guint         month = CLAMP (decode (self, cmos[MONTH]), 1, 12);
  guint         day = CLAMP (decode (self, cmos[DAY]), 1, 31);
  gint64        s;

  year += CLAMP (century, 19, 99) * 100;
  day = MIN (day, g_date_get_days_in_month (month, year));
  g_autoptr (GDateTime) time = g_date_time_new_utc (
      year, month, day, MIN (decode_hours (self, cmos[HOURS]), 23),
      MIN (decode (self, cmos[MINUTES]), 59),
      MIN (decode (self, cmos[SECONDS]), 59));

  s = time == NULL ? YEAR_2000_S : g_date_time_to_unix (time);
  return MAX (s, 0);
}

/* Interrupts --------------------------------------------------------------- */

/* Periodic ticks a second; 0: none. */
static guint
period_hz (const MosRtc *self)
{
  guint rate = self->cmos[REG_A] & A_RATE;

  if (rate == 0)
    return 0;
  if (rate <= 2) /* 1 and 2 are as 8 and 9 with the 32 kHz time base */
    rate += 7;
  return RATE_HZ >> (rate - 1);
}

static guint64
periods_at (const MosRtc *self, gint64 ns)
{
  guint64 hz = period_hz (self);

  return (guint64) (ns / NS_PER_S) * hz +
         (guint64) (ns % NS_PER_S) * hz / NS_PER_S;
}

static gboolean
matches (guint8 alarm, guint8 now)
{
  return (alarm & ALARM_ANY) == ALARM_ANY || alarm == now;
}

static gboolean
alarm_at (const MosRtc *self, gint64 s)
{
  const guint8 *cmos = self->cmos;
  guint         day_s = s % 86400;

  return matches (cmos[SECONDS_ALARM], encode (self, day_s % 60)) &&
         matches (cmos[MINUTES_ALARM], encode (self, day_s / 60 % 60)) &&
         matches (cmos[HOURS_ALARM], encode_hours (self, day_s / 3600));
}

/* Notes the flags of everything that happened up to now. */
static void
catch_up (MosRtc *self)
{
  gint64 ns = machine_ns (self);
  gint64 s = unix_s (self, ns);

  if (period_hz (self) != 0 && periods_at (self, ns) != self->seen_periods)
    self->cmos[REG_C] |= C_PF;
  self->seen_periods = periods_at (self, ns);
  if (runs (self) && s > (gint64) self->seen_s) {
    gint64 from = MAX ((gint64) self->seen_s + 1, s - MAX_CATCH_UP);

    self->cmos[REG_C] |= C_UF;
    for (gint64 i = from; i <= s; i++)
      if (alarm_at (self, i))
        self->cmos[REG_C] |= C_AF;
  }
  self->seen_s = s;
}

static gint64
next_event (MosRtc *self)
{
  guint8 enabled = self->cmos[REG_B];
  guint  hz = period_hz (self);
  gint64 ns = machine_ns (self);
  gint64 next = MOS_CLOCK_NEVER;

  if ((enabled & (B_AIE | B_UIE)) && runs (self))
    next = (ns / NS_PER_S + 1) * NS_PER_S;
  if ((enabled & B_PIE) && hz != 0) {
    guint64 tick = periods_at (self, ns) + 1;
    gint64  at = (gint64) (tick / hz) * NS_PER_S +
                (gint64) ((tick % hz * NS_PER_S + hz - 1) / hz);

    next = MIN (next, at);
  }
  return next;
}

static void
update (MosRtc *self)
{
  gboolean wanted;
  gint64   next = next_event (self);

  catch_up (self);
  wanted = (self->cmos[REG_C] & self->cmos[REG_B] & C_SOURCES) != 0;
  if (wanted)
    self->cmos[REG_C] |= C_IRQF;
  else
    self->cmos[REG_C] &= ~C_IRQF;
  mos_line_set (&self->irq, wanted);
  mos_line_set (&self->alarm,
                (self->cmos[REG_C] & self->cmos[REG_B] & C_AF) != 0);
  if (next == MOS_CLOCK_NEVER)
    mos_timer_disarm (&self->timer);
  else
    mos_timer_arm (&self->timer, next);
}

static void
timer_cb (gpointer user_data)
{
  MosRtc *self = user_data;

  g_mutex_lock (&self->device.lock);
  update (self);
  g_mutex_unlock (&self->device.lock);
}

/* Registers ---------------------------------------------------------------- */

static gboolean
is_time (guint index)
{
  return index == SECONDS || index == MINUTES || index == HOURS ||
         (index >= DAY_OF_WEEK && index <= YEAR) || index == CENTURY;
}

static guint8
read_a (MosRtc *self)
{
  gboolean updating =
      runs (self) && machine_ns (self) % NS_PER_S >= NS_PER_S - UPDATE_NS;

  return (self->cmos[REG_A] & ~A_UIP) | (updating ? A_UIP : 0);
}

static guint64
data_read (MosDevice *device, const MosRegister *row)
{
  MosRtc *self = (MosRtc *) device;
  guint8  value;

  if (is_time (self->index) && runs (self))
    set_bytes (self, unix_s (self, machine_ns (self)));
  switch (self->index) {
  case REG_A:
    return read_a (self);
  case REG_C:
    update (self);
    value = self->cmos[REG_C];
    self->cmos[REG_C] = 0;
    update (self);
    return value;
  case REG_D:
    return D_VALID;
  default:
    return self->cmos[self->index];
  }
}

/* The clock goes on from the bytes. */
static void
start_from_bytes (MosRtc *self)
{
  gint64 ns = machine_ns (self);

  self->offset_s = bytes_s (self) - ns / NS_PER_S;
  self->seen_s = unix_s (self, ns);
}

static void
write_time (MosRtc *self, guint8 value)
{
  gboolean running = runs (self);

  if (running)
    set_bytes (self, unix_s (self, machine_ns (self)));
  self->cmos[self->index] = value;
  if (running)
    start_from_bytes (self);
}

static void
write_control (MosRtc *self, guint8 value)
{
  gboolean ran = runs (self);

  update (self);
  /* Freeze or thaw with the formats the bytes are in. */
  if (ran)
    set_bytes (self, unix_s (self, machine_ns (self)));
  self->cmos[self->index] = value;
  if (self->index == REG_B && (value & B_SET))
    self->cmos[REG_B] &= ~B_UIE;
  if (!ran && runs (self))
    start_from_bytes (self);
  self->seen_periods = periods_at (self, machine_ns (self));
}

static void
data_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosRtc *self = (MosRtc *) device;

  if (is_time (self->index))
    write_time (self, value);
  else if (self->index == REG_A)
    write_control (self, value & ~A_UIP);
  else if (self->index == REG_B)
    write_control (self, value);
  else if (self->index != REG_C && self->index != REG_D)
    self->cmos[self->index] = value;
  update (self);
}

static const MosRegister rows[] = {
  { "RTCI", 0, 1, MOS_REGISTER_WO, G_STRUCT_OFFSET (MosRtc, index), 0, 0x7f,
    NULL, "Which byte RTCD shows (bit 7 would mask NMI)" },
  { "RTCD", 1, 1, MOS_REGISTER_RW | MOS_REGISTER_PEEK, MOS_NO_CELL, 0, 0, NULL,
    "The chosen byte of clock or memory", data_read, data_write },
};

/* Device ------------------------------------------------------------------- */

static void
rtc_init (MosDevice *device)
{
  MosRtc *self = (MosRtc *) device;

  self->registers.device = device;
  self->registers.bank =
      mos_device_add_bank (device, "io", rows, G_N_ELEMENTS (rows), 2);
  mos_device_window_init (device, &self->window, "rtc",
                          &mos_register_window_ops, &self->registers, 0x70, 2);
  mos_bus_map_ports (device->bus, &self->window);
  mos_timer_init (&self->timer, device->bus->clock, timer_cb, self);
  self->irq.edges = &device->counters.interrupts;
  self->cmos[REG_A] = A_DIVIDER_ON | 6;
  self->cmos[REG_B] = B_24_HOURS;
}

static void
rtc_reset (MosDevice *device)
{
  MosRtc *self = (MosRtc *) device;

  /* RESET# leaves the time and the memory alone. */
  self->index = 0;
  self->cmos[REG_B] &= ~(B_PIE | B_AIE | B_UIE);
  self->cmos[REG_C] = 0;
  self->seen_s = unix_s (self, machine_ns (self));
  update (self);
}

static void
rtc_clear (MosDevice *device)
{
  mos_timer_clear (&((MosRtc *) device)->timer);
}

/* What is only worked out when somebody looks is worked out first. */
static void
rtc_saved (MosDevice *device)
{
  update ((MosRtc *) device);
}

static gboolean
rtc_loaded (MosDevice *device, GError **error)
{
  MosRtc *self = (MosRtc *) device;

  self->index &= 0x7f;
  self->offset_s = CLAMP ((gint64) self->offset_s, -LATEST_S, LATEST_S);
  update (self);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_STATE (MosRtc, index, MOS_STATE_U8),
  MOS_STATE_ARRAY (MosRtc, cmos, MOS_STATE_BYTES, MOS_RTC_NVRAM_BYTES),
  MOS_STATE (MosRtc, offset_s, MOS_STATE_U64),
  MOS_STATE (MosRtc, seen_s, MOS_STATE_U64),
  MOS_STATE (MosRtc, seen_periods, MOS_STATE_U64),
  { NULL },
};

const MosDeviceClass mos_rtc_class = {
  .name = "rtc-mc146818",
  .title = "Real-time clock",
  .help = "Motorola MC146818A clock with 114 bytes of memory",
  .instance_size = sizeof (MosRtc),
  .state_version = 1,
  .state = state,
  .init = rtc_init,
  .reset = rtc_reset,
  .clear = rtc_clear,
  .saved = rtc_saved,
  .loaded = rtc_loaded,
};

MosRtc *
mos_rtc_new (MosBus *bus, MosIrqHub *hub, gint64 start_s)
{
  MosRtc *self = mos_device_new (&mos_rtc_class, bus, "rtc");
  gint64  now_s = start_s != 0 ? start_s : g_get_real_time () / G_USEC_PER_SEC;

  self->offset_s = now_s - machine_ns (self) / NS_PER_S;
  self->seen_s = now_s;
  mos_irq_hub_connect (hub, &self->irq, 8);
  return self;
}

void
mos_rtc_set_nvram (MosRtc *self, guint offset, guint8 value)
{
  g_return_if_fail (offset > REG_D && offset < MOS_RTC_NVRAM_BYTES);

  g_mutex_lock (&self->device.lock);
  self->cmos[offset] = value;
  g_mutex_unlock (&self->device.lock);
}

guint8
mos_rtc_get_nvram (MosRtc *self, guint offset)
{
  guint8 value;

  g_return_val_if_fail (offset < MOS_RTC_NVRAM_BYTES, 0xff);

  g_mutex_lock (&self->device.lock);
  value = self->cmos[offset];
  g_mutex_unlock (&self->device.lock);
  return value;
}

MosLine *
mos_rtc_alarm (MosRtc *self)
{
  return &self->alarm;
}
