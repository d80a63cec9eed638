/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * PCI functions and the bus they sit on (PCI Local Bus 3.0).
 *
 * A PCI device model's instance begins with a MosPciDevice instead of a
 * MosDevice. Its constructor describes itself and then takes its slot:
 *
 *   MosPciDevice *pci = mos_device_new (&klass, bus, "ide");
 *   mos_pci_device_setup (pci, &info);              (klass->init may do it)
 *   mos_device_window_init (&pci->device, &self->window, …, base 0, size 16);
 *   mos_pci_device_add_port_bar (pci, 4, &self->window);
 *   mos_pci_device_attach (pci, pci_bus, MOS_PCI_DEVFN (1, 1));
 *
 * Its class puts MOS_PCI_STATE_FIELDS into its state list and calls
 * mos_pci_device_reset() from reset and mos_pci_device_loaded() from loaded.
 * Configuration space is a register table: the standard header plus the rows
 * of MosPciInfo and of the capabilities. BARs show and hide their windows as
 * the guest's firmware and drivers move them.
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

#define MOS_PCI_CONFIG_BYTES 256
#define MOS_PCI_N_BARS       7 /* six base addresses and the expansion ROM */
#define MOS_PCI_ROM_BAR      6
#define MOS_PCI_MAX_VECTORS  32 /* of MSI-X */
#define MOS_PCI_N_PIRQS      4
#define MOS_PCI_NO_ADDRESS   G_MAXUINT64

#define MOS_PCI_DEVFN(slot, function) ((slot) << 3 | (function))

/* A register row's cell that lies in configuration space. */
#define MOS_PCI_CELL(offset) (G_STRUCT_OFFSET (MosPciDevice, config) + (offset))

typedef struct MosPciBus    MosPciBus;
typedef struct MosPciDevice MosPciDevice;

typedef struct {
  guint16            vendor_id;
  guint16            device_id;
  guint32            class_code; /* 24 bits: base class, subclass, interface */
  guint8             revision;
  guint16            subsystem_vendor_id;
  guint16            subsystem_id;
  guint8             interrupt_pin; /* 1: INTA# … 4: INTD#, 0: none */
  gboolean           multifunction; /* of function 0: look for more */
  const MosRegister *rows;          /* own rows; they replace standard ones */
  guint              n_rows;
  /* Called with no lock held after a write to configuration space during
   * which mos_pci_device_config_changed() was called. Optional. */
  void (*changed) (MosPciDevice *self);
} MosPciInfo;

typedef enum {
  MOS_PCI_BAR_NONE,
  MOS_PCI_BAR_PORTS,
  MOS_PCI_BAR_MEMORY,
  MOS_PCI_BAR_MEMORY64,
  MOS_PCI_BAR_ROM
} MosPciBarKind;

typedef struct {
  MosPciBarKind    kind;
  guint64          size;
  MosIoWindow     *window; /* ports, and memory of kind IO */
  MosMemoryRegion *region; /* memory: where it shows */
  MosMemoryRegion  own;    /* the region of a window given without one */
  guint64          mapped; /* where it shows now, or MOS_PCI_NO_ADDRESS */
} MosPciBar;

/* An eventfd that sends a vector's message, where the backend has that. */
typedef struct {
  int      fd; /* -1: none */
  gboolean is_set;
  guint64  address; /* as it is set */
  guint32  data;
  guint    changes;
} MosPciMessage;

struct MosPciDevice {
  MosDevice         device;
  const MosPciInfo *info;
  MosPciBus        *pci;
  guint             devfn;
  guint8            config[MOS_PCI_CONFIG_BYTES];
  MosRegisterBank  *bank;
  GArray           *rows;     /* of MosRegister: the merged table */
  guint             cap_end;  /* first free byte for capabilities */
  guint             cap_link; /* the byte that will point to the next one */
  MosPciBar         bars[MOS_PCI_N_BARS];
  gboolean          config_changed;
  gint              apply_requests; /* atomic; see mos_pci_device_apply() */
  MosLine           intx;
  gboolean          intx_wanted;
  guint8            msi_offset; /* of the capability, 0: none */
  guint8            msix_offset;
  guint             n_vectors;
  MosIoWindow       msix_window; /* table, and pending bits behind it */
  guint32           msix_table[MOS_PCI_MAX_VECTORS * 4];
  guint64           msix_pending;
  MosPciMessage    *messages; /* of n_vectors; NULL: no eventfds so far */
};

/* For the class's state list. */
#define MOS_PCI_STATE_FIELDS                                    \
  MOS_STATE_ARRAY (MosPciDevice, config, MOS_STATE_BYTES,       \
                   MOS_PCI_CONFIG_BYTES),                       \
      MOS_STATE_ARRAY (MosPciDevice, msix_table, MOS_STATE_U32, \
                       MOS_PCI_MAX_VECTORS * 4),                \
      MOS_STATE (MosPciDevice, msix_pending, MOS_STATE_U64),    \
      MOS_STATE (MosPciDevice, intx_wanted, MOS_STATE_BOOL)

/* First call: says what the function is. @info lives forever. */
void mos_pci_device_setup (MosPciDevice *self, const MosPciInfo *info);

/* Describe the BARs. Windows and regions live in the instance; their base is
 * set whenever the guest moves them. Sizes are powers of two; ports at least
 * 4 and at most 256, memory at least 16. @bar is 0 to 5; a 64-bit one takes
 * the next too. */
void mos_pci_device_add_port_bar (MosPciDevice *self,
                                  guint         bar,
                                  MosIoWindow  *window);
void mos_pci_device_add_memory_bar (MosPciDevice *self,
                                    guint         bar,
                                    MosPciBarKind kind,
                                    MosIoWindow  *window);
/* @region is filled in by the caller (kind, ram) but not added; prefetchable.
 */
void mos_pci_device_add_ram_bar (MosPciDevice    *self,
                                 guint            bar,
                                 MosPciBarKind    kind,
                                 MosMemoryRegion *region);
/* The expansion ROM: @region is of kind ROM. */
void mos_pci_device_add_rom (MosPciDevice *self, MosMemoryRegion *region);

/*
 * Adds a capability of @size bytes (with its two header bytes). @rows are
 * relative to its start with cells MOS_PCI_CELL (offset in capability); they
 * are copied and moved. Returns its offset, or 0 if there is no room.
 */
guint8 mos_pci_device_add_capability (MosPciDevice      *self,
                                      const char        *name,
                                      guint8             id,
                                      guint              size,
                                      const MosRegister *rows,
                                      guint              n_rows);

/* Message-signalled interrupts: MSI with one vector; MSI-X with @n_vectors
 * (at most MOS_PCI_MAX_VECTORS) in a memory BAR of its own. */
void mos_pci_device_add_msi (MosPciDevice *self);
void mos_pci_device_add_msix (MosPciDevice *self, guint bar, guint n_vectors);

/* Last call: builds the register table and takes the slot. */
void mos_pci_device_attach (MosPciDevice *self, MosPciBus *pci, guint devfn);

/* From mos_pci_device_clear(). */
void mos_pci_device_clear_messages (MosPciDevice *self);

/* From klass->reset, klass->loaded and klass->clear. Lock held, vCPUs stopped
 * (clear: not held). */
void mos_pci_device_reset (MosPciDevice *self);
void mos_pci_device_loaded (MosPciDevice *self);
void mos_pci_device_clear (MosPciDevice *self);

/* With the device's lock held: */

/* From a row's write function: the BARs or info->changed need a look. */
void mos_pci_device_config_changed (MosPciDevice *self);
/* May it read and write memory? */
gboolean mos_pci_device_is_master (const MosPciDevice *self);
/* Drives its INTx# pin; while MSI or MSI-X is on the wire stays quiet. */
void     mos_pci_device_set_intx (MosPciDevice *self, gboolean level);
gboolean mos_pci_device_msi_enabled (const MosPciDevice *self);
gboolean mos_pci_device_msix_enabled (const MosPciDevice *self);
/* Sends message @vector (0 for MSI) or notes it as pending if masked. */
void mos_pci_device_send_message (MosPciDevice *self, guint vector);
/* The simple device's way: a message on a rising edge, or the wire. */
void mos_pci_device_interrupt (MosPciDevice *self, gboolean level);

/* Shows and hides windows as configuration space says now, then calls
 * info->changed. No lock held; for the bus, after a configuration write. */
void mos_pci_device_apply (MosPciDevice *self);

/* The bus. Pins reach the four PIRQ wires by (slot + pin) mod 4. */
typedef void (*MosPciPirqFunc) (gpointer receiver, guint pirq, gboolean level);

extern const MosDeviceClass mos_pci_bus_class;

/* The engine's bus owns it; make it before the devices that sit on it. */
MosPciBus *mos_pci_bus_new (MosBus *bus);
MosBus    *mos_pci_bus_get_bus (MosPciBus *self);
/* Who turns PIRQs into interrupts: the PCI-to-ISA bridge. */
void          mos_pci_bus_set_router (MosPciBus     *self,
                                      MosPciPirqFunc func,
                                      gpointer       receiver);
MosPciDevice *mos_pci_bus_find (MosPciBus *self, guint devfn);
/* Configuration cycles on bus 0: ones if nobody is there. No lock held. */
guint32 mos_pci_bus_config_read (MosPciBus *self,
                                 guint      devfn,
                                 guint      offset,
                                 guint      size);
void    mos_pci_bus_config_write (MosPciBus *self,
                                  guint      devfn,
                                  guint      offset,
                                  guint32    value,
                                  guint      size);

/* Registers of standard configuration space that others look at. */
enum {
  MOS_PCI_COMMAND = 0x04,
  MOS_PCI_STATUS = 0x06,
  MOS_PCI_CLASS = 0x09,
  MOS_PCI_HEADER_TYPE = 0x0e,
  MOS_PCI_BAR0 = 0x10,
  MOS_PCI_ROM_ADDRESS = 0x30,
  MOS_PCI_CAPABILITIES = 0x34,
  MOS_PCI_INTERRUPT_LINE = 0x3c
};
enum {
  MOS_PCI_COMMAND_PORTS = 1u << 0,
  MOS_PCI_COMMAND_MEMORY = 1u << 1,
  MOS_PCI_COMMAND_MASTER = 1u << 2,
  MOS_PCI_COMMAND_INTX_OFF = 1u << 10,
  MOS_PCI_STATUS_INTX = 1u << 3,
  MOS_PCI_STATUS_CAPABILITIES = 1u << 4,
  MOS_PCI_HEADER_MULTIFUNCTION = 1u << 7
};

G_END_DECLS
