/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The devices, whole: the one header that programs include to get the board
 * the disk images and the networks.  A device's own header is for its folder,
 * and for the tests.
 */

#pragma once

#include "devices/board/pc.h"
#include "devices/lab/beacon.h"
#include "devices/lab/demo.h"
#include "devices/net/networks.h"
#include "devices/serial/uart16550.h"
#include "devices/storage/image.h"
