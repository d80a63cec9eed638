/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A display adapter on a bus of its own, and the standard modes as tables.
 */

#pragma once

#include "devices/video/vga.h"

typedef struct {
  MosBus    *bus;
  MosPciBus *pci;
  MosScreen *screen;
  MosDevice *vga;
} Rig;

typedef struct {
  const char *name;
  guint8      misc;
  guint8      seq[5];
  guint8      crtc[25];
  guint8      gfx[9];
  guint8      attr[21];
} Mode;

enum {
  MODE_TEXT_80,
  MODE_TEXT_40,
  MODE_CGA_4,
  MODE_CGA_2,
  MODE_EGA_320,
  MODE_VGA_640,
  MODE_13H,
  MODE_X,
  N_MODES
};

extern const Mode modes[N_MODES];

void rig_init (Rig *self);
void rig_clear (Rig *self);

void   out8 (Rig *self, guint port, guint8 value);
void   out16 (Rig *self, guint port, guint16 value);
guint8 in8 (Rig *self, guint port);
void   poke8 (Rig *self, guint gpa, guint8 value);
guint8 peek8 (Rig *self, guint gpa);
void   vbe (Rig *self, guint index, guint16 value);

/* Sets a mode by its table, the colours of the 16-colour palette (and a ramp
 * above), and clears video memory. */
void set_mode (Rig *self, const Mode *mode);

/* A font whose glyphs can be told apart: a frame around the character's
 * number in bits. At plane 2 address @address. */
void load_font (Rig *self, guint address, gboolean inverse);

/* The picture's checksum; with MOS_TEST_PICTURES set it is also written there
 * as NAME.ppm, to be looked at. */
char *picture (Rig *self, const char *name);

/* The pixel at x, y. */
guint32 pixel (Rig *self, guint x, guint y);
