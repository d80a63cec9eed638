/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Systems of others that labs may start if they are installed: one row each.
 * Read-only files of packages; a lab names them as “@image/NAME”. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;    /* "grub-floppy" */
  const char *title;   /* translatable */
  const char *package; /* Debian's, for who has not got it */
  const char *path;    /* may end with one “*”: the last by name is taken */
} MosLabImage;

/* Ends with a NULL name. */
extern const MosLabImage mos_lab_images[];

const MosLabImage *mos_lab_image_find (const char *name);
/* Its file, owned by the caller; NULL: it is not installed. */
char *mos_lab_image_path (const MosLabImage *self);

G_END_DECLS
