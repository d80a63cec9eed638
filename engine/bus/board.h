/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * What the engine knows of a board.
 *
 * A board (the PC, today) makes devices, wires them to a MosBus and says where
 * the processors start. The engine turns a configuration into a MosBoardSpec:
 * paths are resolved, images opened, streams made; the board only connects.
 * Boards are handed to MosHypervisor by whoever composes the program.
 */
#pragma once

#include "engine/bus/bus.h"
#include "engine/host/beacon.h"
#include "engine/host/block.h"
#include "engine/host/char.h"
#include "engine/host/input.h"
#include "engine/host/net.h"
#include "engine/host/panel.h"
#include "engine/host/screen.h"

G_BEGIN_DECLS

#define MOS_BOARD_MAX_DRIVES  16
#define MOS_BOARD_MAX_SERIAL  4
#define MOS_BOARD_MAX_NET     8
#define MOS_BOARD_MAX_MODULES 16

typedef enum {
  MOS_DRIVE_DISK,
  MOS_DRIVE_CDROM,
  MOS_DRIVE_FLOPPY
} MosDriveKind;

typedef struct {
  MosDriveKind   kind;
  const char    *bus;   /* "ide", "ahci", "virtio", "floppy"; NULL: default */
  MosBlockStore *store; /* NULL: an empty drive; referenced by the device */
} MosBoardDrive;

typedef struct {
  const char *path;
  const char *command_line; /* "" for none */
} MosBoardModule;

typedef struct {
  const char *model; /* "virtio", "e1000"; NULL: default */
  guint8      mac[6];
  guint       mtu;  /* that a virtio adapter tells the guest; 0: 1500 */
  MosNetPort *port; /* referenced by the device */
} MosBoardNet;

typedef struct {
  guint64     memory_bytes;
  guint       n_vcpus;
  const char *firmware; /* "seabios", "ovmf", or a path; NULL with a kernel:
                         * none */
  /* UEFI's variables: the file, made when it is missing, or NULL to forget
   * them; and whether the user chose it, for a firmware of his own. */
  const char *variables_path;
  gboolean    variables_given;
  const char *boot_order; /* "cdn"-like letters: a floppy, c disk, d CD, n net*/
  const char *kernel;     /* direct boot, or NULL */
  const char *initrd;
  const char *command_line;
  const MosBoardModule *modules;
  guint                 n_modules;
  GBytes       *guest_image; /* a built-in guest: boot sector or ELF, or NULL */
  MosBoardDrive drives[MOS_BOARD_MAX_DRIVES];
  guint         n_drives;
  MosCharPort  *serial[MOS_BOARD_MAX_SERIAL];           /* NULL: no such port */
  gboolean      serial_is_virtio[MOS_BOARD_MAX_SERIAL]; /* a virtio console's */
  MosBoardNet   net[MOS_BOARD_MAX_NET];
  guint         n_net;
  MosScreen    *screen; /* NULL: no display adapter */
  MosInputPort *input;
  guint         video_width; /* preferred mode; 0: none */
  guint         video_height;
  MosBeaconSink *beacon;     /* who hears it; NULL: nobody */
  gboolean       debug_exit; /* port 0xf4 */
  gboolean       demo_device;
  MosPanel      *panel;         /* the demo device's switches, or NULL */
  gboolean       gpu;           /* over the display adapter, virtio's */
  gboolean       rng;           /* virtio devices: random numbers, */
  gboolean       balloon;       /* memory balloon, */
  guint64        balloon_bytes; /* and how much it asks for at first */
  const char    *vsock_path;    /* sockets to the guest: where, or NULL */
  guint32        vsock_cid;     /* and the guest's address there */
  gboolean       smm;           /* the processors have system management mode */
  gint64         rtc_start_s;   /* Unix time the RTC begins with; 0: now */
} MosBoardSpec;

typedef struct MosBoard      MosBoard;
typedef struct MosBoardClass MosBoardClass;
typedef struct MosCpuState   MosCpuState;

struct MosBoardClass {
  const char *name; /* "pc" */
  const char *title;

  /* Makes all devices on @bus (whose cpu_inputs are set). @spec is only valid
   * during the call. MOS_ERROR_NOT_FOUND, _INVALID_VALUE, _IO for files. */
  MosBoard *(*create) (const MosBoardSpec *spec, MosBus *bus, GError **error);
  void (*free) (MosBoard *self); /* before the bus's devices are freed */

  /* After mos_bus_reset(): puts firmware or kernel in place and adjusts the
   * boot processor's state, which comes in as the architecture's reset state
   * (direct boot enters elsewhere). Other processors wait for INIT-SIPI. */
  gboolean (*start) (MosBoard *self, MosCpuState *boot_cpu, GError **error);

  /* Out of ACPI S3, after mos_bus_reset(), instead of start: memory is as the
   * guest left it; @boot_cpu as for start. Optional. */
  gboolean (*wake) (MosBoard *self, MosCpuState *boot_cpu, GError **error);

  /* The power button: a guest with ACPI shuts down. */
  void (*power_button) (MosBoard *self);

  /* Asks the guest to give back @bytes of its memory; FALSE if there is no
   * balloon. Any thread. Optional. */
  gboolean (*set_balloon) (MosBoard *self, guint64 bytes);
  /* How much the guest has given back through it; FALSE if there is no
   * balloon. Any thread. Optional. */
  gboolean (*get_balloon) (MosBoard *self, guint64 *bytes);

  /* Changes the medium of removable drive @index (order of the spec's drives);
   * NULL takes it out. Any thread. */
  gboolean (*change_medium) (MosBoard      *self,
                             guint          index,
                             MosBlockStore *store,
                             GError       **error);
};

struct MosBoard {
  const MosBoardClass *klass;
};

G_END_DECLS
