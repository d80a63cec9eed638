/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * 82371AB power management function (PIIX4, function 3).
 *
 * Follows the Intel 82371AB data sheet, "Power Management Registers", and the
 * ACPI specification, "ACPI Hardware Specification": PM1 event and control
 * blocks, the 24-bit 3.58 MHz timer, SCI on IRQ 9 by level, sleep types as the
 * data sheet numbers them. System management interrupts do not exist; the SMI
 * command port switches ACPI mode by itself, as the handler would. Registers
 * are used by vCPUs, the button and the timer by other threads.
 */
#include "devices/chipset/piix4-pm.h"

#define NS_PER_S G_GINT64_CONSTANT (1000000000)
#define PM_BYTES 64

#define CONFIG_PMBA    MOS_PIIX4_PMBA
#define CONFIG_DEVACTB 0x58
#define CONFIG_PMREG   MOS_PIIX4_PMREGMISC
#define DEVACTB_APMC   0x02000000u
#define PMREG_ON       0x01u

enum {
  EVENT_TIMER = 0x0001,
  EVENT_GLOBAL = 0x0020,
  EVENT_BUTTON = 0x0100,
  EVENT_RTC = 0x0400,
  EVENT_WAKE = 0x8000,
  EVENTS_STATUS = 0x8d21,
  EVENTS_ENABLE = 0x0521,
  EVENTS_WAKERS = EVENT_BUTTON | EVENT_RTC
};

enum {
  CONTROL_SCI_EN = 0x0001,
  CONTROL_SLEEP_TYPE = 0x1c00,
  CONTROL_SLEEP = 0x2000,
  CONTROL_KEPT = 0x1c07
};

/* Values of the sleep type field (82371AB, "PMCNTRL"). */
enum {
  SLEEP_OFF = 0,
  SLEEP_TO_RAM = 1
};

struct MosPiix4Pm {
  MosPciDevice      pci;
  MosRegisterWindow registers;
  MosIoWindow       window;
  MosRegisterWindow apm;
  MosIoWindow       apm_window;
  MosLine           sci;
  MosTimer          timer;
  gboolean          smm;
  guint64           base; /* where the window shows now; 0: nowhere */

  guint16  status;
  guint16  enable;
  guint16  control;
  guint16  gp_status;
  guint16  gp_enable;
  guint8   apm_control;
  guint8   apm_status;
  gboolean asleep;
  guint16  wakers;      /* of a sleep that is just ending: events */
  guint64  seen_halves; /* changes of the timer's top bit noted so far */
};

/* Timer and SCI ------------------------------------------------------------ */

static guint64
timer_ticks (gint64 ns)
{
  return (guint64) (ns / NS_PER_S) * MOS_PM_TIMER_HZ +
         (guint64) (ns % NS_PER_S) * MOS_PM_TIMER_HZ / NS_PER_S;
}

static void
update (MosPiix4Pm *self)
{
  gint64  now = mos_clock_now (self->pci.device.bus->clock);
  guint64 halves = timer_ticks (now) >> 23;
  guint64 next_tick = (halves + 1) << 23;

  if (halves != self->seen_halves)
    self->status |= EVENT_TIMER;
  self->seen_halves = halves;
  mos_line_set (&self->sci, (self->control & CONTROL_SCI_EN) &&
                                (self->status & self->enable & EVENTS_ENABLE));
  if (self->enable & EVENT_TIMER)
    mos_timer_arm (&self->timer,
                   (gint64) (next_tick / MOS_PM_TIMER_HZ) * NS_PER_S +
                       (gint64) (next_tick % MOS_PM_TIMER_HZ) * NS_PER_S /
                           MOS_PM_TIMER_HZ +
                       1);
  else
    mos_timer_disarm (&self->timer);
}

static void
timer_cb (gpointer user_data)
{
  MosPiix4Pm *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  update (self);
  g_mutex_unlock (&self->pci.device.lock);
}

/* Lock held. */
static void
wake (MosPiix4Pm *self)
{
  if (self->asleep)
    mos_bus_request (self->pci.device.bus, MOS_BUS_WAKE, 0);
}

void
mos_piix4_pm_press_button (MosPiix4Pm *self)
{
  g_mutex_lock (&self->pci.device.lock);
  self->status |= EVENT_BUTTON;
  wake (self);
  update (self);
  g_mutex_unlock (&self->pci.device.lock);
}

void
mos_piix4_pm_key (gpointer self)
{
  MosPiix4Pm *pm = self;

  g_mutex_lock (&pm->pci.device.lock);
  wake (pm);
  g_mutex_unlock (&pm->pci.device.lock);
}

void
mos_piix4_pm_alarm (gpointer self, guint pin, gboolean level)
{
  MosPiix4Pm *pm = self;

  if (!level)
    return;
  g_mutex_lock (&pm->pci.device.lock);
  pm->status |= EVENT_RTC;
  if (pm->enable & EVENT_RTC)
    wake (pm);
  update (pm);
  g_mutex_unlock (&pm->pci.device.lock);
}

void
mos_piix4_pm_woke (MosPiix4Pm *self)
{
  /* The registers of a PC's buttons and clock outlive a sleep. */
  self->status |= EVENT_WAKE | self->wakers;
}

/* Registers ---------------------------------------------------------------- */

static guint64
status_read (MosDevice *device, const MosRegister *row)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  update (self);
  return self->status;
}

static void
status_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  update (self);
  self->status &= value | ~EVENTS_STATUS;
  update (self);
}

static void
enable_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  self->enable = value;
  update (self);
}

static void
sleep_now (MosPiix4Pm *self, guint type)
{
  MosBus *bus = self->pci.device.bus;

  if (type == SLEEP_OFF) {
    mos_bus_request (bus, MOS_BUS_POWEROFF, 0);
  } else if (type == SLEEP_TO_RAM) {
    self->asleep = TRUE;
    mos_bus_request (bus, MOS_BUS_SUSPEND, 0);
    if ((self->status & self->enable & EVENTS_WAKERS) != 0)
      wake (self);
  }
}

static void
control_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  self->control = value & CONTROL_KEPT;
  update (self);
  if (value & CONTROL_SLEEP)
    sleep_now (self, (value & CONTROL_SLEEP_TYPE) >> 10);
}

static guint64
timer_read (MosDevice *device, const MosRegister *row)
{
  return timer_ticks (mos_clock_now (device->bus->clock)) & 0xffffff;
}

static const MosField event_fields[] = {
  { "TMR", 0, 1, "The timer's top bit changed." },
  { "GBL", 5, 1, "The firmware wants attention." },
  { "PWRBTN", 8, 1, "The power button was pressed." },
  { "RTC", 10, 1, "The clock's alarm." },
  { "WAK", 15, 1, "The machine woke up." },
  { NULL },
};

static const MosField control_fields[] = {
  { "SCI_EN", 0, 1, "ACPI mode: events raise SCI, not SMI." },
  { "SUS_TYP", 10, 3, "Sleep type: 0 off, 1 suspend to RAM." },
  { "SUS_EN", 13, 1, "Sleep now." },
  { NULL },
};

static const MosRegister rows[] = {
  { "PMSTS", 0x00, 2, MOS_REGISTER_W1C, G_STRUCT_OFFSET (MosPiix4Pm, status), 0,
    EVENTS_STATUS, event_fields, "What happened", status_read, status_write },
  { "PMEN", 0x02, 2, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix4Pm, enable), 0,
    EVENTS_ENABLE, event_fields, "What may interrupt", NULL, enable_write },
  { "PMCNTRL", 0x04, 2, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix4Pm, control),
    0, CONTROL_KEPT | CONTROL_SLEEP, control_fields, "ACPI mode and sleeping",
    NULL, control_write },
  { "PMTMR", 0x08, 4, MOS_REGISTER_RO, MOS_NO_CELL, 0, 0, NULL,
    "24-bit timer, 3.579545 MHz", timer_read },
  { "GPSTS", 0x0c, 2, MOS_REGISTER_W1C, G_STRUCT_OFFSET (MosPiix4Pm, gp_status),
    0, 0, NULL, "General purpose events; nothing causes one" },
  { "GPEN", 0x0e, 2, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix4Pm, gp_enable),
    0, 0, NULL, "General purpose events that may interrupt" },
};

static void
apm_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  self->apm_control = value;
  if (value == MOS_PM_ACPI_ENABLE)
    self->control |= CONTROL_SCI_EN;
  else if (value == MOS_PM_ACPI_DISABLE)
    self->control &= ~CONTROL_SCI_EN;
  update (self);
}

static const MosRegister apm_rows[] = {
  { "APMC", 0, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix4Pm, apm_control), 0,
    0, NULL, "SMI command: 0xf1 turns ACPI mode on, 0xf0 off", NULL,
    apm_write },
  { "APMS", 1, 1, MOS_REGISTER_RW, G_STRUCT_OFFSET (MosPiix4Pm, apm_status), 0,
    0, NULL, "A byte for the SMI handler" },
};

/* Configuration ------------------------------------------------------------ */

static void
place_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosPciDevice *pci = (MosPciDevice *) device;

  for (guint i = 0; i < row->bytes; i++)
    pci->config[row->offset + i] = value >> 8 * i & 0xff;
  mos_pci_device_config_changed (pci);
}

static const MosRegister config_rows[] = {
  { "PMBA", CONFIG_PMBA, 4, MOS_REGISTER_RW, MOS_PCI_CELL (CONFIG_PMBA), 1,
    0xffc0, NULL, "Ports of the power management registers", NULL,
    place_write },
  { "DEVACTB", CONFIG_DEVACTB, 4, MOS_REGISTER_RW,
    MOS_PCI_CELL (CONFIG_DEVACTB), 0, 0, NULL,
    "Device activity; bit 25 lets the command port raise SMI" },
  { "DEVRESA", 0x5c, 4, MOS_REGISTER_RW, MOS_PCI_CELL (0x5c), 0, 0, NULL,
    "Device resource A" },
  { "DEVRESB", 0x60, 4, MOS_REGISTER_RW, MOS_PCI_CELL (0x60), 0, 0, NULL,
    "Device resource B" },
  { "PMREGMISC", CONFIG_PMREG, 1, MOS_REGISTER_RW, MOS_PCI_CELL (CONFIG_PMREG),
    0, PMREG_ON, NULL, "Bit 0 turns the ports on", NULL, place_write },
};

static void
show_ports (MosPiix4Pm *self)
{
  MosBus  *bus = self->pci.device.bus;
  guint8  *config = self->pci.config;
  guint    wanted = (config[CONFIG_PMBA] & 0xc0) | config[CONFIG_PMBA + 1] << 8;
  gboolean on = (config[CONFIG_PMREG] & PMREG_ON) != 0;

  if (!on)
    wanted = 0;
  if (wanted == self->base)
    return;
  if (self->base != 0)
    mos_bus_unmap_ports (bus, &self->window);
  self->base = wanted;
  if (wanted == 0)
    return;
  self->window.base = wanted;
  mos_bus_map_ports (bus, &self->window);
}

static void
config_changed (MosPciDevice *pci)
{
  show_ports ((MosPiix4Pm *) pci);
}

static const MosPciInfo info = {
  .vendor_id = 0x8086,
  .device_id = 0x7113,
  .class_code = 0x068000,
  .revision = 3,
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .interrupt_pin = 1,
  .rows = config_rows,
  .n_rows = G_N_ELEMENTS (config_rows),
  .changed = config_changed,
};

/* Device ------------------------------------------------------------------- */

static void
pm_init (MosDevice *device)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  mos_pci_device_setup (&self->pci, &info);
  self->registers.device = device;
  self->registers.bank =
      mos_device_add_bank (device, "pm", rows, G_N_ELEMENTS (rows), PM_BYTES);
  self->apm.device = device;
  self->apm.bank =
      mos_device_add_bank (device, "apm", apm_rows, G_N_ELEMENTS (apm_rows), 2);
  mos_device_window_init (device, &self->window, "pm", &mos_register_window_ops,
                          &self->registers, 0, PM_BYTES);
  mos_device_window_init (device, &self->apm_window, "apm",
                          &mos_register_window_ops, &self->apm, MOS_PM_SMI_PORT,
                          2);
  mos_bus_map_ports (device->bus, &self->apm_window);
  mos_timer_init (&self->timer, device->bus->clock, timer_cb, self);
  self->sci.edges = &device->counters.interrupts;
}

static void
pm_reset (MosDevice *device)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  mos_pci_device_reset (&self->pci);
  if (!self->smm)
    self->pci.config[CONFIG_DEVACTB + 3] = DEVACTB_APMC >> 24;
  self->wakers = self->asleep ? self->status & EVENTS_WAKERS : 0;
  self->asleep = FALSE;
  self->status = 0;
  self->enable = 0;
  self->control = 0;
  self->gp_status = 0;
  self->gp_enable = 0;
  self->apm_control = 0;
  self->apm_status = 0;
  show_ports (self);
  update (self);
  self->status = 0;
}

void
mos_piix4_pm_set_up (MosPiix4Pm *self)
{
  guint8 *config = self->pci.config;

  config[CONFIG_PMBA] = MOS_PM_BASE & 0xff;
  config[CONFIG_PMBA + 1] = MOS_PM_BASE >> 8;
  config[CONFIG_PMREG] = PMREG_ON;
  config[MOS_PCI_INTERRUPT_LINE] = MOS_PM_SCI_IRQ;
  self->control |= CONTROL_SCI_EN;
  show_ports (self);
}

static gboolean
pm_loaded (MosDevice *device, GError **error)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  mos_pci_device_loaded (&self->pci);
  show_ports (self);
  update (self);
  if (self->asleep)
    mos_bus_request (device->bus, MOS_BUS_SUSPEND, 0);
  return TRUE;
}

static void
pm_clear (MosDevice *device)
{
  MosPiix4Pm *self = (MosPiix4Pm *) device;

  mos_timer_clear (&self->timer);
  mos_pci_device_clear (&self->pci);
}

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  MOS_STATE (MosPiix4Pm, status, MOS_STATE_U16),
  MOS_STATE (MosPiix4Pm, enable, MOS_STATE_U16),
  MOS_STATE (MosPiix4Pm, control, MOS_STATE_U16),
  MOS_STATE (MosPiix4Pm, gp_status, MOS_STATE_U16),
  MOS_STATE (MosPiix4Pm, gp_enable, MOS_STATE_U16),
  MOS_STATE (MosPiix4Pm, apm_control, MOS_STATE_U8),
  MOS_STATE (MosPiix4Pm, apm_status, MOS_STATE_U8),
  MOS_STATE (MosPiix4Pm, asleep, MOS_STATE_BOOL),
  MOS_STATE (MosPiix4Pm, seen_halves, MOS_STATE_U64),
  { NULL },
};

const MosDeviceClass mos_piix4_pm_class = {
  .name = "piix4-pm",
  .title = "Power management",
  .help = "Intel 82371AB power management function (ACPI)",
  .instance_size = sizeof (MosPiix4Pm),
  .state_version = 2,
  .state = state,
  .init = pm_init,
  .reset = pm_reset,
  .clear = pm_clear,
  .loaded = pm_loaded,
};

MosPiix4Pm *
mos_piix4_pm_new (MosBus *bus, MosPciBus *pci, MosIrqHub *hub, gboolean smm)
{
  MosPiix4Pm *self = mos_device_new (&mos_piix4_pm_class, bus, "pm");

  self->smm = smm;
  mos_irq_hub_connect (hub, &self->sci, MOS_PM_SCI_IRQ);
  mos_pci_device_attach (&self->pci, pci, MOS_PCI_DEVFN (1, 3));
  return self;
}
