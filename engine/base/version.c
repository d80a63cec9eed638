/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The version of the product.  It is written once, in the top meson.build,
 * and arrives here through the generated config.h; everybody else asks this
 * function, so that a new version recompiles one file.
 */

#include "config.h"

#include "engine/base/version.h"

const char *
mos_version_string (void)
{
  return MOS_VERSION;
}
