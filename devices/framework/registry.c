/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The explicit list of device classes: who adds a model adds a row. Nothing
 * registers itself.
 */
#include "devices/framework/registry.h"

#include <string.h>

#include "devices/chipset/fw-cfg.h"
#include "devices/chipset/hpet.h"
#include "devices/chipset/i440fx.h"
#include "devices/chipset/ioapic.h"
#include "devices/chipset/pic.h"
#include "devices/chipset/piix3.h"
#include "devices/chipset/piix4-pm.h"
#include "devices/chipset/pit.h"
#include "devices/chipset/ports.h"
#include "devices/chipset/rtc.h"
#include "devices/lab/beacon.h"
#include "devices/lab/demo.h"
#include "devices/net/e1000.h"
#include "devices/net/virtio-net.h"
#include "devices/storage/ahci.h"
#include "devices/storage/fdc.h"
#include "devices/storage/ide.h"
#include "devices/storage/pflash.h"
#include "devices/virtio/virtio-balloon.h"
#include "devices/virtio/virtio-blk.h"
#include "devices/virtio/virtio-console.h"
#include "devices/virtio/virtio-gpu.h"
#include "devices/virtio/virtio-rng.h"

static const MosDeviceClass *const classes[] = {
  &mos_irq_hub_class,
  &mos_pci_bus_class,
  &mos_i440fx_class,
  &mos_piix3_class,
  &mos_piix4_pm_class,
  &mos_pic_class,
  &mos_ioapic_class,
  &mos_pit_class,
  &mos_hpet_class,
  &mos_rtc_class,
  &mos_port92_class,
  &mos_debug_ports_class,
  &mos_fw_cfg_class,
  &mos_demo_class,
  &mos_beacon_class,
  &mos_ide_class,
  &mos_ahci_class,
  &mos_dma8237_class,
  &mos_fdc_class,
  &mos_pflash_class,
  &mos_virtio_blk_class,
  &mos_virtio_rng_class,
  &mos_virtio_balloon_class,
  &mos_virtio_console_class,
  &mos_virtio_gpu_class,
  &mos_virtio_net_class,
  &mos_e1000_class,
  NULL,
};

const MosDeviceClass *const *
mos_device_classes (void)
{
  return classes;
}

const MosDeviceClass *
mos_device_class_find (const char *name)
{
  for (guint i = 0; classes[i] != NULL; i++)
    if (strcmp (classes[i]->name, name) == 0)
      return classes[i];
  return NULL;
}
