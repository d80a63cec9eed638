/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Guest screens on glass: the one header that programs include to get
 * surfaces, the GTK widget, the detached window and the keymaps.  Main
 * thread only, unless a function says otherwise.
 */

#pragma once

#include "display/keymap.h"
#include "display/pixels-node.h"
#include "display/renderer.h"
#include "display/scaler.h"
#include "display/screen-view.h"
#include "display/viewer.h"
