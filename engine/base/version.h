/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The version of the product, for `--version`, the About window and the
 * headers of the files it writes.  Any thread may ask.
 */

#pragma once

/*
 * The version as text, like "0.1.0".  The string is static.
 */
const char *mos_version_string (void);
