/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The indexed registers of the VGA, as tables.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Video
 * Subsystem". Four banks of byte registers are reached through index and data
 * ports; almost all of them only hold a value that the window, the mode or the
 * painter looks at. The exceptions have a write function.
 */

#include "devices/video/vga-private.h"

static const MosField clocking_fields[] = {
  { "DOT8", 0, 1, "characters are 8 dots wide, not 9" },
  { "SHIFT2", 2, 1, "loads the shift registers every other clock" },
  { "HALF", 3, 1, "dots take twice as long" },
  { "SHIFT4", 4, 1, "loads the shift registers every fourth clock" },
  { "OFF", 5, 1, "the screen is off" },
  { NULL, 0, 0, NULL },
};
static const MosField map_mask_fields[] = {
  { "PLANES", 0, 4, "planes that are written" },
  { NULL, 0, 0, NULL },
};
static const MosField memory_fields[] = {
  { "EXT", 1, 1, "more than 64 KiB" },
  { "SEQ", 2, 1, "addresses are not split into odd and even planes" },
  { "CHAIN4", 3, 1, "the low address bits choose the plane" },
  { NULL, 0, 0, NULL },
};
static const MosField overflow_fields[] = {
  { "VT8", 0, 1, "vertical total, bit 8" },
  { "VDE8", 1, 1, "vertical display end, bit 8" },
  { "VRS8", 2, 1, "vertical retrace start, bit 8" },
  { "VBS8", 3, 1, "vertical blanking start, bit 8" },
  { "LC8", 4, 1, "line compare, bit 8" },
  { "VT9", 5, 1, "vertical total, bit 9" },
  { "VDE9", 6, 1, "vertical display end, bit 9" },
  { "VRS9", 7, 1, "vertical retrace start, bit 9" },
  { NULL, 0, 0, NULL },
};
static const MosField preset_fields[] = {
  { "ROW", 0, 5, "scan line the first row begins with" },
  { "PAN", 5, 2, "bytes the picture moves to the left" },
  { NULL, 0, 0, NULL },
};
static const MosField max_scan_fields[] = {
  { "LINES", 0, 5, "scan lines per row, less one" },
  { "VBS9", 5, 1, "vertical blanking start, bit 9" },
  { "LC9", 6, 1, "line compare, bit 9" },
  { "DOUBLE", 7, 1, "each line is shown twice" },
  { NULL, 0, 0, NULL },
};
static const MosField cursor_start_fields[] = {
  { "LINE", 0, 5, "first scan line of the cursor" },
  { "OFF", 5, 1, "no cursor" },
  { NULL, 0, 0, NULL },
};
static const MosField cursor_end_fields[] = {
  { "LINE", 0, 5, "last scan line of the cursor" },
  { "SKEW", 5, 2, "characters it moves to the right" },
  { NULL, 0, 0, NULL },
};
static const MosField retrace_end_fields[] = {
  { "LINE", 0, 4, "where the vertical retrace ends" },
  { "PROTECT", 7, 1, "registers 0 to 7 cannot be written" },
  { NULL, 0, 0, NULL },
};
static const MosField underline_fields[] = {
  { "LINE", 0, 5, "scan line of the underline, less one" },
  { "COUNT4", 5, 1, "counts every fourth clock" },
  { "DWORD", 6, 1, "addresses are doublewords" },
  { NULL, 0, 0, NULL },
};
static const MosField crtc_mode_fields[] = {
  { "MAP13", 0, 1, "address bit 13 is not the scan line's bit 0" },
  { "MAP14", 1, 1, "address bit 14 is not the scan line's bit 1" },
  { "HALF", 2, 1, "counts every other line" },
  { "COUNT2", 3, 1, "counts every other clock" },
  { "WRAP", 5, 1, "word mode wraps at bit 15, not 13" },
  { "BYTE", 6, 1, "addresses are bytes, not words" },
  { "SYNC", 7, 1, "retraces happen" },
  { NULL, 0, 0, NULL },
};
static const MosField rotate_fields[] = {
  { "COUNT", 0, 3, "bits that values written are rotated right" },
  { "FUNCTION", 3, 2, "copy, and, or, xor with the latches" },
  { NULL, 0, 0, NULL },
};
static const MosField gfx_mode_fields[] = {
  { "WRITE", 0, 2, "write mode 0 to 3" },
  { "READ", 3, 1, "read mode 0 or 1" },
  { "ODDEVEN", 4, 1, "reads choose the plane by address bit 0" },
  { "SHIFT", 5, 1, "pixels are pairs of bits" },
  { "C256", 6, 1, "pixels are bytes" },
  { NULL, 0, 0, NULL },
};
static const MosField gfx_misc_fields[] = {
  { "GRAPHICS", 0, 1, "not text" },
  { "CHAIN", 1, 1, "address bit 0 chooses odd or even planes" },
  { "MAP", 2, 2, "where the window is: A0000 128K, A0000, B0000, B8000" },
  { NULL, 0, 0, NULL },
};
static const MosField attr_mode_fields[] = {
  { "GRAPHICS", 0, 1, "not text" },
  { "MONO", 1, 1, "attributes as on a monochrome adapter" },
  { "LGE", 2, 1, "line-drawing characters fill the ninth dot" },
  { "BLINK", 3, 1, "attribute bit 7 blinks" },
  { "PSPLIT", 5, 1, "the part below the split is not panned" },
  { "C256", 6, 1, "pixels are bytes" },
  { "P54", 7, 1, "colour bits 5 and 4 come from COLOUR SELECT" },
  { NULL, 0, 0, NULL },
};

/* Registers 0 to 7 can be protected, except for LC8. */
static void
write_protected (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = (MosVga *) device;

  if ((self->crtc[CRTC_V_SYNC_END] & CRTC_PROTECT) == 0)
    self->crtc[row->offset] = (guint8) value;
  else if (row->offset == CRTC_OVERFLOW)
    self->crtc[CRTC_OVERFLOW] =
        (self->crtc[CRTC_OVERFLOW] & 0xef) | (value & 0x10);
}

static void
write_attr (MosDevice *device, const MosRegister *row, guint64 value)
{
  MosVga *self = (MosVga *) device;

  if (self->attr[row->offset] != value)
    self->colours_changed = TRUE;
  self->attr[row->offset] = (guint8) value;
}

#define RW          MOS_REGISTER_RW
#define SEQ(index)  G_STRUCT_OFFSET (MosVga, seq[index])
#define CRTC(index) G_STRUCT_OFFSET (MosVga, crtc[index])
#define GFX(index)  G_STRUCT_OFFSET (MosVga, gfx[index])
#define ATTR(index) G_STRUCT_OFFSET (MosVga, attr[index])

/* clang-format off */
static const MosRegister seq_rows[] = {
  { "RESET", 0, 1, RW, SEQ (0), 0x03, 0x03, NULL, "holds the sequencer", NULL, NULL },
  { "CLOCKING", 1, 1, RW, SEQ (1), 0x00, 0x3d, clocking_fields, "dot clock", NULL, NULL },
  { "MAP MASK", 2, 1, RW, SEQ (2), 0x03, 0x0f, map_mask_fields, "planes to write", NULL, NULL },
  { "CHAR MAP", 3, 1, RW, SEQ (3), 0x00, 0x3f, NULL, "where the two fonts are", NULL, NULL },
  { "MEMORY", 4, 1, RW, SEQ (4), 0x02, 0x0e, memory_fields, "how addresses reach planes", NULL, NULL },
};

static const MosRegister crtc_rows[] = {
  { "H TOTAL", 0x00, 1, RW, CRTC (0x00), 0x5f, 0, NULL, "characters a line, less 5", NULL, write_protected },
  { "H END", 0x01, 1, RW, CRTC (0x01), 0x4f, 0, NULL, "characters shown, less 1", NULL, write_protected },
  { "H BLANK START", 0x02, 1, RW, CRTC (0x02), 0x50, 0, NULL, "where blanking starts", NULL, write_protected },
  { "H BLANK END", 0x03, 1, RW, CRTC (0x03), 0x82, 0, NULL, "where blanking ends", NULL, write_protected },
  { "H SYNC START", 0x04, 1, RW, CRTC (0x04), 0x55, 0, NULL, "where the retrace starts", NULL, write_protected },
  { "H SYNC END", 0x05, 1, RW, CRTC (0x05), 0x81, 0, NULL, "where the retrace ends", NULL, write_protected },
  { "V TOTAL", 0x06, 1, RW, CRTC (0x06), 0xbf, 0, NULL, "scan lines a frame, less 2", NULL, write_protected },
  { "OVERFLOW", 0x07, 1, RW, CRTC (0x07), 0x1f, 0, overflow_fields, "high bits of vertical values", NULL, write_protected },
  { "PRESET ROW", 0x08, 1, RW, CRTC (0x08), 0x00, 0x7f, preset_fields, "smooth scrolling", NULL, NULL },
  { "MAX SCAN", 0x09, 1, RW, CRTC (0x09), 0x4f, 0, max_scan_fields, "scan lines a row", NULL, NULL },
  { "CURSOR START", 0x0a, 1, RW, CRTC (0x0a), 0x0d, 0x3f, cursor_start_fields, "shape of the cursor", NULL, NULL },
  { "CURSOR END", 0x0b, 1, RW, CRTC (0x0b), 0x0e, 0x7f, cursor_end_fields, "shape of the cursor", NULL, NULL },
  { "START HIGH", 0x0c, 1, RW, CRTC (0x0c), 0x00, 0, NULL, "address of the first character", NULL, NULL },
  { "START LOW", 0x0d, 1, RW, CRTC (0x0d), 0x00, 0, NULL, "address of the first character", NULL, NULL },
  { "CURSOR HIGH", 0x0e, 1, RW, CRTC (0x0e), 0x00, 0, NULL, "address of the cursor", NULL, NULL },
  { "CURSOR LOW", 0x0f, 1, RW, CRTC (0x0f), 0x00, 0, NULL, "address of the cursor", NULL, NULL },
  { "V SYNC START", 0x10, 1, RW, CRTC (0x10), 0x9c, 0, NULL, "where the retrace starts", NULL, NULL },
  { "V SYNC END", 0x11, 1, RW, CRTC (0x11), 0x0e, 0, retrace_end_fields, "where the retrace ends", NULL, NULL },
  { "V END", 0x12, 1, RW, CRTC (0x12), 0x8f, 0, NULL, "scan lines shown, less 1", NULL, NULL },
  { "OFFSET", 0x13, 1, RW, CRTC (0x13), 0x28, 0, NULL, "half the addresses a row", NULL, NULL },
  { "UNDERLINE", 0x14, 1, RW, CRTC (0x14), 0x1f, 0x7f, underline_fields, "underline and address unit", NULL, NULL },
  { "V BLANK START", 0x15, 1, RW, CRTC (0x15), 0x96, 0, NULL, "where blanking starts", NULL, NULL },
  { "V BLANK END", 0x16, 1, RW, CRTC (0x16), 0xb9, 0, NULL, "where blanking ends", NULL, NULL },
  { "MODE", 0x17, 1, RW, CRTC (0x17), 0xa3, 0xef, crtc_mode_fields, "how addresses are made", NULL, NULL },
  { "LINE COMPARE", 0x18, 1, RW, CRTC (0x18), 0xff, 0, NULL, "the scan line before the split", NULL, NULL },
};

static const MosRegister gfx_rows[] = {
  { "SET RESET", 0, 1, RW, GFX (0), 0x00, 0x0f, NULL, "what planes are filled with", NULL, NULL },
  { "ENABLE SET", 1, 1, RW, GFX (1), 0x00, 0x0f, NULL, "planes that are filled", NULL, NULL },
  { "COMPARE", 2, 1, RW, GFX (2), 0x00, 0x0f, NULL, "colour that read mode 1 looks for", NULL, NULL },
  { "ROTATE", 3, 1, RW, GFX (3), 0x00, 0x1f, rotate_fields, "what is done to values", NULL, NULL },
  { "READ MAP", 4, 1, RW, GFX (4), 0x00, 0x03, NULL, "the plane that is read", NULL, NULL },
  { "MODE", 5, 1, RW, GFX (5), 0x10, 0x7b, gfx_mode_fields, "read and write modes", NULL, NULL },
  { "MISC", 6, 1, RW, GFX (6), 0x0e, 0x0f, gfx_misc_fields, "text or graphics; the window", NULL, NULL },
  { "DONT CARE", 7, 1, RW, GFX (7), 0x00, 0x0f, NULL, "planes that read mode 1 compares", NULL, NULL },
  { "BIT MASK", 8, 1, RW, GFX (8), 0xff, 0, NULL, "bits that are written", NULL, NULL },
};

static const MosRegister attr_rows[] = {
  { "PALETTE 0", 0x00, 1, RW, ATTR (0x00), 0x00, 0x3f, NULL, "colour of value 0", NULL, write_attr },
  { "PALETTE 1", 0x01, 1, RW, ATTR (0x01), 0x01, 0x3f, NULL, "colour of value 1", NULL, write_attr },
  { "PALETTE 2", 0x02, 1, RW, ATTR (0x02), 0x02, 0x3f, NULL, "colour of value 2", NULL, write_attr },
  { "PALETTE 3", 0x03, 1, RW, ATTR (0x03), 0x03, 0x3f, NULL, "colour of value 3", NULL, write_attr },
  { "PALETTE 4", 0x04, 1, RW, ATTR (0x04), 0x04, 0x3f, NULL, "colour of value 4", NULL, write_attr },
  { "PALETTE 5", 0x05, 1, RW, ATTR (0x05), 0x05, 0x3f, NULL, "colour of value 5", NULL, write_attr },
  { "PALETTE 6", 0x06, 1, RW, ATTR (0x06), 0x14, 0x3f, NULL, "colour of value 6", NULL, write_attr },
  { "PALETTE 7", 0x07, 1, RW, ATTR (0x07), 0x07, 0x3f, NULL, "colour of value 7", NULL, write_attr },
  { "PALETTE 8", 0x08, 1, RW, ATTR (0x08), 0x38, 0x3f, NULL, "colour of value 8", NULL, write_attr },
  { "PALETTE 9", 0x09, 1, RW, ATTR (0x09), 0x39, 0x3f, NULL, "colour of value 9", NULL, write_attr },
  { "PALETTE 10", 0x0a, 1, RW, ATTR (0x0a), 0x3a, 0x3f, NULL, "colour of value 10", NULL, write_attr },
  { "PALETTE 11", 0x0b, 1, RW, ATTR (0x0b), 0x3b, 0x3f, NULL, "colour of value 11", NULL, write_attr },
  { "PALETTE 12", 0x0c, 1, RW, ATTR (0x0c), 0x3c, 0x3f, NULL, "colour of value 12", NULL, write_attr },
  { "PALETTE 13", 0x0d, 1, RW, ATTR (0x0d), 0x3d, 0x3f, NULL, "colour of value 13", NULL, write_attr },
  { "PALETTE 14", 0x0e, 1, RW, ATTR (0x0e), 0x3e, 0x3f, NULL, "colour of value 14", NULL, write_attr },
  { "PALETTE 15", 0x0f, 1, RW, ATTR (0x0f), 0x3f, 0x3f, NULL, "colour of value 15", NULL, write_attr },
  { "MODE", 0x10, 1, RW, ATTR (0x10), 0x0c, 0xef, attr_mode_fields, "text or graphics", NULL, write_attr },
  { "OVERSCAN", 0x11, 1, RW, ATTR (0x11), 0x00, 0, NULL, "colour of the border", NULL, write_attr },
  { "PLANES", 0x12, 1, RW, ATTR (0x12), 0x0f, 0x3f, NULL, "planes that show", NULL, write_attr },
  { "PAN", 0x13, 1, RW, ATTR (0x13), 0x08, 0x0f, NULL, "dots the picture moves to the left", NULL, write_attr },
  { "COLOUR SELECT", 0x14, 1, RW, ATTR (0x14), 0x00, 0x0f, NULL, "high bits of colours", NULL, write_attr },
};
/* clang-format on */

G_STATIC_ASSERT (G_N_ELEMENTS (seq_rows) == MOS_VGA_N_SEQ);
G_STATIC_ASSERT (G_N_ELEMENTS (crtc_rows) == MOS_VGA_N_CRTC);
G_STATIC_ASSERT (G_N_ELEMENTS (gfx_rows) == MOS_VGA_N_GFX);
G_STATIC_ASSERT (G_N_ELEMENTS (attr_rows) == MOS_VGA_N_ATTR);

void
mos_vga_add_banks (MosVga *self)
{
  MosDevice *device = &self->pci.device;

  self->seq_bank = mos_device_add_bank (device, "sequencer", seq_rows,
                                        MOS_VGA_N_SEQ, MOS_VGA_N_SEQ);
  self->crtc_bank = mos_device_add_bank (device, "crtc", crtc_rows,
                                         MOS_VGA_N_CRTC, MOS_VGA_N_CRTC);
  self->gfx_bank = mos_device_add_bank (device, "graphics", gfx_rows,
                                        MOS_VGA_N_GFX, MOS_VGA_N_GFX);
  self->attr_bank = mos_device_add_bank (device, "attribute", attr_rows,
                                         MOS_VGA_N_ATTR, MOS_VGA_N_ATTR);
}
