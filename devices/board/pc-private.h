/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The PC's parts, for the files of this folder.
 *
 * The bus owns the devices; the board only points to them. Fixed before the
 * guest runs, so any thread may read them.
 */
#pragma once

#include "devices/board/acpi.h"
#include "devices/board/pc.h"
#include "devices/chipset/fw-cfg.h"
#include "devices/chipset/i440fx.h"
#include "devices/chipset/ioapic.h"
#include "devices/chipset/irq.h"
#include "devices/chipset/pci.h"
#include "devices/chipset/pic.h"
#include "devices/chipset/piix4-pm.h"
#include "devices/chipset/pit.h"
#include "devices/chipset/ports.h"
#include "devices/chipset/rtc.h"

G_BEGIN_DECLS

typedef struct MosPc MosPc;

struct MosPc {
  MosBoard       board;
  MosBus        *bus;
  guint64        memory_bytes;
  guint          n_vcpus;
  MosRam        *ram; /* the host bridge's */
  MosIrqHub     *hub;
  MosPciBus     *pci;
  MosI440fx     *bridge;
  MosPic        *pic;    /* NULL: the backend has the interrupt controllers */
  MosIoapic     *ioapic; /* likewise */
  MosPiix4Pm    *pm;
  MosPort92     *port92;
  MosRtc        *rtc;
  MosFwCfg      *fw_cfg;
  MosDebugPorts *debug;
  MosAcpi       *acpi; /* owned */
};

/* Puts into CMOS and fw_cfg what firmware asks for. */
void mos_pc_describe (MosPc *self, const MosBoardSpec *spec);

G_END_DECLS
