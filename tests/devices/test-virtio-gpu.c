/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * virtio-gpu as its driver uses it: asking for the display, a picture from
 * scattered guest memory, damage, the pointer, another size, and what a driver
 * gets wrong.
 */
#include <string.h>

#include "devices/virtio/virtio-gpu.h"
#include "tests/devices/virtio-rig.h"

#define DEVFN     MOS_PCI_DEVFN (13, 0)
#define ASK_GPA   0x20000u
#define REPLY_GPA 0x21000u
#define PIXEL_GPA 0x40000u
#define WIDTH     80u
#define HEIGHT    70u

typedef struct {
  StorageRig   rig;
  MosPciBus   *pci;
  VirtioDriver driver;
  MosScreen   *screen;
  MosDevice   *gpu;
  guint        below; /* paintings of the adapter below */
} Fixture;

static void
below_paint (gpointer   source,
             MosCanvas *canvas,
             gboolean   full,
             MosDamage *damage)
{
  ((Fixture *) source)->below++;
  mos_canvas_resize (canvas, 640, 480);
  canvas->pixels[0] = 0xff123456;
  mos_damage_add (damage, (MosRect){ 0, 0, 640, 480 });
}

static void
below_text (gpointer source, MosTextScreen *text)
{
  text->columns = 0;
}

static const MosScreenSource below = { .paint = below_paint,
                                       .read_text = below_text };

static void
setup (Fixture *f, gconstpointer data)
{
  storage_rig_init (&f->rig);
  f->pci = mos_pci_bus_new (f->rig.bus);
  f->screen = mos_screen_new (NULL);
  f->gpu = mos_virtio_gpu_new (f->rig.bus, f->pci, DEVFN, "gpu", f->screen,
                               &below, f, 800, 600);
  virtio_driver_init (&f->driver, &f->rig, f->pci, DEVFN);
  g_assert_true (virtio_driver_negotiate (
      &f->driver, G_GUINT64_CONSTANT (1) << VIRTIO_VERSION_1 |
                      G_GUINT64_CONSTANT (1) << VIRTIO_EVENT_INDEX | 2));
  virtio_driver_use (&f->driver, 1);
  virtio_driver_use (&f->driver, 0);
  virtio_driver_start (&f->driver);
}

static void
teardown (Fixture *f, gconstpointer data)
{
  storage_rig_clear (&f->rig);
  mos_screen_unref (f->screen);
}

/* Sends a command with @n words behind its header; returns the answer's type.
 */
static guint32
ask (Fixture *f, guint32 type, const guint32 *words, guint n)
{
  VirtioPart parts[] = { { ASK_GPA, 24 + n * 4, FALSE },
                         { REPLY_GPA, 2048, TRUE } };
  guint32    header[6] = { type, 1, 0x5678, 0, 9, 0 };
  guint32    reply[6];

  memcpy (rig_ram (&f->rig, ASK_GPA), header, sizeof header);
  if (n > 0)
    memcpy (rig_ram (&f->rig, ASK_GPA + 24), words, n * 4);
  memset (rig_ram (&f->rig, REPLY_GPA), 0xaa, 2048);
  virtio_driver_use (&f->driver, type >= 0x300 ? 1 : 0);
  g_assert_cmpuint (virtio_driver_do (&f->driver, parts, 2, FALSE), >=, 24);
  memcpy (reply, rig_ram (&f->rig, REPLY_GPA), sizeof reply);
  g_assert_cmphex (reply[1], ==, 1);
  g_assert_cmphex (reply[2], ==, 0x5678);
  g_assert_cmphex (reply[4], ==, 9);
  return reply[0];
}

#define ASK(f, type, ...)                   \
  ask (f, type, (guint32[]){ __VA_ARGS__ }, \
       sizeof ((guint32[]){ __VA_ARGS__ }) / 4)

static guint32
reply_word (Fixture *f, guint word)
{
  guint32 value;

  memcpy (&value, rig_ram (&f->rig, REPLY_GPA + 24 + word * 4), 4);
  return value;
}

static guint32
pixel (Fixture *f, guint x, guint y)
{
  guint width, height;
  g_autoptr (GBytes) bytes = mos_screen_capture (f->screen, &width, &height);
  const guint32 *pixels = g_bytes_get_data (bytes, NULL);

  g_assert_cmpuint (x, <, width);
  g_assert_cmpuint (y, <, height);
  return pixels[y * width + x];
}

/* Picture 1 in format BGRX, its memory in two pieces the wrong way round. */
static void
show_picture (Fixture *f)
{
  guint32 half = WIDTH * HEIGHT * 2;

  for (guint i = 0; i < WIDTH * HEIGHT; i++) {
    guint32 at = i * 4;
    guint32 value = i;

    memcpy (rig_ram (&f->rig, PIXEL_GPA + (at < half ? at + half : at - half)),
            &value, 4);
  }
  g_assert_cmphex (ASK (f, 0x101, 1, 2, WIDTH, HEIGHT), ==, 0x1100);
  g_assert_cmphex (
      ASK (f, 0x106, 1, 2, PIXEL_GPA + half, 0, half, 0, PIXEL_GPA, 0, half, 0),
      ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x105, 0, 0, WIDTH, HEIGHT, 0, 0, 1, 0), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x103, 0, 0, WIDTH, HEIGHT, 0, 1), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x104, 0, 0, WIDTH, HEIGHT, 1, 0), ==, 0x1100);
}

static void
test_picture (Fixture *f, gconstpointer data)
{
  guint32 changed = 0x00abcdef;

  g_assert_cmphex (pixel (f, 0, 0), ==, 0xff123456);
  show_picture (f);
  for (guint i = 0; i < WIDTH * HEIGHT; i += 611)
    g_assert_cmphex (pixel (f, i % WIDTH, i / WIDTH), ==, 0xff000000 | i);

  /* One pixel, at its offset in guest memory. */
  memcpy (
      rig_ram (&f->rig, PIXEL_GPA + WIDTH * HEIGHT * 2 + 4 * (3 * WIDTH + 5)),
      &changed, 4);
  g_assert_cmphex (pixel (f, 5, 3), ==, 0xff000000 | (3 * WIDTH + 5));
  g_assert_cmphex (ASK (f, 0x105, 5, 3, 1, 1, 4 * (3 * WIDTH + 5), 0, 1, 0), ==,
                   0x1100);
  g_assert_cmphex (ASK (f, 0x104, 5, 3, 1, 1, 1, 0), ==, 0x1100);
  g_assert_cmphex (pixel (f, 5, 3), ==, 0xffabcdef);

  /* A part of the picture; then the adapter below again. */
  g_assert_cmphex (ASK (f, 0x103, 5, 3, 20, 10, 0, 1), ==, 0x1100);
  g_assert_cmphex (pixel (f, 0, 0), ==, 0xffabcdef);
  g_assert_cmphex (ASK (f, 0x102, 1, 0), ==, 0x1100);
  g_assert_cmphex (pixel (f, 0, 0), ==, 0xff123456);
}

static void
test_cursor (Fixture *f, gconstpointer data)
{
  guint32 dot = 0xff00ff00;

  show_picture (f);
  g_assert_cmphex (ASK (f, 0x101, 2, 1, 64, 64), ==, 0x1100);
  memset (rig_ram (&f->rig, PIXEL_GPA + 0x8000), 0, 64 * 64 * 4);
  memcpy (rig_ram (&f->rig, PIXEL_GPA + 0x8000), &dot, 4);
  g_assert_cmphex (ASK (f, 0x106, 2, 1, PIXEL_GPA + 0x8000, 0, 64 * 64 * 4, 0),
                   ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x105, 0, 0, 64, 64, 0, 0, 2, 0), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x300, 0, 12, 11, 0, 2, 2, 1, 0), ==, 0x1100);
  g_assert_cmphex (pixel (f, 10, 10), ==, dot);
  g_assert_cmphex (pixel (f, 11, 10), ==, 0xff000000 | (10 * WIDTH + 11));
  g_assert_cmphex (ASK (f, 0x301, 0, 22, 21, 0, 0, 0, 0, 0), ==, 0x1100);
  g_assert_cmphex (pixel (f, 10, 10), ==, 0xff000000 | (10 * WIDTH + 10));
  g_assert_cmphex (pixel (f, 20, 20), ==, dot);
  g_assert_cmphex (ASK (f, 0x300, 0, 0, 0, 0, 0, 0, 0, 0), ==, 0x1100);
  g_assert_cmphex (pixel (f, 20, 20), ==, 0xff000000 | (20 * WIDTH + 20));
}

static void
test_resize (Fixture *f, gconstpointer data)
{
  g_assert_cmphex (ask (f, 0x100, NULL, 0), ==, 0x1101);
  g_assert_cmpuint (reply_word (f, 2), ==, 800);
  g_assert_cmpuint (reply_word (f, 3), ==, 600);
  g_assert_cmpuint (reply_word (f, 4), ==, 1);
  g_assert_cmpuint (reply_word (f, 10), ==, 0);
  mos_screen_hint_size (f->screen, 1283, 777);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (virtio_read (&f->driver, f->driver.config, 4), ==, 1);
  g_assert_cmphex (ask (f, 0x100, NULL, 0), ==, 0x1101);
  g_assert_cmpuint (reply_word (f, 2), ==, 1280);
  g_assert_cmpuint (reply_word (f, 3), ==, 777);
  g_assert_cmphex (ASK (f, 0x10a, 0, 0), ==, 0x1104);
  g_assert_cmpuint (reply_word (f, 0), ==, 128);
  g_assert_cmphex (reply_word (f, 2), ==, 0xffffff00);
  virtio_write (&f->driver, f->driver.config + 4, 1, 4);
  g_assert_cmpuint (virtio_read (&f->driver, f->driver.config, 4), ==, 0);
}

static void
test_mistakes (Fixture *f, gconstpointer data)
{
  g_assert_cmphex (ASK (f, 0x101, 0, 1, 10, 10), ==, 0x1203);
  g_assert_cmphex (ASK (f, 0x101, 1, 99, 10, 10), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x101, 1, 1, 0xffffffff, 2), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x102, 5, 0), ==, 0x1203);
  g_assert_cmphex (ASK (f, 0x999, 0), ==, 0x1200);
  g_assert_cmphex (ask (f, 0x101, NULL, 0), ==, 0x1205);
  for (guint id = 1; id <= 2; id++)
    g_assert_cmphex (ASK (f, 0x101, id, 1, 4096, 4096), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x101, 3, 1, 1, 1), ==, 0x1201);
  g_assert_cmphex (ASK (f, 0x101, 1, 1, 10, 10), ==, 0x1203);
  g_assert_cmphex (ASK (f, 0x105, 0, 0, 10, 10, 0, 0, 1, 0), ==, 0x1203);
  g_assert_cmphex (ASK (f, 0x106, 1, 900, 0, 0, 0, 0), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x106, 1, 1, PIXEL_GPA, 0, 16, 0), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x105, 0, 0, 5, 1, 0, 0, 1, 0), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x105, 0, 0, 4, 1, 0, 0, 1, 0), ==, 0x1100);
  g_assert_cmphex (ASK (f, 0x105, 4095, 0, 2, 1, 0, 0, 1, 0), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x103, 0, 0, 4097, 1, 0, 1), ==, 0x1205);
  g_assert_cmphex (ASK (f, 0x103, 0, 0, 1, 1, 1, 1), ==, 0x1202);
  g_assert_cmphex (ASK (f, 0x300, 0, 1, 1, 0, 77, 0, 0, 0), ==, 0x1203);
}

static void
test_saved (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) state = NULL;

  show_picture (f);
  state = mos_device_save (f->gpu);
  mos_device_reset (f->gpu);
  g_assert_cmphex (pixel (f, 0, 0), ==, 0xff123456);
  g_assert_true (mos_device_load (f->gpu, state, NULL));
  g_assert_cmphex (pixel (f, 7, 2), ==, 0xff000000 | (2 * WIDTH + 7));
}

#define ADD(name, func) \
  g_test_add ("/virtio-gpu/" name, Fixture, NULL, setup, func, teardown)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("picture", test_picture);
  ADD ("cursor", test_cursor);
  ADD ("resize", test_resize);
  ADD ("mistakes", test_mistakes);
  ADD ("saved", test_saved);
  return g_test_run ();
}
