/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Intel 82540EM gigabit Ethernet controller (PCI/PCI-X Family of Gigabit
 * Ethernet Controllers Software Developer's Manual): the PCI function, the
 * windows, interrupts, life.
 *
 * vCPUs come in through the windows and send; frames arrive on the I/O thread,
 * where timers of delayed and throttled interrupts run too. All take the lock.
 */
#include "devices/net/e1000.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/net/e1000-private.h"
#include "engine/base/error.h"

#define IO_BYTES      64u
#define STATS_AT      0x4000u
#define MULTICAST_AT  0x5200u
#define ADDRESSES_AT  0x5400u
#define VLANS_AT      0x5600u
#define DELAY_UNIT_NS 1024
#define ITR_UNIT_NS   256

/* -- interrupts ---------------------------------------------------------- */

static gint64
now_ns (MosE1000 *self)
{
  return mos_clock_now (self->pci.device.bus->clock);
}

void
mos_e1000_update_pin (MosE1000 *self)
{
  gint64 now;

  if ((self->icr & self->ims) == 0) {
    mos_pci_device_set_intx (&self->pci, FALSE);
    return;
  }
  if (self->pci.intx_wanted)
    return;
  now = now_ns (self);
  if (now < self->quiet_until_ns) {
    mos_timer_arm (&self->throttle, self->quiet_until_ns);
    return;
  }
  self->quiet_until_ns = now + (gint64) self->itr * ITR_UNIT_NS;
  mos_pci_device_set_intx (&self->pci, TRUE);
}

void
mos_e1000_interrupt (MosE1000 *self, guint32 causes)
{
  self->icr |= causes;
  mos_e1000_update_pin (self);
}

/* @relative is counted from the last event, @absolute from the first; the
 * sooner one counts. */
void
mos_e1000_delay (MosE1000      *self,
                 MosE1000Delay *delay,
                 guint32        relative,
                 guint32        absolute)
{
  gint64 now = now_ns (self);
  gint64 due = now + (gint64) relative * DELAY_UNIT_NS;

  if (delay->first_ns == 0)
    delay->first_ns = MAX (now, 1);
  if (absolute != 0)
    due = MIN (due, delay->first_ns + (gint64) absolute * DELAY_UNIT_NS);
  mos_timer_arm (&delay->timer, due);
}

static void
end_delay (MosE1000 *self, MosE1000Delay *delay, guint32 cause)
{
  gboolean waits = delay->first_ns != 0;

  delay->first_ns = 0;
  mos_timer_disarm (&delay->timer);
  if (waits)
    mos_e1000_interrupt (self, cause);
}

static void
rx_delay_cb (gpointer user_data)
{
  MosE1000 *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  end_delay (self, &self->rx_delay, MOS_E1000_RXT0);
  g_mutex_unlock (&self->pci.device.lock);
}

static void
tx_delay_cb (gpointer user_data)
{
  MosE1000 *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  end_delay (self, &self->tx_delay, MOS_E1000_TXDW);
  g_mutex_unlock (&self->pci.device.lock);
}

static void
throttle_cb (gpointer user_data)
{
  MosE1000 *self = user_data;

  g_mutex_lock (&self->pci.device.lock);
  mos_e1000_update_pin (self);
  g_mutex_unlock (&self->pci.device.lock);
}

/* -- statistics ---------------------------------------------------------- */

void
mos_e1000_count (MosE1000 *self, guint index, guint64 amount)
{
  self->stats[index] =
      (guint32) MIN ((guint64) self->stats[index] + amount, G_MAXUINT32);
}

/* Frames too are bytes through the device. */
void
mos_e1000_count_frame (MosE1000 *self, gsize size)
{
  __atomic_add_fetch (&self->pci.device.counters.bytes, size, __ATOMIC_RELAXED);
}

void
mos_e1000_count64 (MosE1000 *self, guint index, guint64 amount)
{
  guint64 value = self->stats[index] | (guint64) self->stats[index + 1] << 32;

  value += amount;
  self->stats[index] = (guint32) value;
  self->stats[index + 1] = (guint32) (value >> 32);
}

guint
mos_e1000_size_class (gsize size)
{
  static const guint limits[] = { 64, 127, 255, 511, 1023 };
  guint              n = 0;

  while (n < G_N_ELEMENTS (limits) && size + 4 > limits[n])
    n++;
  return n;
}

/* -- the windows --------------------------------------------------------- */

/* The array that has a register, or NULL. */
static guint32 *
find_array (MosE1000 *self, guint64 offset)
{
  struct {
    guint    at, n;
    guint32 *array;
  } arrays[] = {
    { MULTICAST_AT, G_N_ELEMENTS (self->multicast), self->multicast },
    { ADDRESSES_AT, G_N_ELEMENTS (self->addresses), self->addresses },
    { VLANS_AT, G_N_ELEMENTS (self->vlans), self->vlans },
  };

  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    if (offset >= arrays[i].at && offset < arrays[i].at + arrays[i].n * 4)
      return &arrays[i].array[(offset - arrays[i].at) / 4];
  return NULL;
}

/* Of 64-bit ones the upper half is read last, and clears with it. */
static guint32
read_stat (MosE1000 *self, guint index)
{
  guint32 value = self->stats[index];

  self->stats[index] = 0;
  return value;
}

static guint64
registers_read (gpointer opaque, guint64 offset, guint size)
{
  MosE1000      *self = opaque;
  const guint32 *array = find_array (self, offset);
  guint          shift = (guint) (offset & 3) * 8;

  if (array != NULL)
    return *array >> shift;
  if (offset >= STATS_AT && offset < STATS_AT + sizeof self->stats)
    return read_stat (self, (guint) (offset - STATS_AT) / 4) >> shift;
  if (offset + size > MOS_E1000_BANK_BYTES)
    return 0;
  return mos_register_bank_read (self->bank, &self->pci.device, (guint) offset,
                                 size, 0);
}

/* Drivers write whole registers; parts of arrays are not written. */
static void
registers_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosE1000 *self = opaque;
  guint32  *array = find_array (self, offset);

  if (array != NULL) {
    if (size == 4)
      *array = (guint32) value;
    return;
  }
  if (offset + size <= MOS_E1000_BANK_BYTES)
    mos_register_bank_write (self->bank, &self->pci.device, (guint) offset,
                             value, size);
}

static const MosIoOps memory_ops = {
  .read = registers_read,
  .write = registers_write,
};

/* Two ports: which register, and its value. */
static guint64
io_read (gpointer opaque, guint64 offset, guint size)
{
  MosE1000 *self = opaque;

  if (offset == 0)
    return self->io_address;
  if (offset == 4 && self->io_address < MOS_E1000_MEMORY_BYTES)
    return registers_read (self, self->io_address & ~3u, size);
  return 0;
}

static void
io_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosE1000 *self = opaque;

  if (offset == 0)
    self->io_address = (guint32) value;
  else if (offset == 4 && self->io_address < MOS_E1000_MEMORY_BYTES)
    registers_write (self, self->io_address & ~3u, value, size);
}

static const MosIoOps io_ops = {
  .read = io_read,
  .write = io_write,
};

/* -- the cable ----------------------------------------------------------- */

static gboolean
port_receive (gpointer      device,
              const guint8 *frame,
              gsize         size,
              MosNetFlags   flags)
{
  MosE1000 *self = device;
  gboolean  taken;

  g_mutex_lock (&self->pci.device.lock);
  if (mos_timer_arm_if_paused (&self->go_on))
    taken = FALSE;
  else
    taken = !mos_e1000_link_is_up (self) ||
            mos_e1000_receive (self, frame, size, flags);
  g_mutex_unlock (&self->pci.device.lock);
  return taken;
}

static void
port_writable (gpointer device)
{
  MosE1000 *self = device;

  g_mutex_lock (&self->pci.device.lock);
  if (self->tx_waits && !mos_timer_arm_if_paused (&self->go_on))
    mos_e1000_transmit (self);
  g_mutex_unlock (&self->pci.device.lock);
}

static void
port_link_changed (gpointer device, gboolean up)
{
  MosE1000 *self = device;

  g_mutex_lock (&self->pci.device.lock);
  mos_e1000_update_link (self);
  mos_e1000_interrupt (self, MOS_E1000_LSC);
  g_mutex_unlock (&self->pci.device.lock);
}

static gboolean
port_is_held (gpointer device)
{
  MosE1000 *self = device;
  gboolean  held;

  g_mutex_lock (&self->pci.device.lock);
  held = mos_timer_arm_if_paused (&self->go_on);
  g_mutex_unlock (&self->pci.device.lock);
  return held;
}

static const MosNetDeviceOps port_ops = {
  .receive = port_receive,
  .writable = port_writable,
  .link_changed = port_link_changed,
  .is_held = port_is_held,
};

static void
go_on_cb (gpointer user_data)
{
  MosE1000 *self = user_data;

  port_writable (self);
  mos_net_port_wake (self->port);
}

/* -- life ---------------------------------------------------------------- */

/* CTRL.RST: all but PCI, EEPROM and PHY. */
void
mos_e1000_soft_reset (MosE1000 *self)
{
  mos_register_bank_reset (self->bank, &self->pci.device);
  memset (self->stats, 0, sizeof self->stats);
  memset (self->addresses, 0, sizeof self->addresses);
  memset (self->multicast, 0, sizeof self->multicast);
  memset (self->vlans, 0, sizeof self->vlans);
  memset (self->contexts, 0, sizeof self->contexts);
  self->addresses[0] = self->eeprom[0] | (guint32) self->eeprom[1] << 16;
  self->addresses[1] = self->eeprom[2] | MOS_E1000_ADDRESS_VALID;
  self->frame_bytes = 0;
  self->frame_oversized = FALSE;
  self->tx_waits = FALSE;
  self->rx_delay.first_ns = 0;
  self->tx_delay.first_ns = 0;
  self->quiet_until_ns = 0;
  mos_timer_disarm (&self->rx_delay.timer);
  mos_timer_disarm (&self->tx_delay.timer);
  mos_timer_disarm (&self->throttle);
  mos_e1000_update_pin (self);
}

static const MosPciInfo info = {
  .vendor_id = 0x8086,
  .device_id = 0x100e,
  .class_code = 0x020000,
  .revision = 3,
  .subsystem_vendor_id = 0x1af4,
  .subsystem_id = 0x1100,
  .interrupt_pin = 1,
};

static void
e1000_init (MosDevice *device)
{
  MosE1000 *self = (MosE1000 *) device;
  MosClock *clock = device->bus->clock;

  mos_timer_init (&self->go_on, clock, go_on_cb, self);
  mos_timer_init (&self->throttle, clock, throttle_cb, self);
  mos_timer_init (&self->rx_delay.timer, clock, rx_delay_cb, self);
  mos_timer_init (&self->tx_delay.timer, clock, tx_delay_cb, self);
  mos_pci_device_setup (&self->pci, &info);
  self->bank = mos_device_add_bank (device, "registers", mos_e1000_rows,
                                    mos_e1000_n_rows, MOS_E1000_BANK_BYTES);
  mos_device_window_init (device, &self->memory_window, "e1000", &memory_ops,
                          self, 0, MOS_E1000_MEMORY_BYTES);
  mos_pci_device_add_memory_bar (&self->pci, 0, MOS_PCI_BAR_MEMORY,
                                 &self->memory_window);
  mos_device_window_init (device, &self->io_window, "e1000-io", &io_ops, self,
                          0, IO_BYTES);
  mos_pci_device_add_port_bar (&self->pci, 1, &self->io_window);
}

static void
e1000_reset (MosDevice *device)
{
  MosE1000 *self = (MosE1000 *) device;

  mos_pci_device_reset (&self->pci);
  self->io_address = 0;
  mos_e1000_reset_wires (self);
  mos_e1000_soft_reset (self);
}

static void
e1000_clear (MosDevice *device)
{
  MosE1000 *self = (MosE1000 *) device;

  if (self->port != NULL)
    mos_net_port_set_device (self->port, NULL, NULL);
  mos_timer_clear (&self->go_on);
  mos_timer_clear (&self->throttle);
  mos_timer_clear (&self->rx_delay.timer);
  mos_timer_clear (&self->tx_delay.timer);
  mos_pci_device_clear (&self->pci);
  mos_net_port_unref (self->port);
  mos_ram_free (self->rom);
}

/* Delays end early: they are only there to save work. */
static void
e1000_saved (MosDevice *device)
{
  MosE1000 *self = (MosE1000 *) device;

  end_delay (self, &self->rx_delay, MOS_E1000_RXT0);
  end_delay (self, &self->tx_delay, MOS_E1000_TXDW);
}

static gboolean
e1000_loaded (MosDevice *device, GError **error)
{
  MosE1000 *self = (MosE1000 *) device;

  mos_pci_device_loaded (&self->pci);
  self->rx_delay.first_ns = 0;
  self->tx_delay.first_ns = 0;
  self->quiet_until_ns = 0;
  self->tx_waits = TRUE;
  mos_e1000_update_link (self);
  mos_timer_arm (&self->go_on, now_ns (self));
  mos_timer_arm (&self->throttle, now_ns (self));
  return TRUE;
}

/* The part of a frame that has been taken from its descriptors. */
static void
e1000_save_extra (MosDevice *device, GVariantBuilder *builder)
{
  MosE1000 *self = (MosE1000 *) device;

  g_variant_builder_add (builder, "{sv}", "frame",
                         g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                    self->frame,
                                                    self->frame_bytes, 1));
}

static gboolean
e1000_load_extra (MosDevice *device, GVariant *dict, GError **error)
{
  MosE1000 *self = (MosE1000 *) device;
  g_autoptr (GVariant) frame =
      g_variant_lookup_value (dict, "frame", G_VARIANT_TYPE_BYTESTRING);
  const guint8 *bytes = NULL;
  gsize         size = 0;

  if (frame != NULL)
    bytes = g_variant_get_fixed_array (frame, &size, 1);
  if (frame == NULL || size > MOS_NET_MAX_FRAME) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of the device “%s” is damaged"),
                 device->name);
    return FALSE;
  }
  if (size > 0)
    memcpy (self->frame, bytes, size);
  self->frame_bytes = (guint32) size;
  return TRUE;
}

#define U8(member)      MOS_STATE (MosE1000, member, MOS_STATE_U8)
#define U16(member)     MOS_STATE (MosE1000, member, MOS_STATE_U16)
#define U32(member)     MOS_STATE (MosE1000, member, MOS_STATE_U32)
#define U32S(member, n) MOS_STATE_ARRAY (MosE1000, member, MOS_STATE_U32, n)

static const MosStateField state[] = {
  MOS_PCI_STATE_FIELDS,
  U32 (io_address),
  U32 (ctrl),
  U32 (eecd),
  U32 (eerd),
  U32 (ctrl_ext),
  U32 (mdic),
  U32 (fcal),
  U32 (fcah),
  U32 (fct),
  U32 (vet),
  U32 (icr),
  U32 (itr),
  U32 (ims),
  U32 (rctl),
  U32 (fcttv),
  U32 (txcw),
  U32 (rxcw),
  U32 (tctl),
  U32 (tipg),
  U32 (ait),
  U32 (ledctl),
  U32 (pba),
  U32 (fcrtl),
  U32 (fcrth),
  U32 (rdbal),
  U32 (rdbah),
  U32 (rdlen),
  U32 (rdh),
  U32 (rdt),
  U32 (rdtr),
  U32 (rxdctl),
  U32 (radv),
  U32 (rsrpd),
  U32 (tdbal),
  U32 (tdbah),
  U32 (tdlen),
  U32 (tdh),
  U32 (tdt),
  U32 (tidv),
  U32 (txdctl),
  U32 (tadv),
  U32 (tspmt),
  U32 (rxcsum),
  U32 (wuc),
  U32 (wufc),
  U32 (wus),
  U32 (ipav),
  U32 (manc),
  U32S (stats, MOS_E1000_N_STATS),
  U32S (addresses, MOS_E1000_N_ADDRESSES * 2),
  U32S (multicast, 128),
  U32S (vlans, 128),
  MOS_STATE_ARRAY (MosE1000, eeprom, MOS_STATE_U16, MOS_E1000_EEPROM_WORDS),
  MOS_STATE_ARRAY (MosE1000, phy, MOS_STATE_U16, 32),
  U32 (eeprom_in),
  U8 (eeprom_n_in),
  U8 (eeprom_reading),
  U16 (eeprom_out),
  U8 (eeprom_do),
  U8 (eeprom_writable),
  MOS_STATE_ARRAY (MosE1000,
                   contexts,
                   MOS_STATE_BYTES,
                   2 * sizeof (MosE1000Context)),
  U8 (frame_options),
  U8 (frame_segments),
  U8 (frame_oversized),
  { 0 },
};

const MosDeviceClass mos_e1000_class = {
  .name = "e1000",
  .title = N_ ("Intel 82540EM network adapter"),
  .help = N_ ("A gigabit adapter that about every system can drive, after "
              "Intel's PCI/PCI-X Family of Gigabit Ethernet Controllers "
              "Software Developer's Manual"),
  .instance_size = sizeof (MosE1000),
  .state_version = 1,
  .state = state,
  .init = e1000_init,
  .reset = e1000_reset,
  .clear = e1000_clear,
  .saved = e1000_saved,
  .loaded = e1000_loaded,
  .save_extra = e1000_save_extra,
  .load_extra = e1000_load_extra,
};

MosDevice *
mos_e1000_new (MosBus       *bus,
               MosPciBus    *pci,
               guint         devfn,
               const char   *name,
               const guint8 *mac,
               MosNetPort   *port,
               MosRam       *rom)
{
  MosE1000 *self = mos_device_new (&mos_e1000_class, bus, name);

  self->port = mos_net_port_ref (port);
  memcpy (self->own_mac, mac, 6);
  mos_e1000_fill_eeprom (self);
  self->rom = rom;
  if (rom != NULL) {
    self->rom_region = (MosMemoryRegion){
      .name = "e1000-rom", .size = rom->size, .kind = MOS_MEMORY_ROM, .ram = rom
    };
    mos_pci_device_add_rom (&self->pci, &self->rom_region);
  }
  mos_pci_device_attach (&self->pci, pci, devfn);
  mos_device_reset (&self->pci.device);
  mos_net_port_set_device (port, &port_ops, self);
  return &self->pci.device;
}
