/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * placeholder
 */
#include "matryoshka.h"
static bool
vmx_enable (void)
{
  return 0;
}
static void
vmx_run (void)
{
}
const struct virtualization vmx = { "VT-x ", vmx_enable, vmx_run };
