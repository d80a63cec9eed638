/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Eventfds in place of exits and calls: a guest's write that only rings a bell
 * stays in the kernel (ioeventfd), and an interrupt message is sent by writing
 * a number (irqfd). Kernel documentation, "KVM_IOEVENTFD", "KVM_IRQFD". Any
 * thread.
 *
 * Messages have interrupt numbers behind the I/O APIC's pins; the kernel's
 * table of routes says what each one sends.
 */
#include <errno.h>

#include "engine/cpu/kvm/private.h"

/* One eventfd that sends a message. */
typedef struct {
  int     fd; /* -1: not in use */
  guint64 address;
  guint32 data;
} Message;

gboolean
mos_kvm_set_doorbell (gpointer cpus,
                      guint64  gpa,
                      guint    size,
                      int      fd,
                      gboolean on)
{
  MosKvmMachine       *machine = cpus;
  struct kvm_ioeventfd bell = {
    .addr = gpa,
    .len = size,
    .fd = fd,
    .flags = on ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
  };

  return machine->caps.ioeventfd && mos_kvm_call (machine->vm_fd, KVM_IOEVENTFD,
                                                  "KVM_IOEVENTFD", &bell, NULL);
}

void
mos_kvm_doorbells_init (MosKvmMachine *machine)
{
  g_mutex_init (&machine->messages_lock);
  machine->messages = g_array_new (FALSE, FALSE, sizeof (Message));
}

void
mos_kvm_doorbells_clear (MosKvmMachine *machine)
{
  g_array_unref (machine->messages);
  g_mutex_clear (&machine->messages_lock);
}

guint
mos_kvm_doorbells_n_messages (MosKvmMachine *machine)
{
  return machine->messages->len;
}

static Message *
message_at (MosKvmMachine *machine, guint index)
{
  return &g_array_index (machine->messages, Message, index);
}

void
mos_kvm_doorbells_route (MosKvmMachine          *machine,
                         struct kvm_irq_routing *routing)
{
  for (guint i = 0; i < machine->messages->len; i++) {
    const Message *message = message_at (machine, i);

    if (message->fd < 0)
      continue;
    routing->entries[routing->nr++] = (struct kvm_irq_routing_entry){
      .gsi = MOS_KVM_FIRST_MESSAGE + i,
      .type = KVM_IRQ_ROUTING_MSI,
      .u.msi = { .address_lo = (guint32) message->address,
                 .address_hi = message->address >> 32,
                 .data = message->data },
    };
  }
}

/* The place of @fd; of -1: a free one. FALSE if there is none. */
static gboolean
find_message (MosKvmMachine *machine, int fd, guint *index)
{
  for (*index = 0; *index < machine->messages->len; ++*index)
    if (message_at (machine, *index)->fd == fd)
      return TRUE;
  return FALSE;
}

static gboolean
attach (MosKvmMachine *machine, int fd, guint index, gboolean on)
{
  struct kvm_irqfd request = {
    .fd = (guint) fd,
    .gsi = MOS_KVM_FIRST_MESSAGE + index,
    .flags = on ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
  };

  return mos_kvm_call (machine->vm_fd, KVM_IRQFD, "KVM_IRQFD", &request, NULL);
}

static gboolean
set_message_locked (MosKvmMachine *machine, const Message *message)
{
  guint    index;
  gboolean is_new = !find_message (machine, message->fd, &index);
  Message  free_one = { .fd = -1 };

  if (is_new && !find_message (machine, -1, &index)) {
    if (index >= machine->caps.max_messages)
      return FALSE;
    g_array_append_val (machine->messages, free_one);
  }
  if (!is_new)
    free_one = *message_at (machine, index);
  *message_at (machine, index) = *message;
  if (mos_kvm_chips_route (machine, NULL) &&
      (!is_new || attach (machine, message->fd, index, TRUE)))
    return TRUE;
  /* As it was, so that later ones can be routed. */
  *message_at (machine, index) = free_one;
  return FALSE;
}

gboolean
mos_kvm_set_message (gpointer cpus, int fd, guint64 address, guint32 data)
{
  MosKvmMachine *machine = cpus;
  Message        message = { fd, address, data };
  gboolean       ok;

  if (!machine->caps.irqfd)
    return FALSE;
  g_mutex_lock (&machine->messages_lock);
  ok = set_message_locked (machine, &message);
  g_mutex_unlock (&machine->messages_lock);
  return ok;
}

void
mos_kvm_clear_message (gpointer cpus, int fd)
{
  MosKvmMachine *machine = cpus;
  guint          index;

  g_mutex_lock (&machine->messages_lock);
  if (find_message (machine, fd, &index)) {
    attach (machine, fd, index, FALSE);
    message_at (machine, index)->fd = -1;
  }
  g_mutex_unlock (&machine->messages_lock);
}
