/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Making, resetting, saving and loading devices by their class's tables.
 */
#include "engine/bus/device.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "engine/base/error.h"

gpointer
mos_device_new (const MosDeviceClass *klass, MosBus *bus, const char *name)
{
  MosDevice *self;

  g_return_val_if_fail (klass->instance_size >= sizeof (MosDevice), NULL);

  self = g_malloc0 (klass->instance_size);
  self->klass = klass;
  self->name = g_strdup (name);
  self->bus = bus;
  g_mutex_init (&self->lock);
  g_ptr_array_add (bus->devices, self);
  if (klass->init != NULL)
    klass->init (self);
  return self;
}

void
mos_device_free (MosDevice *self)
{
  if (self == NULL)
    return;
  if (self->klass->clear != NULL)
    self->klass->clear (self);
  for (guint i = 0; i < self->n_banks; i++)
    mos_register_bank_clear (&self->banks[i]);
  g_mutex_clear (&self->lock);
  g_free (self->name);
  g_free (self);
}

void
mos_device_reset (MosDevice *self)
{
  g_mutex_lock (&self->lock);
  if (self->klass->reset != NULL)
    self->klass->reset (self);
  g_mutex_unlock (&self->lock);
}

MosRegisterBank *
mos_device_add_bank (MosDevice         *self,
                     const char        *name,
                     const MosRegister *rows,
                     guint              n_rows,
                     guint              size)
{
  MosRegisterBank *bank = &self->banks[self->n_banks];

  g_return_val_if_fail (self->n_banks < MOS_DEVICE_MAX_BANKS, NULL);

  self->n_banks++;
  mos_register_bank_init (bank, name, rows, n_rows, size);
  return bank;
}

void
mos_device_window_init (MosDevice      *self,
                        MosIoWindow    *window,
                        const char     *name,
                        const MosIoOps *ops,
                        gpointer        opaque,
                        guint64         base,
                        guint64         size)
{
  window->name = name;
  window->ops = ops;
  window->opaque = opaque;
  window->base = base;
  window->size = size;
  window->lock = &self->lock;
  window->counters = &self->counters;
}

static guint64
register_window_read (gpointer opaque, guint64 offset, guint size)
{
  MosRegisterWindow *self = opaque;

  return mos_register_bank_read (self->bank, self->device, (guint) offset, size,
                                 self->gap);
}

static void
register_window_write (gpointer opaque,
                       guint64  offset,
                       guint64  value,
                       guint    size)
{
  MosRegisterWindow *self = opaque;

  mos_register_bank_write (self->bank, self->device, (guint) offset, value,
                           size);
}

const MosIoOps mos_register_window_ops = {
  .read = register_window_read,
  .write = register_window_write,
  .min_size = 1,
  .max_size = 8,
};

/* -- state --------------------------------------------------------------- */

static gsize
kind_bytes (MosStateKind kind)
{
  switch (kind) {
  case MOS_STATE_U8:
  case MOS_STATE_BYTES:
    return 1;
  case MOS_STATE_U16:
    return 2;
  case MOS_STATE_U32:
  case MOS_STATE_BOOL:
    return 4;
  case MOS_STATE_U64:
  default:
    return 8;
  }
}

static gsize
field_bytes (const MosStateField *field)
{
  return kind_bytes (field->kind) * MAX (field->count, 1);
}

GVariant *
mos_device_save (MosDevice *self)
{
  const MosDeviceClass *klass = self->klass;
  GVariantBuilder       builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_mutex_lock (&self->lock);
  if (klass->saved != NULL)
    klass->saved (self);
  g_variant_builder_add (&builder, "{sv}", "version",
                         g_variant_new_uint32 (klass->state_version));
  for (const MosStateField *field = klass->state;
       field != NULL && field->name != NULL; field++)
    g_variant_builder_add (
        &builder, "{sv}", field->name,
        g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                   (guint8 *) self + field->offset,
                                   field_bytes (field), 1));
  if (klass->save_extra != NULL)
    klass->save_extra (self, &builder);
  g_mutex_unlock (&self->lock);
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
load_field (MosDevice           *self,
            const MosStateField *field,
            GVariant            *dict,
            GError             **error)
{
  g_autoptr (GVariant) value =
      g_variant_lookup_value (dict, field->name, G_VARIANT_TYPE ("ay"));
  gconstpointer data;
  gsize         size = 0;

  if (value != NULL)
    data = g_variant_get_fixed_array (value, &size, 1);
  if (value == NULL || size != field_bytes (field)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of %s has no valid “%s”; it was made by "
                    "another version or is damaged"),
                 self->name, field->name);
    return FALSE;
  }
  memcpy ((guint8 *) self + field->offset, data, size);
  return TRUE;
}

static gboolean
load_locked (MosDevice *self, GVariant *dict, GError **error)
{
  const MosDeviceClass *klass = self->klass;
  guint32               version = 0;

  if (!g_variant_lookup (dict, "version", "u", &version) ||
      version != klass->state_version) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of %s has version %u; this program reads "
                    "version %u"),
                 self->name, version, klass->state_version);
    return FALSE;
  }
  for (const MosStateField *field = klass->state;
       field != NULL && field->name != NULL; field++)
    if (!load_field (self, field, dict, error))
      return FALSE;
  if (klass->load_extra != NULL && !klass->load_extra (self, dict, error))
    return FALSE;
  return klass->loaded == NULL || klass->loaded (self, error);
}

gboolean
mos_device_load (MosDevice *self, GVariant *state, GError **error)
{
  gboolean ok;

  if (!g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT)) {
    g_set_error (error, MOS_ERROR, MOS_ERROR_SYNTAX,
                 _ ("The saved state of %s is not a dictionary"), self->name);
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  ok = load_locked (self, state, error);
  g_mutex_unlock (&self->lock);
  return ok;
}
