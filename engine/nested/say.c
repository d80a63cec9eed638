/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Names that guests give themselves.
 *
 * A name arrives when level 1 writes it to the beacon, on behalf of its guest
 * if there are hops. The guest that level 1 answers right now is the one whose
 * exit was the last on this vCPU; the guest *that* one answers is the last to
 * have left to it, and so on inwards. So the numbers in the path are needed
 * only where this cannot be seen (Linux KVM). Everything a guest says is
 * untrusted: it is made printable, cut, counted and kept in a fixed table.
 */
#include <string.h>

#include "engine/nested/hierarchy-private.h"

/* More names in one second than any sane guest has to tell. */
#define MAX_NAMES_A_SECOND 256

static gboolean
may_speak (MosHierarchy *self)
{
  gint64 now_us = g_get_monotonic_time ();

  if (now_us - self->said_us >= G_USEC_PER_SEC) {
    self->said_us = now_us;
    self->n_said_now = 0;
  }
  return self->n_said_now++ < MAX_NAMES_A_SECOND;
}

/* Valid UTF-8 of at most MOS_HIERARCHY_NAME - 1 bytes, all printable. */
static void
clean_name (char *clean, const char *name, gsize size)
{
  gsize length = 0;

  while (size > 0 && *name != '\0') {
    gunichar character = g_utf8_get_char_validated (name, (gssize) size);
    gboolean valid = character < 0x110000;
    gsize    n = valid ? (gsize) g_unichar_to_utf8 (character, NULL) : 1;
    gboolean printable = valid && g_unichar_isprint (character);

    if (length + (printable ? n : 1) > MOS_HIERARCHY_NAME - 1)
      break;
    if (printable)
      memcpy (clean + length, name, n);
    else
      clean[length] = '?';
    length += printable ? n : 1;
    name += n;
    size -= n;
  }
  memset (clean + length, 0, MOS_HIERARCHY_NAME - length);
}

static MosHierarchyCpu *
find_speaker (MosHierarchy *self)
{
  for (guint i = 0; i < self->n_vcpus; i++)
    if (MOS_LOOK (self->cpus[i].thread) == g_thread_self ())
      return &self->cpus[i];
  return NULL;
}

/* The guest that spoke, MOS_NO_GUEST if it cannot be seen. */
static guint16
find_guest (MosHierarchy *self, guint n_hops)
{
  MosHierarchyCpu   *cpu = find_speaker (self);
  MosHypervisorSide *side;
  MosContext        *context = NULL;

  if (cpu == NULL)
    return n_hops == 0 ? MOS_HIERARCHY_MACHINE : MOS_NO_GUEST;
  if (cpu->left)
    mos_hierarchy_leave (self, cpu);
  side = &cpu->side;
  if (cpu->inside) {
    /* Nobody in between took the write: the guest itself is heard here. */
    context = mos_context_get (cpu->leaf);
    if (context == NULL)
      return MOS_NO_GUEST;
    side = &context->side;
  } else if (n_hops == 0) {
    return MOS_HIERARCHY_MACHINE;
  }
  for (guint i = 0; i < n_hops; i++) {
    context = mos_context_get (side->last);
    if (context == NULL || mos_context_get (context->inner) != NULL)
      return MOS_NO_GUEST;
    side = &context->side;
  }
  return context != NULL ? context->guest : MOS_NO_GUEST;
}

static void
put_name (char *to, const char *clean)
{
  for (guint i = 0; i < MOS_HIERARCHY_NAME; i++)
    MOS_PUT (to[i], clean[i]);
}

/* For guests that are only known by what they say. */
static void
say_by_path (MosHierarchy  *self,
             const guint16 *path,
             guint          n_hops,
             const char    *clean)
{
  guint i;

  for (i = 0; i < self->n_said; i++)
    if (self->said[i].n_hops == n_hops &&
        memcmp (self->said[i].path, path, n_hops * sizeof *path) == 0)
      break;
  if (*clean == '\0') {
    if (i < self->n_said) {
      self->said[i] = self->said[self->n_said - 1];
      MOS_PUT (self->n_said, self->n_said - 1);
    }
    return;
  }
  if (i == MOS_HIERARCHY_SAID)
    return;
  memcpy (self->said[i].path, path, n_hops * sizeof *path);
  MOS_PUT (self->said[i].n_hops, n_hops);
  put_name (self->said[i].name, clean);
  if (i == self->n_said)
    MOS_PUT (self->n_said, i + 1);
}

void
mos_hierarchy_say (MosHierarchy  *self,
                   const guint16 *path,
                   guint          n_hops,
                   const char    *name,
                   gsize          size)
{
  char    clean[MOS_HIERARCHY_NAME];
  guint16 guest;

  g_return_if_fail (self != NULL);

  if (n_hops > MOS_HIERARCHY_LEVELS - 2)
    return;
  clean_name (clean, name, size);
  g_mutex_lock (&self->lock);
  if (may_speak (self)) {
    guest = find_guest (self, n_hops);
    mos_hierarchy_change_begin (self);
    if (guest != MOS_NO_GUEST)
      put_name (self->guests[guest].name, clean);
    else if (n_hops > 0)
      say_by_path (self, path, n_hops, clean);
    mos_hierarchy_change_end (self);
  }
  g_mutex_unlock (&self->lock);
}
