/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The devices, whole: the one header that programs and tests include to
 * get the device registry, the plugin loader and the boards.  A device's own
 * header is for its folder.
 */

#pragma once

#include "devices/board/pc.h"
#include "devices/storage/image.h"
