/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The inside of the display adapter, shared by its files:
 *
 *   vga-registers.h  indices and bits
 *   vga.c            life and state, PCI
 *   vga-start.c      text mode without firmware
 *   vga-screen.c     the screen's source: what has to be painted
 *   edid.c           the monitor
 *   vga-ports.c      the legacy ports: dispatch, colours, status
 *   vga-table.c      the indexed registers as tables
 *   vga-memory.c     the window at 0xa0000
 *   vga-vbe.c        the Bochs VBE registers
 *   vga-mode.c       what the registers mean: one MosVgaMode
 *   vga-text.c       painting and reading text modes
 *   vga-graphics.c   painting graphics modes
 *
 * Video memory is one block. The four planes of the VGA are interleaved in its
 * first 256 KiB: plane p's byte at address a is byte 4 * a + p, so that the
 * four latches are one 32-bit word. Chain-4 and the linear modes use the same
 * bytes in a row. Everything is guarded by the device's lock.
 */

#pragma once

#include "devices/video/vga-registers.h"
#include "devices/video/vga.h"

G_BEGIN_DECLS

#define MOS_VGA_VRAM_BYTES   (16u << 20)
#define MOS_VGA_PLANE_BYTES  0x10000u
#define MOS_VGA_WINDOW_GPA   0xa0000u
#define MOS_VGA_WINDOW_BYTES 0x20000u
#define MOS_VGA_MAX_COLUMNS  256
#define MOS_VGA_MAX_ROWS     1024

/* What the picture is made of. */
typedef enum {
  MOS_VGA_BLANK,
  MOS_VGA_TEXT,
  MOS_VGA_PLANAR,      /* 16 colours, a bit in each plane */
  MOS_VGA_INTERLEAVED, /* CGA's 4 colours: two bits in a row */
  MOS_VGA_PACKED,      /* 256 colours, a byte */
  MOS_VGA_LINEAR       /* VBE, 8 to 32 bits */
} MosVgaKind;

/* The registers' meaning, worked out before each painting. Compared as a block
 * of memory: made from zero, no pointers. */
typedef struct {
  MosVgaKind kind;
  guint      width; /* of the canvas */
  guint      height;
  double     pixel_aspect;

  /* Legacy modes; addresses count in the CRTC's units. */
  guint    start;
  guint    pitch;
  guint    unit;      /* scan lines per canvas line */
  guint    row_lines; /* scan lines per row: the cell's height in text modes */
  guint    preset_row;
  guint    line_compare; /* scan line; the one after begins at address 0 */
  guint    pan;          /* dots to the left */
  gboolean pan_split;    /* the part below is not moved */
  guint    shift;        /* address unit: 0 byte, 1 word, 2 doubleword */
  guint    wrap_bit;     /* word mode: what becomes bit 0 */
  gboolean map13;        /* address bits that the row's scan line replaces */
  gboolean map14;
  guint    plane_mask; /* planes that show */
  guint    address_mask;

  /* Text modes. */
  guint    columns;
  guint    rows;
  guint    cell_width;
  gboolean blinks; /* attribute bit 7 */
  gboolean line_graphics;
  guint    underline;
  guint    fonts[2]; /* plane 2 addresses; [1] for attribute bit 3 */
  gboolean cursor;
  guint    cursor_at;
  guint    cursor_first; /* scan lines of the cell */
  guint    cursor_last;

  /* Linear modes, in bytes. */
  guint   bits;
  guint64 linear_start;
  guint64 linear_pitch;
} MosVgaMode;

typedef struct MosVga MosVga;

typedef struct {
  MosVga     *vga;
  MosIoWindow window;
  guint       first; /* offset in the bank */
} MosVgaPorts;

struct MosVga {
  MosPciDevice pci;

  MosRam          *vram;
  MosRam          *rom;
  MosMemoryRegion  linear_region; /* BAR 0 */
  MosMemoryRegion  legacy_region; /* 0xa0000, through the planes */
  MosMemoryRegion  flat_region;   /* the same as memory, for mode 13h */
  MosMemoryRegion  rom_region;
  MosIoWindow      legacy_window;
  MosIoWindow      mmio_window; /* BAR 2 */
  MosVgaPorts      ports[5];
  MosIoWindow      vbe_window;
  MosRegisterBank *io_bank;
  MosRegisterBank *seq_bank;
  MosRegisterBank *crtc_bank;
  MosRegisterBank *gfx_bank;
  MosRegisterBank *attr_bank;
  MosScreen       *screen;
  guint8           edid[128];
  gint             map_requests; /* atomic */
  gint64           flat;         /* where flat_region begins, or -1 */

  /* Registers. */
  guint8  misc;
  guint8  feature;
  guint8  seq_index;
  guint8  seq[MOS_VGA_N_SEQ];
  guint8  crtc_index;
  guint8  crtc[MOS_VGA_N_CRTC];
  guint8  gfx_index;
  guint8  gfx[MOS_VGA_N_GFX];
  guint8  attr_index;
  guint8  attr[MOS_VGA_N_ATTR];
  guint8  attr_data; /* the next write at 0x3c0 is a value */
  guint8  dac_mask;
  guint8  dac_read;
  guint8  dac_write;
  guint8  dac_component;
  guint8  dac_state; /* 3: reading */
  guint8  dac_latch[3];
  guint8  dac[256 * 3];
  guint32 latches;
  guint16 vbe_index;
  guint16 vbe[MOS_VGA_N_VBE];
  guint8  vbe_low; /* of a word that comes in two bytes */

  /* The painter's memory, rebuilt after loading. */
  MosVgaMode mode;
  gboolean   repaint;
  gboolean   colours_changed;
  guint32    colours[256];     /* of DAC entries */
  guint32    attr_colours[16]; /* of attribute values */
  guint64   *cells;            /* as painted */
  gulong    *dirty;            /* a bit for each page of video memory */
  gboolean   blink_shown;
  gboolean   cursor_shown;
  gboolean   cursor_moved;
  gboolean   fonts_written;
};

/* vga.c: shows or hides flat_region; no lock held. After register writes. */
void mos_vga_apply (MosVga *self);

/* vga-table.c: banks by index; made in vga_init. */
void mos_vga_add_banks (MosVga *self);

/* vga-ports.c */
void    mos_vga_map_ports (MosVga *self);
guint8  mos_vga_port_read (MosVga *self, guint port);
void    mos_vga_port_write (MosVga *self, guint port, guint8 value);
void    mos_vga_update_colours (MosVga *self);
guint32 mos_vga_rgb (const MosVga *self, guint entry);

/* vga-memory.c */
extern const MosIoOps mos_vga_memory_ops;
/* Where in video memory the first 64 KiB of the window are plain memory now
 * (mode 13h and its like, banks of VBE modes), or -1 if they are not. */
gint64 mos_vga_flat_offset (const MosVga *self);
/* Notes that [offset, offset + size) of video memory was written. */
void mos_vga_touch (MosVga *self, gsize offset, gsize size);

/* vga-vbe.c */
void     mos_vga_map_vbe (MosVga *self);
void     mos_vga_vbe_reset (MosVga *self);
guint16  mos_vga_vbe_read (const MosVga *self, guint index);
void     mos_vga_vbe_write (MosVga *self, guint index, guint16 value);
gboolean mos_vga_vbe_on (const MosVga *self);
/* After loading: values that could not have been written are put right. */
void                  mos_vga_vbe_check (MosVga *self);
extern const MosIoOps mos_vga_mmio_ops;

/* vga-mode.c */
void mos_vga_get_mode (const MosVga *self, MosVgaMode *mode);
/* Plane address for address counter @counter in scan line @line of a row. */
guint mos_vga_address (const MosVgaMode *mode, guint counter, guint line);
/* For canvas line @y of a legacy mode: counter of its first character, the
 * scan line within the row, and whether it lies below the split. */
typedef struct {
  guint    counter;
  guint    line;
  gboolean below;
} MosVgaLine;
MosVgaLine mos_vga_line (const MosVgaMode *mode, guint y);
/* Frame time in nanoseconds, and of the visible part. */
void mos_vga_timing (const MosVga *self,
                     gint64       *line_ns,
                     gint64       *shown_ns,
                     guint        *lines,
                     guint        *shown_lines,
                     guint        *sync_line);

/* vga-text.c, vga-graphics.c; @full: everything; @written: cells or fonts or
 * the cursor may have changed. */
void mos_vga_paint_text (MosVga    *self,
                         MosCanvas *canvas,
                         gboolean   full,
                         gboolean   written,
                         MosDamage *damage);
void mos_vga_read_text (MosVga *self, MosTextScreen *text);
void mos_vga_paint_graphics (MosVga    *self,
                             MosCanvas *canvas,
                             gboolean   full,
                             MosDamage *damage);

/* The byte of plane @plane at @address. */
static inline guint8
mos_vga_plane (const MosVga *self, guint address, guint plane)
{
  return self->vram->hva[(gsize) address * 4 + plane];
}

G_END_DECLS
