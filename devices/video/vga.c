/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The display adapter: a VGA with Bochs VBE on PCI, vendor 1234 device 1111.
 *
 * BAR 0 is video memory, BAR 2 its registers, the expansion ROM the VGA BIOS.
 * The legacy ports and the window at 0xa0000 answer from the start, as on the
 * primary adapter of a PC.
 *
 * While the guest has set up a window that is plain memory (mode 13h, a bank
 * of a VBE mode), it is plain memory, and no access comes here. Showing and
 * hiding that is done after the device's lock is released, because it may have
 * to wait for processors that want the same lock; see mos_vga_apply().
 */

#include "devices/video/vga.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "devices/video/edid.h"
#include "devices/video/vga-private.h"

#define VENDOR_ID     0x1234
#define DEVICE_ID     0x1111
#define REVISION      2
#define CLASS_VGA     0x030000
#define SUBSYSTEM_ID  0x1100
#define SUBSYSTEM_VEN 0x1af4
#define MMIO_BYTES    0x1000
#define FLAT_BYTES    0x10000u
#define PRIORITY      1 /* over RAM */
#define PRIORITY_FLAT 2

static MosVga *
vga_of (MosDevice *device)
{
  return (MosVga *) device;
}

/* The window as memory ----------------------------------------------------- */

static void
show_flat (MosVga *self, gint64 offset)
{
  MosMemoryMap *map = self->pci.device.bus->memory;

  if (offset == self->flat)
    return;
  mos_memory_map_begin (map);
  mos_memory_map_update (map, &self->flat_region, MOS_VGA_WINDOW_GPA,
                         MOS_MEMORY_RAM, FALSE);
  self->flat_region.ram_offset = (guint64) MAX (offset, 0);
  mos_memory_map_update (map, &self->flat_region, MOS_VGA_WINDOW_GPA,
                         MOS_MEMORY_RAM, offset >= 0);
  mos_memory_map_end (map);
  self->flat = offset;
}

void
mos_vga_apply (MosVga *self)
{
  gint requests;

  /* Whoever raises the count from zero works until nobody asks any more; the
   * others leave it to them instead of waiting with a processor in hand. */
  if (g_atomic_int_add (&self->map_requests, 1) != 0)
    return;
  do {
    gint64 offset;

    requests = g_atomic_int_get (&self->map_requests);
    g_mutex_lock (&self->pci.device.lock);
    offset = mos_vga_flat_offset (self);
    /* What was written just before a change might not be in the log. */
    self->repaint = self->repaint || offset != self->flat;
    g_mutex_unlock (&self->pci.device.lock);
    show_flat (self, offset);
  } while (
      !g_atomic_int_compare_and_exchange (&self->map_requests, requests, 0));
}

/* State -------------------------------------------------------------------- */

#define STATE(member, kind) MOS_STATE (MosVga, member, kind)
#define STATE_BYTES(member, n) \
  MOS_STATE_ARRAY (MosVga, member, MOS_STATE_BYTES, n)

static const MosStateField vga_state[] = {
  MOS_PCI_STATE_FIELDS,
  STATE (misc, MOS_STATE_U8),
  STATE (feature, MOS_STATE_U8),
  STATE (seq_index, MOS_STATE_U8),
  STATE_BYTES (seq, MOS_VGA_N_SEQ),
  STATE (crtc_index, MOS_STATE_U8),
  STATE_BYTES (crtc, MOS_VGA_N_CRTC),
  STATE (gfx_index, MOS_STATE_U8),
  STATE_BYTES (gfx, MOS_VGA_N_GFX),
  STATE (attr_index, MOS_STATE_U8),
  STATE_BYTES (attr, MOS_VGA_N_ATTR),
  STATE (attr_data, MOS_STATE_U8),
  STATE (dac_mask, MOS_STATE_U8),
  STATE (dac_read, MOS_STATE_U8),
  STATE (dac_write, MOS_STATE_U8),
  STATE (dac_component, MOS_STATE_U8),
  STATE (dac_state, MOS_STATE_U8),
  STATE_BYTES (dac_latch, 3),
  STATE_BYTES (dac, 256 * 3),
  STATE (latches, MOS_STATE_U32),
  STATE (vbe_index, MOS_STATE_U16),
  MOS_STATE_ARRAY (MosVga, vbe, MOS_STATE_U16, MOS_VGA_N_VBE),
  STATE (vbe_low, MOS_STATE_U8),
  { NULL, 0, MOS_STATE_U8, 0 },
};

/* Video memory is saved with all memory of the map. */
static gboolean
vga_loaded (MosDevice *device, GError **error)
{
  MosVga *self = vga_of (device);

  self->dac_component %= 3;
  mos_vga_vbe_check (self);
  self->colours_changed = self->repaint = TRUE;
  mos_pci_device_loaded (&self->pci);
  show_flat (self, mos_vga_flat_offset (self));
  return TRUE;
}

/* Life --------------------------------------------------------------------- */

static void
vga_init (MosDevice *device)
{
  static const MosPciInfo info = {
    .vendor_id = VENDOR_ID,
    .device_id = DEVICE_ID,
    .class_code = CLASS_VGA,
    .revision = REVISION,
    .subsystem_vendor_id = SUBSYSTEM_VEN,
    .subsystem_id = SUBSYSTEM_ID,
  };
  MosVga *self = vga_of (device);

  mos_pci_device_setup (&self->pci, &info);
  mos_vga_add_banks (self);
  self->cells =
      g_new0 (guint64, (gsize) MOS_VGA_MAX_COLUMNS * MOS_VGA_MAX_ROWS);
  self->dirty = g_malloc0 (MOS_VGA_VRAM_BYTES / MOS_PAGE_SIZE / 8);
}

/* Video memory keeps what it holds, as it does over a warm start. */
static void
vga_reset (MosDevice *device)
{
  MosVga *self = vga_of (device);

  mos_pci_device_reset (&self->pci);
  mos_register_bank_reset (self->seq_bank, device);
  mos_register_bank_reset (self->crtc_bank, device);
  mos_register_bank_reset (self->gfx_bank, device);
  mos_register_bank_reset (self->attr_bank, device);
  mos_register_bank_reset (self->io_bank, device);
  self->attr_index = 0;
  self->attr_data = FALSE;
  self->dac_read = 0;
  self->dac_component = 0;
  self->latches = 0;
  memset (self->dac, 0, sizeof self->dac);
  mos_vga_vbe_reset (self);
  self->colours_changed = self->repaint = TRUE;
  show_flat (self, mos_vga_flat_offset (self));
}

static void
vga_clear (MosDevice *device)
{
  MosVga *self = vga_of (device);

  if (self->screen != NULL)
    mos_screen_set_source (self->screen, NULL, NULL);
  g_clear_pointer (&self->screen, mos_screen_unref);
  mos_pci_device_clear (&self->pci);
  g_clear_pointer (&self->vram, mos_ram_free);
  g_clear_pointer (&self->rom, mos_ram_free);
  g_clear_pointer (&self->cells, g_free);
  g_clear_pointer (&self->dirty, g_free);
}

static const MosDeviceClass vga_class = {
  .name = "vga",
  .title = N_ ("Display adapter"),
  .help = N_ ("A VGA with the Bochs VBE extensions and 16 MiB of memory"),
  .instance_size = sizeof (MosVga),
  .state_version = 1,
  .state = vga_state,
  .init = vga_init,
  .reset = vga_reset,
  .clear = vga_clear,
  .loaded = vga_loaded,
};

static void
add_legacy_window (MosVga *self)
{
  MosMemoryMap *map = self->pci.device.bus->memory;

  mos_device_window_init (&self->pci.device, &self->legacy_window, "vga-window",
                          &mos_vga_memory_ops, self, MOS_VGA_WINDOW_GPA,
                          MOS_VGA_WINDOW_BYTES);
  self->legacy_region = (MosMemoryRegion){
    .name = "vga-window",
    .gpa = MOS_VGA_WINDOW_GPA,
    .size = MOS_VGA_WINDOW_BYTES,
    .priority = PRIORITY,
    .enabled = TRUE,
    .kind = MOS_MEMORY_IO,
    .io = &self->legacy_window,
    .posted = TRUE,
  };
  self->flat_region = (MosMemoryRegion){
    .name = "vga-flat",
    .gpa = MOS_VGA_WINDOW_GPA,
    .size = FLAT_BYTES,
    .priority = PRIORITY_FLAT,
    .enabled = FALSE,
    .kind = MOS_MEMORY_RAM,
    .ram = self->vram,
  };
  mos_memory_map_add (map, &self->legacy_region);
  mos_memory_map_add (map, &self->flat_region);
}

static void
add_bars (MosVga *self)
{
  self->linear_region = (MosMemoryRegion){
    .name = "vga-memory",
    .size = MOS_VGA_VRAM_BYTES,
    .kind = MOS_MEMORY_RAM,
    .ram = self->vram,
  };
  mos_pci_device_add_ram_bar (&self->pci, 0, MOS_PCI_BAR_MEMORY,
                              &self->linear_region);
  mos_device_window_init (&self->pci.device, &self->mmio_window, "vga-mmio",
                          &mos_vga_mmio_ops, self, 0, MMIO_BYTES);
  self->mmio_window.lock = NULL; /* taken inside */
  mos_pci_device_add_memory_bar (&self->pci, 2, MOS_PCI_BAR_MEMORY,
                                 &self->mmio_window);
  if (self->rom == NULL)
    return;
  self->rom_region = (MosMemoryRegion){
    .name = "vga-rom",
    .size = self->rom->size,
    .kind = MOS_MEMORY_ROM,
    .ram = self->rom,
  };
  mos_pci_device_add_rom (&self->pci, &self->rom_region);
}

MosDevice *
mos_vga_new (MosBus     *bus,
             const char *name,
             MosPciBus  *pci,
             guint       devfn,
             MosScreen  *screen,
             MosRam     *rom,
             guint       width,
             guint       height,
             GError    **error)
{
  g_autoptr (MosRam) owned_rom = rom;
  MosRam *vram;
  MosVga *self;

  g_return_val_if_fail (bus != NULL && pci != NULL && screen != NULL, NULL);

  vram = mos_ram_new (name, MOS_VGA_VRAM_BYTES, error);
  if (vram == NULL)
    return NULL;
  self = mos_device_new (&vga_class, bus, name);
  self->vram = vram;
  self->flat = -1;
  self->rom = g_steal_pointer (&owned_rom);
  mos_edid_fill (self->edid, width, height);
  mos_vga_map_ports (self);
  mos_vga_map_vbe (self);
  add_legacy_window (self);
  add_bars (self);
  mos_pci_device_attach (&self->pci, pci, devfn);
  mos_device_reset (&self->pci.device);
  mos_memory_map_track (bus->memory, &self->linear_region, TRUE);
  self->screen = mos_screen_ref (screen);
  mos_screen_set_source (screen, &mos_vga_screen_source, self);
  return &self->pci.device;
}
