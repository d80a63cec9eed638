/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The Simple Boot guest, from power on under SeaBIOS to its restart.
 */

#include <glib.h>
#include <string.h>

#include "tests/guests/guest-rig.h"

#define SECONDS 60

static void
test_simple_boot (void)
{
  g_autoptr (MosVmConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *screen = NULL;
  GuestRig         rig;

  if (guest_rig_backend () == NULL) {
    g_test_skip ("no backend can run guests here");
    return;
  }
  config = mos_vm_config_new_minimal ("simple", 1, 32);
  mos_vm_config_set_string (config, "boot.guest", "simple-boot", &error);
  g_assert_no_error (error);
  guest_rig_start (&rig, config);

  guest_rig_wait_serial (&rig, "MultiOS Lab: simple boot guest ready\r\n",
                         SECONDS);
  guest_rig_wait_screen (&rig, "Type something", SECONDS);
  screen = mos_screen_text (mos_vm_get_screen (rig.vm));
  g_test_message ("%s", screen);
  g_assert_nonnull (strstr (screen, "floppy disk A"));
  g_assert_nonnull (strstr (screen, "32 MiB"));

  guest_rig_forget_serial (&rig);
  guest_rig_type (&rig, "Hello, Wurld\b\b\b\borld!\nnext");
  guest_rig_wait_screen (&rig, "Hello, World!", SECONDS);
  guest_rig_wait_serial (&rig, "\r\nnext", SECONDS);
  guest_rig_wait_screen (&rig, "next", SECONDS);

  /* What comes in on COM1 is typed too. */
  mos_char_port_feed (mos_vm_get_serial (rig.vm, 0), " by wire", 8);
  guest_rig_wait_screen (&rig, "next by wire", SECONDS);

  guest_rig_forget_serial (&rig);
  guest_rig_type (&rig, "\033");
  guest_rig_wait_serial (&rig, "MultiOS Lab: restarting", SECONDS);
  guest_rig_wait_serial (&rig, "MultiOS Lab: simple boot guest ready", SECONDS);
  guest_rig_clear (&rig);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simple-boot", test_simple_boot);
  return g_test_run ();
}
