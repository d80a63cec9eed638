/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * fw_cfg: how a virtual board tells its firmware about itself.
 *
 * A numbered item or a named file is a run of bytes; the firmware selects one
 * and reads it byte by byte or by DMA. The interface is the one stock SeaBIOS
 * and OVMF know (QEMU documentation, "QEMU Firmware Configuration Device").
 */
#pragma once

#include "engine/bus/device.h"

G_BEGIN_DECLS

typedef struct MosFwCfg MosFwCfg;

extern const MosDeviceClass mos_fw_cfg_class;

typedef enum {
  MOS_FW_CFG_SIGNATURE = 0x00,
  MOS_FW_CFG_ID = 0x01,
  MOS_FW_CFG_RAM_SIZE = 0x03,
  MOS_FW_CFG_NO_GRAPHICS = 0x04,
  MOS_FW_CFG_N_CPUS = 0x05,
  MOS_FW_CFG_BOOT_DEVICE = 0x0c,
  MOS_FW_CFG_BOOT_MENU = 0x0e,
  MOS_FW_CFG_MAX_CPUS = 0x0f,
  MOS_FW_CFG_FILE_DIR = 0x19,
  MOS_FW_CFG_FILE_FIRST = 0x20,
  MOS_FW_CFG_IRQ0_OVERRIDE = 0x8002
} MosFwCfgKey;

#define MOS_FW_CFG_MAX_FILES 64
#define MOS_FW_CFG_NAME_MAX  55

MosFwCfg *mos_fw_cfg_new (MosBus *bus);

/* Sets an item; before the guest runs. Bytes are copied. */
void mos_fw_cfg_add_bytes (MosFwCfg     *self,
                           MosFwCfgKey   key,
                           gconstpointer data,
                           gsize         size);
void mos_fw_cfg_add_u16 (MosFwCfg *self, MosFwCfgKey key, guint16 value);
void mos_fw_cfg_add_u32 (MosFwCfg *self, MosFwCfgKey key, guint32 value);
void mos_fw_cfg_add_u64 (MosFwCfg *self, MosFwCfgKey key, guint64 value);

/* Adds a file; at most MOS_FW_CFG_MAX_FILES, names up to
 * MOS_FW_CFG_NAME_MAX bytes and not used twice. */
void mos_fw_cfg_add_file (MosFwCfg     *self,
                          const char   *name,
                          gconstpointer data,
                          gsize         size);

/*
 * Calls @func when the guest selects a file whose name begins with one of
 * @prefixes (ends with NULL; lives forever), before it reads it: what is in it
 * depends on what firmware has set up. @func runs on the vCPU's thread with
 * this device's lock held and may call mos_fw_cfg_replace_file() only.
 */
typedef void (*MosFwCfgPrepareFunc) (gpointer user_data);
void mos_fw_cfg_set_prepare (MosFwCfg           *self,
                             const char *const  *prefixes,
                             MosFwCfgPrepareFunc func,
                             gpointer            user_data);
/* Bytes of the same number in the place of what @name has. */
void mos_fw_cfg_replace_file (MosFwCfg     *self,
                              const char   *name,
                              gconstpointer data,
                              gsize         size);

G_END_DECLS
