/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What a device model is.
 *
 * A MosDeviceClass is a constant: names, register tables, the fields that make
 * up its saved state, and a few functions. An instance begins with a MosDevice
 * and is made by its board. Its lock guards all of it; windows take it, timers
 * and host callbacks of the device take it themselves.
 *
 * A device talks to the guest's world through MosBus and to the host's world
 * through the interfaces in engine/host that its board hands it. It never
 * logs per event, asserts on guest values, or allocates by a guest's number.
 */
#pragma once

#include "engine/bus/bus.h"
#include "engine/bus/register.h"

G_BEGIN_DECLS

typedef struct MosDeviceClass MosDeviceClass;

typedef enum {
  MOS_STATE_U8,
  MOS_STATE_U16,
  MOS_STATE_U32,
  MOS_STATE_U64,
  MOS_STATE_BYTES, /* @count bytes */
  MOS_STATE_BOOL   /* a gboolean */
} MosStateKind;

/* One member of the instance that is saved; arrays by @count > 1. */
typedef struct {
  const char  *name;
  guint32      offset;
  MosStateKind kind;
  guint32      count; /* elements; 0 means 1 */
} MosStateField;

#define MOS_STATE(type, member, state_kind)               \
  {                                                       \
#member, G_STRUCT_OFFSET(type, member), state_kind, 1 \
  }
#define MOS_STATE_ARRAY(type, member, state_kind, n)      \
  {                                                       \
#member, G_STRUCT_OFFSET(type, member), state_kind, n \
  }

struct MosDeviceClass {
  const char          *name;  /* "serial-16550"; stable, for files */
  const char          *title; /* translatable */
  const char          *help;  /* what it models, after which data sheet */
  gsize                instance_size;
  guint                state_version;
  const MosStateField *state; /* ends with a NULL name */

  /* All optional. init: after zeroing, lock and bus are set. reset: as the
   * RESET# pin does, lock held. clear: stop timers, free; lock not held.
   * saved and loaded: before saving, after loading, lock held; loaded returns
   * FALSE with an error if the values cannot be right. */
  void (*init) (MosDevice *self);
  void (*reset) (MosDevice *self);
  void (*clear) (MosDevice *self);
  void (*saved) (MosDevice *self);
  gboolean (*loaded) (MosDevice *self, GError **error);
  /* Appends what does not fit fixed fields to / reads it from a vardict. */
  void (*save_extra) (MosDevice *self, GVariantBuilder *builder);
  gboolean (*load_extra) (MosDevice *self, GVariant *dict, GError **error);
};

#define MOS_DEVICE_MAX_BANKS 8

struct MosDevice {
  const MosDeviceClass *klass;
  char                 *name; /* unique in its machine: "serial0" */
  MosBus               *bus;
  GMutex                lock;
  MosIoCounters         counters;
  /* Register banks the device has shown with mos_device_add_bank(). */
  MosRegisterBank banks[MOS_DEVICE_MAX_BANKS];
  guint           n_banks;
};

/*
 * Allocates @klass->instance_size, registers the device with @bus under @name
 * (copied), calls init. The bus frees it at the end with all others.
 */
gpointer
mos_device_new (const MosDeviceClass *klass, MosBus *bus, const char *name);

/* For the bus. */
void mos_device_free (MosDevice *self);
void mos_device_reset (MosDevice *self);

/* Shows a register table; returns the bank for dispatch. During init. */
MosRegisterBank *mos_device_add_bank (MosDevice         *self,
                                      const char        *name,
                                      const MosRegister *rows,
                                      guint              n_rows,
                                      guint              size);

/* Fills in a window that dispatches to @ops with this device's lock and
 * counters. Map it with mos_bus_map_ports() or as a memory region. */
void mos_device_window_init (MosDevice      *self,
                             MosIoWindow    *window,
                             const char     *name,
                             const MosIoOps *ops,
                             gpointer        opaque,
                             guint64         base,
                             guint64         size);

/* Window ops that dispatch to a MosRegisterBank given as opaque's bank: use
 * &mos_register_window_ops with a MosRegisterWindow as opaque. */
typedef struct {
  MosDevice       *device;
  MosRegisterBank *bank;
  guint64          gap; /* what gaps read */
} MosRegisterWindow;
extern const MosIoOps mos_register_window_ops;

/* a{sv} with "version" and every field; takes the lock. */
GVariant *mos_device_save (MosDevice *self);
gboolean  mos_device_load (MosDevice *self, GVariant *state, GError **error);

G_END_DECLS
