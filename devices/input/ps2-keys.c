/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The keys of a PC keyboard and their scan codes in sets 2 and 3.
 *
 * After the IBM PS/2 Hardware Interface Technical Reference, "Keyboards". Set 1
 * is not here: it is set 2 as the keyboard controller translates it. Print
 * Screen and Pause, which send whole sequences, are in the keyboard itself.
 */

#include "devices/input/ps2-keys.h"

#include <linux/input-event-codes.h>

#define T MOS_PS2_TYPEMATIC
#define B MOS_PS2_BREAK
#define M MOS_PS2_MAKE

/* clang-format off */
static const MosPs2Key keys[] = {
  /* Linux key code     set 2 extended set 3 type */
  { KEY_ESC,               0x76, 0, 0x08, M },
  { KEY_1,                 0x16, 0, 0x16, T },
  { KEY_2,                 0x1e, 0, 0x1e, T },
  { KEY_3,                 0x26, 0, 0x26, T },
  { KEY_4,                 0x25, 0, 0x25, T },
  { KEY_5,                 0x2e, 0, 0x2e, T },
  { KEY_6,                 0x36, 0, 0x36, T },
  { KEY_7,                 0x3d, 0, 0x3d, T },
  { KEY_8,                 0x3e, 0, 0x3e, T },
  { KEY_9,                 0x46, 0, 0x46, T },
  { KEY_0,                 0x45, 0, 0x45, T },
  { KEY_MINUS,             0x4e, 0, 0x4e, T },
  { KEY_EQUAL,             0x55, 0, 0x55, T },
  { KEY_BACKSPACE,         0x66, 0, 0x66, T },
  { KEY_TAB,               0x0d, 0, 0x0d, T },
  { KEY_Q,                 0x15, 0, 0x15, T },
  { KEY_W,                 0x1d, 0, 0x1d, T },
  { KEY_E,                 0x24, 0, 0x24, T },
  { KEY_R,                 0x2d, 0, 0x2d, T },
  { KEY_T,                 0x2c, 0, 0x2c, T },
  { KEY_Y,                 0x35, 0, 0x35, T },
  { KEY_U,                 0x3c, 0, 0x3c, T },
  { KEY_I,                 0x43, 0, 0x43, T },
  { KEY_O,                 0x44, 0, 0x44, T },
  { KEY_P,                 0x4d, 0, 0x4d, T },
  { KEY_LEFTBRACE,         0x54, 0, 0x54, T },
  { KEY_RIGHTBRACE,        0x5b, 0, 0x5b, T },
  { KEY_ENTER,             0x5a, 0, 0x5a, T },
  { KEY_A,                 0x1c, 0, 0x1c, T },
  { KEY_S,                 0x1b, 0, 0x1b, T },
  { KEY_D,                 0x23, 0, 0x23, T },
  { KEY_F,                 0x2b, 0, 0x2b, T },
  { KEY_G,                 0x34, 0, 0x34, T },
  { KEY_H,                 0x33, 0, 0x33, T },
  { KEY_J,                 0x3b, 0, 0x3b, T },
  { KEY_K,                 0x42, 0, 0x42, T },
  { KEY_L,                 0x4b, 0, 0x4b, T },
  { KEY_SEMICOLON,         0x4c, 0, 0x4c, T },
  { KEY_APOSTROPHE,        0x52, 0, 0x52, T },
  { KEY_GRAVE,             0x0e, 0, 0x0e, T },
  { KEY_Z,                 0x1a, 0, 0x1a, T },
  { KEY_X,                 0x22, 0, 0x22, T },
  { KEY_C,                 0x21, 0, 0x21, T },
  { KEY_V,                 0x2a, 0, 0x2a, T },
  { KEY_B,                 0x32, 0, 0x32, T },
  { KEY_N,                 0x31, 0, 0x31, T },
  { KEY_M,                 0x3a, 0, 0x3a, T },
  { KEY_COMMA,             0x41, 0, 0x41, T },
  { KEY_DOT,               0x49, 0, 0x49, T },
  { KEY_SLASH,             0x4a, 0, 0x4a, T },
  { KEY_SPACE,             0x29, 0, 0x29, T },
  { KEY_LEFTCTRL,          0x14, 0, 0x11, B },
  { KEY_LEFTSHIFT,         0x12, 0, 0x12, B },
  { KEY_BACKSLASH,         0x5d, 0, 0x5c, T },
  { KEY_RIGHTSHIFT,        0x59, 0, 0x59, B },
  { KEY_LEFTALT,           0x11, 0, 0x19, B },
  { KEY_CAPSLOCK,          0x58, 0, 0x14, B },
  { KEY_F1,                0x05, 0, 0x07, M },
  { KEY_F2,                0x06, 0, 0x0f, M },
  { KEY_F3,                0x04, 0, 0x17, M },
  { KEY_F4,                0x0c, 0, 0x1f, M },
  { KEY_F5,                0x03, 0, 0x27, M },
  { KEY_F6,                0x0b, 0, 0x2f, M },
  { KEY_F7,                0x83, 0, 0x37, M },
  { KEY_F8,                0x0a, 0, 0x3f, M },
  { KEY_F9,                0x01, 0, 0x47, M },
  { KEY_F10,               0x09, 0, 0x4f, M },
  { KEY_F11,               0x78, 0, 0x56, M },
  { KEY_F12,               0x07, 0, 0x5e, M },
  { KEY_NUMLOCK,           0x77, 0, 0x76, M },
  { KEY_SCROLLLOCK,        0x7e, 0, 0x5f, M },
  { KEY_KPASTERISK,        0x7c, 0, 0x7e, M },
  { KEY_KP7,               0x6c, 0, 0x6c, M },
  { KEY_KP8,               0x75, 0, 0x75, M },
  { KEY_KP9,               0x7d, 0, 0x7d, M },
  { KEY_KPMINUS,           0x7b, 0, 0x84, M },
  { KEY_KP4,               0x6b, 0, 0x6b, M },
  { KEY_KP5,               0x73, 0, 0x73, M },
  { KEY_KP6,               0x74, 0, 0x74, M },
  { KEY_KPPLUS,            0x79, 0, 0x7c, T },
  { KEY_KP1,               0x69, 0, 0x69, M },
  { KEY_KP2,               0x72, 0, 0x72, M },
  { KEY_KP3,               0x7a, 0, 0x7a, M },
  { KEY_KP0,               0x70, 0, 0x70, M },
  { KEY_KPDOT,             0x71, 0, 0x71, M },
  { KEY_102ND,             0x61, 0, 0x13, T },
  { KEY_RO,                0x51, 0, 0x00, T },
  { KEY_YEN,               0x6a, 0, 0x00, T },
  { KEY_KATAKANAHIRAGANA,  0x13, 0, 0x00, T },
  { KEY_HENKAN,            0x64, 0, 0x00, T },
  { KEY_MUHENKAN,          0x67, 0, 0x00, T },
  { KEY_KPENTER,           0x5a, 1, 0x79, M },
  { KEY_RIGHTCTRL,         0x14, 1, 0x58, M },
  { KEY_KPSLASH,           0x4a, 1, 0x77, M },
  { KEY_RIGHTALT,          0x11, 1, 0x39, M },
  { KEY_HOME,              0x6c, 1, 0x6e, M },
  { KEY_UP,                0x75, 1, 0x63, T },
  { KEY_PAGEUP,            0x7d, 1, 0x6f, M },
  { KEY_LEFT,              0x6b, 1, 0x61, T },
  { KEY_RIGHT,             0x74, 1, 0x6a, T },
  { KEY_END,               0x69, 1, 0x65, M },
  { KEY_DOWN,              0x72, 1, 0x60, T },
  { KEY_PAGEDOWN,          0x7a, 1, 0x6d, M },
  { KEY_INSERT,            0x70, 1, 0x67, M },
  { KEY_DELETE,            0x71, 1, 0x64, T },
  { KEY_LEFTMETA,          0x1f, 1, 0x8b, M },
  { KEY_RIGHTMETA,         0x27, 1, 0x8c, M },
  { KEY_COMPOSE,           0x2f, 1, 0x8d, M },
  { KEY_POWER,             0x37, 1, 0x00, M },
  { KEY_SLEEP,             0x3f, 1, 0x00, M },
  { KEY_WAKEUP,            0x5e, 1, 0x00, M },
  { KEY_MUTE,              0x23, 1, 0x00, M },
  { KEY_VOLUMEDOWN,        0x21, 1, 0x00, T },
  { KEY_VOLUMEUP,          0x32, 1, 0x00, T },
  { KEY_NEXTSONG,          0x4d, 1, 0x00, M },
  { KEY_PLAYPAUSE,         0x34, 1, 0x00, M },
  { KEY_PREVIOUSSONG,      0x15, 1, 0x00, M },
  { KEY_STOPCD,            0x3b, 1, 0x00, M },
  { KEY_MAIL,              0x48, 1, 0x00, M },
  { KEY_HOMEPAGE,          0x3a, 1, 0x00, M },
};
/* clang-format on */

const MosPs2Key *
mos_ps2_key_find (guint keycode)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    if (keys[i].keycode == keycode)
      return &keys[i];
  }
  return NULL;
}

void
mos_ps2_key_default_types (guint8 *types)
{
  for (guint i = 0; i < 256; i++)
    types[i] = MOS_PS2_MAKE;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    if (keys[i].set3 != 0)
      types[keys[i].set3] = keys[i].type;
  }
}
