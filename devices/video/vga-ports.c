/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The VGA's ports: index and data pairs, colours, status.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Video
 * Subsystem". The CRTC and status 1 answer at 0x3d4 and 0x3da, or at 0x3b4 and
 * 0x3ba while the adapter plays a monochrome one. The retrace bits follow the
 * machine's clock through the frame that the registers describe, so programs
 * that wait for them run at the right speed.
 *
 * vCPU threads. The windows take the device's lock themselves.
 */

#include "devices/video/vga-private.h"

#define BASE       0x3b0
#define BANK_BYTES 0x30
#define SENSE      0x10 /* a colour monitor is there */

static MosVga *
vga_of (MosDevice *device)
{
  return (MosVga *) device;
}

/* Attribute controller ----------------------------------------------------- */

static guint64
attr_index_read (MosDevice *device, const MosRegister *row)
{
  return vga_of (device)->attr_index;
}

static void
attr_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  if (self->attr_data)
    mos_register_bank_write (self->attr_bank, device, self->attr_index & 0x1f,
                             value, 1);
  else
    self->attr_index = value & 0x3f;
  self->attr_data = !self->attr_data;
}

static guint64
attr_data_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);

  return mos_register_bank_read (self->attr_bank, device,
                                 self->attr_index & 0x1f, 1, 0);
}

/* Sequencer, graphics controller, CRTC ------------------------------------- */

static guint64
seq_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);

  return mos_register_bank_read (self->seq_bank, device, self->seq_index, 1, 0);
}

static void
seq_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  mos_register_bank_write (self->seq_bank, device, self->seq_index, value, 1);
}

static guint64
gfx_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);

  return mos_register_bank_read (self->gfx_bank, device, self->gfx_index, 1, 0);
}

static void
gfx_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  mos_register_bank_write (self->gfx_bank, device, self->gfx_index, value, 1);
}

static guint64
crtc_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);

  return mos_register_bank_read (self->crtc_bank, device, self->crtc_index, 1,
                                 0);
}

static void
crtc_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  mos_register_bank_write (self->crtc_bank, device, self->crtc_index, value, 1);
}

/* Colours ------------------------------------------------------------------ */

static void
dac_set_read (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  self->dac_read = (guint8) value;
  self->dac_component = 0;
  self->dac_state = 3;
}

static void
dac_set_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  self->dac_write = (guint8) value;
  self->dac_component = 0;
  self->dac_state = 0;
}

static guint64
dac_data_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);
  guint8  value = self->dac[self->dac_read * 3 + self->dac_component % 3];

  if (++self->dac_component >= 3) {
    self->dac_component = 0;
    self->dac_read++;
  }
  return value;
}

static void
dac_data_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);
  guint8  mask = (self->vbe[VBE_ENABLE] & VBE_DAC_8) != 0 ? 0xff : 0x3f;

  self->dac_latch[self->dac_component % 3] = value & mask;
  if (++self->dac_component < 3)
    return;
  for (guint i = 0; i < 3; i++)
    self->dac[self->dac_write * 3 + i] = self->dac_latch[i];
  self->dac_component = 0;
  self->dac_write++;
  self->colours_changed = TRUE;
}

static void
dac_mask_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = vga_of (device);

  self->dac_mask = (guint8) value;
  self->colours_changed = TRUE;
}

guint32
mos_vga_rgb (const MosVga *self, guint entry)
{
  const guint8 *dac = &self->dac[(entry & self->dac_mask & 0xff) * 3];
  guint32       rgb = 0xff;

  for (guint i = 0; i < 3; i++) {
    guint8 value = dac[i];

    if ((self->vbe[VBE_ENABLE] & VBE_DAC_8) == 0)
      value = (guint8) (value << 2 | (value & 0x3f) >> 4);
    rgb = rgb << 8 | value;
  }
  return rgb;
}

void
mos_vga_update_colours (MosVga *self)
{
  guint8 select = self->attr[ATTR_SELECT];

  for (guint i = 0; i < 256; i++)
    self->colours[i] = mos_vga_rgb (self, i);
  for (guint i = 0; i < 16; i++) {
    guint entry = self->attr[i] & 0x3f;

    if ((self->attr[ATTR_MODE] & ATTR_MODE_SELECT) != 0)
      entry = (entry & 0x0f) | (select & 0x03) << 4;
    entry |= (select & 0x0cu) << 4;
    self->attr_colours[i] = self->colours[entry];
  }
}

/* Status ------------------------------------------------------------------- */

static guint64
status0_read (MosDevice *device, const MosRegister *row)
{
  return SENSE;
}

static void
misc_write (MosDevice *device, const MosRegister *row, guint64 value)
{
  vga_of (device)->misc = (guint8) value;
}

static guint64
misc_read (MosDevice *device, const MosRegister *row)
{
  return vga_of (device)->misc;
}

static guint64
status1_read (MosDevice *device, const MosRegister *row)
{
  MosVga *self = vga_of (device);
  gint64  line_ns, shown_ns, time;
  guint   lines, shown_lines, sync_line, line;
  guint   width =
      (self->crtc[CRTC_V_SYNC_END] - self->crtc[CRTC_V_SYNC_START]) & 0x0f;
  guint8 status = 0;

  self->attr_data = FALSE;
  mos_vga_timing (self, &line_ns, &shown_ns, &lines, &shown_lines, &sync_line);
  time = mos_clock_now (device->bus->clock) % (line_ns * lines);
  line = (guint) (time / line_ns);
  if (line >= shown_lines || time % line_ns >= shown_ns)
    status |= 0x01;
  if (line >= sync_line && line < sync_line + MAX (width, 2))
    status |= 0x08;
  return status;
}

static const MosField misc_fields[] = {
  { "COLOUR", 0, 1, "ports at 0x3dx, not 0x3bx" },
  { "RAM", 1, 1, "the window is open" },
  { "CLOCK", 2, 2, "dot clock: 25.175 or 28.322 MHz" },
  { "PAGE", 5, 1, "which page odd/even addresses reach" },
  { "HSYNC", 6, 1, "horizontal retrace is negative" },
  { "VSYNC", 7, 1, "vertical retrace is negative" },
  { NULL, 0, 0, NULL },
};
static const MosField status1_fields[] = {
  { "DD", 0, 1, "nothing is shown at this moment" },
  { "VR", 3, 1, "vertical retrace" },
  { NULL, 0, 0, NULL },
};

#define RO           MOS_REGISTER_RO
#define WO           MOS_REGISTER_WO
#define RW           MOS_REGISTER_RW
#define PEEK         MOS_REGISTER_PEEK
#define CELL(member) G_STRUCT_OFFSET (MosVga, member)
#define AT(port)     ((port) -BASE)

/* clang-format off */
static const MosRegister io_rows[] = {
  { "CRTC INDEX (mono)", AT (0x3b4), 1, RW, CELL (crtc_index), 0, 0, NULL, "which CRTC register", NULL, NULL },
  { "CRTC DATA (mono)", AT (0x3b5), 1, RW, MOS_NO_CELL, 0, 0, NULL, "its value", crtc_read, crtc_write },
  { "STATUS 1 (mono)", AT (0x3ba), 1, RW | PEEK, CELL (feature), 0, 0x03, status1_fields, "retraces; resets the attribute port", status1_read, NULL },
  { "ATTR", AT (0x3c0), 1, RW, CELL (attr_index), 0, 0, NULL, "which attribute register, then its value", attr_index_read, attr_write },
  { "ATTR DATA", AT (0x3c1), 1, RO, MOS_NO_CELL, 0, 0, NULL, "the attribute register's value", attr_data_read, NULL },
  { "STATUS 0/MISC", AT (0x3c2), 1, RW, CELL (misc), 0x67, 0, misc_fields, "the monitor; outputs", status0_read, misc_write },
  { "SEQ INDEX", AT (0x3c4), 1, RW, CELL (seq_index), 0, 0x07, NULL, "which sequencer register", NULL, NULL },
  { "SEQ DATA", AT (0x3c5), 1, RW, MOS_NO_CELL, 0, 0, NULL, "its value", seq_read, seq_write },
  { "DAC MASK", AT (0x3c6), 1, RW, CELL (dac_mask), 0xff, 0, NULL, "bits of a pixel that count", NULL, dac_mask_write },
  { "DAC READ", AT (0x3c7), 1, RW, CELL (dac_state), 0, 0, NULL, "which colour to read; what is being done", NULL, dac_set_read },
  { "DAC WRITE", AT (0x3c8), 1, RW, CELL (dac_write), 0, 0, NULL, "which colour to write", NULL, dac_set_write },
  { "DAC DATA", AT (0x3c9), 1, RW | PEEK, MOS_NO_CELL, 0, 0, NULL, "red, green, blue in turn", dac_data_read, dac_data_write },
  { "FEATURE", AT (0x3ca), 1, RO, CELL (feature), 0, 0, NULL, "feature control", NULL, NULL },
  { "MISC READ", AT (0x3cc), 1, RO, MOS_NO_CELL, 0, 0, misc_fields, "the outputs", misc_read, NULL },
  { "GFX INDEX", AT (0x3ce), 1, RW, CELL (gfx_index), 0, 0x0f, NULL, "which graphics register", NULL, NULL },
  { "GFX DATA", AT (0x3cf), 1, RW, MOS_NO_CELL, 0, 0, NULL, "its value", gfx_read, gfx_write },
  { "CRTC INDEX", AT (0x3d4), 1, RW, CELL (crtc_index), 0, 0, NULL, "which CRTC register", NULL, NULL },
  { "CRTC DATA", AT (0x3d5), 1, RW, MOS_NO_CELL, 0, 0, NULL, "its value", crtc_read, crtc_write },
  { "STATUS 1", AT (0x3da), 1, RW | PEEK, CELL (feature), 0, 0x03, status1_fields, "retraces; resets the attribute port", status1_read, NULL },
};
/* clang-format on */

/* Dispatch ----------------------------------------------------------------- */

static gboolean
answers (const MosVga *self, guint port)
{
  gboolean colour = (self->misc & MISC_COLOUR) != 0;

  if (port >= 0x3d0)
    return colour;
  return port >= 0x3c0 || !colour;
}

guint8
mos_vga_port_read (MosVga *self, guint port)
{
  if (!answers (self, port))
    return 0xff;
  return (guint8) mos_register_bank_read (self->io_bank, &self->pci.device,
                                          port - BASE, 1, 0xff);
}

void
mos_vga_port_write (MosVga *self, guint port, guint8 value)
{
  if (answers (self, port))
    mos_register_bank_write (self->io_bank, &self->pci.device, port - BASE,
                             value, 1);
}

static guint64
ports_read (gpointer opaque, guint64 offset, guint size)
{
  MosVgaPorts *ports = opaque;
  MosVga      *self = ports->vga;
  guint8       value;

  g_mutex_lock (&self->pci.device.lock);
  value = mos_vga_port_read (self, ports->first + (guint) offset);
  g_mutex_unlock (&self->pci.device.lock);
  return value;
}

static void
ports_write (gpointer opaque, guint64 offset, guint64 value, guint size)
{
  MosVgaPorts *ports = opaque;
  MosVga      *self = ports->vga;

  g_mutex_lock (&self->pci.device.lock);
  mos_vga_port_write (self, ports->first + (guint) offset, (guint8) value);
  g_mutex_unlock (&self->pci.device.lock);
  mos_vga_apply (self);
}

/* Index and data written as one word arrive as two bytes. */
static const MosIoOps ports_ops = {
  .read = ports_read,
  .write = ports_write,
  .min_size = 1,
  .max_size = 1,
};

void
mos_vga_map_ports (MosVga *self)
{
  static const struct {
    guint16 base;
    guint16 size;
  } ranges[] = {
    { 0x3b4, 2 }, { 0x3ba, 1 }, { 0x3c0, 16 }, { 0x3d4, 2 }, { 0x3da, 1 },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (ranges) ==
                   G_N_ELEMENTS (((MosVga *) NULL)->ports));
  self->io_bank = mos_device_add_bank (&self->pci.device, "io", io_rows,
                                       G_N_ELEMENTS (io_rows), BANK_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    MosVgaPorts *ports = &self->ports[i];

    ports->vga = self;
    ports->first = ranges[i].base;
    mos_device_window_init (&self->pci.device, &ports->window, "vga",
                            &ports_ops, ports, ranges[i].base, ranges[i].size);
    /* Taken inside: what follows a write must not hold it. */
    ports->window.lock = NULL;
    mos_bus_map_ports (self->pci.device.bus, &ports->window);
  }
}
