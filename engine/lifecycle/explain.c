/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Explaining an event, see explain.h. Code is read through the page tables the
 * processor has now, which may be another program's than those of then.
 */
#include "engine/lifecycle/explain.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "engine/lifecycle/inspect.h"
#include "engine/lifecycle/vm-private.h"
#include "engine/monitor/disassemble.h"
#include "engine/monitor/guest.h"
#include "engine/monitor/recorder.h"

#define MAX_CODE_BYTES 64u
#define MAX_INSNS      6u
#define NAME_CHARS     32u

typedef struct {
  const MosEvent *event;
  MosCpuState    *state; /* NULL: not known */
  GString        *text;
  char            device[NAME_CHARS]; /* or "" */
} Explain;

static void
heading (Explain *self, const char *title)
{
  g_string_append_printf (self->text, "\n%s\n", title);
}

/* -- what it means ------------------------------------------------------- */

static void
explain_kind (Explain *self)
{
  const MosEvent  *event = self->event;
  g_autofree char *name = mos_event_describe (event);

  g_string_append_printf (
      self->text, "%s\n%s\n", name,
      event->kind < MOS_N_EVENTS ? _ (mos_event_infos[event->kind].help) : "");
  if (event->kind == MOS_EVENT_EXIT && event->code < MOS_N_EXITS)
    g_string_append_printf (self->text, "%s\n",
                            _ (mos_exit_infos[event->code].help));
}

/* -- the processor ------------------------------------------------------- */

static void
explain_code (Explain *self, MosMemoryMap *memory)
{
  guint8  code[MAX_CODE_BYTES];
  guint64 address = self->state->rip, lin;
  gsize   size = sizeof code;
  guint   bits = mos_code_bits (self->state);

  if (self->event->kind == MOS_EVENT_EXIT ||
      self->event->kind == MOS_EVENT_INJECT)
    address = self->event->a;
  lin = bits == 64 ? address : address + self->state->seg[MOS_SEG_CS].base;
  /* As much as there is, up to the end of the last page. */
  while (size > 0 && !mos_guest_read (self->state, memory, lin, code, size))
    size /= 2;
  heading (self, _ ("Code there"));
  if (mos_disassemble (self->text, code, size, address, bits, MAX_INSNS) == 0)
    g_string_append_printf (self->text, "%s\n",
                            _ ("nothing is mapped there now"));
}

static void
explain_registers (Explain *self)
{
  g_autofree char *registers = mos_cpu_state_describe (self->state);

  heading (self, _ ("The processor now"));
  g_string_append (self->text, registers);
}

/* -- the device ---------------------------------------------------------- */

/* A window of a device's counts into the device. */
static void
find_device (Explain *self, const MosBus *bus, const MosIoWindow *window)
{
  for (guint i = 0; window != NULL && i < bus->devices->len; i++) {
    const MosDevice *device = g_ptr_array_index (bus->devices, i);

    if (window->counters == &device->counters)
      g_strlcpy (self->device, device->name, sizeof self->device);
  }
}

static void
look (gpointer user_data, MosBus *bus, MosCpus *cpus)
{
  Explain        *self = user_data;
  const MosEvent *event = self->event;
  MosMemoryRange  range;

  if (self->state != NULL && event->level <= 1)
    explain_code (self, bus->memory);
  if (event->kind == MOS_EVENT_PORT)
    find_device (
        self, bus,
        __atomic_load_n (&bus->ports[event->code & 0xffff], __ATOMIC_ACQUIRE));
  else if (event->kind == MOS_EVENT_MMIO &&
           mos_memory_map_find (bus->memory, event->a, &range))
    find_device (self, bus, range.region->io);
}

static void
register_cb (gpointer user_data, const MosVmRegister *reg)
{
  Explain *self = user_data;

  g_string_append_printf (self->text, "%20s %12" PRIx64 "  %s\n",
                          reg->row->name, reg->value,
                          reg->row->help != NULL ? _ (reg->row->help) : "");
}

char *
mos_vm_explain_event (MosVm *vm, const MosEvent *event)
{
  g_autoptr (MosMachine) machine = mos_vm_ref_machine (vm);
  g_autofree MosCpuState *state = g_new0 (MosCpuState, 1);
  Explain self = { .event = event, .text = g_string_new (NULL) };

  explain_kind (&self);
  if (event->vcpu != G_MAXUINT16 && mos_vm_look_at_cpu (vm, event->vcpu, state))
    self.state = state;
  if (machine != NULL)
    mos_machine_visit (machine, look, &self);
  if (self.state != NULL)
    explain_registers (&self);
  if (self.device[0] != '\0') {
    g_autofree char *title =
        g_strdup_printf (_ ("Registers of %s now"), self.device);

    heading (&self, title);
    mos_vm_foreach_register (vm, self.device, register_cb, &self);
  }
  mos_cpu_state_clear (state);
  return g_string_free (self.text, FALSE);
}
