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
#include "devices/input/ps2-controller.h"
#include "devices/lab/beacon.h"
#include "devices/lab/demo.h"
#include "devices/serial/uart16550.h"
#include "devices/video/vga.h"
#include "devices/virtio/virtio-input.h"

#define VGA_SLOT      2
#define DEMO_SLOT     12
#define TABLET_SLOT   14
#define KEYBOARD_SLOT 15
#define VGA_BIOS      "vgabios-stdvga.bin"

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

    if (spec->serial[i] == NULL || spec->serial_is_virtio[i])
      continue;
    uart =
        mos_uart_new (self->bus, ports[i].name, ports[i].base, spec->serial[i]);
    mos_irq_hub_connect (self->hub, mos_uart_irq (uart), ports[i].irq);
  }
}

/* The keyboard controller's reset pin. */
static void
reset_wanted (gpointer receiver, guint pin, gboolean level)
{
  if (level)
    mos_bus_request (receiver, MOS_BUS_RESET, 0);
}

static void
add_input (MosPc *self, const MosBoardSpec *spec)
{
  MosDevice *ps2;

  if (spec->input == NULL)
    return;
  ps2 = mos_ps2_new (self->bus, "ps2", spec->input);
  mos_irq_hub_connect (self->hub, mos_ps2_keyboard_irq (ps2), 1);
  mos_irq_hub_connect (self->hub, mos_ps2_mouse_irq (ps2), 12);
  mos_port92_connect_a20 (self->port92, mos_ps2_a20 (ps2));
  mos_line_connect (mos_ps2_cpu_reset (ps2), reset_wanted, self->bus, 0);
  /* For guests with a driver; until it runs, input goes to the PS/2 ones. */
  mos_virtio_input_new (self->bus, self->pci, MOS_PCI_DEVFN (TABLET_SLOT, 0),
                        "tablet", MOS_VIRTIO_TABLET, spec->input);
  mos_virtio_input_new (self->bus, self->pci, MOS_PCI_DEVFN (KEYBOARD_SLOT, 0),
                        "keyboard", MOS_VIRTIO_KEYBOARD, spec->input);
}

/* Without its BIOS, which a machine without firmware can do without, the
 * adapter has no font but still shows graphics. */
static gboolean
add_display (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) local = NULL;
  MosRam *rom = NULL;

  if (spec->screen == NULL)
    return TRUE;
  path = mos_firmware_find (VGA_BIOS, "seabios", &local);
  if (path != NULL)
    rom = mos_firmware_load_option_rom (path, &local);
  if (rom == NULL && spec->firmware != NULL) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  self->vga = mos_vga_new (self->bus, "vga", self->pci,
                           MOS_PCI_DEVFN (VGA_SLOT, 0), spec->screen, rom,
                           spec->video_width, spec->video_height, error);
  return self->vga != NULL;
}

static gboolean
add_storage (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  MosDma8237 *dma = mos_dma8237_new (self->bus);

  self->fdc = mos_fdc_new (self->bus, dma);
  mos_irq_hub_connect (self->hub, mos_fdc_irq (self->fdc), 6);
  self->ide = mos_ide_new (self->bus, self->pci);
  mos_irq_hub_connect (self->hub, mos_ide_irq (self->ide, 0), 14);
  mos_irq_hub_connect (self->hub, mos_ide_irq (self->ide, 1), 15);
  return mos_pc_add_drives (self, spec, error);
}

/* Board -------------------------------------------------------------------- */

static void
pc_free (MosBoard *board)
{
  MosPc *self = (MosPc *) board;

  if (self->input != NULL)
    mos_input_port_set_wake (self->input, NULL, NULL);
  g_clear_pointer (&self->input, mos_input_port_unref);
  mos_acpi_free (self->acpi);
  mos_pc_kernel_free (self->kernel);
  g_free (self);
}

/* The bus frees the devices made so far if one of the steps fails. */
static gboolean
add_parts (MosPc *self, const MosBoardSpec *spec, GError **error)
{
  MosBus *bus = self->bus;

  self->hub = mos_irq_hub_new (bus);
  self->pci = mos_pci_bus_new (bus);
  if (!mos_pc_set_kernel (self, spec, error) ||
      !mos_pc_add_memory (self, spec, error))
    return FALSE;
  add_interrupts_and_timers (self, spec);
  mos_piix3_new (bus, self->pci, self->hub);
  self->pm = mos_piix4_pm_new (bus, self->pci, self->hub, spec->smm);
  mos_line_connect (mos_rtc_alarm (self->rtc), mos_piix4_pm_alarm, self->pm, 0);
  if (spec->input != NULL) {
    self->input = mos_input_port_ref (spec->input);
    mos_input_port_set_wake (self->input, mos_piix4_pm_key, self->pm);
  }
  self->port92 = mos_port92_new (bus);
  self->fw_cfg = mos_fw_cfg_new (bus);
  add_input (self, spec);
  add_serial (self, spec);
  if (!mos_pc_add_virtio (self, spec, error) ||
      !add_display (self, spec, error))
    return FALSE;
  mos_pc_add_gpu (self, spec);
  if (!mos_pc_add_net (self, spec, error) || !add_storage (self, spec, error))
    return FALSE;
  mos_beacon_new (bus, spec->beacon);
  if (spec->demo_device)
    mos_demo_new (bus, self->pci, MOS_PCI_DEVFN (DEMO_SLOT, 0), spec->panel);
  /* After the DMA controller, one of whose spare registers is POST's port. */
  self->debug = mos_debug_ports_new (bus, spec->debug_exit);
  mos_pc_describe (self, spec);
  return TRUE;
}

/* A boot sector is one more floppy, the first one, and needs firmware. */
static void
add_floppy_guest (MosBoardSpec *spec, MosBlockStore *floppy)
{
  guint n = MIN (spec->n_drives, MOS_BOARD_MAX_DRIVES - 1);

  for (guint i = n; i > 0; i--)
    spec->drives[i] = spec->drives[i - 1];
  spec->drives[0] =
      (MosBoardDrive){ .kind = MOS_DRIVE_FLOPPY, .store = floppy };
  spec->n_drives = n + 1;
  if (spec->firmware == NULL)
    spec->firmware = "seabios";
  spec->boot_order = "a";
}

static MosBoard *
pc_create (const MosBoardSpec *spec, MosBus *bus, GError **error)
{
  g_autoptr (MosBlockStore) floppy = NULL;
  MosBoardSpec own = *spec;
  MosPc       *self = g_new0 (MosPc, 1);

  self->board.klass = &mos_pc_board;
  self->bus = bus;
  self->memory_bytes = spec->memory_bytes;
  self->n_vcpus = spec->n_vcpus;
  if (mos_pc_is_floppy_guest (spec)) {
    floppy = mos_pc_make_floppy (spec->guest_image);
    add_floppy_guest (&own, floppy);
    self->first_drive = 1;
  }
  if (!add_parts (self, &own, error)) {
    pc_free (&self->board);
    return NULL;
  }
  return &self->board;
}

static gboolean
pc_start (MosBoard *board, MosCpuState *boot_cpu, GError **error)
{
  MosPc *self = (MosPc *) board;

  if (self->kernel == NULL)
    return TRUE;
  if (self->vga != NULL)
    mos_vga_start_text (self->vga);
  return mos_pc_boot_kernel (self, boot_cpu, error);
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
  MosPc *self = (MosPc *) board;

  return mos_pc_change_medium (self, index + self->first_drive, store, error);
}

const MosBoardClass mos_pc_board = {
  .name = "pc",
  .title = N_ ("PC (i440FX and PIIX)"),
  .create = pc_create,
  .free = pc_free,
  .start = pc_start,
  .wake = mos_pc_wake,
  .power_button = pc_power_button,
  .change_medium = pc_change_medium,
  .set_balloon = mos_pc_set_balloon,
  .get_balloon = mos_pc_get_balloon,
};
