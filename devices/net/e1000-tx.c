/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * Sending with the 82540EM (Software Developer's Manual, "Packet
 * Transmission").
 *
 * Legacy descriptors carry bytes and may ask for one checksum; context and
 * data descriptors ask for IP and TCP or UDP checksums and for segmentation. A
 * frame is put together over any number of descriptors. A vCPU's write of the
 * tail does a bounded piece of work; a timer goes on with the rest.
 */
#include <string.h>

#include "devices/net/e1000-private.h"
#include "devices/net/offload.h"

#define DESCRIPTOR_BYTES 16u
#define MAX_DESCRIPTORS  4096u /* in one go */
#define MAX_BYTES        (1u << 20)
/* In the cable, for a frame in pieces. */
#define ROOM_BYTES 98304u
#define MIN_FRAME  60u

enum {
  TCTL_ENABLE = 1u << 1,
  TCTL_PAD = 1u << 3
};

enum {
  CMD_END = 1u << 0,
  CMD_CHECKSUM = 1u << 2, /* legacy */
  CMD_SEGMENT = 1u << 2,  /* data */
  CMD_REPORT = 1u << 3,
  CMD_EXTENDED = 1u << 5,
  CMD_VLAN = 1u << 6,
  CMD_DELAY = 1u << 7,
  STATUS_DONE = 1u << 0,
  OPTION_IP = 1u << 0,
  OPTION_L4 = 1u << 1,
  CONTEXT_TCP = 1u << 0,
  CONTEXT_IPV4 = 1u << 1,
  CONTEXT_SEGMENT = 1u << 2
};

typedef struct {
  guint64 address;
  guint32 lower, upper;
} Descriptor;

static guint
command_of (const Descriptor *descriptor)
{
  return descriptor->lower >> 24;
}

/* 0: context, 1: data; -1: legacy. */
static int
kind_of (const Descriptor *descriptor)
{
  if ((command_of (descriptor) & CMD_EXTENDED) == 0)
    return -1;
  return (int) (descriptor->lower >> 20 & 0xf);
}

static void
set_context (MosE1000 *self, const Descriptor *descriptor)
{
  guint            flags = command_of (descriptor);
  MosE1000Context *context =
      &self->contexts[(flags & CONTEXT_SEGMENT) != 0 ? 1 : 0];

  context->ip_start = (guint8) descriptor->address;
  context->ip_place = (guint8) (descriptor->address >> 8);
  context->ip_end = (guint16) (descriptor->address >> 16);
  context->l4_start = (guint8) (descriptor->address >> 32);
  context->l4_place = (guint8) (descriptor->address >> 40);
  context->l4_end = (guint16) (descriptor->address >> 48);
  context->header_bytes = (guint8) (descriptor->upper >> 8);
  context->mss = (guint16) (descriptor->upper >> 16);
  context->flags = (guint8) flags;
}

/* -- a whole frame ------------------------------------------------------- */

static void
count_sent (MosE1000 *self, const guint8 *frame, gsize size)
{
  mos_e1000_count_frame (self, size);
  mos_e1000_count (self, MOS_E1000_GPTC, 1);
  mos_e1000_count (self, MOS_E1000_TPT, 1);
  mos_e1000_count (self, MOS_E1000_PTC64 + mos_e1000_size_class (size), 1);
  mos_e1000_count64 (self, MOS_E1000_GOTC, size + 4);
  mos_e1000_count64 (self, MOS_E1000_TOT, size + 4);
  if (frame[0] == 0xff)
    mos_e1000_count (self, MOS_E1000_BPTC, 1);
  else if ((frame[0] & 1) != 0)
    mos_e1000_count (self, MOS_E1000_MPTC, 1);
}

static void
put_out (MosE1000 *self, const guint8 *frame, gsize size, MosNetFlags flags)
{
  count_sent (self, frame, size);
  if (mos_e1000_is_looped (self))
    mos_e1000_receive (self, frame, size, flags);
  else if (mos_e1000_link_is_up (self))
    mos_net_port_to_peer (self->port, frame, size, flags);
}

static void
put_out_piece (gpointer user_data, const guint8 *frame, gsize size)
{
  put_out (user_data, frame, size, MOS_NET_CHECKSUMMED);
}

/* Puts a tag behind the addresses; what lies behind them moves by four. */
static void
insert_tag (MosE1000 *self, guint16 tag)
{
  guint8 *place = self->frame + 12;

  memmove (place + 4, place, self->frame_bytes - 12);
  place[0] = (guint8) (self->vet >> 8);
  place[1] = (guint8) self->vet;
  place[2] = (guint8) (tag >> 8);
  place[3] = (guint8) tag;
  self->frame_bytes += 4;
}

/* The checksum that a pair of start, place and end asks for. */
static gboolean
put_checksum (MosE1000 *self, gsize start, gsize place, gsize last, gsize shift)
{
  gsize end = last == 0 ? self->frame_bytes : last + 1 + shift;

  return mos_net_put_checksum (self->frame, self->frame_bytes, start + shift,
                               end, place + shift);
}

static void
send_plain (MosE1000 *self, gsize shift)
{
  const MosE1000Context *context = &self->contexts[0];
  MosNetFlags            flags = 0;

  if ((self->frame_options & OPTION_L4) != 0 &&
      put_checksum (self, context->l4_start, context->l4_place, context->l4_end,
                    shift))
    flags = MOS_NET_CHECKSUMMED;
  if ((self->frame_options & OPTION_IP) != 0)
    put_checksum (self, context->ip_start, context->ip_place, context->ip_end,
                  shift);
  if ((self->tctl & TCTL_PAD) != 0 && self->frame_bytes < MIN_FRAME) {
    memset (self->frame + self->frame_bytes, 0, MIN_FRAME - self->frame_bytes);
    self->frame_bytes = MIN_FRAME;
  }
  put_out (self, self->frame, self->frame_bytes, flags);
}

static void
send_segments (MosE1000 *self, gsize shift)
{
  const MosE1000Context *context = &self->contexts[1];
  MosNetCut              cut = {
                 .l3 = context->ip_start + shift,
                 .l4 = context->l4_start + shift,
                 .header_bytes = context->header_bytes + shift,
                 .mss = context->mss,
                 .ipv4 = (context->flags & CONTEXT_IPV4) != 0,
                 .udp = (context->flags & CONTEXT_TCP) == 0,
  };

  if (!mos_net_cut_is_sane (&cut, self->frame_bytes))
    return;
  mos_e1000_count (self, MOS_E1000_TSCTC, 1);
  mos_net_cut (self->frame, self->frame_bytes, &cut, put_out_piece, self);
}

static void
end_frame (MosE1000 *self, const Descriptor *last)
{
  gsize shift = 0;

  if (!self->frame_oversized && self->frame_bytes >= 14) {
    if ((command_of (last) & CMD_VLAN) != 0 &&
        (self->ctrl & MOS_E1000_CTRL_VME) != 0) {
      insert_tag (self, (guint16) (last->upper >> 16));
      shift = 4;
    }
    if (self->frame_segments)
      send_segments (self, shift);
    else
      send_plain (self, shift);
  }
  self->frame_bytes = 0;
  self->frame_oversized = FALSE;
}

/* -- descriptors --------------------------------------------------------- */

static void
add_bytes (MosE1000 *self, guint64 gpa, gsize size)
{
  if (size > MOS_NET_MAX_FRAME - self->frame_bytes) {
    self->frame_oversized = TRUE;
    return;
  }
  mos_memory_map_read (self->pci.device.bus->memory, gpa,
                       self->frame + self->frame_bytes, size);
  self->frame_bytes += (guint32) size;
}

static void
take_data (MosE1000 *self, const Descriptor *descriptor)
{
  gsize size = descriptor->lower & 0xfffff;

  if (self->frame_bytes == 0) {
    self->frame_options = (guint8) (descriptor->upper >> 8);
    self->frame_segments = (command_of (descriptor) & CMD_SEGMENT) != 0;
  }
  add_bytes (self, descriptor->address, size);
}

/* Its checksum starts and lies where the descriptor itself says. */
static void
take_legacy (MosE1000 *self, const Descriptor *descriptor)
{
  gsize start = descriptor->upper >> 8 & 0xff;
  gsize place = descriptor->lower >> 16 & 0xff;

  if (self->frame_bytes == 0) {
    self->frame_options = 0;
    self->frame_segments = FALSE;
  }
  add_bytes (self, descriptor->address, descriptor->lower & 0xffff);
  if ((command_of (descriptor) & (CMD_END | CMD_CHECKSUM)) ==
          (CMD_END | CMD_CHECKSUM) &&
      !self->frame_oversized)
    mos_net_put_checksum (self->frame, self->frame_bytes, start,
                          self->frame_bytes, place);
}

static void
report (MosE1000 *self, guint64 gpa, const Descriptor *descriptor)
{
  guint command = command_of (descriptor);

  if ((command & CMD_REPORT) == 0)
    return;
  mos_memory_map_write_u32 (self->pci.device.bus->memory, gpa + 12,
                            descriptor->upper | STATUS_DONE);
  if ((command & CMD_DELAY) != 0 && self->tidv != 0)
    mos_e1000_delay (self, &self->tx_delay, self->tidv, self->tadv);
  else
    mos_e1000_interrupt (self, MOS_E1000_TXDW);
}

/* Returns the bytes it was about. */
static gsize
take_descriptor (MosE1000 *self, guint64 gpa)
{
  MosMemoryMap *memory = self->pci.device.bus->memory;
  Descriptor    descriptor;
  int           kind;

  mos_memory_map_read (memory, gpa, &descriptor, sizeof descriptor);
  descriptor.address = GUINT64_FROM_LE (descriptor.address);
  descriptor.lower = GUINT32_FROM_LE (descriptor.lower);
  descriptor.upper = GUINT32_FROM_LE (descriptor.upper);
  kind = kind_of (&descriptor);
  if (kind == 0) {
    set_context (self, &descriptor);
  } else {
    if (kind < 0)
      take_legacy (self, &descriptor);
    else
      take_data (self, &descriptor);
    if ((command_of (&descriptor) & CMD_END) != 0)
      end_frame (self, &descriptor);
  }
  report (self, gpa, &descriptor);
  return kind == 0 ? 0 : descriptor.lower & 0xfffff;
}

void
mos_e1000_transmit (MosE1000 *self)
{
  guint64 base = (guint64) self->tdbah << 32 | self->tdbal;
  guint   n = self->tdlen / DESCRIPTOR_BYTES;
  gsize   bytes = 0;

  self->tx_waits = FALSE;
  if ((self->tctl & TCTL_ENABLE) == 0 || self->tdh >= n || self->tdt >= n ||
      !mos_pci_device_is_master (&self->pci))
    return;
  for (guint i = 0; self->tdh != self->tdt; i++) {
    if (self->frame_bytes == 0 &&
        !mos_net_port_has_room (self->port, ROOM_BYTES)) {
      self->tx_waits = TRUE;
      return;
    }
    if (i == MAX_DESCRIPTORS || bytes > MAX_BYTES) {
      self->tx_waits = TRUE;
      mos_timer_arm (&self->go_on, mos_clock_now (self->pci.device.bus->clock));
      return;
    }
    bytes += take_descriptor (self, base + self->tdh * DESCRIPTOR_BYTES);
    self->tdh = self->tdh + 1 < n ? self->tdh + 1 : 0;
  }
  mos_e1000_interrupt (self, MOS_E1000_TXQE);
}
