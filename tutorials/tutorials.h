/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The tutorials: the one header that programs include to list labs, run
 * their steps and ask for the result of a check.  No GTK; the window draws
 * what this library reports.
 */

#pragma once

#include "tutorials/bundle.h"
#include "tutorials/class.h"
#include "tutorials/clean.h"
#include "tutorials/guests.h"
#include "tutorials/images.h"
#include "tutorials/lab.h"
#include "tutorials/labs.h"
#include "tutorials/progress.h"
#include "tutorials/session.h"
#include "tutorials/targets.h"
#include "tutorials/workspace.h"
#include "tutorials/world.h"
