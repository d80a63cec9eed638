/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the numbers suggest. A rule looks at the readings and adds a sentence
 * with the number it is based on, or nothing.
 */
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#include "app/summary.h"

#define N_PORTS 65536u

static gint64
sum_of (const MosSummary *self,
        MosMetric         metric,
        const char       *device,
        const char       *label)
{
  gint64 sum = 0;

  for (guint i = 0; i < self->readings->len; i++) {
    const MosReading *reading = &g_array_index (self->readings, MosReading, i);

    if (reading->key.metric == (gint32) metric &&
        (device == NULL || g_str_has_prefix (reading->key.device, device)) &&
        (label == NULL || strcmp (reading->key.label, label) == 0))
      sum += reading->value;
  }
  return sum;
}

static void
add (MosSummary *self, char *sentence)
{
  g_ptr_array_add (self->advice, sentence);
}

static double
percent (gint64 part, gint64 whole)
{
  return whole > 0 ? 100.0 * (double) part / (double) whole : 0;
}

/* What a port belongs to, and what would be cheaper. */
static const struct {
  guint       first, last;
  const char *remedy;
} ports[] = {
  { 0x1f0, 0x1f7, N_ ("use virtio-blk (bus = \"virtio\") for the disk") },
  { 0x170, 0x177, N_ ("use virtio-blk (bus = \"virtio\") for the disk") },
  { 0x3f8, 0x3ff,
    N_ ("the guest talks through COM1: make its console quieter "
        "or use the virtio console") },
  { 0x2f8, 0x2ff,
    N_ ("the guest talks through COM2: make its console quieter "
        "or use the virtio console") },
  { 0x40, 0x43,
    N_ ("the guest reads the PIT: let it use the TSC or the local "
        "APIC timer") },
  { 0x70, 0x71,
    N_ ("the guest reads the real-time clock: let it read it once "
        "and count on") },
  { 0x20, 0x21,
    N_ ("the guest acknowledges the 8259 interrupt controller: let "
        "it use the local APIC") },
  { 0x60, 0x64,
    N_ ("the guest polls the keyboard controller: let it use "
        "interrupts") },
  { 0x3c0, 0x3df,
    N_ ("the guest programs the VGA registers: use a linear "
        "framebuffer") },
  { 0x80, 0x80,
    N_ ("the guest writes port 0x80 to wait: tell it not to "
        "(io_delay=none on Linux)") },
};

static void
advise_ports (MosSummary *self, gint64 exits)
{
  guint  busiest = 0;
  double share;

  if (self->ports == NULL)
    return;
  for (guint port = 1; port < N_PORTS; port++)
    if (self->ports[port] > self->ports[busiest])
      busiest = port;
  share = percent ((gint64) self->ports[busiest], exits);
  if (share < 30)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (ports); i++)
    if (busiest >= ports[i].first && busiest <= ports[i].last) {
      add (self, g_strdup_printf (
                     _ ("%.0f %% of exits are accesses to port 0x%x: %s"),
                     MIN (share, 100), busiest, _ (ports[i].remedy)));
      return;
    }
  add (self, g_strdup_printf (_ ("%.0f %% of exits are accesses to port 0x%x"),
                              MIN (share, 100), busiest));
}

static void
advise_devices (MosSummary *self, gint64 exits)
{
  static const struct {
    const char *device;
    const char *sentence;
  } rows[] = {
    { "ide", N_ ("%.0f %% of exits are accesses to the IDE disk: use "
                 "virtio-blk (bus = \"virtio\")") },
    { "serial", N_ ("%.0f %% of exits are accesses to a serial port: make the "
                    "guest's console quieter") },
    { "vga", N_ ("%.0f %% of exits are accesses to the VGA adapter: use a "
                 "linear framebuffer") },
    { "pit", N_ ("%.0f %% of exits are accesses to the PIT: let the guest use "
                 "the TSC or the local APIC timer") },
    { "fdc", N_ ("%.0f %% of exits are accesses to the floppy controller: use "
                 "a disk image") },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    gint64 accesses =
        sum_of (self, MOS_METRIC_DEVICE_READS, rows[i].device, NULL) +
        sum_of (self, MOS_METRIC_DEVICE_WRITES, rows[i].device, NULL);
    double share = percent (accesses, exits);

    if (share >= 40)
      add (self, g_strdup_printf (_ (rows[i].sentence), MIN (share, 100)));
  }
}

static void
advise_memory (MosSummary *self)
{
  gint64 size = sum_of (self, MOS_METRIC_MEMORY_SIZE, NULL, NULL);
  gint64 resident = sum_of (self, MOS_METRIC_MEMORY_RESIDENT, NULL, NULL);

  if (self->machine[0] != '\0' && size >= 256 << 20 && resident < size / 4) {
    g_autofree char *used =
        mos_metric_format_total (MOS_METRIC_MEMORY_RESIDENT, resident);
    g_autofree char *promised =
        mos_metric_format_total (MOS_METRIC_MEMORY_SIZE, size);

    add (self, g_strdup_printf (_ ("The guest used %s of its %s: give it less "
                                   "memory and run more machines"),
                                used, promised));
  }
}

static void
advise_rest (MosSummary *self, gint64 exits)
{
  gint64 halts = sum_of (self, MOS_METRIC_EXITS, NULL, "hlt");
  gint64 faults = sum_of (self, MOS_METRIC_FAULTS, NULL, "14");
  gint64 misses = sum_of (self, MOS_METRIC_TLB_MISSES, NULL, NULL);
  gint64 instructions = sum_of (self, MOS_METRIC_INSTRUCTIONS, NULL, NULL);
  gint64 errors = sum_of (self, MOS_METRIC_DISK_ERRORS, NULL, NULL);
  gint64 dropped = sum_of (self, MOS_METRIC_NET_DROPPED, NULL, NULL);

  if (percent (halts, exits) >= 60)
    add (self, g_strdup_printf (_ ("%.0f %% of exits are HLT: the guest waits "
                                   "most of the time"),
                                percent (halts, exits)));
  if (percent (faults, instructions) >= 1)
    add (self, g_strdup_printf (_ ("One instruction in %.0f is a page fault: "
                                   "the guest has too little memory or maps "
                                   "it page by page"),
                                100 / percent (faults, instructions)));
  if (percent (misses, instructions) >= 2)
    add (self, g_strdup_printf (_ ("One instruction in %.0f misses the TLB: "
                                   "large pages would help"),
                                100 / percent (misses, instructions)));
  if (errors > 0)
    add (self, g_strdup_printf (_ ("%" PRId64 " disk requests failed: look "
                                   "at the machine's log and the host's disk"),
                                errors));
  if (dropped > 0)
    add (self,
         g_strdup_printf (_ ("%" PRId64 " network frames were "
                             "dropped: the receiver is too slow, or nobody "
                             "is at the other end"),
                          dropped));
}

void
mos_summary_advise (MosSummary *self)
{
  gint64 exits = sum_of (self, MOS_METRIC_EXITS, NULL, NULL);

  g_ptr_array_set_size (self->advice, 0);
  advise_ports (self, exits);
  if (self->advice->len == 0)
    advise_devices (self, exits);
  advise_memory (self);
  advise_rest (self, exits);
  if (self->advice->len == 0)
    add (self, g_strdup (_ ("Nothing stands out")));
}
