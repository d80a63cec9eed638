/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The dialog that makes a new, empty disk image: size and format, then where.
 * Main thread.
 */
#pragma once

#include "app/chooser.h"

G_BEGIN_DECLS

/* Modal to the window of @widget. @func gets the path once the image is there;
 * not if the user gives up. @widget: a page of that window. */
void mos_new_disk_ask (GtkWidget *widget, MosChooserFunc func);

G_END_DECLS
