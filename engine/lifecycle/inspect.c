/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Looking into a machine from outside.
 *
 * Memory and registers are read while the guest runs; a processor's state only
 * while all of them stand still for a moment (mos_machine_look()).
 */
#include "engine/lifecycle/inspect.h"

#include "engine/lifecycle/machine.h"
#include "engine/lifecycle/vm-private.h"

#define MAX_LOOK_BYTES (1u << 20)

typedef struct {
  guint        vcpu;
  MosCpuState *state;
  gboolean     ok;
} CpuLook;

static void
look_at_cpu (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  CpuLook *look = user_data;

  look->ok =
      look->vcpu < cpus->n_vcpus &&
      mos_vcpu_get_state (mos_cpus_vcpu (cpus, look->vcpu), look->state, NULL);
}

gboolean
mos_vm_look_at_cpu (MosVm *self, guint vcpu, MosCpuState *state)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  CpuLook look = { .vcpu = vcpu, .state = state };

  g_return_val_if_fail (state != NULL, FALSE);

  *state = (MosCpuState){ 0 };
  return machine != NULL && mos_machine_look (machine, look_at_cpu, &look) &&
         look.ok;
}

typedef struct {
  guint64  gpa;
  gpointer data;
  gsize    size;
  gboolean ok;
} MemoryLook;

static gboolean
is_memory (MosMemoryMap *map, guint64 gpa, guint64 size)
{
  while (size > 0) {
    MosMemoryRange range;
    guint64        left;

    if (!mos_memory_map_find (map, gpa, &range) || range.kind == MOS_MEMORY_IO)
      return FALSE;
    left = range.gpa + range.size - gpa;
    if (left >= size)
      return TRUE;
    gpa += left;
    size -= left;
  }
  return TRUE;
}

static void
look_at_memory (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  MemoryLook *look = user_data;

  look->ok =
      is_memory (bus->memory, look->gpa, look->size) &&
      mos_memory_map_read (bus->memory, look->gpa, look->data, look->size);
}

gboolean
mos_vm_look_at_memory (MosVm *self, guint64 gpa, gpointer data, gsize size)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  MemoryLook look = { .gpa = gpa, .data = data, .size = size };

  g_return_val_if_fail (data != NULL, FALSE);

  if (machine == NULL || size > MAX_LOOK_BYTES || gpa > G_MAXUINT64 - size)
    return FALSE;
  mos_machine_visit (machine, look_at_memory, &look);
  return look.ok;
}

typedef struct {
  const char       *device; /* NULL: all */
  MosVmRegisterFunc func;
  gpointer          user_data;
} RegisterLook;

/* What a guest would read, if reading changes nothing. */
static guint64
look_at_register (const MosRegister *row, MosDevice *device)
{
  if (row->read != NULL && (row->access & MOS_REGISTER_RO) != 0 &&
      (row->access & MOS_REGISTER_PEEK) == 0)
    return row->read (device, row);
  return mos_register_peek (row, device);
}

static void
look_at_bank (const RegisterLook    *look,
              MosDevice             *device,
              const MosRegisterBank *bank)
{
  for (guint i = 0; i < bank->n_rows; i++) {
    MosVmRegister reg = { .device = device->name,
                          .bank = bank->name,
                          .row = &bank->rows[i] };

    g_mutex_lock (&device->lock);
    reg.value = look_at_register (reg.row, device);
    g_mutex_unlock (&device->lock);
    look->func (look->user_data, &reg);
  }
}

static void
look_at_registers (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  const RegisterLook *look = user_data;

  for (guint i = 0; i < bus->devices->len; i++) {
    MosDevice *device = g_ptr_array_index (bus->devices, i);

    if (look->device != NULL && !g_str_equal (look->device, device->name))
      continue;
    for (guint n = 0; n < device->n_banks; n++)
      look_at_bank (look, device, &device->banks[n]);
  }
}

void
mos_vm_foreach_register (MosVm            *self,
                         const char       *device,
                         MosVmRegisterFunc func,
                         gpointer          user_data)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);
  RegisterLook look = { device, func, user_data };

  g_return_if_fail (func != NULL);

  if (machine != NULL)
    mos_machine_visit (machine, look_at_registers, &look);
}

gint64
mos_vm_get_guest_time_ns (MosVm *self)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (self);

  return machine != NULL ? mos_machine_now (machine) : 0;
}
