/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The device models that ship with the program, as a list.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

/* All classes; the list ends with NULL and lives forever. */
const MosDeviceClass *const *mos_device_classes (void);

/* The class of that name, or NULL. */
const MosDeviceClass *mos_device_class_find (const char *name);

G_END_DECLS
