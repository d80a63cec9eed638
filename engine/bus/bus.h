/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The world of a machine's devices: ports, memory, lines, messages, time.
 *
 * One MosBus stands between the board and the processors. The board maps
 * windows and drives lines; the processors (whatever the backend) send guest
 * accesses in and offer a few inputs in return. Neither sees the other.
 */
#pragma once

#include "engine/base/log.h"
#include "engine/base/ticks.h"
#include "engine/base/trace.h"
#include "engine/bus/clock.h"
#include "engine/bus/line.h"
#include "engine/memory/map.h"

G_BEGIN_DECLS

typedef struct MosBus    MosBus;
typedef struct MosDevice MosDevice;

/* What the processors offer to the board. Any thread. */
typedef struct {
  /* Interrupt controllers inside the backend (KVM): level of a GSI. NULL if
   * the board brings its own PIC and I/O APIC. */
  void (*set_gsi) (gpointer cpus, guint gsi, gboolean level);
  /* A message-signalled interrupt, also an I/O APIC's delivery. */
  void (*send_msi) (gpointer cpus, guint64 address, guint32 data);
  /* The 8259's INTR output, wired to LINT0 of the boot processor. */
  void (*set_intr) (gpointer cpus, gboolean level);
  void (*send_nmi) (gpointer cpus);
  /* A doorbell: while it is on, a guest's write of @size bytes at @gpa, which
   * is a device's, adds one to the eventfd @fd and goes no further. FALSE: it
   * arrives at the window as ever. NULL: likewise. */
  gboolean (*set_doorbell) (gpointer cpus,
                            guint64  gpa,
                            guint    size,
                            int      fd,
                            gboolean on);
  /* From now on writing to the eventfd @fd sends this message; FALSE: use
   * send_msi. NULL: likewise. */
  gboolean (*set_message) (gpointer cpus,
                           int      fd,
                           guint64  address,
                           guint32  data);
  void (*clear_message) (gpointer cpus, int fd);
  /* Address line 20: FALSE wraps at 1 MiB. NULL if it cannot be gated. */
  void (*set_a20) (gpointer cpus, gboolean enabled);
} MosCpuInputs;

/* What the board offers to the processors. Any thread, no lock held. */
typedef struct {
  /* Interrupt acknowledge cycle: the vector the 8259 answers with. */
  guint8 (*acknowledge) (gpointer board);
  /* A local APIC signalled the end of a level-triggered @vector. */
  void (*end_of_interrupt) (gpointer board, guint8 vector);
} MosBoardOutputs;

typedef enum {
  MOS_BUS_RESET,    /* port 0x64 or 0xcf9, triple fault: start again */
  MOS_BUS_POWEROFF, /* ACPI S5 */
  MOS_BUS_SUSPEND,  /* ACPI S3: processors off, time and devices go on */
  MOS_BUS_WAKE,     /* out of it; nothing happens to a machine that is awake */
  MOS_BUS_EXIT      /* debug exit port; code is the value written */
} MosBusRequest;

/* Called on the thread that caused it; must only post and stop the vCPUs. */
typedef void (*MosBusRequestFunc) (gpointer      user_data,
                                   MosBusRequest request,
                                   guint         code);

struct MosBus {
  MosMemoryMap *memory;     /* owned */
  MosClock     *clock;      /* owned */
  MosTrace     *trace;      /* owned, unless shared */
  MosLog       *log;        /* shared */
  GMainContext *io_context; /* of the machine's I/O thread; owned ref */
  MosIoWindow **ports;      /* 65,536 entries; atomic pointers */
  GPtrArray    *devices;    /* of MosDevice, in order of creation; owned */

  const MosCpuInputs    *cpu_inputs;
  gpointer               cpus;
  const MosBoardOutputs *board_outputs;
  gpointer               board;
  MosBusRequestFunc      request_func;
  gpointer               request_data;
  gboolean               trace_is_shared;
  MosTicks               made; /* when; for time in devices */
};

/* @log and @io_context are referenced. */
MosBus *
mos_bus_new (MosClockMode clock_mode, MosLog *log, GMainContext *io_context);
/* Frees all devices, in reverse order, then the rest. */
void mos_bus_free (MosBus *self);

/* Emits into @trace, which outlives the bus, instead of one of its own; so a
 * listener can stay from one start of a machine to the next. Before devices
 * and processors.
 * The trace has its time from the bus as long as the bus is there. */
void mos_bus_share_trace (MosBus *self, MosTrace *trace);

/* Connects the two sides; before the guest runs. */
void mos_bus_set_cpus (MosBus *self, const MosCpuInputs *inputs, gpointer cpus);
void mos_bus_set_board (MosBus                *self,
                        const MosBoardOutputs *outputs,
                        gpointer               board);
void mos_bus_set_request_func (MosBus           *self,
                               MosBusRequestFunc func,
                               gpointer          user_data);

/* Shows @window at ports base to base + size - 1, over what was there. */
void mos_bus_map_ports (MosBus *self, MosIoWindow *window);
/* Takes @window away wherever it is still the one shown. */
void mos_bus_unmap_ports (MosBus *self, MosIoWindow *window);

/*
 * A guest's IN and OUT. @size is 1, 2 or 4; unmapped ports read ones. An
 * access that a device does not take whole is cut into smaller ones, as the
 * ISA bus does. vCPU threads; it is they who trace it (MOS_EVENT_PORT), since
 * they know which of them it was.
 */
guint32 mos_bus_port_read (MosBus *self, guint16 port, guint size);
void mos_bus_port_write (MosBus *self, guint16 port, guint32 value, guint size);
void mos_bus_port_read_many (MosBus *self,
                             guint16 port,
                             guint   size,
                             guint   count,
                             void   *data);
void mos_bus_port_write_many (MosBus     *self,
                              guint16     port,
                              guint       size,
                              guint       count,
                              const void *data);

/* Asks the machine's owner; see MosBusRequestFunc. */
void mos_bus_request (MosBus *self, MosBusRequest request, guint code);

/* Resets every device, in order of creation. vCPUs must be stopped. */
void mos_bus_reset (MosBus *self);

MosDevice *mos_bus_find_device (MosBus *self, const char *name);

/* All devices' state, a{sv} by device name; and back: a device that is missing
 * on either side is an error that names it. vCPUs must be stopped. */
GVariant *mos_bus_save (MosBus *self);
gboolean  mos_bus_load (MosBus *self, GVariant *state, GError **error);

G_END_DECLS
