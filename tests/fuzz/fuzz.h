/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a fuzz target defines: one function, by libFuzzer's name, that eats
 * any bytes without crashing, hanging, or leaking.
 */

#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Optional: why the target can do nothing here, or NULL. */
const char *fuzz_skip_reason (void) __attribute__ ((weak));
