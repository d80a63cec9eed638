/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The interrupt controllers and the timer in the kernel.
 *
 * KVM has the two 8259s, the I/O APIC, the local APICs and the PIT inside; the
 * board drives GSIs and sends messages. As on a PC, GSI 0 (the PIT) reaches
 * the I/O APIC at pin 2. Any thread drives lines; saving, loading and reset
 * happen while the vCPUs stand still. Kernel documentation,
 * "KVM_CREATE_IRQCHIP", "KVM_SET_GSI_ROUTING", "KVM_GET_PIT2".
 */

#include <string.h>

#include "engine/cpu/kvm/private.h"

#define N_PIC_GSIS    16
#define N_IOAPIC_PINS MOS_KVM_FIRST_MESSAGE
#define PIT_PIN       2 /* of the I/O APIC; the 8259's pin 2 is the cascade */
#define MSI_BASE      0xfee00000u
#define MSI_NMI       0x400u

/* Where Intel's VT-x keeps what real mode needs: below the firmware, where a
 * PC has neither memory nor devices. */
#define TSS_GPA          0xfeffd000u
#define IDENTITY_MAP_GPA G_GUINT64_CONSTANT (0xfeffc000)

static void
add_route (struct kvm_irq_routing *routing, guint gsi, guint chip, guint pin)
{
  routing->entries[routing->nr++] = (struct kvm_irq_routing_entry){
    .gsi = gsi,
    .type = KVM_IRQ_ROUTING_IRQCHIP,
    .u.irqchip = { .irqchip = chip, .pin = pin },
  };
}

gboolean
mos_kvm_chips_route (MosKvmMachine *machine, GError **error)
{
  guint n_entries =
      N_PIC_GSIS + N_IOAPIC_PINS + mos_kvm_doorbells_n_messages (machine);
  g_autofree struct kvm_irq_routing *routing = g_malloc0 (
      sizeof *routing + n_entries * sizeof (struct kvm_irq_routing_entry));

  for (guint gsi = 0; gsi < N_PIC_GSIS; gsi++)
    if (gsi != 2)
      add_route (routing, gsi,
                 gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE,
                 gsi % 8);
  for (guint gsi = 0; gsi < N_IOAPIC_PINS; gsi++)
    if (gsi != PIT_PIN)
      add_route (routing, gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? PIT_PIN : gsi);
  mos_kvm_doorbells_route (machine, routing);
  return mos_kvm_call (machine->vm_fd, KVM_SET_GSI_ROUTING,
                       "KVM_SET_GSI_ROUTING", routing, error);
}

static gboolean
get_chips (MosKvmMachine *machine, MosKvmChips *chips, GError **error)
{
  memset (chips, 0, sizeof *chips);
  for (guint i = 0; i < MOS_KVM_N_CHIPS; i++) {
    chips->irqchips[i].chip_id = i;
    if (!mos_kvm_call (machine->vm_fd, KVM_GET_IRQCHIP, "KVM_GET_IRQCHIP",
                       &chips->irqchips[i], error))
      return FALSE;
  }
  return mos_kvm_call (machine->vm_fd, KVM_GET_PIT2, "KVM_GET_PIT2",
                       &chips->pit, error);
}

static gboolean
set_chips (MosKvmMachine *machine, MosKvmChips *chips, GError **error)
{
  for (guint i = 0; i < MOS_KVM_N_CHIPS; i++)
    if (!mos_kvm_call (machine->vm_fd, KVM_SET_IRQCHIP, "KVM_SET_IRQCHIP",
                       &chips->irqchips[i], error))
      return FALSE;
  return mos_kvm_call (machine->vm_fd, KVM_SET_PIT2, "KVM_SET_PIT2",
                       &chips->pit, error);
}

gboolean
mos_kvm_chips_create (MosKvmMachine *machine, GError **error)
{
  /* Port 0x61 reports and gates the timer's channel 2: the kernel's too. */
  struct kvm_pit_config       pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
  __u64                       identity = IDENTITY_MAP_GPA;
  struct kvm_reinject_control no_reinject = { .pit_reinject = 0 };

  if (!mos_kvm_call (machine->vm_fd, KVM_SET_IDENTITY_MAP_ADDR,
                     "KVM_SET_IDENTITY_MAP_ADDR", &identity, error) ||
      !mos_kvm_call (machine->vm_fd, KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR",
                     GSIZE_TO_POINTER (TSS_GPA), error) ||
      !mos_kvm_call (machine->vm_fd, KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP",
                     NULL, error) ||
      !mos_kvm_call (machine->vm_fd, KVM_CREATE_PIT2, "KVM_CREATE_PIT2", &pit,
                     error) ||
      !mos_kvm_chips_route (machine, error))
    return FALSE;
  /* Ticks that a slow guest has missed would keep other interrupts out. */
  if (machine->caps.emulates)
    mos_kvm_call (machine->vm_fd, KVM_REINJECT_CONTROL, "KVM_REINJECT_CONTROL",
                  &no_reinject, NULL);
  return get_chips (machine, &machine->reset_chips, error);
}

/* -- lines and messages -------------------------------------------------- */

static void
set_gsi (gpointer cpus, guint gsi, gboolean level)
{
  MosKvmMachine       *machine = cpus;
  struct kvm_irq_level line = { .irq = gsi, .level = level };
  g_autoptr (GError) error = NULL;

  if (!mos_kvm_call (machine->vm_fd, KVM_IRQ_LINE, "KVM_IRQ_LINE", &line,
                     &error))
    mos_log_once (machine->parent.bus->log, "kvm-line", MOS_LOG_ERROR, "%s",
                  error->message);
  if (level)
    mos_kvm_windows_raise (machine);
}

/* The guest may have written any message; one that reaches no APIC is lost,
 * as on a real bus. */
static void
send_msi (gpointer cpus, guint64 address, guint32 data)
{
  MosKvmMachine *machine = cpus;
  struct kvm_msi msi = {
    .address_lo = (guint32) address,
    .address_hi = address >> 32,
    .data = data,
  };

  mos_kvm_call (machine->vm_fd, KVM_SIGNAL_MSI, "KVM_SIGNAL_MSI", &msi, NULL);
}

/* KVM_NMI would wait for the running vCPU; a message does not. */
static void
send_nmi (gpointer cpus)
{
  send_msi (cpus, MSI_BASE, MSI_NMI);
}

const MosCpuInputs mos_kvm_inputs = {
  .set_gsi = set_gsi,
  .send_msi = send_msi,
  .send_nmi = send_nmi,
  .set_doorbell = mos_kvm_set_doorbell,
  .set_message = mos_kvm_set_message,
  .clear_message = mos_kvm_clear_message,
};

/* -- saved state --------------------------------------------------------- */

GVariant *
mos_kvm_chips_save (MosCpus *cpus, GError **error)
{
  MosKvmMachine *machine = (MosKvmMachine *) cpus;
  MosKvmChips    chips;

  if (!get_chips (machine, &chips, error))
    return NULL;
  return mos_kvm_chips_describe (&chips, mos_clock_now (cpus->bus->clock));
}

gboolean
mos_kvm_chips_load (MosCpus *cpus, GVariant *state, GError **error)
{
  MosKvmChips chips;

  return mos_kvm_chips_parse (state, &chips, error) &&
         set_chips ((MosKvmMachine *) cpus, &chips, error);
}

void
mos_kvm_chips_reset (MosCpus *cpus)
{
  MosKvmMachine *machine = (MosKvmMachine *) cpus;
  MosKvmChips    chips = machine->reset_chips;
  g_autoptr (GError) error = NULL;

  if (!set_chips (machine, &chips, &error))
    mos_log (machine->parent.bus->log, MOS_LOG_ERROR, "%s", error->message);
}
