/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Screen Modes guest walks through the display's modes with the stock VGA
 * BIOS; each picture is compared with one that was looked at beside QEMU's.
 *
 * test-screen-peer compares the pictures with QEMU's, pixel by pixel.
 *
 * On the software CPU, which draws them in seconds. Set MOS_TEST_PICTURES to
 * a folder to look at them again.
 */

#include <glib.h>
#include <string.h>

#include "tests/guests/guest-rig.h"

#define SECONDS 120

static const struct {
  const char *number;
  const char *picture; /* size and checksum */
} walk[] = {
  { "003", "80x25 cells 61496960c1bc26ed" },
  { "002", "80x25 cells 61496960c1bc26ed" },
  { "001", "40x25 cells 0606742553b78619" },
  { "000", "40x25 cells 0606742553b78619" },
  { "007", "80x25 cells 61496960c1bc26ed" },
  { "004", "320x200 44a5f0aea3fbfd39" },
  { "005", "320x200 44a5f0aea3fbfd39" },
  { "006", "640x200 37902b5a2d629934" },
  { "00d", "320x200 f9075258544a8bfb" },
  { "00e", "640x200 5b9206bd9b28f61b" },
  { "00f", "640x350 46f6c061ed5734a3" },
  { "010", "640x350 be4feabe3c9908b1" },
  { "011", "640x480 627536fa2fa1c190" },
  { "012", "640x480 5040a5e6d9ff3d90" },
  { "013", "320x200 3c0f385d75b7fc05" },
  { "101", "640x480 04ed71278e7155a1" },
  { "102", "800x600 bbe9bcda7c0d5df3" },
  { "103", "800x600 290e52a06d79ce1e" },
  { "105", "1024x768 80569475716811c1" },
  { "107", "1280x1024 7a47a98e59ade735" },
  { "111", "640x480 3a629157087474ea" },
  { "112", "640x480 81cdce8b731a44cd" },
  { "144", "1024x768 f47ebb8776d2a6c3" },
  { "18c", "2560x1600 028f2dbd17be3e22" },
};

static void
write_ppm (const char *name, const guint32 *pixels, guint width, guint height)
{
  const char      *folder = g_getenv ("MOS_TEST_PICTURES");
  g_autofree char *path = NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  if (folder == NULL)
    return;
  path = g_strdup_printf ("%s/guest-%s.ppm", folder, name);
  g_string_printf (out, "P6 %u %u 255\n", width, height);
  for (gsize i = 0; i < (gsize) width * height; i++) {
    g_string_append_c (out, (char) (pixels[i] >> 16));
    g_string_append_c (out, (char) (pixels[i] >> 8));
    g_string_append_c (out, (char) pixels[i]);
  }
  g_file_set_contents (path, out->str, (gssize) out->len, NULL);
}

/* A text mode's cursor and blinking characters come and go: its cells are
 * compared instead of its pixels. */
static char *
text_sum (GuestRig *rig)
{
  MosTextScreen    text;
  GChecksum       *sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *string = NULL;
  char            *result;

  mos_text_screen_init (&text);
  mos_screen_read_text (mos_vm_get_screen (rig->vm), &text);
  string = mos_text_screen_to_string (&text);
  g_checksum_update (sum, (const guchar *) string, -1);
  g_checksum_update (sum, (const guchar *) text.attributes->data,
                     text.attributes->len);
  result = text.columns == 0
               ? NULL
               : g_strdup_printf ("%ux%u cells %.16s", text.columns, text.rows,
                                  g_checksum_get_string (sum));
  mos_text_screen_clear (&text);
  g_checksum_free (sum);
  return result;
}

static void
check_picture (GuestRig *rig, const char *name, const char *wanted)
{
  guint width, height;
  g_autoptr (GBytes) bytes =
      mos_screen_capture (mos_vm_get_screen (rig->vm), &width, &height);
  g_autofree char *sum =
      g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autofree char *got = text_sum (rig);

  write_ppm (name, g_bytes_get_data (bytes, NULL), width, height);
  if (got == NULL)
    got = g_strdup_printf ("%ux%u %.16s", width, height, sum);
  if (strcmp (got, wanted) != 0) {
    g_test_message ("mode %s is %s, not %s", name, got, wanted);
    g_test_fail ();
  }
}

static void
test_walk (void)
{
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  GuestRig rig;

  if (!guest_rig_has_backend ("soft")) {
    g_test_skip ("the software CPU is not there");
    return;
  }
  config = mos_vm_config_new_minimal ("modes", 1, 32);
  mos_vm_config_set_string (config, "cpu.accel", "soft", &error);
  g_assert_no_error (error);
  mos_vm_config_set_string (config, "boot.guest", "screen-modes", &error);
  g_assert_no_error (error);
  guest_rig_start (&rig, config);
  for (guint i = 0; i < G_N_ELEMENTS (walk); i++) {
    g_autofree char *said = g_strdup_printf ("mode %s shown", walk[i].number);

    guest_rig_wait_serial (&rig, said, SECONDS);
    check_picture (&rig, walk[i].number, walk[i].picture);
    mos_char_port_feed (mos_vm_get_serial (rig.vm, 0), " ", 1);
  }
  guest_rig_clear (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screen-modes/walk", test_walk);
  return g_test_run ();
}
