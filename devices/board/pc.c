/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC: what is wired where.
 *
 * An i440FX host bridge, a PIIX3 ISA bridge with its IDE function, PIIX4 power
 * management, the AT's interrupt controllers, timers, clock and ports. If the
 * backend brings interrupt controllers (KVM), the board leaves out its own and
 * drives their inputs. Devices are made in the order of their dependence and
 * freed by the bus in the reverse order. Runs on the thread that makes the
 * machine; outputs to the processors run on theirs.
 */
#include "devices/board/pc.h"

#include <glib/gi18n-lib.h>

#include "devices/board/firmware.h"
#include "devices/board/pc-private.h"
#include "devices/chipset/hpet.h"
#include "devices/chipset/piix3.h"
#include "devices/serial/uart16550.h"
#include "engine/base/error.h"

/* What the processors ask -------------------------------------------------- */

static guint8
pc_acknowledge (gpointer board)
{
  return mos_pic_acknowledge (((MosPc *) board)->pic);
}

static void
pc_end_of_interrupt (gpointer board, guint8 vector)
{
  mos_ioapic_end_of_interrupt (((MosPc *) board)->ioapic, vector);
}

static const MosBoardOutputs outputs = {
  .acknowledge = pc_acknowledge,
  .end_of_interrupt = pc_end_of_interrupt,
};

/* Parts -------------------------------------------------------------------- */

/* Interrupt controllers inside the backend. */
static void
backend_gsi (gpointer receiver, guint gsi, gboolean level)
{
  MosBus *bus = receiver;

  bus->cpu_inputs->set_gsi (bus->cpus, gsi, level);
}

static void
add_interrupts_and_timers (MosPc *self, const MosBoardSpec *spec)
{
  MosBus  *bus = self->bus;
  MosPit  *pit = NULL;
  gboolean own_chips =
      bus->cpu_inputs == NULL || bus->cpu_inputs->set_gsi == NULL;

  if (own_chips) {
    self->pic = mos_pic_new (bus, self->hub);
    self->ioapic = mos_ioapic_new (bus, self->hub);
    pit = mos_pit_new (bus, self->hub);
    mos_bus_set_board (bus, &outputs, self);
  } else {
    mos_irq_hub_add_sink (self->hub, backend_gsi, bus);
  }
  mos_hpet_new (bus, self->hub, pit);
  self->rtc = mos_rtc_new (bus, self->hub, spec->rtc_start_s);
}

static void
add_serial (MosPc *self, const MosBoardSpec *spec)
{
  static const struct {
    const char *name;
    guint16     base;
    guint       irq;
  } ports[MOS_BOARD_MAX_SERIAL] = {
    { "serial0", MOS_UART_COM1, 4 },
    { "serial1", MOS_UART_COM2, 3 },
    { "serial2", MOS_UART_COM3, 4 },
    { "serial3", MOS_UART_COM4, 3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (ports); i++) {
    MosDevice *uart;

    if (spec->serial[i] == NULL)
      continue;
    uart =
        mos_uart_new (self->bus, ports[i].name, ports[i].base, spec->serial[i]);
    mos_irq_hub_connect (self->hub, mos_uart_irq (uart), ports[i].irq);
  }
}

/* RAM and ROM, and the bridge that shows them. */
static gboolean
add_memory (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  MosRam *rom = NULL;

  if (spec->firmware != NULL) {
    rom = mos_firmware_load (spec->firmware, MOS_I440FX_ROM_MAX, NULL, error);
    if (rom == NULL)
      return FALSE;
  }
  self->ram = mos_ram_new ("ram", spec->memory_bytes, error);
  if (self->ram == NULL) {
    mos_ram_free (rom);
    return FALSE;
  }
  self->bridge = mos_i440fx_new (self->bus, self->pci, self->ram, rom);
  return TRUE;
}

/* Board -------------------------------------------------------------------- */

static void
pc_free (MosBoard *board)
{
  MosPc *self = (MosPc *) board;

  mos_acpi_free (self->acpi);
  g_free (self);
}

static MosBoard *
pc_create (const MosBoardSpec *spec, MosBus *bus, GError **error)
{
  MosPc *self = g_new0 (MosPc, 1);

  self->board.klass = &mos_pc_board;
  self->bus = bus;
  self->memory_bytes = spec->memory_bytes;
  self->n_vcpus = spec->n_vcpus;
  self->hub = mos_irq_hub_new (bus);
  self->pci = mos_pci_bus_new (bus);
  if (!add_memory (self, spec, error)) {
    pc_free (&self->board);
    return NULL;
  }
  add_interrupts_and_timers (self, spec);
  mos_piix3_new (bus, self->pci, self->hub);
  self->pm = mos_piix4_pm_new (bus, self->pci, self->hub, spec->smm);
  self->port92 = mos_port92_new (bus);
  self->debug = mos_debug_ports_new (bus, spec->debug_exit);
  self->fw_cfg = mos_fw_cfg_new (bus);
  add_serial (self, spec);
  mos_pc_describe (self, spec);
  return &self->board;
}

static gboolean
pc_start (MosBoard *board, MosCpuState *boot_cpu, GError **error)
{
  return TRUE;
}

static void
pc_power_button (MosBoard *board)
{
  mos_piix4_pm_press_button (((MosPc *) board)->pm);
}

static gboolean
pc_change_medium (MosBoard      *board,
                  guint          index,
                  MosBlockStore *store,
                  GError       **error)
{
  g_set_error (error, MOS_ERROR, MOS_ERROR_NOT_FOUND,
               _ ("Drive %u does not exist or its medium cannot be changed"),
               index);
  return FALSE;
}

const MosBoardClass mos_pc_board = {
  .name = "pc",
  .title = N_ ("PC (i440FX and PIIX)"),
  .create = pc_create,
  .free = pc_free,
  .start = pc_start,
  .power_button = pc_power_button,
  .change_medium = pc_change_medium,
};
