/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 MultiOS Lab developers */

/*
 * The insides of the 82540EM: e1000.c (the device, interrupts),
 * e1000-registers.c (the table), e1000-wires.c (EEPROM and PHY), e1000-tx.c and
 * e1000-rx.c (the rings). Everything runs with the device's lock held.
 */
#pragma once

#include "devices/net/e1000.h"

G_BEGIN_DECLS

#define MOS_E1000_MEMORY_BYTES 0x20000u
#define MOS_E1000_BANK_BYTES   0x6000u
#define MOS_E1000_EEPROM_WORDS 64u
#define MOS_E1000_N_ADDRESSES  16u
/* A segment with headers, and a VLAN tag put in. */
#define MOS_E1000_FRAME_BYTES (MOS_NET_MAX_FRAME + 4)

#define MOS_E1000_CTRL_PHY_RST  (1u << 31)
#define MOS_E1000_ADDRESS_VALID (1u << 31) /* in RAH */

/* Interrupt causes. */
enum {
  MOS_E1000_TXDW = 1u << 0,   /* a descriptor was written back */
  MOS_E1000_TXQE = 1u << 1,   /* nothing left to send */
  MOS_E1000_LSC = 1u << 2,    /* the link changed */
  MOS_E1000_RXDMT0 = 1u << 4, /* receive descriptors run low */
  MOS_E1000_RXO = 1u << 6,
  MOS_E1000_RXT0 = 1u << 7, /* received */
  MOS_E1000_MDAC = 1u << 9, /* the PHY has answered */
  MOS_E1000_CAUSES = 0x1f6dfu
};

enum {
  MOS_E1000_CTRL_SLU = 1u << 6,
  MOS_E1000_CTRL_RST = 1u << 26,
  MOS_E1000_CTRL_VME = 1u << 30
};

/* Statistics, by index of their register from 0x4000. */
enum {
  MOS_E1000_MPC = 0x10 / 4,
  MOS_E1000_PRC64 = 0x5c / 4, /* and five more sizes */
  MOS_E1000_GPRC = 0x74 / 4,
  MOS_E1000_BPRC = 0x78 / 4,
  MOS_E1000_MPRC = 0x7c / 4,
  MOS_E1000_GPTC = 0x80 / 4,
  MOS_E1000_GORC = 0x88 / 4, /* 64 bits, like the other bytes */
  MOS_E1000_GOTC = 0x90 / 4,
  MOS_E1000_ROC = 0xac / 4,
  MOS_E1000_TOR = 0xc0 / 4,
  MOS_E1000_TOT = 0xc8 / 4,
  MOS_E1000_TPR = 0xd0 / 4,
  MOS_E1000_TPT = 0xd4 / 4,
  MOS_E1000_PTC64 = 0xd8 / 4,
  MOS_E1000_MPTC = 0xf0 / 4,
  MOS_E1000_BPTC = 0xf4 / 4,
  MOS_E1000_TSCTC = 0xf8 / 4,
  MOS_E1000_N_STATS = 64
};

/* What a context descriptor has set. */
typedef struct {
  guint8  ip_start, ip_place, l4_start, l4_place;
  guint16 ip_end, l4_end; /* the last byte; 0: to the end of the frame */
  guint8  header_bytes;
  guint16 mss;
  guint8  flags;
} MosE1000Context;

/* An interrupt that waits for more of its kind. */
typedef struct {
  MosTimer timer;
  gint64   first_ns; /* of those that wait; 0: none */
} MosE1000Delay;

typedef struct {
  MosPciDevice     pci;
  MosNetPort      *port;
  MosRam          *rom; /* owned, or NULL */
  MosMemoryRegion  rom_region;
  MosIoWindow      memory_window, io_window;
  MosRegisterBank *bank;
  MosTimer         go_on;    /* fires when the machine runs again, or at once */
  MosTimer         throttle; /* an interrupt may be raised again */
  MosE1000Delay    rx_delay, tx_delay;
  gint64           quiet_until_ns; /* no interrupt before; ITR */

  guint32 io_address;
  guint32 ctrl, eecd, eerd, ctrl_ext, mdic, fcal, fcah, fct, vet;
  guint32 icr, itr, ims, rctl, fcttv, txcw, rxcw, tctl, tipg, ait, ledctl, pba;
  guint32 fcrtl, fcrth, rdbal, rdbah, rdlen, rdh, rdt, rdtr, rxdctl, radv;
  guint32 rsrpd, tdbal, tdbah, tdlen, tdh, tdt, tidv, txdctl, tadv, tspmt;
  guint32 rxcsum, wuc, wufc, wus, ipav, manc;
  guint32 stats[MOS_E1000_N_STATS];
  guint32 addresses[MOS_E1000_N_ADDRESSES * 2]; /* RAL and RAH */
  guint32 multicast[128];
  guint32 vlans[128];

  guint8  own_mac[6];
  guint16 eeprom[MOS_E1000_EEPROM_WORDS];
  guint16 phy[32];
  /* The serial line of the EEPROM. */
  guint32 eeprom_in; /* bits taken since it was selected */
  guint8  eeprom_n_in;
  guint8  eeprom_reading;
  guint16 eeprom_out; /* what is left to give */
  guint8  eeprom_do;
  guint8  eeprom_writable;

  /* The frame being put together. */
  MosE1000Context contexts[2]; /* of checksums; of segmentation */
  guint8          frame[MOS_E1000_FRAME_BYTES];
  guint32         frame_bytes;
  guint8          frame_options; /* POPTS of its first descriptor */
  guint8          frame_segments;
  guint8          frame_oversized;
  gboolean        tx_waits; /* for room in the cable, or a moment */
} MosE1000;

/* e1000-registers.c */
extern const MosRegister mos_e1000_rows[];
extern const guint       mos_e1000_n_rows;

/* e1000.c: sets causes and drives the pin; a delayed one after a while. */
void mos_e1000_interrupt (MosE1000 *self, guint32 causes);
void mos_e1000_update_pin (MosE1000 *self);
void mos_e1000_delay (MosE1000      *self,
                      MosE1000Delay *delay,
                      guint32        relative,
                      guint32        absolute);
void mos_e1000_soft_reset (MosE1000 *self);
void mos_e1000_count (MosE1000 *self, guint index, guint64 amount);
void mos_e1000_count_frame (MosE1000 *self, gsize size);
void mos_e1000_count64 (MosE1000 *self, guint index, guint64 amount);
/* Which of the six sizes a frame is of, from its first counter. */
guint mos_e1000_size_class (gsize size);

/* e1000-wires.c */
void    mos_e1000_fill_eeprom (MosE1000 *self);
void    mos_e1000_reset_wires (MosE1000 *self);
guint32 mos_e1000_read_eecd (MosE1000 *self);
void    mos_e1000_write_eecd (MosE1000 *self, guint32 value);
void    mos_e1000_write_eerd (MosE1000 *self, guint32 value);
void    mos_e1000_write_mdic (MosE1000 *self, guint32 value);
void    mos_e1000_reset_phy (MosE1000 *self);
/* The link is what the cable says. */
void     mos_e1000_update_link (MosE1000 *self);
gboolean mos_e1000_link_is_up (MosE1000 *self);
gboolean mos_e1000_is_looped (MosE1000 *self);

/* e1000-tx.c */
void mos_e1000_transmit (MosE1000 *self);

/* e1000-rx.c: FALSE if there are no descriptors. */
gboolean mos_e1000_receive (MosE1000     *self,
                            const guint8 *frame,
                            gsize         size,
                            MosNetFlags   flags);

G_END_DECLS
