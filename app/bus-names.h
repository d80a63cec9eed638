/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the running program is called on the session bus, for it and for
 * `multios`, which talks to it. The interface is in app/remote.c.
 */
#pragma once

#define MOS_BUS_NAME      "org.multios.Lab"
#define MOS_BUS_PATH      "/org/multios/Lab"
#define MOS_BUS_INTERFACE "org.multios.Lab.Machines"

/* Errors; the message says what to do, in the program's language. */
#define MOS_BUS_ERROR_NOT_FOUND   "org.multios.Lab.Error.NotFound"
#define MOS_BUS_ERROR_WRONG_STATE "org.multios.Lab.Error.WrongState"
#define MOS_BUS_ERROR_FAILED      "org.multios.Lab.Error.Failed"
