/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * A front panel. The lock is held while the device is told, so that taking the
 * device away waits for that; the device takes its own lock inside, and never
 * calls the panel with it held but to read.
 */
#include "engine/host/panel.h"

struct MosPanel {
  gatomicrefcount refs;
  GMutex          lock; /* func and device, and telling */
  MosPanelFunc    func;
  gpointer        device;
  guint32         switches; /* atomic */
};

MosPanel *
mos_panel_new (void)
{
  MosPanel *self = g_new0 (MosPanel, 1);

  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  return self;
}

MosPanel *
mos_panel_ref (MosPanel *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
mos_panel_unref (MosPanel *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
mos_panel_set_switches (MosPanel *self, guint32 switches)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  __atomic_store_n (&self->switches, switches, __ATOMIC_SEQ_CST);
  if (self->func != NULL)
    self->func (self->device, switches);
  g_mutex_unlock (&self->lock);
}

guint32
mos_panel_get_switches (MosPanel *self)
{
  return __atomic_load_n (&self->switches, __ATOMIC_SEQ_CST);
}

void
mos_panel_set_device (MosPanel *self, MosPanelFunc func, gpointer device)
{
  g_return_if_fail (self != NULL);

  g_mutex_lock (&self->lock);
  self->func = func;
  self->device = device;
  g_mutex_unlock (&self->lock);
}
