/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * ACPI power management: the timer, the power button, sleeping.
 */
#pragma once

#include "devices/chipset/irq.h"
#include "devices/chipset/pci.h"

G_BEGIN_DECLS

#define MOS_PM_TIMER_HZ     3579545
#define MOS_PM_SCI_IRQ      9
#define MOS_PM_BASE         0x600 /* where the tables say it is; SeaBIOS, too */
#define MOS_PM_SMI_PORT     0xb2
#define MOS_PM_ACPI_ENABLE  0xf1 /* written to the SMI port */
#define MOS_PM_ACPI_DISABLE 0xf0

/* Registers of configuration space that say where the ports are. */
#define MOS_PIIX4_PMBA      0x40
#define MOS_PIIX4_PMREGMISC 0x80

typedef struct MosPiix4Pm MosPiix4Pm;

extern const MosDeviceClass mos_piix4_pm_class;

/* At 00:01.3. @smm: the processors have system management mode, so firmware
 * may set it up; otherwise it is told that this has been done. */
MosPiix4Pm *
mos_piix4_pm_new (MosBus *bus, MosPciBus *pci, MosIrqHub *hub, gboolean smm);

/* Presses and releases the button. Any thread, no lock held. */
void mos_piix4_pm_press_button (MosPiix4Pm *self);

/* A key was pressed; the RTC's alarm went off (a MosLineFunc): they wake a
 * machine that sleeps. Any thread, no lock of this device held. */
void mos_piix4_pm_key (gpointer self);
void mos_piix4_pm_alarm (gpointer self, guint pin, gboolean level);

/* After the reset that ends sleep: says that it was one, and what ended it.
 * vCPUs stopped. */
void mos_piix4_pm_woke (MosPiix4Pm *self);

/* Direct boot without firmware: ports at MOS_PM_BASE, ACPI mode on. vCPUs
 * stopped. */
void mos_piix4_pm_set_up (MosPiix4Pm *self);

G_END_DECLS
