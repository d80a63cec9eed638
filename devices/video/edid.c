/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the monitor says of itself: 128 bytes of EDID 1.3.
 *
 * After VESA E-EDID Standard, "EDID Structure Version 1.3": header, product,
 * sRGB chromaticities, established timings, one detailed timing for the
 * preferred mode (60 Hz with the blanking of a flat panel), a name and limits.
 */

#include "devices/video/edid.h"

#include <string.h>

#include "engine/host/screen.h"

#define EDID_BYTES     MOS_EDID_BYTES
#define DETAILED       54
#define DETAILED_BYTES 18
#define DEFAULT_WIDTH  1024
#define DEFAULT_HEIGHT 768
#define H_BLANK        160
#define V_BLANK        32
#define DOTS_PER_MM    4 /* about 100 dots an inch */

static void
put_detailed (guint8 *to, guint width, guint height)
{
  guint clock_10khz =
      (guint) ((guint64) (width + H_BLANK) * (height + V_BLANK) * 60 / 10000);
  guint width_mm = width / DOTS_PER_MM;
  guint height_mm = height / DOTS_PER_MM;

  to[0] = clock_10khz & 0xff;
  to[1] = clock_10khz >> 8 & 0xff;
  to[2] = width & 0xff;
  to[3] = H_BLANK;
  to[4] = (guint8) (width >> 8 << 4);
  to[5] = height & 0xff;
  to[6] = V_BLANK;
  to[7] = (guint8) (height >> 8 << 4);
  to[8] = 48;          /* from display end to horizontal sync */
  to[9] = 32;          /* its width */
  to[10] = 3 << 4 | 6; /* the same vertically */
  to[12] = width_mm & 0xff;
  to[13] = height_mm & 0xff;
  to[14] = (guint8) (width_mm >> 8 << 4 | height_mm >> 8);
  to[17] = 0x1a; /* separate syncs, horizontal positive */
}

static void
put_text (guint8 *to, guint8 tag, const char *text)
{
  gsize n = MIN (strlen (text), 12);

  to[3] = tag;
  memset (to + 5, ' ', 13);
  memcpy (to + 5, text, n);
  to[5 + n] = '\n';
}

void
mos_edid_fill (guint8 *edid, guint width, guint height)
{
  static const guint8 header[] = { 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0 };
  /* "MOS", product 1, week 1 of 2026, EDID 1.3. */
  static const guint8 product[] = { 0x35, 0xf3, 1, 0, 1, 0, 0, 0, 1, 36, 1, 3 };
  static const guint8 srgb[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c,
                                 0x99, 0x26, 0x0f, 0x50, 0x54 };
  guint8              sum = 0;

  if (width == 0 || height == 0) {
    width = DEFAULT_WIDTH;
    height = DEFAULT_HEIGHT;
  }
  width = CLAMP (width, 320, MOS_SCREEN_MAX_WIDTH);
  height = CLAMP (height, 200, MOS_SCREEN_MAX_HEIGHT);

  memset (edid, 0, EDID_BYTES);
  memcpy (edid, header, sizeof header);
  memcpy (edid + 8, product, sizeof product);
  edid[20] = 0x80; /* digital */
  edid[21] = (guint8) (width / DOTS_PER_MM / 10);
  edid[22] = (guint8) (height / DOTS_PER_MM / 10);
  edid[23] = 120;  /* gamma 2.2 */
  edid[24] = 0x0a; /* colour; the first detailed timing is preferred */
  memcpy (edid + 25, srgb, sizeof srgb);
  edid[35] = 0x21;              /* 640x480 and 800x600 at 60 Hz */
  edid[36] = 0x08;              /* 1024x768 at 60 Hz */
  memset (edid + 38, 0x01, 16); /* no standard timings */
  put_detailed (edid + DETAILED, width, height);
  put_text (edid + DETAILED + DETAILED_BYTES, 0xfc, "MultiOS Lab");
  put_text (edid + DETAILED + 2 * DETAILED_BYTES, 0xfe, "virtual");
  put_text (edid + DETAILED + 3 * DETAILED_BYTES, 0x10, "");
  memset (edid + DETAILED + 3 * DETAILED_BYTES + 4, 0, 14);
  for (guint i = 0; i < EDID_BYTES - 1; i++)
    sum = (guint8) (sum + edid[i]);
  edid[EDID_BYTES - 1] = (guint8) -sum;
}
