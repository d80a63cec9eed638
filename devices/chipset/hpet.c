/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * IA-PC HPET (High Precision Event Timers), revision 1.0a.
 *
 * The main counter runs at 100 MHz off the machine's clock. Three comparators
 * fire once or, all of them, periodically, as 32 or 64 bits, by edge or level
 * on GSIs 16 to 23 (and 2 and 8 in legacy replacement mode), or as messages.
 * The comparators' host timers run on the I/O thread.
 */
#include "devices/chipset/hpet.h"

#define N_TIMERS     3
#define WINDOW_BYTES 0x400
#define TIMER_BASE   0x100
#define TIMER_STRIDE 0x20
#define PERIOD_FS    (MOS_HPET_PERIOD_NS * G_GUINT64_CONSTANT (1000000))
#define FASTEST_NS   10000 /* a period shorter than this is stretched */

enum {
  CONFIG_ENABLE = 1,
  CONFIG_LEGACY = 2
};

enum {
  TN_LEVEL = 1u << 1,
  TN_ENABLE = 1u << 2,
  TN_PERIODIC = 1u << 3,
  TN_PERIODIC_CAP = 1u << 4,
  TN_64_CAP = 1u << 5,
  TN_SET_VALUE = 1u << 6,
  TN_32_MODE = 1u << 8,
  TN_ROUTE = 31u << 9,
  TN_FSB_ENABLE = 1u << 14,
  TN_FSB_CAP = 1u << 15,
  TN_WRITABLE = 0x7f4e
};

/* GSIs a comparator may use, in the upper half of its configuration. */
#define ROUTE_CAP G_GUINT64_CONSTANT (0x00ff0000)
#define NO_ROUTE  31

typedef struct {
  MosHpet *hpet;
  guint    n;
  MosTimer timer;
  guint64  due; /* the counter value it waits for */
} Comparator;

struct MosHpet {
  MosDevice         device;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosMemoryRegion   region;
  MosPit           *pit;
  Comparator        comparators[N_TIMERS];
  MosLine           lines[MOS_IRQ_N_GSIS];

  guint64 capabilities;
  guint64 config;
  guint64 status;
  guint64 counter; /* while stopped; while running, its value at start_ns */
  guint64 start_ns;
  guint64 tn_config[N_TIMERS];
  guint64 tn_value[N_TIMERS];
  guint64 tn_period[N_TIMERS];
  guint64 tn_fsb[N_TIMERS];
};

/* Time --------------------------------------------------------------------- */

static gboolean
running (const MosHpet *self)
{
  return (self->config & CONFIG_ENABLE) != 0;
}

static guint64
counter_now (MosHpet *self)
{
  guint64 now;

  if (!running (self))
    return self->counter;
  now = mos_clock_now (self->device.bus->clock);
  return self->counter + (now - self->start_ns) / MOS_HPET_PERIOD_NS;
}

static gboolean
narrow (const MosHpet *self, guint n)
{
  return (self->tn_config[n] & TN_32_MODE) != 0;
}

/* Ticks from @now until comparator @n matches; at least 1. */
static guint64
ticks_until_match (MosHpet *self, guint n, guint64 now)
{
  guint64 ticks = self->tn_value[n] - now;

  if (narrow (self, n)) {
    ticks = (guint32) ticks;
    return ticks == 0 ? G_GUINT64_CONSTANT (1) << 32 : ticks;
  }
  return ticks == 0 ? G_MAXUINT64 : ticks;
}

static void
arm (MosHpet *self, guint n)
{
  Comparator *comparator = &self->comparators[n];
  guint64     now = counter_now (self);
  guint64     ticks;

  if (!running (self) || !(self->tn_config[n] & TN_ENABLE)) {
    mos_timer_disarm (&comparator->timer);
    return;
  }
  ticks = ticks_until_match (self, n, now);
  /* Beyond a hundred years is never. */
  if (ticks > G_MAXINT64 / 4 / MOS_HPET_PERIOD_NS) {
    mos_timer_disarm (&comparator->timer);
    return;
  }
  comparator->due = now + ticks;
  mos_timer_arm (&comparator->timer,
                 (gint64) (self->start_ns + (comparator->due - self->counter) *
                                                MOS_HPET_PERIOD_NS));
}

static void
arm_all (MosHpet *self)
{
  for (guint n = 0; n < N_TIMERS; n++)
    arm (self, n);
}

/* Interrupts --------------------------------------------------------------- */

static gboolean
is_legacy (const MosHpet *self, guint n)
{
  return (self->config & CONFIG_LEGACY) != 0 && n < 2;
}

/* The GSI comparator @n drives, or NO_ROUTE. */
static guint
route_of (const MosHpet *self, guint n)
{
  static const guint legacy[2] = { 0, 8 };
  guint              route = (self->tn_config[n] & TN_ROUTE) >> 9;

  if (is_legacy (self, n))
    return legacy[n];
  return (ROUTE_CAP >> route & 1) != 0 ? route : NO_ROUTE;
}

static void
send_message (MosHpet *self, guint n)
{
  const MosCpuInputs *inputs = self->device.bus->cpu_inputs;

  if (inputs != NULL && inputs->send_msi != NULL)
    inputs->send_msi (self->device.bus->cpus, self->tn_fsb[n] >> 32,
                      self->tn_fsb[n] & G_MAXUINT32);
}

/* Lines of level-triggered comparators follow their status bits. */
static void
update_levels (MosHpet *self)
{
  guint wanted = 0;

  for (guint n = 0; n < N_TIMERS; n++)
    if ((self->status >> n & 1) && (self->tn_config[n] & TN_LEVEL) &&
        (self->tn_config[n] & TN_ENABLE) && running (self) &&
        !(self->tn_config[n] & TN_FSB_ENABLE))
      wanted |= 1u << route_of (self, n);
  for (guint gsi = 0; gsi < MOS_IRQ_N_GSIS; gsi++)
    mos_line_set (&self->lines[gsi], (wanted >> gsi & 1) != 0);
}

static void
fire (MosHpet *self, guint n)
{
  guint gsi = route_of (self, n);

  __atomic_add_fetch (&self->device.counters.interrupts, 1, __ATOMIC_RELAXED);
  if (self->tn_config[n] & TN_LEVEL)
    self->status |= 1u << n;
  if ((self->tn_config[n] & TN_FSB_ENABLE) && !is_legacy (self, n))
    send_message (self, n);
  else if (self->tn_config[n] & TN_LEVEL)
    update_levels (self);
  else if (gsi < MOS_IRQ_N_GSIS)
    mos_line_pulse (&self->lines[gsi]);
}

/* Moves a periodic comparator past the counter. */
static void
next_period (MosHpet *self, guint n)
{
  guint64 period = self->tn_period[n];
  guint64 now = counter_now (self);
  guint64 due = self->comparators[n].due;

  period = MAX (period, FASTEST_NS / MOS_HPET_PERIOD_NS);
  due += ((now - due) / period + 1) * period;
  self->tn_value[n] = narrow (self, n) ? (guint32) due : due;
}

static void
timer_cb (gpointer user_data)
{
  Comparator *comparator = user_data;
  MosHpet    *self = comparator->hpet;
  guint       n = comparator->n;

  g_mutex_lock (&self->device.lock);
  if (running (self) && (self->tn_config[n] & TN_ENABLE) &&
      counter_now (self) >= comparator->due) {
    fire (self, n);
    if (self->tn_config[n] & TN_PERIODIC)
      next_period (self, n);
    /* One shot: matches again when the counter comes round. */
  }
  arm (self, n);
  g_mutex_unlock (&self->device.lock);
}

/* Registers ---------------------------------------------------------------- */

static void
config_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosHpet *self = (MosHpet *) device;
  guint64  changed;

  if (self->pit == NULL)
    value &= ~(guint64) CONFIG_LEGACY;
  changed = value ^ self->config;
  if (changed & CONFIG_ENABLE) {
    self->counter = counter_now (self);
    self->start_ns = mos_clock_now (device->bus->clock);
  }
  self->config = value;
  if ((changed & CONFIG_LEGACY) && self->pit != NULL)
    mos_pit_set_irq_enabled (self->pit, !(value & CONFIG_LEGACY));
  update_levels (self);
  arm_all (self);
}

static void
status_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosHpet *self = (MosHpet *) device;

  self->status = value;
  update_levels (self);
}

static guint64
counter_read (MosDevice *device, const MosRegister *row)
{
  return counter_now ((MosHpet *) device);
}

static void
counter_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosHpet *self = (MosHpet *) device;

  if (running (self)) /* undefined; it keeps running */
    return;
  self->counter = value;
}

static guint
timer_of (const MosRegister *row)
{
  return (row->offset - TIMER_BASE) / TIMER_STRIDE;
}

static void
tn_config_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosHpet *self = (MosHpet *) device;
  guint    n = timer_of (row);

  self->tn_config[n] = value;
  if (value & TN_32_MODE) {
    self->tn_value[n] &= G_MAXUINT32;
    self->tn_period[n] &= G_MAXUINT32;
  }
  update_levels (self);
  arm (self, n);
}

static void
tn_value_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosHpet *self = (MosHpet *) device;
  guint    n = timer_of (row);

  if (narrow (self, n))
    value &= G_MAXUINT32;
  if (!(self->tn_config[n] & TN_PERIODIC) ||
      (self->tn_config[n] & TN_SET_VALUE))
    self->tn_value[n] = value;
  if (self->tn_config[n] & TN_PERIODIC)
    self->tn_period[n] = value;
  self->tn_config[n] &= ~(guint64) TN_SET_VALUE;
  arm (self, n);
}

static const MosField config_fields[] = {
  { "ENABLE_CNF", 0, 1, "The counter runs." },
  { "LEG_RT_CNF", 1, 1, "Comparators 0 and 1 replace the PIT and the RTC." },
  { NULL },
};

static const MosField tn_fields[] = {
  { "INT_TYPE_CNF", 1, 1, "Level instead of edge." },
  { "INT_ENB_CNF", 2, 1, "May interrupt." },
  { "TYPE_CNF", 3, 1, "Periodic." },
  { "PER_INT_CAP", 4, 1, "Can be periodic." },
  { "SIZE_CAP", 5, 1, "Has 64 bits." },
  { "VAL_SET_CNF", 6, 1, "The next write also sets the comparator." },
  { "32MODE_CNF", 8, 1, "Works with 32 bits." },
  { "INT_ROUTE_CNF", 9, 5, "I/O APIC input." },
  { "FSB_EN_CNF", 14, 1, "Sends messages." },
  { "FSB_INT_DEL_CAP", 15, 1, "Can send messages." },
  { "INT_ROUTE_CAP", 32, 32, "Inputs it can be routed to." },
  { NULL },
};

#define TN_RESET (ROUTE_CAP << 32 | TN_PERIODIC_CAP | TN_64_CAP | TN_FSB_CAP)
#define CELL(member, n) \
  (G_STRUCT_OFFSET (MosHpet, member) + (n) * sizeof (guint64))

static const MosRegister rows[] = {
  { "GCAP_ID", 0x000, 8, MOS_REGISTER_RO, CELL (capabilities, 0), 0, 0, NULL,
    "Capabilities and period" },
  { "GEN_CONF", 0x010, 8, MOS_REGISTER_RW, CELL (config, 0), 0,
    CONFIG_ENABLE | CONFIG_LEGACY, config_fields, "General configuration", NULL,
    config_write },
  { "GINTR_STA", 0x020, 8, MOS_REGISTER_W1C, CELL (status, 0), 0, 7, NULL,
    "Level-triggered comparators that fired", NULL, status_write },
  { "MAIN_CNT", 0x0f0, 8, MOS_REGISTER_RW, CELL (counter, 0), 0, 0, NULL,
    "Main counter", counter_read, counter_write },
  { "TIM0_CONF", 0x100, 8, MOS_REGISTER_RW, CELL (tn_config, 0), TN_RESET,
    TN_WRITABLE, tn_fields, "Comparator 0", NULL, tn_config_write },
  { "TIM0_COMP", 0x108, 8, MOS_REGISTER_RW, CELL (tn_value, 0), G_MAXUINT64, 0,
    NULL, "Value comparator 0 waits for", NULL, tn_value_write },
  { "TIM0_FSB", 0x110, 8, MOS_REGISTER_RW, CELL (tn_fsb, 0), 0, 0, NULL,
    "Message of comparator 0" },
  { "TIM1_CONF", 0x120, 8, MOS_REGISTER_RW, CELL (tn_config, 1), TN_RESET,
    TN_WRITABLE, tn_fields, "Comparator 1", NULL, tn_config_write },
  { "TIM1_COMP", 0x128, 8, MOS_REGISTER_RW, CELL (tn_value, 1), G_MAXUINT64, 0,
    NULL, "Value comparator 1 waits for", NULL, tn_value_write },
  { "TIM1_FSB", 0x130, 8, MOS_REGISTER_RW, CELL (tn_fsb, 1), 0, 0, NULL,
    "Message of comparator 1" },
  { "TIM2_CONF", 0x140, 8, MOS_REGISTER_RW, CELL (tn_config, 2), TN_RESET,
    TN_WRITABLE, tn_fields, "Comparator 2", NULL, tn_config_write },
  { "TIM2_COMP", 0x148, 8, MOS_REGISTER_RW, CELL (tn_value, 2), G_MAXUINT64, 0,
    NULL, "Value comparator 2 waits for", NULL, tn_value_write },
  { "TIM2_FSB", 0x150, 8, MOS_REGISTER_RW, CELL (tn_fsb, 2), 0, 0, NULL,
    "Message of comparator 2" },
};

/* Device ------------------------------------------------------------------- */

static void
hpet_init (MosDevice *device)
{
  MosHpet *self = (MosHpet *) device;

  self->registers.device = device;
  self->registers.bank = mos_device_add_bank (
      device, "mmio", rows, G_N_ELEMENTS (rows), WINDOW_BYTES);
  mos_device_window_init (device, &self->window, "hpet",
                          &mos_register_window_ops, &self->registers,
                          MOS_HPET_GPA, WINDOW_BYTES);
  self->region = (MosMemoryRegion){
    .name = "hpet",
    .gpa = MOS_HPET_GPA,
    .size = WINDOW_BYTES,
    .priority = 1,
    .enabled = TRUE,
    .kind = MOS_MEMORY_IO,
    .io = &self->window,
  };
  mos_memory_map_add (device->bus->memory, &self->region);
  for (guint n = 0; n < N_TIMERS; n++) {
    Comparator *comparator = &self->comparators[n];

    comparator->hpet = self;
    comparator->n = n;
    mos_timer_init (&comparator->timer, device->bus->clock, timer_cb,
                    comparator);
  }
}

static void
hpet_reset (MosDevice *device)
{
  MosHpet *self = (MosHpet *) device;

  if ((self->config & CONFIG_LEGACY) && self->pit != NULL)
    mos_pit_set_irq_enabled (self->pit, TRUE);
  mos_register_bank_reset (self->registers.bank, device);
  self->capabilities =
      PERIOD_FS << 32 |
      (self->pit != NULL ? MOS_HPET_ID : MOS_HPET_ID_NO_LEGACY);
  self->start_ns = 0;
  for (guint n = 0; n < N_TIMERS; n++)
    self->tn_period[n] = 0;
  update_levels (self);
  arm_all (self);
}

static void
hpet_clear (MosDevice *device)
{
  MosHpet *self = (MosHpet *) device;

  for (guint n = 0; n < N_TIMERS; n++)
    mos_timer_clear (&self->comparators[n].timer);
}

static gboolean
hpet_loaded (MosDevice *device, GError **error)
{
  MosHpet *self = (MosHpet *) device;
  guint64  now = mos_clock_now (device->bus->clock);

  self->start_ns = MIN (self->start_ns, now);
  for (guint n = 0; n < N_TIMERS; n++)
    self->tn_config[n] = (self->tn_config[n] & TN_WRITABLE) | TN_RESET;
  update_levels (self);
  arm_all (self);
  return TRUE;
}

static const MosStateField state[] = {
  MOS_STATE (MosHpet, config, MOS_STATE_U64),
  MOS_STATE (MosHpet, status, MOS_STATE_U64),
  MOS_STATE (MosHpet, counter, MOS_STATE_U64),
  MOS_STATE (MosHpet, start_ns, MOS_STATE_U64),
  MOS_STATE_ARRAY (MosHpet, tn_config, MOS_STATE_U64, N_TIMERS),
  MOS_STATE_ARRAY (MosHpet, tn_value, MOS_STATE_U64, N_TIMERS),
  MOS_STATE_ARRAY (MosHpet, tn_period, MOS_STATE_U64, N_TIMERS),
  MOS_STATE_ARRAY (MosHpet, tn_fsb, MOS_STATE_U64, N_TIMERS),
  { NULL },
};

const MosDeviceClass mos_hpet_class = {
  .name = "hpet",
  .title = "High precision event timer",
  .help = "IA-PC HPET 1.0a with three comparators",
  .instance_size = sizeof (MosHpet),
  .state_version = 1,
  .state = state,
  .init = hpet_init,
  .reset = hpet_reset,
  .clear = hpet_clear,
  .loaded = hpet_loaded,
};

MosHpet *
mos_hpet_new (MosBus *bus, MosIrqHub *hub, MosPit *pit)
{
  MosHpet *self = mos_device_new (&mos_hpet_class, bus, "hpet");

  self->pit = pit;
  for (guint gsi = 0; gsi < MOS_IRQ_N_GSIS; gsi++)
    mos_irq_hub_connect (hub, &self->lines[gsi], gsi);
  return self;
}
