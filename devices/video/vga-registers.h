/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Indices and bits of the display adapter's registers that have a meaning in
 * its files. The tables in vga-table.c describe them all.
 */

#pragma once

enum {
  MOS_VGA_N_SEQ = 5,
  MOS_VGA_N_CRTC = 25,
  MOS_VGA_N_GFX = 9,
  MOS_VGA_N_ATTR = 21,
  MOS_VGA_N_VBE = 11
};

/* Indices and bits of the registers that have a meaning here. */
enum {
  SEQ_RESET = 0,
  SEQ_CLOCK = 1,
  SEQ_MAP_MASK = 2,
  SEQ_CHAR_MAP = 3,
  SEQ_MEMORY = 4,
  SEQ_CLOCK_8_DOTS = 0x01,
  SEQ_CLOCK_HALF = 0x08,
  SEQ_CLOCK_OFF = 0x20,
  SEQ_MEMORY_NOT_ODD_EVEN = 0x04,
  SEQ_MEMORY_CHAIN4 = 0x08
};

enum {
  CRTC_H_TOTAL = 0x00,
  CRTC_H_END = 0x01,
  CRTC_V_TOTAL = 0x06,
  CRTC_OVERFLOW = 0x07,
  CRTC_PRESET_ROW = 0x08,
  CRTC_MAX_SCAN = 0x09,
  CRTC_CURSOR_START = 0x0a,
  CRTC_CURSOR_END = 0x0b,
  CRTC_START_HIGH = 0x0c,
  CRTC_START_LOW = 0x0d,
  CRTC_CURSOR_HIGH = 0x0e,
  CRTC_CURSOR_LOW = 0x0f,
  CRTC_V_SYNC_START = 0x10,
  CRTC_V_SYNC_END = 0x11,
  CRTC_V_END = 0x12,
  CRTC_OFFSET = 0x13,
  CRTC_UNDERLINE = 0x14,
  CRTC_MODE = 0x17,
  CRTC_LINE_COMPARE = 0x18,
  CRTC_MAX_SCAN_DOUBLE = 0x80,
  CRTC_CURSOR_OFF = 0x20,
  CRTC_UNDERLINE_DWORD = 0x40,
  CRTC_PROTECT = 0x80,
  CRTC_MODE_MAP13 = 0x01,
  CRTC_MODE_MAP14 = 0x02,
  CRTC_MODE_WRAP = 0x20,
  CRTC_MODE_BYTE = 0x40
};

enum {
  GFX_SET_RESET = 0,
  GFX_SET_ENABLE = 1,
  GFX_COMPARE = 2,
  GFX_ROTATE = 3,
  GFX_READ_MAP = 4,
  GFX_MODE = 5,
  GFX_MISC = 6,
  GFX_DONT_CARE = 7,
  GFX_BIT_MASK = 8,
  GFX_MODE_READ = 0x08,
  GFX_MODE_ODD_EVEN = 0x10,
  GFX_MODE_INTERLEAVE = 0x20,
  GFX_MODE_256 = 0x40,
  GFX_MISC_GRAPHICS = 0x01
};

enum {
  ATTR_MODE = 0x10,
  ATTR_OVERSCAN = 0x11,
  ATTR_PLANES = 0x12,
  ATTR_PAN = 0x13,
  ATTR_SELECT = 0x14,
  ATTR_MODE_LINE_GRAPHICS = 0x04,
  ATTR_MODE_BLINK = 0x08,
  ATTR_MODE_PAN_SPLIT = 0x20,
  ATTR_MODE_SELECT = 0x80,
  ATTR_INDEX_ON = 0x20 /* of the index: the palette drives the screen */
};

enum {
  MISC_COLOUR = 0x01,
  MISC_RAM = 0x02
};

enum {
  VBE_ID = 0,
  VBE_WIDTH = 1,
  VBE_HEIGHT = 2,
  VBE_BPP = 3,
  VBE_ENABLE = 4,
  VBE_BANK = 5,
  VBE_VIRTUAL_WIDTH = 6,
  VBE_VIRTUAL_HEIGHT = 7,
  VBE_X = 8,
  VBE_Y = 9,
  VBE_MEMORY = 10,
  VBE_ENABLED = 0x01,
  VBE_GET_CAPS = 0x02,
  VBE_DAC_8 = 0x20,
  VBE_LINEAR = 0x40,
  VBE_NO_CLEAR = 0x80
};
