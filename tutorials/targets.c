/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A row for each part of the window that a lab can point at.
 */
#include "tutorials/targets.h"

#include <glib/gi18n-lib.h>

const MosLabTarget mos_lab_targets[] = {
  { "new-machine", N_ ("New machines are made here"), NULL },
  { "library", N_ ("All machines are listed here"), NULL },
  { "start", N_ ("This starts the machine, or lets it go on"), NULL },
  { "pause", N_ ("This pauses the machine"), NULL },
  { "stop", N_ ("This presses the machine's power button"), NULL },
  { "reset", N_ ("Reset is in this menu"), NULL },
  { "force-stop", N_ ("Switching off at once is in this menu"), NULL },
  { "console", N_ ("The guest's screen: click into it to type"), "console" },
  { "serial", N_ ("The guest's serial ports"), "serial" },
  { "demo-panel", N_ ("The demo device: lights, digits, switches"), "demo" },
  { "hierarchy", N_ ("The machines inside machines are drawn here"),
    "hierarchy" },
  { "log", N_ ("What happened to the machine"), "log" },
  { "details", N_ ("What the machine is made of, and what it did"), "details" },
  { NULL },
};

const MosLabTarget *
mos_lab_target_find (const char *id)
{
  for (const MosLabTarget *row = mos_lab_targets; row->id != NULL; row++)
    if (g_str_equal (row->id, id))
      return row;
  return NULL;
}
